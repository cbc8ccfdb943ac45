"""Choosing hyper-parameters: k-fold cross-validation, parallel through joblib."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import joblib
import numpy as np

__all__ = ["GridSearch", "cross_validate", "folds", "grid_search"]


def folds(n: int, n_folds: int, rng: np.random.Generator | int | None = None) -> list[np.ndarray]:
    """Cut ``range(n)`` into ``n_folds`` parts whose sizes differ by at most one.

    Parameters
    ----------
    n, n_folds : int
        ``2 <= n_folds <= n``.
    rng : Generator or int, optional
        Shuffles the rows first. Without it the folds are consecutive rows, as ``np.array_split`` cuts them
        in the course's assignment.

    Returns
    -------
    list of ndarray of int64
    """
    if not 2 <= n_folds <= n:
        raise ValueError(f"n_folds must be from 2 to the {n} rows, not {n_folds!r}")
    rows = np.arange(n) if rng is None else np.random.default_rng(rng).permutation(n)
    return np.array_split(rows, n_folds)


def cross_validate(
    evaluate: Callable[..., float | np.ndarray],
    X: np.ndarray,
    y: np.ndarray,
    n_folds: int = 5,
    *,
    rng: np.random.Generator | int | None = None,
    n_jobs: int | None = None,
) -> np.ndarray:
    """Score every fold with what was trained on the others (lecture notes, "Image Classification").

    Parameters
    ----------
    evaluate : callable
        ``evaluate(X_train, y_train, X_val, y_val)`` returns a score, or an array of scores: one for each
        value of a hyper-parameter, say, when they can share work.
    X, y : ndarray, shapes (N, ...) and (N,)
    n_folds : int
    rng : Generator or int, optional
        Shuffles the rows before they are cut; without it folds are consecutive rows.
    n_jobs : int, optional
        Folds evaluated at the same time, by joblib: None is one (or what an enclosing
        ``joblib.parallel_config`` says), -1 is one for each core. By default they are threads, which share
        X; the arithmetic of NumPy releases the lock.

    Returns
    -------
    ndarray of float64, shape (n_folds, ...)
    """
    X, y = np.asarray(X), np.asarray(y)
    if len(X) != len(y):
        raise ValueError(f"X has {len(X)} rows but y has {len(y)}")
    parts = folds(len(X), n_folds, rng)

    def score(i: int) -> np.ndarray:
        train = np.concatenate(parts[:i] + parts[i + 1 :])
        return np.asarray(evaluate(X[train], y[train], X[parts[i]], y[parts[i]]), dtype=np.float64)

    jobs = joblib.Parallel(n_jobs=n_jobs, prefer="threads")
    return np.stack(jobs(joblib.delayed(score)(i) for i in range(n_folds)))


@dataclass(frozen=True, eq=False)
class GridSearch:
    """What `grid_search` measured.

    Attributes
    ----------
    settings : tuple of dict
        The settings tried, the last hyper-parameter varying fastest.
    scores : ndarray of float64
        The score of each; NaN where there is none.
    """

    settings: tuple[dict, ...]
    scores: np.ndarray

    @property
    def best_score(self) -> float:
        """The largest score. ValueError if every score is NaN."""
        return float(self.scores[self._best])

    @property
    def best_settings(self) -> dict:
        """The settings with the largest score, the first at a tie. ValueError if every score is NaN."""
        return self.settings[self._best]

    @property
    def _best(self) -> int:
        if np.isnan(self.scores).all():
            raise ValueError("no settings are the best: every score is NaN")
        return int(np.nanargmax(self.scores))


def grid_search(
    evaluate: Callable[..., float], grid: Mapping[str, Sequence], *, n_jobs: int | None = None
) -> GridSearch:
    """Score every combination of the hyper-parameters' values.

    Parameters
    ----------
    evaluate : callable
        ``evaluate(**settings)`` trains with these settings and returns the score on validation data; the
        larger, the better. If it raises FloatingPointError, the score is NaN.
        Randomness should come from a seed inside, so that a score does not depend on the order of the trials.
    grid : mapping of str to sequence
        The values to try for each hyper-parameter.
    n_jobs : int, optional
        Settings tried at the same time, by joblib, as in `cross_validate`. Inside
        ``joblib.parallel_config("dask")`` they are tried on a Dask cluster.

    Returns
    -------
    GridSearch

    Raises
    ------
    ValueError
        If the grid has no hyper-parameter, or one of them no values.

    Examples
    --------
    >>> found = grid_search(lambda a, b: -((a - 2) ** 2) - b, {"a": [1, 2, 3], "b": [0, 1]})
    >>> found.best_settings
    {'a': 2, 'b': 0}
    """
    if not grid:
        raise ValueError("grid must name at least one hyper-parameter, got none")
    for name, values in grid.items():
        if isinstance(values, str) or not hasattr(values, "__len__") or len(values) == 0:
            raise ValueError(f"grid[{name!r}] must be a sequence of at least one value, got {values!r}")
    settings = tuple(dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values()))
    jobs = joblib.Parallel(n_jobs=n_jobs, prefer="threads")
    scores = jobs(joblib.delayed(_score_or_nan)(evaluate, setting) for setting in settings)
    return GridSearch(settings, np.array(scores, dtype=np.float64))


def _score_or_nan(evaluate: Callable[..., float], setting: dict) -> float:
    try:
        return evaluate(**setting)
    except FloatingPointError:
        return np.nan
