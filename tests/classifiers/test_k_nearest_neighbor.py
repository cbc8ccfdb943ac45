"""The k-nearest-neighbor classifier against SciPy, scikit-learn, exact integers and hand-worked votes."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from cs231n_lib.classifiers import KNearestNeighbor
from cs231n_lib.classifiers import k_nearest_neighbor as module
from cs231n_lib.classifiers.k_nearest_neighbor import knn_accuracies, vote
from cs231n_lib.neighbors.distances import cityblock_distances, euclidean_distances

SCIPY_NAME = {"l2": "euclidean", "l1": "cityblock", "cosine": "cosine"}


def trained(X, y, **options):
    knn = KNearestNeighbor(**options)
    knn.train(X, y)
    return knn


def pixels(n, d, seed):
    return np.random.default_rng(seed).integers(0, 256, (n, d), dtype=np.uint8)


@pytest.mark.parametrize("metric", ["l2", "l1", "cosine"])
@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float32, np.float64])
def test_three_ways_to_the_distances_agree_with_scipy(metric, dtype):
    X, Q = pixels(21, 37, 0).astype(dtype), pixels(13, 37, 1).astype(dtype)
    knn = trained(X, np.arange(21), metric=metric)
    expected = cdist(Q.astype(float), X.astype(float), SCIPY_NAME[metric])
    for loops in ("two_loops", "one_loop", "no_loops"):
        dists = getattr(knn, f"compute_distances_{loops}")(Q)
        assert dists.dtype == np.float64
        np.testing.assert_allclose(dists, expected, rtol=1e-12, atol=1e-12)


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


def test_distance_to_itself_is_never_nan():
    X = 1e3 + np.random.default_rng(0).standard_normal((200, 500)).astype(np.float32)
    knn = trained(X, np.zeros(200, int))
    self_distances = np.diag(knn.compute_distances_no_loops(X))
    assert (self_distances >= 0).all() and self_distances.max() < 1e-3
    knn = trained(X, np.zeros(200, int), metric="cosine")
    assert knn.compute_distances_no_loops(X).min() >= 0
    assert knn.compute_distances_no_loops(-X).max() <= 2


def test_vote_takes_the_most_frequent_label_and_the_smaller_at_a_tie():
    assert vote(np.array([[7, 2, 2], [5, 1, 3], [4, 4, 0], [9, 8, 9]])).tolist() == [2, 1, 4, 9]
    assert vote(np.array([[3, 1, 3, 1]])).tolist() == [1]


def test_weighted_vote():
    labels = np.array([[0, 1, 1], [0, 1, 1]])
    weights = np.array([[1.0, 0.4, 0.5], [1.0, 0.6, 0.5]])
    assert vote(labels, weights).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("metric", "dists", "expected"),
    [
        ("l2", [[1.0, 2.0, 4.0]], [[1.0, 0.5, 0.25]]),
        ("l1", [[0.0, 0.0, 3.0], [2.0, 4.0, 5.0]], [[1.0, 1.0, 0.0], [0.5, 0.25, 0.2]]),
        ("cosine", [[0.0, 0.5, 1.5]], [[1.0, 0.5**8, 0.0]]),
    ],
)
def test_distance_weights_by_hand(metric, dists, expected):
    knn = KNearestNeighbor(metric=metric, weights="distance")
    assert np.array_equal(knn.vote_weights(np.array(dists)), expected)
    assert np.array_equal(KNearestNeighbor(metric=metric).vote_weights(np.array(dists)), np.ones_like(dists))


@pytest.mark.parametrize("num_loops", [0, 1, 2])
def test_distance_weights_can_outvote_a_majority(num_loops):
    X, y = np.array([[0.0], [3.0], [4.0], [50.0]]), np.array([1, 0, 0, 0])
    query = np.array([[1.0]])  # distances 1, 2, 3: votes 1 against 1/2 + 1/3
    assert trained(X, y).predict(query, k=3, num_loops=num_loops).tolist() == [0]
    assert trained(X, y, weights="distance").predict(query, k=3, num_loops=num_loops).tolist() == [1]


def test_predict_labels_by_hand():
    knn = trained(np.zeros((4, 1)), np.array([3, 1, 1, 2]))
    dists = np.array([[0.0, 1.0, 1.0, 5.0], [2.0, 2.0, 2.0, 2.0], [9.0, 8.0, 7.0, 6.0]])
    assert knn.predict_labels(dists, k=1).tolist() == [3, 3, 2]  # equal distances: the first row
    assert knn.predict_labels(dists, k=2).tolist() == [1, 1, 1]  # equal votes: the smaller label
    assert knn.predict_labels(dists, k=3).tolist() == [1, 1, 1]
    assert knn.predict_labels(dists).tolist() == [3, 3, 2]


@pytest.mark.parametrize("metric", ["l2", "l1", "cosine"])
@pytest.mark.parametrize("weights", ["uniform", "distance"])
def test_predictions_agree_with_scikit_learn(metric, weights):
    neighbors = pytest.importorskip("sklearn.neighbors")
    rng = np.random.default_rng(0)
    X, Q, y = rng.standard_normal((300, 8)), rng.standard_normal((80, 8)), rng.integers(0, 4, 300)
    sk_weights = weights
    if metric == "cosine" and weights == "distance":
        sk_weights = lambda dists: np.maximum(1 - dists, 0) ** 8  # noqa: E731
    reference = neighbors.KNeighborsClassifier(
        7, weights=sk_weights, metric=SCIPY_NAME[metric], algorithm="brute"
    )
    expected = reference.fit(X, y).predict(Q)
    knn = trained(X, y, metric=metric, weights=weights)
    for num_loops in (0, 1, 2):
        assert np.array_equal(knn.predict(Q, k=7, num_loops=num_loops), expected)


@pytest.mark.parametrize("metric", ["l2", "l1", "cosine"])
@pytest.mark.parametrize("weights", ["uniform", "distance"])
def test_large_problems_give_the_same_answers(metric, weights, monkeypatch):
    rng = np.random.default_rng(0)
    X, Q = rng.integers(1, 4, (400, 6), dtype=np.uint8), rng.integers(1, 4, (90, 6), dtype=np.uint8)
    if metric == "cosine":  # where whole numbers do not make exact ties
        X, Q = rng.standard_normal((400, 6)), rng.standard_normal((90, 6))
    knn = trained(X, rng.integers(0, 5, 400), metric=metric, weights=weights)
    small = [knn.predict(Q, k=k) for k in (1, 5, 20)]
    dists, indices = knn.kneighbors(Q, 20)
    monkeypatch.setattr(module, "DISTANCES_AT_ONCE", 1000)
    assert all(np.array_equal(knn.predict(Q, k=k), s) for k, s in zip((1, 5, 20), small, strict=True))
    large_dists, large_indices = knn.kneighbors(Q, 20)
    assert np.array_equal(large_indices, indices)
    np.testing.assert_allclose(large_dists, dists, rtol=1e-12, atol=1e-15)


def test_large_problems_never_hold_all_distances(monkeypatch):
    def refuse(*args):
        raise AssertionError("all distances at once")

    monkeypatch.setattr(module, "DISTANCES_AT_ONCE", 1000)
    monkeypatch.setitem(module.DISTANCE_MATRIX, "l2", refuse)
    monkeypatch.setitem(module.DISTANCE_MATRIX, "cosine", refuse)
    X = np.random.default_rng(0).standard_normal((300, 5))
    for metric in ("l2", "cosine"):
        assert trained(X, np.arange(300), metric=metric).predict(X).tolist() == list(range(300))
    rows_at_once = []
    monkeypatch.setitem(
        module.DISTANCE_MATRIX,
        "l1",
        lambda A, B: rows_at_once.append(len(A)) or cdist(A, B, "cityblock"),
    )
    assert trained(X, np.arange(300), metric="l1").predict(X[:40]).tolist() == list(range(40))
    assert max(rows_at_once) == 3


def test_neighbors_are_sorted_and_ties_go_to_the_smaller_index():
    knn = trained(np.array([[2.0], [0.0], [2.0], [1.0], [0.0]]), np.arange(5))
    dists, indices = knn.kneighbors(np.array([[1.0], [2.0]]), 4)
    assert indices.tolist() == [[3, 0, 1, 2], [0, 2, 3, 1]]
    assert dists.tolist() == [[0, 1, 1, 1], [0, 0, 1, 2]]


def test_each_k_from_one_search():
    X, Q = pixels(60, 9, 0), pixels(20, 9, 1)
    knn = trained(X, np.arange(60) % 4, weights="distance")
    together = knn.predict_each_k(Q, [1, 3, 60])
    assert together.shape == (3, 20)
    for labels, k in zip(together, [1, 3, 60], strict=True):
        assert np.array_equal(labels, knn.predict(Q, k=k))


def test_knn_accuracies_by_hand():
    evaluate = knn_accuracies([1, 3], metric="l1")
    X, y = np.array([[0.0], [1.0], [2.0], [9.0]]), np.array([1, 0, 0, 1])
    accuracies = evaluate(X, y, np.array([[0.1], [8.0]]), np.array([1, 1]))
    assert accuracies.tolist() == [1.0, 0.0]


def test_labels_may_be_any_integers_from_zero():
    X = np.array([[0.0], [10.0]])
    knn = trained(X, np.array([10**12, 3]))
    assert knn.predict(X).tolist() == [10**12, 3]
    assert knn.predict(X).dtype == np.int64
    knn = trained(X, np.array([200, 7], dtype=np.uint8))
    assert knn.predict(X).tolist() == [200, 7] and knn.y_train.dtype == knn.predict(X).dtype == np.int64


@pytest.mark.parametrize("num_loops", [-1, 3, None, "two"])
def test_bad_num_loops(num_loops):
    with pytest.raises(ValueError, match="num_loops must be 0, 1 or 2"):
        trained(np.eye(3), np.arange(3)).predict(np.eye(3), num_loops=num_loops)


@pytest.mark.parametrize("k", [0, -1, 4, 1.0, None])
def test_bad_k(k):
    knn = trained(np.eye(3), np.arange(3))
    for call in (
        lambda: knn.predict(np.eye(3), k=k),
        lambda: knn.predict(np.eye(3), k=k, num_loops=1),
        lambda: knn.predict_labels(np.zeros((1, 3)), k=k),
        lambda: knn.predict_each_k(np.eye(3), [1, k]),
    ):
        with pytest.raises(ValueError, match="k must be an integer from 1 to the 3 training rows"):
            call()


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (np.zeros(3), ValueError, r"shape \(3,\)"),
        (np.zeros((2, 3, 1)), ValueError, r"shape \(2, 3, 1\)"),
        (np.zeros((0, 3)), ValueError, "non-empty"),
        (np.zeros((2, 0)), ValueError, "non-empty"),
        (np.array([[1.0, np.nan, 0.0]]), ValueError, "NaN"),
        (np.array([[1.0, np.inf, 0.0]]), ValueError, "infinite"),
        (np.array([["a", "b", "c"]]), TypeError, "real numbers"),
        (np.zeros((1, 3), complex), TypeError, "real numbers"),
    ],
)
def test_bad_rows(X, error, message):
    knn = trained(np.eye(3), np.arange(3))
    for loops in ("two_loops", "one_loop", "no_loops"):
        with pytest.raises(error, match=message):
            getattr(knn, f"compute_distances_{loops}")(X)
    with pytest.raises(error, match=message):
        knn.predict(X)
    with pytest.raises(error, match=message):
        knn.train(X, np.zeros(len(X), int))
    assert np.array_equal(knn.X_train, np.eye(3))  # what it was


def test_wrong_number_of_features():
    knn = trained(np.zeros((4, 3072)), np.zeros(4, int))
    with pytest.raises(
        ValueError, match=r"X has shape \(5, 3071\) but the model was trained on 3072 features"
    ):
        knn.predict(np.zeros((5, 3071)))


@pytest.mark.parametrize(
    ("y", "error", "message"),
    [
        (np.arange(4), ValueError, r"y has shape \(4,\) but X has 3 rows"),
        (np.zeros((3, 1), int), ValueError, r"y has shape \(3, 1\)"),
        (np.array([0.0, 1.0, 2.0]), TypeError, "integer labels"),
        (np.array([0, -1, 2]), ValueError, "smallest is -1"),
    ],
)
def test_bad_labels(y, error, message):
    knn = KNearestNeighbor()
    with pytest.raises(error, match=message):
        knn.train(np.eye(3), y)
    assert knn.X_train is None and knn.y_train is None


def test_bad_distances():
    knn = trained(np.eye(3), np.arange(3))
    with pytest.raises(ValueError, match=r"dists has shape \(2, 4\)"):
        knn.predict_labels(np.zeros((2, 4)))
    with pytest.raises(ValueError, match=r"dists has shape \(3,\)"):
        knn.predict_labels(np.zeros(3))
    with pytest.raises(ValueError, match="NaN"):
        knn.predict_labels(np.array([[0.0, np.nan, 1.0]]))


def test_bad_options_and_untrained():
    with pytest.raises(ValueError, match="metric must be one of l2, l1, cosine, not 'l3'"):
        KNearestNeighbor(metric="l3")
    with pytest.raises(ValueError, match="weights must be uniform or distance, not 'both'"):
        KNearestNeighbor(weights="both")
    with pytest.raises(ValueError, match="not trained"):
        KNearestNeighbor().predict(np.eye(2))
    with pytest.raises(ValueError, match="not trained"):
        KNearestNeighbor().predict_labels(np.eye(2))


def test_cosine_needs_a_direction():
    knn = trained(np.array([[1.0, 0.0], [0.0, 0.0]]), np.arange(2), metric="cosine")
    with pytest.raises(ValueError, match="row 1 of B is all zeros"):
        knn.predict(np.array([[1.0, 1.0]]))


def test_cosine_does_not_overflow():
    X = np.array([[1e300, 1e300], [1e-300, -1e-300]])
    dists = trained(X, np.arange(2), metric="cosine").compute_distances_no_loops(X)
    np.testing.assert_allclose(dists, [[0, 1], [1, 0]], atol=1e-15)


def test_a_second_search_uses_what_the_first_one_prepared(monkeypatch):
    monkeypatch.setattr(module, "DISTANCES_AT_ONCE", 0)
    made = []
    original = module.NeighborIndex
    monkeypatch.setattr(module, "NeighborIndex", lambda *args: made.append(args) or original(*args))
    knn, Q = trained(pixels(60, 40, 0), np.arange(60)), pixels(9, 40, 1)
    for k in (1, 5, 60):
        assert knn.predict(Q, k=k).shape == (9,)
    assert len(made) == 1
    knn.predict(Q + 0.5)  # queries that are no pixels are compared in another way
    assert len(made) == 2


@pytest.mark.parametrize("metric", ["l2", "cosine"])
def test_a_search_sees_training_rows_that_were_changed_in_place(monkeypatch, metric):
    monkeypatch.setattr(module, "DISTANCES_AT_ONCE", 0)
    X, Q = pixels(60, 40, 0), pixels(9, 40, 1)
    knn = trained(X, np.arange(60), metric=metric)
    before = knn.kneighbors(Q, 3)[1]
    X[:] = X[::-1].copy()
    np.testing.assert_array_equal(knn.kneighbors(Q, 3)[1], 59 - before)
    knn.train(X[:30], np.arange(30))
    assert knn.kneighbors(Q, 30)[1].max() == 29
