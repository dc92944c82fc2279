# Ref: FIX 4.2 and 4.4: ExecutionReport, OrderCancelReject, BusinessMessageReject, appendix D (order state changes)
"""What the exchange tells participants, in the FIX version of each."""

from collections.abc import Iterable
from enum import Enum

from host.fix.decimals import average_text, price_text
from host.fix.message import Message
from host.fix.timestamp import stamp
from sim.exchange.events import CancelReason, RejectReason
from sim.exchange.fixdesk.orders import Fill, FixOrder, Request, Status
from wire.fix.tags import Tag
from wire.fix.types import MsgType

__all__ = ["CLOSED_AS", "DUPLICATE", "FIX42", "OPTION", "TOO_LATE", "UNKNOWN", "Kind", "Reason", "business_reject",
           "cancel_reject", "execution", "mass_report", "ord_rej_reason"]

FIX42 = b"FIX.4.2"
#: CxlRejReason (102).
TOO_LATE, OPTION = b"0", b"2"
Pair = tuple[int, bytes]


class Kind(Enum):
    """What an ExecutionReport is about: ExecType (150) of 4.4; of 4.2, ExecTransType (20) and ExecType, where None
    stands for the order's status."""

    NEW = b"0", b"0", b"0"
    TRADE = b"F", b"0", None
    CANCELED = b"4", b"0", b"4"
    REPLACED = b"5", b"0", b"5"
    REJECTED = b"8", b"0", b"8"
    EXPIRED = b"C", b"0", b"C"
    RESTATED = b"D", b"0", b"D"
    PENDING_NEW = b"A", b"0", b"A"
    PENDING_CANCEL = b"6", b"0", b"6"
    PENDING_REPLACE = b"E", b"0", b"E"
    BUST = b"H", b"1", None
    CORRECT = b"G", b"2", None
    STATUS = b"I", b"3", None


#: How an order ends whose last shares were cancelled, and the words for it.
CLOSED_AS = {
    CancelReason.USER: (Kind.CANCELED, Status.CANCELED, ""),
    CancelReason.IMMEDIATE: (Kind.CANCELED, Status.CANCELED, "nothing left to trade with at once"),
    CancelReason.UNFILLABLE: (Kind.CANCELED, Status.CANCELED, "could not be filled at once"),
    CancelReason.SELF_MATCH: (Kind.CANCELED, Status.CANCELED, "would have traded with its own account"),
    CancelReason.SUPERVISORY: (Kind.CANCELED, Status.CANCELED, "cancelled by the exchange"),
    CancelReason.CROSS: (Kind.EXPIRED, Status.EXPIRED, "not executed in its cross"),
    CancelReason.CLOSED: (Kind.EXPIRED, Status.EXPIRED, "the day is over"),
}

#: OrdRejReason (103) in 4.4 and in 4.2.
Reason = tuple[bytes, bytes]
#: Of an order whose ClOrdID was used before, and of one that is not there.
DUPLICATE: Reason = b"6", b"6"
UNKNOWN: Reason = b"5", b"5"
#: What the engine says; without an entry: other, and the exchange's option.
_REASONS = {
    RejectReason.UNKNOWN_SYMBOL: (b"1", b"1"), RejectReason.CLOSED: (b"2", b"2"), RejectReason.HALTED: (b"2", b"2"),
    RejectReason.NOT_TRADING: (b"2", b"2"), RejectReason.TOO_LATE: (b"4", b"4"),
    RejectReason.INVALID_SHARES: (b"13", b"3"), RejectReason.INVALID_SIDE: (b"11", b"0"),
    RejectReason.INVALID_COMBINATION: (b"11", b"0"),
}
#: LastLiquidityInd (851) by the value of sim.exchange.events.Liquidity; a cross has none.
_LIQUIDITY = {"A": b"1", "R": b"2"}


def ord_rej_reason(reason: RejectReason) -> Reason:
    """Return OrdRejReason (103) for what the engine says."""
    return _REASONS.get(reason, (b"99", b"0"))


