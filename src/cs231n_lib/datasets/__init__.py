"""The images of the workbook: one call, one fixed split.

>>> from cs231n_lib import datasets
>>> data = datasets.load("scenes10", n_train=500, n_val=100, n_test=100)
>>> print(data)
scenes10: 500 training, 100 validation, 100 test images of 32 x 32 pixels in 10 classes
>>> data.X_train.shape, data.y_train.shape
((500, 32, 32, 3), (500,))
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cs231n_lib.datasets.storage import cached_arrays, data_folder
from cs231n_lib.validation import check_count, check_option

NAMES = ("scenes10", "cifar10")


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Images and labels in three fixed parts; ``print(dataset)`` says which images these are.

    The arrays may be mapped from a file and are read-only: ``X = X_train.astype(np.float64)`` gives a copy to
    work with.

    Attributes
    ----------
    name : str
        ``"cifar10"`` or ``"scenes10"``.
    X_train, X_val, X_test : ndarray of uint8, shape (N, 32, 32, 3)
        Red, green and blue from 0 to 255.
    y_train, y_val, y_test : ndarray of int64, shape (N,)
        Labels: positions in `class_names`.
    class_names : tuple of str
    """

    name: str
    X_train: np.ndarray
    y_train: np.ndarray
    X_val: np.ndarray
    y_val: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    class_names: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"{self.name}: {len(self.X_train):,} training, {len(self.X_val):,} validation, "
            f"{len(self.X_test):,} test images of 32 x 32 pixels in {len(self.class_names)} classes"
        )

    __repr__ = __str__


def load(
    name: str = "auto", *, n_train: int | None = None, n_val: int | None = None, n_test: int | None = None
) -> Dataset:
    """Load CIFAR-10 or the built-in images, split the same way every time.

    ============  =========================================  ==================  =========
    data set      training                                   validation          test
    ============  =========================================  ==================  =========
    ``cifar10``   the first 49,000 of the 50,000             the last 1,000      10,000
    ``scenes10``  5,000 (up to 10,000 where asked for)       1,000               1,000
    ============  =========================================  ==================  =========

    Parameters
    ----------
    name : {"auto", "scenes10", "cifar10"}
        ``"auto"`` does what the environment variable ``CS231N_DATASET`` says; where that is not set (or is
        ``auto``) it takes CIFAR-10 if it is on this machine and scenes10 if not.
    n_train, n_val, n_test : int, optional
        Take the first so many rows of a part. ``n_val=0`` gives CIFAR-10's last 1,000 rows back to training,
        all 50,000.

    Raises
    ------
    ValueError
        An unknown `name`, or a number of rows that the part does not have.
    FileNotFoundError
        CIFAR-10 is asked for and not on this machine, or ``CIFAR10_DIR`` names a folder without it.
    """
    wanted = {"train": n_train, "val": n_val, "test": n_test}
    name, folder = _choose(name)
    if name == "cifar10":
        return _load_cifar10(folder, wanted)
    return _load_scenes10(wanted)


def _choose(name: str) -> tuple[str, Path | None]:
    """The data set meant by `name`, and CIFAR-10's folder if it is that one."""
    asked_by = "name"
    if name == "auto":
        asked_by, name = "the environment variable CS231N_DATASET", os.environ.get("CS231N_DATASET") or "auto"
    check_option(name, asked_by, ("auto", *NAMES))
    if name == "scenes10":
        return name, None

    # Not at the top of the file: `python -m cs231n_lib.datasets.cifar10` imports this package first.
    from cs231n_lib.datasets import cifar10

    folder = cifar10.find()
    if folder is None and name == "cifar10":
        raise FileNotFoundError(cifar10.HOW_TO_GET_IT)
    return ("scenes10", None) if folder is None else ("cifar10", folder)


def _checked(wanted: dict[str, int | None], available: dict[str, int]) -> dict[str, int | None]:
    """The numbers of rows: None stands for all of a part, and only the training part must have some."""
    return {
        part: n
        if n is None
        else check_count(n, f"n_{part}", least=int(part == "train"), most=available[part])
        for part, n in wanted.items()
    }


def _load_cifar10(folder: Path, wanted: dict[str, int | None]) -> Dataset:
    from cs231n_lib.datasets import cifar10

    n_training_rows = 50_000 if wanted["val"] == 0 else 49_000
    wanted = _checked(wanted, {"train": n_training_rows, "val": 1_000, "test": 10_000})
    arrays = cifar10.load_arrays(folder)
    parts = {
        "train": (arrays["X_train"][:n_training_rows], arrays["y_train"][:n_training_rows]),
        "val": (arrays["X_train"][49_000:], arrays["y_train"][49_000:]),
        "test": (arrays["X_test"], arrays["y_test"]),
    }
    return _dataset("cifar10", parts, wanted, cifar10.CLASS_NAMES)


# Each part is drawn from a seed of its own, so that how many rows of one are asked for changes nothing in
# another. More images of a seed begin with the same ones (`scenes10.generate` says so).
SCENES10_SEEDS = {"train": 231, "val": 232, "test": 233}
SCENES10_SIZES = {"train": 5_000, "val": 1_000, "test": 1_000}


def _load_scenes10(wanted: dict[str, int | None]) -> Dataset:
    from cs231n_lib.datasets import scenes10

    wanted = _checked(wanted, SCENES10_SIZES | {"train": 10_000})
    sizes = dict(SCENES10_SIZES)
    if (wanted["train"] or 0) > sizes["train"]:
        sizes["train"] = 10_000
    parts = {part: _scenes10_images(n, SCENES10_SEEDS[part]) for part, n in sizes.items()}
    return _dataset("scenes10", parts, wanted, tuple(scenes10.CLASS_NAMES))


def _scenes10_images(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The first `n` images of `seed`: from the cache if they are there and whole, drawn if not."""
    from cs231n_lib.datasets import scenes10

    version = _drawing_version(Path(scenes10.__file__).parent)
    arrays = cached_arrays(
        data_folder() / f"scenes10-{version}" / f"seed{seed}-n{n}",
        {"X": (n, 32, 32, 3), "y": (n,)},
        lambda: dict(zip("Xy", scenes10.generate(n, seed=seed), strict=True)),
        verify=True,
    )
    return arrays["X"], arrays["y"]


def _drawing_version(package: Path) -> str:
    """A fingerprint of the drawing code: what was drawn by other code is not taken from the cache."""
    digest = hashlib.sha256()
    for source in sorted(package.rglob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def _dataset(name: str, parts: dict, wanted: dict[str, int | None], class_names: tuple[str, ...]) -> Dataset:
    rows = {}
    for part, (X, y) in parts.items():
        rows[f"X_{part}"], rows[f"y_{part}"] = X[: wanted[part]], y[: wanted[part]]
    return Dataset(name=name, class_names=class_names, **rows)
