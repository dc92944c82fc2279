"""Records of the event ring, seen in plain memory by their own sequence numbers (wire/records.py)."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["EventReader"]

Records = npt.NDArray[Any]


class EventReader:
    """Reads new records of a ring, in order, without copies, and counts those it was too late for.

    Record ``seq`` (from 1) lies in slot ``(seq - 1) % len(ring)``. The reader needs no head pointer: a slot that holds
    the awaited number is new, one that holds a later number means that the writer has lapped the reader.

    lost: records overwritten before they were read, or while the caller still held them.
    """

    def __init__(self, ring: Records, *, first: int = 1) -> None:
        """Read ``ring``, a one-dimensional array of ``record_dtype``, from record ``first`` on.

        Raises ValueError when the number of entries is no power of two or ``first`` is below 1.
        """
        entries = len(ring)
        if ring.ndim != 1 or entries < 2 or entries & (entries - 1):
            raise ValueError(f"a ring is one-dimensional and has a power of two entries, not shape {ring.shape}")
        if first < 1:
            raise ValueError(f"records are numbered from 1, not {first}")
        self._ring = ring
        self._seq: npt.NDArray[np.uint64] = ring["seq"]
        self._next = first
        self._held = 0
        self._offsets = np.arange(entries, dtype=np.uint64)
        self.lost = 0

    @property
    def next_seq(self) -> int:
        """Sequence number of the record that comes next."""
        return self._next

    def poll(self) -> Records:
        """Return the new records that lie side by side, oldest first; an empty view when there are none.

        The view is valid until the next call. Where the ring's end cuts a run in two, the next call gives the rest.
        """
        self._check_held()
        entries = len(self._ring)
        slot = (self._next - 1) % entries
        seen = int(self._seq[slot])
        if seen > self._next:
            oldest = max(int(self._seq.max()) - entries + 1, self._next)
            self.lost += oldest - self._next
            self._next = oldest
            slot = (oldest - 1) % entries
            seen = int(self._seq[slot])
        if seen != self._next:
            return self._ring[slot:slot]
        room = entries - slot
        run = 64
        while True:
            size = min(run, room)
            new = self._seq[slot:slot + size] == self._offsets[:size] + np.uint64(self._next)
            if not new.all():
                count = int(new.argmin())
                break
            if size == room:
                count = size
                break
            run *= 8
        self._next += count
        self._held = count
        return self._ring[slot:slot + count]

    def drain(self) -> Iterator[Records]:
        """Yield views of new records until there are none."""
        while len(records := self.poll()):
            yield records

    def collect(self) -> Records:
        """Return all new records in one piece: a view, or a copy where the ring's end cuts them in two."""
        first = self.poll()
        if not len(first) or (self._next - 1) % len(self._ring):
            return first
        first = first.copy()
        second = self.poll()
        # np.concatenate would leave out the padding of a record.
        whole = np.empty(len(first) + len(second), first.dtype)
        whole[:len(first)], whole[len(first):] = first, second
        return whole

    def _check_held(self) -> None:
        """Count records of the last view that the writer has overwritten since."""
        if self._held:
            entries = len(self._ring)
            first = self._next - self._held
            slot = (first - 1) % entries
            view = self._seq[slot:slot + self._held]
            if int(view[0]) != first:
                expected = self._offsets[:self._held] + np.uint64(first)
                self.lost += int(np.count_nonzero(view != expected))
            self._held = 0
