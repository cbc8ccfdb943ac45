"""Layers against centered differences, PyTorch, SciPy and hand-worked examples."""

# ruff: noqa: NPY002 (the course seeds and draws from the global generator)

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax, softmax

from cs231n_lib.layer_utils import (
    affine_bn_relu_backward,
    affine_bn_relu_forward,
    affine_ln_relu_backward,
    affine_ln_relu_forward,
    affine_relu_backward,
    affine_relu_forward,
)
from cs231n_lib.layers import (
    affine_backward,
    affine_forward,
    batchnorm_backward,
    batchnorm_backward_alt,
    batchnorm_forward,
    dropout_backward,
    dropout_forward,
    layernorm_backward,
    layernorm_forward,
    relu_backward,
    relu_forward,
    softmax_loss,
    svm_loss,
)


def slopes(f, x, dout=1.0, h=1e-5):
    """Centered differences of ``sum(f(x) * dout)`` by each entry of x, independent of the library."""
    gradient = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[index] += h
        down[index] -= h
        gradient[index] = np.sum((f(up) - f(down)) * dout) / (2 * h)
    return gradient


def assert_close(actual, expected, rtol=1e-6, atol=1e-8):
    np.testing.assert_allclose(actual, expected, rtol=rtol, atol=atol)


def away_from_zero(rng, shape):
    """Numbers at least 0.01 from the ReLU's kink."""
    x = rng.standard_normal(shape)
    return x + 0.01 * np.sign(x)


shapes = st.tuples(st.integers(1, 5), st.integers(1, 5))
seeds = st.integers(0, 2**32 - 1)
modest = settings(deadline=None, max_examples=25, derandomize=True)


# ---------------------------------------------------------------------------------------------- affine


def test_affine_forward_of_the_assignment():
    x = np.linspace(-0.1, 0.5, num=2 * 4 * 5 * 6).reshape(2, 4, 5, 6)
    w = np.linspace(-0.2, 0.3, num=120 * 3).reshape(120, 3)
    b = np.linspace(-0.3, 0.1, num=3)
    out, _ = affine_forward(x, w, b)
    assert_close(out, [[1.49834967, 1.70660132, 1.91485297], [3.25553199, 3.5141327, 3.77273342]], rtol=1e-8)


@pytest.mark.parametrize("row", [(1,), (6,), (2, 3), (2, 1, 4)])
@pytest.mark.parametrize("N, M", [(1, 1), (4, 3)])
def test_affine_backward_against_differences(row, N, M):
    rng = np.random.default_rng(0)
    x, dout = rng.standard_normal((N, *row)), rng.standard_normal((N, M))
    w, b = rng.standard_normal((int(np.prod(row)), M)), rng.standard_normal(M)
    dx, dw, db = affine_backward(dout, affine_forward(x, w, b)[1])
    assert dx.shape == x.shape and dw.shape == w.shape and db.shape == b.shape
    assert_close(dx, slopes(lambda x: affine_forward(x, w, b)[0], x, dout))
    assert_close(dw, slopes(lambda w: affine_forward(x, w, b)[0], w, dout))
    assert_close(db, slopes(lambda b: affine_forward(x, w, b)[0], b, dout))


def test_affine_backward_without_dx():
    rng = np.random.default_rng(0)
    x, w, b, dout = (rng.standard_normal(shape) for shape in [(4, 6), (6, 3), (3,), (4, 3)])
    cache = affine_forward(x, w, b)[1]
    nothing, dw, db = affine_backward(dout, cache, need_dx=False)
    assert nothing is None
    np.testing.assert_array_equal(dw, affine_backward(dout, cache)[1])
    np.testing.assert_array_equal(db, affine_backward(dout, cache)[2])


def test_affine_takes_images_as_they_come():
    x = np.full((2, 2, 2), 200, np.uint8)
    out, _ = affine_forward(x, np.ones((4, 1)), np.zeros(1))
    np.testing.assert_array_equal(out, [[800.0], [800.0]])  # and not 800 - 3 · 256


# ------------------------------------------------------------------------------------------------ ReLU


