"""Numerical gradients against gradients known by hand; verdicts against functions whose kinks are known."""

import random

import numpy as np
import pytest

from cs231n_lib.classifiers.linear_svm import hinge_coefficients, svm_loss_vectorized
from cs231n_lib.classifiers.softmax import softmax_coefficients, softmax_loss_vectorized
from cs231n_lib.gradient_check import (
    check_gradient,
    eval_numerical_gradient,
    eval_numerical_gradient_array,
    grad_check_sparse,
    numerical_gradient_from_scores,
    relative_error,
)


def cubic(x):
    return float(np.sum(x**3))


@pytest.fixture
def point():
    return np.random.default_rng(0).standard_normal((3, 4))


# The course's functions


def test_gradient_of_a_cubic_is_three_x_squared(point):
    np.testing.assert_allclose(eval_numerical_gradient(cubic, point, verbose=False), 3 * point**2, atol=1e-8)


def test_centered_difference_of_a_cubic_errs_by_exactly_h_squared():
    x = np.array([2.0])
    h = 0.1
    assert eval_numerical_gradient(cubic, x, verbose=False, h=h)[0] == pytest.approx(12 + h**2, abs=1e-12)
    assert eval_numerical_gradient_array(lambda x: x**3, x, np.ones(1), h=h)[0] == pytest.approx(12 + h**2)


def test_functions_may_ignore_their_argument_and_read_x_where_it_lies(point):
    expected = 3 * point**2
    gradient = eval_numerical_gradient(lambda _: cubic(point), point, verbose=False)
    np.testing.assert_allclose(gradient, expected, atol=1e-8)
    gradient = eval_numerical_gradient_array(lambda _: point**3, point, np.ones((3, 4)))
    np.testing.assert_allclose(gradient, expected, atol=1e-8)


def test_every_index_and_derivative_is_printed_only_when_verbose(capsys):
    x = np.array([[1.0, 2.0]])
    eval_numerical_gradient(lambda x: x[0, 0] + 3 * x[0, 1], x)
    lines = capsys.readouterr().out.splitlines()
    assert [line[:6] for line in lines] == ["(0, 0)", "(0, 1)"]
    assert [round(float(line[6:]), 6) for line in lines] == [1, 3]
    eval_numerical_gradient(cubic, x, verbose=False)
    assert capsys.readouterr().out == ""


def test_array_gradient_weighs_the_values_by_df():
    x = np.array([1.0, 2.0, 3.0])
    A = np.arange(6.0).reshape(2, 3)
    df = np.array([10.0, -1.0])
    np.testing.assert_allclose(eval_numerical_gradient_array(lambda x: A @ x, x, df), df @ A, rtol=1e-8)


def test_array_gradient_of_a_function_that_gives_back_x_itself():
    x = np.array([1.0, 2.0])
    np.testing.assert_allclose(eval_numerical_gradient_array(lambda x: x, x, np.array([3.0, 4.0])), [3, 4])


def test_a_point_without_axes():
    x = np.array(3.0)
    assert eval_numerical_gradient(lambda x: float(x**2), x, verbose=False) == pytest.approx(6)


@pytest.mark.parametrize(
    "call",
    [
        lambda f, x: eval_numerical_gradient(f, x, verbose=False),
        lambda f, x: eval_numerical_gradient_array(f, x, np.array(1.0)),
        lambda f, x: grad_check_sparse(f, x, np.ones_like(x)),
        lambda f, x: check_gradient(f, x, np.ones_like(x)),
    ],
)
@pytest.mark.parametrize("fails_at", [None, 1, 2, 3, 4])
def test_x_is_restored_to_the_bit_even_when_f_raises(call, fails_at, point, capsys):
    before, calls = point.copy(), []

    def f(x):
        calls.append(1)
        if len(calls) == fails_at:
            raise RuntimeError("f failed")
        return cubic(x)

    if fails_at is None:
        call(f, point)
    else:
        with pytest.raises(RuntimeError, match="f failed"):
            call(f, point)
    np.testing.assert_array_equal(point, before)


def test_sparse_check_prints_the_course_line_at_the_entries_randrange_draws(capsys):
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    random.seed(3)
    indices = [(random.randrange(2), random.randrange(2)) for _ in range(4)]
    random.seed(3)
    grad_check_sparse(cubic, x, 6 * x**2, num_checks=4)
    lines = capsys.readouterr().out.splitlines()
    expected = [3 * x[index] ** 2 for index in indices]
    assert lines == [
        f"numerical: {value:f} analytic: {2 * value:f}, relative error: 3.333333e-01" for value in expected
    ]


