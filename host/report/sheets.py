"""A run in numbers: the tables of its page."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from host.oms.states import State
from host.report.data import TIMES, RunData, Table
from host.report.history import GATE_REFUSED
from host.report.measures import PERCENTILES, last_marks, midnight, stages
from host.report.orders import sample
from host.report.style import ns_text
from wire.risk import Side

__all__ = ["Sheet", "sheets"]

_NS = 1_000_000_000
#: Events that are listed.
_EVENTS = 60
_STATES = list(State)


@dataclass(frozen=True)
class Sheet:
    """A table. kinds: of the columns, "text", "long" for text that may be broken, or "number"."""

    title: str
    columns: tuple[str, ...]
    kinds: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def sheets(data: RunData) -> Iterator[Sheet]:
    """Yield the tables of a run; none without rows."""
    for sheet in (_agreement(data), _latencies(data), _requests(data), _states(data), _positions(data), _passages(data),
                  _events(data), _times(data), _counters(data)):
        if sheet is not None and sheet.rows:
            yield sheet


def _counted(title: str, counts: Iterable[tuple[str, int]], note: str = "") -> Sheet:
    return Sheet(title, ("", ""), ("text", "number"), tuple((name, f"{count:,}") for name, count in counts), note)


def _agreement(data: RunData) -> Sheet | None:
    """What was compared at the end."""
    outcome = None if data.market is None else data.market.outcome
    if outcome is None:
        return None
    rows = [("exchange and host", f"{len(outcome.breaks):,} breaks"),
            ("gate and host", f"{len(outcome.differences):,} differences"),
            *(("", text) for text in (*outcome.breaks, *outcome.differences))]
    return Sheet("Agreement at the end", ("", ""), ("text", "text"), tuple(rows))


def _latencies(data: RunData) -> Sheet:
    rows = []
    for stage in stages(data):
        values = [stage.ns[0], *(stage.percentile(percent) for percent in PERCENTILES), stage.most]
        cells = [f"{ns_text(ns)}" + (f" ({round(ns / stage.cycle):,})" if stage.cycle else "") for ns in values]
        rows.append((stage.name, stage.where, *cells, f"{stage.total:,}"))
    heads = ("", "by", "min", *(f"p{percent:g}" for percent in PERCENTILES), "max", "number")
    clock = "" if data.market is None else f"In brackets: cycles at {data.market.clock_hz / 1e6:g} MHz."
    return Sheet("Latencies", heads, ("text", "text", *["number"] * 6), tuple(rows), clock)


def _requests(data: RunData) -> Sheet:
    """What the gate and, before it, the order manager said."""
    traded = data.traded
    rows = [("asked for by strategies", traded.inputs.get("Intend", 0)),
            *((f"turned away: {why}", count) for why, count in traded.turned_away.items()),
            ("requests decided by the gate", traded.accepted + traded.refused), ("accepted", traded.accepted),
            ("refused", traded.refused),
            *((f"for {name.lower().replace('_', ' ')}", count) for name, count in
              sorted(traded.rules.items(), key=lambda rule: -rule[1])),
            ("messages sent", traded.inputs.get("Sent", 0)), ("executions heard", traded.inputs.get("Execution", 0)),
            ("fills", len(traded.fills))]
    return _counted("Requests", rows, "A request may break several rules.")


def _states(data: RunData) -> Sheet:
    orders = data.traded.orders
    ends = Counter(GATE_REFUSED if order["refused"] else _STATES[order["state"]].value for order in orders)
    return _counted("Orders at the end", [*ends.most_common(), ("all", len(orders))] if len(orders) else [])


def _passages(data: RunData) -> Sheet:
    paths = sorted(data.traded.paths.items(), key=lambda item: -item[1])
    rows = [(passage.before or "(made)", passage.after, f"{count:,}") for passage, count in paths]
    return Sheet("Changes of state", ("from", "to", "orders"), ("text", "text", "number"), tuple(rows))


def _positions(data: RunData) -> Sheet:
    marks, rows, sums = last_marks(data), [], [0, 0, 0]
    last = {(int(row["account"]), int(row["symbol"])): row for row in data.traded.bookings}
    for (account, symbol), row in sorted(last.items()):
        shares, cost, realised, fees = (int(row[name]) for name in ("shares", "cost", "realised", "fees"))
        unrealised = shares * marks[account, symbol] - cost
        sums = [before + more for before, more in zip(sums, (realised, unrealised, fees), strict=True)]
        rows.append((data.names.account(account), data.names.symbol(symbol), f"{shares:,}",
                     *map(_money, (realised, unrealised, fees, realised + unrealised - fees))))
    if rows:
        rows.append(("all", "", "", *map(_money, (*sums, sums[0] + sums[1] - sums[2]))))
    return Sheet("Positions", ("account", "symbol", "shares", "realised", "unrealised", "fees", "profit"),
                 ("text", "text", *["number"] * 5), tuple(rows),
                 "Open shares at the middle of the book." if data.market is not None
                 else "Open shares at the price of the last fill.")


def _events(data: RunData) -> Sheet:
    market = () if data.market is None else data.market.events
    events = sorted((*data.traded.events, *market))
    rows = [(_time(event.time, data), event.kind, event.text) for event in events[:_EVENTS]]
    more = f"And {len(events) - _EVENTS:,} more." if len(events) > _EVENTS else ""
    return Sheet("Events", ("time", "", ""), ("text", "text", "text long"), tuple(rows), more)


def _times(data: RunData) -> Sheet:
    """The seven times of the orders that are drawn."""
    rows = []
    for order in sample(data.traded.orders):
        word = "buy" if order["side"] == Side.BUY else "sell"
        rows.append((f"{order['id']:016X}", f"{word} {order['shares']:,} {data.names.symbol(int(order['symbol']))}",
                     *(_stamp(order, name, data) for name in TIMES)))
    return Sheet("The seven times of some orders",
                 ("ClOrdID", "order", "decided", "written", "gate decided", "sent", "acknowledged", "first fill",
                  "end"),
                 ("text", "text", *["number"] * 7), tuple(rows),
                 "Acknowledgement and fill by the venue's clock; the gate's decision by the device's, ns since its "
                 "reset; all others by the host's.")


def _stamp(order: Table, name: str, data: RunData) -> str:
    value = int(order[name])
    if not value:
        return ""
    return f"{value:,}" if name == "gated" else _time(value, data)


def _counters(data: RunData) -> Sheet | None:
    if data.market is None:
        return None
    return _counted("Counters of the device", ((name, count) for name, count in data.market.counters.items() if count),
                    "Those that are not zero.")


def _time(ns: int, data: RunData) -> str:
    """Return a time, ns since 1970, as that of the exchange's day, to the microsecond."""
    seconds, rest = divmod(ns - midnight(data), _NS)
    return f"{datetime.fromtimestamp(seconds, UTC):%H:%M:%S}.{rest // 1_000:06d}"


def _money(amount: int) -> str:
    dollars, rest = divmod(abs(amount), 10_000)
    return f"{'-' if amount < 0 else ''}${dollars:,}.{rest // 100:02d}"
