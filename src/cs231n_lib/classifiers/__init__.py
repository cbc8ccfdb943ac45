"""The classifiers of the course's first assignment."""

from cs231n_lib.classifiers.k_nearest_neighbor import KNearestNeighbor

__all__ = ["KNearestNeighbor"]
