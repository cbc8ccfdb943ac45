"""The two-layer net of the course's assignments of 2018 to 2020: all of it in one function.

`cs231n_lib.classifiers.fc_net` holds the same net put together from layers. Mind the factor: here the
regularization is ``reg · (sum(W1²) + sum(W2²))``, there it has a ½. The same net is there with twice the reg.
"""

from collections.abc import Callable

import numpy as np
from tqdm.auto import tqdm

from cs231n_lib.blas import matmul
from cs231n_lib.divergence import Diverged, has_diverged, report_divergence
from cs231n_lib.validation import (
    check_callable,
    check_count,
    check_labels,
    check_number,
    check_rng,
    check_rows,
)

__all__ = ["TwoLayerNet"]


class TwoLayerNet:
    """Affine, ReLU, affine, softmax: ``A1 = max(0, X W1 + b1)``, ``S = A1 W2 + b2``.

    Parameters
    ----------
    input_size, hidden_size, output_size : int
        D, H and C.
    std : float, default 1e-4
        Standard deviation of the first weights; the biases start at 0.
    rng : Generator or int, optional
        Draws the first weights, W1 before W2. By default NumPy's global generator, as in the course, whose
        numbers depend on it.

    Attributes
    ----------
    params : dict
        ``W1 (D, H)``, ``b1 (H,)``, ``W2 (H, C)``, ``b2 (C,)``, float64.
    diverged : bool
        Whether the last call of `train` diverged.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        output_size: int,
        std: float = 1e-4,
        *,
        rng: np.random.Generator | int | None = None,
    ) -> None:
        D, H = check_count(input_size, "input_size"), check_count(hidden_size, "hidden_size")
        C = check_count(output_size, "output_size")
        std = check_number(std, "std", least=0)
        draw = np.random if rng is None else check_rng(rng)
        self.params = {
            "W1": std * draw.standard_normal((D, H)),
            "b1": np.zeros(H),
            "W2": std * draw.standard_normal((H, C)),
            "b2": np.zeros(C),
        }
        self.diverged = False

    @np.errstate(all="ignore")  # what is not finite is found in the loss
    def loss(
        self, X: np.ndarray, y: np.ndarray | None = None, reg: float = 0.0
    ) -> np.ndarray | tuple[float, dict[str, np.ndarray]]:
        """Compute the scores, or with labels the loss and the gradients.

        Parameters
        ----------
        X : (N, D) real array, finite
        y : (N,) integer array, optional
            Labels, 0..C-1.
        reg : float, default 0
            Strength of the regularization ``reg · (sum(W1²) + sum(W2²))``, without ½.

        Returns
        -------
        scores : (N, C) array
            If y is None.
        loss, grads : float, dict
            Else: mean cross-entropy plus regularization, and its derivative by each of `params`.

        Raises
        ------
        TypeError, ValueError
            For arguments that do not fit.
        FloatingPointError
            If the loss is not finite: a training has diverged.
        """
        X, reg = self._check_examples(X), check_number(reg, "reg", least=0)
        if y is None:
            return self._scores(X)
        loss, grads = self._loss(X, self._check_labels(y, len(X)), reg)
        if not np.isfinite(loss):
            raise Diverged(f"the loss is {loss}: the parameters or the numbers in X are too large")
        return loss, grads

    def _scores(self, X: np.ndarray) -> np.ndarray:
        W1, b1, W2, b2 = (self.params[name] for name in ("W1", "b1", "W2", "b2"))
        A1 = np.maximum(0, matmul(X, W1) + b1)
        return matmul(A1, W2) + b2

    def _loss(self, X: np.ndarray, y: np.ndarray, reg: float) -> tuple[float, dict[str, np.ndarray]]:
        W1, b1, W2, b2 = (self.params[name] for name in ("W1", "b1", "W2", "b2"))
        N, rows = len(X), np.arange(len(X))

        Z = matmul(X, W1) + b1  # matmul is @ with threads that do not wait for each other
        A1 = np.maximum(0, Z)
        S = matmul(A1, W2) + b2
        log_P = S - S.max(axis=1, keepdims=True)
        log_P -= np.log(np.exp(log_P).sum(axis=1, keepdims=True))
        loss = -np.mean(log_P[rows, y])
        if reg:  # 0 times a sum that overflows would be NaN
            loss += reg * (np.sum(W1 * W1) + np.sum(W2 * W2))

        dS = np.exp(log_P)
        dS[rows, y] -= 1
        dS /= N
        dW2 = matmul(A1.T, dS) + 2 * reg * W2
        dA1 = matmul(dS, W2.T)
        dZ = dA1 * (Z > 0)
        dW1 = matmul(X.T, dZ)
        dW1 += 2 * reg * W1  # in place, for it is large
        return float(loss), {"W1": dW1, "b1": dZ.sum(axis=0), "W2": dW2, "b2": dS.sum(axis=0)}

    def train(
        self,
        X: np.ndarray,
        y: np.ndarray,
        X_val: np.ndarray,
        y_val: np.ndarray,
        learning_rate: float = 1e-3,
        learning_rate_decay: float = 0.95,
        reg: float = 5e-6,
        num_iters: int = 100,
        batch_size: int = 200,
        verbose: bool = False,
        *,
        rng: np.random.Generator | int | None = None,
        lr_schedule: Callable[[float], float] | None = None,
        progress: bool = False,
    ) -> dict[str, list[float]]:
        """Train by mini-batch gradient descent.

        Parameters
        ----------
        X, y : (N, D) real array, (N,) integer array
            Training examples and labels.
        X_val, y_val : (M, D) real array, (M,) integer array
            Validation examples and labels.
        learning_rate, num_iters, batch_size, verbose, progress
            As for `LinearClassifier.train`.
        learning_rate_decay : float
            Factor on the learning rate after each epoch of ``max(N // batch_size, 1)`` iterations.
        reg : float
            Strength of the regularization; see `loss`.
        rng : Generator or int, optional
            Draws the batches. By default NumPy's global generator, as in the course, whose numbers depend on
            it.
        lr_schedule : callable, optional
            Maps the progress, from 0 to below 1, to one more factor on the rate: `optim.cosine`, say.

        Returns
        -------
        dict
            ``loss_history`` (each batch, before its update), ``train_acc_history`` (the batch's accuracy) and
            ``val_acc_history`` (both at each epoch's start).

        Raises
        ------
        TypeError, ValueError
            For arguments that do not fit; the net is as before.

        Warns
        -----
        DivergenceWarning
            If the training diverges (`divergence.has_diverged`): the learning rate is too high. Where the
            loss is not finite it stops, with that loss as the last one and the parameters before it.

        Notes
        -----
        A training that is interrupted leaves the net with the steps made. Its arrays are new ones.
        """
        X, X_val = self._check_examples(X), self._check_examples(X_val, "X_val")
        y, y_val = self._check_labels(y, len(X)), self._check_labels(y_val, len(X_val), "y_val")
        learning_rate = check_number(learning_rate, "learning_rate", least=0)
        learning_rate_decay = check_number(learning_rate_decay, "learning_rate_decay", least=0)
        reg = check_number(reg, "reg", least=0)
        num_iters = check_count(num_iters, "num_iters", least=0)
        batch_size = check_count(batch_size, "batch_size")
        if lr_schedule is not None:
            check_callable(lr_schedule, "lr_schedule")
        draw = np.random if rng is None else check_rng(rng)

        with np.errstate(all="ignore"):  # what is not finite is found in the losses
            history = self._descend(
                X, y, X_val, y_val, learning_rate, learning_rate_decay, reg, num_iters, batch_size,
                verbose, progress, draw, lr_schedule or (lambda _: 1),
            )  # fmt: skip
        losses = history["loss_history"]
        self.diverged = has_diverged(losses)
        if self.diverged:
            cause = f"learning_rate {learning_rate:g} is too high"
            if not np.isfinite(losses[0]):
                cause = "the parameters or the numbers in X are too large"
            report_divergence(
                f"the training diverged at iteration {len(losses) - 1} (loss {losses[-1]:g}): {cause}"
            )
        return history

    def _descend(
        self, X, y, X_val, y_val, learning_rate, learning_rate_decay, reg, num_iters, batch_size,
        verbose, progress, draw, lr_schedule,
    ) -> dict[str, list[float]]:  # fmt: skip
        history = {"loss_history": [], "train_acc_history": [], "val_acc_history": []}
        iterations_per_epoch = max(len(X) // batch_size, 1)
        # Two sets of arrays take turns, so that the one before a step is whole, and none is made anew.
        self.params, other = _copies(self.params), _copies(self.params)
        for iteration in tqdm(range(num_iters), disable=not progress):
            rows = draw.choice(len(X), batch_size)
            X_batch, y_batch = X[rows], y[rows]
            loss, grads = self._batch_loss(X_batch, y_batch, reg)
            if not np.isfinite(loss):
                break
            history["loss_history"].append(loss)
            rate = learning_rate * lr_schedule(iteration / num_iters)
            for name, dW in grads.items():
                np.subtract(self.params[name], rate * dW, out=other[name])
            self.params, other = other, self.params

            if verbose and iteration % 100 == 0:
                print(f"iteration {iteration} / {num_iters}: loss {loss:f}")
            if iteration % iterations_per_epoch == 0:
                history["train_acc_history"].append(self._accuracy(X_batch, y_batch))
                history["val_acc_history"].append(self._accuracy(X_val, y_val))
                learning_rate *= learning_rate_decay

        if num_iters:  # the loss after the last step, or the one at which the loop stopped
            loss, _ = self._batch_loss(X_batch, y_batch, reg)
            if not np.isfinite(loss):
                history["loss_history"].append(loss)
                self.params = other
        return history

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the class with the largest score for each row of X (the smaller label at a tie)."""
        return np.argmax(self.loss(X), axis=1)

    def _batch_loss(self, X: np.ndarray, y: np.ndarray, reg: float) -> tuple[float, dict[str, np.ndarray]]:
        """Compute `_loss`, or what a subclass has for `loss`."""
        if getattr(self.loss, "__func__", None) is TwoLayerNet.loss:
            return self._loss(X, y, reg)
        try:
            loss, grads = self.loss(X, y, reg)
            return float(loss), grads
        except Diverged:
            return np.nan, {}

    def _accuracy(self, X: np.ndarray, y: np.ndarray) -> float:
        return float(np.mean(self.predict(X) == y))

    def _check_examples(self, X: np.ndarray, name: str = "X") -> np.ndarray:
        return check_rows(X, name, features=self.params["W1"].shape[0], of="the net has")

    def _check_labels(self, y: np.ndarray, num_rows: int, name: str = "y") -> np.ndarray:
        return check_labels(y, num_rows, self.params["b2"].size, name)


def _copies(params: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: w.copy() for name, w in params.items()}
