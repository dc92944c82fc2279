"""The risk gate's 22 rules in plain Python, in NumPy and as gateware, and the whole gate beside its model.

    python -m bench.risk [--orders 100000] [--gate-orders 20000] [--clock MHZ] [--profile ecp5_85_gate] [--runs 5]
                         [--json OUT|-]

Rules: every rule of ``rules.RULES`` on the same random inputs, once an order: by calling the Python function, by its
NumPy form over all orders at once, and in gateware, where all rules give an answer in every cycle. Inputs are numbers
of every size that their ports take, up to 2**40.

Gate: ``--gate-orders`` NEW requests, one in every cycle, on one account and symbol, to the Verilated gate and to the
reference gate in Python (sim/models/risk), which must give the same verdicts: as many are accepted as the table of
open orders holds, all others are refused. Latency and the cycles between requests are read from the verdicts.
Decisions per second of gateware are those at ``--clock`` MHz, by default the profile's clock, which
``python -m bench.timing --profile ecp5_85_gate`` has routed.

Python, NumPy and simulation are measured in CPU time, medians over ``--runs`` runs.
"""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from gateware.hls.frontend import compile_rule
from gateware.hls.vectorise import vectorise
from rules import RULES
from sim.gate.events import Wiring
from sim.gate.run import SimulatedGate
from sim.market.risk_flow import Event, play
from sim.market.risk_limits import WIDE
from sim.models.risk import RiskGate
from wire.profiles import PROFILES, Profile
from wire.risk import REQUEST_DTYPE, Kind, OrderType, Side, Status

__all__ = ["main"]

AIM_DECISIONS, AIM_CYCLES = 125_000_000, 5
SEED = 20261121
#: Greatest input of a rule that has no smaller range.
LARGEST_BITS = 40


