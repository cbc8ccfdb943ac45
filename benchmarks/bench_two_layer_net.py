"""Time a training step of the two-layer net against its five matrix products, interleaved in one run.

    python benchmarks/bench_two_layer_net.py [--quick]

The five products, 200 x 3,072 x 500 x 10: X W1, H W2, and backward dS W2ᵀ, Hᵀ dS, Xᵀ dH. The gradient by X,
the sixth and as large as the first, is not computed, for nobody uses it. "loss" is forward and backward with
regularization; "step" also has the update. PyTorch is timed where it is installed.
"""

import argparse
from collections.abc import Callable, Iterator

import numpy as np
from timing import interleaved_medians, write_results

from cs231n_lib import optim
from cs231n_lib.classifiers import fc_net, neural_net

N, D, H, C, REG = 200, 3072, 500, 10, 1e-3

Works = dict[str, Callable[[], object]]


def net_works(net_loss: Callable, net: object, name: str) -> Works:
    """The loss alone, and whole steps with two update rules, always from the same parameters."""
    configs = {rule: {key: {"learning_rate": 1e-3} for key in net.params} for rule in (optim.sgd, optim.adam)}

    def step(rule: Callable) -> None:
        _, grads = net_loss()
        for key, w in net.params.items():
            rule(w, grads[key], configs[rule][key])

    return {
        f"{name}: loss": net_loss,
        f"{name}: step, sgd": lambda: step(optim.sgd),
        f"{name}: step, adam": lambda: step(optim.adam),
    }


def torch_works(params: dict[str, np.ndarray], X: np.ndarray, y: np.ndarray) -> Works:
    try:
        import torch
    except ImportError:
        return {}
    W1, b1, W2, b2 = weights = [torch.tensor(w, requires_grad=True) for w in params.values()]
    rows, labels = torch.tensor(X), torch.tensor(y)

    def loss() -> None:
        for w in weights:
            w.grad = None
        scores = torch.relu(rows @ W1 + b1) @ W2 + b2
        penalty = REG / 2 * ((W1**2).sum() + (W2**2).sum())
        (torch.nn.functional.cross_entropy(scores, labels) + penalty).backward()

    def step(optimizer: "torch.optim.Optimizer") -> None:
        loss()
        optimizer.step()

    sgd, adam = torch.optim.SGD(weights, lr=1e-9), torch.optim.Adam(weights, lr=1e-9)
    return {
        "PyTorch: loss": loss,
        "PyTorch: step, sgd": lambda: step(sgd),
        "PyTorch: step, adam": lambda: step(adam),
    }


def compare(dtype: type, repeats: int) -> Iterator[str]:
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((N, D), dtype=dtype), rng.integers(0, C, N)
    hidden, dS = rng.standard_normal((N, H), dtype=dtype), rng.standard_normal((N, C), dtype=dtype)
    old, new = neural_net.TwoLayerNet(D, H, C, 1e-2, rng=0), fc_net.TwoLayerNet(D, H, C, 1e-2, REG, rng=0)
    old.params = new.params = {name: w.astype(dtype) for name, w in new.params.items()}
    W1, W2 = new.params["W1"], new.params["W2"]
    works = {
        "five matrix products": lambda: (X @ W1, hidden @ W2, dS @ W2.T, hidden.T @ dS, X.T @ hidden),
        **net_works(lambda: old.loss(X, y, REG / 2), old, "neural_net"),
        **net_works(lambda: new.loss(X, y), new, "fc_net"),
        **torch_works(new.params, X, y),
    }
    medians = interleaved_medians(works, repeats)
    reference = medians["five matrix products"]
    yield f"two-layer net, {N} x {D} x {H} x {C}, {X.dtype}; times the five matrix products:"
    for name, seconds in medians.items():
        yield f"  {name:24s} {1e3 * seconds:8.3f} ms {seconds / reference:6.2f}x"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    rounds = 7 if parser.parse_args().quick else 61
    write_results(
        "two_layer_net", [line for dtype in (np.float64, np.float32) for line in compare(dtype, rounds)]
    )
