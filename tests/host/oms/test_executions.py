"""What executions do to orders, positions and the gate: each test shows one line of what an order manager must know."""

from dataclasses import replace

import pytest

from host.oms.copies import copy_breaks
from host.oms.inputs import ExecKind, IntentKind, ReportDone, Sent, TimeInForce
from host.oms.order import Flag
from host.oms.outputs import AlarmKind, DontKnow, Killed, Reason, ShutGate, Tell, TellKind, ToVenue, VenueKind
from host.oms.states import State
from host.positions.booked import BookedKind
from tests.host.oms.desk import BUY, PRICE, SELL, Desk
from wire.risk import Kind

FILL, BUST, CORRECT = BookedKind.FILL, BookedKind.BUST, BookedKind.CORRECT


def test_an_order_is_pending_new_until_it_is_acknowledged_and_the_gate_hears_of_it_once():
    desk = Desk()
    order = desk.placed()
    assert order.state is State.PENDING_NEW
    desk.execute(order, ExecKind.PENDING_NEW)
    assert order.state is State.PENDING_NEW and desk.reports() == []
    desk.execute(order, ExecKind.NEW)
    assert order.state is State.NEW and desk.reports() == [(Kind.ACK, 0, 0)]
    assert order.times.acked.time and order.order_id


def test_the_venues_reason_for_a_reject_is_kept():
    desk = Desk()
    order = desk.placed()
    desk.execute(order, ExecKind.REJECTED, reason=3, text="too much")
    assert (order.state, order.code, order.text) == (State.REJECTED, 3, "too much")
    assert desk.reports() == [(Kind.REJECTED, 0, 0)] and desk.alarms() == []


def test_a_fill_may_come_before_the_acknowledgement():
    desk = Desk()
    order = desk.placed()
    desk.fill(order, 40)
    assert order.state is State.PARTIALLY_FILLED and desk.reports() == [(Kind.FILL, 40, PRICE)]
    desk.execute(order, ExecKind.NEW, status=State.PARTIALLY_FILLED)
    assert order.state is State.PARTIALLY_FILLED and desk.reports() == [(Kind.ACK, 0, 0)] and desk.alarms() == []


def test_fills_add_up_to_filled():
    desk = Desk()
    order = desk.working(side=SELL)
    desk.fill(order, 40)
    assert desk.booked() == [(FILL, 40, PRICE)] and desk.only(Tell).kind is TellKind.FILL
    desk.fill(order, 60, PRICE + 100)
    assert (order.state, order.cum, order.leaves) == (State.FILLED, 100, 0)
    assert order.notional == 40 * PRICE + 60 * (PRICE + 100)
    assert desk.book.positions == {(0, 0): -100} and order.times.final and desk.alarms() == []


def test_the_next_request_names_the_last_accepted_cl_ord_id():
    desk = Desk()
    order = desk.working()
    first = order.cl_ord_id
    second = desk.replace(order, 200)
    assert desk.only(ToVenue).orig_cl_ord_id == first and order.state is State.PENDING_REPLACE
    desk.replaced(order, second, 200)
    assert (order.state, order.cl_ord_id, order.shares, order.leaves) == (State.REPLACED, second, 200, 200)
    assert desk.reports() == [(Kind.REPLACED, 200, 0)]
    desk.cancel(order)
    assert desk.only(ToVenue).orig_cl_ord_id == second and order.state is State.PENDING_CANCEL


def test_a_rejected_replace_leaves_the_chain_and_the_state_as_they_were():
    desk = Desk()
    order = desk.working()
    desk.fill(order, 10)
    first, second = order.cl_ord_id, desk.replace(order, 200)
    desk.reject_cancel(order, second, State.PARTIALLY_FILLED, response=IntentKind.REPLACE, reason=2)
    assert (order.state, order.cl_ord_id, order.shares) == (State.PARTIALLY_FILLED, first, 100)
    assert desk.reports() == [(Kind.REPLACE_REJECTED, 0, 0)]
    told = desk.only(Tell)
    assert (told.kind, told.request, told.code) == (TellKind.REQUEST_FAILED, IntentKind.REPLACE, 2)
    desk.replace(order, 300)
    assert desk.only(ToVenue).orig_cl_ord_id == first


