"""Timing side by side, and writing down what was measured."""

import datetime
import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


def interleaved_medians(
    work: dict[str, Callable[[], object]], repeats: int = 5, *, in_a_row: int = 0
) -> dict[str, float]:
    """The median time of each piece of work, in seconds.

    The pieces take turns, so that a machine that slows down slows all of them. Short pieces feel what the
    piece before left in the caches, and its threads that still wait for work (PyTorch's do). For them,
    ``in_a_row`` runs a piece so often untimed, as in a loop, and then so often timed, whose mean counts.
    """
    times: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(repeats):
        for name, run in work.items():
            for _ in range(in_a_row):
                run()
            start = time.perf_counter()
            for _ in range(max(in_a_row, 1)):
                run()
            times[name].append((time.perf_counter() - start) / max(in_a_row, 1))
    return {name: statistics.median(t) for name, t in times.items()}


def machine() -> str:
    """Processor, number of cores and date, in one line."""
    processor = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        processor = next((s.split(":")[1].strip() for s in lines if s.startswith("model name")), processor)
    return f"{processor}, {os.cpu_count()} cores, {datetime.date.today()}"


def write_results(name: str, lines: list[str]) -> None:
    """Print the lines and keep them, below the machine and the date, as ``results/<name>.txt``."""
    text = "\n".join([machine(), *lines]) + "\n"
    print(text, end="")
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.txt").write_text(text)
