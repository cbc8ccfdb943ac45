"""Figures of the optimization notebook that are its own: directions, differences, descent."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from cs231n_lib.plots.style import (
    BLACK,
    BLUE,
    GREEN,
    RED,
    WorkbookFigure,
    figure,
    new_figure,
)

Function = Callable[..., np.ndarray]


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
