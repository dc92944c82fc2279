"""Orders into the exchange, its feed over two bad lines into the simulated FPGA: one book, the exchange's own."""

import random
import tomllib
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from sim.device.model import FrameBatch
from sim.exchange.clock import VirtualClock
from sim.exchange.config import parse
from sim.exchange.engine import Engine
from sim.exchange.exchange import Exchange as Whole
from sim.exchange.feed import Feed
from sim.exchange.frames import frame_of, frames_of
from sim.exchange.itch import Encoder
from sim.exchange.joined import Joined
from sim.market.faults import Faults, LineFaults
from sim.market.frames import LINE_A, LINE_B
from sim.market.schedule import Pace
from tests.device.rig import Rig, assert_sums
from tests.sim.exchange.test_virtual import CONFIG, NOW, SECOND, Client
from tests.sim.exchange.trading import START, SYMBOLS, Displayed, Flow, Level, engine_levels, new_venue
from wire import moldudp64
from wire.fix.tags import Tag
from wire.itch50 import BOOK_TYPES, Side, SystemEvent
from wire.records import NOT_LIVE, RecordKind, State

#: Idle cycles in which any book settles.
SETTLED = 128
#: Symbols as a device follows them: locate, lowest price of the window.
FOLLOWED = [(symbol.locate, symbol.reference - 32 * 100) for symbol in SYMBOLS]
BOOK_CODES = frozenset(BOOK_TYPES.encode())


@pytest.fixture(scope="module")
def rig() -> Rig:
    return Rig("tiny")


@pytest.fixture(scope="module")
def full() -> Rig:
    return Rig("sim")


@dataclass
class Exchange:
    """The exchange under random flow, and its own book of each symbol as of each message that it published.

    history: for each locate, (sequence numbers, books): bids and asks, all levels. packets: sent and not yet taken.
    """

    seed: int
    most: int | None = None
    packets: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.venue = new_venue(most=self.most)
        self.venue.outlets.append(lambda packets, now: self.packets.extend(packets))
        self.flow, self.displayed = Flow(self.seed, self.venue), Displayed()
        self.history: dict[int, tuple[list[int], list[dict[str, list[Level]]]]] = {
            symbol.locate: ([0], [{"bids": [], "asks": []}]) for symbol in SYMBOLS}
        self._encoder, self._seq = Encoder(SYMBOLS), 0
        self.venue.listen(self._listen)
        self.flow.begin()

    def step(self, count: int) -> list[bytes]:
        """Do ``count`` commands and return the packets that were sent since the last call."""
        for _ in range(count):
            self.flow.step()
        sent, self.packets = self.packets, []
        return sent

    def book(self, locate: int, seq: int) -> dict[str, list[Level]]:
        """Return the exchange's book as of message ``seq``."""
        numbers, books = self.history[locate]
        return books[bisect_right(numbers, seq) - 1]

    def _listen(self, events: object, now: int) -> None:
        seq = self.venue.feed.next - sum(len(self._encoder.events([event], 0)) for event in events)
        for event in events:
            made = self._encoder.events([event], 0)
            seq += len(made)
            if self.displayed.apply(event):
                assert len(made) == 1 and made[0][0] in BOOK_CODES
                numbers, books = self.history[event.locate]
                numbers.append(seq - 1)
                books.append({"bids": self.displayed.levels(event.locate, Side.BUY),
                              "asks": self.displayed.levels(event.locate, Side.SELL)})
        for symbol in SYMBOLS:
            last = self.history[symbol.locate][1][-1]
            assert last["bids"] == engine_levels(self.venue.engine, symbol.locate, Side.BUY)
            assert last["asks"] == engine_levels(self.venue.engine, symbol.locate, Side.SELL)


def hold_against(exchange: Exchange, records: np.ndarray, levels: int) -> int:
    """Hold each book record against the exchange's book as of its message; return how many there were."""
    books = records[records["kind"] == RecordKind.BOOK]
    for record in books:
        locate, seq, state = int(record["locate"]), int(record["feed_seq"]), int(record["state"])
        where = f"seed {exchange.seed}, locate {locate} as of message {seq}, {State(state)!r}"
        assert not state & NOT_LIVE & ~(State.CROSSED | State.STALE), where
        book = exchange.book(locate, seq)
        for bit, (side, told) in enumerate(book.items()):
            valid, got = int(record[f"{side}_valid"]), record[side].tolist()
            assert got[:valid] == told[:levels][:valid], f"{where}: {side} {got} is not {told}"
            assert not record["whole"] >> bit & 1 or valid == min(len(told), levels), where
        crossed = bool(book["bids"] and book["asks"] and book["bids"][0][0] >= book["asks"][0][0])
        assert bool(state & State.CROSSED) == crossed, where
    return len(books)


