"""The SVM loss: loops = matrices = oracles that share no code with them."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cs231n_lib.classifiers.linear_svm import hinge_coefficients, svm_loss_naive, svm_loss_vectorized

BOTH = pytest.mark.parametrize("loss", [svm_loss_naive, svm_loss_vectorized])


@BOTH
def test_three_class_gradient_by_hand(loss):
    """True class 2 of 3, both margins violated: dw1 = x, dw2 = -2x, dw3 = x."""
    x = np.array([[3.0, -1.0]])
    value, dW = loss(np.zeros((2, 3)), x, np.array([1]), 0.0)
    assert value == 2
    np.testing.assert_array_equal(dW, np.column_stack([x[0], -2 * x[0], x[0]]))


@BOTH
def test_the_lecture_example(loss):
    """The cat, car and frog of lecture 3: losses 2.9, 0 and 12.9, mean 5.27."""
    scores = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])
    value, dW = loss(scores, np.eye(3), np.array([0, 1, 2]), 0.0)
    assert value == pytest.approx((2.9 + 0 + 12.9) / 3)
    np.testing.assert_allclose(3 * dW, [[-1, 1, 0], [0, 0, 0], [1, 1, -2]])
    losses, K = hinge_coefficients(scores, np.array([0, 1, 2]))
    np.testing.assert_allclose(losses, [2.9, 0, 12.9])
    np.testing.assert_array_equal(K, [[-1, 1, 0], [0, 0, 0], [1, 1, -2]])


@BOTH
def test_a_margin_of_exactly_zero_has_gradient_zero(loss):
    value, dW = loss(np.array([[2.0, 1.0, 1.0 + 2**-40]]), np.array([[1.0]]), np.array([0]), 0.0)
    assert value == 2**-40
    np.testing.assert_array_equal(dW, [[-1, 0, 1]])


def exact_svm(W, X, y, reg, delta):
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


@BOTH
@pytest.mark.parametrize("delta", [0.0, 0.5, 1.0, 3.0])
def test_rational_arithmetic(loss, delta, linear_problem):
    W, X, y = linear_problem(N=17, D=4, C=3)
    value, dW = loss(W, X, y, 0.3, delta=delta)
    exact, exact_dW = exact_svm(W, X, y, 0.3, delta)
    assert value == pytest.approx(exact, rel=1e-14)
    np.testing.assert_allclose(dW, exact_dW, rtol=1e-13, atol=1e-15)
    if delta == 1:
        assert loss(W, X, y, 0.3)[0] == value


@BOTH
def test_two_classes_against_scikit_learn(loss, linear_problem):
    """With two classes, the multiclass hinge of s1 - s0 is the binary one."""
    metrics = pytest.importorskip("sklearn.metrics")
    W, X, y = linear_problem(C=2)
    expected = metrics.hinge_loss(2 * y - 1, X @ (W[:, 1] - W[:, 0]))
    assert loss(W, X, y, 0.0)[0] == pytest.approx(expected, rel=1e-13)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(N=st.integers(1, 40), D=st.integers(1, 12), C=st.integers(1, 6), seed=st.integers(0, 99))
def test_loops_and_matrices_agree_for_every_size(N, D, C, seed, linear_problem):
    W, X, y = linear_problem(N, D, C, seed)
    value, dW = svm_loss_naive(W, X, y, 0.1)
    other_value, other_dW = svm_loss_vectorized(W, X, y, 0.1)
    assert other_value == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(other_dW, dW, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("size", [1e4, 1e150, 1e300])
def test_scores_of_any_size(size):
    losses, K = hinge_coefficients(np.array([[size, 0.0, -size]] * 3), np.array([0, 1, 2]))
    np.testing.assert_allclose(losses, [0, size + 1, 3 * size + 2], rtol=1e-15)
    np.testing.assert_array_equal(K, [[0, 0, 0], [1, -1, 0], [1, 1, -2]])


@BOTH
def test_the_loss_at_the_start_is_the_number_of_other_classes(loss, linear_problem):
    W, X, y = linear_problem(C=10)
    assert loss(0 * W, X, y, 5.0)[0] == 9
    assert loss(0 * W, X, y, 5.0, delta=2.5)[0] == 2.5 * 9


def test_the_loss_can_be_zero_but_not_with_regularization():
    W, X, y = 10 * np.eye(3), np.eye(3), np.arange(3)
    assert svm_loss_vectorized(W, X, y, 0.0)[0] == 0
    assert svm_loss_vectorized(W, X, y, 0.01)[0] == pytest.approx(3)


def test_delta_and_reg_are_one_trade_off(linear_problem):
    """Scaling W and delta by a scales the data loss by a: delta = 1 loses nothing."""
    W, X, y = linear_problem()
    scaled = svm_loss_vectorized(3 * W, X, y, 0.1 / 3, delta=3.0)[0]
    assert scaled == pytest.approx(3 * svm_loss_vectorized(W, X, y, 0.1)[0], rel=1e-13)


@pytest.mark.parametrize(
    ("delta", "error"), [(-1.0, ValueError), (np.nan, ValueError), (np.inf, ValueError), ("1", TypeError)]
)
def test_a_bad_margin_is_refused(delta, error, linear_problem):
    W, X, y = linear_problem()
    for loss in (svm_loss_naive, svm_loss_vectorized):
        with pytest.raises(error, match="delta must be a finite number >= 0, got"):
            loss(W, X, y, 0.1, delta=delta)
    with pytest.raises(error, match="delta must be a finite number >= 0, got"):
        hinge_coefficients(X @ W, y, delta)
