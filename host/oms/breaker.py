"""The circuit breaker: stops orders when the venue rejects, is slow or is lost, and tries again carefully."""

from collections import deque
from dataclasses import dataclass, field
from enum import Enum

from host.oms.settings import Settings

__all__ = ["Breaker", "BreakerState"]


class BreakerState(Enum):
    """CLOSED: orders pass. OPEN: none. HALF_OPEN: some, to see how they fare."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


@dataclass(slots=True)
class Breaker:
    """Times are ns of the host's clock, as the inputs have them. ``why`` is what opened it."""

    state: BreakerState = BreakerState.CLOSED
    since: int = 0
    why: str = ""
    rejects: deque[int] = field(default_factory=deque)
    disconnects: deque[int] = field(default_factory=deque)
    slow: int = 0
    probes: int = 0
    good: int = 0

    def allows(self, settings: Settings) -> bool:
        """Return whether an order may pass now; one that does in half-open must be told of by ``passed``."""
        if self.state is BreakerState.HALF_OPEN:
            return self.probes < settings.probes
        return self.state is BreakerState.CLOSED

    def passed(self) -> None:
        """An order passes."""
        if self.state is BreakerState.HALF_OPEN:
            self.probes += 1

    def rejected(self, settings: Settings, time: int) -> bool:
        """The venue rejected something. Returns whether the breaker opens, as do the next two."""
        if self.state is BreakerState.HALF_OPEN:
            return self._open("rejected while half-open", time)
        return self._counted(self.rejects, settings.rejects, "rejects", settings, time)

    def disconnected(self, settings: Settings, time: int) -> bool:
        """The session was lost."""
        if self.state is BreakerState.HALF_OPEN:
            return self._open("disconnected while half-open", time)
        return self._counted(self.disconnects, settings.disconnects, "disconnects", settings, time)

    def answered(self, settings: Settings, latency: int, time: int) -> bool:
        """The venue acknowledged an order ``latency`` after it was sent."""
        if latency < settings.latency:
            self.slow = 0
            if self.state is BreakerState.HALF_OPEN:
                self.good += 1
                if self.good >= settings.probes:
                    self._reset(BreakerState.CLOSED, time, "")
            return False
        self.slow += 1
        if self.state is BreakerState.HALF_OPEN or (self.state is BreakerState.CLOSED and self.slow >= settings.slow):
            return self._open(f"{self.slow} acknowledgements in a row took {settings.latency} ns or longer", time)
        return False

    def unsent(self) -> None:
        """An order that passed never reached the venue: in half-open another may try."""
        if self.state is BreakerState.HALF_OPEN and self.probes:
            self.probes -= 1

    def tick(self, settings: Settings, time: int) -> bool:
        """Time passes; returns whether the breaker is half-open now, and was not before."""
        if self.state is not BreakerState.OPEN or time < self.since + settings.cool_down:
            return False
        self._reset(BreakerState.HALF_OPEN, time, self.why)
        return True

    def _counted(self, times: deque[int], limit: int, what: str, settings: Settings, time: int) -> bool:
        times.append(time)
        while times[0] <= time - settings.window:
            times.popleft()
        if self.state is not BreakerState.CLOSED or len(times) < limit:
            return False
        return self._open(f"{len(times)} {what} within {settings.window} ns", time)

    def _open(self, why: str, time: int) -> bool:
        self._reset(BreakerState.OPEN, time, why)
        return True

    def _reset(self, state: BreakerState, time: int, why: str) -> None:
        self.state, self.since, self.why = state, time, why
        self.slow = self.probes = self.good = 0
        self.rejects.clear()
        self.disconnects.clear()
