"""The figures of the features notebook draw and say what is in their data; nothing is cut off."""

import numpy as np
import pytest
from matplotlib.colors import hsv_to_rgb, to_hex

from cs231n_lib.plots import features as plots
from cs231n_lib.plots.style import ORANGE
from tests.figures import assert_readable, legend, lines, stands_at, title

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, size=(3, 32, 32, 3), dtype=np.uint8)
NAMES = ["airplane", "automobile", "bird"]
HUES = RNG.random((3, 32, 32))
HISTOGRAMS = np.array([[0.1, 0.2, 0.7, 0], [0.25, 0.25, 0.25, 0.25], [1, 0, 0, 0]])
GRAY_IMAGE = IMAGES[0].mean(axis=2)
GX, GY = RNG.normal(0, 20, size=(2, 32, 32))
THETA = np.rad2deg(np.arctan2(GY, GX)) + 90
CELL = np.array([0.0, 1, 5, 2, 0, 0, 1, 0.5, 0.5])
CELLS = RNG.random((3, 4, 4, 9))

FIGURES = {
    "hue_circle": plots.hue_circle,
    "hue_histograms": lambda: plots.hue_histograms(IMAGES, HUES, HISTOGRAMS, NAMES),
    "gradient_steps": lambda: plots.gradient_steps(IMAGES[0], GRAY_IMAGE, GX, GY, THETA),
    "cell_histogram": lambda: plots.cell_histogram(GRAY_IMAGE, np.hypot(GX, GY), THETA, (1, 2), CELL),
    "hog_glyphs": lambda: plots.hog_glyphs(IMAGES, CELLS, NAMES, "A find"),
}


def test_every_figure_is_drawn_here():
    public = {name for name, draw in vars(plots).items() if hasattr(draw, "__wrapped__")}
    assert set(FIGURES) == public


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_is_cut_off_and_no_two_texts_overlap(name):
    assert_readable(FIGURES[name]())


def test_hue_circle_moves_one_channel_in_each_sixth():
    fig = FIGURES["hue_circle"]()
    disk, curves = fig.axes
    assert list(lines(curves)) == legend(fig) == ["red", "green", "blue"]
    expected = {"red": [1, 1, 0, 0, 0, 1, 1], "green": [0, 1, 1, 1, 0, 0, 0], "blue": [0, 0, 0, 1, 1, 1, 0]}
    for name, values in expected.items():  # moved a little, so that none hides another
        np.testing.assert_allclose(lines(curves)[name].get_ydata(), values, atol=0.03)
        np.testing.assert_allclose(lines(curves)[name].get_xdata(), np.arange(7) / 6)
    colors = disk.images[0].get_array()
    assert disk.images[0].origin == "lower"
    np.testing.assert_allclose(colors[150, 297], [1, 0, 0], atol=0.03)  # red on the right, hue 0
    np.testing.assert_allclose(colors[150, 150], [1, 1, 1], atol=0.03)  # white in the middle
    top = colors[297, 150]  # a quarter turn: between yellow and green
    assert top[1] == 1 and 0.3 < top[0] < 0.7 and top[2] < 0.03
    assert (colors[0, 0] == 1).all()
    places = {text.get_text(): stands_at(text) for text in disk.texts if "/6" in text.get_text()}
    assert places["3/6"] == pytest.approx((-1.2, 0)) and places["1/6"][1] > 0 > places["5/6"][1]


def test_hue_histograms_show_image_hue_and_histogram():
    fig = FIGURES["hue_histograms"]()
    axes = np.array(fig.axes).reshape(3, 3)
    for i in range(3):
        np.testing.assert_array_equal(axes[0, i].images[0].get_array(), IMAGES[i])
        pure = hsv_to_rgb(np.stack([HUES[i], np.ones((32, 32)), np.ones((32, 32))], axis=-1))
        np.testing.assert_array_equal(axes[1, i].images[0].get_array(), np.round(255 * pure))
        assert [bar.get_height() for bar in axes[2, i].patches] == HISTOGRAMS[i].tolist()
        assert axes[2, i].get_ylim() == axes[2, 0].get_ylim()
    centers = hsv_to_rgb(np.stack([(np.arange(4) + 0.5) / 4, np.ones(4), np.ones(4)], axis=-1))
    assert [to_hex(bar.get_facecolor()) for bar in axes[2, 0].patches] == [to_hex(color) for color in centers]
    assert [title(ax) for ax in axes[0]] == NAMES
    assert fig.alt.endswith(
        "airplane bin 2 of 4 with 70%, automobile bin 0 of 4 with 25%, bird bin 0 of 4 with 100%"
    )


