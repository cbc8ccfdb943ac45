"""Every check says the argument, what was expected and what came, and gives back a safe value."""

import numpy as np
import pytest

from cs231n_lib import validation as v


def message(check, *args, **kwargs) -> str:
    with pytest.raises((TypeError, ValueError)) as error:
        check(*args, **kwargs)
    return f"{error.type.__name__}: {error.value}"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["a"], "TypeError: X must hold real numbers, got dtype <U1"),
        ([None], "TypeError: X must hold real numbers, got dtype object"),
        ([[1j]], "TypeError: X must hold real numbers, got dtype complex128"),
        ([[1], [1, 2]], "ValueError: X must be an array, got a list of uneven parts"),
        ([1.0, 2.0], "ValueError: X must have shape (N, D), got shape (2,)"),
        (np.empty((0, 3)), "ValueError: X must have shape (N, D) with at least one entry, got shape (0, 3)"),
        ([[1, np.nan]], "ValueError: X must be finite, got nan at (0, 1), the only such entry"),
        ([[np.inf, -np.inf]], "ValueError: X must be finite, got inf at (0, 0), 2 such entries"),
        (
            np.ma.masked_greater([[1, 2]], 1),
            "TypeError: X must have no masked entries: fill them in or leave them out",
        ),
    ],
)
def test_arrays(values, said):
    assert message(v.check_array, values, "X", ("N", "D")) == said


def test_arrays_pass_unchanged_and_large_finite_ones_are_not_called_infinite():
    for values in (np.full((2, 2), 1e308), np.ones((1, 1), np.uint8), np.ma.array([[1.0]]), [[True]]):
        np.testing.assert_array_equal(v.check_array(values, "X", ("N", "D")), np.asarray(values))


def test_shapes_may_fix_some_axes_and_leave_others_open():
    assert v.check_array(np.ones((2, 3, 4)), "x", ("N", 3, ...)).shape == (2, 3, 4)
    assert v.check_array(np.ones((2, 3)), "x", ("N", 3, ...)).shape == (2, 3)
    assert message(v.check_array, np.ones(2), "x", ("N", 3, ...)).endswith("(N, 3, ...), got shape (2,)")
    assert message(v.check_array, np.ones((2, 4)), "b", (3,)).endswith("shape (3,), got shape (2, 4)")


def test_rows_of_another_width_name_who_needs_which():
    said = message(v.check_rows, np.ones((5, 3072)), features=3073)
    assert said == "ValueError: X has shape (5, 3072) but the model was trained on 3073 features"


@pytest.mark.parametrize(
    ("shape", "options", "said"),
    [
        ((2, 8, 8), {}, "must have shape (N, H, W, 3), got shape (2, 8, 8)"),
        ((8, 8, 3), {}, "must have shape (N, H, W, 3), got shape (8, 8, 3)"),
        ((2, 8, 8, 4), {"gray": True}, "must have shape (N, H, W, 3) or (N, H, W), got shape (2, 8, 8, 4)"),
        ((2, 7, 9, 3), {"smallest": 8}, "must hold images of at least 8 x 8 pixels, got shape (2, 7, 9, 3)"),
        ((0, 8, 8, 3), {}, "must hold images of at least 1 x 1 pixels, got shape (0, 8, 8, 3)"),
    ],
)
def test_images(shape, options, said):
    assert message(v.check_images, np.zeros(shape), **options) == f"ValueError: images {said}"


def test_one_image():
    assert v.check_image(np.zeros((8, 9, 3), np.uint8)).dtype == np.uint8
    assert message(v.check_image, np.zeros((8, 9))).endswith("must have shape (H, W, 3), got shape (8, 9)")
    assert v.check_image(np.zeros((8, 9)), gray=True).shape == (8, 9)
    assert "at least 8 x 8 pixels" in message(v.check_image, np.zeros((8, 7, 3)), smallest=8)


def test_labels_are_converted_before_anything_can_wrap():
    y = v.check_labels(np.array([0, 255], np.uint8), 2)
    assert y.dtype == np.int64 and y.max() + 1 == 256


