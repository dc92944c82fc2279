"""FIX sessions of the exchange and its counterparties in one process, joined by links on a clock, without sockets."""

from collections import deque
from collections.abc import Callable, Hashable, Sequence

from host.fix.message import Message
from host.fix.outputs import Deliver, Drop, NoticeKind, Output, Transmit
from host.fix.session import Session
from host.fix.settings import Settings
from host.fix.store import MemoryStore, Store
from sim.exchange.clock import Alarm, Clock
from sim.exchange.exchange import Exchange

__all__ = ["Joined", "Side"]


class Side:
    """One side of a link: a session, and who takes what it delivers. logged_on: whether it is."""

    def __init__(self, clock: Clock, session: Session, on_message: Callable[[Message], None],
                 on_logout: Callable[[], None] = lambda: None, *, takes: bool = True) -> None:
        """takes: whether a message is taken when ``on_message`` returns; else when ``took`` is called."""
        self.session, self.logged_on = session, False
        self._takes, self._given = takes, deque[Deliver]()
        self._clock, self._on_message, self._on_logout = clock, on_message, on_logout
        self._outputs: deque[Output] = deque()
        self._busy = False
        self._other: Side | None = None
        self._latency = 0
        self._alarm = Alarm(clock, session.deadline, lambda now: self._do(session.tick(now)))

    def link(self, other: "Side", latency: int) -> None:
        """Begin to talk to ``other``, to which what is said takes ``latency`` ns."""
        self._other, self._latency = other, latency
        self._do(self.session.connect(self._clock.now()))

    def send(self, message: Message) -> None:
        """Send an application message."""
        self._do(self.session.send(message, self._clock.now()))

    def send_made(self, make: Callable[[int, int], bytes]) -> None:
        """The same, with a message that ``make`` encodes: see Session."""
        self._do(self.session.send_made(make, self._clock.now()))

    def took(self) -> None:
        """Take all that was given to ``on_message``."""
        while self._given:
            self.session.took(self._given.popleft())

    def logout(self) -> None:
        """End the connection in good order."""
        self._do(self.session.logout("", self._clock.now()))

    def cut(self) -> None:
        """Lose the connection, here and over there, with what is under way."""
        other = self._other
        for side in (self, other):
            if side is not None and side._other is not None:
                side._other = None
                side._do(side.session.disconnected(self._clock.now()))

    def _do(self, outputs: Sequence[Output]) -> None:
        """Do ``outputs`` behind those under way."""
        self._outputs.extend(outputs)
        if self._busy:
            return
        self._busy = True
        try:
            while self._outputs:
                self._perform(self._outputs.popleft())
        finally:
            self._busy = False
        self._alarm.arm()

    def _perform(self, output: Output) -> None:
        match output:
            case Transmit(raw):
                self._clock.call_at(self._clock.now() + self._latency, self._carry(self._other, raw))
            case Deliver():
                self._on_message(output.message)
                self._given.append(output)
                if self._takes:
                    self.took()
            case Drop():
                self._clock.call_at(self._clock.now() + self._latency, self.cut)
            case _ if output.kind is NoticeKind.LOGGED_ON:
                self.logged_on = True
            case _ if output.kind is NoticeKind.LOGGED_OUT:
                self.logged_on = False
                self._on_logout()

    def _carry(self, other: "Side | None", raw: bytes) -> Callable[[], None]:
        def arrive() -> None:
            # What was under way when the connection was lost is lost with it.
            if other is not None and other._other is self:
                other._do(other.session.receive(raw, other._clock.now()))
        return arrive


class Joined:
    """The FIX sessions of ``exchange``, and a client for any of them."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange, self._clock = exchange, exchange.clock
        self._sides = {config.settings.id: self._side(config.settings) for config in exchange.config.fix}
        exchange.on_fix = self._send

    def client(self, name: str, on_message: Callable[[Message], None], *, latency: int = 0,
               store: Store | None = None, takes: bool = True) -> Side:
        """Connect a client to the session of that name in the exchange's configuration, and log it on.

        on_message: takes what the exchange sends. latency: ns that a message takes, either way. store: the client's, an
        own one by default. takes: see Side. Raises KeyError.
        """
        config = next((one for one in self._exchange.config.fix if one.name == name), None)
        if config is None:
            raise KeyError(f"the exchange has no FIX session {name!r}")
        ours, theirs = self._sides[config.settings.id], config.settings
        settings = Settings(begin_string=theirs.begin_string, sender=theirs.target, target=theirs.sender,
                            initiator=True, dictionary=theirs.dictionary)
        side = Side(self._clock, Session(settings, store or MemoryStore(self._clock.now())), on_message,
                    takes=takes)
        self.reconnect(side, ours, latency)
        return side

    def reconnect(self, client: Side, ours: Side, latency: int = 0) -> None:
        """Let a client connect, again, to the side ``ours`` of the exchange."""
        ours.link(client, latency)
        client.link(ours, latency)

    def side(self, name: str) -> Side:
        """Return the exchange's side of the session ``name``."""
        return self._sides[next(one.settings.id for one in self._exchange.config.fix if one.name == name)]

    def _side(self, settings: Settings) -> Side:
        desk, key, clock = self._exchange.fix, settings.id, self._clock
        return Side(clock, Session(settings, MemoryStore(clock.now())),
                    lambda message: desk.take(key, message, clock.now()) if message.msg_type != b"3" else None,
                    lambda: desk.logged_out(key, clock.now()))

    def _send(self, session: Hashable, message: Message) -> None:
        self._sides[session].send(message)
