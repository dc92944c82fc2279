"""Appends verdicts to the journal argv[1] for ever, in runs of random length, and tells what is safely in it.

Run by tests, which kill it: ``python -m tests.host.risk.journal_writer JOURNAL SYNC SEED``.
"""

import random
import sys
from pathlib import Path

from host.journal.disk import Sync
from host.risk.journal import DeviceLife, Journal
from tests.host.risk.verdicts import verdicts

if __name__ == "__main__":
    random.seed(sys.argv[3])
    journal = Journal(Path(sys.argv[1]), sync=Sync(sys.argv[2]))
    journal.begin(lambda: DeviceLife(contract=2, build=7, clock_hz=10, cycles=1 << 40, verdicts=1 << 40))
    while True:
        journal.verdicts(verdicts(journal.next_seq, random.choice((1, 2, 50, 4096))))
        sys.stdout.write(f"{journal.next_seq}\n")
        sys.stdout.flush()
