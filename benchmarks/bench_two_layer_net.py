"""Time a training step of the two-layer net against its five matrix products, interleaved in one run.

    python benchmarks/bench_two_layer_net.py [--quick]

The five products, 200 x 3,072 x 500 x 10: X W1, H W2, and backward dS W2ᵀ, Hᵀ dS, Xᵀ dH. The gradient by X,
the sixth and as large as the first, is not computed, for nobody uses it. "loss" is forward and backward with
regularization; "step" also has the update: for neural_net it is the step of its `train`, for fc_net that of
the Solver. Each piece of work runs untimed as often as timed, as in a training loop, and then the next has
its turn: OpenBLAS's threads, which the five products use, spin for a tenth of a second after them. PyTorch
is timed where it is installed.

The weights are changed on one core and multiplied on all. So the ratios are higher on cores that share no
cache, which in a virtual machine can change from minute to minute.
"""

import argparse
from collections.abc import Callable, Iterator

import numpy as np
from timing import interleaved_medians, write_results

from cs231n_lib import optim
from cs231n_lib.classifiers import fc_net, neural_net

N, D, H, C, REG, RATE = 200, 3072, 500, 10, 1e-3, 1e-9

Works = dict[str, Callable[[], object]]


def update(net: object, rule: Callable, configs: dict[str, dict], grads: dict[str, np.ndarray]) -> None:
    """One step of an update rule for all parameters; what it gives is thrown away."""
    for key, w in net.params.items():
        rule(w, grads[key], configs[key])


def net_works(dtype: type, X: np.ndarray, y: np.ndarray) -> tuple[Works, dict[str, np.ndarray]]:
    """The loss alone, and whole steps, always from the same parameters; and these parameters."""
    old, new = neural_net.TwoLayerNet(D, H, C, 1e-2, rng=0), fc_net.TwoLayerNet(D, H, C, 1e-2, REG, rng=0)
    params = old.params = new.params = {name: w.astype(dtype) for name, w in new.params.items()}
    configs = {name: {"learning_rate": RATE} for name in params}

    works = {
        "neural_net: loss": lambda: old._loss(X, y, REG / 2),
        "neural_net: step, sgd": lambda: plain_step(old, X, y),
        "fc_net: loss": lambda: new.loss(X, y),
        "fc_net: step, sgd": lambda: update(new, optim.sgd, configs, new.loss(X, y)[1]),
        "fc_net: step, adam": lambda: update(new, optim.adam, configs, new.loss(X, y)[1]),
    }
    check_steps(old, new, X, y)
    return works, params


def plain_step(net: neural_net.TwoLayerNet, X: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
    """The step of `neural_net.TwoLayerNet.train`, without the drawing of the batch."""
    _, grads = net._loss(X, y, REG / 2)
    return {name: w - RATE * grads[name] for name, w in net.params.items()}


def check_steps(old: neural_net.TwoLayerNet, new: fc_net.TwoLayerNet, X: np.ndarray, y: np.ndarray) -> None:
    """Both nets have the same loss and gradients."""
    loss, grads = old.loss(X, y, REG / 2)
    new_loss, new_grads = new.loss(X, y)
    np.testing.assert_allclose(new_loss, loss, rtol=1e-5)
    for name in grads:
        np.testing.assert_allclose(new_grads[name], grads[name], rtol=1e-4, atol=1e-6)


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

    sgd, adam = torch.optim.SGD(weights, lr=RATE), torch.optim.Adam(weights, lr=RATE)
    return {
        "PyTorch: loss": loss,
        "PyTorch: step, sgd": lambda: step(sgd),
        "PyTorch: step, adam": lambda: step(adam),
    }


def compare(dtype: type, repeats: int) -> Iterator[str]:
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((N, D), dtype=dtype), rng.integers(0, C, N)
    hidden, dS = rng.standard_normal((N, H), dtype=dtype), rng.standard_normal((N, C), dtype=dtype)
    works, params = net_works(dtype, X, y)
    W1, W2 = params["W1"], params["W2"]
    five = {"five matrix products": lambda: (X @ W1, hidden @ W2, dS @ W2.T, hidden.T @ dS, X.T @ hidden)}
    works = five | works | torch_works(params, X, y)
    medians = interleaved_medians(works, repeats, in_a_row=12)
    reference = medians["five matrix products"]
    yield f"two-layer net, {N} x {D} x {H} x {C}, {X.dtype}; times the five matrix products:"
    for name, seconds in medians.items():
        yield f"  {name:24s} {1e3 * seconds:8.3f} ms {seconds / reference:6.2f}x"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    rounds = 5 if parser.parse_args().quick else 31
    write_results(
        "two_layer_net", [line for dtype in (np.float64, np.float32) for line in compare(dtype, rounds)]
    )
