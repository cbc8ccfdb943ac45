"""Histograms of oriented gradients (HOG), each improvement of Dalal and Triggs a switch of its own.

N. Dalal and B. Triggs, "Histograms of oriented gradients for human detection", CVPR 2005.
"""

from __future__ import annotations

import numpy as np

from cs231n_lib.features.course import _differences
from cs231n_lib.features.images import channels, check_range, in_blocks, luma
from cs231n_lib.validation import check_count, check_images

FLAT = 1.0
"""Gray levels. Gradients not stronger than this are noise: such a block stays short when it is normalized."""

CLIP = 0.2
"""No bin of a normalized block may exceed this: one strong edge does not drown the rest."""


def oriented_gradients(
    images: np.ndarray,
    *,
    cell_size: int = 8,
    bins: int = 9,
    signed: bool = False,
    centered: bool = False,
    sqrt_gamma: bool = False,
    strongest_channel: bool = False,
    soft_bins: bool = False,
    soft_cells: bool = False,
    block_normalization: bool = False,
) -> np.ndarray:
    """Histograms of gradients by cell, for a batch of images (HOG).

    With every switch off this is the course's `hog_feature` with its mistakes mended: all gradients count,
    and gray is gray. What that function drops are the gradients to the left, which are those to the right in
    the negative image. So for gray images ``oriented_gradients(x)`` is ``hog_features(x) + hog_features(255 -
    x)`` (but for exactly vertical gradients and the order of the cells: here they go row by row).

    Parameters
    ----------
    images : ndarray, shape (N, H, W, 3) or (N, H, W)
        Pixels 0..255.
    cell_size : int
        In pixels. Pixels right of and below the last whole cell are left out.
    bins : int
        Bins of orientation in each cell.
    signed : bool
        Tell light-to-dark from dark-to-light: the bins cover 360 degrees. Otherwise opposite gradients are
        the same orientation, and the bins cover 180.
    centered : bool
        Gradient = half the difference of the two neighbors, instead of the difference to the next pixel:
        the gradient *at* the pixel, along x and y alike.
    sqrt_gamma : bool
        Take the square root of the pixels first (scaled so that 0 and 255 stay). The noise of light grows
        with its square root; so dark and light parts get equal weight.
    strongest_channel : bool
        Use at each pixel the color channel with the strongest gradient, instead of gray: two colors of the
        same luma have an edge, too.
    soft_bins : bool
        Share each gradient between the two bins whose centers are nearest, in proportion (linear
        interpolation). A small turn then changes the histogram by little.
    soft_cells : bool
        Share each gradient between the four cells whose centers are nearest (bilinear interpolation).
    block_normalization : bool
        Join each 2 x 2 cells to a block, overlapping; divide it by its length, clip at 0.2, divide again
        ("L2-Hys"). Takes out local contrast.

    Returns
    -------
    ndarray of float32, shape (N, F)
        Without block normalization F = rows * columns * bins: cell by cell in rows, each bin the mean over
        the cell of the magnitudes of its gradients. With it, F = (rows - 1) * (columns - 1) * 4 * bins:
        block by block in rows, its upper two cells, then its lower two.

        Bin i covers the orientations from i to i + 1 times 180 (signed: 360) degrees / `bins`. An
        orientation is the direction of the gradient plus 90 degrees, with y downward: 90 degrees is a
        vertical edge, dark on its left.

    Raises
    ------
    TypeError, ValueError
        For images of a wrong kind or shape, smaller than a cell (a block), not finite or beyond 1e15, with
        `sqrt_gamma` negative; and for counts that are no integers >= 1.
    """
    cell_size, bins = check_count(cell_size, "cell_size"), check_count(bins, "bins")
    images = check_images(images, gray=True, smallest=cell_size * (2 if block_normalization else 1))
    check_range(images, "images", **({"least": 0} if sqrt_gamma else {}))
    w = (360 if signed else 180) / bins

    def descriptors(images: np.ndarray) -> np.ndarray:
        planes = channels(images) if images.ndim == 4 else images.astype(np.float64)[None]
        if sqrt_gamma:
            planes = np.sqrt(255 * planes)
        if len(planes) == 3 and not strongest_channel:
            planes = luma(np.moveaxis(planes, 0, -1))[None]
        gx, gy = _strongest(*_gradient(planes, centered))
        m, theta = np.sqrt(gx**2 + gy**2), np.rad2deg(np.arctan2(gy, gx)) + 90
        h = _cell_histograms(m, theta / w, bins, cell_size, soft_bins, soft_cells)
        v = _normalized_blocks(h) if block_normalization else h
        return v.reshape(len(images), -1).astype(np.float32)

    with np.errstate(under="ignore"):
        return in_blocks(descriptors, images)


