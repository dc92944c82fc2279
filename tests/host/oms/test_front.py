"""Intents, the queue in front of the gate, verdicts, circuit breaker, and what happens when nobody answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.oms.breaker import BreakerState
from host.oms.inputs import (
    Clock,
    ClockError,
    ExecKind,
    Intend,
    IntentKind,
    NewDay,
    ReportDone,
    Sent,
    Started,
    Timer,
    Unlinked,
    Verdict,
    Written,
)
from host.oms.oms import Oms, OmsError
from host.oms.order import Flag, Stamp
from host.oms.outputs import AlarmKind, Reason, Report, Tell, TellKind, ToGate, ToVenue, VenueKind
from host.oms.queue import RequestQueue
from host.oms.settings import Settings
from host.oms.states import State
from tests.host.oms.desk import BUY, LIMIT, MARKET, PRICE, SECOND, SELL, Desk
from wire.risk import Fault, Kind, Rule

NEW, REPLACE, CANCEL = IntentKind.NEW, IntentKind.REPLACE, IntentKind.CANCEL


def test_an_order_goes_to_the_gate_and_only_when_accepted_to_the_venue():
    desk = Desk()
    assert desk.intend(price=PRICE + 1).kind is TellKind.TAKEN
    slot = desk.only(ToGate)
    assert (slot.kind, slot.shares, slot.price, slot.side, slot.type) == (Kind.NEW, 100, PRICE + 1, BUY, LIMIT)
    assert not desk.got(ToVenue) and slot.client == desk.orders[0].id
    desk.decide()
    assert desk.only(ToVenue).kind is VenueKind.NEW


def test_an_order_that_the_gate_refuses_never_leaves_and_its_rules_are_told():
    desk = Desk(open_orders=1)
    desk.intend()
    desk.decide(accepted=False, mask=int(Rule.POSITION))
    told = desk.only(Tell)
    assert (told.state, told.reason, told.mask) == (State.REJECTED, Reason.GATE, Rule.POSITION)
    assert not desk.got(ToVenue) and not desk.got(Report)
    assert desk.intend().kind is TellKind.TAKEN, "its place is free again"


def test_a_token_that_the_gate_refuses_is_passed_over_and_a_place_that_it_refuses_again_is_used_no_more():
    desk, tokens = Desk(open_orders=2), []
    for _ in range(4):
        desk.intend()
        tokens.append(desk.only(ToGate).token)
        desk.decide(accepted=False, mask=int(Rule.MALFORMED), fault=int(Fault.TOKEN))
        assert desk.alarms() == [AlarmKind.GATE_REFUSED]
    assert tokens == [2, 3, 4, 5] and len(desk.book.places.out) == 2
    assert desk.intend().reason is Reason.NO_PLACE


def test_a_host_that_lost_its_journal_trades_on_with_the_next_token_of_each_place():
    desk = Desk(open_orders=2)
    for _ in range(2):
        desk.intend()
        desk.decide(accepted=False, mask=int(Rule.MALFORMED), fault=int(Fault.TOKEN))
    orders = [desk.placed() for _ in range(2)]
    assert [order.gate.token for order in orders] == [4, 5] and not desk.book.places.out


@pytest.mark.parametrize("terms", [{"shares": 0}, {"price": 0}, {"price": 1 << 32}, {"shares": 1 << 32},
                                   {"type": MARKET}])
def test_terms_that_no_slot_can_hold_are_refused(terms):
    assert Desk().intend(**terms).reason is Reason.MALFORMED


def test_back_pressure_is_an_explicit_result():
    desk = Desk(queue=2, gate_window=1)
    told = [desk.intend() for _ in range(5)]
    assert [each.reason for each in told] == [Reason.NONE] * 3 + [Reason.FULL] * 2
    assert [each.kind for each in told[-2:]] == [TellKind.REFUSED] * 2


def test_there_are_no_more_orders_than_places_in_the_gate():
    desk = Desk(open_orders=2)
    assert [desk.intend().reason for _ in range(3)] == [Reason.NONE, Reason.NONE, Reason.NO_PLACE]


def test_a_place_is_used_again_only_when_the_gate_has_closed_its_order():
    desk = Desk(open_orders=1)
    order = desk.working()
    desk.fill(order, 100)
    reports = [each for each in desk.said if isinstance(each, Report)]
    for report in reports:
        assert desk.intend().reason is Reason.NO_PLACE
        desk.take(ReportDone(report.token, report.number, True, 0, desk.now()))
    assert desk.intend().kind is TellKind.TAKEN


def test_a_verdict_of_an_earlier_order_at_the_place_confirms_nothing():
    desk = Desk(open_orders=1)
    order = desk.working()
    desk.fill(order, 100)
    report = [each for each in desk.said if isinstance(each, Report)][-1]
    desk.take(ReportDone(report.token + 1, report.number, True, 0, desk.now()))
    assert desk.book.reports[0][report.number] == report
    assert desk.intend().reason is Reason.NO_PLACE


def test_cancels_go_before_replaces_before_new_orders():
    desk = Desk(gate_window=1)
    first, second = desk.working(), desk.working()
    desk.intend()
    held = desk.only(ToGate)
    desk.intend()
    desk.intend(REPLACE, first, shares=200)
    desk.intend(CANCEL, second)
    kinds = []
    for _ in range(3):
        desk.take(Verdict(held.client, held.kind, held.token, True, 0, 0, 5, desk.now()))
        held = desk.only(ToGate)
        kinds.append(held.kind)
    assert kinds == [Kind.CANCEL, Kind.REPLACE, Kind.NEW]


@given(st.lists(st.tuples(st.sampled_from(list(IntentKind)), st.booleans())), st.integers(1, 4))
def test_the_queue_is_bounded_and_keeps_order_within_a_class(steps, limit):
    queue, model = RequestQueue(limit), {kind: [] for kind in IntentKind}
    for number, (kind, put) in enumerate(steps):
        if put:
            others = model[CANCEL] if kind == CANCEL else model[NEW] + model[REPLACE]
            assert queue.room(kind) == queue.put(kind, number) == (len(others) < limit)
            if len(others) < limit:
                model[kind].append(number)
        else:
            first = next((model[each] for each in (CANCEL, REPLACE, NEW) if model[each]), None)
            assert queue.take() == (first.pop(0) if first else None)
    assert len(queue) == sum(map(len, model.values()))


def test_an_order_that_still_waits_is_cancelled_at_once():
    desk = Desk(gate_window=1)
    desk.intend()
    desk.intend()
    order = desk.orders[-1]
    desk.intend(CANCEL, order)
    assert order.state is State.CANCELLED and not desk.got(ToGate) and not desk.got(Report)


def test_an_order_in_the_gate_is_cancelled_without_being_sent():
    desk = Desk()
    desk.intend()
    slot, order = desk.only(ToGate), desk.orders[-1]
    desk.intend(CANCEL, order)
    desk.take(Verdict(slot.client, slot.kind, slot.token, True, 0, 0, 5, desk.now()))
    assert order.state is State.CANCELLED and not desk.got(ToVenue)
    assert desk.reports() == [(Kind.CANCELLED, 0, 0)]


def test_a_cancel_that_the_gate_refuses_goes_out_all_the_same():
    desk = Desk()
    order = desk.working()
    desk.intend(CANCEL, order)
    desk.decide(accepted=False, fault=int(Fault.TOKEN))
    assert desk.only(ToVenue).kind is VenueKind.CANCEL and desk.alarms() == [AlarmKind.GATE_REFUSED]


def test_what_makes_no_sense_for_the_order_is_refused():
    desk = Desk()
    order = desk.placed()
    assert desk.intend(REPLACE, order).reason is Reason.NOT_ACKED
    desk.execute(order, ExecKind.NEW)
    desk.fill(order, 40)
    assert desk.intend(REPLACE, order, shares=40).reason is Reason.NOTHING_LEFT
    desk.replace(order, 200)
    assert desk.intend(REPLACE, order, shares=300).reason is Reason.PENDING
    desk.cancel(order)
    assert desk.intend(CANCEL, order).reason is Reason.PENDING
    desk.execute(order, ExecKind.CANCELLED)
    assert desk.intend(CANCEL, order).reason is desk.intend(REPLACE, order).reason is Reason.OVER
    desk.take(Intend(CANCEL, 99, 7, 12345, 0, 0, BUY, LIMIT, 0, 0, 0, desk.now()))
    assert desk.only(Tell).reason is Reason.UNKNOWN


def test_a_replace_asks_the_gate_for_what_will_be_open():
    desk = Desk()
    order = desk.working()
    desk.fill(order, 40)
    desk.intend(REPLACE, order, shares=200)
    assert desk.only(ToGate).shares == 160
    desk.decide()
    assert desk.only(ToVenue).shares == 200


def test_a_replace_that_lost_the_race_with_the_last_fill_is_taken_back_in_the_gate():
    desk = Desk()
    order = desk.working()
    desk.intend(REPLACE, order, shares=200)
    slot = desk.only(ToGate)
    desk.fill(order, 100)
    desk.take(Verdict(slot.client, slot.kind, slot.token, True, 0, 0, 5, desk.now()))
    assert desk.reports() == [(Kind.REPLACE_REJECTED, 0, 0)] and not desk.got(ToVenue)
    assert order.state is State.FILLED


def test_nothing_goes_out_while_the_session_is_down():
    desk = Desk()
    desk.intend()
    slot, order = desk.only(ToGate), desk.orders[-1]
    desk.take(Unlinked(desk.now()))
    desk.take(Verdict(slot.client, slot.kind, slot.token, True, 0, 0, 5, desk.now()))
    assert (order.state, order.reason) == (State.REJECTED, Reason.UNLINKED) and not desk.got(ToVenue)
    assert desk.reports() == [(Kind.REJECTED, 0, 0)]
    assert desk.intend().reason is Reason.UNLINKED


def test_seven_times_each_with_its_clock_and_its_error():
    desk = Desk()
    for clock, error in (Clock.HOST, 100), (Clock.DEVICE, 8), (Clock.VENUE, 50_000):
        desk.take(ClockError(clock, error, desk.now()))
    desk.intend()
    order = desk.orders[-1]
    desk.take(Written(order.id, 11))
    slot = next(each for each in desk.said if isinstance(each, ToGate))
    desk.take(Verdict(slot.client, slot.kind, slot.token, True, 0, 0, 22, 12))
    desk.take(Sent(order.id, 5, 33))
    desk.execute(order, ExecKind.NEW, venue_time=44)
    desk.fill(order, 100, venue_time=55)
    times = order.times
    assert times.decided.clock is Clock.HOST and times.decided.error == 100
    assert (times.written, times.gated, times.sent, times.acked) == (
        Stamp(11, Clock.HOST, 100), Stamp(22, Clock.DEVICE, 8), Stamp(33, Clock.HOST, 100),
        Stamp(44, Clock.VENUE, 50_000))
    assert [fill.stamp for fill in order.fills.values()] == [Stamp(55, Clock.VENUE, 50_000)]
    assert times.final.time == desk.time


# The circuit breaker.

def test_rejects_open_the_breaker_and_probes_close_it():
    desk = Desk(rejects=2, probes=2, cool_down=SECOND)
    for _ in range(2):
        desk.execute(desk.placed(), ExecKind.REJECTED)
    assert AlarmKind.BREAKER in desk.alarms() and desk.book.breaker.state is BreakerState.OPEN
    assert desk.intend().reason is Reason.BREAKER
    desk.take(Timer(desk.now() + SECOND))
    assert desk.book.breaker.state is BreakerState.HALF_OPEN
    orders = [desk.placed() for _ in range(2)]
    assert desk.intend().reason is Reason.BREAKER
    for order in orders:
        desk.execute(order, ExecKind.NEW)
    assert desk.book.breaker.state is BreakerState.CLOSED and desk.intend().kind is TellKind.TAKEN


def test_a_reject_while_half_open_opens_it_again():
    desk = Desk(rejects=1, cool_down=SECOND)
    desk.execute(desk.placed(), ExecKind.REJECTED)
    desk.take(Timer(desk.now() + SECOND))
    desk.execute(desk.placed(), ExecKind.REJECTED)
    assert desk.book.breaker.state is BreakerState.OPEN


def test_rejects_count_only_within_the_window():
    desk = Desk(rejects=2, window=SECOND)
    for _ in range(4):
        desk.execute(desk.placed(), ExecKind.REJECTED)
        desk.time += SECOND
    assert desk.book.breaker.state is BreakerState.CLOSED


def test_slow_acknowledgements_and_disconnects_open_the_breaker():
    desk = Desk(slow=2, latency=SECOND)
    for _ in range(2):
        order = desk.placed()
        desk.time += SECOND
        desk.execute(order, ExecKind.NEW)
    assert desk.book.breaker.state is BreakerState.OPEN
    desk = Desk(disconnects=2)
    for _ in range(2):
        desk.take(Unlinked(desk.now()))
        desk.link()
    assert desk.book.breaker.state is BreakerState.OPEN


def test_an_order_that_the_gate_refused_is_no_probe():
    desk = Desk(rejects=1, probes=1, cool_down=SECOND)
    desk.execute(desk.placed(), ExecKind.REJECTED)
    desk.take(Timer(desk.now() + SECOND))
    for _ in range(3):
        assert desk.intend().kind is TellKind.TAKEN
        desk.decide(accepted=False, mask=1)


# In flight.

def test_an_order_that_is_not_acknowledged_is_asked_about_and_at_last_taken_as_rejected():
    desk = Desk(ack_timeout=SECOND, queries=2)
    order = desk.placed()
    for times in range(1, 3):
        desk.take(Timer(desk.now() + times * SECOND))
        assert desk.only(ToVenue).kind is VenueKind.STATUS and order.state is State.PENDING_NEW
    desk.take(Timer(desk.now() + 3 * SECOND))
    assert (order.state, order.reason) == (State.REJECTED, Reason.UNANSWERED) and order.flags & Flag.PRESUMED
    assert desk.reports() == [(Kind.REJECTED, 0, 0)] and desk.alarms() == [AlarmKind.UNANSWERED]


def test_an_order_that_was_given_up_and_is_open_after_all_is_cancelled_at_once():
    desk = Desk(ack_timeout=SECOND, queries=0)
    order = desk.placed()
    desk.take(Timer(desk.now() + SECOND))
    desk.execute(order, ExecKind.NEW, leaves=100)
    assert order.working is State.NEW and order.flags & Flag.REVIVED and AlarmKind.REVIVED in desk.alarms()
    assert desk.only(ToVenue).kind is VenueKind.CANCEL and not desk.got(Report)
    desk.fill(order, 30)
    assert order.cum == 30 and desk.book.gaps == {(0, 0): 30}


@pytest.mark.parametrize("ask", ["replace", "cancel"])
def test_a_cancel_or_replace_without_answer_stays_pending_until_the_venue_speaks(ask):
    desk = Desk(ack_timeout=SECOND, queries=1)
    order = desk.working()
    name = desk.replace(order, 200) if ask == "replace" else desk.cancel(order)
    pending = order.state
    for times in range(1, 5):
        desk.take(Timer(desk.now() + times * SECOND))
    assert order.state is pending and order.flags & Flag.UNRESOLVED
    assert sum(each.kind is AlarmKind.UNRESOLVED for each in desk.said if hasattr(each, "text")
               and not isinstance(each, Tell)) == 1
    if ask == "replace":
        desk.replaced(order, name, 200)
    else:
        desk.execute(order, ExecKind.CANCELLED, cl_ord_id=name)
    assert order.state in (State.REPLACED, State.CANCELLED) and not order.flags & Flag.UNRESOLVED


def test_a_silent_gate_is_alarmed_once():
    desk = Desk(ack_timeout=SECOND)
    desk.intend()
    alarms = []
    for times in range(1, 4):
        desk.take(Timer(desk.now() + times * 2 * SECOND))
        alarms += desk.alarms()
    assert alarms == [AlarmKind.UNANSWERED]


# The fold.

def test_the_same_inputs_make_the_same_state_and_outputs():
    desk = Desk()
    desk.fill(desk.working(), 40)
    desk.cancel(desk.working(side=SELL))
    again = Oms(desk.settings)
    assert [each for input_ in desk.inputs for each in again.take(input_)] == desk.said
    assert again.snapshot() == desk.oms.snapshot()


def test_the_first_input_must_be_a_start():
    with pytest.raises(OmsError, match="Timer"):
        Oms(Settings()).take(Timer(1))


@pytest.mark.parametrize("wrong", [{"open_orders": 3}, {"queue": 0}, {"probes": 0}])
def test_settings_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Settings(**wrong)


def test_a_new_day_forgets_what_is_over_and_keeps_what_is_not():
    desk = Desk()
    over, open_ = desk.working(), desk.working()
    desk.fill(over, 100)
    for waiting in list(desk.book.reports.values()):
        for report in list(waiting.values()):
            desk.take(ReportDone(report.token, report.number, True, 0, desk.now()))
    desk.take(NewDay(2, desk.now()))
    assert desk.orders == [open_] and over.cl_ord_id not in desk.book.chains and not desk.book.seen
    assert desk.book.day == 2


def test_an_order_of_the_gates_that_nobody_remembers_is_let_go():
    desk = Desk()
    desk.take(Verdict(77, Kind.NEW, 8 * 5 + 3, True, 0, 0, 5, desk.now()))
    assert desk.reports() == [(Kind.REJECTED, 0, 0)] and desk.alarms() == [AlarmKind.UNKNOWN_ORDER]
    tokens = []
    for _ in range(7):
        desk.intend()
        tokens.append(desk.only(ToGate).token)
    assert 8 * 5 + 3 not in tokens and 3 not in [token % 8 for token in tokens], "its report is not confirmed yet"


def test_an_epoch_that_was_used_is_refused():
    desk = Desk()
    with pytest.raises(Exception, match="epoch 1"):
        desk.take(Started(1, 0, desk.now()))
