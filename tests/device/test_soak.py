"""Long runs at full rate: the worst a book can meet, and frames that are anything but frames.

``make soak`` prints what it does and at the end what came of it. Worst cases are the same in every run; random frames
follow from ``$TICKGATE_SEED`` (a number, else 1), which is printed.
"""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from sim.device.model import FrameBatch
from sim.market.frames import LINE_A, LINE_B
from sim.market.generator import locate_of
from sim.market.messages import Messages
from sim.market.packets import Pack
from sim.market.schedule import Pace, schedule
from sim.market.worst import WorstCase, block_messages, worst_case
from sim.models.book import ReferenceBook
from sim.models.net import judge
from tests.device.figures import Progress, soak_seed, table
from tests.device.rig import FATES, Rig, Truth, assert_sums, channels_of
from tests.gateware.book.traffic import Traffic
from wire import ipv4, udp
from wire.frame import build_frame
from wire.records import NOT_LIVE, RecordKind, State

#: Tick in the middle of the book that worst-case streams use, and of the window.
MIDDLE = 10_000
#: Messages of one piece.
PIECE = 100_000
#: One record of so many is compared with the model's book as of its message; and the last of each symbol.
SAMPLE = 8
#: Worst cases: symbols, depth, levels.
SHAPES = ((1, 32, 16), (1, 2_000, 500), (8, 64, 1), (64, 200, 3))
#: Cycles until the best price is up to date, of a Replace one more.
LAT_BEST = 15


@dataclass
class Figures:
    """What a worst case came to. cycles: words on the wire, one a cycle. compared: records held against the model."""

    messages: int = 0
    frames: int = 0
    cycles: int = 0
    records: int = 0
    compared: int = 0
    cut: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> int:
        return round(self.messages / self.seconds)


