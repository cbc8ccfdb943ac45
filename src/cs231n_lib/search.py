"""Choosing hyper-parameters: k-fold cross-validation, parallel through joblib."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real

import joblib
import numpy as np

from cs231n_lib.divergence import divergences_heard, report_divergence
from cs231n_lib.validation import check_array, check_callable, check_count, check_rng

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
    n = check_count(n, "n", least=2)
    n_folds = check_count(n_folds, "n_folds", least=2, most=n)
    rows = np.arange(n) if rng is None else check_rng(rng).permutation(n)
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
    n_folds, rng
        As for `folds`.
    n_jobs : int, optional
        Folds evaluated at the same time, by joblib: None is one (or what an enclosing
        ``joblib.parallel_config`` says), -1 is one for each core. By default they are threads, which share
        X; the arithmetic of NumPy releases the lock.

    Returns
    -------
    ndarray of float64, shape (n_folds, ...)
        NaN for a fold in which a training diverged.

    Raises
    ------
    TypeError, ValueError
        For arguments that do not fit, or if `evaluate` returns no numbers.

    Warns
    -----
    DivergenceWarning
        Once, if trainings diverged.
    """
    check_callable(evaluate, "evaluate")
    X, y = np.asarray(X), np.asarray(y)
    if len(X) != len(y):
        raise ValueError(f"X has {len(X)} rows but y has {len(y)}")
    parts = folds(len(X), n_folds, rng)

    def score(i: int) -> tuple[np.ndarray, list[str]]:
        with divergences_heard() as heard:
            scores = _score_of_fold(i, parts, evaluate, X, y)
        scores = check_array(scores, "what evaluate returns", finite=False).astype(np.float64)
        return np.where(bool(heard), np.nan, scores), heard

    jobs = joblib.Parallel(n_jobs=n_jobs, prefer="threads")
    scores, heard = zip(*jobs(joblib.delayed(score)(i) for i in range(n_folds)), strict=True)
    diverged = [f"fold {i}: {messages[0]}" for i, messages in enumerate(heard) if messages]
    if diverged:
        report_divergence("; ".join(diverged))
    return np.stack(scores)


def _score_of_fold(i: int, parts: list[np.ndarray], evaluate: Callable, X: np.ndarray, y: np.ndarray):
    train, val = np.concatenate(parts[:i] + parts[i + 1 :]), parts[i]
    return evaluate(X[train], y[train], X[val], y[val])


@dataclass(frozen=True, eq=False, repr=False)
class GridSearch:
    """What `grid_search` measured. Printed, it says which settings are the best, and what to look at.

    Attributes
    ----------
    settings : tuple of dict
        The settings tried, the last hyper-parameter varying fastest.
    scores : ndarray of float64
        The score of each; NaN where there is none.
    messages : tuple
        For each, what was said if a training diverged, else None.
    """

    settings: tuple[dict, ...]
    scores: np.ndarray
    messages: tuple[str | None, ...]

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
        return int(np.flatnonzero(self.scores == np.nanmax(self.scores))[0])

    def __repr__(self) -> str:
        lines = [f"GridSearch: {len(self.settings)} settings, every score is NaN"]
        if not np.isnan(self.scores).all():
            best = ", ".join(f"{name} = {value!r}" for name, value in self.best_settings.items())
            lines = [f"GridSearch: {len(self.settings)} settings, best score {self.best_score:.4g} at {best}"]
            lines += self._edges()
        diverged = sum(message is not None for message in self.messages)
        if diverged:
            lines.append(f"{diverged} of {len(self.settings)} settings diverged, their score is NaN")
        return "\n".join(lines)

    def _edges(self) -> list[str]:
        """A line for each numeric hyper-parameter of at least 3 values whose best one is an outermost."""
        lines = []
        for name, best in self.best_settings.items():
            values = [setting[name] for setting in self.settings]
            if all(isinstance(value, Real) for value in values) and len(set(values)) >= 3:
                for edge, word in ((min(values), "smallest"), (max(values), "largest")):
                    if best == edge:
                        lines.append(f"the best {name} is the {word} that was tried: extend the grid")
        return lines


def grid_search(
    evaluate: Callable[..., float], grid: Mapping[str, Sequence], *, n_jobs: int | None = None
) -> GridSearch:
    """Score every combination of the hyper-parameters' values.

    Parameters
    ----------
    evaluate : callable
        ``evaluate(**settings)`` trains with these settings and returns the score on validation data; the
        larger, the better. If a training inside diverges, or it raises FloatingPointError, the score is NaN.
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
    TypeError
        If `evaluate` cannot be called, or returns anything but one number.
    ValueError
        If the grid has no hyper-parameter, or one of them no values.

    Examples
    --------
    >>> found = grid_search(lambda a, b: -((a - 2) ** 2) - b, {"a": [1, 2, 3], "b": [0, 1]})
    >>> found
    GridSearch: 6 settings, best score 0 at a = 2, b = 0
    >>> found.best_settings
    {'a': 2, 'b': 0}
    """
    check_callable(evaluate, "evaluate")
    if not isinstance(grid, Mapping) or not grid:
        raise ValueError(f"grid must name at least one hyper-parameter and its values, got {grid!r}")
    for name, values in grid.items():
        if isinstance(values, str) or not hasattr(values, "__len__") or len(values) == 0:
            raise ValueError(f"grid[{name!r}] must be a sequence of at least one value, got {values!r}")
    settings = tuple(dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values()))
    jobs = joblib.Parallel(n_jobs=n_jobs, prefer="threads")
    found = jobs(joblib.delayed(_score_and_message)(evaluate, setting) for setting in settings)
    scores, messages = zip(*found, strict=True)
    return GridSearch(settings, np.array(scores), messages)


def _score_and_message(evaluate: Callable[..., float], setting: dict) -> tuple[float, str | None]:
    """The score, or NaN and the message of the training that diverged."""
    with divergences_heard() as heard:
        try:
            score = evaluate(**setting)
        except FloatingPointError as error:
            return np.nan, str(error)
    if np.ndim(score) or np.asarray(score).dtype.kind not in "fiub":
        raise TypeError(f"evaluate must return one number, got {score!r}")
    return (np.nan, heard[0]) if heard else (float(score), None)
