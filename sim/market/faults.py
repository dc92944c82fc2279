"""What happens to frames on their way: loss, duplication, reordering, delay, corruption, silence, from a seed."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace

import numpy as np
from numpy.typing import NDArray

from sim.market.schedule import Pace, Schedule, merge
from wire import ethernet, ipv4, udp

__all__ = ["LineFaults", "Faults", "FaultReport", "parse_faults"]

#: Cycles by which a duplicate follows at most.
_DUPLICATE_DELAY = 256
#: Bytes of a frame that corruption touches at most.
_CORRUPT_BYTES = 4
_PROBABILITIES = ("loss", "dup", "reorder", "corrupt", "mac", "truncate")
_BOTH_KEYS = ("loss", "silence")


@dataclass(frozen=True, kw_only=True)
class LineFaults:
    """Faults of one line.

    loss, dup, reorder, corrupt, truncate: chance of each frame, 0..1.
    reorder_by: a reordered frame changes places with one up to so many frames later, at least 1.
    delay: cycles by which every frame is late; jitter: up to so many more, without changing the order.
    mac: share of the corrupted and truncated frames of which the MAC reports an error, 0..1; the others are silent.
    silence: ranges of frame positions, both ends inclusive, that vanish.
    """

    loss: float = 0.0
    dup: float = 0.0
    reorder: float = 0.0
    reorder_by: int = 3
    delay: int = 0
    jitter: int = 0
    corrupt: float = 0.0
    truncate: float = 0.0
    mac: float = 0.5
    silence: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        for name in _PROBABILITIES:
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be 0..1, not {getattr(self, name)}")
        for name, least in (("reorder_by", 1), ("delay", 0), ("jitter", 0)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be at least {least}, not {getattr(self, name)}")
        for first, last in self.silence:
            if not 0 <= first <= last:
                raise ValueError(f"silence must be FIRST-LAST with 0 <= FIRST <= LAST, not {first}-{last}")


@dataclass(frozen=True, eq=False)
class FaultReport:
    """What was done to one line; the truth for tests.

    counts: frames (given), lost, silenced, lost_both, duplicated, reordered (exchanges), corrupted, truncated,
    mac_errors, delivered (frames that reach the port, damaged ones among them). ``frames`` + ``duplicated`` =
    ``delivered`` + ``lost`` + ``silenced`` + ``lost_both``.
    gone: int64[], positions of the frames that vanished.
    damaged: int64[], positions of the frames of which a copy came corrupted or truncated, one entry a copy.
    """

    counts: dict[str, int]
    gone: NDArray[np.int64]
    damaged: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Faults:
    """Faults of lines A and B. both: what both lines lose alike, a true gap (only loss and silence). seed: of all."""

    a: LineFaults = field(default_factory=LineFaults)
    b: LineFaults = field(default_factory=LineFaults)
    both: LineFaults = field(default_factory=LineFaults)
    seed: int = 1

    def __post_init__(self) -> None:
        plain = LineFaults(loss=self.both.loss, silence=self.both.silence)
        if self.both != plain:
            raise ValueError(f"both takes only {' and '.join(_BOTH_KEYS)}, not {self.both}")
        if self.seed < 0:
            raise ValueError(f"seed must be at least 0, not {self.seed}")

    def apply(self, schedules: Sequence[Schedule], pace: Pace = Pace.LINE_RATE) -> Schedule:
        """Return the frames of line A, or of A and B, as they arrive on the one port. See ``apply_reported``."""
        return self.apply_reported(schedules, pace)[0]

    def apply_reported(self, schedules: Sequence[Schedule],
                       pace: Pace = Pace.LINE_RATE) -> tuple[Schedule, tuple[FaultReport, ...]]:
        """Return the frames of one or both lines as they arrive on the one port, and what was done to each line.

        schedules: line A, or A and B. Loss comes first, then reordering, duplication, delay and damage. A damaged frame
        is changed from its IP header on with its checksums left as they were, and always such that a checksum tells; a
        frame without UDP checksum is corrupted with a MAC error only. The same faults and frames give the same result,
        and one fault's draws do not depend on another's. Raises ValueError when ``both`` is asked for and the lines
        carry different packets, or when there are more than two schedules or none.
        """
        if not 1 <= len(schedules) <= 2:
            raise ValueError(f"schedules must be those of line A, or of A and B, not {len(schedules)}")
        first = schedules[0]
        if self.both != LineFaults() and any(not np.array_equal(first.sequence, other.sequence) for other in schedules):
            raise ValueError("both: the lines carry different packets")
        shared = _vanishing(len(first), self.both, self._rng(2, "loss")) if self.both != LineFaults() \
            else np.zeros(0, bool)
        parts, reports = [], []
        for number, part in enumerate(schedules):
            one, report = self._impair(part, number, shared)
            parts.append(one)
            reports.append(report)
        return merge(parts, pace), tuple(reports)

    def _rng(self, line: int, fault: str) -> np.random.Generator:
        return np.random.default_rng([self.seed, line, *fault.encode()])

    def _impair(self, part: Schedule, number: int, shared: NDArray[np.bool_]) -> tuple[Schedule, FaultReport]:
        line = (self.a, self.b)[number]
        total = len(part)
        both = shared if len(shared) else np.zeros(total, bool)
        silent = _in_ranges(total, line.silence) & ~both
        lost = (self._rng(number, "loss").random(total) < line.loss) & ~both & ~silent
        gone = both | silent | lost
        position = np.flatnonzero(~gone)

        slot = part.cycle[position] + line.delay
        late = self._rng(number, "jitter").integers(0, line.jitter, len(slot), endpoint=True)
        slot = np.maximum.accumulate(slot + late)
        position, swaps = _reordered(position, line, self._rng(number, "reorder"))

        rng = self._rng(number, "dup")
        again = np.flatnonzero(rng.random(len(position)) < line.dup)
        late = slot[again] + rng.integers(0, _DUPLICATE_DELAY, len(again), endpoint=True)
        position = np.concatenate((position, position[again]))
        slot = np.concatenate((slot, late))
        order = np.argsort(slot, kind="stable")
        position, slot = position[order], slot[order]

        sent = replace(part.select(position), cycle=slot)
        sent, corrupted, truncated = self._damage(sent, line, number)
        counts = {
            "frames": total, "lost": int(lost.sum()), "silenced": int(silent.sum()), "lost_both": int(both.sum()),
            "duplicated": len(again), "reordered": swaps, "corrupted": len(corrupted), "truncated": len(truncated),
            "mac_errors": int(sent.error.sum()), "delivered": len(sent),
        }
        damaged = np.sort(np.concatenate((position[corrupted], position[truncated])))
        return sent, FaultReport(counts, np.flatnonzero(gone), damaged)

    def _damage(self, sent: Schedule, line: LineFaults,
                number: int) -> tuple[Schedule, NDArray[np.int64], NDArray[np.int64]]:
        rng = self._rng(number, "corrupt")
        hit = rng.random(len(sent)) < line.corrupt
        short = (self._rng(number, "truncate").random(len(sent)) < line.truncate) & ~hit
        corrupted, truncated = np.flatnonzero(hit), np.flatnonzero(short)
        error, length, offset = sent.error.copy(), sent.length.copy(), sent.offset.copy()
        extra: list[bytes] = []
        place = len(sent.data)
        for index in corrupted:
            frame, flagged = _corrupt(sent[index], rng, line.mac)
            error[index] |= flagged
            offset[index] = place
            extra.append(frame)
            place += len(frame)
        rng = self._rng(number, "cut")
        for index in truncated:
            length[index] = rng.integers(1, length[index]) if length[index] > 1 else 1
            error[index] |= rng.random() < line.mac
        data = np.concatenate((sent.data, np.frombuffer(b"".join(extra), np.uint8))) if extra else sent.data
        return replace(sent, data=data, offset=offset, length=length, error=error), corrupted, truncated


def parse_faults(text: str) -> Faults:
    """Return the faults that ``text`` describes: sections ``a:``, ``b:``, ``both:`` of KEY=VALUE, and ``seed=N``.

    Example: ``a:loss=0.01,reorder=0.02,delay=200,silence=1000-2000+5000-5100;b:corrupt=0.001;both:loss=0.0001;seed=7``.
    Keys are the fields of LineFaults. Raises ValueError naming the section, key or value that is wrong.
    """
    sections: dict[str, LineFaults] = {}
    seed = 1
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        name, colon, body = part.partition(":")
        if not colon:
            key, _, value = part.partition("=")
            if key.strip() != "seed":
                raise ValueError(f"faults: {part!r} is neither a section a:, b:, both: nor seed=N")
            seed = _whole("seed", value.strip())
            continue
        name = name.strip()
        if name not in ("a", "b", "both"):
            raise ValueError(f"faults: section must be a, b or both, not {name!r}")
        if name in sections:
            raise ValueError(f"faults: section {name} is given twice")
        sections[name] = _parse_line(name, body)
    try:
        return Faults(**sections, seed=seed)
    except ValueError as error:
        raise ValueError(f"faults: {error}") from None


def _parse_line(section: str, body: str) -> LineFaults:
    kinds = {item.name: item.default for item in fields(LineFaults)}
    allowed = _BOTH_KEYS if section == "both" else tuple(kinds)
    values = {}
    for part in filter(None, (piece.strip() for piece in body.split(","))):
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if key not in allowed:
            raise ValueError(f"faults: {section}: key must be one of {', '.join(allowed)}, not {key!r}")
        if key in values:
            raise ValueError(f"faults: {section}: {key} is given twice")
        if not equals:
            raise ValueError(f"faults: {section}: {key} has no value")
        where = f"{section}: {key}"
        if key == "silence":
            values[key] = tuple(_range(where, piece) for piece in value.split("+"))
        elif key in _PROBABILITIES:
            values[key] = _chance(where, value)
        else:
            values[key] = _whole(where, value)
    try:
        return LineFaults(**values)
    except ValueError as error:
        raise ValueError(f"faults: {section}: {error}") from None


def _whole(key: str, value: str) -> int:
    if not (value.isascii() and value.isdigit()):
        raise ValueError(f"faults: {key} must be a whole number, not {value!r}")
    return int(value)


def _chance(key: str, value: str) -> float:
    try:
        chance = float(value)
    except ValueError:
        raise ValueError(f"faults: {key} must be a number 0..1, not {value!r}") from None
    if not 0 <= chance <= 1:
        raise ValueError(f"faults: {key} must be a number 0..1, not {value!r}")
    return chance


def _range(key: str, value: str) -> tuple[int, int]:
    first, dash, last = value.partition("-")
    if not dash:
        raise ValueError(f"faults: {key} must be FIRST-LAST, not {value!r}")
    return _whole(key, first.strip()), _whole(key, last.strip())


def _in_ranges(total: int, ranges: Sequence[tuple[int, int]]) -> NDArray[np.bool_]:
    inside = np.zeros(total, bool)
    for first, last in ranges:
        inside[first:last + 1] = True
    return inside


def _vanishing(total: int, line: LineFaults, rng: np.random.Generator) -> NDArray[np.bool_]:
    return (rng.random(total) < line.loss) | _in_ranges(total, line.silence)


def _reordered(position: NDArray[np.int64], line: LineFaults,
               rng: np.random.Generator) -> tuple[NDArray[np.int64], int]:
    """Exchange frames with later ones; a frame takes part in one exchange at most."""
    picks = np.flatnonzero(rng.random(len(position)) < line.reorder)
    others = picks + rng.integers(1, line.reorder_by, len(picks), endpoint=True)
    result = position.copy()
    moved: set[int] = set()
    swaps = 0
    for one, other in zip(picks.tolist(), others.tolist(), strict=True):
        if other < len(position) and one not in moved and other not in moved:
            result[one], result[other] = result[other], result[one]
            moved |= {one, other}
            swaps += 1
    return result, swaps


def _corrupt(frame: bytes, rng: np.random.Generator, mac: float) -> tuple[bytes, bool]:
    """Return the frame with one to four bytes changed from its IP header on, and whether the MAC notices."""
    tagged = int.from_bytes(frame[12:14], "big") == ethernet.EtherType.VLAN
    start = ethernet.HEADER.size + (ethernet.VLAN_TAG.size if tagged else 0)
    checksum = start + ipv4.HEADER.size + udp.HEADER.field("checksum").offset
    silent_allowed = len(frame) > checksum + 2 and any(frame[checksum:checksum + 2])
    flagged = bool(rng.random() < mac) or not silent_allowed
    low = min(start, len(frame) - 1)
    while True:
        changed = bytearray(frame)
        touched = rng.integers(low, len(frame), rng.integers(1, _CORRUPT_BYTES, endpoint=True))
        for place in touched.tolist():
            changed[place] ^= int(rng.integers(1, 256))
        # Errors that cancel in the sum, or that turn the UDP checksum into "none", no receiver could notice.
        told = ipv4.checksum(bytes(changed[low:])) % 0xFFFF != ipv4.checksum(frame[low:]) % 0xFFFF
        if bytes(changed) != frame and (flagged or (told and any(changed[checksum:checksum + 2]))):
            return bytes(changed), flagged
