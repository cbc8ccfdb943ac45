"""The course's loaders by their own names, a thin layer over `cs231n_lib.datasets`."""

import os
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from cs231n_lib.datasets import cifar10, safe_pickle
from cs231n_lib.validation import check_count


def load_pickle(f: BinaryIO) -> Any:
    """Read one of CIFAR-10's pickles from a file open for reading in binary.

    Reads numbers, text, plain containers and arrays of bytes, and runs nothing (`datasets.safe_pickle`).

    Raises
    ------
    TypeError
        `f` is a path, or a file open as text.
    ValueError
        The file holds anything else.
    """
    return safe_pickle.load(f)


def load_CIFAR_batch(filename: str | os.PathLike) -> tuple[np.ndarray, np.ndarray]:
    """Read one batch file, of any number of images.

    Returns
    -------
    X : ndarray of float64, shape (N, 32, 32, 3)
        Red, green and blue from 0 to 255.
    y : ndarray of int64, shape (N,)

    Raises
    ------
    FileNotFoundError, ValueError
        The file is not there, or is no batch of CIFAR-10.
    """
    X, y = cifar10.read_batch(filename)
    return X.astype(np.float64), y


def load_CIFAR10(ROOT: str | os.PathLike) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Read the five training batches, in order, and the test batch.

    Parameters
    ----------
    ROOT
        A ``cifar-10-batches-py`` or ``cifar-10-batches-bin`` folder, or the folder that holds it. Where the
        path that the course's notebooks give, ``cs231n/datasets/cifar-10-batches-py``, does not exist,
        CIFAR-10 is looked for as `get_CIFAR10_data` does.

    Returns
    -------
    Xtr, ytr, Xte, yte : ndarray
        Images (50000, 32, 32, 3) and (10000, 32, 32, 3), float64 from 0 to 255 (1.5 GB), and int64 labels,
        all writable. `datasets.load` maps the bytes from the disk instead.

    Raises
    ------
    FileNotFoundError, ValueError
        `ROOT` has no CIFAR-10, or a file of it is damaged.
    """
    if not os.path.exists(ROOT) and Path(ROOT) == cifar10.COURSE_FOLDER:
        arrays = cifar10.load_arrays(_find())
    else:
        arrays = cifar10.read_folder(ROOT)
    Xtr, ytr, Xte, yte = (arrays[name] for name in ("X_train", "y_train", "X_test", "y_test"))
    return Xtr.astype(np.float64), np.array(ytr), Xte.astype(np.float64), np.array(yte)


def get_CIFAR10_data(
    num_training: int = 49000, num_validation: int = 1000, num_test: int = 1000, subtract_mean: bool = True
) -> dict[str, np.ndarray]:
    """CIFAR-10 as the course's nets take it: split, the mean image subtracted, channels first.

    It is found without a path: ``CIFAR10_DIR``, then ``cs231n/datasets/cifar-10-batches-py`` below the
    working directory, then the library's data folder. Only the rows asked for become float64.

    Parameters
    ----------
    num_training, num_validation, num_test : int
        The first rows of the 50,000 train, the rows after them validate; the first rows of the 10,000 test.
    subtract_mean : bool
        Subtract the mean image of the training rows from all three parts.

    Returns
    -------
    dict of ndarray
        ``X_train, y_train, X_val, y_val, X_test, y_test`` in this order; images float64 (N, 3, 32, 32),
        labels int64 (N,), all writable.

    Raises
    ------
    ValueError
        A number of rows that is no integer, negative or more than there are; or a mean of no training rows.
    FileNotFoundError
        CIFAR-10 is not on this machine.
    """
    n_train, n_test = 5 * cifar10.ROWS_PER_BATCH, cifar10.ROWS_PER_BATCH
    num_training = check_count(num_training, "num_training", least=int(bool(subtract_mean)), most=n_train)
    num_validation = check_count(num_validation, "num_validation", least=0)
    check_count(num_training + num_validation, "num_training + num_validation", least=0, most=n_train)
    num_test = check_count(num_test, "num_test", least=0, most=n_test)
    arrays = cifar10.load_arrays(_find())

    parts = {
        "train": ("train", slice(0, num_training)),
        "val": ("train", slice(num_training, num_training + num_validation)),
        "test": ("test", slice(0, num_test)),
    }
    data = {}
    for part, (source, rows) in parts.items():
        images = arrays[f"X_{source}"][rows].transpose(0, 3, 1, 2)
        data[f"X_{part}"] = images.astype(np.float64, order="C")
        data[f"y_{part}"] = np.array(arrays[f"y_{source}"][rows])
    if subtract_mean:
        mean_image = data["X_train"].mean(axis=0)
        for part in parts:
            data[f"X_{part}"] -= mean_image
    return data


def _find() -> Path:
    """Where CIFAR-10 is: the course's own folder comes before the library's, but after ``CIFAR10_DIR``."""
    if not os.environ.get("CIFAR10_DIR") and cifar10.COURSE_FOLDER.is_dir():
        return cifar10.COURSE_FOLDER
    folder = cifar10.find()
    if folder is None:
        raise FileNotFoundError(cifar10.HOW_TO_GET_IT)
    return folder
