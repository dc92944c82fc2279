# Ref: Nasdaq TotalView-ITCH 5.0, sections 4.3 to 4.7, for what each event becomes on the feed
"""What the matching engine did, in order: enough for the feed and for every report to a participant.

Field names as in sim.exchange.commands. What an event becomes on the feed (nothing where none is named), and which
report it is to its owner:

==============  ============================================================  ==============================
event           ITCH                                                          report
==============  ============================================================  ==============================
Accepted        -                                                             new
Rejected        -                                                             reject, or cancel reject
Added           A, or F with an attribution                                   -
Executed        E for ADDED; C, not printable, for CROSS if ``displayed``     trade
Canceled        if ``displayed``: X while ``leaves``, D with none             canceled (leaves 0), restated
Replaced        if ``displayed``: KEPT: X of ``old_shares - shares``, if      replaced
                any; MOVED: U; ENTERED: D of the old
CrossTrade      Q                                                             -
Imbalance       I                                                             -
StateChanged    H                                                             -
Broken          B                                                             trade cancel, for each fill
Corrected       B of ``match``, P of the new one                              trade correct, for each fill
==============  ============================================================  ==============================

An ENTERED replacement is followed by what it does as a new order would: Executed, Added, Canceled. A trade gives two
Executed, first ADDED, the resting order's, then REMOVED, the incoming one's, with the same match number. All fills of
a cross have the match number of its CrossTrade, which follows them.
"""

from enum import Enum
from typing import NamedTuple

from sim.exchange.commands import Command
from wire.itch50 import CrossType, ImbalanceDirection, PriceVariation, Side, TradingAction

__all__ = ["RejectReason", "CancelReason", "Liquidity", "Landing", "Accepted", "Rejected", "Added", "Executed",
           "Canceled", "Replaced", "CrossTrade", "Imbalance", "StateChanged", "Broken", "Corrected", "Event"]


class RejectReason(Enum):
    """Why a command was refused; nothing has changed then."""

    UNKNOWN_SYMBOL = "unknown symbol"
    INVALID_SIDE = "side is neither buy nor sell"
    INVALID_SHARES = "shares out of range"
    INVALID_PRICE = "price out of range"
    INVALID_TICK = "price is no multiple of the tick"
    INVALID_COMBINATION = "these instructions do not go together"
    HALTED = "trading is halted or paused"
    NOT_TRADING = "only orders that may rest are taken before trading begins"
    TOO_LATE = "the cross is over"
    CLOSED = "the day is over"
    WOULD_TRADE = "post-only order would have traded"
    UNKNOWN_ORDER = "no such open order of this owner"
    WRONG_STATE = "not in this trading state"
    UNKNOWN_MATCH = "no such trade"
    BROKEN_MATCH = "trade is broken or corrected already"
    NOT_CORRECTABLE = "a cross cannot be corrected"


class CancelReason(Enum):
    """Why shares were cancelled. The comment is the OUCH cancel reason."""

    USER = "asked for by the owner"                       # U
    IMMEDIATE = "nothing left to trade with at once"      # I
    UNFILLABLE = "fill or kill could not be filled"       # I
    SELF_MATCH = "self-match prevention"                  # Q
    SUPERVISORY = "asked for by the exchange"             # S
    CROSS = "not executed in its cross"                   # C
    CLOSED = "the day is over"                            # E


class Liquidity(Enum):
    """Part that an order had in an execution. The value is the usual liquidity flag."""

    ADDED = "A"
    REMOVED = "R"
    CROSS = "C"


class Landing(Enum):
    """Where a replacement finds itself."""

    KEPT = "same price, fewer shares: same reference, same priority"
    MOVED = "new reference, last at its price"
    ENTERED = "new reference; it trades at once, as an order that comes in"


class Accepted(NamedTuple):
    """An order was taken. price: None for a market order."""

    locate: int
    reference: int
    side: Side
    shares: int
    price: int | None
    owner: str
    account: str
    token: object


class Rejected(NamedTuple):
    """A command was refused."""

    command: Command
    reason: RejectReason


class Added(NamedTuple):
    """An order, or what is left of it, joined the displayed book, last at its price."""

    locate: int
    reference: int
    side: Side
    shares: int
    price: int
    attribution: str
    owner: str
    account: str
    token: object


class Executed(NamedTuple):
    """Shares of an order were executed at ``price``. leaves: shares still open. displayed: it stood in the book."""

    locate: int
    reference: int
    side: Side
    shares: int
    price: int
    match: int
    liquidity: Liquidity
    leaves: int
    displayed: bool
    owner: str
    account: str
    token: object


class Canceled(NamedTuple):
    """``shares`` of an order were cancelled. leaves: shares still open. displayed: it stood in the book."""

    locate: int
    reference: int
    side: Side
    shares: int
    leaves: int
    reason: CancelReason
    displayed: bool
    owner: str
    account: str
    token: object


class Replaced(NamedTuple):
    """An order was replaced. shares, price: open shares and price from now on; old_shares: open shares before.

    displayed: the old order stood in the book. old_token: of the order until now.
    """

    locate: int
    old_reference: int
    reference: int
    side: Side
    shares: int
    price: int | None
    old_shares: int
    landing: Landing
    displayed: bool
    owner: str
    account: str
    old_token: object
    token: object


class CrossTrade(NamedTuple):
    """A cross was completed. shares and price are 0 when nothing could be paired."""

    locate: int
    shares: int
    price: int
    match: int
    cross_type: CrossType


class Imbalance(NamedTuple):
    """Net order imbalance indicator. far_price, near_price: 0 when nothing could be paired."""

    locate: int
    paired_shares: int
    imbalance_shares: int
    direction: ImbalanceDirection
    far_price: int
    near_price: int
    reference_price: int
    cross_type: CrossType
    variation: PriceVariation


class StateChanged(NamedTuple):
    """The trading state of a symbol."""

    locate: int
    state: TradingAction
    reason: str


class Broken(NamedTuple):
    """A trade was broken. fills: its executions, as they were."""

    locate: int
    match: int
    fills: tuple[Executed, ...]


class Corrected(NamedTuple):
    """A trade was corrected. fills: its executions as they were; new_fills: as they are now, under a new match number.

    ``leaves`` of new_fills is what it was at the execution: the orders do not change.
    """

    locate: int
    match: int
    new_match: int
    shares: int
    price: int
    fills: tuple[Executed, ...]
    new_fills: tuple[Executed, ...]


Event = (Accepted | Rejected | Added | Executed | Canceled | Replaced | CrossTrade | Imbalance | StateChanged | Broken
         | Corrected)
