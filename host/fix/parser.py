# Ref: FIX 4.4, volume 2, "Message format" and "Garbled messages" (framing, BodyLength, CheckSum, data fields)
"""Bytes to messages."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from host.fix.checksum import TRAILERS, checksum, is_sound
from host.fix.message import Message
from host.fix.shapes import Forms, Shapes
from host.fix.shown import quoted
from wire.fix.types import DATA_OF

__all__ = ["Garbled", "Parser"]

Pair = tuple[int, bytes]

#: The first fields, in their only order. BodyLength counts from 35.
_HEAD = re.compile(rb"8=([^\x01=]{1,16})\x019=([0-9]{1,9})\x01(?=35=)")
_TRAILER = re.compile(rb"10=[0-9]{3}\x01")
#: What may come before the first byte that says whether a place is the head of a message: 8=, 16 bytes, 9=, 9 digits.
_HEAD_BYTES = 2 + 16 + 1 + 2 + 9 + 1 + 3
#: The same head, cut off anywhere.
_HEAD_BEGUN = re.compile(rb"8(?:=(?:[^\x01=]{1,16}(?:\x01(?:9(?:=(?:[0-9]{1,9}(?:\x01(?:3(?:5)?)?)?)?)?)?)?)?)?\Z")
_TRAILER_BYTES = 7
_EARLY = b"\x0110="
_NOWHERE = 1 << 62
#: Fields that stand only at the ends of a message.
_OUTERMOST = (b"10=", b"8=", b"9=")
#: Digits of the longest tag and of the longest length.
_DIGITS = 9
#: A message of more bytes is looked through for an early end before it is copied and summed up.
_LARGE = 4096


@dataclass(frozen=True, slots=True)
class Garbled:
    """Bytes that are no message, and why. They count for nothing: no sequence number is used up."""

    reason: str
    raw: bytes


class Parser:
    """Cuts a stream into messages.

    Every byte fed comes out once, in order, in the ``raw`` of a message or of a Garbled, or is still ``pending``. Which
    messages come out does not depend on how the stream was cut into pieces.

    A message is taken when its first fields are 8, 9, 35, the CheckSum field stands where BodyLength says and is
    right, and all between are fields tag=value; data fields go by their lengths, whatever they contain. If only the
    CheckSum or a field is wrong, the message is left out as a whole. If the frame is wrong (another order, no CheckSum
    field where BodyLength says, or one before), the search goes on at the next place that looks like a head, as soon
    as that is known: a BodyLength that is too great does not hold up the messages behind it.

    limit: bytes of the longest message; one that claims more is garbled at once. No more than that is kept.
    data: the data field that follows each length field. forms: what values must be like (host.fix.validate): messages
    of a known shape that are like that are marked as checked.
    """

    def __init__(self, limit: int = 65_536, data: Mapping[int, int] = DATA_OF, forms: Forms | None = None) -> None:
        self._limit = limit
        self._data = data
        self._data_after = {b"%d" % length: b"%d=" % tag for length, tag in data.items()}
        self._shapes = Shapes(data, forms) if forms else Shapes(data)
        self._held = bytearray()
        #: Bytes of ``_held`` in which no CheckSum field begins.
        self._searched = 0
        #: Of the buffer that is looked through: the first CheckSum field behind a place; from where a field begins, to
        #: the first field behind it that can only be the first or last of a message. Found once, however many heads
        #: there seem to be.
        self._trailer = _NOWHERE, -1
        self._outer: dict[int, int] = {}

    @property
    def pending(self) -> bytes:
        """The bytes of a message that is not complete yet."""
        return bytes(self._held)

    def feed(self, data: bytes) -> list[Message | Garbled]:
        """Take what was received, and return the messages that it completes."""
        buffer: bytes | bytearray = data
        if self._held:
            self._held += data
            buffer = self._held
        found: list[Message | Garbled] = []
        outcome: Message | Garbled
        self._trailer = _NOWHERE, -1
        self._outer.clear()
        at, end = 0, len(buffer)
        while at < end:
            head = _HEAD.match(buffer, at)
            if head is None:
                if end - at < _HEAD_BYTES and _HEAD_BEGUN.match(buffer, at):
                    break
                after, outcome = self._rubbish(buffer, at, "not the head of a message")
            else:
                last = head.end() + int(head[2])
                if last + _TRAILER_BYTES - at > self._limit:
                    after, outcome = self._rubbish(buffer, at, f"BodyLength over the limit of {self._limit} bytes")
                elif last + _TRAILER_BYTES > end:
                    if not self._ends_early(buffer, head.end(), last, at + self._searched):
                        self._searched = max(end - at - len(_EARLY) + 1, 0)
                        break
                    after, outcome = self._rubbish(buffer, at, "CheckSum before the end that BodyLength says")
                else:
                    after, outcome = self._frame(buffer, at, head, last)
            found.append(outcome)
            at, self._searched = after, 0
        if buffer is self._held:
            del self._held[:at]
        else:
            self._held += data[at:]
        return found

    def _rubbish(self, buffer: bytes | bytearray, begin: int, reason: str) -> tuple[int, Garbled]:
        """Return where the next head may be, behind ``begin``, and what is left out."""
        end = len(buffer)
        at = buffer.find(b"8", begin + 1)
        while at >= 0 and not (_HEAD.match(buffer, at) or end - at < _HEAD_BYTES and _HEAD_BEGUN.match(buffer, at)):
            at = buffer.find(b"8", at + 1)
        if at < 0:
            at = end
        return at, Garbled(reason, bytes(buffer[begin:at]))

    def _frame(self, buffer: bytes | bytearray, at: int, head: re.Match[bytes], last: int
               ) -> tuple[int, Message | Garbled]:
        """Return the end of the message at ``at``, whose CheckSum field should stand at ``last``, and the message."""
        stop, begin = last + _TRAILER_BYTES, head.end()
        if buffer[last - 1] != 1 or not _TRAILER.match(buffer, last):
            return self._rubbish(buffer, at, "no CheckSum where BodyLength says")
        if stop - at > _LARGE and self._ends_early(buffer, begin, last, begin):
            return self._rubbish(buffer, at, "CheckSum before the end that BodyLength says")
        raw = bytes(buffer[at:stop])
        count = raw.count(b"\x01")
        if is_sound(raw):
            for shape in self._shapes.known.get(count, ()):
                match = shape.fullmatch(raw, begin - at, last - at)
                if match is not None:
                    return stop, Message.of(shape, match, head[1], raw)
        if self._ends_early(buffer, begin, last, begin):
            return self._rubbish(buffer, at, "CheckSum before the end that BodyLength says")
        trailer = TRAILERS[checksum(raw[:-_TRAILER_BYTES])]
        if not raw.endswith(trailer):
            return stop, Garbled(f"CheckSum {raw[-4:-1].decode()}, not {trailer[3:6].decode()}", raw)
        fields = self._walk(raw, begin - at, last - at)
        if isinstance(fields, str):
            return stop, Garbled(fields, raw)
        _, msg_type = fields.pop(0)
        self._shapes.learn(msg_type, fields, count)
        return stop, Message(msg_type, fields, head[1], raw)

    def _walk(self, raw: bytes, at: int, end: int) -> list[Pair] | str:
        """Return the fields of ``raw[at:end]``, data fields by their lengths, or what is wrong with them."""
        fields: list[Pair] = []
        data, size = -1, 0
        while at < end:
            stop = raw.find(b"\x01", at, end)
            equal = raw.find(b"=", at, stop)
            text = raw[at:max(equal, at)]
            if not text.isdigit() or len(text) > _DIGITS or text[0] == ord("0") and len(text) > 1:
                return f"no tag=value: {quoted(raw[at:stop])}"
            tag = int(text)
            if tag == data:
                stop = equal + 1 + size
                if stop >= end or raw[stop] != 1:
                    return f"field {tag} does not end after {size} bytes"
            value = raw[equal + 1:stop]
            fields.append((tag, value))
            size = _length(value) if tag in self._data else -1
            data = self._data[tag] if size >= 0 else -1
            at = stop + 1
        return fields

    def _ends_early(self, buffer: bytes | bytearray, at: int, last: int, search: int) -> bool:
        """Whether a field that can only come before or behind all others begins between ``at`` and ``last``.

        search: where a CheckSum field may be first, so that a sound message costs no more than a search for one.
        """
        hit = self._next_trailer(buffer, max(search, at - 1))
        return 0 <= hit < last - 1 and self._next_outermost(buffer, at) < last

    def _next_trailer(self, buffer: bytes | bytearray, at: int) -> int:
        """Return where the first CheckSum field behind ``at`` may be; -1: nowhere."""
        begin, found = self._trailer
        if at < begin or 0 <= found < at:
            found = buffer.find(_EARLY, at)
            self._trailer = at, found
        return found

    def _next_outermost(self, buffer: bytes | bytearray, at: int) -> int:
        """Return where the first field from ``at`` on, where a field begins, stands that can only come before or
        behind all others; data fields are passed over by their lengths."""
        found, end = _NOWHERE, len(buffer)
        passed: list[int] = []
        data, size = b"", 0
        while at < end:
            if not data:
                if at in self._outer:
                    found = self._outer[at]
                    break
                passed.append(at)
            if buffer.startswith(_OUTERMOST, at):
                found = at
                break
            stop = buffer.find(b"\x01", at)
            if stop < 0:
                break
            equal = buffer.find(b"=", at, stop)
            if data and buffer.startswith(data, at):
                stop = equal + 1 + size
                if stop >= end or buffer[stop] != 1:
                    break
            data = self._data_after.get(bytes(buffer[at:max(equal, at)]), b"")
            if data:
                size = _length(bytes(buffer[equal + 1:stop]))
                data = data if size >= 0 else b""
            at = stop + 1
        self._outer.update(dict.fromkeys(passed, found))
        return found


def _length(value: bytes) -> int:
    """Return the number in a length field, -1 if it has none."""
    return int(value) if value.isdigit() and len(value) <= _DIGITS else -1
