"""The source of a function: its syntax tree, its lines, and what its names mean."""

import ast
import builtins
import inspect
import os
import textwrap
import types
import typing
from collections.abc import Callable
from typing import Any

from gateware.hls.errors import Refusal, RuleError
from gateware.hls.ir import Source
from gateware.hls.subset import refused

__all__ = ["Code"]


class Code:
    """The source of a plain function. Raises RuleError for one that is none, or has a construct outside the subset.

    name: its name; body: its statements; locals: the names that it assigns; signature: its parameters, without
    ``*`` and ``**``; hints: its annotations, resolved.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        name = getattr(function, "__name__", repr(function))
        if not isinstance(function, types.FunctionType):
            raise RuleError(Source("?", 0, name), f"{name} is no plain function", "pass what a def makes")
        self.function, self.name = function, name
        file = function.__code__.co_filename
        here = os.path.relpath(file)
        self._file = file if here.startswith("..") else here
        self._first = function.__code__.co_firstlineno
        try:
            lines, _ = inspect.getsourcelines(function)
        except (OSError, TypeError):
            raise RuleError(Source(self._file, self._first, name), "its source is not to be found",
                            "define it in a file") from None
        self._lines = lines
        node = ast.parse(textwrap.dedent("".join(lines)) if name != "<lambda>" else "0").body[0]
        if not isinstance(node, ast.FunctionDef):
            raise self.error(None, f"{name} is no plain function", "write a plain def at the module's level")
        if node.decorator_list:
            raise self.error(node.decorator_list[0], f"{name} has a decorator", "leave it out")
        self._node, self.body = node, node.body
        self.locals = frozenset(function.__code__.co_varnames)
        found = refused(self.body)
        if found:
            raise self.error(*found)
        self.signature = inspect.signature(function)
        for parameter in self.signature.parameters.values():
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                raise self.error(None, f"{name} has the parameter {parameter}", "write each parameter, or a tuple")
        try:
            self.hints = typing.get_type_hints(function, include_extras=True)
        except NameError as error:
            raise self.error(None, f"a type cannot be resolved: {error}", "import it at the module's level") from None

    def source(self, node: ast.AST | None) -> Source:
        """Where ``node`` stands; the line of the def if None."""
        line = getattr(node, "lineno", None) or getattr(getattr(self, "_node", None), "lineno", 1)
        return Source(self._file, self._first + line - 1, self._lines[line - 1].strip())

    def error(self, node: ast.AST | None, what: str, instead: str) -> RuleError:
        """The error to raise about ``node``."""
        return RuleError(self.source(node), what, instead)

    @property
    def last(self) -> ast.stmt:
        """The last statement, which a path that ends without return comes to."""
        return self.body[-1]

    def look_up(self, name: str) -> Any:
        """The object that a name which the function does not assign stands for. Raises Refusal if there is none."""
        code, function = self.function.__code__, self.function
        if name in code.co_freevars:
            return (function.__closure__ or ())[code.co_freevars.index(name)].cell_contents
        if name in function.__globals__:
            return function.__globals__[name]
        if hasattr(builtins, name):
            return getattr(builtins, name)
        raise Refusal(f"{name} is not defined", "define it at the module's level")

    def annotation(self, node: ast.expr) -> Any:
        """The object that the type of a local variable stands for. Raises Refusal if it cannot be resolved."""
        try:
            return eval(compile(ast.Expression(node), self._file, "eval"), self.function.__globals__)
        except NameError as error:
            raise Refusal(f"a type cannot be resolved: {error}", "import it at the module's level") from None
