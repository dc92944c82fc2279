# Ref: Nasdaq OUCH 5.0, section 2
"""What a user asks for, read from his message, and whether the exchange has such a thing."""

from typing import Any

from sim.exchange.commands import New, TimeInForce
from sim.exchange.ouchdesk.orders import OuchOrder
from wire import ouch50
from wire.fields import WireError
from wire.itch50 import Side

__all__ = ["SIDES", "Unacceptable", "check_kept", "is_proper", "is_text", "limit", "new_order"]

SIDES = {"B": Side.BUY, "S": Side.SELL, "T": Side.SELL, "E": Side.SELL}
#: Time in force and cross type to the engine's. After hours, and until a time, there is no trading here.
_LIVES = {("0", "N"): TimeInForce.DAY, ("5", "N"): TimeInForce.DAY, ("3", "N"): TimeInForce.IOC,
          ("0", "O"): TimeInForce.ON_OPEN, ("3", "O"): TimeInForce.ON_OPEN,
          ("0", "C"): TimeInForce.ON_CLOSE, ("3", "C"): TimeInForce.ON_CLOSE}


class Unacceptable(Exception):
    """A request that the exchange does not take."""

    def __init__(self, reason: ouch50.RejectReason) -> None:
        super().__init__(reason.name)
        self.reason = reason


def new_order(order: OuchOrder, locate: int) -> New:
    """Return the command that enters ``order``. Raises Unacceptable."""
    fields, user, firm = order.terms, order.user, order.firm
    lives = _lives(fields, fields["cross_type"])
    if firm in user.disabled:
        raise Unacceptable(ouch50.RejectReason.FIRM_NOT_AUTHORISED)
    return New(locate, SIDES[fields["side"]], fields["quantity"], limit(fields["price"]), user.owner, order, firm,
               lives, fields["options"].get("post_only") == "P", user.self_match,
               firm if fields["display"] == "A" else "")


def limit(price: int) -> int | None:
    """Return the engine's price: None for a market order."""
    return None if price == ouch50.MARKET_PRICE else price


def check_kept(fields: dict[str, Any], order: OuchOrder) -> None:
    """Raise Unacceptable where a replacement would change what ``order`` keeps, or orders of its firm are not taken."""
    terms = order.terms
    if _lives(fields, terms["cross_type"]) is not _lives(terms, terms["cross_type"]):
        raise Unacceptable(ouch50.RejectReason.REPLACE_NOT_ALLOWED)
    if fields["display"] != terms["display"]:
        raise Unacceptable(ouch50.RejectReason.INVALID_DISPLAY)
    if order.firm in order.user.disabled:
        raise Unacceptable(ouch50.RejectReason.FIRM_NOT_AUTHORISED)


def _lives(fields: dict[str, Any], cross_type: str) -> TimeInForce:
    """Return how long an order, or a replacement, of ``fields`` lives. Raises Unacceptable for what is not here."""
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
            raise Unacceptable(reason)
    assert lives is not None
    return lives


def is_proper(fields: dict[str, Any]) -> bool:
    """Return whether all values are such as OUCH has them, so that they can be repeated."""
    try:
        ouch50.check_inbound(fields)
    except WireError:
        return False
    return True


def is_text(text: str) -> bool:
    """Return whether ``text`` can be repeated."""
    return text.isascii() and text.isprintable()
