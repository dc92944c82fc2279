"""Reports of the venue in the reference risk gate: what matches, what it moves, and that it does so once."""

import pytest

from tests.models.risk_bench import Bench, faults
from wire.risk import Fault, Kind, OrderType, Rule, Side, Status

CLOSING = [Kind.CANCELLED, Kind.REJECTED, Kind.EXPIRED]


@pytest.fixture
def bench():
    bench = Bench()
    bench.new(token=1, shares=100, price=1_000_000)
    return bench


def pair(bench):
    return bench.gate.pairs[0, 0]


def account(bench):
    return bench.gate.accounts[0]


def test_the_verdict_of_a_report_tells_the_state_after_it(bench):
    verdict = bench.fill(shares=40, price=999_000)
    assert verdict["status"] == Status.APPLIED and verdict["mask"] == 0
    assert (verdict["account"], verdict["symbol"], verdict["side"], verdict["type"]) == (0, 0, 1, 2)
    assert (verdict["token"], verdict["shares"], verdict["price"], verdict["client"]) == (1, 40, 999_000, 1)
    assert (verdict["worst"], verdict["net"]) == (40, 40 * 999_000)
    assert verdict["gross"] == 40 * 999_000 + 60 * 1_000_000
    assert (verdict["pair_open"], verdict["account_open"], verdict["fills"]) == (1, 1, 1)
    assert verdict["effective"] == verdict["notional"] == 0
    assert verdict["bid"] == 999_900 and verdict["flags"] == 0b111_011


def test_number_and_old_price_come_back_as_client(bench):
    bench.fill(shares=40)
    verdict = bench.report(Kind.CORRECT, number=7, old_price=1_000_000, price=5, shares=1)
    assert verdict["client"] == 1_000_000 << 32 | 7 and verdict["status"] == Status.APPLIED


def test_a_report_without_an_order_tells_nothing(bench):
    verdict = bench.report(Kind.FILL, token=2, shares=1, price=1)
    assert verdict["status"] == Status.UNMATCHED and faults(verdict) == Fault.TOKEN
    zero = ("mask", "account", "symbol", "side", "type", "flags", "bid", "ask", "last", "gross", "net", "shut", "worst")
    assert all(verdict[name] == 0 for name in zero)


@pytest.mark.parametrize("kind", [kind for kind in Kind if Kind.ACK <= kind < Kind.BUST])
def test_a_closed_order_takes_no_report_but_busts_and_corrections(bench, kind):
    bench.report(Kind.CANCELLED)
    verdict = bench.report(kind, shares=1, price=1)
    assert faults(verdict) == Fault.TOKEN
    assert verdict["symbol"] == verdict["bid"] == verdict["side"] == 0


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind >= Kind.ACK])
@pytest.mark.parametrize("token", [0, 17, 2])
def test_an_unknown_token(bench, kind, token):
    assert faults(bench.report(kind, token=token, shares=1, price=1, old_price=1)) == Fault.TOKEN


def test_each_report_counts_once(bench):
    assert faults(bench.fill(number=5, shares=10)) == Fault(0)
    assert faults(bench.fill(number=5, shares=10)) == Fault.NUMBER
    assert faults(bench.fill(number=4, shares=10)) == Fault.NUMBER
    assert faults(bench.fill(number=6, shares=10)) == Fault(0)
    assert pair(bench).position == 20


def test_the_first_number_is_at_least_1(bench):
    assert faults(bench.report(Kind.ACK, number=0)) == Fault.NUMBER
    assert faults(bench.report(Kind.ACK, number=2**32 - 1)) == Fault(0)


def test_a_report_that_does_not_match_leaves_the_number(bench):
    assert faults(bench.fill(number=9, shares=101)) == Fault.SHARES
    assert faults(bench.fill(number=3)) == Fault(0)


def test_all_faults_are_told(bench):
    assert faults(bench.fill(number=0, shares=0, price=0)) == Fault.NUMBER | Fault.SHARES | Fault.PRICE


def test_an_order_is_acknowledged_once(bench):
    assert faults(bench.report(Kind.ACK)) == Fault(0)
    assert bench.entry().acked
    assert faults(bench.report(Kind.ACK)) == Fault.ORDER


@pytest.mark.parametrize("shares, price, fault", [(1, 1, 0), (100, 2**32 - 1, 0), (0, 1, Fault.SHARES),
                                                  (101, 1, Fault.SHARES), (1, 0, Fault.PRICE)])
def test_what_a_fill_may_say(bench, shares, price, fault):
    assert faults(bench.fill(shares=shares, price=price)) == Fault(fault)


