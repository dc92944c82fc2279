"""The link to the host over Ethernet. Here blocks are only made and connected."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from gateware.hostlink.etherbone import EVENTS as ETHERBONE_EVENTS
from gateware.hostlink.etherbone import Etherbone
from gateware.hostlink.keeper import Keeper
from gateware.hostlink.registers import LinkRegisters
from gateware.hostlink.words import VERDICT_WORDS, EventWords, VerdictWords
from gateware.interfaces import FrameStream, RegisterBus, RingWrite
from gateware.link.verdicts import VerdictWrite
from gateware.net.ip.inbox import Inbox
from gateware.net.ip.merge import Merge
from gateware.net.ip.udp import ADDRESSES, PAYLOAD_WORD, UdpSend
from gateware.net.mac.mac import EVENTS as MAC_EVENTS
from gateware.net.mac.split import SendStream
from wire.hostlink import MAC_COUNTERS, Ring
from wire.records import HEADER_BYTES, LEVEL_BYTES

__all__ = ["HostLink"]

_WORD_BYTES = 8


class HostLink(wiring.Component):
    """Gives the host the device's pages as Etherbone, and the records of its rings as datagrams (wire/hostlink.py).

    Latency, throughput, overflow, errors and reset: of the blocks, gateware/net/ip/{inbox,merge,udp}.py,
    gateware/hostlink/{etherbone,registers,keeper,words}.py. Answers, verdicts and events are sent in turn.

    Members
    -------
    i : frames
    mac, ip, port : addresses of this station
    host : IP address of the host; 0: nobody may write
    bus : the device's pages
    ring, verdicts : the device's writes to ring memory; the latter only if the profile has a risk gate
    mac_events, status : of port 0's MAC, to be counted; what STATUS shows
    o : frames
    """

    def __init__(self, *, profile):
        self.profile, self.kept = profile, profile.kept
        self._event_words = -(-(HEADER_BYTES + 2 * profile.levels * LEVEL_BYTES) // _WORD_BYTES)
        super().__init__({
            "i": In(FrameStream), "mac": In(48), "ip": In(32), "port": In(16), "host": In(32), "bus": Out(RegisterBus),
            "ring": In(RingWrite), **({"verdicts": In(VerdictWrite)} if profile.accounts else {}),
            "mac_events": In(MAC_EVENTS), "status": In(32), "o": Out(SendStream)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.inbox = inbox = Inbox()
        m.submodules.etherbone = etherbone = Etherbone()
        m.submodules.events = events = Keeper(ring=Ring.EVENTS, words=self._event_words, kept=self.kept)
        m.submodules.event_words = event_words = EventWords(words=self._event_words, kept=self.kept)
        connect(m, flipped(self.ring), event_words.i)
        connect(m, event_words.o, events.i)
        keepers, lost = [events], events.overrun
        if self.profile.accounts:
            m.submodules.verdicts = verdicts = Keeper(ring=Ring.VERDICTS, words=VERDICT_WORDS, kept=self.kept)
            m.submodules.verdict_words = verdict_words = VerdictWords(kept=self.kept)
            connect(m, flipped(self.verdicts), verdict_words.i)
            connect(m, verdict_words.o, verdicts.i)
            keepers, lost = [events, verdicts], events.overrun | verdicts.overrun | verdict_words.lost
        safe = [keeper.safe for keeper in keepers] + [0] * (len(Ring) - len(keepers))
        m.submodules.registers = registers = LinkRegisters(kept=tuple(safe))
        m.submodules.merge = merge = Merge(PAYLOAD_WORD, inputs=1 + len(keepers))
        m.submodules.send = send = UdpSend()

        connect(m, flipped(self.i), inbox.i)
        connect(m, etherbone.bus, flipped(self.bus))
        connect(m, etherbone.link, registers.bus)
        connect(m, merge.o, send.i)
        connect(m, send.o, flipped(self.o))
        for sender, place in zip((etherbone, *keepers), merge.i, strict=True):
            connect(m, sender.o, place)
        for keeper, ring in zip(keepers, Ring, strict=False):
            m.d.comb += [
                keeper.stream.eq(registers.stream), keeper.resend.eq(registers.resend[ring]),
                registers.last[ring].eq(keeper.last)]
        m.d.comb += [
            merge.free.eq(send.i.ready),
            *(getattr(inbox, name).eq(getattr(self, name)) for name in ("mac", "ip", "port")),
            *(send.source[name].eq(getattr(self, name)) for name in ("mac", "ip", "port")),
            etherbone.valid.eq(inbox.valid), etherbone.i.eq(inbox.o), etherbone.word.eq(inbox.word),
            inbox.index.eq(etherbone.index), inbox.done.eq(etherbone.done), etherbone.host.eq(self.host),
            *(registers.events[name].eq(etherbone.events[name]) for name in ETHERBONE_EVENTS.members),
            *(registers.events[name].eq(inbox.events[name]) for name in ("dropped", "checksum")),
            *(registers.events[name].eq(Cat(self.mac_events[event] for event in events).any())
              for name, events, _ in MAC_COUNTERS),
            registers.events.overruns.eq(lost), registers.status.eq(self.status)]

        # To whom: answers to who asked, records to who last asked for them. It is settled with a payload's first word.
        subscriber, begins = Signal(ADDRESSES), Signal(init=1)
        with m.If(registers.streams):
            m.d.sync += subscriber.eq(etherbone.asker)
        receiver = Mux(merge.chosen == 0, etherbone.asker.as_value(), subscriber.as_value())
        with m.If(send.i.valid & send.i.ready):
            m.d.sync += begins.eq(send.i.payload.last)
            with m.If(begins):
                m.d.sync += send.destination.eq(receiver)
        return m
