"""From a plain Python function to the graph of what it computes."""

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateware.hls.build import Graph
from gateware.hls.calls import bound
from gateware.hls.code import Code
from gateware.hls.errors import Refusal, RuleError
from gateware.hls.expressions import Expressions
from gateware.hls.facts import Facts
from gateware.hls.ir import Op, Program, Value
from gateware.hls.operators import binary
from gateware.hls.ranges import spelled
from gateware.hls.terms import Group, Missing, Number, Term, described, merged, need_number
from gateware.hls.types import Leaf, Shape, flatten, pack, ports, shape_of

__all__ = ["compile_rule", "RuleError"]

_Names = dict[str, Term]
#: The name under which a result is merged.
_RESULT = "the result"


@dataclass
class _Exit:
    """A way out of a block other than by its end: by return, break or continue. when: whether it is taken, if the
    block is entered; names and facts: what holds then."""

    when: Value
    names: _Names
    facts: Facts


@dataclass
class _Flow:
    """What a block leads to. names and facts: at its end, None if no path gets there; exits: by kind."""

    names: _Names | None
    facts: Facts
    exits: dict[str, _Exit]


class _Function:
    """Executes the body of one function, for all paths at once."""

    def __init__(self, graph: Graph, code: Code, callers: tuple[Any, ...]) -> None:
        self.graph, self.code, self._callers = graph, code, (*callers, code.function)
        self._expressions = Expressions(graph, code, self._inline)

    def run(self, arguments: _Names) -> Term:
        """The function's result. What is known at its end is known from now on."""
        flow = self._block(self.code.body, arguments, self.graph.facts.copy())
        if flow.names is not None:
            raise self.code.error(self.code.last, f"a path of {self.code.name} ends without return",
                                  "return a result on every path")
        self.graph.facts.become(flow.exits["return"].facts)
        result = flow.exits["return"].names[_RESULT]
        if isinstance(result, Missing):
            raise self.code.error(None, result.what, result.instead)
        return result

    def _inline(self, function: Any, arguments: list[Term], keywords: _Names) -> Term:
        code = Code(function)
        if function in self._callers:
            raise Refusal(f"{code.name} calls itself", "write a for loop over a constant range")
        names = bound(self.graph, code.signature, code.name, arguments, keywords)
        for name, term in names.items():
            if code.hints.get(name, int) is not int:
                fit(self.graph, term, shape_of(code.hints[name], name), name)
        result = _Function(self.graph, code, self._callers).run(names)
        if code.hints.get("return", int) is not int:
            fit(self.graph, result, shape_of(code.hints["return"], _RESULT), f"the result of {code.name}")
        return result

    def _block(self, statements: list[ast.stmt], names: _Names, facts: Facts) -> _Flow:
        entry = facts.copy()
        flow = _Flow(names, facts, {})
        for statement in statements:
            if flow.names is not None:
                flow = self._sequel(entry, flow, self._statement(statement, flow.names, flow.facts))
        return flow

    def _statement(self, node: ast.stmt, names: _Names, facts: Facts) -> _Flow:
        self._expressions.names = names
        with self.graph.on(facts):
            try:
                return getattr(self, "_" + type(node).__name__.lower(), self._unknown)(node, names)
            except Refusal as refusal:
                raise self.code.error(node, refusal.what, refusal.instead) from None

    def _unknown(self, node: ast.stmt, names: _Names) -> _Flow:
        raise Refusal(f"{type(node).__name__} is not part of the subset", "write assignments, if, for and return")

    # How paths come together.

    def _both(self, condition: Value, a: _Names, a_facts: Facts, b: _Names, b_facts: Facts) -> tuple[_Names, Facts]:
        """The names if the paths of a, which are those on which ``condition`` is true, and of b come together."""
        facts = a_facts.join(b_facts)
        names = {}
        with self.graph.on(facts):
            for name in (*a, *(name for name in b if name not in a)):
                missing = Missing(f"{name} is not assigned on every path to this line", "assign it on each, or before")
                names[name] = merged(self.graph, name, condition, a.get(name, missing), a_facts,
                                     b.get(name, missing), b_facts)
        return names, facts

    def _either(self, first: _Exit | None, second: _Exit | None) -> _Exit | None:
        """One exit for two; at ``first`` if that is taken."""
        if first is None or second is None:
            return first or second
        when = self.graph.bitwise(Op.OR, first.when, second.when)
        return _Exit(when, *self._both(first.when, first.names, first.facts, second.names, second.facts))

    def _sequel(self, entry: Facts, first: _Flow, second: _Flow) -> _Flow:
        """``second`` behind ``first``, which is entered under the facts ``entry``."""
        exits = {}
        with self.graph.on(entry):
            for kind in (*first.exits, *(kind for kind in second.exits if kind not in first.exits)):
                later = second.exits.get(kind)
                for other, way_out in first.exits.items():
                    if later is not None and other != kind:
                        when = self.graph.bitwise(Op.AND, self.graph.invert(way_out.when), later.when)
                        later = _Exit(when, later.names, later.facts)
                exits[kind] = self._either(first.exits.get(kind), later)
        return _Flow(second.names, second.facts, exits)

    def _caught(self, flow: _Flow, kind: str) -> _Flow:
        """``flow`` with its exit of one kind leading to its end."""
        way_out = flow.exits.pop(kind, None)
        if way_out is None:
            return flow
        if flow.names is None:
            return _Flow(way_out.names, way_out.facts, flow.exits)
        names, facts = self._both(way_out.when, way_out.names, way_out.facts, flow.names, flow.facts)
        return _Flow(names, facts, flow.exits)

    # Statements.

    def _if(self, node: ast.If, names: _Names) -> _Flow:
        condition = self._expressions.test(node.test)
        entry = self.graph.facts.copy()
        paths = self.graph.fork(condition)
        flows = [self._block(body, names, path) for body, path in zip((node.body, node.orelse), paths, strict=True)
                 if path is not None]
        if len(flows) == 1:
            return flows[0]
        a, b = flows
        exits = {}
        with self.graph.on(entry):
            never = self.graph.const(0, True)
            for kind in (*a.exits, *(kind for kind in b.exits if kind not in a.exits)):
                x, y = a.exits.get(kind), b.exits.get(kind)
                when = self.graph.mux(condition, x.when if x else never, entry, y.when if y else never, entry)
                kept = x or y
                both = self._both(condition, x.names, x.facts, y.names, y.facts) if x and y else (
                    kept.names, kept.facts)
                exits[kind] = _Exit(when, *both)
        if a.names is None or b.names is None:
            kept = b if a.names is None else a
            return _Flow(kept.names, kept.facts, exits)
        return _Flow(*self._both(condition, a.names, a.facts, b.names, b.facts), exits)

    def _for(self, node: ast.For, names: _Names) -> _Flow:
        items = self._expressions.group(node.iter).items
        entry = self.graph.facts.copy()
        flow = _Flow(names, self.graph.facts, {})
        for item in items:
            if flow.names is None:
                break
            turn = self._block(node.body, self._bound(node.target, item, flow.names), flow.facts)
            flow = self._sequel(entry, flow, self._caught(turn, "continue"))
        return self._caught(flow, "break")

    def _leave(self, kind: str, names: _Names) -> _Flow:
        facts = self.graph.facts
        return _Flow(None, facts, {kind: _Exit(self.graph.const(1, True), names, facts)})

    def _return(self, node: ast.Return, names: _Names) -> _Flow:
        if node.value is None:
            raise Refusal("a return without a result", "return a result on every path")
        return self._leave("return", {_RESULT: self._expressions.evaluate(node.value)})

    def _break(self, node: ast.Break, names: _Names) -> _Flow:
        return self._leave("break", names)

    def _continue(self, node: ast.Continue, names: _Names) -> _Flow:
        return self._leave("continue", names)

    def _on(self, names: _Names) -> _Flow:
        return _Flow(names, self.graph.facts, {})

    def _pass(self, node: ast.Pass, names: _Names) -> _Flow:
        return self._on(names)

    def _expr(self, node: ast.Expr, names: _Names) -> _Flow:
        return self._on(names)

    def _assign(self, node: ast.Assign, names: _Names) -> _Flow:
        term = self._expressions.evaluate(node.value)
        for target in node.targets:
            names = self._bound(target, term, names)
        return self._on(names)

    def _annassign(self, node: ast.AnnAssign, names: _Names) -> _Flow:
        if node.value is None:
            raise Refusal("a variable is declared without a value", "assign it here")
        term = self._expressions.evaluate(node.value)
        spelling = ast.unparse(node.target)
        annotation = self.code.annotation(node.annotation)
        if annotation is not int:
            fit(self.graph, term, shape_of(annotation, spelling), spelling)
        return self._on(self._bound(node.target, term, names))

    def _augassign(self, node: ast.AugAssign, names: _Names) -> _Flow:
        if not isinstance(node.target, ast.Name):
            return self._on(self._bound(node.target, Group((), tuple), names))
        left = need_number(self._expressions.evaluate(ast.copy_location(ast.Name(node.target.id), node)),
                           node.target.id)
        right = self._expressions.number(node.value)
        self.graph.source = self.code.source(node)
        try:
            result = binary(self.graph, node.op, left, right)
        except Refusal as refusal:
            raise Refusal(f"in `{ast.unparse(node)}`: {refusal.what}", refusal.instead) from None
        return self._on({**names, node.target.id: result})

    def _bound(self, target: ast.expr, term: Term, names: _Names) -> _Names:
        """``names`` after an assignment to ``target``."""
        match target:
            case ast.Name():
                return {**names, target.id: term}
            case ast.Tuple(elts=targets):
                if any(isinstance(item, ast.Starred) for item in targets):
                    raise Refusal("a starred name takes what is left of a tuple", "write a slice")
                if not isinstance(term, Group) or len(term.items) != len(targets):
                    raise Refusal(f"{len(targets)} names are assigned from {described(term)}",
                                  "write as many names as there are items")
                for inner, item in zip(targets, term.items, strict=True):
                    names = self._bound(inner, item, names)
                return names
            case ast.Attribute():
                raise Refusal(f"`{ast.unparse(target)}` is assigned, but records do not change",
                              f"write {ast.unparse(target.value)} = {ast.unparse(target.value)}._replace("
                              f"{target.attr}=...)")
            case ast.Subscript():
                raise Refusal(f"`{ast.unparse(target)}` is assigned, but tuples do not change", "write a new tuple")
        raise Refusal(f"`{ast.unparse(target)}` cannot be assigned", "write a name")


