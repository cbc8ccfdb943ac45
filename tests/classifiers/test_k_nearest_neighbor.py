"""The k-nearest-neighbor classifier against SciPy, scikit-learn, exact integers and hand-worked votes."""

import math

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from cs231n_lib.classifiers import KNearestNeighbor
from cs231n_lib.classifiers import k_nearest_neighbor as module
from cs231n_lib.classifiers.k_nearest_neighbor import knn_accuracies, vote
from cs231n_lib.neighbors import search

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


def test_distance_to_itself_is_never_nan():
    X = 1e3 + np.random.default_rng(0).standard_normal((200, 500)).astype(np.float32)
    knn = trained(X, np.zeros(200, int))
    self_distances = np.diag(knn.compute_distances_no_loops(X))
    round_off = X.shape[1] * np.finfo(float).eps * 2 * (X.astype(float) ** 2).sum(axis=1)
    assert (self_distances >= 0).all() and (self_distances**2 <= round_off).all()
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
    assert vote(np.array([[2**63, 2**63, 1]], dtype=np.uint64)).tolist() == [2**63]


@pytest.mark.parametrize("metric", ["l2", "l1", "cosine"])
@pytest.mark.parametrize("weights", ["uniform", "distance"])
@pytest.mark.parametrize("components", [0, 10**9])
def test_large_problems_give_the_same_answers(metric, weights, components, monkeypatch):
    rng = np.random.default_rng(0)
    X, Q = rng.integers(1, 4, (700, 6), dtype=np.uint8), rng.integers(1, 4, (90, 6), dtype=np.uint8)
    if metric == "cosine":  # where whole numbers do not make exact ties
        X, Q = rng.standard_normal((700, 6)), rng.standard_normal((90, 6))
    knn = trained(X, rng.integers(0, 5, 700), metric=metric, weights=weights)
    small = [knn.predict(Q, k=k) for k in (1, 5, 20)]
    dists, indices = knn.kneighbors(Q, 20)
    monkeypatch.setattr(module, "DISTANCES_AT_ONCE", 1000)
    monkeypatch.setattr(search, "DISTANCES_AT_ONCE", 5000)
    monkeypatch.setattr(module, "QUERIES_WORTH_COMPONENTS", components)
    for k, labels in zip((1, 5, 20), small, strict=True):
        assert np.array_equal(knn.predict(Q, k=k), labels)
    large_dists, large_indices = knn.kneighbors(Q, 20)
    assert np.array_equal(large_indices, indices)
    np.testing.assert_allclose(large_dists, dists, rtol=1e-12, atol=1e-15)


def test_only_l1_and_few_pairs_hold_all_distances(monkeypatch):
    def refuse(*args):
        raise AssertionError("all distances at once")

    monkeypatch.setattr(module, "DISTANCES_AT_ONCE", 1000)
    monkeypatch.setattr(search, "DISTANCES_AT_ONCE", 1000)
    monkeypatch.setitem(module.DISTANCE_MATRIX, "l2", refuse)
    monkeypatch.setitem(module.DISTANCE_MATRIX, "cosine", refuse)
    monkeypatch.setattr(search, "nearest_of_all", refuse)
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


def test_a_search_uses_what_an_earlier_one_prepared(monkeypatch):
    monkeypatch.setattr(module, "DISTANCES_AT_ONCE", 0)
    monkeypatch.setattr(module, "QUERIES_WORTH_COMPONENTS", 9)
    made = []
    original = module.NeighborIndex
    monkeypatch.setattr(
        module, "NeighborIndex", lambda *args, **options: made.append(options) or original(*args, **options)
    )
    knn, Q = trained(pixels(60, 40, 0), np.arange(60)), pixels(9, 40, 1)
    for number in (8, 2, 9, 1, 9):  # few queries are not worth components, but use them
        assert np.array_equal(knn.predict(Q[:number], k=5, num_loops=1), knn.predict(Q[:number], k=5))
    assert [options["n_components"] for options in made] == [0, 224]
    knn.predict(Q + 0.5)  # queries that are no pixels are compared in another way
    assert len(made) == 3


