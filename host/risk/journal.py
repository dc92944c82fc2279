"""The audit journal: an append-only file of all that the risk gate decided, and of what people did to it.

Entries follow each other: a head (HEAD: mark, CRC-32 of all behind it in the entry, number from 1, wall time in ns
since 1970, kind, bytes of the body) and a body. VERDICTS holds whole records of wire.risk.VERDICT_DTYPE, all others a
JSON object:

    DEVICE    a device's life begins, for this journal: contract, build, clock_hz, cycles, verdicts. Verdicts count from
              1 behind it. It is written when the journal is made, and when the device is another one or was reset.
    VERDICTS  in order of ``seq``, without holes
    LOST      first, last: verdicts that the device decided and nobody wrote down before they were overwritten
    ACT       what a person did: act (kill, resume, set, ...), user, reason, and more
    TORN      bytes: an append before this was cut short by the death of its writer, and removed

**What is safe when.** An entry is written by one system call under a lock of the file, so several processes may append
to one journal. A process that is killed, at any moment, takes with it at most the entry it was writing: the
next one to open the file removes that piece and says so (TORN). What then is missing is read from the device's ring
once more, as far as it still holds it; what it does not becomes a LOST entry. Against the death of the machine:
``Sync.ALWAYS`` returns from an append when the disk has it; ``Sync.INTERVAL`` lets the disk lag by ``interval``
seconds at the most, as long as ``flush`` is called that often; ``Sync.NEVER`` leaves it to the kernel. An entry that is
bad with good ones behind it is no torn end but damage: JournalError, and nothing is changed.
"""

import fcntl
import json
import os
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from enum import Enum, IntEnum
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from wire.risk import VERDICT_DTYPE

__all__ = ["HEAD", "MARK", "MOST_VERDICTS", "DeviceLife", "Entry", "EntryKind", "Journal", "JournalError", "Sync",
           "Tail", "read_journal"]

MARK = b"tgj\x01"
HEAD = struct.Struct("<4sIQQII")
#: Bytes of a head that its CRC does not cover.
_UNCOVERED = 8
#: Verdicts in an entry.
MOST_VERDICTS = 4096
_MOST_BYTES = MOST_VERDICTS * VERDICT_DTYPE.itemsize

Verdicts = npt.NDArray[Any]


class JournalError(Exception):
    """The file is no journal, or damaged; the text names the file and the place."""


class Sync(Enum):
    """When the disk has what was appended."""

    ALWAYS = "always"
    INTERVAL = "interval"
    NEVER = "never"


class EntryKind(IntEnum):
    """Kinds of entry."""

    DEVICE = 1
    VERDICTS = 2
    LOST = 3
    ACT = 4
    TORN = 5


_KINDS = tuple(map(int, EntryKind))


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

    def take(self, entry: Entry, size: int, where: str) -> None:
        """Go on behind ``entry`` of ``size`` bytes. Raises JournalError when it cannot follow."""
        if entry.number != self.number + 1:
            raise JournalError(f"{where}: damaged at byte {self.end}: entry {entry.number} follows {self.number}")
        if entry.kind == EntryKind.DEVICE:
            self.life, self.next_seq, self.last = DeviceLife(**entry.content), 1, b""
            self.cycles = self.life.cycles
        elif self.life is None and entry.kind != EntryKind.TORN:
            raise JournalError(f"{where}: damaged: {entry.kind.name} before any DEVICE")
        elif entry.kind == EntryKind.VERDICTS:
            self._follow(entry, int(entry.verdicts["seq"][0]), int(entry.verdicts["seq"][-1]), where)
            self.last = entry.verdicts[-1:].tobytes()
            self.cycles = max(self.cycles, int(entry.verdicts["cycles_out"].max()))
        elif entry.kind == EntryKind.LOST:
            self._follow(entry, entry.content["first"], entry.content["last"], where)
            self.last = b""
        elif entry.kind == EntryKind.ACT:
            self.cycles = max(self.cycles, entry.content["cycles"])
        self.number = entry.number
        self.end += size

    def _follow(self, entry: Entry, first: int, last: int, where: str) -> None:
        whole = entry.kind == EntryKind.LOST or bool((np.diff(entry.verdicts["seq"]) == 1).all())
        if first != self.next_seq or last < first or not whole:
            raise JournalError(f"{where}: damaged at byte {self.end}: entry {entry.number} has verdicts {first} to "
                               f"{last}{'' if whole else ' with holes'}, the next is {self.next_seq}")
        self.next_seq = last + 1


