"""Rules 12 and 13, and the tick of rule 9: the price of one order."""

from typing import Annotated

from rules.quantities import Price
from wire.ranges import U16, U32, Range
from wire.risk import TICKS

__all__ = ["effective", "collar", "beyond_reference", "band", "off_tick"]


def _odd_part(number: int) -> int:
    while number % 2 == 0:
        number //= 2
    return number


#: A multiple of an odd number, times that number's inverse modulo 2**32, is the quotient; every other product is more
#: than the greatest quotient. So a multiplication says whether a division has a remainder.
_INVERSES = tuple(pow(_odd_part(tick), -1, 1 << 32) for tick in TICKS)
_QUOTIENTS = tuple(((1 << 32) - 1) // _odd_part(tick) for tick in TICKS)
#: The low bits that a multiple of the tick's power of two does not have.
_EVEN = tuple(tick // _odd_part(tick) - 1 for tick in TICKS)


def off_tick(price: Price, tick: Annotated[int, Range(0, len(TICKS) - 1)]) -> bool:
    """Whether the price is no multiple of TICKS[tick]."""
    quotient = (price * _INVERSES[tick]) & 0xFFFFFFFF
    return quotient > _QUOTIENTS[tick] or (price & _EVEN[tick]) != 0


def effective(market: bool, price: Price, has_touch: bool, touch: Price) -> Price:
    """The price that rules take an order to have: its own, or for a market order the touch it would take, 0 if there is
    none."""
    if not market:
        return price
    return touch if has_touch else 0


def beyond_reference(buy: bool, price: Price, reference: Price, bps: U16, units: U32) -> bool:
    """Whether a price is worse than the reference by more than ``units``, or more than ``bps`` basis points."""
    distance = price - reference if buy else reference - price
    return distance > 0 and (distance > units or distance * 10_000 > bps * reference)


def collar(buy: bool, price: Price, has_touch: bool, touch: Price, has_last: bool, last: Price, bps: U16,
           units: U32) -> bool:
    """Rule 12: the price is too far above (sell: below) the touch that the order would take, or the last trade."""
    return ((has_touch and beyond_reference(buy, price, touch, bps, units))
            or (has_last and beyond_reference(buy, price, last, bps, units)))


def band(price: Price, low: Price, high: Price) -> bool:
    """Rule 13: the price is outside of the symbol's band."""
    return price < low or price > high
