"""A store in a file: the log of host.fix.log, written by one process at a time.

**What is safe when.** What a call appends is in the file before the call returns, and on the disk as host.journal.disk
says. Except with ``Sync.ALWAYS``, after the death of the machine a counterparty may have seen numbers that the store
does not know any more; its Logon, or its complaint, shows it.

**Groups.** Who sets ``grouped`` promises to call ``commit`` before anything that follows from the calls since the last
one leaves the process. They are then one system call, and one sync of the disk. A group that could not be written ends
the store: numbers were given to messages that it does not hold.

Bytes that were heard or repeated are for the reader of the log alone: they wait in memory for the next record that
matters, and are lost with the process.

A log that has grown beyond ``rotate`` bytes is put aside at the next reset, under a name with the time of the reset
before; nobody removes it.
"""

import os
import time
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

from host.fix.log import SESSION_LOG, Kind
from host.fix.store import StoreError
from host.journal.disk import Appender, Sync, lock, sync_folder
from host.journal.log import LogError, Record

__all__ = ["FileStore"]

#: Bytes of what was heard that may wait in memory.
_WAITING = 1 << 16
#: Bytes of a log that is put aside at the next reset.
_ROTATE = 1 << 24


class FileStore:
    """See host.fix.store.Store, and above.

    path: of the log. recovered: bytes of a torn end that were removed when it was opened. interval: in seconds.
    grouped: from now on, what calls append waits for ``commit``; see above. owed: something waits for it.
    """

    next_out: int
    next_in: int
    created: int
    reset_owed: bool
    #: Numbers of the messages that are held, ascending, and where their records begin.
    _seqs: "array[int]"
    _places: "array[int]"

    def __init__(self, path: Path, *, session: str = "", sync: Sync = Sync.ALWAYS, interval: float = 0.1,
                 rotate: int = _ROTATE, clock: Callable[[], int] = time.time_ns) -> None:
        """Open the log ``path`` or make it, for this user alone; check all of it, and remove a torn end.

        session: names the session; a log of another one is refused. sync, interval (seconds), rotate: see above.
        clock: the wall clock, ns since 1970. Raises StoreError when another process has it open, or when it is damaged
        or not ours; OSError.
        """
        self.path, self.recovered = path, 0
        self._session, self._rotate, self._clock = session, rotate, clock
        self.grouped = self.owed = self._failed = False
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._clear(0)
        try:
            self._lock = lock(path)
        except LogError as error:
            raise StoreError(str(error)) from None
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            self._log = Appender(path, handle, sync=sync, interval=interval)
            try:
                self._load()
            except BaseException:
                os.close(handle)
                raise
        except BaseException:
            os.close(self._lock)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def sent(self, seq: int, raw: bytes) -> None:
        """See Store."""
        if seq != self.next_out:
            raise ValueError(f"message {seq} cannot be sent, the next is {self.next_out}")
        place = self._append(Kind.OUT, seq, self._clock(), raw)
        self._seqs.append(seq)
        self._places.append(place)
        self.next_out = seq + 1

    def skip(self, next_out: int) -> None:
        """See Store."""
        if next_out < self.next_out:
            raise ValueError(f"outbound numbers cannot go back from {self.next_out} to {next_out}")
        if next_out > self.next_out:
            self._append(Kind.SKIP, next_out, self._clock())
            self.next_out = next_out

    def taken(self, next_in: int) -> None:
        """See Store."""
        if next_in < self.next_in:
            raise ValueError(f"inbound numbers cannot go back from {self.next_in} to {next_in}")
        if next_in > self.next_in:
            self._append(Kind.TAKEN, next_in, self._clock())
            self.next_in = next_in

    def stored(self, begin: int, end: int) -> Iterator[tuple[int, bytes]]:
        """See Store. Raises StoreError when the file does not hold any more what was written."""
        self.write_waiting()
        first, last = bisect_left(self._seqs, max(begin, 0)), bisect_right(self._seqs, max(end, 0))
        for seq, place in zip(self._seqs[first:last], self._places[first:last], strict=True):
            try:
                record = SESSION_LOG.at(self._log.handle, place, str(self.path))
            except LogError:
                record = None
            if record is None or record.kind != Kind.OUT or record.number != seq:
                raise StoreError(f"{self.path}: damaged at byte {place}: message {seq} was there")
            yield seq, record.body

    def reset(self, now: int, *, owed: bool = False) -> None:
        """See Store."""
        if self._log.end > self._rotate:
            self._put_aside(now, owed)
        else:
            self._append(Kind.RESET, owed, now, self._session.encode())
        self._clear(now, owed)

    def granted(self) -> None:
        """See Store."""
        self._append(Kind.GRANTED, 0, self._clock())
        self.reset_owed = False

    def commit(self) -> None:
        """Write the group, and bring it to the disk as ``sync`` says. Raises StoreError, OSError; see above."""
        if self.owed:
            try:
                self.write_waiting()
                self._settle()
            except (StoreError, OSError):
                self._failed = True
                self._waiting.clear()
                raise

    def heard(self, raw: bytes) -> None:
        """Log bytes that came from the counterparty."""
        self._wait(Kind.IN, raw)

    def repeated(self, raw: bytes) -> None:
        """Log bytes that are sent without a new number."""
        self._wait(Kind.REPEAT, raw)

    def flush(self) -> None:
        """Bring to the disk what is due. May be called from another thread than the rest, when nothing waits; costs
        nothing when nothing is to be done. Raises OSError."""
        self._log.flush()

    @property
    def interval(self) -> float:
        """Seconds by which the disk may lag, with Sync.INTERVAL."""
        return self._log.interval

    @property
    def behind(self) -> bool:
        """Whether something waits in memory, or for the disk in its time."""
        return bool(self._waiting) or self._log.behind

    def write_waiting(self) -> None:
        """Write what was heard or repeated, so that a reader of the log sees it."""
        if self._waiting:
            self._write(b"")

    def close(self) -> None:
        """Bring all to the disk, unless told never to, and let go of the file and its lock."""
        try:
            try:
                if not self._log.broken:
                    self.write_waiting()
            finally:
                self._log.close()
        finally:
            os.close(self._lock)

    def _clear(self, now: int, owed: bool = False) -> None:
        self.next_out = self.next_in = 1
        self.created, self.reset_owed = now, owed
        self._seqs, self._places = array("Q"), array("Q")

    def _load(self) -> None:
        """Take in what the file holds; make an empty one a log."""
        try:
            with open(os.dup(self._log.handle), "rb") as file:
                for record in SESSION_LOG.scan(file, 0, str(self.path)):
                    self._take(record)
        except LogError as error:
            raise StoreError(str(error)) from None
        self.recovered = torn = os.fstat(self._log.handle).st_size - self._log.end
        if torn:
            self._log.cut()
        if not self._log.end:
            self.reset(self._clock())
            if self._log.sync != Sync.NEVER:
                sync_folder(self.path.parent)
        if torn:
            self._append(Kind.TORN, torn, self._clock())

    def _take(self, record: Record[Kind]) -> None:
        """Go on behind ``record``. Raises StoreError when it cannot follow."""
        number = record.number
        match record.kind:
            case Kind.OUT:
                self._expect(number == self.next_out, record, self.next_out)
                self._seqs.append(number)
                self._places.append(record.place)
                self.next_out = number + 1
            case Kind.SKIP:
                self._expect(number >= self.next_out, record, self.next_out)
                self.next_out = number
            case Kind.TAKEN:
                self._expect(number >= self.next_in, record, self.next_in)
                self.next_in = number
            case Kind.RESET:
                owner = record.body.decode(errors="replace")
                if self._session and owner and owner != self._session:
                    raise StoreError(f"{self.path}: belongs to the session {owner}, not to {self._session}")
                self._clear(record.time_ns, bool(number))
            case Kind.GRANTED:
                self.reset_owed = False
        self._log.end = record.end

    def _expect(self, follows: bool, record: Record[Kind], expected: int) -> None:
        if not follows:
            raise StoreError(f"{self.path}: damaged at byte {record.place}: {record.kind.name} {record.number}, where "
                             f"{expected} comes next")

    def _wait(self, kind: Kind, raw: bytes) -> None:
        self._put(SESSION_LOG.pack(kind, 0, self._clock(), raw))

    def _append(self, kind: Kind, number: int, time_ns: int, body: bytes = b"") -> int:
        """Append a record, at once or with its group; return its place."""
        if self._failed:
            raise StoreError(f"{self.path}: a group could not be written; the store must be opened anew")
        record = SESSION_LOG.pack(kind, number, time_ns, body)
        self.owed = True
        if self.grouped:
            return self._put(record)
        self._write(record)
        self._settle()
        return self._log.end - len(record)

    def _put(self, record: bytes) -> int:
        """Have ``record`` wait; return the place that it will have."""
        place = self._log.end + self._waiting_bytes
        self._waiting.append(record)
        self._waiting_bytes += len(record)
        if self._waiting_bytes > _WAITING:
            self._write(b"")
        return place

    def _settle(self) -> None:
        self._log.settle()
        self.owed = False

    def _write(self, record: bytes) -> None:
        """Write what waits and ``record``; on an error nothing of it counts."""
        try:
            self._log.write(b"".join((*self._waiting, record)) if self._waiting else record)
        except LogError as error:
            raise StoreError(str(error)) from None
        self._waiting.clear()
        self._waiting_bytes = 0

    def _put_aside(self, now: int, owed: bool) -> None:
        """Let a new log take the place of this one, which keeps its bytes under another name."""
        self.write_waiting()
        fresh = self.path.with_name(self.path.name + ".new")
        file = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            record = SESSION_LOG.pack(Kind.RESET, owed, now, self._session.encode())
            os.write(file, record)
            if self._log.sync != Sync.NEVER:
                os.fdatasync(file)
            _link(self.path, self.path.with_name(f"{self.path.name}.{self.created}"))
            os.replace(fresh, self.path)
            if self._log.sync != Sync.NEVER:
                sync_folder(self.path.parent)
        except BaseException:
            os.close(file)
            raise
        self._log.replace(file, len(record))


def _link(path: Path, name: Path) -> None:
    """Give the file ``path`` another ``name`` as well, or one with a number behind it if that is taken."""
    for count in range(1, 1 << 16):
        try:
            os.link(path, name if count == 1 else name.with_name(f"{name.name}.{count}"))
            return
        except FileExistsError:
            if path.samefile(name):
                return
    raise StoreError(f"{path}: there are too many of the name {name}")
