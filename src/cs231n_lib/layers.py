"""The layers of a network, each as a pair: forward, and backward right below it.

``out, cache = <layer>_forward(x, ...)`` computes the layer and keeps what its derivative needs.
``<layer>_backward(dout, cache)`` takes the derivative of the loss by ``out`` and gives, by the chain rule,
the derivatives by each of the layer's inputs, in the order of the forward function's arguments. The two
losses end the chain: they give a number, and its derivative by the scores.

Nothing is changed in place but the averages that `batchnorm_forward` keeps in its ``bn_param``. float32
stays float32. Sources: CS231n notes, "Backpropagation, Intuitions" and "Neural Networks Part 2", and the
papers named at each layer.
"""

import numpy as np

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


# ---------------------------------------------------------------------------------------------- affine


def affine_forward(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, Arrays]:
    """Compute ``out = x w + b``, each example of x flattened to one row of D numbers.

    Parameters
    ----------
    x : (N, d1, ..., dk) array
        N examples, D = d1 · ... · dk.
    w : (D, M) floating array
    b : (M,) floating array

    Returns
    -------
    out : (N, M) array
    cache : tuple
        ``(x, w, b)``, for `affine_backward`.

    Raises
    ------
    ValueError
        If there are no examples or the shapes do not fit.

    Examples
    --------
    >>> affine_forward(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0], [5.0, 6.0]]), np.array([10.0, 20.0]))[0]
    array([[23., 36.]])
    """
    x, w, b = np.asarray(x), np.asarray(w), np.asarray(b)
    rows = _as_rows(x)
    if w.ndim != 2 or rows.shape[1] != w.shape[0]:
        raise ValueError(f"x has shape {x.shape}, {rows.shape[1]} numbers a row, but w has shape {w.shape}")
    if b.shape != w.shape[1:]:
        raise ValueError(f"b must have shape {w.shape[1:]}, one number a column of w, got shape {b.shape}")
    return rows @ w + b, (x, w, b)


def affine_backward(
    dout: np.ndarray, cache: Arrays, need_dx: bool = True
) -> tuple[np.ndarray | None, np.ndarray, np.ndarray]:
    """Compute ``dx = dout wᵀ``, ``dw = xᵀ dout`` and ``db``, the sum of dout's rows.

    Parameters
    ----------
    dout : (N, M) array
    cache : tuple
        From `affine_forward`.
    need_dx : bool, default True
        False leaves dx out (None in its place). A network's first layer needs none: nobody asks for the
        derivative by the data, and the product is as large as the two others.

    Returns
    -------
    dx : array of x's shape, or None
    dw : (D, M) array
    db : (M,) array
    """
    x, w, _ = cache
    dx = (dout @ w.T).reshape(x.shape) if need_dx else None
    dw = _as_rows(x).T @ dout
    db = dout.sum(axis=0)
    return dx, dw, db


# ------------------------------------------------------------------------------------------------ ReLU


