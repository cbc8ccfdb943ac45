"""The classifiers of the course's first assignment. It has two TwoLayerNets; import either by its module."""

from cs231n_lib.classifiers.k_nearest_neighbor import KNearestNeighbor
from cs231n_lib.classifiers.linear_classifier import LinearClassifier, LinearSVM, Softmax

__all__ = ["KNearestNeighbor", "LinearClassifier", "LinearSVM", "Softmax"]
