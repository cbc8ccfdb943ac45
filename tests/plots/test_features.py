"""The figures of the features notebook draw and say what is in their data; nothing is cut off."""

import numpy as np
import pytest
from matplotlib.colors import hsv_to_rgb, to_hex

from cs231n_lib.plots import features as plots
from cs231n_lib.plots.style import BLUE, ORANGE
from tests.figures import assert_readable, legend, lines, same_line, stands_at, tick_labels, title

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, size=(3, 32, 32, 3), dtype=np.uint8)
NAMES = ["airplane", "automobile", "bird"]
SHARES = {"pixels": {"moved": 0.07, "dimmed": 0.98}, "HOG": {"moved": 0.0, "dimmed": 0.01}}
HUES = RNG.random((3, 32, 32))
HISTOGRAMS = np.array([[0.1, 0.2, 0.7, 0], [0.25, 0.25, 0.25, 0.25], [1, 0, 0, 0]])
GRAY_IMAGE = IMAGES[0].mean(axis=2)
GX, GY = RNG.normal(0, 20, size=(2, 32, 32))
THETA = np.rad2deg(np.arctan2(GY, GX)) + 90
CELL = np.array([0.0, 1, 5, 2, 0, 0, 1, 0.5, 0.5])
CELLS = RNG.random((3, 4, 4, 9))
EDGES = {"course": np.array([[0, 90, 0], [0, 0, 0.0]]), "mended": np.array([[0, 90, 0], [0, 90, 0.0]])}
DEGREES = np.arange(1, 181, 2.0)
HARD = np.eye(9)[(DEGREES // 20).astype(int)]
SOFT = np.maximum(0, 1 - np.abs((DEGREES[:, None] - 20 * np.arange(9) + 80) % 180 - 90) / 20)
JUMPS = {
    name: np.abs(np.diff(shares, axis=0)).sum(axis=1) for name, shares in [("hard", HARD), ("soft", SOFT)]
}
FACTORS = np.array([0.2, 0.6, 1.0])
CHANGES = {"pixels": np.array([0.4, 0.2, 0]), "HOG": np.array([0.8, 0.4, 0]), "blocks": np.array([0.1, 0, 0])}
MISTAKES = RNG.integers(0, 256, size=(9, 32, 32, 3), dtype=np.uint8)
TRUE, PREDICTED = np.array([0, 1, 2, 0, 1, 2, 2, 0, 1]), np.array([0, 2, 2, 1, 1, 1, 1, 1, 1])

FIGURES = {
    "changed_copies": lambda: plots.changed_copies(
        IMAGES, ["image", "moved", "other"], [0, 1.5, 1], "A find"
    ),
    "grouped_shares": lambda: plots.grouped_shares(SHARES, "share of images", "A find"),
    "hue_circle": plots.hue_circle,
    "hue_histograms": lambda: plots.hue_histograms(IMAGES, HUES, HISTOGRAMS, NAMES),
    "gradient_steps": lambda: plots.gradient_steps(IMAGES[0], GRAY_IMAGE, GX, GY, THETA),
    "cell_histogram": lambda: plots.cell_histogram(GRAY_IMAGE, np.hypot(GX, GY), THETA, (1, 2), CELL),
    "hog_glyphs": lambda: plots.hog_glyphs(IMAGES, CELLS, NAMES, "A find"),
    "mirrored_edges": lambda: plots.mirrored_edges(IMAGES[:2], EDGES),
    "soft_assignment": lambda: plots.soft_assignment(DEGREES, {"hard": HARD, "soft": SOFT}, JUMPS),
    "light_changes": lambda: plots.light_changes(IMAGES, ["a", "b", "c"], FACTORS, CHANGES, "A find"),
    "mistakes_by_prediction": lambda: plots.mistakes_by_prediction(MISTAKES, TRUE, PREDICTED, NAMES, 3),
}


def test_every_figure_is_drawn_here():
    public = {name for name, draw in vars(plots).items() if hasattr(draw, "__wrapped__")}
    assert set(FIGURES) == public


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_is_cut_off_and_no_two_texts_overlap(name):
    assert_readable(FIGURES[name]())


@pytest.mark.parametrize("name", ["changed_copies", "hog_glyphs", "light_changes"])
def test_the_given_title_is_shown(name):
    assert FIGURES[name]()._suptitle.get_text() == "A find"


def test_changed_copies_show_each_image_with_its_distance():
    fig = FIGURES["changed_copies"]()
    for ax, image in zip(fig.axes, IMAGES, strict=True):
        np.testing.assert_array_equal(ax.images[0].get_array(), image)
    assert [title(ax) for ax in fig.axes] == ["image", "moved", "other"]
    assert [ax.get_xlabel() for ax in fig.axes] == ["distance 0.00", "distance 1.50", "distance 1.00"]
    assert fig.alt.endswith(": image 0.00, moved 1.50, other 1.00")


def test_grouped_shares_has_one_bar_for_each_kind_and_row():
    fig = FIGURES["grouped_shares"]()
    ax = fig.axes[0]
    assert title(ax) == "A find" and ax.get_xlabel() == "share of images"
    assert tick_labels(ax.yaxis) == ["moved", "dimmed"] and legend(fig) == ["pixels", "HOG"]
    for container, (kind, values) in zip(ax.containers, SHARES.items(), strict=True):
        assert container.get_label() == kind
        assert [bar.get_width() for bar in container] == list(values.values())
        centers = [bar.get_y() + bar.get_height() / 2 for bar in container]
        assert [round(center) for center in centers] == [0, 1]  # each near its row
    assert [text.get_text().strip() for text in ax.texts] == ["7%", "98%", "0%", "1%"]
    bars = [bar for container in ax.containers for bar in container]
    for text, bar in zip(ax.texts, bars, strict=True):
        assert stands_at(text) == pytest.approx((bar.get_width(), bar.get_y() + bar.get_height() / 2))
    assert fig.alt == "share of images: pixels: moved 7%, dimmed 98%; HOG: moved 0%, dimmed 1%"


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


def test_mirrored_edges_say_which_kind_loses_one():
    fig = FIGURES["mirrored_edges"]()
    axes = np.array(fig.axes).reshape(2, 3)
    for row in range(2):
        for ax, values in zip(axes[row, 1:], EDGES.values(), strict=True):
            assert [bar.get_height() for bar in ax.patches] == values[row].tolist()
    assert [text.get_text() for text in axes[1, 1].texts] == ["nothing at all"] and not axes[1, 2].texts
    assert fig._suptitle.get_text() == "Mirror an edge, and course no longer counts it"
    assert fig.alt.endswith("course: 90.0 and 0.0; mended: 90.0 and 90.0")
    both = plots.mirrored_edges(IMAGES[:2], {"mended": EDGES["mended"]})
    assert both._suptitle.get_text() == "Both edges are counted"


def test_soft_assignment_shows_shares_and_changes():
    fig = FIGURES["soft_assignment"]()
    hard, soft, jumps = fig.axes
    for ax, shares in ((hard, HARD), (soft, SOFT)):
        for line, share in zip(ax.lines, shares.T, strict=True):
            same_line(line, DEGREES, share)
    assert list(lines(jumps)) == ["hard", "soft"]
    same_line(lines(jumps)["hard"], DEGREES[1:], JUMPS["hard"])
    assert jumps.get_ylim()[1] > 2 and title(jumps) == "change in a turn by 2°"
    assert fig.alt.endswith("hard 2.00, soft 0.20")


def test_light_changes_draw_one_curve_for_each_description():
    fig = FIGURES["light_changes"]()
    *pictures, curves = fig.axes
    assert [ax.get_xlabel() for ax in pictures] == ["a", "b", "c"]
    assert list(lines(curves)) == legend(curves) == list(CHANGES)
    for name, line in lines(curves).items():
        same_line(line, FACTORS, CHANGES[name])
    assert fig.alt.endswith("at a = 0.2: pixels 0.40, HOG 0.80, blocks 0.10")


def test_mistakes_stand_below_the_class_they_were_taken_for():
    fig = FIGURES["mistakes_by_prediction"]()
    ax = fig.axes[0]
    page = ax.images[0].get_array()
    assert tick_labels(ax.xaxis) == NAMES
    wrong_by_class = {0: [], 1: [3, 5, 6], 2: [1]}  # of four mistakes for class 1 the first three
    pitch_x, pitch_y = 35, 43
    for column, expected in wrong_by_class.items():
        for row in range(3):
            top, left = row * pitch_y, column * pitch_x + 1
            shown = page[top : top + 32, left : left + 32]
            if row < len(expected):
                np.testing.assert_array_equal(shown, MISTAKES[expected[row]])
            else:
                assert (shown == 255).all()  # fewer mistakes than places
    below = {(int(x // pitch_x), int(y // pitch_y)): text.get_text()
             for text in ax.texts for x, y in [stands_at(text)]}  # fmt: skip
    assert below == {(1, 0): "airplane", (1, 1): "bird", (1, 2): "bird", (2, 0): "automobile"}
    assert fig._suptitle.get_text() == "5 mistakes by predicted class; most, 4, were called automobile"
    assert fig.alt.endswith("mistakes: airplane 0, automobile 4, bird 1")


def test_a_classifier_without_mistakes_has_an_empty_page():
    fig = plots.mistakes_by_prediction(MISTAKES, TRUE, TRUE, NAMES)
    assert (fig.axes[0].images[0].get_array() == 255).all() and not fig.axes[0].texts
    assert fig._suptitle.get_text() == "No mistakes"
    assert fig.alt.endswith("mistakes: airplane 0, automobile 0, bird 0")


def test_bars_have_the_colors_of_the_palette():
    bars = FIGURES["mirrored_edges"]().axes[1].patches
    assert {to_hex(bar.get_facecolor()) for bar in bars} == {BLUE.lower()}
