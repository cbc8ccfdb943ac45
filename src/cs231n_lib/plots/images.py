"""Rows of images."""

from collections.abc import Mapping, Sequence

import numpy as np

from cs231n_lib.plots.style import WIDTH, WorkbookFigure, figure, new_figure, show_image


@figure
def image_rows(
    rows: Mapping[str, np.ndarray], title: str, alt: str, captions: Mapping[str, Sequence[str]] | None = None
) -> WorkbookFigure:
    """Rows of images, each under its name; ``captions`` gives a short text below each image of a row."""
    columns = max(len(images) for images in rows.values())
    side = min((WIDTH - 0.9) / columns, 1.1)
    fig, axes = new_figure(
        len(rows),
        columns,
        width=0.9 + side * columns,
        height=(side + 0.25 * bool(captions)) * len(rows) + 0.4,
    )
    for ax in axes.flat:
        ax.axis("off")
    for row, (name, images) in zip(axes, rows.items(), strict=True):
        for column, image in enumerate(images):
            row[column].axis("on")
            show_image(row[column], image)
            if captions:
                row[column].set_xlabel(captions[name][column], fontsize=8.5)
        row[0].set_ylabel(name, rotation=0, ha="right", va="center")
    fig.suptitle(title, x=0.01, ha="left")
    fig.alt = alt
    return fig