@pytest.mark.parametrize("ask", ["replace", "cancel"])
def test_a_fill_by_the_old_cl_ord_id_counts_while_a_request_is_pending(ask):
    desk = Desk()
    order = desk.working()
    name = desk.replace(order, 200) if ask == "replace" else desk.cancel(order)
    pending = order.state
    desk.fill(order, 30)
    assert (order.state, order.cum) == (pending, 30) and desk.reports() == [(Kind.FILL, 30, PRICE)]
    if ask == "replace":
        desk.replaced(order, name, 200)
        assert (order.state, order.leaves) == (State.PARTIALLY_FILLED, 170)
        assert desk.reports() == [(Kind.REPLACED, 170, 0)] and desk.alarms() == []


def test_a_replace_down_below_what_is_filled_ends_filled():
    desk = Desk()
    order = desk.working()
    name = desk.replace(order, 50)
    desk.fill(order, 60)
    desk.replaced(order, name, 50, leaves=0)
    assert (order.state, order.leaves) == (State.FILLED, 0)
    assert desk.reports() == [(Kind.CANCELLED, 0, 0)] and desk.alarms() == []


def test_a_replace_up_may_open_an_order_again_that_was_filled_meanwhile():
    desk = Desk()
    order = desk.working()
    name = desk.replace(order, 200)
    desk.fill(order, 100)
    assert (order.working, order.state) == (State.FILLED, State.PENDING_REPLACE)
    desk.replaced(order, name, 200)
    assert (order.state, order.leaves) == (State.PARTIALLY_FILLED, 100)
    assert desk.reports() == [(Kind.REPLACED, 100, 0)]
    desk.fill(order, 100)
    assert order.state is State.FILLED and desk.alarms() == []


def test_a_cancel_that_lost_the_race_with_the_fill_leaves_the_order_filled():
    desk = Desk()
    order = desk.working()
    name = desk.cancel(order)
    desk.fill(order, 100)
    assert order.state is State.PENDING_CANCEL
    desk.reject_cancel(order, name, State.FILLED)
    assert order.state is State.FILLED and desk.alarms() == [] and desk.got(ToVenue) == []


def test_a_reject_that_says_filled_wins_and_the_fill_behind_it_is_no_late_one():
    desk = Desk()
    order = desk.working()
    name = desk.cancel(order)
    desk.reject_cancel(order, name, State.FILLED)
    assert order.state is State.FILLED and order.flags & Flag.UNRESOLVED
    assert desk.only(ToVenue).kind is VenueKind.STATUS and desk.reports() == []
    desk.fill(order, 100)
    assert desk.reports() == [(Kind.FILL, 100, PRICE)] and not order.flags and desk.alarms() == []


def test_an_order_can_be_cancelled_before_it_is_acknowledged():
    desk = Desk()
    order = desk.placed()
    name = desk.cancel(order)
    assert desk.only(ToVenue).orig_cl_ord_id == order.cl_ord_id
    desk.execute(order, ExecKind.CANCELLED, cl_ord_id=name, orig_cl_ord_id=order.cl_ord_id)
    assert (order.state, order.reason, order.cl_ord_id) == (State.CANCELLED, Reason.ASKED, name)
    assert desk.reports() == [(Kind.CANCELLED, 0, 0)] and desk.alarms() == []


