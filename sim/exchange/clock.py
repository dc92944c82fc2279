"""Time, of two kinds: a virtual clock that is moved, and the wall clock of an event loop. Times are ns since 1970.

What runs by ``Clock`` alone does the same on both.
"""

import asyncio
import heapq
import time
from collections.abc import Callable
from itertools import count
from typing import Protocol

__all__ = ["Alarm", "Call", "Clock", "VirtualClock", "WallClock"]

_NS = 1_000_000_000


class Call(Protocol):
    """Something that is to be called."""

    def cancel(self) -> None:
        """Do not call it."""


class Clock(Protocol):
    """Tells the time, which never runs backwards, and calls when it has come."""

    def now(self) -> int:
        """Return the time."""

    def call_at(self, when: int, act: Callable[[], None]) -> Call:
        """Call ``act`` as soon as the time is ``when`` or later, not before this returns."""


class _Planned:
    """A call on the virtual clock."""

    __slots__ = ("act",)

    def __init__(self, act: Callable[[], None]) -> None:
        self.act: Callable[[], None] | None = act

    def cancel(self) -> None:
        """Do not call it."""
        self.act = None


class VirtualClock:
    """A clock on which nothing takes time: it stands while something is called, and jumps to the next call.

    Calls of the same time are made in the order in which they were planned, so a run can be repeated exactly.
    """

    def __init__(self, now: int) -> None:
        self._now = now
        self._plan: list[tuple[int, int, _Planned]] = []
        self._number = count()

    def now(self) -> int:
        """Return the time."""
        return self._now

    def call_at(self, when: int, act: Callable[[], None]) -> Call:
        """See Clock."""
        planned = _Planned(act)
        heapq.heappush(self._plan, (max(when, self._now), next(self._number), planned))
        return planned

    def step(self, until: int | None = None) -> bool:
        """Make the next call, if there is one, not later than ``until``; return whether there was."""
        while self._plan and (until is None or self._plan[0][0] <= until):
            when, _, planned = heapq.heappop(self._plan)
            if planned.act is not None:
                self._now = when
                planned.act()
                return True
        return False

    def run(self, until: int) -> None:
        """Make all calls up to ``until``, which is the time then."""
        while self.step(until):
            pass
        self._now = max(self._now, until)


class WallClock:
    """The time of day, taken once and counted on by the monotonic clock, with the calls of an event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._offset = time.time_ns() - time.monotonic_ns()

    def now(self) -> int:
        """Return the time."""
        return time.monotonic_ns() + self._offset

    def call_at(self, when: int, act: Callable[[], None]) -> Call:
        """See Clock."""
        return self._loop.call_later(max(when - self.now(), 0) / _NS, self._call, when, act)

    def _call(self, when: int, act: Callable[[], None]) -> None:
        # The loop's clock is coarser than ns: it may be early by less than a tick.
        if self.now() < when:
            self._loop.call_soon(self._call, when, act)
        else:
            act()


class Alarm:
    """Calls ``act`` with the time whenever ``deadline`` has come; ``arm`` is to be called when that may have moved."""

    def __init__(self, clock: Clock, deadline: Callable[[], int | None], act: Callable[[int], None]) -> None:
        self._clock, self._deadline, self._act = clock, deadline, act
        self._call: Call | None = None
        self._when = 0

    def arm(self) -> None:
        """Look at the deadline."""
        due = self._deadline()
        if self._call is not None:
            if due == self._when:
                return
            self.stop()
        if due is not None:
            self._when, self._call = due, self._clock.call_at(due, self._ring)

    def stop(self) -> None:
        """Do not call, until armed again."""
        if self._call is not None:
            self._call.cancel()
            self._call = None

    def _ring(self) -> None:
        self._call = None
        self._act(self._clock.now())
        self.arm()
