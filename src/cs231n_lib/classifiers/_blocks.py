"""To be deleted: what other modules still import from here, until they import it from where it is."""

import numpy as np

from cs231n_lib.blas import one_blas_thread
from cs231n_lib.validation import check_finite

__all__ = ["check_finite", "check_labels", "one_blas_thread"]


def check_labels(y: np.ndarray, num_rows: int, num_classes: int | None) -> None:
    """Raise TypeError unless y holds integers, ValueError unless they are one label 0..C-1 a row."""
    if y.dtype.kind not in "iu":
        raise TypeError(f"y must hold integer labels, got dtype {y.dtype}")
    if y.shape != (num_rows,):
        raise ValueError(f"y must have shape ({num_rows},), one label for each row of X, got shape {y.shape}")
    lowest, highest = y.min(), y.max()
    if num_classes is None and lowest < 0:
        raise ValueError(f"y must hold labels from 0 up, got {lowest}")
    if num_classes is not None and (lowest < 0 or highest >= num_classes):
        raise ValueError(f"y must hold labels from 0 to {num_classes - 1}, got {lowest} to {highest}")
