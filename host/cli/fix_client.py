"""An initiating session that the command drives: found in a configuration, logged on, watched."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from rich.text import Text

from host.cli.errors import UserError
from host.fix.application import Application, LinkKind, LinkNotice
from host.fix.config import ConfigError, SessionConfig, load
from host.fix.initiator import Initiator, Stopped
from host.fix.message import Message
from host.fix.outputs import Notice, NoticeKind
from host.fix.settings import SessionId
from host.fix.socket import SocketError
from host.fix.store import StoreError

__all__ = ["Client", "initiating", "run_session"]

#: What is not worth a line for somebody who watches.
_QUIET = (LinkKind.WAITING, LinkKind.SOCKET, LinkKind.STALLED)
_BAD = (NoticeKind.REJECTED, NoticeKind.REJECT_HEARD, NoticeKind.GARBLED, NoticeKind.SILENT,
        NoticeKind.GIVEN_UP, LinkKind.UNREACHABLE, LinkKind.TURNED_AWAY)


def initiating(path: Path, name: str | None) -> SessionConfig:
    """Return the initiating session ``name`` of the configuration ``path``; the only one, without a name.

    Raises UserError; OSError.
    """
    try:
        configs = [config for config in load(path) if config.settings.initiator]
    except ConfigError as error:
        raise UserError(str(error)) from None
    names = ", ".join(config.name for config in configs)
    if not configs:
        raise UserError(f"{path}: has no session with the role initiator")
    if name is None and len(configs) > 1:
        raise UserError(f"{path}: has the initiators {names}; SESSION says which")
    for config in configs:
        if name in (None, config.name):
            return config
    raise UserError(f"{path}: has no initiator {name}; there are {names}")


class Client(Application):
    """Shows what happens by ``show``; ``take`` gets the messages. logged_on: a result, or why there was no logon."""

    def __init__(self, show: Callable[[Text], None], take: Callable[[Message], None]) -> None:
        self._show, self._take = show, take
        self.logged_on: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._last = ""

    def on_message(self, session: SessionId, message: Message) -> None:
        """See Application."""
        self._take(message)

    def on_event(self, session: SessionId | None, notice: Notice | LinkNotice) -> None:
        """See Application."""
        ends = notice.kind in (LinkKind.UNREACHABLE, LinkKind.CLOSED) and not self.logged_on.done()
        if notice.kind not in _QUIET and not ends:
            self._show(Text(f"{notice.kind.value}: {notice.text}", "red" if notice.kind in _BAD else "dim"))
        if notice.kind == NoticeKind.LOGGED_OUT:
            self._last = notice.text
        if ends:
            self.logged_on.set_exception(UserError(f"no logon: {self._last or notice.text}"))

    def on_logon(self, session: SessionId) -> None:
        """See Application."""
        if not self.logged_on.done():
            self.logged_on.set_result(None)

    def on_failure(self, session: SessionId, error: Exception) -> None:
        """See Application."""
        if not self.logged_on.done():
            self.logged_on.set_exception(UserError(str(error)))


async def run_session(config: SessionConfig, client: Client, body: Callable[[Initiator], Awaitable[None]]) -> None:
    """Log on, await ``body``, log out; give up when the session ends by itself. Raises UserError."""
    try:
        async with Initiator(config, client) as initiator:
            ended = asyncio.ensure_future(initiator.ended())
            work = asyncio.ensure_future(_logged_on(client, initiator, body))
            try:
                await asyncio.wait((ended, work), return_when=asyncio.FIRST_COMPLETED)
                await (work if work.done() else ended)
            finally:
                for task in (work, ended):
                    task.cancel()
                await asyncio.gather(work, ended, return_exceptions=True)
    except (StoreError, SocketError, Stopped) as error:
        raise UserError(str(error)) from None


async def _logged_on(client: Client, initiator: Initiator, body: Callable[[Initiator], Awaitable[None]]) -> None:
    await client.logged_on
    await body(initiator)
