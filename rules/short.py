"""Rule 21: short sales."""

from rules.exposure import share_allowance, share_room, shares_grow, too_many_shares
from rules.quantities import Price, Shares, SharesUsed

__all__ = ["at_the_bid", "price_test", "locate", "short_sale"]


def at_the_bid(market: bool, price: Price, has_bid: bool, bid: Price) -> bool:
    """Whether an order is not priced above the best bid, as a restricted short sale must be."""
    return market or not has_bid or price <= bid


def price_test(subject: bool, restricted: bool, low: bool) -> bool:
    """Whether a short sale that is not exempt (``subject``) is priced too low while short sales are restricted."""
    return subject and restricted and low


def locate(used: SharesUsed, held: Shares, asked: Shares, located: Shares) -> bool:
    """Whether a short sale, exempt or not, needs more shares than were located."""
    return shares_grow(held, asked) and too_many_shares(used, share_room(share_allowance(located, held), asked, 0))


def short_sale(subject: bool, restricted: bool, market: bool, price: Price, has_bid: bool, bid: Price,
               used: SharesUsed, held: Shares, asked: Shares, located: Shares) -> bool:
    """Rule 21, of a short sale: Regulation SHO's price test, or not enough shares located."""
    return (price_test(subject, restricted, at_the_bid(market, price, has_bid, bid))
            or locate(used, held, asked, located))
