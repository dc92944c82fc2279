"""Session times: days, weeks, midnight, and nights on which the clock jumps."""

import random
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.fix.backoff import Backoff
from host.fix.schedule import Span, daily, weekly

NEW_YORK, LONDON, UTC = map(ZoneInfo, ("America/New_York", "Europe/London", "UTC"))
SECOND = 1_000_000_000
WORKDAYS = frozenset(range(5))


def at(text, zone=UTC, fold=0):
    return int(datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).timestamp()) * SECOND


def span(start, end, zone=UTC):
    return Span(at(start, zone), at(end, zone))


def test_a_day_session_is_open_from_its_start_up_to_its_end():
    day = daily(NEW_YORK, time(9, 30), time(16))
    today = span("2026-03-03 09:30", "2026-03-03 16:00", NEW_YORK)
    assert day.span(today.start - 1) is None
    assert day.span(today.start) == day.span(today.end - 1) == today
    assert day.span(today.end) is None
    assert day.next_start(today.start - 1) == today.start
    assert day.next_start(today.start) == day.next_start(today.end) == at("2026-03-04 09:30", NEW_YORK)


def test_a_session_across_midnight_is_one_instance():
    """Item 43."""
    night = daily(NEW_YORK, time(18), time(17))
    whole = span("2026-03-02 18:00", "2026-03-03 17:00", NEW_YORK)
    assert night.span(at("2026-03-02 23:59", NEW_YORK)) == night.span(at("2026-03-03 00:01", NEW_YORK)) == whole
    assert night.span(at("2026-03-03 17:30", NEW_YORK)) is None
    assert night.is_same(whole.start, whole.end - 1)
    assert not night.is_same(whole.start, whole.end + 3600 * SECOND)


def test_a_session_of_a_whole_day_has_no_pause_but_a_border():
    day = daily(UTC, time(0), time(0))
    border = at("2026-03-03 00:00")
    assert day.span(border - 1).end == day.span(border).start == border
    assert not day.is_same(border - 1, border)


def test_a_session_starts_on_its_weekdays_only():
    night = daily(NEW_YORK, time(18), time(17), weekdays=frozenset({6, 0, 1, 2, 3}))
    friday = at("2026-03-06 12:00", NEW_YORK)
    assert night.span(friday) == span("2026-03-05 18:00", "2026-03-06 17:00", NEW_YORK)
    assert night.span(at("2026-03-06 18:30", NEW_YORK)) is None
    assert night.next_start(friday) == at("2026-03-08 18:00", NEW_YORK)


def test_a_holiday_is_closed():
    days = daily(LONDON, time(8), time(16, 30), weekdays=WORKDAYS, closed=frozenset({date(2026, 12, 25),
                                                                                    date(2026, 12, 28)}))
    assert days.span(at("2026-12-25 10:00", LONDON)) is None
    assert days.next_start(at("2026-12-24 20:00", LONDON)) == at("2026-12-29 08:00", LONDON)


def test_when_all_days_are_closed_there_is_no_next_start():
    assert daily(UTC, time(8), time(9), weekdays=frozenset()).next_start(at("2026-01-01")) is None


def test_a_week_session_is_one_instance_from_sunday_to_friday():
    week = weekly(NEW_YORK, 6, time(17), 4, time(17))
    whole = span("2026-03-01 17:00", "2026-03-06 17:00", NEW_YORK)
    assert {week.span(moment) for moment in (whole.start, at("2026-03-04 03:00", NEW_YORK), whole.end - 1)} == {whole}
    assert week.span(whole.end) is None
    assert week.next_start(whole.end) == at("2026-03-08 17:00", NEW_YORK)


def test_a_week_session_may_last_all_week():
    week = weekly(UTC, 5, time(0), 5, time(0))
    assert week.span(at("2026-03-04 03:00")) == span("2026-02-28 00:00", "2026-03-07 00:00")


def test_a_week_session_may_last_a_part_of_one_day():
    week = weekly(UTC, 5, time(8), 5, time(9))
    assert week.span(at("2026-03-07 08:30")) == span("2026-03-07 08:00", "2026-03-07 09:00")
    assert week.span(at("2026-03-07 09:30")) is None