def execution(order: FixOrder, kind: Kind, begin_string: bytes, exec_id: bytes, now: int, *,
              status: Status | None = None, clordid: bytes = b"", orig: bytes = b"", fill: Fill | None = None,
              liquidity: str = "", ref: bytes = b"", reason: Reason | None = None, text: str = "",
              extra: Iterable[Pair] = ()) -> Message:
    """Return an ExecutionReport on ``order`` as it stands.

    status, clordid: instead of the order's. orig: OrigClOrdID. fill: what was executed, broken or corrected. ref:
    ExecRefID. reason: of a rejection. now: TransactTime, ns since 1970. extra: fields behind all others.
    """
    shown = status or order.status_in(begin_string)
    ours, trans, theirs = kind.value
    old = begin_string == FIX42
    fields: list[Pair] = [(Tag.OrderID, order.order_id)]
    if order.secondary and not old:
        fields.append((Tag.SecondaryClOrdID, order.secondary))
    fields.append((Tag.ClOrdID, clordid or order.clordid))
    if orig:
        fields.append((Tag.OrigClOrdID, orig))
    fields.append((Tag.ExecID, exec_id))
    if old:
        fields.append((Tag.ExecTransType, trans))
    if ref:
        fields.append((Tag.ExecRefID, ref))
    fields += [(Tag.ExecType, (theirs or shown.value) if old else ours), (Tag.OrdStatus, shown.value)]
    if order.account:
        fields.append((Tag.Account, order.account))
    fields += [(Tag.Symbol, order.symbol), (Tag.Side, order.side), (Tag.OrderQty, b"%d" % order.shares),
               (Tag.OrdType, order.ord_type)]
    if order.price is not None:
        fields.append((Tag.Price, price_text(order.price)))
    fields.append((Tag.TimeInForce, order.time_in_force))
    if fill is not None:
        fields += [(Tag.LastQty, b"%d" % fill.shares), (Tag.LastPx, price_text(fill.price))]
        if not old:
            fields.append((Tag.SecondaryExecID, b"%d" % fill.match))
            if liquidity in _LIQUIDITY:
                fields.append((Tag.LastLiquidityInd, _LIQUIDITY[liquidity]))
    filled = order.filled
    fields += [(Tag.LeavesQty, b"%d" % order.leaves), (Tag.CumQty, b"%d" % filled),
               (Tag.AvgPx, average_text(order.notional, filled)), (Tag.TransactTime, stamp(now, 3))]
    if reason is not None:
        fields.append((Tag.OrdRejReason, reason[old]))
    if text:
        fields.append((Tag.Text, text.encode("latin-1")))
    return Message(MsgType.ExecutionReport, [*fields, *extra])


def cancel_reject(order: FixOrder | None, request: Request, orig: bytes, reason: bytes, text: str,
                  now: int) -> Message:
    """Return the OrderCancelReject of a cancel or replace. order: None for one that is not known. reason: 102."""
    status = Status.REJECTED if order is None else order.status_in(order.participant.begin_string)
    fields: list[Pair] = [
        (Tag.OrderID, b"NONE" if order is None else order.order_id), (Tag.ClOrdID, request.clordid),
        (Tag.OrigClOrdID, orig), (Tag.OrdStatus, status.value), (Tag.TransactTime, stamp(now, 3)),
        (Tag.CxlRejResponseTo, request.response), (Tag.CxlRejReason, reason), (Tag.Text, text.encode("latin-1"))]
    return Message(MsgType.OrderCancelReject, fields)


def business_reject(message: Message, reason: bytes, text: str, reference: bytes = b"") -> Message:
    """Return the BusinessMessageReject of ``message``. reason: 380. reference: 379."""
    fields: list[Pair] = []
    seq = message.get(Tag.MsgSeqNum)
    if seq:
        fields.append((Tag.RefSeqNum, seq))
    fields.append((Tag.RefMsgType, message.msg_type))
    if reference:
        fields.append((Tag.BusinessRejectRefID, reference))
    return Message(MsgType.BusinessMessageReject, [*fields, (Tag.BusinessRejectReason, reason),
                                                   (Tag.Text, text.encode("latin-1"))])


def mass_report(message: Message, report_id: bytes, affected: int, refusal: tuple[bytes, str] | None) -> Message:
    """Return the OrderMassCancelReport on ``message``. affected: orders cancelled. refusal: 532, and why."""
    kind = message.get(Tag.MassCancelRequestType) or b""
    fields: list[Pair] = [(Tag.ClOrdID, message.get(Tag.ClOrdID) or b""), (Tag.OrderID, report_id),
                          (Tag.MassCancelRequestType, kind), (Tag.MassCancelResponse, b"0" if refusal else kind)]
    if refusal:
        fields += [(Tag.MassCancelRejectReason, refusal[0]), (Tag.Text, refusal[1].encode("latin-1"))]
    return Message(MsgType.OrderMassCancelReport, [*fields, (Tag.TotalAffectedOrders, b"%d" % affected)])
