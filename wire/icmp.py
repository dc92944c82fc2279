# Ref: RFC 792, pages 14 and 15
"""ICMP echo, which ``ping`` sends."""

from enum import IntEnum

from wire.fields import Field, Layout

__all__ = ["Type", "HEADER"]


class Type(IntEnum):
    """Types of echo; their code is 0."""

    ECHO_REPLY = 0
    ECHO = 8


def _uint(name: str, offset: int, size: int, doc: str) -> Field:
    return Field(name=name, offset=offset, size=size, kind="uint", unit="", lo=0, hi=(1 << 8 * size) - 1, doc=doc)


HEADER = Layout("ICMP", (
    _uint("type", 0, 1, "echo or its reply"),
    _uint("code", 1, 1, "0"),
    _uint("checksum", 2, 2, "Internet checksum of the message"),
    _uint("identifier", 4, 2, "of the sender, comes back"),
    _uint("sequence", 6, 2, "of the request, comes back"),
), 8, "ICMP echo message; the data behind it comes back")
