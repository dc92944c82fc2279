# Ref: FIX 4.4, ExecutionReport: ExecID (17), ExecRefID (19), CumQty (14), AvgPx (6); 4.2: ExecTransType (20)
"""The fills of an order: what each of them does to the order, to positions, and to what the gate knows."""

from host.oms.book import Book
from host.oms.inputs import Clock, Execution
from host.oms.order import Fill, Flag, Order
from host.positions.booked import Booked, BookedKind

__all__ = ["add", "bust", "correct", "estimate", "find", "take_over"]


def _key(execution: Execution) -> str:
    return f"{execution.day}.{execution.session}.{execution.exec_id.decode('latin-1')}"


def find(order: Order, execution: Execution) -> Fill | None:
    """Return the fill that ExecRefID means: the last one of that id, for ids come again on other days."""
    return next((fill for fill in reversed(order.fills.values())
                 if execution.exec_ref_id in fill.refs and fill.session == execution.session), None)


def _book(book: Book, order: Order, kind: BookedKind, key: str, ref: str, shares: int, price: int, fee: int,
          time: int) -> None:
    book.out.append(Booked(kind, key, ref, order.account, order.symbol, order.side, shares, price, fee, time))


def _change(book: Book, order: Order, shares: int, notional: int) -> None:
    pair = order.account, order.symbol
    order.cum += shares
    order.notional += notional
    book.positions[pair] = book.positions.get(pair, 0) + order.sign * shares


def _enter(book: Book, order: Order, fill: Fill, fee: int, time: int) -> None:
    order.fills[fill.key] = fill
    _change(book, order, fill.shares, fill.shares * fill.price)
    _book(book, order, BookedKind.FILL, fill.key, "", fill.shares, fill.price, fee, time)


def _tell_gate(book: Book, order: Order, fill: Fill, time: int) -> None:
    """Report a fill to the gate, as far as it can take it."""
    if order.gate is None:
        book.lacks(order, fill.shares, "fill of an order that the gate never had", time)
        return
    needed, rest = order.gate.fill(fill.shares, fill.price)
    book.report(order, needed)
    fill.in_gate = fill.shares - rest
    if rest:
        book.lacks(order, rest, "fill of more than the gate holds", time)


def add(book: Book, order: Order, execution: Execution) -> None:
    """Enter the execution as a fill. Leaves is the caller's."""
    fill = Fill(_key(execution), (execution.exec_id,), execution.session, execution.last_shares, execution.last_price,
                book.stamp(Clock.VENUE, execution.venue_time))
    _enter(book, order, fill, execution.fee, execution.venue_time)
    _tell_gate(book, order, fill, execution.time)


def estimate(book: Book, order: Order, execution: Execution) -> None:
    """Enter what a status says was filled and we never heard of, as one fill at the price that makes the average true,
    or nearly, for averages are rounded."""
    shares = execution.cum_shares - order.cum
    price = max(1, (execution.average * execution.cum_shares - order.notional + shares // 2) // shares)
    key = f"{execution.day}.{execution.session}.{order.cl_ord_id.decode('latin-1')}.by-status.{execution.cum_shares}"
    fill = Fill(key, (), execution.session, shares, price, book.stamp(Clock.VENUE, execution.venue_time),
                estimated=True)
    order.flags |= Flag.ESTIMATED
    _enter(book, order, fill, 0, execution.venue_time)
    _tell_gate(book, order, fill, execution.time)


def take_over(book: Book, order: Order, execution: Execution) -> bool:
    """Put a real execution in the place of an estimated fill that has it in already; False if none has."""
    if execution.cum_shares > order.cum:
        return False
    old = next((fill for fill in order.fills.values()
                if fill.estimated and fill.shares >= execution.last_shares), None)
    if old is None:
        return False
    rest, time = old.shares - execution.last_shares, execution.venue_time
    _change(book, order, -old.shares, -old.shares * old.price)
    _book(book, order, BookedKind.BUST, f"{old.key}.known", old.key, 0, 0, 0, time)
    real = Fill(_key(execution), (execution.exec_id,), execution.session, execution.last_shares, execution.last_price,
                book.stamp(Clock.VENUE, time), min(old.in_gate, execution.last_shares))
    _enter(book, order, real, execution.fee, time)
    if rest:
        _enter(book, order, Fill(f"{old.key}.{rest}", (), old.session, rest, old.price, old.stamp,
                                 old.in_gate - real.in_gate, True), 0, time)
    else:
        order.flags &= ~Flag.ESTIMATED
    if order.gate is not None and real.in_gate and book.places.last(order.gate.token):
        book.report(order, order.gate.correct(real.in_gate, old.price, real.price)[0])
    old.shares = old.in_gate = 0
    old.estimated = False
    return True


def bust(book: Book, order: Order, execution: Execution, fill: Fill) -> None:
    """The fill never was."""
    shares = fill.shares
    _change(book, order, -shares, -shares * fill.price)
    _book(book, order, BookedKind.BUST, _key(execution), fill.key, 0, 0, 0, execution.venue_time)
    _forget(book, order, fill, shares, execution.time)
    fill.shares = 0
    order.flags |= Flag.BUSTED


def _forget(book: Book, order: Order, fill: Fill, shares: int, time: int) -> None:
    """Tell the gate that ``shares`` of the fill were not executed."""
    told = min(shares, fill.in_gate)
    if shares > told:
        book.lacks(order, told - shares, "the gate never had all of the fill that is busted", time)
    if told and order.gate is not None and book.places.last(order.gate.token):
        needed, rest = order.gate.bust(told, fill.price)
        book.report(order, needed)
    else:
        rest = told
    fill.in_gate -= told
    if rest:
        book.lacks(order, -rest, "the gate has forgotten the order that is busted", time)


def correct(book: Book, order: Order, execution: Execution, fill: Fill) -> None:
    """The fill was of other shares, or at another price."""
    shares, price, key, time = execution.last_shares, execution.last_price, _key(execution), execution.time
    _change(book, order, shares - fill.shares, shares * price - fill.shares * fill.price)
    _book(book, order, BookedKind.CORRECT, key, fill.key, shares, price, execution.fee, execution.venue_time)
    if shares < fill.shares:
        _forget(book, order, fill, fill.shares - shares, time)
        order.flags |= Flag.BUSTED
    kept = min(fill.in_gate, shares)
    if kept and order.gate is not None and book.places.last(order.gate.token):
        book.report(order, order.gate.correct(kept, fill.price, price)[0])
    more = shares - fill.shares
    fill.shares, fill.price, fill.refs = shares, price, (*fill.refs, execution.exec_id)
    if more > 0:
        needed, rest = order.gate.fill(more, price) if order.gate is not None else ([], more)
        book.report(order, needed)
        fill.in_gate += more - rest
        if rest:
            book.lacks(order, rest, "correction to more than the gate holds", time)
