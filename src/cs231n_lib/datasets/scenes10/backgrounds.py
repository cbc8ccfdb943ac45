"""What is behind the objects: a backdrop above the horizon and a ground below it.

One short function each. It gets a scene and returns colors for the whole picture.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .primitives import GRID_X, GRID_Y, Scene, box, clip01, fill, lerp, rgb, smoothstep, stripes, wave

# ------------------------------------------------------------------------------------------- backdrops


def sky(s: Scene) -> np.ndarray:
    height = clip01((GRID_Y + 1) / np.maximum(s.horizon + 1, 0.5))
    weather, dusk = s.uniform() * s.amount.texture, s.uniform()
    top = lerp(rgb("4587e6"), rgb("94a8c2"), weather)
    bottom = lerp(rgb("b8def7"), lerp(rgb("d1d9db"), rgb("f7cca8"), dusk), weather)
    cloud = smoothstep(0.0, 0.55, s.draws.noise("clouds") + s.uniform(-0.5, 0.2)) * s.amount.texture
    return lerp(lerp(top, bottom, height), rgb("f5f7fa"), 0.9 * cloud)


def hills(s: Scene) -> np.ndarray:
    image = sky(s)
    for height, color in ((0.34, rgb("85a3ad")), (0.17, rgb("618a66"))):
        ridge = s.horizon - height * (1 + 0.6 * wave(GRID_X * s.uniform(0.3, 0.7) + s.uniform()))
        image = fill(image, ridge - GRID_Y, color)
    return image


def sea(s: Scene) -> np.ndarray:
    image = sky(s)
    color = rgb("296199") * (1 + 0.25 * s.amount.texture * s.draws.noise("ground"))
    return fill(image, s.horizon - s.uniform(0.12, 0.35) - GRID_Y, color)


def forest(s: Scene) -> np.ndarray:
    light = 0.05 + 0.5 * (s.horizon - GRID_Y) + 0.9 * s.amount.texture * s.draws.noise("leaves")
    image = lerp(rgb("14331c"), rgb("5c853d"), clip01(light))
    for _ in range(4):
        middle = s.uniform(-1, 1) + s.uniform(-0.1, 0.1) * GRID_Y
        trunk = np.abs(GRID_X - middle) - s.uniform(0.03, 0.10)
        image = fill(image, trunk, rgb("3d2b1f"), 0.3 + 0.6 * s.amount.texture)
    return image


def town(s: Scene) -> np.ndarray:
    image = sky(s)
    for x in (-1, -0.5, 0, 0.5, 1):
        x, top = x + s.uniform(-0.12, 0.12), s.horizon - s.uniform(0.35, 0.95)
        house = np.maximum(np.abs(GRID_X - x) - s.uniform(0.18, 0.30), top - GRID_Y)
        color = lerp(rgb("9e6654"), lerp(rgb("b8b2a8"), rgb("7a8a9e"), s.uniform()), s.uniform())
        image = fill(image, house, color)
        panes = np.maximum(0.07 - stripes(GRID_X - x, 0.19), 0.08 - stripes(GRID_Y - top, 0.25))
        image = fill(image, np.maximum(panes, house + 0.05), 0.62 * color, s.amount.texture)
    return image


def wall(s: Scene) -> np.ndarray:
    color = lerp(rgb("a8bdbd"), rgb("c29994"), s.uniform())
    color = lerp(rgb("dbc9ab"), color, s.uniform() * s.amount.texture)
    image = color * (1 + 0.06 * s.amount.texture * wave(GRID_X * s.uniform(2.0, 4.0)))
    image = fill(image, np.abs(GRID_Y - s.horizon + 0.06) - 0.05, rgb("ede8db"), 0.8)
    x, y = s.uniform(-0.9, 0.9), s.horizon - s.uniform(0.7, 1.1)
    frame = box(GRID_X, GRID_Y, x, y, s.uniform(0.18, 0.35), s.uniform(0.18, 0.32), 0.02)
    hung = clip01(2 * s.amount.texture - 0.5)
    image = fill(image, frame, rgb("6b472e"), hung)
    return fill(image, frame + 0.08, lerp(rgb("8cb8db"), rgb("cc9e6b"), s.uniform()), hung)


# --------------------------------------------------------------------------------------------- grounds


def _plain(s: Scene, far: np.ndarray, near: np.ndarray, roughness: float) -> np.ndarray:
    """A plain that gets rougher towards the viewer."""
    depth = clip01((GRID_Y - s.horizon) / np.maximum(1 - s.horizon, 0.4))
    texture = roughness * s.amount.texture * (0.35 + 0.65 * depth) * s.draws.noise("ground")
    return lerp(far, near, depth) * (1 + texture)


def grass(s: Scene) -> np.ndarray:
    dry = 0.8 * s.amount.texture * s.uniform()
    return _plain(s, lerp(rgb("85ad57"), rgb("b2a866"), dry), lerp(rgb("45852e"), rgb("8c8042"), dry), 0.22)


def sand(s: Scene) -> np.ndarray:
    return _plain(s, rgb("dbc799"), rgb("c7a875"), 0.14)


def snow(s: Scene) -> np.ndarray:
    return _plain(s, rgb("e4eaf3"), rgb("c8d6ea"), 0.10)


def leaves(s: Scene) -> np.ndarray:
    image = _plain(s, rgb("615c33"), rgb("664a2b"), 0.30)
    return image * (1 + 0.25 * s.amount.texture * s.draws.noise("leaves"))


def road(s: Scene) -> np.ndarray:
    image = _plain(s, rgb("85858a"), rgb("5c5c63"), 0.08)
    image = fill(image, np.abs(GRID_Y - s.horizon - 0.05) - 0.05, rgb("a8a69e"), 0.8)
    line = np.abs(GRID_Y - s.horizon - s.uniform(0.45, 0.70)) - 0.04
    return fill(image, np.maximum(line, 0.15 - stripes(GRID_X + s.uniform(), 0.56)), rgb("ede8c7"), 0.75)


def water(s: Scene) -> np.ndarray:
    green = s.amount.texture * s.uniform()
    image = _plain(
        s, lerp(rgb("5c94b8"), rgb("5c856b"), green), lerp(rgb("1a4c85"), rgb("1f4c47"), green), 0.16
    )
    depth = clip01(GRID_Y - s.horizon)
    ripple = wave(GRID_Y * (5.2 - 1.6 * depth) + 0.5 * s.draws.noise("clouds") + s.uniform())
    return image + 0.09 * s.amount.texture * (0.4 + depth) * ripple


def floor(s: Scene) -> np.ndarray:
    wood = lerp(rgb("754c30"), rgb("a8a399"), s.uniform())
    wood = lerp(rgb("9e6e45"), wood, s.amount.texture * s.uniform())
    depth = np.maximum(GRID_Y - s.horizon, 0) + 0.35
    gap = stripes(GRID_X / depth + s.uniform(), 0.6) * depth - 0.02
    return fill(_plain(s, 1.12 * wood, 0.9 * wood, 0.06), gap, 0.6 * wood, 0.6 * s.amount.texture)


BACKDROPS = {f.__name__: f for f in (sky, hills, sea, forest, town, wall)}
GROUNDS = {f.__name__: f for f in (grass, sand, snow, leaves, road, water, floor)}

# For each class its typical backdrop and ground, then the plausible ones (named twice: twice as likely).
CONTEXTS: dict[str, tuple[str, str, str, str]] = {
    "airplane": ("sky", "road", "sky sky hills town sea", "road road grass sand water"),
    "automobile": ("town", "road", "town town hills forest sky wall", "road road sand grass snow"),
    "bird": ("forest", "grass", "forest forest sky hills sea town", "grass grass water snow leaves"),
    "cat": ("wall", "floor", "wall wall wall town forest", "floor floor floor road grass"),
    "deer": ("forest", "leaves", "forest forest hills sky", "leaves leaves grass snow"),
    "dog": ("hills", "grass", "hills wall forest town sea", "grass grass floor sand road"),
    "frog": ("forest", "water", "forest forest wall hills", "water water leaves grass"),
    "horse": ("hills", "sand", "hills hills sky forest sea", "sand sand grass leaves"),
    "ship": ("sea", "water", "sea sky hills town", "water"),
    "truck": ("sky", "road", "sky town hills forest wall", "road road sand grass snow"),
}


def _choose(s: Scene, typical: str, plausible: str, every: dict[str, Callable]) -> np.ndarray:
    """Choose a backdrop or ground for each image: its number in `every`, shape (n,)."""
    is_plausible, is_anything = s.uniform() < s.amount.plausible, s.uniform() < s.amount.anywhere
    names = list(every)
    likely = np.array([names.index(name) for name in plausible.split()])
    chosen = np.where(is_plausible, likely[s.integer(len(likely))], names.index(typical))
    return np.where(is_anything, s.integer(len(names)), chosen)[:, 0, 0]


def _paint_each(s: Scene, section: str, chosen: np.ndarray, functions: dict[str, Callable]) -> np.ndarray:
    """Let each backdrop (or ground) paint the images that have it."""
    image = np.empty_like(s.image)
    for number, function in enumerate(functions.values()):
        rows = np.flatnonzero(chosen == number)
        if len(rows):
            part = s.part(rows)
            part.draws.start(section)
            image[:, rows] = function(part)
    return image


def paint_background(s: Scene, name: str) -> None:
    """Paint backdrop and ground of an object's class; `s.horizon` must be known."""
    s.draws.start("context")
    backdrop, ground, backdrops, grounds = CONTEXTS[name]
    backdrop = _choose(s, backdrop, backdrops, BACKDROPS)
    ground = _choose(s, ground, grounds, GROUNDS)
    above = _paint_each(s, "backdrop", backdrop, BACKDROPS)
    below = _paint_each(s, "ground", ground, GROUNDS)
    s.image = fill(above, s.horizon - GRID_Y, below)
    s.image += np.stack([s.uniform(-s.amount.recolor, s.amount.recolor) for _ in range(3)])
