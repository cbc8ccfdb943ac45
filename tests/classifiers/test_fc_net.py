"""The modular nets: the course's numbers, finite differences, PyTorch, errors."""

# ruff: noqa: NPY002 (the course seeds and draws from the global generator)

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cs231n_lib.classifiers import fc_net, neural_net
from cs231n_lib.classifiers.fc_net import FullyConnectedNet, TwoLayerNet
from tests.test_layers import slopes


def linspace_net():
    """The net of the assignment: N, D, H, C = 3, 5, 50, 7."""
    net = TwoLayerNet(input_dim=5, hidden_dim=50, num_classes=7, weight_scale=1e-3)
    net.params["W1"] = np.linspace(-0.7, 0.3, num=5 * 50).reshape(5, 50)
    net.params["b1"] = np.linspace(-0.1, 0.9, num=50)
    net.params["W2"] = np.linspace(-0.3, 0.4, num=50 * 7).reshape(50, 7)
    net.params["b2"] = np.linspace(-0.9, 0.1, num=7)
    return net, np.linspace(-5.5, 4.5, num=3 * 5).reshape(5, 3).T


def assignment_data():
    np.random.seed(231)
    return np.random.randn(2, 15), np.random.randint(10, size=(2,))


def assignment_net(**options):
    return FullyConnectedNet([20, 30], input_dim=15, weight_scale=5e-2, dtype=np.float64, **options)


def assert_gradients(net, X, y, h=1e-6, rtol=1e-5, atol=1e-7):
    """Compare each gradient with centered differences of the loss."""
    _, grads = net.loss(X, y)
    assert grads.keys() == net.params.keys()
    for name, w in net.params.items():

        def loss(value, name=name):
            before, net.params[name] = net.params[name], value
            try:
                return net.loss(X, y)[0]
            finally:
                net.params[name] = before

        np.testing.assert_allclose(grads[name], slopes(loss, w, h=h), rtol=rtol, atol=atol, err_msg=name)


# ----------------------------------------------------------------------------------------- TwoLayerNet


def test_scores_and_losses_of_the_assignment():
    net, X = linspace_net()
    expected = [
        [11.53165108, 12.2917344, 13.05181771, 13.81190102, 14.57198434, 15.33206765, 16.09215096],
        [12.05769098, 12.74614105, 13.43459113, 14.1230412, 14.81149128, 15.49994135, 16.18839143],
        [12.58373087, 13.20054771, 13.81736455, 14.43418138, 15.05099822, 15.66781506, 16.2846319],
    ]
    np.testing.assert_allclose(net.loss(X), expected, atol=5e-9)
    y = np.array([0, 5, 1])
    assert net.loss(X, y)[0] == pytest.approx(3.4702243556, abs=5e-11)
    net.reg = 1.0  # read at each call
    assert net.loss(X, y)[0] == pytest.approx(26.5948426952, abs=5e-11)


def test_first_weights_of_the_assignment():
    np.random.seed(9)
    W1, W2 = 1e-3 * np.random.randn(3072, 100), 1e-3 * np.random.randn(100, 10)
    np.random.seed(9)
    net = TwoLayerNet()
    np.testing.assert_array_equal(net.params["W1"], W1)
    np.testing.assert_array_equal(net.params["W2"], W2)
    assert [(name, w.shape, w.dtype) for name, w in net.params.items()] == [
        ("W1", (3072, 100), np.float64),
        ("b1", (100,), np.float64),
        ("W2", (100, 10), np.float64),
        ("b2", (10,), np.float64),
    ]
    assert not net.params["b1"].any() and not net.params["b2"].any() and net.reg == 0


@pytest.mark.parametrize("reg", [0.0, 0.7])
@pytest.mark.parametrize("row", [(6,), (2, 3), (1, 2, 3)])
def test_two_layer_gradients_against_differences(row, reg):
    rng = np.random.default_rng(3)
    net = TwoLayerNet(6, 5, 4, weight_scale=1.0, reg=reg, rng=rng)
    net.params["b1"], net.params["b2"] = rng.standard_normal(5), rng.standard_normal(4)
    assert_gradients(net, rng.standard_normal((3, *row)), np.array([0, 3, 1]))


