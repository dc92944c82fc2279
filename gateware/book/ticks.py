"""Price to position: division by the tick, and distance from the base of the window; and back."""

from amaranth.hdl import Cat, Const, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from gateware.book.operation import Sizes, delay

__all__ = ["Ticks", "price_of"]


def price_of(m, tick, sizes):
    """Return the price of ``tick``, two cycles later: a product for each half, one multiplier wide, then the sum."""
    half = (len(tick) + 1) // 2
    low, high = Signal(32), Signal(32)
    price = Signal(32)
    m.d.sync += [
        low.eq(tick[:half] * sizes.profile.tick), high.eq(tick[half:] * sizes.profile.tick),
        price.eq(low + (high << half))]
    return price


class Ticks(wiring.Component):
    """Position of a price in a symbol's window.

    An exact division needs no divider: with tick = 2**a * odd, a price on the grid, shifted right by a, times the
    inverse of odd modulo a power of two *is* the quotient; off the grid the product exceeds any quotient there can be.

    Latency: outputs 4 cycles after ``price``; ``base`` is taken 3 cycles after it. Throughput: one a cycle. No state.

    Members
    -------
    price : In(32), 1/10,000
    base : In(tick_bits), lowest tick of the window
    position : near (far=0): ticks above base; far: absolute tick
    below : with far: below the window, else above
    on_grid : price is a multiple of the tick, above zero and no more than the highest ITCH price
    """

    def __init__(self, *, sizes: Sizes):
        self.sizes = sizes
        super().__init__({
            "price": In(32), "base": In(sizes.tick_bits), "position": Out(sizes.position), "below": Out(1),
            "on_grid": Out(1)})

    def elaborate(self, platform):
        m = Module()
        sizes, tick = self.sizes, self.sizes.profile.tick
        shift = (tick & -tick).bit_length() - 1
        bits = 32 - shift
        inverse = pow(tick >> shift, -1, 1 << bits)
        half = bits // 2
        low_mask = (1 << half) - 1

        price = delay(m, self.price, 2, "price")
        number = price[1][shift:]
        low, high = number[:half], number[half:]
        top = bits - half
        # number * inverse mod 2**bits, from the partial products that reach below 2**bits.
        low_low = Signal(bits)
        low_high = Signal(top)
        high_low = Signal(top)
        m.d.sync += [
            low_low.eq(low * Const(inverse & low_mask, half)),
            low_high.eq(low * Const(inverse >> half, top)),
            high_low.eq(high * Const(inverse & low_mask, half))]
        quotient = Signal(bits)
        remainder_free = Signal()
        m.d.sync += [
            quotient.eq(low_low + (Cat(Const(0, half), (low_high + high_low)[:top]))),
            remainder_free.eq(price[2][:shift] == 0)]

        # Third cycle: distance from base, grid check.
        base = self.base
        relative = Signal(sizes.tick_bits + 1)
        far = Signal()
        m.d.comb += [
            relative.eq(quotient[:sizes.tick_bits] - base),
            far.eq(relative[sizes.window_bits:].any())]
        position = Signal(sizes.position)
        m.d.sync += [
            position.far.eq(far),
            position.pos.eq(far.replicate(sizes.tick_bits) & quotient[:sizes.tick_bits]
                            | (~far).replicate(sizes.tick_bits) & relative[:sizes.window_bits]),
            self.below.eq(relative[-1]),
            self.on_grid.eq(remainder_free & (quotient <= sizes.max_tick) & (quotient != 0))]
        m.d.comb += self.position.eq(position)
        return m
