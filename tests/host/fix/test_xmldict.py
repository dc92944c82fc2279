"""Dictionaries from XML files."""

import sys
from pathlib import Path

import pytest

from host.fix.datafields import data_fields, length_fields
from host.fix.encode import encode
from host.fix.message import Message
from host.fix.parser import Parser
from host.fix.validate import check
from host.fix.xmldict import XmlError, load
from wire.fix.dictionary import Member
from wire.fix.fix42 import FIX42
from wire.fix.fix44 import FIX44
from wire.fix.types import DATA_OF, FieldType

VENUE = """<fix type='FIX' major='4' minor='4' servicepack='0'>
 <header>
  <field name='MsgSeqNum' required='Y'/>
 </header>
 <messages>
  <message name='Heartbeat' msgtype='0' msgcat='admin'/>
  <message name='Blob' msgtype='U1' msgcat='app'>
   <component name='Things' required='N'/>
   <field name='BlobLen' required='N'/>
   <field name='Blob' required='N'/>
   <field name='Side' required='Y'/>
  </message>
 </messages>
 <trailer>
  <field name='CheckSum' required='Y'/>
 </trailer>
 <components>
  <component name='Things'>
   <group name='NoThings' required='Y'>
    <field name='Thing' required='Y'/>
   </group>
  </component>
 </components>
 <fields>
  <field number='34' name='MsgSeqNum' type='SEQNUM'/>
  <field number='35' name='MsgType' type='STRING'/>
  <field number='10' name='CheckSum' type='STRING'/>
  <field number='54' name='Side' type='CHAR'>
   <value enum='1' description='BUY'/>
  </field>
  <field number='9000' name='NoThings' type='NUMINGROUP'/>
  <field number='9001' name='Thing' type='STRING'/>
  <field number='9002' name='BlobLen' type='LENGTH'/>
  <field number='9003' name='Blob' type='DATA'/>
 </fields>
</fix>
"""


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "venue.xml"
        path.write_text(text)
        return path

    return write


@pytest.mark.parametrize("ours", [FIX42, FIX44], ids=["4.2", "4.4"])
def test_quickfixs_own_files_say_what_our_tables_say(ours):
    path = Path(sys.prefix, "share", "quickfix", ours.begin_string.decode().replace(".", "") + ".xml")
    if not path.exists():
        pytest.skip(f"no {path.name}: the quickfix wheel is not installed")
    loaded = load(path)
    assert (loaded.begin_string, loaded.header, loaded.trailer) == (ours.begin_string, ours.header, ours.trailer)
    assert loaded.defined == ours.defined
    for code, message in ours.messages.items():
        assert loaded.messages[code] == message
    for tag, field in ours.fields.items():
        assert (loaded.fields[tag].name, loaded.fields[tag].type) == (field.name, field.type)
    assert loaded.fields[35].values.keys() == ours.fields[35].values.keys()


def test_a_venues_dictionary(written):
    made = load(written(VENUE))
    assert made.begin_string == b"FIX.4.4" and made.defined == {34, 35, 10, 54, 9000, 9001, 9002, 9003}
    assert made.messages[b"0"].admin and not made.messages[b"U1"].admin
    assert made.messages[b"U1"].members == (Member(9000, False, (Member(9001, True),)), Member(9002, False),
                                            Member(9003, False), Member(54, True))
    assert made.fields[54].values == {b"1": "BUY"} and made.fields[9003].type == FieldType.DATA
    assert made.fields[35].values == {b"0": "Heartbeat", b"U1": "Blob"}


def test_a_venues_messages_are_encoded_parsed_and_checked_by_its_dictionary(written):
    made = load(written(VENUE))
    assert data_fields(made) == DATA_OF | {9002: 9003} and length_fields(made)[9003] == 9002
    message = Message(b"U1", [(34, b"1"), (54, b"1"), (9000, b"2"), (9001, b"x"), (9001, b"y"), (9002, b"3"),
                              (9003, b"a\x01b")])
    raw = encode(made.begin_string, message, made)
    parsed, = Parser(data=data_fields(made)).feed(raw)
    assert parsed == message and check(parsed, made) is None
    parsed.fields.pop(1)
    assert check(parsed, made).tag == 54


THING = "<field name='Thing' required='Y'/>"
CHECK_SUM = " <trailer>\n  <field name='CheckSum' required='Y'/>\n </trailer>"


@pytest.mark.parametrize("old, new, says", [
    ("</fix>", "", ": no element found"),
    (" major='4'", "", ":1: <fix>: has no major"),
    ("<fields>", "<Fields>", ":35: mismatched tag"),
    ("number='54'", "number='x'", ":28: <field>: Side: 'x' is no tag"),
    ("number='54'", "number='0'", "'0' is no tag"),
    ("number='54'", "number='34'", ":28: <field>: Side (34) is defined twice"),
    ("type='CHAR'", "type='CHAP'", ":28: <field>: Side: unknown type 'CHAP'"),
    (" type='CHAR'", "", "<field>: has no type"),
    ("enum='1' ", "", ":29: <value>: has no enum"),
    ("name='Side' required='Y'", "name='Sid' required='Y'", ":11: <field>: unknown field 'Sid'"),
    ("name='Side' required='Y'", "name='Side' required='maybe'", ":11: <field>: Side: required is 'maybe', not Y or N"),
    ("<component name='Things' r", "<component name='Thing' r", ":8: <component>: unknown component 'Thing'"),
    (THING, "", ":19: <group>: group 'NoThings' is empty"),
    (THING, "<component name='Things'/>", ":20: <component>: component 'Things' contains itself"),
    (THING, "<note name='x'/>", ":20: <note>: is neither field, group nor component"),
    ("msgcat='app'", "msgcat='data'", ":7: <message>: msgcat is 'data', not admin or app"),
    ("msgtype='U1'", "msgtype='0'", ":7: <message>: message type 0 is defined twice"),
    ("<field number='35' name='MsgType' type='STRING'/>", "", ":1: <fix>: has no field MsgType"),
    (CHECK_SUM, "", ":1: <fix>: has no <trailer>"),
    ("<fix type", "<!DOCTYPE fix [<!ENTITY a 'b'>]>\n<fix type", ":1: entities are not allowed"),
    (VENUE, "<fax/>", ":1: <fax>: is not <fix>"),
    (VENUE, "", ":1: no element found"),
    (VENUE, "35=D", ":1: not well-formed")])
def test_what_is_wrong_is_named_with_file_and_line(written, old, new, says):
    assert old in VENUE
    path = written(VENUE.replace(old, new, 1))
    with pytest.raises(XmlError) as caught:
        load(path)
    assert str(caught.value).startswith(str(path)) and says in str(caught.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(XmlError, match="No such file"):
        load(tmp_path / "none.xml")
