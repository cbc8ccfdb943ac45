"""Tiny batches in CIFAR-10's two layouts, written byte by byte and not by the code under test."""

import io

import numpy as np

BATCHES = [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]


def python2_string(text):
    return b"U" + bytes([len(text)]) + text.encode("ascii")


def official_pickle(rows, labels):
    """What Python 2's cPickle wrote into the official files: protocol 2, text and pixels as byte strings."""
    content = np.ascontiguousarray(rows, np.uint8).tobytes()
    n, width = rows.shape
    out = io.BytesIO()
    out.write(b"\x80\x02}(" + python2_string("batch_label") + python2_string("a batch"))
    out.write(python2_string("labels") + b"](")
    out.write(b"".join(b"J" + int(y).to_bytes(4, "little", signed=True) for y in labels))
    out.write(b"e" + python2_string("data"))
    out.write(b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85" + python2_string("b"))
    out.write(b"\x87R(K\x01M" + n.to_bytes(2, "little") + b"M" + width.to_bytes(2, "little") + b"\x86")
    out.write(b"cnumpy\ndtype\n" + python2_string("u1") + b"K\x00K\x01\x87R(K\x03" + python2_string("|"))
    out.write(b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89")
    out.write(b"T" + len(content).to_bytes(4, "little") + content + b"tbu.")
    return out.getvalue()


def binary_records(rows, labels):
    return b"".join(bytes([y]) + row.tobytes() for row, y in zip(rows, labels, strict=True))


def random_rows(n, seed):
    """n images as CIFAR-10 stores them, (n, 3072) channel first, and their labels."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (n, 3072), dtype=np.uint8), [int(y) for y in rng.integers(0, 10, n)]


def as_images(rows):
    """(n, 3072) -> (n, 32, 32, 3), pixel by pixel as the course's web page describes the layout."""
    images = np.empty((len(rows), 32, 32, 3), np.uint8)
    for channel in range(3):
        for row in range(32):
            start = channel * 1024 + row * 32
            images[:, row, :, channel] = rows[:, start : start + 32]
    return images


def write_folder(folder, n=3, binary=False, seed=0):
    """Six batches of n images; returns the expected X_train, y_train, X_test, y_test."""
    folder.mkdir(parents=True, exist_ok=True)
    X, y = [], []
    for i, name in enumerate(BATCHES):
        rows, labels = random_rows(n, seed + i)
        content = binary_records(rows, labels) if binary else official_pickle(rows, labels)
        (folder / (name + ".bin" if binary else name)).write_bytes(content)
        X.append(as_images(rows))
        y += labels
    return np.concatenate(X[:5]), np.array(y[: 5 * n]), X[5], np.array(y[5 * n :])
