"""Each construct of the subset: what it compiles to gives what Python gives, in the range that is to be expected."""

import textwrap

import pytest

from gateware.hls.frontend import compile_rule
from gateware.hls.ir import Op
from gateware.hls.vectorise import vectorise
from tests.gateware.hls.programs import expected, inputs, load

HEAD = '''
from enum import IntEnum, IntFlag
from typing import Annotated, NamedTuple

from tests.gateware.hls import programs
from wire.ranges import I32, I64, U8, U16, U32, U64, Range

LOW, HIGH = -(2**100), 2**100
Any = Annotated[int, Range(LOW, HIGH)]
Small = Annotated[int, Range(-9, 9)]
Digit = Annotated[int, Range(0, 9)]
FIVE = 5
PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29)
ODD = (False, True) * 5


class Side(IntEnum):
    BUY = 1
    SELL = 2


class Marks(IntFlag):
    HALTED = 1
    STALE = 4


class Order(NamedTuple):
    price: U32
    shares: U16 = 100
    live: bool = True


class Verdict(NamedTuple):
    accepted: bool
    order: Order
    room: Any


ORDERS = (Order(1), Order(2, 3), Order(4, live=False))


def double(x):
    return 2 * x


def scaled(x: U8, by: int = 3) -> Annotated[int, Range(0, 2550)]:
    return x * by


def sign(x):
    if x < 0:
        return -1
    elif x > 0:
        return 1
    return 0
'''


def rule(text):
    """Return the program of the rule in ``text``, which has the names of HEAD."""
    return compile_rule(load(HEAD + "\n\n" + textwrap.dedent(text).strip() + "\n"))


def check(text, count=200):
    """Compile, compare NumPy with Python, and return the program."""
    program = rule(text)
    cases = inputs(program, count)
    results = vectorise(program)({port: [case[port] for case in cases] for port in cases[0]})
    for index, case in enumerate(cases):
        numbers = expected(program, case)
        assert {port: int(array[index]) for port, array in results.items()} == numbers, case
        for port, value in program.outputs:
            assert value.low <= numbers[port.name] <= value.high
    return program


def ranges(program):
    return [(value.low, value.high) for _, value in program.outputs]


@pytest.mark.parametrize(("text", "low", "high"), [
    ("a + b", -24, 24), ("a - b", -24, 24), ("a * b", -135, 135), ("a * a", 0, 81), ("-b", -15, 15), ("+b", -15, 15),
    ("a // 4", -3, 2), ("a // -4", -3, 2), ("b % 7", 0, 6), ("b % -7", -6, 0), ("a // 1", -9, 9), ("a % 4", 0, 3),
    ("~a", -10, 8), ("a << 3", -72, 72), ("a << d", -9 << 9, 9 << 9), ("a >> 1", -5, 4), ("a >> d", -9, 9),
    ("d & 6", 0, 6), ("d | 6", 6, 15), ("d ^ 6", 0, 15), ("d & -4", 0, 9), ("a & 7", 0, 7), ("a | 1", -9, 9 + 1),
    ("abs(a)", 0, 9), ("min(a, 3)", -9, 3), ("max(a, b, d)", 0, 15), ("min((a, d))", -9, 9), ("a ** 2", 0, 81),
    ("a * 2**70", -9 << 70, 9 << 70), ("2**100 - 1 - d", 2**100 - 10, 2**100 - 1), ("a * 8 - 8 * a", 0, 0),
    ("a if a > 2 else 2", 2, 9), ("b - a if b >= a else 0", 0, 24), ("b - a if not b < a else a - b", 0, 24),
    ("a + 0 * b", -9, 9), ("a * -2", -18, 18), ("int(a < b) + 1", 1, 2), ("(a < b) + (a < d)", 0, 2),
    ("bool(a) + 3", 3, 4), ("-(a < b)", -1, 0), ("PRIMES[d]", 2, 29), ("PRIMES[d >> 1]", 2, 11),
    ("PRIMES[a % 3]", 2, 5), ("PRIMES[-1]", 29, 29), ("(a, b, 3)[1]", -15, 15), ("len(PRIMES)", 10, 10),
    ("sum((a, b, 1))", -23, 25), ("ORDERS[d % 3].shares", 3, 100), ("(a, *PRIMES)[2]", 3, 3), ("PRIMES[2:4][1]", 7, 7),
    ("double(a) + FIVE", -13, 23), ("scaled(d)", 0, 27), ("scaled(d, by=4)", 0, 36), ("sign(a)", -1, 1),
    ("min(a, b) - b", -30, 0), ("d - min(a, d)", 0, 18), ("a if 2 <= a <= 5 else 3", 2, 5),
    ("d if d in (3, 5, 4) else 4", 3, 5), ("d if d == 3 or d == 5 else 4", 3, 5), ("1 << min(max(a, 0), 5)", 1, 32),
    ("d // 2 if d != 9 else 0", 0, 4), ("d if d != 9 else 0", 0, 8), ("d if not (d == 0 or d > 7) else 1", 1, 7),
    ("programs.__name__ == 3 if False else a", -9, 9),
])
def test_integer_expressions(text, low, high):
    program = check(f"""
        def rule(a: Small, b: Annotated[int, Range(-15, 15)], d: Digit) -> Any:
            return {text}
        """)
    assert ranges(program) == [(low, high)]


