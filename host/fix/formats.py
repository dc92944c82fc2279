# Ref: FIX 4.4, volume 1, field data types; FIX 5.0 SP2 for the types with time zones
"""Which form a value of a data type has."""

import re
from collections.abc import Callable
from functools import lru_cache

from host.fix.timestamp import day
from wire.fix.types import FieldType

__all__ = ["ANY", "Test", "form", "pattern"]

Test = Callable[[bytes], object]

#: Any value but none.
ANY = rb"[^\x01]+"
_DATE = rb"([0-9]{8})"
#: The same, if it is a day that exists; not quite all of them: the 29th of February in 2000, 2400 and so on is not.
_DAY = (rb"(?!0000)(?:[0-9]{4}(?:(?:0[13578]|1[02])(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)(?:0[1-9]|[12][0-9]|30)"
        rb"|02(?:0[1-9]|1[0-9]|2[0-8]))|[0-9]{2}(?:0[48]|[2468][048]|[13579][26])0229)")
_CLOCK = rb"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]{3}(?:[0-9]{3}){0,2})?"
_ZONED = (rb"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::(?:[0-5][0-9]|60)(?:\.[0-9]+)?)?"
          rb"(?:Z|[+-](?:0[0-9]|1[0-4])(?::[0-5][0-9])?)?")
_NUMBER = rb"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_COUNT = rb"[0-9]+"

#: No pattern: every value will do. A group in a pattern is a day that must exist.
_PATTERNS: dict[FieldType, bytes | None] = {
    FieldType.AMT: _NUMBER,
    FieldType.BOOLEAN: rb"[YN]",
    FieldType.CHAR: rb"[^\x01]",
    FieldType.COUNTRY: rb"[A-Z]{2}",
    FieldType.CURRENCY: rb"[A-Za-z]{3}",
    FieldType.DATA: None,
    FieldType.DATE: _DATE,
    FieldType.DAYOFMONTH: rb"0?[1-9]|[12][0-9]|3[01]",
    FieldType.EXCHANGE: None,
    FieldType.FLOAT: _NUMBER,
    FieldType.INT: rb"-?[0-9]+",
    FieldType.LANGUAGE: rb"[A-Za-z]{2}",
    FieldType.LENGTH: _COUNT,
    FieldType.LOCALMKTDATE: _DATE,
    FieldType.LOCALMKTTIME: _CLOCK,
    FieldType.MONTHYEAR: rb"[0-9]{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01]|w[1-5])?",
    FieldType.MULTIPLECHARVALUE: rb"[^ \x01](?: [^ \x01])*",
    FieldType.MULTIPLESTRINGVALUE: rb"[^ \x01]+(?: [^ \x01]+)*",
    FieldType.MULTIPLEVALUESTRING: rb"[^ \x01]+(?: [^ \x01]+)*",
    FieldType.NUMINGROUP: _COUNT,
    FieldType.PERCENTAGE: _NUMBER,
    FieldType.PRICE: _NUMBER,
    FieldType.PRICEOFFSET: _NUMBER,
    FieldType.QTY: _NUMBER,
    FieldType.SEQNUM: _COUNT,
    FieldType.STRING: None,
    FieldType.TAGNUM: rb"[1-9][0-9]*",
    FieldType.TIME: _DATE + rb"-" + _CLOCK,
    FieldType.TZTIMEONLY: _ZONED,
    FieldType.TZTIMESTAMP: _DATE + rb"-" + _ZONED,
    FieldType.UTCDATE: _DATE,
    FieldType.UTCDATEONLY: _DATE,
    FieldType.UTCTIMEONLY: _CLOCK,
    FieldType.UTCTIMESTAMP: _DATE + rb"-" + _CLOCK,
    FieldType.XMLDATA: None,
}


#: Bytes of a timestamp before the fraction of a second, and with one.
_WHOLE, _FRACTIONAL = 17, (21, 24, 27)


def _dated(pattern: re.Pattern[bytes]) -> Test:
    def fits(value: bytes) -> bool:
        found = pattern.fullmatch(value)
        if found is None:
            return False
        try:
            day(found[1])
        except ValueError:
            return False
        return True

    return fits


def _timestamp(pattern: re.Pattern[bytes]) -> Test:
    """Return the test for timestamps, of which there are few once the fraction is put aside."""
    known = lru_cache(maxsize=1024)(_dated(pattern))

    def fits(value: bytes) -> object:
        if len(value) in _FRACTIONAL and value[_WHOLE] == ord(".") and value[_WHOLE + 1:].isdigit():
            return known(value[:_WHOLE])
        return len(value) == _WHOLE and known(value)

    return fits


def _test(kind: FieldType, source: bytes | None) -> Test | None:
    if source is None:
        return None
    pattern = re.compile(source)
    if kind in (FieldType.UTCTIMESTAMP, FieldType.TIME):
        return _timestamp(pattern)
    return _dated(pattern) if pattern.groups else pattern.fullmatch


_TESTS = {kind: _test(kind, source) for kind, source in _PATTERNS.items()}


def form(kind: FieldType) -> Test | None:
    """Return what answers true for a value in the form of ``kind``; None if every value is."""
    return _TESTS[kind]


def pattern(kind: FieldType) -> bytes:
    """Return a regular expression without groups: what matches it, and has no SOH in it, is a value of ``kind``."""
    return (_PATTERNS[kind] or ANY).replace(_DATE, _DAY)