def relu_forward(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute ``out = max(0, x)`` entry by entry, for x of any shape. The cache is x."""
    return np.maximum(0, x), x


def relu_backward(dout: np.ndarray, cache: np.ndarray) -> np.ndarray:
    """Compute ``dx``: dout where x > 0, and 0 elsewhere. At the kink x = 0, the subgradient 0."""
    return dout * (cache > 0)


# ------------------------------------------------------------------------------ batch and layer normalization


def batchnorm_forward(
    x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, bn_param: dict
) -> tuple[np.ndarray, tuple | None]:
    """Normalize each feature over the batch, then scale and shift it: ``out = gamma x̂ + beta``.

    In training, ``x̂ = (x - mean) / sqrt(var + eps)`` with mean and (biased) variance of the batch's column,
    and running averages of both are kept: ``running = momentum · running + (1 - momentum) · batch``. At test
    time the running averages take the batch's place, so an example's output does not depend on its company.

    Parameters
    ----------
    x : (N, D) array
    gamma, beta : (D,) arrays
        Scale and shift, to be learned.
    bn_param : dict
        ``mode``, "train" or "test"; ``eps`` (default 1e-5) and ``momentum`` (default 0.9). ``running_mean``
        and ``running_var`` ``(D,)``, 0 at first, are written into it in training.

    Returns
    -------
    out : (N, D) array
    cache : tuple or None
        For `batchnorm_backward`; None at test time.

    Raises
    ------
    ValueError
        If the mode is neither, there are no examples, or the shapes do not fit.

    Notes
    -----
    Ioffe and Szegedy (2015), "Batch Normalization", algorithms 1 and 2. They correct the running variance by
    N / (N - 1); the course and this function do not.
    """
    _check_norm(x, gamma, beta)
    training = _training_mode("bn_param", bn_param)
    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros(x.shape[1], x.dtype))
    running_var = bn_param.get("running_var", np.zeros(x.shape[1], x.dtype))
    if not training:
        return gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta, None

    mean, var = x.mean(axis=0), x.var(axis=0)
    bn_param["running_mean"] = momentum * running_mean + (1 - momentum) * mean
    bn_param["running_var"] = momentum * running_var + (1 - momentum) * var
    std = np.sqrt(var + eps)
    x_hat = (x - mean) / std
    return gamma * x_hat + beta, (x, mean, std, x_hat, gamma)


def batchnorm_backward(dout: np.ndarray, cache: tuple) -> Arrays:
    """Compute ``dx, dgamma, dbeta`` by walking back through the graph of `batchnorm_forward`, gate by gate.

    Parameters
    ----------
    dout : (N, D) array
    cache : tuple
        From `batchnorm_forward` in training.

    Returns
    -------
    dx : (N, D) array
    dgamma, dbeta : (D,) arrays
    """
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


def batchnorm_backward_alt(dout: np.ndarray, cache: tuple) -> Arrays:
    """Compute what `batchnorm_backward` does, from the formula that the graph simplifies to.

    With ``g = gamma · dout``: ``dx = (g - mean(g) - x̂ · mean(g x̂)) / std``. Of g, the part that shifts the
    column and the part that scales it are taken away: normalization undoes both.
    """
    _, _, std, x_hat, gamma = cache
    dx = _normalize_backward(dout * gamma, x_hat, std, axis=0)
    return dx, (dout * x_hat).sum(axis=0), dout.sum(axis=0)


def layernorm_forward(
    x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, ln_param: dict
) -> tuple[np.ndarray, tuple]:
    """Normalize each example over its features, then scale and shift: ``out = gamma x̂ + beta``.

    It is batch normalization of the transpose: no example depends on another, so training and test are the
    same and nothing is averaged over time.

    Parameters
    ----------
    x : (N, D) array
    gamma, beta : (D,) arrays
    ln_param : dict
        ``eps`` (default 1e-5), added to the variance.

    Returns
    -------
    out : (N, D) array
    cache : tuple
        For `layernorm_backward`.

    Raises
    ------
    ValueError
        If there are no examples or the shapes do not fit.

    Notes
    -----
    Ba, Kiros and Hinton (2016), "Layer Normalization", equation 4.
    """
    _check_norm(x, gamma, beta)
    std = np.sqrt(x.var(axis=1, keepdims=True) + ln_param.get("eps", 1e-5))
    x_hat = (x - x.mean(axis=1, keepdims=True)) / std
    return gamma * x_hat + beta, (std, x_hat, gamma)


def layernorm_backward(dout: np.ndarray, cache: tuple) -> Arrays:
    """Compute ``dx, dgamma, dbeta`` of `layernorm_forward`: `batchnorm_backward_alt`'s formula, by row."""
    std, x_hat, gamma = cache
    dx = _normalize_backward(dout * gamma, x_hat, std, axis=1)
    return dx, (dout * x_hat).sum(axis=0), dout.sum(axis=0)


def _normalize_backward(g: np.ndarray, x_hat: np.ndarray, std: np.ndarray, axis: int) -> np.ndarray:
    """Carry the derivative g by ``x_hat = (x - mean) / std`` back to x, all along `axis`."""
    shift = g.mean(axis=axis, keepdims=True)
    scale = (g * x_hat).mean(axis=axis, keepdims=True)
    return (g - shift - x_hat * scale) / std


# --------------------------------------------------------------------------------------------- dropout


def dropout_forward(x: np.ndarray, dropout_param: dict) -> tuple[np.ndarray, tuple[dict, np.ndarray | None]]:
    """Keep each entry with probability p, and divide it by p; at test time do nothing.

    The division (**inverted dropout**) keeps the expected output equal to x, so that the test needs no
    factor.

    Parameters
    ----------
    x : array of any shape
    dropout_param : dict
        ``p``, the probability of **keeping** an entry, 0 < p <= 1; ``mode``, "train" or "test". The mask is
        drawn from NumPy's global generator, as in the course; with ``seed`` (int) it is the same one at each
        call, for gradient checks, and the global generator is left alone; with ``rng`` (Generator) it comes
        from there.

    Returns
    -------
    out : array of x's shape and dtype
    cache : tuple
        ``(dropout_param, mask)``; the mask holds 0 and 1/p, and is None at test time.

    Raises
    ------
    ValueError
        If p or the mode is out of range.

    Notes
    -----
    Srivastava et al. (2014), "Dropout". A seed gives the mask that ``np.random.seed`` and ``np.random.rand``
    would.
    """
    p = dropout_param["p"]
    if not 0 < p <= 1:
        raise ValueError(f"p, the probability of keeping an entry, must be above 0 and at most 1, got {p}")
    if not _training_mode("dropout_param", dropout_param):
        return x, (dropout_param, None)
    dtype = x.dtype.type if x.dtype.kind == "f" else np.float64
    mask = (_uniform(dropout_param, x) < p) / dtype(p)
    return x * mask, (dropout_param, mask)


def dropout_backward(dout: np.ndarray, cache: tuple[dict, np.ndarray | None]) -> np.ndarray:
    """Compute ``dx = dout · mask``; at test time, dout."""
    _, mask = cache
    return dout if mask is None else dout * mask


def _uniform(dropout_param: dict, x: np.ndarray) -> np.ndarray:
    """Draw a number in [0, 1) for each entry of x."""
    if (rng := dropout_param.get("rng")) is not None:
        return rng.random(x.shape, dtype=np.float32)
    if (seed := dropout_param.get("seed")) is not None:
        return np.random.RandomState(seed).rand(*x.shape)
    return np.random.rand(*x.shape)  # noqa: NPY002 (the course's masks)


# ---------------------------------------------------------------------------------------------- losses


def svm_loss(x: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """Compute the mean hinge loss, ``sum over j != y of max(0, x_j - x_y + 1)``, and its derivative.

    Parameters
    ----------
    x : (N, C) array
        Scores.
    y : (N,) integer array
        Correct classes, 0..C-1.

    Returns
    -------
    loss : float
    dx : (N, C) array
        Its derivative by the scores; at a kink (a margin of exactly 0), the subgradient 0.

    Raises
    ------
    TypeError
        If y does not hold integers.
    ValueError
        If there are no examples, the shapes do not fit, a label is out of range, or x holds NaN or infinity.

    Examples
    --------
    >>> loss, dx = svm_loss(np.array([[3.2, 5.1, -1.7]]), np.array([0]))
    >>> round(loss, 4), dx
    (2.9, array([[-1.,  1.,  0.]]))
    """
    x, y = _check_scores(x, y)
    N, rows = len(x), np.arange(len(x))
    margins = np.maximum(0, x - x[rows, y][:, np.newaxis] + 1)
    margins[rows, y] = 0
    loss = float(margins.sum(dtype=np.float64) / N)
    dx = (margins > 0).astype(x.dtype)
    dx[rows, y] = -dx.sum(axis=1)
    dx /= N
    return loss, dx


def softmax_loss(x: np.ndarray, y: np.ndarray, label_smoothing: float = 0.0) -> tuple[float, np.ndarray]:
    """Compute the mean cross-entropy after softmax, in nats, and its derivative.

    With ``log P = x - m - log(sum_j exp(x_j - m))``, m the row's maximum (**log-sum-exp**), the loss is
    ``-log P_y`` and its derivative ``P - 1[y]``. No exponent is above 0 and the sum is at least 1, so it is
    exact for scores of any size.

    Parameters
    ----------
    x : (N, C) array
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

    Raises
    ------
    TypeError
        If y does not hold integers.
    ValueError
        If there are no examples, the shapes do not fit, a label or `label_smoothing` is out of range, or x
        holds NaN or infinity.

    Examples
    --------
    >>> loss, dx = softmax_loss(np.array([[0.0, 0.0], [0.0, 1000.0]]), np.array([0, 0]))
    >>> round(loss, 4), dx
    (500.3466, array([[-0.25,  0.25],
           [-0.5 ,  0.5 ]]))
    """
    if not 0 <= label_smoothing < 1:
        raise ValueError(f"label_smoothing must be at least 0 and below 1, got {label_smoothing}")
    return softmax_loss_unchecked(*_check_scores(x, y), label_smoothing)


def softmax_loss_unchecked(
    x: np.ndarray, y: np.ndarray, label_smoothing: float = 0.0
) -> tuple[float, np.ndarray]:
    """`softmax_loss` of floating scores that are known to be finite, and labels known to fit them."""
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


# ---------------------------------------------------------------------------------------------- checks


def _as_rows(x: np.ndarray) -> np.ndarray:
    """View x ``(N, d1, ..., dk)`` as ``(N, D)``."""
    if x.ndim < 2 or len(x) == 0:
        raise ValueError(f"x must have shape (N, d1, ..., dk) with at least one row, got shape {x.shape}")
    return x.reshape(len(x), -1)


def _check_norm(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray) -> None:
    if x.ndim != 2 or len(x) == 0:
        raise ValueError(f"x must have shape (N, D) with at least one row, got shape {x.shape}")
    for name, array in (("gamma", gamma), ("beta", beta)):
        if array.shape != x.shape[1:]:
            raise ValueError(
                f"{name} must have shape {x.shape[1:]} for x of shape {x.shape}, got {array.shape}"
            )


def _training_mode(name: str, param: dict) -> bool:
    mode = param["mode"]
    if mode not in ("train", "test"):
        raise ValueError(f'the mode in {name} must be "train" or "test", got {mode!r}')
    return mode == "train"


def _check_scores(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.asarray(x), np.asarray(y)
    if x.ndim != 2 or len(x) == 0:
        raise ValueError(f"x must have shape (N, C) with at least one row, got shape {x.shape}")
    if y.dtype.kind not in "iu":
        raise TypeError(f"y must hold integer labels, got dtype {y.dtype}")
    if y.shape != (len(x),):
        raise ValueError(f"y must have shape ({len(x)},), one label for each row of x, got shape {y.shape}")
    lowest, highest = y.min(), y.max()
    if lowest < 0 or highest >= x.shape[1]:
        raise ValueError(f"y must hold labels from 0 to {x.shape[1] - 1}, got {lowest} to {highest}")
    finite = np.isfinite(x)
    if not finite.all():
        raise ValueError(f"x must hold finite scores, got {x[~finite][0]}")
    return (x if x.dtype.kind == "f" else x.astype(np.float64)), y
