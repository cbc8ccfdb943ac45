"""The course's own features, one image at a time, and below each the same numbers for a whole batch.

`hog_feature` and `color_histogram_hsv` have the course's values, mistakes included; `gradients` and `colors`
have better ones.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import numpy as np

from cs231n_lib.features.colors import _hue_saturation_value
from cs231n_lib.features.images import channels, check_colors, check_range, in_blocks, in_cells, luma
from cs231n_lib.validation import (
    check_array,
    check_callable,
    check_count,
    check_image,
    check_images,
    check_number,
)

CELL = 8
"""Width and height of a cell of the course's HOG, in pixels."""

BINS = 9
"""Its orientation bins, 20 degrees each."""


def extract_features(
    imgs: np.ndarray, feature_fns: Sequence[Callable[[np.ndarray], np.ndarray]], verbose: bool = False
) -> np.ndarray:
    """Apply functions of one image to every image, and put what they give side by side.

    Parameters
    ----------
    imgs : ndarray, shape (N, H, W, C) or (N, H, W)
    feature_fns : sequence of callables
        ``feature_fn(image) -> ndarray (F_i,)``, the same length for every image. An image of one channel
        comes as ``(H, W)``.
    verbose : bool
        Print a line after each 1,000 images.

    Returns
    -------
    ndarray of float64, shape (N, F_1 + F_2 + ...)

    Raises
    ------
    ValueError
        If there is no image or no function, or if a function gives anything but one row of numbers of the
        length it gave for the first image.
    """
    imgs = check_array(imgs, "imgs", ("N", "H", "W", ...))
    if callable(feature_fns):
        raise TypeError(f"feature_fns must be a list of functions, got {feature_fns!r}")
    if len(feature_fns) == 0:
        raise ValueError("feature_fns must hold at least one function, got none")
    for j, feature_fn in enumerate(feature_fns):
        check_callable(feature_fn, f"feature_fns[{j}]")
    images = imgs[..., 0] if imgs.ndim == 4 and imgs.shape[3] == 1 else imgs
    first = [np.asarray(feature_fn(images[0])) for feature_fn in feature_fns]
    for i, row in enumerate(first):
        if row.ndim != 1:
            raise ValueError(f"feature_fns[{i}] must return a 1-D array, got shape {row.shape}")
    features = np.empty((len(images), sum(len(row) for row in first)))
    for i, image in enumerate(images):
        rows = first if i == 0 else [np.asarray(feature_fn(image)) for feature_fn in feature_fns]
        for j, row in enumerate(rows):
            if row.shape != first[j].shape:
                raise ValueError(
                    f"feature_fns[{j}] must return shape {first[j].shape}, as for image 0,"
                    f" got shape {row.shape} for image {i}"
                )
        features[i] = np.concatenate(rows)
        if verbose and i % 1000 == 999:
            print(f"Done extracting features for {i + 1} / {len(images)} images")
    return features


def rgb2gray(rgb: np.ndarray) -> np.ndarray:
    """Luma: 0.299 red + 0.587 green + 0.114 blue (ITU-R BT.601).

    The weights add up to 1, so that gray stays gray. (The course's code says 0.144 for blue, which is a slip:
    white becomes 262.65. `hog_feature` is computed from that gray here, too.) The sum is taken in whole
    thousandths, and is exact for whole numbers.

    Parameters
    ----------
    rgb : ndarray, shape (..., 3)
        Further channels are ignored.

    Returns
    -------
    ndarray of float64, shape (...)
    """
    return luma(check_colors(rgb, more=True))


