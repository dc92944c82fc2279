# Ref: FIX 4.2 and 4.4: ExecutionReport, OrderCancelReject, appendix D (order state changes)
"""What participants are told of their orders: the engine's events as execution reports, and copies of them."""

from collections.abc import Callable, Hashable, Iterable, Sequence

from host.fix.message import Message
from sim.exchange.commands import New, Replace
from sim.exchange.events import (
    Accepted,
    Broken,
    Canceled,
    CancelReason,
    Corrected,
    Event,
    Executed,
    Rejected,
    RejectReason,
    Replaced,
)
from sim.exchange.fixdesk.orders import Fill, FixOrder, Participant, Request, Status
from sim.exchange.fixdesk.reports import (
    CLOSED_AS,
    FIX42,
    OPTION,
    TOO_LATE,
    Kind,
    Reason,
    cancel_reject,
    execution,
    ord_rej_reason,
)
from wire.fix.tags import Tag

__all__ = ["Reporter"]


class Reporter:
    """Tells of events whose tokens are FixOrders, and keeps these up to date.

    send: is given the messages that go out: a participant's session, and the message. day: begins every ExecID, so that
    those of two days differ.
    """

    def __init__(self, participants: Iterable[Participant], send: Callable[[Hashable, Message], None], *,
                 day: str) -> None:
        self._send, self._prefix, self._executions = send, day.encode(), 0
        self._copiers = [one for one in participants if one.copies is not None]
        self._events = {Accepted: self._accepted, Executed: self._executed, Canceled: self._canceled,
                        Replaced: self._replaced}

    def listen(self, events: Sequence[Event], now: int) -> None:
        """Tell of all of ``events``."""
        for event in events:
            self.tell(event, now)

    def tell(self, event: Event, now: int) -> None:
        """Tell of an event."""
        handler = self._events.get(type(event))
        if handler is not None:
            if isinstance(event.token, FixOrder):
                handler(event, event.token, now)
        elif isinstance(event, Rejected):
            self._rejected(event, now)
        elif isinstance(event, Broken):
            for fill in event.fills:
                self._amended(fill, None, now)
        elif isinstance(event, Corrected):
            for fill, new in zip(event.fills, event.new_fills, strict=True):
                self._amended(fill, new, now)

    def refuse(self, order: FixOrder, reason: Reason, text: str, now: int) -> None:
        """Tell that a new order is not taken."""
        order.closed = Status.REJECTED
        self.report(order, Kind.REJECTED, now, reason=reason, text=text)

    def report(self, order: FixOrder, kind: Kind, now: int, *, extra: Sequence[tuple[int, bytes]] = (),
               **details: object) -> bytes:
        """Send a report to the order's participant, and copies of it, and return its ExecID. details: see
        ``execution``."""
        exec_id, owner = self.number(b"E"), order.participant
        if owner.session is not None:
            self._send(owner.session, execution(order, kind, owner.begin_string, exec_id, now, extra=extra, **details))
        if kind is not Kind.STATUS:
            for one in self._copiers:
                if not one.copies or owner.comp_id in one.copies:
                    mark = [(Tag.OnBehalfOfCompID, owner.comp_id)]
                    if one.begin_string != FIX42:
                        mark.append((Tag.CopyMsgIndicator, b"Y"))
                    self._send(one.session, execution(order, kind, one.begin_string, exec_id, now,
                                                      extra=[*mark, *extra], **details))
        return exec_id

    def number(self, letter: bytes) -> bytes:
        """Return a new number of a report of the day."""
        self._executions += 1
        return b"%b%b%d" % (self._prefix, letter, self._executions)

    def _accepted(self, event: Accepted, order: FixOrder, now: int) -> None:
        order.reference, order.leaves = event.reference, event.shares
        order.order_id = self._prefix + b"%d" % event.reference
        self.report(order, Kind.NEW, now)

    def _executed(self, event: Executed, order: FixOrder, now: int) -> None:
        order.leaves = event.leaves
        fill = order.add((event.match, event.leaves), Fill(b"", event.shares, event.price, event.match))
        fill.exec_id = fill.first = self.report(order, Kind.TRADE, now, fill=fill, liquidity=event.liquidity.value)

    def _canceled(self, event: Canceled, order: FixOrder, now: int) -> None:
        order.leaves = event.leaves
        request, orig = _answered(order) if event.reason is CancelReason.USER else (None, b"")
        if event.leaves:
            order.shares -= event.shares
            self.report(order, Kind.RESTATED, now, orig=orig, extra=[(Tag.ExecRestatementReason, b"5")])
        elif request is not None and request.response == b"2":
            # Replaced by less than was executed: nothing is left to trade, and what was asked for is filled.
            order.shares = order.filled
            self.report(order, Kind.REPLACED, now, orig=orig)
        else:
            kind, order.closed, text = CLOSED_AS[event.reason]
            self.report(order, kind, now, orig=orig, text=text)

    def _replaced(self, event: Replaced, order: FixOrder, now: int) -> None:
        request, orig = _answered(order)
        order.reference, order.leaves, order.price, order.replaced = event.reference, event.shares, event.price, True
        if request is not None:
            order.shares, order.ord_type = request.shares, request.ord_type
        self.report(order, Kind.REPLACED, now, orig=orig)

    def _rejected(self, event: Rejected, now: int) -> None:
        command = event.command
        order = getattr(command, "token", None)
        if isinstance(command, New) and isinstance(order, FixOrder):
            self.refuse(order, ord_rej_reason(event.reason), event.reason.value, now)
        elif isinstance(command, Replace) and isinstance(order, FixOrder) and order.request is not None:
            reason = TOO_LATE if event.reason is RejectReason.UNKNOWN_ORDER else OPTION
            self._send(order.participant.session,
                       cancel_reject(order, order.request, order.clordid, reason, event.reason.value, now))

    def _amended(self, old: Executed, new: Executed | None, now: int) -> None:
        """Break a fill, or put another in its place."""
        order = old.token
        if not isinstance(order, FixOrder):
            return
        fill = order.remove((old.match, old.leaves))
        if new is None:
            order.busted += fill.shares
            order.broken.append(fill)
            self.report(order, Kind.BUST, now, fill=fill, ref=fill.exec_id)
            return
        changed = order.add((new.match, new.leaves), Fill(b"", new.shares, new.price, new.match, fill.first))
        order.busted += fill.shares - new.shares
        changed.exec_id = self.report(order, Kind.CORRECT, now, fill=changed, ref=fill.exec_id)


def _answered(order: FixOrder) -> tuple[Request | None, bytes]:
    """Let the request that waits take effect; return it, and the ClOrdID that it ended."""
    request, orig = order.request, order.clordid
    if request is None:
        return None, b""
    order.clordid, order.request = request.clordid, None
    return request, orig
