"""Rows for an audit: every order and fill, with times, clocks and errors."""

import csv
import io

from host.oms.audit import COLUMNS, rows, write_csv
from host.oms.inputs import Clock, ClockError, ExecKind
from tests.host.oms.desk import PRICE, Desk


def test_an_order_and_its_fills_are_rows_with_their_times():
    desk = Desk()
    desk.take(ClockError(Clock.VENUE, 777, desk.now()))
    order = desk.working()
    fill = desk.fill(order, 40, PRICE + 5)
    stream = io.StringIO()
    assert write_csv(desk.book, stream) == 2
    stream.seek(0)
    first, second = csv.DictReader(stream)
    assert (first["event"], first["order"], first["cum_shares"], first["state"]) == (
        "ORDER", str(order.id), "40", "Partially Filled")
    assert (first["acked_clock"], first["acked_error"], first["final"]) == ("VENUE", "777", "")
    assert (second["event"], second["shares"], second["price"]) == ("FILL", "40", str(PRICE + 5))
    assert (second["time"], second["clock"], second["error"]) == (str(fill.venue_time), "VENUE", "777")


def test_every_row_has_all_columns():
    desk = Desk()
    order = desk.working()
    fill = desk.fill(order, 40)
    desk.execute(order, ExecKind.BUST, exec_ref_id=fill.exec_id, cum_shares=0)
    assert {len(row) for row in rows(desk.book)} == {len(COLUMNS)}
    assert [row[COLUMNS.index("shares")] for row in rows(desk.book)] == [100, 0]
