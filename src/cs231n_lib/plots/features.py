"""Figures of the features notebook: hue, gradients, histograms of gradients, and the mistakes they leave."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import hsv_to_rgb
from matplotlib.patches import Rectangle

from cs231n_lib.plots.style import (
    BLACK,
    BLUE,
    GREEN,
    ORANGE,
    RED,
    WIDTH,
    WorkbookFigure,
    figure,
    hide_ticks,
    new_figure,
    show_image,
)

LINE_STYLES = ("-", "--", "-.", ":")
MARKERS = ("o", "s", "^", "D")


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
