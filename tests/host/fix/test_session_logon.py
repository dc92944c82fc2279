"""How a connection begins."""

import pytest

from host.fix.outputs import NoticeKind
from host.fix.states import State
from tests.host.fix.line import SECOND, Line, Outcome

LOGON = ((98, b"0"), (108, b"30"))


def dropped_without_a_word(line, outcome):
    return outcome.sent == [] and len(outcome.drops) == 1 and line.session.state == State.DROPPED


def dropped_with_logout(line, outcome, text):
    return outcome.types == "5" and text in outcome.only[58] and line.session.state == State.DROPPED


@pytest.mark.parametrize("initiator", [False, True])
@pytest.mark.parametrize("kind, fields", [(b"0", ()), (b"D", ((11, b"x"),)), (b"4", ((36, b"9"),)), (b"5", ())])
def test_a_first_message_other_than_logon_ends_the_connection_without_a_word(initiator, kind, fields):
    """Item 1. To an initiator, Logout is the answer of one who refuses him, and ends the connection too."""
    line = Line(initiator=initiator)
    line.connect()
    assert dropped_without_a_word(line, line.say(kind, *fields))
    assert line.store.next_in == (2 if initiator and kind == b"5" else 1)


@pytest.mark.parametrize("initiator", [False, True])
@pytest.mark.parametrize("wrong", [{"sender": b"HIM"}, {"target": b"YOU"}, {"sender": b"US", "target": b"THEM"},
                                   {"begin": b"FIX.4.2"}])
def test_a_logon_of_somebody_else_ends_the_connection_without_a_word(initiator, wrong):
    """Items 2 and 4: CompIDs; BeginString."""
    line = Line(initiator=initiator)
    line.connect()
    assert dropped_without_a_word(line, line.logon(**wrong))
    assert line.store.next_in == 1


@pytest.mark.parametrize("late", [-121, 121])
def test_a_logon_with_a_wrong_sending_time_is_refused(late):
    """Item 4: SendingTime."""
    line = Line()
    line.connect()
    assert dropped_with_logout(line, line.logon(at=line.now + late * SECOND), b"SendingTime")


@pytest.mark.parametrize("late", [-120, 120])
def test_a_logon_may_be_two_minutes_off(late):
    """Item 4: SendingTime."""
    line = Line()
    line.connect()
    assert line.logon(at=line.now + late * SECOND).types == "A"


def test_a_logon_with_a_wrong_length_counts_for_nothing_and_the_next_is_taken():
    """Items 4 and 25: BodyLength."""
    line = Line()
    line.connect()
    good = line.make(b"A", *LOGON)
    bad = good.replace(b"\x019=6", b"\x019=5")
    assert bad != good
    outcome = line.give(bad, good)
    assert outcome.types == "A" and NoticeKind.GARBLED in outcome.notices


@pytest.mark.parametrize("initiator", [False, True])
def test_a_logon_that_is_ahead_is_answered_before_the_gap_is_asked_for(initiator):
    """Item 5."""
    line = Line(initiator=initiator)
    line.connect()
    line.seq = 4
    outcome = line.logon()
    assert outcome.types == ("2" if initiator else "A2")
    assert (outcome.sent[-1][7], outcome.sent[-1][16]) == (b"1", b"3")
    assert line.give(line.gap_fill(1, 4), line.order()).orders == [b"C5"]
    assert line.store.next_in == 6


@pytest.mark.parametrize("initiator", [False, True])
def test_a_logon_that_is_behind_is_refused_and_connecting_again_will_not_help(initiator):
    """Items 6 and 44: the numbers of the sides contradict each other: a human must look."""
    line = Line(initiator=initiator)
    line.store.taken(5)
    line.connect()
    outcome = line.logon()
    assert dropped_with_logout(line, outcome, b"MsgSeqNum too low, expecting 5 but received 1")
    assert not outcome.drops[0].retry and line.store.next_in == 5


def test_a_logon_that_is_behind_but_may_be_a_duplicate_is_ignored():
    """Item 6."""
    line = Line()
    line.store.taken(5)
    line.connect()
    outcome = line.give(line.again(b"A", *LOGON, seq=1))
    assert outcome.sent == [] and line.session.state == State.LOGON_AWAITED
    assert outcome.notices == [NoticeKind.IGNORED]
    line.seq = 5
    assert line.logon().types == "A"


