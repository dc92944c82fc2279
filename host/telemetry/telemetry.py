"""Looks at a loop between its turns: events go to the log at once, metrics are gathered at a pace of their own."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

from host.oms.book import Phase
from host.oms.breaker import BreakerState
from host.oms.fix import Names
from host.oms.outputs import AlarmKind
from host.run.loop import Loop
from host.telemetry import sources
from host.telemetry.events import EventLog, Level
from host.telemetry.latency import Latencies
from host.telemetry.metrics import Sample, render

__all__ = ["Telemetry"]

_SECOND = 1_000_000_000


class _Condition(NamedTuple):
    """What is told of when it changes."""

    linked: bool
    phase: Phase
    kills: int
    breaker: BreakerState


class Telemetry:
    """Watches ``loop``, whose thread calls ``turn`` after each step. A turn does a piece of a snapshot at most, which
    takes some tens of microseconds, and next to nothing when none is due.

    publish: is given each snapshot as Prometheus reads it. alarms: how many of each kind. Nothing here changes the
    loop's state, but it reads registers: a simulated device's time goes on by that.
    """

    def __init__(self, loop: Loop, names: Names, now: int, *, log: EventLog, publish: Callable[[bytes], object],
                 pace: int = _SECOND) -> None:
        """names: of accounts and symbols, by the gate's indices. now: ns since 1970. pace: ns between snapshots. The
        loop has begun."""
        self.alarms = Counter({kind.name.lower(): 0 for kind in AlarmKind})
        self.latencies = Latencies()
        self._loop, self._names, self._log, self._publish, self._pace = loop, names, log, publish, pace
        self._book = loop.ledger.oms.book
        self._heard = self._due = 0
        self._snapshot: Iterator[None] | None = None
        self._condition = first = self._look()
        self._log.write(now, Level.INFO, "start", epoch=self._book.ids.epoch, day=self._book.day, linked=first.linked,
                        phase=first.phase.value, kills=first.kills)

    def turn(self, now: int) -> None:
        """Look once. now: ns since 1970, of the loop's clock."""
        self._tell(now)
        if self._snapshot is not None:
            if next(self._snapshot, self) is self:
                self._snapshot = None
        elif now >= self._due:
            self._due, self._snapshot = now + self._pace, self._gather(now)

    def snapshot(self, now: int) -> None:
        """Gather and publish all at once."""
        for _ in self._gather(now):
            pass

    def close(self, now: int, why: str) -> None:
        """Tell of the end; the device is not asked any more, for it may be why."""
        self._tell(now)
        self._log.write(now, Level.INFO, "stop", why=why, alarms=len(self._loop.alarms),
                        open_orders=sum(order.open for order in self._book.orders.values()))

    def _tell(self, now: int) -> None:
        """Let the log know what happened since the last time."""
        if len(self._loop.alarms) != self._heard:
            self._alarms(now)
        condition = self._look()
        if condition != self._condition:
            self._changed(condition, now)

    def _look(self) -> _Condition:
        book = self._book
        return _Condition(book.linked, book.phase, len(book.kills), book.breaker.state)

    def _alarms(self, now: int) -> None:
        new = self._loop.alarms[self._heard:]
        self._heard += len(new)
        for alarm in new:
            self.alarms[alarm.kind.name.lower()] += 1
            self._log.alarm(alarm, now)

    def _changed(self, new: _Condition, now: int) -> None:
        old, self._condition = self._condition, new
        if new.linked != old.linked:
            self._log.write(now, Level.INFO if new.linked else Level.ERROR, "session", up=new.linked)
        if new.phase is not old.phase:
            self._log.write(now, Level.INFO if new.phase is Phase.OPEN else Level.WARNING, "trading",
                            phase=new.phase.value)
        if new.kills != old.kills:
            reasons = "; ".join(kill.reason for kill in self._book.kills.values())
            self._log.write(now, Level.ERROR if new.kills else Level.INFO, "kills", kills=new.kills, reasons=reasons)
        if new.breaker is not old.breaker:
            self._log.write(now, Level.INFO if new.breaker is BreakerState.CLOSED else Level.ERROR, "breaker",
                            state=new.breaker.value, why=self._book.breaker.why)

    def _gather(self, now: int) -> Iterator[None]:
        samples = [Sample("tickgate_snapshot_timestamp_seconds", now / _SECOND),
                   Sample("tickgate_log_lines_lost_total", self._log.lost),
                   *(Sample("tickgate_alarms_total", count, (kind,)) for kind, count in self.alarms.items())]
        for source in self._sources():
            for sample in source:
                if sample is None:
                    yield
                else:
                    samples.append(sample)
            yield
        self._publish(render(samples))

    def _sources(self) -> Iterator[sources.Source]:
        loop, book, ledger = self._loop, self._book, self._loop.ledger
        gate, names = loop.gateway.gate, self._names
        yield sources.loop(loop)
        yield sources.trading(book)
        yield sources.orders(book)
        yield sources.positions(ledger.positions, names)
        yield sources.latencies(self.latencies, book)
        if ledger.journal is not None:
            yield sources.journal(ledger.journal)
        yield sources.feed(gate)
        yield sources.books(loop.dispatch.views, names)
        yield sources.counters(gate)
        yield sources.limits(gate, names)