def test_gradient_steps_go_from_the_image_to_the_edges():
    fig = FIGURES["gradient_steps"]()
    panels = [ax for ax in fig.axes if title(ax)]
    assert [title(ax).split(",")[0] for ax in panels] == [
        "image", "brightness I", "gx", "gy", "magnitude m", "edge"
    ]  # fmt: skip
    for ax, plane in zip(panels[2:5], (GX, GY, np.hypot(GX, GY)), strict=True):
        np.testing.assert_allclose(ax.images[0].get_array(), plane)
    assert panels[2].images[0].get_clim() == panels[3].images[0].get_clim()  # one scale, 0 in its middle
    assert sum(panels[2].images[0].get_clim()) == 0
    colors = panels[5].images[0].get_array()
    strong = np.hypot(GX, GY) > np.quantile(np.hypot(GX, GY), 0.96)
    expected = hsv_to_rgb(np.stack([THETA % 180 / 180, np.ones((32, 32)), np.ones((32, 32))], axis=-1))
    np.testing.assert_allclose(colors[strong], expected[strong])
    quarter = np.sort(np.hypot(GX, GY).ravel())[-256:].sum() / np.hypot(GX, GY).sum()
    assert f"holds {quarter:.0%} of all gradients" in fig._suptitle.get_text()


def test_cell_histogram_frames_and_enlarges_the_cell():
    fig = FIGURES["cell_histogram"]()
    whole, zoom, bars = fig.axes
    frame = whole.patches[0]
    assert (frame.get_x(), frame.get_y(), frame.get_width()) == (15.5, 7.5, 8)
    assert to_hex(frame.get_edgecolor()) == ORANGE.lower()
    np.testing.assert_array_equal(zoom.images[0].get_array(), GRAY_IMAGE[8:16, 16:24])
    strokes = zoom.collections[0].get_segments()
    assert len(strokes) == 64
    magnitude, theta = np.hypot(GX, GY)[8:16, 16:24], np.deg2rad(THETA[8:16, 16:24])
    start, end = strokes[8 * 3 + 5]  # row 3, column 5
    np.testing.assert_allclose((start + end) / 2, [5, 3], atol=1e-9)
    length = 0.9 * magnitude[3, 5] / magnitude.max()
    np.testing.assert_allclose(end - start, length * np.array([np.cos(theta[3, 5]), np.sin(theta[3, 5])]))
    assert [bar.get_height() for bar in bars.patches] == CELL.tolist()
    assert fig._suptitle.get_text() == "64 gradients become 9 numbers; edges of 40° to 60° make 50%"


def test_hog_glyphs_draw_a_stroke_for_each_bin():
    fig = FIGURES["hog_glyphs"]()
    axes = np.array(fig.axes).reshape(2, 3)
    for image, cells, (above, below) in zip(IMAGES, CELLS, axes.T, strict=True):
        np.testing.assert_array_equal(above.images[0].get_array(), image)
        strokes = below.collections[0].get_segments()
        assert len(strokes) == 4 * 4 * 9
        start, end = strokes[(1 * 4 + 3) * 9 + 2]  # row 1, column 3, bin 2: 40 to 60 degrees
        np.testing.assert_allclose((start + end) / 2, [3, 1], atol=1e-9)
        length = 0.95 * np.sqrt(cells[1, 3, 2] / cells.max())
        angle = np.deg2rad(50)
        np.testing.assert_allclose(end - start, length * np.array([np.cos(angle), np.sin(angle)]))
        bottom, top = below.get_ylim()
        assert bottom > top  # y downward, as in the image
    assert [title(ax) for ax in axes[0]] == NAMES


def test_glyphs_of_an_empty_image_are_points():
    fig = plots.hog_glyphs(IMAGES[:1], np.zeros((1, 4, 4, 9)), NAMES[:1], "A find")
    assert all(np.ptp(stroke, axis=0).max() == 0 for stroke in fig.axes[1].collections[0].get_segments())
