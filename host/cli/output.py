"""Files that the command writes: whole or not at all, and errors that name them."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

__all__ = ["check_writable", "whole_file"]


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
def whole_file(path: Path) -> Iterator[TextIO]:
    """Open ``path`` for ASCII text, which appears under this name when the block is left without an error.

    Otherwise what was there before stays. What is no regular file (a pipe, /dev/stdout) is written to directly. Raises
    OSError that names ``path``.
    """
    direct = path.exists() and not path.is_file()
    written = path if direct else path.with_name(path.name + ".part")
    try:
        with _named(path, written.open("w", encoding="ascii", errors="backslashreplace", newline="")) as file:
            yield file
        if not direct:
            written.replace(path)
    finally:
        if not direct:
            written.unlink(missing_ok=True)


@contextmanager
def _named(path: Path, file: TextIO) -> Iterator[TextIO]:
    """Close ``file`` at the end; give an error of that, which comes without a name, the name ``path``."""
    try:
        yield file
    finally:
        try:
            file.close()
        except OSError as error:
            if error.errno != errno.EPIPE:
                error.filename = str(path)
            raise
