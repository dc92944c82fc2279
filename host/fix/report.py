"""The decoder's hot path: ExecutionReports, of which only the fields that order management needs become objects.

A venue writes its reports in a few shapes: the same tags in the same order. A shape that was seen once is one regular
expression, which matches a whole report of that shape and cuts out the values that are wanted; the others are passed
over. Whatever has no known shape goes through the parser, and if it is sound, its shape is known from then on.

Checked is what the parser checks: first fields, BodyLength, CheckSum, tag=value throughout, data fields by their
lengths. Not checked is what the dictionary says (required fields, types, values); that is ``host.fix.validate``.
"""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from host.fix.checksum import is_sound
from host.fix.message import Message
from host.fix.parser import Garbled, Parser
from wire.fix.tags import Tag
from wire.fix.types import DATA_OF, MsgType

__all__ = ["ExecutionReport", "ReportDecoder", "ReportError"]

#: Shapes that are learnt, and fields of the longest; other reports go through the parser.
_SHAPES, _LONGEST = 64, 256
_TRAILER_BYTES = 7


class ReportError(Exception):
    """The bytes are not one sound ExecutionReport; the text says why."""


class ExecutionReport(NamedTuple):
    """The first value of each field, as it is on the wire; None where the report has none."""

    msg_seq_num: bytes | None
    poss_dup_flag: bytes | None
    poss_resend: bytes | None
    sending_time: bytes | None
    cl_ord_id: bytes | None
    orig_cl_ord_id: bytes | None
    order_id: bytes | None
    exec_id: bytes | None
    exec_ref_id: bytes | None
    exec_trans_type: bytes | None
    exec_type: bytes | None
    ord_status: bytes | None
    exec_restatement_reason: bytes | None
    ord_rej_reason: bytes | None
    text: bytes | None
    account: bytes | None
    symbol: bytes | None
    side: bytes | None
    ord_type: bytes | None
    time_in_force: bytes | None
    order_qty: bytes | None
    price: bytes | None
    last_qty: bytes | None
    last_px: bytes | None
    last_mkt: bytes | None
    cum_qty: bytes | None
    leaves_qty: bytes | None
    avg_px: bytes | None
    transact_time: bytes | None
    last_liquidity_ind: bytes | None

    @classmethod
    def of(cls, message: Message) -> "ExecutionReport":
        """Return the report that ``message`` is, which may be of any type."""
        first = dict(reversed(message.fields))
        return cls(*map(first.get, _TAGS))


#: The tags of the report's fields, in their order.
_TAGS = tuple(int(tag) for tag in (
    Tag.MsgSeqNum, Tag.PossDupFlag, Tag.PossResend, Tag.SendingTime, Tag.ClOrdID, Tag.OrigClOrdID, Tag.OrderID,
    Tag.ExecID, Tag.ExecRefID, Tag.ExecTransType, Tag.ExecType, Tag.OrdStatus, Tag.ExecRestatementReason,
    Tag.OrdRejReason, Tag.Text, Tag.Account, Tag.Symbol, Tag.Side, Tag.OrdType, Tag.TimeInForce, Tag.OrderQty,
    Tag.Price, Tag.LastQty, Tag.LastPx, Tag.LastMkt, Tag.CumQty, Tag.LeavesQty, Tag.AvgPx, Tag.TransactTime,
    Tag.LastLiquidityInd))

Values = tuple[bytes | None, ...]
#: Returns the match of a whole report; the groups of the wanted fields, BodyLength before them.
Shape = tuple[Callable[[bytes], re.Match[bytes] | None], tuple[int, ...]]


def _shape(begin_string: bytes, tags: list[int]) -> Shape:
    """Return the shape of a report with the fields ``tags`` between MsgType and CheckSum."""
    # Of a tag that comes again, only the first value is wanted. The last group is never in a match.
    first = {tag: tags.index(tag) for tag in tags if tag in _TAGS}
    fields = (b"%d=%b\x01" % (tag, b"([^\x01]*+)" if first.get(tag) == at else b"[^\x01]*+")
              for at, tag in enumerate(tags))
    pattern = re.compile(b"8=%b\x019=([0-9]{1,9}+)\x0135=8\x01%b10=[0-9]{3}\x01(\x01)?" % (
        re.escape(begin_string), b"".join(fields)))
    groups = {tag: group for group, tag in enumerate(sorted(first, key=lambda tag: first[tag]), 2)}
    return pattern.fullmatch, (1, *(groups.get(tag, pattern.groups) for tag in _TAGS))


class ReportDecoder:
    """Decodes ExecutionReports, and learns their shapes. limit, data: as of the parser."""

    def __init__(self, limit: int = 65_536, data: Mapping[int, int] = DATA_OF) -> None:
        self._limit, self._data = limit, data
        self._known = 0
        #: By the number of fields.
        self._shapes: dict[int, list[Shape]] = {}

    def decode(self, raw: bytes) -> ExecutionReport:
        """Return the report that ``raw`` is, from BeginString to CheckSum. Raises ReportError."""
        for fullmatch, groups in self._shapes.get(raw.count(b"\x01"), ()):
            match = fullmatch(raw)
            if match is not None:
                values = match.group(*groups)
                size = int(values[0]) + match.end(1) + 1 + _TRAILER_BYTES
                if size != len(raw) or size > self._limit or not is_sound(raw):
                    break
                return ExecutionReport._make(values[1:])
        return self._learn(raw)

    def _learn(self, raw: bytes) -> ExecutionReport:
        found = Parser(self._limit, self._data).feed(raw)
        if len(found) != 1:
            raise ReportError(f"{raw!r}: not one whole message")
        message = found[0]
        if isinstance(message, Garbled):
            raise ReportError(f"{raw!r}: {message.reason}")
        if message.msg_type != MsgType.ExecutionReport:
            raise ReportError(f"{raw!r}: MsgType {message.msg_type!r}, not an ExecutionReport")
        tags = [tag for tag, _ in message.fields]
        if self._known < _SHAPES and len(tags) <= _LONGEST and self._data.keys().isdisjoint(tags):
            self._known += 1
            self._shapes.setdefault(len(tags) + 4, []).append(_shape(message.begin_string, tags))
        return ExecutionReport.of(message)
