"""Run the notebooks from start to end: ``python -m tests.notebook_run.execute refresh|record|run``.

``refresh`` stores the outputs of the workbook's notebooks anew (on the built-in images) and touches nothing
else in them. ``record``, for maintainers, makes the cells as they are now the workbook's and puts the
notebooks into normal form. ``run`` leaves the notebooks as they are and writes executed copies and HTML
pages elsewhere.
"""

import argparse
import base64
import copy
import html
import logging
import os
import sys
import time
from collections.abc import Collection
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbconvert import HTMLExporter
from nbformat import NotebookNode
from nbval.kernel import CURRENT_ENV_KERNEL_NAME
from nbval.plugin import coalesce_streams
from tqdm import tqdm

from . import kernels, workbook
from .normal_form import is_empty, keep_equal_pictures, normal_form, text
from .pictures import encoded_pictures
from .report import without_colors
from .strict import warnings_in

NO_ALT = 'alt="No description has been provided for this image"'
README_NOTEBOOK = kernels.NOTEBOOKS / "02_knn.ipynb"
README_PICTURE = kernels.NOTEBOOKS.parent / "site" / "neighbors.png"


class CellWarned(Exception):
    """A cell wrote to the error stream."""


FAILURES = (CellExecutionError, CellTimeoutError, DeadKernelError, CellWarned)


def execute(notebook: NotebookNode, path: Path, seconds: int | None, may_fail: Collection[int] = ()) -> None:
    """Run all cells in place, in a fresh kernel, with a progress bar over the cells.

    The cells at the positions ``may_fail`` may raise and warn.
    """
    client = NotebookClient(
        notebook,
        timeout=seconds,
        kernel_name=CURRENT_ENV_KERNEL_NAME,
        kernel_manager_class=kernels.CurrentPython,
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
        record_timing=False,
    )
    code = {
        i: cell for i, cell in enumerate(notebook.cells) if cell.cell_type == "code" and not is_empty(cell)
    }
    for cell in code.values():
        cell.outputs, cell.execution_count = [], None
    bar = tqdm(code.items(), desc=path.stem, unit="cell", leave=False, disable=None)  # none in a log
    with client.setup_kernel(cwd=str(path.parent)):
        for i, cell in bar:
            try:
                client.execute_cell(cell, i)
            except CellExecutionError:
                if i not in may_fail:
                    raise
            cell.outputs = coalesce_streams(cell.outputs)
            if warnings_in(cell.outputs) and i not in may_fail:
                raise CellWarned(f"{cell.source}\n\n{warnings_in(cell.outputs)}")


def refresh(paths: list[Path]) -> None:
    """Run notebooks on the built-in images and store what they print and draw, and nothing else."""
    kernels.use(kernels.strict_environment())
    recorded = workbook.recorded()
    for path in paths:
        started = time.perf_counter()
        stored = workbook.read(path)
        notebook = copy.deepcopy(stored)
        entries = recorded[workbook.name(path)]
        execute(notebook, path, kernels.CELL_SECONDS, may_fail=workbook.compare(stored, entries).added)
        keep_equal_pictures(notebook, stored)
        changed = notebook != stored
        state = "rewritten" if changed else "unchanged"
        if changed:
            _write_whole(path, text(notebook))
        print(f"{workbook.name(path):28} {time.perf_counter() - started:5.0f} s  {state}")
        if changes := workbook.changes(path, entries):
            print(f"    kept: {changes} (if this is to be the workbook's: `make record`)")


def record(paths: list[Path]) -> None:
    """Make these notebooks' cells, as they are now, the workbook's."""
    recorded = {key: cells for key, cells in workbook.recorded().items() if workbook.path_of(key).exists()}
    for path in paths:
        notebook = normal_form(workbook.read(path))
        if text(notebook) != path.read_text(encoding="utf-8"):
            _write_whole(path, text(notebook))
        title, cells = workbook.name(path), workbook.entries(notebook)
        if recorded.get(title) != cells:
            print(f"{title}: these {len(cells)} cells are the workbook's now")
        recorded[title] = cells
    workbook.write_record(recorded)


def readme_picture() -> bytes | None:
    """The stored figure that the README shows, as a PNG: its alternative text tells it from the others."""
    notebook = workbook.read(README_NOTEBOOK)
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", ()) if encoded_pictures([out])]
    for out in outputs:
        if "nearest training images" in out.metadata.get("image/png", {}).get("alt", ""):
            return base64.b64decode(out.data["image/png"])
    return None


