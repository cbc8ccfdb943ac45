"""The special figure of notebook 07: the street between two classes."""

import numpy as np
from matplotlib.axes import Axes

from cs231n_lib.plots.kit import plane
from cs231n_lib.plots.style import BLACK, GRAY, WorkbookFigure


def street(
    X: np.ndarray, t: np.ndarray, line: tuple[np.ndarray, float], held_by: np.ndarray, *, margin: str = "",
    **panel,
) -> WorkbookFigure:  # fmt: skip
    """A line between two classes, the street where ``-1 < w @ x + b < 1``, and the points that hold it.

    Parameters
    ----------
    X : ndarray, shape (N, 2)
    t : ndarray, shape (N,)
        Classes, -1 and +1.
    line : (w, b)
        w of shape (2,), and a number.
    held_by : ndarray of bool, shape (N,)
        The support vectors, which are ringed.
    margin : str, optional
        The text at an arrow from the line to the edge of the street, near the middle of the support vectors.
    panel
        Further keywords of the kit: see :class:`Panel`.
    """
    w, b = line

    def nearest(point: np.ndarray, level: float) -> np.ndarray:
        """The point nearest to the given one on the line w @ x + b = level."""
        return point + (level - b - point @ w) * w / (w @ w)

    def draw(ax: Axes) -> None:
        ax.scatter(*X[held_by].T, s=130, facecolor="none", edgecolor=BLACK, linewidth=1.6, zorder=4)
        across, up = np.meshgrid(ax.get_xlim(), ax.get_ylim())
        inside = w[0] * across + w[1] * up + b
        ax.contourf(across, up, inside, levels=[-1, 1], colors=[GRAY], alpha=0.16, zorder=0)
        for edge in (-1, 1):
            point = nearest(X[0], edge)
            ax.axline(point, point + [-w[1], w[0]], color=BLACK, linestyle="--", linewidth=1.1)
        if margin:
            foot = nearest(X[held_by].mean(axis=0), 0)
            top = nearest(foot, 1)
            arrow = {"arrowstyle": "<->", "linewidth": 1.6, "shrinkA": 0, "shrinkB": 0}
            ax.annotate("", top, foot, arrowprops=arrow)
            below = {"xytext": (0, -12), "textcoords": "offset points", "ha": "center", "va": "top"}
            ax.annotate(margin, (foot + top) / 2, **below)

    width = 2 / np.linalg.norm(w)
    alt = f"...; a street of width {width:.3g} between them, held by {held_by.sum()} support vectors"
    return plane(X, t, lines={"": line}, also=draw, **{"alt": alt, **panel})
