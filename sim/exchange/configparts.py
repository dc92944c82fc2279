"""The tables of the exchange's file, each read strictly: ConfigError says where what is wrong."""

from collections.abc import Iterable, Mapping
from datetime import time
from pathlib import Path

from host.fix import config as fixconfig
from host.fix.config import SessionConfig
from host.fix.decimals import price_of
from host.fix.tables import ConfigError, Table
from sim.exchange.commands import SelfMatch
from sim.exchange.fixdesk.desk import SUPPORTED
from sim.exchange.fixdesk.orders import Participant
from sim.exchange.flow.arrivals import BURSTY, Excitement
from sim.exchange.flow.crowd import ACTS, CrowdSettings
from sim.exchange.settings import Address, Day, FeedConfig, OuchConfig
from sim.exchange.symbols import Symbol
from sim.market.faults import parse_faults

__all__ = ["check_copies", "read_crowds", "read_day", "read_feed", "read_fix", "read_ouch", "read_plan",
           "read_recorded", "read_symbols"]

#: End of the day at the latest, ns since midnight.
_LATEST = (23 * 60 + 59) * 60 * 1_000_000_000
_ARRIVALS: dict[str, tuple[Excitement, ...]] = {"bursty": BURSTY, "poisson": ()}
_SELF_MATCH = {kind.name.lower().replace("_", "-"): kind for kind in SelfMatch}


def _tables(file: Table, key: str) -> list[Table]:
    """Return the tables of [[key]]."""
    found = []
    for number, entry in enumerate(file.items(key) or (), 1):
        if not isinstance(entry, dict):
            raise file.error(key, f"must be tables, each [[{key}]]")
        found.append(Table(f"{file.where}: {key} {entry.get('name', number)}", entry, file.folder))
    return found


def read_symbols(file: Table) -> tuple[Symbol, ...]:
    """Return the symbols of [[symbol]]; at least one."""
    symbols: list[Symbol] = []
    for number, table in enumerate(_tables(file, "symbol"), 1):
        name, locate = table.text("name"), table.number("locate", number, least=1, most=0xFFFF)
        try:
            symbol = Symbol(locate=locate, name=name, reference=price_of(table.text("reference").encode()))
        except ValueError as error:
            raise ConfigError(f"{table.where}: {error}") from None
        if any(locate == other.locate or name == other.name for other in symbols):
            raise ConfigError(f"{table.where}: name or locate {locate} is that of another symbol")
        symbols.append(symbol)
        table.done()
    if not symbols:
        raise ConfigError(f"{file.where}: has no [[symbol]]")
    return tuple(symbols)


def read_day(table: Table) -> Day:
    """Return the day's plan of [day]."""
    start, end = _time(table, "start", "09:30:00"), _time(table, "end", "16:05:00")
    day = Day(start=start, open=_time(table, "open", "09:30:00"), close=_time(table, "close", "16:00:00"), end=end,
              imbalance=table.number("imbalance", 0, most=3600) * 1_000_000_000,
              statements=table.path("statements"))
    table.done()
    if not day.open <= day.close <= day.end or not day.start < day.end:
        raise ConfigError(f"{table.where}: open, close and end must follow each other, and start be before the end")
    if end > _LATEST:
        raise table.error("end", "must be 23:59:00 at the latest: what comes behind the end is still of the day")
    return day


def _time(table: Table, key: str, default: str | None = None) -> int:
    value = table.text(key, default)
    try:
        at = time.fromisoformat(value)
    except ValueError:
        raise table.error(key, f'must be a time such as "09:30:00", not "{value}"') from None
    if at.tzinfo:
        raise table.error(key, f'must be a time of the exchange, without a zone, not "{value}"')
    return (((at.hour * 60 + at.minute) * 60 + at.second) * 1_000_000 + at.microsecond) * 1000


def read_feed(table: Table) -> FeedConfig:
    """Return what [feed] says."""
    session = table.text("session", "TICKGATE01")
    if len(session) > 10 or not session.isascii() or not session.isprintable():
        raise table.error("session", f'must be at most 10 ASCII characters, not "{session}"')
    most = table.number("most", 0, most=0xFFFE)
    try:
        faults = parse_faults(table.text("faults", ""))
    except ValueError as error:
        raise ConfigError(f"{table.where}: {error}") from None
    feed = FeedConfig(session=session, used=table.path("used"), lines=(_line(table, "a"), _line(table, "b")),
                      interface=table.text("interface", "127.0.0.1"), most=most or None, faults=faults,
                      gather=1_000 * table.number("gather", 0, most=1_000_000),
                      rewind=_address_if(table, "rewind"), snapshot=_address_if(table, "snapshot"))
    table.done()
    return feed


def _address_if(table: Table, key: str) -> Address | None:
    text = table.text(key, "")
    return _split(table, key, text) if text else None


def _address(table: Table, key: str) -> Address:
    return _split(table, key, table.text(key))


def _line(table: Table, key: str) -> Address:
    host, port = _address(table, key)
    if not port:
        raise table.error(key, "must be sent to a port, which 0 is not")
    return host, port


def _split(table: Table, key: str, text: str) -> Address:
    host, colon, port = text.rpartition(":")
    if not colon or not host or not (port.isascii() and port.isdigit()) or int(port) > 0xFFFF:
        raise table.error(key, f'must be HOST:PORT, not "{text}"')
    return host, int(port)


