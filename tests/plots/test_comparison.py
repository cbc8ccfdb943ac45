"""The figures that set SVM and softmax side by side draw and say what is in their data."""

import numpy as np
import pytest
from matplotlib.colors import to_hex
from scipy.special import expit, log_softmax
from scipy.stats import entropy

from cs231n_lib.plots import comparison as plots
from cs231n_lib.plots.style import BLUE, GRAY, ORANGE
from tests.figures import assert_readable, legend, lines, same_line, stands_at, tick_labels, title

RNG = np.random.default_rng(0)
# A line by hand: w @ x + b is -1 at (0, 0) and (4, -3), 1 at (1.2, 1.6); the street is 2 wide.
LINE = (np.array([0.6, 0.8]), -1.0)
X = np.array([[0, 0], [4, -3], [1.2, 1.6], [-1, -1.5], [-2, 0], [3, 2], [2, 3.5], [4, 1]], dtype=float)
T = np.array([-1, -1, 1, -1, -1, 1, 1, 1])
KEPT = np.array([True, True, True, False, False, False, False, False])
SOFT = (np.array([0.3, 0.4]), -0.5)  # the same line, a street of twice the width
TURNED = (np.array([0.8, 0.6]), -1.0)
ENTROPIES = {"H(p, q)": (1.75, 0.625), "H(q, p)": (1.5, 0.5)}
MARKED = -np.log(99.0)  # the sigmoid is 0.01 there
STEPS = np.arange(300)
OUTPUTS = {
    "squared error": {1.0: 0.73 / (1 + STEPS / 9), 6.0: 0.998 / (1 + STEPS / 99)},
    "cross-entropy": {1.0: 0.73 / (1 + STEPS), 6.0: 0.998 / (1 + STEPS / 2)},
}
G = np.linspace(-4, 6, 401)
GAPS = {"SVM": RNG.normal(0.4, 1, 3000), "softmax": np.append(RNG.normal(0.1, 1, 2999), 1.0)}
POINTS = np.column_stack([RNG.standard_normal((40, 2)), np.ones(40)])
LABELS = np.arange(40) % 3
W = np.array([[1.0, -1.0, 0.2], [0.5, 0.4, -1.0], [0.1, 0.0, -0.2]])

FIGURES = {
    "margin": lambda: plots.margin(X, T, LINE),
    "support_vectors": lambda: plots.support_vectors(
        {
            "hard": (X, T, LINE),
            "soft": (X, T, SOFT),
            "few": (X[:3], T[:3], LINE),
            "two": (X[1:3], T[1:3], LINE),
        }
    ),
    "only_support_vectors": lambda: plots.only_support_vectors(
        X, T, KEPT, {"SVM": (LINE, SOFT), "softmax": (LINE, TURNED)}
    ),
    "cross_entropy_split": lambda: plots.cross_entropy_split(ENTROPIES, heads=0.7),
    "sigmoid_losses": lambda: plots.sigmoid_losses(MARKED),
    "unit_learns": lambda: plots.unit_learns(OUTPUTS),
    "losses_by_gap": lambda: plots.losses_by_gap(G, np.maximum(0, 1 - G), np.logaddexp(0, -G)),
    "score_gaps": lambda: plots.score_gaps(GAPS),
    "sharpness": lambda: plots.sharpness([0.001, 0.01, 0.1], [0.5, 0.38, 0.25], [0.46, 0.47, 0.39]),
    "linear_classifier_in_the_plane": lambda: plots.linear_classifier_in_the_plane(
        POINTS, LABELS, W, "hinge", steps=7, total=1.2345
    ),
}  # fmt: skip


def test_every_figure_is_drawn_here():
    public = {name for name, draw in vars(plots).items() if hasattr(draw, "__wrapped__")}
    assert set(FIGURES) == public


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_is_cut_off_and_no_two_texts_overlap(name):
    assert_readable(FIGURES[name]())


