"""The multiclass SVM (hinge) loss of a linear classifier, and its gradient.

For one example with scores ``s = x W`` and correct class ``y`` (CS231n notes, "Linear classification")::

    L_i = sum over j != y of max(0, s_j - s_y + delta)

The three functions compute the same numbers: `svm_loss_naive` with loops that explain,
`svm_loss_matrix` with the whole of X at once, `svm_loss_vectorized` in blocks, the fastest.
"""

import numpy as np

from cs231n_lib.classifiers._blocks import add_regularization, check_linear_loss, linear_loss


def hinge_coefficients(S: np.ndarray, y: np.ndarray, delta: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Compute the hinge loss of each row of scores, and its derivative by the scores.

    Parameters
    ----------
    S : (N, C) floating array
        Scores.
    y : (N,) integer array
        Correct classes.
    delta : float, default 1
        The margin by which the correct score must be ahead.

    Returns
    -------
    losses : (N,) float64 array
    dS : (N, C) array of S's dtype
        1 for every class inside the margin, minus their number for the correct class, else 0. At a kink
        (a margin of exactly 0) the subgradient 0 is chosen. Each row sums to 0.

    Examples
    --------
    >>> losses, dS = hinge_coefficients(np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0]]), np.array([0, 1]))
    >>> losses.round(1)
    array([2.9, 0. ])
    >>> dS
    array([[-1.,  1.,  0.],
           [ 0.,  0.,  0.]])
    """
    rows = np.arange(len(y))
    margins = np.maximum(0, S - S[rows, y][:, np.newaxis] + delta)
    margins[rows, y] = 0
    dS = (margins > 0).astype(S.dtype)
    dS[rows, y] -= dS.sum(axis=1)
    return margins.sum(axis=1, dtype=np.float64), dS


def svm_loss_naive(
    W: np.ndarray, X: np.ndarray, y: np.ndarray, reg: float, *, delta: float = 1.0
) -> tuple[float, np.ndarray]:
    """Compute the SVM loss and gradient example by example and class by class.

    Parameters, returned values and errors are those of `svm_loss_vectorized`.
    """
    W, X, y, dtype = check_linear_loss(W, X, y, reg)
    _check_delta(delta)
    loss, dW = 0.0, np.zeros(W.shape)
    with np.errstate(over="ignore", invalid="ignore"):
        for x, correct in zip(X, y, strict=True):
            scores = x @ W
            for j in range(W.shape[1]):
                if j == correct:
                    continue
                margin = scores[j] - scores[correct] + delta
                if not margin <= 0:  # inside the margin (or NaN, which must not be lost)
                    loss += float(margin)
                    dW[:, j] += x
                    dW[:, correct] -= x
    return add_regularization(loss, dW, W, X, reg, dtype)


def svm_loss_matrix(
    W: np.ndarray, X: np.ndarray, y: np.ndarray, reg: float, *, delta: float = 1.0
) -> tuple[float, np.ndarray]:
    """Compute the SVM loss and gradient in three lines. Nothing is checked."""
    losses, dS = hinge_coefficients(X @ W, y, delta)
    dW = X.T @ dS / len(X) + 2 * reg * W
    return losses.mean() + reg * np.sum(W * W), dW


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
        If W or X does not hold real numbers, or y does not hold integers.
    ValueError
        If shapes do not fit, X has no rows or W or X holds NaN or infinity, a label is out of range, or `reg`
        or `delta` is negative or not finite.
    """
    _check_delta(delta)
    return linear_loss(W, X, y, reg, lambda S, labels: hinge_coefficients(S, labels, delta))


def _check_delta(delta: float) -> None:
    if not 0 <= delta < np.inf:
        raise ValueError(f"delta must be a finite number >= 0, got {delta}")
