"""The journal: what was committed is there, whoever dies; what is damaged is refused, and left as it is."""

import errno
import os
import random
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host.journal import disk
from host.journal.codec import Codec, CodecError
from host.journal.disk import Sync
from host.journal.journal import JOURNAL, Journal, JournalKind, JournalReader, read_journal, show_journal
from host.journal.log import HEAD, MOST_BYTES, SECTOR, LogError
from host.positions.booked import Booked, BookedKind
from tests.host.journal.writer import fill
from wire.risk import Side


@dataclass(frozen=True)
class BookedLike:
    number: int


ROOT = Path(__file__).resolve().parents[3]
CODEC = Codec((Booked,))
NOW = 1_790_000_000_000_000_000


def opened(path, **more):
    return Journal(path, CODEC, **({"now": lambda: NOW, "sync": Sync.NEVER} | more))


def written(path, count):
    with opened(path) as journal:
        for _ in range(count):
            journal.append(fill(journal.number + 1))
            journal.commit()


def held(path):
    return [entry.record for entry in read_journal(path, CODEC)]


def fills(count):
    return [fill(number) for number in range(1, count + 1)]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "host.journal"


@pytest.mark.parametrize("sync", Sync)
def test_it_goes_on_where_it_ended(path, sync):
    taken = []
    for count in (0, 3, 0, 2):
        taken.clear()
        with opened(path, sync=sync, take=taken.append) as journal:
            assert [entry.record for entry in taken] == fills(journal.number)
            for _ in range(count):
                journal.append(fill(journal.number + 1))
    assert [(entry.number, entry.time_ns, entry.record) for entry in read_journal(path, CODEC)] == [
        (number, NOW, fill(number)) for number in range(1, 6)]
    assert [shown.what for shown in show_journal(path)] == ["SCHEMA", *["Booked"] * 5]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_group_is_in_the_file_with_its_commit_without_a_system_call(path, monkeypatch):
    with opened(path) as journal:
        calls = []
        for name in ("pwrite", "write", "posix_fallocate", "ftruncate", "fdatasync"):
            monkeypatch.setattr(disk.os, name, lambda *given: calls.append(given))
        numbers = [journal.append(each) for each in fills(100)]
        assert numbers == list(range(1, 101)) and held(path) == []
        journal.commit()
        assert held(path) == fills(100)
        journal.commit()
        assert not calls
        monkeypatch.undo()


def test_room_is_taken_ahead_and_given_back(path):
    with opened(path) as journal:
        for _ in range(2):
            while path.stat().st_size - journal.size > 4096:
                journal.append(fill(journal.number + 1))
                journal.commit()
            size = path.stat().st_size
            for _ in range(100):
                journal.append(fill(journal.number + 1))
            journal.commit()
            assert path.stat().st_size > size
        count = journal.number
        assert held(path) == fills(count)
    assert [shown.end for shown in show_journal(path)][-1] == path.stat().st_size == journal.size
    assert held(path) == fills(count)


@pytest.mark.parametrize("sync, synced", [(Sync.ALWAYS, [1, 2, 3]), (Sync.INTERVAL, [0] * 3), (Sync.NEVER, [0] * 3)])
def test_the_disk_is_asked_once_a_group_as_often_as_was_said(path, monkeypatch, sync, synced):
    asked, counts = [], []
    monkeypatch.setattr(disk.os, "fdatasync", asked.append)
    with opened(path, sync=sync, interval=3600) as journal:
        asked.clear()
        for _ in range(3):
            for _ in range(5):
                journal.append(fill(journal.number + 1))
            journal.commit()
            counts.append(len(asked))
    assert counts == synced and len(asked) == synced[-1] + (sync == Sync.INTERVAL)


def test_the_disk_is_asked_every_interval_without_the_writer(path, monkeypatch):
    asked = threading.Semaphore(0)
    monkeypatch.setattr(disk.os, "fdatasync", lambda _file: asked.release())
    with opened(path, sync=Sync.INTERVAL, interval=0.001) as journal:
        for _ in range(3):
            while asked.acquire(blocking=False):
                pass
            journal.append(fill(journal.number + 1))
            journal.commit()
            assert asked.acquire(timeout=60)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("flush")]


