"""Folds, cross-validation and grid search: oracles, and what becomes of trainings that diverge."""

import threading

import joblib
import numpy as np
import pytest

from cs231n_lib import plots
from cs231n_lib.classifiers import fc_net, neural_net
from cs231n_lib.classifiers.k_nearest_neighbor import KNearestNeighbor, knn_accuracies
from cs231n_lib.classifiers.linear_classifier import LinearSVM
from cs231n_lib.divergence import DivergenceWarning
from cs231n_lib.search import cross_validate, folds, grid_search
from cs231n_lib.solver import Solver


def blobs(N=60):
    """Three clouds of points around corners of a triangle."""
    rng = np.random.default_rng(0)
    y = np.arange(N) % 3
    return np.array([[3.0, 0, 1], [-3, 3, 1], [-3, -3, 1]])[y] + rng.normal(size=(N, 3)), y


def train_linear(X, y, learning_rate):
    model = LinearSVM()
    model.train(X, y, learning_rate, reg=1.0, rng=0)
    return model


class Predicting:
    """What both nets need to stand beside a linear classifier here."""

    def __init__(self, net):
        self.predict = lambda X: net.loss(X).argmax(axis=1)


def train_old_net(X, y, learning_rate):
    net = neural_net.TwoLayerNet(X.shape[1], 10, 3, std=0.1, rng=0)
    net.train(X, y, X, y, learning_rate, 1, reg=1.0, rng=0)
    return Predicting(net)


def train_with_solver(X, y, learning_rate):
    net = fc_net.TwoLayerNet(X.shape[1], 10, 3, weight_scale=0.1, reg=1.0, rng=0)
    data = {"X_train": X, "y_train": y, "X_val": X, "y_val": y}
    Solver(
        net, data, optim_config={"learning_rate": learning_rate}, batch_size=10, verbose=False, rng=0
    ).train()
    return Predicting(net)


TRAINERS = pytest.mark.parametrize("train", [train_linear, train_old_net, train_with_solver])
"""Of each kind one: they have to report divergence through `divergence.report_divergence`."""

# Folds and cross-validation


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


@TRAINERS
@pytest.mark.parametrize("n_jobs", [None, 2])
def test_a_fold_whose_training_diverged_is_nan_and_named(train, n_jobs):
    X, y = blobs()

    def accuracies(X_train, y_train, X_val, y_val):
        model = train(X_train, y_train, 1e200 if X[0, 0] in X_train else 0.01)  # healthy in fold 0 alone
        return np.array([1.0, (model.predict(X_val) == y_val).mean()])

    with pytest.warns(DivergenceWarning, match="^fold 1: .*diverged.*; fold 2: .*diverged") as warned:
        scores = cross_validate(accuracies, X, y, 3, n_jobs=n_jobs)
    assert [warning.filename for warning in warned] == [__file__]
    np.testing.assert_array_equal(np.isnan(scores), [[False] * 2, [True] * 2, [True] * 2])
    found = grid_search(lambda n_folds: cross_validate(accuracies, X, y, n_folds).mean(), {"n_folds": [3]})
    assert np.isnan(found.scores[0])
    assert found.messages[0].startswith("fold 1: ")


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"y": np.zeros(4)}, ValueError, "X has 10 rows but y has 4"),
        ({"n_folds": 1}, ValueError, "n_folds must be an integer from 2 to 10, got 1"),
        ({"n_folds": 11}, ValueError, "n_folds must be an integer from 2 to 10, got 11"),
        ({"n_folds": 2.0}, ValueError, "n_folds must be an integer from 2 to 10, got 2.0"),
        ({"rng": "seed"}, TypeError, "rng must be a numpy.random.Generator.* got 'seed'"),
        ({"evaluate": 1.0}, TypeError, "evaluate must be callable, got 1.0"),
        ({"evaluate": lambda *parts: None}, TypeError, "what evaluate returns must hold real numbers"),
    ],
)
def test_bad_arguments_of_cross_validation(change, error, message):
    arguments = {"evaluate": lambda *parts: 0.0, "X": np.zeros((10, 2)), "y": np.zeros(10)} | change
    with pytest.raises(error, match=message):
        cross_validate(**arguments)


# Grid search

GRID = {"rate": [0.1, 0.2], "reg": (1, 2, 3)}


def score(rate, reg):
    return 10 * rate - (reg - 2) ** 2


@pytest.mark.parametrize("n_jobs", [None, 1, 2])
def test_every_combination_is_scored_in_order(n_jobs):
    found = grid_search(score, GRID, n_jobs=n_jobs)
    pairs = [(0.1, 1), (0.1, 2), (0.1, 3), (0.2, 1), (0.2, 2), (0.2, 3)]
    assert found.settings == tuple({"rate": rate, "reg": reg} for rate, reg in pairs)
    np.testing.assert_allclose(found.scores, [0, 1, 0, 1, 2, 1])
    assert found.best_settings == {"rate": 0.2, "reg": 2}
    assert found.best_score == 2
    assert type(found.best_score) is float


