"""Figures of the SVM and softmax notebooks: losses, margins, kinks, training and tuning."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.patches import Rectangle

from cs231n_lib.plots.style import (
    BLACK,
    BLUE,
    GRAY,
    ORANGE,
    RED,
    WorkbookFigure,
    figure,
    hide_ticks,
    new_figure,
    running_mean,
    with_styles,
)

LINE_STYLES = ("-", "--", "-.", ":")
MARKERS = ("o", "s", "^", "D")


@figure
def hinge_loss(scores: Sequence[float], correct: int, delta: float = 1.0) -> WorkbookFigure:
    """The hinge loss of one example: one term against a wrong score, and the sum against the correct score.

    Parameters
    ----------
    scores : sequence of float, length C
    correct : int
        The correct class.
    delta : float
        The margin.
    """
    scores = np.asarray(scores, dtype=np.float64)
    others = np.delete(scores, correct)
    fig, ((left, right),) = new_figure(1, 2, height=3.1)

    s_y = scores[correct]
    s_j = np.linspace(s_y - 3.2 * delta, s_y + 2.4 * delta, 200)
    left.axvspan(s_y - delta, s_y, color=GRAY, alpha=0.18, linewidth=0)
    left.axvline(s_y, color=BLACK, linestyle=":", linewidth=1.2)
    left.plot(s_j, np.maximum(0, s_j - s_y + delta), color=BLUE)
    left.text(s_y - delta / 2, 2.9 * delta, "margin\nΔ", ha="center", va="center", fontsize=9)
    left.text(s_y, 3.5 * delta, r" correct score $s_{y}$", va="top", fontsize=9)
    left.text(s_y - 2.2 * delta, 0.25 * delta, "slope 0", ha="center", fontsize=9)
    left.text(s_y + 1.15 * delta, 1.65 * delta, "slope 1", fontsize=9)
    left.set_ylim(-0.15 * delta, 3.6 * delta)
    left.set_xlabel(r"score of a wrong class, $s_j$")
    left.set_ylabel(r"its term, max(0, $s_j - s_y + \Delta$)")
    left.set_title("A wrong score pays inside the margin")

    kinks = np.sort(others) + delta
    s = np.linspace(kinks[0] - 2.5 * delta, kinks[-1] + 2.5 * delta, 400)
    loss_at = lambda x: np.maximum(0, others[:, None] - np.atleast_1d(x) + delta).sum(axis=0)  # noqa: E731
    right.plot(s, loss_at(s), color=RED)
    right.plot(kinks, loss_at(kinks), "D", color=BLACK, markersize=5)
    edges = np.concatenate([[s[0]], kinks, [s[-1]]])
    for i, middle in enumerate((edges[:-1] + edges[1:]) / 2):
        slope = i - len(others)
        right.annotate(
            f"slope {slope}".replace("-", "−"),
            (middle, loss_at(middle)[0]),
            xytext=(0, 9),
            textcoords="offset points",
            ha="left" if slope else "center",
            fontsize=9,
        )
    right.set_xlabel(r"score of the correct class, $s_y$")
    right.set_ylabel(r"loss of the example, $L_i$")
    right.set_ylim(top=1.12 * loss_at(s).max())
    right.set_title("Each wrong class adds a corner")
    fig.alt = (
        f"left: the term max(0, s_j - s_y + delta) is 0 up to s_y - {delta:g}, then rises with slope 1; "
        f"right: the loss against the correct score is piecewise linear with kinks at "
        + ", ".join(f"{kink:.3g}" for kink in kinks)
        + f" and slopes from -{len(others)} to 0"
    )
    return fig


@figure
def matrices(
    panels: Mapping[str, np.ndarray],
    y: np.ndarray | None,
    title: str,
    alt: str,
    decimals: int | Sequence[int] = 1,
    columns: str = "class",
) -> WorkbookFigure:
    """Small matrices side by side with their numbers; the entries of the correct classes ``y`` are framed.

    Orange is positive, purple negative; the numbers say it too. ``decimals`` may be given for each panel.
    """
    decimals = [decimals] * len(panels) if isinstance(decimals, int) else decimals
    rows, width = next(iter(panels.values())).shape
    fig, axes = new_figure(1, len(panels), height=0.95 + 0.3 * rows)
    for ax, (name, matrix), digits in zip(axes[0], panels.items(), decimals, strict=True):
        largest = np.abs(matrix).max() or 1.0
        ax.imshow(matrix, cmap="PuOr_r", vmin=-1.7 * largest, vmax=1.7 * largest, aspect="auto")
        for (i, j), value in np.ndenumerate(matrix):
            text = f"{value + 0.0:.{digits}f}".replace("-", "−")
            ax.text(j, i, text, ha="center", va="center", fontsize=8.5 if width < 6 else 7.5)
        if y is not None:
            for i, j in enumerate(y):
                ax.add_patch(Rectangle((j - 0.46, i - 0.44), 0.92, 0.88, fill=False, linewidth=1.6))
        hide_ticks(ax)
        ax.set_xticks(range(matrix.shape[1]), range(matrix.shape[1]), fontsize=8)
        ax.tick_params(length=0)
        ax.set_xlabel(columns)
        ax.set_title(name, loc="center", fontsize=10, fontweight="normal")
    fig.suptitle(title, x=0.01, ha="left")
    fig.alt = alt
    return fig


@figure
def hinge_kink(at: float = 0.9, h: float = 0.25) -> WorkbookFigure:
    """The loss ``max(0, 1 - w)``: a centered difference across the kink, and its value for each w."""
    fig, ((left, right),) = new_figure(1, 2, height=3.1)
    w = np.linspace(0.2, 1.8, 321)
    loss = lambda w: np.maximum(0, 1 - w)  # noqa: E731
    ends = np.array([at - h, at + h])
    slope = float(np.diff(loss(ends))[0] / (2 * h))
    left.plot(w, loss(w), color=BLUE)
    left.plot(ends, loss(ends), color=RED, marker="s", linestyle="--", label=f"centered: {slope:.2f}")
    left.plot(at, loss(at), "o", color=BLACK, markersize=7, label="analytic: −1")
    left.set_xlabel("weight w")
    left.set_ylabel("loss max(0, 1 − w)")
    left.set_title("The two points lie on two pieces")
    for text in left.legend(title=f"slope at w = {at:g}", loc="upper right").get_texts():
        text.set_text(text.get_text().replace("-", "−"))

    analytic = np.where(w < 1, -1.0, 0.0)
    analytic[np.isclose(w, 1)] = np.nan  # a jump, not a steep line
    right.plot(w, analytic, color=BLACK, label="analytic")
    for step, style, color in ((h, "--", RED), (h / 10, ":", ORANGE)):
        numerical = (loss(w + step) - loss(w - step)) / (2 * step)
        right.plot(w, numerical, linestyle=style, color=color, label=f"centered, h = {step:g}")
    right.set_xlabel("weight w")
    right.set_ylabel("slope")
    right.set_ylim(-1.1, 0.55)
    right.legend(loc="upper left")
    right.set_title("They differ only near the kink")
    fig.alt = (
        f"left: max(0, 1 - w) with a secant from w = {ends[0]:g} to {ends[1]:g} of slope {slope:.2f}; "
        f"the slope at {at:g} is -1; right: the centered difference goes from -1 to 0 over a range of 2h "
        f"around w = 1, for h = {h:g} and {h / 10:g}, while the true slope jumps"
    )
    return fig


@figure
def kink_counts(
    deltas: Sequence[float], at_start: Sequence[float], trained: Sequence[float], near: float
) -> WorkbookFigure:
    """Margins within ``near`` of the kink, against Δ: for random small weights and after training."""
    fig, ((ax,),) = new_figure(height=3.2)
    ax.plot(deltas, at_start, color=BLUE, marker="o", label="near initialization")
    ax.plot(deltas, trained, color=RED, marker="s", linestyle="--", label="after training")
    ax.set_xscale("log")
    ax.set_xticks(deltas, [f"{delta:g}" for delta in deltas])
    ax.minorticks_off()
    ax.set_ylim(bottom=0)
    ax.set_xlabel("margin Δ (logarithmic)")
    ax.set_ylabel(f"margins within {near:g} of the kink")
    ax.legend()
    ax.set_title("A larger Δ removes the kinks near initialization, not those of the trained weights")
    fig.alt = f"number of margins within {near:g} of 0 for delta = " + "; ".join(
        f"{delta:g}: about {10 * round(start / 10)} at initialization, {10 * round(end / 10)} after training"
        for delta, start, end in zip(deltas, at_start, trained, strict=True)
    )
    return fig


@figure
def margin_histogram(before: np.ndarray, after: np.ndarray, delta: float = 1.0) -> WorkbookFigure:
    """Margins ``s_j - s_y + delta`` of all wrong classes, before and after training; right of 0 they cost."""
    fig, axes = new_figure(2, 1, height=4.1, sharex=True)
    low, high = np.percentile(after, [0.5, 99.5])
    bins = np.arange(np.floor(10 * min(low, -1)), np.ceil(10 * max(high, 2 * delta)) + 1) / 10
    share = [np.mean(margins > 0) for margins in (before, after)]
    for ax, margins, name, part in zip(axes[:, 0], (before, after), ("before", "after"), share, strict=True):
        counts, edges = np.histogram(margins, bins)
        costs = edges[:-1] > -0.05
        for which, color, hatch in ((~costs, BLUE, None), (costs, ORANGE, "////")):
            ax.bar(
                edges[:-1][which], counts[which] / len(margins), 0.1, align="edge", color=color,
                hatch=hatch, edgecolor="white", linewidth=0,
            )  # fmt: skip
        ax.axvline(0, color=BLACK, linewidth=1.2)
        ax.set_ylabel("share")
        ax.text(0.01, 0.95, f"{name} training: {part:.0%} cost", transform=ax.transAxes, ha="left", va="top")
    axes[1, 0].set_xlabel(r"$s_j - s_y + \Delta$ of the wrong classes; hatched: above 0, it costs")
    axes[0, 0].set_title("Training pushes margins below 0, and then leaves them alone")
    fig.alt = (
        f"margins before training: all near {np.median(before):.2f}, {share[0]:.0%} above "
        f"0; after training they spread from {low:.1f} to {high:.1f} and {share[1]:.0%} are above 0"
    )
    return fig


@figure
def loss_history(
    losses: Sequence[float], title: str, levels: Mapping[str, float] | None = None, window: int = 25
) -> WorkbookFigure:
    """The loss of each mini-batch, its running mean, and named horizontal lines to compare it with."""
    losses = np.asarray(losses)
    fig, ((ax,),) = new_figure(height=3.1)
    ax.plot(losses, color=GRAY, linewidth=0.7, alpha=0.7, label="one mini-batch")
    steps, mean = running_mean(losses, window)
    ax.plot(steps, mean, color=BLUE, label=f"mean of {min(window, len(losses))}")
    for (name, level), style in with_styles(levels or {}, ("--", ":")):
        ax.axhline(level, color=RED, linestyle=style, linewidth=1.4, label=name)
    ax.set_xlabel("iteration")
    ax.set_ylabel("loss")
    ax.set_xlim(0, len(losses))
    highest = max([losses.max(), *(levels or {}).values()])
    ax.set_ylim(top=highest + 0.55 * (highest - losses.min()))  # room for the legend
    ax.legend(loc="upper right")
    ax.set_title(title)
    fig.alt = (
        f"loss against iteration: from {losses[0]:.2f} to a mean of {mean[-1]:.2f} at iteration {len(losses)}"
        + "".join(f"; {name} {level:.2f}" for name, level in (levels or {}).items())
    )
    return fig


@figure
def validation_grid(
    learning_rates: Sequence[float], regs: Sequence[float], accuracies: np.ndarray
) -> WorkbookFigure:
    """Validation accuracies ``(len(learning_rates), len(regs))``; the best is framed, NaN is "diverged"."""
    fig, ((ax,),) = new_figure(height=1.2 + 0.42 * len(learning_rates), width=6.2)
    image = ax.imshow(accuracies, cmap="cividis", aspect="auto")
    lowest, highest = np.nanmin(accuracies), np.nanmax(accuracies)
    for (i, j), value in np.ndenumerate(accuracies):
        text = "diverged" if np.isnan(value) else f"{value:.3f}"
        color = "white" if value < (lowest + highest) / 2 else "black"
        ax.text(j, i, text, ha="center", va="center", color=color)
    i, j = np.unravel_index(np.nanargmax(accuracies), accuracies.shape)
    ax.add_patch(Rectangle((j - 0.47, i - 0.45), 0.94, 0.9, fill=False, color=RED, linewidth=2.5))
    ax.set_xticks(range(len(regs)), [f"{reg:g}" for reg in regs])
    ax.set_yticks(range(len(learning_rates)), [f"{rate:g}" for rate in learning_rates])
    ax.tick_params(length=0)
    ax.set_xlabel("regularization λ")
    ax.set_ylabel("learning rate")
    fig.colorbar(image, ax=ax, label="validation accuracy")
    ax.set_title(f"Best: learning rate {learning_rates[i]:g} and λ = {regs[j]:g}, {highest:.3f}")
    fig.alt = (
        f"validation accuracy for {len(learning_rates)} learning rates and {len(regs)} regularizations, "
        f"from {lowest:.3f} to {highest:.3f} at learning rate {learning_rates[i]:g} and "
        f"regularization {regs[j]:g}"
    )
    return fig


@figure
def softmax_stability(gaps: np.ndarray, curves: Mapping[str, np.ndarray]) -> WorkbookFigure:
    """The loss of a two-class example against the gap of its scores, computed in several ways.

    A curve ends where its values stop being finite; a cross marks the last finite one.
    """
    fig, ((ax,),) = new_figure(height=3.3)
    colors, widths = (RED, ORANGE, BLUE), (5.5, 3.6, 1.6)
    ends = {}
    for (name, losses), color, width in with_styles(curves, colors, widths):
        last = len(gaps) if np.isfinite(losses).all() else int(np.argmin(np.isfinite(losses)))
        ax.plot(gaps[:last], losses[:last], color=color, linewidth=width, linestyle="-", label=name)
        if last < len(gaps):
            ends[name] = gaps[last - 1]
            ax.plot(gaps[last - 1], losses[last - 1], "X", color=color, markersize=12, markeredgecolor=BLACK)
            below = len(ends) == 1
            ax.annotate(
                f"breaks after {gaps[last - 1]:.0f}",
                (gaps[last - 1], losses[last - 1]),
                xytext=(12, -18) if below else (-12, 8),
                textcoords="offset points",
                ha="left" if below else "right",
                fontsize=9,
            )
    ax.set_xlabel("how far a wrong score is above the correct one")
    ax.set_ylabel("loss")
    ax.legend(loc="upper left")
    ax.set_title("Only log-sum-exp is right for scores of any size")
    fig.alt = "loss against the gap of the scores, which it should equal for a large gap: " + ", ".join(
        f"{name} " + (f"breaks after {ends[name]:.0f}" if name in ends else "never breaks") for name in curves
    )
    return fig


@figure
def initial_losses(scales: np.ndarray, losses: Mapping[int, np.ndarray]) -> WorkbookFigure:
    """Softmax loss at random weights against their scale, for several numbers of classes C."""
    fig, ((ax,),) = new_figure(height=3.3)
    styles = with_styles(losses, (BLUE, RED, BLACK, ORANGE), LINE_STYLES, MARKERS)
    for (classes, values), color, style, marker in styles:
        label = f"C = {classes}, log C = {np.log(classes):.2f}"
        ax.plot(scales, values, color=color, linestyle=style, marker=marker, label=label)
        ax.axhline(np.log(classes), color=GRAY, linewidth=0.8, zorder=0)
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlabel("standard deviation of the weights")
    ax.set_ylabel("loss at the start")
    ax.legend()
    ax.set_title("The loss starts at log C only while the weights are small")
    fig.alt = "softmax loss against the scale of random weights: " + "; ".join(
        f"for C = {classes} from {values[0]:.2f} (log C = {np.log(classes):.2f}) to {values[-1]:.3g}"
        for classes, values in losses.items()
    )
    return fig


@figure
def reliability(confidence: np.ndarray, right: np.ndarray, bins: int = 8) -> WorkbookFigure:
    """How often predictions of each confidence are right: below the diagonal the classifier is too sure.

    Parameters
    ----------
    confidence : ndarray, shape (N,)
        The largest probability of each example.
    right : ndarray of bool, shape (N,)
        Whether the predicted class is correct.
    """
    fig, ((ax,),) = new_figure(height=3.6, width=5.2)
    edges = np.quantile(confidence, np.linspace(0, 1, bins + 1))
    place = np.clip(np.searchsorted(edges, confidence, side="right") - 1, 0, bins - 1)
    _, place, counts = np.unique(place, return_inverse=True, return_counts=True)  # fewer, if many are alike
    mean = np.bincount(place, confidence) / counts
    share = np.bincount(place, right) / counts
    error = np.sqrt(share * (1 - share) / counts)
    ax.plot([0, 1], [0, 1], color=GRAY, linestyle="--", linewidth=1.2, label="as sure as right")
    ax.errorbar(mean, share, yerr=error, color=BLUE, marker="o", label="test images, ± standard error")
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1)
    ax.set_xlabel("largest probability (confidence)")
    ax.set_ylabel("share of right predictions")
    ax.legend(loc="upper left")
    gap = confidence.mean() - right.mean()
    verdict = "too sure" if gap > 0.02 else "not sure enough" if gap < -0.02 else "about as sure as right"
    ax.set_title(f"On average the classifier is {verdict}")
    fig.alt = (
        f"share of right predictions against confidence in {len(counts)} groups of equal size: "
        f"mean confidence {confidence.mean():.2f}, accuracy {right.mean():.2f}; "
        f"the surest group is {mean[-1]:.2f} sure and {share[-1]:.2f} right"
    )
    return fig
