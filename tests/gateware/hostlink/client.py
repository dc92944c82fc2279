"""Etherbone made and read byte by byte, without our tables: what another's tool would send and understand."""

import struct

__all__ = ["HEADER", "writes", "reads", "record", "datagram", "probe", "values"]

HEADER = bytes.fromhex("4e6f1044 00000000")


def record(*, base: int = 0, data: tuple[int, ...] = (), back: int = 0, addresses: tuple[int, ...] = ()) -> bytes:
    """Return a record of writes from ``base`` on and of reads, whose answer goes to ``back``."""
    parts = [bytes((0, 0x0F, len(data), len(addresses)))]
    if data:
        parts.append(struct.pack(f">{1 + len(data)}I", base, *data))
    if addresses:
        parts.append(struct.pack(f">{1 + len(addresses)}I", back, *addresses))
    return b"".join(parts)


def writes(base: int, *data: int) -> bytes:
    return record(base=base, data=data)


def reads(*addresses: int, back: int = 0) -> bytes:
    return record(back=back, addresses=addresses)


def datagram(*records: bytes) -> bytes:
    return HEADER + b"".join(records)


def probe(padding: bytes = bytes(4), behind: bytes = b"") -> bytes:
    return bytes.fromhex("4e6f1144") + padding + behind


def values(answer: bytes) -> list[tuple[int, list[int]]]:
    """Return (address, values) of each record of an answer, of which all is looked at."""
    assert answer[:8] == HEADER, answer[:8].hex()
    found, rest = [], answer[8:]
    while rest:
        flags, enable, wcount, rcount = rest[:4]
        assert (flags, enable, rcount) == (0, 0x0F, 0) and wcount, rest[:4].hex()
        back, *data = struct.unpack_from(f">{1 + wcount}I", rest, 4)
        found.append((back, data))
        rest = rest[8 + 4 * wcount:]
    return found
