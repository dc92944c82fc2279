"""The log of a session: an append-only file of what it sent, took and heard, read by all and written by FileStore.

Its records (host.journal.log), by kind:

    RESET   both numbers are 1 again; the body names the session, "" for any; the number is 1 if the counterparty has
            yet to grant it, else 0
    OUT     a message with this number is about to be sent; the body is all of it
    SKIP    outbound numbers below this one are used up
    TAKEN   inbound messages below this number were taken by the application
    IN      bytes as they came from the counterparty, whole messages or not
    REPEAT  bytes that were sent without a new number: what was sent again, and gap fills
    GRANTED the counterparty granted the last reset
    TORN    this number of bytes, of a record that was cut short by the death of its writer, was removed here
"""

from enum import IntEnum

from host.journal.log import LogFormat

__all__ = ["SESSION_LOG", "Kind"]


class Kind(IntEnum):
    """Kinds of record."""

    RESET = 1
    OUT = 2
    SKIP = 3
    TAKEN = 4
    IN = 5
    REPEAT = 6
    TORN = 7
    GRANTED = 8


SESSION_LOG = LogFormat(b"tgf\x02", Kind, "log of a FIX session")
