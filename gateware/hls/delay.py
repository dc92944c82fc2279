"""How long operations take on an FPGA, as the scheduler sees it; calibrated by ``python -m bench.hls --calibrate``.

These are estimates in nanoseconds, hence floats; nothing of them reaches a data path.
"""

from dataclasses import dataclass

__all__ = ["Target", "ECP5_8"]


@dataclass(frozen=True, kw_only=True)
class Target:
    """Delays of an FPGA in ns, routed, at the typical distance within a small block.

    clock_to_q, setup: of a flip-flop, setup with the wire to it. route: one wire. fan: more for each doubling of the
    cells that a wire reaches, beyond four. lut: a LUT of four inputs. wide: each further input up to six, by the
    slice's multiplexers. carry_in, carry_bit, carry_out: into a carry chain, per bit, out of it. multiply: a product of
    ``multiplier`` by ``multiplier`` bits, signed (unsigned too, if both are) in a DSP block, with the wire out of it.
    margin: the part of a period that is kept for placements worse than typical.
    """

    name: str
    clock_to_q: float
    setup: float
    route: float
    fan: float
    lut: float
    wide: float
    carry_in: float
    carry_bit: float
    carry_out: float
    multiply: float
    multiplier: int
    margin: float

    def budget(self, clock_mhz: float) -> float:
        """Return the ns that a path may take by estimate, flip-flop to flip-flop, at ``clock_mhz``."""
        return 1000 / clock_mhz * (1 - self.margin)

    def logic(self, levels: int = 1, fanout: int = 1) -> float:
        """Return the time through ``levels`` LUTs, the first behind a wire to ``fanout`` cells."""
        return levels * (self.route + self.lut) + self.fan * max(0, (fanout - 1).bit_length() - 2)

    def carry(self, bits: int) -> float:
        """Return the time of an addition, subtraction or comparison of ``bits`` bits."""
        return self.route + self.carry_in + self.carry_bit * bits + self.carry_out

    def equal(self, inputs: int) -> float:
        """Return the time of a comparison for equality that ``inputs`` bits take part in."""
        levels, span = 1, 4
        while span < inputs:
            levels, span = levels + 1, 4 * span
        return self.logic(levels)

    def table(self, index_bits: int, bits: int) -> float:
        """Return the time of a table of ``bits``-bit words with an index of at most six bits."""
        return self.logic(1, bits) + self.wide * max(0, index_bits - 4)

    def product(self, bits: int) -> float:
        """Return the time of a product of ``bits`` bits; the smallest are made of LUTs."""
        return self.multiply if bits > 8 else self.logic(3)


#: Lattice ECP5, speed grade 8.
ECP5_8 = Target(
    name="ECP5-8", clock_to_q=0.31, setup=0.11, route=0.75, fan=0.12, lut=0.14, wide=0.15, carry_in=0.28,
    carry_bit=0.02, carry_out=0.45, multiply=4.3, multiplier=18, margin=0.1)
