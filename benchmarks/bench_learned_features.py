"""Learned features on CIFAR-10: first whether they are right, then how long they take and how good they are.

Usage: python benchmarks/bench_learned_features.py [--large] [--features K]

Without a flag, K = 400: everything from the pixels to the test accuracy. The encoding is compared with the
one matrix product that it cannot do without. The test images are seen twice, as they are and mirrored, and
the scores added.

With ``--large``, K = 1,600 (or as given): features of images and their mirror images, an L2-SVM on them that
starts from the ridge solution, a two-layer net on them together with histograms of gradients and colors, and
the sum of what both say. Minutes, with progress bars, and for K = 1,600 about 8.5 GB.
"""

import argparse
import resource
import time

import numpy as np
from scipy.special import softmax
from threadpoolctl import threadpool_info
from timing import write_results

from cs231n_lib import datasets
from cs231n_lib.classifiers.fc_net import FullyConnectedNet
from cs231n_lib.classifiers.ridge import L2SVM, RidgeClassifier
from cs231n_lib.datasets import scenes10
from cs231n_lib.features import hue_saturation_histograms, opponent_color_statistics, oriented_gradients
from cs231n_lib.features.learned import (
    LearnedFeatures,
    all_patches,
    encode,
    normalize_contrast,
    pool_sums,
)
from cs231n_lib.optim import cosine
from cs231n_lib.solver import Solver


class Clock:
    """Names for what happened since the last call, with its time."""

    def __init__(self):
        self.lines: list[str] = []
        self.start = self.last = time.perf_counter()

    def __call__(self, name: str) -> None:
        now = time.perf_counter()
        self.lines.append(f"{name:60} {now - self.last:7.1f} s")
        self.last = now

    def total(self) -> None:
        self.lines.append(f"{'all of it':60} {time.perf_counter() - self.start:7.1f} s")

    def note(self, name: str, value: str) -> None:
        self.lines.append(f"{name:60} {value:>9}")


def check_features(images: np.ndarray) -> None:
    """Stop unless the blockwise features are those of the definition."""
    for encoding in ("soft_threshold", "triangle"):
        model = LearnedFeatures(50, encoding=encoding, n_patches=5000).fit(images, rng=0)
        windows = all_patches(images, model.patch)
        patches = normalize_contrast(windows.reshape(-1, len(model.mean_)))
        codes = encode((patches - model.mean_) @ model.whitening_, model.dictionary_, encoding)
        expected = pool_sums(codes.reshape(*windows.shape[:3], -1))
        assert np.abs(model.transform(images) - expected).max() < 1e-5 * expected.max()


def seconds_of_the_products(n_images: int, K: int) -> float:
    """Time of the float32 products of that many images' patches with the dictionary, and nothing else."""
    rng = np.random.default_rng(0)
    patches, dictionary = (rng.standard_normal(s, dtype=np.float32) for s in ((7290, 108), (108, K)))
    products = np.empty((7290, K), dtype=np.float32)
    times = []
    for _ in range(7):
        start = time.perf_counter()
        np.matmul(patches, dictionary, out=products)
        times.append(time.perf_counter() - start)
    return float(np.median(times)) * n_images / 10


def accuracy(scores: np.ndarray, y: np.ndarray) -> str:
    return f"{(scores.argmax(axis=1) == y).mean():.4f}"


def usual(data: datasets.Dataset) -> list[str]:
    """K = 400 and ridge, trained on all 50,000 images."""
    images, y = np.concatenate([data.X_train, data.X_val]), np.concatenate([data.y_train, data.y_val])
    clock = Clock()
    model = LearnedFeatures(400).fit(images, rng=0)
    clock("learning the dictionary, K = 400")
    features = model.transform(images)
    clock(f"features of {len(images)} images")
    ridge = RidgeClassifier(0.001).fit(features, y)
    clock("ridge")
    scores = ridge.scores(model.transform(data.X_test))
    clock(f"features of {len(data.X_test)} test images")
    both = scores + ridge.scores(model.transform(data.X_test[:, :, ::-1]))
    clock("and of their mirror images")
    clock.total()
    clock.note("the matrix products alone", f"{seconds_of_the_products(70_000, 400):7.1f} s")
    clock.note("test accuracy", accuracy(scores, data.y_test))
    clock.note("test accuracy, with the mirror images' scores added", accuracy(both, data.y_test))
    return clock.lines


