"""The monolithic two-layer net: the course's toy numbers, finite differences, training, errors."""

# ruff: noqa: NPY002 (the course seeds and draws from the global generator)

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cs231n_lib.classifiers import fc_net
from cs231n_lib.classifiers.neural_net import TwoLayerNet
from cs231n_lib.divergence import DivergenceWarning
from cs231n_lib.optim import cosine
from tests.test_layers import slopes


def toy_net():
    np.random.seed(0)
    return TwoLayerNet(4, 10, 3, std=1e-1)


def toy_data():
    np.random.seed(1)
    return 10 * np.random.randn(5, 4), np.array([0, 1, 2, 2, 1])


def blobs(n, rng, classes=3):
    """Points around one center for each class, with room between them."""
    y = rng.integers(classes, size=n)
    return 4 * np.eye(classes, 4)[y] + rng.standard_normal((n, 4)), y


def test_scores_and_loss_of_the_assignment():
    net, (X, y) = toy_net(), toy_data()
    expected = [
        [-0.81233741, -1.27654624, -0.70335995],
        [-0.17129677, -1.18803311, -0.47310444],
        [-0.51590475, -1.01354314, -0.8504215],
        [-0.15419291, -0.48629638, -0.52901952],
        [-0.00618733, -0.12435261, -0.15226949],
    ]
    np.testing.assert_allclose(net.loss(X), expected, atol=5e-9)
    assert net.loss(X, y, reg=0.05)[0] == pytest.approx(1.30378789133, abs=1e-11)


def test_training_of_the_assignment_overfits_five_points():
    X, y = toy_data()
    net = toy_net()
    history = net.train(X, y, X, y, learning_rate=1e-1, reg=5e-6, num_iters=100, verbose=False)
    assert history["loss_history"][-1] == pytest.approx(0.0171496079387, abs=1e-12)
    assert len(history["loss_history"]) == 100
    # N // batch_size is 0: an epoch is one iteration.
    assert len(history["train_acc_history"]) == len(history["val_acc_history"]) == 100
    assert history["val_acc_history"][-1] == 1


@given(st.tuples(*[st.integers(1, 4)] * 4), st.sampled_from([0.0, 0.05, 2.0]), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=25, derandomize=True)
def test_gradients_against_differences(sizes, reg, seed):
    N, D, H, C = sizes
    rng = np.random.default_rng(seed)
    net = TwoLayerNet(D, H, C, std=1.0, rng=rng)
    net.params["b1"], net.params["b2"] = rng.standard_normal(H), rng.standard_normal(C)
    X, y = rng.standard_normal((N, D)), rng.integers(C, size=N)
    if np.abs(X @ net.params["W1"] + net.params["b1"]).min() < 1e-3:
        return  # a kink within reach of the difference
    _, grads = net.loss(X, y, reg)
    assert grads.keys() == net.params.keys()
    for name, w in net.params.items():

        def loss(value, name=name):
            moved = TwoLayerNet(D, H, C)
            moved.params = {**net.params, name: value}
            return moved.loss(X, y, reg)[0]

        np.testing.assert_allclose(grads[name], slopes(loss, w), rtol=1e-5, atol=1e-8)


