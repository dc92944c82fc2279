"""Numbers that are drawn are those of the tables, and of the ledger."""

from collections import Counter
from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from host.report.data import Event
from host.report.history import GATE_REFUSED
from host.report.lifecycle import COLUMNS, START, flow
from host.report.measures import Span, Stage, busiest, last_marks, midnight, profit, spans, stages
from wire.records import FeedEvent, RecordKind, TradingState


@given(st.lists(st.integers(1, 50), min_size=1), st.sampled_from([1, 50, 99, 99.9, 100]))
def test_a_percentile_is_the_least_value_that_so_many_do_not_exceed(values, percent):
    ns, counts = np.unique(values, return_counts=True)
    stage = Stage("x", "host", ns.astype(float), counts)
    found = stage.percentile(percent)
    below = sum(value <= found for value in values) / len(values) * 100
    less = sum(value < found for value in values) / len(values) * 100
    assert below >= percent - 1e-6 and less < percent and stage.total == len(values) and stage.most == max(values)


def test_stages_are_of_device_host_and_venue(day):
    found = {stage.name: stage for stage in stages(day.data)}
    assert [stage.where for stage in found.values()] == ["device"] * 4 + ["host", "venue"]
    gate = found["gate decided"]
    assert gate.cycle == 1e9 / day.market.clock_hz and gate.total == day.data.traded.accepted + day.data.traded.refused
    # The virtual clock stands still within the host; there and back is twice the scenario's latency.
    answered = found["order sent to answered"]
    assert answered.ns[0] == 2 * day.world.setup.latency and answered.total == np.count_nonzero(
        day.data.traded.orders["answered"])


def test_profit_ends_with_the_ledgers_at_the_middle_of_the_book(day):
    marks = last_marks(day.data)
    total = sum(position.realised + position.unrealised(marks[position.account, position.symbol]) - position.fees
                for position in day.world.ledger.positions)
    curve = profit(day.data)
    assert round(curve.total[-1] * 10_000) == total and curve.total[0] == 0
    assert round(curve.realised[-1] * 10_000) == sum(position.realised for position in day.world.ledger.positions)
    held = {position.symbol: position.shares for position in day.world.ledger.positions}
    assert {symbol: int(shares[-1]) for symbol, shares in curve.shares.items()} == held


def test_profit_without_a_market_is_at_the_last_fill(unrecorded):
    last = {int(row["symbol"]): int(row["price"]) for row in unrecorded.traded.bookings}
    assert {symbol: price for (_, symbol), price in last_marks(unrecorded).items()} == last


def test_the_busiest_symbol_has_most_fills(day):
    most = Counter(day.data.traded.fills["symbol"].tolist()).most_common(1)[0]
    assert np.bincount(day.data.traded.fills["symbol"])[busiest(day.data)] == most[1]


def test_the_days_midnight_is_the_exchanges_or_new_yorks(day, unrecorded):
    assert midnight(day.data) == day.world.exchange.midnight
    # The run begins at 09:33:20 in New York.
    assert unrecorded.traded.begin - midnight(unrecorded) == (9 * 3600 + 33 * 60 + 20) * 10**9


def test_spans_of_a_kill_a_gap_and_a_halt(day):
    begin = day.data.traded.begin
    kill, = [span for span in spans(day.data, 0) if span.what == "killed"]
    assert kill == Span("killed", begin + 5 * 10**9, begin + 55 * 10**8)
    samples = day.market.samples.copy()[:6]
    samples["symbol"], samples["time"], samples["kind"] = 1, range(6), RecordKind.BOOK
    samples["state"] = [TradingState.UNKNOWN, TradingState.TRADING, TradingState.HALTED, TradingState.QUOTATION,
                        TradingState.TRADING, TradingState.TRADING]
    samples["kind"][5], samples["cause"][5] = RecordKind.FEED, FeedEvent.STALE
    market = replace(day.market, samples=samples)
    traded = replace(day.data.traded, events=(Event(7, "kill", ""),))
    start, end = market.midnight, traded.end
    assert spans(replace(day.data, market=market, traded=traded), 1) == [
        Span("killed", 7, end), Span("feed behind", start + 5, end), Span("halted", start + 2, start + 4)]
    assert spans(replace(day.data, market=None, traded=traded), 1) == [Span("killed", 7, end)]


def test_the_flow_of_orders_adds_up(day):
    orders, into, out_of = day.data.traded.orders, Counter(), Counter()
    for (before, after), count in flow(orders).items():
        out_of[before] += count
        into[after] += count
    assert out_of[START] == len(orders) == sum((into - out_of).values())
    assert out_of - into == Counter({START: len(orders)})
    names = [name for column in COLUMNS for name in column]
    assert all(names.index(before) < names.index(after) for before, after in flow(orders))
    assert into["Refused by gate"] == sum(count for passage, count in day.data.traded.paths.items()
                                          if passage.after == GATE_REFUSED)
