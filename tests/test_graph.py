import numpy as np
import pytest
from scipy.special import expit, log_softmax, softmax

from cs231n_lib import graph
from cs231n_lib.graph import Variable, topological_order

RNG = np.random.default_rng(8)


def numerical_gradients(function, values, h=1e-5):
    """Centered differences of a scalar function of several arrays, one coordinate at a time."""
    gradients = []
    for k, value in enumerate(values):
        gradient = np.zeros(np.shape(value))
        for index in np.ndindex(gradient.shape):
            ends = []
            for step in (h, -h):
                moved = [np.array(each, dtype=float) for each in values]
                moved[k][index] += step
                ends.append(function(*moved))
            gradient[index] = (ends[0] - ends[1]) / (2 * h)
        gradients.append(gradient)
    return gradients


def compare_with_finite_differences(gate, reference, values):
    """Value and gradients against ``reference`` on plain arrays, for a random upstream gradient."""
    output = gate(*(Variable(value) for value in values))
    expected = reference(*values)
    assert output.value.shape == np.shape(expected)
    np.testing.assert_allclose(output.value, expected, rtol=1e-14, atol=1e-15)
    upstream = RNG.standard_normal(output.shape)
    output.backward(upstream)
    numerical = numerical_gradients(lambda *moved: (upstream * reference(*moved)).sum(), values)
    for source, expected in zip(output.inputs, numerical, strict=True):
        assert source.grad.shape == source.value.shape
        np.testing.assert_allclose(source.grad, expected, rtol=1e-7, atol=1e-8)


TWO_INPUTS = {
    "add": (lambda a, b: a + b, lambda a, b: a + b),
    "subtract": (lambda a, b: a - b, lambda a, b: a - b),
    "multiply": (lambda a, b: a * b, lambda a, b: a * b),
    "divide": (lambda a, b: a / b, lambda a, b: a / b),
    "maximum": (graph.maximum, np.maximum),
}
SHAPES = [((), ()), ((4,), (4,)), ((2, 3), (2, 3)), ((2, 3), ()), ((), (2, 3)), ((2, 3), (3,))]
SHAPES += [
    ((2, 1), (1, 3)),
    ((2, 3), (2, 1)),
    ((3,), (2, 1)),
    ((1,), (2, 2, 3)),
    ((1, 1), ()),
    ((2, 2, 3), (2, 1)),
]


@pytest.mark.parametrize("shapes", SHAPES, ids=str)
@pytest.mark.parametrize("name", TWO_INPUTS)
def test_gates_of_two_inputs_with_broadcasting(name, shapes):
    # values from 0.5 to 2 in steps far larger than h: no division by zero, no kink of max in between
    numbers = RNG.permutation(np.linspace(0.5, 2, 60)) * RNG.choice([-1, 1], 60)
    sizes = [int(np.prod(shape)) for shape in shapes]
    values = [numbers[: sizes[0]].reshape(shapes[0]), numbers[sizes[0] : sum(sizes)].reshape(shapes[1])]
    compare_with_finite_differences(*TWO_INPUTS[name], values)


ONE_INPUT = {
    "negate": (lambda a: -a, lambda a: -a),
    "reciprocal": (graph.reciprocal, lambda a: 1 / a),
    "square": (lambda a: a**2, np.square),
    "power 3": (lambda a: a**3, lambda a: a * a * a),
    "power -1.5": (lambda a: a**-1.5, lambda a: 1 / (a * np.sqrt(a))),
    "power 0": (lambda a: a**0, np.ones_like),
    "exp": (graph.exp, np.exp),
    "log": (graph.log, np.log),
    "sum": (lambda a: a.sum(), np.sum),
    "mean": (lambda a: a.mean(), np.mean),
}


@pytest.mark.parametrize("shape", [(), (5,), (2, 3), (2, 1, 3)], ids=str)
@pytest.mark.parametrize("name", ONE_INPUT)
def test_gates_of_one_positive_input(name, shape):
    compare_with_finite_differences(*ONE_INPUT[name], [RNG.uniform(0.5, 2, shape)])


