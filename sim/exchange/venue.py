"""The exchange without I/O: what is asked of it goes in, packets of the feed and events for the desks come out.

Times (``now``) are ns since the Unix epoch, of whatever clock; those on the feed are since ``midnight``.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence

from sim.exchange.commands import Command, EndOfDay
from sim.exchange.engine import Engine
from sim.exchange.events import Accepted, Added, Canceled, Event, Executed, Replaced
from sim.exchange.feed import Feed
from sim.exchange.itch import Encoder
from sim.exchange.symbols import Symbol
from wire.glimpse50 import END_OF_SNAPSHOT
from wire.itch50 import NS_PER_DAY, RegSho, SystemEvent
from wire.soupbintcp import right

__all__ = ["Listener", "Outlet", "Venue"]

#: Events of an order, which have its token. What else happens may concern anybody.
_OF_ORDERS = frozenset({Accepted, Added, Canceled, Executed, Replaced})

#: Is told all events of a command, and when.
Listener = Callable[[Sequence[Event], int], None]
#: Is given packets of the feed, which go out on each line, and when.
Outlet = Callable[[Sequence[bytes], int], None]


class Venue:
    """An exchange for ``symbols``: the engine, its feed, and whoever listens.

    session: of the feed, at most 10 characters. midnight: when the exchange's day began. most: messages a packet at
    most; gather: ns that one waits for others, at most. outlets: get the feed's packets, all the same ones, and are
    called without any when a message begins to wait. phase: the last system event.
    """

    def __init__(self, symbols: Iterable[Symbol], *, session: str, now: int, midnight: int,
                 most: int | None = None, gather: int = 0) -> None:
        symbols = tuple(symbols)
        self.engine = Engine(symbols)
        self.feed = Feed(session, now, most=most, gather=gather)
        self.midnight = midnight
        self.outlets: list[Outlet] = []
        self.phase: SystemEvent | None = None
        self.commands = 0
        self._encoder = Encoder(symbols)
        self._restrictions: dict[int, RegSho] = {}
        self._listeners: list[tuple[Listener, type | None]] = []
        self._untold: deque[tuple[Sequence[Event], int]] = deque()
        self._telling = False

    def listen(self, listener: Listener, tokens: type | None = None) -> None:
        """Tell ``listener`` from now on. It may apply commands; their events are told after those it is told now.

        tokens: class of those of its orders; it is not told of a command that led to events of others' orders alone.
        """
        self._listeners.append((listener, tokens))

    def begin(self, now: int) -> None:
        """Begin the day: start of messages, all symbols, start of system hours."""
        ns = self._ns(now)
        self._publish([self._encoder.phase(SystemEvent.START_OF_MESSAGES, ns), *self._encoder.directory(ns),
                       self._encoder.phase(SystemEvent.START_OF_SYSTEM_HOURS, ns)], now)
        self.phase = SystemEvent.START_OF_SYSTEM_HOURS

    def enter(self, phase: SystemEvent, now: int) -> None:
        """Publish the system event ``phase``."""
        self._publish([self._encoder.phase(phase, self._ns(now))], now)
        self.phase = phase

    def restrict(self, locate: int, action: RegSho, now: int) -> None:
        """Publish that the short-sale price test of a symbol is now ``action``."""
        self._restrictions[locate] = action
        self._publish([self._encoder.restriction(locate, action, self._ns(now))], now)

    def apply(self, command: Command, now: int) -> list[Event]:
        """Let the engine do ``command``, publish what happened, tell all who listen, and return it."""
        events = self.engine.apply(command, now)
        self.commands += 1
        self._publish(self._encoder.events(events, self._ns(now)), now)
        self._untold.append((events, now))
        if not self._telling:
            self._telling = True
            try:
                while self._untold:
                    happened, when = self._untold.popleft()
                    tokens = {type(event.token) if type(event) in _OF_ORDERS else None for event in happened}
                    for listener, own in self._listeners:
                        if own is None or own in tokens or None in tokens:
                            listener(happened, when)
            finally:
                self._telling = False
        return events

    def end(self, now: int) -> None:
        """End the day: all open orders are cancelled, then end of system hours and of messages, end of session."""
        self.apply(EndOfDay(), now)
        self.enter(SystemEvent.END_OF_SYSTEM_HOURS, now)
        self.enter(SystemEvent.END_OF_MESSAGES, now)
        self._send(self.feed.end(now), now)

    def tick(self, now: int) -> None:
        """Send what is due on the feed: heartbeats, end of session."""
        self._send(self.feed.tick(now), now)

    def snapshot(self, now: int) -> list[bytes]:
        """Return the messages of a GLIMPSE snapshot: day, symbols, books, and where the feed goes on."""
        ns = self._ns(now)
        engine, encoder = self.engine, self._encoder
        states = {symbol.locate: engine.state(symbol.locate) for symbol in engine.symbols}
        made = [] if self.phase is None else [encoder.phase(self.phase, ns)]
        made += encoder.directory(ns, states, self._restrictions)
        made += [encoder.resting(order, ns) for locate in states for order in engine.resting(locate)]
        return [*made, END_OF_SNAPSHOT.pack({"sequence": right(self.feed.next)})]

    def _publish(self, messages: Sequence[bytes], now: int) -> None:
        if messages:
            begins = not self.feed.waiting
            packets = self.feed.publish(messages, now)
            if packets or begins:
                self._send(packets, now)

    def _send(self, packets: Sequence[bytes], now: int) -> None:
        for outlet in self.outlets:
            outlet(packets, now)

    def _ns(self, now: int) -> int:
        ns = now - self.midnight
        if not 0 <= ns < NS_PER_DAY:
            raise ValueError(f"the exchange's day is over, or has not begun: {ns} ns since midnight")
        return ns
