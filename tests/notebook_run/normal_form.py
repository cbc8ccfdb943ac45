"""The form in which the workbook's notebooks are committed: what does not matter never differs.

Cell ids follow from the cells' contents, and what editors note down for themselves (versions, times of
runs, states of widgets) is left out. Text, attachments, and all other metadata stay as they were written.
"""

import copy
import hashlib
from collections.abc import Sequence

import nbformat
from nbformat import NotebookNode

from . import pictures

NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"},
}
EDITORS_NOTEBOOK_METADATA = ("accelerator", "colab", "vscode", "widgets")
EDITORS_CELL_METADATA = ("ExecuteTime", "colab", "execution", "executionInfo", "id", "outputId", "scrolled")
EDITORS_CELL_METADATA += ("trusted", "vscode")


def normal_form(notebook: NotebookNode) -> NotebookNode:
    """A copy of the notebook with stable ids, without empty code cells and editors' own metadata."""
    notebook = copy.deepcopy(notebook)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata = normal_metadata(notebook.metadata)
    notebook.cells = [cell for cell in notebook.cells if cell.cell_type != "code" or not is_empty(cell)]
    for cell, cell_id in zip(notebook.cells, content_ids(notebook.cells), strict=True):
        cell.id = cell_id
        for key in EDITORS_CELL_METADATA:
            cell.metadata.pop(key, None)
        for output in cell.get("outputs", ()):
            output.pop("transient", None)
            for kind in pictures.TYPES:
                if kind in output.get("data", ()):
                    output.data[kind] = "".join(output.data[kind].split()) + "\n"
    return notebook


def normal_metadata(metadata: NotebookNode) -> NotebookNode:
    """A notebook's metadata as they are committed: one kernel, one language, nothing of an editor's own."""
    kept = {key: value for key, value in metadata.items() if key not in EDITORS_NOTEBOOK_METADATA}
    return nbformat.from_dict({**kept, **NOTEBOOK_METADATA})


def is_empty(cell: NotebookNode) -> bool:
    """Whether nobody has written anything into the cell."""
    return not cell.source.strip()


def content_ids(cells: Sequence[NotebookNode]) -> list[str]:
    """An id for each cell that follows from its text alone, whichever editor wrote it.

    Of cells with the same text the one that has the id already is the first one, the others are copies of it.
    """
    ids = [""] * len(cells)
    originals_first = sorted(range(len(cells)), key=lambda i: cells[i].get("id") != _digest(cells[i], 0))
    for i in originals_first:
        repeat = 0
        while (digest := _digest(cells[i], repeat)) in ids:
            repeat += 1
        ids[i] = digest
    return ids


def _digest(cell: NotebookNode, repeat: int) -> str:
    source = "\n".join(line.rstrip() for line in cell.source.strip("\n").split("\n"))  # some editors strip
    return hashlib.sha256(f"{cell.cell_type}\n{source}\n{repeat}".encode()).hexdigest()[:8]


def keep_equal_pictures(new: NotebookNode, stored: NotebookNode) -> None:
    """Put stored pictures back into ``new`` where both look the same within the tolerance."""
    for cell, stored_cell in zip(new.cells, stored.cells, strict=True):
        for old, output in zip(stored_cell.get("outputs", ()), cell.get("outputs", ()), strict=False):
            for kind in pictures.TYPES:
                if kind in old.get("data", ()) and kind in output.get("data", ()):
                    if not pictures.difference(old.data[kind], output.data[kind]):
                        output.data[kind] = old.data[kind]


def text(notebook: NotebookNode) -> str:
    """The notebook as the text of its file."""
    return nbformat.writes(notebook) + "\n"
