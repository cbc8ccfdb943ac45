"""Linear classifiers: one weight matrix, trained by mini-batch gradient descent or by L-BFGS.

`LinearSVM` and `Softmax` differ in their loss alone.
"""

import warnings
from collections.abc import Callable

import numpy as np
from tqdm.auto import tqdm

from cs231n_lib.classifiers._blocks import check_labels, refuse_non_finite
from cs231n_lib.classifiers.linear_svm import svm_loss_vectorized
from cs231n_lib.classifiers.softmax import softmax_loss_vectorized
from cs231n_lib.saving import Saved
from cs231n_lib.validation import check_array

__all__ = ["LinearClassifier", "LinearSVM", "Softmax"]


class LinearClassifier(Saved):
    """A classifier whose scores are linear: ``S = X W``, and the largest score wins.

    The subclasses `LinearSVM` and `Softmax` bring the loss. There is no separate bias: append a column of
    ones to X (the bias trick). The regularization then covers the bias too.

    Attributes
    ----------
    W : (D, C) floating array or None
        The weights; None until the first training.
    """

    def __init__(self) -> None:
        self.W: np.ndarray | None = None

    def loss(self, X_batch: np.ndarray, y_batch: np.ndarray, reg: float) -> tuple[float, np.ndarray]:
        """Compute the loss and its gradient by W; see `svm_loss_vectorized` and `softmax_loss_vectorized`."""
        raise NotImplementedError(f"{type(self).__name__} has no loss: use LinearSVM or Softmax")

    def train(
        self,
        X: np.ndarray,
        y: np.ndarray,
        learning_rate: float = 1e-3,
        reg: float = 1e-5,
        num_iters: int = 100,
        batch_size: int = 200,
        verbose: bool = False,
        *,
        schedule: Callable[[float], float] | None = None,
        rng: np.random.Generator | int | None = None,
        progress: bool = False,
    ) -> list[float]:
        """Train by mini-batch gradient descent: ``W -= learning_rate * dW``, batch after random batch.

        The first call creates ``W = 0.001 * np.random.randn(D, max(y) + 1)``; a later one goes on from W.

        Parameters
        ----------
        X : (N, D) real array
            Examples. With float32 X a new W is float32, and so are the products.
        y : (N,) integer array
            Labels, 0..C-1.
        learning_rate : float
        reg : float
            Strength of the regularization ``reg * sum(W**2)``.
        num_iters : int
            Number of batches.
        batch_size : int
            Examples in a batch, drawn with replacement; may be larger than N.
        verbose : bool
            Print the loss every 100 iterations.
        schedule : callable, optional
            Maps the progress (0 at the first iteration, below 1 at the last) to a factor on the learning
            rate: `optim.cosine`, ``optim.step_decay(...)`` or your own. By default the rate is constant.
        rng : Generator or int, optional
            Draws W and the batches. By default NumPy's global generator does, as in the course, whose numbers
            depend on it (``np.random.seed``).
        progress : bool
            Show a progress bar.

        Returns
        -------
        list of float
            The loss of each batch before its update.

        Raises
        ------
        TypeError, ValueError
            For arguments that do not fit; W is as before.

        Warns
        -----
        RuntimeWarning
            If the training diverges: the loss or the weights overflow, for the learning rate is too high. It
            stops there, and W keeps its last finite value.
        """
        X, y = self._check_training_set(X, y, reg)
        if not 0 <= learning_rate < np.inf:
            raise ValueError(f"learning_rate must be a finite number >= 0, got {learning_rate}")
        for name, count, least in (("num_iters", num_iters, 0), ("batch_size", batch_size, 1)):
            if not isinstance(count, int | np.integer) or count < least:
                raise ValueError(f"{name} must be an integer >= {least}, got {count!r}")
        draw_normal, draw_rows = _draws(rng)

        before = self.W
        if self.W is None:
            W = 0.001 * draw_normal(X.shape[1], int(y.max()) + 1)
            self.W = W.astype(np.float32) if X.dtype == np.float32 else W
        losses = []
        for iteration in tqdm(range(num_iters), disable=not progress):
            rows = draw_rows(len(X), batch_size)
            try:
                loss, dW = self.loss(X[rows], y[rows], reg)
            except ValueError:  # NaN in X shows only when it is used
                W, self.W = self.W, before
                refuse_non_finite(np.nan, W, W, X)  # names the row of X, not of the batch
                raise
            losses.append(loss)
            rate = learning_rate * (schedule(iteration / num_iters) if schedule else 1)
            with np.errstate(over="ignore", invalid="ignore"):
                W = self.W - rate * dW
            if not (np.isfinite(loss) and np.isfinite(W).all()):
                message = (
                    f"the training diverged at iteration {iteration} (loss {loss:g}): "
                    f"learning_rate {learning_rate:g} is too high for this data"
                )
                warnings.warn(message, RuntimeWarning, stacklevel=2)
                break
            self.W = W.astype(self.W.dtype, copy=False)
            if verbose and iteration % 100 == 0:
                print(f"iteration {iteration} / {num_iters}: loss {loss:f}")
        return losses

    def train_full_batch(
        self,
        X: np.ndarray,
        y: np.ndarray,
        reg: float = 1e-5,
        max_iters: int = 200,
        *,
        tolerance: float = 1e-5,
        progress: bool = False,
    ) -> list[float]:
        """Minimize the loss over all of X with L-BFGS: the optimum that gradient descent heads for.

        L-BFGS (Nocedal and Wright, "Numerical Optimization", chapter 7; SciPy's implementation) estimates the
        curvature from the last gradients, and needs no learning rate. Starts from W, or from 0 if there is
        none; nothing is random.

        Parameters
        ----------
        X : (N, D) real array
        y : (N,) integer array
        reg : float
        max_iters : int
        tolerance : float
            Stop when no entry of the gradient is larger.
        progress : bool
            Show a progress bar.

        Returns
        -------
        list of float
            The loss after each iteration; it never rises.

        Raises
        ------
        TypeError, ValueError
            For arguments that do not fit; W is as before.

        Notes
        -----
        The softmax loss is smooth and its minimum is found to `tolerance`. The hinge loss has kinks, where
        the search may stop early, close to the minimum.
        """
        from scipy.optimize import minimize  # takes longer to import than all else here

        X, y = self._check_training_set(X, y, reg)
        if not isinstance(max_iters, int | np.integer) or max_iters < 1:
            raise ValueError(f"max_iters must be an integer >= 1, got {max_iters!r}")
        before = self.W
        dtype = np.float32 if X.dtype == np.float32 else np.float64
        start = np.zeros((X.shape[1], int(y.max()) + 1)) if before is None else before.astype(np.float64)

        def loss_and_gradient(w: np.ndarray) -> tuple[float, np.ndarray]:
            self.W = w.reshape(start.shape).astype(dtype)
            loss, dW = self.loss(X, y, reg)
            return loss, dW.astype(np.float64).ravel()

        losses = []
        with tqdm(total=max_iters, disable=not progress) as bar:

            def after_iteration(intermediate_result) -> None:
                losses.append(float(intermediate_result.fun))
                bar.update()

            try:
                found = minimize(
                    loss_and_gradient,
                    start.ravel(),
                    jac=True,
                    method="L-BFGS-B",
                    callback=after_iteration,
                    options={"maxiter": max_iters, "maxfun": 20 * max_iters, "gtol": tolerance, "ftol": 0},
                )
            except BaseException:
                self.W = before
                raise
        self.W = found.x.reshape(start.shape).astype(dtype)
        return losses

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the class with the largest score for each row of X (the smaller label at a tie).

        Parameters
        ----------
        X : (N, D) real array

        Returns
        -------
        (N,) int64 array
        """
        if self.W is None:
            raise ValueError("the classifier has no weights yet: call train or load first")
        X = np.asarray(X)
        self._check_examples(X)
        with np.errstate(invalid="ignore"):
            scores = X @ self.W
        if not np.isfinite(scores).all():
            raise ValueError("X must be finite and of moderate size: some scores are NaN or infinite")
        return np.argmax(scores, axis=1)

    def _saved_arrays(self) -> dict[str, np.ndarray]:
        if self.W is None:
            raise ValueError("the classifier has no weights to save: call train first")
        return {"W": self.W}

    def _take_arrays(self, arrays: dict[str, np.ndarray]) -> None:
        if set(arrays) != {"W"}:
            raise ValueError(f"it holds {sorted(arrays)} where W alone is needed")
        self.W = check_array(arrays["W"], "W", ("D", "C"), kinds="f")

    def _check_training_set(self, X: np.ndarray, y: np.ndarray, reg: float) -> tuple[np.ndarray, np.ndarray]:
        X, y = np.asarray(X), np.asarray(y)
        self._check_examples(X)
        if X.size == 0:
            raise ValueError(f"X must have at least one row and one column, got shape {X.shape}")
        check_labels(y, len(X), None if self.W is None else self.W.shape[1])
        if not 0 <= reg < np.inf:
            raise ValueError(f"reg must be a finite number >= 0, got {reg}")
        return X, y

    def _check_examples(self, X: np.ndarray) -> None:
        if X.dtype.kind not in "fiub":
            raise TypeError(f"X must hold real numbers, got dtype {X.dtype}")
        if X.ndim != 2:
            raise ValueError(f"X must have shape (N, D), got shape {X.shape}")
        if self.W is not None and X.shape[1] != self.W.shape[0]:
            raise ValueError(f"X has shape {X.shape} but the model was trained on {self.W.shape[0]} features")


class LinearSVM(LinearClassifier):
    """A linear classifier trained with the multiclass SVM (hinge) loss."""

    def loss(self, X_batch: np.ndarray, y_batch: np.ndarray, reg: float) -> tuple[float, np.ndarray]:
        """Compute the loss and its gradient by W; see `svm_loss_vectorized`."""
        return svm_loss_vectorized(self.W, X_batch, y_batch, reg)


class Softmax(LinearClassifier):
    """A linear classifier trained with the softmax (cross-entropy) loss."""

    def loss(self, X_batch: np.ndarray, y_batch: np.ndarray, reg: float) -> tuple[float, np.ndarray]:
        """Compute the loss and its gradient by W; see `softmax_loss_vectorized`."""
        return softmax_loss_vectorized(self.W, X_batch, y_batch, reg)


def _draws(rng: np.random.Generator | int | None) -> tuple[Callable, Callable]:
    """Give the two draws of `train`: normal numbers of a shape, and rows with replacement."""
    if rng is None:
        return np.random.randn, np.random.choice  # the course's numbers depend on it
    own = np.random.default_rng(rng)
    return lambda *shape: own.standard_normal(shape), lambda n, size: own.integers(n, size=size)
