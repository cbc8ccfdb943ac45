"""Colors: hue, saturation and value; joint histograms; statistics of opponent colors."""

from __future__ import annotations

import numpy as np

from cs231n_lib.features.images import channels, check_colors, check_range, in_blocks, in_cells
from cs231n_lib.validation import check_count, check_images


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
    hue, saturation, value : ndarray of float64, shape (...)
        From 0 to 1 (a hue of 1 only by rounding); in [0, 1]; in the scale of `rgb`.
    """
    return _hue_saturation_value(check_colors(rgb, least=0))


@np.errstate(under="ignore")
def _hue_saturation_value(rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r, g, b = channels(rgb)
    V, m = np.maximum(np.maximum(r, g), b), np.minimum(np.minimum(r, g), b)
    chroma = V - m
    divisor = np.where(chroma > 0, chroma, 1)
    is_blue, is_green = V == b, V == g
    sixths = np.where(is_blue, r - g, np.where(is_green, b - r, g - b)) / divisor
    sixths += np.where(is_blue, 4.0, np.where(is_green, 2.0, 0.0))
    hue = np.where(chroma > 0, sixths, 0) / 6
    hue += hue < 0
    return hue, chroma / np.where(V > 0, V, 1), V


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
    hue_bins = check_count(hue_bins, "hue_bins")
    saturation_bins = check_count(saturation_bins, "saturation_bins")
    cell_size = None if cell_size is None else check_count(cell_size, "cell_size")
    images = check_images(images, smallest=cell_size or 1)
    check_range(images, "images", 0)
    height, width = (cell_size, cell_size) if cell_size else images.shape[1:3]
    n_bins = hue_bins * saturation_bins

    def histograms(images: np.ndarray) -> np.ndarray:
        hue, saturation, _ = _hue_saturation_value(images)
        bins = np.minimum((hue * hue_bins).astype(int), hue_bins - 1) * saturation_bins
        bins += np.minimum((saturation * saturation_bins).astype(int), saturation_bins - 1)
        cells = in_cells(bins, height, width).swapaxes(2, 3).reshape(-1, height * width)
        places = cells + n_bins * np.arange(len(cells))[:, None]
        counts = np.bincount(places.ravel(), minlength=len(cells) * n_bins)
        return (counts.reshape(len(images), -1) / (height * width)).astype(np.float32)

    return in_blocks(histograms, images)


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
    cell_size = check_count(cell_size, "cell_size")
    images = check_images(images, smallest=cell_size)
    check_range(images, "images")

    def statistics(images: np.ndarray) -> np.ndarray:
        R, G, B = channels(images)
        opponents = (R - G) / np.sqrt(2), (R + G - 2 * B) / np.sqrt(6), (R + G + B) / np.sqrt(3)
        # (n, 3, rows, size, columns, size)
        cells = in_cells(np.stack(opponents, axis=1), cell_size, cell_size)
        mean = cells.mean(axis=(3, 5), keepdims=True)
        deviation = np.sqrt(((cells - mean) ** 2).mean(axis=(3, 5)))
        both = np.concatenate([mean[:, :, :, 0, :, 0], deviation], axis=1)  # (n, 6, rows, columns)
        return np.moveaxis(both, 1, -1).reshape(len(images), -1).astype(np.float32)

    with np.errstate(under="ignore"):
        return in_blocks(statistics, images)
