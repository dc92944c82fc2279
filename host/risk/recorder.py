"""From a device's verdict ring into the journal, verdict for verdict."""

from typing import Any

import numpy as np
import numpy.typing as npt

from host.device.driver import Device
from host.risk.gate import Gate, verdict_count
from host.risk.journal import DeviceLife, Journal
from wire.registers import CONTRACT_VERSION

__all__ = ["Recorder", "device_life"]


def device_life(device: Device) -> DeviceLife:
    """Return what the journal knows a device by."""
    return DeviceLife(contract=CONTRACT_VERSION, build=device.capabilities.build,
                      clock_hz=device.capabilities.clock_hz, cycles=device.read("CYCLES"),
                      verdicts=verdict_count(device))


class Recorder:
    """Writes the verdicts of a gate into a journal, from the one behind the journal's last on.

    What the ring still holds of the time when nobody wrote is written down too; the rest becomes a LOST entry.
    """

    def __init__(self, gate: Gate, journal: Journal) -> None:
        """Begin with ``journal.next_seq``; in a journal of another device, or of this one's life before its reset, a
        new life begins."""
        self._ring = gate.device.transport.verdicts
        self._journal = journal
        journal.begin(lambda: device_life(gate.device), anew=self._is_another())
        self._reader = gate.reader(first=journal.next_seq)

    def poll(self) -> int:
        """Write down what is new; return how many verdicts."""
        count = 0
        while len(view := self._reader.poll()):
            verdicts = self._safe(view.copy())
            count += self._journal.verdicts(verdicts)
        self._journal.flush()
        return count

    def _safe(self, verdicts: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return those of ``verdicts``, copied from the ring just now, that the device was not writing over by then."""
        newest = int(self._ring["seq"].max())
        return verdicts[verdicts["seq"].astype(np.int64) > newest + 1 - len(self._ring)]

    def _is_another(self) -> bool:
        """Return whether the ring holds another verdict than the journal under the number of the journal's last."""
        last = self._journal.next_seq - 1
        if last < 1 or not self._journal.last:
            return False
        held = self._ring[(last - 1) % len(self._ring)]
        return int(held["seq"]) == last and held.tobytes() != self._journal.last
