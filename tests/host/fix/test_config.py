"""Sessions from TOML: what they become, and what is said of what makes no sense."""

import tomllib
from datetime import date, time
from zoneinfo import ZoneInfo

import pytest

from host.fix.config import ConfigError, StoreConfig, load, parse
from host.fix.filestore import FileStore
from host.fix.message import Message
from host.fix.schedule import daily, weekly
from host.fix.socket import Options
from host.fix.store import MemoryStore
from host.journal.disk import Sync
from wire.fix.fix42 import FIX42
from wire.fix.fix44 import FIX44

ONE = """
[[session]]
name = "venue"
role = "initiator"
sender = "US"
target = "VENUE"
host = "fix.example.com"
port = 9876
"""
WHOLE = """
[defaults]
role = "acceptor"
host = "127.0.0.1"
port = 0
sender = "VENUE"
heartbeat = 20
socket = { user_timeout = 5000, no_delay = false }
store = { sync = "interval", interval_ms = 50 }

[[session]]
name = "a"
target = "A"
begin_string = "FIX.4.2"
backlog = 1000
supported = ["D", "F"]
header = { SenderSubID = "desk", 57 = 7 }
store = { path = "logs/a.log" }
socket = { keep_alive = 0 }
schedule = { zone = "America/New_York", start = "18:00", end = "17:00", days = ["sun", "mon"], closed = [2026-12-25] }

[[session]]
name = "b"
target = "B"
heartbeat = 5
digits = 6
next_expected = true
schedule = { zone = "Europe/London", start = "Sun 17:00:30", end = "fri 17:00" }
"""


def parsed(text, folder):
    return parse(tomllib.loads(text), "fix.toml", folder)


def test_a_session_needs_little(tmp_path):
    path = tmp_path / "fix.toml"
    path.write_text(ONE)
    session, = load(path)
    assert (session.name, session.host, session.port) == ("venue", "fix.example.com", 9876)
    assert str(session.settings.id) == "FIX.4.4:US->VENUE"
    assert session.settings.initiator and session.settings.dictionary is FIX44
    assert (session.settings.heartbeat, session.settings.digits) == (30, 3)
    assert (session.schedule, session.tls, session.options, session.store) == (None, None, Options(), StoreConfig())
    assert isinstance(session.store.open(session.settings, lambda: 5), MemoryStore)


def test_sessions_take_what_is_common_and_say_what_is_their_own(tmp_path):
    a, b = parsed(WHOLE, tmp_path)
    assert (a.settings.heartbeat, b.settings.heartbeat) == (20, 5)
    assert (a.settings.dictionary, b.settings.dictionary) == (FIX42, FIX44)
    assert (b.settings.digits, b.settings.next_expected, a.settings.next_expected) == (6, True, False)
    assert a.settings.supported == {b"D", b"F"} and b.settings.supported is None
    assert a.settings.header == ((50, b"desk"), (57, b"7"))
    assert a.options == Options(keep_alive=0, user_timeout=5000, no_delay=False)
    assert b.options == Options(user_timeout=5000, no_delay=False)
    assert a.store == StoreConfig(path=tmp_path / "logs" / "a.log", sync=Sync.INTERVAL, interval_ms=50)
    assert (a.backlog, b.backlog) == (1000, 1 << 22)
    assert a.schedule == daily(ZoneInfo("America/New_York"), time(18), time(17), weekdays=frozenset({6, 0}),
                               closed=frozenset({date(2026, 12, 25)}))
    assert b.schedule == weekly(ZoneInfo("Europe/London"), 6, time(17, 0, 30), 4, time(17))


def test_a_store_is_opened_in_a_folder_that_is_made_for_it(tmp_path):
    a, _ = parsed(WHOLE, tmp_path)
    with a.store.open(a.settings, lambda: 5) as store:
        assert isinstance(store, FileStore) and store.created == 5
        assert store.path.parent.is_dir()


def test_a_password_comes_from_a_file_or_from_the_environment(tmp_path, monkeypatch):
    (tmp_path / "secret").write_text("pass word\n")
    monkeypatch.setenv("FIX_PASSWORD", "other")
    by_file, = parsed(f'{ONE}username = "me"\npassword_file = "secret"', tmp_path)
    by_variable, = parsed(f'{ONE}password_env = "FIX_PASSWORD"', tmp_path)
    assert (by_file.settings.username, by_file.settings.password) == (b"me", b"pass word")
    assert by_variable.settings.password == b"other"


@pytest.mark.parametrize("fields, refused", [
    ([(553, b"me"), (554, b"pw")], False), ([(553, b"me"), (554, b"pww")], True), ([(553, b"you"), (554, b"pw")], True),
    ([(553, b"me")], True), ([], True)])
def test_an_acceptor_demands_what_the_file_names(tmp_path, fields, refused):
    (tmp_path / "secret").write_text("pw")
    text = ONE.replace("initiator", "acceptor") + 'username = "me"\npassword_file = "secret"'
    settings = parsed(text, tmp_path)[0].settings
    assert bool(settings.authenticate(Message(b"A", fields))) == refused
    assert settings.username == settings.password == b""


def test_a_venue_may_have_a_dictionary_of_its_own(tmp_path):
    path = tmp_path / "venue.xml"
    path.write_text("""<fix type="FIX" major="4" minor="4">
        <header><field name="MsgType" required="Y"/></header><trailer/>
        <messages><message name="Hello" msgtype="U1" msgcat="app"><field name="Words" required="Y"/></message>
        </messages>
        <fields><field number="35" name="MsgType" type="STRING"><value enum="U1" description="HELLO"/></field>
        <field number="5001" name="Words" type="STRING"/></fields></fix>""")
    session, = parsed(f'{ONE}dictionary = "venue.xml"', tmp_path)
    assert session.settings.dictionary.messages[b"U1"].name == "Hello"
    with pytest.raises(ConfigError, match="session venue: dictionary: .*venue.xml is of FIX.4.4, not of FIX.4.2"):
        parsed(f'{ONE}dictionary = "venue.xml"\nbegin_string = "FIX.4.2"', tmp_path)
    path.write_text("<fix")
    with pytest.raises(ConfigError, match="session venue: dictionary: .*venue.xml:1: "):
        parsed(f'{ONE}dictionary = "venue.xml"', tmp_path)