@pytest.mark.parametrize("shape", [(), (5,), (2, 3)], ids=str)
@pytest.mark.parametrize(
    ("gate", "reference"), [(graph.sigmoid, expit), (graph.relu, lambda a: a * (a > 0)), (graph.exp, np.exp)]
)
def test_gates_of_one_input_of_both_signs(gate, reference, shape):
    values = RNG.uniform(0.1, 3, shape) * RNG.choice([-1, 1], shape)
    compare_with_finite_differences(gate, reference, [values])


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [None, 0, 1, -1, (0, 2)], ids=str)
@pytest.mark.parametrize("name", ["sum", "mean"])
def test_sum_and_mean_along_axes(name, axis, keepdims):
    def gate(a):
        return getattr(a, name)(axis=axis, keepdims=keepdims)

    compare_with_finite_differences(gate, gate, [RNG.standard_normal((2, 4, 3))])


@pytest.mark.parametrize(
    "index", [1, -1, (0, 2), slice(1, 3), (slice(None), 1), ([0, 1, 1], [2, 0, 0])], ids=str
)
def test_picking_elements_also_twice(index):
    compare_with_finite_differences(lambda a: a[index], lambda a: a[index], [RNG.standard_normal((3, 4))])


def test_an_array_of_indices_may_be_changed_before_the_backward_pass():
    x, rows = Variable([[1.0], [2.0], [3.0]]), np.array([0, 0])
    outputs = [x[rows].sum(), x[rows, 0].sum()]
    rows[:] = 2
    for output in outputs:
        output.backward()
        assert x.grad.tolist() == [[2], [0], [0]]


def test_powers_at_zero():
    for exponent, slope in [(0, 0), (1, 1), (2, 0)]:
        x = Variable(0.0)
        (x**exponent).backward()
        assert x.grad == slope


def test_an_element_picked_three_times_gets_three_gradients():
    x = Variable([10.0, 20.0])
    x[[0, 0, 0, 1]].sum().backward()
    assert x.grad.tolist() == [3, 1]


@pytest.mark.parametrize(
    "shapes", [((2, 3), (3, 4)), ((1, 3), (3, 1)), ((4, 1), (1, 2)), ((3, 3), (3, 3))], ids=str
)
def test_matrix_product(shapes):
    values = [RNG.standard_normal(shape) for shape in shapes]
    compare_with_finite_differences(lambda a, b: a @ b, np.matmul, values)


# Circuits worked by hand.


def test_the_course_circuit():
    x, y, z = Variable(-2, "x"), Variable(5, "y"), Variable(-4, "z")
    q = x + y
    f = q * z
    f.backward()
    assert [float(each) for each in (q, f)] == [3, -12]
    assert [each.grad.item() for each in (x, y, z, q, f)] == [-4, -4, 3, -4, 1]


def test_the_course_neuron_in_gates():
    w0, x0, w1, x1, w2 = (Variable(value) for value in (2, -1, -3, -2, -3))
    score = w0 * x0 + w1 * x1 + w2
    output = graph.reciprocal(graph.exp(-score) + 1)
    output.backward()
    slope = np.exp(-1) / (1 + np.exp(-1)) ** 2  # 0.1966
    gradients = [each.grad.item() for each in (w0, x0, w1, x1, w2, score)]
    assert float(score) == 1
    assert float(output) == pytest.approx(0.7310585786300049, rel=1e-15)
    np.testing.assert_allclose(gradients, slope * np.array([-1, 2, -2, -3, 1, 1]), rtol=1e-14)


def test_max_and_mixed_circuit():
    x, y, z, w = (Variable(value) for value in (3, -4, 2, -1))
    output = (x * y + graph.maximum(z, w)) * 2
    output.backward()
    assert float(output) == -20
    assert [each.grad.item() for each in (x, y, z, w)] == [-8, 6, 2, 0]


