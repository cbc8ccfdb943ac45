"""What the nets share: regularization, and errors that name the culprit."""

import numpy as np

from cs231n_lib.classifiers._blocks import check_finite

PIECE = 1 << 16
"""Entries of a matrix that are worked on at a time: 512 KB of float64, which stay in cache."""


def regularize(dW: np.ndarray, W: np.ndarray, strength: float) -> float:
    """Add the gradient of ``strength / 2 · sum(W²)`` to dW, in place, and return that penalty.

    One pass over both does it, piece by piece, with no temporary of W's size. dW must be contiguous.
    """
    if strength == 0:
        return 0.0
    flat_dW, flat_W = dW.reshape(-1), W.reshape(-1)
    sum_of_squares = 0.0
    for start in range(0, W.size, PIECE):
        w = flat_W[start : start + PIECE]
        sum_of_squares += float(w @ w)
        flat_dW[start : start + PIECE] += strength * w
    return strength / 2 * sum_of_squares


class Diverged(FloatingPointError):
    """A training cannot go on: its scores or its loss are not finite."""


def check_strength(reg: float) -> float:
    """Give reg as a Python float (which leaves float32 float32), or raise ValueError."""
    if not 0 <= reg < np.inf:
        raise ValueError(f"reg must be a finite number >= 0, got {reg}")
    return float(reg)


def check_scores(scores: np.ndarray, X: np.ndarray, *, training: bool) -> None:
    """Raise ValueError if X is the reason for scores that are not finite, or Diverged in training.

    NaN or infinity in X reaches the scores, so only these few are looked at as long as all is well.
    Parameters that a too high learning rate has blown up still predict, badly; but they cannot be trained any
    more.
    """
    if np.isfinite(scores).all():
        return
    check_finite(X, "X")
    if training:
        raise Diverged("the parameters have grown so large that the scores overflow")
