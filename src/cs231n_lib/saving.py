"""``save`` and ``load`` of the models, and how a file is written whole or not at all.

The file has the very name that was given, whatever its suffix and also without one. A lone weight matrix is
written as NumPy's ``.npy`` content, several arrays as ``.npz``; `load` looks at the content alone.
"""

import io
import os
import shutil
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np

try:
    import fcntl
except ImportError:  # Windows: no locks there
    fcntl = None

__all__ = ["Saved", "alone", "new_path", "written_whole"]


class Saved:
    """Gives a model ``save`` and ``load``; the model says by two methods what its arrays are."""

    def save(self, fname: str | os.PathLike) -> None:
        """Write the model to a file, whole or not at all, and print ``<fname> saved.``

        Parameters
        ----------
        fname : str or path
            The file's name, to which nothing is added. A bare name goes to the folder ``CS231N_SAVED_DIR``,
            by default ``saved`` below the working directory; a name with a folder is taken as it is, with
            ``~`` as the home folder.

        Raises
        ------
        ValueError
            If the model has nothing to save.
        """
        path, arrays = _path(fname), self._saved_arrays()
        with written_whole(path) as file:
            if set(arrays) == {"W"}:
                np.save(file, arrays["W"], allow_pickle=False)
            else:
                np.savez(file, **arrays)
        print(fname, "saved.")

    def load(self, fname: str | os.PathLike) -> bool:
        """Read what `save` wrote under this name, and print ``<fname> loaded.`` or ``<fname> not available.``

        Sizes may be others than this model's, but the arrays must be of the same kinds.

        Returns
        -------
        bool
            Whether there is such a file. If not, the model is as before.

        Raises
        ------
        ValueError
            If the file is damaged or holds another kind of model. One that the course's own ``save`` pickled
            is named as such and not opened. The model is as before.
        """
        exact = _path(fname)
        path = next((path for path in (exact, *_older_names(exact)) if path.is_file()), None)
        if path is None:
            print(fname, "not available.")
            return False
        arrays = _read(path)
        try:
            self._take_arrays(arrays)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path} does not hold what this model's save wrote: {error}") from None
        print(fname, "loaded.")
        return True

    def _saved_arrays(self) -> dict[str, np.ndarray]:
        raise NotImplementedError

    def _take_arrays(self, arrays: dict[str, np.ndarray]) -> None:
        """Make these arrays the model's own, or raise TypeError or ValueError and leave it as it was."""
        raise NotImplementedError


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing that takes its name only once all is written; folders are made where missing.

    Until then an older file of that name stays, and after an error nothing else is left.
    """
    with new_path(path) as part:
        with open(part, "xb") as file:
            yield file
        os.replace(part, path)


@contextmanager
def new_path(path: Path) -> Iterator[Path]:
    """A name beside `path` to write a file or folder to before it is renamed; what still has it then goes.

    A process that was killed leaves its unfinished file, and the next one that writes into the folder removes
    it: everyone who writes there holds a shared lock, so who gets the lock alone knows that it is no one's.
    """
    _make(path.parent)
    part = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
    folder = os.open(path.parent, os.O_RDONLY) if fcntl else None
    try:
        if fcntl:
            with suppress(OSError):  # others write too, or this file system has no locks
                fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
                for left in path.parent.glob(f"*.{'[0-9a-f]' * 32}.part"):
                    _remove(left)
            with suppress(OSError):
                fcntl.flock(folder, fcntl.LOCK_SH)
        yield part
    finally:
        _remove(part)
        if fcntl:
            os.close(folder)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Let one process at a time make `path`; the others wait. A lock file stands beside it meanwhile."""
    _make(path.parent)
    lock = path.with_name(f"{path.name}.lock")
    while fcntl:
        file = open(lock, "ab")  # noqa: SIM115
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print(f"Another process makes {path}: waiting for it ...", file=sys.stderr)
            fcntl.flock(file, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):  # the one before us has removed the file that we opened
            if os.path.samestat(os.fstat(file.fileno()), lock.stat()):
                break
        file.close()
    try:
        yield
    finally:
        if fcntl:
            lock.unlink(missing_ok=True)
            file.close()


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise NotADirectoryError(error.errno, "this is a file where a folder is meant", str(folder)) from None


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _path(fname: str | os.PathLike) -> Path:
    if not isinstance(fname, str | os.PathLike):
        raise TypeError(f"fname must be a str or a path, got {fname!r}")
    name = os.fspath(fname)
    folder, base = os.path.split(name)
    if base in ("", ".", ".."):
        raise ValueError(f"fname must name a file, got {name!r}")
    if folder == "":
        name = os.path.join(os.environ.get("CS231N_SAVED_DIR") or "saved", name)
    return Path(os.path.expanduser(name))


def _older_names(path: Path) -> list[Path]:
    """What earlier versions made of a name: ``.npy`` or ``.npz`` was added, or took the other's place."""
    stem = path.stem if path.suffix in (".npy", ".npz") else path.name
    return [path.with_name(f"{stem}{suffix}") for suffix in (".npy", ".npz")]


def _read(path: Path) -> dict[str, np.ndarray]:
    content = path.read_bytes()
    # A pickle begins with the byte 0x80. The course's np.save(fname, dict) makes an .npy file around one,
    # whose header says that its entries are objects.
    if content[:1] == b"\x80" or (content[:6] == b"\x93NUMPY" and b"'descr': '|O'" in content[:128]):
        raise ValueError(
            f"{path} was pickled by the course's code, and a pickle can run anything when it is opened: "
            "load it there, and save its arrays here"
        )
    try:
        loaded = np.load(io.BytesIO(content), allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return {"W": loaded}
        return {name: loaded[name] for name in loaded.files}
    except Exception as error:  # zipfile and NumPy raise a dozen kinds
        raise ValueError(
            f"{path} is damaged or was not written by save: {error or type(error).__name__}"
        ) from error
