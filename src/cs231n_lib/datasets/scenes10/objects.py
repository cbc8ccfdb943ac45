"""The ten objects, one short function a class.

An object faces right, fills about -0.9 to 0.9 in x and y (y runs down) and is painted back to front. Where it
stands on the ground is `STANCE`. Random numbers are drawn in the same order whatever the knobs are.
"""

from __future__ import annotations

import numpy as np

from .primitives import (
    Scene,
    box,
    capsule,
    circle,
    ellipse,
    lerp,
    polygon,
    rgb,
    smooth_union,
    stripes,
    union,
    wave,
)

BLACK, WHITE, GLASS = rgb("171417"), rgb("f5f5f0"), rgb("80b2d6")
SHADOW, LAMP, WOOD = rgb("171a1a"), rgb("ffed99"), rgb("614229")
PINK, ORANGE = rgb("e68085"), rgb("f2941f")

# y of feet, wheels or waterline; None for what flies
STANCE: dict[str, float | None] = {
    "airplane": None, "automobile": 0.46, "bird": None, "cat": 0.82, "deer": 0.84, "dog": 0.80, "frog": 0.66,
    "horse": 0.84, "ship": 0.36, "truck": 0.48,
}  # fmt: skip


def airplane(s: Scene) -> None:
    x, y = s.x, s.y
    skin = s.pick("edf0f5 b8c2d1 476bb8 d63d33 f2cc4c 5c6675")
    trim = s.pick("1f47a8 d12424 1a755c f5991a")
    length, radius = s.vary(0.80, 0.12), s.vary(0.135, 0.03)
    sweep, near, far = s.bend(0.36, 0.20), s.vary(0.42, 0.12), s.vary(0.40, 0.12)
    tip, tail = s.bend(0.0, 0.10), -length
    far_wing = polygon(x, y, (0.24, -0.04), (-0.10, -0.04), (-0.10 - sweep, -far), (0.04 - sweep, -far))
    near_wing = polygon(x, y, (-0.10, 0.04), (0.28, 0.04), (-0.02 - sweep, near), (-0.20 - sweep, near))
    fin = polygon(
        x, y, (tail + 0.36, -0.06), (tail, -0.06), (tail + tip - 0.10, -0.46), (tail + tip + 0.10, -0.46)
    )
    tailplane = polygon(x, y, (tail + 0.02, -0.03), (tail + 0.26, -0.03), (tail, 0.15), (tail - 0.14, 0.15))
    engine = capsule(x, y, 0.08 - 0.5 * sweep, 0.55 * near, 0.24 - 0.5 * sweep, 0.55 * near, 0.065)
    hull = capsule(x, y, tail, -0.05, length - 0.05, 0.0, 0.45 * radius, radius)
    windows = np.maximum(np.abs(y + 0.035) - 0.03, 0.045 - stripes(x, 0.16))
    s.paint(far_wing, 0.70 * skin)
    s.paint(fin, trim)
    s.paint(hull, skin, 0.3)
    s.paint(np.maximum(hull, 0.055 - y), 0.75 * trim, 0)
    s.paint(np.maximum(hull + 0.05, windows), BLACK, 0)
    s.paint(ellipse(x, y, length - 0.02, -0.05, 0.08, 0.045), BLACK, 0)
    s.paint(engine, 0.6 * skin)
    s.paint(near_wing, 0.88 * skin, 0.35)
    s.paint(tailplane, 0.85 * skin)