def test_a_disk_that_fails_behind_the_writer_ends_the_journal(path, monkeypatch):
    def fail(_file):
        failed.set()
        raise OSError(errno.EIO, "Input/output error")

    failed = threading.Event()
    with opened(path, sync=Sync.INTERVAL, interval=0.001) as journal:
        with monkeypatch.context() as patched:
            patched.setattr(os, "fdatasync", fail)
            journal.append(fill(1))
            journal.commit()
            assert failed.wait(60)
            journal._flusher._thread.join(60)
        journal.append(fill(2))
        with pytest.raises(LogError, match="must be opened anew"):
            journal.commit()


def test_cut_at_every_byte_it_holds_all_that_was_whole(path):
    written(path, 2)
    whole = path.read_bytes()
    ends = [record.end for record in JOURNAL.read(path)]
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        kept = max((end for end in ends if end <= cut), default=0)
        count = max(sum(end <= cut for end in ends) - 1, 0)
        assert held(path) == fills(count)
        with opened(path) as journal:
            torn_bytes = len(whole[kept:cut].rstrip(b"\0"))
            assert (journal.number, journal.recovered) == (count, torn_bytes)
            journal.append(fill(count + 1))
        assert held(path) == fills(count + 1)
        torn = [shown.fields["bytes"] for shown in show_journal(path) if shown.what == "TORN"]
        assert torn == ([torn_bytes] if torn_bytes else [])
        with opened(path) as journal:
            assert journal.recovered == 0


def test_with_any_byte_changed_it_is_refused_by_name_and_place_and_left_alone(path):
    written(path, 2)
    whole = path.read_bytes()
    starts = [record.place for record in JOURNAL.read(path)]
    chance = random.Random(20261121)
    for place in range(len(whole)):
        bad = bytearray(whole)
        bad[place] ^= chance.randrange(1, 256)
        path.write_bytes(bad)
        start = max(each for each in starts if each <= place)
        says = f"^{path}: (damaged at byte {start}: {'|is no journal' if start == 0 else ''})"
        for look in (lambda: opened(path), lambda: held(path), lambda: list(show_journal(path))):
            with pytest.raises(LogError, match=says):
                look()
        assert path.read_bytes() == bad


@given(seed=st.integers(0, 1 << 32))
@settings(max_examples=60, deadline=None, print_blob=True)
def test_a_machine_that_died_leaves_zeros_to_the_end_of_the_file(tmp_path_factory, seed):
    chance = random.Random(seed)
    path = tmp_path_factory.mktemp("journal") / "host.journal"
    written(path, 10)
    whole = path.read_bytes()
    ends = [record.end for record in JOURNAL.read(path)]
    start = chance.choice([*ends, *range(SECTOR, len(whole), SECTOR)])
    path.write_bytes(whole[:start] + bytes(len(whole) - start + chance.randrange(3 * SECTOR)))
    count = max(sum(end <= start for end in ends) - 1, 0)
    with opened(path) as journal:
        assert journal.number == count
    assert held(path) == fills(count)


@pytest.mark.parametrize("behind, says", [(b"", None), (b"x", "damaged at byte"), (bytes(3 << 20), None)])
def test_more_zeros_than_any_record_has_bytes(path, behind, says):
    written(path, 1)
    end = path.stat().st_size
    with path.open("ab") as file:
        file.write(bytes(MOST_BYTES + HEAD.size) + behind)
    if says:
        with pytest.raises(LogError, match=f"{path}: {says} {end}: "):
            opened(path)
    else:
        with opened(path) as journal:
            assert (journal.number, journal.recovered) == (1, 0)
        assert path.stat().st_size == end


def test_records_that_are_missing_or_twice_are_found(path):
    written(path, 3)
    raw, records = path.read_bytes(), list(JOURNAL.read(path))
    parts = [raw[record.place:record.end] for record in records]
    for order, place, says in (((0, 2, 3), 1, "record 2, where 1"), ((0, 1, 1), 2, "record 1, where 2"),
                               ((0, 2, 1), 1, "record 2, where 1")):
        path.write_bytes(b"".join(parts[each] for each in order))
        with pytest.raises(LogError, match=f"{path}: damaged at byte {records[place].place}: {says} comes next"):
            opened(path)
    path.write_bytes(parts[1])
    with pytest.raises(LogError, match="byte 0: a record before any schema"):
        opened(path)


def test_another_file_is_refused_and_left_alone(path):
    path.write_bytes(b"[session]\nsender = 'A'\n")
    with pytest.raises(LogError, match=f"{path}: is no journal of the host"):
        opened(path)
    assert path.read_bytes() == b"[session]\nsender = 'A'\n"


