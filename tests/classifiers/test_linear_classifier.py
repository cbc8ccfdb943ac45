"""The linear classifiers: training as in the course; optima against scikit-learn; files; bad input."""

# ruff: noqa: NPY002 (the course draws from the global generator)

import numpy as np
import pytest
from scipy.special import log_softmax

from cs231n_lib.classifiers.linear_classifier import (
    LinearClassifier,
    LinearSVM,
    Softmax,
)
from cs231n_lib.divergence import DivergenceWarning
from cs231n_lib.optim import step_decay

BOTH = pytest.mark.parametrize("model", [LinearSVM, Softmax])


def blobs(N=120, D=6, C=3, seed=0, spread=1.0):
    """C overlapping clouds of points; the last column is the bias trick's."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, C, N)
    X = rng.standard_normal((C, D))[y] + spread * rng.standard_normal((N, D))
    return np.column_stack([X, np.ones(N)]), y


# The course's training


def course_loss(name, W, X, y, reg):
    """The losses as the assignment's solutions write them, sharing no code with the library."""
    N, rows = len(X), np.arange(len(X))
    S = X.dot(W)
    if name == "LinearSVM":
        margins = np.maximum(0, S - S[rows, y].reshape(-1, 1) + 1)
        margins[rows, y] = 0
        loss = margins.sum() / N
        dS = (margins > 0) * 1.0
        dS[rows, y] -= dS.sum(axis=1)
    else:
        loss = -log_softmax(S, axis=1)[rows, y].sum() / N
        dS = np.exp(log_softmax(S, axis=1))
        dS[rows, y] -= 1
    return loss + reg * np.sum(W * W), X.T.dot(dS) / N + 2 * reg * W


def course_train(name, W, X, y, learning_rate, reg, num_iters, batch_size):
    """The assignment's `LinearClassifier.train`."""
    if W is None:
        W = 0.001 * np.random.randn(X.shape[1], np.max(y) + 1)
    history = []
    for _ in range(num_iters):
        indices = np.random.choice(len(X), batch_size)
        loss, grad = course_loss(name, W, X[indices], y[indices], reg)
        history.append(loss)
        W = W - learning_rate * grad
    return W, history


@BOTH
@pytest.mark.parametrize("batch_size", [1, 20, 500])
def test_training_is_the_course_s_with_the_global_generator(model, batch_size):
    X, y = blobs()
    np.random.seed(7)
    W, history = course_train(model.__name__, None, X, y, 0.05, 0.01, 30, batch_size)
    W, more = course_train(model.__name__, W, X, y, 0.02, 0.0, 20, batch_size)
    after = np.random.rand()

    np.random.seed(7)
    classifier = model()
    assert classifier.W is None
    losses = classifier.train(X, y, learning_rate=0.05, reg=0.01, num_iters=30, batch_size=batch_size)
    again = classifier.train(X, y, learning_rate=0.02, reg=0.0, num_iters=20, batch_size=batch_size)
    assert np.random.rand() == after
    np.testing.assert_allclose(losses + again, history + more, rtol=1e-12)
    np.testing.assert_allclose(classifier.W, W, rtol=1e-10, atol=1e-14)
    assert type(losses) is list
    assert all(type(loss) is float for loss in losses)


@BOTH
def test_the_defaults_are_the_course_s(model):
    X, y = blobs()
    np.random.seed(1)
    W, history = course_train(model.__name__, None, X, y, 1e-3, 1e-5, 100, 200)
    np.random.seed(1)
    classifier = model()
    np.testing.assert_allclose(classifier.train(X, y), history, rtol=1e-12)
    np.testing.assert_allclose(classifier.W, W, rtol=1e-10, atol=1e-14)


@BOTH
def test_what_verbose_prints(model, capsys):
    X, y = blobs()
    losses = model().train(X, y, num_iters=201, verbose=True, rng=0)
    assert capsys.readouterr().out.splitlines() == [
        f"iteration {i} / 201: loss {losses[i]:f}" for i in (0, 100, 200)
    ]
    model().train(X, y, num_iters=1, rng=0)
    assert capsys.readouterr().out == ""


@BOTH
def test_an_own_generator_leaves_the_global_one_alone(model):
    X, y = blobs()
    np.random.seed(3)
    expected = np.random.rand()
    np.random.seed(3)
    one, two, other = model(), model(), model()
    first = one.train(X, y, rng=11)
    assert np.random.rand() == expected
    assert two.train(X, y, rng=np.random.default_rng(11)) == first
    assert other.train(X, y, rng=12) != first
    np.testing.assert_array_equal(one.W, two.W)
    assert 0.0002 < np.std(model_after_no_step(model, X, y).W) < 0.002


