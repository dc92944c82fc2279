"""Validation: items 38, 39 and 40 of the session's checklist."""

import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.fix.formats import form, pattern
from host.fix.message import Message
from host.fix.parser import Parser
from host.fix.routing import way_back
from host.fix.validate import Checks, check, forms
from wire.fix.fix42 import FIX42
from wire.fix.fix44 import FIX44
from wire.fix.types import DATA_OF, FieldType

HEADER = "49=A|56=B|34=7|52=20261121-14:30:00.000"
ORDER = "11=x|55=MSFT|54=1|60=20261121-14:30:00.000|38=100|40=2|44=1.5"


def message(code, text):
    pairs = (field.partition("=") for field in text.split("|") if field)
    return Message(code.encode(), [(int(tag), value.encode()) for tag, _, value in pairs])


def fault(text, code="D", dictionary=FIX44, **checks):
    """Return (reason, tag) of what is wrong, or None."""
    found = check(message(code, text), dictionary, Checks(**checks))
    assert found is None or found.text
    return found and (found.reason, found.tag)


def order(more="", header=HEADER, **checks):
    return fault(f"{header}|{ORDER}|{more}", **checks)


def test_a_sound_message_has_no_fault():
    assert order() is None
    assert fault(f"{HEADER}|{ORDER}|21=1", dictionary=FIX42) is None
    assert fault(f"{HEADER}|98=0|108=30|141=Y|384=2|372=D|385=S|372=8|385=R|553=me", code="A") is None


def test_tag_0_and_numbers_that_no_version_has_are_invalid():
    """Item 38, reason 0."""
    assert order("0=x") == (0, 0)
    assert order("957=x") == (0, 957) and order("4999=x") == (0, 4999)
    assert order("957=x", unknown=True) is None and order("0=x", unknown=True) == (0, 0)
    assert order("957=") == (4, 957)


@pytest.mark.parametrize("missing", ["11=x", "54=1", "60=20261121-14:30:00.000", "40=2", "49=A", "34=7",
                                     "52=20261121-14:30:00.000"])
def test_a_required_tag_that_is_missing_is_named(missing):
    """Item 38, reason 1, in header and body."""
    text = "|".join(field for field in f"{HEADER}|{ORDER}".split("|") if field != missing)
    assert fault(text) == (1, int(missing.partition("=")[0]))
    assert fault(f"{HEADER}|{ORDER.replace('55=MSFT|', '')}|21=1", dictionary=FIX42) == (1, 55)


def test_a_required_tag_that_is_missing_in_an_entry_of_a_group():
    """Item 38, reason 1."""
    text = f"{HEADER}|131=q|146=2|55=A|54=1|55=B"
    assert fault(text, code="R") is None
    one = FIX44.messages[b"R"].members
    group = next(member for member in one if member.tag == 146)
    needed = replace(group, group=tuple(replace(part, required=part.tag in (54, 55)) for part in group.group))
    layout = replace(FIX44.messages[b"R"], members=tuple(needed if part is group else part for part in one))
    strict = replace(FIX44, messages={b"R": layout})
    assert fault(text, code="R", dictionary=strict) == (1, 54)


def test_a_tag_of_other_messages_is_not_of_this_one():
    """Item 38, reason 2; also for a field that none of our messages has."""
    assert order("150=0") == (2, 150)
    assert order("271=100") == (2, 271)
    assert order("150=0", unknown=True) is None


def test_a_user_defined_tag_is_tolerated_or_undefined():
    """Item 38, reason 3."""
    assert order("5001=x|10000=y") is None
    assert order("5001=x", user=False) == (3, 5001)
    assert order("5001=") == (4, 5001)
    assert fault(f"{HEADER}|{ORDER}|453=2|448=a|9999=u|447=D|448=b") is None


@pytest.mark.parametrize("tag", [34, 49, 58, 55, 44])
def test_a_tag_without_a_value(tag):
    """Item 38, reason 4."""
    text = "|".join(f"{tag}=" if field.startswith(f"{tag}=") else field
                    for field in f"{HEADER}|{ORDER}|58=x".split("|"))
    assert fault(text) == (4, tag)


def test_a_value_that_is_not_of_the_list():
    """Item 38, reason 5."""
    assert order("59=9") == (5, 59)
    assert order("18=1 G x") == (5, 18) and order("18=1 G") is None
    assert order("59=9", values=False) is None


@pytest.mark.parametrize("text", ["99=1,5", "99=1e3", "99=.", "432=20260230", "126=20260101-25:00:00.000", "114=yes",
                                  "15=DOLLAR", "529=1  2", "203=1.5", "453=two", "453=-1", "59=00", "77=OO"])
