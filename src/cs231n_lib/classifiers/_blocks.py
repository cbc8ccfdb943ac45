"""What the two linear losses share: they check their arguments and walk over the rows of X in blocks.

A linear classifier's loss is a function of its scores alone, plus the regularization::

    S = X W                                 scores (N, C)
    losses, dS = coefficients(S, y)         one loss per row, and its derivative by that row's scores
    L  = sum(losses) / N + reg * sum(W**2)
    dW = X.T dS / N + 2 * reg * W

Only the middle line differs between the SVM and softmax. The rest is here, once.

X is by far the largest array, and both products need it. Done one after the other, each reads all of X
from memory. A block of rows that stays in the processor's cache is read once and serves both, and the blocks
share out the cores.
"""

import functools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
from threadpoolctl import ThreadpoolController

Coefficients = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]

BLOCK_ENTRIES = 1 << 20
"""Entries of X in a block: 8 MB in float64. Fixed, so that sums do not depend on the machine."""

_MIN_BLOCKS_FOR_THREADS = 4


def check_linear_loss(
    W: np.ndarray, X: np.ndarray, y: np.ndarray, reg: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.dtype]:
    """Check the arguments of a linear loss without a pass over X.

    NaN and infinity are left to `refuse_non_finite`: they always show in the result.

    Parameters
    ----------
    W : (D, C) real array
    X : (N, D) real array, N >= 1
    y : (N,) integer array, values in 0..C-1
    reg : float, >= 0

    Returns
    -------
    W, X, y : ndarray
        As arrays, with their dtypes unchanged.
    dtype : floating dtype
        Of the products: float32 if W and X are float32 (or fit into it, as uint8 does), else float64.

    Raises
    ------
    TypeError
        If W or X does not hold real numbers, or y does not hold integers.
    ValueError
        If a shape, a label or `reg` does not fit.
    """
    W, X, y = np.asarray(W), np.asarray(X), np.asarray(y)
    for name, array, axes in (("W", W, "(D, C)"), ("X", X, "(N, D)")):
        if array.dtype.kind not in "fiub":
            raise TypeError(f"{name} must hold real numbers, got dtype {array.dtype}")
        if array.ndim != 2:
            raise ValueError(f"{name} must have shape {axes}, got shape {array.shape}")
    if X.shape[1] != W.shape[0]:
        raise ValueError(f"X has shape {X.shape} but W has shape {W.shape}: X must have {W.shape[0]} columns")
    if X.size == 0:
        raise ValueError(f"X must have at least one row and one column, got shape {X.shape}")
    check_labels(y, len(X), W.shape[1])
    if not 0 <= reg < np.inf:
        raise ValueError(f"reg must be a finite number >= 0, got {reg}")
    return W, X, y, np.result_type(W, X, np.float32)


def check_labels(y: np.ndarray, num_rows: int, num_classes: int | None) -> None:
    """Raise TypeError unless y holds integers, ValueError unless they are one label 0..C-1 a row."""
    if y.dtype.kind not in "iu":
        raise TypeError(f"y must hold integer labels, got dtype {y.dtype}")
    if y.shape != (num_rows,):
        raise ValueError(f"y must have shape ({num_rows},), one label for each row of X, got shape {y.shape}")
    lowest, highest = y.min(), y.max()
    if num_classes is None and lowest < 0:
        raise ValueError(f"y must hold labels from 0 up, got {lowest}")
    if num_classes is not None and (lowest < 0 or highest >= num_classes):
        raise ValueError(f"y must hold labels from 0 to {num_classes - 1}, got {lowest} to {highest}")


def refuse_non_finite(loss: float, dW: np.ndarray, W: np.ndarray, X: np.ndarray) -> None:
    """Raise ValueError if the result is not finite because X or W is not.

    NaN or infinity in X reaches dW through X.T dS (even 0 * inf is NaN), and in W it reaches the loss through
    reg * sum(W**2) (even for reg = 0). So a finite result proves finite arguments, and the search through X
    happens only when something is wrong. Finite arguments whose loss overflows pass.
    """
    if np.isfinite(loss) and np.isfinite(dW).all():
        return
    check_finite(W, "W")
    check_finite(X, "X")


