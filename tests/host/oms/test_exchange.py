"""The order manager trades by FIX at the simulated exchange: what the exchange says of each order is what it says."""

import random

import pytest

from host.oms.book import Phase
from host.oms.fix import FixOrders, Names
from host.oms.inputs import (
    GateRead,
    Intend,
    IntentKind,
    Linked,
    ReportDone,
    Started,
    TimeInForce,
    Unlinked,
    Verdict,
)
from host.oms.oms import Oms
from host.oms.outputs import Alarm, Report, ToGate, ToVenue
from host.oms.settings import Settings
from sim.exchange.commands import Bust, Correct
from sim.exchange.fixdesk.orders import Status
from tests.host.oms.world import Gate
from tests.sim.exchange.fixdesk.counter import Counter, client
from wire.risk import OrderType, Side
from wire.risk import Status as Decision

SYMBOL = b"AAPL"


class Trader:
    """An order manager behind the reference gate, as participant A; participant B is the rest of the world."""

    def __init__(self, rng, version, **more):
        self.rng, self.gate, self.version = rng, Gate(open_orders=16), version
        self.counter = Counter(client("A", begin_string=version, **more), client("B"))
        self.fix = FixOrders(names=Names((b"MAIN",), (SYMBOL,)), begin_string=version)
        self.oms = Oms(Settings(open_orders=16, mass_status=version != b"FIX.4.2",
                                rejects=10_000, dont_know=False))
        self.heard, self.alarms, self.count, self.matches = [], [], 0, []
        self.counter.venue.listen(lambda events, now: self.matches.extend(
            event.match for event in events if hasattr(event, "match") and hasattr(event, "leaves")))
        self.take(Started(1, 0, self.now()))
        self.take(GateRead(self.now()))
        self.take(Linked(self.now()))
        self.hear()

    def now(self):
        self.counter.now += 1000
        return self.counter.now

    def take(self, input_):
        for each in self.oms.take(input_):
            match each:
                case ToGate():
                    verdict = self.gate.request(each.kind, each.client, each.token, each.shares, each.price, 0, 0,
                                                each.side, each.type)
                    self.take(Verdict(each.client, each.kind, each.token, int(verdict["status"]) == Decision.ACCEPTED,
                                      int(verdict["mask"]), int(verdict["fault"]), 0, self.now()))
                case Report():
                    verdict = self.gate.report(each.kind, each.number, each.token, each.shares, each.price,
                                               each.old_price)
                    assert int(verdict["status"]) == Decision.APPLIED, each
                    self.take(ReportDone(each.token, each.number, True, 0, self.now()))
                case ToVenue():
                    self.count += 1
                    message = self.fix.message(each, self.counter.now)
                    fields = {tag.name: value.decode("latin-1") for tag, value in message.fields}
                    self.heard += self.counter.ask("A", message.msg_type.decode(), **fields)
                case Alarm():
                    self.alarms.append(each)

    def hear(self):
        while self.heard:
            self.take(self.fix.input(self.heard.pop(0), day=0, time=self.now()))

    def step(self):
        what = self.rng.random()
        if what < 0.6:
            self.intend()
        elif what < 0.9:
            side, price = self.rng.choice("12"), self.rng.randint(4995, 5005)
            self.count += 1
            self.counter.new("B", f"b{self.count}", side, self.rng.randint(1, 300), f"{price // 100}.{price % 100:02}",
                             TimeInForce=self.rng.choice("03"))
            self.heard += self.counter.to("A")
        elif what < 0.96 and self.matches:
            self.counter.sent.clear()
            match = self.matches.pop(self.rng.randrange(len(self.matches)))
            self.counter.venue.apply(self.rng.choice([Bust(match), Correct(match, 1, 50_0000)]), self.now())
            self.heard += self.counter.to("A")
        elif what > 0.99:
            self.hear()
            self.take(Unlinked(self.now()))
            self.take(Linked(self.now()))
        self.hear()

    def intend(self):
        open_ = [order for order in self.oms.book.orders.values() if order.open]
        kind = self.rng.choice(list(IntentKind)) if open_ else IntentKind.NEW
        self.take(Intend(kind, self.count, 1, self.rng.choice(open_).id if kind != IntentKind.NEW else 0, 0, 0,
                         self.rng.choice([Side.BUY, Side.SELL]), OrderType.LIMIT,
                         self.rng.choice([TimeInForce.DAY, TimeInForce.IOC]), self.rng.randint(1, 200),
                         self.rng.randint(4995, 5005) * 100, self.now()))


@pytest.mark.parametrize("pending", [False, True])
@pytest.mark.parametrize("version", [b"FIX.4.2", b"FIX.4.4"])
@pytest.mark.parametrize("seed", range(4))
def test_orders_fills_and_positions_are_the_exchanges(seed, version, pending):
    print(f"seed {seed}")
    trader = Trader(random.Random(seed), version, pending=pending)
    for _ in range(250):
        trader.step()
    trader.hear()
    book = trader.oms.book
    theirs = {id(order): order for order in trader.counter.desk.orders["A"].values()}.values()
    ours = {order.cl_ord_id: order for order in book.orders.values()}
    position = 0
    for one in theirs:
        order = ours[one.clordid]
        assert (order.cum, order.leaves, order.notional) == (one.filled, one.leaves, one.notional)
        if one.status is not Status.REJECTED:
            assert order.order_id == one.order_id and order.working.name in (one.status.name.replace("CANCELED",
                                                                             "CANCELLED"), "REPLACED", "FILLED")
        position += order.sign * one.filled
    assert len(theirs) > 20 and book.positions.get((0, 0), 0) == position
    assert book.phase is Phase.OPEN and not book.illegal and not book.requests
    assert trader.gate.model.pairs[0, 0].position + book.gaps.get((0, 0), 0) == position
    trader.gate.model.verify()
