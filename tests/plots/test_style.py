"""What all figures have in common: the style, and how a notebook gets them."""

import base64
import io

import matplotlib
import numpy as np
import pytest
from PIL import Image

from cs231n_lib import plots


def curve():
    return plots.curves([1, 2, 3], {"square": [1, 4, 9]}, title="A square grows", xlabel="n", ylabel="n²")


def test_figures_use_neither_the_readers_settings_nor_change_them():
    with matplotlib.rc_context({"font.size": 30, "figure.facecolor": "black", "axes.titlelocation": "right"}):
        changed = curve().png()
        assert matplotlib.rcParams["font.size"] == 30
    assert changed == curve().png()


def test_a_figure_without_alternative_text_is_refused():
    @plots.figure
    def silent():
        return plots.new_figure()[0]

    with pytest.raises(ValueError, match="silent returned a figure without alternative text"):
        silent()


def test_a_notebook_gets_the_picture_its_width_and_its_alternative_text():
    fig = curve()
    bundle, metadata = fig._repr_mimebundle_()
    assert bundle["text/plain"] == repr(fig) == f"<Figure: {fig.alt}>"
    assert metadata["image/png"] == {"alt": fig.alt, "width": 720}
    assert base64.b64encode(bundle["image/png"])


def test_the_picture_has_a_white_ground_and_is_the_same_each_time():
    picture = Image.open(io.BytesIO(curve().png()))
    assert np.asarray(picture.convert("RGB"))[0, 0].tolist() == [255, 255, 255]
    assert "Software" not in picture.info
    assert curve().png() == curve().png()


def test_running_mean():
    places, mean = plots.running_mean([1.0, 2.0, 6.0, 3.0], 3)
    np.testing.assert_allclose(places, [1, 2])
    np.testing.assert_allclose(mean, [3, 11 / 3])
    np.testing.assert_allclose(plots.running_mean([1.0, 3.0], 9)[1], [2.0])
