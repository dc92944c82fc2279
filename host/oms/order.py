"""An order as we know it: terms, state, requests under way, fills, and its seven times."""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from host.oms.gateside import GateEntry
from host.oms.inputs import Clock, IntentKind, TimeInForce
from host.oms.outputs import Reason
from host.oms.states import Case, Keyed, Pending, State, shown
from wire.risk import OrderType, Side

__all__ = ["Fill", "Flag", "Order", "Request", "Stage", "Stamp", "Times",
           "flag_names"]


class Flag:
    """What is to be known of an order: bits of its flags."""

    FOREIGN: Final = 1 << 0
    UNRESOLVED: Final = 1 << 1
    LATE_FILL: Final = 1 << 2
    OVERFILLED: Final = 1 << 3
    BUSTED: Final = 1 << 4
    ESTIMATED: Final = 1 << 5
    PRESUMED: Final = 1 << 6
    CANCEL_WANTED: Final = 1 << 7
    UNSOLICITED: Final = 1 << 8
    REVIVED: Final = 1 << 9
    BEYOND_GATE: Final = 1 << 10


def flag_names(flags: int) -> list[str]:
    """Return the names of the bits in ``flags``."""
    return [name for name, bit in vars(Flag).items() if not name.startswith("_") and bit & flags]


class Stage(Keyed):
    """Where a request is."""

    QUEUED = "queued"
    GATE = "in the gate"
    VENUE = "at the venue"


@dataclass(slots=True)
class Request:
    """A new order, replace or cancel that is not answered. shares: OrderQty asked for; open: shares that the gate was
    asked for. since: when it went to where it is. seq: MsgSeqNum, 0 before it was sent. turn: its
    number among all that went to the venue, 0 before it did. queries: how often the venue
    was asked what became of it. stale: of an earlier life of the process."""

    id: int
    order: int
    kind: IntentKind
    ref: int
    cl_ord_id: bytes
    shares: int
    price: int
    since: int
    stage: Stage = Stage.QUEUED
    open: int = 0
    seq: int = 0
    turn: int = 0
    queries: int = 0
    stale: bool = False


class Stamp(NamedTuple):
    """A time, ns, whose clock it is of, and by how much that was known to be wrong at most, ns."""

    time: int
    clock: Clock
    error: int


@dataclass(slots=True)
class Times:
    """Strategy decided, order written to the device, gate decided, FIX bytes sent, venue acknowledged, the end; None
    for what has not been. Each fill has its own."""

    decided: Stamp | None = None
    written: Stamp | None = None
    gated: Stamp | None = None
    sent: Stamp | None = None
    acked: Stamp | None = None
    final: Stamp | None = None


@dataclass(slots=True)
class Fill:
    """An execution as it stands. key: our name for it, unique for all days; shares: 0 when it is busted. refs: the
    venue's ExecIDs for it, corrections included. in_gate: shares that the gate was told of."""

    key: str
    refs: tuple[bytes, ...]
    session: int
    shares: int
    price: int
    stamp: Stamp
    in_gate: int = 0
    estimated: bool = False


@dataclass(slots=True)
class Order:
    """ref: the strategy's. cl_ord_id: the last one that the venue accepted, before that the first. shares: OrderQty as
    accepted. cum, notional: what the fills add up to. replace, cancel: requests under way; entry: the new order's own.
    """

    id: int
    ref: int
    strategy: int
    account: int
    symbol: int
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    shares: int
    price: int
    cl_ord_id: bytes
    leaves: int
    order_id: bytes = b""
    working: State = State.PENDING_NEW
    pending: Pending = Pending.NONE
    entry: int = 0
    replace: int = 0
    cancel: int = 0
    cancel_tries: int = 0
    cum: int = 0
    notional: int = 0
    fills: dict[str, Fill] = field(default_factory=dict)
    gate: GateEntry | None = None
    times: Times = field(default_factory=Times)
    flags: int = 0
    reason: Reason = Reason.NONE
    code: int = 0
    text: str = ""

    @property
    def state(self) -> State:
        """OrdStatus, as we see it."""
        return shown(self.working, self.pending)

    @property
    def case(self) -> Case:
        """How its shares stand."""
        if not self.leaves:
            return Case.NONE_LEFT
        return Case.PART if self.cum else Case.UNFILLED

    @property
    def open(self) -> bool:
        """Whether shares may still be executed."""
        return self.leaves > 0

    @property
    def carried(self) -> bool:
        """Whether it is worked on another day again."""
        return (self.working is State.DONE_FOR_DAY and self.cum < self.shares
                and self.time_in_force in (TimeInForce.GTC, TimeInForce.GTD))

    @property
    def sign(self) -> int:
        """1 for a buy, -1 for a sell of any kind."""
        return 1 if self.side == Side.BUY else -1
