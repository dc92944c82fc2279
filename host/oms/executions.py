# Ref: FIX 4.4 volume 4 and appendix D (order state changes); FIX 4.2 likewise
"""What ExecutionReports do to orders."""

from collections.abc import Callable

from host.oms import fills, status
from host.oms.book import Book
from host.oms.find import find, remember
from host.oms.inputs import Clock, ExecKind, Execution, IntentKind, TimeInForce
from host.oms.kill import start_kill
from host.oms.order import Flag, Order, Stage
from host.oms.outputs import AlarmKind, DKReason, DontKnow, Reason, TellKind
from host.oms.requests import beyond, finish, query, resume_cancel
from host.oms.states import CLOSED, OPEN, Event, State
from wire.risk import Kind, OrderType

__all__ = ["execution"]

#: What the venue says before it decides.
_PENDING = (ExecKind.PENDING_NEW, ExecKind.PENDING_CANCEL, ExecKind.PENDING_REPLACE)
#: Whose rest is cancelled by nature.
_AT_ONCE = (TimeInForce.IOC, TimeInForce.FOK)


def execution(book: Book, report: Execution) -> None:
    """Apply an ExecutionReport, once; its ExecID counts as seen when that is done."""
    if report.session in book.settings.drop_copies:
        if report.kind in (ExecKind.TRADE, ExecKind.CORRECT):
            book.copies[report.order_id, report.exec_id] = report.last_shares, report.last_price
        return
    if report.kind is ExecKind.STATUS:
        status.status(book, report)
        return
    order = find(book, report)
    if order is None:
        book.count("dropped executions")
        return
    seen = book.seen.setdefault((report.session, report.day), {})
    if report.exec_id in seen:
        book.count("duplicate executions")
        _status_of_duplicate(book, order, report)
        return
    if not _sane(book, order, report):
        return
    remember(book, order, report)
    if report.kind not in _PENDING:
        _acknowledge(book, order, report)
    _HANDLERS[report.kind](book, order, report)
    seen[report.exec_id] = None
    _agree(book, order, report)
    resume_cancel(book, order, report.time)
    book.release(order)


def _sane(book: Book, order: Order, report: Execution) -> bool:
    """Return whether the report can be about this order; what cannot is not applied, nor counted as seen."""
    trade = report.kind in (ExecKind.TRADE, ExecKind.CORRECT)
    if report.side != order.side or report.symbol != order.symbol:
        doubt, text = DKReason.WRONG_SIDE, f"side {report.side.name} of symbol {report.symbol}"
        if report.symbol != order.symbol:
            doubt = DKReason.UNKNOWN_SYMBOL
    elif trade and (report.last_shares < 1 or report.last_price < 1):
        doubt, text = DKReason.OTHER, f"{report.last_shares} shares at {report.last_price}"
    else:
        return True
    order.flags |= Flag.UNRESOLVED
    book.alarm(AlarmKind.BAD_EXECUTION, order.id, f"{report.exec_id!r}: {text}", report.time)
    if trade:
        _dont_know(book, order, report, doubt)
    return False


def _dont_know(book: Book, order: Order, report: Execution, doubt: DKReason) -> None:
    if book.settings.dont_know:
        book.out.append(DontKnow(doubt, report.order_id, report.exec_id, report.symbol, report.side, order.shares,
                                 report.last_shares, report.last_price))


def _status_of_duplicate(book: Book, order: Order, report: Execution) -> None:
    """A duplicate adds nothing, but may be the first to say that the order is over."""
    ending = status.ENDS.get(report.status)
    if ending is not None and order.working in OPEN and report.cum_shares == order.cum:
        event, kind = ending
        finish(book, order, event, Reason.VENUE, report.time, kind=kind, code=report.reason, text=report.text)


def _acknowledge(book: Book, order: Order, report: Execution) -> None:
    """The venue has the order: whatever it says first says so."""
    request = book.requests.pop(order.entry, None)
    order.entry = 0
    if order.times.acked is None and not order.flags & Flag.FOREIGN:
        order.times.acked = book.stamp(Clock.VENUE, report.venue_time)
        if request is not None and book.breaker.answered(book.settings, report.time - request.since, report.time):
            book.alarm(AlarmKind.BREAKER, order.id, book.breaker.why, report.time)


def _new(book: Book, order: Order, report: Execution) -> None:
    if order.working is State.REJECTED and order.flags & Flag.PRESUMED:
        status.revive(book, order, report)
        return
    if book.move(order, Event.ACK, report.time):
        if order.gate is not None:
            book.report(order, order.gate.ack())
        book.tell(TellKind.ORDER, order, report.time)