def test_a_value_of_the_wrong_form(text):
    """Item 38, reason 6."""
    assert order(text) == (6, int(text.partition("=")[0]))


def test_a_tag_that_appears_more_than_once():
    """Item 38, reason 13."""
    assert order("58=a|58=a") == (13, 58)
    assert order("34=8") == (13, 34)
    assert order("453=1|448=a|447=D|447=D") == (13, 447)


def test_a_header_field_behind_the_body_is_out_of_order():
    """Items 38, reason 14, and 39."""
    assert order("43=N") == (14, 43)
    assert order("43=N", order=False) is None
    assert order("89=x") == (14, 89)
    assert order("93=1|89=x|58=y") == (14, 58)
    assert order("93=1|89=x") is None
    assert order("355=x") == (14, 355)


def test_header_and_body_fields_may_come_in_any_order_among_themselves():
    """Item 39."""
    assert fault("|".join([*reversed(HEADER.split("|")), *reversed(ORDER.split("|"))])) is None


def test_a_group_whose_delimiter_is_not_first_or_whose_fields_are_out_of_order():
    """Item 38, reason 15."""
    assert order("453=1|447=D|448=a") == (15, 447)
    assert order("453=1|448=a|452=1|447=D") == (15, 447)
    assert order("453=1|448=a|523=x") == (15, 523)
    assert order("453=1|448=a|802=1|803=1|523=x") == (15, 803)
    assert order("453=2|448=a|452=1|448=b|452=3") is None


def test_a_group_with_another_number_of_entries():
    """Item 38, reason 16."""
    assert order("453=1|448=a|448=b") == (16, 453)
    assert order("453=3|448=a|448=b") == (16, 453)
    assert order("453=2") == (16, 453)
    assert order("453=0") is None and order("453=02|448=a|448=b") is None
    assert order("453=1|448=a|802=2|523=x|453=1") == (16, 802)
    assert order(f"453={'9' * 5000}|448=a") == (16, 453)


def test_nested_groups():
    """Item 38."""
    assert order("453=2|448=a|802=2|523=x|803=1|523=y|448=b|447=D|802=1|523=z|58=t") is None
    assert fault(HEADER.replace("34=7", "34=7|627=2|628=h|629=20261121-14:30:00|628=i") + "|" + ORDER) is None


def test_a_message_of_very_many_fields():
    parties = "|".join(f"448={number}" for number in range(500))
    assert order(f"453=500|{parties}") is None and order(f"453=501|{parties}") == (16, 453)
    assert order("|".join(f"{tag}=x" for tag in range(6000, 6500))) is None


def test_what_is_wrong_with_a_message_is_told_again_for_the_next_with_the_same_tags():
    for value, found in (("1", None), ("9", (5, 59)), ("", (4, 59)), ("00", (6, 59)), ("0", None)):
        assert order(f"59={value}") == found
    for value, found in (("x", (2, 150)), ("", (4, 150)), ("0", (2, 150))):
        assert order(f"150={value}") == found


def test_a_group_member_without_its_group_is_not_of_the_message():
    assert order("448=a") == (2, 448)


def test_a_type_that_no_version_has_is_rejected_and_one_that_we_do_not_speak_is_unsupported():
    """Item 40."""
    assert check(message("zz", HEADER), FIX44).reason == 11
    assert fault(HEADER, code="zz") == (11, 35) and fault(HEADER, code="") == (4, 35)
    for code in ("AE", "V", "U1", "U"):
        found = check(message(code, HEADER), FIX44)
        assert (found.reason, found.tag, found.business) == (3, None, True)
    assert not check(message("AE", HEADER), FIX42).business


def test_an_answer_goes_back_the_way_the_message_came():
    """Item 39."""
    came = message("D", f"{HEADER}|115=a|116=b|144=c|128=d|129=e|145=f|{ORDER}")
    assert way_back(came) == [(115, b"d"), (116, b"e"), (128, b"a"), (129, b"b"), (144, b"f"), (145, b"c")]
    assert way_back(message("D", HEADER)) == []


