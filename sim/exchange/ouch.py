# Ref: Nasdaq OUCH 5.0, sections 2 and 3
"""The exchange's desk for OUCH: messages of participants become commands, the engine's events become messages.

Each user has one Stream of sequenced messages for the day, connected or not. What cannot be understood at all is
dropped and counted, as are numbers (UserRefNum) that do not rise: they were sent again after a connection was lost.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sim.exchange.commands import Cancel, MassCancel, New, Replace, SelfMatch, TimeInForce
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
from sim.exchange.soup import Stream
from sim.exchange.venue import Venue
from wire import ouch50
from wire.fields import WireError
from wire.itch50 import Side

__all__ = ["OuchDesk", "OuchOrder", "OuchUser"]

_SIDES = {"B": Side.BUY, "S": Side.SELL, "T": Side.SELL, "E": Side.SELL}
#: Time in force and cross type to the engine's. After hours, and until a time, there is no trading here.
_LIVES = {("0", "N"): TimeInForce.DAY, ("5", "N"): TimeInForce.DAY, ("3", "N"): TimeInForce.IOC,
          ("0", "O"): TimeInForce.ON_OPEN, ("3", "O"): TimeInForce.ON_OPEN,
          ("0", "C"): TimeInForce.ON_CLOSE, ("3", "C"): TimeInForce.ON_CLOSE}
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


class _Unacceptable(Exception):
    """An order that the exchange does not take."""

    def __init__(self, reason: ouch50.RejectReason) -> None:
        super().__init__(reason.name)
        self.reason = reason


@dataclass(kw_only=True)
class OuchUser:
    """A user: its session, and what its orders do on meeting its own account's. dropped: messages not understood, or
    sent again."""

    name: str
    password: str
    session: str
    self_match: SelfMatch = SelfMatch.ALLOW
    cancel_on_disconnect: bool = False
    stream: Stream = field(init=False)
    last: int = 0
    dropped: int = 0

    def __post_init__(self) -> None:
        self.stream = Stream(self.session)

    @property
    def owner(self) -> str:
        """Name by which the engine knows it."""
        return f"OUCH {self.name}"


@dataclass(slots=True)
class OuchOrder:
    """An order, its own token in the engine. terms: the fields of the message that entered or last replaced it.

    leaves: open shares. executed: shares executed. waiting: fields of a Replace that is being done.
    """

    user: OuchUser
    number: int
    terms: dict[str, Any]
    reference: int = 0
    leaves: int = 0
    executed: int = 0
    waiting: dict[str, Any] | None = None


class OuchDesk:
    """All users that trade by OUCH. flush: is told which users' streams have grown."""

    def __init__(self, venue: Venue, users: Iterable[OuchUser], flush: Callable[[OuchUser], None]) -> None:
        self.users = {user.name: user for user in users}
        self._venue, self._flush = venue, flush
        self._orders: dict[tuple[str, int], OuchOrder] = {}
        #: Code of the cross whose events are told.
        self._cross = ""
        self._symbols = {symbol.name: symbol.locate for symbol in venue.engine.symbols}
        self._requests = {"O": self._enter, "U": self._replace, "X": self._cancel, "M": self._modify}
        self._events = {Accepted: self._accepted, Executed: self._executed, Canceled: self._canceled,
                        Replaced: self._replaced}
        venue.listen(self._listen)

    def begin(self, now: int) -> None:
        """Tell all that the day begins."""
        for user in self.users.values():
            self._say(user, "S", now, event="S")

    def end(self, now: int) -> None:
        """Tell all that the day is over; their streams end."""
        for user in self.users.values():
            self._say(user, "S", now, event="E")
            user.stream.ended = True

    def take(self, name: str, payload: bytes, now: int) -> None:
        """Do what the user ``name`` asks. now: ns since 1970, never less than before."""
        user = self.users[name]
        try:
            fields = ouch50.unpack_inbound(payload)
        except WireError:
            user.dropped += 1
            return
        if _is_proper(fields):
            self._requests[fields["type"]](user, fields, now)
        elif "clordid" in fields and fields["user_ref"] > user.last and _is_text(fields["clordid"]):
            user.last = fields["user_ref"]
            self._refuse(user, fields, ouch50.RejectReason.OTHER, now)
        else:
            user.dropped += 1

    def logged_out(self, name: str, now: int) -> None:
        """Hear that a user is gone."""
        user = self.users[name]
        if user.cancel_on_disconnect:
            self._venue.apply(MassCancel(user.owner), now)

    # Requests

    def _enter(self, user: OuchUser, fields: dict[str, Any], now: int) -> None:
        number = fields["user_ref"]
        if number <= user.last:
            user.dropped += 1
            return
        user.last = number
        try:
            command = self._command(user, fields)
        except _Unacceptable as error:
            self._refuse(user, fields, error.reason, now)
            return
        order = OuchOrder(user, number, fields)
        self._orders[user.name, number] = order
        self._venue.apply(command._replace(token=order), now)

    def _command(self, user: OuchUser, fields: dict[str, Any]) -> New:
        lives, options = _lives(fields, fields["cross_type"]), fields["options"]
        firm = options.get("firm", "")
        return New(self._symbols.get(fields["symbol"], 0), _SIDES[fields["side"]], fields["quantity"],
                   _limit(fields["price"]), user.owner, account=firm, time_in_force=lives,
                   post_only=options.get("post_only") == "P", self_match=user.self_match,
                   attribution=firm if fields["display"] == "A" else "")

    def _replace(self, user: OuchUser, fields: dict[str, Any], now: int) -> None:
        """Replace an order. Of one that is over: no answer, and the number is still free. With values that no order
        may have: the old order is cancelled, and the number is still free. Else, rejected, the old order stays."""
        number = fields["user_ref"]
        order = self._orders.get((user.name, fields["original_user_ref"]))
        if number <= user.last or order is None or not order.leaves or order.number != fields["original_user_ref"]:
            user.dropped += 1
            return
        try:
            _check_kept(fields, order.terms)
        except _Unacceptable as error:
            user.last = number
            self._refuse(user, fields, error.reason, now)
            return
        order.waiting = fields
        first, *_ = self._venue.apply(Replace(order.reference, fields["quantity"], _limit(fields["price"]), user.owner,
                                              order), now)
        order.waiting = None
        if isinstance(first, Rejected) and first.reason is not RejectReason.HALTED:
            self._venue.apply(Cancel(order.reference, user.owner), now)
        elif isinstance(first, (Rejected, Replaced)):
            user.last = number

    def _cancel(self, user: OuchUser, fields: dict[str, Any], now: int) -> None:
        """Leave the order as many shares as asked for, executed ones among them. What is over stays without answer."""
        order = self._orders.get((user.name, fields["user_ref"]))
        if order is None or order.number != fields["user_ref"]:
            return
        leaves = max(fields["quantity"] - order.executed, 0)
        if leaves < order.leaves:
            self._venue.apply(Cancel(order.reference, user.owner, leaves), now)

    def _modify(self, user: OuchUser, fields: dict[str, Any], now: int) -> None:
        """Reduce an order, or change the kind of its sale. One that asks for more shares stays without answer."""
        order = self._orders.get((user.name, fields["user_ref"]))
        if order is None or not order.leaves or order.number != fields["user_ref"]:
            return
        if fields["quantity"] > order.executed + order.leaves:
            return
        if _SIDES.get(fields["side"]) is not _SIDES[order.terms["side"]]:
            self._say(user, "I", now, user_ref=order.number)
            return
        order.terms["side"] = fields["side"]
        self._say(user, "M", now, user_ref=order.number, side=fields["side"], quantity=fields["quantity"])
        self._cancel(user, fields, now)

    # Events

    def _listen(self, events: Sequence[Event], now: int) -> None:
        self._cross = next((event.cross_type.value for event in events if isinstance(event, CrossTrade)), "")
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
        self._say(order.user, "A", now, **_shown(order), quantity=event.shares, order_reference=event.reference,
                  order_state="L", options=order.terms["options"])

    def _executed(self, event: Executed, order: OuchOrder, now: int) -> None:
        order.leaves = event.leaves
        order.executed += event.shares
        self._say(order.user, "E", now, user_ref=order.number, quantity=event.shares, price=event.price,
                  liquidity=_LIQUIDITY.get(event.liquidity, self._cross), match=event.match)

    def _canceled(self, event: Canceled, order: OuchOrder, now: int) -> None:
        order.leaves = event.leaves
        self._say(order.user, "C", now, user_ref=order.number, quantity=event.shares, reason=_CANCELED[event.reason])

    def _replaced(self, event: Replaced, order: OuchOrder, now: int) -> None:
        fields, old = order.waiting, order.number
        assert fields is not None
        order.terms = order.terms | {name: fields[name] for name in ("user_ref", "price", "time_in_force", "display",
                                                                     "iso", "clordid", "options")}
        order.number, order.reference, order.leaves = fields["user_ref"], event.reference, event.shares
        self._orders[order.user.name, order.number] = order
        self._say(order.user, "U", now, original_user_ref=old, **_shown(order), quantity=event.shares,
                  order_reference=event.reference, order_state="L", options=fields["options"])

    def _rejected(self, event: Rejected, now: int) -> None:
        order = getattr(event.command, "token", None)
        if isinstance(order, OuchOrder) and (order.waiting is None or event.reason is RejectReason.HALTED):
            reason = _REJECTED.get(event.reason, ouch50.RejectReason.OTHER)
            self._refuse(order.user, order.waiting or order.terms, reason, now)

    def _amended(self, letter: str, fill: Executed, now: int, **more: Any) -> None:
        order = fill.token
        if isinstance(order, OuchOrder):
            self._say(order.user, letter, now, user_ref=order.number, match=fill.match, reason="S",
                      clordid=order.terms["clordid"], **more)

    # What goes out

    def _refuse(self, user: OuchUser, fields: dict[str, Any], reason: ouch50.RejectReason, now: int) -> None:
        self._say(user, "J", now, user_ref=fields["user_ref"], reason=int(reason), clordid=fields["clordid"])

    def _say(self, user: OuchUser, letter: str, now: int, **fields: Any) -> None:
        user.stream.messages.append(ouch50.pack_outbound(letter, timestamp=now - self._venue.midnight, **fields))
        self._flush(user)


