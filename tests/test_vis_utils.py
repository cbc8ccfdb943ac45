"""The course's grids of images: the same pixels as its own loops give, and nothing divided by zero."""

import math
import subprocess
import sys

import numpy as np
import pytest

from cs231n_lib.vis_utils import vis_grid, vis_nn, visualize_grid

RNG = np.random.default_rng(0)


def course_visualize_grid(Xs, ubound=255.0, padding=1):
    """The grid as the assignment lays it out: corners that are moved along, image by image."""
    N, H, W, C = Xs.shape
    side = int(math.ceil(math.sqrt(N)))
    grid = np.zeros((H * side + padding * (side - 1), W * side + padding * (side - 1), C))
    next_idx, y0, y1 = 0, 0, H
    for _ in range(side):
        x0, x1 = 0, W
        for _ in range(side):
            if next_idx < N:
                img = Xs[next_idx]
                low, high = np.min(img), np.max(img)
                grid[y0:y1, x0:x1] = ubound * (img - low) / (high - low)
                next_idx += 1
            x0, x1 = x0 + W + padding, x1 + W + padding
        y0, y1 = y0 + H + padding, y1 + H + padding
    return grid


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 9, 10])
@pytest.mark.parametrize(("ubound", "padding"), [(255.0, 1), (1.0, 3), (255.0, 0)])
def test_visualize_grid_is_the_courses(n, ubound, padding):
    Xs = RNG.standard_normal((n, 4, 6, 3))
    expected = course_visualize_grid(Xs, ubound, padding)
    grid = visualize_grid(Xs, ubound=ubound, padding=padding)
    assert grid.dtype == np.float64
    np.testing.assert_allclose(grid, expected, rtol=1e-12, atol=1e-12)


def test_visualize_grid_by_hand():
    Xs = np.array([[0, 10], [5, 3], [7, 9]], dtype=float).reshape(3, 1, 2, 1)
    expected = [[0, 255, 0, 255, 0], [0, 0, 0, 0, 0], [0, 255, 0, 0, 0]]
    np.testing.assert_array_equal(visualize_grid(Xs)[:, :, 0], expected)
    np.testing.assert_array_equal(visualize_grid(Xs, 1.0, 0)[:, :, 0], [[0, 1, 1, 0], [0, 1, 0, 0]])


def test_constant_images_are_black_and_not_nan():
    Xs = np.stack([np.full((2, 2, 3), 7.0), RNG.standard_normal((2, 2, 3))])
    grid = visualize_grid(Xs)
    assert not grid[:2, :2].any() and grid[:2, 3:].max() == 255
    assert not vis_grid(Xs[:1]).any()
    assert not vis_nn([[np.ones((2, 2, 3))]]).any()


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.float32])
def test_any_type_of_pixels_is_taken_and_left_alone(dtype):
    Xs = RNG.integers(-100 if dtype == np.int8 else 0, 100, (5, 3, 3, 3)).astype(dtype)
    before = Xs.copy()
    for show in (visualize_grid, vis_grid, lambda images: vis_nn([images])):
        np.testing.assert_allclose(show(Xs), show(Xs.astype(np.float64)), rtol=1e-14)
    np.testing.assert_array_equal(Xs, before)


def test_vis_grid_stretches_all_images_together():
    Xs = np.array([[2, 4], [6, 10], [3, 2]], dtype=float).reshape(3, 1, 2, 1)
    expected = [
        [0, 0.25, 0, 0.5, 1, 0],
        [0, 0, 0, 0, 0, 0],
        [0.125, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0],
    ]
    np.testing.assert_array_equal(vis_grid(Xs)[:, :, 0], expected)
    assert vis_grid(RNG.random((5, 2, 3, 1))).shape == (9, 12, 1)  # 3 a side, the last row without an image


def test_vis_nn_keeps_rows_and_has_lines_of_one():
    rows = [[np.full((1, 2, 1), float(10 * y + x)) for x in range(3)] for y in range(2)]
    values = np.array([[0, 0, 1, 1, 1, 1, 2, 2, 1], [1] * 9, [10, 10, 1, 11, 11, 1, 12, 12, 1], [1] * 9])
    np.testing.assert_allclose(vis_nn(rows)[:, :, 0], values / 12)
    np.testing.assert_array_equal(vis_nn(np.array(rows)), vis_nn(rows))


def test_wrong_images_are_named():
    for show in (visualize_grid, vis_grid):
        with pytest.raises(ValueError, match=r"Xs must have shape \(N, H, W, C\).*got shape \(4, 4, 3\)"):
            show(np.zeros((4, 4, 3)))
        with pytest.raises(ValueError, match="at least one entry"):
            show(np.zeros((0, 4, 4, 3)))
    for padding in (-1, 1.5):
        with pytest.raises(ValueError, match=f"padding must be an integer >= 0, got {padding}"):
            visualize_grid(np.zeros((1, 4, 4, 3)), padding=padding)
    image = np.zeros((2, 2, 3))
    for rows in ([], [[]], [[image], [image, image]], [[image, image[:1]]], [[image[0]]]):
        with pytest.raises(ValueError, match="rows must hold equally many images"):
            vis_nn(rows)


def test_nothing_but_numpy_is_imported():
    code = "import sys, cs231n_lib.vis_utils; print({'matplotlib', 'scipy'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "set()\n"


def test_underflow_is_no_error_whatever_numpy_is_set_to():
    images = np.array([1.0, 1e-310, 0, 1e-320]).reshape(1, 2, 2, 1)
    with np.errstate(all="raise"):
        for grid in (visualize_grid(images, ubound=1e-5), vis_grid(images), vis_nn([images, images])):
            assert np.isfinite(grid).all()