class Journal:
    """A journal that is appended to. Other processes may append to it too.

    recovered: bytes of torn ends that this object has removed. lost: verdicts that it wrote down as lost.
    """

    def __init__(self, path: Path, *, sync: Sync = Sync.ALWAYS, interval: float = 0.1,
                 now: Callable[[], int] = time.time_ns) -> None:
        """Open the journal ``path`` or make it, for this user alone; check all of it, and remove a torn end.

        sync, interval (seconds): see above. now: the wall clock, ns since 1970. Raises JournalError; OSError.
        """
        self.path = path
        self.recovered = self.lost = 0
        self._sync, self._interval, self._now = sync, interval, now
        self._unsynced, self._synced = False, time.monotonic()
        self._tail = Tail()
        made = not path.exists()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if made and sync != Sync.NEVER:
                _sync_folder(path.parent)
            with self._locked():
                pass
        except BaseException:
            os.close(self._file)
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
        """Bring to the disk what is not there, if ``interval`` seconds have passed; with Sync.INTERVAL alone."""
        if self._sync == Sync.INTERVAL and self._unsynced and time.monotonic() - self._synced >= self._interval:
            self._to_disk()

    def close(self) -> None:
        """Bring all to the disk, unless told never to, and let go of the file."""
        try:
            if self._sync != Sync.NEVER and self._unsynced:
                self._to_disk()
        finally:
            os.close(self._file)

    def _need_device(self) -> None:
        if self._tail.life is None:
            raise ValueError("begin comes before the first entry of another kind")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the file for this process, with all known that others have appended meanwhile."""
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            self._catch_up()
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def _catch_up(self) -> None:
        size = os.fstat(self._file).st_size
        if size < self._tail.end:
            raise JournalError(f"{self.path}: was cut from {self._tail.end} to {size} bytes by somebody else")
        if size == self._tail.end:
            return
        with open(os.dup(self._file), "rb") as file:
            for _ in _scan(file, self._tail, str(self.path)):
                pass
        torn = size - self._tail.end
        if torn:
            self.recovered += torn
            self._append(EntryKind.TORN, _json({"bytes": torn}))
            os.ftruncate(self._file, self._tail.end)

    def _append(self, kind: EntryKind, body: bytes) -> None:
        """Write one entry; on an error nothing of it stays."""
        entry = pack_entry(self._tail.number + 1, self._now(), kind, body)
        done = 0
        try:
            while done < len(entry):
                done += os.pwrite(self._file, entry[done:], self._tail.end + done)
        except OSError as error:
            os.ftruncate(self._file, self._tail.end)
            raise OSError(error.errno or 0, error.strerror or str(error), str(self.path)) from None
        self._tail.take(_unpack_entry(entry, str(self.path)), len(entry), str(self.path))
        self._unsynced = True
        if self._sync == Sync.ALWAYS:
            self._to_disk()
        else:
            self.flush()

    def _to_disk(self) -> None:
        os.fsync(self._file)
        self._unsynced, self._synced = False, time.monotonic()


def read_journal(path: Path, tail: Tail | None = None) -> Iterator[Entry]:
    """Yield the entries of the journal ``path`` up to its end, or to one that is being written, or was torn.

    tail: follows, if given; it ends where the last whole entry does. Raises JournalError; OSError.
    """
    with path.open("rb") as file:
        yield from _scan(file, tail or Tail(), str(path))


def pack_entry(number: int, time_ns: int, kind: EntryKind, body: bytes) -> bytes:
    """Return an entry as it lies in the file."""
    rest = HEAD.pack(MARK, 0, number, time_ns, kind, len(body))[_UNCOVERED:] + body
    return MARK + zlib.crc32(rest).to_bytes(4, "little") + rest


def _is_whole(raw: bytes) -> bool:
    """Return whether ``raw`` is an entry as it was written."""
    if len(raw) < HEAD.size or raw[:4] != MARK:
        return False
    _, crc, _, _, _, size = HEAD.unpack_from(raw)
    return bool(len(raw) == HEAD.size + size and zlib.crc32(memoryview(raw)[_UNCOVERED:]) == crc)


def _unpack_entry(raw: bytes, where: str) -> Entry:
    """Return the entry that ``raw`` holds, which is whole. Raises JournalError for what this version does not know."""
    _, _, number, time_ns, kind, _ = HEAD.unpack_from(raw)
    if kind not in _KINDS:
        raise JournalError(f"{where}: entry {number} is of kind {kind}, which this version does not know")
    body = raw[HEAD.size:]
    is_verdicts = kind == EntryKind.VERDICTS
    return Entry(number=number, time_ns=time_ns, kind=EntryKind(kind), content={} if is_verdicts else json.loads(body),
                 verdicts=np.frombuffer(body if is_verdicts else b"", VERDICT_DTYPE))


def _scan(file: Any, tail: Tail, where: str) -> Iterator[Entry]:
    """Yield entries from ``tail`` on, which follows, up to one that is not whole and has no whole one behind it."""
    file.seek(tail.end)
    while head := file.read(HEAD.size):
        if tail.end == 0 and head[:4] != MARK[:len(head)]:
            raise JournalError(f"{where}: is no journal")
        size = int.from_bytes(head[-4:], "little") if len(head) == HEAD.size else 0
        raw = head + (file.read(size) if size <= _MOST_BYTES else b"")
        if not _is_whole(raw):
            _check_torn(file, tail, where)
            return
        entry = _unpack_entry(raw, where)
        tail.take(entry, len(raw), where)
        yield entry


def _check_torn(file: Any, tail: Tail, where: str) -> None:
    """Raise JournalError when what lies at the end of ``tail`` is not just an entry that was cut short."""
    file.seek(tail.end)
    rest = file.read(2 * (HEAD.size + _MOST_BYTES))
    if len(rest) > HEAD.size + _MOST_BYTES:
        raise JournalError(f"{where}: damaged at byte {tail.end}, and goes on behind it")
    place = rest.find(MARK, 1)
    while place >= 0:
        size = int.from_bytes(rest[place + HEAD.size - 4:place + HEAD.size], "little")
        if _is_whole(rest[place:place + HEAD.size + size]):
            raise JournalError(f"{where}: damaged at byte {tail.end}: entry {tail.number + 1} is not whole, the one at "
                               f"byte {tail.end + place} is")
        place = rest.find(MARK, place + 1)


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()


def _sync_folder(folder: Path) -> None:
    """Bring the name of a new file to the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
