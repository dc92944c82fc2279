# Ref: FIX 4.4, volume 1, field data types; volume 6, values of fields
"""The value of a field against the field's type and list of values."""

from collections.abc import Container

from host.fix.faults import Fault, Reason
from host.fix.formats import Test, form
from wire.fix.dictionary import Field
from wire.fix.types import FieldType

__all__ = ["ANYTHING", "Step", "blame", "counted", "step"]

#: A value is right if it is in the first, or if the second says so.
Step = tuple[Container[bytes], Test]

_MANY = (FieldType.MULTIPLEVALUESTRING, FieldType.MULTIPLESTRINGVALUE, FieldType.MULTIPLECHARVALUE)
_NONE: frozenset[bytes] = frozenset()
#: Every value but none at all.
ANYTHING: Step = (_NONE, bool)


def _never(value: bytes) -> bool:
    return False


def step(field: Field, closed: bool) -> Step:
    """Return what the values of ``field`` must be. closed: of its list, if it has one."""
    values = field.values
    if not values or not closed:
        return values, form(field.type) or bool
    if field.type in _MANY:
        return values, lambda value: all(one in values for one in value.split(b" "))
    return values, _never


def counted(count: Step, entries: int) -> Step:
    """Return ``count`` of a NumInGroup field which ``entries`` entries follow."""
    number = b"%d" % entries
    _, test = count
    return (number,), lambda value: test(value) and (value.lstrip(b"0") or b"0") == number


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
