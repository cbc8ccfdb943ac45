"""Image features: the course's functions, gradients and colors of whole batches, and learned ones.

`features.learned` is not imported here: it needs SciPy.
"""

from cs231n_lib.features.colors import (
    hue_saturation_histograms,
    hue_saturation_value,
    opponent_color_statistics,
)
from cs231n_lib.features.course import (
    color_histogram_hsv,
    color_histograms_hsv,
    extract_features,
    hog_feature,
    hog_features,
    rgb2gray,
)
from cs231n_lib.features.gradients import oriented_gradients

__all__ = [
    "color_histogram_hsv",
    "color_histograms_hsv",
    "extract_features",
    "hog_feature",
    "hog_features",
    "hue_saturation_histograms",
    "hue_saturation_value",
    "opponent_color_statistics",
    "oriented_gradients",
    "rgb2gray",
]
