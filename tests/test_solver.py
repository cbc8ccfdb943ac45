"""The training loop: against a loop written out, on models made to show one thing each."""

# ruff: noqa: NPY002 (the course seeds and draws from the global generator)

import copy
import pickle
import re

import numpy as np
import pytest

from cs231n_lib import optim
from cs231n_lib.classifiers.fc_net import FullyConnectedNet, TwoLayerNet
from cs231n_lib.divergence import DivergenceWarning
from cs231n_lib.solver import Solver


def blobs(n_train=200, n_val=80):
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=n_train + n_val)
    X = 3 * np.eye(3, 5)[y] + rng.standard_normal((len(y), 5))
    return {
        "X_train": X[:n_train],
        "y_train": y[:n_train],
        "X_val": X[n_train:],
        "y_val": y[n_train:],
    }


def net(seed=0):
    return TwoLayerNet(5, 20, 3, weight_scale=0.1, rng=seed)


class Constant:
    """A model whose gradient is always 1 and whose predictions follow a script of accuracies."""

    def __init__(self, accuracies=(), fail_at=None, error=KeyboardInterrupt):
        self.params = {"w": np.zeros(2), "b": np.zeros(1)}
        self.accuracies, self.fail_at, self.error = list(accuracies), fail_at, error
        self.calls = 0

    def loss(self, X, y=None):
        if y is None:  # the label is 0; predict it for a share of the rows
            measured = len(X) > 1  # one row: the Solver only asks for the number of classes
            share = self.accuracies.pop(0) if self.accuracies and measured else 1.0
            wrong = np.arange(len(X)) >= share * len(X)
            return np.stack([~wrong, wrong], axis=1).astype(float)
        self.calls += 1
        if self.calls == self.fail_at:
            raise self.error
        return float(self.calls), {"w": np.ones(2), "b": np.full(1, 2.0)}


def rows(n_train=10, n_val=10):
    return {
        "X_train": np.zeros((n_train, 1)),
        "y_train": np.zeros(n_train, int),
        "X_val": np.zeros((n_val, 1)),
        "y_val": np.zeros(n_val, int),
    }


