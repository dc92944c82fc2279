"""A session from logon to logout."""

import pytest

from host.fix.outputs import NoticeKind
from host.fix.states import State
from tests.host.fix.line import Line


@pytest.mark.parametrize("begin", [b"FIX.4.2", b"FIX.4.4"])
@pytest.mark.parametrize("initiator", [False, True])
def test_a_session_logs_on_works_fills_a_gap_and_logs_out(begin, initiator):
    line = Line(begin=begin, initiator=initiator)
    outcome = line.up()
    assert outcome.types == "A" and outcome.only[34] == b"1" and outcome.only[108] == b"30"
    assert line.session.state == State.ACTIVE and NoticeKind.LOGGED_ON in outcome.notices
    assert line.give(line.order()).orders == [b"C2"]
    assert line.send(7).only[11] == b"C7"
    assert line.wait(30).types == "0"
    line.seq = 5
    outcome = line.give(line.order())
    assert outcome.orders == [] and (outcome.only[35], outcome.only[7], outcome.only[16]) == (b"2", b"3", b"4")
    assert line.give(line.order_again(3), line.order_again(4)).orders == [b"C3", b"C4", b"C5"]
    line.seq = 6
    assert line.say(b"2", (7, b"1"), (16, b"0")).types == "4D4"
    assert line.say(b"1", (112, b"ping")).only[112] == b"ping"
    outcome = line.say(b"5")
    assert outcome.types == "5" and line.session.state == State.LOGOUT_ANSWERED
    line.disconnect()
    assert line.store.next_in == 9 and line.store.next_out == 7