def test_zero_against_zero_is_no_error(capsys):
    grad_check_sparse(lambda x: 1.0, np.ones(2), np.zeros(2), num_checks=1)
    assert capsys.readouterr().out == "numerical: 0.000000 analytic: 0.000000, relative error: 0.000000e+00\n"
    assert relative_error(0, 0) == 0
    assert relative_error([0, 2], [0, 2]) == 0


def test_relative_error_is_the_largest_and_symmetric():
    assert relative_error([1, 10], [3, 10]) == 0.5
    assert relative_error([3, 10], [1, 10]) == 0.5
    assert relative_error(-1, 1) == 1
    assert relative_error([], []) == 0


ONES, READ_ONLY = np.ones(2), np.broadcast_to(1.0, 2)


@pytest.mark.parametrize(
    "call", [eval_numerical_gradient, eval_numerical_gradient_array, grad_check_sparse, check_gradient]
)
@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"x": np.array([1, 2])}, TypeError, "x must hold floating-point numbers, got dtype int64"),
        ({"x": [1.0, 2.0]}, TypeError, "x must be a NumPy array, got list"),
        ({"x": READ_ONLY}, ValueError, "x must be writeable"),
        ({"h": 0}, ValueError, "h must be a finite number > 0, got 0"),
        ({"h": np.nan}, ValueError, "h must be a finite number > 0, got nan"),
        ({"h": "1e-5"}, TypeError, "h must be a finite number > 0, got '1e-5'"),
    ],
)
def test_points_and_steps_that_do_not_serve_are_refused(call, changed, error, words):
    df = {} if call is eval_numerical_gradient else {"_": np.array(1.0) if "array" in call.__name__ else ONES}
    arguments = {"x": np.ones(2), "h": 1e-5} | changed
    with pytest.raises(error, match=words):
        call(cubic, arguments["x"], *df.values(), h=arguments["h"])


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda x: grad_check_sparse(cubic, x, np.ones(3)),
            ValueError,
            r"analytic_grad must have shape \(2,\)",
        ),
        (lambda x: check_gradient(cubic, x, np.ones(3)), ValueError, r"analytic_grad must have shape \(2,\)"),
        (
            lambda x: check_gradient(cubic, x, x, num_checks=0),
            ValueError,
            "num_checks must be an integer >= 1",
        ),
        (
            lambda x: check_gradient(cubic, x.astype(np.float32), x),
            TypeError,
            "x must be float64, got float32",
        ),
        (
            lambda x: check_gradient(cubic, x, x, tolerance=-1),
            ValueError,
            "tolerance must be a finite number",
        ),
        (lambda x: check_gradient(cubic, x, x, num_checks=1, rng="0"), TypeError, "rng must be a numpy"),
        (
            lambda x: eval_numerical_gradient_array(np.exp, x, ONES[:1]),
            ValueError,
            r"df must have shape \(2,\)",
        ),
        (lambda x: eval_numerical_gradient_array(cubic, x, x), ValueError, r"df must have shape \(\)"),
        (lambda x: numerical_gradient_from_scores(cubic, x, x), ValueError, r"X must have shape \(N, D\)"),
        (
            lambda x: numerical_gradient_from_scores(cubic, np.eye(2), np.eye(3)),
            ValueError,
            "W must have shape",
        ),
        (lambda x: numerical_gradient_from_scores(cubic, np.eye(2), np.eye(2), h=0), ValueError, "h must be"),
    ],
)
def test_other_bad_arguments_are_refused(call, error, words):
    with pytest.raises(error, match=words):
        call(np.ones(2))


def test_underflow_is_no_error_whatever_numpy_is_set_to(capsys):
    x, tiny = np.array([1.0, 2.0]), 1e-310
    with np.errstate(all="raise"):
        eval_numerical_gradient(lambda x: float(tiny * 1e5 * x[0]), x, h=1e5)
        eval_numerical_gradient_array(lambda x: x * 1e-200, x, np.full(2, 1e-200))
        grad_check_sparse(lambda x: 0.0, x, np.full(2, tiny), num_checks=1)
        assert relative_error(np.full(2, 1e-320), np.full(2, 3e-320)) == pytest.approx(0.5, rel=0.01)
        numerical_gradient_from_scores(
            lambda S: S[:, 0, 0] * 1e-200, np.full((1, 1), 1e-200), np.ones((1, 1))
        )
        assert check_gradient(lambda x: float((x**2).sum()) * 1e-200, x, 2e-200 * x).passed


# Verdicts


def test_a_right_gradient_passes(point):
    result = check_gradient(cubic, point, 3 * point**2)
    assert result.passed
    assert result.verdicts == ("ok",) * 12
    assert result.indices == tuple(np.ndindex(3, 4))
    np.testing.assert_allclose(result.numerical, (3 * point**2).ravel(), atol=1e-8)
    np.testing.assert_array_equal(result.analytic, (3 * point**2).ravel())
    assert str(result) == "gradient right: 12 entries checked"


