"""Ring memories in a file, and the socket beside it: what a served device shares with its clients, claimed by one."""

import fcntl
import mmap
import os
import socket
import stat
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["InUse", "SharedMemory", "clear", "listen"]

#: How such a file begins; the rest of its first page is zero.
_MARK = b"tickgate ring memory\n"


class InUse(OSError):
    """Another process serves a device there."""


class SharedMemory:
    """A file that memories are made in, one behind the other. It is this process's alone until it is closed or ends.

    What a process that was killed has left under this name is taken over: the name, not the file, which clients of the
    dead one may still look at.
    """

    def __init__(self, path: Path):
        """Raises InUse; OSError that names ``path`` when it is a file of something else, or cannot be made."""
        self.path = path.absolute()
        self._made: list[tuple[int, NDArray[np.uint64]]] = []
        while True:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                if self._is_new():
                    break
            except BaseException:
                os.close(self._file)
                raise
            os.close(self._file)
        os.posix_fallocate(self._file, 0, mmap.PAGESIZE)
        os.pwrite(self._file, _MARK, 0)

    def _is_new(self) -> bool:
        """Claim the file; return whether it is one that nobody has used. Take the name from one that somebody has."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InUse(f"{self.path}: in use by another process that serves a device") from None
        ours, named = os.fstat(self._file), None
        if self.path.exists():
            named = os.stat(self.path)
        if named is None or (named.st_dev, named.st_ino) != (ours.st_dev, ours.st_ino):
            return False
        if not ours.st_size:
            return True
        if os.pread(self._file, len(_MARK), 0) != _MARK:
            raise FileExistsError(17, "is there, and is no ring memory of a device", str(self.path))
        self.path.unlink()
        return False

    def words(self, count: int) -> NDArray[np.uint64]:
        """Return memory of ``count`` 64-bit words, all zero. Raises OSError when there is no room for it."""
        first = os.fstat(self._file).st_size
        size = -(-8 * count // mmap.PAGESIZE) * mmap.PAGESIZE
        os.posix_fallocate(self._file, first, size)
        array = np.frombuffer(mmap.mmap(self._file, size, offset=first), np.uint64, count)
        self._made.append((first, array))
        return array

    def place(self, array: NDArray[np.generic]) -> tuple[int, int]:
        """Return first byte and bytes, within the file, of ``array``, which begins where a memory of this file does."""
        for first, made in self._made:
            if made.ctypes.data == array.ctypes.data and array.nbytes <= made.nbytes:
                return first, array.nbytes
        raise ValueError("the array does not lie in this file")

    def close(self) -> None:
        """Remove the file's name and let go of it; memories stay valid."""
        self.path.unlink(missing_ok=True)
        os.close(self._file)


def listen(path: Path) -> socket.socket:
    """Return a socket that listens at ``path``, where nothing is, for this user alone. Raises OSError that names it."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        mask = os.umask(0o177)
        try:
            listener.bind(str(path))
        finally:
            os.umask(mask)
        listener.listen(16)
    except OSError as error:
        listener.close()
        raise OSError(error.errno or 0, error.strerror or str(error), str(path)) from None
    listener.setblocking(False)
    return listener


def clear(path: Path) -> None:
    """Remove a socket at ``path`` that nobody listens at. Raises OSError that names ``path``: InUse where a server
    listens, FileExistsError for something else than a socket."""
    if not os.path.lexists(path):
        return
    if not stat.S_ISSOCK(os.lstat(path).st_mode):
        raise FileExistsError(17, "is there, and is no socket", str(path))
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
    raise InUse(f"{path}: in use by another process that serves a device")
