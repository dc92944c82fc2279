"""The audit journal: nothing is lost in silence, whoever dies, and whenever."""

import errno
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from host.journal.disk import Sync
from host.journal.log import HEAD, LogError
from host.risk import journal as journal_module
from host.risk.journal import AUDIT_LOG, MOST_VERDICTS, DeviceLife, EntryKind, Journal, read_journal
from tests.host.risk.verdicts import verdicts
from wire.risk import REQUEST_DTYPE

ROOT = Path(__file__).resolve().parents[3]
MARK = AUDIT_LOG.mark
LIFE = DeviceLife(contract=2, build=0xABCD, clock_hz=125_000_000, cycles=0, verdicts=0)


def life(**changes: int) -> DeviceLife:
    return DeviceLife(**(LIFE.__dict__ | {"cycles": 1 << 50, "verdicts": 1 << 50} | changes))


def begun(path: Path, **options: object) -> Journal:
    journal = Journal(path, **options)
    journal.begin(lambda: LIFE)
    return journal


def seqs(path: Path) -> list[int]:
    return [seq for entry in read_journal(path) for seq in entry.verdicts["seq"].tolist()]


def kinds(path: Path) -> list[str]:
    return [entry.kind.name for entry in read_journal(path)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "risk.journal"


def test_what_is_written_is_read_again(path: Path) -> None:
    times = iter(range(100, 200))
    with Journal(path, now=lambda: next(times)) as journal:
        assert journal.begin(lambda: LIFE)
        assert journal.verdicts(verdicts(1, 3)) == 3
        journal.act("kill", cycles=77, user="ann", scope="global")
        assert journal.next_seq == 4
    device, three, act = read_journal(path)
    assert (device.number, device.time_ns, device.kind) == (1, 100, EntryKind.DEVICE)
    assert DeviceLife(**device.content) == LIFE
    assert three.kind == EntryKind.VERDICTS and three.verdicts.tobytes() == verdicts(1, 3).tobytes()
    assert act.content == {"act": "kill", "cycles": 77, "user": "ann", "scope": "global"}
    assert (act.number, act.time_ns, len(act.verdicts)) == (3, 102, 0)
    assert path.stat().st_mode & 0o777 == 0o600


def test_it_goes_on_where_it_ended(path: Path) -> None:
    with begun(path) as journal:
        journal.verdicts(verdicts(1, 5))
    with Journal(path) as journal:
        assert journal.next_seq == 6 and journal.last == verdicts(5, 1).tobytes()
        assert not journal.begin(life)
        assert journal.verdicts(verdicts(4, 4)) == 2
    assert seqs(path) == list(range(1, 8)) and "LOST" not in kinds(path)


def test_a_hole_becomes_a_lost_entry(path: Path) -> None:
    with begun(path) as journal:
        journal.verdicts(np.concatenate([verdicts(3, 2), verdicts(9, 1), verdicts(10, 1)]))
    assert kinds(path) == ["DEVICE", "LOST", "VERDICTS", "LOST", "VERDICTS"]
    assert [entry.content for entry in read_journal(path) if entry.kind == EntryKind.LOST] == [
        {"first": 1, "last": 2}, {"first": 5, "last": 8}]
    assert seqs(path) == [3, 4, 9, 10]


def test_a_long_run_is_cut_into_entries(path: Path) -> None:
    with begun(path) as journal:
        journal.verdicts(verdicts(1, 2 * MOST_VERDICTS + 1))
    assert [len(entry.verdicts) for entry in read_journal(path)] == [0, MOST_VERDICTS, MOST_VERDICTS, 1]


@pytest.mark.parametrize("changes", [{"build": 1}, {"clock_hz": 1}, {"contract": 3}, {"cycles": 34}, {"verdicts": 2}])
def test_another_life_of_the_device_counts_from_one(path: Path, changes: dict[str, int]) -> None:
    with begun(path) as journal:
        journal.verdicts(verdicts(1, 3))
        assert not journal.begin(lambda: life(cycles=35, verdicts=3))
        assert journal.begin(lambda: life(**changes))
        assert journal.next_seq == 1
        journal.verdicts(verdicts(1, 2))
    assert seqs(path) == [1, 2, 3, 1, 2]


def test_what_is_no_verdict_is_refused(path: Path) -> None:
    with Journal(path) as journal:
        with pytest.raises(ValueError, match="begin comes before"):
            journal.act("kill", cycles=0)
        with pytest.raises(ValueError, match="begin comes before"):
            journal.verdicts(verdicts(1, 1))
        journal.begin(life)
        with pytest.raises(ValueError, match="verdicts must be of"):
            journal.verdicts(np.zeros(1, REQUEST_DTYPE))
        with pytest.raises(ValueError, match="verdict 1 does not rise"):
            journal.verdicts(np.concatenate([verdicts(2, 1), verdicts(1, 1)]))
        assert journal.next_seq == 1 and journal.verdicts(verdicts(1, 0)) == 0


def test_a_torn_end_of_any_length_is_removed_and_told(path: Path, tmp_path: Path) -> None:
    with begun(path) as journal:
        journal.verdicts(verdicts(1, 2))
        whole = path.stat().st_size
        journal.verdicts(verdicts(3, 2))
    raw = path.read_bytes()
    for size in range(1, len(raw)):
        torn = tmp_path / "torn"
        torn.write_bytes(raw[:size])
        with Journal(torn) as journal:
            first = len(begin := raw[:raw.index(MARK, 1)])
            kept = len(begin) if first <= size < whole else whole if size >= whole else 0
            assert journal.recovered == size - kept, size
            assert journal.next_seq == (3 if size >= whole else 1)
        assert ("TORN" in kinds(torn)) == (size != kept), size
        if size != kept:
            (entry,) = [entry for entry in read_journal(torn) if entry.kind == EntryKind.TORN]
            assert entry.content == {"bytes": size - kept}
        with Journal(torn) as journal:
            assert journal.recovered == 0


@pytest.mark.parametrize("garbage", [bytes(1), bytes(5000), MARK, MARK + bytes(9)])
def test_what_a_death_left_behind_the_last_entry_is_a_torn_end(garbage: bytes, path: Path) -> None:
    with begun(path) as journal:
        journal.verdicts(verdicts(1, 2))
    with path.open("ab") as file:
        file.write(garbage)
    with Journal(path) as journal:
        assert journal.recovered == len(garbage) and journal.verdicts(verdicts(3, 1)) == 1
    assert kinds(path) == ["DEVICE", "VERDICTS", "TORN", "VERDICTS"]


@pytest.mark.parametrize("garbage", [b"\xff", b"\xff" * 100, MARK * 50, MARK + bytes(50)])
def test_what_no_death_leaves_behind_the_last_entry_is_damage(garbage: bytes, path: Path) -> None:
    begun(path).close()
    end = path.stat().st_size
    with path.open("ab") as file:
        file.write(garbage)
    with pytest.raises(LogError, match=f"{path}: damaged at byte {end}: "):
        Journal(path)


def test_a_reader_stops_before_a_torn_end_and_changes_nothing(path: Path) -> None:
    with begun(path) as journal:
        journal.verdicts(verdicts(1, 2))
    with path.open("ab") as file:
        file.write(MARK + bytes(20))
    before = path.read_bytes()
    tail = journal_module.Tail()
    assert [entry.kind.name for entry in read_journal(path, tail)] == ["DEVICE", "VERDICTS"]
    assert len(before) - tail.end == 24 and path.read_bytes() == before


def test_every_flipped_bit_is_found(path: Path) -> None:
    with begun(path) as journal:
        journal.verdicts(verdicts(1, 2))
        journal.act("resume", cycles=90, reason="tested")
    raw = path.read_bytes()
    random.seed(5)
    for _ in range(300):
        place = random.randrange(len(raw))
        bad = bytearray(raw)
        bad[place] ^= 1 << random.randrange(8)
        path.write_bytes(bad)
        with pytest.raises(LogError, match=f"{path}: (damaged|is no audit journal)"):
            Journal(path)
        with pytest.raises(LogError):
            list(read_journal(path))
        assert path.read_bytes() == bad, "a damaged journal is not touched"


def test_entries_that_are_missing_or_moved_are_found(path: Path) -> None:
    with begun(path) as journal:
        for number in range(1, 4):
            journal.verdicts(verdicts(number, 1))
    raw = path.read_bytes()
    parts = [MARK + part for part in raw.split(MARK)[1:]]
    for order, said in (((0, 2, 3), "entry 3 follows 1"), ((0, 2, 1, 3), "entry 3 follows 1"), ((1, 2), "follows 0")):
        path.write_bytes(b"".join(parts[n] for n in order))
        with pytest.raises(LogError, match=said):
            Journal(path)


@pytest.mark.parametrize("text", ["x", "[global]\nheartbeat = 1\n", "tgj", "\0" * 100])
def test_another_file_is_left_alone(path: Path, text: str) -> None:
    path.write_text(text)
    if text in ("tgj", "\0" * 100):  # it may be a journal whose first entry was torn
        Journal(path).close()
        return
    with pytest.raises(LogError, match=f"{path}: is no audit journal"):
        Journal(path)
    assert path.read_text() == text


def test_what_a_later_version_wrote_is_not_removed(path: Path) -> None:
    begun(path).close()
    raw = path.read_bytes()
    path.write_bytes(raw + AUDIT_LOG.pack(77, 2, 0, b"{}"))
    with pytest.raises(LogError, match="a record of kind 77, which this version does not know"):
        Journal(path)


def test_several_writers_share_a_journal(path: Path) -> None:
    with begun(path) as one, Journal(path) as two:
        one.verdicts(verdicts(1, 2))
        two.act("kill", cycles=99)
        assert not two.begin(lambda: life(cycles=100, verdicts=2))
        one.verdicts(verdicts(3, 1))
        two.verdicts(verdicts(1, 5))
    assert [entry.number for entry in read_journal(path)] == [1, 2, 3, 4, 5] and seqs(path) == [1, 2, 3, 4, 5]


def test_writers_at_once_leave_a_whole_journal(path: Path) -> None:
    begun(path).close()

    def act(name: str) -> None:
        with Journal(path, sync=Sync.NEVER) as journal:
            for number in range(100):
                journal.act(name, cycles=number)
    threads = [threading.Thread(target=act, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    acts = [entry.content["act"] for entry in read_journal(path) if entry.kind == EntryKind.ACT]
    assert sorted(acts) == sorted("abc" * 100)


def test_another_writers_torn_end_is_removed_before_the_next_entry(path: Path) -> None:
    with begun(path) as journal:
        journal.verdicts(verdicts(1, 1))
        with path.open("ab") as file:
            file.write(MARK + bytes(11))
        journal.verdicts(verdicts(2, 1))
        assert journal.recovered == 15
    assert kinds(path) == ["DEVICE", "VERDICTS", "TORN", "VERDICTS"]


def test_a_file_cut_behind_ones_back_is_an_error(path: Path) -> None:
    with begun(path) as journal:
        journal.verdicts(verdicts(1, 1))
        os.truncate(path, HEAD.size + 8)
        with pytest.raises(LogError, match="was cut from"):
            journal.verdicts(verdicts(2, 1))


def test_a_full_disk_leaves_whole_entries(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write, room = os.pwrite, [200]

    def pwrite(file: int, data: bytes, offset: int) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        done = write(file, data[:room[0]], offset)
        room[0] -= done
        return done
    with begun(path) as journal:
        monkeypatch.setattr(os, "pwrite", pwrite)
        with pytest.raises(OSError) as error:
            journal.verdicts(verdicts(1, 3))
        assert error.value.filename == str(path) and error.value.errno == errno.ENOSPC
        assert kinds(path) == ["DEVICE"] and journal.next_seq == 1
        room[0] = 1 << 30
        assert journal.verdicts(verdicts(1, 3)) == 3
    assert seqs(path) == [1, 2, 3]


def test_the_disk_is_asked_as_the_policy_says(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fdatasync", synced.append)
    counts = {}
    for sync, interval in ((Sync.ALWAYS, 0.0), (Sync.INTERVAL, 3600.0), (Sync.INTERVAL, 0.0), (Sync.NEVER, 0.0)):
        path.unlink(missing_ok=True)
        with begun(path, sync=sync, interval=interval) as journal:
            synced.clear()
            for number in range(1, 6):
                journal.verdicts(verdicts(number, 1))
            journal.flush()
            during = len(synced)
        counts[sync, interval] = during, len(synced)
    assert list(counts.values()) == [(5, 5), (0, 1), (5, 5), (0, 0)]


@pytest.mark.parametrize("sync", list(Sync))
def test_killed_at_any_moment_it_keeps_all_it_told_of(sync: Sync, path: Path) -> None:
    """Real processes, really killed, one after the other on the same journal."""
    seed = 20_261_121
    print("seed", seed)
    chance = random.Random(seed)
    recovered, told = 0, 1
    for life_number in range(8):
        with subprocess.Popen([sys.executable, "-m", "tests.host.risk.journal_writer", str(path), sync.value,
                               str(life_number)], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            told = int(process.stdout.readline())
            time.sleep(chance.uniform(0, 0.1))
            os.kill(process.pid, signal.SIGKILL)
            rest = process.stdout.read()
        if lines := rest.split("\n")[:-1]:
            told = int(lines[-1])
        with Journal(path) as journal:
            recovered += journal.recovered
            assert journal.next_seq >= told
    kept = np.concatenate([entry.verdicts for entry in read_journal(path)])
    assert kept.tobytes() == verdicts(1, len(kept)).tobytes() and "LOST" not in kinds(path)
    torn = [json.dumps(entry.content) for entry in read_journal(path) if entry.kind == EntryKind.TORN]
    print(f"{len(kept)} verdicts, {recovered} bytes torn: {torn}")
