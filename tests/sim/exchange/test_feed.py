"""The feed's packets, and the answers to requests for old messages."""

import random

from hypothesis import given
from hypothesis import strategies as st

from sim.exchange.feed import END_PACKETS, HEARTBEAT_NS, Feed
from wire import moldudp64


def messages_of(packets):
    return [message for packet in packets for message in moldudp64.unpack(packet).messages]


def request(sequence, count, session="DAY1"):
    return moldudp64.HEADER.pack({"session": session, "sequence": sequence, "count": count})


def filled(count=100, seed=1):
    rng = random.Random(seed)
    feed = Feed("DAY1", 0)
    feed.publish([rng.randbytes(rng.randint(12, 50)) for _ in range(count)], 0)
    return feed


def test_packets_number_on():
    feed = Feed("DAY1", 0, most=2)
    packets = feed.publish([b"a", b"b", b"c"], 0) + feed.publish([b"d"], 0)
    found = [moldudp64.unpack(packet) for packet in packets]
    assert [(one.session, one.sequence, one.messages) for one in found] == [
        ("DAY1", 1, (b"a", b"b")), ("DAY1", 3, (b"c",)), ("DAY1", 4, (b"d",))]
    assert feed.publish([], 0) == []


@given(sizes=st.lists(st.lists(st.integers(12, 50), min_size=1, max_size=40), max_size=20), most=st.integers(1, 60),
       pauses=st.randoms(use_true_random=False))
def test_messages_wait_for_others_but_not_longer_than_they_may(sizes, most, pauses):
    gather, now, born = 1000, 0, []
    feed, packets, plain = Feed("DAY1", 0, most=most, gather=gather), [], []
    for number, group in enumerate(sizes):
        messages = [bytes([number]) * size for size in group]
        plain += messages
        born += [now] * len(messages)
        packets += feed.publish(messages, now)
        later = now + pauses.choice((0, 10, 400, 3000))
        while feed.deadline() <= later and feed.sent < len(plain):
            now = feed.deadline()
            packets += feed.tick(now)
            assert feed.sent == len(plain)
        now = later
        assert all(when + gather > now for when in born[feed.sent:]) and feed.next == len(plain) + 1
        assert messages_of(packets) == plain[:feed.sent]
        assert feed.answer(request(feed.sent + 1, 1)) is None
    packets += feed.end(now)
    assert messages_of(packets) == plain and all(len(packet) <= moldudp64.MAX_PAYLOAD for packet in packets)
    assert all(moldudp64.unpack(packet).count <= most for packet in packets[:-1])


def test_a_full_packet_does_not_wait():
    feed = Feed("DAY1", 0, most=3, gather=1000)
    assert feed.publish([b"a", b"b"], 0) == [] and feed.deadline() == 1000 and feed.tick(999) == []
    assert messages_of(feed.publish([b"c"], 5)) == [b"a", b"b", b"c"] and feed.deadline() == HEARTBEAT_NS + 5
    assert feed.publish([b"d"], 10) == []
    assert messages_of(feed.publish([b"e", b"f", b"g"], 20)) == [b"d", b"e", b"f", b"g"]


def test_heartbeats_when_idle():
    feed = Feed("DAY1", 0)
    feed.publish([b"a"], 100)
    assert feed.tick(HEARTBEAT_NS) == [] and feed.deadline() == HEARTBEAT_NS + 100
    (beat,) = feed.tick(HEARTBEAT_NS + 100)
    assert moldudp64.unpack(beat) == moldudp64.Packet("DAY1", 2, moldudp64.HEARTBEAT, ())
    assert feed.deadline() == 2 * HEARTBEAT_NS + 100


def test_the_end_is_told_some_times():
    feed = Feed("DAY1", 0)
    feed.publish([b"a"], 0)
    packets, now = feed.end(0), 0
    assert feed.end(0) == []
    while (now := feed.deadline()) is not None:
        packets += feed.tick(now)
    assert packets == [moldudp64.pack("DAY1", 2, count=moldudp64.END_OF_SESSION)] * END_PACKETS
    assert feed.over


@given(first=st.integers(1, 100), count=st.integers(1, 0xFFFE))
def test_answers_hold_what_was_asked_as_far_as_it_fits(first, count):
    feed = filled()
    packet = feed.answer(request(first, count))
    assert len(packet) <= moldudp64.MAX_PAYLOAD
    answer = moldudp64.unpack(packet)
    assert answer.session == "DAY1" and answer.sequence == first
    wanted = feed.messages[first - 1:first - 1 + count]
    assert list(answer.messages) == wanted[:len(answer.messages)]
    left = wanted[len(answer.messages):]
    assert not left or len(packet) + moldudp64.LENGTH_BYTES + len(left[0]) > moldudp64.MAX_PAYLOAD


def test_what_is_not_answered():
    feed = filled(10)
    for bad in (request(0, 1), request(11, 1), request(1, 0), request(1, 0xFFFF), request(1, 1, "DAY2"), b"",
                request(1, 1) + b"x", request((1 << 64) - 1, 5)):
        assert feed.answer(bad) is None
    assert feed.requests == feed.refused == 8


@given(data=st.binary(max_size=60))
def test_any_request(data):
    feed = filled(5)
    answer = feed.answer(data)
    assert answer is None or moldudp64.unpack(answer).messages


def test_a_receiver_fills_any_gap_by_asking_again_and_again():
    feed = filled(500)
    got = []
    while len(got) < 500:
        got += messages_of([feed.answer(request(len(got) + 1, 500 - len(got)))])
    assert got == feed.messages
