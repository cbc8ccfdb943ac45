"""Figures made of pictures: samples of the classes, rows of images, neighbors."""

from collections.abc import Mapping, Sequence

import numpy as np

from cs231n_lib.plots.figure import BLACK, BLUE, RED, WIDTH, WorkbookFigure, figure, new_figure, show_image


@figure
def class_samples(
    images: np.ndarray, labels: np.ndarray, class_names: Sequence[str], per_class: int = 7
) -> WorkbookFigure:
    """The first ``per_class`` images ``(N, H, W, 3)`` of each class, one column a class."""
    columns = len(class_names)
    fig, axes = new_figure(per_class, columns, height=WIDTH * per_class / columns + 0.6)
    for ax in axes.flat:
        ax.axis("off")
    for label, name in enumerate(class_names):
        for ax, row in zip(axes[:, label], np.flatnonzero(labels == label)[:per_class], strict=False):
            ax.axis("on")
            show_image(ax, images[row])
        axes[0, label].set_title(name, fontsize=8.5, fontweight="normal", loc="center")
    fig.get_layout_engine().set(w_pad=0.01, h_pad=0.01, wspace=0.02, hspace=0.02)
    fig.suptitle("Inside one class the pictures differ more than some classes differ", x=0.01, ha="left")
    fig.alt = f"{per_class} sample images of each of {columns} classes, one column a class: " + ", ".join(
        class_names
    )
    return fig


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


@figure
def neighbors(
    queries: np.ndarray,
    query_labels: np.ndarray,
    neighbor_images: np.ndarray,
    neighbor_labels: np.ndarray,
    class_names: Sequence[str],
) -> WorkbookFigure:
    """Test images ``(M, H, W, 3)`` and, beside each, its nearest training images ``(M, k, H, W, 3)``.

    A neighbor of the right class has a solid blue frame, one of a wrong class a dashed red one.
    """
    count, k = neighbor_labels.shape
    side = min(WIDTH / (k + 1), 0.95)
    fig, axes = new_figure(count, k + 1, width=side * (k + 1), height=(side + 0.18) * count + 0.55)
    for row, query, label, images, labels in zip(
        axes, queries, query_labels, neighbor_images, neighbor_labels, strict=True
    ):
        show_image(row[0], query)
        row[0].set_xlabel(class_names[label], fontsize=8.5, fontweight="bold")
        for ax, image, neighbor_label in zip(row[1:], images, labels, strict=True):
            show_image(ax, image)
            right = neighbor_label == label
            _frame(ax, BLUE if right else RED, "solid" if right else (0, (3, 2)))
            ax.set_xlabel(
                class_names[neighbor_label], fontsize=8.5, color=BLACK if right else RED, labelpad=3
            )
    axes[0, 0].set_title("test image", fontsize=8.5, loc="center")
    axes[0, 1].set_title("nearest", fontsize=8.5, fontweight="normal", loc="center")
    axes[0, -1].set_title(f"{k}th nearest", fontsize=8.5, fontweight="normal", loc="center")
    share = (neighbor_labels == np.asarray(query_labels)[:, None]).mean()
    fig.suptitle("Near in pixels means alike in background and brightness, not in meaning", x=0.01, ha="left")
    fig.alt = (
        f"{count} test images, each with its {k} nearest training images; "
        f"{share:.0%} of these neighbors have the right class"
    )
    return fig


def _frame(ax, color: str, linestyle) -> None:
    for spine in ax.spines.values():
        spine.set(visible=True, color=color, linewidth=2.2, linestyle=linestyle)
