"""Timestamps."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.fix.timestamp import day, parse, stamp

LAST = int((datetime(9999, 12, 31, 23, 59, 59) - datetime(1970, 1, 1)).total_seconds()) * 10**9
TIMES = st.integers(-10**18, LAST)


@pytest.mark.parametrize("digits, unit", [(3, 10**6), (6, 10**3), (9, 1)])
@given(now=TIMES)
def test_what_is_stamped_is_parsed_but_for_what_is_finer(digits, unit, now):
    text = stamp(now, digits)
    assert len(text) == 18 + digits and parse(text) == now // unit * unit


@given(TIMES)
def test_a_stamp_is_the_calendars(now):
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=now // 1000)
    whole = f"{at.year:04}" + at.strftime("%m%d-%H:%M:%S.%f")
    assert stamp(now, 6).decode() == whole and stamp(now).decode() == whole[:-3]


def test_a_stamp_has_milliseconds_unless_told_otherwise():
    assert stamp(1_792_000_000_123_456_789) == b"20261014-17:46:40.123"
    with pytest.raises(ValueError, match="4 digits"):
        stamp(0, 4)
    with pytest.raises(ValueError, match="years 1 to 9999"):
        stamp(LAST + 2 * 10**9)


def test_a_time_without_fraction_and_a_leap_second_are_parsed():
    assert parse(b"19700102-00:00:01") == 86_401 * 10**9
    assert parse(b"20161231-23:59:60.500") == parse(b"20170101-00:00:00.500")


@pytest.mark.parametrize("text", [
    b"", b"20260101", b"20260101-", b"20260101-00:00", b"20260101-24:00:00", b"20260101-00:60:00", b"20260101-00:00:61",
    b"20260101-00:00:00.", b"20260101-00:00:00.1", b"20260101-00:00:00.1234", b"20260101-00:00:00.1234567890",
    b"20260101 00:00:00", b"2026-01-01T00:00:00", b"20260229-00:00:00", b"20261301-00:00:00", b"00000101-00:00:00",
    b"20260101-00:00:00\n", b" 20260101-00:00:00", "２0260101-00:00:00".encode(), b"+0260101-00:00:00"])
def test_no_timestamp(text):
    with pytest.raises(ValueError):
        parse(text)


def test_a_day_that_does_not_exist():
    assert day(b"19700103") == 2 and day(b"20240229") == 19_782
    for text in (b"20230229", b"1970013", b"197001031", b"1970 103"):
        with pytest.raises(ValueError):
            day(text)
