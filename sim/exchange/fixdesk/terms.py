# Ref: FIX 4.2 and 4.4: NewOrderSingle, OrderCancelReplaceRequest
"""What a participant asks for, read from its message, and whether the exchange has such a thing."""

from dataclasses import dataclass

from host.fix.decimals import price_of, shares_of
from host.fix.message import Message
from sim.exchange.commands import TimeInForce
from sim.exchange.fixdesk.orders import FixOrder, Participant
from wire.fix.tags import Tag
from wire.itch50 import Side

__all__ = ["SIDES", "Missing", "Terms", "Unacceptable", "read_replacement", "read_terms"]

#: Side (54): short sales are sales here.
SIDES = {b"1": Side.BUY, b"2": Side.SELL, b"5": Side.SELL, b"6": Side.SELL}
#: TimeInForce (59).
_LIVES = {b"0": TimeInForce.DAY, b"2": TimeInForce.ON_OPEN, b"3": TimeInForce.IOC, b"4": TimeInForce.FOK,
          b"7": TimeInForce.ON_CLOSE}
_MARKET, _LIMIT = b"1", b"2"
_POST_ONLY = b"6"
#: ExecInst (18) values that change nothing here: not held, work, held.
_HARMLESS = frozenset((b"1", b"2", b"5", _POST_ONLY))
#: Fields that ask for what the exchange does not have.
_NOT_HERE = {Tag.StopPx: "stop orders", Tag.MaxFloor: "hidden shares", Tag.MinQty: "minimum quantities",
             Tag.CashOrderQty: "amounts of money", Tag.ExpireTime: "expiry times"}


class Missing(Exception):
    """A field is missing that this message needs."""

    def __init__(self, tag: Tag) -> None:
        super().__init__(f"{tag.name} ({tag}) is missing")


class Unacceptable(Exception):
    """What is asked for cannot be had. reason: OrdRejReason (103) in FIX 4.4 and 4.2."""

    def __init__(self, text: str, new: bytes = b"11", old: bytes = b"0") -> None:
        super().__init__(text)
        self.text, self.reason = text, (new, old)


@dataclass(kw_only=True)
class Terms:
    """An order as it is asked for. fault: why it cannot be taken, whatever the engine would say; then numbers that
    could not be read are 0."""

    symbol: bytes
    side: bytes
    shares: int = 0
    price: int | None = None
    ord_type: bytes
    time_in_force: bytes
    account: bytes
    lives: TimeInForce = TimeInForce.DAY
    post_only: bool = False
    fault: Unacceptable | None = None


def read_terms(message: Message, participant: Participant) -> Terms:
    """Return the order that a NewOrderSingle asks for. Raises Missing."""
    terms = Terms(symbol=_need(message, Tag.Symbol), side=_need(message, Tag.Side),
                  ord_type=_need(message, Tag.OrdType), time_in_force=message.get(Tag.TimeInForce) or b"0",
                  account=message.get(Tag.Account) or b"")
    quantity = _need(message, Tag.OrderQty)
    limit = _need(message, Tag.Price) if terms.ord_type == _LIMIT else None
    try:
        terms.shares = _shares(quantity)
        terms.price = None if limit is None else _price(limit)
        _check(message, terms, participant)
    except Unacceptable as error:
        terms.fault = error
    return terms


def read_replacement(message: Message, order: FixOrder) -> tuple[int, int | None, bytes]:
    """Return shares, price and OrdType that an OrderCancelReplaceRequest asks for. Raises Missing, Unacceptable."""
    ord_type, quantity = _need(message, Tag.OrdType), _need(message, Tag.OrderQty)
    limit = _need(message, Tag.Price) if ord_type == _LIMIT else None
    if ord_type != order.ord_type:
        raise Unacceptable("an order keeps its type")
    if (message.get(Tag.TimeInForce) or order.time_in_force) != order.time_in_force:
        raise Unacceptable("an order keeps its time in force")
    if (message.get(Tag.Account) or order.account) != order.account:
        raise Unacceptable("an order keeps its account")
    return _shares(quantity), None if limit is None else _price(limit), ord_type


def _check(message: Message, terms: Terms, participant: Participant) -> None:
    """Find what the exchange does not have."""
    if terms.side not in SIDES:
        raise Unacceptable("side is neither buy nor sell")
    if terms.ord_type not in (_MARKET, _LIMIT):
        raise Unacceptable("only market and limit orders are taken")
    lives = _LIVES.get(terms.time_in_force)
    if lives is None:
        raise Unacceptable("this time in force is not taken")
    terms.lives = lives
    instructions = frozenset((message.get(Tag.ExecInst) or b"").split())
    if not instructions <= _HARMLESS:
        raise Unacceptable("of execution instructions, only 6 (post-only) is taken")
    terms.post_only = _POST_ONLY in instructions
    for tag, name in _NOT_HERE.items():
        if message.get(tag) is not None:
            raise Unacceptable(f"{name} are not taken")
    if participant.accounts and terms.account.decode("latin-1") not in participant.accounts:
        raise Unacceptable("no such account of this session", b"15")


def _need(message: Message, tag: Tag) -> bytes:
    value = message.get(tag)
    if value is None:
        raise Missing(tag)
    return value


def _shares(value: bytes) -> int:
    try:
        return shares_of(value)
    except ValueError as error:
        raise Unacceptable(str(error), b"13", b"3") from None


def _price(value: bytes) -> int:
    try:
        return price_of(value)
    except ValueError as error:
        raise Unacceptable(str(error), b"99") from None
