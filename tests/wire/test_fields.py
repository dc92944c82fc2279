"""Layouts: tiling, packing, dtypes, errors that name field and value."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire.fields import Field, Layout, WireError, set_u48, u48


def uint(name, offset, size, **more):
    return Field(**{"name": name, "offset": offset, "size": size, "kind": "uint", "unit": "", "lo": 0,
                    "hi": (1 << 8 * size) - 1, "doc": "", **more})


SAMPLE = Layout("Sample", (
    uint("a", 0, 1), uint("b", 1, 6), uint("c", 7, 2, lo=3, hi=500), uint("d", 9, 8, default=7),
    Field(name="t", offset=17, size=4, kind="alpha", unit="", lo=0, hi=0, doc=""),
), 21, "")


@pytest.mark.parametrize("fields, size, text", [
    ((uint("a", 0, 1), uint("b", 2, 1)), 3, "X.b must be at 1, not 2"),
    ((uint("a", 0, 2), uint("b", 1, 1)), 2, "X.b must be at 2, not 1"),
    ((uint("a", 0, 1),), 2, "X must be 1 bytes, not 2"),
    ((uint("a", 0, 1), uint("a", 1, 1)), 2, "X has a field name twice"),
])
def test_a_layout_that_does_not_tile_is_refused(fields, size, text):
    with pytest.raises(ValueError, match=text):
        Layout("X", fields, size, "")


def test_field_by_name():
    assert (SAMPLE.field("c").offset, SAMPLE.field("c").size, SAMPLE.field("c").end) == (7, 2, 9)
    assert SAMPLE.names == ("a", "b", "c", "d", "t")
    with pytest.raises(KeyError, match="Sample has no field 'z'"):
        SAMPLE.field("z")


def test_pack_is_big_endian_and_padded():
    data = SAMPLE.pack({"a": 1, "b": 0x020304050607, "c": 0x0102, "t": "AB"})
    assert data == bytes([1, 2, 3, 4, 5, 6, 7, 1, 2, 0, 0, 0, 0, 0, 0, 0, 7]) + b"AB  "
    assert SAMPLE.unpack(b"xx" + data, 2) == {"a": 1, "b": 0x020304050607, "c": 0x0102, "d": 7, "t": "AB"}


@pytest.mark.parametrize("change, text", [
    ({"a": 256}, "Sample: a must be 0..255, not 256"),
    ({"a": -1}, "Sample: a must be 0..255, not -1"),
    ({"c": 2}, "Sample: c must be 3..500, not 2"),
    ({"c": 501}, "Sample: c must be 3..500, not 501"),
    ({"a": 1.0}, "Sample: a must be an int, not 1.0"),
    ({"a": True}, "Sample: a must be an int, not True"),
    ({"t": "ABCDE"}, "Sample: t must be at most 4 printable ASCII characters, not 'ABCDE'"),
    ({"t": "\u00fc"}, "Sample: t must be at most 4 printable ASCII characters, not '\u00fc'"),
    ({"t": b"AB"}, "Sample: t must be a str, not b'AB'"),
    ({"z": 5}, r"Sample has no field 'z' \(value 5\)"),
    ({"a": None}, "Sample lacks a value for 'a'"),
])
def test_pack_names_field_and_value(change, text):
    with pytest.raises(WireError, match=text):
        SAMPLE.pack({"a": 1, "b": 2, "c": 3, "t": "", **change})


@pytest.mark.parametrize("offset, text", [(1, "needs 21 bytes at 1, not 20"), (-1, "needs 21 bytes at -1")])
def test_unpack_of_too_few_bytes(offset, text):
    with pytest.raises(WireError, match=text):
        SAMPLE.unpack(bytes(21), offset)


def test_dtype_reads_what_pack_wrote():
    assert SAMPLE.dtype.itemsize == SAMPLE.size
    values = {"a": 9, "b": 0xFEDCBA987654, "c": 499, "d": (1 << 64) - 2, "t": "Q"}
    row = np.frombuffer(SAMPLE.pack(values), SAMPLE.dtype)
    assert (row["a"][0], u48(row, "b")[0], row["c"][0], row["d"][0]) == (9, 0xFEDCBA987654, 499, (1 << 64) - 2)
    assert row["t"][0] == b"Q   "


@given(st.lists(st.integers(0, (1 << 48) - 1), max_size=5))
def test_u48_round_trip(numbers):
    rows = np.zeros(len(numbers), SAMPLE.dtype)
    set_u48(rows, "b", np.array(numbers, np.uint64))
    assert u48(rows, "b").tolist() == numbers
    assert [SAMPLE.unpack(row.tobytes())["b"] for row in rows] == numbers


@pytest.mark.parametrize("bad, text", [(-1, "not -1"), (1 << 48, "not 281474976710656"), (0.5, "must be integers")])
def test_u48_refuses(bad, text):
    with pytest.raises(WireError, match=text):
        set_u48(np.zeros(2, SAMPLE.dtype), "b", [1, bad])
