"""From the strategy to the venue: intents, the queue, the gate's verdicts, what was sent."""

from host.oms.book import Book, Phase
from host.oms.gateside import GateEntry
from host.oms.ids import cl_ord_id
from host.oms.inputs import Clock, Intend, IntentKind, ReportDone, Sent, Verdict, Written
from host.oms.order import Flag, Order, Request, Stage
from host.oms.outputs import AlarmKind, Reason, Report, Tell, TellKind, ToGate
from host.oms.requests import ask, cancel_order, fail, finish, resume_cancel, send
from host.oms.states import OPEN, Event, State
from wire.risk import Fault, Kind, OrderType

__all__ = ["intend", "pump", "report_done", "sent", "verdict", "written"]

_WORD = 1 << 32
_KINDS = {IntentKind.NEW: Kind.NEW, IntentKind.REPLACE: Kind.REPLACE, IntentKind.CANCEL: Kind.CANCEL}


def intend(book: Book, intent: Intend) -> None:
    """Take or refuse what a strategy wants; either is told."""
    if intent.kind == IntentKind.NEW:
        _new(book, intent)
        return
    order = book.orders.get(intent.order)
    if order is None:
        _refuse(book, intent, Reason.UNKNOWN)
    elif intent.kind == IntentKind.REPLACE:
        _replace(book, intent, order)
    elif not order.open:
        _refuse(book, intent, Reason.OVER, order)
    elif order.cancel or order.flags & Flag.CANCEL_WANTED:
        _refuse(book, intent, Reason.PENDING, order)
    else:
        book.tell(TellKind.TAKEN, order, intent.time, request=IntentKind.CANCEL, ref=intent.ref)
        cancel_order(book, order, intent.time, ref=intent.ref)


def _refuse(book: Book, intent: Intend, reason: Reason, order: Order | None = None) -> None:
    if order is not None:
        book.tell(TellKind.REFUSED, order, intent.time, request=intent.kind, ref=intent.ref, reason=reason)
        return
    book.out.append(Tell(TellKind.REFUSED, intent.strategy, intent.ref, intent.order, intent.kind, State.REJECTED,
                         intent.shares, intent.price, 0, 0, reason, 0, 0, "", intent.time))


def _shut(book: Book, kind: IntentKind, account: int, symbol: int) -> Reason:
    """Return why no order of the pair may go out now; NONE if one may."""
    if book.blocked(account, symbol):
        return Reason.KILLED
    if not book.linked:
        return Reason.UNLINKED
    if book.phase is not Phase.OPEN:
        return Reason.SHUT
    if not book.breaker.allows(book.settings):
        return Reason.BREAKER
    return Reason.NONE if book.queue.room(kind) else Reason.FULL


def _fits(type_: OrderType, shares: int, price: int) -> bool:
    return 0 < shares < _WORD and (0 < price < _WORD if type_ == OrderType.LIMIT else price == 0)


def _new(book: Book, intent: Intend) -> None:
    reason = _shut(book, IntentKind.NEW, intent.account, intent.symbol)
    if not _fits(intent.type, intent.shares, intent.price):
        reason = Reason.MALFORMED
    token = book.places.take(book.reports) if reason is Reason.NONE else None
    if token is None:
        _refuse(book, intent, reason if reason is not Reason.NONE else Reason.NO_PLACE)
        return
    number = book.ids.take()
    order = Order(number, intent.ref, intent.strategy, intent.account, intent.symbol, intent.side, intent.type,
                  intent.time_in_force, intent.shares, intent.price, cl_ord_id(number), intent.shares, entry=number,
                  gate=GateEntry(token, 0))
    order.times.decided = book.stamp(Clock.HOST, intent.time)
    book.orders[number] = order
    book.holders[token % book.places.count] = number
    ask(book, order, IntentKind.NEW, intent.ref, intent.shares, intent.price, intent.time, number=number)
    book.queue.put(IntentKind.NEW, number)
    book.breaker.passed()
    book.tell(TellKind.TAKEN, order, intent.time)


def _replace(book: Book, intent: Intend, order: Order) -> None:
    reason = _shut(book, IntentKind.REPLACE, order.account, order.symbol)
    if order.flags & (Flag.FOREIGN | Flag.REVIVED):
        reason = Reason.UNKNOWN
    elif not order.open or order.working not in OPEN:
        reason = Reason.OVER
    elif order.replace or order.cancel or order.flags & Flag.CANCEL_WANTED:
        reason = Reason.PENDING
    elif order.working is State.PENDING_NEW:
        reason = Reason.NOT_ACKED
    elif not _fits(order.type, intent.shares, intent.price):
        reason = Reason.MALFORMED
    elif intent.shares <= order.cum:
        reason = Reason.NOTHING_LEFT
    if reason is not Reason.NONE:
        _refuse(book, intent, reason, order)
        return
    request = ask(book, order, IntentKind.REPLACE, intent.ref, intent.shares, intent.price, intent.time)
    order.replace = request.id
    book.queue.put(IntentKind.REPLACE, request.id)
    book.tell(TellKind.TAKEN, order, intent.time, request=IntentKind.REPLACE, ref=intent.ref)


def pump(book: Book, time: int) -> None:
    """Hand requests from the queue to the gate, as long as its window has room."""
    while book.at_gate < book.settings.gate_window:
        number = book.queue.take()
        if number is None:
            return
        request = book.requests[number]
        order = book.orders[request.order]
        assert order.gate is not None
        request.stage, request.since = Stage.GATE, time
        request.open = request.shares - order.cum if request.kind == IntentKind.REPLACE else request.shares
        if request.kind == IntentKind.REPLACE and (request.open < 1 or not order.open):
            fail(book, order, request, Reason.NOTHING_LEFT, time)
            continue
        book.at_gate += 1
        book.out.append(ToGate(_KINDS[request.kind], number, order.gate.token, request.open, request.price,
                               order.account, order.symbol, order.side, order.type))


