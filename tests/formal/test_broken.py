"""Each proof fails when the gateware is broken where it looks: a proof that cannot fail proves nothing."""

import re

import pytest

from tests.mutation import Mutant, misfit, seeded

RING = "gateware/link/ring.py"
RECORDS = "tests/formal/test_ring.py::test_records_and_notices_are_whole_for_the_first_40_cycles"
QUEUE, WINDOW, NUMBERED = (f"tests/formal/test_streams.py::test_stream[{name}]" for name in (
    "QueueAsList-2", "WindowAsList-2", "NumberedVerdicts-3"))
SUMS, RULES = (f"tests/formal/test_reserve.py::test_{name}" for name in (
    "sums_are_what_all_orders_and_reports_before_have_left", "a_rule_is_broken_when_the_sums_say_so"))
TIME, STATE, WHOSE, APPLIED = (f"tests/formal/test_gate.py::test_{name}" for name in (
    "each_slot_is_decided_in_its_time_and_no_two_at_once", "only_what_is_accepted_or_applied_changes_state",
    "each_verdict_is_that_of_its_slot", "a_report_is_applied_when_its_verdict_says_so"))
REPORTS = "tests/formal/test_reports.py::test_sums_stay_what_orders_and_fills_add_up_to"
RULES_READ = "tests/formal/test_rules.py::test_rules_are_as_written"
REPEATS, PRODUCT, COLLAR, TICK = (f"tests/formal/test_rules.py::test_{name}" for name in (
    "an_order_that_comes_again_is_a_duplicate", "a_product_is_that_of_its_parts", "the_collar_is_as_written[0]",
    "prices_are_multiples_of_the_tick[0]"))
CROSSING = "tests/formal/test_crossing.py::test_an_order_that_would_trade_with_its_own_breaks_the_rule"
JUDGE, LIMITS = "gateware/risk/judge.py", "tests/formal/test_limits.py::test"
GATE, NEVER = "gateware/risk/gate.py", "tests/formal/test_gate.py::test_never"

