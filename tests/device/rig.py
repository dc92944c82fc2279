"""The simulated device under test, and what the reference models make of the frames that it was given."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from host.device.driver import Device, SymbolSetting
from sim.device.model import FrameBatch
from sim.device.transport import SimulatedTransport
from sim.market.frames import LINE_A, LINE_B, Line
from sim.market.schedule import Schedule
from sim.models.book import ReferenceBook, SymbolBook, WindowView
from sim.models.feed import ReferenceFeed, Taken
from sim.models.net import Channel, judge
from wire.profiles import PROFILES
from wire.records import RecordKind, State
from wire.registers import COUNTERS

__all__ = ["Rig", "Truth", "FATES", "channels_of", "assert_sums"]

FATES = tuple(name for name, _ in COUNTERS if name.startswith("frames_"))
#: Frames handed to the device at once; the ring is read after each such piece.
PIECE = 2_000
#: Messages of a symbol that may come while its record is made: a mark may be that of one of them, or already be over.
IN_FLIGHT = 8
_DEFECTS = ("orders_unknown", "orders_duplicate", "orders_over_executed", "orders_zero_shares", "orders_reference",
            "orders_shares", "orders_side", "prices_off_grid")
_FIELDS = 0xFFFF
_MARKET = b"SW"


def channels_of(lines: Iterable[Line]) -> list[Channel]:
    """Return the models' channel table for ``lines``."""
    return [Channel(ip=line.ip, port=line.port, line=line.number) for line in lines]


def assert_sums(counters: dict[str, int]) -> None:
    """The accounts that the counters must keep whatever came in."""
    assert counters["frames"] == sum(counters[name] for name in FATES)
    taken = counters["msgs_a"] + counters["msgs_b"] + counters["msgs_injected"]
    assert taken == sum(counters[name] for name in ("msgs_decoded", "msgs_unknown_type", "msgs_bad_length"))
    assert counters["msgs_decoded"] == sum(
        counters[name] for name in ("msgs_book", "msgs_state", "msgs_ignored", "msgs_other_symbol"))
    assert counters["bus_errors"] == counters["notices_lost"] == counters["msgs_clearing"] == 0


class Rig:
    """A simulated device of ``profile``, used again and again: :meth:`start` resets it."""

    def __init__(self, profile: str):
        self.profile = PROFILES[profile]
        self.transport = SimulatedTransport(profile)
        self.device = Device(self.transport)

    def start(self, symbols: Iterable[tuple[int, int]], *, lines: Sequence[Line] = (LINE_A, LINE_B), hold: bool = False,
              reorder: bool = False, gap_packets: int = 64, sequence: int = 1) -> None:
        """Reset, follow ``symbols`` (locate, lowest price of the window), listen to ``lines``."""
        self.transport.device.reset()
        self.transport.ring["seq"] = 0
        self.device = device = Device(self.transport)
        while device.status()["clearing"]:
            self.transport.run(64)
        for index, (locate, base) in enumerate(symbols):
            device.follow(index, SymbolSetting(name=f"S{locate}", locate=locate, base=base, learn=False))
        for index, line in enumerate(lines):
            device.set_channel(index, line.ip, line.port, line.name)
        device.set_gap(packets=gap_packets, cycles=0)
        device.set_silence(0)
        device.resync(sequence)
        device.set_mode(enable=True, hold=hold, reorder=reorder)
        self.reader = device.reader()

    def play(self, frames: Schedule | FrameBatch) -> np.ndarray:
        """Put ``frames`` in, the first as soon as may be, and return the records of all that followed."""
        pieces = []
        base = 0
        for first in range(0, len(frames), PIECE):
            part = slice(first, first + PIECE)
            cycle = frames.cycle[part]
            base = max(base, self.transport.device.cycle + 64 - int(cycle[0]))
            self.transport.rx.submit(FrameBatch(frames.data, frames.offset[part], frames.length[part], cycle + base,
                                                frames.error[part]))
            self.transport.settle()
            pieces.append(self.reader.collect().copy())
        assert self.reader.lost == 0
        return np.concatenate(pieces)

    def inject(self, messages: Iterable[tuple[int, bytes]]) -> np.ndarray:
        """Give the device ``messages`` (sequence number, bytes) through its inject port; return what followed."""
        for seq, message in messages:
            self.device.inject(seq, message)
        self.transport.settle()
        return self.reader.collect().copy()


