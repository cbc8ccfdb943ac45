"""Update rules: from a parameter and its gradient to the next value of the parameter.

Each rule is called as ``next_w, config = rule(w, dw, config)``. ``config`` is a dict of hyper-parameters and
of what the rule remembers between calls; missing entries are filled in, and the state is kept in the dict
that was passed. So a network holds one dict for each of its parameters, and passes it again each time. ``w``
and ``dw`` are never changed. Source: CS231n notes, "Neural Networks Part 3", section "Parameter updates".
"""

import math
from collections.abc import Callable

import numpy as np

from cs231n_lib.validation import check_array, check_count, check_number

__all__ = ["adagrad", "adam", "cosine", "rmsprop", "sgd", "sgd_momentum", "step_decay"]

LIMITS = {"momentum": {"most": 1}, "decay_rate": {"most": 1}, "beta1": {"below": 1}, "beta2": {"below": 1}}
"""Of the hyper-parameters; all are finite numbers >= 0."""


@np.errstate(under="ignore")
def sgd(w: np.ndarray, dw: np.ndarray, config: dict | None = None) -> tuple[np.ndarray, dict]:
    """Step down the gradient: ``next_w = w - learning_rate · dw``.

    Parameters
    ----------
    w : float32 or float64 array of any shape
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
        If w or dw does not hold such numbers, or config holds something else than numbers.
    ValueError
        If dw or the state has another shape than w, or a hyper-parameter is out of range.
    """
    w, dw, config, (learning_rate,) = _completed(w, dw, config, learning_rate=1e-2)
    return w - learning_rate * dw, config


@np.errstate(under="ignore")
def sgd_momentum(w: np.ndarray, dw: np.ndarray, config: dict | None = None) -> tuple[np.ndarray, dict]:
    """Let the gradient push a velocity: ``v = momentum · v - learning_rate · dw``, ``next_w = w + v``.

    Parameters, returned values and errors are those of `sgd`; config also holds ``momentum`` (default 0.9)
    and the state ``velocity`` (w's shape, 0 at first).
    """
    w, dw, config, (learning_rate, momentum, v) = _completed(
        w, dw, config, learning_rate=1e-2, momentum=0.9, velocity=None
    )
    v = momentum * v - learning_rate * dw
    next_w = w + v
    config["velocity"] = v
    return next_w, config


@np.errstate(under="ignore")
def adagrad(w: np.ndarray, dw: np.ndarray, config: dict | None = None) -> tuple[np.ndarray, dict]:
    """Divide each entry's step by the root of all its squared gradients so far (Duchi et al., 2011).

    ``cache = cache + dw²``, ``next_w = w - learning_rate · dw / (sqrt(cache) + epsilon)``. The sum only
    grows, so the steps shrink for good.

    Parameters, returned values and errors are those of `sgd`; config also holds ``epsilon`` (default 1e-8)
    and the state ``cache`` (w's shape, 0 at first).
    """
    w, dw, config, (learning_rate, epsilon, cache) = _completed(
        w, dw, config, learning_rate=1e-2, epsilon=1e-8, cache=None
    )
    cache = cache + dw**2
    next_w = w - learning_rate * dw / (np.sqrt(cache) + epsilon)
    config["cache"] = cache
    return next_w, config


@np.errstate(under="ignore")
def rmsprop(w: np.ndarray, dw: np.ndarray, config: dict | None = None) -> tuple[np.ndarray, dict]:
    """Divide each entry's step by the root of a moving average of its squared gradients.

    Tieleman and Hinton (2012), "Neural Networks for Machine Learning", lecture 6.5:
    ``cache = decay_rate · cache + (1 - decay_rate) · dw²``,
    ``next_w = w - learning_rate · dw / (sqrt(cache) + epsilon)``.

    Parameters, returned values and errors are those of `sgd`; config also holds ``decay_rate`` (default
    0.99), ``epsilon`` (default 1e-8) and the state ``cache`` (w's shape, 0 at first).
    """
    w, dw, config, (learning_rate, decay_rate, epsilon, cache) = _completed(
        w, dw, config, learning_rate=1e-2, decay_rate=0.99, epsilon=1e-8, cache=None
    )
    cache = decay_rate * cache + (1 - decay_rate) * dw**2
    next_w = w - learning_rate * dw / (np.sqrt(cache) + epsilon)
    config["cache"] = cache
    return next_w, config


@np.errstate(under="ignore")
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
    w, dw, config, (learning_rate, beta1, beta2, epsilon, m, v, t) = _completed(
        w, dw, config, learning_rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8, m=None, v=None, t=0
    )
    t = t + 1
    m = beta1 * m + (1 - beta1) * dw
    v = beta2 * v + (1 - beta2) * dw**2
    m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
    next_w = w - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon)
    config.update(m=m, v=v, t=t)
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
    factor, steps = check_number(factor, "factor", least=0), check_count(steps, "steps", least=0)
    return lambda progress: factor ** math.floor(progress * (steps + 1))


def check_hyper_parameter(value: object, name: str, config: str = "config") -> float | int:
    """Check a number in config, and give it as Python's own, which leaves float32 arrays float32."""
    label = f"{config}[{name!r}]"
    if name == "t":
        return check_count(value, label, least=0)
    return check_number(value, label, least=0, **LIMITS.get(name, {}))


def _completed(w: object, dw: object, config: dict | None, **defaults: float | None) -> tuple:
    """Check all arguments and give them, with what config lacks, and the values that `defaults` names.

    None as default marks a state: an array of w's shape, 0 at first.
    """
    w = check_array(w, "w", kinds="f", finite=False)
    if w.dtype.itemsize < 4:  # Adam's epsilon is 0 in float16
        raise TypeError(f"w must hold float32 or float64, got dtype {w.dtype}")
    dw = check_array(dw, "dw", w.shape, finite=False).astype(w.dtype, copy=False)
    config = {} if config is None else config
    if not isinstance(config, dict):
        raise TypeError(f"config must be a dict, got {config!r}")
    values = []
    for name, default in defaults.items():
        value = default if config.get(name) is None else config[name]
        if default is not None:
            values.append(check_hyper_parameter(value, name))
        else:
            state = np.zeros_like(w) if value is None else value
            state = check_array(state, f"config[{name!r}]", w.shape, finite=False)
            values.append(state.astype(w.dtype, copy=False))
    for name, default in defaults.items():
        if default is not None:
            config.setdefault(name, default)
    return w, dw, config, values
