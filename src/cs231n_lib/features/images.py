"""What the image features share: the range of pixels, gray, cells, and a few images at a time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cs231n_lib.validation import check_array

PIXELS_AT_ONCE = 1 << 14
"""Pixels in a block: 128 kB in float64, so that a handful of such arrays stay in the processor's cache."""

LARGEST = 1e15
"""No pixel may be larger: squares of gradients and their sums must not overflow, in float32 neither."""


def check_range(values: np.ndarray, name: str, least: float = -LARGEST, most: float = LARGEST) -> None:
    """Raise ValueError unless all numbers of the array lie between `least` and `most`."""
    if values.size and not least <= values.min() <= values.max() <= most:
        raise ValueError(
            f"{name} must hold numbers from {least:g} to {most:g}, got {values.min()} to {values.max()}"
        )


def check_colors(rgb: object, *, more: bool = False, least: float = -LARGEST) -> np.ndarray:
    """Check colors (..., 3), or with ``more=True`` of three and more channels, none below `least`."""
    rgb = check_array(rgb, "rgb", kinds="fiu")
    if rgb.ndim == 0 or rgb.shape[-1] < 3 or (rgb.shape[-1] > 3 and not more):
        raise ValueError(f"rgb must have shape (..., 3), got shape {rgb.shape}")
    check_range(rgb, "rgb", least)
    return rgb


def luma(rgb: np.ndarray) -> np.ndarray:
    """0.299 red + 0.587 green + 0.114 blue in float64. Thousandths are added: exact for whole numbers.

    So two colors of the same luma are the same gray to the last bit, in any order of additions.
    """
    red, green, blue = channels(rgb)
    return (299.0 * red + 587.0 * green + 114.0 * blue) / 1000


def channels(rgb: np.ndarray) -> np.ndarray:
    """Red, green and blue (3, ...) of colors (..., 3): in float64, and each in one piece of memory."""
    return np.ascontiguousarray(np.moveaxis(rgb[..., :3], -1, 0)).astype(np.float64)


def in_cells(planes: np.ndarray, height: int, width: int) -> np.ndarray:
    """Cut (..., H, W) into whole cells: (..., rows, height, columns, width); what is left over is dropped."""
    rows, columns = planes.shape[-2] // height, planes.shape[-1] // width
    whole = planes[..., : rows * height, : columns * width]
    return whole.reshape(*planes.shape[:-2], rows, height, columns, width)


def in_blocks(f: Callable[[np.ndarray], np.ndarray], images: np.ndarray) -> np.ndarray:
    """Give ``f(images)``, a row for each image, of a few images at a time."""
    size = max(1, PIXELS_AT_ONCE // (images.shape[1] * images.shape[2]))
    first = f(images[:size])
    rows = np.empty((len(images), *first.shape[1:]), first.dtype)
    rows[:size] = first
    for start in range(size, len(images), size):
        rows[start : start + size] = f(images[start : start + size])
    return rows
