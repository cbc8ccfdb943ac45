"""Finding, reading, converting and downloading CIFAR-10, on tiny batches and a server on this machine."""

import contextlib
import errno
import hashlib
import io
import os
import pickle
import re
import shutil
import subprocess
import sys
import tarfile
import threading
import time
import tracemalloc
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from cs231n_lib.datasets import cifar10, safe_pickle, storage
from tests.fake_cifar10 import (
    BATCHES,
    as_images,
    binary_records,
    official_pickle,
    random_rows,
    write_folder,
)

NAMES = ("X_train", "y_train", "X_test", "y_test")


@pytest.fixture(autouse=True)
def isolated(tmp_path, monkeypatch):
    for variable in ("CIFAR10_DIR", "CS231N_DATASET"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("CS231N_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(cifar10, "ROWS_PER_BATCH", 3)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


def assert_same(arrays, expected):
    for name, array in zip(NAMES, expected, strict=True):
        np.testing.assert_array_equal(arrays[name], array)
        assert arrays[name].dtype == (np.uint8 if name.startswith("X") else np.int64)


# --- The safe reader --------------------------------------------------------------------------------------


def batch_dict(n=4):
    rows, labels = random_rows(n, 1)
    return {"batch_label": "a batch", "labels": labels, "data": rows, "filenames": ["a.png"] * n}


def test_reads_the_official_layout_of_bytes(tmp_path):
    rows, labels = random_rows(7, 2)
    content = official_pickle(rows, labels)
    # the writer of these tests writes what Python's own unpickler reads
    assert pickle.loads(content, encoding="latin1")["labels"] == labels
    (tmp_path / "batch").write_bytes(content)
    X, y = cifar10.read_batch(tmp_path / "batch")
    np.testing.assert_array_equal(X, as_images(rows))
    assert X.dtype == np.uint8 and X.flags.c_contiguous
    assert y.dtype == np.int64 and y.tolist() == labels


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
@pytest.mark.parametrize("keys", ["text", "bytes"])
def test_reads_batches_saved_again_with_any_protocol(tmp_path, protocol, keys):
    batch = batch_dict()
    saved = batch if keys == "text" else {key.encode(): value for key, value in batch.items()}
    (tmp_path / "batch").write_bytes(pickle.dumps(saved, protocol=protocol))
    X, y = cifar10.read_batch(tmp_path / "batch")
    np.testing.assert_array_equal(X, as_images(batch["data"]))
    assert y.tolist() == batch["labels"]


def test_reads_an_array_in_fortran_order_and_keeps_it_writable():
    array = np.asfortranarray(np.arange(12, dtype=np.uint8).reshape(3, 4))
    for protocol in (2, 4, 5):
        loaded = safe_pickle.load(io.BytesIO(pickle.dumps(array, protocol=protocol)))
        assert type(loaded) is np.ndarray and loaded.flags.writeable
        np.testing.assert_array_equal(loaded, array)


class Runs:
    """Pickles as a call of any function."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


MARKER = "was_run"
HOSTILE = {
    "os.system": Runs(os.system, f"touch {MARKER}"),
    "eval": Runs(eval, f"open('{MARKER}', 'w')"),
    "exec": Runs(exec, f"open('{MARKER}', 'w')"),
    "open": Runs(open, MARKER, "w"),
    "nested in a batch": {"labels": [1, [2, (Runs(os.mkdir, MARKER),)]], "data": np.zeros((1, 2), np.uint8)},
    "in a key": {(1, Runs(os.mkdir, MARKER)): 0},
    "in an object array": {"data": np.array([Runs(os.mkdir, MARKER)], dtype=object), "labels": [1]},
    "getattr": Runs(getattr, "text", "upper"),
    "a function": os.getcwd,
    "a class": io.BytesIO,
    "numpy.load": Runs(np.load, "x.npy"),
    "numpy.memmap": Runs(np.memmap, MARKER),
}


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_pickles_are_refused_and_nothing_runs(tmp_path, what, protocol):
    (tmp_path / "data_batch_1").write_bytes(pickle.dumps(HOSTILE[what], protocol=protocol))
    with pytest.raises(ValueError, match="data_batch_1"):
        cifar10.read_batch(tmp_path / "data_batch_1")
    assert os.listdir() == []


def test_the_message_names_the_file_and_the_global(tmp_path):
    (tmp_path / "some_batch").write_bytes(b"cos\nsystem\n(S'touch was_run'\ntR.")
    with pytest.raises(ValueError, match=r"some_batch is not safe to read: it asks for os\.system") as caught:
        cifar10.read_batch(tmp_path / "some_batch")
    assert isinstance(caught.value.__cause__, pickle.UnpicklingError)
    assert os.listdir() == []


@pytest.mark.parametrize(
    "value",
    [
        np.array([1, "a"], dtype=object),
        np.zeros(3),
        np.zeros(3, np.int8),
        np.array(["text"]),
        np.zeros(2, dtype=[("f", "u1")]),
        np.float64(1.0),
        np.uint8(1),
        {1, 2},
        np.random.default_rng(0),
        slice(3),
        1j,
        np.dtype("u1"),
        np.ndarray,
        [np.ma.masked_array(np.zeros(2, np.uint8))],
    ],
    ids=lambda value: type(value).__name__ + "-" + str(getattr(value, "dtype", "")),
)
@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_everything_but_plain_containers_and_arrays_of_bytes_is_refused(value, protocol):
    with pytest.raises(ValueError, match="the file is"):
        safe_pickle.load(io.BytesIO(pickle.dumps(value, protocol=protocol)))


RECONSTRUCT = b"cnumpy.core.multiarray\n_reconstruct\n"
DTYPE = b"cnumpy\ndtype\n(X\x02\x00\x00\x00u1I00\nI01\ntR"
EMPTY_ARRAY = RECONSTRUCT + b"cnumpy\nndarray\n(I0\ntC\x01b\x87R"


@pytest.mark.parametrize(
    "program",
    {
        "another array class": RECONSTRUCT + b"cnumpy\ndtype\n(I0\ntC\x01b\x87R.",
        "an array that was never filled": EMPTY_ARRAY + b".",
        "the array class, called": b"cnumpy\nndarray\n(I3\ntR.",
        "attributes set on a constructor": b"cnumpy\ndtype\n}X\x01\x00\x00\x00aK\x01sb.",
        "a constructor as a key": b"}cnumpy\ndtype\nK\x01s.",
        "more shape than bytes": EMPTY_ARRAY + b"(I1\n(I3\nt" + DTYPE + b"I00\nC\x02abtb.",
        "a negative shape": EMPTY_ARRAY + b"(I1\n(I-1\nI-2\nt" + DTYPE + b"I00\nC\x02abtb.",
        "a shape of floats": EMPTY_ARRAY + b"(I1\n(F2.0\nt" + DTYPE + b"I00\nC\x02abtb.",
        "a list for bytes": EMPTY_ARRAY + b"(I1\n(I1\nt" + DTYPE + b"I00\n](I1\netb.",
        "text for an element type": EMPTY_ARRAY + b"(I1\n(I2\ntC\x02u1I00\nC\x02abtb.",
        "an element type changed to objects": DTYPE
        + b"(I3\nX\x01\x00\x00\x00|NX\x01\x00\x00\x00fNI8\nI8\nI63\ntb.",
        "an array of another class": RECONSTRUCT
        + b"cnumpy\ndtype\n(I0\ntC\x01b\x87R(I1\n(I2\nt"
        + DTYPE
        + b"I00\nC\x02abtb.",
        "an array of an element type changed to objects": EMPTY_ARRAY
        + b"(I1\n(I2\nt"
        + DTYPE
        + b"(I3\nX\x01\x00\x00\x00|NX\x01\x00\x00\x00fNI8\nI8\nI63\ntbI00\nC\x02abtb.",
        "another codec": b"c_codecs\nencode\n(X\x01\x00\x00\x00aX\x05\x00\x00\x00rot13tR.",
        "an object outside the file": b"Pthere\n.",
        "a list inside itself": b"]\x94h\x00a.",
        "a list nested too deeply": b"]" * 100_000 + b"a" * 99_999 + b".",
    }.items(),
    ids=lambda item: item[0],
)
def test_handmade_programs_are_refused(program):
    with pytest.raises(ValueError, match="the file is"):
        safe_pickle.load(io.BytesIO(program[1]))


def bomb(levels):
    value = ["boom"]
    for _ in range(levels):
        value = [value, value]
    return pickle.dumps(value)


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(bomb(40), id="a list that doubles 40 times"),
        pytest.param(b"\x8e" + (1 << 30).to_bytes(8, "little"), id="a length of 1 GB"),
        pytest.param(b"\x80\x05\x96" + (1 << 40).to_bytes(8, "little") + b".", id="a bytearray of 1 TB"),
        pytest.param(b"Nr" + (1 << 31).to_bytes(4, "little") + b".", id="a memo of 2 G entries"),
        pytest.param(b"Np999999999\n.", id="a memo of 1 G entries, in text"),
        pytest.param(b"(" * 100_000 + b"t" * 100_000 + b".", id="100,000 levels"),
    ],
)
def test_a_small_file_cannot_ask_for_much(program):
    tracemalloc.start()
    with pytest.raises(ValueError, match="damaged or no file of CIFAR-10"):
        safe_pickle.load(io.BytesIO(program), "small")
    assert tracemalloc.get_traced_memory()[1] < 50e6
    tracemalloc.stop()


def test_handmade_building_blocks_are_themselves_fine():
    # so that the refusals above are for the reason they name
    array = safe_pickle.load(io.BytesIO(EMPTY_ARRAY + b"(I1\n(I2\nt" + DTYPE + b"I00\nC\x02abtb."))
    np.testing.assert_array_equal(array, [97, 98])


def test_a_file_cannot_change_how_the_next_one_is_read():
    rows, labels = random_rows(2, 3)
    # BUILD with (None, {"__defaults__": (...), "__name__": ...}) sets attributes of the object it is given
    hostile = b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n}X\x04\x00\x00\x00evilK\x01sb."
    with pytest.raises(ValueError):
        safe_pickle.load(io.BytesIO(hostile))
    assert not any(getattr(stand_in, "evil", 0) for stand_in in safe_pickle._STAND_INS.values())
    batch = safe_pickle.load(io.BytesIO(official_pickle(rows, labels)))
    np.testing.assert_array_equal(batch["data"], rows)


# --- One batch --------------------------------------------------------------------------------------------


def test_binary_layout_equals_the_pickled_one(tmp_path):
    rows, labels = random_rows(5, 4)
    (tmp_path / "batch").write_bytes(official_pickle(rows, labels))
    (tmp_path / "batch.bin").write_bytes(binary_records(rows, labels))
    for one, other in zip(
        cifar10.read_batch(tmp_path / "batch"), cifar10.read_batch(tmp_path / "batch.bin"), strict=True
    ):
        np.testing.assert_array_equal(one, other)
        assert one.dtype == other.dtype


@pytest.mark.parametrize("keep", [0, 1, 50, 3000, -4000, -1])
def test_a_truncated_batch_is_named(tmp_path, keep):
    content = official_pickle(*random_rows(3, 5))
    (tmp_path / "data_batch_4").write_bytes(content[:keep])
    with pytest.raises(ValueError, match="data_batch_4 is damaged.*download CIFAR-10 again"):
        cifar10.read_batch(tmp_path / "data_batch_4")


@pytest.mark.parametrize("size", [1, 3072, 3074, 2 * 3073 - 1])
def test_a_binary_batch_of_another_record_size_is_named(tmp_path, size):
    (tmp_path / "data_batch_4.bin").write_bytes(bytes(size))
    with pytest.raises(ValueError, match=f"data_batch_4.bin has {size} bytes.*3073.*again"):
        cifar10.read_batch(tmp_path / "data_batch_4.bin")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": [0, 1, 10, 2]}, "labels must hold labels from 0 to 9, got 0 to 10"),
        ({"labels": [0, -1, 9, 2]}, "labels from 0 to 9, got -1 to 9"),
        ({"labels": [0, 1, 10**30, 2]}, "labels must hold integers, got dtype object"),
        ({"labels": [0, 1, 2]}, r"labels must have shape \(4,\), got shape \(3,\)"),
        ({"labels": [0, 1, 2.5, 3]}, "labels must hold integers, got dtype float64"),
        ({"labels": "0123"}, "labels must hold integers, got dtype <U4"),
        ({"data": np.zeros((4, 3071), np.uint8)}, r"shape \(4, 3071\)"),
        ({"data": np.zeros((4, 3, 32, 32), np.uint8)}, r"shape \(4, 3, 32, 32\)"),
        ({"data": [1, 2]}, "data must be an array of bytes, got a list"),
        ({"data": np.zeros((0, 3072), np.uint8), "labels": []}, r"got shape \(0, 3072\)"),
    ],
)
def test_a_batch_with_wrong_contents_is_named(tmp_path, change, message):
    (tmp_path / "data_batch_2").write_bytes(pickle.dumps(batch_dict() | change))
    with pytest.raises(ValueError, match=f"data_batch_2.*{message}"):
        cifar10.read_batch(tmp_path / "data_batch_2")


def test_a_pickle_of_something_else_is_named(tmp_path):
    for value, message in [
        ([1, 2], "must hold a dict, got a list"),
        ({"fine_labels": []}, "must hold 'data' and 'labels', got"),
    ]:
        (tmp_path / "train").write_bytes(pickle.dumps(value))
        with pytest.raises(ValueError, match=f"train {message}"):
            cifar10.read_batch(tmp_path / "train")
    with pytest.raises(FileNotFoundError, match="nowhere"):
        cifar10.read_batch(tmp_path / "nowhere")
    (tmp_path / "labels.bin").write_bytes(bytes([10]) + bytes(3072))
    with pytest.raises(ValueError, match=r"labels\.bin .* from 0 to 9, got 10 to 10"):
        cifar10.read_batch(tmp_path / "labels.bin")


# --- Finding ----------------------------------------------------------------------------------------------


def test_find_looks_in_the_documented_order(tmp_path, monkeypatch):
    assert cifar10.find() is None
    places = {
        "course": tmp_path / "work/cs231n/datasets/cifar-10-batches-py",
        "unpacked": tmp_path / "data/cifar-10-batches-py",
        "own": tmp_path / "data/cifar10",
        "chosen": tmp_path / "elsewhere",
    }
    write_folder(places["course"])
    assert cifar10.find().resolve() == places["course"].resolve()
    write_folder(places["unpacked"])
    assert cifar10.find() == places["unpacked"]
    cifar10.convert(places["unpacked"])
    assert cifar10.find() == places["own"]
    write_folder(places["chosen"])
    monkeypatch.setenv("CIFAR10_DIR", str(places["chosen"]))
    assert cifar10.find() == places["chosen"]


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("inside", [False, True])
def test_cifar10_dir_takes_both_layouts_and_the_folder_around_them(tmp_path, monkeypatch, binary, inside):
    folder = tmp_path / "there" / ("cifar-10-batches-bin" if binary else "cifar-10-batches-py")
    expected = write_folder(folder, binary=binary)
    monkeypatch.setenv("CIFAR10_DIR", str(folder.parent if inside else folder))
    assert cifar10.find() == folder
    assert_same(cifar10.load_arrays(cifar10.find()), expected)


def test_a_wrong_cifar10_dir_is_an_error_even_if_the_data_is_elsewhere(tmp_path, monkeypatch):
    write_folder(tmp_path / "data/cifar-10-batches-py")
    monkeypatch.setenv("CIFAR10_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match="CIFAR10_DIR is set to .*there is no folder .*nowhere"):
        cifar10.find()
    monkeypatch.setenv("CIFAR10_DIR", "nowhere")
    with pytest.raises(
        FileNotFoundError, match=f"is set to 'nowhere': there is no folder {tmp_path}/work/no"
    ):
        cifar10.find()
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("CIFAR10_DIR", str(tmp_path / "empty"))
    with pytest.raises(FileNotFoundError, match="data_batch_1 .*data_batch_1.bin .*cifar-10-batches-py"):
        cifar10.find()


@pytest.mark.parametrize("binary", [False, True])
def test_a_missing_batch_is_named_wherever_it_is_missing(tmp_path, monkeypatch, binary):
    name = "data_batch_3.bin" if binary else "data_batch_3"
    for folder in (
        tmp_path / "there",
        tmp_path / "data" / ("cifar-10-batches-bin" if binary else "cifar-10-batches-py"),
    ):
        write_folder(folder, binary=binary)
        (folder / name).unlink()
    with pytest.raises(FileNotFoundError, match=f"lacks {name}"):
        cifar10.find()
    monkeypatch.setenv("CIFAR10_DIR", str(tmp_path / "there"))
    with pytest.raises(FileNotFoundError, match=f"there lacks {name}"):
        cifar10.find()


# --- Converting -------------------------------------------------------------------------------------------


def test_convert_writes_arrays_that_any_numpy_can_map(tmp_path):
    expected = write_folder(tmp_path / "batches")
    folder = cifar10.convert(tmp_path / "batches")
    assert folder == tmp_path / "data/cifar10"
    for name, array in zip(NAMES, expected, strict=True):
        mapped = np.load(folder / f"{name}.npy", mmap_mode="r")
        np.testing.assert_array_equal(mapped, array)
    arrays = cifar10.load_arrays(folder)
    assert_same(arrays, expected)
    for array in arrays.values():
        assert type(array) is np.ndarray and isinstance(array.base, np.memmap) and not array.flags.writeable
    assert sorted(os.listdir(tmp_path / "data")) == ["cifar10"]


def test_the_real_set_has_ten_thousand_images_in_each_batch(tmp_path, monkeypatch):
    write_folder(tmp_path / "batches")
    monkeypatch.undo()
    monkeypatch.setenv("CS231N_DATA_DIR", str(tmp_path / "data"))
    for read in (cifar10.convert, cifar10.load_arrays):
        with pytest.raises(ValueError, match="data_batch_1 must hold 10000 images, got 3"):
            read(tmp_path / "batches")
    assert not (tmp_path / "data").exists()


def test_the_second_load_does_not_read_the_batches(tmp_path, monkeypatch):
    expected = write_folder(tmp_path / "batches")
    cifar10.load_arrays(tmp_path / "batches")
    monkeypatch.setattr(cifar10, "read_batch", lambda path: pytest.fail("read again"))
    assert_same(cifar10.load_arrays(tmp_path / "batches"), expected)


def test_another_folder_or_changed_files_are_not_served_old_data(tmp_path):
    first = write_folder(tmp_path / "one", seed=0)
    second = write_folder(tmp_path / "two", seed=100)
    for folder in ("one", "two"):  # same names, same sizes, same times: only the place differs
        for batch in BATCHES:
            os.utime(tmp_path / folder / batch, (1e9, 1e9))
    assert_same(cifar10.load_arrays(tmp_path / "one"), first)
    assert_same(cifar10.load_arrays(tmp_path / "two"), second)
    assert_same(cifar10.load_arrays(tmp_path / "one"), first)

    time.sleep(0.02)  # the clock of the file system may tick slowly
    changed = write_folder(tmp_path / "one", seed=200)
    for batch in BATCHES:
        os.utime(tmp_path / "one" / batch, (1e9, 1e9))
    assert_same(cifar10.load_arrays(tmp_path / "one"), changed)


@pytest.mark.parametrize("damage", ["cut", "rubbish", "gone", "empty", "other shape"])
def test_a_damaged_copy_is_made_again_or_named(tmp_path, damage):
    expected = write_folder(tmp_path / "batches")
    cifar10.load_arrays(tmp_path / "batches")
    cifar10.convert(tmp_path / "batches")
    for file in (tmp_path / "data").glob("*/X_train.npy"):
        content = file.read_bytes()
        file.unlink()
        if damage == "other shape":
            np.save(file, np.zeros((2, 2), np.uint8))
        elif damage != "gone":
            file.write_bytes({"cut": content[:-1], "rubbish": b"\x93NUMPY" + bytes(99), "empty": b""}[damage])
    # of a folder that is still there, quietly; of the downloaded archive, which is gone, not
    assert_same(cifar10.load_arrays(tmp_path / "batches"), expected)
    with pytest.raises(ValueError, match=r"X_train\.npy.*Delete the folder .*cifar10.*make data"):
        cifar10.load_arrays(tmp_path / "data/cifar10")


@pytest.fixture
def no_permission(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError("read-only file system")

    monkeypatch.setattr(storage.np, "save", refuse)


def test_without_a_writable_data_folder_the_data_stays_in_memory(tmp_path, no_permission):
    expected = write_folder(tmp_path / "batches")
    arrays = cifar10.load_arrays(tmp_path / "batches")
    assert_same(arrays, expected)
    assert not any(array.flags.writeable for array in arrays.values())
    assert os.listdir(tmp_path / "data") == []
    with pytest.raises(PermissionError):
        cifar10.convert(tmp_path / "batches")


def test_a_conversion_that_fails_leaves_the_old_copy(tmp_path):
    expected = write_folder(tmp_path / "batches")
    folder = cifar10.convert(tmp_path / "batches")
    (tmp_path / "batches/test_batch").write_bytes(b"rubbish")
    with pytest.raises(ValueError, match="test_batch"):
        cifar10.convert(tmp_path / "batches")
    assert_same(cifar10.load_arrays(folder), expected)
    assert os.listdir(tmp_path / "data") == ["cifar10"]


# --- Downloading ------------------------------------------------------------------------------------------


def make_archive(folder, extra=()):
    """A small archive in the official layout; returns its bytes."""
    write_folder(folder / "cifar-10-batches-py")
    (folder / "cifar-10-batches-py/readme.html").write_text("not wanted")
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        tar.add(folder / "cifar-10-batches-py", "cifar-10-batches-py")
        for member in extra:
            tar.addfile(member, io.BytesIO(b"evil") if member.size else None)
    return buffer.getvalue()


class Server(ThreadingHTTPServer):
    """Serves `content`; `requests` remembers the Range header of every request."""

    daemon_threads = True

    def __init__(self, content):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = content
        self.requests = []
        self.break_off_after = None  # bytes of a response, or None
        self.ranges = True
        self.status = None  # of every answer; 416 of those to a range alone
        self.endless = False

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/cifar-10-python.tar.gz"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        server = self.server
        requested = self.headers.get("Range")
        server.requests.append(requested)
        if server.status and (server.status != 416 or requested):
            self.send_error(server.status)
            return
        if server.endless:
            self.send_response(200)
            self.end_headers()
            with contextlib.suppress(OSError):
                while True:
                    self.wfile.write(bytes(1 << 16))
        start = 0
        size = len(server.content)
        if requested and server.ranges:
            start = int(re.fullmatch(r"bytes=(\d+)-", requested)[1])
            if start >= size:
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{size}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        else:
            self.send_response(200)
        body = server.content[start:]
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if server.break_off_after is not None and len(body) > server.break_off_after:
            body = body[: server.break_off_after]
            self.close_connection = True
        with contextlib.suppress(ConnectionError):
            self.wfile.write(body)


@pytest.fixture
def archive(tmp_path):
    return make_archive(tmp_path / "made")


@pytest.fixture
def mirrors(archive, monkeypatch):
    """Start servers: ``mirrors(n)`` of them, each with the right archive, in place of the real mirrors."""
    servers = []

    def start(n):
        for _ in range(n):
            server = Server(archive)
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
            servers.append(server)
        monkeypatch.setattr(cifar10, "MIRRORS", tuple(server.url for server in servers))
        return servers

    monkeypatch.setattr(cifar10, "ARCHIVE_SHA256", hashlib.sha256(archive).hexdigest())
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def in_data(tmp_path):
    return sorted(os.listdir(tmp_path / "data"))


def test_a_download_ends_under_its_name_and_is_not_repeated(tmp_path, archive, mirrors):
    (server,) = mirrors(1)
    path = cifar10.download()
    assert path == tmp_path / "data/cifar-10-python.tar.gz"
    assert path.read_bytes() == archive
    assert in_data(tmp_path) == [path.name]
    cifar10.download()
    assert server.requests == [None]


def test_a_broken_connection_is_gone_on_with_in_the_same_call(tmp_path, archive, mirrors):
    (server,) = mirrors(1)
    server.break_off_after = len(archive) // 3
    assert cifar10.download().read_bytes() == archive
    assert server.requests[0] is None
    starts = [int(requested[6:-1]) for requested in server.requests[1:]]  # "bytes=16384-"
    assert starts == sorted(set(starts)) and starts[0] > 0
    assert in_data(tmp_path) == ["cifar-10-python.tar.gz"]


def test_a_part_is_gone_on_with_in_a_later_call_from_another_mirror(tmp_path, archive, mirrors):
    dead, good = mirrors(2)
    dead.status = 503
    (tmp_path / "data").mkdir()
    (tmp_path / "data/cifar-10-python.tar.gz.part").write_bytes(archive[:1000])
    assert cifar10.download().read_bytes() == archive
    assert dead.requests == ["bytes=1000-"] and good.requests == ["bytes=1000-"]
    assert in_data(tmp_path) == ["cifar-10-python.tar.gz"]


def test_a_server_that_always_breaks_off_leaves_a_part_and_no_archive(tmp_path, archive, mirrors):
    (server,) = mirrors(1)
    server.break_off_after = 0
    with pytest.raises(
        ConnectionError, match=r"could not be downloaded:\n  http://127.0.0.1.*\nRun this again"
    ):
        cifar10.download()
    assert not (tmp_path / "data/cifar-10-python.tar.gz").exists()


def test_a_server_without_ranges_sends_all_of_it_again(tmp_path, archive, mirrors):
    (server,) = mirrors(1)
    server.ranges = False
    (tmp_path / "data").mkdir()
    (tmp_path / "data/cifar-10-python.tar.gz.part").write_bytes(archive[:1000])
    assert cifar10.download().read_bytes() == archive


def test_a_server_without_ranges_that_breaks_off_is_given_up(tmp_path, archive, mirrors):
    (server,) = mirrors(1)
    server.ranges, server.break_off_after = False, 20_000
    with pytest.raises(ConnectionError, match="could not be downloaded"):
        cifar10.download()
    assert 3 <= len(server.requests) <= 5
    server.break_off_after = None
    assert cifar10.download().read_bytes() == archive


def test_a_part_that_is_whole_already_is_taken(tmp_path, archive, mirrors):
    (server,) = mirrors(1)
    (tmp_path / "data").mkdir()
    (tmp_path / "data/cifar-10-python.tar.gz.part").write_bytes(archive)
    assert cifar10.download().read_bytes() == archive
    assert server.requests == [f"bytes={len(archive)}-"]


def test_a_part_that_is_too_long_is_started_again(tmp_path, archive, mirrors):
    (server,) = mirrors(1)
    (tmp_path / "data").mkdir()
    (tmp_path / "data/cifar-10-python.tar.gz.part").write_bytes(archive + b"more")
    assert cifar10.download().read_bytes() == archive
    assert server.requests == [f"bytes={len(archive) + 4}-", None]


def test_wrong_bytes_are_named_and_only_the_part_is_removed(tmp_path, archive, mirrors):
    (server,) = mirrors(1)
    server.content = b"a page that asks for a password"
    (tmp_path / "data").mkdir()
    (tmp_path / "data/cifar-10-python.tar.gz").write_bytes(b"an older file under that name")
    (tmp_path / "data/other").write_text("kept")
    expected, came = (hashlib.sha256(content).hexdigest() for content in (archive, server.content))
    with pytest.raises(ConnectionError, match=f"expected sha256:{expected} but got {came}"):
        cifar10.download()
    assert in_data(tmp_path) == ["cifar-10-python.tar.gz", "other"]
    assert (tmp_path / "data/cifar-10-python.tar.gz").read_bytes() == b"an older file under that name"


def test_after_wrong_bytes_the_next_mirror_starts_from_nothing(tmp_path, archive, mirrors):
    bad, good = mirrors(2)
    bad.content = archive[:500] + b"wrong"
    assert cifar10.download().read_bytes() == archive
    assert good.requests == [None]


def test_a_rotten_part_is_given_up(tmp_path, archive, mirrors):
    first, second = mirrors(2)
    (tmp_path / "data").mkdir()
    (tmp_path / "data/cifar-10-python.tar.gz.part").write_bytes(b"x" * 1000)
    assert cifar10.download().read_bytes() == archive
    assert first.requests == ["bytes=1000-"] and second.requests == [None]


def test_what_has_come_survives_a_mirror_that_sends_a_page_and_one_without_ranges(tmp_path, archive, mirrors):
    page, refuses, whole = mirrors(3)
    page.content, page.ranges = b"a page that asks for a password", False
    refuses.status = 403
    whole.ranges = False
    part = tmp_path / "data/cifar-10-python.tar.gz.part"
    part.parent.mkdir()
    part.write_bytes(archive[:1000])
    whole.break_off_after = 500
    with pytest.raises(ConnectionError, match="expected sha256"):
        cifar10.download()
    assert part.read_bytes() == archive[:1000] and in_data(tmp_path) == [part.name]
    whole.break_off_after = None
    assert cifar10.download().read_bytes() == archive
    assert in_data(tmp_path) == ["cifar-10-python.tar.gz"]


def test_a_server_that_refuses_all_ranges_is_asked_for_the_whole(tmp_path, archive, mirrors):
    (server,) = mirrors(1)
    server.status = 416
    (tmp_path / "data").mkdir()
    (tmp_path / "data/cifar-10-python.tar.gz.part").write_bytes(archive[:1000])
    assert cifar10.download().read_bytes() == archive


@pytest.mark.parametrize("size_known", [False, True])
def test_no_more_is_written_than_the_archive_has(tmp_path, archive, mirrors, monkeypatch, size_known):
    (server,) = mirrors(1)
    monkeypatch.setattr(cifar10, "ARCHIVE_BYTES", len(archive))
    server.endless, server.content = not size_known, archive + archive
    with pytest.raises(ConnectionError, match=f"sends {2 * len(archive) if size_known else 'more than the'}"):
        cifar10.download()
    assert sum(path.stat().st_size for path in (tmp_path / "data").iterdir()) == 0
    server.endless, server.content = False, archive
    assert cifar10.download().read_bytes() == archive


def test_a_full_disk_and_a_file_in_the_folders_place_are_named(tmp_path, archive, mirrors, monkeypatch):
    (server,) = mirrors(1)
    with monkeypatch.context() as patch:

        def full(*args):
            raise OSError(errno.ENOSPC, "No space left on device")

        patch.setattr(os, "replace", full)
        with pytest.raises(OSError, match="data cannot be written: No space left") as caught:
            cifar10.download()
        assert not isinstance(caught.value, ConnectionError)
    assert cifar10.download().read_bytes() == archive
    assert server.requests[1:] == [f"bytes={len(archive)}-"]  # nothing came twice
    shutil.rmtree(tmp_path / "data")
    (tmp_path / "data").write_text("a file")
    with pytest.raises(SystemExit, match="this is a file where a folder is meant.*data"):
        cifar10.main()


def test_of_processes_that_download_at_once_one_does(tmp_path, archive, mirrors):
    (server,) = mirrors(1)
    code = """if True:
        from cs231n_lib.datasets import cifar10
        cifar10.ROWS_PER_BATCH, cifar10.MIRRORS, cifar10.ARCHIVE_SHA256 = {}, {}, {!r}
        cifar10.main()"""
    code = code.format(cifar10.ROWS_PER_BATCH, cifar10.MIRRORS, cifar10.ARCHIVE_SHA256)
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    said = [run.communicate(timeout=60) for run in runs]
    assert all("CIFAR-10 is ready" in out for out, _ in said), said
    assert server.requests == [None]
    assert in_data(tmp_path) == ["cifar10"]


def test_nobody_there(tmp_path, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(cifar10, "MIRRORS", ("http://127.0.0.1:9/one", "http://127.0.0.1:9/two"))
    with pytest.raises(
        ConnectionError, match=r"127\.0\.0\.1:9/one(.|\n)*127\.0\.0\.1:9/two(.|\n)*CIFAR10_DIR"
    ):
        cifar10.download()
    assert list((tmp_path / "data").glob("*")) == []


def test_the_real_addresses_and_checksum():
    assert all(
        url.startswith("https://") and url.endswith("/cifar-10-python.tar.gz") for url in cifar10.MIRRORS
    )
    assert "cs.toronto.edu" in cifar10.MIRRORS[-1] and len(cifar10.MIRRORS) == 3
    assert re.fullmatch("[0-9a-f]{64}", cifar10.ARCHIVE_SHA256)


# --- Unpacking and the whole way --------------------------------------------------------------------------


def special_member(name, kind=tarfile.REGTYPE, link=""):
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, link
    member.size = 4 if kind == tarfile.REGTYPE else 0
    return member


def test_unpack_takes_the_six_batches_and_nothing_else(tmp_path):
    evil = [
        special_member("../outside"),
        special_member("/tmp/outside-of-everything"),
        special_member("cifar-10-batches-py/../../outside"),
        special_member("cifar-10-batches-py/batches.meta"),
        special_member("cifar-10-batches-py/link", tarfile.SYMTYPE, "/etc"),
    ]
    (tmp_path / "archive.tar.gz").write_bytes(make_archive(tmp_path / "made", evil))
    (tmp_path / "out").mkdir()
    cifar10.unpack(tmp_path / "archive.tar.gz", tmp_path / "out")
    assert sorted(os.listdir(tmp_path / "out")) == sorted(BATCHES)
    assert not (tmp_path / "outside").exists()
    for batch in BATCHES:
        original = tmp_path / "made/cifar-10-batches-py" / batch
        assert (tmp_path / "out" / batch).read_bytes() == original.read_bytes()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, None])
def test_a_batch_that_is_a_link_or_missing_is_refused(tmp_path, kind):
    write_folder(tmp_path / "cifar-10-batches-py")
    (tmp_path / "out").mkdir()
    with tarfile.open(tmp_path / "archive.tar.gz", "w:gz") as tar:
        for batch in BATCHES[:-1]:
            tar.add(tmp_path / "cifar-10-batches-py" / batch, f"cifar-10-batches-py/{batch}")
        if kind is not None:
            tar.addfile(special_member("cifar-10-batches-py/test_batch", kind, "/etc/hostname"))
    with pytest.raises(ValueError, match="archive.tar.gz lacks cifar-10-batches-py/test_batch"):
        cifar10.unpack(tmp_path / "archive.tar.gz", tmp_path / "out")
    assert "test_batch" not in os.listdir(tmp_path / "out")


def test_main_downloads_converts_and_the_second_time_only_says_so(tmp_path, mirrors, capsys):
    (server,) = mirrors(1)
    cifar10.main()
    first = capsys.readouterr().out
    assert "Downloading" in first and "CIFAR-10 is ready" in first
    assert in_data(tmp_path) == ["cifar10"]  # the archive and the unpacked batches are gone
    expected = write_folder(tmp_path / "expected")
    assert_same(cifar10.load_arrays(cifar10.find()), expected)

    cifar10.main()
    assert capsys.readouterr().out == f"CIFAR-10 is ready: {tmp_path / 'data/cifar10'}\n"
    assert len(server.requests) == 1


def test_main_converts_what_cifar10_dir_holds(tmp_path, monkeypatch, capsys):
    write_folder(tmp_path / "there")
    monkeypatch.setenv("CIFAR10_DIR", str(tmp_path / "there"))
    cifar10.main()
    assert capsys.readouterr().out == f"CIFAR-10 is ready: {tmp_path / 'there'}\n"
    assert len(in_data(tmp_path)) == 1


def test_main_fails_with_a_message_and_leaves_nothing(tmp_path, mirrors, monkeypatch):
    (server,) = mirrors(1)
    server.content = server.content[:100]
    with pytest.raises(SystemExit, match="could not be downloaded"):
        cifar10.main()
    assert in_data(tmp_path) == []


def test_as_a_command(tmp_path):
    environment = os.environ | {"CIFAR10_DIR": str(tmp_path / "nowhere")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "cs231n_lib.datasets.cifar10"],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "there is no folder" in done.stderr and "Traceback" not in done.stderr


def test_find_says_nothing_of_a_half_made_copy(tmp_path):
    write_folder(tmp_path / "batches")
    folder = cifar10.convert(tmp_path / "batches")
    # what an interrupted conversion leaves has another name
    shutil.move(folder, folder.with_name("cifar10.0123.part"))
    assert cifar10.find() is None
