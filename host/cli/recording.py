"""What is to be replayed: a file's messages and how they become frames.

The only module of the command that knows the simulated market; it is imported when a replay asks for it.
"""

import importlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from host.cli.errors import UserError
from host.cli.flow import Flow
from wire import moldudp64
from wire.fields import WireError
from wire.frame import parse_frame

__all__ = ["MARKET_CYCLES", "MARKET_TYPES", "PACES", "SETTLE_CYCLES", "Channel", "Recording", "default_channels",
           "load", "parse_channel", "parse_faults"]

#: ``settle``: one message a packet and a pause in which its book settles; ``line``: packets as the exchange makes
#: them, as close as 10 Gbit/s allows; ``full``: full packets, a word in every cycle.
PACES = ("settle", "line", "full")
#: Idle cycles behind each frame with ``settle``: in them, and in those that the next frame takes, a book settles.
SETTLE_CYCLES = 64
#: Types of messages to all symbols at once, and the cycles for each symbol until the books of all are written anew.
MARKET_TYPES = b"SW"
MARKET_CYCLES = 128
#: More than a frame of one message takes on the wire.
_FRAME_CYCLES = 24
#: Idle cycles between captured frames are cut to this.
_CAPTURE_IDLE = 4096


@dataclass(frozen=True, kw_only=True)
class Channel:
    """A destination that the device listens to. line: "A" or "B"."""

    ip: int
    port: int
    line: str

    def __str__(self) -> str:
        return f"{IPv4Address(self.ip)}:{self.port}:{self.line}"


def parse_channel(text: str) -> Channel:
    """Return the channel that ``IP:PORT[:A|B]`` names. Raises UserError."""
    ip, _, rest = text.partition(":")
    port, _, line = rest.partition(":")
    try:
        address = int(IPv4Address(ip))
    except ValueError:
        raise UserError(f"channel {text!r}: {ip!r} is no IPv4 address") from None
    if not port.isdecimal() or not 1 <= int(port) <= 0xFFFF:
        raise UserError(f"channel {text!r}: the port must be 1..65535, not {port!r}")
    if line not in ("", "A", "B"):
        raise UserError(f"channel {text!r}: the line must be A or B, not {line!r}")
    return Channel(ip=address, port=int(port), line=line or "A")


def default_channels() -> tuple[Channel, ...]:
    """Return the two channels on which a file of messages is sent."""
    frames = importlib.import_module("sim.market.frames")
    return tuple(Channel(ip=line.ip, port=line.port, line=line.name) for line in (frames.LINE_A, frames.LINE_B))


@dataclass(frozen=True, kw_only=True)
class Recording:
    """A file, ready to be replayed.

    flow: its messages in order of sequence. channels: destinations of its frames.
    missing: sequence numbers between first and last that the file lacks. frames: captured frames, 0 for a BinaryFILE.
    unheard: destinations of a capture whose messages no channel takes, as "IP:PORT"; most frequent first.
    """

    flow: Flow
    channels: tuple[Channel, ...]
    missing: int
    frames: int
    unheard: tuple[str, ...] = ()
    _capture: Any = None
    _messages: Any = None

    @property
    def captured(self) -> bool:
        """Whether the frames are in the file already."""
        return self._capture is not None

    @property
    def first_seq(self) -> int:
        """Sequence number of the first message, 1 when there is none."""
        return int(self.flow.seq[0]) if len(self.flow) else 1

    def schedule(self, first: int, last: int, *, pace: str, clock_hz: int, symbols: int, faults: Any = None) -> Any:
        """Return the frames of messages ``first`` up to ``last`` (of a capture: all its frames), from cycle 0 on.

        symbols: how many are followed; a message to the whole market moves as many books, and they too settle.
        faults: what ``parse_faults`` gave, to send them over lines A and B with faults; None for line A alone.
        """
        market = importlib.import_module("sim.market.schedule")
        packets = importlib.import_module("sim.market.packets")
        lines = importlib.import_module("sim.market.frames")
        rate = market.Pace.ABUT if pace == "full" else market.Pace.LINE_RATE
        gap = SETTLE_CYCLES if pace == "settle" else 0
        if self.captured:
            wanted = [lines.Line(number="AB".index(channel.line), ip=channel.ip, port=channel.port)
                      for channel in self.channels]
            return market.schedule_capture(self._capture, wanted, pace=rate, clock_hz=clock_hz, gap=gap,
                                           max_idle=_CAPTURE_IDLE)
        pack = {"settle": packets.Pack.ONE, "line": packets.Pack.REAL, "full": packets.Pack.FULL}[pace]
        messages = self._messages.select(slice(first, last))
        sequence = int(self.flow.seq[first])
        sides = (lines.LINE_A,) if faults is None else (lines.LINE_A, lines.LINE_B)
        # With two lines, each leaves room for a frame of the other and its gap.
        room = gap + (gap + _FRAME_CYCLES) * (len(sides) - 1) if gap else 0
        parts = [market.schedule(messages, side, pack=pack, sequence=sequence, gap=room, pace=rate, clock_hz=clock_hz)
                 for side in sides]
        if pace == "settle":
            to_all = np.isin(self.flow.types[first:last], np.frombuffer(MARKET_TYPES, np.uint8))
            pause: npt.NDArray[np.int64] = np.cumsum(to_all) - to_all
            parts = [replace(part, cycle=part.cycle + pause * (symbols * MARKET_CYCLES)) for part in parts]
        if faults is None:
            return parts[0]
        frames = faults.apply(parts, rate)
        if pace == "settle":
            # Copies and late frames come at any time: keep them apart too, each of them may bring the awaited message.
            frames = replace(frames, cycle=market.arrange(frames.length, frames.cycle, rate, gap=gap))
        return frames


