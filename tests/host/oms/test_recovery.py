"""After a start or a lost session: trading is shut until orders, fills and positions agree."""

import pytest

from host.oms.book import Phase
from host.oms.inputs import (
    Accept,
    ExecKind,
    GateRead,
    IntentKind,
    Linked,
    PositionsRefused,
    Started,
    Timer,
    Unlinked,
    Verdict,
)
from host.oms.order import Flag
from host.oms.outputs import Alarm, AlarmKind, AskPositions, Reason, Report, Tell, ToGate, ToVenue, VenueKind
from host.oms.states import State
from host.positions.booked import BookedKind
from tests.host.oms.desk import BUY, PRICE, SECOND, Desk
from wire.risk import Kind


def restart(desk, epoch=2):
    desk.take(Started(epoch, 0, desk.now()))
    desk.take(GateRead(desk.now()))


def phase(desk):
    return desk.book.phase


def test_trading_is_shut_until_orders_and_positions_agree():
    desk = Desk(trading=False, tells=True)
    desk.take(Started(1, 0, desk.now(), True))
    assert desk.intend().reason is Reason.UNLINKED
    desk.take(GateRead(desk.now()))
    desk.link()
    assert desk.got(AskPositions)
    assert phase(desk) is Phase.RECOVERING and desk.intend().reason is Reason.SHUT
    desk.positions()
    assert phase(desk) is Phase.OPEN


def test_a_position_that_differs_keeps_trading_shut_until_it_agrees_or_a_person_accepts():
    desk = Desk(trading=False, tells=True)
    desk.start()
    desk.positions((0, 0, 100), (1, 1, 0))
    assert phase(desk) is Phase.RECOVERING and desk.alarms() == [AlarmKind.BREAK]
    assert "symbol 0: 100, ours 0" in desk.out[0].text
    desk.take(Timer(desk.now() + 10 * SECOND))
    assert desk.got(AskPositions), "asked again"
    desk.positions((0, 0, 100))
    assert phase(desk) is Phase.RECOVERING and not desk.alarms(), "said once"
    desk.take(Accept("known", "somebody", desk.now()))
    assert phase(desk) is Phase.OPEN


def relink(desk):
    desk.take(Unlinked(desk.now()))
    desk.link()
    assert desk.got(AskPositions) and phase(desk) is Phase.RECOVERING


def test_an_accepted_difference_is_expected_from_then_on_and_another_is_not():
    desk = Desk(trading=False, tells=True)
    desk.start()
    desk.positions((0, 0, 100))
    desk.take(Accept("given", "somebody", desk.now()))
    desk.fill(desk.working(), 100)
    relink(desk)
    desk.positions((0, 0, 200))
    assert phase(desk) is Phase.OPEN
    relink(desk)
    desk.positions((0, 0, 100))
    assert phase(desk) is Phase.RECOVERING and "symbol 0: 100, ours 100 and 100 accepted" in desk.out[0].text
    desk.take(Accept("taken back", "somebody", desk.now()))
    relink(desk)
    desk.positions((0, 0, 100))
    assert phase(desk) is Phase.OPEN


def test_positions_that_are_refused_keep_trading_shut_and_are_not_asked_for_again_in_this_session():
    desk = Desk(trading=False, tells=True)
    desk.start()
    desk.take(PositionsRefused(0, 4, "not here", desk.now()))
    assert phase(desk) is Phase.RECOVERING and desk.book.recovery.breaks == ("positions: the venue refuses: not here",)
    desk.take(Timer(desk.now() + 10 * SECOND))
    assert not desk.got(AskPositions) and phase(desk) is Phase.RECOVERING
    desk.take(Accept("known", "somebody", desk.now()))
    assert phase(desk) is Phase.OPEN
    relink(desk)


def test_positions_that_are_never_told_keep_trading_shut_and_are_asked_for_again():
    desk = Desk(trading=False, tells=True)
    desk.start()
    for _ in range(3):
        desk.take(Timer(desk.now() + 10 * SECOND))
        assert desk.got(AskPositions) and phase(desk) is Phase.RECOVERING
        assert desk.book.recovery.breaks == ("positions: the venue does not answer",)
        desk.time += 10 * SECOND
    assert len([one for one in desk.said if getattr(one, "kind", None) is AlarmKind.BREAK]) == 1, "said once"
    desk.positions()
    assert phase(desk) is Phase.OPEN


def silent_and_accepted():
    """Return a desk that trades though its venue was silent about positions, of which it holds 30 shares."""
    desk = Desk(trading=False, tells=True)
    desk.start()
    desk.take(Timer(desk.now() + 10 * SECOND))
    desk.take(Accept("it never tells", "somebody", desk.now()))
    assert phase(desk) is Phase.OPEN
    desk.fill(desk.working(), 30)
    return desk


