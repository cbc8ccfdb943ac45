"""The figures of the SVM and softmax notebooks draw and say what is in their data; nothing is cut off."""

import re

import numpy as np
import pytest
from matplotlib.colors import to_hex
from scipy.special import log_softmax

from cs231n_lib.plots import losses as plots
from cs231n_lib.plots.style import BLUE, ORANGE, RED
from tests.figures import (
    assert_numbers_legible,
    assert_readable,
    legend,
    lines,
    same_line,
    stands_at,
    tick_labels,
    title,
)

RNG = np.random.default_rng(0)
SCORES = [3.2, 5.1, -1.7]  # the course's cat, car and frog; the cat is correct
S = np.array([[2.0, -1.25, 0.5], [0.0, -0.4, -3.0]])
BEFORE, AFTER = RNG.normal(1, 0.01, 4000), RNG.normal(-0.5, 1.2, 4000)
HISTORY = np.linspace(9, 3, 61) + np.tile([0.5, -0.5, 0], 21)[:61]
LEVELS = {"at W = 0": 9.0, "optimum": 2.5}
ACCURACIES = np.array([[0.38, 0.40, 0.2], [0.41, 0.479, 0.3], [0.25, 0.46, np.nan]])
RATES, REGS = [0.001, 0.003, 0.01], [0.1, 1, 10]
GAPS = np.arange(0.0, 1001, 10)
CURVES = {
    "naive": np.where(GAPS > 705, np.inf, GAPS),
    "row maximum": np.where(GAPS > 744, np.inf, GAPS),
    "log-sum-exp": GAPS,
}
STDS = np.logspace(-4, 1, 6)
INITIAL = {2: np.log(2) + STDS, 10: np.log(10) + 7 * STDS}
CONFIDENCE = np.linspace(0.2, 0.99, 400)
RIGHT = RNG.random(400) < CONFIDENCE + 0.2

FIGURES = {
    "hinge_loss": lambda: plots.hinge_loss(SCORES, correct=0),
    "matrices": lambda: plots.matrices(
        {"scores S": S, "coefficients K": np.array([[-1, 0, 1], [1, 1, -2]])}, [0, 2], "A finding",
        "two examples with three classes each", decimals=(1, 0),
    ),
    "hinge_kink": lambda: plots.hinge_kink(),
    "kink_counts": lambda: plots.kink_counts([0.1, 1, 10], [184, 38, 0], [203, 187, 94], 0.01),
    "margin_histogram": lambda: plots.margin_histogram(BEFORE, AFTER),
    "loss_history": lambda: plots.loss_history(HISTORY, "A finding", LEVELS, window=5),
    "validation_grid": lambda: plots.validation_grid(RATES, REGS, ACCURACIES),
    "softmax_stability": lambda: plots.softmax_stability(GAPS, CURVES),
    "initial_losses": lambda: plots.initial_losses(STDS, INITIAL),
    "reliability": lambda: plots.reliability(CONFIDENCE, RIGHT, bins=4),
}  # fmt: skip


def hinge(scores, correct, delta):
    """The hinge loss term by term, as in the lecture notes."""
    return sum(max(0, s - scores[correct] + delta) for j, s in enumerate(scores) if j != correct)


def bars(ax, color):
    return [bar for bar in ax.patches if to_hex(bar.get_facecolor()) == color.lower() and bar.get_height()]


def test_every_figure_is_drawn_here():
    public = {name for name, draw in vars(plots).items() if hasattr(draw, "__wrapped__")}
    assert set(FIGURES) == public


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_is_cut_off_and_no_two_texts_overlap(name):
    assert_readable(FIGURES[name]())


