"""scenes10: ten classes of 32 x 32 color images, drawn by the library itself.

Every image is a small scene: a background, an object of one of ten classes (CIFAR-10's class names) and
things in front of it. Seven knobs, one for each difficulty of image classification that the course names, go
from 0 (off) to 1. The images take nothing but NumPy and a seed and are the same bytes on every machine.

    knobs.py        how much each knob changes
    primitives.py   shapes, noise, random numbers, painting
    backgrounds.py  backdrops and grounds
    things.py       what stands around behind the object or in the way in front of it
    objects.py      one function a class
    render.py       puts them together
"""

from __future__ import annotations

from .knobs import KNOBS
from .render import CLASS_NAMES, generate

__all__ = ["CLASS_NAMES", "KNOBS", "generate"]
