"""Options of a session's sockets: set, and read back, because a kernel may take less than it was asked for. And TLS."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Options", "SocketError", "Tls", "apply", "peer_name", "quick_ack", "tls_context"]


class SocketError(Exception):
    """The kernel, or the TLS library, does not do what the configuration asks for."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of a TCP socket.

    no_delay: a message leaves at once. quick_ack: so does the acknowledgement of one that came. keep_alive: seconds of
    silence after which the kernel asks whether the peer lives, and between two questions; 0: never. user_timeout:
    milliseconds that sent bytes may stay unacknowledged; 0: as the kernel likes. send_buffer, receive_buffer: bytes; 0:
    as the kernel likes.
    """

    no_delay: bool = True
    quick_ack: bool = True
    keep_alive: int = 15
    user_timeout: int = 20_000
    send_buffer: int = 0
    receive_buffer: int = 0


@dataclass(frozen=True, kw_only=True)
class Tls:
    """TLS of a session. certificate, key: ours, PEM; an acceptor must have them. authority: the certificates that the
    peer's is checked against, PEM; None: the system's for an initiator, no certificate asked for by an acceptor.
    name: the name that must be in the acceptor's certificate; "": that of the address.
    """

    certificate: Path | None = None
    key: Path | None = None
    authority: Path | None = None
    name: str = ""


_TCP, _SOCKET = socket.IPPROTO_TCP, socket.SOL_SOCKET
#: Questions that stay unanswered before the kernel gives the peer up.
_PROBES = 3
#: Options that read back as they were set: what of Options, level, number, value.
_EXACT: tuple[tuple[str, int, int, Callable[[Options], int]], ...] = (
    ("no_delay", _TCP, socket.TCP_NODELAY, lambda options: int(options.no_delay)),
    ("keep_alive", _SOCKET, socket.SO_KEEPALIVE, lambda options: int(options.keep_alive > 0)),
    ("keep_alive", _TCP, socket.TCP_KEEPIDLE, lambda options: options.keep_alive),
    ("keep_alive", _TCP, socket.TCP_KEEPINTVL, lambda options: options.keep_alive),
    ("keep_alive", _TCP, socket.TCP_KEEPCNT, lambda options: _PROBES if options.keep_alive else 0),
    ("user_timeout", _TCP, socket.TCP_USER_TIMEOUT, lambda options: options.user_timeout),
)
_BUFFERS = (("send_buffer", socket.SO_SNDBUF, "wmem_max"), ("receive_buffer", socket.SO_RCVBUF, "rmem_max"))


def apply(sock: socket.socket, options: Options) -> list[str]:
    """Set ``options`` and read them back; return a line for each buffer that is smaller than was asked for.

    Raises SocketError for an option that the kernel refuses, or does not keep.
    """
    for name, level, number, value in _EXACT:
        wanted = value(options)
        if wanted or level == _SOCKET or number == socket.TCP_NODELAY:
            _set(sock, name, level, number, wanted)
            found = sock.getsockopt(level, number)
            if bool(found) != bool(wanted) if wanted < 2 else found != wanted:
                raise SocketError(f"{name}: the kernel has {found}, not {wanted}")
    lines = []
    for name, number, limit in _BUFFERS:
        wanted = getattr(options, name)
        if wanted:
            _set(sock, name, _SOCKET, number, wanted)
            # Linux tells of twice as many bytes as it was asked for: the other half is for its own bookkeeping.
            found = sock.getsockopt(_SOCKET, number) // 2
            if found < wanted:
                lines.append(f"{name}: the kernel gives {found} bytes, not {wanted}; see net.core.{limit}")
    if options.quick_ack:
        quick_ack(sock)
    return lines


def quick_ack(sock: socket.socket) -> None:
    """Acknowledge at once what comes next; the kernel forgets it, so it is called after every read."""
    sock.setsockopt(_TCP, socket.TCP_QUICKACK, 1)


def peer_name(transport: asyncio.BaseTransport) -> str:
    """Return the address of the other end, for people; one that is gone already has none."""
    address = transport.get_extra_info("peername")
    return f"{address[0]} port {address[1]}" if address else "somebody who is gone already"


def tls_context(tls: Tls, *, server: bool) -> ssl.SSLContext:
    """Return the context for ``tls``, of version 1.2 at least. Raises SocketError that names the file."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if server and tls.certificate is None:
        raise SocketError("certificate: an acceptor must have one for TLS")
    if tls.certificate is not None:
        _load(tls.certificate, lambda: context.load_cert_chain(tls.certificate or "", tls.key))
    if tls.authority is not None:
        _load(tls.authority, lambda: context.load_verify_locations(tls.authority))
        context.verify_mode = ssl.CERT_REQUIRED
    elif not server:
        context.load_default_certs()
    return context


def _set(sock: socket.socket, name: str, level: int, number: int, value: int) -> None:
    if not 0 <= value < 1 << 31:
        raise SocketError(f"{name}: must be from 0 to {(1 << 31) - 1}, not {value}")
    try:
        sock.setsockopt(level, number, value)
    except OSError as error:
        raise SocketError(f"{name}: the kernel refuses {value}: {error}") from None


def _load(path: Path, load: Callable[[], None]) -> None:
    try:
        load()
    except (OSError, ssl.SSLError) as error:
        raise SocketError(f"{path}: {error.strerror or error}") from None
