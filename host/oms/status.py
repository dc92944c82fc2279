# Ref: FIX 4.4, OrderStatusRequest (H), OrderMassStatusRequest (AF), ExecType I; FIX 4.2, ExecTransType 3
"""What the venue's word on the status of an order does: it is no trade, but the truth where we missed something."""

from host.oms import fills, recovery
from host.oms.book import Book
from host.oms.find import UNNAMED, find, known, remember
from host.oms.inputs import ExecKind, Execution
from host.oms.order import Flag, Order, Stage
from host.oms.outputs import AlarmKind, Reason, TellKind
from host.oms.requests import beyond, fail, finish, resume_cancel
from host.oms.states import CLOSED, OPEN, Event, State
from wire.risk import Kind

__all__ = ["ENDS", "STATES", "differences", "revive", "status"]

#: How an order ends, by OrdStatus, and what the gate is told.
ENDS = {State.CANCELLED: (Event.CANCELLED, Kind.CANCELLED), State.EXPIRED: (Event.EXPIRED, Kind.EXPIRED),
        State.REJECTED: (Event.REJECTED, Kind.REJECTED)}
STATES = {ExecKind.CANCELLED: State.CANCELLED, ExecKind.EXPIRED: State.EXPIRED, ExecKind.REJECTED: State.REJECTED}

_ASKING = (State.PENDING_CANCEL, State.PENDING_REPLACE)
_ALIKE = {State.REPLACED: State.NEW, State.PENDING_NEW: State.NEW}
_SAID = {State.SUSPENDED: Event.SUSPENDED, State.STOPPED: Event.STOPPED, State.DONE_FOR_DAY: Event.DONE_FOR_DAY,
         State.CALCULATED: Event.CALCULATED}

_UNASKED = -1


def differences(order: Order, report: Execution) -> list[str]:
    """Return what the report says otherwise than we see it: CumQty, LeavesQty, OrdStatus."""
    found = []
    if report.cum_shares != order.cum:
        found.append(f"CumQty {report.cum_shares}, ours {order.cum}")
    if report.leaves != order.leaves:
        found.append(f"LeavesQty {report.leaves}, ours {order.leaves}")
    said, ours = (_ALIKE.get(state, state) for state in (report.status, order.working))
    busted = bool(order.flags & Flag.BUSTED) and {said, ours} == {State.FILLED, State.CANCELLED}
    if said not in (ours, order.state, *_ASKING) and not busted:
        found.append(f"OrdStatus {report.status.value}, ours {order.working.value}")
    return found


def status(book: Book, report: Execution) -> None:
    """Take a status report. While recovering it settles what is under way, too."""
    ours = book.recovery
    if report.mass_id:
        if report.mass_id != recovery.mass_id(book) or ours.mass:
            book.count("answers to older mass status requests")
            return
        ours.heard += 1
        if report.order_id not in UNNAMED:
            order = find(book, report)
            if order is not None:
                ours.answered[order.id] = None
                _settle(book, order, report, ours.turn)
        if report.mass_last or ours.heard >= report.mass_total:
            ours.mass = True
            recovery.ask_rest(book, report.time)
    else:
        order = known(book, report.cl_ord_id, report.orig_cl_ord_id, report.order_id)
        if order is None:
            book.alarm(AlarmKind.UNKNOWN_ORDER, 0, f"status of {report.cl_ord_id!r}, which is none of ours",
                       report.time)
            return
        # What was resent may answer a question of an earlier connection.
        turn = _UNASKED if report.possible_duplicate else ours.waiting.pop(order.id, _UNASKED)
        if report.order_id in UNNAMED and report.status is State.REJECTED:
            _unknown(book, order, report)
        else:
            _settle(book, order, report, turn)
    recovery.check(book, report.time)


def _unknown(book: Book, order: Order, report: Execution) -> None:
    """The venue never had the order, or says so."""
    if order.working is State.PENDING_NEW:
        finish(book, order, Event.REJECTED, Reason.UNSENT, report.time, kind=Kind.REJECTED, code=report.reason,
               text=report.text)
        order.flags &= ~Flag.UNRESOLVED
    elif order.working in OPEN:
        order.flags |= Flag.UNRESOLVED
        book.alarm(AlarmKind.UNRESOLVED, order.id, f"the venue does not know it, we have it {order.working.value}",
                   report.time)


