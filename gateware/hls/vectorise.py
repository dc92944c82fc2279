"""A rule over NumPy arrays: the same numbers as its Python function, for many inputs at once.

Booleans are bool arrays, integers int64 arrays; only where the numbers at hand could overflow these, arrays of Python's
integers, which are exact and slow.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gateware.hls.ir import MAX_BITS, Op, Port, Program, Source, Value
from gateware.hls.ranges import Interval, result_range, spelled

__all__ = ["vectorise", "Vectorised"]

_INT64 = np.iinfo(np.int64)

_FUNCTION: dict[Op, Callable[..., Any]] = {
    Op.ADD: np.add, Op.SUB: np.subtract, Op.MUL: np.multiply, Op.SHL: np.left_shift, Op.SHR: np.right_shift,
    Op.AND: np.bitwise_and, Op.OR: np.bitwise_or, Op.XOR: np.bitwise_xor, Op.EQ: np.equal, Op.LT: np.less,
    Op.DIV: np.floor_divide, Op.MOD: np.remainder,
}
#: So many inputs are computed at a time: few enough for the caches, and for a large number to slow down few others.
_BLOCK = 1 << 14


def _fits(low: int, high: int) -> bool:
    return _INT64.min <= low and high <= _INT64.max


def _dtype(thing: Value | Port) -> Any:
    """What a value or port is held in."""
    if thing.boolean:
        return np.bool_
    return np.int64 if _fits(thing.low, thing.high) else np.object_


def _wrapped(array: Any, bits: int, signed: bool) -> Any:
    """An array of Python's integers, each wrapped to ``bits``."""
    half = 1 << bits - 1 if signed else 0
    return (array + half & (1 << bits) - 1) - half


def _held(array: Any, dtype: Any) -> Any:
    """``array`` as ``dtype``; numbers beyond int64, on which no output depends, wrapped."""
    if array.dtype == dtype:
        return array
    if array.dtype == np.object_ and dtype is np.int64:
        return _wrapped(array, 64, True).astype(np.int64)
    return array.astype(np.int64).astype(dtype) if dtype is np.object_ else array.astype(dtype)


def _bounds(array: Any) -> Interval:
    """The least and the greatest number in an array."""
    return (int(array.min()), int(array.max())) if array.size else (0, 0)


def _input(port: Port, given: Any) -> Any:
    """A given array, checked against its port."""
    array = given if isinstance(given, np.ndarray) else np.array(given, dtype=np.object_)
    if array.dtype == np.object_:
        integers = all(isinstance(number, int | np.integer) for number in array.flat)
    else:
        integers = array.dtype.kind in "biu"
    if not integers:
        raise TypeError(f"{port.name} must be an array of integers or booleans, not of {array.dtype}")
    for number in _bounds(array) if array.size else ():
        if not port.low <= number <= port.high:
            raise ValueError(f"{port.name} must be in {port.low}..{port.high}, {number} is not")
    dtype = _dtype(port)
    if dtype is np.object_ and not _fits(*_bounds(array)):
        return np.array([int(number) for number in array.flat], dtype=np.object_).reshape(array.shape)
    return array.astype(np.int64 if dtype is np.object_ else dtype, copy=False)


def _overflows(value: Value, args: list[Any]) -> bool:
    """Whether int64 cannot hold the result for these very arrays of int64."""
    if _dtype(value) is not np.object_ or value.op not in (Op.ADD, Op.SUB, Op.MUL, Op.SHL):
        return False
    return not _fits(*result_range(value.op, tuple(_bounds(arg) for arg in args)))