@pytest.mark.parametrize(
    "mistake",
    [lambda g: -g, lambda g: 2 * g, lambda g: g + 1e-3, lambda g: g * (1 + 1e-5), lambda g: g * np.nan],
)
def test_a_wrong_gradient_is_told(mistake, point):
    gradient = 3 * point**2
    gradient[1, 2] = mistake(gradient[1, 2])
    result = check_gradient(cubic, point, gradient)
    assert not result.passed
    assert result.verdicts[6] == "wrong"
    assert result.verdicts.count("ok") == 11
    assert str(result) == "gradient wrong in 1 of 12 entries, the first at (1, 2)"


def test_a_function_that_is_not_finite_is_wrong():
    assert check_gradient(lambda x: np.nan, np.ones(1), np.zeros(1)).verdicts == ("wrong",)


def relu_sum(x):
    return float(np.maximum(0, x).sum())


@pytest.mark.parametrize(
    ("x", "claimed", "verdict"),
    [
        (0.0, 0.0, "kink"),  # at the kink every value from 0 to 1 is a subgradient
        (0.0, 1.0, "kink"),
        (0.0, 0.3, "kink"),
        (0.0, 0.5, "ok"),  # agrees with the centered difference by accident
        (0.0, 1.1, "wrong"),
        (0.0, -0.1, "wrong"),
        (4e-6, 1.0, "kink"),  # the kink lies between the steps h/10 and h
        (-4e-6, 0.0, "kink"),
        (4e-6, 0.0, "wrong"),
        (-4e-6, 1.0, "wrong"),
        (5e-7, 1.0, "kink"),  # between h/100 and h/10
        (-5e-7, 0.0, "kink"),
        (5e-7, 1.5, "wrong"),
        (5e-8, 1.0, "kink"),  # within h/100
        (5e-8, 1.5, "wrong"),
        (1.0, 1.0, "ok"),
        (-1.0, 0.0, "ok"),
        (-1.0, 1.0, "wrong"),
    ],
)
def test_kinks_of_the_relu(x, claimed, verdict):
    result = check_gradient(relu_sum, np.array([x]), np.array([claimed]))
    assert result.verdicts == (verdict,)
    assert result.passed == (verdict != "wrong")


def test_the_summary_counts_kinks():
    x = np.array([0.0, 1.0, 0.0])
    assert str(check_gradient(relu_sum, x, np.array([0.0, 1.0, 1.0]))) == (
        "gradient right: 3 entries checked, 2 at a kink"
    )


def test_curvature_is_no_kink():
    """A wrong value between the one-sided slopes of a smooth, strongly curved function stays wrong."""
    x = np.array([0.0])
    result = check_gradient(lambda x: 1e4 * float(x[0] ** 2), x, np.array([5e-4]))
    assert result.verdicts == ("wrong",)


def test_a_small_mistake_in_a_large_function_is_not_excused_by_the_noise_of_short_steps():
    result = check_gradient(lambda x: 2.3 + 1e-7 * float(x[0]), np.ones(1), np.array([1.5e-7]))
    assert result.verdicts == ("wrong",)


def test_sums_of_many_hinges_are_never_called_wrong_when_right():
    rng = np.random.default_rng(1)
    for _ in range(300):
        place = rng.choice([0, 1e-7, 8e-7, 5e-6, 2e-5, 1.0]) * rng.uniform(-1, 1, 4)
        slope = rng.uniform(0.5, 2, 4)
        right = float(slope @ (place < 0)) + 1.0

        def f(x, place=place, slope=slope):
            return float(slope @ np.maximum(0, x[0] - place)) + x[0]

        assert check_gradient(f, np.zeros(1), np.array([right])).passed
        assert not check_gradient(f, np.zeros(1), np.array([right + slope.sum() + 1])).passed


def square(x):
    return float(np.sum(x**2))


def lifted(height):
    return lambda x: square(x) + height


@pytest.mark.parametrize("claimed", [0, 2, 7])
@pytest.mark.parametrize(
    ("f", "settings"),
    [
        (square, {"h": 1e-15}),
        (lifted(1e10), {}),
        (lifted(1e16), {}),  # round-off hides that f changes at all
        (lifted(0), {"tolerance": np.inf}),
        (lifted(0), {"tolerance": 3}),
    ],
)
def test_where_round_off_or_the_tolerance_hides_the_gradient_it_cannot_tell(f, settings, claimed, point):
    result = check_gradient(f, point, claimed * point, **settings)
    assert set(result.verdicts) == {"cannot tell"}
    assert not result.passed
    assert str(result) == "cannot tell: round-off or the tolerance hides 12 of 12 entries"


