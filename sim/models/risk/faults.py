"""Why a request is malformed, and why a report does not match."""

from wire.risk import TICKS, Fault, Kind, OrderType, Side

__all__ = ["request_faults", "report_faults"]

_SIDES = tuple(map(int, Side))
_TYPES = tuple(map(int, OrderType))
_AMEND = (Kind.REPLACE, Kind.CANCEL)
#: Reports that speak of a closed entry too.
_AFTERWARDS = (Kind.BUST, Kind.CORRECT)


def request_faults(slot, place, symbol_row):
    """Return the Fault bits of a request of known kind.

    place: what is in the token's place, an Entry or None; symbol_row: the symbol's row, None when it does not exist.
    """
    fault = 0
    order = slot.kind in (Kind.NEW, Kind.REPLACE)
    limit = order and slot.type == OrderType.LIMIT
    if order and slot.side not in _SIDES:
        fault |= Fault.SIDE
    if order and slot.type not in _TYPES:
        fault |= Fault.TYPE
    if (slot.shares == 0) == order:
        fault |= Fault.SHARES
    if limit and slot.price == 0:
        fault |= Fault.PRICE
    if (not order or slot.type == OrderType.MARKET) and slot.price != 0:
        fault |= Fault.PRICE
    if limit and symbol_row is not None and slot.price % TICKS[symbol_row.tick] != 0:
        fault |= Fault.TICK
    if slot.kind == Kind.NEW and place is not None and (place.live or place.token == slot.token):
        fault |= Fault.TOKEN
    if slot.kind in _AMEND:
        fault |= _amend_faults(slot, place)
    return int(fault)


def _amend_faults(slot, place):
    if place is None or place.token != slot.token or not place.live:
        return Fault.TOKEN
    if (slot.account, slot.symbol) != (place.account, place.symbol):
        return Fault.ORDER
    if slot.kind == Kind.REPLACE and ((slot.side, slot.type) != (place.side, place.type) or place.pending):
        return Fault.ORDER
    return 0


def report_faults(slot, entry):
    """Return the Fault bits of a report; 0: it matches. entry: the one with its token, live or closed, or None."""
    if entry is None or not entry.live and slot.kind not in _AFTERWARDS:
        return int(Fault.TOKEN)
    fault = 0
    if slot.number <= entry.number:
        fault |= Fault.NUMBER
    most_shares = {Kind.FILL: entry.open, Kind.REPLACED: entry.new_open, Kind.BUST: entry.filled,
                   Kind.CORRECT: entry.filled}
    if slot.kind in most_shares and not 1 <= slot.shares <= most_shares[slot.kind]:
        fault |= Fault.SHARES
    if slot.kind == Kind.FILL and slot.price == 0:
        fault |= Fault.PRICE
    if slot.kind == Kind.BUST and (slot.price == 0 or slot.shares * slot.price > entry.filled_notional):
        fault |= Fault.PRICE
    if slot.kind == Kind.CORRECT and (slot.price == 0 or slot.old_price == 0
                                      or slot.shares * slot.old_price > entry.filled_notional):
        fault |= Fault.PRICE
    if slot.kind == Kind.ACK and entry.acked:
        fault |= Fault.ORDER
    if slot.kind in (Kind.REPLACED, Kind.REPLACE_REJECTED) and not entry.pending:
        fault |= Fault.ORDER
    return int(fault)