# ----------------------------------------------------------------------------------- FullyConnectedNet


def test_losses_of_the_assignment():
    X, y = assignment_data()
    assert assignment_net().loss(X, y)[0] == pytest.approx(2.3004790897684924, rel=1e-12)
    X, y = assignment_data()
    assignment_net(reg=0)
    assert assignment_net(reg=3.14).loss(X, y)[0] == pytest.approx(7.052114776533016, rel=1e-12)
    X, y = assignment_data()
    assert assignment_net(normalization="batchnorm").loss(X, y)[0] == pytest.approx(
        2.2611955101340957, rel=1e-12
    )
    net = assignment_net(normalization="batchnorm", reg=3.14)
    assert net.loss(X, y)[0] == pytest.approx(6.996533220108303, rel=1e-12)


def test_dropout_loss_of_the_assignment():
    X, y = assignment_data()
    assignment_net(dropout_keep_ratio=1, seed=123)
    net = assignment_net(dropout_keep_ratio=0.75, seed=123)
    assert net.loss(X, y)[0] == pytest.approx(2.302371489704412, rel=1e-12)
    assert net.loss(X, y)[0] == net.loss(X, y)[0]  # the same mask each time


@pytest.mark.parametrize("normalization", [None, "batchnorm", "layernorm"])
@pytest.mark.parametrize("keep", [1, 0.6])
@pytest.mark.parametrize("hidden", [[5], [4, 6], [4, 3, 5]])
def test_gradients_against_differences(hidden, keep, normalization):
    rng = np.random.default_rng(1)
    net = FullyConnectedNet(
        hidden,
        6,
        3,
        keep,
        normalization,
        reg=0.3,
        weight_scale=0.7,
        dtype=np.float64,
        seed=5,
        rng=rng,
        label_smoothing=0.1,
    )
    for name, w in net.params.items():  # away from 0 and 1, where a missing factor would not show
        if not name.startswith("W"):
            w += rng.uniform(0.1, 0.5, w.shape)
    assert_gradients(net, rng.standard_normal((5, 2, 3)), np.array([0, 2, 1, 1, 2]))


