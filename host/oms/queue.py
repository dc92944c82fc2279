"""Requests that wait for the gate: bounded, cancels before replaces before new orders."""

from collections import deque
from dataclasses import dataclass, field

from host.oms.inputs import IntentKind

__all__ = ["RequestQueue"]


@dataclass(slots=True)
class RequestQueue:
    """A bounded ring for each class; ``limit`` is that of new orders and replaces together.

    Cancels have the same number of places again for themselves, so that no flood of orders keeps one out; there is at
    most one of an order.
    """

    limit: int
    rings: dict[IntentKind, deque[int]] = field(
        default_factory=lambda: {kind: deque() for kind in sorted(IntentKind, reverse=True)})

    def __len__(self) -> int:
        return sum(map(len, self.rings.values()))

    def room(self, kind: IntentKind) -> bool:
        """Return whether a request of ``kind`` may be put."""
        rings = self.rings
        if kind is IntentKind.CANCEL:
            return len(rings[IntentKind.CANCEL]) < self.limit
        return len(rings[IntentKind.NEW]) + len(rings[IntentKind.REPLACE]) < self.limit

    def put(self, kind: IntentKind, request: int) -> bool:
        """Append a request; return False, and change nothing, if there is no room."""
        if not self.room(kind):
            return False
        self.rings[kind].append(request)
        return True

    def take(self) -> int | None:
        """Remove and return the next request; None when none waits."""
        for ring in self.rings.values():
            if ring:
                return ring.popleft()
        return None

    def remove(self, kind: IntentKind, request: int) -> None:
        """Remove a request that waits."""
        self.rings[kind].remove(request)

    def waiting(self, kind: IntentKind) -> tuple[int, ...]:
        """Return the requests of ``kind``, first to last."""
        return tuple(self.rings[kind])
