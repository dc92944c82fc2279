"""``--json``: the result of a replay for other programs."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from host.cli.check import Checker
from host.cli.report import counter_sums
from host.cli.session import Result
from host.cli.symbols import Chosen
from host.device.driver import Capabilities

__all__ = ["result_json", "write_json"]


def result_json(result: Result, *, path: Path, profile: str, capabilities: Capabilities, chosen: Sequence[Chosen],
                left_out: int, checker: Checker | None, options: dict[str, Any]) -> dict[str, Any]:
    """Return the result as plain objects. ``compared`` and ``mismatches`` are null without ``--check``.

    Latencies have min, p50, p99, max in ``cycles`` and ``ns``, from the word with the message's last byte entering the
    core.
    """
    latency = {}
    for ours, name in (("decode", "decode"), ("best", "best_price"), ("levels", "all_levels")):
        one = result.latency[ours]
        latency[name] = {
            "messages": one.total, "cycles": one.summary,
            "ns": {key: round(capabilities.ns(cycles), 3) for key, cycles in one.summary.items()},
            "histogram": {str(n): count for n, count in enumerate(one.counts.tolist()) if count}}
    wall = max(result.wall_s, 1e-9)
    return {
        "file": str(path),
        "messages": result.messages,
        "book_messages": result.book_messages,
        "compared": None if checker is None else checker.compared,
        "mismatches": None if checker is None else checker.mismatches,
        "not_live_messages": result.not_live,
        "without_record": result.without_record,
        "cut_records": result.cut,
        "stray_records": result.stray,
        "lost_records": result.lost,
        "injected": result.injected,
        "resyncs": result.resyncs,
        "feed_events": result.feed_events,
        "frames": {name: number for name, number in result.counters.items()
                   if name == "frames" or name.startswith("frames_")},
        "counters": result.counters,
        "adds_up": all(one.holds for one in counter_sums(result.counters)),
        "cycles": result.cycles,
        "latency": latency,
        "wall_s": round(result.wall_s, 6),
        "messages_per_s": round(result.messages / wall, 1),
        "cycles_per_s": round(result.cycles / wall, 1),
        "device": {"profile": profile} | dataclasses.asdict(capabilities) | {"build": f"{capabilities.build:016x}"},
        "symbols": [dataclasses.asdict(symbol) for symbol in chosen],
        "symbols_left_out": left_out,
        "options": options,
    }


def write_json(out: TextIO, value: dict[str, Any]) -> None:
    """Write ``value``, indented, with a line end."""
    json.dump(value, out, indent=2)
    out.write("\n")
