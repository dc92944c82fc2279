"""The side that is called: listens where its sessions want it, and gives each connection to the session it names."""

import asyncio
import errno
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Self, cast

from host.fix.application import Application, LinkKind, LinkNotice
from host.fix.config import SessionConfig
from host.fix.connection import Connection
from host.fix.door import Admitted, Door, TurnedAway
from host.fix.endpoint import Endpoint
from host.fix.message import Message
from host.fix.settings import SessionId
from host.fix.socket import peer_name, tls_context

__all__ = ["AcceptError", "Acceptor"]

#: Connections that may be open without having said who they are; more are turned away.
_STRANGERS = 100
#: Seconds that a connection has to say who it is.
_PATIENCE = 10.0
#: Seconds that all sessions together have to log out.
_GOODBYE = 5.0


class AcceptError(Exception):
    """Cannot listen; the text names the address."""


class Acceptor:
    """Accepting sessions, any number on a port. endpoints: by who they are. ``async with`` runs it."""

    def __init__(self, configs: Iterable[SessionConfig], application: Application, *,
                 clock: Callable[[], int] = time.time_ns) -> None:
        """Open the stores. clock: the wall clock, ns since 1970. Raises StoreError; OSError."""
        self.application = application
        self.endpoints: dict[SessionId, Endpoint] = {}
        self.strangers: set[_Entrance] = set()
        self.connections: dict[SessionId, Connection] = {}
        self._servers: dict[tuple[str, int], asyncio.Server] = {}
        try:
            for config in configs:
                self.endpoints[config.settings.id] = Endpoint(config, application, clock=clock)
        except BaseException:
            self._close()
            raise

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen. Raises AcceptError, SocketError (TLS); then all is closed again."""
        doors: dict[tuple[str, int], dict[SessionId, Endpoint]] = {}
        for endpoint in self.endpoints.values():
            doors.setdefault((endpoint.config.host, endpoint.config.port), {})[endpoint.id] = endpoint
        try:
            for address, endpoints in doors.items():
                self._servers[address] = await self._listen(*address, endpoints)
        except BaseException:
            await self.stop()
            raise

    def port(self, session: SessionId) -> int:
        """Return the port on which ``session`` is listened for, also where the configuration has 0."""
        config = self.endpoints[session].config
        number: int = self._servers[config.host, config.port].sockets[0].getsockname()[1]
        return number

    def send(self, session: SessionId, message: Message) -> None:
        """See Endpoint."""
        self.endpoints[session].send(message)

    async def stop(self, text: str = "") -> None:
        """Listen no more, log all out, close connections and stores."""
        for server in self._servers.values():
            server.close()
        for stranger in list(self.strangers):
            stranger.turn_away("the acceptor stops")
        live = [connection for connection in self.connections.values() if not connection.closed.done()]
        for endpoint in self.endpoints.values():
            endpoint.logout(text)
        ends = [connection.closed for connection in live]
        if ends:
            await asyncio.wait(ends, timeout=_GOODBYE)
            for connection in live:
                connection.abort("the acceptor stops")
            await asyncio.wait(ends)
        for server in self._servers.values():
            await server.wait_closed()
        self._servers.clear()
        self._close()

    def _close(self) -> None:
        for endpoint in self.endpoints.values():
            endpoint.close()
        self.endpoints.clear()

    async def _listen(self, host: str, port: int, endpoints: Mapping[SessionId, Endpoint]) -> asyncio.Server:
        tls, *others = {endpoint.config.tls for endpoint in endpoints.values()}
        if others:
            raise AcceptError(f"{host} port {port}: its sessions must have the same TLS")
        context = tls_context(tls, server=True) if tls else None
        loop = asyncio.get_running_loop()
        try:
            return await loop.create_server(lambda: _Entrance(self, endpoints), host, port, ssl=context)
        except OSError as error:
            reason = "in use by another" if error.errno == errno.EADDRINUSE else error.strerror or error
            raise AcceptError(f"cannot listen on {host} port {port}: {reason}") from None


class _Entrance(asyncio.Protocol):
    """A connection that has not yet said whose it is."""

    def __init__(self, acceptor: Acceptor, endpoints: Mapping[SessionId, Endpoint]) -> None:
        self._acceptor, self._endpoints = acceptor, endpoints
        self._door = Door({who: endpoint.session for who, endpoint in endpoints.items()})

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        self._transport = cast(asyncio.Transport, transport)
        self._timer = asyncio.get_running_loop().call_later(_PATIENCE, self.turn_away, "no Logon came in time")
        self._acceptor.strangers.add(self)
        if len(self._acceptor.strangers) > _STRANGERS:
            self.turn_away(f"more than {_STRANGERS} connections have not said who they are")

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        if self._transport.is_closing():
            return
        match self._door.receive(data):
            case TurnedAway(reason):
                self.turn_away(reason)
            case Admitted(session, everything):
                self._admit(self._endpoints[session.settings.id], everything)

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        self._leave()

    def turn_away(self, reason: str) -> None:
        """Close without a word."""
        notice = LinkNotice(LinkKind.TURNED_AWAY, f"{peer_name(self._transport)}: {reason}")
        self._acceptor.application.on_event(None, notice)
        self._transport.abort()

    def _admit(self, endpoint: Endpoint, data: bytes) -> None:
        if refusal := endpoint.refusal():
            self.turn_away(f"{endpoint.id}: {refusal}")
            return
        self._leave()
        connection = self._acceptor.connections[endpoint.id] = Connection(endpoint)
        self._transport.set_protocol(connection)
        connection.connection_made(self._transport)
        connection.data_received(data)

    def _leave(self) -> None:
        self._timer.cancel()
        self._acceptor.strangers.discard(self)