def read_fix(file: Table) -> tuple[tuple[SessionConfig, ...], tuple[Participant, ...]]:
    """Return the sessions, as host.fix.config has them, and what each may do here."""
    table = file.table("fix")
    if table is None:
        return (), ()
    address = _address(table, "address")
    common = table.table("defaults")
    defaults = {"role": "acceptor", "host": address[0], "port": address[1],
                "supported": sorted(code.decode() for code in SUPPORTED)} | (common.rest() if common else {})
    entries, options = [], []
    for own in _tables(table, "session"):
        accounts, copies = own.items("accounts"), own.items("copies")
        options.append({
            "accounts": frozenset(map(str, accounts or ())),
            "self_match": _SELF_MATCH[own.choice("self_match", _SELF_MATCH, "allow")],
            "pending": own.flag("pending", False), "cancel_on_disconnect": own.flag("cancel_on_disconnect", False),
            "tells_positions": own.flag("positions", True),
            "copies": None if copies is None else frozenset(str(one).encode() for one in copies)})
        entry = own.rest()
        entries.append({"name": entry.get("target", "")} | entry)
    table.done()
    sessions = fixconfig.parse({"defaults": defaults, "session": entries}, f"{file.where}: fix", file.folder)
    participants = tuple(
        Participant(session=one.settings.id, begin_string=one.settings.begin_string, comp_id=one.settings.target, **own)
        for one, own in zip(sessions, options, strict=True))
    return sessions, participants


def read_ouch(file: Table) -> OuchConfig | None:
    """Return what [ouch] says; None without it."""
    table = file.table("ouch")
    if table is None:
        return None
    address, users = _address(table, "address"), []
    for own in _tables(table, "user"):
        user = {"name": own.text("name"), "password": own.text("password", ""), "session": own.text("session", "OUCH"),
                "firm": own.text("firm", ""), "self_match": _SELF_MATCH[own.choice("self_match", _SELF_MATCH, "allow")],
                "cancel_on_disconnect": own.flag("cancel_on_disconnect", False)}
        for key, most in (("name", 6), ("password", 10), ("session", 10), ("firm", 4)):
            if len(user[key]) > most or not user[key].isascii() or not user[key].isprintable():
                raise own.error(key, f'must be at most {most} ASCII characters, not "{user[key]}"')
        own.done()
        users.append(user)
    table.done()
    if len({user["name"] for user in users}) < len(users):
        raise ConfigError(f"{table.where}: two users have the same name")
    return OuchConfig(address=address, users=tuple(users))


def check_copies(where: str, participants: Iterable[Participant], ouch: OuchConfig | None) -> None:
    """Raise ConfigError for a drop copy session that wants the reports of one who is not there."""
    there = {one.comp_id for one in participants if one.copies is None}
    there |= {user["name"].encode() for user in (ouch.users if ouch else ())}
    for one in participants:
        missing = (one.copies or frozenset()) - there
        if missing:
            raise ConfigError(f'{where}: fix: session {one.comp_id.decode()}: copies: there is no "'
                              f'{min(missing).decode()}" that enters orders')


def read_crowds(file: Table, locates: Mapping[str, int]) -> tuple[tuple[CrowdSettings, tuple[int, ...] | None], ...]:
    """Return the crowds of [[crowd]], and the locates of the symbols of each; None: all. locates: by name."""
    crowds: list[tuple[CrowdSettings, tuple[int, ...] | None]] = []
    for number, table in enumerate(_tables(file, "crowd"), 1):
        names = table.items("symbols")
        chosen = None if names is None else tuple(_locate(table, "symbols", name, locates) for name in names)
        try:
            settings = CrowdSettings(seed=table.number("seed", number), owner=table.text("name", f"CROWD{number}"),
                                     rate=float(table.number("rate", 100, least=1)),
                                     orders=table.number("orders", CrowdSettings.orders, least=4),
                                     excitements=_ARRIVALS[table.choice("arrivals", _ARRIVALS, "bursty")],
                                     mix=_mix(table.table("mix")))
        except ValueError as error:
            raise ConfigError(f"{table.where}: {error}") from None
        table.done()
        if any(settings.owner == other.owner for other, _ in crowds):
            raise table.error("name", f'"{settings.owner}" is that of another crowd')
        crowds.append((settings, chosen))
    return tuple(crowds)


def _mix(table: Table | None) -> dict[str, float]:
    """Return the weights of a crowd's acts; one that is not there has none."""
    if table is None:
        return dict(ACTS)
    mix = {act: float(table.number(act, 0)) for act in ACTS}
    table.done()
    return mix


def read_recorded(table: Table | None, locates: Mapping[str, int]) -> tuple[Path, Mapping[int, int]] | None:
    """Return the file of [recorded], and our locate of each of its locates that is followed; None without it."""
    if table is None:
        return None
    path, names = table.path("file"), table.table("locates")
    if path is None:
        raise table.error("file", "is missing")
    if names is None:
        raise table.error("locates", 'is missing; it says of which symbol a locate of the record is: 13 = "AAPL"')
    follow = {}
    for key, name in names.rest().items():
        if not (key.isascii() and key.isdigit()):
            raise names.error(key, "must be a stock locate of the record")
        follow[int(key)] = _locate(names, key, name, locates)
    table.done()
    return path, follow


def _locate(table: Table, key: str, name: object, locates: Mapping[str, int]) -> int:
    if not isinstance(name, str) or name not in locates:
        raise table.error(key, f'there is no symbol "{name}"')
    return locates[name]


def read_plan(file: Table) -> tuple[tuple[int, str], ...]:
    """Return what operators do by [[plan]], and when, ns since midnight."""
    plan = []
    for table in _tables(file, "plan"):
        plan.append((_time(table, "at"), table.text("do")))
        table.done()
    return tuple(plan)
