"""Time, switches, ends of ranges and mistakes of the caller in the reference risk gate."""

import numpy as np
import pytest

from sim.models.risk import RiskGate
from tests.models.risk_bench import ACCOUNT, PAIR, SYMBOL, Bench
from wire.risk import REPORT_DTYPE, Kind, OrderType, Rule, Shut, Side, Status

TOP_NOTIONAL, TOP_SHARES, TOP_U32 = 2**63 - 1, 2**39 - 1, 2**32 - 1


@pytest.fixture
def bench():
    return Bench()


def mask(verdict):
    return Rule(int(verdict["mask"]))


# Time.


@pytest.mark.parametrize("kill, resume, rule", [
    (lambda gate, **at: gate.kill_global(**at), lambda gate, **at: gate.resume_global(**at), Rule.GLOBAL_KILL),
    (lambda gate, **at: gate.kill_symbol(0, **at), lambda gate, **at: gate.resume_symbol(0, **at), Rule.SYMBOL_KILL),
    (lambda gate, **at: gate.kill_account(0, **at), lambda gate, **at: gate.resume_account(0, **at),
     Rule.ACCOUNT_KILL)])
def test_a_kill_concerns_what_is_decided_in_the_next_cycle(bench, kill, resume, rule):
    kill(bench.gate, cycle=105)
    resume(bench.gate, cycle=107)
    decided = [mask(bench.new(token=token, at=100 + token, decided=104 + token)) for token in range(5)]
    assert decided == [0, 0, rule, rule, 0]


def test_what_the_symbol_is_counts_in_the_cycle_of_the_decision(bench):
    bench.gate.set_state(0, live=False, trading=False, short_restricted=True, cycle=105)
    decided = [bench.new(token=token, at=100 + token, decided=104 + token) for token in range(3)]
    assert [mask(verdict) for verdict in decided] == [0, 0, Rule.NOT_LIVE | Rule.NOT_TRADING]
    assert [verdict["flags"] for verdict in decided] == [0b111_011, 0b111_011, 0b111_100]


def test_the_heartbeat_counts_in_the_cycle_of_the_decision(bench):
    bench.gate.beat(cycle=100)
    bench.gate.set_global(duplicate=0, heartbeat=5, cycle=100)
    decided = [mask(bench.new(token=token, at=100 + token, decided=104 + token)) for token in range(3)]
    assert decided == [0, 0, Rule.HEARTBEAT]


@pytest.mark.parametrize("change", [
    lambda gate: gate.set_account(0, **ACCOUNT | {"enable": 0}, cycle=101),
    lambda gate: gate.set_symbol(0, **SYMBOL | {"enable": 0}, cycle=101),
    lambda gate: gate.set_pair(0, 0, **PAIR | {"max_shares": 0}, cycle=101),
    lambda gate: gate.set_touch(0, bid=None, ask=None, last=None, cycle=101)])
def test_a_row_and_the_touch_count_in_the_cycle_of_entry(bench, change):
    change(bench.gate)
    decided = [mask(bench.new(token=token, at=100 + token, decided=104 + token)) for token in range(3)]
    assert decided[:2] == [0, 0] and decided[2] != 0


def test_a_heartbeat_limit_is_judged_by_what_was_in_force(bench):
    bench.gate.beat(cycle=100)
    bench.gate.set_global(duplicate=0, heartbeat=2, cycle=110)
    bench.gate.set_global(duplicate=0, heartbeat=1000, cycle=110)
    assert bench.rules(token=1, at=111) == 0
    bench.gate.set_global(duplicate=0, heartbeat=2, cycle=112)
    bench.gate.set_global(duplicate=0, heartbeat=1000, cycle=113)
    assert bench.rules(token=2, at=114) == Rule.HEARTBEAT


def test_a_pair_is_enabled_for_what_enters_in_the_next_cycle(bench):
    bench.pair(fills=0)
    bench.new(token=1)
    bench.fill(token=1, shares=1, at=100)
    bench.gate.enable_pair(0, 0, cycle=102)
    assert [bench.rules(token=token, at=cycle) for token, cycle in ((2, 102), (3, 103))] == [Rule.THROTTLE, 0]


def test_an_event_told_too_late_is_refused(bench):
    bench.new(token=1, at=100, decided=104)
    bench.gate.set_account(0, **ACCOUNT, cycle=100)
    bench.gate.kill_global(cycle=104)
    with pytest.raises(ValueError, match="cycle 99 is told too late: entry of cycle 100"):
        bench.gate.set_account(0, **ACCOUNT, cycle=99)
    with pytest.raises(ValueError, match="cycle 103 is told too late: decision of cycle 104"):
        bench.gate.kill_global(cycle=103)
    assert bench.rules(token=2, at=105) == Rule.GLOBAL_KILL