def level_of(axline, line):
    """The value that ``w @ x + b`` has all along a drawn line."""
    w, b = line
    first, second = (float(np.dot(w, point) + b) for point in (axline.get_xy1(), axline.get_xy2()))
    assert first == pytest.approx(second, abs=1e-12)
    assert np.linalg.norm(np.subtract(axline.get_xy1(), axline.get_xy2())) > 0
    return round(first, 12)


def marks(scatter):
    return sorted(map(tuple, np.asarray(scatter.get_offsets()).tolist()))


def rows(points):
    return sorted(map(tuple, points.tolist()))


def sides_of_the_street(ax, line):
    """The values of ``w @ x + b`` at the corners of the gray band."""
    band = next(c for c in ax.collections if hasattr(c, "levels"))
    assert list(band.levels) == [-1, 1]
    values = np.concatenate([path.vertices for path in band.get_paths()]) @ line[0] + line[1]
    return values.min(), values.max()


@pytest.mark.parametrize("line", [LINE, SOFT])
def test_the_street_its_lines_and_its_support_vectors(line):
    # With SOFT the three points lie inside the street (0.5), the others outside (1.1 to 1.5).
    fig = plots.margin(X, T, line)
    ax = fig.axes[0]
    assert [level_of(drawn, line) for drawn in ax.lines] == [0, -1, 1]
    assert [drawn.get_linestyle() for drawn in ax.lines] == ["-", "--", "--"]
    np.testing.assert_allclose(sides_of_the_street(ax, line), (-1, 1), atol=1e-9)
    minus, plus, rings = (c for c in ax.collections if not hasattr(c, "levels"))
    assert marks(minus) == rows(X[T == -1]) and marks(plus) == rows(X[T == 1])
    assert to_hex(minus.get_facecolor()[0]) == BLUE.lower()
    assert to_hex(plus.get_facecolor()[0]) == ORANGE.lower()
    assert marks(rings) == rows(X[KEPT]) and len(rings.get_facecolor()) == 0
    assert title(ax) == "3 of 8 points hold the street; the others could go"
    (low_x, high_x), (low_y, high_y) = ax.get_xlim(), ax.get_ylim()
    assert low_x < X[:, 0].min() and high_x > X[:, 0].max()
    assert low_y < X[:, 1].min() and high_y > X[:, 1].max()


@pytest.mark.parametrize(("line", "width"), [(LINE, 1), (SOFT, 2)])
def test_the_arrow_is_as_long_as_the_margin_and_at_right_angles_to_the_line(line, width):
    fig = plots.margin(X, T, line)
    arrow, text = fig.axes[0].texts
    top, foot = np.array(arrow.xy), np.array(arrow.get_position())
    w, b = line
    assert foot @ w + b == pytest.approx(0) and top @ w + b == pytest.approx(1)
    assert np.linalg.norm(top - foot) == pytest.approx(width)
    assert text.get_text() == f"margin\n1/‖w‖\n= {width:.2f}"
    assert stands_at(text) == pytest.approx((foot + top) / 2)
    assert f"at a distance of {width:.2f}; 3 support vectors lie on the margin lines" in fig.alt
    assert fig.alt.startswith("8 points of two classes")
    np.testing.assert_allclose(foot, X[:3].mean(axis=0) - (X[:3].mean(axis=0) @ w + b) / (w @ w) * w)
    assert fig.axes[0].get_xlabel() == "first feature" and fig.axes[0].get_ylabel() == "second feature"


def test_support_vectors_are_counted_for_each_panel():
    fig = FIGURES["support_vectors"]()
    assert [title(ax) for ax in fig.axes] == ["hard: 3", "soft: 3", "few: 3", "two: 2"]
    assert fig.alt.endswith("support vectors: hard 3, soft 3, few 3, two 2")
    for ax, line, points in zip(fig.axes, (LINE, SOFT, LINE, LINE), (X, X, X[:3], X[1:3]), strict=True):
        assert [level_of(drawn, line) for drawn in ax.lines] == [0, -1, 1]
        minus, plus, _ = (c for c in ax.collections if not hasattr(c, "levels"))
        assert sorted(marks(minus) + marks(plus)) == rows(points)