@given(
    st.lists(st.integers(1, 4), max_size=3), st.integers(1, 4), st.integers(2, 4), st.integers(0, 2**32 - 1)
)
@settings(deadline=None, max_examples=20, derandomize=True)
def test_gradients_for_any_sizes(hidden, D, C, seed):
    rng = np.random.default_rng(seed)
    net = FullyConnectedNet(
        hidden, D, C, normalization="layernorm", dtype=np.float64, weight_scale=1.0, rng=rng
    )
    for i in range(len(hidden)):
        net.bn_params[i]["eps"] = 0.1  # one hidden unit is its own mean: keep the slope tame
        net.params[f"beta{i + 1}"] += 0.3  # and off the kink
    X, y = rng.standard_normal((3, D)), rng.integers(C, size=3)
    assert net.num_layers == len(hidden) + 1
    assert_gradients(net, X, y, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("normalization", ["batchnorm", "layernorm", None])
@pytest.mark.oracle
def test_against_pytorch(normalization):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    net = FullyConnectedNet(
        [8, 7], 6, 4, 1, normalization, 0.2, 0.5, np.float64, rng=rng, label_smoothing=0.1
    )
    X, y = rng.standard_normal((9, 6)), rng.integers(4, size=9)
    modules = []
    for i, (D, H) in enumerate([(6, 8), (8, 7), (7, 4)], start=1):
        linear = torch.nn.Linear(D, H, dtype=torch.float64)
        linear.weight.data, linear.bias.data = (
            torch.tensor(net.params[f"W{i}"].T),
            torch.tensor(net.params[f"b{i}"]),
        )
        norm = {"batchnorm": torch.nn.BatchNorm1d, "layernorm": torch.nn.LayerNorm}.get(normalization)
        modules += [linear]
        if i < 3 and norm:
            modules += [norm(H, dtype=torch.float64)]
        if i < 3:
            modules += [torch.nn.ReLU()]
    theirs = torch.nn.Sequential(*modules)
    data_loss = torch.nn.functional.cross_entropy(
        theirs(torch.tensor(X)), torch.tensor(y), label_smoothing=0.1
    )
    weights = [module.weight for module in modules if isinstance(module, torch.nn.Linear)]
    expected = data_loss + 0.1 * sum((w**2).sum() for w in weights)
    expected.backward()
    loss, grads = net.loss(X, y)
    assert loss == pytest.approx(expected.item(), rel=1e-12)
    for i, w in enumerate(weights, start=1):
        np.testing.assert_allclose(grads[f"W{i}"], w.grad.numpy().T, rtol=1e-9, atol=1e-12)


def test_label_smoothing_reaches_the_loss():
    rng = np.random.default_rng(0)
    net = FullyConnectedNet([5], 6, 4, dtype=np.float64, weight_scale=1.0, rng=rng, label_smoothing=0.3)
    X, y = rng.standard_normal((7, 6)), rng.integers(4, size=7)
    assert net.loss(X, y)[0] == pytest.approx(fc_net.softmax_loss(net.loss(X), y, 0.3)[0], rel=1e-14)


def test_two_layers_are_the_two_layer_net():
    rng = np.random.default_rng(0)
    two = TwoLayerNet(6, 5, 4, weight_scale=1.0, reg=0.3, rng=rng)
    deep = FullyConnectedNet([5], 6, 4, reg=0.3, dtype=np.float64)
    deep.params = two.params
    X, y = rng.standard_normal((7, 6)), rng.integers(4, size=7)
    assert deep.loss(X, y)[0] == pytest.approx(two.loss(X, y)[0], rel=1e-14)
    np.testing.assert_array_equal(deep.loss(X), two.loss(X))


def test_keys_dtypes_and_first_values():
    net = FullyConnectedNet([4, 5], 3, 2, normalization="batchnorm")
    assert list(net.params) == ["W1", "b1", "gamma1", "beta1", "W2", "b2", "gamma2", "beta2", "W3", "b3"]
    assert all(w.dtype == np.float32 for w in net.params.values())
    assert (net.params["gamma1"] == 1).all() and not net.params["beta2"].any()
    assert list(FullyConnectedNet([4], 3, 2).params) == ["W1", "b1", "W2", "b2"]
    X, y = np.random.default_rng(0).standard_normal((4, 3)), np.array([0, 1, 1, 0])
    assert net.loss(X).dtype == np.float32
    assert all(g.dtype == np.float32 for g in net.loss(X, y)[1].values())
    net = FullyConnectedNet([4], 3, 2, 0.5, reg=np.float64(0.1), rng=0)
    assert all(g.dtype == np.float32 for g in net.loss(X, y)[1].values())
    # The course's order and spread of the first weights.
    np.random.seed(4)
    W1, W2 = (1e-2 * np.random.randn(*shape) for shape in [(3, 4), (4, 2)])
    np.random.seed(4)
    net = FullyConnectedNet([4], 3, 2)
    np.testing.assert_array_equal(net.params["W1"], W1.astype(np.float32))
    np.testing.assert_array_equal(net.params["W2"], W2.astype(np.float32))


def test_scores_are_of_test_time_and_change_nothing():
    rng = np.random.default_rng(0)
    net = FullyConnectedNet([8], 3, 2, 0.5, "batchnorm", dtype=np.float64, weight_scale=1.0, rng=rng)
    X, y = rng.standard_normal((20, 3)), rng.integers(2, size=20)
    for _ in range(3):
        net.loss(X, y)
    scores = net.loss(X)
    np.testing.assert_allclose(net.loss(X[:1]), scores[:1])  # no mask, and no statistics of the batch
    np.testing.assert_array_equal(net.loss(X), scores)
    losses = {net.loss(X, y)[0] for _ in range(3)}
    assert len(losses) == 3  # training draws a new mask each time


def test_an_rng_makes_everything_repeatable_and_leaves_the_global_generator_alone():
    X, y = np.random.default_rng(0).standard_normal((5, 3)), np.array([0, 1, 1, 0, 1])
    np.random.seed(0)
    following = np.random.rand()
    np.random.seed(0)
    runs = []
    for _ in range(2):
        net = FullyConnectedNet([8], 3, 2, 0.5, rng=7)
        runs.append([net.loss(X, y)[0] for _ in range(3)])
    assert runs[0] == runs[1]
    assert np.random.rand() == following


# ------------------------------------------------------------------------------------------------ errors


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: FullyConnectedNet(100), TypeError, "hidden_dims must be a sequence of integers, got 100"),
        (lambda: FullyConnectedNet([5, 0]), ValueError, "hidden_dims[1] must be an integer >= 1, got 0"),
        (lambda: FullyConnectedNet([5], normalization="batch"), ValueError, "normalization must be one of"),
        (lambda: FullyConnectedNet([5], dropout_keep_ratio=0), ValueError, "dropout_keep_ratio must be a"),
        (lambda: FullyConnectedNet([5], dropout=1.5), ValueError, "dropout must be a finite number >= 0 and"),
        (lambda: FullyConnectedNet([5], label_smoothing=2), ValueError, "label_smoothing must be a finite"),
        (lambda: FullyConnectedNet([5], weight_scale=np.inf), ValueError, "weight_scale must be a finite"),
        (lambda: FullyConnectedNet([5], dtype=np.int64), TypeError, "dtype must be float32 or float64,"),
        (lambda: FullyConnectedNet([5], dtype=np.float16), TypeError, "dtype must be float32 or float64,"),
        (lambda: FullyConnectedNet([5], seed="1"), ValueError, "seed must be an integer from 0 to"),
        (
            lambda: FullyConnectedNet([5], normalization="layernorm", use_batchnorm=True),
            ValueError,
            "normalization must be one of 'batchnorm', got 'layernorm'",
        ),
        (lambda: TwoLayerNet(reg=-1), ValueError, "reg must be a finite number >= 0, got -1"),
        (lambda: TwoLayerNet(reg="0.1"), TypeError, "reg must be a finite number >= 0, got '0.1'"),
        (lambda: TwoLayerNet(weight_scale=np.nan), ValueError, "weight_scale must be a finite number >= 0"),
        (lambda: TwoLayerNet(hidden_dim=2.5), ValueError, "hidden_dim must be an integer >= 1, got 2.5"),
        (lambda: TwoLayerNet(rng="seed"), TypeError, "rng must be a numpy.random.Generator"),
    ],
)
def test_wrong_arguments_are_named(call, error, message):
    with pytest.raises(error, match=re.escape(message)):
        call()


