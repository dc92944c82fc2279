# Ref: FIX 4.4, volume 5: RequestForPositions (AN), RequestForPositionsAck (AO), PositionReport (AP)
"""What a participant holds, told when it asks."""

from collections import Counter
from collections.abc import Callable, Iterable

from host.fix.decimals import price_text
from host.fix.message import Message
from host.fix.timestamp import stamp
from sim.exchange.fixdesk.orders import FixOrder
from wire.fix.tags import Tag
from wire.fix.types import MsgType

__all__ = ["POSITIONS", "Holding", "holdings", "position_messages", "refused"]

Pair = tuple[int, bytes]

#: PosReqType (724) that is answered.
POSITIONS = b"0"
#: PosReqResult (728) and PosReqStatus (729).
_VALID, _NONE = b"0", b"2"
_COMPLETED, _REJECTED = b"0", b"2"
#: PosType (703), SettlPriceType (731), AccountType (581) where the request has none.
_TOTAL, _THEORETICAL, _HOUSE = b"TOT", b"2", b"3"

#: Symbol, shares (negative when short), last price, price of before.
Holding = tuple[bytes, int, int, int]


def holdings(orders: Iterable[FixOrder], account: bytes,
             prices: Callable[[FixOrder], tuple[int, int]]) -> list[Holding]:
    """Return what ``account`` holds by ``orders``, fills as they stand, by symbol; none that are flat. prices: last one
    of an order's symbol, and that of before the day."""
    shares, seen = Counter[bytes](), dict[bytes, tuple[int, int]]()
    for order in {id(order): order for order in orders if order.account == account and order.filled}.values():
        shares[order.symbol] += order.filled if order.side == b"1" else -order.filled
        seen[order.symbol] = prices(order)
    return [(symbol, shares[symbol], *seen[symbol]) for symbol in sorted(shares) if shares[symbol]]


def refused(message: Message, report_id: bytes, result: bytes, text: str) -> Message:
    """Return the acknowledgement that tells that positions are not told. result: 728."""
    return Message(MsgType.RequestForPositionsAck, [
        (Tag.PosMaintRptID, report_id), (Tag.PosReqID, message.get(Tag.PosReqID) or b""), (Tag.PosReqResult, result),
        (Tag.PosReqStatus, _REJECTED), *_account(message), (Tag.Text, text.encode("latin-1"))])


def position_messages(message: Message, held: list[Holding], number: Callable[[], bytes], now: int) -> list[Message]:
    """Return the answer to the request ``message``: that so many reports follow, and those. number: gives each
    PosMaintRptID. now: ns since 1970."""
    asked, total = (Tag.PosReqID, message.get(Tag.PosReqID) or b""), (Tag.TotalNumPosReports, b"%d" % len(held))
    account, day = _account(message), (Tag.ClearingBusinessDate, stamp(now)[:8])
    ack = Message(MsgType.RequestForPositionsAck, [
        (Tag.PosMaintRptID, number()), asked, total, (Tag.PosReqResult, _VALID if held else _NONE),
        (Tag.PosReqStatus, _COMPLETED), *account])
    return [ack, *(Message(MsgType.PositionReport, [
        (Tag.PosMaintRptID, number()), asked, (Tag.PosReqType, POSITIONS), total, (Tag.PosReqResult, _VALID), day,
        *account, (Tag.Symbol, symbol), (Tag.SettlPrice, price_text(last)), (Tag.SettlPriceType, _THEORETICAL),
        (Tag.PriorSettlPrice, price_text(before)), (Tag.NoPositions, b"1"), (Tag.PosType, _TOTAL),
        (Tag.LongQty, b"%d" % max(0, shares)), (Tag.ShortQty, b"%d" % max(0, -shares))])
        for symbol, shares, last, before in held)]


def _account(message: Message) -> list[Pair]:
    return [(Tag.Account, message.get(Tag.Account) or b""),
            (Tag.AccountType, message.get(Tag.AccountType) or _HOUSE)]
