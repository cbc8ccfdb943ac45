"""Figures of the optimization notebook: directions, differences, descent, the noise of mini-batches."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from cs231n_lib.plots.evaluation import LINE_STYLES, MARKERS
from cs231n_lib.plots.style import (
    BLACK,
    BLUE,
    CYCLE,
    GRAY,
    GREEN,
    RED,
    WorkbookFigure,
    figure,
    new_figure,
    with_styles,
)

Function = Callable[..., np.ndarray]


@figure
def loss_slices(w: np.ndarray, hinge: np.ndarray, cross_entropy: np.ndarray) -> WorkbookFigure:
    """Losses of single examples ``(n, len(w))`` and their mean against one weight, for both losses."""
    fig, axes = new_figure(1, 2, height=2.9, sharey=True)
    for ax, losses in zip(axes[0], (hinge, cross_entropy), strict=True):
        for number, (example, style) in enumerate(zip(losses, ("--", "-.", ":"), strict=False)):
            ax.plot(w, example, color=GRAY, linestyle=style, linewidth=1.3, label=f"example {number}")
        ax.plot(w, losses.mean(axis=0), color=BLUE, linewidth=2.6, label="mean")
        ax.set_xlabel("one weight w")
    axes[0, 0].set_title("Hinge: a bowl with kinks")
    axes[0, 1].set_title("Cross-entropy: a smooth bowl")
    axes[0, 0].set_ylabel("loss")
    axes[0, 0].set_ylim(0, 4)
    axes[0, 1].legend(loc="upper center")
    lowest = w[hinge.mean(axis=0).argmin()], w[cross_entropy.mean(axis=0).argmin()]
    fig.alt = (
        f"hinge loss and cross-entropy of {len(hinge)} examples and their mean against one weight: convex "
        "curves; "
        f"the mean hinge loss is made of straight pieces and lowest at w = {lowest[0]:.1f}, the mean "
        f"cross-entropy is smooth and lowest at w = {lowest[1]:.1f}"
    )
    return fig


@figure
def directions_on_surface(
    f: Function, point: Sequence[float], gradient: Sequence[float], count: int = 16
) -> WorkbookFigure:
    """A function of two variables and, at a point, the tangent arrow of every direction.

    Parameters
    ----------
    f : callable
        ``f(x, y)`` for arrays.
    point, gradient : two floats each
        The point and the gradient there.
    count : int
        Number of directions, the first along the gradient; a multiple of 4.
    """
    (px, py), (gx, gy) = point, gradient
    uphill = np.arctan2(gy, gx)
    x, y = np.meshgrid(np.linspace(px - 1.6, px + 1.6, 33), np.linspace(py - 1.6, py + 1.6, 33))
    fig, ((left, plane),) = new_figure(1, 2, height=4.0)
    fig.set_layout_engine("none")  # the automatic layout does not know how much room a 3-D axes needs
    left.remove()
    surface = fig.add_axes((0.02, 0.02, 0.46, 0.84), projection="3d", computed_zorder=False)
    plane.set_position((0.57, 0.12, 0.42, 0.74))
    surface.plot_surface(x, y, f(x, y), color="#e8e8e8", edgecolor="#bbbbbb", linewidth=0.25, alpha=0.75)
    plane.contour(x, y, f(x, y), levels=14, colors="#b0b0b0", linewidths=0.9)
    for angle in uphill + np.arange(count) * 2 * np.pi / count:
        vx, vy = np.cos(angle), np.sin(angle)
        slope = gx * vx + gy * vy
        steepest = np.isclose(abs(slope), np.hypot(gx, gy))
        color = BLACK if abs(slope) < 1e-9 else RED if slope > 0 else BLUE
        width = 3 if steepest or color == BLACK else 1.3
        surface.quiver(
            px, py, f(px, py), vx, vy, slope, color=color, linewidth=width, arrow_length_ratio=0.18, zorder=5
        )
        plane.annotate(
            "",
            (px + vx, py + vy),
            (px, py),
            arrowprops={"arrowstyle": "-|>", "color": color, "linewidth": width, "shrinkA": 0, "shrinkB": 0},
        )
    surface.view_init(elev=28, azim=-118)
    surface.set_box_aspect((1, 1, 0.85), zoom=0.85)
    surface.set(xlabel="x", ylabel="y", zlabel="f(x, y)")
    surface.tick_params(labelsize=7.5, pad=-2)
    surface.zaxis.labelpad = -2
    surface.set_title("Arrows in the tangent plane", y=0.99)
    label = {"ha": "center", "va": "center", "bbox": {"facecolor": "white", "edgecolor": "none", "pad": 1.5}}
    for turn, text, color in (
        (0, "gradient", RED),
        (np.pi, "steepest\ndescent", BLUE),
        (np.pi / 2, "level", BLACK),
    ):
        vx, vy = np.cos(uphill + turn), np.sin(uphill + turn)
        plane.text(px + 1.33 * vx, py + 1.25 * vy, text, color=color, fontsize=9, **label)
    plane.set(xlabel="x", ylabel="y", aspect="equal", xlim=(x.min(), x.max()), ylim=(y.min(), y.max()))
    plane.set_title("The same, seen from above")
    fig.suptitle("The gradient climbs fastest; at right angles to it f does not change", x=0.01, ha="left")
    fig.alt = (
        f"a curved surface with the tangent arrows of {count} directions at ({px:g}, {py:g}), and the same "
        "over contour "
        f"lines: the arrow along the gradient ({gx:.3g}, {gy:.3g}) rises fastest, the opposite one falls "
        "fastest, "
        "the two at right angles run along the contour line"
    )
    return fig


@figure
def directional_derivatives(
    degrees: np.ndarray, measured: np.ndarray, formula: np.ndarray, swapped: np.ndarray
) -> WorkbookFigure:
    """Directional derivatives against the angle: measured, by the formula, and by the swapped formula."""
    fig, ((ax,),) = new_figure(height=3.1)
    ax.axhline(0, color=GRAY, linewidth=0.8)
    ax.plot(degrees, formula, color=BLUE, label="$f_x\\,\\cos\\theta + f_y\\,\\sin\\theta$")
    ax.plot(
        degrees,
        swapped,
        color=RED,
        linestyle="--",
        label="swapped: $f_x\\,\\sin\\theta + f_y\\,\\cos\\theta$",
    )
    ax.plot(
        degrees[::3], measured[::3], "o", color=BLACK, markersize=4, label="measured: (f(x + tv) − f(x)) / t"
    )
    best = degrees[measured.argmax()]
    ax.axvline(best, color=GRAY, linestyle=":", linewidth=1.2)
    ax.text(best + 4, measured.min(), f"steepest at {best:.0f}°", va="bottom")
    ax.set_xticks(range(0, 361, 45))
    ax.set_xlabel("angle θ of the direction v = (cos θ, sin θ), degrees")
    ax.set_ylabel("directional derivative")
    ax.set_title("A cosine of the angle to the gradient; swapped pairs miss it")
    fig.legend(loc="outside lower center", ncols=3)
    fig.alt = (
        "directional derivative against the angle: the measured points lie on the formula's cosine curve, "
        "highest "
        f"({measured.max():.2f}) at {best:.0f} degrees and 0 at 90 degrees from there; the swapped formula "
        "is highest at "
        f"{degrees[swapped.argmax()]:.0f} degrees"
    )
    return fig


@figure
def loss_curves(
    curves: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    title: str,
    xlabel: str,
    ylabel: str = "loss",
    *,
    log: bool = False,
    top: float | None = None,
    bottom: float | None = None,
) -> WorkbookFigure:
    """Curves ``(x, y)`` by name; ``log``: logarithmic losses, ``top`` and ``bottom``: limits of the axis."""
    fig, ((ax,),) = new_figure(height=3.3)
    for (name, (x, y)), color, style, marker in with_styles(curves, CYCLE, LINE_STYLES * 2, MARKERS * 2):
        every = max(1, len(x) // 8)
        ax.plot(x, y, color=color, linestyle=style, marker=marker, markevery=every, label=name)
    if log:
        ax.set_yscale("log")
    ax.set_ylim(bottom=bottom, top=top)
    ax.grid(axis="y")
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    ax.set_title(title)
    fig.legend(loc="outside right center")
    ends = ", ".join(f"{' '.join(name.split())} {_rounded(y[-1])}" for name, (_, y) in curves.items())
    fig.alt = f"{ylabel} against {xlabel}; last values: {ends}"
    return fig


def _rounded(value: float) -> str:
    return f"{value:.2g}" if abs(value) < 100 else "above 100"


@figure
def random_directions(t: np.ndarray, downhill: np.ndarray, random: np.ndarray) -> WorkbookFigure:
    """Loss along the negative gradient ``(len(t),)`` and along random unit directions ``(n, len(t))``."""
    fig, ((ax,),) = new_figure(height=2.9)
    for number, losses in enumerate(random):
        ax.plot(t, losses, color=GRAY, linewidth=1, label="random directions" if number == 0 else None)
    ax.plot(t, downhill, color=BLUE, linestyle="--", marker="o", markevery=5, label="along −dW")
    ax.set_xlabel("length of the step from W = 0")
    ax.set_ylabel("loss")
    ax.set_title("Random directions are nearly flat; the gradient finds the slope")
    ax.legend(loc="lower left")
    fig.alt = (
        f"loss against step length: along the negative gradient it falls from {downhill[0]:.3f} to "
        f"{downhill.min():.3f}; "
        f"along {len(random)} random directions it stays between {random.min():.3f} and {random.max():.3f}"
    )
    return fig


@figure
def difference_errors(
    h: np.ndarray,
    errors: Mapping[str, np.ndarray],
    truncation: Mapping[str, np.ndarray],
    round_off: Mapping[str, np.ndarray],
) -> WorkbookFigure:
    """Errors of difference quotients against the step, with the errors predicted for both branches."""
    fig, ((ax,),) = new_figure(height=4.0)
    for name, color, marker in zip(errors, (RED, BLUE), "os", strict=True):
        ax.loglog(h, errors[name], marker, color=color, markersize=3.5, label=f"{name}: measured")
        ax.loglog(h, truncation[name], color=color, linewidth=1.3, label=f"{name}: Taylor")
        ax.loglog(h, round_off[name], color=color, linewidth=1.3, linestyle=":", label=f"{name}: round-off")
    smallest = min(e[e > 0].min() for e in errors.values())
    ax.set_ylim(smallest / 3, 30 * max(e.max() for e in errors.values()))
    ax.text(h[-1], truncation["forward"][-1], "slope 1 ", color=RED, ha="right", va="bottom")
    middle = np.searchsorted(h, 3e-3)
    ax.text(h[middle], truncation["centered"][middle], " slope 2", color=BLUE, ha="left", va="top")
    ax.text(h[0] * 2, round_off["forward"][0] * 2, " slope −1", color=BLACK, va="bottom")
    ax.set_xlabel("step h")
    ax.set_ylabel("absolute error of the derivative")
    best = {name: np.median(e[_best(e) - 3 : _best(e) + 4]) for name, e in errors.items()}
    ax.set_title(
        "Centered differences gain two digits for each one of h, until round-off wins\n"
        f"(best: about {best['forward']:.0e} forward, {best['centered']:.0e} centered)"
    )
    fig.legend(loc="outside right center")
    fig.alt = (
        "error against step on logarithmic axes; towards small steps the forward difference falls with "
        "slope 1 until about "
        f"h = {h[_best(errors['forward'])]:.0e}, the centered one with slope 2 until about "
        f"h = {h[_best(errors['centered'])]:.0e}; below that both rise again with slope -1"
    )
    return fig


def _best(errors: np.ndarray) -> int:
    """Where the largest error of seven neighbors is smallest: single points hit by luck do not count."""
    padded = np.pad(np.log10(np.maximum(errors, 1e-300)), 3, mode="edge")
    return int(np.lib.stride_tricks.sliding_window_view(padded, 7).max(axis=1).argmin())


@figure
def kink(x: float, steps: Sequence[float]) -> WorkbookFigure:
    """The hinge max(0, z) near its kink, and the secants of centered differences at ``x`` for two steps."""
    fig, axes = new_figure(1, 2, height=2.7)
    for ax, h in zip(axes[0], steps, strict=True):
        ends = np.array([x - h, x + h])
        heights = np.maximum(0, ends)
        slope = (heights[1] - heights[0]) / (2 * h)
        reach = 1.5 * h + abs(x) * (h < abs(x))
        z = np.array(sorted({x - reach, 0.0, x + reach}))
        ax.plot(z, np.maximum(0, z), color=GRAY, linewidth=3, alpha=0.6, label="max(0, z)")
        ax.plot(ends, heights, color=RED, linestyle="--", marker="s", label="secant of the difference")
        ax.plot([x], [max(0, x)], "o", color=BLACK, markersize=7, label=f"z = {x:g}", zorder=4)
        ax.set_ylim(-0.25 * h, 1.5 * h)
        ax.set_xticks([x - h, x, x + h, 0] if h < abs(x) else [x - h, 0, x + h])
        ax.ticklabel_format(style="sci", scilimits=(0, 0))
        ax.set_title(f"h = {h:g}: slope {slope:.2g}")
        ax.set_xlabel("z")
    axes[0, 0].set_ylabel("max(0, z)")
    fig.suptitle("A step that reaches across the kink measures a false slope", x=0.01, ha="left")
    axes[0, 1].legend(loc="upper left")
    fig.alt = (
        f"the hinge max(0, z) around z = {x:g} with the secants of centered differences: with h = "
        f"{steps[0]:g} the secant "
        f"reaches across the kink and has a false slope, with h = {steps[1]:g} it stays on the flat side"
    )
    return fig


@figure
def descent_paths(
    f: Function, paths: Mapping[str, np.ndarray], stable: Sequence[bool], limit: float = 2.2
) -> WorkbookFigure:
    """Paths ``(steps + 1, 2)`` of gradient descent over the contour lines of ``f``, one panel each."""
    fig, axes = new_figure(2, 2, height=5.0, sharex=True, sharey=True)
    side = np.linspace(-limit, limit, 81)
    x, y = np.meshgrid(side, side * 0.6)
    levels = np.geomspace(0.02, 1.2, 9) * f(limit, 0.0) * 2
    for ax, (name, path), good in zip(axes.flat, paths.items(), stable, strict=True):
        ax.contour(x, y, f(x, y), levels=levels, colors="#b0b0b0", linewidths=0.8)
        ax.plot(*path.T, color=BLUE if good else RED, marker="o", markersize=3, linewidth=1.2)
        ax.plot(*path[0], "s", color=BLACK, markersize=7)
        ax.plot(0, 0, "*", color=GREEN, markeredgecolor=BLACK, markersize=12)
        ax.set(xlim=(-limit, limit), ylim=(-0.6 * limit, 0.6 * limit))
        ax.set_title(name)
    for ax in axes[1]:
        ax.set_xlabel("x")
    for ax in axes[:, 0]:
        ax.set_ylabel("y")
    fig.suptitle("The steepest direction of the bowl decides how large a step may be", x=0.01, ha="left")
    fig.alt = (
        "paths of gradient descent over the contour lines of a long bowl, from a square to the star: "
        + "; ".join(
            f"{name}, {'ends' if good else 'leaves'} {np.linalg.norm(path[-1]):.2g} from the minimum"
            for (name, path), good in zip(paths.items(), stable, strict=True)
        )
    )
    return fig


@figure
def minibatch_noise(sizes: Sequence[int], errors: Sequence[float], sigma: float) -> WorkbookFigure:
    """Measured error of the mini-batch gradient against the batch size, and the line sigma / sqrt(B)."""
    fig, ((ax,),) = new_figure(height=3.1)
    sizes = np.asarray(sizes)
    ax.loglog(sizes, sigma / np.sqrt(sizes), color=GRAY, label="predicted: σ / √B")
    ax.loglog(sizes, errors, "o", color=BLUE, label="measured")
    ax.set_xticks(sizes, [str(size) for size in sizes])
    ax.minorticks_off()
    ax.grid()
    ax.set_xlabel("batch size B")
    ax.set_ylabel("error of the gradient")
    ax.set_title("Four times the batch, half the noise")
    ax.legend(loc="upper right")
    fig.alt = (
        f"error of the mini-batch gradient against the batch size on logarithmic axes: from {errors[0]:.3g} "
        f"at B = {sizes[0]} "
        f"to {errors[-1]:.2g} at B = {sizes[-1]}, along the predicted line of slope -1/2"
    )
    return fig


@figure
def schedules(
    rates: Mapping[str, np.ndarray], gaps: Mapping[str, tuple[np.ndarray, np.ndarray]], title: str
) -> WorkbookFigure:
    """Learning rates against the step (left) and what they reach (right), one style for each name."""
    fig, (axes,) = new_figure(1, 2, height=3.3)
    for name, color, style, marker in zip(rates, CYCLE, LINE_STYLES, MARKERS, strict=False):
        look = {"color": color, "linestyle": style, "marker": marker, "label": name}
        axes[0].plot(rates[name], markevery=len(rates[name]) // 6, **look)
        axes[1].semilogy(*gaps[name], markevery=max(1, len(gaps[name][0]) // 6), **look)
    _label(axes[0], "step", "learning rate η", "The schedules")
    _label(axes[1], "step", "loss − smallest loss", "What is left of the way")
    axes[1].grid(axis="y")
    handles, names = axes[0].get_legend_handles_labels()
    fig.legend(handles, names, loc="outside lower center", ncols=len(rates))
    fig.suptitle(title, x=0.01, ha="left")
    fig.alt = (
        "learning rates against the step and the distance of the loss from its minimum; at the end: "
        + ", ".join(f"{name} {gap[-1]:.2g}" for name, (_, gap) in gaps.items())
    )
    return fig


def _label(ax: Axes, xlabel: str, ylabel: str, title: str) -> None:
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    ax.set_title(title)
