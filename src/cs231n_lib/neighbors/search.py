"""The k nearest rows in Euclidean distance: every one the true one, without computing every distance.

The plain search, `nearest_of_all`, computes all distances and takes the k smallest. Its time goes into the
products a.b of ``||a - b||^2 = ||a||^2 + ||b||^2 - 2 a.b``, each a sum over all D features.

Photographs vary mostly along few directions. Let P be a (K, D) matrix with orthonormal rows, and for a row a
let r_a = sqrt(||a||^2 - ||Pa||^2) be the length of what P leaves over. By Cauchy and Schwarz the product of
what is left over of two rows is at most r_a r_b, so a.b <= Pa.Pb + r_a r_b, and

    ||a - b||^2  >=  ||a||^2 + ||b||^2 - 2 (Pa.Pb + r_a r_b) .                                          (1)

This *lower bound* is one product of K + 1 numbers, not D. A search for the k nearest has three steps:

1. the lower bounds of all rows;
2. the true distances to a few rows with small bounds, the seeds: the k-th smallest of them, tau, is not below
   the distance of the k-th nearest row;
3. the true distances to the rows whose bound is not above tau. No other row can be among the k nearest.

Principal components make the bounds tight for photographs, but (1) holds for any P that makes no vector
longer. So P may be rounded, and may come from a sample of the rows. Where the bounds leave too few rows out
(noise, whitened rows), all D features take the place of K components, and the same three steps cost little
more than the product in float32.

For bounds of this kind see Hwang, Han and Ahn, "A Fast Nearest Neighbor Search Algorithm by Nonlinear
Embedding" (CVPR 2012).
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue

import numpy as np

from cs231n_lib.blas import one_blas_thread
from cs231n_lib.neighbors.distances import euclidean_distances, lengths, row_blocks

__all__ = ["NeighborIndex", "holds_pixels", "k_smallest", "nearest_of_all"]

DISTANCES_AT_ONCE = 2**24  # the most of `nearest_of_all`: 128 MB in float64
QUERIES_AT_ONCE = 256  # enough for a fast product; their float32 bounds for 50,000 rows take 51 MB
QUERIES_IN_CACHE = 32  # for what follows the product: few enough for the cache, and for little memory
PAIRS_AT_ONCE = 128  # of a query and a row, whose distances are computed in cache
FEATURES_AT_ONCE = 256  # terms of Pa that are added in float32; their sums are added in float64
ROUNDOFF = 2.0**-24  # largest relative error of rounding to float32

# The distance of one pair by itself takes about 20 times as long as in a product of all pairs.
MOST_KEPT = 0.04  # the largest share of the rows that bounds may keep
ROWS_PER_SEED = 20  # with fewer, the distances of the seeds alone take as long as the product

# So many products of two whole numbers from -128 to 128 add up exactly in float32, in any order: the sum is
# at most 2^24, and float32 holds every whole number up to there.
EXACT_TERMS = 1024

Nearest = tuple[np.ndarray, np.ndarray]  # distances (float64) and indices (int64), (M, k) each


def nearest_of_all(
    X: np.ndarray, Q: np.ndarray, k: int, distances: Callable = euclidean_distances
) -> Nearest:
    """The k nearest rows of ``X (N, D)`` for each row of ``Q (M, D)``, from all distances.

    Nearest first; at equal distances the smaller index comes first.
    """
    dists, indices = np.empty((len(Q), k)), np.empty((len(Q), k), dtype=np.int64)
    for chunk in row_blocks(len(Q), max(1, DISTANCES_AT_ONCE // len(X))):
        all_dists = distances(Q[chunk], X)
        indices[chunk] = k_smallest(all_dists, k)
        dists[chunk] = np.take_along_axis(all_dists, indices[chunk], axis=1)
    return dists, indices


def k_smallest(values: np.ndarray, k: int) -> np.ndarray:
    """Columns ``(M, k)`` of the k smallest of each row of ``values (M, N)``, which hold no NaN.

    The same as ``np.argsort(values, axis=1, kind="stable")[:, :k]``, but each whole row is searched only for
    its k-th smallest value, and only what is not above it gets sorted.
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
        Finite numbers, which must not change afterwards.
    pixels : bool
        Whether X and all queries hold nothing but whole numbers from 0 to 255 (see `holds_pixels`). Those are
        compared in exact integers, other numbers by direct differences in float64.
    queries : ndarray, shape (M, D), optional
        Queries to come. A few of them tell whether components are worth their preparation; without any, a
        few rows of X do.
    n_components : int
        K of (1); a quarter of the features if that is less, and 0 is for no components at all. More make the
        bounds tighter and slower; the neighbors are the same for any.
    """

    @np.errstate(all="ignore")
    def __init__(
        self, X: np.ndarray, pixels: bool, *, queries: np.ndarray | None = None, n_components: int = 224
    ):
        self.rows = PixelRows(X) if pixels else RealRows(X)
        self.bounds = None
        K = min(n_components, X.shape[1] // 4)
        if K > 0:
            sample = X[np.sort(np.random.default_rng(0).permutation(len(X))[:3000])]
            P = leading_directions(self.rows.float32(sample), K)
            few = (sample if queries is None else queries)[:QUERIES_IN_CACHE]
            if LowerBounds(type(self.rows)(sample), P).prunes(few):
                self.bounds = LowerBounds(self.rows, P)
        self.products = None  # lower bounds with all features in place of components, once they are needed

    @np.errstate(all="ignore")
    def search(self, Q: np.ndarray, k: int) -> Nearest:
        """Distances and indices of the rows nearest to each row of ``Q (M, D)``, as by `nearest_of_all`."""
        found = np.empty((len(Q), k)), np.empty((len(Q), k), dtype=np.int64)
        chunks = list(row_blocks(len(Q), QUERIES_AT_ONCE))
        if self.bounds is not None:
            chunks = self.bounds.search(Q, k, chunks, found)
        if chunks:
            self.products = self.products or LowerBounds(self.rows)
            chunks = self.products.search(Q, k, chunks, found)
        for chunk in chunks:
            found[0][chunk], found[1][chunk] = nearest_of_all(self.rows.X, Q[chunk], k)
        return found


class LowerBounds:
    """The bounds (1) between the training rows and any queries, in float32, with their rounding errors.

    With (Pa, r_a) = v_a they are ``||a||^2 + ||b||^2 - 2 v_a.v_b``. ``P (K, D)`` in float32 makes no vector
    longer. Without it v_a is a: the bounds are the squared distances, but for rounding.
    """

    def __init__(self, rows: "PixelRows | RealRows", P: np.ndarray | None = None):
        self.rows, self.P = rows, P
        # Pa, added up in float32, is off by at most this share of ||a||: in component k by FEATURES_AT_ONCE
        # roundings of the sum of |P_kj a_j|, at most ||a|| (Higham, "Accuracy and Stability of Numerical
        # Algorithms", section 3.1), and by the rounding of the result.
        self.projection_error = 0.0 if P is None else ROUNDOFF * (FEATURES_AT_ONCE * len(P) ** 0.5 + 2)
        X, D = rows.X, rows.X.shape[1]
        squares = np.empty(len(X))
        # ||b||^2 is one more number beside v_b, so that one product gives ||b||^2 - 2 v_a.v_b.
        self.vectors = np.empty((len(X), D + 1 if P is None else len(P) + 2), dtype=np.float32)

        @np.errstate(all="ignore")  # threads have error states of their own
        def fill(b: slice) -> None:
            self.vectors[b, :-1], squares[b] = self._vectors(X[b])
            self.vectors[b, -1] = squares[b]

        with one_blas_thread() as n_threads, ThreadPoolExecutor(n_threads) as executor:
            list(executor.map(fill, row_blocks(len(X), 256)))
        self.longest = np.sqrt(squares.max())

    def _vectors(self, A: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """v_a in float32 and ||a||^2 for the rows a of ``A (n, D)``."""
        A = self.rows.float32(A)
        squares = square_lengths(A)
        if self.P is None:
            return A, squares
        PA = np.zeros((len(A), len(self.P)))
        for f in row_blocks(A.shape[1], FEATURES_AT_ONCE):
            PA += A[:, f] @ self.P[:, f].T
        # Not below the true r_a: round-off in Pa changes its square by less than the part added here.
        rest = squares * (1 + 3 * self.projection_error) - square_lengths(PA)
        return np.column_stack([PA, np.sqrt(np.maximum(rest, 0))]).astype(np.float32), squares

    def prunes(self, Q: np.ndarray) -> bool:
        """Whether the bounds keep few rows for ``Q (M, D)``; by two neighbors, as a row is one of its own."""
        k = min(2, len(self.rows.X))
        found = np.empty((len(Q), k)), np.empty((len(Q), k), dtype=np.int64)
        return not self.search(Q, k, [slice(0, len(Q))], found)

    def search(self, Q: np.ndarray, k: int, chunks: list[slice], found: Nearest) -> list[slice]:
        """Write the distances and indices of the k nearest rows into ``found``, for each chunk of queries.

        Gives the chunks for which nothing was found, since the bounds of one of them keep too many rows.
        """
        if not 1e-12 < self.longest < 1e15:  # float32 would lose what is smaller, or not hold the squares
            return chunks
        # Where the bounds are the distances, but for rounding, few more seeds than neighbors will do.
        n_seeds = k + 4 if self.P is None else 2 * k + 16
        if n_seeds * ROWS_PER_SEED > len(self.rows.X):
            return chunks
        buffers, gave_up = SimpleQueue(), []

        @np.errstate(all="ignore")
        def search(chunk: slice) -> bool:
            if gave_up:
                return False
            buffer = buffers.get()
            for few, bounds, ceiling in self._bounds(Q[chunk], buffer):
                nearest = search_few(self.rows, bounds, ceiling, Q[chunk][few], k, n_seeds)
                if nearest is None:
                    gave_up.append(chunk)
                    break
                found[0][chunk][few], found[1][chunk][few] = nearest
            buffers.put(buffer)
            return chunk not in gave_up

        # Threads share the chunks, not the products: the steps between the products are as long as they are.
        with one_blas_thread() as n_threads, ThreadPoolExecutor(n_threads) as executor:
            # Memory that is asked for anew is cleared anew: each thread keeps its own.
            for _ in range(n_threads):
                buffers.put(np.empty((min(QUERIES_AT_ONCE, len(Q)), len(self.rows.X)), dtype=np.float32))
            done = executor.map(search, chunks)
            return [chunk for chunk, is_done in zip(chunks, done, strict=True) if not is_done]

    def _bounds(self, Q: np.ndarray, out: np.ndarray) -> Iterator[tuple[slice, np.ndarray, Callable]]:
        """For a few rows of Q at a time: which, their bounds ``(m, N)`` without ||a||^2, and `ceiling`.

        ``ceiling(tau)`` are the values above which the distance is larger than ``tau (m,)`` for certain.
        """
        V, squares = self._vectors(Q)
        ones = np.ones(len(Q), dtype=np.float32)
        np.matmul(np.column_stack([-2 * V, ones]), self.vectors.T, out=out[: len(Q)])
        length, longest = np.sqrt(squares), self.longest
        # Higham's bound for the product above, and twice what round-off in Pa and Pb makes of Pa.Pb.
        slack = ROUNDOFF * (V.shape[1] + 16) * (2 * length + longest) * longest
        slack += 4.1 * self.projection_error * length * longest
        reach = 1.1 * ROUNDOFF * (length + longest)  # rows rounded to float32 may be so much farther apart

        for few in row_blocks(len(Q), QUERIES_IN_CACHE):

            def ceiling(tau: np.ndarray, few: slice = few) -> np.ndarray:
                largest = (tau * (1 + 1e-9) + reach[few]) ** 2 - squares[few] + slack[few]
                return np.nextafter(largest.astype(np.float32), np.float32(np.inf))

            yield few, out[few.start : few.stop], ceiling


def search_few(
    rows: "PixelRows | RealRows", bounds: np.ndarray, ceiling: Callable, Q: np.ndarray, k: int, n_seeds: int
) -> Nearest | None:
    """Steps 2 and 3 for a few queries, with their ``bounds (m, N)``; None if these keep too many rows."""
    M, N = bounds.shape
    seeds = columns_of_small_values(bounds, n_seeds)
    seed_queries = np.repeat(np.arange(M), seeds.shape[1])
    seed_dists = rows.distances(Q, seed_queries, seeds.ravel())
    tau = np.partition(seed_dists.reshape(M, -1), k - 1, axis=1)[:, k - 1]
    kept = ~(bounds > ceiling(tau)[:, None])  # so NaN, where float32 overflowed, is kept
    np.put_along_axis(kept, seeds, False, axis=1)  # their distances are known
    pairs = np.flatnonzero(kept)
    if len(pairs) > MOST_KEPT * kept.size:
        return None
    other_queries, others = np.divmod(pairs, N)

    queries = np.concatenate([seed_queries, other_queries])
    candidates = np.concatenate([seeds.ravel(), others])
    dists = np.concatenate([seed_dists, rows.distances(Q, other_queries, others)])
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

    def __init__(self, X: np.ndarray):
        self.X = X
        self.shifted = np.bitwise_xor(X.astype(np.uint8, copy=False), 128).view(np.int8)
        blocks = (self.shifted[b].astype(np.float32) for b in row_blocks(len(X), 256))
        self.squares = np.concatenate([square_lengths(B) for B in blocks])

    def float32(self, A: np.ndarray) -> np.ndarray:
        """Rows of pixels as the bounds take them; here nothing is lost."""
        return A.astype(np.float32) - 128

    def distances(self, Q: np.ndarray, queries: np.ndarray, index: np.ndarray) -> np.ndarray:
        """Distances ``(n,)`` between the rows ``Q[queries]`` and ``X[index]``.

        By ||x||^2 + ||q||^2 - 2 x.q, where every term is a whole number and exact.
        """
        Q = self.float32(Q)
        products = np.zeros(len(index))
        for b in row_blocks(len(index), PAIRS_AT_ONCE):
            X_of_pairs, Q_of_pairs = self.shifted[index[b]].astype(np.float32), Q[queries[b]]
            for f in row_blocks(Q.shape[1], EXACT_TERMS):
                products[b] += np.vecdot(X_of_pairs[:, f], Q_of_pairs[:, f])
        return np.sqrt(self.squares[index] + square_lengths(Q)[queries] - 2 * products)


class RealRows:
    """Rows of any numbers, and the distances to them by direct differences in float64."""

    def __init__(self, X: np.ndarray):
        self.X = X
        self.center = X.mean(axis=0, dtype=np.float64)

    def float32(self, A: np.ndarray) -> np.ndarray:
        """Rows as the bounds take them: centered, so that little is lost by rounding."""
        return (A - self.center).astype(np.float32)

    def distances(self, Q: np.ndarray, queries: np.ndarray, index: np.ndarray) -> np.ndarray:
        """Distances ``(n,)`` between the rows ``Q[queries]`` and ``X[index]``."""
        dists = np.empty(len(index))
        for b in row_blocks(len(index), PAIRS_AT_ONCE):
            dists[b] = lengths(self.X[index[b]] - Q[queries[b]].astype(np.float64))
        return dists


def leading_directions(X: np.ndarray, K: int) -> np.ndarray:
    """Nearly the K leading principal directions of ``X (n, D)`` float32, as rows P ``(K, D)`` float32.

    Subspace iteration from random directions: Halko, Martinsson and Tropp, "Finding Structure with
    Randomness" (SIAM Review 2011), algorithm 4.4. Shortened a little, so that P makes no vector longer after
    rounding.
    """
    X = X - X.mean(axis=0)
    directions = np.random.default_rng(0).standard_normal((X.shape[1], K), dtype=np.float32)
    for _ in range(2):
        directions = X.T @ (X @ directions)
        with one_blas_thread():  # threads would meet after each of many small steps, and wait long
            directions = np.linalg.qr(directions.astype(np.float64))[0].astype(np.float32)
    return directions.T * np.float32(1 - 1e-5)


def square_lengths(A: np.ndarray) -> np.ndarray:
    """Sum of squares of each row of ``A (n, D)``, in float64."""
    return np.einsum("ij,ij->i", A, A, dtype=np.float64)
