"""The encoder's hot path: orders of which all but a few fields are laid out beforehand.

A template is made once for a session, symbol and account. It has the bytes that ``encode`` would write, with places for
the fields that change; a message is these bytes with the values put in, BodyLength by the length that comes out, and
CheckSum by the sum of the first two fields, which is known for every length, and that of the rest.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from zlib import adler32

from host.fix.checksum import TRAILERS, checksum
from host.fix.decimals import price_text
from host.fix.encode import EncodeError, encode
from host.fix.message import Message
from host.fix.timestamp import MILLISECONDS, stamp
from wire.fix.dictionary import Dictionary
from wire.fix.tags import Tag
from wire.fix.types import MsgType

__all__ = ["OrderTemplate"]

Pair = tuple[int, bytes]
_SECOND = 1_000_000_000
#: Bodies up to this length have their first fields laid out, and a sum that Adler-32 gives exactly.
_SHORT = 256

#: The fields that change, in the order of the wire, and how they are written; 41 only if another order is named, 44
#: only if it has a price.
_NEW = (Tag.MsgSeqNum, Tag.SendingTime, Tag.ClOrdID, Tag.OrderQty, Tag.Price, Tag.Side, Tag.TransactTime)
_REPLACE = (Tag.MsgSeqNum, Tag.SendingTime, Tag.ClOrdID, Tag.OrderQty, Tag.OrigClOrdID, Tag.Price, Tag.Side,
            Tag.TransactTime)
_CANCEL = tuple(tag for tag in _REPLACE if tag != Tag.Price)
_CHANGING = {MsgType.NewOrderSingle: _NEW, MsgType.OrderCancelRequest: _CANCEL,
             MsgType.OrderCancelReplaceRequest: _REPLACE}
_NUMBERS = (Tag.MsgSeqNum, Tag.OrderQty)


@lru_cache(maxsize=64)
def _heads(begin_string: bytes) -> tuple[tuple[bytes, int], ...]:
    """Return BeginString and BodyLength for every short length, with what their bytes add to ``adler32`` of a body."""
    heads = (b"8=%b\x019=%d\x01" % (begin_string, length) for length in range(_SHORT + 1))
    return tuple((head, sum(head) - 1) for head in heads)


class OrderTemplate:
    """A NewOrderSingle, OrderCancelRequest or OrderCancelReplaceRequest with places for the fields that change.

    Those are MsgSeqNum (34), SendingTime (52), ClOrdID (11), OrderQty (38), Side (54), TransactTime (60), in a cancel
    or replace OrigClOrdID (41), and, unless it is a cancel or not ``priced``, Price (44). fixed: all other fields of
    header and body, in any order. digits: of a second, in timestamps. EncodeError as ``encode``, and for another
    type or a fixed field that changes.
    """

    def __init__(self, begin_string: bytes, msg_type: bytes, fixed: Sequence[Pair], dictionary: Dictionary, *,
                 priced: bool = True, digits: int = 3) -> None:
        if msg_type not in _CHANGING:
            raise EncodeError(f"MsgType {msg_type!r}: not an order, a cancel or a replace")
        changing = [tag for tag in _CHANGING[msg_type] if priced or tag != Tag.Price]
        for tag, _ in fixed:
            if tag in changing:
                raise EncodeError(f"field {tag}: changes with every message")
        places = {int(tag): b"\0%d\0" % tag for tag in changing}
        whole = encode(begin_string, Message(msg_type, [*fixed, *places.items()]), dictionary)
        form = whole[whole.index(b"\x0135=") + 1:-len(TRAILERS[0])].replace(b"%", b"%%")
        for tag, place in places.items():
            if form.count(place) != 1:
                raise EncodeError(f"field {tag}: {place!r} is in a fixed value too")
            form = form.replace(place, b"%d" if tag in _NUMBERS else b"%b")
        self._form, self._begin_string, self._heads = form, begin_string, _heads(begin_string)
        self._sides = frozenset(dictionary.fields[Tag.Side].values)
        self._orig, self._priced = Tag.OrigClOrdID in places, Tag.Price in places
        self._digits = digits
        self._begin, self._second = -_SECOND, b""

    def encode(self, seq: int, now: int, cl_ord_id: bytes, side: bytes, quantity: int, price: int = 0,
               orig_cl_ord_id: bytes = b"-") -> bytes:
        """Return the message.

        now: ns since 1970. price: of 1/10,000, not looked at where there is none; nor is ``orig_cl_ord_id``.
        EncodeError: an identifier that is empty or has SOH in it, a side that there is not.
        """
        if not cl_ord_id or b"\x01" in cl_ord_id or side not in self._sides:
            raise EncodeError(f"ClOrdID {cl_ord_id!r}, Side {side!r}: not to be sent")
        if self._digits == 3:
            rest = now - self._begin
            if not 0 <= rest < _SECOND:
                rest = self._tick(now)
            time = self._second + MILLISECONDS[rest // 1_000_000]
        else:
            time = stamp(now, self._digits)
        values: tuple[Any, ...]
        if self._orig:
            if not orig_cl_ord_id or b"\x01" in orig_cl_ord_id:
                raise EncodeError(f"OrigClOrdID {orig_cl_ord_id!r}: not to be sent")
            if self._priced:
                values = (seq, time, cl_ord_id, quantity, orig_cl_ord_id, price_text(price), side, time)
            else:
                values = (seq, time, cl_ord_id, quantity, orig_cl_ord_id, side, time)
        elif self._priced:
            values = (seq, time, cl_ord_id, quantity, price_text(price), side, time)
        else:
            values = (seq, time, cl_ord_id, quantity, side, time)
        body = self._form % values
        length = len(body)
        if length > _SHORT:
            head = b"8=%b\x019=%d\x01" % (self._begin_string, length)
            return head + body + TRAILERS[checksum(head + body)]
        head, more = self._heads[length]
        return head + body + TRAILERS[adler32(body) + more & 255]

    def _tick(self, now: int) -> int:
        """Begin another second. Return the ns since then."""
        rest = now % _SECOND
        self._begin = now - rest
        self._second = stamp(now)[:-4]
        return rest
