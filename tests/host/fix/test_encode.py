"""The encoder, with simplefix as the reference codec."""

from functools import cache

import pytest
import simplefix
from hypothesis import given
from hypothesis import strategies as st

from host.fix.encode import EncodeError, encode
from host.fix.message import Message
from host.fix.parser import Parser
from wire.fix.fix42 import FIX42
from wire.fix.fix44 import FIX44
from wire.fix.types import DATA_OF, FieldType

HEADER = [(34, b"7"), (49, b"A"), (52, b"20261121-14:30:00.000"), (56, b"B")]


@cache
def members(dictionary, code, groups=False):
    """Return the tags of a message, without groups, data and what the encoder writes itself."""
    found = [member for part in (dictionary.header, dictionary.messages[code].members) for member in part]
    data = {tag for tag, field in dictionary.fields.items() if field.type in (FieldType.DATA, FieldType.LENGTH)}
    return [member for member in found
            if bool(member.group) == groups and member.tag not in data | {8, 9, 10, 35}]


@st.composite
def entries(draw, member):
    """Draw a group: its count, and entries that begin with the delimiter and have some of the other members."""
    count = draw(st.integers(0, 3))
    fields = [(member.tag, b"%d" % count)]
    for _ in range(count):
        for part in member.group:
            if part is member.group[0] or draw(st.booleans()):
                if part.tag not in DATA_OF and part.tag not in DATA_OF.values():
                    fields += draw(entries(part)) if part.group else [(part.tag, draw(VALUES))]
    return fields


VALUES = st.binary(min_size=1, max_size=12).filter(lambda value: b"\x01" not in value)


@st.composite
def plain(draw):
    """Draw (dictionary, message) with fields in any order, no groups."""
    dictionary = draw(st.sampled_from([FIX42, FIX44]))
    code = draw(st.sampled_from(sorted(dictionary.messages)))
    some = draw(st.lists(st.sampled_from(members(dictionary, code)), unique=True, max_size=30))
    return dictionary, Message(code, [(member.tag, draw(VALUES)) for member in some])


def reference(dictionary, message):
    """Return simplefix's bytes of ``message``, its fields given in the order of the wire."""
    made = simplefix.FixMessage()
    made.append_pair(8, dictionary.begin_string)
    made.append_pair(35, message.msg_type)
    header = {member.tag for member in dictionary.header}
    for tag, value in sorted(message.fields, key=lambda pair: (pair[0] not in header, pair[0])):
        made.append_pair(tag, value)
    return made.encode()


@given(plain())
def test_bytes_are_those_of_simplefix(drawn):
    dictionary, message = drawn
    assert encode(dictionary.begin_string, message, dictionary) == reference(dictionary, message)


@given(plain())
def test_fields_are_those_that_simplefix_decodes(drawn):
    dictionary, message = drawn
    raw = encode(dictionary.begin_string, message, dictionary)
    parsed, = Parser().feed(raw)
    parser = simplefix.FixParser()
    parser.append_buffer(raw)
    theirs = [(int(tag), value) for tag, value in parser.get_message().pairs]
    assert [(8, parsed.begin_string), (35, parsed.msg_type)] + parsed.fields == theirs[:1] + theirs[2:-1]
    assert sorted(parsed.fields) == sorted(message.fields)


@st.composite
def grouped(draw):
    """Draw (dictionary, message) with groups in the order of the wire."""
    dictionary = draw(st.sampled_from([FIX42, FIX44]))
    code = draw(st.sampled_from([code for code in sorted(dictionary.messages) if members(dictionary, code, True)]))
    header = {member.tag for member in dictionary.header}
    both = draw(st.lists(st.sampled_from(members(dictionary, code) + members(dictionary, code, True)), unique=True,
                         max_size=20))
    both.sort(key=lambda member: (member.tag not in header, member.tag))
    fields = [pair for member in both
              for pair in (draw(entries(member)) if member.group else [(member.tag, draw(VALUES))])]
    return dictionary, Message(code, fields)


@given(grouped())
def test_what_was_parsed_is_encoded_to_the_same_bytes(drawn):
    dictionary, message = drawn
    raw = encode(dictionary.begin_string, message, dictionary)
    parsed, = Parser().feed(raw)
    assert parsed == message
    assert encode(parsed.begin_string, parsed, dictionary) == raw == parsed.raw


