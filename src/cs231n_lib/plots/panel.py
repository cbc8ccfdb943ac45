"""What the usual figures share: a panel with its labels, lines and notes, and panels beside each other."""

import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis

from cs231n_lib.plots.style import GRAY, WIDTH, WorkbookFigure, in_style, new_figure

WHITE_BOX = {"facecolor": "white", "edgecolor": "none", "pad": 1}


@dataclass(kw_only=True)
class Panel:
    """One axes of a figure, not yet drawn. The functions of the kit take these as further keywords.

    Attributes
    ----------
    title : str
        What the figure shows: its finding.
    xlabel, ylabel : str
    logx, logy, grid : bool
        Logarithmic axes, and horizontal lines at the ticks.
    xlim, ylim : (float or None, float or None), optional
        Ends of the axes.
    xticks, yticks : sequence or dict, optional
        Places of the ticks, or for each place its text.
    hlines, vlines : dict, optional
        For each name the height or place of a dashed line through the whole axes; the name stands at it.
    notes, texts : dict, optional
        For each text the point ``(x, y)`` to which an arrow leads from it, or at which it stands.
    legend : str, optional
        "right" of or "below" the axes, "none", or a place inside as matplotlib names it.
    width, height : float
        Inches, for a figure of this panel alone.
    also : callable, optional
        Gets the axes at the end, and may draw what the kit cannot.
    alt : str, optional
        Alternative text; "..." in it stands for the automatic one.
    """

    draw: Callable[[Axes, float], None]  # into an axes of so many inches
    told: str  # what the data say, in words
    title: str = ""
    xlabel: str = ""
    ylabel: str = ""
    logx: bool = False
    logy: bool = False
    grid: bool = False
    xlim: tuple | None = None
    ylim: tuple | None = None
    xticks: Sequence[float] | Mapping[float, str] | None = None
    yticks: Sequence[float] | Mapping[float, str] | None = None
    hlines: Mapping[str, float] | None = None
    vlines: Mapping[str, float] | None = None
    notes: Mapping[str, tuple[float, float]] | None = None
    texts: Mapping[str, tuple[float, float]] | None = None
    legend: str | None = None
    width: float = WIDTH
    height: float = 3.2
    also: Callable[[Axes], None] | None = None
    alt: str | None = None

    def __post_init__(self):
        for lines in (self.hlines, self.vlines):
            self.told += "".join(f"; line {name} at {said(level)}" for name, level in (lines or {}).items())
        self.told += "".join(f"; marked: {text}" for text in self.notes or {})
        self.alt = _alt(self.alt, self.title, self.told)

    def draw_into(self, ax: Axes, width: float) -> None:
        """Draw everything but title and legend into an axes of about ``width`` inches."""
        ax.set(xscale="log" if self.logx else "linear", yscale="log" if self.logy else "linear")
        self.draw(ax, width)
        ax.set(xlabel=self.xlabel, ylabel=self.ylabel)
        ax.grid(self.grid, axis="y")
        for ends, set_ends in ((self.xlim, ax.set_xlim), (self.ylim, ax.set_ylim)):
            if ends is not None:
                set_ends(*ends)
        ax.autoscale_view()  # now, because what follows asks where the data lie in the axes
        if self.xticks is not None:
            _set_ticks(ax.xaxis, _apart(ax, self.xticks, width))
        if self.yticks is not None:
            _set_ticks(ax.yaxis, self.yticks)
        for text, point in (self.texts or {}).items():
            ax.text(*point, text, fontsize=9, bbox=WHITE_BOX)
        for text, point in (self.notes or {}).items():
            _point_to(ax, text, point)
        _draw_lines(ax, self.hlines or {}, self.vlines or {})
        if self.also:
            self.also(ax)


