"""The whole exchange on the virtual clock: FIX clients, a crowd, faults; the same every time, and faster than time."""

import random
import tomllib
from pathlib import Path

import pytest

from host.fix.message import Message
from host.fix.timestamp import stamp
from sim.exchange.clock import VirtualClock
from sim.exchange.config import parse
from sim.exchange.exchange import Exchange
from sim.exchange.joined import Joined
from sim.market.binaryfile import write_binaryfile
from sim.market.messages import Messages
from sim.models.feed import ReferenceFeed
from tests.sim.exchange.trading import engine_levels
from wire import itch50, moldudp64
from wire.fix.tags import Tag
from wire.itch50 import Side

NOW = 1_795_185_000_000_000_000
SECOND = 1_000_000_000
CONFIG = """
[[symbol]]
name = "AAPL"
reference = "50.00"
[[symbol]]
name = "MSFT"
reference = "40.00"
[day]
start = "09:29:59"
open = "09:30:00"
close = "09:30:20"
end = "09:30:25"
[feed]
a = "239.255.77.1:26477"
b = "239.255.77.2:26477"
faults = "a:loss=0.05,reorder=0.05,delay=1000,jitter=500;b:dup=0.05,loss=0.01;seed=4"
[fix]
address = "127.0.0.1:0"
defaults = { sender = "EXCHANGE" }
[[fix.session]]
target = "ALICE"
[[fix.session]]
target = "BOB"
begin_string = "FIX.4.2"
[[fix.session]]
target = "DROP"
copies = []
[[crowd]]
rate = 100
orders = 40
[[plan]]
at = "09:30:05"
do = "halt MSFT T1"
[[plan]]
at = "09:30:07"
do = "resume MSFT"
[[plan]]
at = "09:30:08"
do = "resume MSFT"
[[plan]]
at = "09:30:09"
do = "faults b:loss=1"
[[plan]]
at = "09:30:10"
do = "faults a:loss=0.01;b:loss=0.01"
[[plan]]
at = "09:30:11"
do = "resume AAPL"
"""


LEAST = """
[[symbol]]
name = "AAPL"
reference = "50.00"
[feed]
a = "239.255.77.1:26477"
b = "239.255.77.2:26477"
"""


class Client:
    """A FIX client that sends orders at random times, and keeps what it was told."""

    def __init__(self, exchange, joined, name, seed):
        self.exchange, self.rng, self.told, self.number = exchange, random.Random(seed), [], 0
        self.side = joined.client(name, self.told.append, latency=50_000)
        self.stop = exchange.clock.now() + 22 * SECOND
        self._next()

    def _next(self):
        self.exchange.clock.call_at(self.exchange.clock.now() + self.rng.randrange(1, 100_000_000), self._act)

    def _act(self):
        rng, now = self.rng, self.exchange.clock.now()
        if now > self.stop:
            return
        self.number += 1
        common = [(Tag.ClOrdID, b"%d" % self.number), (Tag.Symbol, rng.choice((b"AAPL", b"MSFT"))),
                  (Tag.Side, rng.choice((b"1", b"2"))), (Tag.TransactTime, stamp(now))]
        if rng.random() < 0.7:
            price = b"%d.%02d" % (rng.choice((50, 40)), rng.randrange(100))
            self.side.send(Message(b"D", [*common, (Tag.HandlInst, b"1"), (Tag.OrderQty, b"100"), (Tag.OrdType, b"2"),
                                          (Tag.Price, price)]))
        else:
            self.side.send(Message(b"F", [*common, (Tag.OrigClOrdID, b"%d" % rng.randint(1, self.number)),
                                          (Tag.OrderQty, b"100")]))
        self._next()