def fit(graph: Graph, term: Term, shape: Shape, name: str) -> list[Value]:
    """The values of a term, which must be in the ranges of ``shape``; in the order of its ports."""
    if isinstance(shape, Leaf):
        if not isinstance(term, Number):
            raise Refusal(f"{name} is {described(term)}, its type is {shape.kind.__name__}", "write a number")
        if shape.kind is bool and term.kind is not bool:
            raise Refusal(f"{name} is an integer, its type is bool", "write x != 0")
        low, high = graph.range(term.value)
        if low < shape.low or high > shape.high:
            raise Refusal(f"{name} is in {spelled(low, high)}, its type {shape.kind.__name__} allows "
                          f"{spelled(shape.low, shape.high)}",
                          "write a larger type, or clamp it by min and max")
        return [graph.known(term.value)]
    fits = isinstance(term, Group) and len(term.items) == len(shape.shapes) and (
        term.kind is shape.kind or shape.kind is tuple and issubclass(term.kind, tuple))
    if not fits:
        kind = f"a tuple of {len(shape.shapes)}" if shape.kind is tuple else f"a {shape.kind.__name__}"
        raise Refusal(f"{name} is {described(term)}, its type is {kind}", "write what its type says")
    values = []
    for field, inner, item in zip(shape.names, shape.shapes, term.items, strict=True):
        values += fit(graph, item, inner, f"{name}[{field}]" if shape.kind is tuple else f"{name}.{field}")
    return values