@pytest.mark.parametrize("net", [TwoLayerNet(6, 5, 4, rng=0), FullyConnectedNet([5], 6, 4, rng=0)])
def test_wrong_examples_are_named(net):
    X, y = np.ones((3, 6)), np.array([0, 1, 3])
    for bad_X, bad_y, error, message in (
        (X[:, :5], y, ValueError, "X has shape (3, 5) but the net has 6 features"),
        (X[:0], y[:0], ValueError, "X must have shape (N, d1, ...) with at least one entry"),
        (X.astype(str), None, TypeError, "X must hold real numbers, got dtype <U32"),
        (X * 1j, y, TypeError, "X must hold real numbers, got dtype complex128"),
        (np.where(np.arange(18).reshape(3, 6) == 8, np.nan, X), y, ValueError, "X must be finite, got nan"),
        (X, y + [0, 0, 1], ValueError, "y must hold labels from 0 to 3, got 0 to 4"),
        (X, y / 1, TypeError, "y must hold integers, got dtype float64"),
    ):
        with pytest.raises(error, match=re.escape(message)):
            net.loss(bad_X, bad_y)
    net.reg = np.nan
    with pytest.raises(ValueError, match="reg must be a finite number >= 0, got nan"):
        net.loss(X, y)
    net.reg = 0
    net.params["W1"][0, 0] = np.inf
    with pytest.raises(FloatingPointError, match="the parameters or the numbers in X are too large"):
        net.loss(X, y)


