"""What the exchange's OUCH side remembers: users, and their orders."""

from dataclasses import dataclass, field
from typing import Any

from sim.exchange.commands import SelfMatch
from sim.exchange.soup import Stream

__all__ = ["OuchOrder", "OuchUser"]


@dataclass(kw_only=True)
class OuchUser:
    """A user: its session, and what its orders do on meeting its own account's.

    firm: that of messages which name none. disabled: firms for which no order is taken. last: greatest UserRefNum so
    far. dropped: messages not understood, or sent again.
    """

    name: str
    password: str
    session: str
    firm: str = ""
    self_match: SelfMatch = SelfMatch.ALLOW
    cancel_on_disconnect: bool = False
    stream: Stream = field(init=False)
    disabled: set[str] = field(default_factory=set)
    last: int = 0
    dropped: int = 0

    def __post_init__(self) -> None:
        self.stream = Stream(self.session)

    @property
    def owner(self) -> str:
        """Name by which the engine knows it."""
        return f"OUCH {self.name}"


@dataclass(slots=True, eq=False)
class OuchOrder:
    """An order, its own token in the engine. terms: the fields of the message that entered it, as later ones have
    changed them, and ``payload``, that message.

    firm: for whom it trades, the engine's account. group: by which it can be cancelled with others. leaves: open
    shares. executed: shares executed. waiting: fields of a Replace that is being done.
    """

    user: OuchUser
    number: int
    terms: dict[str, Any]
    firm: str
    group: int | None = None
    reference: int = 0
    leaves: int = 0
    executed: int = 0
    waiting: dict[str, Any] | None = None