def test_relu_by_hand():
    x = np.array([[-2.0, 0.0, 3.0], [1e-300, -1e-300, np.inf]])
    out, cache = relu_forward(x)
    np.testing.assert_array_equal(out, [[0, 0, 3], [1e-300, 0, np.inf]])
    np.testing.assert_array_equal(relu_backward(np.full((2, 3), 5.0), cache), [[0, 0, 5], [5, 0, 5]])
    assert x[0, 0] == -2


@given(shapes, seeds)
@modest
def test_relu_backward_against_differences(shape, seed):
    rng = np.random.default_rng(seed)
    x, dout = away_from_zero(rng, (*shape, 2)), rng.standard_normal((*shape, 2))
    assert_close(relu_backward(dout, relu_forward(x)[1]), slopes(lambda x: relu_forward(x)[0], x, dout))


def test_a_difference_across_the_kink_is_not_the_gradient():
    # The notes' example: at x = -1e-6 (not -1e6) a step of 1e-5 crosses 0, and a smaller one does not.
    for x, h, numerical in ((-1e-6, 1e-5, 0.45), (-1e-6, 1e-7, 0.0), (-1e6, 1e-5, 0.0)):
        point = np.array([x])
        np.testing.assert_allclose(slopes(lambda x: relu_forward(x)[0], point, h=h), [numerical], rtol=1e-9)
        np.testing.assert_array_equal(relu_backward(np.ones(1), point), [0.0])


# ------------------------------------------------------------------------------ batch and layer normalization


def test_batchnorm_by_hand():
    # The columns 1, 3 and 10, 14 have means 2 and 12, variances 1 and 4.
    x = np.array([[1.0, 10.0], [3.0, 14.0]])
    param = {"mode": "train", "eps": 0.0}
    out, _ = batchnorm_forward(x, np.array([2.0, 3.0]), np.array([0.5, -1.0]), param)
    assert_close(out, [[-1.5, -4.0], [2.5, 2.0]])
    assert_close(param["running_mean"], [0.2, 1.2])  # 0.9 · 0 + 0.1 · mean
    assert_close(param["running_var"], [0.1, 0.4])
    batchnorm_forward(x, np.ones(2), np.zeros(2), param)
    assert_close(param["running_mean"], [0.38, 2.28])


def test_batchnorm_adds_eps_to_the_variance():
    out, _ = batchnorm_forward(
        np.array([[0.0], [2.0]]), np.ones(1), np.zeros(1), {"mode": "train", "eps": 3.0}
    )
    assert_close(out, [[-0.5], [0.5]])  # 1 / sqrt(1 + 3)
    test = {"mode": "test", "eps": 3.0, "running_mean": np.ones(1), "running_var": np.ones(1)}
    assert_close(batchnorm_forward(np.array([[5.0]]), np.ones(1), np.zeros(1), test)[0], [[2.0]])
    out, _ = layernorm_forward(np.array([[0.0, 2.0]]), np.ones(2), np.zeros(2), {"eps": 3.0})
    assert_close(out, [[-0.5, 0.5]])


def test_batchnorm_at_test_time_uses_the_running_averages_and_changes_nothing():
    rng = np.random.default_rng(0)
    gamma, beta = np.array([1.0, 2.0, 3.0]), np.array([11.0, 12.0, 13.0])
    param = {"mode": "train"}
    for _ in range(200):
        batchnorm_forward(rng.normal(5, 2, (100, 3)), gamma, beta, param)
    before = {name: np.copy(value) for name, value in param.items()}
    param["mode"] = "test"
    X = rng.normal(5, 2, (10_000, 3))
    out, cache = batchnorm_forward(X, gamma, beta, param)
    assert cache is None
    assert_close(out.mean(axis=0), beta, atol=0.15)
    assert_close(out.std(axis=0), gamma, rtol=0.05)
    assert_close(batchnorm_forward(X[:1], gamma, beta, param)[0], out[:1])  # independent of its company
    for name in ("running_mean", "running_var"):
        np.testing.assert_array_equal(param[name], before[name])


