"""Figures of several notebooks that are not yet made by the kit."""

import numpy as np
import pytest

from cs231n_lib.plots.evaluation import accuracy_bars, accuracy_curves, confusion_matrix
from cs231n_lib.plots.images import image_rows
from tests.figures import assert_readable

NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
IMAGES = np.random.default_rng(0).integers(0, 256, (16, 32, 32, 3), dtype=np.uint8)
CURVES = {"a name that is rather long": [0.1, 0.3, 0.2], "b": [0.2, 0.1, 0.3]}
LONG = "A title so long that it has to be broken into two lines"

FIGURES = {
    "image_rows": lambda: image_rows({"first": IMAGES[:8], "second row": IMAGES[8:]}, "A title", "a" * 30),
    "accuracy_curves": lambda: accuracy_curves([1, 5, 10], CURVES, "k", "A finding"),
    "accuracy_bars": lambda: accuracy_bars({"one": 0.25, "scaled, cosine, weighted": 0.5}, LONG),
    "confusion_matrix": lambda: confusion_matrix(np.diag(range(10)) + np.eye(10, k=3, dtype=int), NAMES),
}


@pytest.mark.parametrize("name", FIGURES)
def test_everything_can_be_read(name):
    assert_readable(FIGURES[name]())
