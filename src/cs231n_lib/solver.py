"""The training loop: mini-batches, an update rule, accuracies as it goes, the best parameters at the end."""

import copy
import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import numpy as np

from cs231n_lib import optim
from cs231n_lib.divergence import Diverged, has_diverged, report_divergence
from cs231n_lib.saving import written_whole
from cs231n_lib.validation import (
    check_array,
    check_callable,
    check_count,
    check_labels,
    check_number,
    check_option,
    check_rng,
)

__all__ = ["Solver"]

RULES = {name: getattr(optim, name) for name in ("sgd", "sgd_momentum", "adagrad", "rmsprop", "adam")}


class Model(Protocol):
    """What a Solver can train."""

    params: dict[str, np.ndarray]

    def loss(
        self, X: np.ndarray, y: np.ndarray | None = None
    ) -> np.ndarray | tuple[float, dict[str, np.ndarray]]:
        """Return scores ``(N, C)`` without y; with y the loss, and a gradient for each entry of `params`."""


class Solver:
    """Trains a model by mini-batch descent, and keeps the parameters that do best on the validation set.

    Parameters
    ----------
    model : object
        With ``params``, a dict of arrays, and ``loss(X, y=None)``: scores without labels, and with them
        ``(loss, grads)``, where grads has an array for each entry of params.
    data : mapping
        ``X_train (N, ...)``, ``y_train (N,)``, ``X_val (M, ...)``, ``y_val (M,)``: real numbers, finite, and
        a label from 0 to C-1 for each. C is the number of scores that the model gives for one example.
    update_rule : str, default "sgd"
        A rule of `cs231n_lib.optim`: "sgd", "sgd_momentum", "adagrad", "rmsprop" or "adam".
    optim_config : dict, optional
        Hyper-parameters of the rule, ``learning_rate`` first of all. Each parameter gets its own copy.
    lr_decay : float, default 1
        Factor on the learning rate after each epoch.
    lr_schedule : callable, optional
        Maps the progress of a call of `train` (0 at its first iteration, below 1 at its last) to a factor on
        ``optim_config["learning_rate"]``: `optim.cosine` or your own. It takes the place of lr_decay.
    batch_size : int, default 100
        Examples in a batch, drawn with replacement. An epoch is ``max(N // batch_size, 1)`` batches.
    num_epochs : int, default 10
    num_train_samples : int or None, default 1000
        How many training examples the training accuracy is measured on; None means all.
    num_val_samples : int or None, default None
        The same for the validation accuracy.
    checkpoint_name : str, optional
        Write ``<checkpoint_name>_epoch_<n>.pkl``, the pickled state, with each measurement of the accuracies.
        A checkpoint is written whole or not at all. Unpickle only files that you wrote yourself.
    print_every : int, default 10
        Iterations from one printed loss to the next.
    verbose : bool, default True
        Print losses and accuracies.
    progress : bool, default False
        Show a progress bar.
    rng : Generator or int, optional
        Draws the batches and samples. By default NumPy's global generator, as in the course, whose numbers
        depend on it.

    Attributes
    ----------
    loss_history : list of float
        The loss of each batch, before its update. After a divergence the last one is not finite, unless the
        loss only grew.
    train_acc_history, val_acc_history : list of float
        Accuracies after the first and the last iteration and at each epoch's end.
    best_val_acc : float
    best_params : dict
        A copy of the parameters that reached it.
    epoch : int
    optim_configs : dict
        The rule's config for each parameter, with its state.
    model
    diverged : bool
        Whether the last call of `train` diverged.

    Raises
    ------
    TypeError, ValueError
        For an unknown keyword or rule, a number out of range, or data that does not fit the model.

    Examples
    --------
    >>> from cs231n_lib.classifiers.fc_net import TwoLayerNet
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((100, 2))
    >>> y = (X[:, 0] * X[:, 1] > 0).astype(int)  # exclusive or: no line separates it
    >>> model = TwoLayerNet(2, 20, 2, weight_scale=1.0, rng=rng)
    >>> solver = Solver(
    ...     model, {"X_train": X, "y_train": y, "X_val": X, "y_val": y},
    ...     update_rule="adam", optim_config={"learning_rate": 0.05}, num_epochs=50, verbose=False, rng=rng)
    >>> solver.train()
    >>> solver.best_val_acc > 0.95
    True
    """

    def __init__(
        self,
        model: Model,
        data: Mapping[str, np.ndarray],
        *,
        update_rule: str = "sgd",
        optim_config: Mapping[str, float] | None = None,
        lr_decay: float = 1.0,
        lr_schedule: Callable[[float], float] | None = None,
        batch_size: int = 100,
        num_epochs: int = 10,
        num_train_samples: int | None = 1000,
        num_val_samples: int | None = None,
        checkpoint_name: str | None = None,
        print_every: int = 10,
        verbose: bool = True,
        progress: bool = False,
        rng: np.random.Generator | int | None = None,
        **unknown: object,
    ) -> None:
        if unknown:
            raise ValueError(
                f"unknown keyword {', '.join(unknown)}: see Solver's documentation for the known ones"
            )
        check_option(update_rule, "update_rule", RULES)
        optim_config = dict(optim_config or {})
        for name, value in optim_config.items():
            optim.check_hyper_parameter(value, name, "optim_config")
        if lr_schedule is not None:
            check_callable(lr_schedule, "lr_schedule")
            if lr_decay != 1 or "learning_rate" not in optim_config:
                raise ValueError(
                    "lr_schedule needs optim_config['learning_rate'], which it scales, and no lr_decay"
                )

        self.model = model
        self.X_train, self.y_train, self.X_val, self.y_val = _checked(data, model)
        self.update_rule, self.optim_config = update_rule, optim_config
        self.lr_decay, self.lr_schedule = check_number(lr_decay, "lr_decay", least=0), lr_schedule
        self.batch_size = check_count(batch_size, "batch_size")
        self.num_epochs = check_count(num_epochs, "num_epochs", least=0)
        self.num_train_samples = _check_samples(num_train_samples, "num_train_samples")
        self.num_val_samples = _check_samples(num_val_samples, "num_val_samples")
        self.checkpoint_name = checkpoint_name
        self.print_every = check_count(print_every, "print_every")
        self.verbose, self.progress = verbose, progress
        self._rng = None if rng is None else check_rng(rng)

        self.epoch = 0
        self.diverged = False
        self.best_val_acc = 0.0
        self.best_params: dict[str, np.ndarray] = {}
        self._best_bn_params = None
        self.loss_history: list[float] = []
        self.train_acc_history: list[float] = []
        self.val_acc_history: list[float] = []
        self.optim_configs = {name: copy.deepcopy(optim_config) for name in model.params}

    @property
    def _draw(self) -> object:
        return np.random if self._rng is None else self._rng

    def train(self) -> None:
        """Train for `num_epochs` epochs; a second call goes on from the best parameters.

        However it ends, the model is left with the best parameters found, or with those it began with if it
        diverged before any accuracy was measured. An interruption from the keyboard, or any other exception,
        is passed on after that.

        Warns
        -----
        DivergenceWarning
            If the training diverges (`divergence.has_diverged`), which means that the learning rate is too
            high. It stops where the loss, or scores that are measured, are not finite.
        """
        start, first = self._state(), len(self.loss_history)
        self.diverged, reason = False, None
        try:
            with np.errstate(under="ignore"):
                self._train()
        except FloatingPointError as error:
            reason = str(error)
            if len(self.loss_history) == first or np.isfinite(self.loss_history[-1]):
                self.loss_history.append(np.nan)  # the model could not tell it
            if not self.best_params:
                self.model.params, bn_params = start
                if bn_params is not None:
                    self.model.bn_params = bn_params
        finally:
            self._restore_best()
        losses = self.loss_history[first:]
        self.diverged = has_diverged(losses)
        if self.diverged:
            reason = reason or f"the loss rose from {losses[0]:.3g} to {losses[-1]:.3g}"
            rate = self.optim_config.get("learning_rate")
            cause = f"{'the learning rate' if rate is None else f'learning_rate {rate:g}'} is too high"
            if not np.isfinite(losses[0]):
                cause = "what the model began with is too large"
            where = f"at iteration {len(self.loss_history)}"
            report_divergence(f"the training diverged {where} ({reason}): {cause}")

    def check_accuracy(
        self, X: np.ndarray, y: np.ndarray, num_samples: int | None = None, batch_size: int = 100
    ) -> float:
        """Measure the share of examples whose largest score is the label's (NaN counts as the largest).

        Parameters
        ----------
        X, y : (N, ...) array, (N,) integer array
        num_samples : int, optional
            Draw so many examples, with replacement, if there are more.
        batch_size : int, default 100
            Examples the model is given at a time, which bounds the memory used.

        Raises
        ------
        TypeError, ValueError
            For arguments that do not fit.
        """
        X = check_array(X, "X", ("N", ...))
        y = check_labels(y, len(X))
        num_samples, batch_size = _check_samples(num_samples), check_count(batch_size, "batch_size")
        return self._accuracy(X, y, num_samples, batch_size)

    def _accuracy(
        self,
        X: np.ndarray,
        y: np.ndarray,
        num_samples: int | None,
        batch_size: int = 100,
        training: bool = False,
    ) -> float:
        """`check_accuracy`; in training, scores that are not finite are the end."""
        if num_samples is not None and len(X) > num_samples:
            rows = self._draw.choice(len(X), num_samples)
            X, y = X[rows], y[rows]
        correct = 0
        for start in range(0, len(X), batch_size):
            scores = self.model.loss(X[start : start + batch_size])
            if training and not np.isfinite(scores).all():
                self.loss_history.append(np.inf)
                raise Diverged("the scores overflow")
            correct += int(np.sum(np.argmax(scores, axis=1) == y[start : start + batch_size]))
        return correct / len(X)

    def _train(self) -> None:
        from tqdm.auto import tqdm  # here and not above: this room needs NumPy alone

        iterations_per_epoch = max(len(self.X_train) // self.batch_size, 1)
        num_iterations = self.num_epochs * iterations_per_epoch
        for t in tqdm(range(num_iterations), disable=not self.progress):
            if self.lr_schedule is not None:
                rate = self.optim_config["learning_rate"] * self.lr_schedule(t / num_iterations)
                for config in self.optim_configs.values():
                    config["learning_rate"] = rate
            self._step()
            if self.verbose and t % self.print_every == 0:
                print(f"(Iteration {t + 1} / {num_iterations}) loss: {self.loss_history[-1]:f}")

            epoch_end = (t + 1) % iterations_per_epoch == 0
            if epoch_end:
                self.epoch += 1
                for config in self.optim_configs.values():
                    config["learning_rate"] *= self.lr_decay
            if t == 0 or epoch_end:  # the last iteration ends an epoch
                self._measure()

    def _step(self) -> None:
        """Make one update, on one random batch."""
        rows = self._draw.choice(len(self.X_train), self.batch_size)
        loss, grads = self.model.loss(self.X_train[rows], self.y_train[rows])
        self.loss_history.append(loss)
        if not np.isfinite(loss):
            raise Diverged(f"the loss is {loss}")
        rule, configs = RULES[self.update_rule], self.optim_configs
        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is found in the next loss
            for name, w in self.model.params.items():
                self.model.params[name], configs[name] = rule(w, grads[name], configs[name])

    def _measure(self) -> None:
        """Measure both accuracies, write the checkpoint, and keep the parameters if they are the best."""
        train_acc = self._accuracy(self.X_train, self.y_train, self.num_train_samples, training=True)
        val_acc = self._accuracy(self.X_val, self.y_val, self.num_val_samples, training=True)
        self.train_acc_history.append(train_acc)
        self.val_acc_history.append(val_acc)
        if val_acc > self.best_val_acc or not self.best_params:
            self.best_val_acc = val_acc
            self.best_params, self._best_bn_params = self._state()
        self._save_checkpoint()
        if self.verbose:
            print(f"(Epoch {self.epoch} / {self.num_epochs}) train acc: {train_acc:f}; val_acc: {val_acc:f}")

    def _state(self) -> tuple[dict[str, np.ndarray], list[dict] | None]:
        """Copies of the parameters and, if there are any, of batch normalization's running averages."""
        params = {name: w.copy() for name, w in self.model.params.items()}
        return params, copy.deepcopy(getattr(self.model, "bn_params", None))

    def _restore_best(self) -> None:
        """Put copies of the best parameters into the model: later training leaves `best_params` alone.

        The running averages of batch normalization belong to the parameters they were measured with.
        """
        if self.best_params:
            self.model.params = {name: w.copy() for name, w in self.best_params.items()}
        if self._best_bn_params is not None:
            self.model.bn_params = copy.deepcopy(self._best_bn_params)

    def _save_checkpoint(self) -> None:
        if self.checkpoint_name is None:
            return
        names = (
            "model update_rule lr_decay optim_config batch_size num_train_samples num_val_samples "
            "epoch loss_history train_acc_history val_acc_history"
        )
        path = Path(f"{self.checkpoint_name}_epoch_{self.epoch}.pkl")
        if self.verbose:
            print(f'Saving checkpoint to "{path}"')
        with written_whole(path) as file:
            pickle.dump({name: getattr(self, name) for name in names.split()}, file)


def _checked(data: object, model: Model) -> tuple[np.ndarray, ...]:
    """Check X_train, y_train, X_val and y_val with each other and the model."""
    if not isinstance(data, Mapping):
        raise TypeError(
            f"data must be a dict with X_train, y_train, X_val and y_val, got {type(data).__name__}"
        )
    for name in ("X_train", "y_train", "X_val", "y_val"):
        if name not in data:
            raise ValueError(f"data has no {name}, only {', '.join(data)}")
    X_train = check_array(data["X_train"], "data['X_train']", ("N", ...))
    X_val = check_array(data["X_val"], "data['X_val']", ("N", *X_train.shape[1:]))
    try:
        with np.errstate(under="ignore"):
            scores = np.asarray(model.loss(X_train[:1]))
    except (TypeError, ValueError) as error:
        raise ValueError(f"data['X_train'] does not fit the model: {error}") from error
    num_classes = scores.shape[1] if scores.ndim == 2 else None
    y_train = check_labels(data["y_train"], len(X_train), num_classes, "data['y_train']")
    y_val = check_labels(data["y_val"], len(X_val), num_classes, "data['y_val']")
    return X_train, y_train, X_val, y_val


def _check_samples(count: object, name: str = "num_samples") -> int | None:
    return None if count is None else check_count(count, name)
