"""A pytest plugin that makes ``pytest --nbval`` strict.

nbval by itself compares the text of outputs. It forgets the order and the kind of outputs, does not
look at pictures, runs a cell that was stored without a run but compares it with nothing, lets
warnings pass and ignores a trailing semicolon. Here each of these fails (or is honored).
"""

import nbval.plugin as nbval

from . import kernels, pictures

PICTURE_TYPES = ("image/png", "image/jpeg")


def pytest_configure(config) -> None:
    if not config.option.nbval:
        return
    config.option.nbval_current_env = True
    config.option.nbval_cell_timeout = min(config.option.nbval_cell_timeout, kernels.CELL_SECONDS)
    kernels.use(kernels.strict_environment())
    nbval.RunningKernel = StrictKernel


def pytest_collection_modifyitems(items) -> None:
    for item in items:
        if type(item) is nbval.IPyNbCell:  # nbval makes its items itself and offers no place for a subclass
            item.__class__ = StrictCell


def kinds(outputs) -> list[tuple]:
    """The order and kind of the outputs, such as ``[("stream", "stdout"), ("display_data", ...)]``."""
    return [(out.output_type, out.get("name") or tuple(sorted(out.get("data", ())))) for out in outputs]


def encoded_pictures(outputs) -> list[str]:
    """All pictures in the outputs, in their order."""
    return [out["data"][t] for out in outputs for t in PICTURE_TYPES if t in out.get("data", ())]


def warnings_in(outputs) -> str:
    """What was written to the error stream: warnings, as a rule."""
    return "".join(out.text for out in outputs if out.get("name") == "stderr")


class StrictKernel(nbval.RunningKernel):
    """Runs cells as a reader does: with a history, without which IPython ignores a trailing ``;``."""

    def execute_cell_input(self, cell_input, allow_stdin=None):
        return self.kc.execute(cell_input, store_history=True, allow_stdin=allow_stdin, stop_on_error=False)


class StrictCell(nbval.IPyNbCell):
    """One code cell, run and compared in everything a reader sees."""

    def runtest(self) -> None:
        if self.cell.source.strip() and self.cell.execution_count is None and not self.options["skip"]:
            self.raise_cell_error("This cell was stored without having been run: run `make refresh`")
        super().runtest()
        warning = warnings_in(self.test_outputs)
        if warning:
            self.raise_cell_error(f"The cell wrote to the error stream:\n{warning}")

    def compare_outputs(self, test, ref, skip_compare=None) -> bool:
        if not super().compare_outputs(test, ref, skip_compare):
            return False
        if kinds(test) != kinds(ref):
            self.comparison_traceback.append(
                f"order or kind of outputs: stored {kinds(ref)}, now {kinds(test)}"
            )
            return False
        for stored, new in zip(encoded_pictures(ref), encoded_pictures(test), strict=True):
            changed = pictures.difference(stored, new)
            if changed:
                self.comparison_traceback.append(f"picture: {changed}")
                return False
        return True
