"""The seven knobs: what each one changes, and by how much.

Every amount below has three documented values: with its knob at 0, at 0.5 (the default) and at 1. Between
them it moves along straight lines. Everything else in this package asks for an amount by its name, so the
difficulty of the images is set here and nowhere else.

Lengths are in half image widths: the picture spans -1 to 1, one pixel is 1/16.
"""

from __future__ import annotations

from types import SimpleNamespace

AMOUNTS: dict[str, dict[str, tuple[float, float, float]]] = {
    "viewpoint": {
        "shift": (0.0, 0.30, 0.40),  # the object moves by up to this much to each side
        "turn": (0.0, 0.10, 0.22),  # tan of half the angle it is turned by: 0.1 is 11 degrees
        "shear": (0.0, 0.09, 0.20),  # how far it leans: x grows by this times y
        "foreshorten": (0.0, 0.16, 0.28),  # part of its width lost by facing away
        "mirrored": (0.0, 0.5, 0.5),  # share of objects that face left
    },
    "scale": {
        "smaller": (0.0, 0.40, 0.90),  # log of the factor it shrinks by at most
        "larger": (0.0, 0.22, 0.45),  # log of the factor it grows by at most
    },
    "deformation": {
        "bend": (0.0, 0.65, 1.8),  # limbs, wings and tails move by this times what each class allows
        "warp": (0.0, 0.07, 0.26),  # the whole object bends along a wave of this height
        "stretch": (0.0, 0.12, 0.34),  # log of the factor it gets wider by while it gets lower
    },
    "occlusion": {
        "occluder_share": (0.0, 0.10, 0.50),  # share of the four possible occluders that are there
        "occluder_size": (0.5, 0.9, 1.3),  # times the size of its kind
    },
    "illumination": {
        "gain": (0.0, 0.40, 0.60),  # log of the factor all light changes by
        "tint": (0.0, 0.13, 0.20),  # log of the factor one color channel changes by
        "ramp": (0.0, 0.36, 0.55),  # one side of the picture gets this much more light, the other less
        "contrast": (0.0, 0.17, 0.25),  # moves mid-gray by up to this much (Schlick's bias)
        "haze": (0.0, 0.18, 0.32),  # share of the light replaced by gray at most
    },
    "clutter": {
        "plausible": (0.0, 0.85, 1.0),  # share of backgrounds that are not the one typical of the class
        "anywhere": (0.0, 0.30, 0.50),  # share of backgrounds that have nothing to do with the class
        "texture": (0.25, 0.55, 0.9),  # strength of clouds, waves, grass, bricks and the like
        "recolor": (0.0, 0.15, 0.19),  # each channel of the background moves by up to this much
        "horizon": (0.0, 0.30, 0.42),  # the horizon moves by up to this much
        "prop_share": (0.0, 0.4, 0.9),  # share of the four possible things in the background that are there
    },
    "intraclass": {
        "palette": (0.0, 0.9, 1.0),  # how far from the typical color to the one drawn from the palette
        "recolor_object": (0.0, 0.07, 0.14),  # each channel of the object's colors moves by up to this much
        "proportion": (0.0, 0.65, 1.3),  # sizes of parts move by this times what each class allows
        "variant": (0.0, 0.5, 1.0),  # from the typical kind (0) to all kinds equally often (1)
    },
}

KNOBS: tuple[str, ...] = tuple(AMOUNTS)


def amounts(knobs: dict[str, float]) -> SimpleNamespace:
    """Look up every amount of `AMOUNTS` for these settings of the knobs."""
    found = {}
    for knob, table in AMOUNTS.items():
        k = knobs[knob]
        for name, (off, default, full) in table.items():
            found[name] = (
                off + (default - off) * 2 * k if k <= 0.5 else default + (full - default) * (2 * k - 1)
            )
    return SimpleNamespace(**found)