def alone(draw: Callable, told: str, usual: Mapping, given: Mapping) -> WorkbookFigure:
    """The figure of one panel, which :func:`beside` can draw again; keywords ``given`` win over ``usual``."""
    panel = Panel(draw=draw, told=told, **{**usual, **given})
    lines = sum(1 + int(0.1 * len(line) / panel.width) for line in panel.title.split("\n"))
    room = 0.17 * max(lines - 1, 0) if "height" not in given else 0
    fig = _assembled([panel], 1, panel.title, panel.width, panel.height + room)
    fig.alt, fig.panel = panel.alt, panel
    return fig


def beside(
    *figures: WorkbookFigure, title: str = "", rows: int = 1, width: float = WIDTH,
    height: float | None = None, alt: str | None = None, **layout: Any,
) -> WorkbookFigure:  # fmt: skip
    """Figures of the kit as panels of one figure, side by side or in several ``rows``.

    With a ``title`` for all, the titles of the panels become names. A legend that all panels share stands
    below them. ``layout`` goes to matplotlib's ``subplots``: ``sharey=True`` leaves the label and the numbers
    of the y axis to the first panel of a row; ``width_ratios=[2, 1]`` makes the first one wider.

    Raises
    ------
    TypeError
        If something else than a figure of one panel is given.
    ValueError
        If there are fewer than two figures.
    """
    if len(figures) < 2:
        raise ValueError(f"beside needs at least two figures, got {len(figures)}")
    for number, fig in enumerate(figures):
        if getattr(fig, "panel", None) is None:
            raise TypeError(
                f"beside needs figures of one panel that the kit made; number {number} is {fig!r}"
            )
    panels = [fig.panel for fig in figures]
    places = ("left: ", "right: ") if len(panels) == 2 and rows == 1 else [""] * len(panels)
    told = "; ".join(place + panel.alt for place, panel in zip(places, panels, strict=True))
    height = height or rows * max(panel.height for panel in panels) + 0.3 * bool(title)
    fig = _assembled(panels, rows, title, width, height, **layout)
    fig.alt = _alt(alt, title, told)
    return fig


