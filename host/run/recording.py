"""What a living host records of the market, for the report of its journal: a second look at the device's rings, when
there is nothing else to do."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from host.device.driver import DeviceError
from host.device.reader import EventReader
from host.report.data import Market, Names
from host.report.lives import joined
from host.report.marketfile import MarketFileError, load_market, market_path, save_market
from host.report.recorder import Recorder
from host.risk.gate import Gate

__all__ = ["Recording"]

_MS = 1_000_000
#: ns between two looks at the rings, and after which one is due although there is something else to do.
_PACE, _LATE = 20 * _MS, 200 * _MS


class Recording:
    """Of one life of a host, from ``begin`` to ``close``, when it is written beside the journal, behind what the lives
    before left there. No order depends on it: what goes wrong with it is told to ``log``, and the host lives on.

    The exchange's day began when the least time has passed between a message's own time and the sight of it: what the
    quickest message took on its way is not known.
    """

    def __init__(self, journal: Path, names: Names, most: int, now: Callable[[], int],
                 log: Callable[[str], object]) -> None:
        """most: see Recorder. now: the host's clock, ns since 1970."""
        self._path, self._names, self._most, self._now, self._log = market_path(journal), names, most, now, log
        self._earlier: Market | None = None
        self._recorder: Recorder | None = None
        self._midnight: int | None = None
        self._at = self._room = 0

    def begin(self, gate: Gate, shown: EventReader, *, goes_on: bool) -> None:
        """Record ``gate``'s device from now on. shown: the reader of those records of the event ring that strategies
        are shown; this one's stays within a quarter of the ring behind it. goes_on: whether the journal is that of a
        life before, whose recording is kept."""
        try:
            self._earlier = load_market(self._path) if goes_on and self._path.exists() else None
        except (MarketFileError, OSError) as error:
            self._log(f"market: not recorded: {error}")
            return
        self._device, self._shown, self._records = gate.device, shown, gate.device.reader()
        self._room = len(self._records.ring) // 4
        self._recorder = Recorder(self._records, gate.reader(), names=self._names,
                                  clock_hz=gate.device.capabilities.clock_hz, midnight=0, most=self._most)

    def turn(self, *, busy: bool) -> None:
        """Look at the rings, if it is time to. busy: there is something else to do."""
        if self._recorder is None:
            return
        now = self._now()
        behind = self._shown.next_seq - self._records.next_seq > self._room
        if behind or now >= self._at + (_LATE - _PACE if busy else 0):
            self._at = now + _PACE
            self._look(self._recorder, now)

    def close(self) -> None:
        """Write what was recorded, if there was anything."""
        recorder, self._recorder = self._recorder, None
        if recorder is None:
            return
        self._look(recorder, self._now())
        if self._midnight is None:
            return
        market = replace(recorder.finish(counters=self._counters()), midnight=self._midnight)
        if self._earlier is not None:
            market = joined(self._earlier, market, self._most)
        try:
            save_market(market, self._path)
        except OSError as error:
            self._log(f"market: not saved: {error}")
        else:
            self._log(f"{self._path}: {len(market.samples):,} records of the market")

    def _look(self, recorder: Recorder, now: int) -> None:
        before = recorder.last
        recorder.collect()
        if recorder.last != before:
            began = now - recorder.last
            self._midnight = began if self._midnight is None else min(began, self._midnight)

    def _counters(self) -> dict[str, int]:
        try:
            return self._device.counters()
        except DeviceError:
            # That the device is gone was told; what it has shown is as true as before.
            return {}
