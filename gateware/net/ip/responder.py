# Ref: RFC 826 (ARP); RFC 1122, section 3.2.2.6 (echo); RFC 1624 (checksum of a changed packet)
"""Answers to ARP requests and pings."""

from amaranth.hdl import C, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from gateware.interfaces import FRAME_WORD, FrameStream
from gateware.net.ip import patterns
from gateware.net.mac.split import SendStream
from gateware.ram import Ram
from wire import ethernet, icmp

__all__ = ["EVENTS", "Responder"]

WORD_BYTES = 8
#: ``arp``, ``echo``: requests that are answered. ``busy``: requests dropped while another was answered.
EVENTS = data.StructLayout({"arp": 1, "echo": 1, "busy": 1})


class Responder(wiring.Component):
    """Keeps a request until its frame proves good, and sends it back with the bytes changed that make it an answer.

    An ARP request for ``ip`` may come to all stations or to this one, an echo to this one alone; it must be IPv4
    without options and in one piece. No checksum of a request is checked but the FCS, by the MAC: what was wrong stays
    wrong in the answer, and who asked will see it.

    Latency: the answer's first word is on ``o`` 4 cycles after the request's last on ``i``. Throughput: one answer at a
    time, a word of it every two cycles. Overflow: a request that comes before the answer to the one before was sent is
    dropped and counted, one of more than ``8 * depth`` bytes is dropped. Errors: frames in error are forgotten. Reset
    forgets the request and cuts the answer.

    Members
    -------
    i : frames
    mac, ip : addresses of this station; to change while a request comes gives an arbitrary answer to it
    o : answers
    events : strobes
    """

    def __init__(self, *, depth: int = 256):
        if depth < 8 or depth & (depth - 1):
            raise ValueError(f"depth must be a power of 2 of at least 8, not {depth}")
        self.depth = depth
        super().__init__({
            "i": In(FrameStream), "mac": In(48), "ip": In(32), "o": Out(SendStream), "events": Out(EVENTS)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.ram = ram = Ram(width=FRAME_WORD["data"].width, depth=self.depth)
        word = self.i.p
        # ``held``: the memory belongs to an answer, from the cycle on in which its request is judged.
        answering, claimed, held = Signal(), Signal(), Signal()
        m.d.comb += held.eq(answering | claimed)

        # Store the frame, and compare it with what asks for an answer.
        index, at = Signal(range(self.depth + 1)), Signal(range(self.depth + 1))
        m.d.comb += at.eq(Mux(word.first, 0, index))
        with m.If(self.i.valid):
            m.d.sync += index.eq(at + (at != self.depth))
        requests = {
            "ours": patterns.to_station(self.mac), "all": patterns.to_station(ethernet.BROADCAST),
            "arp": patterns.arp_request(self.ip), "echo": patterns.echo_request(self.ip)}
        kept, seen = Signal(data.StructLayout(dict.fromkeys(requests, 1))), Signal(len(requests))
        looked = -(-patterns.LONGEST // WORD_BYTES)
        for bit, request in zip(seen, requests.values(), strict=True):
            with m.Switch(at):
                for n in range(looked):
                    with m.Case(n):
                        m.d.comb += bit.eq(patterns.agrees(word.data, n, request))
                with m.Default():
                    m.d.comb += bit.eq(1)
        kept_bits = kept.as_value()
        with m.If(self.i.valid):
            m.d.sync += kept_bits.eq(seen & (kept_bits | Mux(word.first, C(-1, len(requests)), 0)))
        m.d.sync += [
            ram.w_en.eq(self.i.valid & ~held & (at != self.depth)), ram.w_addr.eq(at), ram.w_data.eq(word.data)]

        # What an answer takes from its request.
        mac, arp_mac = Signal(48), Signal(48)
        ip, arp_ip, checksum = Signal(32), Signal(32), Signal(16)
        takes = ((mac, ethernet.HEADER.field("source").offset), (arp_mac, patterns.ARP_SENDER_MAC),
                 (ip, patterns.IP_SOURCE), (arp_ip, patterns.ARP_SENDER_IP), (checksum, patterns.ECHO_CHECKSUM))
        with m.If(self.i.valid & ~held):
            for value, offset in takes:
                size = len(value) // 8
                for n in range(size):
                    place, lane = divmod(offset + n, WORD_BYTES)
                    with m.If(at == place):
                        m.d.sync += value.word_select(size - 1 - n, 8).eq(word.data.word_select(lane, 8))

        # Judge it behind its last word.
        whole, ended, stored = Signal(), Signal(), Signal()
        last_index, last_count, is_arp = Signal(range(self.depth)), Signal(4), Signal()
        with m.If(self.i.valid):
            m.d.sync += stored.eq(~held & (word.first | stored))
        m.d.sync += [
            ended.eq(self.i.valid & word.last),
            whole.eq(~word.error & (at >= looked - 1) & (at != self.depth))]
        with m.If(self.i.valid & ~held):
            m.d.sync += [last_index.eq(at), last_count.eq(word.count)]
        asks_arp, asks_echo = Signal(), Signal()
        m.d.comb += [
            asks_arp.eq(ended & whole & kept.arp & (kept.ours | kept.all)),
            asks_echo.eq(ended & whole & kept.echo & kept.ours)]
        m.d.comb += claimed.eq((asks_arp | asks_echo) & stored)
        m.d.sync += [
            self.events.arp.eq(asks_arp & stored), self.events.echo.eq(asks_echo & stored),
            self.events.busy.eq((asks_arp | asks_echo) & ~stored)]

        # Answer: the stored words, with bytes put in. A changed type takes 0x0800 from the sum of which the checksum is
        # the complement.
        carried, sent = Signal(17), Signal(range(self.depth))
        fetched, done = Signal(), Signal()
        m.d.sync += carried.eq(checksum + (icmp.Type.ECHO << 8))
        fixed = (carried[:16] + carried[16])[:16]
        answers = (patterns.echo_reply(self.mac, self.ip, mac, ip, fixed),
                   patterns.arp_reply(self.mac, self.ip, arp_mac, arp_ip))
        changed = [Signal.like(word.data, name=f"changed{n}") for n in range(2)]
        for out, answer in zip(changed, answers, strict=True):
            m.d.comb += out.eq(ram.r_data)
            with m.Switch(sent):
                for n in range(looked):
                    with m.Case(n):
                        for lane in range(WORD_BYTES):
                            if n * WORD_BYTES + lane in answer:
                                m.d.comb += out.word_select(lane, 8).eq(answer[n * WORD_BYTES + lane][0])
        m.d.comb += [ram.r_addr.eq(sent), done.eq(self.o.valid & self.o.ready)]
        with m.If(done):
            m.d.sync += self.o.valid.eq(0)
        with m.If(~answering):
            m.d.sync += [sent.eq(0), fetched.eq(0)]
            with m.If(claimed):
                m.d.sync += [answering.eq(1), is_arp.eq(asks_arp)]
        with m.Elif(done & self.o.payload.last):
            m.d.sync += answering.eq(0)
        with m.Elif(~fetched):
            m.d.sync += fetched.eq(1)
        with m.Elif((done | ~self.o.valid) & ~(self.o.valid & self.o.payload.last)):
            m.d.sync += [
                self.o.valid.eq(1), self.o.payload.data.eq(Mux(is_arp, changed[1], changed[0])),
                self.o.payload.first.eq(sent == 0), self.o.payload.last.eq(sent == last_index),
                self.o.payload.count.eq(Mux(sent == last_index, last_count, WORD_BYTES)),
                sent.eq(sent + 1), fetched.eq(0)]
        return m
