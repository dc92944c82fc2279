"""Calls that a rule can make: built-in functions, records, enumerations, other functions."""

import enum
import inspect
import types
from collections.abc import Callable
from typing import Any

from gateware.hls.build import Graph
from gateware.hls.errors import Refusal
from gateware.hls.ir import Op
from gateware.hls.operators import fixed
from gateware.hls.ranges import spelled
from gateware.hls.terms import Group, Number, Term, constant, described, need_number, same_kind
from gateware.hls.types import is_record

__all__ = ["call", "bound", "MAX_TURNS"]

#: A range of more numbers is refused, since loops over it are unrolled.
MAX_TURNS = 4096

_CALLABLE = "call abs, min, max, int, bool, len, sum, any, all, range, enumerate, zip, a record, or a plain function"


def _numbers(arguments: list[Term], name: str) -> list[Number]:
    return [need_number(argument, f"an argument of {name}") for argument in arguments]


def _only(arguments: list[Term], name: str) -> Term:
    if len(arguments) != 1:
        raise Refusal(f"{name} has {len(arguments)} arguments", f"write {name}(x)")
    return arguments[0]


def _group(term: Term, name: str) -> Group:
    if not isinstance(term, Group):
        raise Refusal(f"the argument of {name} is {described(term)}", "write a tuple")
    return term


def _absolute(graph: Graph, arguments: list[Term]) -> Term:
    return Number(graph.absolute(need_number(_only(arguments, "abs"), "the argument of abs").value), int)


def _extreme(name: str, operation: Callable[[Graph, Any, Any], Any]) -> Callable[[Graph, list[Term]], Term]:
    def build(graph: Graph, arguments: list[Term]) -> Term:
        items = arguments
        if len(arguments) == 1:
            items = list(_group(arguments[0], name).items)
        if not items:
            raise Refusal(f"{name} of nothing", f"write {name}(x, y)")
        result, *rest = _numbers(items, name)
        for number in rest:
            result = Number(operation(graph, result.value, number.value), same_kind(result.kind, number.kind))
        return result
    return build


def _int(graph: Graph, arguments: list[Term]) -> Term:
    return Number(need_number(_only(arguments, "int"), "the argument of int").value, int)


def _bool(graph: Graph, arguments: list[Term]) -> Term:
    return Number(graph.truth(need_number(_only(arguments, "bool"), "the argument of bool").value), bool)


def _len(graph: Graph, arguments: list[Term]) -> Term:
    return Number(graph.const(len(_group(_only(arguments, "len"), "len").items)), int)


def _sum(graph: Graph, arguments: list[Term]) -> Term:
    total = graph.const(0)
    for number in _numbers(list(_group(_only(arguments, "sum"), "sum").items), "sum"):
        total = graph.add(total, number.value)
    return Number(total, int)


def _quantifier(name: str, op: Op) -> Callable[[Graph, list[Term]], Term]:
    def build(graph: Graph, arguments: list[Term]) -> Term:
        result = graph.const(int(op is Op.AND), True)
        for number in _numbers(list(_group(_only(arguments, name), name).items), name):
            if number.kind is not bool:
                raise Refusal(f"{name} of integers", "write x != 0 for each")
            result = graph.bitwise(op, result, number.value)
        return Number(result, bool)
    return build


def _range(graph: Graph, arguments: list[Term]) -> Term:
    if not 1 <= len(arguments) <= 3:
        raise Refusal(f"range has {len(arguments)} arguments", "write range(n)")
    bounds = [fixed(graph, number, "an argument of range is no constant", "write a constant, and break if need be")
              for number in _numbers(arguments, "range")]
    if len(bounds) == 3 and bounds[2] == 0:
        raise Refusal("the step of range is zero", "write another step")
    numbers = range(*bounds)
    if numbers[MAX_TURNS:]:
        raise Refusal(f"range has more than {MAX_TURNS} numbers", "write a shorter one: each turn becomes hardware")
    return Group(tuple(Number(graph.const(number), int) for number in numbers), range)


def _enumerate(graph: Graph, arguments: list[Term]) -> Term:
    items = _group(_only(arguments, "enumerate"), "enumerate").items
    return Group(tuple(Group((Number(graph.const(index), int), item), tuple) for index, item in enumerate(items)),
                 enumerate)


def _zip(graph: Graph, arguments: list[Term]) -> Term:
    groups = [_group(argument, "zip").items for argument in arguments]
    return Group(tuple(Group(items, tuple) for items in zip(*groups, strict=False)), zip)


_BUILT_IN: dict[Any, Callable[[Graph, list[Term]], Term]] = {
    abs: _absolute, min: _extreme("min", Graph.minimum), max: _extreme("max", Graph.maximum), int: _int, bool: _bool,
    len: _len, sum: _sum, any: _quantifier("any", Op.OR), all: _quantifier("all", Op.AND), range: _range,
    enumerate: _enumerate, zip: _zip,
}


def bound(graph: Graph, signature: inspect.Signature, name: str, arguments: list[Term],
          keywords: dict[str, Term]) -> dict[str, Term]:
    """The arguments of a call by the names of the parameters, defaults included."""
    try:
        binding = signature.bind(*arguments, **keywords).arguments
    except TypeError as error:
        raise Refusal(f"the call of {name}: {error}", "write the arguments that it has") from None
    return {parameter.name: binding[parameter.name] if parameter.name in binding
            else constant(graph, parameter.default) for parameter in signature.parameters.values()}


def _record(graph: Graph, kind: Any, arguments: list[Term], keywords: dict[str, Term]) -> Term:
    parameter = inspect.Parameter
    signature = inspect.Signature([
        parameter(field, parameter.POSITIONAL_OR_KEYWORD, default=kind._field_defaults.get(field, parameter.empty))
        for field in kind._fields])
    return Group(tuple(bound(graph, signature, kind.__name__, arguments, keywords).values()), kind)


def _member(graph: Graph, kind: Any, arguments: list[Term]) -> Term:
    number = need_number(_only(arguments, kind.__name__), f"the argument of {kind.__name__}")
    low, high = graph.range(number.value)
    if issubclass(kind, enum.IntFlag):
        fits = low >= 0 and kind._boundary_ is enum.KEEP
    else:
        fits = high - low < len(kind.__members__) and all(value in kind._value2member_map_
                                                          for value in range(low, high + 1))
    if not fits:
        raise Refusal(f"{spelled(low, high)} has numbers that are no {kind.__name__}", "write the integer itself")
    return Number(number.value, kind)


def call(graph: Graph, function: Any, arguments: list[Term], keywords: dict[str, Term],
         inline: Callable[[Any, list[Term], dict[str, Term]], Term]) -> Term:
    """The result of calling a Python object."""
    if is_record(function):
        return _record(graph, function, arguments, keywords)
    if isinstance(function, types.FunctionType):
        return inline(function, arguments, keywords)
    name = getattr(function, "__name__", repr(function))
    if keywords:
        raise Refusal(f"{name} with {next(iter(keywords))}= is not part of the subset", "write it without keywords")
    if isinstance(function, type) and issubclass(function, enum.IntEnum | enum.IntFlag):
        return _member(graph, function, arguments)
    if not isinstance(function, type | types.BuiltinFunctionType) or function not in _BUILT_IN:
        raise Refusal(f"{name} is not part of the subset", _CALLABLE)
    return _BUILT_IN[function](graph, arguments)
