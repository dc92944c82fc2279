"""Which session a new connection belongs to: its first message says so.

Whoever cannot say is sent away without a word: nothing shows who he is, and a message to him would use up a sequence
number of a session that may be another's.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from host.fix.message import Message
from host.fix.parser import Parser
from host.fix.session import Session
from host.fix.settings import SessionId
from host.fix.shown import shown
from host.fix.states import State
from wire.fix.tags import Tag
from wire.fix.types import MsgType

__all__ = ["Admitted", "Door", "TurnedAway"]


@dataclass(frozen=True, slots=True)
class Admitted:
    """The connection is ``session``'s: ``connect`` it, and give it ``data``, all that came so far."""

    session: Session
    data: bytes


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """Close the connection, and write nothing."""

    reason: str


class Door:
    """One new connection, until its first message is there. sessions: those that wait here, by who they are."""

    def __init__(self, sessions: Mapping[SessionId, Session], longest: int = 65_536) -> None:
        """longest: bytes that the first message may have."""
        self._sessions, self._longest = sessions, longest
        self._parser = Parser(longest)
        self._data = b""

    def receive(self, data: bytes) -> Admitted | TurnedAway | None:
        """Take what came; return the decision, or None as long as the first message is not whole."""
        self._data += data
        found = self._parser.feed(data)
        if not found:
            return TurnedAway("no message") if len(self._data) > self._longest else None
        first = found[0]
        if not isinstance(first, Message):
            return TurnedAway(f"garbled: {first.reason}")
        if first.msg_type != MsgType.Logon:
            return TurnedAway(f"first message is 35={shown(first.msg_type)}, not Logon")
        who = SessionId(first.begin_string, first.get(Tag.TargetCompID) or b"", first.get(Tag.SenderCompID) or b"")
        session = self._sessions.get(who)
        if session is None:
            return TurnedAway(f"no session {who}")
        if session.state != State.DISCONNECTED:
            return TurnedAway(f"session {who} has a connection")
        return Admitted(session, self._data)