@pytest.mark.parametrize("metric", ["l2", "l1", "cosine"])
def test_training_copies_rows_and_labels_alike(monkeypatch, metric):
    monkeypatch.setattr(module, "DISTANCES_AT_ONCE", 0)
    X, y = pixels(60, 40, 0), np.arange(60)
    Q = X[:9].copy()
    knn = trained(X, y, metric=metric)
    before = knn.predict(Q)
    X[:], y[:] = X[::-1].copy(), 0
    assert np.array_equal(knn.predict(Q), before)
    for own in (knn.X_train, knn.y_train):
        with pytest.raises(ValueError, match="read-only"):
            own[0] = 1
    knn.X_train = X  # but other rows may be assigned
    assert np.array_equal(knn.predict(Q), 59 - before)
    knn.train(X[:30], np.arange(30))
    assert knn.kneighbors(Q, 30)[1].max() == 29


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("exponents", [(200, 200), (-200, -200), (200, 0), (-200, 0), (-200, 200)])
def test_rows_of_any_size_and_no_floating_point_error(monkeypatch, exponents, large):
    if large:
        monkeypatch.setattr(module, "DISTANCES_AT_ONCE", 0)
        monkeypatch.setattr(module, "QUERIES_WORTH_COMPONENTS", 0)
    rng = np.random.default_rng(0)
    X = rng.standard_normal((500, 8)) * 10.0 ** rng.choice(exponents, (500, 1))
    Q = X[::50] + rng.standard_normal((10, 8)) * 10.0 ** min(exponents) / 1e3
    expected = [min(range(500), key=lambda i: math.dist(X[i], q)) for q in Q]
    with np.errstate(all="raise"):
        for num_loops in (0, 1, 2):
            assert trained(X, np.arange(500)).predict(Q, num_loops=num_loops).tolist() == expected
        for metric in ("l1", "cosine"):
            trained(X, np.arange(500), metric=metric, weights="distance").predict(Q, k=5)


EYE = np.eye(3)


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda knn: KNearestNeighbor(metric="l3"), ValueError, "metric must be one of 'l2', 'l1', 'cosine'"),
        (lambda knn: KNearestNeighbor(weights="both"), ValueError, "weights must be one of 'uniform'"),
        (lambda knn: KNearestNeighbor().predict(EYE), ValueError, "not trained"),
        (lambda knn: KNearestNeighbor().predict_labels(EYE), ValueError, "not trained"),
        (lambda knn: knn.train(EYE[0], [0]), ValueError, r"X must have shape \(N, D\), got shape \(3,\)"),
        (lambda knn: knn.train(EYE[:0], []), ValueError, r"got shape \(0, 3\)"),
        (lambda knn: knn.train(EYE + np.inf, [0, 1, 2]), ValueError, "X must be finite, got inf"),
        (lambda knn: knn.train(EYE * 1j, [0, 1, 2]), TypeError, "X must hold real numbers"),
        (lambda knn: knn.train(EYE, [0, 1]), ValueError, r"y must have shape \(3,\), got shape \(2,\)"),
        (lambda knn: knn.train(EYE, [0.0, 1.0, 2.0]), TypeError, "y must hold integers"),
        (lambda knn: knn.train(EYE, [0, -1, 2]), ValueError, "labels from 0 to .* got -1 to 2"),
        (lambda knn: knn.train(EYE, np.full(3, 2**63, np.uint64)), ValueError, "y must hold labels from 0"),
        (
            lambda knn: knn.predict(EYE[:, :2]),
            ValueError,
            r"\(3, 2\) but .* trained on 3 features",
        ),
        (lambda knn: knn.predict([["a", "b", "c"]]), TypeError, "X must hold real numbers"),
        (lambda knn: knn.compute_distances_two_loops(EYE[0]), ValueError, "X must have shape"),
        (lambda knn: knn.compute_distances_one_loop(EYE + np.nan), ValueError, "X must be finite"),
        (lambda knn: knn.compute_distances_no_loops(EYE + np.inf), ValueError, "X must be finite"),
        (lambda knn: knn.predict(EYE, num_loops=3), ValueError, "num_loops must be an integer from 0 to 2"),
        (lambda knn: knn.predict(EYE, num_loops="two"), ValueError, "num_loops must be an integer"),
        (lambda knn: knn.predict(EYE, k=0), ValueError, "k must be an integer from 1 to 3, got 0"),
        (lambda knn: knn.predict(EYE, k=4, num_loops=1), ValueError, "k must be an integer from 1 to 3"),
        (lambda knn: knn.predict_labels(EYE, k=1.0), ValueError, "k must be an integer from 1 to 3"),
        (lambda knn: knn.predict_each_k(EYE, [1, None]), ValueError, "k must be an integer from 1 to 3"),
        (lambda knn: knn.predict_labels(EYE[0]), ValueError, r"dists must have shape \(M, 3\)"),
        (lambda knn: knn.predict_labels(np.ones((2, 4))), ValueError, r"dists must have shape \(M, 3\)"),
        (lambda knn: knn.predict_labels(EYE + np.nan), ValueError, "dists must not hold NaN"),
        (lambda knn: knn.predict_labels(np.full((1, 3), "a", "T")), TypeError, "dists must hold real"),
        (lambda knn: vote(np.array([0, 1])), ValueError, "labels must have shape"),
        (lambda knn: vote([[0, 1]], [[1.0]]), ValueError, "weights must have shape"),
    ],
)
def test_bad_calls_change_nothing(call, error, said):
    knn = trained(EYE, np.arange(3))
    with pytest.raises(error, match=said):
        call(knn)
    assert np.array_equal(knn.X_train, EYE) and knn.y_train.tolist() == [0, 1, 2]
