"""All that changes the state of the order manager: what the strategy wants, what device, session, venue and people say.

Times are ns: ``time`` of the host's clock when the input came to be, ns since 1970; ``venue_time`` the venue's
TransactTime, ns since 1970; ``device_time`` of the device's clock. Prices are 1/10,000. Accounts and symbols are the
gate's indices. A number that does not apply is 0, an index that is not known -1, an id or text empty.
"""

from dataclasses import dataclass
from enum import IntEnum

from host.oms.states import State
from wire.risk import Kind, OrderType, Side

__all__ = ["Accept", "CancelRejected", "Clock", "ClockError", "ExecKind", "Execution", "GateRead", "GateShut", "Input",
           "Intend", "IntentKind", "Kill", "Linked", "NewDay", "PositionTold", "PositionsRefused", "Refused",
           "ReportDone", "Resume", "Sent", "Started", "TimeInForce", "Timer", "Unlinked", "Verdict", "Written"]


class IntentKind(IntEnum):
    """What a request asks, and its place in the queue: the greater goes first."""

    NEW = 1
    REPLACE = 2
    CANCEL = 3


class TimeInForce(IntEnum):
    """TimeInForce by the codes of FIX tag 59."""

    DAY = 0
    GTC = 1
    OPENING = 2
    IOC = 3
    FOK = 4
    GTX = 5
    GTD = 6
    CLOSE = 7


class ExecKind(IntEnum):
    """What an ExecutionReport is about: ExecType of FIX 4.4; of 4.2, ExecTransType and ExecType."""

    NEW = 1
    TRADE = 2
    BUST = 3
    CORRECT = 4
    STATUS = 5
    PENDING_NEW = 6
    PENDING_CANCEL = 7
    PENDING_REPLACE = 8
    REPLACED = 9
    RESTATED = 10
    CANCELLED = 11
    REJECTED = 12
    EXPIRED = 13
    DONE_FOR_DAY = 14
    SUSPENDED = 15
    STOPPED = 16
    CALCULATED = 17


class Clock(IntEnum):
    """Whose clock a time is of."""

    HOST = 1
    DEVICE = 2
    VENUE = 3


@dataclass(frozen=True, slots=True)
class Started:
    """The process began. epoch: greater than each before (seconds since 1970 will do); begins all ids from now on.
    day: number of the trading day. positions: whether the venue tells them; then trading waits until they agree."""

    epoch: int
    day: int
    time: int
    positions: bool = False


@dataclass(frozen=True, slots=True)
class Intend:
    """What a strategy wants. ref: its own number, given back. order: of a replace or cancel. shares: OrderQty, of a
    replace the new one, with what was filled. account to time_in_force: NEW only."""

    kind: IntentKind
    ref: int
    strategy: int
    order: int
    account: int
    symbol: int
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    shares: int
    price: int
    time: int


@dataclass(frozen=True, slots=True)
class Written:
    """Request ``request`` was written to the device."""

    request: int
    time: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """The gate's decision on a request, by wire.risk: kind and token as asked, mask of rules broken, fault."""

    request: int
    kind: Kind
    token: int
    accepted: bool
    mask: int
    fault: int
    device_time: int
    time: int


@dataclass(frozen=True, slots=True)
class ReportDone:
    """The gate's verdict on report ``number`` of ``token``."""

    token: int
    number: int
    applied: bool
    fault: int
    time: int


@dataclass(frozen=True, slots=True)
class GateRead:
    """After a start: every verdict that the gate has given so far was handed over."""

    time: int


@dataclass(frozen=True, slots=True)
class GateShut:
    """The gate's kill that was asked for is set: no order passes any more."""

    account: int
    symbol: int
    time: int


@dataclass(frozen=True, slots=True)
class Sent:
    """The message of ``request`` was given to the transport, as MsgSeqNum ``seq``."""

    request: int
    seq: int
    time: int


@dataclass(frozen=True, slots=True)
class Execution:
    """An ExecutionReport (8). session: which of ours it came by; day: number of its trading day; both make ``exec_id``
    unique. reason: OrdRejReason (103) or ExecRestatementReason (378). mass_id, mass_total, mass_last: of an answer to
    a mass status request. average: AvgPx."""

    session: int
    day: int
    kind: ExecKind
    status: State
    cl_ord_id: bytes
    orig_cl_ord_id: bytes
    order_id: bytes
    exec_id: bytes
    exec_ref_id: bytes
    account: int
    symbol: int
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    shares: int
    price: int
    last_shares: int
    last_price: int
    cum_shares: int
    leaves: int
    average: int
    fee: int
    reason: int
    mass_id: bytes
    mass_total: int
    mass_last: bool
    text: str
    possible_duplicate: bool
    venue_time: int
    time: int


@dataclass(frozen=True, slots=True)
class CancelRejected:
    """An OrderCancelReject (9). status: OrdStatus. response: to a cancel or a replace. reason: CxlRejReason (102)."""

    session: int
    cl_ord_id: bytes
    orig_cl_ord_id: bytes
    order_id: bytes
    status: State
    response: IntentKind
    reason: int
    text: str
    time: int


@dataclass(frozen=True, slots=True)
class Refused:
    """A Reject (3) or BusinessMessageReject (j) of a message of ours, named by ``cl_ord_id``, or ``seq``."""

    session: int
    cl_ord_id: bytes
    seq: int
    reason: int
    text: str
    time: int


@dataclass(frozen=True, slots=True)
class Linked:
    """The session to the venue is logged on, and what was missed has been resent."""

    time: int


@dataclass(frozen=True, slots=True)
class Unlinked:
    """It is no more."""

    time: int


@dataclass(frozen=True, slots=True)
class Timer:
    """Time passes."""

    time: int


@dataclass(frozen=True, slots=True)
class PositionTold:
    """The venue's position of a pair: number ``number`` of ``total``, from 1; with total 0 there is none at all."""

    account: int
    symbol: int
    shares: int
    number: int
    total: int
    time: int


@dataclass(frozen=True, slots=True)
class PositionsRefused:
    """The venue does not tell the positions of ``account``. reason: PosReqResult (728), or that of a reject."""

    account: int
    reason: int
    text: str
    time: int


@dataclass(frozen=True, slots=True)
class Kill:
    """No order goes out any more, and all resting ones are cancelled. account, symbol: -1 for all of them."""

    account: int
    symbol: int
    reason: str
    by: str
    time: int


@dataclass(frozen=True, slots=True)
class Resume:
    """Undo the kill of the same account and symbol."""

    account: int
    symbol: int
    reason: str
    by: str
    time: int


@dataclass(frozen=True, slots=True)
class Accept:
    """A person takes the breaks that hold a recovery up, as they are now, upon himself: trading begins in spite of
    them, and positions that differ are held to differ by as much from now on."""

    reason: str
    by: str
    time: int


@dataclass(frozen=True, slots=True)
class ClockError:
    """From now on times of ``clock`` are known to be at most ``error`` ns wrong."""

    clock: Clock
    error: int
    time: int


@dataclass(frozen=True, slots=True)
class NewDay:
    """A trading day begins: orders that are over are forgotten."""

    day: int
    time: int


Input = (Started | Intend | Written | Verdict | ReportDone | GateRead | GateShut | Sent | Execution | CancelRejected
         | Refused | Linked | Unlinked | Timer | PositionTold | PositionsRefused | Kill | Resume | Accept | ClockError
         | NewDay)
