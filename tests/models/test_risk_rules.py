"""Each rule of the reference risk gate just under, at and just over its limit; all expected values by hand."""

import pytest

from sim.models.risk import RiskGate
from tests.models.risk_bench import GLOBAL, Bench, faults
from wire.risk import ALL_SYMBOLS, Fault, Kind, OrderType, Rule, Side, Status

NONE = Rule(0)
SELLS = [Side.SELL, Side.SELL_SHORT, Side.SELL_SHORT_EXEMPT]


@pytest.fixture
def bench():
    return Bench()


def test_an_order_within_all_limits_is_accepted(bench):
    verdict = bench.new(client=2**63 + 5)
    assert verdict["status"] == Status.ACCEPTED and verdict["mask"] == 0 and verdict["fault"] == 0
    assert (verdict["seq"], verdict["client"], verdict["token"]) == (1, 2**63 + 5, 1)
    assert (verdict["cycles_in"], verdict["cycles_out"]) == (11, 11)
    assert (verdict["effective"], verdict["notional"]) == (1_000_000, 100_000_000)
    assert (verdict["bid"], verdict["ask"], verdict["last"]) == (999_900, 1_000_100, 1_000_000)
    assert verdict["flags"] == 0b111_011
    assert verdict["gross"] == verdict["net"] == verdict["worst"] == verdict["account_open"] == 0
    second = bench.new(token=2)
    assert (second["seq"], second["gross"], second["net"], second["worst"]) == (2, 100_000_000, 100_000_000, 100)
    assert (second["pair_open"], second["account_open"]) == (1, 1)


def test_a_gate_after_reset_refuses_every_order_and_says_all_reasons():
    gate = RiskGate(accounts=2, symbols=2, open_orders=8, duplicates=4)
    verdict = gate.decide({"kind": Kind.NEW, "shares": 1, "price": 5, "side": 1, "type": 2}, now=0)
    assert Rule(int(verdict["mask"])) == (
        Rule.GLOBAL_KILL | Rule.HEARTBEAT | Rule.UNKNOWN | Rule.NOT_LIVE | Rule.NOT_TRADING | Rule.MAX_SHARES
        | Rule.MAX_NOTIONAL | Rule.BAND | Rule.POSITION | Rule.GROSS | Rule.NET | Rule.OPEN_ORDERS | Rule.RATE)


def test_rule_1_global_kill(bench):
    bench.gate.kill_global()
    assert bench.rules() == Rule.GLOBAL_KILL
    bench.gate.resume_global()
    assert bench.rules() == NONE


def test_rule_2_symbol_kill(bench):
    bench.gate.kill_symbol(1)
    assert bench.rules(symbol=1) == Rule.SYMBOL_KILL
    assert bench.rules(symbol=0) == NONE
    bench.gate.resume_symbol(1)
    assert bench.rules(symbol=1, token=2) == NONE


def test_rule_3_account_kill(bench):
    bench.gate.kill_account(1)
    assert bench.rules(account=1) == Rule.ACCOUNT_KILL
    assert bench.rules(account=0) == NONE
    bench.gate.resume_account(1)
    assert bench.rules(account=1, token=2) == NONE


def test_rule_4_the_host_is_lost_one_cycle_after_its_period_and_stays_lost(bench):
    bench.gate.beat(cycle=100)
    bench.gate.set_global(cycle=100, **GLOBAL | {"heartbeat": 50})
    assert bench.rules(token=1, at=150) == NONE
    assert bench.rules(token=2, at=151) == Rule.HEARTBEAT
    bench.gate.beat(cycle=160)
    assert bench.rules(token=2, at=170) == Rule.HEARTBEAT
    bench.gate.resume_heartbeat(cycle=175)
    assert bench.rules(token=2, at=175) == Rule.HEARTBEAT
    assert bench.rules(token=2, at=176) == NONE


def test_rule_4_a_late_heartbeat_does_not_hide_that_the_host_was_lost(bench):
    bench.gate.beat(cycle=100)
    bench.gate.set_global(cycle=100, **GLOBAL | {"heartbeat": 50})
    bench.gate.beat(cycle=151)
    assert bench.rules(at=160) == Rule.HEARTBEAT


