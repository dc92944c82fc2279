"""Messages that are missing: asking for them, waiting for them, and the two kinds of SequenceReset."""

import pytest

from host.fix import inbound
from host.fix.outputs import NoticeKind
from host.fix.settings import LEAST_CHUNK, SettingsError
from host.fix.states import State
from tests.host.fix.line import Line, order_fields


def asked(outcome):
    """Return (BeginSeqNo, EndSeqNo) of each ResendRequest."""
    return [(int(each[7]), int(each[16])) for each in outcome.sent if each[35] == b"2"]


def up(**settings):
    line = Line(**settings)
    line.up()
    return line


def test_what_is_missing_is_asked_for_once_and_what_came_after_it_waits_for_its_turn():
    """Item 10."""
    line = up()
    line.seq = 5
    first = line.give(line.order())
    rest = line.give(line.order(), line.order())
    assert asked(first) == [(2, 4)] and first.orders == [] and first.notices == [NoticeKind.GAP]
    assert rest.outputs == []
    assert line.give(line.order_again(2)).orders == [b"C2"]
    outcome = line.give(line.order_again(3), line.order_again(4))
    assert outcome.orders == [b"C3", b"C4", b"C5", b"C6", b"C7"] and NoticeKind.FILLED in outcome.notices
    assert line.store.next_in == 8


def test_messages_wait_behind_a_gap_that_is_filled_by_a_gap_fill():
    """Item 10."""
    line = up()
    line.seq = 5
    line.give(line.order(), line.order())
    assert line.give(line.gap_fill(2, 5)).orders == [b"C5", b"C6"]


def test_a_message_that_waits_is_delivered_even_if_the_gap_fill_goes_over_it():
    """Item 10: it came; that the counterparty would not send it a second time changes nothing."""
    line = up()
    line.seq = 4
    line.give(line.order(), line.order())
    assert line.give(line.gap_fill(2, 9)).orders == [b"C4", b"C5"]
    line.seq = 9
    assert line.give(line.order()).orders == [b"C9"]


def test_more_messages_than_may_wait_are_asked_for_when_the_gap_is_filled():
    """Item 10: bounded memory."""
    line = up(queue=2)
    line.seq = 3
    assert asked(line.give(line.order())) == [(2, 2)]
    outcome = line.give(line.order(), line.order(), line.order())
    assert outcome.notices == [NoticeKind.IGNORED] * 2 and asked(outcome) == []
    assert line.give(line.order_again(2)).orders == [b"C2", b"C3", b"C4"]
    outcome = line.give(line.order())
    assert asked(outcome) == [(5, 6)]
    assert line.give(line.order_again(5), line.order_again(6)).orders == [b"C5", b"C6", b"C7"]


def test_what_waits_is_bounded_in_bytes_too(monkeypatch):
    """Items 10 and 28."""
    line = up()
    size = len(line.order(seq=3))
    monkeypatch.setattr(inbound, "MOST_BYTES", 2 * size)
    line.seq = 3
    outcomes = [line.give(line.order()) for _ in range(3)]
    assert [NoticeKind.IGNORED in each.notices for each in outcomes] == [False, False, True]
    assert line.give(line.order_again(2)).orders == [b"C2", b"C3", b"C4"]
    line.seq = 8
    assert [NoticeKind.IGNORED in line.give(line.order()).notices for _ in range(3)] == [False, False, True]


def test_a_gap_is_asked_for_in_chunks_each_when_the_one_before_is_there():
    """Item 11."""
    line = up(chunk=10)
    line.seq = 24
    assert asked(line.give(line.order())) == [(2, 11)]
    assert asked(line.give(line.gap_fill(2, 11))) == []
    assert asked(line.give(line.order_again(11))) == [(12, 21)]
    assert asked(line.give(line.gap_fill(12, 22))) == [(22, 23)]
    assert line.give(line.gap_fill(22, 24)).orders == [b"C24"]


def test_a_gap_fill_may_go_beyond_the_chunk_and_the_next_begins_behind_it():
    """Item 11."""
    line = up(chunk=10)
    line.seq = 40
    assert asked(line.give(line.order())) == [(2, 11)]
    assert asked(line.give(line.gap_fill(2, 25))) == [(25, 34)]


def test_a_chunk_that_asks_for_less_than_asking_costs_is_refused():
    """Item 11: with chunks of one, two sides that both have gaps would ask each other for ever."""
    with pytest.raises(SettingsError, match="chunk cannot be 1"):
        Line(chunk=1)
    Line(chunk=LEAST_CHUNK)


