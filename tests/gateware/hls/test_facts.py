"""What follows from a condition, and what does not."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateware.hls.build import Graph
from gateware.hls.facts import Facts
from gateware.hls.ir import Op, Port

CONDITIONS = (
    lambda g, a, b: g.lt(a, b), lambda g, a, b: g.lt(b, a), lambda g, a, b: g.eq(a, b),
    lambda g, a, b: g.lt(a, g.const(2)), lambda g, a, b: g.lt(g.const(-1), b), lambda g, a, b: g.eq(a, g.const(3)),
    lambda g, a, b: g.eq(b, g.const(-2)), lambda g, a, b: g.lt(g.add(a, b), g.const(1)),
    lambda g, a, b: g.lt(g.sub(a, b), g.const(1)), lambda g, a, b: g.lt(g.const(0), g.sub(b, a)))
MEANINGS = (
    lambda a, b: a < b, lambda a, b: b < a, lambda a, b: a == b, lambda a, b: a < 2, lambda a, b: -1 < b,
    lambda a, b: a == 3, lambda a, b: b == -2, lambda a, b: a + b < 1, lambda a, b: a - b < 1, lambda a, b: 0 < b - a)
A, B = (-3, 4), (-2, 5)

formulas = st.recursive(st.integers(0, len(CONDITIONS) - 1), lambda inner: st.one_of(
    st.tuples(st.just("not"), inner), st.tuples(st.sampled_from(("and", "or", "xor")), inner, inner)), max_leaves=5)


def built(graph, formula, a, b):
    if isinstance(formula, int):
        return CONDITIONS[formula](graph, a, b)
    parts = [built(graph, part, a, b) for part in formula[1:]]
    if formula[0] == "not":
        return graph.invert(parts[0])
    return graph.bitwise({"and": Op.AND, "or": Op.OR, "xor": Op.XOR}[formula[0]], *parts)


def meant(formula, a, b):
    if isinstance(formula, int):
        return MEANINGS[formula](a, b)
    parts = [meant(part, a, b) for part in formula[1:]]
    match formula[0]:
        case "not":
            return not parts[0]
        case "and":
            return all(parts)
        case "or":
            return any(parts)
    return parts[0] != parts[1]


def true_of(facts, a, b, x, y):
    """Whether the facts hold for a = x and b = y."""
    for value, number in ((a, x), (b, y)):
        low, high = facts.range(value)
        if not low <= number <= high:
            return False
    return (facts.differences.get((a, b), -99) <= x - y) and (facts.differences.get((b, a), -99) <= y - x)


@pytest.mark.parametrize("joined", [False, True])
@given(formulas, formulas, formulas)
def test_what_follows_is_true(joined, first, second, third):
    """Both conditions hold; or, joined: the first and the third, or else the second and the third."""
    graph = Graph()
    a, b = graph.input(Port("a", *A)), graph.input(Port("b", *B))
    conditions = [built(graph, formula, a, b) for formula in (first, second, third)]
    cases = [(x, y) for x, y in product(range(A[0], A[1] + 1), range(B[0], B[1] + 1))]
    paths = []
    for index in (0, 1):
        facts = Facts()
        possible = facts.assume(conditions[index], True) and facts.assume(conditions[2], True)
        left = [(x, y) for x, y in cases if meant((first, second)[index], x, y) and meant(third, x, y)]
        assert possible or not left
        assert all(true_of(facts, a, b, x, y) for x, y in left)
        if possible:
            paths.append((facts, left))
    if joined and len(paths) == 2:
        both = paths[0][0].join(paths[1][0])
        assert all(true_of(both, a, b, x, y) for x, y in paths[0][1] + paths[1][1])


def test_a_copy_is_its_own():
    graph = Graph()
    a = graph.input(Port("a", 0, 9))
    facts = Facts()
    copy = facts.copy()
    assert copy.narrow(a, 3, 20)
    assert (facts.range(a), copy.range(a)) == ((0, 9), (3, 9))
    assert not copy.narrow(a, 0, 2)


def test_a_new_fact_on_another_path_is_not_known_here():
    graph = Graph()
    a, b = graph.input(Port("a", 0, 9)), graph.input(Port("b", 0, 9))
    condition = graph.lt(a, b)
    true, false = graph.fork(condition)
    with graph.on(true):
        assert graph.range(graph.sub(b, a)) == (1, 9)
    with graph.on(false):
        assert graph.range(graph.sub(b, a)) == (-9, 0)
    assert graph.range(graph.sub(b, a)) == (-9, 9)
    assert graph.range(graph.minimum(a, b)) == (0, 9)
