"""Resets that are asked for, and connections that end before anybody could say whether they were granted."""

import pytest

from host.fix.outputs import Notice, NoticeKind
from host.fix.states import State, StateError
from tests.host.fix.line import Line, read


def asked(**settings):
    """Return a line on which we asked for a reset in mid-session, and the connection ended before the answer."""
    line = Line(**settings)
    line.up()
    line.send(2)
    line.give(line.order())
    line.session.reset(line.now)
    assert line.session.reset_owed
    line.disconnect()
    return line


def test_an_initiator_asks_again_at_the_next_logon_and_no_more_when_it_was_granted():
    """Item 7."""
    line = asked(initiator=True)
    for _ in range(2):
        outcome = line.connect()
        assert (outcome.only[34], outcome.only[141]) == (b"1", b"Y") and line.session.reset_owed
        line.disconnect()
    line.connect()
    line.seq = 1
    assert line.logon((141, b"Y")).sent == [] and not line.session.reset_owed
    assert (line.store.next_in, line.store.next_out) == (2, 2)
    line.disconnect()
    assert 141 not in line.connect().only


def test_an_acceptor_grants_itself_the_reset_in_its_answer_until_a_message_shows_that_it_arrived():
    """Item 7."""
    line = asked()
    for _ in range(2):
        line.connect()
        outcome = line.logon(seq=17)
        assert (outcome.only[34], outcome.only[141]) == (b"1", b"Y") and line.session.reset_owed
        assert (line.store.next_in, line.store.next_out) == (2, 2)
        line.disconnect()
    line.connect()
    line.logon(seq=19)
    line.seq = 2
    assert line.give(line.order()).orders == [b"C2"] and not line.session.reset_owed
    line.disconnect()
    line.connect()
    assert 141 not in line.logon().only


def test_messages_with_old_numbers_show_nothing():
    """Item 7."""
    line = Line()
    line.up()
    line.session.reset(line.now)
    assert line.give(line.order()).orders == [b"C2"] and line.session.reset_owed
    line.session.logout("", line.now)
    assert line.give(line.order()).orders == [b"C3"] and line.session.reset_owed
    assert line.store.next_in == 1


def test_a_reset_that_is_granted_at_once_is_owed_no_more():
    """Item 7."""
    line = Line()
    line.up()
    line.session.reset(line.now)
    line.seq = 1
    outcome = line.logon((141, b"Y"))
    assert not line.session.reset_owed and NoticeKind.RESET in outcome.notices


def test_resets_that_cross_are_each_others_answer():
    """Item 7."""
    line = Line(initiator=True)
    line.up()
    line.session.reset(line.now)
    line.seq = 1
    assert line.logon((141, b"Y")).sent == []
    assert line.session.state == State.ACTIVE and line.send().only[34] == b"2"


def test_numbers_of_before_the_reset_are_neither_asked_for_nor_sent_again():
    """Items 7, 11 and 12."""
    line = Line()
    line.up()
    line.send(2)
    line.session.reset(line.now)
    line.seq = 5
    assert line.give(line.order()).sent == []
    outcome = line.say(b"2", (7, b"1"), (16, b"0"), seq=2)
    assert outcome.sent == [] and NoticeKind.IGNORED in outcome.notices


def test_a_reset_while_disconnected_settles_what_was_owed():
    """Items 7 and 43."""
    line = asked(initiator=True)
    line.session.reset(line.now)
    assert not line.session.reset_owed and 141 not in line.connect().only


def test_what_was_delivered_before_a_reset_while_disconnected_does_not_count_after_it():
    """Items 7 and 41."""
    line = Line()
    line.up()
    delivery = line.session.receive(line.order(), line.now)[0]
    line.disconnect()
    line.session.reset(line.now)
    line.session.took(delivery)
    assert line.store.next_in == 1


@pytest.mark.parametrize("initiator", [False, True])
def test_a_reset_can_be_asked_for_only_while_active_or_disconnected(initiator):
    """Item 7."""
    line = Line(initiator=initiator)
    line.connect()
    with pytest.raises(StateError, match="reset is asked for: impossible while Logon"):
        line.session.reset(line.now)


