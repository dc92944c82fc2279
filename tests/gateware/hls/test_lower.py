"""Lowered operations give the results of the operations that they stand for, in the bits that the hardware keeps."""

import random

import pytest

from gateware.hls.cells import evaluate, wrap
from gateware.hls.ir import Op
from gateware.hls.lower import reciprocal, signed_digits
from gateware.hls.schedule import Schedule
from tests.gateware.hls.hand import constant, extremes, operation, port, program


def unsigned(bits):
    return 0, (1 << bits) - 1


def signed(bits):
    return -1 << bits - 1, (1 << bits - 1) - 1


RANGES = [unsigned(8), signed(18), unsigned(32), signed(32), unsigned(64), (-5, 3)]
CLOCKS = (50, 156.25, 300)
EXACT = {Op.ADD: lambda a, b: a + b, Op.SUB: lambda a, b: a - b, Op.MUL: lambda a, b: a * b,
         Op.SHL: lambda a, b: a << b, Op.SHR: lambda a, b: a >> b}


def run(schedule, inputs):
    """Return the outputs of a lowered rule, every value cut to its bits as in hardware."""
    known = {}
    for value in schedule.lowered.values:
        if value.op is Op.INPUT:
            known[value] = inputs[value.attribute.name]
        else:
            known[value] = wrap(evaluate(value, [known[arg] for arg in value.args]), value)
    return tuple(known[value] for value in schedule.lowered.outputs)


def check(made, *, clocks=CLOCKS, count=40):
    """Compare at the ends of the inputs' ranges and between; results outside of a refined range do not matter."""
    rng = random.Random(1)
    ends = [extremes(value.low, value.high) for value in made.inputs]
    for clock in clocks:
        schedule = Schedule(made, clock_mhz=clock)
        for _ in range(count):
            inputs = {value.attribute.name: rng.choice([*near, rng.randint(value.low, value.high)])
                      for value, near in zip(made.inputs, ends, strict=True)}
            expected = made.function(**inputs)
            if all(value.low <= number <= value.high
                   for number, (_, value) in zip(expected, made.outputs, strict=True)):
                assert run(schedule, inputs) == expected, (clock, inputs)


def binary(op, a, b, result=None):
    left, right = port("a", *a), port("b", *b)
    if result is None and op in EXACT:
        corners = [EXACT[op](x, y) for x in a for y in b]
        result = min(corners), max(corners)
    elif result is None:
        result = (0, 1) if op in (Op.EQ, Op.LT) else signed(66)
    return program([left, right], operation(op, left, right, low=result[0], high=result[1]))


@pytest.mark.parametrize("op", [Op.ADD, Op.SUB, Op.MUL, Op.AND, Op.OR, Op.XOR, Op.EQ, Op.LT])
def test_two_operands(op):
    for a in RANGES:
        for b in RANGES:
            if op is Op.MUL and a == b == unsigned(64):
                continue
            check(binary(op, a, b), clocks=CLOCKS if a == signed(32) else (156.25,))


@pytest.mark.parametrize("op", [Op.ADD, Op.SUB, Op.MUL, Op.AND, Op.XOR])
@pytest.mark.parametrize("a", [signed(20), unsigned(40)])
@pytest.mark.parametrize("result", [(0, 100), (-100, 30), (5, 20), (-300, -1), (7, 7)])
def test_results_that_are_known_to_be_smaller_than_operands_allow(op, a, result):
    made = binary(op, a, signed(20), result)
    rng = random.Random(2)
    schedules = [Schedule(made, clock_mhz=clock) for clock in CLOCKS]
    hits = 0
    for _ in range(4000):
        inputs = {"a": rng.randint(*a)}
        target = rng.randint(*result)
        match op:
            case Op.ADD | Op.XOR:
                inputs["b"] = target - inputs["a"] if op is Op.ADD else target ^ inputs["a"]
            case Op.SUB:
                inputs["b"] = inputs["a"] - target
            case _:
                inputs["a"], inputs["b"] = rng.randint(max(a[0], -20), 20), rng.randint(-20, 20)
        expected, = made.function(**inputs)
        if result[0] <= expected <= result[1]:
            hits += 1
            for schedule in schedules if hits < 100 else ():
                assert run(schedule, inputs) == (expected,), inputs
    assert hits or result in ((-300, -1), (5, 20), (7, 7))


@pytest.mark.parametrize("op", [Op.SHL, Op.SHR])
@pytest.mark.parametrize("a", RANGES)
@pytest.mark.parametrize("by", [(0, 3), (0, 40)])
def test_shifts_by_a_variable(op, a, by):
    check(binary(op, a, by))


@pytest.mark.parametrize("op", [Op.SHL, Op.SHR])
def test_a_shift_by_an_amount_of_many_bits_few_of_which_can_matter(op):
    a, by = port("a", -100, 100), port("by", 0, 2**60)
    made = program([a, by], operation(op, a, by, low=-(2**20), high=2**20))
    schedule = Schedule(made, clock_mhz=200)
    for number, amount in ((0, 2**60), (0, 31), (-100, 13), (100, 3), (-1, 20), (1, 0)):
        exact = number << amount if op is Op.SHL and number else number >> amount
        assert run(schedule, {"a": number, "by": amount}) == (exact,)
    if op is Op.SHR:
        for number, amount in ((-100, 2**60), (100, 2**59), (-1, 7), (-100, 64)):
            assert run(schedule, {"a": number, "by": amount}) == (-1 if number < 0 else 0,)


