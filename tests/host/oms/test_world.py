"""Random days: acknowledgements, fills, cancels, rejects, busts, corrections, duplicates, lost sessions, crashes.

At rest the order manager says what the venue says, and the gate holds what it should."""

import random

import pytest

from host.oms.book import Phase
from host.oms.inputs import ExecKind, Execution
from host.oms.order import Flag
from host.oms.outputs import AlarmKind
from host.oms.states import State
from tests.host.oms.world import World
from wire.risk import Fault


def check(world):
    book, venue = world.oms.book, world.venue
    world.gate.model.verify()
    # Every order is the venue's, share by share.
    ours = {order.order_id: order for order in book.orders.values() if order.order_id}
    assert ours.keys() >= {order.order_id for order in venue.orders if order.fills or order.leaves}
    for theirs in venue.orders:
        order = ours.get(theirs.order_id)
        if order is None:
            continue
        assert (order.cum, order.leaves) == (theirs.cum, theirs.leaves), (order, theirs)
        if not order.flags & Flag.ESTIMATED:
            assert order.notional == theirs.paid
        assert not order.leaves or order.cl_ord_id == theirs.name
    for order in book.orders.values():
        assert order.order_id or not order.open, order
    # So are positions.
    positions = {pair: shares for pair, shares in book.positions.items() if shares}
    assert positions == {pair: shares for pair, shares in venue.positions.items() if shares}
    # Transitions outside the table are recorded and alarmed, and a venue that keeps the rules causes none.
    assert len(book.illegal) == len(world.alarmed(AlarmKind.ILLEGAL)) == 0, book.illegal
    # Each report reached the gate once.
    assert len(set(world.applied)) == len(world.applied)
    assert {fault for *_, fault in world.unmatched} <= {int(Fault.NUMBER)} and not book.reports
    # The gate's positions are ours but for what is known not to be, and it reserves what is open.
    for pair, state in world.gate.model.pairs.items():
        assert state.position + book.gaps.get(pair, 0) == book.positions.get(pair, 0), pair
    entries = {entry.token: entry for entry in world.gate.model.table if entry is not None and entry.live}
    held = {order.gate.token: order for order in book.orders.values() if order.gate is not None and order.gate.live}
    assert entries.keys() == held.keys()
    for token, entry in entries.items():
        order = held[token]
        assert order.open and not entry.pending
        assert entry.open == order.gate.open
        assert entry.open == order.leaves or order.flags & (Flag.UNSOLICITED | Flag.BEYOND_GATE)
        assert entry.open >= order.leaves or order.flags & Flag.BEYOND_GATE
    assert all(order.gate.live for order in book.orders.values()
               if order.open and not order.flags & (Flag.REVIVED | Flag.FOREIGN))
    assert not book.requests and not book.at_gate and set(book.places.live) == {t % 8 for t in held}
    assert book.phase is Phase.OPEN and not any(order.flags & Flag.UNRESOLVED for order in book.orders.values())
    assert len(book.places.free) + len(book.places.live) == 8 and not book.places.out


@pytest.mark.parametrize("seed", range(40))
def test_at_rest_all_agree(seed):
    print(f"seed {seed}")
    world = World(random.Random(seed))
    world.link()
    for _ in range(4):
        world.run(300)
        world.settle()
        check(world)
    world.refold()


def test_the_world_has_all_of_it():
    """Guards the test above: what it is about does happen."""
    seen, states, flags, replaced = set(), set(), 0, 0
    for seed in range(20):
        world = World(random.Random(seed))
        world.link()
        world.run(1_000)
        world.settle()
        seen |= {each.kind for each in world.alarms}
        for order in world.oms.book.orders.values():
            states.add(order.working)
            flags |= order.flags
        replaced += sum(isinstance(each, Execution) and each.kind is ExecKind.REPLACED for each in world.log)
    assert seen >= {AlarmKind.UNSOLICITED, AlarmKind.KILL, AlarmKind.GATE_SHORT, AlarmKind.BREAK}
    assert states >= {State.FILLED, State.CANCELLED, State.REJECTED, State.EXPIRED, State.REPLACED, State.NEW}
    assert flags & Flag.BUSTED and flags & Flag.ESTIMATED and replaced > 50
