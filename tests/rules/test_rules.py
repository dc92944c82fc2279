"""Rules at their boundaries, as Python."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import RULES, cross, exposure, form, kill, market, price, rate, repeat, short, size
from wire.risk import TICKS, Fault, Kind, OrderType, Rule, Side

U32 = st.integers(0, (1 << 32) - 1)
MOST = (1 << 32) - 1


def test_every_rule_is_there_once_in_its_order():
    assert [bit for bit, _ in RULES] == list(Rule)
    for number, (_, function) in enumerate(RULES, 1):
        assert f"Rule {number}" in function.__doc__


@pytest.mark.parametrize("function", (kill.global_kill, kill.symbol_kill, kill.account_kill, kill.heartbeat,
                                      kill.throttle, market.restricted))
def test_switches(function):
    assert function(True) and not function(False)


def test_who_trades_what():
    assert [market.unknown(a, s) for a in (False, True) for s in (False, True)] == [True, True, True, False]
    assert market.not_trading(False) and not market.not_trading(True)
    assert market.not_live(False, True, False, True, True)
    assert market.not_live(True, True, False, True, False) and not market.not_live(True, True, False, False, True)
    assert market.not_live(True, False, True, False, True) and not market.not_live(True, False, True, True, False)
    assert not market.not_live(True, False, False, False, False)


def test_sizes():
    assert not size.max_shares(100, 100) and size.max_shares(101, 100)
    assert not size.max_notional(10, 10, 100) and size.max_notional(101, 1, 100)
    assert size.max_notional(MOST, MOST, (1 << 63) - 1)


@given(U32, st.sampled_from(range(len(TICKS))))
def test_ticks(number, tick):
    for near in (number, number - number % TICKS[tick], min(number - number % TICKS[tick] + 1, MOST)):
        assert price.off_tick(near, tick) == (near % TICKS[tick] != 0)


@given(U32, U32, st.integers(0, 65535), U32)
def test_distance_from_a_reference(asked, reference, bps, units):
    for buy in (False, True):
        distance = asked - reference if buy else reference - asked
        far = distance > units or reference > 0 and Fraction(distance, reference) > Fraction(bps, 10_000)
        far = far or (reference == 0 and distance > 0)
        assert price.beyond_reference(buy, asked, reference, bps, units) == (distance > 0 and far)


def test_collar_at_its_boundary():
    wide = MOST
    assert not price.collar(True, 1010, True, 1000, False, 0, 100, wide)
    assert price.collar(True, 1011, True, 1000, False, 0, 100, wide)
    assert not price.collar(False, 990, True, 1000, True, 1000, 100, wide)
    assert price.collar(False, 989, False, 0, True, 1000, 100, wide)
    assert price.collar(True, 1006, True, 1000, True, 1000, 65535, 5)
    assert not price.collar(True, 1005, True, 1000, True, 1000, 65535, 5)
    assert not price.collar(True, MOST, False, 0, False, 0, 0, 0)
    assert not price.collar(False, MOST, True, 0, True, 0, 0, 0)


def test_band_and_effective_price():
    assert [price.band(at, 900, 1100) for at in (899, 900, 1100, 1101)] == [True, False, False, True]
    assert price.effective(False, 7, True, 9) == 7
    assert price.effective(True, 0, True, 9) == 9
    assert price.effective(True, 0, False, 9) == 0


@given(st.integers(-(1 << 40), 1 << 48), U32, U32, U32)
def test_position(worst, held, asked, limit):
    grows = max(held, asked) - held
    assert exposure.position(worst, held, asked, limit) == (grows > 0 and worst + grows > limit)
    assert not exposure.position(limit - grows, held, asked, limit)
    assert exposure.position(limit - grows + 1, held, asked, limit) == (grows > 0)


@given(st.integers(0, (1 << 63) - 1), st.integers(0, MOST * MOST), st.integers(0, MOST * MOST),
       st.integers(0, (1 << 63) - 1))
def test_gross_and_net(total, held, asked, limit):
    grows = max(held, asked) - held
    assert exposure.gross(total, held, asked, limit) == (grows > 0 and total + grows > limit)
    for worst in (total, -total):
        assert exposure.net(worst, held, asked, limit) == (grows > 0 and worst + grows > limit)


@given(U32, U32, U32, U32)
def test_room_behind_another_order(held, asked, limit, before):
    room = exposure.share_room(exposure.share_allowance(limit, held), asked, before)
    for total in (room - 1, room, room + 1):
        assert exposure.too_many_shares(total, room) == (
            total + before > exposure.share_room(exposure.share_allowance(limit, held), asked, 0))


def test_counts_and_rates():
    assert not rate.open_orders(1, 2, 4, 5) and rate.open_orders(2, 2, 0, 5) and rate.open_orders(0, 2, 5, 5)
    assert rate.open_orders(0, 0, 0, 1)
    assert not rate.rate(100, 20, 10, 120) and rate.rate(100, 20, 10, 121) and rate.rate(100, 20, 0, 0)


def test_duplicates():
    first = repeat.Likeness(1, 2, Side.BUY, OrderType.LIMIT, 1000, 10)
    assert repeat.duplicate(first, 109, first, 100, 10) and not repeat.duplicate(first, 110, first, 100, 10)
    assert not repeat.duplicate(first, 100, first, 100, 0)
    assert repeat.duplicate(first, 3, first, 0, 10)
    for name in first._fields:
        assert not repeat.alike(first, first._replace(**{name: getattr(first, name) + 1}))


@given(st.booleans(), U32, U32)
def test_self_trades(buy, asked, resting):
    crosses = asked >= resting if buy else asked <= resting
    assert cross.self_trade(buy, False, asked, False, resting) == crosses
    assert cross.self_trade(buy, True, 0, False, resting)
    assert cross.self_trade(buy, False, asked, True, 0)
    assert cross.trades(cross.reach(buy, False, asked), cross.rests(not buy, False, resting)) == crosses


def test_short_sales():
    assert short.at_the_bid(False, 1000, True, 1000) and not short.at_the_bid(False, 1001, True, 1000)
    assert short.at_the_bid(True, 0, True, 0) and short.at_the_bid(False, MOST, False, 0)
    assert [short.price_test(s, r, b) for s, r, b in ((True, True, True), (False, True, True), (True, False, True),
                                                      (True, True, False))] == [True, False, False, False]
    assert not short.locate(50, 0, 50, 100) and short.locate(51, 0, 50, 100) and not short.locate(100, 50, 50, 0)
    assert short.short_sale(True, True, False, 1000, True, 1000, 0, 0, 1, 1)
    assert short.short_sale(False, True, False, 1000, True, 1000, 1, 0, 1, 1)


def asked(**fields):
    return form.Asked(**{"kind": Kind.NEW, "side": Side.BUY, "type": OrderType.LIMIT, "token": 5, "account": 1,
                         "symbol": 2, "shares": 10, "price": 100} | fields)


def held(**fields):
    return form.Entry(**{"used": True, "live": True, "pending": False, "token": 5, "account": 1, "symbol": 2,
                         "side": Side.BUY, "type": OrderType.LIMIT} | fields)


@pytest.mark.parametrize("fields, fault", [
    ({}, 0), ({"shares": 0}, Fault.SHARES), ({"price": 0}, Fault.PRICE), ({"type": 1}, Fault.PRICE),
    ({"type": 1, "price": 0}, 0), ({"type": 0, "price": 0}, Fault.TYPE), ({"side": 4}, Fault.SIDE),
    ({"side": 0, "type": 9, "shares": 0}, Fault.SIDE | Fault.TYPE | Fault.SHARES), ({"kind": 0}, Fault.KIND),
    ({"kind": 5}, Fault.KIND), ({"kind": Kind.CANCEL}, Fault.SHARES | Fault.PRICE),
    ({"kind": Kind.MASS_CANCEL, "shares": 0, "price": 0, "side": 0}, 0), ({"kind": Kind.REPLACE}, 0)])
def test_shape(fields, fault):
    assert form.shape_faults(asked(**fields)) == fault


@pytest.mark.parametrize("request_, entry, fault", [
    ({}, {"used": False, "live": False}, 0), ({}, {"live": False}, Fault.TOKEN), ({}, {"token": 1}, Fault.TOKEN),
    ({}, {"token": 1, "live": False}, 0), ({"kind": Kind.REPLACE}, {}, 0),
    ({"kind": Kind.REPLACE}, {"live": False}, Fault.TOKEN), ({"kind": Kind.REPLACE}, {"token": 1}, Fault.TOKEN),
    ({"kind": Kind.REPLACE}, {"pending": True}, Fault.ORDER), ({"kind": Kind.REPLACE}, {"side": 2}, Fault.ORDER),
    ({"kind": Kind.CANCEL}, {"pending": True, "side": 2, "type": 1}, 0),
    ({"kind": Kind.CANCEL}, {"symbol": 3}, Fault.ORDER), ({"kind": Kind.CANCEL}, {"account": 3}, Fault.ORDER),
    ({"kind": Kind.MASS_CANCEL}, {"live": False}, 0), ({"kind": 0}, {}, 0)])
def test_token(request_, entry, fault):
    assert form.token_faults(asked(**request_), held(**entry)) == fault


def test_tick_and_all_faults():
    assert form.tick_matters(Kind.REPLACE, OrderType.LIMIT, True)
    assert not form.tick_matters(Kind.CANCEL, OrderType.LIMIT, True)
    assert not form.tick_matters(Kind.NEW, OrderType.MARKET, True)
    assert not form.tick_matters(Kind.NEW, OrderType.LIMIT, False)
    assert form.tick_fault(True, True) and not form.tick_fault(True, False) and not form.tick_fault(False, True)
    assert form.faulty(Fault.SIDE, 0) and form.faulty(0, Fault.ORDER) and not form.faulty(0, 0)
    assert form.malformed(True, False) and form.malformed(False, True) and not form.malformed(False, False)