@pytest.mark.parametrize(("scores", "correct", "delta"), [(SCORES, 0, 1.0), ([1.0, 4.0, 2.5, 0.5], 2, 2.0)])
def test_hinge_loss_of_one_example(scores, correct, delta):
    fig = plots.hinge_loss(scores, correct, delta)
    left, right = fig.axes
    s_y = scores[correct]
    line, curve = left.lines[0], left.lines[1]
    assert set(line.get_xdata()) == {s_y}
    x, y = curve.get_data()
    np.testing.assert_allclose(y, [hinge([s, s_y], 1, delta) for s in x], atol=1e-12)
    assert x[0] < s_y - delta < s_y < x[-1]
    strip = left.patches[0]
    assert (strip.get_x(), strip.get_x() + strip.get_width()) == pytest.approx((s_y - delta, s_y))
    place = {text.get_text().split("\n")[0].strip(): stands_at(text)[0] for text in left.texts}
    assert s_y - delta < place["margin"] < s_y and place["correct score $s_{y}$"] == s_y
    assert place["slope 0"] < s_y - delta < place["slope 1"]

    def loss(s):
        return hinge([*scores[:correct], s, *scores[correct + 1 :]], correct, delta)

    curve, corners = right.lines
    np.testing.assert_allclose(curve.get_ydata(), [loss(s) for s in curve.get_xdata()], atol=1e-12)
    kinks = sorted(s + delta for j, s in enumerate(scores) if j != correct)
    same_line(corners, kinks, [loss(s) for s in kinks])
    assert curve.get_xdata()[0] < kinks[0] and kinks[-1] < curve.get_xdata()[-1]
    slopes = [text for text in right.texts if text.get_text().startswith("slope")]
    assert len(slopes) == len(scores)
    for text in slopes:
        s, height = stands_at(text)
        assert height == pytest.approx(loss(s))
        measured = round((loss(s + 1e-3) - loss(s - 1e-3)) / 2e-3)
        assert text.get_text() == f"slope {measured}".replace("-", "−")
    assert f"is 0 up to s_y - {delta:g}" in fig.alt
    written = ", ".join(f"{kink:.3g}" for kink in kinks)
    assert fig.alt.endswith(f"with kinks at {written} and slopes from -{len(scores) - 1} to 0")
    assert right.get_xlabel() == r"score of the correct class, $s_y$"
    assert left.get_xlabel() == r"score of a wrong class, $s_j$"


def test_matrices_write_their_numbers_and_frame_the_correct_class():
    fig = FIGURES["matrices"]()
    first, second = fig.axes
    assert [title(ax) for ax in fig.axes] == ["scores S", "coefficients K"]
    written = {stands_at(text): text.get_text() for text in first.texts}
    assert [written[j, 0] for j in range(3)] == ["2.0", "−1.2", "0.5"]
    assert [written[j, 1] for j in range(3)] == ["0.0", "−0.4", "−3.0"]
    assert [text.get_text() for text in second.texts] == ["−1", "0", "1", "1", "1", "−2"]
    np.testing.assert_array_equal(first.images[0].get_array(), S)
    for ax, largest in ((first, 3), (second, 2)):
        low, high = ax.images[0].get_clim()
        assert low == -high and high >= largest  # 0 is white, and both signs are as strong
        centers = [(box.get_x() + box.get_width() / 2, box.get_y() + box.get_height() / 2)
                   for box in ax.patches]  # fmt: skip
        np.testing.assert_allclose(centers, [(0, 0), (2, 1)], atol=1e-9)
        assert tick_labels(ax.xaxis) == ["0", "1", "2"] and ax.get_xlabel() == "class"
        assert_numbers_legible(ax)
    rgb = first.images[0].to_rgba(S)
    assert rgb[0, 0, 0] > rgb[0, 0, 2] and rgb[1, 2, 0] < rgb[1, 2, 2]  # 2 is orange, -3 purple
    assert fig._suptitle.get_text() == "A finding"
    assert fig.alt == "two examples with three classes each"


def test_matrices_without_labels_have_no_frames():
    fig = plots.matrices(
        {"J": np.zeros((2, 2))}, None, "A finding", "a Jacobian", decimals=2, columns="score"
    )
    ax = fig.axes[0]
    assert not ax.patches and ax.get_xlabel() == "score"
    assert [text.get_text() for text in ax.texts] == ["0.00"] * 4


def test_no_minus_before_a_rounded_zero_that_was_none():
    fig = plots.matrices({"K": np.array([[-0.0, 1.0]])}, None, "A finding", "two numbers")
    assert [text.get_text() for text in fig.axes[0].texts] == ["0.0", "1.0"]


