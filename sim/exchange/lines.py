"""The feed's two lines while time runs: what becomes of each packet on its way, from a seed.

``sim.market.faults`` does the same to all frames of a file at once. Here packets come one at a time, and are payloads
of datagrams: what a MAC would report is lost, other damage reaches the receiver.
"""

import heapq
from collections.abc import Sequence
from itertools import count

import numpy as np

from sim.market.faults import Faults, LineFaults
from sim.market.schedule import CLOCK_HZ

__all__ = ["Impairment", "Lines", "cycles_ns"]

_NS = 1_000_000_000
_CORRUPT_BYTES = 4
#: Cycles by which a duplicate follows at most, as in sim.market.faults.
_DUPLICATE_DELAY = 256


def cycles_ns(cycles: int) -> int:
    """Return the ns that ``cycles`` of the simulated core take."""
    return cycles * _NS // CLOCK_HZ


class Impairment:
    """One line. counts: packets, lost, silenced, duplicated, reordered, corrupted, truncated, delivered."""

    def __init__(self, faults: LineFaults, *, seed: int, number: int) -> None:
        self.faults = faults
        self.counts = dict.fromkeys(("packets", "lost", "silenced", "duplicated", "reordered", "corrupted", "truncated",
                                     "delivered"), 0)
        self._draws = {name: np.random.default_rng([seed, number, *name.encode()])
                       for name in ("loss", "dup", "reorder", "corrupt", "truncate", "mac", "jitter")}
        self._kept: tuple[int, bytes] | None = None
        self._latest = 0
        self._clean = faults == LineFaults()

    def send(self, packet: bytes, now: int, *, gone: bool = False) -> list[tuple[int, bytes]]:
        """Return what arrives of this packet, and of one kept back before, and when (ns). gone: both lines lose it."""
        faults, position = self.faults, self.counts["packets"]
        self.counts["packets"] += 1
        if self._clean and not gone:
            self.counts["delivered"] += 1
            return [(now, packet)]
        if any(first <= position <= last for first, last in faults.silence):
            self.counts["silenced"] += 1
            return []
        if self._hit("loss", faults.loss) or gone:
            self.counts["lost"] += 1
            return []
        return [arrival for one in self._exchanged(packet, faults) for arrival in self._copies(one, now, faults)]

    def _exchanged(self, packet: bytes, faults: LineFaults) -> list[bytes]:
        """Return the packets that go on now, in order: one may be kept back until some others have passed."""
        if self._kept is None:
            if not self._hit("reorder", faults.reorder):
                return [packet]
            self.counts["reordered"] += 1
            self._kept = int(self._draws["reorder"].integers(1, faults.reorder_by, endpoint=True)), packet
            return []
        left, kept = self._kept
        self._kept = (left - 1, kept) if left > 1 else None
        return [packet] if left > 1 else [packet, kept]

    def _copies(self, packet: bytes, now: int, faults: LineFaults) -> list[tuple[int, bytes]]:
        late = int(self._draws["jitter"].integers(0, faults.jitter, endpoint=True)) if faults.jitter else 0
        self._latest = max(self._latest, now + cycles_ns(faults.delay + late))
        times = [self._latest]
        if self._hit("dup", faults.dup):
            self.counts["duplicated"] += 1
            times.append(self._latest + cycles_ns(int(self._draws["dup"].integers(0, _DUPLICATE_DELAY, endpoint=True))))
        arrivals = []
        for when in times:
            damaged = self._damaged(packet, faults)
            if damaged is not None:
                self.counts["delivered"] += 1
                arrivals.append((when, damaged))
        return arrivals

    def _damaged(self, packet: bytes, faults: LineFaults) -> bytes | None:
        """Return the packet as the receiver gets it, None when his MAC throws it away."""
        if self._hit("corrupt", faults.corrupt):
            self.counts["corrupted"] += 1
            changed = bytearray(packet)
            draw = self._draws["corrupt"]
            for _ in range(int(draw.integers(1, _CORRUPT_BYTES, endpoint=True))):
                changed[int(draw.integers(len(changed)))] ^= int(draw.integers(1, 256))
            packet = bytes(changed)
        elif self._hit("truncate", faults.truncate):
            self.counts["truncated"] += 1
            packet = packet[:int(self._draws["truncate"].integers(1, len(packet)))]
        else:
            return packet
        return None if self._hit("mac", faults.mac) else packet

    def _hit(self, fault: str, chance: float) -> bool:
        return chance > 0 and bool(self._draws[fault].random() < chance)


class Lines:
    """Lines A and B under ``Faults``; packets in, arrivals in order of time out. Times are ns."""

    def __init__(self, faults: Faults) -> None:
        self._waiting: list[tuple[int, int, int, bytes]] = []
        self._number = count()
        self.set_faults(faults)

    def set_faults(self, faults: Faults) -> None:
        """Put other faults on the lines from now on; counts and positions for ``silence`` begin anew."""
        self.faults = faults
        self.lines = tuple(Impairment(line, seed=faults.seed, number=number)
                           for number, line in enumerate((faults.a, faults.b)))
        self._both = np.random.default_rng([faults.seed, 2, *b"loss"])
        self._position = 0

    def send(self, packets: Sequence[bytes], now: int) -> None:
        """Send ``packets`` on both lines."""
        both = self.faults.both
        for packet in packets:
            gone = any(first <= self._position <= last for first, last in both.silence)
            if both.loss:
                gone |= bool(self._both.random() < both.loss)
            self._position += 1
            for number, line in enumerate(self.lines):
                for when, arriving in line.send(packet, now, gone=gone):
                    heapq.heappush(self._waiting, (when, next(self._number), number, arriving))

    def arrived(self, now: int) -> list[tuple[int, bytes]]:
        """Return (line, packet) of all that has arrived by ``now``, in order."""
        found = []
        while self._waiting and self._waiting[0][0] <= now:
            _, _, number, packet = heapq.heappop(self._waiting)
            found.append((number, packet))
        return found

    def deadline(self) -> int | None:
        """Return when the next packet arrives, None when none is on its way."""
        return self._waiting[0][0] if self._waiting else None