@pytest.mark.parametrize("kind, good, bad", [
    ("INT", "0 -5 007", "1.5 +1 x 1_0 ٣"), ("FLOAT", "1 -1.5 .5 5. 0023.230", "1e5 . - 1,000 nan inf"),
    ("QTY", "100 1.5", "x"), ("LENGTH", "0 12", "-1"), ("SEQNUM", "1", "-1 1.0"), ("CHAR", "a 1", "ab"),
    ("BOOLEAN", "Y N", "y 1 YN"), ("CURRENCY", "USD GBp", "US DOLLAR"), ("COUNTRY", "US", "USA us"),
    ("UTCTIMESTAMP", "20260101-00:00:00 20260101-23:59:60.123456789", "20260101 20260101-00:00:00.1 20260001-00:00:00"),
    ("UTCTIMEONLY", "00:00:00 23:59:59.999", "24:00:00 1:00:00"), ("LOCALMKTDATE", "20240229", "20230229 2024"),
    ("UTCDATEONLY", "20240229", "20240230"), ("MONTHYEAR", "202601 20260131 202601w5", "2026 202613 202601w6 20260132"),
    ("DAYOFMONTH", "1 01 31", "0 32"), ("TZTIMEONLY", "07:39Z 07:39:01.5-05 07:39+05:30", "7:39"),
    ("TZTIMESTAMP", "20060901-07:39Z", "20060231-07:39Z 07:39Z"), ("LANGUAGE", "en", "eng"),
    ("MULTIPLECHARVALUE", "a a|b", "ab a||b"), ("MULTIPLEVALUESTRING", "ab|c", "|ab"), ("TAGNUM", "35", "0 035"),
])
def test_forms_of_types(kind, good, bad):
    """Item 38, reason 6."""
    test = form(FieldType[kind])
    assert all(test(value.replace("|", " ").encode()) for value in good.split())
    assert not any(test(value.replace("|", " ").encode()) for value in bad.split())
    fits = re.compile(pattern(FieldType[kind])).fullmatch
    assert all(fits(value.replace("|", " ").encode()) for value in good.split())
    assert not any(fits(value.replace("|", " ").encode()) for value in bad.split())


def test_the_pattern_of_days_has_all_that_there_are_but_one_in_400_years():
    fits = re.compile(pattern(FieldType.UTCDATEONLY)).fullmatch
    for year in (1, 1900, 2000, 2023, 2024, 2100, 9999):
        for number in range(10_000):
            month, day = divmod(number, 100)
            try:
                real = bool(date(year, month, day)) and (year, month, day) != (2000, 2, 29)
            except ValueError:
                real = False
            assert bool(fits(b"%04d%04d" % (year, number))) == real
    assert not fits(b"00000101")


#: Of a field's own values, of its type, of others, and what is none.
ODD = (b"1", b"0", b"10", b"-1", b"1.5", b"Y", b"A", b"F", b"AA", b"A B", b"20261121", b"20000229-10:00:00",
       b"20240229-10:00:00.123", b"20261131-10:00:00", b"1 2", b" ", b"=", b"\xff", b"02", b"")


@given(st.data())
def test_what_is_checked_as_it_is_parsed_is_right_and_what_is_right_and_not_odd_is_checked(data):
    dictionary = data.draw(st.sampled_from([FIX42, FIX44]))
    code = data.draw(st.sampled_from(sorted(dictionary.messages)))
    checks = data.draw(st.builds(Checks, user=st.booleans(), unknown=st.booleans(), order=st.booleans(),
                                 values=st.booleans()))
    members = [member for member in (*dictionary.header, *dictionary.messages[code].members)
               if member.tag not in (8, 9, 35)]
    some = [member for member in members if member.required or data.draw(st.integers(0, 9)) == 0]
    tags = [member.tag for member in some] + [part.tag for member in some for part in member.group[:1]]
    tags = data.draw(st.sampled_from([tags, tags[::-1], [*tags, 9001], [*tags, 11]]))
    parser = Parser(forms=forms(dictionary, checks))
    for _ in range(4):
        fields = [(tag, data.draw(st.sampled_from((*list(dictionary.fields[tag].values)[:20], *ODD))
                                  if tag in dictionary.fields else st.sampled_from(ODD))) for tag in tags]
        found = check(Message(code, fields), dictionary, checks)
        for _ in range(3):
            parsed, = parser.feed(framed(code, fields))
            assert isinstance(parsed, Message) and parsed.fields == fields
            assert [parsed.get(tag) for tag in tags] == [Message(code, fields).get(tag) for tag in tags]
            assert not parsed.checked or found is None
        lengths = any(tag in DATA_OF for tag in tags)
        assert parsed.checked or found is not None or lengths or b"20000229-10:00:00" in dict(fields).values() or any(
            value == b"02" and dictionary.fields[tag].type is FieldType.NUMINGROUP for tag, value in fields
            if tag in dictionary.fields)


def framed(code, fields):
    body = b"35=%b\x01" % code + b"".join(b"%d=%b\x01" % pair for pair in fields)
    whole = b"8=FIX.4.4\x019=%d\x01%b" % (len(body), body)
    return whole + b"10=%03d\x01" % (sum(whole) % 256)


def test_every_type_has_a_form_and_text_takes_everything():
    for kind in FieldType:
        assert form(kind) is None or not form(kind)(b"")
    assert form(FieldType.STRING) is form(FieldType.DATA) is None
