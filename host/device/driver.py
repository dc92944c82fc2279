"""The driver: a device's registers by name, its configuration, counters and records, over any transport."""

from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from host.device.reader import EventReader
from host.device.transport import Transport
from wire.records import TradingState, record_dtype
from wire.registers import CONTRACT_VERSION, COUNTERS, MAGIC, Register, by_name

__all__ = ["Capabilities", "Device", "DeviceError", "SymbolSetting", "split", "trading_state"]

#: Longest message that the inject port takes, bytes.
_INJECT_BYTES = 50
#: Cycles that the driver lets pass between two looks at a busy bit.
_POLL_CYCLES = 64
#: Looks at a busy bit before the device is given up: a clear of the largest profile takes well under this.
_POLL_LIMIT = 65_536
_TRADING_STATES = {int(one): one for one in TradingState}


class DeviceError(Exception):
    """The device is not what the driver knows, or does not do as it is told."""


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What a device is: sizes from its capability registers.

    build: build hash. clock_hz: core clock. symbols: symbols it can follow. levels: K, levels a side in a record.
    window: ticks of a symbol's window. tick: price units (1/10,000) of a tick. order_slots: slots of the order table.
    far_levels: levels it can hold outside the windows. channels: entries of the channel table.
    record_bytes: bytes of a ring record. ref_bits, share_bits, level_share_bits, level_order_bits: widths.
    """

    build: int
    clock_hz: int
    symbols: int
    levels: int
    window: int
    tick: int
    order_slots: int
    far_levels: int
    channels: int
    record_bytes: int
    ref_bits: int
    share_bits: int
    level_share_bits: int
    level_order_bits: int

    def ns(self, cycles: float) -> float:
        """Return the time of ``cycles`` at the device's clock, ns (for display; cycles are the exact number)."""
        return cycles * 1e9 / self.clock_hz


@dataclass(frozen=True, kw_only=True)
class SymbolSetting:
    """What one symbol of the device follows.

    name: stock name, up to 8 characters; locate: its stock locate, or None when not known;
    base: lowest price of the window, 1/10,000, a multiple of the tick; learn: learn the locate from R messages.
    """

    name: str
    base: int
    locate: int | None = None
    learn: bool = True


