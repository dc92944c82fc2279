"""What a session asks of the one who drives it: frozen values, to be done in the order in which they came."""

from dataclasses import dataclass
from enum import Enum

from host.fix.message import Message

__all__ = ["Deliver", "Drop", "Notice", "NoticeKind", "Output", "Transmit"]


@dataclass(frozen=True, slots=True)
class Transmit:
    """Write ``raw``, a whole message, to the transport. repeat: its number was used before: a replay or a gap fill."""

    raw: bytes
    repeat: bool = False


@dataclass(frozen=True, slots=True)
class Deliver:
    """Give a message to the application, then tell the session: ``took``, or ``refuse``.

    It is one of the application's own, or a Reject (35=3) of one: the counterparty's session refused it.
    seq: its MsgSeqNum. possible_duplicate: 43=Y, it may have been delivered before (never, to an application that
    remembers what it took). era: counts connections and resets, for ``took`` alone.
    """

    message: Message
    seq: int
    possible_duplicate: bool
    era: int


@dataclass(frozen=True, slots=True)
class Drop:
    """Write what came before, then close the transport.

    retry: whether a new connection may go better; not, where the numbers of both sides contradict each other.
    """

    reason: str
    retry: bool = True


class NoticeKind(Enum):
    """What a notice is about; the value is its name for people."""

    LOGGED_ON = "logged on"
    LOGGED_OUT = "logged out"
    GAP = "gap"
    FILLED = "gap filled"
    RESEND = "resend"
    REJECTED = "rejected"
    REJECT_HEARD = "reject heard"
    GARBLED = "garbled"
    IGNORED = "ignored"
    RESET = "reset"
    SILENT = "silent"
    GIVEN_UP = "given up"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to be logged, or minded: ``text`` is for people."""

    kind: NoticeKind
    text: str


Output = Transmit | Deliver | Drop | Notice
