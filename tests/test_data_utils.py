"""The course's loaders: same names, shapes and types; safe, and no bigger than what is asked for."""

import os
import pickle
import shutil
import tracemalloc

import numpy as np
import pytest

from cs231n_lib import data_utils
from cs231n_lib.datasets import cifar10
from tests.fake_cifar10 import as_images, official_pickle, random_rows, write_folder


@pytest.fixture(autouse=True)
def isolated(tmp_path, monkeypatch):
    for variable in ("CIFAR10_DIR", "CS231N_DATASET"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("CS231N_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(cifar10, "ROWS_PER_BATCH", 4)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


COURSE_PATH = "cs231n/datasets/cifar-10-batches-py"


def test_load_pickle_reads_the_official_layout_as_the_course_does(tmp_path):
    rows, labels = random_rows(3, 0)
    (tmp_path / "data_batch_1").write_bytes(official_pickle(rows, labels))
    with open(tmp_path / "data_batch_1", "rb") as f:
        batch = data_utils.load_pickle(f)
    with open(tmp_path / "data_batch_1", "rb") as f:
        reference = pickle.load(f, encoding="latin1")
    assert batch.keys() == reference.keys() and batch["labels"] == reference["labels"]
    np.testing.assert_array_equal(batch["data"], reference["data"])
    assert batch["batch_label"] == "a batch"


def test_load_pickle_runs_nothing(tmp_path):
    (tmp_path / "bad").write_bytes(b"cos\nmkdir\n(S'made'\ntR.")
    with open(tmp_path / "bad", "rb") as f, pytest.raises(ValueError, match=r"bad is not safe.*os\.mkdir"):
        data_utils.load_pickle(f)
    assert not os.path.exists("made")


def test_an_intact_file_is_never_called_damaged(tmp_path):
    path = tmp_path / "data_batch_1"
    path.write_bytes(official_pickle(*random_rows(3, 0)))
    for wrong in (path, str(path), open(path), None, [1]):
        with pytest.raises(TypeError, match=r"f must be a file open for reading in binary, open\(path, .rb"):
            data_utils.load_pickle(wrong)
        getattr(wrong, "close", int)()
    with open(path, "rb") as f:
        data_utils.load_pickle(f)
        with pytest.raises(ValueError, match=r"data_batch_1 must be read from its start.*: open it anew$"):
            data_utils.load_pickle(f)
    with pytest.raises(ValueError, match="data_batch_1 must be open, got a closed file"):
        data_utils.load_pickle(f)


@pytest.mark.parametrize("kind", ["gztar", "zip", "tar"])
def test_an_archive_where_its_contents_are_meant_is_named_as_such(kind, tmp_path):
    write_folder(tmp_path / "there/cifar-10-batches-py", n=4)
    archive = shutil.make_archive(tmp_path / "cifar-10-python", kind, tmp_path / "there")
    with pytest.raises(
        FileNotFoundError, match="cifar-10-python.* is an archive where a folder .* unpack it"
    ):
        data_utils.load_CIFAR10(archive)
    with pytest.raises(ValueError, match="cifar-10-python.* is an archive .*: unpack it first$"):
        data_utils.load_CIFAR_batch(archive)
    with pytest.raises(FileNotFoundError, match="data_batch_1 is a file where a folder is meant"):
        data_utils.load_CIFAR10(tmp_path / "there/cifar-10-batches-py/data_batch_1")


@pytest.mark.parametrize("n", [1, 5, 23])
def test_load_cifar_batch_takes_any_number_of_rows(tmp_path, n):
    rows, labels = random_rows(n, 1)
    (tmp_path / "batch").write_bytes(official_pickle(rows, labels))
    X, y = data_utils.load_CIFAR_batch(str(tmp_path / "batch"))
    assert X.shape == (n, 32, 32, 3) and X.dtype == np.float64
    np.testing.assert_array_equal(X, as_images(rows))
    assert y.tolist() == labels and np.issubdtype(y.dtype, np.integer)
    # the expression of the course's own loader
    np.testing.assert_array_equal(X, rows.reshape(n, 3, 32, 32).transpose(0, 2, 3, 1).astype("float"))
    X -= 1.5
    y += 1


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("n", [4, 7])
def test_load_cifar10_gives_the_batches_in_order(tmp_path, n, binary):
    expected = write_folder(tmp_path / "batches", n=n, binary=binary)
    loaded = data_utils.load_CIFAR10(str(tmp_path / "batches"))
    for array, reference in zip(loaded, expected, strict=True):
        np.testing.assert_array_equal(array, reference)
    Xtr, ytr, Xte, yte = loaded
    assert Xtr.dtype == Xte.dtype == np.float64 and Xtr.shape == (5 * n, 32, 32, 3)
    assert all(array.flags.writeable and array.flags.c_contiguous for array in loaded)
    Xtr -= Xtr.mean(axis=0)
    assert not (tmp_path / "data").exists()  # a folder that was named is read and nothing else is done


def test_the_courses_path_is_looked_up_where_it_does_not_exist(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match="make data"):
        data_utils.load_CIFAR10(COURSE_PATH)
    expected = write_folder(tmp_path / "elsewhere", n=4)
    monkeypatch.setenv("CIFAR10_DIR", str(tmp_path / "elsewhere"))
    for root in (COURSE_PATH, "./" + COURSE_PATH + "/"):
        loaded = data_utils.load_CIFAR10(root)
        for array, reference in zip(loaded, expected, strict=True):
            np.testing.assert_array_equal(array, reference)
            assert array.flags.writeable
    # where the path exists it is what was asked for, whatever else is set
    own = write_folder(tmp_path / "work" / COURSE_PATH, n=4, seed=50)
    np.testing.assert_array_equal(data_utils.load_CIFAR10(COURSE_PATH)[0], own[0])


def test_any_other_wrong_root_is_an_error(tmp_path, monkeypatch):
    write_folder(tmp_path / "elsewhere", n=4)
    monkeypatch.setenv("CIFAR10_DIR", str(tmp_path / "elsewhere"))
    for root in ("datasets/cifar-10-batches-py", str(tmp_path / "nowhere")):
        with pytest.raises(FileNotFoundError, match=f"there is no folder {os.path.abspath(root)}"):
            data_utils.load_CIFAR10(root)
    (tmp_path / "elsewhere/data_batch_5").unlink()
    with pytest.raises(FileNotFoundError, match="lacks data_batch_5"):
        data_utils.load_CIFAR10(tmp_path / "elsewhere")


def test_get_cifar10_data_as_the_course_computes_it(tmp_path, monkeypatch):
    X, y, X_test, y_test = write_folder(tmp_path / "batches", n=4)
    monkeypatch.setenv("CIFAR10_DIR", str(tmp_path / "batches"))
    data = data_utils.get_CIFAR10_data(num_training=11, num_validation=6, num_test=3)
    assert list(data) == ["X_train", "y_train", "X_val", "y_val", "X_test", "y_test"]
    mean_image = X[:11].astype(float).mean(axis=0)
    for part, images, labels in [
        ("train", X[:11], y[:11]),
        ("val", X[11:17], y[11:17]),
        ("test", X_test[:3], y_test[:3]),
    ]:
        expected = (images - mean_image).transpose(0, 3, 1, 2)
        np.testing.assert_allclose(data[f"X_{part}"], expected, rtol=0, atol=1e-12)
        np.testing.assert_array_equal(data[f"y_{part}"], labels)
        assert data[f"X_{part}"].dtype == np.float64 and data[f"X_{part}"].shape[1:] == (3, 32, 32)
    assert all(array.flags.writeable and array.flags.c_contiguous for array in data.values())
    np.testing.assert_allclose(data["X_train"].mean(axis=0), 0, atol=1e-12)

    raw = data_utils.get_CIFAR10_data(11, 6, 3, subtract_mean=False)
    np.testing.assert_array_equal(raw["X_val"], X[11:17].transpose(0, 3, 1, 2))


def test_get_cifar10_data_finds_the_data_in_the_documented_order(tmp_path, monkeypatch):
    def first_label_and_pixel():
        data = data_utils.get_CIFAR10_data(1, 0, 1, subtract_mean=False)
        return data["y_train"][0], data["X_train"][0, 0, 0, 0]

    with pytest.raises(FileNotFoundError, match="make data"):
        data_utils.get_CIFAR10_data(1, 0, 1)
    places = {
        tmp_path / "data/cifar-10-batches-py": 0,
        tmp_path / "work" / COURSE_PATH: 100,
        tmp_path / "chosen": 200,
    }
    for place, seed in places.items():
        X, y, _, _ = write_folder(place, n=4, seed=seed)
        if place.name == "chosen":
            monkeypatch.setenv("CIFAR10_DIR", str(place))
        assert first_label_and_pixel() == (y[0], X[0, 0, 0, 0])
    monkeypatch.setenv("CIFAR10_DIR", str(tmp_path / "wrong"))
    with pytest.raises(FileNotFoundError, match="CIFAR10_DIR"):
        data_utils.get_CIFAR10_data(1, 0, 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_training": 15, "num_validation": 6}, "num_training . num_validation must be .* to 20, got 21"),
        ({"num_test": 5}, "num_test must be an integer from 0 to 4, got 5"),
        ({"num_test": 2.0}, "num_test must be an integer from 0 to 4, got 2.0"),
        (
            {"num_training": -1, "subtract_mean": False},
            "num_training must be an integer from 0 to 20, got -1",
        ),
        ({"num_validation": -2}, "num_validation must be an integer >= 0, got -2"),
        ({"num_training": 0}, "num_training must be an integer from 1 to 20, got 0"),
    ],
)
def test_wrong_numbers_are_named(tmp_path, monkeypatch, arguments, message):
    write_folder(tmp_path / "batches", n=4)
    monkeypatch.setenv("CIFAR10_DIR", str(tmp_path / "batches"))
    arguments = {"num_training": 10, "num_validation": 2, "num_test": 2} | arguments
    with pytest.raises(ValueError, match=message):
        data_utils.get_CIFAR10_data(**arguments)


def test_only_the_rows_asked_for_become_float(tmp_path, monkeypatch):
    monkeypatch.setattr(cifar10, "ROWS_PER_BATCH", 400)
    write_folder(tmp_path / "batches", n=400)
    monkeypatch.setenv("CIFAR10_DIR", str(tmp_path / "batches"))
    data_utils.get_CIFAR10_data(1, 0, 1)  # converts
    tracemalloc.start()
    data = data_utils.get_CIFAR10_data(20, 10, 10)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    asked_for = sum(array.nbytes for array in data.values())
    assert peak < 3 * asked_for  # all 2,400 images as float64 would be 60 times as much
