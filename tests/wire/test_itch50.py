"""ITCH 5.0: sizes, offsets, round trips, vectorised unpacking."""

import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wire.examples import layout_values
from wire import itch50
from wire.binaryfile import join_binaryfile, split_binaryfile
from wire.fields import WireError

# From the specification, independent of the tables: size, then offset+size of what follows the common 11 bytes.
SPECIFICATION = {
    "S": (12, "11+1"), "R": (39, "11+8 19+1 20+1 21+4 25+1 26+1 27+2 29+1 30+1 31+1 32+1 33+1 34+4 38+1"),
    "H": (25, "11+8 19+1 20+1 21+4"), "Y": (20, "11+8 19+1"), "L": (26, "11+4 15+8 23+1 24+1 25+1"),
    "V": (35, "11+8 19+8 27+8"), "W": (12, "11+1"), "K": (28, "11+8 19+4 23+1 24+4"),
    "J": (35, "11+8 19+4 23+4 27+4 31+4"), "h": (21, "11+8 19+1 20+1"), "A": (36, "11+8 19+1 20+4 24+8 32+4"),
    "F": (40, "11+8 19+1 20+4 24+8 32+4 36+4"), "E": (31, "11+8 19+4 23+8"), "C": (36, "11+8 19+4 23+8 31+1 32+4"),
    "X": (23, "11+8 19+4"), "D": (19, "11+8"), "U": (35, "11+8 19+8 27+4 31+4"),
    "P": (44, "11+8 19+1 20+4 24+8 32+4 36+8"), "Q": (40, "11+8 19+8 27+4 31+8 39+1"), "B": (19, "11+8"),
    "I": (50, "11+8 19+8 27+1 28+8 36+4 40+4 44+4 48+1 49+1"), "N": (20, "11+8 19+1"),
    "O": (48, "11+8 19+1 20+4 24+4 28+4 32+8 40+4 44+4"),
}


def test_there_are_23_messages():
    assert set(itch50.MESSAGES) == set(SPECIFICATION) and len(SPECIFICATION) == 23
    assert itch50.MAX_SIZE == 50
    assert itch50.MAX_PRICE == 0x77359400


@pytest.mark.parametrize("letter", SPECIFICATION)
def test_sizes_and_offsets(letter):
    layout = itch50.MESSAGES[letter]
    size, fields = SPECIFICATION[letter]
    assert layout.size == size == itch50.SIZES[letter] == layout.dtype.itemsize
    assert [f"{f.offset}+{f.size}" for f in layout.fields] == ["0+1", "1+2", "3+2", "5+6", *fields.split()]


@pytest.mark.parametrize("letter", SPECIFICATION)
def test_every_number_has_a_range_and_every_price_a_unit(letter):
    for field in itch50.MESSAGES[letter].fields:
        assert field.doc
        if field.kind != "alpha":
            assert 0 <= field.lo < field.hi < 1 << 8 * field.size
        if field.kind in ("price4", "price8", "time6"):
            assert field.unit


messages = st.sampled_from(list(itch50.MESSAGES)).flatmap(
    lambda letter: st.tuples(st.just(letter), layout_values(itch50.MESSAGES[letter], without=("type",))))


@given(messages)
def test_round_trip(message):
    letter, values = message
    data = itch50.pack(letter, **values)
    assert len(data) == itch50.SIZES[letter]
    assert itch50.unpack(data) == {"type": letter, **values}


@settings(max_examples=40)
@given(st.lists(messages, max_size=12))
def test_vectorised_unpacking_equals_one_by_one(pairs):
    packed = [itch50.pack(letter, **values) for letter, values in pairs]
    buffer = join_binaryfile(packed)
    offsets, lengths = split_binaryfile(buffer)
    groups = itch50.unpack_by_type(buffer, offsets, lengths)
    assert sorted(i for index, _ in groups.values() for i in index) == list(range(len(packed)))
    for letter, (index, rows) in groups.items():
        assert [packed[i] for i in index] == [row.tobytes() for row in rows]
        assert itch50.timestamp_ns(rows).tolist() == [pairs[i][1]["timestamp"] for i in index]
        for name in set(itch50.MESSAGES[letter].names) - {"type", "timestamp"}:
            column = rows[name]
            values = [v.decode().rstrip() for v in column.tolist()] if column.dtype.kind == "S" else column.tolist()
            assert values == [pairs[i][1][name] for i in index]


