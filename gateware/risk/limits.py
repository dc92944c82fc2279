"""Rows of limits."""

from amaranth.hdl import Module, Signal
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

from gateware.risk.interfaces import ROWS, Sizes
from wire.pages import Command

__all__ = ["Limits", "LIMITS", "TICK_BITS", "WINDOW"]

#: All limits of an account and a symbol.
LIMITS = data.StructLayout({
    "account": ROWS[Command.SET_ACCOUNT], "symbol": ROWS[Command.SET_SYMBOL], "pair": ROWS[Command.SET_PAIR]})
TICK_BITS = ROWS[Command.SET_SYMBOL]["tick"].width
#: Those of rule 22.
WINDOW = data.StructLayout({"fills": 16, "window": 32})


class Limits(wiring.Component):
    """Rows of limits, all 0 when the device is configured; a reset leaves them alone.

    A row given in cycle t is in force, whole, for a slot that enters from t + 1 on: its symbol is asked for its tick in
    the cycle of its entry; ``limits`` and ``duplicate`` are to be looked at in the cycle after that, ``window`` three
    cycles after it. Reads take no cycle, but for the tick; writes one.

    Members
    -------
    admin : commands; those which set no row are passed over
    symbol_0 : symbol of what enters
    tick_1 : tick of what entered a cycle ago
    account, symbol : whose ``limits`` are read
    limits, duplicate : in force for what entered a cycle ago
    window_account, window_symbol : whose ``window`` is read
    window : in force for what entered three cycles ago
    """

    def __init__(self, *, sizes: Sizes):
        self.sizes = sizes
        super().__init__({
            "admin": In(sizes.admin), "symbol_0": In(sizes.symbol_bits), "tick_1": Out(TICK_BITS),
            "account": In(sizes.account_bits), "symbol": In(sizes.symbol_bits),
            "limits": Out(LIMITS), "duplicate": Out(32),
            "window_account": In(sizes.account_bits), "window_symbol": In(sizes.symbol_bits), "window": Out(WINDOW)})

    def elaborate(self, platform):
        m = Module()
        sizes = self.sizes
        admin = Signal(sizes.admin, name="admin_1")
        m.d.sync += admin.eq(self.admin)

        def asks(source, command):
            return source.valid & (source.command == command)

        for name, command, depth, index in (
                ("account", Command.SET_ACCOUNT, sizes.accounts, lambda account, symbol: account),
                ("symbol", Command.SET_SYMBOL, sizes.symbols, lambda account, symbol: symbol),
                ("pair", Command.SET_PAIR, sizes.pairs, sizes.pair)):
            row = ROWS[command]
            m.submodules[f"{name}_rows"] = rows = memory.Memory(shape=row, depth=depth, init=[])
            write, read = rows.write_port(), rows.read_port(domain="comb")
            m.d.comb += [
                write.en.eq(asks(admin, command)), write.addr.eq(index(admin.account, admin.symbol)),
                write.data.eq(admin.row[:row.size]),
                read.addr.eq(index(self.account, self.symbol)), self.limits[name].eq(read.data)]

        m.submodules.ticks = ticks = memory.Memory(shape=TICK_BITS, depth=sizes.symbols, init=[])
        write, read = ticks.write_port(), ticks.read_port(domain="comb")
        row = ROWS[Command.SET_SYMBOL]
        m.d.comb += [
            write.en.eq(asks(self.admin, Command.SET_SYMBOL)), write.addr.eq(self.admin.symbol),
            write.data.eq(data.View(row, self.admin.row[:row.size]).tick), read.addr.eq(self.symbol_0)]
        m.d.sync += self.tick_1.eq(read.data)

        m.submodules.windows = windows = memory.Memory(shape=WINDOW, depth=sizes.pairs, init=[])
        write, read = windows.write_port(), windows.read_port(domain="comb")
        row = ROWS[Command.SET_PAIR]
        pair = data.View(row, admin.row[:row.size])
        given = {1: Signal(data.StructLayout({"valid": 1, "pair": sizes.pair_bits, "window": WINDOW}), name="window_1")}
        m.d.comb += [
            given[1].valid.eq(asks(admin, Command.SET_PAIR)), given[1].pair.eq(sizes.pair(admin.account, admin.symbol)),
            given[1].window.fills.eq(pair.fills), given[1].window.window.eq(pair.window)]
        for cycle in (2, 3):
            given[cycle] = Signal.like(given[1], name=f"window_{cycle}")
            m.d.sync += given[cycle].eq(given[cycle - 1])
        m.d.comb += [
            write.en.eq(given[3].valid), write.addr.eq(given[3].pair), write.data.eq(given[3].window),
            read.addr.eq(sizes.pair(self.window_account, self.window_symbol)), self.window.eq(read.data)]
        with m.If(asks(admin, Command.SET_GLOBAL)):
            row = ROWS[Command.SET_GLOBAL]
            m.d.sync += self.duplicate.eq(data.View(row, admin.row[:row.size]).duplicate)
        return m
