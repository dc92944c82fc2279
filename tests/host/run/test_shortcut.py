"""Whether orders take the short way or the long one: journal, state and what leaves are the same, byte for byte."""

import random
from dataclasses import dataclass, field
from itertools import count

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.books import books
from bench.memory import MemoryTransport, MemoryVenue
from host.device.driver import Device
from host.device.reader import EventReader
from host.fix.message import Message
from host.journal.disk import Sync
from host.journal.journal import Journal
from host.oms.book import Phase
from host.oms.fix import FixOrders, Names
from host.oms.inputs import Intend, Kill, Resume
from host.oms.outputs import ToGate
from host.oms.settings import Settings
from host.risk.gate import Gate
from host.run.gateway import Gateway, GatewayError
from host.run.ledger import INPUTS, Ledger, LedgerError, replay
from host.run.loop import Loop
from host.run.venue import Link
from host.strategy.dispatch import Dispatch
from host.strategy.imbalance import Imbalance, ImbalanceParameters
from host.strategy.interface import Context, RequestError, Strategy
from host.strategy.views import Views
from wire.fix.tags import Tag
from wire.pages import Page
from wire.records import FeedEvent, RecordKind
from wire.registers import ADDRESS_BITS

SYMBOLS, ENTRIES, ALL = 4, 16, (-1, -1)
START = 1_795_185_200_000_000_000
OPTIONS = Settings(open_orders=1 << 8, gate_window=4, rejects=6)


class Scribbler(Strategy):
    """Asks for anything, whatever it is told."""

    def __init__(self, chance):
        self._chance = chance

    def _scribble(self, often, symbol=0):
        chance, context = self._chance, self.context
        while chance.random() < often:
            orders = context.open_orders(symbol)
            match chance.randrange(5):
                case 0 if orders:
                    context.cancel(chance.choice(orders).ref)
                case 1 if orders:
                    context.replace(chance.choice(orders).ref, chance.randrange(300), 10_000)
                case 2:
                    context.sell(symbol, chance.choice((0, 100)), chance.choice((0, 990_000)))
                case _:
                    context.buy(symbol, chance.choice((0, 100, 1 << 32)), chance.choice((0, 1, 1_000_000, 1 << 32)))

    def on_book(self, symbol):
        self._scribble(0.3, symbol)

    def on_trade(self, symbol, price, shares):
        self._scribble(0.2, symbol)

    def on_state(self, symbol, state):
        self._scribble(0.2, symbol)

    def on_order(self, order, tell):
        self._scribble(0.05, order.symbol)

    def on_timer(self, now):
        self._scribble(0.2)


class Transport(MemoryTransport):
    """Notes what is written to the windows, and decides on a part of it."""

    def __init__(self, ring):
        super().__init__(ring)
        self.seen = []

    def write_words(self, addr, words):
        if addr >> ADDRESS_BITS in (Page.ORDERS, Page.REPORTS):
            self.seen.append((addr, bytes(words)))
        super().write_words(addr, words)

    def decide_some(self, most):
        left = self._published[most:]
        del self._published[most:]
        self.decide()
        self._published += left


class Venue(MemoryVenue):
    """Answers in one way or the other, or not at all; links can be lost."""

    def answer(self):
        self._asked = [message for message in self._asked if message.msg_type in (b"AF", b"D")]
        return super().answer()

    def reply(self, chance):
        ids = count(len(self._out))
        for message in self._asked:
            if message.msg_type == b"AF":
                continue
            own = [(tag, value) for tag, value in message.fields if tag in (
                Tag.ClOrdID, Tag.OrigClOrdID, Tag.Symbol, Tag.Side, Tag.OrderQty, Tag.OrdType, Tag.Price,
                Tag.TimeInForce)]
            shares = message.get(Tag.OrderQty) or b"0"
            kind, status, cum, leaves = chance.choice((
                (b"0", b"0", b"0", shares), (b"F", b"2", shares, b"0"), (b"4", b"4", b"0", b"0"),
                (b"8", b"8", b"0", b"0")))
            number = b"%d.%d" % (self._seq, next(ids))
            last = [(Tag.LastQty, shares), (Tag.LastPx, b"100")] if kind == b"F" else []
            self._out.append(Message(b"8", [
                *own, (Tag.OrderID, b"V" + number), (Tag.ExecID, b"E" + number), (Tag.ExecType, kind),
                (Tag.OrdStatus, status), (Tag.LeavesQty, leaves), (Tag.CumQty, cum), (Tag.AvgPx, b"0"), *last]))
        self._asked = [message for message in self._asked if message.msg_type == b"AF"]
        self.answer()

    def link(self, link):
        self._out.append(link)


