"""The driver of the risk gate: requests and reports in, verdicts out, heartbeat, what it holds and what shuts it."""

from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import numpy as np
import numpy.typing as npt

from host.device.driver import Device, DeviceError
from host.device.reader import LOST, EventReader
from host.risk.rows import shown_values
from wire.pages import HEARTBEAT, SLOT_BYTES, SLOTS, Page
from wire.registers import ADDRESS_BITS, by_name
from wire.risk import REPORT_DTYPE, REPORT_KINDS, REQUEST_DTYPE, REQUEST_FIELDS, REQUEST_KINDS, SHOWN_WORDS

__all__ = ["Gate", "GateSizes", "verdict_count"]

Records = npt.NDArray[Any]

_WORD, _DATA = by_name("RISK_WORD").offset, by_name("RISK_DATA").offset
_REQUESTS, _REPORTS = frozenset(map(int, REQUEST_KINDS)), frozenset(map(int, REPORT_KINDS))
#: Where a slot has its kind: a report has it at the same place.
_KIND_AT = sum(np.dtype(field.format).itemsize for field in takewhile(lambda one: one.name != "kind", REQUEST_FIELDS))
_DECIDED = ("RISK_ACCEPTED", "RISK_REFUSED", "RISK_APPLIED", "RISK_UNMATCHED")


def verdict_count(device: Device) -> int:
    """Return how many verdicts the gate of ``device`` has given, but for the last few cycles'."""
    return sum(device.read(name) for name in _DECIDED)


@dataclass(frozen=True, kw_only=True)
class GateSizes:
    """What the gate is: accounts, open orders it can hold, orders that rule 19 remembers, cycles to a decision."""

    accounts: int
    open_orders: int
    duplicates: int
    decision: int


class Gate:
    """One process's use of a device's gate. Requests and reports may come from one process each, not from two.

    A slot of a window is the host's again when its verdict was seen, so :meth:`submit` and :meth:`report` write no more
    slots than verdicts were seen for: what does not fit is left to the caller, and never written over.
    """

    def __init__(self, device: Device) -> None:
        """Take the windows and the verdict ring of ``device`` over, from the next verdict on.

        Raises DeviceError when the device has no risk gate, or the verdict ring's memory has no power of two entries.
        """
        self.device = device
        capability = device.fields("CAP_RISK")
        if not capability["decision"]:
            raise DeviceError("the device has no risk gate")
        self.sizes = GateSizes(
            accounts=1 << capability["log2_accounts"], open_orders=1 << capability["log2_orders"],
            duplicates=capability["duplicates"], decision=capability["decision"])
        ring = device.transport.verdicts
        if len(ring) < 2 or len(ring) & (len(ring) - 1):
            raise DeviceError(f"the verdict ring's memory holds {len(ring)} verdicts, which is no power of two")
        device.write("VERDICT_ENTRIES", len(ring).bit_length() - 1)
        self._ring = ring
        self._verdicts = self.reader()
        self._requests, self._reports = _Window(Page.ORDERS), _Window(Page.REPORTS)

    def reader(self, *, first: int | None = None) -> EventReader:
        """Return a reader of the verdict ring, an own one, from verdict ``first`` on; by default from the next one."""
        return EventReader(self._ring, first=self._decided() + 1 if first is None else first)

    def submit(self, requests: Records) -> int:
        """Publish ``requests`` (REQUEST_DTYPE) from the first on; return how many found a free slot.

        Raises ValueError for another dtype, or a kind that is no request's.
        """
        return self._publish(self._requests, requests, REQUEST_DTYPE, _REQUESTS, "request")

    def report(self, reports: Records) -> int:
        """Publish ``reports`` (REPORT_DTYPE) from the first on; return how many found a free slot.

        Raises ValueError for another dtype, or a kind that is no report's.
        """
        return self._publish(self._reports, reports, REPORT_DTYPE, _REPORTS, "report")

    def free(self) -> bool:
        """Return whether a request would find a slot now."""
        if not self._requests.free:
            self._look()
        return self._requests.free > 0

    def publish(self, slot: npt.NDArray[np.uint32]) -> None:
        """Publish one request, as the words of a slot, for which ``free`` has found one."""
        self.device.transport.write_words(self._requests.take(), slot)

    def beat(self) -> None:
        """Tell the gate that the host lives. What was lost by then stays lost until it is resumed."""
        self.device.transport.write(Page.REPORTS << ADDRESS_BITS | HEARTBEAT, 1)

    def status(self) -> dict[str, int]:
        """Return the fields of RISK_STATUS."""
        return self.device.fields("RISK_STATUS")

    def show(self, account: int, symbol: int) -> dict[str, Any]:
        """Return wire.risk.SHOWN_FIELDS of ``account`` and ``symbol`` by name, all as they were in one cycle; rows of
        limits as {field: number}. Raises ValueError for an index that the gate does not have."""
        if not 0 <= account < self.sizes.accounts:
            raise ValueError(f"account must be 0..{self.sizes.accounts - 1}, not {account}")
        if not 0 <= symbol < self.device.capabilities.symbols:
            raise ValueError(f"symbol must be 0..{self.device.capabilities.symbols - 1}, not {symbol}")
        self.device.write("RISK_SELECT", account | symbol << 16)
        return shown_values(self.device.transport.read_indexed(_WORD, _DATA, SHOWN_WORDS))

    def _decided(self) -> int:
        """Return the number of the last verdict written."""
        seen = int((self._ring["seq"] & np.uint64(LOST - 1)).max())
        return seen if seen else verdict_count(self.device)

    def _publish(self, window: "_Window", slots: Records, dtype: "np.dtype[np.void]", kinds: frozenset[int],
                 what: str) -> int:
        if slots.dtype is not dtype and slots.dtype != dtype:
            raise ValueError(f"slots must be of {dtype}, not {slots.dtype}")
        data = slots.tobytes()
        for kind in data[_KIND_AT::SLOT_BYTES]:
            if kind not in kinds:
                raise ValueError(f"kind {kind} is none of a {what}")
        if len(slots) > window.free:
            self._look()
        count = min(len(slots), window.free)
        words = np.frombuffer(data, "<u4").reshape(-1, SLOT_BYTES // 4)
        for place in range(count):
            self.device.transport.write_words(window.take(), words[place])
        return count

    def _look(self) -> None:
        """Give the windows back what verdicts were written for."""
        lost = self._verdicts.lost
        for verdicts in self._verdicts.drain():
            requests = int(np.count_nonzero(np.isin(verdicts["kind"], REQUEST_KINDS)))
            self._requests.give(requests)
            self._reports.give(len(verdicts) - requests)
        if self._verdicts.lost != lost:
            # A ring holds far more than the windows: what had waited before it came round once has been decided.
            self._requests.give(SLOTS)
            self._reports.give(SLOTS)


class _Window:
    """Slots of one page: taken in a circle, given back in the order in which they were taken."""

    def __init__(self, page: Page) -> None:
        self._base = page << ADDRESS_BITS
        self._next = 0
        self.free = SLOTS

    def take(self) -> int:
        """Return the address of the next slot."""
        address = self._base + SLOT_BYTES * self._next
        self._next = (self._next + 1) % SLOTS
        self.free -= 1
        return address

    def give(self, slots: int) -> None:
        """Take ``slots`` back; those of another process, which used the window before, count for nothing."""
        self.free = min(SLOTS, self.free + slots)
