"""Runs cocotb tests on an Amaranth component, Verilated."""

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import cocotb_tools.config
from amaranth.lib import wiring
from cocotb_tools.runner import Verilator

from gateware.verilog import to_verilog
from sim.device.build import Progress, Recipe, build, terminal

__all__ = ["CocotbError", "run_cocotb", "run_cocotb_verilog"]

_LOG_TAIL = 6000


class CocotbError(AssertionError):
    """A cocotb test failed, none ran, or the simulator ended by itself; the text holds the end of its log."""


class _Runner(Verilator):
    """Runs a simulator that is built already."""

    def __init__(self, binary: Path):
        super().__init__()
        self._binary = binary

    def _test_command(self) -> list[list[str]]:
        return [[str(self._binary), *self.test_args]]


def _ports(verilog: str, top: str) -> list[str]:
    """Return the names of the ports of module ``top``."""
    found = re.search(rf"^module {top}\s*\(([^)]*)\)", verilog, re.MULTILINE)
    if not found:
        raise ValueError(f"the Verilog has no module {top!r}")
    return [port.split()[-1] for port in found[1].split(",")]


def _recipe(verilog: str, top: str, waves: bool) -> Recipe:
    libs = cocotb_tools.config.libs_dir
    return Recipe(
        kind="cocotb", product="simulator", top=top, prefix="Vtop", trace=waves, runtime=("verilated_vpi.cpp",),
        sources=(Path(cocotb_tools.config.share_dir) / "lib" / "verilator" / "verilator.cpp",),
        verilator=("--vpi", "--timescale", "1ns/1ps"),
        # Only the ports are visible: to make every signal so stops Verilator from optimising.
        control="\n".join(("`verilator_config", *(f'public_flat_rw -module "{top}" -var "{port}"'
                                                 for port in _ports(verilog, top)), "")),
        linker=(f"-Wl,-rpath,{libs}", f"-L{libs}", "-lcocotbvpi_verilator"))


def run_cocotb(component: wiring.Component, *, name: str, test_module: str, **options: Any) -> int:
    """Run the cocotb tests of ``test_module`` on ``component`` as top module ``name``; see run_cocotb_verilog."""
    return run_cocotb_verilog(to_verilog(component, name), name=name, test_module=test_module, **options)


def run_cocotb_verilog(verilog: str, *, name: str, test_module: str, seed: int = 1, filter: str | None = None,
                       waves: Path | None = None, environment: Mapping[str, str] | None = None,
                       progress: Progress = terminal) -> int:
    """Run the cocotb tests of ``test_module`` on top module ``name`` of ``verilog``; return how many passed.

    Only the top's ports are visible to the tests. seed: of the tests' random numbers. filter: regular expression of
    the tests to run. waves: FST file to write. environment: variables for the tests. Raises CocotbError when one fails
    or none runs, BuildError when the simulator cannot be built.
    """
    binary = build(verilog, _recipe(verilog, name, waves is not None), progress=progress)
    with tempfile.TemporaryDirectory(prefix="cocotb-") as folder:
        log, results = Path(folder) / "log.txt", Path(folder) / "results.xml"
        runner = _Runner(binary)
        trouble = ""
        try:
            runner.test(
                test_module=test_module, hdl_toplevel=name, hdl_toplevel_lang="verilog", build_dir=folder,
                results_xml=str(results), seed=seed, log_file=log, test_filter=filter,
                extra_env={"COCOTB_ANSI_OUTPUT": "0", **(environment or {})},
                test_args=() if waves is None else ("--trace", "--trace-file", str(waves)))
        except (RuntimeError, SystemExit) as error:
            trouble = str(error) or "the simulator failed"
        text = log.read_text(errors="replace")
        if not results.exists():
            raise CocotbError(f"{test_module}: {trouble or 'no results'}\n{text[-_LOG_TAIL:]}")
        cases = list(ElementTree.parse(results).getroot().iter("testcase"))
    failed = [str(case.get("name")) for case in cases if case.find("failure") is not None
              or case.find("error") is not None]
    if failed:
        raise CocotbError(f"{test_module}: {len(failed)} of {len(cases)} failed: {', '.join(failed)}\n"
                          f"{text[-_LOG_TAIL:]}")
    if trouble:
        raise CocotbError(f"{test_module}: {trouble}\n{text[-_LOG_TAIL:]}")
    passed = sum(case.find("skipped") is None for case in cases)
    if not passed:
        raise CocotbError(f"{test_module}: no test ran\n{text[-_LOG_TAIL:]}")
    return passed
