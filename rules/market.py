"""Rules 5 to 8: who may trade what, and whether it trades now."""

__all__ = ["unknown", "not_live", "not_trading", "restricted"]


def unknown(account_known: bool, symbol_known: bool) -> bool:
    """Rule 5: the account or the symbol does not exist, or is not enabled."""
    return not (account_known and symbol_known)


def not_live(live: bool, buy: bool, sell: bool, has_bid: bool, has_ask: bool) -> bool:
    """Rule 6: the book is not live, or has nothing on the side that the order would take. Neither buy nor sell: a side
    that does not exist."""
    return not live or (buy and not has_ask) or (sell and not has_bid)


def not_trading(trading: bool) -> bool:
    """Rule 7: the symbol is halted, paused, or outside of trading hours."""
    return not trading


def restricted(listed: bool) -> bool:
    """Rule 8: the symbol is on the restricted list."""
    return listed
