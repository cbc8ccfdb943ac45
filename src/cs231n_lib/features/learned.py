"""Features learned from the images alone: patches, whitening, a k-means dictionary, encoding, pooling.

The pipeline of Coates, Lee and Ng, "An Analysis of Single-Layer Networks in Unsupervised Feature Learning"
(AISTATS 2011), with the spherical k-means and the soft threshold of Coates and Ng, "The Importance of
Encoding Versus Training with Sparse Coding and Vector Quantization" (ICML 2011) and "Learning Feature
Representations with K-means" (2012):

1. cut many small patches out of the training images, and take brightness and contrast out of each;
2. whiten them: decorrelate neighboring pixels;
3. cluster them: the K centroids are the *dictionary*;
4. compare every patch of an image with every row of the dictionary (*encoding*), and add up the answers in
   each quadrant of the image (*pooling*).

No label is used. What comes out, `LearnedFeatures.transform`, is for a linear classifier
(`cs231n_lib.classifiers.ridge`).

The steps stand here one by one, on all patches at once, as they are defined. `LearnedFeatures` does the same
to images in blocks: 50,000 images have 36 million patches, and their codes would take 58 GB for K = 400.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.linalg import eigh
from scipy.sparse import csr_array
from tqdm.auto import tqdm

from cs231n_lib.blas import one_blas_thread
from cs231n_lib.pca import mean_and_covariance
from cs231n_lib.validation import check_array, check_count, check_number, check_option, check_rng, check_rows

__all__ = [
    "ENCODINGS",
    "KMeans",
    "LearnedFeatures",
    "all_patches",
    "encode",
    "normalize_contrast",
    "pool_sums",
    "sample_patches",
    "spherical_kmeans",
    "zca_whitening",
]

ENCODINGS = ("soft_threshold", "triangle", "hard")

PATCHES_AT_ONCE = 4096
"""Rows of a block in k-means. Fixed, so that sums do not depend on the number of threads."""

IMAGES_A_TASK = 64
"""Images that one thread encodes in one go."""

CODES_AT_ONCE = 1 << 19
"""Entries of a block of codes: 2 MB in float32, which stay in the cache from the product to the sums."""


def all_patches(images: np.ndarray, size: int, stride: int = 1) -> np.ndarray:
    """Every ``size x size`` patch of the images, as a view: nothing is copied.

    Parameters
    ----------
    images : ndarray, shape (N, H, W, C)
    size : int
    stride : int
        Steps between neighboring patches, in pixels.

    Returns
    -------
    ndarray, shape (N, R, R', size, size, C)
        A read-only view; ``R = (H - size) // stride + 1``.

    Examples
    --------
    >>> images = np.arange(16).reshape(1, 4, 4, 1)
    >>> all_patches(images, 3).shape
    (1, 2, 2, 3, 3, 1)
    >>> all_patches(images, 3)[0, 1, 0, :, :, 0]
    array([[ 4,  5,  6],
           [ 8,  9, 10],
           [12, 13, 14]])
    """
    images = _checked_images(images, check_count(size, "size"))
    stride = check_count(stride, "stride")
    return _windows(images, size, stride)


def _windows(images: np.ndarray, size: int, stride: int) -> np.ndarray:
    windows = sliding_window_view(images, (size, size), axis=(1, 2))[:, ::stride, ::stride]
    return windows.transpose(0, 1, 2, 4, 5, 3)


def sample_patches(
    images: np.ndarray, n: int, size: int, rng: np.random.Generator | int | None = None
) -> np.ndarray:
    """Draw n patches: each from a random image, at a random place, with replacement.

    Parameters
    ----------
    images : ndarray, shape (N, H, W, C)
    n, size : int
    rng : Generator or int, optional

    Returns
    -------
    ndarray of float64, shape (n, size * size * C)
        The patches as rows: line by line, and within a line pixel by pixel.
    """
    windows = all_patches(images, size)
    n, rng = check_count(n, "n"), check_rng(rng)
    image, row, column = (rng.integers(length, size=n) for length in windows.shape[:3])
    return windows[image, row, column].reshape(n, -1).astype(np.float64)


def normalize_contrast(patches: np.ndarray, constant: float = 10.0) -> np.ndarray:
    """Take its mean from each patch, divide by its standard deviation: ``(p - m) / sqrt(v + constant)``.

    Parameters
    ----------
    patches : ndarray, shape (n, D)
        Pixel values 0..255.
    constant : float, >= 0
        Keeps the noise of flat patches small. 10 is the paper's value (Coates and Ng 2012, section 2.1).

    Returns
    -------
    ndarray of float64, shape (n, D)
        A flat patch becomes zeros.
    """
    patches, constant = check_rows(patches, "patches"), check_number(constant, "constant", least=0)
    patches = patches.astype(np.float64)
    _normalize(patches, constant)
    return patches


def _normalize(P: np.ndarray, constant: float) -> None:
    P -= P.mean(axis=1, keepdims=True)
    variances = np.einsum("ij,ij->i", P, P) / P.shape[1]
    variances[variances == 0] = 1  # with constant = 0: zeros stay zeros
    P /= np.sqrt(variances + constant)[:, None]


def zca_whitening(patches: np.ndarray, epsilon: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    r"""Mean and matrix of the whitening that changes the patches least.

    .. math:: W = V \operatorname{diag}\!\Big(\frac{1}{\sqrt{\lambda_d + \epsilon}}\Big) V^T, \qquad
        \Sigma = V \operatorname{diag}(\lambda) V^T

    With :math:`\epsilon = 0` the rows of ``(patches - mean) @ W`` have the identity as their covariance.
    (Bell and Sejnowski, "The 'independent components' of natural scenes are edge filters", 1997.)

    Parameters
    ----------
    patches : ndarray, shape (n, D)
    epsilon : float, >= 0
        Keeps directions without variance, noise for the most part, from being blown up.

    Returns
    -------
    mean : ndarray of float64, shape (D,)
    W : ndarray of float64, shape (D, D)
        Symmetric.

    Raises
    ------
    ValueError
        If epsilon is 0 and the patches do not vary in some direction (contrast-normalized ones never vary in
        brightness).
    """
    patches, epsilon = check_rows(patches, "patches"), check_number(epsilon, "epsilon", least=0)
    with one_blas_thread():  # else the last bits depend on the number of threads
        mean, covariance = mean_and_covariance(patches)
        variances, directions = eigh(covariance)
        variances = np.maximum(variances, 0)
        if epsilon <= len(variances) * np.finfo(float).eps * variances[-1] >= variances[0]:
            raise ValueError(
                "patches do not vary in some direction, and cannot be divided by their deviation in it:"
                f" epsilon must be a finite number > 0, got {epsilon!r}"
            )
        return mean, (directions / np.sqrt(variances + epsilon)) @ directions.T


@dataclass(frozen=True, eq=False)
class KMeans:
    """What `spherical_kmeans` found.

    Attributes
    ----------
    dictionary : ndarray of float64, shape (K, D)
        Rows of length 1.
    objective : ndarray of float64, shape (num_iters + 1,)
        ``mean_i ||x_i - s_i d_{k_i}||^2`` for the first dictionary and after each step. It never rises.
    n_redrawn : int
        How often a row to which no patch belonged was replaced.
    """

    dictionary: np.ndarray
    objective: np.ndarray
    n_redrawn: int


def spherical_kmeans(
    X: np.ndarray, K: int, num_iters: int = 10, rng: np.random.Generator | int | None = None
) -> KMeans:
    r"""Cluster rows by direction (Coates and Ng 2012, section 3.1).

    Each row is described by one row of the dictionary and one number, :math:`x_i \approx s_i d_{k_i}` with
    :math:`\lVert d_k \rVert = 1`. Two steps lower the squared error in turn:

    1. the best row for each x is that with the largest :math:`|x \cdot d_k|`, and :math:`s = x \cdot d_k`;
    2. the best direction for the rows of cluster k is that of :math:`\sum_{i: k_i = k} s_i x_i`.

    A row of the dictionary that no x belongs to is replaced by a random x, scaled to length 1. That
    does not raise the objective, as nothing was described by the row.

    Parameters
    ----------
    X : ndarray, shape (n, D)
        Whitened patches.
    K : int, 1 <= K <= n
    num_iters : int
        How often both steps are done.
    rng : Generator or int, optional
        Draws the rows of X, scaled to length 1, that the dictionary starts from.

    Returns
    -------
    KMeans
    """
    X, rng = check_rows(X), check_rng(rng)
    K, num_iters = check_count(K, "K"), check_count(num_iters, "num_iters")
    X = X.astype(np.float64, copy=False)
    nonzero = np.flatnonzero(np.any(X, axis=1))
    if len(nonzero) < K:
        raise ValueError(f"K must be at most {len(nonzero)}, the rows of X that are not zero, got {K}")
    D = _unit_rows(X[rng.choice(nonzero, K, replace=False)])
    total = np.einsum("ij,ij->", X, X)
    objective, n_redrawn = [], 0
    with one_blas_thread() as n_threads, ThreadPoolExecutor(n_threads) as executor:
        for _ in range(num_iters):
            explained, sums = _assign(X, D, executor)
            objective.append((total - explained) / len(X))
            empty = np.flatnonzero(np.linalg.norm(sums, axis=1) == 0)
            sums[empty] = X[rng.choice(nonzero, len(empty))]
            n_redrawn += len(empty)
            D = _unit_rows(sums)
        explained, _ = _assign(X, D, executor)
    objective.append((total - explained) / len(X))
    return KMeans(D, np.array(objective), n_redrawn)


def _assign(X: np.ndarray, D: np.ndarray, executor: ThreadPoolExecutor) -> tuple[float, np.ndarray]:
    """Step 1. Returns ``sum_i s_i^2`` and, for step 2, the sums of ``s_i x_i`` of each cluster ``(K, D)``."""

    def assign(start: int) -> tuple[float, np.ndarray]:
        rows = X[start : start + PATCHES_AT_ONCE]
        products = rows @ D.T
        i = np.arange(len(rows))
        k = np.abs(products).argmax(axis=1)
        s = products[i, k]
        membership = csr_array((s, (i, k)), shape=products.shape)
        return s @ s, membership.T @ rows

    explained, sums = 0.0, np.zeros(D.shape)
    for block_explained, block_sums in executor.map(assign, range(0, len(X), PATCHES_AT_ONCE)):
        explained += block_explained
        sums += block_sums
    return explained, sums


def _unit_rows(X: np.ndarray) -> np.ndarray:
    return X / np.linalg.norm(X, axis=1, keepdims=True)


def encode(
    X: np.ndarray, dictionary: np.ndarray, encoding: str = "soft_threshold", threshold: float = 0.25
) -> np.ndarray:
    r"""The code of each whitened patch, all at once.

    With :math:`z_k = x \cdot d_k`, the distances :math:`r_k = \lVert x - d_k \rVert` and their mean
    :math:`\bar r`:

    ================== =========================================================== ==========
    encoding           code                                                        length F
    ================== =========================================================== ==========
    ``soft_threshold`` :math:`\max(0, z_k - a)` for all k, then
                       :math:`\max(0, -z_k - a)`                                   2 K
    ``triangle``       :math:`\max(0, \bar r - r_k)`                               K
    ``hard``           1 for the k with the smallest :math:`r_k`, else 0           K
    ================== =========================================================== ==========

    Parameters
    ----------
    X : ndarray, shape (n, D)
    dictionary : ndarray, shape (K, D)
    encoding : {"soft_threshold", "triangle", "hard"}
    threshold : float, >= 0
        a of the soft threshold; not used by the others.

    Returns
    -------
    ndarray, shape (n, F)
    """
    X, dictionary = check_rows(X), check_rows(dictionary, "dictionary")
    if X.shape[1] != dictionary.shape[1]:
        raise ValueError(
            f"X has shape {X.shape} but the dictionary has rows of {dictionary.shape[1]} numbers"
        )
    encoding = check_option(encoding, "encoding", ENCODINGS)
    return _encode(X, dictionary, encoding, check_number(threshold, "threshold", least=0))


def _encode(X: np.ndarray, D: np.ndarray, encoding: str, a: float) -> np.ndarray:
    Z = X @ D.T
    if encoding == "soft_threshold":
        return np.hstack([np.maximum(0, Z - a), np.maximum(0, -Z - a)])
    squared = (X**2).sum(axis=1)[:, None] - 2 * Z + (D**2).sum(axis=1)
    if encoding == "triangle":
        r = np.sqrt(np.maximum(0, squared))
        return np.maximum(0, r.mean(axis=1, keepdims=True) - r)
    return np.eye(len(D), dtype=Z.dtype)[squared.argmin(axis=1)]


def pool_sums(codes: np.ndarray, pool: int = 2) -> np.ndarray:
    """Cut the places of an image into ``pool x pool`` regions and add up the codes in each.

    Parameters
    ----------
    codes : ndarray, shape (N, R, R', F)
        Codes of the patches by the row and column they were cut from.
    pool : int
        2 for quadrants. Regions differ by at most one row and column; the first are larger.

    Returns
    -------
    ndarray, shape (N, pool * pool * F)
    """
    codes, pool = check_array(codes, "codes", ("N", "R", "R'", "F")), check_count(pool, "pool")
    regions = _regions(codes.shape[1:3], pool)
    return np.hstack([codes[:, rows, columns].sum(axis=(1, 2)) for rows, columns in regions])


def _regions(places: tuple[int, int], pool: int) -> list[tuple[slice, slice]]:
    """The rows and columns of each of the ``pool x pool`` regions, line by line."""
    if min(places) < pool:
        raise ValueError(f"pool must be at most {min(places)}, the places of a patch on one side, got {pool}")
    cuts = [[int(part[0]) for part in np.array_split(range(n), pool)] + [n] for n in places]
    rows, columns = ([slice(a, b) for a, b in zip(cut, cut[1:], strict=False)] for cut in cuts)
    return [(r, c) for r in rows for c in columns]


class LearnedFeatures:
    """Learn a dictionary of patches from images, then describe any images by it.

    Parameters
    ----------
    n_features : int
        K, rows of the dictionary.
    patch : int
        Side of a patch in pixels.
    encoding : {"soft_threshold", "triangle", "hard"}
        See `encode`.
    threshold : float
        a of the soft threshold.
    stride : int
        Steps between the patches that `transform` looks at. 1 is best; 2 takes a quarter of the time.
    pool : int
        Codes are added up in ``pool x pool`` regions of an image.
    mirror : bool
        Add the features of the mirror image to those of the image: an image and its mirror image, which show
        the same class, become the same to the classifier. It takes twice the time.
    whiten : bool
        False leaves the whitening out, to see what it is good for.
    contrast, epsilon : float
        Constants of `normalize_contrast` and `zca_whitening`.
    n_patches, num_iters : int
        Patches to learn from, and steps of k-means.
    dtype : float32 or float64
        What `transform` computes in. float64 takes twice the time. `fit` always computes in float64, as
        round-off could send a patch to another cluster.

    Attributes
    ----------
    mean_ : ndarray of float64, shape (D,)
        Of the contrast-normalized patches; ``D = patch * patch * C``.
    whitening_ : ndarray of float64, shape (D, D)
    dictionary_ : ndarray of float64, shape (K, D)
        Rows of length 1.
    objective_ : ndarray of float64, shape (num_iters + 1,)
        Of k-means, see `KMeans`.
    n_outputs_ : int
        Numbers per image that `transform` returns.

    Examples
    --------
    >>> images = np.random.default_rng(0).integers(0, 256, (20, 32, 32, 3), dtype=np.uint8)
    >>> LearnedFeatures(n_features=10, n_patches=500).fit(images, rng=0).transform(images).shape
    (20, 80)
    """

    def __init__(
        self,
        n_features: int = 400,
        patch: int = 6,
        *,
        encoding: str = "soft_threshold",
        threshold: float = 0.25,
        stride: int = 1,
        pool: int = 2,
        mirror: bool = False,
        whiten: bool = True,
        contrast: float = 10.0,
        epsilon: float = 0.1,
        n_patches: int = 100_000,
        num_iters: int = 10,
        dtype: type = np.float32,
    ):
        self.n_features, self.patch = check_count(n_features, "n_features"), check_count(patch, "patch")
        self.stride, self.pool = check_count(stride, "stride"), check_count(pool, "pool")
        self.n_patches = check_count(n_patches, "n_patches", least=self.n_features)
        self.num_iters = check_count(num_iters, "num_iters")
        self.encoding = check_option(encoding, "encoding", ENCODINGS)
        self.threshold = check_number(threshold, "threshold", least=0)
        self.contrast = check_number(contrast, "contrast", above=0)
        self.epsilon = check_number(epsilon, "epsilon", above=0)
        self.mirror, self.whiten = mirror, whiten
        if np.dtype(dtype) not in (np.float32, np.float64):
            raise TypeError(f"dtype must be float32 or float64, got {np.dtype(dtype)}")
        self.dtype = np.dtype(dtype)

    def fit(self, images: np.ndarray, rng: np.random.Generator | int | None = None) -> LearnedFeatures:
        """Learn whitening and dictionary from ``images (N, H, W, C)``; returns the object itself.

        Raises
        ------
        ValueError, TypeError
            If the images are too small for the patches or hold no numbers; the object stays as it was.
        """
        images = _checked_images(images, self.patch)
        regions = _regions(_windows(images, self.patch, self.stride).shape[1:3], self.pool)
        rng = check_rng(rng)
        patches = normalize_contrast(sample_patches(images, self.n_patches, self.patch, rng), self.contrast)
        if self.whiten:
            mean, whitening = zca_whitening(patches, self.epsilon)
        else:
            mean, whitening = patches.mean(axis=0), np.eye(patches.shape[1])
        with one_blas_thread():
            white = (patches - mean) @ whitening
        clusters = spherical_kmeans(white, self.n_features, self.num_iters, rng)
        self.mean_, self.whitening_, self.dictionary_ = mean, whitening, clusters.dictionary
        self.objective_, self.image_shape_ = clusters.objective, images.shape[1:]
        codes = 2 if self.encoding == "soft_threshold" else 1
        self.n_outputs_ = len(regions) * codes * self.n_features
        return self

    def transform(self, images: np.ndarray, progress: bool = False) -> np.ndarray:
        """The pooled codes of ``images (N, H, W, C)``.

        Images are encoded in blocks of fixed size, shared out among as many threads as BLAS would use. The
        result is the same to the bit for any number of them, and beside it a few megabytes a thread are used.

        Parameters
        ----------
        images : ndarray, shape (N, H, W, C)
            Of the shape of those of `fit`.
        progress : bool
            Show a progress bar.

        Returns
        -------
        ndarray of `dtype`, shape (N, n_outputs_)
        """
        if not hasattr(self, "dictionary_"):
            raise ValueError("there is no dictionary yet: call fit(images) first")
        images = np.asarray(images)  # checked below
        if images.shape[1:] != self.image_shape_:
            raise ValueError(f"images has shape {images.shape} but was fitted on (N, *{self.image_shape_})")
        images = _checked_images(images, self.patch)
        features = np.empty((len(images), self.n_outputs_), dtype=self.dtype)
        with one_blas_thread():
            products = self.whitening_ @ self.dictionary_.T

        def encode_task(start: int) -> None:
            rows = slice(start, start + IMAGES_A_TASK)
            self._encode_and_pool(images[rows], products, features[rows])
            if self.mirror:
                mirrored = np.empty_like(features[rows])
                self._encode_and_pool(images[rows, :, ::-1], products, mirrored)
                features[rows] += mirrored

        starts = range(0, len(images), IMAGES_A_TASK)
        with one_blas_thread() as n_threads, ThreadPoolExecutor(n_threads) as executor:
            for _ in tqdm(executor.map(encode_task, starts), total=len(starts), disable=not progress):
                pass
        return features

    def _encode_and_pool(self, images: np.ndarray, products: np.ndarray, features: np.ndarray) -> None:
        """Write the features of a few images into the rows of `features`, region by region, block by block.

        The same as `normalize_contrast`, whitening, `encode` and `pool_sums`, with the memory of one block.
        The soft threshold needs only ``x . d_k``: whitening and dictionary are one matrix, `products`.
        """
        mean, whitening, dictionary, products = (
            array.astype(self.dtype) for array in (self.mean_, self.whitening_, self.dictionary_, products)
        )
        windows = _windows(images, self.patch, self.stride)
        regions = _regions(windows.shape[1:3], self.pool)
        features = features.reshape(len(images), len(regions), -1)
        for region, (rows, columns) in enumerate(regions):
            in_region = windows[:, rows, columns]
            places = in_region.shape[1] * in_region.shape[2]
            at_once = max(1, CODES_AT_ONCE // (places * self.n_features))
            for start in range(0, len(images), at_once):
                block = slice(start, start + at_once)
                P = in_region[block].astype(self.dtype, order="C").reshape(-1, len(mean))
                _normalize(P, self.contrast)
                P -= mean
                if self.encoding == "soft_threshold":
                    Z = (P @ products).reshape(-1, places, self.n_features)
                    features[block, region] = _pooled_soft_threshold(Z, self.threshold)
                else:
                    codes = _encode(P @ whitening, dictionary, self.encoding, self.threshold)
                    features[block, region] = codes.reshape(-1, places, self.n_features).sum(axis=1)


def _pooled_soft_threshold(Z: np.ndarray, a: float) -> np.ndarray:
    """Sums over axis 1: ``max(0, z - a) = max(z, a) - a`` and ``max(0, -z - a) = -min(z, -a) - a``."""
    offset = Z.shape[1] * a
    return np.hstack([np.maximum(Z, a).sum(axis=1) - offset, -np.minimum(Z, -a).sum(axis=1) - offset])


def _checked_images(images: np.ndarray, patch: int) -> np.ndarray:
    """Images as an array, if they are finite real numbers ``(N, H, W, C)`` that patches fit into."""
    images = check_array(images, "images", ("N", "H", "W", "C"), kinds="fiu")
    if patch > min(images.shape[1:3]):
        raise ValueError(
            f"images must have at least {patch} x {patch} pixels, as a patch has, got shape {images.shape}"
        )
    return images