def _settle(book: Book, order: Order, report: Execution, turn: int) -> None:
    """turn: of the last request that went to the venue before it was asked. The answer comes behind what the venue made
    of that request and of all before it, resent ones too: what it does not show of them has not happened. _UNASKED when
    it was not asked to recover: then the answer shows what has happened, and of the rest it says nothing."""
    remember(book, order, report)
    _chain(book, order, report, turn)
    _quantities(book, order, report, whole=turn != _UNASKED)
    _state(book, order, report)
    cancel = book.requests.get(order.cancel)
    if cancel is not None and cancel.stage is Stage.VENUE and cancel.turn <= turn:
        fail(book, order, cancel, Reason.UNSENT, report.time)
    found = differences(order, report)
    if found:
        order.flags |= Flag.UNRESOLVED
        book.alarm(AlarmKind.DISAGREES, order.id, f"status: {', '.join(found)}", report.time)
    elif not order.cancel and not order.replace:
        order.flags &= ~Flag.UNRESOLVED
    resume_cancel(book, order, report.time)
    book.release(order)


def _chain(book: Book, order: Order, report: Execution, turn: int) -> None:
    """See by its ClOrdID whether a replace took effect; if it does not show and went out in that turn or before, it did
    not."""
    request = book.requests.get(order.replace)
    if request is None or request.stage is not Stage.VENUE:
        return
    if report.cl_ord_id == request.cl_ord_id and report.status not in _ASKING:
        filled = max(0, report.shares - order.cum)
        order.shares, order.price, order.cl_ord_id = report.shares, report.price, report.cl_ord_id
        order.leaves = filled if report.cum_shares > order.cum else report.leaves
        book.end_request(order, request, report.time)
        if order.gate is not None:
            needed, rest = order.gate.replaced(order.leaves)
            book.report(order, needed)
            beyond(book, order, rest, report.time)
        if order.working not in CLOSED:
            book.move(order, Event.REPLACED, report.time)
    elif request.turn <= turn:
        fail(book, order, request, Reason.UNSENT, report.time)


def _quantities(book: Book, order: Order, report: Execution, whole: bool) -> None:
    """Take fills that we never heard of, and shares that the venue took away unheard."""
    missed = report.cum_shares - order.cum
    if not whole or missed < 0:
        return
    if missed:
        book.alarm(AlarmKind.DISAGREES, order.id, f"{missed} shares were filled that we never heard of", report.time)
        rest = max(0, order.leaves - missed)
        order.leaves = rest if report.status in ENDS else report.leaves
        order.shares = report.shares or order.shares
        order.flags |= Flag.UNSOLICITED if order.leaves != rest else 0
        fills.estimate(book, order, report)
        book.move(order, Event.FILL, report.time)
        book.tell(TellKind.FILL, order, report.time, shares=missed)
        _restated(book, order, report)
    elif order.working in OPEN and report.leaves != order.leaves and report.status not in ENDS:
        book.alarm(AlarmKind.UNSOLICITED, order.id, f"{report.leaves} of {report.shares} shares open, ours "
                   f"{order.leaves} of {order.shares}", report.time)
        order.flags |= Flag.UNSOLICITED
        order.shares, order.leaves = report.shares, report.leaves
        book.move(order, Event.RESTATED if report.leaves else Event.SAID_FILLED, report.time)
        _restated(book, order, report)


def _restated(book: Book, order: Order, report: Execution) -> None:
    if order.gate is not None and order.working not in CLOSED:
        needed, rest = order.gate.restated(order.leaves)
        book.report(order, needed)
        beyond(book, order, rest, report.time)


def _state(book: Book, order: Order, report: Execution) -> None:
    if order.working is State.REJECTED and order.flags & Flag.PRESUMED and report.leaves:
        revive(book, order, report)
    if report.status is not State.PENDING_NEW and order.entry in book.requests:
        del book.requests[order.entry]
        order.entry = 0
    if order.working is State.PENDING_NEW and report.leaves and report.status is not State.PENDING_NEW:
        if book.move(order, Event.ACK, report.time) and order.gate is not None:
            book.report(order, order.gate.ack())
        book.tell(TellKind.ORDER, order, report.time)
    if report.status in ENDS and order.working in OPEN and report.cum_shares == order.cum:
        event, kind = ENDS[report.status]
        finish(book, order, event, Reason.VENUE, report.time, kind=kind, code=report.reason, text=report.text)
    elif report.status in _SAID and order.working is not report.status:
        book.move(order, _SAID[report.status], report.time)
        order.leaves = report.leaves


def revive(book: Book, order: Order, report: Execution) -> None:
    """An order that was given up is open: the gate has let it go, so it is cancelled at once."""
    order.leaves = report.leaves + (report.last_shares if report.kind is ExecKind.TRADE else 0)
    if not book.move(order, Event.REVIVED, report.time):
        return
    order.flags = order.flags & ~Flag.PRESUMED | Flag.REVIVED | Flag.CANCEL_WANTED
    order.cancel_tries = 0
    order.reason = Reason.NONE
    book.alarm(AlarmKind.REVIVED, order.id, f"{order.leaves} shares, which the gate has let go; cancelled", report.time)
    resume_cancel(book, order, report.time)
