# Ref: wire/ethernet.py, wire/ipv4.py, wire/udp.py
"""Whole frames: a UDP payload in IPv4 in Ethernet II. No preamble, no FCS."""

from dataclasses import dataclass

from wire import ethernet, ipv4, udp
from wire.fields import WireError

__all__ = ["Frame", "FEED_IP", "FEED_PORT", "build_frame", "parse_frame"]

#: Multicast group and port of Nasdaq's TotalView-ITCH feed as captured, 233.54.12.111:26477.
FEED_IP = 0xE9360C6F
FEED_PORT = 26_477


@dataclass(frozen=True, kw_only=True)
class Frame:
    """A parsed frame.

    vlan: the tag's 16 bits of control information, or None. ip_options: options of the IPv4 header.
    payload_offset: where the payload lies in the frame. checksum: whether a UDP checksum was there.
    """

    dst_mac: int
    src_mac: int
    vlan: int | None
    src_ip: int
    dst_ip: int
    ttl: int
    identification: int
    ip_options: bytes
    src_port: int
    dst_port: int
    checksum: bool
    payload_offset: int
    payload: bytes


def build_frame(payload: bytes, *, dst_ip: int = FEED_IP, dst_port: int = FEED_PORT, src_ip: int = 0x0A000001,
                src_port: int = 40_000, dst_mac: int | None = None, src_mac: int = 0x020000000001,
                vlan: int | None = None, ip_options: bytes = b"", ttl: int = 16, identification: int = 0,
                checksum: bool = True, pad: bool = False) -> bytes:
    """Return the frame that carries ``payload``.

    dst_mac: None for the one of the multicast group ``dst_ip``. vlan: the tag's control information, None for no tag.
    ip_options: a multiple of 4, at most 40 bytes. checksum: whether to make a UDP checksum. pad: fill up to the 60
    bytes that Ethernet asks for (captures show frames without). Jumbo frames are allowed, up to what IPv4 can say.
    Raises WireError naming the value that does not fit.
    """
    if len(ip_options) % 4 or len(ip_options) > ipv4.MAX_HEADER - ipv4.HEADER.size:
        raise WireError(f"ip_options must be 0, 4, .. 40 bytes, not {len(ip_options)}")
    header_size = ipv4.HEADER.size + len(ip_options)
    total = header_size + udp.HEADER.size + len(payload)
    if total > ipv4.MAX_LENGTH:
        raise WireError(f"payload must be at most {ipv4.MAX_LENGTH - total + len(payload)} bytes, not {len(payload)}")

    datagram = {"source_port": src_port, "destination_port": dst_port, "length": udp.HEADER.size + len(payload),
                "checksum": udp.NO_CHECKSUM}
    if checksum:
        datagram["checksum"] = udp.checksum(src_ip, dst_ip, udp.HEADER.pack(datagram) + payload)

    packet = {"version_length": ipv4.VERSION << 4 | header_size // 4, "service": 0, "total_length": total,
              "identification": identification, "flags_fragment": ipv4.FLAG_DONT_FRAGMENT, "ttl": ttl,
              "protocol": ipv4.Protocol.UDP, "checksum": 0, "source": src_ip, "destination": dst_ip}
    packet["checksum"] = ipv4.checksum(ipv4.HEADER.pack(packet) + ip_options)

    ethertype = ethernet.EtherType.IPV4 if vlan is None else ethernet.EtherType.VLAN
    parts = [ethernet.HEADER.pack({"destination": ethernet.multicast_mac(dst_ip) if dst_mac is None else dst_mac,
                                   "source": src_mac, "ethertype": ethertype})]
    if vlan is not None:
        parts.append(ethernet.VLAN_TAG.pack({"control": vlan, "ethertype": ethernet.EtherType.IPV4}))
    parts += [ipv4.HEADER.pack(packet), ip_options, udp.HEADER.pack(datagram), payload]
    frame = b"".join(parts)
    return frame.ljust(ethernet.MIN_FRAME, b"\0") if pad else frame


def parse_frame(data: bytes | bytearray | memoryview, *, verify: bool = True) -> Frame:
    """Return the parsed frame of a UDP datagram over IPv4.

    Bytes behind the IP total length are padding and are left out. With ``verify``, a wrong IPv4 header or UDP checksum
    is an error. Raises WireError saying what is wrong: other EtherType, more than one tag, not UDP, fragment, lengths
    that contradict each other or the frame, checksums.
    """
    frame = bytes(data)
    outer = ethernet.HEADER.unpack(frame)
    offset, ethertype, vlan = ethernet.HEADER.size, outer["ethertype"], None
    if ethertype == ethernet.EtherType.VLAN:
        tag = ethernet.VLAN_TAG.unpack(frame, offset)
        offset, ethertype, vlan = offset + ethernet.VLAN_TAG.size, tag["ethertype"], tag["control"]
    if ethertype != ethernet.EtherType.IPV4:
        raise WireError(f"EtherType must be {ethernet.EtherType.IPV4:#06x}, not {ethertype:#06x}")

    packet = ipv4.HEADER.unpack(frame, offset)
    version, header_size = packet["version_length"] >> 4, (packet["version_length"] & 15) * 4
    if version != ipv4.VERSION:
        raise WireError(f"IP version must be {ipv4.VERSION}, not {version}")
    if header_size < ipv4.HEADER.size:
        raise WireError(f"IP header must be at least {ipv4.HEADER.size} bytes, not {header_size}")
    if packet["protocol"] != ipv4.Protocol.UDP:
        raise WireError(f"IP protocol must be {int(ipv4.Protocol.UDP)}, not {packet['protocol']}")
    if packet["flags_fragment"] & ipv4.FRAGMENT_MASK:
        raise WireError(f"packet is a fragment (flags and offset {packet['flags_fragment']:#06x})")
    end = offset + packet["total_length"]
    if end > len(frame):
        raise WireError(f"IP total length ends at {end}, the frame at {len(frame)}")
    inner = offset + header_size
    if inner + udp.HEADER.size > end:
        raise WireError(f"IP total length {packet['total_length']} leaves no room for a UDP header")
    if verify and ipv4.checksum(frame[offset:inner]):
        raise WireError(f"IP header checksum {packet['checksum']:#06x} is wrong")

    datagram = udp.HEADER.unpack(frame, inner)
    if inner + datagram["length"] != end or datagram["length"] < udp.HEADER.size:
        raise WireError(f"UDP length must be {end - inner}, not {datagram['length']}")
    if verify and not udp.checksum_holds(packet["source"], packet["destination"], frame[inner:end]):
        raise WireError(f"UDP checksum {datagram['checksum']:#06x} is wrong")
    return Frame(
        dst_mac=outer["destination"], src_mac=outer["source"], vlan=vlan, src_ip=packet["source"],
        dst_ip=packet["destination"], ttl=packet["ttl"], identification=packet["identification"],
        ip_options=frame[offset + ipv4.HEADER.size:inner], src_port=datagram["source_port"],
        dst_port=datagram["destination_port"], checksum=datagram["checksum"] != udp.NO_CHECKSUM,
        payload_offset=inner + udp.HEADER.size, payload=frame[inner + udp.HEADER.size:end])
