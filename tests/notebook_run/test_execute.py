"""Running notebooks: what a refresh stores, and that it touches nothing else."""

import base64
import copy
import io
import re
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from PIL import Image

from tests.notebook_run import kernels, pictures, workbook
from tests.notebook_run.conftest import code
from tests.notebook_run.execute import CellWarned, execute, html_page, record, refresh
from tests.notebook_run.normal_form import keep_equal_pictures
from tests.notebook_run.pictures import encoded_pictures
from tests.notebook_run.test_strict import with_a_readers_notes, without_ids


def test_refresh_of_an_unchanged_notebook_changes_no_byte(stored, house, capsys):
    house.make(case=stored)
    before = house.path("case").read_bytes()
    refresh([house.path("case")])
    assert house.path("case").read_bytes() == before
    assert "unchanged" in capsys.readouterr().out
    record([house.path("case")])
    assert house.path("case").read_bytes() == before


@pytest.mark.parametrize("editor", [lambda notebook: notebook, without_ids])
def test_refresh_stores_outputs_and_touches_nothing_else(stored, house, capsys, editor):
    house.make(case=stored)
    noted = editor(with_a_readers_notes(stored))
    noted.metadata["title"] = "mine"
    noted.cells[0].metadata["slideshow"] = {"slide_type": "slide"}
    noted.cells[4].outputs = []
    house.write(case=noted)
    refresh([house.path("case")])
    new = workbook.read(house.path("case"))
    assert "rewritten\n    kept: 3 code cells added, 1 note added, 1 note edited" in capsys.readouterr().out
    assert [encoded_pictures(cell.outputs) for cell in code(new)] == [
        encoded_pictures(cell.outputs) for cell in code(noted)
    ]
    assert new.cells[4].outputs[0].output_type == "stream"
    assert [out.output_type for out in new.cells[-2].outputs] == ["error"]  # as Run All leaves it
    for notebook in (noted, new):
        for cell in code(notebook):
            cell.outputs, cell.execution_count = [], None
    assert new == noted


def test_refresh_keeps_the_stored_bytes_of_a_picture_that_looks_the_same(stored):
    new = copy.deepcopy(stored)
    picture = code(new)[2].outputs[0].data["image/png"]
    faint = pictures.pixels(picture)
    faint[:5, :5] -= 1
    code(new)[2].outputs[0].data["image/png"] = encode(faint)
    keep_equal_pictures(new, stored)
    assert code(new)[2].outputs[0].data["image/png"] == picture
    strong = pictures.pixels(picture)
    strong[50:90, 50:90] = 0
    code(new)[2].outputs[0].data["image/png"] = encode(strong)
    keep_equal_pictures(new, stored)
    assert code(new)[2].outputs[0].data["image/png"] != picture


def test_picture_difference_names_size_and_share(stored):
    picture = code(stored)[2].outputs[0].data["image/png"]
    cut = pictures.pixels(picture)[:-1]
    assert pictures.difference(picture, picture) == ""
    assert pictures.difference(picture, encode(cut)).startswith("size ")
    specks = pictures.pixels(picture)
    specks.reshape(-1, 3)[: int(0.003 * specks.size / 3)] = 0  # few enough for the mean, too many pixels
    assert "of the pixels changed" in pictures.difference(picture, encode(specks))


def test_execute_refuses_warnings():
    notebook = new_notebook(cells=[new_code_cell("import warnings; warnings.warn('look out')")])
    with pytest.raises(CellWarned, match="look out"):
        execute(notebook, Path("warning"), seconds=60)


def test_pages_do_not_break_formulas_in_tables():
    page = html_page(new_notebook(cells=[new_markdown_cell("| $a = 1$ |\n|---|")]), "a page")
    assert "automatic: false" in page and "automatic: true" not in page


def encode(array) -> str:
    file = io.BytesIO()
    Image.fromarray(array.clip(0, 255).astype("uint8")).save(file, format="png")
    return base64.b64encode(file.getvalue()).decode()


def test_pages_elsewhere_lead_into_the_library(tmp_path):
    link = new_markdown_cell("In the library: [`optim.adam`](../src/cs231n_lib/optim.py)")
    page = html_page(new_notebook(cells=[link]), "a page", tmp_path)
    (target,) = re.findall(r'href="([^"]+optim\.py)"', page)
    assert (tmp_path / target).resolve() == kernels.NOTEBOOKS.parent / "src/cs231n_lib/optim.py"