@dataclass
class Life:
    """A loop on such a device, and its clock."""

    path: object
    shortcut: bool
    strategies: list
    options: Settings = OPTIONS
    sync: Sync = Sync.NEVER
    now: int = START
    number: int = 0
    alarms: list = field(default_factory=list)

    def __post_init__(self):
        records = books(1 << 10, SYMBOLS)
        self.books, self.ring = records, np.zeros(ENTRIES, records.dtype)
        self.transport, self.venue = Transport(self.ring), Venue()
        gate = Gate(Device(self.transport))
        self.ledger = Ledger(self.options)
        self.journal = Journal(self.path, INPUTS, sync=self.sync, now=lambda: self.now)
        self.ledger.begin(self.journal)
        views = Views(SYMBOLS, self.ring["bids"].shape[1])
        seats = [(strategy, Context(views, strategy=number)) for number, strategy in enumerate(self.strategies, 1)]
        names = Names((b"DESK",), tuple(b"S%d" % symbol for symbol in range(SYMBOLS)))
        self.loop = Loop(
            ledger=self.ledger, dispatch=Dispatch(views, seats), gateway=Gateway(gate), records=EventReader(self.ring),
            venue=self.venue, clock=lambda: self.now, shut=lambda output: None, shortcut=self.shortcut,
            orders=FixOrders(names=names, begin_string=b"FIX.4.4", digits=9), on_alarm=self.alarms.append)
        self.loop.start(epoch=1, day=0)
        self.settle()
        assert self.ledger.oms.book.phase is Phase.OPEN

    def settle(self):
        while self.venue.answer() | self.loop.step() | self.transport.decide() > 0:
            self.now += 1000

    def show(self, many, chance=None):
        for _ in range(many):
            self.number += 1
            record = self.books[self.number % len(self.books)].copy()
            if chance is not None and chance.random() < 0.05:
                record["kind"], record["cause"] = RecordKind.FEED, chance.choice((FeedEvent.STALE, FeedEvent.RECOVERED))
            record["seq"] = self.number
            self.ring[(self.number - 1) % ENTRIES] = record

    def act(self, chance):
        """Do one thing, and have some turns."""
        match chance.randrange(20):
            case 0:
                self.now += chance.choice((1, 20_000_000, 6_000_000_000))
            case 1:
                self.loop.take(Kill(*chance.choice((ALL, (-1, 1), (0, 2))), "so", "me", self.now))
            case 2 | 3:
                for pair in list(self.ledger.oms.book.kills):
                    self.loop.take(Resume(*pair, "so", "me", self.now))
            case 4:
                self.venue.link(chance.choice((Link.UP, Link.UP, Link.DOWN)))
            case 5 | 6 | 7:
                self.venue.reply(chance)
            case 8 | 9 | 10:
                self.transport.decide_some(chance.randrange(6))
            case 11:
                self.settle()
            case 12:
                self.show(ENTRIES + 3, chance)
            case _:
                self.show(chance.choice((1, 1, 1, 4)), chance)
        for _ in range(chance.randrange(4)):
            self.loop.step()

    def told(self):
        """All that must not depend on the way."""
        return (self.ledger.oms.snapshot(), self.ledger.positions.dump(), self.transport.seen, self.loop.counts,
                self.alarms)

    def close(self):
        self.journal.close()


