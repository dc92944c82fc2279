"""Raw bytes in fields that only a venue's own dictionary knows."""

from dataclasses import replace

from host.fix.message import Message
from host.fix.store import MemoryStore
from tests.host.fix.line import Line, order_fields
from wire.fix.dictionary import Field, Member
from wire.fix.fix44 import FIX44
from wire.fix.types import FieldType

#: Begins no message, and ends none.
BYTES = b"a\x0110=000\x01b"
#: FIX 4.4, whose orders have two fields more.
ORDER = FIX44.messages[b"D"]
NOTED = replace(ORDER, members=(*ORDER.members, Member(5001, False), Member(5002, False)))
VENUE = replace(
    FIX44, fields=FIX44.fields | {5001: Field(5001, "NoteLen", FieldType.LENGTH, {}),
                                  5002: Field(5002, "Note", FieldType.DATA, {})},
    messages=FIX44.messages | {b"D": NOTED}, defined=FIX44.defined | {5001, 5002})
FIELDS = [*order_fields(1), (5001, b"%d" % len(BYTES)), (5002, BYTES)]


class VenueLine(Line):
    """A line whose session has the venue's dictionary."""

    def __init__(self):
        super().__init__()
        self.settings = replace(self.settings, dictionary=VENUE)
        self.store = MemoryStore()
        self.restart()


def test_data_fields_of_a_venue_come_in_whole():
    """Item 38."""
    line = VenueLine()
    line.up()
    outcome = line.say(b"D", *FIELDS)
    assert [each.message.get(5002) for each in outcome.delivered] == [BYTES] and not outcome.sent


def test_data_fields_of_a_venue_are_sent_again_whole():
    """Items 14 and 38."""
    line = VenueLine()
    line.up()
    line.session.send(Message(b"D", FIELDS), line.now)
    again = line.session.receive(line.make(b"2", (7, b"2"), (16, b"0")), line.now)
    assert len(again) == 2 and BYTES in again[-1].raw and b"\x0143=Y\x01" in again[-1].raw


def test_a_message_longer_than_what_is_taken_is_still_sent_again():
    """Item 14."""
    line = Line()
    line.up()
    long = [*order_fields(1), (58, b"x" * 70_000)]
    line.session.send(Message(b"D", long), line.now)
    again = line.session.receive(line.make(b"2", (7, b"2"), (16, b"0")), line.now)
    assert b"\x0143=Y\x01" in again[-1].raw and len(again[-1].raw) > 70_000
