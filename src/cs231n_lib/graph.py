"""A computational graph of gates: values go forward, gradients go backward.

Every operation on a :class:`Variable` computes its value at once and remembers two things: its input
variables and its **local rule**, a function that turns the gradient of its output (*upstream*) into
the gradients of its inputs. :meth:`Variable.backward` applies the local rules from the output back to the
inputs and adds up what arrives at each variable.

All values are float64 arrays; a single number is an array of shape ``()``. The formulas are those of
the CS231n notes, *Backpropagation, Intuitions*; the form of the code follows A. Karpathy's micrograd.

Examples
--------
>>> x, y, z = Variable(-2, "x"), Variable(5, "y"), Variable(-4, "z")
>>> f = (x + y) * z
>>> f.backward()
>>> float(f), float(x.grad), float(y.grad), float(z.grad)
(-12.0, -4.0, -4.0, 3.0)
"""

import copy
import functools
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from cs231n_lib.validation import check_array, check_number

LocalRule = Callable[[np.ndarray], tuple[np.ndarray, ...]]


class Variable:
    """A value in a graph: a leaf, given by the reader, or the output of a gate.

    Parameters
    ----------
    value : array_like of numbers, any shape
        Copied as float64. A new value needs a new Variable: the local rules rely on the old one.
    name : str
        What drawings and messages call it.

    Attributes
    ----------
    value : ndarray of float64, read-only
    grad : ndarray of float64 with the shape of ``value``, or None before the first ``backward()``
    name, gate : str
        ``gate`` is the symbol of the operation that made the variable, empty for a leaf.
    inputs : tuple of Variable
        What the gate was applied to, in order; empty for a leaf.
    constant : bool
        True for a plain number or array that took part in an operation (the 2 of ``2 * x``).

    Raises
    ------
    TypeError
        If ``value`` does not hold real numbers.
    ValueError
        If ``value`` holds nan or infinity.
    """

    __array_ufunc__ = None  # so that ``array * variable`` asks Variable and not NumPy

    def __init__(self, value: ArrayLike, name: str = ""):
        self._value, self.name = _numbers(value, "value"), name
        self._value.setflags(write=False)
        self.grad: np.ndarray | None = None
        self.gate, self.inputs, self.constant = "", (), False
        self._rule: LocalRule = lambda upstream: ()

    @property
    def value(self) -> np.ndarray:
        return self._value

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    def named(self, name: str) -> "Variable":
        """Give the variable a name and return it: ``q = (x + y).named("q")``."""
        self.name = name
        return self

    def local_backward(self, upstream: np.ndarray) -> tuple[np.ndarray, ...]:
        """Apply the gate's local rule once: its inputs' gradients, for the gradient of its output.

        Parameters
        ----------
        upstream : ndarray with the shape of ``value``
            The gradient of the graph's output with respect to this variable.

        Returns
        -------
        tuple of ndarray
            One gradient for each of ``inputs``, with the shape of that input. Empty for a leaf.
        """
        upstream = _numbers(upstream, f"upstream of {self}", self.shape)
        with np.errstate(all="ignore"):
            gradients = tuple(
                sum_to_shape(gradient, variable.shape)
                for gradient, variable in zip(self._rule(upstream), self.inputs, strict=True)
            )
        if not all(np.isfinite(gradient).all() for gradient in gradients):
            inputs = ", ".join(map(repr, self.inputs))
            raise ValueError(f"the gradient of gate {self.gate} is not finite for inputs {inputs}")
        return gradients

    def backward(self, upstream: ArrayLike | None = None) -> None:
        """Write into ``grad`` of every variable below this one the gradient of this one.

        Each call starts from zero: ``grad`` is replaced, never added to, so that a second call gives the
        same gradients as the first. Within one call the gradients of all branches add up.

        Parameters
        ----------
        upstream : array_like with the shape of ``value``, optional
            The gradient of a later quantity with respect to this variable; 1 if left out, which needs
            this variable to be a single number.
        """
        if upstream is None and self.value.size != 1:
            raise ValueError(
                f"backward() starts from a single number, but this variable has shape {self.shape}: "
                "sum it up, or pass the upstream gradient"
            )
        start = np.ones(self.shape) if upstream is None else _numbers(upstream, "upstream", self.shape)
        order = topological_order(self)
        gradients = {variable: np.zeros(variable.shape) for variable in order}
        gradients[self] += start
        with np.errstate(over="ignore"):  # a sum too large to hold: local_backward refuses it
            for variable in reversed(order):
                shares = variable.local_backward(gradients[variable])
                for source, share in zip(variable.inputs, shares, strict=True):
                    gradients[source] += share  # += and not =: a variable may feed several gates
        for variable, gradient in gradients.items():
            variable.grad = gradient

    def __float__(self) -> float:
        return self.value.item()

    def __repr__(self) -> str:
        what = f"= {self.value.item():.6g}" if self.value.size == 1 else f"of shape {self.shape}"
        return f"<{self.name or self.gate or 'variable'} {what}>"

    # The operators; each calls the gate of the same meaning below.
    def __add__(self, other):
        return add(self, other)

    def __radd__(self, other):
        return add(other, self)

    def __sub__(self, other):
        return subtract(self, other)

    def __rsub__(self, other):
        return subtract(other, self)

    def __mul__(self, other):
        return multiply(self, other)

    def __rmul__(self, other):
        return multiply(other, self)

    def __truediv__(self, other):
        return divide(self, other)

    def __rtruediv__(self, other):
        return divide(other, self)

    def __matmul__(self, other):
        return matmul(self, other)

    def __rmatmul__(self, other):
        return matmul(other, self)

    def __neg__(self):
        return negate(self)

    def __pow__(self, exponent):
        return power(self, exponent=exponent)

    def __getitem__(self, index):
        return pick(self, index=index)

    __iter__ = None  # otherwise Python would iterate through __getitem__

    def sum(self, axis=None, keepdims=False) -> "Variable":
        return sum_over(self, axis=axis, keepdims=keepdims)

    def mean(self, axis=None, keepdims=False) -> "Variable":
        return mean_over(self, axis=axis, keepdims=keepdims)


