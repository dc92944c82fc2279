"""Rules of the engine, one by one: orders, replacements, self-match prevention, states."""

import pytest

from sim.exchange import events as did
from sim.exchange.commands import (
    Cancel,
    EndOfDay,
    Halt,
    MassCancel,
    New,
    Pause,
    Replace,
    Resume,
    SelfMatch,
    TimeInForce,
)
from sim.exchange.engine import Engine
from sim.exchange.events import CancelReason, Landing, Liquidity, RejectReason
from sim.exchange.symbols import MAX_SHARES, Symbol
from wire.itch50 import MAX_PRICE, Side, TradingAction

BUY, SELL = Side.BUY, Side.SELL
DAY, IOC, FOK = TimeInForce.DAY, TimeInForce.IOC, TimeInForce.FOK


class Market:
    """An engine of one symbol, locate 1, and the short forms of the commands."""

    def __init__(self, state=TradingAction.TRADING):
        self.engine = Engine([Symbol(locate=1, name="ALFA", reference=100_000, state=state)])

    def do(self, command):
        return self.engine.apply(command, 0)

    def new(self, side, shares, price, kind=DAY, owner="ANNA", **more):
        return self.do(New(1, side, shares, price, owner, time_in_force=kind, **more))

    def book(self):
        return [(str(row.side), row.shares, row.price, row.reference) for row in self.engine.resting(1)]


def names(events):
    return [type(event).__name__ for event in events]


def trades(events):
    """Return (reference, shares, price) of what the resting orders traded."""
    return [(event.reference, event.shares, event.price) for event in events
            if isinstance(event, did.Executed) and event.liquidity is Liquidity.ADDED]


def reason(events):
    (event,) = events
    assert isinstance(event, did.Rejected)
    return event.reason


@pytest.fixture
def market():
    return Market()


def test_an_order_is_accepted_and_joins_the_book(market):
    events = market.new(BUY, 100, 99_900, token="a", account="X", attribution="GSCO")
    assert events == [did.Accepted(1, 1, BUY, 100, 99_900, "ANNA", "X", "a"),
                      did.Added(1, 1, BUY, 100, 99_900, "GSCO", "ANNA", "X", "a")]
    assert market.engine.best(1, BUY) == (99_900, 100) and market.engine.best(1, SELL) is None


def test_the_best_price_trades_first_then_the_oldest_order_each_at_its_own_price(market):
    for price in (100_100, 100_000, 100_000):
        market.new(SELL, 100, price)
    events = market.new(BUY, 250, 100_200, owner="BERT", token="b")
    assert trades(events) == [(2, 100, 100_000), (3, 100, 100_000), (1, 50, 100_100)]
    assert events[1:3] == [
        did.Executed(1, 2, SELL, 100, 100_000, 1, Liquidity.ADDED, 0, True, "ANNA", "", None),
        did.Executed(1, 4, BUY, 100, 100_000, 1, Liquidity.REMOVED, 150, False, "BERT", "", "b")]
    assert [event.match for event in events[1:]] == [1, 1, 2, 2, 3, 3]
    assert market.book() == [("S", 50, 100_100, 1)] and market.engine.last(1) == 100_100


def test_what_is_left_of_a_limit_order_rests(market):
    market.new(SELL, 100, 100_000)
    assert names(market.new(BUY, 150, 100_000)) == ["Accepted", "Executed", "Executed", "Added"]
    assert market.book() == [("B", 50, 100_000, 2)]


@pytest.mark.parametrize("price, kind", [(100_000, IOC), (None, IOC), (None, DAY)])
def test_what_is_left_of_an_ioc_or_a_market_order_is_cancelled(market, price, kind):
    market.new(SELL, 100, 100_000)
    events = market.new(BUY, 150, price, kind)
    assert names(events) == ["Accepted", "Executed", "Executed", "Canceled"]
    assert events[-1][3:7] == (50, 0, CancelReason.IMMEDIATE, False) and market.book() == []


def test_a_fill_or_kill_order_trades_whole_or_not_at_all(market):
    market.new(SELL, 100, 100_000)
    market.new(SELL, 100, 100_100)
    for shares, price in ((101, 100_000), (201, None), (201, 100_200)):
        events = market.new(BUY, shares, price, FOK)
        assert names(events) == ["Accepted", "Canceled"] and events[1].reason is CancelReason.UNFILLABLE
    assert [event.leaves for event in market.new(BUY, 200, 100_100, FOK)[1:]] == [0, 100, 0, 0]


