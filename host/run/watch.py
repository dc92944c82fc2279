"""What a live host shows of itself, as its configuration says: metrics, a log of events, the error of its clock."""

from collections.abc import Callable
from contextlib import ExitStack

from host.machine.clock import clock_state
from host.oms.fix import Names
from host.oms.inputs import Clock, ClockError
from host.run.liveconfig import TelemetryConfig
from host.run.loop import Loop
from host.telemetry.endpoint import Endpoint
from host.telemetry.events import EventLog
from host.telemetry.telemetry import Telemetry

__all__ = ["Watch"]

#: ns between two looks at the clock's error.
_CLOCK = 60_000_000_000


class Watch:
    """Looks at ``loop`` after each of its turns. address: where metrics are asked for, None: nowhere. why: the
    loop ends, for the log."""

    def __init__(self, loop: Loop, names: Names, config: TelemetryConfig, now: Callable[[], int]) -> None:
        """names: by the gate's indices. now: the loop's clock. Raises EndpointError, OSError."""
        self.why = "told to stop"
        self.address: tuple[str, int] | None = None
        self._loop, self._now, self._clock_at = loop, now, 0
        self._telemetry: Telemetry | None = None
        with ExitStack() as stack:
            publish: Callable[[bytes], object] = bytes
            stream = None
            if config.metrics is not None:
                endpoint = stack.enter_context(Endpoint(*config.metrics))
                self.address, publish = endpoint.address, endpoint.publish
            if config.log is not None:
                config.log.parent.mkdir(parents=True, exist_ok=True)
                stream = stack.enter_context(config.log.open("a", encoding="utf-8"))
            if config.metrics is not None or stream is not None:
                self._telemetry = Telemetry(loop, names, now(), log=EventLog(stream), publish=publish,
                                            pace=config.pace)
            self._stack = stack.pop_all()
        self._look_at_clock()

    def turn(self) -> None:
        """Look once."""
        now = self._now()
        if now >= self._clock_at:
            self._look_at_clock()
        if self._telemetry is not None:
            self._telemetry.turn(now)

    def close(self) -> None:
        """Tell of the end, and let go of port and file. The device is not asked any more."""
        with self._stack:
            if self._telemetry is not None:
                self._telemetry.close(self._now(), self.why)

    def _look_at_clock(self) -> None:
        """Let every time that is taken from now on carry the clock's error."""
        now = self._now()
        self._clock_at = now + _CLOCK
        self._loop.take(ClockError(Clock.HOST, clock_state().error, now))
