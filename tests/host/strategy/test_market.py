"""What shipped strategies keep, whatever market, gate and venue do."""

import random

import pytest

from host.oms.inputs import IntentKind
from host.oms.outputs import Alarm, AlarmKind, Tell, ToGate
from host.strategy.hold import Hold, HoldParameters
from host.strategy.imbalance import Imbalance, ImbalanceParameters
from host.strategy.market_maker import MarketMaker, MarketMakerParameters
from host.strategy.pairs import Pairs, PairsParameters
from tests.host.strategy.market import Market
from wire.risk import Rule, Side

LIMIT, PAUSE, STEPS = 120, 10_000, 1_000
MAKERS = {
    "hold": lambda: Hold(HoldParameters(shares=LIMIT, pause=PAUSE)),
    "imbalance": lambda: Imbalance(ImbalanceParameters(threshold=3_000, shares=50, limit=LIMIT, pause=PAUSE)),
    "market_maker": lambda: MarketMaker(MarketMakerParameters(shares=50, limit=LIMIT, pause=PAUSE)),
    "pairs": lambda: Pairs(PairsParameters(pairs=((0, 1),), window=8, interval=20_000, enter=100, shares=LIMIT,
                                           pause=PAUSE)),
}
#: Most orders open at once on a symbol.
MOST = {"market_maker": 2}


def played(name, seed, **kinds):
    print(f"seed {seed}")
    market = Market(random.Random(seed), MAKERS[name](), **kinds)
    market.run(STEPS)
    return market


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", MAKERS)
def test_whatever_is_filled_the_limits_hold(name, seed):
    market = played(name, seed)
    assert any(intent.kind is IntentKind.NEW for intent, *_ in market.made)
    assert any(order.fills for order in market.venue.orders)
    for intent, touch, orders, position in market.made:
        if intent.kind is IntentKind.CANCEL:
            continue
        assert touch is not None, "an order without a book"
        for sign in (1, -1):
            assert position * sign + sum(worst for side, _, worst in orders if side == sign) <= LIMIT, orders
        assert len(orders) <= MOST.get(name, 1)
        buys, sells = ([price for side, prices, _ in orders if side == sign for price in prices] for sign in (1, -1))
        assert not buys or not sells or max(buys) < min(sells)
    assert all(abs(shares) <= LIMIT for shares in market.oms.book.positions.values())


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", MAKERS)
def test_orders_and_positions_are_the_order_managers(name, seed):
    market = played(name, seed, trouble=True)
    for _ in range(2):
        market.settle()
        [(_, context)] = market.seats
        for order in market.oms.book.orders.values():
            ours = context.orders[order.ref]
            assert (ours.order, ours.state, ours.cum, ours.leaves) == (order.id, order.state, order.cum, order.leaves)
            assert (ours.symbol, ours.side, ours.shares, ours.price) == (
                order.symbol, order.side, order.shares, order.price)
        for symbol, shares in enumerate(context.positions):
            assert shares == market.oms.book.positions.get((0, symbol), 0)
            assert {order.order for order in context.open_orders(symbol) if order.order} == {
                order.id for order in market.oms.book.orders.values() if order.open and order.symbol == symbol}
        market.run(200)


@pytest.mark.parametrize("name", MAKERS)
def test_the_same_day_gives_the_same_intents(name):
    assert played(name, 7, trouble=True).made == played(name, 7, trouble=True).made


@pytest.mark.parametrize("seed", range(6))
def test_the_market_maker_never_meets_itself_in_the_gate(seed):
    market = played("market_maker", seed, trouble=True)
    outputs = [each for out in market.given for each in out]
    assert any(isinstance(each, ToGate) for each in outputs)
    assert not any(isinstance(each, Alarm) and each.kind is AlarmKind.UNSOLICITED and each.text == "replaced"
                   for each in outputs), "the venue replaces nothing unasked"
    assert not any(isinstance(each, Tell) and each.mask & Rule.SELF_TRADE for each in outputs)


def test_what_is_sold_beyond_the_position_is_a_short_sale():
    sides = set()
    for intent, _, orders, position in played("market_maker", 3).made:
        if intent.kind is IntentKind.NEW and intent.side != Side.BUY:
            sold = sum(worst for side, _, worst in orders if side < 0)
            assert (intent.side == Side.SELL) == (sold <= position)
            sides.add(intent.side)
    assert sides == {Side.SELL, Side.SELL_SHORT}


def test_two_strategies_each_hear_of_their_own_orders():
    market = Market(random.Random(5), MAKERS["market_maker"](), MAKERS["imbalance"]())
    market.run(STEPS)
    market.settle()
    for account, (_, context) in enumerate(market.seats):
        assert context.orders and context.positions == [
            market.oms.book.positions.get((account, symbol), 0) for symbol in range(market.views.symbols)]
