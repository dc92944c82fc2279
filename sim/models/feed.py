"""Reference of the MoldUDP64 arbiter: datagrams of two lines and injected messages in, one sequence of messages out.

The contract
============

*Packet.* A good datagram shorter than the 20-byte header counts ``packets_short`` and is nothing else. Any other counts
``packets_a`` or ``packets_b``. The session is learned from the first; packets of another session count
``packets_session`` and are dropped, until ``resync``.

*Count field.* 0 is a heartbeat (``heartbeats``), 0xffff an end of session (``end_of_session``); their sequence number
is the next expected one. They carry no blocks: bytes behind the header make them ``packets_malformed`` too.

*Blocks.* They are walked in order, for each packet, taken or not. A block that runs past the datagram's end, or fewer
than two bytes where a block should start, ends the packet; bytes left over after ``count`` blocks likewise. Both
count ``packets_malformed`` once; the messages before stand. A block below 12 bytes, the shortest ITCH message, ends
the packet, which is malformed; its length prefix is enough to make it a message, of wrong length, that uses up its
number.

*Taking.* The message with the expected number is taken, whoever brings it, and counts ``msgs_a``, ``msgs_b`` or
``msgs_injected``. A lower number counts ``msgs_old``, a higher one ``msgs_ahead``. A packet with blocks whose first
number is above the expected one is ahead and counts ``packets_gap``.

*Gap.* ``highest`` is the highest number + 1 that a packet (sequence + count) or heartbeat (sequence) spoke of; what the
host injects may leave it behind ``expected``. A gap opens (``gaps``) behind a packet if ``expected`` is then below
``highest``; it closes (``gaps_filled``) with the message that makes ``expected`` reach ``highest``, which may be in the
midst of a packet that opens the next. While it is open, packets ahead are counted, the one that opened it too; every
message taken starts the count anew, as the window is that of the message waited for. At the ``gap_packets``-th the gap
is stale (``gaps_stale``) until it closes. Windows in time and silence need a clock and are not modelled.

*Bad datagrams.* ``hold``: a bad datagram does nothing at all. Cut-through: its messages are taken and counted as they
come; if any was taken it counts ``packets_suspect`` and sets ``suspect``. All else that a packet does, it does only
when it is good: counting as a packet of any kind, moving ``highest``, opening a gap, teaching the session (while none
is known, a bad packet's messages pass), setting ``ended``.

*Injected* messages out of sequence, or not 1..50 bytes long, count ``inject_refused``.
"""

from enum import StrEnum
from typing import NamedTuple

__all__ = ["Source", "Taken", "ReferenceFeed"]

_HEADER = 20
_END_OF_SESSION = 0xFFFF
_SHORTEST = 12

_COUNTERS = (
    "packets_a", "packets_b", "packets_short", "packets_session", "heartbeats", "end_of_session", "packets_malformed",
    "packets_gap", "packets_suspect", "msgs_a", "msgs_b", "msgs_injected", "msgs_old", "msgs_ahead", "inject_refused",
    "gaps", "gaps_stale", "gaps_filled",
)


class Source(StrEnum):
    """Who brought a message first; the values are the endings of the counters."""

    A = "a"
    B = "b"
    INJECTED = "injected"


class Taken(NamedTuple):
    """A message taken, with its sequence number."""

    seq: int
    message: bytes
    source: Source


