"""The audit journal: an append-only file of all that the risk gate decided, and of what people did to it.

Entries are records of a log (host.journal.log), numbered from 1. VERDICTS holds whole records of
wire.risk.VERDICT_DTYPE, all others a JSON object:

    DEVICE    a device's life begins, for this journal: contract, build, clock_hz, cycles, verdicts. Verdicts count from
              1 behind it. It is written when the journal is made, and when the device is another one or was reset.
    VERDICTS  in order of ``seq``, without holes
    LOST      first, last: verdicts that the device decided and nobody wrote down before they were overwritten
    ACT       what a person did: act (kill, resume, set, ...), user, reason, and more
    TORN      bytes: an append before this was cut short by the death of its writer, and removed

**What is safe when.** An entry is written by one system call under a lock of the file, so several processes may append
to one journal. A process that is killed, at any moment, takes with it at most the entry it was writing: the
next one to open the file removes that piece and says so (TORN). What then is missing is read from the device's ring
once more, as far as it still holds it; what it does not becomes a LOST entry. Against the death of the machine see
host.journal.disk.
"""

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any, BinaryIO, Self

import numpy as np
import numpy.typing as npt

from host.journal.disk import Appender, Sync, sync_folder
from host.journal.log import LogError, LogFormat, Record
from wire.risk import VERDICT_DTYPE

__all__ = ["AUDIT_LOG", "MOST_VERDICTS", "DeviceLife", "Entry", "EntryKind", "Journal", "Tail", "read_journal"]

#: Verdicts in an entry.
MOST_VERDICTS = 4096

Verdicts = npt.NDArray[Any]


class EntryKind(IntEnum):
    """Kinds of entry."""

    DEVICE = 1
    VERDICTS = 2
    LOST = 3
    ACT = 4
    TORN = 5


AUDIT_LOG = LogFormat(b"tgj\x02", EntryKind, "audit journal")


@dataclass(frozen=True, kw_only=True)
class DeviceLife:
    """A device as the journal knows it: contract version, build hash, clock; cycles since reset and verdicts so far."""

    contract: int
    build: int
    clock_hz: int
    cycles: int
    verdicts: int


@dataclass(frozen=True, kw_only=True)
class Entry:
    """number: from 1. time_ns: when it was written. ``content`` for all but VERDICTS, which have ``verdicts``."""

    number: int
    time_ns: int
    kind: EntryKind
    content: dict[str, Any]
    verdicts: Verdicts


class Tail:
    """Where a journal ends and what its last entries said, kept up to date with each entry.

    number: of the last entry. end: its last byte + 1. next_seq: of the verdict that comes next. life: the last DEVICE
    entry; cycles: of the latest that told them; last: the last verdict, empty if it was not written down.
    """

    def __init__(self) -> None:
        self.number = self.end = self.cycles = 0
        self.next_seq = 1
        self.life: DeviceLife | None = None
        self.last: bytes = b""

    def take(self, record: Record[EntryKind], where: str) -> Entry:
        """Go on behind ``record``; return the entry that it is. Raises LogError when it cannot follow."""
        entry = _entry(record)
        if entry.number != self.number + 1:
            raise LogError(f"{where}: damaged at byte {self.end}: entry {entry.number} follows {self.number}")
        if entry.kind == EntryKind.DEVICE:
            self.life, self.next_seq, self.last = DeviceLife(**entry.content), 1, b""
            self.cycles = self.life.cycles
        elif self.life is None and entry.kind != EntryKind.TORN:
            raise LogError(f"{where}: damaged: {entry.kind.name} before any DEVICE")
        elif entry.kind == EntryKind.VERDICTS:
            self._follow(entry, int(entry.verdicts["seq"][0]), int(entry.verdicts["seq"][-1]), where)
            self.last = entry.verdicts[-1:].tobytes()
            self.cycles = max(self.cycles, int(entry.verdicts["cycles_out"].max()))
        elif entry.kind == EntryKind.LOST:
            self._follow(entry, entry.content["first"], entry.content["last"], where)
            self.last = b""
        elif entry.kind == EntryKind.ACT:
            self.cycles = max(self.cycles, entry.content["cycles"])
        self.number, self.end = entry.number, record.end
        return entry

    def _follow(self, entry: Entry, first: int, last: int, where: str) -> None:
        whole = entry.kind == EntryKind.LOST or bool((np.diff(entry.verdicts["seq"]) == 1).all())
        if first != self.next_seq or last < first or not whole:
            raise LogError(f"{where}: damaged at byte {self.end}: entry {entry.number} has verdicts {first} to "
                               f"{last}{'' if whole else ' with holes'}, the next is {self.next_seq}")
        self.next_seq = last + 1


