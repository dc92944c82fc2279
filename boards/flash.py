"""Bitstreams into boards, by openFPGALoader."""

import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from boards.board import Board, BoardError

__all__ = ["PROGRAM", "BoardError", "commands", "flash"]

PROGRAM = "openFPGALoader"
_IDCODE = re.compile(r"idcode\s+0x([0-9a-fA-F]+)")
#: What the program answers in time, or its cable hangs.
_DETECT_SECONDS = 30


def commands(board: Board, bitstream: Path, *, cable: str | None = None, spi: bool = False) -> list[list[str]]:
    """Return the commands that look whether the board is there, and write ``bitstream`` into it.

    cable: what openFPGALoader calls it, the board's own if None. spi: into its flash, from which it starts, rather than
    into the FPGA alone. Raises BoardError when the board has no cable and none is named.
    """
    cable = cable or board.cable
    if cable is None:
        raise BoardError(f"{board.title} has no JTAG cable of its own: connect one to its JTAG pads and name it, "
                         f"--cable ft232 for example; {PROGRAM} --list-cables names all")
    first = [PROGRAM, "--cable", cable]
    return [[*first, "--detect"], [*first, *(["--unprotect-flash", "--write-flash"] if spi else []), str(bitstream)]]


def flash(board: Board, bitstream: Path, *, cable: str | None = None, spi: bool = False,
          said: Callable[[str], None] = lambda line: None) -> None:
    """Do what ``commands`` says; ``said`` is told each command.

    Raises BoardError, which says what to do, when there is no bitstream or no openFPGALoader, when the cable or the
    board is not there, when the FPGA is another one, and when writing fails.
    """
    detect, write = commands(board, bitstream, cable=cable, spi=spi)
    if not bitstream.is_file():
        raise BoardError(f"{bitstream} is not there: tickgate board build {board.name}")
    if shutil.which(PROGRAM) is None:
        raise BoardError(f"{PROGRAM} is not installed: your system's packages have it (openfpgaloader), or see "
                         "https://trabucayre.github.io/openFPGALoader")
    said(shlex.join(detect))
    try:
        found = subprocess.run(detect, capture_output=True, text=True, check=False, timeout=_DETECT_SECONDS)
    except subprocess.TimeoutExpired:
        raise BoardError(f"the cable {detect[2]} does not answer in {_DETECT_SECONDS} seconds: unplug it and plug it "
                         "in again") from None
    text = " ".join((found.stdout + found.stderr).split())
    codes = [int(code, 16) for code in _IDCODE.findall(text)]
    if found.returncode or not codes:
        raise BoardError(f"no FPGA at the cable {detect[2]}: is the board powered, is the cable plugged in, may you "
                         f"open it (udev rules of {PROGRAM}), is it another one (--cable)? It says: {text[-200:]}")
    if board.idcode not in codes:
        raise BoardError(f"the FPGA at the cable {detect[2]} has the code {codes[0]:#010x}, not {board.idcode:#010x} "
                         f"of {board.title}")
    said(shlex.join(write))
    status = subprocess.run(write, check=False).returncode
    if status:
        raise BoardError(f"{PROGRAM} failed with status {status}")