def test_a_post_only_order_is_refused_when_it_would_trade(market):
    market.new(SELL, 100, 100_000)
    assert reason(market.new(BUY, 100, 100_000, post_only=True)) is RejectReason.WOULD_TRADE
    assert names(market.new(BUY, 100, 99_900, post_only=True)) == ["Accepted", "Added"]


@pytest.mark.parametrize("change, expected", [
    ({"locate": 2}, RejectReason.UNKNOWN_SYMBOL), ({"side": "T"}, RejectReason.INVALID_SIDE),
    ({"shares": 0}, RejectReason.INVALID_SHARES), ({"shares": MAX_SHARES + 1}, RejectReason.INVALID_SHARES),
    ({"price": 0}, RejectReason.INVALID_PRICE), ({"price": MAX_PRICE + 100}, RejectReason.INVALID_PRICE),
    ({"price": 10_001}, RejectReason.INVALID_TICK),
    ({"post_only": True, "price": None}, RejectReason.INVALID_COMBINATION),
    ({"post_only": True, "time_in_force": IOC}, RejectReason.INVALID_COMBINATION)])
def test_what_is_out_of_range_is_refused(market, change, expected):
    command = New(1, BUY, 100, 100_000, "ANNA")._replace(**change)
    assert market.do(command) == [did.Rejected(command, expected)]
    assert len(market.engine) == 0


@pytest.mark.parametrize("shares, price", [(1, 1), (MAX_SHARES, MAX_PRICE), (5, 9_999), (5, 10_000)])
def test_the_ends_of_the_ranges_are_taken(market, shares, price):
    assert names(market.new(BUY, shares, price)) == ["Accepted", "Added"]


# Replacing and cancelling

def test_a_replacement_by_fewer_shares_keeps_its_place_and_its_reference(market):
    for _ in range(2):
        market.new(SELL, 100, 100_000)
    (event,) = market.do(Replace(1, 60, 100_000, "ANNA", "new"))
    assert event.landing is Landing.KEPT
    assert (event.reference, event.shares, event.old_shares, event.token) == (1, 60, 100, "new")
    assert trades(market.new(BUY, 100, 100_000)) == [(1, 60, 100_000), (2, 40, 100_000)]


@pytest.mark.parametrize("shares, price", [(100, 100_100), (60, 100_100), (101, 100_000), (100, 100_000)])
def test_any_other_replacement_goes_to_the_end_of_its_price(market, shares, price):
    market.new(SELL, 100, 100_000)
    market.new(SELL, 100, 100_000)
    market.new(SELL, 100, 100_100)
    (event,) = market.do(Replace(1, shares, price, "ANNA"))
    assert (event.landing, event.old_reference, event.reference) == (Landing.MOVED, 1, 4)
    assert [row[3] for row in market.book() if row[2] == price][-1] == 4


def test_the_shares_of_a_replacement_count_those_executed(market):
    market.new(SELL, 100, 100_000)
    market.new(BUY, 40, 100_000)
    (event,) = market.do(Replace(1, 90, 100_000, "ANNA"))
    assert (event.landing, event.old_shares, event.shares) == (Landing.KEPT, 60, 50)
    (event,) = market.do(Replace(1, 140, 100_000, "ANNA"))
    assert (event.landing, event.old_shares, event.shares) == (Landing.MOVED, 50, 100)
    (event,) = market.do(Replace(event.reference, 40, 100_000, "ANNA"))
    assert (type(event), event.shares, event.reason) == (did.Canceled, 100, CancelReason.USER)


def test_a_replacement_that_meets_the_other_side_trades(market):
    market.new(BUY, 100, 99_900)
    market.new(SELL, 100, 100_000)
    events = market.do(Replace(1, 150, 100_000, "ANNA"))
    assert names(events) == ["Replaced", "Executed", "Executed", "Added"] and events[0].landing is Landing.ENTERED
    assert trades(events) == [(2, 100, 100_000)] and market.book() == [("B", 50, 100_000, 3)]


def test_a_post_only_order_cannot_be_replaced_into_a_trade_and_stays(market):
    market.new(BUY, 100, 99_900, post_only=True)
    market.new(SELL, 100, 100_000)
    assert reason(market.do(Replace(1, 100, 100_000, "ANNA"))) is RejectReason.WOULD_TRADE
    assert market.book()[0] == ("B", 100, 99_900, 1)


