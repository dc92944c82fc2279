"""The kill: first the gate is shut for new orders, then every resting order is cancelled, then what is left is told."""

from host.oms.book import Book, KillState
from host.oms.inputs import GateShut, IntentKind, Kill, Resume
from host.oms.order import Order
from host.oms.outputs import AlarmKind, Killed, Reason, ShutGate
from host.oms.requests import cancel_order, fail, finish
from host.oms.states import Event

__all__ = ["check", "gate_shut", "kill", "resume", "start_kill", "tick"]

Pair = tuple[int, int]


def kill(book: Book, input_: Kill) -> None:
    """A person's, or a program's, kill."""
    start_kill(book, input_.account, input_.symbol, input_.reason, input_.by, input_.time)


def start_kill(book: Book, account: int, symbol: int, reason: str, by: str, time: int) -> None:
    """Begin a kill; it holds until it is resumed, also over restarts. One in force already begins anew."""
    pair = account, symbol
    book.kills[pair] = KillState(reason, by, time)
    book.alarm(AlarmKind.KILL, 0, f"{by}: {reason}", time)
    book.out.append(ShutGate(account, symbol, reason))
    for kind in (IntentKind.NEW, IntentKind.REPLACE):
        for number in book.queue.waiting(kind):
            request = book.requests[number]
            order = book.orders[request.order]
            if not _meant(pair, order):
                continue
            if kind == IntentKind.NEW:
                finish(book, order, Event.REJECTED, Reason.KILLED, time)
            else:
                fail(book, order, request, Reason.KILLED, time)


def _meant(pair: Pair, order: Order) -> bool:
    return pair[0] in (-1, order.account) and pair[1] in (-1, order.symbol)


def _resting(book: Book, pair: Pair) -> list[Order]:
    return [order for order in book.orders.values() if order.open and _meant(pair, order)]


def gate_shut(book: Book, input_: GateShut) -> None:
    """No order passes the gate any more: cancel."""
    pair = input_.account, input_.symbol
    if pair in book.kills and not book.kills[pair].gate:
        _cancel(book, pair, input_.time)


def _cancel(book: Book, pair: Pair, time: int) -> None:
    book.kills[pair].gate = True
    for order in _resting(book, pair):
        cancel_order(book, order, time, direct=True)


def tick(book: Book, time: int) -> None:
    """Go on without the gate's word when it does not come; give up, and tell, what the venue does not cancel."""
    for pair, state in book.kills.items():
        if not state.gate and time >= state.since + book.settings.kill_timeout:
            book.alarm(AlarmKind.KILL, 0, "the gate does not say that it is shut; cancelling all the same", time)
            _cancel(book, pair, time)


def check(book: Book, time: int) -> None:
    """Tell once how a kill ended: when nothing rests any more, or the time is over."""
    for pair, state in book.kills.items():
        if not state.gate or state.reported:
            continue
        left = tuple(order.id for order in _resting(book, pair))
        if not left or time >= state.since + 2 * book.settings.kill_timeout:
            state.reported = True
            book.out.append(Killed(left, time))


def resume(book: Book, input_: Resume) -> None:
    """Forget a kill. The gate's own is the administrator's to undo."""
    found = book.kills.pop((input_.account, input_.symbol), None)
    text = "resumed" if found is not None else "nothing to resume"
    book.alarm(AlarmKind.KILL, 0, f"{text} by {input_.by}: {input_.reason}", input_.time)
