"""Orders and positions as the context keeps them."""

import pytest

from host.oms.inputs import IntentKind
from host.oms.outputs import Reason, Tell, TellKind
from host.oms.states import State
from host.strategy.interface import Context, ContextError
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


def test_what_is_not_known_is_said(context):
    for act, text in ((lambda: context.cancel(99), "strategy 9 has no order of ref 99"),
                      (lambda: context.tell(tell(TellKind.FILL, 98, 4)), "strategy 9 has no order 4, ref 98"),
                      (lambda: context.buy(-1, 100, 5), "symbol must be 0..3, not -1"),
                      (lambda: context.sell(4, 100, 5), "symbol must be 0..3, not 4")):
        with pytest.raises(ContextError, match=text):
            act()
