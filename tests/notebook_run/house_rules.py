"""Facts about the notebooks as they are committed, which need no run: `make lint-notebooks`.

They hold for the workbook's commits, not for what a reader makes of the notebooks: so `make test` leaves
this file out (its name does not begin with "test").
"""

import re
import statistics
import subprocess
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest

from tests.notebook_run import workbook
from tests.notebook_run.execute import README_PICTURE, readme_picture
from tests.notebook_run.normal_form import normal_form, text
from tests.notebook_run.pictures import encoded_pictures
from tests.notebook_run.strict import warnings_in

ROOT = Path(__file__).resolve().parents[2]
RECORDED = workbook.recorded()
NOTEBOOKS = [workbook.path_of(name) for name in RECORDED]
MAX_KILOBYTES = 3000


@pytest.fixture(params=NOTEBOOKS, ids=list(RECORDED))
def path(request) -> Path:
    return request.param


@pytest.fixture
def notebook(path):
    return workbook.read(path)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_is_stored_in_normal_form(path, notebook):
    nbformat.validate(notebook)
    assert path.read_text(encoding="utf-8") == text(normal_form(notebook)), "run `make record`"
    assert workbook.entries(notebook) == RECORDED[workbook.name(path)], "run `make record`"
    assert path.stat().st_size < 1000 * MAX_KILOBYTES


def test_every_committed_notebook_is_recorded():
    listed = ["git", "ls-files", "-z", "notebooks/*.ipynb"]
    committed = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    names = {workbook.name(ROOT / file) for file in committed.split("\0") if file}
    assert names == set(RECORDED), "run `make record NAMES=...` with the names of new notebooks"


def test_was_run_once_from_top_to_bottom(notebook):
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1)), "run `make refresh`"


def test_stores_neither_warnings_nor_errors(notebook):
    for cell in code_cells(notebook):
        assert not warnings_in(cell.outputs)
        if "raises-exception" not in cell.metadata.get("tags", ()):
            assert all(output.output_type != "error" for output in cell.outputs)


def test_code_cells_are_short(notebook):
    lengths = [
        len([line for line in cell.source.splitlines() if line.strip()]) for cell in code_cells(notebook)
    ]
    assert max(lengths) <= 25
    assert statistics.median(lengths) <= 5


def test_every_picture_has_alternative_text(notebook):
    for cell in code_cells(notebook):
        for output in cell.outputs:
            if encoded_pictures([output]):
                assert output.metadata["image/png"]["alt"].strip()
    for cell in notebook.cells:
        for alt in re.findall(r"!\[(.*?)\]\(", cell.source):
            assert alt.strip()


def test_folds_its_answers_away(notebook):
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert prose.count("<details>") == prose.count("</details>") == prose.count("<summary>Answer</summary>")
    assert prose.count("**Question.**") == prose.count("<details>") > 0
    assert not re.search(r"<details>\n(?!<summary>)", prose)


def test_equation_numbers_are_unique_and_references_resolve(path, notebook):
    prose = "\n".join(cell.source for cell in notebook.cells)
    tags = re.findall(r"\\tag\{([0-9.]+)\}", prose)
    assert len(tags) == len(set(tags))
    assert all(tag.startswith(f"{int(path.stem[:2])}.") for tag in tags)
    referred = set(re.findall(rf"\(({int(path.stem[:2])}\.[0-9]+)\)", prose))
    assert referred <= set(tags)


def test_prints_no_times_addresses_or_numpy_scalars(notebook):
    for cell in code_cells(notebook):
        printed = "".join(output.get("text", "") for output in cell.outputs)
        shown = (output.get("data", {}).get("text/plain", "") for output in cell.outputs)
        printed += "".join(text for text in shown if not text.startswith("# cs231n_lib/"))  # source code
        assert not re.search(r"0x[0-9a-f]{6,}|np\.(float|int)|\b\d+(\.\d+)? ?(ms|µs|seconds)\b", printed)


def test_readme_lists_every_notebook_that_exists_and_no_other():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\(notebooks/(\w+)\.ipynb\)", readme)) == {path.stem for path in NOTEBOOKS}


def test_readme_links_lead_somewhere():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", readme):
        assert (ROOT / target).exists(), target


def headings(path: Path) -> list[str]:
    cells = nbformat.read(path, as_version=4).cells
    markdown = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    return re.findall(r"^#+ (.+?) *$", markdown, flags=re.MULTILINE)


def test_readme_topics_lead_to_their_sections():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\| (\d\d) \| \[([^]]+)\]\(notebooks/(\w+)\.ipynb#([^)]+)\) \|", readme)
    for number, section, stem, anchor in links:
        assert stem.startswith(number), (stem, section)
        assert section in headings(ROOT / "notebooks" / f"{stem}.ipynb"), (stem, section)
        assert unquote(anchor) == section.replace(" ", "-")  # as Jupyter makes anchors
    assert {stem for _, _, stem, _ in links} == {path.stem for path in NOTEBOOKS}
    assert len(links) == readme.partition("## Every topic")[2].count(".ipynb#")


def test_notebook_11_quotes_what_the_others_measured():
    cells = nbformat.read(ROOT / "notebooks/11_learned_features.ipynb", as_version=4).cells
    (source,) = (cell.source for cell in cells if "elsewhere = {" in cell.source)
    numbers = re.findall(r"\((\d\d)\)\"", source)
    quoted = {
        name: [float(value) for value in values.split(",")]
        for name, values in re.findall(r'"(scenes10|cifar10)": \(([\d., ]+)\)', source)
    }
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(quoted) == 2
    for number, on_scenes10, on_cifar10 in zip(numbers, quoted["scenes10"], quoted["cifar10"], strict=True):
        (path,) = ROOT.glob(f"notebooks/{number}_*.ipynb")
        outputs = [out for cell in nbformat.read(path, 4).cells for out in cell.get("outputs", ())]
        printed = "".join(out.get("text", "") for out in outputs)
        assert f"accuracy {on_scenes10:.4g}\n" in printed, (number, on_scenes10)
        assert f"| {on_cifar10:.3f} | {number} |" in readme, (number, on_cifar10)


def test_readme_shows_the_stored_figure():
    assert README_PICTURE.read_bytes() == readme_picture(), "run `make refresh`"
    assert str(README_PICTURE.relative_to(ROOT)) in (ROOT / "README.md").read_text(encoding="utf-8")
