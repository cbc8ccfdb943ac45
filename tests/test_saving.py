"""What save writes, load finds, in the file that was named; after an error, file and model are as before."""

import io
import os
import subprocess
import sys

import numpy as np
import pytest

from cs231n_lib.classifiers import LinearSVM, Softmax
from cs231n_lib.classifiers.fc_net import FullyConnectedNet, TwoLayerNet


def linear(rng=0):
    model = LinearSVM()
    model.W = np.random.default_rng(rng).standard_normal((6, 4))
    return model


def two_layers(rng=0, hidden=5):
    return TwoLayerNet(6, hidden, 4, rng=rng)


def arrays(model):
    return {"W": model.W} if isinstance(model, LinearSVM) else model.params


def assert_same(model, others):
    assert list(arrays(model)) == list(others)
    for name, array in arrays(model).items():
        np.testing.assert_array_equal(array, others[name])
        assert array.dtype == others[name].dtype


@pytest.fixture(autouse=True)
def saved(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CS231N_SAVED_DIR", raising=False)
    return tmp_path / "saved"


@pytest.mark.parametrize("make", [linear, two_layers])
@pytest.mark.parametrize("fname", ["best", "best.v2", "best.npy", "best.npz", ".npy", "~", "b est.pkl"])
def test_what_save_wrote_load_finds_under_the_very_name(make, fname, saved, capsys):
    model, other = make(0), make(1)
    model.save(fname)
    assert [path.name for path in saved.iterdir()] == [fname]
    assert other.load(fname) is True
    assert capsys.readouterr().out == f"{fname} saved.\n{fname} loaded.\n"
    assert_same(other, arrays(model))


def test_names_that_differ_in_their_suffix_are_different_files():
    for number, fname in enumerate(("a", "a.npy", "a.npz")):
        linear(number).save(fname)
    for number, fname in enumerate(("a", "a.npy", "a.npz")):
        model = LinearSVM()
        model.load(fname)
        assert_same(model, arrays(linear(number)))


def test_weights_are_plain_numpy_files_and_may_go_to_another_size_and_loss(saved):
    linear().save("w.npy")
    np.testing.assert_array_equal(np.load(saved / "w.npy"), linear().W)
    other = Softmax()
    other.load("w.npy")
    np.testing.assert_array_equal(other.W, linear().W)
    two_layers(hidden=9).save("net")
    net = two_layers()
    net.load("net")
    assert_same(net, arrays(two_layers(hidden=9)))


def test_where_files_go(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    linear().save(tmp_path / "there" / "a")
    linear().save("./b.npy")
    linear().save("~/c.npy")
    monkeypatch.setenv("CS231N_SAVED_DIR", "~/mine")
    linear().save("d")
    files = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
    assert files == ["b.npy", "home/c.npy", "home/mine/d", "there/a"]
    assert all(linear(1).load(name) for name in (tmp_path / "there/a", "./b.npy", "~/c.npy", "d"))
    assert not linear(1).load("b.npy")


@pytest.mark.parametrize("fname", ["best", "best.npy", "best.npz"])
def test_files_of_earlier_versions_load(fname, saved):
    saved.mkdir()
    np.save(saved / "best.npy", linear().W)
    model = linear(1)
    assert model.load(fname)
    assert_same(model, arrays(linear()))
    (saved / "best.npy").unlink()
    np.savez(saved / "best.npz", **two_layers().params)
    net = two_layers(1)
    assert net.load(fname)
    assert_same(net, arrays(two_layers()))


def test_what_is_not_there_is_not_available(tmp_path, capsys):
    model = linear()
    before = model.W
    assert model.load("nothing.npy") is False
    assert capsys.readouterr().out == "nothing.npy not available.\n"
    assert model.W is before
    assert list(tmp_path.iterdir()) == []


def test_batch_normalization_saves_its_running_averages():
    rng = np.random.default_rng(0)
    net = FullyConnectedNet([8, 4], 3, 2, 0.5, "batchnorm", dtype=np.float64, rng=rng)
    X, y = rng.normal(5, 2, (20, 3)), rng.integers(2, size=20)
    for _ in range(3):
        net.loss(X, y)
    net.save("bn")
    other = FullyConnectedNet([8, 4], 3, 2, 0.5, "batchnorm", dtype=np.float64)
    assert other.load("bn")
    np.testing.assert_array_equal(other.loss(X), net.loss(X))
    single = FullyConnectedNet([8, 4], 3, 2, 0.5, "batchnorm")
    assert single.load("bn")
    assert all(w.dtype == np.float32 for w in single.params.values())


@pytest.mark.parametrize("make", [linear, two_layers])
def test_a_failed_save_leaves_the_old_file_and_no_half_one(make, saved, monkeypatch):
    make(0).save("best")
    before = (saved / "best").read_bytes()

    def broken(file, *args, **arrays):
        if hasattr(file, "write"):
            file.write(b"half")
        raise OSError("disk full")

    for module, name in ((np, "save"), (np, "savez"), (os, "replace")):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, broken)
            if name in ("replace", "save" if make is linear else "savez"):
                with pytest.raises(OSError, match="disk full"):
                    make(1).save("best")
    assert [path.name for path in saved.iterdir()] == ["best"]
    assert (saved / "best").read_bytes() == before


def content(write, *args, **kwargs):
    file = io.BytesIO()
    write(file, *args, **kwargs)
    return file.getvalue()


NET = two_layers().params
W1 = NET["W1"]
COURSE = content(np.save, {"W": W1}, allow_pickle=True)


@pytest.mark.parametrize(
    ("make", "bytes_", "words"),
    [
        (linear, COURSE, "pickled by the course's code"),
        (two_layers, content(np.save, NET, allow_pickle=True), "pickled by the course's code"),
        (linear, b"\x80\x04}\x94.", "pickled by the course's code"),
        (linear, b"", "is damaged or was not written by save"),
        (linear, b"hello", "is damaged or was not written by save"),
        (linear, content(np.save, W1)[:-1], "is damaged or was not written by save"),
        (two_layers, content(np.savez, **NET)[:-30], "is damaged or was not written by save"),
        (two_layers, content(np.savez, W1=np.array([{}])), "is damaged or was not written by save"),
        (linear, content(np.save, np.ones(7)), r"W must have shape \(D, C\), got shape \(7,\)"),
        (linear, content(np.save, np.ones((7, 3), int)), "W must hold floating-point numbers, got dtype"),
        (linear, content(np.save, np.full((7, 3), np.nan)), "W must be finite, got nan"),
        (linear, content(np.savez, **NET), "it holds .* where W alone is needed"),
        (two_layers, content(np.save, W1), r"it holds \['W'\] but this net has \['W1', 'W2', 'b1', 'b2'\]"),
        (two_layers, content(np.savez, **NET, W3=W1), r"it holds \['W1', 'W2', 'W3', .* but this net has"),
        (two_layers, content(np.savez, **NET | {"W1": np.array(1.0)}), r"W1 must have shape \(D, C\)"),
        (two_layers, content(np.savez, **NET | {"W2": np.ones((6, 4))}), r"W2 must have shape \(5, C\)"),
        (two_layers, content(np.savez, **NET | {"b1": np.ones(1)}), r"b1 must have shape \(5,\)"),
        (two_layers, content(np.savez, **NET | {"b2": np.full(4, np.inf)}), "b2 must be finite"),
    ],
)
def test_files_that_hold_no_such_model_are_refused_by_name(make, bytes_, words, tmp_path):
    (tmp_path / "file.x").write_bytes(bytes_)
    model = make()
    with pytest.raises(ValueError, match=rf"file\.x.* {words}"):
        model.load(tmp_path / "file.x")
    assert_same(model, arrays(make()))


def test_weights_beyond_the_net_s_dtype_are_refused():
    large = FullyConnectedNet([5], 6, 4, dtype=np.float64, weight_scale=1e60)
    large.save("large")
    with pytest.raises(ValueError, match="W1 must be finite"):
        FullyConnectedNet([5], 6, 4).load("large")


def test_damaged_bytes_anywhere_are_a_value_error_or_another_model(tmp_path):
    """Some damages go unseen (a zip's names have no checksum), but none may raise another kind of error."""
    rng, whole = np.random.default_rng(0), np.frombuffer(content(np.savez, **NET), np.uint8)
    for _ in range(300):
        damaged = whole.copy()
        damaged[rng.integers(len(whole), size=3)] = rng.integers(256, size=3)
        (tmp_path / "x").write_bytes(damaged[: rng.integers(len(whole) // 2, len(whole) + 1)].tobytes())
        net = two_layers()
        try:
            net.load(tmp_path / "x")
        except ValueError as error:
            assert str(tmp_path / "x") in str(error)
            assert_same(net, NET)


def test_bad_names(saved):
    for fname, error, words in (
        (3, TypeError, "fname must be a str or a path, got 3"),
        ("", ValueError, "fname must name a file, got ''"),
        ("folder/", ValueError, "fname must name a file, got 'folder/'"),
    ):
        for call in (linear().save, linear().load):
            with pytest.raises(error, match=words):
                call(fname)
    assert not saved.exists()


def test_what_a_killed_process_left_is_removed_and_what_another_writes_is_not(tmp_path):
    code = "from pathlib import Path; from cs231n_lib.saving import new_path\n"
    code += "with new_path(Path({!r})) as part: part.{}; print(part.name, flush=True); input()"
    killed, writing = (
        subprocess.Popen(
            [sys.executable, "-c", code.format(str(tmp_path / "a"), makes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for makes in ("touch()", "mkdir()")
    )
    names = {run.stdout.readline().strip() for run in (killed, writing)}
    killed.kill()
    killed.communicate()
    linear().save(tmp_path / "b")
    assert {path.name for path in tmp_path.iterdir()} == names | {"b"}  # one may still be in use
    writing.communicate("go on")
    (tmp_path / "mine.part").touch()
    linear().save(tmp_path / "b")
    assert {path.name for path in tmp_path.iterdir()} == {"b", "mine.part"}
