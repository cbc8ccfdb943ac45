"""Numerical gradients, and their comparison with analytic ones.

The **centered difference** ``(f(x + h) - f(x - h)) / 2h`` errs as h², the forward difference
``(f(x + h) - f(x)) / h`` as h. Below some h round-off wins: it errs as ``eps * |f| / h``
(CS231n notes, "Neural Networks Part 3: Gradient checks").

`eval_numerical_gradient`, `eval_numerical_gradient_array` and `grad_check_sparse` are the course's own.
They change ``x`` in place, so that ``f`` may ignore its argument and read ``x`` from where it lies, and put
every entry back, also when ``f`` raises.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import randrange

import numpy as np

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
    grad = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        with _moved(x, index, h):
            above = f(x)
        with _moved(x, index, -h):
            below = f(x)
        grad[index] = (above - below) / (2 * h)
        if verbose:
            print(index, grad[index])
    return grad


def eval_numerical_gradient_array(
    f: Callable[[np.ndarray], np.ndarray], x: np.ndarray, df: np.ndarray, h: float = 1e-5
) -> np.ndarray:
    """Compute the gradient of ``sum(f(x) * df)`` for a function whose values are arrays.

    That is what a layer's backward pass gives for the upstream gradient df.

    Parameters
    ----------
    f : callable
        ``f(x)`` gives an array of df's shape.
    x : floating array of any shape
        The point. Changed in place while f is evaluated, and restored.
    df : ndarray
        The upstream gradient, in the shape of f's values.
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
    grad = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        with _moved(x, index, h):
            above = np.array(f(x))  # a copy: f may give back a view of x
        with _moved(x, index, -h):
            below = np.array(f(x))
        grad[index] = np.sum((above - below) * df) / (2 * h)
    return grad


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
    f : callable
        ``f(x)`` gives a number.
    x : floating array of any shape
        The point. Changed in place while f is evaluated, and restored.
    analytic_grad : ndarray of x's shape
    num_checks : int, default 10
    h : float
        The step.

    Raises
    ------
    TypeError
        If x is not a floating array.
    ValueError
        If x is read-only, the shapes differ or h is not positive.
    """
    _check_point(x, h)
    _check_same_shape(x, analytic_grad, "analytic_grad")
    for _ in range(num_checks):
        index = tuple(randrange(size) for size in x.shape)
        with _moved(x, index, h):
            above = f(x)
        with _moved(x, index, -h):
            below = f(x)
        numerical, analytic = (above - below) / (2 * h), analytic_grad[index]
        error = relative_error(numerical, analytic)
        print(f"numerical: {numerical:f} analytic: {analytic:f}, relative error: {error:e}")


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
        ``"ok"``, ``"wrong"`` or ``"kink"`` for each of them.
    numerical, analytic : tuple of float
        The centered difference at step h, and the derivative that was checked.
    """

    indices: tuple[tuple[int, ...], ...]
    verdicts: tuple[str, ...]
    numerical: tuple[float, ...]
    analytic: tuple[float, ...]

    @property
    def passed(self) -> bool:
        """Whether no entry is wrong. A kink is no error: any subgradient will do there."""
        return "wrong" not in self.verdicts

    def __str__(self) -> str:
        total, kinks = len(self.verdicts), self.verdicts.count("kink")
        if not self.passed:
            wrong, first = self.verdicts.count("wrong"), self.indices[self.verdicts.index("wrong")]
            return f"gradient wrong in {wrong} of {total} entries, the first at {first}"
        at_kinks = f", {kinks} at a kink" if kinks else ""
        return f"gradient right: {total} {'entry' if total == 1 else 'entries'} checked{at_kinks}"


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

    Parameters
    ----------
    f : callable
        ``f(x)`` gives a number.
    x : float64 array of any shape
        The point. Changed in place while f is evaluated, and restored.
    analytic_grad : ndarray of x's shape
    num_checks : int, optional
        How many entries to draw, all different; by default all of x's.
    h : float
        The step.
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
    _check_same_shape(x, analytic_grad, "analytic_grad")
    if num_checks is not None and num_checks < 1:
        raise ValueError(f"num_checks must be at least 1, got {num_checks}")
    if num_checks is None or num_checks >= x.size:
        indices = list(np.ndindex(x.shape))
    else:
        flat = np.random.default_rng(rng).choice(x.size, num_checks, replace=False)
        indices = [tuple(int(i) for i in np.unravel_index(k, x.shape)) for k in flat]

    here = float(f(x))
    verdicts, numerical, analytic = [], [], []
    for index in indices:
        value = float(analytic_grad[index])
        wide = _slopes(f, x, index, h, here)
        verdict = "ok"
        if not wide.agree_with(value, tolerance):
            closer = [_slopes(f, x, index, step, here) for step in (h / 10, h / 100)]
            verdict = _second_look(wide, closer, value, tolerance)
        verdicts.append(verdict)
        numerical.append(wide.centered)
        analytic.append(value)
    return GradientCheck(tuple(indices), tuple(verdicts), tuple(numerical), tuple(analytic))


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
    X, W = np.asarray(X, dtype=np.float64), np.asarray(W, dtype=np.float64)
    if X.ndim != 2 or W.ndim != 2 or X.shape[1] != W.shape[0]:
        raise ValueError(f"X must have shape (N, D) and W (D, C), got {X.shape} and {W.shape}")
    if not h > 0:
        raise ValueError(f"h must be positive, got {h}")
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


@contextmanager
def _moved(x: np.ndarray, index: tuple[int, ...], step: float) -> Iterator[None]:
    """Move one entry of x by a step for the time of a ``with`` block."""
    before = x[index]
    x[index] = before + step
    try:
        yield
    finally:
        x[index] = before


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

    def agree_with(self, value: float, tolerance: float) -> bool:
        size = max(abs(value), abs(self.centered))
        return abs(value - self.centered) <= tolerance * size + self.roundoff

    def enclose(self, value: float) -> bool:
        low, high = sorted((self.left, self.right))
        return low - self.roundoff <= value <= high + self.roundoff


def _slopes(f: Callable, x: np.ndarray, index: tuple[int, ...], h: float, here: float) -> _Slopes:
    with _moved(x, index, h):
        above = float(f(x))
    with _moved(x, index, -h):
        below = float(f(x))
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
    if not isinstance(x, np.ndarray) or x.dtype.kind != "f":
        what = f"dtype {x.dtype}" if isinstance(x, np.ndarray) else type(x).__name__
        raise TypeError(f"x must be an array of floating-point numbers, got {what}")
    if not x.flags.writeable:
        raise ValueError("x must be writeable: its entries are changed in place and restored")
    if not h > 0:
        raise ValueError(f"h must be positive, got {h}")


def _check_same_shape(x: np.ndarray, analytic_grad: np.ndarray, name: str) -> None:
    if np.shape(analytic_grad) != x.shape:
        raise ValueError(f"{name} has shape {np.shape(analytic_grad)} but x has shape {x.shape}")