def hog_feature(im: np.ndarray) -> np.ndarray:
    """The course's histogram of gradients of one image.

    Gradients are differences to the next pixel of the gray image. Each cell of 8 x 8 pixels has 9 bins of 20
    degrees; a bin holds the mean over the cell of the magnitudes of the gradients with such an orientation.

    This is the course's function with its values, and so with its mistakes. Its gray takes 0.144 of blue. Its
    orientation is
    ``arctan2(gy, gx) + 90`` degrees, from -90 to 270, but the bins cover 0 to 180. Gradients that point to
    the left are in no bin: an edge from dark to light counts whole, its mirror image counts nothing. Exactly
    vertical gradients sit on the border, and round-off decides: weak ones (below about 2.5 levels a pixel)
    count, strong ones do not. `oriented_gradients` counts all of them.

    Parameters
    ----------
    im : ndarray, shape (H, W, 3) or (H, W)
        Color (0..255) or gray image, at least 8 x 8. Pixels right of and below the last whole cell
        are left out.

    Returns
    -------
    ndarray of float64, shape ((W // 8) * (H // 8) * 9,)
        Cell by cell, *down the columns* of cells, left column first; 144 numbers for 32 x 32 pixels.
    """
    im = check_image(im, gray=True, smallest=CELL)
    check_range(im, "im")
    with np.errstate(under="ignore"):
        return _hog(_course_gray(im) if im.ndim == 3 else im.astype(np.float64))


def _hog(gray: np.ndarray) -> np.ndarray:
    gx, gy = _differences(gray)
    magnitude, orientation = np.sqrt(gx**2 + gy**2), _course_orientation(gx, gy)
    histogram = []
    for i in range(BINS):
        in_bin = (orientation >= 20 * i) & (orientation < 20 * (i + 1)) & (orientation > 0)
        histogram.append(in_cells(np.where(in_bin, magnitude, 0), CELL, CELL).mean(axis=(1, 3)).T)
    return np.stack(histogram, axis=-1).ravel()


def _course_gray(rgb: np.ndarray) -> np.ndarray:
    red, green, blue = channels(rgb)
    return 0.299 * red + 0.587 * green + 0.144 * blue  # 0.114 would be right


def _differences(gray: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """To the next pixel, along x and y of ``gray (..., H, W)``; 0 in the last column and in the last row."""
    gx, gy = np.zeros_like(gray), np.zeros_like(gray)
    gx[..., :-1] = np.diff(gray, axis=-1)
    gy[..., :-1, :] = np.diff(gray, axis=-2)
    return gx, gy


def _course_orientation(gx: np.ndarray, gy: np.ndarray) -> np.ndarray:
    """Degrees, -90 to 270. The tiny addend is the course's; it decides about gradients with gx = 0."""
    return np.arctan2(gy, gx + 1e-15) * (180 / np.pi) + 90


def hog_features(images: np.ndarray) -> np.ndarray:
    """`hog_feature` of every image of a batch, many times faster.

    No angle is computed. To the right of the vertical the tangent ``gy / gx`` grows with the angle, so it is
    enough to compare it with the tangents of the bins' edges. How many edges it has reached is the number of
    its bin, and one `numpy.bincount` adds up all magnitudes by image, cell and bin.

    Parameters
    ----------
    images : ndarray, shape (N, H, W, 3) or (N, H, W)
        As for `hog_feature`.

    Returns
    -------
    ndarray of float64, shape (N, (W // 8) * (H // 8) * 9)
        The rows are what `hog_feature` gives, up to round-off in the last digits.
    """
    images = check_images(images, gray=True, smallest=CELL)
    check_range(images, "images")
    rows, columns = images.shape[1] // CELL, images.shape[2] // CELL
    slots = BINS + 2  # one more on either side for what is in no bin

    def descriptors(images: np.ndarray) -> np.ndarray:
        gx, gy = _differences(_course_gray(images) if images.ndim == 4 else images.astype(np.float64))
        magnitude = in_cells(np.sqrt(gx**2 + gy**2), CELL, CELL)
        bins = in_cells(_bins_reached(gx, gy), CELL, CELL)
        cells = np.arange(len(images) * columns * rows).reshape(-1, columns, rows).swapaxes(1, 2)
        places = slots * cells[:, :, None, :, None] + bins
        sums = np.bincount(places.ravel(), magnitude.ravel(), slots * cells.size)
        return sums.reshape(len(images), -1, slots)[:, :, 1:-1].reshape(len(images), -1) / CELL**2

    with np.errstate(under="ignore"):
        return in_blocks(descriptors, images)


def _bins_reached(gx: np.ndarray, gy: np.ndarray) -> np.ndarray:
    """How many of `_bin_edges` the orientation has reached: i + 1 in bin i; 0 or 10 in none."""
    right = gx + 1e-15
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        tangent = gy / right
    reached = np.zeros(gx.shape, dtype=np.uint8)
    for edge in _bin_edges():
        reached += (tangent >= edge).view(np.uint8)
    reached *= (right > 0).view(np.uint8)
    return reached


@functools.cache
def _bin_edges() -> np.ndarray:
    """The least ``gy / gx`` (for gx > 0) of the course's bins 0, 1, ..., 8, and of what is above them.

    Found by halving intervals on the course's own expression, because its rounding decides what is still
    below 180 and already above 0 degrees: the outermost edges are near -2e15 and 2e15, not infinite.
    """
    degrees = 20.0 * np.arange(BINS + 1)
    low, high = np.full(BINS + 1, -1e20), np.full(BINS + 1, 1e20)
    while True:
        middle = low + (high - low) / 2
        if ((middle == low) | (middle == high)).all():
            return high
        orientation = _course_orientation(np.ones(BINS + 1), middle)
        reached = np.where(degrees == 0, orientation > 0, orientation >= degrees)
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)


