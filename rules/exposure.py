"""Rules 14 to 16: what an account holds and may come to hold.

An order *asks* for shares or notional; of that, a replaced order already *held* some. A sum that is limited has *room*:
it may be this much before the order comes. So a gate can know the room before it knows the sum, and that of the order
behind, *before* being what the order ahead may add.
"""

from rules.quantities import (
    Gross,
    Net,
    Notional,
    NotionalAllowance,
    NotionalLimit,
    NotionalRoom,
    ShareAllowance,
    ShareRoom,
    Shares,
    WorstShares,
)

__all__ = ["shares_grow", "share_allowance", "share_room", "too_many_shares", "position", "notional_grows",
           "notional_allowance", "notional_room", "too_much_gross", "too_much_net", "gross", "net"]


def shares_grow(held: Shares, asked: Shares) -> bool:
    """Whether the worst case of the order becomes more shares."""
    return asked > held


def share_allowance(limit: Shares, held: Shares) -> ShareAllowance:
    """The limit, and what the order itself has of the sum."""
    return limit + held


def share_room(allowance: ShareAllowance, asked: Shares, before: Shares) -> ShareRoom:
    """The most that the sum may be, so that it takes ``before`` and the order."""
    return allowance - asked - before


def too_many_shares(worst: WorstShares, room: ShareRoom) -> bool:
    """Whether a sum has no room for the order."""
    return worst > room


def position(worst: WorstShares, held: Shares, asked: Shares, limit: Shares) -> bool:
    """Rule 14: the position would be beyond its limit if all open orders of the side were filled, and this one.

    worst: a buy's: the position and all open buys; a sell's: all open sells less the position. limit: long or short.
    """
    return shares_grow(held, asked) and too_many_shares(worst, share_room(share_allowance(limit, held), asked, 0))


def notional_grows(held: Notional, asked: Notional) -> bool:
    """Whether the worst case of the order comes to be worth more."""
    return asked > held


def notional_allowance(limit: NotionalLimit, held: Notional) -> NotionalAllowance:
    """The limit, and what the order itself has of the sum."""
    return limit + held


def notional_room(allowance: NotionalAllowance, asked: Notional, before: Notional) -> NotionalRoom:
    """The most that the sum may be, so that it takes ``before`` and the order."""
    return allowance - asked - before


def too_much_gross(total: Gross, room: NotionalRoom) -> bool:
    """Whether the gross notional has no room for the order."""
    return total > room


def too_much_net(worst: Net, room: NotionalRoom) -> bool:
    """Whether the net notional has no room for the order."""
    return worst > room


def gross(total: Gross, held: Notional, asked: Notional, limit: NotionalLimit) -> bool:
    """Rule 15: all that the account holds and has open would be worth more than its limit."""
    room = notional_room(notional_allowance(limit, held), asked, 0)
    return notional_grows(held, asked) and too_much_gross(total, room)


def net(worst: Net, held: Notional, asked: Notional, limit: NotionalLimit) -> bool:
    """Rule 16: the account's net notional would be beyond its limit if all open orders of the side were filled.

    worst: a buy's: paid less got, and all open buys; a sell's: all open sells and got less paid.
    """
    room = notional_room(notional_allowance(limit, held), asked, 0)
    return notional_grows(held, asked) and too_much_net(worst, room)