def model_after_no_step(model, X, y):
    classifier = model()
    assert classifier.train(X, y, num_iters=0, rng=0) == []
    return classifier


@BOTH
def test_training_learns(model):
    X, y = blobs(600, spread=0.6)
    classifier = model()
    losses = classifier.train(X[:400], y[:400], learning_rate=0.1, reg=1e-4, num_iters=400, rng=0)
    assert losses[-1] < 0.5 * losses[0]
    assert (classifier.predict(X[400:]) == y[400:]).mean() > 0.8


def test_classes_come_from_the_largest_label():
    X, y = blobs(C=3)
    classifier = Softmax()
    classifier.train(X, 2 * y, num_iters=1)
    assert classifier.W.shape == (7, 2 * y.max() + 1)


@BOTH
def test_float32_and_pixels(model):
    X, y = blobs()
    half = model()
    half.train(X.astype(np.float32), y, learning_rate=0.05, rng=0)
    assert half.W.dtype == np.float32
    full = model()
    full.train(X, y, learning_rate=0.05, rng=0)
    np.testing.assert_allclose(half.W, full.W, atol=1e-5)
    pixels = np.random.default_rng(0).integers(0, 256, (50, 12), dtype=np.uint8)
    classes = np.arange(50) % 3
    one, two = model(), model()
    one.train(pixels, classes, learning_rate=1e-6, rng=0)
    two.train(pixels.astype(float), classes, learning_rate=1e-6, rng=0)
    np.testing.assert_array_equal(one.W, two.W)
    np.testing.assert_array_equal(one.predict(pixels), two.predict(pixels.astype(float)))


# Schedules


def test_step_decay_by_hand():
    tenth = step_decay(0.1, steps=2)
    np.testing.assert_allclose(
        [tenth(p) for p in (0, 0.33, 0.34, 0.66, 0.67, 0.99)], [1, 1, 0.1, 0.1, 0.01, 0.01]
    )


def test_the_schedule_scales_the_rate_of_each_step():
    X, y = blobs()
    rates = {}

    def schedule(progress):
        return rates.setdefault(progress, len(rates) + 1)

    classifier = Softmax()
    classifier.train(X, y, learning_rate=0.01, reg=0, num_iters=4, batch_size=30, lr_schedule=schedule, rng=5)
    assert rates == {0: 1, 0.25: 2, 0.5: 3, 0.75: 4}
    draw = np.random.default_rng(5)
    W = 0.001 * draw.standard_normal((7, 3))
    for i in range(4):
        rows = draw.integers(len(X), size=30)
        W = W - 0.01 * (i + 1) * course_loss("Softmax", W, X[rows], y[rows], 0)[1]
    np.testing.assert_allclose(classifier.W, W, rtol=1e-10)


# Divergence


@BOTH
def test_a_diverging_rate_is_named_and_the_last_finite_weights_stay(model):
    X, y = blobs()
    classifier = model()
    assert classifier.diverged is False
    with pytest.warns(
        DivergenceWarning, match=r"diverged at iteration \d+ \(loss inf\).* 1e\+06 is too high"
    ) as w:
        losses = classifier.train(X, y, learning_rate=1e6, reg=1.0, num_iters=1000, rng=0)
    assert [warning.filename for warning in w] == [__file__]  # once, and it points here
    assert 1 < len(losses) < 1000
    assert np.isfinite(losses[:-1]).all()
    assert losses[-1] == np.inf
    assert classifier.diverged is True
    assert classifier.predict(X).shape == y.shape
    assert np.abs(classifier.W).max() > 1e100
    classifier.W = None
    classifier.train(X, y, num_iters=5)
    assert classifier.diverged is False


@BOTH
@pytest.mark.parametrize(("rate", "scale"), [(1e200, 1), (1e300, 1e10)])
def test_an_overflow_ends_the_history_with_infinity(model, rate, scale):
    """At 1e200 the second loss overflows, at 1e300 already the first update."""
    X, y = blobs()
    classifier = model()
    with pytest.warns(DivergenceWarning, match=r"1 \(loss inf\): learning_rate 1e\+[23]00 is too"):
        losses = classifier.train(scale * X, y, learning_rate=rate, reg=1.0, rng=0)
    assert np.isfinite(losses[:-1]).all()
    assert losses[-1] == np.inf
    assert np.isfinite(classifier.W).all()
    assert (np.abs(classifier.W).max() > 1) == (scale == 1)


