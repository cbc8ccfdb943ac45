"""The strict comparison: what it must catch, and what it must leave alone."""

import copy

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

from tests.notebook_run import report, workbook
from tests.notebook_run.conftest import code
from tests.notebook_run.normal_form import text
from tests.notebook_run.strict import WIDGET, without_widgets

LAB_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "version": "3.12.1",
        "name": "python",
    },
    "widgets": {"application/vnd.jupyter.widget-state+json": {"state": {}}},
}
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def printing(source, printed, number=90):
    cell = new_code_cell(source, execution_count=number)
    cell.outputs = [new_output("stream", text=printed)]
    return cell


def with_a_readers_notes(notebook):
    """What JupyterLab saves after Run All and some work: everything but the workbook's claims is changed."""
    notebook = copy.deepcopy(notebook)
    notebook.metadata = nbformat.from_dict(LAB_METADATA)
    for number, cell in enumerate(code(notebook)):
        cell.execution_count = 40 + number
        cell.metadata["execution"] = {"iopub.status.busy": "2026-01-01"}
        for output in cell.outputs:
            if "image/png" in output.get("data", ()):
                output.data["image/png"] = output.data["image/png"].strip()
    notebook.cells[0].source += "  \nmy note ![pasted](attachment:x.png)"
    notebook.cells[0]["attachments"] = {"x.png": {"image/png": PNG}}
    notebook.cells[2:2] = [
        new_code_cell(" \n"),
        new_markdown_cell("# Mine"),
        printing("import random; print(random.random())", "0.5\n"),
        new_code_cell("never_run = 1 / 0"),
    ]
    notebook.cells += [new_code_cell("1 / 0", execution_count=91), new_code_cell("")]
    return notebook


def without_ids(notebook):
    """As an editor writes it that knows no ids."""
    notebook = copy.deepcopy(notebook)
    notebook.nbformat_minor = 4
    for cell in notebook.cells:
        cell.pop("id")
    return notebook


def break_each_kind(notebook):
    cells = [cell for cell in code(notebook) if cell.outputs or cell.source.endswith(";")]
    six, straight, square, mixed, silent, value = [cell for cell in cells if cell.source[:6] in STARTS]
    six.outputs[0].text = "six 7\n"
    straight.outputs, square.outputs = square.outputs, straight.outputs  # another curve
    mixed.outputs.reverse()
    silent.outputs = copy.deepcopy(value.outputs)  # a value where ; hides it
    value.outputs = []


STARTS = ("print(", "@f.fig", "curve(", "6 * 7;", "6 * 7")


def test_each_kind_of_change_fails_in_its_own_cell_with_or_without_a_readers_notes(stored, house):
    house.make(untouched=stored, noted=stored, no_ids=stored, broken=stored, noted_and_broken=stored)
    noted = with_a_readers_notes(stored)
    broken = copy.deepcopy(stored)
    break_each_kind(broken)
    noted_and_broken = with_a_readers_notes(broken)
    house.write(noted=noted, no_ids=without_ids(noted), broken=broken, noted_and_broken=noted_and_broken)
    house.path("mine").write_text(text(new_notebook(cells=[new_code_cell("1 / 0", execution_count=1)])))
    house.path("empty").touch()  # no notebook yet
    failed, printed, ran = house.pytest("notebooks")

    assert ran == 7 + 9 + 9 + 7 + 9
    assert {item for case, item in failed if case == "broken"} == {f"Cell {i}" for i in range(1, 7)}
    assert {item for case, item in failed if case == "noted_and_broken"} == {
        f"Cell {i}"
        for i in (4, 5, 6, 7, 8, 9)  # three of a reader's stand before it
    }
    assert {case for case, _ in failed} == {"broken", "noted_and_broken"}
    assert "order or kind of outputs" in failed["broken", "Cell 4"]
    assert 'broken, section "Text", cell [2]: Cell outputs differ\n    print(' in failed["broken", "Cell 1"]
    assert "\n-six 7\n+six 6\n" in failed["broken", "Cell 1"] and "\x1b" not in printed
    assert 'noted_and_broken, section "Mine", cell [41]: ' in failed["noted_and_broken", "Cell 4"]
    assert "make refresh NAMES=broken" in failed["broken", "Cell 3"]
    file = house.root / "build/differences/broken-cell-3.png"
    assert f"changed (at most 0.20%); see {file}" in failed["broken", "Cell 2"]
    picture = np.asarray(Image.open(file))
    stored_one, new, marked = np.split(picture, 3, axis=1)
    changed = np.abs(stored_one.astype(int) - new).max(axis=2) > 8
    np.testing.assert_array_equal((marked == report.RED).all(axis=2), changed)
    assert 0 < changed.mean() < 0.5

    changes = "3 code cells added, 1 note added, 1 note edited, metadata of another editor\n"
    for name in ("noted", "no_ids", "noted_and_broken"):
        assert f"\n{name}: changed by you: {changes}" in printed
    assert "mine: a notebook of your own, left alone\n" in printed
    assert "untouched: " not in printed


@pytest.mark.parametrize(
    ("options", "cells"),
    [
        (("notebooks/a.ipynb::Cell 3",), 1),
        (("notebooks/a.ipynb::Cell 5", "notebooks/b.ipynb::Cell 3"), 2),
        (("-n2", "--dist=load", "notebooks"), 14),
        (("-n3", "notebooks"), 14),
    ],
)
def test_however_pytest_is_called_a_cell_runs_after_those_before_it(stored, house, options, cells):
    house.make(a=stored, b=stored)
    failed, _, ran = house.pytest(*options)
    assert not failed and ran == cells


