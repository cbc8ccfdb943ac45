"""The SVM and softmax losses: loops = whole matrices = blocks = oracles that share no code with them."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax, softmax
from threadpoolctl import threadpool_limits

from cs231n_lib.classifiers import _blocks
from cs231n_lib.classifiers.linear_svm import (
    hinge_coefficients,
    svm_loss_matrix,
    svm_loss_naive,
    svm_loss_vectorized,
)
from cs231n_lib.classifiers.softmax import (
    softmax_coefficients,
    softmax_loss_matrix,
    softmax_loss_naive,
    softmax_loss_vectorized,
)

SVM = [svm_loss_naive, svm_loss_matrix, svm_loss_vectorized]
SOFTMAX = [softmax_loss_naive, softmax_loss_matrix, softmax_loss_vectorized]
CHECKED = [svm_loss_naive, svm_loss_vectorized, softmax_loss_naive, softmax_loss_vectorized]


def problem(N=40, D=9, C=5, seed=0, scale=1.0):
    rng = np.random.default_rng(seed)
    return scale * rng.standard_normal((D, C)), rng.standard_normal((N, D)), rng.integers(0, C, N)


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks so small that a few rows make many of them, and the last ones are not full."""
    monkeypatch.setattr(_blocks, "BLOCK_ENTRIES", 60)


# Hand-worked examples


@pytest.mark.parametrize("loss", SVM)
def test_three_class_hinge_gradient_by_hand(loss):
    """True class 2 of 3, both margins violated: dw1 = x, dw2 = -2x, dw3 = x."""
    x = np.array([[3.0, -1.0]])
    value, dW = loss(np.zeros((2, 3)), x, np.array([1]), 0.0)
    assert value == 2
    np.testing.assert_array_equal(dW, np.column_stack([x[0], -2 * x[0], x[0]]))


@pytest.mark.parametrize("loss", SVM)
def test_hinge_loss_of_the_lecture_example(loss):
    """The cat, car and frog of lecture 3: losses 2.9, 0 and 12.9, mean 5.27."""
    scores = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])
    value, dW = loss(scores, np.eye(3), np.array([0, 1, 2]), 0.0)
    assert value == pytest.approx((2.9 + 0 + 12.9) / 3)
    np.testing.assert_allclose(3 * dW, [[-1, 1, 0], [0, 0, 0], [1, 1, -2]])
    losses, dS = hinge_coefficients(scores, np.array([0, 1, 2]))
    np.testing.assert_allclose(losses, [2.9, 0, 12.9])
    np.testing.assert_array_equal(dS, [[-1, 1, 0], [0, 0, 0], [1, 1, -2]])


@pytest.mark.parametrize("loss", SVM)
def test_a_margin_of_exactly_zero_has_gradient_zero(loss):
    value, dW = loss(np.array([[2.0, 1.0, 1.0 + 2**-40]]), np.array([[1.0]]), np.array([0]), 0.0)
    assert value == 2**-40
    np.testing.assert_array_equal(dW, [[-1, 0, 1]])


@pytest.mark.parametrize("loss", SOFTMAX)
def test_softmax_by_hand(loss):
    """Scores log 1, log 2, log 5 have the probabilities 1/8, 2/8 and 5/8."""
    W = np.log([[1.0, 2.0, 5.0]])
    value, dW = loss(W, np.array([[1.0]]), np.array([1]), 0.0)
    assert value == pytest.approx(np.log(4), rel=1e-15)
    np.testing.assert_allclose(dW, [[1 / 8, -6 / 8, 5 / 8]], rtol=1e-15)


@pytest.mark.parametrize("loss", SVM + SOFTMAX)
def test_regularization_is_reg_times_the_sum_of_squares_without_a_half(loss):
    W, X, y = np.array([[1.0, -2.0], [3.0, 0.5]]), np.array([[1.0, 2.0], [0.0, 1.0]]), np.array([0, 1])
    bare, bare_dW = loss(W, X, y, 0.0)
    value, dW = loss(W, X, y, 0.25)
    assert value - bare == pytest.approx(0.25 * 14.25)
    np.testing.assert_allclose(dW - bare_dW, 2 * 0.25 * W)


