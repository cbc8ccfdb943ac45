"""Figures of what a linear classifier has learned: its weights as pictures, and its surest mistakes."""

from collections.abc import Mapping, Sequence

import numpy as np

from cs231n_lib.plots.kit import weights_as_images
from cs231n_lib.plots.style import WIDTH, WorkbookFigure, figure, new_figure, show_image


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