def test_the_loop_is_the_courses_draw_by_draw():
    data = blobs()
    model, expected = net(), net()
    np.random.seed(1)
    solver = Solver(
        model,
        data,
        update_rule="sgd_momentum",
        optim_config={"learning_rate": 0.1},
        lr_decay=0.5,
        batch_size=60,
        num_epochs=3,
        num_train_samples=50,
        num_val_samples=40,
        verbose=False,
    )
    solver.train()

    np.random.seed(1)
    velocities = {name: 0 for name in expected.params}
    losses, train_accs, val_accs, snapshots = [], [], [], []
    for t in range(9):  # 200 // 60 = 3 iterations an epoch
        batch = np.random.choice(200, 60)
        loss, grads = expected.loss(data["X_train"][batch], data["y_train"][batch])
        losses.append(loss)
        for name, g in grads.items():
            velocities[name] = 0.9 * velocities[name] - 0.1 * 0.5 ** (t // 3) * g
            expected.params[name] = expected.params[name] + velocities[name]
        if t == 0 or t % 3 == 2:
            for part, n, accs in (("train", 50, train_accs), ("val", 40, val_accs)):
                sample = np.random.choice(len(data[f"y_{part}"]), n)
                predicted = expected.loss(data[f"X_{part}"][sample]).argmax(axis=1)
                accs.append(np.mean(predicted == data[f"y_{part}"][sample]))
            snapshots.append(copy.deepcopy(expected.params))
    np.testing.assert_allclose(solver.loss_history, losses, rtol=1e-12)
    np.testing.assert_allclose(solver.train_acc_history, train_accs)
    np.testing.assert_allclose(solver.val_acc_history, val_accs)
    assert solver.epoch == 3
    assert solver.best_val_acc == max(val_accs)
    best = snapshots[int(np.argmax(val_accs))]
    for name, w in model.params.items():
        np.testing.assert_allclose(w, best[name], rtol=1e-10)
        np.testing.assert_array_equal(solver.best_params[name], w)
        assert solver.optim_configs[name]["learning_rate"] == pytest.approx(0.1 * 0.5**3)


@pytest.mark.parametrize("rule", ["sgd", "sgd_momentum", "adagrad", "rmsprop", "adam"])
def test_every_rule_learns(rule):
    data = blobs()
    rate = 0.5 if rule == "sgd" else 0.05
    model = net()
    solver = Solver(
        model,
        data,
        update_rule=rule,
        optim_config={"learning_rate": rate},
        num_epochs=20,
        verbose=False,
        rng=0,
    )
    solver.train()
    assert solver.best_val_acc > 0.85
    assert solver.check_accuracy(data["X_val"], data["y_val"]) == solver.best_val_acc


def test_the_best_parameters_come_back_even_if_the_training_gets_worse():
    # Accuracies in the order measured: train, val after the first iteration, then after each of two epochs.
    model = Constant([0.1, 0.2, 0.5, 0.9, 0.6, 0.4])
    solver = Solver(
        model, rows(), batch_size=5, num_epochs=2, optim_config={"learning_rate": 1.0}, verbose=False
    )
    solver.train()
    assert solver.train_acc_history == [0.1, 0.5, 0.6]
    assert solver.val_acc_history == [0.2, 0.9, 0.4]
    assert solver.best_val_acc == 0.9
    np.testing.assert_array_equal(model.params["w"], [-2, -2])  # after two of four steps of -1
    np.testing.assert_array_equal(model.params["b"], [-4])
    assert solver.loss_history == [1, 2, 3, 4]


def test_an_accuracy_of_zero_still_leaves_parameters():
    model = Constant([0.0] * 4)
    solver = Solver(model, rows(), batch_size=10, num_epochs=1, verbose=False)
    solver.train()
    assert model.params.keys() == solver.best_params.keys() == {"w", "b"}


class ChangesInPlace(Constant):
    """A model that changes its parameters in place while it trains, and measures something as it goes."""

    bn_params = [{"running_mean": 0}]

    def loss(self, X, y=None):
        result = super().loss(X, y)
        if y is not None:
            self.params["w"] += 10
            self.bn_params[0]["running_mean"] = self.calls
        return result


def test_the_best_parameters_are_copies_and_come_with_their_running_averages():
    model = ChangesInPlace([0.1, 0.2, 0.5, 0.9, 0.6, 0.4])
    solver = Solver(
        model, rows(), batch_size=5, num_epochs=2, optim_config={"learning_rate": 1.0}, verbose=False
    )
    solver.train()
    np.testing.assert_array_equal(model.params["w"], [18, 18])  # two of four times + 10 - 1
    assert model.bn_params == [{"running_mean": 2}]


def test_later_training_leaves_best_params_alone_and_goes_on():
    model = Constant([0.5, 0.9, 0.5, 0.5, 0.5, 0.5])
    solver = Solver(
        model, rows(), batch_size=10, num_epochs=1, optim_config={"learning_rate": 1.0}, verbose=False
    )
    solver.train()
    solver.train()
    assert solver.epoch == 2 and len(solver.loss_history) == 2
    np.testing.assert_array_equal(solver.best_params["w"], [-1, -1])
    model.params["w"] += 100
    np.testing.assert_array_equal(solver.best_params["w"], [-1, -1])


def test_batch_normalization_gets_the_averages_of_the_best_parameters():
    data = blobs()
    model = FullyConnectedNet([10], 5, 3, normalization="batchnorm", rng=0)
    solver = Solver(
        model, data, optim_config={"learning_rate": 30.0}, num_epochs=8, batch_size=20, verbose=False, rng=0
    )
    solver.train()
    assert solver.val_acc_history[-1] < solver.best_val_acc  # so the averages at the end are other ones
    assert solver.check_accuracy(data["X_val"], data["y_val"]) == solver.best_val_acc


def test_printed_lines_are_the_courses(capsys):
    model = Constant([0.5, 0.25, 1.0, 0.75])
    Solver(model, rows(), batch_size=2, num_epochs=1, print_every=2).train()
    assert capsys.readouterr().out.splitlines() == [
        "(Iteration 1 / 5) loss: 1.000000",
        "(Epoch 0 / 1) train acc: 0.500000; val_acc: 0.300000",  # 2.5 of 10 rows are 3
        "(Iteration 3 / 5) loss: 3.000000",
        "(Iteration 5 / 5) loss: 5.000000",
        "(Epoch 1 / 1) train acc: 1.000000; val_acc: 0.800000",
    ]


def test_a_schedule_sets_the_rate_of_each_iteration():
    model = Constant()
    seen = []

    def schedule(progress):
        seen.append(progress)
        return 1 - progress

    solver = Solver(
        model,
        rows(),
        batch_size=5,
        num_epochs=2,
        optim_config={"learning_rate": 2.0},
        lr_schedule=schedule,
        verbose=False,
    )
    solver._restore_best = lambda: None  # look at the parameters where the training ended
    solver.train()
    assert seen == [0, 0.25, 0.5, 0.75]
    np.testing.assert_allclose(model.params["w"], -2.0 * (1 + 0.75 + 0.5 + 0.25))


def test_each_parameter_gets_its_own_config_and_the_callers_stays():
    config = {"learning_rate": 0.1}
    solver = Solver(
        net(), blobs(), update_rule="adam", optim_config=config, num_epochs=1, lr_decay=0.5, verbose=False
    )
    solver.train()
    assert config == {"learning_rate": 0.1}
    assert solver.optim_configs["W1"]["m"].shape == (5, 20)
    assert solver.optim_configs["W1"] is not solver.optim_configs["W2"]
    assert solver.optim_configs["b2"]["t"] == 2


def test_repeatable_with_a_seed_and_with_a_generator():
    data = blobs()

    def losses(rng=None, seed=None):
        np.random.seed(seed)
        solver = Solver(net(), data, num_epochs=2, num_train_samples=10, verbose=False, rng=rng)
        solver.train()
        return solver.loss_history, solver.train_acc_history

    assert losses(seed=4) == losses(seed=4) != losses(seed=5)
    assert losses(rng=4, seed=1) == losses(rng=4, seed=2) != losses(rng=5)


def test_check_accuracy_counts_every_row_once():
    data = blobs()
    solver = Solver(net(), data, verbose=False)
    X, y = data["X_train"], data["y_train"]
    expected = np.mean(solver.model.loss(X).argmax(axis=1) == y)
    for batch_size in (1, 7, 100, 200, 1000):
        assert solver.check_accuracy(X, y, batch_size=batch_size) == pytest.approx(expected)
    assert solver.check_accuracy(X, y, num_samples=200) == pytest.approx(expected)  # not more than there are
    sevenths = solver.check_accuracy(X, y, num_samples=7) * 7
    assert sevenths == pytest.approx(round(sevenths))
    for bad, message in (
        ({"y": y[:, None]}, "y must have shape (200,), got shape (200, 1)"),
        ({"batch_size": 0}, "batch_size must be an integer >= 1, got 0"),
        ({"num_samples": 0}, "num_samples must be an integer >= 1, got 0"),
        ({"X": X[:0], "y": y[:0]}, "X must have shape (N, ...) with at least one entry"),
    ):
        with pytest.raises(ValueError, match=re.escape(message)):
            solver.check_accuracy(**{"X": X, "y": y} | bad)


# ------------------------------------------------------------------------------------- interruptions, files


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_an_interrupted_training_leaves_the_best_parameters_and_passes_it_on(error):
    model = Constant([0.1, 0.2, 0.5, 0.9], fail_at=4, error=error)
    solver = Solver(
        model, rows(), batch_size=5, num_epochs=9, optim_config={"learning_rate": 1.0}, verbose=False
    )
    with pytest.raises(error):
        solver.train()
    np.testing.assert_array_equal(model.params["w"], [-2, -2])  # three steps were made
    assert solver.loss_history == [1, 2, 3]


def test_interrupted_before_the_first_measurement_the_parameters_stay():
    model = Constant(fail_at=1)
    with pytest.raises(KeyboardInterrupt):
        Solver(model, rows(), verbose=False).train()
    assert model.params.keys() == {"w", "b"}


def test_a_diverging_training_warns_stops_and_leaves_the_best_parameters():
    data = blobs()
    model = net()
    solver = Solver(model, data, optim_config={"learning_rate": 1e200}, verbose=False, rng=0)
    with pytest.warns(
        DivergenceWarning, match=r"the training diverged at iteration 2 .*: learning_rate 1e\+200 is too high"
    ):
        solver.train()
    assert len(solver.loss_history) == 2 and not np.isfinite(solver.loss_history[-1])
    model = Constant([0.1, 0.2], fail_at=None)
    model.loss_of, model.loss = model.loss, lambda X, y=None: _nan_second(model, X, y)
    with pytest.warns(DivergenceWarning, match="diverged at iteration 2 .the loss is nan"):
        solver = Solver(model, rows(), batch_size=5, optim_config={"learning_rate": 1.0}, verbose=False)
        solver.train()
    np.testing.assert_array_equal(solver.loss_history, [1, np.nan])
    np.testing.assert_array_equal(model.params["w"], [-1, -1])


def _nan_second(model, X, y):
    result = model.loss_of(X, y)
    return (np.nan, result[1]) if y is not None and model.calls == 2 else result


def test_checkpoints_hold_the_state(tmp_path, capsys):
    name = tmp_path / "deep" / "net"
    solver = Solver(net(), blobs(), num_epochs=2, checkpoint_name=str(name), lr_decay=0.9)
    solver.train()
    assert sorted(path.name for path in name.parent.iterdir()) == [f"net_epoch_{n}.pkl" for n in range(3)]
    assert f'Saving checkpoint to "{name}_epoch_1.pkl"' in capsys.readouterr().out
    with open(f"{name}_epoch_1.pkl", "rb") as file:
        state = pickle.load(file)
    assert state.keys() == set(
        "model update_rule lr_decay optim_config batch_size num_train_samples num_val_samples epoch "
        "loss_history train_acc_history val_acc_history".split()
    )
    assert state["epoch"] == 1 and state["lr_decay"] == 0.9
    assert state["loss_history"] == solver.loss_history[:2]
    assert state["model"].params["W1"].shape == (5, 20)


def test_a_checkpoint_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    solver = Solver(net(), blobs(), num_epochs=1, checkpoint_name=str(tmp_path / "net"), verbose=False)
    solver.train()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def broken(state, file):
        file.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(pickle, "dump", broken)
    solver.epoch = 0
    with pytest.raises(OSError, match="disk full"):
        solver.train()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_progress_bar_where_it_is_asked_for(capsys):
    Solver(Constant(), rows(), num_epochs=2, verbose=False, progress=True).train()
    assert re.search(r"100%.*2/2", capsys.readouterr().err)
    Solver(Constant(), rows(), num_epochs=2, verbose=False).train()
    assert capsys.readouterr() == ("", "")


# ------------------------------------------------------------------------------------------------ errors


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"learning_rate": 1e-3, "momentun": 1}, ValueError, "unknown keyword learning_rate, momentun"),
        ({"update_rule": "np"}, ValueError, "update_rule must be one of 'sgd', "),
        ({"update_rule": "cosine"}, ValueError, "update_rule must be one of"),
        ({"optim_config": {"learning_rate": "0.1"}}, TypeError, "optim_config['learning_rate'] must be a"),
        ({"optim_config": {"learning_rate": np.nan}}, ValueError, "optim_config['learning_rate'] must be"),
        ({"optim_config": {"momentum": -1}}, ValueError, "optim_config['momentum'] must be a finite number"),
        ({"lr_decay": -0.5}, ValueError, "lr_decay must be a finite number >= 0, got -0.5"),
        ({"batch_size": 0}, ValueError, "batch_size must be an integer >= 1, got 0"),
        ({"batch_size": 2.5}, ValueError, "batch_size must be an integer >= 1, got 2.5"),
        ({"num_epochs": -1}, ValueError, "num_epochs must be an integer >= 0, got -1"),
        ({"num_train_samples": 0}, ValueError, "num_train_samples must be an integer >= 1, got 0"),
        ({"print_every": None}, ValueError, "print_every must be an integer >= 1, got None"),
        ({"rng": "seed"}, TypeError, "rng must be a numpy.random.Generator"),
        ({"lr_schedule": "cosine"}, TypeError, "lr_schedule must be callable, got 'cosine'"),
        ({"lr_schedule": optim.cosine}, ValueError, "lr_schedule needs optim_config['learning_rate']"),
        (
            {"lr_schedule": optim.cosine, "lr_decay": 0.9, "optim_config": {"learning_rate": 1}},
            ValueError,
            "and no lr_decay",
        ),
    ],
)
def test_wrong_options_are_named(options, error, message):
    with pytest.raises(error, match=re.escape(message)):
        Solver(net(), blobs(), **options)


