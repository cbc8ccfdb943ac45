"""The pruned search against brute force in exact integers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cs231n_lib.neighbors import search as module
from cs231n_lib.neighbors.search import k_smallest, nearest_neighbors


def brute_force(X, Q, k):
    """Squared distances and indices, from differences of Python-size integers (or of float64)."""
    kind = np.float64 if X.dtype.kind == "f" or Q.dtype.kind == "f" else np.int64
    squares = ((Q[:, None].astype(kind) - X[None].astype(kind)) ** 2).sum(axis=2)
    indices = np.argsort(squares, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(squares, indices, axis=1), indices


def assert_same(X, Q, k, n_components=(2, 4)):
    squared_dists, indices = nearest_neighbors(X, Q, k, n_components)
    expected_dists, expected_indices = brute_force(X, Q, k)
    assert np.array_equal(indices, expected_indices)
    assert np.array_equal(squared_dists, expected_dists)


@st.composite
def problems(draw):
    """Rows with few different values, so with many duplicates and ties."""
    N, M, D = draw(st.integers(1, 60)), draw(st.integers(1, 8)), draw(st.integers(1, 12))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    values = rng.integers(0, 256, draw(st.integers(1, 5)))
    X, Q = rng.choice(values, (N, D)), rng.choice(values, (M, D))
    X[rng.random(N) < 0.3] = X[0]
    n_coarse = draw(st.integers(1, 5))
    n_components = n_coarse, n_coarse + draw(st.integers(0, 6))
    return X, Q, draw(st.integers(1, N)), n_components


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
    original = module.PixelRows.squared_distances

    def counted(self, Q, queries, index):
        asked.append(len(index))
        return original(self, Q, queries, index)

    monkeypatch.setattr(module.PixelRows, "squared_distances", counted)
    assert_same(X, Q, 5, (4, 20))
    assert sum(asked) / len(Q) < 0.05 * len(X)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_real_rows_too(dtype):
    X, Q = correlated_pixels(1500, 0).astype(dtype) / 7, correlated_pixels(40, 1).astype(dtype) / 7
    squared_dists, indices = nearest_neighbors(X, Q, 7, (4, 20))
    expected_dists, expected_indices = brute_force(X.astype(float), Q.astype(float), 7)
    assert np.array_equal(indices, expected_indices)
    np.testing.assert_allclose(squared_dists, expected_dists, rtol=1e-13)


def test_pixels_against_other_queries():
    X = correlated_pixels(500, 0)
    assert_same(X, correlated_pixels(20, 1) + 0.5, 3, (4, 20))
    assert_same(X, correlated_pixels(20, 1).astype(np.float64) - 300, 3, (4, 20))
    assert_same(X, np.full((2, 300), 1e6), 3, (4, 20))
    assert_same(X, correlated_pixels(20, 1) + 2.0**-12, 3, (4, 20))
    far = np.full((2, 300), 2.0**80)  # so far that all rows are equally near
    assert nearest_neighbors(X, far, 500, (4, 20))[1].tolist() == [list(range(500))] * 2


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
    assert_same(X, Q, 10, (4, 20))


def test_whole_directions_make_no_vector_longer_and_sum_exactly():
    X = correlated_pixels(500, 0).astype(np.float32) - 128
    W, shrink = module.whole_directions(X, 20)
    assert np.array_equal(W, np.rint(W))
    assert 128 * np.abs(W).astype(np.float64).sum(axis=0).max() <= 2**24
    singular_values = np.linalg.svd(shrink * W.astype(np.float64), compute_uv=False)
    assert singular_values[0] <= 1
    assert singular_values[-1] > 0.98  # and hardly shorter
    assert np.array_equal(X @ W, X.astype(np.int64) @ W.astype(np.int64))


@pytest.mark.parametrize("kind", [module.PixelRows, module.RealRows])
@pytest.mark.parametrize("n_components", [(3, 12), (200, 400)])
def test_fine_and_coarse_bounds_are_ordered_and_below_the_truth(kind, n_components):
    X = correlated_pixels(300, 0)
    Q = np.concatenate([correlated_pixels(10, 1), X[:10]])
    rows = kind(X)
    bounds = module.LowerBounds(rows, n_components).for_queries(Q)
    true = np.sqrt(((Q[:, None].astype(float) - X) ** 2).sum(axis=2)) * rows.scale
    assert (bounds.reach > 0).all()  # float32 is not exact
    assert bounds.reach.max() < 0.05 * np.median(true)
    tau = np.median(true, axis=1) ** 2
    kept_queries, kept = bounds.not_above(tau / rows.scale**2)
    assert np.array_equal(kept_queries, np.sort(kept_queries))
    for i in range(len(Q)):
        coarse = bounds.coarse[i].astype(np.float64) + bounds.squares[i]
        fine = coarse + bounds.fine_rows @ bounds.fine_queries[i]
        assert (coarse <= fine + bounds.rounding[i]).all()
        assert (fine <= (true[i] + bounds.reach[i]) ** 2 + bounds.rounding[i]).all()
        assert np.median(fine / np.maximum(true[i], 1) ** 2) > 0.8  # and they say something
        assert bounds.rounding[i] < 0.01 * np.median(true[i] ** 2)
        mine = set(kept[kept_queries == i])
        assert set(np.flatnonzero(true[i] ** 2 <= tau[i])) <= mine
        assert mine <= set(np.flatnonzero(fine <= 1.11 * tau[i]))


@pytest.mark.parametrize(
    ("query", "nearest", "others"),
    [
        (np.full(64, 0.49), np.full(64, 0.51), np.full(64, -0.3)),  # 0, 1 and 0 as whole numbers
        (np.zeros(64), np.full(64, 0.51), np.repeat([-1.4, 0], [26, 38])),  # 0, 1 and -1 or 0
    ],
)
def test_rounding_rows_apart_loses_no_neighbor(query, nearest, others):
    """The nearest row is not the nearest one after rounding to whole numbers."""
    X = others + np.arange(62)[:, None] / 1e4
    X[0], X[1], X[2] = 100, 0, nearest
    X[1] = -X.sum(axis=0)  # so that the mean is 0
    assert module.RealRows(X).scale == 1
    rounded = [np.linalg.norm(np.rint(row) - np.rint(query)) for row in X]
    assert rounded[2] > rounded[3] and np.argmin(np.linalg.norm(X - query, axis=1)) == 2
    _, indices = nearest_neighbors(X, query[None], 1, (2, 4))
    assert indices.tolist() == [[2]]


def test_sums_of_large_products_are_exact():
    rng = np.random.default_rng(0)
    X, Q = (np.where(rng.random((n, 3072)) < 0.9, 1, rng.integers(0, 256, (n, 3072))) for n in (40, 5))
    assert_same(X.astype(np.uint8), Q.astype(np.uint8), 40, (2, 4))


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
    first, second = nearest_neighbors(X, Q, 4, (4, 20)), nearest_neighbors(X, Q, 4, (4, 20))
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert np.array_equal(X, X_copy) and np.array_equal(Q, Q_copy)


@settings(deadline=None, max_examples=100, derandomize=True)
@given(st.integers(1, 9), st.integers(1, 40), st.integers(1, 6), st.integers(0, 2**32 - 1), st.data())
def test_k_smallest_is_a_stable_argsort(M, N, n_values, seed, data):
    values = np.random.default_rng(seed).integers(0, n_values, (M, N)).astype(float)
    k = data.draw(st.integers(1, N))
    assert np.array_equal(k_smallest(values, k), np.argsort(values, axis=1, kind="stable")[:, :k])