def fields(code, given_fields, dictionary=FIX44):
    parsed, = Parser().feed(encode(b"FIX.4.4", Message(code, given_fields), dictionary))
    return parsed.fields


def test_header_then_body_by_tag_then_trailer():
    given_fields = [(60, b"t"), (89, b"s"), (11, b"c"), (56, b"B"), (34, b"1"), (9999, b"u"), (49, b"A"), (43, b"Y")]
    given_fields = [(93, b"1"), (89, b"s")] + [pair for pair in given_fields if pair[0] != 89]
    assert [tag for tag, _ in fields(b"D", given_fields)] == [34, 43, 49, 56, 11, 60, 9999, 93, 89]


def test_an_entrys_fields_are_put_in_the_dictionarys_order_and_entries_stay():
    given_fields = [(453, b"2"), (448, b"b"), (452, b"1"), (447, b"D"), (448, b"a"), (802, b"1"), (523, b"x"),
                    (452, b"3"), (11, b"c")]
    assert fields(b"D", given_fields) == [(11, b"c"), (453, b"2"), (448, b"b"), (447, b"D"), (452, b"1"), (448, b"a"),
                                          (452, b"3"), (802, b"1"), (523, b"x")]


def test_a_group_in_the_header_stays_together():
    given_fields = [(11, b"c"), (627, b"1"), (628, b"h"), (629, b"t"), (56, b"B")]
    assert fields(b"D", given_fields) == [(56, b"B"), (627, b"1"), (628, b"h"), (629, b"t"), (11, b"c")]


def test_the_body_of_an_unknown_type_keeps_its_order():
    given_fields = [(9002, b"2"), (9003, b"a"), (9001, b"b"), (9003, b"c"), (34, b"1")]
    assert fields(b"U1", given_fields) == [(34, b"1"), (9002, b"2"), (9003, b"a"), (9001, b"b"), (9003, b"c")]


def test_data_stays_behind_its_length_with_all_its_bytes():
    given_fields = [(355, b"z"), (95, b"4"), (96, b"a\x01=b"), (58, b"x")][1:] + [(354, b"1"), (355, b"z")]
    assert fields(b"5", given_fields) == [(58, b"x"), (95, b"4"), (96, b"a\x01=b"), (354, b"1"), (355, b"z")]


@pytest.mark.parametrize("bad, text", [
    ((58, b"a\x01b"), "field 58: SOH"), ((58, b""), "field 58: no value"), ((10, b"123"), "field 10: not to be given"),
    ((8, b"FIX.4.4"), "field 8"), ((0, b"x"), "field 0"), ((-5, b"x"), "field -5"), ((96, b"a\x01"), "field 96: SOH")])
def test_what_cannot_go_on_the_wire_is_refused(bad, text):
    with pytest.raises(EncodeError, match=text):
        encode(b"FIX.4.4", Message(b"B", [*HEADER, bad]), FIX44)


def test_a_length_that_is_not_the_datas_is_refused():
    with pytest.raises(EncodeError, match="field 96: 2 bytes, but 95=3"):
        encode(b"FIX.4.4", Message(b"B", [(95, b"3"), (96, b"ab")]), FIX44)


def test_an_entry_that_does_not_begin_with_the_delimiter_is_refused():
    with pytest.raises(EncodeError, match="entry of group 453 begins with 448"):
        encode(b"FIX.4.4", Message(b"D", [(453, b"1"), (447, b"D"), (448, b"a")]), FIX44)


@pytest.mark.parametrize("code", [b"", b"D\x0158=x"])
def test_a_type_that_cannot_go_on_the_wire_is_refused(code):
    with pytest.raises(EncodeError, match="MsgType"):
        encode(b"FIX.4.4", Message(code, HEADER), FIX44)


def test_percent_signs_stand_for_themselves():
    assert fields(b"%b", [(34, b"%d"), (58, b"100%%")]) == [(34, b"%d"), (58, b"100%%")]


def test_the_same_fields_with_other_values():
    for value in (b"a", b"b=", b"c"):
        assert fields(b"0", [(112, value), (34, b"1")]) == [(34, b"1"), (112, value)]
    with pytest.raises(EncodeError, match="field 112: no value"):
        fields(b"0", [(112, b""), (34, b"1")])
