"""Positions beside a naive recomputation, and what is wrong with bookings."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host.positions.booked import BookedKind
from host.positions.positions import AlarmKind, Position, Positions
from tests.host.positions.bookings import bust, correct, fill, naive, random_bookings, surviving
from wire.risk import Side

A = fill("A", 100, 10_000, fee=30)
ALARM = AlarmKind


def booked(*bookings):
    """Positions with ``bookings``, and the kinds of alarm of each."""
    positions = Positions()
    return positions, [[alarm.kind for alarm in positions.book(one)] for one in bookings]


@given(seed=st.integers(0, 1 << 32), count=st.integers(1, 40))
@settings(max_examples=150, deadline=None, print_blob=True)
def test_positions_are_what_the_surviving_fills_make(seed, count):
    bookings = random_bookings(seed, count)
    positions, _ = booked(*bookings)
    rows = surviving(bookings)
    for account in (0, 1):
        for symbol in (0, 1):
            mine = [row for row in rows if row[1:3] == (account, symbol)]
            shares, cost, realised, fees, cash = naive(mine)
            have = positions.position(account, symbol)
            dollars = [Fraction(value, 10_000) for value in (have.cost, have.realised, have.fees, have.cash)]
            assert (have.shares, *dollars, have.trades) == (shares, cost, realised, fees, cash, len(mine))
            assert have.cash == have.realised - have.cost - have.fees
            assert have.cash + have.shares * 12_345 == have.realised + have.unrealised(12_345) - have.fees
            lots = positions.lots(account, symbol)
            assert (sum(lot for lot, _ in lots), sum(lot * price for lot, price in lots)) == (have.shares, have.cost)
            assert len({lot > 0 for lot, _ in lots}) <= 1 and all(lot for lot, _ in lots)
            assert have.average == (round(Fraction(have.cost, shares)) if shares else 0)
    counted = [(each.exec_id, each.account, each.symbol, each.side, each.shares, each.price, each.fee)
               for each in positions.trades() if not each.busted]
    assert sorted(counted) == sorted(rows)


@given(seed=st.integers(0, 1 << 32), count=st.integers(1, 30))
@settings(max_examples=50, deadline=None, print_blob=True)
def test_looking_changes_nothing_and_the_same_bookings_give_the_same_bytes(seed, count):
    bookings = random_bookings(seed, count)
    once, _ = booked(*bookings)
    looked = Positions()
    for one in bookings:
        looked.book(one)
        list(looked)
    assert once.dump() == looked.dump()


@given(seed=st.integers(0, 1 << 32), count=st.integers(1, 30))
@settings(max_examples=50, deadline=None, print_blob=True)
def test_nothing_that_does_not_count_is_silent(seed, count):
    """Every booking is applied alone, or alarmed; what waits still was alarmed as unknown."""
    positions = Positions()
    for one in random_bookings(seed, count):
        before = list(positions.trades())
        alarms = positions.book(one)
        assert alarms or list(positions.trades()) != before
    assert positions.alarms[ALARM.UNKNOWN] >= len(positions.waiting)


@pytest.mark.parametrize("trades, shares, cost, realised, average", [
    ([(100, 10_000)], 100, 1_000_000, 0, 10_000),
    ([(100, 10_000), (-40, 10_100)], 60, 600_000, 4_000, 10_000),
    ([(100, 10_000), (100, 10_100), (-150, 10_200)], 50, 505_000, 25_000, 10_100),
    ([(100, 10_000), (-250, 9_000)], -150, -1_350_000, -100_000, 9_000),
    ([(-100, 10_000), (100, 9_900)], 0, 0, 10_000, 0),
    ([(1, 10_000), (1, 10_001)], 2, 20_001, 0, 10_000),
    ([(1, 10_001), (1, 10_002)], 2, 20_003, 0, 10_002),
    ([(-1, 10_000), (-2, 10_001)], -3, -30_002, 0, 10_001)])
def test_first_in_first_out(trades, shares, cost, realised, average):
    positions, _ = booked(*(fill(f"F{n}", *trade) for n, trade in enumerate(trades)))
    have = positions.position(0, 0)
    assert (have.shares, have.cost, have.realised, have.average) == (shares, cost, realised, average)


def test_every_kind_of_sale_lowers_the_position():
    positions, _ = booked(*(fill(f"F{side}", 10, 10_000, side=side) for side in Side))
    assert positions.position(0, 0).shares == -20


def test_a_pair_that_was_never_booked_is_flat():
    positions, _ = booked(A)
    assert positions.position(7, 7) == Position(7, 7) and positions.lots(7, 7) == ()
    assert [(each.account, each.symbol) for each in positions] == [(0, 0)]


C, C2, B = correct("C", A, 50, 9_000, 20), correct("C2", A, 60, 9_100), bust("B", A)
CC = correct("CC", C, 70, 9_200)


@pytest.mark.parametrize("bookings, alarms, shares, waiting", [
    ([A, B], [[], []], 0, []),
    ([A, C], [[], []], 50, []),
    ([A, C, CC], [[], [], []], 70, []),
    ([A, C, bust("B", C)], [[], [], []], 0, []),
    ([A, C, C2], [[], [], []], 60, []),
    ([A, B, C], [[], [], [ALARM.CORRECTS_BUSTED]], 0, []),
    ([A, B, C, bust("B2", C)], [[], [], [ALARM.CORRECTS_BUSTED], [ALARM.BUSTED_TWICE]], 0, []),
    ([A, B, bust("B2", A)], [[], [], [ALARM.BUSTED_TWICE]], 0, []),
    ([A, A], [[], [ALARM.DUPLICATE]], 100, []),
    ([A, replace(A)], [[], [ALARM.DUPLICATE]], 100, []),
    ([A, B, A], [[], [], [ALARM.DUPLICATE]], 0, []),
    ([A, C, C], [[], [], [ALARM.DUPLICATE]], 50, []),
    ([A, replace(A, shares=1)], [[], [ALARM.CONFLICT]], 100, []),
    ([A, bust("A", A)], [[], [ALARM.CONFLICT]], 100, []),
    ([B], [[ALARM.UNKNOWN]], 0, ["B"]),
    ([A, bust("B", bust("X", A))], [[], [ALARM.UNKNOWN]], 100, ["B"]),
    ([B, A], [[ALARM.UNKNOWN], [ALARM.LATE]], 0, []),
    ([CC, C, A], [[ALARM.UNKNOWN], [ALARM.UNKNOWN], [ALARM.LATE, ALARM.SUPERSEDED]], 50, []),
    ([C, CC, A], [[ALARM.UNKNOWN], [ALARM.UNKNOWN], [ALARM.LATE, ALARM.LATE]], 70, []),
    ([A, CC, C2, replace(C, side=Side.SELL)], [[], [ALARM.UNKNOWN], [], [ALARM.OTHER_FILL]], 60, ["CC"]),
    ([B, C, A], [[ALARM.UNKNOWN], [ALARM.UNKNOWN], [ALARM.LATE, ALARM.CORRECTS_BUSTED]], 0, []),
    ([A, replace(B, side=Side.SELL)], [[], [ALARM.OTHER_FILL]], 100, []),
    ([A, replace(B, account=1)], [[], [ALARM.OTHER_FILL]], 100, []),
    ([A, replace(C, symbol=1)], [[], [ALARM.OTHER_FILL]], 100, []),
])
def test_busts_and_corrections_in_any_order(bookings, alarms, shares, waiting):
    positions, found = booked(*bookings)
    assert (found, positions.position(0, 0).shares) == (alarms, shares)
    assert [one.exec_id for one in positions.waiting] == waiting
    assert sum(positions.alarms.values()) == sum(map(len, alarms))


def test_a_correction_brings_price_and_fee():
    positions, _ = booked(A, C)
    assert positions.position(0, 0) == Position(0, 0, 50, 450_000, 0, 20, 450_000, 0, 1)


def test_an_alarm_says_what_and_why():
    positions, _ = booked(A)
    assert str(positions.book(bust("B", fill("Z", 1, 1)))[0]) == (
        "BUST B of Z: no fill of this exec_ref_id is known; it waits for one")
    assert str(positions.book(A)[0]) == "FILL A: was booked before, the same"


@pytest.mark.parametrize("changes, says", [
    ({"exec_id": ""}, "exec_id must not be empty"), ({"exec_ref_id": "X"}, "must be empty, it is 'X'"),
    ({"shares": 0}, "shares must be at least 1, not 0"), ({"price": -1}, "price must be at least 1, not -1"),
    ({"kind": BookedKind.BUST}, "must not be empty"), ({"symbol": -1}, "symbol must not be negative, it is -1"),
    ({"kind": BookedKind.BUST, "exec_ref_id": "X"}, "BUST A: fee must be 0, not 30")])
def test_what_is_no_booking_is_refused(changes, says):
    with pytest.raises(ValueError, match=says):
        replace(A, **changes)
