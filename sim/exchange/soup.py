# Ref: Nasdaq SoupBinTCP 3.00
"""SoupBinTCP without I/O: bytes and the time in, frozen outputs out. Times are ns of a monotonic clock.

Numbered messages live in a ``Stream``, which outlives connections: who logs in again gets them from the number he asks.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from wire.fields import WireError
from wire.soupbintcp import (
    GIVE_UP_NS,
    HEADER,
    HEARTBEAT_NS,
    LENGTH_BYTES,
    LOGIN_ACCEPTED,
    LOGIN_REJECTED,
    LOGIN_REQUEST,
    PacketType,
    Reject,
    number,
    pack,
    right,
)

__all__ = ["Client", "Drop", "LoggedIn", "Output", "Received", "Refused", "Sequenced", "Server", "Stream", "Transmit",
           "Unframer"]


@dataclass(frozen=True, slots=True)
class Transmit:
    """Bytes to be written to the connection."""

    raw: bytes


@dataclass(frozen=True, slots=True)
class Drop:
    """The connection is to be closed, behind what was transmitted."""

    reason: str


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A login was accepted: whose (empty at the client), in which session, number of the next sequenced message."""

    user: str
    session: str
    sequence: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The server refused our login. reason: a code of ``wire.soupbintcp.Reject``."""

    reason: str


@dataclass(frozen=True, slots=True)
class Received:
    """An unsequenced message of the client."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Sequenced:
    """A sequenced message of the server, with its number."""

    sequence: int
    payload: bytes


Output = Transmit | Drop | LoggedIn | Refused | Received | Sequenced


@dataclass
class Stream:
    """The sequenced messages of one session: message n is ``messages[n - 1]``. ended: no more will come."""

    session: str
    messages: list[bytes] = field(default_factory=list)
    ended: bool = False

    @property
    def next(self) -> int:
        """Number of the message that comes next."""
        return len(self.messages) + 1


