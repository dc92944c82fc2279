"""A replay: stored messages again, and gap fills for all numbers between them, a slice at a time."""

from collections.abc import Callable, Iterator

from host.fix.store import Store

__all__ = ["Replay"]


class Replay:
    """Numbers ``begin`` to ``end``, inclusive, again. read: the next that the store will be asked for."""

    def __init__(self, begin: int, end: int) -> None:
        self.begin, self.end = begin, end
        self.read = self._told = begin

    @property
    def done(self) -> bool:
        """Whether all was yielded."""
        return self._told > self.end

    def slice(self, store: Store, size: int, again: Callable[[bytes], bytes | None],
              fill: Callable[[int, int], bytes]) -> Iterator[bytes]:
        """Yield what the next ``size`` numbers come to.

        again: turns a stored message into what is sent now, or None, when it is not to be sent again. fill(seq, new):
        the gap fill from ``seq`` up to ``new``, the next number. Neighbours that are not sent again share one gap
        fill, also across slices.
        """
        last = min(self.end, self.read + size - 1)
        for seq, raw in store.stored(self.read, last):
            repeated = again(raw)
            if repeated is not None:
                if self._told < seq:
                    yield fill(self._told, seq)
                yield repeated
                self._told = seq + 1
        self.read = last + 1
        if last == self.end and self._told <= self.end:
            yield fill(self._told, self.end + 1)
            self._told = self.end + 1