def test_a_cancel_of_an_order_that_the_venue_does_not_know_leaves_it_unresolved_until_it_is_asked():
    desk = Desk()
    order = desk.placed()
    name = desk.cancel(order)
    desk.reject_cancel(order, name, State.REJECTED, reason=1, order_id=b"NONE")
    assert order.state is State.PENDING_NEW and order.flags & Flag.UNRESOLVED
    assert [each.kind for each in desk.got(ToVenue)] == [VenueKind.STATUS]
    desk.execute(order, ExecKind.STATUS, order_id=b"NONE", status=State.REJECTED, leaves=0, reason=5)
    assert (order.state, order.reason) == (State.REJECTED, Reason.UNSENT) and not order.flags
    assert desk.reports() == [(Kind.REJECTED, 0, 0)]


@pytest.mark.parametrize("filled, before", [(0, State.NEW), (10, State.PARTIALLY_FILLED)])
def test_a_cancel_reject_restores_the_state_before(filled, before):
    desk = Desk(cancel_tries=1)
    order = desk.working()
    if filled:
        desk.fill(order, filled)
    name = desk.cancel(order)
    desk.reject_cancel(order, name, before)
    assert order.state is before and not order.flags and desk.reports() == []


def test_a_cancel_reject_with_another_status_wins_over_ours():
    desk = Desk()
    order = desk.working()
    name = desk.cancel(order)
    desk.reject_cancel(order, name, State.CANCELLED)
    assert order.state is State.CANCELLED and desk.reports() == [(Kind.CANCELLED, 0, 0)]


def test_a_cancel_behind_a_replace_is_tried_again_under_the_new_name():
    desk = Desk()
    order = desk.working()
    first, second = order.cl_ord_id, desk.replace(order, 200)
    third = desk.cancel(order)
    assert desk.only(ToVenue).orig_cl_ord_id == first and order.state is State.PENDING_CANCEL
    desk.replaced(order, second, 200)
    assert order.state is State.PENDING_CANCEL
    desk.reject_cancel(order, third, State.NEW, reason=1)
    desk.decide()
    assert desk.only(ToVenue).orig_cl_ord_id == second


def test_a_late_fill_after_a_cancel_is_applied_and_flagged():
    desk = Desk()
    order = desk.working()
    desk.execute(order, ExecKind.CANCELLED)
    desk.fill(order, 10, status=State.CANCELLED, leaves=0)
    assert order.state is State.CANCELLED and order.flags & Flag.LATE_FILL
    assert desk.booked() == [(FILL, 10, PRICE)] and desk.book.positions == {(0, 0): 10}
    assert AlarmKind.LATE_FILL in desk.alarms()
    assert desk.reports() == [] and desk.book.gaps == {(0, 0): 10}


def test_a_bust_takes_the_fill_back_by_its_exec_id():
    desk = Desk()
    order = desk.working()
    first, _ = desk.fill(order, 40), desk.fill(order, 20, PRICE + 100)
    desk.execute(order, ExecKind.BUST, exec_ref_id=first.exec_id, cum_shares=20, leaves=40,
                 status=State.PARTIALLY_FILLED)
    assert (order.cum, order.notional, order.leaves) == (20, 20 * (PRICE + 100), 40)
    assert desk.reports() == [(Kind.BUST, 40, PRICE)] and [kind for kind, *_ in desk.booked()] == [BUST]
    assert desk.book.positions == {(0, 0): 20} and desk.alarms() == []


def test_a_bust_after_a_cancel_leaves_it_cancelled():
    desk = Desk()
    order = desk.working()
    fill = desk.fill(order, 40)
    desk.execute(order, ExecKind.CANCELLED)
    desk.execute(order, ExecKind.BUST, exec_ref_id=fill.exec_id, cum_shares=0, leaves=0, status=State.CANCELLED)
    assert (order.state, order.cum) == (State.CANCELLED, 0)
    assert desk.reports() == [(Kind.BUST, 40, PRICE)] and desk.alarms() == []