def test_support_vectors_of_an_odd_number_of_data_sets():
    axes = plots.support_vectors({name: (X, T, LINE) for name in "abc"}).axes
    assert [title(ax) for ax in axes] == ["a: 3", "b: 3", "c: 3", ""]
    assert [ax.axison for ax in axes] == [True, True, True, False]


def test_a_point_just_off_the_margin_holds_nothing():
    near = np.array([[0, 0], [1.2, 1.6], [1.2, 1.602]])  # gaps 1, 1 and 1.0016
    assert "2 support vectors" in plots.margin(near, np.array([-1, 1, 1]), LINE).alt
    inside = np.array([[0, 0], [1.2, 1.6], [1.2, 1.2], [0, 2]])  # the third too near, the fourth wrong
    assert "4 support vectors" in plots.margin(inside, np.array([-1, 1, 1, -1]), LINE).alt


def test_the_lines_with_and_without_the_other_points():
    fig = FIGURES["only_support_vectors"]()
    angle = np.degrees(2 * np.arctan2(4, 3) - np.pi / 2)  # between (3, 4) and (4, 3)
    assert [title(ax) for ax in fig.axes] == ["SVM: turned by 0.0°", f"softmax: turned by {angle:.1f}°"]
    for ax, after in zip(fig.axes, (SOFT, TURNED), strict=True):
        assert level_of(lines(ax)["all points"], LINE) == 0
        assert level_of(lines(ax)["without the faint ones"], after) == 0
        for scatter in ax.collections:
            faint = {tuple(point) for point in X[~KEPT]}
            alphas = [0.3 if tuple(point) in faint else 1.0 for point in scatter.get_offsets().tolist()]
            np.testing.assert_allclose(scatter.get_facecolor()[:, 3], alphas)
        assert sum(len(scatter.get_offsets()) for scatter in ax.collections) == len(X)
        assert ax.get_xlim() == pytest.approx((-2.7, 4.7)) and ax.get_ylim() == pytest.approx((-3.7, 4.2))
    assert legend(fig) == ["all points", "without the faint ones"]
    assert fig.alt == (
        "all points but 3 support vectors are deleted; the line turns by "
        f"0.0° for SVM, {angle:.1f}° for softmax"
    )


def test_a_line_turned_around_has_turned_by_180_degrees():
    fig = plots.only_support_vectors(X, T, KEPT, {"SVM": (LINE, (-LINE[0], 1.0))})
    assert title(fig.axes[0]) == "SVM: turned by 180.0°"


def test_cross_entropy_is_entropy_plus_divergence():
    fig = FIGURES["cross_entropy_split"]()
    left, right = fig.axes
    first, second = left.containers
    assert [bar.get_width() for bar in first] == [1.75, 1.5] and [bar.get_x() for bar in first] == [0, 0]
    assert [bar.get_width() for bar in second] == [0.625, 0.5]
    assert [bar.get_x() for bar in second] == [1.75, 1.5]  # stacked
    assert [c.get_label() for c in left.containers] == legend(left) == ["entropy", "KL"]
    assert tick_labels(left.yaxis) == ["H(p, q)", "H(q, p)"] and left.get_xlabel() == "bits"
    written = {stands_at(text): text.get_text().strip() for text in left.texts}
    assert written == {(0.875, 0): "1.75", (2.375, 0): "+0.625", (0.75, 1): "1.5", (2, 1): "+0.5"}
    assert left.get_ylim()[0] > left.get_ylim()[1] and left.get_xlim()[1] > 2.375

    q = lines(right)["H(p, q)"].get_xdata()
    p = np.array([0.7, 0.3])
    cross = [entropy(p, base=2) + entropy(p, [x, 1 - x], base=2) for x in q]
    same_line(lines(right)["H(p, q)"], q, cross)
    assert q[0] < 0.05 and q[-1] > 0.95
    np.testing.assert_allclose(lines(right)["H(p)"].get_ydata(), entropy(p, base=2))
    band = right.collections[0].get_paths()[0].vertices
    assert band[:, 1].min() == pytest.approx(entropy(p, base=2))
    assert {(round(x, 9), round(y, 9)) for x, y in zip(q, cross, strict=True)} <= {
        (round(x, 9), round(y, 9)) for x, y in band
    }
    point = next(line for line in right.lines if line.get_marker() == "o")
    same_line(point, [0.7], [entropy(p, base=2)])
    assert legend(right) == ["KL(p‖q)", "H(p, q)", "H(p)"]
    assert title(right) == "Least where q = p = 0.7"
    assert right.get_xlabel() == "believed share of heads, q" and right.get_ylabel() == "bits"
    assert fig.alt == (
        "left: cross-entropies as entropy plus divergence: "
        "H(p, q) 1.75 + 0.625 bits, H(q, p) 1.5 + 0.5 bits; "
        "right: the cross-entropy for a coin is least, 0.88 bits, at its share of heads 0.7"
    )


