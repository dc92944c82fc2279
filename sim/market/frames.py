# Ref: wire/frame.py (one frame at a time); MoldUDP64 1.00
"""Frames of a whole feed at once: MoldUDP64 in UDP in IPv4 in Ethernet, checksums among them."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sim.market.messages import Messages
from sim.market.packets import Packets
from sim.market.ragged import copy_rows, scatter
from wire import ethernet, ipv4, moldudp64, udp
from wire.fields import WireError
from wire.frame import FEED_IP, FEED_PORT, build_frame

__all__ = ["Line", "LINE_A", "LINE_B", "Frames", "SESSION", "build_frames", "internet_sums"]

SESSION = "TICKGATE01"
#: Each frame begins at a multiple of this many bytes, with zeros behind the one before.
_ALIGN = 8
_CHUNK = 1 << 16


@dataclass(frozen=True, kw_only=True)
class Line:
    """One of the two lines of a feed.

    number: 0 is A, 1 is B. ip, port: destination. src_ip, src_port: source.
    vlan: the 802.1Q tag's control information, or None for no tag. checksum: whether UDP checksums are made.
    """

    number: int
    ip: int
    port: int
    src_ip: int = 0xCEC87F8A
    src_port: int = 49_653
    vlan: int | None = None
    checksum: bool = True

    @property
    def name(self) -> str:
        """"A" or "B"."""
        return "AB"[self.number]

    def tagged(self, vlan: int | None) -> "Line":
        """Return this line with another tag."""
        return replace(self, vlan=vlan)


LINE_A = Line(number=0, ip=FEED_IP, port=FEED_PORT)
LINE_B = Line(number=1, ip=ipv4.ip_address("233.86.230.111"), port=FEED_PORT)


@dataclass(frozen=True, eq=False)
class Frames:
    """Frames, without preamble and FCS.

    data: uint8[], frames begin at multiples of 8, zeros lie between them.
    offset: int64[n]; length: int32[n]: where each frame lies.
    sequence: int64[n], MoldUDP64 sequence number. count: int32[n], MoldUDP64 count.
    """

    data: NDArray[np.uint8]
    offset: NDArray[np.int64]
    length: NDArray[np.int32]
    sequence: NDArray[np.int64]
    count: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.offset)


def build_frames(messages: Messages, packets: Packets, line: Line = LINE_A, *, session: str = SESSION,
                 sequence: int = 1) -> Frames:
    """Return one frame for each packet.

    session: MoldUDP64 session, at most 10 characters. sequence: number of the first of ``messages``, at least 1.
    The IPv4 identification counts the frames. Raises ValueError (WireError among them) naming a value that does not
    fit.
    """
    if not 1 <= sequence < 1 << 62:
        raise ValueError(f"sequence must be 1..2^62-1, not {sequence}")
    blocks = packets.blocks.astype(np.int64)
    _check_range(messages, packets, blocks)
    template = build_frame(moldudp64.pack(session, sequence), dst_ip=line.ip, dst_port=line.port, src_ip=line.src_ip,
                           src_port=line.src_port, vlan=line.vlan, checksum=False)
    head_dtype = _head_dtype(line.vlan is not None)
    head_size = head_dtype.itemsize

    # Bytes that the message blocks before each message take, from the first message on.
    taken = np.concatenate(([0], np.cumsum(messages.length.astype(np.int64) + moldudp64.LENGTH_BYTES)))
    body = taken[packets.first + blocks] - taken[packets.first]
    length = head_size + body
    total = length - head_dtype.fields["ip"][1]
    large = np.flatnonzero(total > ipv4.MAX_LENGTH)
    if large.size:
        raise WireError(f"packet {large[0]} of {total[large[0]]} bytes exceeds what IPv4 can say")
    places = np.cumsum(-(-length // _ALIGN) * _ALIGN)
    data = np.zeros((int(places[-1]) if len(places) else 0) + _ALIGN, np.uint8)
    offset = np.concatenate(([0], places[:-1])) if len(places) else places

    heads = np.full(len(packets), np.frombuffer(template, head_dtype)[0])
    heads["ip"]["total_length"] = total
    heads["ip"]["identification"] = np.arange(len(packets)) & 0xFFFF
    heads["ip"]["checksum"] = _header_checksums(heads["ip"])
    heads["udp"]["length"] = total - ipv4.HEADER.size
    heads["mold"]["sequence"] = sequence + packets.first
    heads["mold"]["count"] = packets.count
    scatter(data, offset, heads)
    _place_blocks(messages, packets, blocks, taken, data, offset + head_size)
    if line.checksum:
        _set_udp_checksums(data, offset, length, head_dtype)
    return Frames(data, offset, length.astype(np.int32), sequence + packets.first, packets.count)


def internet_sums(data: NDArray[np.uint8], begin: NDArray[np.integer], end: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return the sums of the big-endian 16-bit words from ``begin`` up to ``end``, not folded.

    ``begin`` must be even; an odd last byte counts as followed by what lies in ``data`` behind it. ``data`` has an even
    number of bytes.
    """
    words = data.view(">u2")
    sums = np.zeros(len(begin), np.int64)
    for start in range(0, len(begin), _CHUNK):
        part = slice(start, start + _CHUNK)
        low, high = begin[part] // 2, (end[part] + 1) // 2
        base = int(low.min())
        chunk = np.concatenate((words[base:int(high.max())], [0])).astype(np.uint32)
        edges = np.stack((low - base, high - base), 1).reshape(-1)
        sums[part] = np.add.reduceat(chunk, edges)[::2]
    return sums