def test_a_bust_of_an_unknown_fill_is_alarmed_and_one_of_a_busted_fill_too():
    desk = Desk()
    order = desk.working()
    fill = desk.fill(order, 40)
    desk.execute(order, ExecKind.BUST, exec_ref_id=b"no", cum_shares=40, leaves=60, status=State.PARTIALLY_FILLED)
    assert desk.alarms() == [AlarmKind.UNKNOWN_BUST] and order.cum == 40
    for alarms in [], [AlarmKind.UNKNOWN_BUST]:
        desk.execute(order, ExecKind.BUST, exec_ref_id=fill.exec_id, cum_shares=0, leaves=60, status=State.NEW)
        assert desk.alarms() == alarms and order.cum == 0


def test_a_venue_may_open_busted_shares_again_and_what_the_gate_does_not_hold_is_cancelled():
    desk = Desk()
    order = desk.working()
    fill = desk.fill(order, 100)
    desk.execute(order, ExecKind.BUST, exec_ref_id=fill.exec_id, cum_shares=0, leaves=100, status=State.NEW)
    assert (order.working, order.leaves) == (State.NEW, 100)
    assert desk.alarms() == [AlarmKind.GATE_SHORT] and desk.reports() == [(Kind.BUST, 100, PRICE)]
    assert desk.only(ToVenue).kind is VenueKind.CANCEL and order.state is State.PENDING_CANCEL


@pytest.mark.parametrize("shares, reports", [
    (40, [(Kind.CORRECT, 40, PRICE + 100)]), (30, [(Kind.BUST, 10, PRICE), (Kind.CORRECT, 30, PRICE + 100)]),
    (50, [(Kind.CORRECT, 40, PRICE + 100), (Kind.FILL, 10, PRICE + 100)])])
def test_a_correction_replaces_the_fill_and_can_be_corrected_itself(shares, reports):
    desk = Desk()
    order = desk.working()
    fill = desk.fill(order, 40)
    first = desk.execute(order, ExecKind.CORRECT, exec_ref_id=fill.exec_id, last_shares=shares,
                         last_price=PRICE + 100, cum_shares=shares, status=State.PARTIALLY_FILLED)
    assert (order.cum, order.notional) == (shares, shares * (PRICE + 100))
    assert desk.reports() == reports and desk.booked() == [(CORRECT, shares, PRICE + 100)]
    desk.execute(order, ExecKind.BUST, exec_ref_id=first.exec_id, cum_shares=0, status=State.NEW)
    assert (order.cum, order.notional, desk.book.positions[0, 0]) == (0, 0, 0) and desk.alarms() == []
    assert desk.book.gaps == {}


def test_a_bust_that_the_gate_has_forgotten_is_a_gap_that_is_seen():
    desk = Desk(open_orders=1)
    order = desk.working()
    fill = desk.fill(order, 100)
    confirm(desk)
    desk.working()
    desk.execute(order, ExecKind.BUST, exec_ref_id=fill.exec_id, cum_shares=0, status=State.CANCELLED)
    assert desk.reports() == [] and desk.book.gaps == {(0, 0): -100} and desk.alarms() == [AlarmKind.GATE_SHORT]


def confirm(desk):
    """Have the gate confirm all reports."""
    for waiting in list(desk.book.reports.values()):
        for report in list(waiting.values()):
            desk.take(ReportDone(report.token, report.number, True, 0, desk.now()))


def test_an_overfill_is_booked_flagged_and_answered_that_it_is_not_known():
    desk = Desk()
    order = desk.working()
    desk.fill(order, 130)
    assert (order.state, order.cum, order.leaves) == (State.FILLED, 130, 0) and order.flags & Flag.OVERFILLED
    assert desk.booked() == [(FILL, 130, PRICE)] and desk.only(DontKnow).reason == ord("C")
    assert desk.reports() == [(Kind.FILL, 100, PRICE)] and desk.book.gaps == {(0, 0): 30}


def test_an_overfill_may_kill():
    desk = Desk(kill_on_overfill=True)
    order = desk.working()
    desk.fill(order, 130)
    assert desk.only(ShutGate).account == -1 and not desk.got(Killed)
    assert desk.intend().reason is Reason.KILLED


