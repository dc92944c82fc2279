# Ref: FIX 4.2 and 4.4: order handling messages
"""The exchange's desk for FIX: requests of participants become commands.

It knows neither sessions nor sockets: who drives it hands it messages, and sends what it gives.
"""

from collections.abc import Callable, Hashable, Iterable

from host.fix.message import Message
from sim.exchange.commands import Cancel, MassCancel, New, Replace
from sim.exchange.fixdesk.orders import FixOrder, Participant, Request, Status
from sim.exchange.fixdesk.positions import POSITIONS, holdings, position_messages, refused
from sim.exchange.fixdesk.reporter import Reporter
from sim.exchange.fixdesk.reports import (
    DUPLICATE,
    FIX42,
    OPTION,
    TOO_LATE,
    UNKNOWN,
    Kind,
    business_reject,
    cancel_reject,
    mass_report,
)
from sim.exchange.fixdesk.terms import SIDES, Missing, Terms, Unacceptable, read_replacement, read_terms
from sim.exchange.venue import Venue
from wire.fix.tags import Tag
from wire.fix.types import MsgType

__all__ = ["FixDesk", "SUPPORTED"]

#: Application messages that the desk takes.
SUPPORTED = frozenset((MsgType.NewOrderSingle, MsgType.OrderCancelRequest, MsgType.OrderCancelReplaceRequest,
                       MsgType.OrderStatusRequest, MsgType.OrderMassCancelRequest, MsgType.OrderMassStatusRequest,
                       MsgType.RequestForPositions))

_UNKNOWN = b"1"
_DUPLICATE = {FIX42: OPTION}
_SECURITY, _ALL = b"1", b"7"
#: PosReqResult (728).
_UNSUPPORTED, _NOT_AUTHORISED = b"1", b"3"


