"""The loop's venue on a real connection: an initiating FIX session on asyncio's event loop."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from host.fix.application import Application, LinkKind, LinkNotice
from host.fix.config import SessionConfig
from host.fix.encode import EncodeError
from host.fix.endpoint import Endpoint
from host.fix.initiator import Initiator, Stopped
from host.fix.message import Message
from host.fix.outputs import Notice
from host.fix.session import SessionError
from host.fix.settings import SessionId, Settings
from host.fix.store import StoreError
from host.oms.templates import Make
from host.run.venue import Link, VenueEvent
from wire.fix.types import MsgType

__all__ = ["FixVenue", "VenueError"]

#: What is not worth a line.
_QUIET = (LinkKind.SOCKET, LinkKind.WAITING)
#: Questions that a lost connection took: the order manager asks anew behind all else, so these must not be answered.
_ASKED_ANEW = (MsgType.OrderStatusRequest, MsgType.OrderMassStatusRequest, MsgType.RequestForPositions)


class VenueError(Exception):
    """The session cannot go on; the text says why."""


class FixVenue(Application):
    """See host.run.venue. It does its part whenever the event loop runs: between two turns of the host's loop, by the
    same thread.

    A message that ``poll`` gave counts as received when ``took`` was called behind it. up: whether both sides are
    logged on. log: gets a line for what happens to the session, and not again what it was told last.
    """

    def __init__(self, config: SessionConfig, log: Callable[[str], object], *,
                 clock: Callable[[], int] = time.time_ns) -> None:
        """Open the store; to be called on the event loop. clock: ns since 1970. Raises StoreError, SocketError;
        OSError."""
        self.up = False
        self._log, self._told = log, ""
        self._heard: list[VenueEvent] = []
        settings = replace(config.settings, may_resend=lambda message, _: message.msg_type not in _ASKED_ANEW)
        self._initiator = Initiator(replace(config, settings=settings), self, takes=False, clock=clock)
        self._ended: asyncio.Task[None] | None = None

    @property
    def began(self) -> int:
        """When the session's numbers began, ns since 1970: nothing of before is ever resent."""
        return self._initiator.endpoint.store.created

    @property
    def settings(self) -> Settings:
        """See Venue."""
        return self._initiator.config.settings

    def start(self) -> None:
        """Begin to connect; from now on ``stop`` must be awaited."""
        self._initiator.start()
        self._ended = asyncio.get_running_loop().create_task(self._initiator.ended())

    async def stop(self, text: str) -> None:
        """Log out, saying ``text``, close connection and store."""
        await self._initiator.stop(text)
        if self._ended is not None:
            await asyncio.wait((self._ended,))
            if not self._ended.cancelled() and (error := self._ended.exception()) is not None:
                self._log(f"had ended: {error}")

    def poll(self) -> Sequence[VenueEvent]:
        """See Venue. Raises VenueError when the session ended, and another attempt would not go better."""
        if self._ended is not None and self._ended.done():
            try:
                self._ended.result()
            except (Stopped, StoreError, SessionError, EncodeError, OSError) as error:
                raise VenueError(f"the session to the venue has ended: {error}") from error
        heard, self._heard = self._heard, []
        return heard

    def took(self) -> None:
        """See Venue."""
        self._initiator.endpoint.took()

    def send(self, message: Message, now: int) -> int:
        """See Venue. Raises VenueError."""
        return self._send(message.msg_type.decode(), lambda endpoint: endpoint.send(message))

    def send_made(self, make: Make, now: int) -> int:
        """See Venue. Raises VenueError."""
        return self._send("an order", lambda endpoint: endpoint.send_made(make))

    def _send(self, what: str, send: Callable[[Endpoint], None]) -> int:
        endpoint = self._initiator.endpoint
        seq = endpoint.store.next_out
        try:
            send(endpoint)
        except (StoreError, SessionError, EncodeError) as error:
            raise VenueError(f"cannot send {what}: {error}") from error
        return seq

    def on_message(self, session: SessionId, message: Message) -> None:
        """See Application."""
        self._heard.append(message)

    def on_event(self, session: SessionId | None, notice: Notice | LinkNotice) -> None:
        """See Application."""
        line = f"{notice.kind.value}: {notice.text}"
        if notice.kind not in _QUIET and line != self._told:
            self._log(line)
            self._told = line

    def on_logon(self, session: SessionId) -> None:
        """See Application."""
        self.up = True
        self._heard.append(Link.UP)

    def on_logout(self, session: SessionId) -> None:
        """See Application."""
        self.up = False
        self._heard.append(Link.DOWN)

    def on_failure(self, session: SessionId, error: Exception) -> None:
        """See Application; ``poll`` raises it once the connection is gone."""
        self._log(f"has failed: {error}")