BROKEN = (
    Mutant("a word is taken while a notice begins", RING, "self.record.ready.eq(~notice_next)",
           "self.record.ready.eq(1)", RECORDS),
    Mutant("a record is numbered before its last word", RING, "with m.If(self.record.p.last):",
           "with m.If(self.record.p.index == 9):", RECORDS),
    Mutant("a notice interrupts a record", RING, "waits & ~begun &", "waits &", RECORDS),
    Mutant("one verdict more is promised than there are places", "gateware/risk/queue.py",
           "self.free.eq(after < self.depth)", "self.free.eq(after <= self.depth)", QUEUE),
    Mutant("a slot under way may be written", "gateware/link/window.py",
           "write.eq(addressed & ~published.bit_select(slot, 1))", "write.eq(addressed)", WINDOW),
    Mutant("a verdict lies in the entry of its number", "gateware/link/verdicts.py", "self.ring.index.eq(entry & mask)",
           "self.ring.index.eq(number & mask)", NUMBERED),
    Mutant("a refused order changes sums", "gateware/risk/sums.py", "take[cycle].eq(self.accepted_5)",
           "take[cycle].eq(1)", SUMS),
    Mutant("rules do not reckon with the order just ahead", "gateware/risk/reserve.py",
           "room.before_3.eq(shares.growth_4 if shares_ else value.growth_4)", "room.before_3.eq(0)", RULES),
    Mutant("slots enter while a report is applied", "gateware/risk/intake.py",
           "busy.eq(Mux(busy, ~self.finished, self.taken & report))", "busy.eq(0)", TIME),
    Mutant("a report's verdict has its token for its number", "gateware/risk/reports.py",
           "verdict.client.eq(slot.client)", "verdict.client.eq(slot.token)", WHOSE),
    Mutant("an order that is refused is kept", GATE, "accepted_6.eq(accepted_5)", "accepted_6.eq(five.order)", STATE),
    Mutant("sums are told of an order that is barred", GATE, "~closed_5 & ~barred_5 &", "~closed_5 &", STATE),
    Mutant("a report that does not match is applied", "gateware/risk/reports.py",
           "applies = now[REPORT_CYCLES - 1] & matched", "applies = now[REPORT_CYCLES - 1]", APPLIED),
    Mutant("a closed order is still counted", "gateware/risk/reports.py",
           'self.pair.pair_open.eq(step("pair_open", pair.pair_open - closes))',
           "self.pair.pair_open.eq(pair.pair_open)", f"{REPORTS}[shares]"),
    Mutant("a lost heartbeat comes back by itself", "gateware/risk/kills.py",
           "self.lost.eq(self.lost & ~resumed | lost)", "self.lost.eq(lost)",
           "tests/formal/test_kills.py::test_kills_hold_until_they_are_resumed"),
    Mutant("orders pass without a heartbeat", GATE, "kill.heartbeat, lost=kills.lost", "kill.heartbeat, lost=0",
           f"{NEVER}[an order was accepted while shut-2]"),
    Mutant("a symbol that is not live is traded", GATE, "closed_5.eq(five.symbol_exists & ~live | ",
           "closed_5.eq(", f"{NEVER}[an order was accepted while shut-2]"),
    Mutant("the throttle refuses nothing", GATE, "Rule.HEARTBEAT, Rule.THROTTLE)).any()",
           "Rule.HEARTBEAT)).any()", f"{NEVER}[an order was accepted that breaks a rule-3]"),
    Mutant("a symbol that is not enabled is traded", JUDGE, "two.symbol_exists & (mass_2 | limits.symbol.enable)",
           "two.symbol_exists", RULES_READ),
    Mutant("a restricted symbol is traded by some", JUDGE, "listed=limits.symbol.restricted",
           "listed=limits.symbol.restricted & ~two.short", RULES_READ),
    Mutant("a replace that waits may be replaced", JUDGE, '"pending": waiting_2.pending', '"pending": 0', RULES_READ),
    Mutant("shares are those of the order behind", JUDGE, "shares=two.slot.shares", "shares=one.slot.shares",
           RULES_READ),
    Mutant("the band has no lower end", JUDGE, "low=limits.symbol.band_low", "low=0", RULES_READ),
    Mutant("another account's throttle is looked at", GATE, "Mux(reports.under_way, reports.account, account[3])",
           "Mux(reports.under_way, reports.account, account[2])", RULES_READ),
    Mutant("the limits of another symbol are read", GATE, "Mux(self.i.valid, self.i.payload.symbol, self.show_symbol)",
           "Mux(self.i.valid & ~self.show, self.i.payload.symbol, self.show_symbol)", RULES_READ),
    Mutant("an order that was pushed out is remembered", "gateware/risk/duplicates.py",
           "most_5.eq(all_4[:-1].any()", "most_5.eq(all_4.any()", REPEATS),
    Mutant("a product is of the price that was asked", JUDGE, "price=one.effective, shares=one.slot.shares",
           "price=one.slot.price, shares=one.slot.shares", PRODUCT),
    Mutant("the collar of sells is that of buys", JUDGE, "Mux(one.buy, self.limits_1.symbol.units_buy",
           "Mux(one.good, self.limits_1.symbol.units_buy", COLLAR),
    Mutant("large ticks are small ones", JUDGE, "tick=self.tick_1)", "tick=self.tick_1[:2])", TICK),
    Mutant("an order that is replaced rests no longer", "gateware/risk/crossing.py",
           "stays_4.eq(~new_3 & (held_3 < at[3].rests))", "stays_4.eq(0)", CROSSING),
    Mutant("a replace that is refused leaves the order where it was to rest", "gateware/risk/reports.py",
           "matched & (replaced | rejected | closing)", "matched & (replaced | closing)", f"{REPORTS}[rests]"),
    Mutant("a row of limits is another symbol's", "gateware/risk/limits.py", "index(admin.account, admin.symbol)",
           "index(admin.account, self.admin.symbol)", f"{LIMITS}_limits_are_those_in_force"),
    Mutant("a price is there when it is forgotten", "gateware/risk/touches.py", "Mux(has_now, read.data, 0)",
           "read.data", f"{LIMITS}_prices_are_those_told_last[0]"),
    Mutant("a report disables a pair that was enabled since", "gateware/risk/throttle.py", "self.put & ~overtaken",
           "self.put", f"{LIMITS}_pairs_are_disabled_until_they_are_enabled"),
)


@pytest.mark.formal
@pytest.mark.parametrize("mutant", BROKEN, ids=lambda mutant: mutant.name.replace(" ", "-"))
def test_a_broken_gateware_fails_its_proof(mutant, tmp_path):
    caught, said = seeded(mutant, tmp_path, "-m", "formal")
    assert caught, f"{mutant.test} passes, or did not run:\n{said}"
    assert re.search(r"DONE \((FAIL|UNKNOWN),", said), f"the proof came to no end:\n{said}"


def test_every_broken_line_still_stands():
    assert [found for mutant in BROKEN if (found := misfit(mutant))] == []