def test_a_loss_that_grows_without_overflow_has_diverged_too():
    X, y = blobs()
    classifier = LinearSVM()
    with pytest.warns(DivergenceWarning, match=r"iteration 199 \(loss .*e\+33\): learning_rate 0.13 is too"):
        losses = classifier.train(X, y, learning_rate=0.13, reg=8.5, num_iters=200, rng=0)
    assert len(losses) == 200
    assert losses[0] < 5
    assert np.isfinite(losses).all()
    assert classifier.diverged is True


@BOTH
def test_data_that_are_too_large_are_named_not_the_rate(model):
    classifier, W = model(), np.array([[9.0, 10.0], [9.0, 10.0]])
    classifier.W = W
    with pytest.warns(DivergenceWarning, match="iteration 0 .*: the numbers in X or in W are too large"):
        losses = classifier.train(np.full((4, 2), 1e308), np.array([0, 1, 1, 1]), rng=0)
    assert len(losses) == 1
    assert not np.isfinite(losses[0])
    assert classifier.W is W


@BOTH
@pytest.mark.parametrize(("dtype", "tiny"), [("float64", 1e-300), ("float32", 1e-38)])
@pytest.mark.filterwarnings("error")
def test_a_user_s_floating_point_errors_change_nothing(model, dtype, tiny):
    X, y = blobs()
    X = np.column_stack([X, np.full(120, tiny), np.linspace(-800, 800, 120)]).astype(dtype)
    trained = []
    for errors in ("warn", "raise"):
        with np.errstate(all=errors):
            classifier = model()
            losses = classifier.train(X, y, learning_rate=0.01, rng=0)
            optimal = model()
            best = optimal.train_full_batch(X, y, reg=1.0, num_iters=20)
            trained.append((losses, best, classifier.W, optimal.W, optimal.predict(X)))
    for one, other in zip(*trained, strict=True):
        np.testing.assert_array_equal(one, other)


# The full-batch optimum


def test_softmax_optimum_against_scikit_learn():
    linear_model = pytest.importorskip("sklearn.linear_model")
    X, y = blobs()
    reg = 0.01
    classifier = Softmax()
    losses = classifier.train_full_batch(X, y, reg, num_iters=500, tolerance=1e-9)
    reference = linear_model.LogisticRegression(
        C=1 / (2 * reg * len(X)), fit_intercept=False, tol=1e-10, max_iter=5000
    ).fit(X, y)
    np.testing.assert_allclose(classifier.W, reference.coef_.T, atol=1e-5)
    assert np.abs(classifier.loss(X, y, reg)[1]).max() <= 1e-9
    assert classifier.loss(X, y, reg)[0] == pytest.approx(losses[-1])
    assert losses == sorted(losses, reverse=True)


def test_svm_optimum_against_a_linear_program():
    """With slack variables, min reg*|w|^2 + mean hinge becomes a program that SciPy solves in another way."""
    from scipy.optimize import minimize

    X, y = blobs(30, D=2, C=2, seed=3)
    N, reg, sign = len(X), 0.05, 2 * y - 1
    # Two classes: W = (-w, w) / 2 is optimal, so the loss is reg*|w|^2/2 + mean max(0, 1 - sign * x.w).
    found = minimize(
        lambda v: reg * v[:3] @ v[:3] / 2 + v[3:].mean(),
        np.r_[np.zeros(3), np.ones(N)],
        jac=lambda v: np.r_[reg * v[:3], np.full(N, 1 / N)],
        bounds=[(None, None)] * 3 + [(0, None)] * N,
        constraints={
            "type": "ineq",
            "fun": lambda v: sign * (X @ v[:3]) - 1 + v[3:],
            "jac": lambda v: np.column_stack([sign[:, np.newaxis] * X, np.eye(N)]),
        },
        method="SLSQP",
        options={"ftol": 1e-12, "maxiter": 1000},
    )
    classifier = LinearSVM()
    classifier.train_full_batch(X, y, reg, num_iters=500)
    value = classifier.loss(X, y, reg)[0]
    assert found.fun - 1e-9 <= value <= found.fun * 1.01


@BOTH
def test_the_optimum_is_below_gradient_descent_and_training_goes_on_from_it(model):
    X, y = blobs()
    descended, optimal = model(), model()
    descended.train(X, y, learning_rate=0.02, reg=0.01, num_iters=500, rng=0)
    optimal.train_full_batch(X, y, 0.01)
    best = optimal.loss(X, y, 0.01)[0]
    assert best <= descended.loss(X, y, 0.01)[0] <= 1.3 * best
    start = descended.loss(X, y, 0.01)[0]
    assert descended.train_full_batch(X, y, 0.01, num_iters=1)[0] < start
    assert len(model().train_full_batch(X, y, 0.01, num_iters=3)) == 3


