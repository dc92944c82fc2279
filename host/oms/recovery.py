"""After a start, and whenever the session was lost: trading stays shut until venue and we agree."""

from host.oms.book import Book, Phase, Recovery
from host.oms.ids import cl_ord_id
from host.oms.inputs import Accept, GateRead, IntentKind, Linked, PositionTold, Started, TimeInForce, Unlinked
from host.oms.order import Flag, Order, Stage
from host.oms.outputs import (
    AlarmKind,
    AskPositions,
    Reason,
    ShutGate,
    ToVenue,
    VenueKind,
)
from host.oms.requests import fail, finish, query, resume_cancel
from host.oms.states import OPEN, Event, Pending
from wire.risk import Kind, OrderType, Side

__all__ = ["accept", "ask_rest", "check", "gate_read", "linked", "mass_id", "position_told", "started", "tick",
           "unlinked"]


def mass_id(book: Book) -> bytes:
    """Return the MassStatusReqID of the request whose answer is awaited."""
    return cl_ord_id(book.recovery.asked)


def started(book: Book, input_: Started) -> None:
    """A new life of the process: what was on the way inside it is gone."""
    book.ids.begin(input_.epoch)
    book.day, book.at_gate = input_.day, 0
    book.linked, book.phase = False, Phase.RECOVERING
    book.recovery = Recovery(since=input_.time, compare=book.settings.ask_positions)
    for request in tuple(book.requests.values()):
        order = book.orders[request.order]
        if request.stage is Stage.GATE:
            request.stale = True
        elif request.stage is Stage.QUEUED and request.id in book.requests:
            _unsent(book, order, request.id, input_.time)
    for pair, kill in book.kills.items():
        kill.since, kill.gate, kill.reported = input_.time, False, False
        book.out.append(ShutGate(*pair, kill.reason))
    if book.settings.ask_positions:
        book.out.append(AskPositions())
    book.alarm(AlarmKind.STARTED, 0, f"epoch {input_.epoch}, {len(book.orders)} orders remembered", input_.time)


def _unsent(book: Book, order: Order, number: int, time: int) -> None:
    request = book.requests[number]
    if request.kind == IntentKind.NEW:
        request.stage = Stage.VENUE if request.stage is Stage.GATE else request.stage
        finish(book, order, Event.REJECTED, Reason.UNSENT, time, kind=Kind.REJECTED)
    else:
        fail(book, order, request, Reason.UNSENT, time)


def gate_read(book: Book, input_: GateRead) -> None:
    """What has no verdict by now never reached the gate; reports that it did not confirm go again, for their numbers
    keep them from being applied twice."""
    for request in tuple(book.requests.values()):
        if request.stale and request.id in book.requests:
            _unsent(book, book.orders[request.order], request.id, input_.time)
    for waiting in book.reports.values():
        book.out.extend(waiting.values())
    book.recovery.gate = True
    check(book, input_.time)


def linked(book: Book, input_: Linked) -> None:
    """The session stands: ask for the status of all orders."""
    book.linked = True
    book.phase = Phase.RECOVERING
    ask(book, input_.time)


def ask(book: Book, time: int) -> None:
    """Ask anew."""
    ours = book.recovery
    ours.asked, ours.since, ours.heard, ours.mass, ours.accepted = book.ids.take(), time, 0, False, False
    ours.answered.clear()
    ours.waiting.clear()
    if book.settings.mass_status:
        book.out.append(ToVenue(VenueKind.MASS_STATUS, 0, mass_id(book), b"", b"", -1, -1, Side.BUY, OrderType.LIMIT,
                                TimeInForce.DAY, 0, 0))
    else:
        ours.mass = True
        ask_rest(book, time)
        check(book, time)


def ask_rest(book: Book, time: int) -> None:
    """Ask for the orders that the answer, which has open ones alone, did not speak of."""
    for order in book.orders.values():
        entry = book.requests.get(order.entry)
        away = entry is None or entry.stage is Stage.VENUE
        open_ = order.working in OPEN or order.pending is not Pending.NONE
        if away and ((open_ and order.id not in book.recovery.answered) or order.flags & Flag.UNRESOLVED):
            book.recovery.waiting[order.id] = time
            query(book, order, time)


def unlinked(book: Book, input_: Unlinked) -> None:
    """The session is lost: nothing goes out until it stands again and all is agreed."""
    if not book.linked:
        return
    book.linked = False
    book.phase = Phase.RECOVERING
    if book.breaker.disconnected(book.settings, input_.time):
        book.alarm(AlarmKind.BREAKER, 0, book.breaker.why, input_.time)


def position_told(book: Book, input_: PositionTold) -> None:
    """Take one of the venue's positions; with the last they are compared."""
    ours = book.recovery
    if input_.number <= 1:
        ours.positions.clear()
        ours.told = False
    if input_.total:
        ours.positions[input_.account, input_.symbol] = input_.shares
    ours.told = input_.number >= input_.total
    check(book, input_.time)


def _breaks(book: Book) -> list[str]:
    ours = book.recovery
    breaks = []
    if ours.compare:
        for pair in sorted(book.positions.keys() | ours.positions.keys()):
            here, there = book.positions.get(pair, 0), ours.positions.get(pair, 0)
            if here != there:
                breaks.append(f"position of account {pair[0]}, symbol {pair[1]}: {there}, ours {here}")
    breaks += [f"order {order.id} is unresolved" for order in book.orders.values() if order.flags & Flag.UNRESOLVED]
    return breaks


def check(book: Book, time: int) -> None:
    """Open trading if all is known and agrees; say what does not."""
    ours = book.recovery
    if book.phase is not Phase.RECOVERING or not book.linked:
        return
    if not (ours.gate and ours.mass) or ours.waiting or (ours.compare and not ours.told):
        return
    breaks = tuple(_breaks(book))
    if breaks != ours.breaks:
        for text in breaks:
            book.alarm(AlarmKind.BREAK, 0, text, time)
    ours.breaks = breaks
    if breaks and not ours.accepted:
        return
    book.phase, ours.compare = Phase.OPEN, False
    book.alarm(AlarmKind.STARTED, 0, "trading is open", time)
    for order in tuple(book.orders.values()):
        resume_cancel(book, order, time)


def accept(book: Book, input_: Accept) -> None:
    """Open in spite of breaks, which stay to be seen."""
    book.recovery.accepted = True
    book.alarm(AlarmKind.BREAK, 0, f"accepted by {input_.by}: {input_.reason}", input_.time)
    check(book, input_.time)


def tick(book: Book, time: int) -> None:
    """Ask again for what was not answered."""
    ours = book.recovery
    if book.phase is not Phase.RECOVERING or not book.linked or time < ours.since + book.settings.ack_timeout:
        return
    ours.since = time
    if not ours.mass:
        book.alarm(AlarmKind.UNANSWERED, 0, "mass status request", time)
        ask(book, time)
    elif ours.waiting:
        for number in ours.waiting:
            query(book, book.orders[number], time)
    elif ours.breaks:
        ask_rest(book, time)
    if ours.compare and (not ours.told or ours.breaks):
        book.out.append(AskPositions())
