"""Figures of the learned-features notebook: patches, whitening, dictionaries, codes, what features cost."""

from collections.abc import Mapping, Sequence

import numpy as np

from cs231n_lib.plots.evaluation import LINE_STYLES, MARKERS
from cs231n_lib.plots.style import (
    BLACK,
    BLUE,
    CYCLE,
    GRAY,
    ORANGE,
    RED,
    WorkbookFigure,
    figure,
    hide_ticks,
    new_figure,
    show_image,
    with_styles,
)


def patch_pictures(rows: np.ndarray, size: int) -> np.ndarray:
    """Rows ``(n, size * size * C)`` as pictures ``(n, size, size, C)`` in 1..255: 0 is gray, 128.

    Each is stretched on its own, by the number of its largest absolute value.
    """
    rows = np.asarray(rows, dtype=np.float64)
    largest = np.abs(rows).max(axis=1, keepdims=True)
    return (128 + 127 * rows / np.where(largest > 0, largest, 1)).reshape(len(rows), size, size, -1)


@figure
def whitening(before: np.ndarray, after: np.ndarray) -> WorkbookFigure:
    """Covariance matrices ``(D, D)`` as pictures, and the square roots of their eigenvalues."""
    fig, axes = new_figure(1, 3, height=2.9, width_ratios=[1, 1, 1.25])
    for ax, covariance, name in zip(axes[0], (before, after), ("before", "after"), strict=False):
        limit = np.abs(covariance).max()
        ax.imshow(covariance, cmap="RdBu_r", vmin=-limit, vmax=limit)
        ax.set_title(f"covariance {name}", fontsize=9.5, fontweight="normal", loc="center")
        ax.set_xlabel("pixel")
        hide_ticks(ax)
    axes[0, 0].set_ylabel("pixel")
    deviations = [np.sqrt(np.maximum(np.linalg.eigvalsh(c)[::-1], 0)) for c in (before, after)]
    right = axes[0, 2]
    rank = np.arange(1, len(before) + 1)
    for values, color, style, name in zip(
        deviations, (RED, BLUE), ("--", "-"), ("before", "after"), strict=True
    ):
        right.plot(rank, np.maximum(values, 1e-3), style, color=color, label=name)
    right.set(yscale="log", xlabel="direction, by variance", ylabel="standard deviation", ylim=(1e-2, None))
    right.legend(loc="lower left")
    spread = [v[0] / v[len(v) // 2] for v in deviations]
    fig.suptitle(
        f"Strongest to median direction: {spread[0]:.0f} to 1 before whitening, {spread[1]:.1f} to 1 after",
        x=0.01,
        ha="left",
    )
    fig.alt = (
        f"covariance of {len(before)} pixel values before whitening, with strong bands, and after, close to "
        f"a diagonal; the standard deviations along the principal directions: the largest is {spread[0]:.0f} "
        f"times the median before, {spread[1]:.1f} times after"
    )
    return fig


@figure
def dictionaries(
    named: Mapping[str, np.ndarray], size: int, title: str, columns: int = 10, gap: int = 1
) -> WorkbookFigure:
    """Rows of each dictionary ``(K, D)`` as little pictures, one panel for each name."""
    shown = {name: patch_pictures(rows, size) for name, rows in named.items()}
    lines = -(-max(len(pictures) for pictures in shown.values()) // columns)
    width = 7.2 / len(shown)
    fig, axes = new_figure(1, len(shown), height=width * lines / columns + 0.6)
    for ax, (name, pictures) in zip(axes[0], shown.items(), strict=True):
        step = size + gap
        sheet = np.full((lines * step - gap, columns * step - gap, pictures.shape[3]), 255.0)
        for i, picture in enumerate(pictures):
            row, column = divmod(i, columns)
            sheet[row * step : row * step + size, column * step : column * step + size] = picture
        show_image(ax, sheet.squeeze())
        ax.set_title(name, fontsize=9.5, fontweight="normal", loc="center")
    fig.get_layout_engine().set(wspace=0.05)
    fig.suptitle(title, x=0.01, ha="left")
    fig.alt = "dictionaries as pictures: " + ", ".join(
        f"{len(pictures)} rows {name}" for name, pictures in shown.items()
    )
    return fig


@figure
def objective(values: np.ndarray, title: str) -> WorkbookFigure:
    """The objective of k-means after each step."""
    fig, ((ax,),) = new_figure(height=2.7)
    ax.plot(values, color=BLUE, marker="o")
    ax.set(xlabel="steps", ylabel="squared error per patch")
    ax.set_title(title)
    ax.grid(axis="y")
    fig.alt = (
        f"the k-means objective falls from {values[0]:.3g} to {values[-1]:.3g} in {len(values) - 1} steps"
    )
    return fig


@figure
def codes_of_one_patch(z: np.ndarray, codes: Mapping[str, np.ndarray]) -> WorkbookFigure:
    """What each encoding makes of the products ``z (K,)`` of one patch, a dot for each dictionary row.

    A code of length 2 K is drawn as two sets of dots, its first half and its second.
    """
    fig, axes = new_figure(1, len(codes), height=2.8)
    counts = {}
    for ax, (name, code) in zip(axes[0], codes.items(), strict=True):
        halves = code.reshape(-1, len(z))
        for half, color, marker, label in zip(
            halves, (BLUE, ORANGE), "os", ("first K", "last K"), strict=False
        ):
            ax.plot(z, half, marker, color=color, markersize=3.5, label=label if len(halves) > 1 else None)
        counts[name] = f"{np.count_nonzero(code)} of {len(code)}"
        ax.set_title(f"{name}\n{counts[name]} above 0", fontsize=9.5, fontweight="normal", loc="center")
        ax.set_xlabel("$z_k$")
        if len(halves) > 1:
            ax.legend(loc="upper center", handletextpad=0)
    axes[0, 0].set_ylabel("code")
    fig.suptitle("Softer encodings keep more of what the dictionary says about one patch", x=0.01, ha="left")
    fig.alt = (
        f"codes of one patch against its {len(z)} products with the dictionary; numbers above 0: "
        + ", ".join(f"{name} {count}" for name, count in counts.items())
    )
    return fig


@figure
def response_maps(
    image: np.ndarray, atoms: np.ndarray, maps: np.ndarray, cut: int, size: int
) -> WorkbookFigure:
    """An image, rows of the dictionary ``(n, D)`` and their products ``(n, R, R')`` at every place of it.

    A line after ``cut`` rows and columns marks the regions of the pooling.
    """
    fig, axes = new_figure(2, len(atoms) + 1, height=2.75)
    axes[0, 0].axis("off")
    show_image(axes[1, 0], image)
    limit = np.abs(maps).max()
    for column, (picture, responses) in enumerate(zip(patch_pictures(atoms, size), maps, strict=True), 1):
        show_image(axes[0, column], picture)
        axes[1, column].imshow(responses, cmap="RdBu_r", vmin=-limit, vmax=limit)
        axes[1, column].axhline(cut - 0.5, color=BLACK, linewidth=0.8)
        axes[1, column].axvline(cut - 0.5, color=BLACK, linewidth=0.8)
        hide_ticks(axes[1, column])
    axes[1, 0].set_xlabel("image")
    axes[1, 1].set_xlabel("$z$ at each place")
    axes[0, 1].set_ylabel("$d_k$")
    fig.suptitle("A row of the dictionary answers where the image has its edge or color", x=0.01, ha="left")
    fig.alt = (
        f"an image, {len(atoms)} rows of the dictionary and maps of their products with each patch; "
        "the maps are strong along edges; two lines cut each map into four regions"
    )
    return fig


@figure
def accuracy_by_features(
    counts: Sequence[int],
    curves: Mapping[str, Sequence[float]],
    title: str,
    published: Mapping[str, Mapping[int, float]] | None = None,
) -> WorkbookFigure:
    """Accuracy against the size of the dictionary.

    ``published`` has reported accuracies by K for some of the names: stars in the color of the line.
    """
    published = published or {}
    fig, ((ax,),) = new_figure(height=3.4)
    for (name, values), color, style, marker in with_styles(curves, CYCLE, LINE_STYLES * 2, MARKERS * 2):
        ax.plot(counts, values, color=color, linestyle=style, marker=marker, label=name)
        if name in published:
            reported = published[name]
            ax.plot(
                [*reported], [*reported.values()], "*", color=color, markersize=11, label=f"{name}, published"
            )
    ticks = sorted({*counts, *(count for reported in published.values() for count in reported)})
    ax.set_xscale("log")
    ax.set_xticks(ticks, [str(count) for count in ticks])
    ax.minorticks_off()
    ax.set(xlabel="rows of the dictionary, K (logarithmic)", ylabel="accuracy")
    ax.set_title(title)
    fig.legend(loc="outside right center")
    fig.alt = f"accuracy against K from {counts[0]} to {counts[-1]}: " + ", ".join(
        f"{name} {values[0]:.2f} to {values[-1]:.2f}" for name, values in curves.items()
    )
    for name, reported in published.items():
        fig.alt += f"; published for {name}: " + ", ".join(
            f"{accuracy:.3f} with {count}" for count, accuracy in reported.items()
        )
    return fig


@figure
def accuracy_by_work(
    work: Mapping[str, Sequence[float]],
    curves: Mapping[str, Sequence[float]],
    counts: Mapping[str, Sequence[int]],
) -> WorkbookFigure:
    """Accuracy against the millions of multiply-adds an image takes, a line for each name; dots carry K.

    The title says which line is higher in the middle of the range that all of them cover.
    """
    fig, ((ax,),) = new_figure(height=3.3)
    for (name, values), color, style, marker, dy in with_styles(
        curves, (BLUE, RED), LINE_STYLES, MARKERS, (-12, 6)
    ):
        ax.plot(work[name], values, color=color, linestyle=style, marker=marker, label=name)
        for x, y, count in zip(work[name], values, counts[name], strict=True):
            ax.annotate(
                str(count),
                (x, y),
                xytext=(0, dy),
                textcoords="offset points",
                ha="center",
                fontsize=8,
                color=color,
            )
    ax.set_xscale("log")
    for axis in (ax.xaxis.set_major_formatter, ax.xaxis.set_minor_formatter):
        axis(lambda value, _: f"{value:g}")
    ax.margins(y=0.14)
    ax.set(xlabel="multiply-adds for one image, in millions (logarithmic)", ylabel="validation accuracy")
    middle = np.sqrt(max(w[0] for w in work.values()) * min(w[-1] for w in work.values()))
    at_middle = {
        name: np.interp(np.log(middle), np.log(work[name]), values) for name, values in curves.items()
    }
    ax.set_title(f"For the same work, {max(at_middle, key=at_middle.get)} is the better choice here")
    ax.legend(loc="lower right")
    fig.alt = "accuracy against millions of multiply-adds for one image: " + ", ".join(
        f"{name} {values[0]:.2f} at {work[name][0]:.3g} to {values[-1]:.2f} at {work[name][-1]:.3g}"
        for name, values in curves.items()
    )
    return fig


@figure
def methods(here: Mapping[str, float], elsewhere: Mapping[str, float], title: str) -> WorkbookFigure:
    """One bar for each accuracy: solid for those of this notebook, hatched for those of others."""
    bars = sorted({**elsewhere, **here}.items(), key=lambda item: item[1])
    fig, ((ax,),) = new_figure(height=0.9 + 0.3 * len(bars))
    for row, (name, value) in enumerate(bars):
        own = name in here
        ax.barh(row, value, height=0.64, color=BLUE if own else "white", edgecolor=BLUE if own else GRAY,
                hatch=None if own else "////")  # fmt: skip
        ax.text(value, row, f" {value:.3f}", va="center")
    ax.set_yticks(range(len(bars)), [name for name, _ in bars])
    ax.tick_params(axis="y", length=0)
    ax.set_xlim(0, bars[-1][1] * 1.13)
    ax.set_ylim(len(bars) - 0.5, -0.5)
    ax.set_xlabel("test accuracy (hatched: from other notebooks)")
    ax.set_title(title)
    fig.alt = "test accuracies: " + ", ".join(f"{name} {value:.3f}" for name, value in bars)
    return fig
