"""Read CIFAR-10's pickles without running what a pickle can hide.

A **pickle** is a small program. Its GLOBAL opcode fetches any function of any module by name and its REDUCE
opcode calls it, so opening a file from a stranger can run anything. CIFAR-10 needs a few names, all to build
one array of bytes. The reader here answers those names, and no others, with stand-ins of its own: nothing of
NumPy or Python is handed to the file. The stand-ins are swapped for arrays once the file has been read.

Source: the Python documentation of ``pickle``, "Restricting Globals".
"""

import io
import pickle
import pickletools
from os import PathLike
from typing import Any, BinaryIO

import numpy as np


class _Uint8:
    """Stands in for ``numpy.dtype("uint8")``."""

    __slots__ = ()

    def __setstate__(self, state: tuple) -> None:
        # (version, byte order, subarray, names, fields, item size, alignment, flags)
        if tuple(state[1:5]) != ("|", None, None, None):
            raise ValueError(f"it describes the element type {state!r}, not plain bytes")


class _Array:
    """Stands in for an array of bytes until the file has been read."""

    __slots__ = ("array",)

    def __setstate__(self, state: tuple) -> None:
        _version, shape, dtype, fortran_order, content = state
        if isinstance(content, str):  # Python 2's byte strings arrive as latin-1 text
            content = content.encode("latin1")
        self.fill(content, dtype, shape, "F" if fortran_order else "C")

    def fill(self, content: bytes | bytearray, dtype: Any, shape: Any, order: str) -> None:
        if type(dtype) is not _Uint8:
            raise ValueError("it holds an array of something other than uint8")
        # frombuffer and reshape refuse what is no bytes, and a shape that does not fit them
        self.array = np.frombuffer(content, np.uint8).reshape(shape, order=order).copy()


_NDARRAY = object()  # stands in for the class numpy.ndarray; it is passed on and never called


def _make_dtype(code: str, align: Any = False, copy: Any = True) -> _Uint8:
    if code not in ("u1", "|u1", "uint8"):
        raise ValueError(f"it holds an array of element type {code!r}; only uint8 is read")
    return _Uint8()


def _reconstruct(array_class: Any, shape: Any, code: Any) -> _Array:
    if array_class is not _NDARRAY:
        raise ValueError("it holds an array of a class other than numpy.ndarray")
    return _Array()


def _from_buffer(content: bytes | bytearray, dtype: Any, shape: Any, order: str) -> _Array:
    array = _Array()
    array.fill(content, dtype, shape, order)
    return array


def _encode(text: str, encoding: str = "latin1") -> bytes:
    """How Python 3 writes bytes in protocol 2."""
    if encoding != "latin1":
        raise ValueError(f"it holds bytes in the encoding {encoding!r}; only latin1 is read")
    return text.encode("latin1")


_STAND_INS = {
    ("numpy", "ndarray"): _NDARRAY,
    ("numpy", "dtype"): _make_dtype,
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,  # the official files, and NumPy 1
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,  # re-saved with NumPy 2
    ("numpy.core.numeric", "_frombuffer"): _from_buffer,  # pickle protocol 5
    ("numpy._core.numeric", "_frombuffer"): _from_buffer,
    ("_codecs", "encode"): _encode,
}


class _ForbiddenGlobal(pickle.UnpicklingError):
    pass


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _STAND_INS:
            raise _ForbiddenGlobal(f"it asks for {module}.{name}")
        stand_in = _STAND_INS[module, name]
        if stand_in is _NDARRAY:
            return stand_in
        # A new wrapper each time: a BUILD opcode may set attributes of what it is given, and this one is
        # thrown away.
        return lambda *args: stand_in(*args)

    def persistent_load(self, pid: Any) -> Any:
        raise _ForbiddenGlobal("it asks for an object outside the file")


def _check_sizes(content: bytes) -> None:
    """Refuse what a few bytes would make huge: text of a length, or a memo of a number, beyond the file's."""
    for opcode, argument, _ in pickletools.genops(content):  # refuses lengths that the file does not have
        if "PUT" in opcode.name and int(argument) > len(content):
            raise ValueError(f"it numbers {len(content)} bytes up to {argument}")


def _finish(value: Any, met: set[int]) -> Any:
    """Swap the stand-ins for what they stand for, inside plain containers, none of which may stand twice.

    (Lists of 22 levels that each hold the one below twice would be four million lists.)
    """
    if type(value) is _Array:
        return value.array
    if value is None or type(value) in (bool, int, float, str, bytes, bytearray):
        return value
    if type(value) not in (list, tuple, dict):
        raise ValueError(
            "it holds something other than numbers, text, lists, tuples, dicts and arrays of bytes"
        )
    if value and id(value) in met:
        raise ValueError(f"it holds one {type(value).__name__} in two places")
    met.add(id(value))
    if type(value) is dict:
        return {_finish(key, met): _finish(item, met) for key, item in value.items()}
    return type(value)(_finish(item, met) for item in value)


def load(file: BinaryIO, name: str | PathLike | None = None) -> Any:
    """Read one pickle made of numbers, text, lists, tuples, dicts and uint8 arrays; refuse any other.

    Byte strings of Python 2 become `str` (latin-1, one character per byte), arrays writable uint8 arrays.
    Messages call the file `name`, by default its own name.

    Raises
    ------
    TypeError
        `file` is a path, or open as text.
    ValueError
        The pickle asks for anything else, is cut short, or is no pickle. The message names the file and what
        it asked for. Nothing of it has been run.
    """
    if isinstance(file, io.TextIOBase) or not hasattr(file, "readline"):
        raise TypeError(f'f must be a file open for reading in binary, open(path, "rb"), got {file!r}')
    name = name if name is not None else getattr(file, "name", "the file")
    if getattr(file, "closed", False):
        raise ValueError(f"{name} must be open, got a closed file")
    seekable = getattr(file, "seekable", bool)()
    start = file.tell() if seekable else 0
    try:
        content = file.read()
        _check_sizes(content)
        stream = io.BytesIO(content)
        value = _finish(_Reader(stream, encoding="latin1").load(), set())
        if seekable:
            file.seek(start + stream.tell())  # as pickle.load leaves it
        return value
    except _ForbiddenGlobal as error:
        raise ValueError(
            f"{name} is not safe to read: {error}, which CIFAR-10 does not need. Nothing of it was run. "
            "Delete the file and download CIFAR-10 again."
        ) from error
    except OSError:  # the disk's fault, and not the file's
        raise
    except Exception as error:  # a damaged pickle can raise almost anything
        if start > 0:
            raise ValueError(
                f"{name} must be read from its start, got it at byte {start}: open it anew"
            ) from error
        raise ValueError(
            f"{name} is damaged or no file of CIFAR-10: {error or type(error).__name__}. "
            "Delete the file and download CIFAR-10 again."
        ) from error
