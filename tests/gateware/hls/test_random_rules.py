"""Random rules of the subset: NumPy gives what Python gives, and every result is in its range."""

import pytest
from hypothesis import HealthCheck, given, settings

from gateware.hls.vectorise import vectorise
from tests.gateware.hls.programs import expected, inputs, programs


def agree(rule):
    program = rule.program
    cases = inputs(program)
    results = vectorise(program)({port: [case[port] for case in cases] for port in cases[0]})
    for index, case in enumerate(cases):
        numbers = expected(program, case)
        assert {port: int(array[index]) for port, array in results.items()} == numbers, case
        for port, value in program.outputs:
            assert port.low <= value.low <= numbers[port.name] <= value.high <= port.high


SETTINGS = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@settings(SETTINGS, max_examples=60)
@given(programs())
def test_python_and_numpy_agree(rule):
    agree(rule)


@pytest.mark.soak
@settings(SETTINGS, max_examples=5000)
@given(programs())
def test_python_and_numpy_agree_on_many(rule):
    agree(rule)
