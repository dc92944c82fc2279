import pytest

from sim.models.feed import ReferenceFeed, Source
from wire.registers import COUNTERS

SESSION = b"SESSION001"
A, B = 0, 1
#: Some messages of the shortest length there is.
a, b, c, d, e, i, x = (letter.encode() * 12 for letter in "abcdeix")


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
    assert taken(feed, A, packet(1, a, b)) == [(1, a), (2, b)]
    assert taken(feed, B, packet(1, a)) == []
    assert taken(feed, B, packet(2, b, c, d)) == [(3, c), (4, d)]
    assert taken(feed, A, packet(3, c, d, e)) == [(5, e)]
    assert counted(feed) == {"packets_a": 2, "packets_b": 2, "msgs_a": 3, "msgs_b": 2, "msgs_old": 4}
    assert (feed.expected, feed.highest, feed.gap) == (6, 6, False)


def test_source_is_told():
    feed = ReferenceFeed()
    sources = [feed.datagram(A, packet(1, a))[0].source, feed.datagram(B, packet(2, b))[0].source,
               feed.inject(3, c)[0].source]
    assert sources == [Source.A, Source.B, Source.INJECTED]


def test_gap_filled_by_the_other_line():
    feed = ReferenceFeed()
    assert taken(feed, A, packet(3, c, d)) == []
    assert feed.gap and feed.highest == 5
    assert taken(feed, B, packet(1, a, b, c)) == [(1, a), (2, b), (3, c)]
    assert feed.gap
    assert taken(feed, B, packet(4, d)) == [(4, d)]
    assert not feed.gap
    assert counted(feed) == {"packets_a": 1, "packets_b": 2, "packets_gap": 1, "msgs_ahead": 2, "msgs_b": 4, "gaps": 1,
                             "gaps_filled": 1}


def test_gap_filled_by_the_host():
    feed = ReferenceFeed()
    feed.datagram(A, packet(3, c))
    assert feed.inject(2, b) == [] and feed.inject(1, b"") == [] and feed.inject(1, bytes(51)) == []
    for seq, message in enumerate((a, b, c), 1):
        assert feed.inject(seq, message) == [(seq, message, Source.INJECTED)]
    assert not feed.gap and feed.expected == 4
    assert feed.counters["inject_refused"] == 3 and feed.counters["msgs_injected"] == 3


def test_gap_becomes_stale_by_packets_and_recovers():
    feed = ReferenceFeed(gap_packets=2)
    feed.datagram(A, packet(2, b))
    feed.datagram(A, packet(9))
    assert not feed.stale
    feed.datagram(A, packet(3, c))
    assert feed.stale and feed.counters["gaps_stale"] == 1
    feed.datagram(A, packet(4, d))
    assert feed.counters["gaps_stale"] == 1 and feed.counters["gaps"] == 1
    feed.datagram(B, packet(1, *[x] * 8))
    assert not feed.stale and not feed.gap and feed.counters["gaps_filled"] == 1


def test_heartbeat_opens_a_gap_and_end_of_session_is_told():
    feed = ReferenceFeed()
    feed.datagram(A, packet(1, a))
    feed.datagram(A, packet(2))
    assert not feed.gap
    feed.datagram(B, packet(4))
    assert feed.gap and feed.highest == 4
    feed.datagram(A, packet(2, b, c))
    assert not feed.gap and not feed.ended
    feed.datagram(A, end_of_session(4))
    assert feed.ended and feed.expected == 4
    assert counted(feed) == {"packets_a": 4, "packets_b": 1, "heartbeats": 2, "end_of_session": 1, "msgs_a": 3,
                             "gaps": 1, "gaps_filled": 1}


def test_other_session_is_dropped_until_resync():
    feed = ReferenceFeed()
    feed.datagram(A, packet(1, a))
    other = packet(2, b, session=b"SESSION002")
    assert taken(feed, A, other) == []
    assert feed.counters["packets_session"] == 1 and feed.counters["packets_a"] == 2 and not feed.gap
    feed.datagram(A, packet(5, e))
    feed.resync(2)
    assert feed.session is None and not feed.gap
    assert taken(feed, A, other) == [(2, b)]
    assert feed.session == b"SESSION002" and feed.counters["gaps_filled"] == 0


