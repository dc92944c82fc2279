"""The device on real data, against books that others computed and packets that others sent."""

import csv
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from sim.device.model import FrameBatch
from sim.market.binaryfile import read_binaryfile
from sim.market.frames import LINE_A, Line
from sim.market.lobster import convert, join, read_lobster
from sim.market.messages import Messages
from sim.market.packets import Pack
from sim.market.pcap import read_capture
from sim.market.schedule import Pace, Schedule, schedule
from tests.device.rig import Rig, Truth
from wire import moldudp64
from wire.frame import parse_frame
from wire.itch50 import BOOK_TYPES
from wire.records import NOT_LIVE, RecordKind, State

LOCATE = 13
BASE = 2_200_000
BOOK_CODES = np.frombuffer(BOOK_TYPES.encode(), np.uint8)
#: Idle cycles between frames in which any book settles.
SETTLED = 128


def settled(messages: Messages) -> Schedule:
    """Return one frame for each message, far enough apart for a record of each."""
    return schedule(messages, LINE_A, pack=Pack.ONE, gap=SETTLED)


def book_records(records: np.ndarray) -> dict[int, np.void]:
    """Return the records of book messages by sequence number, of which each has one."""
    own = records[(records["kind"] == RecordKind.BOOK) & np.isin(records["cause"], BOOK_CODES)]
    found = {int(record["feed_seq"]): record for record in own}
    assert len(found) == len(own)
    return found


@pytest.fixture(scope="module")
def aapl(data_dir: Path) -> Messages:
    return read_binaryfile(data_dir / "itch50_aapl_20200130" / "locate-13-10k.bin")


@pytest.fixture(scope="module")
def aapl_records(full: Rig, aapl: Messages) -> dict[int, np.void]:
    full.start([(LOCATE, BASE)])
    return book_records(full.play(settled(aapl)))


