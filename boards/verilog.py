"""The Verilog of what is on a board, as its synthesis gets it."""

import os

from gateware.ram import VERILOG_RAM

__all__ = ["top_verilog"]


def top_verilog(board, top) -> str:
    """Return the Verilog of ``top`` (boards/top.py, or another) on ``board``, as module ``top``.

    Cells of the FPGA are named in it and not described. The text depends on the arguments alone. Raises what ``top``
    raises when it is elaborated.
    """
    before = os.environ.get("AMARANTH_USE_YOSYS")
    os.environ["AMARANTH_USE_YOSYS"] = "builtin"
    try:
        files = board.platform().build(top, name="top", do_build=False, emit_src=False, debug_verilog=True).files
    finally:
        if before is None:
            del os.environ["AMARANTH_USE_YOSYS"]
        else:
            os.environ["AMARANTH_USE_YOSYS"] = before
    parts = (files[name] for name in sorted(files) if name.endswith(".v"))
    text = "\n".join(part if isinstance(part, str) else part.decode() for part in parts)
    return text if "module tickgate_ram" in text else text + VERILOG_RAM
