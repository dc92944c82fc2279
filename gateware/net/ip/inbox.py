# Ref: RFC 768; RFC 791, section 3.1; RFC 1071 (sums)
"""Datagrams in, for one port of the station."""

from amaranth.hdl import C, Cat, Module, Mux, Signal
from amaranth.lib import data, fifo, wiring
from amaranth.lib.wiring import In, Out

from gateware.interfaces import FRAME_WORD, FrameStream
from gateware.net.checksum import InternetChecksum
from gateware.net.ip import patterns
from gateware.net.ip.udp import ADDRESSES, MAX_BYTES
from gateware.ram import Ram
from wire import ipv4, udp

__all__ = ["EVENTS", "READ_LATENCY", "DATAGRAM", "Inbox"]

WORD_BYTES = patterns.WORD_BYTES
#: Cycles from ``index`` to its ``word``.
READ_LATENCY = 2
#: Datagrams that can wait.
WAITING = 4
#: ``taken``: datagrams that were kept. ``dropped``: good ones that found no room. ``checksum``: wrong checksum.
EVENTS = data.StructLayout({"taken": 1, "dropped": 1, "checksum": 1})
#: Who sent a datagram, and the bytes of its payload.
DATAGRAM = data.StructLayout({"source": ADDRESSES, "bytes": range(MAX_BYTES + 1)})

