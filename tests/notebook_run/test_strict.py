"""The notebook comparison itself: what it must catch, and what it must leave alone."""

import base64
import copy
import io
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from PIL import Image

from tests.notebook_run import kernels, pictures
from tests.notebook_run.execute import CellWarned, execute, html_page, refresh
from tests.notebook_run.normal_form import keep_equal_pictures, normal_form, text

REPOSITORY = Path(__file__).resolve().parents[1]

PREPARE = "import warnings, time\nfrom cs231n_lib.plots import figure as f"
PICTURE = """
@f.figure
def curve(power):
    fig, axes = f.new_figure(height=2)
    axes[0, 0].plot([x**power for x in range(9)], linewidth=6)
    fig.alt = "a curve"
    return fig
curve({power})
""".strip()


@pytest.fixture(scope="module")
def stored():
    """A notebook that was really run: cell 0 prepares, 1 prints, 2 and 3 draw, 4 mixes, 5 ends with ;."""
    sources = [
        PREPARE,
        "print('six', 6)",
        PICTURE.replace("{power}", "1"),
        "curve(2)",
        "print('first'); curve(1)",
        "6 * 7;",
        "6 * 7",
    ]
    notebook = new_notebook(cells=[new_markdown_cell("# Text")] + [new_code_cell(s) for s in sources])
    execute(notebook, "made for the test", seconds=60)
    return normal_form(notebook)


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def failures(notebook, folder, *options) -> dict[int, str]:
    """Run the strict comparison as a reader would; the numbers of failing cells and what was said."""
    nbformat.write(notebook, folder / "case.ipynb")
    report = folder / "report.xml"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--nbval",
        "-p",
        "tests.notebook_run.strict",
        "-p",
        "no:cacheprovider",
    ]
    subprocess.run(
        [
            *command,
            "--rootdir",
            str(folder),
            "-c",
            "/dev/null",
            f"--junitxml={report}",
            *options,
            str(folder / "case.ipynb"),
        ],
        cwd=REPOSITORY,
        check=False,
        capture_output=True,
    )
    cases = ElementTree.parse(report).getroot().iter("testcase")
    found = {}
    ran = 0
    for case in cases:
        ran += 1
        for failure in case.findall("failure"):
            found[int(case.get("name").split()[-1])] = failure.text
    assert ran == len(code(notebook))
    return found


def test_an_untouched_notebook_passes(stored, tmp_path):
    assert failures(stored, tmp_path) == {}


def test_each_kind_of_change_fails_in_its_own_cell(stored, tmp_path):
    notebook = copy.deepcopy(stored)
    cells = code(notebook)
    cells[1].outputs[0].text = "six 7\n"
    cells[2].outputs, cells[3].outputs = cells[3].outputs, cells[2].outputs  # another curve
    cells[4].outputs.reverse()
    cells[5].outputs = copy.deepcopy(cells[6].outputs)  # a value where ; hides it
    cells[6].outputs = []
    found = failures(notebook, tmp_path)
    assert sorted(found) == [1, 2, 3, 4, 5, 6]
    assert "picture: root mean square" in found[2]
    assert "order or kind of outputs" in found[4]


def test_cells_that_never_ran_warn_fail_or_take_too_long(stored, tmp_path):
    notebook = copy.deepcopy(stored)
    notebook.cells += [
        new_code_cell("unrun = 1"),
        new_code_cell("warnings.warn('look out')", execution_count=9),
        new_code_cell("1 / 0", execution_count=10),
        new_code_cell("time.sleep(60)", execution_count=11),
    ]
    found = failures(notebook, tmp_path, "--nbval-cell-timeout=3")
    assert sorted(found) == [7, 8, 9, 10]
    assert "without having been run" in found[7]
    assert "look out" in found[8]
    assert "ZeroDivisionError" in found[9]
    assert "Timeout of 3 seconds" in found[10]


def test_normal_form_is_stable_and_ids_follow_the_contents(stored):
    assert text(normal_form(stored)) == text(stored)
    shuffled = copy.deepcopy(stored)
    for number, cell in enumerate(shuffled.cells):
        cell.id = f"other-{number}"
        cell.metadata["execution"] = {"iopub.status.busy": "2026-01-01"}
    shuffled.metadata["widgets"] = {"state": {}}
    assert text(normal_form(shuffled)) == text(stored)
    twice = new_notebook(cells=[new_code_cell("x = 1"), new_code_cell("x = 1")])
    first, second = normal_form(twice).cells
    assert first.id != second.id


def test_tags_survive_the_normal_form():
    notebook = new_notebook(cells=[new_code_cell("1 / 0", metadata={"tags": ["raises-exception"], "x": 1})])
    assert normal_form(notebook).cells[0].metadata == {"tags": ["raises-exception"]}


def test_refresh_of_an_unchanged_notebook_changes_no_byte(stored, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(kernels, "NOTEBOOKS", tmp_path)
    monkeypatch.setattr(kernels, "use", lambda environment: None)
    path = tmp_path / "case.ipynb"
    path.write_text(text(stored), encoding="utf-8")
    before = path.read_bytes()
    refresh([path])
    assert path.read_bytes() == before
    assert "unchanged" in capsys.readouterr().out


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
        execute(notebook, "warning", seconds=60)


def test_pages_do_not_break_formulas_in_tables():
    page = html_page(new_notebook(cells=[new_markdown_cell("| $a = 1$ |\n|---|")]), "a page")
    assert "automatic: false" in page and "automatic: true" not in page


def encode(array) -> str:
    file = io.BytesIO()
    Image.fromarray(array.clip(0, 255).astype("uint8")).save(file, format="png")
    return base64.b64encode(file.getvalue()).decode()