@given(shapes, seeds)
@modest
def test_batchnorm_backward_against_differences(shape, seed):
    rng = np.random.default_rng(seed)
    N, D = shape[0] + 1, shape[1]  # of two rows or more: one row is its own mean
    x, dout = rng.normal(3, 2, (N, D)), rng.standard_normal((N, D))
    gamma, beta = rng.standard_normal(D), rng.standard_normal(D)

    def forward(x, gamma, beta):
        return batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": 0.01})[0]

    cache = batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": 0.01})[1]
    expected = (
        slopes(lambda x: forward(x, gamma, beta), x, dout),
        slopes(lambda gamma: forward(x, gamma, beta), gamma, dout),
        slopes(lambda beta: forward(x, gamma, beta), beta, dout),
    )
    for backward in (batchnorm_backward, batchnorm_backward_alt):
        for actual, numerical in zip(backward(dout, cache), expected, strict=True):
            assert_close(actual, numerical, rtol=1e-5, atol=1e-7)


@given(shapes, seeds)
@modest
def test_layernorm_is_batchnorm_of_the_transpose_and_its_gradient_is_right(shape, seed):
    rng = np.random.default_rng(seed)
    N, D = shape[0], shape[1] + 1
    x, dout = rng.normal(3, 2, (N, D)), rng.standard_normal((N, D))
    gamma, beta = rng.standard_normal(D), rng.standard_normal(D)
    out, cache = layernorm_forward(x, gamma, beta, {"eps": 0.01})
    transposed, _ = batchnorm_forward(x.T, np.ones(N), np.zeros(N), {"mode": "train", "eps": 0.01})
    assert_close(out, gamma * transposed.T + beta, rtol=1e-12)

    dx, dgamma, dbeta = layernorm_backward(dout, cache)

    def forward(x, gamma, beta):
        return layernorm_forward(x, gamma, beta, {"eps": 0.01})[0]

    assert_close(dx, slopes(lambda x: forward(x, gamma, beta), x, dout), rtol=1e-5, atol=1e-7)
    assert_close(dgamma, slopes(lambda gamma: forward(x, gamma, beta), gamma, dout))
    assert_close(dbeta, slopes(lambda beta: forward(x, gamma, beta), beta, dout))


# --------------------------------------------------------------------------------------------- dropout


@pytest.mark.parametrize("p", [0.25, 0.4, 0.7])
def test_dropout_keeps_p_of_the_entries_and_the_mean(p):
    x = np.random.default_rng(0).normal(10, 1, (500, 500))
    out, _ = dropout_forward(x, {"mode": "train", "p": p, "rng": np.random.default_rng(1)})
    kept = out != 0
    assert abs(kept.mean() - p) < 0.005  # 5 standard deviations
    assert abs(out.mean() - 10) < 0.15
    assert_close(out[kept], x[kept] / p, rtol=1e-12)
    np.testing.assert_array_equal(dropout_forward(x, {"mode": "test", "p": p})[0], x)


def test_dropout_backward_goes_through_the_same_mask():
    rng = np.random.default_rng(0)
    x, dout = rng.standard_normal((10, 10)) + 10, rng.standard_normal((10, 10))
    param = {"mode": "train", "p": 0.2, "seed": 123}
    dx = dropout_backward(dout, dropout_forward(x, param)[1])
    assert_close(dx, slopes(lambda x: dropout_forward(x, param)[0], x, dout), rtol=1e-5)
    assert_close(dropout_backward(dout, dropout_forward(x, {"mode": "test", "p": 0.2})[1]), dout)


def test_dropout_masks_are_the_courses_and_a_seed_leaves_the_global_generator_alone():
    x = np.ones((3, 4))
    np.random.seed(5)
    expected = (np.random.rand(3, 4) < 0.6) / 0.6
    np.random.seed(5)
    np.testing.assert_array_equal(dropout_forward(x, {"mode": "train", "p": 0.6})[0], expected)
    np.random.seed(7)
    following = np.random.rand()
    np.random.seed(7)
    out, _ = dropout_forward(x, {"mode": "train", "p": 0.6, "seed": 5})
    np.testing.assert_array_equal(out, expected)
    assert np.random.rand() == following


