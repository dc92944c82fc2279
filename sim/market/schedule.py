"""Frames and the cycles in which they reach the device."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from sim.market.frames import LINE_A, LINE_B, SESSION, Frames, Line, build_frames
from sim.market.messages import Messages
from sim.market.packets import Pack, Packets, pack_messages
from sim.market.pcap import Capture
from sim.market.ragged import gather
from wire import ethernet, ipv4, moldudp64, udp

__all__ = ["Pace", "Arrival", "Schedule", "WORD_BYTES", "CLOCK_HZ", "arrange", "cycles_of", "merge", "schedule",
           "schedule_frames", "schedule_capture", "to_capture"]

WORD_BYTES = 8
#: Core clock at which one word a cycle is 10 Gbit/s.
CLOCK_HZ = 156_250_000
_NS = 1_000_000_000
#: Bytes that a frame takes on the wire beyond its own: preamble 8, FCS 4, least gap 12.
_WIRE_EXTRA = 24


class Pace(Enum):
    """How soon a frame may follow another.

    ABUT: in the cycle after the last word, as fast as the core takes it.
    LINE_RATE: as on a 10 Gbit/s wire; preamble, FCS and gap take their time, rounded up to words.
    """

    ABUT = "abut"
    LINE_RATE = "10g"

    def cycles(self, length: NDArray[np.integer]) -> NDArray[np.int64]:
        """Return the least cycles from the first word of a frame of ``length`` bytes to that of the next."""
        extra = _WIRE_EXTRA if self is Pace.LINE_RATE else 0
        return (np.asarray(length, np.int64) + (extra + WORD_BYTES - 1)) // WORD_BYTES


class Arrival(Enum):
    """When frames want to arrive. STEADY: each some cycles behind the one before. EXCHANGE: by time stamp."""

    STEADY = "steady"
    EXCHANGE = "exchange"


@dataclass(frozen=True, eq=False)
class Schedule:
    """Frames for the device's one receive port, in order of arrival, none overlapping the next.

    data: uint8[], bytes of all frames.
    offset: int64[n], length: int32[n]: where each frame lies in ``data``.
    cycle: int64[n], core cycle in which the frame's first word arrives; its words follow without a gap.
    error: uint8[n], 1 where the MAC reports an error with the last word.
    line: uint8[n], 0 for line A, 1 for B (what the frame was made as; its bytes may say otherwise once corrupted).
    sequence: int64[n], count: int32[n]: MoldUDP64 header as it was made; -1 for a frame that is none.
    """

    data: NDArray[np.uint8]
    offset: NDArray[np.int64]
    length: NDArray[np.int32]
    cycle: NDArray[np.int64]
    error: NDArray[np.uint8]
    line: NDArray[np.uint8]
    sequence: NDArray[np.int64]
    count: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.offset)

    def __getitem__(self, index: int) -> bytes:
        start = int(self.offset[index])
        return self.data[start:start + int(self.length[index])].tobytes()

    @property
    def words(self) -> int:
        """Words of all frames."""
        return int(Pace.ABUT.cycles(self.length).sum())

    @property
    def end(self) -> int:
        """Cycle after the last frame's last word; 0 when there is none."""
        return int((self.cycle[-1:] + Pace.ABUT.cycles(self.length[-1:])).sum())

    def select(self, index: NDArray | slice) -> "Schedule":
        """Return the frames that ``index`` picks, with their cycles; they share the buffer."""
        return replace(self, **{name: getattr(self, name)[index] for name in _COLUMNS})

    def delayed(self, cycles: int) -> "Schedule":
        """Return the frames ``cycles`` later."""
        return replace(self, cycle=self.cycle + cycles)

    def arranged(self, pace: Pace) -> "Schedule":
        """Return the frames in order of their cycles, each pushed back as far as ``pace`` and those before it ask."""
        ordered = self.select(np.argsort(self.cycle, kind="stable"))
        return replace(ordered, cycle=arrange(ordered.length, ordered.cycle, pace))


