"""What the public functions of both linear losses do around the mathematics."""

from collections.abc import Callable

import numpy as np

from cs231n_lib.validation import check_array, check_finite, check_labels, check_number, check_rows


def checked_loss(
    loss: Callable,
    W: np.ndarray,
    X: np.ndarray,
    y: np.ndarray,
    reg: float,
    *more: float,
    finite: bool = False,
) -> tuple[float, np.ndarray]:
    """Check the arguments and compute ``loss(W, X, y, reg, *more)`` in one floating dtype.

    With ``finite=False`` the check for NaN and infinity costs no pass over X. Both always show in the result
    of a loss that is made of matrix products: in X they reach dW (even 0 * inf is NaN), in W the sum of
    squares. Only then they are looked for. The result of finite numbers may overflow; that is no error.
    """
    W = check_array(W, "W", ("D", "C"), finite=finite)
    X = check_rows(X, features=len(W), of="W has rows for", finite=finite)
    y = check_labels(y, len(X), W.shape[1])
    reg = check_number(reg, "reg", least=0)
    dtype = np.result_type(W, X, np.float32)  # float32 if all of W and X fits into it, as uint8 does
    with np.errstate(all="ignore"):
        value, dW = loss(W.astype(dtype, copy=False), X.astype(dtype, copy=False), y, reg, *more)
    if not (np.isfinite(value) and np.isfinite(dW).all()):
        check_finite(W, "W")
        check_finite(X, "X")
    return float(value), dW


def checked_scores(S: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Check scores and their correct classes; integer scores become floating."""
    S = check_array(S, "S", ("N", "C"))
    return S.astype(np.result_type(S, np.float32), copy=False), check_labels(y, *S.shape)
