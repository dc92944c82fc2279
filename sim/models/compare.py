"""Comparison of a book record of the device with the reference book."""

import struct
from dataclasses import dataclass
from itertools import chain

import numpy as np

from sim.models.book import SymbolBook
from wire.records import LEVEL_BYTES, NOT_LIVE, RecordKind, State, record_dtype

__all__ = ["Mismatch", "Comparer", "ladder"]

Level = tuple[int, int, int]

_SKIPPED = int(NOT_LIVE & ~State.CROSSED)
_FIELDS = 0xFFFF                                # the bits of the state word that messages set
_CROSSED, _ERROR = int(State.CROSSED), int(State.ERROR)
_BOOK = int(RecordKind.BOOK)
_MARKS = int(State.ERROR | State.INCOMPLETE)
_OTHER_LOSS = int(State.INCOMPLETE | State.STALE | State.SUSPECT | State.CLEARING)


@dataclass(frozen=True)
class Mismatch:
    """A difference between device and reference.

    what: field that differs: ``bids``, ``asks``, ``state``, ``crossed``, ``last trade``, ``locate``, ``mark``.
    level: index of the first level that differs, None if ``what`` is no side or its count is wrong.
    device, model: the differing values. text: everything, both books among it, for a terminal.
    """

    what: str
    level: int | None
    device: object
    model: object
    text: str

    def __str__(self) -> str:
        return self.text


