# Ref: wire/ethernet.py, wire/arp.py, wire/ipv4.py, wire/icmp.py, wire/udp.py
"""Which frames are for this station, byte by byte, and what of them an answer changes."""

from functools import reduce
from operator import and_

from amaranth.hdl import C, Value

from wire import arp, ethernet, icmp, ipv4, udp

__all__ = ["WORD_BYTES", "Bytes", "put", "fields", "agrees", "to_station", "arp_request", "arp_reply", "echo_request",
           "echo_reply", "datagram", "ETHERNET_SOURCE", "ARP_SENDER_MAC", "ARP_SENDER_IP", "IP_LENGTH", "IP_SOURCE",
           "ECHO_CHECKSUM", "UDP", "UDP_SOURCE", "UDP_LENGTH", "UDP_CHECKSUM", "UDP_PAYLOAD", "LONGEST"]

WORD_BYTES = 8
#: Value and mask of bytes, by their place in the frame.
Bytes = dict[int, tuple[Value, int]]

ARP = IP = ethernet.HEADER.size
ICMP = UDP = IP + ipv4.HEADER.size
#: Where in a frame things lie that an answer takes from its request.
ETHERNET_SOURCE = ethernet.HEADER.field("source").offset
ARP_SENDER_MAC = ARP + arp.HEADER.field("sender_mac").offset
ARP_SENDER_IP = ARP + arp.HEADER.field("sender_ip").offset
IP_LENGTH = IP + ipv4.HEADER.field("total_length").offset
IP_SOURCE = IP + ipv4.HEADER.field("source").offset
ECHO_CHECKSUM = ICMP + icmp.HEADER.field("checksum").offset
UDP_SOURCE = UDP + udp.HEADER.field("source_port").offset
UDP_LENGTH = UDP + udp.HEADER.field("length").offset
UDP_CHECKSUM = UDP + udp.HEADER.field("checksum").offset
UDP_PAYLOAD = UDP + udp.HEADER.size
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


def agrees(word, place: int, wanted: Bytes) -> Value:
    """Return whether ``word``, the frame's at ``place``, has the bytes of ``wanted`` that lie in it."""
    lanes = ((word.word_select(at % WORD_BYTES, 8), value, mask) for at, (value, mask) in wanted.items()
             if at // WORD_BYTES == place)
    return reduce(and_, ((byte & mask) == (value & mask) for byte, value, mask in lanes), C(1, 1))


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


def whole_packet(ip, protocol) -> Bytes:
    """Return what carries ``protocol`` to ``ip``, in one whole packet without options."""
    fragment = IP + ipv4.HEADER.field("flags_fragment").offset
    return fields(ethernet.HEADER, 0, ethertype=ethernet.EtherType.IPV4) | fields(
        ipv4.HEADER, IP, version_length=ipv4.VERSION << 4 | ipv4.HEADER.size // 4, protocol=protocol,
        destination=ip) | put(fragment, 2, 0, ipv4.FRAGMENT_MASK)


def echo_request(ip) -> Bytes:
    """Return what asks ``ip`` for an echo."""
    return whole_packet(ip, ipv4.Protocol.ICMP) | fields(icmp.HEADER, ICMP, type=icmp.Type.ECHO, code=0)


def datagram(ip, port) -> Bytes:
    """Return what is a datagram to ``port`` of ``ip``."""
    return whole_packet(ip, ipv4.Protocol.UDP) | fields(udp.HEADER, UDP, destination_port=port)


def echo_reply(mac, ip, peer_mac, peer_ip, checksum) -> Bytes:
    """Return what the echo has other than its request."""
    return fields(ethernet.HEADER, 0, destination=peer_mac, source=mac) | fields(
        ipv4.HEADER, IP, source=ip, destination=peer_ip) | fields(
        icmp.HEADER, ICMP, type=icmp.Type.ECHO_REPLY, checksum=checksum)