_COLUMNS = ("offset", "length", "cycle", "error", "line", "sequence", "count")


def arrange(length: NDArray[np.integer], earliest: NDArray[np.integer], pace: Pace, *,
            gap: int = 0) -> NDArray[np.int64]:
    """Return the cycle of each frame's first word: not before ``earliest``, nor sooner behind the one before than
    ``pace`` allows, with ``gap`` idle cycles more between frames. Raises ValueError naming a negative gap.
    """
    if gap < 0:
        raise ValueError(f"gap must be at least 0, not {gap}")
    taken = pace.cycles(length) + gap
    before = np.cumsum(taken) - taken
    return before + np.maximum.accumulate(np.asarray(earliest, np.int64) - before)


def cycles_of(ns: NDArray[np.integer] | int, clock_hz: int = CLOCK_HZ) -> NDArray[np.int64]:
    """Return the whole cycles of ``clock_hz`` (1..10^9) in ``ns``, exact for any int64."""
    if not 1 <= clock_hz <= _NS:
        raise ValueError(f"clock_hz must be 1..{_NS}, not {clock_hz}")
    seconds, rest = np.divmod(np.asarray(ns, np.int64), _NS)
    return seconds * clock_hz + rest * clock_hz // _NS


def schedule_frames(frames: Frames, line: Line, earliest: NDArray[np.integer], pace: Pace, *, gap: int = 0) -> Schedule:
    """Return ``frames`` of one line arranged from ``earliest`` on."""
    return Schedule(frames.data, frames.offset, frames.length, arrange(frames.length, earliest, pace, gap=gap),
                    np.zeros(len(frames), np.uint8), np.full(len(frames), line.number, np.uint8), frames.sequence,
                    frames.count)


def schedule(messages: Messages, line: Line = LINE_A, *, pack: Pack = Pack.ONE, most: int | None = None,
             packets: Packets | None = None, session: str = SESSION, sequence: int = 1,
             arrival: Arrival = Arrival.STEADY, gap: int = 0, pace: Pace = Pace.LINE_RATE, clock_hz: int = CLOCK_HZ,
             start: int = 0, max_idle: int | None = None, heartbeat: int | None = None,
             end_of_session: bool = False) -> Schedule:
    """Return the frames that carry ``messages`` on one ``line``.

    pack, most: see ``pack_messages``; ``packets`` gives the packets themselves instead.
    session, sequence: see ``build_frames``.
    arrival: STEADY: the first frame at ``start``, each other as soon as ``pace`` and ``gap`` allow. EXCHANGE: each
    frame at the time stamp of its last message, in cycles of ``clock_hz`` after the first one's, which is at ``start``.
    gap: idle cycles between frames beyond what ``pace`` asks; a gap longer than the device needs lets each book settle.
    max_idle: with EXCHANGE, longer idle times are cut to this many cycles.
    heartbeat: with EXCHANGE, a heartbeat is sent whenever nothing was sent for this many cycles, as the real feed does
    every second.
    end_of_session: whether an end of session packet follows.
    """
    if packets is None:
        packets = pack_messages(messages, pack, most=most)
    if end_of_session:
        packets = packets.with_end(len(messages))
    wanted = np.full(len(packets), start, np.int64)
    if arrival is Arrival.EXCHANGE and len(messages):
        latest = np.maximum.accumulate(messages.timestamps())
        wanted += cycles_of(latest[np.maximum(packets.first + packets.blocks - 1, 0)] - latest[0], clock_hz)
        wanted += start - wanted[0]
        if max_idle is not None:
            excess = np.diff(wanted, prepend=wanted[:1]) - max_idle
            wanted -= np.cumsum(np.maximum(excess, 0))
        if heartbeat is not None:
            packets, wanted = packets.with_heartbeats(wanted, heartbeat)
    frames = build_frames(messages, packets, line, session=session, sequence=sequence)
    return schedule_frames(frames, line, wanted, pace, gap=gap)