class Truth:
    """The reference models on the same frames, and the device's records held against them.

    compared: records whose levels were compared. marked: records that were marked incomplete, with cause.
    far_peak: levels outside the windows at most, all symbols together. prices_far: orders outside the windows.
    """

    def __init__(self, rig: Rig, symbols: Iterable[tuple[int, int]], *, lines: Sequence[Line] = (LINE_A, LINE_B),
                 hold: bool = False, gap_packets: int = 64, sequence: int = 1):
        self.profile = profile = rig.profile
        self.net = dict.fromkeys(("frames", *FATES), 0)
        self.feed = ReferenceFeed(expected=sequence, hold=hold, gap_packets=gap_packets)
        symbols = list(symbols)
        self.book = ReferenceBook(locates=[locate for locate, _ in symbols], tick=profile.tick,
                                  ref_bits=profile.ref_bits, share_bits=profile.share_bits)
        self.views = {locate: WindowView(base=base // profile.tick, window=profile.window, tick=profile.tick)
                      for locate, base in symbols}
        self.taken: list[Taken] = []
        self.compared = self.marked = self.prices_far = self.far_peak = 0
        self._channels = channels_of(lines)
        self._far = dict.fromkeys(self.views, 0)
        self._last: dict[int, int] = {}
        self._was_incomplete = dict.fromkeys(self.views, -IN_FLIGHT)

    def frames(self, frames: Schedule | FrameBatch) -> None:
        """Take the frames as the device did."""
        data = frames.data.tobytes()
        for start, length, error in zip(frames.offset.tolist(), frames.length.tolist(), frames.error.tolist(),
                                        strict=True):
            self.frame(data[start:start + length], error)

    def frame(self, frame: bytes, error: int = 0) -> None:
        """Take one frame."""
        seen = judge(frame, self._channels, mac_error=bool(error))
        self.net["frames"] += 1
        self.net[seen.fate] += 1
        if seen.payload is not None:
            self.taken += self.feed.datagram(seen.line, seen.payload, good=seen.good)

    def inject(self, messages: Iterable[tuple[int, bytes]]) -> None:
        """Take injected messages."""
        for seq, message in messages:
            self.taken += self.feed.inject(seq, message)

    def check(self, records: np.ndarray, counters: dict[str, int], *, exact: bool = True) -> None:
        """Hold every book record against the book as of its ``feed_seq``, and the counters against the models'.

        exact: False when the order table may have been full: the device then knows fewer orders than the model.
        """
        books = records[records["kind"] == RecordKind.BOOK]
        assert np.all(np.diff(records["seq"].astype(np.int64)) == 1)
        by_seq: dict[int, list[np.void]] = defaultdict(list)
        for record in books:
            by_seq[int(record["feed_seq"])].append(record)
        lost = any(counters[name] for name in ("orders_table_full", "far_full", "level_overflow"))
        feed_error = counters["msgs_bad_length"] > 0
        waiting: list[tuple[int, int, State]] = []
        for record in by_seq.pop(0, ()):
            self._compare(record, None, waiting, lost=lost, feed_error=feed_error)
        for seq, message, _ in self.taken:
            self._apply(seq, message)
            for record in by_seq.pop(seq, ()):
                self._compare(record, message, waiting, lost=lost, feed_error=feed_error)
            waiting = [entry for entry in waiting if not self._caused(entry[1], entry[2])]
            for own, locate, mark in waiting:
                assert own + IN_FLIGHT > self.book.symbols[locate].applied, f"{locate} marked without a cause: {mark!r}"
        assert not waiting, f"marked without a cause: {waiting[0]}"
        assert not by_seq, f"records of messages that were never taken: {sorted(by_seq)[:5]}"
        self._check_last(books)
        self._check_counters(counters, exact=exact)

    def _apply(self, seq: int, message: bytes) -> None:
        model = self.book
        before = sum(model.counters[name] for name in _DEFECTS)
        count = model.counters["msgs_book"]
        acted = model.counters["msgs_state"]
        symbol = model.apply(message)
        if model.counters["msgs_state"] != acted and message[0] in _MARKET:
            self._last = dict.fromkeys(self.views, seq)
        elif symbol is not None and (model.counters["msgs_book"], model.counters["msgs_state"]) != (count, acted):
            self._last[symbol.locate] = seq
        if symbol is None or model.counters["msgs_book"] == count:
            return
        view = self.views[symbol.locate]
        if message[0] in b"AFU" and before == sum(model.counters[name] for name in _DEFECTS):
            tick = int.from_bytes(message[31:35] if message[0] in b"U" else message[32:36], "big") // view.tick
            self.prices_far += not view.base <= tick < view.base + view.window
        if self._caused(symbol.locate, State.INCOMPLETE):
            self._was_incomplete[symbol.locate] = symbol.applied
        self._far[symbol.locate] = view.far(symbol)
        self.far_peak = max(self.far_peak, sum(self._far.values()))

    def _caused(self, locate: int, mark: State) -> bool:
        book = self.book.symbols[locate]
        if mark is State.ERROR:
            return book.error
        return book.incomplete or self.views[locate].incomplete(book, levels=self.profile.levels)

    def _compare(self, record: np.void, message: bytes | None, waiting: list[tuple[int, int, State]], *,
                 lost: bool, feed_error: bool) -> None:
        locate, state, levels = int(record["locate"]), int(record["state"]), self.profile.levels
        book = self.book.symbols[locate]
        where = (f"record {record['seq']} of locate {locate} as of {record['feed_seq']}, state {State(state)!r}, "
                 f"valid {record['bids_valid']} {record['asks_valid']} whole {record['whole']}")
        if message is not None:
            assert int(record["cause"]) == message[0], where
            assert int(record["exchange_ns"]) == int.from_bytes(message[5:11], "big"), where
            assert record["lat_decode"] == 3, where
        else:
            assert record["cause"] == 0, where
        if not (lost and state & State.INCOMPLETE):
            for mark in (State.ERROR, State.INCOMPLETE):
                # A message of wrong length puts all symbols in error, before messages in flight are in their books.
                early = mark is State.ERROR and feed_error
                just_over = mark is State.INCOMPLETE and book.applied - self._was_incomplete[locate] < IN_FLIGHT
                if state & mark and not (self._caused(locate, mark) or early or just_over):
                    waiting.append((book.applied, locate, mark))
            assert state & State.ERROR or not book.error, where
            assert state & State.INCOMPLETE or not self._caused(locate, State.INCOMPLETE), where
        if state & State.INCOMPLETE:
            self.marked += 1
            return
        self._check_levels(record, book, where, levels)
        assert state & _FIELDS == book.state & _FIELDS, f"{where}: state is not {State(book.state)!r}"
        assert bool(state & State.CROSSED) == book.crossed, where
        assert (int(record["last_price"]), int(record["last_shares"])) == (book.last_price, book.last_shares), where
        assert int(record["aux"]) == book.applied, where
        self.compared += 1

    @staticmethod
    def _check_levels(record: np.void, book: SymbolBook, where: str, levels: int) -> None:
        for bit, (side, want) in enumerate((("bids", book.bids(levels)), ("asks", book.asks(levels)))):
            valid = int(record[f"{side}_valid"])
            got = record[side].tolist()
            assert got[:valid] == want[:valid], f"{where}: {side} {got} is not {want}"
            assert not any(map(any, got[valid:])), f"{where}: {side} {got} has levels that do not count"
            assert not record["whole"] >> bit & 1 or valid == len(want), f"{where}: {side} {got} is not {want}"

    def _check_last(self, books: np.ndarray) -> None:
        """Once all is quiet, the last record of each symbol is of its last message, and whole."""
        for locate, seq in self._last.items():
            own = books[books["locate"] == locate]
            assert len(own) and int(own[-1]["feed_seq"]) == seq, f"no record of message {seq}, the last of {locate}"
            assert own[-1]["whole"] == 3 or own[-1]["state"] & State.INCOMPLETE, f"last record of {locate} is not whole"

    def _check_counters(self, counters: dict[str, int], *, exact: bool) -> None:
        assert_sums(counters)
        wanted = self.net | self.feed.counters
        if exact:
            wanted |= self.book.counters | {"prices_far": self.prices_far, "orders_table_full": 0}
        else:
            wanted |= {name: n for name, n in self.book.counters.items() if name.startswith("msgs_")}
        differing = {name: (counters[name], n) for name, n in wanted.items() if counters[name] != n}
        assert not differing, f"(device, models): {differing}"
        if exact:
            peak, room = self.far_peak, self.profile.far_levels
            # A place that falls free is not given away in the next two cycles, so the last one may seem taken.
            full = counters["far_full"]
            assert peak >= room if full else peak <= room, f"{full} far_full, {peak} of {room}"
        # A level that has outgrown its bits is marked, and no more to be trusted on the way down either.
        assert counters["level_overflow"] or not counters["level_underflow"]
