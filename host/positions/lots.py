"""First in, first out: what is sold was bought first, and what is bought back was sold first.

Every share keeps the price it was traded at until it is closed, so realised profit, and the cost of what is open, are
exact integers of 1/10,000; no average is rounded and carried on.
"""

from collections import deque

__all__ = ["Lots"]


class Lots:
    """Open lots of one account and symbol, all of one side.

    shares: bought minus sold. cost: of the open shares, 1/10,000; negative for a short: what it has brought in.
    realised: profit of what was closed, 1/10,000, before fees.
    """

    def __init__(self) -> None:
        self.shares = self.cost = self.realised = 0
        self._open: deque[tuple[int, int]] = deque()

    def trade(self, shares: int, price: int) -> None:
        """Buy ``shares``, or sell -``shares``, at ``price`` (1/10,000)."""
        while shares and self.shares * shares < 0:
            held, paid = self._open.popleft()
            closed = min(abs(held), abs(shares)) * (1 if held > 0 else -1)
            if held != closed:
                self._open.appendleft((held - closed, paid))
            self.realised += closed * (price - paid)
            self.cost -= closed * paid
            self.shares -= closed
            shares += closed
        if shares:
            self._open.append((shares, price))
            self.shares += shares
            self.cost += shares * price

    @property
    def open(self) -> tuple[tuple[int, int], ...]:
        """Shares (negative: sold) and price of each lot, the oldest first."""
        return tuple(self._open)
