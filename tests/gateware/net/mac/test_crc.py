"""CRC-32 against the one of zlib."""

import zlib

import pytest
from amaranth.hdl import Module, Signal
from amaranth.sim import Simulator
from hypothesis import given, settings
from hypothesis import strategies as st

from gateware.net.mac.crc import BEGIN, BITS, advance, crc_next, residue


def run(data: bytes, width: int) -> int:
    """Return the register behind ``data``, put in ``width`` bits at a time."""
    register, bits, after = Signal(BITS), Signal(width), Signal(BITS)
    m = Module()
    m.d.comb += after.eq(crc_next(register, bits))
    result = BEGIN

    async def drive(ctx):
        nonlocal result
        number = int.from_bytes(data, "little")
        for at in range(0, 8 * len(data), width):
            ctx.set(register, result)
            ctx.set(bits, number >> at & (1 << width) - 1)
            await ctx.delay(1e-9)
            result = ctx.get(after)

    simulator = Simulator(m)
    simulator.add_testbench(drive)
    simulator.run()
    return result


@pytest.mark.parametrize("width", [1, 4, 8, 16, 32])
@settings(max_examples=20, deadline=None)
@given(words=st.lists(st.binary(min_size=4, max_size=4), min_size=1, max_size=20))
def test_register_is_that_of_zlib(width, words):
    data = b"".join(words)
    assert run(data, width) == zlib.crc32(data) ^ 0xFFFF_FFFF


@settings(max_examples=30, deadline=None)
@given(data=st.binary(max_size=99), zeros=st.integers(0, 9), flipped=st.integers(0, 31))
def test_residue_tells_a_right_fcs_with_zeros_behind(data, zeros, flipped):
    fcs = zlib.crc32(data)
    right = data + fcs.to_bytes(4, "little") + bytes(zeros)
    wrong = data + (fcs ^ 1 << flipped).to_bytes(4, "little") + bytes(zeros)
    assert zlib.crc32(right) ^ 0xFFFF_FFFF == residue(zeros) != zlib.crc32(wrong) ^ 0xFFFF_FFFF


def test_zeros_advance_the_register_in_any_portions():
    assert advance(advance(0x1234_5678, 5), 27) == advance(0x1234_5678, 32)


@pytest.mark.parametrize("width", [0, 33])
def test_width_is_checked(width):
    with pytest.raises(ValueError, match=f"not {width}"):
        crc_next(Signal(BITS), Signal(width))
