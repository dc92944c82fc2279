# Ref: Lattice FPGA-TN-02200, "ECP5 and ECP5-5G sysCLOCK PLL/DLL Design and Usage Guide" (dividers)
"""The Verilog around a board's top: plain port names, and what a simulation looks at inside."""

import re
from dataclasses import dataclass
from pathlib import Path

from gateware.net.mac.mac import EVENTS

__all__ = ["TOP", "FS", "Clocks", "TopError", "clocks", "ports_of", "simulation_top"]

TOP = "tickgate_board"
#: Femtoseconds in a second, which is how time is counted.
FS = 10**15
#: Limits of the PLL's oscillator.
_VCO_HZ = (400_000_000, 800_000_000)
_PRIMITIVES = Path(__file__).with_name("primitives.v")
_PINS = ("rx_clk", "rx_data", "rx_ctl", "tx_clk", "tx_data", "tx_ctl")


class TopError(ValueError):
    """A text is not the Verilog of a board's top as it is known here."""


@dataclass(frozen=True)
class Clocks:
    """Half periods of the clocks that the PLL makes, in femtoseconds: the line's and the core's."""

    tx_half: int
    core_half: int


def clocks(verilog: str, clock_hz: int) -> Clocks:
    """Return what the PLL in ``verilog`` makes of an oscillator of ``clock_hz``.

    Raises TopError when there is no PLL, its own oscillator would be out of range, or a period is no whole number.
    """
    found = re.search(r"^  EHXPLLL #\((.*?)^  \)", verilog, re.MULTILINE | re.DOTALL)
    if not found:
        raise TopError("the Verilog has no EHXPLLL")
    given = {name: int(value) for name, value in re.findall(r"\.(\w+)\((?:32'd)?(\d+)\)", found[1])}
    missing = [name for name in ("CLKI_DIV", "CLKFB_DIV", "CLKOP_DIV", "CLKOS_DIV") if name not in given]
    if missing:
        raise TopError(f"the PLL has no {', '.join(missing)}")
    tx_hz, rest = divmod(clock_hz * given["CLKFB_DIV"], given["CLKI_DIV"])
    vco_hz = tx_hz * given["CLKOP_DIV"]
    if rest or not _VCO_HZ[0] <= vco_hz <= _VCO_HZ[1]:
        raise TopError(f"the PLL's oscillator cannot run at {vco_hz:,} Hz")
    halves = []
    for name in ("CLKOP_DIV", "CLKOS_DIV"):
        half, rest = divmod(FS * given[name], 2 * vco_hz)
        if rest:
            raise TopError(f"{vco_hz:,} Hz over {name} {given[name]} is no whole number of femtoseconds")
        halves.append(half)
    return Clocks(*halves)


def ports_of(verilog: str) -> int:
    """Return how many RGMII ports the top has. Raises TopError when they are not 0 or 0 and 1."""
    numbers = sorted({int(number) for number in re.findall(r"^  input rgmii_(\d+)__rx_clk__io;", _module(verilog),
                                                           re.MULTILINE)})
    if numbers not in ([0], [0, 1]):
        raise TopError(f"the top must have RGMII port 0, or 0 and 1, not {numbers}")
    return len(numbers)


def _module(verilog: str) -> str:
    found = re.search(r"^module top\s?\(.*?^endmodule", verilog, re.MULTILINE | re.DOTALL)
    if not found:
        raise TopError("the Verilog has no module 'top'")
    return found[0]


def _macs(verilog: str) -> dict[int, str]:
    """Return {port: where its MAC is}, as a path below the module ``top``."""
    # Amaranth puts a $ and a number behind a name that is taken.
    found = re.findall(r"^module \\(top\.(?:mac(\d+)|port(\d+)\.mac)(?:\$\d+)?) ", verilog, re.MULTILINE)
    return {int(number or other): path for path, number, other in found}


def simulation_top(verilog: str) -> str:
    """Return ``verilog``, whose module ``top`` is a board's, with models of its cells and ``tickgate_board`` around it.

    Ports: ``pll_tx``, ``pll_core``, ``pll_lock``, which stand for the PLL; for port n ``rx_clk0``, ``rx_data0`` and so
    on, ``events0`` and ``word_*0`` of its MAC; ``status``, two bits for each MAC; ``leds``. Other inputs of ``top``,
    the oscillator too, rest at 0. Raises TopError.
    """
    text, count, macs = _module(verilog), ports_of(verilog), _macs(verilog)
    if sorted(macs) != list(range(count)):
        raise TopError(f"every port must have a MAC, not {macs}")
    declared = re.findall(r"^  (input|output|inout) (?:\[\d+:0\] )?(\w+);", text, re.MULTILINE)
    others = [(way, name) for way, name in declared if not name.startswith("rgmii_")]
    leds = [name for _, name in others if re.fullmatch(r"\w*led_\w+__io", name)]
    bits = len(EVENTS.members)
    ports, wires, pins, status = ["input pll_tx", "input pll_core", "input pll_lock"], [], [], []
    for n in range(count):
        for name in _PINS:
            way, width = "input" if name.startswith("rx") else "output", "[3:0] " if name.endswith("data") else ""
            ports.append(f"{way} {width}{name}{n}")
            pins.append(f".rgmii_{n}__{name}__io({name}{n})")
        ports += [f"output [15:0] events{n}", f"output word_valid{n}", f"output [7:0] word_flags{n}",
                  f"output [63:0] word_data{n}"]
        mac = f"{macs[n]}.receive"
        wires += [f"  assign events{n} = {{{16 - bits}'d0, {macs[n]}.events}};",
                  f"  wire [70:0] word{n} = {mac}.o__p;",
                  f"  assign word_valid{n} = {mac}.o__valid;", f"  assign word_data{n} = word{n}[63:0];",
                  f"  assign word_flags{n} = {{1'd0, word{n}[69:66], word{n}[70], word{n}[65:64]}};"]
        status.append(f"{macs[n]}.status")
    pins += [f".{name}(leds[{n}])" for n, name in enumerate(leds)]
    rest = {"input": "1'd0"}
    pins += [f".{name}({rest.get(way, '')})" for way, name in others if name not in leds]
    ports += [f"output [{2 * count - 1}:0] status", f"output [{max(len(leds), 1) - 1}:0] leds"]
    wires.append(f"  assign status = {{{', '.join(reversed(status))}}};")
    lines = [f"module {TOP}(", ",\n".join(f"  {port}" for port in ports), ");", *wires,
             f"  top top({', '.join(pins)});", "endmodule", ""]
    return "\n".join((verilog, _PRIMITIVES.read_text(), *lines))
