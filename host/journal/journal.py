"""The host's journal: every input of its state, in order, numbered from 1.

Its records (host.journal.log), by kind; ``number`` is that of the last record of RECORD so far:

    SCHEMA  the records behind it are of this schema (host.journal.codec)
    RECORD  an input
    TORN    a torn end was removed here; the body is how many bytes it had, u64

**Group commit.** ``append`` keeps records in memory; ``commit`` stores all of them in the file (host.journal.mapped)
and returns when they are as safe as ``sync`` says (host.journal.disk); with ``Sync.INTERVAL`` a thread sees to it. What
follows from an input may leave the process only behind the commit of that input: then the death of the process, and
with ``Sync.ALWAYS`` that of the machine, takes nothing with it that anybody has seen.
"""

import os
import time
from collections.abc import Callable, Iterator
from enum import IntEnum
from pathlib import Path
from typing import Any, NamedTuple, Self

from host.journal.codec import Codec, CodecError, Layout, Reader, layouts
from host.journal.disk import Flusher, Sync, lock, sync_folder
from host.journal.log import LogError, LogFormat, PreparedRecord, Record, written_bytes
from host.journal.mapped import MappedLog

__all__ = ["JOURNAL", "Entry", "Journal", "JournalKind", "JournalReader", "Shown", "read_journal", "show_journal"]


class JournalKind(IntEnum):
    """Kinds of record of the journal."""

    SCHEMA = 1
    RECORD = 2
    TORN = 3


_RECORD = int(JournalKind.RECORD)
#: Room that ``ready`` prepares.
_READY_BYTES = 1 << 11

JOURNAL = LogFormat(b"tgh\x01", JournalKind, "journal of the host", mapped=True)


class Entry(NamedTuple):
    """An input. number: from 1. time_ns: when it was appended, wall clock, since 1970."""

    number: int
    time_ns: int
    record: Any


class Shown(NamedTuple):
    """A record for people. what: name of its type, or of its kind. end: the place behind it. fields: {name: value}."""

    number: int
    time_ns: int
    end: int
    what: str
    fields: dict[str, Any]


class _Follower:
    """Reads records in order. number: of the last input."""

    def __init__(self, codec: Codec, where: str, *, only_known: bool = False) -> None:
        self._codec, self._where, self._only_known = codec, where, only_known
        self.number, self.schema = 0, b""
        self._reader: Reader | None = None

    def take(self, record: Record[JournalKind]) -> Entry | None:
        """Return the input that ``record`` is, None if it is none, or passed over. Raises LogError."""
        expected = self.number + (record.kind == JournalKind.RECORD)
        if record.number != expected:
            raise LogError(f"{self._where}: damaged at byte {record.place}: record {record.number}, where {expected} "
                           "comes next")
        try:
            if record.kind == JournalKind.SCHEMA:
                self._reader = Reader(record.body, self._codec, only_known=self._only_known)
                self.schema = record.body
            elif record.kind == JournalKind.RECORD:
                if self._reader is None:
                    raise CodecError("a record before any schema")
                self.number = expected
                made = self._reader.decode(record.body)
                return None if made is None else Entry(record.number, record.time_ns, made)
        except CodecError as error:
            raise LogError(f"{self._where}: byte {record.place}: {error}") from None
        return None


