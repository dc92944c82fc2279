"""What was recorded of a market as a file, that the report of a journal may be made later: NumPy's npz."""

import json
import zipfile
from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np

from host.report.data import DECISION, SAMPLE, TIMING, Event, Market, Names, Outcome, Table

__all__ = ["MarketFileError", "load_market", "market_path", "save_market"]

_VERSION = 1


class MarketFileError(Exception):
    """A file that holds no recorded market, or that of another version; the text begins with its name."""


def market_path(journal: Path) -> Path:
    """Return where the market that belongs to ``journal`` is looked for: beside it, with ``.market.npz`` behind."""
    return journal.with_name(f"{journal.name}.market.npz")


def save_market(market: Market, path: Path) -> None:
    """Write ``market`` to ``path``, whole or not at all. The same market makes the same bytes. Raises OSError."""
    outcome = None if market.outcome is None else astuple(market.outcome)
    head = {"version": _VERSION, "accounts": market.names.accounts, "symbols": market.names.symbols,
            "clock_hz": market.clock_hz, "midnight": market.midnight, "thinning": market.thinning, "lost": market.lost,
            "events": market.events, "counters": dict(market.counters), "outcome": outcome,
            "latencies": list(market.latencies), "timings": list(market.timings)}
    tables: dict[str, Any] = {"samples": market.samples, "decisions": market.decisions}
    tables |= {f"latency{number}": table for number, table in enumerate(market.latencies.values())}
    tables |= {f"timing{number}": table for number, table in enumerate(market.timings.values())}
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            np.savez_compressed(file, head=np.frombuffer(json.dumps(head).encode(), np.uint8), **tables)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def load_market(path: Path) -> Market:
    """Return the market in ``path``. Raises MarketFileError, OSError."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as held:
            head = json.loads(held["head"].tobytes())
            if head["version"] != _VERSION:
                raise MarketFileError(f"{path}: of version {head['version']!r}, not {_VERSION}")
            return _market(head, held, path)
    except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise MarketFileError(f"{path}: holds no recorded market: {error}") from None


def _market(head: dict[str, Any], held: Any, path: Path) -> Market:
    def table(name: str, dtype: np.dtype[Any]) -> Table:
        found: Table = held[name]
        if found.dtype != dtype:
            raise MarketFileError(f"{path}: {name} is a table of {found.dtype}, not {dtype}")
        return found

    outcome = head["outcome"]
    return Market(
        names=Names(tuple(head["accounts"]), tuple(head["symbols"])), clock_hz=head["clock_hz"],
        midnight=head["midnight"], samples=table("samples", SAMPLE), decisions=table("decisions", DECISION),
        thinning=head["thinning"], lost=head["lost"],
        latencies={name: table(f"latency{number}", np.dtype(np.int64)) for number, name in
                   enumerate(head["latencies"])},
        timings={name: table(f"timing{number}", TIMING) for number, name in enumerate(head["timings"])},
        events=tuple(Event(*event) for event in head["events"]), counters=head["counters"],
        outcome=None if outcome is None else Outcome(breaks=tuple(outcome[0]), differences=tuple(outcome[1])))