def play():
    """Return the exchange after its day, its clients, and what arrived on its lines."""
    clock = VirtualClock(NOW)
    exchange = Exchange(parse(tomllib.loads(CONFIG), "x.toml", Path(".")), clock)
    arrived = []
    exchange.on_packet = lambda line, packet: arrived.append((line, packet))
    joined = Joined(exchange)
    clients = [Client(exchange, joined, "ALICE", 1), Client(exchange, joined, "BOB", 2)]
    copies = []
    joined.client("DROP", copies.append)
    exchange.begin()
    clock.run(NOW + 40 * SECOND)
    return exchange, clients, copies, arrived


@pytest.fixture(scope="module")
def played():
    return play()


def test_a_day(played):
    exchange, clients, copies, arrived = played
    assert exchange.over and exchange.venue.feed.over and not len(exchange.venue.engine)
    assert exchange.refused == ["resume AAPL: not in this trading state"]
    letters = {chr(message[0]) for message in exchange.venue.feed.messages}
    assert letters >= set("SRHYAFEDUQIX")
    events = [message[11:12] for message in exchange.venue.feed.messages if message[:1] == b"S"]
    assert events == [b"O", b"S", b"Q", b"M", b"E", b"C"]
    days = [message[39:40] if message[:1] == b"Q" else message[11:12] for message in exchange.venue.feed.messages
            if message[:1] in b"QS"]
    # The crosses of two symbols: the opening ones, one behind a halt, the closing ones behind the market's hours.
    assert b"".join(days) == b"OSQOOHMCCEC"

    # Whoever listens to both lines, and asks for what both lost, has every message once and in order.
    feed, asked = ReferenceFeed(expected=1), 0
    taken = []
    for line, packet in arrived:
        taken += feed.datagram(line, packet)
    while feed.expected < exchange.venue.feed.next:
        request = moldudp64.HEADER.pack({"session": "TICKGATE01", "sequence": feed.expected, "count": 100})
        answer = moldudp64.unpack(exchange.venue.feed.answer(request))
        for number, message in enumerate(answer.messages, answer.sequence):
            taken += feed.inject(number, message)
            asked += 1
    assert [one.message for one in taken] == exchange.venue.feed.messages
    assert asked and len(arrived) > 500 and feed.ended

    # Trades that clients were told of are on the feed.
    reports = [message for client in clients for message in client.told]
    executed = {int(message[23:31].hex(), 16) for message in exchange.venue.feed.messages if message[:1] == b"E"}
    mine = {int(message.get(Tag.SecondaryExecID)) for message in clients[0].told
            if message.get(Tag.ExecType) == b"F" and message.get(Tag.LastLiquidityInd)}
    assert mine and mine <= executed
    assert len(copies) == sum(message.msg_type == b"8" for message in reports)


def test_the_same_again(played):
    first, second = played, play()
    assert first[0].venue.feed.messages == second[0].venue.feed.messages
    assert first[3] == second[3]
    assert [[message.fields for message in client.told] for client in first[1]] == [
        [message.fields for message in client.told] for client in second[1]]


def test_imbalances_are_published_every_second_before_a_cross():
    day = '[day]\nstart="09:29:58"\nopen="09:30:00"\nclose="09:30:10"\nend="09:30:11"\nimbalance=3\n'
    clock = VirtualClock(NOW)
    exchange = Exchange(parse(tomllib.loads(LEAST + day), "x.toml", Path(".")), clock)
    exchange.begin()
    clock.run(NOW + 20 * SECOND)
    told = [itch50.unpack(message) for message in exchange.venue.feed.messages if message[:1] in b"IQ"]
    begin = (9 * 60 + 29) * 60 + 58
    assert [(one["type"], one["cross_type"], one["timestamp"] / SECOND - begin) for one in told] == [
        ("I", "O", 0), ("I", "O", 1), ("I", "O", 2), ("Q", "O", 2),
        ("I", "C", 9), ("I", "C", 10), ("I", "C", 11), ("I", "C", 12), ("Q", "C", 12)]


