"""Linear classifiers for many features: ridge regression in closed form, and the L2-SVM.

Both are *one against all*: every class has a target of +1 for its own examples and -1 for all others, and
the class with the largest score wins. Both put every feature to mean 0 and deviation 1 first, with the
numbers of the training rows, so that one penalty suits all of them. The rows themselves are not changed or
copied: the scaling goes into the weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy.linalg import cho_solve, cholesky
from scipy.optimize import minimize

from cs231n_lib.blas import one_blas_thread
from cs231n_lib.neighbors.distances import row_blocks
from cs231n_lib.validation import check_count, check_labels, check_number, check_rows

__all__ = ["L2SVM", "RidgeClassifier", "ridge_path", "squared_hinge_loss"]

ROWS_AT_ONCE = 2048
COLUMNS_AT_ONCE = 512
"""Blocks of X and of its Gram matrix. Fixed, so that sums do not depend on the number of threads."""


class _OneAgainstAll:
    """A linear classifier whose ``W (D, C)`` and ``b (C,)`` some `fit` has set."""

    def __init__(self, reg: float):
        self.reg = check_number(reg, "reg", above=0)

    def scores(self, X: np.ndarray) -> np.ndarray:
        """Scores ``(M, C)`` of the rows of ``X (M, D)``, in float32 for float32 rows, else in float64."""
        if not hasattr(self, "W"):
            raise ValueError("the classifier has no weights yet: call fit(X, y) first")
        X = check_rows(X, features=len(self.W))
        dtype = np.result_type(X, np.float32)
        W, b = self.W.astype(dtype), self.b.astype(dtype)
        with one_blas_thread():  # as few columns as there are classes: nothing to share
            return np.concatenate(
                [X[rows].astype(dtype, copy=False) @ W + b for rows in row_blocks(len(X), ROWS_AT_ONCE)]
            )

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Labels ``(M,)`` of the rows of ``X (M, D)``."""
        return self.scores(X).argmax(axis=1)


class RidgeClassifier(_OneAgainstAll):
    r"""Least squares with a penalty, solved exactly.

    With standardized rows X and the targets ``Y (N, C)`` of +1 and -1, less their mean, the weights minimize

    .. math:: \frac1N \lVert X W - Y \rVert^2 + \lambda \lVert W \rVert^2
        \quad\Longrightarrow\quad \Big(\frac1N X^T X + \lambda I\Big)\, W = \frac1N X^T Y .

    (Hastie, Tibshirani and Friedman, "The Elements of Statistical Learning", equation 3.44.)

    Parameters
    ----------
    reg : float, > 0
        λ. The mean of the diagonal of X^T X / N is 1, so λ compares with 1 for any data.

    Attributes
    ----------
    W : ndarray of float64, shape (D, C)
    b : ndarray of float64, shape (C,)
        For the features as they come: ``scores = X @ W + b``.
    """

    def __init__(self, reg: float = 0.003):
        super().__init__(reg)

    def fit(self, X: np.ndarray, y: np.ndarray) -> RidgeClassifier:
        """Solve for the weights of ``X (N, D)`` and the labels ``y (N,)``; returns the object itself."""
        model = ridge_path(X, y, [self.reg])[0]
        self.W, self.b = model.W, model.b
        return self


def ridge_path(X: np.ndarray, y: np.ndarray, regs: Sequence[float]) -> list[RidgeClassifier]:
    """A `RidgeClassifier` for each penalty: one pass over X for all, and a Cholesky factor for each.

    The products are float32 for float32 rows, the equations are solved in float64 up to 16,384 features.
    """
    models = [RidgeClassifier(reg) for reg in regs]
    X, y = _checked(X, y)
    mean, deviation = _mean_and_deviation(X)
    Y = one_against_all(y)
    Y_mean = Y.mean(axis=0, dtype=np.float64)
    gram, XY = _gram(X, Y - Y_mean, mean, deviation)
    if len(gram) <= 16384:
        gram = gram.astype(np.float64)
    diagonal = gram.diagonal().copy()
    for model in models:
        np.fill_diagonal(gram, diagonal + model.reg * len(X))
        with one_blas_thread():
            factor = cholesky(gram, lower=True, overwrite_a=model is models[-1], check_finite=False)
            weights = cho_solve((factor, True), XY, check_finite=False)
        model.W = weights / deviation[:, None]
        model.b = Y_mean - mean @ model.W
    return models