def test_a_kind_or_type_of_a_later_version_is_refused(path):
    written(path, 1)
    raw = path.read_bytes()
    path.write_bytes(raw + JOURNAL.pack(9, 1, NOW))
    with pytest.raises(LogError, match=f"byte {len(raw)}: a record of kind 9, which this version does not know"):
        opened(path)
    path.write_bytes(raw + JOURNAL.pack(JournalKind.SCHEMA, 1, NOW, b'[{"name":"Later","fields":[]}]'))
    with pytest.raises(LogError, match=f"byte {len(raw)}: the type Later is not known"):
        opened(path)
    assert [entry.record for entry in read_journal(path, CODEC, only_known=True)] == fills(1)


def test_another_schema_begins_where_the_types_change(path):
    written(path, 1)
    with Journal(path, Codec((BookedLike, Booked)), sync=Sync.NEVER) as journal:
        journal.append(BookedLike(7))
        journal.append(fill(3))
    assert [shown.what for shown in show_journal(path)] == ["SCHEMA", "Booked", "SCHEMA", "BookedLike", "Booked"]
    assert [entry.number for entry in read_journal(path, CODEC, only_known=True)] == [1, 3]


def test_a_record_that_was_prepared_for_is_in_the_file_at_once_and_the_same(path):
    codec = Codec((BookedLike,))
    pack = codec.packer(BookedLike)
    raw = []
    for put in (True, False):
        each = path.with_name(str(put))
        with Journal(each, codec, sync=Sync.NEVER, now=lambda: NOW) as journal:
            for number in range(1, 20):
                if put:
                    assert journal.ready(len(pack(0)))
                    journal.put(pack(number))
                else:
                    journal.append(BookedLike(number))
                    journal.commit()
                assert [entry.record.number for entry in read_journal(each, codec)] == list(range(1, number + 1))
            if put:
                assert journal.ready(5)
                with pytest.raises(ValueError, match="a body of 11 bytes, where 5 were to come"):
                    journal.put(pack(1))
                journal.append(BookedLike(20))
                assert not journal.ready(5)
                journal.commit()
            else:
                journal.append(BookedLike(20))
        raw.append(each.read_bytes())
    assert raw[0] == raw[1]


def test_a_journal_whose_records_must_be_on_the_disk_is_never_ready(path):
    with opened(path, sync=Sync.ALWAYS) as journal:
        assert not journal.ready(5)


def test_a_reader_follows_a_writer(path):
    with opened(path) as journal, JournalReader(path, CODEC) as reader:
        assert list(reader.poll()) == []
        for group in (1, 3, 2):
            for _ in range(group):
                journal.append(fill(journal.number + 1))
            assert list(reader.poll()) == []
            journal.commit()
            assert [entry.number for entry in reader.poll()] == list(range(journal.number - group + 1,
                                                                           journal.number + 1))


def test_a_reader_waits_for_the_rest_of_a_record_and_for_a_writer_that_comes_after_a_torn_one(path):
    written(path, 2)
    whole = path.read_bytes()
    start = [record.place for record in JOURNAL.read(path)][-1]
    path.write_bytes(whole[:start])
    with JournalReader(path, CODEC) as reader, path.open("r+b", buffering=0) as file:
        assert [entry.record for entry in reader.poll()] == fills(1)
        file.seek(start)
        for place in range(start, len(whole) - 1):
            file.write(whole[place:place + 1])
            assert list(reader.poll()) == []
        with opened(path) as journal:
            assert journal.recovered == len(whole) - 1 - start
            journal.append(fill(2))
        assert [entry.record for entry in reader.poll()] == [fill(2)]
        file.truncate(10)
        with pytest.raises(LogError, match=f"{path}: was cut from .* to 10 bytes by somebody else"):
            list(reader.poll())


def test_a_second_writer_is_told_who_has_it(path):
    with opened(path):
        with pytest.raises(LogError, match=f"{path}: is in use by process {os.getpid()}"):
            opened(path)
    opened(path).close()


def test_what_cannot_be_written_takes_no_number(path):
    with opened(path) as journal:
        with pytest.raises(CodecError):
            journal.append("text")
        assert journal.append(fill(1)) == 1


