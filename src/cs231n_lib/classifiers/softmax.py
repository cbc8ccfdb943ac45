"""The softmax (cross-entropy) loss of a linear classifier, and its gradient.

For one example with scores ``s = x W`` and correct class ``y`` (CS231n notes, "Linear classification")::

    L_i = -log(exp(s_y) / sum_j exp(s_j)) = log(sum_j exp(s_j - m)) - (s_y - m),      m = max_j s_j

The right-hand form, **log-sum-exp**, is the one computed here. It is exact for scores of any size: the
largest exponent is 0, so nothing overflows and the sum is at least 1, and no probability is computed
whose logarithm would be taken of 0.

`softmax_loss_naive` computes it with loops that explain, `softmax_loss_vectorized` with matrices. Both check
their arguments; the formulas are in the private functions below them.
"""

import numpy as np

from cs231n_lib.classifiers._linear_loss import checked_loss, checked_scores

__all__ = ["softmax_coefficients", "softmax_loss_naive", "softmax_loss_vectorized"]


def softmax_loss_naive(W: np.ndarray, X: np.ndarray, y: np.ndarray, reg: float) -> tuple[float, np.ndarray]:
    """Compute the softmax loss and gradient example by example and class by class.

    Parameters, returned values and errors are those of `softmax_loss_vectorized`.
    """
    return checked_loss(_softmax_loss_naive, W, X, y, reg, finite=True)


def _softmax_loss_naive(W: np.ndarray, X: np.ndarray, y: np.ndarray, reg: float) -> tuple[float, np.ndarray]:
    loss, dW = 0.0, np.zeros_like(W)
    for x, correct in zip(X, y, strict=True):
        s = x @ W
        s = s - s.max()
        total = np.exp(s).sum()
        loss += np.log(total) - s[correct]
        for c in range(W.shape[1]):
            dW[:, c] += (np.exp(s[c]) / total - (c == correct)) * x
    return loss / len(X) + reg * np.sum(W**2), dW / len(X) + 2 * reg * W


def softmax_loss_vectorized(
    W: np.ndarray, X: np.ndarray, y: np.ndarray, reg: float
) -> tuple[float, np.ndarray]:
    """Compute the softmax loss and gradient of a linear classifier.

    Parameters and errors are those of `cs231n_lib.classifiers.linear_svm.svm_loss_vectorized`, without delta.

    Returns
    -------
    loss : float
        Mean cross-entropy of the examples, in nats, plus regularization.
    dW : (D, C) floating array
        Its gradient.
    """
    return checked_loss(_softmax_loss, W, X, y, reg)


def _softmax_loss(W: np.ndarray, X: np.ndarray, y: np.ndarray, reg: float) -> tuple[float, np.ndarray]:
    losses, K = _softmax_coefficients(X @ W, y)
    dS = K / len(X)
    return losses.mean(dtype=np.float64) + reg * np.sum(W**2), X.T @ dS + 2 * reg * W


def softmax_coefficients(S: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute the cross-entropy loss of each row of scores, and its derivative by the scores.

    Parameters and errors are those of `cs231n_lib.classifiers.linear_svm.hinge_coefficients`, without delta.

    Returns
    -------
    losses : (N,) floating array
    K : (N, C) floating array
        ``K[i, j]``, the derivative of ``losses[i]`` by ``S[i, j]``: the probabilities P, minus 1 at the
        correct class. Each row sums to 0.

    Examples
    --------
    >>> losses, K = softmax_coefficients(np.array([[0.0, 0.0], [0.0, 1000.0]]), np.array([0, 0]))
    >>> losses.round(4).tolist()
    [0.6931, 1000.0]
    >>> K
    array([[-0.5,  0.5],
           [-1. ,  1. ]])
    """
    S, y = checked_scores(S, y)
    with np.errstate(all="ignore"):
        return _softmax_coefficients(S, y)


def _softmax_coefficients(S: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    rows = np.arange(len(y))
    S = S - S.max(axis=1, keepdims=True)
    E = np.exp(S)
    total = E.sum(axis=1, keepdims=True)
    P = E / total
    losses = np.log(total[:, 0]) - S[rows, y]
    P[rows, y] -= 1  # P - Y
    return losses, P
