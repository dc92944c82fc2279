"""OUCH 5.0: sizes and offsets as published, real messages, round trips."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wire.examples import layout_values
from wire import ouch50
from wire.fields import WireError

SIZES = {"in": {"C": 19, "D": 11, "E": 11, "M": 10, "O": 47, "Q": 3, "U": 40, "X": 9},
         "out": {"A": 64, "B": 36, "C": 18, "D": 31, "E": 36, "F": 49, "G": 19, "I": 13, "J": 29, "K": 19, "M": 18,
                 "P": 13, "Q": 13, "R": 16, "S": 10, "T": 30, "U": 68, "X": 27}}
OFFSETS = [("in", "O", "price", 18), ("in", "O", "clordid", 31), ("in", "U", "price", 13), ("out", "A", "symbol", 18),
           ("out", "A", "order_reference", 36), ("out", "A", "order_state", 47), ("out", "U", "order_reference", 40),
           ("out", "U", "clordid", 52), ("out", "E", "match", 26), ("out", "F", "clordid", 35),
           ("out", "J", "clordid", 15), ("out", "B", "clordid", 22), ("out", "D", "liquidity", 30),
           ("out", "T", "order_reference", 22), ("in", "C", "symbol", 9), ("out", "X", "symbol", 17),
           ("out", "G", "firm", 13)]
LAYOUTS = {"in": ouch50.INBOUND, "out": ouch50.OUTBOUND}
PACK = {"in": ouch50.pack_inbound, "out": ouch50.pack_outbound}
UNPACK = {"in": ouch50.unpack_inbound, "out": ouch50.unpack_outbound}
ALL = [(way, letter) for way, layouts in LAYOUTS.items() for letter in layouts]

#: A message of a genuine capture.
REAL = bytes.fromhex("4f0000007154000000e1") + b"CVLT    " + bytes.fromhex("0000000000099db830") + b"YANN" \
    + b"H8FUB8IV      " + bytes.fromhex("00060502") + b"LIME"


def test_sizes():
    assert {way: {letter: layout.size for letter, layout in sorted(layouts.items())}
            for way, layouts in LAYOUTS.items()} == SIZES


@pytest.mark.parametrize("way, letter, name, offset", OFFSETS)
def test_offsets(way, letter, name, offset):
    assert LAYOUTS[way][letter].field(name).offset == offset


def test_a_real_order():
    assert len(REAL) == 53
    order = ouch50.unpack_inbound(REAL)
    assert order == {"type": "O", "user_ref": 0x71, "side": "T", "quantity": 225, "symbol": "CVLT", "price": 630_200,
                     "time_in_force": "0", "display": "Y", "capacity": "A", "iso": "N", "cross_type": "N",
                     "clordid": "H8FUB8IV", "appendage_length": 6, "options": {"firm": "LIME"}}
    options = order.pop("options")
    letter = order.pop("type")
    assert ouch50.pack_inbound(letter, options=options, **order) == REAL


def test_a_real_appendage():
    accepted = ouch50.pack_outbound(
        "A", timestamp=1, user_ref=2, side="B", quantity=3, symbol="A", price=4, time_in_force="0", order_reference=5,
        order_state="L", clordid="C", options={"firm": "MLRO", "bbo_weight": "0"})
    assert len(accepted) == 73 and accepted.endswith(bytes.fromhex("0009") + b"\5\2MLRO\2\x120")


def option_values():
    def value(option):
        if option.kind == "alpha":
            return st.text("ABCXYZ019", min_size=option.size, max_size=option.size)
        low = -(1 << 8 * option.size - 1) if option.kind == "int" else 0
        return st.integers(low, (1 << 8 * option.size - (option.kind == "int")) - 1)
    return st.fixed_dictionaries({}, optional={option.name: value(option) for option in ouch50.OPTIONS.values()})


@pytest.mark.parametrize("way, letter", ALL)
@settings(max_examples=25)
@given(draw=st.data())
def test_round_trip(way, letter, draw):
    layout = LAYOUTS[way][letter]
    values = draw.draw(layout_values(layout, without=("type", "appendage_length")))
    has_appendage = "appendage_length" in layout.names
    options = draw.draw(option_values()) if has_appendage else {}
    raw = PACK[way](letter, options=options, **values)
    found = UNPACK[way](raw)
    assert found.pop("options") == options
    if has_appendage:
        assert found.pop("appendage_length") == len(raw) - layout.size
    assert found == {"type": letter, **values}


@given(data=st.binary(max_size=80))
def test_any_bytes_are_a_message_or_a_wire_error(data):
    for unpack in UNPACK.values():
        try:
            unpack(data)
        except WireError:
            pass


def test_unknown_options_are_kept_as_bytes():
    raw = ouch50.pack_inbound("O", user_ref=1, side="B", quantity=1, symbol="A", price=1, time_in_force="0", clordid="")
    raw = raw[:-2] + b"\0\x06" + b"\x03\x63ab" + b"\x01\x02"
    assert ouch50.unpack_inbound(raw)["options"] == {0x63: b"ab", 2: b""}


@pytest.mark.parametrize("appendage", [b"\0", b"\x05\x02LIM", b"\x02"])
def test_a_torn_appendage(appendage):
    raw = ouch50.pack_inbound("O", user_ref=1, side="B", quantity=1, symbol="A", price=1, time_in_force="0", clordid="")
    with pytest.raises(WireError, match="option at 0"):
        ouch50.unpack_inbound(raw[:-2] + len(appendage).to_bytes(2, "big") + appendage)


@pytest.mark.parametrize("options, text", [({"firm": "LIMES"}, "firm"), ({"nothing": 1}, "nothing"),
                                           ({"max_floor": -1}, "max_floor"), ({"max_floor": "x"}, "max_floor")])
def test_options_that_cannot_be(options, text):
    with pytest.raises(WireError, match=text):
        ouch50.pack_inbound("U", original_user_ref=1, user_ref=2, quantity=1, price=1, time_in_force="0", clordid="",
                            options=options)


def test_types_and_lengths_that_cannot_be():
    with pytest.raises(WireError, match="no appendage"):
        ouch50.pack_inbound("X", user_ref=1, quantity=0, options={"firm": "A"})
    with pytest.raises(WireError, match="'Z'"):
        ouch50.pack_inbound("Z")
    with pytest.raises(WireError, match="must be 9 bytes, not 10"):
        ouch50.unpack_inbound(b"X" + bytes(9))


@pytest.mark.parametrize("letter, fields", [("X", {}), ("M", {"side": "S"})])
def test_later_editions_put_an_appendage_behind_any_message(letter, fields):
    raw = ouch50.pack_inbound(letter, user_ref=7, quantity=30, **fields)
    read = ouch50.unpack_inbound(raw)
    assert read["user_ref"] == 7 and read["quantity"] == 30 and read["options"] == {}
    assert ouch50.unpack_inbound(raw + b"\0\0") == read
    assert ouch50.unpack_inbound(raw + b"\0\3\2\x1c\1") == read | {"options": {"user_ref_index": 1}}
    for more in (b"\0", b"\0\1", b"\0\0\0", b"\0\3\5\x1c\1"):
        with pytest.raises(WireError):
            ouch50.unpack_inbound(raw + more)
    canceled = ouch50.pack_outbound("C", timestamp=1, user_ref=7, quantity=30, reason="U")
    assert ouch50.unpack_outbound(canceled + b"\0\3\2\x1c\2")["options"] == {"user_ref_index": 2}