def test_a_full_disk_leaves_nothing_of_the_group_which_may_be_tried_again(path, monkeypatch):
    def full(file, place, length):
        real(file, place, length // 2)
        raise OSError(errno.ENOSPC, "No space left on device")

    real = os.posix_fallocate
    with opened(path) as journal:
        many = fills(20_000)
        for each in many:
            journal.append(each)
        with monkeypatch.context() as patched:
            patched.setattr(os, "posix_fallocate", full)
            size = path.stat().st_size
            with pytest.raises(OSError, match="No space left on device") as caught:
                journal.commit()
            assert path.stat().st_size == size
        assert caught.value.filename == str(path) and held(path) == []
        journal.commit()
        assert held(path) == many


def test_a_disk_that_fails_ends_the_journal(path, monkeypatch):
    def fail(_file):
        raise OSError(errno.EIO, "Input/output error")

    with opened(path, sync=Sync.ALWAYS) as journal:
        journal.append(fill(1))
        with monkeypatch.context() as patched:
            patched.setattr(os, "fdatasync", fail)
            with pytest.raises(OSError, match="Input/output error"):
                journal.commit()
        journal.append(fill(2))
        with pytest.raises(LogError, match="must be opened anew"):
            journal.commit()


def test_a_record_that_lacks_its_mark_is_a_torn_end(path):
    """All that the death of a writer may leave: any part of a record's bytes behind its mark."""
    written(path, 2)
    whole = path.read_bytes()
    start = [record.place for record in JOURNAL.read(path)][-1]
    chance = random.Random(20261122)
    for _ in range(50):
        record = bytearray(whole[start:])
        record[:4] = bytes(4)
        for place in chance.sample(range(4, len(record)), chance.randrange(len(record) - 4)):
            record[place] = 0
        path.write_bytes(whole[:start] + record + bytes(chance.randrange(1 << 20)))
        assert held(path) == fills(1)
        with opened(path) as journal:
            assert (journal.number, journal.recovered) == (1, len(record.rstrip(b"\0")))
        assert held(path) == fills(1)


def test_a_record_that_lost_its_mark_before_others_is_damage(path):
    written(path, 3)
    whole = path.read_bytes()
    start = [record.place for record in JOURNAL.read(path)][2]
    path.write_bytes(whole[:start] + bytes(4) + whole[start + 4:])
    with pytest.raises(LogError, match=f"damaged at byte {start}: "):
        held(path)
    with pytest.raises(LogError, match=f"damaged at byte {start}: "):
        opened(path)


def test_a_reader_beside_a_writer_never_takes_it_for_damage(path):
    """The writer, another process, is as far ahead as the pipe holds of what it tells."""
    written(path, 0)
    count = 0
    with subprocess.Popen([sys.executable, "-m", "tests.host.journal.writer", str(path), Sync.NEVER.value, "1", "3"],
                          cwd=ROOT, stdout=subprocess.PIPE, pipesize=4096) as process:
        try:
            with JournalReader(path, CODEC) as reader:
                for _ in range(40):
                    told = int(process.stdout.readline())
                    for entry in reader.poll():
                        count += 1
                        assert entry.number == count
                    assert count >= told
        finally:
            process.kill()


@pytest.mark.parametrize("sync", Sync)
def test_killed_at_any_moment_it_keeps_all_it_told_of(path, sync):
    """Real processes, really killed, one after the other on the same journal."""
    seed = 20_261_121
    print("seed", seed)
    chance = random.Random(seed)
    recovered, told = 0, 0
    for life in range(6):
        with subprocess.Popen([sys.executable, "-m", "tests.host.journal.writer", str(path), sync.value, str(life)],
                              cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            told = int(process.stdout.readline())
            time.sleep(chance.uniform(0, 0.05))
            os.kill(process.pid, signal.SIGKILL)
            rest = process.stdout.read()
        if lines := rest.split("\n")[:-1]:
            told = int(lines[-1])
        with opened(path) as journal:
            recovered += journal.recovered
            assert journal.number >= told
    assert held(path) == fills(len(held(path)))
    torn = [shown.fields["bytes"] for shown in show_journal(path) if shown.what == "TORN"]
    assert sum(torn) == recovered
    print(f"{len(held(path))} records, torn: {torn}")


def test_a_record_is_shown_by_the_names_in_the_schema(path):
    with opened(path) as journal:
        journal.append(Booked(BookedKind.BUST, "B1", "F1", 2, 3, Side.SELL, 0, 0, 0, 5))
    _, shown = show_journal(path)
    assert shown.fields == {"kind": "BUST", "exec_id": "B1", "exec_ref_id": "F1", "account": 2, "symbol": 3,
                            "side": "SELL", "shares": 0, "price": 0, "fee": 0, "time_ns": 5}
