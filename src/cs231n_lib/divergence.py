"""When a training has diverged: one rule for all trainers, and how a search hears of it.

A training diverges when its learning rate is too high: each step overshoots, and the loss grows without
bound. A trainer then warns once, keeps its best or last finite parameters, and sets ``diverged = True``.
"""

import contextlib
import contextvars
import math
import warnings
from collections.abc import Iterator, Sequence

import numpy as np

TOO_HIGH = 10
"""A training that ends above so many times its first loss, and rising, has diverged."""

_heard: contextvars.ContextVar[list[str] | None] = contextvars.ContextVar("heard", default=None)


class Diverged(FloatingPointError):
    """A training cannot go on: its scores or its loss are not finite."""


class DivergenceWarning(RuntimeWarning):
    """A training diverged. Its parameters are the best or the last finite ones."""


def has_diverged(losses: Sequence[float]) -> bool:
    """Whether these losses, in the order of the iterations, are those of a training that diverged.

    Either the last one is not finite; or the last tenth lies above `TOO_HIGH` times the first loss (or 10, if
    the first loss is below 1) and above the tenth before it. Tenths, by their medians, because the losses of
    mini-batches are noisy.
    """
    if len(losses) == 0:
        return False
    if not math.isfinite(losses[-1]):
        return True
    tenth = max(1, len(losses) // 10)
    before, end = np.median(losses[-2 * tenth : -tenth] or losses[:1]), np.median(losses[-tenth:])
    return bool(end > TOO_HIGH * max(losses[0], 1) and end > before)


def report_divergence(message: str, *, stacklevel: int = 3) -> None:
    """Warn that a training diverged; inside `divergences_heard`, add to that list instead."""
    heard = _heard.get()
    if heard is None:
        warnings.warn(message, DivergenceWarning, stacklevel=stacklevel)
    else:
        heard.append(message)


@contextlib.contextmanager
def divergences_heard() -> Iterator[list[str]]:
    """Give a list that collects the messages of all trainings that diverge in this block, on this thread."""
    heard: list[str] = []
    token = _heard.set(heard)
    try:
        yield heard
    finally:
        _heard.reset(token)
