# Ref: Lattice FPGA-DS-02012, "ECP5 and ECP5-5G Family" (GSR)
"""The core's reset on the FPGA's own network, which takes no wire of the others."""

from collections.abc import Mapping
from typing import Any

from boards.board import BoardError

__all__ = ["RESET", "on_own_network"]

#: The signal that boards/pll.py resets the core with.
RESET = "clocks.core_reset"
#: Names of the cells that are made.
_GSR, _NOT = "core_reset_network", "core_reset_low"


def on_own_network(netlist: Mapping[str, Any], *, reset: str = RESET) -> int:
    """Change ``netlist``, of Yosys, so that the flip-flops which ``reset`` alone resets are reset by the global reset,
    and no others; return how many these are.

    The global reset sets a flip-flop to what its own reset sets it to (REGSET), but at once, without a clock edge. It
    is let go while the clock stands (boards/pll.py). Where ``reset`` is only a part of what resets, it stays. Raises
    BoardError if there is no such signal, if it resets nothing, or if a global reset is there already.
    """
    top = netlist["modules"]["top"]
    cells, nets = top["cells"], top["netnames"]
    if reset not in nets:
        raise BoardError(f"the netlist has no signal {reset}")
    if any(cell["type"] in ("GSR", "SGSR") for cell in cells.values()):
        raise BoardError("the netlist has a global reset already")
    bits = nets[reset]["bits"]
    moved = [cell for cell in cells.values()
             if cell["type"] == "TRELLIS_FF" and cell["connections"].get("LSR") == bits
             and cell["parameters"].get("LSRMUX") == "LSR" and cell["parameters"].get("SRMODE") == "LSR_OVER_CE"]
    if not moved:
        raise BoardError(f"{reset} resets no flip-flop")
    for cell in moved:
        cell["connections"]["LSR"] = ["0"]
        cell["parameters"]["GSR"] = "ENABLED"
        del cell["parameters"]["SRMODE"]
    low = 1 + max(bit for net in nets.values() for bit in net["bits"] if isinstance(bit, int))
    nets[_NOT] = {"hide_name": 0, "bits": [low], "attributes": {}}
    inputs = {"A": bits, "B": ["0"], "C": ["0"], "D": ["0"]}
    cells[_NOT] = _cell("LUT4", {"INIT": f"{0x5555:016b}"}, inputs, {"Z": [low]})
    cells[_GSR] = _cell("GSR", {}, {"GSR": [low]}, {})
    return len(moved)


def _cell(kind: str, parameters: dict[str, str], inputs: dict[str, Any], outputs: dict[str, Any]) -> dict[str, Any]:
    ways = {**dict.fromkeys(inputs, "input"), **dict.fromkeys(outputs, "output")}
    return {"hide_name": 0, "type": kind, "parameters": parameters, "attributes": {}, "port_directions": ways,
            "connections": {**inputs, **outputs}}