def test_a_generator_gives_another_mask_each_time():
    param = {"mode": "train", "p": 0.5, "rng": np.random.default_rng(0)}
    first, second = (dropout_forward(np.ones((8, 8)), param)[0] for _ in range(2))
    assert (first != second).any()


# ---------------------------------------------------------------------------------------------- losses


def test_svm_loss_of_the_lecture_notes():
    # Lecture 3's cat, car and frog: losses 2.9, 0 and 12.9.
    x = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])
    loss, dx = svm_loss(x, np.array([0, 1, 2]))
    assert_close(loss, (2.9 + 0 + 12.9) / 3)
    assert_close(dx, np.array([[-1, 1, 0], [0, 0, 0], [1, 1, -2]]) / 3)


@given(shapes, seeds)
@modest
def test_losses_against_differences_and_scipy(shape, seed):
    rng = np.random.default_rng(seed)
    N, C = shape
    x, y = 3 * rng.standard_normal(shape), rng.integers(C, size=N)
    hinge = sum(
        max(0, x[i, j] - x[i, y[i]] + 1) for i in range(N) for j in range(C) if j != y[i]
    )  # the definition
    loss, dx = svm_loss(x, y)
    assert_close(loss, hinge / N)
    margins = np.abs(x - x[np.arange(N), y][:, None] + 1)
    if margins.min() > 1e-4:  # no kink within reach of the difference
        assert_close(dx, slopes(lambda x: svm_loss(x, y)[0], x))

    loss, dx = softmax_loss(x, y)
    assert_close(loss, -log_softmax(x, axis=1)[np.arange(N), y].mean())
    assert_close(dx, (softmax(x, axis=1) - np.eye(C)[y]) / N)
    assert_close(dx, slopes(lambda x: softmax_loss(x, y)[0], x))


@pytest.mark.parametrize("smoothing", [0.1, 0.5])
def test_label_smoothing_is_cross_entropy_against_the_smoothed_target(smoothing):
    rng = np.random.default_rng(0)
    x, y = 3 * rng.standard_normal((6, 4)), rng.integers(4, size=6)
    target = (1 - smoothing) * np.eye(4)[y] + smoothing / 4
    loss, dx = softmax_loss(x, y, smoothing)
    assert_close(loss, -np.sum(target * log_softmax(x, axis=1)) / 6)
    assert_close(dx, slopes(lambda x: softmax_loss(x, y, smoothing)[0], x))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_softmax_loss_is_exact_for_scores_of_any_size(dtype):
    big = 1e30
    x = np.array([[0, big], [big, 0], [-big, -big], [1000, 0]], dtype)
    loss, dx = softmax_loss(x, np.array([0, 0, 1, 1]))
    assert_close(loss, (float(dtype(big)) + 0 + np.log(2) + 1000) / 4, rtol=1e-6)
    assert_close(dx * 4, [[-1, 1], [0, 0], [0.5, -0.5], [1, -1]])
    # Rows far apart: one maximum for the whole batch would give 0/0.
    loss, _ = softmax_loss(np.array([[1000, 1000], [-1000, -1000]], dtype), np.array([0, 1]))
    assert_close(loss, np.log(2), rtol=1e-6)


def test_both_losses_ignore_a_constant_added_to_a_row():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((5, 4)), rng.integers(4, size=5)
    for loss in (svm_loss, softmax_loss):
        value, dx = loss(x, y)
        shifted, shifted_dx = loss(x + rng.standard_normal((5, 1)), y)
        assert_close(shifted, value)
        assert_close(shifted_dx, dx)
        assert_close(dx.sum(axis=1), 0, atol=1e-15)


# ------------------------------------------------------------------------------------------ joined layers


