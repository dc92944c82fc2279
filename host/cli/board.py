"""``tickgate board``: bitstreams of boards, from the source to the FPGA."""

import argparse
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from rich.table import Table

from host.cli.board_feed import add_feed
from host.cli.board_progress import Progress
from host.cli.board_show import read_record, show_report
from host.cli.board_simulate import add_simulate
from host.cli.console import result_console, wide_console
from host.cli.errors import CHECK_FAILED, UserError
from host.cli.jsonout import write_json
from host.cli.output import check_writable
from host.device import connect
from host.device.udp import UDP_SCHEME
from wire.ethernet import mac_address
from wire.fields import WireError
from wire.ipv4 import ip_address, ip_text
from wire.profiles import PROFILES

__all__ = ["add_parser"]

_FOLDER = Path("build/boards")
_PINGS = 3


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``board`` to the command's sub-commands."""
    parser = commands.add_parser(
        "board", help="bitstreams for FPGA boards: build, report, flash, simulate, ping",
        description="Make bitstreams for boards, show what is in them, and bring them up. docs/boards.md tells how.")
    inner = parser.add_subparsers(metavar="ACTION", dest="action", required=True)
    inner.add_parser("list", help="the boards, and what is built for them").set_defaults(run=_list)

    build = _board(inner, "build", "make a bitstream that meets its clocks, or say why there is none", _build)
    build.add_argument("--mac", default="02:54:4b:47:00:00",
                       help="of port 0; port 1 has the next (default: %(default)s)")
    build.add_argument("--ip", default="192.168.1.50", help="of port 0; port 1 has the next (default: %(default)s)")
    build.add_argument("--host", default="192.168.1.1",
                       help="IP address of the host that may write to the device (default: %(default)s)")
    build.add_argument("--profile", choices=sorted(PROFILES),
                       help="sizes of the device (default: those that fit the board's FPGA)")
    build.add_argument("--seeds", default="1", metavar="N,N,...",
                       help="of placement; the one whose clocks have most to spare is kept (default: 1)")
    build.add_argument("--every-seed", action="store_true", help="fail unless every seed meets the clocks")
    build.add_argument("--jobs", type=int, metavar="N", help="seeds at a time (default: as many as there are cores)")
    build.add_argument("--nextpnr", metavar="PROGRAM", help="a native nextpnr-ecp5, faster than the wheel")

    report = _board(inner, "report", "clocks, worst paths, and what every module takes", _report)
    report.add_argument("--json", action="store_true", help="print JSON instead")
    report.add_argument("--svg", type=Path, metavar="FILE", help="draw it")
    report.add_argument("--png", type=Path, metavar="FILE", help="likewise")

    flash = _board(inner, "flash", "load the bitstream into the board", _flash)
    flash.add_argument("--spi", action="store_true", help="write it into the board's flash, from which it will start")
    flash.add_argument("--cable", metavar="NAME", help="as openFPGALoader calls it (default: the one on the board)")
    flash.add_argument("--dry-run", action="store_true", help="only print the commands")

    add_simulate(inner)
    ping = _board(inner, "ping", "see whether the board answers, and which device is on it", _ping)
    ping.add_argument("--ip", help="of another port, which answers pings alone (default: that of port 0, as built)")
    ping.add_argument("--dry-run", action="store_true", help="only print the command")
    add_feed(inner)


def _board(inner: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, what: str,
           run: Any) -> argparse.ArgumentParser:
    parser = inner.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.")
    parser.add_argument("board", metavar="BOARD", help="name of the board; tickgate board list has them")
    parser.add_argument("--folder", type=Path, default=_FOLDER, help="where builds are kept (default: %(default)s)")
    parser.set_defaults(run=run)
    return parser


