"""Update rules: from a parameter and its gradient to the next value of the parameter.

Each rule is called as ``next_w, config = rule(w, dw, config)``. ``config`` is a dict of hyper-parameters and
of what the rule remembers between calls; missing entries are filled in, and the state is kept in the dict
that was passed. So a network holds one dict for each of its parameters, and passes it again each time. ``w``
and ``dw`` are never changed. Source: CS231n notes, "Neural Networks Part 3", section "Parameter updates".

The rules work on short pieces of the arrays, one after the other: a piece stays in the processor's cache from
the first line of the formula to the last, where whole arrays would go through memory once a line.
"""

import math
from collections.abc import Callable, Iterator

import numpy as np

__all__ = ["adagrad", "adam", "cosine", "rmsprop", "sgd", "sgd_momentum", "step_decay"]

PIECE = 1 << 14
"""Entries in a piece: 128 KB of float64."""


def sgd(w: np.ndarray, dw: np.ndarray, config: dict | None = None) -> tuple[np.ndarray, dict]:
    """Step down the gradient: ``next_w = w - learning_rate · dw``.

    Parameters
    ----------
    w : floating array of any shape
    dw : array of w's shape
    config : dict, optional
        ``learning_rate`` (default 1e-2).

    Returns
    -------
    next_w : array of w's shape and dtype
    config : dict
        The one passed, completed.

    Raises
    ------
    TypeError
        If w does not hold floating numbers.
    ValueError
        If dw has another shape than w.
    """
    config = _completed(config, w, dw, learning_rate=1e-2)
    rate = float(config["learning_rate"])
    next_w = np.empty(w.shape, w.dtype)
    for new, w_, dw_ in _pieces(next_w, w, dw):
        np.multiply(dw_, -rate, out=new)
        new += w_
    return next_w, config


def sgd_momentum(w: np.ndarray, dw: np.ndarray, config: dict | None = None) -> tuple[np.ndarray, dict]:
    """Let the gradient push a velocity: ``v = momentum · v - learning_rate · dw``, ``next_w = w + v``.

    Parameters, returned values and errors are those of `sgd`; config also holds ``momentum`` (default 0.9)
    and the state ``velocity`` (w's shape, 0 at first).
    """
    config = _completed(config, w, dw, state=("velocity",), learning_rate=1e-2, momentum=0.9)
    rate, momentum = float(config["learning_rate"]), float(config["momentum"])
    next_w, velocity = np.empty(w.shape, w.dtype), np.empty(w.shape, w.dtype)
    for new, v, w_, dw_, old_v in _pieces(next_w, velocity, w, dw, config["velocity"]):
        np.multiply(old_v, momentum, out=v)
        v -= rate * dw_
        np.add(w_, v, out=new)
    config["velocity"] = velocity
    return next_w, config


def adagrad(w: np.ndarray, dw: np.ndarray, config: dict | None = None) -> tuple[np.ndarray, dict]:
    """Divide each entry's step by the root of all its squared gradients so far (Duchi et al., 2011).

    ``cache = cache + dw²``, ``next_w = w - learning_rate · dw / (sqrt(cache) + epsilon)``. The sum only
    grows, so the steps shrink for good.

    Parameters, returned values and errors are those of `sgd`; config also holds ``epsilon`` (default 1e-8)
    and the state ``cache`` (w's shape, 0 at first).
    """
    config = _completed(config, w, dw, state=("cache",), learning_rate=1e-2, epsilon=1e-8)
    rate, epsilon = float(config["learning_rate"]), float(config["epsilon"])
    next_w, cache = np.empty(w.shape, w.dtype), np.empty(w.shape, w.dtype)
    for new, c, w_, dw_, old_c in _pieces(next_w, cache, w, dw, config["cache"]):
        np.add(old_c, dw_ * dw_, out=c)
        np.subtract(w_, rate * dw_ / (np.sqrt(c) + epsilon), out=new)
    config["cache"] = cache
    return next_w, config


def rmsprop(w: np.ndarray, dw: np.ndarray, config: dict | None = None) -> tuple[np.ndarray, dict]:
    """Divide each entry's step by the root of a moving average of its squared gradients.

    Tieleman and Hinton (2012), "Neural Networks for Machine Learning", lecture 6.5:
    ``cache = decay_rate · cache + (1 - decay_rate) · dw²``,
    ``next_w = w - learning_rate · dw / (sqrt(cache) + epsilon)``.

    Parameters, returned values and errors are those of `sgd`; config also holds ``decay_rate`` (default
    0.99), ``epsilon`` (default 1e-8) and the state ``cache`` (w's shape, 0 at first).
    """
    config = _completed(config, w, dw, state=("cache",), learning_rate=1e-2, decay_rate=0.99, epsilon=1e-8)
    rate, decay, epsilon = (float(config[name]) for name in ("learning_rate", "decay_rate", "epsilon"))
    next_w, cache = np.empty(w.shape, w.dtype), np.empty(w.shape, w.dtype)
    for new, c, w_, dw_, old_c in _pieces(next_w, cache, w, dw, config["cache"]):
        np.multiply(old_c, decay, out=c)
        c += (1 - decay) * dw_ * dw_
        np.subtract(w_, rate * dw_ / (np.sqrt(c) + epsilon), out=new)
    config["cache"] = cache
    return next_w, config


