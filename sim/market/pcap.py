# Ref: draft-ietf-opsawg-pcap-06; draft-ietf-opsawg-pcapng-05
"""Captures of Ethernet frames: pcap and pcapng read, pcap (ns) written."""

import os
import struct
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sim.market.ragged import copy_rows, scatter
from sim.market.source import MarketFileError, Source, read_head, read_source, write_source

__all__ = ["Capture", "LINK_ETHERNET", "is_capture", "read_capture", "write_capture"]

LINK_ETHERNET = 1
_NS = 1_000_000_000
_LINK_NAMES = {0: "BSD loopback", 101: "raw IP", 105: "IEEE 802.11", 113: "Linux cooked", 228: "raw IPv4",
               276: "Linux cooked 2"}

_PCAP_HEADER = 24
_PCAP_RECORD = 16
#: Magic as a little-endian file begins, ns of one unit of the time stamp's fraction.
_PCAP_UNITS = {0xA1B2C3D4: 1_000, 0xA1B23C4D: 1}
_PCAP_RECORD_DTYPE = np.dtype([("seconds", "<u4"), ("fraction", "<u4"), ("length", "<u4"), ("wire_length", "<u4")])
_SNAPLEN = 262_144

_SECTION, _INTERFACE, _OLD_PACKET, _SIMPLE, _ENHANCED = 0x0A0D0D0A, 1, 2, 3, 6
_BYTE_ORDER = 0x1A2B3C4D
_BLOCK_MIN = 12
_OPTION_END, _OPTION_RESOLUTION, _OPTION_FCS, _OPTION_TIME_OFFSET = 0, 9, 13, 14


@dataclass(frozen=True, eq=False)
class Capture:
    """Captured frames, in file order, without preamble and FCS.

    time: int64[n], ns since 1970-01-01 UTC.
    data: uint8[], the bytes of all frames.
    offset: int64[n], first byte of each frame.
    length: int32[n], bytes of each frame that were captured.
    wire_length: int32[n], bytes it had on the wire; more than ``length`` where the capture cut it.
    """

    time: NDArray[np.int64]
    data: NDArray[np.uint8]
    offset: NDArray[np.int64]
    length: NDArray[np.int32]
    wire_length: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.offset)

    def __getitem__(self, index: int) -> bytes:
        start = int(self.offset[index])
        return self.data[start:start + int(self.length[index])].tobytes()


@dataclass
class _Records:
    """Frames found so far."""

    time: list[int] = field(default_factory=list)
    offset: list[int] = field(default_factory=list)
    length: list[int] = field(default_factory=list)
    wire_length: list[int] = field(default_factory=list)

    def add(self, time: int, offset: int, length: int, wire_length: int, fcs: int) -> None:
        self.time.append(time)
        self.offset.append(offset)
        self.length.append(min(length, wire_length - fcs))
        self.wire_length.append(wire_length - fcs)


@dataclass(frozen=True)
class _Interface:
    """A pcapng interface: link type, snap length, units of time stamp a second, their offset (s), bytes of FCS."""

    link: int
    snaplen: int
    units: int
    base: int
    fcs: int


def is_capture(path: str | os.PathLike[str]) -> bool:
    """Return whether the file begins as a pcap or pcapng, gzip or not. Raises OSError when it cannot be read."""
    head = read_head(path, 4)
    return len(head) == 4 and (_pcap_order(head) is not None or struct.unpack("<I", head)[0] == _SECTION)


def read_capture(path: str | os.PathLike[str], *, partial: bool = False) -> Capture:
    """Return the frames of a pcap (us or ns) or pcapng file, of either byte order, plain or gzip.

    An FCS that the file says it has is left out. A simple packet block has no time: it takes that of the frame before.
    Raises MarketFileError, naming the byte, for a file that is neither, contradicts itself, holds frames of a link type
    other than Ethernet, or is cut; with ``partial`` a cut file gives the frames that are whole. Raises OSError when the
    file cannot be read.
    """
    source = read_source(path)
    head = source.data[:4].tobytes()
    if len(head) < 4:
        raise MarketFileError(source.path, 0, f"this is no capture: {len(head)} bytes")
    records = _Records()
    if struct.unpack("<I", head)[0] == _SECTION:
        torn = _read_pcapng(source, records)
    elif _pcap_order(head) is not None:
        torn = _read_pcap(source, records)
    else:
        raise MarketFileError(source.path, 0, f"this is no capture: it begins with {head.hex()}")
    if source.torn is not None:
        torn = len(source.data) if torn is None else torn[0], source.torn
    if torn is not None and not partial:
        raise MarketFileError(source.path, *torn)
    return Capture(np.array(records.time, np.int64), source.data, np.array(records.offset, np.int64),
                   np.array(records.length, np.int32), np.array(records.wire_length, np.int32))


