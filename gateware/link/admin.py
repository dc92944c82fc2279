"""The admin page: limits and kills, behind a key."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from gateware.risk.interfaces import ROW_BITS, Sizes
from wire.pages import ADMIN_REGISTERS, BUS_BITS, OPEN_CYCLES, ROW_WORDS, Command, Page
from wire.registers import ADDRESS_BITS

__all__ = ["Admin"]

_WORD_BITS = 32
_OFFSETS = {register.name: register.offset for register in ADMIN_REGISTERS}


class Admin(wiring.Component):
    """Registers of the admin page (wire/pages.py), and the commands that they make for the gate.

    A command acts whole or not at all: the row that it sets is gathered here, and given to the gate in one cycle.
    A command for an account or symbol that does not exist, or of no known code, and every write but that of KEY while
    the page is locked, does nothing but strobe ``refused``; so does a wrong key, which locks the page. The page locks
    itself: a write later than ``open_cycles`` cycles after the last right key finds it locked.

    Latency: a command is on ``admin`` two cycles after its write. Throughput: a write a cycle. Reset: locked, no key.

    Members
    -------
    addr, w_en, w_data : the bus, as the host drives it
    admin : commands
    locked : the page is locked
    refused : a write did nothing
    """

    def __init__(self, *, sizes: Sizes, open_cycles: int = OPEN_CYCLES):
        self.sizes, self.open_cycles = sizes, open_cycles
        if open_cycles < 2:
            raise ValueError(f"open_cycles must be at least 2, not {open_cycles}")
        if ROW_BITS > ROW_WORDS * _WORD_BITS:
            raise ValueError(f"a row of limits must fit {ROW_WORDS} words, not have {ROW_BITS} bits")
        super().__init__({
            "addr": In(BUS_BITS), "w_en": In(1), "w_data": In(_WORD_BITS),
            "admin": Out(sizes.admin), "locked": Out(1, init=1), "refused": Out(1)})

    def elaborate(self, platform):
        m = Module()
        offset, data, writes = Signal(ADDRESS_BITS), Signal(_WORD_BITS), Signal()
        m.d.sync += [
            offset.eq(self.addr), data.eq(self.w_data),
            writes.eq(self.w_en & (self.addr[ADDRESS_BITS:] == Page.ADMIN)),
            self.admin.valid.eq(0), self.refused.eq(0)]

        # What can be known of the key before its upper word is written, and a comparison with 64 bits is not in time
        # for the many registers of ``left``: it begins a cycle later, with a cycle less.
        key, lower = Signal(2 * _WORD_BITS), Signal(_WORD_BITS)
        keyless, lower_right, lower_any, opened = Signal(init=1), Signal(init=1), Signal(), Signal()
        account, symbol = Signal(16), Signal(16)
        exists = (account < self.sizes.accounts) & (symbol < self.sizes.symbols)
        row = [Signal(_WORD_BITS, name=f"row_{n}") for n in range(ROW_WORDS)]
        known = max(Command)
        left = Signal(range(self.open_cycles + 1))
        m.d.sync += [left.eq(Mux(opened, self.open_cycles - 1, left - left.any())), opened.eq(0)]
        with m.If((left == 1) & ~opened):
            m.d.sync += self.locked.eq(1)
        with m.If(writes):
            with m.Switch(offset):
                with m.Case(_OFFSETS["KEY"]):
                    m.d.sync += [
                        lower.eq(data), lower_right.eq(data == key[:_WORD_BITS]), lower_any.eq(data.any())]
                with m.Case(_OFFSETS["KEY"] + 4):
                    with m.If(~keyless & lower_right & (data == key[_WORD_BITS:])):
                        m.d.sync += [self.locked.eq(0), opened.eq(1)]
                    with m.Elif(keyless & (lower_any | data.any())):
                        m.d.sync += [
                            key.eq(Cat(lower, data)), keyless.eq(0), lower_right.eq(1), self.locked.eq(0),
                            opened.eq(1)]
                    with m.Else():
                        m.d.sync += [self.locked.eq(1), self.refused.eq(1)]
                with m.Default():
                    m.d.sync += self.refused.eq(1)
                    with m.If(~self.locked):
                        with m.Switch(offset):
                            with m.Case(_OFFSETS["SELECT"]):
                                m.d.sync += [account.eq(data), symbol.eq(data[16:]), self.refused.eq(0)]
                            with m.Case(_OFFSETS["COMMAND"]):
                                with m.If(exists & (data <= known)):
                                    m.d.sync += [self.admin.valid.eq(1), self.refused.eq(0)]
                            for n, word in enumerate(row):
                                with m.Case(_OFFSETS[f"ROW{n}"]):
                                    m.d.sync += [word.eq(data), self.refused.eq(0)]
        m.d.sync += self.admin.command.eq(data)
        m.d.comb += [
            self.admin.account.eq(account), self.admin.symbol.eq(symbol), self.admin.row.eq(Cat(row))]
        return m