DATA = blobs()


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"y_train": DATA["y_train"][:-1]}, ValueError, "data['y_train'] must have shape (200,), got shape"),
        ({"y_val": DATA["y_val"].astype(str)}, TypeError, "data['y_val'] must hold integers, got dtype <U21"),
        ({"y_val": DATA["y_val"] / 1}, TypeError, "data['y_val'] must hold integers, got dtype float64"),
        ({"y_val": DATA["y_val"] + 1}, ValueError, "data['y_val'] must hold labels from 0 to 2, got 1 to 3"),
        ({"y_train": DATA["y_train"] - 1}, ValueError, "data['y_train'] must hold labels from 0 to 2, got"),
        ({"X_val": DATA["X_val"][:0]}, ValueError, "data['X_val'] must have shape (N, 5) with at least one"),
        ({"X_val": DATA["X_val"][:, :4]}, ValueError, "data['X_val'] must have shape (N, 5), got shape"),
        ({"X_val": DATA["X_val"] * np.nan}, ValueError, "data['X_val'] must be finite, got nan at (0, 0)"),
        ({"X_train": DATA["X_train"] * np.nan}, ValueError, "data['X_train'] must be finite, got nan at"),
        ({"X_train": DATA["X_train"].astype(str)}, TypeError, "data['X_train'] must hold real numbers, got"),
        (
            {"X_train": DATA["X_train"][:, :4], "X_val": DATA["X_val"][:, :4]},
            ValueError,
            "data['X_train'] does not fit the model: X has shape (1, 4) but the net has 5 features",
        ),
    ],
)
def test_data_that_does_not_fit_is_named_before_the_training(change, error, message):
    with pytest.raises(error, match=re.escape(message)):
        Solver(net(), DATA | change)