def lived(path, seed, *, shortcut):
    chance = random.Random(seed)
    life = Life(path, shortcut, [Imbalance(ImbalanceParameters(threshold=500, pause=0)), Scribbler(chance)])
    try:
        for _ in range(120):
            life.act(chance)
    finally:
        life.close()
    assert replay(path, OPTIONS).oms.snapshot() == life.ledger.oms.snapshot()
    return life


@given(seed=st.integers(0, 1 << 32))
@settings(max_examples=15, deadline=None, print_blob=True)
def test_both_ways_are_the_same(tmp_path_factory, seed):
    folder = tmp_path_factory.mktemp("ways")
    short, long = (lived(folder / str(way), seed, shortcut=way) for way in (True, False))
    assert (folder / "True").read_bytes() == (folder / "False").read_bytes()
    assert short.told() == long.told()
    assert not long.loop.shortcuts


def test_it_is_taken(tmp_path):
    assert sum(lived(tmp_path / str(seed), seed, shortcut=True).loop.shortcuts for seed in range(3)) > 10


def taker(path, **more):
    return Life(path, True, [Imbalance(ImbalanceParameters(threshold=500, pause=0))], **more)


def test_the_journal_has_an_order_before_the_gate_and_the_order_manager(tmp_path):
    life, seen = taker(tmp_path / "journal"), []

    def write_words(addr, words):
        if addr >> ADDRESS_BITS == Page.ORDERS:
            raw = (tmp_path / "journal").read_bytes()
            (tmp_path / "copy").write_bytes(raw)
            client = int.from_bytes(bytes(words)[:8], "little")
            seen.append((client in life.ledger.oms.book.orders, client in replay(tmp_path / "copy", OPTIONS
                                                                                 ).oms.book.orders))
        write(addr, words)

    write, life.transport.write_words = life.transport.write_words, write_words
    try:
        while len(seen) < 5:
            life.show(1)
            life.settle()
    finally:
        life.close()
    assert seen == [(False, True)] * 5


def test_a_journal_that_must_be_on_the_disk_first_has_the_long_way_alone(tmp_path):
    life = taker(tmp_path / "journal", sync=Sync.ALWAYS)
    try:
        for _ in range(20):
            life.show(1)
            life.settle()
    finally:
        life.close()
    assert life.transport.seen and not life.loop.shortcuts


def test_a_slot_that_the_order_manager_does_not_come_to_ends_the_loop(tmp_path):
    life = taker(tmp_path / "journal")
    take = life.ledger.take

    def other(input_):
        return [one._replace(shares=one.shares + 1) if isinstance(one, ToGate) else one for one in take(input_)]

    life.ledger.take = other
    try:
        with pytest.raises(GatewayError, match="was published, but what waits is ToGate"):
            for _ in range(50):
                life.show(1)
                life.settle()
    finally:
        life.close()


def test_what_is_taken_behind_must_be_what_is_in_the_journal(tmp_path):
    life = taker(tmp_path / "journal")
    try:
        life.ledger.put(INPUTS.packer(Intend)(*range(1, 13)))
        with pytest.raises(LedgerError, match="is in the journal, but what comes is Resume"):
            life.ledger.take(Resume(0, 0, "", "", 0))
    finally:
        life.close()


class Asks(Strategy):
    """Does ``act``, once it is told to, at the next book. acting: whether it is to."""

    def __init__(self, act):
        self._act, self.acting = act, False

    def on_book(self, symbol):
        if self.acting:
            self.acting = False
            self._act(self.context)


def acted(path, act, before=lambda life: None, *, turns=True, **more):
    """Let a strategy act in a life that has traded; return the life, and how many slots left while it acted."""
    strategy = Asks(act)
    life, left = Life(path, True, [strategy], **more), []
    life.strategy = strategy
    for _ in range(3):
        life.show(1)
        life.settle()
    before(life)
    act_, strategy._act = strategy._act, None

    def watched(context):
        seen = len(life.transport.seen)
        act_(context)
        left.append(len(life.transport.seen) - seen)

    strategy._act, strategy.acting = watched, True
    life.show(1)
    life.loop.step()
    return life, sum(left)


