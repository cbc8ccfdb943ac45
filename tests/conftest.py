"""What the tests of several modules share."""

from collections.abc import Callable

import numpy as np
import pytest


@pytest.fixture(scope="session")
def linear_problem() -> Callable[..., tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """W (D, C), X (N, D) and y (N,) of a linear classifier, at random."""

    def problem(N=40, D=9, C=5, seed=0, scale=1.0):
        rng = np.random.default_rng(seed)
        return scale * rng.standard_normal((D, C)), rng.standard_normal((N, D)), rng.integers(0, C, N)

    return problem
