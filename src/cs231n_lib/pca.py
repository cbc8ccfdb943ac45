"""Principal components: the directions along which the rows of a data set vary most.

Lecture notes "Neural Networks Part 2", section "PCA and Whitening".
"""

import numpy as np
from scipy.linalg import eigh

from cs231n_lib.neighbors.distances import row_blocks
from cs231n_lib.validation import check_count, check_number, check_rows

__all__ = ["PrincipalComponents", "mean_and_covariance"]

ROWS_AT_ONCE = 1024


class PrincipalComponents:
    """Rotate rows onto their principal components and scale each by a power of its variance.

    The components are the eigenvectors of the covariance matrix with the largest eigenvalues, and the
    eigenvalues are the variances along them. ``power=0`` only rotates. ``power=-1/2`` *whitens*: dividing by
    the square root of the eigenvalue, the standard deviation, gives every component variance 1. A power of
    -1/4 is half-way between them.

    Parameters
    ----------
    n_components : int
        How many components to keep, K.
    power : float
        Component i is multiplied by ``variances_[i] ** power``.

    Attributes
    ----------
    mean_ : ndarray of float64, shape (D,)
    components_ : ndarray of float64, shape (K, D)
        Orthonormal rows, the largest variance first. The entry of each row that is largest in absolute value
        is positive, so that the signs do not depend on the machine.
    variances_ : ndarray of float64, shape (K,)
        Mean squares along the components over the rows of `fit` (divided by N, as in the notes).

    Examples
    --------
    >>> X = np.array([[0.0, 0.0], [2.0, 2.0], [4.0, 4.0]])
    >>> pca = PrincipalComponents(n_components=1).fit(X)
    >>> pca.variances_.round(6)
    array([5.333333])
    >>> pca.transform(X).round(6)
    array([[-2.828427],
           [ 0.      ],
           [ 2.828427]])
    """

    def __init__(self, n_components: int, power: float = 0.0):
        self.n_components = check_count(n_components, "n_components")
        self.power = check_number(power, "power")

    @np.errstate(under="ignore")
    def fit(self, X: np.ndarray) -> "PrincipalComponents":
        """Find mean, components and variances of the rows of ``X (N, D)``; returns the object itself.

        Raises
        ------
        ValueError
            If X has the wrong shape, holds NaN or numbers beyond 1e140, or has fewer than ``n_components``
            rows or features; or if ``power`` is negative and a component has no variance to divide by.
        """
        X = check_rows(X)
        N, D = X.shape
        K = self.n_components
        if min(N, D) < K:
            raise ValueError(f"X must have at least n_components = {K} rows and columns, got shape {X.shape}")
        if max(float(X.max()), -float(X.min())) > 1e140:
            raise ValueError("X must hold numbers of at most 1e140, got larger ones: their squares overflow")
        mean, variances, components = _from_few_rows(X, K) if N < D else _from_many_rows(X, K)
        variances = np.maximum(variances, 0)
        # What round-off leaves of a variance of zero, relative to the largest one.
        zero = variances <= D * np.finfo(np.float64).eps * variances[0]
        if self.power < 0 and zero.any():
            raise ValueError(
                f"X varies along {K - zero.sum()} directions only: components beyond cannot be divided by"
                f" their variance, but n_components = {K} and power = {self.power:g}"
            )
        largest = np.abs(components).argmax(axis=1)
        signs = np.sign(components[np.arange(K), largest])
        self.mean_, self.variances_, self.components_ = mean, variances, components * signs[:, None]
        return self

    @np.errstate(all="ignore")
    def transform(self, X: np.ndarray) -> np.ndarray:
        """The scaled components of the rows of ``X (M, D)``: ``(M, K)``, float64."""
        if not hasattr(self, "components_"):
            raise ValueError("the components are not known yet: call fit(X) first")
        X = check_rows(X, features=len(self.mean_), of="the components were found for")
        projection = self.components_.T * self.variances_**self.power
        out = np.empty((len(X), self.n_components))
        for rows in row_blocks(len(X), ROWS_AT_ONCE):
            out[rows] = (X[rows] - self.mean_) @ projection
        return out


def _from_many_rows(X: np.ndarray, K: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean ``(D,)``, the K largest eigenvalues of the covariance ``(D, D)``, their eigenvectors as rows."""
    mean, covariance = mean_and_covariance(X)
    D = len(mean)
    variances, directions = eigh(covariance, subset_by_index=(D - K, D - 1), overwrite_a=True)
    return mean, variances[::-1], directions.T[::-1]


def _from_few_rows(X: np.ndarray, K: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same, from the (N, N) matrix of the rows' products, which is the smaller one where N < D.

    With the centered rows A, ``A A^T u = N v u`` implies ``A^T A (A^T u) = N v (A^T u)``: the same
    eigenvalues, and eigenvectors that only have to be brought to length 1. The QR decomposition does that,
    also where v is 0 and ``A^T u`` with it.
    """
    N, mean = len(X), X.mean(axis=0, dtype=np.float64)
    centered = X - mean
    variances, U = eigh(centered @ centered.T / N, subset_by_index=(N - K, N - 1), overwrite_a=True)
    directions, _ = np.linalg.qr(centered.T @ U[:, ::-1])
    return mean, variances[::-1], directions.T


def mean_and_covariance(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r"""Mean ``(D,)`` and covariance ``(D, D)`` of the rows of ``X (N, D)``, in float64.

    .. math:: \mu = \frac1N \sum_i x_i, \qquad \Sigma = \frac1N \sum_i (x_i - \mu)(x_i - \mu)^T

    Only a block of rows is alive beside the result, and it is centered in float64: in uint8, 3 - 5 is 254.
    """
    N, D = X.shape
    mean = X.mean(axis=0, dtype=np.float64)
    products = np.zeros((D, D))
    for rows in row_blocks(N, ROWS_AT_ONCE):
        centered = X[rows] - mean
        products += centered.T @ centered
    return mean, products / N
