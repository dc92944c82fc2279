"""Which way orders went from the strategy to their end, as a flow that adds up."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from host.oms.states import State
from host.report.data import Table

__all__ = ["COLUMNS", "START", "flow"]

START = "Asked for"
_GATE, _REFUSED, _KEPT = "Passed the gate", "Refused by gate", "Never sent"
_ACKED, _REJECTED, _SILENT = "Acknowledged", "Rejected", "Unanswered"
_PART, _OPEN = "Partly filled", "Open"

#: Stages of an order's life by how far it has come; of one column, from above.
COLUMNS = ((START,), (_GATE, _REFUSED, _KEPT), (_ACKED, _REJECTED, _SILENT), (_PART,),
           (State.FILLED.value, State.CANCELLED.value, State.EXPIRED.value, State.DONE_FOR_DAY.value,
            State.CALCULATED.value, _OPEN))

_STATES = list(State)
_ENDS = {State[name.upper().replace(" ", "_")]: name for name in COLUMNS[-1] if name != _OPEN}


def flow(orders: Table) -> dict[tuple[str, str], int]:
    """Return how many of ``orders`` (ORDER) went from one stage of COLUMNS to the next: what comes into a stage goes
    out of it, or stands there at the end. Replaces and pending requests are not stages."""
    return dict(Counter(step for order in orders for step in _steps(order)))


def _steps(order: Any) -> Iterator[tuple[str, str]]:
    path = list(_path(order))
    return zip(path, path[1:], strict=False)


def _path(order: Any) -> Iterator[str]:
    """Yield the stages of one order."""
    yield START
    if order["refused"]:
        yield _REFUSED
        return
    if not order["sent"]:
        yield _KEPT
        return
    yield _GATE
    state = _STATES[order["state"]]
    if state is State.REJECTED:
        yield _REJECTED
        return
    if not order["acked"]:
        yield _SILENT
        return
    yield _ACKED
    if order["cum"] and (state is not State.FILLED or order["fills"] > 1):
        yield _PART
    yield _ENDS.get(state, _OPEN)