@pytest.mark.parametrize("amount", [0, 1, 7, 40])
@pytest.mark.parametrize("a", RANGES)
def test_shifts_by_a_constant(amount, a):
    value = port("a", *a)
    check(program([value], operation(Op.SHL, value, constant(amount), low=a[0] << amount, high=a[1] << amount),
                  operation(Op.SHR, value, constant(amount), low=a[0] >> amount, high=a[1] >> amount)))


@pytest.mark.parametrize("bits", [4, 31, 32])
def test_only_bits_that_are_wanted_are_computed(bits):
    a, b, c = port("a", *unsigned(32)), port("b", *signed(32)), port("c", 0, 1)
    product = operation(Op.MUL, a, b, low=-(2**63), high=2**63)
    total = operation(Op.SUB, operation(Op.ADD, product, a, low=-(2**64), high=2**64), b, low=-(2**65), high=2**65)
    chosen = operation(Op.MUX, c, total, product, low=-(2**65), high=2**65)
    masked = operation(Op.AND, chosen, constant((1 << bits) - 1), low=0, high=(1 << bits) - 1)
    made = program([a, b, c], masked, operation(Op.MOD, total, low=0, high=255, attribute=256))
    check(made, count=200)
    whole = program([a, b, c], chosen)
    assert Schedule(made, clock_mhz=100).multipliers < Schedule(whole, clock_mhz=100).multipliers


DIVISORS = (1, 2, 3, 5, 7, 8, 10, 24, 100, 641, 1000, 10_000, 65_537, 2**31 - 1, 12_345_678_901)


@pytest.mark.parametrize("divisor", DIVISORS)
def test_division(divisor):
    for a in RANGES:
        value = port("a", *a)
        made = program([value], operation(Op.DIV, value, low=a[0] // divisor, high=a[1] // divisor, attribute=divisor),
                       operation(Op.MOD, value, low=0, high=divisor - 1, attribute=divisor))
        check(made)
        near = [k * divisor + d for k in (1, 2, 1000, a[1] // divisor, a[0] // divisor) for d in (-1, 0, 1)]
        schedule = Schedule(made, clock_mhz=100)
        for number in near:
            if a[0] <= number <= a[1]:
                assert run(schedule, {"a": number}) == (number // divisor, number % divisor)


def test_division_of_small_numbers_by_all_small_divisors_is_exact_everywhere():
    for divisor in range(1, 70):
        value = port("a", -200, 300)
        made = program([value], operation(Op.DIV, value, low=-200 // divisor, high=300 // divisor, attribute=divisor),
                       operation(Op.MOD, value, low=0, high=divisor - 1, attribute=divisor))
        schedule = Schedule(made, clock_mhz=100)
        for number in range(-200, 301):
            assert run(schedule, {"a": number}) == divmod(number, divisor)


def test_a_reciprocal_is_exact_at_the_last_multiple_which_is_the_worst_place():
    rng = random.Random(3)
    for _ in range(3000):
        divisor, highest = rng.randint(1, 1 << rng.randint(1, 40)), rng.randint(0, 1 << rng.randint(0, 80))
        m, s = reciprocal(divisor, highest)
        worst = max(0, (highest + 1) // divisor * divisor - 1)
        for x in {0, highest, worst, max(0, worst - divisor), rng.randint(0, highest)}:
            assert x * m >> s == x // divisor, (divisor, highest, x)


@pytest.mark.parametrize("number", [0, 1, -1, 7, -7, 10_000, 0xAAAA, -(2**40) + 3, 255])
def test_signed_digits(number):
    digits = signed_digits(number)
    assert sum(sign << power for sign, power in digits) == number
    powers = [power for _, power in digits]
    assert all(b - a > 1 for a, b in zip(powers, powers[1:], strict=False))


@pytest.mark.parametrize("number", [0, 1, -1, 3, 10_000, -10_000, 12_345_678_901])
@pytest.mark.parametrize("a", RANGES)
def test_products_by_constants(number, a):
    value = port("a", *a)
    corners = sorted((a[0] * number, a[1] * number))
    check(program([value], operation(Op.MUL, value, constant(number), low=corners[0], high=corners[1])))


@pytest.mark.parametrize("size", [1, 2, 5, 16, 17, 64, 65, 200])
def test_tables(size):
    rng = random.Random(size)
    entries = tuple(rng.randint(-500, 500) for _ in range(size))
    index = port("a", 0, size - 1)
    made = program([index], operation(Op.TABLE, index, low=-500, high=500, attribute=entries))
    schedule = Schedule(made, clock_mhz=200)
    for n in range(size):
        assert run(schedule, {"a": n}) == (entries[n],)


def test_chains_are_as_deep_as_the_logarithm():
    ports = [port(f"p{n}", 0, 1) for n in range(32)]
    values = [port(f"v{n}", 0, 255) for n in range(32)]
    chain, total, some = constant(300), values[0], ports[0]
    for n in reversed(range(32)):
        chain = operation(Op.MUX, ports[n], values[n], chain, low=0, high=300)
    for n in range(1, 32):
        total = operation(Op.ADD, total, values[n], low=0, high=255 * (n + 1))
        some = operation(Op.OR, some, ports[n], low=0, high=1)
    made = program([*ports, *values], chain, total, some)
    check(made, count=200)
    for outputs, limit in ((made.outputs[:1], 9), (made.outputs[1:2], 11), (made.outputs[2:], 4)):
        only = program(made.inputs, *(value for _, value in outputs))
        assert Schedule(only, clock_mhz=None, combinational=True).ns < limit