@pytest.mark.parametrize(
    "net",
    [TwoLayerNet(2, 2, 2, rng=0), FullyConnectedNet([2], 2, 2, dtype=float), neural_net.TwoLayerNet(2, 2, 2)],
)
def test_without_regularization_weights_whose_squares_overflow_have_a_finite_loss(net):
    net.params["W1"], net.params["W2"] = np.full((2, 2), 1e160), np.zeros((2, 2))
    assert net.loss(np.ones((1, 2)), np.array([0]))[0] == pytest.approx(np.log(2))


def test_what_overflows_in_the_cast_is_named():
    with pytest.raises(ValueError, match="X must be finite, got inf"):
        FullyConnectedNet([5], 6, 4).loss(np.full((2, 6), 1e300))


def test_older_names_are_accepted():
    X, y = np.random.default_rng(0).standard_normal((5, 6)), np.array([0, 1, 3, 2, 1])
    for old, new in (
        ({"dropout": 0.6, "seed": 3}, {"dropout_keep_ratio": 0.6, "seed": 3}),
        ({"dropout": 1}, {}),
        ({"dropout": 0, "use_batchnorm": False}, {}),
        ({"use_batchnorm": True}, {"normalization": "batchnorm"}),
    ):
        nets = [FullyConnectedNet([50], 6, 4, weight_scale=1.0, rng=0, **names) for names in (old, new)]
        assert nets[0].loss(X, y)[0] == nets[1].loss(X, y)[0]


@pytest.mark.parametrize("normalization", [None, "batchnorm", "layernorm"])
def test_underflow_is_silent_whatever_the_users_settings(normalization):
    X, y = np.array([[1e-200, -1e-200], [1e3, 1e-300]]), np.array([0, 1])
    deep = FullyConnectedNet([5], 2, 2, 0.5, normalization, weight_scale=1.0, dtype=np.float64, rng=0)
    with np.errstate(all="raise"):
        for net in (deep, TwoLayerNet(2, 5, 2, weight_scale=100.0, reg=1e-300, rng=0)):
            assert np.isfinite(net.loss(X)).all()
            assert np.isfinite(net.loss(X, y)[0])


def test_star_import_gives_every_layer():
    names = {}
    exec("from cs231n_lib.classifiers.fc_net import *", names)
    layers = "affine relu batchnorm layernorm dropout affine_relu affine_bn_relu affine_ln_relu".split()
    pairs = {f"{layer}_{way}" for layer in layers for way in ("forward", "backward")}
    extra = {"TwoLayerNet", "FullyConnectedNet", "svm_loss", "softmax_loss", "batchnorm_backward_alt"}
    assert pairs | extra == set(fc_net.__all__) == set(names) - {"__builtins__"}


def test_a_loss_that_fails_leaves_the_running_averages_of_batch_normalization():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((6, 4)), rng.integers(3, size=6)
    net = FullyConnectedNet([5], 4, 3, normalization="batchnorm", rng=0)
    with pytest.raises(ValueError):
        net.loss(X, y + 3)
    assert set(net.bn_params[0]) == {"mode"}
    net.loss(X, y)
    mean, scores = net.bn_params[0]["running_mean"].copy(), net.loss(X)
    bad = X.copy()
    bad[0, 0] = np.nan
    for arguments in ((bad, y), (X, y + 3)):
        with pytest.raises(ValueError):
            net.loss(*arguments)
        np.testing.assert_array_equal(net.bn_params[0]["running_mean"], mean)
    np.testing.assert_array_equal(net.loss(X), scores)
    net.params["W2"][0, 0] = np.inf
    with pytest.raises(FloatingPointError):
        net.loss(X + 1, y)
    np.testing.assert_array_equal(net.bn_params[0]["running_mean"], mean)
