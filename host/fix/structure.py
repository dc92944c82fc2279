# Ref: FIX 4.4, volume 1, repeating groups, user-defined fields; volume 2, Reject
"""The tags of a message against a dictionary: which may stand where, and what each of their values must be."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from host.fix.datafields import length_fields
from host.fix.faults import Checks, Fault, Reason
from host.fix.values import ANYTHING, Step, counted, step
from wire.fix.dictionary import Dictionary, Field, Member
from wire.fix.tags import Tag

__all__ = ["FIRST_USER_TAG", "structure"]

#: Fields from here on are for two parties to agree upon.
FIRST_USER_TAG = 5000
#: Fields of the longest message whose structure is kept: nobody can fill the memory with them.
_LONGEST = 256

Structure = tuple[tuple[Step, ...], Fault | None]

#: Checked and taken out by the parser.
_FRAME = frozenset((Tag.BeginString, Tag.BodyLength, Tag.MsgType, Tag.CheckSum))


@dataclass(frozen=True, slots=True)
class _Rule:
    """How to look at a field. section: 0 header, 1 body, 2 trailer. place: among its fellows. entry: of a group."""

    field: Field
    required: bool
    section: int
    place: int
    entry: "_Entry | None"


@dataclass(frozen=True, slots=True)
class _Entry:
    """How to look at the entries of a group. inside: the tags in it, at any depth. required: in an entry."""

    rules: Mapping[int, _Rule]
    delimiter: int
    inside: frozenset[int]
    required: tuple[int, ...]


def _rule(dictionary: Dictionary, member: Member, section: int, place: int) -> _Rule:
    return _Rule(dictionary.fields[member.tag], member.required, section, place,
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


class _Failed(Exception):
    """Carries a fault out of the walk."""

    def __init__(self, reason: Reason, tag: int, text: str) -> None:
        super().__init__(text)
        self.fault = Fault(int(reason), tag, text)


class _Walk:
    """One pass over the tags of a message: what its values must be, as far as nothing is wrong with the tags."""

    def __init__(self, tags: tuple[int, ...], dictionary: Dictionary, checks: Checks) -> None:
        self.tags, self.dictionary, self.checks = tags, dictionary, checks
        self.lengths = length_fields(dictionary)
        self.at = 0
        self.steps: list[Step] = []

    def message(self, rules: Mapping[int, _Rule], required: frozenset[int]) -> None:
        """Look at all fields. Raises _Failed."""
        seen: set[int] = set()
        section = 0
        while self.at < len(self.tags):
            tag = self.tags[self.at]
            rule = rules.get(tag)
            if rule is None:
                self.stranger(tag)
                continue
            if tag in seen:
                raise _Failed(Reason.REPEATED, tag, "Tag appears more than once")
            seen.add(tag)
            if rule.section != section:
                if rule.section < section and self.checks.order:
                    raise _Failed(Reason.ORDER, tag, "Tag specified out of required order")
                section = rule.section
            self.take(rule, tag)
        missing = required - seen
        if missing:
            raise _Failed(Reason.REQUIRED_TAG_MISSING, min(missing), "Required tag missing")

    def stranger(self, tag: int) -> None:
        """Look at a field that is not of the message."""
        defined = tag in self.dictionary.defined
        if tag >= FIRST_USER_TAG and not defined:
            if not self.checks.user:
                raise _Failed(Reason.UNDEFINED_TAG, tag, "Undefined tag")
        elif defined and not self.checks.unknown:
            raise _Failed(Reason.NOT_OF_THIS_MESSAGE, tag, "Tag not defined for this message type")
        elif tag < 1 or not self.checks.unknown:
            raise _Failed(Reason.INVALID_TAG, tag, "Invalid tag number")
        self.steps.append(ANYTHING)
        self.at += 1

    def take(self, rule: _Rule, tag: int) -> None:
        """Look at a field of the message, and at the group that it begins."""
        if tag in self.lengths and (self.at == 0 or self.tags[self.at - 1] != self.lengths[tag]):
            raise _Failed(Reason.ORDER, tag, "Tag specified out of required order, not behind its length")
        self.steps.append(step(rule.field, self.checks.values))
        self.at += 1
        if rule.entry is not None:
            place = len(self.steps) - 1
            self.steps[place] = counted(self.steps[place], self.entries(rule.entry, tag))

    def entries(self, layout: _Entry, count_tag: int) -> int:
        """Look at the entries of a group; return how many there are."""
        entries = 0
        while self.at < len(self.tags) and self.tags[self.at] in layout.inside:
            tag = self.tags[self.at]
            if tag != layout.delimiter:
                raise _Failed(Reason.GROUP_ORDER, tag, f"Repeating group does not begin with {layout.delimiter}")
            entries += 1
            self.entry(layout, count_tag)
        return entries

    def entry(self, layout: _Entry, count_tag: int) -> None:
        """Look at one entry, which begins here with the delimiter."""
        seen: set[int] = set()
        last = -1
        while self.at < len(self.tags):
            tag = self.tags[self.at]
            rule = layout.rules.get(tag)
            if rule is None:
                if tag in layout.inside:
                    raise _Failed(Reason.GROUP_ORDER, tag, "Repeating group fields out of order")
                if tag < FIRST_USER_TAG or tag in self.dictionary.defined:
                    break
                self.stranger(tag)
                continue
            if tag == layout.delimiter and seen:
                break
            if tag in seen:
                raise _Failed(Reason.REPEATED, tag, "Tag appears more than once in a group's entry")
            if rule.place < last:
                raise _Failed(Reason.GROUP_ORDER, tag, "Repeating group fields out of order")
            seen.add(tag)
            last = rule.place
            self.take(rule, tag)
        for tag in layout.required:
            if tag not in seen:
                raise _Failed(Reason.REQUIRED_TAG_MISSING, tag, f"Required tag missing in group {count_tag}")


def _work_out(dictionary: Dictionary, checks: Checks, code: bytes, tags: tuple[int, ...]) -> Structure:
    walk = _Walk(tags, dictionary, checks)
    try:
        walk.message(*_rules(dictionary, code))
    except _Failed as failed:
        return tuple(walk.steps), failed.fault
    return tuple(walk.steps), None


_remembered = lru_cache(maxsize=2048)(_work_out)


def structure(dictionary: Dictionary, checks: Checks, code: bytes, tags: tuple[int, ...]) -> Structure:
    """Return what the values of a message with these tags must be, up to the first thing that is wrong with the tags,
    and that fault. The answers for messages that are not too long are kept, the latest of them."""
    if len(tags) > _LONGEST:
        return _work_out(dictionary, checks, code, tags)
    return _remembered(dictionary, checks, code, tags)
