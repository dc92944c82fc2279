"""SoupBinTCP without sockets: login, numbering, replay, heartbeats, and what is dropped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.exchange.soup import Client, Drop, LoggedIn, Received, Refused, Sequenced, Server, Stream, Transmit
from wire.soupbintcp import GIVE_UP_NS, HEARTBEAT_NS, PacketType, Reject, pack

USERS = {"ALICE": "SECRET"}


def server(stream, now=0):
    return Server(lambda user, password, _: stream if USERS.get(user) == password else Reject.NOT_AUTHORISED, now)


def raw(outputs):
    return b"".join(output.raw for output in outputs if isinstance(output, Transmit))


def rest(outputs):
    return [output for output in outputs if not isinstance(output, Transmit)]


def logged_in(stream, *, sequence=1, session="", now=0):
    """Return both sides behind the login, and what the client has been given."""
    here, there = server(stream, now), Client("ALICE", "SECRET", now, sequence=sequence, session=session)
    outputs = here.receive(raw(there.login(now)), now)
    return here, there, there.receive(raw(outputs), now)


def test_a_login_gets_the_messages_from_the_number_it_asks():
    stream = Stream("DAY1", [b"one", b"two", b"three"])
    _, there, given = logged_in(stream, sequence=2)
    assert given == [LoggedIn("", "DAY1", 2), Sequenced(2, b"two"), Sequenced(3, b"three")]
    assert there.sequence == 4


def test_number_0_asks_for_what_is_new():
    stream = Stream("DAY1", [b"one", b"two"])
    here, there, given = logged_in(stream, sequence=0)
    assert given == [LoggedIn("", "DAY1", 3)]
    stream.messages.append(b"three")
    assert here.behind == 1
    assert there.receive(raw(here.flush(0)), 0) == [Sequenced(3, b"three")]
    assert here.flush(0) == [] and here.behind == 0


def test_a_reconnect_misses_nothing_and_repeats_nothing():
    stream = Stream("DAY1")
    here, there, given = logged_in(stream)
    stream.messages += [b"1", b"2"]
    given += there.receive(raw(here.flush(0)), 0)
    stream.messages += [b"3"]                         # the connection is gone before it is sent
    here, there, more = logged_in(stream, sequence=there.sequence, session="DAY1")
    assert [g.payload for g in [*given, *more] if isinstance(g, Sequenced)] == [b"1", b"2", b"3"]


@pytest.mark.parametrize("user, password, session, sequence, reason", [
    ("ALICE", "WRONG", "", 1, "A"), ("BOB", "SECRET", "", 1, "A"), ("ALICE", "SECRET", "DAY0", 1, "S"),
    ("ALICE", "SECRET", "", 5, "S"),
])
def test_a_login_is_rejected(user, password, session, sequence, reason):
    here = server(Stream("DAY1", [b"one"]))
    there = Client(user, password, 0, session=session, sequence=sequence)
    outputs = here.receive(raw(there.login(0)), 0)
    assert isinstance(outputs[-1], Drop) and here.closed
    assert there.receive(raw(outputs), 0) == [Refused(reason), Drop("login rejected")]


def test_data_goes_both_ways_and_the_end_is_told():
    stream = Stream("DAY1")
    here, there, _ = logged_in(stream)
    assert here.receive(raw(there.send(b"order", 5)), 5) == [Received(b"order")]
    stream.messages.append(b"last")
    stream.ended = True
    outputs = here.flush(5)
    assert rest(outputs) == [Drop("end of session")]
    assert there.receive(raw(outputs), 5) == [Sequenced(1, b"last"), Drop("end of session")]
    with pytest.raises(ValueError):
        there.send(b"order", 5)


def test_a_logout_closes():
    here, there, _ = logged_in(Stream("DAY1"))
    assert here.receive(raw(there.logout(1)), 1) == [Drop("logout")]
    assert here.closed and there.closed and here.tick(GIVE_UP_NS) == [] and here.deadline() is None


def test_idle_sides_send_heartbeats_and_silent_ones_are_given_up():
    here, there, _ = logged_in(Stream("DAY1"))
    assert here.tick(HEARTBEAT_NS - 1) == [] and here.deadline() == HEARTBEAT_NS
    assert raw(here.tick(HEARTBEAT_NS)) == bytes.fromhex("000148")
    assert raw(there.tick(HEARTBEAT_NS)) == bytes.fromhex("000152")
    assert here.receive(bytes.fromhex("000152"), HEARTBEAT_NS) == []
    for second in range(2, 16):
        here.tick(second * HEARTBEAT_NS)
    assert not here.closed
    assert rest(here.tick(HEARTBEAT_NS + GIVE_UP_NS))[0].reason.startswith("nothing heard")


def test_one_who_does_not_log_in_is_given_up_however_alive():
    here = server(Stream("DAY1"))
    for second in range(1, 15):
        here.receive(pack(PacketType.CLIENT_HEARTBEAT), second * HEARTBEAT_NS)
        here.tick(second * HEARTBEAT_NS)
    assert not here.closed and here.deadline() == GIVE_UP_NS
    assert here.tick(GIVE_UP_NS) == [Drop("no login came in time")]


@pytest.mark.parametrize("data", [pack(PacketType.UNSEQUENCED, b"x"), b"\0\0", pack(PacketType.SEQUENCED, b"x"),
                                  pack(PacketType.LOGIN_REQUEST, b"short"),
                                  pack(PacketType.LOGIN_REQUEST, b"A" * 46)])
def test_what_breaks_the_protocol_is_dropped(data):
    here = server(Stream("DAY1"))
    outputs = here.receive(data, 0)
    assert isinstance(outputs[-1], Drop) and here.closed
    assert here.receive(data, 0) == []


def test_a_second_login_is_dropped():
    here, there, _ = logged_in(Stream("DAY1"))
    assert rest(here.receive(raw(there.login(0)), 0)) == [Drop("a second login")]


def test_a_long_replay_goes_out_in_parts():
    stream = Stream("DAY1", [bytes(10)] * 2500)
    here, there, given = logged_in(stream)
    while here.behind:
        given += there.receive(raw(here.flush(0)), 0)
    assert [g.sequence for g in given[1:]] == list(range(1, 2501))


@given(cuts=st.lists(st.integers(1, 40)), payloads=st.lists(st.binary(max_size=50), max_size=8))
def test_bytes_may_come_in_any_parts(cuts, payloads):
    _, there, _ = logged_in(Stream("DAY1"))
    here = server(Stream("DAY1"))
    data = raw(Client("ALICE", "SECRET", 0).login(0)) + b"".join(raw(there.send(one, 0)) for one in payloads)
    found = []
    while data:
        cut = cuts.pop() if cuts else len(data)
        found += here.receive(data[:cut], 0)
        data = data[cut:]
    assert [one.payload for one in found if isinstance(one, Received)] == payloads


@given(data=st.binary(max_size=200))
def test_any_bytes_at_all(data):
    for side in (server(Stream("DAY1")), Client("ALICE", "SECRET", 0)):
        side.receive(data, 0)
