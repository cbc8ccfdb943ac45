"""The live demos: their pure parts, and that the shell stays silent where nobody can use it."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import log_softmax

from cs231n_lib.classifiers.linear_svm import svm_loss_naive
from cs231n_lib.classifiers.softmax import softmax_loss_naive
from cs231n_lib.demos import linear_classifier as demo
from tests.figures import assert_readable

NAIVE = {"hinge": svm_loss_naive, "softmax": softmax_loss_naive}


@pytest.fixture(params=list(NAIVE))
def state(request):
    return demo.start(3, loss=request.param, learning_rate=0.05, reg=0.1)


def loss_of(state):
    return NAIVE[state.loss](state.W, state.X, state.y, state.reg)


def test_start_is_decided_by_its_seed():
    first, second, other = demo.start(1), demo.start(1), demo.start(2)
    assert np.array_equal(first.X, second.X) and np.array_equal(first.W, second.W)
    assert not np.array_equal(first.X, other.X)
    assert first.X.shape == (24, 3) and first.W.shape == (3, 3) and first.steps == 0
    assert np.array_equal(first.X[:, 2], np.ones(24))
    assert np.bincount(demo.start(1, points=5).y).tolist() == [5, 5, 5]


def test_one_step_is_gradient_descent_and_leaves_the_old_state_alone(state):
    before = state.W.copy()
    after = demo.step(state)
    np.testing.assert_allclose(after.W, before - 0.05 * loss_of(state)[1], rtol=1e-12)
    assert np.array_equal(state.W, before) and state.steps == 0
    assert after.steps == 1 and after.loss == state.loss and after.X is state.X


def test_many_steps_are_single_steps_and_learn(state):
    one_by_one = state
    for _ in range(20):
        one_by_one = demo.step(one_by_one)
    at_once = demo.step(state, 20)
    assert np.array_equal(at_once.W, one_by_one.W) and at_once.steps == one_by_one.steps == 20
    assert loss_of(demo.step(state, 300))[0] < 0.5 * loss_of(state)[0]


def test_the_figure_tells_the_truth(state):
    for learned in (demo.step(state, 3), demo.step(state, 300)):
        S, y = learned.X @ learned.W, learned.y
        wrong = int((S.argmax(axis=1) != y).sum())
        if state.loss == "hinge":
            gaps = S - S[np.arange(24), y][:, None] + 1
            pull = (gaps > 0).sum(axis=1) - 1  # without the correct class itself
        else:
            pull = 1 - np.exp(log_softmax(S, axis=1)[np.arange(24), y])
        pulling = int((pull > 0).sum())
        assert wrong > 0 or learned.steps == 300
        assert pulling > 0 and (pulling < 24) == (state.loss == "hinge" and learned.steps == 300)
        figure = demo.draw(learned)
        assert_readable(figure)
        assert f"{wrong} points are in a wrong region, {pulling} pull" in figure.alt
        assert f"loss {loss_of(learned)[0]:.3g}" in figure.alt and f"step {learned.steps}" in figure.alt
        assert figure.get_suptitle().startswith(f"{state.loss}, step {learned.steps}: {wrong} of 24 wrong")

        plane, pulls = figure.axes
        np.testing.assert_allclose([bar.get_height() for bar in pulls.patches], sorted(pull, reverse=True))
        by_pull = y[np.argsort(-pull, kind="stable")]
        for label, marks in enumerate(plane.collections[-3:]):
            np.testing.assert_array_equal(marks.get_offsets(), learned.X[y == label, :2])
            order = np.argsort(marks.get_sizes(), kind="stable")
            assert (np.diff(pull[y == label][order]) >= 0).all()  # a larger mark, a stronger pull
            assert marks.get_sizes().min() > 0
            assert (np.ptp(marks.get_sizes()) > 0) == (np.ptp(pull[y == label]) > 0)
            for bar in np.array(pulls.patches)[by_pull == label]:
                assert bar.get_facecolor() == pytest.approx(marks.get_facecolor()[0])


def test_the_figure_shows_the_regions_where_the_scores_say_so():
    W = np.array([[1.0, 0, 0], [0, 0, 1.0], [0, 1.0, 0]])  # right: class 0, top: class 2, else class 1
    figure = demo.draw(replace(demo.start(0), W=W))
    colors = figure.axes[0].collections[0].get_array().reshape(200, 200)
    assert colors[100, -1] == 0 and colors[-1, 100] == 2 and colors[0, 0] == 1  # row 0 is at the bottom
    assert colors[100, 100] == 1  # by its bias alone


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"loss": "squared"}, "loss must be one of 'hinge', 'softmax', got 'squared'"),
        ({"reg": -1.0}, "reg must be"),
        ({"learning_rate": float("nan")}, "learning_rate must be"),
        ({"points": 0}, "points must be an integer >= 1, got 0"),
    ],
)
def test_bad_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        demo.start(**settings)


def test_the_widget_shows_nothing_where_nobody_can_use_it(capsys):
    assert demo.widget() is None
    assert capsys.readouterr().out == ""


def test_the_widget_controls_the_state(monkeypatch):
    pytest.importorskip("ipywidgets")
    drawn = []
    draw = demo.draw
    monkeypatch.setattr(demo, "draw", lambda state: drawn.append(state) or draw(state))
    monkeypatch.setattr(demo, "_someone_is_there", lambda: True)
    settings, buttons, picture = demo.widget().children
    loss, rate, reg = settings.children
    one, many, anew = buttons.children
    assert [state.steps for state in drawn] == [0]
    assert picture.value.startswith('<img alt="24 points of three classes')

    one.click()
    loss.value = "softmax"
    many.click()
    assert [state.steps for state in drawn] == [0, 1, 1, 51]
    assert [state.loss for state in drawn] == ["hinge", "hinge", "softmax", "softmax"]
    np.testing.assert_array_equal(drawn[3].W, demo.step(drawn[2], 50).W)
    rate.value, reg.value = 1.0, 0.1
    assert drawn[-1].learning_rate == 1.0 and drawn[-1].reg == pytest.approx(0.1)
    anew.click()
    assert drawn[-1].steps == 0 and drawn[-1].loss == "softmax"
    assert not np.array_equal(drawn[-1].X, drawn[0].X)