def color_histogram_hsv(
    im: np.ndarray, nbin: int = 10, xmin: float = 0, xmax: float = 255, normalized: bool = True
) -> np.ndarray:
    """The course's histogram of the hues of one image.

    Parameters
    ----------
    im : ndarray, shape (H, W, 3)
        Colors from 0 to `xmax`.
    nbin : int
        Bins of equal width from `xmin` to `xmax`. A bin holds its lower edge, the last one also its upper.
    xmin, xmax : float
        Range of the histogram, for hues that go from 0 to `xmax`.
    normalized : bool
        If True, the bins add up to 1 (or are all 0 if no hue is in the range). If False, a bin holds its
        number of pixels *times its width*, as in the course's function.

    Returns
    -------
    ndarray of float64, shape (nbin,)
    """
    return _hue_histograms(check_image(im)[None], "im", nbin, xmin, xmax, normalized)[0]


def color_histograms_hsv(
    images: np.ndarray, nbin: int = 10, xmin: float = 0, xmax: float = 255, normalized: bool = True
) -> np.ndarray:
    """`color_histogram_hsv` of every image of a batch ``(N, H, W, 3)``, the same numbers.

    Returns
    -------
    ndarray of float64, shape (N, nbin)
    """
    return _hue_histograms(check_images(images), "images", nbin, xmin, xmax, normalized)


def _hue_histograms(
    images: np.ndarray, name: str, nbin: int, xmin: float, xmax: float, normalized: bool
) -> np.ndarray:
    nbin = check_count(nbin, "nbin")
    xmin, xmax = check_number(xmin, "xmin", least=0), check_number(xmax, "xmax", above=0)
    xmax = check_number(xmax, "xmax", above=xmin)
    check_range(images, name, 0, xmax)
    edges = np.linspace(xmin, xmax, nbin + 1)

    def histograms(images: np.ndarray) -> np.ndarray:
        hue = _hue_saturation_value(images / xmax)[0] * xmax
        bins = np.zeros(hue.shape, dtype=int)
        for edge in edges[:-1]:  # how many it has reached; no hue is above the last one
            bins += hue >= edge
        bins += (nbin + 1) * np.arange(len(hue))[:, None, None]
        counts = np.bincount(bins.ravel(), minlength=len(hue) * (nbin + 1))
        return counts.reshape(len(hue), nbin + 1)[:, 1:]  # without those below xmin

    with np.errstate(under="ignore"):
        counts = in_blocks(histograms, images)
        if normalized:
            return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        return counts * np.diff(edges)
