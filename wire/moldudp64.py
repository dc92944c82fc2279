# Ref: Nasdaq MoldUDP64 1.00
"""MoldUDP64: a numbered stream of messages in UDP datagrams."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wire.fields import Field, Layout, WireError

__all__ = ["HEADER", "HEARTBEAT", "END_OF_SESSION", "LENGTH_BYTES", "MAX_PAYLOAD", "Packet", "pack", "unpack",
           "packetize"]

#: ``count`` of a packet without messages, sent when the line is idle.
HEARTBEAT = 0
#: ``count`` of a packet that closes the session.
END_OF_SESSION = 0xFFFF
#: Bytes of a block's length, which counts the message only.
LENGTH_BYTES = 2
#: Bytes of UDP payload that fit an Ethernet frame of 1518 bytes: 1500 without IPv4 and UDP header.
MAX_PAYLOAD = 1472

HEADER = Layout("MoldUDP64", (
    Field(name="session", offset=0, size=10, kind="alpha", unit="", lo=0, hi=0, doc="session"),
    Field(name="sequence", offset=10, size=8, kind="uint", unit="", lo=0, hi=(1 << 64) - 1,
          doc="number of the first message, from 1; without messages, of the next one"),
    Field(name="count", offset=18, size=2, kind="uint", unit="messages", lo=0, hi=0xFFFF,
          doc="messages that follow; 0 heartbeat, 0xffff end of session"),
), 20, "MoldUDP64 downstream packet header; a request packet is the same 20 bytes")


@dataclass(frozen=True)
class Packet:
    """One downstream packet. ``count`` is the header's; ``messages`` is empty for heartbeat and end of session."""

    session: str
    sequence: int
    count: int
    messages: tuple[bytes, ...]


def pack(session: str, sequence: int, messages: Sequence[bytes] = (), *, count: int | None = None) -> bytes:
    """Return the packet that carries ``messages``, the first with number ``sequence``; without any, a heartbeat.

    ``count`` overrides the header's count: END_OF_SESSION, or a contradiction made on purpose. Raises WireError naming
    a value that does not fit.
    """
    parts = [HEADER.pack({"session": session, "sequence": sequence,
                          "count": len(messages) if count is None else count})]
    for number, message in enumerate(messages):
        if len(message) > 0xFFFF:
            raise WireError(f"message {number} must be at most 65535 bytes, not {len(message)}")
        parts += [len(message).to_bytes(LENGTH_BYTES, "big"), message]
    return b"".join(parts)


def unpack(payload: bytes | bytearray | memoryview) -> Packet:
    """Return the packet that ``payload`` is.

    Raises WireError saying where block lengths and count contradict the payload: a block that ends behind it, or bytes
    that no block claims.
    """
    header = HEADER.unpack(payload)
    count = header["count"]
    data = bytes(payload)
    position = HEADER.size
    messages = []
    for number in range(0 if count == END_OF_SESSION else count):
        begin = position + LENGTH_BYTES
        position = begin + int.from_bytes(data[position:begin], "big")
        if begin > len(data) or position > len(data):
            raise WireError(f"block {number} of {count} ends at {max(begin, position)}, the payload at {len(data)}")
        messages.append(data[begin:position])
    if position != len(data):
        raise WireError(f"{count} blocks end at {position}, the payload at {len(data)}")
    return Packet(header["session"], header["sequence"], count, tuple(messages))


def packetize(messages: Iterable[bytes], *, session: str, sequence: int = 1, most: int | None = None,
              size: int = MAX_PAYLOAD) -> Iterable[bytes]:
    """Yield packets that carry ``messages`` in order, the first with number ``sequence``, each as full as may be.

    ``most``: messages a packet, None for as many as fit ``size`` bytes of payload. Raises WireError naming a message
    that does not fit alone.
    """
    if most is not None and most < 1:
        raise WireError(f"most must be at least 1, not {most}")
    waiting: list[bytes] = []
    filled = HEADER.size
    for message in messages:
        block = LENGTH_BYTES + len(message)
        if HEADER.size + block > size:
            raise WireError(f"message {sequence + len(waiting)} of {len(message)} bytes does not fit {size}")
        if waiting and (filled + block > size or len(waiting) == most or len(waiting) == END_OF_SESSION - 1):
            yield pack(session, sequence, waiting)
            sequence += len(waiting)
            waiting, filled = [], HEADER.size
        waiting.append(message)
        filled += block
    if waiting:
        yield pack(session, sequence, waiting)
