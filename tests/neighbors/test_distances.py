"""The fast distances against SciPy, exact integers and the plain loops at the top of the module."""

import math

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from cs231n_lib.neighbors import distances as module
from cs231n_lib.neighbors.distances import cityblock_distances, cosine_distances, euclidean_distances


def pixels(n, d, seed):
    return np.random.default_rng(seed).integers(0, 256, (n, d), dtype=np.uint8)


@pytest.mark.parametrize(
    ("fast", "plain", "scipy_name"),
    [
        (euclidean_distances, module._euclidean, "euclidean"),
        (cityblock_distances, module._cityblock, "cityblock"),
        (cosine_distances, module._cosine, "cosine"),
    ],
)
@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float32, np.float64])
def test_loops_and_fast_versions_agree_with_scipy(fast, plain, scipy_name, dtype):
    A, B = pixels(13, 37, 1).astype(dtype), pixels(21, 37, 0).astype(dtype)
    A_float, B_float = A.astype(float), B.astype(float)
    expected = cdist(A_float, B_float, scipy_name)
    for dists in (
        module._two_loops(A_float, B_float, plain),
        module._one_loop(A_float, B_float, plain),
        fast(A, B),
    ):
        assert dists.dtype == np.float64
        np.testing.assert_allclose(dists, expected, rtol=1e-12, atol=1e-12)
    assert np.array_equal(module._no_loops(A_float, B_float), euclidean_distances(A, B))


def test_l2_distances_of_pixels_are_exact():
    X, Q = pixels(1500, 50, 0), pixels(1100, 50, 1)  # more rows than a block
    exact = (X.astype(np.int64) ** 2).sum(1) + (Q.astype(np.int64) ** 2).sum(1)[:, None]
    exact -= 2 * Q.astype(np.int64) @ X.astype(np.int64).T
    assert np.array_equal(euclidean_distances(Q, X), np.sqrt(exact))


@pytest.mark.parametrize("d", [1, 7, 8, 9, 1023, 1024, 1025, 3072])
def test_l1_distances_of_pixels_are_exact(d):
    X, Q = pixels(67, d, 0), pixels(5, d, 1)
    X[0], Q[0], X[1], Q[1] = 0, 255, 255, 255  # the largest sums a lane has to hold
    exact = np.abs(Q[:, None].astype(np.int64) - X.astype(np.int64)).sum(axis=2)
    assert np.array_equal(cityblock_distances(Q, X), exact)


def test_l1_distances_between_pixels_and_other_numbers():
    X, Q = pixels(40, 11, 0), pixels(5, 11, 1) - 0.25
    np.testing.assert_allclose(cityblock_distances(Q, X), cdist(Q, X, "cityblock"), rtol=1e-14)
    np.testing.assert_allclose(cityblock_distances(X, Q), cdist(X, Q, "cityblock"), rtol=1e-14)


@pytest.mark.parametrize("exponents", [(0, 0), (200, 200), (-200, -200), (200, 0), (0, -200), (-200, 200)])
def test_squares_may_overflow_or_vanish(exponents):
    """Each row of one size or of the other, one of zeros, one a copy."""
    rng = np.random.default_rng(0)
    A = rng.standard_normal((9, 5)) * 10.0 ** rng.choice(exponents, (9, 1))
    A[3], A[4] = 0, A[5]
    expected = np.array([[math.dist(a, b) for b in A] for a in A])
    with np.errstate(all="raise"):
        dists = euclidean_distances(A, A)
    same = expected == 0
    np.testing.assert_allclose(dists[~same], expected[~same], rtol=1e-13)
    assert dists[same].max() <= 1e-7


def test_a_square_just_below_zero_is_set_to_zero():
    A = 1e3 + np.random.default_rng(0).standard_normal((200, 500))
    squares = np.sum(A**2, axis=1)[:, None] + np.sum(A**2, axis=1) - 2 * (A @ A.T)
    assert squares.min() < 0 and not np.isnan(module._no_loops(A, A)).any()


def test_cosine_needs_a_direction_but_no_size():
    X = np.array([[1e300, 1e300], [1e-300, -1e-300]])
    with np.errstate(all="raise"):
        np.testing.assert_allclose(cosine_distances(X, X), [[0, 1], [1, 0]], atol=1e-15)
    with pytest.raises(ValueError, match="B must have no row of zeros in the cosine metric, got one at 1"):
        cosine_distances(X, X * [[1], [0]])
