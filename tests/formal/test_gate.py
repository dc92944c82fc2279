"""The risk gate, for all times and any slots, prices, limits, kills and heartbeats: proofs by induction.

The gate is as small as a gate can be. The first assertions are those of gateware/risk/gate.py, each looked at alone.
"""

import pytest
from amaranth.hdl import Assert, Assume, Cat, Format, Module, Mux, Signal, Value
from amaranth.lib import wiring

from gateware.risk.gate import Gate
from gateware.risk.interfaces import DECISION, REPORT_CYCLES
from tests.formal.look import opened
from tests.formal.prover import prove
from tests.formal.slots import PROFILE, Entered, delayed
from wire.risk import Kind, Status

pytestmark = pytest.mark.formal

#: From before a report enters to after its verdict.
REPORT_DEPTH = REPORT_CYCLES + 4
#: From before an order enters to after its verdict.
ORDER_DEPTH = DECISION + 3
#: More cycles than a product takes.
PRODUCT_CYCLES = 3
#: Blocks that say what may pass, and the arithmetic of reports: it does not matter here what they say.
CUT = ("judge", "reserve", "crossing", "duplicates", "limits", "touches", "report_touches",
       "other_notional", "shares_adder", "notional_adder")


class GateInTime(wiring.Component):
    """The gate, and when its slots do what.

    timing: the properties are those of time; else those are taken to be right, and the properties are about verdicts
    and about what may change the gate's state.
    """

    def __init__(self, *, timing):
        self.timing = timing
        self.dut = Gate(profile=PROFILE)
        super().__init__(self.dut.signature)

    def elaborate(self, platform):
        m = Module()
        m.submodules.dut = gate = self.dut
        inner = opened(gate)
        wiring.connect(m, wiring.flipped(self), gate)
        block = inner.submodules
        reports, queue, reserve, orders = block.reports, block.queue, block.reserve, block.orders

        # Where the product of reports is cut out, it is any, but still the same of the same numbers.
        product = opened(reports).submodules.other_notional
        of, result, unchanged = Value.cast(product.i.p), Value.cast(product.o.p), Signal(PRODUCT_CYCLES)
        of_before, result_before = Signal.like(of, name="of_before"), Signal.like(result, name="result_before")
        m.d.sync += [of_before.eq(of), result_before.eq(result), unchanged.eq(Cat(of == of_before, unchanged))]
        m.d.comb += [
            Assume(~unchanged.all() | (result == result_before)),
            # test_reserve.py proves these, and test_rules.py what follows.
            Assume((reserve.barred_5 == reserve.broken_5) & (reserve.barred_after_5 == reserve.after_first_5)),
            Assume(delayed(m, reserve.broken_5 | reserve.accepted_6 & reserve.after_first_5, 1, "broken")
                   == reserve.mask_6.any())]

        entered, judge = Entered(m, gate), block.judge
        m.d.comb += [
            Assume(~entered.asked[DECISION] | (
                (delayed(m, judge.broken_4, 1, "judged") | judge.late_5) == judge.mask_5.any())),
            Assume(~entered.asked[DECISION] | entered.is_order(DECISION) | ~judge.late_5),
            Assume(~entered.asked[DECISION + 1] | entered.is_order(DECISION + 1) | ~reserve.mask_6.any())]
        asked, text, age, slot = entered.asked, entered.text, entered.age, gate.i.payload
        verdict_due, reported = delayed(m, age == REPORT_CYCLES, 1, "verdict_due"), Signal.like(slot)
        with m.If(entered.report):
            m.d.sync += reported.eq(slot)
        under_way = sum(asked[cycle] for cycle in range(1, DECISION + 2)) + (age != 0) + verdict_due
        last = Signal.like(slot, name="last")
        m.d.sync += last.eq(reported)

        put, item = queue.put, queue.item
        asked_for = Signal.like(slot, name="asked_for")
        m.d.comb += asked_for.eq(Mux(verdict_due, last, text[DECISION + 1]))
        applied = orders.put
        accepted = put & ~verdict_due & (item.status == Status.ACCEPTED)
        is_new, is_replace = item.kind == Kind.NEW, item.kind == Kind.REPLACE
        applied_before = Signal()
        m.d.sync += applied_before.eq(applied)
        in_time = {
            **entered.in_time(reports),
            "a verdict": put == (asked[DECISION + 1] | verdict_due),
            "two verdicts at once": ~(asked[DECISION + 1] & verdict_due),
            "a place in the queue": queue.promised == queue.level + under_way,
            "the queue is too short": queue.promised <= queue.depth,
            "a free place": queue.free == (queue.promised < queue.depth)}
        for name, holds in in_time.items():
            m.d.comb += Assert(holds, Format(f"not in time: {name}")) if self.timing else Assume(holds)
        if self.timing:
            return m
        for name in ("client", "token", "shares", "price", "kind"):
            m.d.comb += Assert(~put | (item[name] == asked_for[name]),
                               Format(f"a verdict has the {name} of another slot"))

        # Whatever keeps state is told to change it by an order that is accepted, in the cycle of its verdict, or by a
        # report which matches, when it is done.
        order_changes = {
            "sums": reserve.taken_6, "orders": orders.new_6 | orders.replace_6,
            "remembered orders": block.duplicates.accepted_6, "resting orders": block.crossing.accepted_6}
        m.d.comb += [
            *(Assert(~told | accepted & (is_new | is_replace), Format(f"state: a refused order changes the {name}"))
              for name, told in order_changes.items()),
            Assert(~(accepted & (is_new | is_replace)) | reserve.taken_6 & (orders.new_6 == is_new)
                   & (orders.replace_6 == is_replace), Format("state: an accepted order changes nothing")),
            Assert(~reserve.accepted_6 | (orders.place_6 == item.token[:len(orders.place_6)]),
                   Format("state: an order lies at another place")),
            Assert(~applied | reports.done, Format("state: a report changes orders before it is done")),
            Assert(reserve.taken_6 == reserve.accepted_6, Format("state: sums are told of another decision")),
            Assert(reserve.put == applied, Format("state: a report changes orders or sums alone")),
            *(Assert(~told | applied, Format(f"state: a report that does not match changes the {name}"))
              for name, told in {"fills": block.throttle.put, "kills": block.kills.shut}.items()),
            Assert(~verdict_due | (item.status == Mux(applied_before, Status.APPLIED, Status.UNMATCHED)),
                   Format("a report's verdict says other than was done")),
            Assert(~put | verdict_due | (item.status == Mux(item.mask == 0, Status.ACCEPTED, Status.REFUSED)),
                   Format("state: an order's verdict says other than its mask"))]
        return m


