"""Datagrams of the host, against those made byte by byte."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.device.etherbone import MAX_BYTES, Access, EtherboneError, decode, encode, size
from tests.gateware.hostlink import client

WORDS = st.lists(st.integers(0, 2**32 - 1), max_size=20).map(tuple)


@given(accesses=st.lists(st.builds(Access, st.integers(0, 2**32 - 1), WORDS, WORDS), max_size=5),
       tag=st.integers(0, 2**32 - 1))
def test_encode(accesses: list[Access], tag: int) -> None:
    wanted = client.datagram(*(client.record(
        base=each.base, data=each.data, back=tag, addresses=each.addresses) for each in accesses))
    assert encode(accesses, tag) == wanted and len(wanted) == 8 + sum(map(size, accesses))


@given(values=st.lists(WORDS.filter(len), min_size=1, max_size=4), tag=st.integers(0, 2**32 - 1))
def test_decode(values: list[tuple[int, ...]], tag: int) -> None:
    answer = client.datagram(*(client.writes(tag, *each) for each in values))
    found, words = decode(answer)
    assert found == tag and words.dtype == np.uint32 and words.tolist() == [word for each in values for word in each]


@given(answer=st.binary(max_size=40))
def test_anything_is_an_answer_or_refused(answer: bytes) -> None:
    for datagram in (answer, client.HEADER + answer):
        try:
            decode(datagram)
        except EtherboneError:
            continue
        assert client.values(datagram)


def test_what_does_not_fit() -> None:
    with pytest.raises(ValueError, match="up to 255 words, not 256"):
        Access(0, (0,) * 256)
    whole = [Access(0, (0,) * 255), Access(0, (0,) * 107)]
    assert len(encode(whole, 0)) == MAX_BYTES
    with pytest.raises(ValueError, match="up to 1472 bytes, not 1476"):
        encode([*whole, Access()], 0)
