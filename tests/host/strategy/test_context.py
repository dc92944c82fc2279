"""Orders and positions as the context keeps them."""

import re

import numpy as np
import pytest

from host.oms.inputs import IntentKind
from host.oms.outputs import Reason, Tell, TellKind
from host.oms.states import State
from host.strategy.interface import Context, ContextError, RequestError
from host.strategy.working import Working
from tests.host.strategy.desk import views
from wire.risk import OrderType, Side


def tell(kind, ref, order, **fields):
    return Tell(kind, 0, ref, order, IntentKind.NEW, State.NEW, 100, 5, 0, 100, Reason.NONE, 0, 0, "",
                0)._replace(**fields)


@pytest.fixture
def context():
    """One that has order 77, a buy of 100 shares of symbol 2, ref 1."""
    context = Context(views(), account=3, strategy=9)
    assert context.buy(2, 100, 5) == 1
    context.take()
    context.tell(tell(TellKind.TAKEN, 1, 77, state=State.PENDING_NEW))
    context.tell(tell(TellKind.ORDER, 1, 77))
    return context


def test_what_is_asked_for_becomes_intents(context):
    context.now = 8
    assert context.sell(1, 50) == 2
    assert context.replace(1, 120, 6) == 3 and context.cancel(1) == 4
    new, moved, ended = context.take()
    assert (new.kind, new.strategy, new.account, new.symbol, new.side, new.type, new.shares, new.price, new.time) == (
        IntentKind.NEW, 9, 3, 1, Side.SELL_SHORT, OrderType.MARKET, 50, 0, 8)
    assert (moved.kind, moved.order, moved.shares, moved.price) == (IntentKind.REPLACE, 77, 120, 6)
    assert (ended.kind, ended.order, ended.ref) == (IntentKind.CANCEL, 77, 4)
    assert context.take() == []


def test_positions_follow_fills_busts_and_corrections(context):
    order = context.tell(tell(TellKind.FILL, 1, 77, shares=40, cum_shares=40, leaves=60, state=State.PARTIALLY_FILLED))
    assert context.positions == [0, 0, 40, 0] and order.shares == 100 and order.worst == 60
    context.tell(tell(TellKind.CORRECT, 1, 77, shares=30, cum_shares=30, leaves=60, state=State.PARTIALLY_FILLED))
    assert context.positions[2] == 30
    context.tell(tell(TellKind.BUST, 1, 77, shares=30, cum_shares=0, leaves=60))
    assert context.positions[2] == 0
    context.tell(tell(TellKind.ORDER, 1, 77, state=State.CANCELLED, leaves=0))
    assert not context.open_orders(2)
    context.tell(tell(TellKind.FILL, 1, 77, shares=10, cum_shares=10, leaves=0, state=State.CANCELLED))
    assert context.positions[2] == 10


def test_a_replace_counts_until_it_is_answered(context):
    order, ref = context.orders[1], context.replace(1, 150, 6)
    assert order.worst == 150 and order.prices == (5, 6) and not order.quiet and context.exposure(2) == (150, 0)
    context.tell(tell(TellKind.ORDER, ref, 77, request=IntentKind.REPLACE, state=State.PENDING_REPLACE))
    assert order.worst == 150
    context.tell(tell(TellKind.REQUEST_FAILED, ref, 77, request=IntentKind.REPLACE))
    assert order.worst == 100 and order.prices == (5,) and order.quiet
    ref = context.replace(1, 60, 7)
    context.tell(tell(TellKind.ORDER, ref, 77, request=IntentKind.REPLACE, state=State.REPLACED, shares=60, price=7,
                      leaves=60))
    assert order.worst == 60 and order.prices == (7,) and order.quiet


def test_a_cancel_that_failed_does_not_answer_the_replace(context):
    order, replaced, cancelled = context.orders[1], context.replace(1, 150, 6), context.cancel(1)
    assert order.going
    context.tell(tell(TellKind.REFUSED, cancelled, 77, request=IntentKind.CANCEL, state=State.PENDING_REPLACE))
    assert not order.going and order.worst == 150
    context.tell(tell(TellKind.ORDER, replaced, 77, request=IntentKind.REPLACE, state=State.REPLACED, shares=150,
                      price=6, leaves=150))
    assert order.quiet


