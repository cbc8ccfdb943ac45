"""The softmax loss: loops = matrices = oracles that share no code with them; scores of any size."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax, softmax

from cs231n_lib.classifiers.softmax import softmax_coefficients, softmax_loss_naive, softmax_loss_vectorized

BOTH = pytest.mark.parametrize("loss", [softmax_loss_naive, softmax_loss_vectorized])


@BOTH
def test_by_hand(loss):
    """Scores log 1, log 2, log 5 have the probabilities 1/8, 2/8 and 5/8."""
    W = np.log([[1.0, 2.0, 5.0]])
    value, dW = loss(W, np.array([[1.0]]), np.array([1]), 0.0)
    assert value == pytest.approx(np.log(4), rel=1e-15)
    np.testing.assert_allclose(dW, [[1 / 8, -6 / 8, 5 / 8]], rtol=1e-15)


@BOTH
@pytest.mark.parametrize("scale", [1e-4, 1.0, 100.0])
def test_against_scipy(loss, scale, linear_problem):
    W, X, y = linear_problem(scale=scale)
    value, dW = loss(W, X, y, 0.2)
    S = X @ W
    expected = -log_softmax(S, axis=1)[np.arange(40), y].mean() + 0.2 * (W**2).sum()
    assert value == pytest.approx(expected, rel=1e-13)
    expected_dW = X.T @ (softmax(S, axis=1) - np.eye(5)[y]) / 40 + 0.4 * W
    np.testing.assert_allclose(dW, expected_dW, rtol=1e-11, atol=1e-14)


@BOTH
def test_against_differences_in_extended_precision(loss, linear_problem):
    W, X, y = linear_problem(N=6, D=3, C=4)
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


@BOTH
def test_against_scikit_learn(loss, linear_problem):
    metrics = pytest.importorskip("sklearn.metrics")
    W, X, y = linear_problem()
    expected = metrics.log_loss(y, softmax(X @ W, axis=1), labels=range(5))
    assert loss(W, X, y, 0.0)[0] == pytest.approx(expected, rel=1e-12)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(N=st.integers(1, 40), D=st.integers(1, 12), C=st.integers(1, 6), seed=st.integers(0, 99))
def test_loops_and_matrices_agree_for_every_size(N, D, C, seed, linear_problem):
    W, X, y = linear_problem(N, D, C, seed)
    value, dW = softmax_loss_naive(W, X, y, 0.1)
    other_value, other_dW = softmax_loss_vectorized(W, X, y, 0.1)
    assert other_value == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(other_dW, dW, rtol=1e-10, atol=1e-13)


@BOTH
@pytest.mark.parametrize("C", [2, 3, 10])
def test_the_loss_at_the_start_is_near_the_logarithm_of_the_number_of_classes(loss, C, linear_problem):
    W, X, y = linear_problem(C=C, scale=1e-6)
    assert loss(W, X, y, 0.0)[0] == pytest.approx(np.log(C), abs=1e-5)


# Scores of any size


@BOTH
def test_a_gap_of_a_thousand_is_exactly_a_thousand(loss):
    W = np.array([[0.0, 1000.0], [1e4, -1e4]])
    value, dW = loss(W, np.eye(2), np.array([0, 1]), 0.0)
    assert value == (1000 + 20000) / 2
    np.testing.assert_array_equal(dW, [[-0.5, 0.5], [0.5, -0.5]])


def test_rows_far_apart():
    """One maximum for the whole batch would underflow the second row to 0/0."""
    losses, K = softmax_coefficients(np.array([[1e4, 1e4 - 1], [-1e4, -1e4 - 1]]), np.array([0, 0]))
    np.testing.assert_allclose(losses, 2 * [np.log1p(np.exp(-1))], rtol=1e-13)
    np.testing.assert_allclose(K[0], K[1], rtol=1e-13)


def test_the_loss_rounds_to_zero_from_a_gap_of_about_37():
    losses, _ = softmax_coefficients(np.array([[36.0, 0.0], [38.0, 0.0]]), np.array([0, 0]))
    assert losses[0] > 0
    assert losses[1] == 0


@pytest.mark.parametrize("size", [1e4, 1e150, 1e300])
def test_scores_of_any_size(size):
    losses, K = softmax_coefficients(np.array([[size, 0.0, -size]] * 3), np.array([0, 1, 2]))
    np.testing.assert_array_equal(losses, [0, size, 2 * size])
    np.testing.assert_array_equal(K, [[0, 0, 0], [1, -1, 0], [1, 0, -1]])
