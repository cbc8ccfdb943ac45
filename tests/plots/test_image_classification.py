"""The figures of the image classification notebook agree with their data, and nothing is cut off."""

import numpy as np
import pytest

from cs231n_lib.plots import image_classification as plots
from tests.figures import assert_readable, title

RNG = np.random.default_rng(0)
GUESSES = np.array([90, 100, 100, 101, 125]) / 1000
SPLITS = {
    "last rows\nvalidate": [("training", 49000), ("validation", 1000), ("test", 10000)],
    "first rows validate": [("validation", 1000), ("training", 49000), ("test", 10000)],
}

FIGURES = {
    "unit_balls": plots.unit_balls,
    "turned_axes": lambda: plots.turned_axes([0, 1], [1, 0], angle=45),
    "smallest_solutions": lambda: plots.smallest_solutions([2, 1]),
    "data_splits": lambda: plots.data_splits(SPLITS, "A finding"),
    "chosen_on": lambda: plots.chosen_on(
        np.repeat(GUESSES, 40), 1000, expected_best=0.127, fresh=0.098, honest=0.103, true=0.1
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_is_cut_off_and_no_two_texts_overlap(name):
    assert_readable(FIGURES[name]())


def test_balls_have_norm_1():
    fig = plots.unit_balls()
    outlines = [line.get_xydata() for line in fig.axes[0].lines[:3]]
    for outline, p in zip(outlines, (np.inf, 2, 1), strict=True):
        np.testing.assert_allclose(np.linalg.norm(outline, p, axis=1), 1)
    star, between = fig.axes[1].lines[0].get_xydata(), fig.axes[1].lines[1].get_xydata()
    np.testing.assert_allclose(np.sqrt(np.abs(star)).sum(axis=1) ** 2, 1)
    np.testing.assert_allclose(np.sqrt(between).sum(axis=1) ** 2, [1, 2, 1])


def test_turned_axes_draw_the_worked_example():
    fig = FIGURES["turned_axes"]()
    straight, turned, curve = fig.axes
    assert straight.get_xlabel() == "L1 = 2.00, L2 = 1.41"
    assert turned.get_xlabel() == "L1 = 1.41, L2 = 1.41"
    for ax in (straight, turned):
        way, crow = ax.lines[0].get_xydata(), ax.lines[1].get_xydata()
        np.testing.assert_array_equal(crow, [[0, 1], [1, 0]])
        np.testing.assert_allclose(way[[0, 2]], crow, atol=1e-12)
        steps = np.diff(way, axis=0)
        np.testing.assert_allclose(steps[0] @ steps[1], 0, atol=1e-12)
        length = np.linalg.norm(steps, axis=1).sum()
        assert ax.get_xlabel().startswith(f"L1 = {length:.2f}")
    l1, l2 = (line.get_ydata() for line in curve.lines)
    turns = np.deg2rad(curve.lines[0].get_xdata())
    np.testing.assert_allclose(l1, np.abs(np.cos(turns) - np.sin(turns)) + np.cos(turns) + np.sin(turns))
    np.testing.assert_allclose(l2, np.sqrt(2))
    assert "L1 between 1.41 and 2.00; L2 stays at 1.41" in fig._suptitle.get_text()


def test_turned_axes_turn_by_the_given_angle():
    fig = plots.turned_axes([0, 0], [2, 0], angle=30)
    way = fig.axes[1].lines[0].get_xydata()
    np.testing.assert_allclose(way[1], 2 * np.cos(np.pi / 6) * np.array([np.cos(np.pi / 6), 0.5]))
    assert fig.axes[1].get_xlabel() == "L1 = 2.73, L2 = 2.00"  # 2 cos 30° + 2 sin 30°
    assert "1st axis" in [text.get_text() for text in fig.axes[1].texts]


def test_smallest_solutions_solve_the_equation_and_touch_their_balls():
    x = np.array([1.0, 3.0])
    fig = plots.smallest_solutions(x)
    for ax, p, best in zip(fig.axes, (1, 2), ([0, 1 / 3], [0.1, 0.3]), strict=True):
        (dot,) = (line for line in ax.lines if line.get_marker() == "o")
        (solutions,) = (line for line in ax.lines if line.get_linestyle() == "--")
        (ball,) = (line for line in ax.lines if line.get_linewidth() == 2)
        np.testing.assert_allclose(np.ravel(dot.get_xydata()), best)
        np.testing.assert_allclose(solutions.get_xydata() @ x, 1)
        np.testing.assert_allclose(np.linalg.norm(ball.get_xydata(), p, axis=1), np.linalg.norm(best, p))
        assert (ball.get_xydata() @ x).max() <= 1 + 1e-12


def test_splits_keep_the_order_and_the_numbers():
    fig = FIGURES["data_splits"]()
    (ax,) = fig.axes
    numbers = [text.get_text() for text in ax.texts]
    assert numbers == ["49,000", "1,000", "10,000", "1,000", "49,000", "10,000"]
    bars = sorted((bar.get_y(), bar.get_x(), bar.get_width()) for bar in ax.patches)
    for row in (bars[:3], bars[3:]):
        np.testing.assert_allclose(sum(width for _, _, width in row), 1)
        np.testing.assert_allclose([x for _, x, _ in row[1:]], np.cumsum([w for _, _, w in row])[:2])
    assert fig.alt.startswith("last rows validate: 49,000 training, 1,000 validation, 10,000 test; first")


def test_histogram_counts_every_classifier_and_the_lines_stand_where_they_should():
    fig = FIGURES["chosen_on"]()
    (ax,) = fig.axes
    assert sum(bar.get_height() for bar in ax.patches) == 200
    assert [line.get_xdata()[0] for line in ax.lines] == [0.1, 0.125, 0.127, 0.098, 0.103]
    assert title(ax) == "The best of 200 guessers looks like 0.125; it is 0.100"
    edges = np.array([bar.get_x() * 1000 for bar in ax.patches])
    np.testing.assert_allclose(edges % 1, 0.5, atol=1e-6)  # between two whole numbers of images


def test_histogram_of_equal_accuracies_has_one_bar():
    fig = plots.chosen_on(np.full(7, 0.1), 10, expected_best=0.3, fresh=0.1, honest=0.1, true=0.1)
    assert [bar.get_height() for bar in fig.axes[0].patches] == [7]
