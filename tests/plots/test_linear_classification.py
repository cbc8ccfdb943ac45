"""The figures of the linear classification notebook agree with their data, and nothing is cut off."""

import numpy as np
import pytest

from cs231n_lib.plots import linear_classification as plots
from tests.figures import assert_readable

RNG = np.random.default_rng(0)
POINTS = RNG.standard_normal((60, 2))
W2, B2 = np.array([[1.0, -1.0, 0.2], [0.5, 0.4, -1.0]]), np.array([0.1, 0.0, -0.2])
LABELS = (POINTS @ W2 + B2).argmax(axis=1)
H = np.array([[1.0, 0.35], [0.35, 0.6]])

FIGURES = {
    "linear_regions": lambda: plots.linear_regions(
        POINTS,
        LABELS,
        {"learned": (W2, B2), "w of class 0 turned by 60°": (W2, B2 + 1), "shifted": (W2, B2 - [9, 0, 0])},
        "W turns the lines, b shifts them",
    ),
    "penalty_balls": lambda: plots.penalty_balls(
        [1.9, 1.0], H, np.array([1.0, 0.0]), np.array([0.88, 0.475])
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_is_cut_off_and_no_two_texts_overlap(name):
    assert_readable(FIGURES[name]())


def test_lines_are_where_the_score_is_zero_and_arrows_point_to_its_positive_side():
    fig = plots.linear_regions(POINTS, LABELS, {"only": (W2, B2)}, "A finding")
    ax = fig.axes[0]
    assert ax.get_title(loc="center").endswith("accuracy 1.00")
    for c, line in enumerate(ax.lines):
        np.testing.assert_allclose(line.get_xydata() @ W2[:, c] + B2[c], 0, atol=1e-12)
    arrows = [text for text in ax.texts if hasattr(text, "arrow_patch")]
    for c, arrow in enumerate(arrows):
        assert np.dot(arrow.xy, W2[:, c]) + B2[c] > 0
        np.testing.assert_allclose(np.dot(arrow.get_position(), W2[:, c]) + B2[c], 0, atol=1e-12)
    assert len(arrows) == 3


def test_regions_agree_with_the_scores():
    fig = plots.linear_regions(POINTS, LABELS, {"only": (W2, B2)}, "A finding")
    mesh = fig.axes[0].collections[0]
    side = np.linspace(*fig.axes[0].get_xlim(), 240)
    places = np.stack(np.meshgrid(side, side), axis=-1)
    np.testing.assert_array_equal(np.ravel(mesh.get_array()), (places @ W2 + B2).argmax(axis=2).ravel())


def test_balls_reach_the_touching_points():
    fig = FIGURES["penalty_balls"]()
    diamond, circle = (ax.lines[0].get_xydata() for ax in fig.axes)
    np.testing.assert_allclose(np.abs(diamond).sum(axis=1), 1)
    np.testing.assert_allclose(np.linalg.norm(circle, axis=1), np.hypot(0.88, 0.475))