def test_joined_layers_against_differences():
    rng = np.random.default_rng(0)
    x, w, b = away_from_zero(rng, (4, 2, 3)), rng.standard_normal((6, 5)), rng.standard_normal(5)
    gamma, beta, dout = rng.uniform(0.5, 2, 5), rng.standard_normal(5), rng.standard_normal((4, 5))
    bn = {"mode": "train"}
    for forward, backward, args in (
        (affine_relu_forward, affine_relu_backward, [x, w, b]),
        (lambda *a: affine_bn_relu_forward(*a, dict(bn)), affine_bn_relu_backward, [x, w, b, gamma, beta]),
        (lambda *a: affine_ln_relu_forward(*a, {}), affine_ln_relu_backward, [x, w, b, gamma, beta]),
    ):
        out, cache = forward(*args)
        assert 0 < (out == 0).sum() < out.size
        grads = backward(dout, cache)
        assert len(grads) == len(args)
        for i, gradient in enumerate(grads):

            def moved(value, i=i, forward=forward, args=args):
                return forward(*args[:i], value, *args[i + 1 :])[0]

            assert_close(gradient, slopes(moved, args[i], dout), rtol=1e-5, atol=1e-7)
        assert backward(dout, cache, need_dx=False)[0] is None


# ------------------------------------------------------------------------------------------ dtypes, PyTorch


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtypes_are_kept_and_float32_agrees_with_float64(dtype):
    rng = np.random.default_rng(0)
    x, w, b, gamma, beta, dout = (
        rng.standard_normal(shape) for shape in [(6, 4), (4, 3), (3,), (4,), (4,), (6, 4)]
    )

    def everything(dtype):
        X, W, B, G, S, dOut = (array.astype(dtype) for array in (x, w, b, gamma, beta, dout))
        y = np.array([0, 1, 2, 3, 0, 1])
        out, cache = affine_forward(X, W, B)
        yield from (out, *affine_backward(out, cache))
        out, cache = relu_forward(X)
        yield from (out, relu_backward(dOut, cache))
        param = {"mode": "train"}
        out, cache = batchnorm_forward(X, G, S, param)
        yield from (out, *batchnorm_backward(dOut, cache), *batchnorm_backward_alt(dOut, cache))
        yield from (param["running_mean"], param["running_var"])
        param["mode"] = "test"
        yield batchnorm_forward(X, G, S, param)[0]
        out, cache = layernorm_forward(X, G, S, {})
        yield from (out, *layernorm_backward(dOut, cache))
        out, cache = dropout_forward(X, {"mode": "train", "p": 0.4, "seed": 1})
        yield from (out, dropout_backward(dOut, cache))
        yield svm_loss(X, y)[1]
        yield softmax_loss(X, y, 0.1)[1]

    for actual, exact in zip(everything(dtype), everything(np.float64), strict=True):
        assert actual.dtype == dtype
        assert_close(actual, exact, rtol=1e-4, atol=1e-5)


@pytest.mark.oracle
def test_layers_against_pytorch():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    x, w, b, dout = (rng.standard_normal(shape) for shape in [(7, 6), (6, 5), (5,), (7, 5)])
    gamma, beta, y = rng.standard_normal(5), rng.standard_normal(5), rng.integers(5, size=7)

    def leaves(*arrays):
        return [torch.tensor(array, requires_grad=True) for array in arrays]

    X, W, B, G, S = leaves(x, w, b, gamma, beta)
    mean, var = torch.zeros(5, dtype=torch.float64), torch.zeros(5, dtype=torch.float64)
    torch.nn.functional.batch_norm(X @ W + B, mean, var, G, S, training=True).relu().backward(
        torch.tensor(dout)
    )
    param = {"mode": "train"}
    grads = affine_bn_relu_backward(dout, affine_bn_relu_forward(x, w, b, gamma, beta, param)[1])
    for ours, theirs in zip(grads, (X, W, B, G, S), strict=True):
        assert_close(ours, theirs.grad.numpy(), rtol=1e-9, atol=1e-12)
    assert_close(param["running_mean"], mean.numpy())
    assert_close(param["running_var"], var.numpy() * 6 / 7)  # PyTorch's is the unbiased variance

    X, W, B, G, S = leaves(x, w, b, gamma, beta)
    torch.nn.functional.layer_norm(X @ W + B, (5,), G, S).relu().backward(torch.tensor(dout))
    grads = affine_ln_relu_backward(dout, affine_ln_relu_forward(x, w, b, gamma, beta, {})[1])
    for ours, theirs in zip(grads, (X, W, B, G, S), strict=True):
        assert_close(ours, theirs.grad.numpy(), rtol=1e-9, atol=1e-12)

    for smoothing in (0.0, 0.1):
        (X,) = leaves(dout)
        expected = torch.nn.functional.cross_entropy(X, torch.tensor(y), label_smoothing=smoothing)
        expected.backward()
        loss, dx = softmax_loss(dout, y, smoothing)
        assert_close(loss, expected.item(), rtol=1e-12)
        assert_close(dx, X.grad.numpy(), rtol=1e-12, atol=1e-15)
    (X,) = leaves(dout)
    expected = torch.nn.functional.multi_margin_loss(X, torch.tensor(y)) * 5  # PyTorch divides by C
    expected.backward()
    loss, dx = svm_loss(dout, y)
    assert_close(loss, expected.item(), rtol=1e-12)
    assert_close(dx, X.grad.numpy(), rtol=1e-12, atol=1e-15)


