"""Ring records, device to host, and the state word of a symbol."""

from enum import IntEnum, IntFlag
from typing import Any

import numpy as np

__all__ = ["RecordKind", "FeedEvent", "State", "STATE_DOC", "NOT_LIVE", "TradingState", "record_dtype", "HEADER_BYTES",
           "LEVEL_BYTES"]

HEADER_BYTES = 64
LEVEL_BYTES = 12


class RecordKind(IntEnum):
    """What a record tells."""

    BOOK = 1   # the book of one symbol, settled up to ``feed_seq``
    FEED = 2   # something happened to the feed: ``cause`` is a FeedEvent; levels are zero


class FeedEvent(IntEnum):
    """``cause`` of a FEED record. ``aux`` carries the number given in brackets."""

    STALE = 1            # a gap outlived its window [first sequence number missing]
    RECOVERED = 2        # the gap is filled [next expected sequence number]
    SILENT = 3           # no packet and no heartbeat for the silence time [next expected sequence number]
    HEARD = 4            # the feed is heard again [next expected sequence number]
    SUSPECT = 5          # messages of a frame that proved bad were taken [next expected sequence number]
    SESSION_ENDED = 6    # end of session [next expected sequence number]
    CLEARED = 7          # start-of-day clear has finished [next expected sequence number]


class TradingState(IntEnum):
    """State[2:0], from Stock Trading Action (ITCH 5.0, H)."""

    UNKNOWN = 0
    HALTED = 1      # 'H'
    PAUSED = 2      # 'P'
    QUOTATION = 3   # 'Q'
    TRADING = 4     # 'T'


class State(IntFlag):
    """Bits of the 32-bit state word above the trading state (bits 2..0)."""

    OPERATIONAL_HALT_Q = 1 << 3   # h, market Q
    OPERATIONAL_HALT_B = 1 << 4   # h, market B
    OPERATIONAL_HALT_X = 1 << 5   # h, market X
    REGSHO_1 = 1 << 6             # Y, '1': in effect, intraday drop
    REGSHO_2 = 1 << 7             # Y, '2': stays in effect
    # bits 10..8: last system event, 0 none, then O S Q M E C as 1..6
    LULD_COLLAR = 1 << 11         # a J message was seen
    # bits 13..12: MWCB level breached, 0 none, 1..3
    DIRECTORY = 1 << 14           # an R message was seen
    STALE = 1 << 16               # behind the feed: gap not recovered, or feed silent
    INCOMPLETE = 1 << 17          # the top K may lack a level: table full, price outside the window
    CROSSED = 1 << 18             # best bid at or above best ask
    ERROR = 1 << 19               # the symbol's messages contradict the book: unknown reference, over-execution ...
    SUSPECT = 1 << 20             # bytes of a bad frame may be in the book
    CLEARING = 1 << 21            # start-of-day clear is under way


NOT_LIVE = (State.STALE | State.INCOMPLETE | State.CROSSED | State.ERROR | State.SUSPECT | State.CLEARING)

STATE_DOC = {
    "trading": (0, 3), "operational_halt": (3, 3), "regsho": (6, 2), "system_event": (8, 3), "luld_collar": (11, 1),
    "mwcb": (12, 2), "directory": (14, 1), "stale": (16, 1), "incomplete": (17, 1), "crossed": (18, 1),
    "error": (19, 1), "suspect": (20, 1), "clearing": (21, 1),
}


def record_dtype(levels: int) -> np.dtype[np.void]:
    """Return the dtype of one ring record with ``levels`` (K, 1..16) levels a side; its size is a power of two.

    All fields little-endian. Prices in 1/10,000, shares and orders as counts, 0 where there is no level.
    ``seq`` counts ring records from 1; it is the last word of a record to be written. Cycles count from reset.
    """
    if not 1 <= levels <= 16:
        raise ValueError(f"levels must be 1..16, not {levels}")
    level = np.dtype([("price", "<u4"), ("shares", "<u4"), ("orders", "<u4")])
    size = 1 << (HEADER_BYTES + 2 * levels * LEVEL_BYTES - 1).bit_length()
    fields: list[Any] = [
        ("seq", "<u8"),            # ring sequence number, from 1
        ("feed_seq", "<u8"),       # MoldUDP64 sequence number of the last message in this book
        ("exchange_ns", "<u8"),    # its ITCH time stamp, ns since midnight
        ("device_cycles", "<u8"),  # cycle in which the word with its last byte entered the core
        ("state", "<u4"),          # State
        ("locate", "<u2"),         # stock locate of the symbol
        ("symbol", "u1"),          # index of the symbol
        ("cause", "u1"),           # ITCH type of that message, or FeedEvent
        ("last_price", "<u4"),     # last trade (E, C, P); 0 before the first
        ("last_shares", "<u4"),
        ("kind", "u1"),            # RecordKind
        ("bids_valid", "u1"),      # levels of ``bids`` that are true; fewer than there are while the book moves
        ("asks_valid", "u1"),
        ("whole", "u1"),           # bit 0: ``bids`` holds all levels up to K; bit 1: ``asks`` does
        ("lat_decode", "u1"),      # cycles from ``device_cycles`` to: message decoded,
        ("lat_best", "u1"),        # best price updated,
        ("lat_levels", "<u2"),     # all levels known
        ("aux", "<u8"),            # FEED: see FeedEvent; BOOK: number of book messages applied to this symbol
        ("bids", level, (levels,)),
        ("asks", level, (levels,)),
    ]
    packed = np.dtype(fields)
    assert packed.names is not None and packed.fields is not None
    assert packed.itemsize == HEADER_BYTES + 2 * levels * LEVEL_BYTES
    return np.dtype({"names": list(packed.names), "formats": [packed.fields[name][0] for name in packed.names],
                     "offsets": [packed.fields[name][1] for name in packed.names], "itemsize": size})
