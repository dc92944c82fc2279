"""To which module of the source the cells of a netlist belong."""

import re
from bisect import bisect
from collections import Counter
from collections.abc import Mapping
from typing import Any

__all__ = ["TOP_ROW", "Rows"]

#: What belongs to no module below the top.
TOP_ROW = "(top)"
#: What a cell of the netlist takes. A carry cell is two LUTs, a memory of 16 words of 4 bits is four.
_COSTS = {"LUT4": {"LUT": 1}, "CCU2C": {"LUT": 2}, "TRELLIS_DPR16X4": {"LUT": 4}, "TRELLIS_FF": {"FF": 1},
          "DP16KD": {"EBR": 1}, "PDPW16KD": {"EBR": 1}, "MULT18X18D": {"DSP": 1}}
#: What belongs to the module of what it drives.
_LOGIC = ("LUT4", "PFUMX", "L6MUX21", "CCU2C")


class Rows:
    """The rows of a table of modules of a Verilog text whose top module is ``top``: those up to ``depth`` below it,
    such as ``device.book``."""

    def __init__(self, verilog: str, *, depth: int = 2):
        self.depth = depth
        self._starts: list[int] = []
        self._modules: list[str] = []
        for number, line in enumerate(verilog.splitlines(), 1):
            if line.startswith("module "):
                self._starts.append(number)
                self._modules.append(re.split(r"[ (#]", line.removeprefix("module "))[0].lstrip("\\"))
        self._rows = {_parts(name)[1:][:depth] for name in self._modules if name.startswith("top.")}

    def of(self, path: str) -> str:
        """Return the row to which a module or a cell belongs, by its path below the top."""
        parts = _parts(path.lstrip("\\"))
        for depth in range(self.depth, 0, -1):
            if parts[:depth] in self._rows:
                return ".".join(parts[:depth])
        return TOP_ROW

    def count(self, netlist: Mapping[str, Any]) -> dict[str, Counter[str]]:
        """Return {row: Counter of LUT, FF, EBR, DSP} of ``netlist``, which Yosys made of the text in a file ``top.v``.

        Synthesis flattens, but a flip-flop remembers the line of Verilog that it comes from, memories and multipliers
        have the module in their name, and a LUT belongs to the row that most of what it drives belongs to.
        """
        cells = netlist["modules"]["top"]["cells"]
        owner: dict[str, str] = {}
        drives: dict[str, list[int]] = {}
        drivers: dict[str, list[int]] = {}
        for name, cell in cells.items():
            source = re.search(r"\btop\.v:(\d+)", cell["attributes"].get("src", ""))
            if cell["type"] == "TRELLIS_FF" and source:
                module = self._modules[bisect(self._starts, int(source[1])) - 1]
                owner[name] = self.of(module.removeprefix("top."))
            elif cell["type"] in _COSTS and cell["type"] not in _LOGIC:
                owner[name] = self.of(name)
            for port, bits in cell["connections"].items():
                ends = drivers if cell["port_directions"][port] == "output" else drives
                ends.setdefault(name, []).extend(bits)
        readers: dict[int, list[str]] = {}
        for name, bits in drives.items():
            for bit in bits:
                readers.setdefault(bit, []).append(name)
        waiting = [name for name, cell in cells.items() if cell["type"] in _LOGIC]
        while waiting:
            votes = {name: Counter(owner[reader] for bit in drivers.get(name, ()) for reader in readers.get(bit, ())
                                   if reader in owner) for name in waiting}
            found = {name: vote.most_common(1)[0][0] for name, vote in votes.items() if vote}
            owner |= found or dict.fromkeys(waiting, TOP_ROW)
            waiting = [name for name in waiting if name not in owner]
        table: dict[str, Counter[str]] = {}
        for name, cell in cells.items():
            for kind, amount in _COSTS.get(cell["type"], {}).items():
                table.setdefault(owner[name], Counter())[kind] += amount
        return table


def _parts(path: str) -> tuple[str, ...]:
    """Return the names of a path, without the numbers by which the tools tell equal names apart."""
    return tuple(part.split("$")[0] for part in path.split("."))
