"""What a recorder keeps is what the device wrote, however often it looks, and however little it may keep."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.device.reader import EventReader
from host.report.data import Event, Names
from host.report.recorder import Recorder
from wire.records import FeedEvent, RecordKind, record_dtype
from wire.risk import VERDICT_DTYPE, Kind, Status


class Rings:
    """Rings that a test writes."""

    def __init__(self, entries=256):
        self.records, self.verdicts = np.zeros(entries, record_dtype(2)), np.zeros(entries, VERDICT_DTYPE)
        self.counts = {"records": 0, "verdicts": 0}

    def recorder(self, **more):
        return Recorder(EventReader(self.records), EventReader(self.verdicts), names=Names(("DESK",), ("AAPL",)),
                        clock_hz=125_000_000, midnight=10**18, **more)

    def put(self, ring, **fields):
        self.counts[ring] += 1
        table = getattr(self, ring)
        row = table[(self.counts[ring] - 1) % len(table)]
        for name, value in fields.items():
            row[name] = value
        row["seq"] = self.counts[ring]

    def book(self, time, cause="A", **more):
        fields = {"kind": RecordKind.BOOK, "exchange_ns": time, "cause": ord(cause), "bids_valid": 1, "asks_valid": 1,
                  "bids": [(100, 5, 1), (99, 1, 1)], "asks": [(102, 7, 1), (103, 1, 1)], "lat_decode": 3, "lat_best": 9,
                  "lat_levels": 20} | more
        self.put("records", **fields)


def finished(recorder):
    return recorder.finish(counters={"frames": 1})


def test_a_book_is_kept_with_its_best_prices_and_latencies():
    rings = Rings()
    recorder = rings.recorder()
    rings.book(7, last_price=101, last_shares=3, cause="E")
    rings.book(8, bids_valid=0)
    market = finished(recorder)
    first, second = market.samples
    assert (first["time"], first["bid"], first["bid_shares"], first["ask"], first["last"]) == (7, 100, 5, 102, 101)
    # What is not known is no price.
    assert (second["bid"], second["bid_shares"], second["ask"]) == (0, 0, 102)
    assert {stage: np.flatnonzero(counts).tolist() for stage, counts in market.latencies.items()} == {
        "message decoded": [3], "best price updated": [9], "all levels known": [20]}
    assert market.counters == {"frames": 1} and market.outcome is None and not market.lost


def test_a_verdict_has_the_time_of_the_book_before_it_and_reports_are_not_timed():
    rings = Rings()
    recorder = rings.recorder()
    rings.book(50)
    recorder.collect()
    rings.put("verdicts", cycles_in=100, cycles_out=105, kind=Kind.NEW, status=Status.REFUSED, mask=1 << 13)
    rings.put("verdicts", cycles_in=200, cycles_out=299, kind=Kind.FILL, status=Status.APPLIED)
    market = finished(recorder)
    assert market.decisions[["time", "cycles", "mask"]].tolist() == [(50, 5, 1 << 13), (50, 99, 0)]
    assert market.latencies["gate decided"].tolist() == [0, 0, 0, 0, 0, 1]


@given(st.lists(st.integers(0, 60), max_size=20), st.integers(2, 30))
def test_books_are_thinned_apart_from_trades_and_events_of_the_feed_and_all_are_counted(steps, most):
    rings = Rings()
    recorder, notable, books = rings.recorder(most=most), [], []
    for step in steps:
        for _ in range(step):
            time = rings.counts["records"]
            if time % 7 == 3:
                rings.put("records", kind=RecordKind.FEED, cause=FeedEvent.STALE, exchange_ns=time)
                notable.append(time)
                continue
            trade = time % 5 == 0
            rings.book(time, cause="P" if trade else "A")
            (notable if trade else books).append(time)
        recorder.collect()
    market = finished(recorder)
    samples = market.samples
    plain = (samples["kind"] == RecordKind.BOOK) & (samples["cause"] == ord("A"))
    assert samples["time"][plain].tolist() == thinned(books, most)
    assert samples["time"][~plain].tolist() == thinned(notable, most)
    assert (np.diff(samples["time"]) > 0).all()
    trades = sum(time % 7 != 3 for time in notable)
    assert sum(int(counts.sum()) for counts in market.latencies.values()) == 3 * (len(books) + trades)
    assert books[::market.thinning] == thinned(books, most)


def thinned(values, most):
    """Return every n-th of ``values`` for the least power of two that leaves at most ``most``."""
    while len(values) > most:
        values = values[::2]
    return values


def test_however_long_a_run_a_recorder_keeps_no_more():
    rings = Rings()
    recorder = rings.recorder(most=16)
    for number in range(10_000):
        recorder.timing("event to order", number, 1)
        recorder.event(number, "line A", "cut")
    for _ in range(50):
        for _ in range(20):
            rings.put("verdicts", cycles_in=0, cycles_out=5, kind=Kind.NEW, client=rings.counts["verdicts"])
        recorder.collect()
    market = finished(recorder)
    assert market.timings["event to order"]["time"].tolist() == thinned(list(range(10_000)), 16)
    assert market.decisions["client"].tolist() == thinned(list(range(1_000)), 16)
    assert [event.time for event in market.events] == list(range(10_000 - 16, 10_000))
    assert market.latencies["gate decided"].tolist() == [0, 0, 0, 0, 0, 1_000]


def test_what_was_overwritten_is_counted():
    rings = Rings(entries=4)
    recorder = rings.recorder()
    for time in range(10):
        rings.book(time)
    market = finished(recorder)
    assert market.lost == 6 and market.samples["time"].tolist() == [6, 7, 8, 9]


def test_notes_of_others_are_kept():
    recorder = Rings().recorder()
    recorder.timing("event to order", 5, 900)
    recorder.timing("event to order", 6, 800)
    recorder.event(9, "line A", "cut", grave=True)
    market = finished(recorder)
    assert market.timings["event to order"].tolist() == [(5, 900), (6, 800)]
    assert market.events == (Event(9, "line A", "cut", True),) and not market.latencies


def test_a_recorder_that_may_keep_nothing_is_refused():
    with pytest.raises(ValueError, match="most must be at least 2, not 1"):
        Rings().recorder(most=1)


def test_of_a_day_every_record_and_verdict_is_kept(day):
    counts, counters = day.world.loop.counts, day.market.counters
    assert len(day.market.samples) == counts["records"] > 300 and not day.market.lost
    of_requests = day.market.decisions["kind"] < Kind.ACK
    assert int(of_requests.sum()) == counters["risk_accepted"] + counters["risk_refused"]
    assert int(day.market.latencies["gate decided"].sum()) == int(of_requests.sum())
    assert int((~of_requests).sum()) == counters["risk_applied"] + counters["risk_unmatched"]
    assert day.market.midnight + int(day.market.samples["time"].max()) <= day.world.end