def run(paths: list[Path], output: Path) -> bool:
    """Run copies of the notebooks into ``output``; True when all of them ran to the end."""
    kernels.use(kernels.quiet_environment())
    output.mkdir(parents=True, exist_ok=True)
    failed = []
    for path in paths:
        started, verdict = time.perf_counter(), "ok"
        notebook = workbook.read(path)
        try:
            execute(notebook, path, seconds=None)
        except FAILURES as failure:
            failed.append(path.stem)
            verdict = without_colors(f"FAILED\n{failure}")
        nbformat.write(notebook, output / path.name)
        _write_whole(output / f"{path.stem}.html", html_page(notebook, path.stem, output))
        print(f"{path.stem:28} {time.perf_counter() - started:5.0f} s  {verdict}", flush=True)
    print(f"{len(paths) - len(failed)} passed, {len(failed)} failed; copies and pages are in {output}")
    return not failed


def html_page(notebook: NotebookNode, title: str, folder: Path = kernels.NOTEBOOKS) -> str:
    """The notebook as a page whose pictures carry their alternative text (nbconvert leaves it out).

    MathJax does not break lines: it would break the short formulas in tables after every symbol. Links into
    the library, ``../src/…`` in a notebook, are made to lead there from `folder`, where the page will be.
    """
    quiet = logging.getLogger("nbconvert.pages")
    quiet.setLevel(logging.ERROR)
    page, _ = HTMLExporter(log=quiet).from_notebook_node(notebook, {"metadata": {"name": title}})
    page = page.replace("automatic: true", "automatic: false")
    source = Path(os.path.relpath(kernels.NOTEBOOKS.parent / "src", folder.resolve())).as_posix()
    page = page.replace('href="../src/', f'href="{source}/')
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", ()) if encoded_pictures([out])]
    for output in outputs:
        alt = output.metadata.get("image/png", {}).get("alt", "a figure")
        page = page.replace(NO_ALT, f'alt="{html.escape(alt)}"', 1)
    return page


def _write_whole(path: Path, content: str) -> None:
    part = path.with_name(path.name + ".part")
    part.write_text(content, encoding="utf-8")
    part.replace(path)


def _use_dataset(name: str) -> None:
    """Decide for a data set, and fail now rather than in the first cell when it is not there."""
    from cs231n_lib import datasets

    if os.environ.get("CIFAR10_DIR"):  # kernels start in the notebooks' folder
        os.environ["CIFAR10_DIR"] = str(Path(os.environ["CIFAR10_DIR"]).expanduser().resolve())
    os.environ["CS231N_DATASET"] = name
    try:
        print(datasets.load(name), flush=True)
    except (FileNotFoundError, ValueError) as problem:
        sys.exit(str(problem))


def main() -> None:
    sys.stdout.reconfigure(errors="replace")  # whatever the terminal's encoding is
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=("refresh", "record", "run"))
    parser.add_argument("names", nargs="*", help="notebooks, such as 02_knn (default: all of the workbook)")
    parser.add_argument("--dataset", default="auto", help="for run: auto, scenes10 or cifar10")
    parser.add_argument(
        "--output", type=Path, default=Path("build/run"), help="for run: the folder to write to"
    )
    arguments = parser.parse_intermixed_args()  # names may follow options
    recorded = [name for name in workbook.recorded() if workbook.path_of(name).exists()]
    known = recorded if arguments.command == "refresh" else [*map(workbook.name, workbook.in_folder())]
    wrong = [name for name in arguments.names if name not in known]
    if wrong:
        parser.error(f"no notebook of the workbook is named {wrong[0]!r}; there are {', '.join(known)}")
    paths = [workbook.path_of(name) for name in arguments.names or recorded]
    if arguments.command == "record":
        record(paths)
    elif arguments.command == "refresh":
        try:
            refresh(paths)
        except FAILURES as failure:
            sys.exit(without_colors(str(failure)))
        if README_NOTEBOOK in paths and (picture := readme_picture()):
            README_PICTURE.write_bytes(picture)
    else:
        _use_dataset(arguments.dataset)
        sys.exit(0 if run(paths, arguments.output) else 1)


if __name__ == "__main__":
    main()