class Journal:
    """A journal that is appended to. Other processes may append to it too.

    recovered: bytes of torn ends that this object has removed. lost: verdicts that it wrote down as lost.
    """

    def __init__(self, path: Path, *, sync: Sync = Sync.ALWAYS, interval: float = 0.1,
                 now: Callable[[], int] = time.time_ns) -> None:
        """Open the journal ``path`` or make it, for this user alone; check all of it, and remove a torn end.

        sync, interval (seconds): see above. now: the wall clock, ns since 1970. Raises LogError; OSError.
        """
        self.path = path
        self.recovered = self.lost = 0
        self._now, self._tail = now, Tail()
        made = not path.exists()
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._log = Appender(path, handle, sync=sync, interval=interval)
        try:
            if made and sync != Sync.NEVER:
                sync_folder(path.parent)
            with self._locked():
                pass
        except BaseException:
            os.close(handle)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def next_seq(self) -> int:
        """Number of the verdict that is to be written next."""
        return self._tail.next_seq

    @property
    def last(self) -> bytes:
        """The last verdict of the device, as bytes; none when it was lost, or there was none."""
        return self._tail.last

    def begin(self, look: Callable[[], DeviceLife], *, anew: bool = False) -> bool:
        """Make sure that what is appended from now on is known to be of the device that ``look`` tells of.

        Where it cannot be the device of the last DEVICE entry (another build, clock or contract, or fewer cycles or
        verdicts than were written down), or ``anew``, a DEVICE entry is written. Returns whether it was.
        """
        with self._locked():
            tail, found = self._tail, look()
            same = tail.life is not None and (
                (tail.life.contract, tail.life.build, tail.life.clock_hz)
                == (found.contract, found.build, found.clock_hz)
                and found.cycles >= tail.cycles and found.verdicts >= tail.next_seq - 1)
            if same and not anew:
                return False
            self._append(EntryKind.DEVICE, _json(asdict(found)))
            return True

    def verdicts(self, records: Verdicts) -> int:
        """Append verdicts, in order of ``seq``; return how many. Those written before are left out; before a hole in
        ``seq``, a LOST entry is written. Raises ValueError for another dtype, or numbers that do not rise."""
        if records.dtype != VERDICT_DTYPE:
            raise ValueError(f"verdicts must be of {VERDICT_DTYPE}, not {records.dtype}")
        with self._locked():
            self._need_device()
            records = records[records["seq"] >= self.next_seq]
            step = np.diff(records["seq"].astype(np.int64))
            if (step < 1).any():
                raise ValueError(f"verdict {int(records['seq'][int((step < 1).argmax()) + 1])} does not rise")
            edges = [0, *(np.flatnonzero(step > 1) + 1).tolist(), len(records)]
            for start, stop in zip(edges[:-1], edges[1:], strict=True):
                self._run(records[start:stop])
            return len(records)

    def _run(self, records: Verdicts) -> None:
        """Append a run without holes."""
        if len(records) and int(records["seq"][0]) > self.next_seq:
            first, last = self.next_seq, int(records["seq"][0]) - 1
            self._append(EntryKind.LOST, _json({"first": first, "last": last}))
            self.lost += last - first + 1
        for start in range(0, len(records), MOST_VERDICTS):
            self._append(EntryKind.VERDICTS, records[start:start + MOST_VERDICTS].tobytes())

    def act(self, act: str, *, cycles: int, **more: object) -> None:
        """Append what a person did. cycles: the device's when it was done. more: goes into JSON."""
        with self._locked():
            self._need_device()
            self._append(EntryKind.ACT, _json({"act": act, "cycles": cycles} | more))

    def flush(self) -> None:
        """Bring to the disk what is due."""
        self._log.flush()

    def close(self) -> None:
        """Bring all to the disk, unless told never to, and let go of the file."""
        self._log.close()

    def _need_device(self) -> None:
        if self._tail.life is None:
            raise ValueError("begin comes before the first entry of another kind")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the file for this process, with all known that others have appended meanwhile."""
        fcntl.flock(self._log.handle, fcntl.LOCK_EX)
        try:
            self._catch_up()
            yield
        finally:
            fcntl.flock(self._log.handle, fcntl.LOCK_UN)

    def _catch_up(self) -> None:
        size = os.fstat(self._log.handle).st_size
        if size < self._tail.end:
            raise LogError(f"{self.path}: was cut from {self._tail.end} to {size} bytes by somebody else")
        if size == self._tail.end:
            return
        with open(os.dup(self._log.handle), "rb") as file:
            for _ in _scan(file, self._tail, str(self.path)):
                pass
        self._log.end = self._tail.end
        torn = size - self._tail.end
        if torn:
            self._log.cut()
            self.recovered += torn
            self._append(EntryKind.TORN, _json({"bytes": torn}))

    def _append(self, kind: EntryKind, body: bytes) -> None:
        """Write one entry; on an error nothing of it stays."""
        number, time_ns, place = self._tail.number + 1, self._now(), self._log.end
        self._log.write(AUDIT_LOG.pack(kind, number, time_ns, body))
        self._tail.take(Record(place, kind, number, time_ns, body), str(self.path))
        self._log.settle()


def read_journal(path: Path, tail: Tail | None = None) -> Iterator[Entry]:
    """Yield the entries of the journal ``path`` up to its end, or to one that is being written, or was torn.

    tail: follows, if given; it ends where the last whole entry does. Raises LogError; OSError.
    """
    with path.open("rb") as file:
        yield from _scan(file, tail or Tail(), str(path))


def _entry(record: Record[EntryKind]) -> Entry:
    is_verdicts = record.kind == EntryKind.VERDICTS
    return Entry(number=record.number, time_ns=record.time_ns, kind=record.kind,
                 content={} if is_verdicts else json.loads(record.body),
                 verdicts=np.frombuffer(record.body if is_verdicts else b"", VERDICT_DTYPE))


def _scan(file: BinaryIO, tail: Tail, where: str) -> Iterator[Entry]:
    """Yield entries from ``tail`` on, which follows."""
    for record in AUDIT_LOG.scan(file, tail.end, where):
        yield tail.take(record, where)


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()
