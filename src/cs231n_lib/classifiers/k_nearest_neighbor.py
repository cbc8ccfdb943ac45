"""The k-nearest-neighbor classifier: remember the training set, let the k nearest rows vote."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from cs231n_lib.neighbors.distances import (
    cityblock_distances,
    cosine_distances,
    euclidean_distances,
    row_blocks,
    unit_rows,
)
from cs231n_lib.neighbors.search import NeighborIndex, holds_pixels, k_smallest
from cs231n_lib.rows import checked_rows

__all__ = ["KNearestNeighbor", "knn_accuracies", "vote"]


def l2_distance(a: np.ndarray, B: np.ndarray) -> np.ndarray:
    """Square root of the sum of squared differences between ``a (D,)`` and each row of ``B (..., D)``."""
    return np.sqrt(np.sum((B - a) ** 2, axis=-1))


def l1_distance(a: np.ndarray, B: np.ndarray) -> np.ndarray:
    """Sum of the absolute differences between ``a (D,)`` and each row of ``B (..., D)``."""
    return np.sum(np.abs(B - a), axis=-1)


def cosine_distance(a: np.ndarray, B: np.ndarray) -> np.ndarray:
    """One minus the cosine of the angle between ``a (D,)`` and each row of ``B (..., D)``."""
    return 1 - np.sum(B * a, axis=-1) / (np.linalg.norm(B, axis=-1) * np.linalg.norm(a))


DISTANCE_TO_ROWS = {"l2": l2_distance, "l1": l1_distance, "cosine": cosine_distance}
DISTANCE_MATRIX = {"l2": euclidean_distances, "l1": cityblock_distances, "cosine": cosine_distances}

DISTANCES_AT_ONCE = 2**24
"""128 MB in float64. `KNearestNeighbor.kneighbors` does not compute more of them at the same time."""


class KNearestNeighbor:
    """k-nearest-neighbor classifier with the interface of the course.

    Training stores the data; all the work is in the prediction. ``KNearestNeighbor()`` is the course's
    classifier: Euclidean distance, one vote for each neighbor.

    Parameters
    ----------
    metric : {"l2", "l1", "cosine"}
        How far two rows are from each other: the square root of the sum of squared differences, the sum of
        absolute differences, or one minus the cosine of the angle between them.
    weights : {"uniform", "distance"}
        What a neighbor's vote counts: 1, or more the nearer it is. See `vote_weights`.

    Attributes
    ----------
    X_train : ndarray, shape (N, D)
    y_train : ndarray of int64, shape (N,)

    Examples
    --------
    >>> knn = KNearestNeighbor()
    >>> knn.train(np.array([[0.0], [1.0], [5.0]]), np.array([0, 0, 1]))
    >>> knn.predict(np.array([[0.4], [4.0]]), k=1)
    array([0, 1])
    """

    def __init__(self, *, metric: str = "l2", weights: str = "uniform"):
        if metric not in DISTANCE_MATRIX:
            raise ValueError(f"metric must be one of {', '.join(DISTANCE_MATRIX)}, not {metric!r}")
        if weights not in ("uniform", "distance"):
            raise ValueError(f"weights must be uniform or distance, not {weights!r}")
        self.metric = metric
        self.weights = weights
        self.X_train: np.ndarray | None = None
        self.y_train: np.ndarray | None = None
        self._prepared: NeighborIndex | None = None
        self._indexed: tuple | None = None  # what _prepared was made of

    def train(self, X: np.ndarray, y: np.ndarray) -> None:
        """Remember the training rows ``X (N, D)`` and their labels ``y (N,)``, integers from 0."""
        X = checked_rows(X)
        y = np.asarray(y)
        if y.shape != (len(X),):
            raise ValueError(f"y has shape {y.shape} but X has {len(X)} rows: expected ({len(X)},)")
        if not np.issubdtype(y.dtype, np.integer):
            raise TypeError(f"y must hold integer labels, not {y.dtype}")
        if y.min() < 0:
            raise ValueError(f"y must hold labels from 0, but its smallest is {y.min()}")
        self.X_train, self.y_train = X, y.astype(np.int64)

    def predict(self, X: np.ndarray, k: int = 1, num_loops: int = 0) -> np.ndarray:
        """Label each row of ``X (M, D)`` by the vote of its k nearest training rows.

        With ``num_loops=0`` the neighbors come from `kneighbors`, which never holds all the distances at
        once; 1 and 2 go through ``compute_distances_one_loop`` and ``compute_distances_two_loops``.

        Returns
        -------
        ndarray of int64, shape (M,)
        """
        if num_loops not in (0, 1, 2):
            raise ValueError(f"num_loops must be 0, 1 or 2, not {num_loops!r}")
        if num_loops == 0:
            dists, indices = self.kneighbors(X, k)
            return vote(self.y_train[indices], self.vote_weights(dists))
        if num_loops == 1:
            return self.predict_labels(self.compute_distances_one_loop(X), k=k)
        return self.predict_labels(self.compute_distances_two_loops(X), k=k)

    def compute_distances_two_loops(self, X: np.ndarray) -> np.ndarray:
        """Distances ``(M, N)`` between the rows of ``X (M, D)`` and the training rows, one pair at a time."""
        X, distance = self._checked_queries(X).astype(np.float64), DISTANCE_TO_ROWS[self.metric]
        X_train = self.X_train.astype(np.float64)
        dists = np.empty((len(X), len(X_train)))
        for i in range(len(X)):
            for j in range(len(X_train)):
                dists[i, j] = distance(X[i], X_train[j])
        return dists

    def compute_distances_one_loop(self, X: np.ndarray) -> np.ndarray:
        """Distances ``(M, N)``, one row of ``X (M, D)`` against the whole training set at a time."""
        X, distance = self._checked_queries(X).astype(np.float64), DISTANCE_TO_ROWS[self.metric]
        X_train = self.X_train.astype(np.float64)
        dists = np.empty((len(X), len(X_train)))
        for i in range(len(X)):
            dists[i] = distance(X[i], X_train)
        return dists

    def compute_distances_no_loops(self, X: np.ndarray) -> np.ndarray:
        """Distances ``(M, N)`` with all pairs at once: for L2 from one matrix product."""
        return DISTANCE_MATRIX[self.metric](self._checked_queries(X), self.X_train)

    def predict_labels(self, dists: np.ndarray, k: int = 1) -> np.ndarray:
        """Labels ``(M,)`` by the vote of the k training rows with the smallest ``dists (M, N)``.

        At equal distances the smaller training index comes first; at equal votes the smaller label wins.
        """
        self._check_trained()
        dists = np.asarray(dists)
        if dists.ndim != 2 or dists.shape[1] != len(self.y_train):
            raise ValueError(
                f"dists has shape {dists.shape}, expected (number of queries, {len(self.y_train)})"
            )
        if np.isnan(dists).any():
            raise ValueError("dists holds NaN")
        indices = k_smallest(dists, self._checked_k(k))
        nearest = np.take_along_axis(dists, indices, axis=1)
        return vote(self.y_train[indices], self.vote_weights(nearest))

    def kneighbors(self, X: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """The k nearest training rows of each row of ``X (M, D)``, nearest first.

        Returns
        -------
        dists : ndarray of float64, shape (M, k)
        indices : ndarray of int64, shape (M, k)
            At equal distances the smaller index comes first.

        Notes
        -----
        A large problem in L2 goes to a `NeighborIndex`, which finds the same rows without computing all
        distances. So does one in the cosine metric, since for rows of length 1 the squared distance is
        ``||u - v||^2 = 2 (1 - u.v)``. Pixels give the same bits either way. On other numbers the two ways
        round differently, and rows closer to a tie than round-off may change places.
        """
        X, k = self._checked_queries(X), self._checked_k(k)
        if self.metric == "l1" or len(X) * len(self.X_train) <= DISTANCES_AT_ONCE:
            return self._kneighbors_of_all_distances(X, k)
        if self.metric == "l2":
            squared_dists, indices = self._index(holds_pixels(X)).search(X, k)
            return np.sqrt(squared_dists), indices
        squared_dists, indices = self._index(pixels=False).search(unit_rows(X), k)
        return squared_dists / 2, indices

    def _index(self, pixels: bool) -> NeighborIndex:
        """The training rows made ready for the search; made anew if they changed since, even in place."""
        pixels = pixels and holds_pixels(self.X_train)
        content = zlib.crc32(np.ascontiguousarray(self.X_train))
        state = (pixels, self.X_train.shape, self.X_train.dtype, content)
        if self._indexed != state:
            rows = self.X_train if self.metric == "l2" else unit_rows(self.X_train, "X_train")
            self._prepared, self._indexed = NeighborIndex(rows, pixels), state
        return self._prepared

    def _kneighbors_of_all_distances(self, X: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        dists, indices = np.empty((len(X), k)), np.empty((len(X), k), dtype=np.int64)
        for chunk in row_blocks(len(X), max(1, DISTANCES_AT_ONCE // len(self.X_train))):
            all_dists = DISTANCE_MATRIX[self.metric](X[chunk], self.X_train)
            indices[chunk] = k_smallest(all_dists, k)
            dists[chunk] = np.take_along_axis(all_dists, indices[chunk], axis=1)
        return dists, indices

    def predict_each_k(self, X: np.ndarray, ks: Sequence[int]) -> np.ndarray:
        """Labels ``(len(ks), M)``: what `predict` says for each k of ``ks``, from one search."""
        ks = [self._checked_k(k) for k in ks]
        dists, indices = self.kneighbors(X, max(ks))
        labels, weights = self.y_train[indices], self.vote_weights(dists)
        return np.stack([vote(labels[:, :k], weights[:, :k]) for k in ks])

    def vote_weights(self, dists: np.ndarray) -> np.ndarray:
        """What the vote of a neighbor at each of ``dists (M, k)`` counts.

        ``uniform``: 1. ``distance``: for L2 and L1 1 / distance, and neighbors at distance 0, if any, vote
        alone; for the cosine metric the cosine to the power 8, and 0 beyond a right angle. The power was
        chosen on validation rows of CIFAR-10, where 6 to 8 did best.
        """
        if self.weights == "uniform":
            return np.ones(dists.shape)
        if self.metric == "cosine":
            return np.maximum(1 - dists, 0) ** 8
        same = dists == 0
        with np.errstate(divide="ignore"):
            return np.where(same.any(axis=1, keepdims=True), same, 1 / dists)

    def _check_trained(self) -> None:
        if self.X_train is None:
            raise ValueError("the classifier is not trained: call train(X, y) first")

    def _checked_queries(self, X: np.ndarray) -> np.ndarray:
        self._check_trained()
        X = checked_rows(X)
        if X.shape[1] != self.X_train.shape[1]:
            raise ValueError(
                f"X has shape {X.shape} but the model was trained on {self.X_train.shape[1]} features"
            )
        return X

    def _checked_k(self, k: int) -> int:
        if not isinstance(k, (int, np.integer)) or not 1 <= k <= len(self.y_train):
            raise ValueError(
                f"k must be an integer from 1 to the {len(self.y_train)} training rows, not {k!r}"
            )
        return int(k)


def vote(labels: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """The label with the most votes in each row; at equal votes the smaller label.

    Parameters
    ----------
    labels : ndarray of int, shape (M, k)
        Labels of the k neighbors of each query.
    weights : ndarray of float, shape (M, k), optional
        What each vote counts; 1 where not given.

    Returns
    -------
    ndarray, shape (M,)

    Examples
    --------
    >>> vote(np.array([[7, 2, 2], [5, 1, 3]]))
    array([2, 1])
    """
    classes, columns = np.unique(labels, return_inverse=True)
    boxes = np.arange(len(labels))[:, None] * len(classes) + columns.reshape(labels.shape)
    totals = np.bincount(
        boxes.ravel(),
        weights=None if weights is None else np.ravel(weights),
        minlength=len(labels) * len(classes),
    )
    return classes[totals.reshape(len(labels), len(classes)).argmax(axis=1)]


def knn_accuracies(ks: Sequence[int], **options: str) -> Callable[..., np.ndarray]:
    """An ``evaluate`` for `cs231n_lib.search.cross_validate`: accuracies for all ks from one search a fold.

    ``options`` go to `KNearestNeighbor`.
    """
    return partial(_knn_accuracies, ks=ks, options=options)


def _knn_accuracies(X_train, y_train, X_val, y_val, *, ks, options) -> np.ndarray:
    knn = KNearestNeighbor(**options)
    knn.train(X_train, y_train)
    return (knn.predict_each_k(X_val, ks) == np.asarray(y_val)).mean(axis=1)
