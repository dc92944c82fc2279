"""What the long runs print."""

import os
import sys
import time
from collections.abc import Sequence

__all__ = ["Progress", "soak_seed", "table"]


def soak_seed() -> int:
    """Return ``$TICKGATE_SEED``, or 1, and print it."""
    number = int(os.environ.get("TICKGATE_SEED", "1"))
    print(f"\nTICKGATE_SEED={number}", flush=True)
    return number


class Progress:
    """Says how far a run is: on a terminal in one line that is rewritten, else a line every ten seconds."""

    def __init__(self) -> None:
        self._terminal = sys.stdout.isatty()
        self._last = 0.0

    def __call__(self, text: str) -> None:
        now = time.monotonic()
        if now - self._last > (0.2 if self._terminal else 10):
            self._last = now
            print(f"\r\x1b[K{text}" if self._terminal else text, end="" if self._terminal else "\n", flush=True)


def table(title: str, rows: Sequence[Sequence[object]]) -> None:
    """Print ``rows``, the first of them names, numbers with separators and columns aligned."""
    text = [[f"{value:,}" if isinstance(value, int) else str(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*text, strict=True)]
    print(f"\n\n{title}\n")
    for line in text:
        print("  ".join([line[0].ljust(widths[0]), *(
            value.rjust(width) for value, width in zip(line[1:], widths[1:], strict=True))]).rstrip())
    print(flush=True)