def worst_pieces(kind: WorstCase, shape: tuple[int, int, int], total: int, piece: int) -> Iterator[Messages]:
    """Yield streams of ``kind`` of ``total`` messages or somewhat more, ``piece`` or what every symbol needs in each.

    Only the last leaves orders in the books.
    """
    symbols, depth, levels = shape
    block = block_messages(kind, symbols=symbols, depth=depth, levels=levels)
    # Each call begins with the first symbol again, so a piece must have a block for each.
    piece = max(piece, symbols * block)
    reference, done = 1000, 0
    while done < total:
        count = -(-min(piece, total - done) // block) * block
        last = done + count >= total
        count -= block // 3 if last else 0
        yield worst_case(kind, count, symbols=symbols, depth=depth, levels=levels, middle_tick=MIDDLE,
                         first_reference=reference)
        reference += 4 * count + 8
        done += count + block // 3 if last else count


def assert_true(record: np.void, model: ReferenceBook) -> None:
    """The levels of ``record`` that count are those of ``model``, and the best of each side is among them."""
    book = model.symbols[int(record["locate"])]
    assert int(record["aux"]) == book.applied
    levels = len(record["bids"])
    for bit, (side, want) in enumerate((("bids", book.bids(levels)), ("asks", book.asks(levels)))):
        valid = int(record[f"{side}_valid"])
        assert valid >= min(len(want), 1) and (valid == len(want) or not record["whole"] >> bit & 1)
        assert record[side].tolist() == want[:valid] + [(0, 0, 0)] * (levels - valid), f"{side} of {record}"


def run_worst(rig: Rig, kind: WorstCase, shape: tuple[int, int, int], total: int, *, piece: int = PIECE,
              sample: int = SAMPLE) -> Figures:
    """Send a worst case, full frames without a gap between them.

    Nothing may be dropped and nothing marked; the best price is always as late as it always is; one record of
    ``sample`` and the last of each symbol equal the model's book as of their message.
    """
    base = 100 * (MIDDLE - rig.profile.window // 2)
    symbols = [(locate_of(n), base) for n in range(shape[0])]
    rig.start(symbols)
    model = ReferenceBook(locates=[locate for locate, _ in symbols])
    figures, began = Figures(), time.perf_counter()
    latest: dict[int, np.void] = {}
    progress = Progress()
    for messages in worst_pieces(kind, shape, total, piece):
        first = figures.messages + 1
        frames = schedule(messages, LINE_A, pack=Pack.FULL, pace=Pace.ABUT, sequence=first)
        assert np.array_equal(frames.cycle[1:], frames.cycle[:-1] + (frames.length[:-1] + 7) // 8)
        records = rig.play(frames)
        books = records[records["kind"] == RecordKind.BOOK]
        books = books[books["feed_seq"] > 0]
        assert not (books["state"] & int(NOT_LIVE & ~State.CROSSED)).any()
        assert np.array_equal(books["lat_best"], LAT_BEST + (books["cause"] == ord("U")))
        samples = {int(record["feed_seq"]): record for record in books[::sample]}
        for seq, message in enumerate(messages, first):
            model.apply(message)
            if seq in samples:
                assert_true(samples[seq], model)
        figures.messages += len(messages)
        figures.frames += len(frames)
        figures.cycles += frames.words
        figures.records += len(books)
        figures.compared += len(samples)
        figures.seconds = time.perf_counter() - began
        latest |= {int(locate): books[np.flatnonzero(books["locate"] == locate)[-1]]
                   for locate in np.unique(books["locate"])}
        progress(f"{kind.value} {shape}: {figures.messages:,} messages, {figures.rate:,} messages/s")
    for locate, _ in symbols:
        assert latest[locate]["whole"] == 3
        assert_true(latest[locate], model)
    figures.compared += len(symbols)
    counters = rig.device.counters()
    assert_sums(counters)
    assert counters["msgs_book"] == counters["msgs_decoded"] == counters["msgs_a"] == figures.messages
    assert counters["frames_ok"] == counters["frames"] == figures.frames
    silent = [name for name, n in counters.items() if n and name.startswith(("orders_", "prices_", "level_", "far_"))]
    assert not silent, f"counted: {silent}"
    figures.cut = counters["records_cut"]
    return figures


@pytest.mark.parametrize("kind", WorstCase)
def test_worst_case(tiny: Rig, kind: WorstCase) -> None:
    run_worst(tiny, kind, (4, 16, 4) if kind is WorstCase.SYMBOLS else (1, 16, 8), 4_000, sample=1)


@pytest.mark.soak
def test_worst_case_long(full: Rig) -> None:
    """At least 20 million messages."""
    each = 20_000_000 // (len(WorstCase) * len(SHAPES)) + 1
    rows: list[tuple[object, ...]] = []
    sums = [0] * 6
    for kind in WorstCase:
        for shape in SHAPES:
            done = run_worst(full, kind, shape, each)
            counts = (done.messages, done.frames, done.cycles, done.records, done.cut, done.compared)
            sums = [total + count for total, count in zip(sums, counts, strict=True)]
            rows.append((f"{kind.value} {shape[0]} {shape[1]} {shape[2]}", *counts, done.rate))
    table("Worst cases (symbols, orders, levels), a word of 64 bit in every cycle: no frame and no message dropped, no "
          "symbol marked, all asserts silent,\nall compared books equal to the model's",
          [("", "messages", "frames", "cycles", "records", "of them cut", "compared", "messages/s"), *rows,
           ("sum", *sums, "")])
    assert sums[0] >= 20_000_000


# Frames at random

SYMBOLS = [(locate, 100 * (5_000 - 32)) for locate in (1, 2, 3)]
NOISE_PIECE = 40


def has_short_block(frame: bytes) -> bool:
    """Return whether a packet in ``frame`` has a block shorter than any message of ITCH: the device leaves off there,
    the model does not."""
    payload = judge(frame, channels_of((LINE_A, LINE_B))).payload
    if payload is None or payload[18:20] == b"\xff\xff":
        return False
    at = 20
    for _ in range(int.from_bytes(payload[18:20], "big")):
        if len(payload) < at + 2:
            return False
        length = int.from_bytes(payload[at:at + 2], "big")
        if length < 12:
            return True
        at += 2 + length
    return False


class Noise:
    """Frames of a feed that lives on, among frames that are wrong in any way, from one seed."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)
        self.traffic = Traffic(seed, orders=6, illegal=0.01, far=0.02)
        self.sequence = 1

    def frames(self, count: int) -> FrameBatch:
        """Return the next ``count`` frames, at random distances, some with a MAC error."""
        frames, errors, cycles, cycle = [], [], [], 0
        for _ in range(count):
            frame = self._next()
            frames.append(frame)
            errors.append(self.random.random() < 0.02)
            cycles.append(cycle)
            cycle += -(-len(frame) // 8) + self.random.choice((0, 0, 0, 1, 2, 9))
        return FrameBatch.of(frames, cycle=cycles, error=errors)

    def _next(self) -> bytes:
        while has_short_block(frame := self._draw()):
            pass
        return frame

    def _draw(self) -> bytes:
        draw = self.random.random()
        if draw < 0.1:
            return self.random.randbytes(self.random.choice((self.random.randint(1, 70), self.random.randint(1, 1600))))
        mutate = draw > 0.6
        shift = self.random.choice((0, 0, 0, 0, 0, 0, 0, 0, -1, 1, 7))
        messages = [self.traffic.next() for _ in range(self.random.choice((1, 1, 2, 5)))]
        frame = self._good(messages, max(self.sequence + shift, 1))
        if mutate:
            return self._mutated(frame)
        if shift <= 0:
            self.sequence += len(messages) + shift
        return frame

    def _good(self, messages: list[bytes], start: int) -> bytes:
        """Return a frame with ``messages``, the first with number ``start``."""
        line = self.random.choice((LINE_A, LINE_B))
        payload = b"SESSION001" + start.to_bytes(8, "big") + len(messages).to_bytes(2, "big") + b"".join(
            len(message).to_bytes(2, "big") + message for message in messages)
        return build_frame(payload, dst_ip=line.ip, dst_port=line.port, vlan=self.random.choice((None, None, 3)),
                           ip_options=bytes(4 * self.random.choice((0, 0, 0, 1, 10))),
                           checksum=self.random.random() < 0.8, pad=self.random.random() < 0.2)

    def _mutated(self, frame: bytes) -> bytes:
        """Return ``frame`` with bytes changed, cut off, or added; often with the IP checksum put right again."""
        changed = bytearray(frame)
        for _ in range(self.random.choice((1, 1, 2, 5))):
            place = self.random.randrange(len(changed)) if self.random.random() < 0.4 else self.random.randrange(
                12, min(64, len(changed)))
            changed[place] = self.random.choice((0, 1, 255, changed[place] ^ 1 << self.random.randrange(8)))
        draw = self.random.random()
        if draw < 0.15:
            del changed[self.random.randrange(1, len(changed)):]
        elif draw < 0.25:
            changed += self.random.randbytes(self.random.randrange(1, 60))
        if self.random.random() < 0.7:
            self._mend(changed)
        return bytes(changed)

    @staticmethod
    def _mend(frame: bytearray) -> None:
        ip = 18 if frame[12:14] == b"\x81\x00" else 14
        end = ip + 4 * (frame[ip] & 15) if len(frame) > ip else 0
        if ip + ipv4.HEADER.size <= end and end + udp.HEADER.size <= len(frame):
            frame[ip + 10:ip + 12] = b"\0\0"
            frame[ip + 10:ip + 12] = ipv4.checksum(bytes(frame[ip:end])).to_bytes(2, "big")
            frame[end + 6:end + 8] = b"\0\0"


def run_noise(rig: Rig, seed: int, count: int, *, hold: bool = True) -> tuple[dict[str, int], int]:
    """Send ``count`` frames of noise from ``seed``; with ``hold`` all must be as the models say, in cut-through the
    fates of the frames and the accounts. Returns the counters, and how many books were compared.

    Piece by piece the feed goes on behind the number that the device expects, so that it does not starve in a gap.
    """
    noise = Noise(seed)
    rig.start(SYMBOLS, hold=hold)
    truth = Truth(rig, SYMBOLS, hold=hold)
    pieces = []
    for done in range(0, count, NOISE_PIECE):
        noise.sequence = rig.device.read("SEQ_EXPECTED")
        batch = noise.frames(min(NOISE_PIECE, count - done))
        pieces.append(rig.play(batch))
        truth.frames(batch)
        assert not hold or rig.device.read("SEQ_EXPECTED") == truth.feed.expected, f"seed {seed}, behind frame {done}"
    counters = rig.device.counters()
    assert {name: counters[name] for name in truth.net} == truth.net
    assert_sums(counters)
    assert rig.device.status()["suspect"] == (counters["packets_suspect"] > 0)
    if hold:
        truth.check(np.concatenate(pieces), counters, exact=not counters["orders_table_full"])
    return counters, truth.compared


@pytest.mark.parametrize("seed", range(4))
def test_noise(tiny: Rig, seed: int) -> None:
    counters, compared = run_noise(tiny, seed, 250, hold=seed % 2 == 0)
    assert counters["msgs_book"] > 20 and (compared > 20) == (seed % 2 == 0)


@pytest.mark.soak
def test_noise_long(tiny: Rig) -> None:
    """One million frames, 250 behind each reset; every fate must come up."""
    first, progress = soak_seed(), Progress()
    total: dict[str, int] = {}
    books, began = 0, time.perf_counter()
    for number in range(4_000):
        counters, compared = run_noise(tiny, 1_000_000 * first + number, 250, hold=number % 4 > 0)
        total = {name: total.get(name, 0) + n for name, n in counters.items()}
        books += compared
        progress(f"noise: {total['frames']:,} frames, {total['frames'] / (time.perf_counter() - began):,.0f} "
                 f"frames/s, {total['msgs_book']:,} book messages")
    table(f"Random and mutated frames, seed {first}: every fate and every account as the models say, {books:,} books "
          "compared, all asserts silent", [("", "count"), *((name, n) for name, n in total.items() if n)])
    assert total["frames"] == 1_000_000 and all(total[name] for name in FATES)
