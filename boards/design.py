"""A board's design as the tools need it: Verilog and constraints."""

import hashlib
import os
from dataclasses import dataclass

from boards.board import Board
from boards.top import Top
from gateware.ram import VERILOG_RAM
from wire.profiles import Profile

__all__ = ["Design", "design"]


@dataclass(frozen=True)
class Design:
    """verilog: all modules, the top is ``top``. constraints: pins and clocks, for nextpnr. build: the BUILD register.
    profile: of the device. options: what nextpnr is told of the FPGA."""

    verilog: str
    constraints: str
    build: int
    profile: Profile
    options: tuple[str, ...]


def design(board: Board, *, mac: int, ip: int, host: int = 0, profile: str | None = None) -> Design:
    """Return the design of ``board`` with these addresses of port 0, and of the host that may write (0: nobody).

    profile: as of Top. It depends on the arguments and the gateware alone. BUILD holds the first 64 bits of the hash of
    the design with 0 there, so that two devices with the same BUILD are the same. Raises BoardError as Top does.
    """
    def top(build: int) -> Top:
        return Top(board, mac=mac, ip=ip, host=host, profile=profile, build=build)

    verilog, constraints = _files(board, top(0))
    build = int(hashlib.blake2s((verilog + constraints).encode()).hexdigest()[:16], 16)
    made, platform = top(build), board.platform
    return Design(
        *_files(board, made), build, made.profile,
        (platform._nextpnr_device_options[platform.device], "--package",
         platform._nextpnr_package_options[platform.package].upper(), "--speed", platform.speed))


def _files(board: Board, top: Top) -> tuple[str, str]:
    """Return Verilog and constraints."""
    before = os.environ.get("AMARANTH_USE_YOSYS")
    os.environ["AMARANTH_USE_YOSYS"] = "builtin"
    try:
        plan = board.platform().build(top, name="top", do_build=False, emit_src=False, debug_verilog=True)
    finally:
        if before is None:
            del os.environ["AMARANTH_USE_YOSYS"]
        else:
            os.environ["AMARANTH_USE_YOSYS"] = before
    verilog, constraints = (plan.files[name] for name in ("top.debug.v", "top.lpf"))
    # The first line of both only says that they were made, and by which version.
    return verilog.split("\n", 1)[1] + VERILOG_RAM, constraints.split("\n", 1)[1]