def test_rule_4_a_heartbeat_in_the_last_cycle_is_in_time(bench):
    bench.gate.beat(cycle=100)
    bench.gate.set_global(cycle=100, **GLOBAL | {"heartbeat": 50})
    bench.gate.beat(cycle=150)
    assert bench.rules(at=200) == NONE


def test_rule_4_no_period_is_lost(bench):
    bench.limits(heartbeat=0)
    bench.gate.beat(cycle=20)
    bench.gate.resume_heartbeat(cycle=21)
    assert bench.rules(at=22) == Rule.HEARTBEAT


def test_rule_4_resumed_while_the_host_is_still_lost(bench):
    bench.gate.beat(cycle=100)
    bench.gate.set_global(cycle=100, **GLOBAL | {"heartbeat": 50})
    bench.gate.resume_heartbeat(cycle=200)
    bench.gate.beat(cycle=210)
    assert bench.rules(at=220) == Rule.HEARTBEAT


@pytest.mark.parametrize("order", [{"account": 2}, {"symbol": 2}, {"account": 65535}, {"symbol": ALL_SYMBOLS}])
def test_rule_5_an_index_that_does_not_exist(bench, order):
    assert bench.rules(**order) == Rule.UNKNOWN


def test_rule_5_a_row_that_is_not_enabled(bench):
    bench.account(0, enable=0)
    assert bench.rules() == Rule.UNKNOWN
    bench.account(0)
    bench.symbol(0, enable=0)
    assert bench.rules() == Rule.UNKNOWN


def test_rule_5_what_does_not_exist_has_value_0_and_what_exists_is_shown(bench):
    bench.new(token=3)
    verdict = bench.new(account=0, symbol=7)
    assert (verdict["gross"], verdict["net"], verdict["account_open"]) == (100_000_000, 100_000_000, 1)
    assert verdict["worst"] == verdict["pair_open"] == verdict["flags"] == verdict["bid"] == 0
    verdict = bench.new(account=7, symbol=0)
    assert verdict["gross"] == verdict["net"] == verdict["worst"] == verdict["account_open"] == 0
    assert verdict["bid"] == 999_900 and verdict["flags"] == 0b111_011


def test_rule_6_a_book_that_is_not_live(bench):
    bench.state(live=False)
    assert bench.rules() == Rule.NOT_LIVE


@pytest.mark.parametrize("side, touch, broken", [
    (Side.BUY, {"ask": None}, True), (Side.BUY, {"bid": None}, False), (Side.BUY, {"last": None}, False),
    *[(side, {"bid": None}, True) for side in SELLS], *[(side, {"ask": None}, False) for side in SELLS]])
def test_rule_6_the_touch_that_an_order_needs(bench, side, touch, broken):
    bench.touch(**touch)
    assert bench.rules(side=side) == (Rule.NOT_LIVE if broken else NONE)


def test_rule_7_not_trading(bench):
    bench.state(trading=False)
    assert bench.rules() == Rule.NOT_TRADING


def test_rule_8_restricted(bench):
    bench.symbol(restricted=1)
    assert bench.rules() == Rule.RESTRICTED


@pytest.mark.parametrize("order, fault", [
    ({"side": 0}, Fault.SIDE), ({"side": 3}, Fault.SIDE), ({"side": 255}, Fault.SIDE),
    ({"type": 0}, Fault.TYPE), ({"type": 3}, Fault.TYPE),
    ({"shares": 0}, Fault.SHARES), ({"price": 0}, Fault.PRICE),
    ({"type": OrderType.MARKET}, Fault.PRICE), ({"type": OrderType.MARKET, "price": 0}, Fault(0)),
])
def test_rule_9_faults_of_a_new_order(bench, order, fault):
    bench.symbol(band_low=0)
    verdict = bench.new(**order)
    assert faults(verdict) == fault
    assert Rule(int(verdict["mask"])) == (Rule.MALFORMED if fault else NONE)


@pytest.mark.parametrize("tick, price, good", [(0, 7, True), (1, 15, True), (1, 16, False), (4, 1_000_100, True),
                                               (4, 1_000_101, False), (7, 20_000, True), (7, 20_001, False)])