def test_operators_with_plain_numbers_and_arrays_on_either_side():
    x = Variable([1.0, 2.0])
    array = np.array([3.0, 5.0])
    cases = [(2 + x, [1, 1]), (2 - x, [-1, -1]), (2 * x, [2, 2]), (2 / x, [-2, -0.5]), (x / 4, [0.25, 0.25])]
    cases += [(array * x, array), (array - x, [-1, -1]), (x - array, [1, 1]), (-x, [-1, -1]), (x**2, [2, 4])]
    for output, slope in cases:
        assert isinstance(output, Variable) and output.shape == (2,)
        output.sum().backward()
        assert x.grad.tolist() == list(slope)
    assert (2 - x).value.tolist() == [1, 0] and (array - x).value.tolist() == [2, 3]
    product = np.ones((1, 2)) @ Variable([[1.0], [2.0]])
    assert product.value.tolist() == [[3]]


# Branches, repeated passes, ties.


def test_gradients_of_branches_add_up():
    x, y = Variable(3), Variable(-4)
    ((x + y) * (x * y)).backward()  # x²y + xy²
    assert x.grad == 2 * 3 * -4 + 16 and y.grad == 9 + 2 * 3 * -4
    (x * x * x).backward()
    assert x.grad == 27
    (x + x).backward()
    assert x.grad == 2


def test_a_fork_of_an_inner_variable_is_complete_before_it_is_passed_on():
    x = Variable(2)
    q = x * 3
    (q * q + q * (q + 1)).backward()  # 2q² + q, slope 4q + 1 = 25
    assert q.grad == 25 and x.grad == 75


def test_a_second_backward_gives_the_same_and_does_not_add_up():
    x, y, z = Variable(-2), Variable(5), Variable(-4)
    q = x + y
    f = q * z
    f.backward()
    first = x.grad
    f.backward()
    assert [each.grad.item() for each in (x, y, z, q, f)] == [-4, -4, 3, -4, 1]
    assert first.item() == -4 and first is not x.grad


def test_another_output_replaces_the_gradients_of_what_it_depends_on_only():
    x, y = Variable(2), Variable(3)
    product, square = x * y, x**2
    assert x.grad is None
    product.backward()
    square.backward()
    assert x.grad == 4 and y.grad == 2
    assert product.grad == 1 and square.grad == 1


def test_the_upstream_gradient_scales_all_others():
    x = Variable([[1.0, 2.0], [3.0, 4.0]])
    upstream = np.array([[1.0, 0.0], [-1.0, 10.0]])
    (x * x).backward(upstream)
    assert x.grad.tolist() == [[2, 0], [-6, 80]]
    assert upstream.tolist() == [[1, 0], [-1, 10]]


def test_at_a_tie_max_gives_all_to_its_first_input_and_relu_nothing():
    a, b = Variable([1.0, 1.0, 2.0]), Variable([1.0, 2.0, 1.0])
    graph.maximum(a, b).backward([1.0, 1.0, 1.0])
    assert a.grad.tolist() == [1, 0, 1] and b.grad.tolist() == [0, 1, 0]
    zero = Variable([-1.0, 0.0, 1.0])
    graph.relu(zero).sum().backward()
    assert zero.grad.tolist() == [0, 0, 1]
    graph.maximum(0, zero).sum().backward()
    assert zero.grad.tolist() == [0, 0, 1]


# Larger graphs.


def test_softmax_cross_entropy_of_gates_against_scipy():
    scores, labels = 5 * RNG.standard_normal((6, 4)), RNG.integers(4, size=6)
    S = Variable(scores)
    shifted = S - scores.max(axis=1, keepdims=True)
    picked = shifted[np.arange(6), labels]
    loss = (graph.log(graph.exp(shifted).sum(axis=1)) - picked).mean()
    loss.backward()
    assert float(loss) == pytest.approx(-log_softmax(scores, axis=1)[np.arange(6), labels].mean(), rel=1e-13)
    np.testing.assert_allclose(S.grad, (softmax(scores, axis=1) - np.eye(4)[labels]) / 6, atol=1e-15)


