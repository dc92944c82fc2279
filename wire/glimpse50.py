# Ref: Nasdaq GLIMPSE 5.0, section 3
"""GLIMPSE 5.0: the books as they stand, as ITCH 5.0 messages in SoupBinTCP, and where the feed goes on."""

from wire.fields import Field, Layout

__all__ = ["END_OF_SNAPSHOT", "SNAPSHOT_TYPES"]

#: ITCH messages of which a snapshot consists.
SNAPSHOT_TYPES = "SRHYAF"

END_OF_SNAPSHOT = Layout("EndOfSnapshot", (
    Field(name="type", offset=0, size=1, kind="alpha", unit="", lo=0, hi=0, doc="message type", default="G"),
    Field(name="sequence", offset=1, size=20, kind="alpha", unit="", lo=0, hi=0,
          doc="MoldUDP64 number of the first message that is not in the snapshot, ASCII, to the right"),
), 21, "the last message of a snapshot")
