"""A device that is nothing but memory: registers that stay as they are, rings, and slots that are decided when asked.

It stands for a card whose registers are mapped into the process: a write is a store, and costs no more.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import numpy as np

from host.fix.message import Message
from host.fix.settings import Settings
from host.oms.templates import Make
from host.run.venue import Link, VenueEvent
from wire.fix.fix44 import FIX44
from wire.fix.tags import Tag
from wire.pages import SLOT_BYTES, SLOTS, Page
from wire.profiles import PROFILES
from wire.records import record_dtype
from wire.registers import ADDRESS_BITS, CONTRACT_VERSION, MAGIC, REGISTERS
from wire.risk import REQUEST_DTYPE, REQUEST_KINDS, VERDICT_DTYPE, Status

__all__ = ["MemoryTransport", "MemoryVenue"]

_WINDOWS = {Page.ORDERS: Page.ORDERS << ADDRESS_BITS, Page.REPORTS: Page.REPORTS << ADDRESS_BITS}


class MemoryTransport:
    """See host.device.transport. The gate accepts every request and applies every report, with ``decide``.

    written: when the last slot of the window of orders was written, ns of ``time.perf_counter_ns``.
    """

    def __init__(self, ring: np.ndarray, *, verdicts: int = 1 << 10) -> None:
        """ring: of records, with as many levels as profile ``sim`` has."""
        sizes = PROFILES["sim"]
        if ring.dtype != record_dtype(sizes.levels):
            raise ValueError(f"records must have {sizes.levels} levels, not {ring.dtype}")
        self.ring, self.verdicts, self.rx = ring, np.zeros(verdicts, VERDICT_DTYPE), None
        self.memory = np.zeros(len(Page) << ADDRESS_BITS - 2, "<u4")
        self.written = 0
        self._slots = {page: self.memory[base // 4:base // 4 + SLOTS * SLOT_BYTES // 4].view(REQUEST_DTYPE)
                       for page, base in _WINDOWS.items()}
        self._published: list[int] = []
        self._decided = 0
        values = {register.name: register.reset for register in REGISTERS} | {
            "MAGIC": MAGIC, "VERSION": CONTRACT_VERSION, "CLOCK_HZ": sizes.clock_hz, "CAP_TICK": sizes.tick,
            "CAP_BOOK": sizes.symbols | sizes.levels << 16 | (sizes.window.bit_length() - 1) << 24,
            "CAP_LINK": ring.itemsize | sizes.channels << 16 | sizes.far_levels << 24,
            "CAP_RISK": sizes.accounts.bit_length() - 1 | (sizes.open_orders.bit_length() - 1) << 8
            | sizes.duplicates << 16 | 5 << 24}
        for register in REGISTERS:
            for word in range(register.size // 4):
                self.memory[register.offset // 4 + word] = values[register.name] >> 32 * word & 0xFFFF_FFFF

    def read(self, addr: int) -> int:
        """Load."""
        return int(self.memory[addr // 4])

    def write(self, addr: int, value: int) -> None:
        """Store."""
        self.memory[addr // 4] = value

    def write_words(self, addr: int, words: np.ndarray) -> None:
        """Store, and note when a slot was published."""
        self.memory[addr // 4:addr // 4 + len(words)] = words
        if addr >> ADDRESS_BITS == Page.ORDERS:
            self.written = time.perf_counter_ns()
        self._published.append(addr)

    def write_port(self, addr: int, words: np.ndarray) -> None:
        """Write words, one after the other, to one register."""
        for word in words.tolist():
            self.write(addr, word)

    def read_indexed(self, index: int, data: int, count: int) -> np.ndarray:
        """Load the same register again and again."""
        return np.full(count, self.memory[data // 4])

    def decide(self) -> int:
        """Let the gate decide on all slots that were published; return how many."""
        published, self._published = self._published, []
        for addr in published:
            page = Page(addr >> ADDRESS_BITS)
            slot = self._slots[page][(addr - _WINDOWS[page]) // SLOT_BYTES]
            verdict = self.verdicts[self._decided % len(self.verdicts)]
            verdict["kind"], verdict["token"], verdict["client"] = slot["kind"], slot["token"], slot["client"]
            verdict["status"] = Status.ACCEPTED if slot["kind"] in REQUEST_KINDS else Status.APPLIED
            self._decided += 1
            verdict["seq"] = self._decided
        return len(published)

    def exclusive(self) -> AbstractContextManager[None]:
        """Nobody else is there."""
        return nullcontext()

    def run(self, cycles: int) -> None:
        """Time is not counted."""

    def settle(self) -> None:
        """Nothing is under way."""

    def close(self) -> None:
        """Nothing is to be given back."""


class MemoryVenue:
    """See host.run.venue. Every order is good for nothing: with ``answer``, what was sent is cancelled by the venue.

    sent: when the last message was given to the session, ns of ``time.perf_counter_ns``.
    """

    def __init__(self) -> None:
        self.settings = Settings(begin_string=b"FIX.4.4", sender=b"DESK", target=b"VENUE", dictionary=FIX44,
                                 initiator=True)
        self.sent = self._seq = 0
        self._out: list[VenueEvent] = [Link.UP]
        self._asked: list[Message] = []

    def poll(self) -> list[VenueEvent]:
        """Return what came."""
        heard, self._out = self._out, []
        return heard

    def took(self) -> None:
        """Nothing comes again."""

    def send(self, message: Message, now: int) -> int:
        """Take a message."""
        self.sent = time.perf_counter_ns()
        self._seq += 1
        self._asked.append(message)
        return self._seq

    def send_made(self, make: Make, now: int) -> int:
        """Take a message that is made for it."""
        raw = make(self._seq + 1, now)
        self.sent = time.perf_counter_ns()
        self._seq += 1
        fields = [part.split(b"=", 1) for part in raw.split(b"\1")[:-1]]
        self._asked.append(Message(fields[2][1], [(int(tag), value) for tag, value in fields[3:-1]]))
        return self._seq

    def answer(self) -> int:
        """Answer what was sent: mass status with nothing, orders with a cancel; return how much that was."""
        for message in self._asked:
            self._out.append(_ANSWERS[message.msg_type](message, self._seq + len(self._out)))
        answered = len(self._asked)
        self._asked.clear()
        return answered


def _nothing(message: Message, number: int) -> Message:
    return Message(b"8", [
        (Tag.OrderID, b"NONE"), (Tag.ExecID, b"S%d" % number), (Tag.ExecType, b"I"), (Tag.OrdStatus, b"8"),
        (Tag.Symbol, b"NONE"), (Tag.Side, b"1"), (Tag.LeavesQty, b"0"), (Tag.CumQty, b"0"), (Tag.AvgPx, b"0"),
        (Tag.MassStatusReqID, message.get(Tag.MassStatusReqID) or b""), (Tag.TotNumReports, b"0"),
        (Tag.LastRptRequested, b"Y")])


def _cancelled(message: Message, number: int) -> Message:
    own = [(tag, value) for tag, value in message.fields
           if tag in (Tag.ClOrdID, Tag.Symbol, Tag.Side, Tag.OrderQty, Tag.OrdType, Tag.Price, Tag.TimeInForce)]
    return Message(b"8", [*own, (Tag.OrderID, b"V%d" % number), (Tag.ExecID, b"E%d" % number), (Tag.ExecType, b"4"),
                          (Tag.OrdStatus, b"4"), (Tag.LeavesQty, b"0"), (Tag.CumQty, b"0"), (Tag.AvgPx, b"0")])


_ANSWERS: dict[bytes, Callable[[Message, int], Message]] = {b"AF": _nothing, b"D": _cancelled}
