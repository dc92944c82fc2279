# Ref: FIX 4.4, OrderCancelReject (9): CxlRejReason (102), CxlRejResponseTo (434); Reject (3), BusinessMessageReject (j)
"""What becomes of requests that the venue refuses."""

from host.oms.book import Book
from host.oms.find import UNNAMED, known
from host.oms.inputs import CancelRejected, IntentKind, Refused
from host.oms.order import Flag, Order, Request, Stage
from host.oms.outputs import AlarmKind, Reason
from host.oms.requests import fail, finish, query, resume_cancel
from host.oms.states import OPEN, Event, State
from host.oms.status import ENDS
from wire.risk import Kind

__all__ = ["cancel_rejected", "refused"]

_SAID = {State.FILLED: Event.SAID_FILLED, State.SUSPENDED: Event.SUSPENDED, State.STOPPED: Event.STOPPED,
         State.DONE_FOR_DAY: Event.DONE_FOR_DAY}


def cancel_rejected(book: Book, reject: CancelRejected) -> None:
    """A cancel or replace is refused: what the order was before it is again, unless OrdStatus says better."""
    order = known(book, reject.cl_ord_id, reject.orig_cl_ord_id, reject.order_id)
    if order is None:
        book.alarm(AlarmKind.UNKNOWN_ORDER, 0, f"reject of {reject.cl_ord_id!r}, which is none of ours", reject.time)
        return
    request = _waiting(book, order, reject.cl_ord_id)
    if request is None:
        book.count("rejects of what is over")
        return
    fail(book, order, request, Reason.VENUE, reject.time, code=reject.reason, text=reject.text)
    if reject.order_id in UNNAMED:
        _doubt(book, order, f"the venue does not know it: {reject.text}", reject.time)
    else:
        _believe(book, order, reject)
    if not order.flags & Flag.UNRESOLVED:
        resume_cancel(book, order, reject.time)
    book.release(order)


def _waiting(book: Book, order: Order, name: bytes) -> Request | None:
    for number in (order.replace, order.cancel):
        request = book.requests.get(number)
        if request is not None and request.cl_ord_id == name and request.stage is Stage.VENUE:
            return request
    return None


def _believe(book: Book, order: Order, reject: CancelRejected) -> None:
    """OrdStatus of the reject wins over ours."""
    if reject.status in ENDS and order.working in OPEN:
        event, kind = ENDS[reject.status]
        finish(book, order, event, Reason.VENUE, reject.time, kind=kind, code=reject.reason, text=reject.text)
    elif reject.status in _SAID and order.working in OPEN and order.working is not reject.status:
        book.move(order, _SAID[reject.status], reject.time)
        if reject.status is State.FILLED:
            order.flags &= ~Flag.CANCEL_WANTED
            _doubt(book, order, f"said to be filled, {order.leaves} shares are open here", reject.time)


def _doubt(book: Book, order: Order, why: str, time: int) -> None:
    order.flags |= Flag.UNRESOLVED
    book.alarm(AlarmKind.UNRESOLVED, order.id, why, time)
    query(book, order, time)


def refused(book: Book, input_: Refused) -> None:
    """A message of ours was refused as such: its request is over."""
    request = next((one for one in book.requests.values() if one.stage is Stage.VENUE and (
        one.cl_ord_id == input_.cl_ord_id or (input_.seq and one.seq == input_.seq))), None)
    if request is None:
        book.alarm(AlarmKind.UNKNOWN_ORDER, 0, f"refused: message {input_.seq} {input_.cl_ord_id!r}: {input_.text}",
                   input_.time)
        return
    order = book.orders[request.order]
    if request.kind == IntentKind.NEW:
        finish(book, order, Event.REJECTED, Reason.VENUE, input_.time, kind=Kind.REJECTED, code=input_.reason,
               text=input_.text)
    else:
        fail(book, order, request, Reason.VENUE, input_.time, code=input_.reason, text=input_.text)
        resume_cancel(book, order, input_.time)
    if book.breaker.rejected(book.settings, input_.time):
        book.alarm(AlarmKind.BREAKER, order.id, book.breaker.why, input_.time)
