"""Fully-connected nets put together from layers, as in the course's assignments of 2021 to 2026.

Mind the factor: the regularization here is ``½ · reg · sum(W²)``, so its gradient is ``reg · W``. The linear
classifiers and `cs231n_lib.classifiers.neural_net` have no ½.

``from cs231n_lib.classifiers.fc_net import *`` also gives every layer.
"""

import string
from collections.abc import Sequence

import numpy as np

from cs231n_lib import layer_utils, layers
from cs231n_lib.classifiers._nets import check_scores, check_strength, regularize
from cs231n_lib.layer_utils import *  # noqa: F403
from cs231n_lib.layer_utils import (
    affine_bn_relu_backward,
    affine_bn_relu_forward,
    affine_ln_relu_backward,
    affine_ln_relu_forward,
    affine_relu_backward,
    affine_relu_forward,
)
from cs231n_lib.layers import *  # noqa: F403
from cs231n_lib.layers import (
    affine_backward,
    affine_forward,
    dropout_backward,
    dropout_forward,
    softmax_loss,
)
from cs231n_lib.saving import Saved
from cs231n_lib.validation import check_array, check_finite

__all__ = ["FullyConnectedNet", "TwoLayerNet", *layers.__all__, *layer_utils.__all__]


class _Net(Saved):
    """Saving and loading of a net: its arrays, by name."""

    params: dict[str, np.ndarray]

    def _saved_arrays(self) -> dict[str, np.ndarray]:
        return self.params

    def _take_arrays(self, arrays: dict[str, np.ndarray]) -> None:
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
        self._set_arrays(taken)

    def _set_arrays(self, arrays: dict[str, np.ndarray]) -> None:
        self.params = {name: arrays[name] for name in self.params}


