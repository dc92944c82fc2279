"""What the exchange's FIX side remembers: participants, their orders, the fills of each order."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from enum import Enum

from sim.exchange.commands import SelfMatch

__all__ = ["FixOrder", "Fill", "Participant", "Request", "Status"]


class Status(Enum):
    """OrdStatus (39)."""

    NEW = b"0"
    PARTIALLY_FILLED = b"1"
    FILLED = b"2"
    CANCELED = b"4"
    REPLACED = b"5"
    PENDING_CANCEL = b"6"
    REJECTED = b"8"
    PENDING_NEW = b"A"
    EXPIRED = b"C"
    PENDING_REPLACE = b"E"


@dataclass(frozen=True, kw_only=True)
class Participant:
    """One session and what it may do.

    session: its key, of any kind; None: it is told nothing, but others get copies. begin_string: its FIX version;
    comp_id: the counterparty's CompID. accounts: those for which it may trade; empty: any, and none. self_match: what
    its orders do on meeting its own account's. pending: whether PendingNew, PendingReplace and PendingCancel are
    reported before what becomes of a request. cancel_on_disconnect: whether its open orders are cancelled when it is
    gone. copies: of whose reports it gets copies, by CompID; None: it is no drop copy session, empty: of all.
    tells_positions: whether it is told what it holds.
    """

    session: Hashable
    begin_string: bytes
    comp_id: bytes
    accounts: frozenset[str] = frozenset()
    self_match: SelfMatch = SelfMatch.ALLOW
    pending: bool = False
    cancel_on_disconnect: bool = False
    copies: frozenset[bytes] | None = None
    tells_positions: bool = True

    @property
    def owner(self) -> str:
        """Name by which the engine knows it."""
        return f"FIX {self.comp_id.decode('latin-1')} {self.begin_string.decode('latin-1')}"


@dataclass(slots=True)
class Fill:
    """An execution as it stands. exec_id: of the report that told it last; first: of the one that told it first."""

    exec_id: bytes
    shares: int
    price: int
    match: int
    first: bytes = b""


@dataclass(slots=True)
class Request:
    """A cancel or replace that waits for its answer. response: CxlRejResponseTo (434)."""

    clordid: bytes
    response: bytes
    shares: int = 0
    ord_type: bytes = b""


@dataclass(slots=True, eq=False)
class FixOrder:
    """An order, from its NewOrderSingle on. It is its own token in the engine.

    clordid: the last one accepted; secondary: another name that the participant has for it. shares: OrderQty; leaves:
    open ones. closed: how it ended, other than filled. fills: by match number and shares open after it; filled, their
    shares, is CumQty, notional the sum of price x shares. broken: fills that were. busted: shares whose trades were
    broken, or corrected away.
    """

    participant: Participant
    clordid: bytes
    symbol: bytes
    locate: int
    side: bytes
    shares: int
    price: int | None
    ord_type: bytes
    time_in_force: bytes
    account: bytes = b""
    order_id: bytes = b"NONE"
    reference: int = 0
    leaves: int = 0
    closed: Status | None = None
    replaced: bool = False
    request: Request | None = None
    secondary: bytes = b""
    fills: dict[tuple[int, int], Fill] = field(default_factory=dict)
    filled: int = 0
    notional: int = 0
    broken: list[Fill] = field(default_factory=list)
    busted: int = 0

    def add(self, key: tuple[int, int], fill: Fill) -> Fill:
        """Take a fill in, and return it."""
        self.fills[key] = fill
        self.filled += fill.shares
        self.notional += fill.shares * fill.price
        return fill

    def remove(self, key: tuple[int, int]) -> Fill:
        """Take a fill out, and return it."""
        fill = self.fills.pop(key)
        self.filled -= fill.shares
        self.notional -= fill.shares * fill.price
        return fill

    @property
    def open(self) -> bool:
        """Whether it may still be executed."""
        return self.leaves > 0

    @property
    def status(self) -> Status:
        """OrdStatus. What is over stays so; a filled order whose trade was broken has ended without being filled."""
        if self.closed is not None:
            return self.closed
        filled = self.filled
        if not self.leaves:
            return Status.CANCELED if self.busted else Status.FILLED
        return Status.PARTIALLY_FILLED if filled else Status.NEW

    def status_in(self, begin_string: bytes) -> Status:
        """Return OrdStatus in a version of FIX: in 4.2, what is new and was replaced is Replaced."""
        status = self.status
        old = begin_string == b"FIX.4.2"
        return Status.REPLACED if old and self.replaced and status is Status.NEW else status
