"""Best bid, best ask and last trade of each symbol."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

from gateware.risk.interfaces import Sizes

__all__ = ["Touches", "QUOTE", "PRICE"]

#: A price that may not exist; then it is 0.
PRICE = data.StructLayout({"has": 1, "price": 32})
QUOTE = data.StructLayout({"bid": PRICE, "ask": PRICE, "last": PRICE})


class Touches(wiring.Component):
    """What the book said of each symbol.

    Latency: what is told in a cycle is read from the next on, and ``late`` cycles after that; reads take none.
    Throughput: one touch and one trade a cycle. ``forget`` clears all, and wins over what is told in its cycle. Reset:
    nothing is known.

    Members
    -------
    touch, trade : what changed
    forget : strobe
    symbol : whose quote is read
    quote : its prices
    """

    def __init__(self, *, sizes: Sizes, late: int = 0):
        self.sizes, self.late = sizes, late
        super().__init__({
            "touch": In(sizes.touch), "trade": In(sizes.trade), "forget": In(1),
            "symbol": In(sizes.symbol_bits), "quote": Out(QUOTE)})

    def elaborate(self, platform):
        m = Module()
        said = Signal(data.StructLayout({"touch": self.sizes.touch, "trade": self.sizes.trade, "forget": 1}))
        now = Cat(self.touch, self.trade, self.forget)
        for n in range(self.late):
            later = Signal(len(now), name=f"later_{n}")
            m.d.sync += later.eq(now)
            now = later
        m.d.comb += said.eq(now)
        for name, told, has, source in (
                ("bid", said.touch.valid & ~said.touch.side, said.touch.has, said.touch),
                ("ask", said.touch.valid & said.touch.side, said.touch.has, said.touch),
                ("last", said.trade.valid, 1, said.trade)):
            m.submodules[f"{name}s"] = prices = memory.Memory(shape=32, depth=self.sizes.symbols, init=[])
            write, read = prices.write_port(), prices.read_port(domain="comb")
            known = Signal(self.sizes.symbols, name=f"{name}_known")
            has_now = Signal(name=f"{name}_has")
            m.d.comb += [
                write.en.eq(told), write.addr.eq(source.symbol), write.data.eq(source.price),
                read.addr.eq(self.symbol), has_now.eq(known.bit_select(self.symbol, 1)),
                self.quote[name].has.eq(has_now), self.quote[name].price.eq(Mux(has_now, read.data, 0))]
            with m.If(told):
                m.d.sync += known.bit_select(source.symbol, 1).eq(has)
            with m.If(said.forget):
                m.d.sync += known.eq(0)
        return m
