"""The figures of the k-NN notebook: what they say agrees with the data, and nothing is cut off."""

import base64
import io

import matplotlib
import numpy as np
import pytest
from matplotlib.text import Text
from PIL import Image

from cs231n_lib import plots
from cs231n_lib.plots.figure import figure, new_figure

NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (60, 32, 32, 3), dtype=np.uint8)
LABELS = np.arange(60) % 10
POINTS = RNG.standard_normal((30, 2))
SIDE = np.linspace(-2, 2, 20)

FIGURES = {
    "class_samples": lambda: plots.class_samples(IMAGES, LABELS, NAMES, per_class=5),
    "image_rows": lambda: plots.image_rows(
        {"first": IMAGES[:8], "second row": IMAGES[8:16]}, "A title", "alt"
    ),
    "neighbors": lambda: plots.neighbors(
        IMAGES[:3], LABELS[:3], IMAGES[:21].reshape(3, 7, 32, 32, 3), LABELS[:21].reshape(3, 7), NAMES
    ),
    "cross_validation": lambda: plots.cross_validation([1, 3, 5, 100], RNG.random((5, 4))),
    "accuracy_curves": lambda: plots.accuracy_curves(
        [1, 5, 10], {"a name that is rather long": [0.1, 0.3, 0.2], "b": [0.2, 0.1, 0.3]}, "k", "A finding"
    ),
    "accuracy_bars": lambda: plots.accuracy_bars(
        {"one": 0.25, "scaled, cosine, weighted": 0.5},
        "A title so long that it has to be broken into two lines",
    ),
    "confusion_matrix": lambda: plots.confusion_matrix(
        np.diag(np.arange(10)) + np.eye(10, k=3, dtype=int), NAMES
    ),
    "distance_matrix": lambda: plots.distance_matrix(RNG.random((50, 300))),
    "equal_distances": lambda: plots.equal_distances(
        list(IMAGES[:4]), ["original", "moved by 2 pixels", "darker", "partly hidden"], [0, 5, 5, 5]
    ),
    "decision_regions": lambda: plots.decision_regions(
        POINTS, np.arange(30) % 3, (SIDE, SIDE), {k: RNG.integers(3, size=(20, 20)) for k in (1, 5, 25)}
    ),
    "vote_ties": lambda: plots.vote_ties(np.arange(1, 6), RNG.random(5), 4 * RNG.random(5), true_mean=4.5),
    "pruning": lambda: plots.pruning(np.linspace(1, 8, 99), np.linspace(2, 9, 99), limit=3.0),
    "variances": lambda: plots.variances(np.geomspace(1e6, 10, 512), kept=128),
}


def test_every_public_figure_is_drawn_here():
    assert set(FIGURES) == set(plots.__all__)


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_is_cut_off(name):
    fig = FIGURES[name]()
    assert len(fig.alt) > 2
    picture = Image.open(io.BytesIO(fig.png())).convert("RGB")
    assert np.asarray(picture)[0, 0].tolist() == [255, 255, 255]
    fig.draw_without_rendering()
    for text in visible_texts(fig):
        box = text.get_window_extent()
        assert box.x0 >= -1 and box.y0 >= -1, text
        assert box.x1 <= fig.bbox.x1 + 1 and box.y1 <= fig.bbox.y1 + 1, text


@pytest.mark.parametrize("name", FIGURES)
def test_no_two_titles_or_labels_overlap(name):
    fig = FIGURES[name]()
    fig.draw_without_rendering()
    boxes = [(text.get_text(), text.get_window_extent()) for text in visible_texts(fig)]
    for number, (a, first) in enumerate(boxes):
        for b, second in boxes[:number]:
            width = min(first.x1, second.x1) - max(first.x0, second.x0)
            height = min(first.y1, second.y1) - max(first.y0, second.y0)
            assert width < 2 or height < 2, (a, b)


def visible_texts(fig) -> list[Text]:
    found = fig.findobj(lambda artist: isinstance(artist, Text) and artist.get_visible())
    ticks = {
        label for ax in fig.axes for axis in (ax.xaxis, ax.yaxis) for label in axis.get_majorticklabels()
    }
    ticks |= {
        label for ax in fig.axes for axis in (ax.xaxis, ax.yaxis) for label in axis.get_minorticklabels()
    }
    return [text for text in found if text.get_text().strip() and text not in ticks]


def test_cross_validation_names_the_best_k():
    scores = np.array([[0.1, 0.5, 0.3], [0.2, 0.4, 0.3]])
    fig = plots.cross_validation([1, 7, 20], scores)
    assert "highest, 0.450, at k = 7 and lowest, 0.150, at k = 1" in fig.alt
    assert "k = 7 is best" in fig.axes[0].get_title(loc="left")
    line, caps, (bars,) = fig.axes[0].containers[0]
    np.testing.assert_allclose(line.get_ydata(), [0.15, 0.45, 0.3])
    np.testing.assert_allclose(bars.get_segments()[0][:, 1], [0.1, 0.2])  # mean ± standard deviation


def test_confusion_matrix_reads_rows_as_true_classes():
    counts = np.diag([5, 5, 5])
    counts[0, 2] = 4
    fig = plots.confusion_matrix(counts, ["cat", "dog", "frog"])
    assert "cat taken for frog (4 times)" in fig.alt and "15 of 19 are right" in fig.alt
    shares = fig.axes[0].images[0].get_array()
    np.testing.assert_allclose(shares[0], [5 / 9, 0, 4 / 9])


def test_pruning_counts_what_the_bound_leaves():
    fig = plots.pruning(np.array([1.0, 2.0, 3.0, 4.0]), np.array([2.0, 3.0, 4.0, 5.0]), limit=2.5)
    assert "2 lie below the k-th smallest distance" in fig.alt
    assert "rules out 50%" in fig.axes[0].get_title(loc="left")


def test_neighbors_marks_wrong_classes():
    fig = plots.neighbors(IMAGES[:1], np.array([3]), IMAGES[None, :2], np.array([[3, 5]]), NAMES)
    right, wrong = fig.axes[1], fig.axes[2]
    assert right.get_xlabel() == "cat" and wrong.get_xlabel() == "dog"
    assert right.spines["left"].get_linestyle() != wrong.spines["left"].get_linestyle()
    assert "50% of these neighbors have the right class" in fig.alt


def test_figures_use_neither_the_readers_settings_nor_change_them():
    with matplotlib.rc_context({"font.size": 30, "figure.facecolor": "black", "axes.titlelocation": "right"}):
        changed = FIGURES["variances"]().png()
        assert matplotlib.rcParams["font.size"] == 30
    assert changed == FIGURES["variances"]().png()


def test_a_figure_without_alternative_text_is_refused():
    @figure
    def silent():
        return new_figure()[0]

    with pytest.raises(ValueError, match="silent returned a figure without alternative text"):
        silent()


def test_a_notebook_gets_the_picture_its_width_and_its_alternative_text():
    fig = FIGURES["variances"]()
    bundle, metadata = fig._repr_mimebundle_()
    assert bundle["text/plain"] == f"<Figure: {fig.alt}>"
    assert metadata["image/png"] == {"alt": fig.alt, "width": 720}
    assert base64.b64encode(bundle["image/png"])
