"""What a notebook claims, checked where it is claimed.

The printed lines are the same on every machine: verdicts instead of times and round-off.
"""

import time
from collections.abc import Callable

from threadpoolctl import threadpool_limits


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
