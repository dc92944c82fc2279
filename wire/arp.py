# Ref: RFC 826
"""Address resolution for IPv4 on Ethernet."""

from enum import IntEnum

from wire.fields import Field, Layout

__all__ = ["Operation", "HEADER", "ETHERNET"]

#: Hardware type of Ethernet.
ETHERNET = 1


class Operation(IntEnum):
    """What a packet does."""

    REQUEST = 1
    REPLY = 2


def _uint(name: str, offset: int, size: int, doc: str) -> Field:
    return Field(name=name, offset=offset, size=size, kind="uint", unit="", lo=0, hi=(1 << 8 * size) - 1, doc=doc)


HEADER = Layout("ARP", (
    _uint("hardware", 0, 2, "hardware type"),
    _uint("protocol", 2, 2, "EtherType of the protocol"),
    _uint("hardware_size", 4, 1, "bytes of a hardware address"),
    _uint("protocol_size", 5, 1, "bytes of a protocol address"),
    _uint("operation", 6, 2, "request or reply"),
    _uint("sender_mac", 8, 6, "hardware address of the sender"),
    _uint("sender_ip", 14, 4, "protocol address of the sender"),
    _uint("target_mac", 18, 6, "hardware address of the target, unknown in a request"),
    _uint("target_ip", 24, 4, "protocol address of the target"),
), 28, "ARP packet for IPv4 on Ethernet")
