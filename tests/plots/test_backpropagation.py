import functools
import operator
from itertools import combinations, permutations, product

import numpy as np
import pytest

from cs231n_lib import graph
from cs231n_lib.graph import Variable
from cs231n_lib.plots.backpropagation import _drawn_variables, _Layout, _spread, circuit, product_shapes


def variables(**values):
    return [Variable(value, name) for name, value in values.items()]


def course_circuit():
    x, y, z = variables(x=-2, y=5, z=-4)
    return ((x + y).named("q") * z).named("f")


def neuron(in_one_gate):
    w0, x0, w1, x1, w2 = variables(w0=2, x0=-1, w1=-3, x1=-2, w2=-3)
    score = w0 * x0 + w1 * x1 + w2
    return graph.sigmoid(score) if in_one_gate else graph.reciprocal(graph.exp(-score) + 1)


def mixed():
    x, y, z, w = variables(x=3, y=-4, z=2, w=-1)
    return (x * y + graph.maximum(z, w)) * 2


def fork():
    x, y = variables(x=3, y=-4)
    return (x + y) * (x * y)


def course_exercise():
    """The function the notes work out in stages: many forks and long wires."""
    x, y = variables(x=3, y=-4)
    return (x + graph.sigmoid(y)) / (graph.sigmoid(x) + (x + y) ** 2)


def square():
    (x,) = variables(x=3)
    return x * x


def linear_layer():
    X, W, b = variables(X=np.ones((2, 3)), W=np.ones((3, 4)), b=np.ones(4))
    S = X @ W + b
    return ((S - np.ones((2, 1))) ** 2).mean()


def many_forks():
    a, b, c = variables(a=0.123456, b=-20.0, c=3000.0)
    p, q, r = a * b, b - c, a + c
    return (p * q + q / r) * (p + r * a) - b * (c + p * r)


def layer(inputs, neurons):
    """Every input meets every neuron: the wires change by many rows at once."""
    x = [Variable(i + 1, f"x{i}") for i in range(inputs)]
    sums = []
    for j in range(neurons):
        products = [x[i] * Variable(0.1 * (i - j), f"w{i}{j}") for i in range(inputs)]
        sums.append(functools.reduce(operator.add, products))
    return functools.reduce(operator.add, sums)


def long_names():
    first, second = variables(a_leaf_whose_name_is_rather_long=1, WWWWWWWWWWWWWWWW=2)
    return first * second


CIRCUITS = {
    "course": course_circuit,
    "neuron": lambda: neuron(False),
    "neuron in one gate": lambda: neuron(True),
    "mixed": mixed,
    "fork": fork,
    "exercise": course_exercise,
    "square": square,
    "linear layer": linear_layer,
    "many forks": many_forks,
    "layer": lambda: layer(3, 3),
    "long names": long_names,
}


def draw(name, gradients):
    output = CIRCUITS[name]()
    output.backward()
    return circuit(
        output, "A title that is as long as the finding of a figure may ever become", gradients=gradients
    )


def extents(fig):
    """Bounding boxes in pixels: of the boxes, of all written text, and of the figure."""
    renderer = fig.canvas.get_renderer()
    (ax,) = fig.axes
    boxes = [patch.get_window_extent(renderer) for patch in ax.patches if patch.get_gid() == "box"]
    texts = {text: text.get_window_extent(renderer) for text in [*ax.texts, fig._suptitle] if text.get_text()}
    return boxes, texts, fig.bbox


@pytest.mark.parametrize("gradients", [False, True])
@pytest.mark.parametrize("name", CIRCUITS)
def test_nothing_overlaps(name, gradients):
    fig = draw(name, gradients)
    boxes, texts, page = extents(fig)
    assert len(boxes) >= 2
    for a, b in combinations(boxes, 2):
        assert not a.overlaps(b)
    for a, b in combinations(texts, 2):
        assert not texts[a].overlaps(texts[b]), (a.get_text(), b.get_text())
    for text, place in texts.items():
        assert place.x0 >= page.x0 and place.x1 <= page.x1 and place.y0 >= page.y0 and place.y1 <= page.y1
        inside = [box for box in boxes if box.overlaps(place)]
        if text.get_gid() == "label":
            assert not inside, text.get_text()
    one_line = max(place.height for text, place in texts.items() if text.get_gid() == "label")
    assert texts[fig._suptitle].height < 2 * one_line  # wide enough for the title
    written_in = [[p for p in texts.values() if box.overlaps(p)] for box in boxes]
    assert all(len(own) == 1 for own in written_in)  # each box holds its symbol and nothing else
    for box, (place,) in zip(boxes, written_in, strict=True):
        assert box.x0 <= place.x0 and place.x1 <= box.x1


