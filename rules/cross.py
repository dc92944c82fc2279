"""Rule 20: trades with oneself.

Prices of both sides are brought to one scale, on which an order trades with a resting one when it *reaches* at least as
far as that one *rests*.
"""

from rules.quantities import MAX_PRICE, Price

__all__ = ["reach", "rests", "trades", "self_trade"]


def reach(buy: bool, market: bool, price: Price) -> Price:
    """How far an order reaches: a buy the further the higher, a sell the further the lower, a market order furthest."""
    if market:
        return MAX_PRICE
    return price if buy else MAX_PRICE - price


def rests(buy: bool, market: bool, price: Price) -> Price:
    """How far an order of the other side must reach to trade with this one."""
    if market:
        return 0
    return MAX_PRICE - price if buy else price


def trades(reaches: Price, resting: Price) -> bool:
    """Whether an order that reaches so far trades with one that rests there."""
    return reaches >= resting


def self_trade(buy: bool, market: bool, price: Price, resting_market: bool, resting_price: Price) -> bool:
    """Rule 20, against one live order of the same account and symbol and the other side: the two would trade."""
    return trades(reach(buy, market, price), rests(not buy, resting_market, resting_price))
