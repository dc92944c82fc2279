import pytest

from sim.models.feed import ReferenceFeed, Source
from wire.registers import COUNTERS

SESSION = b"SESSION001"
A, B = 0, 1


def packet(seq, *messages, count=None, session=SESSION, tail=b""):
    count = len(messages) if count is None else count
    blocks = b"".join(len(message).to_bytes(2, "big") + message for message in messages)
    return session + seq.to_bytes(8, "big") + count.to_bytes(2, "big") + blocks + tail


def end_of_session(seq, **options):
    return packet(seq, count=0xFFFF, **options)


def taken(feed, line, payload, **options):
    return [(entry.seq, entry.message) for entry in feed.datagram(line, payload, **options)]


def counted(feed):
    return {name: n for name, n in feed.counters.items() if n}


def test_counters_are_the_devices():
    assert set(ReferenceFeed().counters) <= {name for name, _ in COUNTERS}


def test_first_copy_of_each_message_wins():
    feed = ReferenceFeed()
    assert taken(feed, A, packet(1, b"a", b"b")) == [(1, b"a"), (2, b"b")]
    assert taken(feed, B, packet(1, b"a")) == []
    assert taken(feed, B, packet(2, b"b", b"c", b"d")) == [(3, b"c"), (4, b"d")]
    assert taken(feed, A, packet(3, b"c", b"d", b"e")) == [(5, b"e")]
    assert counted(feed) == {"packets_a": 2, "packets_b": 2, "msgs_a": 3, "msgs_b": 2, "msgs_old": 4}
    assert (feed.expected, feed.highest, feed.gap) == (6, 6, False)


def test_source_is_told():
    feed = ReferenceFeed()
    sources = [feed.datagram(A, packet(1, b"a"))[0].source, feed.datagram(B, packet(2, b"b"))[0].source,
               feed.inject(3, b"c")[0].source]
    assert sources == [Source.A, Source.B, Source.INJECTED]


def test_gap_filled_by_the_other_line():
    feed = ReferenceFeed()
    assert taken(feed, A, packet(3, b"c", b"d")) == []
    assert feed.gap and feed.highest == 5
    assert taken(feed, B, packet(1, b"a", b"b", b"c")) == [(1, b"a"), (2, b"b"), (3, b"c")]
    assert feed.gap
    assert taken(feed, B, packet(4, b"d")) == [(4, b"d")]
    assert not feed.gap
    assert counted(feed) == {"packets_a": 1, "packets_b": 2, "packets_gap": 1, "msgs_ahead": 2, "msgs_b": 4, "gaps": 1,
                             "gaps_filled": 1}


def test_gap_filled_by_the_host():
    feed = ReferenceFeed()
    feed.datagram(A, packet(3, b"c"))
    assert feed.inject(2, b"b") == [] and feed.inject(1, b"") == [] and feed.inject(1, bytes(51)) == []
    for seq, message in enumerate((b"a", b"b", b"c"), 1):
        assert feed.inject(seq, message) == [(seq, message, Source.INJECTED)]
    assert not feed.gap and feed.expected == 4
    assert feed.counters["inject_refused"] == 3 and feed.counters["msgs_injected"] == 3


def test_gap_becomes_stale_by_packets_and_recovers():
    feed = ReferenceFeed(gap_packets=2)
    feed.datagram(A, packet(2, b"b"))
    feed.datagram(A, packet(9))
    assert not feed.stale
    feed.datagram(A, packet(3, b"c"))
    assert feed.stale and feed.counters["gaps_stale"] == 1
    feed.datagram(A, packet(4, b"d"))
    assert feed.counters["gaps_stale"] == 1 and feed.counters["gaps"] == 1
    feed.datagram(B, packet(1, *[b"x"] * 8))
    assert not feed.stale and not feed.gap and feed.counters["gaps_filled"] == 1


