# Ref: RFC 768
"""UDP header and its checksum over IPv4."""

from wire.fields import Layout, uint
from wire.ipv4 import Protocol
from wire.ipv4 import checksum as internet_checksum

__all__ = ["HEADER", "NO_CHECKSUM", "checksum", "checksum_holds"]

#: Value of the checksum field when the sender made none.
NO_CHECKSUM = 0


HEADER = Layout("UDP", (
    uint("source_port", 0, 2, "source port"),
    uint("destination_port", 2, 2, "destination port"),
    uint("length", 4, 2, "header and payload", unit="bytes", lo=8),
    uint("checksum", 6, 2, "Internet checksum of pseudo header, header and payload; 0: none"),
), 8, "UDP header")


def checksum(source: int, destination: int, datagram: bytes | bytearray | memoryview) -> int:
    """Return the checksum field for a ``datagram`` (header with checksum field 0, and payload), 1..0xffff.

    ``source`` and ``destination`` are the IPv4 addresses of the pseudo header. A sum of 0 is sent as 0xffff.
    """
    return internet_checksum(datagram, _pseudo_header(source, destination, len(datagram))) or 0xFFFF


def checksum_holds(source: int, destination: int, datagram: bytes | bytearray | memoryview) -> bool:
    """Return whether the ``datagram``, checksum field in place, has no checksum or the right one."""
    field = HEADER.field("checksum")
    if int.from_bytes(datagram[field.offset:field.end], "big") == NO_CHECKSUM:
        return True
    return internet_checksum(datagram, _pseudo_header(source, destination, len(datagram))) == 0


def _pseudo_header(source: int, destination: int, length: int) -> int:
    words = (source >> 16, source & 0xFFFF, destination >> 16, destination & 0xFFFF, Protocol.UDP, length)
    return sum(words)
