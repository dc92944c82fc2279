"""Rule 22: fills of an account and symbol in a window."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out

from gateware.risk.interfaces import Sizes
from wire.pages import Command

__all__ = ["Throttle"]


class Throttle(wiring.Component):
    """Counts of fills, and which pairs are disabled.

    A pair that is enabled in cycle t is so for a slot that enters from t + 1 on: ``row`` is to be looked at 4 cycles
    after its entry. What is ``put`` for a slot's pair gives way to an enabling since that slot's look. Reads and
    writes take a cycle. Reset: none is disabled, fills are 0.

    Members
    -------
    admin : commands
    account, symbol : whose ``row`` is read
    row : its state, a cycle later
    look : strobe, ``put`` will be for what is read now
    put, put_account, put_symbol, put_row : write
    shown_account, shown_symbol, shown : for reading out, a cycle later
    """

    def __init__(self, *, sizes: Sizes):
        self.sizes = sizes
        account, symbol = sizes.account_bits, sizes.symbol_bits
        super().__init__({
            "admin": In(sizes.admin), "account": In(account), "symbol": In(symbol), "row": Out(sizes.throttle),
            "look": In(1), "put": In(1), "put_account": In(account), "put_symbol": In(symbol),
            "put_row": In(sizes.throttle),
            "shown_account": In(account), "shown_symbol": In(symbol), "shown": Out(sizes.throttle)})

    def elaborate(self, platform):
        m = Module()
        sizes = self.sizes
        asked = Signal(4)
        pair_1, pair_2, pair_3, pair_4, looked_at = (
            Signal(sizes.pair_bits, name=name) for name in ("pair_1", "pair_2", "pair_3", "pair_4", "looked_at"))
        m.d.sync += [
            asked.eq(Cat(self.admin.valid & (self.admin.command == Command.ENABLE_PAIR), asked)),
            pair_1.eq(sizes.pair(self.admin.account, self.admin.symbol)), pair_2.eq(pair_1), pair_3.eq(pair_2),
            pair_4.eq(pair_3)]
        m.submodules.rows = rows = memory.Memory(shape=sizes.throttle, depth=sizes.pairs, init=[])
        write = rows.write_port()
        disabled, counts = Signal(sizes.pairs), Signal(sizes.pairs)     # counts: fills are not 0
        for account, symbol, row in ((self.account, self.symbol, self.row),
                                     (self.shown_account, self.shown_symbol, self.shown)):
            read, pair = rows.read_port(domain="comb"), sizes.pair(account, symbol)
            found, found_disabled, found_counts = Signal(sizes.throttle), Signal(), Signal()
            m.d.comb += [
                read.addr.eq(pair), row.eq(found), row.disabled.eq(found_disabled),
                row.fills.eq(Mux(found_counts, found.fills, 0))]
            m.d.sync += [
                found.eq(read.data), found_disabled.eq(disabled.bit_select(pair, 1)),
                found_counts.eq(counts.bit_select(pair, 1))]
        overtaken, put_pair = Signal(), Signal(sizes.pair_bits)
        with m.If(self.look):
            m.d.sync += looked_at.eq(sizes.pair(self.account, self.symbol))
        m.d.sync += overtaken.eq(Mux(self.look, asked[3] & (pair_4 == sizes.pair(self.account, self.symbol)),
                                     overtaken | asked[3] & (pair_4 == looked_at)))
        m.d.comb += [
            put_pair.eq(sizes.pair(self.put_account, self.put_symbol)),
            write.addr.eq(put_pair), write.data.eq(self.put_row), write.en.eq(self.put)]
        with m.If(self.put & ~overtaken):
            m.d.sync += [
                counts.bit_select(put_pair, 1).eq(1), disabled.bit_select(put_pair, 1).eq(self.put_row.disabled)]
        with m.If(asked[3]):
            m.d.sync += [counts.bit_select(pair_4, 1).eq(0), disabled.bit_select(pair_4, 1).eq(0)]
        return m
