"""The search against brute force in exact whole numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from cs231n_lib.neighbors import search as module
from cs231n_lib.neighbors.search import NeighborIndex, holds_pixels, k_smallest, nearest_of_all


@pytest.fixture(autouse=True)
def bounds_even_of_small_problems(monkeypatch):
    """Let the bounds be tried where all distances would be faster."""
    monkeypatch.setattr(module, "ROWS_PER_SEED", 1)
    monkeypatch.setattr(module, "MOST_KEPT", 1)


def search(X, Q, k, n_components=224):
    return NeighborIndex(X, holds_pixels(X) and holds_pixels(Q), n_components=n_components).search(Q, k)


def brute_force(X, Q, k):
    """Distances and indices by SciPy, whose sums of whole numbers are exact in float64."""
    squares = cdist(Q.astype(np.float64), X.astype(np.float64), "sqeuclidean")
    indices = np.argsort(squares, axis=1, kind="stable")[:, :k]
    return np.sqrt(np.take_along_axis(squares, indices, axis=1)), indices


def assert_same(X, Q, k, n_components=4):
    dists, indices = search(X, Q, k, n_components)
    expected_dists, expected_indices = brute_force(X, Q, k)
    assert np.array_equal(indices, expected_indices)
    assert np.array_equal(dists, expected_dists)


@st.composite
def problems(draw):
    """Rows with few different values, so with many duplicates and ties."""
    N, M, D = draw(st.integers(1, 150)), draw(st.integers(1, 8)), draw(st.integers(1, 12))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    values = rng.integers(0, 256, draw(st.integers(1, 5)))
    X, Q = rng.choice(values, (N, D)), rng.choice(values, (M, D))
    X[rng.random(N) < 0.3] = X[0]
    return X, Q, draw(st.integers(1, max(1, N // 3))), draw(st.integers(0, 3))


@settings(deadline=None, max_examples=150, derandomize=True)
@given(problems(), st.sampled_from([np.uint8, np.int64, np.float32, np.float64]))
def test_pixels_equal_exact_brute_force(problem, dtype):
    X, Q, k, n_components = problem
    assert_same(X.astype(dtype), Q.astype(dtype), k, n_components)


@settings(deadline=None, max_examples=150, derandomize=True)
@given(problems(), st.integers(-30, 30), st.sampled_from([np.float32, np.float64]))
def test_other_numbers_equal_exact_brute_force(problem, exponent, dtype):
    X, Q, k, n_components = problem
    # Scaled by a power of two, so that float64 is still exact.
    assert_same(
        ((X - 100.0) * 2.0**exponent).astype(dtype),
        ((Q - 100.0) * 2.0**exponent).astype(dtype),
        k,
        n_components,
    )


def correlated_pixels(n, seed):
    """Rows that vary along few directions, as photographs do, so that bounds do leave rows out."""
    rng = np.random.default_rng(seed)
    maps = np.random.default_rng(99).standard_normal((6, 300))
    values = 128 + 25 * rng.standard_normal((n, 6)) @ maps / 2 + 4 * rng.standard_normal((n, 300))
    return np.clip(values, 0, 255).astype(np.uint8)


def test_most_rows_are_left_out_and_the_answers_are_true(monkeypatch):
    X, Q = correlated_pixels(3000, 0), correlated_pixels(100, 1)
    asked = []
    original = module.PixelRows.distances

    def counted(self, Q, queries, index):
        asked.append(len(index))
        return original(self, Q, queries, index)

    monkeypatch.setattr(module.PixelRows, "distances", counted)
    assert_same(X, Q, 5, 20)
    assert sum(asked) / len(Q) < 0.05 * len(X)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_real_rows_too(dtype):
    X, Q = correlated_pixels(1500, 0).astype(dtype) / 7, correlated_pixels(40, 1).astype(dtype) / 7
    dists, indices = search(X, Q, 7, 20)
    expected_dists, expected_indices = brute_force(X.astype(float), Q.astype(float), 7)
    assert np.array_equal(indices, expected_indices)
    np.testing.assert_allclose(dists, expected_dists, rtol=1e-13)


def test_pixels_against_other_queries():
    X = correlated_pixels(500, 0)
    assert_same(X, correlated_pixels(20, 1) + 0.5, 3, 20)
    assert_same(X, correlated_pixels(20, 1).astype(np.float64) - 300, 3, 20)
    assert_same(X, np.full((2, 300), 1e6), 3, 20)
    assert_same(X, correlated_pixels(20, 1) + 2.0**-12, 3, 20)
    far = np.full((2, 300), 2.0**80)  # so far that all rows are equally near
    assert search(X, far, 500, 20)[1].tolist() == [list(range(500))] * 2


@pytest.mark.parametrize("value", [0, 7, 255])
def test_all_rows_alike(value):
    X = np.full((70, 20), value, dtype=np.uint8)
    for dtype in (np.uint8, np.float64):
        assert_same(X.astype(dtype), X[:3].astype(dtype), 70)
        assert_same(X.astype(dtype) * 1.5, X[:3].astype(dtype), 4)
    assert_same(np.repeat(X, 6, axis=0), X[:40], 4)  # more pairs than are worked on at a time


def test_one_row_constant_features_and_extremes():
    X = np.zeros((1, 3072), dtype=np.uint8)
    assert_same(X, X + np.uint8(255), 1)
    X, Q = np.zeros((9, 2500), dtype=np.uint8), np.full((3, 2500), 255, dtype=np.uint8)
    X[:, 7] = np.arange(9)
    Q[:, 1::2] = 0
    assert_same(X, Q, 9)


def test_more_queries_than_a_chunk():
    X, Q = correlated_pixels(400, 0), correlated_pixels(3 * module.QUERIES_AT_ONCE + 5, 1)
    assert_same(X, Q, 10, 20)


def test_directions_make_no_vector_longer_and_hardly_shorter():
    X = correlated_pixels(500, 0).astype(np.float32) - 128
    P = module.leading_directions(X, 20)
    singular_values = np.linalg.svd(P.astype(np.float64), compute_uv=False)
    assert singular_values[0] <= 1 and singular_values[-1] > 0.9999
    centered = X - X.mean(axis=0)
    best = np.linalg.svd(centered, compute_uv=False)[:20]
    assert np.linalg.norm(centered @ P.T) > 0.99 * np.linalg.norm(best)


@pytest.mark.parametrize("kind", [module.PixelRows, module.RealRows])
@pytest.mark.parametrize("K", [12, 200, None])
def test_bounds_are_below_the_truth_and_say_something(kind, K):
    X = correlated_pixels(300, 0)
    Q = np.concatenate([correlated_pixels(10, 1), X[:10]])
    rows = kind(X)
    P = None if K is None else module.leading_directions(rows.float32(X), K)
    true = np.sqrt(((Q[:, None].astype(float) - X) ** 2).sum(axis=2))
    bounds_of = module.LowerBounds(rows, P)._bounds(Q, np.empty((20, 300), dtype=np.float32))
    ((few, bounds, ceiling),) = bounds_of
    assert (few.start, few.stop) == (0, 20)
    # Each row must be kept when its own distance is tau.
    assert all((bounds[:, j] <= ceiling(true[:, j])).all() for j in range(300))
    lengths = (rows.float32(Q).astype(float) ** 2).sum(axis=1)
    found = bounds + lengths[:, None]
    slack = ceiling(np.zeros(20)) + lengths
    assert (found <= true**2 + slack[:, None]).all() and (slack > 0).all()  # float32 is not exact
    assert slack.max() < 0.01 * np.median(true**2)
    assert np.median(found[:, 20:] / true[:, 20:] ** 2) > 0.8


def test_rounding_far_queries_to_float32_is_allowed_for():
    rng = np.random.default_rng(0)
    X, Q = rng.standard_normal((300, 40)), 1e6 * rng.standard_normal((32, 40))
    ((_, bounds, ceiling),) = module.LowerBounds(module.RealRows(X))._bounds(
        Q, np.empty((32, 300), np.float32)
    )
    true = cdist(Q, X)
    assert all((bounds[:, j] <= ceiling(true[:, j])).all() for j in range(300))


@pytest.mark.parametrize("n_components", [0, 4])
def test_differences_that_float32_rounds_away(n_components):
    """Two clusters far from their mean, within which all float32 bounds are round-off."""
    rng = np.random.default_rng(0)
    X = np.repeat([[1024.0], [-1024.0]], 200, axis=0) + rng.integers(0, 64, (400, 20)) * 2.0**-18
    Q = X[::20] + rng.integers(0, 64, (20, 20)) * 2.0**-18
    assert_same(X, Q, 3, n_components)


@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
def test_where_bounds_do_not_prune_all_features_take_their_place(monkeypatch, dtype):
    monkeypatch.setattr(module, "MOST_KEPT", 0.04)
    monkeypatch.setattr(module, "ROWS_PER_SEED", 20)
    monkeypatch.setattr(module, "nearest_of_all", None)
    noise = np.random.default_rng(0).integers(0, 256, (3000, 200)).astype(dtype)
    index = NeighborIndex(noise, dtype == np.uint8)
    assert index.bounds is None
    assert np.array_equal(index.search(noise[:300], 5)[1], brute_force(noise, noise[:300], 5)[1])
    # Components that serve the rows themselves and the first queries, but not the later ones
    X = correlated_pixels(3000, 0)
    Q = np.concatenate([X[:300], np.random.default_rng(0).integers(0, 256, (300, 300), dtype=np.uint8)])
    index = NeighborIndex(X.astype(dtype), dtype == np.uint8)
    assert index.bounds is not None
    indices = index.search(Q.astype(dtype), 5)[1]
    assert np.array_equal(indices, brute_force(X, Q, 5)[1]) and index.products is not None
    assert NeighborIndex(X.astype(dtype), dtype == np.uint8, queries=Q[300:].astype(dtype)).bounds is None


def test_few_rows_and_many_equal_ones_are_searched_plainly(monkeypatch):
    monkeypatch.setattr(module, "MOST_KEPT", 0.04)
    monkeypatch.setattr(module, "ROWS_PER_SEED", 20)
    asked = []
    monkeypatch.setattr(module, "nearest_of_all", lambda *a: asked.append(len(a[1])) or nearest_of_all(*a))
    X = correlated_pixels(279, 0)
    assert_same(X, correlated_pixels(300, 1), 10)
    assert_same(np.repeat(X[:2], 1000, axis=0), X[:40], 4)
    assert asked == [256, 44, 40]


@pytest.mark.parametrize("size", [1e200, 1e-200, 1e30, 1e-30, 1e17, 1e-22])
def test_numbers_that_float32_cannot_hold_are_searched_plainly(monkeypatch, size):
    asked = []
    monkeypatch.setattr(module, "nearest_of_all", lambda *a: asked.append(len(a[1])) or nearest_of_all(*a))
    X, Q = correlated_pixels(300, 0), correlated_pixels(20, 1)
    with np.errstate(all="raise"):
        indices = search(X * size, Q * size, 5, 20)[1]
        assert asked == [20]
        far_or_near = search(X, Q * size, 5, 20)[1]
    assert np.array_equal(indices, brute_force(X, Q, 5)[1])
    assert np.array_equal(far_or_near, nearest_of_all(X, Q * size, 5)[1])


def test_sums_of_large_products_are_exact():
    rng = np.random.default_rng(0)
    X, Q = (np.where(rng.random((n, 3072)) < 0.9, 1, rng.integers(0, 256, (n, 3072))) for n in (40, 5))
    assert_same(X.astype(np.uint8), Q.astype(np.uint8), 10)


def test_columns_of_small_values():
    values = np.random.default_rng(0).integers(0, 50, (7, 5003)).astype(np.float32)
    for m in (1, 30, 5003):
        columns = module.columns_of_small_values(values, m)
        assert columns.shape == (7, m) and all(len(set(row)) == m for row in columns.tolist())
    ranks = np.argsort(np.argsort(np.random.default_rng(0).random((7, 5003)), axis=1), axis=1)
    columns = module.columns_of_small_values(ranks, 30)
    found = np.sort(np.take_along_axis(ranks, columns, axis=1), axis=1)
    assert (found[:, 0] == 0).all() and (found[:, -1] < 40).all()  # 30 columns of the 40 smallest


def test_reproducible_and_inputs_untouched():
    X, Q = correlated_pixels(300, 0), correlated_pixels(10, 1)
    X_copy, Q_copy = X.copy(), Q.copy()
    first, second = search(X, Q, 4, 20), search(X, Q, 4, 20)
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert np.array_equal(X, X_copy) and np.array_equal(Q, Q_copy)


@settings(deadline=None, max_examples=100, derandomize=True)
@given(st.integers(1, 9), st.integers(1, 40), st.integers(1, 6), st.integers(0, 2**32 - 1), st.data())
def test_k_smallest_is_a_stable_argsort(M, N, n_values, seed, data):
    values = np.random.default_rng(seed).integers(0, n_values, (M, N)).astype(float)
    k = data.draw(st.integers(1, N))
    assert np.array_equal(k_smallest(values, k), np.argsort(values, axis=1, kind="stable")[:, :k])
