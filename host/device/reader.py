"""Records of the event ring, seen in plain memory by their own sequence numbers (wire/records.py)."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["LOST", "EventReader"]

#: Added to a record's number in its slot when the record is lost.
LOST = 1 << 63

Records = npt.NDArray[Any]

#: Bytes of a sequence number, which is at a multiple of them in each record.
_WORD = 8


class EventReader:
    """Reads new records of a ring, in order, without copies, and counts those it was too late for.

    Record ``seq`` (from 1) lies in slot ``(seq - 1) % len(ring)``. The reader needs no head pointer: a slot that holds
    the awaited number is new, one that holds a later number means that the writer has lapped the reader. LOST added to
    the awaited number says that this record never came (host/device/udp_rings.py).

    ring: what it reads. memory: its bytes, of which ``size`` a record is. lost: records overwritten before they were
    read, or while the caller still held them.
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
        self.ring = ring
        self._seq: npt.NDArray[np.uint64] = ring["seq"]
        self.memory, self.size = ring.view(np.uint8).data, ring.itemsize
        # The numbers again, as Python reads them fastest: every ``_stride`` words, from ``_word`` on.
        self._words = self.memory.cast("Q")
        self._stride, self._word = ring.itemsize // _WORD, ring.dtype.fields["seq"][1] // _WORD  # type: ignore[index]
        self._mask = entries - 1
        self._next = first
        # How many records the caller holds, and where the number of the first of them is.
        self._held = self._at = 0
        self._offsets = np.arange(entries, dtype=np.uint64)
        self.lost = 0

    @property
    def next_seq(self) -> int:
        """Sequence number of the record that comes next."""
        return self._next

    def waiting(self) -> bool:
        """Return whether there is a new record, as cheaply as can be."""
        return self._words[(self._next - 1 & self._mask) * self._stride + self._word] >= self._next

    def poll(self) -> Records:
        """Return the new records that lie side by side, oldest first; an empty view when there are none.

        The view is valid until the next call. Where the ring's end cuts a run in two, the next call gives the rest.
        """
        slot, count = self.span()
        return self.ring[slot:slot + count]

    def span(self) -> tuple[int, int]:
        """Likewise, but return the slot of the first, and how many they are: they lie in ``memory``, ``size`` bytes
        each."""
        words, stride, number = self._words, self._stride, self._next
        if self._held:
            if words[self._at] != number - self._held:
                self._count_lost()
            self._held = 0
        slot = number - 1 & self._mask
        at = slot * stride + self._word
        seen = words[at]
        if seen > number:
            slot = self._lapped()
            at, number = slot * stride + self._word, self._next
            seen = words[at]
        if seen != number:
            return slot, 0
        # Most often there is one, and comparing runs costs more than it.
        count = 1 if slot == self._mask or words[at + stride] != number + 1 else self._run(slot)
        self._next, self._held, self._at = number + count, count, at
        return slot, count

    def _lapped(self) -> int:
        """Go on at the oldest record that is there; return its slot."""
        newest = int((self._seq & np.uint64(LOST - 1)).max())
        oldest = max(newest - self._mask, self._next)
        while self._words[(slot := oldest - 1 & self._mask) * self._stride + self._word] == LOST + oldest:
            oldest += 1
        self.lost += oldest - self._next
        self._next = oldest
        return slot

    def _run(self, slot: int) -> int:
        """Return how many new records lie side by side from ``slot`` on."""
        room = len(self.ring) - slot
        run = 64
        while True:
            size = min(run, room)
            new = self._seq[slot:slot + size] == self._offsets[:size] + np.uint64(self._next)
            if not new.all():
                return int(new.argmin())
            if size == room:
                return size
            run *= 8

    def drain(self) -> Iterator[Records]:
        """Yield views of new records until there are none."""
        while len(records := self.poll()):
            yield records

    def collect(self) -> Records:
        """Return all new records in one piece: a view, or a copy where the ring's end cuts them in two."""
        first = self.poll()
        if not len(first) or (self._next - 1) % len(self.ring):
            return first
        first = first.copy()
        second = self.poll()
        # np.concatenate would leave out the padding of a record.
        whole = np.empty(len(first) + len(second), first.dtype)
        whole[:len(first)], whole[len(first):] = first, second
        return whole

    def _count_lost(self) -> None:
        """Count records of the last view that the writer has overwritten since."""
        first = self._next - self._held
        slot = first - 1 & self._mask
        expected = self._offsets[:self._held] + np.uint64(first)
        self.lost += int(np.count_nonzero(self._seq[slot:slot + self._held] != expected))