# Independent oracles


def exact_svm(W, X, y, reg, delta=1):
    """Loss and gradient in exact rational arithmetic, from the definition."""
    F = np.vectorize(Fraction, otypes=[object])
    W, X, (N, D), C = F(W), F(X), X.shape, W.shape[1]
    loss, dW = Fraction(0), F(np.zeros(W.shape))
    for i in range(N):
        s = [sum(X[i, d] * W[d, c] for d in range(D)) for c in range(C)]
        for j in range(C):
            margin = s[j] - s[y[i]] + Fraction(delta)
            if j != y[i] and margin > 0:
                loss += margin / N
                for d in range(D):
                    dW[d, j] += X[i, d] / N
                    dW[d, y[i]] -= X[i, d] / N
    reg = Fraction(reg)
    return float(loss + reg * (W * W).sum()), (dW + 2 * reg * W).astype(float)


@pytest.mark.parametrize("loss", SVM)
@pytest.mark.parametrize("delta", [0.0, 0.5, 1.0, 3.0])
def test_svm_against_rational_arithmetic(loss, delta, small_blocks):
    W, X, y = problem(N=17, D=4, C=3)
    value, dW = loss(W, X, y, 0.3, delta=delta)
    exact, exact_dW = exact_svm(W, X, y, 0.3, delta)
    assert value == pytest.approx(exact, rel=1e-14)
    np.testing.assert_allclose(dW, exact_dW, rtol=1e-13, atol=1e-15)


def test_the_default_margin_is_one():
    W, X, y = problem()
    for loss in SVM:
        assert loss(W, X, y, 0.1)[0] == loss(W, X, y, 0.1, delta=1.0)[0] != loss(W, X, y, 0.1, delta=1.1)[0]


