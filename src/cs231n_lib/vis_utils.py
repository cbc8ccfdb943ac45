"""Many small images in one array, ready for ``plt.imshow``: the course's own three functions.

They need NumPy alone. The workbook's figures are made in `cs231n_lib.plots`.
"""

import math
from collections.abc import Sequence

import numpy as np

from cs231n_lib.validation import check_array, check_count, check_number

__all__ = ["vis_grid", "vis_nn", "visualize_grid"]


@np.errstate(under="ignore")
def visualize_grid(Xs: np.ndarray, ubound: float = 255.0, padding: int = 1) -> np.ndarray:
    """Put N images into a square grid, each stretched to 0..ubound on its own.

    Parameters
    ----------
    Xs : (N, H, W, C) real array
    ubound : float, default 255
        What the largest value of each image becomes; its smallest becomes 0.
    padding : int, default 1
        Pixels between neighbors; there are none around the grid.

    Returns
    -------
    (G·H + (G - 1)·padding, G·W + (G - 1)·padding, C) float64 array
        G = ceil(sqrt(N)) images per side, row by row. Gaps, places without an image and images of one
        constant value are 0.

    Raises
    ------
    ValueError
        If Xs has another number of axes or no images, or padding is not an integer >= 0.

    Examples
    --------
    >>> visualize_grid(np.array([1.0, 3.0, 5.0, 6.0]).reshape(2, 1, 2, 1), padding=1)[:, :, 0]
    array([[  0., 255.,   0.,   0., 255.],
           [  0.,   0.,   0.,   0.,   0.],
           [  0.,   0.,   0.,   0.,   0.]])
    """
    Xs = check_array(Xs, "Xs", ("N", "H", "W", "C"), finite=False)
    ubound, padding = check_number(ubound, "ubound"), check_count(padding, "padding", least=0)
    N, H, W, C = Xs.shape
    side = math.ceil(math.sqrt(N))
    grid = np.zeros((side * (H + padding) - padding, side * (W + padding) - padding, C))
    for n, image in enumerate(Xs.astype(np.float64)):
        top, left = (n // side) * (H + padding), (n % side) * (W + padding)
        grid[top : top + H, left : left + W] = ubound * _stretched(image)
    return grid


@np.errstate(under="ignore")
def vis_grid(Xs: np.ndarray) -> np.ndarray:
    """Put N images into a square grid, all stretched to 0..1 together.

    Parameters
    ----------
    Xs : (N, H, W, C) real array

    Returns
    -------
    (G·(H + 1), G·(W + 1), C) float64 array
        G = ceil(sqrt(N)) images per side, row by row, each with a line of 0 below and to its right. Places
        without an image are 0, and so is everything if all values are the same.

    Raises
    ------
    ValueError
        If Xs has another number of axes or no images.
    """
    Xs = check_array(Xs, "Xs", ("N", "H", "W", "C"), finite=False).astype(np.float64)
    side = math.ceil(math.sqrt(len(Xs)))
    rows = [Xs[start : start + side] for start in range(0, len(Xs), side)]
    return _stretched(_sheet(rows, (side, side), line=Xs.min()))


@np.errstate(under="ignore")
def vis_nn(rows: Sequence[Sequence[np.ndarray]]) -> np.ndarray:
    """Put rows of images below each other, all stretched to 0..1 together: a query and its neighbors, say.

    Parameters
    ----------
    rows : sequence of R sequences of K real arrays (H, W, C)

    Returns
    -------
    (R·(H + 1), K·(W + 1), C) float64 array
        Each image has a line below and to its right. As in the course, that line has the value 1 *before*
        the stretching: it is white for images of 0..1 and almost black for images of 0..255.

    Raises
    ------
    ValueError
        If the rows do not hold equally many images, at least one, of one shape (H, W, C).
    """
    shapes = {np.shape(image) for row in rows for image in row}
    lengths = {len(row) for row in rows}
    if len(lengths) != 1 or len(shapes) != 1 or len(next(iter(shapes))) != 3:
        raise ValueError(
            "rows must hold equally many images (H, W, C) of one shape, "
            f"got rows of {sorted(lengths)} images and the shapes {sorted(shapes)}"
        )
    rows = np.array(rows, dtype=np.float64)
    return _stretched(_sheet(rows, rows.shape[:2], line=1.0))


def _sheet(rows: Sequence[np.ndarray], places: tuple[int, int], line: float) -> np.ndarray:
    """Lay out rows of images ``(K, H, W, C)`` on a sheet with room for so many rows and columns of them."""
    H, W, C = rows[0].shape[1:]
    sheet = np.full((places[0] * (H + 1), places[1] * (W + 1), C), line)
    for y, row in enumerate(rows):
        for x, image in enumerate(row):
            sheet[y * (H + 1) :, x * (W + 1) :][:H, :W] = image
    return sheet


def _stretched(image: np.ndarray) -> np.ndarray:
    """Map the smallest value to 0 and the largest to 1; a constant image to 0."""
    low, high = image.min(), image.max()
    return (image - low) / (high - low if high != low else 1.0)