def test_the_acceptor_grants_a_reset_and_says_so():
    """Item 7."""
    line = Line()
    line.store.taken(5)
    line.store.skip(9)
    line.connect()
    outcome = line.logon((141, b"Y"))
    assert outcome.only[141] == b"Y" and outcome.only[34] == b"1" and NoticeKind.RESET in outcome.notices
    assert (line.store.next_in, line.store.next_out, line.store.created) == (2, 2, line.now)


def test_the_initiator_asks_for_a_reset_with_every_logon_if_told_to():
    """Item 7."""
    line = Line(initiator=True, reset_on_logon=True)
    line.store.skip(9)
    outcome = line.connect()
    assert (outcome.only[34], outcome.only[141]) == (b"1", b"Y")
    assert line.logon((141, b"Y")).types == ""
    assert (line.store.next_in, line.store.next_out) == (2, 2)


def test_the_initiator_takes_a_reset_that_it_did_not_ask_for_and_its_logon_is_the_first_message():
    """Item 7."""
    line = Line(initiator=True)
    line.store.skip(9)
    line.store.taken(5)
    assert line.connect().only[34] == b"9"
    assert line.logon((141, b"Y")).types == ""
    assert (line.store.next_in, line.store.next_out) == (2, 2)
    fill = line.say(b"2", (7, b"1"), (16, b"0")).only
    assert (fill[35], fill[34], fill[36]) == (b"4", b"1", b"2")
    assert line.send().only[34] == b"2"


@pytest.mark.parametrize("initiator", [False, True])
def test_a_reset_in_mid_session_is_granted(initiator):
    """Item 7."""
    line = Line(initiator=initiator)
    line.up()
    line.give(line.order(), line.order())
    line.send()
    line.seq = 1
    outcome = line.logon((141, b"Y"))
    assert (outcome.types, outcome.only[34], outcome.only[141]) == ("A", b"1", b"Y")
    assert (line.store.next_in, line.store.next_out) == (2, 2)
    assert line.give(line.order()).orders == [b"C2"] and line.send().only[34] == b"2"


@pytest.mark.parametrize("initiator", [False, True])
def test_a_reset_that_is_asked_for_in_mid_session_holds_what_is_sent_until_it_is_granted(initiator):
    """Item 7. What the counterparty sent before it knew goes on with the old numbers."""
    line = Line(initiator=initiator)
    line.up()
    question = Outcome(line.session.reset(line.now)).only
    assert (question[35], question[34], question[108], question[141]) == (b"A", b"1", b"30", b"Y")
    assert line.session.state == State.RESET_SENT
    assert line.send().types == ""
    assert line.give(line.order()).orders == [b"C2"]
    line.seq = 1
    outcome = line.logon((141, b"Y"))
    assert (outcome.types, outcome.only[34]) == ("D", b"2") and line.session.state == State.ACTIVE
    assert (line.store.next_in, line.store.next_out) == (2, 3)
    assert line.give(line.order()).orders == [b"C2"]


def test_a_reset_that_is_not_granted_in_time_ends_the_connection():
    """Item 7."""
    line = Line(logon_timeout=10)
    line.up(heartbeat=0)
    line.session.reset(line.now)
    assert len(line.wait(10).drops) == 1


@pytest.mark.parametrize("initiator", [False, True])
def test_a_reset_must_have_number_1(initiator):
    """Item 7."""
    line = Line(initiator=initiator)
    line.connect()
    assert dropped_with_logout(line, line.logon((141, b"Y"), seq=2), b"ResetSeqNumFlag")


@pytest.mark.parametrize("initiator", [False, True])
def test_a_reset_in_mid_session_must_have_number_1(initiator):
    """Item 7."""
    line = Line(initiator=initiator)
    line.up()
    assert dropped_with_logout(line, line.logon((141, b"Y")), b"ResetSeqNumFlag")


def test_a_reset_that_may_be_a_duplicate_is_ignored():
    """Item 7."""
    line = Line()
    line.up()
    line.give(line.order())
    outcome = line.give(line.again(b"A", *LOGON, (141, b"Y"), seq=1))
    assert outcome.sent == [] and line.store.next_in == 3 and outcome.notices == [NoticeKind.IGNORED]


