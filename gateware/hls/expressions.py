"""Expressions of a rule, evaluated to terms."""

import ast
from collections.abc import Callable
from typing import Any

from gateware.hls.build import Graph
from gateware.hls.calls import call
from gateware.hls.code import Code
from gateware.hls.errors import Refusal
from gateware.hls.ir import Op, Value
from gateware.hls.operators import binary, compare, fixed, unary
from gateware.hls.terms import Group, Missing, Number, Static, Term, constant, described, merged, need_number

__all__ = ["Expressions"]


class Expressions:
    """Evaluates the expressions of one function.

    names: what its variables stand for now; whoever executes the statements sets it. ``inline(function, arguments,
    keywords)`` evaluates a call of another function. Every error is a RuleError about the expression.
    """

    def __init__(self, graph: Graph, code: Code, inline: Callable[[Any, list[Term], dict[str, Term]], Term]) -> None:
        self.graph, self.code, self._inline = graph, code, inline
        self.names: dict[str, Term] = {}

    def evaluate(self, node: ast.expr) -> Term:
        """The term of an expression."""
        self.graph.source = self.code.source(node)
        try:
            return getattr(self, "_" + type(node).__name__.lower(), self._unknown)(node)
        except Refusal as refusal:
            raise self.code.error(node, f"in `{ast.unparse(node)}`: {refusal.what}", refusal.instead) from None

    def number(self, node: ast.expr) -> Number:
        """The number that an expression is."""
        term = self.evaluate(node)
        if not isinstance(term, Number):
            raise self.code.error(node, f"`{ast.unparse(node)}` is {described(term)}", "write an integer or boolean")
        return term

    def test(self, node: ast.expr) -> Value:
        """The boolean that a condition is."""
        number = self.number(node)
        if number.kind is not bool:
            raise self.code.error(node, f"`{ast.unparse(node)}` is an integer, where a boolean belongs",
                                  f"write {ast.unparse(node)} != 0")
        return self.graph.known(number.value)

    def _unknown(self, node: ast.expr) -> Term:
        raise Refusal(f"{type(node).__name__} is not part of the subset", "write it with integers and tuples")

    def _constant(self, node: ast.Constant) -> Term:
        return constant(self.graph, node.value)

    def _name(self, node: ast.Name) -> Term:
        term = self.names.get(node.id)
        if isinstance(term, Missing):
            raise Refusal(term.what, term.instead)
        if term is not None:
            return term
        if node.id in self.code.locals:
            raise Refusal(f"{node.id} is not assigned before this line", "assign it first")
        thing = self.code.look_up(node.id)
        if isinstance(thing, float | str | bytes | list | dict | set):
            raise Refusal(f"{node.id} is {described(Static(thing))}", "write an integer, or a tuple of such")
        return constant(self.graph, thing)

    def _attribute(self, node: ast.Attribute) -> Term:
        term = self.evaluate(node.value)
        if isinstance(term, Group) and node.attr in getattr(term.kind, "_fields", ()):
            return term.items[term.kind._fields.index(node.attr)]
        if isinstance(term, Static) and hasattr(term.object, node.attr):
            return constant(self.graph, getattr(term.object, node.attr))
        if isinstance(term, Number):
            raise Refusal(f"{ast.unparse(node.value)} is {described(term)}, which has no fields here",
                          "write the number itself, or int(x)")
        raise Refusal(f"{described(term)} has no field {node.attr}", "write one of its fields, or a function")

    def _tuple(self, node: ast.Tuple) -> Term:
        return Group(tuple(self._items(node.elts)), tuple)

    def _items(self, nodes: list[ast.expr]) -> list[Term]:
        """Items of a tuple or arguments of a call, with ``*tuple`` spread out."""
        items: list[Term] = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                items += self.group(node.value).items
            else:
                items.append(self.evaluate(node))
        return items

    def group(self, node: ast.expr) -> Group:
        """The tuple, record or range that an expression is."""
        term = self.evaluate(node)
        if not isinstance(term, Group):
            raise self.code.error(node, f"`{ast.unparse(node)}` is {described(term)}",
                                  "write a tuple, a record or range(n)")
        return term

    def _subscript(self, node: ast.Subscript) -> Term:
        group = self.group(node.value)
        if not issubclass(group.kind, tuple | range):
            raise Refusal(f"a {group.kind.__name__} cannot be indexed", "write a tuple")
        if isinstance(node.slice, ast.Slice):
            bounds = [part and self._fixed(part) for part in (node.slice.lower, node.slice.upper, node.slice.step)]
            if bounds[2] == 0:
                raise Refusal("the step of the slice is zero", "write another step")
            return Group(group.items[slice(*bounds)], tuple if group.kind is not range else range)
        index = self.number(node.slice)
        value = self.graph.known(index.value)
        if value.op is not Op.CONST:
            return self._table(group.items, value)
        if not -len(group.items) <= value.low < len(group.items):
            raise Refusal(f"the index is {value.low}, the tuple has {len(group.items)} items", "write a smaller index")
        return group.items[value.low]

    def _fixed(self, node: ast.expr) -> int:
        return fixed(self.graph, self.number(node), f"`{ast.unparse(node)}` is no constant", "write a constant")

    def _table(self, items: tuple[Term, ...], index: Value) -> Term:
        """items[index] by a value: of constants, or of tuples and records of constants that are all alike."""
        if not items:
            raise Refusal("the table is empty", "give it items")
        if all(isinstance(item, Number) and item.value.op is Op.CONST for item in items):
            kind = items[0].kind
            for item in items:
                if item.kind is not kind:
                    raise Refusal("the table has items of several types", "give all items the same type")
            numbers = tuple(item.value.low for item in items)
            return Number(self.graph.table(numbers, index, kind is bool), kind)
        first = items[0]
        if isinstance(first, Group) and all(isinstance(item, Group) and item.kind is first.kind
                                            and len(item.items) == len(first.items) for item in items):
            columns = zip(*(item.items for item in items), strict=True)
            return Group(tuple(self._table(column, index) for column in columns), first.kind)
        raise Refusal("a tuple whose items are no constants is indexed by a value",
                      "write a conditional expression for each item")

    def _unaryop(self, node: ast.UnaryOp) -> Term:
        return unary(self.graph, node.op, self.number(node.operand))

    def _binop(self, node: ast.BinOp) -> Term:
        return binary(self.graph, node.op, self.number(node.left), self.number(node.right))

    def _boolop(self, node: ast.BoolOp) -> Term:
        """and, or: each operand on the path on which those before it do not settle the result."""
        conjunction = isinstance(node.op, ast.And)
        path = self.graph.facts.copy()
        result = None
        for operand in node.values:
            with self.graph.on(path):
                number = self.number(operand)
                if number.kind is not bool:
                    word = "and" if conjunction else "or"
                    raise Refusal(f"`{word}` of an integer, {ast.unparse(operand)}",
                                  f"write {ast.unparse(operand)} != 0")
                part = self.graph.known(number.value)
            result = part if result is None else self.graph.bitwise(Op.AND if conjunction else Op.OR, result, part)
            if not path.assume(part, conjunction):
                break
        return Number(result, bool)

    def _compare(self, node: ast.Compare) -> Term:
        path = self.graph.facts.copy()
        left, result = node.left, self.graph.const(1, True)
        for operator, right in zip(node.ops, node.comparators, strict=True):
            with self.graph.on(path):
                part = self.graph.known(self._comparison(operator, left, right))
            result = self.graph.bitwise(Op.AND, result, part)
            if not path.assume(part, True):
                break
            left = right
        return Number(result, bool)

    def _comparison(self, operator: ast.cmpop, left: ast.expr, right: ast.expr) -> Value:
        a = need_number(self.evaluate(left), ast.unparse(left))
        if not isinstance(operator, ast.In | ast.NotIn):
            return compare(self.graph, operator, a, need_number(self.evaluate(right), ast.unparse(right))).value
        found = self.graph.const(0, True)
        for item in self.group(right).items:
            equal = self.graph.eq(a.value, need_number(item, "an item of the tuple").value)
            found = self.graph.bitwise(Op.OR, found, equal)
        return self.graph.invert(found) if isinstance(operator, ast.NotIn) else found

    def _ifexp(self, node: ast.IfExp) -> Term:
        condition = self.test(node.test)
        made = []
        for path, arm in zip(self.graph.fork(condition), (node.body, node.orelse), strict=True):
            if path is not None:
                with self.graph.on(path):
                    made.append((self.evaluate(arm), path))
        if len(made) == 1:
            return made[0][0]
        term = merged(self.graph, "it", condition, *made[0], *made[1])
        if isinstance(term, Missing):
            raise Refusal(term.what, term.instead)
        return term

    def _call(self, node: ast.Call) -> Term:
        arguments = self._items(node.args)
        keywords = {}
        for keyword in node.keywords:
            if keyword.arg is None:
                raise Refusal("** in a call is not part of the subset", "write each keyword")
            keywords[keyword.arg] = self.evaluate(keyword.value)
        if isinstance(node.func, ast.Attribute):
            owner = self.evaluate(node.func.value)
            if isinstance(owner, Group) and node.func.attr == "_replace":
                return self._replaced(owner, arguments, keywords)
        function = self.evaluate(node.func)
        self.graph.source = self.code.source(node)
        if not isinstance(function, Static):
            raise Refusal(f"{ast.unparse(node.func)} is {described(function)}", "call a function")
        return call(self.graph, function.object, arguments, keywords, self._inline)

    def _replaced(self, record: Group, arguments: list[Term], keywords: dict[str, Term]) -> Term:
        fields = getattr(record.kind, "_fields", ())
        unknown = next((name for name in keywords if name not in fields), None)
        if arguments or unknown is not None:
            raise Refusal(f"{described(record)} has no field {unknown}" if unknown else "_replace takes keywords",
                          "write _replace(field=value)")
        return Group(tuple(keywords.get(name, item) for name, item in zip(fields, record.items, strict=True)),
                     record.kind)
