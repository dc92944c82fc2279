"""BinaryFILE: where the messages lie, and files that end badly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire.binaryfile import join_binaryfile, split_binaryfile
from wire.fields import WireError


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=20), st.booleans())
def test_round_trip(messages, end):
    buffer = join_binaryfile(messages, end=end)
    offsets, lengths = split_binaryfile(buffer)
    assert [buffer[o:o + n] for o, n in zip(offsets.tolist(), lengths.tolist(), strict=True)] == messages


def test_other_buffers():
    buffer = join_binaryfile([b"abc", b"d"])
    for view in (bytearray(buffer), memoryview(buffer)):
        offsets, lengths = split_binaryfile(view)
        assert (offsets.tolist(), lengths.tolist()) == ([2, 7], [3, 1])


@pytest.mark.parametrize("buffer, text", [
    (b"\0", "1 bytes at 0 are no message"),
    (b"\0\1a\0", "1 bytes at 3 are no message"),
    (b"\0\1a\0\0\0\1b", "3 bytes at 5 are no message"),
    (b"\0\3ab", "file of 4 bytes ends inside the message that begins at 2"),
    (b"\0\1a\0\1", "file of 5 bytes ends inside the message that begins at 5"),
])
def test_a_file_that_ends_badly_is_refused(buffer, text):
    with pytest.raises(WireError, match=text):
        split_binaryfile(buffer)


@pytest.mark.parametrize("messages, text", [
    ([b"a", b""], "message 1 must be 1..65535 bytes, not 0"), ([bytes(65_536)], "message 0 must be .* not 65536")])
def test_a_message_without_a_length_is_refused(messages, text):
    with pytest.raises(WireError, match=text):
        join_binaryfile(messages)