def merge(schedules: Sequence[Schedule], pace: Pace = Pace.LINE_RATE) -> Schedule:
    """Return all frames on the one receive port, in order of their cycles (of two in the same cycle, the one of the
    schedule given first), each pushed back as far as those before it ask. Raises ValueError without a schedule.
    """
    if not schedules:
        raise ValueError("nothing to merge")
    bases = np.cumsum([0] + [len(part.data) for part in schedules[:-1]])
    columns = {name: np.concatenate([getattr(part, name) for part in schedules]) for name in _COLUMNS}
    columns["offset"] = np.concatenate([part.offset + base for part, base in zip(schedules, bases, strict=True)])
    return Schedule(data=np.concatenate([part.data for part in schedules]), **columns).arranged(pace)


def schedule_capture(capture: Capture, lines: Sequence[Line] = (LINE_A, LINE_B), *, pace: Pace = Pace.LINE_RATE,
                     clock_hz: int = CLOCK_HZ, start: int = 0, gap: int = 0, max_idle: int | None = None) -> Schedule:
    """Return captured frames at the times at which they were captured, the first at ``start``.

    ``line`` is that of the first of ``lines`` with the frame's destination, else 0. ``sequence`` and ``count`` are read
    where an IPv4 header without options leads to such a destination, else -1. Frames without bytes are left out. See
    ``schedule`` for the rest.
    """
    index = np.flatnonzero(capture.length > 0)
    offset, length = capture.offset[index], capture.length[index]
    wanted = np.full(len(index), start, np.int64)
    if len(index):
        elapsed = np.maximum.accumulate(capture.time[index]) - capture.time[index[0]]
        wanted += cycles_of(np.maximum(elapsed, 0), clock_hz)
        if max_idle is not None:
            wanted -= np.cumsum(np.maximum(np.diff(wanted, prepend=wanted[:1]) - max_idle, 0))
    line, sequence, count = _read_heads(capture.data, offset, length, lines)
    return Schedule(capture.data, offset, length, arrange(length, wanted, pace, gap=gap),
                    np.zeros(len(index), np.uint8), line, sequence, count)


def to_capture(frames: Schedule, *, clock_hz: int = CLOCK_HZ, epoch_ns: int = 0) -> Capture:
    """Return the frames as a capture; cycle 0 is at ``epoch_ns`` (ns since 1970). MAC errors leave no trace in it."""
    seconds, rest = np.divmod(frames.cycle, clock_hz)
    return Capture(epoch_ns + seconds * _NS + rest * _NS // clock_hz, frames.data, frames.offset, frames.length,
                   frames.length)


def _read_heads(data: NDArray[np.uint8], offset: NDArray[np.int64], length: NDArray[np.int32], lines: Sequence[Line],
                ) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int32]]:
    total = len(offset)
    line, sequence, count = np.zeros(total, np.uint8), np.full(total, -1, np.int64), np.full(total, -1, np.int32)
    for tag in (0, ethernet.VLAN_TAG.size):
        ip = ethernet.HEADER.size + tag
        inner = ip + ipv4.HEADER.size
        size = inner + udp.HEADER.size + moldudp64.HEADER.size
        long = np.flatnonzero(length >= size)
        heads = gather(data, offset[long], size)
        plain = (heads[:, ip - 2] == 8) & (heads[:, ip - 1] == 0) & (heads[:, ip] == ipv4.VERSION << 4 | 5)
        long, heads = long[plain], heads[plain]
        destination = heads[:, ip + 16:ip + 20].copy().view(">u4")[:, 0]
        port = heads[:, inner + 2:inner + 4].copy().view(">u2")[:, 0]
        mold = heads[:, -moldudp64.HEADER.size:].copy().view(moldudp64.HEADER.dtype)[:, 0]
        for one in reversed(lines):
            ours = (destination == one.ip) & (port == one.port)
            line[long[ours]] = one.number
            sequence[long[ours]] = mold["sequence"][ours]
            count[long[ours]] = mold["count"][ours]
    return line, sequence, count