def write_capture(path: str | os.PathLike[str], capture: Capture, *, packed: bool | None = None) -> int:
    """Write ``capture`` as a little-endian pcap with ns; return the bytes before packing.

    packed: whether as gzip; None for what the name says (``.gz``). Raises ValueError naming a time outside 0..2^32 s,
    OSError when the file cannot be written.
    """
    seconds = capture.time // _NS
    bad = np.flatnonzero((seconds < 0) | (seconds >= 1 << 32))
    if bad.size:
        raise ValueError(f"time of frame {bad[0]} must be 0..{(_NS << 32) - 1} ns, not {capture.time[bad[0]]}")
    head = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, _SNAPLEN, LINK_ETHERNET)
    ends = np.cumsum(capture.length.astype(np.int64) + _PCAP_RECORD)
    data = np.zeros(int(ends[-1]) if len(ends) else 0, np.uint8)
    offset = ends - capture.length
    rows = np.zeros(len(capture), _PCAP_RECORD_DTYPE)
    rows["seconds"] = seconds
    rows["fraction"] = capture.time % _NS
    rows["length"] = capture.length
    rows["wire_length"] = capture.wire_length
    scatter(data, offset - _PCAP_RECORD, rows)
    copy_rows(capture.data, capture.offset, capture.length, data, offset)
    return write_source(path, (np.frombuffer(head, np.uint8), data), packed=packed)


def _pcap_order(head: bytes) -> str | None:
    for order in "<>":
        if struct.unpack(order + "I", head)[0] in _PCAP_UNITS:
            return order
    return None


def _check_link(source: Source, offset: int, link: int) -> None:
    if link != LINK_ETHERNET:
        name = f" ({_LINK_NAMES[link]})" if link in _LINK_NAMES else ""
        raise MarketFileError(source.path, offset, f"link type must be {LINK_ETHERNET} (Ethernet), not {link}{name}")


def _read_pcap(source: Source, records: _Records) -> tuple[int, str] | None:
    data = source.data.tobytes()
    order = _pcap_order(data[:4])
    if len(data) < _PCAP_HEADER:
        return len(data), f"the file ends inside its header of {_PCAP_HEADER} bytes"
    unit = _PCAP_UNITS[struct.unpack_from(order + "I", data)[0]]
    network = struct.unpack_from(order + "I", data, 20)[0]
    _check_link(source, 20, network & 0xFFFF)
    # Bit 26 says that bits 31..28 hold the length of the FCS, in 16-bit units.
    fcs = 2 * (network >> 28) if network >> 26 & 1 else 0
    record = struct.Struct(order + "IIII")
    position = _PCAP_HEADER
    while position < len(data):
        if position + _PCAP_RECORD > len(data):
            return position, f"the file ends inside the header of frame {len(records.time)}"
        seconds, fraction, length, wire_length = record.unpack_from(data, position)
        if length > _SNAPLEN:
            raise MarketFileError(source.path, position, f"frame {len(records.time)} claims {length} bytes")
        begin = position + _PCAP_RECORD
        if begin + length > len(data):
            return position, f"the file ends inside frame {len(records.time)} of {length} bytes"
        records.add(seconds * _NS + fraction * unit, begin, length, max(length, wire_length), fcs)
        position = begin + length
    return None


