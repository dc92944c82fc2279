"""The closed loop: what the exchange, the gate in gateware and the host say of one day is the same, every time."""

from collections import Counter

import pytest

from host.fix.message import Message
from host.journal.journal import read_journal
from host.oms.inputs import Intend, IntentKind, Kill, Verdict
from host.oms.outputs import Alarm, AlarmKind
from host.positions.booked import Booked
from host.run.ledger import INPUTS, LedgerError, replay
from host.strategy.imbalance import Imbalance, ImbalanceParameters
from host.strategy.interface import Strategy
from host.strategy.market_maker import MarketMaker, MarketMakerParameters
from sim.exchange.fixdesk.orders import Status
from sim.loop.check import differences, exchange_statement, reconciled
from sim.loop.scenario import Scenario
from sim.loop.world import World
from wire.fix.tags import Tag
from wire.risk import Rule

SECOND = 1_000_000_000


class Greedy(Strategy):
    """Buys at the ask with every book, whatever was said to it; rests at the bid with every tenth."""

    def __init__(self):
        self.books, self.told = 0, []

    def on_book(self, symbol):
        touch = self.context.views.touch(symbol)
        if touch:
            self.books += 1
            self.context.buy(symbol, 100, touch[0] if self.books % 10 == 0 else touch[2])

    def on_order(self, order, tell):
        self.told.append(tell)


def both():
    return [Imbalance(ImbalanceParameters(threshold=2000, limit=1000)),
            MarketMaker(MarketMakerParameters())]


def assert_agreed(world):
    assert differences(world) == [] and reconciled(world) == []
    world.journal.commit()
    again = replay(world.journal.path, world.settings)
    assert again.oms.snapshot() == world.ledger.oms.snapshot()
    assert again.positions.dump() == world.ledger.positions.dump()


def serious(world):
    return [alarm for alarm in world.loop.alarms if alarm.kind is not AlarmKind.STARTED]


@pytest.mark.parametrize("faults", ["", "a:loss=0.1;b:loss=0.1;both:loss=0.05;seed=3"])
def test_a_day_ends_with_exchange_gate_and_host_agreed(tmp_path, faults):
    scenario = Scenario(seed=3, seconds=10, faults=faults)
    with World(scenario.setup(), both(), tmp_path / "journal") as world:
        world.run()
        assert_agreed(world)
        assert not serious(world) and not world.exchange.refused
        counts, counters = world.loop.counts, world.market.device.counters()
        assert counts["fills"] == len(exchange_statement(world).trades) > 10 and counts["records"] > 300
        assert counts["accepted"] == counters["risk_accepted"] and counts["refused"] == counters["risk_refused"]
        assert counts["reports applied"] == counters["risk_applied"] and not counts["reports unmatched"]
        assert bool(world.recovered) == bool(counters["msgs_injected"]) == bool(faults)
        assert counters["msgs_decoded"] == world.exchange.venue.feed.next - 1 > 300
        assert {position.symbol for position in world.ledger.positions} == {0, 1}


