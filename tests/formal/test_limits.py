"""Limits, the book and the throttle: what is read for a slot is what was told last before it entered. By induction.

Each is compared with one row for any one account and symbol, which is written at once.
"""

import pytest
from amaranth.hdl import Assert, Assume, Format, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from gateware.risk.interfaces import REPORT_CYCLES, ROWS
from gateware.risk.limits import LIMITS, Limits
from gateware.risk.throttle import Throttle
from gateware.risk.touches import QUOTE, Touches
from tests.formal.look import opened, still
from tests.formal.prover import prove
from tests.formal.slots import SIZES, delayed
from wire.pages import Command

pytestmark = pytest.mark.formal

#: Cycles by which a report's book is read later, and after its entry that a slot's pair is.
LATE, LOOK = 3, 4


class LimitsAsTold(wiring.Component):
    """The rows of limits, with any commands, of any ``account`` and ``symbol``."""

    def __init__(self):
        self.dut = Limits(sizes=SIZES)
        super().__init__({"block": Out(self.dut.signature), "account": In(SIZES.account_bits),
                          "symbol": In(SIZES.symbol_bits)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.dut = dut = self.dut
        rows = opened(dut).submodules
        wiring.connect(m, wiring.flipped(self.block), dut)
        still(m, self.account)
        still(m, self.symbol)
        account, symbol, admin = self.account, self.symbol, dut.admin

        # A row that is set in a cycle is in force from the next one on.
        told, common = Signal(LIMITS), Signal(ROWS[Command.SET_GLOBAL])
        its_account, its_symbol = admin.account == account, admin.symbol == symbol
        for row, command, whose in ((told.account, Command.SET_ACCOUNT, its_account),
                                    (told.symbol, Command.SET_SYMBOL, its_symbol),
                                    (told.pair, Command.SET_PAIR, its_account & its_symbol),
                                    (common, Command.SET_GLOBAL, 1)):
            with m.If(admin.valid & (admin.command == command) & whose):
                m.d.sync += row.eq(admin.row[:row.shape().size])

        # Asked for the tick as the slot enters, for the limits a cycle later, for the window three cycles later.
        in_force = delayed(m, told, 1, "in_force")
        windows = delayed(m, told.pair, 3, "windows")
        ticks = delayed(m, dut.symbol_0 == symbol, 1, "its_tick")
        its = (dut.account == account) & (dut.symbol == symbol)
        m.d.comb += [
            *(Assert(~whose | (dut.limits[name].as_value() == in_force[name].as_value()),
                     Format(f"the limits {name} are not those in force"))
              for name, whose in (("account", dut.account == account), ("symbol", dut.symbol == symbol),
                                  ("pair", its))),
            Assert(~ticks | (dut.tick_1 == in_force.symbol.tick), Format("the tick is not that in force")),
            Assert(dut.duplicate == delayed(m, common.duplicate, 1, "duplicate"),
                   Format("the window of duplicates is not that in force")),
            Assert(~((dut.window_account == account) & (dut.window_symbol == symbol))
                   | (dut.window.fills == windows.fills) & (dut.window.window == windows.window),
                   Format("the window of fills is not that in force"))]
        # What lies in the memories, wherever they are read: a row that is under way is there later.
        pair = SIZES.pair(account, symbol)
        for name, index, kept in (("account_rows", account, in_force.account), ("symbol_rows", symbol, in_force.symbol),
                                  ("pair_rows", pair, in_force.pair)):
            read = rows[name].read_port(domain="comb")
            m.d.comb += [read.addr.eq(index), Assert(read.data.as_value() == kept.as_value(), Format(f"{name} differ"))]
        tick, window = rows.ticks.read_port(domain="comb"), rows.windows.read_port(domain="comb")
        m.d.comb += [
            tick.addr.eq(symbol), Assert(tick.data == told.symbol.tick, Format("ticks differ")),
            window.addr.eq(pair), Assert((window.data.fills == windows.fills) & (window.data.window == windows.window),
                                         Format("windows differ"))]
        return m


class TouchesAsTold(wiring.Component):
    """Best prices and last trades of any ``symbol``, read at once or ``LATE`` cycles later."""

    def __init__(self, *, late):
        self.late = late
        self.dut = Touches(sizes=SIZES, late=late)
        super().__init__({"block": Out(self.dut.signature), "symbol": In(SIZES.symbol_bits)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.dut = dut = self.dut
        wiring.connect(m, wiring.flipped(self.block), dut)
        still(m, self.symbol)
        quote = Signal(QUOTE)
        touch, trade = dut.touch, dut.trade
        for name, told, has, price in (
                ("bid", touch.valid & ~touch.side & (touch.symbol == self.symbol), touch.has, touch.price),
                ("ask", touch.valid & touch.side & (touch.symbol == self.symbol), touch.has, touch.price),
                ("last", trade.valid & (trade.symbol == self.symbol), 1, trade.price)):
            with m.If(told):
                m.d.sync += [quote[name].has.eq(has), quote[name].price.eq(Mux(has, price, 0))]
        with m.If(dut.forget):
            m.d.sync += quote.eq(0)
        said = delayed(m, quote, self.late, "said")
        # To read changes nothing, so it may be this one in every cycle.
        m.d.comb += [Assume(dut.symbol == self.symbol), *(
            Assert(dut.quote[name].as_value() == said[name].as_value(),
                   Format(f"the price {name} is not what was told last")) for name in QUOTE.members)]
        return m


class ThrottleAsTold(wiring.Component):
    """Which pairs are disabled, and how often they were filled: any ``account`` and ``symbol``.

    Reports come one after the other, each with its row when it is done; any pair is enabled in any cycle.
    """

    def __init__(self):
        self.dut = Throttle(sizes=SIZES)
        super().__init__({"block": Out(self.dut.signature), "account": In(SIZES.account_bits),
                          "symbol": In(SIZES.symbol_bits), "report": In(1)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.dut = dut = self.dut
        wiring.connect(m, wiring.flipped(self.block), dut)
        still(m, self.account)
        still(m, self.symbol)

        # A report enters when there is none, or in the cycle in which the last one is done.
        age, free, looked = Signal(range(REPORT_CYCLES + 1)), Signal(), Signal()
        m.d.comb += free.eq((age == 0) | (age == REPORT_CYCLES))
        m.d.sync += age.eq(Mux(free, self.report, age + 1))
        its = (dut.account == self.account) & (dut.symbol == self.symbol)
        put_its = (dut.put_account == self.account) & (dut.put_symbol == self.symbol)
        with m.If(dut.look):
            m.d.sync += looked.eq(its)
        m.d.comb += [
            Assume(dut.look == (age == LOOK)), Assume(~dut.put | (age == REPORT_CYCLES)),
            Assume(~dut.put | (put_its == looked)),
            dut.shown_account.eq(self.account), dut.shown_symbol.eq(self.symbol)]

        # As all before have left it: a report comes before the enablings since it entered.
        enabled = (dut.admin.valid & (dut.admin.command == Command.ENABLE_PAIR)
                   & (dut.admin.account == self.account) & (dut.admin.symbol == self.symbol))
        since, row, after = Signal(), Signal(SIZES.throttle), Signal(SIZES.throttle)
        m.d.comb += after.eq(row)
        with m.If(dut.put & put_its):
            m.d.comb += after.eq(Mux(since, 0, dut.put_row.as_value()))
        m.d.sync += [since.eq(enabled | ~free & since), row.eq(Mux(enabled, 0, after.as_value()))]

        def same(found, wanted):
            return ((found.disabled == wanted.disabled) & (found.fills == wanted.fills)
                    & ((wanted.fills == 0) | (found.window_start == wanted.window_start)))

        # Read four cycles after the slot's entry.
        entered, expected = delayed(m, free, LOOK + 1, "entered"), delayed(m, after, LOOK + 1, "expected")
        m.d.comb += [
            Assert(~(entered & delayed(m, its, 1, "its")) | same(dut.row, expected),
                   Format("a pair is not as it was left")),
            Assert(~entered | same(dut.shown, expected), Format("a pair is not shown as it was left"))]
        # What is in the block itself: an enabling is under way for as long.
        late, over, kept = delayed(m, enabled, LOOK, "late"), Signal(), Signal(SIZES.throttle)
        m.d.sync += over.eq(late & (age >= LOOK) | over & (age > LOOK))
        with m.If(dut.put & put_its & ~over):
            m.d.sync += kept.eq(dut.put_row)
        with m.If(late):
            m.d.sync += kept.eq(0)
        m.d.comb += Assert(same(dut.shown, delayed(m, kept, 1, "kept")), Format("a pair is not kept as it was left"))
        return m


def test_limits_are_those_in_force(tmp_path):
    outcome = prove(LimitsAsTold(), depth=5, folder=tmp_path)
    assert outcome.status == "PASS", outcome.log


@pytest.mark.parametrize("late", [0, LATE])
def test_prices_are_those_told_last(late, tmp_path):
    outcome = prove(TouchesAsTold(late=late), depth=late + 2, folder=tmp_path)
    assert outcome.status == "PASS", outcome.log


def test_pairs_are_disabled_until_they_are_enabled(tmp_path):
    outcome = prove(ThrottleAsTold(), depth=REPORT_CYCLES + LOOK + 3, folder=tmp_path)
    assert outcome.status == "PASS", outcome.log
