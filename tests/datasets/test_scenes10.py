"""The built-in images: the same bytes everywhere, knobs that turn, shapes that are what they say."""

from __future__ import annotations

import ast
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cs231n_lib import datasets
from cs231n_lib.datasets import scenes10
from cs231n_lib.datasets.scenes10 import knobs, objects, primitives, render

SPLIT_SHA256 = "5fde14e44c8662599bb50ba2007afa2d1e610af15df1b1a41f032435101d3f29"
SAMPLE_SHA256 = "a8cb92210aab81e3e522880b92a2a640439185a19d002a1cc8f977c9638857a6"
SAMPLE_SETTINGS = (0.0, 0.3, 0.77, 1.0)


def sha256(*arrays: np.ndarray) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def sample_sha256() -> str:
    """Hash of 60 images at each of four settings of all knobs."""
    images = [scenes10.generate(60, seed=9, **dict.fromkeys(scenes10.KNOBS, v))[0] for v in SAMPLE_SETTINGS]
    return sha256(*images)


# ------------------------------------------------------------------------------------------------ bytes


@pytest.fixture(scope="module")
def default_split():
    """The images that `datasets.load` gives, drawn anew."""
    sizes = datasets.SCENES10_SIZES
    parts = [scenes10.generate(n, seed=datasets.SCENES10_SEEDS[part]) for part, n in sizes.items()]
    return tuple(array for part in parts for array in part)


def test_default_split_is_pinned(default_split):
    X_train, y_train, X_val, y_val, X_test, y_test = default_split
    for X, y, n in ((X_train, y_train, 5000), (X_val, y_val, 1000), (X_test, y_test, 1000)):
        assert X.shape == (n, 32, 32, 3) and X.dtype == np.uint8
        assert y.shape == (n,) and y.dtype == np.int64
        assert np.bincount(y).tolist() == [n // 10] * 10
    images = np.concatenate([X_train, X_val, X_test]).reshape(7000, -1)
    assert len(np.unique(images, axis=0)) == 7000
    assert sha256(*default_split) == SPLIT_SHA256


def test_sample_at_other_knobs_is_pinned():
    assert sample_sha256() == SAMPLE_SHA256


def test_same_bytes_without_the_processors_vector_instructions():
    found = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    if not found:
        pytest.skip("NumPy uses no vector instructions beyond its baseline here")
    code = """
import numpy as np
from tests.datasets.test_scenes10 import sample_sha256
print(len(np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])), sample_sha256())
"""
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "NPY_DISABLE_CPU_FEATURES": " ".join(found)},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split() == ["0", SAMPLE_SHA256]


def test_only_operations_with_one_right_result_are_used():
    """No function whose last bit depends on the processor: only those that IEEE 754 fixes, and copies."""
    exact = "sqrt floor abs minimum maximum where"
    shapes = "stack array asarray empty empty_like zeros arange array_split flatnonzero argsort issubdtype"
    types = "ndarray float32 uint8 int8 int64 uint64 integer random"
    allowed = {*exact.split(), *shapes.split(), *types.split()}
    for path in Path(scenes10.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "np":
                assert node.attr in allowed, f"{path.name}:{node.lineno} uses np.{node.attr}"
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow | ast.MatMult):
                constant = isinstance(node.left, ast.Constant) and isinstance(node.right, ast.UnaryOp)
                assert constant, f"{path.name}:{node.lineno} uses ** or @"
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                assert node.func.attr not in ("sum", "mean", "dot", "prod"), (
                    f"{path.name}:{node.lineno} adds up"
                )


@pytest.mark.parametrize(("block", "processors"), [(7, 1), (64, 3), (1000, 2)])
def test_bytes_do_not_depend_on_blocks_and_threads(monkeypatch, block, processors):
    X, y = scenes10.generate(150, seed=4)
    monkeypatch.setattr(render, "BLOCK", block)
    monkeypatch.setattr(render, "cpu_count", lambda: processors)
    X_again, y_again = scenes10.generate(150, seed=4)
    assert np.array_equal(X, X_again) and np.array_equal(y, y_again)


