"""Every item of the session's list has a test, every state is in the table, and the document says so."""

import itertools

import pytest

from host.fix.states import BEFORE_LOGON, LOGGED_ON, TRANSITIONS, Event, State, StateError, follow
from tests.host.fix.items import DOCUMENT, ITEMS, document, shown_by


def test_every_item_is_shown_by_a_test():
    assert sorted(ITEMS) == list(range(1, 49))
    assert sorted(shown_by()) == sorted(ITEMS)


def test_the_document_is_up_to_date():
    text = DOCUMENT.read_text(encoding="utf-8")
    assert document(text) == text, "run: python -m tests.host.fix.items"


def test_every_state_can_be_reached_and_left():
    assert {each.then for each in TRANSITIONS} == {each.state for each in TRANSITIONS} == set(State)
    assert {each.event for each in TRANSITIONS} == set(Event)
    assert len({(each.state, each.event) for each in TRANSITIONS}) == len(TRANSITIONS)
    assert not BEFORE_LOGON & LOGGED_ON


def test_a_connection_may_be_lost_in_every_state_and_what_is_not_in_the_table_is_an_error():
    for state, event in itertools.product(State, Event):
        known = any((each.state, each.event) == (state, event) for each in TRANSITIONS)
        if event == Event.GONE and state != State.DISCONNECTED:
            assert follow(state, event) == State.DISCONNECTED
        if not known:
            with pytest.raises(StateError, match=f"{state.value}"):
                follow(state, event)