def automobile(s: Scene) -> None:
    x, y = s.x, s.y
    paint = s.pick("d61f1f 2652c7 ededeb 26262b f5c21f a3abb2 1a8052")
    length, half_height = s.vary(0.80, 0.10), s.vary(0.17, 0.04)
    roof, rear, front = s.vary(-0.34, 0.08), s.vary(-0.30, 0.20), s.vary(0.18, 0.10)
    wheel, axle = s.vary(0.165, 0.03), s.bend(0.48, 0.08)
    light = s.uniform(0.3, 1.0)
    s.paint(ellipse(x, y, 0, 0.45, 0.90, 0.07), SHADOW, 0, opacity=0.55)
    cabin = polygon(x, y, (-0.62, 0.06), (rear, roof), (front, roof), (0.50, 0.06)) - 0.03
    body = box(x, y, 0, 0.16, length, half_height, 0.12)
    s.paint(smooth_union(cabin, body, 0.06), paint, 0.3)
    s.paint(np.maximum(cabin + 0.09, 0.035 - np.abs(x + 0.04)), GLASS * light, 0.1)
    s.paint(np.maximum(body, np.abs(y - 0.22) - 0.02), 0.6 * paint, 0)
    s.paint(ellipse(x, y, length - 0.06, 0.10, 0.08, 0.06), LAMP, 0)
    s.paint(box(x, y, 0.04 - length, 0.10, 0.05, 0.06), rgb("eb261a"), 0)
    _wheels(s, wheel, 0.32, -axle, axle)


def _wheels(s: Scene, r, y, *centers) -> None:
    tires = union(*(circle(s.x, s.y, x, y, r) for x in centers))
    s.paint(tires, BLACK, 0.1)
    s.paint(tires + 0.55 * r, rgb("bdbfc7"), 0.1)


def truck(s: Scene) -> None:
    x, y = s.x, s.y
    paint = s.pick("3366bd db261f f5bd1a 26804c ededeb 4c4c57 eb751a")
    cargo = s.pick("e8e8e3 999ea6 c27533 4c75a8 94332e f2cc52")
    top, corner, rib = s.vary(-0.52, 0.14), s.vary(0.06, 0.05), s.vary(0.22, 0.08)
    cab_top, gap = s.vary(-0.28, 0.10), s.bend(0.02, 0.05)
    wheel, axle = s.vary(0.16, 0.03), s.bend(0.0, 0.07)
    load = box(x, y, -0.27 - gap, 0.5 * (top + 0.24), 0.55, 0.5 * (0.24 - top), corner)
    cab = box(x, y, 0.60, 0.5 * (cab_top + 0.30), 0.24, 0.5 * (0.30 - cab_top), 0.08)
    s.paint(ellipse(x, y, 0, 0.48, 0.92, 0.07), SHADOW, 0, opacity=0.55)
    s.paint(box(x, y, 0, 0.28, 0.82, 0.06), 2 * BLACK, 0)
    s.paint(load, cargo)
    s.paint(np.maximum(load + 0.05, stripes(x, rib) - 0.02), 0.72 * cargo, 0)
    s.paint(cab, paint, 0.3)
    s.paint(box(x, y, 0.68, cab_top + 0.17, 0.12, 0.10, 0.03), GLASS, 0.1)
    s.paint(ellipse(x, y, 0.80, 0.20, 0.05, 0.05), LAMP, 0)
    _wheels(s, wheel, 0.34, axle - 0.62, axle - 0.26, 0.56 - axle)


def ship(s: Scene) -> None:
    x, y = s.x, s.y
    paint = s.pick("b82424 243366 ededed 333840 1a6b66 eb9933")
    canvas = s.pick("f2f2ed dbcca6 b2bac2 f5db8f")
    trim = s.pick("eb8c1f d12626 26262e 265ca8")
    sails = s.variant(0.0, 0.5)
    length, rail, swell = s.vary(0.84, 0.10), s.vary(0.06, 0.06), s.uniform()
    surface = 0.34 + 0.03 * wave(x * 2 + swell)
    hull = polygon(
        x, y, (length, rail - 0.08), (0.72 * length, 0.44), (-0.84 * length, 0.44), (-length, rail)
    )
    hull = np.maximum(hull, y - surface)
    foam = np.maximum(np.abs(y - surface) - 0.035, np.abs(x) - 0.95 * length)
    _superstructure(s, length, rail, canvas, trim, 1 - sails)
    _rigging(s, rail, canvas, trim, sails)
    s.paint(hull, paint, 0.3)
    s.paint(np.maximum(hull, np.abs(y - rail - 0.09) - 0.025), WHITE, 0)
    s.paint(foam, rgb("e0f0f5"), 0, opacity=0.8)


