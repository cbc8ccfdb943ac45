"""Products on threads of our own: the same numbers, and BLAS left as it was."""

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from cs231n_lib import blas


def blas_threads() -> int:
    return max(library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas")


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "shape", [(3, 4, 5), (90, 900, 50), (200, 1000, 301), (1000, 200, 101), (1, 6000, 6000)]
)
def test_products_of_any_size_are_numpys(shape, dtype, threads):
    n, k, m = shape
    rng = np.random.default_rng(0)
    A, B = rng.standard_normal((k, n), dtype).T, rng.standard_normal((k, m), dtype)
    with threadpool_limits(threads, "blas"):
        before = blas_threads()
        product = blas.matmul(A, B)
        assert blas_threads() == before
    assert product.dtype == dtype
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(product, A.astype(float) @ B, rtol=0, atol=k * eps * 10)


def test_the_limit_ends_with_the_last_of_several_blocks_and_after_an_error():
    with threadpool_limits(2, "blas"):
        first, second = blas.one_blas_thread(), blas.one_blas_thread()
        assert first.__enter__() == second.__enter__() == 2
        first.__exit__(None, None, None)
        assert blas_threads() == 1
        second.__exit__(None, None, None)
        assert blas_threads() == 2
        with pytest.raises(KeyError), blas.one_blas_thread():
            raise KeyError
        assert blas_threads() == 2


def test_threads_keep_the_callers_error_settings():
    A, B = np.full((200, 1000), 1e200), np.full((1000, 301), 1e200)
    with threadpool_limits(2, "blas"):
        with np.errstate(over="ignore"):
            assert np.isinf(blas.matmul(A, B)).all()  # and no warning
        with np.errstate(over="raise"), pytest.raises(FloatingPointError):
            blas.matmul(A, B)
