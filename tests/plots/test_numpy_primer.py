"""The figures of the NumPy primer draw the numbers they are given, and nothing is cut off."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from cs231n_lib.plots import numpy_primer as plots
from cs231n_lib.plots.style import RED
from tests.figures import assert_readable

A = np.arange(6).reshape(2, 3)
M = np.arange(12).reshape(3, 4)
IMAGE = np.random.default_rng(0).integers(256, size=(32, 32, 3), dtype=np.uint8)

FIGURES = {
    "memory_views": lambda: plots.memory_views(
        A, {"a": A, "a.reshape(3, 2)": A.reshape(3, 2), "a.T": A.T, "a[:, ::-2]": A[:, ::-2]}
    ),
    "selections": lambda: plots.selections(
        M, {"a[1]": 1, "a[1:, ::2]": np.s_[1:, ::2], "a[[0, 1], [3, 0]]": ([0, 1], [3, 0])}
    ),
    "shape_boxes": lambda: plots.shape_boxes(
        {
            "column + row": ((3, 1), (4,)),
            "X - mean image": ((5000, 3072), (3072,)),
            "Q[:, None] - X": ((500, 1, 3072), (5000, 3072)),
            "X - one number a row": ((5000, 3072), (5000,)),
        }
    ),
    "broadcasting": lambda: plots.broadcasting(
        {
            "column + row": (np.array([[10], [20], [30]]), np.add, np.arange(4)),
            "X - X.max(axis=1)[:, None]": (M, np.subtract, M.max(axis=1)[:, None]),
        },
        "A finding",
    ),
    "reductions": lambda: plots.reductions(M),
    "matrix_product": lambda: plots.matrix_product(A, M.reshape(-1, 2)[:3] - 1, 1, 0),
    "einsum_letters": lambda: plots.einsum_letters(
        {"A @ B": "ik,kj->ij", "np.trace(A)": "ii->", "A[n] @ B[n], all n": "nij,njk->nik"}
    ),
    "joining": lambda: plots.joining(
        A, A + 10, {"one": np.concatenate, "two": np.stack, "three": np.hstack, "four": np.dstack}
    ),
    "loop_steps": lambda: plots.loop_steps(4, 5, 3),
    "channel_orders": lambda: plots.channel_orders(IMAGE[:2, :2]),
}


def boxes(fig) -> dict[tuple[float, float], tuple]:
    """Face colors of all boxes by the place of their left upper corner."""
    patches = [patch for patch in fig.axes[0].patches if isinstance(patch, Rectangle) and patch.get_fill()]
    return {tuple(np.round(patch.get_xy(), 3)): patch.get_facecolor()[:3] for patch in patches}


def entries(fig) -> list[tuple[str, tuple, tuple]]:
    """Text, place and face color of every box with a text in it."""
    found, faces = [], boxes(fig)
    for text in fig.axes[0].texts:
        x, y = text.get_position()
        for (left, top), face in faces.items():
            if abs(left + 0.5 - x) < 1e-3 and abs(top + 0.5 - y) < 1e-3:
                found.append((text.get_text(), (left, top), face))
    return found


def words(fig) -> list[str]:
    return [text.get_text() for text in fig.axes[0].texts]


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_is_cut_off_and_no_two_texts_overlap(name):
    assert_readable(FIGURES[name]())


def test_views_are_drawn_in_the_color_of_their_memory():
    fig = FIGURES["memory_views"]()
    color_of = {}
    for value, _, face in entries(fig):
        assert color_of.setdefault(value, face) == face  # each value stands at one place of the memory
    assert len(set(color_of.values())) == 6
    # the view with a negative step starts at the end of the row
    assert "shape (2, 2), steps (3, -2)" in words(fig)
    assert fig.alt.endswith(
        "a.T has shape (3, 2) and steps (1, 3); a[:, ::-2] has shape (2, 2) and steps (3, -2)"
    )


def test_a_copy_is_no_view():
    with pytest.raises(ValueError, match=r"shape \(6,\) is a copy"):
        plots.memory_views(A, {"a.T.ravel()": A.T.ravel()})


def test_selections_color_what_the_index_takes():
    fig = FIGURES["selections"]()
    colored = [value for value, _, face in entries(fig) if face != (1, 1, 1)]
    assert sorted(map(int, colored)) == sorted([4, 5, 6, 7] + [4, 6, 8, 10] + [3, 4])
    assert "shape (2, 2)" in words(fig)
    assert fig.alt.endswith("a[[0, 1], [3, 0]] takes 3, 4")


def test_shapes_give_what_numpy_says():
    fig = FIGURES["shape_boxes"]()
    assert fig.alt == (
        "pairs of shapes aligned at the right: (3, 1) and (4,) give (3, 4); (5000, 3072) and (3072,) give "
        "(5000, 3072); (500, 1, 3072) and (5000, 3072) give (500, 5000, 3072); (5000, 3072) and (5000,) do "
        "not fit"
    )
    assert words(fig).count("✗") == 1
    # the third pair: two shapes, the second with a missing length, and the result
    third = words(fig)[words(fig).index("Q[:, None] - X") + 1 :][:9]
    assert third == ["500", "1", "3072", "1", "5000", "3072", "500", "5000", "3072"]


def test_repeated_entries_are_dotted_and_the_result_is_computed():
    fig = FIGURES["broadcasting"]()
    dotted = [patch for patch in fig.axes[0].patches if patch.get_linestyle() in (":", "dotted")]
    assert len(dotted) == 3 * 3 + 2 * 4 + 3 * 3  # column, row, column again
    x = 2 * 5 + 0.1
    drawn = {place: text for text, place, _ in entries(fig)}
    sums = [[int(drawn[x + column, 1 + row]) for column in range(4)] for row in range(3)]
    np.testing.assert_array_equal(sums, [[10, 11, 12, 13], [20, 21, 22, 23], [30, 31, 32, 33]])
    assert drawn[x, 1 + 5.2] == "−3" and drawn[x + 3, 3 + 5.2] == "0"
    assert words(fig).count("+") == 1 and words(fig).count("−") == 1
    assert "column + row: (3, 1) and (4,) give (3, 4)" in fig.alt


def test_reductions_write_both_sums():
    fig = FIGURES["reductions"]()
    drawn = {place: text for text, place, _ in entries(fig)}
    assert [drawn[2.0 + column, 5.0] for column in range(4)] == ["12", "15", "18", "21"]
    assert [drawn[7.0, 1.0 + row] for row in range(3)] == ["6", "22", "38"]
    assert "column sums 12, 15, 18, 21" in fig.alt and "row sums 6, 22, 38" in fig.alt
    assert "a.sum(axis=0)  shape (4,)" in words(fig) and "shape (3,)" in words(fig)


def test_product_marks_row_and_column_and_writes_the_terms():
    fig = FIGURES["matrix_product"]()  # B = [[-1, 0], [1, 2], [3, 4]]
    marked = [(value, face) for value, _, face in entries(fig) if face != (1, 1, 1)]
    assert [value for value, _ in marked] == ["3", "4", "5", "−1", "1", "3", "16"]
    assert len({face for _, face in marked[:-1]}) == 1 and marked[0][1] != marked[-1][1]
    assert "3 · −1 + 4 · 1 + 5 · 3 = 16" in words(fig)
    product = {text for text, (x, y), _ in entries(fig) if x > 5 and y > 3}
    assert product == {"7", "10", "16", "28"}
    assert fig._suptitle.get_text() == "Entry (1, 0) of A @ B: row 1 of A times column 0 of B"


def test_summed_letters_are_framed():
    fig = FIGURES["einsum_letters"]()
    framed = [patch for patch in fig.axes[0].patches if not patch.get_fill()]
    places = {tuple(np.floor(frame.get_xy())): None for frame in framed}
    letters = [text for text, (x, y), _ in entries(fig) if (np.floor(x), np.floor(y)) in places]
    assert len(framed) == 6 and letters == ["k", "k", "i", "i", "j", "j"]
    assert all(frame.get_edgecolor()[:3] == to_rgb(RED) for frame in framed)
    assert "A @ B is ik,kj->ij, sums over k; np.trace(A) is ii->, sums over i" in fig.alt
    assert fig.alt.endswith("nij,njk->nik, sums over j") and "a number" in words(fig)


def test_joined_entries_keep_the_color_of_their_origin():
    fig = FIGURES["joining"]()
    faces = {small: {face for text, _, face in entries(fig) if (int(text) < 10) == small} for small in (0, 1)}
    assert len(faces[0]) == len(faces[1]) == 1 and faces[0] != faces[1]
    assert len(entries(fig)) == 5 * 12
    assert fig.alt.endswith("one gives (4, 3); two gives (2, 2, 3); three gives (2, 6); four gives (2, 3, 2)")


def test_loop_steps_color_what_one_step_handles():
    fig = FIGURES["loop_steps"]()
    colored = [place for place, face in boxes(fig).items() if face != (1, 1, 1)]
    assert len(boxes(fig)) == 3 * 60 and len(colored) == 1 + 15 + 60
    assert {"1 of 60 at a time", "15 of 60 at a time", "60 of 60 at a time"} <= set(words(fig))


def test_orders_of_the_channels_in_memory():
    fig = FIGURES["channel_orders"]()
    numbers = [text.get_text().split("\n") for text in fig.axes[0].texts if "\n" in text.get_text()]
    pixels = IMAGE[:2, :2]
    assert [int(value) for _, value in numbers[:12]] == pixels.ravel().tolist()
    assert [int(value) for _, value in numbers[12:]] == pixels.transpose(2, 0, 1).ravel().tolist()
    assert "".join(letter for letter, _ in numbers) == "RGB" * 4 + "RRRRGGGGBBBB"
    assert fig.alt.endswith("channels first: R R R R G G G G B B B B")
