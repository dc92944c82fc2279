# Ref: IEEE Std 802.3-2018, clauses 3.2 and 4.2.7; RFC 2819, section 4 (which error is which)
"""Carriers of all sorts for a port, each with what must become of it."""

import random
import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sim.board.model import Carriers
from wire.ethernet import FCS_BYTES, GAP_BYTES, MAX_WITH_FCS, MIN_FRAME, MIN_WITH_FCS, PREAMBLE, PREAMBLE_BYTES, SFD

__all__ = ["START", "MINIMUM", "SIZES", "WORST", "MIXES", "Traffic", "traffic", "with_fcs", "on_wire"]

#: Preamble and start frame delimiter.
START = bytes([PREAMBLE] * PREAMBLE_BYTES + [SFD])


def with_fcs(frame: bytes) -> bytes:
    """Return ``frame`` with its check sequence behind it."""
    return frame + zlib.crc32(frame).to_bytes(FCS_BYTES, "little")


def on_wire(frame: bytes) -> bytes:
    """Return the carrier of ``frame``: padded, with preamble and check sequence."""
    return START + with_fcs(frame.ljust(MIN_FRAME, b"\0"))


@dataclass
class Traffic:
    """What to send, the frames that must come out of it, and the fate of every carrier."""

    carriers: Carriers = field(default_factory=Carriers)
    good: list[bytes] = field(default_factory=list)
    fates: Counter[str] = field(default_factory=Counter)


def _spoiled(chance: random.Random, data: bytes) -> bytes:
    """Return ``data`` with one bit changed, which a CRC always finds."""
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1:]


def _frame(low: int, high: int, *, right: bool = True) -> Callable[[random.Random], bytes]:
    """Return a maker of frames of ``low`` to ``high`` bytes with their check sequence, which is right or not."""
    def make(chance: random.Random) -> bytes:
        frame = with_fcs(chance.randbytes(chance.randint(low, high) - FCS_BYTES))
        return START + (frame if right else _spoiled(chance, frame))
    return make


def _void(chance: random.Random) -> bytes:
    """Return a carrier in which no frame begins."""
    return bytes([PREAMBLE]) * chance.randint(1, 20) + bytes([chance.choice((0, 0x0F, 0xFF))]) * chance.randint(0, 4)


def _bare(chance: random.Random) -> bytes:
    """Return a delimiter with nothing behind it."""
    return START[chance.randrange(len(START)):]


_LONG = MAX_WITH_FCS + 400
#: {kind: (fate, its maker)}.
_KINDS: dict[str, tuple[str, Callable[[random.Random], bytes]]] = {
    "minimum": ("good", _frame(MIN_WITH_FCS, MIN_WITH_FCS)),
    "short": ("good", _frame(MIN_WITH_FCS, MIN_WITH_FCS + 16)),
    "any": ("good", _frame(MIN_WITH_FCS, MAX_WITH_FCS)),
    "maximum": ("good", _frame(MAX_WITH_FCS, MAX_WITH_FCS)),
    "spoiled": ("fcs", _frame(MIN_WITH_FCS, MIN_WITH_FCS + 16, right=False)),
    "runt": ("runts", _frame(FCS_BYTES + 1, MIN_WITH_FCS - 1)),
    "fragment": ("fragments", _frame(FCS_BYTES + 1, MIN_WITH_FCS - 1, right=False)),
    "oversized": ("oversized", _frame(MAX_WITH_FCS + 1, _LONG)),
    "jabber": ("jabbers", _frame(MAX_WITH_FCS + 1, _LONG, right=False)),
    "coding": ("coding", _frame(MIN_WITH_FCS, MIN_WITH_FCS + 16)),
    "void": ("void", _void),
    "bare": ("void", _bare),
}
#: Mixes: weights of kinds, and the least and greatest gap in bytes.
MINIMUM: tuple[Mapping[str, int], int, int] = ({"minimum": 1}, GAP_BYTES, GAP_BYTES)
SIZES: tuple[Mapping[str, int], int, int] = ({"any": 8, "short": 2, "maximum": 1}, GAP_BYTES, 2 * GAP_BYTES)
WORST: tuple[Mapping[str, int], int, int] = ({
    "minimum": 600, "short": 300, "spoiled": 40, "runt": 40, "fragment": 40, "coding": 40, "void": 30, "bare": 10,
    "maximum": 2, "oversized": 2, "jabber": 2}, 1, GAP_BYTES)
MIXES = {"minimum": MINIMUM, "sizes": SIZES, "worst": WORST}


def traffic(mix: tuple[Mapping[str, int], int, int], count: int, chance: random.Random) -> Traffic:
    """Return ``count`` carriers of ``mix``, as random as ``chance``."""
    weights, least, most = mix
    made = Traffic()
    for kind in chance.choices(list(weights), weights=list(weights.values()), k=count):
        fate, make = _KINDS[kind]
        carrier = make(chance)
        error_at = chance.randrange(len(START), len(carrier)) if fate == "coding" else -1
        made.carriers.add(carrier, gap=chance.randint(least, most), error_at=error_at)
        made.fates[fate] += 1
        if fate == "good":
            made.good.append(carrier[len(START):-FCS_BYTES])
    return made