class Device:
    """One device. Opening it checks that it is one and that its contract is known; it changes nothing."""

    def __init__(self, transport: Transport) -> None:
        """Raises DeviceError when the device does not identify itself or has another contract version."""
        self.transport = transport
        magic = self.read("MAGIC")
        if magic != MAGIC:
            raise DeviceError(f"no tickgate device: MAGIC reads {magic:#010x}, not {MAGIC:#010x}")
        version = self.read("VERSION")
        if version != CONTRACT_VERSION:
            raise DeviceError(f"the device speaks contract version {version}, the driver knows only {CONTRACT_VERSION}")
        self.capabilities = self._capabilities()
        self._ring: npt.NDArray[Any] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the device back to its transport."""
        self._ring = None
        self.transport.close()

    # Registers

    def read(self, name: str) -> int:
        """Return register ``name``; of a 64-bit one the lower half is read first, which latches the upper.

        A write-only register reads 0. Raises KeyError for an unknown name.
        """
        register = by_name(name)
        value = self.transport.read(register.offset)
        if register.size == 8:
            value |= self.transport.read(register.offset + 4) << 32
        return value

    def write(self, name: str, value: int) -> None:
        """Write register ``name``, the lower half first.

        Raises KeyError for an unknown name, ValueError for a read-only register or a value that does not fit.
        """
        register = by_name(name)
        if register.access == "ro":
            raise ValueError(f"register {name} is read-only")
        if not 0 <= value < 1 << 8 * register.size:
            raise ValueError(f"{value:#x} does not fit the {8 * register.size} bits of register {name}")
        self.transport.write(register.offset, value & 0xFFFF_FFFF)
        if register.size == 8:
            self.transport.write(register.offset + 4, value >> 32)

    def fields(self, name: str) -> dict[str, int]:
        """Return the fields of register ``name`` as one read found them."""
        return split(by_name(name), self.read(name))

    # Configuration

    def set_channel(self, index: int, ip: str | int, port: int, line: str, *, enable: bool = True) -> None:
        """Carry UDP datagrams to ``ip``:``port`` as ``line`` ("A" or "B") through channel ``index``."""
        if not 0 <= index < self.capabilities.channels:
            raise ValueError(f"channel must be 0..{self.capabilities.channels - 1}, not {index}")
        if line not in ("A", "B"):
            raise ValueError(f"line must be 'A' or 'B', not {line!r}")
        if not 0 <= port <= 0xFFFF:
            raise ValueError(f"port must be 0..65535, not {port}")
        try:
            address = int(IPv4Address(ip))
        except AddressValueError:
            raise ValueError(f"{ip!r} is no IPv4 address") from None
        self.write(f"CHANNEL{index}_PORT", 0)
        self.write(f"CHANNEL{index}_IP", address)
        self.write(f"CHANNEL{index}_PORT", port | (line == "B") << 16 | enable << 31)

    def follow(self, index: int, setting: SymbolSetting) -> None:
        """Let symbol ``index`` of the device follow ``setting``; what it followed before is forgotten."""
        caps = self.capabilities
        name = setting.name.encode("ascii", "replace")
        if len(name) > 8:
            raise ValueError(f"a stock name has up to 8 characters, not {setting.name!r}")
        if setting.base % caps.tick or not 0 <= setting.base < 1 << 32:
            raise ValueError(f"window base of {setting.name} must be a multiple of {caps.tick} below 2**32, "
                             f"not {setting.base}")
        if setting.locate is not None and not 0 <= setting.locate <= 0xFFFF:
            raise ValueError(f"stock locate must be 0..65535, not {setting.locate}")
        self._select(index)
        padded = name.ljust(8)
        self.write("SYMBOL_NAME_LO", int.from_bytes(padded[:4], "little"))
        self.write("SYMBOL_NAME_HI", int.from_bytes(padded[4:], "little"))
        self.write("SYMBOL_BASE", setting.base // caps.tick)
        known = setting.locate is not None
        self._configure((setting.locate or 0) | known << 16 | setting.learn << 17 | 1 << 31)

    def unfollow(self, index: int) -> None:
        """Let symbol ``index`` follow nothing."""
        self._select(index)
        self._configure(0)

    def _configure(self, word: int) -> None:
        """Put the selected symbol's settings into force; the read gives the device the cycles that it needs for it."""
        self.write("SYMBOL_CONFIG", word)
        self.read("SYMBOL_CONFIG")

    def locate(self, index: int) -> int | None:
        """Return the stock locate in force for symbol ``index``, None when none is known yet."""
        self._select(index)
        found = self.fields("SYMBOL_LOCATE")
        return found["locate"] if found["valid"] else None

    def state(self, index: int) -> int:
        """Return the state word of symbol ``index`` (wire.records.State, TradingState in bits 2..0)."""
        self._select(index)
        return self.read("SYMBOL_STATE")

    def set_gap(self, *, packets: int, cycles: int) -> None:
        """Mark the books stale when a gap is open for ``packets`` packets or ``cycles`` cycles; 0 means never."""
        self.write("GAP_PACKETS", packets)
        self.write("GAP_CYCLES", cycles)

    def set_silence(self, cycles: int) -> None:
        """Mark the books stale after ``cycles`` cycles without packet or heartbeat; 0 means never."""
        self.write("SILENCE_CYCLES", cycles)

    def set_mode(self, *, enable: bool = True, hold: bool = False, reorder: bool = False) -> None:
        """Take frames (``enable``), each only after it proved good as a whole (``hold``); keep packets ahead of a gap
        until it is filled (``reorder``)."""
        self.write("CONTROL", hold | enable << 1 | reorder << 2)

    def clear(self) -> None:
        """Start-of-day clear: empty order table, levels and marks; returns when it is done."""
        self.write("COMMAND", 1)
        self._wait("clearing")

    def make_empty(self) -> None:
        """Clear the device if it ever took a message, and wait until its tables are empty."""
        if self.read("MSGS_DECODED"):
            self.write("COMMAND", 1)
        self._wait("clearing")

    def resync(self, seq: int) -> None:
        """Expect message ``seq`` next, whatever came before; the session and any gap are forgotten."""
        self.write("SEQ_SET", seq)
        self.write("COMMAND", 2)

    def inject(self, seq: int, message: bytes) -> None:
        """Give the device message ``seq`` of the feed, as a re-request server would.

        It is refused, and counted in INJECT_REFUSED, when it is not the next expected one.
        """
        if not 1 <= len(message) <= _INJECT_BYTES:
            raise ValueError(f"a message has 1..{_INJECT_BYTES} bytes, not {len(message)}")
        padded = message.ljust(-len(message) % 4 + len(message), b"\0")
        self.transport.write_port(by_name("INJECT_DATA").offset, np.frombuffer(padded, "<u4"))
        # Number and length lie side by side; the length lets it go.
        self.transport.write_words(by_name("INJECT_SEQ").offset,
                                   np.array([seq & 0xFFFF_FFFF, seq >> 32, len(message)], "<u4"))
        self._wait("inject_busy")

    # What goes on

    def status(self) -> dict[str, int]:
        """Return the fields of STATUS."""
        return self.fields("STATUS")

    def counters(self) -> dict[str, int]:
        """Return all counters of wire.registers.COUNTERS by name."""
        return {name: self.read(name.upper()) for name, _ in COUNTERS}

    def reader(self, *, first: int | None = None) -> EventReader:
        """Return a reader of the event ring from record ``first`` on, by default from the next one to be written."""
        ring = self._record_ring()
        return EventReader(ring, first=self.read("RECORDS") + 1 if first is None else first)

    # Inside

    def _record_ring(self) -> npt.NDArray[Any]:
        """View the transport's memory as records and tell the device how many there are."""
        if self._ring is None:
            dtype = record_dtype(self.capabilities.levels)
            ring = self.transport.ring.reshape(-1).view(np.uint8).view(dtype)
            if len(ring) & (len(ring) - 1):
                raise DeviceError(f"the ring memory holds {len(ring)} records, which is no power of two")
            self.write("RING_ENTRIES", len(ring).bit_length() - 1)
            self._ring = ring
        return self._ring

    def _capabilities(self) -> Capabilities:
        book, link, bits = self.fields("CAP_BOOK"), self.fields("CAP_LINK"), self.fields("CAP_BITS")
        caps = Capabilities(
            build=self.read("BUILD"), clock_hz=self.read("CLOCK_HZ"), symbols=book["symbols"], levels=book["levels"],
            window=1 << book["log2_window"], tick=self.read("CAP_TICK"), order_slots=self.read("CAP_ORDERS"),
            far_levels=link["far_levels"], channels=link["channels"], record_bytes=link["record_bytes"],
            ref_bits=bits["ref"], share_bits=bits["shares"], level_share_bits=bits["level_shares"],
            level_order_bits=bits["level_orders"])
        expected = record_dtype(caps.levels).itemsize
        if caps.record_bytes != expected:
            raise DeviceError(f"records of {caps.levels} levels have {expected} bytes, "
                              f"the device says {caps.record_bytes}")
        return caps

    def _select(self, index: int) -> None:
        if not 0 <= index < self.capabilities.symbols:
            raise ValueError(f"symbol must be 0..{self.capabilities.symbols - 1}, not {index}")
        self.write("SYMBOL_SELECT", index)

    def _wait(self, busy: str) -> None:
        for _ in range(_POLL_LIMIT):
            if not self.status()[busy]:
                return
            self.transport.run(_POLL_CYCLES)
        raise DeviceError(f"STATUS.{busy} did not fall within {_POLL_LIMIT * _POLL_CYCLES} cycles")


def split(register: Register, value: int) -> dict[str, int]:
    """Return the fields of ``register`` in ``value``."""
    return {bits.name: value >> bits.lsb & (1 << bits.width) - 1 for bits in register.bits}


def trading_state(state: int) -> TradingState:
    """Return the trading state in a state word, UNKNOWN for a number without a meaning."""
    return _TRADING_STATES.get(state & 7, TradingState.UNKNOWN)