def test_a_day_that_is_ended_early_stays_ended():
    clock = VirtualClock(NOW)
    exchange = Exchange(parse(tomllib.loads(CONFIG), "x.toml", Path(".")), clock)
    exchange.begin()
    clock.run(NOW + 3 * SECOND)
    exchange.end()
    said = list(exchange.venue.feed.messages)
    clock.run(NOW + 40 * SECOND)
    assert exchange.venue.feed.messages == said and said[-1][11:12] == b"C" and not exchange.refused


def test_our_orders_are_matched_into_a_recorded_market(tmp_path):
    def message(letter, seconds, **fields):
        return itch50.pack(letter, locate=13, timestamp=(34_199 + seconds) * SECOND, **fields)

    order = {"side": "B", "shares": 100, "stock": "AAPL", "price": 500_000}
    recorded = [message("A", 2, reference=4, **order),
                message("A", 3, reference=8, **order | {"side": "S", "price": 500_200}),
                message("E", 6, reference=4, shares=80, match=1), message("D", 8, reference=8)]
    write_binaryfile(tmp_path / "day.itch", Messages.of(recorded))
    text = CONFIG.split("[[crowd]]")[0] + '[recorded]\nfile = "day.itch"\nlocates = { 13 = "AAPL" }'
    clock = VirtualClock(NOW)
    exchange = Exchange(parse(tomllib.loads(text), "x.toml", tmp_path), clock)
    told = []
    client = Joined(exchange).client("ALICE", told.append)
    exchange.begin()
    clock.run(NOW + 4 * SECOND)
    # Better than the recorded bid: it is first in line when the record has that one executed.
    client.send(Message(b"D", [(Tag.ClOrdID, b"1"), (Tag.HandlInst, b"1"), (Tag.Symbol, b"AAPL"), (Tag.Side, b"1"),
                               (Tag.TransactTime, stamp(clock.now())), (Tag.OrderQty, b"30"), (Tag.OrdType, b"2"),
                               (Tag.Price, b"50.01")]))
    clock.run(NOW + 10 * SECOND)
    assert [(one.get(Tag.ExecType), one.get(Tag.LastPx)) for one in told] == [(b"0", None), (b"F", b"50.01")]
    assert engine_levels(exchange.venue.engine, 1, Side.BUY) == [(500_000, 50, 1)]
    assert engine_levels(exchange.venue.engine, 1, Side.SELL) == []


def test_a_lost_connection_loses_no_report():
    clock = VirtualClock(NOW)
    exchange = Exchange(parse(tomllib.loads(CONFIG.split("[[crowd]]")[0]), "x.toml", Path(".")), clock)
    joined, told = Joined(exchange), []
    client = joined.client("ALICE", told.append, latency=1000)
    exchange.begin()
    clock.run(NOW + 2 * SECOND)
    assert client.logged_on

    def enter(number):
        client.send(Message(b"D", [(Tag.ClOrdID, b"%d" % number), (Tag.HandlInst, b"1"), (Tag.Symbol, b"AAPL"),
                                   (Tag.Side, b"1"), (Tag.TransactTime, stamp(clock.now())), (Tag.OrderQty, b"10"),
                                   (Tag.OrdType, b"2"), (Tag.Price, b"49")]))
    enter(1)
    clock.run(clock.now() + 1500)                      # it has arrived, the answer is under way
    client.cut()
    enter(2)
    clock.run(clock.now() + SECOND)
    assert not told and len(exchange.venue.engine) == 1
    joined.reconnect(client, joined.side("ALICE"), 1000)
    clock.run(clock.now() + SECOND)
    assert [message.get(Tag.ClOrdID) for message in told] == [b"1", b"2"]
    assert len(exchange.venue.engine) == 2
    snapshot = exchange.venue.snapshot(clock.now())
    assert sum(message[:1] == b"A" for message in snapshot) == 2 and snapshot[-1][:1] == b"G"
    levels = engine_levels(exchange.venue.engine, 1, Side.BUY)
    assert levels == [(490_000, 20, 2)] and itch50.unpack(snapshot[0])["event"] == "Q"
