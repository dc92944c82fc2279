"""One replay: a device set up, frames put in, gaps recovered, records taken and handed on, piece by piece."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from host.cli.errors import UserError
from host.cli.flow import Flow
from host.cli.recording import MARKET_CYCLES, MARKET_TYPES, SETTLE_CYCLES, Recording
from host.cli.symbols import Chosen
from host.device.driver import Device, SymbolSetting
from host.device.reader import EventReader
from wire.itch50 import BOOK_TYPES
from wire.records import NOT_LIVE, FeedEvent, RecordKind

__all__ = ["Latency", "Result", "Session", "Sink"]

_BOOK_CODES = np.frombuffer(BOOK_TYPES.encode(), np.uint8)
#: Types whose messages the model of a followed symbol must know although they carry another locate, or none.
_GLOBAL_CODES = np.frombuffer(b"SWR", np.uint8)
#: Messages whose frames are made at once; bounds the memory that a large file takes.
_BLOCK = 1 << 18
#: A piece is at most this many messages, and small enough for the ring to hold the records of several.
_PIECE = 1 << 13
_RING_SHARE = 4
#: One message at a time takes so many cycles that the user should see it get on sooner.
_SETTLING_PIECE = 1 << 10
#: With faults the host looks more often, so that a gap is recovered while few messages wait behind it.
_FAULTY_PIECE = 128
_EVENT_NAMES = {int(event): event.name.lower() for event in FeedEvent}


class Sink(Protocol):
    """Takes the pieces of a replay: ``check.Checker``, ``books_csv.BooksWriter``."""

    def take(self, flow: Flow, relevant: npt.NDArray[np.int64], records: npt.NDArray[Any],
             row: npt.NDArray[np.int64]) -> None:
        """Take messages and their records.

        relevant: positions in ``flow``, rising, of every message that the followed symbols may know.
        records: records, contiguous. row: for each of ``relevant`` the position of its record in ``records``; -1 where
        a book message of a followed symbol has none, -2 where the message is no such message.
        """


@dataclass
class Latency:
    """Histogram of one latency. counts[n]: book messages that took n cycles."""

    counts: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(1, np.int64))

    def add(self, cycles: npt.NDArray[Any]) -> None:
        """Count latencies, in cycles."""
        more = np.bincount(cycles, minlength=len(self.counts))
        more[:len(self.counts)] += self.counts
        self.counts = more

    @property
    def total(self) -> int:
        """Messages counted."""
        return int(self.counts.sum())

    def percentile(self, percent: int) -> int:
        """Return the least number of cycles that ``percent`` % of the messages did not exceed; 0 without messages."""
        if not self.total:
            return 0
        return int(np.searchsorted(np.cumsum(self.counts), -(-self.total * percent // 100)))

    @property
    def summary(self) -> dict[str, int]:
        """min, p50, p99 and max, in cycles."""
        seen = np.flatnonzero(self.counts)
        return {"min": int(seen[0]) if len(seen) else 0, "p50": self.percentile(50), "p99": self.percentile(99),
                "max": int(seen[-1]) if len(seen) else 0}


@dataclass(kw_only=True)
class Result:
    """What a replay found out.

    messages: messages that the device took, of those given to it.
    book_messages: book messages of followed symbols among them. without_record: those of which no record was published.
    cut: those whose record does not hold all levels. not_live: those after which the symbol was not live.
    stray: book records of a message that cannot have one. lost: records overwritten before they were read.
    injected: messages that the host had to give. resyncs: times it went past messages that the file lacks.
    feed_events: FEED records, by what they tell. counters: what each counter rose by.
    first_cycle: the device's cycle when it began. cycles: device cycles of the replay. wall_s: its wall time.
    latency: "decode", "best", "levels". books: last record of each symbol, by index of the symbol.
    """

    messages: int = 0
    book_messages: int = 0
    without_record: int = 0
    stray: int = 0
    cut: int = 0
    not_live: int = 0
    injected: int = 0
    resyncs: int = 0
    lost: int = 0
    feed_events: dict[str, int] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    first_cycle: int = 0
    cycles: int = 0
    wall_s: float = 0.0
    latency: dict[str, Latency] = field(default_factory=lambda: {n: Latency() for n in ("decode", "best", "levels")})
    books: dict[int, npt.NDArray[Any]] = field(default_factory=dict)


class Session:
    """Replays a recording on a device."""

    def __init__(self, device: Device, recording: Recording, chosen: Sequence[Chosen], *, pace: str, hold: bool,
                 reorder: bool = False, faults: Any = None, sinks: Iterable[Sink] = (),
                 progress: Callable[[int], None] | None = None) -> None:
        """Prepare a replay.

        pace: one of ``recording.PACES``. hold: release a frame only when it proved good. reorder: keep packets that are
        ahead of a gap. faults: see ``Recording.schedule``. sinks: take each piece. progress: told the messages done so
        far.
        Raises UserError when the device has a wire of its own, or too few channels.
        """
        if device.transport.rx is None:
            raise UserError("this device takes its frames from a wire: nothing can be replayed on it")
        if len(recording.channels) > device.capabilities.channels:
            raise UserError(f"the device has {device.capabilities.channels} channels, not {len(recording.channels)}")
        self._device = device
        self._rx = device.transport.rx
        self._recording = recording
        self._chosen = chosen
        self._pace = pace
        self._hold = hold
        self._reorder = reorder
        self._faults = faults
        self._sinks = tuple(sinks)
        self._progress = progress
        flow = recording.flow
        followed = np.isin(flow.locates, [symbol.locate for symbol in chosen])
        self._book = flow.book & followed
        odd = ~flow.proper
        self._relevant = np.flatnonzero(followed | np.isin(flow.types, _GLOBAL_CODES) | odd)
        self._done = 0
        self._sent = 0
        self.result = Result()

    def run(self) -> Result:
        """Set the device up, replay everything, and return what came of it."""
        device, recording, result = self._device, self._recording, self.result
        self._set_up()
        before = device.counters()
        reader = device.reader()
        started, result.first_cycle = time.perf_counter(), device.read("CYCLES")
        total = len(recording.flow)
        entries = device.transport.ring.nbytes // device.capabilities.record_bytes
        piece = _FAULTY_PIECE if self._faults is not None else _SETTLING_PIECE if self._pace == "settle" else _PIECE
        limit = min(piece, entries // _RING_SHARE)
        # A capture is one block, and so is a flow with faults, which count its frames from the first.
        block = _BLOCK if self._faults is None and not recording.captured else max(total, 1)
        for first in range(0, max(total, 1), block):
            last = min(first + block, total)
            frames = recording.schedule(first, last, pace=self._pace, clock_hz=device.capabilities.clock_hz,
                                        symbols=len(self._chosen), faults=self._faults)
            edges = _edges(frames.count, limit)
            base = self._now() - int(frames.cycle[0]) if len(frames) else 0
            for start, stop in zip(edges[:-1], edges[1:], strict=True):
                part = frames.select(slice(start, stop))
                base = max(base, self._now() - int(part.cycle[0]))
                self._rx.submit(part.delayed(base))
                device.transport.settle()
                ends = part.sequence + np.maximum(part.count, 0)
                self._sent = max(self._sent, self._index(int(ends.max())))
                final = stop == len(frames)
                while self._recover(limit, final=final and last == total):
                    self._take(reader)
                self._take(reader)
        result.wall_s = time.perf_counter() - started
        result.cycles = device.read("CYCLES") - result.first_cycle
        result.counters = {name: value - before[name] for name, value in device.counters().items()}
        result.messages = self._done
        result.lost = reader.lost
        return result

    def _set_up(self) -> None:
        device = self._device
        device.set_mode(enable=False, hold=self._hold)
        for index, channel in enumerate(self._recording.channels):
            device.set_channel(index, channel.ip, channel.port, channel.line)
        for index, symbol in enumerate(self._chosen):
            device.follow(index, SymbolSetting(name=symbol.name, base=symbol.base, learn=symbol.learned,
                                               locate=None if symbol.learned else symbol.locate))
        for index in range(len(self._chosen), device.capabilities.symbols):
            device.unfollow(index)
        device.make_empty()
        device.resync(self._recording.first_seq)
        device.set_mode(enable=True, hold=self._hold, reorder=self._reorder)

    def _now(self) -> int:
        """Return a cycle that is still to come."""
        return self._device.read("CYCLES") + SETTLE_CYCLES

    def _index(self, seq: int) -> int:
        """Return how many messages of the flow come before ``seq``."""
        return int(np.searchsorted(self._recording.flow.seq, np.uint64(max(seq, 0))))

    def _recover(self, limit: int, *, final: bool) -> bool:
        """Give the device messages that neither line brought, up to ``limit``; return whether there are more to give.

        The host acts when a gap is stale, and at the end, as it would with the answer of a re-request server. Where the
        recording itself lacks a message, the device is told to go on behind it.
        """
        status = self._device.status()
        if not final and not (status["gap"] and status["stale"]):
            return False
        device, flow, result = self._device, self._recording.flow, self.result
        expected = device.read("SEQ_EXPECTED")
        goal = len(flow) if final else min(self._index(device.read("SEQ_HIGHEST")), self._sent)
        index = self._index(expected)
        last = min(goal, index + limit)
        for position in range(index, last):
            seq = int(flow.seq[position])
            if seq != expected:
                device.resync(seq)
                result.resyncs += 1
            device.inject(seq, flow.message(position))
            books = len(self._chosen) if flow.types[position] in MARKET_TYPES else 1
            device.transport.run(MARKET_CYCLES * books)
            expected = seq + 1
            result.injected += 1
        # When the gap is closed, the books of all symbols are published as no longer stale.
        device.transport.run(MARKET_CYCLES * len(self._chosen))
        return last < goal

    def _take(self, reader: EventReader) -> None:
        """Take the records of the messages that the device has taken since the last call, and hand both on."""
        device, flow, result = self._device, self._recording.flow, self.result
        records = reader.collect()
        done = self._index(device.read("SEQ_EXPECTED"))
        start, self._done = self._done, done
        low, high = np.searchsorted(self._relevant, [start, done])
        relevant = self._relevant[low:high]
        is_book = self._book[relevant]
        row = np.where(is_book, -1, -2)
        told = np.flatnonzero((records["kind"] == RecordKind.BOOK) & np.isin(records["cause"], _BOOK_CODES))
        position = np.searchsorted(flow.seq, records["feed_seq"][told])
        # A book whose marks have changed is published again, after its last message was taken.
        told, position = told[position >= start], position[position >= start]
        place = np.searchsorted(relevant, position)
        expected = np.isin(position, relevant[is_book])
        row[place[expected]] = told[expected]
        self._note(records, row)
        result.stray += int(np.count_nonzero(~expected))
        result.book_messages += int(np.count_nonzero(is_book))
        result.without_record += int(np.count_nonzero(row == -1))
        for sink in self._sinks:
            sink.take(flow, relevant, records, row)
        if self._progress is not None:
            self._progress(done)

    def _note(self, records: npt.NDArray[Any], row: npt.NDArray[np.int64]) -> None:
        """Keep latencies, marks, events and the last book of each symbol."""
        result = self.result
        books = records[row[row >= 0]]
        whole = books["whole"] == 3
        result.latency["decode"].add(books["lat_decode"])
        result.latency["best"].add(books["lat_best"])
        result.latency["levels"].add(books["lat_levels"][whole])
        result.cut += int(np.count_nonzero(~whole))
        result.not_live += int(np.count_nonzero(books["state"] & np.uint32(NOT_LIVE)))
        is_book = records["kind"] == RecordKind.BOOK
        latest = np.flatnonzero(is_book)[::-1]
        symbols, first = np.unique(records["symbol"][latest], return_index=True)
        for symbol, place in zip(symbols.tolist(), latest[first].tolist(), strict=True):
            result.books[symbol] = records[place:place + 1].copy()
        for event in records["cause"][~is_book].tolist():
            name = _EVENT_NAMES.get(event, f"event {event}")
            result.feed_events[name] = result.feed_events.get(name, 0) + 1


def _edges(count: npt.NDArray[Any], limit: int) -> list[int]:
    """Return where to cut frames so that each piece carries about ``limit`` messages at most."""
    if not len(count):
        return [0]
    piece = np.cumsum(np.where((count > 0) & (count < 0xFFFF), count, 1)) // limit
    return [0, *(np.flatnonzero(np.diff(piece)) + 1).tolist(), len(count)]
