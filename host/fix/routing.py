# Ref: FIX 4.4, volume 2, "FIX message routing"
"""Answers go back through third parties the way that the message came."""

from host.fix.message import Message
from wire.fix.tags import Tag

__all__ = ["way_back"]

_OPPOSITE = {int(Tag.OnBehalfOfCompID): int(Tag.DeliverToCompID), int(Tag.DeliverToCompID): int(Tag.OnBehalfOfCompID),
             int(Tag.OnBehalfOfSubID): int(Tag.DeliverToSubID), int(Tag.DeliverToSubID): int(Tag.OnBehalfOfSubID),
             int(Tag.OnBehalfOfLocationID): int(Tag.DeliverToLocationID),
             int(Tag.DeliverToLocationID): int(Tag.OnBehalfOfLocationID)}


def way_back(message: Message) -> list[tuple[int, bytes]]:
    """Return the routing fields of an answer to ``message``: 115 as 128, 116 as 129, 144 as 145 and back."""
    return sorted((_OPPOSITE[tag], value) for tag, value in message.fields if tag in _OPPOSITE)
