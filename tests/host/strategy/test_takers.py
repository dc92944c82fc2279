"""Hold, imbalance and pairs, step by step."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.oms.inputs import TimeInForce
from host.oms.outputs import TellKind
from host.oms.states import State
from host.strategy.hold import Hold, HoldParameters
from host.strategy.imbalance import Imbalance, ImbalanceParameters
from host.strategy.pairs import Pairs, PairsParameters, scores
from tests.host.strategy.broker import Broker
from tests.host.strategy.desk import LIVE, book
from wire.records import State as Word

CENT = 100


def touch(symbol, bid, bid_shares, ask, ask_shares, **fields):
    return book(symbol, ((bid, bid_shares),), ((ask, ask_shares),), **fields)


def imbalance(**parameters):
    return Broker(Imbalance(ImbalanceParameters(**{"threshold": 6_000, "limit": 150, "pause": 1_000} | parameters)))


@given(st.integers(1, 2**32 - 1), st.integers(1, 2**32 - 1), st.integers(0, 9_999), st.integers(1, 3))
def test_the_imbalance_is_exact(bids, asks, threshold, spread):
    found = imbalance(threshold=threshold).see(touch(0, 999_900, bids, 999_900 + spread * CENT, asks))
    lean = Fraction(bids - asks, bids + asks)
    side = "BUY" if lean > Fraction(threshold, 10_000) else "SELL_SHORT" if -lean > Fraction(threshold, 10_000) else ""
    assert [order[1] for order in found] == ([side] if side and spread == 1 else [])


def test_the_taker_goes_to_its_limit_one_order_at_a_time():
    broker = imbalance()
    up, down = touch(2, 999_900, 900, 1_000_000, 100), touch(2, 999_900, 100, 1_000_000, 900)
    assert broker.see(up) == [("NEW", "BUY", 100, 1_000_000)]
    assert broker.asked[0].time_in_force is TimeInForce.IOC
    assert broker.see(up, now=2_000) == []
    broker.fill(1, 100)
    assert broker.see(up, now=2_000) == [("NEW", "BUY", 50, 1_000_000)]
    broker.fill(2, 50)
    assert broker.see(up, now=2_000) == []
    assert broker.see(down, now=2_000) == [("NEW", "SELL", 100, 999_900)]
    broker.fill(3, 100)
    assert broker.see(down, now=2_000) == [("NEW", "SELL_SHORT", 100, 999_900)]


def test_the_taker_waits_between_orders_whatever_becomes_of_them():
    broker = imbalance()
    up = touch(0, 999_900, 900, 1_000_000, 100)
    assert broker.see(up)
    broker.say(1, kind=TellKind.ORDER, state=State.REJECTED, leaves=0)
    assert broker.see(up, now=999) == []
    assert broker.see(up) == [("NEW", "BUY", 100, 1_000_000)]


def test_hold_buys_what_is_missing_and_no_more():
    broker = Broker(Hold(HoldParameters(symbols=(1,), shares=80, pause=10)))
    assert broker.see(touch(0, 9_900, 1, 10_000, 1), touch(1, 9_900, 1, 10_000, 1)) == [("NEW", "BUY", 80, 10_000)]
    broker.fill(1, 30)
    broker.say(1, kind=TellKind.ORDER, state=State.CANCELLED, leaves=0)
    assert broker.see(touch(1, 9_900, 1, 10_100, 1), now=10) == [("NEW", "BUY", 50, 10_100)]
    broker.fill(2, 50)
    assert broker.see(touch(1, 9_900, 1, 10_100, 1), now=10) == []


def pairs(**parameters):
    return Broker(Pairs(PairsParameters(**{"pairs": ((0, 1),), "window": 10, "interval": 1_000, "enter": 200,
                                           "leave": 50, "pause": 0} | parameters)))


def sample(broker, first, second, **fields):
    one, other = touch(0, first - CENT, 9, first + CENT, 9, **fields), touch(1, second - CENT, 9, second + CENT, 9)
    return broker.see(one, other, now=1_000)


def test_pairs_sells_the_dear_leg_and_buys_it_back():
    broker = pairs()
    for step in range(10):
        assert sample(broker, 500_000 + step % 2 * CENT, 250_000) == []
    assert sample(broker, 520_000, 250_000) == [("NEW", "SELL_SHORT", 100, 519_900), ("NEW", "BUY", 100, 250_100)]
    broker.fill(1, 100)
    broker.fill(2, 100)
    found = [order for _ in range(12) for order in sample(broker, 500_000, 250_000)]
    assert found == [("NEW", "BUY", 100, 500_100), ("NEW", "SELL", 100, 249_900)]


def test_pairs_wait_for_a_leg_that_cannot_be_traded():
    broker = pairs()
    for step in range(10):
        sample(broker, 500_000 + step % 2 * CENT, 250_000)
    assert sample(broker, 520_000, 250_000, state=LIVE | Word.STALE) == []
    assert len(sample(broker, 520_000, 250_000)) == 2


def test_pairs_do_nothing_before_the_window_is_full():
    broker = pairs()
    assert [sample(broker, 500_000 + step * step * CENT, 250_000) for step in range(9)] == [[]] * 9


@given(st.lists(st.lists(st.floats(0.5, 2), min_size=5, max_size=5), min_size=1, max_size=4))
def test_scores_are_those_of_each_column_alone(columns):
    together = scores(np.array(columns).T)
    for place, column in enumerate(columns):
        alone = scores(np.array([column]).T)[0]
        assert together[place] == alone
        assert alone == 0 or abs(alone) <= 5 ** 0.5


@pytest.mark.parametrize(("make", "text"), [
    (lambda: HoldParameters(shares=0), "shares must be at least 1, not 0"),
    (lambda: ImbalanceParameters(threshold=10_000), "threshold must be below 10000, not 10000"),
    (lambda: PairsParameters(pairs=()), "pairs must be some"),
    (lambda: PairsParameters(pairs=((0, 1), (1, 2))), "come once, not"),
    (lambda: PairsParameters(pairs=((0, 1),), enter=50, leave=50), "leave must be below enter, 50, not 50")])
def test_parameters_are_checked(make, text):
    with pytest.raises(ValueError, match=text):
        make()
