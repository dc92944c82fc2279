# Ref: Nasdaq OUCH 5.0, section 3
"""What users are told: the engine's events as OUCH messages in their streams."""

from collections.abc import Callable, Sequence
from typing import Any

from sim.exchange.events import (
    Accepted,
    Broken,
    Canceled,
    CancelReason,
    Corrected,
    CrossTrade,
    Event,
    Executed,
    Liquidity,
    Rejected,
    RejectReason,
    Replaced,
)
from sim.exchange.ouchdesk.orders import OuchOrder, OuchUser
from sim.exchange.venue import Venue
from wire import ouch50

__all__ = ["Reporter"]

_REJECTED = {
    RejectReason.UNKNOWN_SYMBOL: ouch50.RejectReason.INVALID_SYMBOL, RejectReason.INVALID_SIDE:
    ouch50.RejectReason.INVALID_SIDE, RejectReason.INVALID_SHARES: ouch50.RejectReason.INVALID_QUANTITY,
    RejectReason.INVALID_PRICE: ouch50.RejectReason.INVALID_PRICE, RejectReason.INVALID_TICK:
    ouch50.RejectReason.INVALID_PRICE, RejectReason.HALTED: ouch50.RejectReason.HALTED,
    RejectReason.NOT_TRADING: ouch50.RejectReason.HALTED, RejectReason.CLOSED: ouch50.RejectReason.DESTINATION_CLOSED,
    RejectReason.TOO_LATE: ouch50.RejectReason.INVALID_CROSS_ORDER,
    RejectReason.WOULD_TRADE: ouch50.RejectReason.CROSSED_MARKET,
}
_CANCELED = {
    CancelReason.USER: "U", CancelReason.IMMEDIATE: "I", CancelReason.UNFILLABLE: "I", CancelReason.SELF_MATCH: "Q",
    CancelReason.SUPERVISORY: "S", CancelReason.CROSS: "C", CancelReason.CLOSED: "E",
}
#: In a cross the flag is the cross's own code.
_LIQUIDITY = {Liquidity.ADDED: "A", Liquidity.REMOVED: "R"}
#: Messages of numbers and codes, made at once.
_EXECUTED, _CANCELED_SHARES = ouch50.OUTBOUND["E"].codec.pack, ouch50.OUTBOUND["C"].codec.pack
#: Where Accepted, which repeats an EnterOrder byte by byte, has its order reference, and its order state.
_HEAD, _BODY = (ouch50.INBOUND["O"].field(name).offset for name in ("capacity", "clordid"))
#: Fields that Replaced repeats.
_REPEATED = ("user_ref", "side", "symbol", "price", "time_in_force", "display", "capacity", "iso", "cross_type",
             "clordid", "options")
#: Fields that a Replace gives an order.
_REPLACED = ("user_ref", "price", "time_in_force", "display", "iso", "clordid", "options")


class Reporter:
    """Puts messages into users' streams. flush: is told which of them have grown. renamed: is told of an order that has
    another number."""

    def __init__(self, venue: Venue, flush: Callable[[OuchUser], None], renamed: Callable[[OuchOrder], None]) -> None:
        self._midnight, self._flush, self._renamed = venue.midnight, flush, renamed
        #: Code of the cross whose events are told.
        self._cross = ""
        self._events = {Accepted: self._accepted, Executed: self._executed, Canceled: self._canceled,
                        Replaced: self._replaced}
        venue.listen(self._listen, OuchOrder)

    def say(self, user: OuchUser, letter: str, now: int, **fields: Any) -> None:
        """Put a message of these fields into a user's stream. now: ns since 1970."""
        self._put(user, ouch50.pack_outbound(letter, timestamp=now - self._midnight, **fields))

    def _put(self, user: OuchUser, message: bytes) -> None:
        user.stream.messages.append(message)
        self._flush(user)

    def refuse(self, user: OuchUser, fields: dict[str, Any], reason: ouch50.RejectReason, now: int) -> None:
        """Tell a user that the request of ``fields`` is not taken."""
        self.say(user, "J", now, user_ref=fields["user_ref"], reason=int(reason), clordid=fields.get("clordid", ""))

    def _listen(self, events: Sequence[Event], now: int) -> None:
        self._cross = next((event.cross_type.value for event in events if type(event) is CrossTrade), "")
        for event in events:
            handler = self._events.get(type(event))
            if handler is not None:
                if isinstance(event.token, OuchOrder):
                    handler(event, event.token, now)
            elif isinstance(event, Rejected):
                self._rejected(event, now)
            elif isinstance(event, Broken):
                for fill in event.fills:
                    self._amended("B", fill, now)
            elif isinstance(event, Corrected):
                for fill in event.new_fills:
                    self._amended("F", fill, now, quantity=fill.shares, price=fill.price,
                                  liquidity=_LIQUIDITY[fill.liquidity])

    def _accepted(self, event: Accepted, order: OuchOrder, now: int) -> None:
        order.reference, order.leaves = event.reference, event.shares
        entered = order.terms["payload"]
        self._put(order.user, b"".join((b"A", (now - self._midnight).to_bytes(8, "big"), entered[1:_HEAD],
                                        event.reference.to_bytes(8, "big"), entered[_HEAD:_BODY], b"L",
                                        entered[_BODY:])))

    def _executed(self, event: Executed, order: OuchOrder, now: int) -> None:
        order.leaves = event.leaves
        order.executed += event.shares
        flag = _LIQUIDITY.get(event.liquidity, self._cross).encode()
        self._put(order.user, _EXECUTED(b"E", now - self._midnight, order.number, event.shares, event.price, flag,
                                        event.match, 0))

    def _canceled(self, event: Canceled, order: OuchOrder, now: int) -> None:
        order.leaves = event.leaves
        self._put(order.user, _CANCELED_SHARES(b"C", now - self._midnight, order.number, event.shares,
                                               _CANCELED[event.reason].encode()))

    def _replaced(self, event: Replaced, order: OuchOrder, now: int) -> None:
        fields, old = order.waiting, order.number
        assert fields is not None
        order.terms = order.terms | {name: fields[name] for name in _REPLACED}
        order.group = fields["options"].get("group", order.group)
        order.number, order.reference, order.leaves = fields["user_ref"], event.reference, event.shares
        self._renamed(order)
        self.say(order.user, "U", now, original_user_ref=old, quantity=event.shares, order_reference=event.reference,
                 order_state="L", **{name: order.terms[name] for name in _REPEATED})

    def _rejected(self, event: Rejected, now: int) -> None:
        order = getattr(event.command, "token", None)
        if isinstance(order, OuchOrder) and (order.waiting is None or event.reason is RejectReason.HALTED):
            reason = _REJECTED.get(event.reason, ouch50.RejectReason.OTHER)
            self.refuse(order.user, order.waiting or order.terms, reason, now)

    def _amended(self, letter: str, fill: Executed, now: int, **more: Any) -> None:
        order = fill.token
        if isinstance(order, OuchOrder):
            self.say(order.user, letter, now, user_ref=order.number, match=fill.match, reason="S",
                     clordid=order.terms["clordid"], **more)