def test_data_that_is_missing_is_named():
    with pytest.raises(ValueError, match="data has no X_val, only X_train, y_train, y_val"):
        Solver(net(), {name: DATA[name] for name in ("X_train", "y_train", "y_val")})
    with pytest.raises(
        TypeError, match="data must be a dict with X_train, y_train, X_val and y_val, got tuple"
    ):
        Solver(net(), tuple(DATA.values()))


def test_scores_that_overflow_are_no_accuracy():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((20, 4)), np.zeros(20, dtype=int)
    y[:4] = 1  # most labels are 0, the class that argmax finds where all scores are NaN
    data = {"X_train": X, "y_train": y, "X_val": X, "y_val": y}
    model = TwoLayerNet(4, 5, 3, weight_scale=1.0, rng=0)
    solver = Solver(
        model,
        data,
        optim_config={"learning_rate": 1.0},
        lr_schedule=lambda progress: 1e200 if progress >= 0.9 else 1e-6,
        batch_size=20,
        verbose=False,
        rng=0,
    )
    with pytest.warns(DivergenceWarning, match="the scores overflow"):
        solver.train()
    assert solver.loss_history[-1] == np.inf
    assert np.isfinite(model.loss(X)).all()
    assert solver.best_val_acc == solver.check_accuracy(X, y)


