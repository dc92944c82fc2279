# Ref: FIX 4.2 and 4.4: ExecutionReport; Nasdaq OUCH 5.0, section 2
"""Orders by OUCH as FIX has them, for drop copies and statements: each has a FixOrder beside it, told of its events."""

from collections.abc import Iterable, Sequence

from sim.exchange.commands import New
from sim.exchange.events import Accepted, Broken, Canceled, Corrected, Event, Executed, Rejected, Replaced
from sim.exchange.fixdesk.orders import FixOrder, Participant, Request
from sim.exchange.fixdesk.reporter import Reporter
from sim.exchange.ouchdesk.orders import OuchOrder, OuchUser
from wire.ouch50 import MARKET_PRICE

__all__ = ["OuchCopies"]

_SIDES = {"B": b"1", "S": b"2", "T": b"5", "E": b"6"}
#: TimeInForce (59) of an order for a cross, and of another.
_CROSSES = {"O": b"2", "C": b"7"}
_LIVES = {"0": b"0", "3": b"3", "5": b"5"}
_MARKET, _LIMIT = b"1", b"2"


class OuchCopies:
    """Tells ``reporter`` what happens to orders by OUCH, as if they had come by FIX from a CompID of the user's name.

    ClOrdID is that of OUCH, or the UserRefNum where there is none; the UserRefNum is SecondaryClOrdID. orders: all that
    reached the engine. What the desk itself refused did not, and is not told.
    """

    def __init__(self, users: Iterable[OuchUser], reporter: Reporter) -> None:
        self.orders: dict[OuchOrder, FixOrder] = {}
        self._reporter = reporter
        self._participants = {
            user.name: Participant(session=None, begin_string=b"FIX.4.4", comp_id=user.name.encode()) for user in users}

    def listen(self, events: Sequence[Event], now: int) -> None:
        """Tell of those of ``events`` that are of orders by OUCH."""
        for event in events:
            copied = self._copied(event)
            if copied is not None:
                self._reporter.tell(copied, now)

    def _copied(self, event: Event) -> Event | None:
        """Return ``event`` with the FixOrder in the place of the order."""
        match event:
            case Accepted(token=OuchOrder() as order) | Executed(token=OuchOrder() as order) | Canceled(
                    token=OuchOrder() as order):
                return event._replace(token=self._order(order))
            case Replaced(token=OuchOrder() as order):
                return event._replace(token=self._replaced(order))
            case Rejected(command=New(token=OuchOrder() as order) as command):
                return event._replace(command=command._replace(token=self._order(order)))
            case Broken():
                return event._replace(fills=self._fills(event.fills))
            case Corrected():
                return event._replace(fills=self._fills(event.fills), new_fills=self._fills(event.new_fills))
        return None

    def _fills(self, fills: Iterable[Executed]) -> tuple[Executed, ...]:
        return tuple(fill._replace(token=self._order(fill.token)) for fill in fills
                     if isinstance(fill.token, OuchOrder))

    def _order(self, order: OuchOrder) -> FixOrder:
        """Return the FixOrder of ``order``, whose kind of sale may have been modified."""
        known = self.orders.get(order)
        if known is None:
            known = self.orders[order] = self._made(order)
        known.side = _SIDES[order.terms["side"]]
        return known

    def _made(self, order: OuchOrder) -> FixOrder:
        terms = order.terms
        market = terms["price"] == MARKET_PRICE
        return FixOrder(
            self._participants[order.user.name], _clordid(terms), terms["symbol"].encode(), 0, _SIDES[terms["side"]],
            terms["quantity"], None if market else terms["price"], _MARKET if market else _LIMIT,
            _CROSSES.get(terms["cross_type"]) or _LIVES[terms["time_in_force"]], order.firm.encode(),
            secondary=b"%d" % order.number)

    def _replaced(self, order: OuchOrder) -> FixOrder:
        """Return the FixOrder of an order that the Replace it waits for has changed."""
        known, fields = self._order(order), order.waiting
        assert fields is not None
        known.secondary = b"%d" % fields["user_ref"]
        known.request = Request(_clordid(fields), b"2", fields["quantity"],
                                _MARKET if fields["price"] == MARKET_PRICE else _LIMIT)
        return known


def _clordid(fields: dict[str, object]) -> bytes:
    return str(fields["clordid"] or fields["user_ref"]).encode()
