# Ref: Nasdaq MoldUDP64 1.00: Session
"""Names of the feed's sessions: one that was used is not used again, for its message numbers would begin anew."""

import os
import re
from pathlib import Path

__all__ = ["SessionError", "new_session"]

_LONGEST = 10
_COUNTED = re.compile(r"(.*?)(\d*)")


class SessionError(Exception):
    """There is no name left, or the file of those used cannot be had; the text says which."""


def new_session(path: Path, wanted: str) -> str:
    """Return ``wanted``, or where the file ``path`` has it already, the next name by counting that it has not; the file
    has that name then, on the disk. Raises SessionError."""
    try:
        with path.open("a+", encoding="ascii") as file:
            file.seek(0)
            used = set(file.read().splitlines())
            name = _free(wanted, used)
            file.write(f"{name}\n")
            file.flush()
            os.fsync(file.fileno())
    except (OSError, UnicodeDecodeError) as error:
        raise SessionError(f"feed: used: {path}: {getattr(error, 'strerror', None) or error}") from None
    return name


def _free(wanted: str, used: set[str]) -> str:
    if wanted not in used:
        return wanted
    found = _COUNTED.fullmatch(wanted)
    assert found is not None
    stem, digits = found.groups()
    number = int(digits or "1")
    while True:
        number += 1
        name = f"{stem}{number:0{len(digits)}d}"
        if len(name) > _LONGEST:
            raise SessionError(f"feed: session {wanted}: it was used, and so were all that count on from it")
        if name not in used:
            return name