def test_positions_that_come_after_their_silence_was_accepted_shut_trading_if_they_differ():
    desk = silent_and_accepted()
    desk.positions((0, 0, 40))
    assert phase(desk) is Phase.RECOVERING and desk.intend().reason is Reason.SHUT
    assert [one.text for one in desk.said if isinstance(one, Alarm)][-2:] == [
        "the venue tells its positions after all: trading is shut",
        "position of account 0, symbol 0: 40, ours 30"]
    desk.take(Timer(desk.now() + 10 * SECOND))
    assert desk.got(AskPositions), "asked again"
    desk.execute(desk.orders[0], ExecKind.STATUS)
    desk.positions((0, 0, 30))
    assert phase(desk) is Phase.OPEN
    desk.positions((0, 0, 50))
    assert phase(desk) is Phase.OPEN, "nobody asked"


def test_positions_that_come_after_their_silence_was_accepted_and_agree_are_no_news():
    desk = silent_and_accepted()
    desk.positions((0, 0, 30))
    assert phase(desk) is Phase.OPEN and not desk.out and not desk.book.recovery.lacking


def test_what_differs_after_all_is_accepted_on_its_own():
    desk = silent_and_accepted()
    desk.positions((0, 0, 40))
    desk.take(Accept("seen now", "somebody", desk.now()))
    assert phase(desk) is Phase.OPEN and desk.book.excused == {(0, 0): 10}


def test_what_is_not_known_yet_cannot_be_accepted():
    desk = Desk(trading=False, tells=True)
    desk.start()
    desk.take(Accept("in advance", "somebody", desk.now()))
    assert "nothing to accept" in desk.out[0].text
    desk.positions((0, 0, 100))
    assert phase(desk) is Phase.RECOVERING
    desk.take(Accept("seen", "somebody", desk.now()))
    assert phase(desk) is Phase.OPEN
    order = desk.working()
    desk.fill(order, 30)
    assert phase(desk) is Phase.OPEN and desk.book.positions == {(0, 0): 30}


def test_what_is_filled_behind_the_answer_is_no_difference():
    desk = Desk(tells=False)
    order = desk.working()
    desk.take(Started(2, 0, desk.now(), True))
    desk.take(GateRead(desk.now()))
    desk.link({"order": order})
    assert desk.got(AskPositions)
    desk.fill(order, 30)
    desk.positions((0, 0, 30))
    assert phase(desk) is Phase.OPEN


def test_orders_that_agree_open_trading():
    desk = Desk()
    order = desk.working()
    desk.fill(order, 30)
    restart(desk)
    desk.link({"order": order})
    assert phase(desk) is Phase.OPEN and not order.flags


def test_what_was_filled_meanwhile_is_taken_from_cum_qty_by_difference():
    desk = Desk()
    order = desk.working()
    desk.fill(order, 30, PRICE)
    restart(desk)
    desk.link({"order": order, "cum_shares": 50, "leaves": 50, "status": State.PARTIALLY_FILLED,
               "average": PRICE + 40})
    assert (order.cum, order.leaves, order.notional) == (50, 50, 50 * (PRICE + 40))
    assert desk.booked() == [(BookedKind.FILL, 20, PRICE + 100)] and order.flags == Flag.ESTIMATED
    assert desk.reports() == [(Kind.FILL, 20, PRICE + 100)] and phase(desk) is Phase.OPEN


def test_the_real_fill_takes_the_place_of_the_estimated_one():
    desk = Desk()
    order = desk.working()
    restart(desk)
    desk.link({"order": order, "cum_shares": 50, "leaves": 50, "status": State.PARTIALLY_FILLED, "average": PRICE})
    desk.fill(order, 20, PRICE + 100, cum_shares=20)
    assert [kind for kind, *_ in desk.booked()] == [BookedKind.BUST, BookedKind.FILL, BookedKind.FILL]
    assert (order.cum, order.notional) == (50, 30 * PRICE + 20 * (PRICE + 100))
    assert desk.reports() == [(Kind.CORRECT, 20, PRICE + 100)]
    assert desk.book.positions == {(0, 0): 50} and order.flags & Flag.ESTIMATED
    desk.fill(order, 30, PRICE, cum_shares=50)
    assert order.cum == 50 and not order.flags & Flag.ESTIMATED and desk.book.positions == {(0, 0): 50}


def test_an_estimated_fill_has_the_same_name_whenever_it_is_made():
    names = []
    for _ in range(2):
        desk = Desk()
        order = desk.working()
        restart(desk)
        desk.link({"order": order, "cum_shares": 50, "leaves": 50, "average": PRICE})
        names += [each.exec_id for each in desk.out if hasattr(each, "exec_ref_id")]
    assert len(names) == 2 and len(set(names)) == 1


