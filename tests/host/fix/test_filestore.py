"""The store in a file: what it holds after it was opened again, torn, damaged, or by two at a time."""

import errno
import os
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host.fix.filestore import FileStore
from host.fix.log import SESSION_LOG, Kind
from host.fix.store import MemoryStore, StoreError
from host.journal import disk
from host.journal.disk import Sync
from host.journal.log import HEAD, MOST_BYTES, SECTOR, LogError

NOW = 1_790_000_000_000_000_000


def opened(path, **more):
    return FileStore(path, clock=lambda: NOW, **more)


def state(store):
    return store.next_out, store.next_in, store.created, list(store.stored(0, 1 << 40))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "log"


@pytest.fixture
def filled(path):
    """A log with three messages; the places of its records."""
    with opened(path) as store:
        for seq in (1, 2, 3):
            store.sent(seq, b"message %d" % seq)
            store.taken(seq + 1)
    return [record.place for record in SESSION_LOG.read(path)]


@pytest.mark.parametrize("sync", Sync)
def test_all_is_there_when_it_is_opened_again(path, sync):
    with opened(path, sync=sync) as store:
        store.sent(1, b"one")
        store.skip(4)
        store.sent(4, b"four")
        store.taken(12)
        before = state(store)
    with opened(path, sync=sync) as store:
        assert state(store) == before == (5, 12, NOW, [(1, b"one"), (4, b"four")])
        assert store.recovered == 0


def test_a_reset_holds_when_it_is_opened_again(path, filled):
    with opened(path) as store:
        store.reset(NOW + 5)
        store.sent(1, b"new")
    with opened(path) as store:
        assert state(store) == (2, 1, NOW + 5, [(1, b"new")])


def test_a_large_log_is_put_aside_at_a_reset(path):
    with opened(path, rotate=1000) as store:
        for seq in range(1, 20):
            store.sent(seq, bytes(100))
        size = path.stat().st_size
        store.reset(NOW + 7)
        store.sent(1, b"new")
        assert state(store) == (2, 1, NOW + 7, [(1, b"new")])
    aside = path.with_name(f"log.{NOW}")
    assert aside.stat().st_size == size > 1000 > path.stat().st_size
    assert sum(record.kind == Kind.OUT for record in SESSION_LOG.read(aside)) == 19
    with opened(path) as store:
        assert state(store) == (2, 1, NOW + 7, [(1, b"new")])


def test_logs_put_aside_do_not_overwrite_each_other(path):
    with opened(path, rotate=0) as store:
        for text in (b"a", b"b", b"c"):
            store.sent(1, text)
            store.reset(NOW)
    names = [f"log.{NOW}", f"log.{NOW}.2", f"log.{NOW}.3"]
    held = [[record.body for record in SESSION_LOG.read(path.with_name(name)) if record.kind == Kind.OUT]
            for name in names]
    assert held == [[b"a"], [b"b"], [b"c"]]


def test_the_death_of_a_process_while_it_puts_a_log_aside_changes_nothing(path, monkeypatch):
    """Its name is given, but the new log is not in its place yet."""
    def die(*_):
        raise KeyboardInterrupt

    with opened(path, rotate=0) as store:
        store.sent(1, b"one")
        with monkeypatch.context() as patched:
            patched.setattr(os, "replace", die)
            with pytest.raises(KeyboardInterrupt):
                store.reset(NOW + 1)
    with opened(path, rotate=0) as store:
        assert state(store)[0] == 2
        store.reset(NOW + 2)
    assert sorted(file.name for file in path.parent.iterdir()) == ["log", f"log.{NOW}", "log.lock"]


def test_what_was_heard_and_repeated_is_in_the_log_before_the_record_that_follows(path):
    with opened(path) as store:
        store.heard(b"8=FI")
        store.heard(b"X")
        store.taken(2)
        store.repeated(b"again")
        store.sent(1, b"one")
        store.heard(b"end")
    kinds = [(record.kind.name, record.body) for record in SESSION_LOG.read(path)]
    assert kinds == [("RESET", b""), ("IN", b"8=FI"), ("IN", b"X"), ("TAKEN", b""), ("REPEAT", b"again"),
                     ("OUT", b"one"), ("IN", b"end")]


def test_what_was_heard_does_not_pile_up_in_memory(path):
    with opened(path) as store:
        size = path.stat().st_size
        for _ in range(100):
            store.heard(bytes(1000))
        assert path.stat().st_size - size > 60_000