@pytest.mark.parametrize("gradients", [False, True])
@pytest.mark.parametrize("name", CIRCUITS)
def test_no_wire_runs_through_a_label_or_a_foreign_box(name, gradients):
    fig = draw(name, gradients)
    boxes, texts, _ = extents(fig)
    (ax,) = fig.axes
    labels = {t.get_text(): place for t, place in texts.items() if t.get_gid() == "label"}
    curves = [
        patch.get_path().to_polygons(closed_only=False)[0] for patch in ax.patches if patch.get_gid() != "box"
    ]
    lines = [np.column_stack(line.get_data()) for line in ax.lines]
    for points in curves + [line for line in lines if len(line) == 2]:
        steps = np.linspace(0, 1, 50)[:, None]
        dense = np.concatenate([a + steps * (b - a) for a, b in zip(points, points[1:], strict=False)])
        x, y = ax.transData.transform(dense).T
        for text, place in labels.items():
            assert not ((place.x0 < x) & (x < place.x1) & (place.y0 < y) & (y < place.y1)).any(), text
        for box in boxes:  # a wire may touch a box's edge, not its middle
            assert not ((box.x0 + 2 < x) & (x < box.x1 - 2) & (box.y0 < y) & (y < box.y1)).any()
    for points in curves:  # a wire has room to change its row
        assert points[0, 1] == points[-1, 1] or points[-1, 0] - points[0, 0] > 0.2


def labels_of(fig):
    return [text.get_text() for text in fig.axes[0].texts if text.get_gid() == "label"]


def test_values_stand_above_and_gradients_below_the_wires():
    output = course_circuit()
    before = circuit(output, "before")
    assert sorted(labels_of(before)) == sorted(["−2", "5", "−4", "q = 3", "f = −12"])
    output.backward()
    after = circuit(output, "after", gradients=True)
    assert sorted(labels_of(after)) == sorted([*labels_of(before), "−4", "−4", "3", "−4", "1"])
    texts = extents(after)[1]
    value, gradient = (
        [place for t, place in texts.items() if t.get_text() == s][0] for s in ("f = −12", "1")
    )
    assert value.y0 > gradient.y1 and value.x0 == pytest.approx(gradient.x0, abs=2)


def test_the_neuron_agrees_with_itself_in_the_digits_shown():
    output = neuron(False)
    output.backward()
    shown = [text.replace("−", "-") for text in labels_of(circuit(output, "neuron", gradients=True))]
    assert {"0.7311", "0.1966", "0.3932", "-0.5898", "-0.5344", "0.3679", "1.368"} <= set(shown)
    assert f"{0.7311 * (1 - 0.7311):.4f}" == "0.1966"
    assert f"{2 * 0.1966:.4f}" == "0.3932" and f"{3 * 0.1966:.4f}" == "0.5898"


def test_constants_are_written_into_their_gate():
    (x,) = variables(x=2)
    cases = {"+ 1": 1 + x, "× 2": x * 2, "− 3": x - 3, "3 −": 3 - x, "÷ 4": x / 4, "4 ÷": 4 / x}
    cases["max 0"] = graph.maximum(0, x)
    for symbol, output in cases.items():
        fig = circuit(output, "a constant")
        assert symbol in [text.get_text() for text in fig.axes[0].texts]
        assert len(extents(fig)[0]) == 2


def test_a_fork_shows_the_share_of_each_branch():
    output = fork()
    output.backward()
    shown = labels_of(circuit(output, "fork", gradients=True))
    # f = (x + y)·(xy): through the sum each gets xy = -12, through the product y·(-1) = 4 and x·(-1) = -3
    assert sorted(text for text in shown if "(" in text) == sorted(["(−12)", "(−12)", "(4)", "(−3)"])
    assert {"−8", "−15"} <= set(shown)
    assert not any("(" in text for text in labels_of(circuit(output, "fork")))


def test_shares_through_a_constant_gate_belong_to_the_right_input():
    (x,) = variables(x=2)
    output = (3 - x) * (5 / x)
    output.backward()
    assert {"(−2.5)", "(−1.25)"} <= set(labels_of(circuit(output, "fork", gradients=True)))


def test_arrays_show_their_shape():
    output = linear_layer()
    output.backward()
    assert labels_of(circuit(output, "shapes", gradients=True)).count("(3, 4)") == 2  # W and its gradient


def test_alternative_text_tells_the_circuit():
    output = course_circuit()
    assert circuit(output, "before").alt == (
        "circuit from inputs to output: x = −2; y = 5; + gives q = 3; z = −4; × gives f = −12"
    )
    output.backward()
    assert circuit(output, "after", gradients=True).alt.endswith("× gives f = −12 (gradient 1)")


def test_the_same_circuit_gives_the_same_picture():
    assert circuit(mixed(), "twice").png() == circuit(mixed(), "twice").png()


