# Ref: wire/etherbone.py, wire/hostlink.py
"""Datagrams to register accesses, and answers."""

from amaranth.hdl import C, Cat, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from gateware.interfaces import RegisterBus
from gateware.net.ip.inbox import DATAGRAM, READ_LATENCY
from gateware.net.ip.udp import ADDRESSES, MAX_BYTES, PAYLOAD_WORD
from wire import hostlink
from wire.etherbone import BYTE_ENABLE, HEADER, MAGIC, RECORD, SIZES, VERSION, WORD_BYTES, Flag
from wire.pages import BUS_BITS
from wire.registers import ADDRESS_BITS

__all__ = ["EVENTS", "Etherbone"]

WORD_BITS = 8 * WORD_BYTES
_TICKET, _BEGIN = hostlink.address("TICKET"), hostlink.address("BEGIN")
#: Strobes of wire.hostlink.COUNTERS.
EVENTS = data.StructLayout({"datagrams": 1, "garbage": 1, "refused": 1, "repeated": 1, "nowhere": 1})
_HEADER_WORDS = HEADER.size // WORD_BYTES


def _part(word, layout, name):
    """Return a field of ``layout`` in the word with which it begins; the first byte is uppermost."""
    field = layout.field(name)
    lsb = WORD_BITS - 8 * field.end
    return word[lsb:lsb + 8 * field.size]


def _first_word(layout, **values):
    """Return the word with which ``layout`` begins: fields of it, as numbers or as values of their width."""
    parts = []
    for field in layout.fields:
        if field.end <= WORD_BYTES:
            value = values.pop(field.name)
            parts.append(C(value, 8 * field.size) if isinstance(value, int) else value)
    return Cat(reversed(parts))