def test_dropout_of_integers_is_that_of_the_same_floats():
    x, param = np.arange(1, 9), {"p": 0.5, "mode": "train", "seed": 0}
    out, _ = dropout_forward(x, param)
    np.testing.assert_array_equal(out, dropout_forward(x.astype(float), param)[0])
    assert set(out / x) == {0.0, 2.0}


# ------------------------------------------------------------------------------------------------ errors

X, Y, ONE, TRAIN = np.ones((3, 4)), np.array([0, 1, 3]), np.ones(4), {"mode": "train"}
NAN = np.where(np.arange(12).reshape(3, 4) == 5, np.nan, X)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: affine_forward(X[:0], np.ones((4, 2)), np.ones(2)), ValueError, "x must have shape (N, d1"),
        (lambda: affine_forward(ONE, np.ones((4, 2)), np.ones(2)), ValueError, "x must have shape (N, d1"),
        (lambda: affine_forward(X, np.ones((5, 2)), np.ones(2)), ValueError, "w must have shape (4, M), got"),
        (lambda: affine_forward(X, np.ones((4, 2)), np.ones(1)), ValueError, "b must have shape (2,), got"),
        (lambda: affine_forward(X, [["a"]] * 4, ["b"]), TypeError, "w must hold real numbers, got dtype <U1"),
        (lambda: affine_backward(X, (X, np.ones((4, 2)), ONE[:2])), ValueError, "dout must have shape (3,"),
        (lambda: affine_backward(X, X), TypeError, "cache must be what affine_forward gave, got a ndarray"),
        (lambda: relu_forward([None]), TypeError, "x must hold real numbers, got dtype object"),
        (lambda: relu_backward(X[:2], X), ValueError, "dout must have shape (3, 4), got shape (2, 4)"),
        (lambda: batchnorm_forward(X, ONE, ONE, {}), ValueError, "bn_param['mode'] must be one of"),
        (lambda: batchnorm_forward(X, ONE, ONE, {"mode": "eval"}), ValueError, "bn_param['mode'] must be"),
        (lambda: batchnorm_forward(X, ONE, ONE, None), TypeError, "bn_param must be a dict, got None"),
        (
            lambda: batchnorm_forward(X, ONE, ONE, {**TRAIN, "eps": "0"}),
            TypeError,
            "bn_param['eps'] must be a",
        ),
        (
            lambda: batchnorm_forward(X, ONE, ONE, {**TRAIN, "momentum": 2}),
            ValueError,
            "bn_param['momentum']",
        ),
        (
            lambda: batchnorm_forward(X, ONE, ONE, {**TRAIN, "running_var": ONE[:2]}),
            ValueError,
            "bn_param['running_var'] must have shape (4,)",
        ),
        (lambda: batchnorm_forward(NAN, ONE, ONE, TRAIN), ValueError, "x must be finite, got nan at (1, 1)"),
        (lambda: batchnorm_forward(X[:0], ONE, ONE, TRAIN), ValueError, "x must have shape (N, D)"),
        (lambda: batchnorm_forward(X, ONE[:2], ONE, TRAIN), ValueError, "gamma must have shape (4,)"),
        (lambda: batchnorm_backward(X, None), TypeError, "cache must be what batchnorm_forward in training"),
        (lambda: batchnorm_backward_alt(X, ()), TypeError, "cache must be what batchnorm_forward in"),
        (lambda: layernorm_forward(X, ONE, 1j * ONE, {}), TypeError, "beta must hold real numbers, got"),
        (lambda: layernorm_forward(X, ONE, ONE[:1], {}), ValueError, "beta must have shape (4,)"),
        (lambda: layernorm_forward(X, ONE, ONE, {"eps": -1}), ValueError, "ln_param['eps'] must be a finite"),
        (lambda: dropout_forward(X, TRAIN), TypeError, "dropout_param['p'] must be a finite number > 0 and"),
        (lambda: dropout_forward(X, {"mode": "Train", "p": 1}), ValueError, "dropout_param['mode'] must"),
        (lambda: dropout_forward(X, {"p": 0.5}), ValueError, "dropout_param['mode'] must be one of"),
        *(
            (lambda p=p: dropout_forward(X, {**TRAIN, "p": p}), ValueError, f"> 0 and <= 1, got {p}")
            for p in (0, -0.5, 1.5, np.nan)
        ),
        (lambda: dropout_forward(X, {**TRAIN, "p": 1, "seed": "1"}), ValueError, "dropout_param['seed']"),
        (lambda: softmax_loss(X, Y, 1), ValueError, "label_smoothing must be a finite number >= 0 and <"),
        *(
            (lambda loss=loss, x=x, y=y: loss(x, y), error, message)
            for loss in (svm_loss, softmax_loss)
            for x, y, error, message in (
                (NAN, Y, ValueError, "x must be finite, got nan at (1, 1)"),
                (np.inf * X, Y, ValueError, "x must be finite, got inf at (0, 0), 12 such entries"),
                (
                    X[:0],
                    Y[:0],
                    ValueError,
                    "x must have shape (N, C) with at least one entry, got shape (0, 4)",
                ),
                (X, Y[:2], ValueError, "y must have shape (3,), got shape (2,)"),
                (X, Y + 1, ValueError, "y must hold labels from 0 to 3, got 1 to 4"),
                (X, Y - 1, ValueError, "y must hold labels from 0 to 3, got -1 to 2"),
                (X, Y / 1, TypeError, "y must hold integers, got dtype float64"),
            )
        ),
    ],
)
def test_wrong_arguments_are_named(call, error, message):
    with pytest.raises(error, match=re.escape(message)):
        call()
    assert TRAIN == {"mode": "train"}


