"""Types of a rule's parameters and results: their fields as ports, and Python objects to and from integers."""

import enum
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from gateware.hls.errors import Refusal
from gateware.hls.ir import MAX_BITS, Op, Port, Value
from gateware.hls.ranges import spelled
from wire.ranges import Range

__all__ = ["Leaf", "Tree", "Shape", "shape_of", "ports", "pack", "flatten", "is_record", "flag_bits"]

_WRITE = ("write bool, Annotated[int, Range(low, high)], an IntEnum, an IntFlag, a NamedTuple of such, "
          "or a tuple[...] of such")


@dataclass(frozen=True)
class Leaf:
    """A number in low..high. kind: int, bool, or an IntEnum or IntFlag class."""

    low: int
    high: int
    kind: type


@dataclass(frozen=True)
class Tree:
    """A tuple or record. kind: tuple, or the NamedTuple class; names and shapes of its items."""

    kind: type
    names: tuple[str, ...]
    shapes: tuple["Shape", ...]


Shape = Leaf | Tree


def is_record(kind: Any) -> bool:
    """Whether ``kind`` is a NamedTuple class."""
    return isinstance(kind, type) and kind.__bases__ == (tuple,) and hasattr(kind, "_fields")


def flag_bits(kind: type[enum.IntFlag]) -> int:
    """All bits up to the highest that a flag class has."""
    return (1 << max((member.value for member in kind), default=0).bit_length()) - 1


def _enumeration(kind: type[enum.IntEnum | enum.IntFlag]) -> Leaf:
    values = [int(member) for member in kind.__members__.values()]
    if not values:
        raise Refusal(f"{kind.__name__} has no members", "give it some")
    if issubclass(kind, enum.IntFlag):
        if kind._boundary_ is not enum.KEEP:
            raise Refusal(f"{kind.__name__} refuses unknown bits", "leave its boundary at KEEP")
        return Leaf(0, flag_bits(kind), kind)
    return Leaf(min(values), max(values), kind)


def shape_of(annotation: Any, name: str) -> Shape:
    """The shape that an annotation describes; ``name`` is for the error's text."""
    if annotation is bool:
        return Leaf(0, 1, bool)
    if annotation is int:
        raise Refusal(f"{name} is an int without a range", "write Annotated[int, Range(low, high)]")
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        ranges = [item for item in args[1:] if isinstance(item, Range)]
        if args[0] is not int or len(ranges) != 1:
            raise Refusal(f"{name} has the type {annotation}", "write Annotated[int, Range(low, high)]")
        low, high = ranges[0].low, ranges[0].high
        if Value(Op.INPUT, (), low, high).bits > MAX_BITS:
            raise Refusal(f"the range of {name}, {spelled(low, high)}, has more than {MAX_BITS} bits",
                          "write a smaller one")
        return Leaf(low, high, int)
    if origin is tuple and Ellipsis not in args:
        return Tree(tuple, tuple(str(index) for index in range(len(args))),
                    tuple(shape_of(arg, f"{name}[{index}]") for index, arg in enumerate(args)))
    if is_record(annotation):
        try:
            hints = typing.get_type_hints(annotation, include_extras=True)
        except NameError as error:
            raise Refusal(f"a type of {annotation.__name__} cannot be resolved: {error}",
                          "import it at the module's level") from None
        untyped = [field for field in annotation._fields if field not in hints]
        if untyped:
            raise Refusal(f"{annotation.__name__}.{untyped[0]} has no type", _WRITE)
        return Tree(annotation, annotation._fields,
                    tuple(shape_of(hints[field], f"{name}.{field}") for field in annotation._fields))
    if isinstance(annotation, type) and issubclass(annotation, enum.IntEnum | enum.IntFlag):
        return _enumeration(annotation)
    spelling = annotation.__name__ if isinstance(annotation, type) and origin is None else str(annotation)
    raise Refusal(f"{name} has the type {spelling}", _WRITE)


def ports(shape: Shape, path: str) -> Iterator[Port]:
    """The fields of ``shape``, in order; ``path`` is its own name, or "" at the root of a result."""
    if isinstance(shape, Leaf):
        yield Port(path or "result", shape.low, shape.high, shape.kind is bool)
        return
    for name, inner in zip(shape.names, shape.shapes, strict=True):
        yield from ports(inner, f"{path}.{name}" if path else name)


def pack(shape: Shape, path: str, numbers: dict[str, int]) -> Any:
    """The Python object whose fields have the ``numbers`` of their ports.

    A number that is no member of its IntEnum stays an int. Raises KeyError for a missing port, ValueError for a number
    out of its range.
    """
    if isinstance(shape, Tree):
        items = [pack(inner, f"{path}.{name}" if path else name, numbers)
                 for name, inner in zip(shape.names, shape.shapes, strict=True)]
        return tuple(items) if shape.kind is tuple else shape.kind(*items)
    number = int(numbers[path])
    if not shape.low <= number <= shape.high:
        raise ValueError(f"{path} must be in {shape.low}..{shape.high}, {number} is not")
    if issubclass(shape.kind, enum.IntEnum):
        return shape.kind._value2member_map_.get(number, number)
    return shape.kind(number)


def flatten(shape: Shape, path: str, value: Any) -> dict[str, int]:
    """The numbers of a Python object by port. Raises TypeError if it has not the shape."""
    if isinstance(shape, Leaf):
        return {path or "result": int(value)}
    if not isinstance(value, tuple) or len(value) != len(shape.shapes):
        raise TypeError(f"{path or 'the result'} must be a {shape.kind.__name__} of {len(shape.shapes)}, "
                        f"{value!r} is not")
    numbers = {}
    for name, inner, item in zip(shape.names, shape.shapes, value, strict=True):
        numbers |= flatten(inner, f"{path}.{name}" if path else name, item)
    return numbers
