"""What the pipeline of the book carries: operations on the order table, and their effect on a level."""

from amaranth.hdl import Signal
from amaranth.lib import data, enum
from amaranth.utils import ceil_log2

__all__ = ["Kind", "Sizes", "delay"]


class Kind(enum.Enum, shape=3):
    """Operation on the order table. A Replace is an OUT with an IN in the next cycle."""

    NONE = 0     # touches no order; keeps its place in the sequence
    ADD = 1      # A, F
    REDUCE = 2   # E, C, X
    DELETE = 3   # D
    OUT = 4      # U, the original order goes
    IN = 5       # U, the new order comes on the side of the original


class Sizes:
    """Widths and layouts that follow from a profile.

    entry: an order in the table, without tag. ``pos`` is the offset in the symbol's window, in ticks, or with ``far``
    the absolute tick. ``side``: 0 buy, 1 sell.
    """

    #: Highest Price(4) of ITCH 5.0, 200,000.0000.
    MAX_PRICE = 2_000_000_000

    def __init__(self, profile):
        self.profile = profile
        self.slots = profile.order_slots // 8
        self.index_bits = ceil_log2(self.slots)
        if profile.order_slots != 8 << self.index_bits or self.index_bits >= profile.ref_bits:
            raise ValueError(
                f"order_slots must be 8 times a power of two, below 2**ref_bits, not {profile.order_slots}")
        self.window_bits = ceil_log2(profile.window)
        if profile.window != 1 << self.window_bits or self.window_bits < 4:
            raise ValueError(f"window must be a power of two of at least 16, not {profile.window}")
        if profile.symbols < 2 or profile.symbols & (profile.symbols - 1):
            raise ValueError(f"symbols must be a power of two of at least 2, not {profile.symbols}")
        self.symbol_bits = ceil_log2(profile.symbols)
        self.max_tick = self.MAX_PRICE // profile.tick
        self.tick_bits = self.max_tick.bit_length()
        self.word_bits = self.window_bits // 2          # log2 of the bits of an occupancy word
        self.words_bits = self.window_bits - self.word_bits   # log2 of the words of a row
        self.tag_bits = profile.ref_bits - self.index_bits
        self.position = data.StructLayout({"far": 1, "pos": self.tick_bits})
        self.entry = data.StructLayout({
            "far": 1, "pos": self.tick_bits, "symbol": self.symbol_bits, "side": 1, "shares": profile.share_bits})
        self.slot = data.StructLayout({"valid": 1, "tag": self.tag_bits, "entry": self.entry})
        self.cell = data.StructLayout({"shares": profile.level_share_bits, "orders": profile.level_order_bits})
        self.row_bits = self.symbol_bits + 1            # row = {side, symbol}: symbol in the low bits
        self.best = data.StructLayout({"any": 1, "rank": self.window_bits, "cell": self.cell})


def delay(m, value, cycles, name):
    """Return ``[value, value one cycle later, ...]``, ``cycles + 1`` long."""
    stages = [value]
    for n in range(1, cycles + 1):
        stage = Signal.like(value, name=f"{name}_{n}")
        m.d.sync += stage.eq(stages[-1])
        stages.append(stage)
    return stages
