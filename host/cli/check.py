"""The check loop: the device's book against the reference model's after every book message."""

import importlib
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from host.cli.flow import Flow
from host.cli.symbols import Chosen
from host.device.driver import Capabilities

__all__ = ["Checker"]

#: Mismatches that are kept with both books; the rest is only counted.
_KEPT = 5


class Checker:
    """Applies messages to a reference book (sim/models/book.py) and compares what the device published of each.

    missing: book messages of which there is no record. shown: the first mismatches, (message number, text).
    """

    def __init__(self, chosen: Iterable[Chosen], capabilities: Capabilities, *, strict: bool = True) -> None:
        """Follow ``chosen`` as the device does: those known by a directory message from that message on.

        strict: every book message must have a record of its own, so that one without is shown.
        """
        chosen = list(chosen)
        self._strict = strict
        self._model = importlib.import_module("sim.models.book").ReferenceBook(
            locates=[symbol.locate for symbol in chosen if not symbol.learned],
            names=[symbol.name for symbol in chosen if symbol.learned], tick=capabilities.tick,
            ref_bits=capabilities.ref_bits, share_bits=capabilities.share_bits)
        self._comparer = importlib.import_module("sim.models.compare").Comparer(capabilities.levels)
        self._record_bytes = capabilities.record_bytes
        self.missing = 0
        self.shown: list[tuple[int, str]] = []

    @property
    def compared(self) -> int:
        """Book messages whose record was compared with the model."""
        return int(self._comparer.compared)

    @property
    def mismatches(self) -> int:
        """Compared messages after which device and model differ."""
        return int(self._comparer.mismatches)

    def take(self, flow: Flow, relevant: npt.NDArray[np.int64], records: npt.NDArray[Any],
             row: npt.NDArray[np.int64]) -> None:
        """Apply messages and compare the records of those that are book messages.

        relevant: positions in ``flow``, rising, of every message that the followed symbols may know.
        records: records, contiguous. row: for each of ``relevant`` the position of its record in ``records``; -1 where
        a book message has none, -2 where the message is no book message.
        """
        apply, compare, size = self._model.apply, self._comparer.check, self._record_bytes
        raw = records.tobytes()
        for index, message, place in zip(relevant.tolist(), flow.messages(relevant), row.tolist(), strict=True):
            book = apply(message)
            if place >= 0:
                found = compare(raw[place * size:(place + 1) * size], book)
                if found is not None:
                    self._keep(index, str(found))
            elif place == -1:
                self.missing += 1
                if self._strict:
                    self._keep(index, "the device published no record of this message")

    def _keep(self, index: int, text: str) -> None:
        if len(self.shown) < _KEPT:
            self.shown.append((index, text))