@pytest.mark.parametrize("side, worse", [(BUY, 1), (SELL, -1)])
def test_a_fill_beyond_the_limit_is_booked_and_answered(side, worse):
    desk = Desk()
    order = desk.working(side=side)
    desk.fill(order, 10, PRICE - worse)
    assert desk.alarms() == []
    desk.fill(order, 10, PRICE + worse)
    assert order.cum == 20 and desk.only(DontKnow).reason == ord("E") and desk.alarms() == [AlarmKind.BAD_EXECUTION]
    desk.replace(order, 100, PRICE + 2 * worse)
    desk.fill(order, 10, PRICE + 2 * worse)
    assert desk.alarms() == []


def test_a_fill_of_the_wrong_side_is_not_booked_but_answered_and_the_order_unresolved():
    desk = Desk()
    order = desk.working(side=BUY)
    report = desk.fill(order, 10, side=SELL)
    assert order.cum == 0 and order.flags & Flag.UNRESOLVED and desk.only(DontKnow).reason == ord("B")
    desk.take(replace(report, side=BUY))
    assert order.cum == 10 and not order.flags


@pytest.mark.parametrize("resent", [{}, {"possible_duplicate": True}])
def test_an_exec_id_counts_once_and_possible_duplicates_too(resent):
    desk = Desk()
    order = desk.working()
    report = desk.fill(order, 40)
    desk.take(replace(report, **resent))
    assert order.cum == 40 and desk.got(Tell) == [] and desk.reports() == [] and desk.alarms() == []


def test_a_possible_duplicate_that_is_none_counts():
    desk = Desk()
    order = desk.working()
    desk.fill(order, 40, possible_duplicate=True)
    assert order.cum == 40


def test_the_same_exec_id_of_another_day_or_session_is_another_execution():
    desk = Desk()
    order = desk.working(time_in_force=TimeInForce.GTC)
    report = desk.fill(order, 10)
    for times, change in enumerate([{"day": 1}, {"session": 2}], 2):
        desk.take(replace(report, cum_shares=10 * times, leaves=100 - 10 * times, **change))
        assert order.cum == 10 * times and desk.alarms() == []
    assert len({each.exec_id for each in desk.said if hasattr(each, "exec_ref_id")}) == 3


def test_a_bust_means_the_fill_of_the_later_day_when_exec_ids_come_again():
    desk = Desk()
    order = desk.working()
    report = desk.fill(order, 10)
    desk.take(replace(report, day=1, last_shares=20, cum_shares=30, leaves=70))
    desk.execute(order, ExecKind.BUST, day=1, exec_ref_id=report.exec_id, cum_shares=10, leaves=70)
    assert order.cum == 10


def test_a_duplicate_adds_nothing_but_its_status_counts():
    desk = Desk()
    order = desk.working()
    report = desk.fill(order, 40)
    desk.take(replace(report, status=State.CANCELLED, leaves=0))
    assert (order.state, order.cum) == (State.CANCELLED, 40) and desk.reports() == [(Kind.CANCELLED, 0, 0)]


def test_an_execution_that_is_not_applied_does_not_use_its_exec_id_up():
    desk = Desk()
    order = desk.working()
    report = desk.fill(order, 0)
    assert order.cum == 0 and desk.alarms() == [AlarmKind.BAD_EXECUTION]
    desk.take(replace(report, last_shares=10, cum_shares=10, leaves=90))
    assert order.cum == 10


def test_an_unsolicited_cancel_is_told_as_such():
    desk = Desk()
    order = desk.working()
    desk.execute(order, ExecKind.CANCELLED, text="end of auction")
    assert (order.state, order.reason) == (State.CANCELLED, Reason.UNSOLICITED)
    assert desk.alarms() == [AlarmKind.UNSOLICITED] and desk.reports() == [(Kind.CANCELLED, 0, 0)]


def test_the_rest_of_an_immediate_order_is_cancelled_without_alarm():
    desk = Desk()
    order = desk.working(time_in_force=TimeInForce.IOC)
    desk.fill(order, 30)
    desk.execute(order, ExecKind.CANCELLED)
    assert (order.state, order.reason) == (State.CANCELLED, Reason.VENUE) and desk.alarms() == []


