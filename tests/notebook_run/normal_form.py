"""The form in which notebooks are stored: what does not matter never differs.

Cell ids follow from the cells' contents, metadata keeps only what changes how a cell behaves, and a
picture that looks the same as the stored one is not stored anew. So a refresh without a change
leaves the file as it was, byte for byte.
"""

import copy
import hashlib

import nbformat
from nbformat import NotebookNode

from . import pictures
from .strict import PICTURE_TYPES

NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"},
}


def normal_form(notebook: NotebookNode) -> NotebookNode:
    """A copy of the notebook with stable ids and without volatile metadata."""
    notebook = copy.deepcopy(notebook)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata = nbformat.from_dict(NOTEBOOK_METADATA)
    taken: set[str] = set()
    for cell in notebook.cells:
        cell.source = "\n".join(line.rstrip() for line in cell.source.strip("\n").split("\n"))
        cell.id = _unique_id(cell, taken)
        cell.metadata = nbformat.from_dict({"tags": cell.metadata.tags} if cell.metadata.get("tags") else {})
        cell.pop("attachments", None)
        for output in cell.get("outputs", ()):
            output.pop("transient", None)
            for kind in PICTURE_TYPES:
                if kind in output.get("data", ()):
                    output.data[kind] = "".join(output.data[kind].split()) + "\n"
    return notebook


def _unique_id(cell: NotebookNode, taken: set[str]) -> str:
    """An id made of the cell's text; the second cell with the same text gets another one."""
    repeat = 0
    while True:
        digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}\n{repeat}".encode()).hexdigest()[:8]
        if digest not in taken:
            taken.add(digest)
            return digest
        repeat += 1


def keep_equal_pictures(new: NotebookNode, stored: NotebookNode) -> None:
    """Put stored pictures back into ``new`` where both look the same within the tolerance."""
    stored_outputs = {cell.id: cell.outputs for cell in stored.cells if cell.cell_type == "code"}
    for cell in new.cells:
        if cell.cell_type != "code":
            continue
        for old, output in zip(stored_outputs.get(cell.id, ()), cell.outputs, strict=False):
            for kind in PICTURE_TYPES:
                if kind in old.get("data", ()) and kind in output.get("data", ()):
                    if not pictures.difference(old.data[kind], output.data[kind]):
                        output.data[kind] = old.data[kind]


def text(notebook: NotebookNode) -> str:
    """The notebook as the text of its file."""
    return nbformat.writes(notebook) + "\n"
