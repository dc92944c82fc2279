"""The tables of a session's configuration which are not its Settings: store, schedule, reconnect, socket, tls."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from host.fix.filestore import FileStore
from host.fix.schedule import WEEKDAYS, Schedule, daily, weekly
from host.fix.settings import Settings
from host.fix.socket import Options, Tls
from host.fix.store import MemoryStore, Store
from host.fix.tables import Table
from host.journal.disk import Sync

__all__ = ["Reconnect", "StoreConfig", "options_of", "reconnect_of", "schedule_of", "store_of", "tls_of"]


@dataclass(frozen=True, kw_only=True)
class StoreConfig:
    """Where a session's store is, and when the disk has it; see FileStore. path: None: in memory."""

    path: Path | None = None
    sync: Sync = Sync.ALWAYS
    interval_ms: int = 100
    rotate: int = 1 << 24

    def open(self, settings: Settings, clock: Callable[[], int]) -> Store:
        """Open the store, and make its folder. Raises StoreError; OSError."""
        if self.path is None:
            return MemoryStore(clock())
        self.path.parent.mkdir(parents=True, exist_ok=True)
        return FileStore(self.path, session=str(settings.id), sync=self.sync, interval=self.interval_ms / 1000,
                         rotate=self.rotate, clock=clock)


@dataclass(frozen=True, kw_only=True)
class Reconnect:
    """Waits between attempts of an initiator: see Backoff."""

    first_ms: int = 1_000
    most_ms: int = 60_000


def store_of(table: Table | None) -> StoreConfig:
    if table is None:
        return StoreConfig()
    path = table.path("path")
    if path is not None and (not path.name or path.is_dir()):
        raise table.error("path", f"must be of a file, not of the folder {path}")
    sync = Sync(table.choice("sync", [each.value for each in Sync], StoreConfig.sync.value))
    config = StoreConfig(path=path, sync=sync,
                         interval_ms=table.number("interval_ms", StoreConfig.interval_ms, least=1),
                         rotate=table.number("rotate", StoreConfig.rotate))
    table.done()
    return config


def schedule_of(table: Table | None) -> Schedule | None:
    if table is None:
        return None
    try:
        zone = ZoneInfo(name := table.text("zone"))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise table.error("zone", f'there is no time zone "{name}"') from None
    (start_day, start), (end_day, end) = (_moment(table, key) for key in ("start", "end"))
    if start_day is None and end_day is None:
        days, closed = table.items("days"), table.items("closed") or []
        weekdays = range(len(WEEKDAYS)) if days is None else [_weekday(table, "days", day) for day in days]
        for day in closed:
            if type(day) is not date:
                raise table.error("closed", f"must be dates such as 2026-12-25, not {day}")
        schedule = daily(zone, start, end, weekdays=frozenset(weekdays), closed=frozenset(closed))
    elif start_day is None or end_day is None:
        raise table.error("start" if start_day is None else "end", "has no weekday, but the other one has")
    else:
        schedule = weekly(zone, start_day, start, end_day, end)
    table.done()
    return schedule


def _moment(table: Table, key: str) -> tuple[int | None, time]:
    """Take "18:00", or "sun 18:00"."""
    value = table.text(key)
    *day, clock = value.lower().split()
    try:
        at = time.fromisoformat(clock)
    except ValueError:
        raise table.error(key, f'must be a time such as "08:00" or "sun 18:00", not "{value}"') from None
    if at.tzinfo or at.microsecond or len(day) > 1:
        raise table.error(key, f'must be a time such as "08:00" or "sun 18:00", not "{value}"')
    return (_weekday(table, key, day[0]) if day else None), at


def _weekday(table: Table, key: str, name: object) -> int:
    if name not in WEEKDAYS:
        raise table.error(key, f"{name} is none of {', '.join(WEEKDAYS)}")
    return WEEKDAYS.index(str(name))


def reconnect_of(table: Table | None) -> Reconnect:
    if table is None:
        return Reconnect()
    first = table.number("first_ms", Reconnect.first_ms, least=1)
    config = Reconnect(first_ms=first, most_ms=table.number("most_ms", max(Reconnect.most_ms, first), least=first))
    table.done()
    return config


def options_of(table: Table | None) -> Options:
    if table is None:
        return Options()
    values: dict[str, Any] = {}
    for each in fields(Options):
        default: Any = each.default
        values[each.name] = (table.flag if isinstance(default, bool) else table.number)(each.name, default)
    table.done()
    return Options(**values)


def tls_of(table: Table | None) -> Tls | None:
    if table is None:
        return None
    tls = Tls(certificate=table.path("certificate"), key=table.path("key"), authority=table.path("authority"),
              name=table.text("name", ""))
    table.done()
    return tls
