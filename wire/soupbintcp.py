# Ref: Nasdaq SoupBinTCP 3.00
"""SoupBinTCP: a login, numbered messages and heartbeats on a TCP connection, under OUCH and GLIMPSE."""

from enum import StrEnum

from wire.fields import Field, Layout, WireError

__all__ = ["HEADER", "HEARTBEAT_NS", "GIVE_UP_NS", "LENGTH_BYTES", "MAX_PAYLOAD", "LOGIN_ACCEPTED", "LOGIN_REJECTED",
           "LOGIN_REQUEST", "PacketType", "Reject", "number", "pack", "right"]

#: A side that sent nothing for so long sends a heartbeat.
HEARTBEAT_NS = 1_000_000_000
#: A side that heard nothing for so long gives the other up.
GIVE_UP_NS = 15_000_000_000
#: Bytes of a packet's length, which counts the type and the payload.
LENGTH_BYTES = 2
MAX_PAYLOAD = 0xFFFF - 1


class PacketType(StrEnum):
    """Types of packet. A SEQUENCED one has a number, which is not sent: that of the login, then each one more."""

    DEBUG = "+"
    LOGIN_ACCEPTED = "A"
    LOGIN_REJECTED = "J"
    SEQUENCED = "S"
    SERVER_HEARTBEAT = "H"
    END_OF_SESSION = "Z"
    LOGIN_REQUEST = "L"
    UNSEQUENCED = "U"
    CLIENT_HEARTBEAT = "R"
    LOGOUT = "O"


class Reject(StrEnum):
    """Why a login was rejected."""

    NOT_AUTHORISED = "A"
    SESSION_NOT_AVAILABLE = "S"


def _alpha(offset: int, name: str, size: int, doc: str, codes: type[StrEnum] | None = None) -> Field:
    return Field(name=name, offset=offset, size=size, kind="alpha", unit="", lo=0, hi=0, doc=doc, codes=codes)


HEADER = Layout("SoupBinTCP", (
    Field(name="length", offset=0, size=2, kind="uint", unit="bytes", lo=1, hi=0xFFFF, doc="of type and payload"),
    _alpha(2, "type", 1, "packet type", PacketType),
), 3, "what every packet begins with")
LOGIN_REQUEST = Layout("LoginRequest", (
    _alpha(0, "user", 6, "user name"),
    _alpha(6, "password", 10, "password"),
    _alpha(16, "session", 10, "session to log into; blank for the current one"),
    _alpha(26, "sequence", 20, "number of the first message wanted, ASCII, to the right; 0 for the next that is sent"),
), 46, "payload of L")
LOGIN_ACCEPTED = Layout("LoginAccepted", (
    _alpha(0, "session", 10, "session that was logged into"),
    _alpha(10, "sequence", 20, "number of the next message, ASCII, to the right"),
), 30, "payload of A")
LOGIN_REJECTED = Layout("LoginRejected", (
    _alpha(0, "reason", 1, "why", Reject),
), 1, "payload of J")


def pack(type: str, payload: bytes = b"") -> bytes:
    """Return the packet of ``type`` (a PacketType) with ``payload``. Raises WireError naming what does not fit."""
    return HEADER.pack({"length": 1 + len(payload), "type": type}) + payload


def right(value: int, size: int = 20) -> str:
    """Return ``value`` as the digits of a field of ``size`` characters, filled with spaces on the left.

    Raises WireError for one that is negative or too long.
    """
    text = str(value).rjust(size)
    if value < 0 or len(text) > size:
        raise WireError(f"number must be 0 or more, of at most {size} digits, not {value}")
    return text


def number(text: str) -> int:
    """Return the number that the digits of a field mean; 0 for a blank one. Raises WireError naming any other text."""
    digits = text.strip(" ")
    if digits and not (digits.isascii() and digits.isdigit()):
        raise WireError(f"number must be digits, not {text!r}")
    return int(digits or "0")
