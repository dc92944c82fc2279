"""Ring memory filled from datagrams (wire/hostlink.py), in order, with what is missing asked for again."""

from typing import Any

import numpy as np
import numpy.typing as npt

from host.device.reader import LOST
from wire.hostlink import RING_HEADER, RING_MAGIC, Ring

__all__ = ["RingDatagram", "RingFill", "parse"]

#: Requests after which a record is given up.
_REQUESTS = 5
#: Records ahead of a missing one that are kept; with more, it is given up.
_AHEAD = 4096

Words = npt.NDArray[np.uint64]


class RingDatagram:
    """A datagram of ring records: ``ring``, whether they were ``resent``, and ``records``, a row of words each."""

    def __init__(self, ring: Ring, resent: bool, records: Words) -> None:
        self.ring, self.resent, self.records = ring, resent, records


def parse(datagram: bytes) -> RingDatagram | None:
    """Return the records of ``datagram``, None if it is no datagram of records."""
    if len(datagram) < RING_HEADER.size:
        return None
    header = RING_HEADER.unpack(datagram)
    count, words = header["count"], header["words"]
    if (header["magic"] != RING_MAGIC or header["ring"] not in list(Ring)
            or len(datagram) != RING_HEADER.size + 8 * count * words):
        return None
    records = np.frombuffer(datagram, "<u8", offset=RING_HEADER.size).reshape(count, words)
    return RingDatagram(Ring(header["ring"]), bool(header["resent"]), records)


class RingFill:
    """Puts records into ``memory``, where a reader finds them by their numbers (host/device/reader.py).

    Records go in by rising number. One that is missing holds up those behind it until it has come, or is given up: the
    device has it no more, or does not answer. Then a number a round ahead stands in its place, by which the reader
    sees that it is lost.

    expected: number of the record that goes in next. given_up: records that never came.
    """

    def __init__(self, memory: npt.NDArray[Any], *, expected: int = 1, again: float = 0.05) -> None:
        """``memory``: records, C-contiguous, a power of two of them, of which each begins with its number. ``again``:
        seconds from the first request for a record to the second; each time it takes twice as long.
        """
        self._words: Words = memory.view(np.uint8).reshape(len(memory), -1).view("<u8")
        self._mask = len(memory) - 1
        self._again = again
        self._ahead: dict[int, Words] = {}
        self._asked: tuple[int, float] | None = None
        self._requests = 0
        self.expected = expected
        self.given_up = 0

    def take(self, datagram: RingDatagram) -> None:
        """Put the datagram's records in their places, those that can be. Raises ValueError for records that are longer
        than the memory's."""
        if datagram.records.shape[1] > self._words.shape[1]:
            raise ValueError(f"a record has up to {self._words.shape[1]} words, not {datagram.records.shape[1]}")
        number = 0
        for record in datagram.records:
            number = int(record[0])
            if number == self.expected:
                self._put(record)
            elif number > self.expected:
                self._ahead[number] = record
        # An answer that goes on behind what was asked for, or is empty, says that the device has it no more.
        beyond = not number or number > self.expected
        if datagram.resent and beyond and self._asked is not None and self._asked[0] == self.expected:
            self._give_up()
        if len(self._ahead) > _AHEAD:
            self._give_up()
        while self.expected in self._ahead:
            self._put(self._ahead[self.expected])

    def ask(self, now: float, *, last: int = 0) -> int | None:
        """Return the number from which records are to be sent again, if it is time to ask; ``now`` in seconds.

        last: number of the last record that the device has written, if it is known.
        """
        if not self._ahead and last < self.expected:
            self._asked = None
            return None
        if self._asked is None or self._asked[0] != self.expected:
            self._requests = 0
        elif now - self._asked[1] < self._again * 2 ** min(self._requests - 1, _REQUESTS):
            return None
        elif self._requests >= _REQUESTS and self._ahead:
            self._give_up()
            return None
        self._requests += 1
        self._asked = self.expected, now
        return self.expected

    def _put(self, record: Words) -> None:
        place = self._words[self.expected - 1 & self._mask]
        place[1:len(record)] = record[1:]
        place[0] = record[0]
        self._ahead.pop(self.expected, None)
        self.expected += 1

    def _give_up(self) -> None:
        """Let what is missing be lost, up to the first record that is there."""
        if not self._ahead:
            return
        following = min(self._ahead)
        for number in range(max(self.expected, following - self._mask), following):
            self._words[number - 1 & self._mask, 0] = number + LOST
        self.given_up += following - self.expected
        self.expected = following
        while self.expected in self._ahead:
            self._put(self._ahead[self.expected])
