"""The order manager: a fold of inputs into state and outputs."""

from collections.abc import Callable
from typing import Any

from host.oms import executions, front, kill, recovery, rejects, timeouts
from host.oms.book import Book
from host.oms.ids import Places
from host.oms.inputs import (
    Accept,
    CancelRejected,
    ClockError,
    Execution,
    GateRead,
    GateShut,
    Input,
    Intend,
    Kill,
    Linked,
    NewDay,
    PositionsRefused,
    PositionTold,
    Refused,
    ReportDone,
    Resume,
    Sent,
    Started,
    Timer,
    Unlinked,
    Verdict,
    Written,
)
from host.oms.order import Flag, Order
from host.oms.outputs import Output
from host.oms.queue import RequestQueue
from host.oms.settings import Settings

__all__ = ["Oms", "OmsError"]


class OmsError(Exception):
    """An input that cannot come where it comes; the text names it."""


class Oms:
    """Handles one input after the other. The journal holds the inputs; the same inputs make the same state, byte for
    byte, and the same outputs. It is used by one thread; ``book`` may be read between inputs.
    """

    def __init__(self, settings: Settings) -> None:
        self.book = Book(settings, Places(settings.open_orders), RequestQueue(settings.queue))

    def take(self, input_: Input) -> list[Output]:
        """Apply ``input_``; return what is to be done, in order.

        Raises OmsError when the first input is not Started, IdError for an epoch that is not greater than the last.
        """
        book = self.book
        if not book.ids.epoch and not isinstance(input_, Started):
            raise OmsError(f"{type(input_).__name__}: the first input must be Started")
        _HANDLERS[type(input_)](book, input_)
        front.pump(book, input_.time)
        if book.kills:
            kill.check(book, input_.time)
        out, book.out = book.out, []
        return out

    def snapshot(self) -> bytes:
        """Return all state as bytes."""
        return self.book.snapshot()


def _clock_error(book: Book, input_: ClockError) -> None:
    book.errors[input_.clock] = input_.error


def _placed(book: Book, order: Order) -> bool:
    """Return whether the order still has its place in the gate."""
    entry = order.gate
    return entry is not None and book.places.live.get(entry.token % book.places.count) == entry.token


def _new_day(book: Book, input_: NewDay) -> None:
    """Forget orders that are over and of which nothing is awaited, and the ExecIDs of the day before the last."""
    book.day = input_.day
    busy = {request.order for request in book.requests.values()} | book.recovery.waiting.keys()
    over = {order.id for order in book.orders.values() if not order.open and not order.carried
            and order.id not in busy and not order.flags & Flag.UNRESOLVED and not _placed(book, order)}
    for number in over:
        del book.orders[number]
    for names in (book.chains, book.names):
        for name in [name for name, number in names.items() if number in over]:
            del names[name]
    for key in [key for key in book.seen if key[1] < input_.day - 1]:
        del book.seen[key]
    book.copies.clear()


_HANDLERS: dict[type, Callable[[Book, Any], None]] = {
    Accept: recovery.accept, CancelRejected: rejects.cancel_rejected, ClockError: _clock_error,
    Execution: executions.execution, GateRead: recovery.gate_read, GateShut: kill.gate_shut, Intend: front.intend,
    Kill: kill.kill, Linked: recovery.linked, NewDay: _new_day, PositionTold: recovery.position_told,
    PositionsRefused: recovery.positions_refused, Refused: rejects.refused, ReportDone: front.report_done,
    Resume: kill.resume, Sent: front.sent, Started: recovery.started, Timer: timeouts.timer,
    Unlinked: recovery.unlinked, Verdict: front.verdict, Written: front.written}
