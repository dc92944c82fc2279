"""A table that may grow for ever, in bounded memory: what is kept of it is spread evenly over all that came."""

import numpy as np
import numpy.typing as npt

from host.report.data import Table

__all__ = ["Thinned", "merged"]

_Places = npt.NDArray[np.int64]

#: Rows that there is room for at first.
_FEW = 1 << 10


class Thinned:
    """Rows as they come, at most ``most`` of them: one in ``one_in``, the first among them.

    ``one_in`` is 1 as long as there is room for all, and doubles whenever there is not. However often rows come, and
    however few of them, the memory is that of the rows kept and of those that come at once.
    """

    def __init__(self, dtype: np.dtype[np.void], most: int) -> None:
        """Raises ValueError for a ``most`` below 2."""
        if most < 2:
            raise ValueError(f"most must be at least 2, not {most}")
        self.one_in, self._most, self._seen, self._kept = 1, most, 0, 0
        self._places, self._rows = np.zeros(_FEW, np.int64), np.zeros(_FEW, dtype)

    def add(self, rows: Table, places: _Places | None = None) -> None:
        """Take rows. places: of each in an order that it shares with other tables, its number here without."""
        first = -self._seen % self.one_in
        wanted, begin = rows[first::self.one_in], self._kept
        numbers = self._seen + np.arange(len(rows)) if places is None else places
        self._seen += len(rows)
        self._kept += len(wanted)
        self._make_room()
        self._rows[begin:self._kept] = wanted
        self._places[begin:self._kept] = numbers[first::self.one_in]
        while self._kept > self._most:
            places, kept = self.whole()
            self._kept, self.one_in = (self._kept + 1) // 2, 2 * self.one_in
            self._places[:self._kept], self._rows[:self._kept] = places[::2], kept[::2]

    def whole(self) -> tuple[_Places, Table]:
        """Return places and rows of all that is kept, as copies."""
        return self._places[:self._kept].copy(), self._rows[:self._kept].copy()

    def _make_room(self) -> None:
        if self._kept <= len(self._rows):
            return
        room = 1 << (self._kept - 1).bit_length()
        self._places = np.concatenate((self._places, np.zeros(room - len(self._places), np.int64)))
        self._rows = np.concatenate((self._rows, np.zeros(room - len(self._rows), self._rows.dtype)))


def merged(*tables: Thinned) -> Table:
    """Return the rows of all ``tables``, in the order of their places."""
    places, rows = zip(*(table.whole() for table in tables), strict=True)
    joined: Table = np.concatenate(rows)[np.argsort(np.concatenate(places), kind="stable")]
    return joined
