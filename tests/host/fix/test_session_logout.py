"""How a connection ends, in good order or not."""

import pytest

from host.fix.message import Message
from host.fix.outputs import Notice, NoticeKind
from host.fix.session import SessionError
from host.fix.states import State
from tests.host.fix.line import SECOND, Line, Outcome


def up(**settings):
    line = Line(**settings)
    line.up()
    return line


def leave(line, text=""):
    return Outcome(line.session.logout(text, line.now))


def test_who_asks_for_the_logout_waits_for_the_answer_and_closes():
    """Item 35."""
    line = up()
    outcome = leave(line, "end of day")
    assert outcome.types == "5" and outcome.only[58] == b"end of day" and outcome.drops == []
    outcome = line.say(b"5")
    assert outcome.sent == [] and [each.retry for each in outcome.drops] == [True]
    assert [each.text for each in outcome.outputs if isinstance(each, Notice)] == ["as was asked for"]
    assert line.store.next_in == 3


def test_who_answers_a_logout_leaves_the_close_to_the_other():
    """Item 35: who answers knows not whether his answer has arrived."""
    line = up()
    outcome = line.say(b"5", (58, b"bye"))
    assert outcome.types == "5" and outcome.drops == [] and line.session.state == State.LOGOUT_ANSWERED
    assert line.disconnect().notices == [], "it is told once that the session is over"


def test_a_close_that_does_not_come_is_done_at_the_timeout():
    """Item 35."""
    line = up(logout_timeout=3)
    line.wait(20)
    line.say(b"5")
    assert line.wait(2.9).drops == [] and len(line.wait(0.1).drops) == 1


def test_an_answer_that_does_not_come_is_not_waited_for_longer_than_the_timeout():
    """Item 35."""
    line = up(logout_timeout=3)
    line.wait(20)
    leave(line)
    assert line.session.deadline() == line.now + 3 * SECOND
    assert line.wait(2.9).drops == [] and len(line.wait(0.1).drops) == 1


def test_logouts_that_cross_are_each_others_answer():
    """Item 35."""
    line = up()
    leave(line)
    outcome = line.say(b"5")
    assert outcome.sent == [] and len(outcome.drops) == 1


def test_a_logout_behind_a_gap_is_answered_when_the_gap_is_filled():
    """Item 35: nothing that the other sent before is lost."""
    line = up()
    line.seq = 4
    assert line.say(b"5").types == "2"
    outcome = line.give(line.order_again(2), line.order_again(3))
    assert outcome.orders == [b"C2", b"C3"] and outcome.types == "5"


def test_who_waits_for_the_answer_serves_resend_requests_and_takes_messages():
    """Item 35."""
    line = up()
    line.send(2)
    leave(line)
    outcome = line.say(b"2", (7, b"2"), (16, b"0"))
    assert [(each[35], each[34]) for each in outcome.sent] == [(b"D", b"2"), (b"4", b"3")]
    assert line.give(line.order()).orders == [b"C3"]
    assert len(line.say(b"5").drops) == 1


def test_a_logout_goes_out_behind_the_replay_that_is_under_way():
    """Items 16 and 35."""
    line = up(slice=1)
    line.send(2)
    line.send(3)
    line.say(b"2", (7, b"1"), (16, b"0"))
    line.send(4)
    outcome = leave(line)
    assert [(each[35], each[34]) for each in outcome.sent] == [
        (b"4", b"1"), (b"D", b"2"), (b"D", b"3"), (b"D", b"4"), (b"5", b"5")]


def test_a_connection_that_is_lost_is_told():
    """Item 35."""
    line = up()
    assert line.disconnect().notices == [NoticeKind.LOGGED_OUT]
    assert line.session.state == State.DISCONNECTED


@pytest.mark.parametrize("end", [leave, lambda line: line.say(b"5")])
def test_nothing_of_the_application_is_sent_after_a_logout_and_the_next_connection_brings_it(end):
    """Item 36."""
    line = up()
    end(line)
    assert line.send(3).sent == []
    assert line.send(4).sent == []
    line.disconnect()
    line.send(5)
    line.connect()
    line.seq = line.store.next_in
    assert line.logon().only[34] == b"6"
    outcome = line.say(b"2", (7, b"3"), (16, b"5"))
    assert [each[11] for each in outcome.sent] == [b"C3", b"C4", b"C5"]
    assert {each[43] for each in outcome.sent} == {b"Y"}


def test_what_is_sent_without_a_connection_waits_for_the_next():
    """Item 36."""
    line = up()
    line.disconnect()
    assert line.send(2).sent == []
    line.connect()
    assert line.logon().only[34] == b"3"
    assert line.say(b"2", (7, b"2"), (16, b"2")).only[11] == b"C2"


def test_what_is_sent_before_the_logon_is_answered_goes_out_behind_it():
    """Item 36."""
    line = Line(initiator=True)
    line.connect()
    assert line.send(2).sent == []
    outcome = line.logon()
    assert [(each[35], each[34], each.get(43)) for each in outcome.sent] == [(b"D", b"2", None)]


@pytest.mark.parametrize("message, text", [
    (Message(b"5", []), "for the session"), (Message(b"A", []), "for the session"),
    (Message(b"D", [(34, b"9")]), "field 34"), (Message(b"D", [(43, b"Y")]), "field 43"),
    (Message(b"D", [(49, b"X")]), "field 49")])
def test_what_is_the_sessions_the_application_cannot_send(message, text):
    """Item 36."""
    line = up()
    with pytest.raises(SessionError, match=text):
        line.session.send(message, line.now)
    assert line.store.next_out == 2


def test_the_next_session_of_the_schedule_begins_with_1_and_keeps_what_never_went_out():
    """Items 36 and 43: at the end of a session, logout; before the next, reset."""
    line = up()
    line.send(2)
    leave(line)
    line.send(3)
    line.say(b"5")
    line.disconnect()
    line.now += 3600 * SECOND
    assert line.session.reset(line.now) == []
    assert (line.store.next_in, line.store.next_out, line.store.created) == (1, 2, line.now)
    line.connect()
    line.seq = 1
    assert line.logon().only[34] == b"2"
    outcome = line.say(b"2", (7, b"1"), (16, b"1"))
    assert outcome.only[11] == b"C3"
