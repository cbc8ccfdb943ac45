"""The search over hyper-parameters: every combination once, the best one, and those without a score."""

import threading

import joblib
import numpy as np
import pytest

from cs231n_lib.search import grid_search

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
            raise FloatingPointError("overflow")
        return a

    found = grid_search(overflow, {"a": [2, 1, 0]})
    np.testing.assert_array_equal(found.scores, [np.nan, 1, 0])
    assert found.best_settings == {"a": 1}
    nothing = grid_search(overflow, {"a": [2]})
    for best in ("best_settings", "best_score"):
        with pytest.raises(ValueError, match="every score is NaN"):
            getattr(nothing, best)


def test_other_errors_are_not_hidden():
    def fail(a):
        raise ValueError("wrong on purpose")

    with pytest.raises(ValueError, match="wrong on purpose"):
        grid_search(fail, {"a": [1]})


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        ({}, "grid must name at least one hyper-parameter"),
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
