"""What a bitstream is like, as tables, from the record of its build."""

import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from host.cli.errors import UserError
from wire.ipv4 import ip_text

__all__ = ["read_record", "show_report"]

KINDS = ("LUT", "FF", "EBR", "DSP")
#: What the record must have, to be one.
_PARTS = ("board", "title", "profile", "build", "ip", "tools", "seeds", "best", "failed", "clocks", "used", "modules",
          "paths")
#: Paths that are shown, and characters of a name.
_PATHS, _NAME = 8, 44


def read_record(path: Path, board: str | None = None) -> dict[str, Any]:
    """Return the record of a build. Raises UserError when there is none, or it is not one."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path}: nothing was built: tickgate board build {board or 'BOARD'}") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: {error}") from None
    if not isinstance(record, dict) or any(part not in record for part in _PARTS):
        raise UserError(f"{path}: is no record of a build")
    return record


def show_report(console: Console, record: dict[str, Any]) -> None:
    """Print ``record``: sizes, clocks, seeds, worst paths, cells by module."""
    profile, tools = record["profile"], record["tools"]
    console.print(Text.assemble(
        (record["title"], "bold"), f", build {record['build']}, address {ip_text(record['ip'])}"))
    console.print(
        f"profile {profile['name']}: {profile['symbols']} symbols, {profile['levels']} levels, "
        f"{profile['order_slots']:,} order slots, window {profile['window']}, "
        f"{profile['accounts'] or 'no'} accounts, core {profile['clock_hz'] / 1e6:g} MHz", markup=False)
    console.print(", ".join(f"{name} {version}" for name, version in tools.items()), style="dim", markup=False)
    for table in (_clocks(record), _seeds(record), _paths(record), _modules(record)):
        console.print()
        console.print(table)
    for text in record["failed"]:
        console.print(text, style="red", soft_wrap=True, markup=False)


def _table(*titles: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for number, title in enumerate(titles):
        table.add_column(title, justify="right" if number else "left", overflow="ellipsis", no_wrap=True)
    return table


def _clocks(record: dict[str, Any]) -> Table:
    table = _table("clock", "MHz", "asked", "slack ns")
    for clock in record["clocks"]:
        table.add_row(Text(clock["name"]), f"{clock['mhz']:.1f}", f"{clock['goal']:g}", f"{clock['slack_ns']:.2f}")
    return table


def _seeds(record: dict[str, Any]) -> Table:
    names = [clock["name"] for clock in record["clocks"]]
    table = _table("seed", *names, "")
    for seed, found in record["seeds"].items():
        table.add_row(seed, *(f"{found[name]:.1f}" for name in names), "kept" if int(seed) == record["best"] else "")
    return table


def _paths(record: dict[str, Any]) -> Table:
    table = _table("worst path into", "ns", "clock", "from", "to")
    for path in record["paths"][:_PATHS]:
        table.add_row(path["module"], f"{path['ns']:.2f}", Text(path["clock"]), _short(path["begin"]),
                      _short(path["end"]))
    return table


def _short(name: str) -> Text:
    """Return the end of a cell's name, without what synthesis has put behind it."""
    return Text(name.split("_TRELLIS")[0].split("_LUT4")[0][-_NAME:])


def _modules(record: dict[str, Any]) -> Table:
    table = _table("module", *KINDS)
    for name, counts in record["modules"].items():
        table.add_row(Text(name), *(f"{counts.get(kind, 0):,}" for kind in KINDS))
    table.add_section()
    used = record["used"]
    table.add_row("routed", *(f"{used[kind]['used']:,}" for kind in KINDS))
    table.add_row("of", *(f"{used[kind]['available']:,}" for kind in KINDS))
    table.add_row("", *(f"{100 * used[kind]['used'] / used[kind]['available']:.0f} %" for kind in KINDS))
    return table
