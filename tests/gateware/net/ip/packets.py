"""Requests and answers on the network, made byte by byte without our tables."""

import struct

__all__ = ["OURS", "OUR_IP", "PEER", "PEER_IP", "BROADCAST", "internet_sum", "arp", "echo", "ipv4", "udp"]

OURS, PEER, BROADCAST = bytes.fromhex("021234567801"), bytes.fromhex("00e04c68aabb"), b"\xff" * 6
OUR_IP, PEER_IP = bytes((192, 168, 7, 50)), bytes((192, 168, 7, 9))


def internet_sum(data: bytes) -> int:
    """Return the Internet checksum of ``data``."""
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    return ~((total & 0xFFFF) + (total >> 16) + ((total & 0xFFFF) + (total >> 16) >> 16)) & 0xFFFF


def arp(operation: int, *, to: bytes, sender: bytes, sender_ip: bytes, target: bytes, target_ip: bytes) -> bytes:
    """Return an ARP frame, padded."""
    body = struct.pack(">HHBBH", 1, 0x0800, 6, 4, operation) + sender + sender_ip + target + target_ip
    return (to + sender + b"\x08\x06" + body).ljust(60, b"\0")


def ipv4(protocol: int, source: bytes, destination: bytes, payload: bytes, *, fragment: int = 0,
         options: bytes = b"", identification: int = 0x1234) -> bytes:
    """Return an IPv4 packet."""
    size = 20 + len(options)
    total = size + len(payload)
    header = struct.pack(">BBHHHBBH", 0x40 + size // 4, 0, total, identification, fragment, 64, protocol, 0)
    header += source + destination + options
    return header[:10] + struct.pack(">H", internet_sum(header)) + header[12:] + payload


def echo(kind: int, data: bytes, *, to: bytes, sender: bytes, source: bytes, destination: bytes, sequence: int = 1,
         code: int = 0, **shape) -> bytes:
    """Return a frame with an ICMP echo, padded."""
    message = struct.pack(">BBHHH", kind, code, 0, 0xBEEF, sequence) + data
    message = message[:2] + struct.pack(">H", internet_sum(message)) + message[4:]
    return (to + sender + b"\x08\x00" + ipv4(1, source, destination, message, **shape)).ljust(60, b"\0")


def udp(data: bytes, *, to: bytes, sender: bytes, source: bytes, destination: bytes, source_port: int,
        destination_port: int) -> bytes:
    """Return a frame with a UDP datagram and its checksum, not to be fragmented, padded."""
    length = 8 + len(data)
    pseudo = source + destination + struct.pack(">BBH", 0, 17, length)
    head = struct.pack(">HHH", source_port, destination_port, length)
    checksum = internet_sum(pseudo + head + b"\0\0" + data) or 0xFFFF
    packet = ipv4(17, source, destination, head + struct.pack(">H", checksum) + data, fragment=0x4000, identification=0)
    return (to + sender + b"\x08\x00" + packet).ljust(60, b"\0")