_HALVES = (patterns.IP + ipv4.HEADER.size + udp.HEADER.size + MAX_BYTES) // 2 + 1
#: Words of a frame with something of a header in them, and the last of these.
_HEADER_WORDS = -(-patterns.UDP_PAYLOAD // WORD_BYTES)
_LAST_HEADER = _HEADER_WORDS - 1
_BEHIND = patterns.UDP_PAYLOAD % WORD_BYTES


def _number(word, offset, size):
    """Return the big-endian number at byte ``offset`` of the frame of which ``word`` holds that part."""
    lane = offset % WORD_BYTES
    return Cat(word.word_select(lane + size - 1 - n, 8) for n in range(size))


class Inbox(wiring.Component):
    """Keeps the payloads of datagrams to this station's ``port`` whose frames proved good, until they were read.

    A datagram has neither VLAN tag nor IP options, is whole, has consistent lengths, right checksums (UDP may have
    none) and up to 1472 bytes. Others leave no trace.

    The oldest is offered on ``o``; ``word`` gives its payload, 32 bits of it at a time, first byte uppermost; beyond
    its end ``word`` is arbitrary. ``done`` gives it up, and the next is offered, two cycles later at the earliest.

    Latency: a datagram is on ``o`` 5 cycles after its frame's last word on ``i``; ``word`` is that of ``index``
    READ_LATENCY cycles later. Throughput: a word of a frame a cycle, without pauses. Overflow: a datagram that finds
    4 before it, or less room than it needs in ``8 * depth`` bytes, is dropped and counted. Errors: frames in error are
    forgotten. Reset forgets all.

    Members
    -------
    i : frames
    mac, ip, port : addresses of this station
    valid, o : a datagram is there; who sent it
    index, word : read port
    done : strobe, only while ``valid``
    events : strobes
    """

    def __init__(self, *, depth: int = 512):
        if depth < 256 or depth & (depth - 1):
            raise ValueError(f"depth must be a power of 2 of at least 256, not {depth}")
        self.depth = depth
        super().__init__({
            "i": In(FrameStream), "mac": In(48), "ip": In(32), "port": In(16),
            "valid": Out(1), "o": Out(DATAGRAM), "index": In(range(MAX_BYTES // 4 + 1)), "word": Out(32),
            "done": In(1), "events": Out(EVENTS)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.ram = ram = Ram(width=8 * WORD_BYTES, depth=self.depth)
        m.submodules.waiting = waiting = fifo.SyncFIFO(width=DATAGRAM.size, depth=WAITING)
        tail, head = Signal(range(2 * self.depth)), Signal(range(2 * self.depth))

        # A word, its place in the frame, and what is left of the IP packet where it begins.
        word, valid, place = Signal(FRAME_WORD), Signal(), Signal(8)
        left = Signal(16)
        m.d.sync += [word.eq(self.i.p), valid.eq(self.i.valid)]
        with m.If(self.i.valid):
            m.d.sync += place.eq(Mux(self.i.p.first, 0, place + ~place.all()))
        total = _number(word.data, patterns.IP_LENGTH, 2)
        total_at = patterns.IP_LENGTH // WORD_BYTES
        with m.If(valid):
            with m.If(place == total_at):
                seen = (total_at + 1) * WORD_BYTES - patterns.IP
                m.d.sync += left.eq(Mux(total > seen, total - seen, 0))
            with m.Else():
                m.d.sync += left.eq(Mux(left > WORD_BYTES, left - WORD_BYTES, 0))

        # What it says of itself, and whether it is for us.
        wanted = patterns.to_station(self.mac) | patterns.datagram(self.ip, self.port)
        agrees, ours = Signal(), Signal()
        with m.Switch(place):
            for n in range(_HEADER_WORDS):
                with m.Case(n):
                    m.d.comb += agrees.eq(patterns.agrees(word.data, n, wanted))
            with m.Default():
                m.d.comb += agrees.eq(1)
        source, length, udp_length = Signal(ADDRESSES), Signal(16), Signal(16)
        no_sum = Signal()
        takes = ((source.mac, patterns.ETHERNET_SOURCE), (source.ip, patterns.IP_SOURCE),
                 (source.port, patterns.UDP_SOURCE), (length, patterns.IP_LENGTH), (udp_length, patterns.UDP_LENGTH))
        with m.If(valid):
            m.d.sync += ours.eq(agrees & (ours | word.first))
            for value, offset in takes:
                size = len(value) // 8
                for n in range(size):
                    at, lane = divmod(offset + n, WORD_BYTES)
                    with m.If(place == at):
                        m.d.sync += value.word_select(size - 1 - n, 8).eq(word.data.word_select(lane, 8))
            with m.If(place == patterns.UDP_CHECKSUM // WORD_BYTES):
                m.d.sync += no_sum.eq(~_number(word.data, patterns.UDP_CHECKSUM, 2).any())

        # The sums, of halves as they lie in the word. Of the pseudo header, the addresses come by themselves; the
        # protocol and the length, which is that of the packet less its header's, are the seed.
        m.submodules.ip_sum = ip_sum = InternetChecksum(limit=ipv4.HEADER.size // 2)
        m.submodules.udp_sum = udp_sum = InternetChecksum(limit=_HALVES)
        pseudo = Signal(16)
        m.d.comb += [
            pseudo.eq(length + (ipv4.Protocol.UDP - ipv4.HEADER.size)), udp_sum.seed.eq(Cat(pseudo[8:], pseudo[:8]))]
        for sums, begin, end in ((ip_sum, patterns.IP, patterns.UDP), (udp_sum, patterns.IP_SOURCE, None)):
            first = begin // WORD_BYTES
            m.d.comb += [sums.i.start.eq(place == first), sums.i.valid.eq(
                valid & (place >= first) & (C(1) if end is None else place <= (end - 1) // WORD_BYTES))]
            for n, half in enumerate(sums.i.halves):
                for byte in range(2):
                    lane = 2 * n + byte
                    counts = (place != first) | (lane >= begin % WORD_BYTES)
                    counts &= left > lane if end is None else (place != end // WORD_BYTES) | (lane < end % WORD_BYTES)
                    m.d.comb += half[8 * byte:8 * byte + 8].eq(Mux(counts, word.data.word_select(lane, 8), 0))

        # Store the payload from its first byte on; the last word's rest goes in a cycle later.
        kept, room = Signal(8 * (WORD_BYTES - _BEHIND)), Signal(range(self.depth + 1))
        flush, stores, fits, crowded = Signal(), Signal(), Signal(), Signal()
        at, rest_at = Signal.like(place), Signal.like(place)
        m.d.sync += room.eq(self.depth - (tail - head)[:len(tail)])
        m.d.comb += [
            stores.eq(valid & (place >= _HEADER_WORDS)), at.eq(Mux(flush, rest_at, place - _HEADER_WORDS)),
            fits.eq(at < room)]
        m.d.sync += [
            ram.w_addr.eq(tail + at), ram.w_data.eq(Cat(kept, word.data)), ram.w_en.eq((stores | flush) & fits)]
        m.d.sync += flush.eq(valid & word.last & (place >= _LAST_HEADER))
        with m.If(valid):
            m.d.sync += [kept.eq(word.data[8 * _BEHIND:]), rest_at.eq(place - _LAST_HEADER)]
            m.d.sync += crowded.eq(~word.first & (crowded | (stores & ~fits)))

        # Judge it when the sums are there.
        ended = Signal(3)
        whole, subject, unsummed, stored = Signal(), Signal(DATAGRAM), Signal(), Signal()
        complete = ~word.error & (place >= _LAST_HEADER) & (left <= word.count)
        m.d.sync += ended.eq(Cat(valid & word.last & complete, ended))
        with m.If(ended[0]):
            m.d.sync += [
                whole.eq(ours & (udp_length + ipv4.HEADER.size == length) & (udp_length >= udp.HEADER.size)
                         & (udp_length <= MAX_BYTES + udp.HEADER.size)),
                subject.source.eq(source), subject.bytes.eq(udp_length - udp.HEADER.size), unsummed.eq(no_sum),
                stored.eq(~crowded & fits)]
        good, summed, fitted = Signal(), Signal(), Signal()
        m.d.comb += [
            good.eq(ended[2] & whole), summed.eq(ip_sum.holds & (udp_sum.holds | unsummed)),
            fitted.eq(waiting.w_rdy & stored),
            waiting.w_en.eq(good & summed & fitted), waiting.w_data.eq(subject)]
        m.d.sync += [
            self.events.taken.eq(waiting.w_en), self.events.dropped.eq(good & summed & ~fitted),
            self.events.checksum.eq(good & ~summed)]

        def words(size):
            return (size + (WORD_BYTES - 1)) >> 3

        with m.If(waiting.w_en):
            m.d.sync += tail.eq(tail + words(subject.bytes))

        # Give it out.
        oldest, half = Signal(DATAGRAM), Signal()
        m.d.comb += [
            oldest.eq(waiting.r_data), self.o.eq(oldest), self.valid.eq(waiting.r_rdy), waiting.r_en.eq(self.done),
            ram.r_addr.eq(head + self.index[1:])]
        with m.If(self.done):
            m.d.sync += head.eq(head + words(oldest.bytes))
        m.d.sync += [half.eq(self.index[0]), self.word.eq(_number(ram.r_data.word_select(half, 32), 0, 4))]
        return m