def test_only_what_differs_is_told():
    a, b = new_output("stream", text="one\ntwo\nthree\nfour\n"), new_output("stream", text="one\n2\nthree\n")
    told = report.differences([a], [b], "unused").splitlines()
    assert told == ["--- stored", "+++ now", "@@ -1,4 +1,3 @@", " one", "-two", "+2", " three", "-four"]
    page = [new_output("display_data", data={"text/html": f"<b>{n}</b>", "text/plain": "same"}) for n in "12"]
    assert report.differences(page[:1], page[1:], "unused").splitlines()[3:] == ["-<b>1</b>", "+<b>2</b>"]
    many = [
        new_output("stream", text="".join(f"{n}\n" for n in range(start, start + 99))) for start in (0, 500)
    ]
    assert "... and 161 lines more" in report.differences(many[:1], many[1:], "unused")


def test_code_that_a_reader_edits_is_compared_with_what_they_stored(stored, house):
    edited = copy.deepcopy(stored)
    code(edited)[1].source = "print('seven', 7)"
    agreeing = copy.deepcopy(edited)
    code(agreeing)[1].outputs[0].text = "seven 7\n"
    cleared = copy.deepcopy(stored)
    code(cleared)[1].outputs, code(cleared)[1].execution_count = [], None
    house.make(edited=stored, agreeing=stored, no_ids=stored, cleared=stored)
    house.write(edited=edited, agreeing=agreeing, no_ids=without_ids(agreeing), cleared=cleared)
    failed, printed, ran = house.pytest("notebooks")
    assert ran == 4 * 7
    assert set(failed) == {("edited", "Cell 1"), ("cleared", "Cell 1")}
    assert "without having been run" in failed["cleared", "Cell 1"]
    for name in ("edited", "agreeing", "no_ids"):
        assert f"{name}: changed by you: 1 code cell edited\n" in printed


def test_deleted_code_fails_and_deleted_notes_are_told(stored, house):
    short = copy.deepcopy(stored)
    short.cells = [cell for cell in short.cells if cell.source != "6 * 7;" and cell.cell_type == "code"]
    house.make(short=stored)
    house.write(short=short)
    failed, printed, _ = house.pytest("notebooks/short.ipynb")
    assert list(failed) == [("short", "deleted cells")]
    assert "    6 * 7;\n" in failed["short", "deleted cells"]
    assert "short: changed by you: 1 code cell deleted, 1 note deleted\n" in printed


def test_outputs_of_another_data_set_are_named(stored, house):
    first = "cifar10: 49,000 training, 1,000 validation, 10,000 test images of 32 x 32 pixels in 10 classes\n"
    other = copy.deepcopy(stored)
    code(other)[1].outputs[0].text = first
    mine = copy.deepcopy(stored)
    mine.cells.append(printing("print('mine')", first))
    house.make(other=stored, mine=stored)
    house.write(other=other, mine=mine)
    failed, _, ran = house.pytest("notebooks")
    assert ran == 1 + 8
    assert list(failed) == [("other", "data set")]
    assert "the stored outputs are those of another data set, cifar10" in failed["other", "data set"]


def test_a_readers_cell_that_takes_too_long_does_not_hide_the_workbooks(stored, house):
    house.make(slow=stored)
    slow = copy.deepcopy(stored)
    slow.cells.insert(2, new_code_cell("time.sleep(60)", execution_count=9))
    code(slow)[2].outputs[0].text = "six 7\n"
    house.write(slow=slow)
    failed, _, _ = house.pytest("notebooks", "--nbval-cell-timeout=3")
    assert list(failed) == [("slow", "Cell 2")]


def test_cells_that_never_ran_warn_fail_or_take_too_long(stored, house):
    stored.cells += [
        new_code_cell("unrun = 1"),
        new_code_cell("warnings.warn('look out')", execution_count=9),
        new_code_cell("1 / 0", execution_count=10),
        new_code_cell("time.sleep(60)", execution_count=11),
    ]
    elsewhere = house.root / "case.ipynb"  # where all cells count as the workbook's
    elsewhere.write_text(text(stored))
    failed, _, ran = house.pytest(str(elsewhere), "--nbval-cell-timeout=3")
    assert ran == 11
    assert list(failed) == [("case", f"Cell {i}") for i in (7, 8, 9, 10)]
    assert "without having been run" in failed["case", "Cell 7"]
    assert "look out" in failed["case", "Cell 8"]
    assert "ZeroDivisionError" in failed["case", "Cell 9"]
    assert "Timeout of 3 seconds" in failed["case", "Cell 10"]


def test_widgets_are_left_out_together_with_what_stands_in_their_place():
    words = new_output("stream", text="words")
    widget = new_output("display_data", data={WIDGET: {"model_id": "1"}, "text/plain": "VBox()"})
    picture = new_output("display_data", data={"image/png": PNG})
    assert without_widgets([words, widget], [words]) == ([words], [words])
    assert without_widgets([words, widget], [words, picture]) == ([words], [words])
    assert without_widgets([words], [words, widget]) == ([words], [words])
    assert without_widgets([words, picture], [words]) == ([words, picture], [words])


def test_every_notebook_of_the_workbook_is_there():
    gone = [name for name in workbook.recorded() if not workbook.path_of(name).exists()]
    assert not gone, f"put back {gone}: what they show is no longer compared"
