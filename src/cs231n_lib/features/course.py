"""Image features: histograms of gradients and of colors, one image at a time or whole batches at once.

The course's own functions take one image: `hog_feature`, `color_histogram_hsv`, and `extract_features` that
applies them to many. `hog_features` and `color_histograms_hsv` give the same numbers for all images of a
batch at once. Better features, each improvement a switch of its own, are `oriented_gradients`,
`opponent_color_statistics` and `hue_saturation_histograms`.

Dalal and Triggs, "Histograms of oriented gradients for human detection", CVPR 2005.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import numpy as np

from cs231n_lib.features.gradients import oriented_gradients
from cs231n_lib.features.images import blocks_of, check_count, checked_images, gray_values, real_array

__all__ = [
    "color_histogram_hsv",
    "color_histograms_hsv",
    "extract_features",
    "hog_feature",
    "hog_features",
    "hue_saturation_histograms",
    "hue_saturation_value",
    "opponent_color_statistics",
    "oriented_gradients",
    "rgb2gray",
]

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
    imgs, feature_fns = np.asarray(imgs), list(feature_fns)
    if imgs.ndim < 3 or len(imgs) == 0:
        raise ValueError(f"imgs must have shape (N, H, W, C) with N >= 1, but has shape {imgs.shape}")
    if not feature_fns:
        raise ValueError("feature_fns must hold at least one function, but is empty")
    images = imgs[..., 0] if imgs.ndim == 4 and imgs.shape[3] == 1 else imgs
    first = [np.asarray(feature_fn(images[0])) for feature_fn in feature_fns]
    for i, row in enumerate(first):
        if row.ndim != 1:
            raise ValueError(f"feature_fns[{i}] must return a 1-D array, but returned shape {row.shape}")
    ends = np.cumsum([len(row) for row in first])
    columns = [slice(end - len(row), end) for row, end in zip(first, ends, strict=True)]
    features = np.empty((len(images), ends[-1]))
    for i, image in enumerate(images):
        for j, (feature_fn, where) in enumerate(zip(feature_fns, columns, strict=True)):
            row = np.asarray(first[j] if i == 0 else feature_fn(image))
            if row.shape != first[j].shape:
                raise ValueError(
                    f"feature_fns[{j}] returned shape {row.shape} for image {i},"
                    f" but shape {first[j].shape} for image 0"
                )
            features[i, where] = row
        if verbose and i % 1000 == 999:
            print(f"Done extracting features for {i + 1} / {len(images)} images")
    return features


def rgb2gray(rgb: np.ndarray) -> np.ndarray:
    """Luma: 0.299 red + 0.587 green + 0.114 blue (ITU-R BT.601).

    The weights add up to 1, so that gray stays gray. (The course's code says 0.144 for blue, which is a
    slip: white would become 262.65.) The sum is taken in whole thousandths, and is exact for whole numbers.

    Parameters
    ----------
    rgb : ndarray, shape (..., 3)
        Further channels are ignored.

    Returns
    -------
    ndarray of float64, shape (...)
    """
    rgb = real_array(rgb, "rgb")
    if rgb.ndim == 0 or rgb.shape[-1] < 3:
        raise ValueError(f"rgb must have shape (..., 3), but has shape {rgb.shape}")
    return gray_values(rgb)


def hog_feature(im: np.ndarray) -> np.ndarray:
    """The course's histogram of gradients of one image.

    Gradients are differences to the next pixel of the gray image. Each cell of 8 x 8 pixels has 9 bins of 20
    degrees; a bin holds the mean over the cell of the magnitudes of the gradients with such an orientation.

    This is the course's function with its values, and so with its mistake: the orientation is
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
    im = checked_images(np.asarray(im)[None], "im", "(H, W, 3) or (H, W)", CELL)[0]
    gray = rgb2gray(im) if im.ndim == 3 else im.astype(np.float64)
    gx, gy = np.zeros_like(gray), np.zeros_like(gray)
    gx[:, :-1] = np.diff(gray, axis=1)  # 0 in the last column,
    gy[:-1, :] = np.diff(gray, axis=0)  # and in the last row
    magnitude = np.sqrt(gx**2 + gy**2)
    orientation = _course_orientation(gy, gx)
    rows, columns = gray.shape[0] // CELL, gray.shape[1] // CELL
    histogram = np.empty((columns, rows, BINS))
    for i in range(BINS):
        in_bin = (orientation >= 20 * i) & (orientation < 20 * (i + 1)) & (orientation > 0)
        counted = np.where(in_bin, magnitude, 0)[: rows * CELL, : columns * CELL]
        histogram[:, :, i] = counted.reshape(rows, CELL, columns, CELL).mean(axis=(1, 3)).T
    return histogram.ravel()


