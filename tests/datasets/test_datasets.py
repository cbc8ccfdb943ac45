"""datasets.load, its cache and its data folder; preprocessing. scenes10 itself has tests of its own."""

import os
import subprocess
import sys
import types

import numpy as np
import pytest

from cs231n_lib import datasets
from cs231n_lib.datasets import cifar10, storage
from cs231n_lib.datasets.preprocessing import Standardizer, add_bias_column, flatten

PARTS = ("train", "val", "test")


@pytest.fixture(autouse=True)
def isolated(tmp_path, monkeypatch):
    for variable in ("CIFAR10_DIR", "CS231N_DATASET"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("CS231N_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


@pytest.fixture
def drawn(tmp_path, monkeypatch):
    """A scenes10 that draws fast; the list that comes back remembers every (n, seed) that was drawn."""
    calls = []

    def generate(n, *, seed):
        calls.append((n, seed))
        rng = np.random.default_rng(seed)  # row by row: more rows of a seed begin with the same ones
        y = rng.permuted(np.tile(np.arange(10), (n // 10, 1)), axis=1).ravel()
        X = np.empty((n, 32, 32, 3), np.uint8)
        X[:] = (y * 20 + np.arange(n) % 7)[:, None, None, None]
        return X, y

    package = tmp_path / "scenes10"
    package.mkdir()
    (package / "__init__.py").write_text("# version 1 of the drawing code")
    stub = types.ModuleType("cs231n_lib.datasets.scenes10")
    stub.__file__ = str(package / "__init__.py")
    stub.generate, stub.CLASS_NAMES = generate, cifar10.CLASS_NAMES
    monkeypatch.setitem(sys.modules, "cs231n_lib.datasets.scenes10", stub)
    monkeypatch.setattr(datasets, "scenes10", stub, raising=False)
    return calls


@pytest.fixture
def fake_cifar10(tmp_path, monkeypatch):
    """CIFAR-10 of full size whose images are their own row numbers, without its 184 MB."""
    train, test = np.arange(50_000), np.arange(10_000)
    arrays = {}
    for part, rows in (("train", train), ("test", test)):
        arrays[f"X_{part}"] = np.broadcast_to(
            (rows % 251).astype(np.uint8)[:, None, None, None], (len(rows), 32, 32, 3)
        )
        arrays[f"y_{part}"] = rows % 10
    monkeypatch.setattr(cifar10, "find", lambda: tmp_path)
    monkeypatch.setattr(cifar10, "load_arrays", lambda folder: arrays)


def sizes(data):
    for part in PARTS:
        assert len(getattr(data, f"X_{part}")) == len(getattr(data, f"y_{part}"))
    return tuple(len(getattr(data, f"y_{part}")) for part in PARTS)


def assert_same(one, other):
    for part in PARTS:
        for letter in "Xy":
            np.testing.assert_array_equal(
                getattr(one, f"{letter}_{part}"), getattr(other, f"{letter}_{part}")
            )


# --- The split --------------------------------------------------------------------------------------------


def test_cifar10_split(fake_cifar10):
    data = datasets.load("cifar10")
    assert data.name == "cifar10" and sizes(data) == (49_000, 1_000, 10_000)
    assert data.class_names[0] == "airplane" and data.class_names[3] == "cat" and len(data.class_names) == 10
    # the images are their own row numbers: training from row 0, validation from row 49,000
    np.testing.assert_array_equal(data.X_train[:, 0, 0, 0], np.arange(49_000) % 251)
    np.testing.assert_array_equal(data.X_val[:, 5, 6, 2], np.arange(49_000, 50_000) % 251)
    np.testing.assert_array_equal(data.y_val, np.arange(49_000, 50_000) % 10)
    np.testing.assert_array_equal(data.y_test, np.arange(10_000) % 10)


def test_cifar10_without_validation_trains_on_all(fake_cifar10):
    data = datasets.load("cifar10", n_val=0)
    assert sizes(data) == (50_000, 0, 10_000)
    np.testing.assert_array_equal(data.X_train[:, 0, 0, 0], np.arange(50_000) % 251)
    assert sizes(datasets.load("cifar10", n_val=0, n_train=49_500)) == (49_500, 0, 10_000)


def test_n_takes_the_first_rows_and_moves_nothing(fake_cifar10):
    data = datasets.load("cifar10", n_train=5000, n_val=500, n_test=7)
    assert sizes(data) == (5000, 500, 7)
    whole = datasets.load("cifar10")
    for part in PARTS:
        few, all_ = getattr(data, f"X_{part}"), getattr(whole, f"X_{part}")
        np.testing.assert_array_equal(few, all_[: len(few)])


def test_scenes10_split(drawn):
    data = datasets.load("scenes10")
    assert data.name == "scenes10" and sizes(data) == (5_000, 1_000, 1_000)
    seeds = [seed for n, seed in drawn]
    assert [n for n, seed in drawn] == [5_000, 1_000, 1_000] and len(set(seeds)) == 3
    assert data.X_train.dtype == np.uint8 and data.y_train.dtype == np.int64
    assert sizes(datasets.load("scenes10", n_train=3, n_val=0, n_test=2)) == (3, 0, 2)


def test_scenes10_gives_up_to_ten_thousand_and_the_first_five_thousand_stay(drawn):
    small, large = datasets.load("scenes10"), datasets.load("scenes10", n_train=10_000)
    assert sizes(large) == (10_000, 1_000, 1_000)
    np.testing.assert_array_equal(large.X_train[:5_000], small.X_train)
    np.testing.assert_array_equal(large.y_train[:5_000], small.y_train)
    np.testing.assert_array_equal(large.X_test, small.X_test)
    assert sizes(datasets.load("scenes10", n_train=5_001)) == (5_001, 1_000, 1_000)


def test_the_real_scenes10(monkeypatch):
    scenes10 = pytest.importorskip("cs231n_lib.datasets.scenes10")
    monkeypatch.setattr(datasets, "SCENES10_SIZES", {"train": 200, "val": 50, "test": 50})
    data = datasets.load("scenes10")
    arrays = (data.X_train, data.y_train, data.X_val, data.y_val, data.X_test, data.y_test)
    parts = [scenes10.generate(n, seed=seed) for n, seed in ((200, 231), (50, 232), (50, 233))]
    for array, expected in zip(arrays, (array for part in parts for array in part), strict=True):
        np.testing.assert_array_equal(array, expected)
        assert array.dtype == expected.dtype
    assert len(np.unique(data.y_test)) == 10 and data.class_names == scenes10.CLASS_NAMES
    # what is asked for beyond the usual size begins with the same images
    more, _ = scenes10.generate(400, seed=231)
    np.testing.assert_array_equal(more[:200], data.X_train)


@pytest.mark.parametrize("name", ["cifar10", "scenes10"])
def test_arrays_are_read_only(name, drawn, fake_cifar10):
    data = datasets.load(name)
    with pytest.raises(ValueError, match="read-only"):
        data.X_train[0] = 0
    with pytest.raises(AttributeError):
        data.X_train = None


def test_one_line_says_which_data_set_and_how_much(drawn, fake_cifar10):
    data = datasets.load("scenes10", n_val=0)
    line = "scenes10: 5,000 training, 0 validation, 1,000 test images of 32 x 32 pixels in 10 classes"
    assert str(data) == repr(data) == line
    assert str(datasets.load("cifar10")).startswith("cifar10: 49,000 training, 1,000 validation, 10,000 test")
    assert data != datasets.load("scenes10", n_val=0)  # and not an error about the truth of arrays


# --- Which data set ---------------------------------------------------------------------------------------


def test_auto_is_cifar10_where_present_and_scenes10_where_not(drawn, monkeypatch, tmp_path):
    assert datasets.load().name == "scenes10"
    monkeypatch.setattr(cifar10, "find", lambda: tmp_path)
    monkeypatch.setattr(cifar10, "load_arrays", {tmp_path: FULL}.get)
    assert datasets.load().name == "cifar10"
    monkeypatch.setenv("CS231N_DATASET", "auto")
    assert datasets.load("auto").name == "cifar10"
    monkeypatch.setenv("CS231N_DATASET", "scenes10")
    assert datasets.load("auto").name == "scenes10"
    assert datasets.load("cifar10").name == "cifar10"  # an explicit name wins


FULL = {
    "X_train": np.broadcast_to(np.uint8(0), (50_000, 32, 32, 3)),
    "y_train": np.zeros(50_000, np.int64),
    "X_test": np.broadcast_to(np.uint8(0), (10_000, 32, 32, 3)),
    "y_test": np.zeros(10_000, np.int64),
}


def test_cifar10_that_is_not_there_is_an_error_that_says_how_to_get_it(drawn, monkeypatch):
    with pytest.raises(FileNotFoundError, match="make data.*CIFAR10_DIR"):
        datasets.load("cifar10")
    monkeypatch.setenv("CS231N_DATASET", "cifar10")
    with pytest.raises(FileNotFoundError, match="make data"):
        datasets.load()
    assert drawn == []


def test_a_wrong_cifar10_dir_is_never_ignored_unless_scenes10_is_asked_for(drawn, monkeypatch):
    monkeypatch.setenv("CIFAR10_DIR", "nowhere")
    with pytest.raises(FileNotFoundError, match="CIFAR10_DIR is set to 'nowhere'"):
        datasets.load()
    assert datasets.load("scenes10").name == "scenes10"
    monkeypatch.setenv("CS231N_DATASET", "scenes10")
    assert datasets.load().name == "scenes10"


def test_unknown_names(drawn, monkeypatch):
    with pytest.raises(ValueError, match="name must be one of 'auto', 'scenes10', 'cifar10', got 'mnist'"):
        datasets.load("mnist")
    monkeypatch.setenv("CS231N_DATASET", "CIFAR")
    with pytest.raises(ValueError, match="CS231N_DATASET must be one of .* got 'CIFAR'"):
        datasets.load()


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("scenes10", {"n_train": 10_001}, "n_train must be an integer from 1 to 10000, got 10001"),
        ("scenes10", {"n_val": 1_001}, "n_val must be an integer from 0 to 1000, got 1001"),
        ("scenes10", {"n_test": 1_001}, "n_test must be an integer from 0 to 1000, got 1001"),
        ("cifar10", {"n_train": 49_001}, "n_train must be an integer from 1 to 49000, got 49001"),
        ("cifar10", {"n_train": 50_001, "n_val": 0}, "n_train must be an integer from 1 to 50000, got 50001"),
        ("cifar10", {"n_val": 1_001}, "n_val must be an integer from 0 to 1000, got 1001"),
        ("cifar10", {"n_test": 10_001}, "n_test must be an integer from 0 to 10000, got 10001"),
        ("scenes10", {"n_train": 0}, "n_train must be an integer from 1 to 10000, got 0"),
        ("scenes10", {"n_val": -1}, "n_val must be an integer from 0 to 1000, got -1"),
        ("scenes10", {"n_test": -5}, "n_test must be an integer from 0 to 1000, got -5"),
    ],
)
def test_a_wrong_number_of_rows_is_named_before_any_work(name, arguments, message, drawn, fake_cifar10):
    with pytest.raises(ValueError, match=message):
        datasets.load(name, **arguments)
    assert drawn == []


@pytest.mark.parametrize("value", [2.0, "5", True, np.float64(3), [1]])
def test_rows_are_counted_in_integers(value, drawn):
    with pytest.raises(ValueError, match="n_val must be an integer"):
        datasets.load("scenes10", n_val=value)
    assert sizes(datasets.load("scenes10", n_val=np.int32(5)))[1] == 5


# --- The cache of scenes10 --------------------------------------------------------------------------------


def test_scenes10_is_drawn_once(drawn):
    first = datasets.load("scenes10")
    assert len(drawn) == 3
    second = datasets.load("scenes10", n_train=5_000)
    assert len(drawn) == 3
    assert_same(first, second)
    assert type(second.X_train) is np.ndarray


def test_changed_drawing_code_draws_again(drawn, tmp_path):
    datasets.load("scenes10")
    (tmp_path / "scenes10/render.py").write_text("# one more file")
    datasets.load("scenes10")
    assert len(drawn) == 6
    (tmp_path / "scenes10/render.py").write_text("# another file")
    datasets.load("scenes10")
    assert len(drawn) == 9
    datasets.load("scenes10")
    assert len(drawn) == 9


@pytest.mark.parametrize(
    "damage", ["flipped bit", "cut", "rubbish", "empty", "gone", "checksums cut", "label"]
)
def test_a_damaged_cache_is_drawn_again(drawn, tmp_path, damage):
    expected = datasets.load("scenes10")
    expected_X, expected_y = np.array(expected.X_train), np.array(expected.y_train)
    del expected
    (folder,) = (tmp_path / "data").glob("scenes10-*/*-n5000")
    file = folder / {"checksums cut": storage.CHECKSUMS, "label": "y.npy"}.get(damage, "X.npy")
    content = bytearray(file.read_bytes())
    file.unlink()
    if damage in ("flipped bit", "label"):
        content[-1] ^= 1
    elif damage in ("cut", "checksums cut"):
        content = content[:-1]
    elif damage == "rubbish":
        content = b"rubbish" * 100
    elif damage == "empty":
        content = b""
    if damage != "gone":
        file.write_bytes(content)
    data = datasets.load("scenes10")
    assert [n for n, _ in drawn[3:]] == [5_000]  # that part, and no other
    np.testing.assert_array_equal(data.X_train, expected_X)
    np.testing.assert_array_equal(data.y_train, expected_y)
    datasets.load("scenes10")
    assert len(drawn) == 4  # it was mended
    assert len(list((tmp_path / "data").glob("scenes10-*/*"))) == 3  # nothing is left lying about


@pytest.mark.parametrize(
    ("header", "readable"),
    [
        ("{'descr': '|u1', 'fortran_order': False, 'shape': (4, 5", False),  # tokenize.TokenError
        ("(" * 999, False),  # MemoryError or RecursionError
        ("{'descr': '|u1', 'fortran_order': True, 'shape': (4, 5), }", True),  # readable, in a wrong order
    ],
)
def test_a_cache_with_a_damaged_header_is_made_again(tmp_path, header, readable):
    arrays = {"X": np.arange(20, dtype=np.uint8).reshape(4, 5), "y": np.arange(4)}
    shapes = {name: array.shape for name, array in arrays.items()}
    storage.save_arrays(tmp_path / "cache", arrays)
    text = header.encode().ljust(1013) + b"\n"
    damaged = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + arrays["X"].tobytes()
    (tmp_path / "cache/X.npy").write_bytes(damaged)
    if not readable:
        with pytest.raises(ValueError, match=r"X\.npy is damaged: ."):
            storage.open_arrays(tmp_path / "cache", shapes)
    found = storage.cached_arrays(tmp_path / "cache", shapes, lambda: arrays, verify=True)
    np.testing.assert_array_equal(found["X"], arrays["X"])


@pytest.mark.parametrize("obstacle", ["no permission", "a file in its place"])
def test_without_a_writable_folder_there_is_no_cache(drawn, tmp_path, monkeypatch, obstacle):
    if obstacle == "a file in its place":
        (tmp_path / "data").write_text("")
    else:

        def refuse(*args, **kwargs):
            raise PermissionError("read-only file system")

        monkeypatch.setattr(storage.Path, "mkdir", refuse)
    one, other = datasets.load("scenes10"), datasets.load("scenes10")
    assert len(drawn) == 6
    assert_same(one, other)
    assert not one.X_train.flags.writeable and not one.y_train.flags.writeable


def test_a_write_that_breaks_off_leaves_nothing(drawn, tmp_path, monkeypatch):
    def half(path, array, **options):
        path.write_bytes(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr(storage.np, "save", half)
    datasets.load("scenes10")
    assert [path for path in (tmp_path / "data").rglob("*") if path.is_file()] == []


def test_two_processes_that_write_at_once_both_get_the_data(drawn, tmp_path, monkeypatch):
    save = storage.save_arrays

    def overtaken(folder, arrays):
        save(folder, arrays)  # the other process
        save(folder, arrays)

    monkeypatch.setattr(datasets.storage, "save_arrays", overtaken)
    assert_same(datasets.load("scenes10"), datasets.load("scenes10"))
    assert len(drawn) == 3


# --- The data folder --------------------------------------------------------------------------------------


def test_the_data_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("CS231N_DATA_DIR", "below/here")
    assert storage.data_folder() == tmp_path / "work/below/here"
    monkeypatch.delenv("CS231N_DATA_DIR")

    installed = tmp_path / "lib/python3/site-packages/cs231n_lib/datasets/storage.py"
    monkeypatch.setattr(storage, "__file__", str(installed))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = storage.data_folder()
    assert "cs231n_lib" in folder.parts and "site-packages" not in folder.parts
    assert folder.is_relative_to(tmp_path) or os.name == "nt"

    checkout = tmp_path / "repository"
    (checkout / "src/cs231n_lib/datasets").mkdir(parents=True)
    (checkout / "pyproject.toml").write_text("")
    monkeypatch.setattr(storage, "__file__", str(checkout / "src/cs231n_lib/datasets/storage.py"))
    assert storage.data_folder() == checkout / "data"


@pytest.mark.parametrize("variable", ["CIFAR10_DIR", "CS231N_DATA_DIR"])
def test_a_relative_folder_is_found_from_the_notebooks_too(variable, monkeypatch, tmp_path):
    checkout = tmp_path / "repository"
    for folder in ("src/cs231n_lib/datasets", "notebooks", "here"):
        (checkout / folder).mkdir(parents=True)
    (checkout / "pyproject.toml").write_text("")
    monkeypatch.setattr(storage, "__file__", str(checkout / "src/cs231n_lib/datasets/storage.py"))
    monkeypatch.setenv(variable, "here")
    for place in (checkout, checkout / "notebooks"):
        monkeypatch.chdir(place)
        assert storage.chosen_folder(variable) == checkout / "here"
    (checkout / "notebooks/here").mkdir()
    assert storage.chosen_folder(variable) == checkout / "notebooks/here"
    monkeypatch.setenv(variable, "nowhere")
    assert storage.chosen_folder(variable) == checkout / "notebooks/nowhere"
    monkeypatch.setenv(variable, "")
    assert storage.chosen_folder(variable) is None


def test_importing_datasets_is_cheap():
    code = (
        "import sys, cs231n_lib.datasets; "
        "print([m for m in ('pooch', 'requests', 'tqdm', 'scipy', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# --- Preprocessing ----------------------------------------------------------------------------------------


def test_flatten_keeps_every_pixel_in_order():
    X = np.random.default_rng(0).integers(0, 256, (3, 4, 5, 2), dtype=np.uint8)
    rows = flatten(X)
    assert rows.shape == (3, 40) and rows.dtype == np.float64
    for i in range(3):
        assert rows[i].tolist() == [float(v) for v in X[i].ravel()]
    rows[:] = -1  # a copy, and one that does not wrap around
    assert X.max() > 0 and rows.min() == -1
    assert flatten(X[:0]).shape == (0, 40)
    floats = rows.copy()
    assert not np.shares_memory(flatten(floats), floats)
    with pytest.raises(ValueError, match=r"X must have shape \(N, D, \.\.\.\), got shape \(3,\)"):
        flatten(np.zeros(3))


def test_bias_column_stands_last_and_is_not_added_twice():
    X = np.array([[1, 2], [3, 4]], dtype=np.uint8)
    assert add_bias_column(X).tolist() == [[1, 2, 1], [3, 4, 1]]
    assert add_bias_column(X).dtype == np.float64 and X.shape == (2, 2)
    W, b = np.array([[1.0], [10.0]]), np.array([5.0])
    np.testing.assert_allclose(add_bias_column(X) @ np.vstack([W, b]), X @ W + b)
    with pytest.raises(ValueError, match=r"X must have shape \(N, D\), got shape \(2, 2, 2\): use flatten"):
        add_bias_column(np.zeros((2, 2, 2)))


def test_the_mean_image_comes_from_training_rows_only():
    rng = np.random.default_rng(1)
    X_train = rng.integers(0, 256, (50, 4, 4, 3), dtype=np.uint8)
    X_val = rng.integers(0, 256, (9, 4, 4, 3), dtype=np.uint8)
    center = Standardizer().fit(X_train)
    assert center.mean_.shape == (4, 4, 3)
    np.testing.assert_allclose(center.transform(X_train).mean(axis=0), 0, atol=1e-12)
    expected = X_val.astype(float) - sum(image.astype(float) for image in X_train) / 50
    np.testing.assert_allclose(center.transform(X_val), expected, atol=1e-12)
    assert abs(center.transform(X_val).mean()) > 0.1


def test_standardization_equals_scikit_learns():
    scaler = pytest.importorskip("sklearn.preprocessing").StandardScaler()
    rng = np.random.default_rng(2)
    X_train, X_test = rng.normal(3, 4, (40, 6)), rng.normal(3, 4, (10, 6))
    X_train[:, 2] = 0.1  # constant: scikit-learn does not divide it either
    ours = Standardizer(std=True).fit(X_train)
    scaler.fit(X_train)
    np.testing.assert_allclose(ours.transform(X_test), scaler.transform(X_test), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(ours.transform(X_train), scaler.transform(X_train), rtol=1e-12, atol=1e-12)


def test_a_constant_feature_is_not_blown_up():
    X = np.full((49, 2), 0.1)  # its mean in floats is not 0.1, so its deviation is 1e-17 and not 0
    assert X.std(axis=0).max() > 0
    transformed = Standardizer(std=True).fit(X).transform(X)
    np.testing.assert_allclose(transformed, 0, atol=1e-15)
    # another value than the constant one stays in its own units
    np.testing.assert_allclose(Standardizer(std=True).fit(X).transform([[2.1, 0.1]]), [[2, 0]], atol=1e-12)


def test_scaling_without_centering():
    X = np.array([[1.0, 10.0], [3.0, 30.0]])
    np.testing.assert_allclose(Standardizer(mean=False, std=True).fit(X).transform(X), [[1, 1], [3, 3]])
    np.testing.assert_array_equal(Standardizer(mean=False).fit(X).transform(X), X)


def test_fit_and_transform_can_be_repeated_and_change_nothing_else():
    X = np.random.default_rng(3).normal(size=(6, 3))
    before = X.copy()
    standardizer = Standardizer(std=True).fit(X)
    first = standardizer.transform(X)
    np.testing.assert_array_equal(standardizer.transform(X), first)
    np.testing.assert_array_equal(standardizer.fit(X).transform(X), first)
    np.testing.assert_array_equal(X, before)
    standardizer.fit(X + 100)  # forgets the first rows
    np.testing.assert_allclose(standardizer.mean_, X.mean(axis=0) + 100)


def test_wrong_shapes_are_named_and_leave_the_fit_as_it_was():
    standardizer = Standardizer()
    with pytest.raises(ValueError, match="call fit"):
        standardizer.transform(np.zeros((2, 3)))
    standardizer.fit(np.ones((4, 3)))
    for X in (np.zeros((0, 3)), np.zeros(3)):
        with pytest.raises(
            ValueError, match=r"X must have shape \(N, D, \.\.\.\).*, got shape \((0, 3|3,)\)"
        ):
            standardizer.fit(X)
    np.testing.assert_array_equal(standardizer.mean_, np.ones(3))
    with pytest.raises(ValueError, match=r"X has shape \(5, 4\) but the training rows had shape \(3,\)"):
        standardizer.transform(np.zeros((5, 4)))
    with pytest.raises(ValueError, match=r"X has shape \(\)"):
        standardizer.transform(np.float64(1))


def test_underflow_is_no_error_whatever_numpy_is_set_to():
    X = np.random.default_rng(3).normal(0, 1, (20, 3))
    scaled = {exponent: X * 10.0**exponent for exponent in (-300, -170, -160)}
    with np.errstate(all="raise"):
        for rows in scaled.values():
            assert np.isfinite(Standardizer(std=True).fit(rows).transform(rows)).all()
        assert np.isfinite(Standardizer(std=True).fit(X).transform(scaled[-300] / 1e5)).all()