def test_more_images_begin_with_the_same_ones():
    X, y = scenes10.generate(700, seed=3)
    for n in (0, 1, 33, 650):
        X_few, y_few = scenes10.generate(n, seed=3)
        assert np.array_equal(X_few, X[:n]) and np.array_equal(y_few, y[:n])


def test_parts_of_the_split_differ(default_split):
    X_train, _, X_val, _, X_test, _ = default_split
    seen = {image.tobytes() for image in X_train}
    assert not any(image.tobytes() in seen for image in np.concatenate([X_val, X_test]))


def test_an_image_depends_on_its_own_label_only():
    labels = np.arange(40) % 10
    X, y = scenes10.generate(40, seed=8, labels=labels)
    assert np.array_equal(y, labels) and y.dtype == np.int64
    labels[5] = 9
    X_changed, _ = scenes10.generate(40, seed=8, labels=labels)
    assert np.flatnonzero((X != X_changed).any((1, 2, 3))).tolist() == [5]


def test_seeds_differ_and_numpys_global_generator_is_left_alone():
    np.random.seed(0)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    X, y = scenes10.generate(20, seed=1)
    X_other, y_other = scenes10.generate(20, seed=2)
    assert (X != X_other).any((1, 2, 3)).all() and (y != y_other).any()
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002


def test_each_ten_images_hold_all_classes_in_changing_order():
    _, y = scenes10.generate(200, seed=6)
    tens = y.reshape(20, 10)
    assert (np.sort(tens, axis=1) == np.arange(10)).all()
    assert len(np.unique(tens, axis=0)) == 20


# ------------------------------------------------------------------------------------------------ knobs


def test_names():
    assert " ".join(scenes10.CLASS_NAMES) == "airplane automobile bird cat deer dog frog horse ship truck"
    assert set(objects.STANCE) == set(scenes10.CLASS_NAMES)
    expected = "viewpoint scale deformation occlusion illumination clutter intraclass"
    assert " ".join(scenes10.KNOBS) == expected


def test_knobs_are_at_one_half_by_default():
    X, _ = scenes10.generate(20, seed=1)
    assert np.array_equal(X, scenes10.generate(20, seed=1, **dict.fromkeys(scenes10.KNOBS, 0.5))[0])


def test_amounts_pass_through_their_three_documented_values():
    for place, k in enumerate((0.0, 0.5, 1.0)):
        found = vars(knobs.amounts(dict.fromkeys(scenes10.KNOBS, k)))
        documented = {name: row[place] for table in knobs.AMOUNTS.values() for name, row in table.items()}
        assert found == pytest.approx(documented, abs=1e-15)
    quarter = knobs.amounts(dict.fromkeys(scenes10.KNOBS, 0.25))
    off, default, _ = knobs.AMOUNTS["viewpoint"]["shift"]
    assert quarter.shift == pytest.approx((off + default) / 2)


@pytest.mark.parametrize("knob", scenes10.KNOBS)
def test_a_knob_out_of_range_is_named(knob):
    for value in (-0.01, 1.01, float("nan"), float("inf")):
        with pytest.raises(ValueError, match=f"{knob} must be a finite number >= 0 and <= 1, got"):
            scenes10.generate(1, seed=0, **{knob: value})
    for value in ("0.5", None):
        with pytest.raises(TypeError, match=f"{knob} must be a finite number"):
            scenes10.generate(1, seed=0, **{knob: value})


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"n": 2.0}, ValueError, "n must be an integer >= 0, got 2.0"),
        ({"n": -1}, ValueError, "n must be an integer >= 0, got -1"),
        ({"seed": -3}, ValueError, "seed must be an integer >= 0, got -3"),
        ({"labels": [1]}, ValueError, r"labels must have shape \(2,\), got shape \(1,\)"),
        ({"n": 0, "labels": [1]}, ValueError, r"labels must have shape \(0,\), got shape \(1,\)"),
        ({"labels": [1, 10]}, ValueError, "labels must hold labels from 0 to 9, got 1 to 10"),
        ({"labels": [1, -1]}, ValueError, "labels must hold labels from 0 to 9, got -1 to 1"),
        ({"labels": [1.0, 2.0]}, TypeError, "labels must hold integers, got dtype float64"),
    ],
)
def test_bad_arguments_are_named(arguments, error, words):
    with pytest.raises(error, match=words):
        scenes10.generate(**{"n": 2, "seed": 0} | arguments)


