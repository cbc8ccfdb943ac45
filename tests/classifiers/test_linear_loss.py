"""What both linear losses have in common: regularization, dtypes, arguments that are refused."""

import numpy as np
import pytest

from cs231n_lib.classifiers.linear_svm import hinge_coefficients, svm_loss_naive, svm_loss_vectorized
from cs231n_lib.classifiers.softmax import softmax_coefficients, softmax_loss_naive, softmax_loss_vectorized

LOSSES = pytest.mark.parametrize(
    "loss", [svm_loss_naive, svm_loss_vectorized, softmax_loss_naive, softmax_loss_vectorized]
)
COEFFICIENTS = pytest.mark.parametrize("coefficients", [hinge_coefficients, softmax_coefficients])


@LOSSES
def test_regularization_is_reg_times_the_sum_of_squares_without_a_half(loss):
    W, X, y = np.array([[1.0, -2.0], [3.0, 0.5]]), np.array([[1.0, 2.0], [0.0, 1.0]]), np.array([0, 1])
    bare, bare_dW = loss(W, X, y, 0.0)
    value, dW = loss(W, X, y, 0.25)
    assert value - bare == pytest.approx(0.25 * 14.25)
    np.testing.assert_allclose(dW - bare_dW, 2 * 0.25 * W)


@LOSSES
def test_a_constant_added_to_all_scores_changes_nothing(loss, linear_problem):
    W, X, y = linear_problem()
    shifted = W + np.arange(9.0)[:, np.newaxis]
    assert loss(shifted, X, y, 0.0)[0] == pytest.approx(loss(W, X, y, 0.0)[0], rel=1e-11)
    np.testing.assert_allclose(loss(W, X, y, 0.0)[1].sum(axis=1), 0, atol=1e-14)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 1e-5)])
@pytest.mark.oracle
def test_against_pytorch(dtype, tolerance, linear_problem):
    torch = pytest.importorskip("torch")
    W, X, y = linear_problem(N=600, D=30)
    W, X = W.astype(dtype), X.astype(dtype)
    for loss, torch_loss in (
        (softmax_loss_vectorized, torch.nn.functional.cross_entropy),
        (svm_loss_vectorized, lambda S, y: 5 * torch.nn.functional.multi_margin_loss(S, y)),
    ):
        weights = torch.tensor(W, requires_grad=True)
        expected = torch_loss(torch.tensor(X) @ weights, torch.tensor(y)) + 0.1 * (weights**2).sum()
        expected.backward()
        value, dW = loss(W, X, y, 0.1)
        assert value == pytest.approx(expected.item(), rel=tolerance)
        np.testing.assert_allclose(dW, weights.grad.numpy(), rtol=tolerance, atol=tolerance)


# dtypes and memory


@LOSSES
def test_dtypes(loss, linear_problem):
    W, X, y = linear_problem()
    value, dW = loss(W, X, y, 0.1)
    assert type(value) is float
    assert dW.dtype == np.float64
    value32, dW32 = loss(W.astype(np.float32), X.astype(np.float32), y.astype(np.uint8), np.float64(0.1))
    assert type(value32) is float
    assert dW32.dtype == np.float32
    assert value32 == pytest.approx(value, rel=1e-5)
    np.testing.assert_allclose(dW32, dW, atol=1e-5)
    assert loss(W, X.astype(np.float32), y, 0.1)[1].dtype == np.float64
    lists = loss(W.tolist(), X.tolist(), y.tolist(), 0.1)
    assert lists[0] == value


@LOSSES
@pytest.mark.parametrize("dtype", [np.uint8, np.int64, bool])
def test_integers_do_not_wrap(loss, dtype, linear_problem):
    W, X, y = linear_problem(scale=0.01)
    X = (100 * np.abs(X)).astype(dtype)
    value, dW = loss(W, X.astype(np.float64), y, 0.1)
    from_integers, dW_from_integers = loss(W, X, y, 0.1)
    assert from_integers == value
    np.testing.assert_array_equal(dW_from_integers, dW)
    assert loss(np.full((9, 5), 200, np.uint8), X, np.zeros(40, int), 1)[0] > 45 * 200**2


@COEFFICIENTS
def test_integer_scores_do_not_wrap(coefficients):
    S = np.array([[250, 0, 3], [1, 2, 255]], np.uint8)
    for ours, expected in zip(coefficients(S, [1, 0]), coefficients(S.astype(float), [1, 0]), strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-6, atol=1e-30)


@pytest.mark.parametrize(
    ("loss", "coefficients"),
    [(svm_loss_vectorized, hinge_coefficients), (softmax_loss_vectorized, softmax_coefficients)],
)
def test_many_float32_losses_are_summed_in_float64(loss, coefficients):
    rng = np.random.default_rng(0)
    X, W, y = rng.random((300_000, 1), np.float32), np.array([[1.0, 2.5]], np.float32), np.zeros(300_000, int)
    losses, _ = coefficients(X @ W, y)
    assert losses.dtype == np.float32
    assert loss(W, X, y, 0.0)[0] == pytest.approx(losses.astype(np.float64).mean(), rel=1e-11)


