"""What a session must remember: its two sequence numbers, and the messages it sent. Here, in memory.

The rules hold for every store. An outbound message is given to ``sent`` before any of it is written to a socket, so a
number that a counterparty may have seen is never used for other content. ``taken`` is called after the application
took an inbound message, so what it did not take is asked for again.
"""

from collections.abc import Iterator
from typing import Protocol

__all__ = ["MemoryStore", "Store", "StoreError"]


class StoreError(Exception):
    """The store cannot be used, or is damaged; the text names the file and the place."""


class Store(Protocol):
    """Sequence numbers and sent messages of one session; numbers start with 1."""

    @property
    def next_out(self) -> int:
        """Number of the next outbound message."""

    @property
    def next_in(self) -> int:
        """Number that is expected of the next inbound message."""

    @property
    def created(self) -> int:
        """When both numbers were last set to 1, ns since 1970."""

    @property
    def reset_owed(self) -> bool:
        """Whether the last reset was asked of the counterparty, and nothing shows yet that it was granted."""

    def sent(self, seq: int, raw: bytes) -> None:
        """Keep the outbound message ``raw``; the next number is ``seq + 1``.

        Raises ValueError unless ``seq`` is ``next_out``; StoreError or OSError when it could not be kept: then it
        must not be written to a socket.
        """

    def skip(self, next_out: int) -> None:
        """Use up outbound numbers below ``next_out`` without a message. Raises ValueError when that goes back."""

    def taken(self, next_in: int) -> None:
        """Note that all inbound messages below ``next_in`` were taken. Raises ValueError when that goes back."""

    def stored(self, begin: int, end: int) -> Iterator[tuple[int, bytes]]:
        """Yield the numbers and messages which are held of ``begin`` to ``end``, inclusive, in order."""

    def reset(self, now: int, *, owed: bool = False) -> None:
        """Set both numbers to 1 and forget the messages; ``created`` becomes ``now``, ns since 1970, and ``reset_owed``
        what is given."""

    def granted(self) -> None:
        """Note that the reset is owed no more."""

    def close(self) -> None:
        """Let go of what the store holds; nothing else may be called any more."""


class MemoryStore:
    """A store that ends with the process."""

    def __init__(self, now: int = 0) -> None:
        self.next_out = self.next_in = 1
        self.created, self.reset_owed = now, False
        self._messages: dict[int, bytes] = {}

    def sent(self, seq: int, raw: bytes) -> None:
        """See Store."""
        if seq != self.next_out:
            raise ValueError(f"message {seq} cannot be sent, the next is {self.next_out}")
        self._messages[seq] = raw
        self.next_out = seq + 1

    def skip(self, next_out: int) -> None:
        """See Store."""
        if next_out < self.next_out:
            raise ValueError(f"outbound numbers cannot go back from {self.next_out} to {next_out}")
        self.next_out = next_out

    def taken(self, next_in: int) -> None:
        """See Store."""
        if next_in < self.next_in:
            raise ValueError(f"inbound numbers cannot go back from {self.next_in} to {next_in}")
        self.next_in = next_in

    def stored(self, begin: int, end: int) -> Iterator[tuple[int, bytes]]:
        """See Store."""
        for seq in range(max(begin, 1), min(end, self.next_out - 1) + 1):
            if seq in self._messages:
                yield seq, self._messages[seq]

    def reset(self, now: int, *, owed: bool = False) -> None:
        """See Store."""
        self.next_out = self.next_in = 1
        self.created, self.reset_owed = now, owed
        self._messages.clear()

    def granted(self) -> None:
        """See Store."""
        self.reset_owed = False

    def close(self) -> None:
        """See Store."""
