"""Figures of the image classification notebook that are its own: norms, splits, selection, folds."""

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

CHANNELS = ("red", "green", "blue")


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
    left.set_title("Norms: the ball has no dents")
    half = _ball(0.5)
    right.fill(*half, color=ORANGE, alpha=0.25)
    right.plot(*half, color=ORANGE)
    right.plot([1, 0.5, 0], [0, 0.5, 1], color=BLACK, linestyle=":", marker="o")
    right.text(0.55, 0.55, "halfway: size 2")
    right.text(1.03, 0.05, "1")
    right.text(0.05, 1.03, "1")
    right.set_title("p = ½: dents, so no norm")
    for ax in (left, right):
        _center_axes(ax)
        ax.set(xlim=(-1.3, 1.45), ylim=(-1.3, 1.3), xlabel="x₁", xticks=(-1, 0, 1), yticks=(-1, 0, 1))
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
    fig, axes = new_figure(1, 3, height=3.1, width_ratios=[1, 1, 1.25])
    reach = 1.35 * max(np.abs(a).max(), np.abs(b).max())
    norms = {}
    for ax, degrees in zip(axes[0], (0.0, angle), strict=False):
        rotation = _rotation(degrees)
        for axis, name in zip(rotation.T, ("1st axis", "2nd axis"), strict=True):
            ax.annotate("", reach * axis, -reach * axis, arrowprops={"arrowstyle": "-|>", "color": GRAY})
            # Beside the tail of the arrow, where neither the points nor the way between them are.
            beside = np.array([axis[1], -axis[0]])
            ax.text(
                *(reach * (0.13 * beside - 0.62 * axis)),
                name,
                color=GRAY,
                fontsize=8,
                ha="center",
                va="center",
                rotation=degrees if name[0] == "1" else degrees - 90,
            )
        coordinates = rotation.T @ (b - a)
        corner = a + rotation[:, 0] * coordinates[0]
        norms[degrees] = np.abs(coordinates).sum(), np.linalg.norm(coordinates)
        ax.plot(*np.transpose([a, corner, b]), color=BLUE, linewidth=3.2, alpha=0.75, solid_capstyle="round")
        ax.plot(*np.transpose([a, b]), color=RED, linestyle="--")
        ax.plot(*np.transpose([a, b]), "o", color=BLACK)
        ax.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
        hide_ticks(ax)
        title = "axes as they are" if degrees == 0 else f"axes turned by {degrees:g}°"
        ax.set_title(title, loc="center", fontweight="normal")
        l1, l2 = norms[degrees]
        ax.set_xlabel(f"L1 = {l1:.2f}, L2 = {l2:.2f}")
    turns = np.linspace(0, 90, 181)
    turned = np.array([_rotation(degrees).T @ (b - a) for degrees in turns])
    l1, l2 = np.abs(turned).sum(axis=1), np.linalg.norm(turned, axis=1)
    curve = axes[0, 2]
    curve.plot(turns, l1, color=BLUE, linewidth=2.6, label="L1, along the axes")
    curve.plot(turns, l2, color=RED, linestyle="--", label="L2, straight")
    curve.set(xlabel="axes turned by (degrees)", ylabel="distance", xticks=(0, 45, 90))
    curve.set_ylim(0, 1.5 * l1.max())
    curve.legend(loc="upper center")
    fig.suptitle(
        f"Turning the axes moves L1 between {l1.min():.2f} and {l1.max():.2f}; "
        f"L2 stays at {np.linalg.norm(b - a):.2f}",
        x=0.01,
        ha="left",
    )
    fig.alt = (
        "two points and the way between them along the axes: "
        f"L1 is {norms[0.0][0]:.2f} with the axes as they are and {norms[angle][0]:.2f} with the axes turned "
        f"by {angle:g} degrees; L2 is {norms[0.0][1]:.2f} and {norms[angle][1]:.2f}; "
        f"over all angles L1 goes from {l1.min():.2f} to {l1.max():.2f}"
    )
    return fig


def _rotation(degrees: float) -> np.ndarray:
    """Axes turned counterclockwise: the columns are the new first and second axis."""
    angle = np.deg2rad(degrees)
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