def test_rule_9_ticks(bench, tick, price, good):
    bench.symbol(tick=tick)
    assert faults(bench.new(price=price)) == (Fault(0) if good else Fault.TICK)


def test_rule_9_ticks_of_a_symbol_that_does_not_exist_and_of_a_market_order_are_not_looked_at(bench):
    bench.symbol(tick=7)
    bench.touch(ask=3)
    assert faults(bench.new(symbol=9, price=3)) == Fault(0)
    assert faults(bench.new(type=OrderType.MARKET, price=0)) == Fault(0)


def test_rule_9_token_of_a_new_order(bench):
    assert faults(bench.new(token=1)) == Fault(0)
    assert faults(bench.new(token=1)) == Fault.TOKEN
    assert faults(bench.new(token=17)) == Fault.TOKEN
    bench.report(Kind.CANCELLED)
    assert faults(bench.new(token=1)) == Fault.TOKEN
    assert faults(bench.new(token=17)) == Fault(0)
    assert faults(bench.new(token=1)) == Fault.TOKEN


def test_rule_9_a_place_never_used_has_no_token(bench):
    assert faults(bench.cancel(token=0)) == Fault.TOKEN
    assert faults(bench.report(Kind.ACK, token=0)) == Fault.TOKEN
    assert faults(bench.new(token=0)) == Fault(0)


@pytest.mark.parametrize("change, fault", [
    ({}, Fault(0)), ({"token": 2}, Fault.TOKEN), ({"token": 17}, Fault.TOKEN), ({"account": 1}, Fault.ORDER),
    ({"symbol": 1}, Fault.ORDER), ({"side": Side.SELL}, Fault.ORDER),
    ({"type": OrderType.MARKET, "price": 0}, Fault.ORDER),
    ({"shares": 0}, Fault.SHARES), ({"price": 0}, Fault.PRICE), ({"side": 9, "token": 5}, Fault.SIDE | Fault.TOKEN)])
def test_rule_9_faults_of_a_replace(bench, change, fault):
    bench.new()
    assert faults(bench.replace(**change)) == fault


def test_rule_9_only_one_replace_may_pend(bench):
    bench.new()
    assert faults(bench.replace(shares=200)) == Fault(0)
    assert faults(bench.replace(shares=300)) == Fault.ORDER
    bench.report(Kind.REPLACED, shares=200)
    assert faults(bench.replace(shares=300)) == Fault(0)


@pytest.mark.parametrize("change, fault", [
    ({}, Fault(0)), ({"shares": 1}, Fault.SHARES), ({"price": 1}, Fault.PRICE), ({"account": 1}, Fault.ORDER),
    ({"symbol": 1}, Fault.ORDER), ({"account": 9}, Fault.ORDER), ({"token": 2, "account": 9}, Fault.TOKEN),
    ({"side": 77, "type": 99}, Fault(0))])
def test_a_cancel(bench, change, fault):
    bench.new()
    before = bench.gate.snapshot()
    verdict = bench.cancel(**change)
    assert faults(verdict) == fault
    assert verdict["mask"] == (Rule.MALFORMED if fault else 0)
    assert bench.gate.snapshot() == before
    assert all(verdict[name] == 0 for name in ("effective", "notional", "worst", "gross", "net", "pair_open",
                                               "account_open", "short_used", "fills"))


@pytest.mark.parametrize("change, mask", [
    ({}, 0), ({"symbol": ALL_SYMBOLS}, 0), ({"symbol": 2}, Rule.UNKNOWN), ({"account": 2}, Rule.UNKNOWN),
    ({"account": 2, "symbol": ALL_SYMBOLS}, Rule.UNKNOWN), ({"shares": 1}, Rule.MALFORMED),
    ({"price": 1, "account": 2}, Rule.MALFORMED | Rule.UNKNOWN)])
def test_a_mass_cancel(bench, change, mask):
    bench.account(enable=0)
    before = bench.gate.snapshot()
    verdict = bench.slot(kind=Kind.MASS_CANCEL, **change)
    assert verdict["mask"] == mask
    assert verdict["status"] == (Status.REFUSED if mask else Status.ACCEPTED)
    assert bench.gate.snapshot() == before


