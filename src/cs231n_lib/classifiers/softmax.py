"""The softmax (cross-entropy) loss of a linear classifier, and its gradient.

For one example with scores ``s = x W`` and correct class ``y`` (CS231n notes, "Linear classification")::

    L_i = -log(exp(s_y) / sum_j exp(s_j)) = log(sum_j exp(s_j - m)) - (s_y - m),      m = max_j s_j

The right-hand form, **log-sum-exp**, is the one computed here. It is exact for scores of any size: the
largest exponent is 0, so nothing overflows and the sum is at least 1, and no probability is computed
whose logarithm would be taken of 0.

The three functions compute the same numbers: `softmax_loss_naive` with loops that explain,
`softmax_loss_matrix` with the whole of X at once, `softmax_loss_vectorized` in blocks, the fastest.
"""

import numpy as np

from cs231n_lib.classifiers._blocks import add_regularization, check_linear_loss, linear_loss


def softmax_coefficients(S: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute the cross-entropy loss of each row of scores, and its derivative by the scores.

    Parameters
    ----------
    S : (N, C) floating array
        Scores.
    y : (N,) integer array
        Correct classes.

    Returns
    -------
    losses : (N,) array of S's dtype
    dS : (N, C) array of S's dtype
        The probabilities P, minus 1 at the correct class. Each row sums to 0.

    Examples
    --------
    >>> losses, dS = softmax_coefficients(np.array([[0.0, 0.0], [0.0, 1000.0]]), np.array([0, 0]))
    >>> losses.round(4).tolist()
    [0.6931, 1000.0]
    >>> dS
    array([[-0.5,  0.5],
           [-1. ,  1. ]])
    """
    rows = np.arange(len(y))
    shifted = S - S.max(axis=1, keepdims=True)
    P = np.exp(shifted)
    totals = P.sum(axis=1, keepdims=True)
    P /= totals
    P[rows, y] -= 1
    return np.log(totals[:, 0]) - shifted[rows, y], P


def softmax_loss_naive(W: np.ndarray, X: np.ndarray, y: np.ndarray, reg: float) -> tuple[float, np.ndarray]:
    """Compute the softmax loss and gradient example by example and class by class.

    Parameters, returned values and errors are those of `softmax_loss_vectorized`.
    """
    W, X, y, dtype = check_linear_loss(W, X, y, reg)
    loss, dW = 0.0, np.zeros(W.shape)
    with np.errstate(over="ignore", invalid="ignore"):
        for x, correct in zip(X, y, strict=True):
            scores = x @ W
            shifted = scores - scores.max()
            total = np.exp(shifted).sum()
            loss += float(np.log(total) - shifted[correct])
            for j in range(W.shape[1]):
                probability = np.exp(shifted[j]) / total
                dW[:, j] += (probability - (j == correct)) * x
    return add_regularization(loss, dW, W, X, reg, dtype)


def softmax_loss_matrix(W: np.ndarray, X: np.ndarray, y: np.ndarray, reg: float) -> tuple[float, np.ndarray]:
    """Compute the softmax loss and gradient in three lines. Nothing is checked."""
    losses, dS = softmax_coefficients(X @ W, y)
    dW = X.T @ dS / len(X) + 2 * reg * W
    return losses.mean() + reg * np.sum(W * W), dW


def softmax_loss_vectorized(
    W: np.ndarray, X: np.ndarray, y: np.ndarray, reg: float
) -> tuple[float, np.ndarray]:
    """Compute the softmax loss and gradient of a linear classifier.

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

    Returns
    -------
    loss : float
        Mean cross-entropy of the examples, in nats, plus regularization.
    dW : (D, C) floating array
        Its gradient.

    Raises
    ------
    TypeError
        If W or X does not hold real numbers, or y does not hold integers.
    ValueError
        If shapes do not fit, X has no rows or W or X holds NaN or infinity, a label is out of range, or `reg`
        is negative or not finite.
    """
    return linear_loss(W, X, y, reg, softmax_coefficients)
