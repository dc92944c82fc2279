"""``tickgate device serve``: the simulated device as a process of its own, and the option that names a device."""

import argparse
import signal
import sys
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path
from types import FrameType

from host.cli.errors import UserError
from host.device import connect
from host.device.driver import Device
from host.device.protocol import SCHEME, default_socket
from wire.profiles import PROFILES

__all__ = ["add_device_option", "add_serve", "open_named"]


def add_device_option(parser: argparse.ArgumentParser, *, otherwise: str) -> None:
    """Add ``--device``; ``otherwise`` says what is used without it."""
    parser.add_argument("--device", metavar="ADDRESS",
                        help=f"device to use, {' or '.join(connect.ADDRESSES)} (default: {otherwise})")


def open_named(args: argparse.Namespace) -> Device:
    """Open the device that --device names, by default one in this process, of the size that --profile names.

    Raises UserError for no address, or ``connect.device_errors``.
    """
    try:
        return connect.open_device(args.device or "sim", profile=args.profile)
    except ValueError as error:
        raise UserError(f"--device: {error}") from None


def add_serve(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``serve`` to the actions of ``tickgate device``."""
    parser = actions.add_parser(
        "serve", help="run the simulated device as a process of its own",
        description="Run the simulated device as a process of its own, which any number of commands may use at once, "
                    "by --device unix:PATH. Its time runs on while nobody asks. It ends by SIGINT or SIGTERM; what it "
                    "holds ends with it.")
    parser.add_argument("--profile", default="sim", choices=sorted(PROFILES), help="sizes of the device (default: sim)")
    parser.add_argument("--socket", type=Path, metavar="PATH",
                        help="where to serve it (default: that of $TICKGATE_DEVICE, else one of this user)")
    parser.add_argument("--records", type=Path, metavar="FILE",
                        help="file of its ring memories (default: PATH.records)")
    parser.add_argument("--feed", action="append", default=[], metavar="HOST:PORT",
                        help="put the datagrams to this group, or address of this machine, into the device; once for "
                             "each line of the feed")
    parser.add_argument("--interface", default="127.0.0.1", metavar="HOST",
                        help="address of the interface that groups are joined by (default: 127.0.0.1)")
    parser.add_argument("--paused", action="store_true", help="let its time move only when asked")
    parser.set_defaults(run=_serve)


def _serve(args: argparse.Namespace) -> int:
    named = connect.default_address()
    path = args.socket or (Path(named.removeprefix(SCHEME)) if named.startswith(SCHEME) else default_socket())
    device = connect.serve_device(path, profile=args.profile, records=args.records, paused=args.paused,
                                  feed=[_address(text) for text in args.feed], interface=_host(args.interface))

    def end(_signal: int, _frame: FrameType | None) -> None:
        device.stop()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        sys.stdout.write(f"device {args.profile} at {SCHEME}{path}{', paused' if args.paused else ''}\n")
        for host, port in device.feed:
            sys.stdout.write(f"feed {host}:{port}\n")
        sys.stdout.flush()
        device.serve()
    finally:
        device.close()
        for number, handler in before.items():
            signal.signal(number, handler)
    return 0


def _address(text: str) -> tuple[str, int]:
    """Return HOST:PORT. Raises UserError."""
    host, colon, port = text.rpartition(":")
    if not colon or not (port.isascii() and port.isdecimal()) or int(port) > 0xFFFF:
        raise UserError(f"--feed must be HOST:PORT, not {text!r}")
    return _host(host), int(port)


def _host(text: str) -> str:
    try:
        return str(IPv4Address(text))
    except AddressValueError:
        raise UserError(f"{text!r} is no IPv4 address") from None