@pytest.mark.parametrize("claim, depth", [
    ("an order was accepted while shut", 2),
    ("an order was accepted that breaks a rule", 3),
])
def test_never(claim, depth, tmp_path):
    outcome = prove(Gate(profile=PROFILE), depth=depth, only=claim, folder=tmp_path)
    assert outcome.status == "PASS", outcome.log


def test_each_slot_is_decided_in_its_time_and_no_two_at_once(tmp_path):
    outcome = prove(GateInTime(timing=True), depth=REPORT_DEPTH, only="not in time", cut=CUT, folder=tmp_path)
    assert outcome.status == "PASS", outcome.log


def test_each_verdict_is_that_of_its_slot(tmp_path):
    outcome = prove(GateInTime(timing=False), depth=REPORT_DEPTH, only="of another slot", cut=CUT,
                    folder=tmp_path)
    assert outcome.status == "PASS", outcome.log


def test_only_what_is_accepted_or_applied_changes_state(tmp_path):
    outcome = prove(GateInTime(timing=False), depth=ORDER_DEPTH, only="state: ", cut=CUT,
                    folder=tmp_path)
    assert outcome.status == "PASS", outcome.log


def test_a_report_is_applied_when_its_verdict_says_so(tmp_path):
    outcome = prove(GateInTime(timing=False), depth=ORDER_DEPTH + PRODUCT_CYCLES, only="other than was done",
                    cut=CUT, folder=tmp_path)
    assert outcome.status == "PASS", outcome.log
