"""Records to bytes and back, and schemas of other versions."""

from dataclasses import dataclass, make_dataclass
from enum import Enum, IntEnum, IntFlag, StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.journal.codec import Codec, CodecError, Reader, layouts
from host.positions.booked import Booked


class Colour(IntEnum):
    RED = 1
    BLUE = -7


class Bits(IntFlag):
    LOW = 1
    HIGH = 1 << 31


class Word(StrEnum):
    YES = "y"
    NO = "nein"


class Plain(Enum):
    ONE = 1
    LESS = -5


class Phase(Enum):
    OPEN = "open"
    SHUT = "shut é"


@dataclass(frozen=True, slots=True)
class Every:
    raw: bytes
    number: int
    flag: bool
    colour: Colour
    bits: Bits
    text: str
    word: Word
    plain: Plain
    phase: Phase


@dataclass(frozen=True)
class One:
    number: int


@dataclass(frozen=True)
class Empty:
    pass


REST = Word.NO, Plain.LESS, Phase.SHUT
CODEC = Codec((Every, One, Empty))
WIDE = st.integers(-(1 << 127), (1 << 127) - 1)
EVERY = st.builds(Every, raw=st.binary(max_size=50), number=st.integers(-(1 << 65), 1 << 65), flag=st.booleans(),
                  colour=st.sampled_from(Colour), bits=st.sampled_from([Bits(0), *Bits, Bits.LOW | Bits.HIGH]),
                  text=st.text(max_size=20), word=st.sampled_from(Word),
                  plain=st.sampled_from(Plain), phase=st.sampled_from(Phase))
ANY = EVERY | st.builds(One, WIDE) | st.builds(Empty)


@given(ANY)
def test_what_is_written_is_read_again(record):
    body = CODEC.encode(record)
    again = Reader(CODEC.schema, CODEC).decode(body)
    assert again == record and type(again) is type(record)
    assert all(type(getattr(again, name)) is type(getattr(record, name)) for name in type(record).__dataclass_fields__)
    assert CODEC.encode(again) == body


@given(ANY)
def test_every_piece_of_a_record_is_refused(record):
    body, reader = CODEC.encode(record), Reader(CODEC.schema, CODEC)
    for cut in range(len(body)):
        with pytest.raises(CodecError):
            reader.decode(body[:cut])
    with pytest.raises(CodecError):
        reader.decode(body + b"x")


@pytest.mark.parametrize("number, size", [(0, 11), ((1 << 63) - 1, 11), (-(1 << 63), 11), (1 << 63, 19),
                                          (-(1 << 127), 19)])
def test_only_a_number_beyond_64_bits_takes_more(number, size):
    assert len(CODEC.encode(One(number))) == size


@pytest.mark.parametrize("record, says", [
    (One(1 << 127), "cannot be written"), (One(1.5), "cannot be written"), (One("1"), "cannot be written"),
    (Booked, "type is not among Every, One, Empty"), (3, "int is not among"),
    (Every(b"", 0, False, Colour.RED, Bits(0), "\ud800", *REST), "surrogates not allowed"),
    (Every("text", 0, False, Colour.RED, Bits(0), "", *REST), "cannot be written"),
    (Every(b"", 0, False, Colour.RED, Bits(0), "", Word.NO, Colour.RED, Phase.OPEN), "cannot be written")])
def test_what_cannot_be_written_is_refused(record, says):
    with pytest.raises(CodecError, match=says):
        CODEC.encode(record)


@dataclass
class Thawed:
    number: int


class Odd(Enum):
    HALF = 0.5


@pytest.mark.parametrize("made, says", [
    (Thawed, "Thawed is no frozen dataclass"), (int, "int is no frozen dataclass"),
    (make_dataclass("Half", [("value", float)], frozen=True), "Half.value is of <class 'float'>"),
    (make_dataclass("Odds", [("value", Odd)], frozen=True), "Odds.value is of <enum 'Odd'>"),
    (make_dataclass("Many", [("value", list[int])], frozen=True), "Many.value is of list")])
def test_a_type_that_has_no_bytes_is_refused(made, says):
    with pytest.raises(TypeError, match=says):
        Codec((made,))


def test_two_types_of_one_name_are_refused():
    with pytest.raises(TypeError, match="two types of one name"):
        Codec((One, make_dataclass("One", ["x"], frozen=True)))


def version(*fields):
    return make_dataclass("Version", fields, frozen=True)


def test_a_field_that_came_later_takes_its_default_and_order_does_not_matter():
    old = version(("number", int), ("text", str))
    new = version(("text", str), ("number", int), ("more", int, 7))
    body = Codec((One, old)).encode(old(5, "five"))
    assert Reader(Codec((One, old)).schema, Codec((new, One))).decode(body) == new("five", 5, 7)


@pytest.mark.parametrize("old, new, says", [
    ([("number", int)], [("number", int), ("more", int)], "Version.more came later, and has no default"),
    ([("number", int), ("gone", int)], [("number", int)], "Version has no field gone"),
    ([("number", int)], [("number", str)], "Version.number was int , and is str"),
    ([("number", Colour)], [("number", IntEnum("Colour", {"RED": 1}))], "Version.number was int .*BLUE"),
    ([("number", Colour)], [("number", IntEnum("Colour", {"RED": 1, "BLUE": 2}))], "Version.number was int .*-7")])
def test_what_ours_cannot_follow_is_refused_before_anything_is_read(old, new, says):
    with pytest.raises(CodecError, match=says):
        Reader(Codec((version(*old),)).schema, Codec((version(*new),)))


def test_a_type_that_is_not_known_is_refused_or_passed_over():
    with pytest.raises(CodecError, match="the type Every is not known"):
        Reader(CODEC.schema, Codec((One,)))
    reader = Reader(CODEC.schema, Codec((One,)), only_known=True)
    assert reader.decode(CODEC.encode(Empty())) is None
    assert reader.decode(CODEC.encode(One(3))) == One(3)


def test_a_value_that_the_class_refuses_is_named():
    made = make_dataclass("Word", [("kind", Colour)], frozen=True)
    codec = Codec((made,))
    body = bytearray(codec.encode(made(Colour.RED)))
    body[3] = 9
    with pytest.raises(CodecError, match="Word: 9 is not a valid Colour"):
        Reader(codec.schema, codec).decode(bytes(body))


def test_bytes_are_shown_without_their_classes():
    record = Every(b"\x00A", 1 << 64, True, Colour.BLUE, Bits.LOW | Bits.HIGH, "text", *REST)
    layout = layouts(CODEC.schema)[0]
    assert layout.name == "Every"
    assert layout.shown(CODEC.encode(record)) == {"raw": "\x00A", "number": 1 << 64, "flag": True, "colour": "BLUE",
                                                  "bits": "LOW|HIGH", "text": "text", "word": "NO",
                                                  "plain": "LESS", "phase": "SHUT"}


@pytest.mark.parametrize("schema", [b"", b"{}x", b"[1]", b'[{"name": "A"}]', b'[{"name": "A", "fields": [[1]]}]'])
def test_what_is_no_schema_is_refused(schema):
    with pytest.raises(CodecError, match="no schema"):
        layouts(schema)
