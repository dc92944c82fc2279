# Ref: Nasdaq BinaryFILE 1.00
"""BinaryFILE: messages in a file, each behind its two-byte big-endian length. A zero length ends the session."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wire.fields import WireError

__all__ = ["LENGTH_BYTES", "MAX_LENGTH", "split_binaryfile", "join_binaryfile"]

LENGTH_BYTES = 2
MAX_LENGTH = 0xFFFF


def split_binaryfile(buffer: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where the messages of a BinaryFILE lie: offsets of their first byte, and lengths.

    ``buffer`` is any object with the buffer protocol. An end mark (zero length) may close the file. Raises WireError
    with the position where the file ends inside a message, or goes on behind the end mark.
    """
    data = memoryview(buffer).cast("B")
    size = len(data)
    offsets: list[int] = []
    append = offsets.append
    position, stop, last = 0, size, size - 1
    while position < last:
        length = data[position] << 8 | data[position + 1]
        position += LENGTH_BYTES
        if not length:
            stop = position - LENGTH_BYTES
            break
        append(position)
        position += length
    if position > size:
        raise WireError(f"file of {size} bytes ends inside the message that begins at {offsets[-1]}")
    if position < size:
        raise WireError(f"{size - position} bytes at {position} are no message")
    starts = np.array(offsets, np.int64)
    return starts, np.diff(starts, append=stop + LENGTH_BYTES) - LENGTH_BYTES


def join_binaryfile(messages: Iterable[bytes], *, end: bool = True) -> bytes:
    """Return ``messages`` as a BinaryFILE, with an end mark if ``end``.

    Raises WireError naming a message of zero or more than 65,535 bytes.
    """
    parts = []
    for number, message in enumerate(messages):
        if not 1 <= len(message) <= MAX_LENGTH:
            raise WireError(f"message {number} must be 1..{MAX_LENGTH} bytes, not {len(message)}")
        parts += [len(message).to_bytes(LENGTH_BYTES, "big"), message]
    if end:
        parts.append(bytes(LENGTH_BYTES))
    return b"".join(parts)
