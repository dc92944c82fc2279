"""``tickgate board feed``: a recording as datagrams on the network, for a board that listens."""

import argparse
import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address
from pathlib import Path

from host.cli.console import result_console
from host.cli.errors import UserError
from host.cli.recording import Channel, Recording, load, parse_channel
from wire import ethernet, ipv4, udp

__all__ = ["add_feed", "payloads", "send"]

#: Bytes of a frame ahead of its payload: a recording's frames have neither tags nor options.
_HEADERS = ethernet.HEADER.size + ipv4.HEADER.size + udp.HEADER.size
#: Messages that are made into frames at a time.
_BLOCK = 20_000
#: Any; the times of a schedule are not used.
_CLOCK_HZ = 125_000_000


def add_feed(inner: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``feed`` to the actions of ``tickgate board``."""
    parser = inner.add_parser(
        "feed", help="send a recording as MoldUDP64 datagrams",
        description="Send the messages of a BinaryFILE as MoldUDP64 datagrams, packed as the exchange does it, on one "
                    "line or on both.")
    parser.add_argument("file", type=Path, help="BinaryFILE of ITCH 5.0 (plain or .gz)")
    parser.add_argument("--to", metavar="IP:PORT[:A|B]", action="append", required=True,
                        help="destination, a group or a host; may be given again, for both lines")
    parser.add_argument("--rate", type=float, default=1000.0, metavar="N",
                        help="datagrams a second, on each line (default: 1000)")
    parser.add_argument("--limit", type=int, metavar="N", help="send only the first N messages")
    parser.add_argument("--interface", metavar="IP", help="address of the interface by which groups are reached")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    if not 0 < args.rate < float("inf"):
        raise UserError(f"--rate must be above 0, not {args.rate:g}")
    if args.limit is not None and args.limit < 1:
        raise UserError(f"--limit must be at least 1, not {args.limit}")
    channels = [parse_channel(text) for text in args.to]
    recording = load(args.file, limit=args.limit)
    if recording.captured:
        raise UserError(f"{args.file}: a capture is sent by tcpreplay")
    sent = send(payloads(recording), channels, rate=args.rate, interface=args.interface)
    result_console().print(f"{len(recording.flow):,} messages in {sent:,} datagrams to each of "
                           f"{', '.join(map(str, channels))}", soft_wrap=True, markup=False)
    return 0


def payloads(recording: Recording) -> Iterator[bytes]:
    """Yield the MoldUDP64 packets of ``recording``, which is no capture."""
    for first in range(0, len(recording.flow), _BLOCK):
        last = min(first + _BLOCK, len(recording.flow))
        frames = recording.schedule(first, last, pace="line", clock_hz=_CLOCK_HZ, symbols=1)
        for n in range(len(frames)):
            yield frames[n][_HEADERS:]


def send(packets: Iterator[bytes], channels: list[Channel], *, rate: float, interface: str | None = None,
         now: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep) -> int:
    """Send each of ``packets`` to every one of ``channels``, ``rate`` of them a second; return how many there were.

    Those that are late are sent at once. Raises UserError for an interface that is none, OSError.
    """
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as line:
        if interface is not None:
            try:
                line.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, IPv4Address(interface).packed)
            except ValueError:
                raise UserError(f"--interface must be an IPv4 address, not {interface!r}") from None
        begin, count = now(), 0
        for count, packet in enumerate(packets, 1):
            wait = begin + (count - 1) / rate - now()
            if wait > 0:
                sleep(wait)
            for channel in channels:
                line.sendto(packet, (str(IPv4Address(channel.ip)), channel.port))
    return count
