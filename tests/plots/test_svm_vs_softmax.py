"""The street between two classes is drawn where the line and its support vectors say."""

import numpy as np
import pytest

from cs231n_lib import plots
from tests.figures import assert_readable, stands_at

# By hand: w @ x + b is -1 at (0, 0) and (4, -3), 1 at (1.2, 1.6); the street of LINE is 2 wide.
LINE = (np.array([0.6, 0.8]), -1.0)
SOFT = (np.array([0.3, 0.4]), -0.5)  # the same line, a street of twice the width
X = np.array([[0, 0], [4, -3], [1.2, 1.6], [-1, -1.5], [-2, 0], [3, 2], [2, 3.5], [4, 1]], dtype=float)
T = np.array([-1, -1, 1, -1, -1, 1, 1, 1])
HELD_BY = np.arange(8) < 3


@pytest.mark.parametrize(("line", "margin"), [(LINE, 1), (SOFT, 2)])
def test_street(line, margin):
    fig = plots.svm_vs_softmax.street(X, T, line, HELD_BY, margin="margin", title="street", xlabel="x")
    assert_readable(fig)
    ax, (w, b) = fig.axes[0], line
    ends = np.array([[drawn.get_xy1(), drawn.get_xy2()] for drawn in ax.lines])
    np.testing.assert_allclose(ends @ w + b, [[0, 0], [-1, -1], [1, 1]], atol=1e-12)
    assert (np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1) > 0).all()
    assert [drawn.get_linestyle() for drawn in ax.lines] == ["-", "--", "--"]

    band = next(drawn for drawn in ax.collections if hasattr(drawn, "levels"))
    values = np.concatenate([path.vertices for path in band.get_paths()]) @ w + b
    assert (values.min(), values.max()) == (pytest.approx(-1), pytest.approx(1))
    *_, rings = (drawn for drawn in ax.collections if not hasattr(drawn, "levels"))
    np.testing.assert_array_equal(rings.get_offsets(), X[HELD_BY])
    assert len(rings.get_facecolor()) == 0

    arrow, text = ax.texts
    top, foot = np.array(arrow.xy), np.array(arrow.get_position())
    assert np.linalg.norm(top - foot) == pytest.approx(margin)
    assert (foot @ w + b, top @ w + b) == (pytest.approx(0), pytest.approx(1))  # so at a right angle
    assert stands_at(text) == pytest.approx((foot + top) / 2)
    assert fig.alt.startswith("street: points in the plane: 4 of class -1, 4 of class 1")
    assert fig.alt.endswith(f"a street of width {2 * margin} between them, held by 3 support vectors")


def test_streets_beside_each_other():
    streets = [plots.svm_vs_softmax.street(X, T, line, HELD_BY, title="hard: 3") for line in (LINE, SOFT)]
    fig = plots.beside(*streets, title="Two streets")
    assert_readable(fig)
    assert [len(ax.lines) for ax in fig.axes] == [3, 3] and not any(ax.texts for ax in fig.axes)
