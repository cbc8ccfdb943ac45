"""The figure of the two-layer net's notebook that is its own: the net, matrix by matrix."""

from collections.abc import Mapping

import numpy as np
from matplotlib.patches import Rectangle

from cs231n_lib.plots.style import BLUE, WorkbookFigure, figure, hide_ticks, new_figure


@figure
def layers(shapes: Mapping[str, tuple[int, int]]) -> WorkbookFigure:
    """The matrices of a two-layer net from left to right, ``shapes`` by name, and what leads to the next."""
    fig, ((ax,),) = new_figure(height=1.9)
    steps = ("· W1 + b1", "ReLU", "· W2 + b2", "softmax")
    rows = next(iter(shapes.values()))[0]
    for i, (name, (_, columns)) in enumerate(shapes.items()):
        width = 0.35 + 0.11 * np.log2(columns)
        ax.add_patch(
            Rectangle(
                (2.2 * i - width / 2, -0.5), width, 1, facecolor="#dcebf5", edgecolor=BLUE, linewidth=1.5
            )
        )
        ax.text(2.2 * i, 0, name, ha="center", va="center", fontweight="bold", fontsize=11)
        ax.text(2.2 * i, -0.62, f"{rows} × {columns}", ha="center", va="top", fontsize=9)
        if i < len(steps):
            ax.annotate(
                "", (2.2 * i + 1.4, 0), (2.2 * i + 0.86, 0), arrowprops={"arrowstyle": "->", "linewidth": 1.5}
            )
            ax.text(2.2 * i + 1.1, 0.55, steps[i], ha="center", va="bottom", fontsize=9)
    ax.set(xlim=(-1, 2.2 * len(steps) + 0.8), ylim=(-0.95, 0.75))
    hide_ticks(ax)
    ax.set_title("Two affine maps, with a ReLU between them and a softmax at the end")
    fig.alt = "the two-layer net from left to right: " + ", ".join(
        f"{name} of shape {shape[0]} by {shape[1]}" for name, shape in shapes.items()
    )
    return fig
