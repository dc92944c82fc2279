"""A TCP connection of a session, on asyncio's event loop: options, bytes, and a counterparty that does not read.

What is written and not sent yet is bounded: beyond half of the configured backlog nothing more is read from a
counterparty, and no replay goes on, until it has read; when all of it is full and there is still more to write, or the
counterparty reads nothing for a while, the connection is cut. Nothing is lost by that: all is in the store, and is
asked for again. What one read, or one slice of a replay, leads to is written whole.
"""

import asyncio
import socket
from typing import cast

from host.fix.application import LinkKind
from host.fix.endpoint import Endpoint
from host.fix.outputs import Drop
from host.fix.socket import SocketError, apply, peer_name, quick_ack

__all__ = ["Connection"]

#: Seconds in which a counterparty must read something, when bytes wait for it and the session has no heartbeat.
_STALL = 30
#: Seconds that the counterparty has to close after we said all.
_LINGER = 2.0


class Connection(asyncio.Protocol):
    """The connection of ``endpoint``. closed: has its end as a result: why, and whether to try again."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._loop = asyncio.get_running_loop()
        self.closed: asyncio.Future[Drop] = self._loop.create_future()
        self.paused = False
        self._end: Drop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._quick = endpoint.config.options.quick_ack
        self._waiting = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        self._transport = cast(asyncio.Transport, transport)
        self._socket: socket.socket = transport.get_extra_info("socket")
        self._transport.set_write_buffer_limits(high=self._endpoint.config.backlog // 2)
        self._endpoint.notice(LinkKind.CONNECTED, peer_name(transport))
        try:
            for line in apply(self._socket, self._endpoint.config.options):
                self._endpoint.notice(LinkKind.SOCKET, line)
        except SocketError as error:
            self._end = Drop(str(error), retry=False)
            self._transport.abort()
            return
        self._endpoint.opened(self)

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        if self._quick:
            quick_ack(self._socket)
        self._endpoint.received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        if self._timer:
            self._timer.cancel()
        end = self._end or Drop(f"the connection was lost: {exc}" if exc else "the counterparty closed the connection")
        self._endpoint.closed()
        self._endpoint.notice(LinkKind.CLOSED, end.reason)
        if not self.closed.done():
            self.closed.set_result(end)

    def pause_writing(self) -> None:
        """See asyncio.Protocol."""
        self.paused = True
        self._transport.pause_reading()
        self._endpoint.notice(LinkKind.STALLED, f"{self._unsent} bytes wait until the counterparty reads")
        self._watch()

    def resume_writing(self) -> None:
        """See asyncio.Protocol."""
        self.paused = False
        if self._timer and not self._end:
            self._timer.cancel()
        self._transport.resume_reading()
        self._endpoint.eased()

    def write(self, raw: bytes) -> None:
        """See Link."""
        if self._end or self._transport.is_closing():
            return
        if self._unsent > self._endpoint.config.backlog:
            self.abort(f"the counterparty does not read: {self._unsent} bytes wait")
        else:
            self._transport.write(raw)

    def drop(self, drop: Drop) -> None:
        """See Link. The counterparty is left time to read the last of it, and to close."""
        if self._end:
            return
        self._end = drop
        if self._timer:
            self._timer.cancel()
        self._timer = self._loop.call_later(_LINGER, self._transport.abort)
        if self._transport.can_write_eof():
            self._transport.write_eof()
        else:
            self._transport.close()

    def abort(self, reason: str) -> None:
        """See Link."""
        self._end = self._end or Drop(reason)
        self._transport.abort()

    @property
    def _unsent(self) -> int:
        return self._transport.get_write_buffer_size()

    def _watch(self) -> None:
        self._waiting = self._unsent
        self._timer = self._loop.call_later(self._endpoint.session.heartbeat or _STALL, self._stalled)

    def _stalled(self) -> None:
        if self._unsent >= self._waiting:
            self.abort(f"the counterparty does not read: {self._unsent} bytes wait")
        else:
            self._watch()
