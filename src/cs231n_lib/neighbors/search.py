"""The k nearest rows in Euclidean distance: every one the true one, without computing every distance.

Photographs vary mostly along few directions. Let P be a (K, D) matrix with orthonormal rows, and for a row a
let r_a = sqrt(||a||^2 - ||Pa||^2) be the length of what P leaves over. What is left over of two rows differs
by at least the difference of their lengths, so

    ||a - b||^2  >=  ||Pa - Pb||^2 + (r_a - r_b)^2 .                                                    (1)

The right side is the squared distance between two vectors of K + 1 numbers, (Pa, r_a) and (Pb, r_b). One
matrix product gives it for all pairs, at a small part of the cost of the true distances. A search for the k
nearest has four steps:

1. *coarse lower bounds* for all rows: (1) with few components;
2. the true distances to a few rows with small bounds: the k-th smallest of them, tau, is not below the
   distance of the k-th nearest row;
3. *fine lower bounds*, (1) with more components, for the rows whose coarse bound is not above tau;
4. the true distances to the rows whose fine bound is not above tau. No other row can be among the k nearest.

Principal components make the bounds tight, but (1) holds for any P that makes no vector longer. So P may be
rounded, and may come from a sample of the rows.

For bounds of this kind see Hwang, Han and Ahn, "A Fast Nearest Neighbor Search Algorithm by Nonlinear
Embedding" (CVPR 2012).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from queue import SimpleQueue

import numpy as np

from cs231n_lib.classifiers._blocks import one_blas_thread
from cs231n_lib.neighbors.distances import row_blocks

__all__ = ["NeighborIndex", "holds_pixels", "k_smallest", "nearest_neighbors"]

UNIT_ROUNDOFF = 2.0**-24
"""Largest relative error of rounding to float32."""

EXACT_TERMS = 1024
"""So many products of two whole numbers from -128 to 128 add up exactly in float32, in any order: the sum is
at most 2^24, and float32 holds every whole number up to there."""

QUERIES_AT_ONCE = 256
"""Enough for a fast product; their float32 bounds for 50,000 rows take 51 MB."""

QUERIES_IN_CACHE = 32
"""What follows the product takes so many at a time: few enough for the cache, and for little memory."""

PAIRS_AT_ONCE = 128
"""So many pairs of a query and a row have their distances computed at once, in cache."""

BOUNDS_AT_ONCE = 4096
"""So many pairs have their fine bounds computed at once; those take a tenth of the numbers."""


def k_smallest(values: np.ndarray, k: int) -> np.ndarray:
    """Columns of the k smallest values of each row, smallest first; among equal values the smaller column.

    The same as ``np.argsort(values, axis=1, kind="stable")[:, :k]``, but each whole row is searched only for
    its k-th smallest value, and only what is not above it gets sorted.

    Parameters
    ----------
    values : ndarray, shape (M, N), no NaN
    k : int, 1 <= k <= N

    Returns
    -------
    ndarray of int64, shape (M, k)
    """
    kth = np.partition(values, k - 1, axis=1)[:, k - 1 : k]
    rows, columns = np.nonzero(values <= kth)
    # By row, then by value. nonzero lists the columns of a row in order, and lexsort is stable.
    order = np.lexsort((values[rows, columns], rows))
    start_of_row = np.searchsorted(rows, np.arange(len(values)))
    return columns[order[start_of_row[:, None] + np.arange(k)]]


class NeighborIndex:
    """Training rows made ready for the search: components found, rows projected.

    Parameters
    ----------
    X : ndarray, shape (N, D)
        Finite numbers.
    pixels : bool
        Whether X and all queries hold nothing but whole numbers from 0 to 255 (see `holds_pixels`). Those are
        compared in exact integers, other numbers by direct differences in float64.
    n_components : (int, int)
        K of (1) for the coarse and for the fine bounds. More make the bounds tighter and slower; the
        neighbors are the same for any.
    """

    def __init__(self, X: np.ndarray, pixels: bool, n_components: tuple[int, int] = (128, 224)):
        self.rows = PixelRows(X) if pixels else RealRows(X)
        self.lower_bounds = LowerBounds(self.rows, n_components)

    def search(self, Q: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Squared distances and indices, (M, k) each, of the rows nearest to each row of ``Q (M, D)``."""
        squared_dists, indices = np.empty((len(Q), k)), np.empty((len(Q), k), dtype=np.int64)
        buffers = SimpleQueue()

        def search(chunk: slice) -> None:
            buffer = buffers.get()
            bounds = self.lower_bounds.for_queries(Q[chunk], buffer[: len(Q[chunk])])
            for few in row_blocks(len(Q[chunk]), QUERIES_IN_CACHE):
                found = search_few(self.rows, bounds.of(few), Q[chunk][few], k)
                squared_dists[chunk][few], indices[chunk][few] = found
            buffers.put(buffer)

        # Threads share the chunks, not the products: the steps between the products are as long as they are.
        with one_blas_thread() as n_threads, ThreadPoolExecutor(n_threads) as executor:
            # Memory that is asked for anew is cleared anew: each thread keeps its own.
            for _ in range(n_threads):
                buffers.put(np.empty((min(QUERIES_AT_ONCE, len(Q)), len(self.rows.X)), dtype=np.float32))
            for _ in executor.map(search, row_blocks(len(Q), QUERIES_AT_ONCE)):
                pass
        return squared_dists, indices


