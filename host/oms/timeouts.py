"""What happens when nothing happens."""

from host.oms import kill, recovery
from host.oms.book import Book, Phase
from host.oms.inputs import IntentKind, Timer
from host.oms.order import Flag, Order, Request, Stage
from host.oms.outputs import AlarmKind, Reason
from host.oms.requests import finish, query
from host.oms.states import Event
from wire.risk import Kind

__all__ = ["timer"]


def timer(book: Book, input_: Timer) -> None:
    """Look after all that waits."""
    time = input_.time
    for request in tuple(book.requests.values()):
        wait = book.settings.ack_timeout * (request.queries + 1)
        if request.id not in book.requests or time < request.since + wait:
            continue
        order = book.orders[request.order]
        if request.stage is Stage.VENUE and book.linked and book.phase is Phase.OPEN:
            _unanswered(book, order, request, time)
        elif request.stage is Stage.GATE and not request.queries:
            request.queries = 1
            book.alarm(AlarmKind.UNANSWERED, order.id, f"the gate has not decided on request {request.id}", time)
    if book.breaker.tick(book.settings, time):
        book.alarm(AlarmKind.BREAKER, 0, "half-open", time)
    recovery.tick(book, time)
    kill.tick(book, time)


def _unanswered(book: Book, order: Order, request: Request, time: int) -> None:
    """Ask what became of a request. A new order that nobody answers for is given up at last; a cancel or replace stays
    as it is until the venue speaks."""
    request.queries += 1
    if request.queries <= book.settings.queries:
        query(book, order, time)
    elif request.kind == IntentKind.NEW:
        if finish(book, order, Event.REJECTED, Reason.UNANSWERED, time, kind=Kind.REJECTED):
            order.flags |= Flag.PRESUMED
            book.alarm(AlarmKind.UNANSWERED, order.id, "no answer to the order: taken as rejected", time)
    elif request.queries == book.settings.queries + 1:
        order.flags |= Flag.UNRESOLVED
        book.alarm(AlarmKind.UNRESOLVED, order.id, f"no answer to {request.kind.name} {request.id}", time)
