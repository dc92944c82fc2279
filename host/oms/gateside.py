# Ref: docs/risk.md, "Orders" and "Reports"
"""What the gate holds of one order, and which reports it needs."""

from dataclasses import dataclass

from wire.risk import Kind

__all__ = ["GateEntry", "Needed"]

#: (kind, shares, price, old price) of a report.
Needed = tuple[Kind, int, int, int]


@dataclass(slots=True)
class GateEntry:
    """The gate's entry of ``token``, as it is when all reports so far are applied; field by field that of
    docs/risk.md. ended: closed by a report that ends the order, not by its last fill.

    Every method that returns reports gives only such as match, and with them the shares which the gate cannot be told
    of: it lacks them, or holds them in vain.
    """

    token: int
    open: int
    pending: bool = False
    new_open: int = 0
    filled: int = 0
    notional: int = 0
    ended: bool = False
    acked: bool = False
    number: int = 0

    @property
    def live(self) -> bool:
        """Whether the entry is not closed."""
        return not self.ended and (self.open > 0 or self.pending)

    def replace(self, shares: int) -> None:
        """The gate accepted a replace that leaves ``shares`` open."""
        if not self.ended:
            self.pending, self.new_open = True, shares

    def ack(self) -> list[Needed]:
        """The venue acknowledged the order."""
        if not self.live or self.acked:
            return []
        self.acked = True
        return [(Kind.ACK, 0, 0, 0)]

    def fill(self, shares: int, price: int) -> tuple[list[Needed], int]:
        """``shares`` were executed; returned with the reports: how many of them the gate cannot take."""
        taken = min(shares, self.open) if self.live and price > 0 else 0
        if not taken:
            return [], shares
        self.open -= taken
        self.filled += taken
        self.notional += taken * price
        return [(Kind.FILL, taken, price, 0)], shares - taken

    def replaced(self, leaves: int) -> tuple[list[Needed], int]:
        """The venue works ``leaves`` from now on; returned with the reports: how many more than the gate holds."""
        if not leaves or not self.live or not self.pending:
            return self.restated(leaves)
        held = min(leaves, self.new_open)
        self.pending, self.open, self.new_open = False, held, 0
        return [(Kind.REPLACED, held, 0, 0)], leaves - held

    def restated(self, leaves: int) -> tuple[list[Needed], int]:
        """The venue changed the open shares by itself; returned with the reports: how many more than the gate holds.
        What it holds too many stays reserved until the order ends."""
        if not leaves:
            return self.end(Kind.CANCELLED), 0
        return [], max(0, leaves - self.open) if self.live else leaves

    def replace_rejected(self) -> list[Needed]:
        """The replace that was accepted here came to nothing."""
        if not self.live or not self.pending:
            return []
        self.pending, self.new_open = False, 0
        return [(Kind.REPLACE_REJECTED, 0, 0, 0)]

    def end(self, kind: Kind) -> list[Needed]:
        """The order is over. kind: CANCELLED, REJECTED or EXPIRED."""
        if not self.live:
            return []
        self.ended, self.open, self.pending, self.new_open = True, 0, False, 0
        return [(kind, 0, 0, 0)]

    def bust(self, shares: int, price: int) -> tuple[list[Needed], int]:
        """``shares`` executed at ``price`` were not; returned with the reports: how many the gate never had."""
        gone = min(shares, self.filled, self.notional // price if price else 0)
        if not gone:
            return [], shares
        self.filled -= gone
        self.notional -= gone * price
        return [(Kind.BUST, gone, price, 0)], shares - gone

    def correct(self, shares: int, old_price: int, price: int) -> tuple[list[Needed], int]:
        """``shares`` executed at ``old_price`` were at ``price``; returned: how many the gate never had."""
        known = min(shares, self.filled, self.notional // old_price if old_price else 0)
        if price == old_price or not known:
            return [], shares - known
        self.notional += known * (price - old_price)
        return [(Kind.CORRECT, known, price, old_price)], shares - known
