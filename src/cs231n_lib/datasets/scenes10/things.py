"""Things that stand around behind the object and things that are in the way in front of it.

One short function each. It gets a scene and where each pixel is as the thing sees it, (u, v), and paints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from .primitives import GRID_X, GRID_Y, PIXEL, Scene, box, circle, clip01, lerp, rgb, smooth_union, union

# --------------------------------------------------- behind: (0, 0) is the foot, the thing is about 1 high


def tree(s: Scene, u, v, light) -> None:
    s.paint(box(u, v, 0, -0.25, 0.05, 0.26, 0.01), rgb("573d29") * light)
    crown = union(circle(u, v, 0, -0.75, 0.33), circle(u, v, 0.18, -0.58, 0.25))
    s.paint(crown + 0.10 * s.draws.noise("leaves"), rgb("386b29") * light, 0.35)


def bush(s: Scene, u, v, light) -> None:
    shape = smooth_union(circle(u, v, -0.15, -0.15, 0.22), circle(u, v, 0.17, -0.12, 0.2))
    s.paint(shape + 0.10 * s.draws.noise("leaves"), rgb("477a2e") * light, 0.35)


def stone(s: Scene, u, v, light) -> None:
    shape = smooth_union(circle(u, v, -0.1, -0.05, 0.17), circle(u, v, 0.12, -0.02, 0.15))
    s.paint(shape, rgb("858280") * light, 0.35)


def crate(s: Scene, u, v, light) -> None:
    s.paint(box(u, v, 0, -0.16, 0.2, 0.18, 0.02), rgb("a87340") * light, 0.35)


def post(s: Scene, u, v, light) -> None:
    s.paint(box(u, v, 0, -0.40, 0.045, 0.42, 0.01), rgb("665242") * light, 0.35)


def paint_props(s: Scene) -> None:
    """Paint up to four things that stand on the ground, smaller the farther away."""
    s.draws.start("props")
    for _ in range(4):
        present = clip01((s.amount.prop_share - s.uniform()) * 8)
        kind, x, nearness, light = s.uniform(), s.uniform(-1, 1), s.uniform(0.05, 0.6), s.uniform(0.7, 1.15)
        width, height = s.uniform(0.8, 1.25), s.uniform(0.8, 1.25)
        y = s.horizon + 0.5 * nearness * np.minimum(1 - s.horizon, 1)
        for rows, paint in _by_kind(kind, present, (tree, bush, stone, crate, post)):
            part = s.part(rows)
            size = (present * (0.4 + nearness))[rows]
            part.pixel = PIXEL / size
            u, v = (GRID_X - x[rows]) / (size * width[rows]), (GRID_Y - y[rows]) / (size * height[rows])
            paint(part, u, v, light[rows])
            s.image[:, rows] = part.image


# ------------------------------------------------------ in front: (0, 0) is the center, r the thing's radius


def pole(s: Scene, u, v, r, light, tone) -> None:
    s.paint(np.abs(u) - 0.28 * r, lerp(rgb("6b5238"), rgb("8c8f94"), tone) * light, 0.35)


def twig(s: Scene, u, v, r, light, tone) -> None:
    s.paint(np.abs(v) - 0.18 * r, rgb("574029") * light, 0.35)
    s.paint(circle(u, v, 0, 0, 0.8 * r) + 0.12 * s.draws.noise("leaves"), rgb("4c752e") * light, 0.35)


def hedge(s: Scene, u, v, r, light, tone) -> None:
    v = v - 0.3
    shape = smooth_union(circle(u, v, 0, 0, r), circle(u, v, 0.2, 0.1, r))
    s.paint(shape + 0.12 * s.draws.noise("leaves"), rgb("40732b") * light, 0.35)


def sign(s: Scene, u, v, r, light, tone) -> None:
    shape = union(box(u, v, 0, 0, 1.1 * r, 0.75 * r, 0.02), np.maximum(np.abs(u) - 0.03, -v))
    s.paint(shape, lerp(rgb("9e7347"), rgb("ada89e"), tone) * light, 0.35)


def paint_occluders(s: Scene, place_x, place_y) -> None:
    """Paint up to four things in front of the object, which is at (place_x, place_y)."""
    s.draws.start("occluders")
    for _ in range(4):
        present = clip01((s.amount.occluder_share - s.uniform()) * 8)
        kind, light, tone, lean = s.uniform(), s.uniform(0.7, 1.2), s.uniform(), s.uniform(-0.3, 0.3)
        x, y = GRID_X - place_x - s.uniform(-0.6, 0.6), GRID_Y - place_y - s.uniform(-0.5, 0.5)
        radius = s.uniform(0.15, 0.24) * s.amount.occluder_size * present
        x, y = x + lean * y, y + lean * x
        for rows, paint in _by_kind(kind, present, (pole, twig, hedge, sign)):
            part = s.part(rows)
            paint(part, x[rows], y[rows], radius[rows], light[rows], tone[rows])
            s.image[:, rows] = part.image


def _by_kind(kind, present, functions: tuple[Callable, ...]) -> Iterator[tuple[np.ndarray, Callable]]:
    """Yield for each function the images in which the thing it paints is present."""
    number = np.floor(kind * len(functions))
    for i, function in enumerate(functions):
        rows = np.flatnonzero((number == i) & (present > 0))
        if len(rows):
            yield rows, function
