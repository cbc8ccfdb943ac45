"""Update rules against the course's numbers, hand-worked steps, PyTorch and the formulas written out."""

import copy
import re

import numpy as np
import pytest

from cs231n_lib import optim

RULES = [optim.sgd, optim.sgd_momentum, optim.adagrad, optim.rmsprop, optim.adam]


def grid(start, stop, shape=(4, 5)):
    return np.linspace(start, stop, num=int(np.prod(shape))).reshape(shape)


# ------------------------------------------------------------- the numbers in the course's FullyConnectedNets


def test_sgd_momentum_of_the_course():
    config = {"learning_rate": 1e-3, "velocity": grid(0.6, 0.9)}
    next_w, _ = optim.sgd_momentum(grid(-0.4, 0.6), grid(-0.6, 0.4), config=config)
    expected_next_w = [
        [0.1406, 0.20738947, 0.27417895, 0.34096842, 0.40775789],
        [0.47454737, 0.54133684, 0.60812632, 0.67491579, 0.74170526],
        [0.80849474, 0.87528421, 0.94207368, 1.00886316, 1.07565263],
        [1.14244211, 1.20923158, 1.27602105, 1.34281053, 1.4096],
    ]
    np.testing.assert_allclose(next_w, expected_next_w, atol=5e-9)
    first_row = [0.5406, 0.55475789, 0.56891579, 0.58307368, 0.59723158]
    np.testing.assert_allclose(config["velocity"][0], first_row, atol=5e-9)
    assert config["velocity"][-1, -1] == pytest.approx(0.8096)


def test_rmsprop_of_the_course():
    config = {"learning_rate": 1e-2, "cache": grid(0.6, 0.9)}
    next_w, _ = optim.rmsprop(grid(-0.4, 0.6), grid(-0.6, 0.4), config=config)
    expected_next_w = [
        [-0.39223849, -0.34037513, -0.28849239, -0.23659121, -0.18467247],
        [-0.132737, -0.08078555, -0.02881884, 0.02316247, 0.07515774],
        [0.12716641, 0.17918792, 0.23122175, 0.28326742, 0.33532447],
        [0.38739248, 0.43947102, 0.49155973, 0.54365823, 0.59576619],
    ]
    np.testing.assert_allclose(next_w, expected_next_w, atol=5e-9)
    first_row = [0.5976, 0.6126277, 0.6277108, 0.64284931, 0.65804321]
    np.testing.assert_allclose(config["cache"][0], first_row, atol=5e-9)


def test_adam_of_the_course():
    config = {"learning_rate": 1e-2, "m": grid(0.6, 0.9), "v": grid(0.7, 0.5), "t": 5}
    next_w, _ = optim.adam(grid(-0.4, 0.6), grid(-0.6, 0.4), config=config)
    expected_next_w = [
        [-0.40094747, -0.34836187, -0.29577703, -0.24319299, -0.19060977],
        [-0.1380274, -0.08544591, -0.03286534, 0.01971428, 0.0722929],
        [0.1248705, 0.17744702, 0.23002243, 0.28259667, 0.33516969],
        [0.38774145, 0.44031188, 0.49288093, 0.54544852, 0.59801459],
    ]
    np.testing.assert_allclose(next_w, expected_next_w, atol=5e-9)
    assert config["t"] == 6
    first_row = [0.69966, 0.68908382, 0.67851319, 0.66794809, 0.65738853]
    np.testing.assert_allclose(config["v"][0], first_row, atol=5e-9)
    first_row = [0.48, 0.49947368, 0.51894737, 0.53842105, 0.55789474]
    np.testing.assert_allclose(config["m"][0], first_row, atol=5e-9)


# ------------------------------------------------------------------------------------------------ by hand


def test_first_steps_by_hand():
    w, dw = np.array([1.0, 2.0]), np.array([4.0, -0.5])
    np.testing.assert_allclose(optim.sgd(w, dw)[0], [0.96, 2.005])
    np.testing.assert_allclose(optim.sgd_momentum(w, dw)[0], [0.96, 2.005])
    # Divided by the root of its own square, any gradient is a step of the learning rate.
    np.testing.assert_allclose(optim.adagrad(w, dw)[0], [0.99, 2.01])
    np.testing.assert_allclose(optim.adam(w, dw)[0], [0.999, 2.001])
    np.testing.assert_allclose(optim.rmsprop(w, dw)[0], [0.9, 2.1])  # cache = 0.01 dw²


