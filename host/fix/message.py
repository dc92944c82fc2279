"""A FIX message as its fields, received or to be sent."""

from dataclasses import dataclass, field

__all__ = ["Message"]


@dataclass(slots=True)
class Message:
    """A message.

    fields: (tag, value) of all that stands between MsgType (35) and CheckSum (10), in the order of the wire. Header
    fields such as MsgSeqNum (34) are among them; 8, 9, 35 and 10 are not. begin_string, raw: of a received message,
    its BeginString (8) and its bytes; neither takes part in comparisons.
    """

    msg_type: bytes
    fields: list[tuple[int, bytes]]
    begin_string: bytes = field(default=b"", compare=False)
    raw: bytes = field(default=b"", compare=False, repr=False)

    def get(self, tag: int) -> bytes | None:
        """Return the value of the first field ``tag``, or None."""
        for number, value in self.fields:
            if number == tag:
                return value
        return None