def _limit(price: int) -> int | None:
    """Return the engine's price: None for a market order."""
    return None if price == ouch50.MARKET_PRICE else price


def _lives(fields: dict[str, Any], cross_type: str) -> TimeInForce:
    """Return how long an order, or a replacement, of ``fields`` lives. Raises _Unacceptable for what is not here."""
    lives, options = _LIVES.get((fields["time_in_force"], cross_type)), fields["options"]
    wrong = (
        (lives is None, ouch50.RejectReason.INVALID_CROSS_ORDER),
        (fields["display"] not in ("Y", "A"), ouch50.RejectReason.INVALID_DISPLAY),
        (bool(options.get("min_quantity")), ouch50.RejectReason.INVALID_MIN_QUANTITY),
        (bool(options.get("max_floor")), ouch50.RejectReason.INVALID_MAX_FLOOR),
        (options.get("price_type", "L") not in ("", "L"), ouch50.RejectReason.PEGGING_NOT_ALLOWED),
    )
    for is_wrong, reason in wrong:
        if is_wrong:
            raise _Unacceptable(reason)
    assert lives is not None
    return lives


def _check_kept(fields: dict[str, Any], terms: dict[str, Any]) -> None:
    """Raise _Unacceptable where a replacement would change what an order of ``terms`` keeps."""
    if _lives(fields, terms["cross_type"]) is not _lives(terms, terms["cross_type"]):
        raise _Unacceptable(ouch50.RejectReason.REPLACE_NOT_ALLOWED)
    if fields["display"] != terms["display"]:
        raise _Unacceptable(ouch50.RejectReason.INVALID_DISPLAY)


def _shown(order: OuchOrder) -> dict[str, Any]:
    """Return the fields that Accepted and Replaced repeat."""
    terms = order.terms
    return {name: terms[name] for name in ("user_ref", "side", "symbol", "price", "time_in_force", "display",
                                           "capacity", "iso", "cross_type", "clordid")}


def _is_proper(fields: dict[str, Any]) -> bool:
    """Return whether all values are such as OUCH has them, so that they can be repeated."""
    given = dict(fields)
    try:
        ouch50.pack_inbound(given.pop("type"), options=given.pop("options", None), **given)
    except WireError:
        return False
    return True


def _is_text(text: str) -> bool:
    """Return whether ``text`` can be repeated."""
    return text.isascii() and text.isprintable()
