"""The device's side of the link to the host."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from gateware.book.symbols import LOCATE, SymbolConfig
from gateware.feed.inject import InjectPort
from gateware.interfaces import Notice, RecordStream, RegisterBus, RingWrite
from gateware.link.counters import Counters
from gateware.link.gate_link import RiskRegisters
from gateware.link.inject import InjectAssembler
from gateware.link.registers import Registers
from gateware.link.ring import Ring
from gateware.net.channels import CHANNEL
from gateware.risk.interfaces import DECISION
from wire.records import FeedEvent, record_dtype
from wire.registers import COUNTERS, REGISTERS, by_name

__all__ = ["LINK_EVENTS", "LINKED_EVENTS", "STATUS", "RISK_STATUS", "Link", "capabilities"]

#: Counters that the link strobes itself.
LINK_EVENTS = ("records", "notices_lost", "bus_errors")

#: Counters that come from the other blocks.
LINKED_EVENTS = data.StructLayout({name: 1 for name, _ in COUNTERS if name not in LINK_EVENTS})

#: What the risk gate says to the RISK_STATUS register.
RISK_STATUS = data.StructLayout({bits.name: bits.width for bits in by_name("RISK_STATUS").bits})

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
                          decision=DECISION) if profile.accounts else 0,
    }


class Link(wiring.Component):
    """Registers, counters, event ring and inject port.

    Latency and throughput: gateware/link/{registers,counters,ring,inject}.py. A write to SYMBOL_CONFIG while
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
    risk : registers of the risk gate
    risk_status : RISK_STATUS
    """

    def __init__(self, *, profile, build=0):
        self.profile, self.build = profile, build
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
            "risk": Out(RiskRegisters), "risk_status": In(RISK_STATUS)})

    def elaborate(self, platform):
        m = Module()
        counted = [name for name, _ in COUNTERS if self.profile.accounts or not name.startswith("risk_")]
        m.submodules.registers = registers = Registers(constants=self._constants, counters=len(counted))
        m.submodules.counters = counters = Counters(names=counted)
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

        # Risk gate.
        m.d.comb += [
            self.risk.entries.eq(registers.verdict_entries), self.risk.account.eq(registers.risk_select.account),
            self.risk.symbol.eq(registers.risk_select.symbol),
            self.risk.select_written.eq(registers.risk_select_written), self.risk.word.eq(registers.risk_word),
            registers.risk_data.eq(self.risk.data),
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
            *(counters.events[name].eq(self.events[name]) for name in counted if name not in LINK_EVENTS),
            counters.events.records.eq(ring.records), counters.events.notices_lost.eq(ring.notices_lost),
            counters.events.bus_errors.eq(registers.error | inject.refused),
            counters.read.eq(registers.counter_read), counters.index.eq(registers.counter_index),
            registers.counter.eq(counters.value)]
        return m
