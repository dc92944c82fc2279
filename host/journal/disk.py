"""What is appended to a log, and when the disk has it; a log is for one writer at a time.

What was written is in the file before the call returns that did it, by a system call (Appender) or without
(host.journal.mapped): the death of the process takes none of it. Against the death of the machine: ``Sync.ALWAYS``,
``settle`` returns when the disk has all that was written; ``Sync.INTERVAL``, the disk lags by ``interval`` seconds at
the most, as long as ``flush`` is called that often (a Flusher does it); ``Sync.NEVER`` leaves it to the kernel.
"""

import fcntl
import os
import threading
import time
from contextlib import suppress
from enum import Enum
from pathlib import Path

from host.journal.log import LogError

__all__ = ["Appender", "Flusher", "LogFile", "Sync", "lock", "sync_folder"]


class Sync(Enum):
    """When the disk has what was appended."""

    ALWAYS = "always"
    INTERVAL = "interval"
    NEVER = "never"


class LogFile:
    """The file ``handle`` of a log, which it owns from now on, and what of it the disk has.

    end: of what was written. interval: in seconds.
    """

    def __init__(self, path: Path, handle: int, *, sync: Sync, interval: float = 0.1) -> None:
        """path: named in errors."""
        self.path, self.handle, self.end, self.sync, self.interval = path, handle, 0, sync, interval
        self._disk, self._unsynced, self._synced, self._broken = threading.Lock(), False, time.monotonic(), False
        self._since = 0.0

    def cut(self) -> None:
        """Remove what lies behind ``end``."""
        os.ftruncate(self.handle, self.end)

    def settle(self) -> None:
        """Bring to the disk what must be there before the writer goes on, or what is due. Raises as flush does."""
        if self.sync == Sync.ALWAYS:
            if self._unsynced:
                with self._disk:
                    self._to_disk()
        else:
            self.flush()

    def flush(self) -> None:
        """Bring to the disk what is due by ``interval``. May be called from another thread than the rest; costs nothing
        when nothing is to be done. Raises OSError: nobody knows then what the disk has, and nothing more is taken."""
        if self.behind and time.monotonic() - self._synced >= self.interval and self._disk.acquire(blocking=False):
            try:
                self._to_disk()
            finally:
                self._disk.release()

    @property
    def behind(self) -> bool:
        """Whether something waits for the disk in its time."""
        return self.sync == Sync.INTERVAL and self._unsynced

    @property
    def waited(self) -> float | None:
        """Seconds since the oldest write that the disk lacks, 0 for none; None if it is left to the kernel."""
        if self.sync == Sync.NEVER:
            return None
        return time.monotonic() - self._since if self._unsynced else 0.0

    @property
    def broken(self) -> bool:
        """Whether the disk has failed."""
        return self._broken

    def close(self) -> None:
        """Bring all to the disk, unless told never to or it has failed, and let go of the file."""
        with self._disk:
            try:
                if self._unsynced and self.sync != Sync.NEVER and not self._broken:
                    self._to_disk()
            finally:
                os.close(self.handle)

    def _check(self) -> None:
        if self._broken:
            raise LogError(f"{self.path}: the disk has refused what was written; it must be opened anew")

    def wrote(self, size: int) -> None:
        """Note that ``size`` bytes were written at ``end``."""
        self.end += size
        if not self._unsynced:
            self._since, self._unsynced = time.monotonic(), True

    def _to_disk(self) -> None:
        self._unsynced = False
        try:
            os.fdatasync(self.handle)
        except OSError as error:
            self._broken = True
            raise self._named(error) from None
        self._synced = time.monotonic()

    def _named(self, error: OSError) -> OSError:
        return OSError(error.errno or 0, error.strerror or str(error), str(self.path))


class Appender(LogFile):
    """A log that is written by system calls."""

    def write(self, data: bytes) -> None:
        """Append ``data``; on an error nothing of it stays. Raises OSError; LogError when the disk has failed."""
        self._check()
        done = 0
        try:
            while done < len(data):
                done += os.pwrite(self.handle, data[done:] if done else data, self.end + done)
        except OSError as error:
            os.ftruncate(self.handle, self.end)
            raise self._named(error) from None
        self.wrote(len(data))

    def replace(self, handle: int, end: int) -> None:
        """Go on at ``end`` of another file, which is as safe as it must be; let go of this one."""
        with self._disk:
            os.close(self.handle)
            self.handle, self.end, self._unsynced = handle, end, False


class Flusher:
    """Calls ``flush`` of a log every ``interval`` seconds, in a thread of its own: no writer waits for the disk.

    After an error of the disk it ends; the log then takes nothing more.
    """

    def __init__(self, log: LogFile) -> None:
        self._log, self._ended = log, threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"flush {log.path.name}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End, after the flush that is under way."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not (self._log.broken or self._ended.wait(self._log.interval)):
            with suppress(OSError):
                self._log.flush()


def lock(path: Path) -> int:
    """Return the handle of the lock file beside ``path``; the lock is held until it is closed, or its owner dies.

    Raises LogError when another one holds it; OSError.
    """
    handle = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
    except BlockingIOError:
        owner = os.pread(handle, 20, 0).decode(errors="replace")
        os.close(handle)
        raise LogError(f"{path}: is in use by process {owner or '(unknown)'}") from None
    return handle


def sync_folder(folder: Path) -> None:
    """Bring the name of a new file to the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
