"""Silence on the line."""

import pytest

from host.fix.outputs import NoticeKind
from host.fix.states import State
from tests.host.fix.line import SECOND, Line


def up(**settings):
    line = Line(**settings)
    line.up()
    return line


def test_who_sent_nothing_for_the_interval_sends_a_heartbeat():
    """Item 32."""
    line = up()
    assert line.session.deadline() == line.now + 30 * SECOND
    assert line.wait(29.999).outputs == []
    outcome = line.wait(0.001)
    assert outcome.types == "0" and 112 not in outcome.only
    line.say(b"0")
    assert line.wait(29).outputs == [] and line.wait(1).types == "0"


@pytest.mark.parametrize("send", [lambda line: line.send(2), lambda line: line.say(b"1", (112, b"x")),
                                  lambda line: line.say(b"2", (7, b"1"), (16, b"0")), lambda line: line.say(b"D")])
def test_whatever_is_sent_puts_the_heartbeat_off(send):
    """Item 32: an order, an answer, a replay, a Reject."""
    line = up()
    line.wait(20)
    assert len(send(line).sent) == 1
    line.say(b"0")
    assert line.wait(29).outputs == []
    assert line.wait(1).types == "0"


def test_what_cannot_go_out_puts_no_heartbeat_off():
    """Items 16 and 32: an order that waits for the end of a replay was not sent."""
    line = up(slice=1)
    line.send(2)
    line.wait(10)
    line.say(b"2", (7, b"1"), (16, b"0"))
    line.now += 30 * SECOND
    assert line.send(3).sent == []
    assert "0" in line.wait(0).types


def test_who_hears_nothing_asks_then_ends_the_connection():
    """Item 33: the interval and a fifth of it, twice."""
    line = up()
    line.wait(30)
    assert line.wait(5.999).outputs == []
    outcome = line.wait(0.001)
    assert outcome.types == "1" and outcome.only[112] and outcome.notices == [NoticeKind.SILENT]
    assert line.wait(30).types == "0"
    outcome = line.wait(6)
    assert outcome.sent == [] and [each.retry for each in outcome.drops] == [True]
    assert line.session.state == State.DROPPED and outcome.notices == [NoticeKind.LOGGED_OUT]
    assert line.send().sent == [], "the connection is to be closed: nothing goes out any more"
    assert line.disconnect().notices == []


def test_every_test_request_has_an_id_of_its_own():
    """Item 34."""
    line = up()
    ids = set()
    for _ in range(3):
        line.wait(30)
        ids.add(line.wait(6).only[112])
        line.say(b"0")
    assert len(ids) == 3


def test_a_test_request_is_answered_with_its_id():
    """Item 34."""
    line = up()
    outcome = line.say(b"1", (112, b"are you there?"))
    assert outcome.types == "0" and outcome.only[112] == b"are you there?"


@pytest.mark.parametrize("answer", [lambda line, test: line.say(b"0", (112, test)), lambda line, test: line.say(b"0"),
                                    lambda line, test: line.say(b"0", (112, b"another")),
                                    lambda line, test: line.give(line.order()),
                                    lambda line, test: line.say(b"1", (112, b"x"))])
def test_any_message_is_an_answer_to_our_test_request(answer):
    """Item 34."""
    line = up()
    line.wait(30)
    test = line.wait(6).only[112]
    answer(line, test)
    outcome = line.wait(35.9)
    assert outcome.drops == [] and "1" not in outcome.types
    assert "1" in line.wait(0.1).types


def test_messages_that_wait_behind_a_gap_are_signs_of_life():
    """Items 10 and 33."""
    line = up(resend_timeout=3600)
    line.seq = 9
    for _ in range(5):
        line.wait(30)
        assert line.give(line.order()).drops == []
        assert "1" not in line.wait(5).types


def test_a_session_without_a_connection_waits_for_nothing():
    """Items 32 and 33."""
    line = up()
    line.disconnect()
    assert line.session.deadline() is None and line.wait(3600).outputs == []