class Etherbone(wiring.Component):
    """Does what a datagram's records say, one record after the other, writes before reads, and answers to its sender.

    A datagram is looked through first; one of which a record does not fit, or asks for what is not understood, is
    garbage, and nothing of it is done. A probe is answered by its header. The writes of others than ``host`` are left
    out, and those behind a TICKET that is not the next one; reads are done for all. An address that does not exist
    reads as 0.

    Latency: of a datagram with one record, the first write is on the bus 20 cycles, the header of the answer on ``o``
    13 cycles, and the first value read 35 cycles after it was offered. Throughput: a write a cycle, a read in 13, 7
    cycles more for each record. Overflow: while ``o`` waits, all waits. Errors: counted. Every datagram comes to an
    end within 12,000 cycles in which ``o`` does not wait. Reset forgets the datagram under way; the next ticket is 0.

    Members
    -------
    valid, i, index, word, done : the inbox (gateware/net/ip/inbox.py)
    host : IP address of who may write; 0: nobody
    bus : the device's pages
    link : the link's registers, by their offset; all but TICKET and BEGIN
    asker : who sent the datagram under way, or the last one
    o : answers, to ``asker``
    events : strobes
    """

    def __init__(self):
        super().__init__({
            "valid": In(1), "i": In(DATAGRAM), "index": Out(range(MAX_BYTES // WORD_BYTES + 1)), "word": In(WORD_BITS),
            "done": Out(1), "host": In(32), "bus": Out(RegisterBus), "link": Out(RegisterBus),
            "asker": Out(ADDRESSES), "o": Out(stream.Signature(PAYLOAD_WORD)), "events": Out(EVENTS)})

    def elaborate(self, platform):
        m = Module()
        bus, link, events, word = self.bus, self.link, self.events, self.word
        m.d.sync += [events.eq(0), self.done.eq(0), bus.w_en.eq(0), bus.r_en.eq(0), link.w_en.eq(0), link.r_en.eq(0)]

        # ``word`` is that at ``index`` when this has stood for as long as the inbox takes.
        index, aged = self.index, Signal(READ_LATENCY)
        fresh = aged[-1]
        m.d.sync += aged.eq(Cat(C(1, 1), aged))

        def look_at(place):
            return [index.eq(place), aged.eq(0)]

        # Answers: words of 32 bits, two to a word of the payload.
        answer, upper, half, to_answer = Signal(WORD_BITS), Signal(WORD_BITS), Signal(), Signal.like(index)
        says, said, last = Signal(), Signal(), Signal()
        out = self.o.payload
        swapped = Cat(answer.word_select(n, 8) for n in reversed(range(WORD_BYTES)))
        m.d.comb += [said.eq(says & ~self.o.valid), last.eq(to_answer == 1)]
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(said):
            m.d.sync += [
                half.eq(~half & ~last), to_answer.eq(to_answer - 1), upper.eq(swapped), self.o.valid.eq(half | last),
                out.data.eq(Mux(half, Cat(upper, swapped), swapped)), out.last.eq(last),
                out.count.eq(Mux(half, 2 * WORD_BYTES, WORD_BYTES))]

        def say(value):
            m.d.comb += [says.eq(1), answer.eq(value)]

        # What is under way.
        length, shaped = Signal.like(index), Signal()
        foreign, told, may = Signal(), Signal(), Signal()
        probe, sense, reads, begins = Signal(), Signal(), Signal(), Signal()
        wcount, rcount = Signal(8), Signal(8)
        behind, span = Signal(range(MAX_BYTES // WORD_BYTES + 2 * 256 + 1)), Signal(range(2 * 256 + 1))
        ticket, at, value = Signal(WORD_BITS), Signal(WORD_BITS), Signal(WORD_BITS)

        def goal(place):
            """Return whether ``place`` is a device's, and whether a register of the link."""
            even = ~place[:2].any()
            return even & ~place[BUS_BITS:].any(), even & (place[ADDRESS_BITS:] == hostlink.BASE >> ADDRESS_BITS)

        def after_writes():
            with m.If(rcount.any()):
                m.next = "Take Return Address"
            with m.Else():
                m.next = "Take Record"

        with m.FSM():
            with m.State("Idle"):
                m.d.sync += [*look_at(0), half.eq(0), probe.eq(0), told.eq(0), to_answer.eq(_HEADER_WORDS), reads.eq(0)]
                with m.If(self.valid):
                    m.d.sync += [
                        self.asker.eq(self.i.source), length.eq(self.i.bytes[2:]),
                        shaped.eq(~self.i.bytes[:2].any() & (self.i.bytes >= HEADER.size)),
                        foreign.eq((self.i.source.ip != self.host) | ~self.host.any())]
                    m.next = "Take Header"
            with m.State("Take Header"):
                m.d.sync += may.eq(~foreign)
                with m.If(fresh):
                    flags = _part(word, HEADER, "version_flags")
                    known = ((_part(word, HEADER, "magic") == MAGIC) & (_part(word, HEADER, "sizes") == SIZES)
                             & (flags[4:] == VERSION) & ((flags[:4] & Flag.PROBE_REPLY) == 0))
                    m.d.sync += probe.eq((flags[:4] & Flag.PROBE) != 0)
                    with m.If(~shaped | ~known):
                        m.d.sync += events.garbage.eq(1)
                        m.next = "Give Up"
                    with m.Elif((flags[:4] & Flag.PROBE) != 0):
                        m.d.sync += look_at(1)
                        m.next = "Say Header"
                    with m.Else():
                        m.d.sync += look_at(_HEADER_WORDS)
                        m.next = "Check"

            # Look the records through.
            with m.State("Check"):
                with m.If(index == length):
                    m.d.sync += look_at(_HEADER_WORDS)
                    m.next = "Take Record"
                    with m.If(reads):
                        m.next = "Say Header"
                with m.Elif(fresh):
                    m.d.sync += [
                        wcount.eq(_part(word, RECORD, "wcount")), rcount.eq(_part(word, RECORD, "rcount")),
                        sense.eq(~_part(word, RECORD, "flags").any()
                                 & ((_part(word, RECORD, "byte_enable") == BYTE_ENABLE) | ~word[:16].any()))]
                    m.next = "Measure"
            with m.State("Measure"):
                m.d.sync += [
                    reads.eq(reads | rcount.any()), span.eq(wcount + rcount),
                    behind.eq(index + 1 + wcount.any() + rcount.any()),
                    to_answer.eq(to_answer + Mux(rcount.any(), rcount + 2, 0))]
                m.next = "Add"
            with m.State("Add"):
                m.d.sync += behind.eq(behind + span)
                m.next = "Judge"
            with m.State("Judge"):
                m.d.sync += look_at(behind)
                m.next = "Check"
                with m.If(~sense | (behind > length)):
                    m.d.sync += events.garbage.eq(1)
                    m.next = "Give Up"

            # Answer in words; those of a probe's padding come back.
            with m.State("Say Header"):
                flags = Mux(probe, C(Flag.PROBE_REPLY, 4), C(0, 4))
                say(_first_word(HEADER, magic=MAGIC, version_flags=Cat(flags, C(VERSION, 4)), sizes=SIZES))
                with m.If(said):
                    m.next = "Say Padding"
            with m.State("Say Padding"):
                with m.If(~probe):
                    say(0)
                with m.Elif(fresh):
                    say(word)
                with m.If(said):
                    m.d.sync += look_at(_HEADER_WORDS)
                    m.next = "Take Record"
                    with m.If(probe):
                        m.d.sync += events.datagrams.eq(1)
                        m.next = "Give Up"

            # Do it.
            with m.State("Take Record"):
                with m.If(index == length):
                    m.d.sync += events.datagrams.eq(1)
                    m.next = "Give Up"
                with m.Elif(fresh):
                    m.d.sync += [
                        *look_at(index + 1), wcount.eq(_part(word, RECORD, "wcount")),
                        rcount.eq(_part(word, RECORD, "rcount"))]
                    with m.If(_part(word, RECORD, "wcount").any()):
                        m.next = "Take Address"
                    with m.Elif(_part(word, RECORD, "rcount").any()):
                        m.next = "Take Return Address"
            with m.State("Take Address"):
                with m.If(fresh):
                    m.d.sync += [*look_at(index + 1), at.eq(word), behind.eq(index + 1 + wcount)]
                    m.d.sync += [events.refused.eq(foreign & ~told), told.eq(1), begins.eq(word == _BEGIN)]
                    m.next = "Write"
                    with m.If(((word == _TICKET) | (word == _BEGIN)) & (wcount == 1)):
                        m.next = "Take Ticket"
            with m.State("Take Ticket"):
                with m.If(fresh):
                    m.d.sync += look_at(index + 1)
                    with m.If(may & begins):
                        m.d.sync += ticket.eq(word)
                    with m.Elif(may):
                        m.d.sync += [
                            ticket.eq(ticket + (word == ticket)), may.eq(word == ticket),
                            events.repeated.eq(word != ticket)]
                    after_writes()
            with m.State("Write"):
                m.d.sync += index.eq(index + 1)
                with m.If(fresh):
                    on_bus, on_link = goal(at)
                    m.d.sync += [
                        bus.addr.eq(at), bus.w_data.eq(word), bus.w_en.eq(on_bus & may),
                        link.addr.eq(at), link.w_data.eq(word), link.w_en.eq(on_link & may),
                        events.nowhere.eq(~on_bus & ~on_link & may), at.eq(at + WORD_BYTES), wcount.eq(wcount - 1)]
                    with m.If(wcount == 1):
                        m.d.sync += look_at(behind)
                        after_writes()
            with m.State("Take Return Address"):
                with m.If(fresh):
                    say(_first_word(RECORD, flags=0, byte_enable=BYTE_ENABLE, wcount=rcount, rcount=0))
                with m.If(said):
                    m.next = "Say Return Address"
            with m.State("Say Return Address"):
                say(word)
                with m.If(said):
                    m.d.sync += look_at(index + 1)
                    m.next = "Take Read"
            with m.State("Take Read"):
                with m.If(fresh):
                    on_bus, on_link = goal(word)
                    exists = on_bus | on_link
                    m.d.sync += [
                        *look_at(index + 1), bus.addr.eq(word), bus.r_en.eq(on_bus), link.addr.eq(word),
                        link.r_en.eq(on_link & (word != _TICKET)), value.eq(Mux(word == _TICKET, ticket, 0)),
                        events.nowhere.eq(~exists)]
                    m.next = "Await"
                    with m.If(~exists | (word == _TICKET)):
                        m.next = "Say Value"
            with m.State("Await"):
                with m.If(bus.r_valid | link.r_valid):
                    m.d.sync += value.eq(Mux(bus.r_valid, bus.r_data, link.r_data))
                    m.next = "Say Value"
            with m.State("Say Value"):
                say(value)
                with m.If(said):
                    m.d.sync += rcount.eq(rcount - 1)
                    m.next = "Take Read"
                    with m.If(rcount == 1):
                        m.next = "Take Record"

            # The inbox takes a cycle to offer the next one.
            with m.State("Give Up"):
                # A whole answer may still wait for its first word to be taken, with which its destination is settled.
                with m.If(~self.o.valid):
                    m.d.sync += self.done.eq(1)
                    m.next = "Rest"
            with m.State("Rest"):
                m.next = "Rest Again"
            with m.State("Rest Again"):
                m.next = "Idle"
        return m
