"""Which symbols of a file to follow, and where to lay their windows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from host.cli.errors import UserError
from host.cli.flow import Flow

__all__ = ["Chosen", "Directory", "choose_base", "choose_symbols"]

#: Types that bring a price into the book, and the types whose stock field names a locate.
_PRICED = "AFU"
_NAMED = "RAF"


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """One symbol to follow.

    name: stock name, or "#13" where the file names it nowhere. locate: its stock locate. base: lowest price of its
    window, 1/10,000. prices: orders and replaces that bring a price. covered: those inside the window.
    learned: the device learns the locate from the directory message (R), which comes before the first book message;
    otherwise it is told.
    """

    name: str
    locate: int
    base: int
    prices: int
    covered: int
    learned: bool


class Directory:
    """Names and locates that a file tells of."""

    def __init__(self, flow: Flow) -> None:
        self._locates = set(np.unique(flow.locates).tolist())
        self._by_locate: dict[int, str] = {}
        self._taught: dict[int, int] = {}
        for letter in _NAMED:
            where, rows = flow.rows(letter)
            locates, first = np.unique(rows["locate"], return_index=True)
            for locate, row in zip(locates.tolist(), first.tolist(), strict=True):
                self._by_locate.setdefault(locate, rows["stock"][row].decode("latin-1").strip())
                if letter == "R":
                    self._taught[locate] = int(where[row])
        self._by_name = {name: locate for locate, name in reversed(self._by_locate.items())}
        locates, first = np.unique(flow.locates[flow.book], return_index=True)
        self._begins = dict(zip(locates.tolist(), np.flatnonzero(flow.book)[first].tolist(), strict=True))

    @property
    def with_book(self) -> list[int]:
        """Locates that have a book message, in the order of their first."""
        return sorted(self._begins, key=lambda locate: self._begins[locate])

    def name(self, locate: int) -> str:
        """Return the name of ``locate``, "#13" where the file has none."""
        return self._by_locate.get(locate, f"#{locate}")

    def learned(self, locate: int) -> bool:
        """Return whether a directory message names ``locate`` before its first book message, and no other its name."""
        return (locate in self._taught and self._taught[locate] < self._begins.get(locate, self._taught[locate] + 1)
                and self._by_name[self._by_locate[locate]] == locate)

    def find(self, wanted: str) -> int:
        """Return the locate of ``wanted``, a stock name, or a locate as ``13`` or ``#13`` of which
        there is a message. Raises UserError."""
        if wanted in self._by_name:
            return self._by_name[wanted]
        digits = wanted.removeprefix("#")
        if digits.isdecimal() and int(digits) in self._locates:
            return int(digits)
        some = ", ".join(sorted(self._by_name)[:8])
        known = f"it names {some}{' ...' if len(self._by_name) > 8 else ''}" if some else "it names none"
        what = "message of stock locate" if digits.isdecimal() else "symbol"
        raise UserError(f"the file has no {what} {wanted!r}; {known}")


def choose_symbols(flow: Flow, wanted: Sequence[str] | None, *, capacity: int, window: int,
                   tick: int) -> tuple[list[Chosen], int]:
    """Choose up to ``capacity`` symbols, and how many were left out for lack of room.

    wanted: names or locates; None for all symbols with a book message, in the order of their first.
    window: ticks of a window; tick: price units of a tick. Raises UserError for an unknown symbol, one named twice, or
    more than the device can follow.
    """
    directory = Directory(flow)
    left_out = 0
    if wanted is None:
        order = directory.with_book
        left_out = max(len(order) - capacity, 0)
        order = order[:capacity]
    else:
        order = [directory.find(name) for name in wanted]
        for position, locate in enumerate(order):
            if locate in order[:position]:
                raise UserError(f"symbol {wanted[position]!r} is named twice (stock locate {locate})")
        if len(order) > capacity:
            raise UserError(f"the device follows {capacity} symbols, not {len(order)}")
    prices = _prices(flow, order)
    chosen = []
    for locate in order:
        base, covered = choose_base(prices[locate], window=window, tick=tick)
        chosen.append(Chosen(name=directory.name(locate), locate=locate, base=base, prices=len(prices[locate]),
                             covered=covered, learned=directory.learned(locate)))
    return chosen, left_out


def choose_base(prices: npt.NDArray[np.int64], *, window: int, tick: int) -> tuple[int, int]:
    """Return the lowest price of the window to lay over ``prices`` (1/10,000), and how many of them it holds.

    The window is centred on the median of what the fullest window holds, so that there is room on both sides; only
    where that would lose more than one price in a hundred, it is moved just as far as the fullest window needs.
    ``window`` ticks of ``tick`` price units each; the base is a multiple of ``tick``, at least 0.
    """
    if not len(prices):
        return 0, 0
    ticks = np.sort(prices // tick)
    held = np.searchsorted(ticks, ticks + window, side="left") - np.arange(len(ticks))
    start = int(held.argmax())
    inside = ticks[start:start + int(held[start])]
    centred = max(int(inside[len(inside) // 2]) - window // 2, 0)
    lowest, highest = int(inside[-1]) - window + 1, int(inside[0])
    for base in (centred, min(max(centred, lowest), highest)):
        low, high = np.searchsorted(ticks, [base, base + window])
        if 100 * int(high - low) >= 99 * len(inside):
            break
    return base * tick, int(high - low)


def _prices(flow: Flow, locates: Sequence[int]) -> dict[int, npt.NDArray[np.int64]]:
    """Return the prices that orders of each locate bring."""
    found: dict[int, list[npt.NDArray[np.int64]]] = {locate: [] for locate in locates}
    for letter in _PRICED:
        _, rows = flow.rows(letter)
        of = rows["locate"].astype(np.int64)
        order = np.argsort(of, kind="stable")
        ranked = of[order]
        price = rows["price"].astype(np.int64)[order]
        for locate in locates:
            low, high = np.searchsorted(ranked, [locate, locate + 1])
            found[locate].append(price[low:high])
    return {locate: np.concatenate(parts) for locate, parts in found.items()}
