"""Numbers of what comes: what is expected, what waits behind a gap, what the application has not taken yet."""

from collections import deque
from heapq import heappop, heappush

from host.fix.message import Message
from host.fix.outputs import Deliver
from host.fix.store import Store

__all__ = ["MOST_BYTES", "Inbound"]

#: Of messages that wait behind a gap, as they came.
MOST_BYTES = 1 << 26


class Inbound:
    """The inbound half of a session's numbers.

    expected: number of the message that is next. It runs ahead of the store's ``next_in`` by what was delivered and
    not taken. era: counts connections and resets. asked: last number that was asked for again, and is awaited; tries:
    how often without any answer. detached: a reset was asked for and not yet granted: old numbers go on, and mean
    nothing to the store, which was reset.
    """

    def __init__(self, store: Store, most: int) -> None:
        """most: messages that may wait behind a gap."""
        self.era = 0
        self._store, self._most = store, most
        self._given: deque[int] = deque()
        self._waiting: dict[int, Message | None] = {}
        self._order: list[int] = []
        self.begin()

    def begin(self) -> None:
        """Begin anew from what the store knows: a connection, or a reset."""
        self.expected = self._store.next_in
        self.asked = self.tries = 0
        self.detached = False
        self.era += 1
        self._given.clear()
        self._forget()

    @property
    def processed(self) -> int:
        """The last number up to which all is taken."""
        return (self._given[0] if self._given else self.expected) - 1

    def advance(self, expected: int) -> None:
        """Expect ``expected`` next, unless a higher number is."""
        if expected > self.expected:
            self.expected, self.tries = expected, 0

    def jump(self, expected: int) -> None:
        """Expect ``expected``, which is higher; forget what waits."""
        self._forget()
        self.asked = 0
        self.advance(expected)

    def give(self, message: Message, seq: int, possible_duplicate: bool) -> Deliver:
        """Return ``message`` for the application, which has not taken it until ``took``."""
        self._given.append(seq)
        return Deliver(message, seq, possible_duplicate, self.era)

    def took(self, delivery: Deliver) -> None:
        """Note that the application took ``delivery``; one of before the last reset or connection changes nothing."""
        if delivery.era == self.era and delivery.seq in self._given:
            self._given.remove(delivery.seq)
            self.settle()

    def settle(self) -> None:
        """Let the store know how far all is taken."""
        if not self.detached and self.processed >= self._store.next_in:
            self._store.taken(self.processed + 1)

    def wait(self, seq: int, message: Message | None) -> bool:
        """Keep ``message``, whose number is ahead (None: only the number, all else is done). Return whether there
        was room."""
        if seq in self._waiting:
            return True
        size = len(message.raw) if message else 0
        if len(self._waiting) >= self._most or self._bytes + size > MOST_BYTES:
            return False
        self._bytes += size
        self._waiting[seq] = message
        heappush(self._order, seq)
        return True

    def ready(self) -> tuple[int, Message | None] | None:
        """Return and forget the first message that waits no longer: nothing before it is missing."""
        if not self._order or self._order[0] > self.expected:
            return None
        first = heappop(self._order)
        message = self._waiting.pop(first)
        self._bytes -= len(message.raw) if message else 0
        return first, message

    def hole(self) -> tuple[int, int] | None:
        """Return the first and last number that are missing before the first message that waits."""
        if not self._order or self._order[0] <= self.expected:
            return None
        return self.expected, self._order[0] - 1

    def _forget(self) -> None:
        self._bytes = 0
        self._waiting.clear()
        self._order.clear()
