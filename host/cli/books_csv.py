"""``--books``: one row for each book message of the chosen symbols, the book as it is once settled after it."""

from typing import Any, TextIO

import numpy as np
import numpy.typing as npt

from host.cli.flow import Flow
from host.cli.symbols import Chosen
from wire.records import LEVEL_BYTES

__all__ = ["DEPTH", "HEADER", "BooksWriter"]

#: Levels a side in a row.
DEPTH = 5
HEADER = ",".join(["msg_index", "type", "symbol", "state", "ts_ns"]
                  + [f"{side}{what}{n}" for side in "ba" for n in range(1, DEPTH + 1) for what in "pqn"])


class BooksWriter:
    """Writes rows: ``msg_index`` from 0, type, symbol, state word, exchange time, then 5 levels of bids and of asks.

    A level is price (1/10,000), shares and orders; 0 where there is none.

    rows: rows written. incomplete: book messages without a row, for want of a record that holds all levels.
    """

    def __init__(self, out: TextIO, chosen: list[Chosen], *, levels: int) -> None:
        """Write the header to ``out``. ``levels``: K of the records; with less than 5 the rest of a row stays 0."""
        self._out = out
        self._names = {symbol.locate: symbol.name for symbol in chosen}
        self._levels = min(levels, DEPTH)
        self.rows = 0
        self.incomplete = 0
        out.write(HEADER + "\n")

    def take(self, flow: Flow, relevant: npt.NDArray[np.int64], records: npt.NDArray[Any],
             row: npt.NDArray[np.int64]) -> None:
        """Write the rows of one piece (``session.Sink``)."""
        index = relevant[row >= 0]
        books = records[row[row >= 0]]
        whole = books["whole"] == 3
        self.incomplete += int(np.count_nonzero(row == -1) + np.count_nonzero(~whole))
        index, books = index[whole], books[whole]
        numbers = np.zeros((len(books), 2, DEPTH, 3), np.uint32)
        for side, name in enumerate(("bids", "asks")):
            levels = _words(books, name)[:, :self._levels]
            there = np.arange(self._levels) < books[f"{name}_valid"][:, None]
            numbers[:, side, :self._levels] = np.where(there[..., None], levels, 0)
        heads = zip(index.tolist(), books["cause"].tolist(), books["locate"].tolist(), books["state"].tolist(),
                    books["exchange_ns"].tolist(), numbers.reshape(len(books), 6 * DEPTH).tolist(), strict=True)
        names = self._names
        self._out.writelines(f"{n},{cause:c},{names[locate]},{state},{time},{','.join(map(str, levels))}\n"
                             for n, cause, locate, state, time, levels in heads)
        self.rows += len(books)


def _words(books: npt.NDArray[Any], name: str) -> npt.NDArray[np.uint32]:
    """Return the levels of one side of contiguous records as numbers: (n, K, 3)."""
    fields = books.dtype.fields
    assert fields is not None
    shape, offset = fields[name][0], fields[name][1]
    levels = shape.itemsize // LEVEL_BYTES
    words = books.view("<u4").reshape(len(books), books.dtype.itemsize // 4)
    return words[:, offset // 4:offset // 4 + 3 * levels].reshape(len(books), levels, 3)
