"""The side that calls: connects within the session's hours, and again after a while when the connection is lost."""

import asyncio
import errno
import os
import ssl
import time
from collections.abc import Callable
from typing import Self

from host.fix.application import Application, LinkKind
from host.fix.backoff import Backoff
from host.fix.config import SessionConfig
from host.fix.connection import Connection
from host.fix.endpoint import Endpoint
from host.fix.message import Message
from host.fix.outputs import Drop
from host.fix.socket import tls_context

__all__ = ["Initiator", "Stopped"]

_SECOND, _MS = 1_000_000_000, 1_000_000
#: Seconds that a connection may take to come up.
_CONNECT = 10.0
#: Seconds after which the wall clock is looked at again while the session's hours are awaited.
_GLANCE = 30 * _SECOND


class Stopped(Exception):
    """The session ended, and another attempt would not go better: a person must look at it."""


class Initiator:
    """One initiating session. ``async with`` runs it; ``ended`` is to be awaited for what ends it by itself."""

    def __init__(self, config: SessionConfig, application: Application, *, takes: bool = True,
                 clock: Callable[[], int] = time.time_ns) -> None:
        """Open the store. takes: see Endpoint. clock: the wall clock, ns since 1970. Raises StoreError, SocketError
        (TLS); OSError."""
        self._tls = tls_context(config.tls, server=False) if config.tls else None
        self.config, self._clock = config, clock
        self.endpoint = Endpoint(config, application, takes=takes, clock=clock)
        self._stopping = asyncio.Event()
        self._connection: Connection | None = None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def start(self) -> None:
        """Begin to connect."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def ended(self) -> None:
        """Return when ``stop`` was called. Raises Stopped, or what ended the session for good."""
        if self._task:
            await asyncio.wait((self._task,))
            if not self._task.cancelled():
                self._task.result()

    def send(self, message: Message) -> None:
        """See Endpoint."""
        self.endpoint.send(message)

    async def stop(self, text: str = "") -> None:
        """Log out, close the connection and the store. What ended the session before is not raised here."""
        self._stopping.set()
        if self._connection and not self._connection.closed.done():
            self.endpoint.logout(text)
            patience = 2 * self.config.settings.logout_timeout + 1
            await asyncio.wait((self._connection.closed,), timeout=patience)
            self._connection.abort("the session was stopped")
            await self._connection.closed
        if self._task:
            self._task.cancel()
            await asyncio.wait((self._task,))
        self.endpoint.close()

    async def _run(self) -> None:
        reconnect, endpoint = self.config.reconnect, self.endpoint
        backoff = Backoff(first=reconnect.first_ms * _MS, most=reconnect.most_ms * _MS)
        while not self._stopping.is_set():
            if endpoint.error:
                raise endpoint.error
            if refusal := endpoint.refusal():
                await self._await_hours(refusal)
                continue
            began = self._clock()
            end = await self._connect()
            if endpoint.error is None and not end.retry:
                raise Stopped(f"{endpoint.id}: {end.reason}")
            if endpoint.error is None and not self._stopping.is_set():
                wait = backoff.failed(self._clock() - began)
                endpoint.notice(LinkKind.WAITING, f"{wait // _MS} ms before the next attempt")
                await self._pause(wait)

    async def _connect(self) -> Drop:
        """Connect, and return how the connection ended, or why there was none."""
        config, loop = self.config, asyncio.get_running_loop()
        name = (config.tls.name or None) if config.tls else None
        try:
            async with asyncio.timeout(_CONNECT):
                _, self._connection = await loop.create_connection(
                    lambda: Connection(self.endpoint), config.host, config.port, ssl=self._tls, server_hostname=name)
        except OSError as error:
            text = f"{config.host} port {config.port}: {_reason(error)}"
            self.endpoint.notice(LinkKind.UNREACHABLE, text)
            return Drop(text)
        return await asyncio.shield(self._connection.closed)

    async def _await_hours(self, refusal: str) -> None:
        now = self._clock()
        start = self.config.schedule.next_start(now) if self.config.schedule else None
        if start is None:
            raise Stopped(f"{self.endpoint.id}: {refusal}, and there are none to come")
        self.endpoint.notice(LinkKind.WAITING, f"{refusal}, which begin in {(start - now) // _SECOND} s")
        while not self._stopping.is_set() and (left := start - self._clock()) > 0:
            await self._pause(min(left, _GLANCE))

    async def _pause(self, wait: int) -> None:
        """Wait so many ns, or until it is to stop."""
        try:
            async with asyncio.timeout(wait / _SECOND):
                await self._stopping.wait()
        except TimeoutError:
            return


def _reason(error: OSError) -> str:
    """Return what the kernel says; asyncio's own text names the address once more, and not what is wrong."""
    if error.errno and error.errno in errno.errorcode and not isinstance(error, ssl.SSLError):
        return os.strerror(error.errno)
    return error.strerror or str(error) or "no answer"