@figure
def smallest_solutions(x: Sequence[float]) -> WorkbookFigure:
    """The line of all w with ``w · x = 1``, and the smallest L1 and L2 ball that touches it.

    Parameters
    ----------
    x : two floats
        Above 0 and of different sizes.
    """
    x = np.asarray(x, dtype=float)
    largest = int(np.abs(x).argmax())
    l1, l2 = np.eye(2)[largest] / x[largest], x / (x @ x)
    fig, axes = new_figure(1, 2, height=3.4, sharex=True, sharey=True)
    reach = 1.9 * np.abs(l1).max()
    along = np.array([-x[1], x[0]]) / np.linalg.norm(x)
    for ax, p, best, title in zip(
        axes[0], (1, 2), (l1, l2), ("L1: in a corner, one weight 0", "L2: where x points"), strict=True
    ):
        size = np.linalg.norm(best, p)
        for factor in (0.5, 1, 1.5):
            ax.plot(
                *(factor * size * _ball(p)), color=BLUE, linewidth=2 if factor == 1 else 0.8, label="_ball"
            )
        ax.fill(*(size * _ball(p)), color=BLUE, alpha=0.2)
        ax.plot(*np.transpose([l2 - 9 * along, l2 + 9 * along]), color=BLACK, linestyle="--")
        ax.plot(*best, "o", color=RED, markersize=8)
        high = np.array([(1 - 0.85 * reach * x[1]) / x[0], 0.85 * reach])
        ax.annotate("w · x = 1", high, xytext=(8, 0), textcoords="offset points", va="center")
        ax.annotate(
            f"({best[0]:.2g}, {best[1]:.2g})",
            best,
            xytext=(8, 8),
            textcoords="offset points",
            color=RED,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )
        _center_axes(ax)
        ax.set(xlim=(-reach, reach), ylim=(-reach, reach), xlabel="w₁")
        ax.set_title(title)
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
    for row, parts in enumerate(splits.values()):
        total = sum(count for _, count in parts)
        # Small parts are drawn wider than they are, so that they can be seen.
        widths = np.array([max(count / total, 0.09) for _, count in parts])
        edges = np.concatenate([[0], np.cumsum(widths / widths.sum())])
        for (part, count), start, stop in zip(parts, edges, edges[1:], strict=False):
            color, hatch = PART_STYLES[part]
            ax.barh(row, stop - start, left=start, height=0.5, color=color, hatch=hatch, edgecolor="white")
            ax.text(
                (start + stop) / 2,
                row,
                f"{count:,}",
                ha="center",
                va="center",
                fontsize=8.5,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
            )
    ax.set_yticks(range(len(splits)), list(splits))
    ax.set_xticks([])
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.set(xlim=(0, 1), ylim=(len(splits) - 0.5, -0.5))
    ax.set_xlabel("images in the order of the data set (small parts drawn wider)")
    handles = [
        Rectangle((0, 0), 1, 1, facecolor=color, hatch=hatch, edgecolor="white", label=part)
        for part, (color, hatch) in PART_STYLES.items()
    ]
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
    low, high = min(accuracies.min(), fresh, honest), max(best, expected_best, fresh, honest)
    right = np.round(accuracies * images)
    width = max(1, round(np.ptp(right) / 16))  # whole numbers of images, so that all bars can hold as many
    edges = np.arange(right.min() - 0.5, right.max() + width, width)
    ax.hist(accuracies, bins=edges / images, color=SKY, edgecolor="white")
    ax.axvline(true, color=BLACK, linewidth=1.2, label=f"all of them in the long run: {true:.3f}")
    for value, color, style, label in (
        (best, RED, "-", "best on the test set, on the test set"),
        (expected_best, ORANGE, ":", "predicted for the best"),
        (fresh, BLUE, "--", "the same classifier on other images"),
        (honest, GREEN, "-.", "chosen on validation images, on the test set"),
    ):
        ax.axvline(value, color=color, linestyle=style, linewidth=2.2, label=f"{label}: {value:.3f}")
    margin = 0.06 * (high - low)
    ax.set_xlim(low - margin, high + margin)
    ax.set_xlabel("accuracy on the test set")
    ax.set_ylabel("classifiers")
    ax.set_title(f"The best of {len(accuracies)} guessers looks like {best:.3f}; it is {true:.3f}")
    fig.legend(loc="outside lower center", ncols=1)
    fig.alt = (
        f"accuracies of {len(accuracies)} guessing classifiers on the test set, from {accuracies.min():.3f} "
        f"to {best:.3f}; predicted for the best {expected_best:.3f}; the best one has {fresh:.3f} on other "
        f"images; one chosen on validation images has {honest:.3f} on the test set"
    )
    return fig


@figure
def table_of_folds(scores: Sequence[float], sizes: Sequence[int]) -> WorkbookFigure:
    """One row for each round of cross-validation: which fold validates, which train, and the accuracy.

    Parameters
    ----------
    scores : sequence of float, length F
        Accuracy on the fold left out in each round.
    sizes : sequence of int, length F
        Images in each fold.
    """
    scores, count = np.asarray(scores, dtype=float), len(scores)
    fig, ((ax,),) = new_figure(height=0.95 + 0.42 * count, width=6.6)
    for round_ in range(count):
        for fold in range(count):
            held_out = fold == round_
            color, hatch = PART_STYLES["validation" if held_out else "training"]
            ax.add_patch(
                Rectangle(
                    (fold + 0.03, round_ + 0.08), 0.94, 0.84, facecolor=color, hatch=hatch, edgecolor="white"
                )
            )
            ax.text(
                fold + 0.5,
                round_ + 0.5,
                "validate" if held_out else "train",
                ha="center",
                va="center",
                fontsize=8.5,
                fontweight="bold" if held_out else "normal",
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5} if held_out else None,
            )
        ax.text(count + 0.12, round_ + 0.5, f"{scores[round_]:.3f}", va="center")
    ax.text(count + 0.12, -0.3, "accuracy", va="center", fontsize=8.5)
    for fold, size in enumerate(sizes):
        ax.text(fold + 0.5, -0.3, f"fold {fold + 1}: {size}", ha="center", va="center", fontsize=8.5)
    ax.set(xlim=(0, count + 0.75), ylim=(count, -0.6))
    ax.set_yticks(np.arange(count) + 0.5, [f"round {round_ + 1}" for round_ in range(count)])
    ax.set_xticks([])
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    fig.suptitle(
        f"Every image validates once: accuracy {scores.mean():.3f} ± {scores.std() / np.sqrt(count):.3f}",
        x=0.01,
        ha="left",
    )
    fig.alt = (
        f"{count} rounds of cross-validation, in each of which another fold validates; accuracies "
        + ", ".join(f"{score:.3f}" for score in scores)
        + f", mean {scores.mean():.3f}"
    )
    return fig
