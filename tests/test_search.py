"""Cross-validation against the course's own steps and scikit-learn's folds."""

import numpy as np
import pytest

from cs231n_lib.classifiers.k_nearest_neighbor import KNearestNeighbor, knn_accuracies
from cs231n_lib.search import cross_validate, folds


def test_folds_are_consecutive_as_in_the_course():
    model_selection = pytest.importorskip("sklearn.model_selection")
    expected = [test for _, test in model_selection.KFold(5).split(np.zeros(23))]
    parts = folds(23, 5)
    assert [p.tolist() for p in parts] == [e.tolist() for e in expected]


def test_shuffled_folds_hold_every_row_once():
    parts = folds(23, 5, rng=0)
    assert sorted(np.concatenate(parts).tolist()) == list(range(23))
    assert [len(p) for p in parts] == [5, 5, 5, 4, 4]
    assert np.concatenate(parts).tolist() != list(range(23))
    assert all(
        np.array_equal(a, b) for a, b in zip(parts, folds(23, 5, np.random.default_rng(0)), strict=True)
    )


def test_fewest_and_most_folds():
    assert [p.tolist() for p in folds(3, 2)] == [[0, 1], [2]]
    assert [p.tolist() for p in folds(3, 3)] == [[0], [1], [2]]


@pytest.mark.parametrize("n_folds", [1, 0, -2, 11])
def test_bad_number_of_folds(n_folds):
    with pytest.raises(ValueError, match="n_folds must be from 2 to the 10 rows"):
        folds(10, n_folds)


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_each_fold_is_scored_with_what_the_others_taught(n_jobs):
    X, y = np.arange(10.0)[:, None], np.arange(10) * 10

    def evaluate(X_train, y_train, X_val, y_val):
        assert not set(X_train[:, 0]) & set(X_val[:, 0])
        assert np.array_equal(y_train, 10 * X_train[:, 0]) and np.array_equal(y_val, 10 * X_val[:, 0])
        return [len(X_train), X_val.sum(), X_train.sum()]

    scores = cross_validate(evaluate, X, y, 3, n_jobs=n_jobs)
    assert scores.tolist() == [[6, 6, 39], [7, 15, 30], [7, 24, 21]]
    shuffled = cross_validate(evaluate, X, y, 3, rng=1, n_jobs=n_jobs)
    assert shuffled[:, 1].sum() == 45 and shuffled[:, 1].tolist() != scores[:, 1].tolist()


def test_one_score_a_fold():
    scores = cross_validate(lambda *parts: len(parts[2]), np.zeros((7, 2)), np.zeros(7), 3)
    assert scores.tolist() == [3, 2, 2] and scores.dtype == np.float64


def test_agrees_with_the_courses_loop():
    rng = np.random.default_rng(0)
    X, y, ks = rng.integers(0, 256, (83, 5), dtype=np.uint8), rng.integers(0, 3, 83), [1, 4, 9]
    X_folds, y_folds = np.array_split(X, 5), np.array_split(y, 5)
    expected = np.empty((5, 3))
    for i in range(5):
        knn = KNearestNeighbor()
        knn.train(
            np.concatenate(X_folds[:i] + X_folds[i + 1 :]), np.concatenate(y_folds[:i] + y_folds[i + 1 :])
        )
        for j, k in enumerate(ks):
            expected[i, j] = np.mean(knn.predict(X_folds[i], k=k) == y_folds[i])
    for n_jobs in (None, 2):
        assert np.array_equal(cross_validate(knn_accuracies(ks), X, y, n_jobs=n_jobs), expected)


def test_rows_and_labels_must_match():
    with pytest.raises(ValueError, match="X has 5 rows but y has 4"):
        cross_validate(lambda *parts: 0.0, np.zeros((5, 2)), np.zeros(4))
