"""What a reader is told when a cell no longer shows what is stored: how it differs, and where to see it."""

import difflib
import io
import re
import tempfile
from itertools import zip_longest
from pathlib import Path

import numpy as np
from PIL import Image

from . import kernels, pictures

FOLDER = kernels.NOTEBOOKS.parent / "build" / "differences"
COLOR_CODE = re.compile(r"\x1b\[[0-9;]*m")
MOST_LINES = 40
RED = (215, 25, 28)


def kinds(outputs) -> list[tuple]:
    """The order and kind of the outputs, such as ``[("stream", "stdout"), ("display_data", ...)]``."""
    return [(out.output_type, out.get("name") or tuple(sorted(out.get("data", ())))) for out in outputs]


def differences(stored: list, new: list, file_stem: str) -> str:
    """How the outputs of a cell differ: their kinds, their text line by line, their pictures.

    Pictures that differ are saved as ``build/differences/<file_stem>.png``: stored, new, and what changed.
    """
    found = []
    if kinds(stored) != kinds(new):
        found.append(f"order or kind of outputs: stored {kinds(stored)}, now {kinds(new)}")
    lines = list(difflib.unified_diff(_text(stored), _text(new), "stored", "now", lineterm="", n=1))
    if len(lines) > MOST_LINES:
        lines[MOST_LINES:] = [f"... and {len(lines) - MOST_LINES} lines more"]
    found += lines
    both = list(zip_longest(pictures.encoded_pictures(stored), pictures.encoded_pictures(new)))
    for number, (before, after) in enumerate(both, start=1):
        changed = "is new or gone" if None in (before, after) else pictures.difference(before, after)
        if changed:
            name = f"{file_stem}-{number}" if len(both) > 1 else file_stem
            found.append(f"picture: {changed}; see {_save(before, after, name)}")
    return "\n".join(found) or "an output that is neither text nor picture differs"


def without_colors(printed: str) -> str:
    """A traceback as plain text."""
    return COLOR_CODE.sub("", printed)


def _text(outputs) -> list[str]:
    lines = []
    for out in outputs:
        data = out.get("data", {})
        shown = out.get("text") or next((data[t] for t in ("text/html", "text/plain") if t in data), "")
        lines += [] if pictures.encoded_pictures([out]) else without_colors("".join(shown)).splitlines()
    return lines


def _save(stored: str | None, new: str | None, name: str) -> Path:
    """Save stored picture, new picture, and the stored one in gray with what changed in red, side by side."""
    panels = [pictures.pixels(encoded) for encoded in (stored, new) if encoded is not None]
    height, width = np.max([panel.shape[:2] for panel in panels], axis=0)
    panels = [
        np.pad(p, [(0, height - p.shape[0]), (0, width - p.shape[1]), (0, 0)], constant_values=255)
        for p in panels
    ]
    if len(panels) == 2:
        marked = 160 + 0.35 * panels[0].mean(axis=2, keepdims=True).repeat(3, axis=2)
        marked[np.abs(panels[0] - panels[1]).max(axis=2) > pictures.CHANGED / 4] = RED
        panels.append(marked)
    picture = Image.fromarray(np.hstack(panels).clip(0, 255).astype(np.uint8))
    file = io.BytesIO()
    picture.save(file, "PNG")
    for folder in (FOLDER, Path(tempfile.gettempdir())):  # the second for a checkout that cannot be written
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{name}.png").write_bytes(file.getvalue())
            return folder / f"{name}.png"
        except OSError:
            continue
    return Path("(it could not be saved)")
