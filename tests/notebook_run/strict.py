"""A pytest plugin that makes ``pytest --nbval`` strict.

nbval by itself compares the text of outputs. It forgets the order and the kind of outputs, does not
look at pictures, runs a cell that was stored without a run but compares it with nothing, lets
warnings pass and ignores a trailing semicolon. Here each of these fails (or is honored).

What a reader did in the notebooks is no failure: notes, metadata and empty cells are not looked at, cells
and notebooks of their own are not compared, a cell of the workbook that they edited is. One line for each
notebook says what they changed.
"""

import contextlib
import re

import nbval.plugin as nbval
import pytest

from . import kernels, pictures, report, workbook

WIDGET = "application/vnd.jupyter.widget-view+json"
HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
DATA_SET = re.compile(r"^(\w+): [\d,]+ training, [\d,]+ validation, [\d,]+ test images", re.MULTILINE)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config) -> None:
    if not config.option.nbval:
        return
    config.option.nbval_current_env = True
    config.option.nbval_cell_timeout = min(config.option.nbval_cell_timeout, kernels.CELL_SECONDS)
    if getattr(config.option, "dist", "no") != "no":
        config.option.dist = "loadfile"  # a notebook's cells share a kernel
    kernels.use(kernels.strict_environment())
    nbval.RunningKernel = StrictKernel


def pytest_unconfigure(config) -> None:
    if config.option.nbval:
        kernels.clean()


@pytest.hookimpl(wrapper=True)
def pytest_collect_file():
    collected = yield
    for file in collected:
        if type(file) is nbval.IPyNbFile:  # nbval makes its files itself and offers no place for a subclass
            file.__class__ = StrictFile
    return collected


def pytest_terminal_summary(terminalreporter, config) -> None:
    """Say which of the notebooks a reader has changed, and how."""
    if not config.option.nbval:
        return
    asked = [(config.invocation_params.dir / arg.split("::")[0]).resolve() for arg in config.args]
    record, lines, changed = workbook.recorded(), [], False
    for path in workbook.in_folder():
        title = workbook.name(path)
        if not any(path.is_relative_to(folder) for folder in asked):
            continue
        if title not in record:
            lines.append(f"{title}: a notebook of your own, left alone")
            continue
        with contextlib.suppress(ValueError):  # no notebook any more: that has failed already
            if changes := workbook.changes(path, record[title]):
                lines.append(f"{title}: changed by you: {changes}")
                changed = True
    if changed:
        lines.append(
            "The workbook's cells are compared as before, edited ones with the outputs that you stored."
        )
    if lines:
        terminalreporter.section("your notes and notebooks")
    for line in lines:
        terminalreporter.write_line(line)


def warnings_in(outputs) -> str:
    """What was written to the error stream: warnings, as a rule."""
    return "".join(out.text for out in outputs if out.get("name") == "stderr")


def without_widgets(stored: list, new: list) -> tuple[list, list]:
    """Both without what is a widget in one of them: a run without a reader shows a picture, or nothing."""
    live = {i for outputs in (stored, new) for i, out in enumerate(outputs) if WIDGET in out.get("data", ())}
    if not live:
        return stored, new
    if len(stored) == len(new):
        kept = [i for i in range(len(stored)) if i not in live]
        return [stored[i] for i in kept], [new[i] for i in kept]
    stored, new = ([out for out in outs if WIDGET not in out.get("data", ())] for outs in (stored, new))
    return stored, new


class StrictKernel(nbval.RunningKernel):
    """Runs cells as a reader does: with a history, without which IPython ignores a trailing ``;``."""

    def execute_cell_input(self, cell_input, allow_stdin=None):
        return self.kc.execute(cell_input, store_history=True, allow_stdin=allow_stdin, stop_on_error=False)


