# Ref: Nasdaq BinaryFILE 1.00
"""BinaryFILE of ITCH 5.0 messages, read and written in bulk."""

import os
from array import array
from collections.abc import Iterable
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from sim.market.messages import Messages
from sim.market.source import MarketFileError, Source, read_source, write_source
from wire.binaryfile import LENGTH_BYTES
from wire.itch50 import MAX_SIZE, SIZES

__all__ = ["read_binaryfile", "write_binaryfile", "write_binaryfile_parts", "binaryfile_bytes"]

#: Messages at the begin of a file that must look like ITCH 5.0, most of them.
_SAMPLE = 32
_STEP = 1 << 24
_SIZE_OF = {ord(letter): size for letter, size in SIZES.items()}


def read_binaryfile(path: str | os.PathLike[str], *, partial: bool = False) -> Messages:
    """Return the messages of a BinaryFILE, plain or gzip.

    A zero length ends the session; a file may also just end. With ``partial`` a file that was cut gives the messages
    that are whole; without, it raises MarketFileError at the first byte of the record that is not. A file that
    does not look like BinaryFILE of ITCH 5.0 raises MarketFileError in any case: its first length is zero, or most of
    its first 32 messages have no known type with its proper length. Messages of unknown type or wrong length behind
    these are passed on as they are. Raises OSError when the file cannot be read.
    """
    source = read_source(path)
    offset, end, reason = _walk(source)
    length = np.diff(offset, append=end + LENGTH_BYTES).astype(np.int32) - LENGTH_BYTES
    messages = Messages(source.data, offset, length)
    _check_looks(source, messages, reason)
    reason = source.torn or reason
    if reason is not None and not partial:
        raise MarketFileError(source.path, end, reason)
    return messages


def write_binaryfile(path: str | os.PathLike[str], messages: Messages, *, end: bool = True,
                     packed: bool | None = None) -> int:
    """Write ``messages`` as BinaryFILE; return the bytes before packing. See ``write_binaryfile_parts``."""
    return write_binaryfile_parts(path, (messages,), end=end, packed=packed)


def write_binaryfile_parts(path: str | os.PathLike[str], parts: Iterable[Messages], *, end: bool = True,
                           packed: bool | None = None) -> int:
    """Write the messages of all ``parts`` as one BinaryFILE, a part at a time; return the bytes before packing.

    end: close with a zero length. packed: whether as gzip; None for what the name says (``.gz``). Raises OSError when
    the file cannot be written.
    """
    mark = (np.zeros(LENGTH_BYTES, np.uint8),) if end else ()
    return write_source(path, chain(map(binaryfile_bytes, parts), mark), packed=packed)


def binaryfile_bytes(messages: Messages) -> NDArray[np.uint8]:
    """Return ``messages`` each behind its two-byte length, without an end mark."""
    packed = messages.packed(LENGTH_BYTES)
    packed.data[packed.offset - 2] = packed.length >> 8
    packed.data[packed.offset - 1] = packed.length & 0xFF
    return packed.data


def _walk(source: Source) -> tuple[NDArray[np.int64], int, str | None]:
    """Return the messages' offsets, where the next record would begin, and what is wrong there, if anything."""
    data, size = source.data, len(source.data)
    offsets = array("q")
    append = offsets.append
    start, reason, ended = 0, None, False
    while start < size and not ended and reason is None:
        # One step: walk the records that begin in it, in plain bytes, which index faster than an array.
        step = data[start:start + _STEP].tobytes()
        last = len(step) - 1
        position = 0
        while position < last:
            length = step[position] << 8 | step[position + 1]
            if not length:
                ended = True
                break
            append(start + position + 2)
            position += length + 2
        start += position
        if ended:
            behind = size - start - LENGTH_BYTES
            if behind:
                reason = f"a zero length, the end of the session, but {behind} bytes follow"
        elif start > size:
            begin = offsets.pop() - LENGTH_BYTES
            reason = f"the file ends inside a message of {start - begin - LENGTH_BYTES} bytes"
            start = begin
        elif start == size - 1:
            reason = "the file ends inside a length"
    return np.frombuffer(offsets, np.int64) if offsets else np.zeros(0, np.int64), start, reason


def _check_looks(source: Source, messages: Messages, reason: str | None) -> None:
    if not len(messages):
        first = int.from_bytes(source.data[:LENGTH_BYTES].tobytes(), "big")
        if reason is not None and (first > MAX_SIZE or len(source.data) > MAX_SIZE + LENGTH_BYTES):
            raise MarketFileError(source.path, 0, f"this is no BinaryFILE of ITCH 5.0 ({reason})")
        return
    sample = messages.select(slice(0, _SAMPLE))
    wrong = [n for n, (code, length) in enumerate(zip(sample.types(), sample.length, strict=True))
             if _SIZE_OF.get(int(code)) != length]
    if 2 * len(wrong) > len(sample):
        first = wrong[0]
        raise MarketFileError(
            source.path, int(sample.offset[first]) - LENGTH_BYTES,
            f"this is no BinaryFILE of ITCH 5.0: {len(wrong)} of the first {len(sample)} messages have no known type "
            f"or not its length, the first of them type {chr(sample.data[sample.offset[first]])!r} with "
            f"{sample.length[first]} bytes")
