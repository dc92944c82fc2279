# Ref: RFC 768; RFC 791, section 3.1; RFC 1071 (sums)
"""Datagrams out. Those that come in are taken by gateware/net/net.py, with hold, from a channel of the station's."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from gateware.net.ip import patterns
from gateware.net.mac.split import SendStream
from gateware.ram import Ram
from wire import ethernet, ipv4, udp

__all__ = ["MAX_BYTES", "PAYLOAD_WORD", "ADDRESSES", "UdpSend"]

WORD_BYTES = 8
#: Bytes of headers before the payload, and the most that a payload may have.
_HEADERS = patterns.UDP_PAYLOAD
MAX_BYTES = ethernet.MAX_PAYLOAD - ipv4.HEADER.size - udp.HEADER.size
TIME_TO_LIVE = 64
#: Words of a payload; ``count`` is the number of valid bytes, 1..8; it is 8 on all but the last word.
PAYLOAD_WORD = data.StructLayout({"data": 64, "last": 1, "count": 4})
#: One end of a datagram.
ADDRESSES = data.StructLayout({"mac": 48, "ip": 32, "port": 16})


class UdpSend(wiring.Component):
    """Keeps a payload until it is whole, and sends it in a datagram with checksum, without options, in one piece.

    Latency: the frame's first word is on ``o`` 15 cycles after the payload's last on ``i``. Throughput: one datagram at
    a time, a word of its frame every three cycles; ``i`` waits meanwhile. So a core below 50 MHz is too slow for the
    MAC's line. Overflow: a payload of more than 1472 bytes is dropped, and ``too_long`` strobes at its end. Reset
    forgets the payload and cuts the frame.

    Members
    -------
    i : payloads
    source, destination : from where and to where; not to change between a payload's last word and its frame's
    o : frames
    too_long : strobe
    """

    i: In(stream.Signature(PAYLOAD_WORD))
    source: In(ADDRESSES)
    destination: In(ADDRESSES)
    o: Out(SendStream)
    too_long: Out(1)

    def elaborate(self, platform):
        m = Module()
        words = -(-MAX_BYTES // WORD_BYTES)
        m.submodules.ram = ram = Ram(width=64, depth=1 << words.bit_length())
        word, out = self.i.payload, self.o.payload

        # The sums, of which the complement is sent: of the payload four halves a word, then of the headers one a cycle.
        stored, length = Signal(range(words + 2)), Signal(range(MAX_BYTES + WORD_BYTES + 1))
        partial = [Signal(17, name=f"partial{n}") for n in range(2)]
        payload_sum, header_sum = Signal(27), Signal(20)
        halves = []
        for n in range(0, WORD_BYTES, 2):
            upper, lower = (Mux(word.count > n + k, word.data.word_select(n + k, 8), 0) for k in range(2))
            halves.append(Cat(lower, upper))
        ip_length, udp_length = Signal(16), Signal(16)
        total = Signal(range(_HEADERS + MAX_BYTES))
        m.d.sync += [
            ip_length.eq(length + (_HEADERS - patterns.IP)), udp_length.eq(length + udp.HEADER.size),
            total.eq(length + (_HEADERS - 1))]
        kind = ipv4.Protocol.UDP
        own, peer = self.source, self.destination
        addresses = (own.ip[16:], own.ip[:16], peer.ip[16:], peer.ip[:16])
        version = ipv4.VERSION << 4 | ipv4.HEADER.size // 4
        ip_halves = (version << 8, ip_length, ipv4.FLAG_DONT_FRAGMENT, TIME_TO_LIVE << 8 | kind, 0, *addresses)
        udp_halves = (kind, udp_length, udp_length, own.port, peer.port, *addresses)
        step = Signal(range(len(ip_halves) + 3))
        ip_half, udp_half = Signal(16), Signal(16)
        with m.Switch(step):
            for n, (ip_value, udp_value) in enumerate(zip(ip_halves, udp_halves, strict=True)):
                with m.Case(n + 1):
                    m.d.comb += [ip_half.eq(ip_value), udp_half.eq(udp_value)]
        checksums = [Signal(16, name=name) for name in ("ip_checksum", "udp_checksum")]

        def folded(value):
            return value[:16] + value[16:]

        # The frame: headers word by word, then the payload, two bytes further on than it was stored.
        headers = patterns.fields(
            ethernet.HEADER, 0, destination=peer.mac, source=own.mac, ethertype=ethernet.EtherType.IPV4)
        headers |= patterns.fields(
            ipv4.HEADER, patterns.IP, version_length=version, service=0, total_length=ip_length, identification=0,
            flags_fragment=ipv4.FLAG_DONT_FRAGMENT, ttl=TIME_TO_LIVE, protocol=kind, checksum=checksums[0],
            source=own.ip, destination=peer.ip)
        headers |= patterns.fields(
            udp.HEADER, patterns.UDP, source_port=own.port, destination_port=peer.port, length=udp_length)
        begin, behind = divmod(_HEADERS, WORD_BYTES)
        sent, fetched, last_sent = Signal(range(begin + words + 1)), Signal(), Signal()
        carried, here = Signal(8 * behind), Signal(64)
        with m.Switch(sent):
            for n in range(begin):
                with m.Case(n):
                    m.d.comb += here.eq(Cat(headers[WORD_BYTES * n + lane][0] for lane in range(WORD_BYTES)))
            with m.Default():
                m.d.comb += here.eq(Cat(carried, ram.r_data))
        m.d.comb += [
            ram.w_addr.eq(stored), ram.w_data.eq(word.data), ram.r_addr.eq(sent - begin),
            last_sent.eq(sent == total[3:])]

        with m.FSM():
            with m.State("Store"):
                m.d.comb += self.i.ready.eq(1)
                m.d.sync += [sent.eq(0), fetched.eq(0), step.eq(0), header_sum.eq(0)]
                m.d.sync += [sum_.eq(0) for sum_ in partial]
                m.d.sync += payload_sum.eq(payload_sum + partial[0] + partial[1])
                with m.If(self.i.valid):
                    m.d.comb += ram.w_en.eq(stored <= words)
                    m.d.sync += [partial[0].eq(halves[0] + halves[1]), partial[1].eq(halves[2] + halves[3])]
                    with m.If(length <= MAX_BYTES):
                        m.d.sync += [length.eq(length + word.count), stored.eq(stored + 1)]
                    with m.If(word.last):
                        m.next = "Sum"
            with m.State("Sum"):
                m.d.sync += [step.eq(step + 1), header_sum.eq(header_sum + ip_half)]
                m.d.sync += [sum_.eq(0) for sum_ in partial]
                m.d.sync += payload_sum.eq(payload_sum + Mux(step == 0, partial[0] + partial[1], udp_half))
                with m.If(length > MAX_BYTES):
                    m.d.comb += self.too_long.eq(1)
                    m.d.sync += [length.eq(0), stored.eq(0), payload_sum.eq(0)]
                    m.next = "Store"
                with m.Elif(step == len(ip_halves)):
                    m.next = "Fold"
            with m.State("Fold"):
                m.d.sync += [header_sum.eq(folded(header_sum)), payload_sum.eq(folded(payload_sum))]
                m.next = "Fold Again"
            with m.State("Fold Again"):
                ends = folded(header_sum)[:16], folded(payload_sum)[:16]
                m.d.sync += [
                    checksums[0].eq(~ends[0]), checksums[1].eq(Mux(ends[1] == 0xFFFF, 0xFFFF, ~ends[1]))]
                m.next = "Fetch"
            with m.State("Fetch"):
                with m.If(sent == 0):
                    m.d.sync += carried.eq(Cat(checksums[1][8:], checksums[1][:8]))
                m.next = "Load"
            with m.State("Load"):
                m.d.sync += [
                    self.o.valid.eq(1), out.data.eq(here), out.first.eq(sent == 0), out.last.eq(last_sent),
                    out.count.eq(Mux(last_sent, total[:3] + 1, WORD_BYTES))]
                m.next = "Send"
            with m.State("Send"):
                with m.If(self.o.ready):
                    m.d.sync += [self.o.valid.eq(0), sent.eq(sent + 1)]
                    with m.If(sent >= begin):
                        m.d.sync += carried.eq(ram.r_data[64 - 8 * behind:])
                    m.next = "Fetch"
                    with m.If(out.last):
                        m.d.sync += [length.eq(0), stored.eq(0), payload_sum.eq(0)]
                        m.next = "Store"
        return m