def test_sigmoid_losses_and_the_sizes_of_their_slopes():
    fig = FIGURES["sigmoid_losses"]()
    left, right = fig.axes
    by_hand = {
        "cross-entropy": lambda z: -np.log(expit(z)),
        "squared error": lambda z: (expit(z) - 1) ** 2 / 2,
    }
    h = 1e-5
    dots = [line for line in right.lines if line.get_marker() in "os" and len(line.get_xdata()) == 1]
    for dot, (name, loss) in zip(dots, by_hand.items(), strict=True):
        z, values = lines(left)[name].get_data()
        np.testing.assert_allclose(values, loss(z), rtol=1e-12)
        z, slopes = lines(right)[name].get_data()
        np.testing.assert_allclose(slopes, abs(loss(z + h) - loss(z - h)) / (2 * h), rtol=1e-4, atol=1e-9)
        assert z[0] < MARKED < z[-1]
        assert dot.get_xdata()[0] == MARKED
        slope = abs(loss(MARKED + h) - loss(MARKED - h)) / (2 * h)
        assert dot.get_ydata()[0] == pytest.approx(slope, rel=1e-5)
        assert dot.get_color() == lines(right)[name].get_color() == lines(left)[name].get_color()
    # 1 - 0.01, and 0.99² · 0.01
    assert [(text.get_text(), *stands_at(text)) for text in right.texts] == [
        ("0.99", MARKED, pytest.approx(0.99)), ("0.0098", MARKED, pytest.approx(0.009801))
    ]  # fmt: skip
    assert title(right) == "Wrong and sure: 0.99 against 0.01"
    assert legend(left) == ["cross-entropy", "squared error"]
    assert right.get_yscale() == "log" and left.get_ylabel() == "loss"
    assert right.get_ylabel() == "size of the gradient by z"
    assert set(next(line for line in right.lines if line.get_linestyle() == ":").get_xdata()) == {MARKED}
    assert fig.alt.endswith(
        "at z = -4.60 the gradient has size 0.99 for cross-entropy and 0.0098 for squared error"
    )


def test_unit_learns_shows_each_start_in_each_panel():
    fig = FIGURES["unit_learns"]()
    for ax, (name, curves) in zip(fig.axes, OUTPUTS.items(), strict=True):
        assert title(ax) == name
        assert list(lines(ax)) == [f"starts at z = {z:g}" for z in curves]
        for z, output in curves.items():
            same_line(lines(ax)[f"starts at z = {z:g}"], STEPS + 1, output)  # from step 1: the axis is a log
        assert ax.get_xscale() == "log" and ax.get_xlabel() == "step (logarithmic)"
    assert legend(fig.axes[1]) == ["starts at z = 1", "starts at z = 6"]
    assert fig.axes[0].get_ylabel() == "output (target 0)"
    assert fig.alt.endswith(
        "squared error: 0.02 from z = 1, 0.25 from z = 6; cross-entropy: 0.00 from z = 1, 0.01 from z = 6"
    )


