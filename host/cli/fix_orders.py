"""Orders typed by hand: commands to messages, and what answers say of each order."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from host.fix.message import Message
from host.fix.timestamp import stamp
from wire.fix.tags import Tag
from wire.fix.types import MsgType

__all__ = ["HELP", "CommandError", "Order", "Orders"]

HELP = """\
buy 100 AAPL @ 210.05        also sell, short; without @ a market order; then day, ioc, fok, gtc, opg or cls
cancel 1                     an order by its number here, or by its ClOrdID
replace 1 200 @ 210.10       new quantity, new price, or both
status 1                     ask for it
orders                       all of this session
35=D|55=AAPL|54=1|...        any message: the fields of its body; the session writes the others
quit                         log out; so does the end of the input"""

_SIDES = {"buy": b"1", "sell": b"2", "short": b"5"}
_IN_FORCE = {"day": b"0", "gtc": b"1", "opg": b"2", "ioc": b"3", "fok": b"4", "cls": b"7"}
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
_REPLACED = b"5"
#: Fields that every message has, and none may be given by hand.
_OUTER = (8, 9, 10)


class CommandError(Exception):
    """A command makes no sense; the text says why."""


@dataclass(slots=True)
class Order:
    """An order. id: ClOrdID last accepted. state: as the counterparty last told it, b"" if it did not yet."""

    number: int
    id: bytes
    side: bytes
    symbol: bytes
    quantity: bytes
    price: bytes
    state: bytes = b""
    filled: bytes = b"0"


class Orders:
    """Makes messages of commands and follows what becomes of them."""

    def __init__(self, prefix: str, extra: tuple[tuple[int, bytes], ...] = ()) -> None:
        """prefix: of every ClOrdID. extra: fields of every order, such as an account."""
        self._prefix, self._extra = prefix, extra
        self._ids = 0
        self.all: list[Order] = []
        self._by_id: dict[bytes, Order] = {}
        self._commands: dict[str, Callable[[list[str], int], Message]] = {
            **dict.fromkeys(_SIDES, self._new), "cancel": self._cancel, "replace": self._replace,
            "status": self._status}

    def message(self, line: str, now: int) -> Message:
        """Return the message that the command ``line`` asks for. now: ns since 1970. Raises CommandError."""
        if line[:3] == "35=":
            return _raw(line)
        words = line.replace("@", " @ ").split()
        make = self._commands.get(words[0].lower())
        if make is None:
            raise CommandError(f"there is no command {words[0]!r}; help tells which there are")
        return make(words, now)

    def took(self, message: Message) -> None:
        """Note what ``message`` of the counterparty says."""
        order = self._by_id.get(message.get(Tag.ClOrdID) or b"")
        if order and message.msg_type == MsgType.ExecutionReport:
            order.state = message.get(Tag.OrdStatus) or order.state
            order.filled = message.get(Tag.CumQty) or order.filled
            if message.get(Tag.ExecType) == _REPLACED:
                order.id = message.get(Tag.ClOrdID) or order.id
                order.quantity = message.get(Tag.OrderQty) or order.quantity
                order.price = message.get(Tag.Price) or order.price
        elif order and message.msg_type == MsgType.OrderCancelReject:
            order.state = message.get(Tag.OrdStatus) or order.state

    def _new(self, words: list[str], now: int) -> Message:
        side, *rest = (word.lower() if number != 2 else word for number, word in enumerate(words))
        if len(rest) < 2:
            raise CommandError(f"{side} needs a quantity and a symbol: {side} 100 AAPL @ 210.05")
        quantity, symbol, *rest = rest
        price, rest = _price(rest)
        if len(rest) > 1 or (rest and rest[0] not in _IN_FORCE):
            raise CommandError(f"{' '.join(rest)!r} is none of {', '.join(_IN_FORCE)}")
        order = Order(len(self.all) + 1, self._next_id(), _SIDES[side], symbol.encode(), _number(quantity), price)
        self.all.append(order)
        self._by_id[order.id] = order
        fields = [(Tag.ClOrdID, order.id), (Tag.HandlInst, b"1"), *self._instrument(order),
                  (Tag.TransactTime, stamp(now)), (Tag.OrderQty, order.quantity), *_pricing(price)]
        if rest:
            fields.append((Tag.TimeInForce, _IN_FORCE[rest[0]]))
        return Message(MsgType.NewOrderSingle, [*fields, *self._extra])

    def _cancel(self, words: list[str], now: int) -> Message:
        order = self._order(words, 2)
        return Message(MsgType.OrderCancelRequest, [
            (Tag.OrigClOrdID, order.id), (Tag.ClOrdID, self._next_id(order)), *self._instrument(order),
            (Tag.TransactTime, stamp(now)), (Tag.OrderQty, order.quantity), *self._extra])

    def _replace(self, words: list[str], now: int) -> Message:
        order = self._order(words[:2], 2)
        price, rest = _price(words[2:])
        if len(rest) > 1 or not (rest or price):
            raise CommandError("replace needs an order and a quantity, a price, or both: replace 1 200 @ 210.10")
        quantity = _number(rest[0]) if rest else order.quantity
        return Message(MsgType.OrderCancelReplaceRequest, [
            (Tag.OrigClOrdID, order.id), (Tag.ClOrdID, self._next_id(order)), (Tag.HandlInst, b"1"),
            *self._instrument(order), (Tag.TransactTime, stamp(now)), (Tag.OrderQty, quantity),
            *_pricing(price or order.price), *self._extra])

    def _status(self, words: list[str], now: int) -> Message:
        order = self._order(words, 2)
        return Message(MsgType.OrderStatusRequest, [(Tag.ClOrdID, order.id), *self._instrument(order)])

    def _order(self, words: list[str], count: int) -> Order:
        if len(words) != count:
            raise CommandError(f"{words[0]} needs an order: {words[0]} 1")
        name = words[1]
        if name.isascii() and name.isdecimal() and 1 <= int(name) <= len(self.all):
            return self.all[int(name) - 1]
        if name.encode() in self._by_id:
            return self._by_id[name.encode()]
        raise CommandError(f"there is no order {name}")

    def _next_id(self, order: Order | None = None) -> bytes:
        self._ids += 1
        made = f"{self._prefix}{self._ids}".encode()
        if order:
            self._by_id[made] = order
        return made

    def _instrument(self, order: Order) -> list[tuple[int, bytes]]:
        return [(Tag.Symbol, order.symbol), (Tag.Side, order.side)]


def _price(words: list[str]) -> tuple[bytes, list[str]]:
    """Return the price behind @, b"" if there is none, and the other words."""
    if "@" not in words:
        return b"", words
    place = words.index("@")
    return _number(" ".join(words[place + 1:place + 2])), words[:place] + words[place + 2:]


def _number(text: str) -> bytes:
    if not _NUMBER.fullmatch(text):
        raise CommandError(f"{text!r} is no number")
    return text.encode()


def _pricing(price: bytes) -> list[tuple[int, bytes]]:
    return [(Tag.OrdType, b"2"), (Tag.Price, price)] if price else [(Tag.OrdType, b"1")]


def _raw(line: str) -> Message:
    """Return the message of ``line``, "35=D|55=AAPL|..."."""
    pairs = [part.partition("=") for part in line.replace("\x01", "|").strip("|").split("|")]
    for tag, equals, value in pairs:
        if not (tag.isascii() and tag.isdecimal() and equals and value) or int(tag) in _OUTER:
            raise CommandError(f"{tag}{equals}{value!r} cannot be a field of a message; 35=D|55=AAPL|... is one")
    return Message(pairs[0][2].encode(), [(int(tag), value.encode()) for tag, _, value in pairs[1:]])
