"""The k-nearest-neighbor classifier: remember the training set, let the k nearest rows vote."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from cs231n_lib.neighbors import distances
from cs231n_lib.neighbors.search import (
    DISTANCES_AT_ONCE,
    NeighborIndex,
    holds_pixels,
    k_smallest,
    nearest_of_all,
)
from cs231n_lib.validation import check_array, check_count, check_labels, check_option, check_rows

__all__ = ["KNearestNeighbor", "knn_accuracies", "vote"]

DISTANCE_TO_ROWS = {"l2": distances._euclidean, "l1": distances._cityblock, "cosine": distances._cosine}
DISTANCE_MATRIX = {
    "l2": distances.euclidean_distances,
    "l1": distances.cityblock_distances,
    "cosine": distances.cosine_distances,
}
# Fewer queries are answered sooner than components are found and all training rows projected onto them.
QUERIES_WORTH_COMPONENTS = 1000


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
        Copies, so that the classifier remembers what it was trained on, whatever becomes of X and y. They are
        read-only, since the search prepares X_train once; another array may be assigned.

    Examples
    --------
    >>> knn = KNearestNeighbor()
    >>> knn.train(np.array([[0.0], [1.0], [5.0]]), np.array([0, 0, 1]))
    >>> knn.predict(np.array([[0.4], [4.0]]), k=1)
    array([0, 1])
    """

    def __init__(self, *, metric: str = "l2", weights: str = "uniform"):
        self.metric = check_option(metric, "metric", DISTANCE_MATRIX)
        self.weights = check_option(weights, "weights", ("uniform", "distance"))
        self.X_train: np.ndarray | None = None
        self.y_train: np.ndarray | None = None
        self._index: NeighborIndex | None = None
        self._index_of: tuple = (None, False, False)  # rows, whether as pixels, whether with components

    def train(self, X: np.ndarray, y: np.ndarray) -> None:
        """Remember the training rows ``X (N, D)`` and their labels ``y (N,)``, integers from 0."""
        X = check_rows(X)
        y = check_labels(y, len(X), num_classes=2**63)  # no array has a place for each class
        self.X_train, self.y_train = np.array(X), np.array(y)
        self.X_train.flags.writeable = self.y_train.flags.writeable = False

    def predict(self, X: np.ndarray, k: int = 1, num_loops: int = 0) -> np.ndarray:
        """Label each row of ``X (M, D)`` by the vote of its k nearest training rows.

        With ``num_loops=0`` the neighbors come from `kneighbors`, which never holds all the distances at
        once; 1 and 2 go through ``compute_distances_one_loop`` and ``compute_distances_two_loops``.

        Returns
        -------
        ndarray of int64, shape (M,)
        """
        check_count(num_loops, "num_loops", least=0, most=2)
        if num_loops == 0:
            return self._vote(*self.kneighbors(X, k))
        if num_loops == 1:
            return self.predict_labels(self.compute_distances_one_loop(X), k=k)
        return self.predict_labels(self.compute_distances_two_loops(X), k=k)

    def compute_distances_two_loops(self, X: np.ndarray) -> np.ndarray:
        """Distances ``(M, N)`` between the rows of ``X (M, D)`` and the training rows, one pair at a time."""
        return self._distances_with(distances._two_loops, X)

    def compute_distances_one_loop(self, X: np.ndarray) -> np.ndarray:
        """Distances ``(M, N)``, one row of ``X (M, D)`` against the whole training set at a time."""
        return self._distances_with(distances._one_loop, X)

    def compute_distances_no_loops(self, X: np.ndarray) -> np.ndarray:
        """Distances ``(M, N)`` with all pairs at once: for L2 from one matrix product."""
        return DISTANCE_MATRIX[self.metric](self._checked_queries(X), self.X_train)

    @np.errstate(all="ignore")
    def _distances_with(self, loops: Callable, X: np.ndarray) -> np.ndarray:
        as_float = distances.unit_rows if self.metric == "cosine" else np.float64
        X, X_train = as_float(self._checked_queries(X)), as_float(self.X_train)
        dists = loops(X, X_train, DISTANCE_TO_ROWS[self.metric])
        if self.metric == "l2":
            distances.repair(dists, X, X_train)
        return dists

    def predict_labels(self, dists: np.ndarray, k: int = 1) -> np.ndarray:
        """Labels ``(M,)`` by the vote of the k training rows with the smallest ``dists (M, N)``.

        At equal distances the smaller training index comes first; at equal votes the smaller label wins.
        """
        self._check_trained()
        dists = check_array(dists, "dists", ("M", len(self.y_train)), finite=False)
        if np.isnan(dists).any():
            raise ValueError("dists must not hold NaN")
        indices = k_smallest(dists, self._checked_k(k))
        return self._vote(np.take_along_axis(dists, indices, axis=1), indices)

    def _vote(self, dists: np.ndarray, indices: np.ndarray) -> np.ndarray:
        return vote(self.y_train[indices], self.vote_weights(dists))

    def kneighbors(self, X: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """The k nearest training rows of each row of ``X (M, D)``, nearest first.

        A large problem in L2 goes to a `NeighborIndex`, which finds the same rows without computing all
        distances. So does one in the cosine metric, since for rows of length 1 the squared distance is
        ``||u - v||^2 = 2 (1 - u.v)``. Pixels give the same bits either way. On other numbers the two ways
        round differently, and rows closer to a tie than round-off may change places.

        Returns
        -------
        dists : ndarray of float64, shape (M, k)
        indices : ndarray of int64, shape (M, k)
            At equal distances the smaller index comes first.
        """
        X, k = self._checked_queries(X), self._checked_k(k)
        if self.metric == "l1" or len(X) * len(self.X_train) <= DISTANCES_AT_ONCE:
            return nearest_of_all(self.X_train, X, k, DISTANCE_MATRIX[self.metric])
        if self.metric == "l2":
            return self._index_for(X, holds_pixels(X) and holds_pixels(self.X_train)).search(X, k)
        X = distances.unit_rows(X)
        dists, indices = self._index_for(X, pixels=False).search(X, k)
        return dists**2 / 2, indices

    def _index_for(self, X: np.ndarray, pixels: bool) -> NeighborIndex:
        """The training rows made ready for the search; made anew if other ones were assigned."""
        components = len(X) >= QUERIES_WORTH_COMPONENTS
        rows, as_pixels, has_components = self._index_of
        if rows is not self.X_train or as_pixels != pixels or components > has_components:
            rows = self.X_train if self.metric == "l2" else distances.unit_rows(self.X_train, "X_train")
            self._index = NeighborIndex(rows, pixels, queries=X, n_components=224 if components else 0)
            self._index_of = self.X_train, pixels, components
        return self._index

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
        with np.errstate(all="ignore"):
            if self.metric == "cosine":
                return np.maximum(1 - dists, 0) ** 8
            same = dists == 0
            return np.where(same.any(axis=1, keepdims=True), same, 1 / dists)

    def _check_trained(self) -> None:
        if self.X_train is None:
            raise ValueError("the classifier is not trained: call train(X, y) first")

    def _checked_queries(self, X: np.ndarray) -> np.ndarray:
        self._check_trained()
        return check_rows(X, features=self.X_train.shape[1])

    def _checked_k(self, k: int) -> int:
        return check_count(k, "k", most=len(self.y_train))


def vote(labels: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """The label ``(M,)`` with the most votes in each row of integers ``labels (M, k)``.

    At equal votes the smaller label wins. A vote counts as its entry of ``weights (M, k)``, or 1 without.

    Examples
    --------
    >>> vote(np.array([[7, 2, 2], [5, 1, 3]]))
    array([2, 1])
    """
    labels = check_array(labels, "labels", ("M", "k"), kinds="iu")
    if weights is not None:
        weights = check_array(weights, "weights", labels.shape, finite=False)
    classes, numbers = np.unique(labels, return_inverse=True)  # 10**12 and 3 become 1 and 0
    return classes[_vote(numbers.reshape(labels.shape), weights)]


def _vote(labels: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    """The label with the most votes in each row, for labels from 0; argmax takes the first at a tie."""
    if weights is None:
        weights = np.ones(labels.shape)
    return np.array([np.bincount(row, votes).argmax() for row, votes in zip(labels, weights, strict=True)])


def knn_accuracies(ks: Sequence[int], **options: str) -> Callable[..., np.ndarray]:
    """An ``evaluate`` for `cs231n_lib.search.cross_validate`: accuracies for all ks from one search a fold.

    ``options`` go to `KNearestNeighbor`.
    """
    return partial(_knn_accuracies, ks=ks, options=options)


def _knn_accuracies(X_train, y_train, X_val, y_val, *, ks, options) -> np.ndarray:
    knn = KNearestNeighbor(**options)
    knn.train(X_train, y_train)
    return (knn.predict_each_k(X_val, ks) == np.asarray(y_val)).mean(axis=1)
