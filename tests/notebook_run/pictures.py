"""Compare two pictures with a tolerance for what differs between machines but not between results."""

import base64
import io

import numpy as np
from PIL import Image

TYPES = ("image/png", "image/jpeg")  # what notebooks store pictures as
MAX_RMS = 2.0  # gray levels of 255, over the whole picture
MAX_CHANGED_SHARE = 0.002  # share of pixels that differ by more than CHANGED
CHANGED = 32  # gray levels


def encoded_pictures(outputs) -> list[str]:
    """All pictures in the outputs, in their order."""
    return [out["data"][t] for out in outputs for t in TYPES if t in out.get("data", ())]


def pixels(encoded: str | list[str]) -> np.ndarray:
    """The RGB pixels ``(H, W, 3)`` of a base64-encoded picture."""
    text = "".join(encoded)
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(text))).convert("RGB"), dtype=float)


def difference(stored: str | list[str], new: str | list[str]) -> str:
    """Say how two encoded pictures differ; an empty string where they agree."""
    a, b = pixels(stored), pixels(new)
    if a.shape != b.shape:
        return f"size {a.shape[1]}x{a.shape[0]} became {b.shape[1]}x{b.shape[0]}"
    gap = np.abs(a - b)
    rms = np.sqrt((gap**2).mean())
    share = (gap.max(axis=2) > CHANGED).mean()
    if rms > MAX_RMS or share > MAX_CHANGED_SHARE:
        return (
            f"root mean square {rms:.2f} of 255 (at most {MAX_RMS}), "
            f"{share:.2%} of the pixels changed (at most {MAX_CHANGED_SHARE:.2%})"
        )
    return ""
