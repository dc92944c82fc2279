"""Ring records made by hand, and a market that does what it likes with orders."""

import numpy as np

from host.strategy.views import Views
from wire.records import FeedEvent, RecordKind, State, TradingState

__all__ = ["LEVELS", "LIVE", "SYMBOLS", "book", "feed", "records", "views"]

SYMBOLS, LEVELS = 4, 4
LIVE = TradingState.TRADING | State.DIRECTORY


def views():
    return Views(SYMBOLS, LEVELS)


def records(*rows):
    """Return the rows, each a record, as one array."""
    return np.frombuffer(b"".join(row.tobytes() for row in rows), views().dtype)


def book(symbol, bids=((10_0000, 100),), asks=((10_0100, 100),), *, state=LIVE, cause=b"A", last=(0, 0), ns=0):
    """Return a BOOK record; bids and asks: (price, shares) of each level."""
    row = np.zeros(1, views().dtype)
    row["kind"], row["symbol"], row["state"], row["cause"], row["exchange_ns"] = RecordKind.BOOK, symbol, state, \
        cause[0], ns
    row["last_price"], row["last_shares"] = last
    row["whole"], row["bids_valid"], row["asks_valid"] = 3, len(bids), len(asks)
    for side, levels in (("bids", bids), ("asks", asks)):
        for place, (price, shares) in enumerate(levels):
            row[side][0, place] = price, shares, 1
    return row


def feed(event: FeedEvent):
    row = np.zeros(1, views().dtype)
    row["kind"], row["cause"] = RecordKind.FEED, event
    return row
