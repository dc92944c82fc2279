"""Random flow for the risk gate: it is repeatable, meets every rule and fault, and all adds up after every slot."""

from collections import Counter
from random import Random

import pytest

from sim.market.risk_flow import RiskFlow, play
from sim.models.risk import RiskGate
from wire.risk import Fault, Kind, Rule, Shut, Status

TINY = {"accounts": 2, "symbols": 4, "open_orders": 8, "duplicates": 4}
LARGE = {"accounts": 8, "symbols": 64, "open_orders": 256, "duplicates": 16}
REFUSED = (Status.REFUSED, Status.UNMATCHED)


def test_a_seed_is_a_flow():
    first, again, other = (list(RiskFlow(seed=seed, **TINY).events(300)) for seed in (1, 1, 2))
    assert first == again != other


def test_one_slot_and_one_call_a_cycle():
    seen = Counter()
    last = 0
    for event in RiskFlow(seed=3, trouble=1, **TINY).events(3000):
        assert event.cycle >= last
        last = event.cycle
        port = event.name if event.name in ("slot", "set_touch", "set_state") else "call"
        seen[event.cycle, port, event.fields.get("symbol") if port.startswith("set") else None] += 1
    assert max(seen.values()) == 1


def test_slots_are_counted_and_begin_with_a_gate_after_reset():
    flow = RiskFlow(seed=4, **TINY)
    assert [sum(event.name == "slot" for event in flow.events(count)) for count in (10, 25)] == [10, 25]
    assert flow.gate.seq == 35


def test_everything_adds_up_after_every_slot_and_the_refused_change_nothing():
    gate = RiskGate(**TINY)
    for event in RiskFlow(seed=5, **TINY).events(1200):
        if event.name != "slot":
            play(gate, event)
            continue
        gate.advance(now=event.cycle)
        before = gate.snapshot()
        verdict = play(gate, event)
        after = gate.snapshot()
        gate.verify()
        if verdict["status"] in REFUSED or verdict["kind"] in (Kind.CANCEL, Kind.MASS_CANCEL):
            assert after == before
        for pair in after["pairs"].values():
            assert min(pair["open_buy"], pair["open_sell"], pair["pair_open"], pair["short_used"]) >= 0
        for account in after["accounts"]:
            assert min(account["gross"], account["buy_notional"], account["sell_notional"]) >= 0
            assert account["account_open"] >= 0


@pytest.mark.parametrize("sizes", [{"accounts": 1, "symbols": 1, "open_orders": 4, "duplicates": 1}, LARGE])
def test_sizes_from_the_least_on(sizes):
    flow = RiskFlow(seed=8, **sizes)
    for _ in range(20):
        list(flow.events(50))
        flow.gate.verify()


def test_long_flow_meets_every_rule_alone_every_fault_and_both_ends_of_every_kind():
    rules, faults, outcomes, shut = Counter(), Counter(), Counter(), 0
    for seed in (0, 4, 5):
        gate = RiskGate(**TINY)
        for event in RiskFlow(seed=seed, **TINY).events(8000):
            verdict = play(gate, event)
            if verdict is None:
                continue
            kind, status = int(verdict["kind"]), int(verdict["status"])
            rules[int(verdict["mask"])] += 1
            outcomes[kind, status] += 1
            shut |= int(verdict["shut"])
            for fault in Fault:
                faults[kind, fault] += bool(verdict["fault"] & fault)
        gate.verify()
    assert all(rules[int(rule)] for rule in Rule), rules
    for kind in Kind:
        for status in (Status.APPLIED, Status.UNMATCHED) if kind >= Kind.ACK else (Status.ACCEPTED, Status.REFUSED):
            assert outcomes[kind, status], (kind, status)
    new = (Fault.SIDE, Fault.TYPE, Fault.SHARES, Fault.PRICE, Fault.TICK, Fault.TOKEN)
    assert all(faults[Kind.NEW, fault] for fault in new)
    assert all(faults[Kind.REPLACE, fault] for fault in (*new, Fault.ORDER))
    assert all(faults[Kind.FILL, fault] for fault in (Fault.NUMBER, Fault.SHARES, Fault.PRICE, Fault.TOKEN))
    assert all(faults[Kind.REPLACED, fault] for fault in (Fault.NUMBER, Fault.SHARES, Fault.ORDER, Fault.TOKEN))
    assert all(faults[kind, fault] for kind in (Kind.BUST, Kind.CORRECT)
               for fault in (Fault.NUMBER, Fault.SHARES, Fault.PRICE, Fault.TOKEN))
    assert shut == Shut.POSITION | Shut.NOTIONAL
    accepted = outcomes[Kind.NEW, Status.ACCEPTED]
    assert accepted * 4 > outcomes[Kind.NEW, Status.REFUSED]


def slow_device(events, random, *, start=-1):
    """Return (event, cycle of the decision or None) as a device has them that decides five cycles after entry, and
    lets slots wait now and then, which delays all that comes after."""
    happened, late, entered = [], 0, start
    for event in events:
        if event.name == "slot":
            late += max(entered + 1 - event.cycle - late, 0) + random.choice((0, 0, 0, 1, 6))
            entered = event.cycle + late
        happened.append((event._replace(cycle=event.cycle + late), entered + 5 if event.name == "slot" else None))
    return happened


def judge(gate, happened):
    """Tell ``gate`` first what happened beside the slots, then the slots; return their verdicts."""
    for event, decided in happened:
        if decided is None:
            play(gate, event)
    return [play(gate, event, decided=decided) for event, decided in happened if decided is not None]


def test_a_flow_that_follows_stays_plausible_on_a_device_that_is_slower():
    gate, flow, random = RiskGate(**TINY), RiskFlow(seed=7, **TINY), Random(7)
    cycle, outcomes = -1, Counter()
    for _ in range(20):
        happened = slow_device(flow.events(100), random, start=cycle)
        outcomes.update((int(verdict["kind"]), int(verdict["status"])) for verdict in judge(gate, happened))
        cycle = max(decided or event.cycle for event, decided in happened) + 1
        flow.follow(gate, cycle=cycle)
        assert flow.gate.snapshot() == gate.snapshot()
    gate.verify()
    assert gate.seq == flow.gate.seq == 2000
    assert outcomes[Kind.NEW, Status.ACCEPTED] > 120
    assert outcomes[Kind.FILL, Status.APPLIED] > 100


def test_trouble_is_a_share():
    with pytest.raises(ValueError, match="trouble must be 0 .. 1, not 2"):
        RiskFlow(seed=1, trouble=2, **TINY)
