"""Figures of what a linear classifier has learned: its weights as pictures, and its surest mistakes."""

from collections.abc import Mapping, Sequence

import numpy as np

from cs231n_lib.plots.kit import weights_as_images
from cs231n_lib.plots.style import WIDTH, WorkbookFigure, figure, new_figure, show_image


@figure
def templates(W: np.ndarray, class_names: Sequence[str], title: str) -> WorkbookFigure:
    """The weights of each class ``(D, C)`` as a picture, without the bias, in two rows."""
    images = weights_as_images(W)
    columns = (len(images) + 1) // 2
    fig, axes = new_figure(2, columns, height=2 * (WIDTH / columns + 0.22) + 0.35)
    for ax, image, name in zip(axes.flat, images, class_names, strict=True):
        show_image(ax, image)
        ax.set_title(name, loc="center", fontsize=9, fontweight="normal")
    fig.get_layout_engine().set(w_pad=0.03, h_pad=0.05)
    fig.suptitle(title, x=0.01, ha="left")
    fig.alt = f"the weights of {len(images)} classes as pictures: " + ", ".join(class_names)
    return fig


@figure
def template_rows(
    weights: Mapping[str, np.ndarray], class_names: Sequence[str], title: str
) -> WorkbookFigure:
    """One row of pictures for each named weight matrix ``(D, C)``, one column a class."""
    count = len(class_names)
    left = 0.95
    fig, axes = new_figure(len(weights), count, height=len(weights) * ((WIDTH - left) / count + 0.03) + 0.62)
    for row, (name, W) in zip(axes, weights.items(), strict=True):
        for ax, image in zip(row, weights_as_images(W), strict=True):
            show_image(ax, image)
        row[0].set_ylabel(name, rotation=0, ha="right", va="center")
    for ax, name in zip(axes[0], class_names, strict=True):
        ax.set_title(name, loc="center", fontsize=7.5, fontweight="normal")
    fig.get_layout_engine().set(w_pad=0.03, h_pad=0.04, wspace=0, hspace=0.02)
    fig.suptitle(title, x=0.01, ha="left")
    fig.alt = f"the weights of {count} classes as pictures, one row each for: " + ", ".join(weights)
    return fig


@figure
def surest_mistakes(
    images: np.ndarray,
    y: np.ndarray,
    predicted: np.ndarray,
    sureness: np.ndarray,
    class_names: Sequence[str],
    title: str,
    number: str = "{:.1f}",
) -> WorkbookFigure:
    """The ten wrongly classified images with the largest ``sureness``: wrong class, number, true class.

    Parameters
    ----------
    images : ndarray, shape (N, H, W, 3)
    y, predicted : ndarray of int, shape (N,)
    sureness : ndarray, shape (N,)
        The score margin or probability of the predicted class.
    number : str
        The format of the sureness.
    """
    wrong = np.flatnonzero(predicted != y)
    chosen = wrong[np.argsort(-sureness[wrong], kind="stable")][:10]
    fig, axes = new_figure(2, 5, height=4.0)
    for ax in axes.flat:
        ax.axis("off")
    for ax, i in zip(axes.flat, chosen, strict=False):
        ax.axis("on")
        show_image(ax, images[i])
        ax.set_title(
            f"{class_names[predicted[i]]}, {number.format(sureness[i])}",
            loc="center",
            fontsize=9,
            fontweight="normal",
        )
        ax.set_xlabel(f"is: {class_names[y[i]]}", fontsize=9)
    fig.suptitle(title, x=0.01, ha="left")
    fig.alt = f"the {len(chosen)} surest of {len(wrong)} mistakes: " + ", ".join(
        f"{class_names[y[i]]} taken for {class_names[predicted[i]]}" for i in chosen
    )
    return fig
