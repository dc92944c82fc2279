"""What is sent again, and how."""

import pytest

from host.fix.message import Message
from host.fix.outputs import Notice, NoticeKind
from host.fix.states import State
from tests.host.fix.line import SECOND, START, Line, Outcome, clock, frame, order, order_fields


def shape(outcome):
    """Return (type, number, next number if a gap fill) of each message."""
    return [(each[35].decode(), int(each[34]), int(each[36]) if 36 in each else None) for each in outcome.sent]


def replay(line, begin, end):
    return line.say(b"2", (7, b"%d" % begin), (16, b"%d" % end))


def up(**settings):
    line = Line(**settings)
    line.up()
    return line


def sent_five(**settings):
    """Return a line on which 1 is Logon, 2 and 3 orders, 4 a Heartbeat, 5 an order."""
    line = up(**settings)
    line.send(2)
    line.send(3)
    line.wait(30)
    line.send(5)
    return line


@pytest.mark.parametrize("end", [0, 5, 6, 999_999])
def test_an_end_of_0_or_behind_the_last_means_the_last(end):
    """Item 13."""
    line = sent_five()
    outcome = replay(line, 3, end)
    assert shape(outcome) == [("D", 3, None), ("4", 4, 5), ("D", 5, None)]
    assert [(each.kind, each.text) for each in outcome.outputs if isinstance(each, Notice)] == [
        (NoticeKind.RESEND, "3 to 5")]


def test_a_part_may_be_asked_for():
    """Item 13."""
    assert shape(replay(sent_five(), 2, 3)) == [("D", 2, None), ("D", 3, None)]


@pytest.mark.parametrize("begin, end, tag", [(6, 0, b"7"), (6, 9, b"7"), (0, 0, b"7"), (3, 2, b"16")])
def test_a_range_that_cannot_be_is_rejected(begin, end, tag):
    """Item 13: a begin behind the last message, or of 0; an end before the begin."""
    line = sent_five()
    outcome = replay(line, begin, end)
    assert (outcome.only[35], outcome.only[371], outcome.only[373]) == (b"3", tag, b"5")
    assert line.session.state == State.ACTIVE and line.store.next_in == 3


def test_a_message_that_is_sent_again_says_so_and_is_otherwise_the_same():
    """Item 14: 43=Y, the first SendingTime in 122, a new one in 52, BodyLength and CheckSum anew."""
    line = up()
    first = line.send(2)
    line.now += 3 * SECOND
    outcome = replay(line, 2, 2)
    again, once = outcome.only, first.only
    assert again[43] == b"Y" and again[122] == once[52] == clock(START) and again[52] == clock(line.now)
    assert {tag: again[tag] for tag in again if tag not in (43, 122, 52, 9, 10)} == {
        tag: once[tag] for tag in once if tag not in (52, 9, 10)}
    raw = outcome.outputs[-1].raw
    fields = [tuple(part.split(b"=", 1)) for part in raw.split(b"\x01")[2:-2]]
    assert frame(*((int(tag), value) for tag, value in fields)) == raw


def test_the_original_time_survives_being_sent_again_twice():
    """Item 14."""
    line = up()
    line.send(2)
    for _ in range(2):
        line.now += 5 * SECOND
        assert replay(line, 2, 2).only[122] == clock(START)


def test_neighbours_that_are_not_sent_again_share_a_gap_fill():
    """Item 14."""
    line = up()
    for _ in range(3):
        line.wait(30)
        line.say(b"0")
    line.send(5)
    line.wait(30)
    line.wait(6)
    assert shape(replay(line, 1, 0)) == [("4", 1, 5), ("D", 5, None), ("4", 6, 8)]


def test_the_last_gap_fill_leads_to_the_number_behind_what_was_asked_for():
    """Item 14."""
    line = up()
    line.send(2)
    line.say(b"1", (112, b"a"))
    line.say(b"1", (112, b"b"))
    line.send(5)
    assert shape(replay(line, 2, 3)) == [("D", 2, None), ("4", 3, 4)]
    assert shape(replay(line, 1, 1)) == [("4", 1, 2)]


def test_a_gap_fill_is_a_possible_duplicate_too():
    """Item 14."""
    line = up()
    fill = replay(line, 1, 0).only
    assert fill[43] == b"Y" and fill[123] == b"Y" and fill[122] == fill[52]


def test_nothing_of_the_session_is_sent_again_but_rejects():
    """Item 15."""
    line = up()
    line.say(b"D", (11, b"x"))
    line.say(b"1", (112, b"a"))
    line.seq = 9
    line.say(b"0")
    outcome = line.say(b"2", (7, b"1"), (16, b"0"), seq=10)
    assert shape(outcome) == [("4", 1, 2), ("3", 2, None), ("4", 3, 5)]
    assert outcome.sent[1][43] == b"Y" and outcome.sent[1][45] == b"2"


