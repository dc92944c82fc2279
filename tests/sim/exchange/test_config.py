"""The exchange's file: what it may say, and what is said about what it may not."""

import tomllib
from pathlib import Path

import pytest

from host.fix import config as fixconfig
from sim.exchange.commands import SelfMatch
from sim.exchange.config import ConfigError, load, parse
from sim.exchange.flow.arrivals import BURSTY
from sim.exchange.flow.crowd import ACTS

ROOT = Path(__file__).parents[3]
LEAST = """
[[symbol]]
name = "AAPL"
reference = "187.25"
[feed]
a = "239.255.77.1:26477"
b = "239.255.77.2:26477"
"""
FIX = """
[fix]
address = "127.0.0.1:0"
defaults = { sender = "EXCHANGE" }
[[fix.session]]
target = "ALICE"
"""


def read(text):
    return parse(tomllib.loads(text), "x.toml", Path("."))


def test_the_least():
    config = read(LEAST)
    assert [(one.locate, one.name, one.reference) for one in config.symbols] == [(1, "AAPL", 1_872_500)]
    assert config.feed.lines == (("239.255.77.1", 26477), ("239.255.77.2", 26477))
    assert config.day.open == config.day.start == 34_200_000_000_000 and not config.fix and config.feed.most is None


def test_the_example_of_the_repository():
    config = load(ROOT / "exchange.toml")
    assert "AAPL" in {symbol.name for symbol in config.symbols}
    first = config.fix[0]
    assert (first.settings.begin_string, first.settings.sender, first.settings.target, first.port) == (
        b"FIX.4.4", b"EXCHANGE", b"TICKGATE", 9878)


def test_sessions_and_what_they_may_do():
    config = read(LEAST + FIX + """
accounts = ["A1", "A2"]
self_match = "cancel-newest"
pending = true
[[fix.session]]
target = "DROP"
begin_string = "FIX.4.2"
copies = ["ALICE", "CAROL"]
[ouch]
address = "127.0.0.1:0"
[[ouch.user]]
name = "CAROL"
password = "SECRET"
firm = "FRM"
""")
    alice, drop = config.participants
    assert (alice.accounts, alice.self_match, alice.pending, alice.copies) == (
        {"A1", "A2"}, SelfMatch.CANCEL_NEWEST, True, None)
    assert drop.begin_string == b"FIX.4.2" and drop.copies == {b"ALICE", b"CAROL"}
    assert drop.session == config.fix[1].settings.id
    assert [(user.owner, user.firm) for user in config.users()] == [("OUCH CAROL", "FRM")]


def test_crowds():
    config = read(LEAST + """
[[crowd]]
[[crowd]]
rate = 7
arrivals = "poisson"
symbols = ["AAPL"]
[crowd.mix]
add = 3
delete = 2
""")
    (usual, symbols), (other, chosen) = config.crowds
    assert (usual.excitements, usual.mix, usual.rate, symbols) == (BURSTY, ACTS, 100, None)
    assert (other.excitements, other.rate, chosen) == ((), 7, (1,))
    assert other.mix == {"add": 3, "delete": 2, "replace": 0, "trade": 0, "reduce": 0}


