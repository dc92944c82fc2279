"""Messages that are refused, by the session or by the application."""

import pytest

from host.fix.outputs import NoticeKind
from host.fix.session import SessionError
from host.fix.states import State
from tests.host.fix.line import Line, Outcome, order_fields


def up(**settings):
    line = Line(**settings)
    line.up()
    return line


def changed(*changes):
    """Return the fields of an order with some changed, left out (None), or appended."""
    fields = dict(order_fields(2)) | dict(changes)
    return [(tag, value) for tag, value in fields.items() if value is not None]


def test_a_reject_names_message_field_and_reason_and_the_number_is_used_up():
    """Item 37: 45, 371, 372, 373."""
    line = up()
    outcome = line.say(b"D", *changed((54, b"X")))
    only = outcome.only
    assert (only[35], only[45], only[371], only[372], only[373]) == (b"3", b"2", b"54", b"D", b"5") and only[58]
    assert outcome.notices == [NoticeKind.REJECTED]
    assert outcome.delivered == [] and line.store.next_in == 3 and line.session.state == State.ACTIVE
    assert line.give(line.order()).orders == [b"C3"]


def test_a_reject_is_never_rejected_and_the_application_is_told():
    """Item 37."""
    line = up()
    line.send(2)
    outcome = line.say(b"3", (45, b"2"), (58, b"no"))
    assert outcome.sent == [] and [each.message.msg_type for each in outcome.delivered] == [b"3"]
    assert outcome.notices == [NoticeKind.REJECT_HEARD]
    outcome = line.say(b"3", (45, b"x"), (7777, b""))
    assert outcome.sent == [] and outcome.delivered == [] and line.store.next_in == 4


def test_the_application_cannot_refuse_a_reject():
    """Item 37."""
    line = up()
    delivery = line.say(b"3", (45, b"1")).delivered[0]
    with pytest.raises(SessionError):
        line.session.refuse(delivery, 0, "no", line.now)


def test_a_message_that_waited_is_rejected_when_its_turn_comes():
    """Items 10 and 37."""
    line = up()
    assert line.say(b"D", *changed((54, b"X")), seq=3).types == "2"
    outcome = line.give(line.order_again(2))
    assert (outcome.only[35], outcome.only[45]) == (b"3", b"3")


@pytest.mark.parametrize("fields, tag, reason", [
    (changed((9001, b"")), b"9001", b"4"), (changed((4000, b"x")), b"4000", b"0"), (changed((11, None)), b"11", b"1"),
    (changed((108, b"30")), b"108", b"2"), (changed((54, b"X")), b"54", b"5"), (changed((38, b"x")), b"38", b"6"),
    ([*changed(), (11, b"C9")], b"11", b"13"), ([*changed(), (50, b"desk")], b"50", b"14"),
    ([*changed(), (453, b"1"), (447, b"D"), (448, b"a")], b"447", b"15"),
    ([*changed(), (453, b"2"), (448, b"a")], b"453", b"16")])
def test_what_is_wrong_with_a_field_is_told_by_its_reason(fields, tag, reason):
    """Item 38."""
    outcome = up().say(b"D", *fields)
    assert (outcome.only[35], outcome.only[371], outcome.only[373]) == (b"3", tag, reason)


def test_a_reason_that_fix_4_2_has_no_code_for_is_left_out():
    """Item 38: FIX 4.2 ends at 11; the text tells."""
    only = up(begin=b"FIX.4.2").say(b"D", *changed(), (11, b"C9")).only
    assert (only[35], only[371]) == (b"3", b"11") and 373 not in only and only[58]


def test_a_heartbeat_with_a_field_of_another_message_is_rejected_as_any_other():
    """Item 38."""
    outcome = up().say(b"0", (11, b"x"))
    assert (outcome.only[35], outcome.only[372], outcome.only[373]) == (b"3", b"0", b"2")


def test_the_order_of_header_and_of_body_fields_is_free():
    """Item 39."""
    line = up()
    outcome = line.say(b"D", *reversed(order_fields(2)), header=((57, b"desk"), (50, b"trader")))
    assert outcome.orders == [b"C2"]


def test_a_reject_goes_back_the_way_that_the_message_came():
    """Item 39: 115 and 116 become 128 and 129, and the reverse."""
    line = up()
    route = ((115, b"A"), (116, b"a"), (128, b"B"), (129, b"b"))
    for fields, kind in ((changed((54, b"X")), b"3"), (changed(), b"j")):
        outcome = line.say(b"D", *fields, header=route)
        only = outcome.only if kind == b"3" else Outcome(
            line.session.refuse(outcome.delivered[0], 6, "no", line.now)).only
        assert only[35] == kind
        assert (only[128], only[129], only[115], only[116]) == (b"A", b"a", b"B", b"b")


def test_a_message_type_that_fix_does_not_have_is_rejected():
    """Item 40."""
    only = up().say(b"ZZ", (11, b"x")).only
    assert (only[35], only[372], only[373]) == (b"3", b"ZZ", b"11")


@pytest.mark.parametrize("kind", [b"V", b"U1"])
def test_a_message_type_that_fix_has_and_we_do_not_is_unsupported(kind):
    """Item 40."""
    line = up()
    only = line.say(kind, (58, b"x")).only
    assert (only[35], only[45], only[372], only[380]) == (b"j", b"2", kind, b"3")
    assert line.store.next_in == 3


def test_a_message_type_that_the_application_does_not_take_is_unsupported():
    """Item 40."""
    line = up(supported=frozenset({b"8"}))
    only = line.give(line.order()).only
    assert (only[35], only[372], only[380]) == (b"j", b"D", b"3")
    assert line.say(b"0").sent == []


def test_the_application_may_refuse_a_message_and_will_not_see_it_again():
    """Items 40 and 41."""
    line = up()
    outputs = line.session.receive(line.order(), line.now)
    outcome = Outcome(line.session.refuse(outputs[-1], 6, "not authorized", line.now))
    only = outcome.only
    assert outcome.notices == [NoticeKind.REJECTED]
    assert (only[35], only[45], only[372], only[380], only[58]) == (b"j", b"2", b"D", b"6", b"not authorized")
    assert line.store.next_in == 3