def test_two_layer_net_against_finite_differences():
    values = [RNG.standard_normal(shape) for shape in ((5, 3), (3, 4), (4,), (4, 2), (2,))]

    def loss(X, W1, b1, W2, b2):
        return ((np.maximum(X @ W1 + b1, 0) @ W2 + b2) ** 2).mean()

    variables = [Variable(value) for value in values]
    X, W1, b1, W2, b2 = variables
    output = ((graph.relu(X @ W1 + b1) @ W2 + b2) ** 2).mean()
    output.backward()
    assert float(output) == pytest.approx(loss(*values), rel=1e-13)
    for variable, expected in zip(variables, numerical_gradients(loss, values), strict=True):
        np.testing.assert_allclose(variable.grad, expected, rtol=1e-6, atol=1e-8)


def test_sigmoid_of_far_scores_neither_overflows_nor_loses_digits():
    x = Variable([-1000.0, -100.0, -37.0, -1.0, 0.0, 1.0, 30.0, 37.0, 40.0, 100.0, 1000.0])
    output = graph.sigmoid(x)
    output.sum().backward()
    np.testing.assert_allclose(output.value, expit(x.value), rtol=1e-15, atol=0)
    np.testing.assert_allclose(x.grad, expit(x.value) * expit(-x.value), rtol=1e-14, atol=0)
    in_gates = Variable(40.0)
    graph.reciprocal(graph.exp(-in_gates) + 1).backward()
    assert x.grad[8] == pytest.approx(in_gates.grad.item(), rel=1e-14, abs=0)


def test_slopes_of_quotients_do_not_need_the_square_of_the_denominator():
    for a, b, slopes in [(1e200, 1e200, (1e-200, -1e-200)), (1e-300, 1e-170, (1e170, -1e40))]:
        a, b = Variable(a), Variable(b)
        (a / b).backward()
        assert (a.grad, b.grad) == pytest.approx(slopes, rel=1e-14, abs=0)
    for a, upstream, slope in [(1e200, 1e300, -1e-100), (1e-200, 1e-300, -1e100)]:
        a = Variable(a)
        graph.reciprocal(a).backward(upstream)
        assert a.grad == pytest.approx(slope, rel=1e-14, abs=0)


def test_a_graph_may_be_deeper_than_the_recursion_limit():
    x = Variable(1.0)
    output = x
    for _ in range(5_000):
        output = output + 1
    output.backward()
    assert float(output) == 5_001 and x.grad == 1
    assert len(topological_order(output)) == 10_001


def test_a_tower_of_forks_is_walked_once_by_variable_not_by_path():
    x = Variable(1.0)
    output = x
    for _ in range(200):
        output = output + output
    output.backward()
    assert x.grad == 2.0**200 and len(topological_order(output)) == 201


def test_topological_order_puts_inputs_first_and_each_variable_once():
    x, y = Variable(1, "x"), Variable(2, "y")
    q = (x * y).named("q")
    f = (q + x).named("f")
    assert [each.name for each in topological_order(f)] == ["x", "y", "q", "f"]


# What a variable is.


def test_values_are_copied_as_float64_and_cannot_be_changed():
    source = np.array([1, 2], dtype=np.uint8)
    x = Variable(source)
    source[0] = 9
    assert x.value.dtype == np.float64 and x.value.tolist() == [1, 2]
    already_float64 = np.array([1.0, 2.0])
    x = Variable(already_float64)
    already_float64[0] = 9  # neither locked nor shared
    assert x.value.tolist() == [1, 2]
    with pytest.raises(ValueError, match="read-only"):
        x.value[0] = 5
    with pytest.raises(ValueError, match="read-only"):
        (x * 1).value[0] = 5
    with pytest.raises(AttributeError):
        x.value = np.array([5.0, 5.0])
    assert x.value.tolist() == [1, 2]


