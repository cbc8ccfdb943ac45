"""Image features against the course's code, matplotlib, scikit-image, and edges and colors done by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import rgb_to_hsv
from scipy.ndimage import uniform_filter

from cs231n_lib.datasets import scenes10
from cs231n_lib.features import (
    color_histogram_hsv,
    color_histograms_hsv,
    course,
    extract_features,
    gradients,
    hog_feature,
    hog_features,
    hue_saturation_histograms,
    hue_saturation_value,
    opponent_color_statistics,
    oriented_gradients,
    rgb2gray,
)
from tests.test_course_names import run_as_course

SWITCHES = ["signed", "centered", "sqrt_gamma", "strongest_channel", "soft_bins", "soft_cells"]
BEST = dict.fromkeys([*SWITCHES, "block_normalization"], True) | {"cell_size": 4, "bins": 18}


def noise(n=20, height=32, width=32, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, height, width, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def scenes():
    return scenes10.generate(60, seed=5)[0]


# ---- the course's functions ----


def course_hog(image):
    """The course's code for a gray image, as it stands, with a running mean for the cells."""
    sx, sy = image.shape
    gx, gy = np.zeros(image.shape), np.zeros(image.shape)
    gx[:, :-1] = np.diff(image, n=1, axis=1)
    gy[:-1, :] = np.diff(image, n=1, axis=0)
    grad_mag = np.sqrt(gx**2 + gy**2)
    grad_ori = np.arctan2(gy, (gx + 1e-15)) * (180 / np.pi) + 90
    histogram = np.zeros((sx // 8, sy // 8, 9))
    for i in range(9):
        temp_ori = np.where(grad_ori < 180 / 9 * (i + 1), grad_ori, 0)
        temp_ori = np.where(grad_ori >= 180 / 9 * i, temp_ori, 0)
        temp_mag = np.where(temp_ori > 0, grad_mag, 0)
        histogram[:, :, i] = uniform_filter(temp_mag, size=(8, 8))[4::8, 4::8].T
    return histogram.ravel()


def course_hue_histogram(im, nbin=10, xmin=0, xmax=255, normalized=True):
    bins = np.linspace(xmin, xmax, nbin + 1)
    hsv = rgb_to_hsv(im / xmax) * xmax
    counts, edges = np.histogram(hsv[:, :, 0], bins=bins, density=normalized)
    return counts * np.diff(edges)


def test_hog_feature_has_the_course_s_values(scenes):
    for im in [*noise(), *scenes, *(noise() // 64 * 8), *noise(5, 64, 64)]:
        # The course takes np.dot, whose last digit depends on the processor; where a gradient is exactly
        # vertical, that digit decides on its bin.
        red, green, blue = np.moveaxis(im.astype(float), -1, 0)
        course_gray = 0.299 * red + 0.587 * green + 0.144 * blue
        np.testing.assert_allclose(hog_feature(im), course_hog(course_gray), atol=1e-13)
        np.testing.assert_allclose(hog_feature(course_gray), course_hog(course_gray), atol=1e-13)
    assert hog_feature(scenes[0]).shape == (144,) and hog_feature(scenes[0]).dtype == np.float64


@pytest.mark.parametrize(
    "arguments", [{}, {"nbin": 7}, {"nbin": 300}, {"normalized": False}, {"xmin": 60, "nbin": 4}]
)
def test_hue_histogram_has_the_course_s_values(arguments, scenes):
    images = np.concatenate([noise(), scenes[:20], noise() // 64 * 8])
    for im in images:
        np.testing.assert_array_equal(color_histogram_hsv(im, **arguments).shape, arguments.get("nbin", 10))
        expected = course_hue_histogram(im, **arguments)
        np.testing.assert_allclose(color_histogram_hsv(im, **arguments), expected, rtol=1e-14, atol=1e-15)
    one_by_one = [color_histogram_hsv(im, **arguments) for im in images]
    np.testing.assert_array_equal(color_histograms_hsv(images, **arguments), one_by_one)


def test_hue_histogram_of_colors_from_0_to_1(scenes):
    images = scenes[:5].astype(np.float64) / 255
    for im, row in zip(images, color_histograms_hsv(images, xmax=1.0), strict=True):
        np.testing.assert_allclose(row, course_hue_histogram(im, xmax=1.0), rtol=1e-14)
        assert row.sum() == pytest.approx(1, abs=1e-14)


def test_no_hue_in_the_range_is_no_division_by_zero():
    red = np.zeros((1, 4, 4, 3)) + [200, 0, 0]
    assert color_histograms_hsv(red, xmin=10).tolist() == [[0] * 10]


def test_gray_weights_add_up_to_1():
    assert rgb2gray(np.eye(3) * 1000).tolist() == [299, 587, 114]
    levels = np.arange(256)
    assert np.array_equal(rgb2gray(np.stack([levels] * 3, axis=-1)), levels)
    assert rgb2gray(np.full((2, 2, 3), 255, dtype=np.uint8)).tolist() == [[255, 255], [255, 255]]
    assert rgb2gray(np.array([10.0, 20.0, 30.0, 99.0])) == pytest.approx(2.99 + 11.74 + 3.42, abs=1e-13)


def test_extract_features_puts_functions_side_by_side(capsys):
    images = noise(2100, 8, 8)
    calls = [lambda im: im[0, 0].astype(float), lambda im: np.array([im.max()])]
    together = extract_features(images, calls, verbose=True)
    assert together.shape == (2100, 4) and together.dtype == np.float64
    np.testing.assert_array_equal(together[:, :3], images[:, 0, 0])
    np.testing.assert_array_equal(together[:, 3], images.max(axis=(1, 2, 3)))
    lines = [f"Done extracting features for {n} / 2100 images" for n in (1000, 2000)]
    assert capsys.readouterr().out.splitlines() == lines
    extract_features(images[:1000], calls)
    assert capsys.readouterr().out == ""


def test_extract_features_gives_images_of_one_channel_as_two_axes():
    gray = noise(3)[..., :1]
    one_by_one = [hog_feature(image[..., 0]) for image in gray]
    np.testing.assert_array_equal(extract_features(gray, [hog_feature]), one_by_one)


# ---- batches ----


@settings(deadline=None, max_examples=40, derandomize=True)
@given(
    n=st.integers(1, 40),
    height=st.integers(8, 41),
    width=st.integers(8, 41),
    levels=st.sampled_from([2, 5, 40, 256]),
    dtype=st.sampled_from([np.uint8, np.int64, np.float32, np.float64]),
    gray=st.booleans(),
    seed=st.integers(0, 100),
)
def test_batches_agree_with_one_by_one(n, height, width, levels, dtype, gray, seed):
    rng = np.random.default_rng(seed)
    shape = (n, height, width) if gray else (n, height, width, 3)
    images = (rng.integers(0, levels, shape) * (255 // (levels - 1))).astype(dtype)
    if dtype in (np.float32, np.float64):
        images = images * dtype(0.9) + rng.random(shape, dtype=dtype)
    before = images.copy()
    expected = [hog_feature(im) for im in images]
    np.testing.assert_allclose(hog_features(images), expected, rtol=0, atol=1e-9)
    assert hog_features(images).shape == (n, (height // 8) * (width // 8) * 9)
    if not gray:
        expected = [color_histogram_hsv(im) for im in images]
        np.testing.assert_array_equal(color_histograms_hsv(images), expected)
    np.testing.assert_array_equal(images, before)


def test_batched_hog_agrees_for_every_vertical_gradient():
    """Gradients with gx = 0 sit on the border of the course's bins, where round-off decides."""
    steps = np.arange(-255_000, 255_001, 120) / 1000
    images = np.zeros((len(steps), 8, 8))
    images[:, 4:] = steps[:, None, None]
    one_by_one = np.array([hog_feature(im) for im in images])
    np.testing.assert_allclose(hog_features(images), one_by_one, rtol=0, atol=1e-9)
    weak, strong = (abs(steps) > 0) & (abs(steps) < 1), abs(steps) > 10
    assert one_by_one[weak].sum(axis=1).min() > 0 and not one_by_one[strong].any()


def test_the_edges_of_the_bins_are_their_tangents():
    inner = course._bin_edges()[1:-1]
    np.testing.assert_allclose(inner, np.tan(np.deg2rad(20.0 * np.arange(1, 9) - 90)), rtol=1e-13)


@pytest.mark.parametrize(
    "batched",
    [
        hog_features,
        color_histograms_hsv,
        opponent_color_statistics,
        hue_saturation_histograms,
        oriented_gradients,
        lambda images: oriented_gradients(images, **BEST),
    ],
)
def test_rows_do_not_depend_on_their_neighbors(batched, scenes):
    together = batched(scenes)
    np.testing.assert_array_equal(batched(scenes[::-1]), together[::-1])
    np.testing.assert_array_equal(batched(scenes[37:38])[0], together[37])
    assert together.ndim == 2 and len(together) == 60


# ---- hue, saturation, value ----


def test_hue_saturation_value_agree_with_matplotlib():
    levels = np.array([0, 1, 2, 50, 51, 102, 153, 200, 254, 255])
    grid = np.stack(np.meshgrid(levels, levels, levels), axis=-1) / 255
    for rgb in (grid, noise(1)[0] / 255, np.random.default_rng(0).random((100, 3))):
        expected = rgb_to_hsv(rgb)
        for channel, name in enumerate(("hue", "saturation", "value")):
            ours = hue_saturation_value(rgb)[channel]
            np.testing.assert_array_equal(ours, expected[..., channel], err_msg=name)


@pytest.mark.parametrize(
    ("rgb", "hsv"),
    [
        ((255, 0, 0), (0, 1, 255)),
        ((0, 255, 0), (1 / 3, 1, 255)),
        ((0, 0, 255), (2 / 3, 1, 255)),
        ((200, 200, 100), (1 / 6, 0.5, 200)),
        ((100, 200, 200), (1 / 2, 0.5, 200)),
        ((200, 100, 200), (5 / 6, 0.5, 200)),
        ((200, 50, 125), (11 / 12, 0.75, 200)),
        ((7, 7, 7), (0, 0, 7)),
        ((0, 0, 0), (0, 0, 0)),
    ],
)
def test_known_colors(rgb, hsv):
    assert hue_saturation_value(np.array(rgb, dtype=np.uint8)) == pytest.approx(hsv, abs=1e-15)
    half = hue_saturation_value(np.array(rgb) / 2)
    assert half == pytest.approx((hsv[0], hsv[1], hsv[2] / 2), abs=1e-15)


# ---- better HOG ----


def step(degrees, size=32):
    """A straight edge through the middle: dark to light in the direction `degrees` (y downward)."""
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    across = x * np.cos(np.deg2rad(degrees)) + y * np.sin(np.deg2rad(degrees))
    return np.clip(128 + 20 * across, 28, 228)[None]


def total_by_bin(histograms, bins):
    return histograms.reshape(-1, bins).sum(axis=0)


@pytest.mark.parametrize("degrees", [-171, -133, -82, -44, -12, 3, 47, 77, 101, 160])
@pytest.mark.parametrize("centered", [False, True])
def test_an_edge_falls_into_the_bin_of_its_angle(degrees, centered):
    y, x = np.mgrid[:8, :8]
    inside = 300 + 20 * (x * np.cos(np.deg2rad(degrees)) + y * np.sin(np.deg2rad(degrees)))[None]
    for bins, signed in ((9, False), (18, True), (24, True), (6, False)):
        full = 360 if signed else 180
        histogram = total_by_bin(
            oriented_gradients(inside, bins=bins, signed=signed, centered=centered), bins
        )
        assert histogram.argmax() == int((degrees + 90) % full / full * bins)
    signed = total_by_bin(oriented_gradients(inside, bins=18, signed=True), 18)
    course = (degrees + 90) % 360 < 180
    assert (hog_feature(inside[0]).sum() > 0.5 * signed.sum()) == course


def test_the_course_s_hog_drops_half_the_directions_and_the_right_one_does_not():
    image = np.zeros((32, 32))
    image[:, 16:] = 100  # dark on the left
    mirrored = image[:, ::-1]
    # The step is in the last column of pixels of the second column of cells: 8 of its 64 gradients are 100.
    expected = np.zeros((4, 4, 9))  # columns of cells, rows of cells, bins
    expected[1, :, 4] = 100 * 8 / 64
    np.testing.assert_allclose(hog_feature(image), expected.ravel(), atol=1e-13)
    assert not hog_feature(mirrored).any()
    both = oriented_gradients(np.stack([image, mirrored])).reshape(2, 4, 4, 9)
    np.testing.assert_allclose(both[0], expected.transpose(1, 0, 2), atol=1e-6)
    np.testing.assert_array_equal(both[1], both[0])  # the step is in the same column of pixels
    signed = oriented_gradients(np.stack([image, mirrored]), bins=18, signed=True).reshape(2, 16, 18)
    assert signed.sum(axis=1).nonzero()[1].tolist() == [4, 13]  # 90 and 270 degrees


def test_without_switches_it_is_the_course_s_hog_of_the_image_and_its_negative():
    images = rgb2gray(noise(30))  # the course's own gray is another one
    images[:, :, -1] = 77  # the last column has only vertical gradients, which lie on the course's border
    images = np.delete(images, np.flatnonzero((np.diff(images, axis=2) == 0).any(axis=(1, 2))), 0)
    assert len(images) > 20
    course = (hog_features(images) + hog_features(255 - images)).reshape(-1, 4, 4, 9)
    ours = oriented_gradients(images).reshape(-1, 4, 4, 9)
    np.testing.assert_allclose(ours, course.transpose(0, 2, 1, 3), rtol=2e-6, atol=1e-4)


def plain_oriented_gradients(image, cell_size, bins, signed, soft_bins, soft_cells):
    """Centered gradients of a gray image, shared out pixel by pixel."""
    padded = np.pad(image, 1, mode="edge")
    gy = (padded[2:, 1:-1] - padded[:-2, 1:-1]) / 2
    gx = (padded[1:-1, 2:] - padded[1:-1, :-2]) / 2
    rows, columns = image.shape[0] // cell_size, image.shape[1] // cell_size
    histogram = np.zeros((rows, columns, bins))
    full = 360 if signed else 180

    def shares(place, soft):
        if not soft:
            return [(int(np.floor(place)), 1.0)]
        low = int(np.floor(place - 0.5))
        return [(low, 1 - (place - 0.5 - low)), (low + 1, place - 0.5 - low)]

    for y, x in np.ndindex(image.shape):
        place = (np.degrees(np.arctan2(gy[y, x], gx[y, x])) + 90) % full / full * bins
        for i, by_bin in shares(place, soft_bins):
            for row, by_row in shares((y + 0.5) / cell_size, soft_cells):
                for column, by_column in shares((x + 0.5) / cell_size, soft_cells):
                    if 0 <= row < rows and 0 <= column < columns:
                        share = np.hypot(gy[y, x], gx[y, x]) * by_bin * by_row * by_column
                        histogram[row, column, i % bins] += share / cell_size**2
    return histogram.ravel()


@pytest.mark.parametrize("soft_cells", [False, True])
@pytest.mark.parametrize("soft_bins", [False, True])
@pytest.mark.parametrize(
    ("shape", "cell_size", "bins", "signed"), [((13, 18), 4, 7, False), ((17, 11), 5, 12, True)]
)
def test_agrees_with_a_loop_over_pixels(shape, cell_size, bins, signed, soft_bins, soft_cells):
    images = np.random.default_rng(1).random((3, *shape)) * 255
    options = {"cell_size": cell_size, "bins": bins, "signed": signed}
    options |= {"soft_bins": soft_bins, "soft_cells": soft_cells}
    expected = [plain_oriented_gradients(image, **options) for image in images]
    ours = oriented_gradients(images, centered=True, **options)
    np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-4)
    assert ours.dtype == np.float32


@pytest.mark.oracle
def test_agrees_with_scikit_image_inside():
    reference = pytest.importorskip("skimage.feature").hog
    image = np.random.default_rng(2).random((48, 48)) * 255
    options = {"orientations": 18, "pixels_per_cell": (8, 8), "cells_per_block": (1, 1)}
    # Bins of 10 degrees: scikit-image counts from the direction of the gradient, 9 bins further on. It takes
    # no gradient at the border.
    padded = np.pad(image, 8, mode="symmetric")
    expected = reference(padded, **options, feature_vector=False, block_norm="L1")[1:-1, 1:-1, 0, 0]
    ours = oriented_gradients(image[None], bins=18, centered=True).reshape(6, 6, 18)[1:-1, 1:-1]
    ours = np.roll(ours / ours.sum(axis=2, keepdims=True), 9, axis=2)
    np.testing.assert_allclose(ours, expected[1:-1, 1:-1], atol=1e-5)


def test_block_normalization_by_hand():
    images = noise(4, 24, 32)
    cells = oriented_gradients(images).reshape(4, 3, 4, 9).astype(np.float64)
    blocks = oriented_gradients(images, block_normalization=True).reshape(4, 2, 3, 36)
    for n, row, column in np.ndindex(4, 2, 3):
        block = cells[n, row : row + 2, column : column + 2].ravel()
        block = np.minimum(block / np.sqrt(np.sum(block**2) + gradients.FLAT**2), 0.2)
        np.testing.assert_allclose(blocks[n, row, column], block / np.sqrt(np.sum(block**2)), rtol=1e-5)


@pytest.mark.parametrize("degrees", [0, 30, 90])
def test_one_edge_alone_is_clipped_and_blocks_have_length_1(degrees):
    blocks = oriented_gradients(step(degrees), centered=True, soft_bins=True, block_normalization=True)
    lengths = np.linalg.norm(blocks.reshape(9, 36), axis=1)
    assert lengths.max() == pytest.approx(1, abs=1e-6)
    flat = oriented_gradients(np.full((1, 32, 32), 90), block_normalization=True)
    assert not flat.any()


def test_soft_bins_share_in_proportion():
    ramp = np.mgrid[:8, :8][1] * 10.0
    histogram = oriented_gradients(ramp[None], soft_bins=True, centered=True)[0]
    assert histogram.nonzero()[0].tolist() == [4]  # 90 degrees is the center of bin 4
    y, x = np.mgrid[:24, :24] * 10.0
    diagonal = (x + y)[None]  # 45 + 90 = 135 degrees, a quarter of a bin beyond the center of bin 6
    hard, soft = (
        oriented_gradients(diagonal, soft_bins=soft, centered=True).reshape(3, 3, 9)[1, 1]
        for soft in (False, True)
    )
    length = 10 * 2**0.5
    np.testing.assert_allclose(hard, np.eye(9)[6] * length, rtol=1e-6)
    np.testing.assert_allclose(soft, (0.75 * np.eye(9)[6] + 0.25 * np.eye(9)[7]) * length, rtol=1e-5)


def test_the_strongest_channel_sees_an_edge_that_gray_does_not():
    image = np.zeros((1, 8, 8, 3))
    image[:, :, :4] = [0, 114, 0]
    image[:, :, 4:] = [0, 0, 587]
    assert not oriented_gradients(image).any()
    strongest = oriented_gradients(image, strongest_channel=True, bins=18, signed=True)[0]
    assert strongest.nonzero()[0].tolist() == [4]  # blue wins: dark to light
    assert strongest[4] == pytest.approx(587 / 8, rel=1e-6)


def test_each_switch_alone_changes_the_result_and_takes_every_input(scenes):
    off = oriented_gradients(scenes)
    for switch in [*SWITCHES, "block_normalization"]:
        on = oriented_gradients(scenes, **{switch: True})
        assert on.shape != off.shape or abs(on - off).max() > 0.01, switch
        np.testing.assert_allclose(
            oriented_gradients(scenes.astype(np.float64), **{switch: True}), on, atol=1e-4
        )
        gray = rgb2gray(scenes)
        assert oriented_gradients(gray, **{switch: True}).shape == on.shape
    assert oriented_gradients(scenes, **BEST).shape == (60, 7 * 7 * 4 * 18)


def test_brightness_and_contrast(scenes):
    dim = scenes // 4 + 60
    options = BEST | {"sqrt_gamma": False}
    np.testing.assert_allclose(
        oriented_gradients(dim + 90, **options), oriented_gradients(dim, **options), atol=1e-5
    )
    # Contrast scales the gradients; normalized blocks stay the same, where they are not nearly flat.
    np.testing.assert_allclose(
        oriented_gradients(4.0 * dim), 4 * oriented_gradients(dim), rtol=1e-4, atol=1e-4
    )
    strong, stronger = (oriented_gradients(s * dim, **options) for s in (2.0**13, 2.0**15))
    np.testing.assert_allclose(stronger, strong, atol=1e-5)


def test_square_root_gamma_keeps_black_and_white_and_lifts_the_dark():
    image = np.zeros((1, 8, 8))
    image[:, :, 4:] = 255
    both = [oriented_gradients(image, sqrt_gamma=gamma) for gamma in (False, True)]
    np.testing.assert_allclose(both[1], both[0], rtol=1e-6)
    quarter = oriented_gradients(image / 4, sqrt_gamma=True)
    np.testing.assert_allclose(quarter, both[0] / 2, rtol=1e-6)


def test_mirroring_the_image_mirrors_signed_and_centered_histograms(scenes):
    options = {"bins": 18, "signed": True, "centered": True, "soft_bins": True, "soft_cells": True}
    here = oriented_gradients(scenes, **options).reshape(60, 4, 4, 18)
    there = oriented_gradients(scenes[:, :, ::-1], **options).reshape(60, 4, 4, 18)
    # The direction d becomes 180 - d, the orientation d + 90 becomes 360 - (d + 90): bin i becomes 17 - i.
    np.testing.assert_allclose(there, here[:, :, ::-1, ::-1], atol=2e-3)


# ---- better color ----


def test_opponent_colors_by_hand():
    image = np.zeros((1, 4, 8, 3))
    image[:, :, :4] = [90, 30, 60]
    image[:, ::2, 4:] = [10, 20, 40]
    left, right = opponent_color_statistics(image, cell_size=4).reshape(2, 6)
    np.testing.assert_allclose(left, [60 / 2**0.5, 0, 180 / 3**0.5, 0, 0, 0], atol=1e-5)
    half = np.array([-10 / 2**0.5, -50 / 6**0.5, 70 / 3**0.5]) / 2  # half of the rows, the others black
    np.testing.assert_allclose(right, [*half, *abs(half)], rtol=1e-6)


def test_opponent_colors_of_other_sizes_are_numpy_s(scenes):
    images = scenes[:40, :30, :27]
    ours = opponent_color_statistics(images, cell_size=7).reshape(40, 4, 3, 6)
    rgb = images[11].astype(np.float64)[14:21, 7:14]
    red_green = (rgb[..., 0] - rgb[..., 1]) / np.sqrt(2)
    yellow_blue = (rgb[..., 0] + rgb[..., 1] - 2 * rgb[..., 2]) / np.sqrt(6)
    values = ours[11, 2, 1]
    np.testing.assert_allclose(values[:2], [red_green.mean(), yellow_blue.mean()], rtol=1e-5)
    np.testing.assert_allclose(values[3:5], [red_green.std(), yellow_blue.std()], rtol=1e-5)


def test_gray_light_changes_the_mean_brightness_alone(scenes):
    dim = scenes // 2
    before, after = (opponent_color_statistics(x).reshape(60, 16, 6) for x in (dim, dim + 100))
    np.testing.assert_allclose(after[..., 2] - before[..., 2], 100 * 3**0.5, rtol=1e-5)
    np.testing.assert_allclose(np.delete(after, 2, -1), np.delete(before, 2, -1), atol=1e-3)


def test_hue_saturation_histogram_is_numpy_s(scenes):
    whole = hue_saturation_histograms(scenes, 6, 3)
    by_cell = hue_saturation_histograms(scenes, 6, 3, cell_size=16).reshape(60, 2, 2, 18)
    for i in (0, 33, 59):
        hsv = rgb_to_hsv(scenes[i] / 255)
        for part, ours in ((hsv, whole[i]), (hsv[16:, :16], by_cell[i, 1, 0])):
            colors = part.reshape(-1, 3)[:, :2]
            expected = np.histogramdd(colors, bins=(6, 3), range=((0, 1), (0, 1)))[0]
            np.testing.assert_allclose(ours, expected.ravel() / len(colors), atol=1e-3)
    np.testing.assert_allclose(whole.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(by_cell.mean(axis=(1, 2)), whole, atol=1e-6)


def test_scaling_the_light_keeps_hue_and_saturation():
    colors = noise(10).astype(np.float64)
    for weaker in (0.5, 0.25):
        np.testing.assert_array_equal(
            hue_saturation_histograms(weaker * colors), hue_saturation_histograms(colors)
        )


# ---- bad input ----


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: hog_feature(np.zeros((7, 32, 3))), ValueError, r"im .* 8 x 8 pixels, .* \(7, 32, 3\)"),
        (
            lambda: hog_feature(np.zeros((32, 32, 4))),
            ValueError,
            r"im must have shape \(H, W, 3\) or \(H, W\)",
        ),
        (lambda: hog_feature(np.zeros(32)), ValueError, r"im must have shape .* got shape \(32,\)"),
        (lambda: hog_feature(np.full((8, 8), np.nan)), ValueError, "im must be finite, got nan"),
        (lambda: hog_features(np.zeros((32, 32, 3))), ValueError, r"images .*shape \(32, 32, 3\)"),
        (lambda: hog_features(np.zeros((0, 32, 32, 3))), ValueError, r"images .*shape \(0, 32, 32, 3\)"),
        (lambda: hog_features(np.zeros((1, 8, 8), complex)), TypeError, "images .* dtype complex128"),
        (lambda: hog_features([["a"]]), TypeError, "images must hold real numbers, .* <U1"),
        (lambda: color_histogram_hsv(np.zeros((4, 4))), ValueError, r"im must have shape \(H, W, 3\), got"),
        (
            lambda: color_histogram_hsv(np.full((4, 4, 3), 256)),
            ValueError,
            "im .* from 0 to 255, got 256 to 256",
        ),
        (
            lambda: color_histogram_hsv(np.full((4, 4, 3), -1)),
            ValueError,
            "im .* from 0 to 255, got -1 to -1",
        ),
        (lambda: color_histogram_hsv(noise(1)[0], nbin=0), ValueError, "nbin .* got 0"),
        (lambda: color_histograms_hsv(noise(1), 4, 9, 9), ValueError, "xmax must be a finite number > 9"),
        (lambda: color_histograms_hsv(noise(1), 4, -1), ValueError, "xmin .* >= 0, got -1"),
        (lambda: color_histograms_hsv(np.zeros((2, 4, 4))), ValueError, r"images .* shape \(N, H, W, 3\)"),
        (lambda: rgb2gray(np.zeros((4, 2))), ValueError, r"rgb .* \(\.\.\., 3\), got shape \(4, 2\)"),
        (lambda: rgb2gray(np.float64(3)), ValueError, r"rgb .* got shape \(\)"),
        (lambda: hue_saturation_value(np.zeros((4, 4))), ValueError, "rgb must have shape"),
        (lambda: hue_saturation_value(np.full(3, -0.5)), ValueError, "rgb .* got -0.5"),
        (lambda: oriented_gradients(noise(1), cell_size=0), ValueError, "cell_size .* got 0"),
        (lambda: oriented_gradients(noise(1), cell_size=33), ValueError, "images .* 33 x 33 pixels"),
        (lambda: oriented_gradients(noise(1), bins=9.0), ValueError, "bins .* an integer >= 1, got 9.0"),
        (
            lambda: oriented_gradients(noise(1, 15, 32), block_normalization=True),
            ValueError,
            r"at least 16 x 16 pixels, got shape \(1, 15, 32, 3\)",
        ),
        (
            lambda: oriented_gradients(-np.ones((1, 8, 8)), sqrt_gamma=True),
            ValueError,
            "images must hold numbers from 0",
        ),
        (lambda: opponent_color_statistics(noise(1), cell_size=-1), ValueError, "cell_size .* got -1"),
        (lambda: opponent_color_statistics(np.zeros((1, 8, 8))), ValueError, r"got shape \(1, 8, 8\)"),
        (lambda: hue_saturation_histograms(noise(1), hue_bins=True), ValueError, "hue_bins .* got True"),
        (lambda: hue_saturation_histograms(noise(1), 5, 0), ValueError, "saturation_bins .* got 0"),
        (lambda: hue_saturation_histograms(noise(1), cell_size=0), ValueError, "cell_size .* got 0"),
        (lambda: hue_saturation_histograms(noise(1), cell_size=64), ValueError, "64 x 64 pixels"),
        (lambda: extract_features(noise(1)[:0], [hog_feature]), ValueError, r"imgs .* \(0, 32, 32, 3\)"),
        (lambda: extract_features(np.zeros((8, 8)), [hog_feature]), ValueError, r"imgs .* shape \(8, 8\)"),
        (lambda: extract_features(noise(2), []), ValueError, "feature_fns must hold at least one function"),
        (lambda: extract_features(noise(2), [lambda im: im]), ValueError, r"feature_fns\[0\] .* a 1-D array"),
        (
            lambda: extract_features(noise(2), [lambda im: np.zeros(1 + im[0, 0, 0])]),
            ValueError,
            r"feature_fns\[0\] must return shape .* as for image 0, got shape .* for image 1",
        ),
    ],
)
def test_bad_input_is_refused_by_name(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_integers_do_not_wrap():
    """uint8 subtracts modulo 256; small signed integers overflow in products."""
    images = noise(5)
    for dtype in (np.int16, np.uint16, np.int64, np.float32):
        np.testing.assert_array_equal(hog_features(images.astype(dtype)), hog_features(images))
        np.testing.assert_array_equal(oriented_gradients(images.astype(dtype)), oriented_gradients(images))
        np.testing.assert_array_equal(
            opponent_color_statistics(images.astype(dtype)), opponent_color_statistics(images)
        )
        np.testing.assert_array_equal(
            hue_saturation_histograms(images.astype(dtype)), hue_saturation_histograms(images)
        )


# ---- the assignment's notebook ----


def test_the_editions_features_notebook(tmp_path):
    code = """
        import numpy as np
        from cs231n.features import color_histogram_hsv, hog_feature
        from cs231n.features import *
        from cs231n.classifiers.linear_classifier import LinearSVM, Softmax
        np.random.seed(0)
        def some(n):
            y = np.arange(n) % 3
            X = np.random.randint(0, 100, (n, 32, 32, 3)).astype(float)
            X[..., 0] += 100 * (y == 1)[:, None, None]
            X[:, :, ::4] += 50 * (y == 2)[:, None, None, None]
            return X, y
        (X_train, y_train), (X_val, y_val), (X_test, y_test) = some(1002), some(60), some(60)

        num_color_bins = 10
        feature_fns = [hog_feature, lambda img: color_histogram_hsv(img, nbin=num_color_bins)]
        X_train_feats = extract_features(X_train, feature_fns, verbose=True)
        X_val_feats = extract_features(X_val, feature_fns)
        X_test_feats = extract_features(X_test, feature_fns)
        mean_feat = np.mean(X_train_feats, axis=0, keepdims=True)
        X_train_feats -= mean_feat
        X_val_feats -= mean_feat
        X_test_feats -= mean_feat
        std_feat = np.std(X_train_feats, axis=0, keepdims=True) + 1e-9
        X_train_feats /= std_feat
        X_val_feats /= std_feat
        X_test_feats /= std_feat
        X_train_feats = np.hstack([X_train_feats, np.ones((X_train_feats.shape[0], 1))])
        X_val_feats = np.hstack([X_val_feats, np.ones((X_val_feats.shape[0], 1))])
        assert X_train_feats.shape == (1002, 155)
        for classifier in (LinearSVM(), Softmax()):
            classifier.train(X_train_feats, y_train, learning_rate=1e-3, reg=1e-3, num_iters=200)
            assert np.mean(classifier.predict(X_val_feats) == y_val) > 0.9

        X_train_feats, X_val_feats = X_train_feats[:, :-1], X_val_feats[:, :-1]
        from cs231n.classifiers.neural_net import TwoLayerNet
        net = TwoLayerNet(X_train_feats.shape[1], 20, 3)
        net.train(X_train_feats, y_train, X_val_feats, y_val, learning_rate=0.5, num_iters=200)
        assert (net.predict(X_val_feats) == y_val).mean() > 0.9
        from cs231n.classifiers.fc_net import TwoLayerNet
        from cs231n.solver import Solver
        data = {"X_train": X_train_feats, "y_train": y_train, "X_val": X_val_feats, "y_val": y_val}
        net = TwoLayerNet(X_train_feats.shape[1], 20, 3)
        Solver(net, data, optim_config={"learning_rate": 0.1}, num_epochs=10, verbose=False).train()
        assert np.mean(np.argmax(net.loss(X_test_feats), axis=1) == y_test) > 0.9
    """
    assert run_as_course(code, tmp_path) == "Done extracting features for 1000 / 1002 images\n"
