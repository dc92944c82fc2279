"""A FIX session of the host to the exchange, in memory: the loop's port to its venue."""

from collections.abc import Sequence

from host.fix.message import Message
from host.fix.store import MemoryStore
from host.run.venue import Link, VenueEvent
from sim.exchange.clock import Clock
from sim.exchange.joined import Joined

__all__ = ["JoinedVenue"]


class JoinedVenue:
    """See host.run.venue. It logs on when it is made; latency: ns that a message takes, either way."""

    def __init__(self, joined: Joined, name: str, clock: Clock, *, latency: int = 0) -> None:
        """Raises KeyError when the exchange has no session of this name."""
        self._store = MemoryStore(clock.now())
        self._heard: list[VenueEvent] = []
        self._up = False
        self._side = joined.client(name, self._heard.append, latency=latency, store=self._store)

    def poll(self) -> Sequence[VenueEvent]:
        """See Venue."""
        heard = list(self._heard)
        self._heard.clear()
        if self._side.logged_on != self._up:
            self._up = not self._up
            if self._up:
                return [Link.UP, *heard]
            return [*heard, Link.DOWN]
        return heard

    def took(self) -> None:
        """See Venue. The session was told when the message came: neither side of it outlives the process."""

    def send(self, message: Message, now: int) -> int:
        """See Venue."""
        seq = self._store.next_out
        self._side.send(message)
        return seq
