"""The figures of the optimization notebook: what they say agrees with the data, and nothing is cut off."""

import numpy as np
import pytest

from cs231n_lib.plots import optimization as plots
from tests.figures import assert_readable

H = np.logspace(-14, -1, 105)


def valley(x, y):
    return (x**2 + 10 * y**2) / 2


def path(rate, steps=30):
    return np.array([-2.0, 0.5]) * (1 - rate * np.array([1.0, 10.0])) ** np.arange(steps + 1)[:, None]


def inverse_errors():
    """Errors of both difference quotients of 1/x at 0.7, whose derivatives are known."""
    x = 0.7
    forward = np.abs((1 / (x + H) - 1 / x) / H + 1 / x**2)
    centered = np.abs((1 / (x + H) - 1 / (x - H)) / (2 * H) + 1 / x**2)
    return {"forward": forward, "centered": centered}


def differences():
    truncation = {"forward": H / 0.7**3, "centered": H**2 / 0.7**4}
    return plots.difference_errors(
        H, inverse_errors(), truncation, {"forward": 3e-16 / H, "centered": 1.5e-16 / H}
    )


FIGURES = {
    "directions_on_surface": lambda: plots.directions_on_surface(valley, (1.0, 0.05), (1.0, 0.5)),
    "difference_errors": differences,
    "descent_paths": lambda: plots.descent_paths(
        valley, {f"η = {r}": path(r) for r in (0.02, 0.18, 0.195, 0.205)}, [True, True, True, False]
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_is_cut_off_and_no_two_texts_overlap(name):
    assert_readable(FIGURES[name]())


def test_arrows_lie_in_the_tangent_plane():
    fig = plots.directions_on_surface(valley, (1.0, 0.05), (1.0, 0.5), count=8)
    surface = next(ax for ax in fig.axes if ax.name == "3d")
    arrows = [artist for artist in surface.collections if hasattr(artist, "_segments3d")]
    assert len(arrows) == 8
    for number, arrow in enumerate(arrows):
        end, start = np.asarray(arrow._segments3d[0])  # drawn from the head
        step = end - start
        np.testing.assert_allclose(start, [1.0, 0.05, valley(1.0, 0.05)])
        np.testing.assert_allclose(step[2], step[0] + 0.5 * step[1], atol=1e-12)  # rise = gradient · step
        angle = np.arctan2(0.5, 1) + number * np.pi / 4  # the first along the gradient
        np.testing.assert_allclose(step[:2], [np.cos(angle), np.sin(angle)], atol=1e-12)


def test_difference_errors_find_the_best_steps():
    fig = differences()
    steps = [float(part.split()[0].rstrip(",;")) for part in fig.alt.split("h = ")[1:]]
    assert 1e-9 < steps[0] < 1e-7 and 1e-6 < steps[1] < 1e-4
    lines = {line.get_label(): line for line in fig.axes[0].lines}
    for name, slope in (("forward", 1), ("centered", 2)):
        x, y = lines[f"{name}: Taylor"].get_data()
        np.testing.assert_allclose(np.polyfit(np.log(x), np.log(y), 1)[0], slope)
        large = H > 1e-4
        np.testing.assert_allclose(lines[f"{name}: measured"].get_ydata()[large], y[large], rtol=0.2)


def test_descent_says_which_paths_arrive():
    fig = FIGURES["descent_paths"]()
    assert "η = 0.205, leaves 2.2 from the minimum" in fig.alt
    assert "η = 0.18, ends 0.0052 from the minimum" in fig.alt