@pytest.mark.parametrize("sync", Sync)
def test_every_piece_of_a_last_record_is_a_torn_end(path, sync, filled):
    """Item 41: cut at every byte: all before the last record is held, and the file says that something was removed."""
    whole = path.read_bytes()
    last = filled[-1]
    for cut in range(last + 1, len(whole)):
        path.write_bytes(whole[:cut])
        with opened(path, sync=sync) as store:
            assert store.recovered == cut - last
            assert (store.next_out, store.next_in) == (4, 3)
        *_, torn = SESSION_LOG.read(path)
        assert (torn.kind, torn.number) == (Kind.TORN, cut - last)


def test_a_message_whose_record_was_torn_was_never_sent(path):
    with opened(path) as store:
        store.sent(1, b"one")
    path.write_bytes(path.read_bytes()[:-1])
    with opened(path) as store:
        assert state(store)[0] == 1
        store.sent(1, b"other")


def test_a_first_record_that_is_torn_leaves_a_new_log(path):
    opened(path).close()
    path.write_bytes(path.read_bytes()[:11])
    with opened(path) as store:
        assert store.recovered == 11
        assert state(store) == (1, 1, NOW, [])


def test_zeros_that_the_death_of_the_machine_left_at_the_end_are_a_torn_end(path, filled):
    whole = path.read_bytes()
    path.write_bytes(whole + bytes(5000))
    with opened(path) as store:
        assert (store.recovered, store.next_out) == (5000, 4)
    with opened(path) as store:
        store.sent(4, b"x" * 2 * SECTOR)
    whole = path.read_bytes()
    edge = len(whole) - len(whole) % SECTOR
    path.write_bytes(whole[:edge] + bytes(len(whole) - edge))
    with opened(path) as store:
        assert (store.next_out, store.next_in) == (4, 4)


def test_a_flipped_bit_anywhere_before_the_last_record_is_refused_with_file_and_place(path, filled):
    whole = path.read_bytes()
    for place in range(filled[-1]):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1:])
        before = path.read_bytes()
        with pytest.raises(StoreError) as caught:
            opened(path)
        record = max(start for start in filled if start <= place)
        assert str(path) in str(caught.value)
        assert f"damaged at byte {record}:" in str(caught.value) or "is no log" in str(caught.value)
        assert path.read_bytes() == before


def test_a_flipped_bit_in_the_last_message_is_damage_and_no_torn_end(path):
    """It was sent: its number must not be given to another."""
    with opened(path) as store:
        store.sent(1, b"one")
    whole = path.read_bytes()
    path.write_bytes(whole[:-2] + b"N" + whole[-1:])
    with pytest.raises(StoreError, match=f"damaged at byte {HEAD.size}: the record there is not what was written"):
        opened(path)


@pytest.mark.parametrize("record, says", [
    (SESSION_LOG.pack(Kind.OUT, 9, NOW, b"nine"), "OUT 9, where 4 comes next"),
    (SESSION_LOG.pack(Kind.TAKEN, 2, NOW), "TAKEN 2, where 4 comes next"),
    (SESSION_LOG.pack(Kind.SKIP, 2, NOW), "SKIP 2, where 4 comes next"),
], ids=["out", "taken", "skip"])
def test_numbers_that_do_not_follow_are_refused(path, filled, record, says):
    end = path.stat().st_size
    path.write_bytes(path.read_bytes() + record)
    with pytest.raises(StoreError, match=f"damaged at byte {end}: {says}"):
        opened(path)


def test_a_record_of_a_kind_that_is_not_known_is_refused(path, filled):
    path.write_bytes(path.read_bytes() + SESSION_LOG.pack(99, 1, NOW))
    with pytest.raises(StoreError, match="a record of kind 99, which this version does not know"):
        opened(path)


def test_another_file_is_refused_and_left_alone(path):
    path.write_bytes(b"[session]\nsender = 'A'\n")
    with pytest.raises(StoreError, match="log: is no log of a FIX session"):
        opened(path)
    assert path.read_bytes() == b"[session]\nsender = 'A'\n"


def test_a_log_of_another_session_is_refused(path):
    opened(path, session="FIX.4.4:A->B").close()
    opened(path, session="FIX.4.4:A->B").close()
    with pytest.raises(StoreError, match="log: belongs to the session FIX.4.4:A->B, not to FIX.4.2:C->D"):
        opened(path, session="FIX.4.2:C->D")


