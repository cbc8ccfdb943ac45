"""Figures of the features notebook: hue, gradients, histograms of gradients, and the mistakes they leave."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import hsv_to_rgb
from matplotlib.patches import Rectangle

from cs231n_lib.plots.style import (
    BLACK,
    BLUE,
    GRAY,
    GREEN,
    ORANGE,
    RED,
    WIDTH,
    WorkbookFigure,
    figure,
    hide_ticks,
    new_figure,
    show_image,
    with_styles,
)

LINE_STYLES = ("-", "--", "-.", ":")
MARKERS = ("o", "s", "^", "D")


@figure
def changed_copies(
    images: Sequence[np.ndarray], names: Sequence[str], distances: Sequence[float], title: str
) -> WorkbookFigure:
    """An image and others, each with its distance from the first one."""
    fig, axes = new_figure(1, len(images), height=2.2)
    for ax, image, name, distance in zip(axes[0], images, names, distances, strict=True):
        show_image(ax, image)
        ax.set_title(name, loc="center", fontsize=9, fontweight="normal")
        ax.set_xlabel(f"distance {distance:.2f}")
    fig.suptitle(title, x=0.01, ha="left")
    fig.alt = "an image and others, with their distances from it: " + ", ".join(
        f"{name} {distance:.2f}" for name, distance in zip(names, distances, strict=True)
    )
    return fig


@figure
def grouped_shares(values: Mapping[str, Mapping[str, float]], xlabel: str, title: str) -> WorkbookFigure:
    """Horizontal bars in groups: for each row one bar of each kind, ``values[kind][row]`` from 0 to 1."""
    names = list(next(iter(values.values())))
    fig, ((ax,),) = new_figure(height=1.2 + 0.24 * len(names) * len(values))
    height = 0.8 / len(values)
    styled = with_styles(values, (BLUE, ORANGE, GRAY), ("", "///", "..."))
    for i, ((kind, shares), color, hatch) in enumerate(styled):
        rows = np.arange(len(names)) + (i - (len(values) - 1) / 2) * height
        lengths = list(shares.values())
        ax.barh(rows, lengths, 0.9 * height, color=color, hatch=hatch, edgecolor="white", lw=0, label=kind)
        for row, value in zip(rows, lengths, strict=True):
            ax.text(value, row, f" {value:.0%}", va="center", fontsize=8.5)
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ticks = np.linspace(0, 1, 6)
    ax.set_xlim(0, 1.1)
    ax.set_xticks(ticks, [f"{share:.0%}" for share in ticks])
    ax.set_xlabel(xlabel)
    ax.set_title(title)
    fig.legend(loc="outside lower center", ncols=len(values))
    fig.alt = f"{xlabel}: " + "; ".join(
        f"{kind}: " + ", ".join(f"{name} {value:.0%}" for name, value in shares.items())
        for kind, shares in values.items()
    )
    return fig


@figure
def hue_circle() -> WorkbookFigure:
    """The disk of hues and saturations, and the three channels of the pure colors along its border."""
    fig, axes = new_figure(1, 2, height=2.9, gridspec_kw={"width_ratios": [1, 1.75]})
    disk, curves = axes[0]
    x, y = np.meshgrid(*2 * [np.linspace(-1, 1, 300)])
    radius, hue = np.hypot(x, y), np.arctan2(y, x) / (2 * np.pi) % 1
    colors = hsv_to_rgb(np.stack([hue, np.minimum(radius, 1), np.ones_like(hue)], axis=-1))
    colors[radius > 1] = 1
    disk.imshow(colors, origin="lower", extent=(-1, 1, -1, 1), interpolation="antialiased")
    disk.set(xlim=(-1.35, 1.35), ylim=(-1.35, 1.35))
    hide_ticks(disk)
    for sixth in range(6):
        angle = np.pi * sixth / 3
        label = "0" if sixth == 0 else f"{sixth}/6"
        disk.text(1.2 * np.cos(angle), 1.2 * np.sin(angle), label, ha="center", va="center")
    disk.annotate("", (0.95, 0), (0, 0), arrowprops={"arrowstyle": "->", "linewidth": 1.4})
    disk.text(0.5, 0.06, "saturation", ha="center", va="bottom", fontsize=8.5)
    corners = np.linspace(0, 1, 7)
    rgb = hsv_to_rgb(np.stack([corners % 1, np.ones(7), np.ones(7)], axis=-1))
    for channel, (name, color, style) in enumerate(
        [("red", RED, "-"), ("green", GREEN, "--"), ("blue", BLUE, "-.")]
    ):
        curves.plot(corners, rgb[:, channel] + 0.02 * (channel - 1), color=color, linestyle=style, label=name)
    strip = hsv_to_rgb(np.stack([np.linspace(0, 1, 300), np.ones(300), np.ones(300)], axis=-1))
    curves.imshow(strip[None], extent=(0, 1, -0.32, -0.12), aspect="auto", interpolation="antialiased")
    curves.set_xticks(corners, ["0", "1/6", "2/6", "3/6", "4/6", "5/6", "1"])
    curves.set(xlim=(0, 1), ylim=(-0.34, 1.1), yticks=[0, 0.5, 1])
    curves.set_xlabel("hue (turns around the circle)")
    curves.set_ylabel("channel of the pure color")
    fig.legend(loc="outside lower right", ncols=3)
    fig.suptitle("From one sixth of the circle to the next a single channel moves", x=0.01, ha="left")
    fig.alt = (
        "left: a disk of colors, hue along its border from red over green to blue, saturation from its "
        "center outward; right: red, green and blue of the pure colors against hue, in each sixth one of "
        "them goes between 0 and 1 and the others stay"
    )
    return fig


@figure
def hue_histograms(
    images: np.ndarray, hues: np.ndarray, histograms: np.ndarray, names: Sequence[str]
) -> WorkbookFigure:
    """Images ``(n, H, W, 3)``, below each its hues ``(n, H, W)`` as pure colors and its histogram."""
    fig, axes = new_figure(3, len(images), height=4.6, gridspec_kw={"height_ratios": [1, 1, 0.75]})
    bins = histograms.shape[1]
    colors = hsv_to_rgb(np.stack([(np.arange(bins) + 0.5) / bins, np.ones(bins), np.ones(bins)], axis=-1))
    for column, image, hue, histogram, name in zip(axes.T, images, hues, histograms, names, strict=True):
        show_image(column[0], image)
        column[0].set_title(name, loc="center", fontsize=9, fontweight="normal")
        pure = hsv_to_rgb(np.stack([hue % 1, np.ones_like(hue), np.ones_like(hue)], axis=-1))
        show_image(column[1], 255 * pure)
        column[2].bar(range(bins), histogram, color=colors, edgecolor=BLACK, linewidth=0.5, width=1)
        column[2].set_xticks([-0.5, bins - 0.5], ["0", "1"])
        column[2].set_ylim(0, histograms.max() * 1.05)
        column[2].set_xlabel("hue")
        if column is not axes[:, 0]:
            column[2].set_yticks([])
    for row, label in zip(axes, ("image", "hue alone", "share of pixels"), strict=True):
        row[0].set_ylabel(label)
    fig.suptitle("A hue histogram keeps the colors and forgets where they are", x=0.01, ha="left")
    fig.alt = "images, their hues and hue histograms; the fullest bin: " + ", ".join(
        f"{name} bin {int(histogram.argmax())} of {bins} with {histogram.max():.0%}"
        for name, histogram in zip(names, histograms, strict=True)
    )
    return fig


@figure
def gradient_steps(
    image: np.ndarray, gray: np.ndarray, gx: np.ndarray, gy: np.ndarray, orientation: np.ndarray
) -> WorkbookFigure:
    """One image, its gray values, both differences, the magnitude and the orientation in degrees (0..180)."""
    fig, axes = new_figure(2, 3, height=4.5)
    magnitude = np.hypot(gx, gy)
    limit = max(np.abs(gx).max(), np.abs(gy).max(), 1e-9)
    show_image(axes[0, 0], image)
    show_image(axes[0, 1], gray)
    for ax, plane in ((axes[0, 2], gx), (axes[1, 0], gy)):
        shown = ax.imshow(plane, cmap="gray", vmin=-limit, vmax=limit)
        fig.colorbar(shown, ax=ax, shrink=0.8)
    shown = axes[1, 1].imshow(magnitude, cmap="gray_r", vmin=0)
    fig.colorbar(shown, ax=axes[1, 1], shrink=0.8)
    weak = np.clip(magnitude / max(np.quantile(magnitude, 0.95), 1e-9), 0, 1)
    colors = hsv_to_rgb(np.stack([orientation % 180 / 180, weak, np.ones_like(weak)], axis=-1))
    shown = axes[1, 2].imshow(colors, cmap="hsv", vmin=0, vmax=180)
    bar = fig.colorbar(shown, ax=axes[1, 2], shrink=0.8)
    bar.set_ticks([0, 45, 90, 135, 180], labels=["0° ―", "45° ╲", "90° |", "135° ╱", "180° ―"])
    names = (
        "image",
        "brightness I",
        "gx, along the row",
        "gy, down the column",
        "magnitude m",
        "edge, θ mod 180°",
    )
    for ax, name in zip(axes.flat, names, strict=True):
        hide_ticks(ax)
        ax.set_title(name, loc="center", fontweight="normal")
    strongest = np.sort(magnitude.ravel())[::-1]
    share = strongest[: strongest.size // 4].sum() / max(strongest.sum(), 1e-9)
    fig.suptitle(f"A quarter of the pixels holds {share:.0%} of all gradients: the edges", x=0.01, ha="left")
    fig.alt = (
        "an image, its brightness, differences to the next pixel along x and y, magnitude up to "
        f"{magnitude.max():.0f} levels a pixel, and the orientation of the edges as color; the quarter of "
        f"the pixels with the largest magnitudes holds {share:.0%} of their sum"
    )
    return fig


@figure
def cell_histogram(
    gray: np.ndarray,
    magnitude: np.ndarray,
    orientation: np.ndarray,
    cell: tuple[int, int],
    histogram: np.ndarray,
    cell_size: int = 8,
) -> WorkbookFigure:
    """From an image to the histogram of one of its cells.

    Parameters
    ----------
    gray, magnitude, orientation : ndarray, shape (H, W)
        Brightness, length of the gradient, direction of the edge in degrees.
    cell : (int, int)
        Row and column of the cell.
    histogram : ndarray, shape (bins,)
    """
    fig, axes = new_figure(1, 3, height=2.75, gridspec_kw={"width_ratios": [1, 1, 1.35]})
    whole, zoom, bars = axes[0]
    show_image(whole, gray)
    for line in range(0, gray.shape[0] + 1, cell_size):
        whole.axhline(line - 0.5, color="white", linewidth=0.8)
        whole.axvline(line - 0.5, color="white", linewidth=0.8)
    top, left = cell[0] * cell_size, cell[1] * cell_size
    whole.add_patch(
        Rectangle((left - 0.5, top - 0.5), cell_size, cell_size, fill=False, edgecolor=ORANGE, linewidth=2.5)
    )
    whole.set_title("cells", loc="center", fontweight="normal")
    part = (slice(top, top + cell_size), slice(left, left + cell_size))
    zoom.imshow(gray[part], cmap="gray", vmin=0, vmax=255, alpha=0.45)
    hide_ticks(zoom)
    rows, columns = np.mgrid[:cell_size, :cell_size]
    length = magnitude[part] / max(magnitude[part].max(), 1e-9)
    _segments(zoom, columns.ravel(), rows.ravel(), orientation[part].ravel(), 0.9 * length.ravel(), BLUE, 1.5)
    zoom.set_title("edges in one cell", loc="center", fontweight="normal")
    bins = len(histogram)
    bars.bar(np.arange(bins) + 0.5, histogram, width=0.9, color=BLUE)
    bars.set_xticks([0, bins / 2, bins], ["0° ―", "90° |", "180° ―"])
    bars.set_xlabel("orientation of the edge")
    bars.set_ylabel("mean magnitude")
    bars.set_title("its histogram", loc="center", fontweight="normal")
    fullest = int(histogram.argmax())
    low, high = 180 * fullest / bins, 180 * (fullest + 1) / bins
    share = histogram.max() / max(histogram.sum(), 1e-9)
    fig.suptitle(
        f"{cell_size * cell_size} gradients become {bins} numbers; edges of {low:.0f}° to {high:.0f}° "
        f"make {share:.0%}",
        x=0.01,
        ha="left",
    )
    fig.alt = (
        f"an image cut into cells of {cell_size} pixels, the edges in one cell as strokes, and their "
        f"histogram of {bins} orientations; the fullest bin, {low:.0f} to {high:.0f} degrees, has {share:.0%}"
    )
    return fig


@figure
def hog_glyphs(images: np.ndarray, cells: np.ndarray, names: Sequence[str], title: str) -> WorkbookFigure:
    """Images ``(n, H, W, 3)`` and below each its histograms ``(n, rows, columns, bins)`` as strokes.

    In each cell one stroke for each bin, along the edges that it counts; its length is the square root of
    what the bin holds, relative to the fullest bin of the image.
    """
    fig, axes = new_figure(2, len(images), height=2 * WIDTH / len(images) + 0.55)
    for column, image, histograms, name in zip(axes.T, images, cells, names, strict=True):
        show_image(column[0], image)
        column[0].set_title(name, loc="center", fontsize=9, fontweight="normal")
        rows, columns, bins = histograms.shape
        row, cell_column, bin_ = (index.ravel() for index in np.mgrid[:rows, :columns, :bins])
        length = np.sqrt(histograms.ravel() / max(histograms.max(), 1e-9))
        degrees, width = 180 * (bin_ + 0.5) / bins, min(1.2, 5 / max(rows, columns))
        _segments(column[1], cell_column, row, degrees, 0.95 * length, BLACK, width)
        column[1].set(xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5), aspect="equal")
        hide_ticks(column[1])
        for line in np.arange(-0.5, rows):
            column[1].axhline(line, color="#dddddd", linewidth=0.6, zorder=0)
            column[1].axvline(line, color="#dddddd", linewidth=0.6, zorder=0)
    fig.suptitle(title, x=0.01, ha="left")
    fig.alt = (
        f"{len(images)} images ({', '.join(names)}), and below each a grid of {cells.shape[1]} by "
        f"{cells.shape[2]} stars of strokes that follow the outlines"
    )
    return fig


def _segments(
    ax: Axes, x: np.ndarray, y: np.ndarray, degrees: np.ndarray, lengths: np.ndarray, color: str, width: float
) -> None:
    """Strokes around the points (x, y), y downward."""
    angle = np.deg2rad(degrees)
    half = np.stack([np.cos(angle) * lengths, np.sin(angle) * lengths], axis=-1) / 2
    center = np.stack([x, y], axis=-1)
    ends = np.stack([center - half, center + half], axis=1)
    ax.add_collection(LineCollection(ends, colors=color, linewidths=width))


@figure
def mirrored_edges(images: np.ndarray, histograms: Mapping[str, np.ndarray]) -> WorkbookFigure:
    """Each image beside its histograms: one column for each kind, ``histograms[kind] (n, bins)``."""
    fig, axes = new_figure(
        len(images),
        1 + len(histograms),
        height=1.7 * len(images) + 0.5,
        gridspec_kw={"width_ratios": [0.7] + [1.2] * len(histograms)},
    )
    for row, image, *columns in zip(axes, images, *histograms.values(), strict=True):
        show_image(row[0], image)
        for spine in row[0].spines.values():
            spine.set(visible=True, color=GRAY, linewidth=0.8)
        for ax, histogram in zip(row[1:], columns, strict=True):
            bins = len(histogram)
            ax.bar(np.arange(bins) + 0.5, histogram, width=0.9, color=BLUE)
            ax.set_ylim(0, 1.15 * max(values.max() for values in histograms.values()))
            ax.set_xlim(0, bins)
            if not histogram.any():
                ax.text(bins / 2, ax.get_ylim()[1] / 2, "nothing at all", ha="center", va="center", color=RED)
            ax.set_xticks([0, bins], ["first", "last"])
    for ax, name in zip(axes[0, 1:], histograms, strict=True):
        ax.set_title(name, loc="center", fontweight="normal")
    for ax in axes[-1, 1:]:
        ax.set_xlabel("bin")
    for ax in axes[:, 1]:
        ax.set_ylabel("mean magnitude")
    lost = [kind for kind, values in histograms.items() if (values.sum(axis=1) == 0).any()]
    fig.suptitle(
        f"Mirror an edge, and {lost[0]} no longer counts it" if lost else "Both edges are counted",
        x=0.01,
        ha="left",
    )
    fig.alt = "two mirrored edges and the sums of their histograms: " + "; ".join(
        f"{kind}: " + " and ".join(f"{total:.1f}" for total in values.sum(axis=1))
        for kind, values in histograms.items()
    )
    return fig


@figure
def soft_assignment(
    degrees: np.ndarray, shares: Mapping[str, np.ndarray], jumps: Mapping[str, np.ndarray]
) -> WorkbookFigure:
    """How much of a gradient each bin gets, by its orientation; and how much a small turn changes.

    Parameters
    ----------
    degrees : ndarray, shape (T,)
    shares : mapping
        For each kind of assignment the share ``(T, bins)`` that the bins get.
    jumps : mapping
        For each kind the change ``(T - 1,)`` of all shares together from one orientation to the next.
    """
    fig, axes = new_figure(1, len(shares) + 1, height=2.9)
    for ax, (name, share) in zip(axes[0], shares.items(), strict=False):
        for i, curve in enumerate(share.T):
            shown = i in (2, 3)
            ax.plot(
                degrees,
                curve,
                color=(BLUE, ORANGE)[i % 2] if shown else "#cccccc",
                linestyle=LINE_STYLES[i % 2],
                linewidth=2 if shown else 0.9,
                zorder=2 if shown else 1,
            )
        ax.set_title(name, loc="center", fontweight="normal")
        ax.set_xlabel("orientation (degrees)")
        ax.set_ylim(-0.03, 1.08)
    axes[0, 0].set_ylabel("share of each bin")
    last = axes[0, -1]
    for (name, values), color, style in with_styles(jumps, (RED, BLACK), ("-", "--")):
        last.plot(degrees[1:], values, color=color, linestyle=style, label=name)
    step = degrees[1] - degrees[0]
    last.set_title(f"change in a turn by {step:g}°", loc="center", fontweight="normal")
    last.set_xlabel("orientation (degrees)")
    last.set_ylim(0, 1.35 * max(values.max() for values in jumps.values()))
    last.legend(loc="upper right")
    for ax in axes[0]:
        ax.set_xticks([0, 90, 180])
    fig.suptitle("Hard bins jump at their edges, shared gradients move smoothly", x=0.01, ha="left")
    fig.alt = (
        f"shares of the bins by orientation; largest change in a turn by {step:g} degrees: "
        + ", ".join(f"{name} {values.max():.2f}" for name, values in jumps.items())
    )
    return fig


@figure
def light_changes(
    images: Sequence[np.ndarray],
    captions: Sequence[str],
    factors: np.ndarray,
    changes: Mapping[str, np.ndarray],
    title: str,
) -> WorkbookFigure:
    """Pictures in several lights above curves of what a description of them changes by."""
    fig = new_figure(height=4.6)[0]
    fig.clear()
    top, bottom = fig.subfigures(2, 1, height_ratios=[1, 2.1])
    for ax, image, caption in zip(top.subplots(1, len(images)), images, captions, strict=True):
        show_image(ax, image)
        ax.set_xlabel(caption, fontsize=9)
    ax = bottom.subplots()
    for (name, values), color, style, marker in with_styles(
        changes, (BLACK, RED, BLUE, GREEN), LINE_STYLES, MARKERS
    ):
        ax.plot(factors, values, color=color, linestyle=style, marker=marker, label=name)
    ax.set_xlabel("contrast factor a")
    ax.set_ylabel("relative change")
    ax.set_ylim(bottom=-0.03)
    ax.legend(loc="upper right")
    fig.suptitle(title, x=0.01, ha="left")
    fig.alt = (
        f"relative change of descriptors of one image in other lights; at a = {factors[0]:g}: "
        + ", ".join(f"{name} {values[0]:.2f}" for name, values in changes.items())
    )
    return fig


@figure
def mistakes_by_prediction(
    images: np.ndarray,
    y: np.ndarray,
    predicted: np.ndarray,
    class_names: Sequence[str],
    per_class: int = 8,
) -> WorkbookFigure:
    """One column for each predicted class: the first images wrongly put there, each with its true class.

    A class with fewer mistakes than ``per_class`` leaves its places empty.
    """
    images = np.asarray(images)
    size, columns = images.shape[1], len(class_names)
    pitch_x, pitch_y = size + 3, size + 11  # pixels from picture to picture; the text stands between
    chosen = [np.flatnonzero((predicted == c) & (y != c))[:per_class] for c in range(columns)]
    rows = max(1, *(len(found) for found in chosen))
    page = np.full((rows * pitch_y, columns * pitch_x, 3), 255, dtype=np.uint8)
    fig, ((ax,),) = new_figure(height=WIDTH * rows * pitch_y / (columns * pitch_x) + 0.55)
    for column, found in enumerate(chosen):
        for row, i in enumerate(found):
            top, left = row * pitch_y, column * pitch_x + 1
            page[top : top + size, left : left + size] = images[i]
            ax.text(left + size / 2, top + size, class_names[y[i]], ha="center", va="top", fontsize=6.8)
    ax.imshow(page, interpolation="nearest")
    ax.set_xticks(np.arange(columns) * pitch_x + size / 2, class_names, fontsize=7.6, fontweight="bold")
    ax.xaxis.tick_top()
    ax.tick_params(length=0, pad=3)
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)
    wrong = y != predicted
    counts = np.bincount(np.asarray(predicted)[wrong], minlength=columns)
    most = int(counts.argmax())
    title = (
        f"{wrong.sum()} mistakes by predicted class; most, {counts[most]}, were called {class_names[most]}"
    )
    fig.suptitle(title if wrong.any() else "No mistakes", x=0.01, ha="left")
    fig.alt = (
        "wrongly classified images by predicted class, with their true class below; mistakes: "
        + ", ".join(f"{name} {count}" for name, count in zip(class_names, counts, strict=True))
    )
    return fig
