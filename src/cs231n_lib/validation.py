"""What is checked, and how it is said: one wording for each kind of mistake in an argument.

A public function checks its arguments here and then calls a private one that shows nothing but the
mathematics (the pattern of scikit-learn's ``pairwise.py``). Every check returns the checked value, and every
message names the argument, what was expected and what came: ``k must be an integer from 1 to 500, got 0``.

Values of a wrong kind (text where a number is meant) are a TypeError, values out of range a ValueError. A
count is the exception: whatever is not an integer in range is a ValueError, as it has always been.
"""

import math
import operator
from collections.abc import Callable, Iterable
from numbers import Real
from types import EllipsisType

import numpy as np

MOST_CLASSES = 100_000
"""No label may be larger where the number of classes follows from the labels: W has a column for each."""

Shape = tuple[int | str | EllipsisType, ...]


def check_array(
    values: object, name: str, shape: Shape | None = None, *, finite: bool = True, kinds: str = "fiub"
) -> np.ndarray:
    """Check that `values` is an array of real numbers with the given shape.

    Parameters
    ----------
    values : array-like
    name : str
        What the caller's caller knows the argument as.
    shape : tuple, optional
        An entry for each axis: a number that the length must equal, a letter for any length of at least 1,
        or ``...`` at the end for any further axes: ``("N", 3072)``.
    finite : bool, default True
        Refuse NaN and infinity.
    kinds : str, default "fiub"
        Kinds of dtype: f floating, i and u integer, b bool.

    Returns
    -------
    ndarray
        With the dtype it came in.

    Raises
    ------
    TypeError
        For anything but numbers of these kinds, and for masked entries.
    ValueError
        If the shape does not fit, or for NaN and infinity.
    """
    if np.ma.is_masked(values):
        raise TypeError(f"{name} must have no masked entries: fill them in or leave them out")
    try:
        array = np.asarray(values)
    except ValueError:  # lists of different lengths
        raise ValueError(f"{name} must be an array, got a {type(values).__name__} of uneven parts") from None
    if array.dtype.kind not in kinds:
        raise TypeError(f"{name} must hold {_kinds_in_words(kinds)}, got dtype {array.dtype}")
    if shape is not None:
        _check_shape(array, name, shape)
    if finite:
        check_finite(array, name)
    return array


def check_rows(
    X: object,
    name: str = "X",
    *,
    features: int | None = None,
    of: str = "the model was trained on",
    finite: bool = True,
) -> np.ndarray:
    """Check one example per row: a real array (N, D) with at least one row and one column.

    ``features`` is the D that is needed, and `of` says by whom:
    ``X has shape (5, 3072) but the model was trained on 3073 features``.
    """
    X = check_array(X, name, ("N", "D"), finite=finite)
    if features is not None and X.shape[1] != features:
        raise ValueError(f"{name} has shape {X.shape} but {of} {features} features")
    return X


def check_images(
    images: object, name: str = "images", *, gray: bool = False, smallest: int = 1
) -> np.ndarray:
    """Check a batch of color images (N, H, W, 3), or with ``gray=True`` also of gray ones (N, H, W).

    ``smallest`` is the least width and height in pixels.
    """
    images = check_array(images, name, kinds="fiu")
    is_gray = gray and images.ndim == 3
    if not is_gray and (images.ndim != 4 or images.shape[3] != 3):
        expected = "(N, H, W, 3) or (N, H, W)" if gray else "(N, H, W, 3)"
        raise ValueError(f"{name} must have shape {expected}, got shape {images.shape}")
    if images.size == 0 or min(images.shape[1:3]) < smallest:
        raise ValueError(
            f"{name} must hold images of at least {smallest} x {smallest} pixels, got shape {images.shape}"
        )
    return images


def check_image(image: object, name: str = "im", *, gray: bool = False, smallest: int = 1) -> np.ndarray:
    """Check one color image (H, W, 3), or with ``gray=True`` also a gray one (H, W)."""
    image = check_array(image, name, kinds="fiu")
    if not (image.ndim == 3 and image.shape[2] == 3) and not (gray and image.ndim == 2):
        expected = "(H, W, 3) or (H, W)" if gray else "(H, W, 3)"
        raise ValueError(f"{name} must have shape {expected}, got shape {image.shape}")
    if image.size == 0 or min(image.shape[:2]) < smallest:
        raise ValueError(f"{name} must have at least {smallest} x {smallest} pixels, got shape {image.shape}")
    return image


