"""The figures of the two-layer net's notebook draw and say what is in their data; nothing is cut off."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from cs231n_lib.plots import networks as plots
from cs231n_lib.plots.style import RED
from tests.figures import (
    assert_numbers_legible,
    assert_readable,
    legend,
    lines,
    same_line,
    stands_at,
    texts,
    tick_labels,
    title,
)

RNG = np.random.default_rng(0)
SHAPES = {"X": (5, 3072), "Z": (5, 100), "A1": (5, 100), "S": (5, 10), "P": (5, 10)}
Z = np.linspace(-6, 6, 25)
SIGMOID = 1 / (1 + np.exp(-Z))
VALUES = {"sigmoid": SIGMOID, "ReLU": np.maximum(0, Z), "leaky ReLU": np.maximum(0.1 * Z, Z)}
SLOPES = {"sigmoid": SIGMOID * (1 - SIGMOID), "ReLU": 1.0 * (Z > 0), "leaky ReLU": np.where(Z > 0, 1, 0.1)}
W1 = RNG.standard_normal((3072, 5)) * [1, 2, 3, 4, 5]
FALLING = {"loss": np.linspace(3, 1, 41).tolist(), "accuracy": [0.1, 0.4, 0.52]}
EXPLODED = {"loss": [2.5] * 20 + [1e6] * 21, "accuracy": [0.1, 0.3, 0.25]}
SHARES = {
    "low rate": np.array([0.9, 0.0, 0.5, 0.2]),
    "high rate": np.array([0.0, 1.0, 0.0, 0.3, 0.0]),
    "centered": np.array([0.6, 0.1, 0.5, 0.4]),
}
GRID = np.array([[[0.3, 0.31, 0.2], [0.42, 0.41, 0.1]], [[0.33, 0.51, 0.2], [0.45, 0.25, np.nan]]])
HIDDEN, RATES, REGS = [20, 100], [0.03, 0.1], [0.0001, 0.001, 0.01]
PANELS = {
    "training images": ([500, 1000, 5000], [1.0, 0.9, 0.7], [0.4, 0.5, 0.61]),
    "hidden units": ([5, 100], [0.5, 0.95], [0.41, 0.64]),
}
SCALES = {
    "f = 0.25": (np.array([1, 0.2, 0.04]), np.array([5e-5, 8e-5, 1e-4])),
    "f = 4": (np.array([1, 20, 300.0]), np.array([10, 2, 0.3])),
}
FACTORS = [0.125, 0.5, 1, 2]
LOSSES = {"3 layers": [0.6, 0.2, 0.1, 0.49], "5 layers": [2.3, 0.4, 0.5, np.inf]}
RUNGS = {"plain": 0.5, "+ contrast normalization": 0.52, "+ Adam": 0.515, "+ mirrored copies": 0.575}

FIGURES = {
    "two_layer_net": lambda: plots.two_layer_net(SHAPES),
    "activations": lambda: plots.activations(Z, VALUES, SLOPES),
    "hidden_weights": lambda: plots.hidden_weights(W1, "A finding", columns=3),
    "training_curves": lambda: plots.training_curves(
        {"good: 0.03": FALLING, "too high: 0.4": EXPLODED}, "A finding"
    ),
    "unit_activity": lambda: plots.unit_activity(SHARES),
    "search_grids": lambda: plots.search_grids(HIDDEN, RATES, REGS, GRID),
    "generalization_gap": lambda: plots.generalization_gap(PANELS, "A finding"),
    "layer_scales": lambda: plots.layer_scales(SCALES, 3, "A finding"),
    "loss_against_scale": lambda: plots.loss_against_scale(FACTORS, LOSSES),
    "ladder": lambda: plots.ladder(RUNGS),
}


def test_every_figure_is_drawn_here():
    public = {name for name, draw in vars(plots).items() if hasattr(draw, "__wrapped__")}
    assert set(FIGURES) == public


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_is_cut_off_and_no_two_texts_overlap(name):
    assert_readable(FIGURES[name]())


@pytest.mark.parametrize("name", ["hidden_weights", "training_curves", "generalization_gap", "layer_scales"])
def test_the_given_title_is_shown(name):
    assert FIGURES[name]()._suptitle.get_text() == "A finding"


def test_two_layer_net_shows_matrices_and_steps_in_order():
    fig = FIGURES["two_layer_net"]()
    ax = fig.axes[0]
    boxes = ax.patches
    centers = [box.get_x() + box.get_width() / 2 for box in boxes]
    places = {text.get_text(): stands_at(text)[0] for text in ax.texts if text.get_text()}
    assert [places[name] for name in SHAPES] == pytest.approx(centers)
    assert centers == sorted(centers) and len(boxes) == 5
    widths = [box.get_width() for box in boxes]
    assert widths[0] > widths[1] == widths[2] > widths[3] == widths[4]  # more columns, wider
    written = [text.get_text() for text in ax.texts if "×" in text.get_text()]
    assert written == ["5 × 3072", "5 × 100", "5 × 100", "5 × 10", "5 × 10"]
    arrows = [text for text in ax.texts if hasattr(text, "arrow_patch")]
    for i, step in enumerate(("· W1 + b1", "ReLU", "· W2 + b2", "softmax")):
        left, right = centers[i] + widths[i] / 2, centers[i + 1] - widths[i + 1] / 2
        assert left < places[step] < right
        assert left <= arrows[i].xyann[0] < arrows[i].xy[0] <= right  # it points to the right
    assert len(arrows) == 4
    assert fig.alt.endswith(": X of shape 5 by 3072, Z of shape 5 by 100, A1 of shape 5 by 100, "
                            "S of shape 5 by 10, P of shape 5 by 10")  # fmt: skip


def test_activations_stand_left_and_their_derivatives_right():
    fig = FIGURES["activations"]()
    for ax, curves in zip(fig.axes, (VALUES, SLOPES), strict=True):
        assert list(lines(ax)) == list(curves)
        for name, line in lines(ax).items():
            same_line(line, Z, curves[name])
        assert ax.get_xlabel() == "z"
    assert [ax.get_ylabel() for ax in fig.axes] == ["activation", "derivative"]
    assert legend(fig.axes[0]) == ["sigmoid", "ReLU", "leaky ReLU"]
    pairs = zip(*(lines(ax).values() for ax in fig.axes), strict=True)
    assert all(a.get_color() == b.get_color() and a.get_linestyle() == b.get_linestyle() for a, b in pairs)
    low, high = fig.axes[1].get_ylim()
    assert low < 0 and high > 1  # a derivative of 0 or 1 is not on the frame
    assert "for z from -6 to 6;" in fig.alt
    assert fig.alt.endswith("sigmoid 0.0025 and 0.0025, ReLU 0 and 1, leaky ReLU 0.1 and 1")


def test_hidden_weights_are_stretched_pictures():
    fig = FIGURES["hidden_weights"]()
    shown = [ax for ax in fig.axes if ax.images]
    assert len(shown) == 5 and len(fig.axes) == 6 and not fig.axes[5].axison
    for unit, ax in enumerate(shown):
        w = W1[:, unit].reshape(32, 32, 3)
        expected = np.round(255 * (w - w.min()) / (w.max() - w.min()))
        np.testing.assert_array_equal(ax.images[0].get_array(), expected)
    assert fig.alt == "the first-layer weights of 5 hidden units as color pictures"


def test_training_curves_show_a_running_mean_and_the_accuracies():
    fig = FIGURES["training_curves"]()
    left, right = fig.axes
    for curve, history in zip(left.lines, (FALLING, EXPLODED), strict=True):
        means = [np.mean(history["loss"][i : i + 20]) for i in range(22)]
        np.testing.assert_allclose(curve.get_ydata(), means)
        np.testing.assert_allclose(curve.get_xdata(), np.arange(22) + 9.5, atol=0.5)  # the window's middle
    assert list(lines(right)) == legend(fig) == ["good: 0.03", "too high: 0.4"]
    same_line(lines(right)["good: 0.03"], [1, 21, 41], FALLING["accuracy"])
    same_line(lines(right)["too high: 0.4"], [1, 21, 41], EXPLODED["accuracy"])
    assert [line.get_color() for line in left.lines] == [line.get_color() for line in right.lines]
    assert left.get_yscale() == "linear" and left.get_ylim() == pytest.approx((0, 9))
    assert left.get_ylabel() == "loss (mean of 20)"
    assert right.get_ylabel() == "validation accuracy"
    assert left.get_xlabel() == right.get_xlabel() == "iteration"
    # the last 20 losses fall from 1.95 to 1; what has exploded is called 99
    assert fig.alt.endswith(
        "at the end: good: 0.03: loss 1.5, accuracy 0.52; too high: 0.4: loss 99, accuracy 0.25"
    )


def test_unit_activity_counts_the_dead():
    fig = FIGURES["unit_activity"]()
    ax = fig.axes[0]
    assert legend(ax) == ["low rate: 1 dead", "high rate: 3 dead", "centered: 0 dead"]
    same_line(lines(ax)["low rate: 1 dead"], range(4), [0, 0.2, 0.5, 0.9])
    same_line(lines(ax)["high rate: 3 dead"], range(5), [0, 0, 0, 0.3, 1])
    same_line(lines(ax)["centered: 0 dead"], range(4), [0.1, 0.4, 0.5, 0.6])
    assert title(ax) == "The most dead units, 3 of 5: high rate"
    assert fig.alt.endswith("dead units: low rate 1, high rate 3, centered 0")
    assert ax.get_xlabel() == "hidden unit, sorted"
    assert ax.get_ylabel() == "share of images that activate it"


def test_unit_activity_without_a_dead_unit():
    ax = plots.unit_activity({"centered": np.array([0.5, 0.1])}).axes[0]
    assert title(ax) == "No unit is dead"


def test_search_grids_write_each_accuracy_and_frame_the_best():
    fig = FIGURES["search_grids"]()
    panels, bar = fig.axes[:2], fig.axes[2]
    for ax, size, grid in zip(panels, HIDDEN, GRID, strict=True):
        np.testing.assert_array_equal(ax.images[0].get_array().filled(np.nan), grid)
        assert ax.images[0].get_clim() == (0.1, 0.51)  # one scale for all panels
        written = {stands_at(text): text.get_text() for text in ax.texts}
        for i in range(2):
            for j in range(3):
                expected = "div." if np.isnan(grid[i, j]) else f"{grid[i, j]:.3f}"
                assert written[j, i] == expected
        assert title(ax) == f"H = {size}"
        assert tick_labels(ax.xaxis) == ["0.0001", "0.001", "0.01"] and ax.get_xlabel() == "regularization λ"
    assert tick_labels(panels[0].yaxis) == ["0.03", "0.1"] and panels[0].get_ylabel() == "learning rate"
    assert bar.get_ylabel() == "validation accuracy"
    assert not panels[0].patches
    (frame,) = panels[1].patches
    center = frame.get_x() + frame.get_width() / 2, frame.get_y() + frame.get_height() / 2
    assert center == pytest.approx((1, 0), abs=0.03) and to_hex(frame.get_edgecolor()) == RED.lower()
    assert fig._suptitle.get_text() == "Best: H = 100, rate 0.03, λ = 0.001, 0.510"
    assert fig.alt == (
        "validation accuracy for 2 hidden sizes, 2 learning rates and 3 regularizations, "
        "from 0.100 to 0.510; best: H = 100, learning rate 0.03, regularization 0.001"
    )


def test_numbers_in_the_grids_can_be_read():
    for ax in FIGURES["search_grids"]().axes[:2]:
        assert_numbers_legible(ax)


def test_the_gap_lies_between_training_and_validation():
    fig = FIGURES["generalization_gap"]()
    for ax, (name, (values, train, val)) in zip(fig.axes, PANELS.items(), strict=True):
        same_line(lines(ax)["training"], range(len(values)), train)
        same_line(lines(ax)["validation"], range(len(values)), val)
        corners = {tuple(corner) for corner in ax.collections[0].get_paths()[0].vertices.round(9)}
        assert corners == {*zip(range(len(values)), train, strict=True),
                           *zip(range(len(values)), val, strict=True)}  # fmt: skip
        assert tick_labels(ax.xaxis) == [f"{value:g}" for value in values] and ax.get_xlabel() == name
    assert legend(fig.axes[0]) == ["training", "validation"]
    assert fig.axes[0].get_ylabel() == "accuracy" and fig.axes[0].get_ylim() == (0, 1.03)
    assert fig.alt.endswith("training images: gap 0.60 at 500, 0.09 at 5000; "
                            "hidden units: gap 0.09 at 5, 0.31 at 100")  # fmt: skip


def test_layer_scales_show_signals_left_and_gradients_right():
    fig = FIGURES["layer_scales"]()
    for i, ax in enumerate(fig.axes):
        for line, values in zip(ax.lines, SCALES.values(), strict=True):
            same_line(line, [1, 2, 3], values[i])
        assert ax.get_yscale() == "log" and ax.get_xlabel() == "layer"
        assert tick_labels(ax.xaxis) == ["1", "2", "3"]
    assert list(lines(fig.axes[0])) == legend(fig) == ["f = 0.25", "f = 4"]
    assert [line.get_color() for line in fig.axes[0].lines] == [
        line.get_color() for line in fig.axes[1].lines
    ]
    assert title(fig.axes[0]) == "Forward: what enters the layer"
    assert title(fig.axes[1]) == "Backward: gradient of its biases"
    assert fig.axes[0].get_ylabel() == "root mean square (logarithmic)"
    # the signal goes from the first layer to the last, the gradient from the last to the first
    assert fig.alt == (
        "root mean squares of signal and gradient in 3 layers: "
        "f = 0.25: signal 1 to 0.04, gradient 0.0001 to 5e-05; "
        "f = 4: signal 1 to 3e+02, gradient 0.3 to 1e+01"
    )


def test_loss_against_scale_counts_the_scales_that_train_well():
    fig = FIGURES["loss_against_scale"]()
    ax = fig.axes[0]
    assert legend(fig) == ["3 layers: below 0.5 at 3 of 4 scales", "5 layers: below 0.5 at 1 of 4 scales"]
    same_line(lines(ax)[legend(fig)[0]], FACTORS, [0.6, 0.2, 0.1, 0.49])
    same_line(lines(ax)[legend(fig)[1]], FACTORS, [2.3, 0.4, 0.5, 3])  # the infinite one
    limit = next(line for line in ax.lines if line.get_label().startswith("_"))
    assert set(limit.get_ydata()) == {0.5}
    assert ax.get_xscale() == "log" and tick_labels(ax.xaxis) == ["0.125", "0.5", "1", "2"]
    assert tick_labels(ax.yaxis) == ["0", "1", "2", "3 or more"]
    np.testing.assert_array_equal(ax.get_yticks(), range(4))
    assert ax.get_ylim()[1] > 3
    assert ax.get_xlabel() == "factor f on the right initial scale (logarithmic)"
    assert ax.get_ylabel() == "training loss after training"
    assert title(ax) == "With 5 layers the range of scales that train well is narrower"
    assert fig.alt.endswith("below 0.5: 3 layers at 3 of 4 scales, 5 layers at 1 of 4 scales")


def test_ladder_writes_what_each_rung_adds():
    fig = FIGURES["ladder"]()
    ax = fig.axes[0]
    assert [bar.get_width() for bar in ax.patches] == list(RUNGS.values())
    assert [bar.get_y() + bar.get_height() / 2 for bar in ax.patches] == pytest.approx(range(4))
    assert tick_labels(ax.yaxis) == list(RUNGS)
    bottom, top = ax.get_ylim()
    assert bottom > top  # the first rung is the highest bar
    assert [text.get_text().split() for text in ax.texts] == [
        ["0.500"], ["0.520", "(+0.020)"], ["0.515", "(−0.005)"], ["0.575", "(+0.060)"]
    ]  # fmt: skip
    assert [stands_at(text) for text in ax.texts] == [(v, row) for row, v in enumerate(RUNGS.values())]
    assert title(ax) == "From 0.500 to 0.575; the largest gain: mirrored copies"
    assert ax.get_xlabel() == "validation accuracy (the axis does not start at 0)"
    assert 0 < ax.get_xlim()[0] < 0.5
    assert fig.alt.endswith("plain 0.500, contrast normalization 0.520, Adam 0.515, mirrored copies 0.575")
    assert len(texts(fig)) == 6  # four numbers, the title and the label: no tick is counted