def test_gradients_must_be_there():
    with pytest.raises(ValueError, match="call output.backward"):
        circuit(course_circuit(), "too early", gradients=True)


def test_gradients_must_be_those_of_this_output():
    (x,) = variables(x=3)
    square, other = x * x, 100 * x
    square.backward()
    other.backward()
    with pytest.raises(ValueError, match=r"not those of this output \(see <x = 3>\): call output.backward"):
        circuit(square, "stale", gradients=True)
    square.backward()
    assert "6" in labels_of(circuit(square, "fresh", gradients=True))
    square.backward(10)  # an upstream gradient of one's own is no mistake
    assert "60" in labels_of(circuit(square, "ten times", gradients=True))


def test_corners_of_narrow_boxes_are_rounded_by_half_their_width_at_most():
    fig = circuit(neuron(in_one_gate=True), "a narrow σ")
    for box in fig.axes[0].patches:
        if box.get_gid() == "box":
            assert box.get_boxstyle().rounding_size <= box.get_width() / 2


def test_wires_that_change_by_many_rows_get_more_room():
    def steepest(fig):
        curves = [patch.get_path().vertices for patch in fig.axes[0].patches if patch.get_gid() != "box"]
        return max(abs(curve[-1, 1] - curve[0, 1]) / (curve[-1, 0] - curve[0, 0]) for curve in curves)

    assert steepest(circuit(layer(3, 3), "many rows")) < 6
    assert steepest(circuit(course_circuit(), "few rows")) < 6


@pytest.mark.parametrize(
    ("name", "crossings"),
    [("course", 0), ("neuron", 0), ("mixed", 0), ("square", 0), ("fork", 1), ("linear layer", 0)],
)
def test_wires_cross_as_little_as_possible(name, crossings):
    layout = _Layout(_drawn_variables(CIRCUITS[name]()))
    assert layout._crossings(layout.columns) == crossings


def test_swaps_reach_the_fewest_crossings_where_depth_first_order_does_not():
    a, b, c = variables(a=1, b=2, c=3)
    layout = _Layout(_drawn_variables(a + ((b + c) + a)))
    orders = product(*(permutations(column) for column in layout.columns))
    fewest = min(layout._crossings([list(column) for column in columns]) for columns in orders)
    assert layout._crossings(layout.columns) == fewest == 1


@pytest.mark.parametrize("name", CIRCUITS)
def test_rows_keep_their_distance_and_inputs_lie_left(name):
    layout = _Layout(_drawn_variables(CIRCUITS[name]()))
    for column in layout.columns:
        assert (np.diff([layout.y[place] for place in column]) >= 0.998).all()
    assert all(layout.column[b] == layout.column[a] + 1 for a, b, _ in layout.links)
    leaves = [i for i, variable in enumerate(layout.variables) if not variable.inputs]
    assert all(layout.column[i] == 0 for i in leaves)


def test_the_first_input_enters_above_the_second():
    x, y = variables(x=5, y=2)
    layout = _Layout(_drawn_variables(x - y))
    assert [variable.name for variable in layout.variables[:2]] == ["x", "y"]
    assert layout.y[0] > layout.y[1]
    assert layout.links == [(0, 2, 1), (1, 2, -1)]


def test_spread_moves_as_little_as_possible():
    assert _spread([0.0, 5.0]).tolist() == [0, 5]
    assert _spread([0.0, 0.0]).tolist() == [-0.5, 0.5]
    assert _spread([3.0, 0.0, 0.0]).tolist() == [0, 1, 2]
    np.testing.assert_allclose(_spread([0.0, 0.0, 10.0, 10.5]), [-0.5, 0.5, 9.75, 10.75])


def test_rectangles_have_the_shapes_of_the_matrices():
    fig = product_shapes(5, 7, 3)
    sizes = [(box.get_height(), box.get_width()) for box in fig.axes[0].patches]
    assert sizes == [(5, 3), (5, 7), (7, 3), (7, 3), (7, 5), (5, 3), (5, 7), (5, 3), (3, 7)]


def test_signs_keep_clear_of_the_letters_and_rectangles_beside_them():
    fig = product_shapes(5, 7, 3)
    fig.draw_without_rendering()
    (ax,) = fig.axes
    signs = [text for text in ax.texts if text.get_text() in ("=", "·")]
    others = [artist for artist in [*ax.texts, *ax.patches] if artist not in signs]
    assert len(signs) == 6
    for sign in signs:
        place = sign.get_window_extent()
        for other in others:
            box = other.get_window_extent()
            if box.y0 < place.y1 and place.y0 < box.y1:
                assert box.x1 < place.x0 - 2 or box.x0 > place.x1 + 2, sign  # pixels
