"""What a session writes down, and when; what a new process makes of it."""

import pytest

from host.fix.message import Message
from host.fix.outputs import Deliver, NoticeKind, Transmit
from host.fix.states import State
from host.fix.store import MemoryStore, StoreError
from tests.host.fix.line import Line, Outcome, order, read


class Diary(MemoryStore):
    """A store that can be looked at, and that can fail."""

    def __init__(self):
        super().__init__()
        self.full = False

    def sent(self, seq, raw):
        if self.full:
            raise StoreError("the disk is full")
        super().sent(seq, raw)


def up(**settings):
    line = Line(store=Diary(), **settings)
    line.up()
    return line


def test_every_message_is_in_the_store_before_it_is_to_be_written():
    """Item 41: what is transmitted, and is not a repetition, is byte for byte what the store has."""
    line = up()
    outputs = [*line.session.send(order(2), line.now), *line.session.receive(line.make(b"1", (112, b"x")), line.now),
               *line.wait(30).outputs, *line.session.logout("bye", line.now)]
    raws = [each.raw for each in outputs if isinstance(each, Transmit)]
    assert [int(read(raw)[34]) for raw in raws] == [2, 3, 4, 5]
    assert [raw for _, raw in line.store.stored(2, 5)] == raws


def test_nothing_is_to_be_written_that_the_store_could_not_keep():
    """Item 41."""
    line = up()
    line.store.full = True
    with pytest.raises(StoreError):
        line.send(2)
    line.store.full = False
    line.disconnect()
    line.connect()
    assert line.logon().only[34] == b"2"


def refuse(line):
    taken = Deliver(Message(b"D", []), 1, False, 0)
    return Outcome(line.session.refuse(taken, 0, "no", line.now))


@pytest.mark.parametrize("act", [lambda line: line.send(2), lambda line: Outcome(line.session.logout("", line.now)),
                                 lambda line: line.say(b"0"), lambda line: line.wait(0), Line.disconnect,
                                 lambda line: Outcome(line.session.reset(line.now)), refuse])
def test_what_an_input_that_failed_had_to_say_is_not_said_by_the_next(act):
    """Item 41."""
    line = up()
    line.store.full = True
    with pytest.raises(StoreError):
        line.give(b"garbled" + line.make(b"1", (112, b"x")))
    line.store.full = False
    line.seq = 2
    assert NoticeKind.GARBLED not in act(line).notices


def test_a_message_counts_as_received_when_the_application_took_it():
    """Item 41."""
    line = up()
    outputs = line.session.receive(line.order() + line.make(b"0") + line.order(), line.now)
    first, second = (each for each in outputs if isinstance(each, Deliver))
    assert line.store.next_in == 2
    line.session.took(first)
    assert line.store.next_in == 4, "the Heartbeat behind it counts too"
    line.session.took(second)
    assert line.store.next_in == 5


def test_messages_may_be_taken_in_any_order_and_none_is_forgotten():
    """Item 41."""
    line = up()
    first, second = line.session.receive(line.order() + line.order(), line.now)
    line.session.took(second)
    assert line.store.next_in == 2
    line.session.took(first)
    assert line.store.next_in == 4


def test_what_was_not_taken_is_asked_for_by_the_next_process():
    """Items 41 and 42."""
    line = up()
    line.session.receive(line.order(), line.now)
    line.restart()
    line.connect()
    outcome = line.logon()
    assert outcome.types == "A2" and (outcome.sent[1][7], outcome.sent[1][16]) == (b"2", b"2")
    delivery = line.give(line.order_again(2)).delivered[0]
    assert delivery.possible_duplicate and delivery.message.get(11) == b"C2"


def test_what_was_delivered_before_a_reset_does_not_count_after_it():
    """Items 7 and 41."""
    line = up()
    delivery = line.session.receive(line.order(), line.now)[0]
    line.seq = 1
    line.logon((141, b"Y"))
    line.session.receive(line.order(), line.now)
    line.session.took(delivery)
    assert line.store.next_in == 2


@pytest.mark.parametrize("initiator", [False, True])
def test_a_new_process_goes_on_with_the_numbers_of_the_old_one(initiator):
    """Items 42 and 43."""
    line = up(initiator=initiator)
    line.send(2)
    line.give(line.order())
    line.restart()
    outcome = Outcome(line.connect().outputs + line.logon().outputs)
    assert outcome.only[34] == b"3" and line.session.state == State.ACTIVE and line.store.next_in == 4


def test_a_process_that_dies_before_it_writes_to_the_socket_sends_the_same_message_again():
    """Item 42: the number is not used for another message."""
    line = up()
    line.session.send(order(2), line.now)
    line.restart()
    line.connect()
    assert line.logon().only[34] == b"3"
    outcome = line.say(b"2", (7, b"2"), (16, b"2"))
    assert outcome.only[11] == b"C2" and outcome.only[43] == b"Y"


def test_a_reject_counts_as_received_when_the_application_took_it():
    """Items 37 and 41: it is the only one to know what becomes of a refused order."""
    line = up()
    line.send(2)
    line.session.receive(line.make(b"3", (45, b"2")), line.now)
    assert line.store.next_in == 2


def test_the_counterparty_that_expects_less_than_we_have_is_sent_the_rest():
    """Item 44."""
    line = up()
    for number in (2, 3, 4):
        line.send(number)
    line.disconnect()
    line.connect()
    assert line.logon().only[34] == b"5"
    assert [each[11] for each in line.say(b"2", (7, b"2"), (16, b"4")).sent] == [b"C2", b"C3", b"C4"]


def test_the_counterparty_that_expects_more_than_we_have_stops_us():
    """Item 44: our store is older than what it saw; to go on would use numbers twice."""
    line = Line(initiator=True)
    line.connect()
    outcome = line.say(b"5", (58, b"MsgSeqNum too low, expecting 9 but received 1"))
    assert outcome.sent == [] and "expecting 9" in outcome.drops[0].reason and not outcome.drops[0].retry


def test_a_message_that_cannot_be_encoded_uses_no_number_up():
    """Item 41."""
    line = up()
    with pytest.raises(ValueError):
        line.session.send(Message(b"D", [(11, b"")]), line.now)
    assert line.send(2).only[34] == b"2"
