"""A linear classifier in the plane that learns step by step, with the hinge loss or with softmax.

After the web demo of CS231n's notes, "Linear classification". The subject is pure: `start` makes a `State`,
`step` makes the next one from it, `draw` makes a figure of it. `widget` puts buttons around them.
"""

from __future__ import annotations

import base64
import html
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cs231n_lib import plots
from cs231n_lib.classifiers.linear_svm import hinge_coefficients, svm_loss_vectorized
from cs231n_lib.classifiers.softmax import softmax_coefficients, softmax_loss_vectorized
from cs231n_lib.plots.kit import CLASS_COLORS
from cs231n_lib.plots.style import BLACK, DISPLAY_PIXELS_PER_INCH, WorkbookFigure
from cs231n_lib.validation import check_count, check_number, check_option, check_rng

if TYPE_CHECKING:
    import ipywidgets
    from matplotlib.axes import Axes

LOSSES = {"hinge": svm_loss_vectorized, "softmax": softmax_loss_vectorized}
COEFFICIENTS = {"hinge": hinge_coefficients, "softmax": softmax_coefficients}
NUM_CLASSES = 3


@dataclass(frozen=True, eq=False)
class State:
    """All that the demo knows at one moment.

    Attributes
    ----------
    X : ndarray, shape (N, 3)
        Points of the plane, and a column of ones for the bias.
    y : ndarray of int, shape (N,)
        Their classes, 0 to 2.
    W : ndarray, shape (3, 3)
        Weights, one column per class; the last row holds the biases.
    loss : {"hinge", "softmax"}
    learning_rate, reg : float
    steps : int
        Steps taken so far.
    """

    X: np.ndarray
    y: np.ndarray
    W: np.ndarray
    loss: str = "hinge"
    learning_rate: float = 0.1
    reg: float = 0.01
    steps: int = 0

    def __post_init__(self) -> None:
        check_option(self.loss, "loss", LOSSES)
        check_number(self.learning_rate, "learning_rate", least=0)
        check_number(self.reg, "reg", least=0)


def start(rng: np.random.Generator | int | None = 0, points: int = 8, **settings: str | float) -> State:
    """Draw ``points`` points per class around three corners, and random weights.

    Parameters
    ----------
    rng : Generator, int or None
    points : int, at least 1
    **settings
        `loss`, `learning_rate` and `reg` of the State.
    """
    rng = check_rng(rng)
    y = np.repeat(np.arange(NUM_CLASSES), check_count(points, "points"))
    angles = np.pi / 2 + 2 * np.pi / NUM_CLASSES * y
    corners = 1.5 * np.column_stack([np.cos(angles), np.sin(angles)])
    X = np.column_stack([corners + 0.7 * rng.standard_normal(corners.shape), np.ones(len(y))])
    return State(X, y, rng.standard_normal((3, NUM_CLASSES)), **settings)


def step(state: State, count: int = 1) -> State:
    """Take ``count`` steps of gradient descent over all points; the given state stays as it is."""
    W = state.W
    for _ in range(check_count(count, "count", least=0)):
        W = W - state.learning_rate * LOSSES[state.loss](W, state.X, state.y, state.reg)[1]
    return replace(state, W=W, steps=state.steps + count)


def draw(state: State) -> WorkbookFigure:
    """Draw the regions of the classes and how strongly each point pulls on the weights."""
    points, y, W, loss = state.X[:, :2], state.y, state.W, state.loss
    total, _ = LOSSES[loss](W, state.X, y, state.reg)
    S = state.X @ W
    _, dS = COEFFICIENTS[loss](S, y)
    pull = np.abs(dS[np.arange(len(y)), y])
    order = np.argsort(-pull, kind="stable")
    wrong, pulling = np.sum(S.argmax(axis=1) != y), np.sum(pull > 0)

    def color_by_class(ax: Axes) -> None:
        for bar, label in zip(ax.patches, y[order], strict=True):
            bar.set(facecolor=CLASS_COLORS[label], edgecolor=BLACK, linewidth=0.5)

    regions = plots.plane(
        points, y, regions=lambda places: (places @ W[:2] + W[2]).argmax(axis=1), sizes=28 + 90 * pull,
        xlabel="first feature (larger mark: stronger pull)", ylabel="second feature",
    )  # fmt: skip
    pulls = plots.bars(
        dict(enumerate(pull[order])), upright=True, number=None, ylim=(0, max(1.05, 1.1 * pull.max())),
        xlabel="points, sorted", ylabel=r"pull $|\partial L_i / \partial s_{y_i}|$", also=color_by_class,
    )  # fmt: skip
    alt = (
        f"{len(y)} points of three classes in the plane and the regions of a linear classifier with the "
        f"{loss} loss, step {state.steps}: {wrong} points are in a wrong region, {pulling} pull on the "
        f"weights; loss {total:.3g}"
    )
    title = f"{loss}, step {state.steps}: {wrong} of {len(y)} wrong, {pulling} pull; loss {total:.3g}"
    return plots.beside(regions, pulls, title=title, width_ratios=(1.15, 1), alt=alt)


def widget() -> ipywidgets.VBox | None:
    """Put controls around the demo, where someone can use them.

    Returns
    -------
    VBox or None
        None where a notebook runs without a reader, as in a test: a live widget cannot be stored.
    """
    if not _someone_is_there():
        return None
    import ipywidgets

    loss = ipywidgets.Dropdown(options=list(LOSSES), description="loss")
    rate = ipywidgets.FloatLogSlider(value=0.1, min=-2, max=0, step=0.25, description="learning rate")
    reg = ipywidgets.FloatLogSlider(value=0.01, min=-4, max=0, step=0.5, description="λ")
    one, many, anew = (ipywidgets.Button(description=text) for text in ("1 step", "50 steps", "new points"))
    picture = ipywidgets.HTML()
    rng = np.random.default_rng()
    state = start()

    def show(new: State) -> None:
        nonlocal state
        state = replace(new, loss=loss.value, learning_rate=rate.value, reg=reg.value)
        picture.value = _as_html(draw(state))

    for control in (loss, rate, reg):
        control.observe(lambda _: show(state), names="value")
    one.on_click(lambda _: show(step(state)))
    many.on_click(lambda _: show(step(state, 50)))
    anew.on_click(lambda _: show(start(rng)))
    show(state)
    return ipywidgets.VBox([ipywidgets.HBox([loss, rate, reg]), ipywidgets.HBox([one, many, anew]), picture])


def _as_html(figure: WorkbookFigure) -> str:
    width = round(figure.get_figwidth() * DISPLAY_PIXELS_PER_INCH)
    picture = base64.b64encode(figure.png()).decode("ascii")
    return f'<img alt="{html.escape(figure.alt)}" width="{width}" src="data:image/png;base64,{picture}">'


def _someone_is_there() -> bool:
    """Whether this runs in a front end that could answer a question: JupyterLab can, a batch run cannot."""
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    return bool(getattr(getattr(get_ipython(), "kernel", None), "_allow_stdin", False))
