"""The one kind of input of positions and trades: an execution, its bust, or its correction, as booked by us."""

from dataclasses import dataclass
from enum import IntEnum

from wire.risk import Side

__all__ = ["Booked", "BookedKind"]


class BookedKind(IntEnum):
    """What is booked: by FIX 4.4, ExecType (150) F, H or G."""

    FILL = 1
    BUST = 2
    CORRECT = 3


@dataclass(frozen=True, slots=True)
class Booked:
    """One booking. Raises ValueError for a value out of its range.

    exec_id: ExecID (17), not empty and never used twice; where a venue's are unique within a day only, the one who
    books puts the day in front. exec_ref_id: BUST and CORRECT: ExecRefID (19), the exec_id of the fill, or of an
    earlier CORRECT of it; FILL: "".
    account, symbol: the gate's indices. side: of the order; the same as the fill's in a BUST or CORRECT.
    shares, price (1/10,000): FILL: at least 1; CORRECT: what is right instead, both, at least 1; BUST: not looked at.
    fee: 1/10,000 of a dollar, negative for a rebate; CORRECT: the whole fee instead; BUST: 0, the fill's goes back.
    time_ns: when the venue says that it happened (TransactTime, 60), ns since 1970.
    """

    kind: BookedKind
    exec_id: str
    exec_ref_id: str
    account: int
    symbol: int
    side: Side
    shares: int
    price: int
    fee: int
    time_ns: int

    def __post_init__(self) -> None:
        fill = self.kind == BookedKind.FILL
        if not self.exec_id:
            raise ValueError("exec_id must not be empty")
        if fill == bool(self.exec_ref_id):
            raise ValueError(f"{self.kind.name} {self.exec_id}: exec_ref_id must {'' if fill else 'not '}be empty, "
                             f"it is {self.exec_ref_id!r}")
        least = 0 if self.kind == BookedKind.BUST else 1
        for name in ("shares", "price"):
            if getattr(self, name) < least:
                raise ValueError(f"{self.kind.name} {self.exec_id}: {name} must be at least {least}, not "
                                 f"{getattr(self, name)}")
        if self.kind == BookedKind.BUST and self.fee:
            raise ValueError(f"BUST {self.exec_id}: fee must be 0, not {self.fee}")
        for name in ("account", "symbol", "time_ns"):
            if getattr(self, name) < 0:
                raise ValueError(f"{self.kind.name} {self.exec_id}: {name} must not be negative, it is "
                                 f"{getattr(self, name)}")