@pytest.mark.parametrize("now, decided", [(100, 105), (99, 106), (101, 104), (101, 100)])
def test_slots_enter_and_are_decided_one_a_cycle(bench, now, decided):
    bench.new(token=1, at=100, decided=104)
    with pytest.raises(ValueError, match=f"a slot of cycles {now}, {decided} cannot follow"):
        bench.gate.decide({"kind": Kind.CANCEL}, now=now, decided=decided)


# Ends of ranges.


def filled_order(bench, *, token, shares, price, side=Side.BUY, at=1, symbol=0):
    """Have an order at the price ``at`` filled at ``price``."""
    bench.new(token=token, shares=shares, price=at, side=side, symbol=symbol)
    return bench.fill(token=token, shares=shares, price=price)


@pytest.fixture
def wide(bench):
    for symbol in range(2):
        bench.pair(0, symbol, long=TOP_U32, short=TOP_U32, locate=TOP_U32, max_notional=TOP_NOTIONAL)
        bench.symbol(symbol, collar_sell=65535, units_sell=TOP_U32)
    bench.account(gross=TOP_NOTIONAL, net=TOP_NOTIONAL)
    bench.touch(bid=1, ask=1, last=1)
    bench.touch(1, bid=1, ask=1, last=1)
    return bench


def test_cost_ends_at_its_end_and_shuts_the_account(wide):
    verdict = filled_order(wide, token=1, shares=TOP_U32, price=TOP_U32)
    assert (verdict["net"], verdict["gross"], verdict["shut"]) == (TOP_NOTIONAL, TOP_NOTIONAL, Shut.NOTIONAL)
    assert verdict["status"] == Status.APPLIED and verdict["worst"] == TOP_U32
    assert Rule.ACCOUNT_KILL in wide.rules(token=2)
    assert wide.entry().filled_notional == TOP_NOTIONAL


def test_cost_ends_at_its_lower_end(wide):
    verdict = filled_order(wide, token=1, shares=TOP_U32, price=TOP_U32, side=Side.SELL)
    assert (verdict["net"], verdict["gross"], verdict["shut"]) == (-TOP_NOTIONAL, TOP_NOTIONAL, Shut.NOTIONAL)


def test_gross_and_cost_sum_follow_what_cost_really_changed_by(wide):
    filled_order(wide, token=1, shares=TOP_U32, price=TOP_U32)
    verdict = wide.report(Kind.BUST, shares=TOP_U32, price=2**31)
    left = TOP_NOTIONAL - TOP_U32 * 2**31
    assert (verdict["net"], verdict["gross"], verdict["worst"]) == (left, left, 0)
    assert wide.gate.pairs[0, 0].cost == left


def test_gross_ends_at_its_end_when_no_cost_does(wide):
    price = 2**30 - 1
    filled_order(wide, token=1, shares=TOP_U32, price=price, symbol=0)
    verdict = filled_order(wide, token=2, shares=TOP_U32, price=price, symbol=1, side=Side.SELL)
    assert (verdict["gross"], verdict["shut"], verdict["net"]) == (2 * TOP_U32 * price, 0, 0)
    verdict = wide.report(Kind.CORRECT, token=2, shares=TOP_U32, price=price + 2, old_price=price)
    assert (verdict["gross"], verdict["shut"]) == (2 * TOP_U32 * (price + 1), 0)
    verdict = wide.report(Kind.CORRECT, token=2, shares=TOP_U32, price=price + 1, old_price=price)
    assert (verdict["gross"], verdict["shut"]) == (TOP_NOTIONAL, Shut.NOTIONAL)
    assert wide.gate.pairs[0, 1].cost == -TOP_U32 * (price + 3)
    verdict = wide.report(Kind.BUST, token=2, shares=TOP_U32, price=price)
    assert (verdict["gross"], verdict["status"]) == (TOP_NOTIONAL - TOP_U32 * price, Status.APPLIED)


def test_one_slot_is_one_change_of_a_sum(wide):
    """Open notional goes as cost comes: gross stays within its range, though their sum would not."""
    wide.symbol(collar_buy=65535, units_buy=TOP_U32)
    wide.touch(bid=1, ask=2**31 - 1, last=None)
    wide.new(token=1, shares=TOP_U32, price=2**31 - 1)
    verdict = wide.fill(token=1, shares=TOP_U32, price=2**31)
    assert (verdict["gross"], verdict["shut"]) == (TOP_U32 * 2**31, 0)


@pytest.mark.parametrize("value, change, end", [(TOP_SHARES - 9, Side.BUY, TOP_SHARES),
                                                (-TOP_SHARES + 9, Side.SELL, -TOP_SHARES)])
