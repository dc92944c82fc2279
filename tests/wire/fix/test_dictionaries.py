"""The dictionaries against the specifications' own tables, as QuickFIX ships them, and against facts picked by hand."""

import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from wire.fix.dictionary import Member
from wire.fix.fix42 import FIX42
from wire.fix.fix44 import FIX44
from wire.fix.notation import compile_dictionary
from wire.fix.tags import Tag
from wire.fix.types import ADMIN, DATA_OF, FieldType, MsgType

BOTH = pytest.mark.parametrize("dictionary", [FIX42, FIX44], ids=["4.2", "4.4"])


class Table:
    """QuickFIX's table of a version."""

    def __init__(self, dictionary):
        name = dictionary.begin_string.decode().replace(".", "")
        path = Path(sys.prefix, "share", "quickfix", f"{name}.xml")
        if not path.exists():
            pytest.skip(f"no {path.name}: the quickfix wheel is not installed")
        self.root = ElementTree.parse(path).getroot()
        self.fields = {field.get("name"): field for field in self.root.find("fields")}
        self.components = {part.get("name"): part for part in self.root.findall("components/component")}

    def members(self, element, required=True):
        found = []
        for part in element:
            needed = required and part.get("required") == "Y"
            if part.tag == "component":
                found += self.members(self.components[part.get("name")], needed)
            else:
                group = self.members(part) if part.tag == "group" else ()
                found.append(Member(int(self.fields[part.get("name")].get("number")), needed, tuple(group)))
        return tuple(found)


def tags(members):
    return {tag for member in members for tag in ({member.tag} | tags(member.group))}


@BOTH
def test_messages_groups_and_required_fields_are_the_specifications(dictionary):
    table = Table(dictionary)
    assert dictionary.header == table.members(table.root.find("header"))
    assert dictionary.trailer == table.members(table.root.find("trailer"))
    layouts = {message.get("msgtype").encode(): message for message in table.root.find("messages")}
    assert dictionary.fields[Tag.MsgType].values.keys() == layouts.keys()
    for code, message in dictionary.messages.items():
        assert message.name == layouts[code].get("name")
        assert message.admin == (layouts[code].get("msgcat") == "admin") == (code in ADMIN)
        assert message.members == table.members(layouts[code]), message.name


@BOTH
def test_fields_types_and_values_are_the_specifications(dictionary):
    table = Table(dictionary)
    assert dictionary.defined == {int(field.get("number")) for field in table.fields.values()}
    for field in dictionary.fields.values():
        element = table.fields[field.name]
        assert (field.tag, field.type.value) == (int(element.get("number")), element.get("type")), field.name
        if field.type != FieldType.BOOLEAN and field.tag != Tag.MsgType:
            values = {value.get("enum").encode() for value in element}
            # QuickFIX has run reason 12 into the text of reason 11.
            extra = {b"12"} if dictionary is FIX44 and field.tag == Tag.OrdRejReason else set()
            assert field.values.keys() == values | extra, field.name


@BOTH
def test_every_field_of_every_message_is_defined_and_no_other(dictionary):
    used = tags(dictionary.header) | tags(dictionary.trailer)
    for message in dictionary.messages.values():
        used |= tags(message.members)
    assert used == dictionary.fields.keys()
    for tag, field in dictionary.fields.items():
        assert field.tag == tag == Tag[field.name]
        assert len(set(field.values.values())) == len(field.values), field.name


@BOTH
def test_a_data_field_follows_its_length(dictionary):
    def look(members):
        for before, member in zip((None, *members), members, strict=False):
            if dictionary.fields[member.tag].type == FieldType.DATA:
                assert DATA_OF[before.tag] == member.tag
            look(member.group)

    for message in dictionary.messages.values():
        look(message.members)
    look(dictionary.header)
    look(dictionary.trailer)


def test_the_messages_that_we_speak():
    session = {b"0", b"1", b"2", b"3", b"4", b"5", b"A"}
    assert FIX42.messages.keys() == session | {b"D", b"F", b"G", b"8", b"9", b"H", b"j", b"R", b"S", b"Q"}
    assert FIX44.messages.keys() == FIX42.messages.keys() | {b"AF", b"q", b"r", b"AN", b"AO", b"AP"}
    named = {value: name for name, value in vars(MsgType).items() if not name.startswith("_")}
    assert named == {code: message.name for code, message in FIX44.messages.items()}


def test_facts_picked_by_hand():
    report = {member.tag: member for member in FIX44.messages[b"8"].members}
    required = {tag for tag, member in report.items() if member.required}
    assert required == {37, 17, 150, 39, 54, 151, 14, 6}
    assert {member.tag for member in FIX42.messages[b"8"].members if member.required} == required | {20, 55}
    parties = report[453]
    assert [member.tag for member in parties.group] == [448, 447, 452, 802]
    assert [member.tag for member in parties.group[3].group] == [523, 803]
    logon = {member.tag: member for member in FIX44.messages[b"A"].members}
    assert [member.tag for member in logon[384].group] == [372, 385]
    assert FIX44.fields[150].values[b"F"] == "Trade" and b"1" not in FIX44.fields[150].values
    assert FIX42.fields[150].values[b"1"] == "PartialFill"
    assert FIX44.fields[35].values[b"AE"] == "TradeCaptureReport"
    assert Tag.IDSource is Tag.SecurityIDSource and Tag.LastShares == Tag.LastQty == 32


def test_the_notation():
    made = compile_dictionary(b"FIX.4.4", "Header: MsgSeqNum!\nTrailer: CheckSum!\n"
                              "@Parties: NoPartyIDs(PartyID! PartyRole)!\n@Instrument: Symbol! SymbolSfx\n"
                              "D NewOrderSingle: ClOrdID! @Parties\n    @Instrument!\nU1 Own: @Instrument",
                              "STRING: ClOrdID\n    Symbol\nSide CHAR: 1=Buy\n    2=Sell", "D=NewOrderSingle U1=Own",
                              "1-3\n7")
    assert made.defined == {1, 2, 3, 7}
    party = Member(453, False, (Member(448, True), Member(452, False)))
    assert made.header == (Member(34, True),) and made.trailer == (Member(10, True),)
    assert made.messages[b"D"].members == (Member(11, True), party, Member(55, True), Member(65, False))
    assert made.messages[b"U1"].members == (Member(55, False), Member(65, False)) and not made.messages[b"U1"].admin
    assert made.fields[54].values == {b"1": "Buy", b"2": "Sell"} and made.fields[55].type == FieldType.STRING
    assert made.fields[35].values == {b"D": "NewOrderSingle", b"U1": "Own"}
