"""The figures of the optimization notebook: what they say agrees with the data, and nothing is cut off."""

import numpy as np
import pytest

from cs231n_lib.plots import optimization as plots
from tests.figures import assert_readable

RNG = np.random.default_rng(0)
ANGLES = np.arange(0, 361, 5)
COS, SIN = np.cos(np.radians(ANGLES)), np.sin(np.radians(ANGLES))
W = np.linspace(-3, 3, 61)
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


STEPS = np.arange(100)
FIGURES = {
    "loss_slices": lambda: plots.loss_slices(
        W, np.maximum(0, 1 - np.outer([1.5, 0.6, -0.7], W)), np.log1p(np.exp(-np.outer([1.5, 0.6, -0.7], W)))
    ),
    "directions_on_surface": lambda: plots.directions_on_surface(valley, (1.0, 0.05), (1.0, 0.5)),
    "directional_derivatives": lambda: plots.directional_derivatives(
        ANGLES, 0.8 * COS + 0.3 * SIN, 0.8 * COS + 0.3 * SIN, 0.8 * SIN + 0.3 * COS
    ),
    "loss_curves": lambda: plots.loss_curves(
        {"a long\nname": (STEPS, np.exp(-STEPS / 9)), "diverging": (STEPS, np.exp(STEPS / 9))},
        "A finding that takes about as much room as titles may take",
        "step",
        log=True,
    ),
    "random_directions": lambda: plots.random_directions(W + 3, 2 - W, np.outer([1, 1.1], 2 + 0 * W)),
    "difference_errors": differences,
    "kink": lambda: plots.kink(-1e-6, [1e-5, 5e-7]),
    "descent_paths": lambda: plots.descent_paths(
        valley, {f"η = {r}": path(r) for r in (0.02, 0.18, 0.195, 0.205)}, [True, True, True, False]
    ),
    "minibatch_noise": lambda: plots.minibatch_noise([1, 4, 16, 987], [8.0, 4.0, 2.0, 0.25], 8.0),
    "schedules": lambda: plots.schedules(
        {"constant": np.full(100, 0.1), "cosine": np.linspace(0.1, 0, 100)},
        {"constant": (STEPS, 1 / (STEPS + 1)), "cosine": (STEPS, 1 / (STEPS + 1) ** 2)},
        "A finding",
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_is_cut_off_and_no_two_texts_overlap(name):
    assert_readable(FIGURES[name]())


def test_slices_name_the_lowest_points():
    fig = plots.loss_slices(W, np.abs(W - 1)[None], (W[None] + 2) ** 2)
    assert "lowest at w = 1.0" in fig.alt and "lowest at w = -2.0" in fig.alt


def test_directions_find_the_steepest_angle_and_the_swapped_one():
    fig = FIGURES["directional_derivatives"]()
    assert "highest (0.85) at 20 degrees" in fig.alt  # atan2(0.3, 0.8) = 20.6°
    assert "swapped formula is highest at 70 degrees" in fig.alt


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


def test_kink_writes_the_slope_of_the_difference():
    fig = FIGURES["kink"]()
    assert [ax.get_title(loc="left").split("slope ")[1] for ax in fig.axes] == ["0.45", "0"]


def test_descent_says_which_paths_arrive():
    fig = FIGURES["descent_paths"]()
    assert "η = 0.205, leaves 2.2 from the minimum" in fig.alt
    assert "η = 0.18, ends 0.0052 from the minimum" in fig.alt


def test_noise_draws_the_predicted_line():
    fig = FIGURES["minibatch_noise"]()
    np.testing.assert_allclose(fig.axes[0].lines[0].get_ydata(), 8 / np.sqrt([1, 4, 16, 987]))
    assert "from 8 at B = 1 to 0.25 at B = 987" in fig.alt


def test_loss_curves_name_the_last_values():
    fig = FIGURES["loss_curves"]()
    assert fig.alt == "loss against step; last values: a long name 1.7e-05, diverging above 100"
    assert fig.axes[0].get_yscale() == "log"


def test_schedules_say_what_is_left():
    assert "constant 0.01, cosine 0.0001" in FIGURES["schedules"]().alt