def test_an_unsolicited_replace_is_followed_and_the_gate_keeps_its_reservation():
    desk = Desk()
    order = desk.working()
    desk.replaced(order, order.cl_ord_id, 80, PRICE - 100)
    assert (order.shares, order.leaves, order.price) == (80, 80, PRICE - 100)
    assert desk.reports() == [] and desk.alarms() == [AlarmKind.UNSOLICITED] and order.gate.open == 100


def test_a_restatement_changes_the_open_shares():
    desk = Desk()
    order = desk.working()
    desk.execute(order, ExecKind.RESTATED, shares=70, leaves=70, reason=5)
    assert (order.shares, order.leaves, order.state) == (70, 70, State.NEW)
    assert desk.only(Tell).code == 5 and desk.reports() == []
    desk.fill(order, 70)
    assert order.state is State.FILLED
    desk.execute(order, ExecKind.DONE_FOR_DAY)
    assert order.state is State.DONE_FOR_DAY and order.gate.live is False


def test_done_for_day_ends_a_day_order_in_the_gate():
    desk = Desk()
    order = desk.working()
    desk.execute(order, ExecKind.DONE_FOR_DAY)
    assert order.state is State.DONE_FOR_DAY and desk.reports() == [(Kind.EXPIRED, 0, 0)] and desk.alarms() == []
    desk.execute(order, ExecKind.CALCULATED, leaves=0)
    assert order.state is State.CALCULATED


def test_a_good_till_cancelled_order_is_carried_over_the_day_with_its_reservation():
    desk = Desk()
    order = desk.working(time_in_force=TimeInForce.GTC)
    desk.fill(order, 30)
    desk.execute(order, ExecKind.DONE_FOR_DAY)
    assert desk.reports() == [] and order.carried
    desk.execute(order, ExecKind.RESTATED, day=1, shares=100, leaves=70, reason=1, status=State.PARTIALLY_FILLED)
    assert (order.state, order.leaves) == (State.PARTIALLY_FILLED, 70)
    desk.fill(order, 70)
    assert order.state is State.FILLED and desk.reports() == [(Kind.FILL, 70, PRICE)] and desk.alarms() == []


@pytest.mark.parametrize("kind, state", [
    (ExecKind.SUSPENDED, State.SUSPENDED), (ExecKind.STOPPED, State.STOPPED), (ExecKind.EXPIRED, State.EXPIRED)])
def test_a_venue_may_suspend_stop_or_expire_an_order(kind, state):
    desk = Desk()
    order = desk.working()
    desk.execute(order, kind)
    assert order.state is state and desk.alarms() == []
    assert desk.reports() == ([(Kind.EXPIRED, 0, 0)] if kind is ExecKind.EXPIRED else [])


def test_a_suspended_order_is_open_again_by_restatement():
    desk = Desk()
    order = desk.working()
    desk.execute(order, ExecKind.SUSPENDED)
    desk.execute(order, ExecKind.RESTATED)
    assert order.state is State.NEW


def test_an_illegal_transition_is_recorded_and_alarmed_and_changes_nothing():
    desk = Desk()
    order = desk.working()
    desk.fill(order, 100)
    desk.execute(order, ExecKind.CANCELLED, status=State.FILLED)
    assert order.state is State.FILLED and desk.alarms() == [AlarmKind.ILLEGAL] and desk.reports() == []
    assert [each.event for each in desk.book.illegal] == ["cancelled"]


def test_a_disagreement_on_cum_or_leaves_is_alarmed_and_the_venue_asked_once():
    desk = Desk()
    order = desk.working()
    desk.fill(order, 10, cum_shares=20, leaves=80)
    assert desk.alarms() == [AlarmKind.DISAGREES] and order.flags & Flag.UNRESOLVED
    assert desk.only(ToVenue).kind is VenueKind.STATUS
    desk.fill(order, 10, cum_shares=30, leaves=70)
    assert desk.alarms() == [AlarmKind.DISAGREES] and desk.got(ToVenue) == []


