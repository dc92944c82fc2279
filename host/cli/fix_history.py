"""What a session's log, or any file of FIX messages, tells: messages, when and which way, and what befell the log."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import BinaryIO, Self

from host.fix.log import SESSION_LOG, Kind
from host.fix.message import Message
from host.fix.parser import Garbled, Parser
from host.fix.shown import quoted
from host.fix.timestamp import parse
from host.journal.log import Record
from wire.fix.tags import Tag

__all__ = ["Direction", "Entry", "History"]

#: Bytes of another file that are read at a time.
_PIECE = 1 << 20
#: How what was to be a message begins, between the other text of such a file.
_HEAD = b"8=FIX"


class Direction(Enum):
    """Which way a message went; the value is its picture."""

    OUT = "->"
    IN = "<-"
    AGAIN = "=>"
    UNKNOWN = "  "


@dataclass(frozen=True, slots=True)
class Entry:
    """A message, or, without one, ``text``: what was no message, or what befell the log. time_ns: since 1970."""

    time_ns: int
    direction: Direction
    message: Message | None
    text: str = ""


class History:
    """The file ``path``, read as far as it goes; ``poll`` goes on where it grows, or when a new log takes its place.

    empty: it is no session's log, and no message was found in it.
    """

    def __init__(self, path: Path) -> None:
        """Raises OSError."""
        self.path = path
        self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def poll(self) -> Iterator[Entry]:
        """Yield what was not yielded before. Raises LogError; OSError."""
        yield from self._read()
        if self.path.exists() and self.path.stat().st_ino != self._inode:
            self._file.close()
            self._open()
            yield from self._read()

    def _open(self) -> None:
        self._file: BinaryIO = self.path.open("rb")
        self._inode = self.path.stat().st_ino
        self._is_log = self._file.read(len(SESSION_LOG.mark)) == SESSION_LOG.mark
        self.empty = not self._is_log
        self._place = self._time_ns = 0
        self._parser = Parser()

    def _read(self) -> Iterator[Entry]:
        if self._is_log:
            for record in SESSION_LOG.scan(self._file, self._place, str(self.path)):
                self._place = record.end
                yield from self._entries(record)
        else:
            self._file.seek(self._place)
            while piece := self._file.read(_PIECE):
                self._place += len(piece)
                for item in self._parser.feed(piece):
                    if isinstance(item, Message):
                        self.empty, self._time_ns = False, _sending_time(item)
                        yield _entry(self._time_ns, Direction.UNKNOWN, item)
                    elif item.raw.startswith(_HEAD):
                        yield _entry(self._time_ns, Direction.UNKNOWN, item)

    def _entries(self, record: Record[Kind]) -> Iterator[Entry]:
        time_ns = record.time_ns
        match record.kind:
            case Kind.OUT | Kind.REPEAT:
                direction = Direction.OUT if record.kind == Kind.OUT else Direction.AGAIN
                yield from (_entry(time_ns, direction, item) for item in Parser().feed(record.body))
            case Kind.IN:
                yield from (_entry(time_ns, Direction.IN, item) for item in self._parser.feed(record.body))
            case Kind.RESET:
                who = record.body.decode(errors="replace")
                yield Entry(time_ns, Direction.UNKNOWN, None, f"both numbers begin with 1{f': {who}' if who else ''}")
            case Kind.GRANTED:
                yield Entry(time_ns, Direction.UNKNOWN, None, "the counterparty granted the reset")
            case Kind.SKIP:
                yield Entry(time_ns, Direction.UNKNOWN, None, f"our next number is {record.number}")
            case Kind.TORN:
                yield Entry(time_ns, Direction.UNKNOWN, None,
                            f"torn: {record.number} bytes of a record that was cut short were removed")


def _entry(time_ns: int, direction: Direction, item: Message | Garbled) -> Entry:
    if isinstance(item, Message):
        return Entry(time_ns, direction, item)
    return Entry(time_ns, direction, None, f"garbled: {item.reason}: {quoted(item.raw)}")


def _sending_time(message: Message) -> int:
    try:
        return parse(message.get(Tag.SendingTime) or b"")
    except ValueError:
        return 0
