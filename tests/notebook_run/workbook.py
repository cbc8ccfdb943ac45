"""Which notebooks and cells are the workbook's own, and what a reader has changed in them.

Readers write into the notebooks: notes, cells, pictures, in any editor. ``workbook.txt`` lists the cells
of the workbook, so that they can be told from a reader's, with or without git. Maintainers write it anew
by ``make record``.
"""

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import nbformat
from nbformat import NotebookNode
from nbformat.warnings import DuplicateCellId, MissingIDFieldWarning

from . import kernels
from .normal_form import content_ids, is_empty, normal_metadata

RECORD = Path(__file__).with_name("workbook.txt")
HEADER = "# The workbook's cells (kind, id made of the text, first line), written by `make record`."


class Entry(NamedTuple):
    """A cell of the workbook, as the record names it."""

    kind: str
    id: str
    start: str


@dataclass
class Comparison:
    """A notebook beside its entries of the record. Cells are named by their positions.

    Attributes
    ----------
    own : dict of int to Entry
        The workbook's cells, edited or not.
    edited, added : list of int
        The workbook's cells whose text a reader changed, and cells that are not the workbook's.
    missing : list of Entry
        What the reader deleted.
    moved : bool
        Whether the workbook's cells stand in another order.
    other_editor : bool
        Whether the notebook's metadata are those of an editor.
    """

    own: dict[int, Entry]
    edited: list[int]
    added: list[int]
    missing: list[Entry]
    moved: bool
    other_editor: bool


def read(path: Path) -> NotebookNode:
    """The notebook of a file, also of one whose editor wrote no ids or wrote one twice."""
    with ids_may_be_missing():
        return nbformat.read(path, as_version=4)


@contextmanager
def ids_may_be_missing() -> Iterator[None]:
    """Where nbformat may give ids to cells that have none, without a word."""
    with warnings.catch_warnings():
        for category in (MissingIDFieldWarning, DuplicateCellId):
            warnings.simplefilter("ignore", category)
        yield


def is_in_folder(path: Path) -> bool:
    """Whether a notebook lies in the notebooks' folder, where only the recorded ones are the workbook's."""
    return path.resolve().is_relative_to(kernels.NOTEBOOKS.resolve())


def name(path: Path) -> str:
    """What a notebook is called in messages, in the record, and in ``NAMES=``: ``02_knn``."""
    if is_in_folder(path):
        return path.resolve().relative_to(kernels.NOTEBOOKS.resolve()).with_suffix("").as_posix()
    return path.stem


def path_of(notebook_name: str) -> Path:
    """The file of a notebook in the notebooks' folder."""
    return kernels.NOTEBOOKS / f"{notebook_name}.ipynb"


def in_folder() -> list[Path]:
    """All notebooks in the notebooks' folder, a reader's own ones too."""
    paths = sorted(kernels.NOTEBOOKS.rglob("*.ipynb"))
    return [path for path in paths if ".ipynb_checkpoints" not in path.parts]


def recorded() -> dict[str, list[Entry]]:
    """The cells of each notebook of the workbook."""
    notebooks: dict[str, list[Entry]] = {}
    for line in RECORD.read_text(encoding="utf-8").splitlines():
        if line.startswith("  "):
            notebooks[list(notebooks)[-1]].append(Entry(*line[2:].split(" ", 2)))
        elif not line.startswith("#"):
            notebooks[line] = []
    return notebooks


def write_record(notebooks: dict[str, list[Entry]]) -> None:
    """Make these the workbook's cells."""
    lines = [HEADER]
    for title, cells in sorted(notebooks.items()):
        lines += [title, *("  " + " ".join(entry) for entry in cells)]
    RECORD.write_text("\n".join(lines) + "\n", encoding="utf-8")


def entries(notebook: NotebookNode) -> list[Entry]:
    """What the record says of the notebook as it is now."""
    cells = [cell for cell in notebook.cells if not is_empty(cell)]
    ids = content_ids(cells)
    starts = [cell.source.strip().splitlines()[0][:60].rstrip() for cell in cells]
    return [Entry(cell.cell_type, *rest) for cell, *rest in zip(cells, ids, starts, strict=True)]


def compare(notebook: NotebookNode, record: list[Entry]) -> Comparison:
    """Tell the workbook's cells from a reader's: by their text, by their id, and at last by their place."""
    missing = {entry.id: entry for entry in record}
    cells = {i: cell for i, cell in enumerate(notebook.cells) if not is_empty(cell)}
    own = {
        i: missing.pop(entry.id)
        for i, entry in zip(cells, entries(notebook), strict=True)
        if entry.id in missing
    }
    unchanged = set(own)

    def take(i: int, entry: Entry | None) -> None:
        if i not in own and entry and entry.id in missing and entry.kind == cells[i].cell_type:
            own[i] = missing.pop(entry.id)

    for i, cell in cells.items():
        take(i, missing.get(cell.get("id")))
    if not {cell.get("id") for cell in cells.values()} & {entry.id for entry in record}:  # no ids were kept
        successors = dict(zip([None, *record], record, strict=False))
        before = None
        for i in cells:
            take(i, successors.get(before))
            before = own.get(i, before)
    return Comparison(
        own,
        edited=sorted(set(own) - unchanged),
        added=[i for i in cells if i not in own],
        missing=list(missing.values()),
        moved=[own[i] for i in sorted(own)] != [entry for entry in record if entry in own.values()],
        other_editor=notebook.metadata != normal_metadata(notebook.metadata),
    )


def changes(path: Path, record: list[Entry]) -> str:
    """How a reader has changed a notebook, in a few words; an empty string if not at all."""
    notebook = read(path)
    found = compare(notebook, record)

    def count(kinds: Iterable[str], done: str) -> list[str]:
        kinds = ["code cell" if kind == "code" else "note" for kind in kinds]
        numbers = {kind: kinds.count(kind) for kind in ("code cell", "note") if kind in kinds}
        return [f"{n} {kind}{'s' if n > 1 else ''} {done}" for kind, n in numbers.items()]

    return ", ".join(
        [
            *count([notebook.cells[i].cell_type for i in found.added], "added"),
            *count([notebook.cells[i].cell_type for i in found.edited], "edited"),
            *count([entry.kind for entry in found.missing], "deleted"),
            *(["cells in another order"] if found.moved else []),
            *(["metadata of another editor"] if found.other_editor else []),
        ]
    )
