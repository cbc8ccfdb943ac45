"""Claims in notebooks: printed when they hold, an error when they do not; code as it is in the library."""

import ast
import inspect
import re
import textwrap
import time

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from cs231n_lib import claims, graph
from cs231n_lib.claims import check, check_accuracy, seconds, show, speed


def test_a_claim_that_holds_is_printed(capsys):
    check("two and two are four", 2 + 2 == 4)
    check_accuracy("k = 1", np.float64(0.26441), at_least=0.26)
    assert capsys.readouterr().out == "✓ two and two are four\nk = 1: accuracy 0.2644\n"


def test_a_claim_that_does_not_hold_is_an_error(capsys):
    with pytest.raises(AssertionError, match="this does not hold: pigs fly"):
        check("pigs fly", False)
    for accuracy in (0.2, float("nan")):
        with pytest.raises(AssertionError, match="k = 1: accuracy .* is below 0.26"):
            check_accuracy("k = 1", accuracy, at_least=0.26)
    assert capsys.readouterr().out == ""


def test_speed_prints_a_verdict_and_no_time(capsys):
    speed("a", "b", 12.3, at_least=10)
    speed("a", "b", 9.9, at_least=10)
    assert (
        capsys.readouterr().out == "a: at least 10 times as fast as b\na: less than 10 times as fast as b\n"
    )


def test_seconds_are_those_of_the_processor():
    assert seconds(lambda: time.sleep(0.05)) < 0.04
    busy = seconds(lambda: sum(range(2_000_000)))
    assert busy > 0.002


def shown(function) -> dict:
    InteractiveShell.instance()  # without one, display would only print
    try:
        with capture_output() as captured:
            show(function)
    finally:
        InteractiveShell.clear_instance()
    (output,) = captured.outputs
    return output.data


class Example:
    """Text."""

    def method(self):
        """Text.

        More text.
        """

        # a comment
        return "not a docstring"

    def only(self):
        """Stays: without it, this were no function."""


def test_the_source_is_shown_with_its_file_and_without_docstrings():
    data = shown(graph.multiply)
    assert data["text/plain"] == (
        "# cs231n_lib/graph.py\n"
        '@gate("×")\n'
        "def multiply(a, b):\n"
        "    return a * b, lambda upstream: (upstream * b, upstream * a)"
    )
    for function in (graph.Variable, graph.Variable.backward, graph.Variable(1).backward, claims._source):
        text = shown(function)["text/plain"]
        assert text.splitlines()[0] == f"# {function.__module__.replace('.', '/')}.py"
        code = ast.parse(textwrap.dedent(inspect.getsource(function)))
        for node in ast.walk(code):
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
                del node.body[0]
        assert ast.unparse(ast.parse(text)) == ast.unparse(code)


def test_docstrings_of_methods_go_too_and_code_stays(monkeypatch):
    monkeypatch.setattr(claims.cs231n_lib, "__file__", __file__)
    assert shown(Example)["text/plain"].splitlines() == [
        "# tests/test_claims.py",
        "class Example:",
        "    def method(self):",
        "        # a comment",
        '        return "not a docstring"',
        "",
        "    def only(self):",
        '        """Stays: without it, this were no function."""',
    ]


def test_the_highlighted_source_is_the_same_text_and_reads_on_white_and_on_black():
    data = shown(graph.sum_over)
    text = re.sub(r"<[^>]+>", "", data["text/html"]).replace("&gt;", ">").replace("&quot;", '"')
    assert text.strip() == data["text/plain"]
    assert "background" not in data["text/html"]
    colors = set(re.findall(r"color: #(\w{6})", data["text/html"]))
    assert len(colors) >= 4
    for color in colors:  # relative luminance and contrast as in WCAG 2
        channels = np.array([int(color[i : i + 2], 16) for i in (0, 2, 4)]) / 255
        linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
        luminance = linear @ [0.2126, 0.7152, 0.0722]
        assert 1.05 / (luminance + 0.05) > 4 and (luminance + 0.05) / 0.05 > 4


@pytest.mark.parametrize("other", [3, "optim.adam", np.mean, len, claims, lambda x: 2 * x])
def test_only_code_of_this_library_is_shown(other):
    with pytest.raises(TypeError, match="function must be a function, method or class of cs231n_lib, got"):
        show(other)