@pytest.mark.parametrize("letter, change, text", [
    ("Z", {}, "type must be one of SRHYLVWKJhAFECXDUPQBINO, not 'Z'"),
    ("A", {"price": itch50.MAX_PRICE + 1}, "AddOrder: price must be 0..2000000000, not 2000000001"),
    ("A", {"side": "X"}, r"AddOrder: side must be one of \['B', 'S'\], not 'X'"),
    ("A", {"shares": None}, "AddOrder lacks a value for 'shares'"),
    ("A", {"match": 1}, r"AddOrder has no field 'match' \(value 1\)"),
    ("A", {"timestamp": itch50.NS_PER_DAY}, "AddOrder: timestamp must be 0..86399999999999, not 86400000000000"),
])
def test_pack_names_what_is_wrong(letter, change, text):
    good = {"locate": 1, "timestamp": 2, "reference": 3, "side": "B", "shares": 4, "stock": "AAPL", "price": 5}
    with pytest.raises(WireError, match=text):
        itch50.pack(letter, **(good | change))


@pytest.mark.parametrize("data, text", [
    (b"", "not ''"), (b"Z" + bytes(20), "not 'Z'"), (b"D" + bytes(17), "OrderDelete must be 19 bytes, not 18"),
    (b"D" + bytes(19), "OrderDelete must be 19 bytes, not 20")])
def test_unpack_names_what_is_wrong(data, text):
    with pytest.raises(WireError, match=text):
        itch50.unpack(data)


def test_vectorised_unpacking_names_the_message_of_wrong_length():
    buffer = join_binaryfile([b"D" + bytes(18), b"Z", b"D" + bytes(17)])
    offsets, lengths = split_binaryfile(buffer)
    with pytest.raises(WireError, match=r"message 2 \(OrderDelete\) must be 19 bytes, not 18"):
        itch50.unpack_all(buffer, offsets, lengths, "D")
    with pytest.raises(WireError, match="not 'Z'"):
        itch50.unpack_all(buffer, offsets, lengths, "Z")
    assert list(itch50.unpack_by_type(buffer, offsets[:2], lengths[:2])) == ["D"]


def test_vectorised_unpacking_of_nothing():
    empty = np.zeros(0, np.int64)
    index, rows = itch50.unpack_all(b"", empty, empty, "A")
    assert index.size == rows.size == 0 and rows.dtype == itch50.MESSAGES["A"].dtype
    assert itch50.unpack_by_type(b"", empty, empty) == {}


def test_codes_are_unique_and_fit():
    for layout in itch50.MESSAGES.values():
        for field in layout.fields:
            if field.codes is not None:
                values = [member.value for member in field.codes]
                assert len(set(values)) == len(values) and all(len(value) == field.size for value in values)


@pytest.fixture(scope="module")
def aapl(data_dir):
    return (data_dir / "itch50_aapl_20200130" / "locate-13-10k.bin").read_bytes()


def test_real_session_has_the_counts_that_come_with_it(aapl):
    offsets, lengths = split_binaryfile(aapl)
    assert len(offsets) == 10_000
    groups = itch50.unpack_by_type(aapl, offsets, lengths)
    assert {letter: len(index) for letter, (index, _) in groups.items()} == {
        "A": 4758, "D": 4083, "E": 849, "P": 240, "L": 52, "U": 7, "X": 6, "F": 2, "R": 1, "H": 1, "Y": 1}
    assert all((rows["locate"] == 13).all() for _, rows in groups.values())
    stamps = np.zeros(10_000, np.uint64)
    for index, rows in groups.values():
        stamps[index] = itch50.timestamp_ns(rows)
    assert (np.diff(stamps.astype(np.int64)) >= 0).all()
    assert (groups["A"][1]["reference"] % 4 == 1).all()
    assert (groups["P"][1]["reference"] == 0).all() and (groups["P"][1]["side"] == b"B").all()


def test_real_messages_survive_the_round_trip_and_stay_within_their_ranges(aapl):
    offsets, lengths = split_binaryfile(aapl)
    for position in random.Random(1).sample(range(10_000), 2_000):
        data = aapl[offsets[position]:offsets[position] + lengths[position]]
        values = itch50.unpack(data)
        assert itch50.pack(values.pop("type"), **values) == data


def test_artificial_session_of_another_author(data_dir):
    buffer = (data_dir / "ritch_test_itch50" / "ex20101224.TEST_ITCH_50.lenfixed").read_bytes()
    offsets, lengths = split_binaryfile(buffer)
    assert len(offsets) == 12_012
    counts = Counter(chr(buffer[offset]) for offset in offsets)
    groups = itch50.unpack_by_type(buffer, offsets, lengths)
    assert {letter: len(index) for letter, (index, _) in groups.items()} == counts


def test_file_whose_lengths_are_zero_is_refused(data_dir):
    buffer = (data_dir / "ritch_test_itch50" / "ex20101224.TEST_ITCH_50").read_bytes()
    with pytest.raises(WireError, match="at 2 are no message"):
        split_binaryfile(buffer)
