"""Sessions described in a TOML file.

``[defaults]`` holds what is the same for all, each ``[[session]]`` the rest; every key may be in either:

    name, role ("initiator", "acceptor"), host, port: an initiator connects there, an acceptor listens there
    begin_string ("FIX.4.2", "FIX.4.4"), sender, target, dictionary (a QuickFIX XML file)
    header: a table of further header fields, by name or number
    supported: a list of the message types that the application takes
    username, and one of password_file and password_env: an initiator sends them, an acceptor demands them
    heartbeat, digits, reset_on_logon, ...: numbers and flags of host.fix.settings.Settings
    backlog: bytes that may wait for a counterparty that does not read
    store: path (none: in memory, which ends with the process), sync ("always", "interval", "never"), interval_ms,
        rotate
    schedule: zone, start, end ("08:00", or "sun 18:00" for a session a week), days, closed (dates)
    reconnect: first_ms, most_ms
    socket: what host.fix.socket.Options has
    tls: certificate, key, authority, name

Paths are relative to the file.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from hmac import compare_digest
from pathlib import Path
from typing import Any

from host.fix.configparts import (
    Reconnect,
    StoreConfig,
    options_of,
    reconnect_of,
    schedule_of,
    store_of,
    tls_of,
)
from host.fix.message import Message
from host.fix.schedule import Schedule
from host.fix.settings import Settings, SettingsError
from host.fix.socket import Options, Tls
from host.fix.tables import ConfigError, Table, read_toml
from host.fix.xmldict import XmlError
from host.fix.xmldict import load as load_dictionary
from wire.fix.dictionary import Dictionary
from wire.fix.fix42 import FIX42
from wire.fix.fix44 import FIX44
from wire.fix.tags import Tag

__all__ = ["BACKLOG", "ConfigError", "Reconnect", "SessionConfig", "StoreConfig", "load", "parse"]

#: Bytes that may wait for a counterparty, if not said otherwise.
BACKLOG = 1 << 22
_DICTIONARIES = {"FIX.4.2": FIX42, "FIX.4.4": FIX44}


@dataclass(frozen=True, kw_only=True)
class SessionConfig:
    """All about one session. See the head of this file, and the types of the fields."""

    name: str
    settings: Settings
    host: str
    port: int
    store: StoreConfig = field(default_factory=StoreConfig)
    schedule: Schedule | None = None
    reconnect: Reconnect = field(default_factory=Reconnect)
    options: Options = field(default_factory=Options)
    tls: Tls | None = None
    backlog: int = BACKLOG


#: What no two sessions of a file may share.
_UNIQUE: tuple[tuple[str, Callable[[SessionConfig], object]], ...] = (
    ("name", lambda one: one.name), ("store", lambda one: one.store.path or one.name),
    ("identity", lambda one: (one.settings.id, one.host, one.port)))


def load(path: Path) -> tuple[SessionConfig, ...]:
    """Return the sessions that the file ``path`` describes. Raises ConfigError; OSError."""
    return parse(read_toml(path), str(path), path.parent)


def parse(content: dict[str, Any], where: str, folder: Path) -> tuple[SessionConfig, ...]:
    """Return the sessions of ``content``, read from ``where``; relative paths begin at ``folder``.

    Raises ConfigError; OSError.
    """
    file = Table(where, content, folder)
    defaults = file.table("defaults")
    common = defaults.rest() if defaults else {}
    sessions = []
    for number, entry in enumerate(file.items("session") or (), 1):
        if not isinstance(entry, dict):
            raise file.error("session", "must be tables, each [[session]]")
        name = entry.get("name", number)
        sessions.append(_session(Table(f"{where}: session {name}", _merge(common, entry), folder)))
    file.done()
    if not sessions:
        raise ConfigError(f"{where}: has no [[session]]")
    for what, each in _UNIQUE:
        seen: dict[Any, str] = {}
        for session in sessions:
            if each(session) in seen:
                raise ConfigError(f"{where}: session {session.name}: {what}: is that of session {seen[each(session)]}")
            seen[each(session)] = session.name
    return tuple(sessions)


def _merge(common: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    merged = common | own
    for key, value in common.items():
        if isinstance(value, dict) and isinstance(own.get(key), dict):
            merged[key] = value | own[key]
    return merged


def _session(table: Table) -> SessionConfig:
    config = SessionConfig(
        name=table.text("name"), settings=_settings(table), host=table.text("host"),
        port=table.number("port", most=65_535), store=store_of(table.table("store")),
        schedule=schedule_of(table.table("schedule")), reconnect=reconnect_of(table.table("reconnect")),
        options=options_of(table.table("socket")), tls=tls_of(table.table("tls")),
        backlog=table.number("backlog", BACKLOG, least=1))
    table.done()
    if config.settings.initiator and not config.port:
        raise table.error("port", "must be from 1 to 65535 where an initiator connects, not 0")
    if config.tls and not config.settings.initiator and not config.tls.certificate:
        raise ConfigError(f"{table.where}: tls: certificate: is missing; an acceptor must have one")
    return config


def _settings(table: Table) -> Settings:
    initiator = table.choice("role", ("initiator", "acceptor")) == "initiator"
    begin_string = table.text("begin_string", "FIX.4.4")
    dictionary = _dictionary(table, begin_string)
    given: dict[str, Any] = {}
    for each in fields(Settings):
        if isinstance(each.default, bool):
            given[each.name] = table.flag(each.name, each.default)
        elif isinstance(each.default, int):
            given[each.name] = table.number(each.name, each.default)
    supported = table.items("supported")
    username, password = table.text("username", "").encode(), _password(table)
    if initiator:
        given |= {"username": username, "password": password}
    elif username or password:
        given["authenticate"] = _demand(username, password)
    try:
        return Settings(
            begin_string=begin_string.encode(), sender=table.text("sender").encode(),
            target=table.text("target").encode(), initiator=initiator, dictionary=dictionary,
            header=_header(table.table("header"), dictionary),
            supported=None if supported is None else frozenset(str(code).encode() for code in supported), **given)
    except SettingsError as error:
        raise ConfigError(f"{table.where}: {error}") from None


def _dictionary(table: Table, begin_string: str) -> Dictionary:
    path = table.path("dictionary")
    if path is not None:
        try:
            dictionary = load_dictionary(path)
        except XmlError as error:
            raise table.error("dictionary", str(error)) from None
        if dictionary.begin_string != begin_string.encode():
            raise table.error("dictionary", f"{path} is of {dictionary.begin_string.decode()}, not of {begin_string}")
        return dictionary
    if begin_string not in _DICTIONARIES:
        raise table.error("begin_string", f'must be one of {", ".join(_DICTIONARIES)} where no dictionary is given, '
                                          f'not "{begin_string}"')
    return _DICTIONARIES[begin_string]


def _header(table: Table | None, dictionary: Dictionary) -> tuple[tuple[int, bytes], ...]:
    if table is None:
        return ()
    tags = {each.name: tag for tag, each in dictionary.fields.items()}
    header = []
    for key, value in table.rest().items():
        tag = int(key) if key.isascii() and key.isdecimal() else tags.get(key, 0)
        if tag not in dictionary.fields or not isinstance(value, (str, int)):
            raise table.error(key, f"must be a field of {dictionary.begin_string.decode()} with its value, not {value}")
        header.append((tag, str(value).encode()))
    return tuple(header)


def _password(table: Table) -> bytes:
    """Return the password, which is not in the file itself, so that the file can be shown."""
    path = table.path("password_file")
    variable = table.text("password_env", "")
    if path and variable:
        raise table.error("password_env", f'cannot be "{variable}" where password_file is {path}')
    if path:
        password = path.read_bytes().rstrip(b"\r\n")
    elif variable:
        password = os.environ.get(variable, "").encode()
    else:
        return b""
    if not password or b"\x01" in password:
        raise table.error("password_file" if path else "password_env", f"there is no password in {path or variable}")
    return password


def _demand(username: bytes, password: bytes) -> Callable[[Message], str | None]:
    """Return a check of a Logon's Username (553) and Password (554)."""
    def check(logon: Message) -> str | None:
        given = ((Tag.Username, username), (Tag.Password, password))
        good = [compare_digest(logon.get(tag) or b"", value) for tag, value in given if value]
        return None if all(good) else "Username or Password is wrong"
    return check
