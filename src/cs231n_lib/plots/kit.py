"""The usual figures, one statement each: curves, bars, histogram, matrix, plane and pictures.

Each draws one panel, which shows itself in a notebook with alternative text made from its data; ``beside``
puts several into one figure. What all of them take as further keywords (``**panel``) is described at
:class:`Panel`. Shapes that do not fit, unknown names, and more than can be told apart are a ValueError.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.patches import Rectangle

from cs231n_lib.plots.panel import alone, minus, said
from cs231n_lib.plots.style import (
    BLACK,
    BLUE,
    CYCLE,
    GRAY,
    GREEN,
    ORANGE,
    PURPLE,
    RED,
    SKY,
    WIDTH,
    WorkbookFigure,
    as_bytes,
    hide_ticks,
)

LINE_STYLES = ("-", "--", "-.", ":") * 2
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
HATCHES = ("", "///", "...", "xxx")
CLASS_COLORS = (BLUE, ORANGE, GREEN, PURPLE, SKY)
DENSE = 25  # curves of more points have no markers by default


def _known(argument: str, given: Iterable, names: Iterable) -> None:
    names = list(names)
    for name in given:
        if name not in names:
            raise ValueError(f"{argument} has {name!r}, which is none of {', '.join(map(repr, names))}")


def _of_length(argument: str, values: Sequence, length: int) -> Sequence:
    if len(values) != length:
        raise ValueError(f"{argument} must have {length} entries, got {len(values)}")
    return values


def _distinct(count: int, most: int, what: str) -> None:
    if not 0 < count <= most:
        raise ValueError(f"from 1 to {most} {what} can be told apart, got {count}")


def curves(
    x: Sequence[float] | None, named: Mapping[str, Any], *,
    errors: Mapping[str, Sequence[float]] | None = None, bands: Mapping[str, tuple] | None = None,
    points: Sequence[str] = (), faint: Sequence[str] = (), markers: bool | None = None,
    styles: Mapping[str, Mapping] | None = None, **panel: Any,
) -> WorkbookFigure:  # fmt: skip
    """Named curves in one axes, each with a color, line style and marker of its own.

    Parameters
    ----------
    x : sequence of float, length n, or None
        None counts from 0. With ``logx`` up to 12 places get a tick each.
    named : dict
        For each name its values ``(n,)``; or ``(m, n)``, m curves of one name; or a tuple ``(x, y)`` with
        places of its own.
    errors : dict, optional
        For some names error bars ``(n,)``, drawn to both sides.
    bands : dict, optional
        For each name ``(lower, upper)``, each ``(n,)`` or one number: the area between them is filled.
    points, faint : sequence of str
        Names drawn as markers without a line, and in thin gray.
    markers : bool, optional
        Whether lines have markers; by default those of at most 25 points.
    styles : dict, optional
        For some names keywords of matplotlib's ``plot``, which win over the kit's own.
    """
    drawn = {name: _places_and_values(x, name, values) for name, values in named.items()}
    errors, bands, styles = errors or {}, bands or {}, styles or {}
    for argument, given in (("errors", errors), ("points", points), ("faint", faint), ("styles", styles)):
        _known(argument, given, drawn)
    for name, error in errors.items():
        _of_length(f"errors[{name!r}]", error, len(drawn[name][0]))
    strong = [name for name in drawn if name not in faint]
    _distinct(len(strong) or len(drawn), len(CYCLE), "curves")
    looks = dict(zip(strong, zip(CYCLE, LINE_STYLES, MARKERS, strict=False), strict=False))

    def draw(ax: Axes, _: float) -> None:
        for name, ends in bands.items():
            first = next(iter(drawn.values()))[0] if x is None else x
            low, high = (np.broadcast_to(end, len(first)) for end in ends)
            ax.fill_between(first, low, high, color=GRAY, alpha=0.22, linewidth=0, label=name)
        for name, (places, values) in drawn.items():
            color, line, marker = looks.get(name, (GRAY, "-", "o"))
            many = len(places) > DENSE
            look = {"color": color, "linestyle": line, "zorder": 2}
            if name in faint:
                look |= {"linewidth": 0.8, "alpha": 0.7, "markersize": 3.5, "zorder": 1}
            if name in points:
                look |= {"marker": marker, "linestyle": ""} | ({"markersize": 2} if len(places) > 500 else {})
            elif markers or (markers is None and 2 < len(places) <= DENSE and name not in faint):
                look |= {"marker": marker, "markevery": max(1, len(places) // 8) if many else None}
            look |= styles.get(name, {})
            for number, row in enumerate(np.atleast_2d(values)):
                label = "_" if number else name
                (line,) = ax.plot(places, row, label=label, **look)
                if name in errors:
                    ax.errorbar(places, row, yerr=errors[name], fmt="none", ecolor=line.get_color())

    usual = {"xticks": x} if panel.get("logx") and x is not None and len(x) <= 12 else {}
    told = f"{panel.get('ylabel') or 'values'} against {panel.get('xlabel') or 'position'}"
    told += "".join(f", {axis} logarithmic" for axis in "xy" if panel.get(f"log{axis}"))
    told += "".join(f"; {name} {_course(*curve)}" for name, curve in drawn.items())
    return alone(draw, told, usual, panel)


def _places_and_values(x, name: str, values) -> tuple[np.ndarray, np.ndarray]:
    if isinstance(values, tuple) and len(values) == 2 and np.ndim(values[0]) == 1:
        x, values = values
    values = np.asarray(values, dtype=float)
    if values.ndim not in (1, 2) or values.size == 0:
        raise ValueError(f"curve {name!r} must have shape (n,) or (m, n), got {values.shape}")
    places = np.arange(values.shape[-1]) if x is None else np.asarray(x, dtype=float)
    if len(places) != values.shape[-1]:
        raise ValueError(f"curve {name!r} has {values.shape[-1]} values, but x has {len(places)} places")
    return places, values


def _course(places: np.ndarray, values: np.ndarray) -> str:
    """How a curve runs, in words."""
    if values.ndim == 2:
        return f"{len(values)} times, between {said(np.nanmin(values))} and {said(np.nanmax(values))}"
    if (np.diff(places) < 0).any():
        (left, right), (low, high) = ((said(v.min()), said(v.max())) for v in (places, values))
        return f"{len(values)} points, {left} to {right} across and {low} to {high} up"
    course = f"from {said(values[0])} at {said(places[0])} to {said(values[-1])} at {said(places[-1])}"
    finite = np.isfinite(values)
    for word, place in (
        ("highest", np.argmax(np.where(finite, values, -np.inf))),
        ("lowest", np.argmin(np.where(finite, values, np.inf))),
    ):
        if finite[place] and values[place] not in (values[0], values[-1]):
            course += f", {word} {said(values[place])} at {said(places[place])}"
    return course


def bars(
    values: Mapping[Any, Any], *, number: str | None = "{:.3f}", labels: Sequence[str] | None = None,
    hatched: Sequence[str] = (), upright: bool = False, **panel: Any,
) -> WorkbookFigure:  # fmt: skip
    """One bar for each named value, or groups of them; lying, unless ``upright``.

    Parameters
    ----------
    values : dict
        For each name its value; or for each kind of bar a dict of such values with the same names. Names
        that are numbers are places on the axis.
    number : str or None
        Format of the number at each bar, None for no numbers.
    labels : sequence of str, optional
        Texts at the bars of one kind, instead of their numbers.
    hatched : sequence of str
        Names of bars that are drawn hollow.
    """
    kinds = values if isinstance(next(iter(values.values()), None), Mapping) else {"": values}
    names = list(next(iter(kinds.values())))
    for kind, group in kinds.items():
        if list(group) != names or not names:
            raise ValueError(f"bars of kind {kind!r} must have the names {names}, got {list(group)}")
    _known("hatched", hatched, names)
    _distinct(len(kinds), len(HATCHES), "kinds of bars")
    if labels is not None:
        _of_length("labels", labels, len(names))
    numeric = all(isinstance(name, (int, float, np.number)) for name in names)
    places = np.array(names) if numeric else np.arange(len(names))
    size = 0.62 if len(kinds) == 1 else 0.84 / len(kinds)
    hollow = np.isin(names, list(hatched))

    def draw(ax: Axes, _: float) -> None:
        for i, ((kind, group), color, hatch) in enumerate(zip(kinds.items(), CYCLE, HATCHES, strict=False)):
            drawn = (ax.bar if upright else ax.barh)(
                places + (i - (len(kinds) - 1) / 2) * size, list(group.values()), 0.94 * size,
                color=np.where(hollow, "white", color), edgecolor=np.where(hollow, GRAY, "white"),
                hatch=["////" if empty else hatch for empty in hollow], linewidth=0.8,
                label=[kind or "_"] + ["_"] * (len(names) - 1),
            )  # fmt: skip
            if number or labels:
                texts = labels or [number.format(value) for value in group.values()]
                ax.bar_label(drawn, [minus(text) for text in texts], padding=3, fontsize=9)
        if not numeric:
            (ax.set_xticks if upright else ax.set_yticks)(places, names)
        ax.tick_params(axis="x" if upright else "y", length=0)
        ax.margins(**{"y" if upright else "x": 0.12})
        if not upright:
            ax.set_ylim(places[-1] + 0.5, places[0] - (0.9 if panel.get("vlines") else 0.5))
        if min(min(group.values()) for group in kinds.values()) < 0:
            (ax.axhline if upright else ax.axvline)(0, color=BLACK, linewidth=0.8)

    shown = number.format if number else said
    told = (panel.get("ylabel" if upright else "xlabel") or "values") + ": "
    told += ". ".join(f"{kind}: " * bool(kind) + _lengths(group, shown) for kind, group in kinds.items())
    lying = 0.9 + len(names) * (0.33 if len(kinds) == 1 else 0.1 + 0.2 * len(kinds))
    return alone(draw, told, {"height": 2.8 if upright else lying}, panel)


def _lengths(group: Mapping, shown: Callable[[float], str]) -> str:
    if len(group) > 20:
        return f"{len(group)} bars from {shown(min(group.values()))} to {shown(max(group.values()))}"
    return "; ".join(f"{name} {shown(value)}" for name, value in group.items())


def histogram(
    values: np.ndarray, *, bins: int | Sequence[float] = 40, hatched: tuple[float, float] | None = None,
    **panel: Any,
) -> WorkbookFigure:  # fmt: skip
    """What share of the ``values``, an array of any shape, is where.

    Parameters
    ----------
    values : ndarray
    bins : int or sequence of float
        The number of bins of equal width, or their edges; values beyond count in the first and last one.
    hatched : (float, float), optional
        Bins with their middle in this range are orange and hatched.
    """
    values = np.ravel(values).astype(float)
    if values.size == 0 or not np.isfinite(values).all():
        raise ValueError("values must be finite numbers, at least one")
    edges = np.histogram_bin_edges(values, bins)
    shares = np.histogram(np.clip(values, edges[0], edges[-1]), edges)[0] / len(values)
    middle, (low, high) = (edges[:-1] + edges[1:]) / 2, hatched or (np.inf, np.inf)
    apart = (low <= middle) & (middle <= high)

    def draw(ax: Axes, _: float) -> None:
        for which, color, hatch in ((~apart, BLUE, ""), (apart, ORANGE, "////")):
            look = {"color": color, "hatch": hatch, "edgecolor": "white", "linewidth": 0}
            ax.bar(middle[which], shares[which], np.diff(edges)[which], **look)

    quarter, median, three = np.quantile(values, [0.25, 0.5, 0.75])
    told = (
        f"histogram of {len(values):,} values from {said(values.min())} to {said(values.max())}, median "
        f"{said(median)}, half of them between {said(quarter)} and {said(three)}"
    )
    told += f"; hatched, from {said(low)} to {said(high)}: {shares[apart].sum():.0%}" if hatched else ""
    return alone(draw, told, {"height": 2.6, "ylabel": "share"}, panel)


def matrix(
    M: np.ndarray, *, rows: Sequence | None = None, columns: Sequence | None = None,
    numbers: str | np.ndarray | None = "{:.3g}", missing: str = "diverged", colors: str = "cividis",
    limits: tuple[float, float] | None = None, bar: str | None = None,
    framed: Iterable[tuple[int, int]] = (), square: bool = False, **panel: Any,
) -> WorkbookFigure:  # fmt: skip
    """A matrix ``(R, C)`` as colored cells with their numbers, or as a picture if it has over 400 entries.

    Parameters
    ----------
    M : ndarray, shape (R, C)
    rows, columns : sequence, optional
        What stands at the rows and columns.
    numbers : str, ndarray or None
        Format of the numbers, or what stands in the cells, shape (R, C); None for no numbers.
    missing : str
        What stands in the cells that are NaN.
    colors : str
        A colormap of matplotlib, or "signed": purple below 0, orange above.
    limits : (float, float), optional
        The values of the first and the last color.
    bar : str, optional
        Label of a color bar.
    framed : pairs of int
        Cells (row, column) with a frame.
    square : bool
        Whether cells are square.
    """
    M, framed = np.asarray(M), [tuple(cell) for cell in framed]
    if M.ndim != 2 or not np.isfinite(M).any():
        raise ValueError(f"M must be a matrix of numbers, shape (R, C), got shape {M.shape}")
    small, signed = M.size <= 400, colors == "signed"
    row_names = range(len(M)) if rows is None else _of_length("rows", rows, len(M))
    column_names = range(M.shape[1]) if columns is None else _of_length("columns", columns, M.shape[1])
    _known("framed", framed, np.ndindex(M.shape) if framed else ())
    if not isinstance(numbers, str | None) and np.shape(numbers) != M.shape:
        raise ValueError(f"numbers must have the shape of M, {M.shape}, got {np.shape(numbers)}")
    largest = np.nanmax(np.abs(M)) or 1.0
    low, high = limits or ((-1.7 * largest, 1.7 * largest) if signed else (np.nanmin(M), np.nanmax(M)))
    slanted = columns is not None and sum(len(str(name)) + 2 for name in columns) > 60

    def draw(ax: Axes, _: float) -> None:
        image = ax.imshow(
            M, cmap="PuOr_r" if signed else colors, vmin=low, vmax=high,
            aspect="equal" if square else "auto", interpolation="nearest" if small else "antialiased",
        )  # fmt: skip
        luminance = image.to_rgba(M)[..., :3] ** 2.2 @ [0.2126, 0.7152, 0.0722]
        for (i, j), value in np.ndenumerate(M) if small and numbers is not None else ():
            text = numbers.format(value) if isinstance(numbers, str) else numbers[i, j]
            look = {"color": "white" if luminance[i, j] < 0.18 and value == value else BLACK, "fontsize": 8.5}
            ax.text(j, i, minus(text) if value == value else missing, ha="center", va="center", **look)
        for i, j in framed:
            look = {"edgecolor": BLACK, "linewidth": 1.6} if signed else {"edgecolor": RED, "linewidth": 2.5}
            ax.add_patch(Rectangle((j - 0.46, i - 0.45), 0.92, 0.9, fill=False, **look))
        if small:
            turn = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"} if slanted else {}
            ax.set_xticks(range(M.shape[1]), column_names, **turn)
            ax.set_yticks(range(len(M)), row_names)
            ax.tick_params(length=0)
            ax.spines[:].set_visible(False)
        if bar:
            ax.figure.colorbar(image, ax=ax, label=bar, pad=0.02)

    def cell(word: str, place: int) -> str:
        i, j = np.unravel_index(place, M.shape)
        where = (
            f"{panel.get('ylabel', 'row')} {row_names[i]}, {panel.get('xlabel', 'column')} {column_names[j]}"
        )
        return f"{word} {said(M[i, j])} at {where}"

    told = f"{len(M)} by {M.shape[1]} values{f' of {bar}' if bar else ''}, "
    told += cell("lowest", np.nanargmin(M)) + ", " + cell("highest", np.nanargmax(M))
    if np.isnan(M).any():
        told += f"; {np.isnan(M).sum()} {missing}"
    elif M.size <= 20:
        told = "a matrix with the rows " + "; ".join(" ".join(map(said, row)) for row in M)
    usual = max(1.1 + 0.36 * len(M) + 0.5 * slanted, 2.3 * bool(bar)) if small else 2.6
    return alone(draw, told, {"height": usual}, panel)


def confusion_matrix(counts: np.ndarray, class_names: Sequence[str], **panel: Any) -> WorkbookFigure:
    """How often each true class (row) was predicted as each class (column): ``counts (C, C)``.

    Without a ``title`` it says which mistake and which prediction are the most frequent ones.
    """
    counts = np.asarray(counts)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    wrong = counts - np.diag(np.diag(counts))
    true, predicted = np.unravel_index(wrong.argmax(), wrong.shape)
    mistake = f"{class_names[true]} taken for {class_names[predicted]}"
    favorite = class_names[int(counts.sum(axis=0).argmax())]
    usual = {
        "title": f"Most frequent mistake: {mistake}\nMost frequent prediction: {favorite}",
        "alt": f"confusion matrix; {np.trace(counts)} of {counts.sum()} are right; the most frequent mistake "
        f"is {mistake} ({wrong.max()} times), the most frequent prediction {favorite}",
        "xlabel": "predicted class", "ylabel": "true class", "width": 6.0, "height": 4.9,
    }  # fmt: skip
    return matrix(
        share, numbers=counts, rows=class_names, columns=class_names, limits=(0, max(share.max(), 0.5)),
        bar="share of the true class", square=True, **{**usual, **panel},
    )  # fmt: skip


def plane(
    points: np.ndarray, labels: np.ndarray, *, regions: Callable[[np.ndarray], np.ndarray] | None = None,
    lines: Mapping[str, tuple[np.ndarray, float]] | None = None, names: Sequence[str] | None = None,
    sizes: np.ndarray | float = 18, **panel: Any,
) -> WorkbookFigure:  # fmt: skip
    """Points of the plane by class, the regions of a classifier and straight lines.

    Without ``xlabel`` and ``ylabel`` the axes have no ticks.

    Parameters
    ----------
    points : ndarray, shape (N, 2)
    labels : ndarray of int, shape (N,)
    regions : callable, optional
        Gives each row of places ``(P, 2)`` one of the labels.
    lines : dict, optional
        For each name a line ``w @ x + b = 0`` as ``(w, b)``.
    names : sequence of str, optional
        The names of the classes in the order of their labels, for the legend.
    sizes : float or ndarray, shape (N,)
        The area of the marks, in square points.
    """
    points, labels = np.asarray(points, dtype=float), np.asarray(labels)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"points must have shape (N, 2), got {points.shape}")
    classes, lines = np.unique(_of_length("labels", labels, len(points))), lines or {}
    _distinct(len(classes), len(CLASS_COLORS), "classes")
    _distinct(len(lines) or 1, 3, "lines")
    named = [f"class {c}" for c in classes] if names is None else _of_length("names", names, len(classes))
    sizes = (
        np.broadcast_to(sizes, len(points))
        if np.ndim(sizes) == 0
        else _of_length("sizes", sizes, len(points))
    )
    margin = 0.08 * np.ptp(points, axis=0).max()
    xlim, ylim = (
        panel.get(ends) or (values.min() - margin, values.max() + margin)
        for ends, values in zip(("xlim", "ylim"), points.T, strict=True)
    )
    across, up = np.linspace(*xlim, 200), np.linspace(*ylim, 200)
    told = "points in the plane: " + ", ".join(
        f"{np.sum(labels == c)} of {name}" for c, name in zip(classes, named, strict=True)
    )
    if regions is not None:
        found = regions(np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2))
        _known("regions", np.unique(found).tolist(), classes.tolist())
        told += f"; {np.sum(regions(points) != labels)} of them lie in the region of another class"
    told += "".join(f"; a line: {name}" for name in lines if name)

    def draw(ax: Axes, _: float) -> None:
        if regions is not None:
            region = np.searchsorted(classes, found).reshape(200, 200)
            look = {"cmap": ListedColormap(CLASS_COLORS[: len(classes)]), "alpha": 0.25, "linewidth": 0}
            ax.pcolormesh(across, up, region, vmin=0, vmax=max(len(classes) - 1, 1), **look)
            if np.ptp(region):
                halves = np.arange(len(classes) - 1) + 0.5
                ax.contour(across, up, region, levels=halves, colors=GRAY, linewidths=0.8)
        for label, name, color, marker in zip(classes, named, CLASS_COLORS, MARKERS, strict=False):
            look = {"color": color, "marker": marker, "edgecolor": BLACK, "linewidth": 0.5, "zorder": 3}
            own = labels == label
            ax.scatter(*points[own].T, s=sizes[own], label="_" if names is None else name, **look)
        for (name, (w, b)), color, style in zip(lines.items(), (BLACK, RED, GRAY), LINE_STYLES, strict=False):
            w = np.asarray(w, dtype=float)
            foot = -b * w / (w @ w)
            ax.axline(foot, foot + [-w[1], w[0]], color=color, linestyle=style, label=name or "_")
        ax.set(xlim=xlim, ylim=ylim, aspect="equal")
        if not (panel.get("xlabel") or panel.get("ylabel")):
            ax.set(xticks=[], yticks=[])

    return alone(draw, told, {"height": 3.4, "width": 5.0 if names is None else WIDTH}, panel)


def pictures(
    images: Mapping[str, Sequence] | Sequence, *, captions: Mapping[str, Sequence] | Sequence | None = None,
    frames: Mapping[str, Sequence] | Sequence | None = None, columns: Sequence[str] | None = None,
    per_row: int | None = None, side: float = 1.1, gap: float = 0.06, **panel: Any,
) -> WorkbookFigure:  # fmt: skip
    """A grid of pictures, with texts below them, frames, and names of its rows and columns.

    Parameters
    ----------
    images : dict or sequence
        For each name a row of images; or a list of rows; or images, which fill rows of ``per_row``. An image
        is ``(H, W, 3)`` or ``(H, W)`` with numbers from 0 to 255, or None for an empty place.
    captions : as images, optional
        The text below each image.
    frames : as images, optional
        True is a solid blue frame, False a dashed red one whose caption is red too, None no frame.
    columns : sequence of str, optional
        What stands above the columns.
    side : float
        How wide a picture may be, in inches.
    gap : float
        Between pictures, as a share of their width.
    """
    rows = _rows(images, per_row)
    lengths = [len(row) for row in rows]
    if not any(lengths):
        raise ValueError("images must have at least one image, got none")
    notes, edges = ([[None] * n for n in lengths] if given is None else _rows(given, per_row)
                    for given in (captions, frames))  # fmt: skip
    for argument, given in (("captions", notes), ("frames", edges)):
        if [len(row) for row in given] != lengths:
            raise ValueError(
                f"{argument} must fit rows of {lengths} images, got {[len(row) for row in given]}"
            )
    names = list(images) if isinstance(images, Mapping) else [""] * len(rows)
    most = max(lengths)
    if columns is not None:
        _of_length("columns", columns, most)
    tallest = max(
        np.shape(image)[0] / np.shape(image)[1] for row in rows for image in row if image is not None
    )
    lines = [max((str(note).count("\n") + 1 for note in row if note), default=0) for row in notes]
    longest = max(
        (len(line) for row in notes for note in row for line in str(note or "").split("\n")), default=0
    )
    margin = 0.08 * max(len(line) for name in names for line in name.split("\n")) + 0.1

    def sizes(inches: float) -> tuple[float, np.ndarray]:
        """Width of a picture in inches; where each row begins, and the last ends, in such widths."""
        width = min(side, (inches - margin) / (most * (1 + gap) - gap))
        heights = [tallest + gap + 0.16 / width * count for count in lines]
        return width, np.concatenate([[0], np.cumsum(heights)]) - [*[0] * len(rows), gap]

    def draw(ax: Axes, inches: float) -> None:
        width, tops = sizes(inches)
        room = 72 / 0.58 * width * (1 + gap)  # points, as characters of one point
        for row, row_notes, row_edges, top in zip(rows, notes, edges, tops, strict=False):
            for x, image, note, right in zip(
                np.arange(most) * (1 + gap), row, row_notes, row_edges, strict=False
            ):
                if image is None:
                    continue
                low = top + np.shape(image)[0] / np.shape(image)[1]
                ax.imshow(as_bytes(image), cmap="gray", vmin=0, vmax=255, extent=(x, x + 1, low, top))
                if right is not None:
                    look = {"edgecolor": BLUE} if right else {"edgecolor": RED, "linestyle": (0, (3, 2))}
                    ax.add_patch(
                        Rectangle((x, top), 1, low - top, fill=False, linewidth=2.2, clip_on=False, **look)
                    )
                look = {"color": RED if right is not None and not right else BLACK, "linespacing": 1.1}
                look["fontsize"] = float(np.clip(room / max(longest, 1), 5.5, 8.5))
                ax.text(x + 0.5, low + 0.03 / width, note or "", ha="center", va="top", **look)
        hide_ticks(ax)
        ax.set(xlim=(0, most * (1 + gap) - gap), ylim=(tops[-1], 0), anchor="NW")
        ax.set_yticks(tops[:-1] + tallest / 2, names)
        if columns is not None:
            ax.set_xticks(np.arange(most) * (1 + gap) + 0.5, columns)
            ax.tick_params(labeltop=True, labelbottom=False)
            size = np.clip(room / max(len(name) for name in columns), 5.5, 8.5)
            ax.tick_params(axis="x", labelsize=float(size))
        ax.tick_params(length=0, pad=2)

    width, tops = sizes(WIDTH)
    title = panel.get("title", "")
    wide = max(margin + width * (most * (1 + gap) - gap) + 0.1, 0.105 * len(title))
    high = width * tops[-1] + 0.3 * bool(title) + 0.2 * (columns is not None) + 0.08
    told = f"{sum(image is not None for row in rows for image in row)} pictures"
    told += f"; columns: {', '.join(filter(None, columns))}" if columns is not None else ""
    for name, row in zip(names, notes, strict=True):
        texts = ", ".join(str(note) for note in row if note)
        told += "; " * bool(name or texts) + ": ".join(filter(None, (name, texts)))
    return alone(draw, told, {"width": min(WIDTH, wide), "height": high}, panel)


def _rows(given: Mapping | Sequence, per_row: int | None) -> list:
    """Entries of a picture grid as a list of rows, however they were given."""
    if isinstance(given, Mapping):
        return [list(row) for row in given.values()]
    given = list(given)
    first = next((entry for entry in given if entry is not None), None)
    if isinstance(first, (list, tuple)) or np.ndim(first) in (1, 4):
        return [list(row) for row in given]
    size = per_row or max(1, len(given))
    return [given[start : start + size] for start in range(0, len(given), size)]


def weights_as_images(W: np.ndarray, shape: tuple[int, int, int] = (32, 32, 3)) -> np.ndarray:
    """Each column of the weights ``(D, C)`` as an image ``(C, *shape)`` stretched to 0..255.

    A last row beyond the pixels is the bias and left out. Each image is stretched on its own.
    """
    pixels = np.asarray(W, dtype=np.float64)[: np.prod(shape)].T
    low, high = pixels.min(axis=1, keepdims=True), pixels.max(axis=1, keepdims=True)
    spread = np.where(high > low, high - low, 1)
    return (255 * (pixels - low) / spread).reshape(-1, *shape)
