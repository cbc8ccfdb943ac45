"""The figures of the SVM and softmax notebooks draw and say what is in their data; nothing is cut off."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from cs231n_lib.plots import losses as plots
from cs231n_lib.plots.style import RED
from tests.figures import (
    assert_numbers_legible,
    assert_readable,
    legend,
    lines,
    same_line,
    stands_at,
    tick_labels,
    title,
)

HISTORY = np.linspace(9, 3, 61) + np.tile([0.5, -0.5, 0], 21)[:61]
LEVELS = {"at W = 0": 9.0, "optimum": 2.5}
ACCURACIES = np.array([[0.38, 0.40, 0.2], [0.41, 0.479, 0.3], [0.25, 0.46, np.nan]])
RATES, REGS = [0.001, 0.003, 0.01], [0.1, 1, 10]

FIGURES = {
    "loss_history": lambda: plots.loss_history(HISTORY, "A finding", LEVELS, window=5),
    "validation_grid": lambda: plots.validation_grid(RATES, REGS, ACCURACIES),
}


def test_every_figure_is_drawn_here():
    public = {name for name, draw in vars(plots).items() if hasattr(draw, "__wrapped__")}
    assert set(FIGURES) == public


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_is_cut_off_and_no_two_texts_overlap(name):
    assert_readable(FIGURES[name]())


def test_loss_history_draws_batches_mean_and_levels():
    fig = FIGURES["loss_history"]()
    ax = fig.axes[0]
    assert legend(ax) == ["one mini-batch", "mean of 5", "at W = 0", "optimum"]
    same_line(lines(ax)["one mini-batch"], range(61), HISTORY)
    means = [HISTORY[i : i + 5].mean() for i in range(57)]
    same_line(lines(ax)["mean of 5"], np.arange(57) + 2, means)  # in the middle of its window
    for name, level in LEVELS.items():
        assert set(lines(ax)[name].get_ydata()) == {level}
    assert lines(ax)["at W = 0"].get_linestyle() != lines(ax)["optimum"].get_linestyle()
    assert title(ax) == "A finding" and ax.get_xlabel() == "iteration" and ax.get_ylabel() == "loss"
    assert ax.get_xlim() == (0, 61) and ax.get_ylim()[1] > max(HISTORY.max(), 9)
    assert fig.alt == (
        f"loss against iteration: from 9.50 to a mean of {means[-1]:.2f} at iteration 61; "
        "at W = 0 9.00; optimum 2.50"
    )


def test_loss_history_has_room_for_levels_above_the_curve():
    fig = plots.loss_history(HISTORY, "A finding", {"far up": 20.0})
    assert fig.axes[0].get_ylim()[1] > 20
    assert legend(plots.loss_history(HISTORY, "A finding").axes[0]) == ["one mini-batch", "mean of 25"]


def test_loss_history_of_fewer_losses_than_the_window():
    fig = plots.loss_history([3.0, 5.0, 4.0], "A finding")
    same_line(lines(fig.axes[0])["mean of 3"], [1], [4])
    with pytest.raises(ValueError, match="3 curves were given, but at most 2 can be told apart"):
        plots.loss_history(HISTORY, "A finding", {"a": 1.0, "b": 2.0, "c": 3.0})


def test_validation_grid_writes_each_accuracy_and_frames_the_best():
    fig = FIGURES["validation_grid"]()
    ax, bar = fig.axes
    np.testing.assert_array_equal(ax.images[0].get_array().filled(np.nan), ACCURACIES)
    written = {stands_at(text): text.get_text() for text in ax.texts}
    assert [written[j, 0] for j in range(3)] == ["0.380", "0.400", "0.200"]
    assert [written[j, 2] for j in range(3)] == ["0.250", "0.460", "diverged"]
    assert_numbers_legible(ax)
    (frame,) = ax.patches
    center = frame.get_x() + frame.get_width() / 2, frame.get_y() + frame.get_height() / 2
    assert center == pytest.approx((1, 1), abs=0.03) and to_hex(frame.get_edgecolor()) == RED.lower()
    assert tick_labels(ax.xaxis) == ["0.1", "1", "10"] and ax.get_xlabel() == "regularization λ"
    assert tick_labels(ax.yaxis) == ["0.001", "0.003", "0.01"] and ax.get_ylabel() == "learning rate"
    assert bar.get_ylabel() == "validation accuracy"
    assert title(ax) == "Best: learning rate 0.003 and λ = 1, 0.479"
    assert fig.alt == (
        "validation accuracy for 3 learning rates and 3 regularizations, from 0.200 to 0.479 "
        "at learning rate 0.003 and regularization 1"
    )


def test_validation_grid_names_rows_rates_and_columns_regs():
    accuracies = np.array([[0.1, 0.2, 0.5], [0.3, 0.1, 0.2]])
    fig = plots.validation_grid([0.01, 0.1], [1, 2, 3], accuracies)
    assert title(fig.axes[0]) == "Best: learning rate 0.01 and λ = 3, 0.500"
    assert "for 2 learning rates and 3 regularizations, from 0.100 to 0.500 at" in fig.alt
    frame = fig.axes[0].patches[0]
    assert frame.get_x() > 1 and frame.get_y() < 0