def test_a_request_of_which_nothing_comes_is_repeated_a_few_times_then_given_up():
    """Item 11: it may have been garbled on its way, and is then gap-filled, not repeated, by our own replay."""
    line = up(resend_timeout=20, resend_tries=2)
    line.seq = 4
    line.give(line.order())
    for _ in range(2):
        outcomes = [line.wait(10), line.wait(10)]
        assert [asked(each) for each in outcomes] == [[], [(2, 3)]]
        line.say(b"0")
    line.wait(10)
    outcome = line.wait(10)
    assert outcome.types == "5" and len(outcome.drops) == 1


def test_a_gap_that_is_filled_is_waited_for_no_more():
    """Item 11."""
    line = up(resend_timeout=20)
    line.seq = 3
    line.give(line.order())
    line.give(line.order_again(2))
    for _ in range(5):
        outcome = line.wait(10)
        assert outcome.drops == [] and asked(outcome) == [] and line.say(b"0").notices == []


def test_a_reset_of_the_sequence_into_what_was_asked_for_lets_a_new_gap_be_asked_for():
    """Items 11 and 19."""
    line = up()
    line.seq = 100
    assert asked(line.give(line.order())) == [(2, 99)]
    line.say(b"4", (36, b"50"), seq=101)
    line.seq = 60
    assert asked(line.give(line.order())) == [(50, 59)]


def test_a_replay_that_goes_on_however_slowly_is_not_asked_for_again():
    """Item 11."""
    line = up(resend_timeout=20)
    line.seq = 6
    line.give(line.order())
    for seq in range(2, 6):
        assert asked(line.wait(15)) == []
        line.give(line.order_again(seq))
    assert line.store.next_in == 7


def test_a_rejected_request_ends_the_connection_for_a_human_to_look():
    """Item 11."""
    line = up()
    line.seq = 6
    request = line.give(line.order()).only
    outcome = line.give(line.again(b"3", (45, request[34]), (58, b"no"), seq=2))
    assert outcome.types == "5" and [each.retry for each in outcome.drops] == [False]


def test_a_reject_of_another_message_ends_nothing():
    """Items 11 and 37."""
    line = up()
    line.send(2)
    line.seq = 6
    line.give(line.order())
    outcome = line.give(line.again(b"3", (45, b"2"), seq=2))
    assert outcome.drops == [] and [each.message.get(45) for each in outcome.delivered] == [b"2"]


def test_a_resend_request_is_served_while_we_wait_for_a_resend():
    """Item 12: two sides that both miss messages do not wait for each other."""
    line = up()
    line.send(1)
    line.seq = 5
    assert line.give(line.order()).types == "2"
    outcome = line.say(b"2", (7, b"2"), (16, b"2"), seq=6)
    assert [(each[35], each[34]) for each in outcome.sent] == [(b"D", b"2")]
    assert line.give(line.gap_fill(2, 5)).sent == []
    line.seq = 7
    assert line.give(line.order()).orders == [b"C7"], "it is not served a second time, and its number is used up"


def test_a_resend_request_that_shows_a_gap_is_served_before_the_gap_is_asked_for():
    """Item 12."""
    line = up()
    line.send(1)
    line.seq = 5
    outcome = line.say(b"2", (7, b"1"), (16, b"0"))
    assert [(each[35], each[34]) for each in outcome.sent] == [(b"4", b"1"), (b"D", b"2"), (b"2", b"3")]


def test_a_gap_fill_in_turn_sets_the_next_number():
    """Item 18."""
    line = up()
    line.give(line.gap_fill(2, 7))
    assert line.store.next_in == 7


def test_a_gap_fill_that_is_ahead_waits():
    """Item 18."""
    line = up()
    assert asked(line.give(line.gap_fill(4, 7))) == [(2, 3)]
    line.give(line.order_again(2), line.order_again(3))
    assert line.store.next_in == 7


def test_a_gap_fill_that_is_behind_is_ignored_if_it_may_be_a_duplicate():
    """Item 18."""
    line = up()
    line.give(line.order(), line.order())
    assert line.give(line.gap_fill(2, 9)).notices == [NoticeKind.IGNORED]
    assert line.store.next_in == 4


def test_a_gap_fill_that_is_behind_and_no_duplicate_ends_the_connection():
    """Item 18."""
    line = up()
    line.give(line.order(), line.order())
    outcome = line.say(b"4", (123, b"Y"), (36, b"9"), seq=2)
    assert outcome.types == "5" and b"too low" in outcome.only[58] and line.store.next_in == 4


def test_a_reset_of_the_sequence_takes_effect_whatever_its_number_and_uses_none_up():
    """Item 19: SequenceReset-Reset, greater."""
    for seq in (1, 2, 3, 900):
        line = up()
        line.give(line.order())
        outcome = line.say(b"4", (36, b"20"), seq=seq)
        assert outcome.sent == [] and line.store.next_in == 20 and outcome.notices == [NoticeKind.RESET]


