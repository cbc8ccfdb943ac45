"""Figures of the SVM and softmax notebooks: losses, margins, kinks, training and tuning."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.patches import Rectangle

from cs231n_lib.plots.style import (
    BLUE,
    GRAY,
    RED,
    WorkbookFigure,
    figure,
    new_figure,
    running_mean,
    with_styles,
)

LINE_STYLES = ("-", "--", "-.", ":")
MARKERS = ("o", "s", "^", "D")


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
