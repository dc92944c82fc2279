"""Whose a new connection is."""

from dataclasses import replace

import pytest

from host.fix.door import Admitted, Door, TurnedAway
from host.fix.session import Session
from tests.host.fix.line import Line, clock, frame

LOGON = ((98, b"0"), (108, b"30"))


def ours(*lines):
    return {line.session.settings.id: line.session for line in lines}


def other(name, **settings):
    """Return a line whose counterparty has another name."""
    line = Line(**settings)
    line.settings = replace(line.settings, target=name)
    line.session = Session(line.settings, line.store)
    return line


def test_a_connection_belongs_to_the_session_that_its_logon_names():
    """Item 47."""
    first, second, old = Line(), other(b"HIM"), Line(begin=b"FIX.4.2")
    sessions = ours(first, second, old)
    for line, logon in ((first, first.make(b"A", *LOGON)), (second, second.make(b"A", *LOGON, sender=b"HIM")),
                        (old, old.make(b"A", *LOGON))):
        assert Door(sessions).receive(logon) == Admitted(line.session, logon)


def test_what_one_session_does_the_other_does_not_notice():
    """Item 47."""
    first, second = Line(), other(b"HIM")
    sessions = ours(first, second)
    for line, sender in ((first, b"THEM"), (second, b"HIM")):
        admitted = Door(sessions).receive(line.make(b"A", *LOGON, sender=sender))
        admitted.session.connect(line.now)
        assert len(admitted.session.receive(admitted.data, line.now)) == 2
    first.give(first.order(), first.order())
    first.send(2)
    first.say(b"0", begin=b"FIX.4.2")
    assert (second.store.next_in, second.store.next_out) == (2, 2)
    assert second.say(b"1", (112, b"x"), sender=b"HIM").types == "0"


def test_a_second_connection_of_the_same_identity_is_closed_without_a_word_or_a_number():
    """Item 3."""
    line = Line()
    line.up()
    before = line.store.next_in, line.store.next_out
    answer = Door(ours(line)).receive(line.make(b"A", *LOGON))
    assert isinstance(answer, TurnedAway) and "has a connection" in answer.reason
    assert (line.store.next_in, line.store.next_out) == before
    line.seq = 2
    assert line.say(b"1", (112, b"x")).types == "0"


@pytest.mark.parametrize("change", [{"sender": b"HIM"}, {"target": b"YOU"}, {"begin": b"FIX.4.2"}])
def test_a_stranger_is_sent_away_without_a_word(change):
    """Items 2 and 4."""
    line = Line()
    answer = Door(ours(line)).receive(line.make(b"A", *LOGON, **change))
    assert isinstance(answer, TurnedAway) and "no session" in answer.reason


@pytest.mark.parametrize("first", [
    frame((35, b"0"), (34, b"1"), (49, b"THEM"), (52, clock(Line().now)), (56, b"US")),
    frame((35, b"A")), b"GET / HTTP/1.1\r\nHost: exchange\r\n\r\n", b"\x00" * 100,
    b"8=FIX.4.4\x019=5\x0135=A\x0110=000\x01"])
def test_who_does_not_say_who_he_is_in_the_first_message_is_sent_away_without_a_word(first):
    """Item 1."""
    answer = Door(ours(Line())).receive(first)
    assert isinstance(answer, TurnedAway)


def test_the_logon_may_come_in_pieces_and_what_comes_with_it_is_not_lost():
    """Items 46 and 47."""
    line = Line()
    data = line.make(b"A", *LOGON) + line.order()
    for cut in range(len(data)):
        line = Line()
        door = Door(ours(line))
        answer, rest = door.receive(data[:cut]), data[cut:]
        if answer is None:
            answer, rest = door.receive(rest), b""
        line.connect()
        assert line.give(answer.data + rest).orders == [b"C2"]


def test_who_never_comes_to_an_end_is_sent_away():
    """Item 28."""
    door = Door(ours(Line()), longest=1000)
    answers = [door.receive(b"8=FIX.4.4\x019=900\x0135=A\x0158="), *(door.receive(b"x" * 100) for _ in range(20))]
    assert any(isinstance(each, TurnedAway) for each in answers)
