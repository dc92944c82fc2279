"""A run of messages: one buffer, and where each of them lies in it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.market.ragged import copy_rows, gather

__all__ = ["Messages", "TIMESTAMP_END"]

#: Bytes that every ITCH 5.0 message has: type, locate, tracking number, time stamp.
TIMESTAMP_END = 11


@dataclass(frozen=True, eq=False)
class Messages:
    """ITCH messages, in feed order.

    data: uint8[], the bytes; what lies between the messages has no meaning.
    offset: int64[n], first byte of each message (its type).
    length: int32[n], bytes of each, at least 1.
    """

    data: NDArray[np.uint8]
    offset: NDArray[np.int64]
    length: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.offset)

    def __getitem__(self, index: int) -> bytes:
        start = int(self.offset[index])
        return self.data[start:start + int(self.length[index])].tobytes()

    def __iter__(self) -> Iterator[bytes]:
        return (self[n] for n in range(len(self)))

    def select(self, index: NDArray | slice) -> "Messages":
        """Return the messages that ``index`` (positions, a mask or a slice) picks; they share the buffer."""
        return Messages(self.data, self.offset[index], self.length[index])

    def types(self) -> NDArray[np.uint8]:
        """Return the first byte of each message."""
        return self.data[self.offset]

    def locates(self) -> NDArray[np.uint16]:
        """Return the stock locate of each message; 0 for one shorter than 11 bytes."""
        head, whole = self._heads()
        locates = np.zeros(len(self), np.uint16)
        locates[whole] = head[:, 1:3].copy().view(">u2")[:, 0]
        return locates

    def timestamps(self) -> NDArray[np.int64]:
        """Return the time stamp of each message, ns since midnight; 0 for one shorter than 11 bytes."""
        head, whole = self._heads()
        wide = np.zeros((len(head), 8), np.uint8)
        wide[:, 2:] = head[:, 5:11]
        times = np.zeros(len(self), np.int64)
        times[whole] = wide.view(">i8")[:, 0]
        return times

    def counts(self) -> dict[str, int]:
        """Return how many messages there are of each type, most frequent first."""
        found = np.bincount(self.types(), minlength=256)
        return {chr(code): int(found[code]) for code in np.argsort(-found, kind="stable") if found[code]}

    def packed(self, gap: int = 0) -> "Messages":
        """Return a copy in which each message lies ``gap`` zero bytes behind the one before, the first at ``gap``."""
        ends = np.cumsum(self.length.astype(np.int64) + gap)
        offset = ends - self.length
        data = np.zeros(int(ends[-1]) if len(ends) else 0, np.uint8)
        copy_rows(self.data, self.offset, self.length, data, offset)
        return Messages(data, offset, self.length.copy())

    def _heads(self) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        whole = np.flatnonzero(self.length >= TIMESTAMP_END)
        return gather(self.data, self.offset[whole], TIMESTAMP_END), whole

    @classmethod
    def of(cls, messages: Iterable[bytes]) -> "Messages":
        """Return ``messages``, each at least one byte, in a buffer. Raises ValueError naming an empty one."""
        rows = [bytes(message) for message in messages]
        for number, row in enumerate(rows):
            if not row:
                raise ValueError(f"message {number} has no bytes")
        length = np.array([len(row) for row in rows], np.int32)
        offset = np.cumsum(length, dtype=np.int64) - length
        return cls(np.frombuffer(b"".join(rows), np.uint8), offset, length)

    @classmethod
    def concat(cls, parts: "Iterable[Messages]") -> "Messages":
        """Return the messages of all ``parts``, one after the other, in one buffer."""
        parts = list(parts)
        if not parts:
            return cls.of(())
        bases = np.cumsum([0] + [len(part.data) for part in parts[:-1]])
        return cls(np.concatenate([part.data for part in parts]),
                   np.concatenate([part.offset + base for part, base in zip(parts, bases, strict=True)]),
                   np.concatenate([part.length for part in parts]))
