"""A table that may grow for ever, in bounded memory: what is kept of it is spread evenly over all that came."""

import numpy as np
import numpy.typing as npt

from host.report.data import Table

__all__ = ["Thinned", "merged"]

_Places = npt.NDArray[np.int64]


class Thinned:
    """Rows as they come, at most ``most`` of them: one in ``one_in``, the first among them.

    ``one_in`` is 1 as long as there is room for all, and doubles whenever there is not.
    """

    def __init__(self, dtype: np.dtype[np.void], most: int) -> None:
        """Raises ValueError for a ``most`` below 2."""
        if most < 2:
            raise ValueError(f"most must be at least 2, not {most}")
        self.one_in, self._most, self._seen, self._kept = 1, most, 0, 0
        self._parts = [(np.zeros(0, np.int64), np.zeros(0, dtype))]

    def add(self, rows: Table, places: _Places | None = None) -> None:
        """Take rows. places: of each in an order that it shares with other tables, its number here without."""
        numbers = self._seen + np.arange(len(rows))
        wanted = numbers % self.one_in == 0
        self._parts.append(((numbers if places is None else places)[wanted], rows[wanted]))
        self._seen += len(rows)
        self._kept += int(np.count_nonzero(wanted))
        while self._kept > self._most:
            kept, whole = self.whole()
            self._parts = [(kept[::2], whole[::2])]
            self._kept, self.one_in = len(whole[::2]), 2 * self.one_in

    def whole(self) -> tuple[_Places, Table]:
        """Return places and rows of all that is kept."""
        places, rows = zip(*self._parts, strict=True)
        return np.concatenate(places), np.concatenate(rows)


def merged(*tables: Thinned) -> Table:
    """Return the rows of all ``tables``, in the order of their places."""
    places, rows = zip(*(table.whole() for table in tables), strict=True)
    joined: Table = np.concatenate(rows)[np.argsort(np.concatenate(places), kind="stable")]
    return joined
