"""Messages of a file as the command needs them: in order of sequence, with their columns."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from wire.itch50 import BOOK_TYPES, SIZES, unpack_all

__all__ = ["Flow"]

_BOOK_CODES = np.frombuffer(BOOK_TYPES.encode(), np.uint8)
_HEAD_BYTES = 11


@dataclass(frozen=True, eq=False)
class Flow:
    """Messages in order of their sequence numbers. ``msg_index`` is a position in here, from 0.

    data: uint8[], the bytes. offset: int64[n], first byte of each message. length: int[n], its bytes.
    seq: uint64[n], sequence number of each, rising; without holes where the source has none.
    """

    data: npt.NDArray[np.uint8]
    offset: npt.NDArray[np.int64]
    length: npt.NDArray[Any]
    seq: npt.NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.offset)

    def message(self, index: int) -> bytes:
        """Return the bytes of message ``index``."""
        start = int(self.offset[index])
        return self.data[start:start + int(self.length[index])].tobytes()

    def messages(self, index: npt.NDArray[np.int64]) -> list[bytes]:
        """Return the bytes of the messages ``index``, which should lie near to each other."""
        if not len(index):
            return []
        starts = self.offset[index]
        ends = starts + self.length[index]
        first = int(starts.min())
        raw = self.data[first:int(ends.max())].tobytes()
        return [raw[start:end] for start, end in zip((starts - first).tolist(), (ends - first).tolist(), strict=True)]

    @cached_property
    def types(self) -> npt.NDArray[np.uint8]:
        """First byte of each message, 0 for one without bytes."""
        types = np.zeros(len(self), np.uint8)
        some = self.length > 0
        types[some] = self.data[self.offset[some]]
        return types

    @cached_property
    def locates(self) -> npt.NDArray[np.uint16]:
        """Stock locate of each message, 0 for one shorter than 11 bytes."""
        locates = np.zeros(len(self), np.uint16)
        whole = self.length >= _HEAD_BYTES
        start = self.offset[whole]
        locates[whole] = self.data[start + 1].astype(np.uint16) << 8 | self.data[start + 2]
        return locates

    @cached_property
    def book(self) -> npt.NDArray[np.bool_]:
        """Which messages carry an order operation (A F E C X D U of proper length)."""
        return np.isin(self.types, _BOOK_CODES) & self.proper

    def rows(self, letter: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.void]]:
        """Return positions and rows of all messages of type ``letter`` that have its length."""
        where = np.flatnonzero((self.types == ord(letter)) & (self.length == SIZES[letter]))
        _, rows = unpack_all(self.data, self.offset[where], self.length[where], letter)
        return where, rows

    @cached_property
    def proper(self) -> npt.NDArray[np.bool_]:
        """Which messages are of a type that ITCH 5.0 has, with its length."""
        table = np.full(256, -1, np.int64)
        for letter, size in SIZES.items():
            table[ord(letter)] = size
        return np.asarray(self.length == table[self.types])