class FixDesk:
    """All participants that trade by FIX.

    send, day: see Reporter. orders: of each participant, by every ClOrdID that they had. reporter: tells what happens.
    """

    def __init__(self, venue: Venue, participants: Iterable[Participant], send: Callable[[Hashable, Message], None], *,
                 day: str) -> None:
        self.participants = {one.session: one for one in participants}
        self.orders: dict[Hashable, dict[bytes, FixOrder]] = {session: {} for session in self.participants}
        self._venue, self._send = venue, send
        self._locates = {symbol.name.encode(): symbol.locate for symbol in venue.engine.symbols}
        self._references = {symbol.locate: symbol.reference for symbol in venue.engine.symbols}
        self.reporter = Reporter(self.participants.values(), send, day=day)
        self._report, self._refuse = self.reporter.report, self.reporter.refuse
        self._requests = {
            MsgType.NewOrderSingle: self._new, MsgType.OrderCancelRequest: self._cancel,
            MsgType.OrderCancelReplaceRequest: self._replace, MsgType.OrderStatusRequest: self._status,
            MsgType.OrderMassCancelRequest: self._mass_cancel, MsgType.OrderMassStatusRequest: self._mass_status,
            MsgType.RequestForPositions: self._positions}
        venue.listen(self.reporter.listen, FixOrder)

    def take(self, session: Hashable, message: Message, now: int) -> None:
        """Do what a participant asks. now: ns since 1970, never less than before."""
        participant = self.participants[session]
        handler = self._requests.get(message.msg_type)
        if handler is None:
            self._send(session, business_reject(message, b"3", "this type of message is not taken here"))
        elif participant.copies is not None:
            self._send(session, business_reject(message, b"4", "this session gets copies and enters no orders"))
        else:
            try:
                handler(participant, message, now)
            except Missing as error:
                self._send(session, business_reject(message, b"5", str(error), message.get(Tag.ClOrdID) or b""))

    def logged_out(self, session: Hashable, now: int) -> None:
        """Hear that a participant is gone."""
        participant = self.participants[session]
        if participant.cancel_on_disconnect:
            self._venue.apply(MassCancel(participant.owner), now)

    def _new(self, participant: Participant, message: Message, now: int) -> None:
        known = self.orders[participant.session]
        clordid = message.get(Tag.ClOrdID) or b""
        if clordid in known and message.get(Tag.PossResend) == b"Y":
            self._report(known[clordid], Kind.STATUS, now)
            return
        terms = read_terms(message, participant)
        order = FixOrder(participant, clordid, terms.symbol, self._locates.get(terms.symbol, 0), terms.side,
                         terms.shares, terms.price, terms.ord_type, terms.time_in_force, terms.account)
        if clordid in known:
            self._refuse(order, DUPLICATE, f"ClOrdID {clordid.decode('latin-1')} was used before", now)
            return
        known[clordid] = order
        if terms.fault is not None:
            self._refuse(order, terms.fault.reason, terms.fault.text, now)
            return
        if participant.pending:
            self._report(order, Kind.PENDING_NEW, now, status=Status.PENDING_NEW)
        self._venue.apply(self._command(order, terms), now)

    def _command(self, order: FixOrder, terms: Terms) -> New:
        owner = order.participant
        return New(order.locate, SIDES[order.side], order.shares, order.price, owner.owner, token=order,
                   account=order.account.decode("latin-1"), time_in_force=terms.lives, post_only=terms.post_only,
                   self_match=owner.self_match)

    def _cancel(self, participant: Participant, message: Message, now: int) -> None:
        request = Request(message.get(Tag.ClOrdID) or b"", b"1")
        order = self._meant(participant, message, request, now)
        if order is None:
            return
        if participant.pending:
            self._report(order, Kind.PENDING_CANCEL, now, status=Status.PENDING_CANCEL, clordid=request.clordid,
                         orig=order.clordid)
        self._apply(order, request, Cancel(order.reference, participant.owner), now)

    def _replace(self, participant: Participant, message: Message, now: int) -> None:
        request = Request(message.get(Tag.ClOrdID) or b"", b"2")
        order = self._meant(participant, message, request, now)
        if order is None:
            return
        try:
            request.shares, price, request.ord_type = read_replacement(message, order)
        except Unacceptable as error:
            self._send(participant.session, cancel_reject(order, request, order.clordid, OPTION, error.text, now))
            return
        if participant.pending:
            self._report(order, Kind.PENDING_REPLACE, now, status=Status.PENDING_REPLACE, clordid=request.clordid,
                         orig=order.clordid)
        self._apply(order, request, Replace(order.reference, request.shares + order.busted, price, participant.owner,
                                            order), now)

    def _apply(self, order: FixOrder, request: Request, command: Cancel | Replace, now: int) -> None:
        """Apply the command of a request; when it is done, the order is known by the request's ClOrdID too."""
        order.request = request
        self._venue.apply(command, now)
        order.request = None
        if order.clordid == request.clordid:
            self.orders[order.participant.session][request.clordid] = order

    def _meant(self, participant: Participant, message: Message, request: Request, now: int) -> FixOrder | None:
        """Return the open order that a cancel or replace means; None, and the rejection is sent, when there is none."""
        known = self.orders[participant.session]
        orig = message.get(Tag.OrigClOrdID) or b""
        order = known.get(orig)
        if order is None or order.closed is Status.REJECTED:
            reject = None, _UNKNOWN, f"no order {orig.decode('latin-1')}"
        elif request.clordid in known:
            reason = _DUPLICATE.get(participant.begin_string, b"6")
            reject = order, reason, f"ClOrdID {request.clordid.decode('latin-1')} was used before"
        elif orig != order.clordid:
            reject = order, _UNKNOWN, f"the order is {order.clordid.decode('latin-1')} now"
        elif not order.open:
            reject = order, TOO_LATE, f"the order is {order.status.name.lower().replace('_', ' ')}"
        elif (message.get(Tag.Symbol), message.get(Tag.Side)) != (order.symbol, order.side):
            reject = order, OPTION, "symbol or side is not that of the order"
        else:
            return order
        found, reason, text = reject
        self._send(participant.session, cancel_reject(found, request, orig, reason, text, now))
        return None

    def _mass_cancel(self, participant: Participant, message: Message, now: int) -> None:
        kind, side = message.get(Tag.MassCancelRequestType) or b"", message.get(Tag.Side)
        locate = self._locates.get(message.get(Tag.Symbol) or b"")
        refusal = None
        if kind not in (_SECURITY, _ALL):
            refusal = b"0", "orders can be cancelled for a security, or all"
        elif kind == _SECURITY and locate is None:
            refusal = b"1", "no such symbol"
        elif side is not None and side not in SIDES:
            refusal = b"99", "side is neither buy nor sell"
        affected = 0
        if refusal is None:
            command = MassCancel(participant.owner, None, locate if kind == _SECURITY else None,
                                 None if side is None else SIDES[side])
            affected = len(self._venue.apply(command, now))
        report_id = self.reporter.number(b"M")
        self._send(participant.session, mass_report(message, report_id, affected, refusal))

    def _status(self, participant: Participant, message: Message, now: int) -> None:
        clordid = message.get(Tag.ClOrdID) or b""
        asked = message.get(Tag.OrdStatusReqID)
        extra = [(Tag.OrdStatusReqID, asked)] if asked else []
        order = self.orders[participant.session].get(clordid)
        if order is None:
            self._report(self._unknown(participant, message, clordid), Kind.STATUS, now, reason=UNKNOWN, extra=extra)
        else:
            self._report(order, Kind.STATUS, now, extra=extra)

    def _mass_status(self, participant: Participant, message: Message, now: int) -> None:
        kind, symbol = message.get(Tag.MassStatusReqType), message.get(Tag.Symbol)
        if kind not in (_SECURITY, _ALL):
            self._send(participant.session, business_reject(message, b"0", "status of a security's orders, or of all"))
            return
        found = {id(order): order for order in self.orders[participant.session].values()
                 if order.open and (kind == _ALL or order.symbol == symbol)}
        orders = list(found.values()) or [self._unknown(participant, message, b"NONE")]
        for number, order in enumerate(orders, 1):
            self._report(order, Kind.STATUS, now, extra=[
                (Tag.MassStatusReqID, message.get(Tag.MassStatusReqID) or b""), (Tag.TotNumReports, b"%d" % len(found)),
                (Tag.LastRptRequested, b"Y" if number == len(orders) else b"N")])

    def _positions(self, participant: Participant, message: Message, now: int) -> None:
        session, account = participant.session, message.get(Tag.Account) or b""
        if not participant.tells_positions:
            refusal = _NOT_AUTHORISED, "positions are not told to this session"
        elif participant.accounts and account.decode("latin-1") not in participant.accounts:
            refusal = _NOT_AUTHORISED, "no such account of this session"
        elif message.get(Tag.PosReqType) != POSITIONS or message.get(Tag.Symbol) is not None:
            refusal = _UNSUPPORTED, "all positions of an account are told, and nothing else"
        else:
            held = holdings(self.orders[session].values(), account, self._prices)
            for answer in position_messages(message, held, lambda: self.reporter.number(b"P"), now):
                self._send(session, answer)
            return
        self._send(session, refused(message, self.reporter.number(b"P"), *refusal))

    def _prices(self, order: FixOrder) -> tuple[int, int]:
        return self._venue.engine.last(order.locate), self._references[order.locate]

    def _unknown(self, participant: Participant, message: Message, clordid: bytes) -> FixOrder:
        """Return what is said of an order that is not there."""
        symbol, side = message.get(Tag.Symbol) or b"NONE", message.get(Tag.Side) or b"1"
        return FixOrder(participant, clordid, symbol, 0, side, 0, 0, b"2", b"0", closed=Status.REJECTED)
