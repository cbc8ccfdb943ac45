"""A small workbook of its own: notebooks that were really run, in a folder with the strict comparison."""

import copy
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tests.notebook_run import kernels, workbook
from tests.notebook_run.execute import execute, record
from tests.notebook_run.normal_form import normal_form, text

REPOSITORY = Path(__file__).resolve().parents[2]
PREPARE = "import warnings, time\nfrom cs231n_lib import plots as f"
PICTURE = """
@f.figure
def curve(power):
    fig, axes = f.new_figure(height=2)
    axes[0, 0].plot([x**power for x in range(9)], linewidth=6)
    fig.alt = "a curve"
    return fig
curve(1)
""".strip()


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.fixture(scope="session")
def _stored():
    sources = [PREPARE, "print('six', 6)", PICTURE, "curve(2)", "print('first'); curve(1)", "6 * 7;", "6 * 7"]
    notebook = new_notebook(cells=[new_markdown_cell("# Text")] + [new_code_cell(s) for s in sources])
    execute(notebook, Path("made for the test"), seconds=60)
    return normal_form(notebook)


@pytest.fixture
def stored(_stored):
    """A notebook that was run: cell 0 prepares, 1 prints, 2 and 3 draw, 4 mixes, 5 ends with ; and 6 not."""
    return copy.deepcopy(_stored)


class House:
    """A copy of the workbook's tests beside notebooks of our own."""

    def __init__(self, root: Path):
        self.root = root
        here = Path(__file__).parent
        shutil.copytree(
            here, root / "tests" / "notebook_run", ignore=shutil.ignore_patterns("test_*", "__py*")
        )
        (root / "tests" / "__init__.py").touch()
        shutil.copy(REPOSITORY / "conftest.py", root)
        (root / "notebooks").mkdir()
        self.record = root / "tests" / "notebook_run" / "workbook.txt"

    def path(self, name: str) -> Path:
        return self.root / "notebooks" / f"{name}.ipynb"

    def write(self, **notebooks) -> None:
        for name, notebook in notebooks.items():
            self.path(name).write_text(text(notebook), encoding="utf-8")

    def make(self, **notebooks) -> None:
        """Write notebooks and make them the workbook of this house."""
        self.write(**notebooks)
        record([self.path(name) for name in notebooks])

    def pytest(self, *options: str) -> tuple[dict[tuple[str, str], str], str, int]:
        """Failures by notebook and item, what was printed, and how many items ran."""
        report = self.root / "report.xml"
        subprocess_path = os.pathsep.join([str(REPOSITORY / "src"), str(self.root)])
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "--nbval", "-p", "no:cacheprovider", "-c", "/dev/null"]
            + ["--rootdir", str(self.root), f"--junitxml={report}", *options],
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": subprocess_path},
            capture_output=True,
            text=True,
        )
        cases = list(ElementTree.parse(report).getroot().iter("testcase"))
        failed = {
            (case.get("classname").split(".")[-2], case.get("name")): failure.text
            for case in cases
            for failure in case.findall("failure")
        }
        assert done.returncode == (1 if failed else 0 if cases else 5), done.stdout
        return failed, done.stdout, len(cases)


@pytest.fixture
def house(tmp_path, monkeypatch):
    """An empty house in which ``record`` and ``refresh`` work too."""
    house = House(tmp_path / "a house")
    monkeypatch.setattr(kernels, "NOTEBOOKS", house.root / "notebooks")
    monkeypatch.setattr(kernels, "use", lambda environment: None)
    monkeypatch.setattr(workbook, "RECORD", house.record)
    workbook.write_record({})
    return house