@pytest.mark.parametrize("command, expected", [
    (Replace(9, 100, 99_900, "ANNA"), RejectReason.UNKNOWN_ORDER),
    (Replace(1, 100, 99_900, "BERT"), RejectReason.UNKNOWN_ORDER),
    (Replace(1, 0, 99_900, "ANNA"), RejectReason.INVALID_SHARES),
    (Replace(1, 100, None, "ANNA"), RejectReason.INVALID_PRICE),
    (Replace(1, 100, 99_950, "ANNA"), RejectReason.INVALID_TICK),
    (Cancel(9, "ANNA"), RejectReason.UNKNOWN_ORDER), (Cancel(1, "BERT"), RejectReason.UNKNOWN_ORDER),
    (Cancel(1, "ANNA", 100), RejectReason.INVALID_SHARES), (Cancel(1, "ANNA", -1), RejectReason.INVALID_SHARES)])
def test_changes_of_what_is_not_ones_own_or_out_of_range_are_refused(market, command, expected):
    market.new(BUY, 100, 99_900)
    assert reason(market.do(command)) is expected
    assert market.book() == [("B", 100, 99_900, 1)]


def test_an_order_is_cancelled_in_part_and_whole(market):
    market.new(BUY, 100, 99_900)
    assert [event[3:7] for event in market.do(Cancel(1, "ANNA", 30))] == [(70, 30, CancelReason.USER, True)]
    assert market.engine.best(1, BUY) == (99_900, 30)
    assert [event[3:7] for event in market.do(Cancel(1, None))] == [(30, 0, CancelReason.SUPERVISORY, True)]
    assert market.book() == [] and len(market.engine) == 0


def test_a_mass_cancel_takes_all_that_fits(market):
    market.new(BUY, 1, 99_900, account="X")
    market.new(SELL, 2, 100_100, account="X")
    market.new(BUY, 3, 99_900, account="Y")
    market.new(BUY, 4, 99_800, owner="BERT", account="X")
    assert [event.shares for event in market.do(MassCancel("ANNA", "X", 1, BUY))] == [1]
    assert market.do(MassCancel("CARL")) == []
    assert [event.shares for event in market.do(MassCancel("ANNA"))] == [2, 3]
    events = market.do(MassCancel(None))
    assert [(event.shares, event.reason) for event in events] == [(4, CancelReason.SUPERVISORY)]


# Self-match prevention

@pytest.mark.parametrize("mode, happens, left", [
    (SelfMatch.ALLOW, ["Executed", "Executed"], [("S", 100, 100_000, 2)]),
    (SelfMatch.CANCEL_NEWEST, ["Canceled"], [("S", 100, 100_000, 1), ("S", 100, 100_000, 2)]),
    (SelfMatch.CANCEL_OLDEST, ["Canceled", "Executed", "Executed"], []),
    (SelfMatch.CANCEL_BOTH, ["Canceled", "Canceled"], [("S", 100, 100_000, 2)])])
def test_orders_of_an_account_meet(market, mode, happens, left):
    market.new(SELL, 100, 100_000, account="X")
    market.new(SELL, 100, 100_000, account="Y")
    events = market.new(BUY, 100, 100_000, account="X", owner="BERT", self_match=mode)
    assert names(events) == ["Accepted", *happens] and market.book() == left
    assert all(event.reason is CancelReason.SELF_MATCH for event in events if isinstance(event, did.Canceled))


def test_orders_without_an_account_are_nobodys_match(market):
    market.new(SELL, 100, 100_000)
    assert len(trades(market.new(BUY, 100, 100_000, self_match=SelfMatch.CANCEL_BOTH))) == 1


@pytest.mark.parametrize("mode, shares, fills", [
    (SelfMatch.ALLOW, 300, 3), (SelfMatch.CANCEL_NEWEST, 100, 1), (SelfMatch.CANCEL_NEWEST, 101, 0),
    (SelfMatch.CANCEL_OLDEST, 200, 2), (SelfMatch.CANCEL_OLDEST, 201, 0), (SelfMatch.CANCEL_BOTH, 100, 1),
    (SelfMatch.CANCEL_BOTH, 101, 0)])