def test_local_times_hold_when_the_clock_jumps():
    """Item 43: on 8 March 2026 New York goes from UTC-5 to UTC-4."""
    day = daily(NEW_YORK, time(9, 30), time(16))
    assert day.span(at("2026-03-07 15:00")) == span("2026-03-07 14:30", "2026-03-07 21:00")
    assert day.span(at("2026-03-08 15:00")) == span("2026-03-08 13:30", "2026-03-08 20:00")


def test_a_session_through_the_jump_is_shorter_or_longer_by_an_hour():
    night = daily(NEW_YORK, time(18), time(17))
    lengths = [night.span(at(day)).end - night.span(at(day)).start for day in ("2026-03-08 12:00", "2026-11-01 12:00")]
    assert lengths == [22 * 3600 * SECOND, 24 * 3600 * SECOND]


def test_a_time_that_does_not_come_means_the_instant_it_would_have_been():
    night = daily(NEW_YORK, time(2, 30), time(4))
    assert night.span(at("2026-03-08 07:30")) == span("2026-03-08 07:30", "2026-03-08 08:00")


def test_a_time_that_comes_twice_means_the_first():
    """On 1 November 2026, 01:30 in New York is 05:30 and 06:30 in UTC."""
    night = daily(NEW_YORK, time(1, 30), time(1, 30))
    assert night.span(at("2026-11-01 05:30")).start == at("2026-11-01 05:30")
    assert night.span(at("2026-11-01 06:30")).start == at("2026-11-01 05:30")


def test_a_session_that_the_jump_leaves_no_time_does_not_take_place():
    night = daily(NEW_YORK, time(2, 30), time(3, 15))
    noon = at("2026-03-07 12:00", NEW_YORK)
    assert night.next_start(noon) == at("2026-03-09 02:30", NEW_YORK)
    assert night.span(at("2026-03-08 07:20")) is None


times = st.times(min_value=time(0), max_value=time(23, 59)).map(lambda t: t.replace(second=0, microsecond=0))
schedules = st.one_of(
    st.builds(lambda zone, start, end, days: daily(zone, start, end, weekdays=days),
              st.sampled_from((NEW_YORK, LONDON, UTC)), times, times, st.frozensets(st.integers(0, 6), min_size=1)),
    st.builds(weekly, st.sampled_from((NEW_YORK, LONDON)), st.integers(0, 6), times, st.integers(0, 6), times))


@given(schedule=schedules, now=st.integers(at("2026-01-01"), at("2027-12-31")))
def test_instances_do_not_overlap_and_the_next_start_is_the_start_of_the_next(schedule, now):
    current, start = schedule.span(now), schedule.next_start(now)
    assert start > now
    after = schedule.span(start)
    assert after.start == start
    if current:
        assert current.start <= now < current.end <= after.start
        assert schedule.span(current.start) == schedule.span(current.end - 1) == current
    else:
        assert schedule.span(start - 1) is None


# Attempts to connect


def test_waits_double_up_to_the_most():
    """Item 44."""
    waits = Backoff(first=4, most=50, chance=random.Random(1))
    for whole in (4, 8, 16, 32, 50, 50):
        assert whole - whole // 4 <= waits.failed() <= whole


def test_a_connection_that_held_starts_the_waits_again_and_one_that_was_closed_at_once_does_not():
    waits = Backoff(first=1, most=64, steady=100)
    assert [waits.failed(held) for held in (0, 99, 0, 100, 0)][3] == 1
    assert [Backoff(first=1, most=2).failed() for _ in range(3)] == [1, 1, 1]


def test_waits_differ_by_chance():
    assert len({Backoff(first=SECOND).failed() for _ in range(20)}) > 10


@pytest.mark.parametrize("first, most", [(0, 1), (2, 1), (-1, 1)])
def test_waits_that_make_no_sense_are_refused(first, most):
    with pytest.raises(ValueError, match=f"not from {first} to {most} ns"):
        Backoff(first=first, most=most)
