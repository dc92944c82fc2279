"""Every input of the order manager, and every booking, goes through the journal unchanged."""

from dataclasses import fields
from enum import Enum
from typing import get_args, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host.journal.codec import Codec, Reader
from host.oms.inputs import Input
from host.positions.booked import Booked

TYPES = (*get_args(Input), Booked)
CODEC = Codec(TYPES)
READER = Reader(CODEC.schema, CODEC)
PLAIN = {int: st.integers(-(1 << 63), (1 << 64) - 1), bool: st.booleans(), str: st.text(max_size=9),
         bytes: st.binary(max_size=9)}


def values(kind):
    return st.sampled_from(kind) if issubclass(kind, Enum) else PLAIN[kind]


@pytest.mark.parametrize("made", get_args(Input), ids=lambda made: made.__name__)
@given(data=st.data())
@settings(max_examples=20, deadline=None, print_blob=True)
def test_an_input_is_read_as_it_was_written(made, data):
    hints = get_type_hints(made)
    record = made(**{field.name: data.draw(values(hints[field.name])) for field in fields(made)})
    assert READER.decode(CODEC.encode(record)) == record
