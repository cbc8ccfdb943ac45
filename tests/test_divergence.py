"""The one rule that says whether a training diverged."""

import threading

import numpy as np
import pytest

from cs231n_lib import divergence


@pytest.mark.parametrize(
    ("losses", "diverged"),
    [
        ([], False),
        ([2.3], False),
        ([2.3, np.nan], True),
        ([2.3, np.inf], True),
        (list(2.3 * 1.5 ** np.arange(50)), True),
        (list(np.linspace(2.3, 0.1, 50)), False),
        ([2.3] + 98 * [30.0] + [31.0], False),  # far above, but it does not rise
        (list(np.linspace(0.01, 1.0, 50)), False),  # a hundred times a tiny loss is no divergence
        (list(np.linspace(2.3, 1.0, 45)) + 5 * [100.0], True),
        (list(np.linspace(2.3, 1.0, 99)) + [1000.0], False),  # one bad batch
    ],
)
def test_has_diverged(losses, diverged):
    assert divergence.has_diverged(losses) is diverged


def test_a_report_warns_unless_somebody_listens():
    with pytest.warns(divergence.DivergenceWarning, match="too high"):
        divergence.report_divergence("too high")
    with divergence.divergences_heard() as heard:
        divergence.report_divergence("too high")
    assert heard == ["too high"]


def test_each_thread_hears_its_own():
    def listen(name, found):
        with divergence.divergences_heard() as heard:
            barrier.wait()
            divergence.report_divergence(name)
            barrier.wait()
        found[name] = heard

    barrier, found = threading.Barrier(2), {}
    threads = [threading.Thread(target=listen, args=(name, found)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {"a": ["a"], "b": ["b"]}