def _argument(graph: Graph, shape: Shape, path: str, inputs: list[Value]) -> Term:
    """The term of a parameter; appends its fields to ``inputs``."""
    if isinstance(shape, Leaf):
        port, = ports(shape, path)
        inputs.append(graph.input(port))
        return Number(inputs[-1], shape.kind)
    return Group(tuple(_argument(graph, inner, f"{path}.{name}", inputs)
                       for name, inner in zip(shape.names, shape.shapes, strict=True)), shape.kind)


def compile_rule(function: Callable[..., Any]) -> Program:
    """The graph of a plain typed function. Raises RuleError for what is not of the subset.

    Every parameter and the result need a type: bool, ``Annotated[int, Range(low, high)]``, an IntEnum, an IntFlag, a
    NamedTuple of such, or a ``tuple[...]`` of such.
    """
    code = Code(function)
    try:
        shapes = {}
        for parameter in code.signature.parameters.values():
            if parameter.name not in code.hints:
                raise Refusal(f"the parameter {parameter.name} has no type", "write Annotated[int, Range(low, high)]")
            if parameter.kind is parameter.KEYWORD_ONLY:
                raise Refusal(f"the parameter {parameter.name} is keyword-only", "leave the * out")
            shapes[parameter.name] = shape_of(code.hints[parameter.name], parameter.name)
        if "return" not in code.hints:
            raise Refusal(f"the result of {code.name} has no type", "write -> and its type")
        result_shape = shape_of(code.hints["return"], _RESULT)
        graph = Graph()
        inputs: list[Value] = []
        arguments = {name: _argument(graph, shape, name, inputs) for name, shape in shapes.items()}
        result = _Function(graph, code, ()).run(arguments)
        outputs = fit(graph, result, result_shape, _RESULT)
    except Refusal as refusal:
        raise code.error(None, refusal.what, refusal.instead) from None

    def pack_inputs(numbers: dict[str, int]) -> tuple[Any, ...]:
        return tuple(pack(shape, name, numbers) for name, shape in shapes.items())

    def unpack_result(value: Any) -> dict[str, int]:
        return flatten(result_shape, "", value)

    return Program(code.name, function, tuple(inputs), tuple(zip(ports(result_shape, ""), outputs, strict=True)),
                   pack_inputs, unpack_result)