def test_a_status_report_is_no_trade():
    desk = Desk()
    order = desk.working()
    desk.execute(order, ExecKind.STATUS, cum_shares=30, leaves=70, status=State.PARTIALLY_FILLED, last_shares=30,
                 last_price=PRICE)
    assert order.cum == 0 and desk.booked() == [] and desk.reports() == [] and order.flags & Flag.UNRESOLVED


def test_a_status_report_acknowledges_what_was_not():
    desk = Desk()
    order = desk.placed()
    desk.execute(order, ExecKind.STATUS)
    assert order.state is State.NEW and desk.reports() == [(Kind.ACK, 0, 0)]


def test_executions_of_a_drop_copy_session_change_nothing():
    desk = Desk(drop_copies=(9,))
    order = desk.working()
    report = desk.fill(order, 10, session=9)
    assert order.cum == 0 and desk.out == []
    assert desk.book.copies == {(report.order_id, report.exec_id): (10, PRICE)}


def test_drop_copies_are_compared_by_order_id_and_exec_id():
    desk = Desk(drop_copies=(9,))
    order = desk.working()
    first, second, third = desk.fill(order, 10), desk.fill(order, 20), desk.fill(order, 30)
    desk.take(replace(first, session=9))
    desk.take(replace(second, session=9, last_price=PRICE - 1))
    desk.take(replace(third, session=9, exec_id=b"other"))
    name = order.order_id.decode()
    assert copy_breaks(desk.book) == [
        f"{second.exec_id.decode()} of order {name}: copied 20 at {PRICE - 1}, ours 20 at {PRICE}",
        f"{third.exec_id.decode()} of order {name}: no copy", f"other of order {name}: a copy alone"]
    desk.execute(order, ExecKind.BUST, exec_ref_id=first.exec_id, cum_shares=50)
    assert len(copy_breaks(desk.book)) == 3, "what is busted here too is no break"


def test_an_order_of_others_is_adopted_and_marked():
    desk = Desk()
    report = desk.report(None, ExecKind.TRADE, cl_ord_id=b"theirs", order_id=b"X1", shares=100, price=PRICE,
                         last_shares=20, last_price=PRICE, cum_shares=50, leaves=50, average=PRICE,
                         status=State.PARTIALLY_FILLED)
    desk.take(report)
    order = desk.orders[-1]
    assert order.flags == Flag.FOREIGN | Flag.ESTIMATED and (order.cum, order.leaves) == (50, 50)
    assert desk.booked() == [(FILL, 30, PRICE), (FILL, 20, PRICE)] and AlarmKind.FOREIGN in desk.alarms()
    desk.intend(IntentKind.CANCEL, order)
    assert desk.only(ToVenue).orig_cl_ord_id == b"theirs"


def test_a_fill_of_a_symbol_that_is_none_of_ours_is_answered_that_it_is_not_known():
    desk = Desk()
    desk.take(desk.report(None, ExecKind.TRADE, symbol=-1, last_shares=1, last_price=1))
    assert desk.only(DontKnow).reason == ord("A") and desk.alarms() == [AlarmKind.UNKNOWN_ORDER] and not desk.orders


def test_a_message_of_ours_that_was_refused_ends_its_request():
    desk = Desk()
    order = desk.placed()
    desk.take(Sent(order.id, 17, desk.now()))
    desk.refuse(seq=17)
    assert order.state is State.REJECTED and desk.reports() == [(Kind.REJECTED, 0, 0)]
    order = desk.working()
    desk.refuse(name=desk.replace(order, 200))
    assert order.state is State.NEW and desk.reports() == [(Kind.REPLACE_REJECTED, 0, 0)]
    desk.refuse(name=b"none")
    assert desk.alarms() == [AlarmKind.UNKNOWN_ORDER]