def test_losses_by_gap_and_their_slopes():
    fig = FIGURES["losses_by_gap"]()
    left, right = fig.axes
    hinge, cross = np.maximum(0, 1 - G), np.logaddexp(0, -G)
    same_line(lines(left)["hinge"], G, hinge)
    same_line(lines(left)["cross-entropy"], G, cross)
    same_line(lines(left)["wrong: 1, right: 0"], G, np.where(G < 0, 1, 0))
    assert legend(left) == ["hinge", "cross-entropy", "wrong: 1, right: 0"]
    steep, smooth = right.lines
    kink = np.isclose(G, 1)
    assert kink.any() and np.isnan(steep.get_ydata()[kink]).all()
    away = abs(G - 1) > 0.03
    np.testing.assert_allclose(steep.get_ydata()[away], -np.gradient(hinge, G)[away], atol=1e-9)
    np.testing.assert_allclose(smooth.get_ydata()[1:-1], -np.gradient(cross, G)[1:-1], atol=1e-4)
    for line in right.lines:
        np.testing.assert_array_equal(line.get_xdata(), G)
    assert steep.get_color() == lines(left)["hinge"].get_color()
    assert smooth.get_color() == lines(left)["cross-entropy"].get_color()
    assert left.get_ylabel() == "loss" and right.get_ylabel() == "size of the slope"
    assert {ax.get_xlabel() for ax in fig.axes} == {"gap: correct score minus the other"}


@pytest.mark.parametrize("delta", [1.0, 0.5])
def test_score_gaps_are_counted(delta):
    fig = plots.score_gaps(GAPS, delta)
    shares = {}
    for ax, (name, gaps) in zip(fig.axes, GAPS.items(), strict=True):
        assert sum(bar.get_height() for bar in ax.patches) == pytest.approx(1)  # the outermost are clipped
        wrong = [bar for bar in ax.patches if to_hex(bar.get_facecolor()) == ORANGE.lower()]
        right = [bar for bar in ax.patches if to_hex(bar.get_facecolor()) == BLUE.lower()]
        assert all(bar.get_hatch() and bar.get_x() + bar.get_width() < 1e-9 for bar in wrong)
        assert all(not bar.get_hatch() and bar.get_x() > -1e-9 for bar in right)
        assert sum(bar.get_height() for bar in wrong) == pytest.approx(np.mean(gaps < 0))
        inner = sorted(ax.patches, key=lambda bar: bar.get_x())[1:-1]
        for bar in inner:
            start, end = bar.get_x(), bar.get_x() + bar.get_width()
            assert bar.get_height() == pytest.approx(np.mean((gaps >= start) & (gaps < end)))
        shares[name] = [round(100 * np.mean(gaps > 0)), round(100 * np.mean(gaps >= delta))]
        above, reached = shares[name]
        assert ax.texts[0].get_text() == f"{name}\n{above}% above 0\n{reached}% above {delta:g}"
        assert set(ax.lines[0].get_xdata()) == {delta} and ax.get_ylabel() == "share"
    (svm, svm_reached), (softmax, softmax_reached) = shares.values()
    assert title(fig.axes[0]) == (
        f"Gaps that reach the margin {delta:g}: {svm_reached}% with SVM, {softmax_reached}% with softmax"
    )
    assert fig.alt.endswith(
        f"SVM: {svm}% above 0, {svm_reached}% above {delta:g}; "
        f"softmax: {softmax}% above 0, {softmax_reached}% above {delta:g}"
    )


def test_a_gap_of_exactly_delta_reaches_it_and_one_of_0_is_not_right():
    fig = plots.score_gaps({"SVM": np.array([-1.0, 0.0, 1.0, 2.0])})
    assert fig.alt.endswith("SVM: 50% above 0, 50% above 1")


