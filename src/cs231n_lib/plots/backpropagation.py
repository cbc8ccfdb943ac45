"""Figures of the backpropagation notebook: circuits with values and gradients, and the shapes of products."""

from itertools import combinations
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch, PathPatch, Rectangle
from matplotlib.path import Path

from cs231n_lib.graph import Variable, topological_order
from cs231n_lib.plots.style import BLUE, GRAY, ORANGE, RED, WIDTH, WorkbookFigure, figure, new_figure

# Everything is laid out in inches, x to the right and y upward.
ROW = 0.64  # from the middle of one row to the next
BOX_HEIGHT = 0.36
PORT = 0.09  # two inputs enter a box this far above and below its middle
STUB = 0.06  # room left and right of the label on a wire
BEND = 0.24  # room in which wires change by up to two rows; for more rows, more in proportion
MARGIN = 0.12
TITLE_HEIGHT, LEGEND_HEIGHT = 0.36, 0.3
FONT_SIZE, SYMBOL_SIZE, LEGEND_SIZE = 8.5, 9.5, 8


@figure
def circuit(output: Variable, title: str, *, gradients: bool = False) -> WorkbookFigure:
    """Draw the graph that ends in ``output``, from its leaves on the left to the output on the right.

    Numbers are shown with four significant digits, arrays by their shape. The first input of a gate
    enters above the second. A plain number that took part in an operation is written into the gate
    ("+ 1"). Where a wire forks, the share that each branch contributes to the gradient stands in brackets.

    Made for graphs of a few tens of boxes: two hundred take a quarter of a minute to lay out. Between two
    dollar signs, names and titles are set as formulas, as in all of matplotlib.

    Parameters
    ----------
    output : Variable
    title : str
        The finding that the figure shows.
    gradients : bool
        Whether to write ``grad`` below each wire; needs ``output.backward()`` to have run last.

    Raises
    ------
    ValueError
        If ``gradients`` is asked for and a variable has none yet, or that of another output.
    """
    variables = _drawn_variables(output)
    if gradients:
        _check_gradients(variables)
    layout = _Layout(variables)
    fig, ((ax,),) = new_figure(height=1)
    fig.set_layout_engine("none")

    def width_of(text: str, size: float = FONT_SIZE) -> float:
        measured = ax.text(0, 0, text, fontsize=size)
        width = measured.get_window_extent(fig.canvas.get_renderer()).width / fig.dpi
        measured.remove()
        return width

    symbols = [_symbol(variable) for variable in variables]
    above = [_with_name(variable) for variable in variables]
    below = [_text(variable.grad) if gradients else "" for variable in variables]
    shares = _shares(layout) if gradients else {}
    legend = "above a wire: value" + (", below: gradient of the output" if gradients else "")
    legend += ", in brackets: what each branch contributes" if shares else ""
    legend += "; of an array: its shape" if any(variable.shape for variable in variables) else ""

    # The columns from left to right: shares of forks, boxes, labels on their wires, room to bend.
    columns, x = [], MARGIN
    for column in range(max(layout.column) + 1):
        own = [i for i in range(len(variables)) if layout.column[i] == column]
        entering = [text for (i, _), text in shares.items() if layout.column[i] == column]
        left = x + max((width_of(text) + STUB for text in entering), default=0)
        right = left + max(width_of(symbols[i], SYMBOL_SIZE) for i in own) + 0.16
        end = right + max(width_of(text) for i in own for text in (above[i], below[i])) + 2 * STUB
        columns.append(_Column(x, left, right, end))
        x = end + (BEND * max(1, layout.bending[column] / 2) if column in layout.bending else 0)

    rows = np.array(layout.y) * ROW
    heading = fig.suptitle(title, x=0, y=1, ha="left", va="top")
    heading_width = heading.get_window_extent(fig.canvas.get_renderer()).width / fig.dpi
    text_width = max(heading_width, width_of(legend, LEGEND_SIZE)) + MARGIN
    width = max(columns[-1].end, text_width, 0.6 * WIDTH) + MARGIN
    bottom, top = rows.min() - ROW / 2 - LEGEND_HEIGHT, rows.max() + ROW / 2 + TITLE_HEIGHT
    fig.set_size_inches(width, top - bottom)
    heading.set_position((MARGIN / width, 1 - 0.1 / (top - bottom)))
    ax.set(position=(0, 0, 1, 1), xlim=(0, width), ylim=(bottom, top))
    ax.axis("off")
    ax.text(MARGIN, bottom + 0.1, legend, fontsize=LEGEND_SIZE, color=GRAY)

    for i, variable in enumerate(variables):
        column = columns[layout.column[i]]
        _draw_box(ax, column, rows[i], symbols[i], is_leaf=not variable.inputs)
        _draw_label(ax, column.right + STUB, rows[i], above[i], BLUE)
        _draw_label(ax, column.right + STUB, rows[i], below[i], RED, below=True)
        ax.plot([column.right, column.end], [rows[i], rows[i]], color="black", linewidth=1, zorder=1)
        if len(layout.wires_from[variable]) > 1:
            ax.plot(column.end, rows[i], "o", color="black", markersize=4)
    for a, b, port in layout.links:
        column, following = columns[layout.column[a]], columns[layout.column[b]]
        start, end = rows[a], rows[b] + PORT * port
        middle = (column.end + following.start) / 2
        bend = [(column.end, start), (middle, start), (middle, end), (following.start, end)]
        codes = [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4]
        ax.add_patch(PathPatch(Path(bend, codes), facecolor="none", linewidth=1, zorder=1))
        # on to the box, or past the whole column
        goal = following.left if b < len(variables) else following.end
        ax.plot([following.start, goal], [end, end], color="black", linewidth=1, zorder=1)
    for (i, port), text in shares.items():
        x, y = columns[layout.column[i]].left - 0.04, rows[i] + PORT * port
        _draw_label(ax, x, y, text, RED, below=port < 0, align="right")

    fig.alt = _description(variables, gradients)
    return fig


