"""Ranges of results against all results that there are."""

import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateware.hls.ir import Op
from gateware.hls.ranges import result_range, spelled, union

EXACT = {Op.ADD: operator.add, Op.SUB: operator.sub, Op.MUL: operator.mul}
BITWISE = {Op.AND: operator.and_, Op.OR: operator.or_, Op.XOR: operator.xor}


def intervals(low=-20, high=20):
    return st.tuples(st.integers(low, high), st.integers(low, high)).map(lambda pair: (min(pair), max(pair)))


def numbers(interval):
    return range(interval[0], interval[1] + 1)


@pytest.mark.parametrize("op", EXACT)
@given(intervals(), intervals())
def test_range_is_the_least_for_arithmetic(op, a, b):
    results = {EXACT[op](x, y) for x in numbers(a) for y in numbers(b)}
    assert result_range(op, (a, b)) == (min(results), max(results))


@given(intervals())
def test_range_of_a_square_and_of_a_difference_with_itself(a):
    squares = {x * x for x in numbers(a)}
    assert result_range(Op.MUL, (a, a), same=True) == (min(squares), max(squares))
    assert result_range(Op.SUB, (a, a), same=True) == (0, 0)


@given(intervals(), intervals(0, 9))
def test_range_is_the_least_for_shifts(a, b):
    left = {x << y for x in numbers(a) for y in numbers(b)}
    right = {x >> y for x in numbers(a) for y in numbers(b)}
    assert result_range(Op.SHL, (a, b)) == (min(left), max(left))
    assert result_range(Op.SHR, (a, b)) == (min(right), max(right))


def test_range_of_shifts_by_huge_amounts():
    assert result_range(Op.SHR, ((-5, 9), (0, 2**64))) == (-5, 9)
    assert result_range(Op.SHR, ((-5, 9), (70, 2**64))) == (-1, 0)
    assert result_range(Op.SHL, ((0, 0), (0, 2**64))) == (0, 0)


@given(intervals(), st.integers(1, 30))
def test_range_holds_quotient_and_remainder(a, divisor):
    quotients = {x // divisor for x in numbers(a)}
    remainders = {x % divisor for x in numbers(a)}
    assert result_range(Op.DIV, (a,), divisor) == (min(quotients), max(quotients))
    low, high = result_range(Op.MOD, (a,), divisor)
    assert 0 <= low <= min(remainders) and max(remainders) <= high < divisor


@pytest.mark.parametrize("op", BITWISE)
@given(intervals(-70, 70), intervals(-70, 70))
def test_range_of_bit_operations_is_sound_and_within_the_bits(op, a, b):
    results = {BITWISE[op](x, y) for x in numbers(a) for y in numbers(b)}
    low, high = result_range(op, (a, b))
    assert low <= min(results) and max(results) <= high
    bits = max(bound.bit_length() if bound >= 0 else (~bound).bit_length() for bound in (*a, *b))
    assert -(1 << bits) <= low and high < 1 << bits
    if a[0] >= 0 and b[0] >= 0:
        assert low >= 0
        assert op is not Op.AND or high == min(a[1], b[1])


@given(intervals(-70, 70))
def test_range_of_a_complement_is_the_least(a):
    assert result_range(Op.XOR, (a, (-1, -1))) == (~a[1], ~a[0])


def test_range_of_the_rest():
    assert result_range(Op.EQ, ((0, 9), (3, 3))) == result_range(Op.LT, ((0, 9), (3, 3))) == (0, 1)
    assert result_range(Op.MUX, ((0, 1), (-3, 4), (7, 9))) == (-3, 9)
    assert result_range(Op.TABLE, ((1, 2),), (9, 5, 6, -1)) == (5, 6)
    assert union((0, 3), (-1, 2)) == (-1, 3)
    with pytest.raises(ValueError, match="Op.CONST"):
        result_range(Op.CONST, ((0, 0),))


@pytest.mark.parametrize(("low", "high", "text"), [
    (0, 255, "0..255"), (0, 2**64 - 1, "0..2**64 - 1"), (-(2**63), 2**63, "-2**63..2**63"),
    (1 - 2**40, 2**40 + 5, "-(2**40 - 1)..2**40 + 5"), (-123456789, 2**40 + 5000, f"-123456789..{2**40 + 5000}")])
def test_spelled(low, high, text):
    assert spelled(low, high) == text
