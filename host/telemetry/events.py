"""The log of events: one JSON object a line."""

import json
from enum import IntEnum
from typing import TextIO

from host.oms.outputs import Alarm, AlarmKind
from host.positions.positions import BookingAlarm

__all__ = ["EventLog", "Level"]


class Level(IntEnum):
    """How urgent an event is."""

    INFO = 1
    WARNING = 2
    ERROR = 3


#: Alarms that are no warnings.
_LEVELS = {AlarmKind.STARTED: Level.INFO} | dict.fromkeys((
    AlarmKind.ILLEGAL, AlarmKind.DISAGREES, AlarmKind.OVERFILL, AlarmKind.BAD_EXECUTION, AlarmKind.GATE_SHORT,
    AlarmKind.GATE_REFUSED, AlarmKind.UNRESOLVED, AlarmKind.BREAKER, AlarmKind.KILL, AlarmKind.BREAK), Level.ERROR)


class EventLog:
    """Writes events to ``stream``, each at once, for programs that read lines.

    An object has ``time`` (ns since 1970), ``level``, ``event`` and the event's own fields. lost: lines that the stream
    did not take. Trading does not end with its log: the metrics tell of them (tickgate_log_lines_lost_total).
    """

    def __init__(self, stream: TextIO | None, *, least: Level = Level.INFO) -> None:
        """stream: None for nowhere. least: events of lower levels are left out."""
        self.lost = 0
        self._stream, self._least = stream, least

    def write(self, time: int, level: Level, event: str, **fields: object) -> None:
        """Write an event. fields: int, bool, str or None."""
        if self._stream is None or level < self._least:
            return
        line = json.dumps({"time": time, "level": level.name.lower(), "event": event} | fields)
        try:
            self._stream.write(line + "\n")
            self._stream.flush()
        except OSError:
            self.lost += 1

    def alarm(self, alarm: Alarm | BookingAlarm, now: int) -> None:
        """Write an alarm. now: for one that has no time."""
        if isinstance(alarm, BookingAlarm):
            self.write(now, Level.WARNING, "booking", kind=alarm.kind.name.lower(), text=str(alarm),
                       account=alarm.booked.account, symbol=alarm.booked.symbol, exec_id=alarm.booked.exec_id)
            return
        self.write(alarm.time, _LEVELS.get(alarm.kind, Level.WARNING), "alarm", kind=alarm.kind.name.lower(),
                   text=alarm.text, order=alarm.order or None)
