"""Figures of the backpropagation notebook beside the circuits: slopes, work, shapes, gradients of scores."""

from collections.abc import Sequence

import numpy as np
from matplotlib.patches import Rectangle

from cs231n_lib.plots.style import BLUE, GRAY, ORANGE, RED, WorkbookFigure, figure, new_figure


@figure
def sigmoid_slope() -> WorkbookFigure:
    """The sigmoid σ and its slope σ(1 - σ)."""
    s = np.linspace(-8, 8, 321)
    value = 1 / (1 + np.exp(-s))
    fig, ((ax,),) = new_figure(height=2.6)
    ax.plot(s, value, color=BLUE, label="σ(s)")
    ax.plot(s, value * (1 - value), color=RED, linestyle="--", label="slope σ(1 − σ)")
    ax.axhline(0.25, color=GRAY, linewidth=1, linestyle=":")
    ax.text(8, 0.26, "1/4", ha="right", va="bottom", color=GRAY)
    ax.set_xlabel("input s")
    ax.set_ylabel("value, slope")
    ax.legend(loc="upper left")
    ax.set_title("A sigmoid passes on at most a quarter of the gradient")
    fig.alt = (
        "the sigmoid rises from 0 to 1; its slope is a bump with the maximum 1/4 at s = 0, "
        "below 0.02 where |s| > 4"
    )
    return fig


@figure
def work_by_depth(depths: Sequence[int], with_cache: Sequence[int], without: Sequence[int]) -> WorkbookFigure:
    """Gate evaluations of a forward and a backward pass through a chain, against its number of gates."""
    fig, ((ax,),) = new_figure(height=2.8)
    ax.loglog(depths, without, color=RED, marker="s", label="nothing kept, every value computed again")
    ax.loglog(depths, with_cache, color=BLUE, marker="o", label="every value kept")
    ax.set_xlabel("gates in the chain")
    ax.set_ylabel("gate evaluations")
    ax.legend(loc="upper left")
    ax.set_title("Without the cache the work grows with the square of the depth")
    fig.alt = (
        f"gate evaluations against depth on logarithmic axes: at {depths[-1]} gates {with_cache[-1]:,} when "
        f"values are kept and {without[-1]:,} when they are computed again"
    )
    return fig


@figure
def product_shapes(N: int, D: int, C: int) -> WorkbookFigure:
    """The matrix products S = XW, dW = Xᵀ dS and dX = dS Wᵀ as rectangles of the right shape."""
    sizes = {"N": N, "D": D, "C": C}
    products = [
        (("S", "NC", BLUE), ("X", "ND", GRAY), ("W", "DC", GRAY)),
        (("dW", "DC", RED), ("Xᵀ", "DN", GRAY), ("dS", "NC", ORANGE)),
        (("dX", "ND", RED), ("dS", "NC", ORANGE), ("Wᵀ", "CD", GRAY)),
    ]
    fig, ((ax,),) = new_figure(height=1.25)
    x, tallest, gap = 0.0, max(sizes.values()), 3.2
    for factors in products:
        for (name, shape, color), sign in zip(factors, ("=", "·", ""), strict=True):
            height, width = (sizes[letter] for letter in shape)
            box = Rectangle((x, -height / 2), width, height, facecolor=color, alpha=0.35, edgecolor="black")
            ax.add_patch(box)
            ax.text(x + width / 2, 0, name, ha="center", va="center")
            ax.text(x + width / 2, height / 2 + 0.2, shape[1], ha="center", va="bottom", fontsize=8)
            ax.text(x - 0.2, 0, shape[0], ha="right", va="center", fontsize=8)
            ax.text(x + width + 1.1, 0, sign, ha="center", va="center", fontsize=12)
            x += width + gap
        x += 1.5
    ax.set_xlim(-1.2, x - gap - 1)
    ax.set_ylim(-tallest / 2 - 0.3, tallest / 2 + 1.6)
    ax.set_aspect("equal")
    ax.axis("off")
    ax.set_title("The shapes leave one way to multiply: the inner letters must meet")
    fig.alt = (
        "three products as rectangles: S (N, C) = X (N, D) times W (D, C); "
        "dW (D, C) = X transposed (D, N) times dS (N, C); dX (N, D) = dS (N, C) times W transposed (C, D)"
    )
    return fig


@figure
def score_gradient(P: np.ndarray, Y: np.ndarray, dS: np.ndarray) -> WorkbookFigure:
    """Probabilities, labels and the gradient of the scores for one example, each of shape ``(C,)``."""
    classes = np.arange(len(P))
    fig, axes = new_figure(1, 2, height=2.6)
    axes[0, 0].bar(classes - 0.2, P, width=0.4, color=BLUE, edgecolor="black", linewidth=0.5, label="P")
    axes[0, 0].bar(
        classes + 0.2, Y, width=0.4, color=ORANGE, edgecolor="black", linewidth=0.5, hatch="///", label="Y"
    )
    axes[0, 0].set_ylabel("probability")
    axes[0, 0].set_ylim(0, 1.3)
    axes[0, 0].legend(loc="upper right", ncols=2)
    axes[0, 0].set_title("Where P and Y differ …")
    axes[0, 1].bar(classes, dS, width=0.5, color=RED, edgecolor="black", linewidth=0.5)
    axes[0, 1].axhline(0, color="black", linewidth=0.8)
    axes[0, 1].set_ylabel("∂L/∂S")
    axes[0, 1].set_title("… the gradient is (P − Y)/N")
    for ax in axes.flat:
        ax.set_xlabel("class")
        ax.set_xticks(classes)
    probabilities, slopes = (", ".join(f"{value:.2f}" for value in row) for row in (P, dS))
    fig.alt = (
        f"one example with probabilities {probabilities} and true class {int(Y.argmax())}; "
        f"the gradient of its scores is {slopes}: negative for the true class only"
    )
    return fig