def _superstructure(s: Scene, length, rail, color, funnel_color, opacity) -> None:
    """Two decks, a funnel and a mast of a steamer."""
    x, y = s.x, s.y
    lower, upper = s.vary(0.16, 0.05), s.vary(0.12, 0.04)
    funnel_x, half, lean = s.bend(-0.15, 0.2), s.vary(0.30, 0.08), s.bend(0.0, 0.05)
    funnel_y = rail - 2 * lower - 0.6 * half
    funnel = box(x, y, funnel_x, funnel_y, 0.09, half, 0.02)
    lower_deck = box(x, y, -0.08, rail - 0.6 * lower, 0.60 * length, lower, 0.03)
    upper_deck = box(x, y, 0.5 * funnel_x - 0.10, rail - 1.5 * lower - upper, 0.38 * length, upper, 0.03)
    decks = union(lower_deck, upper_deck)
    panes = np.maximum(0.045 - stripes(x, 0.17), 0.05 - stripes(y - rail, 0.24))
    s.paint(capsule(x, y, 0.5 * length, rail, 0.5 * length + lean, -0.66, 0.03), WOOD, 0, opacity)
    s.paint(funnel, funnel_color, 0.25, opacity)
    s.paint(np.maximum(funnel, y - funnel_y + 0.75 * half), BLACK, 0, opacity)
    s.paint(decks, color, 0.25, opacity)
    s.paint(np.maximum(decks + 0.05, panes), rgb("2e476b"), 0, opacity)


def _rigging(s: Scene, rail, color, jib_color, opacity) -> None:
    """A mast with a mainsail and a jib."""
    x, y = s.x, s.y
    lean, foot = s.bend(0.0, 0.16), rail - 0.06
    mainsail = polygon(x, y, (-0.05, foot), (-0.64, foot), (lean - 0.02, -0.82))
    jib = polygon(x, y, (0.62, foot), (0.06, foot), (lean + 0.05, -0.72))
    s.paint(capsule(x, y, 0, rail, lean, -0.86, 0.03), WOOD, 0, opacity)
    s.paint(mainsail, color, 0.2, opacity)
    s.paint(jib, lerp(color, jib_color, 0.4), 0.2, opacity)


def bird(s: Scene) -> None:
    x, y = s.x, s.y
    coat = s.pick("755238 d1332e 3370cc f5cc33 33333d ededeb 739959")
    belly = s.pick("ebd9b8 f2f2eb f29959 665c5c")
    flies = s.variant(0.15, 0.5)
    perches = 1 - flies
    head_x, head_y, head = s.bend(0.36, 0.10), s.bend(-0.26, 0.12), s.vary(0.18, 0.03)
    long, thick, tail = s.vary(0.38, 0.06), s.vary(0.25, 0.05), s.bend(0.22, 0.25)
    tip_x, tip_y, foot = s.bend(-0.30, 0.18), s.bend(-0.72, 0.2), s.bend(0.05, 0.06)
    left_leg = capsule(x, y, -0.02, 0.2, foot - 0.05, 0.54, 0.03)
    right_leg = capsule(x, y, 0.14, 0.2, foot + 0.10, 0.53, 0.03)
    far_wing = polygon(x, y, (0.24, 0.02), (-0.16, 0.02), (tip_x - 0.06, tip_y), (tip_x + 0.10, tip_y))
    near_wing = [(-0.18, 0.06), (0.24, 0.06), (tip_x - 0.02, -0.75 * tip_y), (tip_x - 0.26, -0.7 * tip_y)]
    folded_wing = capsule(x, y, 0.08, 0.04, -0.40, tail - 0.08, 0.14, 0.05)
    body = smooth_union(ellipse(x, y, 0, 0.06, long, thick), circle(x, y, head_x, head_y, head), 0.2)
    face, tip = head_x + 0.75 * head, head_x + head + 0.24
    beak = polygon(x, y, (face, head_y - 0.07), (tip, head_y + 0.03), (face, head_y + 0.11))
    s.paint(capsule(x, y, -1.6, 0.60, 1.6, 0.52, 0.06), WOOD, opacity=perches)
    s.paint(union(left_leg, right_leg), ORANGE, 0, opacity=perches)
    s.paint(far_wing, 0.6 * coat, opacity=flies)
    s.paint(capsule(x, y, -0.22, 0.08, -0.76, tail, 0.12, 0.07), 0.7 * coat)
    s.paint(body, coat)
    s.paint(ellipse(x, y, 0.12, 0.17, 0.62 * long, 0.55 * thick), belly, 0)
    s.paint(beak, ORANGE, 0.2)
    s.paint(circle(x, y, head_x + 0.06, head_y - 0.04, 0.055), BLACK, 0)
    s.paint(folded_wing, 0.66 * coat, 0.2, opacity=perches)
    s.paint(polygon(x, y, *near_wing), 0.8 * coat, opacity=flies)


