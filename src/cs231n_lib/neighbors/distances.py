"""All distances between two sets of rows: Euclidean (L2), city-block (L1) and cosine.

First the plain distances: formulas from one row to others, the loops around them, and L2 as a matrix product.
They take and return float64. Below them stand the functions for rows of any dtype: ``A (M, D)`` and
``B (N, D)`` give float64 ``(M, N)``, in blocks, so that beside the result only a few megabytes are alive. No
block is computed in the type of the input: in uint8, 3 - 5 is 254.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

__all__ = ["cityblock_distances", "cosine_distances", "euclidean_distances", "row_blocks", "unit_rows"]


def _euclidean(x: np.ndarray, B: np.ndarray) -> np.ndarray:
    """L2 distances between ``x (D,)`` and each row of ``B (..., D)``."""
    return np.sqrt(np.sum((x - B) ** 2, axis=-1))


def _cityblock(x: np.ndarray, B: np.ndarray) -> np.ndarray:
    """L1 distances between ``x (D,)`` and each row of ``B (..., D)``."""
    return np.sum(np.abs(x - B), axis=-1)


def _cosine(x: np.ndarray, B: np.ndarray) -> np.ndarray:
    """One minus the cosine of the angle between ``x (D,)`` and each row of ``B (..., D)``."""
    return 1 - B @ x / (np.linalg.norm(B, axis=-1) * np.linalg.norm(x))


def _two_loops(A: np.ndarray, B: np.ndarray, distance: Callable = _euclidean) -> np.ndarray:
    """Distances ``(M, N)``, one pair of rows at a time."""
    dists = np.empty((len(A), len(B)))
    for i in range(len(A)):
        for j in range(len(B)):
            dists[i, j] = distance(A[i], B[j])
    return dists


def _one_loop(A: np.ndarray, B: np.ndarray, distance: Callable = _euclidean) -> np.ndarray:
    """Distances ``(M, N)``, one row of A against all rows of B at a time."""
    dists = np.empty((len(A), len(B)))
    for i in range(len(A)):
        dists[i] = distance(A[i], B)
    return dists


def _no_loops(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    """L2 distances ``(M, N)`` from one matrix product; see `euclidean_distances`."""
    squares = np.sum(A**2, axis=1)[:, None] + np.sum(B**2, axis=1) - 2 * (A @ B.T)
    return np.sqrt(np.maximum(squares, 0))


def row_blocks(n: int, size: int) -> Iterator[slice]:
    """Slices that cut ``range(n)`` into pieces of ``size``; the last one may be shorter."""
    for start in range(0, n, size):
        yield slice(start, min(start + size, n))


@np.errstate(all="ignore")
def euclidean_distances(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    r"""L2 distances without a loop over rows, from one matrix product.

    .. math:: \lVert a - b \rVert^2 = \lVert a \rVert^2 + \lVert b \rVert^2 - 2\, a \cdot b

    The three terms nearly cancel where a and b are close. In float64 the error of the squared distance is
    about 1e-16 times the squared norms, and a result just below 0 is set to 0 before the square root. On
    whole numbers (pixels) every term is exact, and so is the squared distance.
    """
    dists = np.empty((len(A), len(B)))
    for a in row_blocks(len(A), 1024):
        A_block = A[a].astype(np.float64, copy=False)
        for b in row_blocks(len(B), 1024):
            B_block = B[b].astype(np.float64, copy=False)
            dists[a, b] = _no_loops(A_block, B_block)
            if A.dtype.kind == "f" or B.dtype.kind == "f":
                repair(dists[a, b], A_block, B_block)
    return dists


def repair(dists: np.ndarray, A: np.ndarray, B: np.ndarray) -> None:
    """Compute those L2 distances ``(M, N)`` anew whose squares overflowed or vanished."""
    if dists.min() > 1e-140 and dists.max() < 1e140:  # False for NaN
        return
    wrong = ~((dists > 1e-140) & (dists < 1e140))
    for i in np.flatnonzero(wrong.any(axis=1)):
        dists[i, wrong[i]] = lengths(A[i] - B[wrong[i]])


def lengths(A: np.ndarray) -> np.ndarray:
    """Euclidean length of each row of ``A (n, D)`` float64, also where squares overflow or vanish."""
    out = np.sqrt(np.einsum("ij,ij->i", A, A))
    wrong = ~((out > 1e-140) & (out < 1e140))
    if wrong.any():
        largest = np.abs(A[wrong]).max(axis=1)
        scaled = A[wrong] / np.where(largest > 0, largest, 1)[:, None]
        out[wrong] = largest * np.sqrt(np.einsum("ij,ij->i", scaled, scaled))
    return out


@np.errstate(all="ignore")
def cityblock_distances(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    """L1 distances: the sum of absolute differences. Exact for uint8 rows, and several times faster there."""
    if A.dtype == B.dtype == np.uint8:
        return _pixel_cityblock_distances(A, B)
    dists = np.empty((len(A), len(B)))
    for b in row_blocks(len(B), 32):
        B_block = B[b].astype(np.float64, copy=False)
        for i, a in enumerate(A):
            dists[i, b] = _cityblock(a, B_block)
    return dists


def _pixel_cityblock_distances(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    r"""The same for uint8 rows, eight pixels in one 64-bit word.

    .. math:: \sum_j |a_j - b_j| = \sum_j a_j + \sum_j b_j - 2 \sum_j \min(a_j, b_j)

    because max - min is the absolute difference and max + min the sum. The minimum never leaves uint8. To add
    up, every word of eight bytes becomes four lanes of 16 bits (even bytes plus odd bytes, at most 510), and
    128 such words add up to at most 65,280: no lane overflows into the next.
    """
    padding = ((0, 0), (0, -A.shape[1] % 8))  # zeros on both sides, which differ by 0
    A, B = np.pad(A, padding), np.pad(B, padding)
    A_sums, B_sums = A.sum(axis=1, dtype=np.int64), B.sum(axis=1, dtype=np.int64)
    even_bytes, one_byte = np.uint64(0x00FF00FF00FF00FF), np.uint64(8)
    n_words = A.shape[1] // 8
    starts = np.arange(0, n_words, 128)
    dists = np.empty((len(A), len(B)))

    def fill(b: slice) -> None:
        minima = np.empty_like(B[b])
        words = minima.view(np.uint64)
        odd = np.empty_like(words)
        lane_sums = np.empty((len(words), len(starts)), dtype=np.uint64)
        for i, a in enumerate(A):
            np.minimum(B[b], a, out=minima)
            np.right_shift(words, one_byte, out=odd)
            odd &= even_bytes
            words &= even_bytes
            words += odd
            np.add.reduceat(words, starts, axis=1, out=lane_sums)
            sums_of_minima = lane_sums.view(np.uint16).sum(axis=1, dtype=np.int64)
            dists[i, b] = A_sums[i] + B_sums[b] - 2 * sums_of_minima

    # Smaller blocks would fit a nearer cache, but the threads would wait for the interpreter's lock.
    with ThreadPoolExecutor(os.cpu_count()) as executor:
        list(executor.map(fill, row_blocks(len(B), 512)))
    return dists


@np.errstate(all="ignore")
def cosine_distances(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    """One minus the cosine of the angle between the rows: 0 for equal directions, 2 for opposite ones.

    A row of zeros has no direction: ValueError.
    """
    return np.clip(1 - unit_rows(A, "A") @ unit_rows(B, "B").T, 0, 2)


@np.errstate(all="ignore")
def unit_rows(X: np.ndarray, name: str = "X") -> np.ndarray:
    """The rows of X in float64, each divided by its Euclidean length."""
    X = X.astype(np.float64)
    # Dividing by the largest entry first keeps the squares of very large or small rows in range.
    largest = np.abs(X).max(axis=1, keepdims=True)
    if not largest.all():
        row = int(np.flatnonzero(largest == 0)[0])
        raise ValueError(f"{name} must have no row of zeros in the cosine metric, got one at {row}")
    X /= largest
    X /= lengths(X)[:, None]
    return X
