"""What a report tells of a journal is what the ledger says."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from host.journal.disk import Sync
from host.journal.journal import JOURNAL, Journal, read_journal
from host.journal.log import LogError
from host.oms.inputs import Verdict
from host.oms.states import State
from host.report.data import TIMES
from host.report.history import GATE_REFUSED, history, open_orders, read_history
from host.run.ledger import INPUTS
from wire.risk import Rule


def test_orders_fills_and_positions_are_the_ledgers(day):
    traded, ledger = day.data.traded, day.world.ledger
    assert traded.orders["id"].tolist() == list(ledger.oms.book.orders)
    for row, order in zip(traded.orders, ledger.oms.book.orders.values(), strict=True):
        assert (row["symbol"], row["side"], row["shares"], row["cum"]) == (
            order.symbol, order.side, order.shares, order.cum)
        assert list(State)[row["state"]] is order.state
        stamps = {name: getattr(order.times, name, None) for name in TIMES}
        assert all(row[name] == (stamp.time if stamp else 0) for name, stamp in stamps.items() if name != "filled")
        first = min((fill.stamp.time for fill in order.fills.values()), default=0)
        assert row["filled"] == first
    trades = list(ledger.positions.trades())
    assert Counter(zip(traded.fills["shares"].tolist(), traded.fills["price"].tolist(), strict=True)) == Counter(
        (trade.shares, trade.price) for trade in trades)
    assert len(trades) > 10 and (np.diff(traded.fills["time"]) >= 0).all()
    for position in ledger.positions:
        last = traded.bookings[traded.bookings["symbol"] == position.symbol][-1]
        assert (last["shares"], last["cost"], last["realised"], last["fees"]) == (
            position.shares, position.cost, position.realised, position.fees)


def test_counts_are_the_loops(day):
    traded, counts = day.data.traded, day.world.loop.counts
    assert (traded.accepted, traded.refused) == (counts["accepted"], counts["refused"])
    assert traded.inputs["Intend"] == counts["intents"] and traded.inputs["Sent"] == counts["messages sent"]
    masks = [entry.record.mask for entry in read_journal(day.journal, INPUTS) if isinstance(entry.record, Verdict)]
    assert traded.rules == Counter(rule.name for mask in masks for rule in Rule(mask)) and traded.rules
    assert traded.turned_away["killed"] > 0
    assert (traded.begin, traded.lives, traded.torn) == (day.world.clock.now() - 13 * 10**9, 1, 0)


def test_passages_of_orders_add_up(day):
    traded = day.data.traded
    into, out_of = Counter(), Counter()
    for passage, count in traded.paths.items():
        assert passage.before != passage.after
        into[passage.after] += count
        out_of[passage.before] += count
    assert out_of.pop("") == len(traded.orders)
    stand = into - out_of
    names = [state.value for state in State]
    ended = Counter(names[state] for state in traded.orders["state"])
    ended[GATE_REFUSED] = into[GATE_REFUSED]
    ended[State.REJECTED.value] -= into[GATE_REFUSED]
    assert stand == +ended and set(into) <= {*names, GATE_REFUSED}


def test_kill_and_resume_are_events(day):
    events = [event for event in day.data.traded.events if event.kind in ("kill", "kill done", "resume")]
    kill, done, resume = events
    assert kill.text == "by somebody: a test" and done.text == "nothing rests" and resume.text == "by somebody: enough"
    assert kill.grave and kill.time <= done.time <= resume.time and kill.time == day.world.clock.now() - 8 * 10**9


def test_the_journal_tells_how_many_places_the_gate_has(day, tmp_path):
    assert open_orders(day.journal) == day.world.settings.open_orders == 8
    assert read_history(day.journal).orders.tolist() == day.data.traded.orders.tolist()
    empty = tmp_path / "empty"
    Journal(empty, INPUTS, sync=Sync.NEVER).close()
    assert open_orders(empty) is None
    traded = read_history(empty)
    assert not len(traded.orders) and not len(traded.fills) and traded.begin == traded.end == 0


def test_a_torn_end_is_told_and_a_damaged_journal_refused(day, tmp_path):
    *_, end = (record.end for record in JOURNAL.read(day.journal))
    whole, torn = day.journal.read_bytes()[:end], tmp_path / "torn"
    torn.write_bytes(whole[:-5])
    last = list(read_journal(day.journal, INPUTS))
    traded = read_history(torn)
    assert traded.torn > 0 and sum(traded.inputs.values()) == sum(
        type(entry.record).__name__ != "Booked" for entry in last[:-1])
    torn.write_bytes(whole + bytes(10_000))
    assert read_history(torn).torn == 0
    torn.write_bytes(whole[:5000] + b"?" + whole[5001:])
    with pytest.raises(LogError, match="torn: damaged at byte"):
        read_history(torn)
    with pytest.raises(FileNotFoundError):
        read_history(Path(tmp_path / "none"))


def test_entries_and_the_file_say_the_same(day):
    entries = read_journal(day.journal, INPUTS)
    assert history(entries, day.world.settings).paths == day.data.traded.paths
