"""Matrix products that do not suffer from other programs on the machine."""

import contextlib
import functools
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from threadpoolctl import ThreadpoolController

SMALL = 1 << 18
"""Multiplications. OpenBLAS itself gives smaller products to one thread."""

LARGE = 1 << 24
"""Multiplications, about a millisecond: larger products are worth threads of our own."""

_lock = threading.Lock()
_users = 0  # blocks of `one_blas_thread` that are running
_limit: contextlib.AbstractContextManager | None = None
_num_threads = 1  # what BLAS had before


def matmul(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    """Compute ``A @ B`` of two matrices, on as many threads as BLAS would use.

    The threads of OpenBLAS spin while they wait for each other after every product. That costs nothing on an
    idle machine; but beside a program that computes, the one that is waited for does not run, and a
    training takes ten times as long. Here every thread multiplies its own part of the result's rows or
    columns with BLAS on one thread, and the last one is waited for without spinning.
    """
    work = A.shape[0] * A.shape[1] * B.shape[1]
    if work <= SMALL:
        return A @ B
    with one_blas_thread() as num_threads:
        if work < LARGE or num_threads == 1:
            return A @ B
        out = np.empty((A.shape[0], B.shape[1]), np.result_type(A, B))
        by_rows = A.shape[0] > B.shape[1]
        edges = np.linspace(0, max(out.shape), num_threads + 1).astype(int)
        parts = [slice(*edge) for edge in zip(edges[:-1], edges[1:], strict=True)]
        errors = np.geterr()  # a new thread knows nothing of the caller's np.errstate

        def multiply(part: slice) -> None:
            with np.errstate(**errors):
                if by_rows:
                    np.matmul(A[part], B, out=out[part])
                else:
                    np.matmul(A, B[:, part], out=out[:, part])

        others = [_pool(num_threads).submit(multiply, part) for part in parts[1:]]
        multiply(parts[0])
        for other in others:
            other.result()
        return out


@functools.cache
def _pool(num_threads: int) -> ThreadPoolExecutor:
    """Threads that are kept, for a new one takes a millisecond until it multiplies at full speed."""
    return ThreadPoolExecutor(num_threads, thread_name_prefix="matmul")


if hasattr(os, "register_at_fork"):  # a forked process has no threads
    os.register_at_fork(after_in_child=_pool.cache_clear)


@contextlib.contextmanager
def one_blas_thread() -> Iterator[int]:
    """Limit BLAS to one thread, for many small products in a row; gives the number it had.

    The limit holds for the whole process, and until the last of several blocks at the same time has ended.
    """
    global _users, _limit, _num_threads
    with _lock:
        if _users == 0:
            _num_threads = max((library["num_threads"] for library in _libraries().info()), default=1)
            if _num_threads > 1:
                _limit = _libraries().limit(limits=1)
        _users += 1
    try:
        yield _num_threads
    finally:
        with _lock:
            _users -= 1
            if _users == 0 and _limit is not None:
                _limit.restore_original_limits()
                _limit = None


@functools.cache
def _libraries() -> ThreadpoolController:
    """The loaded BLAS libraries; finding them takes milliseconds, so it is done once."""
    return ThreadpoolController().select(user_api="blas")
