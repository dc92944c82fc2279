"""The exchange as a TOML file describes it; docs/exchange.md shows one, ``exchange.toml`` is one.

Every key is known, of its type and in its range, or ConfigError says where; prices are texts, such as "187.25".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from host.fix.config import SessionConfig
from host.fix.tables import ConfigError, Table, read_toml
from sim.exchange import configparts as parts
from sim.exchange.engine import Engine
from sim.exchange.fixdesk.orders import Participant
from sim.exchange.flow.crowd import Crowd, CrowdSettings
from sim.exchange.flow.participant import Participant as Actor
from sim.exchange.flow.recorded import Recorded
from sim.exchange.ouchdesk.orders import OuchUser
from sim.exchange.settings import Day, FeedConfig, OuchConfig
from sim.exchange.symbols import Symbol
from sim.market.binaryfile import read_binaryfile

__all__ = ["Config", "ConfigError", "load", "parse"]


@dataclass(frozen=True, kw_only=True)
class Config:
    """All about one exchange. plan: what operators do, at which time of the day."""

    symbols: tuple[Symbol, ...]
    day: Day
    feed: FeedConfig
    fix: tuple[SessionConfig, ...] = ()
    participants: tuple[Participant, ...] = ()
    ouch: OuchConfig | None = None
    crowds: tuple[tuple[CrowdSettings, tuple[int, ...] | None], ...] = ()
    recorded: tuple[Path, Mapping[int, int]] | None = None
    plan: tuple[tuple[int, str], ...] = field(default=())

    def users(self) -> list[OuchUser]:
        """Return the users of OUCH, whose day is before them."""
        return [OuchUser(**options) for options in self.ouch.users] if self.ouch else []

    def actors(self, engine: Engine, *, start: int, midnight: int) -> dict[str, Actor]:
        """Return the other participants, by their names. start: when they begin, ns. Raises OSError and
        MarketFileError for a record that cannot be read."""
        actors: dict[str, Actor] = {settings.owner: Crowd(engine, settings, symbols=symbols, start=start)
                                    for settings, symbols in self.crowds}
        if self.recorded:
            path, locates = self.recorded
            actors["RECORD"] = Recorded(engine, read_binaryfile(path), locates, midnight=midnight)
        return actors


def load(path: Path) -> Config:
    """Return the exchange that the file ``path`` describes. Raises ConfigError; OSError."""
    return parse(read_toml(path), str(path), path.parent)


def parse(content: dict[str, Any], where: str, folder: Path) -> Config:
    """Return the exchange that ``content``, read from ``where``, describes; relative paths begin at ``folder``.

    Raises ConfigError; OSError.
    """
    file = Table(where, content, folder)
    symbols = parts.read_symbols(file)
    locates = {symbol.name: symbol.locate for symbol in symbols}
    fix, participants = parts.read_fix(file)
    feed = file.table("feed")
    if feed is None:
        raise ConfigError(f"{where}: [feed] is missing")
    config = Config(symbols=symbols, day=parts.read_day(file.table("day") or Table(f"{where}: day", {}, folder)),
                    feed=parts.read_feed(feed), fix=fix, participants=participants, ouch=parts.read_ouch(file),
                    crowds=parts.read_crowds(file, locates),
                    recorded=parts.read_recorded(file.table("recorded"), locates), plan=parts.read_plan(file))
    file.done()
    parts.check_copies(where, participants, config.ouch)
    return config