@pytest.mark.parametrize("shares, shut", [(9, 0), (10, Shut.POSITION)])
def test_position_ends_at_its_ends(bench, value, change, end, shares, shut):
    bench.new(token=1, side=change)
    state = bench.gate.pairs[0, 0]
    state.position = value
    state.saturated.add("position")
    verdict = bench.fill(token=1, shares=shares)
    assert (verdict["worst"], verdict["shut"]) == (end, shut)


def test_filled_ends_at_its_end(bench):
    bench.new(token=1)
    bench.entry().filled = TOP_SHARES - 9
    bench.entry().saturated.add("filled")
    assert bench.fill(shares=9)["shut"] == 0
    assert bench.fill(shares=1)["shut"] == Shut.POSITION
    assert bench.entry().filled == TOP_SHARES


def test_short_used_ends_at_its_end(wide):
    wide.new(token=1, shares=TOP_U32, side=Side.SELL_SHORT, price=1)
    wide.replace(token=1, shares=1, side=Side.SELL_SHORT, price=1)
    verdict = wide.fill(token=1, shares=TOP_U32 - 1, price=1)
    assert (verdict["short_used"], verdict["shut"]) == (TOP_U32, 0)
    verdict = wide.fill(token=1, shares=1, price=1)
    assert (verdict["short_used"], verdict["shut"]) == (TOP_U32, Shut.POSITION)
    verdict = wide.report(Kind.CANCELLED, token=1)
    assert verdict["short_used"] == TOP_U32 - 1


def test_short_used_ends_at_0(wide):
    wide.new(token=1, shares=TOP_U32, side=Side.SELL_SHORT, price=1)
    wide.replace(token=1, shares=100, side=Side.SELL_SHORT, price=1)
    wide.fill(token=1, shares=TOP_U32, price=1)
    wide.report(Kind.CANCELLED, token=1)
    verdict = wide.report(Kind.BUST, token=1, shares=TOP_U32, price=1)
    assert (verdict["short_used"], verdict["shut"]) == (0, Shut.POSITION)


def test_fills_end_at_their_end(bench):
    bench.pair(fills=65535, window=TOP_U32)
    bench.new(token=1)
    bench.gate.pairs[0, 0].fills = 65534
    assert bench.fill(shares=1)["shut"] == 0
    verdict = bench.fill(shares=1)
    assert (verdict["fills"], verdict["shut"]) == (65535, Shut.COUNT)
    assert bench.rules(token=2) == Rule.ACCOUNT_KILL


def test_open_sums_have_no_end():
    bench = Bench(open_orders=256)
    bench.pair(long=TOP_U32, short=TOP_U32, max_notional=TOP_NOTIONAL)
    bench.account(net=TOP_NOTIONAL, gross=TOP_NOTIONAL)
    for token in range(2):
        bench.new(token=token, shares=TOP_U32, price=1_000_000)
        bench.fill(token=token, shares=1)
        bench.gate.pairs[0, 0].position = -2**38
        bench.gate.pairs[0, 0].saturated.add("position")
    assert bench.gate.pairs[0, 0].open_buy == 2 * (TOP_U32 - 1)


def test_net_in_the_verdict_ends_at_the_end_of_its_field(wide):
    wide.new(token=1, shares=2**31, price=2**20, symbol=1)
    filled_order(wide, token=2, shares=TOP_U32, price=TOP_U32)
    verdict = wide.new(token=3, shares=1, price=1)
    assert verdict["net"] == TOP_NOTIONAL and Rule.NET in mask(verdict)


def test_reasons_add_up_and_resuming_forgets_them(wide):
    filled_order(wide, token=1, shares=TOP_U32, price=TOP_U32)
    wide.new(token=2, account=1)
    wide.gate.accounts[0].shut |= Shut.COUNT
    assert wide.cancel(token=9)["shut"] == Shut.NOTIONAL | Shut.COUNT
    assert wide.fill(token=2)["shut"] == 0
    wide.gate.resume_account(0)
    assert wide.cancel(token=9)["shut"] == 0
    assert Rule.ACCOUNT_KILL not in wide.rules(token=3)


@pytest.mark.parametrize("resumed, shut", [(103, True), (104, True), (105, False)])
def test_an_account_resumed_in_the_cycle_that_shuts_it_is_shut(wide, resumed, shut):
    wide.new(token=1, shares=TOP_U32, price=1, at=90)
    wide.gate.resume_account(0, cycle=resumed)
    wide.fill(token=1, shares=TOP_U32, price=TOP_U32, at=100, decided=104)
    assert (Rule.ACCOUNT_KILL in wide.rules(token=3, at=110)) is shut