def adam(w: np.ndarray, dw: np.ndarray, config: dict | None = None) -> tuple[np.ndarray, dict]:
    """Step by moving averages of the gradient and its square, corrected for their start at 0.

    Kingma and Ba (2015), "Adam", algorithm 1. With ``t = t + 1`` first::

        m = beta1 · m + (1 - beta1) · dw
        v = beta2 · v + (1 - beta2) · dw²
        next_w = w - learning_rate · m / (1 - beta1ᵗ) / (sqrt(v / (1 - beta2ᵗ)) + epsilon)

    Parameters, returned values and errors are those of `sgd`, but ``learning_rate`` defaults to 1e-3; config
    also holds ``beta1`` (default 0.9), ``beta2`` (default 0.999), ``epsilon`` (default 1e-8) and the state
    ``m``, ``v`` (w's shape, 0 at first) and ``t`` (int, 0 at first).
    """
    config = _completed(
        config, w, dw, state=("m", "v"), learning_rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8, t=0
    )
    rate, beta1, beta2, epsilon = (
        float(config[name]) for name in ("learning_rate", "beta1", "beta2", "epsilon")
    )
    t = config["t"] + 1
    # The corrections, taken out of the loop: sqrt(v / c) + epsilon = (sqrt(v) + epsilon · sqrt(c)) / sqrt(c).
    root = math.sqrt(1 - beta2**t)
    rate, epsilon = rate * root / (1 - beta1**t), epsilon * root
    next_w, next_m, next_v = (np.empty(w.shape, w.dtype) for _ in range(3))
    for new, m, v, w_, dw_, old_m, old_v in _pieces(next_w, next_m, next_v, w, dw, config["m"], config["v"]):
        np.multiply(old_m, beta1, out=m)
        step = (1 - beta1) * dw_
        m += step
        np.multiply(old_v, beta2, out=v)
        np.multiply(dw_, 1 - beta2, out=step)
        step *= dw_
        v += step
        np.sqrt(v, out=new)
        new += epsilon
        np.divide(m, new, out=new)
        new *= -rate
        new += w_
    config.update(m=next_m, v=next_v, t=t)
    return next_w, config


def cosine(progress: float) -> float:
    """Half a cosine, from 1 at progress 0 to 0 at progress 1: a factor on the learning rate.

    Loshchilov and Hutter (2017), "SGDR", equation 5, without restarts.
    """
    return (1 + math.cos(math.pi * progress)) / 2


def step_decay(factor: float, steps: int) -> Callable[[float], float]:
    """Multiply the rate by `factor` at `steps` equally spaced points of the training.

    Examples
    --------
    >>> [step_decay(0.5, steps=1)(progress) for progress in (0.0, 0.4, 0.5, 0.9)]
    [1.0, 1.0, 0.5, 0.5]
    """
    return lambda progress: float(factor) ** math.floor(progress * (steps + 1))


def _completed(
    config: dict | None, w: np.ndarray, dw: np.ndarray, state: tuple[str, ...] = (), **defaults: float
) -> dict:
    """Check w and dw, and fill in what config lacks: the defaults, and zeros of w's shape for the state."""
    if w.dtype.kind != "f":
        raise TypeError(f"w must hold floating numbers, got dtype {w.dtype}")
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape} but w has shape {w.shape}")
    config = {} if config is None else config
    for name, value in defaults.items():
        config.setdefault(name, value)
    for name in state:
        if config.get(name) is None:
            config[name] = np.zeros_like(w)
        if np.shape(config[name]) != w.shape:
            raise ValueError(f"{name} has shape {np.shape(config[name])} but w has shape {w.shape}")
    return config


def _pieces(*arrays: np.ndarray) -> Iterator[tuple[np.ndarray, ...]]:
    """Cut arrays of one shape into short, flat pieces. Those that are written to must be contiguous."""
    flat = [array.reshape(-1) for array in arrays]
    for start in range(0, flat[0].size, PIECE):
        yield tuple(array[start : start + PIECE] for array in flat)
