"""Figures of the image classification notebook that are its own: norms, splits and selection."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from cs231n_lib.plots.style import (
    BLACK,
    BLUE,
    GRAY,
    GREEN,
    ORANGE,
    RED,
    SKY,
    WorkbookFigure,
    figure,
    hide_ticks,
    new_figure,
)


def _ball(p: float, count: int = 721) -> np.ndarray:
    """Points ``(2, count)`` of the plane with ``|x|^p + |y|^p = 1``; for p = inf the larger one is 1."""
    turn = np.linspace(0, 2 * np.pi, count)
    circle = np.array([np.cos(turn), np.sin(turn)])
    if np.isinf(p):
        return circle / np.abs(circle).max(axis=0)
    return circle / (np.abs(circle) ** p).sum(axis=0) ** (1 / p)


def _center_axes(ax: Axes) -> None:
    ax.axhline(0, color=BLACK, linewidth=0.6)
    ax.axvline(0, color=BLACK, linewidth=0.6)
    ax.set_aspect("equal")


@figure
def unit_balls() -> WorkbookFigure:
    """All points of norm 1 in the plane for L1, L2 and L∞, and the set for p = 1/2, which is no ball."""
    fig, axes = new_figure(1, 2, height=3.5, sharex=True, sharey=True)
    left, right = axes[0]
    for p, name, color, style, width, place in (
        (np.inf, "L∞", GREEN, "-.", 2.2, (1.04, 1.04)),
        (2, "L2", RED, "--", 2.0, (0.75, 0.75)),
        (1, "L1", BLUE, "-", 1.8, (0.3, 0.44)),
    ):
        left.plot(*_ball(p), color=color, linestyle=style, linewidth=width)
        left.text(*place, name, color=color, fontweight="bold")
    half = _ball(0.5)
    right.fill(*half, color=ORANGE, alpha=0.25)
    right.plot(*half, color=ORANGE)
    right.plot([1, 0.5, 0], [0, 0.5, 1], color=BLACK, linestyle=":", marker="o")
    for place, text in (((0.55, 0.55), "halfway: size 2"), ((1.03, 0.05), "1"), ((0.05, 1.03), "1")):
        right.text(*place, text)
    for ax, title in ((left, "Norms: the ball has no dents"), (right, "p = ½: dents, so no norm")):
        _center_axes(ax)
        ax.set(xlim=(-1.3, 1.45), ylim=(-1.3, 1.3), xticks=(-1, 0, 1), yticks=(-1, 0, 1))
        ax.set(xlabel="x₁", title=title)
    left.set_ylabel("x₂")
    fig.alt = (
        "points of norm 1: for L1 a square on its corner, inside the circle of L2, inside the upright square "
        "of L-infinity; all three touch at the four points of the axes. For p = 1/2 a star with four dents: "
        "the point halfway between two of its tips lies outside"
    )
    return fig


@figure
def turned_axes(a: Sequence[float], b: Sequence[float], angle: float) -> WorkbookFigure:
    """Two points of the plane, the ways between them along the axes as they are and turned, and both norms.

    Parameters
    ----------
    a, b : two floats
        The points.
    angle : float
        How far the axes are turned, in degrees.
    """
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    fig, ((straight, turned, curve),) = new_figure(1, 3, height=3.1, width_ratios=[1, 1, 1.25])
    before, after = _ways(straight, a, b, 0), _ways(turned, a, b, angle)
    straight.set_title("axes as they are", loc="center", fontweight="normal")
    turned.set_title(f"axes turned by {angle:g}°", loc="center", fontweight="normal")
    turns = np.linspace(0, 90, 181)
    l1, l2 = np.transpose([_norms((b - a) @ _axes(degrees)) for degrees in turns])
    curve.plot(turns, l1, color=BLUE, linewidth=2.6, label="L1, along the axes")
    curve.plot(turns, l2, color=RED, linestyle="--", label="L2, straight")
    curve.set(
        xlabel="axes turned by (degrees)", ylabel="distance", xticks=(0, 45, 90), ylim=(0, 1.5 * l1.max())
    )
    curve.legend(loc="upper center")
    moves = f"L1 between {l1.min():.2f} and {l1.max():.2f}"
    fig.suptitle(f"Turning the axes moves {moves}; L2 stays at {l2[0]:.2f}", x=0.01, ha="left")
    fig.alt = (
        f"two points and the way between them along the axes: L1 is {before[0]:.2f} with the axes as they "
        f"are and {after[0]:.2f} with the axes turned by {angle:g} degrees; L2 is {before[1]:.2f} and "
        f"{after[1]:.2f}; over all angles L1 goes from {l1.min():.2f} to {l1.max():.2f}"
    )
    return fig


def _axes(degrees: float) -> np.ndarray:
    """Axes turned counterclockwise: the columns are the new first and second axis."""
    angle = np.deg2rad(degrees)
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def _norms(x: np.ndarray) -> tuple[float, float]:
    return np.abs(x).sum(), np.linalg.norm(x)


def _ways(ax: Axes, a: np.ndarray, b: np.ndarray, degrees: float) -> tuple[float, float]:
    """Draw turned axes and both ways from a to b, along them and straight; returns the L1 and L2 distance."""
    reach = 1.35 * max(np.abs(a).max(), np.abs(b).max())
    first, second = _axes(degrees).T
    for axis, name, slope in ((first, "1st axis", degrees), (second, "2nd axis", degrees - 90)):
        ax.annotate("", reach * axis, -reach * axis, arrowprops={"arrowstyle": "-|>", "color": GRAY})
        # Beside the tail of the arrow, where neither the points nor the way between them are.
        place = reach * (0.13 * np.array([axis[1], -axis[0]]) - 0.62 * axis)
        ax.text(*place, name, color=GRAY, fontsize=8, ha="center", va="center", rotation=slope)
    corner = a + (b - a) @ first * first
    ax.plot(*np.transpose([a, corner, b]), color=BLUE, linewidth=3.2, alpha=0.75, solid_capstyle="round")
    ax.plot(*np.transpose([a, b]), color=RED, linestyle="--")
    ax.plot(*np.transpose([a, b]), "o", color=BLACK)
    hide_ticks(ax)
    l1, l2 = _norms((b - a) @ _axes(degrees))
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xlabel=f"L1 = {l1:.2f}, L2 = {l2:.2f}")
    return l1, l2


@figure
def smallest_solutions(x: Sequence[float]) -> WorkbookFigure:
    """The line of all w with ``w · x = 1``, and the smallest L1 and L2 ball that touches it.

    Parameters
    ----------
    x : two floats
        Above 0 and of different sizes.
    """
    x = np.asarray(x, dtype=float)
    l1, l2 = np.where(x == x.max(), 1 / x, 0), x / (x @ x)
    fig, axes = new_figure(1, 2, height=3.4, sharex=True, sharey=True)
    reach = 1.9 * l1.max()
    ends = np.array([-reach, reach])
    near = {"textcoords": "offset points"}
    for ax, p, best, title in (
        (axes[0, 0], 1, l1, "L1: in a corner, one weight 0"),
        (axes[0, 1], 2, l2, "L2: where x points"),
    ):
        ball = np.linalg.norm(best, p) * _ball(p)
        for factor in (0.5, 1, 1.5):
            ax.plot(*(factor * ball), color=BLUE, linewidth=2 if factor == 1 else 0.8)
        ax.fill(*ball, color=BLUE, alpha=0.2)
        ax.plot(ends, (1 - x[0] * ends) / x[1], color=BLACK, linestyle="--")
        ax.plot(*best, "o", color=RED, markersize=8)
        high = 0.85 * reach
        ax.annotate("w · x = 1", ((1 - high * x[1]) / x[0], high), (8, 0), va="center", **near)
        box = {"facecolor": "white", "edgecolor": "none", "pad": 1}
        ax.annotate(f"({best[0]:.2g}, {best[1]:.2g})", best, (8, 8), color=RED, bbox=box, **near)
        _center_axes(ax)
        ax.set(xlim=ends, ylim=ends, xlabel="w₁", title=title)
    axes[0, 0].set_ylabel("w₂")
    fig.alt = (
        f"the line of all w with w · x = 1 for x = ({x[0]:g}, {x[1]:g}): the smallest L1 diamond touches it "
        f"in its corner ({l1[0]:.2g}, {l1[1]:.2g}), the smallest L2 circle at ({l2[0]:.2g}, {l2[1]:.2g})"
    )
    return fig


PART_STYLES = {"training": (SKY, ""), "validation": (ORANGE, "///"), "test": (GRAY, "...")}


@figure
def data_splits(splits: Mapping[str, Sequence[tuple[str, int]]], title: str) -> WorkbookFigure:
    """One bar for each split, cut into its parts in the order of the rows.

    Parameters
    ----------
    splits : dict
        For each name the parts ``("training" or "validation" or "test", number of images)``.
    title : str
    """
    fig, ((ax,),) = new_figure(height=0.95 + 0.72 * len(splits), width=6.6)
    looks = {
        part: {"height": 0.5, "facecolor": color, "hatch": hatch, "edgecolor": "white"}
        for part, (color, hatch) in PART_STYLES.items()
    }
    for row, parts in enumerate(splits.values()):
        counts = np.array([count for _, count in parts])
        # Small parts are drawn wider than they are, so that they can be seen.
        widths = np.maximum(counts / counts.sum(), 0.09)
        widths /= widths.sum()
        for (part, count), start, width in zip(parts, np.cumsum(widths) - widths, widths, strict=True):
            bar = ax.barh(row, width, left=start, **looks[part])
            box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
            ax.bar_label(bar, [f"{count:,}"], label_type="center", fontsize=8.5, bbox=box)
    hide_ticks(ax)
    ax.set_yticks(range(len(splits)), list(splits))
    ax.tick_params(length=0)
    ax.set(xlim=(0, 1), ylim=(len(splits) - 0.5, -0.5))
    ax.set_xlabel("images in the order of the data set (small parts drawn wider)")
    handles = [Rectangle((0, 0), width=1, label=part, **look) for part, look in looks.items()]
    fig.legend(handles=handles, loc="outside lower center", ncols=3)
    fig.suptitle(title, x=0.01, ha="left")
    fig.alt = "; ".join(
        f"{' '.join(name.split())}: " + ", ".join(f"{count:,} {part}" for part, count in parts)
        for name, parts in splits.items()
    )
    return fig


@figure
def chosen_on(
    accuracies: np.ndarray, images: int, expected_best: float, fresh: float, honest: float, true: float
) -> WorkbookFigure:
    """How the accuracies of many guessing classifiers spread on the set where the best one is chosen.

    Parameters
    ----------
    accuracies : ndarray, shape (m,)
        Accuracy of each classifier on the test set.
    images : int
        How many images the test set holds.
    expected_best : float
        The expected largest of them.
    fresh : float
        Accuracy of the best one on other images.
    honest : float
        Test accuracy of the classifier that was chosen on validation images.
    true : float
        The accuracy that each classifier has in the long run.
    """
    fig, ((ax,),) = new_figure(height=3.3)
    best = accuracies.max()
    right = np.round(accuracies * images)
    width = max(1, round(np.ptp(right) / 16))  # whole numbers of images, so that all bars can hold as many
    edges = np.arange(right.min() - 0.5, right.max() + width, width)
    ax.hist(accuracies, bins=edges / images, color=SKY, edgecolor="white")
    for value, color, style, label in (
        (true, BLACK, "-", "all of them in the long run"),
        (best, RED, "-", "best on the test set, on the test set"),
        (expected_best, ORANGE, ":", "predicted for the best"),
        (fresh, BLUE, "--", "the same classifier on other images"),
        (honest, GREEN, "-.", "chosen on validation images, on the test set"),
    ):
        ax.axvline(value, color=color, linestyle=style, linewidth=2.2, label=f"{label}: {value:.3f}")
    ax.set(xlabel="accuracy on the test set", ylabel="classifiers")
    ax.set_title(f"The best of {len(accuracies)} guessers looks like {best:.3f}; it is {true:.3f}")
    fig.legend(loc="outside lower center", ncols=1)
    fig.alt = (
        f"accuracies of {len(accuracies)} guessing classifiers on the test set, from {accuracies.min():.3f} "
        f"to {best:.3f}; predicted for the best {expected_best:.3f}; the best one has {fresh:.3f} on other "
        f"images; one chosen on validation images has {honest:.3f} on the test set"
    )
    return fig
