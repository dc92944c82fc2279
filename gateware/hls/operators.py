"""Python's operators on numbers, as operations of the graph; with the kinds that results have in Python."""

import ast
import enum

from gateware.hls.build import Graph
from gateware.hls.errors import Refusal
from gateware.hls.ir import MAX_BITS, Op
from gateware.hls.ranges import spelled
from gateware.hls.terms import EitherKind, Number
from gateware.hls.types import flag_bits

__all__ = ["binary", "unary", "compare", "fixed"]

_BITWISE = {ast.BitAnd: Op.AND, ast.BitOr: Op.OR, ast.BitXor: Op.XOR}


def fixed(graph: Graph, number: Number, what: str, instead: str) -> int:
    """The value of a number that must be a constant."""
    value = graph.known(number.value)
    if value.op is not Op.CONST:
        raise Refusal(what, instead)
    return value.low


def _is_flag(kind: type) -> bool:
    return issubclass(kind, enum.IntFlag | EitherKind)


def _bitwise(graph: Graph, op: Op, a: Number, b: Number) -> Number:
    value = graph.bitwise(op, a.value, b.value)
    flags = [kind for kind in (a.kind, b.kind) if _is_flag(kind)]
    if not flags:
        return Number(value, bool if a.kind is b.kind is bool else int)
    if graph.range(value)[0] < 0:
        raise Refusal(f"the flags can become negative, {spelled(*graph.range(value))}", "write int(...) of the flags")
    return Number(value, flags[0] if EitherKind not in flags else EitherKind)


def binary(graph: Graph, operator: ast.operator, a: Number, b: Number) -> Number:
    """a operator b."""
    x, y = a.value, b.value
    match operator:
        case ast.Add():
            return Number(graph.add(x, y), int)
        case ast.Sub():
            return Number(graph.sub(x, y), int)
        case ast.Mult():
            return Number(graph.mul(x, y), int)
        case ast.LShift():
            return Number(graph.shl(x, y), int)
        case ast.RShift():
            return Number(graph.shr(x, y), int)
        case ast.FloorDiv() | ast.Mod():
            spelling = "//" if isinstance(operator, ast.FloorDiv) else "%"
            divisor = fixed(graph, b, f"{spelling} by a value that is no constant",
                            "divide by a constant, or compare products instead of quotients")
            if divisor == 0:
                raise Refusal(f"{spelling} by zero", "divide by another constant")
            return Number((graph.div if spelling == "//" else graph.mod)(x, divisor), int)
        case ast.Pow():
            exponent = fixed(graph, b, "** by a value that is no constant", "write x * x, or 1 << n")
            if not 0 <= exponent <= MAX_BITS:
                raise Refusal(f"** by {exponent}", f"write an exponent of 0..{MAX_BITS}")
            value = graph.const(1)
            for _ in range(exponent):
                value = graph.mul(value, x)
            return Number(value, int)
        case ast.BitAnd() | ast.BitOr() | ast.BitXor():
            return _bitwise(graph, _BITWISE[type(operator)], a, b)
    raise Refusal(f"the operator {type(operator).__name__} is not part of the subset",
                  "write it with + - * // % << >> & | ^")


def unary(graph: Graph, operator: ast.unaryop, a: Number) -> Number:
    """operator a."""
    match operator:
        case ast.USub():
            return Number(graph.sub(graph.const(0), a.value), int)
        case ast.UAdd():
            return Number(a.value, int)
        case ast.Not():
            if a.kind is not bool:
                raise Refusal("`not` of an integer", "write x == 0")
            return Number(graph.invert(a.value), bool)
    if a.kind is bool:
        raise Refusal("~ of a boolean is an integer below 0", "write not x")
    if not _is_flag(a.kind):
        return Number(graph.bitwise(Op.XOR, a.value, graph.const(-1)), int)
    low, high = graph.range(a.value)
    if a.kind is EitherKind or low < 0 or high > flag_bits(a.kind):
        raise Refusal("~ of flags that may have unknown bits", "write ~int(x), or x ^ mask")
    return Number(graph.bitwise(Op.XOR, a.value, graph.const(flag_bits(a.kind))), a.kind)


def compare(graph: Graph, operator: ast.cmpop, a: Number, b: Number) -> Number:
    """a operator b, of two numbers."""
    x, y = a.value, b.value
    match operator:
        case ast.Eq():
            value = graph.eq(x, y)
        case ast.NotEq():
            value = graph.invert(graph.eq(x, y))
        case ast.Lt():
            value = graph.lt(x, y)
        case ast.Gt():
            value = graph.lt(y, x)
        case ast.LtE():
            value = graph.invert(graph.lt(y, x))
        case _:
            value = graph.invert(graph.lt(x, y))
    return Number(value, bool)
