"""Shapes, waves, noise and random numbers: everything the scenes are drawn with.

Every function here uses only ``+ - * /``, square roots, comparisons and rounding down, one array operation
at a time. IEEE 754 fixes the result of each of them to the last bit, so a picture comes out the same on
every processor. ``sin``, ``exp`` and ``**`` (whose last bits differ between processors) and matrix products
and sums (whose order of addition differs) are left out on purpose.

Arrays are float32. A batch of n images has pixels of shape (n, 32, 32), a number per image has shape
(n, 1, 1), a color has shape (3, n, 1, 1) or (3, 1, 1, 1). x runs right, y runs down, and the picture spans
-1 to 1.

A shape is its signed distance: for every pixel how far the shape's outline is, negative inside (the formulas
are Inigo Quilez's, "2D distance functions"). The union of two shapes is the minimum of their distances, what
they share is the maximum.
"""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace

import numpy as np

SIZE = 32
PIXEL = 2 / SIZE

_steps = ((np.arange(SIZE) * 2 + 1) / SIZE - 1).astype(np.float32)
GRID_X = _steps[None, None, :]
GRID_Y = _steps[None, :, None]


# ---------------------------------------------------------------------------------------------- numbers


def lerp(a, b, t):
    """Go from a (t = 0) to b (t = 1) along a straight line."""
    return a + (b - a) * t


def clip01(t):
    """Cut t off below 0 and above 1."""
    return np.minimum(np.maximum(t, 0), 1)


def smoothstep(low, high, t):
    """Rise from 0 (t at or below low) to 1 (t at or above high) with a flat start and end."""
    t = clip01((t - low) * (1 / (high - low)))
    return t * t * (3 - 2 * t)


def wave(t):
    """Swing like a sine between -1 and 1 with period 1, made of parabolas."""
    t = (t - np.floor(t)) * 2 - 1
    return 4 * t * (np.abs(t) - 1)


def stripes(t, period):
    """Distance from the nearest of the lines t = 0, period, 2 period, ..."""
    t = t / period + 0.5
    return np.abs(t - np.floor(t) - 0.5) * period


def growth(s):
    """Approximate exp(s) for |s| < 2 by a rational function; growth(-s) = 1 / growth(s) as it should be."""
    half = (4 + s) / (4 - s)
    return half * half


def bias(t, b):
    """Bend the line from (0, 0) to (1, 1) so that 0.5 maps to b (Schlick, Graphics Gems IV, 1994)."""
    return t / ((1 / b - 2) * (1 - t) + 1)


def rotate(x, y, half_tan):
    """Turn the axes by an angle given by the tangent of its half: no sine or cosine is needed."""
    square = half_tan * half_tan
    cos, sin = (1 - square) / (1 + square), 2 * half_tan / (1 + square)
    return x * cos + y * sin, y * cos - x * sin


# ----------------------------------------------------------------------------------------------- shapes


def circle(x, y, cx, cy, r):
    """Signed distance of a circle."""
    x, y = x - cx, y - cy
    return np.sqrt(x * x + y * y) - r


def ellipse(x, y, cx, cy, rx, ry):
    """Signed distance of an ellipse along the axes, exact to first order at the outline."""
    x, y = (x - cx) / rx, (y - cy) / ry
    k = np.sqrt(x * x + y * y)
    x, y = x / rx, y / ry
    return k * (k - 1) / (np.sqrt(x * x + y * y) + 1e-6)


def box(x, y, cx, cy, half_width, half_height, r=0.05):
    """Signed distance of a box along the axes with corners rounded by r."""
    x, y = np.abs(x - cx) - (half_width - r), np.abs(y - cy) - (half_height - r)
    inside = np.minimum(np.maximum(x, y), 0)
    x, y = np.maximum(x, 0), np.maximum(y, 0)
    return np.sqrt(x * x + y * y) + inside - r


def capsule(x, y, ax, ay, bx, by, ra, rb=None):
    """Signed distance of a stroke from (ax, ay) to (bx, by) whose radius goes from ra to rb."""
    dx, dy = bx - ax, by - ay
    x, y = x - ax, y - ay
    along = clip01((x * dx + y * dy) / (dx * dx + dy * dy + 1e-6))
    x, y = x - along * dx, y - along * dy
    return np.sqrt(x * x + y * y) - (ra if rb is None else ra + along * (rb - ra))


