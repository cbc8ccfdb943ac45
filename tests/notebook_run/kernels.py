"""The kernel that every notebook run uses, and the environment it starts in."""

import functools
import os
import tempfile
from pathlib import Path

from jupyter_client.manager import AsyncKernelManager
from nbval.kernel import NbvalKernelspecManager
from traitlets import default

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
DATASET = "scenes10"  # what the stored outputs are compared on
CELL_SECONDS = 120  # a cell that takes longer has gone wrong
THREADS = "1"  # notebooks are run side by side, one a core
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


@functools.cache
def _ipython_folder() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(prefix="ipython-", ignore_cleanup_errors=True)


def clean() -> None:
    """Remove what kernels left in the temporary directory (otherwise it goes when this process ends)."""
    _ipython_folder().cleanup()


def quiet_environment() -> dict[str, str]:
    """No progress bars in stored outputs, and none of the reader's own IPython start-up files."""
    return {
        "TQDM_DISABLE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONWARNINGS": "",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "IPYTHONDIR": _ipython_folder().name,
    }


def strict_environment() -> dict[str, str]:
    """What makes two runs comparable: the built-in images and a fixed number of threads."""
    return {
        **quiet_environment(),
        "CS231N_DATASET": DATASET,
        **{name: THREADS for name in THREAD_VARIABLES},
    }


class CurrentPython(AsyncKernelManager):
    """A kernel of the running Python itself, whatever kernels are installed beside it."""

    @default("kernel_spec_manager")
    def _current_environment(self) -> NbvalKernelspecManager:
        return NbvalKernelspecManager()


def use(environment: dict[str, str]) -> None:
    """Kernels inherit this process's environment: put ``environment`` into it."""
    os.environ.update(environment)
