"""A live host described in a TOML file. Every key is known, or the error names file, table, key and value.

    device = "unix:PATH"         default: where `tickgate device serve` serves one

    [feed]
    a, b                         lines of the feed: HOST:PORT, groups or hosts; b may be left out
    rewind                       HOST:PORT of the MoldUDP64 re-request server; none: gaps stay
    session                      the feed's session, for requests

    [symbols]
    AAPL = "187.25"              the middle of the device's window; the names are those of the limits

    [gate]
    limits                       file of limits; its accounts and symbols are those that are traded
    key_file                     of the gate's admin page (default: the key in $TICKGATE_RISK_KEY)
    open                         whether the host sets the limits and opens the gate (default: false: a person does)

    [journal]
    path
    sync, interval_ms            "always" (default), "interval", "never": see host/journal/disk.py

    [fix]                        a session as host/fix/config.py has it, but name and role; the store needs a path

    [[strategy]]                 name and parameters, as host/strategy/registry.py has them
    account                      its name in the limits (default: the first)

    [telemetry]                  docs/operations.md tells what it shows
    metrics                      HOST:PORT at which Prometheus asks; none: nowhere
    log                          file to which events are appended, one JSON object a line; none: nowhere
    pace_ms                      between snapshots of the metrics (default: 1000)

    [market]
    record                       whether books, trades and verdicts are recorded beside the journal, for
                                 `tickgate report` (default: true)
    rows                         most rows that are kept of each: docs/report.md (default: 65536)

    [host]
    idle_us                      microseconds that the host sleeps when there is nothing to do; 0: never (default: 200)
    timer_ms, heartbeat_ms       between timers, and between heartbeats to the gate (default: 50)
    cancel_s                     seconds that cancels have at the end (default: 5)
    control                      socket on which `tickgate host` asks (default: beside the journal, its name ending in
                                 .control)
    ask_positions                whether the venue is asked what it holds for us, and trading waits until that agrees
                                 (default: true; in FIX 4.2, which has no message for it, false)

Relative paths begin at the file's folder.
"""

from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path
from typing import Any

from host.device.connect import default_address
from host.fix import config as fixconfig
from host.fix.config import ConfigError, SessionConfig
from host.fix.tables import Table, read_toml
from host.journal.disk import Sync
from host.risk.limits import Limits, LimitsError, load_limits
from host.risk.units import price
from host.run.follow import Followed
from host.run.loop import Pace
from host.strategy.interface import Strategy
from host.strategy.registry import strategy_of

__all__ = ["FIX42", "Address", "ConfigError", "FeedConfig", "GateConfig", "JournalConfig", "LiveConfig",
           "MarketConfig", "TelemetryConfig", "load"]

Address = tuple[str, int]

_MS = 1_000_000
FIX42 = b"FIX.4.2"


@dataclass(frozen=True, kw_only=True)
class FeedConfig:
    """lines: A and B. rewind: where what both lost is asked for, None: nowhere."""

    lines: tuple[Address, ...]
    rewind: Address | None
    session: str


@dataclass(frozen=True, kw_only=True)
class GateConfig:
    """opens: whether the host sets the limits and opens the gate."""

    limits: Limits
    key_file: Path | None
    opens: bool


@dataclass(frozen=True, kw_only=True)
class JournalConfig:
    """interval: seconds."""

    path: Path
    sync: Sync
    interval: float


@dataclass(frozen=True, kw_only=True)
class TelemetryConfig:
    """metrics, log: None: nowhere. pace: ns."""

    metrics: Address | None = None
    log: Path | None = None
    pace: int = 1_000 * _MS


@dataclass(frozen=True, kw_only=True)
class MarketConfig:
    """rows: see host.report.recorder.Recorder."""

    record: bool = True
    rows: int = 1 << 16


@dataclass(frozen=True, kw_only=True)
class LiveConfig:
    """See the head of this file. symbols: by the gate's index. strategies: each with the index of its account. idle,
    cancel: seconds."""

    device: str
    feed: FeedConfig
    symbols: tuple[Followed, ...]
    gate: GateConfig
    journal: JournalConfig
    fix: SessionConfig
    strategies: tuple[tuple[Strategy, int], ...]
    telemetry: TelemetryConfig
    market: MarketConfig
    idle: float
    pace: Pace
    cancel: int
    ask_positions: bool
    control: Path