def test_an_order_that_is_not_among_the_open_ones_is_asked_about_by_itself():
    desk = Desk()
    order = desk.working()
    restart(desk)
    desk.link()
    assert phase(desk) is Phase.RECOVERING and desk.only(ToVenue).kind is VenueKind.STATUS
    desk.execute(order, ExecKind.STATUS, status=State.CANCELLED, leaves=0)
    assert order.state is State.CANCELLED and desk.reports() == [(Kind.CANCELLED, 0, 0)]
    assert phase(desk) is Phase.OPEN


def test_an_order_that_never_reached_the_venue_is_over():
    desk = Desk()
    order = desk.placed()
    restart(desk)
    desk.link()
    desk.execute(order, ExecKind.STATUS, status=State.REJECTED, order_id=b"NONE", leaves=0, reason=5)
    assert (order.state, order.reason) == (State.REJECTED, Reason.UNSENT)
    assert desk.reports() == [(Kind.REJECTED, 0, 0)] and phase(desk) is Phase.OPEN


def test_an_order_that_the_venue_has_lost_stays_unresolved_and_trading_shut():
    desk = Desk()
    order = desk.working()
    restart(desk)
    desk.link()
    desk.execute(order, ExecKind.STATUS, status=State.REJECTED, order_id=b"NONE", leaves=0, reason=5)
    assert order.state is State.NEW and order.flags & Flag.UNRESOLVED
    assert phase(desk) is Phase.RECOVERING and desk.alarms() == [AlarmKind.UNRESOLVED, AlarmKind.BREAK]


def test_an_order_of_others_is_adopted_and_marked_and_trading_opens():
    desk = Desk()
    restart(desk)
    desk.link({"cl_ord_id": b"theirs", "order_id": b"X9", "status": State.PARTIALLY_FILLED, "side": BUY, "shares": 100,
               "price": PRICE, "cum_shares": 40, "leaves": 60, "average": PRICE})
    order = desk.orders[-1]
    assert order.flags & Flag.FOREIGN and (order.cum, order.leaves) == (40, 60) and phase(desk) is Phase.OPEN
    assert desk.book.positions == {(0, 0): 40} and AlarmKind.FOREIGN in desk.alarms()


def test_a_replace_that_took_effect_meanwhile_is_seen_by_its_name():
    desk = Desk()
    order = desk.working()
    name = desk.replace(order, 200)
    restart(desk)
    desk.link({"order": order, "cl_ord_id": name, "shares": 200, "leaves": 200})
    assert (order.state, order.shares, order.leaves, order.cl_ord_id) == (State.REPLACED, 200, 200, name)
    assert desk.reports() == [(Kind.REPLACED, 200, 0)] and phase(desk) is Phase.OPEN


def test_requests_that_did_not_take_effect_are_over_and_a_cancel_is_asked_again():
    desk = Desk()
    first, second = desk.working(), desk.working()
    desk.replace(first, 200)
    desk.cancel(second)
    restart(desk)
    desk.link({"order": first}, {"order": second})
    assert first.state is State.NEW and phase(desk) is Phase.OPEN
    assert any(each.kind is Kind.REPLACE_REJECTED for each in desk.said if isinstance(each, Report))
    desk.decide()
    assert desk.only(ToVenue).orig_cl_ord_id == second.cl_ord_id


def test_orders_in_the_queue_and_in_the_gate_at_the_crash_do_not_leave():
    desk = Desk(gate_window=1)
    desk.intend()
    slot = desk.only(ToGate)
    desk.intend()
    decided, queued = desk.orders
    desk.take(Started(2, 0, desk.now()))
    assert (queued.state, queued.reason) == (State.REJECTED, Reason.UNSENT)
    desk.take(Verdict(slot.client, slot.kind, slot.token, True, 0, 0, 5, desk.now()))
    assert (decided.state, decided.reason) == (State.REJECTED, Reason.STALE)
    assert not desk.got(Report), "not before all verdicts are read"
    desk.take(GateRead(desk.now()))
    assert desk.reports() == [(Kind.REJECTED, 0, 0)]


def test_a_request_without_a_verdict_never_reached_the_gate():
    desk = Desk()
    desk.intend()
    order = desk.orders[-1]
    restart(desk)
    assert (order.state, order.reason) == (State.REJECTED, Reason.UNSENT) and not desk.got(Report)
    desk.link()
    desk.intend()
    assert desk.only(ToGate).token != order.gate.token


def test_reports_that_the_gate_did_not_confirm_go_again_with_their_numbers():
    desk = Desk()
    order = desk.working()
    desk.fill(order, 30)
    before = [each for each in desk.said if isinstance(each, Report)]
    desk.take(Started(2, 0, desk.now()))
    desk.take(GateRead(desk.now()))
    assert desk.got(Report) == before