def test_a_loss_that_grows_without_bound_is_divergence_though_it_stays_finite():
    rng = np.random.default_rng(0)
    X, y = rng.uniform(-127, 127, (400, 300)), rng.integers(10, size=400)
    data = {"X_train": X, "y_train": y, "X_val": X[:50], "y_val": y[:50]}
    solver = Solver(
        TwoLayerNet(300, 50, 10, rng=0),
        data,
        optim_config={"learning_rate": 0.1},
        num_epochs=12,
        batch_size=100,
        verbose=False,
        rng=0,
    )
    with pytest.warns(
        DivergenceWarning,
        match="diverged at iteration 48 .the loss rose from 2.3 to .*: learning_rate 0.1 is too high",
    ) as caught:
        solver.train()
    assert [warning.filename for warning in caught] == [__file__]  # once, and at the line that called train
    assert solver.diverged
    assert 1e6 < solver.loss_history[-1] < np.inf
    solver.optim_configs = {name: {"learning_rate": 1e-6} for name in solver.model.params}
    solver.train()
    assert not solver.diverged


@pytest.mark.parametrize("rule", ["sgd", "sgd_momentum", "adagrad", "rmsprop", "adam"])
def test_a_harmless_underflow_is_no_divergence_whatever_the_users_settings(rule):
    data = blobs()
    data["X_train"] *= 1e-160
    data["X_train"][:5] *= 1e163
    with np.errstate(all="raise"):
        solver = Solver(net(), data, update_rule=rule, num_epochs=3, verbose=False, rng=0)
        solver.train()
    assert not solver.diverged
    assert len(solver.loss_history) == 6


