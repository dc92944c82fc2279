"""The host's side of the risk gate: windows of slots, the admin page, the verdict ring, and what is read back."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, Signature, connect, flipped

from gateware.link.admin import Admin
from gateware.link.shown import Shown
from gateware.link.verdicts import Verdicts, VerdictWrite
from gateware.link.window import Window
from gateware.risk.gate import shown_layout
from gateware.risk.interfaces import SLOT, VERDICT, Sizes
from wire.pages import BUS_BITS, HEARTBEAT, Page
from wire.registers import ADDRESS_BITS
from wire.risk import REPORT_KINDS, REQUEST_KINDS

__all__ = ["GATE_LINK_EVENTS", "GateLink", "RiskRegisters"]

#: Strobes that are counted.
GATE_LINK_EVENTS = data.StructLayout({"risk_admin_refused": 1, "risk_overruns": 1})

#: The registers of page 0 that belong to the gate: VERDICT_ENTRIES, RISK_SELECT, RISK_WORD, RISK_DATA.
RiskRegisters = Signature({
    "entries": Out(32), "account": Out(16), "symbol": Out(16), "select_written": Out(1), "word": Out(32),
    "data": In(32)})


class GateLink(wiring.Component):
    """Pages ORDERS, REPORTS and ADMIN, and the verdict ring.

    Slots of both windows go to the gate in one sequence through a register, a slot of each in turn when both have one.
    One that finds the gate ready enters it in the cycle behind the write that published it. Throughput: a slot in two
    cycles; the bus takes eight to bring one. Latency, throughput, overflow and reset of the parts:
    gateware/link/{window,admin,verdicts,shown}.py.

    Members
    -------
    addr, w_en, w_data : the bus, as the host drives it
    registers : those of page 0
    slots : for the gate
    verdicts : of the gate
    ring : writes to the verdict ring's memory
    beat : heartbeat of the host, strobe
    admin : commands for the gate
    locked : the admin page is locked
    show, show_account, show_symbol, shown : for reading out of the gate
    events : counted strobes
    """

    def __init__(self, *, profile):
        self.sizes = sizes = Sizes(profile)
        super().__init__({
            "addr": In(BUS_BITS), "w_en": In(1), "w_data": In(32), "registers": In(RiskRegisters),
            "slots": Out(stream.Signature(SLOT)), "verdicts": In(stream.Signature(VERDICT)), "ring": Out(VerdictWrite),
            "beat": Out(1), "admin": Out(sizes.admin), "locked": Out(1), "show": Out(1),
            "show_account": Out(sizes.account_bits), "show_symbol": Out(sizes.symbol_bits),
            "shown": In(shown_layout(sizes)),
            "events": Out(GATE_LINK_EVENTS)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.orders = orders = Window(page=Page.ORDERS, kinds=REQUEST_KINDS)
        m.submodules.reports = reports = Window(page=Page.REPORTS, kinds=REPORT_KINDS)
        m.submodules.admin_page = admin = Admin(sizes=self.sizes)
        m.submodules.numbered = numbered = Verdicts()
        m.submodules.words = words = Shown(sizes=self.sizes)
        for page in (orders, reports, admin):
            m.d.comb += [getattr(page, name).eq(getattr(self, name)) for name in ("addr", "w_en", "w_data")]

        # Slots of the two windows that wait, in turn; one that does not wait, if none does. What is offered stays
        # offered. Whether the host's write publishes one is known too late to choose by.
        reports_turn, report, some, free = Signal(), Signal(), Signal(), Signal()
        ordered, reported = orders.waiting != 0, reports.waiting != 0
        m.d.comb += [
            some.eq(orders.o.valid | reports.o.valid), free.eq(~self.slots.valid),
            report.eq(Mux(ordered, reported & reports_turn, reported | (self.addr[ADDRESS_BITS:] == Page.REPORTS))),
            reports.o.ready.eq(free & report), orders.o.ready.eq(free & ~report)]
        m.d.sync += self.slots.valid.eq(Mux(free, some, ~self.slots.ready))
        with m.If(free):
            m.d.sync += self.slots.payload.eq(Mux(report, reports.o.payload.as_value(), orders.o.payload.as_value()))
        with m.If(free & some):
            m.d.sync += reports_turn.eq(~report)

        connect(m, flipped(self.verdicts), numbered.i)
        connect(m, numbered.ring, flipped(self.ring))
        asked, overran = Signal(), Signal()
        beats = self.w_en & (self.addr == (Page.REPORTS << ADDRESS_BITS | HEARTBEAT))
        m.d.sync += [
            overran.eq(orders.overrun | reports.overrun), self.beat.eq(beats),
            asked.eq(self.registers.select_written), self.show.eq(asked)]
        m.d.comb += [
            numbered.log2_entries.eq(self.registers.entries), self.admin.eq(admin.admin), self.locked.eq(admin.locked),
            self.show_account.eq(self.registers.account), self.show_symbol.eq(self.registers.symbol),
            words.shown.eq(self.shown), words.index.eq(self.registers.word), self.registers.data.eq(words.word),
            self.events.risk_admin_refused.eq(admin.refused), self.events.risk_overruns.eq(overran)]
        return m