@pytest.mark.parametrize("mistake", [0, 0.95, 1.05, 1.3, 2, 3.5, -1])
@pytest.mark.parametrize("h", [1e-15, 1e-12, 1e-10, 1e-8, 1e-5])
@pytest.mark.parametrize("height", [0, 1, 1e5, 1e10, 1e15])
def test_no_wrong_gradient_is_called_right_at_any_step_and_height(mistake, h, height, point):
    result = check_gradient(lifted(height), point, mistake * 2 * point, h=h)
    assert "ok" not in result.verdicts
    assert not result.passed
    assert "wrong" not in check_gradient(lifted(height), point, 2 * point, h=h).verdicts


def test_small_derivatives_are_told_by_a_longer_step_and_zeros_beside_large_ones():
    def f(x):
        return 2.3 + x[0] + 1e-8 * x[1] + 0 * x[2]

    x = np.ones(3)
    assert check_gradient(f, x, np.array([1, 1e-8, 0])).verdicts == ("ok", "ok", "ok")
    assert check_gradient(f, x, np.array([1, 2e-8, 0])).verdicts == ("ok", "wrong", "ok")
    tiny = check_gradient(lambda x: 2.3 + x[0] + 1e-13 * x[1], np.ones(2), np.array([1, 5e-13]))
    assert tiny.verdicts == ("ok", "cannot tell") and not tiny.passed
    mixed = check_gradient(lambda x: f(x[:3]) + 1e-13 * x[3], np.ones(4), np.array([1, 1e-8, 0, 5e-13]))
    assert str(mixed) == "gradient right: 4 entries checked, cannot tell in 1"


def test_a_step_that_is_lost_in_x_tells_nothing():
    for claimed in (1.0, 0.0, 5.0):
        result = check_gradient(lambda x: float(x[0] - 8), np.array([8.0]), np.array([claimed]), h=1e-15)
        assert result.verdicts == ("cannot tell",)


def test_nothing_checked_is_nothing_told():
    assert not check_gradient(square, np.ones(0), np.ones(0)).passed


def test_drawn_entries_are_different_and_repeatable(point):
    draws = [check_gradient(cubic, point, 3 * point**2, num_checks=8, rng=5).indices for _ in range(2)]
    assert draws[0] == draws[1]
    assert len(set(draws[0])) == 8
    assert len(check_gradient(cubic, point, 3 * point**2, num_checks=99).indices) == 12


# The gradient of a loss of scores, many entries at once


@pytest.mark.parametrize(
    ("coefficients", "loss"),
    [(hinge_coefficients, svm_loss_vectorized), (softmax_coefficients, softmax_loss_vectorized)],
)
def test_gradient_from_scores_is_that_of_the_course_loop(coefficients, loss):
    rng = np.random.default_rng(2)
    X, W, y = rng.standard_normal((7, 11)), rng.standard_normal((11, 4)), rng.integers(0, 4, 7)

    def loss_of_scores(S):
        losses, _ = coefficients(S.reshape(-1, 4), np.tile(y, len(S)))
        return losses.reshape(len(S), 7).mean(axis=1)

    at_once = numerical_gradient_from_scores(loss_of_scores, X, W)
    np.testing.assert_allclose(
        at_once, eval_numerical_gradient(lambda W: loss(W, X, y, 0)[0], W, verbose=False), atol=1e-9
    )
    np.testing.assert_allclose(at_once, loss(W, X, y, 0)[1], atol=1e-9)


def test_gradient_from_scores_computes_in_float64_whatever_comes():
    X, W = np.array([[1.5, 2.0]], np.float32), np.zeros((2, 1), np.float32)
    for rows, weights in ((X, W), (X.tolist(), W.tolist())):
        gradient = numerical_gradient_from_scores(lambda S: np.exp(S[:, 0, 0]), rows, weights)
        np.testing.assert_allclose(gradient, [[1.5], [2.0]], rtol=1e-9)


def test_gradient_from_scores_in_many_stacks(monkeypatch):
    rng = np.random.default_rng(3)
    X, W = rng.standard_normal((3, 10)), rng.standard_normal((10, 2))
    sizes = []

    def loss_of_scores(S):
        sizes.append(len(S))
        return (S**2).sum(axis=(1, 2))

    monkeypatch.setattr("cs231n_lib.gradient_check._STACK_ENTRIES", 4 * 6)
    gradient = numerical_gradient_from_scores(loss_of_scores, X, W)
    np.testing.assert_allclose(gradient, 2 * X.T @ (X @ W), rtol=1e-7)
    assert sizes == [4] * 8 + [2] * 4