def test_names_and_representation():
    x = Variable(2, "x")
    assert repr(x) == "<x = 2>" and repr(x * 2) == "<× = 4>"
    assert repr(Variable([1, 2])) == "<variable of shape (2,)>"
    assert (x + 1).named("q").name == "q"
    assert (2 * x).inputs[0].constant and not x.constant


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        (lambda x: Variable("a"), TypeError, "value must hold real numbers"),
        (lambda x: Variable(x), TypeError, "value must hold real numbers"),
        (lambda x: Variable(1j), TypeError, "value must hold real numbers"),
        (lambda x: x + None, TypeError, "value must hold real numbers"),
        (lambda x: Variable([1, np.nan]), ValueError, "value must be finite"),
        (lambda x: x + np.ones(4), ValueError, r"add of .*shape \(2, 3\).*broadcast"),
        (
            lambda x: x @ np.ones((2, 3)),
            ValueError,
            r"must have shapes \(N, D\) and \(D, C\), got \(2, 3\) and",
        ),
        (lambda x: x @ np.ones(3), ValueError, r"matmul of .*got \(2, 3\) and \(3,\)"),
        (lambda x: Variable([[1], [1, 2]]), ValueError, "value must be an array, got a list of uneven parts"),
        (lambda x: graph.log(x - 1), ValueError, "log of <− of shape .2, 3.> is not finite"),
        (lambda x: 1 / (x - 1), ValueError, "divide of .* is not finite"),
        (lambda x: graph.exp(-Variable(-1000)), ValueError, "^exp of <× −1 = 1000> is not finite"),
        (lambda x: Variable(1, "a") / Variable(0, "b"), ValueError, "^divide of <a = 1>, <b = 0> is not"),
        (lambda x: x**x, TypeError, "exponent must be a finite number"),
        (lambda x: x[5], IndexError, "pick of .* out of bounds"),
        (lambda x: x.sum(axis=2), ValueError, "sum_over of .*axis 2 is out of bounds"),
        (lambda x: Variable(np.ones((0, 2))).mean(), ValueError, "nothing to average"),
        (lambda x: x.backward(), ValueError, r"this variable has shape \(2, 3\)"),
        (
            lambda x: x.backward(np.ones(3)),
            ValueError,
            r"upstream must have shape \(2, 3\), got shape \(3,\)",
        ),
        (lambda x: x.backward(np.full((2, 3), np.nan)), ValueError, "upstream must be finite"),
        (
            lambda x: x[0, :2].backward(["1", "2"]),
            TypeError,
            "upstream must hold real numbers, got dtype <U1",
        ),
        (lambda x: x.sum().backward(1j), TypeError, "upstream must hold real numbers, got dtype complex"),
        (lambda x: x.sum().backward(x.sum()), TypeError, "upstream must hold real numbers, got dtype object"),
        (
            lambda x: x.backward([[1], [1, 2]]),
            ValueError,
            "upstream must be an array, got a list of uneven parts",
        ),
        (
            lambda x: x.sum().local_backward(np.ones(3)),
            ValueError,
            r"<sum = 6> must have shape \(\), got shape \(3,\)",
        ),
        (lambda x: list(x), TypeError, "not iterable"),
        (lambda x: np.exp(x), TypeError, "does not support ufuncs"),
        (lambda x: float(x), ValueError, "size 1"),
    ],
)
def test_wrong_use_is_named(wrong, error, message):
    with pytest.raises(error, match=message):
        wrong(Variable(np.ones((2, 3)), "x"))


def test_a_backward_pass_that_fails_leaves_the_gradients_as_they_were():
    x = Variable(0.0, "x")
    (3 * x).backward()
    with pytest.raises(ValueError, match=r"gradient of gate x\^0.5 is not finite"):
        (x**0.5 + x).backward()
    assert x.grad == 3


def test_gradients_too_large_to_hold_are_not_stored():
    p, wide = Variable(1e-300, "p"), Variable(1e-300)
    branches = p * 1.5e308 + p * 1.5e308
    copies = (wide * np.full(2, 1.5e308)).sum()  # broadcasting adds up inside the local rule
    with pytest.raises(ValueError, match="upstream of <p = 1e-300> must be finite, got inf"):
        branches.backward()
    with pytest.raises(ValueError, match="of gate × is not finite for inputs <variable = 1e-300>, <v"):
        copies.backward()
    assert p.grad is wide.grad is branches.grad is copies.grad is None


def test_underflow_is_no_error_whatever_numpy_is_set_to():
    x = Variable(1e-200)
    with np.errstate(all="raise"):
        y = x * x + graph.exp(Variable(-800)) + (x * np.full(3, 1e-200)).mean()
        y.backward()
        y.backward(1e-310)
    assert float(y) == 0 and x.grad == 0
