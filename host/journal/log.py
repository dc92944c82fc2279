"""Append-only logs: records with checksums, one behind the other, and what is a torn end and what damage.

A record is a head (HEAD: the log's mark, bytes of the body, kind, number, wall time in ns since 1970, CRC-32 of the
body, CRC-32 of all of the head before it; little-endian) and a body. What kinds there are, and what number and body
mean, is each log's own: a LogFormat.

**Torn or damaged.** A log is written from its end on, so the death of its writer leaves at most a piece of one record,
from its beginning, at the end of the file: less than a head, or a head that is right with less of a body than it says.
The death of the machine may leave zeros in place of what was written, to the end of the file, from the beginning of a
record or of a sector on. These are torn ends: a reader stops before one, a writer removes it and says so. Anything else
that is not a whole record is damage: LogError names the file and the byte, and nothing is changed.

Of a log that is written through memory the mark of a record comes last. The death of its writer leaves zeros, in which
no record has begun, or anything behind four zeros in place of a mark, but no head of a later record: a torn end, too.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from mmap import mmap
from pathlib import Path
from typing import BinaryIO, Generic, NamedTuple, TypeVar

__all__ = ["HEAD", "MOST_BYTES", "SECTOR", "LogError", "LogFormat", "PreparedRecord", "Record", "any_written",
           "written_bytes"]

HEAD = struct.Struct("<4sIIQQII")
_FIELDS = struct.Struct("<4sIIQQI")
_CRC = struct.Struct("<I")
#: What is known of a head before its record comes; what is not, but for the last field.
_KNOWN, _LATE, _MARK = struct.Struct("<4sIIQ"), struct.Struct("<QI"), struct.Struct("<4s")
#: Of a body.
MOST_BYTES = 1 << 24
#: Bytes that a disk writes whole or not at all.
SECTOR = 512
#: Bytes that are looked through at a time.
_BLOCK = 1 << 20

K = TypeVar("K", bound=IntEnum)


class LogError(Exception):
    """The file is no log of the kind that was asked for, damaged, or in use; the text names the file and the place."""


class Record(NamedTuple, Generic[K]):
    """A record. place: of its first byte in the file. time_ns: since 1970."""

    place: int
    kind: K
    number: int
    time_ns: int
    body: bytes

    @property
    def end(self) -> int:
        """The place behind it."""
        return self.place + HEAD.size + len(self.body)


@dataclass(frozen=True)
class LogFormat(Generic[K]):
    """A kind of log. mark: four bytes that begin each record. kinds: of record. name: what people call such a file.
    mapped: it is written through memory."""

    mark: bytes
    kinds: type[K]
    name: str
    mapped: bool = False

    def pack(self, kind: int, number: int, time_ns: int, body: bytes = b"") -> bytes:
        """Return a record as it lies in the file. Raises ValueError for a body of more than MOST_BYTES."""
        size = len(body)
        if size > MOST_BYTES:
            raise ValueError(f"a body of {size} bytes is longer than {MOST_BYTES}")
        fields = _FIELDS.pack(self.mark, size, kind, number, time_ns, zlib.crc32(body))
        return fields + _CRC.pack(zlib.crc32(fields)) + body

    def read(self, path: Path) -> Iterator[Record[K]]:
        """Yield the records of the log ``path`` up to its end, or to one that is being written, or torn.

        Raises LogError; OSError.
        """
        with path.open("rb") as file:
            yield from self.scan(file, 0, str(path))

    def scan(self, file: BinaryIO, start: int, where: str) -> Iterator[Record[K]]:
        """Yield the whole records of ``file``, whose name is ``where``, from the place ``start`` to the end.

        It ends before a torn record, too. Raises LogError for damage, and for a kind that is not known.
        """
        place = start
        file.seek(place)
        while head := file.read(HEAD.size):
            size = self._body_bytes(head)
            body = b"" if size is None else file.read(size)
            if size is None or not _is_body(head, body):
                self._check_torn(file, place, where)
                return
            record = self._record(place, head, body, where)
            yield record
            place = record.end

    def at(self, handle: int, place: int, where: str) -> Record[K]:
        """Return the record at ``place`` of the open file ``handle``. Raises LogError when there is no whole one."""
        head = os.pread(handle, HEAD.size, place)
        size = self._body_bytes(head)
        body = b"" if size is None else os.pread(handle, size, place + HEAD.size)
        if size is None or not _is_body(head, body):
            raise LogError(f"{where}: damaged at byte {place}: no whole record is there")
        return self._record(place, head, body, where)

    def _body_bytes(self, head: bytes) -> int | None:
        """Return how long the body behind ``head`` is, None if that is none."""
        if len(head) < HEAD.size or head[:4] != self.mark:
            return None
        if _CRC.unpack_from(head, _FIELDS.size)[0] != zlib.crc32(memoryview(head)[:_FIELDS.size]):
            return None
        size: int = _FIELDS.unpack_from(head)[1]
        return size

    def _record(self, place: int, head: bytes, body: bytes, where: str) -> Record[K]:
        _, _, kind, number, time_ns, _, _ = HEAD.unpack(head)
        try:
            return Record(place, self.kinds(kind), number, time_ns, body)
        except ValueError:
            raise LogError(f"{where}: byte {place}: a record of kind {kind}, which this version does not know"
                           ) from None

    def _check_torn(self, file: BinaryIO, place: int, where: str) -> None:
        """Raise LogError when what begins at ``place`` is not a torn end."""
        file.seek(place)
        rest = file.read(HEAD.size + MOST_BYTES)
        beyond = any(any_written(block) for block in iter(lambda: file.read(_BLOCK), b""))
        if not beyond and (not any_written(rest) or self.mapped and self._unmarked(rest)):
            return
        written = place + len(rest.rstrip(b"\0"))
        edge = written + -written % SECTOR if written > place else place
        piece = rest[:edge - place]
        size = self._body_bytes(piece[:HEAD.size])
        in_head = len(piece) < HEAD.size and piece[:4] == self.mark[:len(piece)]
        in_body = size is not None and len(piece) < HEAD.size + size
        if not beyond and (in_head or in_body) or self.mapped and self._is_whole(file, place):
            return
        if place == 0 and piece[:4] != self.mark[:len(piece)]:
            raise LogError(f"{where}: is no {self.name}")
        raise LogError(f"{where}: damaged at byte {place}: the record there is not what was written")

    def _is_whole(self, file: BinaryIO, place: int) -> bool:
        """Return whether a whole record is at ``place`` now, where none was a moment ago: its writer lives."""
        file.seek(place)
        head = file.read(HEAD.size)
        size = self._body_bytes(head)
        return size is not None and _is_body(head, file.read(size))

    def _unmarked(self, rest: bytes) -> bool:
        """Return whether ``rest`` begins with a record that has no mark yet, and no other follows."""
        if any_written(rest[:len(self.mark)]):
            return False
        place = rest.find(self.mark)
        while place >= 0 and self._body_bytes(rest[place:place + HEAD.size]) is None:
            place = rest.find(self.mark, place + 1)
        return place < 0


class PreparedRecord:
    """A record of which mark, kind, number and size of the body are known: the rest is soon stored, the mark last."""

    def __init__(self, mark: bytes, kind: int, number: int, size: int) -> None:
        known = _KNOWN.pack(mark, size, kind, number)
        self._mark, self._known, self._crc, self._size = mark, known[len(mark):], zlib.crc32(known), size
        self._pack_into = _rest(len(self._known), size).pack_into

    def store(self, memory: mmap, place: int, time_ns: int, body: bytes) -> int:
        """Store the record at ``place`` of ``memory``; return its size. Raises ValueError for a body of another
        size."""
        if len(body) != self._size:
            raise ValueError(f"a body of {len(body)} bytes, where {self._size} were to come")
        crc = zlib.crc32(body)
        head_crc = zlib.crc32(_LATE.pack(time_ns, crc), self._crc)
        self._pack_into(memory, place + len(self._mark), self._known, time_ns, crc, head_crc, body)
        _MARK.pack_into(memory, place, self._mark)
        return HEAD.size + self._size


@cache
def _rest(known: int, size: int) -> struct.Struct:
    return struct.Struct(f"<{known}sQII{size}s")


def written_bytes(handle: int, start: int) -> int:
    """Return how many bytes the open file ``handle`` has from ``start`` on, up to the last that is not zero."""
    end = os.fstat(handle).st_size
    while end > start:
        begin = max(end - _BLOCK, start)
        block = os.pread(handle, end - begin, begin)
        if any_written(block):
            return begin + len(block.rstrip(b"\0")) - start
        end = begin
    return 0


def any_written(data: bytes) -> bool:
    """Return whether ``data`` is anything but zeros."""
    return data != bytes(len(data))


def _is_body(head: bytes, body: bytes) -> bool:
    _, size, _, _, _, crc = _FIELDS.unpack_from(head)
    return bool(len(body) == size and zlib.crc32(body) == crc)