def _trade(book: Book, order: Order, report: Execution) -> None:
    if order.flags & Flag.ESTIMATED and fills.take_over(book, order, report):
        book.count("fills that an estimate had")
        return
    if order.working is State.REJECTED and order.flags & Flag.PRESUMED and report.leaves:
        status.revive(book, order, report)
    late = order.working in CLOSED or order.working is State.DONE_FOR_DAY
    over = report.last_shares > order.leaves and not late
    order.leaves = max(0, order.leaves - report.last_shares)
    fills.add(book, order, report)
    if late:
        order.flags |= Flag.LATE_FILL
        book.alarm(AlarmKind.LATE_FILL, order.id, f"{report.last_shares} shares while {order.working.value}",
                   report.time)
    if over or order.cum > order.shares:
        order.flags |= Flag.OVERFILLED
        book.alarm(AlarmKind.OVERFILL, order.id, f"{order.cum} of {order.shares} shares", report.time)
        _dont_know(book, order, report, DKReason.QUANTITY_EXCEEDS_ORDER)
        if book.settings.kill_on_overfill:
            start_kill(book, -1, -1, f"overfill of order {order.id}", "oms", report.time)
    if _beyond_limit(book, order, report):
        book.alarm(AlarmKind.BAD_EXECUTION, order.id, f"filled at {report.last_price}, limit {order.price}",
                   report.time)
        _dont_know(book, order, report, DKReason.PRICE_EXCEEDS_LIMIT)
    book.move(order, Event.FILL, report.time)
    if not order.open:
        order.flags &= ~Flag.CANCEL_WANTED
    book.tell(TellKind.FILL, order, report.time, shares=report.last_shares, price=report.last_price)


def _beyond_limit(book: Book, order: Order, report: Execution) -> bool:
    """Return whether the price is worse than the order's, and than that of a replace which may have taken effect."""
    if order.type != OrderType.LIMIT or not order.price:
        return False
    request = book.requests.get(order.replace)
    limits = [order.price] if request is None else [order.price, request.price]
    return report.last_price > max(limits) if order.sign > 0 else report.last_price < min(limits)


def _bust(book: Book, order: Order, report: Execution) -> None:
    fill = fills.find(order, report)
    if fill is None or not fill.shares:
        what = "no fill" if fill is None else "busted already"
        book.alarm(AlarmKind.UNKNOWN_BUST, order.id, f"{report.exec_ref_id!r}: {what}", report.time)
        return
    shares, price = fill.shares, fill.price
    if report.kind is ExecKind.BUST:
        fills.bust(book, order, report, fill)
    else:
        fills.correct(book, order, report, fill)
    if (order.working in OPEN or order.working is State.FILLED) and report.status not in status.ENDS:
        _reopen(book, order, report)
    bust = report.kind is ExecKind.BUST
    book.move(order, Event.BUST if bust else Event.CORRECT, report.time)
    if bust:
        book.tell(TellKind.BUST, order, report.time, shares=shares, price=price)
    else:
        book.tell(TellKind.CORRECT, order, report.time, shares=report.last_shares, price=report.last_price)


def _reopen(book: Book, order: Order, report: Execution) -> None:
    """Some venues work busted shares again: LeavesQty says so."""
    if report.leaves > order.leaves and order.gate is not None:
        beyond(book, order, order.gate.restated(report.leaves)[1], report.time)
    order.leaves = report.leaves


def _replaced(book: Book, order: Order, report: Execution) -> None:
    request = book.requests.get(order.replace)
    ours = request is not None and request.stage is Stage.VENUE and report.cl_ord_id == request.cl_ord_id
    before = order.shares, order.price, order.leaves, order.cl_ord_id
    order.shares, order.price, order.leaves = report.shares, report.price, report.leaves
    order.cl_ord_id = report.cl_ord_id
    if not book.move(order, Event.REPLACED, report.time):
        order.shares, order.price, order.leaves, order.cl_ord_id = before
        return
    if order.gate is not None:
        needed, rest = (order.gate.replaced if ours else order.gate.restated)(report.leaves)
        book.report(order, needed)
        beyond(book, order, rest, report.time)
    if ours and request is not None:
        book.end_request(order, request, report.time)
        book.tell(TellKind.ORDER, order, report.time, request=IntentKind.REPLACE, ref=request.ref)
    else:
        _unsolicited(book, order, report, "replaced")
        book.tell(TellKind.ORDER, order, report.time, reason=Reason.UNSOLICITED)


