"""Kill: the gate first, then every resting order, then what is left; latched over restarts."""

from host.oms.inputs import ExecKind, GateRead, GateShut, IntentKind, Kill, Resume, Started, Timer, Verdict
from host.oms.outputs import AlarmKind, Killed, Reason, ShutGate, TellKind, ToGate, ToVenue, VenueKind
from host.oms.states import State
from tests.host.oms.desk import SECOND, Desk
from wire.risk import Kind


def kill(desk, account=-1, symbol=-1):
    desk.take(Kill(account, symbol, "too hot", "somebody", desk.now()))


def shut(desk, account=-1, symbol=-1):
    desk.take(GateShut(account, symbol, desk.now()))


def resume(desk):
    desk.take(Resume(-1, -1, "cool", "somebody", desk.now()))


def test_the_gate_is_shut_first_then_all_resting_orders_are_cancelled_past_it():
    desk = Desk()
    orders = [desk.working(), desk.placed(), desk.working(symbol=1)]
    kill(desk)
    assert desk.only(ShutGate).reason == "too hot" and not desk.got(ToVenue)
    assert desk.intend().reason is Reason.KILLED
    shut(desk)
    cancels = desk.got(ToVenue)
    assert [each.orig_cl_ord_id for each in cancels] == [order.cl_ord_id for order in orders]
    assert {each.kind for each in cancels} == {VenueKind.CANCEL} and not desk.got(ToGate)
    for order, cancel in zip(orders, cancels, strict=True):
        assert not desk.got(Killed)
        desk.execute(order, ExecKind.CANCELLED, cl_ord_id=cancel.cl_ord_id)
    assert desk.only(Killed).left == ()


def test_what_waits_in_the_queue_or_the_gate_never_leaves():
    desk = Desk(gate_window=1)
    resting = desk.working()
    desk.intend()
    slot = desk.only(ToGate)
    desk.intend()
    desk.intend(IntentKind.REPLACE, resting, shares=200)
    kill(desk)
    assert desk.orders[2].reason is Reason.KILLED and desk.orders[2].state is State.REJECTED
    desk.take(Verdict(slot.client, slot.kind, slot.token, True, 0, 0, 5, desk.now()))
    assert desk.orders[1].reason is Reason.KILLED and desk.reports() == [(Kind.REJECTED, 0, 0)]
    assert not desk.got(ToVenue)


def test_a_kill_goes_on_without_the_gates_word_and_tells_what_is_left():
    desk = Desk(kill_timeout=SECOND, ack_timeout=100 * SECOND)
    order = desk.working()
    kill(desk)
    desk.take(Timer(desk.now() + SECOND))
    assert desk.only(ToVenue).kind is VenueKind.CANCEL and AlarmKind.KILL in desk.alarms()
    desk.take(Timer(desk.now() + 2 * SECOND))
    assert desk.only(Killed).left == (order.id,)
    desk.take(Timer(desk.now() + 4 * SECOND))
    assert not desk.got(Killed)


def test_a_cancel_that_is_rejected_is_tried_again_a_few_times():
    desk = Desk(cancel_tries=3)
    order = desk.working()
    kill(desk)
    shut(desk)
    tries = 0
    while desk.got(ToVenue):
        tries += 1
        desk.reject_cancel(order, desk.only(ToVenue).cl_ord_id, State.NEW)
    assert tries == 3 and order.state is State.NEW


def test_cancels_pass_while_killed():
    desk = Desk()
    order = desk.working(symbol=1)
    kill(desk, symbol=0)
    assert desk.intend(IntentKind.CANCEL, order).kind is TellKind.TAKEN
    assert desk.only(ToVenue).kind is VenueKind.CANCEL


def test_a_kill_of_a_symbol_leaves_the_others():
    desk = Desk()
    desk.working(symbol=0)
    other = desk.working(symbol=1)
    kill(desk, symbol=0)
    shut(desk, symbol=0)
    assert desk.only(ToVenue).symbol == 0 and other.state is State.NEW
    assert desk.intend(symbol=1).kind is TellKind.TAKEN and desk.intend(symbol=0).reason is Reason.KILLED


def test_a_kill_is_latched_over_a_restart_and_goes_on_there():
    desk = Desk()
    order = desk.working()
    kill(desk)
    desk.take(Started(2, 0, desk.now()))
    assert desk.only(ShutGate).account == -1
    desk.take(GateRead(desk.now()))
    shut(desk)
    assert not desk.got(ToVenue), "no session yet"
    desk.link({"order": order})
    assert desk.only(ToVenue).kind is VenueKind.CANCEL
    assert desk.intend().reason is Reason.KILLED
    resume(desk)
    assert desk.intend().kind is TellKind.TAKEN


def test_resuming_nothing_says_so():
    desk = Desk()
    resume(desk)
    assert desk.alarms() == [AlarmKind.KILL] and desk.out[0].text.startswith("nothing")
