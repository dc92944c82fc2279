"""Questions to the stations at a board's ports, and the answers."""

from tests.gateware.net.ip.packets import BROADCAST, OUR_IP, OURS, PEER, PEER_IP, arp, echo

__all__ = ["asked", "ping"]


def _plus(address: bytes, n: int) -> bytes:
    return (int.from_bytes(address, "big") + n).to_bytes(len(address), "big")


def asked(port: int) -> tuple[bytes, bytes]:
    """Return a question who has the port's address, and the answer."""
    mac, ip = _plus(OURS, port), _plus(OUR_IP, port)
    return (arp(1, to=BROADCAST, sender=PEER, sender_ip=PEER_IP, target=bytes(6), target_ip=ip),
            arp(2, to=PEER, sender=mac, sender_ip=ip, target=PEER, target_ip=PEER_IP))


def ping(port: int, data: bytes) -> tuple[bytes, bytes]:
    """Return a ping of ``data`` and its answer."""
    mac, ip = _plus(OURS, port), _plus(OUR_IP, port)
    return (echo(8, data, to=mac, sender=PEER, source=PEER_IP, destination=ip),
            echo(0, data, to=PEER, sender=mac, source=ip, destination=PEER_IP))