def nearest_neighbors(
    X: np.ndarray, Q: np.ndarray, k: int, n_components: tuple[int, int] = (128, 224)
) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest rows of ``X (N, D)`` for each row of ``Q (M, D)``, nearest first.

    Parameters
    ----------
    X, Q : ndarray, shapes (N, D) and (M, D)
        Finite numbers. See `NeighborIndex` for how they are compared.
    k : int, 1 <= k <= N
    n_components : (int, int)
        See `NeighborIndex`.

    Returns
    -------
    squared_dists : ndarray of float64, shape (M, k)
        Squared Euclidean distances.
    indices : ndarray of int64, shape (M, k)
        At equal distances the smaller index comes first.
    """
    return NeighborIndex(X, holds_pixels(X) and holds_pixels(Q), n_components).search(Q, k)


def search_few(
    rows: PixelRows | RealRows, bounds: QueryBounds, Q: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray]:
    """The four steps of the search for a few queries at once; their coarse bounds are spoiled."""
    M = len(Q)
    seeds = columns_of_small_values(bounds.coarse, min(2 * k + 16, len(rows.X)))
    seed_queries = np.repeat(np.arange(M), seeds.shape[1])
    seed_dists = rows.squared_distances(Q, seed_queries, seeds.ravel())
    tau = np.partition(seed_dists.reshape(M, -1), k - 1, axis=1)[:, k - 1]
    np.put_along_axis(bounds.coarse, seeds, np.inf, axis=1)  # their distances are known
    other_queries, others = bounds.not_above(tau)
    other_dists = rows.squared_distances(Q, other_queries, others)

    queries = np.concatenate([seed_queries, other_queries])
    candidates = np.concatenate([seeds.ravel(), others])
    dists = np.concatenate([seed_dists, other_dists])
    order = np.lexsort((candidates, dists, queries))
    start_of_query = np.searchsorted(queries[order], np.arange(M))
    nearest = order[start_of_query[:, None] + np.arange(k)]
    return dists[nearest], candidates[nearest]


def columns_of_small_values(values: np.ndarray, m: int) -> np.ndarray:
    """For each row of ``values (M, N)`` m different columns ``(M, m)`` with small values, in any order.

    The columns are cut into groups, and the m groups with the smallest minima give one column each. Minima
    take one pass at the speed of the cache; looking for the m smallest of all values takes thirty times as
    long.
    """
    M, N = values.shape
    group_size = max(1, N // max(1024, 8 * m))
    n_groups = N // group_size
    groups = values[:, : group_size * n_groups].reshape(M, group_size, n_groups)
    best = np.argpartition(groups.min(axis=1), m - 1, axis=1)[:, :m]
    members = groups[np.arange(M)[:, None], :, best]  # (M, m, group_size)
    return members.argmin(axis=2) * n_groups + best


def holds_pixels(X: np.ndarray) -> bool:
    """Whether X holds nothing but whole numbers from 0 to 255."""
    if X.dtype == np.uint8:
        return True
    blocks = (X[b] for b in row_blocks(len(X), 256))
    return all(B.min() >= 0 and B.max() <= 255 and np.array_equal(B, B.astype(np.uint8)) for B in blocks)


class PixelRows:
    """Rows of whole numbers from 0 to 255, and the exact distances to them.

    All is done 128 lower, from -128 to 127, where the products are smaller.
    """

    scale = 1.0

    def __init__(self, X: np.ndarray):
        self.X = X
        self.shifted = np.bitwise_xor(X.astype(np.uint8, copy=False), 128).view(np.int8)
        self.squares = np.concatenate(
            [square_lengths(self.shifted[b].astype(np.float32)) for b in row_blocks(len(X), 256)]
        )

    def approximate(self, A: np.ndarray, whole: bool) -> tuple[np.ndarray, np.ndarray]:
        """See `RealRows.approximate`; here nothing is lost."""
        return A.astype(np.float32) - 128, np.zeros(len(A))

    def squared_distances(self, Q: np.ndarray, queries: np.ndarray, index: np.ndarray) -> np.ndarray:
        """Squared distances ``(n,)`` between the rows ``Q[queries]`` and ``X[index]``.

        By ||x||^2 + ||q||^2 - 2 x.q, where every term is a whole number and exact.
        """
        Q = Q.astype(np.float32) - 128
        products = np.zeros(len(index))
        for b in row_blocks(len(index), PAIRS_AT_ONCE):
            X_of_pairs, Q_of_pairs = self.shifted[index[b]].astype(np.float32), Q[queries[b]]
            for f in row_blocks(Q.shape[1], EXACT_TERMS):
                products[b] += np.vecdot(X_of_pairs[:, f], Q_of_pairs[:, f])
        return self.squares[index] + square_lengths(Q)[queries] - 2 * products


class RealRows:
    """Rows of any numbers, and the distances to them by direct differences in float64."""

    def __init__(self, X: np.ndarray):
        self.X = X
        self.center = X.mean(axis=0, dtype=np.float64)
        largest = max(np.abs(X[b] - self.center).max() for b in row_blocks(len(X), 256))
        # Between -128 and 128, by a power of two: multiplying by it rounds nothing.
        self.scale = 2.0 ** (7 - np.frexp(largest)[1])

    def approximate(self, A: np.ndarray, whole: bool) -> tuple[np.ndarray, np.ndarray]:
        """Rows ``A (n, D)``, centered and scaled, as float32 from -128 to 128; whole numbers if asked for.

        Returns
        -------
        ndarray of float32, shape (n, D)
        ndarray of float64, shape (n,)
            The distances to the centered and scaled rows themselves.
        """
        scaled = (A - self.center) * self.scale
        near = np.clip(np.rint(scaled) if whole else scaled, -128, 128).astype(np.float32)
        return near, np.sqrt(square_lengths(scaled - near))

    def squared_distances(self, Q: np.ndarray, queries: np.ndarray, index: np.ndarray) -> np.ndarray:
        """Squared distances ``(n,)`` between the rows ``Q[queries]`` and ``X[index]``."""
        dists = np.empty(len(index))
        for b in row_blocks(len(index), PAIRS_AT_ONCE):
            dists[b] = square_lengths(self.X[index[b]] - Q[queries[b]].astype(np.float64))
        return dists


class LowerBounds:
    """The bounds (1) between the training rows and any queries, in float32, with their rounding errors.

    Each row becomes a short vector v = (Pa, r_a). Distances between short vectors are lower bounds; they are
    "fine". The coarse ones keep the first components and replace the rest w of v by its length, because
    ||w_a - w_b|| >= | ||w_a|| - ||w_b|| |. With v = (c, w),

        coarse  =  ||v_a||^2 + ||v_b||^2 - 2 c_a.c_b - 2 ||w_a|| ||w_b||
        fine    =  coarse + 2 ||w_a|| ||w_b|| - 2 w_a.w_b .                                             (2)
    """

    def __init__(self, rows: PixelRows | RealRows, n_components: tuple[int, int]):
        X, self.rows = rows.X, rows
        self.n_coarse, n_fine = n_components
        self.directions = None
        if n_fine < X.shape[1] <= 2**16:  # with more features, sums of whole numbers leave float32 no room
            sample = X[np.sort(np.random.default_rng(0).permutation(len(X))[:3000])]
            self.directions, self.shrink = whole_directions(rows.approximate(sample, whole=True)[0], n_fine)
        with one_blas_thread() as n_threads, ThreadPoolExecutor(n_threads) as executor:
            blocks = list(executor.map(lambda b: self._short_vectors(X[b]), row_blocks(len(X), 256)))
        V = np.concatenate([block for block, _ in blocks])
        self.error = max(errors.max() for _, errors in blocks)
        squares, c, w, w_lengths = self._split(V)
        self.longest = np.sqrt(squares.max())
        # What each row contributes to (2), laid out so that both are products with what a query contributes.
        self.coarse_columns = np.column_stack([c, w_lengths, squares.astype(np.float32)]).T
        self.fine_rows = np.column_stack([w, w_lengths])

    def for_queries(self, Q: np.ndarray, out: np.ndarray | None = None) -> QueryBounds:
        """The bounds for ``Q (M, D)``; the coarse ones are written to ``out (M, N)``, if given."""
        V, errors = self._short_vectors(Q)
        squares, c, w, w_lengths = self._split(V)
        coarse_rows = np.column_stack([-2 * c, -2 * w_lengths, np.ones_like(w_lengths)])
        # A float32 sum of n products errs by less than n roundings of the sum of their absolute values, which
        # is at most 2 ||v_a|| ||v_b|| + ||v_b||^2 (Higham, "Accuracy and Stability of Numerical Algorithms",
        # section 3.1). The sum that makes a bound fine has terms twice as large; the 16 cover the ends.
        n_roundings = 3 * (V.shape[1] + 16)
        rounding = n_roundings * UNIT_ROUNDOFF * (2 * np.sqrt(squares) + self.longest) * self.longest
        return QueryBounds(
            coarse=np.matmul(coarse_rows, self.coarse_columns, out=out),
            fine_queries=np.column_stack([-2 * w, 2 * w_lengths]),
            fine_rows=self.fine_rows,
            reach=errors + self.error,
            squares=squares,
            rounding=rounding,
            scale=self.rows.scale,
        )

    def _short_vectors(self, A: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """v in float32 for the rows of ``A (n, D)``, and how far each may be from what (1) needs."""
        A, errors = self.rows.approximate(A, whole=self.directions is not None)
        squares = square_lengths(A)
        if self.directions is None:
            V = A
        else:
            PA = (A @ self.directions) * self.shrink  # the product is exact, then float64
            rest = np.sqrt(np.maximum(squares - square_lengths(PA), 0))
            V = np.column_stack([PA, rest]).astype(np.float32)
        # Rounding v to float32, and the root of what round-off leaves where the rest is 0.
        return V, errors + 8 * UNIT_ROUNDOFF * np.sqrt(squares)

    def _split(self, V: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        c, w = V[:, : self.n_coarse], V[:, self.n_coarse :]
        return square_lengths(V), c, w, np.sqrt(square_lengths(w)).astype(np.float32)


@dataclass
class QueryBounds:
    """Lower bounds for a few queries: the numbers (2) without the query's own ||v_a||^2."""

    coarse: np.ndarray  # (M, N)
    fine_queries: np.ndarray  # (M, F)
    fine_rows: np.ndarray  # (N, F)
    reach: np.ndarray  # (M,) how much longer than a true distance one between short vectors may be
    squares: np.ndarray  # (M,) ||v_a||^2
    rounding: np.ndarray  # (M,) how much of a bound may be rounding
    scale: float

    def of(self, few: slice) -> QueryBounds:
        """The bounds for some of the queries."""
        by_query = ("coarse", "fine_queries", "reach", "squares", "rounding")
        mine = {name: getattr(self, name)[few] for name in by_query}
        return replace(self, **mine)

    def not_above(self, tau: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """All rows that may be within the squared distance ``tau (M,)`` of a query, and not many others.

        Returns
        -------
        queries, index : ndarray of int64, shape (n,)
            The pairs, in the order of the queries.
        """
        reach = (np.sqrt(tau) * self.scale + self.reach) * (1 + 1e-9)
        ceiling = np.minimum(reach**2 + self.rounding - self.squares, 3e38)  # float32 ends at 3.4e38
        ceiling = np.nextafter(ceiling.astype(np.float32), np.float32(np.inf))
        pairs = np.flatnonzero(self.coarse <= ceiling[:, None])
        kept = []
        for b in row_blocks(len(pairs), BOUNDS_AT_ONCE):
            queries, index = np.divmod(pairs[b], self.coarse.shape[1])
            fine = self.coarse[queries, index] + np.vecdot(self.fine_rows[index], self.fine_queries[queries])
            kept.append(pairs[b][fine <= ceiling[queries]])
        return np.divmod(np.concatenate([np.empty(0, dtype=np.int64), *kept]), self.coarse.shape[1])


def whole_directions(X: np.ndarray, K: int) -> tuple[np.ndarray, float]:
    """Nearly the K leading principal directions of ``X (n, D)``, as whole numbers, and what to multiply by.

    The whole numbers are so small that their products with rows of whole numbers from -128 to 128 add up
    exactly in float32: every partial sum stays within 2^24.

    Returns
    -------
    W : ndarray of float32, shape (D, K)
    shrink : float
        ``shrink * W.T`` is a P for (1): it makes no vector longer.
    """
    directions = leading_directions(X, K)
    unit = 128 * np.abs(directions).sum(axis=0).max() / (2**24 - 128 * len(directions))
    W = np.rint(directions / unit)
    with one_blas_thread():
        longest = np.sqrt(np.linalg.eigvalsh(W.T @ W)[-1])
    return W.astype(np.float32), 1 / (longest * (1 + 1e-9))


def leading_directions(X: np.ndarray, K: int) -> np.ndarray:
    """Nearly the K leading principal directions of ``X (n, D)`` float32, as orthonormal columns ``(D, K)``.

    Subspace iteration from random directions: Halko, Martinsson and Tropp, "Finding Structure with
    Randomness" (SIAM Review 2011), algorithm 4.4, then a rotation that puts the largest variance first.
    """
    X = X - X.mean(axis=0)
    directions = np.random.default_rng(0).standard_normal((X.shape[1], K), dtype=np.float32)
    for _ in range(2):
        directions = orthonormal(X.T @ (X @ directions))
    coordinates = X @ directions
    with one_blas_thread():
        rotation = np.linalg.eigh(coordinates.T @ coordinates)[1][:, ::-1]
    return orthonormal(directions.astype(np.float64) @ rotation)


def orthonormal(A: np.ndarray) -> np.ndarray:
    """Orthonormal columns that span those of ``A (D, K)``.

    On one thread: threads meet after each of the many small steps, and wait long where a core is busy.
    """
    with one_blas_thread():
        return np.linalg.qr(A)[0]


def square_lengths(A: np.ndarray) -> np.ndarray:
    """Sum of squares of each row of ``A (n, D)``, in float64."""
    return np.einsum("ij,ij->i", A, A, dtype=np.float64)
