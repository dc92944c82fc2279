"""Drop copies of orders by OUCH, and end-of-day files of all: what they tell is what was traded."""

import random
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from host.fix.encode import encode
from host.fix.message import Message
from host.fix.parser import Parser
from host.fix.timestamp import stamp
from host.fix.validate import check
from host.positions.booked import Booked, BookedKind
from host.positions.endofday import read_end_of_day
from host.positions.positions import Positions
from host.positions.reconcile import reconcile
from sim.exchange.clock import VirtualClock
from sim.exchange.commands import Bust, Correct
from sim.exchange.config import parse
from sim.exchange.exchange import Exchange
from tests.sim.exchange.trading import START
from wire import ouch50
from wire.fix.fix42 import FIX42
from wire.fix.fix44 import FIX44
from wire.fix.tags import Tag
from wire.risk import Side

CONFIG = """
[[symbol]]
name = "AAPL"
reference = "50.00"
[feed]
a = "239.255.77.1:26477"
b = "239.255.77.2:26477"
[fix]
address = "127.0.0.1:0"
defaults = { sender = "EXCHANGE" }
[[fix.session]]
target = "ALICE"
[[fix.session]]
target = "DROP"
copies = []
[[fix.session]]
target = "OLD"
begin_string = "FIX.4.2"
copies = ["TICK"]
[ouch]
address = "127.0.0.1:0"
[[ouch.user]]
name = "TICK"
firm = "FUND"
[[ouch.user]]
name = "TOCK"
"""
DICTIONARIES = {one.begin_string: one for one in (FIX42, FIX44)}


class Day:
    """An exchange, and what each FIX session was sent, by its target; every message is one of its version."""

    def __init__(self):
        self.clock = VirtualClock(START)
        self.exchange = Exchange(parse(tomllib.loads(CONFIG), "x.toml", Path(".")), self.clock)
        self.sessions = {one.comp_id.decode(): one for one in self.exchange.config.participants}
        self.sent = {name: [] for name in self.sessions}
        self.exchange.on_fix = self._keep
        self.exchange.begin()
        self.step()
        self.numbers, self.clordids = Counter(), 0

    def step(self):
        self.clock.run(self.clock.now() + 1000)

    def ouch(self, name, letter, *, options=None, **fields):
        self.step()
        self.exchange.ouch.take(name, ouch50.pack_inbound(letter, options=options, **fields), self.clock.now())

    def enter(self, name, side="B", quantity=100, price=500_000, clordid=None, **more):
        self.numbers[name] += 1
        number = self.numbers[name]
        self.ouch(name, "O", **{"user_ref": number, "side": side, "quantity": quantity, "symbol": "AAPL",
                                "price": price, "time_in_force": "0",
                                "clordid": f"{name}{number}" if clordid is None else clordid} | more)
        return number

    def replace(self, name, original, quantity, price):
        self.numbers[name] += 1
        self.ouch(name, "U", original_user_ref=original, user_ref=self.numbers[name], quantity=quantity, price=price,
                  time_in_force="0", clordid=f"{name}{self.numbers[name]}")

    def new(self, side, quantity=100, price=b"50.00", **more):
        self.step()
        self.clordids += 1
        fields = [(Tag.ClOrdID, b"%d" % self.clordids), (Tag.HandlInst, b"1"), (Tag.Symbol, b"AAPL"),
                  (Tag.Side, side), (Tag.TransactTime, stamp(self.clock.now())), (Tag.OrderQty, b"%d" % quantity),
                  (Tag.OrdType, b"2"), (Tag.Price, price)]
        fields += [(Tag[name], value) for name, value in more.items()]
        self.exchange.fix.take(self.sessions["ALICE"].session, Message(b"D", fields), self.clock.now())

    def told(self, name, *tags):
        """Return what ``name`` was sent since the last call: these tags of each message."""
        found = [tuple((message.get(tag) or b"").decode() for tag in tags) for message in self.sent[name]]
        self.sent[name].clear()
        return found

    def _keep(self, session, message):
        (name,) = (name for name, one in self.sessions.items() if one.session == session)
        begin = self.sessions[name].begin_string
        header = [(34, b"1"), (49, b"X"), (56, b"Y"), (52, stamp(START))]
        raw = encode(begin, Message(message.msg_type, header + message.fields), DICTIONARIES[begin])
        (parsed,) = Parser().feed(raw)
        assert check(parsed, DICTIONARIES[begin]) is None, raw
        self.sent[name].append(message)


def test_a_drop_copy_has_orders_of_both_doors():
    day = Day()
    day.enter("TICK", "T", 100)
    assert day.told("DROP", 115, 797, 11, 526, 150, 39, 54, 1, 40, 44) == [
        ("TICK", "Y", "TICK1", "1", "0", "0", "5", "FUND", "2", "50.00")]
    assert day.told("OLD", 115, 11, 526, 20, 150) == [("TICK", "TICK1", "", "0", "0")]
    day.new(b"1", 40)
    assert day.told("DROP", 115, 150, 32, 31, 151, 14, 851) == [
        ("ALICE", "0", "", "", "40", "0", ""), ("ALICE", "F", "40", "50.00", "0", "40", "2"),
        ("TICK", "F", "40", "50.00", "60", "40", "1")]
    assert [kind for kind, in day.told("OLD", 150)] == ["1"] and len(day.told("ALICE", 150)) == 2