def test_a_replay_that_is_under_way_ends_with_a_reset_and_what_it_showed_is_not_sent_as_new():
    """Items 7, 16 and 36."""
    line = Line(slice=1)
    line.up()
    line.send(2)
    line.send(3)
    line.say(b"2", (7, b"2"), (16, b"0"))
    line.send(4)
    line.seq = 1
    outcome = line.logon((141, b"Y"))
    assert [(each[35], each[34], each.get(11)) for each in outcome.sent] == [
        (b"A", b"1", None), (b"D", b"2", b"C4")]
    assert line.session.deadline() > line.now


def test_what_was_held_after_logout_and_then_sent_again_on_request_is_not_kept_by_a_reset():
    """Items 7 and 36: it was on the wire, and would arrive twice."""
    line = Line()
    line.up()
    line.session.logout("", line.now)
    line.send(3)
    line.say(b"1", (112, b"x"))
    assert [each.get(11) for each in line.say(b"2", (7, b"3"), (16, b"3")).sent] == [b"C3"]
    line.disconnect()
    line.connect()
    line.seq = 1
    assert line.logon((141, b"Y")).types == "A"


def test_an_old_order_is_not_kept_by_a_reset_if_the_application_refuses():
    """Items 7 and 17."""
    line = Line(may_resend=lambda message, written: message.get(11) != b"C2")
    line.send(2)
    line.send(3)
    line.session.reset(line.now)
    assert line.store.next_out == 2


def test_what_the_counterparty_missed_and_had_not_asked_for_goes_with_the_old_numbers():
    """Items 7 and 36: what came behind it went out, and may say something about it, a cancel for instance."""
    line = Line(initiator=True)
    line.up()
    line.disconnect()
    line.send(2)
    line.connect()
    line.logon()
    line.disconnect()
    line.send(4)
    line.session.reset(line.now)
    assert [raw for _, raw in line.store.stored(1, 9) if b"\x0111=C2\x01" in raw] == []
    assert line.store.next_out == 2, "C4 alone is kept"


def test_a_reset_is_asked_for_again_by_the_next_process():
    """Items 7 and 42."""
    line = Line(initiator=True)
    line.up()
    line.session.reset(line.now)
    line.restart()
    assert line.session.reset_owed
    assert line.connect().only[141] == b"Y"
    line.seq = 1
    line.logon((141, b"Y"))
    assert not line.session.reset_owed
    line.restart()
    assert 141 not in line.connect().only


def test_an_acceptor_that_died_before_the_grant_grants_itself_the_reset_at_the_next_logon():
    """Items 7 and 42."""
    line = Line()
    line.up()
    line.session.reset(line.now)
    line.restart()
    line.connect()
    assert line.logon(seq=17).only[141] == b"Y" and line.session.reset_owed


def given_up(outputs):
    return [output.text for output in outputs if isinstance(output, Notice) and output.kind is NoticeKind.GIVEN_UP]


def test_an_order_that_never_went_out_and_may_not_be_sent_late_is_told_by_a_reset():
    """Items 7, 17 and 36."""
    line = Line(may_resend=lambda message, _: message.get(11) != b"C2")
    line.up()
    line.disconnect()
    for number in (1, 2, 3):
        line.send(number)
    assert given_up(line.session.reset(line.now)) == ["3: 35=D C2 never went out, and may not be sent late"]
    assert [(seq, read(raw)[11]) for seq, raw in line.store.stored(1, 9)] == [(1, b"C1"), (2, b"C3")]


def test_a_reset_tells_what_a_former_process_left_as_long_as_no_logon_has_shown_what_became_of_it():
    """Items 7 and 42."""
    line = Line()
    line.up()
    line.send(8)
    line.restart()
    assert given_up(line.session.reset(line.now)) == [
        "2: 35=D C8 is the last that a former process left; nobody knows whether it went out"]
    assert given_up(line.session.reset(line.now)) == []
    line.send(9)
    line.restart()
    line.seq = 1
    line.up()
    line.disconnect()
    assert given_up(line.session.reset(line.now)) == []
