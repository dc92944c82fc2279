"""When a session is open: local times of days or weeks, in a time zone, as instants.

A day's clock that jumps is read so: a time that does not come (a night in spring) means the instant it would have been
without the jump; one that comes twice (a night in autumn) means the first. A session whose end is not behind its start
by that does not take place.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

__all__ = ["WEEKDAYS", "Schedule", "Span", "daily", "weekly"]

#: As ``date.weekday`` numbers them.
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEK = 7
_SECOND = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Span(NamedTuple):
    """One instance of a session, ns since 1970: it is open from ``start`` on, and no more at ``end``."""

    start: int
    end: int


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A session starts at ``start`` on each of ``weekdays``, and ends at ``end``, ``days`` days later, both local.

    closed: dates on which none starts. Made by ``daily`` and ``weekly``.
    """

    zone: ZoneInfo
    start: time
    end: time
    days: int
    weekdays: frozenset[int] = frozenset(range(_WEEK))
    closed: frozenset[date] = frozenset()

    def span(self, now: int) -> Span | None:
        """Return the instance that is open at ``now``, ns since 1970; None when there is none."""
        return next((span for span in self._spans(now) if span.start <= now < span.end), None)

    def next_start(self, now: int) -> int | None:
        """Return when the first instance after ``now`` starts; None when all days that are left are closed."""
        return next((span.start for span in self._spans(now) if span.start > now), None)

    def is_same(self, then: int, now: int) -> bool:
        """Return whether both instants belong to one instance: then numbers of ``then`` go on at ``now``."""
        span = self.span(now)
        return span is not None and span.start <= then < span.end

    def _spans(self, now: int) -> Iterator[Span]:
        """Yield the instances around ``now``, in order: all that could be open, and the next."""
        today = (_EPOCH + timedelta(seconds=now // _SECOND)).astimezone(self.zone).date()
        for offset in range(-_WEEK - 1, 2 * _WEEK + len(self.closed)):
            day = today + timedelta(days=offset)
            if day.weekday() in self.weekdays and day not in self.closed:
                span = Span(self._instant(day, self.start), self._instant(day + timedelta(days=self.days), self.end))
                if span.start < span.end:
                    yield span

    def _instant(self, day: date, at: time) -> int:
        return (datetime.combine(day, at, self.zone) - _EPOCH) // timedelta(seconds=1) * _SECOND


def daily(zone: ZoneInfo, start: time, end: time, *, weekdays: frozenset[int] = frozenset(range(_WEEK)),
          closed: frozenset[date] = frozenset()) -> Schedule:
    """Return the schedule of a session a day; across midnight when ``end`` is not later than ``start``.

    weekdays: on which it starts, 0 is Monday.
    """
    return Schedule(zone=zone, start=start, end=end, days=int(end <= start), weekdays=weekdays, closed=closed)


def weekly(zone: ZoneInfo, start_day: int, start: time, end_day: int, end: time) -> Schedule:
    """Return the schedule of a session a week, which may last all of it. Days: 0 is Monday."""
    days = (end_day - start_day) % _WEEK
    return Schedule(zone=zone, start=start, end=end, days=days if days or end > start else _WEEK,
                    weekdays=frozenset((start_day,)))
