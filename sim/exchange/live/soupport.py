# Ref: Nasdaq SoupBinTCP 3.00
"""SoupBinTCP on real connections: OUCH, whose users' streams last for the day, and GLIMPSE, a new stream each login."""

import asyncio
import socket
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import cast

from sim.exchange import soup
from sim.exchange.clock import Alarm, Clock
from sim.exchange.exchange import Exchange
from sim.exchange.live.datagrams import refusal
from sim.exchange.ouchdesk.orders import OuchUser
from sim.exchange.settings import Address
from sim.exchange.soup import Drop, LoggedIn, Output, Received, Server, Stream, Transmit
from wire.soupbintcp import Reject

__all__ = ["GlimpsePort", "OuchPort", "SoupPort"]

#: Connections of a port at most; more are turned away.
_CONNECTIONS = 100


class SoupPort(ABC):
    """Listens, and gives each connection its side of the protocol. Subclasses say who may log in, and what follows.
    log: gets a line for what happens."""

    name = ""

    def __init__(self, clock: Clock, log: Callable[[str], None]) -> None:
        self.clock, self.log = clock, log
        self.connections: set[_Connection] = set()
        self._server: asyncio.Server | None = None

    async def listen(self, address: Address) -> Address:
        """Listen at ``address`` and return it, with the port that it is. Raises ListenError."""
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(lambda: _Connection(self), *address)
        except OSError as error:
            raise refusal(self.name, address, error) from None
        return cast(Address, self._server.sockets[0].getsockname()[:2])

    async def close(self) -> None:
        """Send what waits, as far as it goes, close all connections, and listen no more."""
        if self._server is not None:
            self._server.close()
            for connection in list(self.connections):
                connection.flush()
                connection.close()
            await self._server.wait_closed()

    @abstractmethod
    def login(self, user: str, password: str, session: str) -> Stream | Reject:
        """Return the stream for a login, or why there is none."""

    @abstractmethod
    def received(self, connection: "_Connection", payload: bytes) -> None:
        """Take an unsequenced message."""

    @abstractmethod
    def left(self, user: str) -> None:
        """Hear that the connection of a user is gone."""


class OuchPort(SoupPort):
    """OUCH for the users of ``exchange``, one connection each."""

    name = "OUCH"

    def __init__(self, exchange: Exchange, log: Callable[[str], None]) -> None:
        super().__init__(exchange.clock, log)
        self._desk = exchange.ouch
        exchange.on_stream = self.grown

    def login(self, user: str, password: str, session: str) -> Stream | Reject:
        """See SoupPort. A user who has a connection gets no other."""
        known = self._desk.users.get(user)
        if known is None or known.password != password:
            return Reject.NOT_AUTHORISED
        taken = any(connection.side.user == user for connection in self.connections)
        return Reject.SESSION_NOT_AVAILABLE if taken else known.stream

    def received(self, connection: "_Connection", payload: bytes) -> None:
        """See SoupPort."""
        assert connection.side.user is not None
        self._desk.take(connection.side.user, payload, self.clock.now())

    def left(self, user: str) -> None:
        """See SoupPort."""
        self._desk.logged_out(user, self.clock.now())

    def grown(self, user: OuchUser) -> None:
        """Send what is new in a user's stream."""
        for connection in self.connections:
            if connection.side.user == user.name:
                connection.flush()


class GlimpsePort(SoupPort):
    """GLIMPSE: any login gets the books as they are then, and the end."""

    name = "GLIMPSE"

    def __init__(self, exchange: Exchange, log: Callable[[str], None]) -> None:
        super().__init__(exchange.clock, log)
        self._venue = exchange.venue

    def login(self, user: str, password: str, session: str) -> Stream | Reject:
        """See SoupPort."""
        return Stream(self._venue.feed.session, self._venue.snapshot(self.clock.now()), ended=True)

    def received(self, connection: "_Connection", payload: bytes) -> None:
        """See SoupPort. GLIMPSE has no messages of a user's; they are left alone."""

    def left(self, user: str) -> None:
        """See SoupPort. Nothing is kept of a user."""


class _Connection(asyncio.Protocol):
    """One connection of a port. side: the server's side of the protocol."""

    side: Server

    def __init__(self, port: SoupPort) -> None:
        self._port, self._paused = port, False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        self._transport = cast(asyncio.Transport, transport)
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.side = Server(self._port.login, self._port.clock.now())
        self._alarm = Alarm(self._port.clock, self.side.deadline, lambda now: self._do(self.side.tick(now)))
        if len(self._port.connections) >= _CONNECTIONS:
            self._log("turned away: too many connections")
            self._transport.abort()
            return
        self._port.connections.add(self)
        self._alarm.arm()

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        self._do(self.side.receive(data, self._port.clock.now()))
        self.flush()

    def pause_writing(self) -> None:
        """See asyncio.Protocol: what waits stays in the stream."""
        self._paused = True

    def resume_writing(self) -> None:
        """See asyncio.Protocol."""
        self._paused = False
        self.flush()

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        self._alarm.stop()
        if self in self._port.connections:
            self._port.connections.remove(self)
            if not self.side.closed:
                self._log("closed: the client closed the connection")
            if self.side.user is not None:
                self._port.left(self.side.user)

    def flush(self) -> None:
        """Send messages of the stream, as long as the client takes them."""
        while not self._paused and (outputs := self.side.flush(self._port.clock.now())):
            self._do(outputs)

    def close(self) -> None:
        """Close, behind what was written."""
        self.side.closed = True
        self._alarm.stop()
        self._transport.close()

    def _log(self, text: str) -> None:
        self._port.log(f"{self._port.name} {self.side.user or 'connection'}: {text}")

    def _do(self, outputs: list[Output]) -> None:
        for output in outputs:
            match output:
                case Transmit(raw):
                    self._transport.write(raw)
                case Received(payload):
                    self._port.received(self, payload)
                case Drop(reason):
                    self._log(f"closed: {reason}")
                    self.close()
                case LoggedIn(_, session, sequence):
                    self._log(f"logged in: session {session}, from message {sequence}")
                case soup.Refused() | soup.Sequenced():
                    pass
        if not self.side.closed:
            self._alarm.arm()
