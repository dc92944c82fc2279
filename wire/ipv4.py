# Ref: RFC 791, section 3.1 (header); RFC 1071 (checksum)
"""IPv4 header and the Internet checksum."""

from enum import IntEnum

import numpy as np

from wire.fields import Layout, WireError, uint

__all__ = ["Protocol", "HEADER", "VERSION", "MAX_HEADER", "FLAG_DONT_FRAGMENT", "FLAG_MORE_FRAGMENTS", "FRAGMENT_MASK",
           "MAX_LENGTH", "checksum", "ip_address", "ip_text"]

VERSION = 4
#: Bytes of the longest header, with 40 bytes of options.
MAX_HEADER = 60
MAX_LENGTH = 0xFFFF
FLAG_DONT_FRAGMENT = 0x4000
FLAG_MORE_FRAGMENTS = 0x2000
#: Bits of ``flags_fragment`` of which any makes the packet a fragment: more fragments, and the offset.
FRAGMENT_MASK = 0x3FFF


class Protocol(IntEnum):
    """What the packet carries."""

    ICMP = 1
    IGMP = 2
    TCP = 6
    UDP = 17


#: Header without options; these follow in words of four bytes, as many as the header length is above 5.
HEADER = Layout("IPv4", (
    uint("version_length", 0, 1, "version in bits 7..4, header length in words of four bytes in 3..0"),
    uint("service", 1, 1, "DSCP in bits 7..2, ECN in 1..0"),
    uint("total_length", 2, 2, "header and payload", unit="bytes"),
    uint("identification", 4, 2, "common to the fragments of a packet"),
    uint("flags_fragment", 6, 2, "don't fragment in bit 14, more fragments in 13, offset / 8 in 12..0"),
    uint("ttl", 8, 1, "time to live", unit="hops"),
    uint("protocol", 9, 1, "what the packet carries"),
    uint("checksum", 10, 2, "Internet checksum of the header"),
    uint("source", 12, 4, "source address, 10.0.0.1 is 0x0a000001"),
    uint("destination", 16, 4, "destination address"),
), 20, "IPv4 header")


def checksum(data: bytes | bytearray | memoryview, start: int = 0) -> int:
    """Return the Internet checksum of ``data``, 0..0xffff; an odd last byte is padded with zero.

    ``start`` is added to the sum. Over a header with its right checksum in place, the result is 0.
    """
    view = memoryview(data).cast("B")
    even = len(view) & ~1
    total = start + int(np.frombuffer(view[:even], ">u2").sum(dtype=np.uint64))
    if even != len(view):
        total += view[even] << 8
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def ip_address(text: str) -> int:
    """Return the address written as ``233.54.12.111``. Raises WireError naming the text."""
    parts = text.split(".")
    if len(parts) != 4 or not all(part.isascii() and part.isdigit() and int(part) <= 255 for part in parts):
        raise WireError(f"IPv4 address must be four numbers 0..255, not {text!r}")
    return int.from_bytes(bytes(int(part) for part in parts), "big")


def ip_text(address: int) -> str:
    """Return ``address`` in dotted form. Raises WireError when it is not 0..2^32-1."""
    if not 0 <= address <= 0xFFFFFFFF:
        raise WireError(f"IPv4 address must be 0..0xffffffff, not {address:#x}")
    return ".".join(str(byte) for byte in address.to_bytes(4, "big"))
