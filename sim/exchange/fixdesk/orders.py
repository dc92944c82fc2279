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

    session: its key, of any kind; begin_string: its FIX version; comp_id: the counterparty's CompID.
    accounts: those for which it may trade; empty: any, and none. self_match: what its orders do on meeting its own
    account's. pending: whether PendingNew, PendingReplace and PendingCancel are reported before what becomes of a
    request. cancel_on_disconnect: whether its open orders are cancelled when it is gone.
    copies: of whose reports it gets copies, by CompID; None: it is no drop copy session, empty: of all.
    """

    session: Hashable
    begin_string: bytes
    comp_id: bytes
    accounts: frozenset[str] = frozenset()
    self_match: SelfMatch = SelfMatch.ALLOW
    pending: bool = False
    cancel_on_disconnect: bool = False
    copies: frozenset[bytes] | None = None

    @property
    def owner(self) -> str:
        """Name by which the engine knows it."""
        return f"FIX {self.comp_id.decode('latin-1')} {self.begin_string.decode('latin-1')}"


@dataclass(slots=True)
class Fill:
    """An execution as it stands. exec_id: of the report that told it last."""

    exec_id: bytes
    shares: int
    price: int
    match: int


@dataclass(slots=True)
class Request:
    """A cancel or replace that waits for its answer. response: CxlRejResponseTo (434)."""

    clordid: bytes
    response: bytes
    shares: int = 0
    ord_type: bytes = b""


@dataclass(slots=True)
class FixOrder:
    """An order, from its NewOrderSingle on. It is its own token in the engine.

    clordid: the last one accepted. shares: OrderQty; leaves: open ones. closed: how it ended, other than filled.
    fills: by match number and shares open after it. busted: shares whose trades were broken.
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
    fills: dict[tuple[int, int], Fill] = field(default_factory=dict)
    busted: int = 0

    @property
    def filled(self) -> int:
        """CumQty: shares executed and not broken."""
        return sum(fill.shares for fill in self.fills.values())

    @property
    def notional(self) -> int:
        """Sum of price x shares of its fills."""
        return sum(fill.shares * fill.price for fill in self.fills.values())

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
