"""What a name or expression of a rule stands for while the rule is compiled."""

import enum
from dataclasses import dataclass
from typing import Any

from gateware.hls.build import Graph
from gateware.hls.errors import Refusal
from gateware.hls.facts import Facts
from gateware.hls.ir import Value
from gateware.hls.types import is_record

__all__ = ["Number", "Group", "Static", "Missing", "Term", "EitherKind", "constant", "merged", "same_kind", "described",
           "need_number"]


class EitherKind(int):
    """The kind of a number that is of one IntFlag on one path, of another kind on another."""


@dataclass(frozen=True)
class Number:
    """An integer or boolean. kind: its Python type: int, bool, an IntEnum or IntFlag class, or EitherKind."""

    value: Value
    kind: type


@dataclass(frozen=True)
class Group:
    """A tuple or record. kind: tuple, or the NamedTuple class."""

    items: tuple["Term", ...]
    kind: type


@dataclass(frozen=True)
class Static:
    """A Python object that is no number: a function, a class, a module."""

    object: Any


@dataclass(frozen=True)
class Missing:
    """A name that cannot be used here: what is wrong with it, and what to write instead."""

    what: str
    instead: str


Term = Number | Group | Static | Missing


def constant(graph: Graph, thing: Any) -> Term:
    """The term for a Python object."""
    if isinstance(thing, int):
        return Number(graph.const(int(thing), isinstance(thing, bool)), type(thing))
    if isinstance(thing, tuple):
        kind = type(thing) if is_record(type(thing)) else tuple
        return Group(tuple(constant(graph, item) for item in thing), kind)
    return Static(thing)


def same_kind(a: type, b: type) -> type:
    """The kind of a number that has either one or the other."""
    if a is b:
        return a
    return EitherKind if any(issubclass(kind, enum.IntFlag | EitherKind) for kind in (a, b)) else int


def described(term: Term) -> str:
    """What a term is, for an error's text."""
    if isinstance(term, Number):
        return "a boolean" if term.kind is bool else "an integer"
    if isinstance(term, Group):
        return f"a tuple of {len(term.items)}" if term.kind is tuple else f"a {term.kind.__name__}"
    thing = getattr(term, "object", None)
    if isinstance(thing, float | complex | str | bytes | list | dict | set | frozenset | bytearray):
        return f"a {type(thing).__name__}"
    return getattr(thing, "__name__", None) or repr(thing)


def merged(graph: Graph, name: str, condition: Value, a: Term, a_facts: Facts, b: Term, b_facts: Facts) -> Term:
    """The term of ``name`` that is ``a`` if condition, else ``b``; facts as for Graph.mux."""
    if isinstance(a, Missing) or isinstance(b, Missing):
        return a if isinstance(a, Missing) else b
    if isinstance(a, Number) and isinstance(b, Number):
        return Number(graph.mux(condition, a.value, a_facts, b.value, b_facts), same_kind(a.kind, b.kind))
    if isinstance(a, Group) and isinstance(b, Group) and len(a.items) == len(b.items) and a.kind is b.kind:
        items = tuple(merged(graph, name, condition, x, a_facts, y, b_facts)
                      for x, y in zip(a.items, b.items, strict=True))
        broken = next((item for item in items if isinstance(item, Missing)), None)
        return broken or Group(items, a.kind)
    if a == b:
        return a
    return Missing(f"{name} is {described(a)} on one path, {described(b)} on another",
                   "give it the same type on all paths")


def need_number(term: Term, what: str) -> Number:
    """``term``, which must be a number."""
    if not isinstance(term, Number):
        raise Refusal(f"{what} is {described(term)}", "write an integer or boolean")
    return term