def test_cancels_pass_while_everything_is_shut(bench):
    bench.new()
    bench.gate.kill_global()
    bench.gate.kill_account(0)
    bench.gate.kill_symbol(0)
    bench.state(live=False, trading=False)
    bench.limits(heartbeat=0)
    assert bench.cancel()["status"] == Status.ACCEPTED
    assert bench.slot(kind=Kind.MASS_CANCEL)["status"] == Status.ACCEPTED


@pytest.mark.parametrize("kind", [0, 5, 15, 25, 255])
def test_a_kind_that_does_not_exist_is_a_refused_request(bench, kind):
    verdict = bench.slot(kind=kind, account=1, symbol=1, side=9, type=8, shares=0, token=3)
    assert verdict["status"] == Status.REFUSED
    assert (verdict["mask"], verdict["fault"]) == (Rule.MALFORMED, Fault.KIND)
    assert [verdict[name] for name in ("account", "symbol", "side", "type", "token")] == [1, 1, 9, 8, 3]
    assert verdict["bid"] == 999_900 and verdict["gross"] == 0


@pytest.mark.parametrize("shares, broken", [(499, False), (500, False), (501, True)])
def test_rule_10_max_shares(bench, shares, broken):
    bench.pair(max_shares=500)
    assert bench.rules(shares=shares) == (Rule.MAX_SHARES if broken else NONE)


@pytest.mark.parametrize("notional, broken", [(100_000_001, False), (100_000_000, False), (99_999_999, True)])
def test_rule_11_max_notional(bench, notional, broken):
    bench.pair(max_notional=notional)
    assert bench.rules() == (Rule.MAX_NOTIONAL if broken else NONE)


def test_rule_11_a_market_order_is_taken_at_the_touch(bench):
    bench.pair(max_notional=100 * 1_000_100)
    verdict = bench.new(type=OrderType.MARKET, price=0)
    assert (verdict["effective"], verdict["notional"], verdict["mask"]) == (1_000_100, 100_010_000, 0)
    bench.pair(max_notional=100 * 999_900 - 1)
    verdict = bench.new(account=0, symbol=0, token=2, type=OrderType.MARKET, price=0, side=Side.SELL_SHORT)
    assert verdict["effective"] == 999_900
    assert verdict["mask"] == Rule.MAX_NOTIONAL | Rule.SELF_TRADE


@pytest.mark.parametrize("side, price, broken", [
    (Side.BUY, 1_000_000 + 500, False), (Side.BUY, 1_000_000 + 501, True),
    (Side.SELL, 1_000_000 - 300, False), (Side.SELL, 1_000_000 - 301, True)])
def test_rule_12_collar_in_units_against_the_last_trade(bench, side, price, broken):
    bench.symbol(units_buy=500, units_sell=300)
    bench.touch(ask=1_000_400, bid=999_600)
    assert bench.rules(side=side, price=price) == (Rule.COLLAR if broken else NONE)


@pytest.mark.parametrize("side, price, broken", [
    (Side.BUY, 1_000_100 + 500, False), (Side.BUY, 1_000_100 + 501, True),
    (Side.SELL, 999_900 - 300, False), (Side.SELL, 999_900 - 301, True)])
def test_rule_12_collar_in_units_against_the_touch_alone(bench, side, price, broken):
    bench.symbol(units_buy=500, units_sell=300)
    bench.touch(last=None)
    assert bench.rules(side=side, price=price) == (Rule.COLLAR if broken else NONE)


@pytest.mark.parametrize("side, price, broken", [
    (Side.BUY, 10_010, False), (Side.BUY, 10_011, True), (Side.SELL, 9_980, False), (Side.SELL, 9_979, True)])
def test_rule_12_collar_in_basis_points(bench, side, price, broken):
    bench.symbol(collar_buy=10, collar_sell=20)
    bench.touch(bid=10_000, ask=10_000, last=10_000)
    assert bench.rules(side=side, price=price) == (Rule.COLLAR if broken else NONE)


