"""Numerical gradients, and their comparison with analytic ones.

The **centered difference** ``(f(x + h) - f(x - h)) / 2h`` errs as h², the forward difference
``(f(x + h) - f(x)) / h`` as h. Below some h round-off wins: it errs as ``eps * |f| / h``
(CS231n notes, "Neural Networks Part 3: Gradient checks").

`eval_numerical_gradient`, `eval_numerical_gradient_array` and `grad_check_sparse` are the course's own.
They change ``x`` in place, so that ``f`` may ignore its argument and read ``x`` from where it lies, and put
every entry back, also when ``f`` raises.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from random import randrange

import numpy as np

from cs231n_lib.validation import check_array, check_count, check_number, check_rng

__all__ = [
    "GradientCheck",
    "check_gradient",
    "eval_numerical_gradient",
    "eval_numerical_gradient_array",
    "grad_check_sparse",
    "numerical_gradient_from_scores",
    "relative_error",
]

_ROUNDOFF_ULPS = 50
_STACK_ENTRIES = 1 << 18
MOST_NOISE = 0.01
"""A check tells something about an entry only where round-off is below this part of the derivative."""
MOST_TOLERANCE = 0.1
"""With more, wrong gradients would pass."""
HUGE = 1e300
"""Stands for infinity, which times 0 is not a number."""


@np.errstate(under="ignore")
def eval_numerical_gradient(
    f: Callable[[np.ndarray], float], x: np.ndarray, verbose: bool = True, h: float = 1e-5
) -> np.ndarray:
    """Compute the gradient of a scalar function by centered differences, entry by entry.

    Parameters
    ----------
    f : callable
        ``f(x)`` gives a number.
    x : floating array of any shape
        The point. Changed in place while f is evaluated, and restored.
    verbose : bool, default True
        Print each index and its derivative.
    h : float
        The step.

    Returns
    -------
    ndarray of x's shape and dtype

    Raises
    ------
    TypeError
        If x is not a floating array.
    ValueError
        If x is read-only or h is not positive.
    """
    _check_point(x, h)
    return _numerical_gradient(f, x, h, verbose)


def _numerical_gradient(f: Callable[[np.ndarray], float], x: np.ndarray, h: float, verbose: bool):
    grad = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        above, below = _on_both_sides(f, x, index, h)
        grad[index] = (above - below) / (2 * h)
        if verbose:
            print(index, grad[index])
    return grad


def _on_both_sides(f: Callable, x: np.ndarray, index: tuple[int, ...], h: float) -> tuple:
    """f with one entry of x moved by h and by -h; x is put back, also when f raises."""
    before = x[index]
    try:
        x[index] = before + h
        above = np.array(f(x))  # a copy: f may give back x itself
        x[index] = before - h
        below = np.array(f(x))
    finally:
        x[index] = before
    return above, below


@np.errstate(under="ignore")
def eval_numerical_gradient_array(
    f: Callable[[np.ndarray], np.ndarray], x: np.ndarray, df: np.ndarray, h: float = 1e-5
) -> np.ndarray:
    """Compute the gradient of ``sum(f(x) * df)`` for a function whose values are arrays.

    That is what a layer's backward pass gives for the upstream gradient df.

    Parameters
    ----------
    f : callable
        ``f(x)`` gives an array of df's shape.
    x, h
        As for `eval_numerical_gradient`, whose returned value and errors are the same.
    df : ndarray
        The upstream gradient, in the shape of f's values; ValueError if it has another.
    """
    _check_point(x, h)
    df = check_array(df, "df", np.shape(f(x)), finite=False)
    grad = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        above, below = _on_both_sides(f, x, index, h)
        grad[index] = np.sum((above - below) * df) / (2 * h)
    return grad


@np.errstate(under="ignore")
def grad_check_sparse(
    f: Callable[[np.ndarray], float],
    x: np.ndarray,
    analytic_grad: np.ndarray,
    num_checks: int = 10,
    h: float = 1e-5,
) -> None:
    """Print the numerical and the analytic derivative at random entries of x, and their relative error.

    The entries are drawn by Python's `random.randrange`, one call for each axis.

    Parameters
    ----------
    f, x, h
        As for `eval_numerical_gradient`, whose errors are the same.
    analytic_grad : ndarray of x's shape
        ValueError if it has another.
    num_checks : int, default 10
    """
    _check_point(x, h)
    analytic_grad = check_array(analytic_grad, "analytic_grad", x.shape, finite=False)
    for _ in range(check_count(num_checks, "num_checks", least=0)):
        index = tuple(randrange(size) for size in x.shape)
        above, below = _on_both_sides(f, x, index, h)
        numerical, analytic = (above - below) / (2 * h), analytic_grad[index]
        error = relative_error(numerical, analytic)
        print(f"numerical: {numerical:f} analytic: {analytic:f}, relative error: {error:e}")


@np.errstate(under="ignore")
def relative_error(a: np.ndarray | float, b: np.ndarray | float) -> float:
    """Return the largest ``|a - b| / (|a| + |b|)`` over all entries; 0 against 0 is no error.

    Examples
    --------
    >>> relative_error([1.0, 0.0], [3.0, 0.0])
    0.5
    """
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    size = np.abs(a) + np.abs(b)
    return float(np.max(np.abs(a - b) / np.where(size == 0, 1, size), initial=0.0))


@dataclass(frozen=True)
class GradientCheck:
    """What `check_gradient` found. ``str()`` is the verdict in one line, without numbers of round-off.

    Attributes
    ----------
    indices : tuple of tuple of int
        The entries of x that were checked.
    verdicts : tuple of str
        ``"ok"``, ``"wrong"``, ``"kink"`` or ``"cannot tell"`` for each of them.
    numerical, analytic : tuple of float
        The centered difference at step h, and the derivative that was checked.
    """

    indices: tuple[tuple[int, ...], ...]
    verdicts: tuple[str, ...]
    numerical: tuple[float, ...]
    analytic: tuple[float, ...]

    @property
    def passed(self) -> bool:
        """Whether no entry is wrong (a kink is not), and more than half of them could be told."""
        return "wrong" not in self.verdicts and self._told

    @property
    def _told(self) -> bool:
        return 2 * self.verdicts.count("cannot tell") < len(self.verdicts)

    def __str__(self) -> str:
        total, kinks = len(self.verdicts), self.verdicts.count("kink")
        unclear, wrong = self.verdicts.count("cannot tell"), self.verdicts.count("wrong")
        if wrong:
            first = self.indices[self.verdicts.index("wrong")]
            return f"gradient wrong in {wrong} of {total} entries, the first at {first}"
        if not self._told:
            return f"cannot tell: round-off or the tolerance hides {unclear} of {total} entries"
        at_kinks = f", {kinks} at a kink" if kinks else ""
        hidden = f", cannot tell in {unclear}" if unclear else ""
        return f"gradient right: {total} {'entry' if total == 1 else 'entries'} checked{at_kinks}{hidden}"


@np.errstate(under="ignore")
def check_gradient(
    f: Callable[[np.ndarray], float],
    x: np.ndarray,
    analytic_grad: np.ndarray,
    *,
    num_checks: int | None = None,
    h: float = 1e-5,
    tolerance: float = 1e-6,
    rng: np.random.Generator | int | None = None,
) -> GradientCheck:
    """Compare an analytic gradient with centered differences, and tell kinks from mistakes.

    At a kink of f (of the hinge, the ReLU) the difference quotients on both sides disagree, and a correct
    gradient may fail a plain check. An entry that does not agree at step h is therefore looked at again at
    steps h/10 and h/100:

    - the centered difference agrees now: a kink lay within h, ``"kink"``;
    - the slopes to the left and right do not come together as the step shrinks, and the analytic value is one
      of them or between them: the kink is at x itself and the value a subgradient, ``"kink"``;
    - otherwise ``"wrong"``.

    Agreement means nothing where round-off could hide the derivative: where it may move the quotient by more
    than a hundredth of it, at step h and also at 100 h, the entry is ``"cannot tell"``. So is every entry for
    a tolerance above a tenth. A derivative of exactly 0 where f does not change at all is ``"ok"`` if that
    round-off is small beside the other entries' derivatives.

    Parameters
    ----------
    f, x, h
        As for `eval_numerical_gradient`, but x is float64.
    analytic_grad : ndarray of x's shape
    num_checks : int, optional
        How many entries to draw, all different; by default all of x's.
    tolerance : float
        Largest relative difference that agrees. What round-off can do to the quotient is allowed on top.
    rng : Generator or int, optional
        Draws the entries.

    Returns
    -------
    GradientCheck

    Raises
    ------
    TypeError
        If x is not a float64 array.
    ValueError
        If x is read-only, the shapes differ, or h or num_checks is not positive.
    """
    _check_point(x, h)
    if x.dtype != np.float64:
        raise TypeError(f"x must be float64, got {x.dtype}: its round-off would hide mistakes")
    analytic_grad = check_array(analytic_grad, "analytic_grad", x.shape, finite=False)
    tolerance = HUGE if tolerance == np.inf else check_number(tolerance, "tolerance", least=0)
    if num_checks is None or check_count(num_checks, "num_checks") >= x.size:
        indices = list(np.ndindex(x.shape))
    else:
        flat = check_rng(rng).choice(x.size, num_checks, replace=False)
        indices = [tuple(int(i) for i in np.unravel_index(k, x.shape)) for k in flat]

    here = float(f(x))
    values = [float(analytic_grad[index]) for index in indices]
    slopes = [_slopes(f, x, index, h, here) for index in indices]
    pairs = list(zip(slopes, values, strict=True))
    largest = max((wide.size(value) for wide, value in pairs if wide.tell(value)), default=0.0)
    verdicts = []
    for index, (wide, value) in zip(indices, pairs, strict=True):
        at = functools.partial(_slopes, f, x, index, here=here)
        if np.spacing(abs(x[index])) > MOST_NOISE * h:
            verdict = "cannot tell"  # the step is lost in x
        elif not wide.agree_with(value, tolerance):
            verdict = _second_look(wide, [at(h / 10), at(h / 100)], value, tolerance)
        elif tolerance > MOST_TOLERANCE:
            verdict = "cannot tell"
        elif wide.tell(value) or (wide.flat and value == 0 and wide.roundoff <= MOST_NOISE * largest):
            verdict = "ok"
        else:
            longer = at(100 * h)
            right = longer.tell(value) and longer.agree_with(value, tolerance)
            verdict = "ok" if right else "cannot tell"
        verdicts.append(verdict)
    numerical = tuple(wide.centered for wide in slopes)
    return GradientCheck(tuple(indices), tuple(verdicts), numerical, tuple(values))


@np.errstate(under="ignore")
def numerical_gradient_from_scores(
    loss_of_scores: Callable[[np.ndarray], np.ndarray], X: np.ndarray, W: np.ndarray, h: float = 1e-5
) -> np.ndarray:
    """Compute the numerical gradient of a loss of scores ``S = X W`` by W, many entries at once.

    Moving ``W[d, c]`` by h moves only column c of the scores, by ``h * X[:, d]``. So S is computed once, and
    f is evaluated on a stack of score matrices, one for each d.

    Parameters
    ----------
    loss_of_scores : callable
        Maps a stack of score matrices ``(B, N, C)`` to their losses ``(B,)``.
    X : (N, D) real array
    W : (D, C) real array
    h : float
        The step.

    Returns
    -------
    (D, C) float64 array

    Notes
    -----
    A regularization of W itself is not part of it. Add its gradient: ``2 * reg * W`` for ``reg * sum(W**2)``,
    which is also exactly its centered difference.

    Examples
    --------
    >>> X, W = np.array([[1.0, 2.0]]), np.zeros((2, 3))
    >>> gradient = numerical_gradient_from_scores(lambda S: S[:, 0, 0] ** 2 + 3 * S[:, 0, 2], X, W)
    >>> np.abs(gradient.round(6))
    array([[0., 0., 3.],
           [0., 0., 6.]])
    """
    X = check_array(X, "X", ("N", "D")).astype(np.float64)
    W = check_array(W, "W", (X.shape[1], "C")).astype(np.float64)
    h = check_number(h, "h", above=0)
    S = X @ W
    grad = np.empty(W.shape)
    step = max(1, _STACK_ENTRIES // max(1, S.size))
    for start in range(0, W.shape[0], step):
        entries = slice(start, start + step)
        moves = h * X[:, entries].T  # one row for each d
        stack = np.repeat(S[np.newaxis], len(moves), axis=0)
        for c in range(W.shape[1]):
            stack[:, :, c] = S[:, c] + moves
            above = loss_of_scores(stack)
            stack[:, :, c] = S[:, c] - moves
            below = loss_of_scores(stack)
            stack[:, :, c] = S[:, c]
            grad[entries, c] = (above - below) / (2 * h)
    return grad


@dataclass(frozen=True)
class _Slopes:
    """Difference quotients of f at one entry of x."""

    left: float
    right: float
    roundoff: float  # how far round-off alone can move a quotient

    @property
    def centered(self) -> float:
        return (self.left + self.right) / 2

    @property
    def jump(self) -> float:
        return abs(self.right - self.left)

    @property
    def flat(self) -> bool:
        return self.left == 0 == self.right

    def size(self, value: float) -> float:
        return max(abs(value), abs(self.centered))

    def agree_with(self, value: float, tolerance: float) -> bool:
        return abs(value - self.centered) <= tolerance * self.size(value) + self.roundoff

    def tell(self, value: float) -> bool:
        return self.roundoff <= MOST_NOISE * self.size(value)

    def enclose(self, value: float) -> bool:
        low, high = sorted((self.left, self.right))
        return low - self.roundoff <= value <= high + self.roundoff


def _slopes(f: Callable, x: np.ndarray, index: tuple[int, ...], h: float, here: float) -> _Slopes:
    above, below = (float(side) for side in _on_both_sides(f, x, index, h))
    roundoff = _ROUNDOFF_ULPS * np.finfo(np.float64).eps * max(abs(above), abs(below), abs(here)) / h
    return _Slopes(left=(here - below) / h, right=(above - here) / h, roundoff=roundoff)


def _second_look(wide: _Slopes, closer: list[_Slopes], value: float, tolerance: float) -> str:
    """Call a value that disagrees at step h a kink or a mistake, from the slopes at h/10 and h/100."""
    if abs(value - wide.centered) <= wide.roundoff + closer[-1].roundoff:
        return "wrong"  # the shorter steps are too noisy to take the disagreement back
    if any(slopes.agree_with(value, tolerance) for slopes in closer):
        return "kink"
    # When the step shrinks to a tenth, the jump of a smooth function does too. A kink's stays.
    narrow, narrowest = closer
    bent = narrow.jump > wide.jump / 5 or narrowest.jump > narrow.jump / 5
    return "kink" if bent and narrowest.enclose(value) else "wrong"


def _check_point(x: np.ndarray, h: float) -> None:
    if not isinstance(x, np.ndarray):
        raise TypeError(f"x must be a NumPy array, got {type(x).__name__}")
    check_array(x, "x", kinds="f", finite=False)
    if not x.flags.writeable:
        raise ValueError("x must be writeable: its entries are changed in place and restored")
    check_number(h, "h", above=0)