@pytest.mark.parametrize("text", [
    "a < b", "a <= b", "a > b", "a >= b", "a == b", "a != b", "a < b < d", "a < 3 <= b", "3 > a", "5 == d", "a == a",
    "p and q", "p or q", "not p", "p and not q or a < 3", "p & q", "p | q", "p ^ q", "p == q", "p != q", "p < q",
    "a in (1, b, -3)", "a not in (1, 2)", "d in range(2, 9, 3)", "p if a < b else q", "p if q else True",
    "False if q else p", "bool(a)", "ODD[d]", "all((p, q, a < b))", "any((p, q))", "all(())", "p and PRIMES[d] > a",
    "d < 100", "d > 100 or p", "a > 100 and p", "bool(p)",
    "(a < b) == (b > a)", "a - b < 0 and b > a",
])
def test_boolean_expressions(text):
    program = check(f"""
        def rule(a: Small, b: Small, d: Digit, p: bool, q: bool) -> bool:
            return {text}
        """)
    assert program.outputs[0][1].boolean


def test_an_operand_is_known_by_those_before_it():
    check("""
        def rule(a: Small, p: bool) -> bool:
            return 0 <= a and PRIMES[a] > 3 or a < 0 and p and PRIMES[-a] == 2
        """)


def test_if_elif_else_merges_assignments():
    program = check("""
        def rule(a: Small, b: Small) -> tuple[Any, Any]:
            x, y = 0, b
            if a > 5:
                x = a - 5
            elif a == b:
                x = 7
                y -= 1
            else:
                y = 3
            return x, y
        """)
    assert ranges(program) == [(0, 7), (-10, 9)]


def test_early_returns():
    program = check("""
        def rule(a: Small, b: Small) -> Any:
            if a < 0:
                if b < 0:
                    return -1
                a = -a
            if b == 0:
                return 100
            for limit in (3, 6):
                if a < limit:
                    return limit
            if a > b:
                return a - b
            else:
                return b - a
        """)
    assert ranges(program) == [(-1, 100)]


def test_what_a_return_leaves_is_known():
    program = check("""
        def rule(bid: U32, ask: U32) -> Any:
            if bid == 0 or ask == 0:
                return 0
            if bid >= ask:
                return 0
            return ask - bid
        """)
    assert ranges(program) == [(0, 2**32 - 2)]


def test_a_difference_that_was_computed_before_its_operands_were_compared():
    program = check("""
        def rule(bid: U32, ask: U32) -> Any:
            spread = ask - bid
            return spread if bid <= ask else 0
        """)
    assert ranges(program) == [(0, 2**32 - 1)]


def test_a_sum_that_was_compared_narrows_what_it_is_made_of():
    program = check("""
        def rule(open_shares: U32, shares: U32) -> Any:
            total = open_shares + shares
            if total > 1000:
                return 0
            return open_shares * shares + (1000 - (open_shares + shares))
        """)
    assert ranges(program) == [(0, 1000 * 1000 + 1000)]


@pytest.mark.parametrize("items", ["range(5)", "range(5, -5, -3)", "(4, -2, 7)", "PRIMES", "order", "(a, b)"])
def test_loops(items):
    check(f"""
        def rule(a: Small, b: Small, order: Order) -> Any:
            total = 0
            for item in {items}:
                total = total * 2 + item if item < a else total - b
            return total
        """)


def test_loops_with_break_continue_and_return():
    check("""
        def rule(a: U8, b: U8, p: bool) -> tuple[Any, Any, Any]:
            total = last = 0
            for index, prime in enumerate(PRIMES):
                if a & 1 << index == 0:
                    continue
                last = index
                if b < prime:
                    if p:
                        break
                    return index, prime, total
                b -= prime
                total += prime
                for x, y in zip((1, 2), (b, a)):
                    if y == x:
                        break
                    total += 1
            return -1, last, total
        """, 2000)


def test_long_loops():
    check("""
        def rule(a: U64, b: U8) -> tuple[Any, bool, bool]:
            total, all_set, some = 0, True, False
            for i in range(1000):
                total += b
                all_set = all_set and a != i
                some = not (some or b == i % 256)
            if all_set and some:
                return 7, all_set, False
            if total < 1000:
                return b, total < 100, some
            return total, all_set, some
        """, 20)


def test_what_a_function_gives_is_known_on_both_arms():
    assert ranges(check("""
        def rule(a: U8, p: bool) -> Any:
            return sign(a) if p else double(a)
        """)) == [(0, 510)]