def held_last(engine: Engine, records: np.ndarray, levels: int) -> None:
    """Hold what the device shows of each symbol in the end against the engine itself, whole."""
    for symbol in engine.symbols:
        last = records[(records["kind"] == RecordKind.BOOK) & (records["locate"] == symbol.locate)][-1]
        assert last["whole"] == 3 and not int(last["state"]) & NOT_LIVE & ~State.CROSSED
        for side, name in ((Side.BUY, "bids"), (Side.SELL, "asks")):
            told = engine_levels(engine, symbol.locate, side)[:levels]
            assert last[name].tolist()[:len(told)] == told
            assert last[f"{name}_valid"] == len(told)


@pytest.mark.parametrize("seed", range(2))
def test_the_book_of_the_fpga_is_the_exchanges_own_after_every_message(rig: Rig, seed: int) -> None:
    exchange = Exchange(seed, most=1)
    packets = exchange.step(1500)
    rig.start(FOLLOWED)
    records = rig.play(frames_of(packets, LINE_A, gap=SETTLED))
    assert hold_against(exchange, records, rig.profile.levels)
    held_last(exchange.venue.engine, records, rig.profile.levels)
    books = records[records["kind"] == RecordKind.BOOK]
    told = books[np.isin(books["cause"], list(BOOK_CODES))]
    published = [number for number, message in enumerate(exchange.venue.feed.messages, 1) if message[0] in BOOK_CODES]
    assert told["feed_seq"].tolist() == published and len(published) > 1000
    assert (told["whole"] == 3).all()


def random_faults(rng: random.Random) -> Faults:
    """Return faults of both lines that leave a frame whole or lose it; now and then both lines lose the same."""
    def line(silent: tuple[int, int]) -> LineFaults:
        return LineFaults(loss=rng.choice((0, 0.02, 0.1)), dup=rng.choice((0, 0.1)), reorder=rng.choice((0, 0.02)),
                          delay=rng.choice((0, 30, 500)), jitter=rng.choice((0, 20)),
                          corrupt=rng.choice((0, 0.02)), truncate=rng.choice((0, 0.02)),
                          silence=rng.choice(((), (silent,))))
    both = LineFaults(loss=rng.choice((0, 0, 0, 0.02)))
    return Faults(a=line((3, 9)), b=line((20, 25)), both=both, seed=rng.randrange(1 << 20))


def ask(rig: Rig, feed: Feed, *, reorder: bool) -> Iterator[list[tuple[int, bytes]]]:
    """Ask the exchange, by request packets, for what the device still lacks; yield what is to be injected."""
    while (expected := rig.device.read("SEQ_EXPECTED")) < feed.next:
        request = moldudp64.HEADER.pack({"session": feed.session, "sequence": expected, "count": feed.next - expected})
        answer = moldudp64.unpack(feed.answer(request))
        # What was kept behind the gap goes in by itself, once the first that is missing is there.
        yield list(enumerate(answer.messages, answer.sequence))[:1 if reorder else None]


@pytest.mark.parametrize("seed", range(10, 16))
def test_with_faults_on_both_lines_and_the_host_asking_for_what_both_lost(rig: Rig, seed: int) -> None:
    rng = random.Random(seed)
    exchange = Exchange(seed, most=rng.choice((None, 1, 2)))
    reorder = seed % 2 == 0
    rig.start(FOLLOWED, hold=True, reorder=reorder)
    device, feed = rig.device, exchange.venue.feed
    asked, lost, records = 0, 0, []
    for _ in range(12):
        packets = exchange.step(60) + [moldudp64.pack(feed.session, feed.next)]
        lines = [frames_of(packets, line, gap=rng.choice((0, 10, SETTLED))) for line in (LINE_A, LINE_B)]
        faults = random_faults(rng)
        frames, reports = faults.apply_reported(lines, Pace.LINE_RATE)
        lost += sum(report.counts["frames"] - report.counts["delivered"] for report in reports)
        records.append(rig.play(frames))
        for missing in ask(rig, feed, reorder=reorder):
            records.append(rig.inject(missing))
            asked += len(missing)
        held_last(exchange.venue.engine, np.concatenate(records), rig.profile.levels)
    everything = np.concatenate(records)
    assert hold_against(exchange, everything, rig.profile.levels)
    assert lost and rig.device.read("SEQ_EXPECTED") == feed.next
    counters = device.counters()
    assert counters["msgs_injected"] == asked and counters["inject_refused"] == 0
    assert counters["msgs_a"] and counters["msgs_b"]
    assert_sums(counters)
    print(f"seed {seed}: {feed.next - 1} messages, {counters['msgs_a']} by A, {counters['msgs_b']} by B, {asked} asked")


