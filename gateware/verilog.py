"""Conversion of a component to Verilog."""

import os

from amaranth.back import verilog

from gateware.ram import VERILOG_RAM, VerilogPlatform

__all__ = ["to_verilog"]


def to_verilog(component, name):
    """Return the Verilog of ``component``, whose top module is called ``name``, with all modules that it needs.

    The text depends on the component alone, byte for byte: it holds no paths, no times, no attributes of the source.
    Ports are called as in Amaranth, the parts of a path joined by two underscores; ``clk`` and ``rst`` come with them.
    The Yosys used is the one that belongs to Amaranth, whatever else is installed.
    """
    before = os.environ.get("AMARANTH_USE_YOSYS")
    os.environ["AMARANTH_USE_YOSYS"] = "builtin"
    try:
        text = verilog.convert(
            component, name=name, platform=VerilogPlatform(), emit_src=False, strip_internal_attrs=True)
    finally:
        if before is None:
            del os.environ["AMARANTH_USE_YOSYS"]
        else:
            os.environ["AMARANTH_USE_YOSYS"] = before
    return text + VERILOG_RAM
