# Ref: MiFID II RTS 25 (clocks and their error), FINRA CAT (events of an order)
"""One row an order and one a fill, with their times: what an audit asks for."""

import csv
from collections.abc import Iterator
from typing import TextIO

from host.oms.book import Book
from host.oms.order import Order, Stamp, flag_names

__all__ = ["COLUMNS", "rows", "write_csv"]

_TIMES = ("decided", "written", "gated", "sent", "acked", "final")
#: Names of a row's values. Times and their greatest errors are ns, prices 1/10,000.
COLUMNS = ("event", "order", "cl_ord_id", "order_id", "account", "symbol", "side", "type", "state", "flags", "shares",
           "price", "cum_shares", "leaves", "exec_id", "clock", "error", "time",
           *(f"{name}{part}" for name in _TIMES for part in ("", "_clock", "_error")))

Row = tuple[int | str, ...]


def _stamp(stamp: Stamp | None) -> Row:
    return ("", "", "") if stamp is None else (stamp.time, stamp.clock.name, stamp.error)


def _order(order: Order) -> Row:
    return (order.id, order.cl_ord_id.decode("latin-1"), order.order_id.decode("latin-1"), order.account, order.symbol,
            order.side.name, order.type.name, order.state.value, "|".join(flag_names(order.flags)))


def rows(book: Book) -> Iterator[Row]:
    """Yield the rows of all orders in the order of their ids: ORDER, then a FILL for each execution as it stands,
    with its own time; a busted one has 0 shares."""
    for order in book.orders.values():
        times = tuple(value for name in _TIMES for value in _stamp(getattr(order.times, name)))
        yield ("ORDER", *_order(order), order.shares, order.price, order.cum, order.leaves, "", "", "", "", *times)
        for fill in order.fills.values():
            time, clock, error = _stamp(fill.stamp)
            yield ("FILL", *_order(order), fill.shares, fill.price, order.cum, order.leaves, fill.key, clock, error,
                   time, *[""] * len(times))


def write_csv(book: Book, stream: TextIO) -> int:
    """Write a head line and all rows; return how many rows."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    written = list(rows(book))
    writer.writerows(written)
    return len(written)