def cat(s: Scene) -> None:
    x, y = s.x, s.y
    coat = s.pick("eb943d 757070 262429 f2ede6 9e7552 c2b29e")
    bib = s.pick("f7e6cc d9d9d9 f2f2f2 946b52")
    iris = s.pick("73c740 ebc226 59a8eb")
    head_x, head_y, wide, high = s.bend(0, 0.14), s.bend(-0.24, 0.08), s.vary(0.38, 0.05), s.vary(0.30, 0.04)
    girth, tail_x, tail_y = s.vary(0.34, 0.07), s.bend(0.64, 0.22), s.bend(0.05, 0.28)
    ear_x, ear_y, tabby = s.bend(0.32, 0.05), s.vary(-0.54, 0.06), s.variant(1.0, 0.6)
    middle = 0.3 * head_x
    tail_end = capsule(x, y, 0.56, 0.62, tail_x, tail_y, 0.08, 0.06)
    body = ellipse(x, y, middle, 0.42, girth, 0.42)
    ribs = np.maximum(stripes(y, 0.18) - 0.03, 0.62 * girth - np.abs(x - middle))
    s.paint(smooth_union(capsule(x, y, 0.2, 0.70, 0.56, 0.62, 0.08), tail_end), 0.8 * coat)
    s.paint(body, 0.93 * coat)
    s.paint(np.maximum(body, ribs), 0.6 * coat, 0, opacity=tabby)
    s.paint(ellipse(x, y, middle, 0.40, 0.5 * girth, 0.26), bib, 0)
    s.paint(ellipse(np.abs(x), y, 0.17, 0.78, 0.14, 0.09), lerp(coat, bib, 0.6))
    x, y = np.abs(x - head_x), y - head_y  # both halves of the face at once
    ear = polygon(x, y, (0.12 * wide, -0.7 * high), (ear_x, ear_y), (0.98 * wide, -0.12 * high))
    face = ellipse(x, y, 0, 0, wide, high)
    brow = np.maximum(np.maximum(face, y + 0.35 * high), stripes(x, 0.14) - 0.028)
    s.paint(union(face, ear), coat)
    s.paint(ear + 0.06, PINK, 0)
    s.paint(brow, 0.55 * coat, 0, opacity=tabby)
    s.paint(ellipse(x, y, 0.08, 0.14, 0.12, 0.09), bib, 0)
    s.paint(ellipse(x, y, 0.45 * wide, -0.02, 0.09, 0.08), iris, 0)
    s.paint(ellipse(x, y, 0.45 * wide, -0.02, 0.035, 0.07), BLACK, 0)
    s.paint(ellipse(x, y, 0, 0.09, 0.05, 0.035), PINK, 0)


