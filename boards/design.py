"""A board's design as the tools need it: Verilog and constraints."""

import hashlib
import os
from dataclasses import dataclass

from boards.board import Board
from boards.top import Top
from gateware.ram import VERILOG_RAM

__all__ = ["Design", "design"]


@dataclass(frozen=True)
class Design:
    """verilog: all modules, the top is ``top``. constraints: pins and clocks, for nextpnr. build: the BUILD register.
    options: what nextpnr is told of the device."""

    verilog: str
    constraints: str
    build: int
    options: tuple[str, ...]


def design(board: Board, *, mac: int, ip: int, host: int = 0) -> Design:
    """Return the design of ``board`` with these addresses of port 0, and of the host that may write (0: nobody).

    It depends on the arguments and the gateware alone. BUILD holds the first 64 bits of the hash of the design with 0
    there, so that two devices with the same BUILD are the same. Raises BoardError as Top does.
    """
    verilog, constraints = _files(board, mac, ip, host, 0)
    build = int(hashlib.blake2s((verilog + constraints).encode()).hexdigest()[:16], 16)
    platform = board.platform
    return Design(
        *_files(board, mac, ip, host, build), build,
        (platform._nextpnr_device_options[platform.device], "--package",
         platform._nextpnr_package_options[platform.package].upper(), "--speed", platform.speed))


def _files(board: Board, mac: int, ip: int, host: int, build: int) -> tuple[str, str]:
    """Return Verilog and constraints."""
    before = os.environ.get("AMARANTH_USE_YOSYS")
    os.environ["AMARANTH_USE_YOSYS"] = "builtin"
    try:
        plan = board.platform().build(Top(board, mac=mac, ip=ip, host=host, build=build), name="top",
                                      do_build=False, emit_src=False, debug_verilog=True)
    finally:
        if before is None:
            del os.environ["AMARANTH_USE_YOSYS"]
        else:
            os.environ["AMARANTH_USE_YOSYS"] = before
    verilog, constraints = (plan.files[name] for name in ("top.debug.v", "top.lpf"))
    # The first line of both only says that they were made, and by which version.
    return verilog.split("\n", 1)[1] + VERILOG_RAM, constraints.split("\n", 1)[1]
