"""Messages in mid-session that are not of this session, or not of now, or no messages at all."""

import pytest

from host.fix.outputs import NoticeKind
from host.fix.states import State
from tests.host.fix.line import SECOND, Line, clock, frame


def up(**settings):
    line = Line(**settings)
    line.up()
    return line


def garble(raw):
    """Return ``raw`` with a wrong CheckSum."""
    digit = (raw[-2] - ord("0") + 1) % 10
    return raw[:-2] + b"%d\x01" % digit


def test_a_wrong_checksum_uses_no_number_up_and_the_next_message_shows_the_gap():
    """Item 24."""
    line = up()
    outcome = line.give(garble(line.order()))
    assert outcome.notices == [NoticeKind.GARBLED] and outcome.sent == [] and line.store.next_in == 2
    outcome = line.give(line.order())
    assert (outcome.only[35], outcome.only[7], outcome.only[16]) == (b"2", b"2", b"2")
    assert line.give(line.order_again(2)).orders == [b"C2", b"C3"]


@pytest.mark.parametrize("wrong", [-40, -1, 1, 40, 100_000_000])
def test_a_wrong_length_does_not_swallow_the_next_message(wrong):
    """Items 25 and 28: short, long, huge."""
    line = up()
    good = line.order()
    length = int(good.split(b"\x01")[1][2:])
    bad = good.replace(b"\x019=%d\x01" % length, b"\x019=%d\x01" % max(length + wrong, 0))
    outcomes = [line.give(bad), line.give(line.order()), line.give(line.order())]
    asked = [(each[7], each[16]) for outcome in outcomes for each in outcome.sent]
    assert asked == [(b"2", b"2")]
    assert line.give(line.order_again(2)).orders == [b"C2", b"C3", b"C4"]


@pytest.mark.parametrize("spoil", [
    lambda raw: raw.replace(b"8=FIX.4.4\x01", b"", 1),
    lambda raw: raw.replace(b"35=D\x0134=2\x01", b"34=2\x0135=D\x01"),
    lambda raw: raw.replace(b"\x0111=", b"\x01eleven="),
    lambda raw: raw.replace(b"\x0111=C2", b"\x0111C2"),
    lambda raw: raw.replace(b"\x01", b"|"),
])
def test_fields_out_of_order_and_garbled_fields_use_no_number_up(spoil):
    """Items 26 and 27."""
    line = up()
    good = line.order()
    bad = spoil(good)
    head = bad[:bad.rindex(b"10=")] if b"\x0110=" in bad else bad
    assert bad != good
    line.give(head + b"10=%03d\x01" % (sum(head) % 256))
    assert line.store.next_in == 2
    line.give(line.order(), line.order_again(2))
    assert line.store.next_in == 4


def test_garbled_bytes_are_no_sign_of_life():
    """Items 24 and 33."""
    line = up()
    line.wait(35)
    line.give(garble(line.order()))
    assert line.wait(1).types == "1"


@pytest.mark.parametrize("seq", [b"x", b"", b"0", b"2x", b"-2", b"9" * 40])
def test_a_message_without_a_good_number_ends_the_connection(seq):
    """Item 28."""
    line = up()
    outcome = line.say(b"0", seq=seq)
    assert outcome.types == "5" and b"MsgSeqNum" in outcome.only[58] and len(outcome.drops) == 1
    assert line.store.next_in == 2


def test_a_number_below_1_is_none_even_of_a_possible_duplicate():
    """Item 28."""
    line = up()
    outcome = line.give(line.again(b"0", seq=0))
    assert outcome.types == "5" and b"MsgSeqNum" in outcome.only[58]


def test_a_message_without_any_number_ends_the_connection():
    """Item 28."""
    line = up()
    outcome = line.give(frame((35, b"0"), (49, b"THEM"), (52, clock(line.now)), (56, b"US")))
    assert outcome.types == "5" and b"MsgSeqNum" in outcome.only[58]


def test_another_begin_string_ends_the_connection():
    """Item 29."""
    line = up()
    outcome = line.say(b"0", begin=b"FIX.4.2")
    assert outcome.types == "5" and b"BeginString" in outcome.only[58] and len(outcome.drops) == 1
    assert line.store.next_in == 2


@pytest.mark.parametrize("wrong", [{"sender": b"HIM"}, {"target": b"YOU"}])
@pytest.mark.parametrize("ahead", [0, 3])
def test_other_comp_ids_are_rejected_and_end_the_connection(wrong, ahead):
    """Item 30: the number is used up, if it was its turn."""
    line = up()
    outcome = line.say(b"0", seq=2 + ahead, **wrong)
    assert outcome.types == "35" and outcome.sent[0][373] == b"9" and len(outcome.drops) == 1
    assert line.store.next_in == (2 if ahead else 3)


