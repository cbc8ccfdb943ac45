"""The layers of a network, each as a pair: forward, and backward right below it.

``out, cache = <layer>_forward(x, ...)`` computes the layer and keeps what its derivative needs.
``<layer>_backward(dout, cache)`` takes the derivative of the loss by ``out`` and gives, by the chain rule,
the derivatives by each of the layer's inputs, in the order of the forward function's arguments. The two
losses end the chain: they give a number, and its derivative by the scores.

The public functions check their arguments (TypeError for what are no real numbers, ValueError for shapes and
values that do not fit). The private ones below each show the mathematics alone; the nets call these.

Nothing is changed in place but the averages that `batchnorm_forward` keeps in its ``bn_param``. float32
stays float32. Sources: CS231n notes, "Backpropagation, Intuitions" and "Neural Networks Part 2", and the
papers named at each layer.
"""

import numpy as np

from cs231n_lib.blas import matmul
from cs231n_lib.validation import check_array, check_count, check_labels, check_number, check_option

__all__ = [
    "affine_backward",
    "affine_forward",
    "batchnorm_backward",
    "batchnorm_backward_alt",
    "batchnorm_forward",
    "dropout_backward",
    "dropout_forward",
    "layernorm_backward",
    "layernorm_forward",
    "relu_backward",
    "relu_forward",
    "softmax_loss",
    "svm_loss",
]

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray]


@np.errstate(under="ignore")
def affine_forward(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, Arrays]:
    """Compute ``out = x w + b``, each example of x flattened to one row of D numbers.

    Parameters
    ----------
    x : (N, d1, ..., dk) real array
        N examples, D = d1 · ... · dk.
    w : (D, M) real array
    b : (M,) real array

    Returns
    -------
    out : (N, M) array
    cache : tuple
        ``(x, w, b)``, for `affine_backward`.

    Examples
    --------
    >>> affine_forward(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0], [5.0, 6.0]]), np.array([10.0, 20.0]))[0]
    array([[23., 36.]])
    """
    x = check_array(x, "x", ("N", "d1", ...), finite=False)
    w = _check_floating(w, "w", (x[0].size, "M"))
    b = _check_floating(b, "b", (w.shape[1],))
    return _affine_forward(x, w, b)


def _affine_forward(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, Arrays]:
    rows = x.reshape(len(x), -1)
    return matmul(rows, w) + b, (x, w, b)  # matmul is @ with threads that do not wait for each other


@np.errstate(under="ignore")
def affine_backward(dout: np.ndarray, cache: Arrays, need_dx: bool = True) -> tuple:
    """Compute ``dx = dout wᵀ``, ``dw = xᵀ dout`` and ``db``, the sum of dout's rows.

    ``dout (N, M)`` gives dx in x's shape, ``dw (D, M)`` and ``db (M,)``. ``need_dx=False`` puts None in dx's
    place: nobody asks for the derivative by a network's data, and the product is as large as the others.
    """
    x, w, _ = _check_cache(cache, "affine_forward", 3)
    dout = _check_floating(dout, "dout", (len(x), w.shape[1]))
    return _affine_backward(dout, cache, need_dx)


def _affine_backward(dout: np.ndarray, cache: Arrays, need_dx: bool = True) -> tuple:
    x, w, _ = cache
    dx = matmul(dout, w.T).reshape(x.shape) if need_dx else None
    dw = matmul(x.reshape(len(x), -1).T, dout)
    db = dout.sum(axis=0)
    return dx, dw, db


