"""Ring records, device to host, and the state word of a symbol."""

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from functools import cache
from typing import Self

import numpy as np

__all__ = ["RecordKind", "FeedEvent", "State", "StateField", "STATE_FIELDS", "STATE_DOC", "NOT_LIVE", "TradingState",
           "RecordField", "HEADER_FIELDS", "LEVEL_FIELDS", "record_dtype", "HEADER_BYTES", "LEVEL_BYTES", "MAX_LEVELS"]

HEADER_BYTES = 64
LEVEL_BYTES = 12
#: Greatest K.
MAX_LEVELS = 16


class _Documented(IntEnum):
    """An IntEnum whose members carry a text, ``doc``."""

    doc: str

    def __new__(cls, value: int, doc: str) -> Self:
        member = int.__new__(cls, value)
        member._value_ = value
        member.doc = doc
        return member


class RecordKind(_Documented):
    """What a record tells."""

    BOOK = 1, "the book of one symbol, settled up to `feed_seq`"
    FEED = 2, "something happened to the feed: `cause` is a FeedEvent; levels are zero"


class FeedEvent(_Documented):
    """``cause`` of a FEED record. ``aux`` carries the number given in brackets."""

    STALE = 1, "a gap outlived its window [first sequence number missing]"
    RECOVERED = 2, "the gap is filled [next expected sequence number]"
    SILENT = 3, "no packet and no heartbeat for the silence time [next expected sequence number]"
    HEARD = 4, "the feed is heard again [next expected sequence number]"
    SUSPECT = 5, "messages of a frame that proved bad were taken [next expected sequence number]"
    SESSION_ENDED = 6, "end of session [next expected sequence number]"
    CLEARED = 7, "start-of-day clear has finished [next expected sequence number]"


class TradingState(_Documented):
    """State[2:0], from Stock Trading Action (ITCH 5.0, H)."""

    UNKNOWN = 0, "no H message was seen"
    HALTED = 1, "halted (H)"
    PAUSED = 2, "paused (P)"
    QUOTATION = 3, "quotation only (Q)"
    TRADING = 4, "trading (T)"


class State(IntFlag):
    """Single bits of the 32-bit state word; STATE_FIELDS tells what they mean, and has the wider fields."""

    OPERATIONAL_HALT_Q = 1 << 3
    OPERATIONAL_HALT_B = 1 << 4
    OPERATIONAL_HALT_X = 1 << 5
    REGSHO_1 = 1 << 6
    REGSHO_2 = 1 << 7
    LULD_COLLAR = 1 << 11
    DIRECTORY = 1 << 14
    STALE = 1 << 16
    INCOMPLETE = 1 << 17
    CROSSED = 1 << 18
    ERROR = 1 << 19
    SUSPECT = 1 << 20
    CLEARING = 1 << 21


#: A book with any of these is not to be traded on.
NOT_LIVE = (State.STALE | State.INCOMPLETE | State.CROSSED | State.ERROR | State.SUSPECT | State.CLEARING)


@dataclass(frozen=True)
class StateField:
    """A field of the state word: ``lsb``, ``width``, what it means."""

    name: str
    lsb: int
    width: int
    doc: str


STATE_FIELDS = (
    StateField("trading", 0, 3, "TradingState, from the last H message"),
    StateField("operational_halt", 3, 3, "operational halt (h) on market Q (bit 3), B (4), X (5)"),
    StateField("regsho", 6, 2, "Reg SHO (Y): bit 6 in effect after an intraday drop, bit 7 stays in effect"),
    StateField("system_event", 8, 3, "last system event (S): 0 none, then O S Q M E C as 1..6"),
    StateField("luld_collar", 11, 1, "an auction collar (J) was seen"),
    StateField("mwcb", 12, 2, "market-wide circuit breaker (W): level breached, 0 none, 1..3"),
    StateField("directory", 14, 1, "the symbol's directory message (R) was seen"),
    StateField("stale", 16, 1, "behind the feed: gap not recovered, or feed silent"),
    StateField("incomplete", 17, 1, "the top K may lack a level: table full, price outside the window"),
    StateField("crossed", 18, 1, "best bid at or above best ask"),
    StateField("error", 19, 1, "the symbol's messages contradict the book: unknown reference, over-execution, ..."),
    StateField("suspect", 20, 1, "bytes of a bad frame may be in the book"),
    StateField("clearing", 21, 1, "start-of-day clear is under way"),
)

