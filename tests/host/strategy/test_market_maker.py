"""The market maker, step by step. Prices in cents, to read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.oms.inputs import IntentKind
from host.oms.outputs import Reason, TellKind
from host.oms.states import State
from host.strategy.market_maker import MarketMaker, MarketMakerParameters
from host.strategy.quoting import quote_prices
from tests.host.strategy.broker import Broker
from tests.host.strategy.desk import LIVE, book, feed
from wire.records import FeedEvent, TradingState

CENT = 100


def maker(*, slow=False, **parameters):
    defaults = {"symbols": (0,), "shares": 100, "limit": 300, "edge": 1, "skew": 3, "pause": 1_000}
    return Broker(MarketMaker(MarketMakerParameters(**defaults | parameters)), slow=slow)


def cents(bid, ask, *more, shares=500, **fields):
    """A book with others' ``shares`` at bid and ask, and (sign, cents, shares) in front of them."""
    sides = {1: [(bid * CENT, shares)], -1: [(ask * CENT, shares)]}
    for sign, price, size in more:
        sides[sign].insert(0, (price * CENT, size))
    return book(0, tuple(sides[1]), tuple(sides[-1]), **fields)


def test_it_quotes_both_sides():
    assert maker().see(cents(1000, 1004)) == [("NEW", "BUY", 100, 1001 * CENT), ("NEW", "SELL_SHORT", 100, 1003 * CENT)]


def test_it_moves_by_replaces_and_not_for_its_own_quotes():
    broker = maker()
    broker.see(cents(1000, 1004))
    assert broker.see(cents(1000, 1004, (1, 1001, 100), (-1, 1003, 100))) == []
    assert broker.see(cents(1001, 1005, (1, 1001, 600), (-1, 1003, 100))) == [
        ("REPLACE", "BUY", 100, 1002 * CENT), ("REPLACE", "SELL_SHORT", 100, 1004 * CENT)]


def test_one_side_waits_for_the_other_where_they_would_meet():
    broker = maker(slow=True)
    broker.see(cents(1000, 1004))
    for ref in (1, 2):
        broker.say(ref, kind=TellKind.ORDER, state=State.NEW)
    assert broker.see(cents(1004, 1008)) == [("REPLACE", "SELL_SHORT", 100, 1007 * CENT)]
    broker.grant(broker.asked[-1])
    assert broker.see(cents(1004, 1008)) == [("REPLACE", "BUY", 100, 1005 * CENT)]


def test_it_leans_against_what_it_holds():
    broker = maker()
    broker.see(cents(1000, 1010))
    assert broker.context.open_orders(0)[0].price == 1004 * CENT
    # The whole quote is filled: 100 of 300 held, one tick down; the next buy is new, the sell is no short sale now.
    broker.fill(1, 100)
    assert broker.see(cents(1000, 1010)) == [("NEW", "BUY", 100, 1003 * CENT), ("CANCEL", "SELL_SHORT", 0, 0)]
    assert broker.wait(1_001) == [("NEW", "SELL", 100, 1005 * CENT)]


def test_a_quote_partly_filled_keeps_its_place_and_moves_with_what_is_left():
    broker = maker(skew=0)
    broker.see(cents(1000, 1010))
    broker.fill(1, 40)
    assert broker.see(cents(1000, 1010)) == []
    assert broker.see(cents(1000, 1008))[0] == ("REPLACE", "BUY", 140, 1003 * CENT)


def test_it_stops_at_its_limit():
    broker = maker(limit=100, skew=0)
    broker.see(cents(1000, 1010))
    broker.fill(1, 70)
    assert ("REPLACE", "BUY", 100, 1005 * CENT) in broker.see(cents(1002, 1010))
    broker.fill(1, 30)
    broker.see(cents(1002, 1010))
    assert [order.sign for order in broker.context.open_orders(0)] == [-1]


@pytest.mark.parametrize("bad", [cents(1000, 1004, state=TradingState.HALTED), cents(1000, 1000),
                                 feed(FeedEvent.STALE), book(0, bids=())])
def test_it_takes_its_quotes_away_and_brings_them_back(bad):
    broker = maker()
    broker.see(cents(1000, 1004))
    assert broker.see(bad) == [("CANCEL", "BUY", 0, 0), ("CANCEL", "SELL_SHORT", 0, 0)]
    assert not broker.context.open_orders(0)
    assert broker.wait(2_000) == []
    assert [kind for kind, *_ in broker.see(feed(FeedEvent.RECOVERED), cents(1000, 1004, state=LIVE))] == ["NEW"] * 2


def test_it_does_not_quote_on_its_own_orders_alone():
    broker = maker()
    broker.see(cents(1000, 1004))
    assert [kind for kind, *_ in broker.see(book(0, ((1001 * CENT, 100),), ((1004 * CENT, 9),)))] == ["CANCEL"] * 2


def test_after_a_refusal_it_waits():
    broker = maker()
    broker.see(cents(1000, 1004))
    broker.say(1, kind=TellKind.ORDER, state=State.REJECTED, reason=Reason.GATE, leaves=0)
    assert broker.see(cents(1000, 1004)) == []
    assert broker.wait(1_000) == [("NEW", "BUY", 100, 1001 * CENT)]


def test_a_cancel_that_failed_comes_again():
    broker = maker(slow=True)
    broker.see(cents(1000, 1004))
    broker.say(1, kind=TellKind.ORDER, state=State.NEW)
    assert broker.see(feed(FeedEvent.STALE))[0][0] == "CANCEL"
    assert broker.wait(5_000) == []
    cancel = next(each for each in broker.asked if each.kind is IntentKind.CANCEL)
    broker.say(1, of=cancel.ref, kind=TellKind.REQUEST_FAILED, request=IntentKind.CANCEL, state=State.NEW)
    assert [kind for kind, *_ in broker.wait(1_000)] == ["CANCEL"]


@given(st.integers(1, 10**6), st.integers(1, 500), st.integers(1, 9), st.integers(-2_000, 2_000),
       st.sampled_from((1, 5, 100)))
def test_quotes_never_meet_and_never_take(bid, spread, edge, lean, tick):
    bid, ask = bid * tick, (bid + spread) * tick
    buy, sell = quote_prices(bid, ask, tick=tick, edge=edge, lean=lean)
    assert buy < sell and buy < ask and sell > bid and buy % tick == sell % tick == 0
