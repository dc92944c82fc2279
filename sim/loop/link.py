"""A FIX session of the host to the exchange, in memory: the loop's port to its venue."""

from collections.abc import Sequence

from host.fix.message import Message
from host.fix.settings import Settings
from host.fix.store import MemoryStore
from host.oms.templates import Make
from host.run.venue import Link, VenueEvent
from sim.exchange.clock import Clock
from sim.exchange.joined import Joined

__all__ = ["JoinedVenue"]


class JoinedVenue:
    """See host.run.venue. It logs on when it is made; latency: ns that a message takes, either way. store: of an
    earlier life of the host, whose connection is lost."""

    def __init__(self, joined: Joined, name: str, clock: Clock, *, latency: int = 0,
                 store: MemoryStore | None = None) -> None:
        """Raises KeyError when the exchange has no session of this name."""
        self.store = store or MemoryStore(clock.now())
        self._heard: list[VenueEvent] = []
        self._up = False
        self._side = joined.client(name, self._heard.append, latency=latency, store=self.store, takes=False)

    @property
    def heard(self) -> bool:
        """Whether ``poll`` has something."""
        return bool(self._heard) or self._side.logged_on != self._up

    @property
    def settings(self) -> Settings:
        """See Venue."""
        return self._side.session.settings

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
        """See Venue."""
        self._side.took()

    def send(self, message: Message, now: int) -> int:
        """See Venue."""
        seq = self.store.next_out
        self._side.send(message)
        return seq

    def send_made(self, make: Make, now: int) -> int:
        """See Venue."""
        seq = self.store.next_out
        self._side.send_made(make)
        return seq

    def cut(self) -> None:
        """Lose the connection."""
        self._side.cut()