def frog(s: Scene) -> None:
    x, y = s.x, s.y
    skin = s.pick("61b233 388538 8f6b38 b8c233 33999e db5c26 6b6b40")
    belly = s.pick("dbe699 ebe0bf bfb280")
    girth, bulk, wide, high = s.vary(0.46, 0.07), s.vary(0.34, 0.05), s.vary(0.44, 0.06), s.vary(0.25, 0.04)
    head_x, head_y = s.bend(0, 0.10), s.bend(-0.12, 0.07)
    knee_x, knee_y = s.bend(0.60, 0.10), s.bend(0.22, 0.14)
    hand, eye_x, eye, smile = s.bend(0.30, 0.07), s.vary(0.27, 0.05), s.vary(0.15, 0.03), s.bend(0.35, 0.3)
    spotted = s.variant(0.0, 0.6)
    both = np.abs(x)  # left and right at once
    thigh = smooth_union(
        ellipse(both, y, knee_x, 0.38, 0.20, 0.22), capsule(both, y, knee_x, knee_y, 0.45, 0.55, 0.10)
    )
    foot, hand_pad = ellipse(both, y, 0.66, 0.62, 0.24, 0.07), ellipse(both, y, hand, 0.64, 0.15, 0.06)
    s.paint(thigh, 0.78 * skin)
    s.paint(union(foot, ellipse(x, y, 0, 0.28, girth, bulk)), skin)
    s.paint(ellipse(x, y, 0, 0.36, 0.66 * girth, 0.7 * bulk), belly, 0)
    s.paint(union(capsule(both, y, 0.27, 0.22, hand, 0.58, 0.075), hand_pad), 0.9 * skin)
    x, y = x - head_x, y - head_y
    both, eye_y = np.abs(x), -0.95 * high
    head = smooth_union(ellipse(x, y, 0, 0, wide, high), circle(both, y, eye_x, eye_y, eye), 0.05)
    spots = union(
        circle(x, y, -0.33, 0.30, 0.07), circle(x, y, 0.30, 0.24, 0.06), circle(x, y, 0.10, -0.12, 0.06)
    )
    mouth = np.maximum(np.abs(y - 0.10 + smile * x * x) - 0.022, both - 0.75 * wide)
    s.paint(head, skin)
    s.paint(spots, 0.55 * skin, 0, opacity=spotted)
    s.paint(circle(both, y, eye_x, eye_y, 0.72 * eye), rgb("f7edb2"), 0)
    s.paint(ellipse(both, y, eye_x, eye_y, 0.45 * eye, 0.36 * eye), BLACK, 0)
    s.paint(mouth, 0.35 * skin, 0)


def _legs(s: Scene, front, back, top, foot_y, thick, swing: float):
    """Signed distance of a front and a back leg with knees, straight down unless deformed."""
    legs = []
    for hip in (front, back):
        knee, foot = hip + s.bend(0.0, 0.5 * swing), hip + s.bend(0.0, swing)
        lifted = foot_y - s.uniform(0, 0.10) * s.amount.bend
        knee_y = 0.5 * (top + foot_y)
        legs.append(capsule(s.x, s.y, hip, top, knee, knee_y, 1.5 * thick, thick))
        legs.append(capsule(s.x, s.y, knee, knee_y, foot, lifted, thick, 0.85 * thick))
    return union(*legs)


def horse(s: Scene) -> None:
    x, y = s.x, s.y
    coat = s.pick("7a401f 452b1f ded6cc b87840 241f21 999491")
    mane = s.pick("1f1714 ebdbb2 59331f f2f2f2")
    half, depth = s.vary(0.38, 0.05), s.vary(0.23, 0.03)
    poll_x, poll_y = s.bend(0.60, 0.12), s.bend(-0.56, 0.14)
    nose_x, nose_y = poll_x + s.bend(0.26, 0.06), poll_y + s.bend(0.24, 0.12)
    tail_x, tail_y, saddled = s.bend(-0.72, 0.12), s.bend(0.44, 0.2), s.variant(0.0, 0.5)
    dock = capsule(x, y, -half - 0.12, -0.10, -0.68, 0.06, 0.08)
    trunk = capsule(x, y, -half, 0.06, half, 0.06, depth + 0.02, depth)
    neck = capsule(x, y, half, -0.04, poll_x, poll_y, 0.19, 0.11)
    ear = polygon(
        x, y, (poll_x - 0.06, poll_y - 0.06), (poll_x - 0.02, poll_y - 0.26), (poll_x + 0.08, poll_y - 0.06)
    )
    s.paint(smooth_union(dock, capsule(x, y, -0.68, 0.06, tail_x, tail_y, 0.10, 0.05)), mane, 0.2)
    s.paint(capsule(x, y, half - 0.14, -0.16, poll_x - 0.13, poll_y - 0.04, 0.15, 0.10), mane, 0.2)
    s.paint(_legs(s, half - 0.10, 0.06 - half, 0.15, 0.80, 0.055, 0.2), 0.6 * coat, 0.2)
    s.paint(_legs(s, half + 0.02, -0.06 - half, 0.15, 0.84, 0.060, 0.2), 0.85 * coat, 0.2)
    s.paint(smooth_union(trunk, neck, 0.15), coat)
    s.paint(ear, coat, 0.2)
    s.paint(capsule(x, y, poll_x, poll_y, nose_x, nose_y, 0.115, 0.085), coat, 0.2)
    s.paint(circle(x, y, nose_x, nose_y, 0.08), 0.7 * coat, 0.1)
    s.paint(circle(x, y, poll_x + 0.06, poll_y - 0.02, 0.04), BLACK, 0)
    s.paint(box(x, y, -0.05, -0.12, 0.18, 0.12, 0.05), rgb("b82926"), 0.2, opacity=saddled)