def _gram(
    X: np.ndarray, Y: np.ndarray, mean: np.ndarray, deviation: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """X^T X (its lower triangle) and X^T Y of the standardized rows, block by block."""
    dtype = np.result_type(X, np.float32)
    shift, scale = mean.astype(dtype), (1 / deviation).astype(dtype)
    Y, D = Y.astype(dtype), X.shape[1]
    gram, XY = np.zeros((D, D), dtype=dtype, order="F"), np.zeros((D, Y.shape[1]))
    with one_blas_thread() as n_threads, ThreadPoolExecutor(n_threads) as executor:
        for rows in row_blocks(len(X), ROWS_AT_ONCE):
            block = (X[rows] - shift) * scale
            XY += block.T @ Y[rows]

            def add_columns(start: int, block: np.ndarray = block) -> None:
                columns = slice(start, start + COLUMNS_AT_ONCE)
                gram[start:, columns] += (block[:, columns].T @ block[:, start:]).T

            list(executor.map(add_columns, range(0, D, COLUMNS_AT_ONCE)))
    return gram, XY


class L2SVM(_OneAgainstAll):
    r"""The support vector machine with the squared hinge loss, as in Coates, Lee and Ng (2011).

    On standardized rows with a column of ones (the bias trick), and the targets ``t`` of +1 and -1, the
    weights minimize

    .. math:: \frac1N \sum_i \sum_c \max(0,\, 1 - t_{ic} s_{ic})^2 + \lambda \lVert W \rVert^2

    by L-BFGS. scikit-learn's ``LinearSVC`` has the same minimum with ``C = 1 / (2 N λ)``.

    Thousands of features that rise and fall together make L-BFGS slow: after ``num_iters`` steps from zero it
    may be far from the minimum, and nothing is raised. Let `fit` start from a `RidgeClassifier` then.

    Parameters
    ----------
    reg : float, > 0
        λ.
    num_iters : int
        L-BFGS steps.
    tolerance : float
        L-BFGS stops when no component of the gradient is larger.

    Attributes
    ----------
    W : ndarray of float64, shape (D, C)
    b : ndarray of float64, shape (C,)
    """

    def __init__(self, reg: float = 0.003, num_iters: int = 200, tolerance: float = 1e-5):
        super().__init__(reg)
        self.num_iters = check_count(num_iters, "num_iters")
        self.tolerance = check_number(tolerance, "tolerance", least=0)

    def fit(self, X: np.ndarray, y: np.ndarray, start: RidgeClassifier | L2SVM | None = None) -> L2SVM:
        """Minimize for ``X (N, D)`` and the labels ``y (N,)``; returns the object itself.

        Parameters
        ----------
        X, y : ndarray
        start : RidgeClassifier or L2SVM, optional
            A fitted model to begin from; without it all weights begin at 0.
        """
        X, y = _checked(X, y)
        mean, deviation = _mean_and_deviation(X)
        T = one_against_all(y)
        V = np.zeros((X.shape[1] + 1, T.shape[1]))
        if start is not None:
            V[:-1], V[-1] = start.W * deviation[:, None], start.b + mean @ start.W

        def f(v: np.ndarray) -> tuple[float, np.ndarray]:
            loss, dV = squared_hinge_loss(v.reshape(V.shape), X, T, self.reg, mean, deviation)
            return loss, dV.ravel()

        options = {"maxiter": self.num_iters, "gtol": self.tolerance, "ftol": 0, "maxcor": 10}
        V = minimize(f, V.ravel(), jac=True, method="L-BFGS-B", options=options).x.reshape(V.shape)
        self.W = V[:-1] / deviation[:, None]
        self.b = V[-1] - mean @ self.W
        return self


def squared_hinge_loss(
    V: np.ndarray, X: np.ndarray, T: np.ndarray, reg: float, mean: np.ndarray, deviation: np.ndarray
) -> tuple[float, np.ndarray]:
    """Loss of `L2SVM` and its gradient, block by block on all cores.

    Parameters
    ----------
    V : ndarray, shape (D + 1, C)
        Weights of the standardized features, and in the last row the biases.
    X : ndarray, shape (N, D)
        The features as they come.
    T : ndarray, shape (N, C)
        Targets +1 and -1.
    reg : float
    mean, deviation : ndarray, shape (D,)
        Of the features.

    Returns
    -------
    loss : float
    dV : ndarray of float64, shape (D + 1, C)
    """
    dtype = np.result_type(X, np.float32)
    # standardized rows times V = X W + b
    W = V[:-1] / deviation[:, None]
    b = (V[-1] - mean @ W).astype(dtype)
    W = W.astype(dtype)

    def block(rows: slice) -> tuple[float, np.ndarray, np.ndarray]:
        X_block, T_block = X[rows].astype(dtype, copy=False), T[rows]
        margins = np.maximum(0, 1 - T_block * (X_block @ W + b))
        dS = (-2 * T_block * margins).astype(dtype)
        return np.square(margins, dtype=np.float64).sum(), X_block.T @ dS, dS.sum(axis=0, dtype=np.float64)

    loss, dW, db = 0.0, np.zeros(W.shape), np.zeros(len(b))
    with one_blas_thread() as n_threads, ThreadPoolExecutor(n_threads) as executor:
        for block_loss, block_dW, block_db in executor.map(block, row_blocks(len(X), ROWS_AT_ONCE)):
            loss += block_loss
            dW += block_dW
            db += block_db
    dV = np.vstack([(dW - np.outer(mean, db)) / deviation[:, None], db])
    return loss / len(X) + reg * np.sum(V**2), dV / len(X) + 2 * reg * V


def one_against_all(y: np.ndarray) -> np.ndarray:
    """Targets ``(N, C)`` in float32: +1 in the column of a row's label, -1 elsewhere."""
    return np.where(y[:, None] == np.arange(y.max() + 1), 1, -1).astype(np.float32)


def _mean_and_deviation(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each feature, in float64; the deviation of a constant feature is put to 1."""
    mean = X.mean(axis=0, dtype=np.float64)
    squares = np.zeros(len(mean))
    for rows in row_blocks(len(X), ROWS_AT_ONCE):
        squares += np.square(X[rows] - mean).sum(axis=0)
    deviation = np.sqrt(squares / len(X))
    # Not "deviation is 0": the mean of equal numbers is rounded, and leaves a deviation of 1e-17.
    deviation[X.min(axis=0) == X.max(axis=0)] = 1
    return mean, deviation


def _checked(X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    X = check_rows(X)
    y = check_labels(y, len(X))
    if y.min() == y.max():
        raise ValueError(f"y must hold at least two classes, got only {y[0]}")
    return X, y
