"""Figures that judge a classifier: accuracies as curves and bars, the confusion matrix."""

from collections.abc import Mapping, Sequence

import numpy as np

from cs231n_lib.plots.style import BLUE, CYCLE, GRAY, WorkbookFigure, figure, new_figure, with_styles

LINE_STYLES = ("-", "--", "-.", ":")
MARKERS = ("o", "s", "^", "D", "v")


@figure
def accuracy_curves(
    x: Sequence[float], curves: Mapping[str, Sequence[float]], xlabel: str, title: str
) -> WorkbookFigure:
    """One line of accuracies for each name, against the same ``x`` on a logarithmic axis."""
    fig, ((ax,),) = new_figure(height=3.2)
    for (name, values), color, style, marker in with_styles(curves, CYCLE, LINE_STYLES * 2, MARKERS * 2):
        ax.plot(x, values, color=color, linestyle=style, marker=marker, label=name)
    ax.set_xscale("log")
    ax.set_xticks(x, [f"{value:g}" for value in x])
    ax.minorticks_off()
    ax.set_xlabel(xlabel)
    ax.set_ylabel("accuracy")
    ax.set_title(title)
    fig.legend(loc="outside right center")
    fig.alt = f"accuracy against {xlabel}; highest values: " + ", ".join(
        f"{name} {max(values):.3f}" for name, values in curves.items()
    )
    return fig


@figure
def accuracy_bars(accuracies: Mapping[str, float], title: str, chance: float = 0.1) -> WorkbookFigure:
    """One horizontal bar for each accuracy, with its number; a line marks chance."""
    names, values = list(accuracies), list(accuracies.values())
    fig, ((ax,),) = new_figure(height=0.9 + 0.33 * len(names))
    ax.barh(names, values, color=BLUE, height=0.62)
    for row, value in enumerate(values):
        ax.text(value, row, f" {value:.3f}", va="center")
    ax.axvline(chance, color=GRAY, linestyle="--", linewidth=1.2)
    ax.text(chance, -0.42, " chance", color=GRAY, va="bottom", fontsize=8.5)
    ax.set_xlim(0, max(values) * 1.12)
    ax.set_ylim(len(names) - 0.5, -0.9)
    ax.set_xlabel("accuracy")
    ax.set_title(title)
    fig.alt = "accuracies: " + ", ".join(f"{name} {value:.3f}" for name, value in accuracies.items())
    return fig


@figure
def confusion_matrix(counts: np.ndarray, class_names: Sequence[str]) -> WorkbookFigure:
    """How often each true class (row) was predicted as each class (column): ``counts (C, C)``."""
    fig, ((ax,),) = new_figure(height=4.9)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    image = ax.imshow(share, cmap="cividis", vmin=0, vmax=max(share.max(), 0.5))
    for true in range(len(counts)):
        for predicted in range(len(counts)):
            color = "white" if share[true, predicted] < 0.3 else "black"
            ax.text(
                predicted, true, counts[true, predicted], ha="center", va="center", color=color, fontsize=8
            )
    ax.set_xticks(range(len(counts)), class_names, rotation=40, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(len(counts)), class_names)
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.set_xlabel("predicted class")
    ax.set_ylabel("true class")
    fig.colorbar(image, ax=ax, label="share of the true class", shrink=0.85)
    wrong = counts - np.diag(np.diag(counts))
    true, predicted = np.unravel_index(wrong.argmax(), wrong.shape)
    favorite = int(counts.sum(axis=0).argmax())
    ax.set_title(
        f"Most frequent mistake: {class_names[true]} taken for {class_names[predicted]}\n"
        f"Most frequent prediction: {class_names[favorite]}"
    )
    fig.alt = (
        f"confusion matrix; {np.trace(counts)} of {counts.sum()} are right; the most frequent mistake is "
        f"{class_names[true]} taken for {class_names[predicted]} ({wrong.max()} times)"
    )
    return fig
