"""What a user can get wrong, as an exception that the command turns into one line and an exit status."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["CHECK_FAILED", "INTERRUPTED", "USER_MISTAKE", "UserError", "check_writable", "naming"]

#: Exit statuses of the command.
CHECK_FAILED = 1
USER_MISTAKE = 2
INTERRUPTED = 130


class UserError(Exception):
    """The command cannot do what it was asked for; the text says why, in one line."""


def check_writable(path: Path) -> None:
    """Raise OSError that names ``path`` unless it can, as far as one can tell without doing it, be written."""
    if path.is_dir():
        code = errno.EISDIR
    elif path.exists():
        code = 0 if os.access(path, os.W_OK) else errno.EACCES
    elif not path.parent.is_dir():
        code = errno.ENOTDIR if path.parent.exists() else errno.ENOENT
    else:
        code = 0 if os.access(path.parent, os.W_OK | os.X_OK) else errno.EACCES
    if code:
        raise OSError(code, os.strerror(code), str(path))


@contextmanager
def naming(path: str) -> Iterator[None]:
    """Give an OSError that comes without a file's name, as one of writing does, the name ``path``."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.filename is None:
            error.filename = path
        raise
