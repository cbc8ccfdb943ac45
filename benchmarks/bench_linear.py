"""Time the linear losses and the numerical gradient against their references, interleaved in one run.

    python benchmarks/bench_linear.py [--quick]

Prints tables of medians and their ratios; the full run keeps them in benchmarks/results.
The reference is what no loss can do without: the two products with X, and the gathering of a mini-batch.
PyTorch is timed where it is installed. Each loss runs three times in a row, as in a training loop, before the
next has its turn.
"""

import argparse
from collections.abc import Callable

import numpy as np
import threadpoolctl
from timing import interleaved_medians, write_results

from cs231n_lib.classifiers.linear_svm import svm_loss_vectorized
from cs231n_lib.classifiers.softmax import softmax_coefficients, softmax_loss_vectorized
from cs231n_lib.gradient_check import eval_numerical_gradient, numerical_gradient_from_scores

N, D, C, BATCH = 10_000, 3_073, 10, 200


def report(
    title: str, works: dict[str, Callable[[], object]], repeats: int, reference: str, in_a_row: int = 3
) -> list[str]:
    """Lines of a table: the median time of each work, and its ratio to the reference."""
    medians = interleaved_medians(works, repeats, in_a_row=in_a_row)
    lines = [f"{title}; times {reference}:"]
    for name, seconds in medians.items():
        lines.append(f"  {name:32s} {1e3 * seconds:10.3f} ms {seconds / medians[reference]:7.2f} x")
    return lines


def torch_works(W: np.ndarray, X: np.ndarray, y: np.ndarray) -> dict[str, Callable[[], object]]:
    try:
        import torch
    except ImportError:
        return {}
    weights, rows, labels = torch.tensor(W, requires_grad=True), torch.tensor(X), torch.tensor(y)

    def step(loss: Callable) -> None:
        weights.grad = None
        (loss(rows @ weights, labels) + 0.1 * (weights**2).sum()).backward()

    return {
        "PyTorch softmax": lambda: step(torch.nn.functional.cross_entropy),
        "PyTorch SVM": lambda: step(torch.nn.functional.multi_margin_loss),
    }


def full_batch(dtype: type, repeats: int) -> list[str]:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((N, D), dtype=dtype)
    W = 0.01 * rng.standard_normal((D, C), dtype=dtype)
    dS, y = rng.standard_normal((N, C), dtype=dtype), rng.integers(0, C, N)
    works = {
        "two matrix products": lambda: (X @ W, X.T @ dS),
        "SVM": lambda: svm_loss_vectorized(W, X, y, 0.1),
        "softmax": lambda: softmax_loss_vectorized(W, X, y, 0.1),
        **torch_works(W, X, y),
    }
    title = f"loss and gradient, {N} x {D} x {C}, {X.dtype}"
    return report(title, works, repeats, "two matrix products")


def mini_batch(dtype: type, repeats: int) -> list[str]:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((N, D), dtype=dtype)
    W = 0.01 * rng.standard_normal((D, C), dtype=dtype)
    dS, y = rng.standard_normal((BATCH, C), dtype=dtype), rng.integers(0, C, N)

    def reference() -> None:
        batch = X[rng.integers(N, size=BATCH)]
        batch @ W, batch.T @ dS

    def step(loss: Callable) -> np.ndarray:
        rows = rng.integers(N, size=BATCH)
        return W - 1e-3 * loss(W, X[rows], y[rows], 0.1)[1]

    works = {
        "gather + two products": reference,
        "SVM step": lambda: step(svm_loss_vectorized),
        "softmax step": lambda: step(softmax_loss_vectorized),
    }
    title = f"mini-batch step of {BATCH}, {X.dtype}"
    return report(title, works, repeats, "gather + two products")


def numerical_gradient(features: int) -> list[str]:
    rng = np.random.default_rng(0)
    X, W = rng.standard_normal((10, features)), 0.01 * rng.standard_normal((features, C))
    y = rng.integers(0, C, 10)

    def loss_of_scores(S: np.ndarray) -> np.ndarray:
        losses, _ = softmax_coefficients(S.reshape(-1, C), np.tile(y, len(S)))
        return losses.reshape(len(S), 10).mean(axis=1)

    works = {
        "from scores": lambda: numerical_gradient_from_scores(loss_of_scores, X, W),
        "the course's loop": lambda: eval_numerical_gradient(
            lambda W: loss_of_scores((X @ W)[np.newaxis])[0], W, verbose=False
        ),
    }
    title = f"numerical gradient, 10 x {features} x {C}"
    return report(title, works, 1 if features == D else 5, "from scores", in_a_row=0)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="few repeats, small numerical gradient")
    quick = parser.parse_args().quick
    lines = [
        f"{library['internal_api']} {library['version']}, {library.get('architecture')} kernels"
        for library in threadpoolctl.threadpool_info()
    ]
    for dtype in (np.float64, np.float32):
        lines += full_batch(dtype, 3 if quick else 9)
        lines += mini_batch(dtype, 20 if quick else 100)
    lines += numerical_gradient(300 if quick else D)
    if quick:
        print("\n".join(lines))
    else:
        write_results("linear", lines)


if __name__ == "__main__":
    main()
