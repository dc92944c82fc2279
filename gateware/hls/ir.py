"""The intermediate form of a rule: a graph of exact integer operations, each of which knows the range of its result.

The front end (frontend.py) makes it, three back ends use it. There are no widths in it and no time: widths follow from
ranges (``Value.bits``), time is the scheduler's. Nothing can overflow: where an output depends on a value, the value is
in its range, which is the least that the conditions on the way there allow.

Where no output depends on it (an arm of a MUX that is not taken), a value may be outside of its range, an index
outside of its table, the amount of a shift anything. A back end may then give any number, but must neither fail nor let
it spoil other values; to wrap every value to its bits is enough.
"""

import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Op", "Source", "Value", "Port", "Program", "MAX_BITS"]

#: A value whose range needs more bits than these is an error of the rule.
MAX_BITS = 128


class Op(enum.Enum):
    """Operations. Operands a, b, c are integers; a boolean is 0 or 1. ``attribute`` is what Value.attribute holds."""

    INPUT = "a field of a parameter; attribute: its Port"
    CONST = "a constant; attribute: its value"
    ADD = "a + b"
    SUB = "a - b"
    MUL = "a * b"
    SHL = "a << b, b never negative"
    SHR = "a >> b, rounding down, b never negative"
    DIV = "a // attribute, rounding down; attribute: a constant above 0"
    MOD = "a % attribute, 0..attribute - 1; attribute: a constant above 0"
    AND = "a & b, two's complement of unlimited width"
    OR = "a | b, likewise"
    XOR = "a ^ b, likewise"
    EQ = "a == b, a boolean"
    LT = "a < b, a boolean"
    MUX = "b if a else c; a is a boolean"
    TABLE = "attribute[a]; attribute: a tuple of constants, a always a valid index"


@dataclass(frozen=True)
class Source:
    """Where in a rule something stands: file name, line from 1, the line's text without indentation."""

    file: str
    line: int
    text: str


@dataclass(frozen=True, eq=False)
class Value:
    """The result of one operation; equal only to itself.

    op, args, attribute: see Op. low, high: range of the result, both included. boolean: made by a comparison, a logical
    operation or a bool field. source: where it comes from, for reports and errors.
    """

    op: Op
    args: tuple["Value", ...] = field(repr=False)
    low: int
    high: int
    attribute: Any = None
    boolean: bool = False
    source: Source | None = field(default=None, repr=False)

    @property
    def signed(self) -> bool:
        """Whether the range has a negative number."""
        return self.low < 0

    @property
    def bits(self) -> int:
        """Bits that hold every value of the range, two's complement if signed; at least 1."""
        if self.signed:
            return max((~self.low).bit_length(), max(self.high, 0).bit_length()) + 1
        return max(1, self.high.bit_length())


@dataclass(frozen=True)
class Port:
    """A field of a parameter or result. name: its path, "order.price"; a tuple's items are "0", "1"; a result that is a
    single value is "result". low, high: range; boolean: a bool."""

    name: str
    low: int
    high: int
    boolean: bool = False


@dataclass(frozen=True)
class Program:
    """A compiled rule.

    name: the function's; function: the function itself, the reference meaning. inputs: one INPUT value for each field
    of each parameter, in order, used or not. outputs: one value for each field of the result, in order. ``pack_inputs``
    turns {port name: int} into the function's arguments, ``unpack_result`` its result into {port name: int}.
    """

    name: str
    function: Callable[..., Any]
    inputs: tuple[Value, ...]
    outputs: tuple[tuple[Port, Value], ...]
    pack_inputs: Callable[[dict[str, int]], tuple[Any, ...]] = field(repr=False)
    unpack_result: Callable[[Any], dict[str, int]] = field(repr=False)

    def values(self) -> Iterator[Value]:
        """Every value that an output needs, and every input, each once, operands before their users."""
        seen: set[Value] = set()
        for root in (*self.inputs, *(value for _, value in self.outputs)):
            stack = [(root, iter(root.args))]
            while stack:
                value, rest = stack[-1]
                operand = next((arg for arg in rest if arg not in seen), None)
                if operand is not None:
                    stack.append((operand, iter(operand.args)))
                    continue
                stack.pop()
                if value not in seen:
                    seen.add(value)
                    yield value