def test_an_admin_kill_stays_when_the_gate_shuts_too(wide):
    wide.new(token=1, shares=TOP_U32, price=1)
    wide.gate.kill_account(0)
    assert wide.fill(token=1, shares=TOP_U32, price=TOP_U32)["shut"] == Shut.NOTIONAL
    assert Rule.ACCOUNT_KILL in wide.rules(token=2)


# The caller.


def test_a_slot_is_a_record_its_bytes_or_a_dict():
    record = np.zeros(1, REPORT_DTYPE)[0]
    fields = {"number": 3, "old_price": 4, "token": 5, "shares": 6, "price": 7, "kind": int(Kind.CORRECT)}
    for name, value in fields.items():
        record[name] = value
    verdicts = []
    for slot in (record, record.tobytes(), fields):
        gate = RiskGate(accounts=2, symbols=2, open_orders=8, duplicates=4)
        verdicts.append(gate.decide(slot, now=7, decided=9).tobytes())
    assert len(set(verdicts)) == 1


@pytest.mark.parametrize("call, text", [
    (lambda gate: RiskGate(accounts=0, symbols=1, open_orders=1, duplicates=1), "accounts must be a positive int"),
    (lambda gate: gate.decide(bytes(31), now=99), "a slot has 32 bytes, not 31"),
    (lambda gate: gate.decide({"tokens": 1}, now=99), "a slot has no field 'tokens'"),
    (lambda gate: gate.kill_account(2), "account must be 0 .. 1, not 2"),
    (lambda gate: gate.enable_pair(0, -1), "symbol must be 0 .. 1, not -1"),
    (lambda gate: gate.set_global(duplicate=0), "GlobalRow needs 'heartbeat': rows are replaced whole"),
    (lambda gate: gate.set_global(duplicate=0, heartbeat=2**32), "heartbeat must be an int of 32 bits"),
    (lambda gate: gate.set_global(duplicate=-1, heartbeat=1), "duplicate must be an int of 32 bits, not -1"),
    (lambda gate: gate.set_account(0, **ACCOUNT | {"gros": 1}), "AccountRow has no field 'gros'"),
    (lambda gate: gate.set_account(0, **ACCOUNT | {"net": 1.5}), "net must be an int of 63 bits, not 1.5"),
    (lambda gate: gate.set_touch(0, bid=0, ask=None, last=None), "bid must be None or 1 .. 2"),
])
def test_what_cannot_be_is_refused(bench, call, text):
    with pytest.raises(ValueError, match=text):
        call(bench.gate)


@pytest.mark.parametrize("spoil, text", [
    (lambda gate: setattr(gate.pairs[0, 0], "position", 7), "position of account 0, symbol 0 is 7"),
    (lambda gate: setattr(gate.accounts[0], "gross", 7), "gross of account 0 is 7"),
    (lambda gate: setattr(gate.table[1], "filled", 7), "token 1 has 7 shares filled"),
    (lambda gate: setattr(gate.table[1], "live", False), "is"),
    (lambda gate: setattr(gate.table[1], "token", 2), "token 2 is in place 1")])
def test_verify_finds_what_does_not_add_up(bench, spoil, text):
    bench.new(token=1)
    spoil(bench.gate)
    with pytest.raises(AssertionError, match=text):
        bench.gate.verify()


def test_a_copy_goes_its_own_way(bench):
    bench.new(token=1)
    copy = bench.gate.copy()
    bench.fill(token=1)
    assert copy.table[1].open == 100 and copy.pairs[0, 0].position == 0
    copy.decide({"kind": Kind.FILL, "token": 1, "shares": 7, "price": 1, "number": 1}, now=50)
    assert copy.pairs[0, 0].position == 7 and bench.gate.pairs[0, 0].position == 100
    copy.verify()
    bench.gate.verify()
    bench.gate.kill_global(cycle=100)
    with pytest.raises(ValueError, match="waits for events"):
        bench.gate.copy()


def test_seq_has_no_gaps(bench):
    verdicts = [bench.new(token=1), bench.slot(kind=99), bench.report(Kind.ACK, token=4), bench.cancel()]
    assert [verdict["seq"] for verdict in verdicts] == [1, 2, 3, 4]


def test_a_market_order_at_the_highest_price(wide):
    wide.touch(bid=TOP_U32, ask=TOP_U32, last=TOP_U32)
    verdict = wide.new(token=1, shares=TOP_U32, type=OrderType.MARKET, price=0)
    assert (verdict["effective"], verdict["notional"]) == (TOP_U32, TOP_U32**2)
    assert mask(verdict) == Rule.MAX_NOTIONAL | Rule.GROSS | Rule.NET