@pytest.mark.parametrize(("at", "h", "slope"), [(0.9, 0.25, "-0.70"), (0.95, 0.1, "-0.75")])
def test_hinge_kink_shows_the_false_slope(at, h, slope):
    fig = plots.hinge_kink(at, h)
    left, right = fig.axes
    curve, secant, point = left.lines
    w = np.linspace(0.2, 1.8, 321)
    same_line(curve, w, np.clip(1 - w, 0, None))
    same_line(secant, [at - h, at + h], [1 - at + h, 0])
    same_line(point, [at], [1 - at])
    assert legend(left) == [f"centered: {slope}".replace("-", "−"), "analytic: −1"]
    assert left.get_legend().get_title().get_text() == f"slope at w = {at:g}"
    assert legend(right) == ["analytic", f"centered, h = {h:g}", f"centered, h = {h / 10:g}"]
    analytic = lines(right)["analytic"].get_ydata()
    assert set(analytic[w < 0.999]) == {-1} and set(analytic[w > 1.001]) == {0} and np.isnan(analytic[160])
    for step in (h, h / 10):
        expected = -np.clip((1 - (w - step)) / (2 * step), 0, 1)
        drawn = lines(right)[f"centered, h = {step:g}"]
        np.testing.assert_allclose(drawn.get_ydata(), expected, atol=1e-9)
        np.testing.assert_array_equal(drawn.get_xdata(), w)
    assert f"from w = {at - h:g} to {at + h:g} of slope {slope}; the slope at {at:g} is -1" in fig.alt
    assert f"for h = {h:g} and {h / 10:g}," in fig.alt


def test_kink_counts_are_drawn_and_rounded_to_tens():
    fig = FIGURES["kink_counts"]()
    ax = fig.axes[0]
    same_line(lines(ax)["near initialization"], [0.1, 1, 10], [184, 38, 0])
    same_line(lines(ax)["after training"], [0.1, 1, 10], [203, 187, 94])
    assert legend(ax) == ["near initialization", "after training"]
    assert ax.get_xscale() == "log" and tick_labels(ax.xaxis) == ["0.1", "1", "10"]
    assert ax.get_ylim()[0] == 0 and ax.get_ylabel() == "margins within 0.01 of the kink"
    assert ax.get_xlabel() == "margin Δ (logarithmic)"
    assert fig.alt == (
        "number of margins within 0.01 of 0 for delta = 0.1: about 180 at initialization, "
        "200 after training; 1: about 40 at initialization, 190 after training; "
        "10: about 0 at initialization, 90 after training"
    )


def test_margin_histogram_counts_what_costs():
    fig = FIGURES["margin_histogram"]()
    low, high = np.percentile(AFTER, [0.5, 99.5])
    for ax, margins, name in zip(fig.axes, (BEFORE, AFTER), ("before", "after"), strict=True):
        shown = [bar for bar in ax.patches if bar.get_height()]
        for bar in shown:
            start, end = bar.get_x(), bar.get_x() + bar.get_width()
            assert end - start == pytest.approx(0.1)
            inside = np.mean((margins >= start - 1e-9) & (margins < end - 1e-9))
            assert bar.get_height() == pytest.approx(inside, abs=1e-9)
        costly, free = bars(ax, ORANGE), bars(ax, BLUE)
        assert min(bar.get_x() for bar in costly) > -1e-9 and all(bar.get_hatch() for bar in costly)
        assert all(bar.get_x() + bar.get_width() < 1e-9 and not bar.get_hatch() for bar in free)
        assert len(costly) + len(free) == len(shown)
        assert sum(bar.get_height() for bar in shown) > 0.98
        share = np.count_nonzero(margins > 0) / margins.size
        assert ax.texts[0].get_text() == f"{name} training: {share:.0%} cost"
        assert ax.get_ylabel() == "share" and set(ax.lines[0].get_xdata()) == {0}
    assert fig.axes[0].texts[0].get_text() == "before training: 100% cost"
    edges = [edge for bar in fig.axes[1].patches for edge in (bar.get_x(), bar.get_x() + bar.get_width())]
    assert min(edges) <= low and max(edges) >= max(high, 2)
    assert fig.alt == (
        f"margins before training: all near 1.00, 100% above 0; after training they spread from {low:.1f} to "
        f"{high:.1f} and {np.mean(AFTER > 0):.0%} are above 0"
    )


def test_the_axis_of_margins_reaches_twice_delta_and_minus_one():
    fig = plots.margin_histogram(np.full(10, 0.5), np.full(10, 0.25), delta=3.0)
    ax = fig.axes[0]
    starts = [bar.get_x() for bar in ax.patches]
    assert min(starts) == pytest.approx(-1) and max(starts) == pytest.approx(5.9)


