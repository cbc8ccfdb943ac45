"""The workbook's figures: a kit for the usual ones, and a module for each notebook with special ones."""

from cs231n_lib.plots import (
    backpropagation,
    features,
    image_classification,
    learned_features,
    linear_classification,
    numpy_primer,
    optimization,
    svm,
    svm_vs_softmax,
    two_layer_net,
)
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
