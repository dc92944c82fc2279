"""Packets of the feed as the Ethernet frames that a simulated device is given."""

from collections.abc import Sequence

import numpy as np

from sim.market.frames import Line, build_frames
from sim.market.messages import Messages
from sim.market.packets import Packets
from sim.market.schedule import Pace, Schedule, schedule_frames
from wire import moldudp64
from wire.frame import build_frame

__all__ = ["frame_of", "frames_of"]


def frame_of(packet: bytes, line: Line) -> bytes:
    """Return the frame that carries ``packet``, whatever it is, on ``line``."""
    return build_frame(packet, dst_ip=line.ip, dst_port=line.port, src_ip=line.src_ip, src_port=line.src_port,
                       vlan=line.vlan, checksum=line.checksum)


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