def written(book: Book, input_: Written) -> None:
    """Note the time of an order."""
    order = book.orders.get(input_.request)
    if order is not None:
        order.times.written = book.stamp(Clock.HOST, input_.time)


def verdict(book: Book, input_: Verdict) -> None:
    """Send what the gate accepted, end what it refused."""
    request = book.requests.get(input_.request)
    if request is None or request.stage is not Stage.GATE:
        _unknown(book, input_)
        return
    order = book.orders[request.order]
    if not request.stale:
        book.at_gate -= 1
    match request.kind:
        case IntentKind.NEW:
            _decided_new(book, order, request, input_)
        case IntentKind.REPLACE:
            _decided_replace(book, order, request, input_)
        case IntentKind.CANCEL:
            _decided_cancel(book, order, request, input_)
    book.release(order)


def _unknown(book: Book, input_: Verdict) -> None:
    """An order that we cannot remember is in the gate: let it go there; it was never sent."""
    book.alarm(AlarmKind.UNKNOWN_ORDER, 0, f"the gate decided on request {input_.request}, which is not waiting",
               input_.time)
    if input_.kind == Kind.NEW and input_.accepted and input_.request not in book.orders:
        book.places.learn(input_.token)
        book.send_report(Report(Kind.REJECTED, 1, input_.token))


def _obstacle(book: Book, order: Order, request: Request) -> Reason:
    """Return why an accepted order or replace must not be sent after all; NONE if it may."""
    if order.flags & Flag.CANCEL_WANTED:
        return Reason.CANCEL_WANTED
    if request.stale:
        return Reason.STALE
    if book.blocked(order.account, order.symbol):
        return Reason.KILLED
    if not book.linked:
        return Reason.UNLINKED
    return Reason.NONE if book.phase is Phase.OPEN else Reason.SHUT


def _decided_new(book: Book, order: Order, request: Request, input_: Verdict) -> None:
    assert order.gate is not None
    order.times.gated = book.stamp(Clock.DEVICE, input_.device_time)
    request.stage = Stage.VENUE
    if not input_.accepted:
        book.breaker.unsent()
        if input_.fault & Fault.TOKEN:
            gone = book.places.doubt(order.gate.token)
            book.alarm(AlarmKind.GATE_REFUSED, order.id, f"place of token {order.gate.token} is taken"
                       + ("; it is not used any more" if gone else ", or the token was used"), input_.time)
        finish(book, order, Event.REJECTED, Reason.GATE, input_.time, mask=input_.mask)
        return
    order.gate.open = request.shares
    obstacle = _obstacle(book, order, request)
    if obstacle is Reason.CANCEL_WANTED:
        book.breaker.unsent()
        finish(book, order, Event.CANCELLED, Reason.ASKED, input_.time)
    elif obstacle is not Reason.NONE:
        book.breaker.unsent()
        finish(book, order, Event.REJECTED, obstacle, input_.time, kind=Kind.REJECTED)
    else:
        send(book, order, request, input_.time)


def _decided_replace(book: Book, order: Order, request: Request, input_: Verdict) -> None:
    assert order.gate is not None
    if input_.accepted:
        order.gate.replace(request.open)
        obstacle = _obstacle(book, order, request) if order.open else Reason.OVER
        if obstacle is Reason.NONE:
            send(book, order, request, input_.time)
            return
        fail(book, order, request, obstacle, input_.time)
    else:
        fail(book, order, request, Reason.GATE, input_.time, mask=input_.mask)
    resume_cancel(book, order, input_.time)


def _decided_cancel(book: Book, order: Order, request: Request, input_: Verdict) -> None:
    if not order.open:
        fail(book, order, request, Reason.OVER, input_.time)
    elif not book.linked or request.stale:
        fail(book, order, request, Reason.UNLINKED, input_.time)
    else:
        if not input_.accepted:
            book.alarm(AlarmKind.GATE_REFUSED, order.id, f"cancel, fault {input_.fault:#x}; it goes out all the same",
                       input_.time)
        send(book, order, request, input_.time)


def sent(book: Book, input_: Sent) -> None:
    """Note that a request has left."""
    order, request = book.orders.get(input_.request), book.requests.get(input_.request)
    if order is not None:
        order.times.sent = book.stamp(Clock.HOST, input_.time)
    if request is not None:
        request.seq, request.since = input_.seq, input_.time


def report_done(book: Book, input_: ReportDone) -> None:
    """A report is in the gate, or has no place there. That of an order that had the place before says nothing."""
    place = input_.token % book.places.count
    waiting = book.reports.get(place, {})
    report = waiting.get(input_.number)
    if report is None or report.token != input_.token:
        return
    del waiting[input_.number]
    if not waiting:
        del book.reports[place]
    order = book.orders.get(book.holders.get(place, 0))
    if order is None or order.gate is None or order.gate.token != input_.token:
        return
    if not input_.applied and input_.fault != Fault.NUMBER:
        if report.kind in (Kind.FILL, Kind.BUST):
            shares = report.shares if report.kind == Kind.FILL else -report.shares
            book.lacks(order, shares, f"report {report.kind.name} not applied, fault {input_.fault:#x}", input_.time)
        else:
            book.alarm(AlarmKind.GATE_REFUSED, order.id, f"report {report.kind.name}, fault {input_.fault:#x}",
                       input_.time)
    book.release(order)