def test_what_comes_too_early_is_refused_and_changes_nothing():
    context = Context(views())
    ref = context.buy(0, 100, 5)
    early = context.replace(ref, 200, 5)
    assert context.take()[1].order == 0 and context.exposure(0) == (200, 0)
    order = context.tell(tell(TellKind.REFUSED, early, 0, request=IntentKind.REPLACE, state=State.REJECTED, leaves=0))
    assert order.ref == ref and not order.over and context.exposure(0) == (100, 0)


def test_a_refused_order_is_over():
    context = Context(views(), first_ref=50)
    ref = context.buy(0, 100, 5)
    order = context.tell(tell(TellKind.REFUSED, ref, 0, state=State.REJECTED, leaves=0))
    assert ref == 50 and order.over and not context.open_orders(0)


def test_orders_of_an_earlier_life_are_adopted():
    context = Context(views())
    context.adopt(Working(41, 3, Side.SELL, 90, 7, order=5, cum=20, leaves=70, state=State.PARTIALLY_FILLED))
    assert context.exposure(3) == (0, 70) and context.buy(0, 1, 1) == 42
    context.tell(tell(TellKind.FILL, 41, 5, shares=70, cum_shares=90, leaves=0, state=State.FILLED))
    assert context.positions[3] == -70
    with pytest.raises(ContextError, match="ref 41 is known"):
        context.adopt(Working(41, 3, Side.SELL, 90, 7, order=5))


def test_a_new_day_forgets_what_is_over(context):
    context.buy(0, 100, 5)
    context.tell(tell(TellKind.ORDER, 1, 77, state=State.EXPIRED, leaves=0))
    context.new_day()
    assert list(context.orders) == [2]
    with pytest.raises(ContextError, match="no order 77"):
        context.tell(tell(TellKind.FILL, 1, 77))


def test_news_of_an_order_that_is_not_known_is_said(context):
    with pytest.raises(ContextError, match="strategy 9 has no order 4, ref 98"):
        context.tell(tell(TellKind.FILL, 98, 4))


@pytest.mark.parametrize("ask, text", [
    (lambda context: context.cancel(99), "a cancel of ref 99: there is no such order"),
    (lambda context: context.replace("it", 100, 5), "a replace of ref 'it': there is no such order"),
    (lambda context: context.replace(1, 1.5, 5), "a replace of ref 1: shares must be an int, not 1.5"),
    (lambda context: context.buy(-1, 100, 5), "a buy order of symbol -1: symbol must be 0..3"),
    (lambda context: context.sell(4, 100, 5), "a sell order of symbol 4: symbol must be 0..3"),
    (lambda context: context.buy(None, 100, 5), "a buy order of symbol None: symbol must be an int, not None"),
    (lambda context: context.buy(2, 7.0, 5), "a buy order of symbol 2: shares must be an int, not 7.0"),
    (lambda context: context.sell(2, 100, np.uint32(5)), "a sell order of symbol 2: price must be an int, not "),
    (lambda context: context.buy(2, 1 << 64, 5), f"a buy order of symbol 2: shares cannot be {1 << 64}"),
    (lambda context: context.buy(2, 100, 5, time_in_force=0), "a buy order of symbol 2: time_in_force cannot be 0"),
])
def test_a_request_that_makes_no_sense_names_strategy_request_and_value_and_leaves_no_trace(context, ask, text):
    before = list(context.orders)
    with pytest.raises(RequestError, match=re.escape(f"strategy 9: {text}")) as caught:
        ask(context)
    assert caught.value.strategy == 9 and not context.intents and list(context.orders) == before
    assert context.orders[1].quiet


@pytest.mark.parametrize("shares, price", [(0, 5), (-1, 5), (1 << 32, 5), (100, -5), (100, 1 << 32)])
def test_shares_and_prices_that_no_order_can_have_are_the_order_managers_to_refuse(context, shares, price):
    context.buy(2, shares, price)
    context.replace(1, shares, price)
    assert [(one.shares, one.price) for one in context.take()] == [(shares, price)] * 2
