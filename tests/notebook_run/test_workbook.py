"""Telling the workbook's cells from a reader's, and the form in which they are committed."""

import copy

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tests.notebook_run import workbook
from tests.notebook_run.normal_form import normal_form, text


def made(*sources):
    return normal_form(new_notebook(cells=[new_code_cell(source) for source in sources]))


def test_normal_form_is_stable_and_ids_follow_the_contents(stored):
    assert text(normal_form(stored)) == text(stored)
    shuffled = copy.deepcopy(stored)
    for number, cell in enumerate(shuffled.cells):
        cell.id = f"other-{number}"
        cell.metadata["execution"] = {"iopub.status.busy": "2026-01-01"}
    shuffled.metadata["widgets"] = {"state": {}}
    shuffled.metadata.language_info["version"] = "3.13"
    shuffled.cells.append(new_code_cell(" \n"))
    assert text(normal_form(shuffled)) == text(stored)
    first, second = made("x = 1", "x = 1").cells
    assert first.id != second.id


def test_normal_form_keeps_text_attachments_and_metadata():
    metadata = {"tags": ["raises-exception"], "slideshow": {"slide_type": "slide"}}
    note = new_markdown_cell("\n two spaces  \nbreak a line\n\n", metadata=metadata)
    note["attachments"] = {"x.png": {"image/png": "iVBORw0K"}}
    notebook = new_notebook(cells=[note], metadata={"title": "Mine", "jupytext": {"formats": "ipynb,py"}})
    kept = normal_form(notebook)
    assert kept.cells == [{**note, "id": kept.cells[0].id}]
    assert kept.metadata.title == "Mine" and kept.metadata.jupytext == {"formats": "ipynb,py"}


def test_an_original_is_told_from_its_copies():
    notebook = made("a = 1", "b = 2")
    record = workbook.entries(notebook)
    notebook.cells.insert(0, new_code_cell("b = 2  \n"))  # its copy stands before it
    found = workbook.compare(notebook, record)
    assert (set(found.own), found.edited, found.added, found.missing) == ({1, 2}, [], [0], [])


def test_moved_cells_stay_the_workbooks():
    notebook = made("a = 1", "b = 2")
    record = workbook.entries(notebook)
    notebook.cells.reverse()
    found = workbook.compare(notebook, record)
    assert set(found.own) == {0, 1} and found.moved and not found.edited


def test_a_cell_that_takes_anothers_place_is_no_edit_where_ids_are_kept():
    notebook = made("a = 1", "b = 2", "c = 3")
    record = workbook.entries(notebook)
    notebook.cells[1] = new_code_cell("mine = 4")
    found = workbook.compare(notebook, record)
    assert (found.added, found.edited, found.missing) == ([1], [], [record[1]])
    for cell in notebook.cells:
        cell.pop("id")
    found = workbook.compare(notebook, record)
    assert (found.added, found.edited, found.missing) == ([], [1], [])


def test_code_made_a_note_is_missing():
    notebook = made("a = 1", "b = 2")
    record = workbook.entries(notebook)
    notebook.cells[1].cell_type = "markdown"
    assert workbook.compare(notebook, record).missing == [record[1]]


def test_notebooks_without_ids_or_with_one_twice_are_read(tmp_path):
    notebook = made("a = 1", "b = 2")
    for ids in ([None, None], ["same", "same"]):
        for cell, cell_id in zip(notebook.cells, ids, strict=True):
            cell.pop("id", None)
            if cell_id:
                cell["id"] = cell_id
        path = tmp_path / "case.ipynb"
        path.write_text(nbformat.v4.writes(notebook))
        assert len({cell.id for cell in workbook.read(path).cells}) == 2


def test_the_record_is_read_as_it_was_written(tmp_path, monkeypatch):
    monkeypatch.setattr(workbook, "RECORD", tmp_path / "record.txt")
    cells = {"practice/01": workbook.entries(made("a = 'two words'\nb")), "00": workbook.entries(made("x"))}
    workbook.write_record(cells)
    assert workbook.recorded() == cells