@in_style
def _assembled(panels, rows, title, width, height, **layout) -> WorkbookFigure:
    columns = -(-len(panels) // rows)
    fig, axes = new_figure(rows, columns, width=width, height=height, **layout)
    fig.suptitle(title, x=0.01, ha="left", wrap=True)
    shares = np.resize(layout.get("width_ratios", 1.0), columns)
    for number, ax in enumerate(axes.flat):
        if number >= len(panels):
            ax.remove()
            continue
        inches = width * shares[number % columns] / shares.sum()
        panels[number].draw_into(ax, inches)
        if len(panels) > 1:
            lines = panels[number].title.split("\n")
            name = "\n".join(textwrap.fill(line, int(9 * inches)) for line in lines)
            ax.set_title(name, **({"loc": "center", "fontweight": "normal"} if title else {}))
        if layout.get("sharey"):
            ax.label_outer(remove_inner_ticks=False)
    _place_legends(fig, panels)
    return fig


def _place_legends(fig: WorkbookFigure, panels: list[Panel]) -> None:
    entries = [ax.get_legend_handles_labels() for ax in fig.axes[: len(panels)]]
    most = max(entries, key=lambda entry: len(entry[1]))
    if sum(len(labels) > 1 for _, labels in entries) > 1 and all(panel.legend is None for panel in panels):
        if all(set(labels) <= set(most[1]) for _, labels in entries):
            fig.legend(*most, loc="outside lower center", ncols=min(len(most[1]), 4))
            return
    for ax, panel, (handles, labels) in zip(fig.axes, panels, entries, strict=False):
        usual = "none" if len(labels) < 2 else "right" if len(labels) > 3 and len(panels) == 1 else "best"
        place = panel.legend or usual
        if place in ("right", "below"):
            where = "outside right center" if place == "right" else "outside lower center"
            fig.legend(handles, labels, loc=where, ncols=1 if place == "right" else min(len(labels), 3))
        elif place != "none":
            ax.legend(loc=place)


def _on_axes(ax: Axes, points) -> np.ndarray:
    """Points ``(n, 2)`` of the data as shares of the width and height of the axes."""
    return (ax.transData - ax.transAxes).transform(points)


def _set_ticks(axis: Axis, ticks: Sequence[float] | Mapping[float, str]) -> None:
    named = ticks if isinstance(ticks, Mapping) else {place: f"{place:g}" for place in ticks}
    axis.set_ticks(list(named), [minus(name) for name in named.values()])
    axis.set_ticks([], minor=True)


def _apart(ax: Axes, ticks, width: float) -> list[float] | Mapping[float, str]:
    """The ticks without those whose numbers would touch the one before, in an axes of ``width`` inches."""
    if isinstance(ticks, Mapping):
        return ticks
    kept, end = [], -np.inf
    for tick in ticks:
        middle, half = 0.85 * width * _on_axes(ax, [(tick, 1)])[0, 0], 0.04 * len(f"{tick:g}")
        if middle - half > end:
            kept.append(tick)
            end = middle + half + 0.03
    return kept


def _point_to(ax: Axes, text: str, point: tuple[float, float]) -> None:
    """A text with an arrow to a point, from above if it is in the upper half; the axis makes room for it."""
    up = _on_axes(ax, [point])[0, 1] > 0.5
    room = (ax.transAxes - ax.transData).transform((0.5, 1.18 if up else -0.18))[1]
    ax.set_ylim(**{"top" if up else "bottom": room})
    look = {"ha": "center", "va": "top" if up else "bottom", "arrowprops": {"arrowstyle": "->"}}
    ax.annotate(text, point, (point[0], 0.99 if up else 0.01), textcoords=("data", "axes fraction"), **look)


def _draw_lines(ax: Axes, hlines: Mapping[str, float], vlines: Mapping[str, float]) -> None:
    """Dashed lines with their names, which stand where the fewest points of curves are in the way."""
    look = {"color": GRAY, "linestyle": "--", "linewidth": 1.2, "zorder": 0}
    drawn = np.concatenate([_on_axes(ax, line.get_xydata()) for line in ax.lines] or [np.empty((0, 2))])
    for name, place in vlines.items():
        ax.axvline(place, **{**look, "zorder": 1.5})  # in front of bars
        side = "right" if _on_axes(ax, [(place, ax.get_ylim()[0])])[0, 0] > 0.7 else "left"
        ax.text(place, 0.99, f" {name} ", transform=ax.get_xaxis_transform(), ha=side, va="top", fontsize=9)
    for name, level in hlines.items():
        ax.axhline(level, **look)
        height = _on_axes(ax, [(ax.get_xlim()[0], level)])[0, 1]
        spots = [("right", "bottom"), ("right", "top"), ("left", "bottom"), ("left", "top")]
        middles = [
            (0.88 if x == "right" else 0.12, height + (0.05 if y == "bottom" else -0.05)) for x, y in spots
        ]
        inside = [(np.abs(drawn - middle) < (0.13, 0.06)).all(axis=1).sum() for middle in middles]
        ha, va = spots[int(np.argmin(inside))]
        spot, clear = (0.995 if ha == "right" else 0.005, level), (0, 2 if va == "bottom" else -3)
        at = {"xycoords": ax.get_yaxis_transform(), "textcoords": "offset points"}
        ax.annotate(name, spot, clear, ha=ha, va=va, fontsize=9, **at)


def _alt(given: str | None, title: str, told: str) -> str:
    told = f"{title.replace('$', '')}: {told}" if title else told
    return " ".join((told if given is None else given.replace("...", told)).split())


def said(value: float) -> str:
    """A number with three digits, and without those that only round-off decides."""
    if not np.isfinite(value):
        return "not finite"
    if abs(value) > 1e9:
        return "above 1e9" if value > 0 else "below -1e9"
    return f"{value:,.0f}" if 100 <= abs(value) < 1e6 else "0" if abs(value) < 1e-12 else f"{value:.3g}"


def minus(text: object) -> str:
    """The text with true minus signs, and without one before a number that is rounded to 0."""
    return re.sub(r"^-(?=0(\.0*)?$)", "", str(text)).replace("-", "−")
