"""The figures of the linear classification notebook agree with their data, and nothing is cut off."""

import numpy as np
import pytest

from cs231n_lib.plots import linear as plots
from tests.figures import assert_readable

RNG = np.random.default_rng(0)
X4 = np.array([3, 1, 2, 0])
W4 = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
POINTS = RNG.standard_normal((60, 2))
W2, B2 = np.array([[1.0, -1.0, 0.2], [0.5, 0.4, -1.0]]), np.array([0.1, 0.0, -0.2])
LABELS = (POINTS @ W2 + B2).argmax(axis=1)
GRID = np.linspace(-1, 1, 50)
H = np.array([[1.0, 0.35], [0.35, 0.6]])

FIGURES = {
    "tiny_example": lambda: plots.tiny_example(X4, W4, np.array([1, 0, 2]), ["top", "left", "diagonal"]),
    "linear_regions": lambda: plots.linear_regions(
        POINTS,
        LABELS,
        {"learned": (W2, B2), "w of class 0 turned by 60°": (W2, B2 + 1), "shifted": (W2, B2 - [9, 0, 0])},
        "W turns the lines, b shifts them",
    ),
    "failures": lambda: plots.failures(
        {"XOR": (POINTS, (POINTS.prod(axis=1) < 0).astype(int), W2[:, :2], B2[:2])}
    ),
    "polynomial_fits": lambda: plots.polynomial_fits(
        GRID[::5], GRID[::5], GRID, GRID, {"degree 1": GRID + 0.25, "degree 14": 100 * GRID}, "A finding"
    ),
    "training_and_validation": lambda: plots.training_and_validation(
        [0.1, 1, 10], [0.01, 0.05, 0.5], [400.0, 0.125, 0.6], "A finding", "λ", log_x=True, floor=0.06
    ),
    "penalty_balls": lambda: plots.penalty_balls(
        [1.9, 1.0], H, np.array([1.0, 0.0]), np.array([0.88, 0.475])
    ),
    "shrinkage": lambda: plots.shrinkage(
        np.linspace(-3, 3, 61),
        np.sign(np.linspace(-3, 3, 61)) * np.maximum(abs(np.linspace(-3, 3, 61)) - 1, 0),
        np.linspace(-3, 3, 61) / 2,
    ),
    "weight_stems": lambda: plots.weight_stems(
        {"true weights": np.array([0, 1, 0, -2.0]), "L2": np.array([0.1, 0.8, 0.1, -1.5])}, "A finding"
    ),
    "losses_against_scale": lambda: plots.losses_against_scale(
        2.0 ** np.arange(-4, 3),
        {"hinge,\nright answers": np.linspace(8, 1, 7), "all": np.array([5, 4, 3, 2, 1, 2, 3.0])},
        "A finding",
        smallest="all",
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_is_cut_off_and_no_two_texts_overlap(name):
    assert_readable(FIGURES[name]())


def test_tiny_example_writes_the_scores():
    fig = FIGURES["tiny_example"]()
    assert fig.alt.endswith("top 3, left 4, diagonal 2")
    assert "left" in fig._suptitle.get_text()
    assert fig.axes[1].get_xlabel() == "x · w + b = 2 + 1 = 3"


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


def test_failures_write_the_accuracy():
    labels = np.array([0, 0, 1, 1])
    corners = np.array([[1, 1], [-1, -1], [1, -1], [-1, 1.0]])
    fig = plots.failures({"XOR": (corners, labels, np.array([[0, 1.0], [0, 0]]), np.zeros(2))})
    assert "XOR accuracy 0.50" in fig.alt


def test_polynomials_write_the_distance_from_the_truth():
    assert FIGURES["polynomial_fits"]().alt.endswith(
        "degree 1, largest distance from the truth 0.25; degree 14, largest distance from the truth above 10"
    )


def test_validation_names_the_best():
    alt = FIGURES["training_and_validation"]().alt
    assert "the validation error is smallest, 0.125, at 1; at 0.1 it is above 10, at 10 0.6" in alt


def test_round_off_sets_no_scale():
    limits = {
        plots.training_and_validation([1, 2, 3], [0.5, 0.1, zero], [0.4, 0.2, 3.0], "A finding", "degree")
        .axes[0]
        .get_ylim()
        for zero in (0.0, 1e-29, 1e-27)
    }
    assert limits == {(0.05, 6.0)}


def test_stems_count_the_zeros():
    fig = FIGURES["weight_stems"]()
    assert "true weights: 2 of 4 are 0, sum of sizes 3.00" in fig.alt and "L2: 0 of 4 are 0" in fig.alt
    assert fig.axes[0].get_title(loc="left") == "true weights: 2 of 4 weights are 0"


def test_balls_reach_the_touching_points():
    fig = FIGURES["penalty_balls"]()
    diamond, circle = (ax.lines[0].get_xydata() for ax in fig.axes)
    np.testing.assert_allclose(np.abs(diamond).sum(axis=1), 1)
    np.testing.assert_allclose(np.linalg.norm(circle, axis=1), np.hypot(0.88, 0.475))


def test_shrinkage_and_scale_are_read_from_the_data():
    assert "L1 gives 0 for weights up to 1 and subtracts 1 beyond; L2 multiplies every weight by 0.5" in (
        FIGURES["shrinkage"]().alt
    )
    assert "all is smallest at scale 1;" in FIGURES["losses_against_scale"]().alt
