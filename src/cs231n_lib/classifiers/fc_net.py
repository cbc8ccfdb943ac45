"""Fully-connected nets put together from layers, as in the course's assignments of 2021 to 2026.

Mind the factor: the regularization here is ``½ · reg · sum(W²)``, so its gradient is ``reg · W``. The linear
classifiers and `cs231n_lib.classifiers.neural_net` have no ½.

``from cs231n_lib.classifiers.fc_net import *`` also gives every layer.
"""

import string
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from cs231n_lib import layer_utils, layers
from cs231n_lib.divergence import Diverged
from cs231n_lib.layer_utils import *  # noqa: F403
from cs231n_lib.layers import *  # noqa: F403
from cs231n_lib.saving import Saved
from cs231n_lib.validation import (
    check_array,
    check_count,
    check_finite,
    check_labels,
    check_number,
    check_option,
    check_rng,
)

__all__ = ["FullyConnectedNet", "TwoLayerNet", *layers.__all__, *layer_utils.__all__]

Gradients = dict[str, np.ndarray]


class _Net(Saved):
    """Saving and loading of a net: its arrays, by name."""

    def _saved_arrays(self) -> dict[str, np.ndarray]:
        return self.params

    def _take_arrays(self, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        own = self._saved_arrays()
        if set(arrays) != set(own):
            raise ValueError(f"it holds {sorted(arrays)} but this net has {sorted(own)}")
        taken = {}
        for name in own:  # W1 first, and each W before what must fit it
            layer = int(name.lstrip(string.ascii_letters + "_"))
            if name.startswith("W"):
                shape = (taken[f"W{layer - 1}"].shape[1] if layer > 1 else "D", "C")
            else:
                shape = taken[f"W{layer}"].shape[1:]
            array = check_array(arrays[name], name, shape, kinds="f")
            with np.errstate(over="ignore", under="ignore"):
                taken[name] = array.astype(own[name].dtype)
            check_finite(taken[name], name)  # float64 may overflow in a net of float32
        self.params = {name: taken[name] for name in self.params}
        return taken


class TwoLayerNet(_Net):
    """Affine, ReLU, affine, softmax.

    Parameters
    ----------
    input_dim, hidden_dim, num_classes : int
        D, H and C.
    weight_scale : float, default 1e-3
        Standard deviation of the first weights; the biases start at 0.
    reg : float, default 0
        Strength of the regularization ``½ · reg · (sum(W1²) + sum(W2²))``. It may be changed at any time.
    rng : Generator or int, optional
        Draws the first weights, W1 before W2. By default NumPy's global generator, as in the course, whose
        numbers depend on it.

    Attributes
    ----------
    params : dict
        ``W1 (D, H)``, ``b1 (H,)``, ``W2 (H, C)``, ``b2 (C,)``, float64.
    reg : float
    """

    def __init__(
        self,
        input_dim: int = 3 * 32 * 32,
        hidden_dim: int = 100,
        num_classes: int = 10,
        weight_scale: float = 1e-3,
        reg: float = 0.0,
        *,
        rng: np.random.Generator | int | None = None,
    ) -> None:
        D, H = check_count(input_dim, "input_dim"), check_count(hidden_dim, "hidden_dim")
        C = check_count(num_classes, "num_classes")
        weight_scale = check_number(weight_scale, "weight_scale", least=0)
        self.reg = check_number(reg, "reg", least=0)
        draw = np.random if rng is None else check_rng(rng)
        self.params = {
            "W1": weight_scale * draw.standard_normal((D, H)),
            "b1": np.zeros(H),
            "W2": weight_scale * draw.standard_normal((H, C)),
            "b2": np.zeros(C),
        }

    @np.errstate(all="ignore")  # what is not finite is found in the loss
    def loss(self, X: np.ndarray, y: np.ndarray | None = None) -> np.ndarray | tuple[float, Gradients]:
        """Compute the scores, or with labels the loss and the gradients.

        Parameters
        ----------
        X : (N, d1, ..., dk) real array, finite
            d1 · ... · dk = D.
        y : (N,) integer array, optional
            Labels, 0..C-1.

        Returns
        -------
        scores : (N, C) array
            If y is None.
        loss, grads : float, dict
            Else: mean cross-entropy plus regularization, and its derivative by each of `params`.

        Raises
        ------
        TypeError, ValueError
            For arguments that do not fit.
        FloatingPointError
            If the loss is not finite: a training has diverged.
        """
        X, reg = _check_examples(X, len(self.params["W1"])), check_number(self.reg, "reg", least=0)
        if y is None:
            return self._forward(X)[0]
        loss, grads = self._loss(X, check_labels(y, len(X), self.params["b2"].size), reg)
        _check_loss(loss)
        return loss, grads

    def _forward(self, X: np.ndarray) -> tuple[np.ndarray, tuple]:
        W1, b1, W2, b2 = (self.params[name] for name in ("W1", "b1", "W2", "b2"))
        Z, cache1 = layers._affine_forward(X, W1, b1)
        A1, relu_cache = layers._relu_forward(Z)
        S, cache2 = layers._affine_forward(A1, W2, b2)
        return S, (cache1, relu_cache, cache2)

    def _loss(self, X: np.ndarray, y: np.ndarray, reg: float) -> tuple[float, Gradients]:
        W1, W2 = self.params["W1"], self.params["W2"]
        S, (cache1, relu_cache, cache2) = self._forward(X)
        loss, dS = layers._softmax_loss(S, y)
        if reg:  # 0 times a sum that overflows would be NaN
            loss += 0.5 * reg * float(np.sum(W1 * W1) + np.sum(W2 * W2))

        dA1, dW2, db2 = layers._affine_backward(dS, cache2)
        dZ = layers._relu_backward(dA1, relu_cache)
        _, dW1, db1 = layers._affine_backward(dZ, cache1, need_dx=False)
        dW1 += reg * W1
        dW2 += reg * W2
        return loss, {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}


class FullyConnectedNet(_Net):
    """(Affine, normalization if any, ReLU, dropout if any) for each hidden layer, then affine and softmax.

    Parameters
    ----------
    hidden_dims : sequence of int
        Sizes of the hidden layers.
    input_dim, num_classes : int
        D and C.
    dropout_keep_ratio : float, default 1
        Probability of keeping a hidden unit in training; 1 is no dropout.
    normalization : {None, "batchnorm", "layernorm"}
        What stands between the affine layers and the ReLU.
    reg, weight_scale : float, default 0 and 1e-2
        As for `TwoLayerNet`; the regularization is of all W (not biases, gamma or beta).
    dtype : dtype, default float32
        What all is computed in, float32 or float64. X is cast to it. Use float64 for gradient checks.
    seed : int, optional
        Makes every dropout mask the same, so that the loss is a function that can be checked numerically.
    rng : Generator or int, optional
        Draws the first weights, in the order of the layers, and the dropout masks. By default NumPy's global
        generator, as in the course, whose numbers depend on it.
    label_smoothing : float, default 0
        See `softmax_loss`.
    dropout : float, optional
        The name of dropout_keep_ratio until 2020, also a probability of keeping. 0 is no dropout, as in 2017;
        but what 2017 called ``dropout=0.3``, to drop 0.3 of the units, is ``dropout_keep_ratio=0.7``.
    use_batchnorm : bool, optional
        2017's way to say ``normalization="batchnorm"``.

    Attributes
    ----------
    params : dict
        ``W1 b1 … WL bL``; with normalization also ``gamma1 beta1 …`` for each hidden layer.
    num_layers : int
        L, the hidden layers and the last one.
    reg, label_smoothing : float
    dropout_param : dict
        For `dropout_forward`.
    bn_params : list of dict
        For `batchnorm_forward` (it holds the running averages) or `layernorm_forward`, one a hidden layer.
    """

    def __init__(
        self,
        hidden_dims: Sequence[int],
        input_dim: int = 3 * 32 * 32,
        num_classes: int = 10,
        dropout_keep_ratio: float = 1,
        normalization: str | None = None,
        reg: float = 0.0,
        weight_scale: float = 1e-2,
        dtype: type = np.float32,
        seed: int | None = None,
        *,
        rng: np.random.Generator | int | None = None,
        label_smoothing: float = 0.0,
        dropout: float | None = None,
        use_batchnorm: bool = False,
    ) -> None:
        if not isinstance(hidden_dims, Sequence | np.ndarray) or isinstance(hidden_dims, str):
            raise TypeError(f"hidden_dims must be a sequence of integers, got {hidden_dims!r}")
        hidden_dims = [check_count(H, f"hidden_dims[{i}]") for i, H in enumerate(hidden_dims)]
        D, C = check_count(input_dim, "input_dim"), check_count(num_classes, "num_classes")
        if dropout is not None:
            dropout_keep_ratio = check_number(dropout, "dropout", least=0, most=1) or 1
        keep = check_number(dropout_keep_ratio, "dropout_keep_ratio", above=0, most=1)
        check_option(normalization, "normalization", (None, "batchnorm", "layernorm"))
        if check_option(use_batchnorm, "use_batchnorm", (False, True)):
            normalization = check_option(normalization or "batchnorm", "normalization", ("batchnorm",))
        weight_scale = check_number(weight_scale, "weight_scale", least=0)
        if np.dtype(dtype).kind != "f" or np.dtype(dtype).itemsize < 4:
            raise TypeError(f"dtype must be float32 or float64, got {np.dtype(dtype)}")
        if seed is not None:
            seed = check_count(seed, "seed", least=0, most=2**32 - 1)
        draw = np.random if rng is None else check_rng(rng)

        self.reg = check_number(reg, "reg", least=0)
        self.label_smoothing = check_number(label_smoothing, "label_smoothing", least=0, below=1)
        self.dtype, self.normalization = dtype, normalization
        self.num_layers = len(hidden_dims) + 1
        self.params = {}
        for i, (fan_in, fan_out) in enumerate(pairwise([D, *hidden_dims, C]), start=1):
            self.params[f"W{i}"] = weight_scale * draw.standard_normal((fan_in, fan_out))
            self.params[f"b{i}"] = np.zeros(fan_out)
            if normalization and i < self.num_layers:
                self.params[f"gamma{i}"] = np.ones(fan_out)
                self.params[f"beta{i}"] = np.zeros(fan_out)
        self.params = {name: w.astype(dtype) for name, w in self.params.items()}

        self.use_dropout = keep != 1
        source = {"seed": seed} if seed is not None else {"rng": draw} if rng is not None else {}
        self.dropout_param = {"mode": "train", "p": keep, **source} if self.use_dropout else {}
        self.bn_params = [{"mode": "train"} for _ in hidden_dims] if normalization else []

    @np.errstate(all="ignore")  # what is not finite is found in the loss
    def loss(self, X: np.ndarray, y: np.ndarray | None = None) -> np.ndarray | tuple[float, Gradients]:
        """Compute the scores (as at test time), or with labels the loss and the gradients (in training).

        Parameters, returned values and errors are those of `TwoLayerNet.loss`. After an error the running
        averages of batch normalization are as before.
        """
        X = _check_examples(X, len(self.params["W1"])).astype(self.dtype, copy=False)
        check_finite(X, "X")  # again, for the cast may overflow
        reg = check_number(self.reg, "reg", least=0)
        smoothing = check_number(self.label_smoothing, "label_smoothing", least=0, below=1)
        if y is None:
            return self._forward(X, "test")[0]
        y = check_labels(y, len(X), self.params[f"b{self.num_layers}"].size)
        loss, grads, bn_params = self._loss(X, y, reg, smoothing)
        _check_loss(loss)
        self.bn_params = bn_params
        return loss, grads

    def _loss(self, X: np.ndarray, y: np.ndarray, reg: float, label_smoothing: float) -> tuple:
        L, grads = self.num_layers, {}
        S, caches, bn_params = self._forward(X, "train")
        loss, dS = layers._softmax_loss(S, y, label_smoothing)
        dout, grads[f"W{L}"], grads[f"b{L}"] = layers._affine_backward(dS, caches.pop(), need_dx=L > 1)
        for i in reversed(range(1, L)):
            dout = self._hidden_backward(i, dout, caches.pop(), grads)
        for i in range(1, L + 1) if reg else ():  # 0 times a sum that overflows would be NaN
            W = self.params[f"W{i}"]
            loss += 0.5 * reg * float(np.sum(W * W))
            grads[f"W{i}"] += reg * W
        return loss, grads, bn_params

    def _forward(self, X: np.ndarray, mode: str) -> tuple[np.ndarray, list[tuple], list[dict]]:
        """Compute the scores, a cache for each layer, and bn_params with new running averages."""
        L, out, caches = self.num_layers, X, []
        bn_params = [param | {"mode": mode} for param in self.bn_params]
        for i in range(1, L):
            out, cache = self._hidden_forward(i, out, mode, bn_params)
            caches.append(cache)
        S, cache = layers._affine_forward(out, self.params[f"W{L}"], self.params[f"b{L}"])
        return S, [*caches, cache], bn_params

    def _hidden_forward(self, i: int, x: np.ndarray, mode: str, bn_params: list[dict]) -> tuple:
        W, b, gamma, beta = (self.params.get(f"{name}{i}") for name in ("W", "b", "gamma", "beta"))
        norm_cache = dropout_cache = None
        out, affine_cache = layers._affine_forward(x, W, b)
        if self.normalization == "batchnorm":
            out, norm_cache = layers._batchnorm_forward(out, gamma, beta, bn_params[i - 1])
        elif self.normalization == "layernorm":
            out, norm_cache = layers._layernorm_forward(out, gamma, beta, bn_params[i - 1])
        out, relu_cache = layers._relu_forward(out)
        if self.use_dropout:
            out, dropout_cache = layers._dropout_forward(out, self.dropout_param | {"mode": mode})
        return out, (affine_cache, norm_cache, relu_cache, dropout_cache)

    def _hidden_backward(self, i: int, dout: np.ndarray, caches: tuple, grads: dict) -> np.ndarray | None:
        """Put the gradients of hidden layer i into `grads`; give the derivative by what went into it."""
        affine_cache, norm_cache, relu_cache, dropout_cache = caches
        if self.use_dropout:
            dout = layers._dropout_backward(dout, dropout_cache)
        dout = layers._relu_backward(dout, relu_cache)
        if self.normalization == "batchnorm":
            dout, grads[f"gamma{i}"], grads[f"beta{i}"] = layers._batchnorm_backward_alt(dout, norm_cache)
        elif self.normalization == "layernorm":
            dout, grads[f"gamma{i}"], grads[f"beta{i}"] = layers._layernorm_backward(dout, norm_cache)
        dx, grads[f"W{i}"], grads[f"b{i}"] = layers._affine_backward(dout, affine_cache, need_dx=i > 1)
        return dx

    def _saved_arrays(self) -> dict[str, np.ndarray]:
        """The parameters, and batch normalization's running averages: without them a test is not the same."""
        arrays = dict(self.params)
        if self.normalization == "batchnorm":
            for i, param in enumerate(self.bn_params, start=1):
                for name in ("running_mean", "running_var"):
                    arrays[f"{name}{i}"] = param.get(name, np.zeros_like(self.params[f"gamma{i}"]))
        return arrays

    def _take_arrays(self, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        taken = super()._take_arrays(arrays)
        if self.normalization == "batchnorm":
            for i, param in enumerate(self.bn_params, start=1):
                param.update({name: taken[f"{name}{i}"] for name in ("running_mean", "running_var")})
        return taken


def _check_examples(X: object, num_features: int) -> np.ndarray:
    X = check_array(X, "X", ("N", "d1", ...))
    if X[0].size != num_features:
        raise ValueError(f"X has shape {X.shape} but the net has {num_features} features")
    return X


def _check_loss(loss: float) -> None:
    if not np.isfinite(loss):
        raise Diverged(f"the loss is {loss}: the parameters or the numbers in X are too large")
