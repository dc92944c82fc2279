"""What each counterparty has traded and holds, as the end-of-day files that ``tickgate reconcile`` reads."""

import io
from collections import Counter
from collections.abc import Iterable, Iterator

from host.positions.endofday import write_end_of_day
from host.positions.trade import Trade
from sim.exchange.fixdesk.orders import Fill, FixOrder
from wire.risk import Side

__all__ = ["NO_ACCOUNT", "statement"]

#: Name of the account of orders without one: the first of a gate.
NO_ACCOUNT = "#0"


def statement(orders: Iterable[FixOrder]) -> str:
    """Return the end-of-day file of one counterparty, whose orders these are.

    A trade's exec_id is the ExecID of the report that told it first; its price and shares are as corrected; times are
    not in the file, and fees are 0.
    """
    accounts, symbols = dict[str, int](), dict[str, int]()
    trades, positions = [], Counter[tuple[int, int]]()
    for order in orders:
        place = (accounts.setdefault(order.account.decode("latin-1") or NO_ACCOUNT, len(accounts)),
                 symbols.setdefault(order.symbol.decode("latin-1"), len(symbols)))
        for fill, busted in _fills(order):
            trade = Trade(fill.first.decode(), *place, Side(int(order.side)), fill.shares, fill.price, 0, 0, busted)
            trades.append(trade)
            positions[place] += trade.signed_shares
    file = io.StringIO()
    write_end_of_day(file, trades, {place: held for place, held in positions.items() if held},
                     list(accounts).__getitem__, list(symbols).__getitem__)
    return file.getvalue()


def _fills(order: FixOrder) -> Iterator[tuple[Fill, bool]]:
    yield from ((fill, False) for fill in order.fills.values())
    yield from ((fill, True) for fill in order.broken)