def test_a_variable_of_a_loop_lives_on():
    assert ranges(check("""
        def rule(a: Digit) -> Any:
            for i in range(10):
                if PRIMES[i] > a:
                    break
            return i
        """)) == [(0, 4)]


def test_records_in_and_out():
    program = check("""
        def rule(order: Order, held: tuple[U16, Side]) -> Verdict:
            shares, side = held
            if not order.live:
                return Verdict(False, order, 0)
            if side == Side.SELL:
                order = order._replace(shares=min(order.shares, shares))
            return Verdict(room=shares - order.shares, order=order, accepted=order.shares <= shares)
        """)
    assert [value.attribute.name for value in program.inputs] == [
        "order.price", "order.shares", "order.live", "held.0", "held.1"]
    assert [port.name for port, _ in program.outputs] == [
        "accepted", "order.price", "order.shares", "order.live", "room"]


def test_records_with_defaults_and_tables_of_records():
    check("""
        def rule(d: Annotated[int, Range(0, 2)], price: U32) -> tuple[Order, Order, Order]:
            return Order(price), Order(price, live=d == 1), ORDERS[d] if price > 5 else ORDERS[2]
        """)


def test_enumerations():
    check("""
        def rule(side: Side, marks: Marks, d: Annotated[int, Range(1, 2)]) -> tuple[bool, Marks, Side, Any, Marks]:
            closed = marks & (Marks.HALTED | Marks.STALE)
            return side == Side.BUY, ~closed, Side(d), side + marks, Marks(3) ^ marks
        """)


def test_annotated_variables_and_other_statements():
    check('''
        def rule(a: Small) -> Any:
            """A docstring."""
            x: Annotated[int, Range(-18, 18)] = a * 2
            y: int = x + 1
            pass
            "another string"
            (x, y), z = (y, x), a
            x <<= 2
            x ^= y
            return x + z
            x = 3
        ''')


def test_annotations_as_strings():
    program = compile_rule(load("from __future__ import annotations\n" + HEAD + """
def rule(order: Order) -> U32:
    return order.price
"""))
    assert program.outputs[0][1] is program.inputs[0]


def test_a_variable_may_be_missing_where_it_is_not_used():
    check("""
        def rule(a: Small) -> Any:
            if a > 3:
                x = a
                a = x + 1
            return a
        """)


def test_magnitude_of_the_lowest_number():
    assert ranges(check("""
        def rule(a: Annotated[int, Range(-(2**127), 2**127 - 1)]) -> Annotated[int, Range(0, 2**127)]:
            return abs(a)
        """)) == [(0, 2**127)]


def test_inputs_that_are_not_used_are_kept():
    program = check("""
        def rule(a: Small, b: U64) -> Any:
            return 3
        """)
    assert [value.attribute.name for value in program.inputs] == ["a", "b"]


def operations(text):
    return [value.op for value in rule(text).values() if value.op not in (Op.INPUT, Op.CONST)]


@pytest.mark.parametrize(("text", "left"), [
    ("a * 1 + 0", []), ("a * 8", [Op.SHL]), ("(a + b) * (b + a)", [Op.ADD, Op.MUL]), ("a - a", []),
    ("a // 8", [Op.SHR]), ("a % 8", [Op.AND]), ("a ^ a", []), ("a & 255", []), ("a if b < 3 else a", []),
    ("a if a == a else b", []), ("3 * 4 + a", [Op.ADD]), ("min(a, 300)", []), ("min(a, b) + min(a, b)",
                                                                               [Op.LT, Op.MUX, Op.ADD]),
    ("a >> 0 << 0 | 0", []), ("a if not b < 3 else 7", [Op.LT, Op.MUX]), ("a % 256", []), ("a // 256", []),
    ("abs(a)", []), ("(a if a > b else b) - max(a, b)", [Op.LT, Op.MUX, Op.LT, Op.MUX, Op.SUB]),
])
def test_trivial_operations_are_left_out(text, left):
    assert operations(f"""
        def rule(a: U8, b: U8) -> Any:
            return {text}
        """) == left


def test_a_narrow_product_is_made_of_narrow_factors():
    program = check("""
        def rule(price: I64, shares: U64) -> Any:
            if shares > 1000 or not 0 <= price <= 2000:
                return -1
            return price * shares
        """)
    product, = (value for value in program.values() if value.op is Op.MUL)
    assert sorted(arg.bits for arg in product.args) == [10, 11]


def test_sources():
    program = rule("""
        def rule(a: U8, b: U8) -> Any:
            total = a + b
            return total * (
                a - b)
        """)
    first = program.function.__code__.co_firstlineno
    places = {value.op: value.source for value in program.values()}
    assert (places[Op.ADD].line - first, places[Op.ADD].text) == (1, "total = a + b")
    assert (places[Op.SUB].line - first, places[Op.SUB].text) == (3, "a - b)")
    assert places[Op.ADD].file.endswith(".py")
