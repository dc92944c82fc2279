"""Random programs of the subset: scheduled for a random clock, they give what the function gives."""

import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateware.hls.schedule import Schedule
from tests.gateware.hls.programs import RandomRule, expected, inputs, programs
from tests.gateware.hls.test_lower import run
from tests.gateware.hls.test_pipeline import check

CLOCKS = (50, 80, 125, 156.25, 200, 250, 300)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(programs(), st.sampled_from(CLOCKS))
def test_lowered_random_programs(rule: RandomRule, clock):
    schedule = Schedule(rule.program, clock_mhz=clock)
    names = [port.name for port, _ in rule.program.outputs]
    for numbers in inputs(rule.program, 40):
        assert dict(zip(names, run(schedule, numbers), strict=True)) == expected(rule.program, numbers), numbers
    assert schedule.ns <= schedule.budget


@settings(max_examples=16, deadline=None, suppress_health_check=list(HealthCheck))
@given(programs(), st.sampled_from(CLOCKS), st.integers(0, 3), st.integers(0, 1 << 32))
def test_pipelines_of_random_programs(rule: RandomRule, clock, late, seed):
    rng = random.Random(seed)
    names = [value.attribute.name for value in rule.program.inputs]
    arrival = {name: rng.randint(0, late) for name in names}
    given_rows = inputs(rule.program, 40, seed)
    rows = [row if rng.random() < 0.7 else None for row in given_rows]
    check(Schedule(rule.program, clock_mhz=clock, arrival=arrival), rows)