def test_a_second_opener_is_told_who_has_it(path):
    with opened(path):
        with pytest.raises(StoreError, match=f"log: is in use by process {os.getpid()}"):
            opened(path)
    opened(path).close()


def test_another_process_is_kept_out_and_let_in_when_the_first_died(path):
    program = ("import sys; from pathlib import Path; from host.fix.filestore import FileStore\n"
               "store = FileStore(Path(sys.argv[1])); store.sent(1, b'one'); print('open', flush=True); input()")
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", program, path], **pipes) as child:
        try:
            assert child.stdout.readline() == b"open\n"
            with pytest.raises(StoreError, match=f"in use by process {child.pid}"):
                opened(path)
        finally:
            child.kill()
    with opened(path) as store:
        assert store.next_out == 2


def test_a_full_disk_leaves_nothing_of_the_message(path, monkeypatch):
    def full(file, data, place):
        real(file, data[:7], place)
        raise OSError(errno.ENOSPC, "No space left on device")

    real = os.pwrite
    with opened(path) as store:
        store.sent(1, b"one")
        with monkeypatch.context() as patched:
            patched.setattr(os, "pwrite", full)
            with pytest.raises(OSError, match="No space left on device") as caught:
                store.sent(2, b"two")
        assert caught.value.filename == str(path)
        assert state(store)[0] == 2
        store.sent(2, b"other")
    with opened(path) as store:
        assert state(store)[3] == [(1, b"one"), (2, b"other")]


def test_a_disk_that_fails_ends_the_store(path, monkeypatch):
    def fail(_file):
        raise OSError(errno.EIO, "Input/output error")

    with opened(path, sync=Sync.ALWAYS) as store:
        with monkeypatch.context() as patched:
            patched.setattr(os, "fdatasync", fail)
            with pytest.raises(OSError, match="Input/output error"):
                store.sent(1, b"one")
        with pytest.raises(StoreError, match="must be opened anew"):
            store.sent(1, b"one")


@pytest.mark.parametrize("sync, synced", [(Sync.ALWAYS, [1, 2, 3]), (Sync.INTERVAL, [0, 0, 1]), (Sync.NEVER, [0] * 3)])
def test_the_disk_is_asked_as_often_as_was_said(path, monkeypatch, sync, synced):
    seconds, asked, counts = [100.0], [], []
    monkeypatch.setattr(disk.time, "monotonic", lambda: seconds[0])
    monkeypatch.setattr(disk.os, "fdatasync", asked.append)
    with opened(path, sync=sync, interval=0.5) as store:
        asked.clear()
        for seq, at in ((1, 100.1), (2, 100.4), (3, 100.6)):
            seconds[0] = at
            store.sent(seq, b"")
            counts.append(len(asked))
    assert counts == synced


def test_a_message_that_is_too_long_is_refused_and_leaves_nothing(path):
    with opened(path) as store:
        with pytest.raises(ValueError, match="longer than"):
            store.sent(1, bytes(MOST_BYTES + 1))
        assert state(store)[0] == 1


@pytest.mark.parametrize("rotate", [0, 1 << 20])
def test_a_reset_that_is_owed_is_remembered_by_the_next_process(path, rotate):
    with opened(path, rotate=rotate) as store:
        store.reset(NOW, owed=True)
        store.sent(1, b"one")
    with opened(path) as store:
        assert store.reset_owed and store.next_out == 2
        store.granted()
    with opened(path) as store:
        assert not store.reset_owed and store.next_out == 2


@pytest.mark.parametrize("kind, number", [(Kind.OUT, 3), (Kind.REPEAT, 2)])
def test_a_record_in_the_place_of_a_message_that_is_another_is_not_sent(path, filled, kind, number):
    with opened(path) as store:
        place, (_, raw) = filled[3], list(store.stored(2, 2))[0]
        with path.open("r+b") as file:
            file.seek(place)
            file.write(SESSION_LOG.pack(kind, number, NOW, raw))
        assert list(store.stored(1, 1)) and list(store.stored(3, 3))
        with pytest.raises(StoreError, match=f"damaged at byte {place}: message 2 was there"):
            list(store.stored(1, 3))


