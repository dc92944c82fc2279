"""The gate's pace, its waits, its ends of ranges, and what can be read out of it."""

import random

import pytest

from gateware.risk.interfaces import DECISION, EVENTS, REPORT_CYCLES, VERDICT_AT, Sizes
from tests.gateware.risk.bench import TINY, admin, cancel, check, new, opened, replace, report, run, slot
from wire.pages import Command
from wire.profiles import Profile
from wire.risk import Fault, Kind, Rule, Shut, Side, Status

MOST = (1 << 32) - 1


def test_a_request_a_cycle_with_fixed_latency():
    events, _ = opened()
    slots = [new(8 * n + n % 8, client=n) for n in range(100)]
    verdicts, appeared, strobes, _ = run(slots, events)
    first = verdicts[0]["cycles_in"]
    assert [verdict["client"] for verdict in verdicts] == list(range(100))
    assert [verdict["cycles_in"] for verdict in verdicts] == list(range(first, first + 100))
    assert [verdict["cycles_out"] - DECISION for verdict in verdicts] == list(range(first, first + 100))
    assert [cycle - VERDICT_AT for cycle in appeared] == list(range(first, first + 100))
    assert (DECISION, VERDICT_AT) == (5, 7)
    found = {name: sum(word >> field.offset & 1 for word in strobes.values()) for name, field in EVENTS}
    assert found["accepted"] == 8 and found["refused"] == found["malformed"] == 92
    assert found["admin"] == sum(what == "admin" for _, what, _ in events)


def test_a_report_takes_its_cycles():
    events, _ = opened()
    slots = [new(0), report(Kind.ACK, 0, 1), report(Kind.ACK, 1, 1), new(1), new(2)]
    verdicts, appeared, _, _ = run(slots, events)
    entered = [verdict["cycles_in"] - verdicts[0]["cycles_in"] for verdict in verdicts]
    assert entered == [0, 6, 6 + REPORT_CYCLES, 6 + 2 * REPORT_CYCLES, 7 + 2 * REPORT_CYCLES]
    assert [verdict["cycles_out"] - verdict["cycles_in"] for verdict in verdicts[1:3]] == [REPORT_CYCLES] * 2
    assert appeared[1] == verdicts[1]["cycles_out"] + 1 + 1
    assert [verdict["status"] for verdict in verdicts[1:3]] == [Status.APPLIED, Status.UNMATCHED]


def test_a_place_under_way_is_waited_for():
    events, _ = opened()
    slots = [new(0), replace(0), cancel(0), slot(kind=Kind.MASS_CANCEL), new(1), new(9), new(2), cancel(2)]
    verdicts = check(slots, events)
    entered = [verdict["cycles_in"] - verdicts[0]["cycles_in"] for verdict in verdicts]
    assert entered == [0, 6, 12, 13, 14, 20, 21, 27]
    assert [verdict["status"] for verdict in verdicts] == [1, 1, 1, 1, 1, 2, 1, 1]


@pytest.mark.parametrize("chance", (0.0, 0.3))
def test_no_verdict_is_lost_when_none_is_taken(chance):
    rng = random.Random(1)
    cycles = iter(range(10_000))
    events, _ = opened()
    slots = [new(8 * n + n % 8, shares=1 + n % 3) for n in range(60)]
    verdicts = check(slots, events, ready=lambda: next(cycles) > 150 and rng.random() >= chance, extra=150)
    assert verdicts[15]["cycles_in"] < 60 and verdicts[16]["cycles_in"] > 150


def test_the_life_of_an_order():
    events, _ = opened()
    cases = [
        (new(0, shares=100, price=1000), 0), (report(Kind.FILL, 1, 1, shares=1, price=1), Fault.TOKEN),
        (report(Kind.ACK, 0, 0), Fault.NUMBER), (report(Kind.ACK, 0, 1), 0), (report(Kind.ACK, 0, 2), Fault.ORDER),
        (report(Kind.ACK, 0, 1), Fault.NUMBER | Fault.ORDER),
        (report(Kind.FILL, 0, 2, shares=101, price=0), Fault.SHARES | Fault.PRICE),
        (report(Kind.FILL, 0, 2, shares=0, price=1), Fault.SHARES),
        (report(Kind.FILL, 0, 2, shares=40, price=990), 0),
        (report(Kind.FILL, 0, 2, shares=1, price=990), Fault.NUMBER),
        (report(Kind.REPLACED, 0, 3, shares=10), Fault.ORDER | Fault.SHARES), (replace(0, shares=80, price=1001), 0),
        (report(Kind.REPLACED, 0, 3, shares=81), Fault.SHARES), (report(Kind.FILL, 0, 3, shares=60, price=1000), 0),
        (report(Kind.REPLACED, 0, 4, shares=20), 0), (report(Kind.REPLACE_REJECTED, 0, 5), Fault.ORDER),
        (report(Kind.BUST, 0, 5, shares=101, price=1), Fault.SHARES),
        (report(Kind.BUST, 0, 5, shares=40, price=99_601), Fault.PRICE),
        (report(Kind.BUST, 0, 5, shares=40, price=990), 0),
        (report(Kind.CORRECT, 0, 6, shares=60, price=999, old_price=1001), Fault.PRICE),
        (report(Kind.CORRECT, 0, 6, shares=60, price=999, old_price=1000), 0),
        (report(Kind.FILL, 0, 7, shares=20, price=1000), 0), (report(Kind.CANCELLED, 0, 8), Fault.TOKEN),
        (report(Kind.BUST, 0, 8, shares=20, price=1000), 0), (new(0), Fault.TOKEN), (new(8), 0)]
    verdicts = check([asked for asked, _ in cases], events)
    assert [Fault(verdict["fault"]) for verdict in verdicts] == [Fault(fault) for _, fault in cases]
    last = verdicts[-3]
    assert (last["worst"], last["net"], last["pair_open"]) == (60, 60 * 999, 0)
    assert last["gross"] == 60 * 999


