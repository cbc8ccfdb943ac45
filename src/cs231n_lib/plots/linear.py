"""Figures of the linear classification notebook: scores, lines, penalties, polynomials, failures."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap

from cs231n_lib.plots.evaluation import LINE_STYLES, MARKERS
from cs231n_lib.plots.style import (
    BLACK,
    BLUE,
    CYCLE,
    GRAY,
    GREEN,
    ORANGE,
    RED,
    WorkbookFigure,
    figure,
    hide_ticks,
    new_figure,
    with_styles,
)

CLASS_COLORS, CLASS_MARKERS = (BLUE, ORANGE, GREEN), "os^"


@figure
def tiny_example(x: np.ndarray, W: np.ndarray, b: np.ndarray, names: Sequence[str]) -> WorkbookFigure:
    """A picture of 2 x 2 pixels ``(4,)``, the template ``(4,)`` of each class, and the scores."""
    fig, axes = new_figure(1, len(names) + 1, height=2.5)
    scores = x @ W + b
    for ax, values, lowest, highest in zip(
        axes[0],
        (x, *W.T),
        (-1, *[-2 * abs(W).max()] * len(names)),
        (x.max() + 1, *[2 * abs(W).max()] * len(names)),
        strict=True,
    ):
        ax.imshow(values.reshape(2, 2), cmap="gray", vmin=lowest, vmax=highest)
        for place, value in enumerate(values):
            color = "white" if 2 * value < lowest + highest else BLACK
            ax.text(place % 2, place // 2, f"{value:g}", ha="center", va="center", color=color, fontsize=12)
        hide_ticks(ax)
    axes[0, 0].set_title("the image x", loc="center", fontweight="normal")
    best = int(scores.argmax())
    for c, (ax, name) in enumerate(zip(axes[0, 1:], names, strict=True)):
        ax.set_title(f"template “{name}”", loc="center", fontweight="bold" if c == best else "normal")
        ax.set_xlabel(f"x · w + b = {x @ W[:, c]:g} + {b[c]:g} = {scores[c]:g}")
    fig.suptitle(f"The template most like the image wins: “{names[best]}”", x=0.01, ha="left")
    fig.alt = f"a 2 by 2 picture and {len(names)} templates with their scores: " + ", ".join(
        f"{name} {score:g}" for name, score in zip(names, scores, strict=True)
    )
    return fig


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


@figure
def failures(
    cases: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]],
) -> WorkbookFigure:
    """Point sets of two classes with the regions of a linear classifier.

    Parameters
    ----------
    cases : dict
        For each name: points (N, 2), labels (N,), W (2, 2), b (2,).
    """
    fig, axes = new_figure(1, len(cases), height=2.9)
    accuracies = {}
    for ax, (name, (points, labels, W, b)) in zip(axes[0], cases.items(), strict=True):
        reach = 1.08 * np.abs(points).max()
        _regions(ax, lambda places, W=W, b=b: (places @ W + b).argmax(axis=1), reach, classes=2)
        _points(ax, points, labels)
        accuracies[name] = ((points @ W + b).argmax(axis=1) == labels).mean()
        ax.set_title(f"{name}: accuracy {accuracies[name]:.2f}", loc="center", fontweight="normal")
    fig.suptitle("No straight line does it", x=0.01, ha="left")
    fig.alt = "two classes that no straight line separates, with a trained linear classifier: " + ", ".join(
        f"{name} accuracy {accuracy:.2f}" for name, accuracy in accuracies.items()
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
def polynomial_fits(
    x: np.ndarray,
    t: np.ndarray,
    grid: np.ndarray,
    truth: np.ndarray,
    fits: Mapping[str, np.ndarray],
    title: str,
) -> WorkbookFigure:
    """Noisy points ``(x, t)``, the true curve on ``grid`` and one panel for each fitted curve."""
    fig, axes = new_figure(1, len(fits), height=2.6, sharey=True)
    for ax, (name, curve) in zip(axes[0], fits.items(), strict=True):
        ax.plot(grid, truth, color=GRAY, linestyle="--", label="truth")
        ax.plot(grid, curve, color=BLUE, label="fit")
        ax.plot(x, t, "o", color=BLACK, markersize=4, label="training points")
        ax.set_ylim(1.6 * t.min() - 0.3, 1.6 * t.max() + 0.3)
        ax.set_title(name, loc="center", fontweight="normal")
        ax.set_xlabel("x")
    axes[0, 0].set_ylabel("t")
    fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    fig.suptitle(title, x=0.01, ha="left")
    fig.alt = f"{len(x)} noisy points with the true curve and fitted curves: " + "; ".join(
        f"{name}, largest distance from the truth {_size(np.abs(curve - truth).max())}"
        for name, curve in fits.items()
    )
    return fig


def _size(value: float) -> str:
    return f"{value:.2g}" if value < 10 else "above 10"


@figure
def training_and_validation(
    x: Sequence[float],
    training: Sequence[float],
    validation: Sequence[float],
    title: str,
    xlabel: str,
    *,
    log_x: bool = False,
    floor: float | None = None,
) -> WorkbookFigure:
    """Training and validation error on a logarithmic axis; ``floor`` marks the error no fit can beat."""
    fig, ((ax,),) = new_figure(height=3.0)
    ax.plot(x, training, color=BLUE, marker="o", label="training")
    ax.plot(x, validation, color=RED, marker="s", linestyle="--", label="validation")
    if floor is not None:
        ax.axhline(floor, color=GRAY, linestyle=":", label="noise")
    best = int(np.argmin(validation))
    ax.annotate(
        "best",
        (x[best], validation[best]),
        xytext=(0, 30),
        textcoords="offset points",
        ha="center",
        arrowprops={"arrowstyle": "->"},
    )
    ax.set_yscale("log")
    # Errors that are nothing but round-off lie below the picture, and must not set its scale.
    errors = [error for error in (*training, *validation) if error > 1e-3]
    ax.set_ylim(min(errors) / 2, 2 * max(errors))
    if log_x:
        ax.set_xscale("log")
    ax.set_xlabel(xlabel)
    ax.set_ylabel("mean squared error")
    ax.set_title(title)
    fig.legend(loc="outside right center")
    fig.alt = (
        f"training and validation error against {xlabel}: the validation error is smallest, "
        f"{validation[best]:.3g}, at "
        f"{x[best]:.3g}; at {x[0]:.3g} it is {_size(validation[0])}, at {x[-1]:.3g} {_size(validation[-1])}"
    )
    return fig


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


@figure
def shrinkage(c: np.ndarray, l1: np.ndarray, l2: np.ndarray) -> WorkbookFigure:
    """What the L1 and the L2 penalty make of a weight whose best value without a penalty is ``c``."""
    fig, ((ax,),) = new_figure(height=2.8, width=5.2)
    ax.plot(c, c, color=GRAY, linestyle=":", label="no penalty")
    ax.plot(c, l1, color=BLUE, label="L1: subtracts, down to 0")
    ax.plot(c, l2, color=RED, linestyle="--", label="L2: multiplies")
    ax.axhline(0, color=BLACK, linewidth=0.6)
    ax.set_xlabel("best weight without penalty")
    ax.set_ylabel("weight with penalty")
    ax.set_title("L1 sets small weights to 0, L2 shrinks all alike")
    ax.legend(loc="upper left")
    zero = np.abs(c[l1 == 0]).max()
    fig.alt = (
        f"weight with penalty against the weight without: L1 gives 0 for weights up to {zero:.2g} and "
        f"subtracts {zero:.2g} "
        f"beyond; L2 multiplies every weight by {l2[-1] / c[-1]:.2g}"
    )
    return fig


@figure
def weight_stems(weights: Mapping[str, np.ndarray], title: str) -> WorkbookFigure:
    """One row of bars for each named weight vector ``(D,)``; weights that are 0 have no bar."""
    fig, axes = new_figure(len(weights), 1, height=0.6 + 1.15 * len(weights), sharex=True, sharey=True)
    for ax, (name, w) in zip(axes[:, 0], weights.items(), strict=True):
        ax.bar(range(len(w)), w, color=BLUE, width=0.7)
        ax.axhline(0, color=BLACK, linewidth=0.6)
        zeros = int((w == 0).sum())
        ax.set_title(f"{name}: {zeros} of {len(w)} weights are 0", fontweight="normal")
        ax.set_ylabel("weight")
    axes[-1, 0].set_xlabel("feature")
    fig.suptitle(title, x=0.01, ha="left")
    fig.alt = "weights of a linear model: " + "; ".join(
        f"{name}: {int((w == 0).sum())} of {len(w)} are 0, sum of sizes {np.abs(w).sum():.2f}"
        for name, w in weights.items()
    )
    return fig


@figure
def losses_against_scale(
    scales: np.ndarray, curves: Mapping[str, np.ndarray], title: str, smallest: str
) -> WorkbookFigure:
    """Curves against the factor that W is multiplied with; a star marks the minimum of ``smallest``."""
    fig, ((ax,),) = new_figure(height=3.1)
    for (name, values), color, style, marker in with_styles(curves, CYCLE, LINE_STYLES * 2, MARKERS * 2):
        ax.plot(scales, values, color=color, linestyle=style, marker=marker, label=name)
    best = int(np.argmin(curves[smallest]))
    ax.plot(scales[best], curves[smallest][best], "*", color=BLACK, markersize=14, zorder=5)
    ax.set_xscale("log", base=2)
    ax.set_xticks(
        scales[:: len(scales) // 8 or 1], [f"{scale:g}" for scale in scales[:: len(scales) // 8 or 1]]
    )
    ax.set_xlabel("W is multiplied by")
    ax.set_ylabel("loss")
    ax.set_title(title)
    fig.legend(loc="outside right center")
    fig.alt = (
        f"loss against the scale of W; {' '.join(smallest.split())} is smallest at scale "
        f"{scales[best]:g}; at {scales[-1]:g}: "
        + (", ".join(f"{' '.join(name.split())} {values[-1]:.2g}" for name, values in curves.items()))
    )
    return fig
