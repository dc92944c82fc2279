"""``tickgate board simulate``: a board's whole design at its pins, on network interfaces of this machine."""

import argparse
import signal
import sys
from contextlib import ExitStack
from importlib import import_module
from types import FrameType
from typing import Any

from host.cli.errors import UserError
from wire.ethernet import mac_address
from wire.fields import WireError
from wire.ipv4 import ip_address, ip_text

__all__ = ["add_simulate"]


def add_simulate(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``simulate`` to the actions of ``tickgate board``."""
    parser = actions.add_parser(
        "simulate", help="run the board's design in simulation, on a network interface of this machine",
        description="Simulate the board's whole design at the pins of its PHYs and connect its ports to TAP "
                    "interfaces, so that ping, tcpdump and all else on this machine talk to it as to a board on a "
                    "cable. Linux; needs the right to administer the network. It ends by SIGINT or SIGTERM, and the "
                    "interfaces with it.")
    parser.add_argument("board", metavar="BOARD", help="name of the board; tickgate board list has them")
    parser.add_argument("--tap", action="append", required=True, metavar="NAME",
                        help="interface to make; once for each port, the first for port 0")
    parser.add_argument("--address", metavar="IP/BITS",
                        help="give the first interface this address (default: leave that to you)")
    parser.add_argument("--mac", default="02:54:4b:47:00:00",
                        help="of port 0; port 1 has the next (default: %(default)s)")
    parser.add_argument("--ip", default="192.168.1.50", help="of port 0; port 1 has the next (default: %(default)s)")
    parser.add_argument("--host", default="192.168.1.1",
                        help="IP address of the host that may write to the device (default: %(default)s)")
    parser.set_defaults(run=_simulate)


def _network(text: str) -> tuple[int, int]:
    """Return (address, bits) of IP/BITS. Raises UserError."""
    address, slash, bits = text.partition("/")
    if not slash or not (bits.isascii() and bits.isdecimal()) or not 1 <= int(bits) <= 31:
        raise UserError(f"--address must be IP/BITS, such as 192.168.1.1/24, not {text!r}")
    try:
        return ip_address(address), int(bits)
    except WireError as error:
        raise UserError(f"--address: {error}") from None


def _simulate(args: argparse.Namespace) -> int:
    network = _network(args.address) if args.address else None
    try:
        mac, ip, host = mac_address(args.mac), ip_address(args.ip), ip_address(args.host)
    except WireError as error:
        raise UserError(str(error)) from None
    try:
        names: Any = import_module("boards.names")
        designs: Any = import_module("boards.design")
        models: Any = import_module("sim.board.model")
        taps: Any = import_module("sim.board.tap")
    except ModuleNotFoundError as error:
        raise UserError(f"boards need tickgate's extras 'fpga' and 'sim': no module {error.name!r}") from None
    try:
        board = names.board(args.board)
        if len(args.tap) > board.fits:
            raise UserError(f"{board.name}'s design has {board.fits} of its ports, not {len(args.tap)}")
        with ExitStack() as stack:
            # First what may be refused, then what takes minutes.
            opened = [stack.enter_context(taps.Tap(name)) for name in args.tap]
            for n, tap in enumerate(opened):
                tap.up(*(network if network and not n else ()))
            simulated = stack.enter_context(models.SimulatedBoard(
                designs.design(board, mac=mac, ip=ip, host=host).verilog, clock_hz=board.clock_hz))
            simulated.power_up()
            bridge = taps.Bridge(simulated, opened)
            sys.stdout.write("".join(f"port {n} of {board.name} at {ip_text(ip + n)}, interface {tap.name}\n"
                                     for n, tap in enumerate(opened)))
            sys.stdout.flush()
            _serve(bridge)
    except (names.BoardError, models.BoardFailure, models.TopError, models.BuildError, taps.TapError) as error:
        raise UserError(str(error)) from None
    sys.stdout.write(f"frames in {bridge.counts['in']:,}, out {bridge.counts['out']:,}, bad {bridge.counts['bad']:,}\n")
    return 0


def _serve(bridge: Any) -> None:
    """Let ``bridge`` serve until a signal comes."""

    def end(_signal: int, _frame: FrameType | None) -> None:
        bridge.stop()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        bridge.serve()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