def test_loss_history_draws_batches_mean_and_levels():
    fig = FIGURES["loss_history"]()
    ax = fig.axes[0]
    assert legend(ax) == ["one mini-batch", "mean of 5", "at W = 0", "optimum"]
    same_line(lines(ax)["one mini-batch"], range(61), HISTORY)
    means = [HISTORY[i : i + 5].mean() for i in range(57)]
    same_line(lines(ax)["mean of 5"], np.arange(57) + 2, means)  # in the middle of its window
    for name, level in LEVELS.items():
        assert set(lines(ax)[name].get_ydata()) == {level}
    assert lines(ax)["at W = 0"].get_linestyle() != lines(ax)["optimum"].get_linestyle()
    assert title(ax) == "A finding" and ax.get_xlabel() == "iteration" and ax.get_ylabel() == "loss"
    assert ax.get_xlim() == (0, 61) and ax.get_ylim()[1] > max(HISTORY.max(), 9)
    assert fig.alt == (
        f"loss against iteration: from 9.50 to a mean of {means[-1]:.2f} at iteration 61; "
        "at W = 0 9.00; optimum 2.50"
    )


def test_loss_history_has_room_for_levels_above_the_curve():
    fig = plots.loss_history(HISTORY, "A finding", {"far up": 20.0})
    assert fig.axes[0].get_ylim()[1] > 20
    assert legend(plots.loss_history(HISTORY, "A finding").axes[0]) == ["one mini-batch", "mean of 25"]


def test_loss_history_of_fewer_losses_than_the_window():
    fig = plots.loss_history([3.0, 5.0, 4.0], "A finding")
    same_line(lines(fig.axes[0])["mean of 3"], [1], [4])
    with pytest.raises(ValueError, match="3 curves were given, but at most 2 can be told apart"):
        plots.loss_history(HISTORY, "A finding", {"a": 1.0, "b": 2.0, "c": 3.0})


def test_validation_grid_writes_each_accuracy_and_frames_the_best():
    fig = FIGURES["validation_grid"]()
    ax, bar = fig.axes
    np.testing.assert_array_equal(ax.images[0].get_array().filled(np.nan), ACCURACIES)
    written = {stands_at(text): text.get_text() for text in ax.texts}
    assert [written[j, 0] for j in range(3)] == ["0.380", "0.400", "0.200"]
    assert [written[j, 2] for j in range(3)] == ["0.250", "0.460", "diverged"]
    assert_numbers_legible(ax)
    (frame,) = ax.patches
    center = frame.get_x() + frame.get_width() / 2, frame.get_y() + frame.get_height() / 2
    assert center == pytest.approx((1, 1), abs=0.03) and to_hex(frame.get_edgecolor()) == RED.lower()
    assert tick_labels(ax.xaxis) == ["0.1", "1", "10"] and ax.get_xlabel() == "regularization λ"
    assert tick_labels(ax.yaxis) == ["0.001", "0.003", "0.01"] and ax.get_ylabel() == "learning rate"
    assert bar.get_ylabel() == "validation accuracy"
    assert title(ax) == "Best: learning rate 0.003 and λ = 1, 0.479"
    assert fig.alt == (
        "validation accuracy for 3 learning rates and 3 regularizations, from 0.200 to 0.479 "
        "at learning rate 0.003 and regularization 1"
    )


def test_validation_grid_names_rows_rates_and_columns_regs():
    accuracies = np.array([[0.1, 0.2, 0.5], [0.3, 0.1, 0.2]])
    fig = plots.validation_grid([0.01, 0.1], [1, 2, 3], accuracies)
    assert title(fig.axes[0]) == "Best: learning rate 0.01 and λ = 3, 0.500"
    assert "for 2 learning rates and 3 regularizations, from 0.100 to 0.500 at" in fig.alt
    frame = fig.axes[0].patches[0]
    assert frame.get_x() > 1 and frame.get_y() < 0