@contextmanager
def _tools() -> Iterator[None]:
    """Import from the room of boards; raises UserError where what it needs is not installed."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise UserError(f"boards need tickgate's extra 'fpga': no module {error.name!r}") from None


def _named(name: str) -> Any:
    with _tools():
        boards: Any = import_module("boards.names")
    try:
        return boards.board(name)
    except boards.BoardError as error:
        raise UserError(str(error)) from None


def _list(args: argparse.Namespace) -> int:
    with _tools():
        boards: Any = import_module("boards.names")
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("name", "board", "FPGA", "ports", "core", "profile", "holds", "built"):
        table.add_column(title)
    for name in boards.NAMES:
        board = boards.board(name)
        profile = PROFILES[board.profile]
        path = _FOLDER / name / "build.json"
        built = read_record(path)["build"] if path.exists() else "-"
        table.add_row(
            name, board.title, f"{board.platform.device}-{board.platform.speed}", f"{board.fits} of {len(board.ports)}",
            f"{profile.clock_hz / 1e6:g} MHz", profile.name,
            f"{profile.symbols} symbols, {profile.levels} levels, {profile.order_slots:,} slots", built)
    wide_console().print(table)
    return 0


def _build(args: argparse.Namespace) -> int:
    board = _named(args.board)
    try:
        mac, ip, host = mac_address(args.mac), ip_address(args.ip), ip_address(args.host)
    except WireError as error:
        raise UserError(str(error)) from None
    seeds = args.seeds.split(",")
    if not all(seed.isdecimal() for seed in seeds):
        raise UserError(f"--seeds must be numbers with commas between, not {args.seeds!r}")
    if args.jobs is not None and args.jobs < 1:
        raise UserError(f"--jobs must be at least 1, not {args.jobs}")
    with _tools():
        builds: Any = import_module("boards.build")
    options = builds.Options(
        mac=mac, ip=ip, host=host, profile=args.profile, seeds=tuple(dict.fromkeys(map(int, seeds))),
        every_seed=args.every_seed, nextpnr=args.nextpnr, folder=args.folder,
        **({"jobs": args.jobs} if args.jobs else {}))
    with Progress() as progress:
        try:
            record = builds.build(board, options, progress.step)
        except builds.BoardError as error:
            return _failed(f"{board.name}: {error}")
    show_report(result_console(), record)
    result_console().print(f"written: {args.folder / board.name / 'top.bit'}", soft_wrap=True, markup=False)
    return 0


def _report(args: argparse.Namespace) -> int:
    pictures = [path for path in (args.svg, args.png) if path is not None]
    for path in pictures:
        check_writable(path)
    record = read_record(args.folder / args.board / "build.json", args.board)
    if args.json:
        write_json(sys.stdout, record)
    else:
        show_report(result_console(), record)
    if pictures:
        try:
            drawing = import_module("host.report.bitstream")
        except ModuleNotFoundError as error:
            raise UserError(f"a picture needs tickgate's extra 'report': no module {error.name!r}") from None
        for path in pictures:
            drawing.write_picture(record, path)
    return 0


def _flash(args: argparse.Namespace) -> int:
    board = _named(args.board)
    with _tools():
        loader: Any = import_module("boards.flash")
    bitstream = args.folder / board.name / "top.bit"
    console = result_console()

    def said(line: str) -> None:
        console.print(line, soft_wrap=True, markup=False)

    try:
        if args.dry_run:
            for command in loader.commands(board, bitstream, cable=args.cable, spi=args.spi):
                said(shlex.join(command))
        else:
            loader.flash(board, bitstream, cable=args.cable, spi=args.spi, said=said)
    except loader.BoardError as error:
        raise UserError(str(error)) from None
    return 0


def _ping(args: argparse.Namespace) -> int:
    try:
        address = ip_text(ip_address(args.ip)) if args.ip else None
    except WireError as error:
        raise UserError(str(error)) from None
    record = None if address else read_record(args.folder / args.board / "build.json", args.board)
    if record is not None:
        address = ip_text(record["ip"])
    command = ["ping", "-c", str(_PINGS), "-W", "1", str(address)]
    if args.dry_run:
        result_console().print(shlex.join(command), soft_wrap=True, markup=False)
        return 0
    if shutil.which(command[0]) is None:
        raise UserError("ping is not installed: your system's packages have it (iputils-ping)")
    if subprocess.run(command, check=False).returncode:
        return _failed(f"{address} does not answer; docs/boards.md says what to look at first")
    return 0 if record is None else _ask(f"{UDP_SCHEME}{address}", record)


def _ask(address: str, record: dict[str, Any]) -> int:
    """Say which device is at ``address``; it should be the one of ``record``. Raises one of connect.device_errors."""
    with connect.open_device(address) as device:
        found = device.capabilities
    result_console().print(
        f"{address}: build {found.build:016x}, {found.symbols} symbols, {found.levels} levels, "
        f"{found.order_slots:,} order slots, core {found.clock_hz / 1e6:g} MHz", soft_wrap=True, markup=False)
    if f"{found.build:016x}" != record["build"]:
        return _failed(f"the board holds another build than {record['build']}: tickgate board flash {record['board']}")
    return 0


def _failed(text: str) -> int:
    sys.stderr.write(f"tickgate: {text}\n")
    return CHECK_FAILED