def test_heartbeat_opens_a_gap_and_end_of_session_is_told():
    feed = ReferenceFeed()
    feed.datagram(A, packet(1, b"a"))
    feed.datagram(A, packet(2))
    assert not feed.gap
    feed.datagram(B, packet(4))
    assert feed.gap and feed.highest == 4
    feed.datagram(A, packet(2, b"b", b"c"))
    assert not feed.gap and not feed.ended
    feed.datagram(A, end_of_session(4))
    assert feed.ended and feed.expected == 4
    assert counted(feed) == {"packets_a": 4, "packets_b": 1, "heartbeats": 2, "end_of_session": 1, "msgs_a": 3,
                             "gaps": 1, "gaps_filled": 1}


def test_other_session_is_dropped_until_resync():
    feed = ReferenceFeed()
    feed.datagram(A, packet(1, b"a"))
    other = packet(2, b"b", session=b"SESSION002")
    assert taken(feed, A, other) == []
    assert feed.counters["packets_session"] == 1 and feed.counters["packets_a"] == 2 and not feed.gap
    feed.datagram(A, packet(5, b"e"))
    feed.resync(2)
    assert feed.session is None and not feed.gap
    assert taken(feed, A, other) == [(2, b"b")]
    assert feed.session == b"SESSION002" and feed.counters["gaps_filled"] == 0


@pytest.mark.parametrize("payload, messages, highest", [
    (packet(1, b"a", b"b", tail=b"x"), 2, 3),
    (packet(1, b"a", b"b", count=1), 1, 2),
    (packet(1, b"a", b"b", count=3), 2, 4),
    (packet(1, b"a", b"b", count=3, tail=b"\0"), 2, 4),
    (packet(1, b"a", count=2, tail=b"\0\5abcd"), 1, 3),
    (packet(1, tail=b"\0\1a"), 0, 1),
    (end_of_session(1, tail=b"\0\1a"), 0, 1),
    (packet(1, count=1), 0, 2),
    (packet(9, b"i", count=2), 0, 11),
])
def test_blocks_that_contradict_the_packet(payload, messages, highest):
    feed = ReferenceFeed()
    assert len(taken(feed, A, payload)) == messages
    assert feed.counters["packets_malformed"] == 1
    assert (feed.expected, feed.highest) == (1 + messages, highest)
    assert feed.gap == (highest > feed.expected)


def test_block_of_length_zero_uses_up_its_number():
    feed = ReferenceFeed()
    assert taken(feed, A, packet(1, b"", b"b")) == [(1, b""), (2, b"b")]
    assert feed.counters["packets_malformed"] == 0


@pytest.mark.parametrize("size", [0, 1, 19])
def test_short_datagram(size):
    feed = ReferenceFeed()
    assert taken(feed, A, packet(1)[:size]) == []
    assert counted(feed) == {"packets_short": 1} and feed.session is None


def test_hold_drops_bad_datagrams_whole():
    feed = ReferenceFeed(hold=True)
    assert taken(feed, A, packet(1, b"a"), good=False) == []
    assert counted(feed) == {} and feed.session is None and not feed.suspect


def test_cut_through_takes_and_marks():
    feed = ReferenceFeed(hold=False)
    assert taken(feed, A, packet(1, b"a", b"b"), good=False) == [(1, b"a"), (2, b"b")]
    assert feed.suspect and feed.counters["packets_suspect"] == 1 and feed.session is None
    feed.datagram(B, packet(1, b"a", b"b"))
    assert feed.counters["msgs_old"] == 2 and feed.session == SESSION and feed.suspect
    feed.clear()
    assert not feed.suspect


def test_cut_through_believes_no_number_of_a_bad_packet():
    feed = ReferenceFeed(hold=False)
    feed.datagram(A, packet(1 << 40, b"a"), good=False)
    feed.datagram(A, packet(1 << 41), good=False)
    feed.datagram(A, end_of_session(1), good=False)
    assert not feed.gap and not feed.suspect and not feed.ended and feed.highest == 1
    assert counted(feed) == {"packets_a": 3, "packets_gap": 1, "msgs_ahead": 1, "heartbeats": 1, "end_of_session": 1}


def test_bad_arguments():
    with pytest.raises(ValueError, match="line must be 0 or 1, not 2"):
        ReferenceFeed().datagram(2, packet(1))
    with pytest.raises(ValueError, match="not -1 and 64"):
        ReferenceFeed(expected=-1)
