"""The state of all followed symbols: their last BOOK records, in place."""

from struct import Struct
from typing import Any

import numpy as np
import numpy.typing as npt

from wire.records import HEADER_BYTES, LEVEL_BYTES, NOT_LIVE, FeedEvent, RecordKind, State, TradingState, record_dtype

__all__ = ["NOT_OPEN", "Views", "ViewsError"]

Records = npt.NDArray[Any]

_HALTS = State.OPERATIONAL_HALT_Q | State.OPERATIONAL_HALT_B | State.OPERATIONAL_HALT_X
_TRADING_BITS, _MWCB_BITS, _EVENT_BITS = 7, 3 << 12, 7 << 8
#: System events in which nothing trades: end of system hours (E), of messages (C).
_CLOSING = (5 << 8, 6 << 8)
#: Bits of a state word that must not be set where orders are to go.
NOT_OPEN = int(NOT_LIVE | _HALTS) | _MWCB_BITS
_OPEN_MASK, _TRADING = NOT_OPEN | _TRADING_BITS, int(TradingState.TRADING)

_EVENTS = {int(event): event for event in FeedEvent}
#: What shuts the feed, and what opens it again.
_SHUTS = (FeedEvent.STALE, FeedEvent.SILENT, FeedEvent.SUSPECT, FeedEvent.SESSION_ENDED)
_OPENS = {FeedEvent.RECOVERED: (FeedEvent.STALE,), FeedEvent.HEARD: (FeedEvent.SILENT,), FeedEvent.CLEARED: _SHUTS}


class ViewsError(Exception):
    """Records that do not fit; the text says how."""