@pytest.mark.parametrize("payload, messages, highest", [
    (packet(1, a, b, tail=b"x"), 2, 3),
    (packet(1, a, b, count=1), 1, 2),
    (packet(1, a, b, count=3), 2, 4),
    (packet(1, a, b, count=3, tail=b"\0"), 2, 4),
    (packet(1, a, count=2, tail=b"\0\15abcd"), 1, 3),
    (packet(1, tail=b"\0\1a"), 0, 1),
    (end_of_session(1, tail=b"\0\1a"), 0, 1),
    (packet(1, count=1), 0, 2),
    (packet(9, i, count=2), 0, 11),
])
def test_blocks_that_contradict_the_packet(payload, messages, highest):
    feed = ReferenceFeed()
    assert len(taken(feed, A, payload)) == messages
    assert feed.counters["packets_malformed"] == 1
    assert (feed.expected, feed.highest) == (1 + messages, highest)
    assert feed.gap == (highest > feed.expected)


@pytest.mark.parametrize("short", [b"", b"D", a[:11]])
def test_block_too_short_for_a_message_uses_up_its_number_and_ends_the_packet(short):
    feed = ReferenceFeed()
    assert taken(feed, A, packet(1, a, short, b)) == [(1, a), (2, short)]
    assert feed.counters["packets_malformed"] == 1 and feed.highest == 4 and feed.gap
    assert taken(feed, B, packet(3, c, count=2, tail=b"\0\5ab")) == [(3, c), (4, b"ab")]
    assert feed.counters["packets_malformed"] == 2


def test_a_packet_fills_a_gap_and_opens_the_next():
    feed = ReferenceFeed()
    feed.datagram(A, packet(2, b))
    assert len(taken(feed, B, packet(1, a, b, count=4))) == 2
    assert feed.gap and (feed.counters["gaps"], feed.counters["gaps_filled"]) == (2, 1)


def test_a_message_taken_starts_the_window_anew():
    feed = ReferenceFeed(gap_packets=2)
    for seq in (4, 5):
        feed.datagram(A, packet(seq, d))
        feed.datagram(B, packet(seq - 3, a))
        assert feed.gap and not feed.stale
    feed.inject(3, c)
    feed.datagram(A, packet(9, i))
    assert not feed.stale
    feed.datagram(A, packet(8, i))
    assert feed.stale and feed.counters["gaps_stale"] == 1


def test_injected_messages_may_run_ahead_of_all_that_was_heard():
    feed = ReferenceFeed()
    for seq in (1, 2, 3):
        feed.inject(seq, a)
    assert (feed.expected, feed.highest, feed.gap) == (4, 1, False)
    feed.datagram(A, packet(3))
    assert (feed.highest, feed.gap) == (3, False)


@pytest.mark.parametrize("size", [0, 1, 19])
def test_short_datagram(size):
    feed = ReferenceFeed()
    assert taken(feed, A, packet(1)[:size]) == []
    assert counted(feed) == {"packets_short": 1} and feed.session is None


def test_hold_drops_bad_datagrams_whole():
    feed = ReferenceFeed(hold=True)
    assert taken(feed, A, packet(1, a), good=False) == []
    assert counted(feed) == {} and feed.session is None and not feed.suspect


def test_cut_through_takes_and_marks():
    feed = ReferenceFeed(hold=False)
    assert taken(feed, A, packet(1, a, b), good=False) == [(1, a), (2, b)]
    assert feed.suspect and feed.counters["packets_suspect"] == 1 and feed.session is None
    feed.datagram(B, packet(1, a, b))
    assert feed.counters["msgs_old"] == 2 and feed.session == SESSION and feed.suspect
    feed.clear()
    assert not feed.suspect


def test_cut_through_believes_no_number_of_a_bad_packet():
    feed = ReferenceFeed(hold=False)
    feed.datagram(A, packet(1 << 40, a), good=False)
    feed.datagram(A, packet(1 << 41), good=False)
    feed.datagram(A, end_of_session(1), good=False)
    assert not feed.gap and not feed.suspect and not feed.ended and feed.highest == 1
    feed.datagram(A, b"short", good=False)
    feed.datagram(A, packet(1, b, tail=b"x", session=b"SESSION002")[:-1], good=False)
    assert counted(feed) == {"msgs_ahead": 1, "msgs_a": 1, "packets_suspect": 1}


def test_bad_arguments():
    with pytest.raises(ValueError, match="line must be 0 or 1, not 2"):
        ReferenceFeed().datagram(2, packet(1))
    with pytest.raises(ValueError, match="not -1 and 64"):
        ReferenceFeed(expected=-1)