def _gradient(I: np.ndarray, centered: bool) -> tuple[np.ndarray, np.ndarray]:  # noqa: E741
    """Differences of ``I (..., H, W)`` along x and y. The border pixels go on beyond the border."""
    gx, gy = _differences(I)
    if centered:  # the mean of the differences to the next and from the last pixel
        gx[..., 1:] = (gx[..., 1:] + gx[..., :-1]) / 2
        gy[..., 1:, :] = (gy[..., 1:, :] + gy[..., :-1, :]) / 2
        gx[..., 0] /= 2
        gy[..., 0, :] /= 2
    return gx, gy


def _strongest(gx: np.ndarray, gy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The longest of the gradients (channels, n, H, W) at each pixel, the first one if several are."""
    channel = (gx**2 + gy**2).argmax(axis=0)[None]
    return np.take_along_axis(gx, channel, axis=0)[0], np.take_along_axis(gy, channel, axis=0)[0]


def _cell_histograms(
    m: np.ndarray, place: np.ndarray, bins: int, cell_size: int, soft_bins: bool, soft_cells: bool
) -> np.ndarray:
    """Add up magnitudes ``m (n, H, W)`` by cell and bin: ``h (n, rows, columns, bins)``.

    The orientation comes as its place on the circle of bins, in units of a bin. A margin around the cells
    takes the shares of those that do not exist.
    """
    n, H, W = m.shape
    rows, columns = H // cell_size + 3, W // cell_size + 3
    image = np.arange(n)[:, None, None]
    y, x = (np.arange(H)[:, None] + 0.5) / cell_size, (np.arange(W) + 0.5) / cell_size
    places, weights = [], []
    for b, bin_share in _shares(place, soft_bins):
        share = m * bin_share
        for i, row_share in _shares(y, soft_cells):
            for j, column_share in _shares(x, soft_cells):
                places.append(((image * rows + i + 1) * columns + j + 1) * bins + b % bins)
                weights.append(share * (row_share * column_share))
    h = np.bincount(np.ravel(places), np.ravel(weights), minlength=n * rows * columns * bins)
    return h.reshape(n, rows, columns, bins)[:, 1:-2, 1:-2] / cell_size**2


def _shares(place: np.ndarray, soft: bool) -> list[tuple[np.ndarray, np.ndarray | float]]:
    """Where `place` belongs, on an axis cut into intervals of length 1: ``[(interval, share), ...]``."""
    if not soft:
        return [(np.floor(place).astype(int), 1.0)]
    from_center = place - 0.5  # of interval 0
    lower = np.floor(from_center).astype(int)
    upper_share = from_center - lower
    return [(lower, 1 - upper_share), (lower + 1, upper_share)]


def _normalized_blocks(h: np.ndarray) -> np.ndarray:
    """Blocks of 2 x 2 cells ``(n, rows - 1, columns - 1, 4 * bins)``, of length 1 (nearly 0 where flat)."""
    v = np.concatenate([h[:, :-1, :-1], h[:, :-1, 1:], h[:, 1:, :-1], h[:, 1:, 1:]], axis=3)
    v = v / np.sqrt((v**2).sum(axis=3, keepdims=True) + FLAT**2)
    u = np.minimum(v, CLIP)
    return u / np.maximum(np.sqrt((u**2).sum(axis=3, keepdims=True)), 1e-3)
