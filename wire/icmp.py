# Ref: RFC 792, pages 14 and 15
"""ICMP echo, which ``ping`` sends."""

from enum import IntEnum

from wire.fields import Layout, uint

__all__ = ["Type", "HEADER"]


class Type(IntEnum):
    """Types of echo; their code is 0."""

    ECHO_REPLY = 0
    ECHO = 8


HEADER = Layout("ICMP", (
    uint("type", 0, 1, "echo or its reply"),
    uint("code", 1, 1, "0"),
    uint("checksum", 2, 2, "Internet checksum of the message"),
    uint("identifier", 4, 2, "of the sender, comes back"),
    uint("sequence", 6, 2, "of the request, comes back"),
), 8, "ICMP echo message; the data behind it comes back")
