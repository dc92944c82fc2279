"""The best price of a symbol's side, as a price."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from gateware.book.operation import Sizes, delay
from gateware.book.ticks import price_of
from gateware.interfaces import TOUCH

__all__ = ["Touch"]


class Touch(wiring.Component):
    """Turns the best level of a row into its price.

    Latency: LATENCY cycles. Throughput: one a cycle. A side whose window is empty has no best price here, even if it
    has levels outside.

    Members
    -------
    best_valid, best_row, best : best of a row, as of the levels
    base : lowest tick of that row's symbol
    touch : its price
    """

    LATENCY = 3

    def __init__(self, *, sizes: Sizes):
        self.sizes = sizes
        super().__init__({
            "best_valid": In(1), "best_row": In(sizes.row_bits), "best": In(sizes.best), "base": In(sizes.tick_bits),
            "touch": Out(TOUCH(sizes.symbol_bits))})

    def elaborate(self, platform):
        m = Module()
        sizes = self.sizes
        tick = Signal(sizes.tick_bits)
        asks = self.best_row[-1]
        m.d.sync += tick.eq(self.base + (self.best.rank ^ (~asks).replicate(sizes.window_bits)))
        price = price_of(m, tick, sizes)
        has = delay(m, self.best.any, self.LATENCY, "has")[-1]
        row = delay(m, self.best_row, self.LATENCY, "row")[-1]
        m.d.comb += [
            self.touch.valid.eq(delay(m, self.best_valid, self.LATENCY, "valid")[-1]),
            self.touch.symbol.eq(row[:-1]), self.touch.side.eq(row[-1]), self.touch.has.eq(has),
            self.touch.price.eq(Mux(has, price, 0))]
        return m