def test_momentum_gathers_and_adagrad_tires():
    w, dw = np.zeros(1), np.ones(1)
    config, tired = {"learning_rate": 1.0, "momentum": 0.5}, {"learning_rate": 1.0, "epsilon": 0.0}
    velocities, steps = [], []
    for _ in range(4):
        _, config = optim.sgd_momentum(w, dw, config)
        velocities.append(config["velocity"].item())
        next_w, tired = optim.adagrad(w, dw, tired)
        steps.append(next_w.item())
    assert velocities == [-1, -1.5, -1.75, -1.875]
    np.testing.assert_allclose(steps, [-1, -1 / np.sqrt(2), -1 / np.sqrt(3), -1 / 2])


def test_epsilon_stands_outside_the_root():
    w, dw = np.zeros(1), np.array([3.0])
    assert optim.adagrad(w, dw, {"learning_rate": 1.0, "epsilon": 3.0})[0].item() == pytest.approx(-0.5)
    config = {"learning_rate": 1.0, "epsilon": 3.0, "decay_rate": 0.0}
    assert optim.rmsprop(w, dw, config)[0].item() == pytest.approx(-0.5)
    assert optim.adam(w, dw, {"learning_rate": 1.0, "epsilon": 3.0})[0].item() == pytest.approx(-0.5)


def plain_adam(w, gradients, rate, beta1, beta2, epsilon):
    m = v = 0
    for t, g in enumerate(gradients, start=1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        w = w - rate * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + epsilon)
    return w


@pytest.mark.parametrize("shape", [(), (7,), (3, 4, 5)])
def test_adam_is_the_formula_for_arrays_of_any_size(shape):
    rng = np.random.default_rng(0)
    w, config = (
        rng.standard_normal(shape),
        {"learning_rate": 0.1, "beta1": 0.8, "beta2": 0.9, "epsilon": 0.01},
    )
    w = np.asarray(w)
    gradients = [np.asarray(rng.standard_normal(shape)) for _ in range(4)]
    expected = plain_adam(w, gradients, 0.1, 0.8, 0.9, 0.01)
    for g in gradients:
        w, config = optim.adam(w, g, config)
    assert w.shape == shape
    np.testing.assert_allclose(w, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    "rule, name, options",
    [
        (optim.sgd, "SGD", {}),
        (optim.adagrad, "Adagrad", {"eps": 1e-8}),
        (optim.rmsprop, "RMSprop", {}),
        (optim.adam, "Adam", {}),
    ],
)
@pytest.mark.oracle
def test_five_steps_against_pytorch(rule, name, options):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    w, config = rng.standard_normal((3, 4)), {"learning_rate": 0.05}
    theirs = torch.tensor(w, requires_grad=True)
    optimizer = getattr(torch.optim, name)([theirs], lr=0.05, **options)
    for _ in range(5):
        dw = rng.standard_normal((3, 4))
        w, config = rule(w, dw, config)
        theirs.grad = torch.tensor(dw)
        optimizer.step()
    np.testing.assert_allclose(w, theirs.detach().numpy(), rtol=1e-10)


# ------------------------------------------------------------------------------------------- the contract


@pytest.mark.parametrize("rule", RULES)
def test_the_state_lives_in_the_dict_that_was_passed_and_nothing_else_changes(rule):
    rng = np.random.default_rng(0)
    w, dw = rng.standard_normal((2, 3)), rng.standard_normal((2, 3))
    w_before, dw_before = w.copy(), dw.copy()
    config = {"learning_rate": 0.1}
    first, returned = rule(w, dw, config)
    assert returned is config
    state = {name: value for name, value in config.items() if isinstance(value, np.ndarray)}
    kept = {name: value.copy() for name, value in state.items()}
    second, _ = rule(w, dw, config)
    if rule is optim.sgd:
        assert config == {"learning_rate": 0.1}
    elif rule is not optim.adam:  # whose corrected first steps along a constant gradient are equal
        assert (first != second).all()
    np.testing.assert_array_equal(w, w_before)
    np.testing.assert_array_equal(dw, dw_before)
    for name, value in state.items():
        np.testing.assert_array_equal(value, kept[name])  # the caller's arrays are replaced, not written to
        assert (config[name] != value).any()
    again, fresh = rule(w, dw)
    assert fresh is not config and fresh is not rule(w, dw)[1]