def test_the_modular_net_is_the_same_net_with_twice_the_reg():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((20, 6)), rng.integers(4, size=20)
    old, new = TwoLayerNet(6, 8, 4, std=0.5, rng=rng), fc_net.TwoLayerNet(6, 8, 4, reg=0.3)
    new.params = old.params
    loss, grads = old.loss(X, y, reg=0.15)
    new_loss, new_grads = new.loss(X, y)
    assert loss == pytest.approx(new_loss, rel=1e-12)
    for name in grads:
        np.testing.assert_allclose(grads[name], new_grads[name], rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(old.loss(X), new.loss(X), rtol=1e-13)


def test_regularization_has_no_half_and_leaves_the_biases_out():
    net = TwoLayerNet(2, 3, 2)
    net.params = {"W1": np.full((2, 3), 2.0), "b1": np.ones(3), "W2": np.full((3, 2), 3.0), "b2": np.ones(2)}
    X, y = np.ones((1, 2)), np.array([0])
    (plain, plain_grads), (loss, grads) = net.loss(X, y), net.loss(X, y, reg=0.5)
    assert loss - plain == pytest.approx(0.5 * (6 * 4 + 6 * 9))
    np.testing.assert_allclose(grads["W1"] - plain_grads["W1"], 2.0)
    np.testing.assert_allclose(grads["W2"] - plain_grads["W2"], 3.0)
    np.testing.assert_array_equal(grads["b1"], plain_grads["b1"])


def test_at_the_kink_of_the_relu_the_gradient_is_0():
    grads = TwoLayerNet(2, 3, 2, std=1.0, rng=0).loss(np.zeros((1, 2)), np.array([0]))[1]  # Z is 0
    assert not grads["b1"].any() and grads["b2"].all()


def test_the_loss_is_exact_for_scores_of_any_size():
    net = TwoLayerNet(1, 1, 2)
    net.params = {
        "W1": np.ones((1, 1)),
        "b1": np.zeros(1),
        "W2": np.array([[1.0, 1.0]]),
        "b2": np.array([0.0, -5.0]),
    }
    X = np.array([[1.0], [1e6]])  # rows so far apart that one maximum for both would give 0/0
    gap = np.log1p(np.exp(-5))
    assert net.loss(X, np.array([0, 0]))[0] == pytest.approx(gap, rel=1e-9)
    assert net.loss(X, np.array([1, 1]))[0] == pytest.approx(5 + gap, rel=1e-9)


def test_first_weights_come_from_the_global_generator_or_from_rng():
    np.random.seed(3)
    W1, W2 = 0.5 * np.random.randn(4, 5), 0.5 * np.random.randn(5, 2)
    np.random.seed(3)
    net = TwoLayerNet(4, 5, 2, std=0.5)
    np.testing.assert_array_equal(net.params["W1"], W1)
    np.testing.assert_array_equal(net.params["W2"], W2)
    assert not net.params["b1"].any() and not net.params["b2"].any()
    one, two = (TwoLayerNet(4, 5, 2, rng=8).params["W1"] for _ in range(2))
    np.testing.assert_array_equal(one, two)


def test_training_learns_and_is_repeatable():
    rng = np.random.default_rng(0)
    (X, y), (X_val, y_val) = blobs(300, rng), blobs(100, rng)
    y_val[:20] = (y_val[:20] + 1) % 3  # so that its accuracy is not the batch's

    def trained(**options):
        net = TwoLayerNet(4, 16, 3, std=0.1, rng=1)
        history = net.train(
            X, y, X_val, y_val, learning_rate=0.3, num_iters=61, batch_size=100, rng=2, **options
        )
        return net, history

    net, history = trained()
    assert net.predict(X_val).shape == (100,)
    assert np.mean(net.predict(X_val) == y_val) > 0.75
    assert history["train_acc_history"][-1] > 0.95
    assert history["val_acc_history"][-1] == np.mean(
        net.predict(X_val) == y_val
    )  # iteration 60 begins an epoch
    assert len(history["val_acc_history"]) == 21  # iterations 0, 3, ... 60
    again, same = trained()
    assert same == history
    np.testing.assert_array_equal(again.params["W1"], net.params["W1"])
    scheduled, _ = trained(lr_schedule=cosine)
    assert (scheduled.params["W1"] != net.params["W1"]).any()


@pytest.mark.parametrize("reg", [0.0, 0.4, 2.5])
def test_training_is_the_loss_followed_by_a_step_down_its_gradient(reg):
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((20, 17)), rng.integers(0, 3, 20)
    net, plain = (TwoLayerNet(17, 30, 3, std=0.1, rng=1) for _ in range(2))
    history = net.train(X, y, X, y, learning_rate=0.3, reg=reg, num_iters=5, batch_size=8, rng=2)
    draw = np.random.default_rng(2)
    for iteration in range(5):
        rows = draw.choice(20, 8)
        loss, grads = plain.loss(X[rows], y[rows], reg)
        assert history["loss_history"][iteration] == pytest.approx(loss, rel=1e-12)
        rate = 0.3 * 0.95 ** ((iteration + 1) // 2)  # an epoch has two batches; its first one lowers the rate
        plain.params = {name: w - rate * grads[name] for name, w in plain.params.items()}
    for name, w in plain.params.items():
        np.testing.assert_allclose(net.params[name], w, rtol=1e-9, atol=1e-13)


def test_training_leaves_the_arrays_it_starts_from_alone():
    X, y = toy_data()
    net = toy_net()
    start = dict(net.params)
    copies = {name: w.copy() for name, w in start.items()}
    net.train(X, y, X, y, num_iters=3)
    for name, w in start.items():
        np.testing.assert_array_equal(w, copies[name])
        assert not np.shares_memory(w, net.params[name])


def test_a_training_that_is_stopped_keeps_the_steps_made():
    X, y = toy_data()

    def stop_at_half(progress):
        if progress >= 0.5:
            raise KeyboardInterrupt
        return 1.0

    stopped, short = toy_net(), toy_net()
    with pytest.raises(KeyboardInterrupt):
        stopped.train(X, y, X, y, 0.1, 1, 0.05, num_iters=20, batch_size=2, rng=3, lr_schedule=stop_at_half)
    short.train(X, y, X, y, 0.1, 1, 0.05, num_iters=10, batch_size=2, rng=3)
    for name, w in short.params.items():
        np.testing.assert_array_equal(stopped.params[name], w)


def test_the_learning_rate_decays_after_each_epoch_and_follows_the_schedule():
    # One example, one batch: the steps are the same number of gradients, computed here by hand.
    X, y = np.ones((1, 2)), np.array([0])
    net = TwoLayerNet(2, 2, 2, std=1.0, rng=0)
    expected = TwoLayerNet(2, 2, 2, std=1.0, rng=0)
    for rate in (0.4 * 1.0, 0.4 * 0.5 * 0.75, 0.4 * 0.25 * 0.5, 0.4 * 0.125 * 0.25):
        _, grads = expected.loss(X, y, 0.1)
        expected.params = {name: w - rate * grads[name] for name, w in expected.params.items()}
    net.train(X, y, X, y, 0.4, 0.5, 0.1, num_iters=4, batch_size=1, lr_schedule=lambda progress: 1 - progress)
    for name, w in net.params.items():
        np.testing.assert_allclose(w, expected.params[name], rtol=1e-12)


def test_verbose_prints_every_hundredth_loss(capsys):
    X, y = toy_data()
    history = toy_net().train(X, y, X, y, num_iters=101, verbose=True)
    losses = history["loss_history"]
    assert capsys.readouterr().out == (
        f"iteration 0 / 101: loss {losses[0]:f}\niteration 100 / 101: loss {losses[100]:f}\n"
    )


class Subclass(TwoLayerNet):
    """A net with a loss of its own, though the same."""

    def loss(self, X, y=None, reg=0.0):
        return super().loss(X, y, reg)


@pytest.mark.parametrize("TwoLayerNet", [TwoLayerNet, Subclass])
def test_a_diverging_training_warns_once_and_keeps_the_last_parameters_with_a_finite_loss(TwoLayerNet):
    X, y = blobs(50, np.random.default_rng(0))

    def trained(rates):
        net = TwoLayerNet(4, 8, 3, std=1.0, rng=1)
        n = len(rates)
        history = net.train(
            X, y, X, y, 1, 1, 0.1, n, batch_size=10, rng=1, lr_schedule=lambda t: rates[round(n * t)]
        )
        return net, history["loss_history"]

    for n in (0, 13):  # in the middle and at the very end
        for rates in ([0.1] * n + [1e200], [0.1] * n + [1e200, 0.1, 0.1]):
            with pytest.warns(DivergenceWarning, match=f"diverged at iteration {n + 1}") as caught:
                net, losses = trained(rates)
            assert [warning.filename for warning in caught] == [__file__]
            assert net.diverged
            assert len(losses) == n + 2 and np.isfinite(losses[:-1]).all() and not np.isfinite(losses[-1])
            for name, w in trained([0.1] * n)[0].params.items():
                np.testing.assert_array_equal(net.params[name], w)
    net.train(X, y, X, y, 0.1, num_iters=3)
    assert not net.diverged


def test_a_loss_that_grows_without_bound_is_divergence_though_it_stays_finite():
    X, y = np.zeros((20, 4)), np.zeros(20, int)
    net = TwoLayerNet(4, 5, 3, std=0.1, rng=0)
    with pytest.warns(DivergenceWarning, match="learning_rate 1 is too high"):  # the penalty alone grows
        losses = net.train(X, y, X, y, 1, 1, reg=5, num_iters=100, rng=0)["loss_history"]
    assert net.diverged and 1e6 < losses[-1] < np.inf
    assert net.loss(X, y, 5)[0] > losses[-1]  # the last parameters: these are finite

    with pytest.warns(DivergenceWarning, match="diverged"):
        losses = net.train(X, y, X, y, 1, 1, reg=5, num_iters=1000, rng=0)["loss_history"]
    assert losses[-1] == np.inf
    assert np.isfinite(net.loss(X, y, 5)[0])


def test_data_that_are_too_large_are_not_blamed_on_the_learning_rate():
    X, y = toy_data()
    net = toy_net()
    net.params["W2"] *= 1e3
    start = {name: w.copy() for name, w in net.params.items()}
    with pytest.warns(DivergenceWarning, match="the parameters or the numbers in X are too large"):
        net.train(1e306 * X, y, X, y, num_iters=3)
    for name, w in start.items():
        np.testing.assert_array_equal(net.params[name], w)


def test_a_harmless_underflow_is_no_divergence_whatever_the_users_settings():
    X, y = toy_data()
    with np.errstate(all="raise"):
        for scale in (1e-200, 1e3):
            net = toy_net()
            net.train(scale * X, y, X, y, 1e-9, reg=1e-300, num_iters=3)
            assert not net.diverged
            assert np.isfinite(net.loss(scale * X, y)[0])


def test_float32_stays_float32():
    X, y = toy_data()
    net = toy_net()
    net.params = {name: w.astype(np.float32) for name, w in net.params.items()}
    net.train(
        X.astype(np.float32), y, X.astype(np.float32), y, np.float64(1e-3), reg=np.float64(0.1), num_iters=2
    )
    assert all(w.dtype == np.float32 for w in net.params.values())


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"X": toy_data()[0][:, :3]}, ValueError, "X has shape (5, 3) but the net has 4 features"),
        ({"X": toy_data()[0][:0]}, ValueError, "X must have shape (N, D) with at least one entry"),
        ({"X": np.full((5, 4), "a")}, TypeError, "X must hold real numbers, got dtype <U1"),
        ({"X": np.full((5, 4), np.nan)}, ValueError, "X must be finite, got nan at (0, 0), 20 such entries"),
        ({"X": np.full((5, 4), -np.inf)}, ValueError, "X must be finite, got -inf at (0, 0)"),
        ({"y": np.zeros(4, int)}, ValueError, "y must have shape (5,), got shape (4,)"),
        ({"y": np.array([0, 1, 2, 3, 0])}, ValueError, "y must hold labels from 0 to 2, got 0 to 3"),
        ({"y": np.zeros(5)}, TypeError, "y must hold integers, got dtype float64"),
        ({"reg": -1}, ValueError, "reg must be a finite number >= 0, got -1"),
        ({"X_val": np.full((5, 4), np.nan)}, ValueError, "X_val must be finite, got nan"),
        ({"X_val": np.zeros((5, 2))}, ValueError, "X_val has shape (5, 2) but the net has 4 features"),
        ({"y_val": np.zeros(2, int)}, ValueError, "y_val must have shape (5,), got shape (2,)"),
        ({"learning_rate": "0.1"}, TypeError, "learning_rate must be a finite number >= 0, got '0.1'"),
        ({"learning_rate": -1.0}, ValueError, "learning_rate must be a finite number >= 0, got -1.0"),
        ({"learning_rate_decay": np.nan}, ValueError, "learning_rate_decay must be a finite number >= 0,"),
        ({"batch_size": 0}, ValueError, "batch_size must be an integer >= 1, got 0"),
        ({"num_iters": 1.5}, ValueError, "num_iters must be an integer >= 0, got 1.5"),
        ({"lr_schedule": "cosine"}, TypeError, "lr_schedule must be callable, got 'cosine'"),
        ({"rng": "seed"}, TypeError, "rng must be a numpy.random.Generator"),
    ],
)
def test_wrong_arguments_are_named_and_leave_the_net_as_it_was(change, error, message):
    X, y = toy_data()
    net = toy_net()
    before = net.params
    with pytest.raises(error, match=re.escape(message)):
        net.train(**{"X": X, "y": y, "X_val": X, "y_val": y} | change)
    if change.keys() <= {"X", "y", "reg"}:
        with pytest.raises(error, match=re.escape(message)):
            net.loss(**{"X": X, "y": y} | change)
    assert net.params is before


