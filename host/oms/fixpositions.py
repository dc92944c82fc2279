# Ref: FIX 4.4, volume 5: RequestForPositions (AN), RequestForPositionsAck (AO), PositionReport (AP)
"""Positions asked of the venue by FIX, and its answers as the order manager's inputs."""

from dataclasses import dataclass, field

from host.fix.decimals import shares_of
from host.fix.message import Message
from host.fix.timestamp import stamp
from host.oms.fix import FixError, Names
from host.oms.inputs import PositionsRefused, PositionTold
from wire.fix.tags import Tag
from wire.fix.types import MsgType

__all__ = ["FixPositions"]

#: PosReqType (724): positions. AccountType (581): of the house.
_POSITIONS, _HOUSE = b"0", b"3"
#: PosReqStatus (729).
_REJECTED = b"2"
#: PosType (703) that is what is held now; the first of these that a report has counts.
_HELD = (b"TOT", b"TQ")
_REJECTS = (MsgType.Reject, MsgType.BusinessMessageReject)


@dataclass(slots=True)
class _Asked:
    """One request. total: of reports, once it is told. told: index (-1: of no symbol of ours) and shares by name."""

    account: int
    total: int | None = None
    told: dict[bytes, tuple[int, int]] = field(default_factory=dict)


class FixPositions:
    """Asks for the positions of every account, and gathers the reports until all are there. What answers an earlier
    question is passed over, and so are symbols that are none of ours."""

    def __init__(self, names: Names) -> None:
        self._accounts = names.accounts
        self._symbols = {name: index for index, name in enumerate(names.symbols)}
        self._open: dict[bytes, _Asked] = {}
        self._sent: set[bytes] = set()

    def ask(self, now: int) -> list[Message]:
        """Return the requests, one for each account; the answers to earlier ones are not waited for any more. now: ns
        since 1970, greater each time; its day (UTC) is ClearingBusinessDate."""
        self._open = {b"P%d-%d" % (now, account): _Asked(account) for account in range(len(self._accounts))}
        self._sent.clear()
        time = stamp(now)
        return [Message(MsgType.RequestForPositions, [
            (Tag.PosReqID, request), (Tag.PosReqType, _POSITIONS), (Tag.Account, self._accounts[asked.account]),
            (Tag.AccountType, _HOUSE), (Tag.ClearingBusinessDate, time[:8]), (Tag.TransactTime, time)])
            for request, asked in self._open.items()]

    def sent(self, seq: int) -> None:
        """Hear the MsgSeqNum of a request, by which it may be rejected."""
        self._sent.add(b"%d" % seq)

    def take(self, message: Message, time: int) -> list[PositionTold] | list[PositionsRefused] | None:
        """Return what follows from ``message``: with the last report all positions, else nothing; None when it is about
        something else. time: when it came, ns since 1970. Raises FixError."""
        if message.msg_type in _REJECTS:
            return self._reject(message, time)
        if message.msg_type not in (MsgType.RequestForPositionsAck, MsgType.PositionReport):
            return None
        asked = self._open.get(message.get(Tag.PosReqID) or b"")
        if asked is None:
            return []
        if message.get(Tag.PosReqStatus) == _REJECTED:
            return self._refused(asked.account, message, message.get(Tag.PosReqResult), time)
        total = message.get(Tag.TotalNumPosReports)
        if total is not None:
            asked.total = _number(Tag.TotalNumPosReports, total)
        if message.msg_type == MsgType.PositionReport:
            name = message.get(Tag.Symbol) or b""
            asked.told[name] = self._symbols.get(name, -1), _held(message)
        return self._all(time)

    def _all(self, time: int) -> list[PositionTold]:
        if any(one.total is None or len(one.told) < one.total for one in self._open.values()):
            return []
        found = [(one.account, symbol, shares) for one in self._open.values()
                 for symbol, shares in one.told.values() if symbol >= 0]
        self._open = {}
        return [PositionTold(*one, number, len(found), time) for number, one in enumerate(found, 1)] or [
            PositionTold(-1, -1, 0, 0, 0, time)]

    def _reject(self, message: Message, time: int) -> list[PositionsRefused] | None:
        named = self._open.get(message.get(Tag.BusinessRejectRefID) or b"")
        if named is None and message.get(Tag.RefMsgType) != MsgType.RequestForPositions and (
                message.get(Tag.RefSeqNum) not in self._sent):
            return None
        reason = message.get(Tag.BusinessRejectReason) or message.get(Tag.SessionRejectReason)
        return self._refused(-1 if named is None else named.account, message, reason, time)

    def _refused(self, account: int, message: Message, reason: bytes | None, time: int) -> list[PositionsRefused]:
        if not self._open:
            return []
        self._open = {}
        text = (message.get(Tag.Text) or b"").decode("latin-1")
        return [PositionsRefused(account, _number(Tag.PosReqResult, reason or b"0"), text, time)]


def _number(tag: Tag, value: bytes) -> int:
    try:
        return shares_of(value)
    except ValueError as error:
        raise FixError(f"{tag.name} ({int(tag)}): {error}") from None


def _held(message: Message) -> int:
    """Return the shares held, short ones negative: of the row of NoPositions that tells them."""
    rows, row = dict[bytes, dict[int, bytes]](), dict[int, bytes]()
    for tag, value in message.fields:
        if tag == Tag.PosType:
            row = rows[value] = {}
        elif tag in (Tag.LongQty, Tag.ShortQty):
            row[tag] = value
    found = next((rows[kind] for kind in _HELD if kind in rows), None)
    if found is None:
        raise FixError(f"35=AP: PosType (703) is none of {', '.join(kind.decode() for kind in _HELD)}")
    return _number(Tag.LongQty, found.get(Tag.LongQty, b"0")) - _number(Tag.ShortQty, found.get(Tag.ShortQty, b"0"))
