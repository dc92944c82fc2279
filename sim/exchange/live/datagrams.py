# Ref: Nasdaq MoldUDP64 1.00; RFC 1112 (multicast)
"""The feed's datagrams: two lines out, by multicast or to a host, and requests for old messages in."""

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from typing import cast

from sim.exchange.settings import Address

__all__ = ["ListenError", "LineSocket", "RewindProtocol", "open_rewind", "refusal"]


class ListenError(Exception):
    """An address cannot be had; the text names it."""


def refusal(what: str, address: Address, error: OSError) -> ListenError:
    """Return the error for ``address``, which ``what`` needs."""
    return ListenError(f"{what}: cannot use {address[0]} port {address[1]}: {error.strerror or error}")


class LineSocket:
    """One line: packets go to ``address``, a group or a host, by ``interface``. sent, failed: packets so far; one that
    the kernel does not take is lost, as on a real line. Raises ListenError."""

    def __init__(self, name: str, address: Address, interface: str) -> None:
        self.address, self.sent, self.failed = address, 0, 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.setblocking(False)
            if ipaddress.ip_address(address[0]).is_multicast:
                self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(interface))
                self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 0)
                self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)
            self._socket.connect(address)
        except OSError as error:
            self._socket.close()
            raise refusal(f"line {name}", address, error) from None
        except ValueError as error:
            self._socket.close()
            raise ListenError(f"line {name}: {error}") from None

    def send(self, packet: bytes) -> None:
        """Send one packet."""
        try:
            self._socket.send(packet)
            self.sent += 1
        except OSError:
            self.failed += 1

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


class RewindProtocol(asyncio.DatagramProtocol):
    """Answers request packets, each with one packet at most. answer: see Feed."""

    def __init__(self, answer: Callable[[bytes], bytes | None]) -> None:
        self._answer = answer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.BaseProtocol."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """See asyncio.DatagramProtocol."""
        answer = self._answer(data)
        if answer is not None:
            self._transport.sendto(answer, addr)

    def error_received(self, exc: Exception) -> None:
        """A client is gone before its answer came; nobody waits for it."""


async def open_rewind(address: Address, answer: Callable[[bytes], bytes | None]) -> asyncio.DatagramTransport:
    """Listen for requests at ``address``. Raises ListenError."""
    loop = asyncio.get_running_loop()
    try:
        transport, _ = await loop.create_datagram_endpoint(lambda: RewindProtocol(answer), local_addr=address)
    except OSError as error:
        raise refusal("rewind", address, error) from None
    return transport
