"""From a verdict ring into the journal: a ring in memory, written by the test in place of a device."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from host.device.reader import EventReader
from host.risk.journal import EntryKind, Journal, read_journal
from host.risk.recorder import Recorder
from tests.host.risk.verdicts import verdicts
from wire.risk import VERDICT_DTYPE

_ENTRIES = 16


class RingGate:
    """A gate whose verdicts the test writes."""

    def __init__(self) -> None:
        self.ring = np.zeros(_ENTRIES, VERDICT_DTYPE)
        self.written = 0
        self.device: Any = SimpleNamespace(
            capabilities=SimpleNamespace(build=7, clock_hz=10), read=self._read,
            transport=SimpleNamespace(verdicts=self.ring))

    def _read(self, name: str) -> int:
        return {"CYCLES": 10 * self.written + 9, "RISK_ACCEPTED": self.written}.get(name, 0)

    def reader(self, *, first: int) -> EventReader:
        return EventReader(self.ring, first=first)

    def decide(self, count: int, *, differently: bool = False) -> None:
        made = verdicts(self.written + 1, count)
        made["token"] += differently
        for verdict in made:
            self.ring[(int(verdict["seq"]) - 1) % _ENTRIES] = verdict
        self.written += count


def content(path: Path) -> list[object]:
    found: list[object] = []
    for entry in read_journal(path):
        match entry.kind:
            case EntryKind.VERDICTS:
                found += entry.verdicts["seq"].tolist()
            case EntryKind.LOST:
                found.append((entry.content["first"], entry.content["last"]))
            case _:
                found.append(entry.kind.name)
    return found


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "risk.journal"


def test_every_verdict_is_written_once(path: Path) -> None:
    gate = RingGate()
    gate.decide(3)
    with Journal(path) as journal:
        recorder = Recorder(gate, journal)
        assert recorder.poll() == 3 and recorder.poll() == 0
        for count in (1, 7, 8, _ENTRIES - 1):
            gate.decide(count)
            assert recorder.poll() == count
    assert content(path) == ["DEVICE", *range(1, gate.written + 1)]


def test_what_was_written_over_is_written_down_as_lost(path: Path) -> None:
    gate = RingGate()
    with Journal(path) as journal:
        recorder = Recorder(gate, journal)
        gate.decide(2)
        recorder.poll()
        gate.decide(_ENTRIES + 5)
        recorder.poll()
        assert journal.lost == 6
    # The oldest that the ring holds may be written over while it is read: it is not trusted.
    assert content(path) == ["DEVICE", 1, 2, (3, 8), *range(9, 24)]


def test_the_oldest_of_a_full_ring_may_be_half_written_over_and_is_not_trusted(path: Path) -> None:
    gate = RingGate()
    gate.decide(_ENTRIES)
    with Journal(path) as journal:
        Recorder(gate, journal).poll()
    assert content(path) == ["DEVICE", (1, 1), *range(2, _ENTRIES + 1)]


def test_the_next_one_goes_on_with_what_the_ring_still_holds(path: Path) -> None:
    gate = RingGate()
    for count in (5, 4, 20):
        gate.decide(count)
        with Journal(path) as journal:
            Recorder(gate, journal).poll()
    assert content(path) == ["DEVICE", *range(1, 10), (10, 14), *range(15, 30)]


def test_a_device_that_started_anew_and_has_gone_further_is_noticed_by_its_verdicts(path: Path) -> None:
    gate = RingGate()
    gate.decide(3)
    with Journal(path) as journal:
        Recorder(gate, journal).poll()
    again = RingGate()
    again.decide(6, differently=True)
    with Journal(path) as journal:
        Recorder(again, journal).poll()
    assert content(path) == ["DEVICE", 1, 2, 3, "DEVICE", 1, 2, 3, 4, 5, 6]
