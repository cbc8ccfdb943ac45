"""The multiclass SVM (hinge) loss of a linear classifier, and its gradient.

For one example with scores ``s = x W`` and correct class ``y`` (CS231n notes, "Linear classification")::

    L_i = sum over j != y of max(0, s_j - s_y + delta)

`svm_loss_naive` computes it with loops that explain, `svm_loss_vectorized` with matrices. Both check their
arguments; the formulas are in the private functions below them.
"""

import numpy as np

from cs231n_lib.classifiers._linear_loss import checked_loss, checked_scores
from cs231n_lib.validation import check_number

__all__ = ["hinge_coefficients", "svm_loss_naive", "svm_loss_vectorized"]


def svm_loss_naive(
    W: np.ndarray, X: np.ndarray, y: np.ndarray, reg: float, *, delta: float = 1.0
) -> tuple[float, np.ndarray]:
    """Compute the SVM loss and gradient example by example and class by class.

    Parameters, returned values and errors are those of `svm_loss_vectorized`.
    """
    delta = check_number(delta, "delta", least=0)
    return checked_loss(_svm_loss_naive, W, X, y, reg, delta, finite=True)


def _svm_loss_naive(
    W: np.ndarray, X: np.ndarray, y: np.ndarray, reg: float, delta: float
) -> tuple[float, np.ndarray]:
    loss, dW = 0.0, np.zeros_like(W)
    for x, correct in zip(X, y, strict=True):
        s = x @ W
        for j in range(W.shape[1]):
            margin = s[j] - s[correct] + delta
            if j != correct and margin > 0:
                loss += margin
                dW[:, j] += x  # the wrong class
                dW[:, correct] -= x  # the correct class, once for each violation
    return loss / len(X) + reg * np.sum(W**2), dW / len(X) + 2 * reg * W


def svm_loss_vectorized(
    W: np.ndarray, X: np.ndarray, y: np.ndarray, reg: float, *, delta: float = 1.0
) -> tuple[float, np.ndarray]:
    """Compute the SVM loss and gradient of a linear classifier.

    Parameters
    ----------
    W : (D, C) real array
        Weights, one column for each class.
    X : (N, D) real array
        Examples, one for each row. float32 X and W are multiplied in float32, anything larger in float64.
    y : (N,) integer array
        Correct classes, 0..C-1.
    reg : float
        Strength of the regularization ``reg * sum(W**2)`` (no factor ½; its gradient is ``2 * reg * W``).
    delta : float, default 1
        The margin. Any positive value leads to the same classifiers, with another `reg`.

    Returns
    -------
    loss : float
        Mean hinge loss of the examples plus regularization.
    dW : (D, C) floating array
        Its gradient; at a kink, a subgradient.

    Raises
    ------
    TypeError
        If W or X does not hold real numbers, y does not hold integers, or `reg` or `delta` is no number.
    ValueError
        If shapes do not fit, X has no rows or W or X holds NaN or infinity, a label is out of range, or `reg`
        or `delta` is negative or not finite.
    """
    return checked_loss(_svm_loss, W, X, y, reg, check_number(delta, "delta", least=0))


def _svm_loss(
    W: np.ndarray, X: np.ndarray, y: np.ndarray, reg: float, delta: float
) -> tuple[float, np.ndarray]:
    losses, K = _hinge_coefficients(X @ W, y, delta)
    dS = K / len(X)
    return losses.mean(dtype=np.float64) + reg * np.sum(W**2), X.T @ dS + 2 * reg * W


def hinge_coefficients(S: np.ndarray, y: np.ndarray, delta: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Compute the hinge loss of each row of scores, and its derivative by the scores.

    Parameters
    ----------
    S : (N, C) real array
        Scores.
    y : (N,) integer array
        Correct classes.
    delta : float, default 1
        The margin by which the correct score must be ahead.

    Returns
    -------
    losses : (N,) floating array
    K : (N, C) floating array
        ``K[i, j]``, the derivative of ``losses[i]`` by ``S[i, j]``: 1 for every class inside the margin,
        minus their number for the correct class, else 0. At a kink (a margin of exactly 0) the subgradient 0
        is chosen. Each row sums to 0.

    Raises
    ------
    TypeError, ValueError
        For arguments that are no such arrays, and for NaN and infinity.

    Examples
    --------
    >>> losses, K = hinge_coefficients(np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0]]), np.array([0, 1]))
    >>> losses.round(1)
    array([2.9, 0. ])
    >>> K
    array([[-1.,  1.,  0.],
           [ 0.,  0.,  0.]])
    """
    S, y = checked_scores(S, y)
    delta = check_number(delta, "delta", least=0)
    with np.errstate(all="ignore"):
        return _hinge_coefficients(S, y, delta)


def _hinge_coefficients(S: np.ndarray, y: np.ndarray, delta: float) -> tuple[np.ndarray, np.ndarray]:
    rows = np.arange(len(y))
    margins = np.maximum(0, S - S[rows, y][:, np.newaxis] + delta)
    margins[rows, y] = 0
    K = (margins > 0).astype(S.dtype)
    K[rows, y] -= K.sum(axis=1)
    return margins.sum(axis=1), K