@pytest.mark.parametrize("more, told", [
    ("[[crowd]]\narrivals='late'", "arrivals"), ("[[crowd]]\narrivals=['poisson']", "arrivals"),
    ("[[crowd]]\nsymbols=[['AAPL']]", "no symbol"), (FIX + "self_match=[1]", "self_match"),
    ("[[crowd]]\n[crowd.mix]\nsteal=1", "steal"),
    ("[[crowd]]\nmix={add=0}", "mix must"), ("[[crowd]]\nmix={add=-1}", "add"),
    ("[[symbol]]\nname='AAPL'\nreference='1'", "another symbol"), ("[[symbol]]\nname='X'\nreference='1.x'", "symbol X"),
    ("[[symbol]]\nname='X'\nreference='10.001'", "grid"), ("[[symbol]]\nname='X'", "reference: is missing"),
    ("[day]\nstart='9h'", "day: start"), ("[day]\nopen='17:00'", "follow each other"),
    ("[day]\nend='23:59:30'", "23:59:00"), ("[day]\nimbalance=-1", "imbalance"),
    ("[day]\nstart='09:00:00+01:00'", "zone"), ("[daz]\nstart='9h'", "day?"),
    (FIX + "[[fix.session]]\ntarget='D'\ncopies=['ALICE','BOB']", 'session D: copies: there is no "BOB"'),
    (FIX + "[[fix.session]]\ntarget='D'\ncopies=['D']", 'there is no "D"'), (FIX + "copies = 3", "copies"),
    (FIX + "pendin = true", "pendin"), (FIX + "self_match = 'no'", "self_match"),
    (FIX + "[[fix.session]]\ntarget='ALICE'", "ALICE"), ("[fix]\naddress='x'", "HOST:PORT"),
    ("[ouch]\naddress='h:99999'", "HOST:PORT"),
    ("[ouch]\naddress='h:1'\n[[ouch.user]]\nname='MUCHTOOLONG'", "at most 6"),
    ("[ouch]\naddress='h:1'\n[[ouch.user]]\nname='A'\nfirm='ABCDE'", "firm: must be at most 4"),
    ("[ouch]\naddress='h:1'\n[[ouch.user]]\nname='A'\n[[ouch.user]]\nname='A'", "two users"),
    ("[ouch]\naddress='h:1'\n[[ouch.user]]\nname='A'\nsession=\"B\\tC\"", "session"),
    ("[[symbol]]\nname=\"X\\tY\"\nreference='1'", "without spaces"),
    ("[[crowd]]\nname='A'\n[[crowd]]\nname='A'", "another crowd"), ("[[crowd]]\nrate=0", "crowd 1: rate"),
    ("[[crowd]]\nsymbols=['X']", 'no symbol "X"'),
    ("[recorded]\nfile='x'", "locates"), ("[recorded]\nlocates={13='AAPL'}", "file"),
    ("[recorded]\nfile='x'\nlocates={x='AAPL'}", "locate"), ("[[plan]]\nat='10:00'", "do"), ("crowd = 3", "list"),
    ("symbols = 3", "symbol?"),
])
def test_what_is_wrong_is_named(more, told):
    with pytest.raises(ConfigError, match="x.toml") as error:
        read((more + LEAST) if more.startswith(("crowd", "symbols")) else LEAST + more)
    assert told in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("old, new, told", [
    ('a = "239', 'c = "239', "a: is missing"), ("239.255.77.1:26477", "239.255.77.1:0", "feed: a: must be sent"),
    ("239.255.77.1:26477", "239.255.77.1", "HOST:PORT"),
    ('[feed]', '[feed]\nsession = "MUCH TOO LONG"', "10 ASCII"), ("[feed]", "[feed]\nfaults='a:los=1'", "faults"),
    ("[[symbol]]\nname", "[[symbols]]\nname", "no [[symbol]]"), ("[feed]", "[feeds]", "[feed] is missing"),
])
def test_what_is_wrong_with_the_feed_is_named(old, new, told):
    with pytest.raises(ConfigError) as error:
        read(LEAST.replace(old, new))
    assert told in str(error.value)


def test_the_example_of_a_client_reaches_the_example_of_the_exchange():
    (client,), (server, *_) = fixconfig.load(ROOT / "client.toml"), load(ROOT / "exchange.toml").fix
    assert (client.host, client.port, client.settings.begin_string) == (server.host, server.port, b"FIX.4.4")
    assert (client.settings.sender, client.settings.target) == (server.settings.target, server.settings.sender)
    assert client.settings.reset_on_logon, "without a store of its own it could log on but once"
