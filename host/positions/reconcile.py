"""Our trades and positions against those that somebody else reports: every break found, and what it is."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from host.positions.positions import Position
from host.positions.trade import Trade

__all__ = ["Break", "BreakKind", "Statement", "reconcile"]

Pair = tuple[int, int]


class BreakKind(Enum):
    """What a break is; the value is its name for people."""

    MISSING_HERE = "missing here"
    MISSING_THERE = "missing there"
    BUSTED_HERE = "busted here"
    BUSTED_THERE = "busted there"
    ACCOUNT = "account"
    SYMBOL = "symbol"
    SIDE = "side"
    SHARES = "shares"
    PRICE = "price"
    FEE = "fee"
    POSITION = "position"


#: Fields of a trade that both must tell alike.
_FIELDS = (BreakKind.ACCOUNT, BreakKind.SYMBOL, BreakKind.SIDE, BreakKind.SHARES, BreakKind.PRICE, BreakKind.FEE)


@dataclass(frozen=True, slots=True)
class Break:
    """A difference. exec_id: of the trade; POSITION: "". account, symbol: as we have them, or they where we have not.

    here, there: what each says, None where it says nothing: the field that differs (Side by its code), else shares,
    negative when sold. POSITION: the shares held; the breaks among trades do not explain all of the difference.
    """

    kind: BreakKind
    exec_id: str
    account: int
    symbol: int
    here: int | None
    there: int | None


@dataclass(frozen=True)
class Statement:
    """What somebody else reports. trades: all of them, busted ones too; ``time_ns`` does not matter.

    positions: shares by (account, symbol), absent ones are flat; None: nothing is told of positions. fees: whether the
    trades tell fees.
    """

    trades: Iterable[Trade]
    positions: Mapping[Pair, int] | None = None
    fees: bool = True


def reconcile(trades: Iterable[Trade], positions: Iterable[Position], statement: Statement) -> list[Break]:
    """Return every break: of trades by exec_id, then of positions by account and symbol.

    trades: ours of the time that the statement is about. positions: ours at its end. A trade that is busted for one
    side is a break of that kind alone; one that is busted for both is none, whatever else differs, and neither is one
    that is busted for the one and unknown to the other: it counts for none. What of a position's difference comes from
    the breaks of trades is no second break.
    """
    here = {trade.exec_id: trade for trade in trades}
    there = {trade.exec_id: trade for trade in statement.trades}
    found = [each for exec_id in sorted(here.keys() | there.keys())
             for each in _of_trade(here.get(exec_id), there.get(exec_id), fees=statement.fees)]
    if statement.positions is not None:
        held = {(position.account, position.symbol): position.shares for position in positions}
        explained = _sums(there.values())
        explained.subtract(_sums(here.values()))
        for pair in sorted(held.keys() | statement.positions.keys() | explained.keys()):
            ours, theirs = held.get(pair, 0), statement.positions.get(pair, 0)
            if theirs - ours != explained[pair]:
                found.append(Break(BreakKind.POSITION, "", *pair, ours, theirs))
    return found


def _of_trade(here: Trade | None, there: Trade | None, *, fees: bool) -> list[Break]:
    if here is None or there is None:
        one, kind = (there, BreakKind.MISSING_HERE) if here is None else (here, BreakKind.MISSING_THERE)
        return [] if one is None or one.busted else [
            Break(kind, one.exec_id, one.account, one.symbol, _shares(here), _shares(there))]
    if here.busted or there.busted:
        kind = BreakKind.BUSTED_HERE if here.busted else BreakKind.BUSTED_THERE
        return [] if here.busted and there.busted else [
            Break(kind, here.exec_id, here.account, here.symbol, here.signed_shares, there.signed_shares)]
    differing = ((field, getattr(here, field.value), getattr(there, field.value)) for field in _FIELDS
                 if fees or field != BreakKind.FEE)
    return [Break(field, here.exec_id, here.account, here.symbol, int(ours), int(theirs))
            for field, ours, theirs in differing if ours != theirs]


def _shares(trade: Trade | None) -> int | None:
    return None if trade is None else trade.signed_shares


def _sums(trades: Iterable[Trade]) -> Counter[Pair]:
    sums: Counter[Pair] = Counter()
    for trade in trades:
        sums[trade.account, trade.symbol] += trade.signed_shares
    return sums
