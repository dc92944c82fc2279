"""The pages of the device's address space: who may write what is decided by which pages his process may map.

Page 0 holds the registers (wire/registers.py). A strategy needs pages 0 and 1, the order management page 2 too; page 3
is for who sets limits, and is locked by a key besides.
"""

from enum import IntEnum

from wire.registers import ADDRESS_BITS, Bits, Register
from wire.risk import ACCOUNT_LIMITS, GLOBAL_LIMITS, PAIR_LIMITS, REQUEST_DTYPE, SYMBOL_LIMITS, LimitField

__all__ = ["BUS_BITS", "Page", "SLOTS", "SLOT_BYTES", "HEARTBEAT", "ADMIN_REGISTERS", "ROW_WORDS", "OPEN_CYCLES",
           "Command", "ROW_FIELDS"]

#: Byte addresses of the bus: four pages of 4,096 bytes.
BUS_BITS = ADDRESS_BITS + 2

#: Slots of a window, and their size. Slot n lies at byte SLOT_BYTES * n of its page; the write of its last word
#: publishes it. Words are written in any order, the last one last.
SLOTS = 16
SLOT_BYTES = REQUEST_DTYPE.itemsize

#: Byte address in page REPORTS: any write is a heartbeat of the host.
HEARTBEAT = 0x800


class Page(IntEnum):
    """Pages, in the order of their addresses."""

    REGISTERS = 0
    ORDERS = 1
    REPORTS = 2
    ADMIN = 3


class Command(IntEnum):
    """What a write to COMMAND of the admin page does, to what SELECT says."""

    SET_ACCOUNT = 0
    SET_SYMBOL = 1
    SET_PAIR = 2
    SET_GLOBAL = 3
    KILL_GLOBAL = 4
    RESUME_GLOBAL = 5
    KILL_SYMBOL = 6
    RESUME_SYMBOL = 7
    KILL_ACCOUNT = 8
    RESUME_ACCOUNT = 9
    RESUME_HEARTBEAT = 10
    ENABLE_PAIR = 11


#: Fields of the row that a command sets.
ROW_FIELDS: dict[Command, tuple[LimitField, ...]] = {
    Command.SET_ACCOUNT: ACCOUNT_LIMITS, Command.SET_SYMBOL: SYMBOL_LIMITS, Command.SET_PAIR: PAIR_LIMITS,
    Command.SET_GLOBAL: GLOBAL_LIMITS}

#: Cycles after which the page locks itself when no key comes: nobody who dies leaves it open for others.
OPEN_CYCLES = 1 << 24

#: Words of a row of limits: its fields from bit 0 on, without gaps.
ROW_WORDS = 8

#: Registers of the admin page; ``offset`` is within it. All but KEY are refused, and counted, while it is locked.
ADMIN_REGISTERS: tuple[Register, ...] = (
    Register("KEY", 0x000, "wo", "the key, lower word first: the upper word unlocks the page if both are right, and "
             f"locks it if not; the first key after reset that is not 0 becomes the right one; {OPEN_CYCLES} cycles "
             "after the last key the page locks itself", size=8),
    Register("SELECT", 0x008, "wo", "what a command speaks of", bits=(
        Bits("account", 0, 16, "index of the account"), Bits("symbol", 16, 16, "index of the symbol"))),
    Register("COMMAND", 0x00C, "wo", "act", bits=(Bits("command", 0, 4, "Command"),)),
    *(Register(f"ROW{n}", 0x020 + 4 * n, "wo", f"bits {32 * n} to {32 * n + 31} of the row of limits")
      for n in range(ROW_WORDS)),
)
