"""A log that is written through memory: a record costs two stores and no system call.

A piece of the file ahead of its end is taken from the disk (so that a full one is told of there, by OSError, and not by
SIGBUS at a store) and mapped. It reads as zeros until it is written, and ``close`` gives it back; a writer that died
leaves it. What was stored is in the file at once, for all who read it, and outlives the process.

Of a record the first four bytes, its mark, are stored last: a record that has its mark is whole, whenever its writer
died (host.journal.log: LogFormat.mapped).
"""

import mmap
import os

from host.journal.disk import LogFile

__all__ = ["MARK_BYTES", "MappedLog"]

#: Bytes of a record that are stored last.
MARK_BYTES = 4
#: Bytes that are taken from the disk and mapped at a time, beyond what is needed.
_AHEAD = 1 << 20
_PAGE = mmap.ALLOCATIONGRANULARITY


class MappedLog(LogFile):
    """``end`` must be set before the first record. For records of one writer, as all logs are."""

    _base = _room = 0
    _map: mmap.mmap | None = None

    def reserve(self, size: int) -> None:
        """Take room for the next ``size`` bytes. Raises OSError: then nothing has changed, and it may be tried again;
        LogError when the disk has failed."""
        self._check()
        if self.end + size <= self._room:
            return
        base = self.end - self.end % _PAGE
        length = (self.end - base + size + _AHEAD) // _PAGE * _PAGE
        try:
            os.posix_fallocate(self.handle, base, length)
            mapped = mmap.mmap(self.handle, length, offset=base)
        except OSError as error:
            os.ftruncate(self.handle, max(self._room, self.end))
            raise self._named(error) from None
        self._unmap()
        self._map, self._base, self._room = mapped, base, base + length

    def put(self, record: bytes) -> None:
        """Store ``record`` at ``end``, in room that was reserved."""
        memory, begin, end = self._map, self.end - self._base, self.end + len(record)
        assert memory is not None and end <= self._room
        memory[begin + MARK_BYTES:end - self._base] = record[MARK_BYTES:]
        memory[begin:begin + MARK_BYTES] = record[:MARK_BYTES]
        self.wrote(len(record))

    def warm(self, size: int) -> tuple[mmap.mmap, int]:
        """Have the kernel make the pages of the next ``size`` bytes, less than a page of them, ready to be written, so
        that the next record need not wait for that; return the memory, and the place of ``end`` in it: who stores
        there tells ``wrote``. Raises as ``reserve``."""
        self.reserve(size)
        memory, begin = self._map, self.end - self._base
        assert memory is not None
        memory[begin] = memory[begin + size - 1] = 0
        return memory, begin

    def cut(self) -> None:
        """Remove what lies behind ``end``."""
        self._unmap()
        super().cut()

    def close(self) -> None:
        """Give back the room ahead; then as LogFile."""
        if self._map is not None:
            self.cut()
        super().close()

    def _unmap(self) -> None:
        if self._map is not None:
            self._map.close()
        self._map, self._room = None, 0
