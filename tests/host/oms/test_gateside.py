"""What we tell the gate is what it takes: the reference gate applies every report, and holds what we say it holds."""

from hypothesis import given
from hypothesis import strategies as st

from host.oms.gateside import GateEntry
from tests.host.oms.world import Gate
from wire.risk import Kind, OrderType, Side, Status

STEPS = st.lists(st.tuples(st.sampled_from(
    ["ack", "fill", "replace", "replaced", "restated", "replace_rejected", "end", "bust", "correct"]),
    st.integers(0, 60), st.integers(0, 3), st.integers(0, 3)), max_size=30)


@given(st.integers(1, 50), STEPS)
def test_every_report_is_applied_and_the_entry_is_the_gates(shares, steps):
    gate = Gate(open_orders=4)
    gate.request(Kind.NEW, 1, 5, shares, 100, 0, 0, Side.BUY, OrderType.LIMIT)
    entry = GateEntry(5, shares)
    for name, amount, price, old_price in steps:
        if name == "replace":
            verdict = gate.request(Kind.REPLACE, 2, 5, amount, 100, 0, 0, Side.BUY, OrderType.LIMIT)
            if verdict["status"] == Status.ACCEPTED:
                entry.replace(amount)
            continue
        needed = {
            "ack": lambda: entry.ack(), "fill": lambda n=amount, p=price: entry.fill(n, p)[0],
            "replaced": lambda n=amount: entry.replaced(n)[0], "restated": lambda n=amount: entry.restated(n)[0],
            "replace_rejected": lambda: entry.replace_rejected(), "end": lambda: entry.end(Kind.EXPIRED),
            "bust": lambda n=amount, p=price: entry.bust(n, p)[0],
            "correct": lambda n=amount, p=price, o=old_price: entry.correct(n, o, p)[0] if p else []}[name]()
        for kind, count, at, before in needed:
            entry.number += 1
            assert gate.report(kind, entry.number, 5, count, at, before)["status"] == Status.APPLIED, (name, kind)
    theirs = gate.model.table[1]
    assert (theirs.open, theirs.pending, theirs.filled, theirs.filled_notional, theirs.live) == (
        entry.open, entry.pending, entry.filled, entry.notional, entry.live)
    gate.model.verify()