def test_business_rejects_are_messages_of_the_application():
    """Item 15."""
    line = up(supported=frozenset())
    line.give(line.order())
    assert shape(replay(line, 2, 2)) == [("j", 2, None)]


def test_what_is_sent_during_a_replay_goes_out_behind_it_once_and_as_new():
    """Item 16."""
    line = up(slice=2)
    for number in range(2, 8):
        line.send(number)
    outcome = replay(line, 2, 0)
    assert shape(outcome) == [("D", 2, None), ("D", 3, None)]
    assert line.session.deadline() <= line.now, "more is to come"
    assert line.send(8).sent == []
    assert line.say(b"1", (112, b"a")).sent == []
    assert shape(line.wait(0)) == [("D", 4, None), ("D", 5, None)]
    outcome = line.wait(0)
    assert shape(outcome) == [("D", 6, None), ("D", 7, None), ("D", 8, None), ("0", 9, None)]
    assert 43 not in outcome.sent[2] and outcome.sent[1][43] == b"Y"
    assert shape(line.send(10)) == [("D", 10, None)]


def test_what_waited_so_long_that_its_time_would_be_refused_goes_out_as_a_possible_duplicate():
    """Items 16 and 31."""
    line = Line(slice=1)
    line.up(heartbeat=0)
    line.send(2)
    line.send(3)
    replay(line, 2, 0)
    line.send(4)
    line.now += 100 * SECOND
    late = line.wait(0).sent[-1]
    assert late[11] == b"C4" and late[43] == b"Y" and late[52] == clock(line.now) and late[122] == clock(START)


def test_gap_fills_are_shared_across_the_slices_of_a_replay():
    """Items 14 and 16."""
    line = up(slice=2)
    for _ in range(5):
        line.say(b"1", (112, b"x"))
    line.send(7)
    outcome = replay(line, 1, 0)
    while line.session.deadline() <= line.now:
        outcome = Outcome(outcome.outputs + line.wait(0).outputs)
    assert shape(outcome) == [("4", 1, 7), ("D", 7, None)]


def test_a_second_request_during_a_replay_is_served_behind_it_and_the_same_one_is_not():
    """Items 11 and 16."""
    line = up(slice=1)
    line.send(2)
    line.send(3)
    outcome = replay(line, 2, 3)
    assert NoticeKind.IGNORED in replay(line, 2, 3).notices
    assert replay(line, 3, 3).sent == []
    while line.session.deadline() <= line.now:
        outcome = Outcome(outcome.outputs + line.wait(0).outputs)
    assert shape(outcome) == [("D", 2, None), ("D", 3, None), ("D", 3, None)]


def test_the_application_may_refuse_that_an_old_order_is_sent_again():
    """Item 17."""
    asked = []

    def may_resend(message, written):
        asked.append((message.get(11), written))
        return message.get(11) != b"C3"

    line = up(may_resend=may_resend)
    for number in (2, 3, 4):
        line.send(number)
    assert shape(replay(line, 2, 0)) == [("D", 2, None), ("4", 3, 4), ("D", 4, None)]
    assert asked == [(b"C2", START), (b"C3", START), (b"C4", START)]


def test_a_possible_resend_of_the_application_gets_a_number_of_its_own():
    """Item 23."""
    line = up()
    line.send(2)
    again = order(2)
    again.fields.append((97, b"Y"))
    sent = Outcome(line.session.send(again, line.now)).only
    assert (sent[34], sent[97], sent[11]) == (b"3", b"Y", b"C2") and 43 not in sent


def test_a_message_with_groups_and_data_is_sent_again_as_it_was():
    """Item 14."""
    line = up()
    fields = [*order_fields(2), (453, b"2"), (448, b"a"), (447, b"D"), (452, b"1"), (448, b"b"), (447, b"D"),
              (452, b"3"), (354, b"3"), (355, b"x\x01y")]
    first = line.session.send(Message(b"D", fields), line.now)[-1].raw
    again = line.session.receive(line.make(b"2", (7, b"2"), (16, b"2")), line.now)[-1].raw
    body = first[first.index(b"\x0111="):first.rindex(b"10=")]
    assert b"355=x\x01y" in body and body in again and b"\x0143=Y\x01" in again


@pytest.mark.parametrize("digits", [3, 6, 9])
def test_times_have_the_digits_that_the_settings_say_also_when_they_are_sent_again(digits):
    """Item 14: 52 and 122."""
    line = up(digits=digits)
    line.now += 123_456_789
    first = line.send(2).only[52]
    again = replay(line, 2, 2).only
    assert first == again[52] == again[122] == clock(START)[:-3] + b"123456789"[:digits]
