"""FIX sessions on real connections: the acceptor of host.fix, and the exchange's desk as its application."""

from collections.abc import Callable, Hashable
from typing import cast

from host.fix.acceptor import Acceptor
from host.fix.application import Application, LinkNotice
from host.fix.encode import EncodeError
from host.fix.message import Message
from host.fix.outputs import Notice
from host.fix.settings import SessionId
from host.fix.store import StoreError
from sim.exchange.exchange import Exchange
from wire.fix.types import MsgType

__all__ = ["FixPort"]


class FixPort(Application):
    """The FIX side of ``exchange``. log: gets a line for what happens. online: sessions that are logged on."""

    def __init__(self, exchange: Exchange, log: Callable[[str], None]) -> None:
        self.online: set[SessionId] = set()
        self._exchange, self._log = exchange, log
        self._acceptor: Acceptor | None = None

    async def listen(self) -> dict[str, int]:
        """Open the stores and listen; return the port of each session by its name. Raises AcceptError, SocketError,
        StoreError; OSError."""
        sessions = self._exchange.config.fix
        self._acceptor = acceptor = Acceptor(sessions, self, clock=self._exchange.clock.now)
        await acceptor.start()
        self._exchange.on_fix = self._send
        return {one.name: acceptor.port(one.settings.id) for one in sessions}

    async def close(self, text: str) -> None:
        """Log all out; ``text`` tells them why."""
        if self._acceptor is not None:
            await self._acceptor.stop(text)

    def on_message(self, session: SessionId, message: Message) -> None:
        """See Application."""
        if message.msg_type == MsgType.Reject:
            self._log(f"{session}: a message of ours was rejected: {message.raw.decode('latin-1')}")
        else:
            self._exchange.fix.take(session, message, self._exchange.clock.now())

    def on_event(self, session: SessionId | None, notice: Notice | LinkNotice) -> None:
        """See Application."""
        self._log(f"{session or 'fix'}: {notice.kind.value}: {notice.text}")

    def on_logon(self, session: SessionId) -> None:
        """See Application."""
        self.online.add(session)

    def on_logout(self, session: SessionId) -> None:
        """See Application."""
        self.online.discard(session)
        self._exchange.fix.logged_out(session, self._exchange.clock.now())

    def on_failure(self, session: SessionId, error: Exception) -> None:
        """See Application."""
        self.online.discard(session)
        self._log(f"{session}: has failed: {error}")

    def _send(self, session: Hashable, message: Message) -> None:
        """Send a report. One session that cannot go on does not stop the exchange: on_failure has said so."""
        assert self._acceptor is not None
        try:
            self._acceptor.send(cast(SessionId, session), message)
        except (StoreError, OSError, EncodeError) as error:
            self._log(f"{session}: cannot be told of {message.msg_type.decode()}: {error}")
