"""What all figures have in common: one style, a white background and alternative text.

Every figure function of the workbook wears the decorator :func:`figure`, builds its figure with
:func:`new_figure` and returns it. The figures are independent of pyplot: nothing stays open, nothing
is drawn twice, and the reader's own matplotlib settings are neither used nor changed.
"""

import functools
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import ParamSpec

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

# Okabe and Ito's palette: its colors stay apart for color-blind readers and in grayscale.
BLUE, ORANGE, GREEN, RED = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PURPLE, SKY, BLACK, GRAY = "#CC79A7", "#56B4E9", "#000000", "#767676"
CYCLE = (BLUE, ORANGE, GREEN, PURPLE, RED, SKY, BLACK)

WIDTH = 7.2  # inches; the width of a notebook's text column
DISPLAY_PIXELS_PER_INCH = 100
PIXELS_PER_INCH = 150  # more than is displayed, so that figures stay sharp on dense screens

STYLE = {
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "figure.constrained_layout.use": True,
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 9.5,
    "figure.titlesize": 10.5,
    "figure.titleweight": "bold",
    "axes.prop_cycle": matplotlib.cycler(color=CYCLE),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.7,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "image.interpolation": "nearest",
    "image.cmap": "viridis",
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
    "errorbar.capsize": 3,
}

P = ParamSpec("P")


class WorkbookFigure(Figure):
    """A matplotlib figure that shows itself in a notebook together with its alternative text.

    Attributes
    ----------
    alt : str
        What the figure shows, for readers who cannot see it and for text comparison of notebooks.
    panel : kit.Panel or None
        How the kit draws it once more beside others; None for all other figures.
    """

    alt: str = ""
    panel = None

    def png(self) -> bytes:
        """The figure as a PNG picture without the drawing program's version, which would change its bytes."""
        picture = io.BytesIO()
        with _style():
            self.savefig(picture, format="png", dpi=PIXELS_PER_INCH, metadata={"Software": None})
        return picture.getvalue()

    def _repr_mimebundle_(self, include=None, exclude=None):
        width = round(self.get_figwidth() * DISPLAY_PIXELS_PER_INCH)
        bundle = {"image/png": self.png(), "text/plain": f"<Figure: {self.alt}>"}
        return bundle, {"image/png": {"alt": self.alt, "width": width}}

    def _ipython_display_(self):
        # IPython's inline backend registers a printer for every Figure that would win over
        # _repr_mimebundle_ and drop the alternative text: so the figure displays itself.
        from IPython.display import display

        bundle, metadata = self._repr_mimebundle_()
        display(bundle, metadata=metadata, raw=True)

    def __repr__(self) -> str:
        return f"<Figure: {self.alt}>"


@contextmanager
def _style() -> Iterator[None]:
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        yield


def in_style(draw: Callable[P, WorkbookFigure]) -> Callable[P, WorkbookFigure]:
    """Decorate a function: it draws in the workbook's style."""

    @functools.wraps(draw)
    def styled(*args: P.args, **kwargs: P.kwargs) -> WorkbookFigure:
        with _style():
            return draw(*args, **kwargs)

    return styled


def figure(draw: Callable[P, WorkbookFigure]) -> Callable[P, WorkbookFigure]:
    """Decorate a figure function: it draws in the workbook's style and must give alternative text."""
    in_the_style = in_style(draw)

    @functools.wraps(draw)
    def styled(*args: P.args, **kwargs: P.kwargs) -> WorkbookFigure:
        fig = in_the_style(*args, **kwargs)
        if not fig.alt:
            raise ValueError(f"{draw.__name__} returned a figure without alternative text")
        for title in (fig._suptitle, *(ax.title for ax in fig.axes), *(ax._left_title for ax in fig.axes)):
            if title is not None:
                title.set_wrap(True)
        return fig

    return styled


def new_figure(
    rows: int = 1, columns: int = 1, *, height: float = 3.2, width: float = WIDTH, **subplots
) -> tuple[WorkbookFigure, np.ndarray]:
    """A figure and its axes as an array of shape ``(rows, columns)``; sizes in inches."""
    fig = WorkbookFigure(figsize=(width, height))
    FigureCanvasAgg(fig)
    axes = fig.subplots(rows, columns, squeeze=False, **subplots)
    return fig, axes


def with_styles(curves: Mapping, *styles: Sequence) -> Iterator[tuple]:
    """Each ``(name, curve)`` with one entry of each kind of style.

    Raises
    ------
    ValueError
        If there are more curves than styles to tell them apart. A plain ``zip`` would drop the last ones.
    """
    most = min(len(style) for style in styles)
    if len(curves) > most:
        raise ValueError(f"{len(curves)} curves were given, but at most {most} can be told apart here")
    return zip(curves.items(), *styles, strict=False)


def running_mean(values: Sequence[float], window: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean of each ``window`` neighbors (of all, if there are fewer), and the positions of their centers."""
    window = min(window, len(values))
    mean = np.convolve(values, np.ones(window) / window, mode="valid")
    return np.arange(len(mean)) + (window - 1) / 2, mean


def as_bytes(image: np.ndarray) -> np.ndarray:
    """An image as bytes; other numbers than bytes are meant as 0..255, and rounded."""
    image = np.asarray(image)
    return image if image.dtype == np.uint8 else np.clip(np.round(image), 0, 255).astype(np.uint8)


def show_image(ax: Axes, image: np.ndarray) -> None:
    """Draw one image ``(H, W, 3)`` or ``(H, W)`` without ticks; floats are meant as 0..255."""
    ax.imshow(as_bytes(image), cmap="gray", vmin=0, vmax=255)
    hide_ticks(ax)


def hide_ticks(ax: Axes) -> None:
    """Leave the data of an axes, take its ticks and frame away."""
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)
