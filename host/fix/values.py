# Ref: FIX 4.4, volume 1, field data types; volume 6, values of fields
"""The value of a field against the field's type and list of values."""

import re
from collections.abc import Container, Iterable
from typing import NamedTuple

from host.fix.faults import Fault, Reason
from host.fix.formats import ANY, Test, form, pattern
from wire.fix.dictionary import Field
from wire.fix.types import FieldType

__all__ = ["ANYTHING", "Step", "blame", "counted", "step"]


class Step(NamedTuple):
    """What a value must be: one of ``values``, or as ``test`` says. pattern: a regular expression without groups; what
    matches it is right."""

    values: Container[bytes]
    test: Test
    pattern: bytes


_MANY = (FieldType.MULTIPLEVALUESTRING, FieldType.MULTIPLESTRINGVALUE, FieldType.MULTIPLECHARVALUE)
_NONE: frozenset[bytes] = frozenset()
#: Every value but none at all.
ANYTHING = Step(_NONE, bool, ANY)


def _never(value: bytes) -> bool:
    return False


def _one_of(values: Iterable[bytes]) -> bytes:
    return b"(?:%b)" % b"|".join(re.escape(value) for value in sorted(values, key=len, reverse=True))


def step(field: Field, closed: bool) -> Step:
    """Return what the values of ``field`` must be. closed: of its list, if it has one."""
    values = field.values
    if not values:
        return Step(values, form(field.type) or bool, pattern(field.type))
    one = _one_of(values)
    if not closed:
        return Step(values, form(field.type) or bool, b"%b|%b" % (one, pattern(field.type)))
    if field.type in _MANY:
        return Step(values, lambda value: all(one in values for one in value.split(b" ")), b"%b(?: %b)*" % (one, one))
    return Step(values, _never, one)


def counted(count: Step, entries: int) -> Step:
    """Return ``count`` of a NumInGroup field which ``entries`` entries follow."""
    number = b"%d" % entries
    return Step((number,), lambda value: count.test(value) and (value.lstrip(b"0") or b"0") == number, number)


def blame(field: Field | None, tag: int, value: bytes, closed: bool) -> Fault:
    """Return what is wrong with a value that is not right."""
    if not value:
        return Fault(int(Reason.NO_VALUE), tag, "Tag specified without a value")
    if field is not None and value not in field.values:
        test = form(field.type)
        if test is not None and not test(value):
            return Fault(int(Reason.FORMAT), tag, f"Incorrect data format for value, not {field.type.value}")
        if field.values and closed:
            return Fault(int(Reason.VALUE), tag, "Value is incorrect (out of range) for this tag")
    return Fault(int(Reason.GROUP_COUNT), tag, "Incorrect NumInGroup count for repeating group")
