"""What the tests of figures share: reading what is drawn, and whether all of it can be read."""

import io

import numpy as np
from matplotlib.colors import to_rgba
from matplotlib.text import Text
from PIL import Image


def texts(fig) -> list[Text]:
    """All visible texts but the numbers at the ticks."""
    ticks = set()
    for ax in fig.axes:
        for axis in ax._axis_map.values():
            ticks |= set(axis.get_majorticklabels()) | set(axis.get_minorticklabels())
    found = fig.findobj(lambda artist: isinstance(artist, Text) and artist.get_visible())
    return [text for text in found if text.get_text().strip() and text not in ticks]


def assert_readable(fig) -> None:
    """Alternative text of one line, a white ground, nothing cut off, and no two texts that overlap."""
    assert len(fig.alt) > 20 and "\n" not in fig.alt
    assert np.asarray(Image.open(io.BytesIO(fig.png())).convert("RGB"))[0, 0].tolist() == [255, 255, 255]
    fig.draw_without_rendering()
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts(fig)]
    for number, (a, first) in enumerate(boxes):
        assert first.x0 >= -1 and first.y0 >= -1, a
        assert first.x1 <= fig.bbox.x1 + 1 and first.y1 <= fig.bbox.y1 + 1, a
        for b, second in boxes[:number]:
            width = min(first.x1, second.x1) - max(first.x0, second.x0)
            height = min(first.y1, second.y1) - max(first.y0, second.y0)
            assert width < 2 or height < 2, (a, b)


def title(ax) -> str:
    """The title of one axes, wherever it stands."""
    return ax.get_title(loc="left") or ax.get_title(loc="center")


def lines(ax) -> dict:
    """The lines of an axes that have a label, by it."""
    return {line.get_label(): line for line in ax.lines if not line.get_label().startswith("_")}


def legend(owner) -> list[str]:
    """The entries of the legend of an axes, or of a figure's first legend."""
    found = owner.get_legend() if hasattr(owner, "get_legend") else owner.legends[0]
    return [text.get_text() for text in found.get_texts()]


def tick_labels(axis) -> list[str]:
    return [label.get_text() for label in axis.get_majorticklabels()]


def same_line(line, x, y) -> None:
    """The line goes through these points and no others."""
    np.testing.assert_allclose(line.get_xdata(), x, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(line.get_ydata(), y, rtol=1e-12, atol=1e-12)


def stands_at(text) -> tuple[float, float]:
    """Where a text (or what an annotation points to) is, in the units of its axes."""
    return tuple(float(value) for value in getattr(text, "xy", text.get_position()))


def assert_numbers_legible(ax) -> None:
    """Each number stands out from its cell of the image: WCAG's contrast for large text."""
    image = ax.images[0]
    cells = image.to_rgba(image.get_array())
    for text in ax.texts:
        j, i = (round(place) for place in stands_at(text))
        if cells[i, j, 3] == 0:  # no value: the white ground
            cells[i, j] = 1
        dark, light = sorted((_luminance(cells[i, j]), _luminance(to_rgba(text.get_color()))))
        assert (light + 0.05) / (dark + 0.05) > 3, text


def _luminance(color) -> float:
    """WCAG 2.1, relative luminance of a color in sRGB."""
    rgb = np.asarray(color[:3])
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]
