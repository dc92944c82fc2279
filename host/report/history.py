"""From a journal to tables: its inputs are folded anew, and what they led to is noted on the way."""

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from host.journal.journal import Entry, JournalReader
from host.oms.inputs import Execution, Kill, Linked, Resume, Sent, Started, Unlinked, Verdict
from host.oms.order import Order, Stamp
from host.oms.outputs import Alarm, AlarmKind, Killed, Reason, Tell, TellKind
from host.oms.settings import Settings
from host.oms.states import State
from host.positions.booked import Booked
from host.positions.positions import BookingAlarm
from host.report.data import BOOKED, FILL, ORDER, Event, Passage, Table, Traded
from host.run.ledger import INPUTS, Ledger
from wire.risk import Kind, Rule

__all__ = ["GATE_REFUSED", "history", "open_orders", "read_history", "state_name"]

#: The state of an order that never left.
GATE_REFUSED = "Refused By Gate"
_STATES = list(State)


def state_name(order: Order) -> str:
    """Return the state of an order for people: OrdStatus, but for one that the gate has refused."""
    return GATE_REFUSED if _refused(order) else order.state.value


def open_orders(path: Path) -> int | None:
    """Return how many places the gate had when the journal ``path`` was written: the first token of a place is one of
    that number and twice of it. None when the gate decided on no order. Raises LogError; OSError."""
    with JournalReader(path, INPUTS) as reader:
        tokens = (entry.record.token for entry in reader.poll()
                  if isinstance(entry.record, Verdict) and entry.record.kind == Kind.NEW)
        first = next(tokens, None)
    return None if not first else 1 << (first.bit_length() - 1)


def read_history(path: Path, settings: Settings | None = None) -> Traded:
    """Return what the journal ``path`` tells. settings: of its order manager; None for those of a loop without others.

    Raises LogError, LedgerError (it was written with other settings); OmsError; OSError.
    """
    if settings is None:
        settings = Settings(open_orders=open_orders(path) or Settings.open_orders)
    with JournalReader(path, INPUTS) as reader:
        traded = _History(settings)
        traded.take(reader.poll())
        torn = reader.torn
    return traded.end(torn)


def history(entries: Iterable[Entry], settings: Settings) -> Traded:
    """Return what ``entries`` tell. Raises as read_history."""
    traded = _History(settings)
    traded.take(entries)
    return traded.end(0)


