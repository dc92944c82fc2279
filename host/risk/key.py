"""The key of the admin page, from a file that nobody else may read, or from the environment; never from an argument."""

import os
import stat
from pathlib import Path

__all__ = ["KEY_VARIABLE", "KeyFileError", "load_key"]

KEY_VARIABLE = "TICKGATE_RISK_KEY"


class KeyFileError(Exception):
    """There is no key, or it cannot be used. The text never holds a key."""


def load_key(path: Path | None) -> int:
    """Return the key in the file ``path``, or, without one, in $TICKGATE_RISK_KEY.

    A key is a number from 1 to 2**64 - 1, decimal or 0x and hexadecimal. Raises KeyFileError, also for a file that
    others than its owner may read or write, or that is another user's; OSError.
    """
    if path is None:
        text = os.environ.get(KEY_VARIABLE)
        if text is None:
            raise KeyFileError(f"the admin page has a key: --key-file FILE, or ${KEY_VARIABLE}")
        return _number(text, f"${KEY_VARIABLE}")
    with path.open("rb") as file:
        found = os.fstat(file.fileno())
        if found.st_uid not in (os.getuid(), 0):
            raise KeyFileError(f"{path}: belongs to another user ({found.st_uid})")
        if stat.S_IMODE(found.st_mode) & 0o077:
            raise KeyFileError(f"{path}: others may use it (mode {stat.S_IMODE(found.st_mode):o}); chmod 600 {path}")
        return _number(file.read(256).decode("ascii", "replace"), str(path))


def _number(text: str, where: str) -> int:
    try:
        key = int(text.strip(), 0)
    except ValueError:
        key = 0
    if not 1 <= key < 1 << 64:
        raise KeyFileError(f"{where}: holds no key, a number from 1 to 2**64 - 1, decimal or 0x and hexadecimal")
    return key
