"""Where downloads and caches land, and how arrays are kept there: as ``.npy`` files, whole or not at all."""

import json
import os
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from cs231n_lib.saving import new_path

CHECKSUMS = "crc32.json"


def data_folder() -> Path:
    """The folder for downloads and caches; it need not exist yet.

    ``CS231N_DATA_DIR`` if set; else ``data/`` of the repository, when the package sits in a checkout;
    else the user's cache folder.
    """
    if chosen := chosen_folder("CS231N_DATA_DIR"):
        return chosen
    if repository := _repository():
        return repository / "data"
    import pooch  # here and not above: it takes longer to import than the images take to load

    return Path(pooch.os_cache("cs231n_lib"))


def chosen_folder(variable: str) -> Path | None:
    """The folder that an environment variable names, as an absolute path, or None where it is not set.

    A relative one is meant from where the program was started, and a notebook's kernel starts in the
    notebook's own folder: what is not below the working directory is looked for below the repository.
    """
    chosen = os.environ.get(variable)
    if not chosen:
        return None
    folder, repository = Path(chosen).expanduser(), _repository()
    if repository and not folder.exists() and (repository / folder).exists():
        return repository / folder
    return folder.absolute()


def _repository() -> Path | None:
    """The checkout that the package sits in, if it does."""
    package = Path(__file__).resolve().parents[1]
    repository = package.parents[1]
    in_checkout = package.parent.name == "src" and (repository / "pyproject.toml").is_file()
    return repository if in_checkout else None


def save_arrays(folder: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write ``<name>.npy`` for each array, and their checksums, into a new folder; it replaces an old one.

    Everything is written next to `folder` first and renamed last, so `folder` is never half full, and after
    an OSError (no permission, a full disk) nothing is left behind.
    """
    with new_path(folder) as part, new_path(folder) as old:
        part.mkdir()
        checksums = {}
        for name, array in arrays.items():
            array = np.ascontiguousarray(array)
            np.save(part / f"{name}.npy", array, allow_pickle=False)
            checksums[name] = zlib.crc32(array)
        (part / CHECKSUMS).write_text(json.dumps(checksums))
        if folder.exists():  # a non-empty folder cannot be renamed over
            os.replace(folder, old)
        os.replace(part, folder)


def open_arrays(
    folder: Path, shapes: Mapping[str, tuple[int, ...]], *, verify: bool = False
) -> dict[str, np.ndarray]:
    """Memory-map, read-only, what `save_arrays` wrote: images ``X…`` as uint8, labels ``y…`` as int64.

    Of each array its shape is expected; with `verify` the checksums are compared too, which reads every byte.
    A missing file is a FileNotFoundError, a damaged one a ValueError that names it.
    """
    arrays = {}
    for name, shape in shapes.items():
        path = folder / f"{name}.npy"
        dtype = np.dtype(np.uint8 if name.startswith("X") else np.int64)
        try:
            # asarray: a plain array over the mapped bytes, because np.memmap's own arithmetic is odd
            array = np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
        except OSError:  # not there, or not to be read
            raise
        except Exception as error:  # a damaged header can raise almost anything
            raise ValueError(f"{path} is damaged: {error or type(error).__name__}") from error
        if array.shape != shape or array.dtype != dtype:
            raise ValueError(
                f"{path} is damaged: it must hold {dtype} {shape}, got {array.dtype} {array.shape}"
            )
        arrays[name] = array
    if verify:
        checksums = {name: zlib.crc32(array) for name, array in arrays.items()}
        if (folder / CHECKSUMS).read_text() != json.dumps(checksums):
            raise ValueError(f"{folder} is damaged: its checksums do not match")
    return arrays


def cached_arrays(
    folder: Path,
    shapes: Mapping[str, tuple[int, ...]],
    make: Callable[[], Mapping[str, np.ndarray]],
    *,
    verify: bool = False,
) -> dict[str, np.ndarray]:
    """The arrays kept in `folder`; where they are missing or damaged, those of `make()`, kept for next time.

    A folder that cannot be written only means that nothing is kept. The arrays are read-only either way.
    """
    try:
        return open_arrays(folder, shapes, verify=verify)
    except (OSError, ValueError):  # not made yet, or damaged
        arrays = dict(make())
    try:
        save_arrays(folder, arrays)
        return open_arrays(folder, shapes)
    except OSError:  # no room, or no permission
        for array in arrays.values():
            array.flags.writeable = False
        return arrays