def test_stability_curves_end_where_they_break():
    fig = FIGURES["softmax_stability"]()
    ax = fig.axes[0]
    same_line(lines(ax)["naive"], GAPS[:71], GAPS[:71])
    same_line(lines(ax)["row maximum"], GAPS[:75], GAPS[:75])
    same_line(lines(ax)["log-sum-exp"], GAPS, GAPS)
    assert legend(ax) == list(CURVES)
    crosses = [line for line in ax.lines if line.get_marker() == "X"]
    assert [tuple(line.get_xydata()[0]) for line in crosses] == [(700, 700), (740, 740)]
    assert [line.get_color() for line in crosses] == [lines(ax)[n].get_color() for n in list(CURVES)[:2]]
    notes = [text for text in ax.texts if text.get_text()]
    assert [text.get_text() for text in notes] == ["breaks after 700", "breaks after 740"]
    assert [stands_at(text) for text in notes] == [(700, 700), (740, 740)]
    widths = [lines(ax)[name].get_linewidth() for name in CURVES]
    assert widths == sorted(widths, reverse=True)  # what is drawn on top leaves the rest visible
    assert fig.alt.endswith(
        ": naive breaks after 700, row maximum breaks after 740, log-sum-exp never breaks"
    )


def test_initial_losses_start_at_log_c():
    fig = FIGURES["initial_losses"]()
    ax = fig.axes[0]
    assert legend(ax) == ["C = 2, log C = 0.69", "C = 10, log C = 2.30"]
    for label, values in zip(legend(ax), INITIAL.values(), strict=True):
        same_line(lines(ax)[label], STDS, values)
    levels = [line.get_ydata()[0] for line in ax.lines if line.get_label().startswith("_")]
    uniform = [-log_softmax(np.zeros(C))[0] for C in (2, 10)]
    np.testing.assert_allclose(levels, uniform)
    assert ax.get_xscale() == ax.get_yscale() == "log"
    assert ax.get_xlabel() == "standard deviation of the weights" and ax.get_ylabel() == "loss at the start"
    assert fig.alt.endswith(
        ": for C = 2 from 0.69 (log C = 0.69) to 10.7; for C = 10 from 2.30 (log C = 2.30) to 72.3"
    )


def test_reliability_groups_have_equal_sizes():
    fig = FIGURES["reliability"]()
    ax = fig.axes[0]
    groups = np.arange(400).reshape(4, 100)  # the confidences are sorted already
    sure, share = CONFIDENCE[groups].mean(axis=1), RIGHT[groups].mean(axis=1)
    line, _, (errors,) = ax.containers[0]
    same_line(line, sure, share)
    half = [(segment[1, 1] - segment[0, 1]) / 2 for segment in errors.get_segments()]
    np.testing.assert_allclose(half, RIGHT[groups].std(axis=1) / 10)  # standard error of a mean of 100
    same_line(lines(ax)["as sure as right"], [0, 1], [0, 1])
    assert legend(ax) == ["as sure as right", "test images, ± standard error"]
    assert ax.get_xlim() == ax.get_ylim() == (0, 1)
    assert ax.get_xlabel() == "largest probability (confidence)"
    assert ax.get_ylabel() == "share of right predictions"
    assert title(ax) == "On average the classifier is not sure enough"
    assert fig.alt == (
        f"share of right predictions against confidence in 4 groups of equal size: mean confidence "
        f"{CONFIDENCE.mean():.2f}, accuracy {RIGHT.mean():.2f}; the surest group is {sure[3]:.2f} sure and "
        f"{share[3]:.2f} right"
    )


def test_reliability_of_confidences_that_are_alike():
    confidence = np.repeat([0.25, 1.0], 50)
    line, _, _ = plots.reliability(confidence, np.arange(100) % 2 == 0).axes[0].containers[0]
    same_line(line, [0.25, 1], [0.5, 0.5])
    line, _, _ = plots.reliability(np.ones(10), np.ones(10, dtype=bool)).axes[0].containers[0]
    same_line(line, [1], [1])


@pytest.mark.parametrize(
    ("rights", "verdict"),
    [
        (53, "too sure"),
        (59, "about as sure as right"),
        (61, "about as sure as right"),
        (67, "not sure enough"),
    ],
)
def test_reliability_says_whether_the_classifier_is_too_sure(rights, verdict):
    confidence = np.linspace(0.2, 1, 100)  # 0.6 on average
    fig = plots.reliability(confidence, np.arange(100) >= 100 - rights)
    assert title(fig.axes[0]) == f"On average the classifier is {verdict}"
    assert re.search(rf"mean confidence 0.60, accuracy 0.{rights};", fig.alt)
