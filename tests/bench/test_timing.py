"""Synthesis, place and route of the core: what is told of it, and what fails. The tools are left out."""

import json

import pytest

from bench import timing
from wire.profiles import PROFILES

VERILOG = "".join(f"module {name} (a);\nendmodule\n"
                  for name in ("top", "\\top.inner", "\\top.inner.book", "\\top.inner.book.far$7"))
CELLS = {name: {"type": kind, "attributes": {}, "connections": {}, "port_directions": {}}
         for name, kind in (("inner.book.far.ram.0", "DP16KD"), ("inner.book.sum", "MULT18X18D"), ("pad", "DP16KD"))}


@pytest.fixture
def routed(tmp_path, monkeypatch):
    """Return what runs the command with a clock that every seed reaches, in MHz."""
    (tmp_path / "top.v").write_text(VERILOG)
    (tmp_path / "netlist.json").write_text(json.dumps({"modules": {"top": {"cells": CELLS}}}))
    monkeypatch.setattr(timing, "synthesise", lambda *_: tmp_path)

    def run(mhz: float, *arguments: str) -> None:
        cells = {name: {"used": 1, "available": 4} for name in ("TRELLIS_COMB", "TRELLIS_FF", "DP16KD", "MULT18X18D")}
        report = {"fmax": {"clk": {"achieved": mhz}}, "utilization": cells, "critical_paths": []}
        monkeypatch.setattr(timing, "route", lambda *_: report)
        timing.main(["--nextpnr", "none", "--seeds", "1,2", *arguments])

    return run


@pytest.mark.parametrize("profile", ["ecp5_85", "ecp5_85_gate"])
def test_the_aim_must_be_met_if_the_profile_has_one(routed, profile):
    mhz = (PROFILES[profile].aim_hz or PROFILES[profile].clock_hz) / 1e6
    routed(mhz + 0.1, "--profile", profile)
    with pytest.raises(SystemExit, match=f"^below {mhz:g} MHz: seed 1: {mhz - 1:.1f} MHz, seed 2: {mhz - 1:.1f} MHz$"):
        routed(mhz - 1, "--profile", profile)
    routed(mhz - 1, "--profile", profile, "--require", f"{mhz - 2:g}")


def test_every_module_has_its_row(routed, capsys):
    routed(200.0)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["book", "0", "0", "0", "1"] in lines and ["book.far", "0", "0", "1", "0"] in lines
    assert ["(top)", "0", "0", "1", "0"] in lines and ["all", "0", "0", "2", "1"] in lines