class ReferenceFeed:
    """The arbiter by the contract at the head of this file.

    expected: first sequence number. gap_packets: packets ahead until a gap is stale, 0 for never.
    counters: dict, counts by the names of wire.registers.COUNTERS.
    session: ten bytes, or None. expected, highest, stale, suspect, ended: as in the device's registers.
    """

    def __init__(self, *, expected: int = 1, hold: bool = True, gap_packets: int = 64):
        if expected < 0 or gap_packets < 0:
            raise ValueError(f"expected and gap_packets must not be negative, not {expected} and {gap_packets}")
        self.counters = dict.fromkeys(_COUNTERS, 0)
        self.suspect = self.ended = False
        self._hold = hold
        self._gap_packets = gap_packets
        self.resync(expected)

    @property
    def gap(self) -> bool:
        """True while messages are missing."""
        return self._gap

    def resync(self, expected: int) -> None:
        """Expect ``expected`` next; forget session, end of session and gap."""
        self.session: bytes | None = None
        self.expected = self.highest = expected
        self._gap = self.stale = self.ended = False
        self._ahead = 0

    def clear(self) -> None:
        """Forget that bad bytes were taken."""
        self.suspect = False

    def datagram(self, line: int, payload: bytes, *, good: bool = True) -> list[Taken]:
        """Take one UDP payload from ``line`` (0 A, 1 B). Return the messages taken from it."""
        if line not in (0, 1):
            raise ValueError(f"line must be 0 or 1, not {line}")
        if self._hold and not good:
            return []
        if len(payload) < _HEADER:
            self.counters["packets_short"] += good
            return []
        source = (Source.A, Source.B)[line]
        self.counters[f"packets_{source}"] += good
        session = bytes(payload[:10])
        if self.session is not None and session != self.session:
            self.counters["packets_session"] += good
            return []
        seq = int.from_bytes(payload[10:18], "big")
        count = int.from_bytes(payload[18:20], "big")
        blocks = 0 if count in (0, _END_OF_SESSION) else count
        ahead = blocks > 0 and seq > self.expected
        messages, whole = _blocks(payload, blocks)
        taken = []
        for number, message in enumerate(messages, seq):
            if number == self.expected:
                self.counters[f"msgs_{source}"] += 1
                self._advance()
                taken.append(Taken(number, message, source))
            elif number < self.expected:
                self.counters["msgs_old"] += 1
            else:
                self.counters["msgs_ahead"] += 1
        if good:
            self.session = session
            self.counters["heartbeats"] += count == 0
            self.counters["end_of_session"] += count == _END_OF_SESSION
            self.counters["packets_gap"] += ahead
            self.counters["packets_malformed"] += not whole
            self.ended |= count == _END_OF_SESSION
            self._hear(seq + blocks, ahead)
        elif taken:
            self.counters["packets_suspect"] += 1
            self.suspect = True
        return taken

    def inject(self, seq: int, message: bytes) -> list[Taken]:
        """Take one message from the host. Return it if it was the expected one, else nothing."""
        if seq != self.expected or not 1 <= len(message) <= 50:
            self.counters["inject_refused"] += 1
            return []
        self.counters["msgs_injected"] += 1
        self._advance()
        return [Taken(seq, bytes(message), Source.INJECTED)]

    def _advance(self) -> None:
        self.expected += 1
        self._ahead = 0
        if self._gap and self.expected >= self.highest:
            self.counters["gaps_filled"] += 1
            self._gap = self.stale = False

    def _hear(self, number: int, ahead: bool) -> None:
        self.highest = max(self.highest, number)
        if self.expected >= self.highest:
            return
        if not self._gap:
            self.counters["gaps"] += 1
            self._gap = True
            self._ahead = 0
        self._ahead += ahead
        if ahead and self._ahead >= self._gap_packets > 0 and not self.stale:
            self.counters["gaps_stale"] += 1
            self.stale = True


def _blocks(payload: bytes, count: int) -> tuple[list[bytes], bool]:
    """Return the messages of the blocks that fit, and whether exactly ``count`` good blocks fill the payload."""
    messages = []
    at = _HEADER
    for _ in range(count):
        start = at + 2
        if start > len(payload):
            return messages, False
        length = int.from_bytes(payload[at:start], "big")
        end = start + length
        if length < _SHORTEST:
            return [*messages, bytes(payload[start:end])], False
        if end > len(payload):
            return messages, False
        messages.append(bytes(payload[start:end]))
        at = end
    return messages, at == len(payload)
