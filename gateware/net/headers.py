# Ref: wire/ethernet.py, wire/ipv4.py, wire/udp.py
"""Ethernet, VLAN, IPv4 and UDP headers, read as the words pass."""

from amaranth.hdl import C, Cat, Module, Mux, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out, Signature

from gateware.interfaces import DATAGRAM_WORD, FrameStream
from gateware.net.checksum import HalvesStream
from wire import ethernet, ipv4, udp

__all__ = ["Headers", "FRAME_END", "FrameEnd", "FINDINGS", "HeaderFindings", "PayloadStream"]

WORD_BYTES = 8

#: What its words told of a frame. ``enabled``: frames were taken when it began. ``runt``: it ended before its headers
#: did. ``truncated``: before its IP total length. ``error``: the MAC reported one.
FRAME_END = data.StructLayout({
    "enabled": 1, "ethertype": 1, "ip_version": 1, "runt": 1, "truncated": 1, "error": 1})
FrameEnd = Signature({"valid": Out(1), "p": Out(FRAME_END)})

#: What complete headers told, beside checksum and channel. ``length``: the lengths contradict each other.
#: ``unsummed``: there is no UDP checksum.
FINDINGS = data.StructLayout({"fragment": 1, "length": 1, "unsummed": 1})
HeaderFindings = Signature({"valid": Out(1), "p": Out(FINDINGS)})

#: Words of a datagram; ``p.line`` is not filled in.
PayloadStream = Signature({"valid": Out(1), "p": Out(DATAGRAM_WORD)})


def _number(word, lane, size):
    """Return the big-endian number of ``size`` bytes at byte ``lane``."""
    return Cat(word[8 * n:8 * n + 8] for n in reversed(range(lane, lane + size)))