def test_rule_12_basis_points_are_not_rounded(bench):
    bench.symbol(collar_buy=10)
    bench.touch(ask=9_999, last=None)
    assert bench.rules(price=10_008, token=1) == NONE
    assert bench.rules(price=10_009, token=2) == Rule.COLLAR


def test_rule_12_no_reference_no_collar(bench):
    bench.symbol(collar_buy=0, units_buy=0)
    bench.touch(ask=None, last=None)
    assert bench.rules(price=4_000_000_000) == Rule.NOT_LIVE


def test_rule_12_an_order_that_is_better_than_the_reference_passes(bench):
    bench.symbol(collar_buy=0, units_buy=0, collar_sell=0, units_sell=0)
    assert bench.rules(price=1, token=1) == NONE
    assert bench.rules(price=4_000_000, side=Side.SELL, token=2) == NONE


def test_rule_12_a_market_buy_is_held_against_the_last_trade(bench):
    bench.symbol(units_buy=99)
    assert bench.rules(type=OrderType.MARKET, price=0) == Rule.COLLAR


@pytest.mark.parametrize("price, broken", [(99, True), (100, False), (200, False), (201, True)])
def test_rule_13_band(bench, price, broken):
    bench.symbol(band_low=100, band_high=200)
    assert bench.rules(price=price) == (Rule.BAND if broken else NONE)


@pytest.mark.parametrize("shares, broken", [(799, False), (800, False), (801, True)])
def test_rule_14_position_with_all_open_buys(bench, shares, broken):
    bench.new(token=1, shares=100)
    bench.fill(token=1, shares=60)
    bench.new(token=2, shares=100)
    bench.pair(long=1000)
    assert bench.rules(token=3, shares=shares) == (Rule.POSITION if broken else NONE)


@pytest.mark.parametrize("side", SELLS)
@pytest.mark.parametrize("shares, broken", [(349, False), (350, False), (351, True)])
def test_rule_14_short_position_with_all_open_sells(bench, side, shares, broken):
    bench.new(token=1, shares=100, side=Side.SELL)
    bench.fill(token=1, shares=60)
    bench.new(token=2, shares=50, side=Side.SELL_SHORT)
    bench.pair(short=500)
    assert bench.rules(token=3, shares=shares, side=side) == (Rule.POSITION if broken else NONE)


def test_rule_14_other_symbols_and_accounts_do_not_count(bench):
    bench.new(token=1, account=1)
    bench.new(token=2, symbol=1)
    bench.pair(long=100)
    assert bench.rules(token=3) == NONE


def test_rule_14_a_replace_that_does_not_grow_passes_over_the_limit(bench):
    bench.new(shares=100)
    bench.pair(long=50)
    assert bench.replace(shares=101)["mask"] == Rule.POSITION
    assert bench.replace(shares=100)["mask"] == 0


@pytest.mark.parametrize("gross, broken", [(150_000_001, False), (150_000_000, False), (149_999_999, True)])
def test_rule_15_gross(bench, gross, broken):
    bench.new(token=1, shares=100, price=1_000_000)
    bench.account(gross=gross)
    assert bench.rules(token=2, symbol=1, shares=50, side=Side.SELL) == (Rule.GROSS if broken else NONE)


@pytest.mark.parametrize("limits, rule", [({"gross": 0}, Rule.GROSS), ({"net": 0}, Rule.NET)])
@pytest.mark.parametrize("side", [Side.BUY, Side.SELL])
def test_rules_15_and_16_a_replace_that_does_not_grow_passes_over_the_limit(bench, limits, rule, side):
    bench.new(side=side)
    bench.account(**limits)
    assert bench.replace(side=side, price=1_000_001)["mask"] == rule
    assert bench.replace(side=side, price=1_000_000)["mask"] == 0


def test_rule_15_what_was_sold_again_counts_only_by_its_profit(bench):
    bench.new(token=1, shares=100, price=1_000_000)
    bench.fill(token=1)
    bench.new(token=2, shares=100, price=1_000_300, side=Side.SELL)
    verdict = bench.fill(token=2, price=1_000_300)
    assert (verdict["gross"], verdict["net"], verdict["worst"]) == (30_000, -30_000, 0)


