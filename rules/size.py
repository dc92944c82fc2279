"""Rules 10 and 11: the size of one order."""

from rules.quantities import Notional, NotionalLimit, Price, Shares

__all__ = ["notional", "max_shares", "max_notional", "too_much"]


def notional(price: Price, shares: Shares) -> Notional:
    """What an order is worth."""
    return price * shares


def max_shares(shares: Shares, limit: Shares) -> bool:
    """Rule 10: more shares than one order may have."""
    return shares > limit


def too_much(value: Notional, limit: NotionalLimit) -> bool:
    """Whether an order is worth more than one may be."""
    return value > limit


def max_notional(price: Price, shares: Shares, limit: NotionalLimit) -> bool:
    """Rule 11: the order is worth more than one may be."""
    return too_much(notional(price, shares), limit)
