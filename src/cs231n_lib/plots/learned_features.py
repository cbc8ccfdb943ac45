"""Figures of the learned-features notebook that are its own: patches, and where a dictionary answers."""

import numpy as np

from cs231n_lib.plots.style import BLACK, WorkbookFigure, figure, hide_ticks, new_figure, show_image


def patch_pictures(rows: np.ndarray, size: int) -> np.ndarray:
    """Rows ``(n, size * size * C)`` as pictures ``(n, size, size, C)`` in 1..255: 0 is gray, 128.

    Each is stretched on its own, by the number of its largest absolute value.
    """
    rows = np.asarray(rows, dtype=np.float64)
    largest = np.abs(rows).max(axis=1, keepdims=True)
    return (128 + 127 * rows / np.where(largest > 0, largest, 1)).reshape(len(rows), size, size, -1)


@figure
def response_maps(
    image: np.ndarray, atoms: np.ndarray, maps: np.ndarray, cut: int, size: int
) -> WorkbookFigure:
    """An image, rows of the dictionary ``(n, D)`` and their products ``(n, R, R')`` at every place of it.

    A line after ``cut`` rows and columns marks the regions of the pooling.
    """
    fig, axes = new_figure(2, len(atoms) + 1, height=2.75)
    axes[0, 0].axis("off")
    show_image(axes[1, 0], image)
    limit = np.abs(maps).max()
    for column, (picture, responses) in enumerate(zip(patch_pictures(atoms, size), maps, strict=True), 1):
        show_image(axes[0, column], picture)
        axes[1, column].imshow(responses, cmap="RdBu_r", vmin=-limit, vmax=limit)
        axes[1, column].axhline(cut - 0.5, color=BLACK, linewidth=0.8)
        axes[1, column].axvline(cut - 0.5, color=BLACK, linewidth=0.8)
        hide_ticks(axes[1, column])
    axes[1, 0].set_xlabel("image")
    axes[1, 1].set_xlabel("$z$ at each place")
    axes[0, 1].set_ylabel("$d_k$")
    fig.suptitle("A row of the dictionary answers where the image has its edge or color", x=0.01, ha="left")
    fig.alt = (
        f"an image, {len(atoms)} rows of the dictionary and maps of their products with each patch; "
        "the maps are strong along edges; two lines cut each map into four regions"
    )
    return fig