def test_a_lost_session_shuts_trading_until_all_is_agreed_again():
    desk = Desk()
    order = desk.working()
    desk.take(Unlinked(desk.now()))
    desk.link({"order": order})
    assert phase(desk) is Phase.OPEN and order.state is State.NEW
    desk.take(Unlinked(desk.now()))
    desk.take(Linked(desk.now()))
    assert desk.intend().reason is Reason.SHUT


def test_without_mass_status_every_open_order_is_asked_about():
    desk = one_by_one()
    assert phase(desk) is Phase.OPEN
    orders = [desk.working(), desk.working()]
    desk.take(Unlinked(desk.now()))
    desk.take(Linked(desk.now()))
    assert [each.cl_ord_id for each in desk.got(ToVenue)] == [order.cl_ord_id for order in orders]
    for order in orders:
        assert phase(desk) is Phase.RECOVERING
        desk.execute(order, ExecKind.STATUS)
    assert phase(desk) is Phase.OPEN


def test_a_question_without_answer_is_asked_again():
    desk = Desk(trading=False)
    desk.take(Started(1, 0, desk.now()))
    desk.take(GateRead(desk.now()))
    desk.take(Linked(desk.now()))
    first = desk.only(ToVenue)
    desk.take(Timer(desk.now() + 10 * SECOND))
    second = desk.only(ToVenue)
    assert first.kind is second.kind is VenueKind.MASS_STATUS and first.cl_ord_id != second.cl_ord_id
    desk.take(desk.report(None, ExecKind.STATUS, mass_id=first.cl_ord_id, order_id=b"NONE", mass_last=True))
    assert phase(desk) is Phase.RECOVERING, "an answer to the older question"


def test_what_goes_out_behind_the_question_is_not_over_because_the_answer_does_not_show_it():
    desk = Desk()
    order = desk.working()
    desk.take(Unlinked(desk.now()))
    desk.take(Linked(desk.now()))
    question = desk.only(ToVenue).cl_ord_id
    name = desk.cancel(order)
    desk.take(desk.report(order, ExecKind.STATUS, mass_id=question, mass_total=1, mass_last=True))
    assert phase(desk) is Phase.OPEN and order.cancel and not desk.got(ToGate)
    desk.execute(order, ExecKind.CANCELLED, cl_ord_id=name, orig_cl_ord_id=order.cl_ord_id)
    assert not desk.alarms() and order.state is State.CANCELLED and desk.reports() == [(Kind.CANCELLED, 0, 0)]


@pytest.mark.parametrize("kind, told", [(IntentKind.NEW, Kind.REJECTED), (IntentKind.REPLACE, Kind.REPLACE_REJECTED)])
def test_what_the_gate_lets_pass_before_all_is_agreed_does_not_leave(kind, told):
    desk = Desk()
    desk.intend(kind, desk.working() if kind == IntentKind.REPLACE else None, price=PRICE + 1)
    (slot,) = desk.got(ToGate)
    desk.take(Unlinked(desk.now()))
    desk.take(Linked(desk.now()))
    desk.take(Verdict(slot.client, slot.kind, slot.token, True, 0, 0, 5, desk.now()))
    assert not desk.got(ToVenue) and desk.reports() == [(told, 0, 0)]
    assert desk.only(Tell).reason is Reason.SHUT


def one_by_one():
    """Return a desk at a venue that is asked about each order."""
    desk = Desk(mass_status=False, trading=False)
    desk.take(Started(1, 0, desk.now()))
    desk.take(GateRead(desk.now()))
    desk.take(Linked(desk.now()))
    return desk


def test_a_cancel_behind_the_question_about_one_order_is_not_over_by_its_answer():
    desk = one_by_one()
    order = desk.working()
    desk.take(Unlinked(desk.now()))
    desk.take(Linked(desk.now()))
    assert desk.only(ToVenue).kind is VenueKind.STATUS
    name = desk.cancel(order)
    desk.execute(order, ExecKind.STATUS)
    assert order.cancel and phase(desk) is Phase.OPEN
    desk.execute(order, ExecKind.CANCELLED, cl_ord_id=name, orig_cl_ord_id=order.cl_ord_id)
    assert not desk.alarms() and order.state is State.CANCELLED


def test_an_answer_that_was_resent_may_be_to_an_earlier_question():
    desk = one_by_one()
    order = desk.working()
    desk.replace(order, 100, PRICE + 1)
    desk.take(Unlinked(desk.now()))
    desk.take(Linked(desk.now()))
    desk.execute(order, ExecKind.STATUS, possible_duplicate=True)
    assert order.replace and phase(desk) is Phase.RECOVERING
    desk.execute(order, ExecKind.STATUS)
    assert not order.replace and phase(desk) is Phase.OPEN
