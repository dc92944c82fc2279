"""The constructs of Python that a rule cannot have, and what to write instead."""

import ast
from collections.abc import Iterator

__all__ = ["refused"]

_FOR = "write a for loop over range(n) with a constant n, with break if need be"
_MODULE = "move it to the module's level"
_RECORD = "write a tuple or a NamedTuple"
_LOOP = "write a for loop, or all items in turn"
_RETURN = "return a result that says so"

_REFUSED: dict[type[ast.AST], tuple[str, str]] = {
    ast.While: ("a while loop has no constant number of turns", _FOR),
    ast.AsyncFor: ("async has no meaning in a rule", "write a plain for"),
    ast.AsyncWith: ("async has no meaning in a rule", "leave it out"),
    ast.AsyncFunctionDef: ("async has no meaning in a rule", "write a plain def"),
    ast.Await: ("await has no meaning in a rule", "leave it out"),
    ast.FunctionDef: ("a function is defined in a rule", _MODULE),
    ast.ClassDef: ("a class is defined in a rule", _MODULE),
    ast.Lambda: ("a lambda is not part of the subset", "write a def at the module's level"),
    ast.Import: ("an import is in a rule", _MODULE),
    ast.ImportFrom: ("an import is in a rule", _MODULE),
    ast.Try: ("exceptions are not part of the subset", _RETURN),
    ast.TryStar: ("exceptions are not part of the subset", _RETURN),
    ast.Raise: ("exceptions are not part of the subset", _RETURN),
    ast.Assert: ("an assert would raise an exception", "write an if with " + _RETURN.replace("return", "a return of")),
    ast.With: ("a with statement is not part of the subset", "leave it out"),
    ast.Delete: ("del is not part of the subset", "leave it out"),
    ast.Global: ("a rule keeps no state", "take it as a parameter and return it"),
    ast.Nonlocal: ("a rule keeps no state", "take it as a parameter and return it"),
    ast.Match: ("a match statement is not part of the subset", "write if and elif"),
    ast.NamedExpr: ("an assignment is within an expression", "write it on a line of its own"),
    ast.List: ("a list is not part of the subset", _RECORD),
    ast.Dict: ("a dict is not part of the subset", _RECORD),
    ast.Set: ("a set is not part of the subset", _RECORD),
    ast.ListComp: ("a comprehension is not part of the subset", _LOOP),
    ast.SetComp: ("a comprehension is not part of the subset", _LOOP),
    ast.DictComp: ("a comprehension is not part of the subset", _LOOP),
    ast.GeneratorExp: ("a generator is not part of the subset", _LOOP),
    ast.Yield: ("a generator is not part of the subset", "return a tuple"),
    ast.YieldFrom: ("a generator is not part of the subset", "return a tuple"),
    ast.JoinedStr: ("a rule has no strings", "write an IntEnum"),
    ast.Div: ("/ gives a fraction", "write // by a constant"),
    ast.MatMult: ("@ is not part of the subset", "write *"),
    ast.Is: ("`is` compares objects, not numbers", "write =="),
    ast.IsNot: ("`is not` compares objects, not numbers", "write !="),
}


def _located(node: ast.AST, at: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Every node in ``node`` with the nearest one that has a line; types of local variables and docstrings aside."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return
    at = node if hasattr(node, "lineno") else at
    yield node, at
    for field, value in ast.iter_fields(node):
        if isinstance(node, ast.AnnAssign) and field == "annotation":
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _located(child, at)


def refused(body: list[ast.stmt]) -> tuple[ast.AST, str, str] | None:
    """The first construct in ``body`` that is not of the subset, what is wrong and what to write instead."""
    for statement in body:
        for node, at in _located(statement, statement):
            if type(node) in _REFUSED:
                return at, *_REFUSED[type(node)]
            if isinstance(node, ast.Constant) and not isinstance(node.value, int | str):
                return at, f"{node.value!r} is no integer", "write integers, in the least unit"
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                return at, "a rule has no strings", "write an IntEnum"
            if isinstance(node, ast.For) and node.orelse:
                return node.orelse[0], "a for loop has an else", "write it behind the loop, under a condition"
            if isinstance(node, ast.Expr) and type(node.value) not in _REFUSED:
                return at, "the value of an expression is not used", "assign it or leave it out"
    return None