@pytest.mark.parametrize("net, broken", [(120_000_000, False), (119_999_999, True)])
def test_rule_16_net_of_buys(bench, net, broken):
    bench.new(token=1, shares=100, price=1_000_000)
    bench.fill(token=1, shares=40, price=500_000)
    bench.account(net=net)
    assert bench.rules(token=2, symbol=1, shares=40) == (Rule.NET if broken else NONE)


@pytest.mark.parametrize("net, broken", [(60_000_000, False), (59_999_999, True)])
def test_rule_16_net_of_sells(bench, net, broken):
    bench.new(token=1, shares=100, price=1_000_000)
    bench.fill(token=1, shares=40, price=500_000)
    bench.new(token=2, symbol=1, shares=40, side=Side.SELL)
    bench.account(net=net)
    verdict = bench.new(token=3, symbol=1, shares=40, side=Side.SELL_SHORT)
    assert verdict["net"] == 40_000_000 - 20_000_000
    assert verdict["mask"] == (Rule.NET if broken else 0)


def test_rule_17_open_orders_of_the_pair(bench):
    bench.pair(open_orders=2)
    assert [bench.rules(token=token) for token in (1, 2, 3)] == [NONE, NONE, Rule.OPEN_ORDERS]
    assert bench.rules(token=4, symbol=1) == NONE
    bench.report(Kind.CANCELLED, token=1)
    assert bench.rules(token=3) == NONE


def test_rule_17_open_orders_of_the_account(bench):
    bench.account(open_orders=2)
    assert bench.rules(token=1) == bench.rules(token=2, symbol=1) == NONE
    assert bench.rules(token=3) == bench.rules(token=3, symbol=1) == Rule.OPEN_ORDERS
    assert bench.replace(token=1)["mask"] == 0


@pytest.mark.parametrize("scope", ["account", "symbol"])
def test_rule_18_rate_is_a_bucket_that_earns_one_order_each_interval(bench, scope):
    getattr(bench, scope)(interval=100, tolerance=200)
    asked = [(1000, True), (1001, True), (1002, True), (1003, False), (1099, False), (1100, True), (1101, False),
             (1199, False), (1200, True)]
    for token, (cycle, passes) in enumerate(asked):
        assert bench.rules(token=token, at=cycle) == (NONE if passes else Rule.RATE)


def test_rule_18_the_refused_cost_nothing_and_a_replace_costs_as_much(bench):
    bench.account(interval=100, tolerance=0)
    assert bench.new(token=1, at=1000)["mask"] == 0
    assert bench.replace(token=1, at=1099)["mask"] == Rule.RATE
    assert bench.replace(token=1, at=1100)["mask"] == 0
    assert bench.new(token=2, at=1199)["mask"] == Rule.RATE
    assert bench.cancel(token=1, at=1200)["mask"] == 0
    assert bench.new(token=2, at=1201)["mask"] == 0


@pytest.mark.parametrize("scope", ["account", "symbol"])
def test_rule_18_without_an_interval_none_passes(bench, scope):
    getattr(bench, scope)(interval=0)
    assert bench.rules() == Rule.RATE


@pytest.mark.parametrize("after, broken", [(99, True), (100, False)])
def test_rule_19_the_same_order_again(bench, after, broken):
    bench.limits(duplicate=100)
    bench.new(token=1, at=1000)
    assert bench.rules(token=2, at=1000 + after) == (Rule.DUPLICATE if broken else NONE)


@pytest.mark.parametrize("change", [{"account": 1}, {"symbol": 1}, {"side": Side.SELL, "price": 1_000_200},
                                    {"price": 1_000_001}, {"shares": 101}, {"type": OrderType.MARKET, "price": 0}])
def test_rule_19_an_order_that_differs_is_no_duplicate(bench, change):
    bench.limits(duplicate=100)
    bench.new(token=1)
    assert bench.rules(token=2, **change) == NONE


def test_rule_19_remembers_the_last_accepted_orders_alone(bench):
    bench.limits(duplicate=1000)
    for token in range(5):
        bench.new(token=token, shares=100 + token)
    assert bench.rules(token=6, shares=101) == Rule.DUPLICATE
    assert bench.rules(token=6, shares=100) == NONE