@pytest.mark.parametrize("late", [-121, 121])
def test_a_wrong_sending_time_is_rejected_and_ends_the_connection(late):
    """Item 31."""
    line = up()
    outcome = line.say(b"0", at=line.now + late * SECOND)
    assert outcome.types == "35" and len(outcome.drops) == 1 and line.store.next_in == 3
    assert (outcome.sent[0][373], outcome.sent[0][371]) == (b"10", b"52")


@pytest.mark.parametrize("time", [b"", b"now", b"20260302 14:30:00", b"20260399-14:30:00"])
def test_a_sending_time_that_is_none_is_rejected_as_any_other_field(time):
    """Items 31 and 38."""
    line = up()
    outcome = line.give(frame((35, b"0"), (34, b"2"), (49, b"THEM"), (52, time), (56, b"US")))
    assert (outcome.only[35], outcome.only[371], outcome.only[373]) == (b"3", b"52", b"6" if time else b"4")
    assert line.session.state == State.ACTIVE


@pytest.mark.parametrize("late", [-120, 0, 120])
def test_a_sending_time_may_be_two_minutes_off(late):
    """Item 31."""
    assert up().say(b"0", at=Line().now + late * SECOND).sent == []


def test_how_far_a_sending_time_may_be_off_can_be_set_or_not_be_looked_at():
    """Item 31."""
    assert up(max_latency=5).say(b"0", at=Line().now - 6 * SECOND).types == "35"
    assert up(max_latency=0).say(b"0", at=Line().now - 6_000 * SECOND).types == ""


def test_a_clock_that_is_set_back_delays_no_heartbeat_and_forces_nothing():
    """Item 48."""
    line = up()
    line.wait(20)
    line.now -= 3600 * SECOND
    assert line.session.tick(line.now) == []
    assert line.session.deadline() == line.now + 10 * SECOND
    assert line.wait(10).types == "0"
    assert line.wait(6).types == "1"


def test_a_clock_that_is_set_forward_asks_for_a_sign_of_life_and_ends_nothing():
    """Item 48."""
    line = up()
    outcome = line.wait(3600)
    assert sorted(outcome.types) == ["0", "1"] and outcome.drops == []
    assert line.say(b"0", (112, outcome.sent[-1][112])).drops == []
    assert line.session.state == State.ACTIVE


def test_after_a_step_back_nothing_is_sent_again_with_an_original_time_behind_its_own():
    """Item 48: the counterparty would have to reject it (item 22)."""
    line = up()
    line.send(2)
    line.now -= 60 * SECOND
    again = line.say(b"2", (7, b"2"), (16, b"2")).only
    assert again[122] == again[52]


@pytest.mark.parametrize("begin", [b"FIX.4.2", b"FIX.4.4"])
def test_a_stream_may_be_cut_anywhere(begin):
    """Item 46."""
    def stream(line):
        return line.order() + line.order() + line.make(b"1", (112, b"x")) + line.order(seq=7) + line.gap_fill(5, 7)

    whole = Line(begin=begin)
    whole.up()
    data = stream(whole)
    expected = whole.give(data)
    assert expected.orders == [b"C2", b"C3", b"C7"]
    for cut in range(len(data) + 1):
        line = Line(begin=begin)
        line.up()
        first, second = line.give(data[:cut]), line.give(data[cut:])
        assert first.outputs + second.outputs == expected.outputs
    line = Line(begin=begin)
    line.up()
    outputs = [output for byte in data for output in line.give(bytes([byte])).outputs]
    assert outputs == expected.outputs


def test_a_new_connection_knows_nothing_of_the_pieces_and_gaps_of_the_old_one():
    """Items 10 and 46."""
    line = up()
    line.seq = 4
    line.give(line.order(), line.order()[:-30])
    line.disconnect()
    line.connect()
    line.seq = 2
    outcome = line.logon()
    assert outcome.notices == [NoticeKind.LOGGED_ON] and outcome.types == "A"
    assert line.session.deadline() == line.now + 30 * SECOND


def test_nothing_is_heard_after_the_connection_is_to_be_closed():
    """Item 46: what comes behind a message that ends the connection is not looked at."""
    line = up()
    outcome = line.give(line.make(b"0", begin=b"FIX.4.2"), line.order(), line.order())
    assert outcome.types == "5" and outcome.delivered == []
    assert line.give(line.order()).outputs == []
