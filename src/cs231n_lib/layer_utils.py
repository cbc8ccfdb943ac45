"""Layers that mostly come together, joined into one pair of functions each."""

import numpy as np

from cs231n_lib import layers

__all__ = [
    "affine_bn_relu_backward",
    "affine_bn_relu_forward",
    "affine_ln_relu_backward",
    "affine_ln_relu_forward",
    "affine_relu_backward",
    "affine_relu_forward",
]


def affine_relu_forward(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, tuple]:
    """Compute ``max(0, x w + b)``; arguments as for `affine_forward`."""
    a, affine_cache = layers.affine_forward(x, w, b)
    out, relu_cache = layers.relu_forward(a)
    return out, (affine_cache, relu_cache)


def affine_relu_backward(dout: np.ndarray, cache: tuple, need_dx: bool = True) -> tuple:
    """Compute ``dx, dw, db`` of `affine_relu_forward`; `need_dx` as for `affine_backward`."""
    affine_cache, relu_cache = cache
    return layers.affine_backward(layers.relu_backward(dout, relu_cache), affine_cache, need_dx)


def affine_bn_relu_forward(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, gamma: np.ndarray, beta: np.ndarray, bn_param: dict
) -> tuple[np.ndarray, tuple]:
    """Compute ``max(0, batchnorm(x w + b))``; arguments as for `affine_forward` and `batchnorm_forward`."""
    a, affine_cache = layers.affine_forward(x, w, b)
    a, norm_cache = layers.batchnorm_forward(a, gamma, beta, bn_param)
    out, relu_cache = layers.relu_forward(a)
    return out, (affine_cache, norm_cache, relu_cache)


def affine_bn_relu_backward(dout: np.ndarray, cache: tuple, need_dx: bool = True) -> tuple:
    """Compute ``dx, dw, db, dgamma, dbeta`` of `affine_bn_relu_forward`."""
    affine_cache, norm_cache, relu_cache = cache
    da, dgamma, dbeta = layers.batchnorm_backward_alt(layers.relu_backward(dout, relu_cache), norm_cache)
    return *layers.affine_backward(da, affine_cache, need_dx), dgamma, dbeta


def affine_ln_relu_forward(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, gamma: np.ndarray, beta: np.ndarray, ln_param: dict
) -> tuple[np.ndarray, tuple]:
    """Compute ``max(0, layernorm(x w + b))``; arguments as for `affine_forward` and `layernorm_forward`."""
    a, affine_cache = layers.affine_forward(x, w, b)
    a, norm_cache = layers.layernorm_forward(a, gamma, beta, ln_param)
    out, relu_cache = layers.relu_forward(a)
    return out, (affine_cache, norm_cache, relu_cache)


def affine_ln_relu_backward(dout: np.ndarray, cache: tuple, need_dx: bool = True) -> tuple:
    """Compute ``dx, dw, db, dgamma, dbeta`` of `affine_ln_relu_forward`."""
    affine_cache, norm_cache, relu_cache = cache
    da, dgamma, dbeta = layers.layernorm_backward(layers.relu_backward(dout, relu_cache), norm_cache)
    return *layers.affine_backward(da, affine_cache, need_dx), dgamma, dbeta
