"""Run the notebooks from start to end: ``python -m tests.notebook_run.execute refresh|run``.

``refresh`` rewrites the stored outputs (built-in images, normal form). ``run`` leaves the notebooks as
they are and writes executed copies and HTML pages elsewhere.
"""

import argparse
import base64
import html
import logging
import os
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbconvert import HTMLExporter
from nbformat import NotebookNode
from nbval.kernel import CURRENT_ENV_KERNEL_NAME
from nbval.plugin import coalesce_streams
from tqdm import tqdm

from . import kernels
from .normal_form import keep_equal_pictures, normal_form, text
from .strict import encoded_pictures, warnings_in

NO_ALT = 'alt="No description has been provided for this image"'
README_PICTURE = kernels.NOTEBOOKS.parent / "site" / "neighbors.png"


class CellWarned(Exception):
    """A cell wrote to the error stream."""


FAILURES = (CellExecutionError, CellTimeoutError, DeadKernelError, CellWarned)


def execute(notebook: NotebookNode, title: str, seconds: int | None) -> None:
    """Run all cells in place, in a fresh kernel, with a progress bar over the cells."""
    client = NotebookClient(
        notebook,
        timeout=seconds,
        kernel_name=CURRENT_ENV_KERNEL_NAME,
        kernel_manager_class=kernels.CurrentPython,
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
    )
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    bar = tqdm(notebook.cells, desc=title, unit="cell", leave=False)
    with client.setup_kernel(cwd=str(kernels.NOTEBOOKS)):
        for index, cell in enumerate(bar):
            client.execute_cell(cell, index)
            if cell.cell_type == "code":
                cell.outputs = coalesce_streams(cell.outputs)
                if warnings_in(cell.outputs):
                    raise CellWarned(f"{cell.source}\n\n{warnings_in(cell.outputs)}")


def refresh(paths: list[Path]) -> None:
    """Run notebooks on the built-in images and store what they print and draw."""
    kernels.use(kernels.strict_environment())
    for path in paths:
        started = time.perf_counter()
        stored = normal_form(nbformat.read(path, as_version=4))
        notebook = normal_form(stored)
        execute(notebook, path.stem, kernels.CELL_SECONDS)
        notebook = normal_form(notebook)
        keep_equal_pictures(notebook, stored)
        changed = text(notebook) != path.read_text(encoding="utf-8")
        state = "rewritten" if changed else "unchanged"
        if changed:
            _write_whole(path, text(notebook))
        print(f"{path.stem:28} {time.perf_counter() - started:5.0f} s  {state}")


def readme_picture() -> bytes:
    """The stored figure that the README shows, as a PNG: its alternative text tells it from the others."""
    notebook = nbformat.read(kernels.NOTEBOOKS / "02_knn.ipynb", as_version=4)
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", ()) if encoded_pictures([out])]
    shown = [out for out in outputs if "nearest training images" in out.metadata["image/png"]["alt"]]
    return base64.b64decode(shown[0].data["image/png"])


def run(paths: list[Path], output: Path) -> bool:
    """Run copies of the notebooks into ``output``; True when all of them ran to the end."""
    kernels.use(kernels.quiet_environment())
    output.mkdir(parents=True, exist_ok=True)
    failed = []
    for path in paths:
        started, verdict = time.perf_counter(), "ok"
        notebook = nbformat.read(path, as_version=4)
        try:
            execute(notebook, path.stem, seconds=None)
        except FAILURES as failure:
            failed.append(path.stem)
            verdict = f"FAILED\n{failure}"
        nbformat.write(notebook, output / path.name)
        _write_whole(output / f"{path.stem}.html", html_page(notebook, path.stem))
        print(f"{path.stem:28} {time.perf_counter() - started:5.0f} s  {verdict}", flush=True)
    print(f"{len(paths) - len(failed)} passed, {len(failed)} failed; copies and pages are in {output}")
    return not failed


def html_page(notebook: NotebookNode, title: str) -> str:
    """The notebook as a page whose pictures carry their alternative text (nbconvert leaves it out).

    MathJax does not break lines: it would break the short formulas in tables after every symbol.
    """
    quiet = logging.getLogger("nbconvert.pages")
    quiet.setLevel(logging.ERROR)
    page, _ = HTMLExporter(log=quiet).from_notebook_node(notebook, {"metadata": {"name": title}})
    page = page.replace("automatic: true", "automatic: false")
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
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=("refresh", "run"))
    parser.add_argument("names", nargs="*", help="notebooks, such as 02_knn (default: all)")
    parser.add_argument("--dataset", default="auto", help="for run: auto, scenes10 or cifar10")
    parser.add_argument(
        "--output", type=Path, default=Path("build/run"), help="for run: the folder to write to"
    )
    arguments = parser.parse_intermixed_args()  # names may follow options
    paths = sorted(kernels.NOTEBOOKS.glob("*.ipynb"))
    if arguments.names:
        known = {path.stem: path for path in paths}
        wrong = [name for name in arguments.names if name not in known]
        if wrong:
            parser.error(f"no notebook is named {wrong[0]!r}; there are {', '.join(known)}")
        paths = [known[name] for name in arguments.names]
    if arguments.command == "refresh":
        try:
            refresh(paths)
            README_PICTURE.write_bytes(readme_picture())
        except FAILURES as failure:
            sys.exit(str(failure))
    else:
        _use_dataset(arguments.dataset)
        sys.exit(0 if run(paths, arguments.output) else 1)


if __name__ == "__main__":
    main()
