"""What the order manager asks of the one who drives it: frozen values, to be done in the order in which they came.

Prices are 1/10,000; accounts and symbols the gate's indices.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from host.oms.inputs import IntentKind, TimeInForce
from host.oms.states import Keyed, State
from host.positions.booked import Booked
from wire.risk import Kind, OrderType, Side

__all__ = ["Alarm", "AlarmKind", "AskPositions", "DKReason", "DontKnow", "Killed", "Output", "Reason", "Report",
           "ShutGate", "Tell", "TellKind", "ToGate", "ToVenue", "VenueKind"]


class Reason(Keyed):
    """Why something was not done, or what ended an order; the value is for people."""

    NONE = ""
    FULL = "the queue is full"
    SHUT = "trading is shut until all is reconciled"
    UNLINKED = "no session to the venue"
    KILLED = "killed"
    BREAKER = "the circuit breaker is open"
    NO_PLACE = "the gate has no place for another order"
    UNKNOWN = "no such order"
    OVER = "the order is over"
    NOT_ACKED = "the venue has not acknowledged the order"
    PENDING = "such a request is pending"
    NOTHING_LEFT = "no more shares than are filled"
    MALFORMED = "shares or price are out of range"
    GATE = "refused by the gate"
    VENUE = "refused by the venue"
    UNSENT = "it never left"
    UNANSWERED = "the venue never answered"
    STALE = "decided before the restart"
    ASKED = "asked for"
    UNSOLICITED = "by the venue, unasked"
    CANCEL_WANTED = "a cancel was asked for"


class TellKind(Keyed):
    """What a strategy is told."""

    TAKEN = "taken"
    REFUSED = "refused"
    ORDER = "order"
    FILL = "fill"
    BUST = "bust"
    CORRECT = "correct"
    REQUEST_FAILED = "request failed"
    TRADING = "trading"


class AlarmKind(Keyed):
    """What somebody should look at; the value is for people."""

    ILLEGAL = "illegal transition"
    DISAGREES = "venue and we disagree"
    LATE_FILL = "fill after the end"
    OVERFILL = "more filled than ordered"
    UNKNOWN_BUST = "bust or correction of an unknown fill"
    BAD_EXECUTION = "execution that cannot be"
    UNKNOWN_ORDER = "no such order of ours"
    FOREIGN = "order of others on the account"
    GATE_SHORT = "the gate lacks shares"
    GATE_REFUSED = "the gate took a report or cancel not"
    UNRESOLVED = "order unresolved"
    UNANSWERED = "no answer"
    REVIVED = "open after all"
    BREAKER = "circuit breaker"
    KILL = "kill"
    BREAK = "reconciliation"
    UNSOLICITED = "change by the venue"
    STARTED = "start"


class ToGate(NamedTuple):
    """A slot for the gate, by wire.risk.REQUEST_FIELDS. client: the request's id."""

    kind: Kind
    client: int
    token: int
    shares: int
    price: int
    account: int
    symbol: int
    side: Side
    type: OrderType


class Report(NamedTuple):
    """A report for the gate, by wire.risk.REPORT_FIELDS."""

    kind: Kind
    number: int
    token: int
    shares: int = 0
    price: int = 0
    old_price: int = 0


class VenueKind(IntEnum):
    """What goes to the venue."""

    NEW = 1
    REPLACE = 2
    CANCEL = 3
    STATUS = 4
    MASS_STATUS = 5


class ToVenue(NamedTuple):
    """A message to the venue. request: id, for Sent; cl_ord_id: ClOrdID of the message (STATUS: the order's;
    MASS_STATUS: MassStatusReqID); orig_cl_ord_id: the last one that was accepted. shares: OrderQty."""

    kind: VenueKind
    request: int
    cl_ord_id: bytes
    orig_cl_ord_id: bytes
    order_id: bytes
    account: int
    symbol: int
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    shares: int
    price: int


class DKReason(IntEnum):
    """DKReason (127) as code points of its letters."""

    UNKNOWN_SYMBOL = ord("A")
    WRONG_SIDE = ord("B")
    QUANTITY_EXCEEDS_ORDER = ord("C")
    NO_MATCHING_ORDER = ord("D")
    PRICE_EXCEEDS_LIMIT = ord("E")
    OTHER = ord("Z")


@dataclass(frozen=True, slots=True)
class DontKnow:
    """A DontKnowTrade (Q) for the venue, about an execution."""

    reason: DKReason
    order_id: bytes
    exec_id: bytes
    symbol: int
    side: Side
    shares: int
    last_shares: int
    last_price: int


class Tell(NamedTuple):
    """News for a strategy. order: its id; 0 for a new order that was refused. ref: the intent's. shares, price: of the
    fill, or OrderQty and price. reason: why it was refused, or has ended; mask, code: the gate's rules, the venue's
    reason."""

    kind: TellKind
    strategy: int
    ref: int
    order: int
    request: IntentKind
    state: State
    shares: int
    price: int
    cum_shares: int
    leaves: int
    reason: Reason
    mask: int
    code: int
    text: str
    time: int


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something for people. order: its id, or 0."""

    kind: AlarmKind
    order: int
    text: str
    time: int


@dataclass(frozen=True, slots=True)
class ShutGate:
    """Set the gate's kill now: of a pair's account or symbol, or the global one when both are -1."""

    account: int
    symbol: int
    reason: str


@dataclass(frozen=True, slots=True)
class Killed:
    """The kill has done what it can. left: orders that could not be cancelled."""

    left: tuple[int, ...]
    time: int


@dataclass(frozen=True, slots=True)
class AskPositions:
    """Ask the venue for its positions, and hand them over as PositionTold, or PositionsRefused."""


Output = ToGate | Report | ToVenue | DontKnow | Booked | Tell | Alarm | ShutGate | Killed | AskPositions
