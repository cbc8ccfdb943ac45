"""Claims in notebooks: printed when they hold, an error when they do not."""

import time

import numpy as np
import pytest

from cs231n_lib.claims import check, check_accuracy, seconds, speed


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
