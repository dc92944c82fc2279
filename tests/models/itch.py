"""ITCH 5.0 messages for tests, packed field by field from the specification's table; values are not checked."""

import struct

__all__ = ["common", "add", "execute", "execute_price", "cancel", "delete", "replace", "trade", "stock_message",
           "system", "mwcb", "split_file"]


def common(kind: str, locate: int, ns: int = 0) -> bytes:
    return struct.pack(">cHH6s", kind.encode(), locate, 0, ns.to_bytes(6, "big"))


def add(ref: int, side: str, shares: int, price: int, *, locate: int = 1, mpid: bool = False, ns: int = 0) -> bytes:
    body = struct.pack(">Qc I8sI", ref, side.encode(), shares, b"TEST    ", price)
    return common("F", locate, ns) + body + b"MPID" if mpid else common("A", locate, ns) + body


def execute(ref: int, shares: int, *, locate: int = 1) -> bytes:
    return common("E", locate) + struct.pack(">QIQ", ref, shares, 7)


def execute_price(ref: int, shares: int, price: int, *, printable: str = "Y", locate: int = 1) -> bytes:
    return common("C", locate) + struct.pack(">QIQcI", ref, shares, 7, printable.encode(), price)


def cancel(ref: int, shares: int, *, locate: int = 1) -> bytes:
    return common("X", locate) + struct.pack(">QI", ref, shares)


def delete(ref: int, *, locate: int = 1) -> bytes:
    return common("D", locate) + struct.pack(">Q", ref)


def replace(old: int, new: int, shares: int, price: int, *, locate: int = 1) -> bytes:
    return common("U", locate) + struct.pack(">QQII", old, new, shares, price)


def trade(shares: int, price: int, *, locate: int = 1) -> bytes:
    return common("P", locate) + struct.pack(">QcI8sIQ", 0, b"B", shares, b"TEST    ", price, 7)


def stock_message(kind: str, stock: str, tail: bytes, *, locate: int = 1) -> bytes:
    return common(kind, locate) + stock.encode().ljust(8) + tail


def system(event: str) -> bytes:
    return common("S", 0) + event.encode()


def mwcb(level: str) -> bytes:
    return common("W", 0) + level.encode()


def split_file(raw: bytes) -> list[bytes]:
    """Return the messages of a BinaryFILE."""
    messages, at = [], 0
    while at < len(raw):
        size = int.from_bytes(raw[at:at + 2], "big")
        messages.append(raw[at + 2:at + 2 + size])
        at += 2 + size
    return messages