def test_sharpness_measures_both_changes():
    fig = FIGURES["sharpness"]()
    ax = fig.axes[0]
    same_line(lines(ax)["mean largest probability"], [0.001, 0.01, 0.1], [0.5, 0.38, 0.25])
    same_line(lines(ax)["accuracy"], [0.001, 0.01, 0.1], [0.46, 0.47, 0.39])
    assert legend(ax) == ["mean largest probability", "accuracy"]
    assert title(ax) == "λ changes the mean probability by 0.25, the accuracy by 0.08"
    assert ax.get_xscale() == "log" and tick_labels(ax.xaxis) == ["0.001", "0.01", "0.1"]
    assert ax.get_xlabel() == "regularization λ (logarithmic)" and ax.get_ylim() == (0, 1)
    assert fig.alt.endswith(
        "lambda 0.001: 0.50 and 0.46; lambda 0.01: 0.38 and 0.47; lambda 0.1: 0.25 and 0.39"
    )


@pytest.mark.parametrize("loss", ["hinge", "softmax"])
def test_regions_and_pulls_of_a_linear_classifier(loss):
    fig = plots.linear_classifier_in_the_plane(POINTS, LABELS, W, loss, steps=7, total=1.2345)
    left, right = fig.axes
    pulls = []
    for s, label in zip(POINTS @ W, LABELS, strict=True):
        if loss == "hinge":
            pulls.append(sum(s[j] - s[label] + 1 > 0 for j in range(3) if j != label))
        else:
            pulls.append(1 - np.exp(log_softmax(s)[label]))
    pulls, wrong = np.array(pulls), int(np.sum(np.argmax(POINTS @ W, axis=1) != LABELS))

    mesh, *groups = left.collections
    side = np.linspace(-1.12, 1.12, 200) * abs(POINTS[:, :2]).max()
    x, y = np.meshgrid(side, side)
    scores = x[..., None] * W[0] + y[..., None] * W[1] + W[2]
    np.testing.assert_array_equal(np.reshape(mesh.get_array(), (200, 200)), scores.argmax(axis=2))
    np.testing.assert_allclose(mesh.get_coordinates()[0, [0, -1], 0], side[[0, -1]], rtol=0.01)
    for label, (group, color) in enumerate(zip(groups, (BLUE, ORANGE, GRAY), strict=True)):
        assert marks(group) == rows(POINTS[label == LABELS, :2])
        assert to_hex(group.get_facecolor()[0]) == color.lower()
        assert to_hex(mesh.cmap(label)) == color.lower()  # points and regions of a class have one color
        by_size = np.argsort(group.get_sizes(), kind="stable")
        sorted_pulls = pulls[label == LABELS][by_size]
        assert (np.diff(sorted_pulls) >= -1e-12).all()  # larger mark, stronger pull
        assert group.get_sizes().min() > 0 and np.ptp(group.get_sizes()) > 0
    np.testing.assert_allclose([bar.get_height() for bar in right.patches], sorted(pulls, reverse=True))
    colors = [to_hex(bar.get_facecolor()) for bar in right.patches]
    expected = [(BLUE, ORANGE, GRAY)[LABELS[i]].lower() for i in np.argsort(-pulls, kind="stable")]
    assert colors == expected
    pulling = int(np.sum(pulls > 0))
    assert title(left) == f"{loss}, step 7: {wrong} of 40 wrong"
    assert title(right) == f"{pulling} of 40 points pull; loss 1.23"
    assert 0 < wrong < 40 and (pulling < 40) == (loss == "hinge")
    assert right.get_ylim()[1] > pulls.max() and right.get_xlabel() == "points, sorted"
    assert left.get_xlabel().startswith("first feature") and left.get_ylabel() == "second feature"
    assert fig.alt == (
        f"40 points of three classes in the plane and the regions of a linear classifier with the {loss} "
        f"loss, step 7: {wrong} points are in a wrong region, {pulling} pull on the weights; loss 1.23"
    )