def _numbers(given: ArrayLike, name: str, shape: tuple[int, ...] | None = None) -> np.ndarray:
    """A float64 copy of what was given."""
    return check_array(given, name, shape).astype(np.float64)


def topological_order(output: Variable) -> list[Variable]:
    """All variables ``output`` depends on, itself last, each one once and after all of its inputs.

    Depth first with a stack of our own: a graph may be deeper than Python's recursion goes.
    """
    order, seen, stack = [], set(), [(output, False)]
    while stack:
        variable, inputs_done = stack.pop()
        if inputs_done:
            order.append(variable)
        elif variable not in seen:
            seen.add(variable)
            stack.append((variable, True))
            stack.extend((source, False) for source in reversed(variable.inputs))
    return order


def sum_to_shape(gradient: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Undo broadcasting: add up the gradients of all copies that broadcasting made of an input.

    Copying along an axis is a fork, so the gradients of the copies add up.
    """
    gradient = np.sum(gradient, axis=tuple(range(np.ndim(gradient) - len(shape))))  # the axes put in front
    stretched = tuple(axis for axis, size in enumerate(shape) if size == 1)
    return gradient.sum(axis=stretched, keepdims=True)


def gate(symbol: str) -> Callable[[Callable], Callable[..., Variable]]:
    """Turn a rule on arrays into a gate on variables.

    The rule takes the input values and returns the output value and the local rule. The values that
    the local rule needs stay alive in it: this is the cache of the forward pass.
    """

    def decorate(rule: Callable) -> Callable[..., Variable]:
        @functools.wraps(rule)
        def forward(*inputs: Variable | ArrayLike, **options) -> Variable:
            variables = tuple(_as_variable(each) for each in inputs)
            what = f"{rule.__name__} of {', '.join(map(repr, variables))}"
            try:
                with np.errstate(all="ignore"):
                    value, local_rule = rule(*(variable.value for variable in variables), **options)
            except (ValueError, IndexError) as error:
                raise type(error)(f"{what}: {error}") from None
            if not np.isfinite(value).all():
                raise ValueError(f"{what} is not finite")
            output = Variable(value)
            output.gate, output.inputs, output._rule = symbol.format(**options), variables, local_rule
            return output

        return forward

    return decorate


def _as_variable(value: Variable | ArrayLike) -> Variable:
    if isinstance(value, Variable):
        return value
    variable = Variable(value)
    variable.constant = True
    return variable


# The gates. Each one: the value first, then the local rule. Two inputs are broadcast as in NumPy.


@gate("+")
def add(a, b):
    """``a + b`` passes the upstream gradient on to both inputs."""
    return a + b, lambda upstream: (upstream, upstream)


@gate("−")
def subtract(a, b):
    """``a - b`` passes the upstream gradient on to a, and its negative to b."""
    return a - b, lambda upstream: (upstream, -upstream)


@gate("× −1")
def negate(a):
    """``-a``."""
    return -a, lambda upstream: (-upstream,)


@gate("×")
def multiply(a, b):
    """``a * b``: each input's gradient is the upstream one times the *other* input."""
    return a * b, lambda upstream: (upstream * b, upstream * a)


@gate("÷")
def divide(a, b):
    """``a / b``; from the quotient rule, ∂/∂a = 1/b and ∂/∂b = -a/b²; b², which may overflow, is not used."""
    return a / b, lambda upstream: (upstream / b, -(upstream / b) * (a / b))


@gate("1/x")
def reciprocal(a):
    """``1 / a`` with the slope -1/a²."""
    return 1 / a, lambda upstream: (-(upstream / a) / a,)


@gate("x^{exponent:g}")
def power(a, *, exponent: float):
    """``a ** exponent`` for a fixed number ``exponent``."""
    check_number(exponent, "exponent")
    slope = exponent * a ** (exponent - 1) if exponent else np.zeros_like(a)
    return a**exponent, lambda upstream: (upstream * slope,)


@gate("exp")
def exp(a):
    """e to the power ``a``; it is its own slope, so the output is all that is cached."""
    value = np.exp(a)
    return value, lambda upstream: (upstream * value,)


@gate("log")
def log(a):
    """The natural logarithm, with the slope 1/a."""
    return np.log(a), lambda upstream: (upstream / a,)


@gate("σ")
def sigmoid(a):
    """The logistic function σ(a) = 1 / (1 + exp(-a)), with the slope σ(1 - σ).

    For negative ``a`` computed as exp(a) / (1 + exp(a)), which is the same and does not overflow.
    """
    small = np.exp(-np.abs(a))
    slope = small / (1 + small) ** 2  # σ(1 - σ), without the cancellation of 1 - σ near σ = 1
    return np.where(a >= 0, 1, small) / (1 + small), lambda upstream: (upstream * slope,)


@gate("ReLU")
def relu(a):
    """max(0, a); the slope at the kink a = 0 is 0, as in ``maximum(0, a)``."""
    return np.maximum(0, a), lambda upstream: (upstream * (a > 0),)


@gate("max")
def maximum(a, b):
    """The larger of ``a`` and ``b`` gets the whole upstream gradient; at a tie ``a``, the first, gets it."""
    return np.maximum(a, b), lambda upstream: (upstream * (a >= b), upstream * (a < b))


@gate("@")
def matmul(a, b):
    """The matrix product of ``a``, shape (N, D), and ``b``, shape (D, C)."""
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[0]:
        raise ValueError(f"a and b must have shapes (N, D) and (D, C), got {a.shape} and {b.shape}")
    return a @ b, lambda upstream: (upstream @ b.T, a.T @ upstream)


@gate("sum")
def sum_over(a, *, axis: int | tuple[int, ...] | None = None, keepdims: bool = False):
    """The sum along an axis, or of everything: adding passes the upstream gradient on to every term."""
    value = a.sum(axis=axis, keepdims=keepdims)
    kept = a.sum(axis=axis, keepdims=True).shape
    return value, lambda upstream: (np.broadcast_to(upstream.reshape(kept), a.shape),)


@gate("mean")
def mean_over(a, *, axis: int | tuple[int, ...] | None = None, keepdims: bool = False):
    """The mean along an axis, or of everything: a sum divided by the number of terms."""
    if a.size == 0:
        raise ValueError("there is nothing to average")
    value = a.mean(axis=axis, keepdims=keepdims)
    kept, terms = a.mean(axis=axis, keepdims=True).shape, a.size // value.size
    return value, lambda upstream: (np.broadcast_to(upstream.reshape(kept), a.shape) / terms,)


@gate("[ ]")
def pick(a, *, index):
    """``a[index]`` by NumPy's rules; an element picked twice gets the sum of both gradients."""
    index = copy.deepcopy(index)  # an array of indices may be changed before the backward pass

    def backward(upstream):
        gradient = np.zeros_like(a)
        np.add.at(gradient, index, upstream)
        return (gradient,)

    return a[index], backward