def test_full_batch_in_float32():
    X, y = blobs()
    half, full = Softmax(), Softmax()
    half.train_full_batch(X.astype(np.float32), y, 0.01)
    full.train_full_batch(X, y, 0.01)
    assert half.W.dtype == np.float32
    assert full.W.dtype == np.float64
    np.testing.assert_allclose(half.W, full.W, atol=1e-2)


def test_a_full_batch_stopped_half_way_leaves_the_weights_as_they_were(monkeypatch, trained):
    before, calls, loss = trained.W.copy(), [], trained.loss

    def stop_at_the_third(*arguments):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return loss(*arguments)

    monkeypatch.setattr(trained, "loss", stop_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        trained.train_full_batch(*blobs())
    np.testing.assert_array_equal(trained.W, before)


@BOTH
@pytest.mark.parametrize(
    ("dtype", "scale"),
    [("float64", 1e-20), ("float64", 1e-6), ("float64", 1e100), ("float64", 1e200), ("float32", 5e37)],
)
def test_data_of_no_moderate_size_are_named(model, dtype, scale):
    X, y = blobs()
    classifier = model()
    with pytest.raises(ValueError, match=r"X must be of moderate size, got numbers up to \d.*e[-+]\d+: "):
        classifier.train_full_batch((scale * X).astype(dtype), y)
    assert classifier.W is None


@BOTH
def test_the_weights_are_those_of_the_last_loss(model):
    """Where L-BFGS gives up, SciPy returns the point of the failed search."""
    X, y = blobs()
    classifier = model()
    classifier.W = np.random.default_rng(0).standard_normal((7, 3))
    losses = classifier.train_full_batch(1e20 * X, y)
    assert classifier.loss(1e20 * X, y, 1e-5)[0] == pytest.approx(losses[-1])
    assert losses == sorted(losses, reverse=True)


@BOTH
def test_from_the_optimum_there_is_no_step_and_no_error(model):
    X, y = blobs()
    classifier = model()
    assert classifier.train_full_batch(0 * X, y) == []  # every W is as good as 0
    np.testing.assert_array_equal(classifier.W, np.zeros((7, 3)))
    classifier.train_full_batch(X, y, 0.01, num_iters=1000)
    best = classifier.loss(X, y, 0.01)[0]
    classifier.train_full_batch(X, y, 0.01, num_iters=1000)
    assert classifier.loss(X, y, 0.01)[0] == pytest.approx(best, rel=1e-6)


@BOTH
def test_progress_bars(model, capsys):
    X, y = blobs()
    model().train(X, y, num_iters=3, progress=True)
    model().train_full_batch(X, y, num_iters=2, progress=True)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "3/3" in shown.err
    assert "2/2" in shown.err
    model().train(X, y, num_iters=3)
    model().train_full_batch(X, y, num_iters=2)
    assert capsys.readouterr().err == ""


# Predicting, loss, files


def test_predictions_are_the_largest_score_and_ties_go_to_the_smaller_label():
    classifier = Softmax()
    classifier.W = np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 3.0]])
    np.testing.assert_array_equal(
        classifier.predict(np.array([[1, 0], [0, 1], [-1, 0], [2, 1]])), [0, 2, 2, 2]
    )


def test_loss_of_each_kind():
    X, y = blobs()
    for model in (LinearSVM, Softmax):
        classifier = model()
        classifier.W = np.random.default_rng(0).standard_normal((7, 3))
        value, dW = classifier.loss(X, y, 0.3)
        expected, expected_dW = course_loss(model.__name__, classifier.W, X, y, 0.3)
        assert value == pytest.approx(expected)
        np.testing.assert_allclose(dW, expected_dW)


@pytest.fixture
def trained():
    classifier = Softmax()
    classifier.train(*blobs(), num_iters=3, rng=0)
    return classifier


def test_without_weights_there_is_nothing_to_predict_or_save(tmp_path):
    for use in (Softmax().predict, lambda X: LinearSVM().loss(X, [0, 1], 0.1)):
        with pytest.raises(ValueError, match="no weights yet"):
            use(np.ones((2, 3)))
    with pytest.raises(ValueError, match="no weights to save"):
        Softmax().save(tmp_path / "w")
    assert list(tmp_path.iterdir()) == []


# Bad arguments