def test_the_ends_of_ranges_shut_the_account():
    events, cycle = opened()
    events.append(admin(cycle + 80, Command.RESUME_ACCOUNT, account=0))
    huge = {"shares": MOST, "price": MOST}
    slots = [new(0, shares=MOST, price=1), report(Kind.FILL, 0, 1, **huge), new(1), new(2, account=1),
             report(Kind.BUST, 0, 2, shares=1, price=1), new(3), new(4, side=Side.SELL_SHORT, symbol=1), new(9),
             report(Kind.FILL, 9, 1, shares=1, price=1)]
    verdicts = check(slots, events, start=cycle, gaps=[0, 0, 0, 0, 0, 0, 80, 0, 0])
    assert verdicts[1]["status"] == Status.APPLIED and verdicts[1]["shut"] == Shut.NOTIONAL
    assert verdicts[1]["net"] == verdicts[1]["gross"] == (1 << 63) - 1
    assert verdicts[2]["mask"] & Rule.ACCOUNT_KILL and verdicts[2]["shut"] == Shut.NOTIONAL
    assert verdicts[2]["cycles_in"] == verdicts[1]["cycles_out"]
    assert verdicts[3]["status"] == Status.ACCEPTED
    assert [verdict["status"] for verdict in verdicts[4:7]] == [Status.APPLIED, Status.REFUSED, Status.REFUSED]
    assert verdicts[-2]["shut"] == 0 and not verdicts[-2]["mask"] & Rule.ACCOUNT_KILL


def test_bad_sizes():
    good = {name: getattr(TINY, name) for name in TINY.__dataclass_fields__}
    for name, value in (("accounts", 3), ("symbols", 1), ("open_orders", 1 << 17), ("duplicates", 1)):
        with pytest.raises(ValueError, match=f"{name} must be .* not {value}"):
            Sizes(Profile(**good | {name: value}))


def test_what_the_book_said_is_forgotten():
    events, cycle = opened()
    events.append((cycle + 3, "forget", 1))
    events.append((cycle + 5, "touch", {"symbol": 1, "side": 1, "has": 1, "price": 1010}))
    verdicts = check([new(n, symbol=n // 2 % 2) for n in range(8)], events, start=cycle)
    assert [verdict["cycles_in"] for verdict in verdicts] == list(range(cycle, cycle + 8))
    assert [(verdict["bid"], verdict["ask"], verdict["last"]) for verdict in verdicts] == [
        *[(1000, 1010, 1005)] * 4, (0, 0, 0), (0, 0, 0), (0, 1010, 0), (0, 1010, 0)]
    assert [bool(verdict["mask"] & Rule.NOT_LIVE) for verdict in verdicts] == [False] * 4 + [True] * 2 + [False] * 2


def test_what_can_be_read_out():
    seen = {}

    async def read(ctx, dut):
        ctx.set(dut.show_account, 1)
        ctx.set(dut.show_symbol, 2)
        await ctx.tick()
        ctx.set(dut.show, 1)
        await ctx.tick()
        ctx.set(dut.show, 0)
        pair, account, ledger = dut.shown.pair, dut.shown.account, dut.shown.ledger
        for name, value in (("worst_buy", pair.worst_buy), ("pair_open", pair.pair_open), ("gross", account.gross),
                            ("net_buy", account.net_buy), ("position", ledger.position), ("cost", ledger.cost),
                            ("cost_sum", ledger.cost_sum), ("fills", dut.shown.throttle.fills),
                            ("long", dut.shown.limits.pair.long), ("tick", dut.shown.limits.symbol.tick),
                            ("net", dut.shown.limits.account.net), ("killed", dut.killed)):
            seen[name] = ctx.get(value)

    events, _ = opened(pair={"long": 300}, symbol={"tick": 1}, account={"net": 1 << 40})
    slots = [new(0, account=1, symbol=2), report(Kind.FILL, 0, 1, shares=30, price=900), new(1, account=1, symbol=2)]
    run(slots, events, at_end=read)
    assert seen == {"worst_buy": 200, "pair_open": 2, "gross": 197_000, "net_buy": 197_000, "position": 30,
                    "cost": 27_000, "cost_sum": 27_000, "fills": 1, "long": 300, "tick": 1, "net": 1 << 40, "killed": 0}