class TwoLayerNet(_Net):
    """Affine, ReLU, affine, softmax.

    Parameters
    ----------
    input_dim, hidden_dim, num_classes : int
        D, H and C.
    weight_scale : float, default 1e-3
        Standard deviation of the first weights. They are drawn by NumPy's global generator, W1 before W2, as
        in the course; the biases start at 0.
    reg : float, default 0
        Strength of the regularization ``½ · reg · (sum(W1²) + sum(W2²))``. It may be changed at any time.
    rng : Generator or int, optional
        Draws the first weights instead.

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
        self.reg = check_strength(reg)
        draw = np.random if rng is None else np.random.default_rng(rng)
        self.params = {
            "W1": weight_scale * draw.standard_normal((input_dim, hidden_dim)),
            "b1": np.zeros(hidden_dim),
            "W2": weight_scale * draw.standard_normal((hidden_dim, num_classes)),
            "b2": np.zeros(num_classes),
        }

    @np.errstate(over="ignore", under="ignore", invalid="ignore")  # what is not finite is found in the scores
    def loss(
        self, X: np.ndarray, y: np.ndarray | None = None
    ) -> np.ndarray | tuple[float, dict[str, np.ndarray]]:
        """Compute the scores, or with labels the loss and the gradients.

        Parameters
        ----------
        X : (N, d1, ..., dk) real array
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
        TypeError
            If y does not hold integers.
        ValueError
            If shapes do not fit, X has no rows, a label is out of range, `reg` is negative, or X
            holds NaN or infinity.
        FloatingPointError
            If the scores of labeled examples overflow: a training has diverged.
        """
        W1, b1, W2, b2 = (self.params[name] for name in ("W1", "b1", "W2", "b2"))
        X, reg = np.asarray(X), check_strength(self.reg)
        hidden, cache1 = affine_relu_forward(X, W1, b1)
        scores, cache2 = affine_forward(hidden, W2, b2)
        check_scores(scores, X, training=y is not None)
        if y is None:
            return scores

        loss, dscores = softmax_loss(scores, y)
        dhidden, dW2, db2 = affine_backward(dscores, cache2)
        _, dW1, db1 = affine_relu_backward(dhidden, cache1, need_dx=False)
        loss += regularize(dW1, W1, reg) + regularize(dW2, W2, reg)
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
    reg : float, default 0
        Strength of the regularization ``½ · reg · sum(W²)`` over all W (not biases, gamma or beta). It may be
        changed at any time.
    weight_scale : float, default 1e-2
        Standard deviation of the first weights, drawn by NumPy's global generator in the order of the layers,
        as in the course.
    dtype : dtype, default float32
        What all is computed in. X is cast to it. Use float64 for gradient checks.
    seed : int, optional
        Makes every dropout mask the same, so that the loss is a function that can be checked numerically.
    rng : Generator or int, optional
        Draws the first weights and the dropout masks instead of the global generator.
    label_smoothing : float, default 0
        See `softmax_loss`.

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
    ) -> None:
        if normalization not in (None, "batchnorm", "layernorm"):
            raise ValueError(f'normalization must be None, "batchnorm" or "layernorm", got {normalization!r}')
        if not 0 < dropout_keep_ratio <= 1:
            raise ValueError(f"dropout_keep_ratio must be above 0 and at most 1, got {dropout_keep_ratio}")
        if np.dtype(dtype).kind != "f":
            raise TypeError(f"dtype must be a floating dtype, got {np.dtype(dtype)}")
        self.reg, self.dtype, self.normalization = check_strength(reg), dtype, normalization
        self.label_smoothing = label_smoothing
        self.num_layers = len(hidden_dims) + 1
        draw = np.random if rng is None else np.random.default_rng(rng)

        self.params = {}
        sizes = [input_dim, *hidden_dims, num_classes]
        for i, (fan_in, fan_out) in enumerate(zip(sizes[:-1], sizes[1:], strict=True), start=1):
            self.params[f"W{i}"] = weight_scale * draw.standard_normal((fan_in, fan_out))
            self.params[f"b{i}"] = np.zeros(fan_out)
            if normalization and i < self.num_layers:
                self.params[f"gamma{i}"] = np.ones(fan_out)
                self.params[f"beta{i}"] = np.zeros(fan_out)
        self.params = {name: w.astype(dtype) for name, w in self.params.items()}

        self.use_dropout = dropout_keep_ratio != 1
        self.dropout_param = {"mode": "train", "p": dropout_keep_ratio} if self.use_dropout else {}
        if self.use_dropout and seed is not None:
            self.dropout_param["seed"] = seed
        elif self.use_dropout and rng is not None:
            self.dropout_param["rng"] = draw
        self.bn_params = [{"mode": "train"} for _ in hidden_dims] if normalization else []

    @np.errstate(over="ignore", under="ignore", invalid="ignore")  # what is not finite is found in the scores
    def loss(
        self, X: np.ndarray, y: np.ndarray | None = None
    ) -> np.ndarray | tuple[float, dict[str, np.ndarray]]:
        """Compute the scores (as at test time), or with labels the loss and the gradients (in training).

        Parameters, returned values and errors are those of `TwoLayerNet.loss`. After an error the running
        averages of batch normalization are as before.
        """
        before = [dict(param) for param in self.bn_params]
        try:
            return self._loss(X, y)
        except BaseException:
            for param, values in zip(self.bn_params, before, strict=True):
                param.clear()
                param.update(values)
            raise

    def _loss(self, X: np.ndarray, y: np.ndarray | None) -> np.ndarray | tuple[float, dict[str, np.ndarray]]:
        X, reg = np.asarray(X).astype(self.dtype, copy=False), check_strength(self.reg)
        for param in (self.dropout_param, *self.bn_params):
            param["mode"] = "test" if y is None else "train"

        out, caches = X, []
        for i in range(1, self.num_layers):
            out, cache = self._hidden_forward(i, out)
            caches.append(cache)
        scores, last_cache = affine_forward(out, *self._last_params())
        check_scores(scores, X, training=y is not None)
        if y is None:
            return scores

        loss, dscores = softmax_loss(scores, y, self.label_smoothing)
        L, grads = self.num_layers, {}
        dout, grads[f"W{L}"], grads[f"b{L}"] = affine_backward(dscores, last_cache, need_dx=L > 1)
        for i in reversed(range(1, L)):
            dout = self._hidden_backward(i, dout, caches.pop(), grads)
        for i in range(1, L + 1):
            loss += regularize(grads[f"W{i}"], self.params[f"W{i}"], reg)
        return loss, grads

    def _last_params(self) -> tuple[np.ndarray, np.ndarray]:
        return self.params[f"W{self.num_layers}"], self.params[f"b{self.num_layers}"]

    def _hidden_forward(self, i: int, x: np.ndarray) -> tuple[np.ndarray, tuple]:
        w, b, gamma, beta = (self.params.get(f"{name}{i}") for name in ("W", "b", "gamma", "beta"))
        if self.normalization == "batchnorm":
            out, cache = affine_bn_relu_forward(x, w, b, gamma, beta, self.bn_params[i - 1])
        elif self.normalization == "layernorm":
            out, cache = affine_ln_relu_forward(x, w, b, gamma, beta, self.bn_params[i - 1])
        else:
            out, cache = affine_relu_forward(x, w, b)
        if not self.use_dropout:
            return out, (cache, None)
        out, dropout_cache = dropout_forward(out, self.dropout_param)
        return out, (cache, dropout_cache)

    def _hidden_backward(self, i: int, dout: np.ndarray, caches: tuple, grads: dict) -> np.ndarray | None:
        """Put the gradients of hidden layer i into `grads`; give the derivative by what went into it."""
        cache, dropout_cache = caches
        if dropout_cache is not None:
            dout = dropout_backward(dout, dropout_cache)
        if self.normalization is None:
            dx, grads[f"W{i}"], grads[f"b{i}"] = affine_relu_backward(dout, cache, need_dx=i > 1)
            return dx
        backward = affine_bn_relu_backward if self.normalization == "batchnorm" else affine_ln_relu_backward
        dx, *layer_grads = backward(dout, cache, need_dx=i > 1)
        grads.update(zip((f"W{i}", f"b{i}", f"gamma{i}", f"beta{i}"), layer_grads, strict=True))
        return dx

    def _saved_arrays(self) -> dict[str, np.ndarray]:
        """The parameters, and batch normalization's running averages: without them a test is not the same."""
        arrays = dict(self.params)
        if self.normalization == "batchnorm":
            for i, param in enumerate(self.bn_params, start=1):
                for name, start in (("running_mean", np.zeros_like), ("running_var", np.zeros_like)):
                    arrays[f"{name}{i}"] = param.get(name, start(self.params[f"gamma{i}"]))
        return arrays

    def _set_arrays(self, arrays: dict[str, np.ndarray]) -> None:
        super()._set_arrays(arrays)
        if self.normalization == "batchnorm":
            for i, param in enumerate(self.bn_params, start=1):
                for name in ("running_mean", "running_var"):
                    param[name] = arrays[f"{name}{i}"]