def _course_orientation(gy: np.ndarray, gx: np.ndarray) -> np.ndarray:
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
    images = checked_images(images, "images", "(N, H, W, 3) or (N, H, W)", CELL)
    N, H, W = images.shape[:3]
    rows, columns = H // CELL, W // CELL
    counted = (slice(None), slice(rows * CELL), slice(columns * CELL))
    row, column = np.arange(rows * CELL)[:, None] // CELL, np.arange(columns * CELL) // CELL
    cell = rows * column + row  # of each pixel that is counted
    out = np.empty((N, rows * columns, BINS))
    for block in blocks_of(images):
        gray = gray_values(images[block]) if images.ndim == 4 else images[block].astype(np.float64)
        n = len(gray)
        gx, gy = np.zeros_like(gray), np.zeros_like(gray)
        np.subtract(gray[:, :, 1:], gray[:, :, :-1], out=gx[:, :, :-1])
        np.subtract(gray[:, 1:], gray[:, :-1], out=gy[:, :-1])
        magnitude = gx * gx
        magnitude += gy * gy
        np.sqrt(magnitude, out=magnitude)
        place = _bins_reached(gy, gx)[counted] + (BINS + 2) * cell
        place += (BINS + 2) * rows * columns * np.arange(n)[:, None, None]
        sums = np.bincount(place.ravel(), magnitude[counted].ravel(), n * rows * columns * (BINS + 2))
        out[block] = sums.reshape(n, rows * columns, BINS + 2)[:, :, 1:-1]  # without those in no bin
    out /= CELL**2
    return out.reshape(N, -1)


def _bins_reached(gy: np.ndarray, gx: np.ndarray) -> np.ndarray:
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
        orientation = _course_orientation(middle, np.ones(BINS + 1))
        reached = np.where(degrees == 0, orientation > 0, orientation >= degrees)
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)


