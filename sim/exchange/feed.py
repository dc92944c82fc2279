# Ref: Nasdaq MoldUDP64 1.00
"""The exchange's feed: its numbered messages of the day, the packets that carry them, and answers to requests."""

from collections.abc import Sequence

from sim.exchange.itch import compiled
from wire import moldudp64
from wire.fields import WireError
from wire.itch50 import MAX_SIZE
from wire.moldudp64 import END_OF_SESSION, HEADER, LENGTH_BYTES, MAX_PAYLOAD

__all__ = ["END_NS", "END_PACKETS", "HEARTBEAT_NS", "Feed"]

#: A feed that sent nothing for so long sends a heartbeat.
HEARTBEAT_NS = 1_000_000_000
_HEAD = compiled(HEADER).pack
_LENGTHS = [length.to_bytes(LENGTH_BYTES, "big") for length in range(MAX_SIZE + 1)]
#: End of session packets that are sent, and ns between two of them.
END_PACKETS = 5
END_NS = 250_000_000


class Feed:
    """The messages of one session; message n is ``messages[n - 1]``. Times are ns of a monotonic clock.

    Every packet that it makes is to go out on each line. requests, refused: requests for old messages so far, and how
    many of them were not answered. sent: messages that were in packets so far.
    """

    def __init__(self, session: str, now: int, *, most: int | None = None, size: int = MAX_PAYLOAD,
                 gather: int = 0) -> None:
        """session: at most 10 characters. most: messages a packet at most, None: as many as fit. size: bytes of UDP
        payload at most. gather: ns that a message waits at most for others to share its packet. Raises WireError for a
        session that does not fit."""
        moldudp64.pack(session, 1)
        self.session = session
        self.messages: list[bytes] = []
        self.requests = self.refused = self.sent = 0
        self._most, self._size, self._gather = most or END_OF_SESSION - 1, size, gather
        self._bytes = HEADER.size
        self._opened = 0
        self._name = session.ljust(HEADER.field("session").size).encode()
        self._sent = now
        self._ends = 0

    @property
    def next(self) -> int:
        """Number of the message that comes next."""
        return len(self.messages) + 1

    @property
    def waiting(self) -> int:
        """Number of messages that no packet has taken yet."""
        return len(self.messages) - self.sent

    @property
    def over(self) -> bool:
        """Whether the session has ended and said so often enough."""
        return self._ends > END_PACKETS

    def publish(self, messages: Sequence[bytes], now: int) -> list[bytes]:
        """Number ``messages`` and return the packets that are full, or need not wait. Raises ValueError once the
        session has ended."""
        if not messages:
            return []
        if self._ends:
            raise ValueError("the session has ended")
        count = len(messages)
        size = LENGTH_BYTES * count + sum(map(len, messages))
        waiting = self.waiting
        packets: list[bytes] = []
        if waiting and not self._fits(size, waiting + count):
            packets, waiting = self._close(now), 0
        if not waiting:
            self._opened = now
        self.messages += messages
        self._bytes += size
        if not self._gather or not self._fits(1, waiting + count + 1):
            packets += self._close(now)
        return packets

    def end(self, now: int) -> list[bytes]:
        """End the session: return what waited, and the first end of session packet; ``tick`` gives the others."""
        if self._ends:
            return []
        packets = self._close(now)
        self._ends = 1
        return packets + self._end(now)

    def tick(self, now: int) -> list[bytes]:
        """Return what has waited long enough, the heartbeat, or the end of session packet, that is due."""
        if self.waiting:
            return self._close(now) if now >= self._opened + self._gather else []
        due = self.deadline()
        if due is None or now < due:
            return []
        if self._ends:
            return self._end(now)
        self._sent = now
        return [moldudp64.pack(self.session, self.next)]

    def deadline(self) -> int | None:
        """Return when ``tick`` is to be called, None when all was said."""
        if self.waiting:
            return self._opened + self._gather
        return None if self.over else self._sent + (END_NS if self._ends else HEARTBEAT_NS)

    def answer(self, request: bytes) -> bytes | None:
        """Return the packet that answers a request packet: as many of the messages asked for as fit one packet.

        None, and no reply at all, when it is no request, of another session, or asks for nothing that was sent.
        """
        self.requests += 1
        try:
            asked = HEADER.unpack(request)
        except WireError:
            self.refused += 1
            return None
        first, count = asked["sequence"], asked["count"]
        known = len(request) == HEADER.size and asked["session"] == self.session and 1 <= first <= self.sent
        if not known or not 0 < count < END_OF_SESSION:
            self.refused += 1
            return None
        # No more than this many can fit, whatever their lengths.
        wanted = self.messages[first - 1:min(first - 1 + min(count, self._size), self.sent)]
        return next(moldudp64.packetize(wanted, session=self.session, sequence=first, size=self._size))

    def _fits(self, size: int, messages: int) -> bool:
        """Return whether a packet has room for ``size`` bytes more, and for ``messages`` in all."""
        return self._bytes + size <= self._size and messages <= self._most

    def _close(self, now: int) -> list[bytes]:
        """Return the packets of all that waits."""
        messages, first, whole = self.messages[self.sent:], self.sent + 1, self._fits(0, self.waiting)
        self._bytes, self.sent = HEADER.size, len(self.messages)
        if not messages:
            return []
        self._sent = now
        if whole:
            blocks = [part for message in messages for part in (_LENGTHS[len(message)], message)]
            return [b"".join((_HEAD(self._name, first, len(messages)), *blocks))]
        return list(moldudp64.packetize(messages, session=self.session, sequence=first, most=self._most,
                                        size=self._size))

    def _end(self, now: int) -> list[bytes]:
        self._ends += 1
        self._sent = now
        return [moldudp64.pack(self.session, self.next, count=END_OF_SESSION)]
