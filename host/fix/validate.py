# Ref: FIX 4.4, volume 2, Reject (reasons of SessionRejectReason, 373); volume 1, repeating groups, user-defined fields
"""A message against a dictionary."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from host.fix.datafields import length_fields
from host.fix.formats import Test, form
from host.fix.message import Message
from wire.fix.dictionary import Dictionary, Field, Member
from wire.fix.tags import Tag
from wire.fix.types import FieldType

__all__ = ["FIRST_USER_TAG", "Checks", "Fault", "Reason", "check"]

#: Fields from here on are for two parties to agree upon.
FIRST_USER_TAG = 5000
#: BusinessRejectReason: the message type is one of the version, but not of ours.
UNSUPPORTED_TYPE = 3
_MANY = (FieldType.MULTIPLEVALUESTRING, FieldType.MULTIPLESTRINGVALUE, FieldType.MULTIPLECHARVALUE)
#: Checked and taken out by the parser.
_FRAME = frozenset((Tag.BeginString, Tag.BodyLength, Tag.MsgType, Tag.CheckSum))


class Reason(IntEnum):
    """SessionRejectReason (373), as far as one message alone can tell. FIX 4.2 has none above 11."""

    INVALID_TAG = 0
    REQUIRED_TAG_MISSING = 1
    NOT_OF_THIS_MESSAGE = 2
    UNDEFINED_TAG = 3
    NO_VALUE = 4
    VALUE = 5
    FORMAT = 6
    MESSAGE_TYPE = 11
    REPEATED = 13
    ORDER = 14
    GROUP_ORDER = 15
    GROUP_COUNT = 16


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a message.

    reason, tag, text: SessionRejectReason (373), RefTagID (371) and Text (58) of a Reject. If ``business``, a
    BusinessMessageReject is the answer, and ``reason`` its BusinessRejectReason (380).
    """

    reason: int
    tag: int | None
    text: str
    business: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """What is tolerated of a counterparty.

    user: user-defined fields (5000 and up) that the dictionary does not have. unknown: other fields that are not of
    the message. order: whether header, body and trailer must not be mixed. values: whether a value must be one of the
    field's list.
    """

    user: bool = True
    unknown: bool = False
    order: bool = True
    values: bool = True


STRICT = Checks()


@dataclass(frozen=True, slots=True)
class _Rule:
    """How to look at a field. section: 0 header, 1 body, 2 trailer. place: among its fellows. entry: of a group."""

    field: Field
    required: bool
    section: int
    place: int
    test: Test | None
    entry: "_Entry | None"


@dataclass(frozen=True, slots=True)
class _Entry:
    """How to look at the entries of a group. inside: the tags in it, at any depth. required: in an entry."""

    rules: Mapping[int, _Rule]
    delimiter: int
    inside: frozenset[int]
    required: tuple[int, ...]


class _Failed(Exception):
    """Carries a fault out of a group."""

    def __init__(self, reason: Reason, tag: int, text: str) -> None:
        super().__init__(text)
        self.fault = Fault(int(reason), tag, text)


def _rule(dictionary: Dictionary, member: Member, section: int, place: int) -> _Rule:
    field = dictionary.fields[member.tag]
    return _Rule(field, member.required, section, place, form(field.type),
                 _entry(dictionary, member.group) if member.group else None)


def _entry(dictionary: Dictionary, members: tuple[Member, ...]) -> _Entry:
    rules = {member.tag: _rule(dictionary, member, 1, place) for place, member in enumerate(members)}
    inside = frozenset(rules).union(*(rule.entry.inside for rule in rules.values() if rule.entry))
    return _Entry(rules, members[0].tag, inside, tuple(tag for tag, rule in rules.items() if rule.required))


@lru_cache(maxsize=1024)
def _rules(dictionary: Dictionary, code: bytes) -> tuple[Mapping[int, _Rule], frozenset[int]]:
    """Return how to look at the fields of a message outside its groups, and which of them are required."""
    parts = (dictionary.header, dictionary.messages[code].members, dictionary.trailer)
    rules = {member.tag: _rule(dictionary, member, section, place)
             for section, part in enumerate(parts) for place, member in enumerate(part)}
    return rules, frozenset(tag for tag, rule in rules.items() if rule.required) - _FRAME


