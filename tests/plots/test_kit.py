"""The usual figures: a reader finds each number at its place, can tell names apart and read every text."""

import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgba
from matplotlib.text import Text

from cs231n_lib import plots
from cs231n_lib.plots.kit import CYCLE
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
)  # fmt: skip

RNG = np.random.default_rng(0)
NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
IMAGES = RNG.integers(0, 256, (20, 8, 8, 3), dtype=np.uint8)
LONG = "A finding that takes so many words that it can't stand in a single line above a figure of this width"
POINTS, LABELS = RNG.standard_normal((30, 2)), np.arange(30) % 3
KS = [1, 3, 5, 8, 10, 12, 15, 20, 50, 100]


def nearest_mean(places):
    means = np.array([POINTS[LABELS == label].mean(axis=0) for label in range(3)])
    return np.linalg.norm(places[:, None] - means, axis=2).argmin(axis=1)


def typical(**more):
    look = {"xlabel": "k", "ylabel": "accuracy", "logx": True} | more
    return plots.curves(KS, {"one": np.sin(KS), "another one": np.cos(KS)}, **look)


FIGURES = {
    "curves": lambda: typical(title=LONG),
    "many curves": lambda: plots.curves(None, {name: RNG.random(40) for name in NAMES[:7]}, title=LONG),
    "everything on curves": lambda: typical(
        title=LONG, errors={"one": [0.2] * 10}, hlines={"chance": 0.1}, vlines={"here": 10}, legend="below",
        notes={"highest": (8, np.sin(8)), "lowest": (50, np.sin(50))}, texts={"slope 1": (1.5, 0.5)},
    ),
    "bars": lambda: plots.bars(
        {"one": 0.25, "scaled, cosine, weighted": 0.5}, title=LONG, vlines={"chance": 0.1}, xlabel="accuracy"
    ),
    "groups of bars": lambda: plots.bars(
        {"hog": {"moved": 0.1, "half the light": 1.0}, "pixels": {"moved": 0.9, "half the light": 0.95}},
        number="{:.0%}", xlabel="share",
    ),
    "upright bars": lambda: plots.bars({"a": -0.3, "b": 0.1}, upright=True, title="Two", ylabel="weight"),
    "histogram": lambda: plots.histogram(
        RNG.standard_normal(500), hatched=(-9, 0), vlines={"the margin": 1}, title=LONG, xlabel="gap"
    ),
    "matrix": lambda: plots.matrix(
        np.array([[0.1, np.nan], [0.35, 0.4]]), rows=[0.01, 0.1], columns=[1, 10], framed=[(1, 1)],
        title=LONG, xlabel="λ", ylabel="learning rate", bar="validation accuracy", numbers="{:.3f}",
    ),
    "large matrix": lambda: plots.matrix(RNG.random((50, 300)), title="Large", colors="gray", bar="distance"),
    "confusion matrix": lambda: plots.confusion_matrix(
        np.diag(range(10)) + np.eye(10, k=3, dtype=int), NAMES
    ),
    "plane": lambda: plots.plane(
        POINTS, LABELS, regions=nearest_mean, lines={"w · x = 1": ([1.0, 2.0], -1.0)}, names=NAMES[:3],
        title=LONG, xlabel="first", ylabel="second",
    ),
    "pictures": lambda: plots.pictures(
        {"first row": IMAGES[:10], "second row": IMAGES[10:]}, title=LONG, columns=NAMES,
        captions={"first row": NAMES, "second row": [f"{name}\n0.95" for name in NAMES]},
    ),
    "few pictures": lambda: plots.pictures(IMAGES[:2], title=LONG, captions=["image", "image + 100"]),
    "beside": lambda: plots.beside(typical(title=LONG), typical(hlines={"b": 0.5}), title=LONG, sharey=True),
    "four": lambda: plots.beside(
        typical(title="one"), plots.pictures(IMAGES[:5], captions=NAMES[:5]), FIGURES["plane"](),
        plots.matrix(np.eye(3), title=LONG), rows=2,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FIGURES)
def test_everything_can_be_read(name):
    assert_readable(FIGURES[name]())


# --- Curves


def test_curves_go_through_their_values():
    fig = plots.curves([1, 2, 4], {"a": [3, 1, 2], "own places": ([0, 5], [1, 2])})
    same_line(lines(fig.axes[0])["a"], [1, 2, 4], [3, 1, 2])
    same_line(lines(fig.axes[0])["own places"], [0, 5], [1, 2])
    assert legend(fig.axes[0]) == ["a", "own places"]
    same_line(lines(plots.curves(None, {"a": [3, 1, 2]}).axes[0])["a"], [0, 1, 2], [3, 1, 2])


def test_every_curve_differs_in_color_and_marker_and_its_neighbors_in_line_style():
    drawn = list(lines(plots.curves(None, {name: [1, 2, 3] for name in NAMES[:7]}).axes[0]).values())
    assert len({to_hex(line.get_color()) for line in drawn}) == 7
    assert len({line.get_marker() for line in drawn}) == 7
    styles = [line.get_linestyle() for line in drawn]
    assert all(first != second for first, second in zip(styles, styles[1:], strict=False))


def test_curves_of_many_points_have_no_markers_unless_asked():
    many = {"a": np.arange(100), "b": np.arange(100)}
    assert lines(plots.curves(None, many).axes[0])["a"].get_marker() in ("", "None")
    assert lines(plots.curves(None, many, markers=True).axes[0])["a"].get_marker() == "o"


def test_error_bars_and_bands_reach_up_and_down_as_far_as_they_say():
    fig = plots.curves([1, 2], {"a": [1.0, 2.0]}, errors={"a": [0.1, 0.2]}, bands={"gap": ([0, 1], 3)})
    ((_, _, (bars,)),) = fig.axes[0].containers
    np.testing.assert_allclose([segment[:, 1] for segment in bars.get_segments()], [[0.9, 1.1], [1.8, 2.2]])
    (band,) = (drawn for drawn in fig.axes[0].collections if drawn.get_label() == "gap")
    corners = band.get_paths()[0].vertices
    assert {(1.0, 0.0), (1.0, 3.0), (2.0, 1.0), (2.0, 3.0)} <= {tuple(corner) for corner in corners.tolist()}


def test_several_curves_of_one_name_are_one_entry_of_the_legend():
    folds = [[1, 2], [3, 4], [5, 6]]
    fig = plots.curves([1, 2], {"fold": folds, "mean": [3, 4]}, points=["fold"], faint=["fold"])
    assert legend(fig.axes[0]) == ["fold", "mean"]
    drawn = [line for line in fig.axes[0].lines if line.get_linestyle() == "None"]
    np.testing.assert_allclose([line.get_ydata() for line in drawn], folds)
    assert all(to_hex(line.get_color()) not in map(str.lower, CYCLE) for line in drawn)


def test_a_readers_style_wins():
    fig = plots.curves(None, {"a": [1, 2, 3]}, styles={"a": {"color": "red", "marker": "x"}})
    line = lines(fig.axes[0])["a"]
    assert to_hex(line.get_color()) == "#ff0000" and line.get_marker() == "x"


def test_a_logarithmic_axis_has_a_tick_at_each_place():
    ax = typical().axes[0]
    assert ax.get_xscale() == "log" and tick_labels(ax.xaxis) == [str(k) for k in KS]
    narrow = [int(text) for text in tick_labels(plots.beside(*[typical()] * 4).axes[0].xaxis)]
    assert set(narrow) < set(KS) and narrow[0] == 1  # only those that have room
    ax = typical(xticks={1: "few", 100: "many"}, yticks=[-1, 0]).axes[0]
    assert tick_labels(ax.xaxis) == ["few", "many"] and tick_labels(ax.yaxis) == ["−1", "0"]


def test_lines_across_carry_their_names_away_from_the_curve():
    places = np.linspace(0, 1, 50)
    fig = plots.curves(places, {"falls late": np.where(places < 0.6, 2.0, 1.04)}, hlines={"chance": 1.0})
    fig.draw_without_rendering()
    (name,) = (text for text in texts(fig) if text.get_text() == "chance")
    box = name.get_window_extent()
    curve = fig.axes[0].transData.transform(lines(fig.axes[0])["falls late"].get_xydata())
    assert not box.count_contains(curve)
    assert "line chance at 1" in fig.alt


def test_a_note_points_to_its_place_from_inside_the_axes():
    fig = plots.curves([1, 2, 3], {"a": [1, 5, 2]}, notes={"best": (2, 5)})
    fig.draw_without_rendering()
    (note,) = (text for text in texts(fig) if text.get_text() == "best")
    assert note.xy == (2, 5)
    below, above = fig.axes[0].transData.transform((2, 5))[1], fig.axes[0].bbox.y1
    words = Text.get_window_extent(note)  # without the arrow
    assert below < words.y0 < words.y1 <= above + 1


def test_alternative_text_of_curves_says_where_they_begin_end_turn_and_in_which_units():
    fig = plots.curves(
        [1, 7, 20], {"val": [0.15, 0.45, 0.3]}, title="7 is best", xlabel="k", ylabel="accuracy"
    )
    assert fig.alt == (
        "7 is best: accuracy against k; val from 0.15 at 1 to 0.3 at 20, highest 0.45 at 7"
    )  # fmt: skip
    assert plots.curves(None, {"a": [np.nan, np.inf]}).alt.endswith(
        "a from not finite at 0 to not finite at 1"
    )
    scattered = plots.curves([3, 1, 2], {"a": [1, 2, 0]}, points=["a"]).alt
    assert "3 points, 1 to 3 across and 0 to 2 up" in scattered


def test_alternative_text_can_be_extended_and_replaced():
    assert typical(title="T", alt="two waves").alt == "two waves"
    extended = typical(title="T", alt="two\nwaves; ...").alt
    assert extended.startswith("two waves; T: accuracy against k") and "\n" not in extended


@pytest.mark.parametrize(
    "wrong, message",
    [
        (lambda: plots.curves([1, 2], {"a": [1, 2, 3]}), "curve 'a' has 3 values, but x has 2"),
        (lambda: plots.curves(None, {}), "from 1 to 7 curves can be told apart, got 0"),
        (lambda: plots.curves(None, {i: [1] for i in range(8)}), "from 1 to 7 curves .* got 8"),
        (lambda: plots.curves(None, {"a": [1]}, faint=["b"]), "faint has 'b', which is none of 'a'"),
        (lambda: plots.curves(None, {"a": [1]}, errors={"a": [1, 2]}), r"errors\['a'\] must have 1 ent"),
        (lambda: plots.bars({"x": {"a": 1}, "y": {"b": 1}}), r"bars of kind 'y' must have the names \['a'\]"),
        (lambda: plots.bars({}), "must have the names"),
        (lambda: plots.bars({"a": 1}, labels=["x", "y"]), "labels must have 1 entries, got 2"),
        (lambda: plots.bars({"a": 1}, hatched=["b"]), "hatched has 'b'"),
        (lambda: plots.histogram([1, np.nan]), "values must be finite"),
        (lambda: plots.matrix([1, 2]), r"M must be a matrix of numbers, shape \(R, C\), got shape \(2,\)"),
        (lambda: plots.matrix(np.eye(2), rows=["a"]), "rows must have 2 entries, got 1"),
        (lambda: plots.matrix(np.eye(2), framed=[(0, 2)]), r"framed has \(0, 2\)"),
        (lambda: plots.matrix(np.eye(2), numbers=np.eye(3)), r"numbers must have the shape of M, \(2, 2\)"),
        (lambda: plots.plane(np.eye(3), [0, 1, 2]), r"points must have shape \(N, 2\), got \(3, 3\)"),
        (lambda: plots.plane(np.eye(2), [0, 1, 2]), "labels must have 2 entries, got 3"),
        (lambda: plots.plane(np.eye(2), [0, 1], sizes=[9]), "sizes must have 2 entries, got 1"),
        (lambda: plots.plane(np.eye(2), [0, 1], regions=lambda p: np.full(len(p), 5)), "regions has 5"),
        (lambda: plots.plane(np.ones((6, 2)), range(6)), "from 1 to 5 classes can be told apart, got 6"),
        (lambda: plots.pictures([]), "images must have at least one image"),
        (lambda: plots.pictures(IMAGES[:3], captions=["a"]), r"must fit rows of \[3\] images, got \[1\]"),
        (lambda: plots.pictures(IMAGES[:3], columns=["a"]), "columns must have 3 entries, got 1"),
        (lambda: plots.beside(typical()), "beside needs at least two figures, got 1"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_named(wrong, message):
    with pytest.raises(ValueError, match=message):
        wrong()


def test_an_unknown_keyword_is_refused():
    with pytest.raises(TypeError, match="xlable"):
        plots.curves(None, {"a": [1]}, xlable="k")


# --- Bars and histograms


def test_bars_are_as_long_as_their_values_and_carry_them():
    fig = plots.bars({"a": 0.25, "b": 0.5}, xlabel="accuracy", vlines={"chance": 0.1})
    ax = fig.axes[0]
    assert [bar.get_width() for bar in ax.patches] == [0.25, 0.5]
    assert tick_labels(ax.yaxis) == ["a", "b"]
    assert ax.yaxis_inverted()  # the first is on top
    assert {"0.250", "0.500", "chance"} <= {text.get_text().strip() for text in ax.texts}
    assert fig.alt == "accuracy: a 0.250; b 0.500; line chance at 0.1"


def test_many_bars_are_told_by_their_range():
    assert (
        plots.bars(dict(enumerate(range(30))), number=None, upright=True).alt
        == "values: 30 bars from 0 to 29"
    )


def test_groups_of_bars_stand_side_by_side_and_differ_in_hatching():
    fig = plots.bars({"P": {0: 0.7, 1: 0.3}, "Y": {0: 1, 1: 0}}, upright=True, number=None)
    first, second = fig.axes[0].containers
    assert [bar.get_height() for bar in second] == [1, 0]
    for left, right in zip(first, second, strict=True):
        assert left.get_x() + left.get_width() <= right.get_x() + 1e-9
        assert left.get_hatch() != right.get_hatch()
    assert legend(fig.axes[0]) == ["P", "Y"] and len(fig.axes[0].texts) == 0


def test_hatched_bars_are_hollow_and_labels_replace_numbers():
    labels = ["0.6 (new)", "0.5"]
    ax = plots.bars({"here": 0.6, "elsewhere": 0.5}, hatched=["elsewhere"], labels=labels).axes[0]
    here, elsewhere = ax.patches
    assert to_hex(elsewhere.get_facecolor()) == "#ffffff" and elsewhere.get_hatch()
    assert to_hex(here.get_facecolor()) != "#ffffff"
    assert [text.get_text() for text in ax.texts] == labels


def test_a_histogram_counts_every_value_once():
    values = np.array([-5.0, 0.1, 0.2, 0.9, 1.5, 7.0])
    fig = plots.histogram(values, bins=[0, 1, 2], hatched=(1, 2))
    assert sorted(bar.get_height() for bar in fig.axes[0].patches) == pytest.approx([2 / 6, 4 / 6])
    (apart,) = (bar for bar in fig.axes[0].patches if bar.get_hatch())
    assert apart.get_x() == 1 and apart.get_height() == pytest.approx(2 / 6)
    assert "hatched, from 1 to 2: 33%" in fig.alt and "median 0.55" in fig.alt


# --- Matrices


@pytest.mark.parametrize("colors", ["cividis", "gray", "signed", "viridis"])
def test_numbers_stand_in_their_cells_and_can_be_read(colors):
    M = np.linspace(-1, 1, 12).reshape(3, 4)
    ax = plots.matrix(M, numbers="{:.2f}", colors=colors).axes[0]
    assert_numbers_legible(ax)
    for text in ax.texts:
        j, i = stands_at(text)
        assert float(text.get_text().replace("−", "-")) == pytest.approx(M[int(i), int(j)], abs=0.006)


def test_a_cell_without_a_number_says_so_and_the_best_one_is_framed():
    M = np.array([[0.1, np.nan], [0.35, 0.3]])
    fig = plots.matrix(
        M, framed=[(1, 0)], rows=["a", "b"], columns=[1, 10], xlabel="λ", ylabel="rate", bar="accuracy"
    )
    ax = fig.axes[0]
    assert "diverged" in {text.get_text() for text in ax.texts if stands_at(text) == (1, 0)}
    (frame,) = ax.patches
    assert frame.get_x() < 0 < frame.get_x() + frame.get_width() and frame.get_y() > 0.5
    assert "lowest 0.1 at rate a, λ 1, highest 0.35 at rate b, λ 1; 1 diverged" in fig.alt


def test_a_number_that_rounds_to_0_has_no_sign():
    ax = plots.matrix([[-0.001, -0.5]], numbers="{:.1f}").axes[0]
    assert [text.get_text() for text in ax.texts] == ["0.0", "−0.5"]


def test_a_large_matrix_is_a_picture_without_numbers():
    ax = plots.matrix(RNG.random((30, 40))).axes[0]
    assert not ax.texts and ax.images[0].get_array().shape == (30, 40)


def test_a_small_matrix_is_told_number_by_number():
    assert plots.matrix([[1, 0], [0.25, -2]]).alt == "a matrix with the rows 1 0; 0.25 -2"


def test_a_confusion_matrix_reads_rows_as_true_classes():
    counts = np.diag([5, 5, 5])
    counts[0, 2] = 4
    fig = plots.confusion_matrix(counts, ["cat", "dog", "frog"])
    assert "cat taken for frog (4 times)" in fig.alt and "15 of 19 are right" in fig.alt
    np.testing.assert_allclose(fig.axes[0].images[0].get_array()[0], [5 / 9, 0, 4 / 9])
    assert {text.get_text() for text in fig.axes[0].texts if stands_at(text) == (2, 0)} == {"4"}
    assert_numbers_legible(fig.axes[0])


# --- The plane


def test_regions_have_the_color_of_their_classes_points():
    fig = plots.plane(POINTS, LABELS, regions=nearest_mean, names=NAMES[:3])
    ax = fig.axes[0]
    mesh, points = ax.collections[0], [c for c in ax.collections if len(c.get_offsets()) == 10]
    corners = mesh.get_coordinates()
    middle = (corners[:-1, :-1] + corners[1:, 1:]) / 2
    expected = nearest_mean(middle.reshape(-1, 2))
    colors = mesh.to_rgba(mesh.get_array()).reshape(-1, 4)[:, :3]
    for label, drawn in enumerate(points):
        np.testing.assert_allclose(drawn.get_offsets(), POINTS[LABELS == label])
        assert (colors[expected == label] == to_rgba(drawn.get_facecolor()[0])[:3]).all(axis=1).mean() > 0.97
    assert len({drawn.get_paths()[0].vertices.shape for drawn in points}) > 1  # markers differ
    wrong = np.sum(nearest_mean(POINTS) != LABELS)
    assert f"{wrong} of them lie in the region of another class" in fig.alt


def test_a_line_is_where_its_score_is_0():
    w, b = np.array([1.0, 2.0]), -1.0
    (line,) = plots.plane(POINTS, LABELS, lines={"w · x = 1": (w, b)}).axes[0].lines
    first, second = np.array(line.get_xy1()), np.array(line.get_xy2())
    assert w @ first + b == pytest.approx(0) and w @ second + b == pytest.approx(0)


# --- Pictures


def shown(fig):
    """For each drawn image where it is, (left, right, bottom, top), and its pixels."""
    return [(image.get_extent(), np.asarray(image.get_array())) for image in fig.axes[0].images]


def test_pictures_fill_rows_in_their_order():
    drawn = shown(plots.pictures(IMAGES[:5], per_row=3))
    for (_, pixels), image in zip(drawn, IMAGES[:5], strict=True):
        np.testing.assert_array_equal(pixels, image)
    lefts, tops = [place[0] for place, _ in drawn], [place[3] for place, _ in drawn]
    assert lefts[:3] == sorted(lefts[:3]) and lefts[3:] == lefts[:2]
    assert len(set(tops)) == 2 and tops[0] < tops[3]  # y counts downward


@pytest.mark.parametrize(
    "rows",
    [
        {"": IMAGES[:2], " ": IMAGES[2:4]},
        [list(IMAGES[:2]), list(IMAGES[2:4])],
        IMAGES[:4].reshape(2, 2, 8, 8, 3),
    ],
)  # fmt: skip
def test_rows_of_pictures_can_be_given_in_three_ways(rows):
    assert [place for place, _ in shown(plots.pictures(rows))] == [
        place for place, _ in shown(plots.pictures(IMAGES[:4], per_row=2))
    ]


def test_rows_may_be_short_and_places_empty():
    drawn = shown(plots.pictures({"a": [IMAGES[0], None, IMAGES[1]], "b": [IMAGES[2]]}))
    assert len(drawn) == 3 and drawn[1][0][0] > 2 and drawn[2][0][0] == 0


def test_a_picture_keeps_its_shape_and_numbers_beyond_a_byte_are_clipped():
    ((left, right, bottom, top), pixels), *_ = shown(plots.pictures([np.full((4, 8, 3), 300.0)]))
    assert (bottom - top) / (right - left) == pytest.approx(0.5)
    assert (pixels == 255).all()


def test_captions_stand_below_their_pictures_and_frames_tell_right_from_wrong():
    fig = plots.pictures([IMAGES[:3]], captions=[["query", "cat", "dog"]], frames=[[None, True, False]])
    ax = fig.axes[0]
    for (place, _), text in zip(shown(fig), ax.texts, strict=True):
        x, y = stands_at(text)
        assert place[0] < x < place[1] and y > place[2]
    right, wrong = ax.patches
    assert right.get_linestyle() != wrong.get_linestyle()
    assert to_hex(right.get_edgecolor()) != to_hex(wrong.get_edgecolor())
    assert to_hex(ax.texts[2].get_color()) == to_hex(wrong.get_edgecolor())
    assert "3 pictures; query, cat, dog" in fig.alt


def test_weights_become_images_without_the_bias():
    W = np.vstack([np.arange(24.0).reshape(12, 2), [[99, -99]]])
    images = plots.weights_as_images(W, shape=(2, 2, 3))
    np.testing.assert_allclose(images[0].ravel(), np.linspace(0, 255, 12))


# --- Panels beside each other


def test_panels_beside_each_other_draw_what_they_draw_alone():
    left, right = typical(title="left one", ylim=(-2, 2)), plots.bars({"a": 1.0})
    fig = plots.beside(left, right, title="Both")
    for ax, alone in zip(fig.axes, (left, right), strict=True):
        for line, single in zip(ax.lines, alone.axes[0].lines, strict=True):
            same_line(line, single.get_xdata(), single.get_ydata())
        assert ax.get_xlim() == alone.axes[0].get_xlim() and ax.get_ylim() == alone.axes[0].get_ylim()
    assert title(fig.axes[0]) == "left one" and fig.get_suptitle() == "Both"
    assert (
        fig.alt.startswith("Both: left: left one: accuracy against k") and "right: values: a 1.000" in fig.alt
    )


def test_a_shared_legend_stands_once_below():
    fig = plots.beside(typical(), typical())
    assert legend(fig) == ["one", "another one"] and all(ax.get_legend() is None for ax in fig.axes)
    apart = plots.beside(typical(), plots.curves(None, {"x": [1, 2], "y": [2, 3]}))
    assert not apart.legends and [legend(ax) for ax in apart.axes] == [["one", "another one"], ["x", "y"]]


def test_a_shared_axis_is_labeled_once():
    fig = plots.beside(typical(ylim=(0, 1)), typical(), sharey=True)
    assert fig.axes[0].get_ylabel() == "accuracy" and fig.axes[1].get_ylabel() == ""


def test_also_draws_more_alone_and_beside_others():
    marked = typical(also=lambda ax: ax.plot(1, 1, "r*", label="star"))
    assert "star" in lines(marked.axes[0]) and "star" in lines(plots.beside(marked, typical()).axes[0])


def test_only_panels_of_the_kit_stand_beside_each_other():
    two = plots.beside(typical(), typical())
    with pytest.raises(TypeError, match="beside needs figures of one panel .* number 1 is <Figure"):
        plots.beside(typical(), two)


def test_several_lines_with_names():
    fig = plots.curves(
        range(5), {"a": range(5)}, hlines={"low": 1, "high": 3}, vlines={"left": 1, "right": 3}
    )
    assert_readable(fig)
    assert {text.get_text().strip() for text in fig.axes[0].texts} == {"low", "high", "left", "right"}