class Journal:
    """A journal that is appended to, by one process at a time.

    number: of the last record appended. recovered: bytes of a torn end that were removed when it was opened, up to the
    last that was not zero.
    """

    def __init__(self, path: Path, codec: Codec, *, take: Callable[[Entry], object] | None = None,
                 sync: Sync = Sync.ALWAYS, interval: float = 0.1, now: Callable[[], int] = time.time_ns) -> None:
        """Open the journal ``path`` or make it, for this user alone; check all of it, and remove a torn end.

        take: is given every entry that it holds. sync, interval (seconds): see host.journal.disk. now: the wall clock,
        ns since 1970. Raises LogError when another process has it open, when it is damaged, no journal, or of types
        that ``codec`` does not know; OSError.
        """
        self.path, self.recovered = path, 0
        self._codec, self._now = codec, now
        self._waiting: list[bytes] = []
        self._flusher: Flusher | None = None
        self._lock = lock(path)
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            self._log = MappedLog(path, handle, sync=sync, interval=interval)
            try:
                self._load(take)
                if sync == Sync.INTERVAL:
                    self._flusher = Flusher(self._log)
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

    def append(self, record: object) -> int:
        """Take ``record``, which is in the file after the next ``commit``; return its number. Raises CodecError."""
        body = self._codec.encode(record)
        self.number += 1
        self._wait(JournalKind.RECORD, body)
        return self.number

    def ready(self, size: int) -> bool:
        """Prepare for ``put`` of ``size`` bytes, which must come before anything else then; return whether it may be
        used: where the disk need not have a record before its writer goes on, and nothing waits. size: less than 1 KiB.
        Raises as ``commit``."""
        if self._waiting or self._log.sync is Sync.ALWAYS:
            return False
        self._memory, self._place = self._log.warm(_READY_BYTES)
        self._prepared = PreparedRecord(JOURNAL.mark, _RECORD, self.number + 1, size)
        return True

    def put(self, body: bytes) -> None:
        """Append the record that the codec has made ``body`` of; it is in the file when this returns. Raises ValueError
        for another size than was prepared."""
        self._log.wrote(self._prepared.store(self._memory, self._place, self._now(), body))
        self.number += 1

    def commit(self) -> None:
        """Write what was appended. Raises OSError: nothing of it is in the file, and it may be tried again; LogError
        when the disk has failed."""
        if self._waiting:
            self._log.reserve(sum(map(len, self._waiting)))
            for record in self._waiting:
                self._log.put(record)
            self._waiting.clear()
        if self._flusher is None:
            self._log.settle()

    @property
    def size(self) -> int:
        """Bytes that were written, without room ahead."""
        return self._log.end

    @property
    def broken(self) -> bool:
        """Whether the disk has failed: nothing more is taken."""
        return self._log.broken

    @property
    def unsynced(self) -> float | None:
        """Seconds for which the oldest record that the disk lacks has been in the file; None if it is told never to."""
        return self._log.waited

    def close(self) -> None:
        """Write what was appended, bring all to the disk unless told never to, and let go of file and lock."""
        try:
            if self._flusher is not None:
                self._flusher.close()
            try:
                if not self._log.broken:
                    self.commit()
            finally:
                self._log.close()
        finally:
            os.close(self._lock)

    def _wait(self, kind: JournalKind, body: bytes) -> None:
        self._waiting.append(JOURNAL.pack(kind, self.number, self._now(), body))

    def _load(self, take: Callable[[Entry], object] | None) -> None:
        follower = _Follower(self._codec, str(self.path))
        with open(os.dup(self._log.handle), "rb") as file:
            for record in JOURNAL.scan(file, 0, str(self.path)):
                entry = follower.take(record)
                self._log.end = record.end
                if take is not None and entry is not None:
                    take(entry)
        self.number = follower.number
        self.recovered = written_bytes(self._log.handle, self._log.end)
        self._log.cut()
        if not self._log.end and self._log.sync != Sync.NEVER:
            sync_folder(self.path.parent)
        if self.recovered:
            self._wait(JournalKind.TORN, self.recovered.to_bytes(8, "little"))
        if follower.schema != self._codec.schema:
            self._wait(JournalKind.SCHEMA, self._codec.schema)
        self.commit()


class JournalReader:
    """Follows a journal that another process may be writing, so that what need not be done at once (positions, trades,
    metrics) is done elsewhere, from the same inputs.

    What it sees was committed, but may not be on the disk yet.
    """

    def __init__(self, path: Path, codec: Codec, *, only_known: bool = False) -> None:
        """Begin with the first entry. only_known: see read_journal. Raises OSError."""
        self.path = path
        self._follower, self._place = _Follower(codec, str(path), only_known=only_known), 0
        self._file = path.open("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def place(self) -> int:
        """The place in the file behind the last record that was whole."""
        return self._place

    @property
    def torn(self) -> int:
        """Bytes behind ``place``, up to the last that is not zero."""
        return written_bytes(self._file.fileno(), self._place)

    def poll(self) -> Iterator[Entry]:
        """Yield the entries that are new, as far as they are whole. Raises LogError when the file is damaged, or was
        cut; OSError."""
        size = os.fstat(self._file.fileno()).st_size
        if size < self._place:
            raise LogError(f"{self.path}: was cut from {self._place} to {size} bytes by somebody else")
        for record in JOURNAL.scan(self._file, self._place, str(self.path)):
            self._place = record.end
            if (entry := self._follower.take(record)) is not None:
                yield entry

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def read_journal(path: Path, codec: Codec, *, only_known: bool = False) -> Iterator[Entry]:
    """Yield the entries of the journal ``path`` up to its end, or to one that is being written, or torn.

    only_known: entries of types that ``codec`` has not are passed over. Raises LogError; OSError.
    """
    with JournalReader(path, codec, only_known=only_known) as reader:
        yield from reader.poll()


def show_journal(path: Path) -> Iterator[Shown]:
    """Yield every record of the journal ``path``, by its schema alone, without classes. Raises as read_journal."""
    follower, known = _Follower(Codec(()), str(path), only_known=True), list[Layout]()
    for record in JOURNAL.read(path):
        follower.take(record)
        what, fields = record.kind.name, dict[str, Any]()
        try:
            if record.kind == JournalKind.SCHEMA:
                known = layouts(record.body)
                fields = {"types": " ".join(layout.name for layout in known)}
            elif record.kind == JournalKind.TORN:
                fields = {"bytes": int.from_bytes(record.body, "little")}
            else:
                layout = known[int.from_bytes(record.body[:2], "little")]
                what, fields = layout.name, layout.shown(record.body)
        except CodecError as error:
            raise LogError(f"{path}: byte {record.place}: {error}") from None
        yield Shown(record.number, record.time_ns, record.end, what, fields)
