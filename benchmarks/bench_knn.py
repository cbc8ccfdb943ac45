"""Exact k nearest neighbors and L1 distances, next to what else one would use.

Usage: python benchmarks/bench_knn.py [--quick] [--repeats 5]

The reference for L2 is one float32 matrix product, 10,000 x 3,072 times 3,072 x 50,000: what brute force
cannot do without. Methods that take all distances are timed on a twentieth of the queries, and the time is
multiplied by twenty; the search is timed on all of them. What it prepares once for the training rows has a
line of its own, as faiss's ``add`` and scikit-learn's ``fit`` are not in their times.
"""

import argparse
import tracemalloc

import numpy as np
from scipy.spatial.distance import cdist
from timing import interleaved_medians, write_results

from cs231n_lib.neighbors.distances import cityblock_distances
from cs231n_lib.neighbors.search import NeighborIndex, k_smallest

K = 10
SHARE = 20


def images(n_train: int, n_test: int) -> tuple[str, np.ndarray, np.ndarray]:
    """Name of the data set, training and test images as rows of uint8."""
    from cs231n_lib import datasets

    data = datasets.load(n_val=0)
    X, Q = (part.reshape(len(part), -1) for part in (data.X_train, data.X_test))
    if len(X) < n_train or len(Q) < n_test:  # the built-in images: draw as many as it takes
        name = f"scenes10, {n_train} + {n_test} images"
        X, Q = (
            datasets.scenes10.generate(n, seed=seed)[0].reshape(n, -1)
            for n, seed in ((n_train, 0), (n_test, 1))
        )
        return name, X, Q
    return f"{data.name}, {n_train} + {n_test} images", X[:n_train], Q[:n_test]


def check_neighbors(X: np.ndarray, Q: np.ndarray) -> None:
    """Stop unless the search finds what brute force in exact integers finds."""
    dists, indices = NeighborIndex(X, pixels=True).search(Q, K)
    exact = cdist(Q.astype(np.float64), X.astype(np.float64), "sqeuclidean")
    assert np.array_equal(exact, np.rint(exact))  # float64 holds these sums of whole numbers exactly
    expected = k_smallest(exact, K)
    assert np.array_equal(indices, expected)
    assert np.array_equal(dists, np.sqrt(np.take_along_axis(exact, expected, axis=1)))


def time_search(X: np.ndarray, Q: np.ndarray, repeats: int) -> list[str]:
    X32, some = X.astype(np.float32), Q[: len(Q) // SHARE].astype(np.float32)
    prepared = NeighborIndex(X, pixels=True)
    work = {
        "float32 matrix product": lambda: some @ X32.T,
        "cs231n_lib, exact search": lambda: prepared.search(Q, K),
        "  and once, for the training rows: preparing": lambda: NeighborIndex(X, pixels=True),
    }
    missing = []
    try:
        import faiss

        index = faiss.IndexFlatL2(X.shape[1])
        index.add(X32)
        work["faiss IndexFlatL2"] = lambda: index.search(some, K)
    except ImportError:
        missing.append("faiss is not installed: not compared")
    try:
        from sklearn.neighbors import NearestNeighbors

        brute = NearestNeighbors(n_neighbors=K, algorithm="brute").fit(X32)
        work["scikit-learn brute force"] = lambda: brute.kneighbors(some)
    except ImportError:
        missing.append("scikit-learn is not installed: not compared")
    times = interleaved_medians(work, repeats)
    for name in ("float32 matrix product", "faiss IndexFlatL2", "scikit-learn brute force"):
        if name in times:
            times[name] *= SHARE
    reference = times["float32 matrix product"]
    return [f"{name:48} {t:7.2f} s {t / reference:7.3f} x" for name, t in times.items()] + missing


def peak_memory(X: np.ndarray, Q: np.ndarray) -> str:
    """Most memory that NumPy held at a time beside X and Q, the answers included."""
    tracemalloc.start()
    NeighborIndex(X, pixels=True).search(Q, K)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return f"{'peak memory of the search beside the data':48} {peak / 1e9:7.2f} GB"


def time_l1(X: np.ndarray, Q: np.ndarray, repeats: int) -> list[str]:
    assert np.array_equal(cityblock_distances(Q[:20], X), cdist(Q[:20], X, "cityblock"))
    times = interleaved_medians(
        {
            "scipy cdist, cityblock": lambda: cdist(Q, X, "cityblock"),
            "cs231n_lib, L1 on uint8": lambda: cityblock_distances(Q, X),
        },
        repeats,
    )
    reference = times["scipy cdist, cityblock"]
    return [f"{name:48} {t:7.2f} s {t / reference:7.3f} x" for name, t in times.items()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the training rows and queries")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    n_train, n_test = (5_000, 1_000) if options.quick else (50_000, 10_000)
    name, X, Q = images(n_train, n_test)
    check_neighbors(X, Q[:20])
    lines = [
        f"{name}, {X.shape[1]} features, k = {K}; the search agrees with exact integers",
        *time_search(X, Q, options.repeats),
        peak_memory(X, Q),
        f"L1 distances, {100} x 5000 x {X.shape[1]}",
        *time_l1(X[:5000], Q[:100], options.repeats),
    ]
    if options.quick:
        print("\n".join(lines))
    else:
        write_results("knn", lines)


if __name__ == "__main__":
    main()
