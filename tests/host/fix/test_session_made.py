"""Messages that the application encodes itself, and sessions that do not look at the dictionary."""

import pytest

from host.fix.template import OrderTemplate
from host.fix.validate import Checks
from tests.host.fix.line import Line, Outcome, order_fields
from wire.fix.fix44 import FIX44


def template():
    return OrderTemplate(b"FIX.4.4", b"D", [(49, b"US"), (56, b"THEM"), (21, b"1"), (40, b"2"), (55, b"AAPL"),
                                            (59, b"0")], FIX44)


def send_made(line):
    made = template()
    return Outcome(line.session.send_made(
        lambda seq, now: made.encode(seq, now, b"C9", b"1", 100, 105_000), line.now))


def test_a_message_of_a_template_is_numbered_stored_transmitted_and_sent_again_as_any_other():
    """Items 14 and 41."""
    line = Line()
    line.up()
    assert send_made(line).only[34] == b"2"
    assert [seq for seq, _ in line.store.stored(2, 9)] == [2]
    again = line.say(b"2", (7, b"2"), (16, b"0")).only
    assert again[43] == b"Y" and again[11] == b"C9" and again[44] == b"10.50"


def test_a_message_of_a_template_waits_for_the_connection():
    """Item 36."""
    line = Line(initiator=True)
    line.connect()
    assert send_made(line).sent == []
    assert line.logon().only[11] == b"C9"


def test_a_message_that_could_not_be_made_uses_no_number_up():
    """Item 41."""
    line = Line()
    line.up()

    def fail(seq, now):
        raise ValueError(seq)

    with pytest.raises(ValueError, match="2"):
        line.session.send_made(fail, line.now)
    assert line.send().only[34] == b"2"


def test_without_checks_any_field_passes_but_the_sessions_own():
    """Item 38."""
    line = Line(checks=None)
    line.up()
    assert line.say(b"D", (11, b"C2"), (54, b"X"), (4000, b"")).orders == [b"C2"]
    assert line.say(b"4", (123, b"Y")).only[371] == b"36"
    assert line.say(b"2").only[371] == b"7"
    assert line.say(b"1").types == "0"
    assert line.say(b"D", sender=b"HIM").types == "35"


def test_user_defined_fields_pass_unless_they_are_not_to():
    """Item 38."""
    for checks, types in ((Checks(), ""), (Checks(user=False), "3")):
        line = Line(checks=checks)
        line.up()
        assert line.say(b"D", *order_fields(2), (9001, b"x")).types == types
