"""Rows of bytes that lie anywhere in a buffer: gathered and scattered in bulk."""

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

__all__ = ["gather", "scatter", "copy_rows"]


def gather(source: NDArray[np.uint8], places: NDArray[np.integer], size: int) -> NDArray[np.uint8]:
    """Return the ``size`` bytes at each of ``places`` as rows, shape (n, size)."""
    if not len(places):
        return np.zeros((0, size), np.uint8)
    return sliding_window_view(source, size)[places]


def scatter(target: NDArray[np.uint8], places: NDArray[np.integer], rows: NDArray) -> None:
    """Write ``rows``, (n, size) bytes or n structured records, to ``places`` of ``target``. They must not overlap."""
    if not len(places):
        return
    plain = np.ascontiguousarray(rows)
    plain = plain.view(np.uint8).reshape(len(places), -1)
    sliding_window_view(target, plain.shape[1], writeable=True)[places] = plain


def copy_rows(source: NDArray[np.uint8], starts: NDArray[np.integer], lengths: NDArray[np.integer],
              target: NDArray[np.uint8], places: NDArray[np.integer]) -> None:
    """Copy n rows of differing ``lengths`` from ``starts`` of ``source`` to ``places`` of ``target``."""
    for size, rows in _by_length(lengths):
        if size:
            scatter(target, places[rows], gather(source, starts[rows], size))


def _by_length(lengths: NDArray[np.integer]) -> Iterator[tuple[int, NDArray[np.int64]]]:
    order = np.argsort(lengths, kind="stable")
    edges = np.flatnonzero(np.diff(lengths[order])) + 1
    for rows in np.split(order, edges):
        if len(rows):
            yield int(lengths[rows[0]]), rows
