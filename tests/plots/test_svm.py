"""The hinge loss of one example is drawn where the formula says."""

import numpy as np
import pytest

from cs231n_lib.plots import svm as plots
from tests.figures import assert_readable, same_line, stands_at

SCORES = [3.2, 5.1, -1.7]  # the course's cat, car and frog; the cat is correct


def hinge(scores, correct, delta):
    """The hinge loss term by term, as in the lecture notes."""
    return sum(max(0, s - scores[correct] + delta) for j, s in enumerate(scores) if j != correct)


@pytest.mark.parametrize(("scores", "correct", "delta"), [(SCORES, 0, 1.0), ([1.0, 4.0, 2.5, 0.5], 2, 2.0)])
def test_hinge_loss_of_one_example(scores, correct, delta):
    fig = plots.hinge_loss(scores, correct, delta)
    assert_readable(fig)
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
