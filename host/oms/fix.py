# Ref: FIX 4.2 and 4.4: NewOrderSingle (D), OrderCancelReplaceRequest (G), OrderCancelRequest (F),
# OrderStatusRequest (H), OrderMassStatusRequest (AF), DontKnowTrade (Q), ExecutionReport (8), OrderCancelReject (9)
"""FIX messages of orders to the order manager's inputs, and its outputs to messages."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from host.fix.decimals import average_of, price_of, price_text, shares_of
from host.fix.message import Message
from host.fix.shown import quoted
from host.fix.timestamp import parse, stamp
from host.oms.inputs import CancelRejected, ExecKind, Execution, IntentKind, Refused, TimeInForce
from host.oms.outputs import DontKnow, ToVenue, VenueKind
from host.oms.states import CODES, State
from wire.fix.tags import Tag
from wire.fix.types import MsgType
from wire.risk import OrderType, Side

__all__ = ["FixError", "FixOrders", "Names"]

Pair = tuple[int, bytes]
_T = TypeVar("_T")

_FIX42 = b"FIX.4.2"
_AUTOMATED, _ALL_ORDERS, _ABSOLUTE = b"1", b"7", b"3"

#: ExecType (150).
_KINDS = {
    b"0": ExecKind.NEW, b"1": ExecKind.TRADE, b"2": ExecKind.TRADE, b"3": ExecKind.DONE_FOR_DAY,
    b"4": ExecKind.CANCELLED, b"5": ExecKind.REPLACED, b"6": ExecKind.PENDING_CANCEL, b"7": ExecKind.STOPPED,
    b"8": ExecKind.REJECTED, b"9": ExecKind.SUSPENDED, b"A": ExecKind.PENDING_NEW, b"B": ExecKind.CALCULATED,
    b"C": ExecKind.EXPIRED, b"D": ExecKind.RESTATED, b"E": ExecKind.PENDING_REPLACE, b"F": ExecKind.TRADE,
    b"G": ExecKind.CORRECT, b"H": ExecKind.BUST, b"I": ExecKind.STATUS}
#: ExecTransType (20) of 4.2; 0 leaves it to ExecType.
_TRANSACTIONS = {b"1": ExecKind.BUST, b"2": ExecKind.CORRECT, b"3": ExecKind.STATUS}
_TYPES = {b"1": OrderType.MARKET, b"2": OrderType.LIMIT}
_SIDES = {b"%d" % side: side for side in Side}
_LIVES = {b"%d" % life: life for life in TimeInForce}
_RESPONSES = {b"1": IntentKind.CANCEL, b"2": IntentKind.REPLACE}
_REQUESTS = {VenueKind.NEW: MsgType.NewOrderSingle, VenueKind.REPLACE: MsgType.OrderCancelReplaceRequest,
             VenueKind.CANCEL: MsgType.OrderCancelRequest, VenueKind.STATUS: MsgType.OrderStatusRequest,
             VenueKind.MASS_STATUS: MsgType.OrderMassStatusRequest}


class FixError(ValueError):
    """A message that the order manager cannot take; the text names the field."""


@dataclass(frozen=True)
class Names:
    """The venue's names of accounts and symbols, in the order of the gate's indices. A report without an account is
    about the first one."""

    accounts: Sequence[bytes]
    symbols: Sequence[bytes]


@dataclass(frozen=True, kw_only=True)
class FixOrders:
    """One session's translation. session: its number, for ExecIDs. digits: of a second, in TransactTime."""

    names: Names
    begin_string: bytes
    session: int = 1
    digits: int = 3
    _accounts: dict[bytes, int] = field(init=False, repr=False, default_factory=dict)
    _symbols: dict[bytes, int] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._accounts.update({name: index for index, name in enumerate(self.names.accounts)})
        self._symbols.update({name: index for index, name in enumerate(self.names.symbols)})

    def message(self, output: ToVenue | DontKnow, now: int) -> Message:
        """Return the message for ``output``; now: TransactTime, ns since 1970.

        Raises FixError for a mass status request in FIX 4.2, which has none.
        """
        if isinstance(output, DontKnow):
            return self._dont_know(output)
        kind = output.kind
        if kind is VenueKind.MASS_STATUS:
            if self.begin_string == _FIX42:
                raise FixError("FIX 4.2 has no OrderMassStatusRequest")
            return Message(MsgType.OrderMassStatusRequest, [
                (Tag.MassStatusReqID, output.cl_ord_id), (Tag.MassStatusReqType, _ALL_ORDERS)])
        fields: list[Pair] = [(Tag.ClOrdID, output.cl_ord_id)]
        if output.orig_cl_ord_id:
            fields.append((Tag.OrigClOrdID, output.orig_cl_ord_id))
        if output.order_id:
            fields.append((Tag.OrderID, output.order_id))
        fields.append((Tag.Account, self.names.accounts[output.account]))
        fields += [(Tag.Symbol, self.names.symbols[output.symbol]), (Tag.Side, b"%d" % output.side)]
        if kind is not VenueKind.STATUS:
            fields += [(Tag.TransactTime, stamp(now, self.digits)), (Tag.OrderQty, b"%d" % output.shares)]
        if kind in (VenueKind.NEW, VenueKind.REPLACE):
            fields += [(Tag.HandlInst, _AUTOMATED), (Tag.OrdType, b"%d" % output.type),
                       (Tag.TimeInForce, b"%d" % output.time_in_force)]
            if output.type == OrderType.LIMIT:
                fields.append((Tag.Price, price_text(output.price)))
            if output.side in (Side.SELL_SHORT, Side.SELL_SHORT_EXEMPT):
                fields.append((Tag.LocateReqd, b"N"))
        return Message(_REQUESTS[kind], fields)

    def _dont_know(self, output: DontKnow) -> Message:
        symbol = self.names.symbols[output.symbol] if output.symbol >= 0 else b"NONE"
        return Message(MsgType.DontKnowTrade, [
            (Tag.OrderID, output.order_id), (Tag.ExecID, output.exec_id), (Tag.DKReason, bytes((output.reason,))),
            (Tag.Symbol, symbol), (Tag.Side, b"%d" % output.side), (Tag.OrderQty, b"%d" % output.shares),
            (Tag.LastQty, b"%d" % output.last_shares), (Tag.LastPx, price_text(output.last_price))])

    def input(self, message: Message, *, day: int, time: int) -> Execution | CancelRejected | Refused | None:
        """Return what a message says; None for types that are not about orders. day: the trading day's number, time:
        when it came, ns since 1970. Raises FixError."""
        match message.msg_type:
            case MsgType.ExecutionReport:
                return self._execution(_Fields(message), day, time)
            case MsgType.OrderCancelReject:
                return self._cancel_reject(_Fields(message), time)
            case MsgType.Reject | MsgType.BusinessMessageReject:
                return self._refused(_Fields(message), time)
        return None

    def _execution(self, fields: "_Fields", day: int, time: int) -> Execution:
        last = fields.get(Tag.LastQty, shares_of, 0)
        account = fields.text(Tag.Account)
        commission = fields.get(Tag.Commission, price_of, 0) if fields.text(Tag.CommType) == _ABSOLUTE else 0
        return Execution(
            session=self.session, day=day, kind=self._kind(fields, last), status=fields.code(Tag.OrdStatus, CODES),
            cl_ord_id=fields.text(Tag.ClOrdID), orig_cl_ord_id=fields.text(Tag.OrigClOrdID),
            order_id=fields.text(Tag.OrderID), exec_id=fields.need(Tag.ExecID), exec_ref_id=fields.text(Tag.ExecRefID),
            account=self._accounts.get(account, -1) if account else 0,
            symbol=self._symbols.get(fields.need(Tag.Symbol), -1), side=fields.code(Tag.Side, _SIDES),
            type=fields.code(Tag.OrdType, _TYPES, OrderType.LIMIT),
            time_in_force=fields.code(Tag.TimeInForce, _LIVES, TimeInForce.DAY),
            shares=fields.get(Tag.OrderQty, shares_of, 0), price=fields.get(Tag.Price, price_of, 0), last_shares=last,
            last_price=fields.get(Tag.LastPx, price_of, 0), cum_shares=fields.get(Tag.CumQty, shares_of),
            leaves=fields.get(Tag.LeavesQty, shares_of), average=fields.get(Tag.AvgPx, average_of, 0), fee=commission,
            reason=fields.get(Tag.OrdRejReason, int, fields.get(Tag.ExecRestatementReason, int, 0)),
            mass_id=fields.text(Tag.MassStatusReqID), mass_total=fields.get(Tag.TotNumReports, int, 0),
            mass_last=fields.text(Tag.LastRptRequested) == b"Y", text=fields.text(Tag.Text).decode("latin-1"),
            possible_duplicate=b"Y" in (fields.text(Tag.PossDupFlag), fields.text(Tag.PossResend)),
            venue_time=fields.get(Tag.TransactTime, parse, fields.get(Tag.SendingTime, parse, time)), time=time)

    def _kind(self, fields: "_Fields", last: int) -> ExecKind:
        """4.2 has trades by ExecType 1 and 2, or by what the order's status is: LastShares tells."""
        kind = fields.code(Tag.ExecType, _KINDS)
        if self.begin_string != _FIX42:
            return kind
        other = _TRANSACTIONS.get(fields.need(Tag.ExecTransType))
        return other or (ExecKind.TRADE if last else kind)

    def _cancel_reject(self, fields: "_Fields", time: int) -> CancelRejected:
        return CancelRejected(
            session=self.session, cl_ord_id=fields.need(Tag.ClOrdID), orig_cl_ord_id=fields.text(Tag.OrigClOrdID),
            order_id=fields.text(Tag.OrderID), status=fields.code(Tag.OrdStatus, CODES, State.REJECTED),
            response=fields.code(Tag.CxlRejResponseTo, _RESPONSES), reason=fields.get(Tag.CxlRejReason, int, 0),
            text=fields.text(Tag.Text).decode("latin-1"), time=time)

    def _refused(self, fields: "_Fields", time: int) -> Refused:
        return Refused(
            session=self.session, cl_ord_id=fields.text(Tag.BusinessRejectRefID),
            seq=fields.get(Tag.RefSeqNum, int, 0),
            reason=fields.get(Tag.BusinessRejectReason, int, fields.get(Tag.SessionRejectReason, int, 0)),
            text=fields.text(Tag.Text).decode("latin-1"), time=time)


