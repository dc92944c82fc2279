import random

import pytest

from gateware.feed.feed import EVENTS
from tests.gateware.feed.bench import Command, Datagram, Pause, run
from tests.gateware.feed.reference import Reference
from wire import moldudp64
from wire.itch50 import BOOK_TYPES, SIZES
from wire.records import FeedEvent
from wire.registers import COUNTERS

SESSION = "000010059B"
LATENCY = 2


def message(rng, letter):
    return letter.encode() + rng.randbytes(SIZES[letter] - 1)


def messages(rng, count, letters=BOOK_TYPES + "SRHYLVWKJhPQBINO"):
    return [message(rng, rng.choice(letters)) for _ in range(count)]


def packet(seq, blocks=(), *, session=SESSION, count=None):
    return moldudp64.pack(session, seq, blocks, count=count)


def seen(datagram):
    """Bytes of the datagram that come before its bad verdict; None: all."""
    if not datagram.bad:
        return None
    words = len(datagram.words())
    if datagram.cut is not None and datagram.cut < words:
        return max(0, datagram.cut * 8 - datagram.lane)
    return len(datagram.payload) if datagram.late else max(0, (words - 1) * 8 - datagram.lane)


def check(script, *, inject=(), exact_gaps=True, **settings):
    """Run ``script`` on gateware and reference; messages, latency, counters and levels must agree. Returns both."""
    result = run(script, inject=inject, **settings)
    reference = Reference()
    timeline = [(cycle, lambda entry=entry, cycle=cycle: reference.inject(*entry, tag=cycle))
                for (_, cycle), entry in zip(result.injected, inject, strict=False)]
    cycles = iter(result.word_cycles)
    now = 0
    for step in script:
        if isinstance(step, Datagram):
            words = next(cycles)
            now = words[0]
            timeline.append((now, lambda d=step, words=words: reference.datagram(
                d.payload, d.line, d.bad, seen(d), tag=(words, d.lane))))
        elif isinstance(step, Command):
            timeline.append((now + 0.5, lambda c=step: (
                reference.resync(c.seq_set) if c.name == "resync" else reference.clear())))
    for _, act in sorted(timeline, key=lambda entry: entry[0]):
        act()

    assert [(seq, raw[:SIZES[chr(raw[0])]]) for _, seq, raw in result.messages] == [
        (seq, raw) for seq, raw, _ in reference.messages]
    for (cycle, seq, _), (_, _, origin) in zip(result.messages, reference.messages, strict=True):
        if isinstance(origin, tuple):
            (words, lane), offset = origin
            assert cycle == words[(lane + offset) // 8] + LATENCY, f"latency of message {seq}"
        else:
            assert cycle == origin + LATENCY, f"latency of injected message {seq}"
    names = EVENTS.members if exact_gaps else [n for n in EVENTS.members if n not in ("gaps", "gaps_filled")]
    names = [n for n in names if n not in ("gaps_stale", "silences")]
    assert {n: result.counters[n] for n in names} == {n: reference.counters[n] for n in names}
    last = result.levels[-1]
    assert (last["expected"], last["highest"]) == (reference.expected, reference.highest)
    assert (last["suspect"], last["feed_error"], last["ended"], last["session_known"]) == (
        reference.suspect, reference.feed_error, reference.ended, reference.session is not None)
    if exact_gaps:
        assert last["gap"] == reference.gap
    return result, reference


def test_events_are_the_feeds_counters_in_order():
    names = [name for name, _ in COUNTERS]
    first, last = names.index("packets_a"), names.index("msgs_decoded")
    assert list(EVENTS.members) == names[first:last + 1]


@pytest.mark.parametrize("lane", range(8))
def test_every_type_alone_at_every_lane(lane):
    rng = random.Random(lane)
    raw = [message(rng, letter) for letter in SIZES]
    check([Datagram(packet(n + 1, [m]), lane=lane) for n, m in enumerate(raw)])


@pytest.mark.parametrize("lane", range(8))
def test_full_packets_with_pauses_and_without(lane):
    rng = random.Random(100 + lane)
    script, seq = [], 1
    for n in range(8):
        blocks = messages(rng, 30)
        gaps = tuple(rng.choice((0, 0, 0, 1, 2, 5)) for _ in range(300)) if n % 2 else ()
        script.append(Datagram(packet(seq, blocks), lane=lane, gaps=gaps, line=n % 2, late=rng.randrange(5),
                               idle=rng.choice((4, 5, 9))))
        seq += len(blocks)
    check(script)


def test_shortest_messages_and_deletes_back_to_back():
    rng = random.Random(7)
    script, seq = [], 1
    for letters in ("S", "SW", "D", "DU", "DS", "I"):
        blocks = messages(rng, 60, letters)
        script.append(Datagram(packet(seq, blocks), idle=4))
        seq += len(blocks)
    result, _ = check(script)
    steps = [b[0] - a[0] for a, b in zip(result.messages, result.messages[1:], strict=False)]
    assert min(steps) == 1
