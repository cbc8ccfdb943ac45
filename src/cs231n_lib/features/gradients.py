"""Histograms of oriented gradients, each improvement of Dalal and Triggs a switch of its own."""

from __future__ import annotations

import numpy as np

from cs231n_lib.features.images import blocks_of, check_count, checked_images, gray_values

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

    With every switch off this is `hog_feature` with its mistake mended: all gradients count. What that
    function drops are the gradients to the left, which are those to the right in the negative image. So
    ``oriented_gradients(x)`` is ``hog_features(x) + hog_features(255 - x)`` (but for exactly vertical
    gradients and the order of the cells: here they go row by row).

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

    Notes
    -----
    Gradients and the result are float32, the sums over a cell float64. Angles come from a polynomial:
    `numpy.arctan2` is slower, and its last digits differ between processors.
    """
    check_count("cell_size", cell_size)
    check_count("bins", bins)
    images = checked_images(
        images, "images", "(N, H, W, 3) or (N, H, W)", cell_size * (2 if block_normalization else 1)
    )
    if sqrt_gamma and images.min() < 0:
        raise ValueError(f"images must not be negative with sqrt_gamma, but holds {images.min()}")
    N, H, W = images.shape[:3]
    rows, columns = H // cell_size, W // cell_size
    shape = (rows - 1, columns - 1, 4 * bins) if block_normalization else (rows, columns, bins)
    out = np.empty((N, *shape), dtype=np.float32)
    for block in blocks_of(images):
        channels = _channels(images[block], sqrt_gamma, gray=not strongest_channel)
        gx, gy = _strongest_gradient(channels, centered)
        magnitude = np.sqrt(gx * gx + gy * gy)
        place = _orientation_in_turns(gx, gy) * np.float32(bins if signed else 2 * bins)
        cells = _cell_histograms(magnitude, place, bins, cell_size, soft_bins, soft_cells)
        out[block] = _normalized_blocks(cells) if block_normalization else cells
    return out.reshape(N, -1)


def _channels(images: np.ndarray, sqrt_gamma: bool, gray: bool) -> list[np.ndarray]:
    """The planes ``(n, H, W)`` whose gradients are taken, in float32: one, or one a color."""
    if images.ndim == 4:
        images = np.ascontiguousarray(np.moveaxis(images, -1, 0))
    planes = images.reshape(-1, *images.shape[-3:]).astype(np.float32)
    if sqrt_gamma:
        planes = np.sqrt(255 * planes)
    if gray and len(planes) == 3:
        return [gray_values(np.moveaxis(planes, 0, -1)).astype(np.float32)]
    return list(planes)


def _strongest_gradient(channels: list[np.ndarray], centered: bool) -> tuple[np.ndarray, np.ndarray]:
    """Along x and y, at each pixel of the channel where it is longest; the first one if several are."""
    gx, gy = _gradient(channels[0], centered)
    for channel in channels[1:]:
        other_x, other_y = _gradient(channel, centered)
        stronger = other_x * other_x + other_y * other_y > gx * gx + gy * gy
        np.copyto(gx, other_x, where=stronger)
        np.copyto(gy, other_y, where=stronger)
    return gx, gy


def _gradient(plane: np.ndarray, centered: bool) -> tuple[np.ndarray, np.ndarray]:
    """Differences along x and y. Beyond the border the image goes on with its border pixels."""
    gx, gy = np.zeros_like(plane), np.zeros_like(plane)
    np.subtract(plane[:, :, 1:], plane[:, :, :-1], out=gx[:, :, :-1])
    np.subtract(plane[:, 1:], plane[:, :-1], out=gy[:, :-1])
    if centered:  # the mean of the differences to the next and from the last pixel (NumPy minds the overlap)
        gx[:, :, 1:] += gx[:, :, :-1]
        gy[:, 1:] += gy[:, :-1]
        gx /= 2
        gy /= 2
    return gx, gy


_ARCTAN = (
    (1.0, -0.3333314528, 0.1999355085, -0.1420889944, 0.1065626393)
    + (-0.0752896400, 0.0429096138, -0.0161657367, 0.0028662257)
)  # fmt: skip
"""``arctan(t) / t`` for t from 0 to 1, in powers of t squared; the error is below 2e-8 (Abramowitz and
Stegun, Handbook of Mathematical Functions, 4.4.49)."""


def _orientation_in_turns(gx: np.ndarray, gy: np.ndarray) -> np.ndarray:
    """Direction of the gradient, from 0 to 1, plus a quarter turn."""
    x, y = np.abs(gx), np.abs(gy)
    long = np.maximum(x, y)
    t = np.minimum(x, y) / np.where(long > 0, long, 1)
    square = t * t
    angle = np.full_like(t, _ARCTAN[-1])
    for coefficient in _ARCTAN[-2::-1]:
        angle *= square
        angle += np.float32(coefficient)
    angle *= t / np.float32(2 * np.pi)  # turns from the nearer axis, at most 1/8
    angle = np.where(y > x, 0.25 - angle, angle)
    angle = np.where(gx < 0, 0.5 - angle, angle)
    return np.where(gy < 0, 1.25 - angle, 0.25 + angle)


def _cell_histograms(
    magnitude: np.ndarray, place: np.ndarray, bins: int, cell_size: int, soft_bins: bool, soft_cells: bool
) -> np.ndarray:
    """Add up the magnitudes by cell and bin: ``(n, rows, columns, bins)``, divided by the size of a cell.

    `place` is the orientation in units of a bin. First the columns of pixels are gathered into columns of
    cells, by counting; then the rows, by a matrix that holds the share of each row of pixels in each
    row of cells.
    """
    n, H, W = magnitude.shape
    columns = W // cell_size
    slots = columns + 2  # one more on either side for shares that fall outside
    around = np.arange(3 * bins) % bins  # after the last bin comes the first one again
    line = bins * slots * np.arange(n * H).reshape(n, H, 1)
    indices, weights = [], []
    for in_bin, bin_share in _shares(place, soft_bins):
        bin_ = around[in_bin.astype(np.intp)]
        weight = magnitude * bin_share
        for column, column_share in _shares((np.arange(W, dtype=np.float32) + 0.5) / cell_size, soft_cells):
            slot = np.clip(column + 1, 0, slots - 1).astype(np.intp)
            indices.append(bin_ + (line + bins * slot))
            weights.append(weight * column_share)
    sums = np.bincount(np.ravel(indices), np.ravel(weights), minlength=n * H * slots * bins)
    sums = sums.reshape(n, H, slots, bins)[:, :, 1:-1].reshape(n, H, columns * bins)
    share = _row_shares(H, cell_size, soft_cells)
    return (share @ sums / cell_size**2).reshape(n, len(share), columns, bins)


def _shares(place: np.ndarray, soft: bool) -> list[tuple[np.ndarray, np.ndarray]]:
    """Where `place` belongs, on an axis cut into intervals of length 1: ``[(interval, share), ...]``."""
    if not soft:
        return [(np.floor(place), np.ones((), dtype=place.dtype))]
    from_center = place - 0.5  # of interval 0
    lower = np.floor(from_center)
    upper_share = from_center - lower
    return [(lower, 1 - upper_share), (lower + 1, upper_share)]


def _row_shares(H: int, cell_size: int, soft_cells: bool) -> np.ndarray:
    """Matrix ``(rows, H)``: the share of each row of pixels in each row of cells."""
    share = np.zeros((H // cell_size, H))
    for row, row_share in _shares((np.arange(H) + 0.5) / cell_size, soft_cells):
        inside = (row >= 0) & (row < len(share))
        share[row[inside].astype(int), np.flatnonzero(inside)] += np.broadcast_to(row_share, H)[inside]
    return share


def _normalized_blocks(cells: np.ndarray) -> np.ndarray:
    """Blocks of 2 x 2 cells: ``(n, rows - 1, columns - 1, 4 * bins)``, of length 1 (nearly 0 where flat)."""
    corners = (cells[:, :-1, :-1], cells[:, :-1, 1:], cells[:, 1:, :-1], cells[:, 1:, 1:])
    blocks = np.concatenate(corners, axis=3).astype(np.float32)
    blocks /= np.sqrt(np.square(blocks).sum(axis=3, keepdims=True) + np.float32(FLAT**2))
    np.minimum(blocks, np.float32(CLIP), out=blocks)
    length = np.sqrt(np.square(blocks).sum(axis=3, keepdims=True))
    blocks /= np.maximum(length, np.float32(1e-3))
    return blocks
