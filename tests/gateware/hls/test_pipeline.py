"""Pipelines in the simulator: results, latency, throughput."""

import random

import pytest
from amaranth.sim import Simulator

from gateware.hls.ir import Op
from gateware.hls.pipeline import Combinational, Pipeline, field, layout
from gateware.hls.schedule import ClockError, Schedule
from tests.gateware.hls.hand import constant, extremes, operation, port, program


def random_inputs(made, rng):
    return {value.attribute.name: rng.choice(extremes(value.low, value.high)) if rng.random() < 0.5
            else rng.randint(value.low, value.high) for value in made.inputs}


def random_rows(made, count=60, seed=1, bubbles=0.3):
    """Return inputs for ``count`` cycles, None where there is none."""
    rng = random.Random(seed)
    return [random_inputs(made, rng) if rng.random() >= bubbles else None for _ in range(count)]


def check(schedule, cycles):
    """Feed the inputs of ``cycles``, None for a pause, and compare the output in every cycle."""
    made, rng, count = schedule.program, random.Random(1), len(cycles)
    dut = Pipeline(schedule)

    async def bench(ctx):
        for n in range(count + schedule.latency + 1):
            ctx.set(dut.i.valid, n < count and cycles[n] is not None)
            for value in made.inputs:
                name = value.attribute.name
                when = n - schedule.arrival.get(name, 0)
                given = cycles[when] if 0 <= when < count else None
                number = given[name] if given else rng.randint(value.low, value.high)
                ctx.set(field(dut.i.p, name), number)
            when = n - schedule.latency
            given = cycles[when] if 0 <= when < count else None
            assert ctx.get(dut.o.valid) == (given is not None), n
            if given:
                expected = made.unpack_result(made.function(*made.pack_inputs(given)))
                assert {name: ctx.get(field(dut.o.p, name)) for name in expected} == expected, (n, given)
            await ctx.tick()

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()


def everything():
    """Return a program that has each operation."""
    a, b, c = port("a.x", -1000, 100_000), port("a.y", 0, (1 << 32) - 1), port("c", 0, 20)
    table = tuple(range(-7, 14))
    product = operation(Op.MUL, a, b, low=-1000 * (2**32 - 1), high=100_000 * (2**32 - 1))
    less = operation(Op.LT, a, b, low=0, high=1)
    equal = operation(Op.EQ, a, c, low=0, high=1)
    either = operation(Op.OR, less, equal, low=0, high=1)
    quotient = operation(Op.DIV, product, low=product.low // 10_000, high=product.high // 10_000, attribute=10_000)
    rest = operation(Op.MOD, product, low=0, high=9999, attribute=10_000)
    entry = operation(Op.TABLE, c, low=-7, high=13, attribute=table)
    moved = operation(Op.SHL, a, c, low=-1000 << 20, high=100_000 << 20)
    back = operation(Op.SHR, b, c, low=0, high=2**32 - 1)
    total = operation(Op.ADD, moved, back, low=moved.low, high=moved.high + back.high)
    chosen = operation(Op.MUX, either, total, entry, low=total.low, high=total.high)
    rest_of = operation(Op.SUB, constant(5), entry, low=-8, high=12)
    mixed = operation(Op.XOR, operation(Op.AND, a, b, low=0, high=2**32 - 1), constant(0x55), low=0, high=2**32 - 1)
    return program([a, b, c], quotient, rest, chosen, rest_of, mixed, either, constant(-3), a)


@pytest.mark.parametrize("clock", [50, 125, 156.25, 200, 300])
def test_every_operation(clock):
    made = everything()
    check(Schedule(made, clock_mhz=clock), random_rows(made, seed=int(clock)))


def test_back_to_back():
    made = everything()
    check(Schedule(made, clock_mhz=156.25), random_rows(made, bubbles=0))


@pytest.mark.parametrize("arrival", [{"c": 1}, {"a.x": 3, "c": 2}])
def test_inputs_that_come_later(arrival):
    made = everything()
    schedule = Schedule(made, clock_mhz=156.25, arrival=arrival)
    check(schedule, random_rows(made))
    early = Schedule(everything(), clock_mhz=156.25)
    assert early.latency <= schedule.latency <= early.latency + max(arrival.values())


def test_results_in_flight_are_not_valid_after_reset():
    from amaranth.hdl import ResetInserter, Signal
    reset = Signal()
    schedule = Schedule(everything(), clock_mhz=156.25)
    pipeline = Pipeline(schedule)
    seen = []

    async def bench(ctx):
        for n in range(30):
            ctx.set(pipeline.i.valid, n < 5)
            ctx.set(reset, n == 5)
            seen.append((n, ctx.get(pipeline.o.valid)))
            await ctx.tick()

    simulator = Simulator(ResetInserter({"sync": reset})(pipeline))
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert schedule.latency > 2
    assert [n for n, valid in seen if valid] == list(range(schedule.latency, 6))


def test_without_registers():
    made = everything()
    dut, rng = Combinational(made), random.Random(4)

    async def bench(ctx):
        for _ in range(50):
            given = random_inputs(made, rng)
            for name, number in given.items():
                ctx.set(field(dut.i, name), number)
            expected = made.unpack_result(made.function(*made.pack_inputs(given)))
            assert {name: ctx.get(field(dut.o, name)) for name in expected} == expected

    simulator = Simulator(dut)
    simulator.add_testbench(bench)
    simulator.run()
    assert dut.schedule.latency == 0 and dut.schedule.registers == 0 and dut.schedule.ns > 5


def test_stages_meet_the_clock_and_the_numbers_add_up():
    made = everything()
    latencies = []
    for clock in (40, 80, 156.25, 250, 300):
        schedule = Schedule(made, clock_mhz=clock)
        assert all(stage.ns <= schedule.budget for stage in schedule.stages)
        assert len(schedule.stages) == schedule.latency
        assert sum(stage.registers for stage in schedule.stages) == schedule.registers
        latencies.append(schedule.latency)
    assert latencies == sorted(latencies)


def test_the_same_schedule_every_time():
    first, second = (Schedule(everything(), clock_mhz=156.25) for _ in range(2))
    assert [stage.registers for stage in first.stages] == [stage.registers for stage in second.stages]
    assert list(first.stage.values()) == list(second.stage.values())


def test_a_clock_that_cannot_be_met_is_refused_with_the_operation_and_its_line():
    with pytest.raises(ClockError, match=r"hand\.py:1: 'r = \w+': .* ns .* 700 MHz"):
        Schedule(everything(), clock_mhz=700)


@pytest.mark.parametrize("options, text", [
    ({"clock_mhz": 0}, "clock"), ({"clock_mhz": 100, "arrival": {"d": 1}}, "no input 'd'"),
    ({"clock_mhz": 100, "arrival": {"c": -1}}, "-1"),
    ({"clock_mhz": None, "combinational": True, "arrival": {"c": 1}}, "same time")])
def test_wrong_options_are_refused(options, text):
    with pytest.raises(ValueError, match=text):
        Schedule(everything(), **options)


def test_records_are_structs():
    made = everything()
    shape = layout(value.attribute for value in made.inputs)
    assert list(shape.members) == ["a", "c"] and list(shape["a"].shape.members) == ["x", "y"]
    assert shape["a"].shape["x"].shape.signed and not shape["c"].shape.signed and shape["c"].width == 5