def test_replaced_reduced_modified_and_cancelled_orders_by_ouch_are_copied():
    day = Day()
    day.enter("TICK", "S", 100, clordid="")
    day.replace("TICK", 1, 150, 510_000)
    day.ouch("TICK", "X", user_ref=2, quantity=120)
    day.ouch("TICK", "M", user_ref=2, side="E", quantity=110)
    day.ouch("TICK", "X", user_ref=2, quantity=0)
    assert day.told("DROP", 11, 41, 526, 150, 39, 38, 44, 54, 151) == [
        ("1", "", "1", "0", "0", "100", "50.00", "2", "100"),
        ("TICK2", "1", "2", "5", "0", "150", "51.00", "2", "150"),
        ("TICK2", "", "2", "D", "0", "120", "51.00", "2", "120"),
        ("TICK2", "", "2", "D", "0", "110", "51.00", "6", "110"),
        ("TICK2", "", "2", "4", "4", "110", "51.00", "6", "0")]


def test_what_the_engine_refuses_of_ouch_is_copied_and_so_are_busts_and_corrections():
    day = Day()
    day.enter("TOCK", price=1_000_001)
    assert day.told("DROP", 115, 150, 39, 37) == [("TOCK", "8", "8", "NONE")] and not day.told("OLD", 150)
    day.enter("TICK")
    day.enter("TOCK", "S", price=ouch50.MARKET_PRICE, time_in_force="3")
    assert [one for one, in day.told("OLD", 39)] == ["0", "2"]
    *_, (who, first, market) = day.told("DROP", 115, 17, 40)
    assert (who, market) == ("TOCK", "1")
    day.exchange.venue.apply(Correct(2, 90, 490_000), day.clock.now())
    corrected = day.told("DROP", 115, 150, 19, 32, 31, 17)
    assert [one[:2] for one in corrected] == [("TICK", "G"), ("TOCK", "G")]
    assert corrected[1][2:5] == (first, "90", "49.00")
    day.exchange.venue.apply(Bust(3), day.clock.now())
    assert day.told("DROP", 115, 150, 19, 14) == [
        ("TICK", "H", corrected[0][5], "0"), ("TOCK", "H", corrected[1][5], "0")]


def test_end_of_day_files_have_the_trades_as_they_stand_and_what_is_held(tmp_path):
    day = Day()
    day.enter("TICK", "B", 100)
    day.new(b"5", 30, Account=b"A1")
    day.new(b"2", 20)
    day.exchange.venue.apply(Bust(3), day.clock.now())
    day.exchange.venue.apply(Correct(2, 25, 499_900), day.clock.now())
    found = day.exchange.statements()
    assert set(found) == {"ALICE", "TICK", "TOCK"}
    first, second = [exec_id for exec_id, kind in day.told("ALICE", 17, 150) if kind == "F"]
    assert found["ALICE"].splitlines()[1:] == [
        f"trade,{first},A1,AAPL,sell_short,25,49.9900,0.0000,done",
        f"trade,{second},#0,AAPL,sell,20,50.0000,0.0000,busted",
        "position,,A1,AAPL,,-25,,,", "end,,,,,3,,,"]
    assert found["TICK"].splitlines()[3:] == ["position,,FUND,AAPL,,25,,,", "end,,,,,3,,,"]
    assert found["TOCK"].splitlines()[1:] == ["end,,,,,0,,,"]


@pytest.mark.parametrize("seed", range(3))
def test_drop_copy_and_end_of_day_file_agree_whatever_was_traded(seed, tmp_path):
    print(f"seed {seed}")
    rng, day = random.Random(seed), Day()
    for _ in range(300):
        kind, price = rng.random(), 500_000 + 100 * rng.randint(-4, 4)
        name = rng.choice(("TICK", "TOCK"))
        number = rng.randint(1, day.numbers[name] + 1)
        if kind < 0.4:
            day.enter(name, rng.choice("BSTE"), rng.randint(1, 300), price, time_in_force=rng.choice("003"))
        elif kind < 0.6:
            day.new(rng.choice((b"1", b"2", b"5")), rng.randint(1, 300), b"%d.%02d" % divmod(price // 100, 100))
        elif kind < 0.75:
            day.replace(name, number, rng.randint(0, 300), price)
        elif kind < 0.9:
            day.ouch(name, "X", user_ref=number, quantity=rng.choice((0, 20, 100)))
        else:
            match = rng.randint(1, 60)
            command = rng.choice((Bust(match), Correct(match, rng.randint(1, 60), price)))
            day.exchange.venue.apply(command, day.clock.now())
    accounts, kinds = [b"", b"FUND"], {b"F": BookedKind.FILL, b"H": BookedKind.BUST, b"G": BookedKind.CORRECT}
    told, places = {name: Positions() for name in ("ALICE", "TICK", "TOCK")}, {b"1": 1, b"2": 2, b"5": 5, b"6": 6}
    for copy in day.sent["DROP"]:
        kind = kinds.get(copy.get(Tag.ExecType))
        if kind:
            assert not told[copy.get(Tag.OnBehalfOfCompID).decode()].book(Booked(
                kind, copy.get(Tag.ExecID).decode(), (copy.get(Tag.ExecRefID) or b"").decode(),
                accounts.index(copy.get(Tag.Account) or b""), 0, Side(places[copy.get(Tag.Side)]),
                int(copy.get(Tag.LastQty)), round(float(copy.get(Tag.LastPx)) * 10_000), 0, 0))
    for name, text in day.exchange.statements().items():
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        theirs = read_end_of_day(path, lambda name: accounts.index(name.encode().removeprefix(b"#0")), lambda _: 0)
        assert len(theirs.trades) > 20
        assert reconcile(told[name].trades(), told[name], theirs) == []
