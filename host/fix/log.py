"""The log of a session: an append-only file of what it sent, took and heard, read by all and written by FileStore.

Records follow each other: a head (HEAD: mark, CRC-32 of all behind it in the record, bytes of the body, kind, number,
wall time in ns since 1970; little-endian) and a body.

    RESET   both numbers are 1 again; the body names the session, "" for any
    OUT     a message with this number is about to be sent; the body is all of it
    SKIP    outbound numbers below this one are used up
    TAKEN   inbound messages below this number were taken by the application
    IN      bytes as they came from the counterparty, whole messages or not
    REPEAT  bytes that were sent without a new number: what was sent again, and gap fills
    TORN    this number of bytes, of a record that was cut short by the death of its writer, was removed here

**Torn or damaged.** A record is written by one system call, so the death of the process leaves at most a piece from
its beginning at the end of the file; the death of the machine may leave zeros in place of bytes. Both are torn ends.
Anything else that is not whole is damage: LogError names the file and the byte.
"""

import struct
import zlib
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path
from typing import BinaryIO, NamedTuple

__all__ = ["HEAD", "MARK", "MOST_BYTES", "Kind", "LogError", "Record", "pack", "read_log", "scan", "unpack"]

MARK = b"tgf\x01"
HEAD = struct.Struct("<4sIIIQQ")
#: Bytes of a head that its CRC does not cover.
_UNCOVERED = 8
_COVERED = struct.Struct("<IIQQ")
_START = struct.Struct("<4sI")
#: Of a body.
MOST_BYTES = 1 << 24


class LogError(Exception):
    """The file is no log of a session, or damaged; the text names the file and the place."""


class Kind(IntEnum):
    """Kinds of record."""

    RESET = 1
    OUT = 2
    SKIP = 3
    TAKEN = 4
    IN = 5
    REPEAT = 6
    TORN = 7


_KINDS = {int(kind): kind for kind in Kind}


class Record(NamedTuple):
    """A record. place: of its first byte in the file. number: see Kind, else 0. time_ns: since 1970."""

    place: int
    kind: Kind
    number: int
    time_ns: int
    body: bytes

    @property
    def end(self) -> int:
        """The place behind it."""
        return self.place + HEAD.size + len(self.body)


def pack(kind: Kind, number: int, time_ns: int, body: bytes = b"") -> bytes:
    """Return a record as it lies in the file. Raises ValueError for a body of more than MOST_BYTES."""
    if len(body) > MOST_BYTES:
        raise ValueError(f"a body of {len(body)} bytes is longer than {MOST_BYTES}")
    rest = _COVERED.pack(len(body), kind, number, time_ns) + body
    return _START.pack(MARK, zlib.crc32(rest)) + rest


def unpack(raw: bytes, place: int, where: str) -> Record | None:
    """Return the record that ``raw`` is, or None when it is not whole. Raises LogError for an unknown kind.

    place: in the file ``where``.
    """
    if len(raw) < HEAD.size:
        return None
    mark, crc, size, kind, number, time_ns = HEAD.unpack_from(raw)
    if mark != MARK or len(raw) != HEAD.size + size or zlib.crc32(memoryview(raw)[_UNCOVERED:]) != crc:
        return None
    if kind not in _KINDS:
        raise LogError(f"{where}: byte {place}: a record of kind {kind}, which this version does not know")
    return Record(place, _KINDS[kind], number, time_ns, raw[HEAD.size:])


def read_log(path: Path) -> Iterator[Record]:
    """Yield the records of the log ``path`` up to its end, or to one that is being written, or torn.

    Raises LogError; OSError.
    """
    with path.open("rb") as file:
        yield from scan(file, 0, str(path))


def scan(file: BinaryIO, start: int, where: str) -> Iterator[Record]:
    """Yield the whole records of ``file``, whose name is ``where``, from the place ``start`` to the end.

    It ends before a torn record, too. Raises LogError for damage.
    """
    place = start
    file.seek(place)
    while head := file.read(HEAD.size):
        if place == 0 and head[:4] != MARK[:len(head)] and any(head):
            raise LogError(f"{where}: is no log of a FIX session")
        size = HEAD.unpack(head)[2] if len(head) == HEAD.size else 0
        record = unpack(head + file.read(size), place, where) if size <= MOST_BYTES else None
        if record is None:
            _check_torn(file, place, where)
            return
        yield record
        place = record.end


def _check_torn(file: BinaryIO, place: int, where: str) -> None:
    """Raise LogError when what begins at ``place`` is not the piece of one record, up to the end of the file."""
    file.seek(place)
    rest = file.read()
    found = rest.find(MARK, 1)
    while found >= 0:
        size = HEAD.unpack_from(rest, found)[2] if found + HEAD.size <= len(rest) else 0
        if unpack(rest[found:found + HEAD.size + size], place + found, where) is not None:
            raise LogError(f"{where}: damaged at byte {place}: the record there is not whole, the one at byte "
                           f"{place + found} is")
        found = rest.find(MARK, found + 1)
    whole = len(rest) >= HEAD.size and len(rest) >= HEAD.size + HEAD.unpack_from(rest)[2]
    cut_short = rest[:4] == MARK[:len(rest)] and not whole
    if not cut_short and rest[-1]:
        raise LogError(f"{where}: damaged at byte {place}: the last record is complete, but not what was written")
