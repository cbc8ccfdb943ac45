"""What a notebook claims, checked where it is claimed; and the library's own code, shown there.

The outputs are the same on every machine: verdicts instead of times and round-off.
"""

import ast
import inspect
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

from threadpoolctl import threadpool_limits

import cs231n_lib

__all__ = ["check", "check_accuracy", "seconds", "show", "speed"]


def check(claim: str, holds: bool) -> None:
    """Print the claim with a check mark; raise AssertionError when it does not hold."""
    if not holds:
        raise AssertionError(f"this does not hold: {claim}")
    print(f"✓ {claim}")


def check_accuracy(name: str, accuracy: float, *, at_least: float) -> None:
    """Print an accuracy; raise AssertionError when it is below the floor ``at_least``."""
    if not accuracy >= at_least:
        raise AssertionError(f"{name}: accuracy {accuracy:.4g} is below {at_least:.4g}")
    print(f"{name}: accuracy {accuracy:.4g}")


def seconds(work: Callable[[], object], repeats: int = 3) -> float:
    """The shortest of ``repeats`` times that ``work()`` takes, in seconds of one core.

    Processor time with one BLAS thread: so ways to do the same work can be compared on a busy machine, too.
    """
    times = []
    with threadpool_limits(1):
        for _ in range(repeats):
            start = time.process_time()
            work()
            times.append(time.process_time() - start)
    return min(times)


def speed(fast: str, slow: str, ratio: float, *, at_least: float) -> None:
    """Print whether ``fast`` beats ``slow`` by the factor ``at_least``; ``ratio`` is what was measured.

    A time differs from run to run, so it is not printed; and a busy machine is no mistake, so nothing
    is raised.
    """
    verdict = "at least" if ratio >= at_least else "less than"
    print(f"{fast}: {verdict} {at_least:g} times as fast as {slow}")


def show(function: Callable) -> None:
    """Display the source of a function, method or class of this library, highlighted, without docstrings.

    It is an output like any other: where the library changes, the notebook's test sees it.

    Raises
    ------
    TypeError
        If it is anything else, or from elsewhere.
    """
    from IPython.display import display  # here: the rest of the module serves outside of notebooks, too

    display(_Source(_source(function)))


MONOSPACE = "font-family: ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace; font-size: 90%"


class _Source:
    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        from pygments import highlight, token
        from pygments.formatters import HtmlFormatter
        from pygments.lexers import PythonLexer
        from pygments.style import Style

        class OnWhiteAndOnBlack(Style):
            """The page's own color for most, and a few that contrast with white and black alike."""

            styles = {
                token.Comment: "italic #767676",
                token.Keyword: "bold #008575",
                token.Operator.Word: "bold #008575",
                token.Name.Function: "#2a7fb8",
                token.Name.Class: "#2a7fb8",
                token.Name.Decorator: "#a86500",
                token.String: "#c0572b",
                token.Number: "#b5549c",
            }

        look = {"noclasses": True, "nobackground": True, "prestyles": MONOSPACE}
        return highlight(self.text, PythonLexer(), HtmlFormatter(style=OnWhiteAndOnBlack, **look))


def _source(function: Callable) -> str:
    """``# cs231n_lib/<file>`` and below it the source, without docstrings and the blank lines after them."""
    library = Path(cs231n_lib.__file__).parent
    try:
        file = Path(inspect.getsourcefile(inspect.unwrap(function))).relative_to(library.parent)
        text = textwrap.dedent(inspect.getsource(function))
        (tree,) = ast.parse(text).body  # a whole module has more
    except (TypeError, ValueError, OSError, SyntaxError):
        raise TypeError(
            f"function must be a function, method or class of cs231n_lib, got {function!r}"
        ) from None
    lines = text.splitlines()
    for node in ast.walk(tree):
        documented = isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None
        if documented and len(node.body) > 1:
            docstring = node.body[0]
            end = docstring.end_lineno
            while not (lines[end] or "").strip():
                end += 1
            lines[docstring.lineno - 1 : end] = [None] * (end - docstring.lineno + 1)
    return "\n".join([f"# {file.as_posix()}", *(line for line in lines if line is not None)])
