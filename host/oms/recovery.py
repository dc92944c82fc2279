"""After a start, and whenever the session was lost: trading stays shut until venue and we agree."""

from host.oms.book import Book, Held, Phase, Recovery
from host.oms.ids import cl_ord_id
from host.oms.inputs import (
    Accept,
    GateRead,
    IntentKind,
    Linked,
    PositionsRefused,
    PositionTold,
    Started,
    TimeInForce,
    Unlinked,
)
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

__all__ = ["accept", "ask_rest", "check", "gate_read", "linked", "mass_id", "position_told", "positions_refused",
           "started", "tick", "unlinked"]

_SILENT = "the venue does not answer"


def mass_id(book: Book) -> bytes:
    """Return the MassStatusReqID of the request whose answer is awaited."""
    return cl_ord_id(book.recovery.asked)


def started(book: Book, input_: Started) -> None:
    """A new life of the process: what was on the way inside it is gone."""
    book.ids.begin(input_.epoch)
    book.day, book.at_gate = input_.day, 0
    book.linked, book.phase = False, Phase.RECOVERING
    book.recovery = Recovery(since=input_.time, tells=input_.positions)
    for request in tuple(book.requests.values()):
        order = book.orders[request.order]
        if request.stage is Stage.GATE:
            request.stale = True
        elif request.stage is Stage.QUEUED and request.id in book.requests:
            _unsent(book, order, request.id, input_.time)
    for pair, kill in book.kills.items():
        kill.since, kill.gate, kill.reported = input_.time, False, False
        book.out.append(ShutGate(*pair, kill.reason))
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
    ours = book.recovery
    ours.held, ours.lacking, ours.breaks = Held.UNASKED, "", ()
    ours.positions.clear()
    ours.differences.clear()
    ask(book, input_.time)


def ask(book: Book, time: int) -> None:
    """Ask anew."""
    ours = book.recovery
    ours.asked, ours.turn, ours.since, ours.heard = book.ids.take(), book.turns, time, 0
    ours.mass, ours.accepted = False, ()
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
            book.recovery.waiting.setdefault(order.id, book.turns)
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
    if ours.held is not Held.ASKED:
        return
    if input_.number <= 1:
        ours.positions.clear()
    if input_.total:
        ours.positions[input_.account, input_.symbol] = input_.shares
    if input_.number >= input_.total:
        ours.held, ours.lacking = Held.TOLD, ""
        pairs = sorted(book.positions.keys() | ours.positions.keys() | book.excused.keys())
        told = {pair: (ours.positions.get(pair, 0), book.positions.get(pair, 0)) for pair in pairs}
        ours.differences = {pair: (there, here) for pair, (there, here) in told.items()
                            if there - here != book.excused.get(pair, 0)}
        if ours.differences and book.phase is Phase.OPEN:
            # A person had opened without them, when the venue was silent.
            book.phase, ours.since = Phase.RECOVERING, input_.time
            book.alarm(AlarmKind.BREAK, 0, "the venue tells its positions after all: trading is shut", input_.time)
    check(book, input_.time)


def positions_refused(book: Book, input_: PositionsRefused) -> None:
    """Positions are not told. They are not asked for again before the session was lost."""
    ours = book.recovery
    ours.held, ours.lacking = Held.REFUSED, f"the venue refuses: {input_.text or f'reason {input_.reason}'}"
    check(book, input_.time)


def _breaks(book: Book) -> tuple[str, ...]:
    ours = book.recovery
    breaks = [f"positions: {ours.lacking}"] if ours.lacking else []
    for (account, symbol), (there, here) in ours.differences.items():
        excused = book.excused.get((account, symbol), 0)
        breaks.append(f"position of account {account}, symbol {symbol}: {there}, ours {here}"
                      + (f" and {excused} accepted" if excused else ""))
    breaks += [f"order {order.id} is unresolved" for order in book.orders.values() if order.flags & Flag.UNRESOLVED]
    return tuple(breaks)


def check(book: Book, time: int) -> None:
    """Open trading if all is known and agrees; say what does not."""
    ours = book.recovery
    if book.phase is not Phase.RECOVERING or not book.linked:
        return
    if not (ours.gate and ours.mass) or ours.waiting:
        return
    if ours.tells and ours.held is Held.UNASKED:
        _ask_positions(book, time)
    if ours.tells and ours.held is Held.ASKED and not ours.lacking:
        return
    breaks = _breaks(book)
    if breaks != ours.breaks:
        for text in breaks:
            book.alarm(AlarmKind.BREAK, 0, text, time)
    ours.breaks = breaks
    if not set(breaks) <= set(ours.accepted):
        return
    book.phase = Phase.OPEN
    book.alarm(AlarmKind.STARTED, 0, "trading is open", time)
    for order in tuple(book.orders.values()):
        resume_cancel(book, order, time)


def _ask_positions(book: Book, time: int) -> None:
    """Ask, when all orders are known: what is filled from now on is told before the answer."""
    book.recovery.held, book.recovery.since = Held.ASKED, time
    book.out.append(AskPositions())


def accept(book: Book, input_: Accept) -> None:
    """Open in spite of the breaks that are known, which stay to be seen; others are none that he has seen."""
    ours = book.recovery
    if book.phase is not Phase.RECOVERING or not ours.breaks:
        book.alarm(AlarmKind.BREAK, 0, f"nothing to accept, for {input_.by}: {input_.reason}", input_.time)
        return
    ours.accepted = ours.breaks
    book.alarm(AlarmKind.BREAK, 0, f"accepted by {input_.by}: {input_.reason}", input_.time)
    for pair, (there, here) in ours.differences.items():
        book.excused.pop(pair, None)
        if there != here:
            book.excused[pair] = there - here
    ours.differences.clear()
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
    if ours.held is Held.ASKED:
        ours.lacking = _SILENT
        check(book, time)
    if ours.lacking == _SILENT or ours.differences:
        _ask_positions(book, time)
