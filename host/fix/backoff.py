"""How long to wait before the next attempt to connect."""

import random

__all__ = ["Backoff"]

_SECOND = 1_000_000_000


class Backoff:
    """Waits that double from ``first`` to ``most``, ns, each shortened by chance by up to a quarter.

    So a counterparty that comes back is not called by all its customers at once. A connection that held for ``steady``
    ns sets the wait back to ``first``; one that is accepted and closed at once does not.
    """

    def __init__(self, *, first: int = _SECOND, most: int = 60 * _SECOND, steady: int = 30 * _SECOND,
                 chance: random.Random | None = None) -> None:
        if not 0 < first <= most:
            raise ValueError(f"waits must be more than 0 and rise, not from {first} to {most} ns")
        self._first, self._most, self._steady = first, most, steady
        self._chance = chance or random.Random()
        self._next = first

    def failed(self, held: int = 0) -> int:
        """Return the wait after an attempt that failed, or a connection that ``held`` for so many ns."""
        if held >= self._steady:
            self._next = self._first
        wait = self._next
        self._next = min(2 * wait, self._most)
        return wait - self._chance.randrange(wait // 4 + 1)
