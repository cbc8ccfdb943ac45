"""HOG and color histograms of whole batches, next to image by image and scikit-image.

Usage: python benchmarks/bench_features.py [--quick] [--repeats 5]

The batch is timed on all images. What works image by image is timed on a fiftieth of them, and all times are
given for one image. scikit-image's HOG gets gray images and the course's parameters; it does not compute
the same numbers (its orientations are unsigned and its gradients centered), but the same amount of them.
"""

import argparse

import numpy as np
from timing import interleaved_medians, write_results

from cs231n_lib.features import (
    color_histogram_hsv,
    color_histograms_hsv,
    hog_feature,
    hog_features,
    hue_saturation_histograms,
    opponent_color_statistics,
    oriented_gradients,
    rgb2gray,
)

SHARE = 50
BETTER = {
    "cell_size": 4,
    "bins": 18,
    "signed": True,
    "centered": True,
    "sqrt_gamma": True,
    "strongest_channel": True,
    "soft_bins": True,
    "soft_cells": True,
    "block_normalization": True,
}


def load_images(n: int) -> tuple[str, np.ndarray]:
    """Name of the data set, and n of its training images."""
    from cs231n_lib import datasets

    data = datasets.load(n_val=0)
    if len(data.X_train) >= n:
        return data.name, data.X_train[:n]
    return "scenes10", datasets.scenes10.generate(n, seed=0)[0]


def check_features(images: np.ndarray) -> None:
    """Stop unless the batch has the numbers of image by image."""
    for batch in (images, images[:200].astype(np.float64)):
        one_by_one = [hog_feature(image) for image in batch]
        np.testing.assert_allclose(hog_features(batch), one_by_one, rtol=0, atol=1e-9)
        one_by_one = [color_histogram_hsv(image) for image in batch]
        np.testing.assert_allclose(color_histograms_hsv(batch), one_by_one, rtol=0, atol=1e-9)


def time_features(images: np.ndarray, repeats: int) -> list[str]:
    some = images[: len(images) // SHARE]
    gray = rgb2gray(some)
    batches = {
        "HOG, batch": lambda: hog_features(images),
        "hue histograms, batch": lambda: color_histograms_hsv(images),
        "better HOG, 3,528 numbers, batch": lambda: oriented_gradients(images, **BETTER),
        "opponent colors in 4 x 4 cells, batch": lambda: opponent_color_statistics(images),
        "hue-saturation histograms, batch": lambda: hue_saturation_histograms(images),
    }
    singles = {
        "HOG, image by image": lambda: [hog_feature(image) for image in some],
        "hue histogram, image by image": lambda: [color_histogram_hsv(image) for image in some],
    }
    missing = []
    try:
        from skimage.feature import hog

        singles["scikit-image hog, image by image"] = lambda: [
            hog(image, orientations=9, pixels_per_cell=(8, 8), cells_per_block=(1, 1)) for image in gray
        ]
    except ImportError:
        missing.append("scikit-image is not installed: not compared")
    times = interleaved_medians(batches | singles, repeats)
    for name in times:
        times[name] /= len(images) if name in batches else len(some)
    reference = times["HOG, batch"]
    return [f"{name:40} {t * 1e3:8.4f} ms {t / reference:7.2f} x" for name, t in times.items()] + missing


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the images")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    name, images = load_images(1_000 if options.quick else 10_000)
    check_features(images[:1000])
    lines = [
        f"{name}, {len(images)} images of {images.shape[1]} x {images.shape[2]}; times for one image;"
        " the batch agrees with image by image to 1e-9",
        *time_features(images, options.repeats),
    ]
    if options.quick:
        print("\n".join(lines))
    else:
        write_results("features", lines)


if __name__ == "__main__":
    main()
