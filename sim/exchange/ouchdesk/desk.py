# Ref: Nasdaq OUCH 5.0, section 2
"""The exchange's desk for OUCH: messages of users become commands.

Each user has one Stream of sequenced messages for the day, connected or not. What cannot be understood at all is
dropped and counted, as are numbers (UserRefNum) that do not rise: they were sent again after a connection was lost. A
user has one series of numbers: what names another (UserRefIdx) is dropped too.
"""

from collections.abc import Callable, Iterable
from typing import Any

from sim.exchange.commands import Cancel, MassCancel, Replace
from sim.exchange.events import Rejected, RejectReason, Replaced
from sim.exchange.ouchdesk.orders import OuchOrder, OuchUser
from sim.exchange.ouchdesk.reporter import Reporter
from sim.exchange.ouchdesk.terms import (
    SIDES,
    Unacceptable,
    check_kept,
    is_proper,
    is_text,
    limit,
    new_order,
)
from sim.exchange.venue import Venue
from wire import ouch50
from wire.fields import WireError

__all__ = ["OuchDesk"]

_Fields = dict[str, Any]


class OuchDesk:
    """All users that trade by OUCH. flush: is told which users' streams have grown."""

    def __init__(self, venue: Venue, users: Iterable[OuchUser], flush: Callable[[OuchUser], None]) -> None:
        self.users = {user.name: user for user in users}
        self._venue, self._reporter = venue, Reporter(venue, flush, self._renamed)
        self._say = self._reporter.say
        self._orders: dict[tuple[str, int], OuchOrder] = {}
        self._symbols = {symbol.name: symbol.locate for symbol in venue.engine.symbols}
        #: By type: what does it, and whether its number is one that must rise.
        self._requests: dict[str, tuple[Callable[[OuchUser, _Fields, int], None], bool]] = {
            "O": (self._enter, True), "U": (self._replace, False), "X": (self._cancel, False),
            "M": (self._modify, False), "C": (self._mass_cancel, True), "D": (self._disable, True),
            "E": (self._enable, True), "Q": (self._query, False)}

    @property
    def orders(self) -> list[OuchOrder]:
        """All orders that were entered, each once, in the order in which they came."""
        return list(dict.fromkeys(self._orders.values()))

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
        act, rises = self._requests[fields["type"]]
        if fields["options"].get("user_ref_index"):
            user.dropped += 1
            return
        if not is_proper(fields):
            self._improper(user, fields, now)
            return
        if rises:
            if fields["user_ref"] <= user.last:
                user.dropped += 1
                return
            user.last = fields["user_ref"]
        fields["payload"] = payload
        try:
            act(user, fields, now)
        except Unacceptable as error:
            self._reporter.refuse(user, fields, error.reason, now)

    def logged_out(self, name: str, now: int) -> None:
        """Hear that a user is gone."""
        user = self.users[name]
        if user.cancel_on_disconnect:
            self._venue.apply(MassCancel(user.owner), now)

    def _improper(self, user: OuchUser, fields: _Fields, now: int) -> None:
        """Refuse an order, or a replacement, with a value that OUCH does not have, if it can be told of."""
        if "clordid" in fields and fields["user_ref"] > user.last and is_text(fields["clordid"]):
            user.last = fields["user_ref"]
            self._reporter.refuse(user, fields, ouch50.RejectReason.OTHER, now)
        else:
            user.dropped += 1

    def _enter(self, user: OuchUser, fields: _Fields, now: int) -> None:
        options = fields["options"]
        order = OuchOrder(user, fields["user_ref"], fields, options.get("firm", user.firm), options.get("group"))
        command = new_order(order, self._symbols.get(fields["symbol"], 0))
        self._orders[user.name, order.number] = order
        self._venue.apply(command, now)

    def _replace(self, user: OuchUser, fields: _Fields, now: int) -> None:
        """Replace an order. Of one that is over: no answer, and the number is still free. With values that no order
        may have: the old order is cancelled, and the number is still free. Else, rejected, the old order stays."""
        number = fields["user_ref"]
        order = self._named(user, fields["original_user_ref"])
        if number <= user.last or order is None or not order.leaves:
            user.dropped += 1
            return
        try:
            check_kept(fields, order)
        except Unacceptable:
            user.last = number
            raise
        order.waiting = fields
        first, *_ = self._venue.apply(Replace(order.reference, fields["quantity"], limit(fields["price"]), user.owner,
                                              order), now)
        order.waiting = None
        if isinstance(first, Rejected) and first.reason is not RejectReason.HALTED:
            self._venue.apply(Cancel(order.reference, user.owner), now)
        elif isinstance(first, (Rejected, Replaced)):
            user.last = number

    def _cancel(self, user: OuchUser, fields: _Fields, now: int) -> None:
        """Leave the order as many shares as asked for, executed ones among them. What is over stays without answer."""
        order = self._named(user, fields["user_ref"])
        if order is None:
            return
        leaves = max(fields["quantity"] - order.executed, 0)
        if leaves < order.leaves:
            self._venue.apply(Cancel(order.reference, user.owner, leaves), now)

    def _modify(self, user: OuchUser, fields: _Fields, now: int) -> None:
        """Reduce an order, or change the kind of its sale. One that asks for more shares stays without answer."""
        order = self._named(user, fields["user_ref"])
        if order is None or not order.leaves or fields["quantity"] > order.executed + order.leaves:
            return
        if SIDES.get(fields["side"]) is not SIDES[order.terms["side"]]:
            self._say(user, "I", now, user_ref=order.number)
            return
        order.terms["side"] = fields["side"]
        self._say(user, "M", now, user_ref=order.number, side=fields["side"], quantity=fields["quantity"])
        self._cancel(user, fields, now)

    def _mass_cancel(self, user: OuchUser, fields: _Fields, now: int) -> None:
        """Answer, then cancel the open orders of a firm: all, or those of a symbol, a side, a group."""
        firm, symbol, options = fields["firm"] or user.firm, fields["symbol"], fields["options"]
        if symbol and symbol not in self._symbols:
            raise Unacceptable(ouch50.RejectReason.INVALID_SYMBOL)
        side = options.get("side")
        if side is not None and side not in SIDES:
            raise Unacceptable(ouch50.RejectReason.INVALID_SIDE)
        self._say(user, "X", now, user_ref=fields["user_ref"], firm=fields["firm"], symbol=symbol, options=options)
        if "group" not in options:
            self._venue.apply(MassCancel(user.owner, firm, self._symbols.get(symbol), SIDES.get(side)), now)
            return
        for order in self.orders:
            fits = order.leaves and order.user is user and (order.firm, order.group) == (firm, options["group"])
            if fits and symbol in ("", order.terms["symbol"]) and SIDES.get(side) in (None, SIDES[order.terms["side"]]):
                self._venue.apply(Cancel(order.reference, user.owner), now)

    def _disable(self, user: OuchUser, fields: _Fields, now: int) -> None:
        user.disabled.add(fields["firm"] or user.firm)
        self._say(user, "G", now, user_ref=fields["user_ref"], firm=fields["firm"], options=fields["options"])

    def _enable(self, user: OuchUser, fields: _Fields, now: int) -> None:
        user.disabled.discard(fields["firm"] or user.firm)
        self._say(user, "K", now, user_ref=fields["user_ref"], firm=fields["firm"], options=fields["options"])

    def _query(self, user: OuchUser, fields: _Fields, now: int) -> None:
        self._say(user, "Q", now, next_user_ref=user.last + 1)

    def _named(self, user: OuchUser, number: int) -> OuchOrder | None:
        """Return the order that has this number now."""
        order = self._orders.get((user.name, number))
        return order if order is not None and order.number == number else None

    def _renamed(self, order: OuchOrder) -> None:
        self._orders[order.user.name, order.number] = order