def load(path: Path, channels: Sequence[Channel] = (), *, limit: int | None = None) -> Recording:
    """Read ``path``: a BinaryFILE (plain or gzip), pcap or pcapng.

    channels: destinations to listen to in a capture; none: the most frequent one is line A, and another one that
    carries the same sequence numbers is line B. limit: messages to take at most.
    Raises UserError for a file that is none of these or holds nothing, OSError when it cannot be read.
    """
    source = importlib.import_module("sim.market.source")
    pcap = importlib.import_module("sim.market.pcap")
    try:
        if pcap.is_capture(path):
            return _from_capture(path, pcap.read_capture(path), channels, limit)
        if channels:
            raise UserError(f"{path} holds messages, not frames: --channel has no meaning for it")
        messages = _read_messages(path, limit)
    except source.MarketFileError as error:
        raise UserError(str(error)) from None
    if limit is not None:
        messages = messages.select(slice(0, limit))
    if not len(messages):
        raise UserError(f"{path} holds no messages")
    seq = np.arange(1, len(messages) + 1, dtype=np.uint64)
    flow = Flow(messages.data, messages.offset, messages.length, seq)
    return Recording(flow=flow, channels=default_channels(), missing=0, frames=0, _messages=messages)


def _read_messages(path: Path, limit: int | None) -> Any:
    """Return the messages of ``path``; of a file that is cut, those that are whole if ``limit`` wants no more.

    Raises UserError that says how many there are, MarketFileError where there are none.
    """
    read = importlib.import_module("sim.market.binaryfile").read_binaryfile
    try:
        return read(path)
    except importlib.import_module("sim.market.source").MarketFileError as error:
        messages = read(path, partial=True)
        if not len(messages):
            raise
        if limit is not None and limit <= len(messages):
            return messages
        raise UserError(f"{error}; {len(messages):,} messages before it are whole, --limit {len(messages)} takes "
                        "them") from None


def parse_faults(text: str) -> tuple[Any, bool]:
    """Return the faults that ``text`` describes (sim/market/faults.py), and whether some of them damage frames.

    Raises UserError naming what is wrong.
    """
    if not text.strip():
        raise UserError("--faults names none; 'a:loss=0.01' is an example")
    module = importlib.import_module("sim.market.faults")
    try:
        faults = module.parse_faults(text)
    except ValueError as error:
        raise UserError(str(error)) from None
    return faults, any(line.corrupt or line.truncate for line in (faults.a, faults.b))


def _from_capture(path: Path, capture: Any, channels: Sequence[Channel], limit: int | None) -> Recording:
    if not len(capture):
        raise UserError(f"{path} holds no frame")
    destinations: Counter[tuple[int, int]] = Counter()
    sent: dict[tuple[int, int], dict[int, bytes]] = {}
    for frame in (capture[n] for n in range(len(capture))):
        try:
            parsed = parse_frame(frame, verify=False)
        except WireError:
            continue   # the device drops and counts it; here it only has nothing to tell
        where = parsed.dst_ip, parsed.dst_port
        destinations[where] += 1
        try:
            packet = moldudp64.unpack(parse_frame(frame).payload)
        except WireError:
            continue
        for number, message in enumerate(packet.messages, packet.sequence):
            sent.setdefault(where, {}).setdefault(number, message)
    if not destinations:
        raise UserError(f"{path} holds no IPv4 UDP frame")
    if not channels:
        channels = _learn_channels(destinations, sent)
    found: dict[int, bytes] = {}
    for channel in channels:
        found = sent.get((channel.ip, channel.port), {}) | found
    numbers = sorted(found)[:limit]
    length = np.array([len(found[number]) for number in numbers], np.int64)
    flow = Flow(np.frombuffer(b"".join(found[number] for number in numbers), np.uint8), np.cumsum(length) - length,
                length, np.array(numbers, np.uint64))
    missing = numbers[-1] - numbers[0] + 1 - len(numbers) if numbers else 0
    heard = {(channel.ip, channel.port) for channel in channels}
    unheard = tuple(f"{IPv4Address(ip)}:{port}" for (ip, port), _ in destinations.most_common()
                    if (ip, port) in sent and (ip, port) not in heard)
    return Recording(flow=flow, channels=tuple(channels), missing=missing, frames=len(capture), unheard=unheard,
                     _capture=capture)


def _learn_channels(destinations: Counter[tuple[int, int]],
                    sent: dict[tuple[int, int], dict[int, bytes]]) -> list[Channel]:
    first, *others = [where for where, _ in destinations.most_common()]
    channels = [Channel(ip=first[0], port=first[1], line="A")]
    for other in others:
        if sent.get(first, {}).keys() & sent.get(other, {}).keys():
            channels.append(Channel(ip=other[0], port=other[1], line="B"))
            break
    return channels
