"""What an application is to the sessions: who gets their messages, and hears what becomes of them."""

from dataclasses import dataclass
from enum import Enum

from host.fix.message import Message
from host.fix.outputs import Notice
from host.fix.settings import SessionId

__all__ = ["Application", "LinkKind", "LinkNotice", "Refused"]


class Refused(Exception):
    """The application cannot take a message, and never will; it is answered with a BusinessMessageReject.

    text: goes to the counterparty. reason: BusinessRejectReason (380).
    """

    def __init__(self, text: str, reason: int = 0) -> None:
        super().__init__(text)
        self.text, self.reason = text, reason


class LinkKind(Enum):
    """What a notice about a connection says; the value is for people."""

    CONNECTED = "connected"
    CLOSED = "closed"
    UNREACHABLE = "unreachable"
    TURNED_AWAY = "turned away"
    WAITING = "waiting"
    STALLED = "stalled"
    SOCKET = "socket"
    RECOVERED = "recovered"


@dataclass(frozen=True, slots=True)
class LinkNotice:
    """Something about a connection or a store, to be logged; ``text`` is for people."""

    kind: LinkKind
    text: str


class Application:
    """Takes what sessions give. All is called on the event loop, and should return soon; it may send.

    A message is taken when ``on_message`` returns, unless the endpoint was told to wait for ``took``. What it raises,
    other than Refused, ends the session for good: ``on_failure`` gets it, as it gets errors of the store.
    """

    def on_message(self, session: SessionId, message: Message) -> None:
        """Take an application message, or a Reject (35=3) of one of ours."""

    def on_event(self, session: SessionId | None, notice: Notice | LinkNotice) -> None:
        """Hear what happens beside; ``session`` is None as long as a connection belongs to none."""

    def on_logon(self, session: SessionId) -> None:
        """Both sides are logged on."""

    def on_logout(self, session: SessionId) -> None:
        """They are no more."""

    def on_failure(self, session: SessionId, error: Exception) -> None:
        """The session cannot go on in this process."""
