"""The device: frames and a register bus in, book records and verdicts out. Here blocks are only made and connected."""

from amaranth.hdl import DomainRenamer, Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from gateware.book.book import Book
from gateware.feed.feed import Feed
from gateware.feed.reorder import Reorder
from gateware.interfaces import FrameStream, RegisterBus, RingWrite
from gateware.link.gate_link import GATE_LINK_EVENTS, GateLink
from gateware.link.link import LINK_EVENTS, Link
from gateware.link.verdicts import VerdictWrite
from gateware.net.net import Net
from gateware.risk.gate import Gate
from gateware.risk.interfaces import EVENTS
from wire.registers import COUNTERS

__all__ = ["HEALTH", "Device", "sources"]

#: ``alive``: a session of the feed is followed, and is not silent. ``stale``: the books are behind. ``killed``: there
#: is a risk gate, and it is shut for all.
HEALTH = data.StructLayout({"alive": 1, "stale": 1, "killed": 1})


def sources(blocks):
    """Return which block strobes which counter: {counter: block}, from {block: names of its events}.

    Raises ValueError for a counter that has no block or more than one, and for an event that has no counter.
    """
    owners = {}
    for block, names in blocks.items():
        for name in names:
            if name in owners:
                raise ValueError(f"counter {name!r} must have one block, not {owners[name]} and {block}")
            owners[name] = block
    known = [name for name, _ in COUNTERS]
    for name in known:
        if name not in owners:
            raise ValueError(f"counter {name!r} has no block that strobes it")
    for name, block in owners.items():
        if name not in known:
            raise ValueError(f"{block} strobes {name!r}, for which there is no counter")
    return owners