def _wrong_version(byte):
    """Return whether the first byte of an IP header is not that of IPv4 with a header of at least 20 bytes."""
    return (byte[4:8] != ipv4.VERSION) | (byte[:4] < ipv4.HEADER.size // 4)


def _ip_place(name, tagged):
    """Return word and lane at which a field of the IPv4 header begins in a frame with or without a tag."""
    offset = ethernet.HEADER.size + (ethernet.VLAN_TAG.size if tagged else 0) + ipv4.HEADER.field(name).offset
    return divmod(offset, WORD_BYTES)


class Headers(wiring.Component):
    """Walks through a frame, word by word: checks its headers, finds its payload, and selects what is to be summed.

    All fields from the IP header on begin at byte lane 2 or 6. Two 32-bit groups end in every word: lanes 6 and 7 of
    the word before with lanes 0 and 1, and lanes 2..5. So the IP header advances by exactly two groups a word, and the
    payload begins in the word behind the one with the IP header's last group. That word is called *start* here. The
    payload ends with the IP total length; the UDP length is known too late to frame it and is only compared.

    Latency: payload, address, ports and ``settle`` come in the cycle of their word on ``i`` and are not registered;
    ``ip_halves`` neither. ``udp_halves``, ``begun``, ``lost`` and ``end`` come one cycle after their word; ``findings``
    two cycles after *start*, held until they are next valid. Throughput: one word a cycle, frames may abut, words of a
    frame may have gaps.

    No payload word is put out of a frame that ``end`` would call ethertype or ip_version, that is a fragment or has too
    small an IP total length, or that began with ``enable`` low; nor the word in which a truncated frame ends; nor any
    after ``condemned``. Words without a ``first`` before them are ignored. A ``first`` before the ``last`` of the frame
    under way abandons that frame: ``lost`` strobes for it instead of ``end``. Reset forgets the frame under way.

    Members
    -------
    i : frames
    enable : take frames that begin
    condemned : the headers of the frame under way proved bad; put out no more of its payload
    payload : words of the datagram
    near : a word of a datagram may come in this cycle; does not depend on ``i``
    settle : the headers are complete
    address, address_valid : destination address, strobe
    early, early_valid : destination port in the word before *start*, strobe
    late, late_valid : destination port in the word *start*
    ip_halves : IP header
    udp_halves, udp_seed : pseudo header, UDP header and payload
    findings : what the headers told
    begun : a frame began
    lost : the last word of a frame never came
    end : a frame ended
    """

    i: In(FrameStream)
    enable: In(1)
    condemned: In(1)
    payload: Out(PayloadStream)
    near: Out(1)
    settle: Out(1)
    address: Out(32)
    address_valid: Out(1)
    early: Out(16)
    early_valid: Out(1)
    late: Out(16)
    late_valid: Out(1)
    ip_halves: Out(HalvesStream)
    udp_halves: Out(HalvesStream)
    udp_seed: Out(16)
    findings: Out(HeaderFindings)
    begun: Out(1)
    lost: Out(1)
    end: Out(FrameEnd)

    def elaborate(self, platform):
        m = Module()
        word, last, count = self.i.p.data, self.i.p.last, self.i.p.count
        halves = [word[16 * n:16 * n + 16] for n in range(4)]
        first = Signal()
        step = Signal()
        m.d.comb += [first.eq(self.i.valid & self.i.p.first), step.eq(self.i.valid & ~self.i.p.first)]

        def has(lane):
            return ~last | (count > lane)

        # Which word comes next, one bit of it set while a frame is under way. ``header`` are the words from 4 on with
        # IP header left, ``word4`` the first of these; ``groups`` counts the groups of IP header that are left.
        expect = Signal(data.StructLayout({
            "word1": 1, "word2": 1, "word3": 1, "header": 1, "start": 1, "body": 1}))
        word4 = Signal()
        groups = Signal(4)
        header_ends = Signal()
        m.d.comb += header_ends.eq(expect.header & ((groups == 1) | (groups == 2)))
        with m.If(self.i.valid):
            m.d.sync += [expect.eq(0), word4.eq(0)]
            with m.If(~last):
                with m.If(first):
                    m.d.sync += expect.word1.eq(1)
                with m.Else():
                    m.d.sync += [
                        expect.word2.eq(expect.word1), expect.word3.eq(expect.word2),
                        expect.header.eq(expect.word3 | expect.header & ~header_ends), word4.eq(expect.word3),
                        expect.start.eq(header_ends), expect.body.eq(expect.start | expect.body)]
        expected = {1: expect.word1, 2: expect.word2, 3: expect.word3}

        previous = Signal(16)
        enabled = Signal()
        with m.If(self.i.valid):
            m.d.sync += previous.eq(halves[3])
        with m.If(first):
            m.d.sync += enabled.eq(self.enable)

        # EtherType, and with it whether there is a tag.
        outer_word, outer_lane = divmod(ethernet.HEADER.field("ethertype").offset, WORD_BYTES)
        inner_word, inner_lane = divmod(
            ethernet.HEADER.size + ethernet.VLAN_TAG.field("ethertype").offset, WORD_BYTES)
        outer_type, inner_type = _number(word, outer_lane, 2), _number(word, inner_lane, 2)
        tag_here, tagged = Signal(), Signal()
        m.d.comb += tag_here.eq(outer_type == ethernet.EtherType.VLAN)
        with m.If(step & expected[outer_word]):
            m.d.sync += tagged.eq(tag_here)

        def at(name, tag):
            """Return the condition that the field is in this word of a frame with or without a tag, and its lane."""
            place, lane = _ip_place(name, tag)
            known = tag_here if place == outer_word else tagged
            return expected[place] & (known if tag else ~known), lane

        ethertype_wrong, version_wrong, fragment = Signal(), Signal(), Signal()
        m.d.comb += ethertype_wrong.eq(
            expected[outer_word] & ~tag_here & (outer_type != ethernet.EtherType.IPV4) & has(outer_lane + 1)
            | expected[inner_word] & tagged & (inner_type != ethernet.EtherType.IPV4) & has(inner_lane + 1))
        header_length, total_length = Signal(4), Signal(16)
        wrong = []
        for tag in (False, True):
            here, lane = at("version_length", tag)
            wrong.append(here & has(lane) & _wrong_version(_number(word, lane, 1)))
            with m.If(step & here):
                m.d.sync += header_length.eq(_number(word, lane, 1)[:4])
            here, lane = at("protocol", tag)
            wrong.append(here & has(lane) & (_number(word, lane, 1) != ipv4.Protocol.UDP))
            here, lane = at("total_length", tag)
            with m.If(step & here):
                m.d.sync += total_length.eq(_number(word, lane, 2))
            here, lane = at("flags_fragment", tag)
            with m.If(step & here):
                m.d.sync += fragment.eq((_number(word, lane, 2) & ipv4.FRAGMENT_MASK).any())
        m.d.comb += version_wrong.eq(Cat(wrong).any())

        # Sizes, from word 3: what the UDP length must be, and how many words are left until the IP packet's last byte,
        # and its lane. They are right where the total length is; ``too_small`` tells where it is not.
        words_left, last_lane = Signal(signed(14)), Signal(3)
        ends_here, past = Signal(), Signal()
        udp_length = Signal(signed(18))
        too_small, empty = Signal(), Signal()
        ip_start = ethernet.HEADER.size + Mux(tagged, ethernet.VLAN_TAG.size, 0)
        m.d.comb += [
            too_small.eq(udp_length < udp.HEADER.size),
            empty.eq(udp_length == udp.HEADER.size)]
        with m.If(step & expect.word3):
            m.d.sync += [
                udp_length.eq(total_length - Cat(C(0, 2), header_length)),
                Cat(last_lane, words_left).eq(total_length + (ip_start - 1 - 4 * WORD_BYTES)),
                groups.eq(header_length + Mux(tagged, 1, 0) - 4)]
        with m.If(step & expect.header):
            m.d.sync += groups.eq(groups - 2)
        with m.If(first):
            m.d.sync += [ends_here.eq(0), past.eq(0)]
        with m.If(step & (expect.header | expect.start | expect.body)):
            m.d.sync += [words_left.eq(words_left - 1), ends_here.eq(words_left == 1), past.eq(past | ends_here)]
        whole = Signal()
        m.d.comb += whole.eq(past | ends_here & has(last_lane))

        # Destination.
        lane6 = Signal()
        with m.If(step & header_ends):
            m.d.sync += lane6.eq(groups == 2)
        m.d.comb += [
            self.address.eq(_number(Mux(tagged, Cat(halves[1], halves[2]), Cat(previous, halves[0])), 0, 4)),
            self.address_valid.eq(step & word4),
            self.early.eq(_number(halves[2], 0, 2)), self.early_valid.eq(step & expect.header & (groups == 1)),
            self.late.eq(_number(halves[0], 0, 2)), self.late_valid.eq(lane6)]

        # The headers are complete: the UDP length and checksum lie around the payload's begin.
        settled = Signal()
        complete = Signal()
        length_field = Signal(16)
        m.d.comb += [
            complete.eq(expect.start & Mux(lane6, has(5), has(1))),
            self.settle.eq(step & complete)]
        m.d.sync += [settled.eq(self.settle), self.findings.valid.eq(settled)]
        with m.If(self.settle):
            m.d.sync += [
                length_field.eq(_number(Mux(lane6, halves[1], previous), 0, 2)),
                self.findings.p.unsummed.eq(Mux(lane6, halves[2], halves[0]) == udp.NO_CHECKSUM)]
        with m.If(settled):
            m.d.sync += [
                self.findings.p.fragment.eq(fragment),
                self.findings.p.length.eq(too_small | (length_field != udp_length[:16]))]

        # Payload.
        emit = Signal()
        m.d.comb += [
            self.near.eq(emit), self.payload.valid.eq(step & emit & (~last | whole) & ~self.condemned),
            self.payload.p.data.eq(word), self.payload.p.first.eq(expect.start), self.payload.p.last.eq(ends_here),
            self.payload.p.lane.eq(Cat(C(0b10, 2), lane6)),
            self.payload.p.count.eq(Mux(ends_here, last_lane + 1, WORD_BYTES))]
        with m.If(self.condemned):
            m.d.sync += emit.eq(0)
        with m.Elif(self.i.valid):
            clean = enabled & ~(self.end.p.ethertype | self.end.p.ip_version | fragment | too_small | empty)
            m.d.sync += emit.eq(step & ~last & (header_ends & clean | emit & ~ends_here))

        # IP header checksum: both groups of each word, but for the tag before and the UDP ports behind.
        upper, lower = Signal(), Signal()
        m.d.comb += [
            upper.eq(~(expect.word2 & tagged)), lower.eq(~(expect.header & (groups == 1))),
            self.ip_halves.valid.eq(step & (expect.word2 | expect.word3 | expect.header)),
            self.ip_halves.start.eq(expect.word2)]
        for half, source, use in zip(self.ip_halves.halves, (previous, *halves[:3]), (upper, upper, lower, lower),
                                     strict=True):
            m.d.comb += half.eq(Mux(use, source, 0))

        # UDP checksum. Of the pseudo header, the addresses are in words 3 and 4. The length is that of the IP packet
        # (word 2) less that of its header; the latter and the protocol are in the seed. This holds for header lengths
        # of 5 and more, and where the UDP length is what it must be: all others are dropped for a better reason.
        beyond = Signal(4)
        m.d.comb += [
            beyond.eq(~(header_length - 5)),
            self.udp_seed.eq(Cat(C(0xFF, 8), C(0, 2), beyond, C(0b11, 2)))]
        selects = Signal(4)
        length_half = [_ip_place("total_length", tag)[1] // 2 for tag in (False, True)]
        for n in range(4):
            m.d.comb += selects[n].eq(
                expect.word2 & Mux(tagged, n == length_half[True], n == length_half[False])
                | expect.word3 & Mux(tagged, n == 3, n >= 1)
                | word4 & Mux(tagged, n <= 2, n == 0)
                | header_ends & Mux(groups == 1, n >= 1, n == 3)
                | expect.start | expect.body)
        m.d.sync += [
            self.udp_halves.valid.eq(step & ~past & ~expect.word1), self.udp_halves.start.eq(expect.word2)]
        for n, half in enumerate(self.udp_halves.halves):
            low, high = (selects[n] & (~ends_here | (last_lane >= 2 * n + k)) for k in range(2))
            m.d.sync += half.eq(halves[n] & Cat(low.replicate(8), high.replicate(8)))

        # Begin and end.
        m.d.sync += [
            self.begun.eq(first), self.lost.eq(first & expect.as_value().any()),
            self.end.valid.eq(self.i.valid & last & (first | expect.as_value().any())),
            self.end.p.enabled.eq(Mux(first, self.enable, enabled)),
            self.end.p.runt.eq(first | ~(expect.body | complete)),
            self.end.p.truncated.eq(~whole), self.end.p.error.eq(self.i.p.error)]
        with m.If(first):
            m.d.sync += [self.end.p.ethertype.eq(0), self.end.p.ip_version.eq(0)]
        with m.Elif(step):
            m.d.sync += [
                self.end.p.ethertype.eq(self.end.p.ethertype | ethertype_wrong),
                self.end.p.ip_version.eq(self.end.p.ip_version | version_wrong)]
        return m