class Unframer:
    """Cuts bytes into packets. Holds one packet at most, which cannot exceed 64 KiB."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterable[tuple[str, bytes]]:
        """Yield (type, payload) of each packet that ``data`` completes. Raises WireError for a length of 0."""
        data = self._rest + data
        place = 0
        while len(data) - place >= LENGTH_BYTES:
            length = int.from_bytes(data[place:place + LENGTH_BYTES], "big")
            if not length:
                raise WireError("a packet must have a type, its length is 0")
            end = place + LENGTH_BYTES + length
            if end > len(data):
                break
            yield chr(data[place + LENGTH_BYTES]), data[place + HEADER.size:end]
            place = end
        self._rest = data[place:]


class _Side:
    """What both sides do: frame, send heartbeats when idle, give a silent peer up."""

    _heartbeat: PacketType
    _handlers: dict[str, str]

    def __init__(self, now: int) -> None:
        self.closed = False
        self._unframer = Unframer()
        self._sent = self._heard = now

    def receive(self, data: bytes, now: int) -> list[Output]:
        """Take bytes of the connection. A peer that breaks the protocol is dropped; what it sent before counts."""
        if self.closed:
            return []
        self._heard = now
        outputs: list[Output] = []
        try:
            for letter, payload in self._unframer.feed(data):
                if self.closed:
                    break
                name = self._handlers.get(letter)
                if name is None:
                    raise WireError(f"packet of type {letter!r} is not for this side")
                outputs += getattr(self, name)(payload, now)
        except WireError as error:
            outputs += self._drop(str(error))
        return outputs

    def tick(self, now: int) -> list[Output]:
        """Do what is due: a heartbeat, or give the peer up."""
        if self.closed:
            return []
        if now - self._heard >= GIVE_UP_NS:
            return self._drop(f"nothing heard for {GIVE_UP_NS // 1_000_000_000} s")
        if now - self._sent >= HEARTBEAT_NS:
            return self._send(self._heartbeat, b"", now)
        return []

    def deadline(self) -> int | None:
        """Return when ``tick`` is to be called, None once closed."""
        return None if self.closed else min(self._heard + GIVE_UP_NS, self._sent + HEARTBEAT_NS)

    def _send(self, type: PacketType, payload: bytes, now: int) -> list[Output]:
        self._sent = now
        return [Transmit(pack(type, payload))]

    def _drop(self, reason: str) -> list[Output]:
        self.closed = True
        return [Drop(reason)]

    def _ignore(self, payload: bytes, now: int) -> list[Output]:
        return []


class Server(_Side):
    """The server's side of one connection.

    login: gives, for user, password and session asked for, the Stream, or why not. user, stream: None before the login,
    which must come within GIVE_UP_NS.
    """

    _heartbeat = PacketType.SERVER_HEARTBEAT
    _handlers = {PacketType.LOGIN_REQUEST: "_on_login", PacketType.UNSEQUENCED: "_on_unsequenced",
                 PacketType.CLIENT_HEARTBEAT: "_ignore", PacketType.LOGOUT: "_on_logout", PacketType.DEBUG: "_ignore"}

    def __init__(self, login: Callable[[str, str, str], Stream | Reject], now: int) -> None:
        super().__init__(now)
        self.user: str | None = None
        self.stream: Stream | None = None
        self._login, self._since = login, now
        self._next = 0

    def tick(self, now: int) -> list[Output]:
        """Do what is due: a heartbeat, or give the peer up."""
        if not self.closed and self.stream is None and now - self._since >= GIVE_UP_NS:
            return self._drop("no login came in time")
        return super().tick(now)

    def deadline(self) -> int | None:
        """Return when ``tick`` is to be called, None once closed."""
        due = super().deadline()
        return min(due, self._since + GIVE_UP_NS) if due is not None and self.stream is None else due

    def flush(self, now: int, most: int = 1000) -> list[Output]:
        """Transmit messages of the stream that this connection has not had yet, ``most`` at most; behind the last of
        a stream that has ended, the end of session."""
        stream = self.stream
        if stream is None or self.closed:
            return []
        waiting = stream.messages[self._next - 1:self._next - 1 + most]
        raw = b"".join(pack(PacketType.SEQUENCED, message) for message in waiting)
        self._next += len(waiting)
        over = stream.ended and self._next == stream.next
        if over:
            raw += pack(PacketType.END_OF_SESSION)
        if not raw:
            return []
        self._sent = now
        return [Transmit(raw), *(self._drop("end of session") if over else ())]

    @property
    def behind(self) -> int:
        """Messages of the stream that wait to be sent."""
        return 0 if self.stream is None or self.closed else self.stream.next - self._next

    def _on_login(self, payload: bytes, now: int) -> list[Output]:
        if self.stream is not None:
            return self._drop("a second login")
        if len(payload) != LOGIN_REQUEST.size:
            raise WireError(f"a login must be {LOGIN_REQUEST.size} bytes, not {len(payload)}")
        request = LOGIN_REQUEST.unpack(payload)
        wanted = number(request["sequence"])
        session = request["session"].strip(" ")
        found = self._login(request["user"], request["password"], session)
        if isinstance(found, Stream) and (session not in ("", found.session) or wanted > found.next):
            found = Reject.SESSION_NOT_AVAILABLE
        if isinstance(found, Reject):
            return [*self._send(PacketType.LOGIN_REJECTED, LOGIN_REJECTED.pack({"reason": found}), now),
                    *self._drop(f"login of {request['user']!r} rejected: {found.name}")]
        self.user, self.stream, self._next = request["user"], found, wanted or found.next
        accepted = LOGIN_ACCEPTED.pack({"session": found.session.rjust(10), "sequence": right(self._next)})
        return [*self._send(PacketType.LOGIN_ACCEPTED, accepted, now),
                LoggedIn(request["user"], found.session, self._next), *self.flush(now)]

    def _on_unsequenced(self, payload: bytes, now: int) -> list[Output]:
        if self.stream is None:
            return self._drop("data before the login")
        return [Received(payload)]

    def _on_logout(self, payload: bytes, now: int) -> list[Output]:
        return self._drop("logout")


class Client(_Side):
    """The client's side of one connection. sequence: number of the next sequenced message; 0 before the login when it
    asks for the newest."""

    _heartbeat = PacketType.CLIENT_HEARTBEAT
    _handlers = {PacketType.LOGIN_ACCEPTED: "_on_accepted", PacketType.LOGIN_REJECTED: "_on_rejected",
                 PacketType.SEQUENCED: "_on_sequenced", PacketType.SERVER_HEARTBEAT: "_ignore",
                 PacketType.END_OF_SESSION: "_on_end", PacketType.DEBUG: "_ignore"}

    def __init__(self, user: str, password: str, now: int, *, session: str = "", sequence: int = 1) -> None:
        super().__init__(now)
        self.session, self.sequence = session, sequence
        self._user, self._password = user, password
        self._in = False

    def login(self, now: int) -> list[Output]:
        """Transmit the login request; the first thing to do. Raises WireError naming what does not fit."""
        request = LOGIN_REQUEST.pack({"user": self._user, "password": self._password, "session": self.session.rjust(10),
                                      "sequence": right(self.sequence)})
        return self._send(PacketType.LOGIN_REQUEST, request, now)

    def send(self, payload: bytes, now: int) -> list[Output]:
        """Transmit an unsequenced message. Raises ValueError before the login was accepted."""
        if not self._in or self.closed:
            raise ValueError("not logged in")
        return self._send(PacketType.UNSEQUENCED, payload, now)

    def logout(self, now: int) -> list[Output]:
        """Transmit a logout request and be done."""
        return [*self._send(PacketType.LOGOUT, b"", now), *self._drop("logout")]

    def _on_accepted(self, payload: bytes, now: int) -> list[Output]:
        accepted = LOGIN_ACCEPTED.unpack(payload)
        self.session, self.sequence = accepted["session"].strip(" "), number(accepted["sequence"])
        self._in = True
        return [LoggedIn("", self.session, self.sequence)]

    def _on_rejected(self, payload: bytes, now: int) -> list[Output]:
        return [Refused(LOGIN_REJECTED.unpack(payload)["reason"]), *self._drop("login rejected")]

    def _on_sequenced(self, payload: bytes, now: int) -> list[Output]:
        self.sequence += 1
        return [Sequenced(self.sequence - 1, payload)]

    def _on_end(self, payload: bytes, now: int) -> list[Output]:
        return self._drop("end of session")
