"""The device's side of the link to the host."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from gateware.book.symbols import LOCATE, SymbolConfig
from gateware.feed.inject import InjectPort
from gateware.interfaces import Notice, RecordStream, RegisterBus, RingWrite
from gateware.link.admin import Admin
from gateware.link.counters import Counters
from gateware.link.inject import InjectAssembler
from gateware.link.registers import Registers
from gateware.link.ring import Ring
from gateware.link.shown import Shown
from gateware.link.verdicts import Verdicts, VerdictWrite
from gateware.link.window import Window
from gateware.net.channels import CHANNEL
from gateware.risk.gate import shown_layout
from gateware.risk.interfaces import DECISION, SLOT, VERDICT
from gateware.risk.interfaces import Sizes as RiskSizes
from wire.pages import HEARTBEAT, Page
from wire.records import FeedEvent, record_dtype
from wire.registers import ADDRESS_BITS, COUNTERS, REGISTERS, by_name
from wire.risk import Kind

__all__ = ["LINK_EVENTS", "LINKED_EVENTS", "STATUS", "RISK_STATUS", "Link", "capabilities"]

#: Counters that the link strobes itself.
LINK_EVENTS = ("records", "notices_lost", "bus_errors", "risk_admin_refused", "risk_overruns")

#: Kinds that each window carries.
_REQUESTS = (Kind.NEW, Kind.REPLACE, Kind.CANCEL, Kind.MASS_CANCEL)
_REPORTS = tuple(kind for kind in Kind if kind not in _REQUESTS)

#: Counters that come from the other blocks.
LINKED_EVENTS = data.StructLayout({name: 1 for name, _ in COUNTERS if name not in LINK_EVENTS})

#: What the gate says to the RISK_STATUS register.
RISK_STATUS = data.StructLayout({
    bits.name: bits.width for bits in by_name("RISK_STATUS").bits if bits.name != "locked"})

#: What the other blocks say to the STATUS register.
STATUS = data.StructLayout({bits.name: bits.width for bits in by_name("STATUS").bits if bits.name != "inject_busy"})


def _pack(register, **fields):
    """Return the number that holds ``fields``. Raises ValueError for one that does not fit."""
    value = 0
    for bits in by_name(register).bits:
        part = fields.pop(bits.name)
        if not 0 <= part < 1 << bits.width:
            raise ValueError(f"{register}.{bits.name} must fit in {bits.width} bits, not {part}")
        value |= part << bits.lsb
    return value


def capabilities(profile, *, build):
    """Return the values of the registers that say what a device is. Raises ValueError for one that does not fit."""
    return {
        "BUILD": build,
        "CLOCK_HZ": profile.clock_hz,
        "CAP_BOOK": _pack("CAP_BOOK", symbols=profile.symbols, levels=profile.levels,
                          log2_window=profile.window.bit_length() - 1),
        "CAP_ORDERS": profile.order_slots,
        "CAP_TICK": profile.tick,
        "CAP_LINK": _pack("CAP_LINK", record_bytes=record_dtype(profile.levels).itemsize, channels=profile.channels,
                          far_levels=profile.far_levels),
        "CAP_BITS": _pack("CAP_BITS", ref=profile.ref_bits, shares=profile.share_bits,
                          level_shares=profile.level_share_bits, level_orders=profile.level_order_bits),
        "CAP_RISK": _pack("CAP_RISK", log2_accounts=profile.accounts.bit_length() - 1,
                          log2_orders=profile.open_orders.bit_length() - 1, duplicates=profile.duplicates,
                          decision=DECISION),
    }


class Link(wiring.Component):
    """Registers, counters, event ring, inject port, and the risk gate's windows, admin page and verdict ring.

    Latency and throughput: gateware/link/{registers,counters,ring,inject,window,admin,verdicts}.py. Slots of both
    windows go to the gate in one sequence, a slot of each in turn when both have one; one that finds the gate ready
    enters it in the cycle behind the write that published it. A write to SYMBOL_CONFIG while
    SYMBOL_SELECT is no symbol is no error and does nothing; SYMBOL_STATE and SYMBOL_LOCATE then read as 0. When a clear
    that the host asked for has finished, a CLEARED notice goes to the ring.

    Members
    -------
    bus : the host
    ring : writes to ring memory
    cycles : cycles since reset
    status : STATUS
    expected, highest : sequence numbers of the feed
    events : LINKED_EVENTS
    record : book records
    notice : notices of the feed
    hold, enable, reorder, channel, gap_packets, gap_cycles, silence_cycles, seq_set : registers of these names
    clear, resync : commands, one cycle each
    inject : messages of the host
    config : configuration of a symbol
    select, select_state, select_locate : symbol that the host asks about; state word and locate up to 3 cycles later
    slots : for the gate
    verdicts : of the gate
    verdict_ring : writes to the verdict ring's memory
    beat : heartbeat of the host, strobe
    admin : commands for the gate
    show, show_account, show_symbol, shown : for reading out of the gate
    risk_status : RISK_STATUS
    """

    def __init__(self, *, profile, build=0):
        self.profile, self.build = profile, build
        self._risk = risk = RiskSizes(profile)
        self._constants = capabilities(profile, build=build)
        channels = sum(register.name.endswith("_IP") for register in REGISTERS)
        if profile.channels != channels:
            raise ValueError(f"channels must be {channels}, as many as there are registers for, not {profile.channels}")
        super().__init__({
            "bus": In(RegisterBus), "ring": Out(RingWrite), "cycles": In(64), "status": In(STATUS),
            "expected": In(64), "highest": In(64), "events": In(LINKED_EVENTS),
            "record": In(RecordStream), "notice": In(Notice),
            "hold": Out(1), "enable": Out(1), "reorder": Out(1), "channel": Out(data.ArrayLayout(CHANNEL, channels)),
            "gap_packets": Out(32), "gap_cycles": Out(32), "silence_cycles": Out(32), "seq_set": Out(64),
            "clear": Out(1), "resync": Out(1), "inject": Out(InjectPort), "config": Out(SymbolConfig(profile=profile)),
            "select": Out(range(profile.symbols)), "select_state": In(32), "select_locate": In(LOCATE),
            "slots": Out(stream.Signature(SLOT)), "verdicts": In(stream.Signature(VERDICT)),
            "verdict_ring": Out(VerdictWrite), "beat": Out(1), "admin": Out(risk.admin),
            "show": Out(1), "show_account": Out(risk.account_bits), "show_symbol": Out(risk.symbol_bits),
            "shown": In(shown_layout(risk)), "risk_status": In(RISK_STATUS)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.registers = registers = Registers(constants=self._constants)
        m.submodules.counters = counters = Counters(names=[name for name, _ in COUNTERS])
        m.submodules.inject = inject = InjectAssembler()
        m.submodules.ring = ring = Ring(levels=self.profile.levels)
        connect(m, flipped(self.bus), registers.bus)
        connect(m, inject.o, flipped(self.inject))
        connect(m, flipped(self.record), ring.record)
        connect(m, ring.ring, flipped(self.ring))

        # Registers to the blocks and back.
        m.d.comb += [
            *(getattr(self, name).eq(registers.control[name]) for name in ("hold", "enable", "reorder")),
            self.clear.eq(registers.command.clear), self.resync.eq(registers.command.resync),
            *(getattr(self, name).eq(getattr(registers, name))
              for name in ("gap_packets", "gap_cycles", "silence_cycles", "seq_set")),
            registers.cycles.eq(self.cycles), registers.seq_expected.eq(self.expected),
            registers.seq_highest.eq(self.highest), registers.status.inject_busy.eq(inject.busy),
            *(registers.status[name].eq(self.status[name]) for name, _ in STATUS)]
        for n, channel in enumerate(self.channel):
            port = getattr(registers, f"channel{n}_port")
            m.d.comb += [channel.ip.eq(getattr(registers, f"channel{n}_ip")), *(
                channel[name].eq(port[name]) for name in ("port", "line", "enable"))]

        # Symbols.
        is_symbol = Signal()
        m.d.comb += [
            is_symbol.eq(registers.symbol_select < self.profile.symbols),
            self.select.eq(registers.symbol_select), self.config.select.eq(self.select),
            self.config.write.eq(registers.symbol_config_written & is_symbol),
            self.config.name.eq(Cat(registers.symbol_name_lo, registers.symbol_name_hi)),
            self.config.base.eq(registers.symbol_base),
            *(getattr(self.config, name).eq(registers.symbol_config[name])
              for name in ("locate", "locate_valid", "learn", "enable"))]
        with m.If(is_symbol):
            m.d.comb += [
                registers.symbol_state.eq(self.select_state), registers.symbol_locate.eq(self.select_locate)]

        # Inject port.
        m.d.comb += [
            inject.word.eq(registers.inject_data), inject.word_written.eq(registers.inject_data_written),
            inject.go.eq(registers.inject_go_written), inject.length.eq(registers.inject_go),
            inject.seq.eq(registers.inject_seq)]

        # Risk gate. Slots of the two windows in turn.
        m.submodules.orders = orders = Window(page=Page.ORDERS, kinds=_REQUESTS)
        m.submodules.reports = reports = Window(page=Page.REPORTS, kinds=_REPORTS)
        m.submodules.admin = admin = Admin(sizes=self._risk)
        m.submodules.verdict_entries = verdicts = Verdicts()
        m.submodules.shown = shown = Shown(sizes=self._risk)
        for page in (orders, reports, admin):
            m.d.comb += [getattr(page, name).eq(getattr(self.bus, name)) for name in ("addr", "w_en", "w_data")]
        reports_turn, report, waits, waits_report = Signal(), Signal(), Signal(), Signal()
        m.d.comb += [
            report.eq(Mux(waits, waits_report, reports.o.valid & (reports_turn | ~orders.o.valid))),
            self.slots.valid.eq(orders.o.valid | reports.o.valid),
            self.slots.payload.eq(Mux(report, reports.o.payload.as_value(), orders.o.payload.as_value())),
            reports.o.ready.eq(self.slots.ready & report), orders.o.ready.eq(self.slots.ready & ~report)]
        m.d.sync += [waits.eq(self.slots.valid & ~self.slots.ready), waits_report.eq(report)]
        with m.If(self.slots.valid & self.slots.ready):
            m.d.sync += reports_turn.eq(~report)
        connect(m, flipped(self.verdicts), verdicts.i)
        connect(m, verdicts.ring, flipped(self.verdict_ring))
        asked = Signal()
        beats = self.bus.w_en & (self.bus.addr == (Page.REPORTS << ADDRESS_BITS | HEARTBEAT))
        m.d.sync += [self.beat.eq(beats), asked.eq(registers.risk_select_written), self.show.eq(asked)]
        m.d.comb += [
            verdicts.log2_entries.eq(registers.verdict_entries), self.admin.eq(admin.admin),
            self.show_account.eq(registers.risk_select.account), self.show_symbol.eq(registers.risk_select.symbol),
            shown.shown.eq(self.shown), shown.index.eq(registers.risk_word), registers.risk_data.eq(shown.word),
            registers.risk_status.locked.eq(admin.locked),
            *(registers.risk_status[name].eq(self.risk_status[name]) for name, _ in RISK_STATUS)]

        # Ring. The feed's notices go before the one of a finished clear, which waits for a free cycle.
        clears, was_clearing, cleared = Signal(), Signal(), Signal()
        m.d.sync += was_clearing.eq(self.status.clearing)
        with m.If(self.clear):
            m.d.sync += clears.eq(1)
        with m.If(clears & was_clearing & ~self.status.clearing):
            m.d.sync += [cleared.eq(1), clears.eq(0)]
        with m.Elif(~self.notice.valid):
            m.d.sync += cleared.eq(0)
        m.d.comb += [
            ring.log2_entries.eq(registers.ring_entries), ring.cycles.eq(self.cycles),
            ring.notice.valid.eq(self.notice.valid | cleared)]
        with m.If(self.notice.valid):
            m.d.comb += [ring.notice.event.eq(self.notice.event), ring.notice.aux.eq(self.notice.aux)]
        with m.Else():
            m.d.comb += [ring.notice.event.eq(FeedEvent.CLEARED), ring.notice.aux.eq(self.expected)]

        # Counters.
        m.d.comb += [
            *(counters.events[name].eq(self.events[name]) for name, _ in LINKED_EVENTS),
            counters.events.records.eq(ring.records), counters.events.notices_lost.eq(ring.notices_lost),
            counters.events.bus_errors.eq(registers.error | inject.refused),
            counters.events.risk_admin_refused.eq(admin.refused),
            counters.events.risk_overruns.eq(orders.overrun | reports.overrun),
            counters.index.eq(registers.counter_index), registers.counter.eq(counters.value)]
        return m