BAD_IN_BOTH = [
    ({"X": np.ones(7)}, ValueError, r"X must have shape \(N, D\), got shape \(7,\)"),
    (
        {"X": np.ones((0, 7)), "y": np.ones(0, int)},
        ValueError,
        r"X must have shape \(N, D\) with at least one",
    ),
    ({"X": np.full((120, 7), "a")}, TypeError, "X must hold real numbers"),
    ({"X": np.full((120, 7), np.nan)}, ValueError, r"X must be finite, got nan at \(0, 0\)"),
    ({"y": np.zeros(119, int)}, ValueError, r"y must have shape \(120,\)"),
    ({"y": np.zeros(120)}, TypeError, "y must hold integers, got dtype float64"),
    ({"y": np.full(120, -1)}, ValueError, "y must hold labels from 0 .* got -1"),
    ({"reg": -1.0}, ValueError, "reg must be a finite number >= 0, got -1.0"),
    ({"reg": "1"}, TypeError, "reg must be a finite number >= 0, got '1'"),
    ({"num_iters": -1}, ValueError, "num_iters must be an integer >= [01], got -1"),
    ({"num_iters": 2.5}, ValueError, "num_iters must be an integer >= [01], got 2.5"),
]
BAD_IN_TRAIN = [
    ({"learning_rate": -1.0}, ValueError, "learning_rate must be a finite number >= 0, got -1.0"),
    ({"learning_rate": np.nan}, ValueError, "learning_rate must be a finite number >= 0, got nan"),
    ({"learning_rate": "0.1"}, TypeError, "learning_rate must be a finite number >= 0, got '0.1'"),
    ({"batch_size": 0}, ValueError, "batch_size must be an integer >= 1, got 0"),
    ({"batch_size": 20.0}, ValueError, "batch_size must be an integer >= 1, got 20.0"),
    ({"lr_schedule": "cosine"}, TypeError, "lr_schedule must be callable, got 'cosine'"),
    ({"lr_schedule": lambda progress: None}, TypeError, "what lr_schedule returns must be a finite number"),
    ({"lr_schedule": lambda progress: -progress}, ValueError, "what lr_schedule returns must be .* got -0.0"),
    ({"rng": "seed"}, TypeError, "rng must be a numpy.random.Generator.* got 'seed'"),
]
BAD_IN_FULL_BATCH = [
    ({"num_iters": 0}, ValueError, "num_iters must be an integer >= 1, got 0"),
    ({"tolerance": -1}, ValueError, "tolerance must be a finite number >= 0, got -1"),
]


@pytest.mark.parametrize("fresh", [True, False])
@pytest.mark.parametrize(
    ("method", "change", "error", "message"),
    [("train", *case) for case in BAD_IN_BOTH + BAD_IN_TRAIN]
    + [("train_full_batch", *case) for case in BAD_IN_BOTH + BAD_IN_FULL_BATCH],
)
def test_bad_arguments_change_nothing(fresh, method, change, error, message, trained):
    X, y = blobs()
    classifier = Softmax() if fresh else trained
    before = classifier.W
    np.random.seed(0)
    with pytest.raises(error, match=message):
        getattr(classifier, method)(**({"X": X, "y": y} | change))
    assert classifier.W is before
    assert np.random.rand() == np.random.RandomState(0).rand()


@pytest.mark.parametrize("method", ["train", "train_full_batch"])
def test_a_loss_that_fails_changes_nothing(method):
    classifier = LinearClassifier()
    with pytest.raises(NotImplementedError, match="use LinearSVM or Softmax"):
        getattr(classifier, method)(*blobs())
    assert classifier.W is None


def test_other_features_or_more_classes_than_the_model_knows(trained):
    X, y = blobs()
    message = r"X has shape \(120, 6\) but the model was trained on 7 features"
    for call in (trained.predict, lambda X: trained.train(X, y), lambda X: trained.train_full_batch(X, y)):
        with pytest.raises(ValueError, match=message):
            call(X[:, 1:])
    with pytest.raises(ValueError, match="y must hold labels from 0 to 2, got 1 to 3"):
        trained.train(X, y + 1)


def test_predicting_from_numbers_that_are_not_finite_or_too_large(trained):
    for bad in (np.nan, np.inf):
        with pytest.raises(ValueError, match=r"X must be finite, got .* at \(0, 0\)"):
            trained.predict(np.full((2, 7), bad))
    trained.W = np.full((7, 3), 10.0)
    with pytest.raises(ValueError, match="X must be of moderate size"):
        trained.predict(np.full((2, 7), 1e308))