def test_a_fill_moves_from_open_to_position(bench):
    bench.fill(shares=30, price=900_000)
    assert (pair(bench).position, pair(bench).open_buy, pair(bench).cost) == (30, 70, 27_000_000)
    assert account(bench).buy_notional == 70_000_000
    bench.fill(shares=70, price=1_000_000)
    assert not bench.entry().live
    assert (pair(bench).position, pair(bench).open_buy, pair(bench).pair_open) == (100, 0, 0)
    assert (account(bench).gross, account(bench).buy_notional, account(bench).account_open) == (97_000_000, 0, 0)


@pytest.mark.parametrize("side", [Side.SELL, Side.SELL_SHORT, Side.SELL_SHORT_EXEMPT])
def test_a_sell_moves_the_other_way(bench, side):
    bench.new(token=2, symbol=1, side=side)
    bench.fill(token=2, shares=30, price=900_000)
    state = bench.gate.pairs[0, 1]
    assert (state.position, state.open_sell, state.cost) == (-30, 70, -27_000_000)
    assert account(bench).gross == 100_000_000 + 27_000_000 + 70_000_000
    assert state.short_used == (0 if side == Side.SELL else 100)


@pytest.mark.parametrize("kind", CLOSING)
def test_what_is_open_is_released_once(bench, kind):
    bench.fill(shares=30)
    verdict = bench.report(kind)
    assert (verdict["gross"], verdict["pair_open"], verdict["worst"]) == (30_000_000, 0, 30)
    assert pair(bench).open_buy == 0 and not bench.entry().live
    assert faults(bench.report(kind)) == Fault.TOKEN


@pytest.mark.parametrize("kind", CLOSING)
def test_closing_an_order_whose_replace_waits_releases_the_worst_case(bench, kind):
    bench.replace(shares=500)
    assert pair(bench).open_buy == 500
    assert bench.report(kind)["gross"] == 0
    assert pair(bench).open_buy == 0 and bench.entry().new_open == 0


@pytest.mark.parametrize("shares, price", [(150, 1_000_000), (50, 1_000_000), (100, 1_000_001), (50, 3_000_000)])
def test_a_pending_replace_counts_at_its_worst_and_settles_at_what_it_became(bench, shares, price):
    bench.replace(shares=shares, price=price)
    assert pair(bench).open_buy == max(100, shares)
    assert account(bench).gross == max(100_000_000, shares * price)
    bench.report(Kind.REPLACED, shares=shares - 1)
    assert (pair(bench).open_buy, account(bench).gross) == (shares - 1, (shares - 1) * price)
    assert not bench.entry().pending and bench.entry().price == price


def test_a_rejected_replace_leaves_the_old_order(bench):
    bench.replace(shares=500, price=2_000_000)
    bench.report(Kind.REPLACE_REJECTED)
    assert (pair(bench).open_buy, account(bench).gross, bench.entry().live) == (100, 100_000_000, True)


def test_an_order_filled_while_its_replace_waits_stays_until_the_replace_is_settled(bench):
    bench.replace(shares=60)
    bench.fill(shares=100)
    assert bench.entry().live and pair(bench).open_buy == 60 and pair(bench).pair_open == 1
    assert bench.report(Kind.REPLACE_REJECTED)["pair_open"] == 0
    assert pair(bench).open_buy == 0 and not bench.entry().live


def test_an_order_filled_while_its_replace_waits_goes_on_when_replaced(bench):
    bench.replace(shares=60)
    bench.fill(shares=100)
    bench.report(Kind.REPLACED, shares=60)
    assert bench.entry().live and pair(bench).open_buy == 60
    bench.fill(shares=60)
    assert not bench.entry().live and pair(bench).position == 160


@pytest.mark.parametrize("shares, fault", [(0, Fault.SHARES), (1, 0), (50, 0), (51, Fault.SHARES)])
def test_shares_of_replaced(bench, shares, fault):
    bench.replace(shares=50)
    assert faults(bench.report(Kind.REPLACED, shares=shares)) == Fault(fault)


def test_no_replace_waits(bench):
    assert faults(bench.report(Kind.REPLACED, shares=1)) == Fault.ORDER | Fault.SHARES
    assert faults(bench.report(Kind.REPLACE_REJECTED)) == Fault.ORDER
    bench.replace()
    bench.report(Kind.REPLACED, shares=100)
    assert faults(bench.report(Kind.REPLACE_REJECTED)) == Fault.ORDER