class _Column(NamedTuple):
    """The horizontal places of a column: wires come in, boxes from left to right, wires go out."""

    start: float
    left: float
    right: float
    end: float


def _draw_box(ax: Axes, column: _Column, y: float, symbol: str, is_leaf: bool) -> None:
    rounding = 0.03 if is_leaf else min(BOX_HEIGHT / 2 - 0.03, (column.right - column.left) / 2)
    box = FancyBboxPatch(
        (column.left, y - BOX_HEIGHT / 2),
        column.right - column.left,
        BOX_HEIGHT,
        boxstyle=f"round,pad=0,rounding_size={rounding}",
        facecolor="#f2f2f2" if is_leaf else "white",
        edgecolor=GRAY if is_leaf else "black",
        gid="box",
        zorder=2,
    )
    ax.add_patch(box)
    middle = (column.left + column.right) / 2
    ax.text(middle, y - 0.01, symbol, ha="center", va="center", fontsize=SYMBOL_SIZE, zorder=3)


def _draw_label(
    ax: Axes, x: float, y: float, text: str, color: str, below: bool = False, align: str = "left"
) -> None:
    if text:
        place, vertical = (-0.05, "top") if below else (0.05, "bottom")
        ax.text(x, y + place, text, color=color, ha=align, va=vertical, fontsize=FONT_SIZE, gid="label")


def _drawn_inputs(variable: Variable) -> tuple[Variable, ...]:
    """The inputs that get a wire: a constant number next to a variable is written into the gate instead."""
    wired = tuple(each for each in variable.inputs if not (each.constant and each.shape == ()))
    return wired or variable.inputs


def _drawn_variables(output: Variable) -> list[Variable]:
    wired = {output} | {each for variable in topological_order(output) for each in _drawn_inputs(variable)}
    return [variable for variable in topological_order(output) if variable in wired]


def _check_gradients(variables: list[Variable]) -> None:
    """Each gradient must be the sum of what comes back from the drawn gates: that of this output."""
    if any(variable.grad is None for variable in variables):
        raise ValueError("gradients=True needs gradients: call output.backward() first")
    sums = {variable: np.zeros(variable.shape) for variable in variables}
    for variable in reversed(variables):
        for source, share in zip(variable.inputs, variable.local_backward(variable.grad), strict=True):
            if source in sums:  # else a number written into the gate
                sums[source] += share
    for variable in variables[:-1]:
        if not np.allclose(variable.grad, sums[variable], rtol=1e-9, atol=0):
            raise ValueError(
                f"the gradients are not those of this output (see {variable}): call output.backward() again"
            )


def _symbol(variable: Variable) -> str:
    """What stands in the box: a leaf's name, or a gate's symbol with the constant it works with."""
    if not variable.inputs:
        return "constant" if variable.constant else variable.name or "·"
    if len(_drawn_inputs(variable)) == len(variable.inputs):
        return variable.gate
    first, second = variable.inputs
    commutes = variable.gate in ("+", "×", "max")
    if first.constant and not commutes:
        return f"{_text(first.value)} {variable.gate}"
    return f"{variable.gate} {_text((first if first.constant else second).value)}"


def _with_name(variable: Variable) -> str:
    """The value, behind the name of a gate's output where it has one (a leaf's name is in its box)."""
    if not (variable.inputs and variable.name):
        return _text(variable.value)
    return f"{variable.name} {'' if variable.shape else '= '}{_text(variable.value)}"


def _text(value: np.ndarray) -> str:
    """Four significant digits, so that a worked circuit agrees with itself; an array's shape."""
    if value.shape != ():
        return str(value.shape)
    return f"{value + 0.0:.4g}".replace("-", "−")


def _shares(layout: "_Layout") -> dict[tuple[int, int], str]:
    """For each branch of a fork of numbers its end (box, port) and what it contributes to the gradient."""
    shares = {}
    for source, wires in layout.wires_from.items():
        for i, port, place in wires if len(wires) > 1 and not source.shape else ():
            consumer = layout.variables[i]
            shares[i, port] = f"({_text(consumer.local_backward(consumer.grad)[place])})"
    return shares


