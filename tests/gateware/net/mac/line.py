"""What comes over the wire, byte by byte: frames with all around them, made without our tables."""

import random
import zlib

__all__ = ["PREAMBLE", "Byte", "fcs", "carrier", "gap", "random_frame"]

PREAMBLE = b"\x55" * 7 + b"\xd5"

#: One byte time on the pins: (data, valid, error).
Byte = tuple[int, int, int]


def fcs(frame: bytes) -> bytes:
    """Return the frame check sequence of ``frame``."""
    return zlib.crc32(frame).to_bytes(4, "little")


def carrier(data: bytes, *, errors: tuple[int, ...] = ()) -> list[Byte]:
    """Return ``data`` in one carrier, with the PHY's errors at those bytes."""
    return [(byte, 1, int(n in errors)) for n, byte in enumerate(data)]


def gap(size: int, *, data: int = 0) -> list[Byte]:
    """Return ``size`` bytes without carrier; ``data`` is what the PHY tells of itself meanwhile."""
    return [(data, 0, 0)] * size


def random_frame(chance: random.Random, low: int = 60, high: int = 200) -> bytes:
    """Return a frame without FCS, of ``low`` to ``high`` bytes."""
    return chance.randbytes(chance.randint(low, high))
