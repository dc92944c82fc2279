"""Random requests of participants in both versions, and of operators: what all are told adds up, always."""

import random
from collections import Counter as Tally

import pytest

from sim.exchange.commands import Bust, CloseCross, Correct, Halt, OpenCross, Pause, Resume, SelfMatch
from sim.exchange.events import Executed
from tests.sim.exchange.fixdesk.counter import Counter, client
from tests.sim.exchange.trading import SYMBOLS
from wire.fix.tags import Tag
from wire.itch50 import Side, TradingAction

NOW = "20261120-14:30:00"


class Market:
    """Participants who act at random, and the last report on each order of each."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.counter = Counter(
            client("A", self_match=SelfMatch.CANCEL_OLDEST, pending=True), client("B", begin_string=b"FIX.4.2"),
            client("C", self_match=SelfMatch.CANCEL_BOTH, accounts=frozenset({"X", "Y"})),
            client("COPY", copies=frozenset()), client("OLD", copies=frozenset({b"A"}), begin_string=b"FIX.4.2"))
        self.number, self.matches = 0, []
        self.ids = {who: [b""] for who in "ABC"}
        self.last, self.fills = {}, Tally()
        self.counter.venue.listen(self._listen)

    def step(self):
        """Let somebody do something, and take all that is said."""
        rng, who = self.rng, self.rng.choice("ABC")
        kind = rng.choices(("new", "cancel", "replace", "mass", "operate"), (60, 12, 18, 1, 9))[0]
        self.number += 1
        self.counter.sent.clear()
        getattr(self, f"_{kind}")(who, str(self.number))
        for session, message in self.counter.sent:
            if session in self.ids and message.msg_type == b"8":
                self._take(session, message)

    def _new(self, who, clordid):
        rng = self.rng
        self.ids[who].append(clordid.encode())
        limit = rng.random() < 0.9
        more = {"Price": f"{rng.choice((49, 50, 51))}.{rng.randint(0, 9)}0"} if limit else {}
        self.counter.ask(who, "D", ClOrdID=clordid, HandlInst="1", Symbol=rng.choice(("AAPL", "AAPL", "MSFT", "ZZZ")),
                         Side=rng.choice("125"), TransactTime=NOW, OrderQty=str(rng.choice((100, 300, 50, 0))),
                         OrdType="2" if limit else "1", Account=rng.choice("XYZ"), TimeInForce=rng.choice("0000234"),
                         **more)

    def _orig(self, who):
        return self.rng.choice(self.ids[who][-25:]).decode() or "none"

    def _cancel(self, who, clordid):
        self.ids[who].append(clordid.encode())
        self.counter.cancel(who, clordid, self._orig(who), self.rng.choice("12"))

    def _replace(self, who, clordid):
        self.ids[who].append(clordid.encode())
        self.counter.replace(who, clordid, self._orig(who), self.rng.choice((50, 100, 400)),
                             f"{self.rng.choice((49, 50, 51))}.50", self.rng.choice("12"))

    def _mass(self, who, clordid):
        if who != "B":
            self.counter.ask(who, "q", ClOrdID=clordid, MassCancelRequestType="7", TransactTime=NOW)

    def _operate(self, who, clordid):
        rng, locate = self.rng, self.rng.choice(SYMBOLS).locate
        match = rng.choice(self.matches[-20:]) if self.matches else 1
        stopped = [one.locate for one in SYMBOLS
                   if self.counter.venue.engine.state(one.locate) is not TradingAction.TRADING]
        command = Resume(rng.choice(stopped)) if stopped and rng.random() < 0.8 else rng.choice((
            Bust(match), Bust(match), Correct(match, rng.randint(1, 60), 505_000), Halt(locate), Pause(locate),
            CloseCross(locate), OpenCross(locate)))
        self.counter.venue.apply(command, self.counter.now)

    def _listen(self, events, now):
        for event in events:
            if isinstance(event, Executed):
                self.matches.append(event.match)

    def _take(self, session, message):
        def whole(tag):
            return int(message.get(tag) or 0)
        order = session, message.get(Tag.OrderID)
        old = message.get(Tag.ExecTransType)
        kind = message.get(Tag.ExecType)
        if order[1] != b"NONE":
            before = self.last.get(order)
            shares = whole(Tag.LastQty)
            if before is not None and shares:
                ref = self.fills[session, message.get(Tag.ExecRefID)] if message.get(Tag.ExecRefID) else 0
                now = 0 if kind == b"H" or old == b"1" else shares
                # What was filled changes by what is told, less what it takes the place of.
                assert whole(Tag.CumQty) - int(before.get(Tag.CumQty)) == now - ref, message
                self.fills[session, message.get(Tag.ExecID)] = now
            assert whole(Tag.LeavesQty) + whole(Tag.CumQty) <= whole(Tag.OrderQty), message
            self.last[order] = message


@pytest.mark.parametrize("seed", range(4))
def test_reports_add_up(seed):
    market = Market(seed)
    engine = market.counter.venue.engine
    for _ in range(500):
        market.step()
        open_ones = {key: int(one.get(Tag.LeavesQty)) for key, one in market.last.items()
                     if int(one.get(Tag.LeavesQty))}
        assert len(open_ones) == len(engine)
    told = Tally()
    for one in market.last.values():
        # Orders for a cross are not displayed.
        if one.get(Tag.TimeInForce) == b"0":
            told[one.get(Tag.Symbol).decode(), one.get(Tag.Side) == b"1", one.get(Tag.Price)] += int(
                one.get(Tag.LeavesQty))
    for symbol in SYMBOLS:
        for order in engine.resting(symbol.locate):
            price = b"%d.%02d" % divmod(order.price // 100, 100)
            told[symbol.name, order.side is Side.BUY, price] -= order.shares
    assert not any(told.values()) and len(engine)
    assert sum(market.fills.values()) > 3000
