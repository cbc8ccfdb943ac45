"""Where a model's ``save`` and ``load`` keep their files, and how a file is written whole or not at all."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def saved_path(fname: str | os.PathLike, suffix: str) -> Path:
    """Find the file that a name stands for.

    A bare name goes to the folder ``CS231N_SAVED_DIR``, by default ``saved`` below the working directory; a
    name with a folder in it is taken as it is. The suffix (``.npy``, ``.npz``) is added where it is missing,
    and replaces the other one.
    """
    fname = os.fspath(fname)
    path = Path(fname)
    path = path.with_name((path.stem if path.suffix in (".npy", ".npz") else path.name) + suffix)
    if os.path.dirname(fname) == "":
        path = Path(os.environ.get("CS231N_SAVED_DIR") or "saved") / path
    return path


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing that takes its name only once all is written; folders are made where missing.

    Until then an older file of that name stays, and after an error nothing else is left.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
    try:
        with open(part, "xb") as file:
            yield file
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