def check_labels(y: object, num_rows: int, num_classes: int | None = None, name: str = "y") -> np.ndarray:
    """Check one integer label per row, from 0 to ``num_classes - 1``.

    Without `num_classes` the labels themselves decide how many there are, up to `MOST_CLASSES`.

    Returns
    -------
    (N,) int64 array
        So that ``y.max() + 1`` never wraps, as it does in uint8.
    """
    y = check_array(y, name, (num_rows,), kinds="iu")
    most = MOST_CLASSES if num_classes is None else num_classes
    lowest, highest = int(y.min()), int(y.max())
    if lowest < 0 or highest >= most:
        raise ValueError(f"{name} must hold labels from 0 to {most - 1}, got {lowest} to {highest}")
    return y.astype(np.int64, copy=False)


def check_count(value: object, name: str, *, least: int = 1, most: int | None = None) -> int:
    """Check an integer from `least` to `most` and return it as Python's own, which never overflows."""
    try:
        count = operator.index(value)
    except TypeError:
        count = None
    in_range = count is not None and least <= count and (most is None or count <= most)
    if not in_range or isinstance(value, bool | np.bool):
        allowed = f">= {least}" if most is None else f"from {least} to {most}"
        raise ValueError(f"{name} must be an integer {allowed}, got {value!r}")
    return count


def check_number(
    value: object,
    name: str,
    *,
    least: float | None = None,
    above: float | None = None,
    most: float | None = None,
    below: float | None = None,
) -> float:
    """Check a finite real number within bounds, and return it as a Python float.

    A Python float leaves float32 arrays float32, where np.float64 would not.
    """
    bounds = {">=": least, ">": above, "<=": most, "<": below}
    expected = " and ".join(f"{sign} {bound:g}" for sign, bound in bounds.items() if bound is not None)
    expected = f"{name} must be a finite number{' ' * bool(expected)}{expected}, got {value!r}"
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if not isinstance(value, Real) or isinstance(value, bool | np.bool):
        raise TypeError(expected)
    number = float(value)
    fits = (
        math.isfinite(number)
        and (least is None or number >= least)
        and (above is None or number > above)
        and (most is None or number <= most)
        and (below is None or number < below)
    )
    if not fits:
        raise ValueError(expected)
    return number


def check_option(value: object, name: str, options: Iterable[object]) -> object:
    """Check that a value is one of a few, given in the order in which they are named."""
    options = tuple(options)
    if not any(value is option or (type(value) is type(option) and value == option) for option in options):
        raise ValueError(f"{name} must be one of {', '.join(map(repr, options))}, got {value!r}")
    return value


def check_rng(rng: object, name: str = "rng") -> np.random.Generator:
    """Give the generator that `rng` stands for: itself, one with this seed, or for None a fresh one."""
    if rng is None or isinstance(rng, np.random.Generator):
        return np.random.default_rng(rng)
    if isinstance(rng, bool | np.bool) or not isinstance(rng, int | np.integer) or rng < 0:
        raise TypeError(f"{name} must be a numpy.random.Generator, an integer >= 0 or None, got {rng!r}")
    return np.random.default_rng(rng)


def check_callable(value: object, name: str) -> Callable:
    """Check a function, or whatever else can be called."""
    if not callable(value):
        raise TypeError(f"{name} must be callable, got {value!r}")
    return value


def check_finite(array: np.ndarray, name: str) -> None:
    """Raise ValueError, which names the first such entry, if the array holds NaN or infinity."""
    if array.dtype.kind != "f":
        return
    with np.errstate(all="ignore"):
        if np.isfinite(array.sum()):  # one quick pass; where a sum overflows, look closely
            return
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        first = tuple(int(i) for i in bad[0])
        count = f"{len(bad)} such entries" if len(bad) > 1 else "the only such entry"
        raise ValueError(f"{name} must be finite, got {array[first]} at {first}, {count}")


def _check_shape(array: np.ndarray, name: str, shape: Shape) -> None:
    axes = [axis for axis in shape if axis is not ...]
    pairs = list(zip(axes, array.shape, strict=False))
    right_number = array.ndim == len(axes) or (... in shape and array.ndim > len(axes))
    if right_number and all(n == axis if isinstance(axis, int) else n > 0 for axis, n in pairs):
        return
    in_words = ", ".join("..." if axis is ... else str(axis) for axis in shape)
    in_words += "," * (len(shape) == 1)
    empty = " with at least one entry" if array.size == 0 and 0 not in shape else ""
    raise ValueError(f"{name} must have shape ({in_words}){empty}, got shape {array.shape}")


def _kinds_in_words(kinds: str) -> str:
    if "f" not in kinds:
        return "integers"
    return "floating-point numbers" if kinds == "f" else "real numbers"