class _Fields:
    """A message's fields by tag, the first of each."""

    def __init__(self, message: Message) -> None:
        self._type, self._value = message.msg_type, message.get

    def text(self, tag: Tag) -> bytes:
        """Return the value, or b""."""
        return self._value(tag) or b""

    def need(self, tag: Tag) -> bytes:
        """Return the value. Raises FixError if there is none."""
        value = self._value(tag)
        if not value:
            raise FixError(f"35={self._type.decode('latin-1')}: no {tag.name} ({int(tag)})")
        return value

    def get(self, tag: Tag, read: Callable[[bytes], int], default: int | None = None) -> int:
        """Return the value as ``read`` reads it, or ``default``; FixError if it is needed or cannot be read."""
        value = self._value(tag)
        if not value:
            if default is None:
                self.need(tag)
            return default or 0
        try:
            return read(value)
        except ValueError as error:
            raise FixError(f"{tag.name} ({int(tag)}): {error}") from None

    def code(self, tag: Tag, codes: Mapping[bytes, _T], default: _T | None = None) -> _T:
        """Return what the value stands for, or ``default``; FixError if it is needed, or stands for nothing here."""
        value = self._value(tag) or (self.need(tag) if default is None else b"")
        if not value and default is not None:
            return default
        if value not in codes:
            raise FixError(f"{tag.name} ({int(tag)}): {quoted(value)} is not known")
        return codes[value]
