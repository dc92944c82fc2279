"""Crosses: their price, who takes part, what is published; busts and corrections."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.exchange import events as did
from sim.exchange.book import BUY as PLUS
from sim.exchange.book import SELL as MINUS
from sim.exchange.book import Order
from sim.exchange.clearing import Interest
from sim.exchange.commands import Bust, CloseCross, Correct, Halt, Indicate, New, OpenCross, Resume, TimeInForce
from sim.exchange.events import CancelReason, Liquidity, RejectReason
from tests.sim.exchange.test_engine import BUY, SELL, Market, names, reason
from wire.itch50 import CrossType, ImbalanceDirection, PriceVariation, TradingAction

ON_OPEN, ON_CLOSE = TimeInForce.ON_OPEN, TimeInForce.ON_CLOSE


def interest(*orders):
    """orders: (sign, shares, price)."""
    return Interest(Order(number, New(1, BUY if sign == PLUS else SELL, shares, price, ""), sign)
                    for number, (sign, shares, price) in enumerate(orders))


@given(st.lists(st.tuples(st.sampled_from((PLUS, MINUS)), st.integers(1, 4),
                          st.one_of(st.none(), st.integers(9_994, 9_999), st.sampled_from((10_000, 10_100, 10_200)))),
                max_size=7),
       st.sampled_from((9_900, 9_996, 9_999, 10_000, 10_100, 10_400)))
def test_no_price_of_the_grid_makes_a_better_cross(orders, last):
    def at(price):
        demand = sum(shares for sign, shares, limit in orders if sign == PLUS and (limit is None or limit >= price))
        supply = sum(shares for sign, shares, limit in orders if sign == MINUS and (limit is None or limit <= price))
        return -min(demand, supply), abs(demand - supply), abs(price - last), price
    best = min(at(price) for price in [*range(9_890, 10_000), *range(10_000, 10_600, 100)])
    found = interest(*orders).clear(last)
    assert (found and (-found.paired, abs(found.imbalance), abs(found.price - last), found.price)) == (
        best if best[0] else None)


def test_most_shares_come_before_least_imbalance_before_the_nearest_price():
    # At 10.02 200 shares, at 10.00 only 100.
    assert interest((PLUS, 200, 100_200), (MINUS, 100, 100_000), (MINUS, 100, 100_200)).clear(100_000).price == 100_200
    # 100 shares at any of 10.00 to 10.02, but no imbalance only between.
    crossing = ((PLUS, 100, 100_200), (PLUS, 50, 100_000), (MINUS, 100, 100_000), (MINUS, 50, 100_200))
    assert interest(*crossing).clear(90_000) == (100_100, 100, 0)
    # Nothing but the last price to choose by.
    either = ((PLUS, 100, 100_500), (MINUS, 100, 100_000))
    assert [interest(*either).clear(last).price for last in (90_000, 100_300, 110_000)] == [100_000, 100_300, 100_500]
    assert interest((PLUS, 100, 99_900), (MINUS, 100, 100_000)).clear(100_000) is None


def test_the_opening_cross_executes_by_priority_and_begins_trading():
    market = Market(TradingAction.QUOTATION)
    market.new(BUY, 100, 100_200)
    market.new(BUY, 100, 100_300)
    market.new(BUY, 100, 100_000, ON_OPEN)
    market.new(BUY, 50, None, ON_OPEN)
    market.new(SELL, 180, 100_000)
    market.new(BUY, 10, 99_000, ON_CLOSE)
    events = market.do(OpenCross(1))
    assert names(events) == ["Imbalance"] + ["Executed"] * 4 + ["CrossTrade", "Canceled", "StateChanged"]
    assert [(event.reference, event.shares, event.leaves, event.displayed) for event in events[1:5]] == [
        (4, 50, 0, False), (2, 100, 0, True), (1, 30, 70, True), (5, 180, 0, True)]
    assert {(event.price, event.match, event.liquidity) for event in events[1:5]} == {(100_100, 1, Liquidity.CROSS)}
    assert events[5] == did.CrossTrade(1, 180, 100_100, 1, CrossType.OPENING)
    assert (events[6].reference, events[6].shares, events[6].reason) == (3, 100, CancelReason.CROSS)
    assert events[7].state is TradingAction.TRADING
    assert market.book() == [("B", 70, 100_200, 1)] and market.engine.last(1) == 100_100
    # The on-close order still waits.
    assert len(market.engine) == 2


def test_a_cross_without_interest_is_published_all_the_same():
    market = Market()
    events = market.do(CloseCross(1))
    assert names(events) == ["Imbalance", "CrossTrade"]
    assert events[1] == did.CrossTrade(1, 0, 0, 1, CrossType.CLOSING)
    assert reason(market.do(Bust(1))) is RejectReason.UNKNOWN_MATCH


def test_crosses_come_once_and_not_while_halted():
    market = Market()
    market.do(OpenCross(1))
    assert reason(market.do(OpenCross(1))) is RejectReason.TOO_LATE
    assert reason(market.new(BUY, 1, None, ON_OPEN)) is RejectReason.TOO_LATE
    market.do(Halt(1))
    assert reason(market.do(CloseCross(1))) is RejectReason.WRONG_STATE
    market.do(Resume(1))
    market.do(CloseCross(1))
    assert market.engine.state(1) is TradingAction.QUOTATION
    assert reason(market.new(BUY, 1, None, ON_CLOSE)) is RejectReason.TOO_LATE


def test_an_indication_tells_what_a_cross_would_give_and_changes_nothing():
    market = Market(TradingAction.QUOTATION)
    assert market.do(Indicate(1, CrossType.OPENING)) == [did.Imbalance(
        1, 0, 0, ImbalanceDirection.INSUFFICIENT_ORDERS, 0, 0, 100_000, CrossType.OPENING,
        PriceVariation.NOT_AVAILABLE)]
    market.new(BUY, 300, 103_000)
    market.new(SELL, 100, 102_000)
    market.new(BUY, 70, 100_000, ON_OPEN)
    market.new(SELL, 50, 100_000, ON_OPEN)
    assert market.do(Indicate(1, CrossType.OPENING)) == [did.Imbalance(
        1, 50, 320, ImbalanceDirection.BUY, 100_000, 102_000, 100_000, CrossType.OPENING,
        PriceVariation.FROM_2_PERCENT)]
    # The closing cross knows nothing of on-open orders.
    (event,) = market.do(Indicate(1, CrossType.CLOSING))
    assert (event.paired_shares, event.imbalance_shares, event.far_price, event.near_price) == (0, 300, 0, 102_000)
    assert len(market.engine) == 4


@pytest.mark.parametrize("price, variation", [
    (100_900, "L"), (101_000, "1"), (109_900, "9"), (110_000, "A"), (119_900, "A"), (120_000, "B"), (130_000, "C"),
    (900_000, "C"), (99_100, "L"), (50_000, "C")])
def test_variations_have_their_codes(price, variation):
    market = Market(TradingAction.QUOTATION)
    market.new(BUY, 100, price)
    market.new(SELL, 100, price)
    assert market.do(Indicate(1, CrossType.OPENING))[0].variation == variation


def test_a_trade_is_broken_once():
    market = Market()
    market.new(SELL, 100, 100_000)
    fills = tuple(market.new(BUY, 40, 100_000)[1:])
    assert market.do(Bust(1)) == [did.Broken(1, 1, fills)]
    assert reason(market.do(Bust(1))) is RejectReason.BROKEN_MATCH
    assert reason(market.do(Bust(2))) is RejectReason.UNKNOWN_MATCH
    assert market.book() == [("S", 60, 100_000, 1)]


def test_a_trade_is_corrected_under_a_new_match_number():
    market = Market()
    market.new(SELL, 100, 100_000)
    fills = tuple(market.new(BUY, 40, 100_000)[1:])
    (event,) = market.do(Correct(1, 30, 99_900))
    new = tuple(fill._replace(shares=30, price=99_900, match=2) for fill in fills)
    assert event == did.Corrected(1, 1, 2, 30, 99_900, fills, new)
    assert reason(market.do(Correct(1, 30, 99_900))) is RejectReason.BROKEN_MATCH
    assert market.do(Bust(2)) == [did.Broken(1, 2, new)]


@pytest.mark.parametrize("command, expected", [
    (Correct(1, 41, 100_000), RejectReason.INVALID_SHARES), (Correct(1, 0, 100_000), RejectReason.INVALID_SHARES),
    (Correct(1, 40, 0), RejectReason.INVALID_PRICE), (Correct(1, 40, 100_001), RejectReason.INVALID_TICK),
    (Correct(9, 40, 100_000), RejectReason.UNKNOWN_MATCH)])
def test_corrections_out_of_range_are_refused(command, expected):
    market = Market()
    market.new(SELL, 40, 100_000)
    market.new(BUY, 40, 100_000)
    assert reason(market.do(command)) is expected


def test_a_cross_is_broken_whole_and_not_corrected():
    market = Market(TradingAction.QUOTATION)
    market.new(SELL, 100, 100_000)
    market.new(BUY, 60, 100_000)
    market.new(BUY, 40, 100_000)
    fills = tuple(event for event in market.do(OpenCross(1)) if isinstance(event, did.Executed))
    assert len(fills) == 3
    assert reason(market.do(Correct(1, 10, 100_000))) is RejectReason.NOT_CORRECTABLE
    assert market.do(Bust(1)) == [did.Broken(1, 1, fills)]
