"""A FIX message as its fields, received or to be sent."""

import re

from host.fix.shapes import Shape

__all__ = ["Message"]


class Message:
    """A message.

    msg_type: MsgType (35). fields: (tag, value) of all that stands between it and CheckSum (10), in the order of the
    wire; of a received message, made when they are first asked for, and not to be changed. Header fields such as
    MsgSeqNum (34) are among them; 8, 9, 35 and 10 are not. Messages are equal if these two are.

    begin_string, raw: of a received message, its BeginString (8) and its bytes. checked: the parser that made it found
    nothing wrong with it by the dictionary that it was given.
    """

    __slots__ = ("_fields", "_match", "_shape", "begin_string", "checked", "msg_type", "raw")

    def __init__(self, msg_type: bytes, fields: list[tuple[int, bytes]], begin_string: bytes = b"",
                 raw: bytes = b"") -> None:
        self.msg_type, self.begin_string, self.raw = msg_type, begin_string, raw
        self.checked = False
        self._fields: list[tuple[int, bytes]] | None = fields
        self._shape: Shape | None = None
        self._match: re.Match[bytes] | None = None

    @classmethod
    def of(cls, shape: Shape, match: re.Match[bytes], begin_string: bytes, raw: bytes) -> "Message":
        """Return the message in which ``shape`` was found."""
        message = cls.__new__(cls)
        message.msg_type, message.checked = shape.msg_type, shape.checked
        message.begin_string, message.raw = begin_string, raw
        message._fields, message._shape, message._match = None, shape, match
        return message

    @property
    def fields(self) -> list[tuple[int, bytes]]:
        """See above."""
        if self._fields is None:
            self._fields = [] if self._shape is None or self._match is None else list(
                zip(self._shape.tags, self._match.groups(), strict=True))
        return self._fields

    def get(self, tag: int) -> bytes | None:
        """Return the value of the first field ``tag``, or None."""
        if self._shape is not None and self._match is not None:
            group = self._shape.groups.get(tag)
            return None if group is None else self._match[group]
        for number, value in self.fields:
            if number == tag:
                return value
        return None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Message):
            return NotImplemented
        return self.msg_type == other.msg_type and self.fields == other.fields

    def __repr__(self) -> str:
        return f"Message({self.msg_type!r}, {self.fields!r})"

    __hash__ = None  # type: ignore[assignment]
