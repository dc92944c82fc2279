"""The encoder's hot path: orders of which all but a few fields are laid out beforehand.

A template is made once for a session, symbol and account. It has the bytes that ``encode`` would write, with places for
the fields that change; a message is these bytes with the values put in, BodyLength by the length that comes out, and
CheckSum by the sum of the first two fields, which is known for every length, and that of the rest.
"""

from collections.abc import Sequence
from functools import lru_cache
from operator import itemgetter
from zlib import adler32

from host.fix.checksum import TRAILERS, checksum
from host.fix.decimals import price_text
from host.fix.encode import EncodeError, encode
from host.fix.message import Message
from host.fix.shown import quoted
from host.fix.timestamp import MILLISECONDS, stamp
from wire.fix.dictionary import Dictionary
from wire.fix.tags import Tag
from wire.fix.types import MsgType

__all__ = ["CHANGING", "OrderTemplate"]

Pair = tuple[int, bytes]
_SECOND = 1_000_000_000
#: Bodies up to this length have their first fields laid out, and a sum that Adler-32 gives exactly.
_SHORT = 256

#: The fields that change, in the order of the wire; the arguments of a form are theirs.
CHANGING = (Tag.MsgSeqNum, Tag.SendingTime, Tag.ClOrdID, Tag.OrderID, Tag.OrderQty, Tag.OrigClOrdID, Tag.Price,
             Tag.Side, Tag.TransactTime)
_NUMBERS = (Tag.MsgSeqNum, Tag.OrderQty)
#: Those that a type never has.
_NEVER: dict[bytes, set[Tag]] = {
    MsgType.NewOrderSingle: {Tag.OrigClOrdID, Tag.OrderID}, MsgType.OrderCancelRequest: {Tag.Price},
    MsgType.OrderCancelReplaceRequest: set()}


@lru_cache(maxsize=64)
def _heads(begin_string: bytes) -> tuple[tuple[bytes, int], ...]:
    """Return BeginString and BodyLength for every short length, with what their bytes add to ``adler32`` of a body."""
    heads = (b"8=%b\x019=%d\x01" % (begin_string, length) for length in range(_SHORT + 1))
    return tuple((head, sum(head) - 1) for head in heads)


class OrderTemplate:
    """A NewOrderSingle, OrderCancelRequest or OrderCancelReplaceRequest with places for the fields that change.

    Those are MsgSeqNum (34), SendingTime (52), ClOrdID (11), OrderQty (38), Side (54), TransactTime (60); in a cancel
    or replace OrigClOrdID (41), and OrderID (37) if it is ``named``; unless it is a cancel or not ``priced``, Price
    (44). fixed: all other fields of header and body, in any order. digits, transact_digits: of a second, in SendingTime
    and TransactTime. EncodeError as ``encode``, and for another type or a fixed field that changes.
    """

    def __init__(self, begin_string: bytes, msg_type: bytes, fixed: Sequence[Pair], dictionary: Dictionary, *,
                 priced: bool = True, named: bool = False, digits: int = 3, transact_digits: int | None = None) -> None:
        if msg_type not in _NEVER:
            raise EncodeError(f"MsgType {quoted(msg_type)}: not an order, a cancel or a replace")
        without = _NEVER[msg_type] | {tag for tag, there in ((Tag.Price, priced), (Tag.OrderID, named))
                                               if not there}
        changing = [tag for tag in CHANGING if tag not in without]
        for tag, _ in fixed:
            if tag in changing:
                raise EncodeError(f"field {tag}: changes with every message")
        places = {int(tag): b"\0%d\0" % tag for tag in changing}
        whole = encode(begin_string, Message(msg_type, [*fixed, *places.items()]), dictionary)
        form = whole[whole.index(b"\x0135=") + 1:-len(TRAILERS[0])].replace(b"%", b"%%")
        for tag, place in places.items():
            if form.count(place) != 1:
                raise EncodeError(f"field {tag}: {quoted(place)} is in a fixed value too")
            form = form.replace(place, b"%d" if tag in _NUMBERS else b"%b")
        self._form, self._begin_string, self._heads = form, begin_string, _heads(begin_string)
        self._values = itemgetter(*map(CHANGING.index, changing))
        self._fields = form.count(b"\x01")
        self._sides = frozenset(dictionary.fields[Tag.Side].values)
        self._digits, self._transact_digits = digits, transact_digits or digits
        self._begin, self._second = -_SECOND, b""

    def encode(self, seq: int, now: int, cl_ord_id: bytes, side: bytes, quantity: int, price: int = 0,
               orig_cl_ord_id: bytes = b"-", order_id: bytes = b"-") -> bytes:
        """Return the message.

        now: ns since 1970. price: of 1/10,000. What the message has no place for is not in it. EncodeError: an
        identifier that is empty or has SOH in it, a side that there is not.
        """
        if side not in self._sides or not cl_ord_id or not orig_cl_ord_id or not order_id:
            raise self._error(cl_ord_id, side, orig_cl_ord_id, order_id)
        if self._digits == 3:
            rest = now - self._begin
            if not 0 <= rest < _SECOND:
                rest = self._tick(now)
            time = self._second + MILLISECONDS[rest // 1_000_000]
        else:
            time = stamp(now, self._digits)
        transact = time if self._transact_digits == self._digits else stamp(now, self._transact_digits)
        body: bytes = self._form % self._values((
            seq, time, cl_ord_id, order_id, quantity, orig_cl_ord_id, price_text(price), side, transact))
        if body.count(b"\x01") != self._fields:
            raise self._error(cl_ord_id, side, orig_cl_ord_id, order_id)
        length = len(body)
        if length > _SHORT:
            head = b"8=%b\x019=%d\x01" % (self._begin_string, length)
            return head + body + TRAILERS[checksum(head + body)]
        head, more = self._heads[length]
        return head + body + TRAILERS[adler32(body) + more & 255]

    def _error(self, cl_ord_id: bytes, side: bytes, orig_cl_ord_id: bytes, order_id: bytes) -> EncodeError:
        return EncodeError(f"ClOrdID {quoted(cl_ord_id)}, Side {quoted(side)}, OrigClOrdID "
                           f"{quoted(orig_cl_ord_id)}, OrderID {quoted(order_id)}: not to be sent")

    def _tick(self, now: int) -> int:
        """Begin another second. Return the ns since then."""
        rest = now % _SECOND
        self._begin = now - rest
        self._second = stamp(now)[:-4]
        return rest