def test_what_both_lines_lost_is_not_in_the_book_until_the_host_gives_it(rig: Rig) -> None:
    exchange = Exchange(99, most=1)
    packets = exchange.step(300)
    rig.start(FOLLOWED, gap_packets=8)
    lines = [frames_of(packets, line, gap=SETTLED) for line in (LINE_A, LINE_B)]
    faults = Faults(both=LineFaults(silence=((100, 102),)))
    records = rig.play(faults.apply(lines, Pace.LINE_RATE))
    gap = moldudp64.unpack(packets[100]).sequence
    assert rig.device.read("SEQ_EXPECTED") == gap and rig.device.status()["stale"]
    assert int(records["feed_seq"].max()) < gap
    feed = exchange.venue.feed
    missing = list(enumerate(feed.messages[gap - 1:], gap))
    after = rig.inject(missing)
    assert not rig.device.status()["stale"]
    assert hold_against(exchange, np.concatenate((records, after)), rig.profile.levels)
    held_last(exchange.venue.engine, after, rig.profile.levels)


def test_a_day_on_the_virtual_clock_with_the_fpga_on_its_lines(full: Rig) -> None:
    clock = VirtualClock(NOW)
    text = CONFIG
    for old, new in (("09:30:20", "09:30:08"), ("09:30:25", "09:30:09"), ("seed=4", "both:loss=0.02;seed=4")):
        text = text.replace(old, new)
    exchange = Whole(parse(tomllib.loads(text), "x.toml", Path(".")), clock)
    frames: list[bytes] = []
    exchange.on_packet = lambda line, packet: frames.append(frame_of(packet, (LINE_A, LINE_B)[line]))
    joined, engine = Joined(exchange), exchange.venue.engine
    clients = [Client(exchange, joined, name, seed) for seed, name in enumerate(("ALICE", "BOB"))]
    half = full.profile.window // 2 * 100
    full.start([(symbol.locate, max(symbol.reference - half, 0)) for symbol in engine.symbols], reorder=True)
    exchange.begin()
    records, compared = [], 0
    while not exchange.over:
        clock.run(clock.now() + SECOND)
        records.append(full.play(FrameBatch.of(frames)))
        frames.clear()
        records += [full.inject(missing) for missing in ask(full, exchange.venue.feed, reorder=True)]
        held_last(engine, np.concatenate(records), full.profile.levels)
        compared += len(engine)
    counters = full.device.counters()
    assert compared > 300 and counters["msgs_injected"] and counters["msgs_a"] and counters["msgs_b"]
    assert all(any(message.get(Tag.LastQty) for message in client.told) for client in clients)


def test_frames_carry_the_very_packets_heartbeats_and_end_among_them(rig: Rig) -> None:
    exchange = Exchange(5)
    packets = exchange.step(50)
    exchange.venue.tick(START + 10_000_000_000)
    exchange.venue.enter(SystemEvent.END_OF_MARKET_HOURS, START + 10_000_000_000)
    exchange.venue.end(START + 10_000_000_000)
    packets += exchange.step(0)
    rig.start(FOLLOWED)
    rig.play(frames_of(packets, LINE_B))
    counters, status = rig.device.counters(), rig.device.status()
    assert counters["packets_b"] == len(packets) and counters["heartbeats"] == counters["end_of_session"] == 1
    assert counters["msgs_b"] == len(exchange.venue.feed.messages) and status["ended"]
    with pytest.raises(ValueError, match="go on"):
        frames_of(packets[::-1], LINE_A)
