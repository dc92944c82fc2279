"""Rule 19: the same order again."""

from typing import NamedTuple

from rules.quantities import Interval, Latest, Price, Shares, Time
from wire.ranges import U8, U16

__all__ = ["Likeness", "alike", "since", "recent", "duplicate"]


class Likeness(NamedTuple):
    """What makes two orders the same."""

    account: U16
    symbol: U16
    side: U8
    type: U8
    price: Price
    shares: Shares


def alike(asked: Likeness, passed: Likeness) -> bool:
    """Whether two orders ask for the same."""
    return (asked.account == passed.account and asked.symbol == passed.symbol and asked.side == passed.side
            and asked.type == passed.type and asked.price == passed.price and asked.shares == passed.shares)


def since(now: Time, window: Interval) -> Latest:
    """The time after which an order is recent."""
    return now - window


def recent(time: Time, after: Latest) -> bool:
    """Whether an order passed after that time."""
    return time > after


def duplicate(asked: Likeness, now: Time, passed: Likeness, time: Time, window: Interval) -> bool:
    """Rule 19, against one order that passed at ``time``: the same again within the window."""
    return alike(asked, passed) and recent(time, since(now, window))
