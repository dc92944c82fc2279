# Ref: RGMII version 2.0, sections 3.0 to 3.3
"""The boundary to the pins of a PHY, once a clock: what DDR registers on every pin give and take."""

from amaranth.hdl import Cat
from amaranth.lib.wiring import Out, Signature

__all__ = ["Ddr", "control", "valid_error"]

#: ``data``: the four pins at the rising edge in bits 3..0, at the falling edge in 7..4: so a byte, as RGMII sends its
#: lower half first. ``control``: the control pin at the rising edge in bit 0, at the falling one in bit 1.
Ddr = Signature({"data": Out(8), "control": Out(2)})


def control(valid, error):
    """Return the control pin's two levels for a byte that is ``valid``, or has an ``error``."""
    return Cat(valid, valid ^ error)


def valid_error(levels):
    """Return (valid, error) of the control pin's two levels."""
    return levels[0], levels[0] ^ levels[1]
