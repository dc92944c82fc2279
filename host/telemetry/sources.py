"""What the parts of a loop have to show, as samples.

A source yields samples, and None wherever the one who drains it may do something else first: so a snapshot is made in
small pieces between the turns of the loop, and what it shows was not all so in one moment.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from host.journal.journal import Journal
from host.oms.book import Book, Phase
from host.oms.breaker import BreakerState
from host.oms.fix import Names
from host.oms.order import Flag, Stage
from host.positions.positions import Positions
from host.risk.gate import Gate
from host.risk.units import PRICE_UNITS
from host.risk.usage import Usage, account_usage, pair_usage, symbol_usage
from host.run.loop import Loop
from host.strategy.views import Views
from host.telemetry.latency import Latencies
from host.telemetry.metrics import Sample
from wire.records import NOT_LIVE
from wire.registers import COUNTERS

__all__ = ["Source", "books", "counters", "feed", "journal", "latencies", "limits", "loop", "orders", "positions",
           "trading"]

Source = Iterator[Sample | None]

_SECOND = 1_000_000_000
#: Of what a source may go through before it pauses: orders, registers of the device.
_ORDERS, _REGISTERS = 2_048, 8
_NOT_LIVE = int(NOT_LIVE)


def loop(loop: Loop) -> Source:
    """Yield what the loop has done and lost."""
    for what, count in list(loop.counts.items()):
        if what != "records lost":
            yield Sample("tickgate_done_total", count, (what,))
    yield Sample("tickgate_records_lost_total", loop.counts["records lost"])
    yield Sample("tickgate_verdicts_lost_total", loop.gateway.lost)


def trading(book: Book) -> Source:
    """Yield whether orders may go out, and what keeps them."""
    yield Sample("tickgate_session_up", book.linked)
    yield Sample("tickgate_trading_open", book.phase is Phase.OPEN)
    yield Sample("tickgate_kills", len(book.kills))
    for state in BreakerState:
        yield Sample("tickgate_breaker", book.breaker.state is state, (state.value,))
    yield Sample("tickgate_recovery_breaks", len(book.recovery.breaks))
    yield Sample("tickgate_gate_short_pairs", sum(map(bool, book.gaps.values())))
    yield Sample("tickgate_illegal_transitions_total", len(book.illegal))
    for clock, error in book.errors.items():
        yield Sample("tickgate_clock_error_seconds", error / _SECOND, (clock.name.lower(),))


def orders(book: Book) -> Source:
    """Yield how many orders are open or unresolved, and what has no answer."""
    open_ = unresolved = 0
    for number, order in enumerate(list(book.orders.values()), 1):
        open_ += order.leaves > 0
        unresolved += order.flags & Flag.UNRESOLVED > 0
        if not number % _ORDERS:
            yield None
    yield Sample("tickgate_open_orders", open_)
    yield Sample("tickgate_unresolved_orders", unresolved)
    at = Counter(request.stage for request in list(book.requests.values()))
    for stage in Stage:
        yield Sample("tickgate_requests", at[stage], (stage.name.lower(),))
    yield Sample("tickgate_reports_unconfirmed", sum(map(len, book.reports.values())))


def positions(positions: Positions, names: Names) -> Source:
    """Yield shares and money by account and symbol."""
    for one in list(positions):
        labels = _name(names.accounts, one.account), _name(names.symbols, one.symbol)
        yield Sample("tickgate_position_shares", one.shares, labels)
        yield Sample("tickgate_realised_dollars", one.realised / PRICE_UNITS, labels)
        yield Sample("tickgate_fees_dollars", one.fees / PRICE_UNITS, labels)


def latencies(found: Latencies, book: Book) -> Source:
    """Yield the latencies of orders, the last ones included."""
    yield from found.follow(book)
    for name, stage in found.stages.items():
        for percent, ns in stage.quantiles().items():
            yield Sample("tickgate_latency_seconds", ns / _SECOND, (name, f"{percent / 100:g}"))
        yield Sample("tickgate_latencies_total", stage.count, (name,))
        yield Sample("tickgate_latencies_backwards_total", stage.backwards, (name,))
        yield None


def journal(journal: Journal) -> Source:
    """Yield how safe the journal is."""
    yield Sample("tickgate_journal_records_total", journal.number)
    yield Sample("tickgate_journal_bytes", journal.size)
    yield Sample("tickgate_journal_broken", journal.broken)
    if (waiting := journal.unsynced) is not None:
        yield Sample("tickgate_journal_unsynced_seconds", waiting)


def feed(gate: Gate) -> Source:
    """Yield the state of the device's feed, and what shuts its gate."""
    for name, value in gate.device.status().items():
        yield Sample("tickgate_feed", value, (name,))
    for name, value in gate.status().items():
        if name != "locked":
            yield Sample("tickgate_gate_shut", value, (name,))
    yield None


def books(views: Views, names: Names) -> Source:
    """Yield which books are live."""
    for index, name in enumerate(names.symbols[:views.symbols]):
        yield Sample("tickgate_book_live", not views.word(index) & _NOT_LIVE, (name.decode(),))


def counters(gate: Gate) -> Source:
    """Yield the device's counters."""
    for number, (name, _) in enumerate(COUNTERS, 1):
        yield Sample("tickgate_device_total", gate.device.read(name.upper()), (name,))
        if not number % _REGISTERS:
            yield None


def limits(gate: Gate, names: Names) -> Source:
    """Yield how much of the gate's limits is used: of each account, each symbol, and each account in each symbol."""
    for account, account_name in enumerate(names.accounts[:gate.sizes.accounts]):
        for symbol, symbol_name in enumerate(names.symbols[:gate.device.capabilities.symbols]):
            shown, now = gate.show(account, symbol), gate.device.read("CYCLES")
            for labels, uses in (((account_name, b""), () if symbol else account_usage(shown, now)),
                                 ((b"", symbol_name), () if account else symbol_usage(shown, now)),
                                 ((account_name, symbol_name), pair_usage(shown))):
                yield from (_used(use, *labels) for use in uses)
            yield None


def _used(use: Usage, account: bytes, symbol: bytes) -> Sample:
    return Sample("tickgate_limit_used_ratio", use.permille / 1_000, (account.decode(), symbol.decode(), use.name))


def _name(names: Sequence[bytes], index: int) -> str:
    """Return a name; of an index that has none, which orders of others may have, its number."""
    return names[index].decode() if 0 <= index < len(names) else str(index)