def load(path: Path) -> LiveConfig:
    """Return the host that the file ``path`` describes. Raises ConfigError; OSError."""
    file = Table(str(path), read_toml(path), path.parent)
    gate = _gate(_needed(file, "gate"))
    symbols = _symbols(_needed(file, "symbols"), [one.name for one in _indexed(file, "symbol", gate.limits.symbols)])
    accounts = [one.name for one in _indexed(file, "account", gate.limits.accounts)]
    host = file.table("host") or Table(f"{path}: host", {}, path.parent)
    journal, fix = _journal(_needed(file, "journal")), _fix(_needed(file, "fix"))
    old = fix.settings.begin_string == FIX42
    ask_positions = host.flag("ask_positions", not old)
    if old and ask_positions:
        raise host.error("ask_positions", "cannot be true: FIX 4.2 has no RequestForPositions")
    config = LiveConfig(
        device=file.text("device", default_address()), feed=_feed(_needed(file, "feed")), symbols=symbols, gate=gate,
        journal=journal, fix=fix, ask_positions=ask_positions,
        control=host.path("control") or journal.path.with_suffix(".control"),
        strategies=_strategies(file, accounts, [symbol.name for symbol in symbols]), telemetry=_telemetry(file),
        market=_market(file), idle=host.number("idle_us", 200) / 1_000_000, cancel=host.number("cancel_s", 5),
        pace=Pace(timer=host.number("timer_ms", 50, least=1) * _MS,
                  heartbeat=host.number("heartbeat_ms", 50, least=1) * _MS))
    host.done()
    file.done()
    return config


def _needed(file: Table, key: str) -> Table:
    table = file.table(key)
    if table is None:
        raise file.error(key, "is missing")
    return table


def _gate(table: Table) -> GateConfig:
    path = _path(table, "limits")
    try:
        limits = load_limits(path)
    except LimitsError as error:
        raise table.error("limits", str(error)) from None
    config = GateConfig(limits=limits, key_file=table.path("key_file"), opens=table.flag("open", False))
    table.done()
    return config


def _indexed(file: Table, what: str, rows: Any) -> list[Any]:
    """Return accounts or symbols by their index, of which none may be left out."""
    ordered = sorted(rows, key=lambda row: row.index)
    for index, row in enumerate(ordered):
        if row.index != index:
            raise file.error("gate: limits", f"{what}.{row.name}: index {row.index} where {index} comes next; those "
                                             "that are traded leave none out")
    if not ordered:
        raise file.error("gate: limits", f"has no {what}")
    return ordered


def _symbols(table: Table, names: list[str]) -> tuple[Followed, ...]:
    followed = []
    for name in names:
        text = table.text(name)
        try:
            followed.append(Followed(name=name, reference=price(text)))
        except ValueError as error:
            raise table.error(name, str(error)) from None
    table.done()
    return tuple(followed)


def _feed(table: Table) -> FeedConfig:
    lines = [_address(table, "a", table.text("a"))]
    if second := table.text("b", ""):
        lines.append(_address(table, "b", second))
    rewind = table.text("rewind", "")
    config = FeedConfig(lines=tuple(lines), rewind=_address(table, "rewind", rewind) if rewind else None,
                        session=table.text("session") if rewind else table.text("session", ""))
    table.done()
    return config


def _address(table: Table, key: str, text: str) -> Address:
    host, _, port = text.rpartition(":")
    try:
        if not (port.isascii() and port.isdecimal() and 0 < int(port) <= 0xFFFF):
            raise AddressValueError
        return str(IPv4Address(host)), int(port)
    except AddressValueError:
        raise table.error(key, f'must be an IPv4 address and a port, such as 127.0.0.1:26477, not "{text}"') from None


def _journal(table: Table) -> JournalConfig:
    path = _path(table, "path")
    sync = Sync(table.choice("sync", [each.value for each in Sync], Sync.ALWAYS.value))
    config = JournalConfig(path=path, sync=sync, interval=table.number("interval_ms", 100, least=1) / 1000)
    table.done()
    return config


def _telemetry(file: Table) -> TelemetryConfig:
    table = file.table("telemetry")
    if table is None:
        return TelemetryConfig()
    metrics = table.text("metrics", "")
    config = TelemetryConfig(metrics=_address(table, "metrics", metrics) if metrics else None, log=table.path("log"),
                             pace=table.number("pace_ms", 1_000, least=1) * _MS)
    table.done()
    return config


def _market(file: Table) -> MarketConfig:
    table = file.table("market")
    if table is None:
        return MarketConfig()
    config = MarketConfig(record=table.flag("record", True), rows=table.number("rows", MarketConfig.rows, least=2))
    table.done()
    return config


def _path(table: Table, key: str) -> Path:
    path = table.path(key)
    if path is None:
        raise table.error(key, "is missing")
    return path


def _fix(table: Table) -> SessionConfig:
    content = table.rest()
    for key in ("name", "role"):
        if key in content:
            raise table.error(key, f'cannot be "{content[key]}": the host has one session, which it initiates')
    (config,) = fixconfig.parse({"session": [{"name": "fix", "role": "initiator"} | content]}, table.where,
                                table.folder)
    if config.store.path is None:
        raise table.error("store", "needs a path: what is sent must be known to the next life of the process")
    return config


def _strategies(file: Table, accounts: list[str], symbols: list[str]) -> tuple[tuple[Strategy, int], ...]:
    found = []
    for number, content in enumerate(file.items("strategy") or (), 1):
        if not isinstance(content, dict):
            raise file.error("strategy", "must be tables, each [[strategy]]")
        table = Table(f"{file.where}: strategy {number}", content, file.folder)
        account = accounts.index(table.choice("account", accounts, accounts[0]))
        found.append((strategy_of(table, symbols), account))
    return tuple(found)
