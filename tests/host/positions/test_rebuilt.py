"""State rebuilt from a journal is the live state, byte for byte, wherever the journal ends."""

from hypothesis import given, settings
from hypothesis import strategies as st

from host.journal.codec import Codec
from host.journal.disk import Sync
from host.journal.journal import Journal
from host.positions.booked import Booked
from host.positions.positions import Positions
from tests.host.positions.bookings import random_bookings

CODEC = Codec((Booked,))


@given(seed=st.integers(0, 1 << 32), count=st.integers(1, 40), torn=st.floats(0, 1))
@settings(max_examples=50, deadline=None, print_blob=True)
def test_rebuilt_state_is_the_live_state_byte_for_byte(tmp_path_factory, seed, count, torn):
    path = tmp_path_factory.mktemp("rebuilt") / "host.journal"
    live, states = Positions(), []
    with Journal(path, CODEC, sync=Sync.NEVER) as journal:
        states.append(live.dump())
        for booked in random_bookings(seed, count):
            journal.append(booked)
            journal.commit()
            live.book(booked)
            states.append(live.dump())
    raw = path.read_bytes()
    path.write_bytes(raw[:int(len(raw) * torn)])
    rebuilt = Positions()
    with Journal(path, CODEC, take=lambda entry: rebuilt.book(entry.record), sync=Sync.NEVER) as journal:
        assert rebuilt.dump() == states[journal.number]
    assert torn < 1 or rebuilt.dump() == live.dump()