def test_what_never_went_out_survives_a_reset_with_new_numbers():
    """Items 7 and 36."""
    line = Line()
    line.send(1)
    line.send(2)
    line.connect()
    outcome = line.logon((141, b"Y"))
    assert [(each[35], each[34]) for each in outcome.sent] == [(b"A", b"1"), (b"D", b"2"), (b"D", b"3")]
    assert 43 not in outcome.sent[1] and outcome.sent[2][11] == b"C2"


def test_what_never_went_out_goes_out_behind_a_logon_that_resets():
    """Items 7 and 36."""
    line = Line(initiator=True, reset_on_logon=True)
    line.send(2)
    line.send(3)
    assert line.connect().only[34] == b"1"
    outcome = line.logon((141, b"Y"))
    assert [(each[34], each[11]) for each in outcome.sent] == [(b"2", b"C2"), (b"3", b"C3")]


def test_a_second_logon_in_mid_session_without_a_reset_ends_it():
    """Item 7."""
    line = Line()
    line.up()
    assert dropped_with_logout(line, line.logon(), b"Logon while logged on")


@pytest.mark.parametrize("interval", [0, 1, 30, 3600])
def test_the_acceptor_takes_the_heartbeat_interval_of_the_initiator_and_says_so(interval):
    """Item 8."""
    line = Line(heartbeat=10)
    assert line.up(heartbeat=interval).only[108] == b"%d" % interval
    assert line.session.heartbeat == interval


def test_an_interval_of_0_means_no_heartbeats_and_no_test_requests():
    """Item 8."""
    line = Line()
    line.up(heartbeat=0)
    assert line.session.deadline() is None
    assert line.wait(100_000).outputs == []


@pytest.mark.parametrize("initiator", [False, True])
def test_a_negative_interval_is_refused(initiator):
    """Item 8."""
    line = Line(initiator=initiator)
    line.connect()
    assert dropped_with_logout(line, line.logon(heartbeat=-1), b"HeartBtInt")


def test_an_answer_with_another_interval_changes_nothing():
    """Item 8."""
    line = Line(initiator=True, heartbeat=20)
    assert NoticeKind.IGNORED in line.up(heartbeat=30).notices
    assert line.session.heartbeat == 20
    line.disconnect()
    line.connect()
    assert NoticeKind.IGNORED not in line.logon(heartbeat=20).notices


@pytest.mark.parametrize("initiator", [False, True])
def test_no_logon_in_time_ends_the_connection(initiator):
    """Item 9."""
    line = Line(initiator=initiator, logon_timeout=7)
    line.connect()
    assert line.session.deadline() == line.now + 7 * SECOND
    assert line.wait(6.9).outputs == []
    outcome = line.wait(0.1)
    assert outcome.sent == [] and [each.retry for each in outcome.drops] == [True]


def test_a_logon_that_is_not_authentic_is_refused_with_the_reason():
    """Item 9."""
    line = Line(authenticate=lambda message: None if message.get(554) == b"secret" else "wrong password")
    line.connect()
    outcome = line.logon((553, b"me"), (554, b"guess"))
    assert dropped_with_logout(line, outcome, b"wrong password") and line.store.next_in == 1
    line.disconnect()
    line.connect()
    line.seq = 1
    assert line.logon((553, b"me"), (554, b"secret")).types == "A"


def test_the_initiator_says_name_and_password():
    """Item 9."""
    outcome = Line(initiator=True, username=b"me", password=b"secret").connect()
    assert (outcome.only[553], outcome.only[554]) == (b"me", b"secret")


def test_an_initiator_asks_nobody_whether_the_answer_is_authentic():
    """Item 9: it is the one who connected."""
    line = Line(initiator=True, authenticate=lambda message: "no")
    line.connect()
    assert line.logon().types == "" and line.session.state == State.ACTIVE


def test_an_initiator_that_is_refused_says_why_and_counts_the_logout():
    """Item 9."""
    line = Line(initiator=True)
    line.connect()
    outcome = line.say(b"5", (58, b"wrong password"))
    assert "wrong password" in outcome.drops[0].reason and outcome.sent == [] and line.store.next_in == 2


@pytest.mark.parametrize("fields, text", [(((98, b"1"), (108, b"30")), b"EncryptMethod"), (((98, b"0"),), b""),
                                          (((98, b"0"), (108, b"x")), b""), ((*LOGON, (7777, b"")), b"")])
def test_a_logon_that_is_not_valid_is_refused(fields, text):
    """Items 4 and 38."""
    line = Line()
    line.connect()
    assert dropped_with_logout(line, line.say(b"A", *fields), text)