def polygon(x, y, *corners):
    """Signed distance of a convex polygon; its corners go clockwise as seen on the screen."""
    distance = None
    corners = [(np.asarray(px, np.float32), np.asarray(py, np.float32)) for px, py in corners]
    for (ax, ay), (bx, by) in zip(corners, corners[1:] + corners[:1], strict=True):
        ex, ey = bx - ax, by - ay
        length = np.sqrt(ex * ex + ey * ey) + np.float32(1e-6)
        edge = (x - ax) * (ey / length) - (y - ay) * (ex / length)
        distance = edge if distance is None else np.maximum(distance, edge)
    return distance


def union(*distances):
    """Signed distance of several shapes together."""
    together = distances[0]
    for distance in distances[1:]:
        together = np.minimum(together, distance)
    return together


def smooth_union(a, b, width=0.1):
    """Union of two shapes with the corner between them filled (Quilez, polynomial smooth minimum)."""
    h = np.maximum(width - np.abs(a - b), 0)
    return np.minimum(a, b) - h * h * (0.25 / width)


# ---------------------------------------------------------------------------------------- random numbers

SECTIONS = ("context", "backdrop", "ground", "props", "pose", "object", "occluders", "light")
COLUMNS = 64  # uniform numbers a section may use for one image
SHEETS = {"clouds": (7, 4), "ground": (13, 5), "leaves": (9, 9), "grain": (32, 32)}  # rows, columns of noise
_NOISE_WORDS = -(-sum(rows * columns for rows, columns in SHEETS.values()) // 8)
_WORDS = len(SECTIONS) * COLUMNS + _NOISE_WORDS  # 64-bit words an image uses up


class Draws:
    """The random numbers of n images, drawn before anything is painted.

    Image i of a seed owns words i * _WORDS to (i + 1) * _WORDS of one PCG64 stream, whatever n is and however
    the images are divided into blocks. NumPy promises that the stream of a bit generator never changes; it
    does not promise that of ``Generator`` methods, so the words are turned into numbers here.
    """

    def __init__(self, uniform: np.ndarray, noise: np.ndarray):
        self.uniform = uniform  # (n, sections, columns) float32 in [0, 1)
        self.noise_bytes = noise  # (n, bytes) int8
        self.section, self.column = 0, 0

    @classmethod
    def of_rows(cls, seed: int, start: int, stop: int) -> Draws:
        """Draw the numbers of images start to stop (exclusive) of a seed."""
        generator = np.random.PCG64(np.random.SeedSequence([seed, 1]))
        words = generator.advance(start * _WORDS).random_raw((stop - start) * _WORDS)
        words = words.reshape(stop - start, _WORDS)
        uniform = (words[:, :-_NOISE_WORDS] >> np.uint64(40)).astype(np.float32) * np.float32(2**-24)
        noise = words[:, -_NOISE_WORDS:].astype("<u8").view(np.int8)
        return cls(uniform.reshape(-1, len(SECTIONS), COLUMNS), noise)

    def rows(self, rows: np.ndarray) -> Draws:
        """Keep only some of the images."""
        return Draws(self.uniform[rows], self.noise_bytes[rows])

    def start(self, section: str) -> None:
        """Go to the first number of a section."""
        self.section, self.column = SECTIONS.index(section), 0

    def next(self, low: float = 0.0, high: float = 1.0) -> np.ndarray:
        """Return the next number of each image, between low and high, shape (n, 1, 1)."""
        u = self.uniform[:, self.section, self.column, None, None]
        self.column += 1
        return u * (high - low) + low

    def noise(self, sheet: str) -> np.ndarray:
        """Return smooth noise between -1 and 1 of shape (n, 32, 32), from the grid of this sheet."""
        start = 0
        for name, (rows, columns) in SHEETS.items():
            if name == sheet:
                break
            start += rows * columns
        grid = self.noise_bytes[:, start : start + rows * columns].astype(np.float32) * np.float32(1 / 128)
        return upsample(grid.reshape(-1, rows, columns))


@cache
def _knots(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Left grid line of each pixel and the eased way from there to the next one."""
    t = (np.arange(SIZE) + 0.5) / SIZE * (count - 1)
    left = np.minimum(np.floor(t).astype(int), count - 2)
    t = (t - left).astype(np.float32)
    return left, t * t * (3 - 2 * t)


def upsample(grid: np.ndarray) -> np.ndarray:
    """Blow up a coarse grid (n, rows, columns) to (n, 32, 32) by eased linear interpolation."""
    if grid.shape[1:] == (SIZE, SIZE):
        return grid
    top, t = _knots(grid.shape[1])
    grid = lerp(grid[:, top], grid[:, top + 1], t[:, None])
    left, t = _knots(grid.shape[2])
    return lerp(grid[:, :, left], grid[:, :, left + 1], t)


# ---------------------------------------------------------------------------------------------- painting


def fill(image, distance, color, opacity=1.0):
    """Return the pictures with a shape filled, its distance in coordinates of the picture."""
    return image + (color - image) * (clip01(0.5 - distance * (1 / PIXEL)) * opacity)


def _numbers(colors: str) -> np.ndarray:
    """Read colors like ``"ff8000 0040ff"`` as float32 (colors, 3) between 0 and 1."""
    return np.array([list(bytes.fromhex(color)) for color in colors.split()], np.float32) / 255


@cache
def rgb(color: str) -> np.ndarray:
    """Make a color of shape (3, 1, 1, 1) from six hexadecimal digits, as in web pages."""
    shared = _numbers(color).reshape(3, 1, 1, 1)
    shared.flags.writeable = False
    return shared


class Scene:
    """A batch of n pictures of one class while they are painted.

    Attributes
    ----------
    image : (3, n, 32, 32) float32
        The pictures so far, 0 to 1.
    amount : namespace
        The amounts of `knobs.AMOUNTS` at the settings in use.
    draws : Draws
        The pictures' random numbers.
    x, y : (n, 32, 32) or (1, 1, 32) and (1, 32, 1) float32
        Where each pixel is, as the shape being drawn sees it.
    pixel : float or (n, 1, 1) float32
        The width of a pixel in those coordinates.
    shade : float or (n, 32, 32) float32
        What colors are multiplied by: light falls from above.
    horizon : (n, 1, 1) float32
        The y at which the ground begins.
    """

    def __init__(self, image: np.ndarray, amount: SimpleNamespace, draws: Draws):
        self.image, self.amount, self.draws = image, amount, draws
        self.horizon: np.ndarray = np.zeros((image.shape[1], 1, 1), np.float32)
        self.look_at_picture()

    def look_at_picture(self) -> None:
        """Draw in the coordinates of the picture."""
        self.x, self.y, self.pixel, self.shade = GRID_X, GRID_Y, PIXEL, 1.0

    def part(self, rows: np.ndarray) -> Scene:
        """Return a scene with copies of some of the images only, seen in the coordinates of the picture."""
        part = Scene(self.image[:, rows], self.amount, self.draws.rows(rows))
        part.horizon = self.horizon[rows]
        return part

    def uniform(self, low: float = 0.0, high: float = 1.0) -> np.ndarray:
        """Return a random number per image between low and high."""
        return self.draws.next(low, high)

    def integer(self, count: int) -> np.ndarray:
        """Return a random number per image from 0 to count - 1."""
        return np.floor(self.uniform() * count).astype(int)

    def bend(self, middle: float, spread: float) -> np.ndarray:
        """Return a coordinate that the deformation knob moves."""
        spread *= self.amount.bend
        return self.draws.next(middle - spread, middle + spread)

    def vary(self, middle: float, spread: float) -> np.ndarray:
        """Return the size of a part, which the intraclass knob changes."""
        spread *= self.amount.proportion
        return self.draws.next(middle - spread, middle + spread)

    def variant(self, typical: float, full: float = 0.5) -> np.ndarray:
        """Return 1 for images that are of a kind and 0 for the others.

        The share goes from `typical` (intraclass knob at 0) to `full` (at 1). A few images in between get a
        number between 0 and 1, so that the kind fades in as the knob turns.
        """
        share = lerp(typical, full, self.amount.variant)
        return clip01((share - self.uniform()) * 20 + share)

    def pick(self, palette: str) -> np.ndarray:
        """Return a color per image: the palette's first one, or with the intraclass knob any of them."""
        table = _numbers(palette)
        which = self.integer(len(table))[:, 0, 0]
        color = lerp(table[:1], table[which], self.amount.palette).T[:, :, None, None]
        jitter = self.amount.recolor_object
        light = 1 + self.uniform(-2 * jitter, 2 * jitter)
        return clip01(color * light + np.stack([self.uniform(-jitter, jitter) for _ in range(3)]))

    def paint(self, distance, color, rim=0.25, opacity=1.0) -> None:
        """Fill a shape with a color.

        Parameters
        ----------
        distance : (n, 32, 32)
            The shape's signed distance in the coordinates in use.
        color : (3, n, 1, 1) or anything that broadcasts with (3, n, 32, 32)
        rim : float
            How much darker the color gets towards the outline, which makes shapes look round; 0 for things
            that lie flat on others.
        opacity : float or (n, 1, 1)
            0 to 1.
        """
        distance = distance * (1 / self.pixel)
        cover = clip01(0.5 - distance) * opacity
        tone = self.shade
        if rim:
            tone = (1 - rim * clip01(distance * 0.4 + 1)) * tone
        for channel, c in zip(self.image, color, strict=True):
            channel += (c * tone - channel) * cover