def test_a_message_that_went_bad_on_the_disk_is_not_sent_again(path, filled):
    with opened(path) as store:
        place = filled[3] + HEAD.size
        with path.open("r+b") as file:
            file.seek(place)
            file.write(b"M")
        with pytest.raises(StoreError, match=f"damaged at byte {filled[3]}: message 2 was there"):
            list(store.stored(1, 3))


def test_a_log_is_private(path):
    opened(path).close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_reader_sees_a_log_that_is_being_written(path):
    with opened(path) as store:
        store.sent(1, b"one")
        assert [record.kind for record in SESSION_LOG.read(path)] == [Kind.RESET, Kind.OUT]
    path.write_bytes(path.read_bytes()[:HEAD.size + 8])
    assert [record.kind for record in SESSION_LOG.read(path)] == [Kind.RESET]


def test_a_reader_is_told_of_damage(path, filled):
    raw = bytearray(path.read_bytes())
    raw[HEAD.size + 8] ^= 1
    path.write_bytes(raw)
    with pytest.raises(LogError, match=f"damaged at byte {HEAD.size}"):
        list(SESSION_LOG.read(path))


calls = st.lists(st.one_of(
    st.tuples(st.just("sent"), st.binary(max_size=40)), st.tuples(st.just("skip"), st.integers(0, 5)),
    st.tuples(st.just("taken"), st.integers(0, 5)), st.tuples(st.just("reset"), st.integers(1, 1 << 62)),
    st.tuples(st.just("heard"), st.binary(max_size=9)), st.tuples(st.just("reopen"), st.none())), max_size=30)


@pytest.mark.parametrize("sync, syncs", [(Sync.ALWAYS, 1), (Sync.NEVER, 0)])
def test_a_group_is_written_by_one_call_and_synced_once(path, monkeypatch, sync, syncs):
    """Item 41: a group is not written before commit, and all of it by then."""
    with opened(path, sync=sync) as store:
        store.grouped = True
        writes, synced, real = [], [], os.pwrite
        monkeypatch.setattr(os, "pwrite", lambda *args: writes.append(1) or real(*args))
        monkeypatch.setattr(os, "fdatasync", synced.append)
        for seq in range(1, 6):
            store.heard(b"bytes")
            store.taken(seq + 1)
            store.sent(seq, b"message")
        assert not writes and store.owed
        store.commit()
        store.commit()
        assert (len(writes), len(synced), store.owed) == (1, syncs, False)
        assert len(list(store.stored(1, 5))) == 5
        monkeypatch.undo()
    with opened(path) as store:
        assert (store.next_out, store.next_in) == (6, 6)


def test_a_message_of_a_group_can_be_read_before_commit(path):
    with opened(path) as store:
        store.grouped = True
        store.sent(1, b"one")
        assert list(store.stored(1, 1)) == [(1, b"one")] and store.owed


def test_a_group_that_could_not_be_written_ends_the_store(path, monkeypatch):
    """Item 42: its numbers are used by nothing that left the process, and by no other message of this one."""
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with opened(path) as store:
        store.grouped = True
        store.sent(1, b"one")
        with monkeypatch.context() as patched:
            patched.setattr(os, "pwrite", full)
            with pytest.raises(OSError, match="No space left on device"):
                store.commit()
        with pytest.raises(StoreError, match="a group could not be written"):
            store.sent(2, b"two")
    with opened(path) as store:
        assert store.next_out == 1


@given(calls=calls, rotate=st.sampled_from((0, 200, 1 << 24)), grouped=st.booleans())
@settings(max_examples=100, deadline=None, print_blob=True)
def test_whatever_is_done_it_is_as_the_store_in_memory(tmp_path_factory, calls, rotate, grouped):
    path = tmp_path_factory.mktemp("store") / "log"
    model, store = MemoryStore(NOW), opened(path, sync=Sync.NEVER, rotate=rotate)
    store.grouped = grouped
    try:
        for call, value in calls:
            match call:
                case "sent":
                    for each in (model, store):
                        each.sent(each.next_out, value)
                case "skip":
                    for each in (model, store):
                        each.skip(each.next_out + value)
                case "taken":
                    for each in (model, store):
                        each.taken(each.next_in + value)
                case "reset":
                    for each in (model, store):
                        each.reset(value)
                case "heard":
                    store.heard(value)
                case "reopen":
                    store.commit()
                    store.close()
                    store = opened(path, sync=Sync.NEVER, rotate=rotate)
                    store.grouped = grouped
            assert state(store) == state(model)
    finally:
        store.close()