@LOSSES
def test_arguments_are_left_alone_in_any_memory_order(loss, linear_problem):
    W, X, y = linear_problem()
    value, dW = loss(W, X, y, 0.1)
    other = [np.asfortranarray(W), np.asfortranarray(X), np.repeat(y, 2)[::2]]
    copies = [a.copy() for a in other]
    value_other, dW_other = loss(*other, 0.1)
    assert value_other == pytest.approx(value, rel=1e-13)
    np.testing.assert_allclose(dW_other, dW, atol=1e-14)
    for array, copy in zip(other, copies, strict=True):
        np.testing.assert_array_equal(array, copy)
    assert not np.shares_memory(dW_other, other[0])


# Floating-point errors


@LOSSES
@pytest.mark.filterwarnings("error")
def test_no_harmless_underflow_is_an_error_and_no_overflow_either(loss):
    with np.errstate(all="raise"):
        value, _ = loss(np.array([[1e-200, 800.0]]), np.array([[1.0], [1e-200]]), np.array([1, 0]), 1e-10)
        second = 1 if loss in (svm_loss_naive, svm_loss_vectorized) else np.log(2)
        assert value == pytest.approx((0 + second) / 2 + 1e-10 * 800**2)
        value, _ = loss(np.full((1, 2), 1e200), np.ones((1, 1)), np.array([0]), 1.0)
        assert value == np.inf


@COEFFICIENTS
@pytest.mark.filterwarnings("error")
def test_no_floating_point_error_of_coefficients(coefficients):
    with np.errstate(all="raise"):
        losses, _ = coefficients(np.array([[1e-310, 800.0], [-1e308, 1e308]]), np.array([1, 0]))
    np.testing.assert_array_equal(losses, [0, np.inf])


# Bad arguments


@LOSSES
@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"W": np.ones(9)}, ValueError, r"W must have shape \(D, C\), got shape \(9,\)"),
        ({"W": np.ones((9, 0))}, ValueError, r"W must have shape \(D, C\) with at least one entry"),
        ({"W": None}, TypeError, "W must hold real numbers, got dtype object"),
        ({"X": np.ones((40, 8))}, ValueError, r"X has shape \(40, 8\) but W has rows for 9 features"),
        ({"X": np.ones((0, 9)), "y": np.ones(0, int)}, ValueError, "X must have shape .* at least one entry"),
        ({"X": np.full((40, 9), 1j)}, TypeError, "X must hold real numbers, got dtype complex128"),
        ({"X": np.ma.masked_less(np.eye(40, 9), 1)}, TypeError, "X must have no masked entries"),
        ({"y": np.zeros(40)}, TypeError, "y must hold integers, got dtype float64"),
        ({"y": np.zeros((40, 1), int)}, ValueError, r"y must have shape \(40,\), got shape \(40, 1\)"),
        ({"y": np.arange(40) % 6}, ValueError, "y must hold labels from 0 to 4, got 0 to 5"),
        ({"y": np.arange(40) % 5 - 1}, ValueError, "y must hold labels from 0 to 4, got -1 to 3"),
        ({"reg": -0.1}, ValueError, "reg must be a finite number >= 0, got -0.1"),
        ({"reg": np.nan}, ValueError, "reg must be a finite number >= 0, got nan"),
        ({"reg": "0.1"}, TypeError, "reg must be a finite number >= 0, got '0.1'"),
    ],
)
def test_bad_arguments_are_refused_by_name(loss, change, error, message, linear_problem):
    W, X, y = linear_problem()
    with pytest.raises(error, match=message):
        loss(**({"W": W, "X": X, "y": y, "reg": 0.1} | change))


@COEFFICIENTS
def test_bad_scores_and_labels_of_coefficients(coefficients):
    for S, y, message in (
        ([[1.0, np.nan]], [0], "S must be finite"),
        ([1.0, 2.0], [0], r"S must have shape \(N, C\)"),
        ([[1.0, 2.0]], [2], "y must hold labels from 0 to 1, got 2 to 2"),
    ):
        with pytest.raises(ValueError, match=message):
            coefficients(S, y)


@LOSSES
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("reg", [0.0, 0.1])
def test_nan_and_infinity_are_refused_wherever_they_are(loss, bad, reg, linear_problem):
    W, X, y = linear_problem()
    for i, j in ((0, 0), (39, 8), (20, 3)):
        changed = X.copy()
        changed[i, j] = bad
        with pytest.raises(ValueError, match=rf"X must be finite, got {bad} at \({i}, {j}\)"):
            loss(W, changed, y, reg)
        with pytest.raises(ValueError, match="X must be finite"):
            loss(0 * W, changed, y, reg)
    for d, c in ((0, 0), (8, 4)):
        changed = W.copy()
        changed[d, c] = bad
        with pytest.raises(ValueError, match=rf"W must be finite, got {bad} at \({d}, {c}\)"):
            loss(changed, X, y, reg)
        with pytest.raises(ValueError, match="W must be finite"):
            loss(changed, 0 * X, np.full(40, c), reg)
