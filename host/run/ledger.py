"""Journal, order manager and positions as one: what is journaled is folded, and what was folded is in the journal.

The journal holds every input of the order manager, and behind each the bookings that it led to.
"""

from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import get_args

from host.journal.codec import Codec
from host.journal.journal import Entry, Journal, read_journal
from host.oms.inputs import Input, Intend
from host.oms.oms import Oms
from host.oms.outputs import Output
from host.oms.settings import Settings
from host.positions.booked import Booked
from host.positions.positions import BookingAlarm, Positions

__all__ = ["INPUTS", "Ledger", "LedgerError", "replay"]

#: Of the journal of a loop.
INPUTS = Codec((*get_args(Input), Booked))


class LedgerError(Exception):
    """The journal holds bookings that do not follow from its inputs; the text names the entry."""


class Ledger:
    """All state of the host but that of strategies and sessions.

    on_alarm: is given what is wrong with a booking. refs: the last that each strategy has used, by its number.
    """

    def __init__(self, settings: Settings) -> None:
        self.oms, self.positions = Oms(settings), Positions()
        self.on_alarm: Callable[[BookingAlarm], object] = lambda alarm: None
        self.journal: Journal | None = None
        self.refs: dict[int, int] = {}
        self._expected: deque[Booked] = deque()
        self._ahead: bytes | None = None

    def recall(self, entry: Entry) -> list[Output]:
        """Fold an entry of an earlier life; return its outputs, which were done then, or never will be.

        Raises LedgerError where bookings are not those to come.
        """
        booking = isinstance(entry.record, Booked)
        if booking != bool(self._expected) or (booking and self._expected.popleft() != entry.record):
            raise LedgerError(f"entry {entry.number} of the journal: {entry.record} does not follow from the inputs")
        return [] if booking else self._fold(entry.record, self._expected.append)

    def begin(self, journal: Journal) -> None:
        """Keep what comes from now on in ``journal``, whose entries were recalled. What the last of them led to is in
        the ledger, and goes into the journal if it is not there."""
        self.journal = journal
        while self._expected:
            journal.append(self._expected.popleft())

    def take(self, input_: Input) -> list[Output]:
        """Journal and fold ``input_``; return what is to be done, once it is committed."""
        journal = self.journal
        if journal is None:
            return self._fold(input_, lambda booked: None)
        if self._ahead is None:
            journal.append(input_)
        else:
            self._meet(input_, self._ahead)
        return self._fold(input_, journal.append)

    def put(self, body: bytes) -> None:
        """Journal and commit the input that ``body`` is before it is taken, by Journal.put: it must be the next."""
        assert self.journal is not None
        self.journal.put(body)
        self._ahead = body

    def _meet(self, input_: Input, ahead: bytes) -> None:
        if INPUTS.encode(input_) != ahead:
            raise LedgerError(f"{ahead.hex()} is in the journal, but what comes is {input_}")
        self._ahead = None

    def commit(self) -> None:
        """Bring all that was taken into the journal. Raises as Journal.commit."""
        if self.journal is not None:
            self.journal.commit()

    def _fold(self, input_: Input, note: Callable[[Booked], object]) -> list[Output]:
        if isinstance(input_, Intend):
            self.refs[input_.strategy] = max(input_.ref, self.refs.get(input_.strategy, 0))
        outputs = self.oms.take(input_)
        for output in outputs:
            if isinstance(output, Booked):
                note(output)
                for alarm in self.positions.book(output):
                    self.on_alarm(alarm)
        return outputs


def replay(path: Path, settings: Settings) -> Ledger:
    """Return the ledger that the journal ``path`` makes. Raises LedgerError, LogError, OSError."""
    ledger = Ledger(settings)
    for entry in read_journal(path, INPUTS):
        ledger.recall(entry)
    return ledger