def test_meatpy_top_5_after_every_book_message(aapl_records: dict[int, np.void], data_dir: Path) -> None:
    with open(data_dir / "itch50_aapl_20200130" / "meatpy_top5.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        record = aapl_records[int(row["msg_index"]) + 1]
        where = f"message {row['msg_index']}"
        assert not record["state"] & NOT_LIVE and record["whole"] == 3, where
        assert (chr(record["cause"]), int(record["exchange_ns"])) == (row["type"], int(row["ts_ns"])), where
        for side in "ba":
            levels = record["bids" if side == "b" else "asks"]
            for n in range(5):
                told = tuple(int(row[f"{side}{what}{n + 1}"]) for what in "pqn")
                assert levels[n].tolist() == told, f"{where}, {side} level {n + 1}"
    assert len(rows) == len(aapl_records) == 9705


def test_runk_depth_as_far_as_the_device_shows(full: Rig, aapl_records: dict[int, np.void], data_dir: Path) -> None:
    snapshots = json.loads((data_dir / "itch50_aapl_20200130" / "truth_runk_itch.json").read_text())
    assert len(snapshots) == 3
    for snapshot in snapshots:
        record = aapl_records[max(seq for seq in aapl_records if seq <= snapshot["after_messages"])]
        for side in ("bids", "asks"):
            told = sorted(map(tuple, snapshot[side]), reverse=side == "bids")[:full.profile.levels]
            assert [level.tolist()[:len(told[0])] for level in record[side][:len(told)]] == told, snapshot["name"]


def test_aapl_in_full_packets(full: Rig, aapl: Messages) -> None:
    frames = schedule(aapl, LINE_A, pack=Pack.FULL, pace=Pace.ABUT)
    full.start([(LOCATE, BASE)])
    records = full.play(frames)
    truth = Truth(full, [(LOCATE, BASE)])
    truth.frames(frames)
    truth.check(records, full.device.counters())
    assert truth.compared > 300 and not truth.marked


def test_lobster_on_every_row(full: Rig, data_dir: Path) -> None:
    name = str(data_dir / "lobster_aapl_l10_head" / "AAPL_2012-06-21_34200000_57600000_{}_10.csv")
    steps = convert(*read_lobster(name.format("message"), name.format("orderbook")))
    messages, index = join(steps)
    full.start([(1, 5_800_000 - 100 * full.profile.window // 2)])
    records = full.play(settled(messages))
    by_seq = {int(record["feed_seq"]): record for record in records}
    levels = full.profile.levels
    for number, (step, position) in enumerate(zip(steps, index, strict=True), 1):
        record = by_seq[position + 1]
        assert not record["state"] & NOT_LIVE and record["whole"] == 3, f"row {number}"
        for side, told in (("bids", step.row.bids), ("asks", step.row.asks)):
            assert [level.tolist()[:2] for level in record[side]] == list(told[:levels]), f"row {number}, {side}"
    assert len(steps) == 999


def test_ritch_file_equal_or_marked_with_cause(full: Rig, data_dir: Path) -> None:
    messages = read_binaryfile(data_dir / "ritch_test_itch50" / "ex20101224.TEST_ITCH_50.lenfixed")
    prices: dict[int, list[int]] = {}
    for message in messages:
        if message[:1] in b"AF":
            prices.setdefault(int.from_bytes(message[1:3], "big"), []).append(int.from_bytes(message[32:36], "big"))
    symbols = [(locate, max(int(np.median(own)) // 100 - full.profile.window // 2, 0) * 100)
               for locate, own in sorted(prices.items())]
    frames = settled(messages)
    full.start(symbols)
    records = full.play(frames)
    truth = Truth(full, symbols)
    truth.frames(frames)
    counters = full.device.counters()
    truth.check(records, counters)
    own = book_records(records)
    assert len(own) == counters["msgs_book"] and truth.compared + truth.marked >= len(own)
    assert counters["msgs_decoded"] == 12_012 and counters["prices_off_grid"] == 3595
    assert counters["orders_unknown"] >= 117 and truth.compared and truth.marked
    last = [records[records["locate"] == locate][-1]["state"] for locate, _ in symbols]
    assert len(last) == 3 and all(state & State.ERROR and state & State.INCOMPLETE for state in last)


def captured(folder: Path) -> list[bytes]:
    """Return all frames of the captures in ``folder``."""
    assert folder.is_dir()
    return [frame for path in sorted(folder.glob("*.pcap")) for frame in read_capture(path)]


def lines_of(destinations: Iterable[tuple[int, int]]) -> list[Line]:
    return [Line(number=0, ip=ip, port=port) for ip, port in sorted(set(destinations))]


@pytest.mark.parametrize("hold", [False, True])
def test_genuine_captures_decode(tiny: Rig, data_dir: Path, hold: bool) -> None:
    frames = captured(data_dir / "pcaps" / "nasdaq_itch50")
    parsed = [parse_frame(frame) for frame in frames]
    packets = [moldudp64.unpack(frame.payload) for frame in parsed]
    tiny.start([(LOCATE, BASE)], lines=lines_of((frame.dst_ip, frame.dst_port) for frame in parsed), hold=hold)
    for frame, packet in zip(frames, packets, strict=True):
        tiny.device.resync(packet.sequence)
        tiny.play(FrameBatch.of([frame]))
        assert tiny.device.read("SEQ_EXPECTED") == packet.sequence + len(packet.messages)
    counters = tiny.device.counters()
    assert counters["frames"] == counters["frames_ok"] == counters["packets_a"] == len(frames)
    total = sum(len(packet.messages) for packet in packets)
    assert counters["msgs_decoded"] == counters["msgs_a"] == total >= 38


def test_zeroed_captures_are_dropped_for_their_ip_checksum(tiny: Rig, data_dir: Path) -> None:
    frames = captured(data_dir / "pcaps" / "bx_itch50_zeroed")
    tiny.start([(LOCATE, BASE)], lines=[Line(number=0, ip=0, port=0)])
    tiny.play(FrameBatch.of(frames))
    counters = tiny.device.counters()
    assert counters["frames"] == counters["frames_ip_checksum"] == len(frames) > 10
    assert not counters["packets_a"] and not counters["msgs_decoded"]