def test_a_reset_of_the_sequence_to_what_is_expected_changes_nothing():
    """Item 19: equal."""
    line = up()
    assert line.say(b"4", (123, b"N"), (36, b"2"), seq=9).sent == []
    assert line.store.next_in == 2 and line.session.state == State.ACTIVE


def test_a_reset_of_the_sequence_to_less_is_rejected_and_its_number_not_used_up():
    """Item 19: less."""
    line = up()
    line.give(line.order())
    outcome = line.say(b"4", (36, b"2"), seq=3)
    assert (outcome.only[35], outcome.only[373], outcome.only[45]) == (b"3", b"5", b"3")
    assert line.store.next_in == 3


def test_a_reset_of_the_sequence_ends_a_gap_and_forgets_what_waits():
    """Item 19."""
    line = up()
    line.seq = 5
    line.give(line.order())
    line.say(b"4", (36, b"9"), seq=6)
    line.seq = 9
    outcome = line.give(line.order())
    assert outcome.orders == [b"C9"] and outcome.sent == []


@pytest.mark.parametrize("new", [1, 2])
def test_a_gap_fill_that_does_not_go_forward_is_rejected_and_its_number_used_up(new):
    """Item 20."""
    line = up()
    outcome = line.say(b"4", (123, b"Y"), (36, b"%d" % new))
    assert (outcome.only[35], outcome.only[371], outcome.only[373]) == (b"3", b"36", b"5")
    assert line.store.next_in == 3


@pytest.mark.parametrize("kind", [b"D", b"0", b"8"])
def test_a_message_that_is_behind_and_no_duplicate_ends_the_connection(kind):
    """Item 21."""
    line = up()
    line.give(line.order(), line.order())
    outcome = line.say(kind, seq=2)
    assert outcome.types == "5" and outcome.only[58] == b"MsgSeqNum too low, expecting 4 but received 2"
    assert [each.retry for each in outcome.drops] == [True] and line.store.next_in == 4


def test_a_logout_for_an_error_does_not_wait_for_the_replay_that_is_under_way():
    """Items 16 and 21."""
    line = up(slice=1)
    line.send(2)
    line.send(3)
    line.say(b"2", (7, b"1"), (16, b"0"))
    outcome = line.say(b"0", seq=1)
    assert outcome.types == "5" and len(outcome.drops) == 1
    assert line.wait(0).sent == []


def test_a_duplicate_of_what_was_taken_is_ignored():
    """Item 21."""
    line = up()
    line.give(line.order(), line.order())
    outcome = line.give(line.order_again(2), line.order_again(3))
    assert outcome.delivered == [] and outcome.sent == [] and line.store.next_in == 4


def test_a_possible_duplicate_that_was_never_taken_is_delivered_as_such():
    """Item 21."""
    line = up()
    outcome = line.give(line.order_again(2))
    assert outcome.orders == [b"C2"] and outcome.delivered[0].possible_duplicate


def test_a_possible_duplicate_without_the_original_time_is_rejected():
    """Item 22: in turn, its number is used up; behind, there is none to use."""
    for seq, then in ((2, 3), (1, 2)):
        line = up()
        outcome = line.say(b"0", seq=seq, header=((43, b"Y"),))
        assert (outcome.only[35], outcome.only[371], outcome.only[373]) == (b"3", b"122", b"1")
        assert line.store.next_in == then and line.session.state == State.ACTIVE


def test_a_possible_duplicate_whose_original_is_younger_is_rejected_and_ends_the_connection():
    """Item 22."""
    for seq in (2, 1):
        line = up()
        outcome = line.give(line.again(b"0", seq=seq, original=line.now + 1_000_000))
        assert outcome.types == "35" and outcome.sent[0][373] == b"10" and len(outcome.drops) == 1


def test_an_original_as_old_as_the_duplicate_is_good():
    """Item 22."""
    line = up()
    assert line.give(line.again(b"0", seq=2, original=line.now)).sent == []


def test_a_gap_fill_needs_no_original_time():
    """Items 18 and 22."""
    line = up()
    line.say(b"4", (123, b"Y"), (36, b"9"), seq=2, header=((43, b"Y"),))
    assert line.store.next_in == 9


def test_a_possible_resend_is_a_message_like_any_other_and_the_application_sees_it():
    """Item 23."""
    line = up()
    message = line.make(b"D", *order_fields(2), header=((97, b"Y"),))
    outcome = line.give(message, line.order())
    assert outcome.orders == [b"C2", b"C3"]
    assert outcome.delivered[0].message.get(97) == b"Y" and not outcome.delivered[0].possible_duplicate