def _read_pcapng(source: Source, records: _Records) -> tuple[int, str] | None:
    data = source.data.tobytes()
    order = "<"
    interfaces: list[_Interface] = []
    position = 0
    while position < len(data):
        torn = position, f"the file ends inside the block that holds frame {len(records.time)} or what follows"
        if position + _BLOCK_MIN > len(data):
            return torn
        kind = struct.unpack_from(order + "I", data, position)[0]
        if kind == _SECTION:
            order = _section_order(source, data, position)
            interfaces = []
        size = struct.unpack_from(order + "I", data, position + 4)[0]
        if size < _BLOCK_MIN or size % 4:
            raise MarketFileError(source.path, position, f"a block cannot have {size} bytes")
        if position + size > len(data):
            return torn
        if struct.unpack_from(order + "I", data, position + size - 4)[0] != size:
            raise MarketFileError(source.path, position, f"the block's two lengths differ, the first is {size}")
        body, end = position + 8, position + size - 4
        if kind == _INTERFACE:
            interfaces.append(_interface(source, data, order, body, end))
        elif kind == _ENHANCED:
            _enhanced(source, data, order, body, end, interfaces, records)
        elif kind == _SIMPLE:
            _simple(source, data, order, body, end, interfaces, records)
        elif kind == _OLD_PACKET:
            raise MarketFileError(source.path, position, "the obsolete packet block is not read")
        position += size
    return None


def _section_order(source: Source, data: bytes, position: int) -> str:
    mark = data[position + 8:position + 12]
    for order in "<>":
        if struct.unpack(order + "I", mark)[0] == _BYTE_ORDER:
            return order
    raise MarketFileError(source.path, position + 8,
                          f"byte-order mark must be 1a2b3c4d or its reverse, not {mark.hex()}")


def _need(source: Source, body: int, end: int, size: int) -> None:
    if end - body < size:
        raise MarketFileError(source.path, body, f"the block is too short: {end - body} bytes, {size} needed")


def _interface(source: Source, data: bytes, order: str, body: int, end: int) -> _Interface:
    _need(source, body, end, 8)
    link, _, snaplen = struct.unpack_from(order + "HHI", data, body)
    units, base, fcs = 1_000_000, 0, 0
    position = body + 8
    while position + 4 <= end:
        code, size = struct.unpack_from(order + "HH", data, position)
        value = position + 4
        if code == _OPTION_END:
            break
        if value + size > end:
            raise MarketFileError(source.path, position, f"option {code} of {size} bytes leaves its block")
        if code == _OPTION_RESOLUTION and size == 1:
            units = 2 ** (data[value] & 0x7F) if data[value] & 0x80 else 10 ** data[value]
        elif code == _OPTION_FCS and size == 1:
            fcs = data[value]
        elif code == _OPTION_TIME_OFFSET and size == 8:
            base = struct.unpack_from(order + "q", data, value)[0]
        position = value + (size + 3) // 4 * 4
    return _Interface(link, snaplen, units, base, fcs)


def _enhanced(source: Source, data: bytes, order: str, body: int, end: int, interfaces: list[_Interface],
              records: _Records) -> None:
    _need(source, body, end, 20)
    number, high, low, length, wire_length = struct.unpack_from(order + "IIIII", data, body)
    interface = _of(source, body, number, interfaces)
    _need(source, body, end, 20 + length)
    ticks = high << 32 | low
    time = interface.base * _NS + ticks * _NS // interface.units
    if time >= 1 << 63:
        raise MarketFileError(source.path, body + 4, f"time of frame {len(records.time)} is beyond reason: {time} ns")
    records.add(time, body + 20, length, max(length, wire_length), interface.fcs)


def _simple(source: Source, data: bytes, order: str, body: int, end: int, interfaces: list[_Interface],
            records: _Records) -> None:
    _need(source, body, end, 4)
    wire_length = struct.unpack_from(order + "I", data, body)[0]
    interface = _of(source, body, 0, interfaces)
    length = min(wire_length, interface.snaplen) if interface.snaplen else wire_length
    _need(source, body, end, 4 + length)
    records.add(records.time[-1] if records.time else 0, body + 4, length, wire_length, interface.fcs)


def _of(source: Source, body: int, number: int, interfaces: list[_Interface]) -> _Interface:
    if number >= len(interfaces):
        raise MarketFileError(source.path, body, f"interface {number} was not described, there are {len(interfaces)}")
    _check_link(source, body, interfaces[number].link)
    return interfaces[number]
