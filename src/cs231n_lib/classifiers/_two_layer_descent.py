"""Training steps of the two-layer net that do little beside the matrix products."""

import numpy as np

from cs231n_lib.classifiers._nets import Diverged, check_scores
from cs231n_lib.layers import softmax_loss_unchecked

BLOCK_ROWS = 768
"""Rows of W1 that are updated at a time: 3 MB for 500 hidden units in float64."""

SMALLEST_SCALE = 0.5


class TwoLayerDescent:
    """Gradient descent on `neural_net.TwoLayerNet`: its loss, then ``w - rate · dw``, in less time.

    W1 (D, H) has 1.5 million entries in the course's net. Each pass over them takes 2 to 5 % of the time of
    the five matrix products. Two passes are left here, one for the penalty and one for the update:

    - ``next W1 = (1 - 2 rate reg) W1 - rate dW1`` shrinks W1 before it moves it. Where W1 is kept as
      ``scale · V1``, that changes one number (Bottou, 2012, "Stochastic Gradient Descent Tricks").
    - ``max(0, scale · z) = scale · max(0, z)``: with W1 and b1 divided by the scale, and W2 multiplied by
      it, the net gives the same scores. Forward and backward run on those and never see the scale.
    - The rate goes into W2, which is small, before ``dH = dS W2ᵀ``. So Xᵀ dH comes out as the step of V1.
    - That product is made for some rows of V1 at a time, and subtracted while it is in the cache.

    Parameters
    ----------
    params : dict
        ``W1 (D, H)``, ``b1 (H,)``, ``W2 (H, C)``, ``b2 (C,)``, floating; they are copied.

    Attributes
    ----------
    whole : bool
        False while a step is half made, and after one that was interrupted.
    """

    def __init__(self, params: dict[str, np.ndarray]) -> None:
        self._V1, self._v1, self._V2, self._b2 = (params[name].copy() for name in ("W1", "b1", "W2", "b2"))
        self._scale, self.whole = 1.0, True
        self._block = np.empty_like(self._V1[:BLOCK_ROWS])

    def params(self) -> dict[str, np.ndarray]:
        """Give copies of the parameters as they are now."""
        W1, b1, W2 = self._V1 * self._scale, self._v1 * self._scale, self._V2 / self._scale
        return {"W1": W1, "b1": b1, "W2": W2, "b2": self._b2.copy()}

    @np.errstate(over="ignore", under="ignore", invalid="ignore")  # what is not finite is found in the scores
    def step(self, X: np.ndarray, y: np.ndarray, rate: float, reg: float) -> float:
        """Make one step on the examples X (N, D) with labels y (N,); give the loss before it.

        Raises Diverged where the scores or the loss are not finite, or ValueError if X is the reason. Nothing
        is changed then.
        """
        V1, V2 = self._V1, self._V2
        H = X @ V1
        H += self._v1
        np.maximum(H, np.zeros_like(self._v1), out=H)  # a row of zeros is faster than a single one
        S = H @ V2
        S += self._b2
        check_scores(S, X, training=True)
        loss, dS = softmax_loss_unchecked(S, y)

        scale, decay = self._scale, 1 - 2 * rate * reg
        if reg:
            V1_square, V2_square = (float(V.reshape(-1) @ V.reshape(-1)) for V in (V1, V2))
            loss += reg * (scale**2 * V1_square + V2_square / scale**2)
        if not np.isfinite(loss):
            raise Diverged(f"the loss is {loss}")

        self.whole = False
        next_scale = scale * decay
        if not SMALLEST_SCALE <= next_scale <= 1:  # it may even be negative: scale V1 itself after all
            V1 *= next_scale
            next_scale = 1.0
        dH = dS @ (rate / (scale * next_scale) * V2).T
        dH *= H > 0
        for start in range(0, len(V1), BLOCK_ROWS):
            rows = slice(start, start + BLOCK_ROWS)
            V1[rows] -= np.matmul(X[:, rows].T, dH, out=self._block[: len(V1) - start])
        self._v1 *= scale / next_scale
        self._v1 -= np.ones(len(dH), dH.dtype) @ dH  # the sum of dH's rows
        V2 *= decay * next_scale / scale
        V2 -= rate * scale * next_scale * (H.T @ dS)
        self._b2 -= rate * dS.sum(axis=0)
        self._scale, self.whole = next_scale, True
        return loss