def test_an_underflow_in_somebody_elses_model_is_none_either():
    model = Constant()
    model.loss_of, model.loss = model.loss, lambda X, y=None: (np.exp([-1e3]), model.loss_of(X, y))[1]
    with np.errstate(all="raise"):
        solver = Solver(model, rows(), batch_size=5, num_epochs=1, verbose=False)
        solver.train()
    assert solver.loss_history == [1, 2] and not solver.diverged


def test_a_model_that_raises_floating_point_errors_has_diverged():
    model = Constant([0.1, 0.2], fail_at=2, error=FloatingPointError("overflow"))
    solver = Solver(model, rows(), batch_size=5, verbose=False)
    with pytest.warns(DivergenceWarning, match="overflow"):
        solver.train()
    np.testing.assert_array_equal(solver.loss_history, [1, np.nan])


def test_a_first_step_that_diverges_leaves_the_model_as_it_was():
    data = blobs()
    model = FullyConnectedNet([5], 5, 3, normalization="batchnorm", rng=0)
    params = {name: w.copy() for name, w in model.params.items()}
    solver = Solver(model, data, optim_config={"learning_rate": 1e300}, verbose=False, rng=0)
    with pytest.warns(DivergenceWarning, match="diverged"):
        solver.train()
    assert not solver.best_params
    for name, w in params.items():
        np.testing.assert_array_equal(model.params[name], w)
    assert model.bn_params == [{"mode": "train"}]


def test_a_checkpoint_that_cannot_be_written_loses_nothing(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    solver = Solver(net(), blobs(), checkpoint_name=tmp_path / "file" / "x", verbose=False, rng=0)
    with pytest.raises(OSError):
        solver.train()
    assert solver.best_val_acc == solver.val_acc_history[0] > 0
    np.testing.assert_array_equal(solver.model.params["W1"], solver.best_params["W1"])


@pytest.mark.parametrize("rng", [None, 3])
def test_a_solver_can_be_copied_and_pickled(rng):
    solver = Solver(net(), blobs(), num_epochs=1, verbose=False, rng=rng)
    twins = [copy.deepcopy(solver), pickle.loads(pickle.dumps(solver))]
    for twin in [solver, *twins]:
        np.random.seed(5)
        twin.train()
        assert twin.loss_history == solver.loss_history
