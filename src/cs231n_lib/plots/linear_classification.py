"""Figures of the linear classification notebook that are its own: lines and regions, penalties."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap

from cs231n_lib.plots.style import (
    BLACK,
    BLUE,
    GRAY,
    GREEN,
    ORANGE,
    RED,
    WorkbookFigure,
    figure,
    new_figure,
)

CLASS_COLORS, CLASS_MARKERS = (BLUE, ORANGE, GREEN), "os^"


@figure
def linear_regions(
    points: np.ndarray, labels: np.ndarray, models: Mapping[str, tuple[np.ndarray, np.ndarray]], title: str
) -> WorkbookFigure:
    """Points of three classes, and for each named ``(W (2, 3), b (3,))`` its zero lines and regions.

    The line of a class is where its score is 0; the arrow on it is the class's column of W.
    """
    fig, axes = new_figure(1, len(models), height=2.9, sharex=True, sharey=True)
    reach = 1.08 * np.abs(points).max()
    for ax, (name, (W, b)) in zip(axes[0], models.items(), strict=True):
        _regions(ax, lambda places, W=W, b=b: (places @ W + b).argmax(axis=1), reach, classes=3)
        _points(ax, points, labels)
        for w, bias, color in zip(W.T, b, CLASS_COLORS, strict=True):
            foot = -bias * w / (w @ w)
            along = np.array([-w[1], w[0]]) / np.linalg.norm(w)
            ax.plot(*np.transpose([foot - 9 * along, foot + 9 * along]), color=color, linewidth=1.6)
            ax.annotate(
                "",
                foot + 0.8 * w,
                foot,
                arrowprops={
                    "arrowstyle": "-|>",
                    "color": color,
                    "linewidth": 2.2,
                    "shrinkA": 0,
                    "shrinkB": 0,
                },
            )
        accuracy = ((points @ W + b).argmax(axis=1) == labels).mean()
        ax.set_title(f"{name}\naccuracy {accuracy:.2f}", loc="center", fontweight="normal")
    fig.suptitle(title, x=0.01, ha="left")
    fig.alt = (
        "points of three classes, the line where each class's score is 0 with an arrow to its positive "
        "side, and the "
        f"regions where each class wins: {', '.join(' '.join(name.split()) for name in models)}"
    )
    return fig


def _regions(ax: Axes, classify, reach: float, classes: int) -> None:
    side = np.linspace(-reach, reach, 240)
    places = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    region = classify(places).reshape(len(side), len(side))
    colors = ListedColormap(CLASS_COLORS[:classes])
    ax.pcolormesh(side, side, region, cmap=colors, vmin=0, vmax=classes - 1, alpha=0.22, linewidth=0)
    if len(np.unique(region)) > 1:
        ax.contour(side, side, region, levels=np.arange(classes - 1) + 0.5, colors=GRAY, linewidths=0.8)
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
    ax.set_xticks([])
    ax.set_yticks([])


def _points(ax: Axes, points: np.ndarray, labels: np.ndarray) -> None:
    for label, (color, marker) in enumerate(zip(CLASS_COLORS, CLASS_MARKERS, strict=True)):
        own = points[labels == label]
        ax.scatter(*own.T, s=16, color=color, marker=marker, edgecolor=BLACK, linewidth=0.5)


@figure
def penalty_balls(center: Sequence[float], A: np.ndarray, l1: np.ndarray, l2: np.ndarray) -> WorkbookFigure:
    """Contours of a quadratic loss, and the L1 and L2 balls that touch them at the constrained minima.

    Parameters
    ----------
    center : two floats
        Where the loss is smallest.
    A : ndarray, shape (2, 2)
        The loss is ``(w - center) A (w - center)``.
    l1, l2 : ndarray, shape (2,)
        The best points inside the L1 and L2 ball.
    """
    fig, axes = new_figure(1, 2, height=3.5, sharex=True, sharey=True)
    x, y = np.meshgrid(np.linspace(-1.6, 3.2, 161), np.linspace(-1.6, 2.6, 141))
    offset = np.stack([x - center[0], y - center[1]], axis=-1)
    loss = np.einsum("...i,ij,...j", offset, A, offset)
    turn = np.linspace(0, 2 * np.pi, 201)
    circle = np.linalg.norm(l2) * np.array([np.cos(turn), np.sin(turn)])
    diamond = np.abs(l1).sum() * np.array([[1, 0, -1, 0, 1], [0, 1, 0, -1, 0]])
    for ax, ball, touch, name in zip(axes[0], (diamond, circle), (l1, l2), ("L1", "L2"), strict=True):
        difference = touch - center
        level = difference @ A @ difference
        ax.contour(
            x, y, loss, levels=level * np.array([0.25, 0.6, 1.0, 1.5, 2.1]), colors=GRAY, linewidths=0.9
        )
        ax.fill(*ball, color=BLUE, alpha=0.25)
        ax.plot(*ball, color=BLUE)
        ax.plot(*center, "+", color=BLACK, markersize=10, markeredgewidth=2)
        ax.plot(*touch, "o", color=RED, markersize=8)
        ax.axhline(0, color=BLACK, linewidth=0.6)
        ax.axvline(0, color=BLACK, linewidth=0.6)
        ax.annotate(
            f"({touch[0]:.2f}, {touch[1]:.2f})",
            touch,
            xytext=(10, -17),
            textcoords="offset points",
            color=RED,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )
        ax.set(aspect="equal", xlabel="w₁")
        ax.set_title(f"{name}: {'a corner, one weight is 0' if name == 'L1' else 'no corner, no zero'}")
    axes[0, 0].set_ylabel("w₂")
    fig.alt = (
        "contours of a quadratic loss and the ball of each penalty: the L1 diamond touches the lowest "
        "contour in its corner "
        f"({l1[0]:.2f}, {l1[1]:.2f}), the L2 circle at ({l2[0]:.2f}, {l2[1]:.2f})"
    )
    return fig