class Comparer:
    """Compares records with ``levels`` (K) levels a side, and counts.

    A record is *not live* if its state has any of wire.records.NOT_LIVE except CROSSED. Such records are counted in
    ``not_live`` and their levels are not looked at; but a record whose only mark is ``error`` while the reference
    sees no error is a mismatch (``mark``), since a later error needs a cause. All others are compared:

    * a reference marked ``error`` or ``incomplete`` is a mismatch (``mark``): the device passed over what it should
      have marked;
    * ``locate``, state bits 15..0, ``crossed``, last trade are equal;
    * the ``bids_valid`` levels equal the best of the reference; with bit 0 of ``whole`` set there are min(K, depth)
      of them; the other levels are zero; the same for asks and bit 1.

    compared, mismatches, not_live: records so far; compared includes the mismatches among live records.
    levels_compared: valid levels of the compared records, both sides together.
    """

    def __init__(self, levels: int):
        self.dtype = record_dtype(levels)
        self.compared = self.mismatches = self.not_live = self.levels_compared = 0
        self._levels = levels
        fields = self.dtype.fields
        self._offset = {name: fields[name][1] for name in fields}
        # One for each number of valid levels; the levels behind are zero.
        self._side_bytes = [struct.Struct(f"<{3 * n}I{LEVEL_BYTES * (levels - n)}x") for n in range(levels + 1)]
        self._state = struct.Struct("<IH").unpack_from          # state, locate
        self._last = struct.Struct("<IIBBBB").unpack_from       # last_price .. whole

    def check(self, record: np.void | bytes, book: SymbolBook) -> Mismatch | None:
        """Compare one BOOK record, or its bytes, with ``book``: the symbol's reference as of ``feed_seq``."""
        raw = record if isinstance(record, bytes) else record.tobytes()
        if len(raw) != self.dtype.itemsize:
            raise ValueError(f"record must have {self.dtype.itemsize} bytes, not {len(raw)}")
        state, locate = self._state(raw, self._offset["state"])
        last_price, last_shares, kind, bids_valid, asks_valid, whole = self._last(raw, self._offset["last_price"])
        if kind != _BOOK:
            raise ValueError(f"record must be of kind BOOK, not {kind}")
        if state & _SKIPPED:
            self.not_live += 1
            if state & _ERROR and not state & _OTHER_LOSS and not book.error:
                return self._mismatch("mark", None, State(_ERROR), State(book.state & _MARKS), raw, book)
            return None
        self.compared += 1
        expected = book.state
        if expected & _MARKS:
            return self._mismatch("mark", None, State(0), State(expected & _MARKS), raw, book)
        if book.locate is not None and locate != book.locate:
            return self._mismatch("locate", None, locate, book.locate, raw, book)
        if state & _FIELDS != expected & _FIELDS:
            return self._mismatch("state", None, state & _FIELDS, expected & _FIELDS, raw, book)
        if (state ^ expected) & _CROSSED:
            return self._mismatch("crossed", None, bool(state & _CROSSED), bool(expected & _CROSSED), raw, book)
        if (last_price, last_shares) != (book.last_price, book.last_shares):
            return self._mismatch("last trade", None, (last_price, last_shares), (book.last_price, book.last_shares),
                                  raw, book)
        self.levels_compared += bids_valid + asks_valid
        return (self._side("bids", bids_valid, whole & 1, book.bids(self._levels), raw, book)
                or self._side("asks", asks_valid, whole & 2, book.asks(self._levels), raw, book))

    def _side(self, name: str, valid: int, whole: int, expected: list[Level], raw: bytes,
              book: SymbolBook) -> Mismatch | None:
        if valid > len(expected) or (whole and valid != len(expected)):
            return self._mismatch(name, None, valid, len(expected), raw, book)
        numbers = chain.from_iterable(expected if valid == len(expected) else expected[:valid])
        if raw.startswith(self._side_bytes[valid].pack(*numbers), self._offset[name]):
            return None
        told = self._read(raw, name)
        wanted = expected[:valid] + [(0, 0, 0)] * (self._levels - valid)
        n = next(n for n, pair in enumerate(zip(told, wanted, strict=True)) if pair[0] != pair[1])
        return self._mismatch(name, n, told[n], wanted[n], raw, book)

    def _read(self, raw: bytes, name: str) -> list[Level]:
        flat = self._side_bytes[-1].unpack_from(raw, self._offset[name])
        return [flat[n:n + 3] for n in range(0, len(flat), 3)]

    def _mismatch(self, what: str, level: int | None, device: object, model: object, raw: bytes,
                  book: SymbolBook) -> Mismatch:
        self.mismatches += 1
        record = np.frombuffer(raw, self.dtype)[0]
        where = what if level is None else f"{what} level {level + 1}"
        title = f"{where}: device {_show(device)}, reference {_show(model)}"
        facts = (f"locate {record['locate']}, feed_seq {record['feed_seq']}, cause {_cause(int(record['cause']))}, "
                 f"device state {State(int(record['state']))!r}, reference {State(book.state)!r}")
        counts = (f"device, {record['bids_valid']} bids and {record['asks_valid']} asks valid, "
                  f"whole {record['whole']:02b}")
        text = "\n".join((title, facts, ladder(counts, self._read(raw, "bids"), self._read(raw, "asks")),
                          ladder("reference", book.bids(self._levels), book.asks(self._levels))))
        return Mismatch(what, level, device, model, text)


def ladder(title: str, bids: list[Level], asks: list[Level]) -> str:
    """Return a table of both sides, best levels first, for a terminal. Prices with four decimals."""
    head = f"{'orders':>8} {'shares':>10} {'bid':>13} | {'ask':<13} {'shares':<10} {'orders':<8}"
    lines = [title, head]
    for n in range(max(len(bids), len(asks))):
        left = "{2:>8} {1:>10} {0:>13}".format(_price(bids[n][0]), *bids[n][1:]) if n < len(bids) else " " * 33
        right = "{:<13} {:<10} {:<8}".format(_price(asks[n][0]), *asks[n][1:]) if n < len(asks) else ""
        lines.append(f"{left} | {right}".rstrip())
    return "\n".join(lines)


def _price(price: int) -> str:
    return f"{price // 10_000}.{price % 10_000:04d}"


def _show(value: object) -> str:
    return f"0x{value:x}" if isinstance(value, State) else str(value)


def _cause(code: int) -> str:
    return repr(chr(code)) if 0x20 < code < 0x7F else str(code)
