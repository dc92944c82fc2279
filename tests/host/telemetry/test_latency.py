"""Latencies are those of the orders' times, and of what waited while nobody was there to serve it."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.oms.inputs import Clock
from host.oms.order import Stamp, Times
from host.telemetry.latency import Latencies, Latency


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=200))
def test_quantiles_are_within_a_thousandth_of_the_true_ones(values):
    latency = Latency()
    for value in values:
        latency.record(value)
    found, ordered = latency.quantiles((50.0, 100.0)), sorted(values)
    for percent, true in ((50.0, ordered[(len(values) + 1) // 2 - 1]), (100.0, ordered[-1])):
        assert found[percent] == pytest.approx(true, rel=1e-3, abs=1)


def test_what_waited_is_counted_where_it_comes_by_itself():
    plain, corrected = Latency(), Latency()
    for value in [10] * 99 + [1_000]:
        plain.record(value)
        corrected.record(value, expected=100)
    assert plain.quantiles((99.0,)) == {99.0: 10}
    # The stop of 1,000 kept nine more waiting, for 900, 800 and so on to 100.
    assert corrected.quantiles((99.0,))[99.0] == pytest.approx(900, rel=1e-3)
    assert corrected.quantiles((91.5,))[91.5] == pytest.approx(100, rel=1e-3)


def test_clocks_that_disagree_are_no_latency():
    latency = Latency()
    latency.record(-1)
    assert (latency.count, latency.backwards, latency.quantiles()) == (0, 1, {})
    latency.record(0)
    latency.record(10**15)
    assert (latency.count, latency.beyond) == (2, 1)
    assert len(latency.encoded()) > 10


def order(number, *times):
    """Times decided, written, sent, acked, final."""
    stamps = [None if time is None else Stamp(time, Clock.HOST, 0) for time in times]
    stages = dict(zip(("decided", "written", "sent", "acked", "final"), stamps, strict=True))
    return SimpleNamespace(id=number, times=Times(**stages))


def test_each_order_of_this_life_is_recorded_once_when_it_is_answered():
    epoch = 5 << 32
    of_before = order(4 << 32 | 1, 1, 2, 3, 4, 5)
    waits, refused, foreign = (order(epoch + 1, 0, 10, 30, None, None), order(epoch + 2, 0, 20, None, None, 50),
                               order(epoch + 3, None, None, None, 9, 9))
    book = SimpleNamespace(ids=SimpleNamespace(epoch=5),
                           orders={one.id: one for one in (of_before, waits, refused, foreign)})
    latencies = Latencies()
    assert len(list(latencies.follow(book, some=1))) == 1
    assert {name: stage.count for name, stage in latencies.stages.items()} == {
        "written": 1, "checked": 0, "out": 0, "acknowledged": 0, "life": 1}
    waits.times.acked = Stamp(100, Clock.VENUE, 0)
    for _ in range(2):
        list(latencies.follow(book))
        assert {name: stage.count for name, stage in latencies.stages.items()} == {
            "written": 2, "checked": 1, "out": 1, "acknowledged": 1, "life": 1}
    assert latencies.stages["acknowledged"].quantiles((100.0,)) == {100.0: 70}


def test_a_venue_that_tells_milliseconds_is_not_ahead_of_us():
    latencies = Latencies()
    latencies.record(order(1, None, None, 5_900_000, 5_000_000, None))
    latencies.record(order(2, None, None, 6_100_000, 5_000_000, None))
    stage = latencies.stages["acknowledged"]
    assert (stage.count, stage.backwards) == (1, 1)
