"""The encoder's hot path: orders of which all but a few fields are laid out beforehand.

A template is made once for a session, symbol and account. It has the bytes that ``encode`` would write, with places for
the fields that change; a message is these bytes with the values put in, BodyLength from the lengths, and CheckSum of
the body on top of the sum of the first two fields. Its bytes are those of ``encode`` for the same fields.
"""

from collections.abc import Sequence
from functools import lru_cache
from zlib import adler32

from host.fix.checksum import TRAILERS, checksum
from host.fix.decimals import price_text
from host.fix.encode import EncodeError, encode
from host.fix.message import Message
from host.fix.timestamp import stamp
from wire.fix.dictionary import Dictionary
from wire.fix.tags import Tag
from wire.fix.types import MsgType

__all__ = ["CancelTemplate", "OrderTemplate", "ReplaceTemplate", "Template"]

Pair = tuple[int, bytes]
#: Bodies up to this length have their first fields laid out, and a sum that Adler-32 gives exactly.
_SHORT = 256
#: Changing fields that are given as numbers.
_NUMBERS = frozenset((Tag.MsgSeqNum, Tag.OrderQty))


@lru_cache(maxsize=64)
def _heads(begin_string: bytes) -> tuple[tuple[bytes, int], ...]:
    """Return BeginString and BodyLength for every short length, with what their bytes add to ``adler32`` of a body."""
    heads = (b"8=%b\x019=%d\x01" % (begin_string, length) for length in range(_SHORT + 1))
    return tuple((head, sum(head) - 1) for head in heads)


class Template:
    """A message with places for the fields ``changing``.

    fixed: all other fields, of header and body, in any order; no groups. ``fill`` takes the values of ``changing`` in
    the order of the wire: header by tag, then body by tag.
    """

    def __init__(self, begin_string: bytes, msg_type: bytes, fixed: Sequence[Pair], changing: Sequence[int],
                 dictionary: Dictionary) -> None:
        self._begin_string, self._msg_type, self._dictionary = begin_string, msg_type, dictionary
        places = {tag: b"\0%d\0" % tag for tag in changing}
        whole = encode(begin_string, Message(msg_type, [*fixed, *places.items()]), dictionary)
        body = whole[whole.index(b"\x0135=") + 1:-len(TRAILERS[0])].replace(b"%", b"%%")
        order = sorted(changing, key=lambda tag: body.index(places[tag]))
        if list(changing) != order:
            raise EncodeError(f"changing fields {list(changing)}: on the wire they are {order}")
        for place in places.values():
            if body.count(place) != 1:
                raise EncodeError(f"field {int(place[1:-1])}: {place!r} stands in a fixed value too")
        self._ends = body.count(b"\x01")
        for tag, place in places.items():
            body = body.replace(place, b"%d" if tag in _NUMBERS else b"%b")
        self._form = body
        self._heads = _heads(begin_string)

    def fill(self, values: tuple[bytes | int, ...]) -> bytes:
        """Return the message with ``values``; MsgSeqNum and OrderQty are numbers. EncodeError: empty, or with SOH."""
        body = self._form % values
        if b"=\x01" in body or body.count(b"\x01") != self._ends:
            self._check(values)
        length = len(body)
        if length > _SHORT:
            head = b"8=%b\x019=%d\x01" % (self._begin_string, length)
            return head + body + TRAILERS[checksum(head + body)]
        head, more = self._heads[length]
        return head + body + TRAILERS[adler32(body) + more & 255]

    def _check(self, values: tuple[bytes | int, ...]) -> None:
        for value in values:
            if isinstance(value, bytes) and (not value or b"\x01" in value):
                raise EncodeError(f"{value!r} among {values}: no value, or SOH in it")


class OrderTemplate(Template):
    """NewOrderSingle. header, body: the fields that stay; SenderCompID (49), Symbol (55) and OrdType (40) are among
    them, 34, 52, 11, 38, 54, 60 and, if ``priced``, 44 are not. digits: of a second, in timestamps."""

    def __init__(self, begin_string: bytes, header: Sequence[Pair], body: Sequence[Pair], dictionary: Dictionary, *,
                 priced: bool = True, digits: int = 3) -> None:
        self._digits, self._priced = digits, priced
        changing = (Tag.MsgSeqNum, Tag.SendingTime, Tag.ClOrdID, Tag.OrderQty, *((Tag.Price,) if priced else ()),
                    Tag.Side, Tag.TransactTime)
        super().__init__(begin_string, MsgType.NewOrderSingle, [*header, *body], changing, dictionary)

    def encode(self, seq: int, now: int, cl_ord_id: bytes, side: bytes, quantity: int, price: int = 0) -> bytes:
        """Return the order ``seq``. now: ns since 1970. price: of 1/10,000, not looked at if not ``priced``."""
        time = stamp(now, self._digits)
        if self._priced:
            return self.fill((seq, time, cl_ord_id, quantity, price_text(price), side, time))
        return self.fill((seq, time, cl_ord_id, quantity, side, time))


class CancelTemplate(Template):
    """OrderCancelRequest. header, body: the fields that stay; 34, 52, 11, 38, 41, 54 and 60 are not among them."""

    def __init__(self, begin_string: bytes, header: Sequence[Pair], body: Sequence[Pair], dictionary: Dictionary, *,
                 digits: int = 3) -> None:
        self._digits = digits
        changing = (Tag.MsgSeqNum, Tag.SendingTime, Tag.ClOrdID, Tag.OrderQty, Tag.OrigClOrdID, Tag.Side,
                    Tag.TransactTime)
        super().__init__(begin_string, MsgType.OrderCancelRequest, [*header, *body], changing, dictionary)

    def encode(self, seq: int, now: int, cl_ord_id: bytes, orig_cl_ord_id: bytes, side: bytes, quantity: int) -> bytes:
        """Return the request ``seq`` to cancel ``orig_cl_ord_id``. now: ns since 1970. quantity: of the order."""
        time = stamp(now, self._digits)
        return self.fill((seq, time, cl_ord_id, quantity, orig_cl_ord_id, side, time))


class ReplaceTemplate(Template):
    """OrderCancelReplaceRequest. header, body: the fields that stay; 34, 52, 11, 38, 41, 54, 60 and, if ``priced``, 44
    are not among them."""

    def __init__(self, begin_string: bytes, header: Sequence[Pair], body: Sequence[Pair], dictionary: Dictionary, *,
                 priced: bool = True, digits: int = 3) -> None:
        self._digits, self._priced = digits, priced
        changing = (Tag.MsgSeqNum, Tag.SendingTime, Tag.ClOrdID, Tag.OrderQty, Tag.OrigClOrdID,
                    *((Tag.Price,) if priced else ()), Tag.Side, Tag.TransactTime)
        super().__init__(begin_string, MsgType.OrderCancelReplaceRequest, [*header, *body], changing, dictionary)

    def encode(self, seq: int, now: int, cl_ord_id: bytes, orig_cl_ord_id: bytes, side: bytes, quantity: int,
               price: int = 0) -> bytes:
        """Return the request ``seq`` to replace ``orig_cl_ord_id``. now, quantity, price: as of the new order."""
        time = stamp(now, self._digits)
        if self._priced:
            return self.fill((seq, time, cl_ord_id, quantity, orig_cl_ord_id, price_text(price), side, time))
        return self.fill((seq, time, cl_ord_id, quantity, orig_cl_ord_id, side, time))