class _Walk:
    """One pass over the fields of a message."""

    def __init__(self, message: Message, dictionary: Dictionary, checks: Checks) -> None:
        self.fields, self.dictionary, self.checks = message.fields, dictionary, checks
        self.lengths = length_fields(dictionary)
        self.at = 0

    def message(self, rules: Mapping[int, _Rule], required: frozenset[int]) -> None:
        """Check all fields. Raises _Failed."""
        fields, ordered = self.fields, self.checks.order
        seen: set[int] = set()
        section = 0
        while self.at < len(fields):
            tag, value = fields[self.at]
            rule = rules.get(tag)
            if rule is None:
                self.stranger(tag, value)
                self.at += 1
                continue
            if tag in seen:
                raise _Failed(Reason.REPEATED, tag, "Tag appears more than once")
            seen.add(tag)
            if rule.section != section:
                if rule.section < section and ordered:
                    raise _Failed(Reason.ORDER, tag, "Tag specified out of required order")
                section = rule.section
            self.value(rule, tag, value)
            self.at += 1
            if rule.entry is not None:
                self.group(tag, value, rule.entry)
        missing = required - seen
        if missing:
            raise _Failed(Reason.REQUIRED_TAG_MISSING, min(missing), "Required tag missing")

    def stranger(self, tag: int, value: bytes) -> None:
        """Check a field that is not of the message."""
        if not value:
            raise _Failed(Reason.NO_VALUE, tag, "Tag specified without a value")
        defined = tag in self.dictionary.defined
        if tag >= FIRST_USER_TAG and not defined:
            if not self.checks.user:
                raise _Failed(Reason.UNDEFINED_TAG, tag, "Undefined tag")
        elif defined and not self.checks.unknown:
            raise _Failed(Reason.NOT_OF_THIS_MESSAGE, tag, "Tag not defined for this message type")
        elif tag < 1 or not self.checks.unknown:
            raise _Failed(Reason.INVALID_TAG, tag, "Invalid tag number")

    def value(self, rule: _Rule, tag: int, value: bytes) -> None:
        """Check a value by its field's type and list."""
        if not value:
            raise _Failed(Reason.NO_VALUE, tag, "Tag specified without a value")
        values = rule.field.values
        if value in values:
            return
        if rule.test is not None and not rule.test(value):
            raise _Failed(Reason.FORMAT, tag, f"Incorrect data format for value, not {rule.field.type.value}")
        if values and self.checks.values:
            if rule.field.type not in _MANY or not all(one in values for one in value.split(b" ")):
                raise _Failed(Reason.VALUE, tag, "Value is incorrect (out of range) for this tag")
        if tag in self.lengths and (self.at == 0 or self.fields[self.at - 1][0] != self.lengths[tag]):
            raise _Failed(Reason.ORDER, tag, "Tag specified out of required order, not behind its length")

    def group(self, count_tag: int, count: bytes, layout: _Entry) -> None:
        """Check the entries of a group, of which there should be ``count``."""
        entries = 0
        while self.at < len(self.fields) and self.fields[self.at][0] in layout.inside:
            tag = self.fields[self.at][0]
            if tag != layout.delimiter:
                raise _Failed(Reason.GROUP_ORDER, tag, f"Repeating group does not begin with {layout.delimiter}")
            entries += 1
            self.entry(count_tag, layout)
        if b"%d" % entries != (count.lstrip(b"0") or b"0"):
            raise _Failed(Reason.GROUP_COUNT, count_tag, f"Incorrect NumInGroup count, {entries} entries follow")

    def entry(self, count_tag: int, layout: _Entry) -> None:
        """Check one entry, which begins here with the delimiter."""
        seen: set[int] = set()
        last = -1
        while self.at < len(self.fields):
            tag, value = self.fields[self.at]
            rule = layout.rules.get(tag)
            if rule is None:
                if tag in layout.inside:
                    raise _Failed(Reason.GROUP_ORDER, tag, "Repeating group fields out of order")
                if tag < FIRST_USER_TAG or tag in self.dictionary.defined:
                    break
                self.stranger(tag, value)
                self.at += 1
                continue
            if tag == layout.delimiter and seen:
                break
            if tag in seen:
                raise _Failed(Reason.REPEATED, tag, "Tag appears more than once in a group's entry")
            if rule.place < last:
                raise _Failed(Reason.GROUP_ORDER, tag, "Repeating group fields out of order")
            seen.add(tag)
            last = rule.place
            self.value(rule, tag, value)
            self.at += 1
            if rule.entry is not None:
                self.group(tag, value, rule.entry)
        for tag in layout.required:
            if tag not in seen:
                raise _Failed(Reason.REQUIRED_TAG_MISSING, tag, f"Required tag missing in group {count_tag}")


def check(message: Message, dictionary: Dictionary, checks: Checks = STRICT) -> Fault | None:
    """Return the first thing that is wrong with ``message``, in the order of its fields; None if nothing is.

    What is missing is looked for when all that is there is right. A tag that no field has is invalid (0) below 5000,
    and undefined (3) from there on if ``checks.user`` does not let it pass. A type of message that the version has and
    ``dictionary`` has no layout for, or one that begins with U, is unsupported (business); any other, unknown (11).
    """
    code = message.msg_type
    if code not in dictionary.messages:
        if not code:
            return Fault(int(Reason.NO_VALUE), int(Tag.MsgType), "Tag specified without a value")
        if code in dictionary.fields[Tag.MsgType].values or code.startswith(b"U"):
            return Fault(UNSUPPORTED_TYPE, None, "Unsupported message type", business=True)
        return Fault(int(Reason.MESSAGE_TYPE), int(Tag.MsgType), "Invalid MsgType")
    try:
        _Walk(message, dictionary, checks).message(*_rules(dictionary, code))
    except _Failed as failed:
        return failed.fault
    return None
