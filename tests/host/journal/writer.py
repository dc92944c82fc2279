"""Appends bookings to the journal argv[1] for ever, in groups of random size, and tells the last that was committed.

Run by tests, which kill it: ``python -m tests.host.journal.writer JOURNAL SYNC SEED [MOST]``; MOST of a group.
"""

import random
import sys
from pathlib import Path

from host.journal.codec import Codec
from host.journal.disk import Sync
from host.journal.journal import Journal
from host.positions.booked import Booked, BookedKind
from wire.risk import Side


def fill(number: int) -> Booked:
    """Return the fill with this number."""
    return Booked(BookedKind.FILL, f"F{number}", "", number % 3, number % 5, Side.BUY, 1 + number % 100,
                  10_000 + number % 1000, number % 7, number)


if __name__ == "__main__":
    random.seed(sys.argv[3])
    most = int(sys.argv[4]) if len(sys.argv) > 4 else 3000
    journal = Journal(Path(sys.argv[1]), Codec((Booked,)), sync=Sync(sys.argv[2]))
    while True:
        for _ in range(min(random.choice((1, 1, 2, 50, 3000)), most)):
            journal.append(fill(journal.number + 1))
        journal.commit()
        sys.stdout.write(f"{journal.number}\n")
        sys.stdout.flush()
