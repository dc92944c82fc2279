"""What rules count in: integers with their ranges, as docs/risk.md has them."""

from typing import Annotated

from wire.ranges import Range
from wire.risk import NOTIONAL_BITS, TIME_BITS

__all__ = ["MAX_PRICE", "Price", "Shares", "Notional", "NotionalLimit", "Gross", "Net", "NotionalAllowance",
           "NotionalRoom", "WorstShares", "SharesUsed", "ShareAllowance", "ShareRoom", "Count", "Time", "Latest",
           "Interval", "Tolerance"]

#: The highest price there is.
MAX_PRICE = (1 << 32) - 1
#: The most orders that a gate may have open.
_MAX_ORDERS = 1 << 16

Price = Annotated[int, Range(0, MAX_PRICE)]
Shares = Annotated[int, Range(0, (1 << 32) - 1)]
#: Price times shares.
Notional = Annotated[int, Range(0, ((1 << 32) - 1) ** 2)]
NotionalLimit = Annotated[int, Range(0, (1 << NOTIONAL_BITS - 1) - 1)]
Gross = NotionalLimit
#: What was paid less what was got, with the worst case of all open orders of one side.
Net = Annotated[int, Range(-(1 << NOTIONAL_BITS - 1), _MAX_ORDERS << NOTIONAL_BITS - 1)]
#: A limit and what an order holds; what is left of it, for a sum of notionals to be compared with.
NotionalAllowance = Annotated[int, Range(0, 1 << NOTIONAL_BITS + 1)]
NotionalRoom = Annotated[int, Range(-(1 << NOTIONAL_BITS + 1), 1 << NOTIONAL_BITS + 1)]
#: Position, long or short, with the worst case of all open orders of one side.
WorstShares = Annotated[int, Range(-(1 << 40), _MAX_ORDERS << 32)]
SharesUsed = Shares
ShareAllowance = Annotated[int, Range(0, 1 << 33)]
ShareRoom = Annotated[int, Range(-(1 << 33), 1 << 33)]
Count = Annotated[int, Range(0, (1 << 16) - 1)]
Time = Annotated[int, Range(0, (1 << TIME_BITS) - 1)]
#: A time with a tolerance or an interval.
Latest = Annotated[int, Range(-(1 << TIME_BITS), (1 << TIME_BITS + 1) - 1)]
Interval = Annotated[int, Range(0, (1 << 32) - 1)]
Tolerance = Annotated[int, Range(0, (1 << 48) - 1)]
