"""Rules in Verilator over arrays."""

import numpy as np
import pytest

from gateware.hls.schedule import Schedule
from gateware.hls.vectorise import vectorise
from sim.hls import run
from sim.hls.packing import Field, pack, unpack
from tests.gateware.hls.hand import program
from tests.gateware.hls.test_pipeline import everything


def random_arrays(made, count, seed=1):
    """Return random inputs, the ends of each range among them."""
    rng = np.random.default_rng(seed)
    arrays = {}
    for value in made.inputs:
        arrays[value.attribute.name] = array = rng.integers(value.low, value.high, count, endpoint=True)
        array[:2] = value.low, value.high
    return arrays


def test_a_hundred_thousand_inputs():
    made = everything()
    arrays = random_arrays(made, 100_000)
    found = run(Schedule(made, clock_mhz=156.25, arrival={"c": 2}), arrays)
    expected = vectorise(made)(arrays)
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        assert np.array_equal(found[name], array), name


def test_a_waveform_is_written(tmp_path):
    made = everything()
    less = program(made.inputs, made.outputs[5][1])
    path = tmp_path / "rule.fst"
    run(Schedule(less, clock_mhz=156.25), random_arrays(less, 20), trace=path)
    assert path.stat().st_size > 100


@pytest.mark.parametrize("change, text", [
    ({"c": None}, "has the inputs"), ({"d": np.zeros(4, int)}, "has the inputs"),
    ({"c": np.zeros(5, int)}, "different lengths"), ({"c": np.full(4, 21)}, r"c must lie within 0\.\.20"),
    ({"c": np.full(4, -1)}, "c must lie within")])
def test_wrong_inputs_are_refused(change, text):
    arrays = random_arrays(everything(), 4) | change
    with pytest.raises(ValueError, match=text):
        run(Schedule(everything(), clock_mhz=100), {name: array for name, array in arrays.items() if array is not None})


@pytest.mark.parametrize("bits, signed", [(1, False), (5, True), (32, False), (33, True), (63, False), (64, True),
                                          (64, False), (100, True), (128, False)])
@pytest.mark.parametrize("offset", [0, 1, 31, 40])
def test_numbers_come_back_from_their_bits(bits, signed, offset):
    low, high = (-1 << bits - 1, (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    field = Field(offset, bits, signed)
    values = np.array([low, high, 0, high // 3, low // 3], object if field.exact else np.int64)
    rows = np.zeros((5, 6), np.uint32)
    pack(rows, field, values)
    assert unpack(rows, field).tolist() == values.tolist()