@pytest.mark.parametrize("sizes", [(0, 1, 1), (1, 2.5, 1), (1, 1, -1)])
def test_wrong_sizes_are_named(sizes):
    with pytest.raises(ValueError, match="_size must be an integer >= 1"):
        TwoLayerNet(*sizes)
    with pytest.raises(ValueError, match="std must be a finite number >= 0, got nan"):
        TwoLayerNet(1, 1, 1, std=np.nan)


def test_parameters_that_are_not_finite_still_predict_but_have_no_loss():
    X, y = toy_data()
    net = toy_net()
    net.params["W2"][3, 0] = np.nan
    with pytest.raises(
        FloatingPointError, match="the loss is nan: the parameters or the numbers in X are too"
    ):
        net.loss(X, y)
    assert net.predict(X).shape == (5,)
    huge = np.full((60, 4), 1e306)  # finite, though its sum is not
    toy_net().train(huge, np.zeros(60, dtype=int), X, y, 0.0, num_iters=1)


def test_training_uses_the_loss_of_a_subclass_and_keeps_its_parameters():
    class Shifted(TwoLayerNet):
        def loss(self, X, y=None, reg=0.0):
            if y is None:
                return super().loss(X)
            loss, grads = super().loss(X, y, reg)
            return loss + 100, {name: 0 * dw for name, dw in grads.items()}

    X, y = toy_data()
    net = Shifted(4, 10, 3, std=0.1, rng=0)
    before = net.params["W1"].copy()
    history = net.train(X, y, X, y, num_iters=3)
    assert min(history["loss_history"]) > 100
    np.testing.assert_array_equal(net.params["W1"], before)

    plain, noted = toy_net(), toy_net()
    noted.params["note"] = np.ones(2)
    for trained in (plain, noted):
        trained.train(X, y, X, y, 0.1, reg=0.05, num_iters=7, rng=0)
    assert set(noted.params) == {"W1", "b1", "W2", "b2", "note"}
    np.testing.assert_allclose(noted.params["W1"], plain.params["W1"], rtol=1e-12)
