# Ref: FIX 4.4, ClOrdID (11), OrigClOrdID (41), OrderID (37)
"""Which order a message of the venue means; orders of others on the account are adopted."""

from dataclasses import replace

from host.oms import fills
from host.oms.book import Book
from host.oms.ids import cl_ord_id
from host.oms.inputs import ExecKind, Execution
from host.oms.order import Flag, Order
from host.oms.outputs import AlarmKind, DKReason, DontKnow
from host.oms.states import State

__all__ = ["UNNAMED", "find", "known", "remember"]

#: OrderID of an order that the venue does not know.
UNNAMED = (b"", b"NONE")
_TRADES = (ExecKind.TRADE, ExecKind.BUST, ExecKind.CORRECT)


def known(book: Book, cl_ord: bytes, orig: bytes, order_id: bytes) -> Order | None:
    """Return our order of a ClOrdID, an OrigClOrdID, or an OrderID; the first that we know says which."""
    number = book.chains.get(cl_ord) or book.chains.get(orig) or book.names.get(order_id)
    return None if number is None else book.orders[number]


def remember(book: Book, order: Order, report: Execution) -> None:
    """Take the names over by which the venue calls the order."""
    if report.order_id not in UNNAMED:
        if book.names.get(report.order_id, order.id) != order.id:
            book.alarm(AlarmKind.BAD_EXECUTION, order.id, f"OrderID {report.order_id!r} is another order's",
                       report.time)
            return
        order.order_id = report.order_id
        book.names[report.order_id] = order.id
    for name in (report.cl_ord_id, report.orig_cl_ord_id):
        if name:
            book.chains.setdefault(name, order.id)


def find(book: Book, report: Execution) -> Order | None:
    """Return the order of an execution, adopted if it is none of ours; None, and it is alarmed, if it cannot be."""
    order = known(book, report.cl_ord_id, report.orig_cl_ord_id, report.order_id)
    if order is not None:
        return order
    if report.account < 0 or report.symbol < 0:
        book.alarm(AlarmKind.UNKNOWN_ORDER, 0, f"{report.exec_id!r}: order {report.cl_ord_id!r} of an account or "
                   "symbol that is none of ours", report.time)
        if report.kind is ExecKind.TRADE and book.settings.dont_know:
            doubt = DKReason.UNKNOWN_SYMBOL if report.symbol < 0 else DKReason.NO_MATCHING_ORDER
            book.out.append(DontKnow(doubt, report.order_id, report.exec_id, report.symbol, report.side, report.shares,
                                     report.last_shares, report.last_price))
        return None
    return _adopt(book, report)


def _adopt(book: Book, report: Execution) -> Order:
    """Make an order of what the venue says of it: what was filled before is taken from CumQty, at the average."""
    trade = report.last_shares if report.kind is ExecKind.TRADE else 0
    number = book.ids.take()
    before = max(0, report.cum_shares - trade)
    order = Order(number, 0, 0, report.account, report.symbol, report.side, report.type, report.time_in_force,
                  report.shares, report.price, report.cl_ord_id or cl_ord_id(number), report.leaves + trade,
                  flags=Flag.FOREIGN)
    # PendingNew for what the report itself will acknowledge or end.
    fresh = report.kind in (ExecKind.NEW, ExecKind.REJECTED)
    order.working = State.PENDING_NEW if fresh else State.PARTIALLY_FILLED if before else State.NEW
    book.orders[number] = order
    remember(book, order, report)
    book.alarm(AlarmKind.FOREIGN, number, f"{report.cl_ord_id!r}, {report.order_id!r}: {report.side.name} "
               f"{report.shares}, {report.cum_shares} filled", report.time)
    if before and report.kind not in (ExecKind.BUST, ExecKind.CORRECT):
        paid = report.average * report.cum_shares - trade * report.last_price
        fills.estimate(book, order, replace(report, cum_shares=before, average=max(1, paid // before)))
    return order
