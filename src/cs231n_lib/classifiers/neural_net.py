"""The two-layer net of the course's assignments of 2018 to 2020: all of it in one function.

`cs231n_lib.classifiers.fc_net` holds the same net put together from layers. Mind the factor: here the
regularization is ``reg · (sum(W1²) + sum(W2²))``, there it has a ½. The same net is there with twice the reg.
"""

import warnings
from collections.abc import Callable

import numpy as np
from tqdm.auto import tqdm

from cs231n_lib.classifiers._blocks import check_finite
from cs231n_lib.classifiers._nets import Diverged, check_scores, check_strength, regularize
from cs231n_lib.classifiers._two_layer_descent import TwoLayerDescent

__all__ = ["TwoLayerNet"]


class TwoLayerNet:
    """Affine, ReLU, affine, softmax: ``H = max(0, X W1 + b1)``, ``S = H W2 + b2``.

    Parameters
    ----------
    input_size, hidden_size, output_size : int
        D, H and C.
    std : float, default 1e-4
        Standard deviation of the first weights. They are drawn by NumPy's global generator, W1 before W2, as
        in the course, whose numbers depend on it; the biases start at 0.
    rng : Generator or int, optional
        Draws the first weights instead.

    Attributes
    ----------
    params : dict
        ``W1 (D, H)``, ``b1 (H,)``, ``W2 (H, C)``, ``b2 (C,)``, float64.
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
        draw = np.random if rng is None else np.random.default_rng(rng)
        self.params = {
            "W1": std * draw.standard_normal((input_size, hidden_size)),
            "b1": np.zeros(hidden_size),
            "W2": std * draw.standard_normal((hidden_size, output_size)),
            "b2": np.zeros(output_size),
        }

    @np.errstate(over="ignore", under="ignore", invalid="ignore")  # what is not finite is found in the scores
    def loss(
        self, X: np.ndarray, y: np.ndarray | None = None, reg: float = 0.0
    ) -> np.ndarray | tuple[float, dict[str, np.ndarray]]:
        """Compute the scores, or with labels the loss and the gradients.

        Parameters
        ----------
        X : (N, D) real array
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
        TypeError
            If y does not hold integers.
        ValueError
            If shapes do not fit, X has no rows, a label is out of range, `reg` is negative, or X
            holds NaN or infinity.
        FloatingPointError
            If the scores of labeled examples overflow: a training has diverged.
        """
        W1, b1, W2, b2 = (self.params[name] for name in ("W1", "b1", "W2", "b2"))
        X, reg = self._check_examples(X), check_strength(reg)
        N = len(X)

        H = X @ W1
        H += b1
        np.maximum(0, H, out=H)  # H > 0 exactly where X W1 + b1 > 0
        S = H @ W2 + b2
        check_scores(S, X, training=y is not None)
        if y is None:
            return S

        y = self._check_labels(y, N)
        rows = np.arange(N)
        S -= S.max(axis=1, keepdims=True)
        P = np.exp(S)
        totals = P.sum(axis=1, keepdims=True)
        loss = float(np.mean(np.log(totals[:, 0]) - S[rows, y], dtype=np.float64))

        dS = P
        dS /= totals
        dS[rows, y] -= 1
        dS /= N
        dH = dS @ W2.T
        dH *= H > 0
        grads = {"W1": X.T @ dH, "b1": dH.sum(axis=0), "W2": H.T @ dS, "b2": dS.sum(axis=0)}
        loss += regularize(grads["W1"], W1, 2 * reg) + regularize(grads["W2"], W2, 2 * reg)
        return loss, grads

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
        schedule: Callable[[float], float] | None = None,
        progress: bool = False,
    ) -> dict[str, list[float]]:
        """Train by mini-batch gradient descent.

        Parameters
        ----------
        X, y : (N, D) real array, (N,) integer array
            Training examples and labels.
        X_val, y_val : (M, D) real array, (M,) integer array
            Validation examples and labels.
        learning_rate : float
        learning_rate_decay : float
            Factor on the learning rate after each epoch of ``max(N // batch_size, 1)`` iterations.
        reg : float
            Strength of the regularization; see `loss`.
        num_iters : int
            Number of batches.
        batch_size : int
            Examples in a batch, drawn with replacement; may be larger than N.
        verbose : bool
            Print the loss every 100 iterations.
        rng : Generator or int, optional
            Draws the batches. By default NumPy's global generator does, as in the course.
        schedule : callable, optional
            Maps the progress, from 0 to below 1, to one more factor on the learning rate: `optim.cosine`,
            say.
        progress : bool
            Show a progress bar.

        Returns
        -------
        dict
            ``loss_history`` (each batch, before its update), ``train_acc_history`` (the batch's accuracy) and
            ``val_acc_history`` (both at each epoch's start).

        Raises
        ------
        TypeError, ValueError
            For arguments that do not fit, or X or X_val with NaN or infinity; the net is as before.

        Warns
        -----
        RuntimeWarning
            If the training diverges: the learning rate is too high. It stops there. The net is left with the
            parameters it last measured, if their loss was finite; else with those measured before, or those
            it began with.

        Notes
        -----
        A training that is interrupted leaves the net with the steps made; if it was in the middle of one,
        with the parameters it last measured.
        """
        X, X_val = self._check_examples(X), self._check_examples(X_val, "X_val")
        for name, array in (("X", X), ("X_val", X_val)):
            check_finite(array, name)
        y, y_val = self._check_labels(y, len(X)), self._check_labels(y_val, len(X_val), "y_val")
        for name, count, least in (("num_iters", num_iters, 0), ("batch_size", batch_size, 1)):
            if not isinstance(count, int | np.integer) or count < least:
                raise ValueError(f"{name} must be an integer >= {least}, got {count!r}")
        reg = check_strength(reg)
        draw = np.random if rng is None else np.random.default_rng(rng)

        history = {"loss_history": [], "train_acc_history": [], "val_acc_history": []}
        iterations_per_epoch = max(len(X) // batch_size, 1)
        descent, finite = self._descent(), self.params
        try:
            for iteration in tqdm(range(num_iters), disable=not progress):
                rows = draw.choice(len(X), batch_size)
                X_batch, y_batch = X[rows], y[rows]
                rate = float(learning_rate * (schedule(iteration / num_iters) if schedule else 1))
                loss = descent.step(X_batch, y_batch, rate, reg)
                finite = self.params  # or this step, or one before, would have raised
                history["loss_history"].append(loss)
                if verbose and iteration % 100 == 0:
                    print(f"iteration {iteration} / {num_iters}: loss {loss:f}")
                if iteration % iterations_per_epoch == 0:
                    self.params = descent.params()
                    history["train_acc_history"].append(self._accuracy(X_batch, y_batch))
                    history["val_acc_history"].append(self._accuracy(X_val, y_val))
                    learning_rate = learning_rate * learning_rate_decay
            self.params = descent.params()
            if num_iters and not np.isfinite(self.loss(X_batch)).all():
                raise Diverged("the last step was too large")
        except Diverged:
            self.params = finite
            message = f"the training diverged at iteration {iteration}: learning_rate {rate:g} is too high"
            warnings.warn(message, RuntimeWarning, stacklevel=2)
        except BaseException:  # stopped from the keyboard, say
            if descent.whole:
                self.params = descent.params()
            raise
        return history

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the class with the largest score for each row of X (the smaller label at a tie)."""
        return np.argmax(self.loss(X), axis=1)

    def _descent(self) -> "TwoLayerDescent | _PlainDescent":
        """Fast steps for the loss above; a subclass may have a loss or parameters of its own."""
        other_loss = getattr(self.loss, "__func__", None) is not TwoLayerNet.loss
        if other_loss or self.params.keys() != {"W1", "b1", "W2", "b2"}:
            return _PlainDescent(self)
        return TwoLayerDescent(self.params)

    def _accuracy(self, X: np.ndarray, y: np.ndarray) -> float:
        return float(np.mean(self.predict(X) == y))

    def _check_examples(self, X: np.ndarray, name: str = "X") -> np.ndarray:
        X = np.asarray(X)
        D = self.params["W1"].shape[0]
        if X.ndim != 2 or len(X) == 0:
            raise ValueError(f"{name} must have shape (N, {D}) with at least one row, got shape {X.shape}")
        if X.shape[1] != D:
            raise ValueError(f"{name} has shape {X.shape} but the net has {D} inputs")
        return X

    def _check_labels(self, y: np.ndarray, num_rows: int, name: str = "y") -> np.ndarray:
        y = np.asarray(y)
        if y.dtype.kind not in "iu":
            raise TypeError(f"{name} must hold integer labels, got dtype {y.dtype}")
        if y.shape != (num_rows,):
            raise ValueError(f"{name} must have shape ({num_rows},), one label a row, got shape {y.shape}")
        num_classes = self.params["b2"].size
        if y.min() < 0 or y.max() >= num_classes:
            raise ValueError(
                f"{name} must hold labels from 0 to {num_classes - 1}, got {y.min()} to {y.max()}"
            )
        return y


class _PlainDescent:
    """Gradient descent on whatever the net's loss is; see `TwoLayerDescent`."""

    whole = True

    def __init__(self, net: TwoLayerNet) -> None:
        self._net, self._params = net, net.params

    def params(self) -> dict[str, np.ndarray]:
        return dict(self._params)

    def step(self, X: np.ndarray, y: np.ndarray, rate: float, reg: float) -> float:
        measured, self._net.params = self._net.params, self._params
        try:
            loss, grads = self._net.loss(X, y, reg)
        finally:
            self._net.params = measured
        if not np.isfinite(loss):
            raise Diverged(f"the loss is {loss}")
        steps = {name: rate * dw for name, dw in grads.items()}
        self._params = self._params | {name: self._params[name] - step for name, step in steps.items()}
        return float(loss)