class _History:
    """Notes what a journal tells, entry by entry."""

    def __init__(self, settings: Settings) -> None:
        self._ledger = Ledger(settings)
        self._ledger.on_alarm = self._booking_alarm
        self._begin = self._time = self._lives = self._accepted = self._refused = 0
        self._orders: dict[int, Order] = {}
        self._shown: dict[int, str] = {}
        #: Order to when the host heard of it, and of its first fill.
        self._answered: dict[int, int] = {}
        self._executed: dict[int, int] = {}
        self._paths, self._inputs = Counter[Passage](), Counter[str]()
        self._rules, self._turned_away = Counter[str](), Counter[str]()
        self._bookings: list[tuple[int, ...]] = []
        self._events: list[Event] = []
        self._told_already = False
        #: Of bookings, the outputs are noted; as entries they come again.
        self._inward: dict[type, Callable[[Any], None]] = {
            Started: self._started, Verdict: self._decided, Kill: self._killed, Resume: self._resumed,
            Linked: self._linked, Unlinked: self._unlinked}
        self._outward: dict[type, Callable[[Any], None]] = {
            Booked: self._booked, Alarm: self._alarmed, Killed: self._killed_all, Tell: self._told}

    def take(self, entries: Iterable[Entry]) -> None:
        """Fold ``entries`` and note what they led to."""
        book = self._ledger.oms.book
        for entry in entries:
            record = entry.record
            if not isinstance(record, Booked):
                self._time = record.time
                self._begin = self._begin or record.time
                self._inputs[type(record).__name__] += 1
            request = book.requests.get(record.request) if isinstance(record, Verdict | Sent) else None
            outputs = self._ledger.recall(entry)
            # A kill and its end are alarms, too.
            self._told_already = isinstance(record, Kill | Resume)
            for notes, abouts in ((self._inward, (record,)), (self._outward, outputs)):
                for about in abouts:
                    if (note := notes.get(type(about))) is not None:
                        note(about)
            if isinstance(record, Execution):
                self._answered.setdefault(book.chains.get(record.cl_ord_id, 0), record.time)
            touched = {output.order for output in outputs if isinstance(output, Tell)}
            if request is not None:
                touched.add(request.order)
            for number in touched:
                self._look(number)

    def end(self, torn: int) -> Traded:
        """Return what was noted. torn: see Traded."""
        book = self._ledger.oms.book
        self._orders.update(book.orders)
        for number in self._orders:
            self._look(number)
        orders = self._orders.values()
        return Traded(
            begin=self._begin, end=self._time, orders=_table([(
                *_order_row(order), self._answered.get(order.id, 0), self._executed.get(order.id, 0))
                for order in orders], ORDER),
            fills=_table(sorted(row for order in orders for row in _fill_rows(order)), FILL),
            bookings=_table(self._bookings, BOOKED), paths=dict(self._paths), inputs=dict(self._inputs),
            turned_away=dict(self._turned_away), accepted=self._accepted, refused=self._refused,
            rules=dict(self._rules), events=tuple(self._events), torn=torn, lives=self._lives)

    def _look(self, number: int) -> None:
        """Note it when order ``number`` is in another state than before."""
        order = self._ledger.oms.book.orders.get(number) or self._orders.get(number)
        if order is None:
            return
        self._orders[number] = order
        before, now = self._shown.get(number, ""), state_name(order)
        if before != now:
            self._shown[number] = now
            self._paths[Passage(before, now)] += 1

    def _event(self, kind: str, text: str, *, grave: bool = False) -> None:
        self._events.append(Event(self._time, kind, text, grave))

    def _started(self, _: Started) -> None:
        self._lives += 1

    def _decided(self, verdict: Verdict) -> None:
        if verdict.accepted:
            self._accepted += 1
            return
        self._refused += 1
        self._rules.update(rule.name for rule in Rule(verdict.mask) if rule.name)

    def _killed(self, kill: Kill) -> None:
        self._event("kill", f"by {kill.by}: {kill.reason}", grave=True)

    def _resumed(self, resume: Resume) -> None:
        self._event("resume", f"by {resume.by}: {resume.reason}")

    def _linked(self, _: Linked) -> None:
        self._event("session up", "the session to the venue is logged on")

    def _unlinked(self, _: Unlinked) -> None:
        self._event("session down", "the session to the venue is lost", grave=True)

    def _booked(self, booked: Booked) -> None:
        one = self._ledger.positions.position(booked.account, booked.symbol)
        self._bookings.append((self._time, one.account, one.symbol, one.shares, one.cost, one.realised, one.fees,
                               booked.price))

    def _alarmed(self, alarm: Alarm) -> None:
        if not self._told_already:
            self._event(alarm.kind.value, alarm.text, grave=alarm.kind is not AlarmKind.STARTED)

    def _killed_all(self, killed: Killed) -> None:
        left = f"{len(killed.left)} orders could not be cancelled" if killed.left else "nothing rests"
        self._event("kill done", left, grave=bool(killed.left))

    def _booking_alarm(self, alarm: BookingAlarm) -> None:
        self._event("booking", str(alarm), grave=True)

    def _told(self, tell: Tell) -> None:
        if tell.kind is TellKind.REFUSED:
            self._turned_away[tell.reason.value] += 1
        elif tell.kind is TellKind.FILL:
            self._executed.setdefault(tell.order, tell.time)


def _refused(order: Order) -> bool:
    """Return whether the gate has kept the order back."""
    return order.reason is Reason.GATE and order.state is State.REJECTED


def _table(rows: list[tuple[int, ...]], dtype: np.dtype[Any]) -> Table:
    return np.array(rows, dtype)


def _at(stamp: Stamp | None) -> int:
    return 0 if stamp is None else stamp.time


def _order_row(order: Order) -> tuple[int, ...]:
    times = order.times
    filled = min((fill.stamp.time for fill in order.fills.values()), default=0)
    return (order.id, order.strategy, order.account, order.symbol, order.side, _STATES.index(order.state),
            _refused(order), sum(fill.shares > 0 for fill in order.fills.values()), order.shares, order.price,
            order.cum, _at(times.decided), _at(times.written), _at(times.gated), _at(times.sent), _at(times.acked),
            filled, _at(times.final))


def _fill_rows(order: Order) -> list[tuple[int, ...]]:
    return [(fill.stamp.time, order.id, order.account, order.symbol, order.sign, fill.shares, fill.price)
            for fill in order.fills.values() if fill.shares]