#: (lsb, width) of each field of the state word.
STATE_DOC = {field.name: (field.lsb, field.width) for field in STATE_FIELDS}


@dataclass(frozen=True)
class RecordField:
    """A field of a record: NumPy format, little-endian, and what it means."""

    name: str
    format: str
    doc: str


#: A record's first HEADER_BYTES, without gaps.
HEADER_FIELDS = (
    RecordField("seq", "<u8", "number of the record in the ring, from 1; written last"),
    RecordField("feed_seq", "<u8", "MoldUDP64 sequence number of the last message in this book"),
    RecordField("exchange_ns", "<u8", "that message's ITCH time stamp, ns since midnight Eastern"),
    RecordField("device_cycles", "<u8", "cycle, from reset, in which the word with its last byte entered the core"),
    RecordField("state", "<u4", "state word"),
    RecordField("locate", "<u2", "stock locate of the symbol"),
    RecordField("symbol", "u1", "index of the symbol"),
    RecordField("cause", "u1", "BOOK: ITCH type of that message; FEED: FeedEvent"),
    RecordField("last_price", "<u4", "price of the last trade (E, C, P), 1/10,000; 0 before the first"),
    RecordField("last_shares", "<u4", "its shares"),
    RecordField("kind", "u1", "RecordKind"),
    RecordField("bids_valid", "u1", "levels of `bids` that are true; fewer than there are while the book moves"),
    RecordField("asks_valid", "u1", "the same for `asks`"),
    RecordField("whole", "u1", "bit 0: `bids` holds all levels there are, up to K; bit 1: `asks` does"),
    RecordField("lat_decode", "u1", "cycles from `device_cycles` until the message was decoded"),
    RecordField("lat_best", "u1", "cycles until the best price was up to date"),
    RecordField("lat_levels", "<u2", "cycles until all levels were known"),
    RecordField("aux", "<u8", "FEED: see FeedEvent; BOOK: number of book messages applied to this symbol"),
)

#: One price level; all zero where there is none.
LEVEL_FIELDS = (
    RecordField("price", "<u4", "1/10,000"),
    RecordField("shares", "<u4", "shares of all its orders"),
    RecordField("orders", "<u4", "number of its orders"),
)


# One object for each size: NumPy compares those that are not the same field by field.
@cache
def record_dtype(levels: int) -> np.dtype[np.void]:
    """Return the dtype of one ring record with ``levels`` (K, 1..16) levels a side; its size is a power of two.

    HEADER_FIELDS, then ``bids`` and ``asks``, each ``levels`` times LEVEL_FIELDS, best first; the rest is filling.
    Prices in 1/10,000, shares and orders as counts, 0 where there is no level. ``seq`` is the last word of a record to
    be written. Raises ValueError for other ``levels``.
    """
    if not 1 <= levels <= MAX_LEVELS:
        raise ValueError(f"levels must be 1..{MAX_LEVELS}, not {levels}")
    level = np.dtype([(field.name, field.format) for field in LEVEL_FIELDS])
    header = np.dtype([(field.name, field.format) for field in HEADER_FIELDS])
    assert level.itemsize == LEVEL_BYTES and header.itemsize == HEADER_BYTES and header.fields is not None
    side = levels * LEVEL_BYTES
    return np.dtype({
        "names": [*header.fields, "bids", "asks"],
        "formats": [*(field.format for field in HEADER_FIELDS), (level, (levels,)), (level, (levels,))],
        "offsets": [*(offset for _, offset, *_ in header.fields.values()), HEADER_BYTES, HEADER_BYTES + side],
        "itemsize": 1 << (HEADER_BYTES + 2 * side - 1).bit_length(),
    })
