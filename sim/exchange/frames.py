"""Packets of the feed as the Ethernet frames that a simulated device is given."""

from collections.abc import Sequence
from struct import Struct

import numpy as np

from sim.market.frames import Line, build_frames
from sim.market.messages import Messages
from sim.market.packets import Packets
from sim.market.schedule import Pace, Schedule, schedule_frames
from wire import ipv4, moldudp64, udp
from wire.fields import WireError
from wire.frame import build_frame

__all__ = ["Framer", "frame_of", "frames_of"]

_SIXTEEN = 0xFFFF
_WORD = Struct(">H")


def frame_of(packet: bytes, line: Line) -> bytes:
    """Return the frame that carries ``packet``, whatever it is, on ``line``."""
    return build_frame(packet, dst_ip=line.ip, dst_port=line.port, src_ip=line.src_ip, src_port=line.src_port,
                       vlan=line.vlan, checksum=line.checksum)


class Framer:
    """Makes the frames of one ``line`` as ``frame_of`` does, for many packets: all but lengths and checksums is made
    once."""

    def __init__(self, line: Line) -> None:
        self._head = bytearray(frame_of(b"", line))
        inner = len(self._head) - udp.HEADER.size
        outer = inner - ipv4.HEADER.size
        fields = [(outer, ipv4.HEADER, "total_length"), (outer, ipv4.HEADER, "checksum"),
                  (inner, udp.HEADER, "length"), (inner, udp.HEADER, "checksum")]
        self._at = [start + layout.field(name).offset for start, layout, name in fields]
        total, check, length, datagram_check = self._at
        for place in (total, check, length, datagram_check):
            _WORD.pack_into(self._head, place, 0)
        head = bytes(self._head)
        self._packet_sum = _sum(head[outer:inner])
        addresses = head[outer + ipv4.HEADER.field("source").offset:inner]
        self._datagram_sum = _sum(addresses) + _sum(head[inner:]) + ipv4.Protocol.UDP
        self._checksum = line.checksum
        self._most = ipv4.MAX_LENGTH - (len(head) - outer)

    def frame(self, packet: bytes) -> bytes:
        """Return the frame that carries ``packet``. Raises WireError for one that is too long."""
        size = len(packet)
        if size > self._most:
            raise WireError(f"payload must be at most {self._most} bytes, not {size}")
        head = self._head
        total, check, length, datagram_check = self._at
        datagram = udp.HEADER.size + size
        whole = ipv4.HEADER.size + datagram
        _WORD.pack_into(head, total, whole)
        _WORD.pack_into(head, check, -(self._packet_sum + whole) % _SIXTEEN)
        _WORD.pack_into(head, length, datagram)
        if self._checksum:
            # The length is summed twice, in the pseudo header too; a sum of 0 is sent as 0xffff.
            rest = -(self._datagram_sum + 2 * datagram + _sum(packet)) % _SIXTEEN
            _WORD.pack_into(head, datagram_check, rest or _SIXTEEN)
        return bytes(head) + packet


def _sum(data: bytes) -> int:
    """Return the ones' complement sum of the 16-bit words in ``data``, but for multiples of 0xffff."""
    return (int.from_bytes(data, "big") << 8 * (len(data) % 2)) % _SIXTEEN


def frames_of(packets: Sequence[bytes], line: Line, *, gap: int = 0, start: int = 0,
              pace: Pace = Pace.LINE_RATE) -> Schedule:
    """Return the frames that carry ``packets``, of one feed and in the order in which it sent them, on ``line``.

    gap, pace: see ``sim.market.schedule.arrange``. start: cycle of the first. Raises ValueError when a packet does not
    go on where the one before ended, and WireError for one that is none; ``packets`` must not be empty.
    """
    parsed = [moldudp64.unpack(packet) for packet in packets]
    first = parsed[0].sequence
    position = np.array([packet.sequence - first for packet in parsed], np.int64)
    blocks = np.array([len(packet.messages) for packet in parsed], np.int64)
    expected = np.cumsum(blocks) - blocks
    if not np.array_equal(position, expected) or len({packet.session for packet in parsed}) > 1:
        raise ValueError("packets must be of one session, and each go on where the one before ended")
    messages = Messages.of(message for packet in parsed for message in packet.messages)
    made = build_frames(messages, Packets(position, np.array([packet.count for packet in parsed], np.int32)), line,
                        session=parsed[0].session, sequence=first)
    return schedule_frames(made, line, np.full(len(parsed), start, np.int64), pace, gap=gap)