def _result(value: Value, args: list[Any]) -> Any:
    """The result of an operation: bool or int64, or object if its numbers need it or those that it is made of do."""
    if value.op is Op.MUX:
        arms = np.result_type(args[1], args[2])
        return np.where(args[0], *(_held(arm, arms.type) for arm in args[1:]))
    if value.op is Op.TABLE:
        table = np.array([int(item) for item in value.attribute], dtype=_dtype(value))
        return np.take(table, _held(args[0], np.int64), mode="clip")
    if value.op in (Op.DIV, Op.MOD):
        fits = _fits(value.attribute, value.attribute)
        args = [args[0], np.array(value.attribute, dtype=np.int64 if fits else np.object_)]
    if value.op in (Op.AND, Op.OR, Op.XOR, Op.EQ) and all(arg.dtype == np.bool_ for arg in args):
        return _FUNCTION[value.op](*args)
    exact = any(arg.dtype == np.object_ for arg in args)
    args = [_held(arg, np.object_ if exact else np.int64) for arg in args]
    if value.op in (Op.SHL, Op.SHR):
        args[1] = np.clip(args[1], 0, MAX_BITS)
    if not exact and _overflows(value, args):
        exact, args = True, [_held(arg, np.object_) for arg in args]
    if value.op in (Op.SHL, Op.SHR) and not exact:
        args[1] = np.minimum(args[1], 63)
    return _FUNCTION[value.op](*args)


def _narrowed(value: Value) -> bool:
    """Whether its operands can give ``value`` a number outside of its range, where no output depends on it."""
    if value.op is Op.SHL:
        return True
    low, high = result_range(value.op, tuple((arg.low, arg.high) for arg in value.args), value.attribute)
    return low < value.low or high > value.high


class Vectorised:
    """A rule as a function of arrays, {port name: array} to {port name: array}.

    Arrays of integers or booleans, of shapes that broadcast together. Results have that shape; they are bool, int64, or
    object (Python's integers) where the port's range does not fit int64. Raises KeyError for a missing port, TypeError
    for arrays of other things, ValueError for a number out of its port's range.

    exact: (source, why) for every expression whose range int64 cannot hold. It takes the slow, exact path for a block
    of inputs among which there is one that could overflow.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self._values = tuple(program.values())
        self.exact: tuple[tuple[Source | None, str], ...] = tuple(
            (value.source, self._why(value)) for value in self._values if _dtype(value) is np.object_)
        last = {arg: user for user in self._values for arg in user.args}
        kept = {value for _, value in self.program.outputs}
        self._done = {value: [arg for arg in dict.fromkeys(value.args) if last[arg] is value and arg not in kept]
                      for value in self._values}

    @staticmethod
    def _why(value: Value) -> str:
        name = value.attribute.name if value.op is Op.INPUT else value.op.name
        return f"{name} is in {spelled(value.low, value.high)}, which int64 does not hold"

    def __call__(self, arrays: Mapping[str, Any]) -> dict[str, Any]:
        ports = [value.attribute for value in self.program.inputs]
        unknown = arrays.keys() - {port.name for port in ports}
        if unknown:
            raise KeyError(f"{self.program.name} has no input {sorted(unknown)[0]}")
        given = np.broadcast_arrays(*(_input(port, arrays[port.name]) for port in ports))
        shape = given[0].shape if given else ()
        flat = [array.reshape(-1) for array in given]
        blocks = [self._block([array[start:start + _BLOCK] for array in flat])
                  for start in range(0, flat[0].size if flat else 1, _BLOCK)] or [self._block(flat)]
        results = {}
        for index, (port, _) in enumerate(self.program.outputs):
            pieces = [block[index] for block in blocks]
            results[port.name] = (np.concatenate(pieces) if len(pieces) > 1 else pieces[0]).reshape(shape)
        return results

    def _block(self, given: list[Any]) -> list[Any]:
        """The results, in the order of the outputs, for inputs of one dimension."""
        size = given[0].size if given else 1
        results: dict[Value, Any] = dict(zip(self.program.inputs, given, strict=True))
        for value in self._values:
            if value.op is Op.CONST:
                results[value] = np.array([value.attribute], dtype=_dtype(value))
            elif value.op is not Op.INPUT:
                result = _result(value, [results[arg] for arg in value.args])
                if result.dtype == np.object_ and _narrowed(value):
                    result = _wrapped(result, value.bits, value.signed)
                dtype = _dtype(value)
                results[value] = result if dtype is np.object_ else _held(result, dtype)
            for arg in self._done[value]:
                del results[arg]
        return [np.array(np.broadcast_to(_held(results[value], _dtype(port)), (size,)))
                for port, value in self.program.outputs]


def vectorise(program: Program) -> Vectorised:
    """The rule over arrays."""
    return Vectorised(program)
