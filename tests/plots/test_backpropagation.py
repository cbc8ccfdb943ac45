"""The figures of the backpropagation notebook: what they say agrees with the data, nothing is cut off."""

import numpy as np
import pytest
from scipy.special import expit, softmax

from cs231n_lib.plots import backpropagation as plots
from tests.figures import assert_readable, legend, lines, same_line, title

P = softmax([0.3, -0.4, 1.1])
Y = np.array([1.0, 0.0, 0.0])
DEPTHS = [10, 100, 1000]
FIGURES = {
    "sigmoid_slope": plots.sigmoid_slope,
    "work_by_depth": lambda: plots.work_by_depth(DEPTHS, [20, 200, 2000], [65, 5150, 501500]),
    "product_shapes": lambda: plots.product_shapes(5, 7, 3),
    "score_gradient": lambda: plots.score_gradient(P, Y, (P - Y) / 5),
}


@pytest.mark.parametrize("name", FIGURES)
def test_is_readable(name):
    assert_readable(FIGURES[name]())


def test_sigmoid_and_its_slope():
    fig = plots.sigmoid_slope()
    (ax,) = fig.axes
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("input s", "value, slope")
    assert legend(ax) == ["σ(s)", "slope σ(1 − σ)"]
    value, slope = lines(ax).values()
    same_line(value, value.get_xdata(), expit(value.get_xdata()))
    same_line(slope, value.get_xdata(), expit(value.get_xdata()) * expit(-value.get_xdata()))
    assert slope.get_ydata().max() == 0.25 and "1/4 at s = 0" in fig.alt
    assert slope.get_ydata()[np.abs(slope.get_xdata()) > 4].max() < 0.02


def test_work_with_and_without_cache():
    fig = FIGURES["work_by_depth"]()
    (ax,) = fig.axes
    without, kept = lines(ax).values()
    same_line(kept, DEPTHS, [20, 200, 2000])
    same_line(without, DEPTHS, [65, 5150, 501500])
    assert "at 1000 gates 2,000 when values are kept and 501,500 when" in fig.alt


def test_rectangles_have_the_shapes_of_the_matrices():
    fig = plots.product_shapes(5, 7, 3)
    sizes = [(box.get_height(), box.get_width()) for box in fig.axes[0].patches]
    assert sizes == [(5, 3), (5, 7), (7, 3), (7, 3), (7, 5), (5, 3), (5, 7), (5, 3), (3, 7)]


def test_signs_keep_clear_of_the_letters_and_rectangles_beside_them():
    fig = plots.product_shapes(5, 7, 3)
    fig.draw_without_rendering()
    (ax,) = fig.axes
    signs = [text for text in ax.texts if text.get_text() in ("=", "·")]
    others = [artist for artist in [*ax.texts, *ax.patches] if artist not in signs]
    assert len(signs) == 6
    for sign in signs:
        place = sign.get_window_extent()
        for other in others:
            box = other.get_window_extent()
            if box.y0 < place.y1 and place.y0 < box.y1:
                assert box.x1 < place.x0 - 2 or box.x0 > place.x1 + 2, sign  # pixels


def test_gradient_of_the_scores():
    fig = FIGURES["score_gradient"]()
    left, right = fig.axes
    heights = [bar.get_height() for bar in left.patches]
    np.testing.assert_allclose(heights, [*P, *Y])
    np.testing.assert_allclose([bar.get_height() for bar in right.patches], (P - Y) / 5)
    assert (title(left), title(right)) == ("Where P and Y differ …", "… the gradient is (P − Y)/N")
    assert "true class 0" in fig.alt and f"{(P[0] - 1) / 5:.2f}" in fig.alt
