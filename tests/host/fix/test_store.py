"""What every store does, whatever it keeps its messages in."""

import pytest

from host.fix.filestore import FileStore
from host.fix.store import MemoryStore
from host.journal.disk import Sync


@pytest.fixture(params=["memory", *(sync.value for sync in Sync)])
def store(request, tmp_path):
    in_memory = request.param == "memory"
    made = MemoryStore(now=5) if in_memory else FileStore(tmp_path / "log", sync=Sync(request.param), clock=lambda: 5)
    yield made
    made.close()


def test_a_new_store_starts_with_1_on_both_sides(store):
    assert (store.next_out, store.next_in, store.created) == (1, 1, 5)
    assert list(store.stored(1, 100)) == []


def test_a_message_is_held_under_its_number(store):
    store.sent(1, b"one")
    store.sent(2, b"two")
    assert store.next_out == 3
    assert list(store.stored(1, 2)) == [(1, b"one"), (2, b"two")]
    assert list(store.stored(2, 99)) == [(2, b"two")]
    assert list(store.stored(0, 1)) == [(1, b"one")]
    assert list(store.stored(2, 1)) == []


@pytest.mark.parametrize("seq", [0, 1, 3])
def test_a_number_is_used_once_and_in_order(store, seq):
    store.sent(1, b"one")
    with pytest.raises(ValueError, match=f"message {seq} cannot be sent, the next is 2"):
        store.sent(seq, b"other")
    assert list(store.stored(0, 9)) == [(1, b"one")]


def test_numbers_without_a_message_are_left_out(store):
    store.sent(1, b"one")
    store.skip(5)
    store.skip(5)
    store.sent(5, b"five")
    assert list(store.stored(1, 9)) == [(1, b"one"), (5, b"five")]
    with pytest.raises(ValueError, match="outbound numbers cannot go back from 6 to 5"):
        store.skip(5)


def test_inbound_numbers_go_forward_only(store):
    store.taken(2)
    store.taken(2)
    store.taken(9)
    with pytest.raises(ValueError, match="inbound numbers cannot go back from 9 to 8"):
        store.taken(8)
    assert (store.next_in, store.next_out) == (9, 1)


def test_a_reset_forgets_messages_and_numbers(store):
    store.sent(1, b"one")
    store.taken(7)
    store.reset(77)
    assert (store.next_out, store.next_in, store.created) == (1, 1, 77)
    assert list(store.stored(1, 9)) == []
    store.sent(1, b"new")
    assert list(store.stored(1, 9)) == [(1, b"new")]


def test_a_reset_that_is_owed_is_so_until_it_is_granted_or_another_is_not(store):
    assert not store.reset_owed
    store.reset(77, owed=True)
    store.sent(1, b"one")
    assert store.reset_owed
    store.granted()
    assert not store.reset_owed and store.next_out == 2
    store.reset(78, owed=True)
    store.reset(79)
    assert not store.reset_owed