@pytest.mark.parametrize("seq", [b"x", b"", b"0", b"-1", b"1" * 30])
def test_a_logon_without_a_good_number_is_refused(seq):
    """Item 28."""
    line = Line()
    line.connect()
    assert dropped_with_logout(line, line.logon(seq=seq), b"MsgSeqNum")


def test_a_corrupt_store_stops_the_initiator_that_expects_too_much():
    """Items 44 and 45."""
    line = Line(initiator=True, next_expected=True)
    line.connect()
    outcome = line.logon((789, b"7"))
    assert dropped_with_logout(line, outcome, b"NextExpectedMsgSeqNum too high, expecting 2 but received 7")
    assert not outcome.drops[0].retry


def filled(store_in, store_out, *, initiator):
    line = Line(initiator=initiator, next_expected=True)
    while line.store.next_out < store_out:
        line.send(line.store.next_out)
    line.store.taken(store_in)
    return line


def test_the_acceptor_sends_again_what_the_initiator_says_it_expects_without_being_asked():
    """Item 45: 789."""
    line = filled(4, 6, initiator=False)
    line.connect()
    line.seq = 7
    outcome = line.logon((789, b"3"))
    assert [(each[35], each[34]) for each in outcome.sent] == [
        (b"A", b"6"), (b"D", b"3"), (b"D", b"4"), (b"D", b"5")]
    assert NoticeKind.RESEND in outcome.notices
    assert outcome.sent[0][789] == b"4", "the Logon is ahead: what is expected is what is missing"
    assert line.give(line.gap_fill(4, 7), line.order()).orders == [b"C8"]


def test_the_initiator_sends_again_what_the_acceptor_says_it_expects_without_being_asked():
    """Item 45: 789."""
    line = filled(4, 6, initiator=True)
    first = line.connect()
    assert (first.only[34], first.only[789]) == (b"6", b"4")
    line.seq = 5
    outcome = line.logon((789, b"5"))
    assert [(each[35], each[34], each.get(36)) for each in outcome.sent] == [
        (b"D", b"5", None), (b"4", b"6", b"7")]
    assert line.give(line.order_again(4)).orders == [b"C4"] and line.store.next_in == 6


def test_a_logon_in_turn_is_counted_in_what_is_expected_next():
    """Item 45: 789."""
    line = Line(next_expected=True)
    outcome = line.up((789, b"1"))
    assert outcome.only[789] == b"2" and outcome.notices == [NoticeKind.LOGGED_ON]


def test_what_waits_for_the_logon_is_not_taken_for_what_the_acceptor_missed():
    """Items 36 and 45: 789."""
    line = filled(4, 6, initiator=True)
    line.connect()
    line.send(7)
    line.seq = 4
    outcome = line.logon((789, b"5"))
    assert [(each[35], each[34], each.get(43)) for each in outcome.sent] == [
        (b"D", b"5", b"Y"), (b"4", b"6", b"Y"), (b"D", b"7", None)]


def test_a_counterparty_that_does_not_say_what_it_expects_is_asked_in_the_old_way():
    """Item 45."""
    line = Line(next_expected=True)
    line.connect()
    line.seq = 3
    assert line.logon().types == "A2"


def test_a_gap_that_nobody_fills_of_himself_is_asked_for_after_all():
    """Item 45."""
    line = Line(next_expected=True, resend_timeout=10)
    line.connect()
    line.seq = 3
    assert line.logon((789, b"1")).types == "A"
    assert line.wait(10).types == "2"


def test_every_header_tells_the_last_message_that_was_taken():
    """Item 45: 369."""
    line = Line(last_processed=True)
    assert line.up().only[369] == b"1"
    line.give(line.order(), line.order())
    assert line.send().only[369] == b"3"
    assert line.say(b"1", (112, b"x")).only[369] == b"4"


def test_a_message_that_was_not_taken_is_not_told_as_taken():
    """Items 41 and 45: 369."""
    line = Line(last_processed=True)
    line.up()
    line.session.receive(line.order(), line.now)
    assert line.send().only[369] == b"1"


def test_logout_before_logon_just_ends_the_connection():
    """Item 35."""
    line = Line(initiator=True)
    line.connect()
    outcome = line.session.logout("stop", line.now)
    assert [type(each).__name__ for each in outcome] == ["Drop"]
