# Ref: RFC 826
"""Address resolution for IPv4 on Ethernet."""

from enum import IntEnum

from wire.fields import Layout, uint

__all__ = ["Operation", "HEADER", "ETHERNET"]

#: Hardware type of Ethernet.
ETHERNET = 1


class Operation(IntEnum):
    """What a packet does."""

    REQUEST = 1
    REPLY = 2


HEADER = Layout("ARP", (
    uint("hardware", 0, 2, "hardware type"),
    uint("protocol", 2, 2, "EtherType of the protocol"),
    uint("hardware_size", 4, 1, "bytes of a hardware address"),
    uint("protocol_size", 5, 1, "bytes of a protocol address"),
    uint("operation", 6, 2, "request or reply"),
    uint("sender_mac", 8, 6, "hardware address of the sender"),
    uint("sender_ip", 14, 4, "protocol address of the sender"),
    uint("target_mac", 18, 6, "hardware address of the target, unknown in a request"),
    uint("target_ip", 24, 4, "protocol address of the target"),
), 28, "ARP packet for IPv4 on Ethernet")
