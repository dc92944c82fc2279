"""Rule 9: whether a request makes sense."""

from typing import Annotated, NamedTuple

from rules.quantities import Price, Shares
from wire.ranges import U8, U16, U32, Range
from wire.risk import Fault, Kind, OrderType, Side

__all__ = ["Mask", "Asked", "Entry", "shape_faults", "token_faults", "tick_matters", "tick_fault", "faulty",
           "malformed"]

#: Bits of Fault.
Mask = Annotated[int, Range(0, (1 << 9) - 1)]


class Asked(NamedTuple):
    """A request as it was asked."""

    kind: U8
    side: U8
    type: U8
    token: U32
    account: U16
    symbol: U16
    shares: Shares
    price: Price


class Entry(NamedTuple):
    """What the table of orders has at the token's place. used: an order was ever there."""

    used: bool
    live: bool
    pending: bool
    token: U32
    account: U16
    symbol: U16
    side: U8
    type: U8


def shape_faults(asked: Asked) -> Mask:
    """Faults that need nothing but the request: KIND, SIDE, TYPE, SHARES, PRICE."""
    kind = asked.kind
    if kind == 0 or kind > Kind.MASS_CANCEL:
        return Fault.KIND
    if kind == Kind.CANCEL or kind == Kind.MASS_CANCEL:
        return (Fault.SHARES if asked.shares != 0 else 0) | (Fault.PRICE if asked.price != 0 else 0)
    side, market, limit = asked.side, asked.type == OrderType.MARKET, asked.type == OrderType.LIMIT
    good = side == Side.BUY or side == Side.SELL or side == Side.SELL_SHORT or side == Side.SELL_SHORT_EXEMPT
    wrong_price = (limit and asked.price == 0) or (market and asked.price != 0)
    return ((0 if good else Fault.SIDE) | (0 if market or limit else Fault.TYPE)
            | (Fault.SHARES if asked.shares == 0 else 0) | (Fault.PRICE if wrong_price else 0))


def token_faults(asked: Asked, entry: Entry) -> Mask:
    """Faults by what is at the token's place: TOKEN, ORDER."""
    kind = asked.kind
    same = entry.used and entry.token == asked.token
    if kind == Kind.NEW:
        return Fault.TOKEN if entry.live or same else 0
    if kind != Kind.REPLACE and kind != Kind.CANCEL:
        return 0
    if not (same and entry.live):
        return Fault.TOKEN
    other = asked.account != entry.account or asked.symbol != entry.symbol
    changed = asked.side != entry.side or asked.type != entry.type or entry.pending
    return Fault.ORDER if other or (kind == Kind.REPLACE and changed) else 0


def tick_matters(kind: U8, type: U8, symbol_exists: bool) -> bool:
    """Whether the price must be a multiple of the symbol's tick."""
    return (kind == Kind.NEW or kind == Kind.REPLACE) and type == OrderType.LIMIT and symbol_exists


def tick_fault(matters: bool, off_tick: bool) -> bool:
    """Fault TICK."""
    return matters and off_tick


def faulty(form: Mask, token: Mask) -> bool:
    """Whether a request has any fault but TICK."""
    return (form | token) != 0


def malformed(other: bool, tick: bool) -> bool:
    """Rule 9: the request has the fault TICK or any other."""
    return other or tick
