"""The figure of the SVM notebook that is its own: the hinge loss of one example."""

from collections.abc import Sequence

import numpy as np

from cs231n_lib.plots.style import BLACK, BLUE, GRAY, RED, WorkbookFigure, figure, new_figure


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
