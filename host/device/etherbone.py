"""Etherbone datagrams (wire/etherbone.py): accesses to bytes, and bytes to what was read."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wire.etherbone import BYTE_ENABLE, HEADER, MAGIC, MOST_WORDS, RECORD, SIZES, VERSION, WORD_BYTES, Flag

__all__ = ["MAX_BYTES", "Access", "EtherboneError", "encode", "decode", "size"]

#: Most bytes of a datagram that goes through an Ethernet in one piece.
MAX_BYTES = 1472
_HEAD = HEADER.pack({"magic": MAGIC, "version_flags": VERSION << 4, "sizes": SIZES, "padding": 0})


class EtherboneError(ValueError):
    """Bytes that are no answer of an Etherbone device."""


@dataclass(frozen=True)
class Access:
    """One record: ``data`` to be written from ``base`` on, then ``addresses`` to be read.

    Raises ValueError for more words than a record holds.
    """

    base: int = 0
    data: tuple[int, ...] = ()
    addresses: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for count in (len(self.data), len(self.addresses)):
            if count > MOST_WORDS:
                raise ValueError(f"a record holds up to {MOST_WORDS} words, not {count}")


def size(access: Access) -> int:
    """Return the bytes of a record."""
    return RECORD.size + sum(WORD_BYTES * (1 + len(words)) for words in (access.data, access.addresses) if words)


def encode(accesses: Sequence[Access], tag: int) -> bytes:
    """Return the datagram of ``accesses``; ``tag`` (0..2**32 - 1) comes back with all that is read.

    Raises ValueError when it has more than MAX_BYTES.
    """
    parts = [_HEAD]
    for access in accesses:
        parts.append(RECORD.pack({"flags": 0, "byte_enable": BYTE_ENABLE, "wcount": len(access.data),
                                  "rcount": len(access.addresses)}))
        if access.data:
            parts.append(np.array([access.base, *access.data], ">u4").tobytes())
        if access.addresses:
            parts.append(np.array([tag, *access.addresses], ">u4").tobytes())
    whole = b"".join(parts)
    if len(whole) > MAX_BYTES:
        raise ValueError(f"a datagram holds up to {MAX_BYTES} bytes, not {len(whole)}")
    return whole


def decode(answer: bytes) -> tuple[int, npt.NDArray[np.uint32]]:
    """Return the tag and the values of an answer, in the order in which they were asked for.

    Raises EtherboneError for what is no answer, or one of several requests.
    """
    if len(answer) < HEADER.size:
        raise EtherboneError(f"an answer has at least {HEADER.size} bytes, not {len(answer)}")
    header = HEADER.unpack(answer)
    known = {"magic": MAGIC, "version_flags": VERSION << 4 | Flag.NO_READS, "sizes": SIZES}
    header["version_flags"] |= Flag.NO_READS
    if any(header[name] != value for name, value in known.items()):
        raise EtherboneError(f"the answer begins with {answer[:4].hex()}")
    tags, values = set(), []
    at = HEADER.size
    while at < len(answer):
        if len(answer) - at < RECORD.size:
            raise EtherboneError(f"the answer's record at byte {at} is cut")
        record = RECORD.unpack(answer, at)
        end = at + RECORD.size + WORD_BYTES * (1 + record["wcount"])
        if not record["wcount"] or record["rcount"] or end > len(answer):
            raise EtherboneError(f"the answer's record at byte {at} has {record['wcount']} values and "
                                 f"{record['rcount']} reads, with {len(answer) - at} bytes left")
        words = np.frombuffer(answer[at + RECORD.size:end], ">u4")
        tags.add(int(words[0]))
        values.append(words[1:])
        at = end
    if len(tags) != 1:
        raise EtherboneError(f"an answer speaks of one request, not of {sorted(tags)}")
    return tags.pop(), np.concatenate(values).astype(np.uint32)