def test_rule_19_a_replace_is_no_duplicate_and_is_not_remembered(bench):
    bench.limits(duplicate=1000)
    bench.new(token=1)
    assert bench.replace(token=1)["mask"] == 0
    assert bench.rules(token=2, shares=200) == NONE
    bench.replace(token=2, shares=300)
    assert bench.rules(token=3, shares=300) == NONE


@pytest.mark.parametrize("side", SELLS)
@pytest.mark.parametrize("price, broken", [(999_999, True), (1_000_000, True), (1_000_001, False)])
def test_rule_20_a_sell_against_a_resting_buy(bench, side, price, broken):
    bench.new(token=1, price=1_000_000)
    assert bench.rules(token=2, side=side, price=price) == (Rule.SELF_TRADE if broken else NONE)


@pytest.mark.parametrize("side", SELLS)
@pytest.mark.parametrize("price, broken", [(999_999, False), (1_000_000, True), (1_000_001, True)])
def test_rule_20_a_buy_against_a_resting_sell(bench, side, price, broken):
    bench.new(token=1, side=side, price=1_000_000)
    assert bench.rules(token=2, price=price) == (Rule.SELF_TRADE if broken else NONE)


def test_rule_20_market_orders_trade_with_everything(bench):
    bench.new(token=1, price=1)
    assert bench.rules(token=2, side=Side.SELL, type=OrderType.MARKET, price=0) == Rule.SELF_TRADE
    bench.report(Kind.CANCELLED, token=1)
    bench.new(token=2, type=OrderType.MARKET, price=0)
    assert bench.rules(token=3, side=Side.SELL, price=2**32 - 1) == Rule.SELF_TRADE
    bench.report(Kind.CANCELLED, token=2)
    bench.new(token=4, side=Side.SELL, type=OrderType.MARKET, price=0)
    assert bench.rules(token=5, price=1) == Rule.SELF_TRADE


def test_rule_20_a_pending_replace_counts_at_its_better_price(bench):
    bench.new(token=1, price=1_000_000)
    bench.replace(token=1, price=1_000_050)
    assert bench.rules(token=2, side=Side.SELL, price=1_000_050) == Rule.SELF_TRADE
    bench.report(Kind.REPLACE_REJECTED)
    assert bench.rules(token=2, side=Side.SELL, price=1_000_050) == NONE
    bench.replace(token=2, side=Side.SELL, price=1_000_040)
    assert bench.rules(token=3, price=1_000_040) == Rule.SELF_TRADE
    assert bench.rules(token=3, price=1_000_039) == NONE


def test_rule_20_a_replace_may_cross_too_and_other_accounts_and_symbols_do_not_count(bench):
    bench.new(token=1, price=900_000)
    bench.new(token=2, price=1_100_000, account=1)
    bench.new(token=3, price=1_100_000, symbol=1)
    bench.new(token=4, side=Side.SELL, price=950_000)
    assert bench.replace(token=1, price=950_000)["mask"] == Rule.SELF_TRADE
    assert bench.replace(token=1, price=949_999)["mask"] == 0


@pytest.mark.parametrize("side", [Side.SELL_SHORT, Side.SELL_SHORT_EXEMPT])
@pytest.mark.parametrize("shares, broken", [(449, False), (450, False), (451, True)])
def test_rule_21_locate(bench, side, shares, broken):
    bench.new(token=1, shares=100, side=Side.SELL_SHORT)
    bench.fill(token=1, shares=60)
    bench.new(token=2, shares=450, side=Side.SELL_SHORT_EXEMPT)
    bench.new(token=4, shares=7, side=Side.SELL)
    bench.pair(locate=1000)
    assert bench.gate.pairs[0, 0].short_used == 550
    assert bench.rules(token=3, shares=shares, side=side) == (Rule.SHORT_SALE if broken else NONE)


def test_rule_21_a_replace_that_does_not_grow_passes_over_the_limit(bench):
    bench.new(side=Side.SELL_SHORT)
    bench.pair(locate=0)
    assert bench.replace(side=Side.SELL_SHORT, shares=101)["mask"] == Rule.SHORT_SALE
    assert bench.replace(side=Side.SELL_SHORT, shares=100)["mask"] == 0