def check_finite(array: np.ndarray, name: str) -> None:
    """Raise ValueError, which names the first such entry, if the array holds NaN or infinity."""
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(array.sum()):  # one quick pass; where a sum overflows, look closely
            return
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        first = tuple(int(i) for i in bad[0])
        count = f"{len(bad)} such entries" if len(bad) > 1 else "the only such entry"
        raise ValueError(f"{name} must be finite, got {array[first]} at {first}, {count}")


def linear_loss(
    W: np.ndarray, X: np.ndarray, y: np.ndarray, reg: float, coefficients: Coefficients
) -> tuple[float, np.ndarray]:
    """Compute the loss and gradient of a linear classifier in cache-sized blocks of rows, on all cores.

    Parameters
    ----------
    W : (D, C) real array
    X : (N, D) real array
        float32 stays float32 in the products; integers are converted block by block.
    y : (N,) integer array
    reg : float
    coefficients : callable
        ``coefficients(S, y) -> (losses, dS)`` for the scores ``(n, C)`` of any n rows.

    Returns
    -------
    loss : float
        Summed in float64 whatever the dtype of X.
    dW : (D, C) floating array

    Notes
    -----
    Blocks have a fixed size, are added in the order of the rows, and no product is shared by threads: the
    result is the same to the bit on any number of threads.
    """
    W, X, y, dtype = check_linear_loss(W, X, y, reg)
    weights = W.astype(dtype, copy=False)
    block_rows = max(1, BLOCK_ENTRIES // X.shape[1])

    def block(start: int) -> tuple[float, np.ndarray]:
        rows = slice(start, start + block_rows)
        X_block = X[rows].astype(dtype, copy=False)
        with np.errstate(over="ignore", invalid="ignore"):  # the result is checked below
            losses, dS = coefficients(X_block @ weights, y[rows])
            return losses.sum(dtype=np.float64), X_block.T @ dS

    starts = range(0, len(X), block_rows)
    with _ordered_map(len(starts)) as ordered_map:
        results = iter(ordered_map(block, starts))
        loss, dW = next(results)
        if len(starts) > 1:
            dW = dW.astype(np.float64, copy=False)
        for block_loss, block_dW in results:
            loss += block_loss
            dW += block_dW
    return add_regularization(loss, dW, W, X, reg, dtype)


def add_regularization(
    total_loss: float, total_dW: np.ndarray, W: np.ndarray, X: np.ndarray, reg: float, dtype: np.dtype
) -> tuple[float, np.ndarray]:
    """Divide the sums over rows by N, add ``reg * sum(W**2)``, and refuse a NaN or infinite X or W."""
    weights = W.astype(dtype, copy=False)  # squares of integers would wrap
    with np.errstate(over="ignore", invalid="ignore"):
        loss = float(total_loss / len(X) + reg * np.sum(weights * weights, dtype=np.float64))
        dW = (total_dW / len(X) + 2 * reg * weights).astype(dtype, copy=False)
    refuse_non_finite(loss, dW, W, X)
    return loss, dW


@contextmanager
def _ordered_map(num_tasks: int) -> Iterator[Callable]:
    """Give a ``map`` that works on as many threads as BLAS would use, or on this one for few tasks.

    Two BLAS threads would make a mini-batch step a quarter faster, on an idle machine; but ten times slower
    beside another process that computes, for they wait for each other after each of the short products.
    """
    with one_blas_thread() as num_threads:
        if num_tasks < _MIN_BLOCKS_FOR_THREADS:
            yield map
        else:
            with ThreadPoolExecutor(num_threads) as pool:
                yield pool.map


_blas_lock = threading.Lock()


@contextmanager
def one_blas_thread() -> Iterator[int]:
    """Limit BLAS to one thread; gives the number it had.

    The limit is a setting of the whole process. The lock keeps two callers from restoring it out of order.
    """
    controller = _blas_controller()
    with _blas_lock:
        num_threads = max((library["num_threads"] for library in controller.info()), default=1)
        with controller.limit(limits=1):
            yield num_threads


@functools.cache
def _blas_controller() -> ThreadpoolController:
    """The loaded BLAS libraries; finding them takes milliseconds, so it is done once."""
    return ThreadpoolController().select(user_api="blas")
