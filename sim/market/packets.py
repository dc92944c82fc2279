"""Which messages share a MoldUDP64 packet."""

from bisect import bisect_right
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from sim.market.messages import Messages
from wire import moldudp64

__all__ = ["Pack", "Packets", "MOST_REAL", "pack_messages"]

#: Messages of the fullest packet seen in genuine captures: 38 Add Orders fill 1472 bytes of payload.
MOST_REAL = 38


class Pack(Enum):
    """Packing policy.

    ONE: one message a packet, the common case of the real feed.
    FULL: as many as fit.
    REAL: as many as fit among messages whose time stamps lie close together, as the exchange does.
    """

    ONE = "one"
    FULL = "full"
    REAL = "real"


@dataclass(frozen=True, eq=False)
class Packets:
    """Packets in sending order. They need not tile the messages: overlaps and holes are allowed.

    first: int64[n], position of the first message; for a packet without messages, of the one that would be next.
    count: int32[n], the header's count: messages, ``moldudp64.HEARTBEAT`` or ``moldudp64.END_OF_SESSION``.
    """

    first: NDArray[np.int64]
    count: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.first)

    @property
    def blocks(self) -> NDArray[np.int32]:
        """Messages that each packet carries."""
        return np.where(self.count == moldudp64.END_OF_SESSION, 0, self.count).astype(np.int32)

    def with_heartbeats(self, times: NDArray[np.integer], every: int) -> tuple["Packets", NDArray[np.int64]]:
        """Return packets and times with heartbeats wherever a packet is later than ``every`` behind the one before.

        times: int64[n], not falling; of any unit, the same as that of ``every`` (at least 1, else ValueError).
        """
        if every < 1:
            raise ValueError(f"every must be at least 1, not {every}")
        idle = np.maximum(np.diff(times) - 1, 0) // every
        behind = np.repeat(np.arange(len(idle)), idle)
        turn = np.arange(len(behind)) - np.repeat(np.cumsum(idle) - idle, idle) + 1
        first = np.concatenate((self.first, (self.first + self.blocks)[behind]))
        count = np.concatenate((self.count, np.full(len(behind), moldudp64.HEARTBEAT, np.int32)))
        when = np.concatenate((times, times[behind] + turn * every))
        order = np.argsort(when, kind="stable")
        return Packets(first[order], count[order]), when[order]

    def with_end(self, messages: int, copies: int = 1) -> "Packets":
        """Return these packets and ``copies`` end of session packets behind them; ``messages``: how many there are."""
        return Packets(np.append(self.first, np.full(copies, messages, np.int64)),
                       np.append(self.count, np.full(copies, moldudp64.END_OF_SESSION, np.int32)))


def pack_messages(messages: Messages, pack: Pack = Pack.ONE, *, most: int | None = None,
                  size: int = moldudp64.MAX_PAYLOAD, window_ns: int = 100) -> Packets:
    """Return the packets for ``messages``, each message once, in order.

    most: messages a packet at most; None for as many as fit, 38 with REAL.
    size: bytes of UDP payload at most.
    window_ns: with REAL, how far the time stamps in a packet may lie from its first.
    Raises ValueError naming ``most`` below 1, or a message that does not fit ``size`` alone.
    """
    if most is not None and not 1 <= most < moldudp64.END_OF_SESSION:
        raise ValueError(f"most must be 1..{moldudp64.END_OF_SESSION - 1}, not {most}")
    room = size - moldudp64.HEADER.size
    block = messages.length.astype(np.int64) + moldudp64.LENGTH_BYTES
    large = np.flatnonzero(block > room)
    if large.size:
        bad = large[0]
        raise ValueError(f"message {bad} of {messages.length[bad]} bytes does not fit {size} bytes of payload")
    total = len(messages)
    if pack is Pack.ONE or most == 1:
        return Packets(np.arange(total, dtype=np.int64), np.ones(total, np.int32))
    if most is None:
        most = MOST_REAL if pack is Pack.REAL else moldudp64.END_OF_SESSION - 1
    ends = np.concatenate(([0], np.cumsum(block))).tolist()
    times = messages.timestamps().tolist() if pack is Pack.REAL else None
    firsts = []
    first = 0
    while first < total:
        firsts.append(first)
        last = min(first + most, total)
        last = bisect_right(ends, ends[first] + room, first + 1, last + 1) - 1
        if times is not None:
            last = bisect_right(times, times[first] + window_ns, first + 1, last)
        first = last
    starts = np.array(firsts, np.int64)
    return Packets(starts, np.diff(starts, append=total).astype(np.int32))