def deer(s: Scene) -> None:
    x, y = s.x, s.y
    coat = s.pick("ad6e38 855938 cc9961 706157")
    pale = s.pick("f0e0c7 f2ebe6 d6bd99")
    half, depth = s.vary(0.27, 0.04), s.vary(0.16, 0.03)
    head_x, head_y, nose = s.bend(0.44, 0.12), s.bend(-0.42, 0.10), s.bend(0.06, 0.10)
    antlered, spotted = s.variant(1.0, 0.75), s.variant(1.0, 0.5)
    trunk = capsule(x, y, -half, 0.14, half, 0.12, depth + 0.01, depth)
    neck = capsule(x, y, half, 0.06, head_x, head_y, 0.12, 0.075)
    spots = circle(stripes(x, 0.16), stripes(y, 0.14), 0, 0, 0.035)
    s.paint(_legs(s, half - 0.08, 0.06 - half, 0.20, 0.80, 0.034, 0.2), 0.6 * coat, 0.1)
    s.paint(_legs(s, half + 0.03, -0.05 - half, 0.20, 0.84, 0.038, 0.2), 0.85 * coat, 0.1)
    s.paint(ellipse(x, y, -half - 0.18, 0.05, 0.08, 0.12), pale, 0.1)
    s.paint(smooth_union(trunk, neck, 0.12), coat)
    s.paint(np.maximum(trunk, 0.20 - y), pale, 0.1)
    s.paint(np.maximum(spots, ellipse(x, y, -0.05, 0.08, half, 0.10)), pale, 0, opacity=spotted)
    s.paint(ellipse(x, y, head_x - 0.14, head_y - 0.03, 0.12, 0.05), 0.85 * coat, 0.1)
    s.paint(_antlers(s, head_x - 0.02, head_y - 0.06), rgb("e6cc9e"), 0.1, opacity=antlered)
    s.paint(capsule(x, y, head_x, head_y, head_x + 0.22, head_y + nose, 0.095, 0.055), coat, 0.2)
    s.paint(circle(x, y, head_x + 0.25, head_y + nose, 0.045), BLACK, 0)
    s.paint(circle(x, y, head_x + 0.05, head_y - 0.02, 0.035), BLACK, 0)


def _antlers(s: Scene, root_x, root_y):
    """Signed distance of two beams that bow outwards, with a tine each."""
    x, y, beams = s.x, s.y, []
    spread, reach, tilt = s.vary(0.17, 0.05), s.vary(0.46, 0.10), s.bend(0.0, 0.10)
    for side in (-1, 1):
        start = root_x + 0.04 * side
        bow_x, bow_y = start + 1.25 * side * spread + 0.5 * tilt, root_y - 0.5 * reach
        beams.append(capsule(x, y, start, root_y, bow_x, bow_y, 0.04, 0.032))
        beams.append(capsule(x, y, bow_x, bow_y, start + side * spread + tilt, root_y - reach, 0.032, 0.028))
        beams.append(capsule(x, y, bow_x, bow_y, bow_x + side * 0.15, bow_y - 0.16, 0.03, 0.028))
    return union(*beams)


