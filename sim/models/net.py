"""Reference of the frame filter: which fate a frame has, and the UDP payload it leaves.

A frame is its bytes from the destination address on, without preamble and FCS. Each frame has exactly one fate, a
counter of wire.registers.COUNTERS. When several reasons apply, the first of this list holds. It is the order in which
they come to light in the frame:

1.  ``frames_not_for_us``    the filter is not enabled: whatever the frame is.
2.  ``frames_ethertype``     bytes 12..13 are not 0x0800, or are 0x8100 (one tag) and bytes 16..17 are not 0x0800.
                             Other tag types and a second tag are other EtherTypes.
3.  ``frames_ip_version``    version not 4 or header length below 5 words (first byte of the IP header), or protocol
                             not 17 (its tenth byte).
4.  ``frames_runt``          the frame ended before the last byte of the UDP header, IP options counted. A frame that
                             ended before the bytes which 2 or 3 look at is judged by those that are there: a tag or a
                             wrong version that has been seen condemns, one that did not come does not.
5.  ``frames_ip_checksum``   the IP header, options among it, does not sum to 0xffff.
6.  ``frames_fragment``      more-fragments flag set, or fragment offset not zero.
7.  ``frames_length``        IP total length below header length + 8, or UDP length below 8, or UDP length not equal to
                             IP total length - IP header length.
8.  ``frames_not_for_us``    no enabled channel has this destination address and destination port.
9.  ``frames_truncated``     the frame ended before the IP total length.
10. ``frames_mac_error``     the MAC says so.
11. ``frames_udp_checksum``  the UDP checksum field is not zero and the checksum is wrong.
12. ``frames_ok``

Bytes behind the IP total length are padding and are ignored. With the fates 9 to 11 the payload was already under way
when the frame was found bad: a device that holds frames drops it, one that cuts through has handed it on, in words of
eight bytes counted from the frame's begin, but never the word in which a truncated frame ends.
"""

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Channel", "Judgement", "judge"]

_IPV4, _VLAN, _UDP = 0x0800, 0x8100, 17
_WORD = 8


@dataclass(frozen=True, kw_only=True)
class Channel:
    """An entry of the channel table. ip: destination IPv4 address as an integer, line: 0 for A, 1 for B."""

    ip: int
    port: int
    line: int = 0
    enable: bool = True


@dataclass(frozen=True)
class Judgement:
    """What became of a frame.

    fate: counter name. line: 0 or 1 from the channel table, None if the frame did not get that far.
    payload: UDP payload as far as it was handed on, None if the frame was condemned by its headers.
    """

    fate: str
    line: int | None = None
    payload: bytes | None = None

    @property
    def good(self) -> bool:
        """True if the datagram may be used."""
        return self.fate == "frames_ok"


def judge(frame: bytes, channels: Iterable[Channel], *, mac_error: bool = False, enable: bool = True) -> Judgement:
    """Return the fate of ``frame`` by the rules at the head of this file. Of channels that match, the first counts."""
    if not enable:
        return Judgement("frames_not_for_us")
    kind = _u16(frame, 12)
    ip = 14
    if kind == _VLAN:
        kind = _u16(frame, 16)
        ip = 18
    if kind is None:
        return Judgement("frames_runt")
    if kind != _IPV4:
        return Judgement("frames_ethertype")
    if len(frame) > ip and (frame[ip] >> 4 != 4 or frame[ip] & 15 < 5):
        return Judgement("frames_ip_version")
    if len(frame) > ip + 9 and frame[ip + 9] != _UDP:
        return Judgement("frames_ip_version")
    if len(frame) <= ip or len(frame) < ip + 4 * (frame[ip] & 15) + 8:
        return Judgement("frames_runt")
    header = 4 * (frame[ip] & 15)
    udp = ip + header
    if _sum(frame[ip:udp]) != 0xFFFF:
        return Judgement("frames_ip_checksum")
    if _u16(frame, ip + 6) & 0x3FFF:
        return Judgement("frames_fragment")
    total, udp_length = _u16(frame, ip + 2), _u16(frame, udp + 4)
    if total < header + 8 or udp_length < 8 or udp_length != total - header:
        return Judgement("frames_length")
    address, port = int.from_bytes(frame[ip + 16:ip + 20], "big"), _u16(frame, udp + 2)
    line = next((c.line for c in channels if c.enable and c.ip == address and c.port == port), None)
    if line is None:
        return Judgement("frames_not_for_us")
    end = ip + total
    payload = frame[udp + 8:end]
    if len(frame) < end:
        return Judgement("frames_truncated", line, frame[udp + 8:(len(frame) - 1) // _WORD * _WORD])
    if mac_error:
        return Judgement("frames_mac_error", line, payload)
    if _u16(frame, udp + 6):
        pseudo = frame[ip + 12:ip + 20] + bytes((0, _UDP)) + udp_length.to_bytes(2, "big")
        if _sum(pseudo + frame[udp:end]) != 0xFFFF:
            return Judgement("frames_udp_checksum", line, payload)
    return Judgement("frames_ok", line, payload)


def _u16(data: bytes, offset: int) -> int | None:
    return int.from_bytes(data[offset:offset + 2], "big") if len(data) >= offset + 2 else None


def _sum(data: bytes) -> int:
    """Return the ones' complement sum of ``data`` in 16-bit words (RFC 1071), odd data padded with a zero byte."""
    total = sum(data[0::2]) * 256 + sum(data[1::2])
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total
