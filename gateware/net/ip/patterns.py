# Ref: wire/ethernet.py, wire/arp.py, wire/ipv4.py, wire/icmp.py
"""Which frames ask for an answer, byte by byte, and what of them the answer changes."""

from amaranth.hdl import C, Value

from wire import arp, ethernet, icmp, ipv4

__all__ = ["Bytes", "put", "fields", "to_station", "arp_request", "arp_reply", "echo_request", "echo_reply",
           "ARP_SENDER_MAC", "ARP_SENDER_IP", "IP_SOURCE", "ECHO_CHECKSUM", "LONGEST"]

#: Value and mask of bytes, by their place in the frame.
Bytes = dict[int, tuple[Value, int]]

ARP = IP = ethernet.HEADER.size
ICMP = IP + ipv4.HEADER.size
#: Where in a frame things lie that an answer takes from its request.
ARP_SENDER_MAC = ARP + arp.HEADER.field("sender_mac").offset
ARP_SENDER_IP = ARP + arp.HEADER.field("sender_ip").offset
IP_SOURCE = IP + ipv4.HEADER.field("source").offset
ECHO_CHECKSUM = ICMP + icmp.HEADER.field("checksum").offset
#: Bytes of headers that are looked at.
LONGEST = ICMP + icmp.HEADER.size


def put(offset: int, size: int, value, mask: int = -1) -> Bytes:
    """Return the bytes of the big-endian number ``value`` at ``offset``."""
    number = C(value, 8 * size) if isinstance(value, int) else Value.cast(value)
    if len(number) != 8 * size:
        raise ValueError(f"value at byte {offset} must have {8 * size} bits, not {len(number)}")
    shifts = (8 * (size - 1 - n) for n in range(size))
    return {offset + n: (number[shift:shift + 8], mask >> shift & 0xFF) for n, shift in enumerate(shifts)}


def fields(layout, base: int, **values) -> Bytes:
    """Return the bytes of those fields of ``layout``, which lies at ``base``."""
    result: Bytes = {}
    for name, value in values.items():
        field = layout.field(name)
        result |= put(base + field.offset, field.size, value)
    return result


def to_station(mac) -> Bytes:
    return fields(ethernet.HEADER, 0, destination=mac)


def arp_request(ip) -> Bytes:
    """Return what asks for the address of ``ip``."""
    return fields(ethernet.HEADER, 0, ethertype=ethernet.EtherType.ARP) | fields(
        arp.HEADER, ARP, hardware=arp.ETHERNET, protocol=ethernet.EtherType.IPV4, hardware_size=6, protocol_size=4,
        operation=arp.Operation.REQUEST, target_ip=ip)


def arp_reply(mac, ip, peer_mac, peer_ip) -> Bytes:
    """Return what the answer of ``mac`` and ``ip`` has other than the request of the peer."""
    return fields(ethernet.HEADER, 0, destination=peer_mac, source=mac) | fields(
        arp.HEADER, ARP, operation=arp.Operation.REPLY, sender_mac=mac, sender_ip=ip, target_mac=peer_mac,
        target_ip=peer_ip)


def echo_request(ip) -> Bytes:
    """Return what asks ``ip`` for an echo, in one whole packet without options."""
    fragment = IP + ipv4.HEADER.field("flags_fragment").offset
    return fields(ethernet.HEADER, 0, ethertype=ethernet.EtherType.IPV4) | fields(
        ipv4.HEADER, IP, version_length=ipv4.VERSION << 4 | ipv4.HEADER.size // 4, protocol=ipv4.Protocol.ICMP,
        destination=ip) | put(fragment, 2, 0, ipv4.FRAGMENT_MASK) | fields(
        icmp.HEADER, ICMP, type=icmp.Type.ECHO, code=0)


def echo_reply(mac, ip, peer_mac, peer_ip, checksum) -> Bytes:
    """Return what the echo has other than its request."""
    return fields(ethernet.HEADER, 0, destination=peer_mac, source=mac) | fields(
        ipv4.HEADER, IP, source=ip, destination=peer_ip) | fields(
        icmp.HEADER, ICMP, type=icmp.Type.ECHO_REPLY, checksum=checksum)
