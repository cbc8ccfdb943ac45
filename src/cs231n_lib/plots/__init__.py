"""Every figure of the workbook, one function each; each returns a figure with alternative text."""

from cs231n_lib.plots.evaluation import accuracy_bars, accuracy_curves, confusion_matrix, cross_validation
from cs231n_lib.plots.images import class_samples, image_rows, neighbors
from cs231n_lib.plots.knn import (
    decision_regions,
    distance_matrix,
    equal_distances,
    pruning,
    variances,
    vote_ties,
)

__all__ = [
    "accuracy_bars",
    "accuracy_curves",
    "class_samples",
    "confusion_matrix",
    "cross_validation",
    "decision_regions",
    "distance_matrix",
    "equal_distances",
    "image_rows",
    "neighbors",
    "pruning",
    "variances",
    "vote_ties",
]