def test_a_replaced_market_order_takes_the_touch_of_its_time():
    bench = Bench()
    bench.new(token=1, type=OrderType.MARKET, price=0)
    bench.touch(ask=1_000_300)
    verdict = bench.replace(token=1, type=OrderType.MARKET, price=0, shares=50)
    assert (verdict["effective"], verdict["gross"]) == (1_000_300, 100_010_000)
    bench.report(Kind.REPLACED, shares=50)
    assert account(bench).gross == 50 * 1_000_300


@pytest.mark.parametrize("closed", [False, True])
@pytest.mark.parametrize("shares, price, fault", [
    (1, 1, 0), (40, 1_000_000, 0), (0, 1, Fault.SHARES), (41, 1, Fault.SHARES), (1, 0, Fault.PRICE),
    (40, 1_000_001, Fault.PRICE), (1, 40_000_000, 0), (1, 40_000_001, Fault.PRICE), (0, 0, Fault.SHARES | Fault.PRICE)])
def test_what_a_bust_may_say(bench, closed, shares, price, fault):
    bench.fill(shares=40)
    if closed:
        bench.report(Kind.EXPIRED)
    assert faults(bench.report(Kind.BUST, shares=shares, price=price)) == Fault(fault)


def test_a_bust_takes_a_fill_back_and_opens_nothing(bench):
    bench.fill(shares=40, price=900_000)
    verdict = bench.report(Kind.BUST, shares=10, price=900_000)
    assert (verdict["worst"], verdict["net"], verdict["gross"]) == (30, 27_000_000, 87_000_000)
    assert bench.entry().open == 60
    bench.report(Kind.CANCELLED)
    verdict = bench.report(Kind.BUST, shares=30, price=900_000)
    assert (verdict["worst"], verdict["net"], verdict["gross"], verdict["status"]) == (0, 0, 0, Status.APPLIED)
    assert faults(bench.report(Kind.BUST, shares=1, price=1)) == Fault.SHARES | Fault.PRICE


@pytest.mark.parametrize("shares, price, old_price, fault", [
    (40, 1, 1_000_000, 0), (40, 2**32 - 1, 1_000_000, 0), (0, 1, 1, Fault.SHARES), (41, 1, 1, Fault.SHARES),
    (1, 0, 1, Fault.PRICE), (1, 1, 0, Fault.PRICE), (40, 1, 1_000_001, Fault.PRICE)])
def test_what_a_correction_may_say(bench, shares, price, old_price, fault):
    bench.fill(shares=40)
    verdict = bench.report(Kind.CORRECT, shares=shares, price=price, old_price=old_price)
    assert faults(verdict) == Fault(fault)


@pytest.mark.parametrize("price, cost", [(1_100_000, 42_000_000), (900_000, 38_000_000)])
def test_a_correction_moves_cost_alone(bench, price, cost):
    bench.fill(shares=40)
    verdict = bench.report(Kind.CORRECT, shares=20, price=price, old_price=1_000_000)
    assert (verdict["worst"], verdict["net"], verdict["gross"]) == (40, cost, cost + 60_000_000)
    assert bench.entry().filled_notional == cost


def test_a_correction_of_a_sell_moves_the_other_way(bench):
    bench.new(token=2, side=Side.SELL, symbol=1)
    bench.fill(token=2, shares=100)
    verdict = bench.report(Kind.CORRECT, token=2, shares=100, price=1_100_000, old_price=1_000_000)
    assert verdict["net"] == -110_000_000


def test_a_new_order_in_the_place_ends_busts_of_the_old_one(bench):
    bench.fill(shares=100)
    bench.new(token=17)
    assert faults(bench.report(Kind.BUST, shares=1, price=1)) == Fault.TOKEN
    assert pair(bench).position == 100
    entry = bench.entry(17)
    assert (entry.filled, entry.filled_notional, entry.number, entry.acked) == (0, 0, 0, False)


def test_short_sales_filled_under_a_pending_replace_use_more(bench):
    bench.new(token=2, shares=100, side=Side.SELL_SHORT, price=1_000_100)
    bench.replace(token=2, shares=80, side=Side.SELL_SHORT, price=1_000_100)
    assert bench.fill(token=2, shares=50)["short_used"] == 130
    assert bench.report(Kind.REPLACED, token=2, shares=80)["short_used"] == 130
    assert bench.report(Kind.EXPIRED, token=2)["short_used"] == 50


def test_reports_are_taken_while_everything_is_shut(bench):
    bench.gate.kill_global()
    bench.gate.kill_account(0)
    bench.limits(heartbeat=0)
    assert bench.fill(shares=40)["status"] == Status.APPLIED
    assert bench.new(token=2)["mask"] == Rule.GLOBAL_KILL | Rule.ACCOUNT_KILL | Rule.HEARTBEAT
