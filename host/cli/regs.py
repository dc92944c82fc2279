"""``tickgate regs`` and ``tickgate device``: the device's registers and what it says of itself."""

import argparse
import dataclasses
import sys

from rich.table import Table
from rich.text import Text

from host.cli.console import wide_console
from host.cli.errors import UserError
from host.cli.serve import add_device_option, add_serve, open_named
from host.device.driver import split
from wire.profiles import PROFILES
from wire.registers import REGISTERS, Register, by_name

__all__ = ["add_parsers"]


def add_parsers(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``regs`` and ``device`` to the command's sub-commands."""
    regs = commands.add_parser("regs", help="read, write and explain registers",
                               description="Read, write and explain the device's registers.")
    actions = regs.add_subparsers(metavar="ACTION", dest="action", required=True)
    _add(actions, "dump", "show every readable register with its fields", _dump)
    read = _add(actions, "read", "show one register", _read)
    read.add_argument("name", help="register, such as CLOCK_HZ")
    write = _add(actions, "write", "write one register, and read it back", _write)
    write.add_argument("name", help="register, such as GAP_PACKETS")
    write.add_argument("value", help="number, decimal or 0x...")
    doc = actions.add_parser("doc", help="explain the registers; needs no device")
    doc.set_defaults(run=_doc)

    device = commands.add_parser("device", help="what the device is, and a device to be served",
                                 description="What the device says of itself, and a device to be served.")
    actions = device.add_subparsers(metavar="ACTION", dest="action", required=True)
    _add(actions, "info", "show its capabilities", _info)
    add_serve(actions)


def _add(actions: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, text: str,
         run: object) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=text, description=text.capitalize() + ".")
    parser.add_argument("--profile", default="sim", choices=sorted(PROFILES), help="sizes of the device (default: sim)")
    add_device_option(parser, otherwise="one in this process")
    parser.set_defaults(run=run)
    return parser


def _register(name: str) -> Register:
    try:
        return by_name(name.upper())
    except KeyError:
        near = [register.name for register in REGISTERS if name.upper() in register.name][:6]
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        raise UserError(f"no register {name!r}{hint}") from None


def _fields(register: Register, value: int) -> str:
    return "  ".join(f"{name}={number}" for name, number in split(register, value).items())


def _hex(register: Register, value: int) -> str:
    return f"{value:#0{2 + 2 * register.size}x}"


def _dump(args: argparse.Namespace) -> int:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("address", "register", "value", "fields"):
        table.add_column(title, no_wrap=title != "fields")
    with open_named(args) as device:
        for register in REGISTERS:
            if register.access != "wo":
                value = device.read(register.name)
                table.add_row(f"{register.offset:#05x}", Text(register.name, "bold"), _hex(register, value),
                              _fields(register, value) or Text(f"{value:,}", "dim"))
    wide_console().print(table)
    return 0


def _read(args: argparse.Namespace) -> int:
    register = _register(args.name)
    if register.access == "wo":
        raise UserError(f"register {register.name} is write-only")
    with open_named(args) as device:
        _show(register, device.read(register.name))
    return 0


def _write(args: argparse.Namespace) -> int:
    register = _register(args.name)
    try:
        value = int(args.value, 0)
    except ValueError:
        raise UserError(f"{args.value!r} is no number") from None
    if register.access == "ro":
        raise UserError(f"register {register.name} is read-only")
    if not 0 <= value < 1 << 8 * register.size:
        raise UserError(f"{args.value} does not fit the {8 * register.size} bits of register {register.name}")
    with open_named(args) as device:
        device.write(register.name, value)
        if register.access == "rw":
            _show(register, device.read(register.name))
    return 0


def _show(register: Register, value: int) -> None:
    fields = _fields(register, value)
    sys.stdout.write(f"{register.name} = {_hex(register, value)} ({value}){'  ' if fields else ''}{fields}\n")


def _doc(_: argparse.Namespace) -> int:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("address", "access", "bits", "register", "meaning"):
        table.add_column(title, no_wrap=title != "meaning")
    for register in REGISTERS:
        table.add_row(f"{register.offset:#05x}", register.access, str(8 * register.size), Text(register.name, "bold"),
                      register.doc)
        for bits in register.bits:
            top = bits.lsb + bits.width - 1
            place = f"{top}..{bits.lsb}" if bits.width > 1 else str(top)
            table.add_row("", "", place, Text(f"  {bits.name}", "dim"), bits.doc)
    wide_console().print(table)
    return 0


def _info(args: argparse.Namespace) -> int:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold")
    table.add_column()
    with open_named(args) as device:
        capabilities = device.capabilities
        for name, number in dataclasses.asdict(capabilities).items():
            table.add_row(name, f"{number:016x}" if name == "build" else f"{number:,}")
        for name, number in device.status().items():
            table.add_row(f"status.{name}", str(number))
    wide_console().print(table)
    return 0
