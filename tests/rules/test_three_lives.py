"""Every shipped rule gives the same answers in Python, in NumPy and as gateware."""

import numpy as np
import pytest

from gateware.hls.frontend import compile_rule
from gateware.hls.schedule import Schedule
from gateware.hls.vectorise import vectorise
from rules import RULES
from sim.hls import run
from tests.gateware.hls.programs import inputs

SEED = 20261121
FUNCTIONS = [function for _, function in RULES]
#: MHz for which the pipelines are scheduled.
CLOCK = 156.25
#: Inputs near ends of ranges, constants and one another; the others are spread evenly.
NEAR, EVEN = 100_000, 900_000


def columns(program, near, even):
    """Return {port: array} of ``near`` inputs around seams and ``even`` ones anywhere."""
    rng = np.random.default_rng(SEED)
    rows = inputs(program, count=near, seed=SEED)
    found = {}
    for value in program.inputs:
        port = value.attribute
        kind = np.int64 if port.high < 1 << 63 else object
        # Evenly over the range by parts, for ranges beyond 64 bits.
        spread = port.high - port.low
        high = rng.integers(0, 1 << 32, even).astype(object) << 32 | rng.integers(0, 1 << 32, even).astype(object)
        found[port.name] = np.concatenate([
            np.array([row[port.name] for row in rows], kind), (port.low + high % (spread + 1)).astype(kind)])
    return found


def by_python(program, given):
    """Return {port: list} of what the function itself says."""
    names = list(given)
    rows = zip(*(array.tolist() for array in given.values()), strict=True)
    answers = [program.unpack_result(program.function(*program.pack_inputs(dict(zip(names, row, strict=True)))))
               for row in rows]
    return {port.name: [answer[port.name] for answer in answers] for port, _ in program.outputs}


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_numpy_says_what_python_says(function):
    program = compile_rule(function)
    given = columns(program, 2_000, 1_000)
    expected, found = by_python(program, given), vectorise(program)(given)
    for name, answers in expected.items():
        assert found[name].tolist() == answers, name


@pytest.mark.soak
@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_a_million_inputs_in_all_three(function):
    print("seed", SEED)
    program = compile_rule(function)
    given = columns(program, NEAR, EVEN)
    expected, in_numpy = by_python(program, given), vectorise(program)(given)
    in_gateware = run(Schedule(program, clock_mhz=CLOCK), given)
    for name, answers in expected.items():
        assert in_numpy[name].tolist() == answers, name
        assert in_gateware[name].tolist() == answers, name