@pytest.mark.parametrize("knob", scenes10.KNOBS)
def test_each_knob_changes_most_images_bit_by_bit(knob):
    """A hundredth of a turn changes most images little, a whole turn changes most of them a lot."""
    others = dict.fromkeys(scenes10.KNOBS, 0.2)
    turned = [scenes10.generate(40, seed=2, **{**others, knob: k})[0].astype(int) for k in (0, 0.7, 0.71, 1)]
    whole = np.abs(turned[3] - turned[0]).mean((1, 2, 3))
    little = np.abs(turned[2] - turned[1]).mean((1, 2, 3))
    assert np.median(whole) > 4
    assert np.quantile(little, 0.9) < 1.5


def nearest_neighbor_accuracy(n_train: int, n_test: int, **settings: float) -> float:
    """Share of test images (in %) whose nearest training image (L2) has their class."""
    X, y = scenes10.generate(n_train + n_test, seed=77, **settings)
    X = X.reshape(len(X), -1).astype(np.float64) / 255
    train, test = X[:n_train], X[n_train:]
    distances = (train**2).sum(1) - 2 * test @ train.T
    return 100 * (y[:n_train][distances.argmin(1)] == y[n_train:]).mean()


@pytest.mark.parametrize("knob", scenes10.KNOBS)
def test_each_knob_alone_makes_nearest_neighbors_worse(knob):
    easy, hard = (nearest_neighbor_accuracy(800, 400, **{knob: k}) for k in (0.0, 1.0))
    assert easy - hard > 2


def test_all_knobs_together_go_from_easy_to_hard_but_not_hopeless():
    easy = nearest_neighbor_accuracy(300, 200, **dict.fromkeys(scenes10.KNOBS, 0.0))
    hard = nearest_neighbor_accuracy(1500, 1500, **dict.fromkeys(scenes10.KNOBS, 1.0))
    assert easy > 99
    assert 12 < hard < 20  # chance is 10, its standard error 0.8


# ---------------------------------------------------------------------------------------------- numbers


def test_substitutes_for_transcendental_functions():
    t = np.linspace(-3, 3, 601)
    assert np.abs(primitives.wave(t) - np.sin(2 * np.pi * t)).max() < 0.06
    s = np.linspace(-1, 1, 201)
    assert np.allclose(primitives.growth(s), np.exp(s), rtol=0.03)
    assert np.allclose(primitives.growth(s) * primitives.growth(-s), 1)
    x, y = primitives.rotate(1.0, 0.0, np.tan(np.radians(30) / 2))
    assert (x, y) == pytest.approx((np.cos(np.radians(30)), -np.sin(np.radians(30))))
    u = np.linspace(0, 1, 11)
    assert np.allclose(primitives.bias(u, 0.5), u)
    assert primitives.bias(np.array([0, 0.5, 1]), 0.3) == pytest.approx([0, 0.3, 1])
    steps = primitives.smoothstep(2, 4, np.array([1, 2, 2.5, 3, 4, 5]))
    assert steps == pytest.approx([0, 0, 5 / 32, 0.5, 1, 1])
    assert primitives.stripes(np.array([-0.3, 0, 0.1, 0.25, 0.45]), 0.5) == pytest.approx(
        [0.2, 0, 0.1, 0.25, 0.05]
    )