def test_gate_and_order_manager_hold_the_same_open_orders_all_day(tmp_path):
    with World(Scenario(seed=5, seconds=6).setup(), both(), tmp_path / "journal") as world:
        book, compared = world.ledger.oms.book, 0
        for when in range(world.clock.now(), world.end, SECOND // 10):
            world.run(when)
            if not book.requests:
                assert differences(world) == []
                compared += sum(order.open for order in book.orders.values())
        assert compared > 20


def test_the_same_seed_makes_the_same_journal(tmp_path):
    def day(name, seed):
        with World(Scenario(seed=seed, seconds=3, faults="a:loss=0.2;b:loss=0.2;seed=1").setup(), both(),
                   tmp_path / name) as world:
            world.run()
            assert world.loop.counts["fills"]
        return (tmp_path / name).read_bytes()
    assert day("one", 1) == day("two", 1) != day("other", 2)


def test_what_the_gate_refuses_never_leaves(tmp_path):
    setup = Scenario(seed=1, seconds=4, position=300, open_orders=3).setup()
    with World(setup, [Greedy()], tmp_path / "journal") as world:
        world.run()
        assert_agreed(world)
        entries = [entry.record for entry in read_journal(world.journal.path, INPUTS)]
        refused = [entry for entry in entries if isinstance(entry, Verdict) and not entry.accepted]
        masks = Counter(Rule(verdict.mask) for verdict in refused)
        assert any(Rule.POSITION in mask for mask in masks)
        sent = {order.clordid for order in world.exchange.fix.orders[world.exchange.config.fix[0].settings.id].values()}
        assert not sent & {b"%016X" % verdict.request for verdict in refused} and sent
        assert all(0 < position.shares <= 300 for position in world.ledger.positions)
        assert world.loop.counts["refused"] == len(refused) == world.market.device.counters()["risk_refused"]


def test_a_kill_shuts_the_gate_and_leaves_nothing_at_the_exchange(tmp_path):
    with World(Scenario(seed=5, seconds=6).setup(), both(), tmp_path / "journal") as world:
        book, when = world.ledger.oms.book, world.clock.now()
        while sum(order.open for order in book.orders.values()) < 2:
            when += SECOND // 20
            assert when < world.end
            world.run(when)
        world.loop.take(Kill(-1, -1, "test", "somebody", world.clock.now()))
        assert world.market.gate.status()["killed"]
        world.run(when + SECOND // 10)
        desk = world.exchange.fix.orders[world.exchange.config.fix[0].settings.id].values()
        assert {one.status for one in desk} <= {Status.CANCELED, Status.FILLED, Status.EXPIRED} and not book.requests
        assert not any(order.open for order in book.orders.values())
        sent = world.loop.counts["accepted"]
        world.run()
        assert world.loop.counts["accepted"] == sent and world.loop.counts["intents"]
        assert any("nothing rests" in alarm.text for alarm in serious(world))
        assert_agreed(world)


def test_nothing_is_sent_before_the_journal_holds_what_it_follows_from(tmp_path):
    with World(Scenario(seed=3, seconds=3).setup(), both(), tmp_path / "journal") as world:
        path, send, checked = world.journal.path, world.venue.send_made, []

        def checking(make, now):
            fields = dict(field.split(b"=", 1) for field in make(1, now).split(b"\x01")[:-1])
            if fields[b"%d" % Tag.MsgType] == b"D" and len(checked) < 20:
                order = replay(path, world.settings).oms.book.chains[fields[b"%d" % Tag.ClOrdID]]
                assert world.ledger.oms.book.orders[order].shares == int(fields[b"%d" % Tag.OrderQty])
                checked.append(order)
            return send(make, now)

        world.venue.send_made = checking
        world.run()
        assert len(checked) > 3


def test_a_message_that_cannot_be_read_is_alarmed_and_the_day_goes_on(tmp_path):
    with World(Scenario(seed=3, seconds=2).setup(), both(), tmp_path / "journal") as world:
        poll, odd = world.venue.poll, [Message(b"9", [(Tag.OrderID, b"7")])]
        world.venue.poll = lambda: [*poll(), *(odd.pop() for _ in odd[:])]
        world.run()
        alarm, = serious(world)
        assert isinstance(alarm, Alarm) and alarm.kind is AlarmKind.BAD_EXECUTION and "ClOrdID (11)" in alarm.text
        assert_agreed(world)


def test_a_journal_whose_bookings_do_not_follow_is_refused(tmp_path):
    with World(Scenario(seed=3, seconds=2).setup(), both(), tmp_path / "journal") as world:
        world.run()
        booked = next(entry.record for entry in read_journal(world.journal.path, INPUTS)
                      if isinstance(entry.record, Booked))
        world.journal.append(booked)
        world.journal.commit()
        with pytest.raises(LedgerError, match=booked.exec_id):
            replay(world.journal.path, world.settings)
        with pytest.raises(FileExistsError, match="journal"):
            World(Scenario().setup(), both(), world.journal.path)


def test_orders_are_asked_for_by_the_strategies_alone(tmp_path):
    with World(Scenario(seed=3, seconds=2).setup(), both(), tmp_path / "journal") as world:
        world.run()
        asked = [entry.record for entry in read_journal(world.journal.path, INPUTS) if isinstance(entry.record, Intend)]
        new = sum(intent.kind == IntentKind.NEW for intent in asked)
        assert new == len(world.ledger.oms.book.orders) and {intent.strategy for intent in asked} == {1, 2}