def _description(variables: list[Variable], gradients: bool) -> str:
    lines = []
    for variable in variables:
        verb = "gives" if variable.inputs else "of shape" if variable.shape else "="
        text = f"{_symbol(variable)} {verb} "
        text += _with_name(variable)
        lines.append(text + (f" (gradient {_text(variable.grad)})" if gradients else ""))
    return "circuit from inputs to output: " + "; ".join(lines)


class _Layout:
    """Where the boxes go: columns by depth, rows such that few wires cross and most run straight.

    A wire that passes columns gets a place of its own in each of them, like a box: so wires never
    run through boxes or labels (K. Sugiyama, S. Tagawa and M. Toda, 1981). Places 0 to
    ``len(variables) - 1`` are the boxes of ``variables``, the others belong to passing wires.

    Attributes
    ----------
    column : list of int
    y : list of float
        The row of each place, upward; two places of one column are at least 1 apart.
    links : list of (place, place, port)
        The pieces of wire from one column to the next; ``port`` is 1 for the first of two inputs, -1 for
        the second, 0 for a single one and for a place on the way.
    wires_from : dict
        For each variable its wires: (box it enters, port there, number of the input).
    bending : dict of int to float
        The columns after which some wire changes its row, and the most rows that one changes by.
    """

    def __init__(self, variables: list[Variable]):
        self.variables = variables
        number = {variable: i for i, variable in enumerate(variables)}
        self.column: list[int] = []
        for variable in variables:
            sources = _drawn_inputs(variable)
            self.column.append(1 + max((self.column[number[each]] for each in sources), default=-1))
        self.links: list[tuple[int, int, int]] = []
        self.wires_from = {variable: [] for variable in variables}
        for variable in variables:
            sources = _drawn_inputs(variable)
            for k, source in enumerate(sources):
                port = 0 if len(sources) == 1 else (1, -1)[k]
                # its number among all inputs, those written into the gate included
                place = k if len(sources) > 1 else [each is source for each in variable.inputs].index(True)
                self.wires_from[source].append((number[variable], port, place))
                self._add_wire(number[source], number[variable], port)
        self.columns = self._ordered_columns()
        self.y = self._rows()
        self.bending: dict[int, float] = {}
        for a, b, port in self.links:
            if rise := abs(self.y[a] - self.y[b]) or abs(port) * PORT:
                self.bending[self.column[a]] = max(rise, self.bending.get(self.column[a], 0))

    def _add_wire(self, start: int, end: int, port: int) -> None:
        for column in range(self.column[start] + 1, self.column[end]):
            self.column.append(column)
            self.links.append((start, len(self.column) - 1, 0))
            start = len(self.column) - 1
        self.links.append((start, end, port))

    def _ordered_columns(self) -> list[list[int]]:
        """The places of each column from bottom to top, swapped as long as this removes crossings."""
        came_from = {place: [] for place in range(len(self.column))}
        for start, end, port in self.links:
            came_from[end].append((-port, start))
        columns = [[] for _ in range(max(self.column) + 1)]
        last = [i for i, variable in enumerate(self.variables) if not self.wires_from[variable]]
        stack, seen = last, set()
        while stack:  # depth first from the output: a tree comes out without crossings
            place = stack.pop()
            if place not in seen:
                seen.add(place)
                columns[self.column[place]].insert(0, place)
                stack.extend(start for _, start in sorted(came_from[place], reverse=True))
        fewest, improved = self._crossings(columns), True
        while improved and fewest:
            improved = False
            for column in columns:
                for i, j in combinations(range(len(column)), 2):
                    column[i], column[j] = column[j], column[i]
                    if (now := self._crossings(columns)) < fewest:
                        fewest, improved = now, True
                    else:
                        column[i], column[j] = column[j], column[i]
        return columns

    def _crossings(self, columns: list[list[int]]) -> int:
        rank = {place: i for column in columns for i, place in enumerate(column)}
        ends = [(self.column[a], rank[a], rank[b] + port / 4) for a, b, port in self.links]
        return sum(
            p[0] == q[0] and (p[1] - q[1]) * (p[2] - q[2]) < 0 for i, p in enumerate(ends) for q in ends[:i]
        )

    def _rows(self) -> list[float]:
        """Each place, from left to right, as near to the middle of its inputs as the column allows.

        So a chain of gates is a straight line, and a wire on its way past other columns is one too.
        """
        y = np.zeros(len(self.column))
        for column in self.columns:
            inputs = [[a for a, b, _ in self.links if b == place] for place in column]
            y[column] = _spread([y[each].mean() if each else 0.0 for each in inputs])
        return y.round(3).tolist()


def _spread(wanted: list[float]) -> np.ndarray:
    """The nearest positions to ``wanted`` that ascend by at least 1 (least squares, pooled violators)."""
    blocks: list[tuple[float, int]] = []  # mean and size
    for value in np.array(wanted) - np.arange(len(wanted)):
        blocks.append((value, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (m2, n2), (m1, n1) = blocks.pop(), blocks.pop()
            blocks.append(((m1 * n1 + m2 * n2) / (n1 + n2), n1 + n2))
    return np.concatenate([np.full(n, mean) for mean, n in blocks]) + np.arange(len(wanted))


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
