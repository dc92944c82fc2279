# Ref: RFC 1112 (multicast)
"""The feed's datagrams, from this machine's network stack into a simulated device: as frames, for it has no wire."""

import socket
from collections.abc import Sequence

from wire import ethernet, ipv4
from wire.frame import build_frame

__all__ = ["FeedError", "FeedSocket", "open_feed"]

#: Bytes that may wait in the kernel; it may grant less.
_BUFFER = 1 << 22
#: Datagrams that one ``frames`` takes at most.
_TURN = 256
_LONGEST = 1 << 16
#: Destination of frames to a host; the device looks at addresses of IP alone.
_HOST_MAC = 0x02_00_00_00_00_02


class FeedError(Exception):
    """An address cannot be listened at; the text names it."""


class FeedSocket:
    """Datagrams to one group, or to one address of this machine. address: where, with the port that it is.

    What comes faster than it is taken, and fills the kernel's buffer, is lost, as on a real line.
    """

    def __init__(self, host: str, port: int, interface: str) -> None:
        """interface: address of the one that a group is joined by. Raises FeedError."""
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._open(host, port, interface)
        except OSError as error:
            self.socket.close()
            raise FeedError(f"feed: cannot listen at {host} port {port}: {error.strerror or error}") from None
        self.address: tuple[str, int] = self.socket.getsockname()

    def frames(self) -> list[bytes]:
        """Return the frames of the datagrams that have come, so many of them that others get their turn too."""
        host, port = self.address
        ip = ipv4.ip_address(host)
        mac = ethernet.multicast_mac(ip) if _is_group(ip) else _HOST_MAC
        frames: list[bytes] = []
        while len(frames) < _TURN:
            try:
                datagram = self.socket.recv(_LONGEST)
            except BlockingIOError:
                break
            frames.append(build_frame(datagram, dst_ip=ip, dst_port=port, dst_mac=mac))
        return frames

    def close(self) -> None:
        """Listen no more."""
        self.socket.close()

    def _open(self, host: str, port: int, interface: str) -> None:
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        group = socket.inet_aton(host)
        if _is_group(int.from_bytes(group, "big")):
            # Others on this machine may listen to the group too.
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.socket.bind((host, port))
            self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group + socket.inet_aton(interface))
        else:
            self.socket.bind((host, port))


def open_feed(addresses: Sequence[tuple[str, int]], interface: str) -> list[FeedSocket]:
    """Listen at ``addresses``. Raises FeedError."""
    opened: list[FeedSocket] = []
    try:
        for host, port in addresses:
            opened.append(FeedSocket(host, port, interface))
    except BaseException:
        for one in opened:
            one.close()
        raise
    return opened


def _is_group(ip: int) -> bool:
    return ip >> 28 == 0b1110
