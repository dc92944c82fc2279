"""Orders, replaces and cancels as bytes of one FIX session, by templates: the way that what is urgent takes."""

from collections.abc import Callable
from functools import partial

from host.fix.settings import Settings
from host.fix.template import CHANGING, OrderTemplate
from host.oms.fix import FixOrders
from host.oms.outputs import ToVenue, VenueKind
from wire.fix.tags import Tag
from wire.risk import OrderType, Side

__all__ = ["Make", "OrderTemplates"]

#: Given MsgSeqNum and SendingTime (ns since 1970), which is TransactTime too, returns the whole message.
Make = Callable[[int, int], bytes]

_SIDES = {side: b"%d" % side for side in Side}
#: Kinds of message that have a template, and whether they name an earlier order.
_AMENDS = {VenueKind.NEW: False, VenueKind.REPLACE: True, VenueKind.CANCEL: True}


class OrderTemplates:
    """A template for each account, symbol and sort of order, made when the first such order goes out.

    What they make is, byte for byte, what the session ``settings`` would encode of ``orders``' message.
    """

    def __init__(self, orders: FixOrders, settings: Settings) -> None:
        self._orders, self._settings = orders, settings
        self._templates: dict[tuple[object, ...], OrderTemplate] = {}

    def maker(self, output: ToVenue) -> Make | None:
        """Return what makes the message for ``output``; None for what has no template: requests for status, what names
        no order that it should, and everything of a session that counts what it heard in each header (369)."""
        amends, orig = _AMENDS.get(output.kind), output.orig_cl_ord_id
        if amends is None or amends is not bool(orig) or self._settings.last_processed:
            return None
        if output.order_id and not amends:
            return None
        short = output.side in (Side.SELL_SHORT, Side.SELL_SHORT_EXEMPT)
        key = (output.kind, output.account, output.symbol, output.type, output.time_in_force, short,
               bool(output.order_id))
        template = self._templates.get(key)
        if template is None:
            template = self._templates[key] = self._lay_out(output)
        return partial(template.encode, cl_ord_id=output.cl_ord_id, side=_SIDES[output.side], quantity=output.shares,
                       price=output.price, orig_cl_ord_id=orig or b"-", order_id=output.order_id or b"-")

    def _lay_out(self, output: ToVenue) -> OrderTemplate:
        settings, message = self._settings, self._orders.message(output, 0)
        fixed = [pair for pair in message.fields if pair[0] not in CHANGING]
        given = {tag for tag, _ in message.fields}
        header = [(Tag.SenderCompID, settings.sender), (Tag.TargetCompID, settings.target),
                  *(pair for pair in settings.header if pair[0] not in given)]
        return OrderTemplate(settings.begin_string, message.msg_type, [*header, *fixed], settings.dictionary,
                             priced=output.type == OrderType.LIMIT, named=bool(output.order_id),
                             digits=settings.digits, transact_digits=self._orders.digits)
