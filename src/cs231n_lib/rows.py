"""What data of one row an example must be, for every room that takes such rows."""

import numpy as np


def checked_rows(X: np.ndarray) -> np.ndarray:
    """X as an array, if it holds real numbers in at least one row and one column; else an error."""
    X = np.asarray(X)
    if X.ndim != 2 or X.size == 0:
        raise ValueError(f"X must be a non-empty 2-D array (rows, features), but has shape {X.shape}")
    if X.dtype.kind not in "buif":
        raise TypeError(f"X must hold real numbers, not {X.dtype}")
    if X.dtype.kind == "f" and not np.isfinite(X).all():
        raise ValueError("X holds NaN or infinite values")
    return X
