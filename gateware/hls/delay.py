"""How long operations take on an FPGA, as the scheduler sees it; calibrated by ``python -m bench.hls --calibrate``.

These are estimates in nanoseconds, hence floats; nothing of them reaches a data path.
"""

from dataclasses import dataclass

__all__ = ["Target", "ECP5_8"]


@dataclass(frozen=True, kw_only=True)
class Target:
    """Delays of an FPGA in ns, routed, within a small block.

    clock_to_q: of a flip-flop. far: how much longer a wire from a flip-flop is than one between two cells of the same
    path. wire: that one. fan: more for each doubling of the cells that one bit reaches, beyond four. lut: a LUT of four
    inputs. wide: each further input up to six, by the slice's multiplexers. carry_in, carry_bit, carry_out: into a
    carry chain, per bit, out of it. verdict: from the end of a carry chain to the result of a comparison. multiply: a
    product of ``multiplier`` by ``multiplier`` bits, signed (unsigned if both are) in a DSP block, with the wire out of
    it. setup: of a flip-flop, with what leads to it. margin: the part of a period that is kept for placements worse
    than typical.
    """

    name: str
    clock_to_q: float
    far: float
    wire: float
    fan: float
    lut: float
    wide: float
    carry_in: float
    carry_bit: float
    carry_out: float
    verdict: float
    multiply: float
    multiplier: int
    setup: float
    margin: float

    @property
    def start(self) -> float:
        """When what a flip-flop holds is where logic begins, from the clock edge."""
        return self.clock_to_q + self.far

    def budget(self, clock_mhz: float) -> float:
        """Return the ns that a path may take by estimate, flip-flop to flip-flop, at ``clock_mhz``."""
        return 1000 / clock_mhz * (1 - self.margin)

    def logic(self, levels: int = 1) -> float:
        """Return the time through ``levels`` LUTs."""
        return levels * (self.wire + self.lut)

    def spread(self, cells: int) -> float:
        """Return how much later a bit is there that ``cells`` cells wait for."""
        return self.fan * max(0, (cells - 1).bit_length() - 2)

    def carry(self, bits: int) -> float:
        """Return the time of an addition or subtraction of ``bits`` bits."""
        return self.wire + self.carry_in + self.carry_bit * bits + self.carry_out

    def compare(self, bits: int) -> float:
        """Return the time of a comparison for order."""
        return self.carry(bits) + self.verdict

    def equal(self, inputs: int) -> float:
        """Return the time of a comparison for equality that ``inputs`` bits take part in."""
        levels, span = 1, 4
        while span < inputs:
            levels, span = levels + 1, 4 * span
        return self.logic(levels)

    def table(self, index_bits: int, bits: int) -> float:
        """Return the time of a table of ``bits``-bit words with an index of at most six bits."""
        return self.logic() + self.spread(bits) + self.wide * max(0, index_bits - 4)

    def product(self, bits: int) -> float:
        """Return the time of a product of ``bits`` bits; the smallest are made of LUTs."""
        return self.wire + self.multiply if bits > 8 else self.logic(3)


#: Lattice ECP5, speed grade 8.
ECP5_8 = Target(
    name="ECP5-8", clock_to_q=0.31, far=0.2, wire=0.75, fan=0.16, lut=0.14, wide=0.45, carry_in=0.28, carry_bit=0.02,
    carry_out=0.19, verdict=0.45, multiply=3.9, multiplier=18, setup=0.11, margin=0.1)
