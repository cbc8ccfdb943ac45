"""Figures of the NumPy primer that are its own: arrays drawn as boxes."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from cs231n_lib.plots.style import (
    BLACK,
    BLUE,
    GRAY,
    GREEN,
    ORANGE,
    PURPLE,
    RED,
    SKY,
    WorkbookFigure,
    figure,
    hide_ticks,
    new_figure,
)

CELL = 0.42  # inches; the side of one box
TITLE = 0.5  # inches above the boxes
# Large enough to be read on a phone, where a figure is shown at about half its size.
ENTRY, NOTE = 11.5, 10
CODE = {"family": "DejaVu Sans Mono", "fontsize": 10}


def _canvas(columns: float, rows: float, title: str, cell: float = CELL) -> tuple[WorkbookFigure, Axes]:
    """A figure with room for ``rows`` by ``columns`` boxes; y counts downward as in an array."""
    fig, ((ax,),) = new_figure(width=cell * columns + 0.1, height=cell * rows + TITLE)
    ax.set(xlim=(0, columns), ylim=(rows, 0), aspect="equal")
    hide_ticks(ax)
    fig.suptitle(title, x=0.01, ha="left")
    return fig, ax


def _light(color: str, share: float = 0.35) -> tuple[float, float, float]:
    """The color mixed with white, light enough for black text."""
    return tuple(1 - share * (1 - channel) for channel in to_rgb(color))


def _box(ax: Axes, x: float, y: float, text: object, color="white", *, width=1.0, faded=False):
    """One box with its text; ``faded`` draws a box that only seems to be there."""
    look = {"edgecolor": GRAY, "linestyle": ":"} if faded else {"edgecolor": BLACK, "linestyle": "-"}
    ax.add_patch(Rectangle((x, y), width, 1, facecolor=color, linewidth=0.8, **look))
    if text != "":
        ax.text(
            x + width / 2,
            y + 0.5,
            str(text),
            ha="center",
            va="center",
            color=GRAY if faded else BLACK,
            fontsize=ENTRY,
        )


def _grid(ax: Axes, values: np.ndarray, x: float, y: float, color="white", *, faded=None) -> None:
    """A matrix of boxes; ``color`` is one color or a function of the index, ``faded`` a mask."""
    for row, column in np.ndindex(values.shape):
        own = color(row, column) if callable(color) else color
        pale = faded is not None and faded[row, column]
        _box(ax, x + column, y + row, _number(values[row, column]), "white" if pale else own, faded=pale)


def _number(value: float) -> str:
    return f"{value:g}".replace("-", "−")


def _shape(shape: tuple[int, ...]) -> str:
    return str(tuple(int(length) for length in shape))


def _positions(base: np.ndarray, view: np.ndarray) -> np.ndarray:
    """For each entry of ``view`` its place in the memory of ``base``, counted in entries."""
    if not np.shares_memory(base, view):
        raise ValueError(f"the array of shape {view.shape} is a copy, not a view of the base")
    start = (view.__array_interface__["data"][0] - base.__array_interface__["data"][0]) // base.itemsize
    steps = np.array(view.strides) // base.itemsize
    return start + np.tensordot(steps, np.indices(view.shape), axes=1)


@figure
def memory_views(base: np.ndarray, views: Mapping[str, np.ndarray]) -> WorkbookFigure:
    """The memory of ``base`` as one row of boxes, and below it 2-D views, two a row, with their steps."""
    width, lines = 5.5, -(-len(views) // 2)
    tallest = max(view.shape[0] for view in views.values())
    fig, ax = _canvas(
        2 * width, 1.0 + lines * (tallest + 2.2), "One row of memory, read with different steps"
    )
    shade = lambda place: _light(BLUE, 0.08 + 0.6 * place / base.size)  # noqa: E731
    ax.text(0.1, 0.5, "memory", va="center")
    for place, value in enumerate(base.ravel()):
        _box(ax, 2.2 + place, 0, f"{value:g}", shade(place))
    told = []
    for number, (name, view) in enumerate(views.items()):
        x, y = width * (number % 2) + 0.1, 1.7 + (tallest + 2.1) * (number // 2)
        places = _positions(base, view)
        steps = tuple(stride // view.itemsize for stride in view.strides)
        _grid(ax, view, x, y + 1.3, lambda row, column, places=places: shade(places[row, column]))
        ax.text(x, y + 0.3, name, va="center", **CODE)
        ax.text(x, y + 0.9, f"shape {_shape(view.shape)}, steps {steps}", va="center", fontsize=NOTE)
        told.append(f"{name} has shape {_shape(view.shape)} and steps {steps}")
    fig.alt = f"{base.size} numbers in one row of memory and views of them: " + "; ".join(told)
    return fig


@figure
def selections(a: np.ndarray, indices: Mapping[str, object]) -> WorkbookFigure:
    """The matrix ``a`` once for each index, two a row; what the index selects is colored."""
    rows, columns = a.shape
    lines = -(-len(indices) // 2)
    fig, ax = _canvas(
        2 * (columns + 2) - 1,
        lines * (rows + 2.0) - 0.7,
        "Slices cut rectangles, masks pick anything",
    )
    told = []
    for number, (name, index) in enumerate(indices.items()):
        x, y = (columns + 2) * (number % 2) + 0.1, (rows + 2.0) * (number // 2)
        taken = np.zeros(a.shape, dtype=bool)
        taken[index] = True
        _grid(ax, a, x, y + 1.2, lambda i, j, taken=taken: _light(ORANGE, 0.8) if taken[i, j] else "white")
        ax.text(x, y + 0.25, name, va="center", **CODE)
        ax.text(x, y + 0.85, f"shape {_shape(a[index].shape)}", va="center", fontsize=NOTE)
        told.append(f"{name} takes {', '.join(f'{value:g}' for value in a[taken])}")
    fig.alt = f"a {rows} by {columns} matrix and what an index takes from it: " + "; ".join(told)
    return fig


@figure
def shape_boxes(pairs: Mapping[str, tuple[tuple[int, ...], tuple[int, ...]]]) -> WorkbookFigure:
    """Pairs of shapes, aligned at the right as broadcasting does, with the shape of the result below."""
    side, wide = 1.9, 6.9
    lines = -(-len(pairs) // 2)
    fig, ax = _canvas(2 * wide, 5.6 * lines - 1, "Shapes are aligned at the right: equal or 1 fits")
    told = []
    for number, (name, (first, second)) in enumerate(pairs.items()):
        x, y = wide * (number % 2) + 0.1, 5.6 * (number // 2)
        depth = max(len(first), len(second))
        padded = [(1,) * (depth - len(shape)) + tuple(shape) for shape in (first, second)]
        ax.text(x, y + 0.5, name, va="center", **CODE)
        for line, (shape, full) in enumerate(zip((first, second), padded, strict=True)):
            for place, length in enumerate(full):
                missing = place < depth - len(shape)
                color = _light(ORANGE, 0.7) if length == 1 and not missing else "white"
                left = x + side * (3 - depth + place)
                _box(ax, left, y + 1 + 1.15 * line, length, color, width=side, faded=missing)
        for place, lengths in enumerate(zip(*padded, strict=True)):
            fits = lengths[0] == lengths[1] or 1 in lengths
            left = x + side * (3 - depth + place)
            if fits:
                _box(ax, left, y + 3.5, max(lengths), _light(GREEN), width=side)
            else:
                _box(ax, left, y + 3.5, "✗", _light(RED), width=side)
        try:
            told.append(f"{first} and {second} give {np.broadcast_shapes(first, second)}")
        except ValueError:
            told.append(f"{first} and {second} do not fit")
    fig.alt = "pairs of shapes aligned at the right: " + "; ".join(told)
    return fig


SYMBOLS = {np.add: "+", np.subtract: "−", np.multiply: "×"}


@figure
def broadcasting(cases: Mapping[str, tuple[np.ndarray, np.ufunc, np.ndarray]], title: str) -> WorkbookFigure:
    """Two small arrays, stretched to each other's shape, and their sum, difference or product.

    Solid boxes exist in memory. Dotted boxes are repetitions that broadcasting only imagines.
    """
    shapes = {name: np.broadcast_shapes(a.shape, b.shape) for name, (a, _, b) in cases.items()}
    heights = [shape[0] + 2.2 for shape in shapes.values()]
    widest = max(shape[1] for shape in shapes.values())
    fig, ax = _canvas(3 * widest + 2.2, sum(heights) - 0.3, title)
    top, told = 0.0, []
    for (name, (a, ufunc, b)), height in zip(cases.items(), heights, strict=True):
        shape, result = shapes[name], ufunc(a, b)
        ax.text(0.1, top + 0.5, name, va="center", **CODE)
        x = 0.1
        for array, color, sign in ((a, BLUE, SYMBOLS[ufunc]), (b, ORANGE, "=")):
            full = np.broadcast_to(array, shape)
            kept = (1,) * (len(shape) - array.ndim) + array.shape
            copies = np.ones(shape, dtype=bool)
            copies[tuple(slice(length) for length in kept)] = False
            _grid(ax, full, x, top + 1, _light(color, 0.5), faded=copies)
            ax.text(x, top + 1.4 + shape[0], _shape(array.shape), va="center", fontsize=NOTE)
            ax.text(x + shape[1] + 0.5, top + 1 + shape[0] / 2, sign, ha="center", va="center", fontsize=13)
            x += shape[1] + 1
        _grid(ax, result, x, top + 1, _light(GREEN, 0.5))
        ax.text(x, top + 1.4 + shape[0], _shape(result.shape), va="center", fontsize=NOTE)
        top += height
        told.append(f"{name}: {_shape(a.shape)} and {_shape(b.shape)} give {_shape(result.shape)}")
    fig.alt = "two arrays as boxes, their repetitions dotted, and the result: " + "; ".join(told)
    return fig


@figure
def reductions(a: np.ndarray) -> WorkbookFigure:
    """A matrix with its sums over ``axis=0`` below it and over ``axis=1`` beside it."""
    rows, columns = a.shape
    fig, ax = _canvas(columns + 8.4, rows + 3.6, "The axis you name is the axis that goes")
    x, y = 2.0, 1.0
    _grid(ax, a, x, y)
    arrow = {"arrowstyle": "-|>", "linewidth": 1.8, "shrinkA": 0, "shrinkB": 0}
    down, right = a.sum(axis=0), a.sum(axis=1)
    for column in range(columns):
        _box(ax, x + column, y + rows + 1, f"{down[column]:g}", _light(BLUE, 0.5))
        middle = x + column + 0.5
        ax.annotate(
            "", (middle, y + rows + 0.9), (middle, y + rows + 0.1), arrowprops={**arrow, "color": BLUE}
        )
    for row in range(rows):
        _box(ax, x + columns + 1, y + row, f"{right[row]:g}", _light(ORANGE, 0.7))
        middle = y + row + 0.5
        ax.annotate(
            "",
            (x + columns + 0.9, middle),
            (x + columns + 0.1, middle),
            arrowprops={**arrow, "color": ORANGE},
        )
    ax.text(x, 0.55, f"axis 1: {columns} columns →", va="center", fontsize=NOTE)
    ax.text(1.7, y + rows / 2, f"axis 0:\n{rows} rows ↓", ha="right", va="center", fontsize=NOTE)
    ax.text(x + columns + 2.3, y + rows / 2, "a.sum(axis=1)", va="center", **CODE)
    ax.text(x + columns + 2.3, y + rows / 2 + 0.7, f"shape {_shape(right.shape)}", va="center", fontsize=NOTE)
    ax.text(x, y + rows + 2.35, f"a.sum(axis=0)  shape {_shape(down.shape)}", va="center", **CODE)
    fig.alt = (
        f"a matrix of shape {_shape(a.shape)}; axis 0 summed away leaves the {columns} column sums "
        f"{', '.join(f'{value:g}' for value in down)}; axis 1 summed away leaves the {rows} row sums "
        f"{', '.join(f'{value:g}' for value in right)}"
    )
    return fig


@figure
def matrix_product(A: np.ndarray, B: np.ndarray, i: int, j: int) -> WorkbookFigure:
    """``A (N, D)`` on the left, ``B (D, C)`` on top and ``A @ B`` where their rows and columns meet."""
    (N, D), C = A.shape, B.shape[1]
    product = A @ B
    fig, ax = _canvas(
        max(D + C + 4.6, 11), D + N + 2.2, f"Entry ({i}, {j}) of A @ B: row {i} of A times column {j} of B"
    )
    x, y = D + 2.2, D + 0.6
    pick = _light(ORANGE, 0.8)
    _grid(ax, A, x - D - 0.6, y, lambda row, column: pick if row == i else "white")
    _grid(ax, B, x, 0, lambda row, column: pick if column == j else "white")
    _grid(ax, product, x, y, lambda row, column: _light(GREEN, 0.6) if (row, column) == (i, j) else "white")
    ax.text(x - 0.75 - D, y + N / 2, f"A\n{_shape(A.shape)}", ha="right", va="center")
    ax.text(x + C + 0.2, D / 2, f"B {_shape(B.shape)}", va="center")
    ax.text(x + C + 0.2, y + N / 2, f"A @ B\n{_shape(product.shape)}", va="center")
    terms = " + ".join(f"{_number(a)} · {_number(b)}" for a, b in zip(A[i], B[:, j], strict=True))
    ax.text(0.1, y + N + 1.0, f"{terms} = {_number(product[i, j])}", va="center", fontsize=10.5)
    fig.alt = (
        f"a matrix product: row {i} of A and column {j} of B are marked, and where they meet stands "
        f"{terms} = {product[i, j]:g}"
    )
    return fig


LETTER_COLORS = (BLUE, ORANGE, GREEN, PURPLE, SKY)


@figure
def einsum_letters(expressions: Mapping[str, str]) -> WorkbookFigure:
    """Each expression's index letters in boxes; a letter that is summed over has a dashed red frame."""
    fig, ax = _canvas(11.2, 2.3 * len(expressions), "einsum sums over letters missing on the right")
    told = []
    for line, (name, expression) in enumerate(expressions.items()):
        inputs, output = expression.split("->")
        letters = sorted(set(inputs) - {","})
        colors = dict(zip(letters, LETTER_COLORS, strict=False))
        x, y = 0.1, 2.3 * line + 0.8
        ax.text(0.1, y - 0.35, name, va="center", **CODE)
        for letter in inputs:
            if letter == ",":
                ax.text(x + 0.3, y + 0.7, ",", ha="center", va="center", fontsize=13)
                x += 0.6
                continue
            _box(ax, x, y, letter, _light(colors[letter], 0.5))
            if letter not in output:
                frame = Rectangle((x + 0.09, y + 0.09), 0.82, 0.82, fill=False, edgecolor=RED)
                frame.set(linewidth=2, linestyle=(0, (2, 1)))
                ax.add_patch(frame)
            x += 1
        ax.text(7.4, y + 0.5, "→", ha="center", va="center", fontsize=13)
        for place, letter in enumerate(output):
            _box(ax, 8.1 + place, y, letter, _light(colors[letter], 0.5))
        if not output:
            ax.text(8.1, y + 0.5, "a number", va="center")
        gone = [letter for letter in letters if letter not in output]
        told.append(f"{name} is {expression}, sums over {' and '.join(gone) or 'nothing'}")
    fig.alt = "index letters of einsum expressions: " + "; ".join(told)
    return fig


