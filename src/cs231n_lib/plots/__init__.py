"""The workbook's figures: a kit for the usual ones, and a module for each notebook with special ones."""

from cs231n_lib.plots import svm_vs_softmax
from cs231n_lib.plots.kit import (
    bars,
    confusion_matrix,
    curves,
    histogram,
    matrix,
    pictures,
    plane,
    weights_as_images,
)
from cs231n_lib.plots.panel import Panel, beside
from cs231n_lib.plots.style import WorkbookFigure, figure, new_figure, running_mean

__all__ = [
    "Panel",
    "WorkbookFigure",
    "bars",
    "beside",
    "confusion_matrix",
    "curves",
    "figure",
    "histogram",
    "matrix",
    "new_figure",
    "pictures",
    "plane",
    "running_mean",
    "svm_vs_softmax",
    "weights_as_images",
]
