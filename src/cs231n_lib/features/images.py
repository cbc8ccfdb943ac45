"""What the feature functions share: they check images, walk over them in blocks and turn them gray."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

PIXELS_AT_ONCE = 1 << 14
"""Pixels in a block: 128 kB in float64, so that a handful of such arrays stay in the processor's cache."""


def real_array(values: np.ndarray, name: str) -> np.ndarray:
    """``values`` as an array, if it holds finite real numbers; else an error that says `name`."""
    values = np.asarray(values)
    if values.dtype.kind not in "uif":
        raise TypeError(f"{name} must hold integers or floats, but has dtype {values.dtype}")
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise ValueError(f"{name} holds NaN or infinite values")
    return values


def checked_images(images: np.ndarray, name: str, shape: str, smallest: int = 1) -> np.ndarray:
    """A batch of images as an array, or an error.

    Parameters
    ----------
    images : ndarray
        ``(N, H, W, 3)``, or ``(N, H, W)`` if `shape` says so. A single image comes as a batch of one.
    name, shape : str
        What the caller calls the argument, and the shapes that it takes.
    smallest : int
        Least width and height.
    """
    images = real_array(images, name)
    came = images.shape[1:] if shape.startswith("(H") else images.shape
    gray = "W)" in shape and images.ndim == 3
    if not gray and (images.ndim != 4 or images.shape[3] != 3):
        raise ValueError(f"{name} must have shape {shape}, but has shape {came}")
    if images.size == 0 or min(images.shape[1:3]) < smallest:
        raise ValueError(
            f"{name} must hold images of at least {smallest} x {smallest} pixels, but has shape {came}"
        )
    return images


def blocks_of(images: np.ndarray) -> Iterator[slice]:
    """Slices of ``range(N)`` whose images have about `PIXELS_AT_ONCE` pixels together."""
    size = max(1, PIXELS_AT_ONCE // (images.shape[1] * images.shape[2]))
    for start in range(0, len(images), size):
        yield slice(start, min(start + size, len(images)))


def check_count(name: str, count: int) -> None:
    """Raise ValueError unless ``count`` is a positive integer."""
    if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 1:
        raise ValueError(f"{name} must be a positive integer, but is {count!r}")


def gray_values(rgb: np.ndarray) -> np.ndarray:
    """Luma of ``(..., 3)`` in float64. Thousandths are added first: exact for whole numbers.

    So two colors of the same luma are the same gray to the last bit, in any order of additions.
    """
    planes = np.ascontiguousarray(np.moveaxis(rgb[..., :3], -1, 0))
    gray = planes[0] * np.float64(299)
    gray += planes[1] * np.float64(587)
    gray += planes[2] * np.float64(114)
    gray /= 1000
    return gray