@figure
def joining(
    a: np.ndarray, b: np.ndarray, ways: Mapping[str, Callable[[Sequence[np.ndarray]], np.ndarray]]
) -> WorkbookFigure:
    """Two matrices of one shape and what each way to join them gives, colored by where an entry is from.

    A result with three axes is drawn as a row of matrices.
    """
    rows, columns = a.shape
    wide, high = 2 * columns + 1.3, 2 * rows + 1.9
    shown = {"a, b": (np.stack([a, b]), np.stack([np.zeros(a.shape), np.ones(b.shape)]))}
    for name, join in ways.items():
        shown[name] = join([a, b]), join([np.zeros(a.shape), np.ones(b.shape)])
    lines = -(-len(shown) // 2)
    last = max(joined.shape[-2] for joined, _ in list(shown.values())[2 * (lines - 1) :])
    fig, ax = _canvas(
        2 * wide, (lines - 1) * high + last + 1.5, "concatenate makes an axis longer, stack makes a new one"
    )
    told = []
    for number, (name, (joined, from_b)) in enumerate(shown.items()):
        x, y = 0.1 + wide * (number % 2), high * (number // 2)
        ax.text(x, y + 0.3, name, va="center", **CODE)
        size = f"shapes {_shape(a.shape)}" if number == 0 else f"shape {_shape(joined.shape)}"
        ax.text(x, y + 0.9, size, va="center", fontsize=NOTE)
        layers = joined.reshape(-1, *joined.shape[-2:])
        for layer, (values, source) in enumerate(zip(layers, from_b.reshape(layers.shape), strict=True)):
            color = lambda i, j, source=source: _light(ORANGE, 0.7) if source[i, j] else _light(BLUE, 0.5)  # noqa: E731
            _grid(ax, values, x + (columns + 0.4) * layer, y + 1.3, color)
        if number:
            told.append(f"{name} gives {_shape(joined.shape)}")
    fig.alt = f"two matrices of shape {_shape(a.shape)}, joined: " + "; ".join(told)
    return fig


@figure
def loop_steps(points: int, centers: int, coordinates: int) -> WorkbookFigure:
    """The block of differences (points, centers, coordinates): how much of it one step of Python handles."""
    shift = 0.55
    depth = shift * (coordinates - 1)
    wide = centers + depth + 1.1
    fig, ax = _canvas(
        3 * wide, points + depth + 2.0, "Each loop removed hands NumPy a larger block", cell=0.32
    )
    steps = {
        "three loops": lambda p, k, d: (p, k, d) == (0, 0, 0),
        "one loop": lambda p, k, d: p == 0,
        "no loop": lambda p, k, d: True,
    }
    told, total = [], points * centers * coordinates
    for number, (name, together) in enumerate(steps.items()):
        size = sum(together(*place) for place in np.ndindex(points, centers, coordinates))
        x, y = 0.1 + wide * number, 1.8 + depth
        for d in reversed(range(coordinates)):  # the first coordinate lies in front
            for p, k in np.ndindex(points, centers):
                color = _light(ORANGE, 0.8) if together(p, k, d) else "white"
                _box(ax, x + k + shift * d, y + p - shift * d, "", color)
        ax.text(x, 0.4, name, va="center", fontweight="bold")
        ax.text(x, 1.15, f"{size} of {total} at a time", va="center", fontsize=NOTE)
        told.append(f"{name}: {size} of {total} numbers at a time")
    fig.alt = f"a block of {points} points, {centers} centers and {coordinates} coordinates; " + "; ".join(
        told
    )
    return fig


CHANNELS = (("R", RED), ("G", GREEN), ("B", BLUE))


@figure
def channel_orders(pixels: np.ndarray) -> WorkbookFigure:
    """The numbers of ``pixels (H, W, 3)`` in memory order: channels last, and channels first."""
    numbers = np.arange(pixels.size).reshape(pixels.shape)
    orders = {"(H, W, C) channels last": numbers, "(C, H, W) channels first": numbers.transpose(2, 0, 1)}
    fig, ax = _canvas(pixels.size + 0.2, 4.9, "Channels last: pixel by pixel; channels first: color by color")
    told = []
    for line, (name, order) in enumerate(orders.items()):
        y = 2.5 * line
        ax.text(0.1, y + 0.4, name, va="center")
        places = order.ravel()
        for place, number in enumerate(places):
            letter, color = CHANNELS[number % 3]
            _box(ax, 0.1 + place, y + 1, "", _light(color, 0.5))
            text = f"{letter}\n{pixels.ravel()[number]}"
            ax.text(0.6 + place, y + 1.5, text, ha="center", va="center", fontsize=NOTE, linespacing=1)
        together = 3 if line == 0 else pixels.shape[0] * pixels.shape[1]
        for start in range(0, pixels.size, together):
            frame = Rectangle((0.1 + start, y + 1), together, 1, fill=False, edgecolor=BLACK, linewidth=2.4)
            ax.add_patch(frame)
        told.append(f"{name}: {' '.join(CHANNELS[number % 3][0] for number in places)}")
    fig.alt = "the numbers of a small image in the order of memory; " + "; ".join(told)
    return fig
