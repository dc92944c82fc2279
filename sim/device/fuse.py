"""Rewrites Amaranth's Verilog so that Verilator makes faster code of it; what it does stays the same.

Amaranth writes a register as two processes: one that always computes the next value, and one that takes it over. So
the simulator copies every register twice a cycle, and computes what is not taken. Here the two become one clocked
process in which the register keeps its value unless something is assigned: conditions that are false cost nothing.

An assertion with a message is written as two statements, the message and the assertion, of which the second asks the
run time in every cycle whether assertions are on. Here the assertion is inside the condition of its message.
"""

import re
from collections import Counter

__all__ = ["fuse_registers"]

_NAME = r"(?:\\\S+ |[A-Za-z_]\w*)"
_MODULE = re.compile(r"^(?=module )", re.MULTILINE)
#: A register takes over a temporary.
_TAKE = re.compile(rf"^  always @\(posedge (\w+)\)\n    ({_NAME}) <= (\\\S+ );\n", re.MULTILINE)
#: A process that computes a temporary; its first assignment is the value when nothing else is said.
_COMPUTE = re.compile(
    r"^  always @\* begin\n    if \(\\\S+ \) begin end\n(    (\\\S+ ) = ([^;]*);\n(?:    .*\n)*?)  end\n", re.MULTILINE)
_ESCAPED = re.compile(r"\\\S+ ")
#: Wires of no bits, which Yosys declares and never uses; Verilator would read the range as two bits. Without them, one
#: that is used after all is an error.
_NO_BITS = re.compile(r"^ *wire \[-1:0\] [^;]*;\n", re.MULTILINE)
#: An assertion behind its message.
_ASSERT = re.compile(rf"^( +)if \(!({_NAME})\)\n +(\$write\(.*\);)\n +(assert \(\2\);)$", re.MULTILINE)


def _fuse_module(module: str) -> str:
    takes: dict[str, list[re.Match[str]]] = {}
    for take in _TAKE.finditer(module):
        takes.setdefault(take[3], []).append(take)
    uses = Counter(_ESCAPED.findall(module))
    edits = []
    for process in _COMPUTE.finditer(module):
        body, temporary, first = process[1], process[2], process[3]
        assignment = re.compile(rf"^( +){re.escape(temporary)}((?:\[[^\]]*\] )?) ?= ", re.MULTILINE)
        taken = takes.get(temporary, [])
        # Declared, assigned, taken over once, and nowhere else.
        if len(taken) != 1 or uses[temporary] != len(assignment.findall(body)) + 2:
            continue
        clock, register = taken[0][1], taken[0][2]
        if first.strip() == register.strip():
            body = body[body.index("\n") + 1:]
        clocked = assignment.sub(lambda found, name=register: f"{found[1]}{name} {found[2]}<= ", body)
        edits += [(taken[0].span(), ""), (process.span(), f"  always @(posedge {clock}) begin\n{clocked}  end\n")]
    parts, at = [], 0
    for (begin, end), text in sorted(edits):
        parts += [module[at:begin], text]
        at = end
    return "".join([*parts, module[at:]])


def fuse_registers(verilog: str) -> str:
    """Return ``verilog``, a text of Amaranth, with one process for each register where that is possible.

    A process whose temporary is read elsewhere too stays as it is. An assertion with a message is looked at only when
    it fails.
    """
    fused = "".join(_fuse_module(module) for module in _MODULE.split(_NO_BITS.sub("", verilog)))
    return _ASSERT.sub(r"\1if (!\2) begin\n\1  \3\n\1  \4 end", fused)