def relu_forward(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute ``out = max(0, x)`` entry by entry, for x of any shape. The cache is x."""
    return _relu_forward(check_array(x, "x", finite=False))


def _relu_forward(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.maximum(0, x), x


def relu_backward(dout: np.ndarray, cache: np.ndarray) -> np.ndarray:
    """Compute ``dx``: dout where x > 0, and 0 elsewhere. At the kink x = 0, the subgradient 0."""
    x = check_array(cache, "cache", finite=False)
    return _relu_backward(check_array(dout, "dout", x.shape, finite=False), x)


def _relu_backward(dout: np.ndarray, cache: np.ndarray) -> np.ndarray:
    return dout * (cache > 0)


@np.errstate(under="ignore")
def batchnorm_forward(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, bn_param: dict) -> tuple:
    """Normalize each feature over the batch, then scale and shift it: ``out = gamma x̂ + beta``.

    In training, ``x̂ = (x - mean) / sqrt(var + eps)`` with mean and (biased) variance of the batch's column,
    and running averages of both are kept: ``running = momentum · running + (1 - momentum) · batch``. At test
    time the running averages take the batch's place, so an example's output does not depend on its company.

    Ioffe and Szegedy (2015), "Batch Normalization", algorithms 1 and 2. They correct the running variance by
    N / (N - 1); the course and this function do not.

    Parameters
    ----------
    x : (N, D) real array, finite
    gamma, beta : (D,) real arrays
        Scale and shift, to be learned.
    bn_param : dict
        ``mode``, "train" or "test"; ``eps`` (default 1e-5) and ``momentum`` (default 0.9). ``running_mean``
        and ``running_var`` ``(D,)``, 0 at first, are written into it in training.

    Returns
    -------
    out : (N, D) array
    cache : tuple or None
        For `batchnorm_backward`; None at test time.
    """
    x, gamma, beta = _check_norm(x, gamma, beta)
    _check_mode(bn_param, "bn_param")
    check_number(bn_param.get("eps", 1e-5), "bn_param['eps']", least=0)
    check_number(bn_param.get("momentum", 0.9), "bn_param['momentum']", least=0, most=1)
    for name in {"running_mean", "running_var"} & bn_param.keys():
        check_array(bn_param[name], f"bn_param['{name}']", gamma.shape)
    return _batchnorm_forward(x, gamma, beta, bn_param)


def _batchnorm_forward(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, bn_param: dict) -> tuple:
    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros_like(gamma))
    running_var = bn_param.get("running_var", np.zeros_like(gamma))
    if bn_param["mode"] == "test":
        return gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta, None

    mean, var = x.mean(axis=0), x.var(axis=0)
    bn_param["running_mean"] = momentum * running_mean + (1 - momentum) * mean
    bn_param["running_var"] = momentum * running_var + (1 - momentum) * var
    std = np.sqrt(var + eps)
    x_hat = (x - mean) / std
    return gamma * x_hat + beta, (x, mean, std, x_hat, gamma)


@np.errstate(under="ignore")
def batchnorm_backward(dout: np.ndarray, cache: tuple) -> Arrays:
    """Walk back through the graph of `batchnorm_forward` in training, gate by gate.

    ``dout (N, D)`` gives ``dx (N, D)``, ``dgamma (D,)`` and ``dbeta (D,)``.
    """
    return _batchnorm_backward(*_check_norm_backward(dout, cache, "batchnorm_forward in training", 5))


def _batchnorm_backward(dout: np.ndarray, cache: tuple) -> Arrays:
    x, mean, std, x_hat, gamma = cache
    N = len(x)
    # out = gamma * x_hat + beta
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx_hat = dout * gamma
    # x_hat = (x - mean) / std
    dcentered = dx_hat / std
    dstd = -(dx_hat * x_hat).sum(axis=0) / std
    # std = sqrt(var + eps),  var = mean of (x - mean)**2: the second use of (x - mean), so its parts add up
    dvar = dstd / (2 * std)
    dcentered = dcentered + dvar * 2 * (x - mean) / N
    # x - mean, and mean = sum(x) / N: x is used twice as well
    dmean = -dcentered.sum(axis=0)
    dx = dcentered + dmean / N
    return dx, dgamma, dbeta


@np.errstate(under="ignore")
def batchnorm_backward_alt(dout: np.ndarray, cache: tuple) -> Arrays:
    """Compute what `batchnorm_backward` does, from the formula that the graph simplifies to.

    With ``g = gamma · dout``: ``dx = (g - mean(g) - x̂ · mean(g x̂)) / std``. Of g, the part that shifts the
    column and the part that scales it are taken away: normalization undoes both.
    """
    return _batchnorm_backward_alt(*_check_norm_backward(dout, cache, "batchnorm_forward in training", 5))


def _batchnorm_backward_alt(dout: np.ndarray, cache: tuple) -> Arrays:
    _, _, std, x_hat, gamma = cache
    return _normalization_backward(dout, std, x_hat, gamma, axis=0)


@np.errstate(under="ignore")
def layernorm_forward(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, ln_param: dict) -> tuple:
    """Normalize each example over its features, then scale and shift: ``out = gamma x̂ + beta``.

    It is batch normalization of the transpose: no example depends on another, so training and test are the
    same and nothing is averaged over time. Arrays are those of `batchnorm_forward`; ``ln_param`` is a dict
    with ``eps`` (default 1e-5), added to the variance.

    Ba, Kiros and Hinton (2016), "Layer Normalization", equation 4.
    """
    x, gamma, beta = _check_norm(x, gamma, beta)
    _check_dict(ln_param, "ln_param")
    check_number(ln_param.get("eps", 1e-5), "ln_param['eps']", least=0)
    return _layernorm_forward(x, gamma, beta, ln_param)


def _layernorm_forward(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, ln_param: dict) -> tuple:
    std = np.sqrt(x.var(axis=1, keepdims=True) + ln_param.get("eps", 1e-5))
    x_hat = (x - x.mean(axis=1, keepdims=True)) / std
    return gamma * x_hat + beta, (std, x_hat, gamma)


@np.errstate(under="ignore")
def layernorm_backward(dout: np.ndarray, cache: tuple) -> Arrays:
    """Compute ``dx, dgamma, dbeta`` of `layernorm_forward`: `batchnorm_backward_alt`'s formula, by row."""
    return _layernorm_backward(*_check_norm_backward(dout, cache, "layernorm_forward", 3))


def _layernorm_backward(dout: np.ndarray, cache: tuple) -> Arrays:
    std, x_hat, gamma = cache
    return _normalization_backward(dout, std, x_hat, gamma, axis=1)


def _normalization_backward(dout, std, x_hat, gamma, axis: int) -> Arrays:
    g = dout * gamma  # the derivative by x_hat = (x - mean) / std, with mean and std along the axis
    shift = g.mean(axis=axis, keepdims=True)
    scale = (g * x_hat).mean(axis=axis, keepdims=True)
    dx = (g - shift - x_hat * scale) / std
    return dx, (dout * x_hat).sum(axis=0), dout.sum(axis=0)


@np.errstate(under="ignore")
def dropout_forward(x: np.ndarray, dropout_param: dict) -> tuple[np.ndarray, tuple[dict, np.ndarray | None]]:
    """Keep each entry with probability p, and divide it by p; at test time do nothing.

    The division (**inverted dropout**) keeps the expected output equal to x, so that the test needs no
    factor. Srivastava et al. (2014), "Dropout".

    Parameters
    ----------
    x : real array of any shape
    dropout_param : dict
        ``p``, the probability of **keeping** an entry, 0 < p <= 1; ``mode``, "train" or "test". By default
        NumPy's global generator, as in the course, whose numbers depend on it, draws the mask. With ``rng``
        (Generator) it comes from there; with ``seed`` (int) it is the same one at each call, for gradient
        checks: the one of ``np.random.seed`` and ``np.random.rand``, but the global generator is left alone.

    Returns
    -------
    out : array of x's shape
    cache : tuple
        ``(dropout_param, mask)``; the mask holds 0 and 1/p, and is None at test time.
    """
    x = _check_floating(x, "x")
    _check_mode(dropout_param, "dropout_param")
    check_number(dropout_param.get("p"), "dropout_param['p']", above=0, most=1)
    if dropout_param.get("seed") is not None:
        check_count(dropout_param["seed"], "dropout_param['seed']", least=0, most=2**32 - 1)
    return _dropout_forward(x, dropout_param)


def _dropout_forward(x: np.ndarray, dropout_param: dict) -> tuple[np.ndarray, tuple]:
    if dropout_param["mode"] == "test":
        return x, (dropout_param, None)
    p = dropout_param["p"]
    mask = (_uniform(dropout_param, x.shape) < p) / x.dtype.type(p)
    return x * mask, (dropout_param, mask)


def dropout_backward(dout: np.ndarray, cache: tuple[dict, np.ndarray | None]) -> np.ndarray:
    """Compute ``dx = dout · mask``; at test time, dout."""
    _, mask = _check_cache(cache, "dropout_forward", 2)
    dout = _check_floating(dout, "dout", None if mask is None else mask.shape)
    return _dropout_backward(dout, cache)


def _dropout_backward(dout: np.ndarray, cache: tuple[dict, np.ndarray | None]) -> np.ndarray:
    _, mask = cache
    return dout if mask is None else dout * mask


def _uniform(dropout_param: dict, shape: tuple[int, ...]) -> np.ndarray:
    """Draw numbers in [0, 1)."""
    if (rng := dropout_param.get("rng")) is not None:
        return rng.random(shape, dtype=np.float32)
    if (seed := dropout_param.get("seed")) is not None:
        return np.random.RandomState(seed).rand(*shape)
    return np.random.rand(*shape)  # noqa: NPY002 (the course's masks)


@np.errstate(all="ignore")
def svm_loss(x: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """Compute the mean hinge loss, ``sum over j != y of max(0, x_j - x_y + 1)``, and its derivative.

    Arguments and returned values are those of `softmax_loss`. At a kink (a margin of exactly 0) the
    derivative is the subgradient 0.

    Examples
    --------
    >>> loss, dx = svm_loss(np.array([[3.2, 5.1, -1.7]]), np.array([0]))
    >>> round(loss, 4), dx
    (2.9, array([[-1.,  1.,  0.]]))
    """
    return _svm_loss(*_check_scores(x, y))


def _svm_loss(x: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    N, rows = len(x), np.arange(len(x))
    margins = np.maximum(0, x - x[rows, y][:, np.newaxis] + 1)
    margins[rows, y] = 0
    loss = float(margins.sum(dtype=np.float64) / N)
    dx = (margins > 0).astype(x.dtype)
    dx[rows, y] = -dx.sum(axis=1)
    dx /= N
    return loss, dx


@np.errstate(all="ignore")
def softmax_loss(x: np.ndarray, y: np.ndarray, label_smoothing: float = 0.0) -> tuple[float, np.ndarray]:
    """Compute the mean cross-entropy after softmax, in nats, and its derivative.

    With ``log P = x - m - log(sum_j exp(x_j - m))``, m the row's maximum (**log-sum-exp**), the loss is
    ``-log P_y`` and its derivative ``P - 1[y]``. No exponent is above 0 and the sum is at least 1, so it is
    exact for scores of any size.

    Parameters
    ----------
    x : (N, C) real array, finite
        Scores.
    y : (N,) integer array
        Correct classes, 0..C-1.
    label_smoothing : float, default 0
        The share of the target that is spread evenly over all C classes (Szegedy et al., 2016, "Rethinking
        the Inception Architecture", section 7): the target is ``(1 - label_smoothing) · 1[y] +
        label_smoothing / C``.

    Returns
    -------
    loss : float
    dx : (N, C) array
        Its derivative by the scores: ``(P - target) / N``. Each row sums to 0.

    Examples
    --------
    >>> loss, dx = softmax_loss(np.array([[0.0, 0.0], [0.0, 1000.0]]), np.array([0, 0]))
    >>> round(loss, 4), dx
    (500.3466, array([[-0.25,  0.25],
           [-0.5 ,  0.5 ]]))
    """
    label_smoothing = check_number(label_smoothing, "label_smoothing", least=0, below=1)
    return _softmax_loss(*_check_scores(x, y), label_smoothing)


def _softmax_loss(x: np.ndarray, y: np.ndarray, label_smoothing: float = 0.0) -> tuple[float, np.ndarray]:
    N, rows = len(x), np.arange(len(x))
    log_P = x - x.max(axis=1, keepdims=True)
    log_P -= np.log(np.exp(log_P).sum(axis=1, keepdims=True))
    loss = -log_P[rows, y].mean(dtype=np.float64)
    dx = np.exp(log_P)
    dx[rows, y] -= 1 - label_smoothing
    if label_smoothing:
        loss = (1 - label_smoothing) * loss - label_smoothing * log_P.mean(dtype=np.float64)
        dx -= label_smoothing / x.shape[1]
    dx /= N
    return float(loss), dx


def _check_floating(
    values: object, name: str, shape: tuple | None = None, finite: bool = False
) -> np.ndarray:
    """Check real numbers, and make integers float64, which do not wrap."""
    array = check_array(values, name, shape, finite=finite)
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def _check_norm(x: object, gamma: object, beta: object) -> Arrays:
    x = _check_floating(x, "x", ("N", "D"), finite=True)
    return x, _check_floating(gamma, "gamma", x.shape[1:]), _check_floating(beta, "beta", x.shape[1:])


def _check_norm_backward(dout: object, cache: object, source: str, length: int) -> tuple[np.ndarray, tuple]:
    *_, x_hat, _ = _check_cache(cache, source, length)
    return _check_floating(dout, "dout", x_hat.shape), cache


def _check_scores(x: object, y: object) -> tuple[np.ndarray, np.ndarray]:
    x = _check_floating(x, "x", ("N", "C"), finite=True)
    return x, check_labels(y, len(x), x.shape[1])


def _check_dict(param: object, name: str) -> None:
    if not isinstance(param, dict):
        raise TypeError(f"{name} must be a dict, got {param!r}")


def _check_mode(param: object, name: str) -> None:
    _check_dict(param, name)
    check_option(param.get("mode"), f"{name}['mode']", ("train", "test"))


def _check_cache(cache: object, source: str, length: int) -> tuple:
    if not isinstance(cache, tuple) or len(cache) != length:
        raise TypeError(f"cache must be what {source} gave, got a {type(cache).__name__}")
    return cache