def test_the_first_of_equal_scores_is_the_best():
    assert grid_search(lambda a: 0 * a, {"a": np.array([5, 6])}).best_settings == {"a": 5}


def test_each_trial_runs_once_and_at_the_same_time_as_others_when_asked():
    both_here = threading.Barrier(2, timeout=20)
    calls = []

    def wait(a):
        calls.append(a)
        both_here.wait()
        return a

    assert grid_search(wait, {"a": [1, 2]}, n_jobs=2).best_score == 2
    assert sorted(calls) == [1, 2]


def test_joblib_s_configuration_decides_where_trials_run():
    with joblib.parallel_config(backend="loky", n_jobs=2):
        np.testing.assert_allclose(grid_search(score, GRID).scores, [0, 1, 0, 1, 2, 1])


def test_what_has_no_score_is_nan_and_never_the_best():
    def overflow(a):
        if a > 1:
            raise FloatingPointError("overflow on purpose")
        return {1: np.nan, 0: -np.inf}[a]

    found = grid_search(overflow, {"a": [2, 1, 0]})
    np.testing.assert_array_equal(found.scores, [np.nan, np.nan, -np.inf])
    assert found.messages == ("overflow on purpose", None, None)
    assert found.best_settings == {"a": 0}
    nothing = grid_search(overflow, {"a": [2]})
    for best in ("best_settings", "best_score"):
        with pytest.raises(ValueError, match="every score is NaN"):
            getattr(nothing, best)
    assert str(nothing) == (
        "GridSearch: 1 settings, every score is NaN\n1 of 1 settings diverged, their score is NaN"
    )


@TRAINERS
@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.filterwarnings("error")
def test_a_setting_whose_training_diverged_is_nan_and_named(train, n_jobs):
    X, y = blobs()

    def accuracy(learning_rate):
        return (train(X, y, learning_rate).predict(X) == y).mean()

    found = grid_search(accuracy, {"learning_rate": [1e200, 0.01, 1e4]}, n_jobs=n_jobs)
    np.testing.assert_array_equal(np.isnan(found.scores), [True, False, True])
    assert found.messages[1] is None
    assert all("diverged" in message for message in (found.messages[0], found.messages[2]))
    assert "learning_rate 1e+200" in found.messages[0]
    assert found.best_settings == {"learning_rate": 0.01}
    assert "2 of 3 settings diverged" in str(found)
    heat_map = plots.matrix(found.scores.reshape(1, 3), title="A finding")
    assert [text.get_text() for text in heat_map.axes[0].texts].count("diverged") == 2


@pytest.mark.parametrize(
    ("grid", "edges"),
    [
        ({"a": [1, 2, 3]}, ["the best a is the largest that was tried: extend the grid"]),
        ({"a": [3, -1, 2]}, ["the best a is the largest that was tried: extend the grid"]),
        ({"a": [-1, -2, -3.5], "b": [1, 2]}, ["the best a is the largest that was tried: extend the grid"]),
        ({"a": [1, 2]}, []),
        ({"a": ["x", "y", "z"]}, []),
        ({"a": [(1,), (2,), (3,)]}, []),
    ],
)
def test_a_best_value_at_the_edge_is_pointed_out(grid, edges):
    values = sorted(grid["a"])
    found = grid_search(lambda a, b=0: values.index(a), grid)
    assert repr(found).splitlines()[1:] == edges
    low = grid_search(lambda a, b=0: -values.index(a), grid)
    assert repr(low).splitlines()[1:] == [edge.replace("largest", "smallest") for edge in edges]


def test_what_a_search_prints():
    found = grid_search(score, {"rate": [0.1, 0.2, 0.3], "reg": [1, 2, 3]})
    assert repr(found) == (
        "GridSearch: 9 settings, best score 3 at rate = 0.3, reg = 2\n"
        "the best rate is the largest that was tried: extend the grid"
    )


@pytest.mark.parametrize("returned", [np.array([0.1, 0.9]), np.array([0.5]), [0.5], None, "0.5", 1j])
def test_an_evaluate_that_returns_anything_but_a_number_is_named(returned):
    with pytest.raises(TypeError, match="evaluate must return one number, got "):
        grid_search(lambda a: returned, {"a": [1, 2]})


def test_other_errors_are_not_hidden():
    def fail(a):
        raise ValueError("wrong on purpose")

    with pytest.raises(ValueError, match="wrong on purpose"):
        grid_search(fail, {"a": [1]})


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        ({}, "grid must name at least one hyper-parameter and its values, got {}"),
        ([1, 2], r"grid must name at least one hyper-parameter and its values, got \[1, 2\]"),
        ({"a": []}, r"grid\['a'\] must be a sequence of at least one value, got \[\]"),
        ({"a": [1], "b": 3}, r"grid\['b'\] must be a sequence of at least one value, got 3"),
        ({"a": "abc"}, r"grid\['a'\] must be a sequence"),
    ],
)
def test_a_grid_without_values_is_refused_before_any_work(grid, message):
    calls = []
    with pytest.raises(ValueError, match=message):
        grid_search(lambda **settings: calls.append(settings), grid)
    assert calls == []
