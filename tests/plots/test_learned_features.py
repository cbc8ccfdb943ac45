"""Patches as pictures, and the maps of a dictionary's answers."""

import numpy as np

from cs231n_lib.plots import learned_features as plots
from tests.figures import assert_readable

RNG = np.random.default_rng(0)


def test_patches_keep_zero_gray_and_reach_an_end():
    pictures = plots.patch_pictures(np.array([[0, 1.0, -2.0, 0], [0, 0, 0, 0]]), 2)
    np.testing.assert_allclose(pictures[0, :, :, 0], [[128, 191.5], [1, 128]])
    np.testing.assert_allclose(pictures[1], 128)


def test_each_row_of_the_dictionary_stands_above_its_map():
    atoms, maps = RNG.standard_normal((3, 108)), RNG.standard_normal((3, 27, 27))
    fig = plots.response_maps(RNG.integers(0, 256, (32, 32, 3)), atoms, maps, cut=14, size=6)
    assert_readable(fig)
    axes = np.array(fig.axes).reshape(2, 4)
    for column in (1, 2, 3):
        shown = axes[0, column].images[0].get_array()
        np.testing.assert_array_equal(shown, plots.patch_pictures(atoms, 6)[column - 1].round())
        np.testing.assert_array_equal(axes[1, column].images[0].get_array(), maps[column - 1])
        assert axes[1, column].lines[0].get_ydata()[0] == 13.5
