"""A device in memory, without gateware: registers, ring, and a book by the reference model, for tests of the host."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from sim.models.book import ReferenceBook
from wire import moldudp64
from wire.fields import WireError
from wire.frame import parse_frame
from wire.itch50 import BOOK_TYPES, SIZES
from wire.profiles import PROFILES
from wire.records import RecordKind, record_dtype
from wire.registers import CONTRACT_VERSION, COUNTERS, MAGIC, REGISTERS, by_name
from wire.risk import VERDICT_DTYPE

_WORD = 0xFFFF_FFFF


class FakeTransport:
    """Takes frames in sequence, answers every book message with a settled record, keeps the counters.

    wrong_after: book messages after which each record's best bid is false, to see the check find it.
    silent_after: book messages after which one record is left out.
    """

    def __init__(self, profile: str = "sim", *, entries: int = 1 << 12, magic: int = MAGIC,
                 version: int = CONTRACT_VERSION, wrong_after: int | None = None, silent_after: int | None = None,
                 wire: bool = False):
        self.profile = sizes = PROFILES[profile]
        self.memory = np.zeros(entries, record_dtype(sizes.levels))
        self.verdicts = np.zeros(1 << 8, VERDICT_DTYPE)
        self.values = {register.name: register.reset for register in REGISTERS}
        self.values |= {
            "MAGIC": magic, "VERSION": version, "BUILD": 0x0123_4567_89AB_CDEF, "CLOCK_HZ": sizes.clock_hz,
            "CAP_BOOK": sizes.symbols | sizes.levels << 16 | (sizes.window.bit_length() - 1) << 24,
            "CAP_ORDERS": sizes.order_slots, "CAP_TICK": sizes.tick,
            "CAP_LINK": self.memory.itemsize | sizes.channels << 16 | sizes.far_levels << 24,
            "CAP_BITS": sizes.ref_bits | sizes.share_bits << 8 | sizes.level_share_bits << 16
            | sizes.level_order_bits << 24,
            "CAP_RISK": sizes.accounts.bit_length() - 1 | (sizes.open_orders.bit_length() - 1) << 8
            | sizes.duplicates << 16 | 5 << 24, "RISK_STATUS": 19, "SEQ_EXPECTED": 1, "SEQ_HIGHEST": 1}
        self.symbols: dict[int, dict[str, Any]] = {}
        self.book: ReferenceBook | None = None
        self.queue: list[Any] = []
        self.written = 0
        self.applied = 0
        self.inject_bytes = b""
        self.log: list[tuple[int, int]] = []
        self.closed = False
        self._latch = 0
        self._wrong_after = wrong_after
        self._silent_after = silent_after
        self._wire = wire
        self._names = {}
        for register in REGISTERS:
            self._names[register.offset] = register, 0
            if register.size == 8:
                self._names[register.offset + 4] = register, 32

    # Transport

    @property
    def ring(self) -> np.ndarray:
        return self.memory

    @property
    def rx(self) -> "FakeTransport | None":
        return None if self._wire else self

    def submit(self, schedule: Any) -> None:
        self.queue.append(schedule)

    def read(self, addr: int) -> int:
        register, shift = self._names[addr]
        if shift:
            return self._latch
        value = self.values[register.name]
        if register.access == "wo":
            value = 0
        self._latch = value >> 32
        return value & _WORD

    def write(self, addr: int, value: int) -> None:
        self.log.append((addr, value))
        if addr not in self._names or self._names[addr][0].access == "ro":
            self.count("bus_errors")
            return
        register, shift = self._names[addr]
        old = self.values[register.name]
        self.values[register.name] = old & ~(_WORD << shift) | value << shift
        action = getattr(self, f"_on_{register.name.lower()}", None)
        if action is not None and (shift or register.size == 4):
            action(value)

    def write_words(self, addr: int, words: np.ndarray) -> None:
        for n, word in enumerate(words):
            self.write(addr + 4 * n, int(word))

    def write_port(self, addr: int, words: np.ndarray) -> None:
        for word in words.tolist():
            self.write(addr, word)

    def read_indexed(self, index: int, data: int, count: int) -> np.ndarray:
        words = np.empty(count, "<u4")
        for number in range(count):
            self.write(index, number)
            words[number] = self.read(data)
        return words

    def exclusive(self) -> AbstractContextManager[None]:
        return nullcontext()

    def run(self, cycles: int) -> None:
        self.values["CYCLES"] += cycles

    def settle(self) -> None:
        for schedule in self.queue:
            for n in range(len(schedule)):
                self.values["CYCLES"] = max(self.values["CYCLES"], int(schedule.cycle[n]))
                self.take_frame(schedule[n], bool(schedule.error[n]), int(schedule.cycle[n]))
        self.queue.clear()
        self.run(100)

    def close(self) -> None:
        self.closed = True

    # Registers that act

    def _on_symbol_config(self, value: int) -> None:
        name = (self.values["SYMBOL_NAME_LO"] | self.values["SYMBOL_NAME_HI"] << 32).to_bytes(8, "little")
        index = self.values["SYMBOL_SELECT"]
        self.symbols.pop(index, None)
        if value >> 31:
            self.symbols[index] = {
                "name": name.decode().rstrip(), "locate": value & 0xFFFF if value >> 16 & 1 else None,
                "learn": bool(value >> 17 & 1), "base": self.values["SYMBOL_BASE"]}

    def _on_command(self, value: int) -> None:
        if value & 2:
            self.values["SEQ_EXPECTED"] = self.values["SEQ_HIGHEST"] = self.values["SEQ_SET"]
            self.values["STATUS"] &= ~6
        if value & 1 and self.book is not None:
            self.book.clear()

    def _on_inject_data(self, value: int) -> None:
        self.inject_bytes += value.to_bytes(4, "little")

    def _on_inject_go(self, value: int) -> None:
        message, self.inject_bytes = self.inject_bytes[:value], b""
        if self.values["INJECT_SEQ"] == self.values["SEQ_EXPECTED"] and len(message) == value:
            self.count("msgs_injected")
            self.apply(message, self.values["CYCLES"])
        else:
            self.count("inject_refused")

    # Feed and book

    def count(self, name: str, by: int = 1) -> None:
        self.values[name.upper()] += by

    def take_frame(self, frame: bytes, error: bool, cycle: int) -> None:
        self.count("frames")
        if error:
            self.count("frames_mac_error")
            return
        try:
            parsed = parse_frame(frame)
        except WireError:
            self.count("frames_ip_checksum")
            return
        line = None
        for n in range(self.profile.channels):
            port = self.values[f"CHANNEL{n}_PORT"]
            if port >> 31 and parsed.dst_port == port & 0xFFFF and parsed.dst_ip == self.values[f"CHANNEL{n}_IP"]:
                line = "ab"[port >> 16 & 1]
        if line is None or not self.values["CONTROL"] >> 1 & 1:
            self.count("frames_not_for_us")
            return
        self.count("frames_ok")
        self.count(f"packets_{line}")
        packet = moldudp64.unpack(parsed.payload)
        expected = self.values["SEQ_EXPECTED"]
        self.values["SEQ_HIGHEST"] = max(self.values["SEQ_HIGHEST"], packet.sequence + len(packet.messages))
        if packet.sequence > expected:
            self.count("packets_gap")
            self.values["STATUS"] |= 6
            return
        for number, message in enumerate(packet.messages, packet.sequence):
            if number < self.values["SEQ_EXPECTED"]:
                self.count("msgs_old")
            else:
                self.count(f"msgs_{line}")
                self.apply(message, cycle)

    def apply(self, message: bytes, cycle: int) -> None:
        seq = self.values["SEQ_EXPECTED"]
        self.values["SEQ_EXPECTED"] = seq + 1
        if self.values["SEQ_EXPECTED"] >= self.values["SEQ_HIGHEST"]:
            self.values["STATUS"] &= ~6
        if self.book is None:
            self.book = ReferenceBook(
                locates=[s["locate"] for s in self.symbols.values() if s["locate"] is not None],
                names=[s["name"] for s in self.symbols.values() if s["learn"]], tick=self.profile.tick)
        before = dict(self.book.counters)
        symbol = self.book.apply(message)
        for name, number in self.book.counters.items():
            self.count(name, number - before[name])
        letter = chr(message[0])
        if symbol is None or letter not in BOOK_TYPES or len(message) != SIZES[letter]:
            return
        self.applied += 1
        if self.applied == self._silent_after:
            return
        slot = self.memory[self.written % len(self.memory)]
        slot["feed_seq"], slot["exchange_ns"], slot["device_cycles"] = seq, symbol.ns, cycle
        slot["state"], slot["locate"], slot["cause"] = symbol.state, symbol.locate, message[0]
        slot["symbol"] = next(index for index, one in self.symbols.items()
                              if symbol.locate == one["locate"] or self.book.names.get(one["name"]) is symbol)
        slot["last_price"], slot["last_shares"] = symbol.last_price, symbol.last_shares
        slot["kind"], slot["whole"], slot["aux"] = RecordKind.BOOK, 3, symbol.applied
        slot["lat_decode"], slot["lat_best"], slot["lat_levels"] = 3, 14 + (letter == "U"), 30 + symbol.applied % 7
        for side, valid in (("bids", "bids_valid"), ("asks", "asks_valid")):
            levels = getattr(symbol, side)(self.profile.levels)
            slot[valid] = len(levels)
            slot[side] = 0
            for n, level in enumerate(levels):
                slot[side][n] = level
        if self._wrong_after is not None and self.applied > self._wrong_after:
            slot["bids"][0]["shares"] += 1
        self.written += 1
        slot["seq"] = self.written
        self.count("records")


COUNTER_NAMES = tuple(name for name, _ in COUNTERS)
MAGIC_OFFSET = by_name("MAGIC").offset