def _restated(book: Book, order: Order, report: Execution) -> None:
    """ExecRestatementReason (378) says why: a venue's own decision, or an order that is good for another day."""
    before = order.shares, order.price, order.leaves
    order.shares, order.price, order.leaves = report.shares, report.price, report.leaves
    if not book.move(order, Event.RESTATED, report.time):
        order.shares, order.price, order.leaves = before
        return
    if order.gate is not None:
        needed, rest = order.gate.restated(report.leaves)
        book.report(order, needed)
        beyond(book, order, rest, report.time)
    if not report.leaves:
        book.end_requests(order, report.time)
    _unsolicited(book, order, report, f"restated, reason {report.reason}")
    book.tell(TellKind.ORDER, order, report.time, reason=Reason.UNSOLICITED, code=report.reason)


def _unsolicited(book: Book, order: Order, report: Execution, what: str) -> None:
    order.flags |= Flag.UNSOLICITED
    book.alarm(AlarmKind.UNSOLICITED, order.id, f"{what}: {report.text}" if report.text else what, report.time)


def _ended(book: Book, order: Order, report: Execution) -> None:
    """Cancelled, rejected, expired."""
    event, kind = status.ENDS[status.STATES[report.kind]]
    request = book.requests.get(order.cancel)
    asked = request is not None and report.cl_ord_id == request.cl_ord_id
    unasked = report.kind is ExecKind.CANCELLED and not asked and order.time_in_force not in _AT_ONCE
    reason = Reason.ASKED if asked else Reason.UNSOLICITED if unasked else Reason.VENUE
    if not finish(book, order, event, reason, report.time, kind=kind, code=report.reason, text=report.text):
        return
    if asked:
        order.cl_ord_id = report.cl_ord_id
    if unasked:
        _unsolicited(book, order, report, "cancelled")
    if report.kind is ExecKind.REJECTED and book.breaker.rejected(book.settings, report.time):
        book.alarm(AlarmKind.BREAKER, order.id, book.breaker.why, report.time)


def _day_done(book: Book, order: Order, report: Execution) -> None:
    """The order is worked no more today; one that is good for longer keeps what the gate reserved for it."""
    if not book.move(order, Event.DONE_FOR_DAY, report.time):
        return
    order.leaves = 0
    if not order.carried and order.gate is not None:
        book.report(order, order.gate.end(Kind.EXPIRED))
    book.end_requests(order, report.time)
    book.tell(TellKind.ORDER, order, report.time)


def _plain(event: Event) -> Callable[[Book, Order, Execution], None]:
    def handler(book: Book, order: Order, report: Execution) -> None:
        if book.move(order, event, report.time):
            book.tell(TellKind.ORDER, order, report.time)

    return handler


def _pending(book: Book, order: Order, report: Execution) -> None:
    """The venue has a request, and has not decided: nothing changes."""
    book.count("pending reports")


_HANDLERS: dict[ExecKind, Callable[[Book, Order, Execution], None]] = {
    ExecKind.NEW: _new, ExecKind.TRADE: _trade, ExecKind.BUST: _bust, ExecKind.CORRECT: _bust,
    ExecKind.PENDING_NEW: _pending, ExecKind.PENDING_CANCEL: _pending, ExecKind.PENDING_REPLACE: _pending,
    ExecKind.REPLACED: _replaced, ExecKind.RESTATED: _restated, ExecKind.CANCELLED: _ended,
    ExecKind.REJECTED: _ended, ExecKind.EXPIRED: _ended, ExecKind.DONE_FOR_DAY: _day_done,
    ExecKind.SUSPENDED: _plain(Event.SUSPENDED), ExecKind.STOPPED: _plain(Event.STOPPED),
    ExecKind.CALCULATED: _plain(Event.CALCULATED)}


def _agree(book: Book, order: Order, report: Execution) -> None:
    """Compare what the venue says with what we make of it; where they differ the venue is asked."""
    found = status.differences(order, report)
    if not found:
        if not book.requests.get(order.cancel) and not book.requests.get(order.replace):
            order.flags &= ~Flag.UNRESOLVED
        return
    book.alarm(AlarmKind.DISAGREES, order.id, f"{report.exec_id!r}: {', '.join(found)}", report.time)
    if not order.flags & Flag.UNRESOLVED:
        order.flags |= Flag.UNRESOLVED
        query(book, order, report.time)
