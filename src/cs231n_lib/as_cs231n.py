"""``import cs231n_lib.as_cs231n``: from here on the course's name `cs231n` means this library.

As the first line of a notebook of the assignment, or for a whole script::

    python -m cs231n_lib.as_cs231n script.py

Every ``cs231n.x`` is then the very module ``cs231n_lib.x``. Your own `cs231n` folder is not touched; where it
was imported before, this is an ImportError, because names that you imported from it stay what they were.
``CS231N_REPLACE=1`` in the environment replaces it all the same.
"""

import os
import runpy
import sys
from pathlib import Path

import cs231n_lib


def _take_the_name() -> None:
    own = sys.modules.get("cs231n")
    if own is cs231n_lib:
        return
    if own is not None and os.environ.get("CS231N_REPLACE") != "1":
        place = getattr(own, "__file__", None) or next(iter(getattr(own, "__path__", [])), "memory")
        raise ImportError(
            f"cs231n is imported already, from {place}, so you would go on with that code: restart the "
            "kernel and import cs231n_lib.as_cs231n before anything of cs231n (or, to replace it for the "
            "imports to come, set CS231N_REPLACE=1 in the environment: %env CS231N_REPLACE=1)"
        )
    for name in [name for name in sys.modules if name.partition(".")[0] == "cs231n"]:
        del sys.modules[name]
    sys.modules["cs231n"] = cs231n_lib


_take_the_name()

if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: python -m cs231n_lib.as_cs231n script.py [its arguments]")
    del sys.argv[0]
    sys.path[0] = str(Path(sys.argv[0]).resolve().parent)
    runpy.run_path(sys.argv[0], run_name="__main__")