def large(data: datasets.Dataset, K: int) -> list[str]:
    """Mirrored features with an L2-SVM, with designed features and a two-layer net, and both together."""
    images = np.concatenate([data.X_train, data.X_val, data.X_test])
    n_train, n_fitted = len(data.X_train), len(data.X_train) + len(data.X_val)
    train, val, test = slice(n_train), slice(n_train, n_fitted), slice(n_fitted, None)
    clock = Clock()
    model = LearnedFeatures(K, mirror=True, n_patches=200_000).fit(data.X_train, rng=0)
    clock(f"learning the dictionary, K = {K}")
    features = model.transform(images, progress=True)
    clock(f"features of {len(images)} images and their mirror images")
    ridge = RidgeClassifier(0.002).fit(features[train], data.y_train)
    clock(f"ridge on {features.shape[1]} features")
    svm = L2SVM(0.001, num_iters=40).fit(features[train], data.y_train, start=ridge)
    clock("L2-SVM from there")
    linear_val, linear_test = svm.scores(features[val]), svm.scores(features[test])
    clock.note("  validation accuracy", accuracy(linear_val, data.y_val))
    clock.note("  test accuracy", accuracy(linear_test, data.y_test))

    features = np.hstack([features, designed(images)])
    for block in np.array_split(np.arange(features.shape[1]), 64):
        part = features[:, block]
        features[:, block] = (part - part[train].mean(axis=0)) / (part[train].std(axis=0) + 1e-6)
    clock("designed features, and standardizing all")
    net = FullyConnectedNet(
        [500], features.shape[1], 10, 0.5, weight_scale=0.005, dtype=np.float32, rng=0, label_smoothing=0.1
    )
    parts = {"X_train": features[train], "y_train": data.y_train, "X_val": features[val], "y_val": data.y_val}
    solver = Solver(
        net,
        parts,
        update_rule="adam",
        optim_config={"learning_rate": 5e-4},
        lr_schedule=cosine,
        batch_size=200,
        num_epochs=6,
        verbose=False,
        progress=True,
        rng=0,
    )
    solver.train()
    clock(f"two-layer net on {features.shape[1]} features")
    P_val, P_test = softmax(net.loss(features[val]), axis=1), softmax(net.loss(features[test]), axis=1)
    clock.note("  validation accuracy", accuracy(P_val, data.y_val))
    clock.note("  test accuracy", accuracy(P_test, data.y_test))
    clock.total()
    clock.note(
        "scores and probabilities added: validation accuracy", accuracy(linear_val + P_val, data.y_val)
    )
    clock.note("scores and probabilities added: test accuracy", accuracy(linear_test + P_test, data.y_test))
    return clock.lines


def designed(images: np.ndarray) -> np.ndarray:
    """Histograms of gradients and color statistics of images and their mirror images, added up."""

    def of(images: np.ndarray) -> np.ndarray:
        gradients = oriented_gradients(
            images,
            cell_size=4,
            bins=18,
            signed=True,
            centered=True,
            sqrt_gamma=True,
            strongest_channel=True,
            soft_bins=True,
            soft_cells=True,
            block_normalization=True,
        )
        color = opponent_color_statistics(images, 4), hue_saturation_histograms(images)
        return np.hstack([gradients, *color])

    return of(images) + of(images[:, :, ::-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--large", action="store_true", help="minutes and gigabytes")
    parser.add_argument("--features", type=int, default=1600, help="rows of the dictionary of the large run")
    options = parser.parse_args()
    check_features(scenes10.generate(20, seed=0)[0])
    try:
        data = datasets.load("cifar10")
    except FileNotFoundError as missing:
        print(f"the features are right; the rest is skipped, as there is no CIFAR-10: {missing}")
        return
    lines = large(data, options.features) if options.large else usual(data)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    lines.append(f"{'peak memory, images included':60} {peak:6.1f} GB")
    threads = max(library["num_threads"] for library in threadpool_info())
    lines.insert(0, f"{data.name}, float32, {threads} threads; the features agree with their definition")
    write_results("learned_features_large" if options.large else "learned_features", lines)


if __name__ == "__main__":
    main()
