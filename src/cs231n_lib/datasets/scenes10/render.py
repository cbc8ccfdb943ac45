"""From seed, labels and knobs to images: where the object goes, the light, threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from os import cpu_count
from types import SimpleNamespace

import numpy as np

from cs231n_lib.validation import check_array, check_count, check_labels, check_number

from .backgrounds import paint_background
from .knobs import amounts
from .objects import OBJECTS, STANCE
from .primitives import GRID_X, GRID_Y, PIXEL, SIZE, Draws, Scene, bias, clip01, growth, lerp, rotate, wave
from .things import paint_occluders, paint_props

CLASS_NAMES: tuple[str, ...] = tuple(OBJECTS)
BLOCK = 640  # images a thread takes at a time
BATCH = 64  # images of one class drawn at a time: few enough for the processor's cache


def generate(
    n: int,
    *,
    seed: int,
    labels=None,
    viewpoint: float = 0.5,
    scale: float = 0.5,
    deformation: float = 0.5,
    occlusion: float = 0.5,
    illumination: float = 0.5,
    clutter: float = 0.5,
    intraclass: float = 0.5,
) -> tuple[np.ndarray, np.ndarray]:
    """Draw n images.

    An image depends on the seed, its place in the sequence, its label and the knobs, and on nothing else:
    more images of a seed begin with the same ones. As a knob turns, each image changes smoothly and stays the
    same scene, except that its background, the way it faces and its kind (a steamer, a sailing boat) may
    switch.

    Parameters
    ----------
    n, seed : int
        How many images; which sequence of them.
    labels : array of n integers from 0 to 9, optional
        The class of each image. Without it, each ten images in a row are of ten different classes.
    viewpoint, scale, deformation, occlusion, illumination, clutter, intraclass : float
        The knobs, from 0 (off) to 1. `knobs.AMOUNTS` says what they change.

    Returns
    -------
    X : (n, 32, 32, 3) uint8
        The images: rows, columns, red green blue.
    y : (n,) int64
        Their classes, numbers into `CLASS_NAMES`.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or out of its range; the message names it.
    """
    n, seed = check_count(n, "n", least=0), check_count(seed, "seed", least=0)
    knobs = dict(
        viewpoint=viewpoint,
        scale=scale,
        deformation=deformation,
        occlusion=occlusion,
        illumination=illumination,
        clutter=clutter,
        intraclass=intraclass,
    )
    knobs = {name: check_number(value, name, least=0, most=1) for name, value in knobs.items()}
    y = _balanced_labels(n, seed) if labels is None else _checked_labels(labels, n)
    X = np.empty((n, SIZE, SIZE, 3), np.uint8)
    amount = amounts(knobs)

    def draw(start: int) -> None:
        stop = min(start + BLOCK, n)
        draws = Draws.of_rows(seed, start, stop)
        for label, name in enumerate(CLASS_NAMES):
            rows = np.flatnonzero(y[start:stop] == label)
            for some in np.array_split(rows, max(1, len(rows) // BATCH)):
                if len(some):
                    X[start + some] = _draw_class(name, draws.rows(some), amount)

    # Threads help because NumPy lets go of the interpreter while it computes.
    with ThreadPoolExecutor(min(8, cpu_count() or 1)) as pool:
        list(pool.map(draw, range(0, n, BLOCK)))
    return X, y


def _checked_labels(labels, n: int) -> np.ndarray:
    if n == 0:
        return check_array(labels, "labels", (0,)).astype(np.int64)
    return check_labels(labels, n, len(CLASS_NAMES), "labels")


def _balanced_labels(n: int, seed: int) -> np.ndarray:
    """Shuffle the ten classes again and again: each ten images in a row hold all of them."""
    tens = -(-n // len(CLASS_NAMES))
    words = np.random.PCG64(np.random.SeedSequence([seed, 0])).random_raw(tens * len(CLASS_NAMES))
    orders = np.argsort(words.reshape(tens, len(CLASS_NAMES)), axis=1, kind="stable")
    return orders.ravel()[:n].astype(np.int64)


def _draw_class(name: str, draws: Draws, amount: SimpleNamespace) -> np.ndarray:
    """Draw images of one class, uint8 (n, 32, 32, 3)."""
    n = len(draws.uniform)
    s = Scene(np.empty((3, n, SIZE, SIZE), np.float32), amount, draws)
    object_view, x, y = _place(s, name)
    paint_background(s, name)
    paint_props(s)
    s.x, s.y, s.pixel = object_view
    s.shade = np.minimum(np.maximum(1.06 - 0.2 * s.y, 0.75), 1.25)
    draws.start("object")
    OBJECTS[name](s)
    s.look_at_picture()
    paint_occluders(s, x, y)
    return _expose(s)


def _place(s: Scene, name: str):
    """Choose where the object is and how it is turned; put the horizon where the object stands on the ground.

    Returns the pixels' coordinates as the object sees them with the width of a pixel there, and the object's
    place in the picture.
    """
    s.draws.start("pose")
    a = s.amount
    place_x, place_y = s.uniform(-a.shift, a.shift), 0.04 + 0.85 * s.uniform(-a.shift, a.shift)
    steady = 1.0 if STANCE[name] is None else 0.5  # what stands on the ground does not tip over
    turn, shear = steady * s.uniform(-a.turn, a.turn), s.uniform(-a.shear, a.shear)
    narrow = 1 - s.uniform(0, a.foreshorten)
    facing = np.where(s.uniform() < a.mirrored, np.float32(-1), np.float32(1))
    size = 0.95 * growth(s.uniform(-a.smaller, a.larger))
    stretch = growth(s.uniform(-a.stretch, a.stretch))
    x, y = rotate((GRID_X - place_x) / size, (GRID_Y - place_y) / size, turn)
    x = (facing * x + shear * y) / (stretch * narrow)
    y = y * stretch
    bow_x, bow_y = s.uniform(-a.warp, a.warp), s.uniform(-a.warp, a.warp)
    x = x + bow_x * wave(y * s.uniform(0.25, 0.6) + s.uniform())
    y = y + bow_y * wave(x * s.uniform(0.25, 0.6) + s.uniform())
    rise = s.uniform(-a.horizon, a.horizon)
    if STANCE[name] is None:
        s.horizon = 0.95 + 1.2 * rise
    else:
        s.horizon = place_y + size * (STANCE[name] / stretch - 0.30 + 0.6 * rise)
    s.horizon = np.minimum(np.maximum(s.horizon, -0.7), 1.2)
    return (x, y, PIXEL / size), place_x, place_y


def _expose(s: Scene) -> np.ndarray:
    """Put the pictures under a random light and turn them into bytes, uint8 (n, 32, 32, 3)."""
    s.draws.start("light")
    a = s.amount
    gain = growth(s.uniform(-a.gain, 0.5 * a.gain))
    middle = 0.5 + s.uniform(-a.contrast, a.contrast)
    ramp_x, ramp_y = s.uniform(-a.ramp, a.ramp), s.uniform(-a.ramp, a.ramp)
    light = gain * np.maximum(1 + ramp_x * GRID_X + ramp_y * GRID_Y, 0.1)
    haze = s.uniform(0, a.haze)
    grain = s.draws.noise("grain") * 0.016
    pixels = np.empty((*s.image.shape[1:], 3), np.uint8)
    for channel, color in enumerate(s.image):
        tint = growth(s.uniform(-a.tint, a.tint))
        color = bias(clip01(color), middle) * (light * tint)
        color = lerp(color, 0.72 * gain, haze) + grain
        pixels[..., channel] = clip01(color) * 255 + np.float32(0.5)
    return pixels
