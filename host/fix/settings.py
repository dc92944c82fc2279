"""What a session is told once: who it is, whom it talks to, and how patient it is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from host.fix.message import Message
from host.fix.validate import Checks
from wire.fix.dictionary import Dictionary

__all__ = ["LEAST_CHUNK", "OWN_FIELDS", "SessionId", "Settings", "SettingsError"]

#: Header fields that the session writes itself.
OWN_FIELDS = frozenset({8, 9, 35, 34, 43, 49, 52, 56, 122, 369})
#: Messages that one ResendRequest may ask for, at the least: every request uses up a number itself, which the
#: counterparty, if it has a gap too, may have to ask for.
LEAST_CHUNK = 10


class SettingsError(ValueError):
    """A setting that makes no sense; the text names it and its value."""


class SessionId(NamedTuple):
    """Who a session is, from our side: BeginString, our CompID, the counterparty's."""

    begin_string: bytes
    sender: bytes
    target: bytes

    def __str__(self) -> str:
        return "{}:{}->{}".format(*(part.decode("latin-1") for part in self))


def _no_one_is_refused(_: Message) -> str | None:
    return None


def _all_may_be_sent_late(_: Message, __: int) -> bool:
    return True


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Times in seconds, if not said otherwise. Raises SettingsError.

    sender, target: SenderCompID and TargetCompID of what we send. dictionary, checks: what a message that comes must
    be like; checks None: only the session's own fields are looked at. header: more fields for every header, such as
    50, 57. heartbeat: HeartBtInt; 0: none; an acceptor takes the initiator's. digits: of the second in 52 and 122: 3,
    6, 9. longest: bytes of a message that comes. reset_on_logon: of an initiator: begin every connection with 141=Y.
    next_expected: send and heed 789 (FIX 4.4). last_processed: put 369 into every header. logon_timeout,
    logout_timeout: until the counterparty's must be there. resend_timeout: until a ResendRequest of which nothing
    comes is repeated, ``resend_tries`` times. chunk: messages that one ResendRequest asks for, LEAST_CHUNK or more; 0:
    all that are missing. slice: stored messages that are read for a replay before something else gets its turn. queue:
    messages that wait behind a gap; later ones are dropped, and asked for when it is filled. max_latency: between a
    SendingTime and our clock, either way; 0: not looked at. username, password: 553, 554 of our Logon. supported:
    message types that the application takes (None: all of the dictionary); others are answered by a
    BusinessMessageReject. authenticate: of an acceptor: returns why a Logon is refused, or None. may_resend: whether
    an application message of ours may be sent late, given the time of its writing, ns since 1970; if not, it is passed
    over (GapFill).
    """

    begin_string: bytes
    sender: bytes
    target: bytes
    initiator: bool
    dictionary: Dictionary
    checks: Checks | None = Checks()
    header: tuple[tuple[int, bytes], ...] = ()
    heartbeat: int = 30
    digits: int = 3
    longest: int = 65_536
    reset_on_logon: bool = False
    next_expected: bool = False
    last_processed: bool = False
    logon_timeout: int = 10
    logout_timeout: int = 2
    resend_timeout: int = 30
    resend_tries: int = 3
    chunk: int = 0
    slice: int = 1_000
    queue: int = 10_000
    max_latency: int = 120
    username: bytes = b""
    password: bytes = b""
    supported: frozenset[bytes] | None = None
    authenticate: Callable[[Message], str | None] = _no_one_is_refused
    may_resend: Callable[[Message, int], bool] = _all_may_be_sent_late

    def __post_init__(self) -> None:
        def need(good: bool, name: str) -> None:
            if not good:
                raise SettingsError(f"{name} cannot be {getattr(self, name)!r}")

        need(self.begin_string == self.dictionary.begin_string, "begin_string")
        for name in ("sender", "target"):
            need(bool(getattr(self, name)) and b"\x01" not in getattr(self, name), name)
        need(self.digits in (3, 6, 9), "digits")
        for name in ("heartbeat", "chunk", "max_latency", "resend_tries"):
            need(getattr(self, name) >= 0, name)
        need(self.chunk == 0 or self.chunk >= LEAST_CHUNK, "chunk")
        for name in ("logon_timeout", "logout_timeout", "resend_timeout", "slice", "queue", "longest"):
            need(getattr(self, name) > 0, name)
        need(self.initiator or not self.reset_on_logon, "reset_on_logon")
        need(not self.next_expected or self.begin_string != b"FIX.4.2", "next_expected")
        need(all(tag in self.dictionary.fields and tag not in OWN_FIELDS and value for tag, value in self.header),
             "header")

    @property
    def id(self) -> SessionId:
        """Who this session is."""
        return SessionId(self.begin_string, self.sender, self.target)