def rule_inputs(program: Any, orders: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return {port: array} of ``orders`` numbers, of every number of bits that the port takes."""
    given = {}
    for value in program.inputs:
        port = value.attribute
        bits = min(max(port.high.bit_length(), 1), LARGEST_BITS)
        numbers = rng.integers(0, 1 << 62, orders) >> (62 - rng.integers(1, bits + 1, orders))
        if port.low < 0:
            numbers *= rng.choice((-1, 1), orders)
        given[port.name] = np.clip(numbers, port.low, min(port.high, (1 << 62) - 1))
    return given


def cpu_seconds(action: Callable[[], object], runs: int) -> float:
    """Return the median CPU time of ``action`` over ``runs`` runs, s."""
    times = []
    for _ in range(runs):
        begin = time.process_time()
        action()
        times.append(time.process_time() - begin)
    return median(times)


def measure_rules(orders: int, runs: int) -> dict[str, float]:
    """Return orders judged by all rules in a second, in Python and in NumPy, whose answers must be the same."""
    rng = np.random.default_rng(SEED)
    seconds = {"python": 0.0, "numpy": 0.0}
    for _, function in RULES:
        program = compile_rule(function)
        given = rule_inputs(program, orders, rng)
        names = list(given)
        rows = [program.pack_inputs(dict(zip(names, row, strict=True)))
                for row in zip(*(array.tolist() for array in given.values()), strict=True)]
        in_numpy = vectorise(program)
        answers = [program.unpack_result(function(*row)) for row in rows]
        for name, array in in_numpy(given).items():
            if array.tolist() != [answer[name] for answer in answers]:
                raise SystemExit(f"{function.__name__}: NumPy and Python differ in {name}")
        seconds["python"] += cpu_seconds(lambda rows=rows, function=function: [function(*row) for row in rows], runs)
        seconds["numpy"] += cpu_seconds(lambda rule=in_numpy, given=given: rule(given), runs)
    return {name: orders / spent for name, spent in seconds.items()}


def opening(profile: Profile) -> list[Event]:
    """Return what opens a gate with wide limits, an event a cycle."""
    calls: list[tuple[str, dict[str, Any]]] = [
        ("set_global", WIDE["global"] | {"duplicate": 0, "heartbeat": 2**32 - 1}),
        ("set_account", {"account": 0} | WIDE["account"] | {"interval": 1, "tolerance": 2**40}),
        ("set_symbol", {"symbol": 0} | WIDE["symbol"] | {"interval": 1, "tolerance": 2**40}),
        ("set_pair", {"account": 0, "symbol": 0} | WIDE["pair"]),
        ("set_touch", {"symbol": 0, "bid": 999_900, "ask": 1_000_000, "last": 1_000_000}),
        ("set_state", {"symbol": 0, "live": True, "trading": True, "short_restricted": False}),
        ("beat", {}), ("resume_heartbeat", {}), ("resume_global", {})]
    return [Event(cycle, name, fields) for cycle, (name, fields) in enumerate(calls, 1)]


def requests(profile: Profile, count: int) -> np.ndarray:
    """Return ``count`` NEW requests on one account and symbol, whose places in the table come round and round."""
    slots = np.zeros(count, REQUEST_DTYPE)
    slots["kind"], slots["side"], slots["type"] = Kind.NEW, Side.BUY, OrderType.LIMIT
    slots["token"] = np.arange(count)
    slots["shares"], slots["price"] = 100, 999_900
    return slots


def measure_gate(profile: Profile, count: int, runs: int) -> dict[str, Any]:
    """Return what ``count`` requests in a row showed of the Verilated gate and of the reference gate."""
    slots = requests(profile, count)
    sizes = {name: getattr(profile, name) for name in ("accounts", "symbols", "open_orders", "duplicates")}
    seconds: dict[str, list[float]] = {"gateware": [], "model": []}
    for _ in range(runs):
        with SimulatedGate(profile) as gate:
            rows, happens = Wiring().wire(opening(profile))
            gate.run(slots[:0], [], rows)
            begin = time.process_time()
            verdicts = gate.run(slots, [gate.cycle + 2] * count, [])
            seconds["gateware"].append(time.process_time() - begin)
        model = RiskGate(**sizes)
        for event in happens:
            play(model, event)
        texts = [slot.tobytes() for slot in slots]
        times = list(zip(verdicts["cycles_in"].tolist(), verdicts["cycles_out"].tolist(), strict=True))
        begin = time.process_time()
        expected = [model.decide(text, now=entered, decided=decided)
                    for text, (entered, decided) in zip(texts, times, strict=True)]
        seconds["model"].append(time.process_time() - begin)
    for name in verdicts.dtype.names:
        if verdicts[name].tolist() != [int(verdict[name]) for verdict in expected]:
            raise SystemExit(f"gateware and reference gate differ in {name}")
    between, decision = np.diff(verdicts["cycles_in"]), verdicts["cycles_out"] - verdicts["cycles_in"]
    return {
        "accepted": int((verdicts["status"] == Status.ACCEPTED).sum()), "requests": count,
        "cycles_between": [int(between.min()), int(between.max())],
        "decision_cycles": [int(decision.min()), int(decision.max())],
        "simulated": count / median(seconds["gateware"]), "model": count / median(seconds["model"])}


def main(argv: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="bench.risk", description=__doc__.splitlines()[0])
    parser.add_argument("--orders", type=int, default=100_000, help="inputs of each rule")
    parser.add_argument("--gate-orders", type=int, default=20_000, help="requests to the whole gate")
    parser.add_argument("--clock", type=float, help="MHz of the gate; default: the profile's clock")
    parser.add_argument("--profile", default="ecp5_85_gate", choices=sorted(PROFILES))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", metavar="OUT", help="also write the figures, - for standard output")
    options = parser.parse_args(argv)
    options.clock = options.clock or PROFILES[options.profile].clock_hz / 1_000_000
    rules = measure_rules(options.orders, options.runs)
    gate = measure_gate(PROFILES[options.profile], options.gate_orders, options.runs)
    slowest = max(gate["cycles_between"])
    hardware = 1e6 * options.clock / slowest
    report = {"machine": platform.machine(), "cpus": os.cpu_count(), "python": platform.python_version(),
              "clock_mhz": options.clock, "rules": rules, "gate": gate, "decisions_per_second": hardware}
    show(report, Console(file=sys.stderr if options.json == "-" else sys.stdout))
    if options.json:
        text = json.dumps(report, indent=2) + "\n"
        sys.stdout.write(text) if options.json == "-" else Path(options.json).write_text(text)


def show(report: dict[str, Any], console: Console) -> None:
    """Print the figures."""
    rules, gate, hardware = report["rules"], report["gate"], report["decisions_per_second"]
    clock = report["clock_mhz"]
    table = Table(title=f"All {len(RULES)} rules, orders a second")
    for title in ("what", "orders/s", "gateware is"):
        table.add_column(title, justify="left" if title == "what" else "right")
    for what, speed in (("Python, rule by rule", rules["python"]), ("NumPy, all orders at once", rules["numpy"]),
                        ("reference gate in Python, with its state", gate["model"]),
                        ("the gate simulated (Verilator)", gate["simulated"]),
                        (f"the gate at {clock:g} MHz", hardware)):
        table.add_row(what, f"{speed:,.0f}", f"{hardware / speed:,.0f} x" if speed != hardware else "")
    console.print(table)
    low, high = gate["decision_cycles"]
    between = "{} to {}".format(*gate["cycles_between"])
    console.print(f"{gate['accepted']:,} of {gate['requests']:,} accepted; cycles from entry to entry: {between}; "
                  f"entry to decision: {low} to {high} cycles, {1e3 * high / clock:.1f} ns "
                  f"(aims: {AIM_DECISIONS:,}/s, {AIM_CYCLES} cycles)")


if __name__ == "__main__":
    main()