def distance_to_outline(outline: np.ndarray, inside: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Signed distance by brute force from many points of an outline."""
    nearest = np.hypot(x[..., None] - outline[:, 0], y[..., None] - outline[:, 1]).min(-1)
    return np.where(inside, -nearest, nearest)


def along(corners: np.ndarray) -> np.ndarray:
    """Many points of a closed polygon's outline."""
    t = np.linspace(0, 1, 400)[:, None]
    return np.concatenate(
        [a + t * (b - a) for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True)]
    )


X_GRID, Y_GRID = np.meshgrid(np.linspace(-1.01, 0.97, 21), np.linspace(-0.98, 1.03, 21))


def test_box_is_a_signed_distance():
    corners = np.array([[-0.3, -0.4], [0.5, -0.4], [0.5, 0.2], [-0.3, 0.2]])
    inside = (np.abs(X_GRID - 0.1) < 0.4) & (np.abs(Y_GRID + 0.1) < 0.3)
    expected = distance_to_outline(along(corners), inside, X_GRID, Y_GRID)
    assert np.allclose(primitives.box(X_GRID, Y_GRID, 0.1, -0.1, 0.4, 0.3, 0.0), expected, atol=2e-3)
    rounded = primitives.box(X_GRID, Y_GRID, 0.1, -0.1, 0.4, 0.3, 0.1)
    assert np.allclose(rounded, primitives.box(X_GRID, Y_GRID, 0.1, -0.1, 0.3, 0.2, 0.0) - 0.1)


def test_capsule_is_a_signed_distance():
    t = np.linspace(0, 1, 2000)
    stroke = np.stack([-0.5 + 0.8 * t, 0.2 + 0.3 * t], axis=1)
    expected = np.hypot(X_GRID[..., None] - stroke[:, 0], Y_GRID[..., None] - stroke[:, 1]).min(-1) - 0.15
    assert np.allclose(primitives.capsule(X_GRID, Y_GRID, -0.5, 0.2, 0.3, 0.5, 0.15), expected, atol=1e-3)
    tapered = primitives.capsule(np.array([-0.5, 0.3]), np.array([0.2, 0.5]), -0.5, 0.2, 0.3, 0.5, 0.15, 0.05)
    assert tapered == pytest.approx([-0.15, -0.05], abs=1e-5)


def test_ellipse_and_circle():
    angle = np.linspace(0, 2 * np.pi, 50)
    x, y = 0.1 + 0.6 * np.cos(angle), -0.2 + 0.3 * np.sin(angle)
    assert np.allclose(primitives.ellipse(x, y, 0.1, -0.2, 0.6, 0.3), 0, atol=1e-6)
    step = 1e-3 * np.array([[0.3], [0.6]]) * np.stack([np.cos(angle), np.sin(angle)])  # along the normal
    moved = primitives.ellipse(x + step[0], y + step[1], 0.1, -0.2, 0.6, 0.3)
    assert np.allclose(moved, np.hypot(*step), rtol=0.01)
    assert primitives.circle(0.6, 0.8, 0.0, 0.0, 0.25) == pytest.approx(0.75)
    as_ellipse = primitives.ellipse(X_GRID, Y_GRID, 0.1, -0.2, 0.4, 0.4)
    assert np.allclose(as_ellipse, primitives.circle(X_GRID, Y_GRID, 0.1, -0.2, 0.4), atol=1e-5)


def test_polygon_is_negative_inside_and_exact_at_its_edges():
    corners = [(-0.5, -0.4), (0.4, -0.6), (0.6, 0.3), (-0.2, 0.5)]  # clockwise on the screen
    found = primitives.polygon(X_GRID.astype(np.float32), Y_GRID.astype(np.float32), *corners)
    path = pytest.importorskip("matplotlib.path").Path(corners)
    inside = path.contains_points(np.stack([X_GRID.ravel(), Y_GRID.ravel()], 1)).reshape(21, 21)
    expected = distance_to_outline(along(np.array(corners)), inside, X_GRID, Y_GRID)
    assert np.array_equal(found < 0, inside)
    assert np.allclose(found[inside], expected[inside], atol=3e-3)