class Views:
    """The last BOOK record of each symbol, with the feed's own state. Prices are 1/10,000, times ns of the exchange.

    rows: one record (wire.records) for each symbol, all zero before its first. The other arrays are views of it, by
    symbol: ``state``, ``exchange_ns``, ``feed_seq``, ``last_price``, ``last_shares``, ``bids_valid``, ``asks_valid``,
    and by symbol and level ``bid_price``, ``bid_shares``, ``ask_price``, ``ask_shares``. They stay the same arrays, and
    change while events come: copy what is to be kept. Levels from ``bids_valid`` on are not known.
    places: the bytes of each symbol's row.
    down: FeedEvents for which nothing may be traded on now, besides what the state words say.
    """

    def __init__(self, symbols: int, levels: int) -> None:
        if not 1 <= symbols <= 256:
            raise ValueError(f"symbols must be 1..256, not {symbols}")
        self.symbols, self.levels, self.dtype = symbols, levels, record_dtype(levels)
        self.rows: Records = np.zeros(symbols, self.dtype)
        self.state: npt.NDArray[np.uint32] = self.rows["state"]
        self.exchange_ns: npt.NDArray[np.uint64] = self.rows["exchange_ns"]
        self.feed_seq: npt.NDArray[np.uint64] = self.rows["feed_seq"]
        self.last_price: npt.NDArray[np.uint32] = self.rows["last_price"]
        self.last_shares: npt.NDArray[np.uint32] = self.rows["last_shares"]
        self.bids_valid: npt.NDArray[np.uint8] = self.rows["bids_valid"]
        self.asks_valid: npt.NDArray[np.uint8] = self.rows["asks_valid"]
        self.bid_price: npt.NDArray[np.uint32] = self.rows["bids"]["price"]
        self.bid_shares: npt.NDArray[np.uint32] = self.rows["bids"]["shares"]
        self.ask_price: npt.NDArray[np.uint32] = self.rows["asks"]["price"]
        self.ask_shares: npt.NDArray[np.uint32] = self.rows["asks"]["shares"]
        self.down: set[FeedEvent] = set()
        self.memory = self.rows.view(np.uint8).data
        self._size = self.dtype.itemsize
        self.places = [self.memory[place:place + self._size] for place in range(0, symbols * self._size, self._size)]
        # state, valid levels, best bid and ask, read at once as Python's integers, which do not overflow
        self._touch = Struct(f"<I13xBB{HEADER_BYTES - 51}xII{levels * LEVEL_BYTES - 8}xII").unpack_from
        self._touch_at = self.dtype.fields["state"][1] if self.dtype.fields else 0
        self._last = np.zeros(symbols, np.int64)

    def touch(self, symbol: int) -> tuple[int, int, int, int] | None:
        """Return best bid, its shares, best ask, its shares; None when no order may be based on them.

        That is so when the feed is down, the symbol does not trade, its book is not live, or a best level is not known
        or not there.
        """
        state, bids, asks, bid, bid_shares, ask, ask_shares = self._touch(
            self.memory, symbol * self._size + self._touch_at)
        if (state & _OPEN_MASK != _TRADING or state & _EVENT_BITS in _CLOSING or not bids or not asks
                or not bid or bid >= ask or not ask or self.down):
            return None
        return bid, bid_shares, ask, ask_shares

    def levels_of(self, symbol: int) -> tuple[list[tuple[int, int, int]], list[tuple[int, int, int]]]:
        """Return the known levels of bids and of asks, best first: price, shares, number of orders."""
        row = self.rows[symbol]
        bids: list[tuple[int, int, int]] = row["bids"][:row["bids_valid"]].tolist()
        asks: list[tuple[int, int, int]] = row["asks"][:row["asks_valid"]].tolist()
        return bids, asks

    def open(self) -> npt.NDArray[np.bool_]:
        """Return, for all symbols, whether ``touch`` has something."""
        if self.down:
            return np.zeros(self.symbols, np.bool_)
        state, bid, ask = self.state, self.bid_price[:, 0], self.ask_price[:, 0]
        found: npt.NDArray[np.bool_] = (
            (state & _OPEN_MASK == _TRADING) & ~np.isin(state & _EVENT_BITS, _CLOSING)
            & (self.bids_valid > 0) & (self.asks_valid > 0) & (bid > 0) & (bid < ask))
        return found

    def word(self, symbol: int) -> int:
        """Return the state word of ``symbol``, ``stale`` when the feed is down."""
        return int(self.state[symbol]) | (State.STALE if self.down else 0)

    def feed(self, cause: int) -> None:
        """Apply what happened to the feed: ``cause`` of a FEED record. Raises ViewsError when it is no FeedEvent."""
        event = _EVENTS.get(cause)
        if event is None:
            raise ViewsError(f"a record of the feed with cause {cause}, which is no FeedEvent")
        if event in _SHUTS:
            self.down.add(event)
            return
        self.down.difference_update(_OPENS[event])
        if not self.down & {FeedEvent.STALE, FeedEvent.SILENT}:
            self.state &= np.uint32(~State.STALE & 0xFFFF_FFFF)

    def lapsed(self) -> None:
        """Records were lost: no symbol is to be traded on before its next one, which tells of the feed, too."""
        self.down.clear()
        self.state |= np.uint32(State.INCOMPLETE)

    def update(self, records: Records) -> npt.NDArray[np.intp]:
        """Apply records, oldest first, as if one by one; return the symbols of BOOK records among them.

        Raises ViewsError when they are of other levels, or of more symbols.
        """
        self.check(records)
        feed = records["kind"] != RecordKind.BOOK
        if feed.any():
            changed = np.zeros(self.symbols, np.bool_)
            cuts = np.flatnonzero(feed)
            begin = 0
            for cut in [*cuts.tolist(), len(records)]:
                changed[self._books(records[begin:cut])] = True
                if cut < len(records):
                    self.feed(int(records["cause"][cut]))
                begin = cut + 1
            return np.flatnonzero(changed)
        return self._books(records)

    def check(self, records: Records) -> None:
        """Raise ViewsError when ``records`` are of another form."""
        if records.dtype is not self.dtype and records.dtype != self.dtype:
            raise ViewsError(f"records of {records.dtype.itemsize} bytes are not of {self.levels} levels")

    def _books(self, records: Records) -> npt.NDArray[np.intp]:
        if not len(records):
            return np.zeros(0, np.intp)
        symbol = records["symbol"]
        if int(symbol.max()) >= self.symbols:
            raise ViewsError(f"a record of symbol {int(symbol.max())}, where {self.symbols} are followed")
        # Of an index that comes twice, the assignment keeps the last value.
        self._last[:] = -1
        self._last[symbol] = np.arange(len(records))
        changed = np.flatnonzero(self._last >= 0)
        self.rows[changed] = records[self._last[changed]]
        return changed
