"""Rules 17 and 18: how many orders, and how fast."""

from rules.quantities import Count, Interval, Latest, Time, Tolerance

__all__ = ["full", "open_orders", "latest", "early", "stopped", "rate"]


def full(count: Count, limit: Count) -> bool:
    """Whether no more may be open."""
    return count >= limit


def open_orders(pair_open: Count, pair_limit: Count, account_open: Count, account_limit: Count) -> bool:
    """Rule 17, of a new order: too many are open, of the account in this symbol or of the account."""
    return full(pair_open, pair_limit) or full(account_open, account_limit)


def latest(now: Time, tolerance: Tolerance) -> Latest:
    """The latest time to which the bucket may be used up, for an order to pass."""
    return now + tolerance


def early(last: Latest, earliest: Latest) -> bool:
    """Whether the bucket is used up beyond that."""
    return last < earliest


def stopped(interval: Interval) -> bool:
    """Whether no order is ever earned."""
    return interval == 0


def rate(now: Time, tolerance: Tolerance, interval: Interval, earliest: Latest) -> bool:
    """Rule 18, of an account or a symbol: too many orders in too short a time.

    earliest: the time to which the bucket is used up; each order that passes takes ``interval`` more.
    """
    return stopped(interval) or early(latest(now, tolerance), earliest)