def dog(s: Scene) -> None:
    x, y = s.x, s.y
    coat = s.pick("d6a35c 523624 f2ede3 262426 a35e2e 8f8c8c")
    ear_color = s.pick("704524 241f21 c28c59 e6d9cc")
    collar = s.pick("db2424 2659cc 33994c")
    stands = s.variant(0.0, 0.5)
    sits = 1 - stands
    head_x, head_y, head = s.bend(0.34, 0.10), s.bend(-0.36, 0.10), s.vary(0.25, 0.03)
    nose_x, nose_y = head_x + s.vary(0.42, 0.06), head_y + s.bend(0.10, 0.08)
    ear_x, paw, pant, spotted = s.bend(-0.20, 0.08), s.bend(0.30, 0.12), s.uniform(), s.variant(0.0, 0.5)
    tail_x, tail_y = s.bend(-0.78, 0.12), s.bend(0.10, 0.2) - 0.3 * stands
    rump_x, rump_y = lerp(-0.24, -0.44, stands), lerp(0.48, 0.16, stands)
    trunk = capsule(x, y, rump_x, rump_y, 0.18, 0.08, 0.26, 0.20)
    foreleg = union(
        capsule(x, y, 0.26, 0.15, paw, 0.76, 0.11, 0.085), capsule(x, y, paw, 0.76, paw + 0.08, 0.77, 0.07)
    )
    haunch = union(ellipse(x, y, -0.20, 0.56, 0.24, 0.23), capsule(x, y, -0.20, 0.75, 0.06, 0.77, 0.08))
    far_hind_leg = capsule(x, y, rump_x + 0.12, rump_y + 0.1, rump_x + 0.10, 0.76, 0.10, 0.08)
    hind_leg = capsule(x, y, rump_x - 0.04, rump_y + 0.1, rump_x - 0.06, 0.78, 0.13, 0.085)
    muzzle = capsule(x, y, head_x + 0.1, nose_y, nose_x, nose_y, 0.14, 0.10)
    tongue = capsule(x, y, head_x + 0.18, nose_y + 0.12, head_x + 0.20, nose_y + 0.14 + 0.16 * pant, 0.05)
    s.paint(capsule(x, y, rump_x - 0.14, rump_y, tail_x, tail_y, 0.08, 0.05), coat, 0.2)
    s.paint(capsule(x, y, 0.20, 0.20, paw - 0.14, 0.78, 0.10, 0.08), 0.65 * coat, 0.2)
    s.paint(far_hind_leg, 0.65 * coat, 0.2, opacity=stands)
    s.paint(smooth_union(trunk, circle(x, y, 0.24, -0.06, 0.19)), coat)
    s.paint(
        union(circle(x, y, -0.16, 0.32, 0.13), circle(x, y, 0.06, 0.14, 0.08)), ear_color, 0, opacity=spotted
    )
    s.paint(foreleg, 0.92 * coat)
    s.paint(haunch, 0.88 * coat, 0.3, opacity=sits)
    s.paint(hind_leg, 0.88 * coat, opacity=stands)
    s.paint(capsule(x, y, 0.10, -0.12, 0.44, -0.04, 0.05), collar, 0)
    s.paint(tongue, PINK, 0)
    s.paint(smooth_union(circle(x, y, head_x, head_y, head), muzzle, 0.08), coat)
    s.paint(circle(x, y, nose_x + 0.06, nose_y - 0.04, 0.07), BLACK, 0)
    s.paint(circle(x, y, head_x + 0.11, head_y - 0.06, 0.05), BLACK, 0)
    s.paint(
        capsule(x, y, head_x - 0.10, head_y - 0.14, head_x + ear_x, head_y + 0.20, 0.09, 0.12), ear_color, 0.3
    )


OBJECTS = {f.__name__: f for f in (airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck)}