class StrictFile(nbval.IPyNbFile):
    """A notebook, with the record of which cells are the workbook's (elsewhere all count as such)."""

    def collect(self):
        self.title = workbook.name(self.path)
        record = workbook.recorded().get(self.title)
        in_folder = workbook.is_in_folder(self.path)
        if in_folder and record is None:
            return  # a reader's own
        with workbook.ids_may_be_missing():
            items = list(super().collect())
        own = set(range(len(self.nb.cells)))
        if in_folder:
            found = workbook.compare(self.nb, record)
            own = set(found.own)
            deleted = [entry for entry in found.missing if entry.kind == "code"]
            if deleted:
                yield Problem.from_parent(self, name="deleted cells", problem=_deleted(self.title, deleted))
        stored = [out for i in sorted(own) for out in self.nb.cells[i].get("outputs", ())]
        printed = "\n".join(out.get("text") or out.get("data", {}).get("text/plain", "") for out in stored)
        others = [dataset for dataset in DATA_SET.findall(printed) if dataset != kernels.DATASET]
        if others:
            yield Problem.from_parent(self, name="data set", problem=_other_data(self.title, others[0]))
            return
        positions = [i for i, cell in enumerate(self.nb.cells) if cell.cell_type == "code"]
        self.code, section = [], ""
        cells = dict(zip(positions, items, strict=True))
        for i, cell in enumerate(self.nb.cells):
            if heading := HEADING.search(cell.source) if cell.cell_type == "markdown" else None:
                section = heading[1]
            if i not in cells or not cell.source.strip():
                continue
            item = cells[i]
            item.__class__ = StrictCell if i in own else ReadersCell
            item.section, item.has_run = section, False
            if i in own or cell.execution_count is not None:
                self.code.append(item)
                yield item


def _deleted(title: str, entries: list[workbook.Entry]) -> str:
    cells = "".join(f"\n    {entry.start}" for entry in entries)
    return (
        f"{title}: {len(entries)} of the workbook's code cells are gone, so what they show is no longer "
        f"compared. They begin with:{cells}\nPut them back; `git diff notebooks/{title}.ipynb` shows them."
    )


def _other_data(title: str, dataset: str) -> str:
    return (
        f"{title}: the stored outputs are those of another data set, {dataset}; they can be compared "
        f"only with a run on {dataset}, and this is one on {kernels.DATASET}. "
        f"`make refresh NAMES={title}` stores those of {kernels.DATASET}."
    )


class Problem(pytest.Item):
    """A failure of a whole notebook."""

    def __init__(self, *, problem: str, **kwargs):
        super().__init__(**kwargs)
        self.problem = problem

    def runtest(self) -> None:
        pytest.fail(self.problem, pytrace=False)

    def reportinfo(self):
        return self.path, 0, f"{self.parent.title}: {self.name}"


class WorkbookCell(nbval.IPyNbCell):
    """A code cell that is run after those before it, also where pytest was asked for this cell alone."""

    def runtest(self) -> None:
        for before in self.parent.code[: self.parent.code.index(self)]:
            if not before.has_run:
                before.run_only()
        self.has_run = True
        super().runtest()

    def run_only(self) -> None:
        """Run for what later cells need of it, whatever it shows."""
        self.has_run, self.options["check"] = True, False
        with contextlib.suppress(nbval.NbCellError):
            nbval.IPyNbCell.runtest(self)
        self.parent.timed_out = False  # the workbook's cells are compared all the same


class StrictCell(WorkbookCell):
    """One code cell, run and compared in everything a reader sees."""

    def runtest(self) -> None:
        if self.cell.execution_count is None and not self.options["skip"]:
            self.raise_cell_error("This cell was stored without having been run")
        super().runtest()
        warning = warnings_in(self.test_outputs)
        if warning:
            self.raise_cell_error(f"The cell wrote to the error stream:\n{warning}")

    def repr_failure(self, excinfo):
        error = excinfo.value
        if not isinstance(error, nbval.NbCellError):
            return super().repr_failure(excinfo)
        title, number = self.parent.title, self.cell.execution_count or " "
        source = "\n".join(f"    {line}" for line in self.cell.source.strip().splitlines())
        happened = report.without_colors(error.inner_traceback or "").strip()
        return (
            f'{title}, section "{self.section}", cell [{number}]: {error}\n{source}\n\n{happened}\n\n'
            f"If what it shows now is right, `make refresh NAMES={title}` stores it. "
            "If not, mend the cell, one before it, or what they call in the library."
        )

    def compare_outputs(self, test, ref, skip_compare=None) -> bool:
        ref, test = without_widgets(ref, test)
        agree = (
            super().compare_outputs(test, ref, skip_compare)
            and report.kinds(test) == report.kinds(ref)
            and not any(
                map(pictures.difference, pictures.encoded_pictures(ref), pictures.encoded_pictures(test))
            )
        )
        if not agree:
            file_stem = f"{self.parent.title.replace('/', '-')}-cell-{self.cell.execution_count}"
            self.comparison_traceback = [report.differences(ref, test, file_stem)]
        return agree


class ReadersCell(WorkbookCell):
    """A cell that a reader added and ran."""

    def runtest(self) -> None:
        self.run_only()