def shut(life):
    """Let the venue's session be lost and stand again: positions and orders are not agreed yet."""
    life.venue.link(Link.DOWN)
    life.venue.link(Link.UP)
    life.loop.step()
    assert life.ledger.oms.book.phase is Phase.RECOVERING


def killed(life):
    life.loop.take(Kill(0, 1, "so", "me", life.now))
    life.loop.step()


@pytest.mark.parametrize("act, before, many", [
    (lambda context: context.buy(0, 100, 5), lambda life: None, 1),
    (lambda context: (context.buy(0, 100, 5), context.buy(1, 100, 5)), lambda life: None, 1),
    (lambda context: (context.cancel(1), context.buy(0, 100, 5)), lambda life: traded(life), 0),
    (lambda context: context.buy(0, 0, 5), lambda life: None, 0),
    (lambda context: context.buy(0, 1 << 32, 5), lambda life: None, 0),
    (lambda context: context.buy(0, 100, 1 << 32), lambda life: None, 0),
    (lambda context: context.buy(0, 100, -1), lambda life: None, 0),
    (lambda context: context.buy(0, 100, 5), shut, 0),
    (lambda context: context.buy(0, 100, 5), killed, 0),
    (lambda context: context.buy(0, 100, 5), lambda life: life.venue.link(Link.DOWN), 0),
], ids=["plain", "twice", "behind a cancel", "no shares", "too many shares", "too high a price", "below nothing",
        "before all is agreed", "killed", "behind a lost session, in one turn"])
def test_what_the_order_manager_would_refuse_or_do_later_does_not_leave_first(tmp_path, act, before, many):
    life, left = acted(tmp_path / "journal", act, before)
    try:
        assert left == many
        life.settle()
    finally:
        life.close()
    assert replay(tmp_path / "journal", OPTIONS).oms.snapshot() == life.ledger.oms.snapshot()


def traded(life):
    """Let the strategy have an order, ref 1, that rests."""
    life.strategy.context.buy(0, 100, 5)
    life.settle()
    assert life.ledger.oms.book.orders and life.strategy.context.orders[1].order


def test_what_a_strategy_asked_for_before_it_asks_for_nonsense_takes_its_way_and_then_it_is_told_nothing(tmp_path):
    def act(context):
        context.buy(0, 100, 5)
        context.buy(SYMBOLS, 100, 5)

    strategy, other = Asks(act), Asks(lambda context: None)
    life = Life(tmp_path / "journal", True, [strategy, other])
    try:
        for _ in range(3):
            life.show(1)
            life.settle()
        strategy.acting = other.acting = True
        life.show(2)
        with pytest.raises(RequestError, match="strategy 1: a buy order of symbol 4: symbol must be 0..3"):
            life.loop.step()
        assert life.loop.shortcuts == 1
        strategy.acting = True
        life.show(2)
        life.settle()
        assert strategy.acting and not other.acting
        (order,) = life.ledger.oms.book.orders.values()
        assert strategy.context.orders[1].order == order.id
    finally:
        life.close()
    assert replay(tmp_path / "journal", OPTIONS).oms.snapshot() == life.ledger.oms.snapshot()


@pytest.mark.parametrize("method", ["on_order", "on_timer"])
def test_nonsense_in_an_answer_or_in_time_is_told_when_all_that_follows_is_done(tmp_path, method):
    class Late(Asks):
        wrong = False

    setattr(Late, method, lambda self, *_: self.context.cancel(99) if self.wrong else None)
    strategy = Late(lambda context: context.buy(0, 100, 5))
    life = Life(tmp_path / "journal", True, [strategy])
    strategy.wrong = True
    try:
        with pytest.raises(RequestError, match="strategy 1: a cancel of ref 99: there is no such order"):
            for _ in range(3):
                strategy.acting = True
                life.show(1)
                life.settle()
                life.now += 50_000_000
        life.settle()
    finally:
        life.close()
    assert replay(tmp_path / "journal", OPTIONS).oms.snapshot() == life.ledger.oms.snapshot()