@pytest.mark.parametrize("loss", SOFTMAX)
@pytest.mark.parametrize("scale", [1e-4, 1.0, 100.0])
def test_softmax_against_scipy(loss, scale, small_blocks):
    W, X, y = problem(scale=scale)
    value, dW = loss(W, X, y, 0.2)
    S = X @ W
    expected = -log_softmax(S, axis=1)[np.arange(40), y].mean() + 0.2 * (W**2).sum()
    assert value == pytest.approx(expected, rel=1e-13)
    expected_dW = X.T @ (softmax(S, axis=1) - np.eye(5)[y]) / 40 + 0.4 * W
    np.testing.assert_allclose(dW, expected_dW, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("loss", SOFTMAX)
def test_softmax_against_differences_in_extended_precision(loss):
    W, X, y = problem(N=6, D=3, C=4)
    long_X, long_W, h = X.astype(np.longdouble), W.astype(np.longdouble), np.longdouble(1e-6)

    def f(W):
        S = long_X @ W
        return (np.log(np.exp(S).sum(axis=1)) - S[np.arange(6), y]).mean() + np.longdouble(0.7) * (W**2).sum()

    expected = np.empty(W.shape)
    for index in np.ndindex(W.shape):
        step = np.zeros(W.shape, np.longdouble)
        step[index] = h
        expected[index] = (f(long_W + step) - f(long_W - step)) / (2 * h)
    value, dW = loss(W, X, y, 0.7)
    assert value == pytest.approx(float(f(long_W)), rel=1e-14)
    np.testing.assert_allclose(dW, expected, atol=1e-10)


def test_softmax_against_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    W, X, y = problem()
    expected = metrics.log_loss(y, softmax(X @ W, axis=1), labels=range(5))
    assert softmax_loss_vectorized(W, X, y, 0.0)[0] == pytest.approx(expected, rel=1e-12)


def test_hinge_of_two_classes_against_scikit_learn():
    """With two classes, the multiclass hinge of s1 - s0 is the binary one."""
    metrics = pytest.importorskip("sklearn.metrics")
    W, X, y = problem(C=2)
    expected = metrics.hinge_loss(2 * y - 1, X @ (W[:, 1] - W[:, 0]))
    for loss in SVM:
        assert loss(W, X, y, 0.0)[0] == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_against_pytorch(dtype):
    torch = pytest.importorskip("torch")
    W, X, y = problem(N=600, D=30)
    W, X = W.astype(dtype), X.astype(dtype)
    tolerance = {"float64": 1e-12, "float32": 1e-5}[dtype]
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


# The three versions are one


@settings(deadline=None, derandomize=True, max_examples=40)
@given(
    N=st.integers(1, 40),
    D=st.integers(1, 12),
    C=st.integers(1, 6),
    rows=st.integers(1, 12),
    seed=st.integers(0, 99),
)
def test_loops_matrices_and_blocks_agree_for_every_size(N, D, C, rows, seed):
    W, X, y = problem(N, D, C, seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_blocks, "BLOCK_ENTRIES", rows * D)
        for naive, matrix, blocked in (SVM, SOFTMAX):
            value, dW = naive(W, X, y, 0.1)
            for other in (matrix, blocked):
                other_value, other_dW = other(W, X, y, 0.1)
                assert other_value == pytest.approx(value, rel=1e-12)
                np.testing.assert_allclose(other_dW, dW, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("loss", [svm_loss_vectorized, softmax_loss_vectorized])
@pytest.mark.parametrize("N", [200, 1024, 3000])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_number_of_threads_does_not_change_a_bit(loss, N, dtype, monkeypatch):
    monkeypatch.setattr(_blocks, "BLOCK_ENTRIES", 256 * 400)
    W, X, y = problem(N, D=400, C=10)
    W, X = W.astype(dtype), X.astype(dtype)
    value, dW = loss(W, X, y, 0.1)
    for threads in (1, 2, 3):
        with threadpool_limits(threads):
            again, again_dW = loss(W, X, y, 0.1)
        assert again == value
        np.testing.assert_array_equal(again_dW, dW)


def test_threads_leave_the_blas_limit_as_it_was(small_blocks):
    W, X, y = problem(300)
    with threadpool_limits(2):
        svm_loss_vectorized(W, X, y, 0.1)
        assert [lib["num_threads"] for lib in _blocks._blas_controller().info()][0] == 2
        X[299, 1] = np.nan
        with pytest.raises(ValueError, match="X must be finite"):
            svm_loss_vectorized(W, X, y, 0.1)
        assert [lib["num_threads"] for lib in _blocks._blas_controller().info()][0] == 2


# Scores of any size


@pytest.mark.parametrize("loss", SOFTMAX)
def test_softmax_of_a_gap_of_a_thousand_is_exactly_a_thousand(loss):
    W = np.array([[0.0, 1000.0], [1e4, -1e4]])
    X, y = np.eye(2), np.array([0, 1])
    value, dW = loss(W, X, y, 0.0)
    assert value == (1000 + 20000) / 2
    np.testing.assert_array_equal(dW, [[-0.5, 0.5], [0.5, -0.5]])


def test_softmax_of_rows_far_apart():
    """One maximum for the whole batch would underflow the second row to 0/0."""
    losses, dS = softmax_coefficients(np.array([[1e4, 1e4 - 1], [-1e4, -1e4 - 1]]), np.array([0, 0]))
    expected = np.log1p(np.exp(-1))
    np.testing.assert_allclose(losses, [expected, expected], rtol=1e-13)
    np.testing.assert_allclose(dS[0], dS[1], rtol=1e-13)


def test_softmax_loss_rounds_to_zero_from_a_gap_of_about_37():
    losses, _ = softmax_coefficients(np.array([[36.0, 0.0], [38.0, 0.0]]), np.array([0, 0]))
    assert losses[0] > 0
    assert losses[1] == 0


@pytest.mark.parametrize("size", [1e4, 1e150, 1e300])
def test_scores_of_any_size(size):
    S, y = np.array([[size, 0.0, -size]] * 3), np.array([0, 1, 2])
    losses, dS = softmax_coefficients(S, y)
    np.testing.assert_array_equal(losses, [0, size, 2 * size])
    np.testing.assert_array_equal(dS, [[0, 0, 0], [1, -1, 0], [1, 0, -1]])
    losses, dS = hinge_coefficients(S, y)
    np.testing.assert_allclose(losses, [0, size + 1, 3 * size + 2], rtol=1e-15)
    np.testing.assert_array_equal(dS, [[0, 0, 0], [1, -1, 0], [1, 1, -2]])


@pytest.mark.parametrize("C", [2, 3, 10])
def test_losses_at_the_start(C):
    """At W = 0 the SVM loss is (C - 1) delta; at tiny W the softmax loss is near log C."""
    W, X, y = problem(C=C, scale=1e-6)
    for loss in SOFTMAX:
        assert loss(W, X, y, 0.0)[0] == pytest.approx(np.log(C), abs=1e-5)
    for loss in SVM:
        assert loss(0 * W, X, y, 5.0)[0] == C - 1
        assert loss(0 * W, X, y, 5.0, delta=2.5)[0] == 2.5 * (C - 1)


def test_the_hinge_loss_can_be_zero_but_not_with_regularization():
    W, X, y = 10 * np.eye(3), np.eye(3), np.arange(3)
    assert svm_loss_vectorized(W, X, y, 0.0)[0] == 0
    assert svm_loss_vectorized(W, X, y, 0.01)[0] == pytest.approx(3)
    assert softmax_loss_vectorized(W, X, y, 0.0)[0] > 0


def test_delta_and_reg_are_one_trade_off():
    """Scaling W and delta by a scales the data loss by a: delta = 1 loses nothing."""
    W, X, y = problem()
    scaled = svm_loss_vectorized(3 * W, X, y, 0.1 / 3, delta=3.0)[0]
    assert scaled == pytest.approx(3 * svm_loss_vectorized(W, X, y, 0.1)[0], rel=1e-13)


@pytest.mark.parametrize("loss", SVM + SOFTMAX)
def test_a_constant_added_to_all_scores_changes_nothing(loss):
    W, X, y = problem()
    shifted = W + np.arange(9.0)[:, np.newaxis]
    assert loss(shifted, X, y, 0.0)[0] == pytest.approx(loss(W, X, y, 0.0)[0], rel=1e-11)
    np.testing.assert_allclose(loss(W, X, y, 0.0)[1].sum(axis=1), 0, atol=1e-14)


# dtypes


@pytest.mark.parametrize("loss", CHECKED)
def test_dtypes(loss, small_blocks):
    W, X, y = problem()
    value, dW = loss(W, X, y, 0.1)
    assert type(value) is float
    assert dW.dtype == np.float64
    value32, dW32 = loss(W.astype(np.float32), X.astype(np.float32), y.astype(np.uint8), 0.1)
    assert type(value32) is float
    assert dW32.dtype == np.float32
    assert value32 == pytest.approx(value, rel=1e-5)
    np.testing.assert_allclose(dW32, dW, atol=1e-5)
    assert loss(W, X.astype(np.float32), y, 0.1)[1].dtype == np.float64


@pytest.mark.parametrize("loss", CHECKED)
@pytest.mark.parametrize("dtype", [np.uint8, np.int64, bool])
def test_integers_do_not_wrap(loss, dtype, small_blocks):
    W, X, y = problem(scale=0.01)
    X = (100 * np.abs(X)).astype(dtype)
    value, dW = loss(W, X.astype(np.float64), y, 0.1)
    from_integers, dW_from_integers = loss(W, X, y, 0.1)
    assert from_integers == value
    np.testing.assert_array_equal(dW_from_integers, dW)
    loss((100 * W).astype(int), X, y, 1)
    assert loss(np.full((9, 5), 200, np.uint8), X, np.zeros(40, int), 1.0)[0] > 45 * 200**2


@pytest.mark.parametrize("loss", CHECKED)
def test_lists_are_arrays_too(loss):
    W, X, y = problem()
    assert loss(W.tolist(), X.tolist(), y.tolist(), 0.1)[0] == pytest.approx(loss(W, X, y, 0.1)[0], rel=1e-14)


@pytest.mark.parametrize("loss", [svm_loss_vectorized, softmax_loss_vectorized])
def test_many_float32_losses_are_summed_in_float64(loss):
    rng = np.random.default_rng(0)
    X, W, y = rng.random((300_000, 1), np.float32), np.array([[1.0, 2.5]], np.float32), np.zeros(300_000, int)
    coefficients = hinge_coefficients if loss is svm_loss_vectorized else softmax_coefficients
    losses, _ = coefficients(X @ W, y)
    assert loss(W, X, y, 0.0)[0] == pytest.approx(losses.astype(np.float64).mean(), rel=1e-11)


@pytest.mark.parametrize("loss", CHECKED)
def test_arguments_are_left_alone_in_any_memory_order(loss):
    W, X, y = problem()
    value, dW = loss(W, X, y, 0.1)
    other = [np.asfortranarray(W), np.asfortranarray(X), np.repeat(y, 2)[::2]]
    copies = [a.copy() for a in other]
    value_other, dW_other = loss(*other, 0.1)
    assert value_other == pytest.approx(value, rel=1e-13)
    np.testing.assert_allclose(dW_other, dW, atol=1e-14)
    for array, copy in zip(other, copies, strict=True):
        np.testing.assert_array_equal(array, copy)
    assert not np.shares_memory(dW_other, other[0])


# Bad arguments


@pytest.mark.parametrize("loss", CHECKED)
@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"W": np.ones(9)}, ValueError, r"W must have shape \(D, C\), got shape \(9,\)"),
        ({"X": np.ones(9)}, ValueError, r"X must have shape \(N, D\), got shape \(9,\)"),
        ({"X": np.ones((40, 8))}, ValueError, r"X has shape \(40, 8\) but W has shape \(9, 5\)"),
        ({"X": np.ones((0, 9)), "y": np.ones(0, int)}, ValueError, r"X must have at least one row"),
        ({"X": np.ones((40, 0)), "W": np.ones((0, 5))}, ValueError, "at least one row and one column"),
        ({"X": np.full((40, 9), 1j)}, TypeError, "X must hold real numbers, got dtype complex128"),
        ({"W": np.full((9, 5), "a")}, TypeError, "W must hold real numbers, got dtype <U1"),
        ({"y": np.zeros(40)}, TypeError, "y must hold integer labels, got dtype float64"),
        ({"y": np.zeros(39, int)}, ValueError, r"y must have shape \(40,\).* got shape \(39,\)"),
        ({"y": np.zeros((40, 1), int)}, ValueError, r"y must have shape \(40,\).* got shape \(40, 1\)"),
        ({"y": np.full(40, 5)}, ValueError, "y must hold labels from 0 to 4, got 5 to 5"),
        ({"y": np.arange(40) % 5 - 1}, ValueError, "y must hold labels from 0 to 4, got -1 to 3"),
        ({"y": np.arange(40) - 1}, ValueError, "y must hold labels from 0 to 4, got -1 to 38"),
        ({"reg": -0.1}, ValueError, "reg must be a finite number >= 0, got -0.1"),
        ({"reg": np.nan}, ValueError, "reg must be a finite number >= 0, got nan"),
        ({"reg": np.inf}, ValueError, "reg must be a finite number >= 0, got inf"),
    ],
)
def test_bad_arguments_are_refused_by_name(loss, change, error, message):
    W, X, y = problem()
    with pytest.raises(error, match=message):
        loss(**({"W": W, "X": X, "y": y, "reg": 0.1} | change))


@pytest.mark.parametrize("loss", CHECKED)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("reg", [0.0, 0.1])
def test_nan_and_infinity_are_refused_wherever_they_are(loss, bad, reg, small_blocks):
    W, X, y = problem()
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


@pytest.mark.parametrize("loss", CHECKED)
def test_a_loss_that_overflows_is_no_error(loss):
    value, _ = loss(np.full((1, 2), 1e200), np.ones((1, 1)), np.array([0]), 1.0)
    assert value == np.inf


@pytest.mark.parametrize("delta", [-1.0, np.nan, np.inf])
def test_a_bad_margin_is_refused(delta):
    for loss in (svm_loss_naive, svm_loss_vectorized):
        with pytest.raises(ValueError, match="delta must be a finite number >= 0"):
            loss(*problem(), 0.1, delta=delta)