def test_underflow_is_silent_and_losses_may_be_infinite_whatever_the_users_settings():
    rng = np.random.default_rng(0)
    x, w = 1e-200 * rng.standard_normal((5, 4)), 1e-200 * rng.standard_normal((4, 4))
    y, one, zero = np.array([0, 1, 2, 3, 0]), np.ones(4), np.zeros(4)
    with np.errstate(all="raise"):
        out, cache = affine_forward(x, w, zero)
        assert not out.any()
        affine_backward(x, cache)
        for forward, backward in (
            (batchnorm_forward, batchnorm_backward),
            (layernorm_forward, layernorm_backward),
        ):
            out, cache = forward(x, one, zero, {"mode": "train"})
            backward(x, cache)
        dropout_backward(x, dropout_forward(x, {"mode": "train", "p": 0.5, "seed": 0})[1])
        affine_relu_backward(x, affine_relu_forward(x, w, zero)[1])
        scores = np.array([[0.0, -800.0, 1e3, 2.0]])
        assert softmax_loss(scores, np.array([2]))[0] == 0
        assert softmax_loss(np.array([[1e308, -1e308]]), np.array([1]))[0] == np.inf
        assert svm_loss(np.array([[1e308, -1e308]]), np.array([1]))[0] == np.inf
        svm_loss(x, y)
