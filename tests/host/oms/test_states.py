import pytest

from host.oms.states import (
    CLOSED,
    CODES,
    OPEN,
    PRECEDENCE,
    REQUESTS,
    TRANSITIONS,
    Case,
    Event,
    Pending,
    State,
    Step,
    diagram,
    follow,
    follow_request,
    shown,
)

WORKING = set(State) - {State.PENDING_CANCEL, State.PENDING_REPLACE}


def test_every_state_has_a_code_and_a_precedence():
    assert set(CODES.values()) == set(State) == set(PRECEDENCE)


def test_a_transition_stands_once_in_the_table():
    keys = [(row.state, row.event) for row in TRANSITIONS]
    assert len(set(keys)) == len(keys)


def test_working_states_are_all_reached_from_pending_new_and_no_pending_request_is_one():
    reached, rest = set(), {State.PENDING_NEW}
    while rest:
        state = rest.pop()
        reached.add(state)
        rest |= {then for row in TRANSITIONS if row.state is state for then in row.then.values()} - reached
    assert reached == WORKING


@pytest.mark.parametrize("state", sorted(WORKING, key=lambda state: state.value))
def test_no_state_drops_a_fill(state):
    assert follow(state, Event.FILL, Case.NONE_LEFT) is not None


@pytest.mark.parametrize("state", sorted(CLOSED, key=lambda state: state.value))
@pytest.mark.parametrize("event", [Event.FILL, Event.BUST, Event.CORRECT])
def test_late_fills_busts_and_corrections_leave_a_closed_order_closed(state, event):
    assert {follow(state, event, case) for case in Case} == {state}


@pytest.mark.parametrize("state", sorted(CLOSED - {State.REJECTED}, key=lambda state: state.value))
def test_nothing_opens_a_closed_order_again(state):
    assert not [row for row in TRANSITIONS if row.state is state and set(row.then.values()) & OPEN]


@pytest.mark.parametrize("state, event", [
    (State.FILLED, Event.CANCELLED), (State.CANCELLED, Event.ACK), (State.CANCELLED, Event.CANCELLED),
    (State.REJECTED, Event.ACK), (State.NEW, Event.ACK), (State.EXPIRED, Event.REPLACED),
    (State.PARTIALLY_FILLED, Event.REJECTED)])
def test_what_cannot_be_has_no_transition(state, event):
    assert {follow(state, event, case) for case in Case} == {None}


@pytest.mark.parametrize("working, pending, seen", [
    (State.NEW, Pending.REPLACE, State.PENDING_REPLACE), (State.PARTIALLY_FILLED, Pending.BOTH, State.PENDING_CANCEL),
    (State.FILLED, Pending.CANCEL, State.PENDING_CANCEL), (State.DONE_FOR_DAY, Pending.REPLACE, State.PENDING_REPLACE),
    (State.SUSPENDED, Pending.NONE, State.SUSPENDED)])
def test_the_state_of_higher_precedence_is_shown(working, pending, seen):
    assert shown(working, pending) is seen


def test_requests_end_as_they_began():
    for pending in Pending:
        for ask, end in (Step.ASK_CANCEL, Step.END_CANCEL), (Step.ASK_REPLACE, Step.END_REPLACE):
            then = follow_request(pending, ask)
            assert then is None or follow_request(then, end) is pending
    assert (Pending.CANCEL, Step.ASK_REPLACE) not in REQUESTS


def test_the_diagram_has_every_transition_that_leaves_its_state():
    text = diagram()
    for row in TRANSITIONS:
        for then in row.then.values():
            line = f"\n{row.state.value} --> {then.value}: {row.event.value}".replace(" ", "")
            assert (line in text.replace(" ", "")) == (then is not row.state)
