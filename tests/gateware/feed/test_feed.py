import random

import pytest

from gateware.feed.feed import EVENTS
from sim.market.pcap import read_capture
from tests.gateware.feed.bench import Command, Datagram, Pause, run
from tests.gateware.feed.reference import Reference
from wire import moldudp64
from wire.frame import parse_frame
from wire.itch50 import BOOK_TYPES, SIZES
from wire.records import FeedEvent
from wire.registers import COUNTERS

SESSION = "000010059B"
LATENCY = 2
#: Cycles after a datagram's last word in which no injected message is let in.
PAUSE = 4


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


def check(script, *, inject=(), **settings):
    """Run ``script`` on gateware and reference; messages, latency, counters and levels must agree. Returns both."""
    result = run(script, inject=inject, **settings)
    reference = Reference(settings.get("gap_packets", 0))
    for _, cycle in result.injected:
        assert not any(words[0] < cycle <= words[-1] + PAUSE for words in result.word_cycles), "let in at no pause"
    timeline = [(cycle, lambda entry=entry, cycle=cycle: reference.inject(*entry, tag=cycle))
                for (_, cycle), entry in zip(result.injected, inject, strict=False)]
    cycles = zip(result.word_cycles, result.verdict_cycles, strict=True)
    now = 0
    for step in script:
        if isinstance(step, Datagram):
            words, decided = next(cycles)
            now = words[0]
            timeline.append((now, lambda d=step, words=words, decided=decided: reference.datagram(
                d.payload, d.line, d.bad, seen(d), tag=(words, d.lane, decided))))
        elif isinstance(step, Command):
            timeline.append((now + 0.5, lambda c=step: (
                reference.resync(c.seq_set) if c.name == "resync" else reference.clear())))
    for _, act in sorted(timeline, key=lambda entry: entry[0]):
        act()
    reference.watch.play()

    assert [(seq, raw[:SIZES[chr(raw[0])]]) for _, seq, raw in result.messages] == [
        (seq, raw) for seq, raw, _ in reference.messages]
    for (cycle, seq, _), (_, _, origin) in zip(result.messages, reference.messages, strict=True):
        if isinstance(origin, tuple):
            (words, lane, _), offset = origin
            assert cycle == words[(lane + offset) // 8] + LATENCY, f"latency of message {seq}"
        else:
            assert cycle == origin + LATENCY, f"latency of injected message {seq}"
    # By time: told by the tests that are about it.
    names = [name for name in EVENTS.members if name != "silences" and not (
        name == "gaps_stale" and settings.get("gap_cycles"))]
    assert {n: result.counters[n] for n in names} == {n: reference.counters[n] for n in names}
    last = result.levels[-1]
    assert (last["expected"], last["highest"], last["gap"]) == (
        reference.expected, reference.watch.highest, reference.watch.open)
    assert (last["suspect"], last["feed_error"], last["ended"], last["session_known"]) == (
        reference.suspect, reference.feed_error, reference.ended, reference.session is not None)
    if not settings.get("gap_cycles") and not settings.get("silence_cycles"):
        assert last["stale"] == reference.watch.stale
    return result, reference


def test_events_are_the_feeds_counters_in_order():
    names = [name for name, _ in COUNTERS]
    first, last = names.index("packets_a"), names.index("msgs_decoded")
    assert list(EVENTS.members) == names[first:last + 1]


def test_every_type_alone_at_every_lane():
    rng = random.Random(1)
    cases = [(lane, message(rng, letter)) for lane in range(8) for letter in SIZES]
    check([Datagram(packet(n + 1, [raw]), lane=lane, idle=4) for n, (lane, raw) in enumerate(cases)])


@pytest.mark.parametrize("lane", range(8))
def test_full_packets_with_pauses_and_without(lane):
    rng = random.Random(100 + lane)
    script, seq = [], 1
    for n in range(2):
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
        blocks = messages(rng, 30, letters)
        script.append(Datagram(packet(seq, blocks), idle=4))
        seq += len(blocks)
    result, _ = check(script)
    steps = [b[0] - a[0] for a, b in zip(result.messages, result.messages[1:], strict=False)]
    assert min(steps) == 1


def traffic(rng, count, *, idle=(4, 5, 6, 20), letters=BOOK_TYPES + "SPQI", seq=1):
    """Return ``count`` packets of one line as (seq, messages); some are heartbeats."""
    packets = []
    for _ in range(count):
        blocks = [] if rng.random() < 0.1 else messages(rng, rng.choice((1, 1, 1, 2, 3, 9)), letters)
        packets.append((seq, blocks))
        seq += len(blocks)
    return packets


def two_lines(rng, packets, *, loss=0.1, duplicate=0.05, skew=0.4, bad=0.2, lane=None):
    """Return the datagrams of ``packets`` as both lines bring them, late, twice, lost or damaged on one of them."""
    arrivals = []
    for at, (seq, blocks) in enumerate(packets):
        weak, chance = rng.randrange(2), rng.random()
        for line in (0, 1):
            for copy in range(1 + (rng.random() < duplicate)):
                if line == weak and chance < loss:
                    continue
                when = at + line * skew + rng.random() * (skew if rng.random() < 0.2 else 0.5)
                arrivals.append((when, line, packet(seq, blocks), line == weak and chance < loss + bad and not copy))
    script = []
    for _, line, payload, damaged in sorted(arrivals, key=lambda entry: entry[0]):
        words = (len(payload) + 7) // 8
        late = rng.choice((0, 0, 1, 2, 5, 8))
        # A late verdict comes just before the next datagram, if not in its headers' time.
        soon = bool(script) and script[-1].late >= 5 and script[-1].cut is None
        script.append(Datagram(
            payload, line=line, lane=rng.choice((2, 6)) if lane is None else lane, bad=damaged,
            cut=rng.randrange(words) if damaged and rng.random() < 0.5 else None, late=late,
            idle=rng.choice((0, 1, 2, 9) if soon else (4, 5, 5, 8, 30)),
            gaps=tuple(rng.choice((0, 0, 1, 3)) for _ in range(words)) if rng.random() < 0.3 else ()))
    return script


@pytest.mark.parametrize("seed", range(3))
def test_two_lossy_lines(seed):
    rng = random.Random(1000 + seed)
    _, reference = check(two_lines(rng, traffic(rng, 45), lane=None if seed else 3), gap_packets=2)
    assert reference.counters["msgs_b"] and reference.counters["msgs_old"]


def test_a_line_that_lags_fills_the_gaps_of_the_other():
    rng = random.Random(18)
    packets = traffic(rng, 30)
    script, last = [], packets[-1][0] + len(packets[-1][1])
    for at in range(len(packets) + 2):
        if at < len(packets) and at % 4 != 1:
            script.append(Datagram(packet(*packets[at]), idle=4))
        if at >= 2:
            script.append(Datagram(packet(*packets[at - 2]), line=1, lane=6, idle=rng.choice((4, 9))))
        # Line A starts afresh behind each gap, or it would stay ahead for ever.
        if at % 4 == 3 and at < len(packets):
            script += [Datagram(packet(*packets[n]), line=1, idle=5) for n in (at - 1, at)]
    _, reference = check(script, gap_packets=1)
    assert reference.expected == last and reference.counters["gaps_stale"] > 3
    assert reference.counters["msgs_ahead"] and reference.counters["gaps"] == reference.counters["gaps_filled"] > 3


def spoil(rng, payload):
    """Change lengths, count, sequence, size or any byte of a packet."""
    raw = bytearray(payload)
    kind = rng.randrange(7)
    if kind == 0 and len(raw) > 22:
        raw[20:22] = rng.choice((0, 1, 5, 11, 12, 13, 50, 51, 200, 1500, 65535)).to_bytes(2, "big")
    elif kind == 1:
        raw[18:20] = rng.choice((0, 1, 2, 3, 40, 0xfffe, 0xffff)).to_bytes(2, "big")
    elif kind == 2:
        del raw[rng.randrange(len(raw)) or 1:]
    elif kind == 3:
        raw += rng.randbytes(rng.randrange(1, 30))
    elif kind == 4:
        raw[rng.randrange(20, len(raw)) if len(raw) > 20 else 17] = rng.randrange(256)
    elif kind == 5:
        raw[rng.randrange(10)] ^= 1 << rng.randrange(8)
    else:
        at = rng.randrange(10, 18)
        raw[at] ^= 1 << rng.randrange(8)
    return bytes(raw)


@pytest.mark.parametrize("seed", range(4))
def test_spoiled_packets(seed):
    rng = random.Random(2000 + seed)
    script = two_lines(rng, traffic(rng, 45), loss=0.02)
    seq = 1
    for n, datagram in enumerate(script):
        if n and rng.random() < 0.25:
            datagram.payload = spoil(rng, datagram.payload)
            datagram.cut = None
    # A spoiled sequence number may leave a gap that nothing fills; the feed goes on from elsewhere.
    for at in range(len(script) - 20, 0, -20):
        seq = int.from_bytes(script[at].payload[10:18], "big")
        script[at:at] = [Pause(40), Command("resync", seq), Command("clear"), Pause(5)]
    check(script, gap_packets=seed)


@pytest.mark.parametrize("lane", (2, 3, 5, 6))
def test_lengths_that_do_not_fit_their_type(lane):
    rng = random.Random(3000 + lane)
    script, seq = [], 1
    for length in (12, 13, 18, 19, 20, 31, 34, 35, 36, 37, 49, 50, 51, 64, 65, 256, 261, 269, 300, 0, 5, 11):
        blocks = [rng.choice("AEDUXZ\0").encode() + rng.randbytes(max(length - 1, 0)), *messages(rng, 2)]
        blocks[0] = blocks[0][:length]
        script.append(Datagram(packet(seq, blocks), lane=lane, idle=4, late=rng.randrange(3)))
        seq += len(blocks) if length >= 12 else 1
    _, reference = check(script)
    assert reference.feed_error and reference.counters["packets_malformed"] == 3


@pytest.mark.parametrize("lane", range(8))
def test_blocks_behind_the_count_are_no_messages(lane):
    rng = random.Random(3500 + lane)
    script, seq = [], 1
    for count in (1, 2, 3, 5):
        for extra in (1, 2):
            blocks = messages(rng, count + extra, "SDEXAI")
            script.append(Datagram(packet(seq, blocks, count=count), lane=lane, idle=4, late=1))
            seq += count
    _, reference = check(script)
    assert reference.expected == seq and reference.counters["packets_malformed"] == 8


def test_header_in_every_size_up_to_whole():
    rng = random.Random(4)
    whole = packet(1, messages(rng, 1))
    script = [Datagram(whole[:size], lane=lane, idle=4, late=late)
              for size in range(1, 22) for lane, late in ((2, 0), (6, 1), (5, 0))]
    _, reference = check(script)
    assert reference.counters["packets_short"] == 57


def test_numbers_around_halves_of_the_counter():
    rng = random.Random(5)
    for base in ((1 << 32) - 3, (1 << 33) - 2, (1 << 64) - 40):
        script = [Command("resync", base), Pause(3)]
        for offset in (0, -2, 1, 2, -3, 70_000, 5, -70_000, 6, 9 + (1 << 32), 9 - (1 << 32), 9 + (1 << 48), 9):
            seq = base + offset
            script.append(Datagram(packet(seq % (1 << 64), messages(rng, 3)), idle=4))
        check(script)


def test_old_messages_are_skipped_one_by_one():
    rng = random.Random(6)
    blocks = messages(rng, 40, "DSAE")
    script = [Datagram(packet(1, blocks[:7]))]
    script += [Datagram(packet(first + 1, blocks[first:last]), line=1, idle=4)
               for first, last in ((0, 9), (3, 9), (8, 10), (9, 20), (0, 21), (20, 40), (0, 40))]
    _, reference = check(script)
    assert reference.expected == 41 and reference.counters["gaps"] == 0


def test_session_is_learned_from_a_good_packet_only():
    rng = random.Random(8)
    raw = messages(rng, 6)
    _, reference = check([
        Datagram(packet(1, raw[:1], session="OTHER"), bad=True, late=1),
        Datagram(packet(2, raw[1:2]), idle=4, late=3),
        Datagram(packet(3, raw[2:3], session="OTHER"), idle=4),
        Datagram(packet(3, raw[2:4]), idle=4), Pause(20), Command("resync", 9),
        Datagram(packet(9, raw[4:], session="OTHER"), idle=4), Datagram(packet(11, raw[:1]), idle=4)])
    assert reference.session == b"OTHER     " and reference.counters["packets_session"] == 2 and reference.suspect


def test_a_session_that_differs_in_one_byte_is_another():
    rng = random.Random(19)
    raw = messages(rng, 2)
    others = [SESSION[:at] + "x" + SESSION[at + 1:] for at in range(len(SESSION))]
    _, reference = check([Datagram(packet(1, raw[:1])), *(Datagram(packet(2, raw[1:], session=other), idle=4)
                                                          for other in others), Datagram(packet(2, raw[1:]), idle=4)])
    assert reference.counters["packets_session"] == len(others) and reference.expected == 3


def test_injected_messages_fill_a_gap_under_saturated_lines():
    rng = random.Random(9)
    raw = messages(rng, 200, "DSAEU")
    script = [Datagram(packet(at + 1, raw[at:at + 2]), line=line, idle=4, gaps=())
              for at in range(10, 60, 2) for line in (0, 1)]
    inject = [(n + 1, raw[n]) for n in range(2, 60)]
    inject[:0] = [(1, raw[0]), (1, raw[0]), (40, raw[39]), (2, b"Z", 0), (2, raw[1], 51), (2, raw[1])]
    result, reference = check(script, inject=inject, settle=200)
    assert len(result.injected) == len(inject) and reference.expected == 61
    ready = [cycle for _, cycle in result.injected]
    begins = [cycles[0] for cycles in result.word_cycles]
    for first, second in zip(begins, begins[1:], strict=False):
        assert sum(first < cycle <= second for cycle in ready) == 1 or ready[-1] < second


def test_injected_messages_are_checked_like_others():
    rng = random.Random(10)
    inject = [(1, message(rng, "A")), (2, b"Z" + bytes(20)), (3, message(rng, "D") + b"x"), (4, message(rng, "I")),
              (5, b"A"), (6, message(rng, "S"))]
    _, reference = check([Pause(100)], inject=inject)
    assert reference.expected == 7 and reference.feed_error
    assert reference.counters["msgs_bad_length"] == 2 and reference.counters["msgs_unknown_type"] == 1


@pytest.mark.parametrize("seed", range(2))
def test_injection_among_random_traffic(seed):
    rng = random.Random(5000 + seed)
    packets = traffic(rng, 50)
    raw = [block for _, blocks in packets for block in blocks]
    inject = [(n + 1, raw[n]) for n in sorted(rng.sample(range(len(raw)), 30))]
    script = two_lines(rng, packets, loss=0.3, bad=0.05)
    for datagram in script[::3]:
        datagram.gaps = tuple(rng.choice((0, 2, 5, 9)) for _ in range(8))
    check(script, inject=inject, gap_packets=1 + 3 * seed)


def test_resync_in_any_cycle_of_a_packet():
    rng = random.Random(11)
    raw = messages(rng, 3, "S")
    rounds, step = 24, 52
    script, resync_after = [], []
    for n in range(rounds):
        base = 1 + n * step
        script += [Datagram(packet(base, raw), late=n % 2), Pause(30), Datagram(packet(base + 50, raw[:2])), Pause(30)]
        resync_after.append((2 * n, n, base + 50))
    result = run(script, resync_after=resync_after)
    told = [(seq, message[:12]) for _, seq, message in result.messages]
    kept = []
    for n in range(rounds):
        base = 1 + n * step
        mine = [entry for entry in told if base <= entry[0] < base + step]
        assert mine[-2:] == [(base + 50, raw[0]), (base + 51, raw[1])], f"resync after {n} cycles"
        kept.append(len(mine) - 2)
        assert mine[:-2] == [(base + k, raw[k]) for k in range(kept[-1])], f"resync after {n} cycles"
        assert result.levels[2 * n + 1]["expected"] == result.levels[2 * n + 1]["highest"] == base + step
    # Later resyncs leave more messages, but for the first ones, which come before the packet is judged.
    assert kept[0] == kept[1] == 0 and kept[2:] == sorted(kept[2:]) and kept[-1] == 3


def test_gap_goes_stale_by_time_and_recovers():
    rng = random.Random(12)
    raw = messages(rng, 6)
    result, _ = check([
        Datagram(packet(1, raw[:1])), Datagram(packet(4, raw[3:5])), Pause(40), Pause(80),
        Datagram(packet(2, raw[1:2]), line=1), Pause(90), Datagram(packet(3, raw[2:]), line=1), Pause(20)],
        gap_cycles=100)
    assert [(s["gap"], s["stale"]) for s in result.levels] == [(1, 0), (1, 1), (1, 1), (0, 0), (0, 0)]
    assert result.notices == [(FeedEvent.STALE, 2), (FeedEvent.RECOVERED, 7)]
    assert result.counters["gaps_stale"] == result.counters["gaps_filled"] == result.counters["gaps"] == 1


def test_progress_restarts_the_window():
    rng = random.Random(13)
    raw = messages(rng, 40, "D")
    ahead = [Datagram(packet(n + 1, raw[n:n + 1]), idle=20) for n in range(3, 40)]
    late = [Datagram(packet(n + 1, raw[n:n + 1]), line=1, idle=20) for n in range(40)]
    result, _ = check([step for pair in zip(late, ahead, strict=False) for step in pair] + late[-3:],
                      gap_packets=2, gap_cycles=70)
    assert result.notices == [] and result.counters["gaps"] == result.counters["gaps_filled"] == 1


@pytest.mark.parametrize("limit", (1, 3))
def test_gap_goes_stale_by_packets(limit):
    rng = random.Random(14)
    raw = messages(rng, 4, "D")
    script = [Datagram(packet(1, raw[:1])), Datagram(packet(3)), Pause(20)]
    for n in range(3):
        script += [Datagram(packet(5 + n, raw[1:2]), idle=4), Pause(20)]
    result, _ = check(script, gap_packets=limit)
    assert [s["stale"] for s in result.levels[:4]] == [0, *(n + 1 >= limit for n in range(3))]
    assert all(s["gap"] for s in result.levels) and result.notices == [(FeedEvent.STALE, 2)]


def test_silence_is_noticed_and_ends():
    rng = random.Random(15)
    raw = messages(rng, 2)
    result, _ = check([
        Pause(200), Datagram(packet(1, raw[:1])), Pause(90), Pause(30), Datagram(packet(2)), Pause(20),
        Datagram(packet(2, raw[1:], session="OTHER")), Pause(90)], silence_cycles=100)
    assert [s["silent"] for s in result.levels] == [0, 0, 1, 0, 1, 1]
    assert [s["stale"] for s in result.levels] == [s["silent"] for s in result.levels]
    assert result.notices == [(FeedEvent.SILENT, 2), (FeedEvent.HEARD, 2), (FeedEvent.SILENT, 2)]
    assert result.counters["silences"] == 2


def test_notices_that_coincide_are_all_told():
    rng = random.Random(16)
    raw = messages(rng, 6, "D")
    script = [Datagram(packet(1, raw[:1])), Pause(200)]
    for n in range(30):
        script += [Datagram(packet(3 + 2 * n, raw[:1]), idle=4),
                   Datagram(packet(2 + 2 * n, raw[:3], count=0xffff if n == 9 else None), idle=4 + n % 5,
                            bad=n % 3 == 1, late=1)]
    result, reference = check(script, gap_packets=1, silence_cycles=8)
    told = [event for event, _ in result.notices]
    assert told.count(FeedEvent.SUSPECT) == reference.counters["packets_suspect"] > 0
    assert told.count(FeedEvent.STALE) == result.counters["gaps_stale"] > 0
    assert told.count(FeedEvent.SILENT) == result.counters["silences"] > 0
    assert told.count(FeedEvent.SESSION_ENDED) == 1
    silence = [event for event in told if event in (FeedEvent.SILENT, FeedEvent.HEARD)]
    gap = [event for event in told if event in (FeedEvent.STALE, FeedEvent.RECOVERED)]
    for order, first in ((silence, FeedEvent.SILENT), (gap, FeedEvent.STALE)):
        assert all((event == first) == (n % 2 == 0) for n, event in enumerate(order))


def test_end_of_session_and_what_clears():
    rng = random.Random(17)
    raw = messages(rng, 3)
    end = packet(3, count=0xffff)
    result, _ = check([
        Datagram(packet(1, raw[:2])), Datagram(end), Datagram(end, line=1), Pause(20),
        Datagram(packet(3, [b"A" + bytes(20)]), bad=True, late=1), Pause(20), Command("clear"), Pause(5),
        Command("resync", 3), Pause(5)])
    assert [(s["ended"], s["suspect"], s["feed_error"], s["session_known"]) for s in result.levels] == [
        (1, 0, 0, 1), (1, 1, 1, 1), (1, 0, 0, 1), (0, 0, 0, 0), (0, 0, 0, 0)]
    assert [event for event, _ in result.notices] == [FeedEvent.SESSION_ENDED, FeedEvent.SUSPECT]


def test_genuine_packets(data_dir):
    capture = read_capture(data_dir / "pcaps" / "nasdaq_itch50" / "Multiple.Packets.pcap")
    payloads = [parse_frame(capture[n]).payload for n in range(len(capture))]
    packets = [moldudp64.unpack(payload) for payload in payloads]
    script = []
    for n, (payload, parsed) in enumerate(zip(payloads, packets, strict=True)):
        script += [Pause(20), Command("resync", parsed.sequence), Pause(5), Datagram(payload, lane=6, line=n % 2)]
    result, _ = check(script)
    truth = [(p.sequence + n, m) for p in packets for n, m in enumerate(p.messages)]
    assert [(seq, raw[:SIZES[chr(raw[0])]]) for _, seq, raw in result.messages] == truth and len(truth) > 30
    assert result.counters["msgs_bad_length"] == result.counters["msgs_unknown_type"] == 0
