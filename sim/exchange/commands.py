"""What participants and operators ask of the matching engine.

Prices are integers of 1/10,000. ``locate`` is the stock locate of a symbol, ``reference`` the order reference number
that the engine gave an order. ``owner`` names who entered an order, may cancel it and is told of it; ``account`` for
whom it trades; ``token`` is the owner's, of any type, comes back with every event of the order and means nothing to
the engine.
"""

from enum import Enum
from typing import NamedTuple

from wire.itch50 import CrossType, Side

__all__ = ["TimeInForce", "SelfMatch", "New", "Replace", "Cancel", "MassCancel", "Halt", "Pause", "Resume", "Indicate",
           "OpenCross", "CloseCross", "EndOfDay", "Bust", "Correct", "Command"]


class TimeInForce(Enum):
    """How long an order lives. The FIX TimeInForce(59) of each is 0, 3, 4, 2, 7."""

    DAY = "day"
    IOC = "immediate or cancel"
    FOK = "fill or kill"
    ON_OPEN = "opening cross only"
    ON_CLOSE = "closing cross only"


class SelfMatch(Enum):
    """What happens when an incoming order meets a resting one of its account; the incoming order's choice counts."""

    ALLOW = "they trade"
    CANCEL_NEWEST = "the incoming order is cancelled"
    CANCEL_OLDEST = "the resting order is cancelled"
    CANCEL_BOTH = "both are cancelled"


class New(NamedTuple):
    """Enter an order.

    shares: 1..2**32-1. price: limit, None for a market order. account: "" for none; self-match prevention compares
    accounts, and none equals nothing. attribution: the market participant to be shown with it (F), "" for none.
    """

    locate: int
    side: Side
    shares: int
    price: int | None
    owner: str
    token: object = None
    account: str = ""
    time_in_force: TimeInForce = TimeInForce.DAY
    post_only: bool = False
    self_match: SelfMatch = SelfMatch.ALLOW
    attribution: str = ""


class Replace(NamedTuple):
    """Change shares and price of an order.

    shares: of the whole order, those executed included (as in FIX OrderQty); what is not above those executed cancels
    the rest. token: of the order from now on.
    """

    reference: int
    shares: int
    price: int | None
    owner: str
    token: object = None


class Cancel(NamedTuple):
    """Cancel an order, or reduce it: ``leaves`` is what may stay open at the most. owner None: the exchange itself."""

    reference: int
    owner: str | None
    leaves: int = 0


class MassCancel(NamedTuple):
    """Cancel all open orders that fit: None fits all. An owner of None is the exchange itself."""

    owner: str | None
    account: str | None = None
    locate: int | None = None
    side: Side | None = None


class Halt(NamedTuple):
    """Halt a symbol: state H. reason: up to 4 characters, for the trading action message."""

    locate: int
    reason: str = ""


class Pause(NamedTuple):
    """Pause a symbol: state P."""

    locate: int
    reason: str = ""


class Resume(NamedTuple):
    """Let a halted or paused symbol be quoted (state Q), and one that is quoted trade (T), by a cross of type H."""

    locate: int
    reason: str = ""


class Indicate(NamedTuple):
    """Publish what a cross would give now, and change nothing."""

    locate: int
    cross_type: CrossType


class OpenCross(NamedTuple):
    """Run the opening cross. A symbol in state Q trades after it."""

    locate: int


class CloseCross(NamedTuple):
    """Run the closing cross."""

    locate: int


class EndOfDay(NamedTuple):
    """Cancel all that is open in all symbols, and take no order any more."""


class Bust(NamedTuple):
    """Break the trade, or the whole cross, of this match number. Orders do not come back."""

    match: int


class Correct(NamedTuple):
    """Correct price, or shares downwards, of the trade of this match number; not of a cross."""

    match: int
    shares: int
    price: int


Command = (New | Replace | Cancel | MassCancel | Halt | Pause | Resume | Indicate | OpenCross | CloseCross | EndOfDay
           | Bust | Correct)
