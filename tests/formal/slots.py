"""What the proofs of the gate's blocks have in common: the smallest gate, and slots as docs/risk.md reads them."""

from amaranth.hdl import Signal

from gateware.risk.intake import STAGE
from gateware.risk.interfaces import Sizes
from wire.profiles import Profile
from wire.risk import Kind, OrderType, Side

__all__ = ["PROFILE", "SIZES", "slot_as_read", "delayed"]

PROFILE = Profile(
    name="proof", symbols=2, levels=1, order_slots=64, window=64, far_levels=4, ref_bits=16, share_bits=20,
    level_share_bits=24, level_order_bits=8, accounts=2, open_orders=2, duplicates=2)
SIZES = Sizes(PROFILE)


def slot_as_read(m, given, name):
    """Return a stage with ``given``'s slot, time and prices, whose flags say what the slot is."""
    stage, slot = Signal(STAGE, name=name), given.slot
    report = given.valid & (slot.kind >= Kind.ACK) & (slot.kind <= Kind.CORRECT)
    new, replace = (given.valid & (slot.kind == kind) for kind in (Kind.NEW, Kind.REPLACE))
    buy = slot.side == Side.BUY
    short = (slot.side == Side.SELL_SHORT) | (slot.side == Side.SELL_SHORT_EXEMPT)
    sell = (slot.side == Side.SELL) | short
    account, symbol = slot.account < SIZES.accounts, slot.symbol < SIZES.symbols
    order = new | replace
    m.d.comb += [
        stage.eq(given), stage.report.eq(report), stage.order.eq(order), stage.new.eq(new), stage.buy.eq(buy),
        stage.sell.eq(sell), stage.short.eq(short), stage.subject.eq(slot.side == Side.SELL_SHORT),
        stage.market.eq(order & (slot.type == OrderType.MARKET)), stage.account_exists.eq(account),
        stage.symbol_exists.eq(symbol), stage.pair_exists.eq(account & symbol),
        stage.good.eq(account & symbol & (buy | sell))]
    return stage


def delayed(m, value, cycles, name):
    """Return what ``value`` was ``cycles`` cycles ago."""
    for n in range(cycles):
        later = Signal.like(value, name=f"{name}_{n}")
        m.d.sync += later.eq(value)
        value = later
    return value
