"""From images to rows a classifier can learn from: flatten, center, scale, add the bias column."""

from typing import Self

import numpy as np

from cs231n_lib.validation import check_array


def flatten(X: np.ndarray) -> np.ndarray:
    """One row of float64 per image: (N, 32, 32, 3) becomes (N, 3072).

    uint8 wraps around (``200 + 100`` is 44), so arithmetic on pixels begins with this copy.

    Raises
    ------
    ValueError
        `X` has no axis of images, or no features.
    """
    X = check_array(X, "X", finite=False)
    if X.ndim < 2:
        raise ValueError(f"X must have shape (N, D, ...), got shape {X.shape}")
    # not -1 for the second length: it cannot be worked out for 0 images
    return X.reshape(len(X), int(np.prod(X.shape[1:]))).astype(np.float64)


def add_bias_column(X: np.ndarray) -> np.ndarray:
    """Append a column of ones: (N, D) becomes (N, D + 1), and W's last row the bias (the **bias trick**).

    Returns a new array, so a cell that is run twice does not add two columns.

    Raises
    ------
    ValueError
        `X` is not (N, D).
    """
    X = check_array(X, "X", finite=False)
    if X.ndim != 2:
        raise ValueError(f"X must have shape (N, D), got shape {X.shape}: use flatten(X) first")
    return np.hstack([X, np.ones((len(X), 1))])


class Standardizer:
    """Subtract each feature's mean and, if asked, divide by its standard deviation.

    Both are learned by `fit` from the **training** rows alone. Validation and test rows are transformed with
    these same numbers: their own would tell the model something about images it must not have seen.

    Parameters
    ----------
    mean : bool
        Subtract the mean of the training rows (for images, the mean image).
    std : bool
        Divide by the standard deviation of the training rows, except where a feature is constant in them.

    Attributes
    ----------
    mean_, scale_ : ndarray of float64, shape of one row of X
        What is subtracted (0 without `mean`) and what is divided by (1 without `std`).

    Examples
    --------
    >>> X_train, X_val = np.array([[1.0, 5.0], [3.0, 5.0]]), np.array([[4.0, 6.0]])
    >>> standardize = Standardizer(std=True).fit(X_train)
    >>> standardize.transform(X_train)
    array([[-1.,  0.],
           [ 1.,  0.]])
    >>> standardize.transform(X_val)
    array([[2., 1.]])
    """

    def __init__(self, mean: bool = True, std: bool = False) -> None:
        self.mean, self.std = mean, std
        self.mean_ = self.scale_ = None

    @np.errstate(under="ignore")
    def fit(self, X: np.ndarray) -> Self:
        """Learn mean and standard deviation from the training rows `X` (N, ...); forgets an earlier fit.

        Raises
        ------
        ValueError
            `X` has no rows or no feature axis, or holds NaN or infinity.
        """
        X = check_array(X, "X", ("N", "D", ...))
        mean, scale = np.zeros(X.shape[1:]), np.ones(X.shape[1:])
        if self.mean:
            mean = X.mean(axis=0, dtype=np.float64)
        if self.std:
            # Not "deviation is 0": the mean of equal numbers is rounded, and leaves a deviation of 1e-17.
            constant = X.min(axis=0) == X.max(axis=0)
            scale = X.std(axis=0, dtype=np.float64)
            scale[constant | (scale == 0)] = 1.0  # 0 also where the squares of all deviations underflow
        self.mean_, self.scale_ = mean, scale
        return self

    @np.errstate(under="ignore")
    def transform(self, X: np.ndarray) -> np.ndarray:
        """``(X - mean_) / scale_`` as a new float64 array; `X` (N, ...) may be any rows and is not changed.

        Raises
        ------
        ValueError
            There was no `fit`, or the rows of `X` have another shape than those it saw.
        """
        if self.mean_ is None:
            raise ValueError("this Standardizer has seen no data: call fit(X) with the training rows first")
        X = check_array(X, "X", finite=False)
        if X.shape[1:] != self.mean_.shape or X.ndim == 0:
            raise ValueError(f"X has shape {X.shape} but the training rows had shape {self.mean_.shape}")
        centered = X - self.mean_
        centered /= self.scale_
        return centered