def test_unions():
    a, b = np.array([0.3, -0.2, 0.0]), np.array([0.1, 0.4, 0.0])
    assert primitives.union(a, b).tolist() == [0.1, -0.2, 0.0]
    smooth = primitives.smooth_union(a, b, 0.1)
    assert smooth == pytest.approx([0.1, -0.2, -0.025])


def test_every_polygon_of_every_object_goes_clockwise(monkeypatch):
    """A polygon with its corners the wrong way round would be empty."""
    turns = []

    def watched(x, y, *corners):
        corners = np.stack([np.stack(np.broadcast_arrays(*corner)) for corner in np_corners(corners)])
        ahead = np.roll(corners, -1, axis=0)
        turns.append((corners[:, 0] * ahead[:, 1] - corners[:, 1] * ahead[:, 0]).sum(0))
        return real(x, y, *((corner[0], corner[1]) for corner in corners))

    def np_corners(corners):
        shape = np.broadcast_shapes(*(np.shape(value) for corner in corners for value in corner))
        return [[np.broadcast_to(np.float32(value), shape) for value in corner] for corner in corners]

    real = objects.polygon
    monkeypatch.setattr(objects, "polygon", watched)
    scenes10.generate(100, seed=0)
    assert len(turns) > 10
    assert all((turn > 0).all() for turn in turns)


# ----------------------------------------------------------------------------------------------- random


def test_draws_of_some_rows_are_those_rows_of_all_draws():
    everything, some = primitives.Draws.of_rows(5, 0, 30), primitives.Draws.of_rows(5, 11, 20)
    assert np.array_equal(everything.uniform[11:20], some.uniform)
    assert np.array_equal(everything.noise_bytes[11:20], some.noise_bytes)


def test_draws_are_uniform_and_independent():
    draws = primitives.Draws.of_rows(0, 0, 400)
    assert draws.uniform.min() >= 0 and draws.uniform.max() < 1
    counts, _ = np.histogram(draws.uniform, 20, (0, 1))
    assert np.abs(counts / counts.mean() - 1).max() < 0.05
    flat = draws.uniform.reshape(400, -1)
    assert abs(np.corrcoef(flat[:-1].ravel(), flat[1:].ravel())[0, 1]) < 0.02
    assert draws.noise_bytes.min() == -128 and draws.noise_bytes.max() == 127


def test_no_section_uses_more_numbers_than_it_has(monkeypatch):
    used = []
    real = primitives.Draws.next

    def watched(self, *limits):
        used.append(self.column)
        return real(self, *limits)

    monkeypatch.setattr(primitives.Draws, "next", watched)
    scenes10.generate(50, seed=0)
    assert 20 < max(used) < primitives.COLUMNS


def test_noise_is_smooth_and_passes_through_its_grid():
    grid = np.arange(12, dtype=np.float32).reshape(1, 3, 4)
    fine = primitives.upsample(grid)
    assert fine.shape == (1, 32, 32)
    assert (np.diff(fine, axis=1) >= 0).all() and (np.diff(fine, axis=2) >= 0).all()
    assert fine[0, 0, 0] == pytest.approx(0, abs=0.05) and fine[0, -1, -1] == pytest.approx(11, abs=0.05)
    assert fine[0, 15:17].mean(0) == pytest.approx(
        primitives.upsample(grid[:, 1:2].repeat(2, 1))[0, 0], abs=1e-5
    )
    assert np.array_equal(primitives.upsample(fine), fine)


def test_colors():
    assert primitives.rgb("ff8000").ravel() == pytest.approx([1, 128 / 255, 0])
    with pytest.raises(ValueError, match="read-only"):
        primitives.rgb("ff8000")[0] = 0