def test_a_fill_or_kill_order_does_not_count_on_its_own_account(market, mode, shares, fills):
    for account in ("Y", "X", "Y"):
        market.new(SELL, 100, 100_000, account=account)
    events = market.new(BUY, shares, 100_000, FOK, account="X", self_match=mode)
    assert len(trades(events)) == fills
    assert fills or names(events) == ["Accepted", "Canceled"]


# States

def test_while_halted_or_paused_orders_can_only_be_cancelled(market):
    market.new(BUY, 100, 99_900)
    market.new(BUY, 100, 99_900)
    for stop in (Pause(1, "LUDP"), Halt(1, "T1")):
        (event,) = market.do(stop)
        assert event == did.StateChanged(1, TradingAction.PAUSED if type(stop) is Pause else TradingAction.HALTED,
                                         stop.reason)
        for command in (New(1, BUY, 1, 99_900, "ANNA"), New(1, BUY, 1, 1, "ANNA", time_in_force=TimeInForce.ON_CLOSE),
                        Replace(2, 50, 99_900, "ANNA")):
            assert reason(market.do(command)) is RejectReason.HALTED
    assert names(market.do(Cancel(1, "ANNA")) + market.do(MassCancel("ANNA"))) == ["Canceled", "Canceled"]


def test_in_quotation_orders_rest_even_where_prices_cross(market):
    market.do(Halt(1))
    market.do(Resume(1))
    assert market.engine.state(1) is TradingAction.QUOTATION
    for command in (New(1, BUY, 1, None, "ANNA"), New(1, BUY, 1, 1, "ANNA", time_in_force=IOC),
                    New(1, BUY, 1, 1, "ANNA", time_in_force=FOK)):
        assert reason(market.do(command)) is RejectReason.NOT_TRADING
    market.new(BUY, 100, 100_200)
    market.new(SELL, 100, 100_000)
    assert [event.landing for event in market.do(Replace(2, 100, 99_900, "ANNA"))] == [Landing.MOVED]
    events = market.do(Resume(1, "R4"))
    assert names(events) == ["Imbalance", "Executed", "Executed", "CrossTrade", "StateChanged"]
    assert events[-1] == did.StateChanged(1, TradingAction.TRADING, "R4") and market.book() == []


@pytest.mark.parametrize("before, command", [
    ((), Resume(1)), ((Halt(1),), Halt(1)), ((Halt(1),), Pause(1)), ((Pause(1),), Pause(1))])
def test_a_state_that_is_or_cannot_follow_is_refused(market, before, command):
    for earlier in before:
        market.do(earlier)
    assert reason(market.do(command)) is RejectReason.WRONG_STATE


def test_the_end_of_the_day_cancels_all_and_no_order_is_taken(market):
    market.new(BUY, 100, 99_900)
    market.new(BUY, 100, None, TimeInForce.ON_CLOSE)
    events = market.do(EndOfDay())
    assert [event.reason for event in events] == [CancelReason.CLOSED] * 2 and len(market.engine) == 0
    assert reason(market.new(BUY, 100, 99_900)) is RejectReason.CLOSED
    assert reason(market.do(EndOfDay())) is RejectReason.CLOSED


def test_time_does_not_go_back(market):
    market.engine.apply(Halt(1), 5)
    with pytest.raises(ValueError, match="now must not be before 5, not 4"):
        market.engine.apply(Resume(1), 4)


def test_numbers_begin_where_they_are_told():
    engine = Engine([Symbol(locate=1, name="A", reference=100, state=TradingAction.TRADING)], first_reference=70,
                    first_match=9)
    engine.apply(New(1, BUY, 1, 100, "ANNA"), 0)
    events = engine.apply(New(1, SELL, 1, 100, "ANNA"), 0)
    assert [event.reference for event in events] == [71, 70, 71] and events[1].match == 9


@pytest.mark.parametrize("fields", [{"locate": 0}, {"name": "TOOLONGER"}, {"name": ""}, {"reference": 10_001},
                                    {"reference": 0}])
def test_a_symbol_out_of_range_is_refused(fields):
    with pytest.raises(ValueError, match=next(iter(fields))):
        Symbol(**{"locate": 1, "name": "A", "reference": 100} | fields)


def test_two_symbols_of_a_name_are_refused():
    with pytest.raises(ValueError, match="'A', locate 2, is there twice"):
        Engine([Symbol(locate=1, name="A", reference=100), Symbol(locate=2, name="A", reference=100)])
