"""How the loop reaches the venue: messages of one FIX session, whoever carries them."""

from collections.abc import Sequence
from enum import Enum
from typing import Protocol

from host.fix.message import Message
from host.fix.settings import Settings
from host.oms.templates import Make

__all__ = ["Link", "Venue", "VenueEvent"]


class Link(Enum):
    """What happened to the session."""

    UP = "logged on, and what was missed has been resent"
    DOWN = "logged out, or the connection is gone"


VenueEvent = Message | Link


class Venue(Protocol):
    """One FIX session to a venue. It never calls the loop: it is asked."""

    @property
    def settings(self) -> Settings:
        """What the session is."""

    def poll(self) -> Sequence[VenueEvent]:
        """Return what came since the last call, in order."""

    def took(self) -> None:
        """All that ``poll`` has returned is in the journal: it need not come again, not even after a crash."""

    def send(self, message: Message, now: int) -> int:
        """Give ``message`` to the session; return its MsgSeqNum. now: ns since 1970."""

    def send_made(self, make: Make, now: int) -> int:
        """The same, with a message that ``make`` encodes."""
