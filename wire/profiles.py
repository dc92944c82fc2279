"""Named sizes of the device: what is a build parameter, and the values that have a name."""

from dataclasses import dataclass

__all__ = ["Profile", "PROFILES"]


@dataclass(frozen=True, kw_only=True)
class Profile:
    """Build parameters of a device.

    name: profile name.
    symbols: symbols followed, a power of two.
    levels: K, levels published a side.
    order_slots: slots of the order table, 8 times a power of two; plan live orders as half of them.
    order_stash: entries of the overflow stash.
    window: ticks a symbol and side, a power of two.
    tick: price units (1/10,000) of one tick; prices off the grid are counted and make the symbol incomplete.
    reorder_words: words of the memory that keeps packets ahead of a gap, a power of two and at least 64.
    far_levels: price levels outside the windows, all symbols together.
    ref_bits: bits of an order reference kept; a larger reference is refused and counted.
    share_bits, level_share_bits: bits of an order's and of a level's shares.
    level_order_bits: bits of a level's number of orders.
    clock_hz: core clock; on an FPGA one that place and route meets.
    aim_hz: clock that the risk gate's arithmetic is scheduled for; 0: clock_hz.
    accounts: accounts of the risk gate, a power of two; 0: the device has no risk gate.
    open_orders: orders that may be open in the gate at once, a power of two; a token's low bits are its place.
    duplicates: accepted orders that the gate's duplicate check remembers.
    kept: records of each ring that the host link keeps to send again, a power of two of at least 8.
    """

    name: str
    symbols: int
    levels: int = 8
    order_slots: int
    order_stash: int = 8
    window: int
    tick: int = 100
    reorder_words: int = 512
    far_levels: int
    ref_bits: int
    share_bits: int
    level_share_bits: int
    level_order_bits: int
    clock_hz: int = 156_250_000
    aim_hz: int = 0
    channels: int = 4
    accounts: int = 0
    open_orders: int = 0
    duplicates: int = 0
    kept: int = 32


PROFILES = {p.name: p for p in (
    Profile(name="sim", symbols=64, order_slots=131_072, window=16_384, far_levels=64, ref_bits=48, share_bits=32,
            level_share_bits=32, level_order_bits=16, accounts=8, open_orders=256, duplicates=16),
    Profile(name="tiny", symbols=4, levels=4, order_slots=64, order_stash=2, window=64, reorder_words=64, far_levels=4,
            ref_bits=16, share_bits=20, level_share_bits=24, level_order_bits=8, accounts=2, open_orders=8,
            duplicates=4),
    # On boards: feed and book alone, and with the risk gate.
    Profile(name="ecp5_85", symbols=8, order_slots=16_384, window=1024, far_levels=16, ref_bits=32, share_bits=20,
            level_share_bits=24, level_order_bits=12, clock_hz=125_000_000),
    Profile(name="ecp5_85_gate", symbols=8, order_slots=16_384, window=1024, far_levels=16, ref_bits=32, share_bits=20,
            level_share_bits=24, level_order_bits=12, clock_hz=100_000_000, aim_hz=125_000_000, accounts=4,
            open_orders=64, duplicates=8),
    Profile(name="ecp5_45", symbols=4, order_slots=8_192, window=512, far_levels=16, ref_bits=32, share_bits=20,
            level_share_bits=24, level_order_bits=12, clock_hz=125_000_000),
    Profile(name="ecp5_25", symbols=2, levels=4, order_slots=4_096, window=512, reorder_words=64, far_levels=4,
            ref_bits=32, share_bits=20, level_share_bits=24, level_order_bits=12, clock_hz=62_500_000, kept=16),
)}