def _check_range(messages: Messages, packets: Packets, blocks: NDArray[np.int64]) -> None:
    outside = np.flatnonzero((packets.first < 0) | (packets.first + blocks > len(messages)))
    if outside.size:
        bad = outside[0]
        raise ValueError(f"packet {bad} holds messages {packets.first[bad]}..{packets.first[bad] + blocks[bad] - 1}, "
                         f"but there are {len(messages)}")


def _head_dtype(tagged: bool) -> np.dtype:
    parts = [("ethernet", ethernet.HEADER)] + [("vlan", ethernet.VLAN_TAG)] * tagged + \
        [("ip", ipv4.HEADER), ("udp", udp.HEADER), ("mold", moldudp64.HEADER)]
    names, formats, offsets, end = [], [], [], 0
    for name, layout in parts:
        names.append(name)
        # Ethernet addresses have six bytes and are never touched here.
        formats.append(f"V{layout.size}" if name == "ethernet" else layout.dtype)
        offsets.append(end)
        end += layout.size
    return np.dtype({"names": names, "formats": formats, "offsets": offsets, "itemsize": end})


def _fold(sums: NDArray[np.int64]) -> NDArray[np.int64]:
    while sums.size and sums.max() > 0xFFFF:
        sums = (sums & 0xFFFF) + (sums >> 16)
    return sums


def _header_checksums(headers: NDArray) -> NDArray[np.int64]:
    plain = np.ascontiguousarray(headers).copy()
    plain["checksum"] = 0
    words = plain.view(np.uint8).reshape(len(headers), ipv4.HEADER.size).view(">u2")
    return _fold(words.sum(axis=1, dtype=np.int64)) ^ 0xFFFF


def _place_blocks(messages: Messages, packets: Packets, blocks: NDArray[np.int64], taken: NDArray[np.int64],
                  data: NDArray[np.uint8], body: NDArray[np.int64]) -> None:
    ends = np.cumsum(blocks)
    number = np.arange(int(ends[-1]) if len(ends) else 0) + np.repeat(packets.first - (ends - blocks), blocks)
    place = np.repeat(body - taken[packets.first], blocks) + taken[number]
    length = messages.length[number]
    data[place] = length >> 8
    data[place + 1] = length & 0xFF
    copy_rows(messages.data, messages.offset[number], length, data, place + moldudp64.LENGTH_BYTES)


def _set_udp_checksums(data: NDArray[np.uint8], offset: NDArray[np.int64], length: NDArray[np.int64],
                       head: np.dtype) -> None:
    # The addresses, which the pseudo header repeats, lie right before the UDP header: one run of words sums both.
    begin = head.fields["ip"][1] + ipv4.HEADER.field("source").offset
    datagram = length - head.fields["udp"][1]
    sums = internet_sums(data, offset + begin, offset + length) + int(ipv4.Protocol.UDP) + datagram
    value = _fold(sums) ^ 0xFFFF
    value[value == 0] = 0xFFFF
    data.view(">u2")[(offset + head.fields["udp"][1] + udp.HEADER.field("checksum").offset) // 2] = value
