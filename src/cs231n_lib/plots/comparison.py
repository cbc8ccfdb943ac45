"""Figures that set the SVM and softmax side by side: margins, entropies, sigmoids, gaps and sharpness."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap

from cs231n_lib.classifiers.linear_svm import hinge_coefficients
from cs231n_lib.classifiers.softmax import softmax_coefficients
from cs231n_lib.plots.style import (
    BLACK,
    BLUE,
    GRAY,
    ORANGE,
    RED,
    WorkbookFigure,
    figure,
    new_figure,
    with_styles,
)

Line = tuple[np.ndarray, float]
"""A line ``w @ x + b = 0`` in the plane: w of shape (2,), and b."""

ON_MARGIN = 1e-3
"""How near to 1 a gap counts as equal to 1 in a figure."""


@figure
def margin(X: np.ndarray, t: np.ndarray, line: Line) -> WorkbookFigure:
    """The widest street between two classes, its width, and the points that hold it.

    Parameters
    ----------
    X : ndarray, shape (N, 2)
    t : ndarray, shape (N,)
        Classes, -1 and +1.
    line : (w, b)
        Scaled so that the smallest gap ``t * (X @ w + b)`` is 1.
    """
    fig, ((ax,),) = new_figure(height=4.0, width=6.0)
    w, b = line
    held = _street(ax, X, t, line)
    length = np.linalg.norm(w)
    foot = X[held].mean(axis=0)
    foot = foot - (foot @ w + b) / length**2 * w  # the point of the line nearest to the middle
    top = foot + w / length**2
    ax.annotate("", top, foot, arrowprops={"arrowstyle": "<->", "linewidth": 1.6, "shrinkA": 0, "shrinkB": 0})
    ax.annotate(
        f"margin\n1/‖w‖\n= {1 / length:.2f}",
        (foot + top) / 2,
        xytext=(0, -12),
        textcoords="offset points",
        ha="center",
        va="top",
    )
    ax.set_xlabel("first feature")
    ax.set_ylabel("second feature")
    ax.set_title(f"{held.sum()} of {len(X)} points hold the street; the others could go")
    fig.alt = (
        f"{len(X)} points of two classes, the line between them and the two margin lines at a distance of "
        f"{1 / length:.2f}; {held.sum()} support vectors lie on the margin lines"
    )
    return fig


@figure
def support_vectors(panels: Mapping[str, tuple[np.ndarray, np.ndarray, Line]]) -> WorkbookFigure:
    """Streets for several data sets ``name: (X, t, line)``; the title of each counts its support vectors."""
    fig, axes = new_figure(2, (len(panels) + 1) // 2, height=5.4)
    counts = {}
    for ax in axes.flat[len(panels) :]:
        ax.axis("off")
    for ax, (name, (X, t, line)) in zip(axes.flat, panels.items(), strict=False):
        counts[name] = int(_street(ax, X, t, line).sum())
        ax.set_title(f"{name}: {counts[name]}", loc="center", fontweight="normal")
        ax.set_xticks([])
        ax.set_yticks([])
    fig.suptitle(
        "The number of support vectors depends on the data, not only on the dimension", x=0.01, ha="left"
    )
    fig.alt = "separating lines with margins in the plane; support vectors: " + ", ".join(
        f"{name} {count}" for name, count in counts.items()
    )
    return fig


@figure
def only_support_vectors(
    X: np.ndarray, t: np.ndarray, kept: np.ndarray, lines: Mapping[str, tuple[Line, Line]]
) -> WorkbookFigure:
    """What the other points do: for each classifier its line for all points, and for those ``kept`` alone."""
    fig, axes = new_figure(1, len(lines), height=3.8, sharey=True)
    turned = {}
    for ax, (name, (before, after)) in zip(axes[0], lines.items(), strict=True):
        _points(ax, X, t, faint=~kept)
        ax.set_aspect("equal")
        ax.set_xlim(X[:, 0].min() - 0.7, X[:, 0].max() + 0.7)
        ax.set_ylim(X[:, 1].min() - 0.7, X[:, 1].max() + 0.7)
        _draw_line(ax, before, 0, color=GRAY, linewidth=4.5, label="all points")
        _draw_line(ax, after, 0, color=RED, linewidth=1.8, linestyle="--", label="without the faint ones")
        turned[name] = _angle(before[0], after[0])
        ax.set_title(f"{name}: turned by {turned[name]:.1f}°", loc="center", fontweight="normal")
        ax.set_xlabel("first feature")
    axes[0, 0].set_ylabel("second feature")
    fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    title = "Without the other points the SVM's line stays, and softmax's line turns"
    fig.suptitle(title, x=0.01, ha="left")
    fig.alt = f"all points but {kept.sum()} support vectors are deleted; the line turns by " + ", ".join(
        f"{angle:.1f}° for {name}" for name, angle in turned.items()
    )
    return fig


@figure
def cross_entropy_split(entropies: Mapping[str, tuple[float, float]], heads: float) -> WorkbookFigure:
    """Cross-entropy as entropy plus divergence: as stacked bars, and for a coin against its believed bias.

    Parameters
    ----------
    entropies : dict
        For each bar ``(H(p), KL(p || q))`` in bits.
    heads : float
        The coin's true share of heads.
    """
    fig, ((left, right),) = new_figure(1, 2, height=3.4)
    names = list(entropies)
    entropy, divergence = np.array([entropies[name] for name in names]).T
    left.barh(names, entropy, color=BLUE, height=0.55, label="entropy")
    left.barh(
        names, divergence, left=entropy, color=ORANGE, hatch="///", edgecolor="white", height=0.55, label="KL"
    )
    for row, (first, second) in enumerate(zip(entropy, divergence, strict=True)):
        left.text(first / 2, row, f"{first:g}", color="white", ha="center", va="center", fontweight="bold")
        left.text(first + second, row, f" +{second:g}", va="center")
    left.set_xlim(0, 1.22 * (entropy + divergence).max())
    left.set_ylim(len(names) - 0.5, -1.1)
    left.legend(loc="upper left", ncols=2)
    left.set_xlabel("bits")
    left.set_title("The order matters for KL")

    q = np.linspace(0.02, 0.98, 193)
    cross = -(heads * np.log2(q) + (1 - heads) * np.log2(1 - q))
    least = -(heads * np.log2(heads) + (1 - heads) * np.log2(1 - heads))
    right.fill_between(q, least, cross, color=ORANGE, alpha=0.3, linewidth=0, label="KL(p‖q)")
    right.plot(q, cross, color=BLACK, label="H(p, q)")
    right.axhline(least, color=BLUE, linestyle="--", label="H(p)")
    right.plot(heads, least, "o", color=BLUE, markersize=7)
    right.set_ylim(0, 3)
    right.set_xlabel("believed share of heads, q")
    right.set_ylabel("bits")
    right.legend(loc="upper right")
    right.set_title(f"Least where q = p = {heads:g}")
    fig.alt = (
        "left: cross-entropies as entropy plus divergence: "
        + ", ".join(f"{name} {first:g} + {second:g} bits" for name, (first, second) in entropies.items())
        + f"; right: the cross-entropy for a coin is least, {least:.2f} bits, at its share of heads {heads:g}"
    )
    return fig


@figure
def sigmoid_losses(marked: float) -> WorkbookFigure:
    """Squared error and cross-entropy of a sigmoid unit with target 1, and the sizes of their gradients."""
    fig, ((left, right),) = new_figure(1, 2, height=3.4)
    z = np.linspace(-12, 5, 341)
    a = 1 / (1 + np.exp(-z))
    left.plot(z, np.logaddexp(0, -z), color=BLUE, label="cross-entropy")
    left.plot(z, (a - 1) ** 2 / 2, color=RED, linestyle="--", label="squared error")
    left.set_xlabel("z (the target is 1: left is wrong)")
    left.set_ylabel("loss")
    left.legend()
    left.set_title("One rises, one levels off")

    right.plot(z, 1 - a, color=BLUE, label="cross-entropy")
    right.plot(z, (1 - a) ** 2 * a, color=RED, linestyle="--", label="squared error")
    a = 1 / (1 + np.exp(-marked))
    for value, color, marker, text in ((1 - a, BLUE, "o", "above"), ((1 - a) ** 2 * a, RED, "s", "below")):
        right.plot(marked, value, marker, color=color, markersize=7)
        right.annotate(
            f"{value:.2g}",
            (marked, value),
            xytext=(0, 8) if text == "above" else (6, -12),
            textcoords="offset points",
            ha="center" if text == "above" else "left",
        )
    right.axvline(marked, color=GRAY, linestyle=":", linewidth=1.2, zorder=0)
    right.set_yscale("log")
    right.set_ylim(3e-6, 8)
    right.set_xlabel("z")
    right.set_ylabel("size of the gradient by z")
    right.set_title(f"Wrong and sure: {1 - a:.2g} against {(1 - a) ** 2 * a:.1g}")
    fig.alt = (
        "left: for target 1 the cross-entropy grows linearly towards negative z, the squared error levels "
        f"off at 1/2; right: at z = {marked:.2f} the gradient has size {1 - a:.2g} for cross-entropy and "
        f"{(1 - a) ** 2 * a:.2g} for squared error"
    )
    return fig


@figure
def unit_learns(outputs: Mapping[str, Mapping[float, np.ndarray]]) -> WorkbookFigure:
    """Output of a sigmoid unit with target 0 while it learns: one panel a loss, one curve a start z."""
    fig, axes = new_figure(1, len(outputs), height=3.2, sharey=True)
    for ax, (name, curves) in zip(axes[0], outputs.items(), strict=True):
        styles = with_styles(curves, (BLUE, ORANGE, RED), ("-", "--", "-."))
        for (z, output), color, style in styles:
            steps = np.arange(1, len(output) + 1)
            ax.plot(steps, output, color=color, linestyle=style, label=f"starts at z = {z:g}")
        ax.set_xscale("log")
        ax.set_xlabel("step (logarithmic)")
        ax.set_ylim(-0.03, 1.05)
        ax.set_title(name, loc="center", fontweight="normal")
    axes[0, 0].set_ylabel("output (target 0)")
    axes[0, -1].legend(loc="upper right")
    fig.suptitle("Squared error: the more wrong, the slower it learns", x=0.01, ha="left")
    fig.alt = "output of a sigmoid unit against training steps; outputs after the last step: " + "; ".join(
        f"{name}: " + ", ".join(f"{output[-1]:.2f} from z = {z:g}" for z, output in curves.items())
        for name, curves in outputs.items()
    )
    return fig


@figure
def losses_by_gap(gaps: np.ndarray, hinge: np.ndarray, cross_entropy: np.ndarray) -> WorkbookFigure:
    """Both losses of a two-class example against its gap: themselves, and the sizes of their slopes."""
    fig, ((left, right),) = new_figure(1, 2, height=3.3)
    left.plot(gaps, hinge, color=BLUE, label="hinge")
    left.plot(gaps, cross_entropy, color=RED, linestyle="--", label="cross-entropy")
    left.plot(gaps, np.where(gaps < 0, 1.0, 0.0), color=GRAY, linestyle=":", label="wrong: 1, right: 0")
    left.set_ylabel("loss")
    left.legend()
    left.set_title("Only the hinge reaches 0")
    slope = np.where(gaps < 1, 1.0, 0.0)
    slope[np.isclose(gaps, 1)] = np.nan  # a jump, not a steep line
    right.plot(gaps, slope, color=BLUE)
    right.plot(gaps, 1 / (1 + np.exp(gaps)), color=RED, linestyle="--")
    right.set_ylabel("size of the slope")
    right.set_title("The hinge pulls fully or not at all")
    for ax in (left, right):
        ax.set_xlabel("gap: correct score minus the other")
    fig.alt = (
        "left: the hinge loss is 0 from a gap of 1 on, the cross-entropy falls but stays above 0; right: the "
        "hinge's slope jumps from 1 to 0 at a gap of 1, the cross-entropy's slope falls smoothly from 1 to 0"
    )
    return fig


@figure
def score_gaps(gaps: Mapping[str, np.ndarray], delta: float = 1.0) -> WorkbookFigure:
    """Histograms of the gap between the correct score and the best wrong one, one panel a classifier."""
    fig, axes = new_figure(len(gaps), 1, height=4.2, sharex=True)
    low, high = np.percentile(np.concatenate(list(gaps.values())), [0.1, 99.9])
    width = (high - low) / 60
    bins = np.arange(np.floor(low / width), np.ceil(high / width) + 1) * width
    right, beyond = {}, {}
    for ax, (name, values) in zip(axes[:, 0], gaps.items(), strict=True):
        counts, edges = np.histogram(np.clip(values, bins[0], bins[-1]), bins)
        wrong = edges[:-1] < -width / 2
        for which, color, hatch in ((wrong, ORANGE, "////"), (~wrong, BLUE, None)):
            ax.bar(
                edges[:-1][which], counts[which] / len(values), width, align="edge", color=color,
                hatch=hatch, edgecolor="white", linewidth=0,
            )  # fmt: skip
        ax.axvline(delta, color=BLACK, linestyle="--", linewidth=1.2)
        right[name], beyond[name] = (values > 0).mean(), (values >= delta).mean()
        ax.text(
            0.99, 0.95, f"{name}\n{right[name]:.0%} above 0\n{beyond[name]:.0%} above {delta:g}",
            transform=ax.transAxes, ha="right", va="top",
        )  # fmt: skip
        ax.set_ylabel("share")
    axes[-1, 0].set_xlabel("correct score minus best wrong score; hatched: wrong; dashed: the margin Δ")
    reached = ", ".join(f"{share:.0%} with {name}" for name, share in beyond.items())
    axes[0, 0].set_title(f"Gaps that reach the margin {delta:g}: {reached}")
    fig.alt = "histograms of the correct score minus the best wrong one: " + "; ".join(
        f"{name}: {right[name]:.0%} above 0, {beyond[name]:.0%} above {delta:g}" for name in gaps
    )
    return fig


@figure
def sharpness(
    regs: Sequence[float], confidence: Sequence[float], accuracy: Sequence[float]
) -> WorkbookFigure:
    """Mean largest probability and accuracy of softmax classifiers, against their regularization."""
    fig, ((ax,),) = new_figure(height=3.2)
    ax.plot(regs, confidence, color=RED, marker="s", linestyle="--", label="mean largest probability")
    ax.plot(regs, accuracy, color=BLUE, marker="o", label="accuracy")
    ax.set_xscale("log")
    ax.set_xticks(regs, [f"{reg:g}" for reg in regs])
    ax.minorticks_off()
    ax.set_ylim(0, 1)
    ax.set_xlabel("regularization λ (logarithmic)")
    ax.set_ylabel("on validation images")
    ax.legend()
    ax.set_title(
        f"λ changes the mean probability by {np.ptp(confidence):.2f}, the accuracy by {np.ptp(accuracy):.2f}"
    )
    fig.alt = "mean largest probability and accuracy: " + "; ".join(
        f"lambda {reg:g}: {sure:.2f} and {right:.2f}"
        for reg, sure, right in zip(regs, confidence, accuracy, strict=True)
    )
    return fig


@figure
def linear_classifier_in_the_plane(
    X: np.ndarray, y: np.ndarray, W: np.ndarray, loss: str, steps: int, total: float
) -> WorkbookFigure:
    """Regions of three classes in the plane, and how strongly each point pulls on the weights.

    Parameters
    ----------
    X : ndarray, shape (N, 3)
        Points, with a column of ones.
    y : ndarray of int, shape (N,)
    W : ndarray, shape (3, 3)
    loss : {"hinge", "softmax"}
    steps : int
        Steps taken so far, for the title.
    total : float
        The loss, regularization included.
    """
    coefficients = hinge_coefficients if loss == "hinge" else softmax_coefficients
    losses, dS = coefficients(X @ W, y)
    pull = np.abs(dS[np.arange(len(y)), y])
    wrong = (X @ W).argmax(axis=1) != y
    colors, markers = (BLUE, ORANGE, GRAY), "os^"

    fig, ((left, right),) = new_figure(1, 2, height=3.7, width_ratios=(1.15, 1))
    side = np.linspace(-1.12, 1.12, 200) * np.abs(X[:, :2]).max()
    places = np.stack([*np.meshgrid(side, side), np.ones((200, 200))], axis=-1)
    region = (places @ W).argmax(axis=-1)
    left.pcolormesh(side, side, region, cmap=ListedColormap(colors), vmin=0, vmax=2, alpha=0.25, linewidth=0)
    for label, (color, marker) in enumerate(zip(colors, markers, strict=True)):
        own = y == label
        left.scatter(
            *X[own, :2].T, s=28 + 90 * pull[own], color=color, marker=marker, edgecolor=BLACK, linewidth=0.7
        )
    left.set_aspect("equal")
    left.set_xlabel("first feature (larger mark: stronger pull)")
    left.set_ylabel("second feature")
    left.set_title(f"{loss}, step {steps}: {wrong.sum()} of {len(y)} wrong")

    order = np.argsort(-pull, kind="stable")
    right.bar(
        range(len(y)),
        pull[order],
        color=[colors[label] for label in y[order]],
        edgecolor=BLACK,
        linewidth=0.5,
    )
    right.set_ylim(0, max(1.05, 1.1 * pull.max()))
    right.set_xlabel("points, sorted")
    right.set_ylabel(r"pull $|\partial L_i / \partial s_{y_i}|$")
    pulling = int((pull > 0).sum())
    right.set_title(f"{pulling} of {len(y)} points pull; loss {total:.3g}")
    fig.alt = (
        f"{len(y)} points of three classes in the plane and the regions of a linear classifier with the "
        f"{loss} loss, step {steps}: {wrong.sum()} points are in a wrong region, {pulling} pull on the "
        f"weights; loss {total:.3g}"
    )
    return fig


def _street(ax: Axes, X: np.ndarray, t: np.ndarray, line: Line) -> np.ndarray:
    """Draw points, line and margins; ring the support vectors and return which points they are."""
    w, b = line
    held = t * (X @ w + b) <= 1 + ON_MARGIN
    _points(ax, X, t)
    ax.scatter(*X[held].T, s=130, facecolor="none", edgecolor=BLACK, linewidth=1.6, zorder=4)
    low, high = X.min(axis=0) - 0.7, X.max(axis=0) + 0.7
    ax.set_aspect("equal", adjustable="box")
    ax.set_xlim(low[0], high[0])
    ax.set_ylim(low[1], high[1])
    across, up = np.meshgrid(np.linspace(low[0], high[0], 200), np.linspace(low[1], high[1], 200))
    inside = w[0] * across + w[1] * up + b
    ax.contourf(across, up, inside, levels=[-1, 1], colors=[GRAY], alpha=0.16, zorder=0)
    _draw_line(ax, line, 0, color=BLACK)
    for level in (-1, 1):
        _draw_line(ax, line, level, color=BLACK, linestyle="--", linewidth=1.1)
    return held


def _points(ax: Axes, X: np.ndarray, t: np.ndarray, faint: np.ndarray | None = None) -> None:
    alpha = np.ones(len(X)) if faint is None else np.where(faint, 0.3, 1.0)
    for label, color, marker in ((-1, BLUE, "o"), (1, ORANGE, "s")):
        own = t == label
        ax.scatter(
            *X[own].T, s=26, color=color, marker=marker, edgecolor=BLACK, linewidth=0.5,
            alpha=alpha[own], zorder=3,
        )  # fmt: skip


def _draw_line(ax: Axes, line: Line, level: float, **style) -> None:
    """Draw ``w @ x + b = level`` through the whole axes."""
    w, b = line
    point = (level - b) * w / (w @ w)
    ax.axline(point, point + np.array([-w[1], w[0]]), **style)


def _angle(u: np.ndarray, v: np.ndarray) -> float:
    """The angle between two vectors, in degrees."""
    cosine = u @ v / (np.linalg.norm(u) * np.linalg.norm(v))
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
