"""Records of the event ring for measurements."""

import numpy as np

from wire.records import RecordKind, State, TradingState, record_dtype

__all__ = ["LEVELS", "books"]

SEED = 20261121
CENT, LEVELS = 100, 8


def books(entries: int, symbols: int) -> np.ndarray:
    """Return a ring whose records 1 to ``entries`` are live books, of which each is what its symbol's last one was but
    for a step of its price and new sizes."""
    rng = np.random.default_rng(SEED)
    records = np.zeros(entries, record_dtype(LEVELS))
    records["seq"], records["kind"] = np.arange(1, entries + 1), RecordKind.BOOK
    records["symbol"] = rng.integers(0, symbols, entries)
    records["state"] = TradingState.TRADING | State.DIRECTORY
    records["cause"] = rng.choice(list(b"AAADXEU"), entries)
    records["bids_valid"] = records["asks_valid"] = LEVELS
    steps = np.where(rng.random(entries) < 0.1, rng.choice((-1, 1), entries), 0)
    middle = np.empty(entries, np.int64)
    for symbol in range(symbols):
        places = np.flatnonzero(records["symbol"] == symbol)
        middle[places] = 10_000 * (symbol + 1) + np.cumsum(steps[places])
    depth = np.arange(LEVELS)
    records["bids"]["price"] = CENT * (middle[:, None] - depth)
    records["asks"]["price"] = CENT * (middle[:, None] + 1 + depth)
    for side in ("bids", "asks"):
        records[side]["shares"] = rng.integers(1, 20, (entries, LEVELS)) * 100
        records[side]["orders"] = 1
    return records
