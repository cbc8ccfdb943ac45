"""Linear classifiers: one weight matrix, trained by mini-batch gradient descent or by L-BFGS.

`LinearSVM` and `Softmax` differ in their loss alone.
"""

from collections.abc import Callable

import numpy as np
from tqdm.auto import tqdm

from cs231n_lib.blas import one_blas_thread
from cs231n_lib.classifiers.linear_svm import svm_loss_naive, svm_loss_vectorized
from cs231n_lib.classifiers.softmax import softmax_loss_naive, softmax_loss_vectorized
from cs231n_lib.divergence import has_diverged, report_divergence
from cs231n_lib.saving import Saved
from cs231n_lib.validation import (
    check_array,
    check_callable,
    check_count,
    check_finite,
    check_labels,
    check_number,
    check_rng,
    check_rows,
)

__all__ = [
    "LinearClassifier",
    "LinearSVM",
    "Softmax",
    # the course's module hands on the losses too
    "softmax_loss_naive",
    "softmax_loss_vectorized",
    "svm_loss_naive",
    "svm_loss_vectorized",
]


class LinearClassifier(Saved):
    """A classifier whose scores are linear: ``S = X W``, and the largest score wins.

    The subclasses `LinearSVM` and `Softmax` bring the loss. There is no separate bias: append a column of
    ones to X (the bias trick). The regularization then covers the bias too.

    Attributes
    ----------
    W : (D, C) floating array or None
        The weights; None until the first training.
    diverged : bool
        Whether the last training diverged.
    """

    def __init__(self) -> None:
        self.W: np.ndarray | None = None
        self.diverged = False

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
        lr_schedule: Callable[[float], float] | None = None,
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
        lr_schedule : callable, optional
            Maps the progress (0 at the first iteration, below 1 at the last) to a factor on the learning
            rate: `optim.cosine`, ``optim.step_decay(...)`` or your own. By default the rate is constant.
        rng : Generator or int, optional
            Draws W and the batches. By default NumPy's global generator, as in the course, whose numbers
            depend on it.
        progress : bool
            Show a progress bar.

        Returns
        -------
        list of float
            The loss of each batch before its update. If it or the updated W overflows, the last one is not
            finite.

        Raises
        ------
        TypeError, ValueError
            For arguments that do not fit; W is as before.

        Warns
        -----
        DivergenceWarning
            If the training diverged (`divergence.has_diverged`), for the learning rate is too high. It stops
            where the loss or W overflows, and W keeps its last finite value.
        """
        X, y, reg = self._check_training_set(X, y, reg)
        learning_rate = check_number(learning_rate, "learning_rate", least=0)
        num_iters = check_count(num_iters, "num_iters", least=0)
        batch_size = check_count(batch_size, "batch_size")
        rates = _rates(learning_rate, lr_schedule, num_iters)
        draw_normal, draw_rows = _draws(rng)

        before = self.W
        if self.W is None:
            W = 0.001 * draw_normal(X.shape[1], int(y.max()) + 1)
            self.W = W.astype(np.float32) if X.dtype == np.float32 else W
        try:
            with one_blas_thread(), np.errstate(all="ignore"):
                losses = self._descend(X, y, rates, reg, batch_size, draw_rows, verbose, progress)
        except Exception:
            self.W = before
            raise
        self.diverged = has_diverged(losses)
        if self.diverged:
            cause = f"learning_rate {learning_rate:g} is too high for this data"
            if not np.isfinite(losses[0]):
                cause = "the numbers in X or in W are too large"
            report_divergence(
                f"the training diverged at iteration {len(losses) - 1} (loss {losses[-1]:g}): {cause}"
            )
        return losses

    def _descend(
        self,
        X: np.ndarray,
        y: np.ndarray,
        rates: list[float],
        reg: float,
        batch_size: int,
        draw_rows: Callable[[int, int], np.ndarray],
        verbose: bool,
        progress: bool,
    ) -> list[float]:
        """Take one step of mini-batch gradient descent for each of the learning rates."""
        losses = []
        for iteration, learning_rate in enumerate(tqdm(rates, disable=not progress)):
            rows = draw_rows(len(X), batch_size)
            loss, dW = self.loss(X[rows], y[rows], reg)
            losses.append(loss)
            W = self.W - learning_rate * dW
            if np.isfinite(loss) and not np.isfinite(W).all():
                losses.append(np.inf)  # what the next loss would be
            if not np.isfinite(losses[-1]):
                break
            self.W = W
            if verbose and iteration % 100 == 0:
                print(f"iteration {iteration} / {len(rates)}: loss {loss:f}")
        return losses

    def train_full_batch(
        self,
        X: np.ndarray,
        y: np.ndarray,
        reg: float = 1e-5,
        num_iters: int = 200,
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
        X, y, reg, progress
            As for `train`.
        num_iters : int
            Most iterations.
        tolerance : float
            Stop when no entry of the gradient is larger.

        Returns
        -------
        list of float
            The loss after each iteration; it never rises.

        Raises
        ------
        TypeError, ValueError
            For arguments that do not fit, and for X so large or so small that L-BFGS finds no step; W is as
            before.

        Notes
        -----
        The softmax loss is smooth and its minimum is found to `tolerance`. The hinge loss has kinks, where
        the search may stop early, close to the minimum.
        """
        from scipy.optimize import minimize  # takes longer to import than all else here

        X, y, reg = self._check_training_set(X, y, reg)
        num_iters = check_count(num_iters, "num_iters")
        tolerance = check_number(tolerance, "tolerance", least=0)
        before = self.W
        dtype = np.float32 if X.dtype == np.float32 else np.float64
        X = X.astype(dtype, copy=False)
        W = np.zeros((X.shape[1], int(y.max()) + 1)) if before is None else self._trained()
        w, losses = W.astype(np.float64).ravel(), []  # where L-BFGS is

        def loss_and_gradient(w: np.ndarray) -> tuple[float, np.ndarray]:
            self.W = w.reshape(W.shape).astype(dtype)
            if not np.isfinite(self.W).all():
                raise _wrong_size(X, "its gradient overflows")
            loss, dW = self.loss(X, y, reg)
            return loss, dW.astype(np.float64).ravel()

        options = {"maxiter": num_iters, "maxfun": 20 * num_iters, "gtol": tolerance, "ftol": 0}
        with tqdm(total=num_iters, disable=not progress) as bar, np.errstate(all="ignore"):

            def after_iteration(intermediate_result) -> None:
                nonlocal w
                w = intermediate_result.x.copy()
                losses.append(float(intermediate_result.fun))
                bar.update()

            try:
                found = minimize(
                    loss_and_gradient,
                    w,
                    jac=True,
                    method="L-BFGS-B",
                    callback=after_iteration,
                    options=options,
                )
                # At W = 0 no loss has a kink: a gradient that is not tiny beside X can be followed.
                if not losses and not W.any() and np.abs(found.jac).max() > 1e-3 * np.abs(X).max():
                    raise _wrong_size(X, "L-BFGS finds no step that lowers the loss")
                self.W = w.reshape(W.shape).astype(dtype)
            except BaseException:
                self.W = before
                raise
        self.diverged = False
        return losses

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the class with the largest score for each row of ``X (N, D)``, the smaller at a tie."""
        W = self._trained()
        X = check_rows(X, features=len(W), finite=False)
        with np.errstate(all="ignore"):
            S = X @ W
        if not np.isfinite(S).all():
            check_finite(X, "X")
            raise ValueError("X must be of moderate size: some scores are NaN or infinite")
        return np.argmax(S, axis=1)

    def _saved_arrays(self) -> dict[str, np.ndarray]:
        if self.W is None:
            raise ValueError("the classifier has no weights to save: call train first")
        return {"W": self.W}

    def _take_arrays(self, arrays: dict[str, np.ndarray]) -> None:
        if set(arrays) != {"W"}:
            raise ValueError(f"it holds {sorted(arrays)} where W alone is needed")
        self.W = check_array(arrays["W"], "W", ("D", "C"), kinds="f")

    def _check_training_set(
        self, X: np.ndarray, y: np.ndarray, reg: float
    ) -> tuple[np.ndarray, np.ndarray, float]:
        D, C = (None, None) if self.W is None else self._trained().shape
        X = check_rows(X, features=D)
        return X, check_labels(y, len(X), C), check_number(reg, "reg", least=0)

    def _trained(self) -> np.ndarray:
        if self.W is None:
            raise ValueError("the classifier has no weights yet: call train or load first")
        return check_array(self.W, "W", ("D", "C"))


class LinearSVM(LinearClassifier):
    """A linear classifier trained with the multiclass SVM (hinge) loss."""

    def loss(self, X_batch: np.ndarray, y_batch: np.ndarray, reg: float) -> tuple[float, np.ndarray]:
        """Compute the loss and its gradient by W; see `svm_loss_vectorized`."""
        return svm_loss_vectorized(self._trained(), X_batch, y_batch, reg)


class Softmax(LinearClassifier):
    """A linear classifier trained with the softmax (cross-entropy) loss."""

    def loss(self, X_batch: np.ndarray, y_batch: np.ndarray, reg: float) -> tuple[float, np.ndarray]:
        """Compute the loss and its gradient by W; see `softmax_loss_vectorized`."""
        return softmax_loss_vectorized(self._trained(), X_batch, y_batch, reg)


def _draws(rng: np.random.Generator | int | None) -> tuple[Callable, Callable]:
    """Give the two draws of `train`: normal numbers of a shape, and rows with replacement."""
    if rng is None:
        return np.random.randn, np.random.choice
    own = check_rng(rng)
    return lambda *shape: own.standard_normal(shape), lambda n, size: own.integers(n, size=size)


def _rates(learning_rate: float, lr_schedule: Callable[[float], float] | None, num_iters: int) -> list[float]:
    """The learning rate of each iteration, all checked before the first."""
    if lr_schedule is None:
        return [learning_rate] * num_iters
    check_callable(lr_schedule, "lr_schedule")
    factors = [lr_schedule(i / num_iters) for i in range(num_iters)]
    return [learning_rate * check_number(f, "what lr_schedule returns", least=0) for f in factors]


def _wrong_size(X: np.ndarray, what: str) -> ValueError:
    return ValueError(f"X must be of moderate size, got numbers up to {np.abs(X).max():.3g}: {what}")