@pytest.mark.parametrize(
    ("y", "said"),
    [
        ([0.0, 1.0], "TypeError: y must hold integers, got dtype float64"),
        (["a", "b"], "TypeError: y must hold integers, got dtype <U1"),
        ([0], "ValueError: y must have shape (2,), got shape (1,)"),
        ([0, 3], "ValueError: y must hold labels from 0 to 2, got 0 to 3"),
        ([-1, 2], "ValueError: y must hold labels from 0 to 2, got -1 to 2"),
        (np.array([0, 2**63], np.uint64), "ValueError: y must hold labels from 0 to 2, got 0 to 2**63"),
    ],
)
def test_labels(y, said):
    assert message(v.check_labels, y, 2, 3) == said.replace("2**63", str(2**63))


def test_labels_that_decide_the_number_of_classes_are_bounded():
    assert message(v.check_labels, [0, 10**6], 2).endswith("labels from 0 to 99999, got 0 to 1000000")


@pytest.mark.parametrize("value", [0, -1, 2.0, "3", None, True, np.True_, np.nan, [1]])
def test_counts(value):
    assert message(v.check_count, value, "k") == f"ValueError: k must be an integer >= 1, got {value!r}"


def test_counts_come_back_as_pythons_integers():
    assert type(v.check_count(np.uint8(200), "k")) is int
    assert v.check_count(np.uint8(200), "k") * 2 == 400
    assert message(v.check_count, 7, "k", most=5) == "ValueError: k must be an integer from 1 to 5, got 7"
    assert message(v.check_count, 1, "k", least=0, most=0).endswith("an integer from 0 to 0, got 1")


@pytest.mark.parametrize(
    ("value", "bounds", "said"),
    [
        ("0.1", {"least": 0}, "TypeError: reg must be a finite number >= 0, got '0.1'"),
        (None, {}, "TypeError: reg must be a finite number, got None"),
        (True, {}, "TypeError: reg must be a finite number, got True"),
        (1j, {}, "TypeError: reg must be a finite number, got 1j"),
        (-1, {"least": 0}, "ValueError: reg must be a finite number >= 0, got -1"),
        (0, {"above": 0, "most": 1}, "ValueError: reg must be a finite number > 0 and <= 1, got 0"),
        (1, {"least": 0, "below": 1}, "ValueError: reg must be a finite number >= 0 and < 1, got 1"),
        (np.nan, {}, "ValueError: reg must be a finite number, got nan"),
        (np.inf, {"least": 0}, "ValueError: reg must be a finite number >= 0, got inf"),
    ],
)
def test_numbers(value, bounds, said):
    assert message(v.check_number, value, "reg", **bounds) == said


@pytest.mark.parametrize("value", [1, 0.5, np.float32(0.5), np.int8(1), np.array(0.5)])
def test_numbers_come_back_as_pythons_floats(value):
    assert type(v.check_number(value, "reg", least=0, most=1)) is float


def test_options():
    assert v.check_option(None, "normalization", (None, "batchnorm")) is None
    assert message(v.check_option, "l3", "metric", ("l1", "l2")) == (
        "ValueError: metric must be one of 'l1', 'l2', got 'l3'"
    )
    assert message(v.check_option, True, "num_loops", (0, 1, 2)).endswith("one of 0, 1, 2, got True")
    assert message(v.check_option, np.array([0]), "num_loops", (0, 1)).endswith("got array([0])")


def test_generators():
    own = np.random.default_rng(3)
    assert v.check_rng(own) is own
    assert v.check_rng(3).random() == np.random.default_rng(3).random()
    assert v.check_rng(None).random() != v.check_rng(None).random()
    for wrong in ("seed", -1, 1.0, True):
        assert message(v.check_rng, wrong).startswith("TypeError: rng must be a numpy.random.Generator")


def test_callables():
    assert v.check_callable(len, "evaluate") is len
    assert message(v.check_callable, "cosine", "lr_schedule") == (
        "TypeError: lr_schedule must be callable, got 'cosine'"
    )