@pytest.mark.parametrize(
    "rule, expected",
    [
        (optim.sgd, {"learning_rate": 1e-2}),
        (optim.sgd_momentum, {"learning_rate": 1e-2, "momentum": 0.9}),
        (optim.adagrad, {"learning_rate": 1e-2, "epsilon": 1e-8}),
        (optim.rmsprop, {"learning_rate": 1e-2, "decay_rate": 0.99, "epsilon": 1e-8}),
        (optim.adam, {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "t": 1}),
    ],
)
def test_defaults(rule, expected):
    _, config = rule(np.ones(2), np.ones(2))
    assert {name: value for name, value in config.items() if not isinstance(value, np.ndarray)} == expected


@pytest.mark.parametrize("rule", RULES)
def test_float32_stays_float32_also_with_a_float64_learning_rate(rule):
    config = {"learning_rate": np.float64(0.1)}
    w, dw = np.ones(3, np.float32), np.ones(3, np.float32)
    for _ in range(2):
        w, config = rule(w, dw, config)
    assert w.dtype == np.float32
    assert all(value.dtype == np.float32 for value in config.values() if isinstance(value, np.ndarray))


@pytest.mark.parametrize("rule", RULES)
def test_transposed_arrays_are_updated_entry_by_entry(rule):
    w, dw = grid(1, 2).T, grid(3, -1).T
    np.testing.assert_array_equal(rule(w, dw)[0], rule(w.copy(order="C"), dw.copy(order="C"))[0])


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    ("w", "dw", "config", "error", "message"),
    [
        (np.ones((2, 3)), np.ones((1, 3)), None, ValueError, "dw must have shape (2, 3), got shape (1, 3)"),
        (np.ones(3, int), np.ones(3), None, TypeError, "w must hold floating-point numbers, got dtype int64"),
        (np.ones(3, np.float16), np.ones(3), {}, TypeError, "w must hold float32 or float64, got dtype"),
        (np.ones(1), ["a"], {}, TypeError, "dw must hold real numbers, got dtype <U1"),
        (np.ones(1), np.ones(1), 0.1, TypeError, "config must be a dict, got 0.1"),
        (np.ones(1), np.ones(1), {"learning_rate": "1"}, TypeError, "config['learning_rate'] must be a"),
        (np.ones(1), np.ones(1), {"learning_rate": -1}, ValueError, "config['learning_rate'] must be a"),
    ],
)
def test_wrong_arguments_are_named(rule, w, dw, config, error, message):
    before = copy.copy(config)
    with pytest.raises(error, match=re.escape(message)):
        rule(w, dw, config)
    assert config == before


@pytest.mark.parametrize(
    ("rule", "config", "message"),
    [
        (optim.sgd_momentum, {"velocity": np.ones(3)}, "config['velocity'] must have shape (2,), got shape"),
        (optim.sgd_momentum, {"momentum": 1.1}, "config['momentum'] must be a finite number >= 0 and <="),
        (optim.adam, {"beta2": 1}, "config['beta2'] must be a finite number >= 0 and < 1, got 1"),
        (optim.adam, {"t": -1}, "config['t'] must be an integer >= 0, got -1"),
    ],
)
def test_a_wrong_state_or_number_of_one_rule_is_named(rule, config, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        rule(np.ones(2), np.ones(2), config)


@pytest.mark.parametrize("rule", RULES)
def test_underflow_is_silent_whatever_the_users_settings(rule):
    w, config = np.ones(2), {"learning_rate": 1e-200}
    with np.errstate(all="raise"):
        for _ in range(3):
            w, config = rule(w, np.array([1e-200, 1e-160]), config)
    np.testing.assert_array_equal(w, 1)


def test_cosine():
    assert optim.cosine(0) == 1
    assert optim.cosine(0.5) == pytest.approx(0.5)
    assert optim.cosine(1 / 3) == pytest.approx(0.75)
    assert optim.cosine(1) == pytest.approx(0)