class Device(wiring.Component):
    """Feed handler, book and, if the profile has accounts, the risk gate, in one clock domain.

    Latency: docs/architecture.md. Throughput: one word of a frame a cycle, for ever; ``rx`` is never stalled. Errors
    and overflows are counted (wire/registers.py). Reset: all counters 0, no symbol followed, no feed known; the book
    may first need a clear, which STATUS.clearing tells. The gate is shut: killed, and its host lost.

    A verdict is on ``verdicts`` 8 cycles after the write on ``bus`` that published its request, if none is before it.
    Without a gate, the device says that it is shut, and ``verdicts`` stays silent.

    Members
    -------
    rx : frames
    bus : registers; a byte address, see gateware/link/registers.py for the latencies
    ring : words for ring memory; ``addr`` counts words of 64 bits
    verdicts : whole verdicts for the verdict ring's memory
    health : what goes on, for whoever looks at the device itself
    risk_awake : only with ``resting``, which gives the gate a domain of its own, ``risk``: low in a cycle at whose end
        that clock needs no edge
    """

    def __init__(self, *, profile, build=0, resting=False):
        self.profile, self.build = profile, build
        self.resting = resting = resting and profile.accounts > 0
        self.net = Net(channels=profile.channels)
        self.feed = Feed()
        self.reorder = Reorder(depth=profile.reorder_words)
        self.book = Book(profile=profile)
        self.link = Link(profile=profile, build=build)
        self.gate = Gate(profile=profile, always="always" if resting else "sync") if profile.accounts else None
        self.gate_link = GateLink(profile=profile) if profile.accounts else None
        events = {name: [event for event, _ in getattr(self, name).events.shape()]
                  for name in ("net", "feed", "reorder", "book")}
        self._sources = sources({
            **events, "link": LINK_EVENTS, "gate": [f"risk_{event}" for event, _ in EVENTS],
            "gate_link": [event for event, _ in GATE_LINK_EVENTS]})
        super().__init__({
            "rx": In(FrameStream), "bus": In(RegisterBus), "ring": Out(RingWrite), "verdicts": Out(VerdictWrite),
            "health": Out(HEALTH), **({"risk_awake": Out(1)} if resting else {})})

    def elaborate(self, platform):
        m = Module()
        m.submodules.net = net = self.net
        m.submodules.feed = feed = self.feed
        m.submodules.reorder = reorder = self.reorder
        m.submodules.book = book = self.book
        m.submodules.link = link = self.link

        # Data path.
        connect(m, flipped(self.rx), net.i)
        for block in (feed, reorder):
            m.d.comb += [getattr(block.i, name).eq(getattr(net.o, name)) for name in net.o.signature.members]
        connect(m, reorder.o, net.again)
        connect(m, feed.o, book.i)
        connect(m, book.record, link.record)
        connect(m, link.ring, flipped(self.ring))

        # Host.
        connect(m, flipped(self.bus), link.bus)
        connect(m, link.inject, feed.inject)
        connect(m, feed.notice, link.notice)
        connect(m, link.config, book.config)
        cycles = Signal(64)
        m.d.sync += cycles.eq(cycles + 1)
        m.d.comb += [
            book.cycles.eq(cycles), link.cycles.eq(cycles),
            net.channel.eq(link.channel), net.hold.eq(link.hold), net.enable.eq(link.enable),
            reorder.enable.eq(link.reorder), reorder.resync.eq(link.resync),
            *(getattr(reorder, name).eq(getattr(feed, name)) for name in ("ahead", "progress")),
            *(getattr(feed, name).eq(getattr(link, name))
              for name in ("gap_packets", "gap_cycles", "silence_cycles", "resync", "seq_set", "clear")),
            *(getattr(book, name).eq(getattr(feed, name)) for name in ("stale", "suspect", "feed_error")),
            book.clear.eq(link.clear), book.select.eq(link.select),
            link.select_state.eq(book.select_state), link.select_locate.eq(book.select_locate),
            link.expected.eq(feed.expected), link.highest.eq(feed.highest)]

        if self.gate is None:
            m.d.comb += [getattr(link.risk_status, name).eq(1) for name in ("killed", "lost", "locked")]
        else:
            self._connect_gate(m, cycles)

        # Status and counters.
        m.d.comb += [
            self.health.alive.eq(feed.session_known & ~feed.silent), self.health.stale.eq(feed.stale),
            link.status.clearing.eq(book.clearing), link.status.hold.eq(net.hold_active),
            link.status.session.eq(feed.session_known),
            *(link.status[name].eq(getattr(feed, name))
              for name in ("gap", "stale", "silent", "suspect", "ended", "feed_error")),
            *(link.events[name].eq(getattr(self, owner).events[name.removeprefix("risk_") if owner == "gate" else name])
              for name, owner in self._sources.items() if owner != "link" and getattr(self, owner) is not None)]
        return m

    def _connect_gate(self, m, cycles):
        """Put the risk gate between its side of the link and the book."""
        gate, link = self.gate, self.gate_link
        m.submodules.gate = DomainRenamer({"sync": "risk", "always": "sync"})(gate) if self.resting else gate
        m.submodules.gate_link = link
        connect(m, self.link.risk, link.registers)
        connect(m, link.slots, gate.i)
        connect(m, gate.o, link.verdicts)
        connect(m, link.ring, flipped(self.verdicts))
        status = self.link.risk_status
        m.d.comb += [
            *(getattr(link, name).eq(getattr(self.bus, name)) for name in ("addr", "w_en", "w_data")),
            gate.now.eq(cycles), gate.stir.eq(self.bus.w_en), link.shown.eq(gate.shown),
            *(getattr(gate, name).eq(getattr(self.book, name))
              for name in ("touch", "trade", "forget", "live", "trading", "short_restricted")),
            *(getattr(gate, name).eq(getattr(link, name))
              for name in ("admin", "beat", "show", "show_account", "show_symbol")),
            self.health.killed.eq(gate.killed | gate.lost),
            status.killed.eq(gate.killed), status.lost.eq(gate.lost), status.locked.eq(link.locked),
            status.account_kills.eq(gate.account_kills.any()), status.symbol_kills.eq(gate.symbol_kills.any())]
        if self.resting:
            m.d.comb += self.risk_awake.eq(gate.awake)
