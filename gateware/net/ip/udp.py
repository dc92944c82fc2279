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
#: Words of a payload; ``count`` is the number of valid bytes, 1..8; it is 8 on all but the last word. Bytes beyond it
#: are 0.
PAYLOAD_WORD = data.StructLayout({"data": 64, "last": 1, "count": 4})
#: One end of a datagram.
ADDRESSES = data.StructLayout({"mac": 48, "ip": 32, "port": 16})


class UdpSend(wiring.Component):
    """Keeps a payload until it is whole, and sends it in a datagram with checksum, without options, in one piece.

    Latency: the frame's first word is on ``o`` 9 cycles after the payload's last on ``i``. Throughput: one datagram at
    a time, a word of its frame every two cycles; ``i`` waits meanwhile. So a core below 31.25 MHz is too slow for the
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
        begin, behind = divmod(_HEADERS, WORD_BYTES)
        words = begin + MAX_BYTES // WORD_BYTES + 2
        m.submodules.ram = ram = Ram(width=64, depth=1 << words.bit_length())
        word, out = self.i.payload, self.o.payload
        own, peer = self.source, self.destination

        # The last byte's place in the frame, so far. A word of the payload is stored at the place of that word of the
        # frame in which it begins, ``behind`` bytes further on.
        total, ip_length, udp_length = Signal(range(_HEADERS + MAX_BYTES + WORD_BYTES)), Signal(16), Signal(16)
        m.d.sync += [ip_length.eq(total - (patterns.IP - 1)), udp_length.eq(total - (patterns.UDP - 1))]
        sent = Signal(range(words))
        m.d.comb += [ram.w_addr.eq(total[3:]), ram.w_data.eq(word.data), ram.r_addr.eq(sent)]

        # The header's sum, of which the complement is sent: what is fixed for a station, the peer, and the length.
        kind, version = ipv4.Protocol.UDP, ipv4.VERSION << 4 | ipv4.HEADER.size // 4
        service = (version << 8) + ipv4.FLAG_DONT_FRAGMENT + (TIME_TO_LIVE << 8 | kind) - (patterns.IP - 1)
        peer_sum, station_sum, header_sum, header_fold = Signal(17), Signal(19), Signal(19), Signal(17)
        ip_checksum = Signal(16)

        def folded(value):
            return value[:16] + value[16:]

        m.d.sync += [
            peer_sum.eq(folded(peer.ip)), station_sum.eq(peer_sum + (folded(own.ip) + service)),
            header_sum.eq(station_sum + total), header_fold.eq(folded(header_sum)),
            ip_checksum.eq(~folded(header_fold)[:16])]

        # The datagram's: four halves a word, then what it has more than the header. All of it modulo 0xffff.
        more = (kind - 2 * (patterns.UDP - 1) - service) % 0xFFFF
        pairs, addend, sum_, ports = [Signal(17, name=f"pair{n}") for n in range(2)], Signal(19), Signal(27), Signal(18)
        halves = [Cat(word.data.word_select(n + 1, 8), word.data.word_select(n, 8)) for n in range(0, WORD_BYTES, 2)]
        m.d.sync += [pair.eq(0) for pair in pairs]
        step = Signal(range(5))
        with m.Switch(step):
            for n, value in enumerate((pairs[0] + pairs[1], ports, total, header_sum)):
                with m.Case(n):
                    m.d.sync += addend.eq(value)
            with m.Default():
                m.d.sync += addend.eq(0)
        m.d.sync += [ports.eq(peer.port + (own.port + more)), sum_.eq(sum_ + addend)]

        # The frame: headers word by word, then the payload.
        carried, here, last_sent = Signal(8 * behind), Signal(64), Signal()
        headers = patterns.fields(
            ethernet.HEADER, 0, destination=peer.mac, source=own.mac, ethertype=ethernet.EtherType.IPV4)
        headers |= patterns.fields(
            ipv4.HEADER, patterns.IP, version_length=version, service=0, total_length=ip_length, identification=0,
            flags_fragment=ipv4.FLAG_DONT_FRAGMENT, ttl=TIME_TO_LIVE, protocol=kind, checksum=ip_checksum,
            source=own.ip, destination=peer.ip)
        headers |= patterns.fields(
            udp.HEADER, patterns.UDP, source_port=own.port, destination_port=peer.port, length=udp_length)
        with m.Switch(sent):
            for n in range(begin):
                with m.Case(n):
                    m.d.comb += here.eq(Cat(headers[WORD_BYTES * n + lane][0] for lane in range(WORD_BYTES)))
            with m.Default():
                m.d.comb += here.eq(Cat(carried, ram.r_data))
        m.d.comb += last_sent.eq(sent == total[3:])

        with m.FSM():
            with m.State("Begin"):
                m.d.sync += [total.eq(_HEADERS - 1), sum_.eq(0), sent.eq(0), step.eq(0)]
                m.next = "Store"
            with m.State("Store"):
                m.d.comb += self.i.ready.eq(1)
                with m.If(self.i.valid):
                    m.d.comb += ram.w_en.eq(1)
                    m.d.sync += [pairs[0].eq(halves[0] + halves[1]), pairs[1].eq(halves[2] + halves[3])]
                    with m.If(total < _HEADERS + MAX_BYTES):
                        m.d.sync += total.eq(total + word.count)
                    with m.If(word.last):
                        m.next = "Sum"
            with m.State("Sum"):
                m.d.sync += step.eq(step + 1)
                with m.If(total >= _HEADERS + MAX_BYTES):
                    m.d.comb += self.too_long.eq(1)
                    m.d.sync += step.eq(0)
                    m.next = "Begin"
                with m.Elif(step == 4):
                    m.d.sync += step.eq(step)
                    m.next = "Fold"
            with m.State("Fold"):
                m.d.sync += sum_.eq(folded(sum_))
                m.next = "Fold Again"
            with m.State("Fold Again"):
                checksum = Signal(16)
                m.d.comb += checksum.eq(~folded(sum_)[:16])
                m.d.sync += carried.eq(Mux(checksum == 0, 0xFFFF, Cat(checksum[8:], checksum[:8])))
                m.next = "Load"
            with m.State("Load"):
                m.d.sync += [
                    self.o.valid.eq(1), out.data.eq(here), out.first.eq(sent == 0), out.last.eq(last_sent),
                    out.count.eq(Mux(last_sent, total[:3] + 1, WORD_BYTES)), sent.eq(sent + 1)]
                with m.If(sent >= begin):
                    m.d.sync += carried.eq(ram.r_data[64 - 8 * behind:])
                m.next = "Send"
            with m.State("Send"):
                with m.If(self.o.ready):
                    m.d.sync += self.o.valid.eq(0)
                    m.next = "Load"
                    with m.If(out.last):
                        m.next = "Begin"
        return m
