"""The figures of the learned-features notebook agree with their data, and nothing is cut off."""

import numpy as np
import pytest

from cs231n_lib.plots import learned as plots
from tests.figures import assert_readable, lines, same_line

RNG = np.random.default_rng(0)
ROWS = RNG.standard_normal((23, 108))
SIGMA = np.diag(np.linspace(4, 0, 108) ** 2)
CODES = {
    "hard": np.eye(23)[4],
    "triangle": np.maximum(0, ROWS[:, 0] - ROWS[:, 0].mean()),
    "soft threshold": np.maximum(0, np.concatenate([ROWS[:, 0] - 0.25, -ROWS[:, 0] - 0.25])),
}
CURVES = {"soft threshold": [0.5, 0.6, 0.7], "triangle": [0.45, 0.5, 0.65], "hard": [0.4, 0.45, 0.5]}
WORK = {"stride 1": [4.0, 8.0, 16.0], "stride 2": [1.0, 2.0, 8.0]}

FIGURES = {
    "whitening": lambda: plots.whitening(SIGMA, np.eye(108)),
    "dictionaries": lambda: plots.dictionaries(
        {"with whitening": ROWS, "without whitening": ROWS[:7]}, 6, "A finding"
    ),
    "objective": lambda: plots.objective(np.array([40.0, 30.0, 25.5]), "A finding"),
    "codes_of_one_patch": lambda: plots.codes_of_one_patch(ROWS[:, 0], CODES),
    "response_maps": lambda: plots.response_maps(
        RNG.integers(0, 256, (32, 32, 3)), ROWS[:6], RNG.standard_normal((6, 27, 27)), 14, 6
    ),
    "accuracy_by_features": lambda: plots.accuracy_by_features(
        [50, 100, 400], CURVES, "A finding", {"triangle": {1600: 0.779, 4000: 0.796}, "hard": {1600: 0.686}}
    ),
    "accuracy_by_work": lambda: plots.accuracy_by_work(
        WORK,
        {"stride 1": [0.5, 0.55, 0.7], "stride 2": [0.4, 0.52, 0.66]},
        {"stride 1": [50, 100, 200], "stride 2": [50, 100, 400]},
    ),
    "methods": lambda: plots.methods(
        {"ridge": 0.725, "net": 0.76}, {"k-NN (02)": 0.546, "net (09)": 0.8}, "A finding"
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_is_cut_off_and_no_two_texts_overlap(name):
    assert_readable(FIGURES[name]())


def test_patches_keep_zero_gray_and_reach_an_end():
    pictures = plots.patch_pictures(np.array([[0, 1.0, -2.0, 0], [0, 0, 0, 0]]), 2)
    np.testing.assert_allclose(pictures[0, :, :, 0], [[128, 191.5], [1, 128]])
    np.testing.assert_allclose(pictures[1], 128)


def test_whitening_compares_the_strongest_with_the_median_direction():
    deviations = np.sort(np.linspace(4, 0, 108))[::-1]
    assert f"{deviations[0] / deviations[54]:.0f} to 1 before whitening, 1.0 to 1 after" in (
        FIGURES["whitening"]()._suptitle.get_text()
    )


def test_dictionary_rows_stand_in_reading_order():
    sheet = FIGURES["dictionaries"]().axes[0].images[0].get_array()
    assert sheet.shape == (3 * 7 - 1, 10 * 7 - 1, 3)
    expected = np.round(plots.patch_pictures(ROWS, 6)[12])
    np.testing.assert_array_equal(sheet[7:13, 14:20], expected)
    assert (sheet[6] == 255).all() and (sheet[14:20, 21:] == 255).all()


def test_codes_count_what_is_above_zero():
    fig = FIGURES["codes_of_one_patch"]()
    soft = np.count_nonzero(np.abs(ROWS[:, 0]) > 0.25)
    assert f"hard 1 of 23, triangle {np.count_nonzero(CODES['triangle'])} of 23" in fig.alt
    assert fig.alt.endswith(f"soft threshold {soft} of 46")
    np.testing.assert_array_equal(fig.axes[2].lines[1].get_ydata(), CODES["soft threshold"][23:])


def test_accuracies_and_published_ones_are_written():
    fig = FIGURES["accuracy_by_features"]()
    assert "triangle 0.45 to 0.65" in fig.alt and "published for hard: 0.686 with 1600" in fig.alt
    drawn = lines(fig.axes[0])
    same_line(drawn["triangle, published"], [1600, 4000], [0.779, 0.796])
    assert drawn["triangle, published"].get_color() == drawn["triangle"].get_color()
    assert "published" not in plots.accuracy_by_features([50, 100, 400], CURVES, "A finding").alt


def test_work_names_the_better_line_where_both_are():
    # both cover 4 to 8; in the middle, at 5.66, stride 1 has 0.525 and stride 2 has 0.625
    assert (
        FIGURES["accuracy_by_work"]().axes[0].get_title(loc="left").startswith("For the same work, stride 2")
    )


def test_bars_are_sorted_and_others_hatched():
    ax = FIGURES["methods"]().axes[0]
    assert [bar.get_width() for bar in ax.patches] == [0.546, 0.725, 0.76, 0.8]
    assert [bool(bar.get_hatch()) for bar in ax.patches] == [True, False, False, True]