def test_rule_21_a_cancelled_short_sale_gives_its_shares_back_but_for_what_was_filled(bench):
    bench.new(token=1, shares=100, side=Side.SELL_SHORT)
    bench.fill(token=1, shares=60)
    assert bench.report(Kind.CANCELLED)["short_used"] == 60
    assert bench.report(Kind.BUST, shares=20, price=1_000_000)["short_used"] == 40


@pytest.mark.parametrize("side, type, price, broken", [
    (Side.SELL_SHORT, OrderType.LIMIT, 999_900, True), (Side.SELL_SHORT, OrderType.LIMIT, 999_901, False),
    (Side.SELL_SHORT, OrderType.MARKET, 0, True), (Side.SELL_SHORT_EXEMPT, OrderType.LIMIT, 999_900, False),
    (Side.SELL_SHORT_EXEMPT, OrderType.MARKET, 0, False), (Side.SELL, OrderType.LIMIT, 999_900, False)])
def test_rule_21_restricted_short_sales_above_the_bid_only(bench, side, type, price, broken):
    bench.state(short_restricted=True)
    assert bench.rules(side=side, type=type, price=price) == (Rule.SHORT_SALE if broken else NONE)


def test_rule_21_restricted_short_sales_need_a_bid(bench):
    bench.state(short_restricted=True)
    bench.touch(bid=None)
    assert bench.rules(side=Side.SELL_SHORT) == Rule.SHORT_SALE | Rule.NOT_LIVE


def test_rule_22_disabled_after_more_fills_than_the_limit_until_enabled(bench):
    bench.pair(fills=2, window=1000)
    bench.new(token=1)
    assert [bench.fill(shares=1, at=cycle)["fills"] for cycle in (100, 200)] == [1, 2]
    assert bench.rules(token=2) == NONE
    assert bench.fill(shares=1, at=1099)["fills"] == 3
    assert bench.rules(token=3) == Rule.THROTTLE
    assert bench.rules(token=3, symbol=1) == NONE
    assert bench.rules(token=4, at=5000) == Rule.THROTTLE
    bench.gate.enable_pair(0, 0)
    assert bench.gate.pairs[0, 0].fills == 0
    assert bench.rules(token=4) == NONE


def test_rule_22_a_new_window_begins_with_the_first_fill_after_the_old(bench):
    bench.pair(fills=2, window=1000)
    bench.new(token=1)
    assert [bench.fill(shares=1, at=cycle)["fills"] for cycle in (100, 200, 1100, 1101)] == [1, 2, 1, 2]
    assert bench.rules(token=2) == NONE


def test_rule_22_a_limit_of_no_fills_disables_at_the_first(bench):
    bench.pair(fills=0, window=1000)
    bench.new(token=1)
    bench.fill(shares=1)
    assert bench.rules(token=2) == Rule.THROTTLE


def test_a_market_order_without_a_touch_has_price_0(bench):
    bench.touch(ask=None)
    verdict = bench.new(type=OrderType.MARKET, price=0)
    assert (verdict["effective"], verdict["notional"]) == (0, 0)
    assert verdict["mask"] == Rule.NOT_LIVE | Rule.BAND


def test_a_malformed_order_is_judged_by_the_other_rules_all_the_same(bench):
    bench.pair(max_shares=10, long=10, locate=5)
    bench.account(gross=10, net=10, open_orders=0)
    assert bench.rules(side=7, shares=100) == (
        Rule.MALFORMED | Rule.MAX_SHARES | Rule.GROSS | Rule.OPEN_ORDERS)
    assert bench.rules(type=9, shares=100) == (
        Rule.MALFORMED | Rule.MAX_SHARES | Rule.POSITION | Rule.GROSS | Rule.NET | Rule.OPEN_ORDERS)


def test_a_replace_of_nothing_grows_nothing(bench):
    bench.pair(long=0, max_shares=99)
    bench.account(gross=0, net=0)
    assert bench.replace(token=5)["mask"] == Rule.MALFORMED | Rule.MAX_SHARES
