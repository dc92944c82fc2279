"""What becomes of requests: asked, sent, failed; and how orders are cancelled and ended."""

from host.oms.book import Book
from host.oms.ids import cl_ord_id
from host.oms.inputs import IntentKind
from host.oms.order import Flag, Order, Request, Stage
from host.oms.outputs import AlarmKind, Reason, TellKind, ToVenue, VenueKind
from host.oms.states import Event, Step
from wire.risk import Kind

__all__ = ["ask", "beyond", "cancel_order", "fail", "finish", "query", "resume_cancel", "send"]


def ask(book: Book, order: Order, kind: IntentKind, ref: int, shares: int, price: int, time: int, *,
        number: int = 0) -> Request:
    """Make a request; its id is ``number``, or a new one."""
    number = number or book.ids.take()
    request = Request(number, order.id, kind, ref, cl_ord_id(number), shares, price, time)
    book.requests[number] = request
    book.chains[request.cl_ord_id] = order.id
    return request


def send(book: Book, order: Order, request: Request, time: int) -> None:
    """Let a request go to the venue."""
    book.turns += 1
    request.stage, request.since, request.turn = Stage.VENUE, time, book.turns
    orig = b"" if request.kind == IntentKind.NEW else order.cl_ord_id
    if orig:
        book.step(order, Step.ASK_REPLACE if request.kind == IntentKind.REPLACE else Step.ASK_CANCEL, time)
    shares = order.shares if request.kind == IntentKind.CANCEL else request.shares
    book.out.append(ToVenue(VenueKind(request.kind), request.id, request.cl_ord_id, orig, order.order_id, order.account,
                            order.symbol, order.side, order.type, order.time_in_force, shares, request.price))
    book.tell(TellKind.ORDER, order, time, request=request.kind, ref=request.ref)


def cancel_order(book: Book, order: Order, time: int, *, ref: int = 0, direct: bool = False) -> None:
    """Have an open order cancelled, wherever it is. direct: not by way of the gate."""
    order.flags |= Flag.CANCEL_WANTED
    order.cancel_tries = 0
    entry, replace = book.requests.get(order.entry), book.requests.get(order.replace)
    if entry is not None and entry.stage is Stage.QUEUED:
        finish(book, order, Event.CANCELLED, Reason.ASKED, time)
    elif entry is None or entry.stage is Stage.VENUE:
        if replace is not None and replace.stage is Stage.QUEUED:
            fail(book, order, replace, Reason.CANCEL_WANTED, time)
        resume_cancel(book, order, time, ref=ref, direct=direct)


def resume_cancel(book: Book, order: Order, time: int, *, ref: int = 0, direct: bool = False) -> None:
    """Ask for the cancel that is wanted, if none is under way, the session stands, and there are tries left."""
    entry = book.requests.get(order.entry)
    if (not order.flags & Flag.CANCEL_WANTED or order.cancel or not book.linked or not order.open
            or (entry is not None and entry.stage is not Stage.VENUE)):
        return
    if order.cancel_tries >= book.settings.cancel_tries:
        order.flags &= ~Flag.CANCEL_WANTED
        return
    order.cancel_tries += 1
    request = ask(book, order, IntentKind.CANCEL, ref, 0, 0, time)
    order.cancel = request.id
    past = direct or bool(book.kills) or order.gate is None or not order.gate.live
    if past or not book.queue.put(IntentKind.CANCEL, request.id):
        send(book, order, request, time)


def beyond(book: Book, order: Order, shares: int, time: int) -> None:
    """The venue works ``shares`` that the gate does not hold: the order has to go."""
    if shares:
        order.flags |= Flag.BEYOND_GATE | Flag.CANCEL_WANTED
        order.cancel_tries = 0
        book.alarm(AlarmKind.GATE_SHORT, order.id, f"{shares} shares are open, unknown to the gate; cancelled", time)


def fail(book: Book, order: Order, request: Request, reason: Reason, time: int, *, code: int = 0, text: str = "",
         mask: int = 0) -> None:
    """A replace or cancel came to nothing; the order goes on as before."""
    book.end_request(order, request, time)
    if request.kind == IntentKind.REPLACE and order.gate is not None:
        book.report(order, order.gate.replace_rejected())
    book.tell(TellKind.REQUEST_FAILED, order, time, request=request.kind, ref=request.ref, reason=reason, code=code,
              text=text, mask=mask)
    book.release(order)


def finish(book: Book, order: Order, event: Event, reason: Reason, time: int, *, kind: Kind = Kind.CANCELLED,
           code: int = 0, text: str = "", mask: int = 0) -> bool:
    """End an order by ``event``, which must be a legal one; the gate gets ``kind`` if it holds the order."""
    left, order.leaves = order.leaves, 0
    if not book.move(order, event, time):
        order.leaves = left
        return False
    order.reason, order.code, order.text = reason, code, text
    if order.gate is not None:
        book.report(order, order.gate.end(kind))
    book.end_requests(order, time)
    book.tell(TellKind.ORDER, order, time, mask=mask)
    return True


def query(book: Book, order: Order, time: int) -> None:
    """Ask the venue how the order stands, if it can be asked."""
    if book.linked:
        book.out.append(ToVenue(VenueKind.STATUS, 0, order.cl_ord_id, b"", order.order_id, order.account, order.symbol,
                                order.side, order.type, order.time_in_force, order.shares, order.price))
