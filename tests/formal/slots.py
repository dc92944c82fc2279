"""What the proofs of the gate's blocks have in common: the smallest gate, and slots as docs/risk.md reads them."""

from amaranth.hdl import Mux, Signal

from gateware.risk.intake import STAGE
from gateware.risk.interfaces import DECISION, REPORT_CYCLES, Sizes
from wire.profiles import Profile
from wire.risk import Kind, OrderType, Rule, Side

__all__ = ["PROFILE", "SIZES", "BY_SUMS", "Entered", "slot_as_read", "delayed"]

PROFILE = Profile(
    name="proof", symbols=2, levels=1, order_slots=64, window=64, far_levels=4, ref_bits=16, share_bits=20,
    level_share_bits=24, level_order_bits=8, accounts=2, open_orders=2, duplicates=2)
SIZES = Sizes(PROFILE)
#: The rules against sums, as test_reserve.py proves them.
BY_SUMS = Rule.POSITION | Rule.GROSS | Rule.NET | Rule.OPEN_ORDERS | Rule.RATE | Rule.SHORT_SALE


class Entered:
    """The slots of ``gate``, by when they entered: requests one a cycle, a report alone.

    taken, report: a slot enters, it is a report. asked, text: of each cycle, from 0 (as it enters) to that of the
    verdict: the slot is a request; the slot. age: cycle of the report under way, 0 if there is none.
    """

    def __init__(self, m, gate):
        self.gate, slot = gate, gate.i.payload
        self.taken, self.report = gate.i.valid & gate.i.ready, Signal()
        m.d.comb += self.report.eq(self.taken & (slot.kind >= Kind.ACK) & (slot.kind <= Kind.CORRECT))
        self.age = age = Signal(range(REPORT_CYCLES + 1))
        m.d.sync += age.eq(Mux(self.report, 1, Mux((age == 0) | (age == REPORT_CYCLES), 0, age + 1)))
        self.asked, self.text = {0: self.taken & ~self.report}, {0: slot}
        for cycle in range(1, DECISION + 2):
            self.asked[cycle] = delayed(m, self.asked[cycle - 1], 1, f"asked_{cycle}")
            self.text[cycle] = delayed(m, self.text[cycle - 1], 1, f"text_{cycle}")

    def is_order(self, cycle):
        """Return whether the slot in ``cycle`` is a NEW or REPLACE."""
        kind = self.text[cycle].kind
        return self.asked[cycle] & ((kind == Kind.NEW) | (kind == Kind.REPLACE))

    def in_time(self, reports):
        """Return by its name what holds of the times of ``reports``, the gate's block."""
        age = self.age
        return {
            "a slot enters while a report is applied": (age == 0) | (age == REPORT_CYCLES) | ~self.gate.i.ready,
            "a report starts": reports.start == (age == 2),
            "a report is under way": reports.under_way == (age >= 3),
            "a report finishes": reports.finished == (age == REPORT_CYCLES - 1),
            "a report is done": reports.done == (age == REPORT_CYCLES),
            "a report and a request are decided at once": ~(reports.done & self.asked[DECISION])}


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