def hue_saturation_value(rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""Hue, saturation and value of colors; A. R. Smith, "Color gamut transform pairs", SIGGRAPH 1978.

    With V the largest and m the smallest of the three channels, the value is V, the saturation
    :math:`(V - m) / V`, and the hue, in turns around the color circle,

    .. math:: \frac16 \cdot \begin{cases} (g - b) / (V - m) \bmod 6 & V = r \\
        (b - r) / (V - m) + 2 & V = g \\ (r - g) / (V - m) + 4 & V = b \end{cases}

    Red is 0, green 1/3, blue 2/3. Gray has hue 0 and saturation 0, black also value 0. Scaling a color
    changes its value alone.

    Parameters
    ----------
    rgb : ndarray, shape (..., 3)
        Not negative; any scale.

    Returns
    -------
    hue : ndarray of float64, shape (...)
        From 0 to 1; 1 itself only by rounding.
    saturation : ndarray of float64, shape (...)
        In [0, 1].
    value : ndarray of float64, shape (...)
        In the scale of `rgb`.
    """
    rgb = real_array(rgb, "rgb")
    if rgb.ndim == 0 or rgb.shape[-1] != 3:
        raise ValueError(f"rgb must have shape (..., 3), but has shape {rgb.shape}")
    if rgb.size and not rgb.min() >= 0:
        raise ValueError(f"rgb must not be negative, but holds {rgb.min()}")
    red, green, blue = (rgb[..., i].astype(np.float64) for i in range(3))
    value = np.maximum(np.maximum(red, green), blue)
    chroma = value - np.minimum(np.minimum(red, green), blue)
    divisor = np.where(chroma > 0, chroma, 1)
    is_blue, is_green = value == blue, value == green
    sixths = np.where(is_blue, red - green, np.where(is_green, blue - red, green - blue)) / divisor
    sixths += np.where(is_blue, 4.0, np.where(is_green, 2.0, 0.0))
    hue = np.where(chroma > 0, sixths, 0) / 6
    hue += hue < 0
    return hue, chroma / np.where(value > 0, value, 1), value


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
    im = checked_images(np.asarray(im)[None], "im", "(H, W, 3)")
    return _hue_histograms(im, "im", nbin, xmin, xmax, normalized)[0]


def color_histograms_hsv(
    images: np.ndarray, nbin: int = 10, xmin: float = 0, xmax: float = 255, normalized: bool = True
) -> np.ndarray:
    """`color_histogram_hsv` of every image of a batch ``(N, H, W, 3)``, the same numbers.

    Returns
    -------
    ndarray of float64, shape (N, nbin)
    """
    images = checked_images(images, "images", "(N, H, W, 3)")
    return _hue_histograms(images, "images", nbin, xmin, xmax, normalized)


def _hue_histograms(
    images: np.ndarray, name: str, nbin: int, xmin: float, xmax: float, normalized: bool
) -> np.ndarray:
    check_count("nbin", nbin)
    if not (np.isfinite(xmin) and 0 <= xmin < xmax < np.inf):
        raise ValueError(f"xmin and xmax must be finite with 0 <= xmin < xmax, but are {xmin} and {xmax}")
    if images.min() < 0 or images.max() > xmax:
        raise ValueError(
            f"{name} must hold colors from 0 to xmax = {xmax}, but holds {images.min()} to {images.max()}"
        )
    edges = np.linspace(xmin, xmax, nbin + 1)
    counts = np.empty((len(images), nbin))
    for block in blocks_of(images):
        hue = hue_saturation_value(images[block] / xmax)[0] * xmax
        bins = np.zeros(hue.shape, dtype=np.intp if nbin > 255 else np.uint8)
        for edge in edges[:-1]:  # how many it has reached; no hue is above the last one
            bins += (hue >= edge).view(np.uint8)
        first = (nbin + 1) * np.arange(len(hue))[:, None, None]  # of the bins of each image
        count = np.bincount((bins + first).ravel(), minlength=len(hue) * (nbin + 1))
        counts[block] = count.reshape(len(hue), nbin + 1)[:, 1:]  # without those below xmin
    if normalized:
        return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return counts * np.diff(edges)


def hue_saturation_histograms(
    images: np.ndarray, hue_bins: int = 10, saturation_bins: int = 4, cell_size: int | None = None
) -> np.ndarray:
    """Joint histograms of hue and saturation: how much of each hue, and how strong its color is.

    The hue of a nearly gray pixel is noise. Here such pixels have bins of their own.

    Parameters
    ----------
    images : ndarray, shape (N, H, W, 3)
    hue_bins, saturation_bins : int
    cell_size : int, optional
        One histogram for each cell of so many pixels a side; without it, one for the whole image.

    Returns
    -------
    ndarray of float32, shape (N, cells * hue_bins * saturation_bins)
        Row by row of cells; each cell's histogram adds up to 1.
    """
    check_count("hue_bins", hue_bins)
    check_count("saturation_bins", saturation_bins)
    if cell_size is not None:
        check_count("cell_size", cell_size)
    images = checked_images(images, "images", "(N, H, W, 3)", cell_size or 1)
    N, H, W = images.shape[:3]
    cell_height, cell_width = (cell_size, cell_size) if cell_size else (H, W)
    rows, columns = H // cell_height, W // cell_width
    images = images[:, : rows * cell_height, : columns * cell_width]
    cells = np.arange(rows * cell_height)[:, None] // cell_height * columns
    cells = cells + np.arange(columns * cell_width) // cell_width
    n_bins = hue_bins * saturation_bins
    out = np.empty((N, rows * columns * n_bins), dtype=np.float32)
    for block in blocks_of(images):
        hue, saturation, _ = hue_saturation_value(images[block])
        bins = np.minimum((hue * hue_bins).astype(np.intp), hue_bins - 1) * saturation_bins
        bins += np.minimum((saturation * saturation_bins).astype(np.intp), saturation_bins - 1)
        bins += n_bins * (cells + rows * columns * np.arange(len(hue))[:, None, None])
        counts = np.bincount(bins.ravel(), minlength=len(hue) * out.shape[1])
        out[block] = counts.reshape(len(hue), -1) / (cell_height * cell_width)
    return out


def opponent_color_statistics(images: np.ndarray, cell_size: int = 8) -> np.ndarray:
    r"""Mean and standard deviation of the three opponent colors in each cell.

    .. math:: O_1 = \frac{R - G}{\sqrt 2}, \quad O_2 = \frac{R + G - 2B}{\sqrt 6}, \quad
        O_3 = \frac{R + G + B}{\sqrt 3}

    are red against green, yellow against blue, and brightness: RGB turned so that light and color are
    on axes of their own (van de Sande, Gevers and Snoek, "Evaluating color descriptors", PAMI 2010). A gray
    light added to all pixels changes the mean of O_3 alone.

    Parameters
    ----------
    images : ndarray, shape (N, H, W, 3)
    cell_size : int
        In pixels. Pixels right of and below the last whole cell are left out.

    Returns
    -------
    ndarray of float32, shape (N, cells * 6)
        Cell by cell in rows: the means of O_1, O_2, O_3, then their standard deviations.
    """
    check_count("cell_size", cell_size)
    images = checked_images(images, "images", "(N, H, W, 3)", cell_size)
    N, rows, columns = len(images), images.shape[1] // cell_size, images.shape[2] // cell_size
    images = images[:, : rows * cell_size, : columns * cell_size]
    out = np.empty((N, rows, columns, 6), dtype=np.float32)
    for block in blocks_of(images):
        red, green, blue = (images[block][..., i].astype(np.float64) for i in range(3))
        opponents = (
            (red - green) / np.sqrt(2),
            (red + green - 2 * blue) / np.sqrt(6),
            (red + green + blue) / np.sqrt(3),
        )
        for i, channel in enumerate(opponents):
            cells = channel.reshape(-1, rows, cell_size, columns, cell_size)
            mean = cells.mean(axis=(2, 4), keepdims=True)
            out[block][..., i] = mean[:, :, 0, :, 0]
            out[block][..., 3 + i] = np.sqrt(((cells - mean) ** 2).mean(axis=(2, 4)))
    return out.reshape(N, -1)