@pytest.mark.parametrize("line, says", [
    ("hartbeat = 3", "hartbeat: there is no such key; heartbeat?"),
    ("colour = 3", "colour: there is no such key; known are name, "),
    ('heartbeat = "3"', 'heartbeat: must be a whole number from 0 to 2147483647, not "3"'),
    ("heartbeat = true", "heartbeat: must be a whole number from 0 to 2147483647, not true"),
    ("heartbeat = -1", "heartbeat: must be a whole number from 0 to 2147483647, not -1"),
    ("digits = 4", "digits cannot be 4"),
    ("next_expected = 1", "next_expected: must be true or false, not 1"),
    ('begin_string = "FIX.9"',
     'begin_string: must be one of FIX.4.2, FIX.4.4 where no dictionary is given, not "FIX.9"'),
    ('supported = "D"', 'supported: must be a list, not "D"'),
    ("header = { NoSuchField = 1 }", "header: NoSuchField: must be a field of FIX.4.4 with its value, not 1"),
    ("header = { 50 = [] }", r"header: 50: must be a field of FIX.4.4 with its value, not \[\]"),
    ("store = 3", "store: must be a table, not 3"),
    ('store = { sync = "often" }', 'store: sync: must be one of always, interval, never, not "often"'),
    ('store = { path = "x", size = 1 }', "store: size: there is no such key; known are path, sync, "),
    ("reconnect = { first_ms = 500, most_ms = 20 }",
     "reconnect: most_ms: must be a whole number from 500 to 2147483647, not 20"),
    ('socket = { no_delay = "yes" }', 'socket: no_delay: must be true or false, not "yes"'),
    ('schedule = { zone = "Mars", start = "8:00", end = "9:00" }', 'schedule: zone: there is no time zone "Mars"'),
    ('store = { path = "/" }', "store: path: must be of a file, not of the folder /"),
    ('store = { path = "." }', "store: path: must be of a file, not of the folder "),
    ('schedule = { zone = "UTC", start = "08:00" }', "schedule: end: is missing"),
    ('schedule = { zone = "UTC", start = "25:00", end = "09:00" }',
     'schedule: start: must be a time such as "08:00" or "sun 18:00", not "25:00"'),
    ('schedule = { zone = "UTC", start = "sun mon 05:00", end = "09:00" }', "schedule: start: must be a time such as"),
    ('schedule = { zone = "UTC", start = "son 05:00", end = "fri 09:00" }',
     "schedule: start: son is none of mon, tue, wed, thu, fri, sat, sun"),
    ('schedule = { zone = "UTC", start = "05:00", end = "fri 09:00" }',
     "schedule: start: has no weekday, but the other one has"),
    ('schedule = { zone = "UTC", start = "05:00", end = "09:00", days = ["x"] }', "schedule: days: x is none of mon"),
    ('schedule = { zone = "UTC", start = "05:00", end = "09:00", closed = ["2026-12-25"] }',
     "schedule: closed: must be dates such as 2026-12-25, not 2026-12-25"),
    ('password_env = "NO_SUCH_VARIABLE_HERE"', "password_env: there is no password in NO_SUCH_VARIABLE_HERE"),
    ('password_env = "A"\npassword_file = "b"', 'password_env: cannot be "A" where password_file is '),
])
def test_what_makes_no_sense_is_named_with_file_session_key_and_value(tmp_path, line, says):
    with pytest.raises(ConfigError, match=f"^fix.toml: session venue: {says}") as caught:
        parsed(f"{ONE}{line}", tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text, says", [
    ("", r"fix.toml: has no \[\[session\]\]"),
    ("[session]\nname = 'x'", "fix.toml: session: must be a list, not "),
    ("session = [1]", r"fix.toml: session: must be tables, each \[\[session\]\]"),
    ("[[sessions]]", "fix.toml: sessions: there is no such key; session?"),
    ("[[session]]\nname = 'x'", "fix.toml: session x: role: is missing"),
    ("[[session]]\nname = '1'\nrole = 'x'", "fix.toml: session 1: role: must be one of initiator, acceptor, not \"x\""),
    (ONE.replace("9876", "0"), "fix.toml: session venue: port: must be from 1 to 65535 where an initiator connects"),
    (ONE.replace("initiator", "acceptor") + "tls = {}", "fix.toml: session venue: tls: certificate: is missing"),
    (ONE.replace('"US"', '""'), 'sender: must be a text, not ""'),
    (ONE + ONE, "fix.toml: session venue: name: is that of session venue"),
    (ONE + ONE.replace("venue", "b"), "fix.toml: session b: identity: is that of session venue"),
    ("[defaults]\nstore.path = 'x'\n" + ONE + ONE.replace("venue", "b"), "session b: store: is that of session venue"),
])
def test_files_that_make_no_sense_are_refused(tmp_path, text, says):
    with pytest.raises(ConfigError, match=says):
        parsed(text, tmp_path)


def test_a_file_that_is_no_toml_is_named(tmp_path):
    path = tmp_path / "fix.toml"
    path.write_text("[[session]\n")
    with pytest.raises(ConfigError, match=r"fix.toml: is no TOML: .*line 1"):
        load(path)
